-- options: binlog_transaction_compression=ON
-- Transactions whose events lie compressed in one event; DDL stays outside.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(2000));
INSERT INTO t VALUES (1, REPEAT('x', 2000)), (2, NULL);
BEGIN;
UPDATE t SET b = REPEAT('y', 1000);
SAVEPOINT s;
INSERT INTO t SELECT a + 10, REPEAT('z', 1500) FROM t;
DELETE FROM t WHERE a = 1;
COMMIT;
SET binlog_transaction_compression_level_zstd=22;
INSERT INTO t WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT 100 + i, REPEAT(i, 300) FROM n;
CREATE TABLE copied AS SELECT * FROM t WHERE a < 20;
SET binlog_transaction_compression=OFF;
INSERT INTO t VALUES (1000, 'not compressed');
SET binlog_transaction_compression=ON;
SET binlog_rows_query_log_events=ON;
INSERT INTO t VALUES (1001, 'with its statement');
XA START 'x';
INSERT INTO t VALUES (1002, REPEAT('w', 500));
XA END 'x';
XA PREPARE 'x';
XA COMMIT 'x';
