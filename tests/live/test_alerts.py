"""Each alert rule is fired by its trouble, alone or with those that follow from the same trouble, and what docs/operations.md says under
its name ends it. The rules are the shipped ones with short durations (alerting.py); the troubles are real ones."""

import contextlib
import http.client
import os
import re
import subprocess
import threading
import time

import pytest

from alerting import RULES, TOP, Prometheus, restart, shortened, watched
from leatlab import shims
from leatlab import leat as leat_program
from leatlab.mysql import Mysql
from leatlab.proxy import Proxy
from operating import Ballast, Flipping, Numbers, no_relay_broke, remount, sink_error, small_disk, streaming, wait_state, wait_until
from test_xa import Branches

COVERED = set()  # the alerts that a test here fires
AN_HOUR_S = 3600


def fires(*alerts):
    """Says which alerts a test is for."""
    COVERED.update(alerts)
    return pytest.mark.alerts(*alerts)


@pytest.fixture(autouse=True)
def only_quick_ones(request, pytestconfig):
    if request.node.get_closest_marker("alerts") and not request.node.get_closest_marker("quick") and not pytestconfig.getoption("--full"):
        pytest.skip("takes long: --full")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    server = Prometheus(tmp_path_factory.mktemp("prometheus"))
    yield server
    server.end()


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return shims.Clock(tmp_path_factory.mktemp("clock") / "ahead")


@pytest.fixture(scope="module")
def primary(clock):
    """A server of these tests alone, whose clock can be set."""
    with Mysql("alerts", clock=str(clock.file)) as server:
        yield server


@pytest.fixture
def numbers(primary, request):
    name = request.node.name.split("[")[0][:60]
    primary.sql(f"CREATE DATABASE `{name}`")
    yield Numbers(primary, name)
    primary.sql(f"DROP DATABASE `{name}`")


@pytest.fixture
def relay_of(prometheus, make_leat, numbers):
    """relay_of(...) -> (relay, watch) on the primary."""
    def make(**more):
        return watched(prometheus, make_leat, more.pop("server", numbers.server), **more)
    yield make
    prometheus.forget()


def set_clock(clock, server, ahead_s):
    clock.set(ahead_s)
    wait_until(lambda: abs(float(server.value("SELECT UNIX_TIMESTAMP(SYSDATE())")) - time.time() - ahead_s) < 30, "the clock")


@contextlib.contextmanager
def an_hour_ago(clock, server):
    """What is committed within was committed an hour ago."""
    set_clock(clock, server, -AN_HOUR_S)
    try:
        yield
    finally:
        set_clock(clock, server, 0)


def start_into_pipe(relay):
    """A relay with its standard output in a pipe; its other end, which nobody reads yet."""
    reader, writer = os.pipe()
    relay.start(stdout=writer)
    os.close(writer)
    return reader


def drain(reader):
    """Reads that end from now on."""
    def read():
        with os.fdopen(reader, "rb", buffering=0) as file:
            while file.read(65536):
                pass
    threading.Thread(target=read, daemon=True).start()


@contextlib.contextmanager
def writing(numbers):
    """A small transaction ten times a second."""
    stop = threading.Event()

    def write():
        while not stop.wait(0.1):
            numbers.insert(1)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_each_rule_has_a_test_that_fires_it():
    assert COVERED == set(re.findall(r"alert: (\w+)", RULES.read_text()))


def test_short_durations_are_all_that_differs():
    rules = RULES.read_text()
    short = shortened(rules)
    durations = r"(?:for: |offset |\[)(\w+)"
    assert set(re.findall(durations, short)) == {"1000ms", "2000ms", "4000ms"}
    assert re.sub(durations, "", short) == re.sub(durations, "", rules)


# ---- The quick ones ----

@pytest.mark.quick
@fires("LeatDown", "LeatSourceHalted", "LeatSourceNotStreaming")
def test_a_password_that_changed_then_a_relay_that_is_killed(relay_of, numbers):
    numbers.server.user("rotated", "first", "REPLICATION SLAVE, REPLICATION CLIENT ON *.*")
    password = numbers.server.password_file("first")
    relay, watch = relay_of(url=numbers.server.url("rotated"), password_file=password)
    numbers.server.sql("SET sql_log_bin=0; ALTER USER rotated IDENTIFIED BY 'second'")
    for (thread,) in numbers.server.sql("SELECT id FROM information_schema.processlist WHERE user = 'rotated'"):
        numbers.server.sql(f"KILL {thread}")
    watch.assert_fires("LeatSourceHalted", also=["LeatSourceNotStreaming"])
    # "`leat status` says what: the error's cure": it names the password.
    status = relay.wait_for(lambda status: status["source"].get("error", {}).get("code") == "authentication", "the error")
    assert "password" in status["source"]["error"]["cure"]
    password.write_text("second\n")
    watch.assert_resolved()
    numbers.insert(1)
    numbers.assert_exactly_once(relay)

    relay.kill()
    watch.assert_fires("LeatDown")
    numbers.insert(1)
    relay.start()
    watch.assert_resolved()
    numbers.assert_exactly_once(relay)


