"""Operating sinks: several at their own speeds, full journals, pause and resume, rewind, skip, rotation, and every command."""

import json
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from leatlab.compare import compare
from leatlab.leat import program, read_lines, run
from operating import Numbers, no_relay_broke, quick, refused, sink_error, source_error, streaming, wait_state, wait_until

SMALL = {"segment_size": "64KiB"}


@pytest.fixture
def numbers(shared_mysql, database):
    return Numbers(shared_mysql, database)


def command(relay, *words):
    done = relay.ask(*words)
    assert done.returncode == 0, done.stderr
    return done


def sink_of(status, name):
    return next(sink for sink in status["sinks"] if sink["name"] == name)


def raw(relay, name="files", generation=None):
    """The sink's change lines as bytes, in the order of delivery."""
    prefix = f"{name}-" if generation is None else f"{name}-{generation:06}-"
    return [line for path in relay.files(name) if path.name.startswith(prefix)
            for line in read_lines(path) if not line.startswith(b'{"op":"schema"')]


def content(relay, name):
    return {path.name: path.read_bytes() for path in relay.files(name)}


# ---- Several at once ----

@pytest.mark.threads
def test_sinks_of_all_kinds_go_at_their_own_speed(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={
        "plain": {}, "zstd": {"compress": "zstd", "rotate_size": "4KiB"}, "gzip": {"compress": "gzip"},
        "idle": {"tables": ["nothing.*"]}, "slow": {"checkpoint_interval": "1s"}})
    relay.start()
    streaming(relay)
    start = relay.config["source"]["start"].split(":")
    writers = threading.Thread(target=numbers.insert, args=(120, 500))
    writers.start()
    for _ in range(4):
        command(relay, "pause", "slow")
        command(relay, "resume", "slow")
    writers.join()
    for name in ("plain", "zstd", "gzip", "slow"):
        numbers.assert_exactly_once(relay, name)
        result = compare(numbers.server, relay.lines(name, schema=True), (start[0], int(start[1])))
        assert result.clean, str(result)
    relay.wait_until_delivered(numbers.server, "idle")
    assert list(relay.lines("idle")) == []
    assert relay.stop() == 0


@pytest.mark.threads
def test_a_sink_that_is_stuck_stalls_nobody(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"stuck": {}, "free": {}}, journal=SMALL)
    relay.start()
    numbers.insert(2)
    numbers.assert_exactly_once(relay, "stuck")
    command(relay, "pause", "stuck")
    wait_state(relay, "stuck", "paused")
    numbers.insert(30, size=20000)
    numbers.assert_exactly_once(relay, "free")
    status = relay.status()
    stuck, hold = sink_of(status, "stuck"), next(h for h in status["journal"]["holds"] if h["name"] == "sink stuck")
    assert numbers.of(relay.lines("stuck")) == [1, 2] and stuck["lag_records"] > 0 and stuck["lag_seconds"] > 0
    assert hold["seq"] == stuck["seq"] and not hold["lost"] and status["journal"]["segments"] > 4
    command(relay, "resume", "stuck")
    numbers.assert_exactly_once(relay, "stuck")
    assert sink_of(relay.status(), "stuck")["lag_records"] == 0


def test_a_full_journal_blocks_the_source_until_the_sink_goes_on(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"stuck": {}, "free": {}},
                  journal={**SMALL, "max_size": "1MiB", "queue": "1MiB"})
    relay.start()
    numbers.insert(2)
    numbers.assert_exactly_once(relay, "stuck")
    connects = relay.status()["source"]["connects"]
    command(relay, "pause", "stuck")
    numbers.insert(60, size=100000)
    status = relay.wait_for(lambda s: s["journal"].get("error", {}).get("code") == "journal_full", "a full journal")
    assert status["journal"]["full"] and status["journal"]["bytes"] <= (1 << 20) + 110000  # give or take a row
    error = status["journal"]["error"]
    assert relay.config["journal"]["dir"] in error["message"] and "max_size" in error["cure"]
    assert "FULL" in command(relay, "status").stdout
    # What the journal has reaches the others.
    relay.wait_for(lambda s: sink_of(s, "free")["seq"] == s["journal"]["visible_end"], "the free sink at the end")
    assert 2 < len(numbers.of(relay.lines("free"))) < 62
    command(relay, "resume", "stuck")
    numbers.assert_exactly_once(relay, "stuck")
    numbers.assert_exactly_once(relay, "free")
    status = relay.wait_for(lambda s: "error" not in s["journal"], "a journal without trouble")
    assert not status["journal"]["full"]
    assert status["source"]["connects"] == connects, "the dump went on"


