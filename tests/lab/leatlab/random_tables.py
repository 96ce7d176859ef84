"""A random table and its life: rows of random values are inserted, multiplied, updated in several ways and deleted, and the
server's SELECT says before and after each statement what they are.

Few values are made here, since Python is slow: the server mixes them into many rows, column by column out of different rows.
"""

import json

import pymysql

from . import random_values
from .bulk import Observed, Statement
from .values import quoted
from .witness import Table

# Limits that servers find only with rows: their bytes, a table's, a statement's, what MEMORY holds.
REFUSED = {139, 1114, 1118, 1153, 1264}
MARIADB_WITHOUT_DEFAULT = ("enum", "set", "json_text", "short_text", "wide_text", "long_text", "compressed")
BYTES_MAX = 1 << 20  # of a table's rows
STATEMENT_S = 600


class Player:
    """Connections to a server, and what the tables lived through there: `statements`, for bulk.Judge."""

    def __init__(self, server, database, zone):
        self.server, self.database = server, database
        # A server that doesn't come to an end of a statement is told as a failed round.
        self.writer, self.reader = server.connect(read_timeout=STATEMENT_S), server.connect(conv={}, read_timeout=STATEMENT_S)
        self.flavour = random_values.Flavour(self.writer)
        self.statements, self.refused, self.copies_max = [], {}, 24
        self.run(f"CREATE DATABASE {quoted(database)}", f"USE {quoted(database)}", "SET sql_mode='ALLOW_INVALID_DATES'", f"SET time_zone='{zone}'")
        # A value's text must not depend on what the writer was allowed to write; and what it has not committed yet is seen, too.
        for statement in ("SET time_zone='+00:00', sql_mode=''", "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"):
            with self.reader.cursor() as cursor:
                cursor.execute(statement)

    def close(self):
        self.writer.close()
        self.reader.close()

    def run(self, *statements):
        with self.writer.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def play(self, rng, number):
        """The life of table number N; False if the server refuses such a table."""
        kept, life = len(self.statements), Life(self, rng, f"t{number}")
        try:
            life.live()
            return True
        except pymysql.err.MySQLError as error:
            if life.created and error.args[0] not in REFUSED:
                raise
            self.refused[error.args[0]] = self.refused.get(error.args[0], 0) + 1
            self.run("ROLLBACK")
            del self.statements[kept:]  # what was logged of it is passed over
            return False


