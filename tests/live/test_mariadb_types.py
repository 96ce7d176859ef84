"""MariaDB's values are exact: the cases of test_types.py that it has the types and the words for, and its own types, held against
its own SELECT."""

import base64
import json

import pytest
from pymysql.err import OperationalError, ProgrammingError

from leatlab.witness import Verdict, judge
from test_types import CASES, decode, lines_of, perform

# What these say that MariaDB doesn't know: types, functions, variables, collations, or names beyond U+FFFF.
MYSQLS_OWN = {
    "timestamps_written_at_the_other_end", "control_characters", "every_collation_of_the_sets", "nothing_of_everything",
    "json_of_other_types", "json_of_columns_of_every_type", "json_containers", "json_changed_in_place", "json_null_and_null",
    "geometry_of_every_kind", "vectors", "generated_invisible_key", "generated_and_invisible_columns", "names_of_all_kinds",
    "partial_json", "partial_json_without_a_key", "partial_json_of_what_changed", "partial_json_of_what_changed_without_a_key", "partial_json_without_blobs", "partial_json_without_blobs_and_key",
    "images_of_what_changed", "images_without_blobs", "with_the_statements_text_between"}


def test_every_value_is_the_servers(shared_mariadb):
    server, total, passed_over = shared_mariadb(), Verdict(), set()
    for case in CASES:
        try:
            changes, file = perform(server, case)
        except (OperationalError, ProgrammingError, AssertionError) as error:
            assert case.name in MYSQLS_OWN, f"{case.name}: {error}"
            passed_over.add(case.name)
            continue
        verdict = judge(changes, lines_of(decode(file)))
        assert not verdict.differences, f"{case.name}: {verdict}"
        assert verdict.changes == len(changes) > 0
        total.add(verdict)
    assert len(CASES) - len(passed_over) > 25
    print(total)


OWN = [
    ("u", "UUID", "123e4567-e89b-12d3-a456-426655440000", "123e4567e89b12d3a456426655440000"),
    ("u0", "UUID", "ffffffff-ffff-4fff-bfff-ffffffff0000", "ffffffffffff4fffbfffffffffff0000"),
    ("i4", "INET4", "192.0.2.33", "c0000221"),
    ("i4z", "INET4", "10.0.0.0", "0a000000"),
    ("i6", "INET6", "2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329"),
    ("i6z", "INET6", "1::", "0001" + "0" * 28),
]


@pytest.mark.parametrize("version", ["10.11", "11.8"])
def test_addresses_and_uuids_are_their_bytes(shared_mariadb, version):
    server = shared_mariadb(version)
    server.sql("DROP TABLE IF EXISTS test.own; FLUSH BINARY LOGS; CREATE TABLE test.own (" +
               ", ".join(f"{name} {kind}" for name, kind, *_ in OWN) + ", x VARCHAR(10) COLLATE uca1400_ai_ci, d DECIMAL(65,38))")
    server.sql("INSERT INTO test.own VALUES (" + ", ".join(f"'{text}'" for _, _, text, _ in OWN) + ", 'é', -1.5)")
    lines = [json.loads(line) for line in lines_of(decode(server.binlogs()[-1]))]
    after = next(line for line in lines if line["op"] == "insert")["after"]
    for name, _, _, data in OWN:
        assert base64.b64decode(after[name]).hex() == data, name
    assert (after["x"], after["d"]) == ("é", "-1." + "5".ljust(38, "0"))