def test_detach_lets_a_sink_go_loudly_and_the_others_go_on(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"stuck": {"when_journal_full": "detach"}, "free": {}},
                  journal={**SMALL, "max_size": "1MiB", "queue": "1MiB"})
    relay.start()
    numbers.insert(2)
    numbers.assert_exactly_once(relay, "stuck")
    command(relay, "pause", "stuck")
    numbers.insert(40, size=100000)
    numbers.assert_exactly_once(relay, "free")
    error = sink_error(relay, "stuck", "needs_resync", "needs_resync")
    assert "detach" in error["message"] and "leat rewind stuck" in error["cure"]
    assert re.search("level=(warn|error).*sink=stuck.*needs_resync", relay.log_text())
    refused(relay.ask("resume", "stuck"), 1, "no longer in the journal", "leat rewind stuck")
    assert numbers.of(relay.lines("stuck")) == [1, 2]
    # It stays so over a restart.
    assert relay.stop() == 0
    relay.start()
    error = sink_error(relay, "stuck", "needs_resync", "needs_resync")
    command(relay, "rewind", "stuck", "--to", "earliest", "--yes")
    numbers.insert(1)
    relay.wait_until_delivered(numbers.server, "stuck")
    behind = numbers.of(relay.lines("stuck"))[2:]
    assert behind == numbers.written[-len(behind):] and 1 < len(behind) < 40


def test_what_all_sinks_have_is_kept_and_then_deleted(make_leat, numbers):
    relay = quick(make_leat, numbers.server, journal={**SMALL, "keep": "1h"})
    relay.start()
    numbers.insert(12, size=30000)
    numbers.assert_exactly_once(relay)
    assert relay.status()["journal"]["segments"] > 4 and relay.status()["journal"]["first_seq"] == 1
    assert relay.stop() == 0
    relay.config["journal"]["keep"] = "0s"
    relay.configure()
    relay.start()
    relay.wait_for(lambda s: s["journal"]["segments"] == 1 and s["journal"]["first_seq"] > 1, "one segment")
    command(relay, "rewind", "files", "--to", "earliest", "--yes")
    numbers.insert(1)
    relay.wait_until_delivered(numbers.server)
    again = numbers.of(map(json.loads, raw(relay, generation=2)))
    assert again == numbers.written[-len(again):] and len(again) < 13
    refused(relay.ask("rewind", "files", "--to", relay.config["source"]["start"], "--yes"), 1, "journal")


def test_max_size_deletes_what_is_delivered(make_leat, numbers):
    relay = quick(make_leat, numbers.server, journal={**SMALL, "max_size": "1MiB"})
    relay.start()
    numbers.insert(40, size=100000)
    numbers.assert_exactly_once(relay)
    status = relay.status()
    assert status["journal"]["bytes"] <= (1 << 20) + 110000 and status["journal"]["max_bytes"] == 1 << 20
    assert status["journal"]["first_seq"] > 1


# ---- pause, resume ----

