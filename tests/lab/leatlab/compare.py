"""Holds what leat delivered against what mysqlbinlog prints of the primary's binlog: lost, duplicated, reordered, different.

A change's identity is the GTID of the transaction that committed it, and its number in that. Values are compared by the type that mysqlbinlog names;
what it prints only in part (FLOAT in six digits) is compared as far as it goes: the exact values are another test's, which
asks the server itself.
"""

import base64
import contextlib
import re
from dataclasses import dataclass, field

from .truth import Statement, committed

EXAMPLES = 10
EXAMPLE_LENGTH = 400


@dataclass
class Comparison:
    expected: int = 0
    delivered: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    different: int = 0
    unexpected: int = 0
    examples: list = field(default_factory=list)

    @property
    def clean(self):
        return self.expected > 0 and not (self.lost or self.duplicated or self.reordered or self.different or self.unexpected)

    def note(self, kind, text):
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {text}"[:EXAMPLE_LENGTH])

    def __str__(self):
        counts = (f"{self.expected} changes in the binlog, {self.delivered} delivered: lost {self.lost}, duplicated "
                  f"{self.duplicated}, reordered {self.reordered}, different {self.different}, unexpected {self.unexpected}")
        return "\n  ".join([counts, *self.examples])


def compare(source, lines, start=None, tables=None):
    """`source` and `start` as truth.transactions takes them; `lines` are leat's, parsed, schema lines included. tables: of
    these ("database.table") alone changes are expected; a statement is then held against what it says only when it came."""
    result = Comparison()
    expected, anonymous = {}, 0
    for transaction in committed(source, start):
        changes = [item for item in transaction.items if not (isinstance(item, Statement) and item.control)]
        # Transactions without a GTID are known by their order: then a lost one makes all later ones differ.
        anonymous += transaction.gtid is None and bool(changes)
        identity = transaction.gtid or anonymous
        for number, item in enumerate(changes, 1):
            optional = tables is not None and isinstance(item, Statement)
            if optional or tables is None or f"{item.database}.{item.table}" in tables:
                expected[identity, number] = (len(expected), item, optional)
    result.expected = sum(not optional for _, _, optional in expected.values())
    seen, members, last, anonymous = set(), {}, -1, 1
    for line in lines:
        if line["op"] == "schema":
            members[line["db"], line["table"]] = [column.get("members") for column in line["columns"]]
            continue
        if line["op"] == "rollback":
            continue  # mysqlbinlog prints the voided changes too
        result.delivered += 1
        identity = (line["gtid"] or anonymous, line["n"])
        anonymous += line["gtid"] is None and line.get("last", False)
        if identity in seen:
            result.note("duplicated", identity)
            continue
        seen.add(identity)
        if identity not in expected:
            result.note("unexpected", f"{identity} {line}")
            continue
        order, item, _ = expected[identity]
        if order < last:
            result.note("reordered", identity)
        last = max(last, order)
        problem = _difference(item, line, members)
        if problem:
            result.note("different", f"{identity} {problem}")
    for identity in expected.keys() - seen:
        _, item, optional = expected[identity]
        if not optional:
            result.note("lost", f"{identity} {item}")
    return result


def _difference(item, line, members):
    if isinstance(item, Statement):
        text = line.get("sql")
        if line["op"] not in ("ddl", "statement") or text is None:
            return f"a statement is expected, not {line}"
        return None if text == item.text else f"sql {text!r}, expected {item.text!r}"
    if (line["op"], line["db"], line["table"]) != (item.op, item.database, item.table):
        return f"{line['op']} {line['db']}.{line['table']}, expected {item.op} {item.database}.{item.table}"
    table_members = members.get((line["db"], line["table"]), [])
    for image in ("before", "after"):
        mine, theirs = line.get(image) or {}, getattr(item, image)
        if len(mine) != len(theirs):
            return f"{image} has {len(mine)} columns, expected {len(theirs)}"
        for (name, value), (column, text) in zip(mine.items(), theirs.items()):
            options = table_members[column - 1] if column <= len(table_members) else None
            if not same_value(value, text, item.types.get(column, ""), options, _MARIADB.match(item.gtid or "")):
                return f"{image}.{name} is {value!r}, expected {text} ({item.types.get(column)})"
    return None


_MARIADB = re.compile(r"\d+-\d+-\d+$")


def same_value(value, text, kind, members=None, mariadb=False):
    """Whether leat's JSON value is what mysqlbinlog, or mariadb-binlog, prints as `text` for a column of that kind."""
    if text == "NULL" or value is None:
        return text == "NULL" and value is None
    word = re.match(r"[A-Z/]*", kind)[0]
    if word in ("TINYINT", "SHORTINT", "MEDIUMINT", "INT", "LONGINT", "YEAR"):
        return str(value) in re.findall(r"-?\d+", text)
    if word == "DECIMAL":
        return value == text
    if word in ("FLOAT", "DOUBLE"):
        theirs = float(text)
        return value == theirs or abs(value - theirs) <= abs(theirs) * 1e-5
    if word == "BIT":
        return value == int(text[2:-1], 2)
    if word == "ENUM":
        return value == ("" if text == "0" else members[int(text) - 1])
    if word == "SET":
        bits = int(text[2:-1], 2)
        return value == [member for number, member in enumerate(members) if bits >> number & 1]
    if word == "TIMESTAMP":
        return True  # printed as seconds, with a fraction
    if word in ("DATE", "DATETIME", "TIME"):
        return value == unquote(text).decode().replace(":", "-", 2 if word == "DATE" else 0).replace(" ", "T")
    return _same_printed(value, text) if mariadb else _same_text(value, unquote(text))


def _same_printed(value, text):
    """mariadb-binlog doesn't escape quotes and backslashes, so what it prints can't be read back: the value is printed its way."""
    if not isinstance(value, str):
        return True
    candidates = [value.encode("utf-8", "surrogateescape")]
    with contextlib.suppress(ValueError):
        decoded = base64.b64decode(value, validate=True)
        candidates += [decoded, decoded.rstrip(b"\0")]
    theirs = text.encode("utf-8", "surrogateescape").rstrip(b"\0")
    return any(theirs in (b"'%s'" % shown, shown) for shown in map(_printed, candidates))


def _printed(data):
    return b"".join(b"\\x%02x" % byte if byte < 0x20 else bytes([byte]) for byte in data)


def _same_text(value, theirs):
    if not isinstance(value, str):
        return True  # JSON, geometry, vectors: printed in forms of their own
    if value.encode("utf-8", "surrogateescape") == theirs:
        return True
    try:
        # A BINARY column's zero bytes at the end aren't in the binlog.
        return base64.b64decode(value, validate=True).rstrip(b"\0") == theirs.rstrip(b"\0")
    except ValueError:
        return False


_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def unquote(text):
    """The bytes in mysqlbinlog's quotes."""
    def plain(match):
        word = match[1]
        if len(word) == 3:
            return bytes([int(word[1:], 16)]).decode("utf-8", "surrogateescape")
        return _NAMED.get(word, word)
    inner = text[1:-1] if text[:1] == "'" else text
    return _ESCAPE.sub(plain, inner).encode("utf-8", "surrogateescape")
