-- options: gtid_mode=OFF enforce_gtid_consistency=OFF
-- Transactions without a GTID.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20));
INSERT INTO t VALUES (1, 'x'), (2, 'y');
BEGIN;
UPDATE t SET b = 'z';
DELETE FROM t WHERE a = 1;
COMMIT;
CREATE TABLE u SELECT * FROM t;
DROP TABLE u;
