"""Statements of many rows, with what the server's SELECT said of each row before and after, held against leat's lines: what
witness.py does for one row at a time, for millions of values.

It is fast because it remembers: that a cell of a column, as the server gave it, was found to be what leat's text means, is decided
once (values.matches) and then known. An image all of whose cells are known is one text to compare.

Within a statement rows are told by the column `id`, since neither side promises an order; tables without one keep theirs.
"""

import json
import re
from dataclasses import dataclass
from json.decoder import JSONDecoder

from . import documents, values
from .witness import ROWS, Verdict, judge_definition

_HEAD = re.compile(r'\{"op":"(\w+)","db":("(?:[^"\\]|\\.)*"|null),"table":("(?:[^"\\]|\\.)*"|null)')
_NUMBER = re.compile(r'"n":\d+')
_ID = re.compile(r'"id":(-?\d+)')
_scan = JSONDecoder().scan_once


class Row:
    """A row as the server's SELECT gave it: a cell a column, a tuple where it takes several expressions."""
    __slots__ = ("cells", "image")

    def __init__(self, cells):
        self.cells, self.image = cells, None


@dataclass
class Statement:
    """What a statement does: {(op, id): (before, after)}, or a list of (op, before, after) in order."""
    changes: object
    table: object
    partial: bool = False


class Observed:
    """A table whose rows are asked for in bulk."""

    def __init__(self, reader, table, by_id):
        self.reader, self.table, self.by_id = reader, table, by_id
        self.columns = table.columns
        self.path, self.of, self.key = table.path, (table.database, table.name), table.key
        self.names = [column.name for column in self.columns]
        self.known = [{} for _ in self.columns]
        self.prefixes = [json.dumps(name, ensure_ascii=False) + ":" for name in self.names]
        self.widths = [len(column.expressions) for column in self.columns]
        self.plain = all(width == 1 for width in self.widths)
        self.documents = [i for i, column in enumerate(self.columns) if column.type == "json"]
        self.id = self.names.index("id") if by_id else None
        self.judged = False

    def rows(self, where="TRUE", order=""):
        """The rows there are now: {id: Row}, or a list."""
        with self.reader.cursor() as cursor:
            cursor.execute(f"{self.table.select} WHERE {where} {order}")
            found = [Row(self._cells(fetched)) for fetched in cursor.fetchall()]
        return {int(row.cells[self.id]): row for row in found} if self.by_id else found

    def _cells(self, fetched):
        if self.plain:
            return fetched
        cells, at = [], 0
        for width in self.widths:
            cells.append(fetched[at] if width == 1 else fetched[at:at + width])
            at += width
        return tuple(cells)

    def expected(self, at, cell):
        return self.columns[at].expected((cell,) if self.widths[at] == 1 else cell)

    def json_nulls(self, row):
        return [self.names[i] for i in self.documents if self.columns[i].is_json_null(row.cells[i])]

    def image(self, row):
        """The row as leat has to write it, if all of it is known."""
        if row.image is None:
            texts = [known.get(cell) for known, cell in zip(self.known, row.cells)]
            if None in texts:
                return None
            row.image = "{" + ",".join(map(str.__add__, self.prefixes, texts)) + "}"
        return row.image

    def key_text(self, row):
        texts = [self.known[i].get(row.cells[i]) for i in self.key]
        return None if None in texts else "{" + ",".join(self.prefixes[i] + text for i, text in zip(self.key, texts)) + "}"


def split(text):
    """[(name, the value's own text)] of an object, as values.members gives them."""
    found, at = [], 1
    if text == "{}":
        return found
    try:
        while True:
            name, colon = _scan(text, at)
            if text[colon] != ":":
                raise ValueError(f"no colon at {colon}: {text[:60]}")
            _, end = _scan(text, colon + 1)
            found.append((name, text[colon + 1:end]))
            if text[end] == "}":
                break
            if text[end] != ",":
                raise ValueError(f"no comma at {end}: {text[:60]}")
            at = end + 1
    except (StopIteration, IndexError) as end:
        raise ValueError(f"no JSON: {text[:60]}") from end
    if end != len(text) - 1 or text[0] != "{" or len({name for name, _ in found}) != len(found):
        raise ValueError(f"more behind it, or a name twice: {text[:60]}")
    return found


