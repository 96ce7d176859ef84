"""`leat config import`: configurations of other tools become ones that leat takes, and what can't be taken over is said."""

import os
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LEAT = os.environ.get("LEAT", str(TOP / "build" / "asan" / "leat"))
DATA = TOP / "tests/data/import"
FILES = ["debezium.json", "outbox.json", "maxwell.properties", "instance.properties"]


def leat(*words):
    return subprocess.run([LEAT, *map(str, words)], capture_output=True, text=True, cwd=TOP)


@pytest.mark.parametrize("name", FILES)
def test_what_comes_out_is_a_configuration(name, tmp_path):
    done = leat("config", "import", DATA / name)
    assert done.returncode == 0, done.stderr
    # Only the file that holds a mask's key is made by hand first.
    key = tmp_path / "mask.key"
    key.write_text("x" * 32)
    (tmp_path / "leat.yaml").write_text(done.stdout.replace("/etc/leat/mask.key", str(key)))
    check = leat("config", "check", "-c", tmp_path / "leat.yaml")
    assert check.returncode == 0, check.stderr


@pytest.mark.parametrize("name", FILES)
def test_every_setting_is_taken_or_spoken_of_and_no_secret_is_shown(name):
    text = (DATA / name).read_text()
    done = leat("config", "import", DATA / name)
    assert "secret" not in done.stdout and "CzQMA0cB5K" not in done.stdout
    for value in re.findall(r'": "?([^",]+)|=\s*([^\n]+)', text.replace("\\\n", "")):
        value = "".join(value).strip()
        words = [word for word in re.findall(r"[A-Za-z]{4,}", value) if word.lower() not in ("true", "false", "secret", "maxwell", "canal")]
        for word in words if "-secret" not in value else []:
            assert re.search(word, done.stdout, re.I), f"{name}: {value}: {word} is nowhere in:\n{done.stdout}"


@pytest.mark.parametrize("name", ["debezium", "outbox"])
def test_a_translation_whole(name):
    done = leat("config", "import", f"tests/data/import/{name}.json")
    assert done.stdout == (DATA / f"{name}.yaml").read_text()


def test_transforms_of_debezium_server_and_of_2x(tmp_path):
    (tmp_path / "application.properties").write_text('''debezium.source.connector.class=io.debezium.connector.mysql.MySqlConnector
debezium.source.topic.prefix=shop
debezium.source.database.hostname=db1
debezium.transforms=unwrap
debezium.transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
debezium.transforms.unwrap.delete.handling.mode=none
debezium.transforms.unwrap.add.headers=op,db
debezium.format.header=json
debezium.transforms.unwrap.predicate=carts
debezium.predicates=carts
debezium.predicates.carts.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches
debezium.predicates.carts.pattern=.*\\\\.app\\\\.cart.*
''')
    done = leat("config", "import", tmp_path / "application.properties")
    for line in ('transforms: "unwrap"', 'unwrap.tables: "app.cart*"', 'unwrap.delete.tombstone.handling.mode: "delete-to-tombstone"', 'unwrap.add.headers: "op,db"'):
        assert line in done.stdout, done.stdout


@pytest.mark.parametrize("name, start, within", [
    ("gtids-41", "07982b8d-e5f2-11f1-a6d7-02fc00000001:1-7", "events 2, rows 1"),
    ("compressed-45", "08062112-e5f3-11f1-b506-02fc00000001:1-7", "events 4, rows 1"),
    ("position-43", "binlog.000001:3452", "events 2, rows 3"),
    ("mariadb-42", "0-97-7", "events 2, rows 2")])
def test_offsets_that_the_real_debezium_kept_when_it_was_killed(name, start, within, tmp_path):
    """Recorded by test_cut_over, which goes on from each on the server it is of."""
    (tmp_path / "debezium.json").write_text('{"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "leat"}')
    done = leat("config", "import", tmp_path / "debezium.json", "--offsets", DATA / f"offsets/{name}.dat")
    assert done.returncode == 0, done.stderr
    assert f'  start: "{start}"\n  start_within: "{within}"\n' in done.stdout
    (tmp_path / "leat.yaml").write_text(done.stdout)
    assert leat("config", "check", "-c", tmp_path / "leat.yaml").returncode == 0


def test_files_of_no_tool_are_refused(tmp_path):
    (tmp_path / "x.properties").write_text("a = b\n")
    for path, words in ((tmp_path / "x.properties", "neither Debezium's, Maxwell's nor Canal's"), (tmp_path / "nothing", "doesn't exist")):
        done = leat("config", "import", path)
        assert done.returncode == 2 and words in done.stderr and not done.stdout
    assert leat("config", "import").returncode == 2
