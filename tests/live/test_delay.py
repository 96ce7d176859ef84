"""A sink with `delay`: nothing comes early, all comes, and a mistake is stopped short of by the steps of docs/operations.md."""

import json
import time

import pytest

from leatlab.leat import run
from leatlab.load import wait_until
from mysql_target import apply_to, wait_until_applied
from operating import Numbers, no_relay_broke, quick, streaming, wait_state  # noqa: F401


def command(relay, *words):
    done = relay.ask(*words)
    assert done.returncode == 0, done.stderr
    return done


def delivered_times(relay, sink):
    """Appends (wall clock when seen, change) for what is new in the sink's files, until `stop` is called."""
    seen = []

    def look():
        lines = list(relay.lines(sink))
        now = time.time()
        seen.extend((now, line) for line in lines[len(seen):])
        return seen
    return look


def test_nothing_comes_before_its_time_and_all_of_it_comes(make_leat, shared_mysql, database):
    """Rows, DDL, XA branches, a large transaction, on a sink with a delay and, for comparison, one without."""
    server, delay = shared_mysql, 6
    numbers = Numbers(server, database)
    relay = quick(make_leat, server, sinks={"late": {"delay": f"{delay}s", "tables": [f"{database}.*"]}, "now": {"tables": [f"{database}.*"]}})
    relay.start()
    streaming(relay)
    look = delivered_times(relay, "late")
    numbers.insert(3)
    server.sql(f"CREATE TABLE {numbers.named('xa')} LIKE {numbers.path}")
    server.sql(f"XA START 'delayed'; INSERT INTO {numbers.named('xa')} VALUES (1000, 'xa'); XA END 'delayed'; XA PREPARE 'delayed'")
    server.sql(f"ALTER TABLE {numbers.path} ADD c INT")
    server.sql(f"INSERT INTO {numbers.path} SELECT id + 2000, REPEAT('x', 20000), 1 FROM (WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL "
               f"SELECT id + 1 FROM n WHERE id < 900) SELECT id FROM n) numbers")
    relay.wait_until_delivered(server, "now")
    assert not list(relay.lines("late")), "early"
    status = relay.sink("late")
    assert status["delay_seconds"] == delay and status["held_until"] and status["lag_seconds"] == 0 and status["lag_records"] > 0
    assert "delay 6 s: the next transaction is due at" in command(relay, "status").stdout
    time.sleep(2)
    committed = time.time()
    wait_until(lambda: try_commit(server), what="XA COMMIT")
    look()
    wait_until(lambda: look() and relay.sink("late")["held_until"] is None and relay.sink("late")["lag_records"] == 0, timeout_s=120,
               what="everything")
    late, now = [line for _, line in look()], list(relay.lines("now"))
    assert late == now and len(late) > 900
    for seen, line in look():
        assert seen - line["ts_us"] / 1e6 >= delay, f"early: {line}"
    xa = [seen for seen, line in look() if line.get("after", {}).get("id") == 1000]
    assert len(xa) == 1 and xa[0] >= committed + delay, "a branch has the time of its COMMIT"
    assert relay.stop() == 0


def try_commit(server):
    try:
        server.sql("XA COMMIT 'delayed'")
        return True
    except Exception as error:
        assert "XAER_NOTA" in str(error), error
        return False


def test_a_stop_and_a_kill_wait_for_nothing_and_hasten_nothing(make_leat, shared_mysql, database):
    numbers = Numbers(shared_mysql, database)
    relay = quick(make_leat, shared_mysql, sinks={"late": {"delay": "8s"}}).start()
    streaming(relay)
    numbers.insert(2)
    relay.wait_for(lambda s: s["sinks"][0]["held_until"], "something held back")
    began = time.monotonic()
    assert relay.stop() == 0
    assert time.monotonic() - began < 10, "shutdown_timeout is for sinks that can go on"
    relay.start()
    numbers.insert(1)
    relay.wait_for(lambda s: s["sinks"][0]["held_until"], "something held back again")
    relay.kill()
    now = time.time()
    assert all(now - line["ts_us"] / 1e6 >= 8 for line in relay.lines("late"))
    relay.start()
    streaming(relay)
    done = relay.ask("wait", "late", "now", "--timeout", "120")
    assert done.returncode == 0, done.stderr
    assert numbers.of(relay.lines("late")) == numbers.written


