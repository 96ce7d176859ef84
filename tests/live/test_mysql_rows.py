"""The mysql sink's row writer: what it makes of a server's binlog, run on another server, gives the same tables. tests/tools/rows_probe is
the writer by itself, so that a difference is its own."""

import os
import subprocess
from pathlib import Path

import pytest
from leatlab.leat import program
from leatlab.mysql import Mysql, client_argv
from leatlab.witness import Witness
from type_cases import CASES
import type_cases_numbers  # noqa: F401  each of these registers its cases
import type_cases_times  # noqa: F401
import type_cases_texts  # noqa: F401
import type_cases_documents  # noqa: F401
import type_cases_tables  # noqa: F401

LONG = ("control_characters", "all_of_ascii_and_utf8mb3", "sets_of_any_size", "enums_of_any_size", "every_collation_of_the_sets")
# Names beyond utf8mb3 are others in the server than in the statement, out of which the probe takes the target's definitions.
UNTOLD = ("names_of_all_kinds",)
UNITS = {"row_by_row": ["--row-by-row"], "checked": ["--check-before"], "merged": ["--unit", "1000"], "few_rows": ["--unit", "3", "--rows", "2"]}

QUICK = ("row_by_row", "merged")


@pytest.fixture(scope="module")
def source():
    with Mysql("mysqlrows-s", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        yield server


@pytest.fixture(scope="module")
def target():
    with Mysql("mysqlrows-t", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        yield server


def probe(*arguments):
    path = Path(program()).with_name("rows_probe")
    done = subprocess.run([path, *map(str, arguments)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


def apply(server, sql):
    """By the client program."""
    done = subprocess.run([*map(str, client_argv("mysql")), f"--socket={server.socket}", "--user=root", "--binary-mode"], input=sql,
                          capture_output=True)
    if done.returncode:
        failed = done.stderr.decode(errors="replace")
        line = int(failed.split(" at line ")[1].split(":")[0]) if " at line " in failed else 1
        lines = sql.split(b"\n")[max(line - 3, 0):line]
        raise AssertionError(f"{failed[-600:]}\n{lines!r:.3000}")


def tables(server, database):
    return [row[0] for row in server.sql(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{database}' AND table_type = 'BASE TABLE'")]


def check_same(source, target, database):
    """By the server's own checksum, over all columns and rows."""
    names = tables(source, database)
    assert sorted(names) == sorted(tables(target, database))
    if names:
        every = ", ".join(f"`{database}`.`{name}`" for name in names)
        assert source.sql(f"CHECKSUM TABLE {every}") == target.sql(f"CHECKSUM TABLE {every}")


@pytest.fixture(scope="module")
def played(source, request):
    """All cases of types, played once: their databases."""
    databases = []
    for case in CASES:
        if case.name in UNTOLD or (case.name in LONG and not request.config.getoption("--full")):
            continue
        databases.append(f"sql_{case.name}"[:64])
        witness = Witness(source, databases[-1], case.session, case.sql_mode, case.partial)
        try:
            case.change(witness)
        finally:
            witness.close()
    return databases


@pytest.mark.parametrize("how", UNITS)
def test_every_type_gives_the_same_tables(source, target, played, how, request):
    if how not in QUICK and not request.config.getoption("--full"):
        pytest.skip("with --full")
    for database in played:
        target.sql(f"DROP DATABASE IF EXISTS `{database}`")
    apply(target, probe(*UNITS[how], *source.binlogs()))
    for database in played:
        check_same(source, target, database)