@pytest.mark.quick
@fires("LeatSinkPaused", "LeatSinkFailing")
def test_a_sink_that_is_paused_beside_one_whose_disk_is_full(relay_of, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 4) as disk:
        relay, watch = relay_of(sinks={"files": {}, "full": {"path": str(disk / "out")}})
        assert relay.ask("pause", "files").returncode == 0
        ballast = Ballast(disk)
        numbers.insert(6, size=200000)
        watch.assert_fires("LeatSinkFailing", also=["LeatSinkPaused"])
        assert "free space" in sink_error(relay, "full", "backing_off", "disk_full")["cure"]
        ballast.remove()
        wait_until(lambda: watch.firing() == {"LeatSinkPaused"}, "the end of LeatSinkFailing")
        assert relay.ask("resume", "files").returncode == 0
        watch.assert_resolved()
        numbers.assert_exactly_once(relay, "full")
        numbers.assert_exactly_once(relay, "files")
        relay.kill()


# ---- The source ----

@fires("LeatSourceNotStreaming")
def test_a_primary_that_is_down(relay_of, numbers):
    relay, watch = relay_of()
    numbers.server.stop()
    try:
        watch.assert_fires("LeatSourceNotStreaming")
    finally:
        numbers.server.start()
    watch.assert_resolved()
    numbers.insert(1)
    numbers.assert_exactly_once(relay)


@fires("LeatPurgeHorizonNear")
def test_binlogs_that_expire_while_nothing_is_read(relay_of, numbers):
    """The source can't connect for a minute, and the primary keeps an hour."""
    numbers.server.sql("SET PERSIST binlog_expire_logs_seconds=3600")
    with Proxy(numbers.server.port) as proxy:
        relay, watch = relay_of(url=f"mysql://cdc@127.0.0.1:{proxy.port}")
        proxy.refuse()
        watch.assert_fires("LeatPurgeHorizonNear", also=["LeatSourceNotStreaming"])
        numbers.server.sql("SET PERSIST binlog_expire_logs_seconds=604800")
        proxy.restore()
        watch.assert_resolved()
        numbers.insert(1)
        numbers.assert_exactly_once(relay)
        relay.kill()
    numbers.server.sql("RESET PERSIST; SET GLOBAL binlog_expire_logs_seconds=DEFAULT")


@fires("LeatPurgeHorizonNear", "LeatJournalFull")
def test_binlogs_that_expire_while_the_journal_is_full(relay_of, numbers):
    """The first step ends what is urgent, while the journal is still full."""
    numbers.server.sql("SET PERSIST binlog_expire_logs_seconds=3600")
    relay, watch = relay_of(sinks={"files": {}, "slow": {}}, journal={"segment_size": "256KiB", "max_size": "2MiB"})
    assert relay.ask("pause", "slow").returncode == 0
    numbers.insert(40, size=100000)
    # The source waits, and leaves the server after half a minute.
    watch.assert_fires("LeatPurgeHorizonNear", also=["LeatJournalFull", "LeatSinkPaused"], perhaps=["LeatSourceNotStreaming"])
    numbers.server.sql("SET PERSIST binlog_expire_logs_seconds=604800")
    wait_until(lambda: "LeatPurgeHorizonNear" not in watch.firing(), "the end of LeatPurgeHorizonNear")
    assert "LeatJournalFull" in watch.firing()
    # "Find the sink that needs the oldest part: leat_journal_hold_oldest, or journal.holds[0]. Cure that sink".
    holds = [labels["hold"] for labels, value in watch.prometheus.ask(f'leat_journal_hold_oldest{{instance="{watch.instance}"}} == 1')]
    assert holds == [relay.status()["journal"]["holds"][0]["name"]] == ["sink slow"]
    assert relay.ask("resume", "slow").returncode == 0
    watch.assert_resolved()
    numbers.assert_exactly_once(relay, "slow")
    numbers.server.sql("RESET PERSIST; SET GLOBAL binlog_expire_logs_seconds=DEFAULT")


@fires("LeatClockOff")
@pytest.mark.parametrize("ahead_s", [90, -90])
def test_a_clock_that_is_wrong(relay_of, numbers, clock, ahead_s):
    relay, watch = relay_of()
    clock.set(ahead_s)
    numbers.insert(3)
    watch.assert_fires("LeatClockOff")
    clock.set(0)
    watch.assert_resolved()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)


