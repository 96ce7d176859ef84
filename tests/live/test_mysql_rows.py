"""The mysql sink's row writer: what it makes of a server's binlog, run on another server, gives the same tables. tests/tools/rows_probe is
the writer by itself, so that a difference is its own."""

import random
import subprocess
from pathlib import Path

import pytest
from leatlab.leat import program
from leatlab.mariadb import Mariadb
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
    argv = [*server.release.client_argv("mariadb"), "--skip-ssl"] if isinstance(server, Mariadb) else client_argv("mysql")
    done = subprocess.run([*map(str, argv), f"--socket={server.socket}", "--user=root", "--binary-mode"], input=sql, capture_output=True)
    if done.returncode:
        failed = done.stderr.decode(errors="replace")
        line = int(failed.split(" at line ")[1].split(":")[0]) if " at line " in failed else 1
        lines = sql.split(b"\n")[max(line - 3, 0):line]
        raise AssertionError(f"{failed[-200:]}\n{lines!r:.1500}")


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


# ---- MySQL -> MariaDB: the target's columns are of other kinds ----

TYPES = """id {key}, ti TINYINT, bu BIGINT UNSIGNED, f FLOAT, d DOUBLE, de DECIMAL(20,6), b BIT(12), y YEAR, da DATE, t TIME(6), dt DATETIME(6),
    ts TIMESTAMP(3) NULL, ch CHAR(20), la VARCHAR(60) CHARACTER SET latin1, gb VARCHAR(20) CHARACTER SET {gb}, tx MEDIUMTEXT, bi BINARY(8), vb VARBINARY(60), bl LONGBLOB,
    e ENUM({members}), s SET('x','y','z'), j {json}, g GEOMETRY, st INT AS (ti + 1) STORED, vi VARCHAR(30) AS (CONCAT('<', ch, '>')) VIRTUAL"""
HERE = {"gb": "gb18030", "members": "'a','b','\u00e7'", "json": "JSON"}
THERE = {"gb": "utf8mb4", "members": "'z','\u00e7','b','a'", "json": "JSON"}
# name: (the key's definition, what follows the columns)
TABLES = {"numbers": ("INT PRIMARY KEY", ""), "texts": ("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY", ""), "pairs": ("INT NOT NULL", ", PRIMARY KEY (id, ti)"),
          "bytes": ("VARBINARY(20) PRIMARY KEY", ""), "unique_ones": ("INT NOT NULL", ", UNIQUE (id)"), "keyless": ("INT", "")}
VALUES = {
    "ti": ["-128", "0", "127", "3", "4"], "bu": ["0", "18446744073709551615", "NULL"], "f": ["0.1", "-1e-30", "16777217", "3.4e38", "NULL"],
    "d": ["0.1", "1e308", "-0e0", "4.9e-324", "NULL"], "de": ["-0.000001", "12345678901234.5", "NULL"], "b": ["0", "4095", "NULL"],
    "y": ["0", "1901", "2155", "NULL"], "da": ["'0000-00-00'", "'2026-02-30'", "'9999-12-31'", "NULL"],
    "t": ["'-838:59:59'", "'00:00:00.000001'", "NULL"], "dt": ["'0000-00-00'", "'2026-00-01 10:20:30.123456'", "NULL"],
    "ts": ["0", "'2026-01-31 10:20:30.5'", "NULL"], "ch": ["'it''s \\\\ \\n \\0 \\Z'", "''", "'\u00e7\u65e5\U0001f600'", "NULL"],
    "la": ["'\u00e9\u20ac'", "'plain'", "NULL"], "gb": ["'\u65e5\u672c'", "'\U0001f600'", "''"], "tx": ["REPEAT('\u00fc\\'\\\\', 700)", "NULL"],
    "bi": ["x'00'", "x'0102030405060708'", "NULL"], "vb": ["x''", "x'00ff5c27'", "NULL"], "bl": ["REPEAT(x'00ff', 300)", "NULL"],
    "e": ["'a'", "'b'", "'\u00e7'", "NULL"], "s": ["''", "'x,z'", "'y'", "NULL"],
    "j": ["""'{"a": [1, 2.5, "\u00fc\\'"], "b": null}'""", "JSON_ARRAY(CAST(7 AS UNSIGNED), 1.10)", "'[]'", "NULL"],
    "g": ["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('LINESTRING(0 0, 1 1)')", "NULL"]}