def test_pause_and_resume(make_leat, numbers):
    relay = quick(make_leat, numbers.server)
    relay.start()
    numbers.insert(2)
    numbers.assert_exactly_once(relay)
    for _ in range(2):
        command(relay, "pause", "files")
        wait_state(relay, "files", "paused")
    numbers.insert(2)
    relay.wait_for(lambda s: s["sinks"][0]["lag_records"] > 0, "a lag")
    assert numbers.of(relay.lines()) == [1, 2]
    for _ in range(2):
        command(relay, "resume", "files")
    numbers.assert_exactly_once(relay)
    for words in (["pause", "nobody"], ["resume", "nobody"], ["rewind", "nobody", "--to", "now", "--yes"],
                  ["skip", "nobody", "x:1", "--reason", "r"]):
        refused(relay.ask(*words), 1, 'no sink "nobody"', "files")
    refused(relay.ask("rewind", "files", "--to", "noon", "--yes"), 1, "not a position", "FILE:POS")
    refused(relay.ask("resume", "files", "--until", "earliest"), 1, "earliest")
    assert numbers.of(relay.lines()) == numbers.written


@pytest.mark.parametrize("kind", ["file", "gtid", "time"])
def test_resume_until_a_point_pauses_there(make_leat, numbers, kind):
    relay = quick(make_leat, numbers.server)
    relay.start()
    streaming(relay)
    command(relay, "pause", "files")
    wait_state(relay, "files", "paused")
    numbers.insert(3)
    point = here(numbers.server, kind)
    numbers.insert(3)
    command(relay, "resume", "files", "--until", point)
    relay.wait_for(lambda s: s["sinks"][0]["state"] == "paused" and s["sinks"][0]["changes"] >= 3, "paused at the point")
    assert numbers.of(relay.lines()) == [1, 2, 3]
    command(relay, "resume", "files")
    numbers.assert_exactly_once(relay)


def here(server, kind):
    """The point between what is committed and what comes."""
    file, pos, gtids = server.position()
    if kind != "time":
        return f"{file}:{pos}" if kind == "file" else gtids
    time.sleep(0.05)
    point = server.value("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')")
    time.sleep(0.05)
    return point


# ---- rewind ----

@pytest.mark.parametrize("kind", ["earliest", "file", "gtid", "time"])
def test_rewind_repeats_exactly_into_a_new_generation(make_leat, numbers, kind):
    relay = quick(make_leat, numbers.server, sinks={"files": {"rotate_size": "600B"}, "other": {}})
    relay.start()
    numbers.insert(4)
    point = "earliest" if kind == "earliest" else here(numbers.server, kind)
    numbers.insert(4)
    numbers.assert_exactly_once(relay)
    numbers.assert_exactly_once(relay, "other")
    before, lines = content(relay, "files"), raw(relay)
    other = content(relay, "other")
    command(relay, "rewind", "files", "--to", point, "--yes")
    relay.wait_for(lambda s: s["sinks"][0]["generation"] == 2, "generation 2")
    relay.wait_until_delivered(numbers.server)
    wait_until(lambda: len(raw(relay, generation=2)) >= len(lines) - (0 if kind == "earliest" else 4), "the lines again")
    assert raw(relay, generation=2) == (lines if kind == "earliest" else lines[4:])
    numbers.insert(2)
    relay.wait_until_delivered(numbers.server)
    assert numbers.of(map(json.loads, raw(relay, generation=2))) == numbers.written[0 if kind == "earliest" else 4:]
    after = content(relay, "files")
    for name, data in before.items():
        # The open file may have got its final name by the rewind; nothing in it changes.
        assert after.get(name, after.get(name.removesuffix(".part"))) == data
    numbers.assert_exactly_once(relay, "other")
    assert all(content(relay, "other")[name].startswith(data) for name, data in other.items())


def test_rewind_of_a_paused_sink_stays_paused(make_leat, numbers):
    relay = quick(make_leat, numbers.server)
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    command(relay, "pause", "files")
    wait_state(relay, "files", "paused")
    command(relay, "rewind", "files", "--to", "earliest", "--yes")
    relay.wait_for(lambda s: s["sinks"][0]["generation"] == 2 and s["sinks"][0]["state"] == "paused", "paused in generation 2")
    assert raw(relay, generation=2) == []
    command(relay, "resume", "files")
    wait_until(lambda: numbers.of(map(json.loads, raw(relay, generation=2))) == numbers.written, "all again")


# ---- skip ----

