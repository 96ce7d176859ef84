"""The kafka sink over what takes long: brokers that are down under load, writes that it doesn't see, a transaction that is larger than a Kafka transaction
may last. Short forms run always; with --full they last as long as their names say."""

import json
import random
import threading
import time

import pytest

from kafka_relay import numbers_of, relay_to, values
from leatlab.kafka import Kafka
from leatlab.leat import release_program
from operating import Numbers, no_relay_broke, streaming, wait_until  # noqa: F401

ONE = {"topic": "{name}.{sink}", "schema_topic": ""}
QUICK_KAFKA = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 300}
# librdkafka waits longer and longer before it connects again: up to ten seconds.
QUICK_AGAIN = {"reconnect.backoff.max.ms": "500"}
SMALL = {"segment_size": "1MiB", "keep": "1s"}


@pytest.fixture(scope="module")
def kafka():
    with Kafka("long", **QUICK_KAFKA) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def brokers_that_run(kafka):
    yield
    kafka.start()


@pytest.fixture
def full(pytestconfig):
    return pytestconfig.getoption("--full")


class Writer(threading.Thread):
    """Writes numbers all the time, until it is stopped; `Numbers` knows which."""

    def __init__(self, numbers, pause_s):
        super().__init__(daemon=True)
        self.numbers, self.pause_s, self.ending = numbers, pause_s, threading.Event()

    def run(self):
        while not self.ending.wait(self.pause_s):
            self.numbers.insert(20, 500)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.ending.set()
        self.join()


def sink_of(status, name):
    return next(sink for sink in status["sinks"] if sink["name"] == name)


def test_brokers_that_are_down_under_load_stall_no_source(make_leat, kafka, shared_mysql, database, full):
    """The journal takes what comes, memory stays, status says it in a line, and then all is there in its order."""
    down_s = 600 if full else 5
    numbers = Numbers(shared_mysql, database)
    relay = relay_to(make_leat, kafka, shared_mysql, "down", {
        "exact": {**ONE, "kafka": {"transaction.timeout.ms": "3000", **QUICK_AGAIN}},
        "least": {**ONE, "delivery": "at_least_once", "kafka": {"message.timeout.ms": "0", **QUICK_AGAIN}},
        "files": {"type": "file"}}, leat=release_program())
    relay.start()
    streaming(relay)
    with Writer(numbers, 0.02):
        for sink in ("exact", "least"):
            relay.wait_for(lambda status, sink=sink: sink_of(status, sink)["changes"] > 100, f"changes in {sink}")
        before = relay.rss_mib()[1]
        kafka.broker(1).kill()
        began = time.monotonic()
        relay.wait_for(lambda status: sink_of(status, "exact")["state"] in ("backing_off", "recovering") and sink_of(status, "exact").get("error"),
                       "an error of exact")
        relay.wait_for(lambda status: "no broker of Kafka can be reached since" in sink_of(status, "least").get("note", ""), "a note of least")
        assert any("no broker of Kafka can be reached since" in line for line in relay.ask("status").stdout.splitlines())
        places, last = [], None
        while time.monotonic() < began + down_s or len(places) < 3:
            status = relay.wait_for(lambda status: status["journal"]["visible_end"] != last, "the journal goes on")
            assert status["source"]["state"] == "streaming" and sink_of(status, "exact")["state"] in ("backing_off", "recovering")
            last = status["journal"]["visible_end"]
            places.append(last)
            time.sleep(down_s / 20)
        assert places == sorted(set(places))
        kafka.start()
    for sink in ("exact", "least", "files"):
        relay.wait_until_delivered(shared_mysql, sink, timeout_s=600)
    after = relay.rss_mib()[1]
    print(f"{len(numbers.written)} changes, brokers down for {down_s} s: highest RSS {before:.0f} MiB before, {after:.0f} MiB after")
    assert after < before + 150
    assert numbers_of(values(kafka, "down.exact")) == numbers.written
    assert list(dict.fromkeys(numbers_of(values(kafka, "down.least")))) == numbers.written
    assert relay.log_text().count("streaming from") == 1
    assert relay.stop() == 0


