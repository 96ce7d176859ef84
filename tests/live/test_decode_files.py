"""leat decode: what it reads. Files, folders, indexes, pipes, packed ones, unfinished ones, relay logs; and what it says when
files don't belong together."""

import gzip
import json
import os
import pty
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest
from leatlab.leat import program, release_program, run
from leatlab.mysql import Mysql

DATA = Path(__file__).resolve().parents[1] / "data" / "mysql97"
FILES = 4
GTID = 33


class Series:
    """Binlog files of a server, copied, and what all of them together give."""

    def __init__(self, folder, server):
        self.server_folder = server.datadir
        self.folder = folder
        for path in server.binlogs():
            shutil.copyfile(path, folder / path.name)
        self.files = sorted(folder.iterdir())
        self.whole = decode(*self.files)


@pytest.fixture(scope="module")
def own():
    with Mysql("decodetool") as server:
        server.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, body VARCHAR(2000))")
        yield server


@pytest.fixture(scope="module")
def series(own, tmp_path_factory):
    for number in range(FILES):
        own.sql(f"INSERT INTO d.t VALUES ({number}, REPEAT('{number}', 1500)), ({number + 100}, ''); FLUSH BINARY LOGS")
    return Series(tmp_path_factory.mktemp("series"), own)


def decode(*arguments, status=0, **kw):
    done = run("decode", *arguments, **kw)
    assert done.returncode == status, done.stderr
    return done.stdout


def ids(text):
    return [json.loads(line)["after"]["id"] for line in text.splitlines() if '"op":"insert"' in line]


EVERYTHING = [0, 100, 1, 101, 2, 102, 3, 103]


def test_files_in_the_order_given(series):
    assert ids(series.whole) == EVERYTHING
    done = run("decode", *reversed(series.files))
    assert done.returncode == 0 and sorted(ids(done.stdout)) == sorted(EVERYTHING) and ids(done.stdout) != EVERYTHING
    assert "out of order" in done.stderr


def test_files_that_follow_each_other_say_nothing(series):
    assert not run("decode", *series.files).stderr


def test_a_folder_is_read_in_the_order_of_numbers(series, tmp_path):
    for number, path in enumerate(series.files):
        shutil.copyfile(path, tmp_path / f"log.{999998 + number:06}")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "log.000001").write_text("no binlog")
    done = run("decode", tmp_path)
    assert done.returncode == 0 and ids(done.stdout) == EVERYTHING


def test_a_folder_by_its_index(series, tmp_path):
    for path in series.files:
        shutil.copyfile(path, tmp_path / path.name)
    names = [path.name for path in series.files]
    (tmp_path / "binlog.index").write_text("".join(f"./{name}\n" for name in names[:3]))
    assert decode(tmp_path) == decode(*(tmp_path / name for name in names[:3])) == decode(tmp_path / "binlog.index")
    (tmp_path / "binlog.index").write_text("".join(f"/var/lib/mysql/{name}\n" for name in ["binlog.000000", *names]))
    done = run("decode", tmp_path)
    assert done.returncode == 0 and done.stdout == series.whole
    assert "lists binlog.000000, which is not beside it" in done.stderr


def test_a_servers_own_folder(own, series):
    assert ids(decode(own.datadir)) == EVERYTHING


def test_two_series_in_a_folder_ask_which(series, tmp_path):
    for path in series.files:
        shutil.copyfile(path, tmp_path / path.name)
        shutil.copyfile(path, tmp_path / f"relay-bin.{path.name[-6:]}")
    done = run("decode", tmp_path)
    assert done.returncode == 2 and "more than one series: binlog and relay-bin" in done.stderr and not done.stdout
    assert "binlog.0*" in done.stderr


def test_a_folder_without_binlogs(tmp_path):
    done = run("decode", tmp_path)
    assert done.returncode == 1 and "holds no binlogs" in done.stderr


def test_a_file_that_is_missing_is_said(series):
    done = run("decode", series.files[0], *series.files[2:])
    assert done.returncode == 0
    assert f"{series.files[0].name} says that {series.files[1].name} follows, but here {series.files[2].name} does" in done.stderr


def test_missing_gtids_are_said_whatever_the_files_are_called(series, tmp_path):
    shutil.copyfile(series.files[1], tmp_path / "first")
    shutil.copyfile(series.files[3], tmp_path / "second")
    done = run("decode", tmp_path / "first", tmp_path / "second")
    assert done.returncode == 0 and "come before this file and are in none that was read" in done.stderr


def test_another_servers_file_is_said(series, tmp_path):
    with Mysql("decodetool2") as other:
        other.sql("CREATE DATABASE x")
        done = run("decode", series.files[0], other.binlogs()[0])
    assert done.returncode == 0 and "these are two histories" in done.stderr