EXACT = {"f": "f * 1e0", "b": "b + 0", "ch": "HEX(ch)", "la": "HEX(CONVERT(la USING utf8mb4))", "gb": "HEX(CONVERT(gb USING utf8mb4))", "tx": "HEX(tx)", "bi": "HEX(bi)",
         "vb": "HEX(vb)", "bl": "SHA2(bl, 256)", "e": "HEX(e)", "s": "HEX(s)", "j": "HEX(CAST(j AS CHAR))", "g": "HEX(g)", "vi": "HEX(vi)", "id": "HEX(id)"}


def live(server, name, rng):
    """Random rows and changes."""
    ids = {"texts": ["'a'", "'b'", "'A '", "'\u00e7'", "'d'"], "bytes": ["x'00'", "x'0000'", "'a'", "'a '", "'A'"]}.get(name, ["1", "2", "3", "-4", "5"])
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("USE m")
        cursor.execute("SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'")
        for _ in range(40):
            values = {column: rng.choice(choices) for column, choices in VALUES.items()}
            roll = rng.random()
            if roll < 0.5:
                cursor.execute(f"INSERT IGNORE INTO {name} (id, {', '.join(values)}) VALUES ({rng.choice(ids)}, {', '.join(values.values())})")
            elif roll < 0.8:
                some = rng.sample(sorted(values), rng.randrange(1, 6))
                cursor.execute(f"UPDATE IGNORE {name} SET {', '.join(f'{column} = {values[column]}' for column in some)} WHERE id = {rng.choice(ids)}")
            elif roll < 0.9:
                cursor.execute(f"UPDATE IGNORE {name} SET id = {rng.choice(ids)} WHERE id = {rng.choice(ids)} LIMIT 1")
            else:
                cursor.execute(f"DELETE FROM {name} WHERE id = {rng.choice(ids)} LIMIT 1")


def rows_of(server, name):
    columns = ", ".join(EXACT.get(column, column) for column in ["id", *VALUES, "st", "vi"])
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone='+00:00', sql_mode=''")
        cursor.execute("USE m")
        cursor.execute(f"SELECT {columns} FROM {name}")
        return sorted(cursor.fetchall(), key=repr)


