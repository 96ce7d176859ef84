"""The real Debezium, whose messages leat's `debezium` format is held against: its embedded engine and a Kafka Connect worker's
converters in one Java program (tests/lab/debezium), which reads a server of the lab.

    server.reset_binlogs(); Debezium.prepare(server)
    ... changes ...
    Debezium.mark(server)
    debezium = Debezium(server, {"defaults": {}, "schemas": {"value.converter.schemas.enable": "true"}})
    for record in debezium.read()["defaults"]: ...

Debezium takes no snapshot: it reads the binlogs that there are from the first on, in which each table's definition must be, up to
the marker. A record is a dict of topic, partition, key, value, headers, where key and value are the JSON text of Kafka's message,
or None.
"""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from . import install, paths

FOLDER = Path(__file__).resolve().parents[1] / "debezium"
PREFIX = "leat"
MARKER_DATABASE, MARKER_TOPIC = "leat_lab", f"{PREFIX}.leat_lab.marker"
IDLE_S = 120

CONNECTORS = {"mysql": "io.debezium.connector.mysql.MySqlConnector", "mariadb": "io.debezium.connector.mariadb.MariaDbConnector"}

# Kafka Connect's own defaults have schemas in every message; FORMATS follow what most who run it set.
DEFAULTS = {
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    "header.converter.schemas.enable": "false",
}


def _program(connector, name="Recorder"):
    """The class path with the program, compiled on first use."""
    source = FOLDER / f"{name}.java"
    libs = install.debezium_root(connector) / "libs"
    name = f"debezium-{name.lower()}-{connector}-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}"

    def compile_it(folder):
        install.need_javac()
        install._quietly(["javac", "-cp", f"{libs}/*", "-d", folder, source])
    return f"{paths.made_once(paths.cache_dir() / name, compile_it)}:{libs}/*"


def prepare(server):
    """Before the changes: what Debezium needs to see in the binlog."""
    server.sql(f"CREATE DATABASE {MARKER_DATABASE} CHARACTER SET utf8mb4; CREATE TABLE {MARKER_DATABASE}.marker (id INT PRIMARY KEY)")


def mark(server):
    """After the changes: here Debezium stops."""
    server.sql(f"INSERT INTO {MARKER_DATABASE}.marker VALUES (1)")


class Debezium:
    """runs: {name: settings of Debezium and of the converters (key.converter., value.converter., header.converter.)}."""

    def __init__(self, server, runs):
        self.server, self.runs = server, runs
        self.connector = "mariadb" if server.kind.startswith("mariadb") else "mysql"

    def settings(self, given):
        return {
            "name": "leat-lab", "connector.class": CONNECTORS[self.connector], "topic.prefix": PREFIX,
            "database.hostname": "127.0.0.1", "database.port": self.server.port, "database.user": "root", "database.password": "",
            "database.server.id": "7100", "database.ssl.mode": "disabled" if self.connector == "mysql" else "disable", "driver.allowPublicKeyRetrieval": "true",
            "snapshot.mode": "configuration_based", "snapshot.mode.configuration.based.start.stream": "true",
            "offset.storage": "org.apache.kafka.connect.storage.MemoryOffsetBackingStore", "offset.flush.interval.ms": "60000",
            "schema.history.internal": "io.debezium.relational.history.MemorySchemaHistory",
            "poll.interval.ms": "20", "extended.headers.enabled": "false", **DEFAULTS, **given,
        }

    def read(self):
        """{name of the run: its records}."""
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            pairs = []
            for name, given in self.runs.items():
                properties = folder / f"{name}.properties"
                properties.write_text("".join(f"{key}={_escaped(str(value))}\n" for key, value in self.settings(given).items()))
                pairs += [properties, folder / f"{name}.lines"]
            done = subprocess.run(["java", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                   "-Duser.timezone=UTC", "-cp", _program(self.connector), "Recorder", str(IDLE_S), *map(str, pairs)],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode:
                failed = "\n".join(line for line in done.stderr.splitlines() if line.startswith("RUN FAILED"))
                raise RuntimeError(f"Debezium failed:\n{done.stderr[-8000:]}\n{failed}")
            self.said = done.stderr
            return {name: [json.loads(line) for line in (folder / f"{name}.lines").read_text().split("\n")[:-1]] for name in self.runs}

    def killed_after(self, records, folder, **given):
        """Delivers so many records and is killed, in mid-transaction where that is: [(topic, key, value)], and the file with its offset."""
        folder, offsets = Path(folder), Path(folder) / "offsets.dat"
        settings = self.settings({"offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore", "offset.storage.file.filename": offsets,
                                  "offset.flush.interval.ms": "0", **given})
        properties, lines = folder / "mover.properties", folder / "mover.lines"
        properties.write_text("".join(f"{key}={_escaped(str(value))}\n" for key, value in settings.items()))
        done = subprocess.run(["java", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                               "-Duser.timezone=UTC", "-cp", _program(self.connector, "Mover"), "Mover", properties, lines, str(records)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"Debezium failed:\n{done.stderr[-8000:]}")
        return [tuple(line.split("\t")) for line in lines.read_text().split("\n")[:-1]], offsets


def _escaped(value):
    return value.replace("\\", "\\\\").replace("\n", "\\n")
