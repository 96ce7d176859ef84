"""What leat must write for a value, computed from what the server's own SELECT says of it, and how the two are compared.

The rules are those of docs/formats/leat.md, by the column's type and never by the value. Nothing here shares code with leat:
texts are taken apart by Python's JSON decoder, which also says where each value ends, so that what must be exact to the byte
(integers, DECIMAL, JSON documents) is compared as text, and the rest by its meaning.
"""

import base64
import json
import math
import re
import struct
from dataclasses import dataclass

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "year")
TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum")
BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
GEOMETRIES = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
              "geometrycollection")


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


# Types that MariaDB's binlog tells as BINARY of so many bytes.
MARIADBS_OWN = {"uuid": 16, "inet6": 16, "inet4": 4}
# Character sets whose columns hold only what is a character.
WHOLE_CHARSETS = (None, "ascii", "binary", "latin1", "utf8mb3", "utf8mb4", "utf16", "utf16le", "utf32", "gb18030")


def _is_text(column):
    """Whether the server finds a character for all that the column has: where it finds none it puts a question mark, or U+FFFD if
    the set's own table does."""
    converted = f"CAST(CONVERT({column} USING utf8mb4) AS BINARY)"
    marks = f"LENGTH({converted}) - LENGTH(REPLACE({converted}, x'3F', ''))"
    return f"{marks} = CHAR_LENGTH({column}) - CHAR_LENGTH(REPLACE({column}, '?', '')) AND INSTR({converted}, x'EFBFBD') = 0"


# What is expected, beside int, str and None.

@dataclass(frozen=True)
class Double:
    value: float

    def matches(self, raw):
        return _is_number(raw) and _same(float(raw), self.value) and _digits(raw) == _digits(repr(self.value))


@dataclass(frozen=True)
class Float:
    """Single precision: the text must read back as the same float of 32 bits."""
    value: float

    def matches(self, raw):
        return _is_number(raw) and _same(single(float(raw)), self.value) and _digits(raw) <= self._fewest()

    def _fewest(self):
        return next(digits for digits in range(1, 10) if single(float(f"{self.value:.{digits - 1}e}")) == self.value)


@dataclass(frozen=True)
class Document:
    """A JSON column's value: the server's own text, byte for byte."""
    text: str

    def matches(self, raw):
        return raw == self.text


@dataclass(frozen=True)
class Texts:
    values: tuple

    def matches(self, raw):
        return raw == "[" + ",".join(map(string, self.values)) + "]"


@dataclass(frozen=True)
class Vector:
    values: tuple

    def matches(self, raw):
        parts = raw[1:-1].split(",") if len(raw) > 2 else []
        return (raw[0], raw[-1]) == ("[", "]") and len(parts) == len(self.values) and \
            all(Float(value).matches(part) for part, value in zip(parts, self.values))


@dataclass(frozen=True)
class Geometry:
    srid: int
    wkb: str  # base64

    def matches(self, raw):
        return raw == f'{{"srid":{self.srid},"wkb":"{self.wkb}"}}'


@dataclass(frozen=True)
class Address:
    """A type of MariaDB's own: bytes, or as the server prints it where the definition is known."""
    column: object
    base64: str
    text: str

    def matches(self, raw):
        return raw == string(self.text if self.column.told == self.column.type else self.base64)


@dataclass(frozen=True)
class NoText:
    """Bytes that aren't text in their character set."""
    charset: str
    base64: str

    def matches(self, raw):
        return raw == f'{{"charset":"{self.charset}","base64":"{self.base64}"}}'


def matches(raw, expected):
    """Whether `raw`, a value as it stands in leat's line, is what is expected."""
    if expected is None:
        return raw == "null"
    if isinstance(expected, int):
        return raw == str(expected)
    if isinstance(expected, str):
        return raw == string(expected)
    return expected.matches(raw)


