"""The lines of `leat decode` (format leat) against decode_probe's values: the same changes in the same order, each value the one that
the packed bytes mean. The conversions here are made from docs/formats/leat.md, with Python's own character sets."""

import base64
import json
import struct

from . import printed

# MySQL's latin1 is cp1252 with its five holes filled; the rest by Python's names. What isn't here is held against its bytes nowhere.
_CODECS = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "ascii": "ascii", "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf16le": "utf-16-le",
           "utf32": "utf-32-be", "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13", "greek": "iso8859-7", "hebrew": "iso8859-8",
           "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257", "cp850": "cp850", "cp852": "cp852", "cp866": "cp866",
           "koi8r": "koi8-r", "koi8u": "koi8-u", "gbk": "gbk", "gb2312": "gb2312", "gb18030": "gb18030", "big5": "big5", "sjis": "shift-jis",
           "cp932": "cp932", "ujis": "euc-jp", "eucjpms": "euc-jp", "euckr": "euc-kr", "tis620": "tis-620", "macroman": "mac-roman"}


def _latin1(data):
    return "".join(bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte) for byte in data)


class _Number(str):
    """A number of a line as it is written."""


def _load(line):
    return json.loads(line.decode("utf-8", "surrogatepass"), parse_float=_Number, parse_int=_Number)


def _different(message):
    from .against import Different
    raise Different("leat decode: " + message)


def _number(got, what):
    if not isinstance(got, _Number):
        _different(f"{what}: {got!r} is no number")
    return got


def _text(got, data, charset, tally, what):
    if charset is None or charset == "binary":
        return _equal(got, base64.b64encode(data).decode(), what)
    if charset == "latin1":
        return _equal(got, _latin1(data), what)
    codec = _CODECS.get(charset)
    if isinstance(got, dict):  # bytes that are not of their character set
        if set(got) != {"charset", "base64"} or got["charset"] != charset:
            _different(f"{what}: {got!r}")
        return _equal(got["base64"], base64.b64encode(data).decode(), what)
    if codec is None:
        tally.formatted_bytes_only += 1
        return None
    try:
        same = data.decode(codec) == got or got.encode(codec) == data
    except UnicodeError:
        same = False
    if not same:
        _different(f"{what}: {got!r} is not {data!r} in {charset}")
    return None


def _equal(got, expected, what):
    if got != expected:
        _different(f"{what}: the line has {got!r}, the bytes are {expected!r}")


def _float32(text):
    return struct.pack("<f", float(text))


def _timestamp(exact, digits):
    import calendar
    import time
    seconds, micros, _ = exact
    clock = "0000-00-00T00:00:00" if seconds == 0 and micros == 0 else time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    assert calendar  # UTC, whatever the machine's zone is
    return clock + (f".{micros:06d}"[:1 + digits] if digits else "") + "Z"


def _plain(document):
    """A document as its text says it: numbers as written, members in their order."""
    return json.loads(document, parse_float=_Number, parse_int=_Number, object_pairs_hook=tuple)


