"""What tests of bad input and of operating share: relays that wait briefly, a table of numbers, disks of a few MiB."""

import contextlib
import os
import subprocess
import threading
import time

import pytest

from leatlab.leat import run
from leatlab.proxy import Proxy

# Waits that suit a test: nothing here bounds how long something may take.
QUICK_SOURCE = {"heartbeat": "500ms", "backoff_min": "20ms", "backoff_max": "300ms", "connect_timeout": "20s"}
QUICK_SINK = {"backoff_min": "20ms", "backoff_max": "300ms"}


def quick(make_leat, server, *, sinks=None, source=None, **more):
    """A relay, not started, that begins where the binlog ends now."""
    file, pos, _ = server.position()
    return make_leat(server, source={"start": f"{file}:{pos}", **QUICK_SOURCE, **(source or {})},
                     sinks={name: {**QUICK_SINK, **settings} for name, settings in (sinks or {"files": {}}).items()}, **more)


@pytest.fixture(autouse=True)
def no_relay_broke(tmp_path):
    """No sanitizer and no assertion said anything in any relay's log."""
    yield
    for log in tmp_path.glob("*/log"):
        text = log.read_text(errors="replace")
        assert not any(word in text for word in ("Sanitizer", "runtime error:", "Assertion")), text[-4000:]


class Numbers:
    """A table of ascending numbers: what was written, and what of it a sink has."""

    def __init__(self, server, database, name="t"):
        self.server, self.database, self.name = server, database, name
        self.path = f"`{database}`.`{name}`"
        self.written = []
        server.sql(f"CREATE TABLE {self.path} (id INT PRIMARY KEY, body LONGTEXT)")

    def named(self, suffix):
        """Another table beside it."""
        return f"`{self.database}`.`{self.name}_{suffix}`"

    def insert(self, count=1, size=0):
        """Transactions of one row with `size` bytes beside the number."""
        first = self.written[-1] + 1 if self.written else 1
        connection = self.server.connect()
        with connection.cursor() as cursor:
            for number in range(first, first + count):
                cursor.execute(f"INSERT INTO {self.path} VALUES ({number}, REPEAT('x', {size}))")
                self.written.append(number)
        connection.close()
        return self

    def of(self, lines):
        return [line["after"]["id"] for line in lines if line["op"] == "insert" and line["table"] == self.name]

    def assert_exactly_once(self, relay, sink="files"):
        """All that was written arrives, once each, in order."""
        relay.wait_until_delivered(self.server, sink)
        assert self.of(relay.lines(sink)) == self.written


def source_error(relay, code, timeout_s=60):
    """Waits until the source is halted by an error of that code; the error, whose cure is there."""
    status = relay.wait_for(lambda s: s["source"].get("error", {}).get("code") == code and s["source"]["state"] == "halted",
                            f"a source halted by {code}", timeout_s)
    error = status["source"]["error"]
    assert error["message"] and error["cure"], error
    shown = relay.ask("status").stdout
    log = relay.log_text()
    assert f"code={code}" in log and "level=error" in log and "cure=" in log, log
    assert error["cure"] in shown or "source" in shown
    return error


def sink_error(relay, name, state, code, timeout_s=60):
    """Waits until the sink is in that state by an error of that code; the error, whose cure is there."""
    def there(status):
        sink = next(sink for sink in status["sinks"] if sink["name"] == name)
        return sink["state"] == state and sink.get("error", {}).get("code") == code
    status = relay.wait_for(there, f"sink {name} {state} by {code}", timeout_s)
    error = next(sink for sink in status["sinks"] if sink["name"] == name)["error"]
    assert error["message"] and error["cure"], error
    return error


def wait_state(relay, name, *states, timeout_s=60):
    def there(status):
        return next(sink for sink in status["sinks"] if sink["name"] == name)["state"] in states
    relay.wait_for(there, f"sink {name} {'/'.join(states)}", timeout_s)
    return relay.sink(name)


def streaming(relay):
    return relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")


def tail(server, *arguments, password_file=None, url=None, **kw):
    return run("tail", url or server.url(), "--password-file", password_file or server.password_file(), *arguments, **kw)


def refused(done, status, *words):
    """A command that ended with that exit status and a message of one line that says all of this; its stderr."""
    assert done.returncode == status, f"exit {done.returncode}: {done.stderr}"
    for word in words:
        assert word in done.stderr, f"{word!r} is not in: {done.stderr}"
    return done.stderr


@contextlib.contextmanager
def small_disk(folder, mib):
    """A file system of so many MiB at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder],
                                           capture_output=True).returncode:
        pytest.skip("a small file system can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder, options):
    return subprocess.run(["mount", "-o", f"remount,{options}", folder], capture_output=True).returncode == 0


class Ballast:
    """Fills a file system to the last byte, again and again as space comes back, until it is removed."""

    def __init__(self, folder):
        self.path = folder / "ballast"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._thread.start()

    def _fill(self):
        with open(self.path, "ab", buffering=0) as file:
            while not self._stop.is_set():
                try:
                    file.write(b"x" * 4096)
                except OSError:
                    self._stop.wait(0.01)

    def remove(self):
        self._stop.set()
        self._thread.join()
        self.path.unlink()


def wait_until(condition, what, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what() if callable(what) else what} did not come within {timeout_s} s"
        time.sleep(0.05)


class Flipping(Proxy):
    """Changes a byte of the next large piece that goes to the client, once it is told to."""

    flips = 0

    async def _pump(self, reader, writer, to_client):
        while data := await reader.read(65536):
            if to_client and self.flips and len(data) > 2000:
                self.flips -= 1
                data = data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]
            writer.write(data)
            await writer.drain()
        writer.close()
