"""The catalog follows DDL as the server carries it out: statements on real servers, the derived definitions held against
information_schema after each, and against the table maps of the binlog."""

import random

import pytest

import ddl_cases
from ddl_check import Session

# Whole statements after which the catalog knows that it doesn't know: which columns a period has is in no definition.
KNOWN = {"CREATE TABLE t (id INT, f DATE, u DATE, PERIOD FOR app (f, u), UNIQUE (id, app WITHOUT OVERLAPS))"}


FAST = {"sync_binlog": 0, "innodb_flush_log_at_trx_commit": 0}  # nothing here outlives its server


def cases(full, seed=1):
    every = ddl_cases.TYPE_CASES + ddl_cases.ATTRIBUTE_CASES + ddl_cases.ALTER_CASES + ddl_cases.OTHERS
    if full:
        return every
    chosen = random.Random(seed)
    return ddl_cases.OTHERS + chosen.sample(ddl_cases.ALTER_CASES, 30) + chosen.sample(ddl_cases.TYPE_CASES + ddl_cases.ATTRIBUTE_CASES, 40)


def check(server, full):
    session = Session(server)
    for case in cases(full):
        session.perform(case)
    found = [difference for difference in session.differences() if difference[0] not in KNOWN or difference[1] != "unsure"]
    assert len(session.notes) > 100
    assert not found, "\n".join(" | ".join(str(part)[:300] for part in difference) for difference in found[:20])


def test_mysql_definitions_follow_ddl(make_mysql, request):
    check(make_mysql(**FAST), request.config.getoption("--full"))


@pytest.mark.parametrize("version", ["10.11", "11.8"])
def test_mariadb_definitions_follow_ddl(own_mariadb, request, version):
    full = request.config.getoption("--full")
    if version == "11.8" and not full:
        pytest.skip("in the full run")
    check(own_mariadb(f"ddl{version}", version=version, **FAST), full)


def test_timestamps_without_explicit_defaults(make_mysql):
    session = Session(make_mysql(explicit_defaults_for_timestamp="OFF", **FAST))
    for case in [["CREATE TABLE t (a TIMESTAMP, b TIMESTAMP, c TIMESTAMP NULL, d TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3))"],
                 ["CREATE TABLE t (a INT, b TIMESTAMP NULL, c TIMESTAMP)"],
                 ["CREATE TABLE t (a TIMESTAMP(2) NOT NULL, b TIMESTAMP(2))", "ALTER TABLE t ADD c TIMESTAMP, MODIFY a TIMESTAMP"],
                 ["CREATE TABLE t (a TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, b TIMESTAMP NOT NULL)"]]:
        session.perform(case)
    assert session.differences() == []


def test_names_under_lower_case_table_names_1(own_mariadb):
    session = Session(own_mariadb("ddl-lower", version="10.11", lower_case_table_names=1, **FAST))
    for case in [["CREATE TABLE Tab (A INT, KEY K (a))", "ALTER TABLE TAB ADD B INT", "RENAME TABLE tAb TO E.Tab2", "ALTER TABLE e.TAB2 RENAME D.ÄÖ",
                  "CREATE TABLE kid (a INT)", "DROP TABLE d.äÖ"]]:
        session.perform(case)
    assert session.differences() == []
