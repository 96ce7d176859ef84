"""leat itself as a process of the lab: started, killed, asked, and read back from the files that it wrote."""

import gzip
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
PATIENCE = float(os.environ.get("LEAT_LAB_PATIENCE", 1))  # times as long is waited, on a machine that has much else to do


def program():
    """The leat under test: $LEAT, else the newest build."""
    if os.environ.get("LEAT"):
        return Path(os.environ["LEAT"])
    builds = [path for path in (TOP / "build").glob("*/leat") if path.is_file()]
    if not builds:
        raise RuntimeError("there is no leat: build it (cmake --preset asan && cmake --build --preset asan) or set LEAT")
    return max(builds, key=lambda path: path.stat().st_mtime)


def release_program():
    """A build as users run it, for what is measured: $LEAT_RELEASE, else $LEAT."""
    return Path(os.environ["LEAT_RELEASE"]) if os.environ.get("LEAT_RELEASE") else program()


def run(*arguments, input=None, timeout_s=300, env=None):
    """`leat ARGUMENTS` to its end: a CompletedProcess with text output."""
    return subprocess.run([program(), *map(str, arguments)], input=input, capture_output=True, text=True,
                          errors="surrogateescape", timeout=timeout_s, env={**os.environ, **(env or {})})


class Leat:
    """`leat run` in a folder of its own: leat.yaml, journal/, log, and out-NAME/ for each file sink.

    sinks: {name: {setting: value}}; path, type and format are filled in. `source` and `journal` add settings.
    """

    def __init__(self, folder, url, password_file=None, sinks=None, source=None, journal=None, name="test", leat=None):
        self.program = leat or program()
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None
        self.log = self.folder / "log"
        self.config = {
            "name": name,
            "source": {"url": url, **({"password_file": str(password_file)} if password_file else {}), **(source or {})},
            "journal": {"dir": str(self.folder / "journal"), "min_free": "1MiB", **(journal or {})},
            "sinks": {sink: {**self._sink_defaults(sink, settings or {}), **(settings or {})}
                      for sink, settings in (sinks if sinks is not None else {"files": {}}).items()},
        }
        self.configure()

    def _sink_defaults(self, sink, settings):
        if settings.get("type", "file") == "mysql":
            return {}
        if settings.get("type", "file") != "file":
            return {"format": "leat"}
        return {"type": "file", "path": str(self.folder / f"out-{sink}"), "format": "leat"}

    def configure(self):
        """Writes leat.yaml anew (JSON is YAML)."""
        self.yaml = self.folder / "leat.yaml"
        self.yaml.write_text(json.dumps(self.config, indent=1))

    # The process.

    def start(self, *options, env=None, stdout=subprocess.DEVNULL):
        argv = ["setpriv", "--pdeathsig", "KILL", "--", self.program, "run", "-c", self.yaml, *options]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=log,
                                            env={**os.environ, **(env or {})})
        return self

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL: a normal stop."""
        if self.running:
            self.process.kill()
        self.process.wait()

    def stop(self, timeout_s=120):
        """SIGTERM; returns the exit status. A leat that doesn't stop gets SIGABRT, for its core and stacks."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            raise

    def wait(self, timeout_s=60):
        """The exit status of a leat that ends by itself."""
        return self.process.wait(timeout_s)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.kill()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def rss_mib(self):
        """Resident memory now and at its highest, MiB."""
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines())
        return tuple(int(fields[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))

    # Asking.

    def ask(self, command, *arguments):
        """`leat COMMAND` on this relay's configuration: a CompletedProcess."""
        return run(command, *arguments, "-c", self.yaml)

    def status(self):
        done = self.ask("status", "--json")
        if done.returncode:
            raise RuntimeError(f"leat status: {done.stderr}")
        return json.loads(done.stdout)

    def sink(self, name="files"):
        return next(sink for sink in self.status()["sinks"] if sink["name"] == name)

    def wait_for(self, condition, what="the condition", timeout_s=60):
        """Polls status until condition(status) holds; the status then."""
        deadline = time.monotonic() + timeout_s * PATIENCE
        status = None
        while time.monotonic() < deadline:
            if self.process and self.process.poll() is not None:
                raise RuntimeError(f"leat ended with {self.process.returncode} while waiting for {what}:\n{self.log_text()[-3000:]}")
            try:
                status = self.status()
                if condition(status):
                    return status
            except RuntimeError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come within {timeout_s} s: {json.dumps(status, indent=1)}\n{self.log_text()[-3000:]}")

    def wait_until_delivered(self, server, name="files", timeout_s=180):
        """Until the sink has delivered all transactions that the server has in its binlog now: by GTIDs if there are, since a
        file that was begun without any moves no position."""
        file, pos, gtids = server.position()

        def delivered(status):
            sink = next(sink for sink in status["sinks"] if sink["name"] == name)
            if gtids:
                return server.covers(sink["gtids"], gtids)
            return (sink["file"], sink["pos"]) >= (file, pos)
        return self.wait_for(delivered, f"sink {name} at {file}:{pos}", timeout_s)

    # What it wrote.

    def files(self, name="files"):
        """The sink's files in the order of delivery, an open one last."""
        folder = Path(self.config["sinks"][name]["path"])
        return sorted((path for path in folder.glob(f"{name}-*") if path.is_file()), key=lambda path: path.name.removesuffix(".part"))

    def lines(self, name="files", schema=False):
        """Yields the lines that the sink delivered, parsed; an incomplete last line of an open file isn't one."""
        for path in self.files(name):
            for line in read_lines(path):
                change = json.loads(line)
                if schema or change["op"] != "schema":
                    yield change


def read_lines(path):
    """The complete lines of a file, plain, .zst or .gz, finished or .part."""
    name = path.name.removesuffix(".part")
    if name.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq", "--no-check"], stdin=open(path, "rb"), capture_output=True).stdout
        stream = io.BytesIO(data)
    elif name.endswith(".gz"):
        stream = gzip.open(path, "rb")
    else:
        stream = open(path, "rb")
    with stream:
        try:
            for line in stream:
                if line.endswith(b"\n"):
                    yield line
        except EOFError:
            return
