"""Moving over from another tool: leat begins where that one stood, in the middle of a transaction too, and delivers each change that it hadn't, once."""

import json
import re

import pytest
from confluent_kafka import Producer

from leatlab import leat
from leatlab.kafka import Kafka
from operating import QUICK_SINK, QUICK_SOURCE

DEBEZIUM = {"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "shop", "database.hostname": "db"}


class Transaction:
    """One of two statements and five rows, and one behind it: with the places of its events."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        server.sql(f"CREATE DATABASE {database}; CREATE TABLE {database}.t (id INT PRIMARY KEY)")
        self.file, self.pos, self.gtids = server.position()
        server.sql(f"USE {database}; BEGIN; INSERT INTO t VALUES (1),(2),(3); INSERT INTO t VALUES (4),(5); COMMIT; INSERT INTO t VALUES (6)")
        listed = server.sql(f"SHOW BINLOG EVENTS IN '{self.file}' FROM {self.pos}")
        self.events = [(int(row[1]), row[2]) for row in listed]

    def place(self, index):
        return f"{self.file}:{self.events[index][0]}"


@pytest.fixture(scope="module")
def transaction(shared_mysql):
    transaction = Transaction(shared_mysql, "moving")
    kinds = [kind for _, kind in transaction.events[:7]]
    assert kinds == ["Gtid", "Query", "Table_map", "Write_rows", "Table_map", "Write_rows", "Xid"], kinds
    yield transaction
    shared_mysql.sql("DROP DATABASE moving")


def delivered_from(make_leat, transaction, source, again):
    """The ids that come from there, with a kill in between."""
    relay = make_leat(transaction.server, source={**QUICK_SOURCE, **source, "tables": ["moving.*"]}, sinks={"files": QUICK_SINK})
    relay.start()
    if again:
        relay.wait_for(lambda status: True, "an answer")
        relay.kill()
        relay.start()
    relay.wait_until_delivered(transaction.server)
    assert relay.stop() == 0
    return [change["after"]["id"] for change in relay.lines() if change["op"] == "insert"]


@pytest.mark.parametrize("events, rows, first", [(1, 0, 1), (2, 2, 3), (2, 3, 4), (4, 1, 5), (6, 0, 6)])
def test_debeziums_offset_by_gtids(make_leat, tmp_path, transaction, events, rows, first):
    begin = transaction.events[1][0]
    offset = {"file": transaction.file, "pos": begin, "gtids": transaction.gtids, "event": events, "row": rows, "ts_sec": 1}
    source = imported(tmp_path, DEBEZIUM, json.dumps(["shop", {"server": "shop"}]) + "\t" + json.dumps(offset) + "\n")
    assert source["start_within"].startswith(f"events {events}")
    assert delivered_from(make_leat, transaction, source, again=rows == 2) == list(range(first, 7))


@pytest.mark.parametrize("events, rows, first", [(0, 0, 1), (2, 1, 2), (5, 0, 6)])
def test_debeziums_offset_by_position(make_leat, tmp_path, transaction, events, rows, first):
    offset = {"file": transaction.file, "pos": transaction.events[1][0], "event": events, "row": rows}
    source = imported(tmp_path, DEBEZIUM, json.dumps(offset))
    assert source["start"] == transaction.place(1)
    assert delivered_from(make_leat, transaction, source, again=rows == 1) == list(range(first, 7))


@pytest.mark.parametrize("index, first", [(0, 1), (4, 4), (6, 6)])
def test_maxwells_position(make_leat, tmp_path, transaction, index, first):
    row = {"server_id": 1, "binlog_file": transaction.file, "binlog_position": transaction.events[index][0], "client_id": "maxwell"}
    table = "\t".join(row) + "\n" + "\t".join(map(str, row.values())) + "\n"
    source = imported(tmp_path, "host=db\nuser=maxwell\nproducer=kafka\n", table, "maxwell.properties")
    assert delivered_from(make_leat, transaction, source, again=False) == list(range(first, 7))


@pytest.mark.parametrize("index, first", [(1, 1), (6, 6)])
def test_canals_cursor(make_leat, tmp_path, transaction, index, first):
    cursor = {"identity": {"slaveId": -1}, "postion": {"gtid": "", "included": False, "journalName": transaction.file,
                                                       "position": transaction.events[index][0], "serverId": 1, "timestamp": 1}}
    meta = {"clientDatas": [{"clientIdentity": {"clientId": 1001, "destination": "shop"}, "cursor": cursor}], "destination": "shop"}
    source = imported(tmp_path, "canal.instance.master.address=db:3306\ncanal.destinations=shop\n", json.dumps(meta), "instance.properties")
    assert delivered_from(make_leat, transaction, source, again=False) == list(range(first, 7))


def test_an_offset_of_another_server_stops(make_leat, transaction):
    relay = make_leat(transaction.server, source={**QUICK_SOURCE, "start": transaction.gtids, "start_within": "events 20"}, sinks={"files": QUICK_SINK})
    relay.start()
    status = relay.wait_for(lambda status: status["source"]["state"] == "halted", "a halted source")
    assert "20 events are done" in status["source"]["error"]["message"]
    relay.stop()


def test_two_topics_are_compared(tmp_path):
    """leat compare: committed messages alone, from several partitions and another number of them, with its exit status."""
    with Kafka("compare") as kafka:
        for topic, partitions in (("old", 3), ("new", 1)):
            kafka.create_topic(topic, partitions=partitions)
        producer = Producer(kafka.client(**{"transactional.id": "writer"}))
        producer.init_transactions(30)
        change = {"op": "c", "after": {"id": 0, "price": "1.50"}, "source": {"version": "3.1", "file": "b.000001", "pos": 0, "row": 0}, "ts_ms": 1}
        for ends in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            for number in range(200):
                change["after"]["id"] = change["source"]["pos"] = number
                for topic in ("old", "new"):
                    change["source"]["version"] = topic
                    producer.produce(topic, key=json.dumps({"id": number}), value=json.dumps(change), headers=[("h", "1")])
                if number == 7:
                    producer.produce("old", key=json.dumps({"id": number}), value=None)
            producer.flush(30)
            ends(30)
        words = "compare", "old", "new", "--kafka", f"bootstrap.servers={kafka.bootstrap()}"
        done = leat.run(*words)
        assert done.returncode == 1 and "old and new differ" in done.stderr, done.stderr
        assert done.stdout.startswith("old: 201 messages; new: 200 messages\n0 of 200 pairs differ\n")
        assert "ignored: source.version 200" in done.stdout and "only in old: 1\n" in done.stdout and "a tombstone" in done.stdout
        done = leat.run(*words, "--from", "b.000001:8", "--until", "b.000001:100")
        assert done.returncode == 0 and done.stdout.startswith("old: 92 messages; new: 92 messages; outside"), done.stdout + done.stderr
        done = leat.run(*words, "--from", "b.000001:8", "--strict")
        assert done.returncode == 1 and "source.version: 192 with another value" in done.stdout
        done = leat.run(*words, "--from", "b.000001:8", "--strict", "--ignore", "headers.*", "--ignore", "source.version")
        assert done.returncode == 0 and "ignored: source.version 192" in done.stdout
        done = leat.run("compare", "old", "nothing", *words[3:])
        assert done.returncode == 2 and "there is no topic nothing" in done.stderr
    done = leat.run("compare", "old")
    assert done.returncode == 2


def imported(folder, config, offsets, name="debezium.json"):
    """What `leat config import` says of the source's start."""
    (folder / name).write_text(config if isinstance(config, str) else json.dumps(config))
    (folder / "offsets").write_bytes(offsets if isinstance(offsets, bytes) else offsets.encode())
    done = leat.run("config", "import", folder / name, "--offsets", folder / "offsets")
    assert done.returncode == 0, done.stderr
    return {key: json.loads(value) for key, value in re.findall(r"^  (start\w*): (.*)$", done.stdout, re.M)}
