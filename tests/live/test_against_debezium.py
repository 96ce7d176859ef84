"""leat and the real Debezium read the same server at the same time; what leat delivers to Kafka is what Debezium would have: in each topic
the same messages in the same order, key, value and headers token by token. Needs Java, Maven and Debezium: part of --full.

Schema changes are compared in test_debezium_recordings alone, since what Debezium says of a column follows the words of the statement.
"""

import subprocess
from pathlib import Path

import pytest
from confluent_kafka import Producer
from leatlab import debezium, install
from leatlab.against_debezium import AS_THEIRS, of_debezium, up_to_marker
from leatlab.debezium_agreed import AGREED, Run
from leatlab.kafka import Kafka
from leatlab.leat import run
from leatlab.mariadb import Mariadb
from leatlab.mysql import Mysql, client_argv
from leatlab.same_messages import Comparison
from leatlab.witness import Witness
import type_cases_numbers, type_cases_times  # noqa: E401,F401  register their cases
from type_cases import CASES

SCRIPTS = Path(__file__).resolve().parents[1] / "tools" / "recordings" / "debezium"
# The converter would put defaults in the place of NULL.
KEPT = {"value.converter.replace.null.with.default": "false", "key.converter.replace.null.with.default": "false"}
# Debezium stops at these: dates that no calendar has.
IMPOSSIBLE = {"dates_that_are_none"}


@pytest.fixture
def full(request):
    if not request.config.getoption("--full"):
        pytest.skip("with --full alone: fetches Debezium and Kafka, and takes minutes")


def play_script(server, name):
    """The statements of a recording."""
    client = server.release.client_argv("mariadb") if server.kind == "mariadb" else client_argv("mysql")
    subprocess.run([*client, f"--socket={server.socket}", "--user=root", "--comments", "--default-character-set=utf8mb4"],
                   input=(SCRIPTS / f"{name}.sql").read_bytes(), stdout=subprocess.DEVNULL, check=True)


def play_cases(server):
    for case in CASES:
        if case.change.__module__ not in ("type_cases_numbers", "type_cases_times") or case.name in IMPOSSIBLE:
            continue
        # What Debezium knows of a database's character set is what the statement says.
        server.sql(f"CREATE DATABASE types_{case.name} CHARACTER SET utf8mb4")
        witness = Witness(server, f"types_{case.name}", case.session, case.sql_mode)
        try:
            case.change(witness)
        finally:
            witness.close()


def delivered(make_leat, kafka, server, play, settings):
    """(leat's messages, Debezium's), in the order of topics."""
    server.sql("RESET MASTER" if server.kind == "mariadb" else "RESET BINARY LOGS AND GTIDS")
    relay = make_leat(server, name=debezium.PREFIX, source={"start": "earliest"}, sinks={"events": {
        "type": "kafka", "path": None, "format": "debezium", "kafka": kafka.client(), "topic_partitions": 1,
        "debezium": {**AS_THEIRS, **{name: value for name, value in settings.items() if name not in KEPT}}}})
    del relay.config["sinks"]["events"]["path"]
    relay.configure()
    relay.start()
    debezium.prepare(server)
    play(server)
    debezium.mark(server)
    relay.wait_until_delivered(server, "events", timeout_s=300)
    assert relay.stop() == 0
    topics = [topic for topic in kafka.topics() if topic.startswith(f"{debezium.PREFIX}.") and not topic.endswith("checkpoint")]
    ours = [of_kafka(message) for topic in sorted(topics) for message in kafka.read(topic)]
    theirs = [of_debezium(record, settings) for record in debezium.Debezium(server, {"all": {**settings, **KEPT}}).read()["all"]]
    return ours, sorted((message for message in up_to_marker(theirs) if message["topic"] != debezium.PREFIX), key=lambda message: message["topic"])


def of_kafka(message):
    text = [part and part.decode() for part in (message.key(), message.value())]
    return {"topic": message.topic(), "key": text[0], "value": text[1], "headers": [(name, value.decode()) for name, value in message.headers() or ()]}


def compare(ours, theirs, settings):
    """The last transaction is the marker's, of which Debezium has not said the end."""
    end = f"{debezium.PREFIX}.transaction"
    while ours and any(message["topic"] == end for message in ours) and not any(message["topic"] == end for message in theirs):
        ours = [message for message in ours if message["topic"] != end]
    comparison = Comparison(AGREED)
    comparison.add(ours, theirs, Run({**settings, **KEPT}))
    print(comparison)
    return comparison


@pytest.mark.parametrize("settings", [{}, {"value.converter.schemas.enable": "true", "key.converter.schemas.enable": "true"}], ids=["plain", "schemas"])
@pytest.mark.parametrize("play", ["types", "changes", "compressed", "numbers_and_times"])
def test_mysql(full, make_leat, play, settings):
    with Mysql("debezium", server_id=97, binlog_rows_query_log_events="ON") as server, Kafka("debezium") as kafka:
        action = play_cases if play == "numbers_and_times" else lambda one: play_script(one, play)
        ours, theirs = delivered(make_leat, kafka, server, action, settings)
        comparison = compare(ours, theirs, settings)
        assert comparison.messages >= 10 and not comparison.differences, str(comparison)


@pytest.mark.parametrize("settings", [{}, {"value.converter.schemas.enable": "true", "key.converter.schemas.enable": "true"}], ids=["plain", "schemas"])
def test_leat_compare_finds_no_difference(full, make_leat, settings):
    """DDL, key changes, transactions, truncates, tables without keys and with unique ones: topic by topic, as an operator compares a shadow run."""
    with Mysql("debezium", server_id=97, binlog_rows_query_log_events="ON") as server, Kafka("debezium") as kafka:
        ours, theirs = delivered(make_leat, kafka, server, lambda one: play_script(one, "changes"), settings)
        topics = sorted({message["topic"] for message in ours})
        producer = Producer(kafka.client())
        for topic in topics:
            kafka.create_topic(f"theirs.{topic}", partitions=2)
        for message in theirs:
            producer.produce(f"theirs.{message['topic']}", key=message["key"], value=message["value"], headers=message["headers"])
        assert producer.flush(60) == 0 and len(topics) > 5
        said = {}
        for topic in topics:
            # KEPT takes this default away, too: with Connect's own setting Debezium says "false", as leat does.
            done = run("compare", topic, f"theirs.{topic}", "--kafka", f"bootstrap.servers={kafka.bootstrap()}", "--ignore", "source.snapshot")
            print(done.stdout)
            said[topic] = done.returncode, done.stdout
        assert not [text for status, text in said.values() if status], "\n".join(text for status, text in said.values() if status)


def test_mariadb(full, make_leat):
    try:
        install.debezium_root("mariadb")
    except install.Unavailable as why:
        pytest.skip(str(why))
    with Mariadb("debezium", version="10.11", server_id=97) as server, Kafka("debezium") as kafka:
        ours, theirs = delivered(make_leat, kafka, server, lambda one: play_script(one, "mariadb"), {})
        comparison = compare(ours, theirs, {})
        assert comparison.messages >= 10 and not comparison.differences, str(comparison)
