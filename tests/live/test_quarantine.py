"""What can't be decoded is put aside whole, sinks stop at it or pass it by, and a newer build delivers it. The older build is
leat_lacking (tests/tools), which knows no VECTOR."""

import json
import subprocess

import pytest

from leatlab import leat as leat_program
from leatlab.leat import Leat

SINKS = {"strict": {}, "lax": {"on_undecodable": "pass"}}


@pytest.fixture
def primary(make_mysql):
    server = make_mysql()
    server.sql("CREATE TABLE test.t (id INT PRIMARY KEY); CREATE TABLE test.v (id INT PRIMARY KEY, v VECTOR(2))")
    return server


def older():
    return leat_program.program().parent / "leat_lacking"


def relay_of(server, folder, quarantine=True, exclude=(), **settings):
    start = "%s:%d" % server.position()[:2]
    source = {"start": start, "exclude_tables": list(exclude), **({"on_undecodable": "quarantine"} if quarantine else {})}
    return Leat(folder, server.url(), server.password_file(), sinks=SINKS, source=source, leat=older(), **settings)


def write(server):
    """Five transactions; the third and fourth need VECTOR."""
    server.sql("INSERT INTO test.t VALUES (1)")
    server.sql("INSERT INTO test.t VALUES (2); INSERT INTO test.v VALUES (1, STRING_TO_VECTOR('[1,-2.5]'))")
    server.sql("BEGIN; INSERT INTO test.t VALUES (3); INSERT INTO test.v VALUES (2, STRING_TO_VECTOR('[0,4]')); "
               "DELETE FROM test.v WHERE id = 1; COMMIT")
    server.sql("INSERT INTO test.t VALUES (4)")


def rows(relay, sink):
    return [(line["op"], line["table"], (line.get("after") or line.get("before"))["id"]) for line in relay.lines(sink)
            if line["op"] in ("insert", "delete")]


ALL = [("insert", "t", 1), ("insert", "t", 2), ("insert", "v", 1), ("insert", "t", 3), ("insert", "v", 2), ("delete", "v", 1),
       ("insert", "t", 4)]
PASSED = [("insert", "t", 1), ("insert", "t", 2), ("insert", "t", 4)]


def journalled(relay, server):
    gtids = server.position()[2]
    relay.wait_for(lambda status: status["journal"]["gtids"] == gtids, "the journal")


def test_without_quarantine_the_source_stops_there(primary, tmp_path):
    with relay_of(primary, tmp_path, quarantine=False) as relay:
        write(primary)
        status = relay.wait_for(lambda status: status["source"]["state"] == "halted", "the stop")
        error = status["source"]["error"]
        assert error["code"] == "unsupported" and "test.v" in error["message"]
        relay.wait_for(lambda status: status["sinks"][1]["lag_records"] == 0, "the sinks")
        assert rows(relay, "strict") == rows(relay, "lax") == PASSED[:2]


def test_sinks_stop_or_pass_by_and_a_newer_build_delivers(primary, tmp_path):
    relay = relay_of(primary, tmp_path)
    relay.start()
    write(primary)
    journalled(relay, primary)
    status = relay.wait_for(lambda status: status["sinks"][0]["state"] == "halted" and status["sinks"][1]["passed_over"] == 2,
                            "the halt, and the pass")
    assert status["source"]["quarantined"] == 2 and status["source"]["state"] == "streaming"
    error = status["sinks"][0]["error"]
    assert "test.v" in error["message"] and "leat skip strict" in error["cure"]
    relay.wait_until_delivered(primary, "lax")
    assert rows(relay, "lax") == PASSED
    assert rows(relay, "strict") == [("insert", "t", 1), ("insert", "t", 2)]
    assert "QUARANTINED" in relay.log_text()
    relay.kill()

    relay.program = leat_program.program()
    relay.start()
    relay.wait_until_delivered(primary, "strict")
    assert rows(relay, "strict") == ALL
    before = len(rows(relay, "lax"))
    done = relay.ask("rewind", "lax", "--to", "earliest", "--yes")
    assert done.returncode == 0, done.stderr
    relay.wait_until_delivered(primary, "lax")
    assert rows(relay, "lax")[before:] == ALL
    relay.kill()


def test_tables_that_are_not_journalled_stay_out_of_what_was_aside(primary, tmp_path):
    """The raw events hold all tables' rows; what `source.exclude_tables` names is for nobody, decoded later or not."""
    primary.sql("CREATE TABLE test.secret (id INT PRIMARY KEY)")
    relay = relay_of(primary, tmp_path, exclude=["test.secret"])
    relay.start()
    primary.sql("BEGIN; INSERT INTO test.secret VALUES (7); INSERT INTO test.v VALUES (1, STRING_TO_VECTOR('[1,2]')); COMMIT")
    journalled(relay, primary)
    relay.kill()
    relay.program = leat_program.program()
    with relay:
        relay.wait_until_delivered(primary, "strict")
        assert rows(relay, "strict") == [("insert", "v", 1)]


