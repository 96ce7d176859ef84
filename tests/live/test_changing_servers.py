"""Servers that change under a running leat: upgraded in place with the same data, gtid_mode walked on and off, both under load
and with leat killed in between. Nothing is lost or twice, and values are those that the server's SELECT said at the time."""

import time

import pymysql
import pytest

from leatlab import install
from leatlab.compare import compare
from leatlab.load import MixedLoad
from leatlab.mariadb import VERSIONS
from leatlab.mysql import Mysql, Mysql80
from leatlab.witness import Witness, judge

COLUMNS = ("id INT PRIMARY KEY, i BIGINT UNSIGNED, d DECIMAL(38,10), f DOUBLE, t TIMESTAMP(3) NULL, dt DATETIME(6), ti TIME(2), y YEAR, "
           "v VARCHAR(300) CHARACTER SET utf8mb3, l VARCHAR(20) CHARACTER SET latin1, b BLOB, x TEXT, j JSON, e ENUM('ä','b'), "
           "s SET('a','b'), bi BIT(20), g POINT, bin BINARY(5), gs INT AS (id + 1) STORED, gv VARCHAR(20) AS (CONCAT('v', id)) VIRTUAL")
NAMES = "id, i, d, f, t, dt, ti, y, v, l, b, x, j, e, s, bi, g, bin"


def row(number):
    n = number
    return (f"({n}, 18446744073709551615 - {n}, -{n}.5, {n} / 7, '2024-01-02 03:04:{n % 60:02}.678', '2024-01-02 03:04:05.{n:06}', '-{n % 800}:00:01.25', {1901 + n % 250}, "
            f"'né{n}', 'e{n}', REPEAT(x'00ff', {n * 7 % 500}), REPEAT('text{n}', {n % 50}), '{{\"n\": [{n}, null]}}', {1 + n % 2}, {n % 4}, {n * 5000 % 1048576}, "
            f"ST_GeomFromText('POINT({n} -{n})'), x'{n % 256:02x}00ff')")


class Diary:
    """What a witness saw of one table, over all versions of its server."""

    def __init__(self, server):
        self.server, self.changes, self.next = server, [], 1

    def write(self, fraction=""):
        """Rows are added and all are changed, as the server of now does it."""
        witness = Witness(self.server, "upgraded")
        try:
            witness.sql(f"CREATE TABLE IF NOT EXISTS t ({COLUMNS})")
            table = witness.table("t")
            last = self.next + 40
            witness.insert(table, f"INSERT INTO t ({NAMES}) VALUES " + ", ".join(map(row, range(self.next, last))), "id", f"id >= {self.next}")
            self.next = last
            witness.update(table, "i = i - 1, d = d * 2, v = CONCAT(v, 'ß'), b = CONCAT(b, x'01'), t = t + INTERVAL 1 DAY, j = JSON_SET(j, '$.m', id), "
                           "e = 3 - e, y = NULL", "id", f"id >= {self.next - 40}")
            witness.update(table, "f = f * 3, x = CONCAT(COALESCE(x, ''), 'z')", "id")
        finally:
            witness.close()
        self.changes += witness.changes


def test_a_mariadb_that_is_upgraded_in_place(make_mariadb, make_leat, pytestconfig):
    """10.5 to 10.11 (--full: and to 11.8) with the same data folder, mariadb-upgrade between, while leat runs: it reconnects by itself."""
    versions = VERSIONS if pytestconfig.getoption("--full") else VERSIONS[:2]
    try:
        for version in versions:
            install.mariadb_root(version)
    except install.Unavailable as why:
        pytest.skip(str(why))
    server = make_mariadb(versions[0])
    start, diary = server.position()[:2], Diary(server)
    relay = make_leat(server, sinks={"all": {}}, source={"start": "%s:%d" % start})
    relay.start()
    diary.write()
    with MixedLoad(server.connect, rows_max=200) as load:
        print(f"seed {load.seed}")
        for version in versions[1:]:
            moved(load)
            server.upgrade(version)
            assert server.value("SELECT VERSION()").startswith(version)
            diary.write()
            moved(load)
            relay.kill()
            relay.start()
            diary.write()
    relay.wait_until_delivered(server, "all")
    assert relay.stop() == 0
    result = compare(server, relay.lines("all", schema=True), start)
    assert result.clean, str(result)
    lines = [line for file in relay.files("all") for line in file.read_text().split("\n")[:-1]]
    verdict = judge(diary.changes, lines)
    assert not verdict.differences and verdict.changes == len(diary.changes) > 300, str(verdict)
    print(result, verdict)


