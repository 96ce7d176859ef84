"""Vectors (hex in, expected out) against what leat makes of them (vectors_probe). A file's columns are kind, params, input_hex, expected,
note, origin; backslashes are doubled. What `expected` means is said here, kind by kind; what can't be understood is a failure, never
passed over."""

import json
import re

COLUMNS = ["kind", "params", "input_hex", "expected", "note", "origin"]


class Number(str):
    """A number as it is written."""


def _parse(text):
    """JSON with numbers as they are written and members in their order."""
    return json.loads(text, parse_float=Number, parse_int=Number, object_pairs_hook=tuple)


def _parse_loose(text):
    return json.loads(text)


class Vector:
    def __init__(self, line, number):
        fields = line.split("\t")
        self.number = number
        self.problem = None
        if len(fields) != len(COLUMNS):
            self.problem = f"{len(fields)} columns, not {len(COLUMNS)}"
            fields = (fields + [""] * 6)[:6]
        self.kind, self.params, self.hex, expected, self.note, self.origin = fields
        self.expected = expected.replace("\\\\", "\\")
        if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", self.hex):
            self.problem = "the input is not hex"

    def request(self):
        params = self.params
        table = re.search(r"table: ([^;]*?) null_bitmap", self.note)
        if "table_map_hex=" in params and params.endswith("table_map_hex=") and table:
            # Without a table map, the note tells the columns: "INT, DATETIME(old 8-byte)".
            names = {"TINYINT": "tiny", "SMALLINT": "short", "MEDIUMINT": "int24", "INT": "long", "BIGINT": "longlong"}
            columns = [re.sub(r"\(.*\)", "", name).strip() for name in table[1].split(",")]
            params = params.replace("table_map_hex=", "columns=" + "|".join(names.get(name, name.lower()) for name in columns))
        if self.kind == "IMAGE" and self.note.startswith("PARTIAL_UPDATE after-image"):
            params += ";partial=1"
        if self.kind == "TABLE_MAP" and self.note.startswith("mariadb"):
            params = ",".join(filter(None, [params, "server=mariadb"]))
        data, size = self.hex, re.search(r"event_size (\d+)", self.params)
        if self.kind == "EVENT" and size and len(data) // 2 == int(size[1]) - 4:
            # Its checksum was cut off, and its header still counts it.
            data = data[:18] + (int(size[1]) - 4).to_bytes(4, "little").hex() + data[26:]
        return f"{self.kind}\t{params}\t{data}\n"


class Failed(Exception):
    pass


def _same(what, expected, got):
    if expected != got:
        raise Failed(f"{what}: expected {str(expected)[:300]!r}, leat has {str(got)[:300]!r}")


def judge(vector, got):
    """Raises Failed. `got` is vectors_probe's answer."""
    if vector.problem:
        raise Failed(vector.problem)
    if "unknown" in got:
        raise Failed(f"this kind with these parameters can't be run: {vector.kind} {vector.params[:100]}")
    expected = vector.expected
    if expected == "(must not crash)":
        return
    if expected.startswith("ERROR"):
        if "error" not in got:
            raise Failed(f"an error was expected, leat has {str(got)[:200]}")
        return
    if "error" in got:
        raise Failed(f"leat says {got['error']!r}, expected was {expected[:200]!r}")
    _JUDGES.get(vector.kind, _cell)(vector, expected, got)


# ---- Cells ----

def _cell_value(what, expected, cell, exact_json=False):
    """One value: null, bytes, a number, a text, a document."""
    if cell.get("null"):
        return _same(what, None, expected)
    text = cell["text"]
    if isinstance(expected, str) and expected.startswith("bytes "):
        return _same(what, expected[len("bytes "):], cell["bytes"])
    if expected == "" and cell["bytes"] == "":
        return None
    if isinstance(expected, (list, dict)):
        return _same(what, _parse(json.dumps(expected)), _parse(text))
    if str(expected) == text:
        return None
    if isinstance(expected, str) and re.fullmatch(r"-?\d+(\.\d+)?E[+-]\d+", expected):
        return _same(what, float(expected), float(text))
    if isinstance(expected, str) and expected[:1] in "{[" and expected[:1]:
        return _same(what, _parse(expected), _parse(text))
    return _same(what, expected, text)


def _cell(vector, expected, got):
    if "row" not in got:
        raise Failed(f"no way to judge {vector.kind}")
    left = got.get("left", 0)
    told = re.search(r"(\d+) trailing bytes", vector.note)
    if left and not told:
        raise Failed(f"{left} bytes are left behind the value")
    _same("columns", 1, len(got["row"]))
    _cell_value(vector.kind, expected, got["row"][0][1])


# ---- JSON ----

def _json(vector, expected, got):
    text = got["text"]
    contains = re.match(r"\(contains key (\S+?); must not contain (\S+?)\)", expected)
    server = re.search(r'server text (".*")$', expected)
    if contains:
        keys = [key for key, _ in _parse(text)]
        if contains[1] not in keys or contains[2] in text:
            raise Failed(f"{expected}: leat has {text[:200]}")
    elif server:
        _same("text", server[1], text)
    else:
        _same("document", _parse(expected), _parse(text))


