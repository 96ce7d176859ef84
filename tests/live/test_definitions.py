"""Servers as they are: binlog_row_metadata MINIMAL (MySQL's default) and NO_LOG (MariaDB's). Names, types and signs come from the
server's definitions and from DDL; the oracle is the server's own SELECT, or the same rows under FULL."""

import json
import threading
import time

import pytest

from leatlab.leat import run
from operating import QUICK_SOURCE, refused, source_error, streaming, tail


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def source(request):
    """A server with its defaults, whose account may read definitions."""
    from leatlab import install
    from leatlab.mariadb import Mariadb
    from leatlab.mysql import Mysql
    try:
        server = (Mysql("bare", binlog_row_metadata="MINIMAL") if request.param == "mysql"
                  else Mariadb("bare-m", version="10.11", binlog_row_metadata="NO_LOG"))
    except install.Unavailable as why:
        pytest.skip(str(why))
    server.start()
    server.sql("GRANT SELECT ON *.* TO cdc@'%'")
    server.bare = "MINIMAL" if request.param == "mysql" else "NO_LOG"
    yield server
    server.destroy()


@pytest.fixture
def database(source, request):
    name = request.node.originalname[5:45]
    source.sql(f"CREATE DATABASE {name}")
    return name


def place(server):
    return "%s:%s" % tuple(server.position()[:2])


