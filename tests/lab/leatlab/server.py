"""What every kind of server in the lab has: a folder, a port, a process, a state file, and an end.

An instance belongs to the process that made it and is stopped and deleted with it. One that is made with keep=True
(`lab up`) stays until `lab down` or `lab clean`. Whatever a killed owner left behind is swept away by the next start.
"""

import atexit
import json
import os
import random
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from . import paths, process

STATE = "lab.json"
# Below the range from which the kernel takes ports for outgoing connections: a port stays ours while its server is down.
PORTS = range(20000, 32768)

_owned = set()
_owner_pid = None


class ServerError(Exception):
    """A server did not start or stop as it should; the message holds the end of its log."""


class Server:
    """One instance. Not for use by several threads at once, but for `pause`, `resume` and `kill`."""

    kind = None
    start_timeout_s = 60
    more_ports = 0  # that it needs beside .port

    def __init__(self, name, keep=False, **options):
        """Reserves the name, folder and port; nothing runs yet. Options are the server's own settings."""
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            raise ValueError(f"{name!r} is not a name for an instance: use letters, digits, - _ .")
        sweep()
        self.name = name
        self.options = options
        # Two test runs at the same time use the same names, so an instance that is not kept carries its owner's number.
        base = paths.run_dir() / (name if keep else f"{name}-{os.getpid()}")
        with paths.locked(paths.run_dir() / ".lock"):
            if base.exists():
                raise ServerError(f"instance {base.name} exists already")
            self.port, *more = _free_ports(1 + self.more_ports)
            self._attach(base, {"kind": self.kind, "name": name, "options": options, "port": self.port, "more_ports": more,
                                "pid": None, "pid_started": None,
                                "owner": None if keep else os.getpid(),
                                "owner_started": None if keep else process.started_at(os.getpid())})
            base.mkdir()
            self._save()
        if not keep:
            _own(self)

    @classmethod
    def attach(cls, folder):
        """The instance that another run of the lab made, from its state file."""
        self = cls.__new__(cls)
        state = json.loads((Path(folder) / STATE).read_text())
        self.name, self.options, self.port = state["name"], state["options"], state["port"]
        self._attach(Path(folder), state)
        return self

    def _attach(self, folder, state):
        self.folder = folder
        self.log = folder / "server.log"
        self._state = state
        self._popen = None

    def _save(self):
        temporary = self.folder / (STATE + ".new")
        temporary.write_text(json.dumps(self._state))
        temporary.rename(self.folder / STATE)

    # What a kind of server fills in.

    def _prepare(self):
        """Makes the data before the first start."""
        raise NotImplementedError

    def _clear(self):
        """Removes what a killed server left that would keep the next from starting."""

    def _argv(self):
        raise NotImplementedError

    def _environment(self):
        """What its process has in its environment beside ours."""
        return {}

    def _ready(self):
        """True once the server answers."""
        raise NotImplementedError

    # What all have.

    @property
    def pid(self):
        """The server's process number while it runs, else None."""
        return self._state["pid"] if self.running else None

    @property
    def running(self):
        return process.alive(self._state["pid"], self._state["pid_started"])

    def start(self, wait=True):
        """Starts the server, with its old data if it has any, and returns once it answers (at once if not `wait`)."""
        if self.running:
            return self
        if not self._state.get("prepared"):
            self._prepare()
            self._state["prepared"] = True
        self._clear()
        self._popen = process.spawn(self._argv(), self.log, bound=self._state["owner"] is not None,
                                    env={**os.environ, **self._environment()})
        self._state.update(pid=self._popen.pid, pid_started=process.started_at(self._popen.pid))
        self._save()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        deadline = time.monotonic() + self.start_timeout_s
        while not self._ready():
            if not self.running:
                raise ServerError(f"{self.name} ended while starting; the end of {self.log}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} did not answer within {self.start_timeout_s} s; the end of {self.log}:\n"
                                  f"{self.log_tail()}")
            time.sleep(0.02)

    def stop(self):
        """Orderly shutdown; the data stays."""
        self._end(signal.SIGTERM)

    def kill(self):
        """SIGKILL, as a crash of the server would be; the data stays."""
        self._end(signal.SIGKILL)

    def restart(self, **changed):
        """Orderly shutdown and start, with some options changed; None takes an option back."""
        self.stop()
        self.options.update(changed)
        self.options = self._state["options"] = {k: v for k, v in self.options.items() if v is not None}
        return self.start()

    def pause(self):
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self._state["pid"], signal.SIGSTOP)

    def resume(self):
        os.kill(self._state["pid"], signal.SIGCONT)

    def destroy(self):
        """Kills the server and deletes everything of it."""
        self._end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        _owned.discard(self)

    def log_tail(self, lines=25):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"

    def _end(self, sig):
        process.end(self._state["pid"], self._state["pid_started"], sig, popen=self._popen)
        self._popen = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.destroy()
            raise

    def __exit__(self, *exc):
        self.destroy()


def instances():
    """(folder, state) of each instance in the run folder, whoever made it."""
    for path in sorted(paths.run_dir().glob(f"*/{STATE}")):
        try:
            yield path.parent, json.loads(path.read_text())
        except FileNotFoundError:
            continue  # deleted by its owner in between


def sweep():
    """Removes the instances whose owner is gone without having done so."""
    for folder, state in instances():
        if state["owner"] is not None and not process.alive(state["owner"], state["owner_started"]):
            process.end(state["pid"], state["pid_started"])
            shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count):
    taken = {port for _, state in instances() for port in (state["port"], *state.get("more_ports", ()))}
    found = []
    for port in random.SystemRandom().sample(PORTS, 200):
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                found.append(port)
            except OSError:
                continue
        if len(found) == count:
            return found
    raise ServerError("no free ports")


def _own(server):
    """Remembers what must end with this process, and makes its end orderly when a signal asks for it."""
    global _owner_pid
    if _owner_pid != os.getpid():
        _owner_pid = os.getpid()
        _owned.clear()  # a forked child inherits the list, but not the servers
        atexit.register(_end_owned, _owner_pid)
        if threading.current_thread() is threading.main_thread():
            for sig in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(sig) is signal.SIG_DFL:
                    signal.signal(sig, lambda number, frame: sys.exit(128 + number))
    _owned.add(server)


def _end_owned(pid):
    if os.getpid() == pid:
        for server in list(_owned):
            server.destroy()
