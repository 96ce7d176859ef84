-- run: defaults
-- run: transactions provide.transaction.metadata=true
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(200));
CREATE TABLE two (id INT PRIMARY KEY, v VARCHAR(200));
SET SESSION binlog_transaction_compression = ON;
INSERT INTO one VALUES (1, REPEAT('a', 200)), (2, REPEAT('b', 200));
BEGIN;
INSERT INTO two VALUES (1, REPEAT('a', 200)), (2, REPEAT('b', 200));
UPDATE one SET v = 'x';
UPDATE one SET id = 3 WHERE id = 2;
DELETE FROM two;
COMMIT;
