-- options: binlog_row_image=MINIMAL
-- Rows of which only some columns are there; then without blobs only.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(10) DEFAULT 'd', c INT, d BLOB, e INT);
CREATE TABLE no_key (a INT, b INT);
INSERT INTO t (a, c) VALUES (1, 1), (2, NULL);
INSERT INTO t VALUES (3, 'x', 3, 'blob', NULL);
INSERT INTO t () VALUES (4, DEFAULT, NULL, NULL, NULL);
UPDATE t SET c = 7 WHERE a = 1;
UPDATE t SET a = 10, e = NULL WHERE a = 3;
INSERT INTO no_key (b) VALUES (1);
UPDATE no_key SET a = 2;
DELETE FROM t WHERE a = 2;
DELETE FROM no_key;
SET binlog_row_image=NOBLOB;
UPDATE t SET e = 9;
UPDATE t SET d = 'changed' WHERE a = 1;
DELETE FROM t;
