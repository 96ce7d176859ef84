-- Rows of some KB, and a statement whose rows take several events.
CREATE TABLE t (a INT PRIMARY KEY, b MEDIUMBLOB, c LONGTEXT);
INSERT INTO t VALUES (1, REPEAT(x'00ff', 1500), REPEAT('é', 1000)), (2, REPEAT('b', 5000), NULL);
INSERT INTO t WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT 10 + i, REPEAT(i, 75), 'c' FROM n;
UPDATE t SET c = 'changed' WHERE a > 40;
DELETE FROM t WHERE a = 2 OR a > 60;
