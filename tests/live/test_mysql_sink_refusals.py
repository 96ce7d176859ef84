"""The mysql sink meets a target that isn't as it should be: each with its message and cure, and nothing lost once it is cured."""

import pytest

from leatlab.mysql import Mysql
from mysql_target import apply_to, assert_same, executed, rows_of, wait_until_applied, wait_until_same_gtids
from operating import no_relay_broke  # noqa: F401


@pytest.fixture(scope="module")
def servers():
    with Mysql("refusing-source") as source, Mysql("refusing-target") as target:
        yield source, target


@pytest.fixture
def pair(servers):
    """Both empty, with GTIDs of their own gone."""
    for server in servers:
        server.sql("DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS leat; SET GLOBAL read_only = OFF; RESET BINARY LOGS AND GTIDS")
    return servers


def halted(relay, *words):
    status = relay.wait_for(lambda s: s["sinks"][0]["state"] == "halted", "a halted sink")
    error = status["sinks"][0]["error"]
    for word in words:
        assert word in error["message"] + " " + error["cure"], error
    return error


def resume(relay):
    assert relay.ask("resume", "target").returncode == 0


@pytest.mark.parametrize("mode", ["preserve", "group"])
def test_row_that_differs_stops_at_its_transaction_alone_and_can_be_skipped(pair, make_leat, mode):
    source, target = pair
    relay = apply_to(make_leat, source, target, transactions=mode, check="keys")
    with relay:
        source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)")
        source.sql("INSERT INTO shop.t VALUES (1, 1), (2, 2), (3, 3)")
        wait_until_applied(relay, source)
        target.sql("SET sql_log_bin = 0; DELETE FROM shop.t WHERE id = 2")
        source.sql("UPDATE shop.t SET v = 10 WHERE id = 1; DELETE FROM shop.t WHERE id = 2; UPDATE shop.t SET v = 30 WHERE id = 3")
        gtid = executed(source).split(":")[0] + ":5"
        halted(relay, gtid, "shop.t", "leat skip target " + gtid)
        assert relay.ask("skip", "target", gtid, "--reason", "deleted by hand").returncode == 0
        wait_until_applied(relay, source)
        assert_same(source, target)
        if mode == "preserve":
            wait_until_same_gtids(source, target)


def test_missing_table_other_definition_and_read_only_target_are_told_and_cured(pair, make_leat):
    source, target = pair
    target.user("applier", "secret", "SELECT, UPDATE, DELETE, CREATE ON *.*; INSERT ON leat.*")
    try:
        relay = apply_to(make_leat, source, target, url=target.url("applier"), password="secret", ddl="skip", transactions="group")
        with relay:
            source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)")
            target.sql("CREATE DATABASE shop")
            source.sql("INSERT INTO shop.t VALUES (1, 1)")
            halted(relay, "there is no table shop.t", "leat resume target")
            target.sql("CREATE TABLE shop.t (id INT PRIMARY KEY)")
            resume(relay)
            halted(relay, "shop.t", "v", "ALTER TABLE")
            target.sql("ALTER TABLE shop.t ADD COLUMN v INT")
            resume(relay)
            halted(relay, "INSERT command denied", "docs/sinks/mysql.md")
            target.sql("SET sql_log_bin = 0; GRANT INSERT ON *.* TO applier@'%'")
            target.sql("SET GLOBAL read_only = ON")
            resume(relay)
            halted(relay, "read-only", "SET GLOBAL read_only = OFF")
            target.sql("SET GLOBAL read_only = OFF")
            resume(relay)
            wait_until_applied(relay, source)
            assert rows_of(source, "shop", "t") == rows_of(target, "shop", "t")
    finally:
        target.sql("SET sql_log_bin = 0; DROP USER applier@'%'")


def test_second_relay_of_a_group_sink_ends_the_first(pair, make_leat):
    source, target = pair
    first = apply_to(make_leat, source, target, transactions="group").start()
    source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)")
    wait_until_applied(first, source)
    second = apply_to(make_leat, source, target, start="binlog.000001:158", transactions="group").start()
    wait_until_applied(second, source)
    source.sql("INSERT INTO shop.t VALUES (1)")
    assert first.wait() == 15
    assert "another leat took over" in first.log_text()
    wait_until_applied(second, source)
    assert_same(source, target)
    second.stop()


def test_rewind_of_a_preserving_sink_is_refused_and_a_lost_file_costs_nothing(pair, make_leat):
    source, target = pair
    relay = apply_to(make_leat, source, target, transactions="preserve").start()
    source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1)")
    wait_until_applied(relay, source)
    assert relay.ask("rewind", "target", "--to", "earliest", "--yes").returncode == 0
    halted(relay, "can't go back", "gtid_purged")
    relay.kill()
    for path in relay.folder.glob("journal/**/mysql-target.checkpoint"):
        path.unlink()
    relay.start()
    source.sql("INSERT INTO shop.t VALUES (2)")
    wait_until_applied(relay, source)
    assert_same(source, target)
    wait_until_same_gtids(source, target)
    relay.stop()
