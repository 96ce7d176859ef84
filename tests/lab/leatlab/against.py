"""Holds what leat makes of a binlog against the print of a server's own tool, step by step.

Twice, so that nothing stands between that nobody compares: what rooms `binlog` and `decode` give (decode_probe) against the print, each
field and value converted from leat's exact one into the print's text; and the lines of `leat decode` against decode_probe's values.
"""

import json
import re
import subprocess
from dataclasses import dataclass, field

from . import lines as formatted
from . import printed, prints, rawlog, status_vars


class Different(Exception):
    """The first difference, in words."""


@dataclass
class Tally:
    transactions: int = 0
    statements: int = 0
    rows: int = 0
    values: int = 0
    values_not_printed: int = 0  # the tool gave up on them
    formatted: int = 0           # values of `leat decode`'s lines
    whole_seconds: str = None    # why leat stops without --whole-seconds, where that was needed
    formatted_bytes_only: int = 0  # texts whose character set nothing here knows


@dataclass
class Ours:
    """What leat said: decode_probe's steps in the form of prints.Step, the places of events, and how it ended."""
    steps: list = field(default_factory=list)
    ends: dict = field(default_factory=dict)   # offset of an event -> where leat says that it ends
    error: str = None                          # decode_probe's
    lines: list = field(default_factory=list)  # of `leat decode`
    message: str = None                        # why `leat decode` stopped

    @property
    def stop(self):
        return self.message or self.error


# ---- leat's side ----

