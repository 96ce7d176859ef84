"""Random columns of every type that a server has, with all that a type can be told, and random values of them as SQL.

What there is differs by server: `Flavour` asks one which character sets, collations and characters it has, and knows which types.
"""

import json
import random
import struct

GEOMETRY_KINDS = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
# Characters of many scripts, of one to four bytes, and what is special to somebody; a character set gets those that it has.
_BLOCKS = ((0x00, 0x7F), (0x80, 0x17F), (0x386, 0x3CE), (0x410, 0x451), (0x5D0, 0x5EA), (0x621, 0x64A), (0x10D0, 0x10F0), (0xE01, 0xE3A),
           (0x3041, 0x3060), (0x30A1, 0x30C0), (0x4E00, 0x4E80), (0x8A9E, 0x8AC0), (0xAC00, 0xAC20), (0xFF01, 0xFF9F), (0x2550, 0x256C))
_CANDIDATES = "".join(chr(code) for first, last in _BLOCKS for code in range(first, last + 1) if code != 0x3F) + \
    "€Ž‚„…†™ﬁ漢字\u2028\u2029\ufeff\uffff\ue000😀🎉𠀋\U0010ffff"


class Flavour:
    """What a server has."""

    def __init__(self, connection):
        info = connection.get_server_info()
        self.mariadb = "MariaDB" in info
        self.version = tuple(int(part) for part in info.removeprefix("5.5.5-").split("-")[0].split(".")[:2])
        with connection.cursor() as cursor:
            cursor.execute("SELECT CHARACTER_SET_NAME, CONCAT(COLLATION_NAME) FROM information_schema.COLLATIONS "
                           "WHERE CHARACTER_SET_NAME IS NOT NULL ORDER BY 1, 2")
            self.collations = {}
            for charset, collation in cursor.fetchall():
                self.collations.setdefault(charset, []).append(collation)
            self.collations.pop("binary", None)
            self.alphabets = {charset: self._alphabet(cursor, charset) for charset in self.collations}

    @staticmethod
    def _alphabet(cursor, charset):
        cursor.execute(f"SELECT CONVERT(CONVERT(_utf8mb4 x'{_CANDIDATES.encode().hex()}' USING {charset}) USING utf8mb4)")
        back = cursor.fetchone()[0]
        return "".join(mine for mine, theirs in zip(_CANDIDATES, back) if mine == theirs)

    def has(self, kind):
        return kind in KINDS and (kind not in _SINCE or self.version >= _SINCE[kind][self.mariadb])


_NEVER = (999, 0)
# Kinds that not every server has: from which version of MySQL, of MariaDB.
_SINCE = {"json": ((5, 7), _NEVER), "vector": ((9, 0), (11, 7)), "uuid": (_NEVER, (10, 7)), "inet4": (_NEVER, (10, 10)),
          "inet6": (_NEVER, (10, 5)), "compressed": (_NEVER, (10, 3)), "json_text": (_NEVER, (10, 2)), "short_year": (_NEVER, (5, 1))}


