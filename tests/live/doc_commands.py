"""The commands that stand in the documents, and a place to run them in: a server with a shop, and a folder in which the documents' paths
lie."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

from alerting import free_port
from leatlab.leat import program
from operating import wait_until

TOP = Path(__file__).resolve().parents[2]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
PASSWORD = "night-and-day"


def blocks(page):
    """(language, text) of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), re.M | re.S)


def commands(page):
    """The shell's commands of a page: lines of sh blocks without what is said of them, and those behind a $ in what a terminal showed."""
    for language, text in blocks(page):
        if language == "sh":
            for line in text.replace("\\\n", " ").splitlines():
                command = re.sub(r"\s+#\s.*$", "", line)
                yield re.sub(r"\s+", " ", command.strip())
        elif not language:
            yield from re.findall(r"^\$ (.*)$", text, re.M)


def sql(text):
    """The statements in it."""
    return [" ".join(one.split()) for one in re.sub(r"--\s.*$", "", text, flags=re.M).split(";") if one.strip()]


def statements(page):
    """SQL statements of a page."""
    return [statement for language, text in blocks(page) if language == "sql" for statement in sql(text)]


class Place:
    """Where commands are run: `substitutes` says what stands for what the documents call it."""

    def __init__(self, folder, server):
        self.folder, self.server, self.process, self.http = folder, server, None, free_port()
        for name in ("etc/leat", "var/lib", "run/secrets", "data", "backup", "bin", "here"):
            (folder / name).mkdir(parents=True)
        self.here = folder / "here"
        self.log = folder / "log"
        self._programs()
        self.config = {"name": "shop", "source": {"url": f"mysql://cdc@127.0.0.1:{server.port}", "password_file": str(self.path("/run/secrets/cdc")),
                                                  "start": "earliest", "on_undecodable": "quarantine", "heartbeat": "500ms"},
                       "journal": {"dir": str(self.path("/var/lib/leat")), "min_free": "1MiB", "segment_size": "1MiB"},
                       "http": {"listen": f"127.0.0.1:{self.http}"},
                       "sinks": {"changes": {"type": "file", "path": str(self.path("/data/changes"))},
                                 "orders": {"type": "file", "path": str(self.path("/data/orders")), "tables": ["shop.orders"]}}}
        self.configure()
        self.substitutes = {"/var/lib/mysql": server.datadir, "/backup/binlogs": folder / "backup/binlogs",
                            **{path: self.path(path) for path in ("/etc/leat", "/var/lib/leat", "/run/secrets", "/data")},
                            "build/asan": program().parent, "FILE": TOP / "README.md", "db1:3306": f"127.0.0.1:{server.port}", "127.0.0.1:9415": f"127.0.0.1:{self.http}"}

    def path(self, path):
        return self.folder / path.lstrip("/")

    def _programs(self):
        (self.folder / "bin/leat").symlink_to(program())
        client = self.folder / "bin/mysql"
        client.write_text(f"#!/bin/sh\nexec {shutil.which('mysql')} --no-defaults --socket={self.server.socket} --user=root \"$@\"\n")
        client.chmod(0o755)

    def configure(self):
        self.path("/etc/leat/leat.yaml").write_text(json.dumps(self.config, indent=1))
        (self.here / "leat.yaml").write_text(json.dumps(self.config, indent=1))

    def password(self, word):
        path = self.path("/run/secrets/cdc")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(word + "\n")

    def copy_binlogs(self):
        """The server's finished binlogs are in /backup/binlogs, the last of them also here, as binlog.000042."""
        self.server.sql("FLUSH BINARY LOGS")
        shutil.rmtree(self.folder / "backup/binlogs", ignore_errors=True)
        (self.folder / "backup/binlogs").mkdir()
        for path in self.server.binlogs()[:-1]:
            shutil.copy(path, self.folder / "backup/binlogs")
        shutil.copy(self.server.binlogs()[-2], self.here / "binlog.000042")

    def here_and_now(self, now=None):
        """What stands for the documents' positions and times: the binlog's end, and a time before it."""
        file, pos, gtids = self.server.position()
        self.substitutes |= {"binlog.000042:1234": f"{file}:{pos}", "binlog.000003:29113897": f"{file}:{pos}",
                             "1f579686-e584-11f1-8039-02fc00000001:8": gtids,
                             **{time: now or utc() for time in ("2026-01-31T10:00:00Z", "2026-01-31T09:00:00Z")}}

    # Running.

    def as_here(self, command):
        for name, here in sorted(self.substitutes.items(), key=lambda one: -len(one[0])):
            before = r"\w./-" if name.startswith("/") else r"\w.-"
            command = re.sub(rf"(?<![{before}]){re.escape(name)}(?!\w)", lambda _, here=here: str(here), command)
        return command

    @property
    def environment(self):
        return {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def run(self, command, status=0):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", self.as_here(command)], cwd=self.here, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        assert done.returncode == status, f"{command}\n{self.as_here(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def run_on_a_terminal(self, command, password, until=None):
        """Types the password when it is asked for; what came by the end, or until that word comes."""
        child, terminal = pty.fork()
        if not child:
            os.chdir(self.here)
            os.execvpe("bash", ["bash", "-c", "exec " + self.as_here(command)], self.environment)
        shown = b""
        with contextlib.suppress(OSError):  # its end
            while until is None or until.encode() not in shown:
                assert select.select([terminal], [], [], 60)[0], f"{command}: nothing more behind {shown!r}"
                shown += os.read(terminal, 65536)
                if b"assword" in shown and password:
                    os.write(terminal, password.encode() + b"\n")
                    password = None
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        assert until or status == 0, f"{command}: {status}\n{shown.decode(errors='replace')}"
        return shown.decode(errors="replace")

    # The relay.

    def start(self, command="leat run -c leat.yaml", instead=None):
        self.stop()
        words = self.as_here(command)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", "bash", "-c", f"exec {words}"], cwd=self.here,
                                            env=self.environment | ({"PATH": f"{instead}:{self.environment['PATH']}"} if instead else {}),
                                            stdin=subprocess.DEVNULL, stderr=log)
        self.wait(lambda status: status["source"]["state"] == "streaming", "the stream")

    def stop(self):
        if self.process:
            self.process.terminate()
            assert self.process.wait(60) == 0, self.log.read_text()[-3000:]
        self.process = None

    def status(self):
        return json.loads(self.run("leat status --json"))

    def wait(self, condition, what):
        def holds():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            with contextlib.suppress(AssertionError, ValueError):
                return condition(self.status())
        wait_until(holds, what, 90)

    def wait_delivered(self, sink="changes"):
        gtids = self.server.position()[2]
        self.wait(lambda status: any(one["name"] == sink and self.server.covers(one["gtids"] or "", gtids) for one in status["sinks"]), sink)

    def wait_state(self, sink, state):
        self.wait(lambda status: any(one["name"] == sink and one["state"] == state for one in status["sinks"]), f"{sink} {state}")


def utc(seconds_ago=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds_ago))
