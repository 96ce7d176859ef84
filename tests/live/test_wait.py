"""Waiting for a sink: a client that writes, waits and reads never misses; who waits for what doesn't come is told in time."""

import json
import os
import socket
import threading
import time

import pytest

from leatlab.leat import run
from operating import Numbers, no_relay_broke, quick, streaming
from test_http import get, listening


@pytest.fixture
def numbers(shared_mysql, database):
    return Numbers(shared_mysql, database)


class Reader:
    """What a file sink's open file has, read on from where it was."""

    def __init__(self, relay):
        self.relay, self.lock, self.seen, self.places = relay, threading.Lock(), set(), {}

    def has(self, number):
        with self.lock:
            if number not in self.seen:
                for path in self.relay.files("files"):
                    with open(path, "rb") as file:
                        file.seek(self.places.get(path.name.removesuffix(".part"), 0))
                        for line in iter(file.readline, b""):
                            if not line.endswith(b"\n"):
                                break
                            self.places[path.name.removesuffix(".part")] = file.tell()
                            change = json.loads(line)
                            if change["op"] == "insert":
                                self.seen.add(change["after"]["id"])
            return number in self.seen


def _wait_over_socket(relay, gtid, timeout_ms=60000):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{relay.config['journal']['dir']}/control.sock")
        connection.sendall(json.dumps({"command": "wait", "sink": "files", "gtid": gtid, "timeout_ms": timeout_ms}).encode() + b"\n")
        return json.loads(connection.makefile().readline())


def test_a_client_that_writes_waits_and_reads_never_misses(make_leat, numbers):
    rounds = int(os.environ.get("LEAT_WAIT_ROUNDS", 400))
    relay = listening(make_leat, numbers.server)
    reader, missed, lock, count = Reader(relay), [], threading.Lock(), [0]

    def client(part):
        connection = numbers.server.connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@server_uuid")
            uuid = cursor.fetchone()[0]
            for i in range(rounds // 4):
                number = part * rounds + i + 1
                with lock:  # one writer at a time, so that the last GTID is one's own
                    cursor.execute(f"INSERT INTO {numbers.path} VALUES ({number}, '')")
                    cursor.execute("SELECT @@global.gtid_executed")
                    own = max(int(part.rpartition("-")[2].rpartition(":")[2]) for part in cursor.fetchone()[0].replace("\n", "").split(",")
                              if part.startswith(uuid))
                gtid = f"{uuid}:{own}"
                if i % 2:
                    answer = _wait_over_socket(relay, gtid)
                else:
                    answer = json.loads(get(relay, f"/wait?sink=files&gtid={gtid}&timeout=60")[1])
                if answer != {"ok": True} or not reader.has(number):
                    missed.append((number, answer))
                count[0] += 1
        connection.close()
    clients = [threading.Thread(target=client, args=(part,)) for part in range(4)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    print(f"{count[0]} rounds, {len(missed)} missed")
    assert count[0] == rounds // 4 * 4 and not missed, missed[:5]
    assert relay.stop() == 0


def test_waits_end_in_time_and_say_why(make_leat, numbers):
    relay = listening(make_leat, numbers.server)
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    file, pos, gtids = numbers.server.position()
    never = "00000000-0000-0000-0000-00000000beef:1"
    assert relay.ask("wait", "files", gtids, "--timeout", "60").returncode == 0
    assert relay.ask("wait", "files", f"{file}:{pos}").returncode == 0
    assert relay.ask("wait", "files", "now").returncode == 0
    late = relay.ask("wait", "files", never, "--timeout", "0.2")
    assert late.returncode == 16 and "not delivered that in this time" in late.stderr
    assert get(relay, f"/wait?sink=files&gtid={never}&timeout=0.2")[0] == 504
    assert "the sinks are: files" in relay.ask("wait", "filse", "now").stderr
    for path in ("/wait?sink=files", "/wait?sink=files&gtid=earliest", "/wait?sink=files&gtid=2026-01-31", "/wait?sink=no&gtid=now",
                 "/wait?sink=files&gtid=now&timeout=x"):
        assert get(relay, path)[0] == 400, path
    answers = []
    waiting = [threading.Thread(target=lambda: answers.append(_wait_over_socket(relay, never))),
               threading.Thread(target=lambda: answers.append(json.loads(get(relay, f"/wait?sink=files&gtid={never}")[1])))]
    for thread in waiting:
        thread.start()
    deadline = time.monotonic() + 60
    while 'leat_sink_waits{sink="files"} 2' not in get(relay, "/metrics")[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert relay.stop() == 0
    for thread in waiting:
        thread.join()
    assert [answer["message"] for answer in answers] == ["leat ends"] * 2
