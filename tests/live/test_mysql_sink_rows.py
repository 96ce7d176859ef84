"""The mysql sink's SQL: keys that swap, fold, pad or cascade, and images that leave columns out, through the whole of leat."""

import random

import pytest

from leatlab.mysql import Mysql
from mysql_target import apply_to, assert_same, wait_until_applied
from operating import no_relay_broke  # noqa: F401
from test_mysql_rows import HARD

SETTINGS = {"merged": {}, "by_key": {"check": "keys"}, "by_image": {"check": "before_image"}}


@pytest.fixture(scope="module")
def source():
    with Mysql("sinkrows-s") as server:
        yield server


def churn(source, rng):
    """Many small transactions on few keys, with images of each kind."""
    for image in ("FULL", "MINIMAL", "NOBLOB"):
        source.sql(f"SET GLOBAL binlog_row_image = {image}")
        with source.connect() as connection, connection.cursor() as cursor:
            for _ in range(60):
                cursor.execute("BEGIN")
                for _ in range(rng.randrange(1, 5)):
                    a, b, v = rng.randrange(6), rng.randrange(3), rng.randrange(1000)
                    cursor.execute(rng.choice([f"INSERT IGNORE INTO c.pairs (a, b, v) VALUES ({a}, {b}, {v})", f"UPDATE c.pairs SET v = {v} WHERE a = {a}",
                                               f"UPDATE IGNORE c.pairs SET b = {b} WHERE a = {a} LIMIT 1", f"DELETE FROM c.pairs WHERE a = {a} AND b = {b}",
                                               f"REPLACE INTO c.pairs (a, b, v, t) VALUES ({a}, {b}, {v}, REPEAT('x', {v}))"]))
                cursor.execute("COMMIT")
    source.sql("SET GLOBAL binlog_row_image = FULL")


@pytest.mark.parametrize("how", SETTINGS)
def test_sql_ends_in_the_rows_of_the_source(source, make_leat, how):
    for name in ("h", "c"):
        source.sql(f"DROP DATABASE IF EXISTS {name}")
    with Mysql(f"sinkrows-{how}") as target:
        with apply_to(make_leat, source, target, transactions="group", rows="sql", **SETTINGS[how]) as relay:
            source.sql("CREATE DATABASE h; CREATE DATABASE c; CREATE TABLE c.pairs (a INT, b INT, v INT, t TEXT, d INT DEFAULT 5, PRIMARY KEY (a, b));" + HARD)
            churn(source, random.Random(11))
            wait_until_applied(relay, source)
            assert_same(source, target)