def test_one_is_skipped_by_name(primary, tmp_path):
    with relay_of(primary, tmp_path) as relay:
        write(primary)
        for skipped in range(2):
            status = relay.wait_for(lambda status: status["sinks"][0]["state"] == "halted" and
                                    status["sinks"][0]["skipped"] == skipped, "the halt")
            name = status["sinks"][0]["error"]["cure"].split("leat skip strict ")[1].split(" ")[0]
            done = relay.ask("skip", "strict", name, "--reason", "no VECTOR here")
            assert done.returncode == 0, done.stderr
        relay.wait_until_delivered(primary, "strict")
        assert rows(relay, "strict") == PASSED


def test_kills_around_a_quarantined_transaction_lose_nothing(primary, tmp_path):
    relay = relay_of(primary, tmp_path)
    for number in range(10, 15):
        relay.start()
        primary.sql(f"INSERT INTO test.v VALUES ({number}, STRING_TO_VECTOR('[1,1]')); INSERT INTO test.t VALUES ({number})")
        if number % 2:
            journalled(relay, primary)
        relay.kill()
    relay.program = leat_program.program()
    with relay:
        relay.wait_until_delivered(primary, "strict")
        relay.wait_until_delivered(primary, "lax")
        assert rows(relay, "strict") == [("insert", table, number) for number in range(10, 15) for table in ("v", "t")]


def test_the_journal_shows_what_is_aside(primary, tmp_path):
    relay = relay_of(primary, tmp_path)
    relay.start()
    write(primary)
    journalled(relay, primary)
    relay.kill()
    folder = tmp_path / "journal"
    verified = leat_program.run("journal", "verify", folder)
    assert verified.returncode == 0 and "2 quarantined" in verified.stdout, verified.stdout + verified.stderr
    lines = cat(older(), folder)
    aside = [line for line in lines if line["op"] == "quarantined"]
    assert len(aside) == 2 and all("test.v" in line["reason"] and "test.v" in line["now"] and line["bytes"] > 100 for line in aside)
    # A build that knows the type shows the changes in their place.
    lines = cat(leat_program.program(), folder)
    assert [line["table"] for line in lines if line["op"] in ("insert", "delete")] == [table for _, table, _ in ALL]