class _Lost(Exception):
    """It isn't clear any more which change a line is about."""


class Judge:
    """Holds leat's lines against statements: Judge(statements).all(lines)."""

    def __init__(self, statements):
        self.tables = {statement.table.of for statement in statements}
        self.statements, self.current = iter(statements), None
        self.verdict = Verdict()
        self.definitions = {}

    def wrong(self, text):
        self.verdict.differences.append(text[:700])

    def all(self, lines):
        """The verdict on these lines, up to where it is no more clear which change a line is about."""
        try:
            for line in lines:
                self.line(line)
            while self.current is not None or self._next():
                self._leave("the end")
        except (_Lost, ValueError) as lost:
            self.wrong(str(lost))
        return self.verdict

    def line(self, text):
        head = _HEAD.match(text)
        if not head:
            if not text.startswith('{"op":"file_part"'):
                self.wrong(f"not understood: {text}")
            return
        op = head[1]
        if head[2] == "null" or head[3] == "null":
            return
        of = json.loads(head[2]), json.loads(head[3])
        if of not in self.tables:
            return
        if op == "schema":
            self.definitions[of] = json.loads(text)
        elif op in ROWS:
            self._row(op, of, text)

    def _row(self, op, of, text):
        rest = text[_NUMBER.search(text).end():]
        what = f"{op} {text}"
        while self.current is None or not self.current.changes or of != self.current.table.of:
            if self.current is not None:
                self._leave(what)
            elif not self._next():
                raise _Lost(f"a change too many: {text}")
        pair, table = self._pair(op, text, rest), self.current.table
        self.verdict.changes += 1
        if not table.judged:
            table.judged = True
            judge_definition(self.verdict, table.table, self.definitions.get(of))
        self._compare(op, table, *pair, text, rest)

    def _next(self):
        self.current = next(self.statements, None)
        return self.current is not None

    def _leave(self, found):
        """The statement is over: what is left of it must be what the server needn't log, rows that were left as they were."""
        changes = self.current.changes
        missing = [change for change in (changes.values() if isinstance(changes, dict) else [pair for _, *pair in changes]) if not _same(*change)]
        if missing:
            raise _Lost(f"{len(missing)} changes of {self.current.table.path} are missing before {found}")
        self._next()

    def _pair(self, op, text, rest):
        """The change that a line is about, taken out of its statement or of one of those that follow."""
        table = self.current.table
        while self.current is not None and self.current.table is table:
            changes = self.current.changes
            if isinstance(changes, dict):
                name = _ID.search(rest)
                pair = changes.get((op, int(name[1]))) if name else None
                if pair and self._may_be(op, pair, text, rest):
                    return changes.pop((op, int(name[1])))
            while changes and isinstance(changes, list):
                expected, *pair = changes[0]
                if expected == op and self._may_be(op, pair, text, rest):
                    del changes[0]
                    return pair
                if not _same(*pair):
                    raise _Lost(f"{op} {text} is not expected, but {expected}")
                del changes[0]
            self._leave(f"{op} {text}")
        raise _Lost(f"{op} {text} is not expected")

    def _may_be(self, op, pair, text, rest):
        """Whether a line can be about a change. Not so for one that left a row as it was, which needn't be logged, if the line
        tells of another: then it belongs to a later statement."""
        if not _same(*pair):
            return True
        verdict, self.verdict = self.verdict, Verdict()
        self._compare(op, self.current.table, *pair, text, rest)
        verdict, self.verdict = self.verdict, verdict
        return not verdict.differences

    def _compare(self, op, table, before, after, text, rest):
        expected = [table.image(row) for row in (before, after) if row is not None]
        if None not in expected and not self.current.partial and not (table.documents and any(table.json_nulls(row) for row in (before, after) if row)):
            whole = ""
            if table.key:
                whole = f',"key":{table.key_text(after or before)}'
            if before:
                whole += f',"before":{expected[0]}'
            if after:
                whole += f',"after":{expected[-1]}'
            if rest == whole + "}" or rest == whole + ',"last":true}':
                self.verdict.values += len(table.columns) * len(expected) + len(table.key)
                return
        self._slowly(op, table, before, after, text)

    def _slowly(self, op, table, before, after, text):
        line = dict(split(text))
        where = f"{table.path} {line['file']}:{line['pos']} row {line['row']}"
        nulls, diffs = json.loads(line.get("json_null", "{}")), documents.parse(line.get("json_diff", "{}"))
        present = {}
        for image, row in (("before", before), ("after", after)):
            if (row is None) != (image not in line):
                self.wrong(f"{where}: {image} is " + ("not expected" if row is None else "missing"))
            elif row is not None:
                present[image] = self._image(f"{where} {image}", table, row, split(line[image]))
                if nulls.pop(image, []) != [name for name in table.json_nulls(row) if name in present[image]]:
                    self.wrong(f"{where}: json_null {line.get('json_null')}, expected {table.json_nulls(row)} in {image}")
        if nulls or (diffs and not (op == "update" and self.current.partial)):
            self.wrong(f"{where}: json_null tells of {nulls}, json_diff {diffs}")
        if op == "update":
            self._left_out(where, table, before, after, present.get("after", ()), diffs)
        if ("key" in line) != bool(table.key):
            self.wrong(f"{where}: key {line.get('key')}, expected columns {table.key}")
        elif table.key:
            key = split(line["key"])
            if [name for name, _ in key] != [table.names[i] for i in table.key]:
                self.wrong(f"{where}: key {line['key']}")
            for at, (_, raw) in zip(table.key, key):
                self._value(f"{where} key", table, at, (after or before).cells[at], raw)

    def _image(self, where, table, row, found):
        names = [name for name, _ in found]
        if names != table.names:
            self.verdict.absent += len(table.names) - len(names)
            have = set(names)
            if not self.current.partial or names != [name for name in table.names if name in have]:
                self.wrong(f"{where}: columns {names}, expected {table.names}")
                return have
        texts = dict(found)
        for at, name in enumerate(table.names):
            if name in texts:
                self._value(where, table, at, row.cells[at], texts[name])
        return texts.keys()

    def _value(self, where, table, at, cell, raw):
        self.verdict.values += 1
        known = table.known[at]
        if known.get(cell) == raw:
            return
        expected = table.expected(at, cell)
        if values.matches(raw, expected):
            known[cell] = raw
        else:
            self.wrong(f"{where}: {table.names[at]} ({table.columns[at].column_type[:60]}) is {raw[:160]}, expected {str(expected)[:160]}")

    def _left_out(self, where, table, before, after, present, diffs):
        """What an after image leaves out is as it was before, but for documents whose changes are told."""
        for at, name in enumerate(table.names):
            if name in present:
                continue
            one, other = before.cells[at], after.cells[at]
            if name in diffs:
                self.verdict.diffs += 1
                try:
                    changed = documents.changed(documents.parse(one[0]), diffs[name])
                    if changed != documents.parse(other[0]):
                        self.wrong(f"{where}: changes {diffs[name]} of {name} don't make {one[0]} into {other[0]}")
                except (AssertionError, LookupError, TypeError) as error:
                    self.wrong(f"{where}: changes {diffs[name]} of {name}: {error!r}, {one[0]}")
            elif one != other and not table.columns[at].untold:
                self.wrong(f"{where} leaves out {name}, which has changed from {one!r} to {other!r}")


def _same(before, after):
    return before is not None and after is not None and before.cells == after.cells