def run(probe, leat, path, *options):
    ours = Ours()
    done = subprocess.run([probe, *options, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    records = [json.loads(line.decode("utf-8", "surrogateescape")) for line in done.stdout.splitlines()]
    if not records or records[-1]["is"] != "done":
        raise Different(f"decode_probe died: {done.stderr.decode(errors='replace')[-2000:]}")
    _collect(ours, records)
    decoded = subprocess.run([leat, "decode", *options, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    ours.lines = decoded.stdout.split(b"\n")[:-1]
    if decoded.returncode:
        text = decoded.stderr.decode(errors="replace")
        said = [line.removeprefix("leat: ") for line in text.split("\n") if line.startswith("leat: ") and not line.startswith("leat: warning: ")]
        ours.message = said[0] if said else text or f"exit {decoded.returncode}"
        if decoded.returncode not in (1, 17):
            raise Different(f"leat decode died with {decoded.returncode}: {text[-2000:]}")
    return ours


def _collect(ours, records):
    tables, rows, group = {}, None, None
    for record in records:
        kind = record["is"]
        if kind == "table":
            tables[record["table"]] = record
        elif kind == "event":
            ours.ends[record["offset"]] = record["end"]
        elif kind == "rows":
            if group is None:
                group = prints.Step("rows", record["pos"], {"events": []})
                ours.steps.append(group)
            event = (record["pos"], record["end"], record["time"], {"insert": "write"}.get(record["op"], record["op"]))
            if record["first_row"] == 0:
                group.fields["events"].append(event)
            rows, table = group, tables[record["table"]]
            op, partial = record["op"], record["flags"] & 8
            if record["flags"] & 1:
                group = None
        elif kind == "row":
            rows.rows.append((op, table, record.get("before"), record.get("after"), partial))
        elif kind in ("begin", "statement", "savepoint", "end", "resolve"):
            group = None
            ours.steps.append(prints.Step(kind, record.get("pos"), record))
        elif kind == "error":
            ours.error = record["message"]


# ---- Steps ----

def _equal(what, at, expected, got):
    if expected != got:
        raise Different(f"{at}: {what}: the print has {_short(expected)}, leat {_short(got)}")


def _short(value):
    text = repr(value)
    return text if len(text) < 300 else text[:300] + "…"


class Comparison:
    def __init__(self, log, tool, tally):
        self.log, self.tool, self.tally = log, tool, tally
        self.frames = {frame.offset: frame for frame in log.frames}
        self.hole_offsets = {frame.offset for frame in rawlog.holes(log)}
        # Before 5.1.18 the events within a transaction tell places in the server's cache, if any.
        self.places_wrong = not log.mariadb and log.version == 4 and log.server_version < (5, 1, 18) and bool(self.hole_offsets)
        self.old = log.version != 4
        self.moved = any(f.type == rawlog.ROTATE and (f.flags & rawlog.ARTIFICIAL or f.time == 0) for f in log.frames)
        self.counted = 0

    def place(self, at):
        """Where the event printed at this place of the file lies: its own words, where they are not the file's (relay logs, what was put
        together of several files)."""
        frame = self.frames.get(at)
        if frame is None or not (self.moved or self.hole_offsets) or self.places_wrong or self.old or frame.end == 0:
            return at
        return frame.end - frame.size

    def end(self, at, end):
        return at + self.frames[at].size if (self.places_wrong or self.old) and at in self.frames else end

    # Each compares one printed step with ours.

    def begin(self, theirs, ours):
        fields, got = theirs.fields, ours.fields
        at = fields["at"]
        _equal("where the transaction begins", at, self.place(at), got["pos"])
        for name in ("gtid", "server_id", "time", "last_committed", "sequence_number", "original_commit", "immediate_commit",
                     "original_version", "immediate_version", "length", "commit_id"):
            if name in fields and not (name == "time" and fields["at"] != theirs.at):
                _equal(name, at, fields[name], got[name])
        if theirs.at == at and not self.is_gtid(at):
            _equal("a GTID", at, "", got["gtid"])
        self.tally.transactions += 1

    def is_gtid(self, at):
        frame = self.frames.get(at)
        return frame is not None and frame.type in (33, 34, 42, 162)

    def end_step(self, theirs, ours):
        fields, got = theirs.fields, ours.fields
        at = theirs.at
        _equal("how the transaction ends", at, fields["how"], got["how"])
        _equal("where the transaction ends", at, self.end(at, fields["end"]), got["pos"])
        if "xid" in fields:
            _equal("xid", at, fields["xid"], got["xid"])
        if "xa" in fields:
            _equal("XA branch", at, fields["xa"], _branch(got["xa"]))

    def savepoint(self, theirs, ours):
        _equal("savepoint", theirs.at, theirs.fields["sql"], _text(ours.fields["sql"]))
        _equal("rollback to it", theirs.at, int(theirs.fields["rollback"]), ours.fields["rollback"])

    def rows(self, theirs, ours):
        expected = [(self.place(at), self.end(at, end), time, op) for at, end, time, op in theirs.fields["events"]]
        _equal("rows events (begin, end, time, kind)", theirs.at, expected, ours.fields["events"])
        if not theirs.gave_up:
            _equal("the number of rows", theirs.at, len(theirs.rows), len(ours.rows))
        for number, row in enumerate(theirs.rows):
            last = theirs.gave_up and number + 1 == len(theirs.rows)
            self.row(theirs.at, number, row, ours.rows[number], last)
        left = len(ours.rows) - len(theirs.rows)
        self.tally.rows += len(ours.rows)
        if left > 0:
            self.tally.values_not_printed += sum(len(image or ()) for row in ours.rows[-left:] for image in row[2:4])

    def row(self, at, number, row, ours, gave_up):
        op, table, before, after, partial = ours
        where = f"{at}, row {number}"
        _equal("the change", where, (row.op, row.database, row.table), (op, _text(table["db"]), _text(table["name"])))
        for name, theirs, image in (("before", row.before, before), ("after", row.after, after)):
            if (theirs is None) != (image is None) and not (gave_up and theirs is None):
                raise Different(f"{where}: the {name} image: the print has {_short(theirs)}, leat {_short(image)}")
            if theirs is not None:
                self.image(f"{where}, {name}", table, theirs, {int(k): v for k, v in image.items()}, gave_up, partial and name == "after")

    def image(self, where, table, theirs, image, gave_up, partial):
        if not gave_up:
            _equal("columns of the image", where, sorted(theirs), sorted(image))
        for number in sorted(image):
            column = table["columns"][number - 1]
            if number not in theirs:
                self.tally.values_not_printed += 1
                continue
            text, kind = theirs[number]
            told = re.search(r"meta=(\d+) nullable=(\d)", kind)
            if told:
                _equal(f"column {number}: metadata, nullable", where, (int(told[1]), int(told[2])), (column[1], column[2] >> 1 & 1))
            elif "is_null" in kind or not kind:
                pass  # partial JSON; the print doesn't tell the type
            if isinstance(image[number], dict):
                text = re.sub(r",\n\s*", ", ", text).replace("(\n", "(")
                got = printed.difference(number, image[number]["diffs"])
            else:
                got = printed.value(column, image[number], self.tool)
            if column[0] == printed.FLOAT or column[0] == printed.DOUBLE:
                text, got = text.rstrip(), got.rstrip()
            _equal(f"column {number} (type {column[0]})", where, text, got)
            self.tally.values += 1

    # ---- Statements ----

    def statement(self, theirs, ours):
        fields, got, at = theirs.fields, ours.fields, theirs.at
        _equal("the statement", at, fields["sql"], self.local_file(_text(got["sql"]), fields))
        _equal("where the statement is", at, (self.place(at), self.end(at, fields["end"])), (got["pos"], got["end"]))
        for name in ("thread", "seconds", "error_code"):
            if name in fields:
                _equal(name, at, fields[name], got[name])
        status = status_vars.read(bytes.fromhex(got["status"]))
        self.database(at, fields, _text(got["database"]))
        self.timestamp(at, fields, got, status)
        self.session(at, fields["printed"], fields["values"], got, status)
        if fields.get("ddl_xid") is not None and self.tool == "mysql":
            _equal("Xid of the DDL", at, fields["ddl_xid"], status.get("ddl_xid"))
        if fields.get("mariadb_xid"):
            _equal("xid of the DDL", at, fields["mariadb_xid"], status.get("mariadb_xid"))
        self.prelude(at, fields["prelude"], got.get("prelude", []))
        self.tally.statements += 1

    def local_file(self, sql, fields):
        """LOAD DATA: the tools put their own file's name, and LOCAL, where the statement has the server's."""
        if fields["kind"] != "Execute_load_query":
            return sql
        name = re.search(r"INFILE '(LOCAL_LOAD/[^']*|[^']*SQL_LOAD[^']*)'", fields["sql"])
        return re.sub(r"LOAD DATA\s+(?:LOCAL |CONCURRENT |LOW_PRIORITY )?INFILE '(?:[^'\\]|\\.)*'\s+(?:IGNORE |REPLACE )?(.*)", lambda m:
                      f"LOAD DATA LOCAL INFILE '{name[1]}' {m[1]}", sql, count=1, flags=re.DOTALL) if name else sql

    def database(self, at, fields, database):
        if "database" in fields["printed"]:
            _equal("default database", at, fields["printed"]["database"], database)
        elif database and not (self.frames.get(at) and self.frames[at].flags & rawlog.SUPPRESS_USE):
            _equal("default database", at, fields["database"], database)

    def timestamp(self, at, fields, got, status):
        micros = status.get("micros", 0)
        text = fields["printed"].get("timestamp")
        if text is None:
            raise Different(f"{at}: the print has no TIMESTAMP for this statement")
        seconds, _, fraction = text.partition(".")
        _equal("TIMESTAMP", at, (int(seconds), int((fraction or "0").ljust(6, "0")) if fraction or self.tool == "mysql" else micros),
               (got["time"], micros))

    def session(self, at, said, state, got, status):
        """`said` are the settings printed with this statement, `state` all that were printed up to it: a tool prints what changes."""
        for name, expected in self.settings(state, status).items():
            ours = self.ours_of(name, got, status)
            if ours is None:
                if name in said and name not in ("lc_time_names", "collation_database", "auto_increment_increment", "auto_increment_offset",
                                                 "pseudo_thread_id"):
                    raise Different(f"{at}: {name}: the print has {expected}, leat nothing")
                continue
            _equal(name, at, expected, ours)
        told = {"sql_mode": (1, "sql_mode"), "flags2": (2, "flags2"), "auto_increment": (4, "auto_increment_increment", "auto_increment_offset"),
                "charset": (8, "client_collation", "connection_collation", "server_collation")}
        for name, (bit, *members) in told.items():
            _equal(f"whether {name} is told", at, name in status, bool(got["present"] & bit))
            if name in status:
                values = status[name] if isinstance(status[name], tuple) else (status[name],)
                _equal(name, at, tuple(values), tuple(got[member] for member in members))
        _equal("time zone of the item", at, status.get("time_zone", ""), _text(got["time_zone"]))
        if "rest" in status:
            raise Different(f"{at}: status variable {status['rest'][0]} isn't known here")

    def settings(self, state, status):
        found = {}
        for name, text in state.items():
            if name in ("gtid_domain_id", "server_id", "gtid_seq_no", "skip_parallel_replication", "server_version", "pseudo_slave_mode",
                        "PSEUDO_SLAVE_MODE", "RAND_SEED1", "RAND_SEED2", "GTID_NEXT", "original_commit_timestamp", "original_server_version",
                        "immediate_server_version", "pseudo_thread_id"):
                continue
            if not self.log.mariadb and name in ("check_constraint_checks", "sql_if_exists", "system_versioning_insert_history"):
                continue  # what MariaDB's tool makes of bits that mean something else to MySQL, or nothing
            found[name] = text
        if self.tool == "mariadb":
            found.pop("character_set_client", None)  # a name, of which there are several for a number
        return found

    def ours_of(self, name, got, status):
        """leat's value of a setting as the tools print it; None where the event doesn't tell."""
        flags2 = status.get("flags2")
        bits = {"foreign_key_checks": (26, True), "sql_auto_is_null": (14, False), "unique_checks": (27, True), "autocommit": (19, True)}
        if self.log.mariadb:
            bits |= {"check_constraint_checks": (2, True), "sql_if_exists": (28, False), "explicit_defaults_for_timestamp": (5, False),
                     "system_versioning_insert_history": (37, False)}
        if name in bits:
            bit, inverted = bits[name]
            return None if flags2 is None else str((flags2 >> bit & 1) ^ inverted)
        if name in ("auto_increment_increment", "auto_increment_offset"):
            return str(status.get("auto_increment", (1, 1))[name.endswith("offset")])
        charset = {"character_set_client": 0, "collation_connection": 1, "collation_server": 2}
        if name in charset:
            return str(status["charset"][charset[name]]) if "charset" in status else None
        if name == "collation_database":
            return str(status["collation_database"]) if status.get("collation_database") else "DEFAULT"
        if name == "lc_time_names":
            return str(status.get("lc_time_names", 0))
        if name in ("sql_mode", "time_zone", "default_collation_for_utf8mb4", "sql_require_primary_key", "default_table_encryption",
                    "explicit_defaults_for_timestamp"):
            return str(status[name]) if name in status else None
        raise Different(f"the print has a setting that isn't known here: {name}")

    def prelude(self, at, theirs, ours):
        _equal("what was said before the statement", at, [list(entry) for entry in theirs], [self.printed_prelude(entry) for entry in ours])

    def printed_prelude(self, entry):
        """One entry of decode_probe's in the print's form. MySQL's tool prints texts as _charset 0x… COLLATE …, of which the charset's name
        isn't leat's to know: the bytes are compared, and a number's digits."""
        if entry[0] != "user_var":
            return entry
        _, name, kind, _collation, value = entry
        if value is None:
            text = "NULL"
        elif kind == 0:
            text = value.upper()
        elif kind == 1:
            text = "%.14g" % float.fromhex(value)
        else:
            text = str(value)
        return ["user_var", _text(name), text]

    def run(self, theirs, ours, complete):
        """`complete`: the print goes to the file's end. Returns how many steps were the same."""
        handlers = {"begin": self.begin, "rows": self.rows, "statement": self.statement, "savepoint": self.savepoint, "end": self.end_step,
                    "resolve": self.resolve}
        for number, step in enumerate(theirs):
            if number >= len(ours.steps):
                return number
            got = ours.steps[number]
            if got.what == "rows" and number + 1 == len(ours.steps) and ours.stop:
                return number  # a statement that leat stopped in
            if step.what != got.what:
                raise Different(f"{step.at}: the print has {step.what} {_short(step.fields)}, leat {got.what} {_short(got.fields)}")
            handlers[step.what](step, got)
            self.counted += 1
        if complete and len(ours.steps) > len(theirs):
            raise Different(f"leat has {len(ours.steps) - len(theirs)} steps more than the print, first {ours.steps[len(theirs)]}")
        return len(theirs)

    def resolve(self, theirs, ours):
        _equal("COMMIT or ROLLBACK", theirs.at, theirs.fields["commit"], bool(ours.fields["commit"]))
        _equal("XA branch", theirs.at, theirs.fields["xa"], _branch(ours.fields["xa"]))

    def places(self, events, ours):
        """Each printed event lies where the file has it, and leat was at its end behind it."""
        for event in events:
            frame = self.frames.get(event.at)
            if event.in_payload or frame is None or event.at not in ours.ends:
                continue
            if frame.end and not frame.flags & rawlog.ARTIFICIAL and frame.type not in (rawlog.FORMAT_DESCRIPTION, rawlog.ROTATE, rawlog.STOP):
                expected = self.end(event.at, event.end)
                _equal("end of the event", event.at, expected % 2**32, ours.ends[event.at] % 2**32)


def _branch(hexed):
    """The name of an XA branch as the servers write it: X'…',X'…',format."""
    data = bytes.fromhex(hexed)
    kind, size = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")
    return f"X'{data[12:12 + size].hex()}',X'{data[12 + size:].hex()}',{kind}"


def _text(hexed):
    return bytes.fromhex(hexed).decode("latin-1")


@dataclass
class Verdict:
    outcome: str            # same, different, stopped, no print
    detail: str
    tally: Tally
    stop: str = None        # leat's reason, where it stopped
    covered: bool = True    # the print goes to the file's end


def compare(path, print_path, tool, probe, leat):
    """One binlog. `print_path` None: there is no print, and what leat's two ways say is held against each other only."""
    log, tally = rawlog.read(path), Tally()
    try:
        ours = run(probe, leat, path)
        if ours.stop and "how many digits of a second" in ours.stop:
            # What only the user can know. The print takes them to be whole seconds, and so may this; if they aren't, leat stops.
            tally.whole_seconds = ours.stop
            again = run(probe, leat, path, "--whole-seconds")
            ours = again if not again.stop else ours
            tally.whole_seconds = None if ours.stop else tally.whole_seconds
        if print_path is None:
            formatted.compare(ours, tally)
            return Verdict("no print", f"{len(ours.steps)} steps", tally, ours.stop)
        events, steps = prints.steps(prints.read(print_path), tool)
        printed_at = {event.at for event in events}
        covered = not log.problem and log.magic == rawlog.MAGIC and all(frame.offset in printed_at for frame in log.frames)
        if not covered and steps and steps[-1].what == "rows" and not steps[-1].rows:
            steps.pop()
        comparison = Comparison(log, tool, tally)
        count = comparison.run(steps, ours, covered)
        comparison.places(events, ours)
        formatted.compare(ours, tally)
        if not ours.stop and count < len(steps):
            raise Different(f"leat has {count} of the print's {len(steps)} steps, and did not stop; the next is {steps[count]}")
        if ours.stop:
            return Verdict("stopped", f"behind {count} of {len(steps)} steps", tally, ours.stop, covered)
        return Verdict("same", "", tally, None, covered)
    except (Different, prints.NotUnderstood) as difference:
        return Verdict("different", str(difference), tally)
