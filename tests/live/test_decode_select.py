"""leat decode and tail: which changes are shown, how many there are, and whether files are whole."""

import json
import re
import struct
from pathlib import Path

import pytest
from leatlab.leat import run
from leatlab.mysql import Mysql

DATA = Path(__file__).resolve().parents[1] / "data" / "mysql97"
COLUMNS = {
    "i": ("INT", ["-1", "7"]), "u": ("BIGINT UNSIGNED", ["18446744073709551615", "7"]), "b": ("BIT(9)", ["257", "1"]),
    "f": ("FLOAT", ["0.1", "-3e10"]), "d": ("DOUBLE", ["0.1", "1e300"]), "n": ("DECIMAL(20,5)", ["1.5", "-0.00001"]),
    "y": ("YEAR", ["2024", "0"]), "da": ("DATE", ["2024-02-29", "0000-00-00"]), "ti": ("TIME(3)", ["-838:59:59.000", "01:02:03.500"]),
    "dt": ("DATETIME(6)", ["2024-02-29 10:20:30.5", "2024-02-29"]), "ts": ("TIMESTAMP", ["2024-02-29 10:20:30", "0000-00-00 00:00:00"]),
    "c": ("CHAR(10)", ["é", "x"]), "v": ("VARCHAR(20)", ["O'Brien", "NULL"]), "l": ("VARCHAR(20) CHARACTER SET latin1", ["é", "a"]),
    "e": ("ENUM('a','ü','7')", ["ü", "7"]), "s": ("SET('a','b','ü')", ["a,ü", "b"]), "bi": ("BINARY(4)", ["0x01020000", "ab"]),
    "bl": ("BLOB", ["0x00ff", "text"]), "j": ("JSON", ['{"a": 1}', "[]"]),
}


@pytest.fixture(scope="module")
def server():
    with Mysql("decodetool-w") as server:
        yield server


@pytest.fixture(scope="module")
def values(server):
    """A row a value: the column's number and the value's in the id; and one with NULL in every column."""
    body = ", ".join(f"{name} {kind} NULL" for name, (kind, _) in COLUMNS.items())
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'")
        cursor.execute(f"CREATE DATABASE w")
        cursor.execute(f"CREATE TABLE w.t (id INT PRIMARY KEY, {body})")
        cursor.execute("CREATE TABLE w.other (id INT PRIMARY KEY, x INT)")
        cursor.execute("INSERT INTO w.other VALUES (5, 7)")
        for at, (name, (_, texts)) in enumerate(COLUMNS.items()):
            for which, text in enumerate(texts):
                literal = text if text.startswith("0x") else "'" + text.replace("'", "''") + "'"
                if name in ("b", "y"):
                    literal = text
                cursor.execute(f"INSERT INTO w.t (id, {name}) VALUES ({10 * at + which}, {literal})")
        cursor.execute("INSERT INTO w.t (id) VALUES (9999)")
    connection.close()
    return server.binlogs()[-1]


def shown(*arguments, status=0):
    done = run("decode", *arguments)
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n")[:-1] if '"op":"schema"' not in line[:20]]


def ids(lines):
    return [(line.get("after") or line["before"])["id"] for line in lines]


@pytest.mark.parametrize("at,name", enumerate(COLUMNS), ids=list(COLUMNS))
def test_where_by_the_columns_type(values, at, name):
    for which, text in enumerate(COLUMNS[name][1]):
        spelled = f"'{text}'" if text == "NULL" else text
        assert ids(shown(values, "--where", f"{name}={spelled}")) == [10 * at + which], text
        assert ids(shown(values, "--where", f"{name.upper()}={spelled}", "--where", f"id={10 * at + which}")) == [10 * at + which]
        assert ids(shown(values, "--where", f"{name}={spelled}", "--where", "id=9999")) == []
    assert 9999 in ids(shown(values, "--where", f"{name}=NULL"))


OTHER_SPELLINGS = [("n", "+001.50", 0), ("n", "-.00001", 1), ("dt", "2024-02-29T10:20:30.500000Z", 0), ("dt", "2024-02-29 00:00:00", 1),
                   ("ts", "2024-02-29T10:20:30Z", 0), ("ti", "01:02:03.5", 1), ("f", "1e-1", 0), ("bi", "0x0102", 0), ("bl", "x'00FF'", 0),
                   ("bl", "0x74657874", 1)]


@pytest.mark.parametrize("name,text,which", OTHER_SPELLINGS)
def test_where_takes_other_spellings(values, name, text, which):
    assert ids(shown(values, "--where", f"{name}={text}")) == [10 * list(COLUMNS).index(name) + which]


@pytest.mark.parametrize("condition", ["v=o'brien", "c=é ", "i=7.0001", "e=b", "s=ü,x", "u=-1", "da=today", "bl=0x0f0", "n=1.5e0", "f=0,1", "b=b'1'"])
def test_where_is_exact(values, condition):
    done = run("decode", values, "--where", condition)
    assert done.returncode in (0, 2) and '"op":"insert"' not in done.stdout
    if done.returncode:
        assert "by its type" in done.stderr


