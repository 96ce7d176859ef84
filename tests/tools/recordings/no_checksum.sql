-- options: binlog_checksum=NONE
-- Events without the four bytes at their end.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20));
INSERT INTO t VALUES (1, 'x'), (2, NULL);
UPDATE t SET b = 'y';
DELETE FROM t;