def moved(load):
    """Once the load has committed something more."""
    seen, deadline = load.transactions, time.monotonic() + 60
    while load.transactions < seen + 5:
        assert time.monotonic() < deadline and not load.failure, f"{load.transactions} transactions, {load.failure}"
        time.sleep(0.02)


WALK = ("OFF_PERMISSIVE", "ON_PERMISSIVE", "ON", "ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF")


@pytest.mark.parametrize("kind", [Mysql, Mysql80])
def test_gtid_mode_walked_on_and_off_under_load(kind, make_leat):
    """leat goes on by position where there are no GTIDs, by GTIDs where there are, and over each step, killed there or not."""
    with kind("walk", gtid_mode="OFF", enforce_gtid_consistency="ON") as server:
        start = server.position()[:2]
        relay = make_leat(server, sinks={"all": {}}, source={"start": "%s:%d" % start})
        relay.start()
        with MixedLoad(server.connect, rows_max=200) as load:
            print(f"seed {load.seed}")
            for number, mode in enumerate(WALK):
                moved(load)
                if mode == "OFF":  # before which, on MySQL, all that has GTIDs must have been read
                    there = server.position()
                    relay.wait_for(lambda status: delivered_all(there, status), "what has no GTIDs any more")
                set_gtid_mode(server, mode)
                moved(load)
                if number % 2 or mode == "ON":
                    relay.kill()
                    relay.start()
                else:
                    server.sql("; ".join(f"KILL {row[0]}" for row in server.sql("SHOW PROCESSLIST") if row[4].startswith("Binlog Dump")) or "DO 1")
                moved(load)
        end = server.position()
        relay.wait_for(lambda status: delivered_all(end, status), "the end")
        assert relay.stop() == 0
        lines = list(relay.lines("all", schema=True))
        result = compare(server, lines, start)
    assert result.clean, str(result)
    told = [line["gtid"] for line in lines if line["op"] != "schema"]
    assert told[0] is None and told[-1] is None and sum(gtid is not None for gtid in told) > 10
    print(result)


def set_gtid_mode(server, mode):
    """Refused for as long as a transaction of the other kind is under way."""
    deadline = time.monotonic() + 60
    while True:
        try:
            server.sql(f"SET GLOBAL gtid_mode={mode}")
            return
        except pymysql.err.MySQLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def delivered_all(position, status):
    sink = next(sink for sink in status["sinks"] if sink["name"] == "all")
    return (sink["file"], sink["pos"]) >= position[:2]


def test_gtids_that_are_switched_off_too_early(make_mysql, make_leat):
    """The server refuses then to send what has GTIDs. leat says what to do, and goes on once it is done."""
    server = make_mysql()
    server.sql("CREATE TABLE test.t (a INT PRIMARY KEY)")
    relay = make_leat(server, sinks={"all": {}}, source={"start": "%s:%d" % server.position()[:2]})
    relay.start()
    server.sql("INSERT INTO test.t VALUES (1)")
    relay.wait_until_delivered(server, "all")
    relay.kill()
    server.sql("INSERT INTO test.t VALUES (2)")
    for mode in ("ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF"):
        set_gtid_mode(server, mode)
    server.sql("INSERT INTO test.t VALUES (3)")
    relay.start()
    error = relay.wait_for(lambda status: status["source"].get("error"), "the refusal")["source"]["error"]
    assert "gtid_mode=OFF_PERMISSIVE" in str(error), error
    end = server.position()
    set_gtid_mode(server, "OFF_PERMISSIVE")
    relay.kill()  # else it is half a minute until it asks again
    relay.start()
    relay.wait_for(lambda status: delivered_all(end, status), "the end")
    assert relay.stop() == 0
    assert [line["after"]["a"] for line in relay.lines("all") if line["op"] == "insert"] == [1, 2, 3]
