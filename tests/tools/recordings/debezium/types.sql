-- run: defaults
-- run: schemas key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: decimal_string decimal.handling.mode=string
-- run: decimal_double decimal.handling.mode=double
-- run: binary_base64 binary.handling.mode=base64
-- run: binary_base64_url_safe binary.handling.mode=base64-url-safe
-- run: binary_hex binary.handling.mode=hex
-- run: unsigned_precise bigint.unsigned.handling.mode=precise
-- run: unsigned_precise_string bigint.unsigned.handling.mode=precise decimal.handling.mode=string
-- run: time_connect time.precision.mode=connect
-- run: time_isostring time.precision.mode=isostring
-- run: time_microseconds time.precision.mode=microseconds
-- run: time_nanoseconds time.precision.mode=nanoseconds
-- run: modes_with_schemas value.converter.schemas.enable=true decimal.handling.mode=string binary.handling.mode=hex bigint.unsigned.handling.mode=precise time.precision.mode=isostring
-- run: connect_with_schemas value.converter.schemas.enable=true decimal.handling.mode=double binary.handling.mode=base64 time.precision.mode=connect
-- run: microseconds_with_schemas value.converter.schemas.enable=true time.precision.mode=microseconds bigint.unsigned.handling.mode=precise
-- run: nanoseconds_with_schemas value.converter.schemas.enable=true time.precision.mode=nanoseconds binary.handling.mode=base64-url-safe
-- run: nulls_kept value.converter.replace.null.with.default=false
-- run: numeric_decimals value.converter.decimal.format=NUMERIC bigint.unsigned.handling.mode=precise
SET time_zone = '+00:00', timestamp = 1767323045.123456;
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

-- Integers at their ends.
CREATE TABLE integers (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED,
  i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, z INT(8) ZEROFILL, bo BOOLEAN, t1 TINYINT(1), y YEAR);
INSERT INTO integers VALUES (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 42, TRUE, 7, 1901),
  (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, 99999999, FALSE, -1, 2155),
  (3, 0, 128, 0, 32768, 0, 8388608, 0, 2147483648, 0, 9223372036854775808, 0, NULL, NULL, 0000),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, -1, 1, -1, 1, -1, 1, -1, 1, 9007199254740993, 9223372036854775807, 1, 1, 1, 2000);

-- Numbers with fractions.
CREATE TABLE decimals (id INT PRIMARY KEY, d10 DECIMAL(10,2), d65 DECIMAL(65,30), d5 DECIMAL(5,0), du DECIMAL(9,4) UNSIGNED, dz DECIMAL(12,4) ZEROFILL,
  n NUMERIC(30,30), d1 DECIMAL(1,1), d30 DECIMAL(30,0));
INSERT INTO decimals VALUES (1, 1.50, 12345678901234567890123456789012345.123456789012345678901234567890, 99999, 12345.6789, 12.5, 0.123456789012345678901234567890, 0.9, 123456789012345678901234567890),
  (2, -1.50, -99999999999999999999999999999999999.999999999999999999999999999999, -99999, 0, 0, -0.000000000000000000000000000001, -0.1, -1),
  (3, 0, 0, 0, 99999.9999, 99999999.9999, 0, 0, 0),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, 1.28, 0.000000000000000000000000000001, 127, 0.0128, 0.0255, 0.5, 0.5, 128),
  (6, -1.28, -0.000000000000000000000000000128, -128, 3.2768, 3.2767, -0.5, -0.5, -128),
  (7, -1.29, 1.1, 128, 0.0001, 1, 0.1, 0.1, -129),
  (8, 99999999.99, -1.1, -1, 1000, 1000, 0.000000001, 0.2, 999999999999999999999999999999);