def test_skip_takes_the_one_transaction_that_halts_a_sink(make_leat, numbers):
    server = numbers.server
    server.sql(f"CREATE TABLE {numbers.named('vec')} (id INT PRIMARY KEY, word VECTOR(1))")
    relay = quick(make_leat, server, sinks={"files": {}, "without": {"on_undecodable": "pass"}}, source={"on_undecodable": "quarantine"})
    relay.program = relay.program.parent / "leat_lacking"  # it knows no VECTOR
    relay.start()
    numbers.insert(2)
    before = server.position()
    server.sql(f"INSERT INTO {numbers.named('vec')} VALUES (1, STRING_TO_VECTOR('[1]'))")
    numbers.insert(2)
    gtid = server.value(f"SELECT GTID_SUBTRACT('{server.position()[2]}', '{before[2]}')")
    first = int(gtid.rpartition(":")[2].split("-")[0])
    uuid = gtid.rpartition(":")[0]
    error = sink_error(relay, "files", "halted", "unsupported")
    for word in (numbers.database, "t_vec", "word", f"{uuid}:{first}", "leat skip files"):
        assert word in error["message"] + error["cure"], error
    numbers.assert_exactly_once(relay, "without")
    assert numbers.of(relay.lines()) == [1, 2]
    refused(relay.ask("skip", "files", f"{uuid}:{first + 1}", "--reason", "wrong one"), 1, f"{uuid}:{first}", "not by")
    refused(relay.ask("skip", "without", f"{uuid}:{first}", "--reason", "not halted"), 1, "neither halted nor paused")
    assert command(relay, "resume", "files")
    sink_error(relay, "files", "halted", "unsupported")  # resuming changes nothing
    command(relay, "skip", "files", f"{uuid}:{first}", "--reason", "the word is not needed")
    numbers.assert_exactly_once(relay)
    assert relay.sink()["skipped"] == 1 and "the word is not needed" in relay.log_text()
    assert relay.stop() == 0
    relay.start()  # and never comes again
    numbers.insert(1)
    numbers.assert_exactly_once(relay)


# ---- Sinks that come and go ----

def test_a_new_sink_on_an_old_journal_says_where_it_starts(make_leat, numbers):
    relay = quick(make_leat, numbers.server)
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    assert relay.stop() == 0
    point = here(numbers.server, "file")
    relay.config["sinks"]["new"] = {**relay.config["sinks"]["files"], "path": str(relay.folder / "out-new")}
    relay.configure()
    relay.start()
    error = sink_error(relay, "new", "halted", "config")
    assert "already holds transactions" in error["message"] and "sinks.new.start" in error["cure"]
    numbers.insert(2)
    numbers.assert_exactly_once(relay)
    assert relay.stop() == 0
    del relay.config["sinks"]["new"]
    for name, start in (("all", "earliest"), ("late", "now"), ("middle", point)):
        relay.config["sinks"][name] = {**relay.config["sinks"]["files"], "path": str(relay.folder / f"out-{name}"), "start": start}
    relay.configure()
    relay.start()
    wait_state(relay, "late", "running")
    numbers.insert(1)
    numbers.assert_exactly_once(relay)
    numbers.assert_exactly_once(relay, "all")
    for name, expected in (("middle", [4, 5, 6]), ("late", [6])):
        relay.wait_until_delivered(numbers.server, name)
        assert numbers.of(relay.lines(name)) == expected
    # `start` counts once: a sink with a checkpoint goes on from that.
    assert relay.stop() == 0
    relay.start()
    numbers.insert(1)
    numbers.assert_exactly_once(relay, "all")


