-- options: binlog_rows_query_log_events=ON
-- run: defaults
-- run: schemas key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: transactions provide.transaction.metadata=true
-- run: transactions_with_schemas provide.transaction.metadata=true key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: query include.query=true
-- run: no_tombstones tombstones.on.delete=false
-- run: nothing_skipped skipped.operations=none
-- run: updates_and_deletes_skipped skipped.operations=u,d
-- run: chosen_keys message.key.columns=shop.keyless:a,b;shop.composite:note
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE composite (b INT NOT NULL, note VARCHAR(20), a VARCHAR(10) NOT NULL, c DATETIME(3) NOT NULL, PRIMARY KEY (a, b, c));
CREATE TABLE by_unique (v INT, u2 INT NOT NULL, u1 INT NOT NULL, n INT, UNIQUE KEY nullable (n), UNIQUE KEY two (u2), UNIQUE KEY one (u1));
CREATE TABLE nullable_unique (n INT, v INT, UNIQUE KEY (n));
CREATE TABLE keyless (a INT, b VARCHAR(10));
CREATE TABLE types_of_keys (e ENUM('a','b') NOT NULL, d DECIMAL(5,2) NOT NULL, b BINARY(3) NOT NULL, bu BIGINT UNSIGNED NOT NULL, t TIMESTAMP(2) NOT NULL, y YEAR NOT NULL, v INT, PRIMARY KEY (e, d, b, bu, t, y));

-- One row, several rows, changed keys.
INSERT INTO one VALUES (1, 'a');
INSERT INTO one VALUES (2, 'b'), (3, 'c'), (4, NULL);
UPDATE one SET v = 'all';
UPDATE one SET id = id + 10 ORDER BY id DESC;
UPDATE one SET id = 99, v = 'both' WHERE id = 11;
DELETE FROM one WHERE id IN (12, 13);
REPLACE INTO one VALUES (99, 'replaced');
INSERT INTO one VALUES (99, 'x') ON DUPLICATE KEY UPDATE v = 'updated';
INSERT INTO composite VALUES (1, 'n', 'k', '2026-01-02 03:04:05.678'), (2, NULL, 'k', '2026-01-02 03:04:05.678');
UPDATE composite SET note = 'changed';
UPDATE composite SET a = 'moved' WHERE b = 1;
UPDATE composite SET c = '2026-01-02 03:04:05.679' WHERE b = 2;
DELETE FROM composite;
INSERT INTO by_unique VALUES (1, 2, 3, NULL);
UPDATE by_unique SET v = 5;
UPDATE by_unique SET u1 = 4;
UPDATE by_unique SET u2 = 6;
DELETE FROM by_unique;
INSERT INTO nullable_unique VALUES (1, 1), (NULL, 2);
UPDATE nullable_unique SET n = 7 WHERE n = 1;
DELETE FROM nullable_unique;
INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, NULL);
UPDATE keyless SET b = 'y' WHERE a = 1;
UPDATE keyless SET a = 3 WHERE a = 2;
DELETE FROM keyless WHERE a = 3;
INSERT INTO types_of_keys VALUES ('a', 1.50, 'xy', 18446744073709551615, '2026-01-02 03:04:05.67', 2026, 1);
UPDATE types_of_keys SET v = 2;
UPDATE types_of_keys SET e = 'b';
DELETE FROM types_of_keys;

-- Transactions.
BEGIN;
INSERT INTO one VALUES (20, 'in a transaction');
INSERT INTO keyless VALUES (20, 'too');
UPDATE one SET v = 'again' WHERE id = 20;
UPDATE one SET id = 21 WHERE id = 20;
INSERT INTO composite VALUES (1, 'n', 'k', '2026-01-02'), (2, 'n', 'k', '2026-01-02');
DELETE FROM one WHERE id = 21;
COMMIT;
BEGIN;
INSERT INTO one VALUES (30, 'rolled back');
ROLLBACK;
BEGIN;
INSERT INTO one VALUES (31, 'kept');
SAVEPOINT s;
INSERT INTO one VALUES (32, 'not kept');
ROLLBACK TO SAVEPOINT s;
INSERT INTO one VALUES (33, 'kept');
COMMIT;
TRUNCATE TABLE one;
TRUNCATE TABLE shop.keyless;
INSERT INTO one VALUES (40, 'behind');
UPDATE one /* a comment */ SET v = 'with a comment' WHERE id = 40;
UPDATE one SET v = CONCAT('"quoted"', '\n', 'é😀') WHERE id = 40;