class RandomColumn:
    """A type as SQL, and `value()`, which gives a random value of it as an SQL expression. Kinds are methods of that name."""

    def __init__(self, rng, flavour, kind):
        self.rng, self.flavour, self.kind = rng, flavour, kind
        self.type, self.value = getattr(self, kind)()

    # Numbers.

    def integer(self):
        name, bits, width = self.rng.choice([("TINYINT", 8, 4), ("SMALLINT", 16, 6), ("MEDIUMINT", 24, 9), ("INT", 32, 11), ("BIGINT", 64, 20)])
        sign = self.rng.choice(["", "", " UNSIGNED", " UNSIGNED ZEROFILL", " ZEROFILL"])
        shown = f"({self.rng.randint(1, width)})" if self.rng.random() < 0.2 else ""
        least = 0 if sign else -1 << bits - 1

        def value():
            return str(self.rng.choice((least, least + (1 << bits) - 1, 0, 1)) if self.rng.random() < 0.3 else
                       least + self.rng.getrandbits(bits) if self.rng.random() < 0.7 else self.rng.getrandbits(self.rng.randint(1, bits - 1)))
        return name + shown + sign, value

    def bit(self):
        width = self.rng.randint(1, 64)
        return f"BIT({width})", lambda: str(self.rng.choice([0, (1 << width) - 1, 1 << width - 1, self.rng.getrandbits(width), self.rng.getrandbits(width)]))

    def year(self):
        return "YEAR", lambda: str(self.rng.choice([0, 1901, 2155, self.rng.randint(1901, 2155)]))

    def short_year(self):
        return "YEAR(2)", lambda: str(self.rng.randint(1970, 2069))

    def decimal(self):
        precision = self.rng.randint(1, 65)
        scale = self.rng.randint(0, min(38 if self.flavour.mariadb else 30, precision))
        sign = self.rng.choice(["", "", "", " UNSIGNED", " ZEROFILL"])

        def value():
            if self.rng.random() < 0.1:
                return self.rng.choice([minus for minus in ("", "-") if not (sign and minus)]) + f"{'9' * (precision - scale) or '0'}.{'9' * scale or '0'}"
            whole, fraction = self.digits(self.rng.randint(0, precision - scale)), self.digits(self.rng.randint(0, scale))
            return ("" if sign else self.rng.choice(["", "-"])) + (whole or "0") + ("." + fraction if fraction else "")
        return f"DECIMAL({precision},{scale}){sign}", value

    def digits(self, count):
        return "".join(self.rng.choices("0099123456789", k=count))

    def floating(self):
        single = self.rng.random() < 0.5
        fixed = self.rng.random() < 0.15
        sign = self.rng.choice(["", "", "", " UNSIGNED", " ZEROFILL"])

        def value():
            if fixed:
                number = self.rng.uniform(-999, 999)
            elif self.rng.random() < 0.4:
                number = self.rng.choice([0.1, 1.0, -0.0, 1e15, 1e-5, 3.0, 16777216.0, self.rng.random(), self.rng.uniform(-1e6, 1e6)])
            else:
                number = float("nan")
                while number - number != 0:  # neither infinite nor none
                    number = struct.unpack("<f" if single else "<d", self.rng.randbytes(4 if single else 8))[0]
            return f"{abs(number) if sign else number:.17e}"
        return ("FLOAT" if single else "DOUBLE") + ("(8,4)" if fixed else "") + sign, value

    # Times.

    def fraction(self):
        return self.rng.choice([0, 0, 1, 2, 3, 4, 5, 6])

    def micros(self, digits):
        return f".{self.rng.choice([0, 1, 999999, self.rng.randrange(10**6)]):06}"[:digits + 1 if digits else 0]

    def time_of_day(self):
        return f"{self.rng.randrange(24):02}:{self.rng.randrange(60):02}:{self.rng.randrange(60):02}"

    def day(self):
        return self.rng.choice(["0000-00-00", "9999-12-31", f"{self.rng.randint(0, 9999):04}-{self.rng.randint(0, 12):02}-{self.rng.randint(0, 31):02}",
                                f"{self.rng.randint(1970, 2037):04}-{self.rng.randint(1, 12):02}-{self.rng.randint(1, 28):02}"])

    def date(self):
        return "DATE", lambda: f"'{self.day()}'"

    def time(self):
        n = self.fraction()

        def value():
            hours = self.rng.choice([0, self.rng.randint(0, 23), self.rng.randint(0, 838), 838])
            return f"'{self.rng.choice(['', '-'])}{hours:02}{self.time_of_day()[2:]}{self.micros(n)}'"
        return f"TIME({n})", value

    def datetime(self):
        n = self.fraction()

        def value():
            day = self.day()
            return f"'{day}'" if day == "0000-00-00" else f"'{day} {self.time_of_day()}{self.micros(n)}'"
        return f"DATETIME({n})", value

    def timestamp(self):
        n = self.fraction()
        last = (1 << (32 if self.flavour.mariadb and self.flavour.version >= (11, 5) else 31)) - 2

        def value():
            return self.rng.choice(["'0000-00-00'", f"FROM_UNIXTIME({self.rng.choice([1, last, self.rng.randint(1, last)])}{self.micros(n)})"])
        return f"TIMESTAMP({n})", value

    # Characters and bytes.

    def charset(self):
        """(a set's name, what a definition says of it, its characters)"""
        known = list(self.flavour.collations)
        charset = self.rng.choice(known) if self.rng.random() < 0.7 else self.rng.choice([name for name in known if name.startswith("utf8mb")] or known)
        collation = self.rng.choice(self.flavour.collations[charset])
        if "_" in collation and not collation.startswith(charset):  # MariaDB has some by the name of no set
            collation = f"{charset}_{collation}"
        return charset, f" CHARACTER SET {charset}" + (f" COLLATE {collation}" if self.rng.random() < 0.8 else ""), self.flavour.alphabets[charset]

    def size(self, most, few):
        """Of any size, but seldom a large one."""
        return self.rng.choice((0, most, self.rng.randint(0, most))) if most < 300 or self.rng.random() < 0.1 else self.rng.randint(0, few)

    def characters(self, count, alphabet):
        size = self.size(count, 12)
        if self.rng.random() < 0.15:
            return f"REPEAT('{self.rng.choice('xA 0')}', {size})"
        return f"_utf8mb4 x'{''.join(self.rng.choices(alphabet, k=size)).encode().hex()}'"

    def text_of(self, kind, count):
        """A column of characters; in sets of one byte with some values that mean nothing in it."""
        charset, words, alphabet = self.charset()

        def value():
            if charset in BYTE_SETS and self.rng.random() < 0.1:
                return f"_{charset} x'{self.rng.randbytes(self.rng.randint(0, count)).replace(b'?', b'!').hex()}'"
            return self.characters(count, alphabet)
        return kind + words, value

    def short_text(self):
        count = self.rng.choice([0, 1, 5, 20, 63, 64, 85, 86, 127, 128, 255])
        return self.text_of(f"{self.rng.choice(['CHAR', 'VARCHAR'])}({count})", count)

    def wide_text(self):
        count = self.rng.choice([256, 300, 1000, 4000])
        return self.text_of(f"VARCHAR({count})", count)

    def long_text(self):
        kind, count = self.rng.choice([("TINYTEXT", 63), ("TEXT", 600), ("TEXT(100)", 100), ("TEXT", 3000), ("MEDIUMTEXT", 20000), ("LONGTEXT", 700)])
        return self.text_of(kind, count)

    def some_bytes(self, count):
        size = self.size(count, 20)
        return "x'" + self.rng.choice((bytes(size), self.rng.randbytes(size), b"\xff" * size,
                                       self.rng.randbytes(size // 2) + bytes(size - size // 2))).hex() + "'"

    def short_bytes(self):
        count = self.rng.choice([0, 1, 3, 16, 100, 255])
        return f"{self.rng.choice(['BINARY', 'VARBINARY'])}({count})", lambda: self.some_bytes(count)

    def long_bytes(self):
        kind, count = self.rng.choice([("TINYBLOB", 255), ("BLOB", 3000), ("BLOB(70000)", 300), ("MEDIUMBLOB", 70000), ("LONGBLOB", 500), ("VARBINARY(700)", 700)])
        return kind, lambda: self.some_bytes(count)

    def compressed(self):
        count = self.rng.choice([1, 99, 254, 255, 256, 2000])
        kind = self.rng.choice([f"VARCHAR({count})", f"VARBINARY({count})", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"])
        if "BLOB" in kind or "BINARY" in kind:
            size = 250 if kind == "TINYBLOB" else count if "(" in kind else 6000
            return f"{kind} COMPRESSED", lambda: self.some_bytes(size)
        size = 60 if kind == "TINYTEXT" else count if "(" in kind else 4000
        made, value = self.text_of(kind, size)
        return made.replace(kind, f"{kind} COMPRESSED", 1), value

    # Lists.

    def members(self, count):
        charset, words, alphabet = self.charset()
        letters = [letter for letter in alphabet if letter.isalpha()] or ["x"]
        ends = self.rng.choices(letters, k=min(count, 50))
        return words, ",".join(f"'e{i}_{ends[i % len(ends)]}'" for i in range(count))

    def enum(self):
        count = self.rng.choice([1, 2, 64, 255, 256, 400])
        if self.rng.random() < 0.02:
            count = 4000  # a server compares each with each: for 65535 it takes minutes, under some collations an hour
        words, members = self.members(count)
        return f"ENUM({members}){words}", lambda: self.rng.choice(["'no such member'", str(self.rng.randint(1, count)), str(self.rng.randint(1, count)), str(count)])

    def set(self):
        count = self.rng.choice([1, 7, 8, 9, 16, 17, 24, 25, 32, 33, 63, 64])
        words, members = self.members(count)
        return f"SET({members}){words}", lambda: str(self.rng.choice([0, (1 << count) - 1, self.rng.getrandbits(count), 1 << self.rng.randrange(count)]))

    # Documents.

    def json(self):
        def value():
            if self.rng.random() < 0.2:
                return self.rng.choice(["CAST(CURRENT_DATE AS JSON)", "JSON_ARRAY(NOW(6), -1.5, x'00ff')", "CAST(TIME'-12:00:00.25' AS JSON)",
                                        f"JSON_OBJECT('a', {self.digits(30)}.{self.digits(20)}1, 'b', b'101')", f"JSON_ARRAY({self.some_bytes(300)})"])
            return self.json_literal(self.rng.randint(0, 5))
        return "JSON", value

    def json_text(self):
        return "JSON", lambda: self.json_literal(self.rng.randint(0, 3))

    def json_literal(self, depth):
        return f"_utf8mb4 x'{json.dumps(self.document(depth), ensure_ascii=False).encode().hex()}'"

    def document(self, depth):
        kind = self.rng.randrange(9 if depth else 6)
        if kind == 0:
            return self.rng.choice([None, True, False])
        if kind == 1:
            return self.rng.choice([-1, 1]) * self.rng.getrandbits(self.rng.choice([4, 8, 15, 16, 17, 31, 32, 33, 62, 63]))
        if kind == 2:
            return struct.unpack("<d", ((self.rng.getrandbits(64) & ~(1 << 62)) | 1).to_bytes(8, "little"))[0]
        if kind == 3:
            return self.rng.choice([0.5, -0.0, 1e15, 1e-7, 123456.789, self.rng.random(), self.rng.uniform(-1e20, 1e20), round(self.rng.random(), 3)])
        if kind in (4, 5):
            return self.word(self.rng.choice([0, 3, 20, 130, 300]))
        size = self.rng.choice([0, 1, 3, 10, 40 if depth < 3 else 5])
        if kind in (6, 7):
            return {self.word(self.rng.randint(0, 8)): self.document(depth - 1) for _ in range(size)}
        return [self.document(depth - 1) for _ in range(size)]

    def word(self, length):
        return "".join(self.rng.choices("aé€😀\U0010ffff\u2029\0\"\\\n漢/", k=length))

    # Geometry, vectors, addresses.

    def geometry(self):
        kind = self.rng.choice(("GEOMETRY", *GEOMETRY_KINDS))
        fixed = self.rng.choice([0, 4326, 3857]) if self.rng.random() < 0.3 else None
        said = "" if fixed is None else f" REF_SYSTEM_ID={fixed}" if self.flavour.mariadb else f" SRID {fixed}"

        def value():
            shape = self.shape(self.rng.choice(GEOMETRY_KINDS) if kind == "GEOMETRY" else kind)
            return f"ST_GeomFromText('{shape}', {self.rng.choice([0, 4326, 3857]) if fixed is None else fixed})"
        return kind + said, value

    def point(self):
        return f"{self.rng.choice([0, 1, -1.5, self.rng.uniform(-89, 89)])!r} {self.rng.choice([0, 2, self.rng.uniform(-89, 89)])!r}"

    def shape(self, kind):
        def points(least):
            return ", ".join(self.point() for _ in range(self.rng.randint(least, 5)))

        def ring():
            x, y, size = self.rng.uniform(-80, 70), self.rng.uniform(-80, 70), self.rng.uniform(0.1, 9)
            return f"(({x!r} {y!r}, {x + size!r} {y!r}, {x + size!r} {y + size!r}, {x!r} {y!r}))"
        if kind == "GEOMETRYCOLLECTION":
            parts = [self.shape(self.rng.choice(GEOMETRY_KINDS[:6])) for _ in range(self.rng.randint(0, 3))]
            return f"GEOMETRYCOLLECTION({', '.join(parts)})" if parts else "GEOMETRYCOLLECTION EMPTY"
        return kind + {"POINT": lambda: f"({self.point()})", "LINESTRING": lambda: f"({points(2)})", "POLYGON": ring, "MULTIPOINT": lambda: f"({points(1)})",
                       "MULTILINESTRING": lambda: f"(({points(2)}), ({points(2)}))", "MULTIPOLYGON": lambda: f"({ring()}, {ring()})"}[kind]()

    def vector(self):
        size = self.rng.choice([1, 3, 40, self.rng.randint(1, 500)])

        def value():
            numbers = [self.rng.uniform(-1, 1) * 10 ** self.rng.randint(-30, 30) for _ in range(size)]
            return f"x'{struct.pack(f'<{size}f', *numbers).hex()}'"
        return f"VECTOR({size})", value

    def uuid(self):
        return "UUID", lambda: self.address(16)

    def inet6(self):
        return "INET6", lambda: self.address(16)

    def inet4(self):
        return "INET4", lambda: self.address(4)

    def address(self, size):
        groups = [self.rng.choice((b"\0\0", b"\0\0", b"\0\x01", self.rng.randbytes(2))) for _ in range(size // 2)]  # of which INET6 leaves zeros out
        data = self.rng.choice((bytes(size), self.rng.randbytes(size), self.rng.randbytes(size // 2) + bytes(size - size // 2), b"\xff" * size,
                                b"".join(groups), b"".join(groups), bytes(size - 4) + self.rng.randbytes(4), (bytes(10) + b"\xff\xff")[:size - 4] + self.rng.randbytes(4)))
        if self.kind == "uuid":
            return f"'{data.hex()}'"
        return f"'{'.'.join(map(str, data))}'" if size == 4 else "'" + ":".join(data[i:i + 2].hex() for i in range(0, 16, 2)) + "'"


SMALL = ("integer", "bit", "year", "floating", "date", "time", "datetime", "timestamp")
KINDS = {"integer": 4, "bit": 1, "year": 1, "short_year": 1, "floating": 2, "date": 1, "time": 1, "datetime": 1, "timestamp": 1, "decimal": 3,
         "short_text": 3, "wide_text": 1, "long_text": 1, "short_bytes": 1, "long_bytes": 1, "enum": 1, "set": 1, "json": 2, "json_text": 1,
         "geometry": 1, "vector": 1, "compressed": 2, "uuid": 1, "inet4": 1, "inet6": 1}  # how often, of each other
BYTE_SETS = ("cp1250", "cp1251", "cp1257", "greek", "hebrew", "latin7", "swe7", "tis620", "cp864", "latin5", "koi8r")


def column(rng, flavour, small=False):
    """A random column of a kind that the server has; small: none that takes more than 8 bytes of its row."""
    kinds = {kind: often for kind, often in KINDS.items() if flavour.has(kind) and (not small or kind in SMALL)}
    return RandomColumn(rng, flavour, rng.choices(list(kinds), list(kinds.values()))[0])
