-- versions: 11.8
-- After images without the columns that didn't change, and events that don't tell where they end.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20), c INT, d TEXT);
SET binlog_row_image=FULL_NODUP;
INSERT INTO t VALUES (1, 'x', 2, NULL), (2, NULL, NULL, 'y');
UPDATE t SET c = NULL;
UPDATE t SET d = 'z', a = a + 10;
BEGIN;
UPDATE t SET b = 'both';
DELETE FROM t WHERE a = 11;
COMMIT;
