"""What a server's binlog says, as the server's own mysqlbinlog or mariadb-binlog reads it: tests hold leat's output against
this, never leat.

Reads `mysqlbinlog -vv --base64-output=decode-rows` as it is printed, one file after the other; a record is handed out as
soon as it is complete, so a binlog of any size needs no more memory than its largest statement.
"""

import lzma
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .mysql import client_argv


@dataclass
class Change:
    """One row. `pos` and `end` are where the events of its *statement* begin and end: mysqlbinlog prints the rows of a
    statement behind the last of its events. Within a compressed payload they are the payload's. `number` counts the rows
    of that statement from 0. before and after map the column's number (from 1) to the value as text, types to its type."""
    gtid: str            # None when the transaction is anonymous
    file: str
    pos: int
    end: int
    number: int
    op: str              # insert, update, delete
    database: str
    table: str
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    types: dict = field(default_factory=dict)


@dataclass
class Statement:
    """One query event: DDL, DML that was logged as a statement, or what frames a transaction (`control`)."""
    gtid: str
    file: str
    pos: int
    end: int
    text: str
    timestamp: int
    database: str        # the last that was printed: mysqlbinlog is silent when a statement has no default database

    @property
    def control(self):
        return bool(_CONTROL.match(self.text))


@dataclass
class Transaction:
    """What lies between one GTID event and the next. `ending` is xid, commit, rollback, prepare (XA), or ddl for a lone
    statement; None when the binlog ends within it."""
    gtid: str
    file: str
    pos: int
    end: int
    committed: int       # immediate_commit_timestamp, microseconds; MariaDB has none: 0
    ending: str = None
    items: list = field(default_factory=list)

    @property
    def changes(self):
        return [item for item in self.items if isinstance(item, Change)]

    def _xa(self, *words):
        """The branch in the transaction's first statement of these kinds; None if there is none."""
        for item in self.items:
            match = isinstance(item, Statement) and _XA.match(item.text)
            if match and match[1].upper() in words:
                return match[2]
        return None

    @property
    def branch(self):
        """The XA branch that it prepares or ends, as mysqlbinlog prints it; None for others."""
        return self._xa("START", "END", "COMMIT", "ROLLBACK")  # MariaDB has START in its GTID events

    @property
    def resolves(self):
        """Whether it is the end of a branch that was prepared before."""
        return self._xa("COMMIT", "ROLLBACK") is not None

    @property
    def statements(self):
        """The statements that are not the transaction's own frame: DDL, and DML in statement format."""
        return [item for item in self.items if isinstance(item, Statement) and not item.control]


def transactions(source, start=None, printer=None):
    """Yields the transactions of a server (an object with `binlogs()`), of a file, or of a list of files.

    `start` = (file name, position) leaves out what lies before. `printer` is the argv of the program that reads files that
    don't come from a server: MySQL's mysqlbinlog unless given.
    """
    if printer is None:
        printer = source.printer_argv() if hasattr(source, "printer_argv") else client_argv("mysqlbinlog")
    files = source.binlogs() if hasattr(source, "binlogs") else [source] if isinstance(source, (str, Path)) else source
    files = [Path(file) for file in files]
    if start:
        files = files[[file.name for file in files].index(start[0]):]
    for number, file in enumerate(files):
        options = [f"--start-position={start[1]}"] if start and number == 0 else []
        argv = [*printer, "-vv", "--base64-output=decode-rows", *options, str(file)]
        with tempfile.TemporaryFile() as errors, subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors) as program:
            try:
                yield from parse(program.stdout, file.name)
                if program.wait():
                    errors.seek(0)
                    raise RuntimeError(f"mysqlbinlog {file} failed: {errors.read().decode(errors='replace')}")
            finally:
                program.kill()


def committed(source, start=None, printer=None):
    """The same, with the changes of XA branches where they take effect: a transaction that prepares a branch has none, and the
    one that commits it has the branch's (each item keeps its file and position). A branch that is rolled back, or that nobody
    has ended yet, gives nothing."""
    prepared = {}
    for transaction in transactions(source, start, printer):
        if transaction.ending == "prepare":
            prepared[transaction.branch] = transaction.items
            transaction.items = []
        elif transaction.resolves:
            items = prepared.pop(transaction.branch, None)
            if transaction.ending == "commit":
                if items is None:
                    raise ValueError(f"{transaction.gtid} commits branch {transaction.branch}, which was prepared before {start}")
                transaction.items = transaction.items + items
        yield transaction


