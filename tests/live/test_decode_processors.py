"""leat decode on one processor, where it reads its files itself, and on several, where a second thread does: what is printed, said and
returned is the same, of whole files, cut ones, damaged ones, packed ones, and of what dribbles in through a pipe."""

import gzip
import os
import random
import subprocess
import threading
from pathlib import Path

import pytest
from leatlab.leat import program

BINLOGS = sorted((Path(__file__).resolve().parents[1] / "data").glob("*/*.binlog"))
KINDS = ("json", "types", "ddl", "large_rows", "xa", "payload", "no_checksum", "compressed")


def decode(argument, data=None, single=False, by=None):
    """(status, stdout, stderr); `data` goes to its standard input in pieces of `by` bytes."""
    processor = {min(os.sched_getaffinity(0))}
    process = subprocess.Popen([program(), "decode", str(argument)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=(lambda: os.sched_setaffinity(0, processor)) if single else None)

    def feed():
        try:
            for at in range(0, len(data or b""), by or 1):
                process.stdin.write(data[at:at + by])
                process.stdin.flush()
            process.stdin.close()
        except BrokenPipeError:
            pass
    feeder = threading.Thread(target=feed)
    feeder.start()
    out, err = process.stdout.read(), process.stderr.read()
    feeder.join()
    return process.wait(), out, err


def both(argument, **kw):
    one, several = decode(argument, single=True, **kw), decode(argument, **kw)
    assert one == several, argument
    return one


@pytest.fixture(params=[path for path in BINLOGS if path.stem in KINDS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def binlog(request):
    return request.param


def test_whole_files(binlog):
    assert both(binlog)[0] == 0


def test_cut_and_damaged_files(binlog, tmp_path):
    data, chance, path = binlog.read_bytes(), random.Random(binlog.stem), tmp_path / "binlog.000001"
    for _ in range(6):
        at = chance.randrange(4, len(data))
        path.write_bytes(data[:at])
        both(path)
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:])
        both(path)


def test_sizes_that_are_wrong(binlog, tmp_path):
    data, path = binlog.read_bytes(), tmp_path / "binlog.000001"
    first = 4 + int.from_bytes(data[13:17], "little")
    for size in (0, 18, 19, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF):
        path.write_bytes(data[:first + 9] + size.to_bytes(4, "little") + data[first + 13:])
        assert both(path)[0] > 0


ROTATE, PREVIOUS_GTIDS, XID = 4, 35, 16


@pytest.mark.parametrize("kind", [ROTATE, PREVIOUS_GTIDS, XID])
def test_events_too_short_for_a_checksum(kind, tmp_path):
    data, path = BINLOGS[0].read_bytes(), tmp_path / "binlog.000001"
    first = 4 + int.from_bytes(data[13:17], "little")
    for size in range(19, 24):
        event = bytes(4) + bytes([kind]) + data[9:13] + size.to_bytes(4, "little") + bytes(size - 13)
        path.write_bytes(data[:first] + event + data[first:])
        assert both(path)[0] > 0


@pytest.mark.parametrize("by", [7, 1000])
def test_pipes(binlog, by):
    data = binlog.read_bytes()[:40000]
    assert both("-", data=data, by=by) == decode("-", data=data, by=len(data))


def test_packed_files(binlog, tmp_path):
    path = tmp_path / f"{binlog.name}.gz"
    path.write_bytes(gzip.compress(binlog.read_bytes()))
    assert both(path)[0] == 0
