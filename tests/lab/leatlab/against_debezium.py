"""leat's format `debezium` against the messages of the real one: the recordings in tests/data/debezium, or a server's binlogs just
recorded. What differs on purpose is in AGREED, each with its reason; all else is a difference.
"""

import base64
import json
import lzma
import re
import struct
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from .debezium import MARKER_TOPIC, PREFIX
from .same_messages import ABSENT, Agreed, Comparison, Members, Number, parse

RECORDINGS = Path(__file__).resolve().parents[2] / "data" / "debezium"

# Debezium's default turns numbers above 2^63 negative, and dates with zeros in them into null or 1970; leat's doesn't.
AS_THEIRS = {"bigint.unsigned.handling.mode": "long", "zero.date.handling.mode": "lenient"}
# Of converters that leat has no settings for: Decimal is always base64, NULL is never replaced.
NOT_OURS = ("value.converter.replace.null.with.default", "key.converter.replace.null.with.default")


# ---- Messages of both ----

def recorded():
    """(scenario, run, its settings) of each recording."""
    for folder in sorted(path.parent for path in RECORDINGS.glob("*/runs.json")):
        for run, settings in json.loads((folder / "runs.json").read_text()).items():
            yield folder.name, run, settings


def binlogs(scenario):
    return sorted((RECORDINGS / scenario).glob("binlog.0*"))