def test_a_sink_that_is_taken_out_holds_nothing_and_may_come_back(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"files": {}, "guest": {}}, journal={**SMALL, "keep": "1h"})
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay, "guest")
    assert relay.stop() == 0
    guest = relay.config["sinks"].pop("guest")
    relay.configure()
    relay.start()
    numbers.insert(5, size=30000)
    numbers.assert_exactly_once(relay)
    assert [hold["name"] for hold in relay.status()["journal"]["holds"]] == ["sink files"]
    assert relay.stop() == 0
    relay.config["sinks"]["guest"] = guest
    relay.configure()
    relay.start()
    numbers.assert_exactly_once(relay, "guest")
    # Away for longer than the journal keeps: it says so.
    assert relay.stop() == 0
    del relay.config["sinks"]["guest"]
    relay.config["journal"]["keep"] = "0s"
    relay.configure()
    relay.start()
    numbers.insert(8, size=30000)
    numbers.assert_exactly_once(relay)
    relay.wait_for(lambda s: s["journal"]["segments"] == 1, "one segment")
    assert relay.stop() == 0
    relay.config["sinks"]["guest"] = guest
    relay.configure()
    relay.start()
    assert "leat rewind guest" in sink_error(relay, "guest", "needs_resync", "needs_resync")["cure"]
    numbers.assert_exactly_once(relay)


def test_tables_and_exclude_tables(make_leat, numbers):
    server, database = numbers.server, numbers.database
    for name in ("a1", "a2", "b1"):
        server.sql(f"CREATE TABLE {database}.{name} (id INT PRIMARY KEY)")
    relay = quick(make_leat, server, sinks={
        "all": {"tables": [f"{database}.*"]}, "a": {"tables": [f"{database}.a?"]},
        "a1": {"tables": [f"{database}.a*"], "exclude_tables": ["*.a2"]}, "not_a": {"exclude_tables": [f"{database}.a*"]}})
    relay.start()
    for name in ("a1", "a2", "b1"):
        server.sql(f"INSERT INTO {database}.{name} VALUES (1)")
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for name in ("a1", "a2", "b1"):
            cursor.execute(f"INSERT INTO {database}.{name} VALUES (2)")
        cursor.execute("COMMIT")
    for sink, expected in (("all", "a1 a2 b1 a1 a2 b1"), ("a", "a1 a2 a1 a2"), ("a1", "a1 a1"), ("not_a", "b1 b1")):
        relay.wait_until_delivered(server, sink)
        lines = [line for line in relay.lines(sink) if line["op"] == "insert"]
        assert [line["table"] for line in lines] == expected.split(), sink
        assert [line["n"] for line in lines[len(lines) // 2:]] == [["a1", "a2", "b1"].index(line["table"]) + 1
                                                                  for line in lines[len(lines) // 2:]], "numbered everywhere the same"
        assert lines[-1]["last"] is True


# ---- Rotation and compression ----

def test_rotation_by_size(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"files": {"rotate_size": "4KiB"}})
    relay.start()
    numbers.insert(20, size=1000)
    numbers.assert_exactly_once(relay)
    files = relay.files()
    assert len(files) >= 4 and sum(path.name.endswith(".part") for path in files) <= 1
    for path in files[:-1]:
        assert 4096 <= path.stat().st_size < 2 * 4096 + 3000
        lines = [json.loads(line) for line in read_lines(path)]
        assert lines[0]["op"] == "schema" and lines[-1]["last"] is True
        assert re.fullmatch(r"files-000001-\d{20}\.jsonl", path.name)


def test_rotation_by_interval_without_news(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"files": {"rotate_interval": "300ms"}})
    relay.start()
    for _ in range(2):
        numbers.insert(1)
        numbers.assert_exactly_once(relay)
        wait_until(lambda: relay.files() and not relay.files()[-1].name.endswith(".part"), "the final name")
    time.sleep(0.7)
    assert len(relay.files()) == 2, "no empty files"
    assert numbers.of(relay.lines()) == numbers.written


@pytest.mark.parametrize("compress,suffix,reader", [("zstd", ".jsonl.zst", ["zstd", "-dcq"]), ("gzip", ".jsonl.gz", ["gzip", "-dcq"])])
def test_compressed_files_can_be_read_at_any_time(make_leat, numbers, compress, suffix, reader):
    relay = quick(make_leat, numbers.server, sinks={"files": {"compress": compress, "rotate_size": "3KiB"}})
    relay.start()
    for _ in range(8):
        numbers.insert(10, size=50)
        relay.wait_until_delivered(numbers.server)
        text = b""
        for path in relay.files():
            assert path.name.removesuffix(".part").endswith(suffix)
            done = subprocess.run(reader, stdin=open(path, "rb"), capture_output=True)
            assert done.returncode == 0, f"{path}: {done.stderr}"
            text += done.stdout
        assert text.endswith(b"\n") and numbers.of(map(json.loads, text.splitlines())) == numbers.written
    assert len(relay.files()) > 1


def test_another_compression_begins_another_file(make_leat, numbers):
    relay = quick(make_leat, numbers.server)
    for compress in ("none", "zstd", "gzip", "none"):
        relay.config["sinks"]["files"]["compress"] = compress
        relay.configure()
        relay.start()
        numbers.insert(2)
        numbers.assert_exactly_once(relay)
        assert relay.stop() == 0
    assert len(relay.files()) == 4 and sum(path.name.endswith(".part") for path in relay.files()) == 1


# ---- The journal's folder ----

def test_a_lost_journal_begins_at_the_sinks_checkpoints(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"ahead": {}, "behind": {}})
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay, "behind")
    command(relay, "pause", "behind")
    wait_state(relay, "behind", "paused")
    numbers.insert(3)
    numbers.assert_exactly_once(relay, "ahead")
    relay.kill()
    shutil.rmtree(relay.config["journal"]["dir"])
    numbers.insert(3)
    relay.config["source"]["start"] = "now"  # not asked: the checkpoints count
    relay.configure()
    relay.start()
    for name in ("ahead", "behind"):
        numbers.assert_exactly_once(relay, name)
        assert relay.sink(name)["generation"] == 2
    assert "starting at the checkpoint of sink behind" in relay.log_text()
    numbers.insert(1)
    for name in ("ahead", "behind"):
        numbers.assert_exactly_once(relay, name)
    assert relay.stop() == 0


