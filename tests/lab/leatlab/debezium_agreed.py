"""What the format `debezium` does otherwise than Debezium, on purpose: AGREED, each with its reason. Each is as narrow as can be told from
the difference itself: a value that is wrong in another way isn't covered.
"""

import base64
import json
import re
import struct
from datetime import date, timedelta
from decimal import Decimal

from .debezium import PREFIX
from .same_messages import ABSENT, Agreed, Members, Number, parse


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


def _texts(d):
    return all(isinstance(value, str) and not isinstance(value, Number) and value is not ABSENT for value in (d.ours, d.theirs))


def _added(d, run, *names):
    """One of these, which unwrap added to the value or the headers by a name that ends so."""
    return "transforms" in run.settings and d.topic.startswith(f"{PREFIX}.") and str(d.path[-1]).endswith(names) and \
        (len(_payload(d.path)) == 1 or d.path[0] == "headers")


def _time(d, run):
    return d.path[0] == "value" and (_payload(d.path) in (("ts_ms",), ("ts_us",), ("ts_ns",)) or _added(d, run, "when")) and _numbers(d)


def _version(d, run):
    return _payload(d.path) == ("source", "version") or _added(d, run, "version")


def _null_for_tombstone(d, run):
    return "transforms" in run.settings and d.path == ("value",) and d.ours is None and isinstance(d.theirs, Members) and d.theirs.get("payload") is None


def _headers_twice(d, run):
    return "transforms" in run.settings and d.message and d.message["value"] is None and d.path in (("headers", "(order)"), ("headers", "(names twice)")) and \
        d.theirs == d.ours + ["__op"]


def _null(d, run):
    return _is_value(d) and d.ours is None and d.theirs is not None and not run.nulls_kept and d.topic == f"{PREFIX}.shop.defaults"


