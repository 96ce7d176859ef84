-- run: defaults
-- run: schemas key.converter.schemas.enable=true value.converter.schemas.enable=true
-- run: transactions provide.transaction.metadata=true
-- run: comments include.schema.comments=true
-- run: without include.schema.changes=false
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE cart (id INT NOT NULL AUTO_INCREMENT, customer VARCHAR(40) NOT NULL COMMENT 'who', total DECIMAL(10,2) UNSIGNED DEFAULT 0.00, state ENUM('open','paid') NOT NULL DEFAULT 'open',
  tags SET('a','b'), made TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), blobs LONGBLOB, flag BIT(3), g GEOMETRY, j JSON, b BIGINT UNSIGNED NOT NULL DEFAULT 3, d DOUBLE(10,3), f FLOAT, t TINYINT(1), y YEAR, dt DATETIME(6), tm TIME,
  c CHAR(5) CHARACTER SET latin1, vb VARBINARY(12), mt MEDIUMTEXT, s SMALLINT UNSIGNED, m MEDIUMINT(7) ZEROFILL, gen INT GENERATED ALWAYS AS (s + 1) VIRTUAL, PRIMARY KEY (id), KEY (customer)) ENGINE=InnoDB COMMENT='carts';
INSERT INTO cart (customer) VALUES ('ann');
ALTER TABLE cart ADD COLUMN note VARCHAR(10) AFTER customer;
INSERT INTO cart (customer, note) VALUES ('bob', 'n');
ALTER TABLE cart DROP COLUMN note, ADD COLUMN first_one INT FIRST, MODIFY customer VARCHAR(80) CHARACTER SET latin1 NOT NULL;
INSERT INTO cart (customer) VALUES ('cyn');
ALTER TABLE cart CHANGE customer client VARCHAR(80), DROP PRIMARY KEY, ADD PRIMARY KEY (id, b), ALGORITHM=COPY;
INSERT INTO cart (client, b) VALUES ('dan', 5);
ALTER TABLE cart RENAME COLUMN client TO who, ADD UNIQUE KEY u (who), ADD INDEX i (state);
CREATE INDEX j ON cart (d);
CREATE UNIQUE INDEX k ON cart (s);
DROP INDEX j ON cart;
ALTER TABLE cart COMMENT = 'other';
ALTER TABLE cart DEFAULT CHARACTER SET latin1;
ALTER TABLE cart CONVERT TO CHARACTER SET utf8mb4;
INSERT INTO cart (who, b, s) VALUES ('eve', 6, 1);
RENAME TABLE cart TO basket;
INSERT INTO basket (who, b, s) VALUES ('fred', 7, 2);
ALTER TABLE basket RENAME TO cart;
CREATE TABLE copied LIKE cart;
CREATE TABLE selected AS SELECT id, who FROM cart;
CREATE TABLE IF NOT EXISTS selected (id INT);
CREATE TABLE unique_only (a INT NOT NULL, b INT NOT NULL, UNIQUE (b));
CREATE TABLE two (id INT PRIMARY KEY); CREATE TABLE three (id INT PRIMARY KEY);
RENAME TABLE two TO two_b, three TO two;
CREATE VIEW v AS SELECT id FROM cart;
CREATE PROCEDURE p() SELECT 1;
CREATE TRIGGER tr BEFORE INSERT ON two FOR EACH ROW SET NEW.id = NEW.id + 1;
INSERT INTO two VALUES (1);
DROP TRIGGER tr;
CREATE TEMPORARY TABLE temporary_one (id INT);
INSERT INTO temporary_one VALUES (1);
DROP TEMPORARY TABLE temporary_one;
TRUNCATE TABLE two;
DROP VIEW v;
DROP TABLE two, two_b;
DROP TABLE IF EXISTS copied, never_there;
CREATE USER someone@localhost IDENTIFIED BY 'secret';
GRANT SELECT ON shop.* TO someone@localhost;
DROP USER someone@localhost;
ANALYZE TABLE cart;
FLUSH TABLES;
ALTER DATABASE shop CHARACTER SET latin1;
CREATE TABLE in_latin1 (id INT PRIMARY KEY, v VARCHAR(10));
INSERT INTO in_latin1 VALUES (1, 'é');
CREATE DATABASE IF NOT EXISTS `other-db` COLLATE utf8mb4_bin;
CREATE TABLE `other-db`.`odd.name $x` (`Ä key` INT PRIMARY KEY, `a.b` INT, `1st` VARCHAR(5), `select` INT, `with "quotes"` INT) ;
INSERT INTO `other-db`.`odd.name $x` VALUES (1, 2, 'x', 3, 4);
UPDATE `other-db`.`odd.name $x` SET `Ä key` = 2;
USE `other-db`;
CREATE TABLE shop.elsewhere (id INT PRIMARY KEY);
INSERT INTO shop.elsewhere VALUES (1);
CREATE TABLE parts (id INT PRIMARY KEY, d DATE) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
ALTER TABLE parts TRUNCATE PARTITION p0;
CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES shop.elsewhere (id), CHECK (id > 0));
DROP TABLE child;
DROP DATABASE `other-db`;
DROP DATABASE shop;
