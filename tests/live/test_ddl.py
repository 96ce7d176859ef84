"""The catalog follows DDL as the server carries it out: statements on real servers, the derived definitions held against
information_schema after each, and against the table maps of the binlog."""

import random

import pytest

import ddl_cases
import ddl_forms
from ddl_check import Session

# Whole statements after which the catalog knows that it doesn't know: which columns a period has is in no definition.
KNOWN = {"CREATE TABLE t (id INT, f DATE, u DATE, PERIOD FOR app (f, u), UNIQUE (id, app WITHOUT OVERLAPS))"}


FAST = {"sync_binlog": 0, "innodb_flush_log_at_trx_commit": 0}  # nothing here outlives its server


def cases(full, seed=1):
    every = ddl_cases.TYPE_CASES + ddl_cases.ATTRIBUTE_CASES + ddl_cases.ALTER_CASES + ddl_cases.OTHERS + ddl_cases.AGAIN_CASES + ddl_cases.CONVERT_CASES
    if full:
        return every
    chosen = random.Random(seed)
    return ddl_cases.OTHERS + chosen.sample(ddl_cases.AGAIN_CASES, 6) + chosen.sample(ddl_cases.CONVERT_CASES, 8) + chosen.sample(ddl_cases.ALTER_CASES, 30) + chosen.sample(ddl_cases.TYPE_CASES + ddl_cases.ATTRIBUTE_CASES, 40)


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


LOWER = [["CREATE TABLE Tab (A INT, KEY K (a))", "ALTER TABLE TAB ADD B INT", "RENAME TABLE tAb TO E.Tab2", "ALTER TABLE e.TAB2 RENAME D.ÄÖ",
          "CREATE TABLE kid (a INT)", "DROP TABLE d.äÖ"],
         ["CREATE TABLE P (Id INT PRIMARY KEY)", "CREATE TABLE Kid (a INT, CONSTRAINT F FOREIGN KEY (A) REFERENCES p (ID))", "RENAME TABLE P TO Q", "ALTER TABLE KID DROP FOREIGN KEY f",
          "CREATE TABLE Copy LIKE KID", "CREATE INDEX I ON COPY (A)", "ALTER TABLE copy RENAME INDEX i TO J, RENAME TO E.Copy", "TRUNCATE E.cOPY"],
         ["CREATE DATABASE IF NOT EXISTS E", "CREATE TABLE `E`.`T` (a INT)", "ALTER DATABASE E CHARACTER SET latin1", "CREATE TABLE e.u (a CHAR(3))", "DROP DATABASE E", "CREATE DATABASE E"]]


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
def test_names_under_lower_case_table_names_1(make_mysql, own_mariadb, kind):
    server = make_mysql(lower_case_table_names=1, **FAST) if kind == "mysql" else own_mariadb("ddl-lower", version="10.11", lower_case_table_names=1, **FAST)
    session = Session(server)
    for case in LOWER:
        session.perform(case)
    assert session.rejected == []
    assert session.differences() == []


def performed(server, chosen):
    """{name of a form: (what the server didn't take, what differs)}"""
    session, spans, rejected = Session(server), {}, {}
    for name, statements in chosen.items():
        began, before = len(session.notes), len(session.rejected)
        session.perform(statements)
        spans[name], rejected[name] = (began, len(session.notes)), session.rejected[before:]
    found = list(session.differences_by_note())
    return {name: (rejected[name], [difference for note in found[began:end] for difference in note]) for name, (began, end) in spans.items()}


@pytest.fixture(scope="module")
def alter_forms(request):
    """What became of each form on a server, run once. The quick run takes a part of them, each by its name as in the full one."""
    from leatlab.mariadb import Mariadb
    from leatlab.mysql import Mysql
    made, full = {}, request.config.getoption("--full")

    def result(kind, name):
        if kind not in made:
            forms = ddl_forms.forms(kind != "mysql")
            chosen = forms if full else {form: forms[form] for form in random.Random(7).sample(sorted(forms), QUICK_FORMS)}
            server = Mysql("forms", **FAST) if kind == "mysql" else Mariadb("forms", version=kind.removeprefix("mariadb"), **FAST)
            with server:
                made[kind] = performed(server, chosen)
        if name not in made[kind]:
            pytest.skip("in the full run")
        return made[kind][name]
    return result


QUICK_FORMS = 25
SERVERS = {"mysql": False, "mariadb10.11": True, "mariadb11.8": True}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, mariadb in SERVERS.items() for name in ddl_forms.forms(mariadb)])
def test_alter_table_form(alter_forms, request, kind, name):
    if kind == "mariadb11.8" and not request.config.getoption("--full"):
        pytest.skip("in the full run")
    if kind == "mariadb10.11" and name in ddl_forms.SINCE_11:
        pytest.skip("since MariaDB 11")
    rejected, differences = alter_forms(kind, name)
    assert rejected == []
    assert differences == []