def string(text):
    """A JSON string as leat writes it: escaped is only what must be, with Python's choice of escapes."""
    return json.dumps(text, ensure_ascii=False)


def single(value):
    """The float of 32 bits that is nearest; infinite beyond them."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def _is_number(raw):
    """A JSON number without zeros at the end of its fraction."""
    return raw[:1] in "-0123456789" and isinstance(json.loads(raw), (int, float)) and not re.search(r"\.\d*0($|[eE])", raw)


def _same(mine, theirs):
    return mine == theirs and math.copysign(1, mine) == math.copysign(1, theirs)


def _digits(raw):
    """How many significant digits a number has as written."""
    return len(re.sub(r"[eE].*|[-.]", "", raw).lstrip("0").rstrip("0")) or 1


# From the server.

class Column:
    """A column by the server's information_schema: which expressions give its exact value, and what leat must make of them."""

    def __init__(self, name, data_type, column_type, nullable, charset, extra, mariadb=False):
        self.name, self.type, self.column_type = name, data_type.lower(), column_type
        self.nullable, self.charset, self.extra = nullable == "YES", "utf8mb3" if charset == "utf8" else charset, extra
        self.mariadb, self.told = mariadb, None  # told: the type in the definition's line
        self.untold = mariadb and "VIRTUAL" in extra  # partial after images leave it out even where it has changed
        q = quoted(name)
        if self.type in ("float", "double"):
            # A FLOAT by itself is printed in six digits; as a DOUBLE in as many as make it exact, -0 too.
            self.expressions = [f"CAST({q} AS DOUBLE)"]
        elif self.type == "bit":
            self.expressions = [f"{q}+0"]
        elif self.type == "set":
            self.expressions = [q, f"CAST({q} AS UNSIGNED)"]
        elif self.type in GEOMETRIES:
            # As stored: longitude first, whatever the reference system says.
            self.expressions = [f"ST_SRID({q})", f"ST_AsWKB({q})" if mariadb else f"ST_AsWKB({q}, 'axis-order=long-lat')"]
        elif self.type == "json":
            self.expressions = [q, f"JSON_TYPE({q})"]
        elif self.type == "vector":
            self.expressions = [f"HEX({q})"]
        elif self.type in MARIADBS_OWN:
            self.expressions = [f"CAST({q} AS BINARY({MARIADBS_OWN[self.type]}))", q]
        elif self.type in TEXTS and self.charset not in WHOLE_CHARSETS:
            self.expressions = [q, f"IF({_is_text(q)}, NULL, HEX({q}))"]
        else:
            self.expressions = [q]

    def expected(self, fetched):
        """`fetched`: the expressions' values as PyMySQL gives them without conversions, in a session with time_zone +00:00."""
        value = fetched[0]
        if value is None:
            return None
        if self.column_type.startswith("year(2)"):
            return 1900 + int(value) + 100 * (int(value) < 70)
        if self.type in INTEGERS or self.type == "bit":
            return int(value)
        if self.type == "float":
            return Float(float(value))
        if self.type == "double":
            return Double(float(value))
        if self.type == "decimal":
            return _without_zerofill(value) if "zerofill" in self.column_type else value
        if self.type in ("date", "time"):
            return value
        if self.type == "datetime":
            return value.replace(" ", "T")
        if self.type == "timestamp":
            return value.replace(" ", "T") + "Z"
        if self.type in TEXTS and len(fetched) == 2 and fetched[1] is not None:
            return NoText(self.charset, base64.b64encode(bytes.fromhex(fetched[1])).decode())
        if self.type in TEXTS:
            return _text(value)
        if self.type == "set":
            return Texts(self._members_of(_text(value), int(fetched[1])))
        if self.type in MARIADBS_OWN:
            return Address(self, base64.b64encode(value).decode(), fetched[1])
        if self.type in BYTES:
            return base64.b64encode(value).decode()
        if self.type == "json":
            return Document(value)
        if self.type in GEOMETRIES:
            return Geometry(int(value), base64.b64encode(fetched[1]).decode())
        if self.type == "vector" and self.mariadb:
            return base64.b64encode(bytes.fromhex(value)).decode()
        if self.type == "vector":
            return Vector(struct.unpack(f"<{len(value) // 8}f", bytes.fromhex(value)))
        raise ValueError(f"{self.name}: no rule for type {self.type}")

    def forget(self, number):
        """Makes it what is left with binlog_row_metadata=MINIMAL: no name, no members, but signs and character sets."""
        self.name = f"@{number}"
        if self.type == "enum":
            self.type, self.expressions = "int", [f"CAST({self.expressions[0]} AS UNSIGNED)"]
        elif self.type == "set":
            self.type, self.expressions = "bigint", [self.expressions[1]]

    def definition(self):
        """What a line of the table's definition must say of it. The binlog knows neither ZEROFILL nor a display width."""
        text = self.column_type.lower().replace(" zerofill", "")
        if self.type in ("enum", "set", "year", "float", "double", "tinyint", "smallint", "mediumint", "int", "bigint"):
            text = self.type + (" unsigned" if text.endswith(" unsigned") else "")
        if self.type in GEOMETRIES:
            text = "geomcollection" if self.type == "geometrycollection" else self.type
        if self.mariadb:
            text = self._as_mariadb_tells_it(re.sub(r" /\*.*\*/", "", text))
        # What is binary has no character set here, though ENUM and SET can be.
        charset = None if self.charset == "binary" else self.charset
        return {"name": self.name, "type": text, "nullable": self.nullable, "charset": charset,
                "invisible": True if "INVISIBLE" in self.extra else None}

    def _as_mariadb_tells_it(self, text):
        if self.type in MARIADBS_OWN:
            return self.type if self.told == self.type else f"binary({MARIADBS_OWN[self.type]})"
        return f"varbinary({4 * int(self.column_type[7:-1])})" if self.type == "vector" else text

    def _members_of(self, text, bits):
        """A SET's members; the text alone can't tell of one that is empty."""
        found = text.split(",") if bits else []
        if len(found) != bin(bits).count("1"):
            found = [member for i, member in enumerate(_listed(self.column_type)) if bits >> i & 1]
        return tuple(found)

    def is_json_null(self, fetched):
        return self.type == "json" and fetched[0] is not None and fetched[1] == "NULL"


