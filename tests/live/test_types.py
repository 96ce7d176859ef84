"""Every value is exact: each before and after value that leat gives, held against the server's own SELECT.

The cases (type_cases*.py) change tables through a witness that asks the server before and after each change. Their binlogs are
decoded by `leat decode` and compared value by value; then `leat tail` and `leat run` must give the same bytes, in whatever time
zone and locale.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from leatlab import leat as leat_program
from leatlab.leat import read_lines
from leatlab.witness import Verdict, Witness, judge
from type_cases import CASES
import type_cases_numbers  # noqa: F401  each of these registers its cases
import type_cases_times  # noqa: F401
import type_cases_texts  # noqa: F401
import type_cases_documents  # noqa: F401
import type_cases_tables  # noqa: F401

HERE = Path(__file__).resolve().parent
# A zone with a summer time, and a locale with other points and letters; where it isn't installed, C's rules are in force.
ELSEWHERE = {"TZ": "America/New_York", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}


def database_of(case):
    return f"types_{case.name}"[:64]


class Recorded:
    """What the cases of this module have done to the server so far."""

    def __init__(self, server):
        self.server = server
        server.sql("FLUSH BINARY LOGS")
        self.start = server.position()[:2]
        self.files = {}    # of each case's database: its binlog file
        self.changes = []
        self.verdict = Verdict()


@pytest.fixture(scope="module")
def recorded(shared_mysql):
    everything = Recorded(shared_mysql)
    yield everything
    print(f"\n{everything.verdict}")
    for database in everything.files:
        shared_mysql.sql(f"DROP DATABASE IF EXISTS `{database}`")


def perform(server, case):
    """The changes of a case, in a binlog file of their own."""
    database = database_of(case)
    server.sql(f"DROP DATABASE IF EXISTS `{database}`; FLUSH BINARY LOGS")
    witness = Witness(server, database, case.session, case.sql_mode)
    try:
        case.change(witness)
    finally:
        witness.close()
    return witness.changes, server.binlogs()[-1]


def decode(*files, **options):
    done = leat_program.run("decode", *files, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def lines_of(text):
    return text.split("\n")[:-1]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_value_is_the_servers(recorded, case):
    changes, file = perform(recorded.server, case)
    verdict = judge(changes, lines_of(decode(file)))
    assert not verdict.differences, str(verdict)
    assert verdict.changes == len(changes) > 0
    recorded.files[database_of(case)] = file
    recorded.changes += changes
    recorded.verdict.add(verdict)