def changes(source, start=None, printer=None):
    """All row changes and statements in binlog order, as a list; without what only frames transactions."""
    return [item for transaction in transactions(source, start, printer) for item in transaction.items
            if not (isinstance(item, Statement) and item.control)]


def recorded(binlog):
    """The transactions of a binlog in tests/data, from the print that was recorded beside it: needs no server installed."""
    path = Path(binlog)
    plain = path.with_suffix(".txt")
    with open(plain, "rb") if plain.exists() else lzma.open(path.with_suffix(".txt.xz")) as lines:
        return list(parse(lines, path.name))


def parse(lines, file):
    """Yields the transactions in the printed lines (bytes, as from a pipe or a file opened with "rb") of one binlog."""
    return _Parser(file).run(lines)


_HEADER = re.compile(r"#\d{6} [ \d]\d:\d\d:\d\d server id \d+  end_log_pos (\d+) (?:CRC32 0x[0-9a-f]+ )?\t(.*)")
_GTID = re.compile(r"SET @@SESSION\.GTID_NEXT= '(.*)'/\*!\*/;")
_MARIADB_GTID = re.compile(r"GTID (\d+-\d+-\d+)\b")
_ROW = re.compile(r"### (INSERT INTO|UPDATE|DELETE FROM) `((?:[^`]|``)*)`\.`((?:[^`]|``)*)`$")
_VALUE = re.compile(r"###   @(\d+)=(.*)$", re.DOTALL)
_TYPE = re.compile(r"(.*) /\* (.*?) \*/$", re.DOTALL)  # greedy: a value may hold what looks like a comment
_CONTROL = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT|XA) ?", re.IGNORECASE)
_ROW_EVENTS = ("Write_rows", "Update_rows", "Delete_rows",
               "Write_compressed_rows", "Update_compressed_rows", "Delete_compressed_rows")
_XA = re.compile(r"XA (START|END|COMMIT|ROLLBACK) (\S+)$", re.IGNORECASE)
_OPS = {"INSERT INTO": "insert", "UPDATE": "update", "DELETE FROM": "delete"}
# What mysqlbinlog prints before a query to restore its session; the query itself ends with the delimiter on a line alone.
_SESSION = re.compile(r"(use |SET |/\*!).*/\*!\*/;$")


def _ending(text):
    """How a statement ends a transaction; None if it does not (ROLLBACK TO a savepoint does not)."""
    words = text.upper().split()
    if words[:1] == ["XA"] and words[1:2] in (["COMMIT"], ["ROLLBACK"]):
        return words[1].lower()
    return words[0].lower() if words in (["COMMIT"], ["ROLLBACK"]) else None