def test_where_a_column_that_some_tables_have(values):
    assert [line["table"] for line in shown(values, "--where", "x=7")] == ["other"]
    assert shown(values, "--where", "x=8") == []
    done = run("decode", values, "--where", "y_typo=7")
    assert done.returncode == 2 and 'no table that was read has a column "y_typo"' in done.stderr
    done = run("decode", values, "--where", "x=7", "--table", "w.t")
    assert done.returncode == 2 and 'column "x"' in done.stderr
    done = run("decode", values, "--where", "no equals")
    assert done.returncode == 2 and "COLUMN=VALUE" in done.stderr


@pytest.fixture(scope="module")
def life(server):
    """Rows inserted, updated and deleted, several of them in one event."""
    server.sql("FLUSH BINARY LOGS; CREATE DATABASE n; CREATE TABLE n.a (id INT PRIMARY KEY, k INT); CREATE TABLE n.b (id INT, k INT)")
    server.sql("INSERT INTO n.a VALUES (1, 1), (2, 2), (3, 1), (4, 1), (5, 3)")
    server.sql("UPDATE n.a SET k = k + 10 WHERE id > 1")
    server.sql("START TRANSACTION; INSERT INTO n.b SELECT * FROM n.a; DELETE FROM n.a WHERE id < 3; COMMIT")
    server.sql("START TRANSACTION; INSERT INTO n.b VALUES (100, 100); ROLLBACK; ALTER TABLE n.b ADD x INT; FLUSH BINARY LOGS")
    return server.binlogs()[-2]


def test_where_finds_rows_within_events_by_either_image(life):
    lines = shown(life, "--where", "k=11", "--table", "n.a")
    assert [(line["op"], line["row"], line["n"], line["after"]["id"]) for line in lines] == [("update", 1, 2, 3), ("update", 2, 3, 4)]
    lines = shown(life, "--where", "k=1", "--table", "n.a")
    assert [(line["op"], line["row"], (line.get("after") or line["before"])["id"]) for line in lines] == \
        [("insert", 0, 1), ("insert", 2, 3), ("insert", 3, 4), ("update", 1, 3), ("update", 2, 4), ("delete", 0, 1)]
    whole = {(line["pos"], line.get("row")): line for line in shown(life)}
    for line in lines:  # only "last" may differ
        same = dict(whole[line["pos"], line["row"]])
        same.pop("last", None), line.pop("last", None)
        assert line == same


def test_only_some_operations(life):
    assert {line["op"] for line in shown(life, "--op", "delete")} == {"delete"}
    assert {line["op"] for line in shown(life, "--op", "insert,ddl")} == {"insert", "ddl"}
    assert run("decode", life, "--op", "inserts").returncode == 2


def test_counts_are_sqls(server, life):
    lines = run("decode", life, "--count", "--json").stdout
    counted = {(table["db"], table["table"]): table for table in json.loads(lines)["tables"]}
    a, b = counted["n", "a"], counted["n", "b"]
    assert (a["insert"], a["update"], a["delete"], a["ddl"], a["transactions"]) == (5, 4, 2, 1, 4)
    assert (b["insert"], b["update"], b["delete"], b["ddl"], b["transactions"]) == (5, 0, 0, 2, 3)
    assert server.value("SELECT COUNT(*) FROM n.a") == a["insert"] - a["delete"]
    assert server.value("SELECT COUNT(*) FROM n.b") == b["insert"] - b["delete"]
    total = json.loads(lines)["total"]
    assert (total["insert"], total["update"], total["delete"], total["ddl"], total["transactions"]) == (10, 4, 2, 4, 7)
    assert total["bytes"] > 0 and re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", total["first"]) and total["first"] <= total["last"]
    text = run("decode", life, "--count").stdout.splitlines()
    assert [line.split()[:7] for line in text][1][:6] == ["n.a", "5", "4", "2", "1", "4"] and text[-1].split()[0] == "total"
    assert len({len(line) for line in text[1:] if line.endswith("Z")}) == 1, "columns are aligned"


def test_counts_of_what_was_selected(life):
    def total(*arguments):
        return json.loads(run("decode", life, "--count", "--json", *arguments).stdout)["total"]
    assert total("--table", "n.a")["insert"] == 5 and total("--table", "n.a", "--op", "insert,update,delete")["transactions"] == 3
    assert total("--where", "k=1")["insert"] == 4 and total("--where", "k=1")["ddl"] == 0
    assert total("--op", "update")["update"] == 4 and total("--op", "update")["insert"] == 0
    assert total("--table", "none.none") == {"insert": 0, "update": 0, "delete": 0, "ddl": 0, "statements": 0, "transactions": 0, "bytes": 0}


