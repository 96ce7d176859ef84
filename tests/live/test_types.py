"""Every value is exact: each before and after value that leat gives, held against the server's own SELECT.

The cases (type_cases*.py) change tables through a witness that asks the server before and after each change. Their binlogs are
decoded by `leat decode` and compared value by value; then `leat tail` and `leat run` must give the same bytes, in whatever time
zone and locale.
"""

import json
import os
import subprocess
from itertools import zip_longest
from pathlib import Path
from shutil import which

import pytest
from leatlab import leat as leat_program
from leatlab.leat import read_lines
from leatlab.mysql import Mysql
from leatlab.values import members
from leatlab.witness import Verdict, Witness, judge
from type_cases import CASES
import type_cases_numbers  # noqa: F401  each of these registers its cases
import type_cases_times  # noqa: F401
import type_cases_texts  # noqa: F401
import type_cases_documents  # noqa: F401
import type_cases_tables  # noqa: F401
import type_cases_partial  # noqa: F401

HERE = Path(__file__).resolve().parent


def database_of(case):
    return f"types_{case.name}"[:64]


class Recorded:
    """What the cases of this module have done to the server so far."""

    def __init__(self, server):
        self.server = server
        server.sql("FLUSH BINARY LOGS")
        self.start = server.position()[:2]
        self.files = {}    # of each case's database: its binlog file
        self.verdict = Verdict()


@pytest.fixture(scope="module")
def recorded(shared_mysql):
    everything = Recorded(shared_mysql)
    yield everything
    print(f"\n{everything.verdict}")
    for database in everything.files:
        shared_mysql.sql(f"DROP DATABASE IF EXISTS `{database}`")


def perform(server, case, full=True):
    """The changes of a case, in a binlog file of their own."""
    database = database_of(case)
    server.sql(f"DROP DATABASE IF EXISTS `{database}`; FLUSH BINARY LOGS")
    witness = Witness(server, database, case.session, case.sql_mode, case.partial, full)
    try:
        case.change(witness)
    finally:
        witness.close()
    return witness.changes, server.binlogs()[-1]


