"""Random columns as DDL defines them: types with all that can be said of them, attributes, keys; and values for a column of which
the server says what it is."""

import random
import re

CHARSETS = ["latin1", "utf8mb4", "utf8mb3", "ascii", "binary", "ucs2", "utf16", "cp1251", "sjis", "gbk", "koi8r", "utf32", "ujis", "big5", "gb2312", "euckr", "utf16le",
            "latin2", "greek", "cp850"]
COLLATIONS = {"latin1": ["latin1_bin", "latin1_german1_ci", "latin1_general_cs"], "utf8mb4": ["utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_czech_ci"],
              "utf8mb3": ["utf8mb3_bin", "utf8mb3_unicode_ci"], "cp1251": ["cp1251_bin", "cp1251_ukrainian_ci"], "gbk": ["gbk_bin"], "ascii": ["ascii_bin"],
              "ucs2": ["ucs2_bin", "ucs2_unicode_ci"], "sjis": ["sjis_bin"]}
MYSQL_COLLATIONS = {"utf8mb4": ["utf8mb4_0900_ai_ci", "utf8mb4_0900_bin", "utf8mb4_ja_0900_as_cs", "utf8mb4_de_pb_0900_as_ci"]}
MARIADB_COLLATIONS = {"utf8mb4": ["utf8mb4_uca1400_ai_ci", "utf8mb4_nopad_bin", "uca1400_as_cs"], "latin1": ["latin1_swedish_nopad_ci"]}
MEMBERS = [("a", "b"), ("x,y", "(z)"), ("it's", 'qu"ot'), ("one", "two", "three"), ("é", "ü", "a"), ("back\\sl", "b"), ("", "e"), ("ж", "я"), ("日", "本"), ("new\nline", "x"),
           tuple(f"m{i}" for i in range(9)), tuple(f"m{i}" for i in range(20)), tuple(f"n{i}" for i in range(40)), tuple(f"e{i}" for i in range(300)), ("A ", "b  ")]
INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
TEXTS = ["", "x", "it's", "ä€", "жук", "日本", 'a"b', "a\\b", "NULL", "CURRENT_TIMESTAMP", "5", " sp ", "(", "a,b"]


