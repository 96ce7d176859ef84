"""`leat verify`: every row of a mysql sink's target that isn't as the source's is found, while both are written to, and nothing else."""

import json
import random
import threading
import time

import pymysql
import pytest

from leatlab.leat import run
from mysql_target import apply_to, wait_until_applied
from operating import no_relay_broke, streaming, wait_state  # noqa: F401

TYPES = """id BIGINT UNSIGNED PRIMARY KEY, i TINYINT UNSIGNED ZEROFILL, b BIT(9), d DECIMAL(20,6), f FLOAT, g DOUBLE, c CHAR(10) CHARACTER SET latin1,
    v VARCHAR(50), t LONGTEXT, bi BINARY(5), vb VARBINARY(40), bl BLOB, da DATE, ti TIME(3), dt DATETIME(6), ts TIMESTAMP(2) NULL, y YEAR,
    e ENUM('a','ü'), s SET('x','y'), j JSON, p POINT"""


def verify(relay, *arguments):
    """(differences, summary, exit status)"""
    done = relay.ask("verify", "target", *arguments, "--json", "--load", "1")
    assert done.returncode in (0, 1), done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines and "summary" in lines[-1], done.stderr
    return lines[:-1], lines[-1]["summary"], done.returncode


def found(differences):
    return {(line["table"], line["kind"], tuple(line["key"].values())) for line in differences}


@pytest.fixture
def pair(make_mysql, make_leat):
    """A source with a table of each kind, a target that a mysql sink keeps in step, and the relay between them."""
    source, target = make_mysql(), make_mysql()
    source.sql("SET sql_log_bin = 0; GRANT SELECT ON *.* TO cdc@'%'")
    relay = apply_to(make_leat, source, target).start()
    streaming(relay)
    source.sql(f"""CREATE DATABASE shop; CREATE TABLE shop.types ({TYPES});
        CREATE TABLE shop.pairs (a VARCHAR(20), n INT, t DATETIME(3), body TEXT, PRIMARY KEY (a, n, t));
        CREATE TABLE shop.log (at INT, what VARCHAR(30));
        CREATE TABLE shop.parent (id INT PRIMARY KEY);
        CREATE TABLE shop.child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES shop.parent (id) ON DELETE CASCADE ON UPDATE CASCADE)""")
    return source, target, relay


def fill(source, rows, seed=1):
    rand = random.Random(seed)
    connection = source.connect()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for id in range(1, rows + 1):
            n = rand.randrange(1 << 30)
            cursor.execute(f"""INSERT INTO shop.types VALUES ({id}, {n % 256}, {n % 512}, {n}/1000, {n}/7, {n}/11, 'é{n % 97}', 'v{n}', REPEAT('long{n}', {n % 400}), X'0001',
                X'00ff{n:08x}', X'{n:08x}', '2026-01-31', '-10:00:00.125', '2026-01-31 10:20:30.123456', '2026-01-31 10:20:30.5', 2026, 'ü', 'x,y',
                JSON_OBJECT('n', {n}, 'f', 1.0, 'u', 'ü'), ST_PointFromText('POINT({n % 90} 2)'))""")
            cursor.execute(f"INSERT INTO shop.pairs VALUES ('k{id % 10}', {id}, '2026-01-01 00:00:00.250', 'body {n}')")
        for id in range(20):
            cursor.execute(f"INSERT INTO shop.log VALUES ({id}, 'twice'), ({id}, 'twice')")
        cursor.execute("INSERT INTO shop.parent VALUES (1), (2), (3)")
        cursor.execute("INSERT INTO shop.child VALUES (1, 1), (2, 2), (3, 3), (4, NULL)")
        cursor.execute("COMMIT")
    connection.close()