def test_a_sink_that_has_nothing_yet_lacks_nothing_when_the_journal_is_lost(make_leat, numbers):
    """It was begun, and the journal was lost before it said where; another sink stands further on."""
    relay = quick(make_leat, numbers.server, sinks={"ahead": {}, "begun": {}})
    both, source, journal = relay.config["sinks"], relay.config["source"], relay.config["journal"]["dir"]

    def restart_with(sinks, source):
        shutil.rmtree(journal, ignore_errors=True)
        relay.config["sinks"], relay.config["source"] = sinks, source
        relay.configure()
        relay.start()
    restart_with({"ahead": both["ahead"]}, source)
    numbers.insert(3)
    numbers.assert_exactly_once(relay, "ahead")
    relay.kill()
    restart_with({"begun": both["begun"]}, {**source, "url": "mysql://cdc@127.0.0.1:1/"})
    wait_state(relay, "begun", "running")
    relay.kill()
    restart_with(both, {**source, "start": "now"})
    assert relay.process.wait(60) != 0
    assert "sink begun was begun on another one and has delivered nothing" in relay.log_text()
    restart_with(both, source)
    numbers.insert(3)
    for name in both:
        numbers.assert_exactly_once(relay, name)
    assert relay.stop() == 0


def test_a_lost_checkpoint_or_file_halts_the_sink(make_leat, numbers):
    relay = quick(make_leat, numbers.server)
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    assert relay.stop() == 0
    part = relay.files()[-1]
    away = relay.folder / "away"
    part.rename(away)
    relay.start()
    error = sink_error(relay, "files", "halted", "io")
    assert str(part) in error["message"] and "put the file back" in error["cure"]
    away.rename(part)
    command(relay, "resume", "files")
    numbers.insert(1)
    numbers.assert_exactly_once(relay)
    assert relay.stop() == 0
    checkpoint = part.parent / ".files.checkpoint"
    checkpoint.rename(away)
    relay.start()
    relay.wait_for(lambda s: s["sinks"][0]["state"] == "halted", "a halted sink")
    assert relay.sink()["error"]["cure"] and str(part.parent) in relay.sink()["error"]["message"]
    assert relay.stop() == 0
    away.rename(checkpoint)
    relay.start()
    numbers.insert(1)
    numbers.assert_exactly_once(relay)