def lines_of(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def changes(lines, table=None):
    return [line for line in lines if line["op"] in ("insert", "update", "delete") and (table is None or line["table"] == table)]


def rows_after(lines, table=None):
    return [line.get("after", line.get("before")) for line in changes(lines, table)]


def from_(server, start, *arguments):
    return tail(server, "--from", start, "--until", "now", *arguments)


TYPES = ("id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, tiny TINYINT UNSIGNED, small SMALLINT, n INT UNSIGNED DEFAULT 7, "
         "e ENUM('a','ö','it''s') CHARACTER SET latin1, s SET('x','y'), c CHAR(5), v VARCHAR(30) CHARACTER SET cp1251 DEFAULT 'да', "
         "b VARBINARY(9), t TEXT, d DECIMAL(12,3), f FLOAT, g BIGINT GENERATED ALWAYS AS (n + 1) STORED, ts TIMESTAMP(3) NULL, "
         "dt DATETIME(6), y YEAR, bits BIT(9), UNIQUE KEY both_of (n, v), KEY part (t(4))")
VALUES = "(NULL, 255, -1, 4000000000, 'ö', 'x,y', 'ab', 'да', x'00ff', 'text', -1.5, 0.5, DEFAULT, '2001-02-03 04:05:06.789', " \
         "'2001-02-03 04:05:06.000007', 1999, b'100000001')"


def test_names_types_and_signs_are_those_of_full_metadata(source, database):
    source.sql(f"CREATE TABLE {database}.t ({TYPES})")
    start = place(source)
    source.sql(f"INSERT INTO {database}.t VALUES {VALUES}")
    source.sql(f"UPDATE {database}.t SET tiny = 128, e = 'it''s' WHERE id = 1")
    bare = lines_of(from_(source, start))
    source.sql(f"DELETE FROM {database}.t; ALTER TABLE {database}.t AUTO_INCREMENT = 1; SET GLOBAL binlog_row_metadata=FULL")
    start = place(source)
    try:
        source.sql(f"INSERT INTO {database}.t VALUES {VALUES}")
        source.sql(f"UPDATE {database}.t SET tiny = 128, e = 'it''s' WHERE id = 1")
    finally:
        source.sql(f"SET GLOBAL binlog_row_metadata={source.bare}")
    full = lines_of(from_(source, start))
    schemas = [next(line for line in lines if line["op"] == "schema") for lines in (bare, full)]
    for schema in schemas:
        schema.pop("id")
    for one, other in zip(schemas[0]["columns"], schemas[1]["columns"], strict=True):
        assert one == other
    assert schemas[0] == schemas[1]
    for one, other in zip(changes(bare), changes(full), strict=True):
        assert one["after"].pop("id") and other["after"].pop("id")
        assert one["after"] == other["after"]
    columns = {column["name"]: column for column in schemas[0]["columns"]}
    assert columns["id"]["auto_increment"] and columns["g"]["stored"] and columns["e"]["members"] == ["a", "ö", "it's"]
    assert {index["name"]: (index["unique"], index["columns"]) for index in schemas[0]["indexes"]} == \
        {"both_of": (True, ["n", "v"]), "part": (False, ["t"])}


@pytest.mark.parametrize("version", ["10.11", "11.8"])
def test_uuid_and_inet_are_printed_as_the_server_prints_them(shared_mariadb, version):
    server = shared_mariadb(version)
    server.sql("GRANT SELECT ON *.* TO cdc@'%'; CREATE DATABASE shapes; CREATE TABLE shapes.t "
               "(n INT PRIMARY KEY, u UUID, a INET4, b INET6)")
    start = place(server)
    addresses = ["::", "::1", "1::", "1:0:2:3:4:5:6:7", "0:0:1::", "1:0:0:2:0:0:0:3", "::ffff:1.2.3.4", "::1.2.3.4", "::ffff:0:1.2.3.4",
                 "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "0:1:2:3:4:5:6:0", "::5:6:7:8", "1:2:3:4:5:6::"]
    ids = ["00000000-0000-0000-0000-000000000000", "123e4567-e89b-12d3-a456-426655440000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
           "01890a5d-ac96-774b-bcce-b302099a8000"]
    for n, address in enumerate(addresses):
        server.sql(f"INSERT INTO shapes.t VALUES ({n}, '{ids[n % len(ids)]}', '{n}.0.255.{n}', '{address}')")
    server.sql(f"INSERT INTO shapes.t VALUES ({len(addresses)}, NULL, NULL, NULL)")
    rows = rows_after(lines_of(from_(server, start)))
    told = server.sql("SELECT n, CAST(u AS CHAR), CAST(a AS CHAR), CAST(b AS CHAR) FROM shapes.t ORDER BY n")
    assert [(row["n"], row["u"], row["a"], row["b"]) for row in rows] == [tuple(row) for row in told]
    server.sql("DROP DATABASE shapes")


ALTERS = ["ADD COLUMN added INT UNSIGNED DEFAULT 3", "CHANGE name title VARCHAR(90) CHARACTER SET latin1", "ADD COLUMN early BIGINT FIRST",
          "DROP COLUMN added", "MODIFY n BIGINT UNSIGNED", "ADD UNIQUE KEY un (n)", "RENAME COLUMN n TO m", "CONVERT TO CHARACTER SET utf8mb4"]


def test_rows_between_alters_have_the_names_of_their_time(source, database):
    start, told = place(source), []
    source.sql(f"CREATE TABLE {database}.t (id INT AUTO_INCREMENT PRIMARY KEY, n INT UNSIGNED, name VARCHAR(20))")
    for number in range(len(ALTERS) + 1):
        if number:
            source.sql(f"ALTER TABLE {database}.t {ALTERS[number - 1]}")
        source.sql(f"INSERT INTO {database}.t (id) VALUES ({number + 1})")
        names = [row[0] for row in source.sql(f"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{database}' "
                                              "ORDER BY ORDINAL_POSITION")]
        told.append(names)
    lines = lines_of(from_(source, start))
    assert [list(row) for row in rows_after(lines, "t")] == told


def test_tables_are_made_in_every_way(source, database):
    start = place(source)
    source.sql(f"CREATE TABLE {database}.a (id INT UNSIGNED PRIMARY KEY, name VARCHAR(20) DEFAULT 'x')")
    source.sql(f"INSERT INTO {database}.a (id) VALUES (4000000000)")
    source.sql(f"CREATE TABLE {database}.alike LIKE {database}.a; INSERT INTO {database}.alike VALUES (4000000001, 'y')")
    source.sql(f"CREATE TABLE {database}.chosen (PRIMARY KEY (id)) SELECT id, name AS title FROM {database}.a")
    source.sql(f"INSERT INTO {database}.chosen VALUES (4000000002, 'z')")
    source.sql(f"CREATE TEMPORARY TABLE {database}.a (other INT); DROP TEMPORARY TABLE {database}.a; "
               f"UPDATE {database}.a SET name = 'after'")
    source.sql(f"ALTER TABLE {database}.alike RENAME TO {database}.moved, ADD COLUMN more BIGINT UNSIGNED DEFAULT 18446744073709551615; "
               f"INSERT INTO {database}.moved (id) VALUES (1)")
    source.sql(f"TRUNCATE TABLE {database}.moved; INSERT INTO {database}.moved (id) VALUES (2)")
    source.sql(f"DROP TABLE {database}.a; CREATE TABLE {database}.a (`od``d name` INT UNSIGNED); INSERT INTO {database}.a VALUES (4000000003)")
    source.sql(f"USE {database}; CREATE TABLE x (v TEXT CHARACTER SET latin1, `null` YEAR); INSERT INTO x VALUES ('ä', 1999)")
    rows = [(line["table"], line["after"]) for line in changes(lines_of(from_(source, start)))]
    most = 18446744073709551615
    assert rows == [("a", {"id": 4000000000, "name": "x"}), ("alike", {"id": 4000000001, "name": "y"}),
                    ("chosen", {"id": 4000000000, "title": "x"}), ("chosen", {"id": 4000000002, "title": "z"}),
                    ("a", {"id": 4000000000, "name": "after"}), ("moved", {"id": 1, "name": "x", "more": most}),
                    ("moved", {"id": 2, "name": "x", "more": most}), ("a", {"od`d name": 4000000003}), ("x", {"v": "ä", "null": 1999})]


def test_xa_branches_and_two_phase_alters(source, database):
    start = place(source)
    source.sql(f"CREATE TABLE {database}.t (id INT UNSIGNED PRIMARY KEY)")
    source.sql(f"XA START 'b1'; INSERT INTO {database}.t VALUES (4000000000); XA END 'b1'; XA PREPARE 'b1'; XA COMMIT 'b1'")
    two_phases = "SET SESSION binlog_alter_two_phase=ON; " if source.bare == "NO_LOG" else ""
    source.sql(f"{two_phases}ALTER TABLE {database}.t CHANGE id number BIGINT UNSIGNED")
    source.sql(f"INSERT INTO {database}.t VALUES (18446744073709551615)")
    assert rows_after(lines_of(from_(source, start))) == [{"id": 4000000000}, {"number": 18446744073709551615}]


def test_a_start_in_the_past_stops_at_rows_whose_definition_is_gone_and_reads_those_behind_it(source, database):
    source.sql(f"CREATE TABLE {database}.still (id INT UNSIGNED PRIMARY KEY); CREATE TABLE {database}.altered (id INT PRIMARY KEY); "
               f"CREATE TABLE {database}.gone (id INT PRIMARY KEY)")
    start = place(source)
    source.sql(f"INSERT INTO {database}.still VALUES (4000000000)")
    second = place(source)
    source.sql(f"INSERT INTO {database}.altered VALUES (1)")
    third = place(source)
    source.sql(f"INSERT INTO {database}.gone VALUES (1)")
    source.sql(f"ALTER TABLE {database}.altered CHANGE id other INT; DROP TABLE {database}.gone")
    behind = place(source)
    source.sql(f"INSERT INTO {database}.altered VALUES (2)")
    assert rows_after(lines_of(tail(source, "--from", start, "--until", second))) == [{"id": 4000000000}]
    refused(from_(source, second), 17, f"{database}.altered", "changed", f"leat schema reload {database}.altered")
    refused(from_(source, third), 17, f"{database}.gone", f"leat schema reload {database}.gone")
    assert rows_after(lines_of(from_(source, behind))) == [{"other": 2}]


def hidden(server, *statements):
    connection = server.connect()
    with connection.cursor() as cursor:
        for statement in ("SET sql_log_bin=0", *statements):
            cursor.execute(statement)
    connection.close()


def relay_of(make_leat, server):
    """A relay that streams by now."""
    relay = make_leat(server, source=QUICK_SOURCE)
    relay.start()
    streaming(relay)
    return relay


def wait_rows(relay, server, table, count):
    relay.wait_until_delivered(server, "files")
    rows = rows_after([line for line in relay.lines("files")], table)
    assert len(rows) == count, rows
    return rows


def test_kill_and_restart_between_ddl_and_rows(source, database, make_leat):
    source.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY, n INT UNSIGNED)")
    relay = relay_of(make_leat, source)
    source.sql(f"INSERT INTO {database}.t VALUES (1, 4000000000)")
    wait_rows(relay, source, "t", 1)
    source.sql(f"ALTER TABLE {database}.t CHANGE n number BIGINT UNSIGNED")
    relay.wait_until_delivered(source, "files")
    relay.kill()
    source.sql(f"INSERT INTO {database}.t VALUES (2, 18446744073709551615)")
    source.sql(f"ALTER TABLE {database}.t DROP COLUMN number")
    relay.start()
    assert wait_rows(relay, source, "t", 2) == [{"id": 1, "n": 4000000000}, {"id": 2, "number": 18446744073709551615}]
    assert relay.stop() == 0


def test_ddl_that_is_not_in_the_binlog_is_noticed_and_read_again(source, database, make_leat):
    source.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY, n INT UNSIGNED)")
    relay = relay_of(make_leat, source)
    source.sql(f"INSERT INTO {database}.t VALUES (1, 2)")
    wait_rows(relay, source, "t", 1)
    hidden(source, f"ALTER TABLE {database}.t CHANGE n wide BIGINT UNSIGNED, ADD COLUMN more CHAR(3)")
    source.sql(f"INSERT INTO {database}.t VALUES (3, 18446744073709551615, 'abc')")
    assert wait_rows(relay, source, "t", 2)[1] == {"id": 3, "wide": 18446744073709551615, "more": "abc"}
    log = relay.log_text()
    assert "was read from the server" in log and log.count("streaming from") == 1, log
    assert relay.stop() == 0


