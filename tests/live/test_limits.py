"""What leat takes: memory over a transaction of 2 GiB, memory and CPU at rest, time to start on a long journal. Measured with
the release build (sanitizers multiply all of it)."""

import os
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from leatlab.compare import compare
from leatlab.leat import release_program


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def big_transaction(server, mib, row_kib=64):
    """One transaction of that size: rows of random-looking bytes, made by the server itself."""
    server.sql("CREATE TABLE IF NOT EXISTS test.big (id INT PRIMARY KEY AUTO_INCREMENT, body LONGBLOB)")
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for _ in range(mib // 16):
            cursor.execute("INSERT INTO test.big (body) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE "
                           f"i < {16 * 1024 // row_kib}) SELECT REPEAT(SHA2(RAND(), 512), {row_kib * 8}) FROM n")
        cursor.execute("COMMIT")


def test_a_transaction_of_any_size_takes_little_memory(make_mysql, make_leat, pytestconfig):
    mib = 2048 if pytestconfig.getoption("--full") else 192
    server = make_mysql(max_binlog_cache_size="8G", binlog_cache_size="1M", innodb_redo_log_capacity="1G")
    start = server.position()[:2]
    relay = make_leat(server, leat=release_program(), source={"start": "%s:%d" % start},
                      sinks={"files": {"tables": ["test.seen"]}})
    relay.start()
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
    big_transaction(server, mib)
    server.sql("CREATE TABLE test.seen (a INT PRIMARY KEY); INSERT INTO test.seen VALUES (1)")
    relay.wait_for(lambda status: status["journal"]["bytes"] > mib << 19, "half of the transaction in the journal", 300)
    first = relay.rss_mib()[1]
    relay.kill()  # in its middle
    relay.start()
    relay.wait_until_delivered(server, timeout_s=600)
    highest = max(first, relay.rss_mib()[1])
    print(f"a transaction of {mib} MiB: highest RSS {highest:.0f} MiB")
    assert highest <= 128  # below any part of it that could be held whole
    rows = [line for line in relay.lines() if line["op"] == "insert"]
    assert [row["after"] for row in rows] == [{"a": 1}]
    done = relay.stop()
    assert done == 0
    server.sql("DELETE FROM test.big")
    counted = sum(1 for line in _journal_lines(relay) if '"op":"insert"' in line and '"table":"big"' in line[:200])
    assert counted == mib // 16 * 16 * 1024 // 64


def _journal_lines(relay):
    process = subprocess.Popen([relay.program, "journal", "cat", relay.config["journal"]["dir"]], stdout=subprocess.PIPE, text=True)
    yield from process.stdout
    assert process.wait() == 0


@pytest.mark.parametrize("mib", [1, 32, 128])
def test_memory_is_a_small_multiple_of_the_largest_event(make_mysql, make_leat, mib):
    server = make_mysql(max_allowed_packet="1G")
    start = server.position()[:2]
    relay = make_leat(server, leat=release_program(), source={"start": "%s:%d" % start})
    server.sql("CREATE TABLE test.one (id INT PRIMARY KEY, body LONGBLOB)")
    server.sql(f"INSERT INTO test.one VALUES (1, REPEAT('x', {mib << 20}))")
    relay.start()
    relay.wait_until_delivered(server, timeout_s=300)
    multiple = (relay.rss_mib()[1] - 32) / mib
    print(f"an event of {mib} MiB: highest RSS {relay.rss_mib()[1]:.0f} MiB, {multiple:.1f} times the event")
    assert relay.rss_mib()[1] < 64 + 10 * mib


def test_at_rest_it_takes_nearly_nothing(shared_mysql, make_leat):
    relay = make_leat(shared_mysql, leat=release_program(), sinks={"a": {}, "b": {"compress": "zstd"}})
    relay.start()
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
    time.sleep(1)
    before, at = cpu_seconds(relay.process.pid), time.monotonic()
    time.sleep(8)
    share = (cpu_seconds(relay.process.pid) - before) / (time.monotonic() - at)
    print(f"at rest: {relay.rss_mib()[0]:.1f} MiB, {share * 100:.2f} % of a core")
    assert relay.rss_mib()[0] <= 32
    assert share <= 0.005


def test_it_starts_at_once_on_a_long_journal(make_mysql, make_leat, pytestconfig):
    """The time from exec to the dump command, as its own log tells it."""
    mib = 10240 if pytestconfig.getoption("--full") else 1024
    server = make_mysql(max_binlog_cache_size="8G", binlog_cache_size="1M", sync_binlog=0, innodb_flush_log_at_trx_commit=2)
    start = server.position()[:2]
    relay = make_leat(server, leat=release_program(), source={"start": "%s:%d" % start}, sinks={})
    relay.start()
    for _ in range(mib // 256):
        big_transaction(server, 256)
        server.sql("TRUNCATE test.big; PURGE BINARY LOGS BEFORE NOW()")
    file, pos, _ = server.position()
    relay.wait_for(lambda status: (status["journal"]["file"], status["journal"]["pos"]) >= (file, pos), "the journal", 900)
    relay.kill()
    before = time.time()
    relay.start()
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
    line = next(line for line in reversed(relay.log_text().splitlines()) if "streaming from" in line)
    stamp = line.split("time=")[1].split()[0]
    took = datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() - before
    size = sum(path.stat().st_size for path in Path(relay.config["journal"]["dir"]).iterdir())
    print(f"journal of {size / 2**30:.1f} GiB: {took * 1000:.0f} ms from exec to streaming, TLS, login and checks of the server included")
    assert took < 5


def test_what_was_delivered_is_what_the_binlog_says(make_mysql, make_leat):
    """Anonymous transactions, by file and position, over rotations and a kill."""
    server = make_mysql(gtid_mode="OFF", enforce_gtid_consistency="OFF")
    start = server.position()[:2]
    relay = make_leat(server, source={"start": "%s:%d" % start})
    relay.start()
    for number in range(6):
        server.sql(f"CREATE TABLE test.t{number} (a INT PRIMARY KEY, b TEXT); INSERT INTO test.t{number} VALUES (1, 'x'), (2, NULL)")
        if number < 5:
            server.sql("FLUSH BINARY LOGS")
        if number == 3:
            relay.kill()
            relay.start()
    relay.wait_until_delivered(server)
    relay.stop()
    result = compare(server, relay.lines(schema=True), start)
    assert result.clean, str(result)


def test_a_transaction_above_max_size_is_a_state_and_not_an_exit(shared_mysql, database, make_leat):
    """Until max_size is raised, sinks get what came before it, and the process says why it goes no further."""
    file, pos, _ = shared_mysql.position()
    relay = make_leat(shared_mysql, source={"start": f"{file}:{pos}", "tables": [f"{database}.*"]},
                      journal={"segment_size": "256KiB", "max_size": "1MiB"})
    shared_mysql.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY, body LONGTEXT)")
    shared_mysql.sql(f"INSERT INTO {database}.t VALUES (0, 'before')")
    shared_mysql.sql(f"INSERT INTO {database}.t WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 64) "
                     "SELECT i, REPEAT('x', 100000) FROM n")
    relay.start()
    status = relay.wait_for(lambda s: s["journal"].get("error", {}).get("kind") == "operator", "the journal's refusal")
    assert status["journal"]["error"]["code"] == "journal_full" and "max_size" in status["journal"]["error"]["cure"]
    relay.wait_for(lambda s: s["sinks"][0]["changes"] == 1, "what came before it")
    time.sleep(1.5)
    assert relay.stop(timeout_s=30) == 0
    relay.config["journal"]["max_size"] = "64MiB"
    relay.configure()
    relay.start()
    relay.wait_for(lambda s: s["sinks"][0]["changes"] == 65, "all of it")
    assert [line["after"]["id"] for line in relay.lines() if line["op"] == "insert"] == list(range(65))
