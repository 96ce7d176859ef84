-- MyISAM: groups that end in a Query COMMIT instead of an Xid, and mixtures with InnoDB.
CREATE TABLE m (a INT, b VARCHAR(10)) ENGINE=MyISAM;
CREATE TABLE n (a INT PRIMARY KEY) ENGINE=MyISAM;
CREATE TABLE i (a INT PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO m VALUES (1, 'x'), (2, NULL);
UPDATE m SET b = 'y';
DELETE FROM m WHERE a = 1;
-- Both engines must not meet in one transaction under GTIDs; one after the other they may.
INSERT INTO n VALUES (1);
BEGIN;
INSERT INTO i VALUES (1);
COMMIT;
CREATE TABLE mem (a INT) ENGINE=MEMORY;
INSERT INTO mem VALUES (1);
TRUNCATE m;