def test_switching_metadata_under_way_changes_no_name(source, database, make_leat):
    source.sql(f"CREATE TABLE {database}.t (id INT UNSIGNED PRIMARY KEY, e ENUM('a', 'b'))")
    relay = relay_of(make_leat, source)
    try:
        for number, metadata in enumerate((source.bare, "FULL", source.bare, "FULL")):
            source.sql(f"SET GLOBAL binlog_row_metadata={metadata}")
            source.sql(f"INSERT INTO {database}.t VALUES ({4000000000 + number}, 'b')")
        assert wait_rows(relay, source, "t", 4) == [{"id": 4000000000 + number, "e": "b"} for number in range(4)]
    finally:
        source.sql(f"SET GLOBAL binlog_row_metadata={source.bare}")
    assert relay.stop() == 0


def test_without_select_full_streams_and_less_stops_with_the_grant(source, database):
    source.user("blind", "secret", "REPLICATION SLAVE, REPLICATION CLIENT ON *.*")
    source.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY)")
    options = dict(url=source.url("blind"), password_file=source.password_file("secret"))
    start = place(source)
    source.sql(f"INSERT INTO {database}.t VALUES (1)")
    refused(tail(source, "--from", start, "--until", "now", **options), 17, f"GRANT SELECT ON {database}.t")
    source.sql("SET GLOBAL binlog_row_metadata=FULL")
    try:
        start = place(source)
        source.sql(f"INSERT INTO {database}.t VALUES (2)")
        done = tail(source, "--from", start, "--until", "now", **options)
        assert rows_after(lines_of(done)) == [{"id": 2}], done.stderr
        doctor = run("doctor", options["url"], "--password-file", options["password_file"])
        assert "the account sees no tables" in doctor.stdout and "GRANT SELECT" in doctor.stdout, doctor.stdout
    finally:
        source.sql(f"SET GLOBAL binlog_row_metadata={source.bare}")
        source.sql("DROP USER blind@'%'")