class Columns:
    """Definitions of columns, as SQL of a session (`tongue`)."""

    def __init__(self, rng, tongue, mariadb, version):
        self.rng, self.tongue, self.mariadb, self.version = rng, tongue, mariadb, version

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, share):
        return self.rng.random() < share

    # Types: (SQL, class).

    def type(self):
        kind = self.rng.choices(("integer", "decimal", "real", "bit", "time", "text", "long", "bytes", "list", "other"), (30, 8, 6, 3, 14, 22, 10, 8, 12, 6))[0]
        return getattr(self, kind)(), kind

    def integer(self):
        word = self.pick("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INT", "INTEGER", "BIGINT", "INT1", "INT2", "INT3", "INT4", "INT8", "MIDDLEINT", "BOOL", "BOOLEAN")
        if word.startswith("BOO"):
            return word
        width = f"({self.rng.randint(1, 20)})" if self.chance(0.25) else ""
        return word + width + self.pick("", "", "", " UNSIGNED", " UNSIGNED", " SIGNED", " ZEROFILL", " UNSIGNED ZEROFILL", " ZEROFILL UNSIGNED")

    def decimal(self):
        precision = self.rng.randint(1, 65)
        said = self.pick("", f"({precision})", f"({precision},{self.rng.randint(0, min(30, precision))})", "(10,2)")
        return self.pick("DECIMAL", "NUMERIC", "DEC", "FIXED") + said + self.pick("", "", " UNSIGNED", " ZEROFILL", " SIGNED")

    def real(self):
        return self.pick("FLOAT", "DOUBLE", "REAL", "DOUBLE PRECISION", "FLOAT(7,3)", "FLOAT(24)", "FLOAT(25)", "DOUBLE(10,2)", "FLOAT4", "FLOAT8", "REAL(10,2)") + \
            self.pick("", "", "", " UNSIGNED", " ZEROFILL")

    def bit(self):
        return self.pick("BIT", f"BIT({self.rng.randint(1, 64)})")

    def time(self):
        word = self.pick("DATE", "TIME", "DATETIME", "TIMESTAMP", "YEAR", "DATETIME", "TIMESTAMP")
        if word == "YEAR":
            return self.pick("YEAR", "YEAR(4)")
        return word + (f"({self.rng.randint(0, 6)})" if word != "DATE" and self.chance(0.5) else "")

    def charset(self):
        """What a type says of its character set."""
        name = self.rng.choice(CHARSETS)
        collations = COLLATIONS.get(name, []) + (MARIADB_COLLATIONS if self.mariadb else MYSQL_COLLATIONS).get(name, [])
        said = f" {self.pick('CHARACTER SET', 'CHARSET', 'CHARACTER SET', 'CHAR SET')} {name}"
        if name == "utf8mb3" and self.chance(0.5):
            said = " CHARACTER SET utf8"
        collate = f" COLLATE {self.rng.choice(collations)}" if collations else ""
        return self.pick("", "", said, said, said + collate, collate, " BINARY", " ASCII", " UNICODE", " BYTE", said + " BINARY", " CHARACTER SET BINARY")

    def text(self):
        word = self.pick("CHAR", "VARCHAR", "VARCHAR", "VARCHAR", "CHARACTER", "CHARACTER VARYING", "VARCHARACTER", "CHAR VARYING", "NCHAR", "NVARCHAR", "NATIONAL CHAR",
                         "NATIONAL VARCHAR", "NATIONAL CHARACTER VARYING", "NCHAR VARYING")
        size = self.pick(0, 1, 5, 10, 20, 63, 64, 85, 86, 127, 128, 255, 300, 1000, 16383, 20000, 70000)
        fixed = word in ("CHAR", "CHARACTER", "NCHAR", "NATIONAL CHAR")
        said = f"({min(size, 255) if fixed else size})" if not fixed or self.chance(0.9) else ""
        if self.mariadb and word == "VARCHAR" and self.chance(0.06):
            return f"VARCHAR{said} COMPRESSED{self.pick('', '=zlib')}" + self.pick("", " CHARACTER SET latin1")
        return word + said + ("" if word.startswith("N") else self.charset())

    def long(self):
        word = self.pick("TINYTEXT", "TEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "LONG", "LONG VARCHAR", f"TEXT({self.pick(1, 63, 64, 255, 256, 16383, 16384, 65536, 20000000)})")
        if self.mariadb and word.endswith("TEXT") and self.chance(0.1):
            return word + " COMPRESSED"
        return word + self.charset()

    def bytes(self):
        return self.pick("BINARY", f"BINARY({self.rng.randint(0, 255)})", f"VARBINARY({self.pick(1, 20, 255, 256, 4000, 70000)})", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB",
                         f"BLOB({self.pick(10, 255, 256, 65536)})", "LONG VARBINARY")

    def list(self):
        members = self.rng.choice(MEMBERS)
        word = self.pick("ENUM", "ENUM", "SET")
        if word == "SET":
            members = [member.replace(",", "") or "s" for member in members][:64]
        return f"{word}({self.pick(',', ', ').join(self.tongue.text(member) for member in members)})" + (self.charset() if self.chance(0.5) else "")

    def other(self):
        types = ["JSON", "GEOMETRY", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "GEOMETRYCOLLECTION", "SERIAL", "MULTIPOLYGON"]
        types += ["UUID", "INET6", "INET4", "UUID"] if self.mariadb else ["VECTOR(3)", "JSON", "POINT SRID 0", "GEOMCOLLECTION", "VECTOR"]
        return self.rng.choice(types)

    # Attributes.

    def default(self, kind, type):
        """What may stand behind DEFAULT; mostly what the type takes."""
        tongue = self.tongue
        if self.chance(0.12):
            return "NULL"
        if self.chance(0.08):
            return self.pick("(1 + 2)", "(UUID())", "('x')", "(NOW())", "(CONCAT('a', \"b\"))" if not tongue.ansi else "(CONCAT('a', 'b'))", "(RAND())")
        if kind == "integer":
            number = self.rng.randint(0, 127)
            return self.pick(str(number), f"-{number}", f"'{number}'", f"+{number}", "TRUE", "FALSE", f"'0{number}'", "0x41", "b'101'", f"{number}.4", "1e2")
        if kind in ("decimal", "real"):
            return self.pick("0", "1.5", "'1.5'", "-0.5", ".25", "1e1", "'2'", "-1", "'1e1'", "12.00", "1.005")
        if kind == "bit":
            return self.pick("b'1'", "1", "b'0'", "0", "B'101'", "0b11", "x'05'")
        if kind == "time":
            digits = re.search(r"\(\d\)", type)
            digits = digits.group() if digits else ""
            if type.startswith(("DATETIME", "TIMESTAMP")):
                now = self.pick("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP") + (digits or "()")
                return self.pick(now, now, now + f" ON UPDATE CURRENT_TIMESTAMP{digits}", "'2020-01-02 03:04:05'", "'2020-01-02'", "20200102030405", "TIMESTAMP'2001-01-01 00:00:00'",
                                 "'2020-01-02 03:04:05.678'", "0", "'0000-00-00 00:00:00'")
            return {"D": self.pick("'2020-01-02'", "20200102", "DATE'2020-01-02'", "'20-1-2'"), "T": self.pick("'10:11:12'", "101112", "'-838:00:00'", "'1:2'", "TIME'01:02:03'"),
                    "Y": self.pick("2020", "'2020'", "20", "'99'")}[type[0]]
        if kind in ("text", "long", "bytes"):
            return self.pick(tongue.text(self.rng.choice(TEXTS)), tongue.text("y"), "''", "5", "1.50", "'a' 'b'", "x'61'" if self.mariadb else "_utf8mb4'x'", "0x6162" if self.mariadb else "N'x'", "0x6162",
                        "TRUE")
        if kind == "list":
            found = re.search(r"\('((?:[^'\\]|'')*)'", type)
            return f"'{found.group(1)}'" if found else "1"
        return "NULL"

    def attributes(self, kind, type, alone=False):
        """`alone`: without what makes a key of it."""
        words, chance, pick = [], self.chance, self.pick
        if type == "SERIAL":
            return ""
        if chance(0.5):
            words.append(pick("NULL", "NOT NULL", "NOT NULL"))
        if chance(0.35) and not (kind in ("long", "other") and chance(0.8)):
            words.append("DEFAULT " + self.default(kind, type))
        elif kind == "integer" and chance(0.06):
            words.append(pick("AUTO_INCREMENT", "AUTO_INCREMENT KEY", "AUTO_INCREMENT UNIQUE", "AUTO_INCREMENT PRIMARY KEY", "SERIAL DEFAULT VALUE"))
        elif kind == "time" and chance(0.1):
            words.append("ON UPDATE NOW()")
        if chance(0.12):
            words.append("COMMENT " + self.tongue.text(self.rng.choice(TEXTS)))
        if chance(0.06) and not alone:
            words.append(pick("UNIQUE", "UNIQUE KEY", "KEY", "PRIMARY KEY"))
        if chance(0.06):
            words.append(pick("INVISIBLE", "INVISIBLE", "VISIBLE") if not self.mariadb else "INVISIBLE")
        if chance(0.05):
            words.append(pick("CHECK (1 > 0)", "CONSTRAINT CHECK (1)" if not self.mariadb else "CHECK (2)", "CHECK (')' <> 'x')"))
        if chance(0.03):
            words.append(pick("COLUMN_FORMAT DYNAMIC", "STORAGE DISK", "COLUMN_FORMAT DEFAULT", "ENGINE_ATTRIBUTE '{}'") if not self.mariadb else "WITHOUT SYSTEM VERSIONING")
        if chance(0.04) and kind in ("text", "long"):
            words.append(pick("COLLATE utf8mb4_bin", "COLLATE latin1_bin", "COLLATE utf8mb4_unicode_ci"))
        if chance(0.4):
            self.rng.shuffle(words)
        if words and chance(0.05):
            at = self.rng.randrange(len(words))
            words[at], _ = self.tongue.conditional(words[at])
        return "".join(" " + word for word in words)

    def generated(self, type, names):
        """`names`: of columns that an expression may use."""
        tongue = self.tongue
        source = tongue.name(self.rng.choice(names)) if names else "1"
        expression = self.pick(source, f"{source} + 1", f"CONCAT({source}, ')')", f"COALESCE({source}, 1)", f"LENGTH({source})", "1 + 1", f"({source} IS NULL)", f"LEFT({source}, 3)")
        how = self.pick("", " VIRTUAL", " STORED") if not self.mariadb else self.pick("", " VIRTUAL", " STORED", " PERSISTENT")
        return f"{type} {self.pick('AS', 'GENERATED ALWAYS AS')} ({expression}){how}" + self.pick("", "", "", " COMMENT 'g'", " UNIQUE", " NOT NULL" if not self.mariadb else "")

    def definition(self, names=(), alone=False):
        """Of a new column beside those of these names."""
        type, kind = self.type()
        if self.chance(0.07):
            return self.generated(type, list(names))
        return type + self.attributes(kind, type, alone)


# Values.

def value_maker(rng, type, collation, mariadb):
    """Gives values as SQL for a column of the type that SHOW COLUMNS prints; None: only its default will do."""
    word = re.match(r"\w+", type).group()
    if word in INTEGERS:
        bits, unsigned = INTEGERS[word], "unsigned" in type
        low, high = (0, (1 << bits) - 1) if unsigned else (-1 << bits - 1, (1 << bits - 1) - 1)
        return lambda: str(rng.choice((low, high, rng.randint(low, high), rng.randint(low, high), high - rng.randrange(100), rng.randrange(100))))
    if word in ("decimal", "float", "double"):
        return lambda: rng.choice(("0", "1.5", "-2.25", "3", "0.1", "7"))
    if word == "bit":
        bits = int(re.search(r"\d+", type).group())
        return lambda: str(rng.getrandbits(bits))
    if word in ("char", "varchar", "tinytext", "text", "mediumtext", "longtext"):
        if collation is None:
            return lambda: "'x'"
        return lambda: rng.choice(("'x'", "'ä€'", "'жук'", "'日本'", "''", "'a\"b'", "'longer text'", f"'{rng.randrange(10 ** 6)}'", "'{\"a\": 1}'"))
    if word in ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"):
        return lambda: rng.choice(("x'00ff'", "x''", "x'c3a4'", f"x'{rng.getrandbits(32):08x}'"))
    if word == "enum":
        count = type.count("','") + 1
        return lambda: str(rng.randint(1, count))
    if word == "set":
        count = min(type.count("','") + 1, 64)
        return lambda: str(rng.getrandbits(count))
    if word in ("date", "datetime", "timestamp"):
        return lambda: f"'{rng.randint(1990, 2030)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)} 0{rng.randint(4, 9)}:11:12.{rng.randrange(10 ** 6):06}'"
    if word == "time":
        return lambda: rng.choice(("'10:11:12.345678'", "'-100:00:00'", "'838:59:59'"))
    if word == "year":
        return lambda: str(rng.randint(1901, 2155))
    if word == "json":
        return lambda: rng.choice(("'{\"a\": [1, 2]}'", "'5'", "'\"x\"'", "NULL"))
    if word in ("point", "geometry"):
        return lambda: "ST_GeomFromText('POINT(1 2)')"
    if word == "vector":
        return None if mariadb else (lambda: "STRING_TO_VECTOR('[1,2,3]')")
    if word == "uuid":
        return lambda: f"'{random.Random(rng.random()).getrandbits(128):032x}'"
    if word == "inet6":
        return lambda: rng.choice(("'::1'", "'2001:db8::ff00:42:8329'"))
    if word == "inet4":
        return lambda: "'192.168.0.1'"
    return None
