"""What a server's own tool printed for a binlog (`mysqlbinlog -vv` or `mariadb-binlog -vv`, TZ=UTC), taken apart into events and then into
steps: begin, rows of a statement, statement, savepoint, end. Nothing of leat's is asked here; the grammar of transactions is this file's own.

Lines are read as latin-1, one character a byte: a print mixes character sets.
"""

import calendar
import lzma
import re
from dataclasses import dataclass, field


@dataclass
class Event:
    at: int
    end: int             # end_log_pos
    time: int            # seconds since 1970
    server_id: int
    kind: str            # Query, Xid, Write_rows …
    text: str            # what stands behind the kind in the header's line
    lines: list = field(default_factory=list)
    sql: str = None      # of a Query
    in_payload: bool = False


@dataclass
class Row:
    op: str
    database: str
    table: str
    before: dict = None  # column's number, from 1 -> (value, type) as printed
    after: dict = None


@dataclass
class Step:
    """`what` is begin, rows, statement, savepoint, end or resolve (of XA); `fields` is what the print says of it, by names that
    against.py compares; what a print doesn't tell isn't there."""
    what: str
    at: int
    fields: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)
    gave_up: bool = False   # the tool could not print all values of these rows


class NotUnderstood(ValueError):
    """A print with a line that this file doesn't know: better a stop than a comparison of less than is there."""


_HEADER = re.compile(r"#(\d{6}) ([ \d]\d):(\d\d):(\d\d) server id (\d+)  end_log_pos (\d+) (?:CRC32 0x[0-9a-f]+ ?)?(?:\t(.*))?$", re.DOTALL)
_ROW = re.compile(r"### (INSERT INTO|UPDATE|DELETE FROM) `((?:[^`]|``)*)`\.`((?:[^`]|``)*)`$", re.DOTALL)
_VALUE = re.compile(r"###   @(\d+)=(.*)$", re.DOTALL)
_TYPE = re.compile(r"(.*) /\* (.*?) \*/ ?$", re.DOTALL)  # greedy: a value may hold what looks like a comment
_SESSION = re.compile(r"(use `|SET |/\*!|# Ignored \(Unknown charset\) SET ).*/\*!\*/;$", re.DOTALL)
_OPS = {"INSERT INTO": "insert", "UPDATE": "update", "DELETE FROM": "delete"}
_QUERIES = ("Query", "Query_compressed", "Execute_load_query")
_END = "/*!*/;"


def read(path):
    """The lines of a print, plain or .xz."""
    with (lzma.open(path) if str(path).endswith(".xz") else open(path, "rb")) as file:
        return file.read().decode("latin-1").split("\n")


def _time(date, hour, minute, second):
    year = int(date[:2])
    return calendar.timegm((year + (1900 if year >= 70 else 2000), int(date[2:4]), int(date[4:]), int(hour), int(minute), int(second)))


def events(lines):
    """The events in the order in which their headers were printed. An event that a tool held back has its "# at" before that of the one
    that let it go: the first place belongs to the first header."""
    ats, found, event, sql = [], [], None, None
    payload = None  # the event that holds those that are printed now: they have its place
    for line in lines:
        if sql is not None:  # the text of a query, up to the delimiter on a line alone
            if line == _END or (line.endswith(_END) and event.kind.startswith("XA")):
                event.sql, sql = "\n".join(sql), None
            elif not sql and _SESSION.match(line):
                event.lines.append(line)
            else:
                sql.append(line)
            continue
        if line.startswith("# at ") and line[5:].isdigit():
            ats.append(int(line[5:]))
            continue
        header = _HEADER.match(line)
        if header and ats:
            text = header[7] or ""
            kind = re.split(r"[\t:= ]", text, maxsplit=1)[0]
            event = Event(ats.pop(0), int(header[6]), _time(*header.group(1, 2, 3, 4)), int(header[5]), kind, text[len(kind):])
            if payload:
                event.at, event.end, event.in_payload = payload.at, payload.end, True
            found.append(event)
            # MariaDB prints LOAD DATA of before 4.1 as a query without a text of its own
            if kind in _QUERIES and "error_code" in text:
                sql = []
        elif line.startswith("# Start of compressed events"):
            payload = event
        elif line.startswith("# End of compressed events"):
            payload = None
        elif event:
            event.lines.append(line)
    if sql is not None:
        event.sql = None  # the print ends within it
        found.pop()
    return found