def test_an_operator_tells_a_definition_that_is_gone(source, database, make_leat, tmp_path):
    source.sql(f"CREATE TABLE {database}.t (id INT UNSIGNED PRIMARY KEY, e ENUM('a', 'b'))")
    start = place(source)
    source.sql(f"INSERT INTO {database}.t VALUES (4000000000, 'b'); ALTER TABLE {database}.t CHANGE id number BIGINT, ADD COLUMN n INT")
    source.sql(f"INSERT INTO {database}.t VALUES (-2, 'a', 3)")
    # No heartbeat comes by that a reload could be answered behind.
    relay = make_leat(source, source={**QUICK_SOURCE, "start": start, "heartbeat": "10m"})
    relay.start()
    error = source_error(relay, "definition")
    assert f"leat schema reload {database}.t --from FILE" in error["cure"], error
    text = tmp_path / "then.sql"
    text.write_text("CREATE TABLE then_it_was (id INT UNSIGNED PRIMARY KEY, e ENUM('a', 'b'))")
    done = run("schema", "reload", f"{database}.t", "--from", text, "-c", relay.yaml)
    assert done.returncode == 0, done.stderr
    assert wait_rows(relay, source, "t", 2) == [{"id": 4000000000, "e": "b"}, {"number": -2, "e": "a", "n": 3}]
    source.sql(f"INSERT INTO {database}.t VALUES (4, 'a', 5)")
    done = run("schema", "reload", f"{database}.t", "--from", "server", "-c", relay.yaml)
    assert done.returncode == 0, done.stderr
    assert wait_rows(relay, source, "t", 3)[2] == {"number": 4, "e": "a", "n": 5}
    assert run("schema", "reload", f"{database}.none", "--from", "server", "-c", relay.yaml).returncode != 0
    text.write_text("CREATE TABLE then_it_was (id SOMETHING ELSE)")
    assert run("schema", "reload", f"{database}.t", "--from", text, "-c", relay.yaml).returncode != 0
    assert relay.stop() == 0


