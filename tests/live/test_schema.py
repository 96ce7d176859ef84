"""leat schema: what the journal knows of tables through time is what the server did, and its SQL makes the same tables."""

import json

import pytest

from leatlab.leat import Leat
from leatlab.mysql import Mysql

TABLES = {
    "mysql": [
        "CREATE TABLE {db}.t (id INT UNSIGNED NOT NULL AUTO_INCREMENT, name VARCHAR(20) CHARACTER SET latin1 NOT NULL DEFAULT 'it''s \\\\', "
        "amount DECIMAL(10,2) DEFAULT '1.50', kind ENUM('a','b''c') DEFAULT 'a', at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
        "bits BIT(5) DEFAULT b'101', doc JSON, raw VARBINARY(9), made VARCHAR(60) DEFAULT (CONCAT('a','b')), "
        "twice INT GENERATED ALWAYS AS (amount * 2) VIRTUAL, who VARCHAR(9) COLLATE utf8mb4_bin, PRIMARY KEY (id), UNIQUE KEY `by name` (name(5), kind)) "
        "DEFAULT CHARSET utf8mb4",
        "ALTER TABLE {db}.t ADD COLUMN extra INT NULL FIRST, DROP COLUMN raw, ADD KEY by_at (at)",
        "ALTER TABLE {db}.t RENAME COLUMN extra TO other, MODIFY name VARCHAR(40) NULL, DROP KEY by_at",
        "ALTER TABLE {db}.t ADD COLUMN hidden INT INVISIBLE, ADD FULLTEXT KEY words (made)",
    ],
    "mariadb": [
        "CREATE TABLE {db}.t (id INT UNSIGNED NOT NULL AUTO_INCREMENT, name VARCHAR(20) CHARACTER SET latin1 NOT NULL DEFAULT 'it''s \\\\', "
        "amount DECIMAL(10,2) DEFAULT '1.50', kind ENUM('a','b''c') DEFAULT 'a', at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
        "bits BIT(5) DEFAULT b'101', raw VARBINARY(9), made VARCHAR(60) DEFAULT concat('a','b'), "
        "twice INT GENERATED ALWAYS AS (amount * 2) VIRTUAL, who VARCHAR(9) COLLATE utf8mb4_bin, u UUID, PRIMARY KEY (id), UNIQUE KEY `by name` (name(5), kind)) "
        "DEFAULT CHARSET utf8mb4",
        "ALTER TABLE {db}.t ADD COLUMN extra INT NULL FIRST, DROP COLUMN raw, ADD KEY by_at (at)",
        "ALTER TABLE {db}.t CHANGE extra other INT, MODIFY name VARCHAR(40) NULL, DROP KEY by_at",
        "ALTER TABLE {db}.t ADD COLUMN hidden INT INVISIBLE, ADD FULLTEXT KEY words (made)",
    ],
}


@pytest.fixture(scope="module")
def mariadb(own_mariadb):
    return own_mariadb("schema-m")


@pytest.fixture(scope="module")
def mysql():
    with Mysql("schema") as server:
        yield server


@pytest.fixture(params=["mysql", "mariadb"])
def primary(request):
    server = request.getfixturevalue(request.param)
    server.sql("CREATE DATABASE IF NOT EXISTS shop; CREATE DATABASE IF NOT EXISTS again; GRANT SELECT ON shop.* TO cdc@'%'")
    server.kind = request.param
    yield server
    server.sql("DROP DATABASE shop; DROP DATABASE again")


def relay_of(server, folder):
    return Leat(folder, server.url(), server.password_file(), source={"start": "now", "heartbeat": "1s"})