def _listed(column_type):
    """The members of an ENUM's or SET's type as the server writes it."""
    members = re.findall(r"'((?:[^'\\]|''|\\.)*)'", column_type)
    return [re.sub(r"''|\\(.)", lambda match: {"n": "\n", "r": "\r", "0": "\0"}.get(match[1], match[1]) if match[1] else "'", member)
            for member in members]


def _text(value):
    """ENUM and SET can have the character set binary; their members are text all the same."""
    return value.decode() if isinstance(value, bytes) else value


def _without_zerofill(text):
    whole, point, fraction = text.partition(".")
    return (whole.lstrip("0") or "0") + point + fraction


# From leat.

_decode = json.JSONDecoder().raw_decode


def members(text):
    """A JSON object's members in order, as (name, the value's own text); whitespace between them is not expected."""
    found, names, at = [], set(), 1
    if text[0] != "{":
        raise ValueError(f"not an object: {text[:60]}")
    while text[at] != "}":
        if found:
            if text[at] != ",":
                raise ValueError(f"no comma at {at}: {text[at - 20:at + 20]}")
            at += 1
        name, at = _decode(text, at)
        if text[at] != ":" or name in names:
            raise ValueError(f"no colon, or a second time: {name}")
        _, end = _decode(text, at + 1)
        found.append((name, text[at + 1:end]))
        names.add(name)
        at = end
    if at != len(text) - 1:
        raise ValueError(f"more behind the object: {text[at:at + 60]}")
    return found