def test_what_is_the_same_is_the_same_and_what_differs_is_named(pair):
    source, target, relay = pair
    fill(source, 400)
    wait_until_applied(relay, source, timeout_s=180)
    differences, summary, status = verify(relay)
    assert differences == [] and status == 0 and summary["same"]
    assert summary["tables"] == 5 and summary["rows"] == 400 + 400 + 40 + 3 + 4
    target.sql("""SET sql_log_bin = 0; UPDATE shop.types SET f = f * 2 + 1 WHERE id = 17; UPDATE shop.types SET j = JSON_SET(j, '$.n', 'n') WHERE id = 18;
        UPDATE shop.types SET t = CONCAT(t, ' ') WHERE id = 19; UPDATE shop.types SET ts = NULL WHERE id = 20; DELETE FROM shop.types WHERE id = 400;
        INSERT INTO shop.types (id) VALUES (18446744073709551615); UPDATE shop.types SET p = ST_PointFromText('POINT(1 3)') WHERE id = 21;
        UPDATE shop.pairs SET body = 'other' WHERE a = 'k3' AND n = 3; DELETE FROM shop.log WHERE at = 7 LIMIT 1; INSERT INTO shop.log VALUES (99, 'extra')""")
    differences, summary, status = verify(relay)
    assert status == 1 and not summary["same"]
    keyed = [line for line in differences if "key" in line and line["key"]]
    assert found(keyed) == {("shop.types", "differs", (17,)), ("shop.types", "differs", (18,)), ("shop.types", "differs", (19,)), ("shop.types", "differs", (20,)),
                            ("shop.types", "differs", (21,)), ("shop.types", "missing", (400,)), ("shop.types", "extra", ("18446744073709551615",)),
                            ("shop.pairs", "differs", ("k3", 3, "2026-01-01 00:00:00.250"))}
    assert [line["source"] for line in differences if line["table"] == "shop.log" and line["kind"] == "missing"] == [{"at": 7, "what": "twice"}]
    assert [line["target"] for line in differences if line["table"] == "shop.log" and line["kind"] == "extra"] == [{"at": 99, "what": "extra"}]
    row = next(line for line in differences if line.get("key") == {"id": 18})
    assert json.loads(row["target"]["j"])["n"] == "n" and row["source"]["ts"] == "2026-01-31 10:20:30.50"
    # Only what is asked for; tables that aren't there or are defined otherwise.
    assert verify(relay, "shop.parent", "shop.child")[2] == 0
    target.sql("SET sql_log_bin = 0; DROP TABLE shop.child; ALTER TABLE shop.pairs DROP COLUMN body")
    differences, _, status = verify(relay, "shop.child", "shop.pairs")
    assert status == 1 and {(line["table"], line["kind"]) for line in differences} == {("shop.child", "definition"), ("shop.pairs", "definition")}


def test_damaged_rows_are_found_under_load_and_nothing_else(pair, request):
    """Rows damaged at random, on a target that lags behind writers; --full: 1,000 of them in 40,000."""
    source, target, relay = pair
    full = request.config.getoption("--full")
    rows, damaged, seed = (40000, 1000, random.SystemRandom().randrange(10000)) if full else (1500, 60, 7)
    print("seed", seed)
    rand = random.Random(seed)
    source.sql("""CREATE TABLE shop.big (id INT PRIMARY KEY, n INT, body VARCHAR(200));
        SET cte_max_recursion_depth = 1000000; INSERT INTO shop.big WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < %d)
        SELECT id, id, CONCAT('body ', id) FROM n""" % rows)
    source.sql("CREATE TABLE shop.small (id INT PRIMARY KEY, n INT, parent INT); INSERT INTO shop.small SELECT id, n, id FROM shop.big WHERE id <= 100")
    wait_until_applied(relay, source, timeout_s=300)
    ids = rand.sample(range(1, rows + 1), damaged)
    kinds = {id: rand.choice(("differs", "missing")) for id in ids}
    extra = list(range(rows * 10, rows * 10 + damaged // 10))
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(source, rows, set(ids), n, stop)) for n in range(2)]
    for writer in writers:
        writer.start()
    try:
        connection = target.connect()
        with connection.cursor() as cursor:
            cursor.execute("SET sql_log_bin = 0")
            for id, kind in kinds.items():
                cursor.execute(f"UPDATE shop.big SET body = CONCAT(body, '!') WHERE id = {id}" if kind == "differs" else f"DELETE FROM shop.big WHERE id = {id}")
            for id in extra:
                cursor.execute(f"INSERT INTO shop.big VALUES ({id}, 0, 'nobody wrote this')")
        connection.close()
        differences, summary, status = verify(relay, "shop.big", "shop.small")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    expected = {("shop.big", kind, (id,)) for id, kind in kinds.items()} | {("shop.big", "extra", (id,)) for id in extra}
    assert found(differences) == expected
    assert status == 1 and summary["candidates"] >= len(expected) and not summary["unsettled"]


