"""Full and read-only disks, folders of others, damaged journals, damaged binlog files: leat waits or stops, says what, where and
what cures it, and once it is cured everything arrives, exactly once."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest

from leatlab.leat import program, read_lines, run
from operating import Ballast, Numbers, no_relay_broke, quick, refused, remount, sink_error, small_disk, streaming

DATA = Path(__file__).resolve().parents[1] / "data" / "mysql97"


@pytest.fixture
def numbers(shared_mysql, database):
    return Numbers(shared_mysql, database)


# ---- Disks ----

def test_a_full_disk_under_the_journal_waits_and_goes_on(make_leat, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 24) as disk:
        relay = quick(make_leat, numbers.server,
                      journal={"dir": str(disk / "journal"), "segment_size": "1MiB", "min_free": "0B"})
        relay.start()
        numbers.insert(2)
        numbers.assert_exactly_once(relay)
        ballast = Ballast(disk)
        numbers.insert(12, size=1 << 20)
        status = relay.wait_for(lambda s: s["journal"].get("error", {}).get("code") == "disk_full", "a full disk")
        assert "free space" in status["journal"]["error"]["cure"] and str(disk) in status["journal"]["error"]["message"]
        assert "free space" in relay.ask("status").stdout
        ballast.remove()
        numbers.assert_exactly_once(relay)
        status = relay.status()
        assert "error" not in status["journal"] and not status["journal"]["full"], status
        assert relay.stop() == 0
        assert run("journal", "verify", disk / "journal").returncode == 0


def test_a_full_disk_when_a_relay_starts(make_leat, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 8) as disk:
        relay = quick(make_leat, numbers.server, journal={"dir": str(disk / "journal"), "segment_size": "1MiB", "min_free": "0B"})
        ballast = Ballast(disk)
        relay.start()
        assert relay.wait() == 1
        assert "code=disk_full" in relay.log_text() and "free space" in relay.log_text()
        numbers.insert(2)
        ballast.remove()
        relay.start()
        numbers.assert_exactly_once(relay)
        relay.kill()


def test_a_full_disk_under_a_sink_stalls_nobody_else(make_leat, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 4) as disk:
        relay = quick(make_leat, numbers.server, sinks={"small": {"path": str(disk / "out")}, "large": {}})
        relay.start()
        numbers.insert(2)
        numbers.assert_exactly_once(relay, "small")
        ballast = Ballast(disk)
        numbers.insert(6, size=200000)
        error = sink_error(relay, "small", "backing_off", "disk_full")
        assert "free space" in error["cure"] and str(disk) in error["message"]
        assert relay.sink("small")["retry_in_ms"] >= 0
        numbers.assert_exactly_once(relay, "large")
        numbers.insert(1)
        numbers.assert_exactly_once(relay, "large")
        ballast.remove()
        numbers.assert_exactly_once(relay, "small")
        assert "error" not in relay.sink("small")
        relay.kill()


def test_folders_that_cannot_be_written(make_leat, numbers, tmp_path):
    with small_disk(tmp_path / "disk", 4) as disk:
        relay = quick(make_leat, numbers.server, sinks={"files": {"path": str(disk / "out")}})
        relay.start()
        numbers.insert(1)
        numbers.assert_exactly_once(relay)
        relay.kill()
        if not remount(disk, "ro"):
            pytest.skip("a file system can't be remounted here")
        relay.start()
        error = sink_error(relay, "files", "halted", "io")
        assert str(disk / "out") in error["message"] and "read-write" in error["cure"], error
        doctor = relay.ask("doctor")
        assert doctor.returncode == 1 and "STOP     sink files" in doctor.stdout and "read-write" in doctor.stdout
        numbers.insert(2)
        assert remount(disk, "rw")
        assert relay.ask("resume", "files").returncode == 0
        numbers.assert_exactly_once(relay)
        assert relay.stop() == 0
        # The journal there instead.
        assert remount(disk, "ro")
        relay.config["journal"]["dir"] = str(disk / "journal")
        relay.configure()
        relay.start()
        assert relay.wait() == 1
        log = relay.log_text().splitlines()[-1]
        assert str(disk / "journal") in log and "read-write" in log, log


def test_a_journal_folder_that_belongs_to_others():
    if os.geteuid() != 0:
        pytest.skip("only root can run leat as another user")
    with tempfile.TemporaryDirectory() as folder:  # one that all can enter
        os.chmod(folder, 0o755)
        journal, leat, yaml = Path(folder, "journal"), Path(folder, "leat"), Path(folder, "leat.yaml")
        journal.mkdir(mode=0o755)
        shutil.copy(program(), leat)
        yaml.write_text(f"source: {{url: \"mysql://u@127.0.0.1:1\"}}\njournal: {{dir: {journal}}}\n")
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", leat, "run", "-c", yaml],
                              capture_output=True, text=True, timeout=60)
        refused(done, 1, str(journal), "Permission denied", "access")


# ---- The journal ----

def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.fixture
def stopped(make_leat, numbers):
    """A relay with a journal of several segments, stopped in order."""
    relay = quick(make_leat, numbers.server, journal={"segment_size": "64KiB"})
    relay.start()
    numbers.insert(20, size=20000)
    numbers.assert_exactly_once(relay)
    assert relay.stop() == 0
    relay.segments = sorted(Path(relay.config["journal"]["dir"]).glob("*.seg"))
    assert len(relay.segments) >= 4
    return relay


def ends_with(relay, status, *words):
    """`leat run`, `journal verify` and `journal cat` say the same."""
    relay.start()
    assert relay.wait() == status, relay.log_text()[-2000:]
    verify = run("journal", "verify", relay.config["journal"]["dir"])
    assert verify.returncode == status
    for word in words:
        assert word in relay.log_text(), relay.log_text()[-2000:]
        assert word in verify.stderr, verify.stderr


@pytest.mark.parametrize("which", ["segment", "identity"])
def test_a_journal_of_a_newer_leat(stopped, numbers, which):
    path = stopped.segments[-1] if which == "segment" else Path(stopped.config["journal"]["dir"]) / "identity"
    before = path.read_bytes()
    size = struct.unpack_from("<I", before, 12)[0]
    head = bytearray(before[:size])
    struct.pack_into("<I", head, 8, 99)
    struct.pack_into("<I", head, size - 4, crc32c(head[:-4]))
    path.write_bytes(bytes(head) + before[size:])
    ends_with(stopped, 13, path.name, "version 99", "newer leat")
    path.write_bytes(before)
    stopped.start()
    numbers.insert(1)
    numbers.assert_exactly_once(stopped)


def test_a_flipped_bit_is_found_with_segment_and_offset(stopped, numbers):
    path = stopped.segments[1]
    before = path.read_bytes()
    at = len(before) // 2
    path.write_bytes(before[:at] + bytes([before[at] ^ 0x10]) + before[at + 1:])
    folder = stopped.config["journal"]["dir"]
    verify = run("journal", "verify", folder)
    refused(verify, 13, f"segment {path.name}", "offset", "checksum")
    refused(run("journal", "cat", folder), 13, f"segment {path.name}", "offset")
    # What is delivered already isn't read again at a start; a rewind meets it.
    stopped.start()
    stopped.wait_for(lambda s: s["sinks"][0]["state"] == "running", "the sink")
    assert stopped.ask("rewind", "files", "--to", "earliest", "--yes").returncode == 0
    assert stopped.wait() == 13
    log = stopped.log_text().splitlines()[-1]
    assert f"segment {path.name}, offset" in log and "cure=" in log, log
    path.write_bytes(before)
    assert run("journal", "verify", folder).returncode == 0
    numbers.insert(1)
    stopped.start()
    stopped.wait_until_delivered(numbers.server)
    assert stopped.sink()["generation"] == 2
    again = [numbers.of(map(json.loads, read_lines(path))) for path in stopped.files() if path.name.startswith("files-000002")]
    assert sum(again, []) == numbers.written


def test_a_flipped_bit_before_the_checkpoint_in_the_last_segment_stops_the_start(stopped):
    path = stopped.segments[-1]
    before = path.read_bytes()
    at = 64 + 200
    path.write_bytes(before[:at] + bytes([before[at] ^ 0x10]) + before[at + 1:])
    ends_with(stopped, 13, f"segment {path.name}", "offset")
    assert "cure=" in stopped.log_text()
    path.write_bytes(before)
    stopped.start()
    streaming(stopped)


def test_a_segment_that_is_missing(stopped):
    stopped.segments[1].rename(stopped.folder / "away")
    ends_with(stopped, 13, f"segment {stopped.segments[2].name} does not follow {stopped.segments[0].name}", "is missing", "restore")
    (stopped.folder / "away").rename(stopped.segments[1])
    stopped.start()
    streaming(stopped)


def test_a_second_process_on_the_journal_names_the_first(make_leat, numbers):
    relay = quick(make_leat, numbers.server)
    relay.start()
    streaming(relay)
    done = run("run", "-c", relay.yaml)
    refused(done, 1, relay.config["journal"]["dir"], str(relay.process.pid), "stop the other process")
    numbers.insert(2)
    numbers.assert_exactly_once(relay)


def test_a_second_relay_on_a_sinks_folder_halts_that_sink(make_leat, numbers):
    first = quick(make_leat, numbers.server)
    first.start()
    numbers.insert(1)
    numbers.assert_exactly_once(first)
    folder = first.config["sinks"]["files"]["path"]
    second = quick(make_leat, numbers.server, sinks={"own": {}})
    second.start()
    streaming(second)
    numbers.insert(1)
    second.wait_until_delivered(numbers.server, "own")
    assert second.stop() == 0
    second.config["sinks"]["files"] = {**second.config["sinks"]["own"], "path": folder}
    second.configure()
    second.start()
    error = sink_error(second, "files", "halted", "locked")
    assert folder in error["message"] and "another process" in error["message"]
    # Without a journal it has to know where the sinks stand, before anything can begin.
    second.stop()
    second.config["journal"]["dir"] += "-2"
    second.configure()
    second.start()
    assert second.wait() == 1
    assert folder in second.log_text().splitlines()[-1] and "stop the other process" in second.log_text().splitlines()[-1]
    numbers.insert(2)
    numbers.assert_exactly_once(first)


# ---- Binlog files ----

HEADER = struct.Struct("<IBIIIH")


def events(path):
    """(position, type, size) of each event."""
    data, at, found = path.read_bytes(), 4, []
    while at < len(data):
        _, kind, _, size, _, _ = HEADER.unpack_from(data, at)
        found.append((at, kind, size))
        at += size
    return found


def damaged(tmp_path, name, change):
    """A copy of a recorded binlog, changed."""
    data = bytearray((DATA / f"{name}.binlog").read_bytes())
    changed = change(data)
    path = tmp_path / f"{name}.damaged"
    path.write_bytes(data if changed is None else changed)
    return path


def last_event(name, kind):
    """The last event of that type."""
    return [event for event in events(DATA / f"{name}.binlog") if event[1] == kind][-1]


WRITE_ROWS, TABLE_MAP, GTID, QUERY = 30, 19, 33, 2


def test_a_whole_file_decodes(tmp_path):
    assert run("decode", DATA / "keys.binlog").returncode == 0


@pytest.mark.parametrize("cut", [lambda size: size // 2, lambda size: 7, lambda size: size - 1])
def test_truncated_files_end_with_file_and_position(tmp_path, cut):
    at, _, size = last_event("keys", WRITE_ROWS)
    path = damaged(tmp_path, "keys", lambda data: data[:at + cut(size)])
    done = run("decode", path)
    refused(done, 17, f"{path}:{at}:", f"ends at {at + cut(size)}", "truncated", "FLUSH BINARY LOGS")
    assert done.stdout.count("\n") > 0, "what came before is there"
    with open(path) as file:
        piped = subprocess.run([program(), "decode", "-"], stdin=file, capture_output=True, text=True)
    assert piped.returncode == 17 and piped.stdout.replace('"stdin"', f'"{path.name}"') == done.stdout


@pytest.mark.parametrize("kind", [WRITE_ROWS, TABLE_MAP, GTID, QUERY])
def test_a_flipped_bit_in_an_event_is_a_checksum_error_with_its_place(tmp_path, kind):
    at, _, size = last_event("keys", kind)

    def flip(data):
        data[at + size // 2] ^= 4
    path = damaged(tmp_path, "keys", flip)
    refused(run("decode", path), 17, f"{path.name}:{at}", "checksum", "mysqlbinlog --verify-binlog-checksum")


@pytest.mark.parametrize("claimed,words", [(0, "less than a header"), (18, "less than a header"), (0xFFFFFFFF, "limit"),
                                           (1 << 27, "truncated")])
def test_events_that_lie_about_their_length(tmp_path, claimed, words):
    at, _, _ = last_event("keys", WRITE_ROWS)
    path = damaged(tmp_path, "keys", lambda data: struct.pack_into("<I", data, at + 9, claimed))
    refused(run("decode", path), 17, f"{path}:{at}", words)


def test_an_unknown_event_stops_unless_it_may_be_ignored(tmp_path):
    """In a file without checksums, so that only the type is wrong."""
    at, _, _ = last_event("no_checksum", WRITE_ROWS)

    def retype(flags):
        def change(data):
            data[at + 4] = 150
            struct.pack_into("<H", data, at + 17, flags)
        return change
    path = damaged(tmp_path, "no_checksum", retype(0))
    refused(run("decode", path), 17, f"{path.name}:{at}", "event type 150", "upgrade leat")
    path = damaged(tmp_path, "no_checksum", retype(0x80))
    assert run("decode", path).returncode == 0


def test_files_that_are_no_binlogs(tmp_path):
    path = tmp_path / "text"
    path.write_text("SELECT 1\n")
    refused(run("decode", path), 17, str(path), "not a binary log", "leat tail")
    path.write_text("")
    refused(run("decode", path), 17, str(path), "not a binary log")
    refused(run("decode", tmp_path / "nowhere"), 1, "nowhere", "No such file")
    assert run("decode", tmp_path).returncode == 1
