"""The cut-over: the real Debezium is killed under load, in the middle of a transaction, and leat goes on from its file of offsets, into the same topics:
whoever reads them sees each change once. Needs Java, Maven and Debezium: part of --full.
"""

import json
import os
import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Producer

from leatlab import debezium, install
from leatlab.kafka import Kafka
from leatlab.mariadb import Mariadb
from leatlab.mysql import Mysql
from test_moving import imported

TOPIC = f"{debezium.PREFIX}.shop.t"


@pytest.fixture
def full(request):
    if not request.config.getoption("--full"):
        pytest.skip("with --full alone: fetches Debezium and Kafka, and takes minutes")


class Load:
    """Transactions of six inserts in two statements and an update of two rows, until it is stopped."""

    def __init__(self, server):
        self.server, self.over, self.rows = server, threading.Event(), 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        connection = self.server.connect()
        while not self.over.is_set():
            first = self.rows // 8 * 6
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                for statement in (range(first, first + 4), range(first + 4, first + 6)):
                    cursor.execute("INSERT INTO shop.t VALUES " + ",".join(f"({number}, 0)" for number in statement))
                cursor.execute(f"UPDATE shop.t SET v = 1 WHERE id IN ({first}, {first + 5})")
                cursor.execute("COMMIT")
            self.rows += 8
            self.over.wait(0.02)
        connection.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.over.set()
        self.thread.join()


def identity(value):
    change = json.loads(value)
    return change["op"], change["source"]["file"], change["source"]["pos"], change["source"]["row"], change["after"]["id"]


CASES = [("gtids", 41), ("gtids", 46), ("position", 43), ("compressed", 45), ("mariadb", 42)]


@pytest.mark.parametrize("kind, records", CASES, ids=[f"{kind}-{records}" for kind, records in CASES])
def test_each_change_is_seen_once(full, make_leat, tmp_path, kind, records):
    options = {"position": {"gtid_mode": "OFF", "enforce_gtid_consistency": "OFF"}, "compressed": {"binlog_transaction_compression": "ON"}}.get(kind, {})
    if kind == "mariadb":
        try:
            install.debezium_root("mariadb")
            server = Mariadb("cutover", version="10.11", server_id=97)
        except install.Unavailable as why:
            pytest.skip(str(why))
    else:
        server = Mysql("cutover", server_id=97, **options)
    with server, Kafka("cutover") as kafka:
        server.sql("RESET MASTER" if kind == "mariadb" else "RESET BINARY LOGS AND GTIDS")
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)")
        kafka.create_topic(TOPIC)
        with Load(server) as load:
            old, offsets = debezium.Debezium(server, {}).killed_after(records, tmp_path, **{"include.schema.changes": "false"})
            producer = Producer(kafka.client())
            for topic, key, value in old:
                assert topic == TOPIC
                producer.produce(topic, key=key.encode(), value=value.encode())
            assert producer.flush(30) == 0 and len(old) == records
            connector = {"connector.class": debezium.CONNECTORS["mariadb" if kind == "mariadb" else "mysql"], "topic.prefix": debezium.PREFIX,
                         "database.hostname": "db"}
            source = imported(tmp_path, connector, offsets.read_bytes())
            print(kind, records, source)
            if os.environ.get("LEAT_KEEP_OFFSETS"):  # for tests/data/import/offsets
                shutil.copy(offsets, Path(os.environ["LEAT_KEEP_OFFSETS"]) / f"{kind}-{records}.dat")
            relay = make_leat(server, name=debezium.PREFIX, source=source, sinks={"events": {
                "type": "kafka", "path": None, "format": "debezium", "kafka": kafka.client(), "debezium": {"include.schema.changes": "false"}}})
            del relay.config["sinks"]["events"]["path"]
            relay.configure()
            relay.start()
            relay.wait_for(lambda status: status["source"]["state"] == "streaming", "a stream")
            relay.kill()
            relay.start()
        relay.wait_until_delivered(server, "events")
        assert relay.stop() == 0
        seen = [identity(message.value()) for message in kafka.read(TOPIC)]
        assert len(seen) == load.rows > records
        if kind != "compressed":  # whose events have one position in leat, and others in Debezium
            assert not [twice for twice, count in Counter(seen).items() if count > 1]
        changes = [(op, number) for op, *_, number in seen]
        first = [("c", number) for number in range(6)] + [("u", 0), ("u", 5)]
        assert changes == [(op, number + 6 * (at // 8)) for at in range(0, load.rows, 8) for op, number in first]