def history(relay, *options):
    done = relay.ask("schema", "shop.t", "--format", "json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["definitions"]


def described(server, database):
    """What the server says of the table, but for its database's name."""
    return (server.sql(f"SELECT COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, COLUMN_KEY, EXTRA, "
                       f"GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{database}' ORDER BY ORDINAL_POSITION"),
            server.sql(f"SELECT INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, INDEX_TYPE FROM information_schema.STATISTICS "
                       f"WHERE TABLE_SCHEMA = '{database}' ORDER BY INDEX_NAME, SEQ_IN_INDEX"),
            server.sql(f"SELECT TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}'"))


def made_again(server, relay, point):
    sql = relay.ask("schema", "shop.t", "--at", point, "--format", "sql")
    assert sql.returncode == 0, sql.stderr
    server.sql("DROP TABLE IF EXISTS again.t")
    server.sql(sql.stdout.replace("CREATE TABLE `shop`", "CREATE TABLE `again`"))
    return described(server, "again")


def test_the_sql_of_each_stage_makes_that_table(primary, tmp_path):
    with relay_of(primary, tmp_path) as relay:
        relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
        stages = []
        for statement in TABLES[primary.kind]:
            primary.sql(statement.format(db="shop"))
            stages.append((described(primary, "shop"), "%s:%d" % primary.position()[:2]))
        relay.wait_until_delivered(primary)
        steps = history(relay)
        assert [step["how"] for step in steps] == ["statement"] * len(stages)
        assert [step["why"] for step in steps] == [statement.format(db="shop") for statement in TABLES[primary.kind]]
        changes = [{(change["what"], change.get("name")) for change in step["changes"]} for step in steps[1:]]
        assert changes == [{("column_added", "extra"), ("column_dropped", "raw"), ("key_added", "by_at")},
                           {("column_renamed", "other"), ("column_changed", "name"), ("key_dropped", "by_at")},
                           {("column_added", "hidden"), ("key_added", "words")}]
        for expected, point in stages:
            assert made_again(primary, relay, point) == expected
        relay.kill()  # and offline, by its folder alone
        assert len(json.loads(relay.ask("schema", "shop.t", "--format", "json").stdout)["definitions"]) == len(stages)


def test_a_table_that_was_there_is_read_and_read_again(primary, tmp_path):
    primary.sql(TABLES[primary.kind][0].format(db="shop"))
    with relay_of(primary, tmp_path) as relay:
        relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
        primary.sql("INSERT INTO shop.t () VALUES ()")
        relay.wait_until_delivered(primary)
        done = relay.ask("schema", "reload", "shop.t", "--from", "server")
        assert done.returncode == 0, done.stderr
        assert made_again(primary, relay, "now") == described(primary, "shop")
        assert history(relay)[-1]["how"] == "read"
        text = tmp_path / "t.sql"
        for name in ("told", "retold", "told_again", "told_last"):  # each is in the journal once leat says that it is done
            text.write_text(f"CREATE TABLE shop.t (id INT UNSIGNED PRIMARY KEY, {name} VARCHAR(7))")
            done = relay.ask("schema", "reload", "shop.t", "--from", text)
            assert done.returncode == 0, done.stderr
            last = history(relay)[-1]
            assert (last["how"], [column["name"] for column in last["columns"]]) == ("told", ["id", name])
        assert len(history(relay, "--at", "now")) == 1


def test_what_isnt_known(primary, tmp_path):
    with relay_of(primary, tmp_path) as relay:
        relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
        primary.sql("CREATE TABLE shop.known (id INT PRIMARY KEY)")
        relay.wait_until_delivered(primary)
        done = relay.ask("schema", "shop.nothing")
        assert done.returncode == 1
        assert "no definition of shop.nothing is known" in done.stderr and "shop.known" in done.stderr
        done = relay.ask("schema", "reload", "shop.nothing", "--from", "server")
        assert done.returncode == 1 and "nothing" in done.stderr
        done = relay.ask("schema", "reload", "shop.known", "--from", tmp_path / "missing")
        assert done.returncode == 1 and "there is no file" in done.stderr


def test_a_halted_source_goes_on_after_a_reload(primary, tmp_path):
    """A table that was changed without the binlog's knowledge, on a server that may not be asked: rows don't fit what is known, until
    an operator tells."""
    metadata = primary.sql("SELECT @@GLOBAL.binlog_row_metadata")[0][0]
    primary.sql("SET GLOBAL binlog_row_metadata = MINIMAL; CREATE TABLE shop.t (id INT PRIMARY KEY, a INT)")
    try:
        with relay_of(primary, tmp_path) as relay:
            relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
            primary.sql("INSERT INTO shop.t VALUES (1, 2)")
            relay.wait_until_delivered(primary)
            primary.sql("REVOKE SELECT ON shop.* FROM cdc@'%'")
            primary.sql("SET sql_log_bin = 0; ALTER TABLE shop.t ADD COLUMN b VARCHAR(9); SET sql_log_bin = 1; INSERT INTO shop.t VALUES (2, 3, 'x')")
            status = relay.wait_for(lambda status: status["source"]["state"] == "halted", "the halt")
            assert "leat schema reload shop.t" in status["source"]["error"]["cure"], status["source"]["error"]
            text = tmp_path / "t.sql"
            text.write_text(primary.sql("SHOW CREATE TABLE shop.t")[0][1])
            done = relay.ask("schema", "reload", "shop.t", "--from", text)
            assert done.returncode == 0, done.stderr
            relay.wait_until_delivered(primary)
            rows = [line["after"] for line in relay.lines("files") if line["op"] == "insert"]
            assert rows == [{"id": 1, "a": 2}, {"id": 2, "a": 3, "b": "x"}]
    finally:
        primary.sql(f"SET GLOBAL binlog_row_metadata = {metadata}")
