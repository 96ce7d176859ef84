-- options: binlog_rows_query_log_events=ON
-- The statement's text before its rows.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(300));
INSERT INTO t VALUES (1, 'x'), (2, 'ünï');
UPDATE t SET b = 'many
lines';
INSERT INTO t VALUES (3, 'a statement of more than 255 bytes: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
DELETE FROM t;