def test_journal_ls_cat_and_verify(make_leat, numbers):
    relay = quick(make_leat, numbers.server, journal=SMALL)
    relay.start()
    numbers.insert(3)
    point = here(numbers.server, "file")
    numbers.insert(6, size=30000)
    numbers.assert_exactly_once(relay)
    folder = relay.config["journal"]["dir"]
    for running in (True, False):
        if not running:
            assert relay.stop() == 0
        listed = run("journal", "ls", folder)
        names = [line.split()[0] for line in listed.stdout.splitlines()[1:]]
        assert names == sorted(path.name for path in Path(folder).glob("*.seg")) and listed.stdout.rstrip().endswith("open")
        assert sum(int(line.split()[4]) for line in listed.stdout.splitlines()[1:]) == 9
        verified = run("journal", "verify", folder)
        assert verified.returncode == 0 and verified.stdout.startswith("whole:") and "9 transactions, 9 changes" in verified.stdout
        cat = run("journal", "cat", folder).stdout.encode()
        assert cat == b"".join(line for path in relay.files() for line in read_lines(path)), "the bytes that the sink wrote"
        until = run("journal", "cat", folder, "--until", point).stdout.splitlines()
        assert numbers.of(map(json.loads, until)) == [1, 2, 3]
        behind = run("journal", "cat", folder, "--from", point).stdout.splitlines()
        assert numbers.of(map(json.loads, behind)) == [4, 5, 6, 7, 8, 9]
    refused(run("journal", "verify", relay.folder / "nowhere"), 1, "nowhere")
    refused(run("journal", "tidy", folder), 2, "ls, cat, verify")
    assert run("journal", "cat", folder, "--from", "binlog.000000:4").returncode != 0


# ---- Standard output ----

def test_standard_output(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"lines": {"path": "-"}})
    with open(relay.log, "ab") as log:
        process = subprocess.Popen([program(), "run", "-c", relay.yaml], stdout=subprocess.PIPE, stderr=log)
    try:
        streaming(relay)
        numbers.insert(3)
        relay.wait_until_delivered(numbers.server, "lines")
        process.send_signal(signal.SIGTERM)
        out = process.communicate(timeout=60)[0]
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
    assert numbers.of(map(json.loads, out.splitlines())) == numbers.written
    # The next process has no checkpoint, and says what it needs.
    relay.start()
    assert "sinks.lines.start" in sink_error(relay, "lines", "halted", "config")["cure"]
    assert relay.stop() == 0
    relay.config["sinks"]["lines"]["start"] = "earliest"
    relay.configure()
    done = subprocess.Popen([program(), "run", "-c", relay.yaml], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = [done.stdout.readline() for _ in range(4)]
    done.send_signal(signal.SIGINT)
    assert done.wait(60) == 0
    assert numbers.of(map(json.loads, lines)) == numbers.written


# ---- The process ----

@pytest.mark.threads
def test_sigterm_drains_the_journal(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"files": {}, "paused": {}})
    relay.start()
    streaming(relay)
    command(relay, "pause", "paused")
    numbers.insert(150, size=3000)
    relay.wait_for(lambda s: s["journal"]["transactions"] >= 150, "the journal")
    command(relay, "rewind", "files", "--to", "earliest", "--yes")
    assert relay.stop() == 0
    # Whether or not the rewind had begun by then, the newest generation is whole.
    newest = relay.files()[-1].name.split("-")[1]
    assert numbers.of(map(json.loads, raw(relay, generation=int(newest)))) == numbers.written
    assert list(relay.lines("paused")) == []  # it didn't hold up the end
    relay.start()
    numbers.assert_exactly_once(relay, "paused")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_with_status_0(make_leat, numbers, number):
    relay = quick(make_leat, numbers.server)
    relay.start()
    streaming(relay)
    socket = Path(relay.config["journal"]["dir"], "control.sock")
    assert socket.stat().st_mode & 0o777 == 0o600 and socket.parent.stat().st_mode & 0o777 == 0o700
    relay.process.send_signal(number)
    assert relay.wait() == 0
    refused(relay.ask("status"), 1, "no leat is running")
    numbers.insert(1)
    relay.start()
    numbers.assert_exactly_once(relay)