def value(got, column, told, exact, tally, what):
    """`column` is decode_probe's, `told` that of the line's definition."""
    if exact is None:
        return _equal(got, None, what)
    kind = column[0]
    if kind in printed.INTEGER_BITS or kind in (printed.YEAR, printed.BIT):
        return _equal(_number(got, what), str(exact), what)
    if kind == printed.ENUM:
        if "members" not in told:
            return _equal(_number(got, what), str(exact), what)
        return _equal(got, told["members"][exact - 1] if exact else "", what)
    if kind == printed.SET:
        if "members" not in told:
            return _equal(_number(got, what), str(exact), what)
        return _equal(got, [name for bit, name in enumerate(told["members"]) if exact >> bit & 1], what)
    if kind == printed.FLOAT:
        return _equal(_float32(_number(got, what)), _float32(float.fromhex(exact)), what)
    if kind == printed.DOUBLE:
        return _equal(float(_number(got, what)), float.fromhex(exact), what)
    if kind in (printed.NEWDECIMAL, printed.DATE, printed.NEWDATE, printed.TIME, printed.TIME2):
        return _equal(got, exact, what)
    if kind in (printed.DATETIME, printed.DATETIME2):
        return _equal(got, exact.replace(" ", "T"), what)
    if kind in (printed.TIMESTAMP, printed.TIMESTAMP2):
        return _equal(got, _timestamp(exact, exact[2]), what)
    data = bytes.fromhex(exact)
    if kind == printed.GEOMETRY:
        expected = {"srid": _Number(int.from_bytes(data[:4], "little")), "wkb": base64.b64encode(data[4:]).decode()}
        return _equal(got, expected, what)
    if kind == printed.VECTOR:
        return _equal([_float32(number) for number in got], [data[at:at + 4] for at in range(0, len(data) // 4 * 4, 4)], what)
    if kind == printed.STRING and told["json"] == "base64" and column[3] == 63:
        data = data.ljust(int(told.get("bytes", 0)), b"\0")
    return _text(got, data, told.get("charset"), tally, what)


def _diffs(got, exact, what):
    """What changes in a document that isn't known, as the line's `json_diff` has it."""
    expected = [tuple([("op", op), ("path", bytes.fromhex(path).decode("utf-8", "surrogateescape"))]
                      + ([("value", _plain(bytes.fromhex(value)))] if value is not None else [])) for op, path, value in exact["diffs"]]
    _equal(list(got or []), expected, what)


def _image(got, table, told, image, tally, what, raw, diffs=()):
    """`diffs`: the line's `json_diff`. A document whose changes are known but not the document isn't in the image."""
    names = [column["name"] for column in told["columns"]]
    image = dict(image)
    for number in [number for number, exact in image.items() if isinstance(exact, dict) and names[int(number) - 1] not in got]:
        _diffs(dict(diffs).get(names[int(number) - 1]), image.pop(number), f"{what}, {names[int(number) - 1]}")
        tally.formatted += 1
    present = [names[int(number) - 1] for number in image]
    if [name for name in got] != present:
        _different(f"{what}: columns {list(got)} are not {present}")
    for number, exact in image.items():
        index = int(number) - 1
        column, where = table["columns"][index], f"{what}, {names[index]}"
        if isinstance(exact, dict):
            continue  # a JSON difference: against.py holds it against the print
        if column[0] == printed.JSON and exact is not None:
            document = _plain(bytes.fromhex(exact) or b"null")
            _equal(raw[names[index]], document, where)
        else:
            value(got[names[index]], column, told["columns"][index], exact, tally, where)
        tally.formatted += 1


def _in_effect(ours):
    """The steps in the order in which lines have them: an XA branch's come where it is committed, and not at all if it isn't."""
    shown, transaction, branches = [], [], {}
    for step in ours.steps:
        if step.what in ("rows", "statement"):
            transaction.append(step)
        elif step.what == "resolve":
            held = branches.pop(step.fields["xa"], [])
            transaction += held if step.fields["commit"] else []
        elif step.what == "end":
            if step.fields["how"] == "prepare":
                branches[step.fields["xa"]] = transaction
            else:
                shown += transaction
            transaction = []
    return shown + ([] if any(step.what == "begin" and step.fields["flags"] & 8 for step in ours.steps[-1:]) else transaction)


def compare(ours, tally):
    """Raises against.Different. Without a stop there are as many lines as changes; with one, at most."""
    steps, tables = _in_effect(ours), {}
    rows = iter([row for step in steps if step.what == "rows" for row in step.rows])
    statements = iter([step for step in steps if step.what == "statement"])
    for line in ours.lines:
        got = _load(line)
        if got["op"] == "schema":
            tables[got["db"], got["table"]] = got
        elif got["op"] in ("insert", "update", "delete"):
            op, table, before, after, _ = next(rows, (None,) * 5)
            what = f"{got['file']}:{got['pos']}, row {got['row']}"
            _equal(got["op"], op, what)
            told = tables[got["db"], got["table"]]
            raw = json.loads(line.decode("utf-8", "surrogatepass"), parse_float=_Number, parse_int=_Number, object_pairs_hook=tuple)
            diffs = dict(raw).get("json_diff", ())
            raw = {name: dict(image) for name, image in raw if name in ("before", "after")}
            for name, image in (("before", before), ("after", after)):
                if (name in got) != (image is not None):
                    _different(f"{what}: {name} is {'there' if name in got else 'missing'}")
                if image is not None:
                    _image(got[name], table, told, image, tally, f"{what}, {name}", raw[name], diffs if name == "after" else ())
        elif got["op"] in ("ddl", "statement"):
            step = next(statements, None)
            if step is None:
                _different(f"a statement more than there are, at {got['pos']}")
            _statement(got, step.fields, tally)
    if not ours.stop and (next(rows, None) or next(statements, None)):
        _different("it has fewer lines than there are changes")


def _statement(got, fields, tally):
    what = f"{got['file']}:{got['pos']}, the statement"
    data = bytes.fromhex(fields["sql"])
    if "sql" in got:
        _text(got["sql"], data, got["charset"] or "utf8mb4", tally, what)
    else:
        _equal(got["sql_base64"], base64.b64encode(data).decode(), what)
    _equal(int(got["pos"]), fields["pos"], what)
    _equal(int(got["error_code"]), fields["error_code"], what)
    for name, bit in (("sql_mode", 1), ("flags2", 2), ("client_collation", 8), ("connection_collation", 8), ("server_collation", 8)):
        _equal(got[name], str(fields[name]) if fields["present"] & bit else None, f"{what}, {name}")
    _equal(got["time_zone"] or "", bytes.fromhex(fields["time_zone"]).decode("latin-1"), f"{what}, time_zone")
    _equal((got["default_db"] or "").encode(), bytes.fromhex(fields["database"]), f"{what}, default_db")