def decode(*arguments, env=None):
    done = leat_program.run("decode", *arguments, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def lines_of(text):
    return text.split("\n")[:-1]  # not splitlines(), which also splits at U+2028


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_value_is_the_servers(recorded, case):
    changes, file = perform(recorded.server, case)
    verdict = judge(changes, lines_of(decode(file)))
    assert not verdict.differences, str(verdict)
    assert verdict.changes == len(changes) > 0
    assert bool(verdict.absent) == case.partial
    recorded.files[database_of(case)] = file
    recorded.verdict.add(verdict)


def test_a_value_that_is_wrong_is_found(shared_mysql):
    """The judge itself: each value of a line, changed alone, is one difference."""
    case = next(case for case in CASES if case.name == "with_the_statements_text_between")
    changes, file = perform(shared_mysql, case)
    lines = lines_of(decode(file))
    assert not judge(changes, lines).differences
    at = next(i for i, line in enumerate(lines) if '"op":"update"' in line)
    found = 0
    for image in ("before", "after"):
        raw = dict(members(lines[at]))[image]
        for name, value in members(raw):
            for other in {"null", '""', "8", value + "0" if value[-1].isdigit() else "[]", value[:-2] + "1" + value[-1:]} - {value}:
                changed = lines[at].replace(raw, raw.replace(f'"{name}":{value}', f'"{name}":{other}', 1), 1)
                try:
                    differences = judge(changes, [*lines[:at], changed, *lines[at + 1:]]).differences
                except ValueError:  # no JSON any more
                    differences = [changed]
                assert differences, f"{name}: {value} -> {other}"
                found += 1
    assert found > 60
    assert judge(changes, [line for i, line in enumerate(lines) if i != at]).differences
    assert judge(changes, [*lines, lines[-1]]).differences
    shared_mysql.sql(f"DROP DATABASE `{database_of(case)}`")


# ---- All ways give the same bytes ----

@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The environment of a time zone with a summer time, and of a German locale, by which the C library would read and write
    numbers. Where such a locale can't be made, only its name is given."""
    folder = tmp_path_factory.mktemp("locale")
    made = subprocess.run(["localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", folder / "de_DE.UTF-8"],
                          capture_output=True) if which("localedef") else None
    return {"TZ": "America/New_York", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8",
            **({"LOCPATH": str(folder)} if made and made.returncode == 0 else {})}


@pytest.fixture(scope="module")
def decoded(recorded, tmp_path_factory):
    """(folder, the lines of all cases' binlogs by `leat decode`, up to where)."""
    for case in CASES:
        if database_of(case) not in recorded.files:  # one test alone was asked for
            recorded.files[database_of(case)] = perform(recorded.server, case)[1]
    end = recorded.server.position()[:2]
    binlogs = recorded.server.binlogs()
    names = [path.name for path in binlogs]
    folder = tmp_path_factory.mktemp("ways")
    path = folder / "decode"
    write(path, "decode", *binlogs[names.index(recorded.start[0]):])
    return folder, path, end


def write(path, *arguments, env=None):
    with open(path, "wb") as out:
        done = subprocess.run([leat_program.program(), *map(str, arguments)], stdout=out, stderr=subprocess.PIPE, timeout=300,
                              env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]


DEFINED = {"id", "declared", "stored", "generated", "expression", "default", "default_expression", "auto_increment", "indexes", "foreign_keys"}


def without_definition(line):
    """A definition's line with what the binlog tells alone."""
    if not line or not line.startswith(b'{"op":"schema"'):
        return line
    told = {name: value for name, value in json.loads(line).items() if name not in DEFINED}
    told["columns"] = [{name: value for name, value in column.items() if name not in DEFINED} for column in told["columns"]]
    return told


def assert_same_lines(one, other):
    """Of two files, or lists of lines. Who reads binlogs alone has no definitions from the server."""
    pairs = zip_longest(*(path if isinstance(path, list) else open(path, "rb") for path in (one, other)))
    for number, (mine, theirs) in enumerate(pairs, 1):
        mine, theirs = without_definition(mine), without_definition(theirs)
        assert mine == theirs, f"line {number}: {str(mine)[:500]} is not {str(theirs)[:500]}"


def test_tail_gives_the_same_bytes(recorded, decoded, elsewhere):
    folder, path, end = decoded
    server = recorded.server
    write(folder / "tail", "tail", server.url(), "--password-file", server.password_file(),
          "--from", "{}:{}".format(*recorded.start), "--until", "{}:{}".format(*end), env=elsewhere)
    assert_same_lines(folder / "tail", path)


def test_the_relay_gives_the_same_bytes(recorded, decoded, make_leat):
    _, path, _ = decoded
    relay = make_leat(recorded.server, source={"start": "{}:{}".format(*recorded.start)})
    relay.start(env={"TZ": "Asia/Kathmandu", "LC_ALL": "C"})
    relay.wait_until_delivered(recorded.server)
    assert relay.stop() == 0
    assert_same_lines([line for file in relay.files() for line in read_lines(file)], path)


def test_neither_zone_nor_locale_changes_a_byte(recorded, decoded, elsewhere):
    folder, path, _ = decoded
    binlogs = recorded.server.binlogs()
    binlogs = binlogs[[path.name for path in binlogs].index(recorded.start[0]):]
    write(folder / "elsewhere", "decode", *binlogs, env=elsewhere)
    assert_same_lines(folder / "elsewhere", path)
    write(folder / "plain", "decode", *binlogs, env={"TZ": "UTC", "LC_ALL": "C"})
    assert_same_lines(folder / "plain", path)


@pytest.fixture(scope="module")
def apart():
    """A server in another time zone, and for changes that would stop whoever else follows the shared one's binlog."""
    with Mysql("apart", default_time_zone="+05:30") as server:
        yield server


def test_a_server_in_another_zone(apart, elsewhere, tmp_path):
    assert apart.value("SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP())").total_seconds() == 5.5 * 3600
    everything = Verdict()
    start = "{}:{}".format(*apart.position())
    for case in CASES:
        if case.change.__module__ == "type_cases_times":
            changes, file = perform(apart, case)
            everything.add(judge(changes, lines_of(decode(file, env=elsewhere))))
    assert not everything.differences and everything.values > 1000, str(everything)
    write(tmp_path / "tail", "tail", apart.url(), "--password-file", apart.password_file(), "--from", start, "--until", "now", env=elsewhere)
    write(tmp_path / "decode", "decode", *apart.binlogs(), "--from", start, env={"TZ": "UTC", "LC_ALL": "C"})
    assert_same_lines(tmp_path / "tail", tmp_path / "decode")


MINIMAL = ("integers_at_their_ends", "years_and_the_signs_behind_them", "spaces_at_the_end", "zero_bytes_at_the_end", "enums_of_any_size",
           "sets_of_any_size", "nothing_of_everything", "vectors", "every_collation_of_the_sets", "as_many_columns_as_there_can_be")


def test_values_with_minimal_metadata(apart):
    """MySQL's default: neither names nor members nor keys are told, but signs and character sets are."""
    everything = Verdict()
    apart.sql("SET GLOBAL binlog_row_metadata=MINIMAL")
    for case in CASES:
        if case.name in MINIMAL:
            changes, file = perform(apart, case, full=False)
            everything.add(judge(changes, lines_of(decode(file))))
    apart.sql("SET GLOBAL binlog_row_metadata=FULL")
    assert not everything.differences and everything.values > 10000, str(everything)


# ---- Random ----

def test_random_documents(request):
    seconds = 300 if request.config.getoption("--full") else 8
    done = subprocess.run([HERE / "json-campaign", "--seconds", str(seconds)], capture_output=True, text=True, timeout=seconds * 4 + 120)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