def _single(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def _float(d, run):
    """The same once both are floats of 32 bits: theirs was made a double of, or read as a float."""
    if not _is_value(d) or not isinstance(d.ours, Number) or not isinstance(d.theirs, str):
        return False
    if d.theirs in ("Infinity", "-Infinity"):
        return abs(float(d.ours)) > 3.5e38 and (d.ours[0] == "-") == (d.theirs[0] == "-")
    try:
        return isinstance(d.theirs, Number) and "." in d.theirs and _single(d.ours) == _single(d.theirs)
    except OverflowError:
        return False


def _year_0(d, run):
    return _is_value(d) and _numbers(d) and (d.ours, d.theirs) == ("0", "1900")


UNITS = {"days": 1, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def _year_of_two_digits(d, run):
    if not _is_value(d):
        return False
    if _texts(d):
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
    return _texts(d) and "\\," in d.theirs and d.theirs.replace("\\,", ",") == d.ours.replace("\\,", ",")


def _boolean(d, run):
    return _is_value(d) and isinstance(d.theirs, bool) and d.ours in (Number(0), Number(1))


def _binary_text(d, run):
    if not _is_value(d) or not _texts(d):
        return False
    for decode in (base64.b64decode, base64.urlsafe_b64decode, bytes.fromhex):
        try:
            if decode(d.ours).decode("latin-1") == d.theirs:
                return True
        except ValueError:
            pass
    return False


def _is_event(d):
    return d.topic.startswith("outbox.") and d.path[0] == "value"


def _text_behind(d, run):
    """A payload that begins with a document."""
    if not _is_event(d) or type(d.ours) is not str or not isinstance(d.theirs, Members):
        return False
    document, end = json.JSONDecoder(object_pairs_hook=Members, parse_int=Number).raw_decode(d.ours)
    return document == d.theirs and d.ours[end:].strip() != ""


def _event_schema(d, run):
    return _is_event(d) and d.path[1:] == ("schema", "name") and d.ours == f"{PREFIX}.shop.outbox.{d.topic.removeprefix('outbox.event.')}.Value"


RUN = "__debezium.context.runId"


def _run_id(d, run):
    if d.path == ("headers", "(order)"):
        return [name for name in d.theirs if name != RUN] == d.ours
    return d.path == ("headers", RUN) and d.ours is ABSENT


def _record_time(d, run):
    """Not the column's, which is of January 2026."""
    return d.path == ("timestamp",) and d.ours is None and isinstance(d.theirs, int) and d.theirs > 1_790_000_000_000


def _document(d, run):
    """JSON documents: the same but for how doubles and what has no JSON type are written."""
    try:
        return (_is_value(d) or _is_event(d)) and _texts(d) and _same_document(parse(d.ours), parse(d.theirs))
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


def _is_schema_change(d):
    return d.topic == PREFIX and d.path[0] == "value"


def _left_behind(d, run):
    return _is_schema_change(d) and _payload(d.path) in (("source", "row"), ("source", "thread"))


def _snapshot(d, run):
    return run.nulls_kept and (_payload(d.path) == ("source", "snapshot") or _added(d, run, "snapshot") or d.path[-1:] == ("payload",)) and \
        d.theirs is None and d.ours in ("false", False)


def _schema_of(d):
    """Of the column that a path into a schema is about: what Debezium has."""
    at = d.message["value"] if d.path[0] == "value" else d.message["key"]
    for part in d.path[1:-1]:
        if str(part).startswith("["):
            at = next(field for field in at if field.get("field") == part[1:-1])
        else:
            at = at[part] if isinstance(part, int) else at.get(part)
    return at


def _nullable_default(d, run):
    return _in_schema(d, "default") and d.ours is ABSENT and _schema_of(d).get("optional") is True


def _other_default(d, run):
    if not _in_schema(d, "default"):
        return False
    of = _schema_of(d)
    return of.get("type") == "boolean" and d.ours == ("1" if d.theirs else "0") or \
        d.ours is ABSENT and of.get("name") == "io.debezium.time.ZonedTimestamp"


def _type_in_schema(d, run):
    return _in_schema(d, "type") and (d.ours, d.theirs) in (("double", "float"), ("int16", "boolean"), ("bytes", "string"))


# Of a column in a schema change: what the statement said, and what the server made of it.
WORDS = {
    "typeName": {("LONGTEXT", "JSON"), ("TINYINT", "BOOLEAN"), ("DECIMAL", "NUMERIC"), ("DOUBLE", "REAL"), ("DOUBLE", "FLOAT"), ("BINARY", "BINARY BINARY"),
                 ("VARBINARY", "VARCHAR")},
    "jdbcType": {("12", "1111"), ("5", "16"), ("3", "2"), ("8", "7"), ("8", "6"), ("-3", "12")},
    "length": {("1", None), (None, "53"), ("2048", None)},
    "charsetName": {(None, "binary"), ("utf8mb4", None)},
    "defaultValueExpression": {("1.50", "1.5"), ("0x616200", "ab"), ("b'1'", "1"), ("b'101'", "101"), ("1", "TRUE"), ("CONCAT('a', 'b')", None)},
}
WORDS["typeExpression"] = WORDS["typeName"]


def _of_column(d):
    path = _payload(d.path)
    return _is_schema_change(d) and path[:1] == ("tableChanges",) and path[3:4] == ("columns",) and len(path) == 6


def _words(d, run):
    if _of_column(d) and run.scenario == "mariadb" and d.path[-1] == "length":
        return isinstance(d.ours, Number) and d.theirs is None  # int(11): MariaDB has display widths
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
    if _is_value(d) and isinstance(d.ours, str) and d.ours.startswith("0000-"):
        return d.theirs is None or str(d.theirs).startswith("1970-01-01")
    return _is_value(d) and isinstance(d.ours, Number) and d.theirs in (None, Number(0)) and \
        any(int(d.ours) < first * unit and int(d.ours) >= (first - 367) * unit for unit in UNITS.values())


def _zero_timestamp(d, run):
    return _is_value(d) and d.ours == "1970-01-01T00:00:00Z" and d.path[-1] == "tsn"


def _table_named(d, run):
    return _is_schema_change(d) and _payload(d.path) == ("source", "table")


def _source_of(d):
    """Debezium's source, of a difference in a message or of a whole one."""
    value = d.message["value"] if d.message else None if d.theirs is ABSENT else parse(d.theirs["value"])
    return value.get("payload", value).get("source") if isinstance(value, Members) else None


def _split(d, run):
    """One of the messages that Debezium makes of one statement on several tables."""
    if d.topic != PREFIX or d.path[0] not in ("value", "(message)"):
        return False
    source = _source_of(d)
    return source is not None and "," in (source.get("table") or "") and (d.path == ("(message)",) or _payload(d.path)[0] in ("ddl", "tableChanges"))


def _flush(d, run):
    return d.topic == PREFIX and d.path == ("(message)",) and d.ours is ABSENT and '"ddl":"FLUSH TABLES"' in d.theirs["value"]


def _ddl_of(d):
    value = d.message["value"]
    return value.get("payload", value).get("ddl")


def _same_definition(d, run):
    return _is_schema_change(d) and _payload(d.path) == ("tableChanges",) and d.ours == [] and \
        re.match(r"ALTER TABLE \w+ (COMMENT|TRUNCATE PARTITION)", _ddl_of(d)) is not None


def _or_replace(d, run):
    return _is_schema_change(d) and _payload(d.path) == ("tableChanges",) and d.theirs == [] and _ddl_of(d).startswith("CREATE OR REPLACE")


def _drop_text(d, run):
    return _is_schema_change(d) and _payload(d.path) == ("ddl",) and d.ours.startswith("DROP TABLE") and \
        re.sub(" /\\*.*", "", d.ours) == re.sub(r"`[^`]*`\.", "", d.theirs)


def _begin_of_statement(d, run):
    if d.topic != f"{PREFIX}.transaction" or d.path != ("(message)",):
        return False
    if d.theirs is ABSENT:  # of CREATE TABLE … SELECT, whose rows follow the statement: there it stands in front of these
        return run.scenario == "ddl" and '"status":"BEGIN"' in d.ours["value"]
    return '"status":"BEGIN"' in d.theirs["value"]


def _comment(d, run):
    return _is_schema_change(d) and _payload(d.path)[:1] == ("tableChanges",) and d.path[-1] == "comment" and d.ours is None


def _json_name(d, run):
    """MariaDB's JSON is LONGTEXT with a check."""
    return run.scenario == "mariadb" and "schema" in d.path[1:2] and d.path[-2:] in (("[j]", "name"), ("[j]", "version")) and d.ours is ABSENT


def _default_charset(d, run):
    return _is_schema_change(d) and d.path[-1] == "defaultCharsetName" and (d.ours, d.theirs) == ("latin1", "utf8mb4")


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
    Agreed("defaults of columns that may be NULL, in schemas", "a consumer's converter would put them in NULL's place", _nullable_default),
    Agreed("defaults of BOOLEAN and TIMESTAMP, in schemas", "as their values; TIMESTAMP's aren't told, being in the zone of the session that made the table",
           _other_default),
    Agreed("source.table of schema changes", "leat names the table that the statement names first; Debezium those that it took down", _table_named),
    Agreed("statements on several tables", "leat gives the statement as it is, with all that it changes; Debezium one message a table, with statements "
           "that nobody wrote", _split),
    Agreed("FLUSH TABLES", "it changes no definition", _flush),
    Agreed("ALTER TABLE … DEFAULT CHARACTER SET", "Debezium doesn't see it", _default_charset),
    Agreed("statements that change no column", "Debezium says ALTER", _same_definition),
    Agreed("CREATE OR REPLACE TABLE", "Debezium doesn't tell what it changes", _or_replace),
    Agreed("DROP TABLE's text", "leat gives the statement as the server logged it", _drop_text),
    Agreed("BEGIN of a statement's transaction", "Debezium says that a transaction begins, and never that it ends", _begin_of_statement),
    Agreed("comments", "leat's definitions have none of tables; of a column Debezium keeps what a MODIFY took away", _comment),
    Agreed("JSON of MariaDB", "where Debezium saw the statement it says so; SHOW CREATE TABLE says longtext", _json_name),
    Agreed("words of the statement", "Debezium gives a column's type and default as the statement has them; leat as the server does", _words),
    Agreed("defaults that are the time, in schema changes", "Debezium says 1970; leat gives the expression", _time_expression),
    Agreed("generated and autoIncremented", "Debezium mistakes one thing for another", _generated),
    Agreed("the year 0", "Debezium makes null of it, or 1970", _year_null),
    Agreed("TIMESTAMP '0000-00-00' NOT NULL", "Debezium puts the column's default in its place", _zero_timestamp),
    Agreed("XA", "Debezium gives a branch's rows at PREPARE, even if it is rolled back later; leat at COMMIT", _xa),
    Agreed("__debezium.context.runId", "another at each start, so that the same change wouldn't be the same message", _run_id),
    Agreed("text behind a document", "Debezium leaves it out where payloads are expanded; for leat such a payload is no document", _text_behind),
    Agreed("names of schemas of events", "Debezium keeps the name that the first event of a shape had, whatever chose the topics of others", _event_schema),
    Agreed("an event's timestamp", "without a column for it, Debezium has when it handled the event, and leat leaves that to who writes the record", _record_time),
    Agreed("unwrap's tombstones", "Debezium's converter makes the JSON text null of it, or a schema with null, which compaction doesn't take for a tombstone",
           _null_for_tombstone),
    Agreed("headers of unwrap's tombstones", "Debezium adds the operation to the headers of the delete, which have it already", _headers_twice),
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
)
