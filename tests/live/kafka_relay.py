"""What tests of the kafka sink share: relays that deliver to a lab cluster, and the binlog as `leat decode` reads it, as the truth."""

import json
import subprocess
import time
from collections import defaultdict

from confluent_kafka import KafkaException

from leatlab.leat import program
from operating import QUICK_SINK, QUICK_SOURCE


def relay_to(make_leat, kafka, server, name, sinks, start=None, **more):
    """A relay, not started, whose sinks deliver to the cluster. sinks: {name: {setting: value}}; `kafka` in them adds properties."""
    file, pos, _ = server.position()
    settings = {sink: {"type": "kafka", **QUICK_SINK, **given, "kafka": {**kafka.client(), **given.get("kafka", {})}}
                if given.get("type", "kafka") == "kafka" else {**QUICK_SINK, **given} for sink, given in sinks.items()}
    return make_leat(server, name=name, source={"start": start or f"{file}:{pos}", **QUICK_SOURCE}, sinks=settings, **more)


def decoded(server, start):
    """The lines of all rows in the binlog from there on, by table. (DDL goes to schema_topic.)"""
    done = subprocess.run([program(), "decode", "--from", start, *server.binlogs()], capture_output=True, check=True)
    lines = defaultdict(list)
    for line in done.stdout.splitlines():
        change = json.loads(line)
        if change["op"] not in ("schema", "ddl"):
            lines[change["db"], change.get("table")].append(line)
    return lines


def values(kafka, topic, committed=True):
    return [message.value() for message in kafka.read(topic, committed=committed)]


def numbers_of(lines):
    return [json.loads(line)["after"]["id"] for line in lines if json.loads(line)["op"] == "insert"]


def checkpoints(kafka, topic):
    """All checkpoint records that are still there, oldest first, parsed."""
    return [json.loads(message.value()) for message in kafka.read(topic) if message.value()]


def delete_topic(kafka, topic):
    admin = kafka.admin()
    admin.delete_topics([topic])[topic].result(30)
    deadline = time.monotonic() + 30
    while topic in kafka.topics() and time.monotonic() < deadline:
        time.sleep(0.1)


def recreate_topic(kafka, topic, **config):
    delete_topic(kafka, topic)
    for _ in range(100):
        try:
            return kafka.create_topic(topic, **config)
        except KafkaException:  # its deletion is still under way
            time.sleep(0.1)
    raise TimeoutError(topic)