def write(source, rows, spared, number, stop):
    """Updates, deletes and inserts of rows that aren't damaged, and of a hot table."""
    rand = random.Random(number)
    connection = source.connect()
    with connection.cursor() as cursor:
        while not stop.is_set():
            id = rand.randrange(1, rows + 1)
            if id % 2 != number or id in spared:
                continue
            try:
                cursor.execute("BEGIN")
                cursor.execute(f"UPDATE shop.big SET n = n + 1 WHERE id = {id}")
                cursor.execute(f"DELETE FROM shop.big WHERE id = {rows + id}")
                cursor.execute(f"INSERT INTO shop.big VALUES ({rows + id}, 1, 'new')")
                cursor.execute(f"UPDATE shop.small SET n = n + 1 WHERE id = {rand.randrange(50) * 2 + 1 + number % 2}")
                cursor.execute("COMMIT")
            except pymysql.err.OperationalError as error:
                if error.args[0] != 1213:  # a deadlock
                    raise
            time.sleep(0.002)
    connection.close()


def test_mariadb_as_a_target_of_mysql(make_mysql, make_mariadb, make_leat):
    """Every type has the same words on both; documents are compared by value, beside their text."""
    source, target = make_mysql(), make_mariadb()
    source.sql("SET sql_log_bin = 0; GRANT SELECT ON *.* TO cdc@'%'")
    for server in (source, target):
        server.sql(f"""SET NAMES utf8mb4; SET sql_log_bin=0; CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; CREATE TABLE shop.types ({TYPES});
        CREATE TABLE shop.pairs (a VARCHAR(20), n INT, t DATETIME(3), body TEXT, PRIMARY KEY (a, n, t));
        CREATE TABLE shop.log (at INT, what VARCHAR(30)); CREATE TABLE shop.parent (id INT PRIMARY KEY); CREATE TABLE shop.child (id INT PRIMARY KEY, parent INT)""")
    relay = apply_to(make_leat, source, target).start()
    streaming(relay)
    fill(source, 60)
    wait_until_applied(relay, source, timeout_s=60)
    differences, summary, status = verify(relay)
    assert differences == [] and status == 0
    target.sql("SET sql_log_bin = 0; UPDATE shop.types SET j = JSON_SET(j, '$.n', 'n') WHERE id = 18; UPDATE shop.types SET g = g + 1 WHERE id = 19; "
               "DELETE FROM shop.log WHERE at = 7 LIMIT 1")
    differences, summary, status = verify(relay)
    assert found([line for line in differences if line["key"]]) == {("shop.types", "differs", (18,)), ("shop.types", "differs", (19,))} and len(differences) == 3


def test_a_paused_sink_is_compared_where_it_stands_and_stays_paused(pair):
    source, target, relay = pair
    fill(source, 50)
    wait_until_applied(relay, source, timeout_s=180)
    assert relay.ask("pause", "target").returncode == 0
    wait_state(relay, "target", "paused")
    source.sql("UPDATE shop.types SET v = 'later' WHERE id = 3; DELETE FROM shop.pairs WHERE n = 4")
    target.sql("SET sql_log_bin = 0; UPDATE shop.types SET v = 'damaged' WHERE id = 5")
    differences, _, _ = verify(relay, "shop.types", "shop.pairs", "--settle", "2")
    assert found(differences) == {("shop.types", "differs", (5,)), ("shop.types", "unsettled", (3,)), ("shop.pairs", "unsettled", ("k4", 4, "2026-01-01 00:00:00.250"))}
    assert relay.sink("target")["state"] == "paused"


def test_what_cannot_be_compared_is_said(pair, make_leat):
    source, _, relay = pair
    done = relay.ask("verify", "nobody")
    assert done.returncode == 2 and 'no sink "nobody"' in done.stderr
    done = relay.ask("verify", "target", "nothing.here")
    assert done.returncode == 2 and "nothing to compare" in done.stderr
    fill(source, 5)
    wait_until_applied(relay, source, timeout_s=180)
    relay.stop()
    done = relay.ask("verify", "target", "shop.log")
    assert done.returncode == 1 and "no leat is running" in done.stderr
    assert run("verify").returncode == 2
