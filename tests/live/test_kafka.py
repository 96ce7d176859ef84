"""The kafka sink on real brokers: every change once (or at least once), whatever breaks, and each stop with its name and cure."""

import json
import random
import shutil
import signal
import threading
import time
import urllib.request
import uuid

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from kafka_relay import checkpoints, decoded, delete_topic, numbers_of, recreate_topic, relay_to, values
from leatlab.kafka import Kafka
from leatlab.kafka_campaign import KafkaCampaign
from operating import Numbers, no_relay_broke, sink_error, streaming, wait_until  # noqa: F401

ONE = {"topic": "{name}.{sink}"}  # one topic, one partition: the order of all changes shows
# Fenced within a second or two, not after the brokers' ten.
QUICK_KAFKA = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 300}


@pytest.fixture(scope="module")
def kafka():
    """One broker for all tests that don't stop it: each has topics of its own."""
    with Kafka("shared", **QUICK_KAFKA) as cluster:
        yield cluster


@pytest.fixture
def own_kafka():
    with Kafka("own", **QUICK_KAFKA) as cluster:
        yield cluster


@pytest.fixture
def numbers(shared_mysql, database):
    return Numbers(shared_mysql, database)


@pytest.fixture
def name(database):
    """A relay's name, and so its topics', of this test alone."""
    return f"{database[:40]}-{uuid.uuid4().hex[:6]}"


def start_of(relay):
    return relay.config["source"]["start"]


def truth_of(relay, numbers):
    return decoded(numbers.server, start_of(relay))[numbers.database, numbers.name]


def test_each_table_has_its_changes_once_and_in_order(make_leat, kafka, numbers, name):
    relay = relay_to(make_leat, kafka, numbers.server, name,
                     {"exact": {"topic": "{name}.{sink}.{table}"}, "least": {"topic": "{name}.{sink}.{table}", "delivery": "at_least_once"}})
    relay.start()
    streaming(relay)
    server = numbers.server
    server.sql(f"CREATE TABLE {numbers.named('two')} (id INT PRIMARY KEY, word VARCHAR(20))")
    for number in range(20):
        server.sql(f"BEGIN; INSERT INTO {numbers.path} VALUES ({number}, 'a'), ({number + 100}, 'b'); "
                   f"INSERT INTO {numbers.named('two')} VALUES ({number}, 'ü'); UPDATE {numbers.path} SET body = 'c' WHERE id = {number}; COMMIT")
    server.sql(f"DELETE FROM {numbers.path} WHERE id > 100")
    for sink in ("exact", "least"):
        relay.wait_until_delivered(server, sink)
    truth = decoded(server, start_of(relay))
    for table in (numbers.name, numbers.name + "_two"):
        assert truth[numbers.database, table]
        for sink in ("exact", "least"):
            assert values(kafka, f"{name}.{sink}.{table}") == truth[numbers.database, table]
    assert relay.stop() == 0


def test_librdkafkas_own_numbers_are_in_the_metrics(make_leat, kafka, numbers, name):
    relay = relay_to(make_leat, kafka, numbers.server, name, {"exact": {**ONE, "kafka": {"statistics.interval.ms": 100}}})
    relay.config["http"] = {"listen": "127.0.0.1:0"}
    relay.configure()
    relay.start()
    port = streaming(relay)["http"].rpartition(":")[2]
    numbers.insert(5)
    relay.wait_until_delivered(numbers.server, "exact")

    def measured():
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
        return dict(line.rsplit(" ", 1) for line in page.splitlines() if line.startswith("leat_kafka_"))
    wait_until(lambda: float(measured().get('leat_kafka_brokers_up{sink="exact"}', 0)) == 1, "a broker that is up")
    wait_until(lambda: float(measured()['leat_kafka_requests_total{sink="exact"}']) > 5, "requests")
    def answered():
        numbers.insert(1)
        return float(measured()['leat_kafka_answer_p99_seconds{sink="exact"}']) > 0
    wait_until(answered, "an interval with an answer in it")
    sample = measured()
    assert float(sample['leat_kafka_request_bytes_total{sink="exact"}']) > 1000 and float(sample['leat_kafka_brokers{sink="exact"}']) == 1
    assert float(sample['leat_kafka_queue_messages{sink="exact"}']) >= 0
    assert relay.stop() == 0