def test_what_is_rolled_back_is_not_counted():
    """In a transaction with a table that isn't transactional, rollbacks are in the binlog."""
    path = DATA / "mixed_engines.binlog"
    lines = shown(path)
    kept, numbers = 0, []
    for line in lines:
        if line["op"] in ("insert", "update", "delete"):
            numbers.append(line["n"])
        if line["op"] == "rollback":
            numbers = [n for n in numbers if n <= line["keeps"]]
        if line.get("last"):
            kept += len(numbers)
            numbers = []
    total = json.loads(run("decode", path, "--count", "--json").stdout)["total"]
    assert any(line["op"] == "rollback" for line in lines)
    assert total["insert"] + total["update"] + total["delete"] == kept > 0


def test_tail_selects_too(server, life):
    end = "{}:{}".format(*server.position())
    done = run("tail", server.url(), "--password-file", server.password_file(), "--from", f"{life.name}:4", "--until", end,
               "--where", "k=11", "--op", "update", "--table", "n.a")
    assert done.returncode == 0 and [json.loads(line)["after"]["id"] for line in done.stdout.splitlines() if '"update"' in line] == [3, 4]
    done = run("tail", server.url(), "--password-file", server.password_file(), "--from", f"{life.name}:4", "--until", end, "--count", "--json")
    assert json.loads(done.stdout)["total"]["insert"] >= 10


# ---- From and until ----

def test_tail_takes_settings_of_the_format(server, life):
    end = f"{life.name}:{life.stat().st_size}"
    done = run("tail", server.url(), "--password-file", server.password_file(), "--from", f"{life.name}:4", "--until", end, "--format", "maxwell",
               "-o", "output_commit_info=false", "-o", "output_server_id=true")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and rows and all("commit" not in row and "server_id" in row for row in rows), done.stderr


def test_until_a_gtid_set_ends_there(server, life):
    lines = shown(life)
    gtids = list(dict.fromkeys(line["gtid"] for line in lines))
    uuid, first = gtids[0].rsplit(":", 1)
    part = shown(life, "--until", f"{uuid}:1-{int(first) + 3}")
    assert part == [line for line in lines if line["gtid"] in gtids[:4]]
    assert shown(life, "--from", f"{uuid}:1-{int(first) + 3}") == [line for line in lines if line["gtid"] not in gtids[:4]]


def test_words_that_make_no_sense_for_files(life):
    assert run("decode", life, "--from", "now").returncode == 2
    assert run("decode", life, "--until", "earliest").returncode == 2
    assert shown(life, "--from", "earliest", "--until", "now") == shown(life)


# ---- Whole or not ----

def test_verify_whole_files(server, life):
    done = run("decode", "--verify", server.datadir)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == len(server.binlogs()), done.stderr
    assert all(re.fullmatch(r"binlog\.\d+: [\d,]+ transactions?, [\d,]+ changes?, whole", line) for line in lines[:-1])
    assert lines[-1].endswith("whole so far (in use)")
    assert f"{life.name}: 7 transactions, 16 changes, whole" in lines


def test_verify_goes_on_behind_damage(life, tmp_path):
    data = bytearray(life.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "binlog.000001").write_bytes(data)
    (tmp_path / "binlog.000002").write_bytes(life.read_bytes())
    (tmp_path / "binlog.000003").write_bytes(life.read_bytes()[:-90])
    (tmp_path / "binlog.000004").write_bytes(b"\xfebin")
    done = run("decode", "--verify", tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 17 and len(lines) == 4
    assert "then damaged" in lines[0] and "checksum" in lines[0] and lines[1].endswith("whole") and "then damaged" in lines[2]
    assert "2 of 4 files" in done.stderr or "3 of 4 files" in done.stderr


def test_verify_says_what_is_missing_between(server, life, tmp_path):
    files = server.binlogs()
    done = run("decode", "--verify", files[0], files[-1])
    assert done.returncode == 1 and "files are missing" in done.stderr and done.stdout.count("whole") == 2


def test_verify_an_incomplete_file_in_use(life, tmp_path):
    data = bytearray(life.read_bytes())
    struct.pack_into("<H", data, 21, 1)
    path = tmp_path / life.name
    path.write_bytes(data[:-100])
    done = run("decode", "--verify", path)
    assert done.returncode == 1 and "incomplete" in done.stdout and "not complete" in done.stderr


def test_xa_branches_are_verified_counted_and_taken_back():
    path = DATA / "xa.binlog"
    done = run("decode", "--verify", path)
    assert done.returncode == 0 and done.stdout.startswith("xa.binlog: 11 transactions, ") and done.stdout.endswith(" changes, whole\n"), done.stdout
    shown_rows = [line["after"]["a"] for line in shown(path, "--op", "insert")]
    assert json.loads(run("decode", "--count", "--json", path).stdout)["total"]["insert"] == len(shown_rows) > 5
    begin = next(line["pos"] for line in shown(path) if line["op"] == "ddl")
    undo = run("decode", "--undo", path, "--from", f"xa.binlog:{begin + 1}")
    assert undo.returncode == 0, undo.stderr
    assert [int(number) for number in re.findall(r"WHERE `a` = (\d+);", undo.stdout)] == shown_rows[::-1]
