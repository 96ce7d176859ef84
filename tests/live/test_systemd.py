"""What systemd is told: ready, what is going on, that it goes on, stopping."""

import os
import signal
import socket
import time

import pytest

from operating import QUICK_SOURCE, Numbers, no_relay_broke, quick  # noqa: F401


class Manager:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, folder, abstract=False):
        self.path = f"@leat-{os.getpid()}-{time.monotonic_ns()}" if abstract else str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path.replace("@", "\0", 1))
        self.heard = []

    def wait_for(self, word, timeout_s=60):
        """Reads on until a message with that word; the message."""
        self.socket.settimeout(timeout_s)
        while True:
            message = self.socket.recv(4096).decode()
            self.heard.append(message)
            if word in message:
                return message


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_comes_with_the_stream_then_status_watchdog_and_stopping(shared_mysql, database, make_leat, tmp_path, abstract):
    manager = Manager(tmp_path, abstract)
    relay = quick(make_leat, shared_mysql)
    relay.start(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"})
    manager.wait_for("READY=1")
    assert relay.status()["source"]["state"] == "streaming"
    Numbers(shared_mysql, database).insert(3).assert_exactly_once(relay)
    file, pos, _ = shared_mysql.position()
    assert manager.wait_for(f"STATUS=streaming at {file}:") and manager.wait_for("1 of 1 sinks running")
    manager.wait_for("WATCHDOG=1")
    relay.process.send_signal(signal.SIGTERM)
    assert "STATUS=stopping: Terminated" in manager.wait_for("STOPPING=1")
    assert relay.wait() == 0
    assert sum("READY=1" in message for message in manager.heard) == 1


def test_a_primary_that_is_down_keeps_no_machine_from_booting(make_leat, tmp_path):
    manager = Manager(tmp_path)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    from leatlab.leat import Leat
    relay = Leat(tmp_path / "leat", f"mysql://cdc@127.0.0.1:{port}/", source=QUICK_SOURCE)
    try:
        relay.start(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"})
        manager.wait_for("READY=1")
        manager.wait_for("STATUS=backing_off")
        manager.wait_for("WATCHDOG=1")
    finally:
        assert relay.stop() == 0


def test_an_address_that_is_none_is_told_once(shared_mysql, make_leat):
    relay = quick(make_leat, shared_mysql)
    relay.start(env={"NOTIFY_SOCKET": "vsock:2:1234"})
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
    assert relay.stop() == 0
    assert relay.log_text().count("NOTIFY_SOCKET") == 1