class Life:
    def __init__(self, player, rng, name):
        self.player, self.rng, self.flavour, self.name = player, rng, player.flavour, name
        self.partial = self.created = False

    def live(self):
        rng = self.rng
        self.session()
        self.create(*self.definition())
        if rng.random() < 0.3:
            self.player.run("BEGIN")
        self.first_rows()
        if self.observed.by_id:
            self.mixed_rows()
            for _ in range(rng.randint(1, 3)):
                rng.choice([self.exchange, self.exchange, self.assign, self.assign, self.upsert, self.change_documents, self.move])()
            if rng.random() < 0.5:
                self.delete(f"id % 3 = {rng.randrange(3)}")
        else:
            self.assign()
        self.delete("TRUE")
        self.player.run("COMMIT", f"DROP TABLE {self.path}")

    def session(self):
        """What the binlog's form depends on."""
        rng, mariadb = self.rng, self.flavour.mariadb
        images = ["FULL", "FULL", "MINIMAL", "NOBLOB"] + (["FULL_NODUP"] if mariadb and self.flavour.version >= (11, 4) else [])
        image = rng.choice(images)
        settings = {"binlog_row_image": image, "innodb_strict_mode": 0 if mariadb or self.flavour.version < (8, 0) else rng.choice([0, 1])}
        self.partial = image != "FULL"
        if mariadb:
            settings["binlog_annotate_row_events"] = rng.choice([0, 1])
            settings["column_compression_threshold"] = rng.choice([0, 1, 100])
            settings["column_compression_zlib_wrap"] = rng.choice([0, 1])
        else:
            settings["binlog_row_value_options"] = rng.choice(["''", "PARTIAL_JSON"])
            settings["binlog_transaction_compression"] = rng.choice([0, 1])
            settings["binlog_rows_query_log_events"] = rng.choice([0, 1])
            if self.flavour.version >= (8, 0):
                settings["sql_generate_invisible_primary_key"] = rng.choice([0, 1])
            self.partial = self.partial or settings["binlog_row_value_options"] != "''"
        self.player.run("SET " + ", ".join(f"{name}={value}" for name, value in settings.items()))

    # The table.

    def definition(self):
        """(CREATE TABLE's body, whether its rows have an id)"""
        rng = self.rng
        shape = rng.random()
        count = 1017 if shape < 0.015 else rng.randint(61, 400) if shape < 0.06 else rng.randint(1, 60)
        keyed = count == 1 or rng.random() < 0.8
        columns = [random_values.column(rng, self.flavour, count > 200 or rng.random() < 0.1) for _ in range(count - keyed)]
        self.columns, self.nullable, self.defaults, body, names = {}, {}, set(), [], []
        for number, column in enumerate(columns):
            name = f"c{number}"
            sources = [source for source in self.columns if source not in self.defaults]
            if sources and rng.random() < 0.04:
                body.append(self.generated(name, rng.choice(sources)))
                continue
            self.columns[name] = column
            self.nullable[name] = rng.random() < 0.7
            body.append(f"{name} {column.type} {'NULL' if self.nullable[name] else 'NOT NULL'}{self.attributes(name, column)}")
            names.append(name)
        if keyed:
            body.append("id INT")
        if rng.random() < 0.5:
            rng.shuffle(body)
        if keyed:
            body.append(f"PRIMARY KEY ({self.key(names)})")
        return ", ".join(body), keyed

    def generated(self, name, source):
        rng, column = self.rng, self.columns[source]
        kind, expression = rng.choice([(column.type, source), ("VARCHAR(40)", f"LEFT(HEX({source}), 40)"), ("BIGINT", f"LENGTH({source}) + 1")])
        if column.kind in ("geometry", "compressed", "timestamp"):  # TIMESTAMP: its text is each session's own
            kind, expression = "INT", f"{source} IS NULL"
        return f"{name} {kind} AS ({expression}) {rng.choice(['VIRTUAL', 'STORED'])}"

    def attributes(self, name, column):
        """What else is said of a column. An INSERT may leave it out then."""
        rng, words = self.rng, ""
        if column.kind in ("timestamp", "datetime") and rng.random() < 0.2:
            digits = column.type[column.type.index("("):]
            self.defaults.add(name)
            words = f" DEFAULT CURRENT_TIMESTAMP{digits}" + (f" ON UPDATE CURRENT_TIMESTAMP{digits}" if rng.random() < 0.5 else "")
        elif rng.random() < 0.08 and column.kind not in ("geometry", "vector"):
            value = column.value()
            # MySQL 8.0 makes a column's name of x''. MariaDB wants members' texts, and reads its own text of others wrongly.
            if not value.endswith("x''") and not (self.flavour.mariadb and column.kind in MARIADB_WITHOUT_DEFAULT):
                self.defaults.add(name)
                words = f" DEFAULT ({value})"
        if self.nullable[name] and len(self.columns) > 1 and rng.random() < 0.05 and (self.flavour.mariadb or self.flavour.version >= (8, 0)):
            words += " INVISIBLE"
        return words

    def key(self, names):
        """Of `id` alone mostly, else with another column before or behind it."""
        rng = self.rng
        if names and rng.random() < 0.4:
            other = rng.choice(names)
            kind = self.columns[other].kind
            if kind in KEYS and not self.nullable[other]:
                part = other + ("(5)" if kind in ("long_text", "long_bytes") else "")
                return rng.choice([f"{part}, id", f"id, {part}"])
        return "id"

    def create(self, body, keyed):
        other = "Aria" if self.flavour.mariadb else "MyISAM"
        if all(column.kind in random_values.SMALL for column in self.columns.values()) and " AS (" not in body:
            other = "MEMORY"
        engine = self.rng.choice(["InnoDB"] * 8 + ["MyISAM", other]) if keyed else "InnoDB"  # which keeps the order of insertion
        self.path = f"{quoted(self.player.database)}.{self.name}"
        self.player.run(f"CREATE TABLE {self.path} ({body}) ENGINE={engine}")
        self.created = True
        table = Table(self.player.reader, self.player.database, self.name)
        self.observed = Observed(self.player.reader, table, keyed)
        self.names = list(self.columns)

    # Statements: each leaves `now` at what there is afterwards.

    def note(self, changes):
        if changes:
            self.player.statements.append(Statement(changes, self.observed, self.partial))

    def cell(self, name):
        if self.nullable[name] and self.rng.random() < 0.12:
            return "NULL"
        if name in self.defaults and self.rng.random() < 0.3:
            return "DEFAULT"
        return self.columns[name].value()

    def first_rows(self):
        """Rows of values that are made here."""
        rng, keyed = self.rng, self.observed.by_id
        count = rng.randint(2, 6) if len(self.names) > 200 else rng.randint(3, 24)
        rows = [[self.cell(name) for name in self.names] for _ in range(count)]
        self.bytes = sum(len(cell) for row in rows for cell in row) // 2 // count + 1
        head = f"INSERT INTO {self.path} ({', '.join((['id'] if keyed else []) + self.names)}) VALUES "
        step = rng.choice([count, count, 1 + count // 3])
        for at in range(0, count, step):
            self.player.run(head + ", ".join("(" + ", ".join(([str(at + i + 1)] if keyed else []) + row) + ")" for i, row in enumerate(rows[at:at + step])))
        self.now = self.observed.rows()
        if len(self.now) != count:
            raise AssertionError(f"{len(self.now)} rows in {self.path}, {count} were inserted")
        self.first = count
        if keyed:
            self.note({("insert", of): (None, row) for of, row in self.now.items()})
        else:
            self.note([("insert", None, row) for row in self.now])

    def mixed_from(self, copies):
        """(columns, FROM): each column out of one of three rows of the first."""
        first, rng = self.first, self.rng
        columns = ", ".join(f"{rng.choice('abc')}.{name}" for name in self.names)
        numbers = " UNION ALL SELECT ".join(map(str, range(copies)))
        joins = "".join(f" JOIN {self.path} {name} ON {name}.id = 1 + (a.id * {rng.randint(1, first)} + s.r * {rng.randint(1, first)} + "
                        f"{rng.randrange(first)}) % {first}" for name in "bc")
        return columns, f"{self.path} a JOIN (SELECT 0 r UNION ALL SELECT {numbers}) s{joins} WHERE a.id <= {first} AND s.r > 0"

    def mixed_rows(self):
        copies = max(1, min(self.player.copies_max, 15000 // (self.first * (len(self.names) + 1)), BYTES_MAX // (self.bytes * self.first)))
        columns, source = self.mixed_from(copies + 1)
        names = "".join(f", {name}" for name in self.names)
        self.player.run(f"INSERT INTO {self.path} (id{names}) SELECT s.r * {self.first} + a.id{', ' + columns if columns else ''} FROM {source}")
        found = self.observed.rows(f"id > {self.first}")
        if len(found) != copies * self.first:
            raise AssertionError(f"{len(found)} rows in {self.path}, {copies * self.first} were inserted")
        self.note({("insert", of): (None, row) for of, row in found.items()})
        self.now.update(found)

    def updated(self, statement, where="TRUE", shift=0):
        """Runs an UPDATE of the rows `where`, and asks what they are then."""
        before = self.observed.rows(where)
        if before != self.now and not all(self.now[of].cells == row.cells for of, row in before.items()):
            raise AssertionError(f"{self.path} has changed by itself")
        before = {of: self.now[of] for of in before}
        self.player.run(statement)
        after = self.observed.rows()
        changes = {}
        for of, row in before.items():
            changes["update", of + shift] = (row, after[of + shift])
            del self.now[of]
        for of in before:
            self.now[of + shift] = after[of + shift]
        self.note(changes)

    def some(self):
        return self.rng.sample(self.names, self.rng.randint(1, len(self.names)) if self.rng.random() < 0.7 else 1) if self.names else []

    def exchange(self):
        """Values of other rows."""
        names, rng = [name for name in self.some() if name not in self.key_names()], self.rng
        if names:
            where = rng.choice(["TRUE", f"a.id % 3 = {rng.randrange(3)}", f"a.id > {self.first}"])
            other = f"1 + (a.id * {rng.randint(1, self.first)} + {rng.randrange(self.first)}) % {self.first}"
            self.updated(f"UPDATE {self.path} a JOIN {self.path} b ON b.id = {other} SET " + ", ".join(f"a.{name} = b.{name}" for name in names) +
                         f" WHERE {where}", where.replace("a.", ""))

    def key_names(self):
        return {self.observed.names[i] for i in self.observed.key}

    def assign(self):
        """New values, the same for all rows that are updated."""
        names, where = self.some(), self.rng.choice(["TRUE", f"id % 2 = {self.rng.randrange(2)}"])
        if not names:
            return
        pairs = ", ".join(f"{name} = {self.cell(name)}" for name in names)
        if self.observed.by_id:
            self.updated(f"UPDATE {self.path} SET {pairs} WHERE {where} ORDER BY id", where)
            return
        self.player.run(f"UPDATE {self.path} SET {pairs}")
        after = self.observed.rows()
        self.note([("update", *pair) for pair in zip(self.now, after)])
        self.now = after

    def upsert(self):
        """Rows that are there are updated, those that aren't inserted."""
        names = [name for name in self.names if name not in self.key_names()]
        if not names or len(self.observed.key) > 1:
            return
        columns = ", ".join(f"b.{name}" for name in self.names)
        shift = self.rng.randint(0, self.first)
        self.player.run(f"INSERT INTO {self.path} (id, {', '.join(self.names)}) SELECT a.id + 500000 - {shift} * (a.id % 2) * 500000 DIV {max(shift, 1)}, {columns} "
                        f"FROM {self.path} a JOIN {self.path} b ON b.id = 1 + (a.id + {shift}) % {self.first} WHERE a.id <= {self.first} "
                        f"ON DUPLICATE KEY UPDATE " + ", ".join(f"{name} = VALUES({name})" for name in names))
        after = self.observed.rows()
        self.note({("update" if of in self.now else "insert", of): (self.now.get(of), row) for of, row in after.items()})
        self.now = after

    def change_documents(self):
        """In place, where that is possible: with PARTIAL_JSON the binlog then has what changed."""
        rng = self.rng
        names = [name for name in self.names if self.columns[name].kind == "json" and name not in self.key_names()]
        if not names or self.flavour.mariadb:
            self.assign()
            return
        pairs = []
        for name in rng.sample(names, rng.randint(1, len(names))):
            paths = rng.sample(["$.a", "$[0]", "$[last]", '$."é"', "$.a[1]", "$[1].a", "$[3]", "$.b"], 3)
            values = [rng.choice(["1", "'x'", "NULL", "CAST('{\"a\": [1]}' AS JSON)", f"'{'y' * rng.choice([3, 90])}'", "1.5e0", "TRUE"]) for _ in paths]
            made = rng.choice([f"JSON_REMOVE({name}, {', '.join(json_path(path) for path in paths)})"] +
                              [f"{word}({name}, " + ", ".join(f"{json_path(path)}, {value}" for path, value in zip(paths, values)) + ")"
                               for word in ("JSON_SET", "JSON_REPLACE")])
            pairs.append(f"{name} = {made}")
        where = f"id % 4 <> {rng.randrange(4)} AND " + " AND ".join(f"COALESCE(JSON_TYPE({name}) IN ('OBJECT', 'ARRAY'), FALSE)" for name in names)
        # The root itself can't be removed, which JSON_REMOVE('$[0]') of a scalar would be: hence objects and arrays alone.
        self.updated(f"UPDATE {self.path} SET {', '.join(pairs)} WHERE {where} ORDER BY id", where)

    def move(self):
        """Other keys, for rows that stay as they are otherwise."""
        self.updated(f"UPDATE {self.path} SET id = id + 1000000 ORDER BY id DESC", shift=1000000)
        self.updated(f"UPDATE {self.path} SET id = id - 1000000 ORDER BY id", shift=-1000000)

    def delete(self, where):
        before = self.observed.rows(where) if where != "TRUE" and self.observed.by_id else self.now
        self.player.run(f"DELETE FROM {self.path}" + (f" WHERE {where}" if where != "TRUE" else ""))
        if self.observed.by_id:
            self.note({("delete", of): (self.now.pop(of), None) for of in list(before)})
        else:
            self.note([("delete", row, None) for row in self.now])


def json_path(path):
    return f"'{json.loads(json.dumps(path))}'"


KEYS = ("integer", "year", "date", "time", "datetime", "timestamp", "decimal", "short_text", "short_bytes", "enum", "set", "bit", "uuid", "inet4", "inet6",
        "long_text", "long_bytes", "floating")