CREATE TABLE floats (id INT PRIMARY KEY, f FLOAT, d DOUBLE, f7 FLOAT(7,4), d15 DOUBLE(15,3), fu FLOAT UNSIGNED, du DOUBLE UNSIGNED, r REAL, f53 FLOAT(53));
INSERT INTO floats VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0), (2, 1, 1, 1, 1, 1, 1, 1, 1), (3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1),
  (4, -1.5, -1.5, -1.5, -1.5, 1.5, 1.5, -1.5, 100), (5, 3.402823466E+38, 1.7976931348623157E+308, 999.9999, 123456789012.345, 1e38, 1e308, 5e-324, 2.5e17),
  (6, 1.175494351E-38, 2.2250738585072014E-308, 0.0001, 0.001, 1e-30, 1e-300, 1e21, 1e22), (7, 16777216, 9007199254740993, 3.1416, 1e11, 1e7, 1e7, 1e6, 12345678.9),
  (8, 1e7, 1e7, 1, 1, 9999999, 9999999, 0.001, 0.0001), (9, 0.001, 0.0001, 1, 1, 0.0001, 0.00099, 123456789012345680, 1e16),
  (10, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (11, -0e0, -0e0, -0e0, -0e0, 33554434, 2e-44, 1e-5, 1.4e-45), (12, 1.4e-45, 0.3333333333333333, 0.3333, 0.333, 0.33333334, 4.35, 2.675, 9.5367431640625e-7),
  (13, 123456.79, 299792458, 1, 1, 8388608.5, 1e23, 2e-3, 1e-3), (14, 1.17549421e-38, 4.9e-324, 0, 0, 1e10, 1e17, 9999999999999998, 1e15);

CREATE TABLE bits (id INT PRIMARY KEY, b1 BIT(1), b2 BIT(2), b8 BIT(8), b9 BIT(9), b10 BIT(10), b33 BIT(33), b64 BIT(64));
INSERT INTO bits VALUES (1, 0, 0, 0, 0, 0, 0, 0), (2, 1, 3, 255, 511, 1023, 0x1FFFFFFFF, 0xFFFFFFFFFFFFFFFF), (3, 1, 1, 1, 1, 5, 1, 1),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, 0, 2, 0x80, 0x101, 0x201, 0x123456789 & 0x1FFFFFFFF, 0x0123456789ABCDEF);

-- Dates and times with every fraction.
CREATE TABLE dates (id INT PRIMARY KEY, d DATE, dt0 DATETIME, dt1 DATETIME(1), dt2 DATETIME(2), dt3 DATETIME(3), dt4 DATETIME(4), dt5 DATETIME(5), dt6 DATETIME(6));
INSERT INTO dates VALUES
  (1, '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05.1', '2026-01-02 03:04:05.12', '2026-01-02 03:04:05.123', '2026-01-02 03:04:05.1234', '2026-01-02 03:04:05.12345', '2026-01-02 03:04:05.123456'),
  (2, '1970-01-01', '1970-01-01 00:00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00'),
  (3, '1969-12-31', '1969-12-31 23:59:59', '1969-12-31 23:59:59.9', '1969-12-31 23:59:59.99', '1969-12-31 23:59:59.999', '1969-12-31 23:59:59.9999', '1969-12-31 23:59:59.99999', '1969-12-31 23:59:59.999999'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, '2100-02-28', '2038-01-19 03:14:08', '2024-02-29 00:00:00', '2000-02-29 23:59:59', '1900-02-28 00:00:00.001', '1900-01-01 00:00:00', '1901-12-13 20:45:52', '2262-04-11 23:47:16.854775');
