"""The format `debezium` against what the real Debezium made of the same binlogs (tests/data/debezium): every message, its key, value and
headers, token by token. What differs on purpose is listed in leatlab.against_debezium.AGREED. No server and no Java."""

import copy
import functools
import json

import pytest
from leatlab import against_debezium as against
from leatlab.debezium_agreed import AGREED, Run
from leatlab.same_messages import Comparison
from probe import program

RECORDINGS = list(against.recorded())


@functools.cache
def compared(scenario, run):
    settings = next(settings for one, other, settings in RECORDINGS if (one, other) == (scenario, run))
    return against.compare(program("format_probe"), scenario, run, settings)


@pytest.mark.parametrize("scenario, run, settings", RECORDINGS, ids=lambda value: value if isinstance(value, str) else "")
def test_messages_are_debeziums(scenario, run, settings):
    comparison, stopped = compared(scenario, run)
    assert not comparison.differences, str(comparison)
    assert comparison.messages >= (8 if scenario in ("xa", "compressed", "outbox", "context") else 18)
    assert set(stopped.tables) <= {"shop.dates_far", "shop.times_far", "shop.zeros_within"}, stopped.tables
    assert bool(stopped.tables) == (settings.get("time.precision.mode") in ("connect", "isostring", "nanoseconds"))


def test_each_agreement_is_needed():
    used = set()
    for scenario, run, _ in RECORDINGS:
        used |= set(compared(scenario, run)[0].by_agreement)
    assert not {agreed.name for agreed in AGREED} - used


def test_a_token_that_is_wrong_is_found():
    """The comparison itself: a changed, missing, added or moved token of a message, and a missing message, are differences."""
    theirs = against.theirs("changes", "defaults")
    at = next(i for i, message in enumerate(theirs) if message["headers"] and message["value"] and '"op":"c"' in message["value"])
    value = json.loads(theirs[at]["value"])
    moved = dict(reversed(list(value["after"].items())))
    wrong = [("value", json.dumps({**value, "after": after})) for after in (
        {**value["after"], "id": value["after"]["id"] + 1}, {**value["after"], "id": str(value["after"]["id"])}, {**value["after"], "v": None},
        {**value["after"], "more": 1}, {"id": value["after"]["id"]}, moved, None)]
    wrong += [("value", theirs[at]["value"].replace('"id":14', '"id":14.0')), ("key", '{"id":15}'), ("key", None), ("headers", []), ("topic", "leat.shop.other"),
              ("headers", [("__debezium.oldkey", '{"id":5}')]), ("headers", [("__debezium.newkey", '{"id":4}')])]
    assert value["after"]["id"] == 14
    for part, text in wrong:
        mine = copy.deepcopy(theirs)
        mine[at][part] = text
        assert differences(mine, theirs), (part, text)
    assert not differences(theirs, theirs)
    assert differences(theirs[:at] + theirs[at + 1:], theirs)
    assert differences([*theirs, theirs[-1]], theirs)


def differences(ours, theirs):
    comparison = Comparison(AGREED)
    comparison.add(ours, theirs, Run({}))
    return comparison.differences
