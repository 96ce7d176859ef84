"""What leat's kafka sink is measured beside, each as a process that writes a server's changes to Kafka: go-mysql's canal with franz-go
(tests/bench/peers/go_kafka), and Debezium in a Kafka Connect worker of its own. Neither keeps a journal.

Both begin at a place of the binlog, FILE:POS, and go on until they are ended; topics are PREFIX.DATABASE.TABLE and must be there.
"""

import json
import os
import shutil
import signal
import struct
import subprocess
from pathlib import Path

from . import install
from .server import _free_ports

TOP = Path(__file__).resolve().parents[3]
GO = TOP / "build" / "peers" / "go_kafka"

# As Kafka's and Connect's own start scripts have it, but for the sizes.
BROKER_JAVA = ["-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35"]
CONNECT_JAVA = ["-Xms256m", "-Xmx2g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35"]

# Tuned for rate: its queue and batches are 8 and 40 times the defaults.
DEBEZIUM = {"max.batch.size": 16384, "max.queue.size": 65536, "poll.interval.ms": 5}
# The same as leat's, as far as Java's client has them.
CONNECT_PRODUCER = {"compression.type": "lz4", "batch.size": 1000000, "linger.ms": 1, "acks": "all", "buffer.memory": 64 << 20}


def build_go():
    """Why go-mysql can't be measured, or None."""
    if not shutil.which("go"):
        return "there is no go here"
    GO.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["go", "build", "-mod=mod", "-o", str(GO), "."], cwd=TOP / "tests/bench/peers/go_kafka", capture_output=True, text=True)
    return (done.stderr.strip().splitlines() or ["it says nothing"])[-1] if done.returncode else None


def find_debezium():
    """Why Debezium can't be measured, or None."""
    if not shutil.which("java"):
        return "there is no java here"
    try:
        install.debezium_root("mysql")
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return str(error).splitlines()[0]
    return None


def go_argv(server, kafka, prefix, file, pos, rows):
    """Ends by itself once so many rows are acknowledged."""
    return [str(GO), f"-rows={rows}", f"-addr=127.0.0.1:{server.port}", "-user=root", "-password-file=/dev/null",
            f"-brokers={kafka.bootstrap()}", f"-prefix={prefix}", f"-file={file}", f"-pos={pos}"]


def _java_map(key, value):
    """A java.util.HashMap of one byte[] to another, serialized: what a worker keeps offsets in."""
    array = b"\x00\x02[B" + bytes.fromhex("acf317f8060854e0") + b"\x02\x00\x00\x78\x70"
    head = b"\xac\xed\x00\x05\x73\x72\x00\x11java.util.HashMap" + bytes.fromhex("0507dac1c31660d1") + b"\x03\x00\x02F\x00\nloadFactorI\x00\tthresholdxp"
    return (head + struct.pack(">fi", 0.75, 12) + b"\x77\x08" + struct.pack(">ii", 16, 1)
            + b"\x75\x72" + array + struct.pack(">i", len(key)) + key + b"\x75\x71\x00\x7e\x00\x02" + struct.pack(">i", len(value)) + value + b"\x78")


class Connect:
    """A standalone worker with Debezium's MySQL connector. It starts as one whose history of definitions was lost (`recovery`): reads the
    definitions as they are now, no rows, and goes on at the place that it is given."""

    def __init__(self, folder, server, kafka, prefix, file, pos, gtids):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (port,) = _free_ports(1)
        self._write("worker", {
            "bootstrap.servers": kafka.bootstrap(), "listeners": f"http://127.0.0.1:{port}", "offset.storage.file.filename": self.folder / "offsets",
            "offset.flush.interval.ms": 10000, "plugin.discovery": "hybrid_warn",
            **{f"{side}.converter": "org.apache.kafka.connect.json.JsonConverter" for side in ("key", "value")},
            **{f"{side}.converter.schemas.enable": "false" for side in ("key", "value")},
            **{f"producer.{name}": value for name, value in CONNECT_PRODUCER.items()}})
        self._write("connector", {
            "name": "bench", "connector.class": "io.debezium.connector.mysql.MySqlConnector", "tasks.max": 1, "topic.prefix": prefix,
            "database.hostname": "127.0.0.1", "database.port": server.port, "database.user": "root", "database.password": "",
            "database.server.id": 7200, "database.ssl.mode": "disabled", "driver.allowPublicKeyRetrieval": "true", "snapshot.mode": "recovery",
            "include.schema.changes": "false", "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory",
            "schema.history.internal.file.filename": self.folder / "history", **DEBEZIUM})
        key, value = ["bench", {"server": prefix}], {"file": file, "pos": pos, "gtids": gtids}
        (self.folder / "offsets").write_bytes(_java_map(*(json.dumps(part, separators=(",", ":")).encode() for part in (key, value))))
        self.process = None

    def _write(self, name, settings):
        (self.folder / f"{name}.properties").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    def start(self):
        argv = ["setpriv", "--pdeathsig", "KILL", "--", "java", *CONNECT_JAVA, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Duser.timezone=UTC",
                "-cp", f"{install.debezium_root('mysql') / 'libs'}/*", "org.apache.kafka.connect.cli.ConnectStandalone",
                str(self.folder / "worker.properties"), str(self.folder / "connector.properties")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        return self.process

    def log_tail(self):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-30:])

    def end(self):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