def test_sighup_connects_now(make_leat, numbers, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    relay = quick(make_leat, numbers.server, password_file=secret, source={"backoff_max": "1h"})
    relay.start()
    error = source_error(relay, "authentication")
    assert error["cure"] and relay.status()["source"]["retry_in_ms"] > 60000
    secret.write_text("cdc-secret\n")
    numbers.insert(1)
    relay.process.send_signal(signal.SIGHUP)
    numbers.assert_exactly_once(relay)
    pid = relay.status()["pid"]
    relay.process.send_signal(signal.SIGHUP)  # while it streams, it changes nothing
    numbers.insert(2)
    numbers.assert_exactly_once(relay)
    assert relay.status()["pid"] == pid


def test_a_slow_or_rude_client_of_the_control_socket_harms_nobody(make_leat, numbers):
    import socket
    relay = quick(make_leat, numbers.server)
    relay.start()
    streaming(relay)
    path = str(Path(relay.config["journal"]["dir"], "control.sock"))
    for text in (b"", b"\0\xff\n", b"{}\n", b'{"command":7}\n', b'{"command":"fly"}\n', b'{"command":"rewind","sink":"files"}\n',
                 b"[" * 5000 + b"\n", b"x" * 100000):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            try:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                reply = client.recv(65536)
            except (BrokenPipeError, ConnectionResetError):
                continue
            assert not reply or json.loads(reply)["ok"] is False
    numbers.insert(2)
    numbers.assert_exactly_once(relay)


def test_status_has_every_field_that_its_page_documents(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"files": {}, "stuck": {}})
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    status = relay.status()
    page = Path(__file__).resolve().parents[2].joinpath("docs", "status-json.md").read_text()
    seen = 0
    for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE):
        names = re.findall(r"`([^`]+)`", row)
        if names[0] == "error":
            continue
        part, fields = status, names
        if "." in names[0]:
            head = names[0].split(".")[0]
            fields = [names[0].partition(".")[2], *(name.lstrip(".") for name in names[1:])]
            part = status["sinks"][0] if head == "sinks[]" else status[head]
        elif names[0].endswith("[]"):
            raise AssertionError(row)
        for field in fields:
            if field.endswith("[]"):
                part = part[field[:-2]][0]
                continue
            assert field in part, f"{row}: {field} is not in {part}"
            seen += 1
    assert seen > 50
    source, journal, sink = status["source"], status["journal"], sink_of(status, "files")
    file, pos, gtids = numbers.server.position()
    assert source["state"] == "streaming" and source["version"] == "9.7.4" and source["uuid"] == numbers.server.variable("server_uuid")
    assert (journal["file"], journal["pos"], journal["gtids"]) == (file, pos, gtids)
    assert (sink["file"], sink["pos"], sink["gtids"], sink["changes"]) == (file, pos, gtids, 3)
    assert sink["lag_seconds"] == 0 and sink["lag_records"] == 0 and status["pid"] == relay.process.pid
    for moment in (status["started"], status["now"], source["last_event"], journal["last_commit"], sink["since"], sink["delivered_commit"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment)
    shown = command(relay, "status").stdout
    for word in ("source", "streaming", "journal", "sink     files", "running"):
        assert word in shown


@pytest.mark.threads
def test_status_and_commands_under_load(make_leat, numbers):
    relay = quick(make_leat, numbers.server, sinks={"a": {}, "b": {"compress": "zstd"}}, journal=SMALL)
    relay.start()
    streaming(relay)
    writer = threading.Thread(target=numbers.insert, args=(100, 2000))
    writer.start()
    while writer.is_alive():
        relay.status()
        command(relay, "pause", "b")
        command(relay, "resume", "b")
    writer.join()
    for name in ("a", "b"):
        numbers.assert_exactly_once(relay, name)
    assert relay.stop() == 0
