"""docs/consuming.md: its examples, run as they stand there, see each change once, and nothing of what was aborted."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from leatlab import install
from leatlab.kafka import Kafka

TEXT = (Path(__file__).resolve().parents[2] / "docs/consuming.md").read_text()
EXPECTED = [f'{{"id": {number}}}' for number in range(5)]


def example(language):
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.S)[1]


@pytest.fixture(scope="module")
def kafka():
    """Five committed changes, a tombstone, and five that were aborted."""
    with Kafka("consuming") as cluster:
        cluster.create_topic("shop.shop.cart")
        producer = Producer(cluster.client(**{"transactional.id": "writer"}))
        producer.init_transactions(30)
        for end in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            for number in range(5):
                producer.produce("shop.shop.cart", key=json.dumps({"id": number}), value=json.dumps({"op": "c", "after": {"id": number}}))
            producer.produce("shop.shop.cart", key=json.dumps({"id": 9}), value=None)
            producer.flush(30)
            end(30)
        yield cluster


def test_the_setting_stands_first():
    for language in ("sh", "python", "java", "sql", "properties"):
        lines = [line for line in example(language).splitlines() if "CREATE" not in line]
        assert "isolation.level" in lines[0] and "read_committed" in lines[0], language


def test_python(kafka, tmp_path):
    program = tmp_path / "example.py"
    program.write_text(example("python").replace("localhost:9092", kafka.bootstrap()))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line.split(" c ")[0] for line in done.stdout.splitlines()] == EXPECTED


def test_kcat(kafka):
    if not shutil.which("kcat"):
        pytest.skip("kcat isn't installed")
    done = subprocess.run(["bash", "-c", example("sh").replace("localhost:9092", kafka.bootstrap())], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line.split("} ")[0] + "}" for line in done.stdout.splitlines()][:5] == EXPECTED and len(done.stdout.splitlines()) == 6


def test_java_is_compiled(tmp_path):
    libs = install.kafka_root() / "libs" if hasattr(install, "kafka_root") else None
    if not libs or not shutil.which("javac"):
        pytest.skip("there is no javac, or no Kafka to compile against")
    program = tmp_path / "Example.java"
    program.write_text("import java.time.Duration;\nimport java.util.*;\nimport org.apache.kafka.clients.consumer.*;\n"
                       "class Example {\n public static void main(String[] arguments) {\n Properties settings = new Properties();\n" + example("java") + "}\n}\n")
    done = subprocess.run(["javac", "-cp", f"{libs}/*", "-d", tmp_path, program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