@pytest.fixture(scope="module")
def mariadb():
    with Mariadb("mysqlrows-m", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        yield server


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A MySQL server whose binlog has random changes of tables of all types, with images of each kind."""
    rng = random.Random(7)
    with Mysql("mysqlrows-l", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        server.sql("CREATE DATABASE m")
        for name, (key, rest) in TABLES.items():
            server.sql(f"CREATE TABLE m.{name} ({TYPES.format(key=key, **HERE)}{rest})")
        for image in ("FULL", "MINIMAL", "NOBLOB"):
            server.sql(f"SET GLOBAL binlog_row_image = {image}")
            for name in TABLES:
                live(server, name, rng)
        yield server


@pytest.mark.parametrize("how", UNITS)
def test_a_mariadb_target_has_what_mysql_had(lived, mariadb, how, tmp_path):
    mariadb.sql("DROP DATABASE IF EXISTS m; CREATE DATABASE m")
    told = ""
    for name, (key, rest) in TABLES.items():
        mariadb.sql(f"CREATE TABLE m.{name} ({TYPES.format(key=key, **THERE)}, own INT NOT NULL DEFAULT 5{rest})")
        told += "m\n" + mariadb.sql(f"SHOW CREATE TABLE m.{name}")[0][1] + "\n\n"
    (tmp_path / "target.sql").write_text(told)
    apply(mariadb, probe(*UNITS[how], "--mariadb", "101119", "--target", tmp_path / "target.sql", *lived.binlogs()))
    for name in TABLES:
        here, there = rows_of(lived, name), rows_of(mariadb, name)
        assert here and here == there, (name, [pair for pair in zip(here, there) if pair[0] != pair[1]][:1])


# ---- What must not be merged ----

HARD = """
    CREATE TABLE h.swapped (id INT PRIMARY KEY, u INT UNIQUE); INSERT INTO h.swapped VALUES (1, 1), (2, 2), (3, 3);
    BEGIN; UPDATE h.swapped SET u = 9 WHERE id = 1; UPDATE h.swapped SET u = 1 WHERE id = 2; UPDATE h.swapped SET u = 2 WHERE id = 1; COMMIT;
    BEGIN; DELETE FROM h.swapped WHERE id = 3; INSERT INTO h.swapped VALUES (4, 3); UPDATE h.swapped SET id = 3 WHERE id = 4; COMMIT;
    CREATE TABLE h.cased (k VARCHAR(9) PRIMARY KEY, v INT); INSERT INTO h.cased VALUES ('a', 1), ('b', 2);
    BEGIN; DELETE FROM h.cased WHERE k = 'a'; INSERT INTO h.cased VALUES ('A', 3); UPDATE h.cased SET k = 'B' WHERE k = 'b'; COMMIT;
    CREATE TABLE h.parent (id INT PRIMARY KEY, v INT);
    CREATE TABLE h.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES h.parent (id) ON DELETE CASCADE ON UPDATE CASCADE);
    CREATE TABLE h.grandchild (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES h.child (id) ON DELETE SET NULL);
    INSERT INTO h.parent VALUES (1, 1), (2, 2), (3, 3); INSERT INTO h.child VALUES (11, 1), (12, 1), (13, 2), (14, 3);
    INSERT INTO h.grandchild VALUES (21, 11), (22, 13), (23, 14);
    BEGIN; DELETE FROM h.parent WHERE id = 1; UPDATE h.parent SET id = 5 WHERE id = 2; INSERT INTO h.parent VALUES (1, 7); INSERT INTO h.child VALUES (11, 1); COMMIT;
    SET foreign_key_checks = 0; INSERT INTO h.child VALUES (15, 99); SET foreign_key_checks = 1;
    CREATE TABLE h.keyless (a INT, b VARCHAR(9), f FLOAT, j JSON); INSERT INTO h.keyless VALUES (1, 'a', 0.1, '[1]'), (1, 'a', 0.1, '[1]'), (1, 'A', NULL, NULL), (NULL, 'a ', 1e10, '{}');
    BEGIN; DELETE FROM h.keyless WHERE a = 1 AND b = 'a' LIMIT 1; UPDATE h.keyless SET a = 2 WHERE a IS NULL; UPDATE h.keyless SET b = 'c' WHERE f IS NULL; COMMIT;
    CREATE TABLE h.zero (id INT AUTO_INCREMENT PRIMARY KEY, v INT); SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; INSERT INTO h.zero VALUES (0, 1), (5, 2); UPDATE h.zero SET v = 3;
    CREATE TABLE h.padded (k VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY, v INT); INSERT INTO h.padded VALUES ('a', 1), ('A', 2), ('b ', 3);
    BEGIN; UPDATE h.padded SET k = 'a  ', v = 5 WHERE k = 'a'; DELETE FROM h.padded WHERE k = 'b'; INSERT INTO h.padded VALUES ('b', 4); COMMIT
"""


@pytest.fixture(scope="module")
def hard():
    with Mysql("mysqlrows-h", sync_binlog=0, innodb_flush_log_at_trx_commit=0) as server:
        server.sql("CREATE DATABASE h;" + HARD)
        yield server


@pytest.mark.parametrize("how", UNITS)
def test_keys_that_swap_fold_or_cascade_end_as_on_the_source(hard, target, how):
    target.sql("DROP DATABASE IF EXISTS h")
    apply(target, probe(*UNITS[how], *hard.binlogs()))
    check_same(hard, target, "h")
    for name in tables(hard, "h"):
        assert sorted(hard.sql(f"SELECT * FROM h.{name}"), key=repr) == sorted(target.sql(f"SELECT * FROM h.{name}"), key=repr), name
