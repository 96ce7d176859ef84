"""XA: a branch's changes come when it is committed, once, in the order of commits, whoever dies or restarts in between."""

import json
import random
from pathlib import Path

import pytest

from leatlab.compare import compare
from leatlab.leat import read_lines, run
from leatlab.load import wait_until
from operating import no_relay_broke, quick, refused, streaming, tail  # noqa: F401


class Branches:
    """XA branches on a table of ids, over any number of connections."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.path = f"`{database}`.t"
        self.connections = {}
        server.sql(f"CREATE DATABASE IF NOT EXISTS `{database}`; CREATE TABLE {self.path} (id INT PRIMARY KEY, body LONGTEXT)")

    def sql(self, statement, name="other"):
        if name not in self.connections:
            self.connections[name] = self.server.connect()
        with self.connections[name].cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def insert(self, *numbers, name="other", size=0):
        for number in numbers:
            self.sql(f"INSERT INTO {self.path} VALUES ({number}, REPEAT('x', {size}))", name)

    def prepare(self, branch, *numbers, size=0, detach=True):
        self.sql(f"XA START '{branch}'", branch)
        self.insert(*numbers, name=branch, size=size)
        self.sql(f"XA END '{branch}'", branch)
        self.sql(f"XA PREPARE '{branch}'", branch)
        if detach:
            self.close(branch)

    def end(self, verb, branch, name="other"):
        """COMMIT or ROLLBACK, by another connection than that which prepared."""
        deadline = []

        def done():
            try:
                self.sql(f"XA {verb} '{branch}'", name)
                return True
            except Exception as error:  # the one that prepared is not wholly gone yet
                deadline.append(error)
                if "XAER_NOTA" not in str(error):
                    raise
                return False
        wait_until(done, what=f"XA {verb}: {deadline}")

    def close(self, *names):
        for name in names or list(self.connections):
            if name in self.connections:
                self.connections.pop(name).close()

    def of(self, lines):
        return [line["after"]["id"] for line in lines if line["op"] == "insert" and line["db"] == self.database]


@pytest.fixture
def branches(shared_mysql, database):
    branches = Branches(shared_mysql, database)
    yield branches
    branches.close()
    for row in branches.sql("XA RECOVER CONVERT XID"):
        branches.sql(f"XA ROLLBACK {row[3]}")
    branches.close()


def story(branches):
    """One of each; what is shown, in order."""
    branches.insert(1)
    branches.prepare("a", 10, 11)
    branches.insert(2)
    branches.prepare("b", 20)
    branches.prepare("c", 30, detach=False)
    branches.insert(3)
    branches.end("COMMIT", "b")
    branches.end("ROLLBACK", "c", name="c")
    branches.insert(4)
    branches.end("COMMIT", "a")
    branches.sql("XA START 'one'", "one")
    branches.insert(40, 41, name="one")
    branches.sql("XA END 'one'", "one")
    branches.sql("XA COMMIT 'one' ONE PHASE", "one")
    branches.sql("XA START 'never'", "one")
    branches.insert(50, name="one")
    branches.sql("XA END 'never'", "one")
    branches.sql("XA ROLLBACK 'never'", "one")
    branches.sql("XA START 'nothing'; ", "one")
    branches.sql("XA END 'nothing'", "one")
    branches.sql("XA PREPARE 'nothing'", "one")
    branches.sql("XA COMMIT 'nothing'", "one")
    branches.prepare("a", 60)  # a name that was used before
    branches.insert(5)
    branches.end("COMMIT", "a")
    return [1, 2, 3, 20, 4, 10, 11, 40, 41, 5, 60]


def change_lines(folder):
    return [line for path in folder for line in read_lines(path) if not line.startswith(b'{"op":"schema"')]


@pytest.mark.parametrize("compressed", [False, True])
def test_tail_decode_and_run_write_the_same_lines_in_the_order_of_commits(make_leat, make_mysql, compressed):
    server = make_mysql(**({"binlog_transaction_compression": "ON"} if compressed else {}))
    branches = Branches(server, "xa")
    relay = quick(make_leat, server)
    relay.start()
    streaming(relay)
    start = relay.config["source"]["start"]
    expected = story(branches)
    if compressed:  # from XA START to XA PREPARE
        events = server.sql(f"SHOW BINLOG EVENTS IN '{server.position()[0]}'")
        assert any(row[2] == "Transaction_payload" and after[5].startswith("XA START") for row, after in zip(events, events[1:]))
    relay.wait_until_delivered(server)
    result = compare(server, relay.lines(schema=True), tuple([start.split(":")[0], int(start.split(":")[1])]))
    assert result.clean, str(result)
    assert branches.of(relay.lines()) == expected
    assert relay.stop() == 0
    delivered = b"".join(change_lines(relay.files()))
    tailed = tail(server, "--from", start, "--until", "now")
    assert tailed.returncode == 0 and not tailed.stderr, tailed.stderr
    decoded = run("decode", "--from", start, *server.binlogs())
    catted = run("journal", "cat", relay.config["journal"]["dir"])
    for done in (tailed, decoded, catted):
        lines = [line for line in done.stdout.splitlines(True) if not line.startswith('{"op":"schema"')]
        assert "".join(lines).encode() == delivered
    committed = [line for line in relay.lines() if "xid" in line]
    assert [(line["after"]["id"], line["xid"]) for line in committed] == [
        (20, "X'62',X'',1"), (10, "X'61',X'',1"), (11, "X'61',X'',1"), (60, "X'61',X'',1")]
    assert all(line["prepared"] != line["gtid"] for line in committed)
    branches.close()


def test_leat_dies_between_prepare_and_commit(make_leat, branches):
    server = branches.server
    relay = quick(make_leat, server, sinks={"files": {}, "some": {"exclude_tables": ["*.nothing"]}}, journal={"segment_size": "64KiB"})
    relay.start()
    branches.prepare("x", 1, 2, size=50000)
    branches.prepare("y", 3, detach=False)
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == []
    relay.kill()
    relay.start()
    streaming(relay)  # the last transaction, an XA PREPARE, was compared with the server's
    branches.insert(4, 5, size=70000)
    relay.wait_until_delivered(server)
    relay.kill()
    branches.end("COMMIT", "x")
    relay.start()
    relay.wait_until_delivered(server)
    relay.kill()
    relay.start()
    streaming(relay)  # and the same with an XA COMMIT
    branches.end("ROLLBACK", "y", name="y")
    branches.insert(6)
    for sink in ("files", "some"):
        relay.wait_until_delivered(server, sink)
        assert branches.of(relay.lines(sink)) == [4, 5, 1, 2, 6]
    assert relay.stop() == 0


@pytest.mark.parametrize("mode", ["ON", "OFF"])
def test_the_server_restarts_with_prepared_branches(make_leat, make_mysql, mode):
    server = make_mysql(gtid_mode=mode, enforce_gtid_consistency=mode)
    branches = Branches(server, "xa")
    relay = quick(make_leat, server)
    relay.start()
    streaming(relay)
    branches.prepare("x", 1, 2)
    branches.prepare("y", 3)
    relay.wait_until_delivered(server)
    branches.close()
    server.kill()
    server.start()
    assert len(branches.sql("XA RECOVER")) == 2
    branches.insert(4)
    branches.end("COMMIT", "y")
    relay.wait_until_delivered(server)
    server.restart()
    branches.close()
    branches.end("COMMIT", "x")
    relay.wait_until_delivered(server)
    assert relay.stop() == 0
    relay.start()
    streaming(relay)  # right behind an XA COMMIT, by GTID and by position
    branches.insert(5)
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == [4, 3, 1, 2, 5]
    assert relay.stop() == 0
    branches.close()


def test_many_branches_at_once_and_leat_killed_among_them(make_leat, branches):
    server, chance = branches.server, random.Random(7)
    relay = quick(make_leat, server, sinks={"files": {"rotate_size": "20KiB"}, "zstd": {"compress": "zstd"}}, journal={"segment_size": "64KiB"})
    relay.start()
    streaming(relay)
    start = relay.config["source"]["start"].split(":")
    open_ones, number = [], 0
    for step in range(300):
        kind = chance.random()
        number += 10
        if kind < 0.45 and len(open_ones) < 60:
            branches.prepare(f"b{number}", *range(number, number + chance.randint(1, 4)), size=chance.choice([0, 10, 3000]))
            open_ones.append(f"b{number}")
        elif kind < 0.85 and open_ones:
            branches.end("COMMIT" if chance.random() < 0.8 else "ROLLBACK", open_ones.pop(chance.randrange(len(open_ones))))
        else:
            branches.insert(number)
        if step % 60 == 59:
            relay.kill()
            relay.start()
    for branch in open_ones[:-2]:
        branches.end("COMMIT", branch)
    for sink in ("files", "zstd"):
        relay.wait_until_delivered(server, sink)
        result = compare(server, relay.lines(sink, schema=True), (start[0], int(start[1])))
        assert result.clean and result.expected > 100, str(result)
    assert relay.stop() == 0


def test_a_commit_whose_prepare_came_before_stops_with_that_reason(make_leat, make_mysql):
    server = make_mysql()
    branches = Branches(server, "xa")
    branches.prepare("x", 1, 2)
    server.sql("FLUSH BINARY LOGS")
    relay = quick(make_leat, server)
    relay.start()
    streaming(relay)
    branches.insert(3)
    branches.end("ROLLBACK", "x")  # loses nothing
    branches.prepare("x", 4)
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == [3]
    relay.stop()
    late = quick(make_leat, server)
    late.start()
    streaming(late)
    branches.insert(5)
    branches.end("COMMIT", "x")
    error = late.wait_for(lambda status: "error" in status["journal"], "the journal's error")["journal"]["error"]
    assert error["code"] == "unsupported" and "X'78',X'',1" in error["message"] and "XA PREPARE" in error["message"] and "before that XA PREPARE" in error["cure"]
    late.wait_for(lambda status: branches.of(late.lines()) == [5], "what came before")
    late.kill()
    refused(tail(server, "--from", late.config["source"]["start"], "--until", "now"), 17, "X'78',X'',1", "XA PREPARE", "--from")
    last = server.binlogs()[-1]
    refused(run("decode", "--from", late.config["source"]["start"], last), 0)
    whole = run("decode", "--from", late.config["source"]["start"], *server.binlogs())
    assert whole.returncode == 0 and branches.of(map(json.loads, whole.stdout.splitlines())) == [5, 4]
    relay.start()  # this one has the PREPARE
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == [3, 5, 4]
    assert relay.stop() == 0
    branches.close()


def test_a_recorded_file_of_branches():
    done = run("decode", Path(__file__).parents[1] / "data/mysql97/xa.binlog")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [line["after"]["a"] for line in lines if line["op"] == "insert"] == [100, 101, 1, 2, 102, 4, 103]
    assert "X'6f70656e',X'',1" in done.stderr and "its changes (1)" in done.stderr


def test_branches_that_stay_open_are_told(make_leat, branches):
    server = branches.server
    start = "{}:{}".format(*server.position()[:2])
    branches.insert(1)
    branches.prepare("open", 2, 3)
    done = tail(server, "--from", start, "--until", "now", "--table", f"{branches.database}.*")
    assert done.returncode == 0 and branches.of(map(json.loads, done.stdout.splitlines())) == [1]
    assert "X'6f70656e',X'',1" in done.stderr and "its changes (2) are not shown" in done.stderr


def test_an_open_branch_keeps_the_journal_and_status_says_so(make_leat, branches):
    server = branches.server
    relay = quick(make_leat, server, journal={"segment_size": "64KiB", "max_size": "1MiB", "keep": "0s", "queue": "1MiB"})
    relay.start()
    streaming(relay)
    branches.insert(1)
    branches.prepare("held", 2)
    branches.insert(3, size=200000)
    status = relay.wait_for(lambda s: s["journal"]["open_branches"].get("oldest", {}).get("pins"), "a branch that pins")
    oldest = status["journal"]["open_branches"]["oldest"]
    assert status["journal"]["open_branches"]["count"] == 1 and oldest["xid"] == "X'68656c64',X'',1"
    assert oldest["gtid"] and oldest["prepared"] and status["journal"]["first_seq"] <= oldest["seq"]
    assert "XA: 1 branches" in relay.ask("status").stdout and "keeps segments" in relay.ask("status").stdout
    for number in range(10, 30):
        branches.insert(number, size=100000)
    status = relay.wait_for(lambda s: s["journal"].get("error", {}).get("code") == "journal_full", "a full journal")
    assert "X'68656c64',X'',1" in status["journal"]["error"]["message"] and "max_size" in status["journal"]["error"]["cure"]
    assert "XA branch X'68656c64',X'',1" in relay.log_text()
    branches.end("COMMIT", "held")
    relay.kill()
    relay.config["journal"]["max_size"] = "8MiB"
    relay.configure()
    relay.start()
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == [1, 3, *range(10, 30), 2]
    relay.wait_for(lambda s: s["journal"]["open_branches"]["count"] == 0 and s["journal"]["segments"] <= 3, "the pin to go")
    assert relay.stop() == 0


def test_mariadb_branches(make_leat, make_mariadb):
    server = make_mariadb()
    branches = Branches(server, "xa")
    relay = make_leat(server, source={"start": "earliest"})
    relay.start()
    expected = story(branches)
    branches.prepare("kept", 70)
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == expected
    relay.kill()
    branches.close()
    server.restart()
    assert len(branches.sql("XA RECOVER")) == 1
    branches.end("COMMIT", "kept")
    relay.start()
    relay.wait_until_delivered(server)
    assert branches.of(relay.lines()) == [*expected, 70]
    result = compare(server, relay.lines(schema=True))
    assert result.clean, str(result)
    assert relay.stop() == 0
    delivered = b"".join(change_lines(relay.files()))
    for done in (tail(server, "--from", "earliest", "--until", "now"), run("decode", *server.binlogs())):
        assert done.returncode == 0 and not done.stderr, done.stderr
        lines = [line for line in done.stdout.splitlines(True) if not line.startswith('{"op":"schema"')]
        assert "".join(lines).encode() == delivered
    branches.close()