def _json_double(_vector, expected, got):
    _same("text", expected, got["text"])


# ---- Events ----

def _gtid(_vector, expected, got):
    """Every field that is expected is compared; a name that isn't known here fails."""
    undefined = 999999
    names = {"ImmediateCommitTimestamp": "immediate_commit", "OriginalCommitTimestamp": "original_commit", "TransactionLength": "length",
             "ImmediateServerVersion": "immediate_version", "OriginalServerVersion": "original_version", "SequenceNumber": "sequence_number",
             "LastCommitted": "last_committed", "commit_id": "commit_id"}
    for name, value in _parse_loose(expected).items():
        if name in ("GTID", "MySqlGtid"):
            _same(name, value, got["gtid"])
        elif name == "Flags":  # bit 0 says that there may be statements; others are nothing to leat
            _same(name, int(value, 16) & 1, got["flags"] & 1)
        elif name == "seq":
            _same(name, str(value), got["gtid"].split("-")[2])
        elif name == "domain":
            _same(name, str(value), got["gtid"].split("-")[0])
        elif name == "flags":  # of MariaDB: 1 is standalone, 32 DDL
            _same(name, (value & 1, value >> 5 & 1), (got["flags"] >> 1 & 1, got["flags"] >> 2 & 1))
        elif name in names:
            value = int(value)
            _same(name, 0 if value == undefined and "Version" in name else value, got[names[name]])
        else:
            raise Failed(f"field {name} isn't known here")


def _text(_vector, expected, got):
    _same("text", expected, got["text"])


def _heartbeat(_vector, expected, got):
    told = re.fullmatch(r'Version: \d+, Filename: "(.*)", Offset: (\d+)', expected)
    if not told:
        raise Failed(f"expected {expected!r} isn't understood")
    _same("file, place", (told[1], int(told[2])), (got["file"], got["pos"]))


def _intvar(_vector, expected, got):
    _same("type, value", _parse_loose(expected), got)


def _event(vector, expected, got):
    names = {"FORMAT_DESCRIPTION_EVENT": "FORMAT_DESCRIPTION", "WRITE_ROWS_EVENTv2": "WRITE_ROWS", "UPDATE_ROWS_EVENTv2": "UPDATE_ROWS",
             "DELETE_ROWS_EVENTv2": "DELETE_ROWS", "WRITE_ROWS_EVENTv1": "WRITE_ROWS_V1", "STOP_EVENT": "STOP"}
    sized = re.fullmatch(r"(\w+) size=(\d+)", expected)
    gtid = re.fullmatch(r"GTID (\S+)", expected)
    maria = re.fullmatch(r"MARIA_GTID (\d+-\d+-\d+)( standalone)?", expected)
    if sized:
        name = names.get(sized[1], sized[1].removesuffix("_EVENT"))
        _same("type, size", (name, int(sized[2])), (got["type"], got["size"]))
    elif gtid:
        _same("type, GTID", ("GTID", gtid[1]), (got["type"], got["of"]["gtid"]))
    elif maria:
        _same("GTID, standalone", (maria[1], bool(maria[2])), (got["of"]["gtid"], bool(got["of"]["flags"] & 2)))
    elif expected.startswith("["):
        _same("events", _parse_loose(expected), _described(got["of"]["events"]))
    else:
        raise Failed(f"expected {expected!r} isn't understood")
    del vector


def _described(events):
    """Statements, tables and rows of a payload as one list of texts; the Xid is a COMMIT."""
    found = []
    for event in events:
        if "sql" in event:
            found.append(event["sql"])
        elif "table_map" in event:
            found.append(f"{event['table_map']['db']}.{event['table_map']['table']}")
        elif "changes" in event:
            for row in event["changes"]["rows"]:
                cells = row.get("after", row.get("before"))
                found.append("[" + " ".join(cell.get("text", "null") for _, cell in cells) + "]")
        elif event["type"] == "XID":
            found.append("COMMIT")
    return found


def _payload(_vector, expected, got):
    names = [name.removesuffix("_V2") for name in expected.split(",")]
    _same("events", names, [event["type"] for event in got["events"]])


# ---- Tables and rows ----

_TEXTS, _ENUM, _SET, _GEOMETRY = {15, 249, 250, 251, 252, 253, 254}, 247, 248, 255
_SIGNED = {1, 2, 3, 4, 5, 8, 9, 13, 246}


def _names(column, flag, flags, value):
    return value if flags & flag else None if column is None else None


