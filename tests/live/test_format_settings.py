"""Settings of a format on the command line: `-o NAME=VALUE` of leat decode, tail and journal cat, with the checks that sinks have. No server;
tail is in test_decode_select.py."""

import json
from pathlib import Path

import pytest
from leatlab.leat import run

DATA = Path(__file__).resolve().parents[1] / "data"
TYPES, CHANGES = DATA / "debezium" / "types" / "binlog.000001", DATA / "maxwell" / "changes.binlog"


def lines(*arguments):
    done = run("decode", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_settings_change_what_is_written():
    for mode, kind in (("precise", str), ("double", float)):
        rows = lines("--format", "debezium", "-o", f"decimal.handling.mode={mode}", "--option", "topic.prefix=shop", "--table", "shop.decimals", TYPES)
        values = [row["after"]["d10"] for row in rows if row.get("after") and row["after"].get("d10") is not None]
        assert values and all(type(value) is kind for value in values)
        assert {row["source"]["name"] for row in rows} == {"shop"}
    rows = lines("--format", "maxwell", "-o", "output_commit_info=false", "-ooutput_server_id=true", CHANGES)
    assert rows and all("commit" not in row and "server_id" in row for row in rows)
    several, one = (lines("--format", "canal", *more, CHANGES) for more in ((), ("-o", "rows_per_message=1")))
    assert len(one) > len(several) and all(len(row["data"] or [0]) == 1 for row in one)


@pytest.mark.parametrize("arguments, said", [
    (["--format", "debezium", "-o", "decimal.handling.mod=string"], 'did you mean "decimal.handling.mode"?'),
    (["--format", "debezium", "-o", "decimal.handling.mode=exact"], "one of precise, string, double"),
    (["--format", "debezium", "-o", "schemas.enable=true", "-o", "skipped.operations=none"], "schemas.enable: false"),
    (["--format", "debezium", "-o", "schemas.enable=true", "-o", "schemas.enable=true"], "schemas.enable is set twice"),
    (["--format", "maxwell", "-o", "output_ddl"], "NAME=VALUE"),
    (["--format", "canal", "-o", "=1"], "NAME=VALUE"),
    (["--format", "sql", "-o", "x=y"], "it has none at all"),
    (["-o", "x=y"], 'the format leat has no setting "x"')])
def test_what_is_wrong_is_a_usage_error_with_its_cure(arguments, said):
    done = run("decode", *arguments, CHANGES)
    assert done.returncode == 2 and not done.stdout and said in done.stderr, done.stderr
