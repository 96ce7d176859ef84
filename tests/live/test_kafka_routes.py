"""Where the kafka sink's messages go: topics, keys, partitions, headers, messages that are too large; and what stops it, each with its cure."""

import json
import shlex
import subprocess
import time
from collections import defaultdict

import pytest
from confluent_kafka import Producer

from kafka_relay import relay_to
from leatlab import process, tls
from leatlab.kafka import Kafka
from leatlab.leat import TOP, run
from leatlab.sql_server import CDC_PASSWORD
from operating import no_relay_broke, refused, sink_error, streaming, wait_until  # noqa: F401


@pytest.fixture(scope="module")
def kafka():
    with Kafka("routes", **{"num.partitions": 6}) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def guarded_kafka():
    """With passwords, TLS and an authorizer: the account `leat` may nothing but what a test allows."""
    with Kafka("guarded", secure=True, **{"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                                          "super.users": "User:ANONYMOUS"}) as cluster:
        yield cluster


class Shop:
    """Tables of a database of one test, and a relay name that no other test has."""

    def __init__(self, server, database):
        self.server, self.database = server, database

    def table(self, name, columns="id INT PRIMARY KEY, body LONGTEXT"):
        self.server.sql(f"CREATE TABLE `{self.database}`.`{name}` ({columns})")

    def insert(self, name, *rows):
        for row in rows:
            self.server.sql(f"INSERT INTO `{self.database}`.`{name}` VALUES {row}")


@pytest.fixture
def shop(shared_mysql, database):
    return Shop(shared_mysql, database)


def deliver(relay, shop, sink="events"):
    relay.wait_until_delivered(shop.server, sink)


def rows(messages):
    return [json.loads(message.value()) for message in messages if message.value()]


def headers(message):
    return {name: value.decode() for name, value in message.headers() or []}


def test_topics_keys_and_partitions_are_as_other_clients_expect_them(make_leat, kafka, shop):
    """Names as configured and as Kafka takes them; partitions as Java's murmur2 has them, which librdkafka's murmur2_random is."""
    name = shop.database
    relay = relay_to(make_leat, kafka, shop.server, "r1", {"events": {
        "topic": "{name}.{table}", "topics": [f"{name}.order_* -> {{name}}.orders", f"/{name}\\.(a|b)_(\\d+)/ -> {{name}}.$1"],
        "schema_topic": "{name}.ddl", "topic_config": {"retention.ms": "123456"}, "headers": ["id", "number", "source=shop"]}})
    relay.start()
    streaming(relay)
    for table in ("cart", "order_1", "order_2", "a_7", "b_8", "häuser&co"):
        shop.table(table)
    shop.table("log", "line VARCHAR(20)")
    shop.table("pair", "a INT NOT NULL, b VARCHAR(20) NOT NULL, c INT, UNIQUE KEY (b, a)")
    shop.insert("cart", *(f"({number}, 'x')" for number in range(40)))
    for table in ("order_1", "order_2", "a_7", "b_8", "häuser&co"):
        shop.insert(table, "(1, 'y')")
    shop.insert("log", *(f"('{number}')" for number in range(20)))
    shop.insert("pair", "(1, 'ü', 2)")
    deliver(relay, shop)
    topics = kafka.topics()
    assert {"r1.cart": 6, "r1.orders": 6, "r1.a": 6, "r1.b": 6, "r1.h_user_co": 6, "r1.log": 6, "r1.ddl": 1}.items() <= topics.items()
    cart = kafka.read("r1.cart")
    assert sorted(json.loads(message.key())["id"] for message in cart) == list(range(40))
    assert len(kafka.read("r1.orders")) == 2
    [pair] = kafka.read("r1.pair")
    assert json.loads(pair.key()) == {"b": "ü", "a": 1}
    # The same keys by another client's rule into another topic.
    kafka.create_topic("r1.compare", partitions=6)
    producer = Producer(kafka.client(partitioner="murmur2_random"))
    for message in cart:
        producer.produce("r1.compare", key=message.key(), value=b"")
    producer.flush()
    assert {m.key(): m.partition() for m in cart} == {m.key(): m.partition() for m in kafka.read("r1.compare")}
    assert len({message.partition() for message in cart}) > 1
    # No key: one partition, in order.
    log = kafka.read("r1.log")
    assert [row["after"]["line"] for row in rows(log)] == [str(number) for number in range(20)] and not any(m.key() for m in log)
    assert len({message.partition() for message in log}) == 1
    assert sum(row["op"] == "ddl" for row in rows(kafka.read("r1.ddl"))) == 8
    # Headers: an id that is the change's own.
    of_one = [headers(message) for message in cart]
    assert len({each["leat-id"] for each in of_one}) == 40
    assert all(each["source"] == "shop" and each["leat-number"] == "1" and each["leat-id"].endswith("/1") for each in of_one)
    relay.stop()


def test_columns_can_choose_the_partition_as_maxwell_does(make_leat, kafka, shop):
    """String.hashCode of the column's text; rows of a table without that column go by their table's name."""
    relay = relay_to(make_leat, kafka, shop.server, "r2", {"events": {
        "topic": "{name}.{table}", "partition_by": "column", "partition_columns": ["who"], "partitioner": "java_hash"}})
    relay.start()
    streaming(relay)
    shop.table("visit", "id INT PRIMARY KEY, who VARCHAR(20), n INT")
    shop.table("other")
    names = ["ann", "bob", "zoë", "dave", "o'neil", "\"q\""]
    for number, who in enumerate(names * 3):
        shop.insert("visit", f"({number}, '{who.replace(chr(39), chr(39) * 2)}', 0)")
    shop.server.sql(f"UPDATE `{shop.database}`.visit SET n = 1 WHERE who = 'ann'; DELETE FROM `{shop.database}`.visit WHERE who = 'zoë'")
    shop.insert("other", "(1, 'x')", "(2, 'x')")
    deliver(relay, shop)

    def java_hash(text):
        value = 0
        for at in range(0, len(data := text.encode("utf-16-be")), 2):
            value = (31 * value + int.from_bytes(data[at:at + 2], "big")) & 0xFFFFFFFF
        return value - (1 << 32) if value >> 31 else value
    for message in kafka.read("r2.visit"):
        row = json.loads(message.value())
        who = (row.get("after") or row["before"])["who"]
        assert message.partition() == abs(java_hash(who)) % 6, who
    assert {message.partition() for message in kafka.read("r2.other")} == {abs(java_hash("other")) % 6}
    relay.stop()


def test_two_tables_on_one_name_stop_the_sink_with_both(make_leat, kafka, shop):
    shop.server.user("reader", CDC_PASSWORD, "REPLICATION SLAVE, REPLICATION CLIENT, SELECT ON *.*")
    relay = relay_to(make_leat, kafka, shop.server, "r3", {"events": {"topic": "{name}.{table}"}}, url=shop.server.url("reader"))
    relay.start()
    streaming(relay)
    shop.table("a b")
    shop.insert("a b", "(1, 'x')")
    deliver(relay, shop)
    shop.table("a_b")
    # Told before it has a row; a table without one harms nobody.
    wait_until(lambda: f"tables {shop.database}.a b and {shop.database}.a_b would go to one topic, r3.a_b" in relay.log_text(), "a warning")
    assert relay.sink("events")["state"] == "running"
    shop.insert("a_b", "(2, 'y')")
    error = sink_error(relay, "events", "halted", "config")
    assert f"tables {shop.database}.a b and {shop.database}.a_b would go to one topic, r3.a_b" in error["message"]
    # What the cure says.
    relay.stop()
    relay.config["sinks"]["events"]["topics"] = [f"{shop.database}.a_b -> {{name}}.other"]
    relay.configure()
    relay.start()
    deliver(relay, shop)
    assert [row["after"]["id"] for row in rows(kafka.read("r3.a_b"))] == [1]
    assert [row["after"]["id"] for row in rows(kafka.read("r3.other"))] == [2]
    relay.stop()


def test_a_topic_that_is_missing_stops_if_it_is_not_to_be_made(make_leat, kafka, shop):
    relay = relay_to(make_leat, kafka, shop.server, "r4", {"events": {"topic": "{name}.{table}", "missing_topics": "stop", "schema_topic": ""}})
    doctor = run("doctor", "-c", relay.yaml)
    assert "topic r4.leat-checkpoint isn't there" in doctor.stdout and "missing_topics: create" in doctor.stdout
    kafka.create_topic("r4.leat-checkpoint", **{"cleanup.policy": "compact"})
    relay.start()
    streaming(relay)
    shop.table("t")
    shop.insert("t", "(1, 'x')")
    error = sink_error(relay, "events", "halted", "server_settings")
    assert "topic r4.t isn't there" in error["message"] and "missing_topics: create" in error["cure"] and "r4.t" not in kafka.topics()
    kafka.create_topic("r4.t")
    relay.ask("resume", "events")
    deliver(relay, shop)
    assert len(kafka.read("r4.t")) == 1
    relay.stop()


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_heartbeats_come_while_nothing_else_does(make_leat, kafka, shop, delivery):
    """In Debezium's topic, with its key; and no transaction of Kafka stays open for them."""
    name = f"r8-{delivery}"
    relay = relay_to(make_leat, kafka, shop.server, name, {"events": {
        "format": "debezium", "topic": "{name}.{table}", "heartbeat_interval": "200ms", "delivery": delivery,
        "kafka": {"transaction.timeout.ms": "2000"} if delivery == "exactly_once" else {}}})
    relay.start()
    streaming(relay)
    topic = f"__debezium-heartbeat.{name}"
    wait_until(lambda: topic in kafka.admin().list_topics(timeout=10).topics, "heartbeats")
    time.sleep(3)  # for longer than a transaction may last
    shop.table("t")
    shop.insert("t", "(1, 'x')")
    deliver(relay, shop)
    assert "backing_off" not in relay.log_text()
    assert relay.stop() == 0
    beats = kafka.read(topic)
    assert len(beats) > 2
    assert {message.key() for message in beats} == {json.dumps({"serverName": name}, separators=(",", ":")).encode()}
    assert all(list(json.loads(message.value())) == ["ts_ms"] for message in beats)
    assert [row["after"]["id"] for row in rows(kafka.read(f"{name}.t"))] == [1]


LARGE = {"topic": "{name}.{sink}", "topics": [], "kafka": {"message.max.bytes": "100000"}, "partition_by": "key"}


def test_rows_too_large_for_a_message_arrive_whole_or_stop(make_leat, kafka, shop, tmp_path):
    claims = tmp_path / "claims"
    claims.mkdir()
    relay = relay_to(make_leat, kafka, shop.server, "r5", {
        "stop": {**LARGE}, "split": {**LARGE, "oversize": "split"}, "file": {**LARGE, "oversize": "file", "oversize_path": str(claims)},
        "dead": {**LARGE, "oversize": "dead_letter"}})
    relay.start()
    streaming(relay)
    shop.table("t")
    shop.insert("t", "(1, 'x')", "(2, REPEAT('ü', 200000))", "(3, 'y')")
    for sink in ("split", "file", "dead"):
        deliver(relay, shop, sink)
    error = sink_error(relay, "stop", "halted", "too_large")
    assert "message.max.bytes is 100000" in error["message"] and "oversize" in error["cure"]
    assert [row["after"]["id"] for row in rows(kafka.read("r5.stop"))] == [1]

    def whole(messages):
        """As a consumer puts parts together."""
        parts = defaultdict(dict)
        for message in messages:
            if "leat-split-id" in headers(message):
                parts[headers(message)["leat-split-id"]][int(headers(message)["leat-split-part"])] = message
        for found in parts.values():
            first = headers(found[1])
            assert sorted(found) == list(range(1, int(first["leat-split-count"]) + 1))
            value = b"".join(found[number].value() for number in sorted(found))
            assert len(value) == int(first["leat-split-size"])
            yield json.loads(value)
    large = "ü" * 200000
    split = kafka.read("r5.split")
    assert [row["after"] for row in whole(split)] == [{"id": 2, "body": large}]
    assert len({message.partition() for message in split if "leat-split-id" in headers(message)}) == 1
    dead = kafka.read("r5.dead-letter")
    assert [row["after"] for row in whole(dead)] == [{"id": 2, "body": large}]
    assert headers(dead[0])["leat-dead-letter-topic"] == "r5.dead" and "100000" in headers(dead[0])["leat-dead-letter-reason"]
    assert sorted(row["after"]["id"] for row in rows(kafka.read("r5.dead"))) == [1, 3]
    [claim] = [row for row in rows(kafka.read("r5.file")) if "leat_file" in row]
    content = open(claim["leat_file"], "rb").read()
    assert len(content) == claim["size"] and json.loads(content)["after"]["body"] == large
    relay.stop()


def test_a_topic_that_takes_less_than_a_message_stops_and_the_cure_cures(make_leat, kafka, shop):
    """Brokers judge whole batches, so rows that are small are refused, too."""
    relay = relay_to(make_leat, kafka, shop.server, "r9", {"events": {"topic": "{name}.{table}"}})
    kafka.create_topic("r9.t", **{"max.message.bytes": 20000})
    relay.start()
    streaming(relay)
    shop.table("t", "id INT PRIMARY KEY, body VARBINARY(3000)")
    shop.insert("t", ", ".join(f"({number}, CONCAT(RANDOM_BYTES(1000), RANDOM_BYTES(1000)))" for number in range(100)))
    error = sink_error(relay, "events", "halted", "too_large")
    assert "topic r9.t" in error["message"] and "max.message.bytes" in error["cure"] and "message.max.bytes" in error["cure"]
    relay.stop()
    relay.config["sinks"]["events"]["kafka"]["message.max.bytes"] = "20000"
    relay.configure()
    relay.start()
    deliver(relay, shop)
    assert [row["after"]["id"] for row in rows(kafka.read("r9.t"))] == list(range(100))
    relay.stop()


def test_rows_of_every_size_around_the_limit_follow_the_policy(make_leat, kafka, shop):
    """With nothing set, neither librdkafka nor a broker has anything against what leat lets through."""
    relay = relay_to(make_leat, kafka, shop.server, "r10", {"events": {"topic": "{name}.{table}", "oversize": "split", "headers": ["id", "position"]}})
    relay.start()
    streaming(relay)
    shop.table("t", "id INT PRIMARY KEY, body LONGBLOB")
    sizes = [*range(749100, 750100, 83), 10, 760000, 20]  # in base64 with the rest: about 1,000,000
    for size in sizes:
        shop.insert("t", f"({size}, REPEAT(RANDOM_BYTES(10), {size} / 10 + 1))")
    deliver(relay, shop)
    whole, parts = [], set()
    for message in kafka.read("r10.t"):
        if "leat-split-id" in headers(message):
            parts.add(headers(message)["leat-split-id"])
        else:
            whole.append(json.loads(message.value())["after"]["id"])
    assert len(whole) + len(parts) == len(sizes) and len(whole) > 3 and len(parts) > 3
    assert "backing_off" not in relay.log_text()
    relay.stop()


def test_another_cluster_is_not_taken_for_the_same(make_leat, kafka, guarded_kafka, shop):
    relay = relay_to(make_leat, kafka, shop.server, "r11", {"events": {"topic": "{name}.{table}"}})
    relay.start()
    streaming(relay)
    shop.table("t")
    shop.insert("t", "(1, 'x')")
    deliver(relay, shop)
    relay.stop()
    relay.config["sinks"]["events"]["kafka"] = guarded_kafka.client(secure=False)
    relay.configure()
    relay.start()
    error = sink_error(relay, "events", "halted", "other_history")
    assert "topic r11.leat-checkpoint has no checkpoint of key r11.events, and it had one" in error["message"]
    assert "bootstrap.servers" in error["cure"] and "leat rewind events" in error["cure"]
    assert "r11.t" not in guarded_kafka.topics()
    relay.stop()


def test_what_is_hidden_is_nowhere_in_kafka(make_leat, kafka, shop, tmp_path):
    """Neither in rows, keys, DDL, headers nor checkpoints; nor in what statements behind rows say."""
    secret, pin = "4111-7777-1234", "31999"
    (tmp_path / "mask.key").write_text("a key of a test\n")
    hidden = {"mask_key_file": str(tmp_path / "mask.key"), "columns": {
        "*.customer.email": "hash", "*.customer.card": "last 4", "*.customer.pin": "exclude"}}
    forms = {form: {"format": form, "topic": "{name}.{sink}", "schema_topic": "{name}.{sink}.ddl", "transaction_topic": "{name}.{sink}.tx",
                    "headers": ["id", "position"], **hidden} for form in ("leat", "debezium", "maxwell", "canal")}
    forms["debezium"]["debezium"] = {"schemas.enable": "true", "provide.transaction.metadata": "true"}
    relay = relay_to(make_leat, kafka, shop.server, "r12", {**forms, "all": {"topic": "{name}.{sink}"}})
    relay.start()
    streaming(relay)
    shop.table("customer", "id INT PRIMARY KEY, email VARCHAR(60), card CHAR(30), pin SMALLINT, UNIQUE KEY (email)")
    table = f"`{shop.database}`.customer"
    shop.server.sql(f"SET binlog_rows_query_log_events=1; INSERT INTO {table} VALUES (1, '{secret}@x', '{secret}', {pin}); "
                    f"UPDATE {table} SET card = 'x', pin = pin - 1 WHERE email = '{secret}@x'; DELETE FROM {table}")
    for sink in (*forms, "all"):
        deliver(relay, shop, sink)
    status = json.dumps(relay.status()) + relay.ask("status").stdout
    assert relay.stop() == 0
    said = {topic: b"".join(repr((message.key(), message.value(), message.headers())).encode() for message in kafka.read(topic))
            for topic in kafka.topics() if topic.startswith("r12")}
    assert {f"r12.{form}" for form in forms} < set(said) and secret.encode() in said["r12.all"] and pin.encode() in said["r12.all"]
    for word in (secret, pin, str(int(pin) - 1)):
        assert not [topic for topic, bytes_ in said.items() if word.encode() in bytes_ and topic != "r12.all"], word
        assert word not in status and word not in relay.log_text()


def test_a_number_beyond_the_schemas_int64_stops(make_leat, kafka, shop):
    # Several sinks: librdkafka 2.0 ends the process in one of some cases when a producer is closed that has just come to a further partition.
    sinks = [f"events{number}" for number in range(5)]
    relay = relay_to(make_leat, kafka, shop.server, "r13", {sink: {
        "format": "debezium", "topic": "{name}.{sink}.{table}", "debezium": {"schemas.enable": "true"}} for sink in sinks})
    relay.start()
    streaming(relay)
    shop.table("t", "id INT PRIMARY KEY, n BIGINT UNSIGNED")
    shop.insert("t", "(1, 9223372036854775807)", "(2, 9223372036854775808)")
    for sink in sinks:
        error = sink_error(relay, sink, "halted", "unsupported")
        assert f"{shop.database}.t" in error["message"] and "9223372036854775808 doesn't fit the int64" in error["message"], error
        assert "bigint.unsigned.handling.mode: precise" in error["cure"]
    relay.stop()
    for sink in sinks:
        relay.config["sinks"][sink]["debezium"]["bigint.unsigned.handling.mode"] = "precise"
    relay.configure()
    relay.start()
    for sink in sinks:
        deliver(relay, shop, sink)
        assert [row["payload"]["after"]["id"] for row in rows(kafka.read(f"r13.{sink}.t"))] == [1, 2]
    relay.stop()


def test_rows_choose_topics_partitions_and_times(make_leat, kafka, shop):
    """Debezium's transforms in a broker: an outbox's events, and rows without envelope; what Kafka doesn't have stops and names the row."""
    relay = relay_to(make_leat, kafka, shop.server, "r15", {"events": {"format": "debezium", "topic": "{name}.{table}", "delivery": "exactly_once", "debezium": {
        "transforms": "outbox,unwrap", "outbox.tables": f"{shop.database}.outbox", "outbox.route.topic.replacement": "r15.${routedByValue}",
        "outbox.table.field.event.timestamp": "at", "outbox.table.fields.additional.placement": "type:header:eventType,part:partition",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter", "value.converter": "org.apache.kafka.connect.storage.StringConverter",
        "unwrap.delete.tombstone.handling.mode": "rewrite-with-tombstone", "unwrap.add.headers": "op"}}})
    relay.start()
    streaming(relay)
    shop.table("outbox", "id CHAR(36) PRIMARY KEY, aggregatetype VARCHAR(99), aggregateid VARCHAR(99), type VARCHAR(99), payload JSON, at DATETIME(6), part INT")
    shop.table("cart", "id INT PRIMARY KEY, item VARCHAR(20)")
    shop.insert("outbox", "('u1', 'order', '7', 'paid', '{\"total\": 12}', '2026-01-02 03:04:05.678901', 4)", "('u2', 'customer', '', 'made', NULL, NULL, NULL)")
    shop.insert("cart", "(1, 'tea')")
    shop.server.sql(f"DELETE FROM `{shop.database}`.outbox; DELETE FROM `{shop.database}`.cart")
    deliver(relay, shop)
    [order], [customer] = kafka.read("r15.order"), kafka.read("r15.customer")
    assert (order.key(), order.value(), order.partition(), headers(order)) == (b"7", b'{"total":12}', 4, {"id": "u1", "eventType": "paid"})
    assert order.timestamp()[1] == 1767323045678 and customer.timestamp()[1] > 1767323045678
    assert (customer.key(), customer.value(), headers(customer)) == (b"", None, {"id": "u2", "eventType": "made"})
    made, gone, tombstone = kafka.read("r15.cart")
    assert [json.loads(m.value()) for m in (made, gone)] == [{"id": 1, "item": "tea", "__deleted": "false"}, {"id": 1, "item": "tea", "__deleted": "true"}]
    assert tombstone.value() is None and [(m.key(), headers(m)["__op"]) for m in (made, gone, tombstone)] == [(b'{"id":1}', op) for op in "cdd"]
    assert not [topic for topic in kafka.topics() if topic.startswith("r15.outbox")]
    for values, said in (("'a/b', '1', 't', NULL, NULL, NULL", '"r15.a/b": Kafka has no such names'), ("'order', '1', 't', NULL, NULL, 6", "chose 6 as its partition"),
                         ("'order', '1', 't', NULL, '1969-01-01', 1", "as its timestamp")):
        shop.insert("outbox", f"(UUID(), {values})")
        uuid, _, numbers = shop.server.position()[2].partition(":")
        error = sink_error(relay, "events", "halted", "config")
        assert f"{shop.database}.outbox (change 1 of its transaction)" in error["message"] and said in error["message"], error
        done = relay.ask("skip", "events", f"{uuid}:{numbers.split('-')[-1]}", "--reason", "a test")
        assert done.returncode == 0, done.stderr
    shop.insert("cart", "(2, 'milk')")
    deliver(relay, shop)
    assert len(kafka.read("r15.cart")) == 4 and len(kafka.read("r15.order")) == 1
    relay.stop()


def test_deletes_without_their_row_stay_with_their_key(make_leat, kafka, shop):
    """debezium's unwrap leaves a delete its key alone: it goes where the row's other messages went, or the sink stops."""
    relay = relay_to(make_leat, kafka, shop.server, "r17", {"events": {"format": "debezium", "topic": "{name}.{table}", "partition_by": "primary_key",
                                                                      "debezium": {"transforms": "unwrap", "schemas.enable": "true"}}})
    relay.start()
    streaming(relay)
    shop.table("cart", "id INT PRIMARY KEY, item VARCHAR(20)")
    shop.insert("cart", *(f"({number}, 'x{number}')" for number in range(12)))
    shop.server.sql(f"DELETE FROM `{shop.database}`.cart ORDER BY id DESC")
    deliver(relay, shop)
    records = kafka.read("r17.cart")
    partitions = {message.key(): message.partition() for message in records if message.value()}
    gone = [message for message in records if message.value() is None]
    assert len(records) == 24 and len(gone) == 12 and all(partitions[message.key()] == message.partition() for message in gone)
    assert len(set(partitions.values())) > 1
    relay.stop()
    relay.config["sinks"]["events"] |= {"partition_by": "column", "partition_columns": ["item"]}
    relay.configure()
    relay.start()
    shop.insert("cart", "(1, 'y')")
    shop.server.sql(f"DELETE FROM `{shop.database}`.cart")
    error = sink_error(relay, "events", "halted", "config")
    assert f"a delete in {shop.database}.cart has a key and no row" in error["message"] and "rewrite-with-tombstone" in error["cure"], error
    relay.stop()


EVERY_TYPE = {  # column: (its type, a literal, what Maxwell writes, what Canal writes)
    "ti": ("TINYINT", "-128", -128, "-128"), "su": ("SMALLINT UNSIGNED", "65535", 65535, "65535"), "mi": ("MEDIUMINT", "-8388608", -8388608, "-8388608"),
    "bu": ("BIGINT UNSIGNED", "18446744073709551615", 18446744073709551615, "18446744073709551615"), "de": ("DECIMAL(20,5)", "-1.5", -1.5, "-1.50000"),
    "fl": ("FLOAT", "0.5", 0.5, "0.5"), "dou": ("DOUBLE", "1e100", 1e100, "1.0E100"), "bi": ("BIT(9)", "257", 257, "257"),
    "y": ("YEAR", "2026", 2026, "2026"), "da": ("DATE", "'2026-01-02'", "2026-01-02", "2026-01-02"), "tm": ("TIME(3)", "'-12:00:00.5'", "-12:00:00.500", "-12:00:00.500"),
    "dt": ("DATETIME(6)", "'2026-01-02 03:04:05.678901'", "2026-01-02 03:04:05.678901", "2026-01-02 03:04:05.678901"),
    "ts": ("TIMESTAMP", "'2026-01-02 03:04:05'", "2026-01-02 03:04:05", "2026-01-02 03:04:05"), "ch": ("CHAR(5)", "'é😀'", "é😀", "é😀"),
    "la": ("VARCHAR(9) CHARACTER SET latin1", "'ü\"'", 'ü"', 'ü"'), "te": ("TEXT", "'a\\nb'", "a\nb", "a\nb"), "bn": ("VARBINARY(9)", "x'00ff'", "AP8=", "\x00ÿ"),
    "en": ("ENUM('new','paid')", "'paid'", "paid", "2"), "se": ("SET('a','b','c')", "'c,a'", ["a", "c"], "5"),
    "js": ("JSON", '\'{"a": [1, null]}\'', {"a": [1, None]}, '{"a": [1, null]}'), "ge": ("POINT", "ST_GeomFromText('POINT(1 2)')", "POINT (1 2)", None),
    "nu": ("INT", "NULL", None, None)}


def console_consumer(kafka, topics, count):
    """Kafka's own, in Java: (partition, key, value) of so many records."""
    argv = kafka.broker(1).tool("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", kafka.bootstrap(), "--include", topics, "--from-beginning",
                                "--max-messages", str(count), "--timeout-ms", "30000", "--property", "print.key=true", "--property", "print.partition=true")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [tuple(line.split("\t")) for line in done.stdout.splitlines() if line.startswith("Partition:")]


def java_hash(text):
    number = 0
    for at in range(0, len(text.encode("utf-16-be")), 2):
        number = (31 * number + int.from_bytes(text.encode("utf-16-be")[at:at + 2], "big")) & 0xFFFFFFFF
    return number - (1 << 32) if number >> 31 else number


def test_maxwell_and_canal_arrive_for_a_java_consumer(make_leat, kafka, shop):
    """Every type, keys, partitions and the last message's marks, by the consumer that comes with Kafka."""
    relay = relay_to(make_leat, kafka, shop.server, "r16", {
        "maxwell": {"format": "maxwell", "topic": "r16.maxwell", "partition_by": "primary_key", "partitioner": "java_hash", "maxwell": {"output_ddl": "true"},
                    "schema_topic": "r16.maxwell_ddl"},
        "canal": {"format": "canal", "topic": "r16.canal", "canal": {"time_zone": "UTC"}, "partition_by": "table", "schema_topic": "r16.canal_ddl"}})
    relay.start()
    streaming(relay)
    shop.table("every", "id INT PRIMARY KEY, " + ", ".join(f"{name} {kind} NULL" for name, (kind, *_) in EVERY_TYPE.items()))
    literals = ", ".join(literal for _, literal, *_ in EVERY_TYPE.values())
    shop.server.sql(f"SET time_zone = '+00:00', NAMES utf8mb4; INSERT INTO `{shop.database}`.every VALUES (7, {literals})")
    shop.server.sql(f"USE `{shop.database}`; BEGIN; UPDATE every SET su = 1, te = NULL; INSERT INTO every (id) VALUES (8), (9); DELETE FROM every WHERE id = 7; COMMIT")
    for sink in ("maxwell", "canal"):
        deliver(relay, shop, sink)
    records = console_consumer(kafka, r"r16\.(maxwell|canal)", 5 + 4)
    of_maxwell = [(where, json.loads(key), json.loads(value)) for where, key, value in records if '"isDdl"' not in value]
    of_canal = sorted((json.loads(value) for _, _, value in records if '"isDdl"' in value), key=lambda value: value["id"])
    first = next(value for _, _, value in of_maxwell if value["type"] == "insert" and value["data"]["id"] == 7)
    assert first["data"] == {"id": 7, **{name: maxwell for name, (_, _, maxwell, _) in EVERY_TYPE.items()}}
    for where, key, value in of_maxwell:
        assert key == {"database": shop.database, "table": "every", "pk.id": value["data"]["id"]} and value["database"] == shop.database
        assert where == f"Partition:{abs(java_hash(str(value['data']['id']))) % 6}"
    [update] = [value for _, _, value in of_maxwell if value["type"] == "update"]
    assert update["old"] == {"su": 65535, "te": "a\nb"} and "commit" not in update and not update["data"]["te"]
    assert [value["type"] for _, _, value in of_maxwell if value.get("commit")] in (["insert", "delete"], ["delete", "insert"])
    assert len({value["xid"] for _, _, value in of_maxwell}) == 2
    insert, update, inserts, delete = of_canal
    assert insert["data"] == [{"id": "7", **{name: insert["data"][0]["ge"] if name == "ge" else canal for name, (*_, canal) in EVERY_TYPE.items()}}]
    assert (update["type"], update["old"]) == ("UPDATE", [{"su": "65535", "te": "a\nb"}])
    assert [row["id"] for row in inserts["data"]] == ["8", "9"] and delete["type"] == "DELETE" and insert["pkNames"] == ["id"]
    assert insert["mysqlType"]["de"] == "decimal(20,5)" and insert["sqlType"]["de"] == 3
    assert [json.loads(m.value())["type"] for m in kafka.read("r16.maxwell_ddl")] == ["table-create"]
    assert [json.loads(m.value())["type"] for m in kafka.read("r16.canal_ddl")] == ["CREATE"]
    relay.stop()


def test_statements_may_go_by_their_table(make_leat, kafka, shop):
    relay = relay_to(make_leat, kafka, shop.server, "r14", {"events": {"topic": "{name}.{table}", "schema_topic": "{name}.ddl.{table}"}})
    relay.start()
    streaming(relay)
    shop.table("a")
    shop.table("b")
    shop.server.sql(f"ALTER TABLE `{shop.database}`.a ADD n INT; CREATE DATABASE `{shop.database}_2`; DROP DATABASE `{shop.database}_2`")
    deliver(relay, shop)
    assert {topic: len(kafka.read(topic)) for topic in kafka.topics() if topic.startswith("r14.ddl")} == {"r14.ddl.a": 2, "r14.ddl.b": 1, "r14.ddl.": 2}
    relay.stop()


def test_settings_that_break_a_promise_never_start(make_leat, kafka, shop):
    relay = relay_to(make_leat, kafka, shop.server, "r6", {"events": {"kafka": {"acks": "1"}}})
    refused(run("config", "check", "-c", relay.yaml), 2, "kafka.acks: 1 is refused", "lost with them")
    relay.start()
    assert relay.wait() == 2
    assert "kafka.acks: 1 is refused" in relay.log_text()
    refused(run("config", "check", "-c", relay.yaml, "-o", "sinks.events.kafka.acks=all", "-o", "sinks.events.kafka.plugin.library.paths=x.so"), 2,
            "loads code into this process")
    refused(run("config", "check", "-c", relay.yaml, "-o", "sinks.events.kafka.acks=all", "-o", "sinks.events.kafka.linger.m=3"), 2,
            "did you mean \"linger.ms\"?")
    done = run("config", "check", "-c", relay.yaml, "-o", "sinks.events.kafka.acks=all")
    assert done.returncode == 0, done.stderr
    done = run("doctor", "-c", relay.yaml, "-o", "sinks.events.kafka.acks=all")
    assert f"sink events: {kafka.bootstrap()}" in done.stdout, done.stdout + done.stderr


def allow(kafka, resource, name):
    """Runs the command of docs/sinks/kafka.md that allows so much, with this relay's name for `shop`."""
    [line] = [line for line in (TOP / "docs/sinks/kafka.md").read_text().splitlines() if line.startswith("kafka-acls.sh ") and resource in line]
    places = {"k1:9092": kafka.bootstrap(secure=False), "shop": name, "leat.shop.": f"leat.{name}."}
    process.output(kafka.broker(1).tool("org.apache.kafka.tools.AclCommand", *(places.get(word, word) for word in shlex.split(line)[1:])))


def test_what_an_account_may_not_is_named_and_cured(make_leat, guarded_kafka, shop, tmp_path):
    kafka = guarded_kafka
    password = tmp_path / "password"
    password.write_text("wrong\n")
    relay = relay_to(make_leat, kafka, shop.server, "r7", {"events": {"topic": "{name}.{table}", "kafka": {"sasl.password_file": str(password)}}})
    properties = relay.config["sinks"]["events"]["kafka"]
    right = properties.pop("sasl.password")

    def fails(**more):
        """A relay with an empty journal asks its sinks where to begin, so it ends; its last words."""
        relay.config["sinks"]["events"]["kafka"] = {**properties, **more}
        relay.configure()
        relay.start()
        assert relay.wait() not in (0, 2)
        return relay.log_text().splitlines()[-1]
    said = fails(**{"ssl.ca.location": str(tls.authority() / "server-cert.pem")})
    assert "certificate is refused: unable to get local issuer certificate" in said and "code=tls" in said and "cure=" in said
    said = fails(**{"security.protocol": "SSL", "bootstrap.servers": f"127.0.0.1:{kafka.broker(1).expired_port}"})
    assert "certificate is refused: certificate has expired" in said and "code=tls" in said and "cure=" in said
    said = fails()
    assert "code=auth" in said and "sasl.username and the password's file" in said
    password.write_text(right + "\n")
    said = fails()
    assert "code=privilege" in said and "allow the account to Describe and Write the transactional id" in said
    allow(kafka, "--transactional-id", "r7")
    said = fails()
    assert "code=privilege" in said and "r7.leat-checkpoint" in said and "Create" in said
    doctor = run("doctor", "-c", relay.yaml)
    assert "r7.leat-checkpoint" in doctor.stdout and "allow the account to" in doctor.stdout, doctor.stdout
    allow(kafka, "--topic", "r7")
    relay.start()
    streaming(relay)
    shop.table("t")
    shop.insert("t", "(1, 'x')")
    deliver(relay, shop)
    kafka.secure = False  # as the administrator, who may have groups
    assert len(kafka.read("r7.t")) == 1
    assert right not in relay.log_text() and right not in run("config", "print", "-c", relay.yaml).stdout
    relay.stop()