# ---- Packed ----

def zstd(data, *options):
    return subprocess.run(["zstd", "-q", *options], input=data, capture_output=True, check=True).stdout


@pytest.fixture(params=["zst", "gz"])
def packer(request):
    if request.param == "zst":
        if not shutil.which("zstd"):
            pytest.skip("no zstd here")
        return request.param, zstd
    return request.param, gzip.compress


def test_packed_files_and_pipes(series, packer, tmp_path):
    suffix, pack = packer
    for path in series.files:
        (tmp_path / f"{path.name}.{suffix}").write_bytes(pack(path.read_bytes()))
    assert decode(tmp_path) == series.whole, "names in lines and order are without the suffix"
    packed = sorted(tmp_path.iterdir())
    with open(packed[1], "rb") as file:
        piped = subprocess.run([program(), "decode", "-"], stdin=file, capture_output=True)
    assert piped.returncode == 0 and ids(piped.stdout.decode()) == EVERYTHING[2:4]


def test_packed_in_several_members(series, packer, tmp_path):
    _, pack = packer
    data = series.files[1].read_bytes()
    path = tmp_path / "binlog.000002.packed"
    path.write_bytes(pack(data[:3]) + pack(data[3:1000]) + pack(b"") + pack(data[1000:]))
    assert ids(decode(path)) == ids(decode(series.files[1]))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_packed_files_that_are_cut_or_damaged(series, packer, tmp_path, share):
    _, pack = packer
    data = pack(series.files[1].read_bytes())
    at = int(len(data) * share)
    path = tmp_path / "binlog.000002"
    path.write_bytes(data[:at])
    done = run("decode", path)
    assert done.returncode == 17 and f"{path}: the " in done.stderr and "ends too early" in done.stderr, done.stderr
    path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:])
    done = run("decode", path)
    assert done.returncode == 17 and path.name in done.stderr, done.stderr


def test_packed_what_is_no_binlog(packer, tmp_path):
    path = tmp_path / "binlog.000001"
    path.write_bytes(packer[1](b"hello, this is text"))
    done = run("decode", path)
    assert done.returncode == 17 and "not a binary log" in done.stderr


def test_encrypted_files_say_so(tmp_path):
    path = tmp_path / "binlog.000001"
    path.write_bytes(b"\xfdbin" + bytes(600))
    done = run("decode", path)
    assert done.returncode == 17 and "encrypted" in done.stderr and "leat tail" in done.stderr


# ---- Not whole ----

IN_USE = 1


def in_use(data):
    """As a server leaves it that has not closed it: the flag, and no checksum over it."""
    data = bytearray(data)
    flags, = struct.unpack_from("<H", data, 4 + 17)
    struct.pack_into("<H", data, 4 + 17, flags | IN_USE)
    return bytes(data)


def test_a_file_in_use_ends_where_it_ends(series, tmp_path):
    data = in_use(series.files[1].read_bytes())
    whole = decode(series.files[1])
    path = tmp_path / series.files[1].name
    path.write_bytes(data)
    assert decode(path) == whole
    seen = set()
    for cut in [*range(1, 200, 11), *range(200, len(data) - 200, 197)]:
        path.write_bytes(data[:-cut])
        done = run("decode", path)
        assert done.returncode == 0 and "Sanitizer" not in done.stderr, done.stderr
        lines = done.stdout.splitlines()
        if whole == done.stdout:
            continue
        assert "leat: warning:" in done.stderr
        seen.add(bool(lines) and '"op":"rollback"' in lines[-1])
        if '"op":"insert"' in done.stdout:
            assert '"keeps":0' in lines[-1], "what was shown of the open transaction is taken back"
    assert len(seen) == 2


def test_an_end_in_mid_transaction_is_said_though_all_events_are_whole(series, tmp_path):
    data = series.files[1].read_bytes()
    at = data.rindex(b"BEGIN")
    end = at + len("BEGIN") + 4  # and its checksum
    path = tmp_path / "cut"
    path.write_bytes(data[:end])
    done = run("decode", path)
    assert done.returncode == 17 and "ends within a transaction" in done.stderr


def test_the_next_file_goes_on_behind_an_unfinished_one(series, tmp_path):
    """A server that died leaves a file behind that ends anywhere, and begins the next."""
    first = tmp_path / series.files[1].name
    first.write_bytes(in_use(series.files[1].read_bytes())[:-100])
    done = run("decode", first, series.files[2])
    assert done.returncode == 0 and ids(done.stdout)[-2:] == EVERYTHING[4:6]


def test_the_file_that_the_server_writes_to(own, series):
    own.sql("INSERT INTO d.t VALUES (1000, 'now')")
    assert ids(decode(own.binlogs()[-1])) == [1000]