def cat(program, folder):
    done = subprocess.run([program, "journal", "cat", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# Under MINIMAL and NO_LOG: what was aside is read with the definitions that held where it lies.


@pytest.fixture
def plain(make_mysql):
    """A server as it comes: table maps tell no names."""
    server = make_mysql(binlog_row_metadata="MINIMAL")
    server.sql("CREATE TABLE test.t (id INT PRIMARY KEY, note VARCHAR(9)); CREATE TABLE test.v (id INT PRIMARY KEY, v VECTOR(2)); GRANT SELECT ON *.* TO cdc@'%'")
    return server


def named(relay, sink):
    """Each row with its columns' names."""
    return [(line["op"], line["table"], line.get("after") or line.get("before")) for line in relay.lines(sink) if line["op"] in ("insert", "update", "delete")]


def streaming(relay):
    """From here on definitions are known."""
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")


VECTOR = "STRING_TO_VECTOR('[1,2]')"
ONE = ("insert", "v", {"id": 1, "v": [1, 2]})


def test_definitions_of_that_time_are_used_under_minimal_metadata(plain, tmp_path):
    """Names of columns change behind the first transaction, and again behind the second; each is delivered by its own."""
    relay = relay_of(plain, tmp_path)
    relay.start()
    streaming(relay)
    plain.sql(f"INSERT INTO test.t VALUES (1, 'a'); BEGIN; INSERT INTO test.t VALUES (2, 'b'); INSERT INTO test.v VALUES (1, {VECTOR}); COMMIT")
    plain.sql(f"ALTER TABLE test.t RENAME COLUMN note TO remark; ALTER TABLE test.v ADD w INT FIRST; "
              f"BEGIN; INSERT INTO test.t VALUES (3, 'c'); INSERT INTO test.v VALUES (7, 2, {VECTOR}); COMMIT; ALTER TABLE test.t DROP COLUMN remark; DROP TABLE test.v")
    journalled(relay, plain)
    relay.kill()
    relay.program = leat_program.program()
    expected = [("insert", "t", {"id": 1, "note": "a"}), ("insert", "t", {"id": 2, "note": "b"}), ONE, ("insert", "t", {"id": 3, "remark": "c"}),
                ("insert", "v", {"w": 7, "id": 2, "v": [1, 2]})]
    with relay:
        relay.wait_until_delivered(plain, "strict")
        assert named(relay, "strict") == expected
        # Again from the start: definitions go back with the sink.
        before = len(named(relay, "lax"))
        assert relay.ask("rewind", "lax", "--to", "earliest", "--yes").returncode == 0
        relay.wait_until_delivered(plain, "lax")
        assert named(relay, "lax")[before:] == expected
    shown = [line for line in cat(leat_program.program(), tmp_path / "journal") if line["op"] == "insert"]
    assert [line["after"] for line in shown] == [row for _, _, row in expected]


@pytest.mark.parametrize("compressed", ["OFF", "ON"])
def test_a_table_that_is_created_with_its_rows_in_one_transaction(plain, tmp_path, compressed):
    """CREATE TABLE … SELECT: what it defines counts for its own rows, and behind it, though all of it was put aside."""
    relay = relay_of(plain, tmp_path)
    relay.start()
    streaming(relay)
    plain.sql(f"INSERT INTO test.t VALUES (1, 'a'); SET binlog_transaction_compression={compressed}; CREATE TABLE test.made (x INT, PRIMARY KEY (id)) SELECT 5 AS id, {VECTOR} AS v; "
              "CREATE TABLE test.plain LIKE test.t; INSERT INTO test.plain VALUES (4, 'd')")
    plain.sql(f"INSERT INTO test.made VALUES (1, 6, {VECTOR}); ALTER TABLE test.made DROP COLUMN v; INSERT INTO test.made VALUES (2, 7)")
    journalled(relay, plain)
    relay.kill()
    relay.program = leat_program.program()
    with relay:
        relay.wait_until_delivered(plain, "strict")
        assert named(relay, "strict") == [("insert", "t", {"id": 1, "note": "a"}), ("insert", "made", {"x": None, "id": 5, "v": [1, 2]}), ("insert", "plain", {"id": 4, "note": "d"}),
                                          ("insert", "made", {"x": 1, "id": 6, "v": [1, 2]}), ("insert", "made", {"x": 2, "id": 7})]


def hide(plain, relay):
    """A table whose definition leat can't have: it was made behind the binlog's back."""
    plain.sql("SET sql_log_bin=0; CREATE TABLE test.hidden (id INT PRIMARY KEY, v VECTOR(2))")


def test_a_definition_that_is_told_later_counts_if_nothing_came_between(plain, tmp_path):
    relay = relay_of(plain, tmp_path)
    relay.start()
    streaming(relay)
    hide(plain, relay)
    plain.sql(f"INSERT INTO test.hidden VALUES (1, {VECTOR}); INSERT INTO test.t VALUES (1, 'a')")
    journalled(relay, plain)
    relay.kill()
    relay.program = leat_program.program()
    with relay:
        status = relay.wait_for(lambda status: status["sinks"][0]["state"] == "halted", "the halt")
        error = status["sinks"][0]["error"]
        assert "test.hidden" in error["message"] and "leat schema reload test.hidden" in error["cure"]
        done = relay.ask("schema", "reload", "test.hidden", "--from", "server")
        assert done.returncode == 0, done.stderr
        assert relay.ask("resume", "strict").returncode == 0
        relay.wait_until_delivered(plain, "strict")
        assert named(relay, "strict") == [("insert", "hidden", {"id": 1, "v": [1, 2]}), ("insert", "t", {"id": 1, "note": "a"})]


def test_a_definition_that_is_told_behind_a_change_of_the_table_does_not_count(plain, tmp_path):
    relay = relay_of(plain, tmp_path)
    relay.start()
    streaming(relay)
    hide(plain, relay)
    plain.sql(f"INSERT INTO test.hidden VALUES (1, {VECTOR})")
    journalled(relay, plain)
    plain.sql("ALTER TABLE test.hidden RENAME COLUMN id TO number")
    journalled(relay, plain)
    relay.kill()
    relay.program = leat_program.program()
    with relay:
        relay.wait_for(lambda status: status["sinks"][0]["state"] == "halted", "the halt")
        assert relay.ask("schema", "reload", "test.hidden", "--from", "server").returncode == 0
        relay.ask("resume", "strict")
        status = relay.wait_for(lambda status: status["sinks"][0]["state"] == "halted" and "may have changed" in status["sinks"][0]["error"]["message"], "the halt")
        name = status["sinks"][0]["error"]["cure"].split("leat skip strict ")[1].split(" ")[0]
        assert relay.ask("skip", "strict", name, "--reason", "its names aren't known").returncode == 0
        relay.wait_until_delivered(plain, "strict")
        assert named(relay, "strict") == []
