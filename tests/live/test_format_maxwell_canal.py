"""The formats maxwell and canal: held against what Maxwell's and Canal's own classes made of the same binlogs (recorded by
tests/tools/record-peers), and on a server as it runs. Each difference that is meant stands here, with what it is about."""

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from leatlab.leat import program, read_lines
from operating import quick, streaming

DATA = Path(__file__).resolve().parents[1] / "data"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def messages(name, file, *settings):
    """As format_probe prints them."""
    done = subprocess.run([program().parent / "format_probe", name, *settings, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# ---- maxwell ----

EVERYTHING = [f"output_{name}=true" for name in ("ddl", "xoffset", "binlog_position", "gtid_position", "server_id", "thread_id",
                                                 "primary_keys", "primary_key_columns")]
CASES = {"plain": [], "everything": EVERYTHING, "little": ["kafka_key_format=array", "output_nulls=false",
                                                           "output_null_zerodates=true", "output_commit_info=false"]}
MEANT = [
    # BIT of more than 32 bits
    ('"b64":128', '"b64":549755813888'),
    # a character of four bytes is the same in JSON as it is and as two escapes
    ("\\uD83D\\uDE00", "😀"),
    # BINARY(6) without the zero bytes at its end
    ('"bn":"Ymlu"', '"bn":"YmluAAAA"'), ('"bn":"AQ=="', '"bn":"AQAAAAAA"'), ('"bn":""', '"bn":"AAAAAAAA"'),
    # TIME beyond a day or below zero, dates without a part and of before 1582-10-15, the year 0
    ('"t":"17:04:05","t6":"17:04:05.000000"', '"t":"-838:59:59","t6":"-838:59:59.000000"'),
    ('"t":"22:59:59","t6":"22:59:59.000000"', '"t":"838:59:59","t6":"838:59:59.000000"'),
    ('"t":"16:04:03","t6":"16:04:18.277216"', '"t":"-00:00:01","t6":"-00:00:01.500000"'),
    ('"t":"00:00:00","t6":"04:00:00.000001"', '"t":"24:00:00","t6":"100:00:00.000001"'),
    ('"id":2,"d":"0000-00-00"', '"id":2,"d":"2026-00-00"'),
    ('"dt":"0000-00-00 00:00:00","dt6":"0000-00-00 00:00:00.000000","ts":null', '"dt":"2026-01-00 00:00:00","dt6":"2026-00-31 10:00:00.500000","ts":null'),
    ("1582-10-20", "1582-10-10"),
    ('"y":1900', '"y":0'),
    # numbers and times in documents are as the server prints them
    ('"f":10000000000000000159028911097599180468360808563945281389781327557747838772170381060813469985856815104', '"f":1e100'),
    ('"t":"10:20:30","z"', '"t":"10:20:30.000000","z"'),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["changes", "ddl"])
def test_maxwell_is_as_maxwell_but_for_what_is_meant(name, case):
    theirs = (DATA / "maxwell" / f"{name}.{case}.txt").read_text().splitlines()
    ours = messages("maxwell", DATA / "maxwell" / f"{name}.binlog", *CASES[case])
    for meant in MEANT:
        theirs = [line.replace(*meant) for line in theirs]
    assert len(ours) == len(theirs)
    for message, line in zip(ours, theirs):
        key, value = line.split("\t")
        assert message["value"] == value
        if key:
            assert re.sub(UUID, "", message["key"]) == re.sub(UUID, "", key)
        else:  # of a statement: one that is made up anew each time
            assert re.fullmatch(UUID, message["key"])


def test_maxwells_messages_are_the_same_each_time():
    file = DATA / "maxwell" / "changes.binlog"
    assert messages("maxwell", file) == messages("maxwell", file)


# ---- canal ----

COLUMN_MEANT = {
    "de": lambda theirs, ours: Decimal(theirs) == Decimal(ours),  # digits at their end are lost or made up there
    "dz": lambda theirs, ours: Decimal(theirs) == Decimal(ours),
    "bn": lambda theirs, ours: theirs.ljust(6, "\0") == ours,  # BINARY(6) with all its bytes
    # read as UTF-8 there, whatever the column's character set is
    "l": lambda theirs, ours: ours in ("naïve", "ÿ", "é", ""),
    "g": lambda theirs, ours: ours in ("中文", "水", ""),
    "tl": lambda theirs, ours: ours in ("über", "x/y", ""),
    "j": lambda theirs, ours: '"d": "2026-01-31 00:00:00.000000"' in theirs and '"d": "2026-01-31"' in ours,
}


def same_row(theirs, ours):
    assert list(theirs) == list(ours)
    for name in ours:
        if theirs[name] != ours[name]:
            assert name in COLUMN_MEANT and COLUMN_MEANT[name](theirs[name], ours[name]), (name, theirs[name], ours[name])


def same_flat(theirs, ours):
    assert list(theirs) == list(ours)
    for name in theirs:
        if name in ("data", "old") and theirs[name] and ours[name]:
            assert len(theirs[name]) == len(ours[name])
            for pair in zip(theirs[name], ours[name]):
                same_row(*pair)
        elif name == "mysqlType" and theirs[name]:
            # as in definitions, not as whoever made the table wrote it
            assert {k: v.lower().replace("boolean", "tinyint(1)") for k, v in theirs[name].items()} == ours[name]
        elif name == "sqlType" and theirs[name] and theirs[name] != ours[name]:
            assert list(theirs[name]) == list(ours[name])
            for column in (c for c in theirs[name] if theirs[name][c] != ours[name][c]):
                # theirs are of the last row: numbers above the signed ones' in rows before it don't fit, and of some types NULL has
                # a type of its own
                assert ours["data"][-1][column] is None and theirs[name][column] in (1111, 2004) or column in ("su", "iu", "bu")
        elif name not in ("id", "ts", "gtid"):
            assert theirs[name] == ours[name], name


@pytest.mark.parametrize("name", ["changes", "ddl"])
def test_canal_is_as_canal_but_for_what_is_meant(name):
    theirs = [json.loads(line) for line in (DATA / "canal" / f"{name}.plain.txt").read_text().splitlines()]
    ours = [json.loads(m["value"]) for m in messages("canal", DATA / "canal" / f"{name}.binlog")]
    # ALTER DATABASE isn't told of there
    ours = [m for m in ours if not m["sql"].startswith("ALTER DATABASE")]
    assert len(theirs) == len(ours)
    for pair in zip(theirs, ours):
        same_flat(*pair)


def test_canals_rows_in_messages_of_their_own():
    file = DATA / "canal" / "changes.binlog"
    whole = [json.loads(m["value"]) for m in messages("canal", file)]
    single = [json.loads(m["value"]) for m in messages("canal", file, "rows_per_message=1")]
    assert [row for m in whole for row in m["data"] or []] == [row for m in single for row in m["data"] or []]
    assert [row for m in whole for row in m["old"] or []] == [row for m in single for row in m["old"] or []]
    assert all(len(m["data"]) == 1 for m in single if m["data"])
    numbers = [m["number"] for m in messages("canal", file, "rows_per_message=1")]
    assert numbers[2:5] == [1, 1, 2]


@pytest.mark.parametrize("zone,first,last", [("+08:00", "1970-01-01 08:00:01", "2038-01-19 11:14:07"),
                                             ("-03:30", "1969-12-31 20:30:01", "2038-01-18 23:44:07")])
def test_canals_time_zone_moves_timestamps_only(zone, first, last):
    rows = [row for m in messages("canal", DATA / "canal" / "changes.binlog", f"time_zone={zone}")
            for row in json.loads(m["value"])["data"] or [] if "ts6" in row and "t3" in row]
    assert [rows[1]["ts"], rows[2]["ts"]] == [first, last]
    assert rows[1]["ts3"] == first + ".000" and rows[1]["dt"] == "1000-01-01 00:00:00"


# ---- a server ----

def values(relay, name):
    return [json.loads(line) for path in relay.files(name) for line in read_lines(path)]


def test_file_sinks_deliver_both(make_leat, make_mysql):
    server, database = make_mysql(), "peers"
    server.sql(f"GRANT SELECT ON *.* TO cdc@'%'; CREATE DATABASE {database}")
    relay = quick(make_leat, server, sinks={
        "maxwell": {"format": "maxwell", "maxwell": {"output_ddl": "true", "output_gtid_position": "true", "output_xoffset": "true"}},
        "canal": {"format": "canal", "canal": {"time_zone": "Asia/Shanghai"}}})
    relay.start()
    streaming(relay)
    server.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY, at TIMESTAMP NULL, body TEXT, price DECIMAL(8,2))")
    server.sql(f"SET time_zone='+00:00'; BEGIN; INSERT INTO {database}.t VALUES (1, '2026-01-31 20:00:00', 'é', 1.5), (2, NULL, NULL, NULL);"
               f"UPDATE {database}.t SET price = 2 WHERE id = 1; DELETE FROM {database}.t WHERE id = 2; COMMIT")
    server.sql(f"ALTER TABLE {database}.t ADD COLUMN more INT; DROP TABLE {database}.t")
    for name in ("maxwell", "canal"):
        relay.wait_until_delivered(server, name)
    relay.stop()
    maxwell = [m for m in values(relay, "maxwell") if m["database"] == database]
    assert [m["type"] for m in maxwell] == ["table-create", "insert", "insert", "update", "delete", "table-alter", "table-drop"]
    rows = maxwell[1:5]
    assert len({m["xid"] for m in rows}) == 1 and len({m["gtid"] for m in rows}) == 1
    assert [m.get("xoffset") for m in rows] == [0, 1, 2, None] and [m.get("commit") for m in rows] == [None, None, None, True]
    assert rows[0]["data"] == {"id": 1, "at": "2026-01-31 20:00:00", "body": "é", "price": 1.5}
    assert rows[2]["old"] == {"price": 1.5}
    assert [c["name"] for c in maxwell[5]["def"]["columns"]][-1] == "more" and len(maxwell[5]["old"]["columns"]) == 4
    canal = [m for m in values(relay, "canal") if m["database"] == database]
    assert [m["type"] for m in canal] == ["CREATE", "INSERT", "UPDATE", "DELETE", "ALTER", "ERASE"]
    assert canal[1]["data"] == [{"id": "1", "at": "2026-02-01 04:00:00", "body": "é", "price": "1.50"},
                                {"id": "2", "at": None, "body": None, "price": None}]
    assert canal[2]["old"] == [{"price": "1.50"}] and canal[1]["mysqlType"]["at"] == "timestamp"
    assert canal[1]["gtid"] == rows[0]["gtid"] and canal[1]["id"] == canal[3]["id"] < canal[4]["id"]