# ---- Large ----

def test_positions_beyond_four_gib(tmp_path):
    """A sparse file: events that may be passed over push a recorded binlog's transactions beyond what 32 bits hold."""
    data, at, events = (DATA / "no_checksum.binlog").read_bytes(), 4, []
    while at < len(data):
        size, = struct.unpack_from("<I", data, at + 9)
        events.append(bytearray(data[at:at + size]))
        at += size
    begin = next(i for i, event in enumerate(events) if event[4] == GTID)
    path, filler, pos = tmp_path / "binlog.000001", 64 << 20, 4
    with open(path, "wb") as file:
        file.write(data[:4])
        for number, event in enumerate(events):
            if number == begin:
                while pos < 1 << 32:
                    pos += filler
                    file.write(struct.pack("<IBIIIH", 1, 200, 1, filler, pos & 0xFFFFFFFF, 0x80))
                    file.seek(pos)
            pos += len(event)
            struct.pack_into("<I", event, 13, pos & 0xFFFFFFFF)
            file.write(event)
    here = subprocess.run([release_program(), "decode", path], capture_output=True, text=True, check=True).stdout
    recorded = decode(DATA / "no_checksum.binlog")
    assert path.stat().st_size > 1 << 32
    ahead = path.stat().st_size - len(data)

    def moved(line, by):
        line = json.loads(line)
        return {**line, "file": "", **({"pos": line["pos"] + by} if "pos" in line else {})}
    assert [moved(line, 0) for line in here.splitlines()] == [moved(line, ahead) for line in recorded.splitlines()]
    last = json.loads(here.splitlines()[-1])
    assert last["pos"] > 1 << 32
    assert decode(path, "--from", f"binlog.000001:{last['pos'] + 1}") == ""


# ---- Relay logs ----

def test_relay_logs_have_the_sources_places(own, series, tmp_path):
    with Mysql("decodetool3") as replica:
        replica.replicate_from(own)
        replica.wait_for(own.position()[2])
        replica.sql("STOP REPLICA IO_THREAD; START REPLICA IO_THREAD")
        own.sql("INSERT INTO d.t VALUES (2000, 'relayed')")
        replica.wait_for(own.position()[2])
        replica.sql("STOP REPLICA SQL_THREAD; FLUSH RELAY LOGS")
        own.sql("INSERT INTO d.t VALUES (2001, 'relayed'); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (2002, 'relayed')")
        file, pos, _ = own.position()
        end = time.monotonic() + 30
        while replica.sql("SHOW REPLICA STATUS")[0][6] != pos and time.monotonic() < end:
            time.sleep(0.1)
        index = next(replica.datadir.glob("*relay-bin.index"))
        done = run("decode", index)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if '"op":"insert"' in line]
    assert [line["after"]["id"] for line in lines][-2:] == [2001, 2002]
    sources = {json.dumps([line["file"], line["pos"], line["after"]["id"]]) for line in
               map(json.loads, decode(own.datadir, "--table", "d.t").splitlines()) if line["op"] == "insert"}
    assert {json.dumps([line["file"], line["pos"], line["after"]["id"]]) for line in lines} <= sources


# ---- A terminal ----

def on_terminal(argv, **kw):
    """The command with standard error on a terminal: what it showed there."""
    master, slave = pty.openpty()
    process = subprocess.Popen([str(word) for word in argv], stderr=slave, **kw)
    os.close(slave)
    shown = b""
    while True:
        try:
            got = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not got:
            break
        shown += got
    os.close(master)
    return process.wait(), shown.decode()


def test_a_terminal_sees_how_far_it_is(own, tmp_path):
    out = tmp_path / "out"
    reader, writer = os.pipe()
    own.sql("FLUSH BINARY LOGS; CREATE TABLE d.large (a LONGTEXT); INSERT INTO d.large VALUES (REPEAT('x', 400000)); FLUSH BINARY LOGS")
    big = own.binlogs()[-2]
    sleeper = subprocess.Popen(["sh", "-c", "sleep 1.5; cat > /dev/null"], stdin=reader)
    os.close(reader)
    status, shown = on_terminal([program(), "decode", big], stdout=writer)
    os.close(writer)
    sleeper.wait()
    assert status == 0
    assert " of " in shown and "/s" in shown and "left" in shown and "%" in shown
    assert shown.endswith("\r\x1b[K"), "and leaves a clean line"
    with open(out, "wb") as file:
        assert on_terminal([program(), "decode", big, "--table", "d.none"], stdout=file)[0] == 0


def test_no_progress_in_pipes(series):
    done = run("decode", *series.files * 20)
    assert "\r" not in done.stderr and "%" not in done.stderr
