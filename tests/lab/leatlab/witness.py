"""Changes a server's tables and bears witness: of each change what the server's own SELECT said before and after it.

Statements run on one connection, so their changes are in the binlog in the order in which they were recorded here; the
SELECTs run on a second one, whose settings (time zone UTC, utf8mb4) have nothing to do with the first one's.
"""

import json
from dataclasses import dataclass, field

from . import documents, values
from .values import Column, quoted

EXAMPLES = 10


class Table:
    """A table as the server describes it: columns in the order of the row image, and the primary key's."""

    def __init__(self, connection, database, name, full=True):
        """full: the binlog tells all of it (binlog_row_metadata)."""
        self.full = full
        self.database, self.name = database, name
        self.path = f"{quoted(database)}.{quoted(name)}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, EXTRA "
                           "FROM information_schema.COLUMNS "
                           "WHERE TABLE_SCHEMA=%s AND TABLE_NAME=%s ORDER BY ORDINAL_POSITION", (database, name))
            mariadb = "MariaDB" in connection.get_server_info()
            self.columns = [Column(*map(_text, row), mariadb=mariadb) for row in cursor.fetchall()]
            cursor.execute(f"SHOW INDEX FROM {self.path}")
            self.key = _key([column.name for column in self.columns], [tuple(map(_text, row)) for row in cursor.fetchall()])
        if not full:
            self.key = []
            for number, column in enumerate(self.columns, 1):
                column.forget(number)
        if not self.columns:
            raise ValueError(f"there is no table {self.path}")
        self.select = "SELECT " + ", ".join(e for column in self.columns for e in column.expressions) + f" FROM {self.path}"


def _key(names, parts):
    """The key that identifies rows, as the server sees it: the primary key, else its first unique one of whole columns that
    can't be NULL. `parts` are SHOW INDEX's rows, which come in the server's own order of keys."""
    indexes = {}
    for _, non_unique, index, _, column, _, _, sub_part, _, nullable, *_ in parts:
        indexes.setdefault((non_unique, index), []).append((column, sub_part, nullable))
    for (non_unique, index), columns in indexes.items():
        usable = all(column is not None and sub_part is None and nullable != "YES" for column, sub_part, nullable in columns)
        if index == "PRIMARY" or (non_unique == "0" and usable):
            return [names.index(column) for column, _, _ in columns]
    return []


def _text(cell):
    return cell.decode() if isinstance(cell, bytes) else cell


@dataclass
class Row:
    """A row as expected: a value a column, and which of them are JSON's null."""
    values: list
    json_nulls: list


@dataclass
class Change:
    op: str
    table: Table
    before: Row = None
    after: Row = None
    partial: bool = False  # the images may leave out columns


@dataclass
class Verdict:
    changes: int = 0
    values: int = 0
    absent: int = 0       # values that partial images left out
    diffs: int = 0        # documents of which only changes were told
    definitions: int = 0  # lines of definitions compared
    differences: list = field(default_factory=list)

    def add(self, other):
        self.changes += other.changes
        self.values += other.values
        self.absent += other.absent
        self.diffs += other.diffs
        self.definitions += other.definitions
        self.differences += other.differences

    def __str__(self):
        text = (f"{self.values} values of {self.changes} changes and {self.definitions} definitions compared, "
                f"{self.absent} absent, {self.diffs} documents by their changes, "
                f"{len(self.differences)} differences")
        return "\n  ".join([text, *self.differences[:EXAMPLES]])


