-- Definitions and how they change, under different session settings.
CREATE TABLE a (id INT PRIMARY KEY, name VARCHAR(20));
INSERT INTO a VALUES (1, 'one'), (2, 'two');
ALTER TABLE a ADD COLUMN extra INT DEFAULT 5 AFTER id, ALGORITHM=INSTANT;
INSERT INTO a VALUES (3, 30, 'three');
ALTER TABLE a MODIFY name VARCHAR(300) CHARACTER SET latin1, RENAME COLUMN extra TO more, ADD KEY by_name (name);
UPDATE a SET more = NULL WHERE id = 3;
ALTER TABLE a DROP COLUMN more;
DELETE FROM a WHERE id = 1;
CREATE INDEX i ON a (name, id);
DROP INDEX i ON a;
CREATE TABLE copied AS SELECT * FROM a;
CREATE TABLE alike LIKE a;
INSERT INTO alike SELECT * FROM a;
TRUNCATE TABLE alike;
RENAME TABLE alike TO liked, copied TO alike;
CREATE TEMPORARY TABLE t (x INT);
INSERT INTO t VALUES (1);
INSERT INTO a SELECT x + 100, 'from temporary' FROM t;
DROP TEMPORARY TABLE t;
CREATE DATABASE other CHARACTER SET latin1 COLLATE latin1_german1_ci;
CREATE TABLE other.b (id INT, t TEXT);
INSERT INTO other.b VALUES (1, 'straße');
USE other;
CREATE TABLE c (id INT);
ALTER TABLE test.a COMMENT 'changed from another database';
INSERT INTO c VALUES (1);
INSERT INTO test.a VALUES (50, 'from other');
SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
CREATE TABLE "quoted ""name" (id INT, s VARCHAR(10) DEFAULT 'a\b');
INSERT INTO "quoted ""name" VALUES (1, 'x' || '\n');
SET sql_mode='';
SET NAMES latin1;
CREATE TABLE d (id INT) COMMENT 'latin1 session';
SET NAMES utf8mb4;
SET time_zone='+05:30', lc_time_names='de_DE', auto_increment_increment=3, foreign_key_checks=0, unique_checks=0;
CREATE TABLE e (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP DEFAULT '2024-01-01 00:00:00');
INSERT INTO e () VALUES (), ();
SET time_zone=DEFAULT, lc_time_names=DEFAULT, auto_increment_increment=DEFAULT, foreign_key_checks=1, unique_checks=1;
CREATE VIEW v AS SELECT * FROM d;
DROP VIEW v;
DELIMITER //
CREATE PROCEDURE p(n INT) BEGIN INSERT INTO d VALUES (n); INSERT INTO d VALUES (n + 1); END//
CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC RETURN n + 1//
CREATE TRIGGER fires AFTER INSERT ON c FOR EACH ROW INSERT INTO d VALUES (NEW.id * 100)//
DELIMITER ;
CALL p(7);
INSERT INTO c VALUES (f(2));
CREATE USER someone@localhost IDENTIFIED BY 'secret';
GRANT SELECT ON other.* TO someone@localhost;
DROP USER someone@localhost;
ANALYZE TABLE d;
/* a comment first */ ALTER TABLE d ADD COLUMN /*! n */ INT;
DROP TABLE IF EXISTS missing, d;
DROP TABLE c, e;
DROP DATABASE other;