def theirs(scenario, run):
    with lzma.open(RECORDINGS / scenario / f"{run}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [of_debezium(json.loads(line)) for line in lines.read().split("\n")[:-1]]


def of_debezium(record):
    headers = [(header["name"], header["json"]) for header in record["headers"]]
    return {"topic": record["topic"], "key": record["key"], "value": record["value"], "headers": headers}


class Stopped:
    """Tables that leat didn't write, since a value in them has no form by these settings: {table: what it said}."""

    def __init__(self):
        self.tables = {}

    def leave_out(self, messages):
        topics = {f"{PREFIX}.{table}" for table in self.tables}
        return [message for message in messages if message["topic"] not in topics and not self._defines(message)]

    def _defines(self, message):
        if message["topic"] != PREFIX or not message["value"]:
            return False
        value = parse(message["value"])
        source = value.get("payload", value).get("source")
        return f"{source.get('db')}.{source.get('table')}" in self.tables


def ours(program, settings, files):
    """(what format_probe makes of binlog files, up to the marker, what it stopped at)."""
    given = {**AS_THEIRS, **{name: value for name, value in settings.items() if not name.startswith(NOT_OURS)}}
    stopped = Stopped()
    while True:
        without = [word for table in stopped.tables for word in ("--without", table)]
        done = subprocess.run([program, "debezium", "--name", PREFIX, *without, *(f"{name}={value}" for name, value in given.items()), *files],
                              capture_output=True, text=True)
        if not done.returncode:
            messages = [of_probe(json.loads(line)) for line in done.stdout.split("\n")[:-1]]
            return stopped.leave_out(up_to_marker(messages)), stopped
        table = re.match(r"format_probe: (\w+\.\w+)\.\w+ at ", done.stderr)
        if not table or table[1] in stopped.tables:
            raise RuntimeError(f"{done.stderr[-2000:]}\n(the last message: {done.stdout[-500:]})")
        stopped.tables[table[1]] = done.stderr.strip()


def of_probe(message):
    headers = [(header["name"], header["value"]) for header in message["headers"]]
    return {"topic": _topic(message), "key": message["key"], "value": message["value"], "headers": headers}


def _topic(message):
    """As the Kafka sink's default for this format makes it."""
    if message["kind"] == "statement":
        return PREFIX
    if message["kind"] == "transaction":
        return f"{PREFIX}.transaction"
    return re.sub("[^A-Za-z0-9._-]", "_", f"{PREFIX}.{message['database']}.{message['table']}")


def up_to_marker(messages):
    end = next((i for i, message in enumerate(messages) if message["topic"] == MARKER_TOPIC), len(messages))
    return messages[:end + 1]


def compare(program, scenario, run, settings):
    """(the comparison of one recording, what leat stopped at)."""
    comparison = Comparison(AGREED)
    messages, stopped = ours(program, settings, binlogs(scenario))
    comparison.add(messages, stopped.leave_out(theirs(scenario, run)), Run(settings, scenario))
    return comparison, stopped


# ---- What differs on purpose ----

class Run:
    """What the agreements need to know."""

    def __init__(self, settings, scenario=None):
        self.settings, self.scenario = settings, scenario
        self.nulls_kept = settings.get("value.converter.replace.null.with.default") == "false"


def _payload(path):
    """The path within value's payload, or key's."""
    return path[2:] if path[1:2] == ("payload",) else path[1:]


def _is_value(d):
    """A column's value, in key or row."""
    path = _payload(d.path)
    return d.path[0] == "value" and path[:1] in (("before",), ("after",)) and len(path) >= 2 or d.path[0] == "key" and len(path) == 1


def _numbers(d):
    return isinstance(d.ours, Number) and isinstance(d.theirs, Number)


def _time(d, run):
    return d.path[0] == "value" and _payload(d.path) in (("ts_ms",), ("ts_us",), ("ts_ns",)) and _numbers(d)


def _version(d, run):
    return _payload(d.path) == ("source", "version")


def _null(d, run):
    return _is_value(d) and d.ours is None and d.theirs is not None and not run.nulls_kept


def _single(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def _float(d, run):
    """The same once both are floats of 32 bits: theirs was made a double of, or read as a float."""
    try:
        return _is_value(d) and _numbers(d) and "." in d.theirs and _single(d.ours) == _single(d.theirs)
    except OverflowError:
        return False


def _year_0(d, run):
    return _is_value(d) and _numbers(d) and (d.ours, d.theirs) == ("0", "1900")


UNITS = {"days": 1, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def _year_of_two_digits(d, run):
    if not _is_value(d):
        return False
    if isinstance(d.ours, str) and isinstance(d.theirs, str) and not _numbers(d):
        shown = re.match(r"00(\d\d)-", d.ours)
        return bool(shown) and d.theirs == ("20" if int(shown[1]) < 70 else "19") + d.ours[2:]
    if not _numbers(d) or "." in d.ours + d.theirs:
        return False
    for unit in UNITS.values():
        days, rest = divmod(int(d.ours), unit)
        try:
            day = date(1970, 1, 1) + timedelta(days)
        except OverflowError:
            continue
        if day.year < 100:
            moved = day.replace(year=day.year + (2000 if day.year < 70 else 1900))
            if int(d.theirs) == (moved - date(1970, 1, 1)).days * unit + rest:
                return True
    return False


def _comma(d, run):
    """Of members of an ENUM or SET: in the value, and in the schema's list."""
    return isinstance(d.ours, str) and isinstance(d.theirs, str) and "\\," in d.theirs and d.theirs.replace("\\,", ",") == d.ours.replace("\\,", ",")


def _boolean(d, run):
    return _is_value(d) and isinstance(d.theirs, bool) and d.ours in (Number(0), Number(1))


def _binary_text(d, run):
    if not _is_value(d) or not isinstance(d.ours, str) or not isinstance(d.theirs, str) or _numbers(d):
        return False
    for decode in (base64.b64decode, base64.urlsafe_b64decode, bytes.fromhex):
        try:
            if decode(d.ours).decode("latin-1") == d.theirs:
                return True
        except ValueError:
            pass
    return False


def _document(d, run):
    """JSON documents: the same but for how doubles and what has no JSON type are written."""
    try:
        return _is_value(d) and isinstance(d.ours, str) and isinstance(d.theirs, str) and _same_document(parse(d.ours), parse(d.theirs))
    except ValueError:
        return False


def _same_document(ours, theirs):
    if isinstance(ours, Members) and isinstance(theirs, Members):
        return ours.names() == theirs.names() and all(_same_document(a, b) for (_, a), (_, b) in zip(ours, theirs))
    if type(ours) is list and type(theirs) is list:
        return len(ours) == len(theirs) and all(map(_same_document, ours, theirs))
    if isinstance(ours, Number) and isinstance(theirs, Number):
        return Decimal(ours) == Decimal(theirs) or float(ours) == float(theirs)
    if isinstance(ours, str) and isinstance(theirs, str) and not isinstance(ours, Number) and not isinstance(theirs, Number):
        return ours == theirs or ours.startswith("base64:type") and ours.partition(":")[2].partition(":")[2] == theirs or _same_time(ours, theirs)
    return type(ours) is type(theirs) and ours == theirs


def _same_time(ours, theirs):
    """12:00:00.500000 and 12:00:00.5."""
    return re.fullmatch(r"[-\d :.]+", theirs) is not None and ours.rstrip("0").rstrip(".") == theirs.rstrip("0").rstrip(".")


def _in_schema(d, last):
    return "schema" in d.path[1:2] and d.path[-1] == last


def _time_default(d, run):
    return _in_schema(d, "default") and d.ours is ABSENT and d.theirs in ("1970-01-01T00:00:00Z", Number(0), "1970-01-01T00:00:00", "1970-01-01T00:00:00.000000Z")


def _is_schema_change(d):
    return d.topic == PREFIX and d.path[0] == "value"


def _left_behind(d, run):
    return _is_schema_change(d) and _payload(d.path) in (("source", "row"), ("source", "thread"))


def _snapshot(d, run):
    return run.nulls_kept and _payload(d.path) == ("source", "snapshot") and d.theirs is None and d.ours == "false"


def _type_in_schema(d, run):
    return _in_schema(d, "type") and (d.ours, d.theirs) in (("double", "float"), ("int16", "boolean"), ("bytes", "string"))


# Of a column in a schema change: what the statement said, and what the server made of it.
WORDS = {
    "typeName": {("TINYINT", "BOOLEAN"), ("DECIMAL", "NUMERIC"), ("DOUBLE", "REAL"), ("DOUBLE", "FLOAT"), ("BINARY", "BINARY BINARY"),
                 ("VARBINARY", "VARCHAR")},
    "jdbcType": {("5", "16"), ("3", "2"), ("8", "7"), ("8", "6"), ("-3", "12")},
    "length": {("1", None), (None, "53"), ("2048", None)},
    "charsetName": {(None, "binary")},
    "defaultValueExpression": {("1.50", "1.5"), ("b'1'", "1"), ("b'101'", "101"), ("1", "TRUE"), ("CONCAT('a', 'b')", None)},
}
WORDS["typeExpression"] = WORDS["typeName"]


def _of_column(d):
    path = _payload(d.path)
    return _is_schema_change(d) and path[:1] == ("tableChanges",) and path[3:4] == ("columns",) and len(path) == 6


def _words(d, run):
    return _of_column(d) and (d.ours, d.theirs) in WORDS.get(d.path[-1], ())


def _time_expression(d, run):
    return _of_column(d) and d.path[-1] == "defaultValueExpression" and str(d.ours).startswith(("CURRENT_TIMESTAMP", "current_timestamp")) and \
        d.theirs == "1970-01-01 00:00:00"


def _generated(d, run):
    """Debezium takes ON UPDATE CURRENT_TIMESTAMP for AUTO_INCREMENT, and doesn't know GENERATED columns by their statement."""
    return _of_column(d) and d.path[-1] in ("generated", "autoIncremented") and isinstance(d.theirs, bool)


def _year_null(d, run):
    """Days or parts of them before 0001-01-01, which MySQL allows and Debezium doesn't know."""
    first = (date(1, 1, 1) - date(1970, 1, 1)).days
    return _is_value(d) and isinstance(d.ours, Number) and d.theirs in (None, Number(0)) and \
        any(int(d.ours) < first * unit and int(d.ours) >= (first - 367) * unit for unit in UNITS.values())


def _zero_timestamp(d, run):
    return _is_value(d) and d.ours == "1970-01-01T00:00:00Z" and d.path[-1] == "tsn"


def _xa(d, run):
    """A branch's rows come at its COMMIT, in that transaction; Debezium's at its PREPARE."""
    if run.scenario != "xa":
        return False
    path = _payload(d.path)
    return path[:1] == ("transaction",) or path[:1] == ("source",) and path[1] in ("ts_ms", "ts_us", "ts_ns", "gtid", "thread") or \
        d.path == ("(message)",) and d.topic == (f"{PREFIX}.shop.one" if d.ours is ABSENT else f"{PREFIX}.transaction")


AGREED = (
    Agreed("source.row and source.thread of schema changes", "Debezium leaves what the row event before had", _left_behind),
    Agreed("source.snapshot where NULLs are kept", "without replace.null.with.default Debezium's own \"false\", a default, is null", _snapshot),
    Agreed("schemas of BOOLEAN, REAL, CHARACTER SET binary", "as their values", _type_in_schema),
    Agreed("words of the statement", "Debezium gives a column's type and default as the statement has them; leat as the server does", _words),
    Agreed("defaults that are the time, in schema changes", "Debezium says 1970; leat gives the expression", _time_expression),
    Agreed("generated and autoIncremented", "Debezium mistakes one thing for another", _generated),
    Agreed("the year 0", "Debezium makes null of it, or 1970", _year_null),
    Agreed("TIMESTAMP '0000-00-00' NOT NULL", "Debezium puts the column's default in its place", _zero_timestamp),
    Agreed("XA", "Debezium gives a branch's rows at PREPARE, even if it is rolled back later; leat at COMMIT", _xa),
    Agreed("source.version", "Debezium's is its own, leat's is leat's", _version),
    Agreed("ts_ms, ts_us, ts_ns of the message", "when Debezium handled the event; leat says when it was committed, so that a repeated message is the "
           "same to the byte", _time),
    Agreed("NULL in a column with a default", "Debezium's converter puts the default in its place: a value that never was there", _null),
    Agreed("FLOAT(M,D) and REAL", "Debezium makes a double of the float, or a float of the double; leat writes the number that the server has", _float),
    Agreed("YEAR 0000", "Debezium makes 1900 of it", _year_0),
    Agreed("years 1 to 99", "Debezium takes them for years of two digits", _year_of_two_digits),
    Agreed("commas in members", "Debezium puts a backslash before a comma in the member of an ENUM", _comma),
    Agreed("BOOLEAN", "Debezium gives true where a statement said BOOLEAN and 1 where SHOW CREATE TABLE says tinyint(1): it depends on whether it saw "
           "the statement", _boolean),
    Agreed("CHARACTER SET binary", "Debezium takes the bytes for text", _binary_text),
    Agreed("numbers and times in JSON documents", "leat writes documents as the server prints them, Debezium in a way of its own", _document),
    Agreed("defaults that are the time", "Debezium's schema says 1970; leat's has no default, as there is none that could be told", _time_default),
)
