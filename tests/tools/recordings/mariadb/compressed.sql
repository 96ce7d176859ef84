-- options: log_bin_compress=ON log_bin_compress_min_len=20 binlog_alter_two_phase=ON
-- Compressed events and columns, and ALTER TABLE in two phases.
CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(300), c TEXT);
INSERT INTO t VALUES (1, REPEAT('x', 200), REPEAT('y', 1000)), (2, NULL, 'z');
UPDATE t SET b = CONCAT('a new value for ', a);
DELETE FROM t WHERE a = 1;
CREATE TABLE c (a INT PRIMARY KEY, v VARCHAR(100) COMPRESSED, b BLOB COMPRESSED, l LONGTEXT COMPRESSED,
  v255 VARCHAR(255) COMPRESSED CHARACTER SET latin1, d VARCHAR(5));
SET column_compression_threshold=20;
INSERT INTO c VALUES (1, '', '', '', '', ''), (2, NULL, NULL, NULL, NULL, NULL), (3, 'tiny', 'b', 'l', 'v', 'd'),
  (4, REPEAT('ab', 50), REPEAT(x'00ff', 5000), REPEAT('text ☃', 3000), REPEAT('é', 255), 'd');
SET column_compression_zlib_wrap=ON;
UPDATE c SET l = REPEAT('wrapped', 100) WHERE a = 4;
DELETE FROM c;
ALTER TABLE t ADD COLUMN d INT DEFAULT 5;
INSERT INTO t VALUES (7, '', '', 5), (8, '', '', 5);
ALTER TABLE t ADD UNIQUE KEY (d), ALGORITHM=COPY;
ALTER TABLE t ADD KEY (d), ALGORITHM=COPY;
