"""Character sets: what leat makes of bytes, held against what servers make of them, sequence by sequence and through the binlog.

The tables of the sets were made on MySQL 9.7 (tests/tools/make-charsets); that MariaDB agrees with them is shown here.
"""

import base64
import json
import os
import subprocess
import zlib
from itertools import islice
from pathlib import Path

import pytest
from leatlab import charsets
from leatlab import leat as leat_program

TOP = Path(__file__).resolve().parents[2]
PROBE = Path(os.environ.get("LEAT", TOP / "build/asan/leat")).parent / "charset_probe"
SERVERS = ["mysql", "mariadb-10.11", "mariadb-11.8"]


@pytest.fixture
def server(request, shared_mysql, shared_mariadb):
    return shared_mysql if request.param == "mysql" else shared_mariadb(request.param.partition("-")[2])


@pytest.fixture
def asked(server):
    """A connection that gives bytes as they are."""
    connection = server.connect(charset="latin1", use_unicode=False)
    yield connection
    connection.close()


def probe(*arguments, data=b""):
    return subprocess.run([PROBE, *arguments], input=data, capture_output=True, check=True).stdout


def thinned(space):
    """A space of four places with fewer bytes at the largest of the first three: its ends, and each sixteenth."""
    if len(space) < 4:
        return space
    at = max(range(3), key=lambda place: len(space[place]))
    fewer = list(space[at])
    return (*space[:at], sorted({*fewer[:2], *fewer[::16], *fewer[-2:]}), *space[at + 1:])


@pytest.fixture(scope="module")
def answers(request):
    """What a server answers for the spaces of a set, asked once: answers(server, connection, name) → [(space, answers)]."""
    full, known = request.config.getoption("--full"), {}

    def ask(server, connection, name):
        if server.name.endswith("11.8") and not full:
            pytest.skip("10.11 stands for it but with --full")
        if (server.name, name) not in known:
            spaces = [space if full else thinned(space) for space in charsets.spaces(name)]
            known[server.name, name] = [(space, charsets.answers(connection, name, space)) for space in spaces]
        return known[server.name, name]
    return ask


# ---- Sequences ----

@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_every_sequence_of_every_set_is_what_the_server_says(server, asked, answers):
    names = [name for name in charsets.names(asked) if name != "binary"]
    assert len(names) >= 39
    compared = 0
    for name in names:
        for space, theirs in answers(server, asked, name):
            sequences = charsets.sequences(space)
            ours = probe(name, data=b"".join(bytes([len(sequence)]) + sequence for sequence in sequences))
            if ours != theirs:
                pairs = zip(sequences, ours.split(charsets.END), theirs.split(charsets.END))
                examples = [(sequence.hex(), mine, other) for sequence, mine, other in pairs if mine != other]
                assert not examples[:8], f"{name}: {len(examples)} differ"
            compared += len(sequences)
    print(f"{server.name}: {compared} sequences of {len(names)} sets")
    assert compared > 500_000


def test_what_unit_tests_compare_with_is_what_the_server_says(shared_mysql, answers):
    """tests/data/charsets.txt; the largest spaces only with --full."""
    recorded = (TOP / "tests/data/charsets.txt").read_text().splitlines()
    connection = shared_mysql.connect(charset="latin1", use_unicode=False)
    for name in charsets.names(connection):
        for whole, (space, theirs) in zip(charsets.spaces(name), answers(shared_mysql, connection, name) if name != "binary" else []):
            places = " ".join(map(charsets.ranges, whole))
            line = next(line for line in recorded if line.startswith(f"{name} ") and line.endswith(f" {places}"))
            if space == whole:
                assert line.split()[1] == f"{zlib.crc32(theirs):08x}", line
    connection.close()


