"""What MariaDB alone writes, out of its own files: compressed events and columns, images without what didn't change, ALTER TABLE
in two phases, events that don't tell where they end. Values are held against what the server itself says is in the table."""

import base64
import contextlib
import json

import pytest

from leatlab import install
from leatlab.leat import run
from leatlab.mariadb import Mariadb

EVENT_END_AT, HEADER_SIZE = 13, 19


@pytest.fixture(scope="module", params=["10.11", "11.8"])
def maria(request):
    with contextlib.ExitStack() as stack:
        try:
            server = Mariadb(f"forms{request.param}", version=request.param, binlog_alter_two_phase="ON", log_bin_compress_min_len=20)
        except install.Unavailable as why:
            pytest.skip(str(why))
        yield stack.enter_context(server)


def logged(server, text, **connect):
    """The lines of what these statements wrote to the binlog, and the file."""
    server.sql("FLUSH BINARY LOGS")
    server.sql(text, **connect)
    file = server.binlogs()[-1]
    done = run("decode", "--format", "leat", file)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], file


def events(file):
    data, at = file.read_bytes(), 4
    while at + HEADER_SIZE <= len(data):
        size = int.from_bytes(data[at + 9:at + 13], "little")
        yield data[at + 4], int.from_bytes(data[at + EVENT_END_AT:at + EVENT_END_AT + 4], "little")
        at += size


def of_table(server, table, binary):
    """Its rows as the server says them, as leat writes values."""
    def value(name, cell):
        return base64.b64encode(cell if isinstance(cell, bytes) else cell.encode()).decode() if name in binary and cell is not None else cell
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        return [{name: value(name, cell) for name, cell in zip(names, row)} for row in cursor.fetchall()]


COLUMNS = """CREATE OR REPLACE TABLE test.c (a INT PRIMARY KEY, v VARCHAR(100) COMPRESSED, w VARCHAR(1000) COMPRESSED CHARACTER SET latin1,
  b BLOB COMPRESSED, t TEXT COMPRESSED, l LONGTEXT COMPRESSED, vb VARBINARY(200) COMPRESSED, d VARCHAR(5), ti TINYBLOB COMPRESSED,
  v255 VARCHAR(255) COMPRESSED CHARACTER SET latin1, v254 VARCHAR(254) COMPRESSED CHARACTER SET latin1);"""
VALUES = """INSERT INTO test.c VALUES (1, '', '', '', '', '', '', '', '', '', ''), (2, null, null, null, null, null, null, null, null, null, null),
  (3, repeat('ab',50), repeat('é', 500), repeat(x'00ff', 5000), repeat('text ☃', 3000), repeat('l', 1000000), repeat(x'00', 150),
   'd', repeat('t', 254), repeat('q', 255), repeat('r', 254)), (4, 'tiny', 'é', 'q', 't', 'l', 'v', 'd', 'u', 'w', 'x');"""


@pytest.mark.parametrize("setting", ["column_compression_threshold=1", "column_compression_zlib_wrap=ON, column_compression_zlib_level=1",
                                     "column_compression_zlib_level=0"])
@pytest.mark.parametrize("compress", ["OFF", "ON"])
def test_compressed_columns(maria, setting, compress):
    maria.sql(f"SET GLOBAL log_bin_compress={compress}")
    lines, _ = logged(maria, f"{COLUMNS} SET {setting}; {VALUES}")
    expected = of_table(maria, "test.c", ("b", "vb", "ti"))
    assert [line["after"] for line in lines if line["op"] == "insert"] == expected
    types = {column["name"]: column["type"] for line in lines if line["op"] == "schema" for column in line["columns"]}
    assert types["v"] == "varchar(100)" and types["v255"] == "varchar(255)" and "compressed" not in " ".join(types.values())
    lines, _ = logged(maria, "UPDATE test.c SET t = REPEAT('other', 100), d = 'e' WHERE a = 3; DELETE FROM test.c WHERE a IN (3, 4)")
    assert lines[1]["before"] == expected[2] and lines[1]["after"] == {**expected[2], "t": "other" * 100, "d": "e"}
    assert [line["before"] for line in lines if line["op"] == "delete"] == [lines[1]["after"], expected[3]]


def without_place(lines):
    return [{key: value for key, value in line.items() if key not in ("gtid", "pos", "ts_us", "file", "id")} for line in lines]


def test_compressed_events_say_what_plain_ones_say(maria):
    text = ("CREATE OR REPLACE TABLE test.t (a INT PRIMARY KEY, b VARCHAR(300), c MEDIUMTEXT, j JSON, e ENUM('x', 'y'));"
            "INSERT INTO test.t VALUES (1, REPEAT('x', 200), REPEAT('y', 100000), '{\"a\": [1, 2]}', 'y'), (2, NULL, 'z', NULL, NULL);"
            "UPDATE test.t SET b = CONCAT('a new value for ', a), e = 'x'; DELETE FROM test.t WHERE a = 1; DROP TABLE test.t")
    seen = []
    for compress in ("OFF", "ON"):
        maria.sql(f"SET GLOBAL log_bin_compress={compress}")
        lines, file = logged(maria, text)
        seen.append(without_place(lines))
        kinds = {kind for kind, _ in events(file)}
        assert {165, 166, 167, 168} & kinds == ({165, 166, 167, 168} if compress == "ON" else set())
    assert len(seen[0]) == 8 and seen[0] == seen[1]