def _rows(event, step):
    """The rows printed behind the last event of a statement."""
    row = image = None
    number = None
    for line in event.lines:
        value = _VALUE.match(line)
        if not line.startswith("###") and image is not None and number and not line.startswith("#"):
            image[number] = (image[number][0] + "\n" + line, "")  # a value with a line break that the tool did not escape
            continue
        if "!! Don't know how to handle column type" in line:
            step.gave_up = True
        elif value:
            if row is None:
                raise NotUnderstood(f"a value without a row at {event.at}")
            number, parts = int(value[1]), _TYPE.match(value[2])
            image[number] = (parts[1], parts[2]) if parts else (value[2], "")
        elif line.startswith("###      "):  # the further parts of a JSON difference
            parts = _TYPE.match(image[number][0] + "\n" + line[9:])
            image[number] = (parts[1], parts[2]) if parts else (image[number][0] + "\n" + line[9:], image[number][1])
        elif line == "### SET":
            image = row.after = {}
        elif line == "### WHERE":
            image = row.before = {}
        elif line.startswith("### Extra row info") or not line.startswith("###"):
            number = None
        else:
            match = _ROW.match(line)
            if not match:
                raise NotUnderstood(f"the line {line[:100]!r} at {event.at}")
            row = Row(_OPS[match[1]], *(name.replace("``", "`") for name in match.group(2, 3)))
            step.rows.append(row)


_ASSIGNMENT = re.compile(r"@@(?:session\.)?(\w+)=([^,*/]+)")


class Session:
    """What the tool has said of the session so far: it prints a setting when it changes."""

    def __init__(self):
        self.database = ""
        self.values = {}

    def take(self, event):
        """The settings that were printed with this event, by name."""
        printed = {}
        for line in event.lines:
            if line.startswith("use `"):
                printed["database"] = self.database = line[5:line.rindex("`")].replace("``", "`")
            elif line.startswith("SET TIMESTAMP="):
                printed["timestamp"] = line[len("SET TIMESTAMP="):line.rindex(_END)]
            elif _SESSION.match(line):
                for name, value in _ASSIGNMENT.findall(line.split("&~")[0]):
                    printed[name] = value.strip().strip("'")
        self.values.update({name: value for name, value in printed.items() if name not in ("database", "timestamp")})
        return printed


_INTVAR = re.compile(r"SET (LAST_INSERT_ID|INSERT_ID)=(-?\d+)/\*!\*/;$")
_RAND = re.compile(r"SET @@RAND_SEED1=(\d+), @@RAND_SEED2=(\d+)/\*!\*/;$")
_USER_VAR = re.compile(r"SET @`((?:[^`]|``)*)`:=(.*)/\*!\*/;$", re.DOTALL)
_GTID = re.compile(r"SET @@SESSION\.GTID_NEXT= '([^']*)'/\*!\*/;$")


def _user_value(text):
    """A text is printed as _charset X'…' COLLATE `…` or _charset 0x… COLLATE …: its hex digits are what can be compared."""
    match = re.match(r"_\w+ (?:X'([0-9A-Fa-f]*)'|0x([0-9A-Fa-f]*))", text)
    return (match[1] or match[2] or "").upper() if match else text