@pytest.mark.parametrize("flavour", ["mysql", "mariadb"])
def test_a_mistake_is_stopped_short_of_by_the_documented_steps(make_leat, shared_mysql, shared_mariadb, flavour):
    """docs/operations.md, "Stopping short of a mistake"."""
    server = shared_mysql if flavour == "mysql" else shared_mariadb()
    server.sql("DROP DATABASE IF EXISTS delayed_shop; CREATE DATABASE delayed_shop")
    orders, others = Numbers(server, "delayed_shop", "orders"), Numbers(server, "delayed_shop", "others")
    relay = quick(make_leat, server, sinks={"late": {"delay": "15s", "tables": ["delayed_shop.*"]}}).start()
    streaming(relay)
    orders.insert(5)
    others.insert(2)
    time.sleep(1.1)  # MariaDB's times are whole seconds
    server.sql("DROP TABLE delayed_shop.orders")
    others.insert(3)
    relay.wait_for(lambda s: s["sinks"][0]["held_until"], "something held back")

    # 1. Nothing more goes out.
    command(relay, "pause", "late")
    # 2. Where it is.
    done = run("journal", "cat", relay.config["journal"]["dir"], "--table", "delayed_shop.orders")
    assert done.returncode == 0, done.stderr
    changes = [json.loads(line) for line in done.stdout.splitlines()]
    mistake = next(change for change in changes if change.get("sql", "").startswith("DROP TABLE"))
    # 3. All before it.
    command(relay, "resume", "late", "--until", f"{mistake['file']}:{mistake['pos']}")
    wait_state(relay, "late", "paused", timeout_s=120)
    lines = list(relay.lines("late"))
    assert orders.of(lines) == orders.written and others.of(lines) == others.written[:2]
    assert not [line for line in lines if line.get("sql", "").startswith("DROP TABLE")]
    # 4. Past it, without it.
    command(relay, "skip", "late", mistake["gtid"], "--reason", "orders was dropped by mistake")
    wait_state(relay, "late", "paused")
    relay.kill()  # what is skipped stays so
    relay.start()
    streaming(relay)
    assert relay.ask("wait", "late", "now", "--timeout", "120").returncode == 0
    lines = list(relay.lines("late"))
    assert orders.of(lines) == orders.written and others.of(lines) == others.written
    assert not [line for line in lines if line.get("sql", "").startswith("DROP TABLE")]
    server.sql("DROP DATABASE delayed_shop")


def test_a_mysql_sink_is_stopped_short_of_a_mistake(make_mysql, make_leat):
    """The same steps, on a target that keeps the table, and goes on without the mistake; where GTIDs are preserved, it gets an empty one."""
    on = {"gtid_mode": "ON", "enforce_gtid_consistency": "ON"}
    source, target = make_mysql(**on), make_mysql(**on)
    relay = apply_to(make_leat, source, target, delay="15s", transactions="preserve").start()
    streaming(relay)
    source.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1), (2)")
    source.sql("CREATE TABLE shop.others (id INT PRIMARY KEY)")
    time.sleep(1)
    source.sql("DROP TABLE shop.orders; INSERT INTO shop.others VALUES (1)")
    relay.wait_for(lambda s: s["sinks"][0]["held_until"], "something held back")
    command(relay, "pause", "target")
    done = run("journal", "cat", relay.config["journal"]["dir"], "--table", "shop.orders")
    mistake = next(json.loads(line) for line in done.stdout.splitlines() if '"DROP TABLE' in line)
    command(relay, "resume", "target", "--until", f"{mistake['file']}:{mistake['pos']}")
    wait_state(relay, "target", "paused", timeout_s=120)
    assert target.sql("SELECT id FROM shop.orders") == [(1,), (2,)] and target.sql("SELECT id FROM shop.others") == []
    gtid = mistake["gtid"]
    target.sql(f"SET gtid_next = '{gtid}'; BEGIN; COMMIT; SET gtid_next = 'AUTOMATIC'")
    relay.kill()
    relay.start()
    wait_until_applied(relay, source, timeout_s=120)
    assert target.sql("SELECT id FROM shop.orders") == [(1,), (2,)] and target.sql("SELECT id FROM shop.others") == [(1,)]