def test_alter_in_two_phases_is_one_statement(maria):
    maria.sql("CREATE OR REPLACE TABLE test.t (a INT PRIMARY KEY, b INT); INSERT INTO test.t VALUES (1, 5), (2, 5)")
    with maria.connect() as connection, connection.cursor() as cursor:
        cursor.execute("FLUSH BINARY LOGS")
        cursor.execute("SET binlog_alter_two_phase=ON")
        cursor.execute("ALTER TABLE test.t ADD COLUMN c INT DEFAULT 7")
        with pytest.raises(Exception, match="Duplicate entry"):
            cursor.execute("ALTER TABLE test.t ADD UNIQUE KEY (b), ALGORITHM=COPY")
        cursor.execute("INSERT INTO test.t VALUES (3, 6, 8)")
    file = maria.binlogs()[-1]
    printed = maria.mysqlbinlog(file)
    assert all(f"{word} ALTER" in printed for word in ("START", "COMMIT", "ROLLBACK"))
    done = run("decode", file)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["op"], line.get("sql")) for line in lines if line["op"] != "schema"] == [
        ("ddl", "ALTER TABLE test.t ADD COLUMN c INT DEFAULT 7"), ("insert", None)], done.stderr
    assert lines[-1]["after"] == {"a": 3, "b": 6, "c": 8}


def test_after_images_without_what_did_not_change(maria):
    if maria.version == "10.11":
        pytest.skip("binlog_row_image=FULL_NODUP came with MariaDB 11.4")
    maria.sql("CREATE OR REPLACE TABLE test.t (a INT PRIMARY KEY, b VARCHAR(20), c INT, d TEXT)")
    lines, _ = logged(maria, "SET binlog_row_image=FULL_NODUP; INSERT INTO test.t VALUES (1, 'x', 2, NULL); UPDATE test.t SET c = NULL; "
                             "UPDATE test.t SET d = 'y', a = 4")
    updates = [line for line in lines if line["op"] == "update"]
    assert [line["before"] for line in updates] == [{"a": 1, "b": "x", "c": 2, "d": None}, {"a": 1, "b": "x", "c": None, "d": None}]
    assert [line["after"] for line in updates] == [{"c": None}, {"a": 4, "d": "y"}]


def test_events_that_do_not_tell_their_end(maria):
    """From 11.4 on, those that went through the transaction's cache say 0; the sizes of events say where they lie."""
    maria.sql("CREATE OR REPLACE TABLE test.t (a INT PRIMARY KEY)")
    lines, file = logged(maria, "BEGIN; INSERT INTO test.t VALUES (1); INSERT INTO test.t VALUES (2); COMMIT; INSERT INTO test.t VALUES (3)")
    places, at = set(), 4
    data = file.read_bytes()
    while at < len(data):
        places.add(at)
        at += int.from_bytes(data[at + 9:at + 13], "little")
    inserts = [line for line in lines if line["op"] == "insert"]
    assert [line["after"]["a"] for line in inserts] == [1, 2, 3] and {line["pos"] for line in inserts} <= places
    zeros = sum(end == 0 for _, end in events(file))
    assert (zeros > 0) == (maria.version != "10.11"), zeros


def test_times_of_the_older_form_stop_unless_they_are_said_to_have_no_fractions(maria):
    """Their table maps don't tell the digits: even with the rows right, they could be read in two ways."""
    maria.sql("SET GLOBAL mysql56_temporal_format=OFF")
    try:
        maria.sql("CREATE OR REPLACE TABLE test.whole (a TIMESTAMP NULL, b DATETIME, c TIME); "
                  "CREATE OR REPLACE TABLE test.parts (a TIMESTAMP(6) NULL, b DATETIME(6), c TIME(1)); FLUSH BINARY LOGS; SET time_zone='+00:00';"
                  "INSERT INTO test.whole VALUES ('2026-01-31 10:20:30', '2026-01-31 10:20:30', '-10:20:30'), (NULL, NULL, NULL); FLUSH BINARY LOGS;"
                  "INSERT INTO test.parts VALUES ('2026-01-31 10:20:30.5', '2026-01-31 10:20:30.25', '10:20:30.5')")
    finally:
        maria.sql("SET GLOBAL mysql56_temporal_format=ON")
    whole, parts = maria.binlogs()[-2:]
    for file in (whole, parts):
        done = run("decode", file)
        assert done.returncode == 17 and "how many digits of a second" in done.stderr and "--whole-seconds" in done.stderr, done.stderr
    done = run("decode", "--whole-seconds", whole)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["after"] for line in lines if line["op"] == "insert"] == [
        {"a": "2026-01-31T10:20:30Z", "b": "2026-01-31T10:20:30", "c": "-10:20:30"}, {"a": None, "b": None, "c": None}], done.stderr
