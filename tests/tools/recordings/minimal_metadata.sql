-- options: binlog_row_metadata=MINIMAL
-- MySQL's own default: types and signs, but no names, members or keys.
CREATE TABLE t (a INT UNSIGNED PRIMARY KEY, b ENUM('x', 'y'), c SET('p', 'q'), d VARCHAR(10) CHARACTER SET latin1, e BLOB, f JSON);
INSERT INTO t VALUES (1, 'x', 'p,q', 'é', x'00', '{"a": 1}'), (4294967295, NULL, NULL, NULL, NULL, NULL);
UPDATE t SET b = 'y' WHERE a = 1;
DELETE FROM t;
