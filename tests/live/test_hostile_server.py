"""A server that means harm: what it asks for and is not given, and that it can't hold us up."""

import os
import socket
import struct
import subprocess
import threading
import time

import pytest

from probe import ORACLE, program

SSL, PROTOCOL_41, PLUGIN_AUTH, SECURE, LOCAL_FILES = 1 << 11, 1 << 9, 1 << 19, 1 << 15, 1 << 7
CAPABILITIES = 0xFFFFFFFF & ~SSL & ~(1 << 5) & ~(1 << 24) & ~(1 << 26)  # no TLS, no compression, OK instead of EOF off
SCRAMBLE = b"abcdefgh" + b"ijklmnopqrst"
SECRET = "only-for-the-server"

pytestmark = pytest.mark.transport


def greeting(version=b"8.4.0", plugin=b"caching_sha2_password", capabilities=CAPABILITIES):
    return (b"\x0a" + version + b"\0" + struct.pack("<I", 7) + SCRAMBLE[:8] + b"\0" + struct.pack("<H", capabilities & 0xFFFF)
            + b"\xff" + struct.pack("<HH", 2, capabilities >> 16) + b"\x15" + bytes(10) + SCRAMBLE[8:] + b"\0" + plugin + b"\0")


class Server:
    """Listens, and runs `script(server)` for each client; everything received is kept."""

    def __init__(self, script):
        self.received = b""
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._script(self)
            except (OSError, EOFError):
                pass
            self._client.close()

    def put(self, payload, sequence):
        self._client.sendall(len(payload).to_bytes(3, "little") + bytes([sequence]) + payload)

    def raw(self, data):
        self._client.sendall(data)

    def take(self):
        """(sequence, payload) of the next packet."""
        header = self._exactly(4)
        return header[3], self._exactly(int.from_bytes(header[:3], "little"))

    def rest(self):
        while data := self._client.recv(65536):
            self.received += data

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self._client.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        self.received += data
        return data

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._listener.close()


OK = b"\x00\x00\x00\x02\x00\x00\x00"


def ask(server, tmp_path, sql="SELECT 1", mode="DISABLED", connect_ms=3000):
    password_file = tmp_path / "password"
    password_file.write_text(SECRET + "\n")
    began = time.monotonic()
    done = subprocess.run([program("mysql_probe"), "-p", password_file, "-m", mode, "-t", str(connect_ms),
                           f"cdc@127.0.0.1:{server.port}", "query", sql], capture_output=True, text=True, timeout=60)
    done.seconds = time.monotonic() - began
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("plugin", ["mysql_clear_password", "dialog", "mysql_old_password", "auth_gssapi_client",
                                    "sha256_password", "../../../tmp/evil", ""])
def test_a_method_that_is_not_on_the_list_is_refused(tmp_path, plugin):
    def script(server):
        server.put(greeting(), 0)
        sequence, _ = server.take()
        server.put(b"\xfe" + plugin.encode() + b"\0" + SCRAMBLE + b"\0", sequence + 1)
        server.rest()
    with Server(script) as server:
        done = ask(server, tmp_path)
        assert done.returncode == 1 and SECRET.encode() not in server.received, done.stdout


def test_the_switch_to_the_old_password_is_refused(tmp_path):
    def script(server):
        server.put(greeting(), 0)
        sequence, _ = server.take()
        server.put(b"\xfe", sequence + 1)
        server.rest()
    with Server(script) as server:
        assert ask(server, tmp_path).returncode == 1 and SECRET.encode() not in server.received


def test_full_authentication_with_a_key_that_is_no_key(tmp_path):
    def script(server):
        server.put(greeting(), 0)
        sequence, _ = server.take()
        server.put(b"\x01\x04", sequence + 1)
        sequence, _ = server.take()
        server.put(b"\x01-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", sequence + 1)
        server.rest()
    with Server(script) as server:
        done = ask(server, tmp_path)
        assert ("error connect" if ORACLE else "error authentication") in done.stdout and SECRET.encode() not in server.received, done.stdout


def test_a_file_is_never_sent(tmp_path):
    file = tmp_path / "private"
    file.write_text("the contents of a private file")

    def script(server):
        server.put(greeting(), 0)
        sequence, _ = server.take()
        server.put(b"\x01\x03", sequence + 1)
        server.put(OK, sequence + 2)
        server.take()
        server.put(b"\xfb" + os.fsencode(file), 1)
        server.rest()
    with Server(script) as server:
        done = ask(server, tmp_path)
        assert done.returncode == 1 and b"private file" not in server.received, done.stdout


@pytest.mark.parametrize("script", [
    lambda server: server.rest(),
    lambda server: [server.raw(byte) or time.sleep(0.5) for byte in (bytes([b]) for b in b"\x50\0\0\0" + greeting())],
    lambda server: server.put(greeting(), 0) or server.take() and server.rest(),
], ids=["silent", "a byte at a time", "silent after the name"])
def test_connecting_ends_at_its_deadline(tmp_path, script):
    with Server(script) as server:
        done = ask(server, tmp_path, connect_ms=1500)
        assert "error timeout" in done.stdout and done.seconds < 4, done.stdout


@pytest.mark.parametrize("data", [
    b"\xff\xff\xff\x00" + b"\x0a" * 100, b"\x00\x00\x00\x00", b"\x01\x00\x00\x00\x0a", b"\x05\x00\x00\x00\x0a8.4\x01",
    b"\x20\x00\x00\x00" + b"\x0a" + b"9" * 31, b"\x10\x00\x00\x00\xff\x15\x04#08004Too many", b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x4a\x00\x00\x05" + greeting(), b"\x08\x00\x00\x00\x090.0.0\0\0",
])
def test_a_greeting_that_is_none_is_an_error(tmp_path, data):
    def script(server):
        server.raw(data)
    with Server(script) as server:
        done = ask(server, tmp_path)
        assert done.returncode == 1 and done.stdout.startswith("error "), done.stdout


@pytest.mark.parametrize("answer", [
    [b"\xff\xff\xff\xff\xff"], [b"\x01", b"\x03def"], [b"\x01", b"\x03def\xfe\xff\xff\xff\xff\xff\xff\xff\xff"],
    [b"\xfd\xff\xff\xff"], [b"\xfe\x00\x00\x02\x00"], [b""],
])
def test_an_answer_that_is_none_is_an_error(tmp_path, answer):
    def script(server):
        server.put(greeting(), 0)
        sequence, _ = server.take()
        server.put(b"\x01\x03", sequence + 1)
        server.put(OK, sequence + 2)
        server.take()
        for number, payload in enumerate(answer):
            server.put(payload, number + 1)
    with Server(script) as server:
        done = ask(server, tmp_path)
        assert done.returncode == 1 and "error " in done.stdout, done.stdout