class _Parser:
    """Line by line; a mode tells what the next line means: the text of a query, the values of a row, or neither."""

    def __init__(self, file):
        self.file = file
        self.transaction = None
        self.at = self.pos = self.end = 0    # of the last "# at", of the event or statement under way
        self.payload = None                  # (pos, end) of the compressed payload that surrounds the events
        self.query = None                    # lines of the query under way
        self.timestamp = 0
        self.database = ""
        self.framed = False                  # BEGIN or XA START was seen in this transaction
        self.statement_pos = 0               # where the row events of the statement that was last completed begin
        self.rows_pos = None                 # where the first row event of the statement under way begins
        self.change = None
        self.image = None                    # before or after of the change
        self.column = 0
        self.number = 0
        self.kind = ""

    def run(self, lines):
        for raw in lines:
            line = raw.decode(errors="surrogateescape").rstrip("\n")
            if self.query is not None:
                self._query_line(line)
            elif line.startswith("###"):
                self._row_line(line)
            elif line.startswith("# at "):
                self.at = int(line[5:].split()[0])
            elif line.startswith("#"):
                match = _HEADER.match(line)
                if match:
                    finished = self._event(int(match[1]), match[2])
                    if finished:
                        yield finished
                elif line.startswith("# End of compressed events"):
                    self.payload = None
            else:
                match = _GTID.match(line)
                if match and self.transaction:
                    self.transaction.gtid = None if match[1] == "ANONYMOUS" else match[1]
                elif line == "START TRANSACTION":
                    self.framed = True  # MariaDB's GTID event is its BEGIN too
                elif line.startswith("XA COMMIT") and self.kind == "XA":
                    self.transaction.ending = "commit"  # in one phase: the event is a prepare with a flag
        if self.transaction:
            yield self.transaction

    def _event(self, end, text):
        """The header line of an event. Returns the transaction that it closes, if it does."""
        self.pos, self.end = self.payload or (self.at, end)
        self.kind = re.split(r"[\t:= ]", text, maxsplit=1)[0]
        finished = None
        if self.kind in ("GTID", "Anonymous_GTID"):
            finished, commit = self.transaction, re.search(r"immediate_commit_timestamp=(\d+)", text)
            given = _MARIADB_GTID.match(text)
            self.transaction = Transaction(given and given[1], self.file, self.pos, self.end, int(commit[1]) if commit else 0)
            self.framed = False
        elif self.kind in ("Rotate", "Stop", "Start", "Previous-GTIDs", "Gtid"):
            finished, self.transaction = self.transaction, None
        elif self.kind == "Transaction_Payload":
            self.payload = (self.pos, self.end)
        elif self.kind == "Query":
            self.query = []
        elif self.kind.startswith(_ROW_EVENTS):
            if self.rows_pos is None:
                self.rows_pos = self.pos
            self.number = 0
            if "STMT_END_F" in text:
                self.statement_pos, self.rows_pos = self.rows_pos, None
        elif self.kind == "Xid":
            self.transaction.ending = "xid"
        elif text.startswith("XA PREPARE") or self.kind == "XID":  # MySQL's and MariaDB's
            self.transaction.ending = "prepare"
        if self.transaction:
            self.transaction.end = self.end
        return finished

    def _query_line(self, line):
        if not self.query and _SESSION.match(line):
            if line.startswith("use `"):
                self.database = line[5:line.rindex("`")].replace("``", "`")
            elif line.startswith("SET TIMESTAMP="):
                self.timestamp = int(re.match(r"SET TIMESTAMP=(\d+)", line)[1])
        elif line != "/*!*/;":
            self.query.append(line)
        else:
            statement = Statement(self.transaction.gtid if self.transaction else None, self.file, self.pos, self.end,
                                  "\n".join(self.query), self.timestamp, self.database)
            self.query = None
            self._add(statement)
            ending = _ending(statement.text)
            if ending:
                self.transaction.ending = ending
            elif not statement.control and not self.framed:
                self.transaction.ending = "ddl"
            elif statement.text == "BEGIN" or statement.text.startswith("XA START"):
                self.framed = True

    def _row_line(self, line):
        match = _VALUE.match(line)
        if match:
            self.column = int(match[1])
            self._value(match[2])
        elif line.startswith("###      "):  # a JSON difference with several parts takes a line for each
            self._value(self.image[self.column] + "\n" + line[9:])
        elif line.startswith("### Extra row info"):
            pass  # the partition
        elif line == "### SET":
            self.image = self.change.after
        elif line == "### WHERE":
            self.image = self.change.before
        else:
            match = _ROW.match(line)
            if not match:
                raise ValueError(f"{self.file}:{self.pos}: this line of mysqlbinlog is not understood: {line!r}")
            self.change = Change(self.transaction.gtid if self.transaction else None, self.file, self.statement_pos,
                                 self.end, self.number, _OPS[match[1]], *(g.replace("``", "`") for g in match.groups()[1:]))
            self.number += 1
            self._add(self.change)

    def _value(self, text):
        match = _TYPE.match(text)
        if match:
            self.change.types[self.column] = sys.intern(match[2])
        self.image[self.column] = match[1] if match else text

    def _add(self, item):
        if self.transaction is None:  # a position in the middle of a transaction was asked for
            self.transaction = Transaction(None, self.file, self.pos, self.end, 0)
        self.transaction.items.append(item)
