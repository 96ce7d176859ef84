"""leat decode --format sql: what it prints, run by the mysql client on another server, does the same changes again, and with
--undo takes them back. The second server's own binlog is the witness: its row images must be the first one's."""

import json
import os
import random
import re
import subprocess

import pymysql
import pytest
from leatlab import random_values
from leatlab.leat import program
from leatlab.mariadb import Mariadb
from leatlab.mysql import Mysql, client_argv
from leatlab.values import members
from leatlab.witness import Witness
from type_cases import CASES
from type_cases_documents import document
import type_cases_numbers  # noqa: F401  each of these registers its cases
import type_cases_times  # noqa: F401
import type_cases_texts  # noqa: F401
import type_cases_documents  # noqa: F401
import type_cases_tables  # noqa: F401
from type_cases_partial import CHANGES, START


@pytest.fixture(scope="module")
def source():
    with Mysql("decodetool-s", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        yield server


@pytest.fixture(scope="module")
def target():
    with Mysql("decodetool-t", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        yield server


def apply(server, sql):
    """By the client program, as users do."""
    done = subprocess.run([*map(str, client_argv("mysql")), f"--socket={server.socket}", "--user=root"], input=sql, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-1500:]


def decode(*arguments, status=0):
    done = subprocess.run([program(), "decode", *map(str, arguments)], capture_output=True)
    assert done.returncode == status, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


def changes(*arguments):
    """Each row change as (op, database, table, before, after), images as they stand in the line."""
    found = []
    for line in decode(*arguments).decode().split("\n")[:-1]:
        if not re.match(r'{"op":"(insert|update|delete)"', line):
            continue
        parts = dict(members(line))
        found.append(tuple(parts.get(name) for name in ("op", "db", "table", "before", "after", "json_null")))
    return found


def mark(server):
    """A new binlog file begins; its name."""
    server.sql("FLUSH BINARY LOGS")
    return server.binlogs()[-1]


def since(server, first):
    return [path for path in server.binlogs() if path.name >= first.name]


def part_of(image, other):
    """Whether all that is in the one image stands just so in the other, which may have more."""
    if image is None:
        return True
    there = dict(members(other))
    return all(there[name] == value for name, value in members(image))


LONG = ("control_characters", "all_of_ascii_and_utf8mb3", "sets_of_any_size", "enums_of_any_size", "every_collation_of_the_sets")
GENERATED = ["sql_generated_and_invisible_columns." + name for name in ("t.v", "t.s", "t.vt", "t.e", "t.ev", "stored.k")]


def test_every_type_makes_the_same_changes_again(source, target, request):
    begun, there, partial = mark(source), mark(target), set()
    cases = [case for case in CASES if request.config.getoption("--full") or case.name not in LONG]
    for case in cases:
        database = f"sql_{case.name}"[:64]
        witness = Witness(source, database, case.session, case.sql_mode, case.partial)
        try:
            case.change(witness)
        finally:
            witness.close()
        partial |= {f'"{database}"'} if case.partial else set()
    apply(target, decode("-f", "sql", "--check", *(f"--generated={name}" for name in GENERATED), *since(source, begun)))
    mine, theirs = changes(*since(target, there)), changes(*since(source, begun))
    assert len(mine) == len(theirs) > 1000
    for one, other in zip(mine, theirs):
        if one[1] in partial:  # the second server has all of each row
            assert one[:3] == other[:3] and part_of(other[3], one[3]) and part_of(other[4], one[4])
        else:
            assert one == other, f"{str(one)[:1500]}\n is not \n{str(other)[:1500]}"
    for server in (source, target):
        for case in cases:
            server.sql(f"DROP DATABASE `{f'sql_{case.name}'[:64]}`")


# ---- There and back ----

class RandomColumn:
    """A column of a random type, and random values of it as SQL."""

    def __init__(self, rng, flavour):
        self.rng, self.column, self.nullable = rng, random_values.column(rng, flavour), rng.random() < 0.7

    def definition(self, name):
        return f"{name} {self.column.type} {'NULL' if self.nullable else 'NOT NULL'}"

    def any(self):
        return "NULL" if self.nullable and self.rng.random() < 0.15 else self.column.value()


class Tables:
    """Random tables on one server, and random changes of them."""

    def __init__(self, server, database, rng, count):
        self.server, self.rng, self.database, self.tables = server, rng, database, []
        self.connection = server.connect(autocommit=False)
        self.run(f"CREATE DATABASE {database}")
        self.run(f"USE {database}")
        self.run("SET sql_mode='ALLOW_INVALID_DATES'")
        flavour = random_values.Flavour(self.connection)
        while len(self.tables) < count:
            columns = [RandomColumn(rng, flavour) for _ in range(rng.randint(2, 12))]
            name, keyed = f"t{len(self.tables)}", rng.random() < 0.6
            body = ", ".join((["id INT PRIMARY KEY"] if keyed else ["id INT"]) + [c.definition(f"c{i}") for i, c in enumerate(columns)])
            if self.run(f"CREATE TABLE {name} ({body})"):
                self.tables.append((name, columns))
        self.next = 0

    def run(self, statement):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
            return True
        except pymysql.err.MySQLError:
            return False

    def change(self, transactions):
        for _ in range(transactions):
            for _ in range(self.rng.randint(1, 4)):
                name, columns = self.rng.choice(self.tables)
                kind, low = self.rng.random(), self.rng.randint(0, self.next + 1)
                where = f"id BETWEEN {low} AND {low + self.rng.randint(0, 4)}"
                if kind < 0.5:
                    for _ in range(self.rng.randint(1, 3)):
                        self.next += 1
                        values = ", ".join(column.any() for column in columns)
                        self.run(f"INSERT INTO {name} VALUES ({self.next}, {values})")
                elif kind < 0.8:
                    chosen = self.rng.sample(range(len(columns)), self.rng.randint(1, len(columns)))
                    sets = ", ".join(f"c{i} = {columns[i].any()}" for i in chosen)
                    self.run(f"UPDATE {name} SET {sets} WHERE {where}")
                else:
                    self.run(f"DELETE FROM {name} WHERE {where}")
            self.run("ROLLBACK" if self.rng.random() < 0.1 else "COMMIT")
        self.run("COMMIT")

    def checksums(self, server):
        names = ", ".join(f"{self.database}.{name}" for name, _ in self.tables)
        return [tuple(row) for row in server.sql(f"CHECKSUM TABLE {names}")]


def test_there_and_back(source, target, request):
    """Random tables: the same on the second server, then back to what they were in the middle."""
    seed = random.SystemRandom().randrange(1 << 31)
    print(f"seed {seed}")
    transactions = 400 if request.config.getoption("--full") else 60
    begun = mark(source)
    tables = Tables(source, "random_there_and_back", random.Random(seed), 8)
    tables.change(transactions)
    middle, then = tables.checksums(source), mark(source)
    tables.change(transactions)
    end, last = tables.checksums(source), mark(source)
    files = [path for path in since(source, begun) if path != last]
    first, second = [path for path in files if path.name < then.name], [path for path in files if path.name >= then.name]
    apply(target, decode("-f", "sql", "--check", *first))
    assert tables.checksums(target) == middle
    apply(target, decode("-f", "sql", "--check", *second))
    assert tables.checksums(target) == end != middle
    undo = decode("--undo", *second)
    apply(target, undo)
    assert tables.checksums(target) == middle
    apply(target, decode("-f", "sql", "--check", *second))
    assert tables.checksums(target) == end
    for server in (source, target):
        server.sql("DROP DATABASE random_there_and_back")


@pytest.mark.parametrize("image", ["FULL", "MINIMAL"])
def test_documents_after_each_partial_update(source, target, image):
    """After each statement the documents are the same on the second server; with full images they come back, too."""
    database = f"partial_{image.lower()}"
    one, begun, steps = f"{database}.t", mark(source), []
    source.sql(f"CREATE DATABASE {database}; CREATE TABLE {one} (i INT, j JSON, k JSON, n INT{', PRIMARY KEY (i)' if image == 'MINIMAL' else ''}); "
               f"INSERT INTO {one} VALUES (1, {document(START)}, '[1]', 0)")
    select = f"SELECT i, j, k, n FROM {one}"
    setup, kept = [path for path in since(source, begun)], [source.sql(select)]
    apply(target, decode("-f", "sql", *setup))
    for number, change in enumerate(CHANGES):
        begun = mark(source)
        source.sql(f"SET binlog_row_value_options=PARTIAL_JSON, binlog_row_image={image}; UPDATE {one} SET j = {change}, n = {number + 1}")
        sql = decode("-f", "sql", "--check", begun)
        apply(target, sql)
        steps.append(begun)
        kept.append(source.sql(select))
        assert target.sql(select) == kept[-1], f"{change}: {sql.decode()[-1500:]}"
    assert kept[0] != kept[-1]
    if image == "FULL":
        while steps:
            apply(target, decode("--undo", steps.pop()))
            kept.pop()
            assert target.sql(select) == kept[-1]
    for server in (source, target):
        server.sql(f"DROP DATABASE {database}")


def test_names_that_the_binlog_lacks_can_be_given(source, target):
    """With the server's default metadata an INSERT goes by the columns' order, and all else needs their names."""
    source.sql("CREATE DATABASE minimal; CREATE TABLE minimal.t (id INT PRIMARY KEY, v VARCHAR(20), e ENUM('a', 'b'))")
    target.sql("CREATE DATABASE minimal; CREATE TABLE minimal.t (id INT PRIMARY KEY, v VARCHAR(20), e ENUM('a', 'b'))")
    source.sql("SET GLOBAL binlog_row_metadata=MINIMAL")
    begun = mark(source)
    source.sql("INSERT INTO minimal.t VALUES (1, 'x', 'b'), (2, 'y', NULL); UPDATE minimal.t SET v = 'z' WHERE id = 2; DELETE FROM minimal.t WHERE id = 1")
    source.sql("SET GLOBAL binlog_row_metadata=FULL")
    files = since(source, begun)
    refused = subprocess.run([program(), "decode", "-f", "sql", *files], capture_output=True, text=True)
    assert refused.returncode == 17 and "--columns minimal.t=" in refused.stderr
    assert "INSERT INTO `minimal`.`t` VALUES (1, 'x', 2);" in refused.stdout
    named = ["--columns", "minimal.t=id*,v,e"]
    sql = decode("-f", "sql", *named, *files)
    assert b"WHERE `id` = 2;" in sql
    apply(target, sql)
    assert target.sql("SELECT * FROM minimal.t") == source.sql("SELECT * FROM minimal.t") == [(2, "z", None)]
    apply(target, decode("--undo", *named, *files))
    assert target.value("SELECT COUNT(*) FROM minimal.t") == 0
    assert [json.loads(line)["after"]["v"] for line in decode(*named, "--where", "V=z", *files).decode().splitlines() if '"update"' in line] == ["z"]
    wrong = subprocess.run([program(), "decode", "--columns", "minimal.t=id,v", *files], capture_output=True, text=True)
    assert wrong.returncode == 2 and "names 2 columns" in wrong.stderr and "it has 3" in wrong.stderr
    assert subprocess.run([program(), "decode", "--columns", "t=id", *files], capture_output=True).returncode == 2


def test_what_cannot_be_taken_back_says_so_and_prints_nothing(source):
    begun = mark(source)
    source.sql("CREATE DATABASE back; CREATE TABLE back.t (id INT PRIMARY KEY, a INT, b INT); INSERT INTO back.t VALUES (1, 1, 1); ALTER TABLE back.t ADD c INT")
    done = subprocess.run([program(), "decode", "--undo", "--table", "back.t", *since(source, begun)], capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout and "can't be taken back" in done.stderr and "--from " in done.stderr
    begun = mark(source)
    source.sql("SET binlog_row_image=MINIMAL; UPDATE back.t SET a = 2; DELETE FROM back.t")
    done = subprocess.run([program(), "decode", "--undo", "--table", "back.t", *since(source, begun)], capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout and re.search(r"transaction [0-9a-f-]+:\d+ can't be taken back", done.stderr)
    assert subprocess.run([program(), "decode", "--undo", "-f", "leat", begun], capture_output=True).returncode == 2


def test_statements_of_any_words(source, target):
    """Delimiters inside of routines, comments, other character sets and modes, and CREATE TABLE … SELECT."""
    begun = mark(source)
    source.sql("CREATE DATABASE words")
    source.sql("CREATE TABLE words.t (id INT PRIMARY KEY) -- the end", database="words")
    source.sql("CREATE TABLE words.copied AS SELECT 1 AS a, 'é' AS b UNION SELECT 2, 'x'", database="words")
    source.sql("CREATE TABLE words.latin (a VARCHAR(20) DEFAULT 'é')", database="words", charset="latin1")
    source.sql("SET sql_mode='ANSI_QUOTES'; CREATE TABLE \"words\".\"quoted\" (a INT)")
    with source.connect(database="words") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END")
        cursor.execute("CALL p()")
    apply(target, decode("-f", "sql", "--check", *since(source, begun)))
    for query in ("SELECT * FROM words.t", "SELECT * FROM words.copied ORDER BY a", "SHOW CREATE TABLE words.latin", "SHOW CREATE TABLE words.quoted"):
        assert target.sql(query) == source.sql(query), query
    assert target.sql("SHOW CREATE PROCEDURE words.p")[0][2] == source.sql("SHOW CREATE PROCEDURE words.p")[0][2]


def test_what_memory_does_not_hold_goes_through_a_file(source, target, tmp_path):
    """More than a piece of it: the order is still the reverse, over transactions and files."""
    begun = mark(source)
    source.sql("CREATE DATABASE large; CREATE TABLE large.t (id INT PRIMARY KEY, b LONGTEXT)")
    then = mark(source)
    for number in range(12):
        source.sql(f"INSERT INTO large.t VALUES ({number}, REPEAT('{number % 10}', 1000000)), ({number + 100}, NULL)")
        if number % 5 == 0:
            mark(source)
    source.sql("DELETE FROM large.t")
    undo = subprocess.run([program(), "decode", "--undo", *since(source, then)], capture_output=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert undo.returncode == 0 and not list(tmp_path.iterdir()), undo.stderr
    found = re.findall(rb"^(INSERT|DELETE)[^(\n]*(?:\(`id`, `b`\) VALUES \(|WHERE `id` = )(\d+)", undo.stdout, re.M)
    inserted = [int(number) for word, number in found if word == b"INSERT"]
    assert len(inserted) == 24 and [int(number) for word, number in found if word == b"DELETE"] == \
        [number + more for number in range(11, -1, -1) for more in (100, 0)]
    apply(target, decode("-f", "sql", *since(source, begun)))
    apply(target, undo.stdout)
    assert target.value("SELECT COUNT(*) FROM large.t") == 0
    failed = subprocess.run([program(), "decode", "--undo", *since(source, then)], capture_output=True, text=True, env={**os.environ, "TMPDIR": "/nowhere"})
    assert failed.returncode == 1 and "set TMPDIR" in failed.stderr and not failed.stdout


def test_tail_and_the_journal_give_the_same_statements(source, make_leat):
    begun = mark(source)
    start = "{}:{}".format(*source.position())
    relay = make_leat(source, source={"start": start})
    source.sql("CREATE DATABASE ways; CREATE TABLE ways.t (id INT PRIMARY KEY, b BLOB); INSERT INTO ways.t VALUES (1, x'00ff'), (2, 'x'); DELETE FROM ways.t")
    end = "{}:{}".format(*source.position())
    relay.start()
    relay.wait_until_delivered(source)
    assert relay.stop() == 0
    decoded = decode("-f", "sql", *since(source, begun))
    assert decoded.count(b"COMMIT;") == 2 and b"x'00ff'" in decoded
    tail = subprocess.run([program(), "tail", source.url(), "--password-file", source.password_file(), "-f", "sql", "--from", start, "--until", end], capture_output=True)
    cat = subprocess.run([program(), "journal", "cat", relay.folder / "journal", "--format", "sql"], capture_output=True)
    assert tail.stdout == decoded, tail.stderr
    assert cat.stdout == decoded, cat.stderr


def test_mariadb_there_and_back():
    """Its own types come as bytes, JSON as text; conditions and checks mean the same there."""
    body = ("a VARCHAR(20), d DATETIME(6), ts TIMESTAMP(3) NULL, f FLOAT, g GEOMETRY, j JSON, e ENUM('a','b'), i INET6, u UUID, s SET('x','y'), "
            "bl BLOB, de DECIMAL(20,5), l VARCHAR(10) CHARACTER SET latin1")
    row = ("'é', '2024-01-01 00:00:00.5', '2024-01-01 10:00:00.123', 0.1, ST_GeomFromText('POINT(1 2)'), '[1]', 'b', '::1', UUID(), 'x,y', "
           "x'00ff', -1.5, 'é'")
    with Mariadb("decodetool-ms") as source, Mariadb("decodetool-mt") as target:
        def run_there(sql):
            done = subprocess.run([*map(str, target.release.client_argv("mariadb")), "--default-character-set=utf8mb4",
                                   f"--socket={target.socket}", "--user=root"], input=sql, capture_output=True)
            assert done.returncode == 0, done.stderr.decode(errors="replace")[-1500:]

        def sums(server):
            return server.sql("CHECKSUM TABLE m.t, m.k")
        begun = mark(source)
        source.sql(f"CREATE DATABASE m; CREATE TABLE m.t (id INT PRIMARY KEY, {body}); CREATE TABLE m.k ({body})")
        source.sql(f"INSERT INTO m.t VALUES (1, {row}); INSERT INTO m.k VALUES ({row}), ({row.replace('é', 'É')})")
        middle, then = sums(source), mark(source)
        source.sql("UPDATE m.t SET a = 'x', f = 3, e = 'a', u = NULL, i = '10::2', id = 5; INSERT INTO m.t (id) VALUES (2)")
        source.sql("UPDATE m.k SET a = NULL, j = '{}' WHERE a = 'É' LIMIT 1; DELETE FROM m.k WHERE a IS NOT NULL LIMIT 1; DELETE FROM m.t WHERE id = 2")
        end, last = sums(source), mark(source)
        second = [path for path in since(source, then) if path != last]
        run_there(decode("-f", "sql", "--check", *[path for path in since(source, begun) if path.name < then.name]))
        assert sums(target) == middle
        run_there(decode("-f", "sql", "--check", *second))
        assert sums(target) == end != middle
        run_there(decode("--undo", *second))
        assert sums(target) == middle


def test_partial_json_there_and_back(source, target):
    """What changed in a document becomes functions on the column; with and without a key, and with the smallest images."""
    begun = mark(source)
    source.sql("CREATE DATABASE partial; CREATE TABLE partial.t (id INT PRIMARY KEY, j JSON); CREATE TABLE partial.k (a INT, j JSON)")
    document = json.dumps({"a": "x" * 200, "list": [1, 2, {"deep": "y" * 100}], "o]d\"d": None, "é": 1.5}).replace("\\", "\\\\")
    source.sql(f"INSERT INTO partial.t VALUES (1, '{document}'), (2, NULL); INSERT INTO partial.k SELECT * FROM partial.t UNION ALL SELECT 3, j FROM partial.t")
    def sums(server):
        return server.sql("CHECKSUM TABLE partial.t, partial.k")
    middle, then = sums(source), mark(source)
    for change in ("JSON_SET(j, '$.a', CAST('2024-01-02' AS DATE))", "JSON_REPLACE(j, '$.list[2].deep', 1.50, '$.list[0]', 'z')",
                   "JSON_REMOVE(j, '$.list[1]', '$.a')", "JSON_SET(j, '$.\"o]d\\\\\"d\"', JSON_ARRAY(1, NULL), '$.neu', x'00ff')",
                   "JSON_SET(j, '$.é', CAST(7 AS UNSIGNED))"):
        for table in ("t", "k"):
            source.sql(f"SET binlog_row_value_options=PARTIAL_JSON; UPDATE partial.{table} SET j = {change}")
    end, last = sums(source), mark(source)
    second = [path for path in since(source, then) if path != last]
    apply(target, decode("-f", "sql", "--check", *[path for path in since(source, begun) if path.name < then.name]))
    assert sums(target) == middle
    sql = decode("-f", "sql", "--check", *second)
    assert b"JSON_REMOVE(" in sql and b"JSON_REPLACE(" in sql
    apply(target, sql)
    assert sums(target) == end != middle
    assert target.sql("SELECT JSON_TYPE(j->'$.neu') FROM partial.t") == source.sql("SELECT JSON_TYPE(j->'$.neu') FROM partial.t")
    apply(target, decode("--undo", *second))
    assert sums(target) == middle
    begun = mark(source)
    source.sql("SET binlog_row_value_options=PARTIAL_JSON, binlog_row_image=MINIMAL; UPDATE partial.t SET j = JSON_SET(j, '$.list', 5)")
    assert b"JSON_REPLACE(`j`, '$.list', CAST('5' AS JSON)) WHERE `id` = 1;" in decode("-f", "sql", *since(source, begun))
    undo = subprocess.run([program(), "decode", "--undo", *since(source, begun)], capture_output=True, text=True)
    assert undo.returncode == 1 and "can't be taken back" in undo.stderr
