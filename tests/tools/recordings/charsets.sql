-- Text in character sets of one to four bytes; some of the text exists in all of them.
SET NAMES utf8mb4;
CREATE TABLE charsets (id INT PRIMARY KEY,
  ascii CHAR(10) CHARACTER SET ascii, latin1 VARCHAR(10) CHARACTER SET latin1, latin2 VARCHAR(10) CHARACTER SET latin2,
  cp1251 VARCHAR(10) CHARACTER SET cp1251, koi8r VARCHAR(10) CHARACTER SET koi8r, greek VARCHAR(10) CHARACTER SET greek,
  hebrew VARCHAR(10) CHARACTER SET hebrew, tis620 VARCHAR(10) CHARACTER SET tis620, cp850 VARCHAR(10) CHARACTER SET cp850,
  big5 VARCHAR(10) CHARACTER SET big5, gbk VARCHAR(10) CHARACTER SET gbk, gb2312 CHAR(10) CHARACTER SET gb2312,
  gb18030 VARCHAR(10) CHARACTER SET gb18030, sjis VARCHAR(10) CHARACTER SET sjis, cp932 VARCHAR(10) CHARACTER SET cp932,
  ujis VARCHAR(10) CHARACTER SET ujis, eucjpms CHAR(10) CHARACTER SET eucjpms, euckr VARCHAR(10) CHARACTER SET euckr,
  utf8mb3 VARCHAR(10) CHARACTER SET utf8mb3, utf8mb4 CHAR(10) CHARACTER SET utf8mb4, utf8bin TEXT COLLATE utf8mb4_bin,
  ucs2 VARCHAR(10) CHARACTER SET ucs2, utf16 CHAR(10) CHARACTER SET utf16, utf16le VARCHAR(10) CHARACTER SET utf16le,
  utf32 TEXT CHARACTER SET utf32, bytes VARCHAR(10) CHARACTER SET binary,
  choice ENUM('é', 'ÿ') CHARACTER SET latin1, flags SET('д', 'ж') CHARACTER SET cp1251, wide ENUM('☃', 'é') CHARACTER SET utf16);
INSERT INTO charsets VALUES
  (1, 'plain', 'naïve ÿ€', 'łódź', 'привет', 'привет', 'γειά', 'שלום', 'สวัสดี', 'éñß', '漢字', '汉字漢', '汉字', '汉𝄞☃é', '漢字ｶﾅ',
   '漢字①', '漢字', '漢字', '한글', '☃é', '𝄞☃é', '𝄞 ', '漢☃', '𝄞☃', '𝄞☃', '𝄞☃', x'00ff', 'ÿ', 'д,ж', '☃'),
  (2, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'é', '', 'é');
INSERT INTO charsets (id) VALUES (3);
UPDATE charsets SET latin1 = 'é', gbk = '字', utf16 = 'x' WHERE id = 1;
DELETE FROM charsets WHERE id > 1;