def test_a_stop_and_a_start_continue_without_a_repetition(make_leat, kafka, numbers, name):
    relay = relay_to(make_leat, kafka, numbers.server, name, {"exact": ONE, "least": {**ONE, "delivery": "at_least_once"}})
    for _ in range(3):
        relay.start()
        streaming(relay)
        numbers.insert(50)
        assert relay.stop() == 0
    relay.start()
    for sink in ("exact", "least"):
        relay.wait_until_delivered(numbers.server, sink)
        assert numbers_of(values(kafka, f"{name}.{sink}")) == numbers.written
    records = checkpoints(kafka, f"{name}.leat-checkpoint")
    assert {record["sink"] for record in records} == {"exact", "least"}
    assert {record["generation"] for record in records} == {1}
    last = [record for record in records if record["sink"] == "exact"][-1]
    status = relay.sink("exact")
    assert (last["file"], last["pos"], last["gtids"], last["seq"]) == (status["file"], status["pos"], status["gtids"], status["seq"])


def test_an_empty_journal_starts_at_the_checkpoint(make_leat, kafka, numbers, name):
    """The machine is lost; the checkpoint isn't on it."""
    relay = relay_to(make_leat, kafka, numbers.server, name, {"exact": ONE})
    relay.start()
    streaming(relay)
    numbers.insert(30)
    relay.wait_until_delivered(numbers.server, "exact")
    relay.kill()
    shutil.rmtree(relay.folder / "journal")
    numbers.insert(30)
    relay.config["source"]["start"] = "now"
    relay.configure()
    relay.start()
    relay.wait_until_delivered(numbers.server, "exact")
    assert numbers_of(values(kafka, f"{name}.exact")) == numbers.written


def test_a_broker_that_is_down_stalls_only_its_sink(make_leat, own_kafka, numbers, name):
    again = {"reconnect.backoff.max.ms": "500"}  # librdkafka waits longer and longer before it connects again: up to ten seconds
    relay = relay_to(make_leat, own_kafka, numbers.server, name,
                     {"exact": {**ONE, "kafka": {"transaction.timeout.ms": "2000", **again}}, "least": {**ONE, "delivery": "at_least_once", "kafka": again},
                      "files": {"type": "file"}})
    relay.start()
    streaming(relay)
    numbers.insert(20)
    relay.wait_until_delivered(numbers.server, "exact")
    own_kafka.broker(1).kill()
    numbers.insert(20, 1000)
    relay.wait_until_delivered(numbers.server, "files")
    # Both say what they wait for.
    error = sink_error_of(relay, "exact", "backing_off", "recovering")
    assert error["kind"] == "retry" and error["code"] in ("connect", "timeout"), error
    relay.wait_for(lambda status: "no broker of Kafka can be reached since" in note(status, "least"), "a note of the sink")
    assert "no broker" in relay.ask("status").stdout
    own_kafka.broker(1).start(wait=False)
    own_kafka.wait_ready()
    numbers.insert(20)
    for sink in ("exact", "least"):
        relay.wait_until_delivered(numbers.server, sink)
    assert numbers_of(values(own_kafka, f"{name}.exact")) == numbers.written
    assert unique(numbers_of(values(own_kafka, f"{name}.least"))) == numbers.written
    assert not note(relay.status(), "least")


def note(status, name):
    return next(sink for sink in status["sinks"] if sink["name"] == name).get("note") or ""


def sink_error_of(relay, name, *states):
    def there(status):
        sink = next(sink for sink in status["sinks"] if sink["name"] == name)
        return sink["state"] in states and "error" in sink
    status = relay.wait_for(there, f"an error of sink {name}")
    return next(sink for sink in status["sinks"] if sink["name"] == name)["error"]


def unique(numbers):
    return list(dict.fromkeys(numbers))


def test_a_pause_longer_than_the_brokers_wait_is_no_fencing_by_another(make_leat, kafka, numbers, name):
    relay = relay_to(make_leat, kafka, numbers.server, name,
                     {"exact": {**ONE, "commit_interval": "5ms", "transaction_max_time": "10ms", "kafka": {"transaction.timeout.ms": "1000"}}})
    relay.start()
    streaming(relay)
    numbers.insert(10)
    relay.wait_until_delivered(numbers.server, "exact")
    for _ in range(2):
        pause_within_a_transaction(relay, kafka, numbers)
    relay.wait_until_delivered(numbers.server, "exact")
    assert numbers_of(values(kafka, f"{name}.exact")) == numbers.written
    assert relay.running


def pause_within_a_transaction(relay, kafka, numbers):
    """Stops leat while its Kafka transaction is open, until the brokers have ended that."""
    numbers.insert(40, 200000)
    wait_until(lambda: len(values(kafka, relay.config["name"] + ".exact", committed=False)) > 0, "a record")
    relay.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    relay.process.send_signal(signal.SIGCONT)
    relay.wait_until_delivered(numbers.server, "exact")


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_of_two_with_the_same_name_the_older_ends(make_leat, kafka, numbers, name, delivery):
    sinks = {"exact": {**ONE, "delivery": delivery}}
    older = relay_to(make_leat, kafka, numbers.server, name, sinks)
    older.start()
    streaming(older)
    numbers.insert(10)
    older.wait_until_delivered(numbers.server, "exact")
    newer = relay_to(make_leat, kafka, numbers.server, name, sinks)
    newer.start()
    streaming(newer)
    numbers.insert(50)
    assert older.wait() == 15
    assert "code=fenced" in older.log_text() and "another leat took over" in older.log_text()
    numbers.insert(10)
    newer.wait_until_delivered(numbers.server, "exact")
    delivered = numbers_of(values(kafka, f"{name}.exact"))
    assert (delivered if delivery == "exactly_once" else sorted(set(delivered))) == numbers.written