class Steps:
    """Events into steps. Before servers had GTIDs a transaction is BEGIN to COMMIT, or a lone statement with what is said before it."""

    def __init__(self, tool):
        self.tool = tool
        self.steps = []
        self.session = Session()
        self.state = "between"      # started: a GTID was seen; open: BEGIN as well
        self.begun = None
        self.prelude, self.prelude_at = [], None
        self.statement = None       # the rows of the statement under way
        self.blocks = 0

    def run(self, printed):
        for event in printed:
            handler = None if event.kind == "Gtid" else getattr(self, "on_" + event.kind.lower(), None)
            if handler:
                handler(event)
            elif event.kind.lower().startswith(("write_", "update_", "delete_")):
                self.rows(event)
            elif event.lines and event.lines[0].startswith(("#Begin_load_query", "#Append_block", "#Exec_load", "#Delete_file")):
                self.load(event)
            elif event.kind not in ("Start", "Stop", "Rotate", "Previous-GTIDs", "Gtid", "Binlog", "Table_map", "Ignorable", "Rows_query",
                                    "Annotate_rows", "Transaction_Payload", "Heartbeat", "Transaction_context", "View_change", "User", ""):
                raise NotUnderstood(f"an event {event.kind!r} at {event.at}")
        return self.steps

    def _give(self, what, event, **fields):
        step = Step(what, event.at, fields)
        self.steps.append(step)
        return step

    # ---- Transactions ----

    def _begin(self, event, at=None, **fields):
        self.begun = self._give("begin", event, at=event.at if at is None else at, server_id=event.server_id, time=event.time, **fields)
        self.state = "started"

    def _begin_anonymous(self, event):
        self._begin(event, at=self.prelude_at)

    def _end(self, event, how, **fields):
        empty = self.steps and self.steps[-1] is self.begun
        if how in ("prepare", "one phase"):
            empty = False  # a branch that changed nothing is one all the same
        self._give("end", event, how="empty" if empty else how, end=event.end, **fields)
        self.prelude, self.prelude_at = [], None
        self.state, self.begun = "between", None

    def on_table_map(self, event):
        if self.state == "between" and self.prelude_at is None:
            self.prelude_at = event.at

    def on_gtid(self, event):
        if self.tool == "mariadb":
            return self._mariadb_gtid(event)
        fields = {}
        for name, ours in (("last_committed", "last_committed"), ("sequence_number", "sequence_number"), ("transaction_length", "length"),
                           ("original_committed_timestamp", "original_commit"), ("immediate_commit_timestamp", "immediate_commit")):
            match = re.search(rf"\b{name}=(\d+)", event.text)
            if match:
                fields[ours] = int(match[1])
        for line in event.lines:
            gtid = _GTID.match(line)
            version = re.match(r"/\*!80014 SET @@session\.(original|immediate)_server_version=(\d+)\*/", line)
            if gtid:
                fields["gtid"] = "" if gtid[1] == "ANONYMOUS" else gtid[1]
            elif version:
                fields[version[1] + "_version"] = 0 if version[2] == "999999" else int(version[2])
        self._begin(event, **fields)

    on_anonymous_gtid = on_gtid

    def _mariadb_gtid(self, event):
        gtid = re.match(r" (\d+-\d+-\d+)", event.text)
        commit = re.search(r" cid=(\d+)", event.text)
        self._begin(event, gtid=gtid[1], commit_id=int(commit[1]) if commit else 0)
        if any(line in ("START TRANSACTION", "BEGIN") or line.startswith("XA START") for line in event.lines):
            self.state = "open"

    def on_ignorable(self, event):
        """What MariaDB's tool says of MySQL's GTID events: that a transaction begins, and nothing of it."""
        if any("(MySQL Gtid)" in line or "(MySQL Anonymous_Gtid)" in line for line in event.lines):
            self._begin(event)

    def on_xid(self, event):
        if event.text.startswith(" = X'"):  # how MariaDB's tool prints MySQL's XA PREPARE
            return self._end(event, "prepare", xa=event.text[3:])
        self._end(event, "xid", xid=int(re.search(r"= (\d+)", event.text)[1]))

    def on_xa(self, event):
        one_phase = any(line.startswith("XA COMMIT") for line in event.lines) or (event.sql or "").startswith("XA COMMIT")
        self._end(event, "one phase" if one_phase else "prepare", xa=event.text.strip().partition(" ")[2])

    # ---- Statements ----

    def on_intvar(self, event):
        self._prelude(event, _INTVAR, lambda m: (m[1].lower(), int(m[2])))

    def on_rand(self, event):
        self._prelude(event, _RAND, lambda m: ("rand", int(m[1]), int(m[2])))

    def on_user_var(self, event):
        self.session.take(event)
        self._prelude(event, _USER_VAR, lambda m: ("user_var", m[1].replace("``", "`"), _user_value(m[2])))

    def _prelude(self, event, pattern, make):
        found = [make(match) for match in map(pattern.match, event.lines) if match]
        if len(found) != 1:
            raise NotUnderstood(f"{event.kind} at {event.at}: {event.lines[:3]}")
        if self.prelude_at is None:
            self.prelude_at = event.at
        self.prelude.append(found[0])

    def load(self, event):
        """A part of a file. MySQL 4's EXEC_LOAD runs the statement that came with the file's first part: it is printed there, without
        what a query's header has."""
        if self.prelude_at is None:
            self.prelude_at = event.at
        texts = [line for line in event.lines if line.startswith("LOAD DATA ")]
        if event.lines and event.lines[0].startswith("#Exec_load") and texts:
            event.sql, event.kind = texts[0].removesuffix(_END), "Execute_load_query"
            self._statement(event, {"timestamp": str(event.time)})
            self.prelude, self.prelude_at = [], None

    def on_query(self, event):
        if event.sql is None:
            return self.load(event)
        printed = self.session.take(event)
        words = event.sql.upper().split()
        if event.sql.upper() == "BEGIN" or words[:2] == ["XA", "START"]:
            if self.state == "between":
                self._begin_anonymous(event)
            self.state = "open"
            if words[0] == "XA":
                self.begun.fields["xa"] = True
        elif words in (["COMMIT"], ["ROLLBACK"]):
            self._end(event, words[0].lower())
        elif words[:2] == ["XA", "END"]:
            pass
        elif words[:2] in (["XA", "COMMIT"], ["XA", "ROLLBACK"]):
            if self.state == "between":
                self._begin_anonymous(event)
            self._give("resolve", event, commit=words[1] == "COMMIT", xa=event.sql.split(" ", 2)[2])
            self._end(event, "resolve")
        elif words[:1] == ["SAVEPOINT"] or words[:2] == ["ROLLBACK", "TO"]:
            self._give("savepoint", event, sql=event.sql, rollback=words[0] == "ROLLBACK")
        else:
            self._statement(event, printed)
        if not (words[:1] == ["BEGIN"]):
            self.prelude, self.prelude_at = [], None

    on_query_compressed = on_query
    on_execute_load_query = on_query

    def _statement(self, event, printed):
        if self.state == "between":
            self._begin_anonymous(event)
        fields = {"sql": event.sql, "at": event.at, "end": event.end, "time": event.time, "printed": printed, "kind": event.kind,
                  "database": self.session.database, "values": dict(self.session.values), "prelude": self.prelude}
        for name, ours in (("thread_id", "thread"), ("exec_time", "seconds"), ("error_code", "error_code"), ("Xid = ", "ddl_xid"), ("xid", "mariadb_xid")):
            match = re.search(rf"\b{name}=?(\d+)", event.text)
            if match:
                fields[ours] = int(match[1])
        self._give("statement", event, **fields)
        if self.state == "started":
            self._end(event, "statement")

    # ---- Rows ----

    def rows(self, event):
        if self.statement is None:
            if self.state == "between":
                self._begin_anonymous(event)
                self.state = "bare"
            self.statement = self._give("rows", event, events=[])
        self.statement.fields["events"].append((event.at, event.end, event.time, event.kind.split("_")[0].lower()))
        _rows(event, self.statement)
        if "STMT_END_F" in event.text:
            self.statement = None
            if self.state in ("started", "bare"):
                self._end(event, "statement")


def steps(lines, tool):
    """`tool` is mysql or mariadb. Returns the events and the steps."""
    printed = events(lines)
    return printed, Steps(tool).run(printed)