@fires("LeatChecksumFailures")
def test_bytes_that_change_on_their_way(relay_of, numbers):
    with Flipping(numbers.server.port) as proxy:
        relay, watch = relay_of(url=f"mysql://cdc@127.0.0.1:{proxy.port}", source={"ssl_mode": "DISABLED"})
        proxy.flips = 3
        numbers.insert(1, size=5000)
        watch.assert_fires("LeatChecksumFailures", perhaps=["LeatSourceHalted", "LeatSourceNotStreaming"])
        relay.wait_for(lambda _: not proxy.flips, "the last damaged byte")
        watch.assert_resolved()
        numbers.assert_exactly_once(relay)
        relay.kill()


@fires("LeatQuarantined", "LeatSinkDown")
def test_what_cannot_be_decoded_and_a_newer_leat(prometheus, relay_of, numbers):
    numbers.server.sql(f"CREATE TABLE {numbers.named('v')} (id INT PRIMARY KEY, v VECTOR(2))")
    relay = relay_of(start=False, leat=leat_program.program().parent / "leat_lacking",
                    source={"on_undecodable": "quarantine"})
    relay.start()
    streaming(relay)
    watch = prometheus.watch(relay)
    numbers.server.sql(f"INSERT INTO {numbers.named('v')} VALUES (1, STRING_TO_VECTOR('[1,-2.5]'))")
    watch.assert_fires("LeatQuarantined", also=["LeatSinkDown"])
    relay.program = leat_program.program()
    restart(relay)
    watch.assert_resolved()
    relay.wait_until_delivered(numbers.server)
    assert [line["after"]["id"] for line in relay.lines() if line["op"] == "insert"] == [1]


@fires("LeatQuarantined", "LeatSinkDown")
def test_what_cannot_be_decoded_from_the_first_moment_on(prometheus, relay_of, numbers):
    """It was put aside before the first scrape, and is left out for good."""
    numbers.server.sql(f"CREATE TABLE {numbers.named('v')} (id INT PRIMARY KEY, v VECTOR(2))")
    relay = relay_of(start=False, leat=leat_program.program().parent / "leat_lacking",
                    source={"on_undecodable": "quarantine"})
    numbers.server.sql(f"INSERT INTO {numbers.named('v')} VALUES (1, STRING_TO_VECTOR('[1,-2.5]'))")
    relay.start()
    halted = wait_state(relay, "files", "halted")
    watch = prometheus.watch(relay, calm=False)
    watch.assert_fires("LeatQuarantined", also=["LeatSinkDown"])
    gtid = halted["error"]["cure"].split("leat skip files ")[1].split(" ")[0]
    done = relay.ask("skip", "files", gtid, "--reason", "nobody reads it")
    assert done.returncode == 0, done.stderr
    watch.assert_resolved()


# ---- The journal ----

@fires("LeatJournalFull")
def test_a_disk_that_is_full_under_the_journal(relay_of, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 24) as disk:
        relay, watch = relay_of(journal={"dir": str(disk / "journal"), "segment_size": "1MiB", "min_free": "0B"})
        ballast = Ballast(disk)
        numbers.insert(12, size=1 << 20)
        watch.assert_fires("LeatJournalFull", perhaps=["LeatSourceNotStreaming"])
        ballast.remove()
        watch.assert_resolved()
        numbers.assert_exactly_once(relay)
        relay.kill()


@fires("LeatJournalFilling")
def test_a_journal_that_fills(prometheus, relay_of, numbers, clock):
    """What is in it was committed an hour ago, and a sink has none of it."""
    relay = relay_of(start=False, sinks={"files": {"path": "-"}}, journal={"segment_size": "256KiB", "max_size": "4MiB"})
    with an_hour_ago(clock, numbers.server):
        numbers.insert(37, size=100000)
    reader = start_into_pipe(relay)
    streaming(relay)
    watch = prometheus.watch(relay, calm=False)
    watch.assert_fires("LeatJournalFilling", also=["LeatSinkLags"])
    drain(reader)
    watch.assert_resolved()
    relay.wait_until_delivered(numbers.server)
    relay.kill()


@fires("LeatJournalSlow")
def test_a_disk_whose_syncs_take_long(prometheus, relay_of, numbers, tmp_path):
    relay = relay_of(start=False, journal={"dir": str(tmp_path / "slow" / "journal")})
    (tmp_path / "slow").mkdir()
    relay.start(env=shims.slow_disk(tmp_path / "slow", 700))
    streaming(relay)
    watch = prometheus.watch(relay)
    with writing(numbers):
        watch.assert_fires("LeatJournalSlow")
        # "Give the journal a disk of its own."
        assert relay.stop() == 0
        (tmp_path / "slow" / "journal").rename(tmp_path / "fast")
        restart(relay, journal={"dir": str(tmp_path / "fast")})
        watch.assert_resolved()
    numbers.assert_exactly_once(relay)