class Witness:
    """session: statements for the connection that writes, such as "SET time_zone='+05:30'"; partial: they let images leave out
    columns; full: tables are told with all their metadata."""

    def __init__(self, server, database, session="", sql_mode="", partial=False, full=True):
        self.server, self.database = server, database
        self.changes, self.partial, self.full = [], partial, full
        self.writer = server.connect()
        self.reader = server.connect(conv={})
        # A value's text must not depend on what the writer was allowed to write; and what it has not committed yet is seen, too.
        self._run(self.reader, "SET time_zone='+00:00', sql_mode=''")
        self._run(self.reader, "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
        self._run(self.writer, f"CREATE DATABASE IF NOT EXISTS {quoted(database)}")
        self._run(self.writer, f"USE {quoted(database)}")
        self._run(self.writer, f"SET sql_mode='{sql_mode}'")
        for statement in filter(None, session.split(";")):
            self._run(self.writer, statement)

    def close(self):
        self.writer.close()
        self.reader.close()

    def sql(self, statement, *arguments):
        """A statement that changes no row; how many rows it affected."""
        return self._run(self.writer, statement, *arguments)

    def create(self, name, definition, options=""):
        """CREATE TABLE in the witness' database, with the body between the brackets."""
        self.sql(f"CREATE TABLE {quoted(name)} ({definition}) {options}")
        return self.table(name)

    def table(self, name, database=None):
        return Table(self.reader, database or self.database, name, self.full)

    def life(self, table, columns, rows):
        """One row, alone in its table: inserted as the first of `rows` (lists of SQL expressions), updated to each of the
        others, deleted. Works for tables without a key, too."""
        names = [quoted(column) for column in columns]
        now = None
        for row in rows:
            if now is None:
                self.sql(f"INSERT INTO {table.path} ({', '.join(names)}) VALUES ({', '.join(row)})")
                now = self._only(table)
                self._note("insert", table, None, now)
                continue
            pairs = ", ".join(f"{name}={value}" for name, value in zip(names, row))
            if not self.sql(f"UPDATE {table.path} SET {pairs}"):
                continue  # the same row again: nothing is written
            before, now = now, self._only(table)
            self._note("update", table, before, now)
        self.sql(f"DELETE FROM {table.path}")
        self._note("delete", table, now, None)

    def lives(self, table, columns, *lists):
        """`life` with columns' values side by side: one list a column, short ones repeated."""
        longest = max(map(len, lists))
        self.life(table, columns, [[values[i % len(values)] for values in lists] for i in range(longest)])

    def many(self, table, columns, rows, update, order):
        """All rows in one INSERT, one UPDATE with the SET clause `update` (of every row), one DELETE; in the order of
        `order`, which must be the primary key's."""
        names = ", ".join(map(quoted, columns))
        self.sql(f"INSERT INTO {table.path} ({names}) VALUES " + ", ".join(f"({', '.join(row)})" for row in rows))
        inserted = self._rows(table, order)
        if len(inserted) != len(rows):
            raise AssertionError(f"{len(inserted)} rows in {table.path}, {len(rows)} were inserted")
        for row in inserted:
            self._note("insert", table, None, row)
        if self.sql(f"UPDATE {table.path} SET {update} ORDER BY {order}") != len(rows):
            raise AssertionError(f"{update} leaves rows of {table.path} as they are")
        updated = self._rows(table, order)
        for before, after in zip(inserted, updated):
            self._note("update", table, before, after)
        self.sql(f"DELETE FROM {table.path} ORDER BY {order}")
        for row in updated:
            self._note("delete", table, row, None)

    def insert(self, table, statement, order, where):
        """An INSERT of the rows that are `where` afterwards, in the order of `order`."""
        self.sql(statement)
        for row in self._rows(table, order, where):
            self._note("insert", table, None, row)

    def update(self, table, assignments, order, where="TRUE"):
        """One UPDATE of rows that all change, in the order of `order`, which must be the primary key's and stay as it is."""
        before = self._rows(table, order, where)
        if self.sql(f"UPDATE {table.path} SET {assignments} WHERE {where} ORDER BY {order}") != len(before):
            raise AssertionError(f"{assignments} leaves rows of {table.path} as they are")
        for row, changed in zip(before, self._rows(table, order, where)):
            self._note("update", table, row, changed)

    def _note(self, op, table, before, after):
        self.changes.append(Change(op, table, before, after, self.partial))

    def _only(self, table):
        rows = self._rows(table)
        if len(rows) != 1:
            raise AssertionError(f"{len(rows)} rows in {table.path}")
        return rows[0]

    def _rows(self, table, order=None, where=None):
        made = []
        with self.reader.cursor() as cursor:
            cursor.execute(table.select + (f" WHERE {where}" if where else "") + (f" ORDER BY {order}" if order else ""))
            for cells in cursor.fetchall():
                row, at = Row([], []), 0
                for column in table.columns:
                    fetched = cells[at:at + len(column.expressions)]
                    at += len(column.expressions)
                    row.values.append(column.expected(fetched))
                    if column.is_json_null(fetched):
                        row.json_nulls.append(column.name)
                made.append(row)
        return made

    @staticmethod
    def _run(connection, statement, *arguments):
        with connection.cursor() as cursor:
            return cursor.execute(statement, arguments or None)


ROWS = ("insert", "update", "delete")


def judge(changes, lines):
    """Holds leat's lines (texts) against recorded changes: same number, same order, every value, and each table's definition.
    Lines of other tables than theirs, and of other kinds, are passed over."""
    verdict = Verdict()
    tables = {(change.table.database, change.table.name) for change in changes}
    expected = iter(changes)
    definitions, judged = {}, set()
    for text in lines:
        line = dict(values.members(text))
        op, of = json.loads(line["op"]), (json.loads(line["db"]), json.loads(line["table"]))
        if of not in tables:
            continue
        if op == "schema":
            definitions[of] = json.loads(text)
            continue
        if op not in ROWS:
            continue
        change = next(expected, None)
        if change is None:
            verdict.differences.append(f"a change too many: {text[:200]}")
            break
        verdict.changes += 1
        if (op, *of) != (change.op, change.table.database, change.table.name):
            verdict.differences.append(f"{text[:200]}: expected {change.op} {change.table.path}")
            continue
        if id(change.table) not in judged:
            judged.add(id(change.table))
            judge_definition(verdict, change.table, definitions.get(of))
        _judge_line(verdict, change, line)
    lost = sum(1 for _ in expected)
    if lost:
        verdict.differences.append(f"{lost} changes are missing at the end")
    return verdict


def judge_definition(verdict, table, line):
    if line is None:
        verdict.differences.append(f"{table.path}: no definition before its first row")
        return
    verdict.definitions += 1
    if not table.full:
        if line["key"] is not None or not {"names", "key"} <= set(line["unknown"]):
            verdict.differences.append(f"{table.path}: key {line['key']}, unknown {line['unknown']}")
        return
    if line["key"] != [table.columns[i].name for i in table.key] or "unknown" in line:
        verdict.differences.append(f"{table.path}: key {line['key']}, unknown {line.get('unknown')}, expected {table.key}")
    for column, told in zip(table.columns, line["columns"]):
        column.told = told["type"]
    theirs = [column.definition() for column in table.columns]
    mine = [{name: column.get(name) for name in ("name", "type", "nullable", "charset", "invisible")} for column in line["columns"]]
    for column, found, expected in zip(table.columns, mine, theirs):
        if column.mariadb and not found["invisible"]:
            expected["invisible"] = None  # MariaDB's stream doesn't tell; definitions that were followed do
        if found != expected:
            verdict.differences.append(f"{table.path}: column {found}, expected {expected}")


def _judge_line(verdict, change, line):
    table = change.table
    where = f"{table.path} {line['file']}:{line['pos']} row {line['row']}"
    nulls = json.loads(line.get("json_null", "{}"))
    diffs = documents.parse(line.get("json_diff", "{}"))
    for image in ("before", "after"):
        row = getattr(change, image)
        if (row is None) != (image not in line):
            verdict.differences.append(f"{where}: {image} is " + ("not expected" if row is None else "missing"))
        elif row is not None:
            present = _judge_values(verdict, f"{where} {image}", table.columns, row.values, line[image], change.partial)
            if nulls.pop(image, []) != [name for name in row.json_nulls if name in present]:
                verdict.differences.append(f"{where}: json_null {line.get('json_null')}, expected {row.json_nulls} in {image}")
    if change.op == "update":
        _judge_left_out(verdict, where, change, {name for name, _ in values.members(line["after"])}, diffs)
    if diffs and (change.op != "update" or not change.partial):
        verdict.differences.append(f"{where}: json_diff {line['json_diff']}"[:600])
    if nulls:
        verdict.differences.append(f"{where}: json_null tells of {nulls}")
    if ("key" in line) != bool(table.key):
        verdict.differences.append(f"{where}: key {line.get('key')}, expected columns {table.key}")
    elif table.key:
        row = change.after or change.before
        _judge_values(verdict, f"{where} key", [table.columns[i] for i in table.key], [row.values[i] for i in table.key], line["key"])


def _judge_left_out(verdict, where, change, present, diffs):
    """What an after image leaves out is as it was before, but for documents whose changes are told."""
    for column, before, after in zip(change.table.columns, change.before.values, change.after.values):
        if column.name in diffs:
            verdict.diffs += 1
            try:
                same = column.name not in present and \
                    documents.changed(documents.parse(before.text), diffs[column.name]) == documents.parse(after.text)
            except (AssertionError, LookupError, TypeError):
                same = False
            if not same:
                verdict.differences.append(f"{where}: changes {diffs[column.name]} of {column.name} don't make {before.text} "
                                           f"into {after.text}"[:600])
        elif column.name not in present and before != after:
            verdict.differences.append(f"{where} leaves out {column.name}, which has changed from {before} to {after}"[:600])


def _judge_values(verdict, where, columns, expected, image, partial=False):
    """Returns the names that the image has."""
    found = values.members(image)
    present = {name for name, _ in found}
    both = [pair for pair in zip(columns, expected) if not partial or pair[0].name in present]
    verdict.absent += len(columns) - len(both)
    if [name for name, _ in found] != [column.name for column, _ in both]:
        verdict.differences.append(f"{where}: columns {[n for n, _ in found]}, expected {[c.name for c in columns]}"[:600])
        return present
    for (name, raw), (column, value) in zip(found, both):
        verdict.values += 1
        if not values.matches(raw, value):
            verdict.differences.append(f"{where}: {name} ({column.column_type[:60]}) is {raw[:160]}, expected {str(value)[:160]}")
    return present
