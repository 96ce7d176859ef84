"""From a commit to a consumer: one writer, and several relays of the same server, each into a topic of its own that a consumer reads."""

import os
import re
import subprocess
import threading
import time
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from . import kafka_peers
from .leat import Leat

WARM_UP = 500  # commits that aren't counted: caches, connections and JVMs
TABLE = "latency.t"


class _Reader(threading.Thread):
    """When each row's message was there, by the number that its key has."""

    def __init__(self, kafka, topic):
        super().__init__(daemon=True)
        self.consumer = Consumer(kafka.client(**{"group.id": "bench", "isolation.level": "read_committed", "enable.auto.commit": False,
                                                 "fetch.wait.max.ms": 500, "fetch.min.bytes": 1}))
        self.consumer.assign([TopicPartition(topic, 0, 0)])
        self.seen, self.failure = {}, None
        self.ending = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ending.is_set():
                message = self.consumer.poll(0.1)
                if message is None or message.error() or not message.key():
                    continue
                now = time.monotonic()
                number = re.search(rb"\d+", message.key())
                self.seen.setdefault(int(number.group()), now)
        except Exception as error:  # noqa: BLE001: a thread's, shown by who waits for it
            self.failure = error

    def end(self):
        self.ending.set()
        self.join()
        self.consumer.close()


class Latency:
    def __init__(self, folder, server, kafka, per_second):
        self.folder, self.server, self.kafka, self.per_second = Path(folder), server, kafka, per_second
        self.next = 1
        server.sql(f"CREATE DATABASE latency; CREATE TABLE {TABLE} (id BIGINT PRIMARY KEY, a INT, b VARCHAR(100), c DATETIME(6))")

    def _start(self, name, prefix, place):
        """What ends it."""
        file, pos, gtids = place
        topic = f"{prefix}.{TABLE}"
        self.kafka.create_topic(topic)
        if name == "go_mysql":
            process = subprocess.Popen(kafka_peers.go_argv(self.server, self.kafka, prefix, file, pos, 1 << 60), stdin=subprocess.DEVNULL)
            return lambda: (process.kill(), process.wait())
        if name == "debezium":
            worker = kafka_peers.Connect(self.folder / prefix, self.server, self.kafka, prefix, file, pos, gtids)
            worker.start()
            return worker.end
        settings = {"type": "kafka", "delivery": name, "schema_topic": "", "kafka": {"bootstrap.servers": self.kafka.bootstrap()}}
        relay = Leat(self.folder / prefix, self.server.url(), self.server.password_file(), sinks={"events": settings}, name=prefix,
                     source={"start": f"{file}:{pos}", "ssl_mode": "DISABLED"})
        relay.start()
        return relay.kill

    def _write(self, count):
        """{number: when its commit was acknowledged}, at an even pace."""
        committed = {}
        with self.server.connect(autocommit=True) as connection, connection.cursor() as cursor:
            due = time.monotonic()
            for number in range(self.next, self.next + count):
                time.sleep(max(0, due - time.monotonic()))
                due += 1 / self.per_second
                cursor.execute(f"INSERT INTO {TABLE} VALUES (%s, 7, 'a row of no great size', NOW(6))", (number,))
                committed[number] = time.monotonic()
        self.next += count
        return committed

    def _wait(self, readers, number, timeout_s):
        deadline = time.monotonic() + timeout_s
        while not all(number in reader.seen for reader in readers.values()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"change {number} didn't come from: {[name for name, reader in readers.items() if number not in reader.seen]}")
            time.sleep(0.05)

    def run(self, names, commits, prefix):
        """{name: seconds of each of that many commits}."""
        place = self.server.position()
        ends, readers = [], {}
        try:
            for name in names:
                ends.append(self._start(name, f"{prefix}-{name}", place))
                readers[name] = _Reader(self.kafka, f"{prefix}-{name}.{TABLE}")
            self._write(1)
            self._wait(readers, self.next - 1, 180)
            self._write(WARM_UP)
            self._wait(readers, self.next - 1, 120)
            committed = self._write(commits)
            self._wait(readers, self.next - 1, 120)
            missing = {name: len(committed.keys() - reader.seen.keys()) for name, reader in readers.items()}
            if any(missing.values()) or any(reader.failure for reader in readers.values()):
                raise RuntimeError(f"changes are missing: {missing}")
            return {name: [reader.seen[number] - at for number, at in committed.items()] for name, reader in readers.items()}
        finally:
            for reader in readers.values():
                reader.end()
            for end in ends:
                end()


def sync_times(folder, count=300):
    """Seconds of appending 4 KiB to a file and syncing it, each."""
    seconds = []
    with open(Path(folder) / "sync", "wb", buffering=0) as file:
        for _ in range(count):
            file.write(bytes(4096))
            began = time.monotonic()
            os.fdatasync(file.fileno())
            seconds.append(time.monotonic() - began)
            time.sleep(0.005)
    return seconds
