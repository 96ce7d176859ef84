-- run: defaults
-- run: transactions provide.transaction.metadata=true
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(20));
XA START 'branch';
INSERT INTO one VALUES (50, 'xa');
XA END 'branch';
XA PREPARE 'branch';
XA COMMIT 'branch';
XA START 'two';
INSERT INTO one VALUES (51, 'xa'), (52, 'xa');
UPDATE one SET id = 53 WHERE id = 52;
XA END 'two';
XA PREPARE 'two';
XA ROLLBACK 'two';
XA START 'three';
DELETE FROM one;
XA END 'three';
XA COMMIT 'three' ONE PHASE;
