"""The source_probe program (tests/tools) under test: room source and all it uses, without journal and sinks."""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path


# Whether the leat under test stands on Oracle's client library (tests/tools/build-oracle).
ORACLE = os.environ.get("LEAT_CLIENT") == "oracle"


def program(name="source_probe"):
    """Beside the leat under test ($LEAT), else the newest build."""
    if os.environ.get("LEAT"):
        return Path(os.environ["LEAT"]).parent / name
    builds = sorted(Path(__file__).resolve().parents[2].glob(f"build/*/{name}"), key=lambda p: p.stat().st_mtime)
    if not builds:
        raise RuntimeError(f"there is no {name}: build it, or set LEAT to a leat beside which it lies")
    return builds[-1]


class Probe:
    """One run: lines as they come, and what the log says. `done` is the last line as a dict."""

    def __init__(self, server, *options, url=None, password=None, port=None, doctor=False):
        url = url or server.url()
        if port:
            url = re.sub(r":\d+$", f":{port}", url)
        password_file = server.password_file(password) if password else server.password_file()
        self.argv = [program(), "-p", password_file, *options, *(["-d"] if doctor else []), url]
        self.lines, self.log = [], []
        self._news = threading.Condition()
        self.process = subprocess.Popen([str(a) for a in self.argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self._threads = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.log))]
        for thread in self._threads:
            thread.start()

    def _read(self, pipe, lines):
        for line in pipe:
            with self._news:
                lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def wait_for(self, pattern, count=1, timeout_s=30, log=False):
        """Returns once so many lines match, with the last of them."""
        lines, deadline = self.log if log else self.lines, time.monotonic() + timeout_s
        with self._news:
            while True:
                found = [line for line in lines if re.search(pattern, line)]
                if len(found) >= count:
                    return found[-1]
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise TimeoutError(f"{pattern!r} {count} times: {self}")

    def finish(self, timeout_s=60):
        """Waits for its own end."""
        self.process.wait(timeout_s)
        for thread in self._threads:
            thread.join(10)
        assert not any("Sanitizer" in line or "runtime error" in line or "Assertion" in line for line in self.log), str(self)
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.finish()

    def retry(self):
        self.process.send_signal(signal.SIGUSR1)

    @property
    def status(self):
        return self.process.returncode

    @property
    def error(self):
        return next((line for line in self.lines if line.startswith("error ")), None)

    @property
    def done(self):
        last = self.lines[-1].split()
        assert last[0] == "done", str(self)
        return {"result": last[1], **dict(word.split("=", 1) for word in last[2:] if "=" in word)}

    @property
    def transactions(self):
        """(GTID or '', [what was in it]) of each transaction that was completed."""
        found, current = [], None
        for line in self.lines:
            word, _, rest = line.partition(" ")
            if word == "begin":
                current = (rest.split(" ")[0] if rest.count(" ") else "", [])
            elif word in ("rows", "statement") and current:
                current[1].append(line)
            elif word == "end" and current:
                found.append(current)
                current = None
            elif word == "abandon":
                current = None
        return found

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __str__(self):
        return "\n".join([" ".join(str(a) for a in self.argv), *self.lines[-40:], *self.log[-40:]])


def run(server, *options, timeout_s=60, **kw):
    """Runs to its own end."""
    with Probe(server, *options, **kw) as probe:
        return probe.finish(timeout_s)