@fires("LeatXaPinsJournal")
def test_a_branch_that_nobody_ends(relay_of, numbers):
    branches = Branches(numbers.server, numbers.database + "_xa")
    relay, watch = relay_of(journal={"segment_size": "64KiB", "keep": "0s"})
    branches.insert(1)
    branches.prepare("order", 2)
    branches.insert(3, size=200000)
    watch.assert_fires("LeatXaPinsJournal")
    # As in the guide; the server's name for it is what ROLLBACK takes.
    [(format_id, gtrid_length, bqual_length, data)] = branches.sql("XA RECOVER CONVERT XID")
    gtrid, bqual = data[2:2 + 2 * gtrid_length], data[2 + 2 * gtrid_length:]
    assert len(bqual) == 2 * bqual_length
    branches.sql(f"XA ROLLBACK X'{gtrid}',X'{bqual}',{format_id}")
    watch.assert_resolved()
    relay.wait_until_delivered(numbers.server)
    branches.close()
    numbers.server.sql(f"DROP DATABASE `{branches.database}`")


@fires("LeatHoldLost")
def test_a_sink_that_was_let_go(relay_of, numbers):
    relay, watch = relay_of(sinks={"files": {}, "spare": {"when_journal_full": "detach"}},
                            journal={"segment_size": "256KiB", "max_size": "2MiB"})
    assert relay.ask("pause", "spare").returncode == 0
    numbers.insert(40, size=100000)
    watch.assert_fires("LeatHoldLost")
    assert relay.sink("spare")["state"] == "needs_resync"
    file, pos, _ = numbers.server.position()  # where what was loaded anew stands
    done = relay.ask("rewind", "spare", "--to", f"{file}:{pos}", "--yes")
    assert done.returncode == 0, done.stderr
    watch.assert_resolved()
    numbers.insert(2)
    relay.wait_until_delivered(numbers.server, "spare")
    assert numbers.of(relay.lines("spare"))[-2:] == numbers.written[-2:]


# ---- Sinks ----

@fires("LeatSinkDown")
def test_a_sink_whose_disk_cannot_be_written(prometheus, relay_of, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 4) as disk:
        relay = relay_of(start=False, sinks={"files": {"path": str(disk / "out")}})
        relay.start()
        numbers.insert(1)
        numbers.assert_exactly_once(relay)
        assert relay.stop() == 0
        if not remount(disk, "ro"):
            pytest.skip("a file system can't be remounted here")
        relay.start()
        watch = prometheus.watch(relay, calm=False)
        watch.assert_fires("LeatSinkDown")
        assert "read-write" in sink_error(relay, "files", "halted", "io")["cure"]
        assert remount(disk, "rw")
        assert relay.ask("resume", "files").returncode == 0
        watch.assert_resolved()
        numbers.insert(1)
        numbers.assert_exactly_once(relay)
        relay.kill()


@fires("LeatSinkLags")
def test_a_sink_whose_target_is_busy(prometheus, relay_of, numbers, clock):
    """Who reads its standard output stopped doing so; what waits was committed an hour ago."""
    relay = relay_of(start=False, sinks={"files": {"path": "-"}})
    with an_hour_ago(clock, numbers.server):
        numbers.insert(5, size=100000)
    reader = start_into_pipe(relay)
    streaming(relay)
    watch = prometheus.watch(relay, calm=False)
    watch.assert_fires("LeatSinkLags")
    drain(reader)
    watch.assert_resolved()
    relay.kill()


# ---- The process ----

@fires("LeatDescriptorsShort")
def test_descriptors_that_run_short(prometheus, relay_of, numbers):
    relay = relay_of(start=False)
    relay.config["http"]["connections"] = 100
    relay.configure()
    waiting = []

    def start(limit):
        relay.start()
        streaming(relay)
        subprocess.run(["prlimit", f"--pid={relay.process.pid}", f"--nofile={limit}:{limit}"], check=True)

    def wait_by(count):
        for _ in range(count):
            waiting.append(http.client.HTTPConnection("127.0.0.1", relay.port))
            waiting[-1].request("GET", "/wait?sink=files&gtid=00000000-0000-0000-0000-00000000beef:1&timeout=600")
    start(limit=120)
    watch = prometheus.watch(relay)
    wait_by(95)
    watch.assert_fires("LeatDescriptorsShort")
    # "Raise the limit": as many wait.
    assert relay.stop() == 0
    start(limit=1000)
    wait_by(95)
    watch.assert_resolved()
    # "Lower http.connections": as many want to wait.
    assert relay.stop() == 0
    relay.config["http"]["connections"] = 20
    relay.configure()
    start(limit=120)
    with contextlib.suppress(OSError):
        wait_by(95)
    watch.assert_resolved()
    for connection in waiting:
        connection.close()