def _table_map(_vector, expected, got):
    columns, flags = got["columns"], got["flags"]
    named, signs, collations, members, key = (bool(flags & bit) for bit in (1, 2, 4, 8, 16))
    for name, value in _parse_loose(expected).items():
        if name == "nullable":
            _same(name, value, [bool(column["flags"] & 2) for column in columns])
        elif name == "names":
            _same(name, value, [column["name"] for column in columns] if named else None)
        elif name == "primary_key":
            _same(name, value, [part[0] for part in got["key"]] if key else None)
        elif name == "prefix":
            _same(name, value, [part[1] for part in got["key"]] if key else None)
        elif name == "visible":
            # Where it isn't told at all there is nothing to be seen of it: names that are told come with it since MySQL 8.0.23.
            invisible = [column["flags"] >> 2 & 1 for column in columns]
            _same(name, value or [1] * len(columns), [1 - bit for bit in invisible])
        elif name == "unsigned":
            if not signs:
                raise Failed("signs are not told")
            for index, unsigned in value.items():
                _same(f"unsigned of column {index}", unsigned, bool(columns[int(index)]["flags"] & 1))
        elif name in ("collation", "enum_set_collation"):
            if not collations:
                raise Failed("collations are not told")
            for index, collation in value.items():
                if columns[int(index)]["type"] != _GEOMETRY:  # which have none in leat
                    _same(f"collation of column {index}", collation, columns[int(index)]["collation"])
        elif name in ("enum", "set"):
            if not members:
                raise Failed("members are not told")
            kind = _ENUM if name == "enum" else _SET
            found = value if isinstance(value, dict) else dict(zip([str(i) for i, c in enumerate(columns) if c["type"] == kind], value))
            _same(f"columns of type {name}", len([c for c in columns if c["type"] == kind]), len(found))
            for index, texts in found.items():
                _same(f"members of column {index}", texts, columns[int(index)]["members"])
        elif name == "geometry_type":
            for index, kind in value.items():
                _same(f"geometry of column {index}", kind, columns[int(index)]["geometry_type"])
        else:
            raise Failed(f"field {name} isn't known here")


def _image(what, expected, image, ignored=()):
    _same(f"{what}: columns", len(expected), len(image))
    for number, (value, (_, cell)) in enumerate(zip(expected, image)):
        if number in ignored:
            continue
        if isinstance(value, str):
            value = value.split(" (wrong in binlog")[0]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        _cell_value(f"{what}, column {number}", value, cell)


def _ignored(vector):
    told = re.search(r"columns ([\d,]+) not asserted", vector.note)
    return [int(number) for number in told[1].split(",")] if told else []


def _rows(vector, expected, got):
    rows = got["rows"]
    if " ; " in expected:
        before, after = (_parse_loose(part) for part in expected.split(" ; "))
        _same("rows", 1, len(rows))
        _image("before", before, rows[0]["before"])
        return _image("after", after, rows[0]["after"])
    parsed = re.sub(r"<long string, begins [^>]*>", '\\"…\\"', expected) if "<long string" in expected else expected
    if parsed.startswith("{"):
        return _named_rows(parsed, rows, expected)
    value = _parse_loose(parsed)
    lists = value if value and isinstance(value[0], list) else [value]
    _same("rows", len(lists), len(rows))
    if "from the SQL comment" in vector.note:
        # The comment's order is not the bytes': each expected row must be there once, in some order.
        order = sorted(rows, key=lambda row: json.dumps([cell.get("text") for _, cell in row["after"]]))
        lists = sorted(lists, key=lambda one: json.dumps([None if value is None else str(value) for value in one]))
        rows = order
    for number, (one, row) in enumerate(zip(lists, rows)):
        _image(f"row {number}", one, row.get("after", row.get("before")), _ignored(vector))


def _named_rows(parsed, rows, expected):
    """{"before": […], "after": […]}, or columns by names that begin with colN."""
    _same("rows", 1, len(rows))
    value = _parse_loose(parsed)
    if set(value) <= {"before", "after"}:
        for name, image in value.items():
            _image(name, image, rows[0][name])
        return
    image = dict((number, cell) for number, cell in rows[0].get("after", rows[0].get("before")))
    for name, text in value.items():
        told = re.match(r"col(\d+)", name)
        if not told:
            raise Failed(f"column {name} isn't understood")
        cell = image[int(told[1])]
        begins = re.search(r"<long string, begins ([^>]*)>", expected)
        if "…" in text and begins:
            document = _parse(cell["text"])
            if not all(isinstance(member, str) and member.startswith(begins[1].rstrip(".… ")) for _, member in document):
                raise Failed(f"{name}: {cell['text'][:80]!r}")
        else:
            _cell_value(name, text, cell)


def _lone_image(vector, expected, got):
    _same("bytes left", 0, got["left"])
    _image("image", _parse_loose(expected), got["row"], _ignored(vector))


_JUDGES = {"JSONB": _json, "JSON_DOUBLE": _json_double, "GTID": _gtid, "GTID_TAGGED": _gtid, "MARIA_GTID": _gtid, "PREVIOUS_GTIDS": _text,
           "MARIA_GTID_LIST": _text, "HEARTBEAT": _heartbeat, "HEARTBEAT_V2": _heartbeat, "INTVAR": _intvar, "MARIA_ANNOTATE_ROWS": _text,
           "ROWS_QUERY": _text, "EVENT": _event, "PAYLOAD_ZSTD": _payload, "TABLE_MAP": _table_map, "ROWS": _rows, "IMAGE": _lone_image}