def test_a_giant_transaction_comes_in_parts_once_each(make_leat, kafka, numbers, name):
    relay = relay_to(make_leat, kafka, numbers.server, name, {"exact": {**ONE, "transaction_max_size": "64KiB", "tables": [numbers.database + ".t"]}})
    relay.start()
    streaming(relay)
    numbers.insert(3)
    numbers.server.sql(f"CREATE TABLE {numbers.named('seq')} (n INT PRIMARY KEY); INSERT INTO {numbers.named('seq')} "
                       "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s")
    numbers.server.sql(f"INSERT INTO {numbers.path} SELECT a.n * 1000 + b.n, REPEAT('x', 100) FROM {numbers.named('seq')} a, "
                       f"{numbers.named('seq')} b WHERE a.n BETWEEN 1 AND 60 ORDER BY 1")
    topic, parts = f"{name}.exact", f"{name}.leat-checkpoint"
    for lost in (False, True, False):
        before = end_of(kafka, parts)
        wait_until(lambda: end_of(kafka, parts) > before + 20, "some parts of the transaction")
        relay.kill()
        assert "open" in checkpoints(kafka, parts)[-1]
        if lost:
            shutil.rmtree(relay.folder / "journal")
        relay.start()
    numbers.insert(3)
    relay.wait_until_delivered(numbers.server, "exact")
    assert values(kafka, topic) == truth_of(relay, numbers)
    marks = [value for message in kafka.read(topic) for key, value in message.headers() or [] if key == "leat-part"]
    assert marks[0] == b"first" and marks[-1] == b"last" and set(marks[1:-1]) == {b"next"} and len(marks) > 10
    within = [record["open"] for record in checkpoints(kafka, parts) if "open" in record]
    assert len({record["transaction"] for record in within}) == 1


def end_of(kafka, topic):
    consumer = Consumer(kafka.client(**{"group.id": "nobody"}))
    try:
        return consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
    except KafkaException:  # it isn't there yet
        return 0
    finally:
        consumer.close()


def test_a_rewind_begins_a_generation(make_leat, kafka, numbers, name):
    relay = relay_to(make_leat, kafka, numbers.server, name, {"exact": ONE})
    relay.start()
    streaming(relay)
    numbers.insert(10)
    relay.wait_until_delivered(numbers.server, "exact")
    assert relay.ask("rewind", "exact", "--to", "earliest", "--yes").returncode == 0
    relay.wait_for(lambda status: status["sinks"][0]["generation"] == 2, "the new generation")
    relay.wait_until_delivered(numbers.server, "exact")
    numbers.insert(5)
    relay.wait_until_delivered(numbers.server, "exact")
    assert numbers_of(values(kafka, f"{name}.exact")) == numbers.written[:10] + numbers.written
    assert checkpoints(kafka, f"{name}.leat-checkpoint")[-1]["generation"] == 2


def test_nothing_is_lost_over_kills_of_everything(tmp_path, pytestconfig):
    kills, others = (200, 5) if pytestconfig.getoption("--full") else (20, 1)
    seed = random.randrange(2 ** 32)
    print(f"tests/live/kafka-campaign --kills {kills} --broker-kills {others} --pauses {others} --broker-pauses {others} --twins {others} "
          f"--networks {2 * others} --seed {seed}")
    campaign = KafkaCampaign(tmp_path, kills, seed, broker_kills=others, pauses=others, broker_pauses=others, twins=others, networks=2 * others)
    if others == 1:
        campaign.rate, campaign.rows_max = 40, 300  # as many events, between fewer rows: comparing takes most of the time
    for sink, result in campaign.run().items():
        print(f"{sink}: {result}")
        assert result.clean, f"seed {seed}, sink {sink}: {result}"


class Others:
    """Two producers whose transactions overlap, so that one is open at the topic's end always."""

    def __init__(self, kafka, topic):
        self.producers = [Producer(kafka.client(**{"transactional.id": f"{topic}.{number}"})) for number in range(2)]
        self.topic, self.ending, self.rounds = topic, threading.Event(), 0
        for producer in self.producers:
            producer.init_transactions(30)
        self._begin(self.producers[0])
        self.thread = threading.Thread(target=self._go_on, daemon=True)
        self.thread.start()

    def _begin(self, producer):
        producer.begin_transaction()
        producer.produce(self.topic, key="another", value="x")
        producer.flush()

    def _go_on(self):
        while not self.ending.is_set():
            for one, other in (self.producers, self.producers[::-1]):
                self._begin(other)
                one.commit_transaction(30)
            self.rounds += 1
        self.producers[0].commit_transaction(30)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.ending.set()
        self.thread.join()