def writer(source, database, stop, written):
    connection = source.connect()
    with connection.cursor() as cursor:
        number = 0
        while not stop.is_set():
            number += 1
            cursor.execute(f"INSERT INTO {database}.t (id, n) VALUES ({number}, {4000000000 + number})")
            written.append(number)
            time.sleep(0.005)
    connection.close()


@pytest.mark.parametrize("kind", ["gh-ost", "pt-osc"])
def test_online_migrations_under_load_stop_nothing_and_name_nothing_wrong(source, request, make_leat, kind):
    database = "migrated_" + kind.replace("-", "_")
    source.sql(f"CREATE DATABASE {database}; CREATE TABLE {database}.t (id INT PRIMARY KEY, n INT UNSIGNED)")
    relay = relay_of(make_leat, source)
    stop, written = threading.Event(), []
    thread = threading.Thread(target=writer, args=(source, database, stop, written))
    thread.start()
    ghost, old = (("_t_gho", "_t_del") if kind == "gh-ost" else ("_t_new", "_t_old"))
    source.sql(f"CREATE TABLE {database}.{ghost} LIKE {database}.t; ALTER TABLE {database}.{ghost} ADD COLUMN note VARCHAR(9) DEFAULT 'x', "
               "MODIFY n BIGINT UNSIGNED")
    if kind == "pt-osc":
        source.sql(f"CREATE TRIGGER {database}.ins AFTER INSERT ON {database}.t FOR EACH ROW "
                   f"REPLACE INTO {database}.{ghost} (id, n) VALUES (NEW.id, NEW.n)")
    source.sql(f"INSERT IGNORE INTO {database}.{ghost} (id, n) SELECT id, n FROM {database}.t LOCK IN SHARE MODE")
    time.sleep(0.3)
    if kind == "gh-ost":
        source.sql(f"LOCK TABLES {database}.t WRITE, {database}.{ghost} WRITE; "
                   f"INSERT IGNORE INTO {database}.{ghost} (id, n) SELECT id, n FROM {database}.t; UNLOCK TABLES")
    source.sql(f"RENAME TABLE {database}.t TO {database}.{old}, {database}.{ghost} TO {database}.t; DROP TABLE {database}.{old}")
    time.sleep(0.3)
    stop.set()
    thread.join()
    relay.wait_until_delivered(source, "files")
    state = {}
    for line in changes(relay.lines("files")):
        if line["db"] == database:
            after = line["after"]
            expected = {"id", "n"} if "note" not in after else {"id", "n", "note"}
            assert set(after) == expected and after["n"] == 4000000000 + after["id"], line
            state[(line["table"], after["id"])] = after
    final = {row[0]: row[1] for row in source.sql(f"SELECT id, n FROM {database}.t")}
    assert set(written) <= {key[1] for key in state} and len(final) > 0
    assert "level=error" not in relay.log_text()
    assert relay.stop() == 0


