-- options: binlog_format=STATEMENT
-- Changes as statements, with the events that make them repeatable: Intvar, Rand, User_var; LOAD DATA.
CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b DOUBLE, c VARCHAR(50));
INSERT INTO t (b, c) VALUES (1.5, 'one'), (2.5, 'two');
INSERT INTO t (b) VALUES (RAND());
SET @v = 'naïve', @n = NULL, @i = -5, @d = 1.25, @r = 1e10;
INSERT INTO t (b, c) VALUES (@d, @v), (@r, @n), (@i, 'int');
INSERT INTO t (c) VALUES (LAST_INSERT_ID());
BEGIN;
UPDATE t SET c = 'changed' WHERE a < 3;
DELETE FROM t WHERE a = 1;
COMMIT;
SET binlog_format=MIXED;
INSERT INTO t (c) VALUES ('statement');
INSERT INTO t (c) VALUES (UUID());
