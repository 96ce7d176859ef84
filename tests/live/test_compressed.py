"""Transactions that MySQL compresses (binlog_transaction_compression): what is delivered is what the binlog says, over kills and
reconnects, in the memory of the largest event."""

import json
import subprocess

from leatlab.compare import compare
from leatlab.leat import release_program, run
from leatlab.load import Sysbench
from test_limits import big_transaction


def decoded(lines):
    """What doesn't depend on where a change was logged."""
    return [{key: value for key, value in line.items() if key in ("op", "n", "before", "after", "last")} for line in lines]


def test_what_was_delivered_is_what_the_binlog_says_over_kills(make_mysql, make_leat):
    server = make_mysql(binlog_transaction_compression="ON", binlog_rows_query_log_events="ON")
    start = server.position()[:2]
    relay = make_leat(server, source={"start": "%s:%d" % start})
    relay.start()
    load = Sysbench(server, tables=2, size=200)
    load.prepare()
    for _ in range(3):
        load.run(threads=2, events=100)
        relay.kill()
        relay.start()
    server.sql("SET binlog_transaction_compression=OFF; CREATE TABLE test.last (a INT PRIMARY KEY); INSERT INTO test.last VALUES (1)")
    relay.wait_until_delivered(server)
    assert relay.stop() == 0
    result = compare(server, relay.lines(schema=True), start)
    assert result.clean, str(result)
    kinds = {row[2] for row in server.sql(f"SHOW BINLOG EVENTS IN '{server.position()[0]}'")}
    assert "Transaction_payload" in kinds and "Write_rows" in kinds, kinds


def test_the_last_transaction_is_compared_when_it_was_compressed(make_mysql, make_leat):
    """At each connect the last journalled transaction is requested once more; another server, or this one with compression
    off, gives it the same digest."""
    server = make_mysql(binlog_transaction_compression="ON")
    server.sql("CREATE TABLE test.t (a INT PRIMARY KEY, b TEXT)")
    file, pos, gtids = server.position()
    relay = make_leat(server, source={"start": f"{file}:{pos}"})
    relay.start()
    server.sql("INSERT INTO test.t VALUES (1, REPEAT('x', 5000)), (2, NULL)")
    relay.wait_until_delivered(server)
    relay.kill()
    relay.start()
    server.sql("INSERT INTO test.t VALUES (3, REPEAT('y', 5000))")
    relay.wait_until_delivered(server)
    relay.kill()
    # The same GTID with other contents is another history.
    last = server.sql("SELECT @@gtid_executed")[0][0].replace("\n", "").split(":")
    server.sql("RESET BINARY LOGS AND GTIDS")
    uuid, number = last[0], int(last[1].split("-")[1])
    server.sql(f"SET GLOBAL gtid_purged='{uuid}:1-{number - 1}'; INSERT INTO test.t VALUES (4, REPEAT('z', 5000))")
    relay.start()
    status = relay.wait_for(lambda s: s["source"].get("error"), "the other history")
    assert status["source"]["error"]["code"] == "other_history", status["source"]["error"]
    assert [line["after"]["a"] for line in relay.lines()] == [1, 2, 3]


def test_values_are_those_of_the_same_transaction_uncompressed(make_mysql):
    server = make_mysql()
    server.sql("CREATE TABLE test.t (i INT PRIMARY KEY AUTO_INCREMENT, a BIGINT UNSIGNED, b DECIMAL(20,5), c VARCHAR(50), d JSON, "
               "e DATETIME(6), f GEOMETRY, g ENUM('x','y'), h LONGBLOB)")
    row = ("18446744073709551615, -123456789012345.12345, 'naïve ☃', '{\"a\": [1, 2.5, null]}', '2026-01-31 10:20:30.123456', "
           "POINT(1, 2), 'y', REPEAT(x'00ff', 70000)")
    body = (f"BEGIN; INSERT INTO test.t (a,b,c,d,e,f,g,h) VALUES ({row}), ({row}); SAVEPOINT s; UPDATE test.t SET a = 1, h = NULL; "
            f"DELETE FROM test.t WHERE a = 1; COMMIT")
    seen = []
    for mode, level in (("OFF", 3), ("ON", 1), ("ON", 22)):
        server.sql(f"FLUSH BINARY LOGS; TRUNCATE test.t; SET binlog_transaction_compression={mode}, "
                  f"binlog_transaction_compression_level_zstd={level}; {body}")
        done = run("decode", "--table", "test.t", server.binlogs()[-1])
        assert done.returncode == 0, done.stderr
        seen.append(decoded([json.loads(line) for line in done.stdout.splitlines() if '"op":"schema"' not in line]))
    assert len(seen[0]) == 7 and seen[1] == seen[0] and seen[2] == seen[0]


def test_a_compressed_transaction_of_any_size_takes_little_memory(make_mysql, make_leat, pytestconfig):
    mib = 2048 if pytestconfig.getoption("--full") else 160
    server = make_mysql(max_binlog_cache_size="8G", binlog_cache_size="1M", innodb_redo_log_capacity="1G", binlog_transaction_compression="ON")
    start = server.position()[:2]
    relay = make_leat(server, leat=release_program(), source={"start": "%s:%d" % start}, sinks={"files": {"tables": ["test.seen"]}})
    relay.start()
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
    big_transaction(server, mib)
    server.sql("CREATE TABLE test.seen (a INT PRIMARY KEY); INSERT INTO test.seen VALUES (1)")
    relay.wait_until_delivered(server, timeout_s=600)
    highest, logged = relay.rss_mib()[1], sum(path.stat().st_size for path in server.binlogs()) / 2**20
    print(f"a transaction of {mib} MiB in {logged:.1f} MiB of binlog: highest RSS {highest:.0f} MiB")
    assert logged < mib / 4 and highest <= 128
    assert relay.stop() == 0
    process = subprocess.Popen([relay.program, "journal", "cat", relay.config["journal"]["dir"]], stdout=subprocess.PIPE, text=True)
    counted = sum('"op":"insert"' in line and '"table":"big"' in line[:200] for line in process.stdout)
    assert process.wait() == 0 and counted == mib * 1024 // 64
