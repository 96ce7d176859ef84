-- What a table's definition can say: keys of all kinds, generated and invisible columns, odd names, many columns.
CREATE TABLE no_key (a INT, b INT);
CREATE TABLE composite (a INT, b VARCHAR(10), c INT, PRIMARY KEY (c, a)) COMMENT 'a comment';
CREATE TABLE prefix (a VARCHAR(100), b INT, PRIMARY KEY (a(10), b));
CREATE TABLE unique_only (a INT NOT NULL UNIQUE, b INT UNIQUE);
CREATE TABLE text_key (a VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY);
CREATE TABLE generated_columns (a INT PRIMARY KEY, twice INT AS (a * 2) STORED, thrice INT AS (a * 3) VIRTUAL, hidden INT INVISIBLE,
  made VARCHAR(40) DEFAULT (CONCAT('d', a)), at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, KEY ((a + 1)));
CREATE TABLE `Odd ``name` (`select` INT PRIMARY KEY, `ünïcödé` INT, `a.b` INT, `with space` INT);
CREATE TABLE parted (a INT PRIMARY KEY, b INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10),
  PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE parent (a INT PRIMARY KEY);
CREATE TABLE child (a INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent(a) ON DELETE CASCADE);
SET sql_generate_invisible_primary_key=ON;
CREATE TABLE invisible_key (a INT);
SET sql_generate_invisible_primary_key=OFF;
SET SESSION group_concat_max_len = 100000;
SET @columns = (WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 260)
  SELECT GROUP_CONCAT('c', i, ' INT' ORDER BY i) FROM n);
SET @sql = CONCAT('CREATE TABLE wide (', @columns, ')');
PREPARE make FROM @sql;
EXECUTE make;
INSERT INTO no_key VALUES (1, 1), (1, 1);
INSERT INTO composite VALUES (1, 'x', 2);
INSERT INTO prefix VALUES ('a long value in the key', 1);
INSERT INTO unique_only VALUES (1, NULL), (2, NULL);
INSERT INTO text_key VALUES ('a'), ('é');
INSERT INTO generated_columns (a, hidden) VALUES (1, 7), (2, NULL);
INSERT INTO `Odd ``name` VALUES (1, 2, 3, 4);
INSERT INTO parted VALUES (1, 1), (100, 1);
INSERT INTO parent VALUES (1), (2);
INSERT INTO child VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO invisible_key VALUES (5), (6);
INSERT INTO wide (c1, c8, c9, c256, c260) VALUES (1, 8, 9, 256, 260);
UPDATE no_key SET b = 2 LIMIT 1;
UPDATE composite SET a = 5, b = 'y';
UPDATE text_key SET a = 'A' WHERE a = 'a';
UPDATE generated_columns SET a = a + 10;
UPDATE parted SET a = 50 WHERE a = 1;
DELETE FROM parent WHERE a = 1;
UPDATE invisible_key SET a = 7;
DELETE FROM wide;
-- Several tables in one statement: their table maps come first, and their rows after.
UPDATE child JOIN parent ON child.p = parent.a SET child.a = 30, parent.a = 2;
UPDATE composite, no_key SET composite.b = 'z', no_key.b = 9;
DELETE composite, no_key FROM composite, no_key;