def test_writes_that_a_sink_does_not_see_leave_no_lag_and_free_the_journal(make_leat, kafka, shared_mysql, database, full):
    """Nothing of these transactions passes, and yet the checkpoint moves behind them."""
    numbers, other = Numbers(shared_mysql, database), Numbers(shared_mysql, database, "other")
    tables = {"tables": [f"{database}.t"]}
    relay = relay_to(make_leat, kafka, shared_mysql, "excluded", {"exact": {**ONE, **tables}, "least": {**ONE, **tables, "delivery": "at_least_once"}},
                     journal=SMALL)
    relay.start()
    streaming(relay)
    numbers.insert(5)
    for sink in ("exact", "least"):
        relay.wait_until_delivered(shared_mysql, sink)
    until, rounds = time.monotonic() + (3600 if full else 0), 0
    while rounds < 4 or time.monotonic() < until:
        other.insert(25, 100000)
        rounds += 1
        for sink in ("exact", "least"):
            relay.wait_until_delivered(shared_mysql, sink)
        status = relay.status()
        assert all(sink["lag_records"] == 0 and sink["changes"] == 5 for sink in status["sinks"]), status
        if full:
            time.sleep(2)
    # 10 MiB went through segments of 1 MiB.
    relay.wait_for(lambda status: status["journal"]["segments"] <= 3 and status["journal"]["first_seq"] > 1, "freed segments")
    assert relay.stop() == 0
    other.insert(1)
    relay.start()
    for sink in ("exact", "least"):
        relay.wait_until_delivered(shared_mysql, sink, timeout_s=600)
        assert numbers_of(values(kafka, f"excluded.{sink}")) == numbers.written
    assert relay.stop() == 0


def test_a_transaction_larger_than_a_kafka_transaction_may_last(make_leat, make_mysql, kafka, full):
    """2 GiB in one transaction of the source, while one of Kafka may last 10 s; leat is killed three times on the way."""
    mib, timeout_s, size_mib = (2048, 10, 16) if full else (32, 2, 1)
    server = make_mysql(max_binlog_cache_size="8G", binlog_cache_size="1M", sync_binlog=0, innodb_flush_log_at_trx_commit=2)
    server.sql("CREATE TABLE test.big (id INT PRIMARY KEY, body LONGTEXT)")
    relay = relay_to(make_leat, kafka, server, "giant", {"exact": {**ONE, "transaction_max_size": f"{size_mib}MiB",
                                                                  "kafka": {"transaction.timeout.ms": str(timeout_s * 1000)}}},
                     leat=release_program())
    relay.start()
    streaming(relay)
    count = mib * 64  # of 16 KiB
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("USE test")
        cursor.execute("SET SESSION cte_max_recursion_depth = 4000")
        cursor.execute("BEGIN")
        for first in range(0, count, 2048):
            cursor.execute(f"INSERT INTO test.big WITH RECURSIVE s (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < "
                           f"{min(first + 2048, count) - 1}) SELECT n, REPEAT(SHA2(n, 256), 256) FROM s")
        cursor.execute("COMMIT")
        began = time.monotonic()
        cursor.execute("INSERT INTO test.big VALUES (-1, 'last')")
    connection.close()
    highest = 0
    for _ in range(3):
        before = parts(kafka)
        wait_until(lambda before=before: parts(kafka) > before + 2 or relay.sink("exact")["changes"] >= count, "some parts", 600)
        highest = max(highest, relay.rss_mib()[1])
        relay.kill()
        time.sleep(random.random())
        relay.start()
    relay.wait_until_delivered(server, "exact", timeout_s=3600)
    highest = max(highest, relay.rss_mib()[1])
    took = time.monotonic() - began
    ids, marks = [], []
    for message in kafka.each("giant.exact"):
        ids.append(json.loads(message.value())["after"]["id"])
        marks += [value for key, value in message.headers() or [] if key == "leat-part"]
    assert ids == [*range(count), -1]
    print(f"{mib} MiB in {len(marks)} parts, {took:.0f} s with three kills, highest RSS {highest:.0f} MiB")
    assert marks[0] == b"first" and marks[-1] == b"last" and len(marks) > 3
    assert took > timeout_s or not full
    assert relay.stop() == 0


def parts(kafka):
    """How many records the checkpoint topic has, committed ones."""
    return sum(1 for _ in kafka.each("giant.leat-checkpoint")) if "giant.leat-checkpoint" in kafka.topics() else 0
