"""leat's format `debezium` against the messages of the real one: the recordings in tests/data/debezium, or a server's binlogs just
recorded. What differs on purpose is in debezium_agreed; all else is a difference.
"""

import json
import lzma
import re
import subprocess
from pathlib import Path

from .debezium import MARKER_TOPIC, PREFIX
from .debezium_agreed import AGREED, Run
from .same_messages import Comparison, parse

RECORDINGS = Path(__file__).resolve().parents[2] / "data" / "debezium"

# Debezium's default turns numbers above 2^63 negative, and dates with zeros in them into null or 1970; leat's doesn't.
AS_THEIRS = {"bigint.unsigned.handling.mode": "long", "zero.date.handling.mode": "lenient"}
# Of converters that leat has no settings for: Decimal is always base64, NULL is never replaced.
NOT_OURS = ("value.converter.replace.null.with.default", "key.converter.replace.null.with.default", "predicates")
# Debezium's transforms stand under a name of the user's choice, and predicates say for which topics; here they have their own and tables.
TRANSFORM = re.compile(r"transforms\.(\w+)\.(.*)")


# ---- Messages of both ----

def recorded():
    """(scenario, run, its settings) of each recording."""
    for folder in sorted(path.parent for path in RECORDINGS.glob("*/runs.json")):
        for run, settings in json.loads((folder / "runs.json").read_text()).items():
            yield folder.name, run, settings


def binlogs(scenario):
    return sorted((RECORDINGS / scenario).glob("binlog.0*"))


def theirs(scenario, run, settings=None):
    with lzma.open(RECORDINGS / scenario / f"{run}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [of_debezium(json.loads(line), settings or {}) for line in lines.read().split("\n")[:-1]]


def of_debezium(record, settings):
    """With the header converter that leat has by default, where transforms add headers."""
    plain = bool({"transforms", "extended.headers.enabled"} & set(settings)) and settings.get("header.converter.schemas.enable") != "true"
    headers = [(header["name"], header["simple" if plain else "json"]) for header in record["headers"]]
    return {"topic": record["topic"], "key": record["key"], "value": record["value"], "headers": headers,
            "partition": None if record["topic"] == PREFIX else record["partition"], "timestamp": record.get("timestamp")}


def our_settings(settings):
    given = dict(AS_THEIRS)
    for name, value in settings.items():
        transform = TRANSFORM.fullmatch(name)
        if transform and transform[2] == "predicate":
            table = settings[f"predicates.{value}.pattern"].replace("\\", "").removeprefix(f"{PREFIX}.")
            given[f"{transform[1]}.tables"] = table
        elif transform and transform[2] != "type":
            given[f"{transform[1]}.{transform[2]}"] = value
        elif not transform and not name.startswith(NOT_OURS):
            given[name] = value
    return given


class Stopped:
    """Tables that leat didn't write, since a value in them has no form by these settings: {table: what it said}."""

    def __init__(self):
        self.tables = {}

    def leave_out(self, messages):
        topics = {f"{PREFIX}.{table}" for table in self.tables}
        return [message for message in messages if message["topic"] not in topics and not self._defines(message)]

    def _defines(self, message):
        if message["topic"] != PREFIX or not message["value"]:
            return False
        value = parse(message["value"])
        source = value.get("payload", value).get("source")
        return f"{source.get('db')}.{source.get('table')}" in self.tables


def ours(program, settings, files):
    """(what format_probe makes of binlog files, up to the marker, what it stopped at)."""
    given = our_settings(settings)
    stopped = Stopped()
    while True:
        without = [word for table in stopped.tables for word in ("--without", table)]
        done = subprocess.run([program, "debezium", "--name", PREFIX, *without, *(f"{name}={value}" for name, value in given.items()), *files],
                              capture_output=True, text=True)
        if not done.returncode:
            messages = [of_probe(json.loads(line)) for line in done.stdout.split("\n")[:-1]]
            return stopped.leave_out(up_to_marker(messages)), stopped
        table = re.match(r"format_probe: (\w+\.\w+)\.\w+ at ", done.stderr)
        if not table or table[1] in stopped.tables:
            raise RuntimeError(f"{done.stderr[-2000:]}\n(the last message: {done.stdout[-500:]})")
        stopped.tables[table[1]] = done.stderr.strip()


def of_probe(message):
    headers = [(header["name"], header["value"]) for header in message["headers"]]
    return {"topic": message.get("topic") or _topic(message), "key": message["key"], "value": message["value"], "headers": headers,
            "partition": message.get("partition"), "timestamp": message.get("timestamp")}


def _topic(message):
    """As the Kafka sink's default for this format makes it."""
    if message["kind"] == "statement":
        return PREFIX
    if message["kind"] == "transaction":
        return f"{PREFIX}.transaction"
    return re.sub("[^A-Za-z0-9._-]", "_", f"{PREFIX}.{message['database']}.{message['table']}")


def up_to_marker(messages):
    end = next((i for i, message in enumerate(messages) if message["topic"] == MARKER_TOPIC), len(messages))
    return messages[:end + 1]


def compare(program, scenario, run, settings):
    """(the comparison of one recording, what leat stopped at)."""
    comparison = Comparison(AGREED)
    messages, stopped = ours(program, settings, binlogs(scenario))
    recorded = theirs(scenario, run, settings)
    if "value.converter" in settings:
        messages, recorded = map(_events_as_texts, (messages, recorded))
    comparison.add(messages, stopped.leave_out(recorded), Run(settings, scenario))
    return comparison, stopped


def _events_as_texts(messages):
    """What another converter made is no JSON; of all else than an outbox's events it makes Java's words for objects."""
    return [{**message, **{part: None if message[part] is None else json.dumps(message[part]) for part in ("key", "value")}}
            for message in messages if message["topic"].startswith("outbox.")]
