-- Definitions as they change. Read by record-peers.
CREATE DATABASE peers_ddl CHARACTER SET latin1;
USE peers_ddl;
CREATE TABLE one (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), note TEXT CHARACTER SET utf8mb4, kind ENUM('a','b'), flags SET('x','y'), at DATETIME(3), price DECIMAL(10,2), data VARBINARY(10), big BIGINT UNSIGNED, doc JSON, day DATE, clock TIME, stamp TIMESTAMP NULL, y YEAR, bits BIT(3), f FLOAT, d DOUBLE) CHARSET=utf8mb4;
INSERT INTO one (name) VALUES ('first');
ALTER TABLE one ADD COLUMN extra INT AFTER name, DROP COLUMN flags;
INSERT INTO one (name, extra) VALUES ('second', 2);
ALTER TABLE one MODIFY extra BIGINT, CHANGE note remark TEXT;
CREATE INDEX by_name ON one (name);
DROP INDEX by_name ON one;
CREATE TABLE two LIKE one;
RENAME TABLE two TO three;
TRUNCATE TABLE three;
DROP TABLE three;
CREATE TABLE four (a INT, b CHAR(3)) CHARSET=latin1;
DROP TABLE IF EXISTS four, one;
ALTER DATABASE peers_ddl CHARACTER SET utf8mb4;
DROP DATABASE peers_ddl;
