-- server: mariadb
-- options: binlog_annotate_row_events=ON
-- run: defaults
-- run: schemas key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: transactions provide.transaction.metadata=true
-- run: query include.query=true
-- run: nothing_skipped skipped.operations=none
SET time_zone = '+00:00', timestamp = 1767323045.123456;
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE keyless (a INT, b VARCHAR(10));
CREATE TABLE types (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, d DECIMAL(10,2), f FLOAT, db DOUBLE, b1 BIT(1), b10 BIT(10), da DATE, dt DATETIME, dt6 DATETIME(6), tm TIME, tm3 TIME(3),
  ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL, y YEAR, c CHAR(5), v VARCHAR(20), tx TEXT, l1 VARCHAR(10) CHARACTER SET latin1, bi BINARY(4), vb VARBINARY(10), bl BLOB, e ENUM('a','b'), s SET('x','y'), j JSON, g GEOMETRY, p POINT);
INSERT INTO types VALUES (1, -128, 255, -9223372036854775808, 18446744073709551615, -1.50, 0.1, 0.1, 1, 513, '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05.123456', '-01:02:03', '23:59:59.999',
  '2026-01-02 03:04:05', '2026-01-02 03:04:05.123456', 2026, 'c', 'é😀', 'text', 'é', 'ab', x'00FF', x'C3A9', 'b', 'x,y', '{"b": 1, "a": [1.0, 1e-7]}', ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POINT(1 2)')),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE types SET t = 1, v = 'changed' WHERE id = 2;
CREATE TABLE defaults (id INT PRIMARY KEY, i INT DEFAULT 7, v VARCHAR(10) NOT NULL DEFAULT 'x', ex VARCHAR(40) DEFAULT CONCAT('a', 'b'), ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, inv INT INVISIBLE DEFAULT 3, g INT AS (i + 1) PERSISTENT);
INSERT INTO defaults (id) VALUES (1);
INSERT INTO defaults (id, i, inv) VALUES (2, NULL, NULL);
INSERT INTO one VALUES (1, 'a'), (2, 'b');
UPDATE one SET id = id + 10 ORDER BY id DESC;
UPDATE one SET v = 'c';
DELETE FROM one WHERE id = 12;
BEGIN;
INSERT INTO one VALUES (20, 'in a transaction');
INSERT INTO keyless VALUES (20, 'too');
UPDATE one SET v = 'again' WHERE id = 20;
DELETE FROM keyless;
COMMIT;
TRUNCATE TABLE keyless;
ALTER TABLE one ADD COLUMN w INT DEFAULT 5 AFTER id;
INSERT INTO one (id) VALUES (30);
CREATE OR REPLACE TABLE keyless (a INT);
RENAME TABLE one TO two;
DROP TABLE two;