-- What some time.precision.mode has no form for, in tables of their own.
CREATE TABLE dates_far LIKE dates;
INSERT INTO dates_far VALUES
  (4, '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.9', '9999-12-31 23:59:59.99', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.9999', '9999-12-31 23:59:59.99999', '9999-12-31 23:59:59.999999'),
  (5, '1582-10-14', '1582-10-14 12:00:00', '1582-10-04 12:00:00', '1582-10-15 00:00:00', '1500-02-28 01:02:03.004', '1000-01-01 00:00:00.0001', '1000-01-01 00:00:00', '0001-01-01 00:00:00.000001'),
  (7, '1000-01-01', '1000-01-01 00:00:00', '2024-02-29 00:00:00', '2038-01-19 03:14:08', '2000-01-01 00:00:00', '1900-01-01 00:00:00', '1901-12-13 20:45:52', '2262-04-11 23:47:16.854775'),
  (8, '0001-01-01', '0001-01-01 00:00:00', '0999-12-31 23:59:59.5', '0100-03-01 00:00:00', '1900-02-28 00:00:00.001', '2262-04-12 00:00:00', '2100-01-01 00:00:00', '1677-09-21 00:12:43.145225');
CREATE TABLE times (id INT PRIMARY KEY, t0 TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5), t6 TIME(6));
INSERT INTO times VALUES (1, '03:04:05', '03:04:05.1', '03:04:05.12', '03:04:05.123', '03:04:05.1234', '03:04:05.12345', '03:04:05.123456'),
  (2, '00:00:00', '00:00:00', '00:00:00.01', '00:00:00.001', '00:00:00.0001', '00:00:00.00001', '00:00:00.000001'), (3, '23:59:59', '12:00:00', '23:59:59.99', '23:59:59.999', '23:59:59.9999', '23:59:59.99999', '23:59:59.999999'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE times_far LIKE times;
INSERT INTO times_far VALUES
  (2, '838:59:59', '838:59:59', '838:59:59', '838:59:58.999', '838:59:58.9999', '838:59:58.99999', '838:59:58.999999'),
  (3, '-838:59:59', '-838:59:59', '-838:59:58.99', '-838:59:58.999', '-838:59:58.9999', '-838:59:58.99999', '-838:59:58.999999'),
  (4, '00:00:00', '-00:00:00.1', '-00:00:00.01', '-00:00:00.001', '-00:00:00.0001', '-00:00:00.00001', '-00:00:00.000001'),
  (5, '-00:00:01', '-00:00:01.5', '24:00:00', '23:59:59.999', '-24:00:00', '100:00:00.00001', '23:59:59.999999');
CREATE TABLE timestamps (id INT PRIMARY KEY, ts0 TIMESTAMP NULL, ts1 TIMESTAMP(1) NULL, ts2 TIMESTAMP(2) NULL, ts3 TIMESTAMP(3) NULL, ts4 TIMESTAMP(4) NULL, ts5 TIMESTAMP(5) NULL, ts6 TIMESTAMP(6) NULL);
INSERT INTO timestamps VALUES (1, '2026-01-02 03:04:05', '2026-01-02 03:04:05.1', '2026-01-02 03:04:05.12', '2026-01-02 03:04:05.123', '2026-01-02 03:04:05.1234', '2026-01-02 03:04:05.12345', '2026-01-02 03:04:05.123456'),
  (2, '1970-01-01 00:00:01', '1970-01-01 00:00:01', '1970-01-01 00:00:01', '1970-01-01 00:00:01', '1970-01-01 00:00:01', '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001'),
  (3, '2038-01-19 03:14:07', '2038-01-19 03:14:06.9', '2038-01-19 03:14:06.99', '2038-01-19 03:14:06.1', '2038-01-19 03:14:06.01', '2038-01-19 03:14:06.001', '2038-01-19 03:14:06.999999'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, '2026-07-01 00:00:00', '2026-07-01 10:00:00', '2026-07-01 10:10:00', '2026-07-01 10:10:10', '2026-07-01 10:10:10.1', '2026-07-01 10:10:10.1', '2026-07-01 10:10:10.1');
SET time_zone = '+05:30';
INSERT INTO timestamps VALUES (6, '2026-01-02 03:04:05', '2026-01-02 03:04:05.1', '2026-01-02 03:04:05.12', '2026-01-02 03:04:05.123', '2026-01-02 03:04:05.1234', '2026-01-02 03:04:05.12345', '2026-01-02 03:04:05.123456');
SET time_zone = '+00:00';
-- Zero dates, in columns that may be NULL and in such that may not.
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE zeros (id INT PRIMARY KEY, d DATE, dn DATE NOT NULL, dt DATETIME, dtn DATETIME NOT NULL, dt6 DATETIME(6), dt6n DATETIME(6) NOT NULL, ts TIMESTAMP NULL, tsn TIMESTAMP NOT NULL DEFAULT '1999-12-31 00:00:00', y YEAR NOT NULL);
INSERT INTO zeros VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', 0);
CREATE TABLE zeros_within LIKE zeros;
INSERT INTO zeros_within VALUES
  (2, '2026-00-00', '2026-00-00', '2026-00-00 01:02:03', '2026-00-00 01:02:03', '2026-00-00', '2026-01-00 01:01:01.5', NULL, '2026-01-01', 1970),
  (4, '0000-01-01', '0000-01-01', '0000-01-01 00:00:00', '0000-01-01 00:00:00', '0000-12-31 23:59:59', '0000-12-31 23:59:59', NULL, '2026-01-01', 2000);
SET sql_mode = DEFAULT;

-- Texts and bytes.
CREATE TABLE texts (id INT PRIMARY KEY, c CHAR(10), v VARCHAR(50), tt TINYTEXT, t TEXT, mt MEDIUMTEXT, lt LONGTEXT, l1 VARCHAR(20) CHARACTER SET latin1, u16 VARCHAR(20) CHARACTER SET utf16,
  sj VARCHAR(20) CHARACTER SET sjis, gb VARCHAR(20) CHARACTER SET gb18030, asc7 VARCHAR(20) CHARACTER SET ascii, u3 VARCHAR(20) CHARACTER SET utf8mb3, cb VARCHAR(20) COLLATE utf8mb4_bin,
  cp VARCHAR(20) CHARACTER SET cp1251, ucs CHAR(4) CHARACTER SET ucs2);
INSERT INTO texts VALUES (1, 'abc', 'héllo', 'tiny', 'text', 'medium', 'long', 'café', 'zwölf', '日本', '中文', 'ascii', 'ÀÉ', 'Bin', 'Привет', 'ucs'),
  (2, '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'a\\b"c', 'tab\tnl\ncr\rq"b\\', '\0\b\f', '</script>/', '😀', _utf8mb4 x'E280A8E280A97F1F', 'ÿ', '😀', 'ｱ', '𠀀', '~', 'ﬀ', 'ß ', 'Ё', '€');
CREATE TABLE bytes (id INT PRIMARY KEY, b BINARY(4), vb VARBINARY(20), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB, cb VARCHAR(10) CHARACTER SET binary);
INSERT INTO bytes VALUES (1, 'ab', 'abc', 'tiny', 'blob', x'00010203', x'FFFEFD', 'x'), (2, '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, x'00000000', x'FBFF3FBE', x'61000000', x'C3A9', x'F09F9880', x'80', x'FF'), (5, x'61620000', x'6100', x'00', x'0000', x'FFFFFF', x'3E3F', x'00');
CREATE TABLE choices (id INT PRIMARY KEY, e ENUM('small','medium','large, x','it''s','é'), s SET('a','b','c d','é','x'), e1 ENUM('only') CHARACTER SET latin1, en ENUM('y','n') NOT NULL DEFAULT 'n', sn SET('p','q') NOT NULL DEFAULT 'p,q');
INSERT INTO choices VALUES (1, 'small', 'a', 'only', 'y', 'p'), (2, 'large, x', 'a,b,c d,é,x', 'only', 'n', ''), (3, 'it''s', '', NULL, DEFAULT, DEFAULT), (4, NULL, NULL, NULL, 'y', 'q'), (5, 'é', 'é', 'only', 'n', 'p,q');
SET sql_mode = '';
INSERT INTO choices VALUES (6, 'none', 'none', 'none', 'none', 'none');
SET sql_mode = DEFAULT;

-- Documents, geometry, vectors.
CREATE TABLE documents (id INT PRIMARY KEY, j JSON);
INSERT INTO documents VALUES (1, '{"b": 1, "a": [1, 2.5, true, null, "x"], "c": {"d": "é😀"}}'), (2, '[]'), (3, '"text"'), (4, 'null'), (5, NULL), (6, '{}'), (7, '1.0'), (8, '18446744073709551615'), (9, '-1e100'),
  (10, JSON_OBJECT('d', CAST('2026-01-02' AS DATE), 't', CAST('03:04:05.5' AS TIME(6)), 'dt', CAST('2026-01-02 03:04:05.123456' AS DATETIME(6)), 'dec', CAST('12.340' AS DECIMAL(10,3)), 'b', x'0001FF')),
  (11, '{"quote": "a\\"b\\\\c\\n\\u0001/", "n": 123456789012345678, "f": 0.1, "g": 1e-7, "h": 1234567890.125}'), (12, 'true'), (13, '-9223372036854775808'), (14, '1e20'), (15, '100000000000000000000000'), (16, CAST(1.50 AS JSON));
CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT, l LINESTRING, po POLYGON, mp MULTIPOINT, ml MULTILINESTRING, mpo MULTIPOLYGON, gc GEOMETRYCOLLECTION, p4 POINT SRID 4326);
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(1.5 -2)'), ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))'), ST_GeomFromText('MULTIPOINT(1 1,2 2)'),
  ST_GeomFromText('MULTILINESTRING((0 0,1 1))'), ST_GeomFromText('MULTIPOLYGON(((0 0,0 1,1 1,0 0)))'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))'), ST_GeomFromText('POINT(48.1 11.5)', 4326)),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'), ST_GeomFromText('POINT(0 1e300)'), NULL, NULL, NULL, NULL, NULL, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'), NULL);
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3), w VECTOR);
INSERT INTO vectors VALUES (1, TO_VECTOR('[1,2.5,-3e10]'), TO_VECTOR('[0.1]')), (2, NULL, NULL), (3, TO_VECTOR('[0,0.001,1e-10]'), TO_VECTOR('[1e7,16777216,3.4028235e38]'));