def keys_of(relay, table):
    definition = json.loads(relay.ask("schema", table, "--format", "json").stdout)["definitions"][-1]
    assert definition["how"] == "read"
    return ({key["name"]: (key["kind"], [(part["column"], part.get("prefix")) for part in key["parts"]]) for key in definition["keys"]},
            {key["name"]: (key["table"], key.get("on_delete"), key.get("on_update")) for key in definition["foreign_keys"]})


@pytest.mark.parametrize("process", [False, True])
def test_keys_of_all_kinds_are_read_at_a_start(source, request, make_leat, process):
    """With PROCESS, MariaDB is asked for foreign keys of those tables alone that have some. Actions need no privilege but SELECT."""
    database = f"keys-{process}"
    source.user("reader", "secret", "SELECT, REPLICATION SLAVE, REPLICATION CLIENT" + (", PROCESS" if process else "") + " ON *.*")
    source.sql(f"CREATE DATABASE `{database}`; USE `{database}`; CREATE TABLE parent (id INT PRIMARY KEY); "
               "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), body TEXT, g GEOMETRY NOT NULL /*!80003 SRID 0 */, n INT, KEY kv (v), "
               "FULLTEXT KEY ft (v, body), SPATIAL KEY sg (g), KEY pre (body(5)), UNIQUE KEY un (n), "
               "CONSTRAINT fa FOREIGN KEY (n) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL); "
               "CREATE TABLE `it's` (n INT, KEY (n), CONSTRAINT fo FOREIGN KEY (n) REFERENCES parent (id))")
    relay = make_leat(source, url=source.url("reader"), password_file=source.password_file("secret"),
                      source={**QUICK_SOURCE, "start": place(source)})
    relay.start()
    streaming(relay)
    assert keys_of(relay, f"`{database}`.t") == ({
        "kv": ("plain", [("v", None)]), "ft": ("fulltext", [("v", None), ("body", None)]), "sg": ("spatial", [("g", None)]),
        "pre": ("plain", [("body", 5)]), "un": ("unique", [("n", None)])}, {"fa": ("parent", "CASCADE", "SET NULL")})
    assert keys_of(relay, f"`{database}`.`it's`") == ({"n": ("plain", [("n", None)])}, {"fo": ("parent", None, None)})
    assert relay.stop() == 0
    source.sql(f"DROP USER reader@'%'; DROP DATABASE `{database}`")


def test_only_journalled_tables_are_read_and_others_when_they_become_so(source, database, make_leat):
    source.sql(f"CREATE TABLE {database}.wanted (id INT UNSIGNED PRIMARY KEY); CREATE TABLE {database}.other (id INT UNSIGNED PRIMARY KEY)")
    relay = make_leat(source, source={**QUICK_SOURCE, "start": place(source), "tables": [f"{database}.w*"]})
    relay.start()
    streaming(relay)
    assert "definitions of 1 tables were read" in relay.log_text(), relay.log_text()
    source.sql(f"INSERT INTO {database}.wanted VALUES (4000000000); INSERT INTO {database}.other VALUES (1); "
               f"RENAME TABLE {database}.other TO {database}.was_other; INSERT INTO {database}.was_other VALUES (4000000001)")
    relay.wait_until_delivered(source, "files")
    rows = [(line["table"], line["after"]) for line in changes(relay.lines("files"))]
    assert rows == [("wanted", {"id": 4000000000}), ("was_other", {"id": 4000000001})]
    assert relay.stop() == 0


def test_tables_that_are_not_there_yet_are_no_missing_privilege(source, database, make_leat):
    relay = make_leat(source, source={**QUICK_SOURCE, "start": place(source), "tables": [f"{database}.t*"]})
    relay.start()
    streaming(relay)
    source.sql(f"CREATE TABLE {database}.t (id INT UNSIGNED PRIMARY KEY); INSERT INTO {database}.t VALUES (4000000000)")
    assert wait_rows(relay, source, "t", 1) == [{"id": 4000000000}]
    assert "the account sees no tables" not in relay.log_text()
    assert relay.stop() == 0