def test_others_that_write_to_the_checkpoint_topic_all_the_time_hold_nobody_back(stopped, kafka, numbers, name):
    """What is read to is the end as it was; who waited for a moment without an open transaction would wait for ever."""
    with Others(kafka, f"{name}.leat-checkpoint") as others:
        stopped.start()
        streaming(stopped)
        numbers.insert(5)
        stopped.wait_until_delivered(numbers.server, "exact")
        assert others.rounds > 5 and others.thread.is_alive()
    assert "stays open" not in stopped.log_text()
    assert numbers_of(values(kafka, f"{name}.exact")) == numbers.written


# ---- Stops, each with its cure ----

@pytest.fixture
def stopped(make_leat, kafka, numbers, name):
    """A relay that has delivered ten, and was stopped."""
    relay = relay_to(make_leat, kafka, numbers.server, name, {"exact": ONE})
    relay.start()
    streaming(relay)
    numbers.insert(10)
    relay.wait_until_delivered(numbers.server, "exact")
    assert relay.stop() == 0
    return relay


def test_a_lost_checkpoint_stops(stopped, kafka, numbers, name):
    topic = f"{name}.leat-checkpoint"
    delete_topic(kafka, topic)
    stopped.start()
    error = sink_error(stopped, "exact", "halted", "other_history")
    assert f"topic {topic} has no checkpoint" in error["message"] and "leat rewind exact" in error["cure"]
    gtids = f"{numbers.server.value('SELECT @@server_uuid')}:1-{numbers.server.position()[2].rsplit('-', 1)[-1]}"
    numbers.insert(5)
    assert stopped.ask("rewind", "exact", "--to", gtids, "--yes").returncode == 0
    stopped.wait_until_delivered(numbers.server, "exact")
    assert numbers_of(values(kafka, f"{name}.exact")) == numbers.written


@pytest.mark.parametrize("found, code, words", [
    ("partitions", "server_settings", "has 3 partitions"),
    ("policy", "server_settings", "cleanup.policy=delete"),
    ("text", "malformed", "no checkpoint of leat's"),
    ("other", "other_history", "checkpoint of sink else of relay elsewhere"),
])
def test_a_foreign_checkpoint_topic_stops(stopped, kafka, name, found, code, words):
    topic = f"{name}.leat-checkpoint"
    record = checkpoints(kafka, topic)[-1]
    recreate_topic(kafka, topic, partitions=3 if found == "partitions" else 1,
                   **{"cleanup.policy": "delete" if found == "policy" else "compact"})
    if found in ("text", "other"):
        put(kafka, topic, f"{name}.exact", "hello" if found == "text" else json.dumps({**record, "relay": "elsewhere", "sink": "else"}))
    stopped.start()
    error = sink_error(stopped, "exact", "halted", code)
    assert words in error["message"], error
    stopped.kill()


def put(kafka, topic, key, value):
    producer = Producer(kafka.client())
    producer.produce(topic, key=key, value=value)
    producer.flush()


@pytest.mark.parametrize("when", ["while it runs", "while it is stopped"])
def test_a_topic_that_was_made_anew_stops_once(stopped, kafka, numbers, name, when):
    if when == "while it runs":
        stopped.start()
        streaming(stopped)
    recreate_topic(kafka, f"{name}.exact")
    if not stopped.running:
        stopped.start()
        streaming(stopped)
    numbers.insert(5)
    error = sink_error(stopped, "exact", "halted", "other_history")
    assert f"topic {name}.exact was made anew" in error["message"] and "leat resume exact" in error["cure"]
    assert stopped.ask("resume", "exact").returncode == 0
    stopped.wait_until_delivered(numbers.server, "exact")
    assert numbers_of(values(kafka, f"{name}.exact")) == numbers.written[10:]


def test_a_journal_older_than_the_checkpoint_ends_the_process(stopped, numbers):
    before = stopped.folder / "before"
    shutil.copytree(stopped.folder / "journal", before)
    stopped.start()
    numbers.insert(10)
    stopped.wait_until_delivered(numbers.server, "exact")
    stopped.kill()
    shutil.rmtree(stopped.folder / "journal")
    before.rename(stopped.folder / "journal")
    stopped.start()
    assert stopped.wait() == 13
    assert "Restore the journal's folder; or move it away: an empty journal begins at the sinks' checkpoints" in stopped.log_text()