-- Defaults, and NULL in columns that have one.
CREATE TABLE defaults (id INT PRIMARY KEY, i INT DEFAULT 7, n INT NOT NULL DEFAULT -1, v VARCHAR(10) DEFAULT 'x', vn VARCHAR(10) NOT NULL DEFAULT '', d DECIMAL(5,2) DEFAULT 1.5, f FLOAT DEFAULT 0.5, dbl DOUBLE NOT NULL DEFAULT 2.5,
  dt DATETIME DEFAULT '2026-01-02 03:04:05', dt6 DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), da DATE DEFAULT '2026-01-02', t TIME DEFAULT '01:02:03', ts TIMESTAMP NULL DEFAULT NULL, tsn TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  ts3 TIMESTAMP(3) NULL DEFAULT '2026-01-02 03:04:05.678', e ENUM('a','b') DEFAULT 'b', s SET('a','b') DEFAULT 'a', b BIT(1) DEFAULT b'1', b8 BIT(8) DEFAULT b'101', bin BINARY(3) DEFAULT 'ab', y YEAR DEFAULT 2026,
  bu BIGINT UNSIGNED DEFAULT 18446744073709551615, bo BOOLEAN NOT NULL DEFAULT TRUE, ex VARCHAR(40) DEFAULT (CONCAT('a', 'b')), g INT GENERATED ALWAYS AS (n + 1) STORED, gv INT AS (n * 2) VIRTUAL, ai INT NOT NULL AUTO_INCREMENT UNIQUE, inv INT INVISIBLE DEFAULT 3);
INSERT INTO defaults (id) VALUES (1);
INSERT INTO defaults (id, i, v, d, f, dt, dt6, da, t, ts3, e, s, b, b8, bin, y, bu, ex, inv) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE defaults SET i = 8, v = 'y' WHERE id = 2;
DELETE FROM defaults WHERE id = 1;
UPDATE integers SET t = 5, bu = 6 WHERE id = 4;
DELETE FROM texts WHERE id = 3;
