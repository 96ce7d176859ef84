"""Values in the ways in which mysqlbinlog and mariadb-binlog print them: from our exact value to their text, never back, since a print
loses signs, digits and character sets. Texts are latin-1 here, one character a byte."""

import json
import struct

TINY, SHORT, LONG, FLOAT, DOUBLE, TIMESTAMP, LONGLONG, INT24, DATE, TIME, DATETIME, YEAR, NEWDATE = 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14
VARCHAR, BIT, TIMESTAMP2, DATETIME2, TIME2, VECTOR, JSON, NEWDECIMAL, ENUM, SET = 15, 16, 17, 18, 19, 242, 245, 246, 247, 248
VAR_STRING, STRING, GEOMETRY = 253, 254, 255
INTEGER_BITS = {TINY: 8, SHORT: 16, INT24: 24, LONG: 32, LONGLONG: 64}
UNSIGNED, NULLABLE = 1, 2

_NAMED = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 39: "\\'", 92: "\\\\"}


def quoted(data, tool):
    """MySQL's tool escapes by name and number, MariaDB's control characters by number only."""
    named = _NAMED if tool == "mysql" else {}
    return "'" + "".join(named.get(byte) or (chr(byte) if byte > 0x1F else f"\\x{byte:02x}") for byte in data) + "'"


def _integer(value, bits):
    """Printed as if it were signed; below zero, what it is unsigned stands behind it."""
    unsigned = value % (1 << bits)
    signed = unsigned - (1 << bits) if unsigned >> (bits - 1) else unsigned
    return f"{signed} ({unsigned})" if signed < 0 else str(signed)


def _bits(number, count):
    return "b'" + (f"{number:0{count}b}" if count else "") + "'"


def _json(text, tool):
    """MySQL's tool prints a document that is one text without its quotes and escapes."""
    if tool == "mysql" and text.startswith(b'"'):
        text = json.loads(text.decode("utf-8", "surrogateescape"), strict=False).encode("utf-8", "surrogateescape")
    return quoted(text, tool)


def _timestamp(seconds, micros, digits):
    return str(seconds) + (f".{micros:06d}"[:1 + digits] if digits else "")


def _c_general(value, tool, single):
    """%g as C prints it. MySQL: FLOAT %-20g, DOUBLE %-.20g; MariaDB the same."""
    if single:
        return "%-20g" % value
    return "%-.20g" % value


def value(column, exact, tool):
    """`column` is [type, metadata, flags, collation]; `exact` what decode_probe gives for it; None is NULL."""
    kind, metadata = column[0], column[1]
    if exact is None:
        return "NULL"
    if kind in INTEGER_BITS:
        return _integer(exact, INTEGER_BITS[kind])
    if kind == FLOAT or kind == DOUBLE:
        return _c_general(float.fromhex(exact), tool, kind == FLOAT)
    if kind == NEWDECIMAL:
        return exact
    if kind == YEAR:
        return str(exact or 1900)  # 0 is the year 0000, which both tools print so
    if kind == BIT:
        return _bits(exact, (metadata >> 8) * 8 + (metadata & 0xFF))
    if kind == ENUM:
        return str(exact)
    if kind == SET:  # byte by byte as they lie in memory, which is not a number's order
        size = metadata & 0xFF
        return _bits(int.from_bytes(exact.to_bytes(size, "little"), "big"), size * 8)
    if kind in (TIMESTAMP, TIMESTAMP2):
        return _timestamp(*exact)
    if kind in (DATE, NEWDATE):
        return "'" + exact.replace("-", ":") + "'"
    if kind in (TIME, TIME2, DATETIME, DATETIME2):
        return "'" + exact + "'"
    data = bytes.fromhex(exact)
    if kind == JSON:
        return _json(data, tool)
    if kind == VECTOR:
        return "[" + ",".join("%.5e" % number for number, in struct.iter_unpack("<f", data[:len(data) // 4 * 4])) + "]"
    return quoted(data, tool)


def difference(number, diffs):
    """What changes in the JSON document of column @number, as mysqlbinlog prints it: functions on the column, one for neighbouring changes
    of a kind, in one another. Without line breaks."""
    text = f"@{number}"
    groups = []
    for op, path, value in diffs:
        if not groups or groups[-1][0] != op:
            groups.append((op, []))
        groups[-1][1].append((path, value))
    for op, parts in groups:
        arguments = []
        for path, value in parts:
            arguments.append(quoted(bytes.fromhex(path), "mysql"))
            if value is not None:
                arguments.append(_json_literal(bytes.fromhex(value)))
        text = f"JSON_{op.upper()}({text}, {', '.join(arguments)})"
    return text


def _json_literal(text):
    if text[:1] in (b"{", b"["):
        return f"CAST({quoted(text, 'mysql')} AS JSON)"
    return _json(text, "mysql") if text.startswith(b'"') else text.decode("latin-1")