def test_tables_are_what_the_generator_writes(request):
    if not request.config.getoption("--full"):
        pytest.skip("half a minute: with --full")
    done = subprocess.run([TOP / "tests/tools/make-charsets", "--check"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("same") == 5, done.stdout + done.stderr


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_every_collation_has_the_servers_set(server):
    ours = dict(line.split() for line in probe("collations").decode().splitlines())
    if server.kind == "mysql":
        theirs = server.sql("SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS")
    else:
        theirs = server.sql("SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY")
    assert len(theirs) > 280
    assert {str(number): name for number, name in theirs} == {str(number): ours.get(str(number)) for number, _ in theirs}


def test_no_collation_is_made_up(shared_mysql, shared_mariadb):
    ours = {int(line.split()[0]) for line in probe("collations").decode().splitlines()}
    theirs = {row[0] for row in shared_mysql.sql("SELECT ID FROM information_schema.COLLATIONS")}
    theirs |= {row[0] for row in shared_mariadb("11.8").sql(
        "SELECT ID FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY")}
    assert ours == theirs


# ---- Through the binlog ----

def rows_of(server, database, *more):
    """The `after` images of inserts in the server's last binlog file, {table: [row]}."""
    server.sql("FLUSH BINARY LOGS")
    done = leat_program.run("decode", server.binlogs()[-2], "--table", f"{database}.*", *more)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = {}
    for line in map(json.loads, done.stdout.split("\n")[:-1]):
        if line["op"] == "insert":
            rows.setdefault(line["table"], []).append(line["after"])
    return rows


def fresh(server, name):
    server.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4; FLUSH BINARY LOGS")
    return name


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_every_character_passes_through_the_binlog(server, asked, answers):
    """All of a set as one LONGTEXT (a part of those with a million); its ends and middle in CHAR, VARCHAR, ENUM and SET; spaces
    at the end."""
    database = fresh(server, "charset_characters")
    expected = {}
    for name in charsets.names(asked):
        if name == "binary":
            continue
        characters = charsets.characters(answers(server, asked, name))
        seen = [(code, text) for code, text in characters.items() if text.isprintable() and not text.isspace() and text not in ",'\\`\""]
        some = [seen[0], seen[len(seen) // 2], seen[-1], *islice(reversed(seen), 1, 4)]
        short, space = b"".join(code for code, _ in some), next(code for code, text in characters.items() if text == " ")
        literals = [f"'{text}'" for _, text in seen[len(seen) // 2:][:3]]
        server.sql(f"""
            CREATE TABLE {database}.{name} (c CHAR(20), v VARCHAR(20), t LONGTEXT, e ENUM({','.join(literals)}),
              s SET({','.join(literals)})) CHARACTER SET {name} COLLATE {name}_bin;
            INSERT INTO {database}.{name} VALUES
              (_{name} x'{(short + space).hex()}', _{name} x'{(short + space).hex()}', _{name} x'{b''.join(characters).hex()}', 1, 7),
              (_{name} x'{(space + short).hex()}', _{name} x'{(space * 3).hex()}', '', 3, 2), ('', '', NULL, NULL, 0)""")
        # The server's own SELECT, as text of utf8mb4. PyMySQL would take an empty SET for text.
        expected[name] = [{"c": c, "v": v, "t": t, "e": e, "s": s.split(",") if s else []}
                          for c, v, t, e, s in server.sql(f"SELECT * FROM {database}.{name}")]
        assert expected[name][0]["t"] == "".join(characters.values())
    found = rows_of(server, database)
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert len(found) >= 39
    server.sql(f"DROP DATABASE {database}")


def is_object(value, name, data):
    return value == {"charset": name, "base64": base64.b64encode(data).decode()}


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_bytes_without_a_character_come_as_an_object(server, asked):
    """Whatever a server lets into a column and then shows as a replacement is there with all of its bytes."""
    database = fresh(server, "charset_bytes")
    cases = {"cp1251": b"a\x98b", "tis620": b"\xdb", "big5": b"a\xa1\x5a", "hebrew": b"\xa1", "euckr": b"\xfe\xfe"}
    if server.kind != "mysql":
        cases.update({"ucs2": b"\xd8\x00", "eucjpms": b"\x8f\xa1\xa1"})
    kept = {}
    for name, data in cases.items():
        server.sql(f"""
            CREATE TABLE {database}.{name} (k VARCHAR(9) CHARACTER SET {name} PRIMARY KEY, good VARCHAR(9) CHARACTER SET {name});
            SET sql_mode='';
            INSERT INTO {database}.{name} VALUES (_{name} x'{data.hex()}', _{name} x'{charsets.QUESTION_MARK.get(name, b'?').hex()}')""")
        with asked.cursor() as cursor:
            cursor.execute(f"SELECT CAST(k AS BINARY) FROM {database}.{name}")
            kept[name] = cursor.fetchall()[0][0]
    assert sum(kept[name] == data for name, data in cases.items()) >= 4, kept
    found = rows_of(server, database)
    for name, data in kept.items():
        row = found[name][0]
        if data == cases[name]:
            assert is_object(row["k"], name, data), (name, row)
        assert row["good"] == "?"
    # What docs/formats/leat.md tells to look for on the source.
    for name in kept:
        shown = server.sql(f"SELECT HEX(k) FROM {database}.{name} "
                           f"WHERE CAST(k AS BINARY) <> CAST(CONVERT(CONVERT(k USING utf8mb4) USING {name}) AS BINARY)")
        if kept[name] == cases[name] and name != "ucs2":
            assert shown == [(kept[name].hex().upper(),)], name
    server.sql(f"DROP DATABASE {database}")


@pytest.mark.parametrize("server", SERVERS[:2], indirect=True)
def test_members_without_a_character_come_as_an_object(server):
    database = fresh(server, "charset_members")
    server.sql(f"CREATE TABLE {database}.t (e ENUM('a', x'6298'), s SET('c', x'6498', x'E9')) CHARACTER SET cp1251")
    server.sql(f"INSERT INTO {database}.t VALUES (1, 5), (2, 7)")
    first, second = rows_of(server, database)["t"]
    assert first == {"e": "a", "s": ["c", "й"]}
    assert is_object(second["e"], "cp1251", b"b\x98") and is_object(second["s"][1], "cp1251", b"d\x98"), second
    server.sql(f"DROP DATABASE {database}")


def statements(server, *more):
    server.sql("FLUSH BINARY LOGS")
    done = leat_program.run("decode", server.binlogs()[-2], *more)
    assert done.returncode == 0, done.stderr[-2000:]
    return [line for line in map(json.loads, done.stdout.split("\n")[:-1]) if line["op"] in ("ddl", "statement")]


def run_raw(server, client_set, *texts):
    """Statements as bytes, on a connection whose client character set is this."""
    connection = server.connect(charset="latin1", use_unicode=False)
    with connection.cursor() as cursor:
        cursor.execute(f"SET NAMES {client_set}")
        for text in texts:
            connection.query(text)
    connection.close()


@pytest.mark.parametrize("server", SERVERS[:2], indirect=True)
@pytest.mark.parametrize("client_set,code", [("sjis", "shift_jis"), ("gbk", "gbk"), ("big5", "big5"), ("cp932", "cp932"),
                                             ("cp1251", "cp1251"), ("latin1", "cp1252"), ("ujis", "euc_jp"), ("utf8mb4", "utf-8")])
def test_statements_are_read_in_their_clients_set(server, client_set, code):
    """Their second bytes may be quotes and backslashes of ASCII, and their names those of tables in a filter."""
    names = {"sjis": "ソ能表", "cp932": "ソ能表", "gbk": "乣乗", "big5": "功許蓋", "cp1251": "привет", "latin1": "tätü", "ujis": "ソ能表"}
    name = names.get(client_set, "ソ能表")
    database = fresh(server, "charset_statements")
    text = f"CREATE TABLE {database}.`{name}` (a INT COMMENT '{name}', b CHAR(9) DEFAULT '{name[0]}')"
    run_raw(server, client_set, text.encode(code), f"INSERT INTO {database}.`{name}` (a) VALUES (1)".encode(code))
    made, = statements(server, "--table", f"{database}.{name}")
    assert made["sql"] == text and (made["db"], made["table"]) == (database, name) and made["kind"] == "create_table"
    server.sql("FLUSH BINARY LOGS")
    run_raw(server, client_set, text.replace(name, name + "x", 1).encode(code))
    assert not statements(server, "--table", f"{database}.{name}")
    server.sql(f"DROP DATABASE {database}")


@pytest.mark.parametrize("server", SERVERS[:2], indirect=True)
def test_a_statement_that_is_not_of_its_set_comes_as_an_object(server):
    database = fresh(server, "charset_raw")
    text = f"CREATE TABLE {database}.t (a INT) /* ".encode() + b"\xff\x81 */"
    run_raw(server, "utf8mb4", text)
    made, = statements(server)
    assert is_object(made["sql"], "utf8mb4", text), made
    assert (made["db"], made["table"]) == (database, "t")
    server.sql(f"DROP DATABASE {database}")
