"""The format debezium on live servers: every type's values, held against what the server itself computes for them by SQL."""

import base64
import json
from decimal import Decimal

import pytest

from leatlab.leat import run

HUNG_S = 300


def same(value):
    return value


def unscaled(scale):
    return lambda value: Decimal(f"{int.from_bytes(base64.b64decode(value, validate=True), 'big', signed=True)}E-{scale}")


def little_endian(value):
    return int.from_bytes(base64.b64decode(value, validate=True), "little")


def base64_hex(value):
    return base64.b64decode(value, validate=True).hex().upper()


# Column: its type, values to insert (SQL), what the server makes of it for the comparison (SQL), and what the message's value is made into.
# The expressions have {c} for the column's name.
TYPES = {
    "t": ("TINYINT", ["-128", "127"], "{c}", same),
    "tu": ("TINYINT UNSIGNED", ["0", "255"], "{c}", same),
    "s": ("SMALLINT", ["-32768", "32767"], "{c}", same),
    "mu": ("MEDIUMINT UNSIGNED", ["0", "16777215"], "{c}", same),
    "i": ("INT", ["-2147483648", "2147483647"], "{c}", same),
    "iu": ("INT UNSIGNED", ["0", "4294967295"], "{c}", same),
    "b": ("BIGINT", ["-9223372036854775808", "9007199254740993"], "{c}", same),
    "bu": ("BIGINT UNSIGNED", ["9223372036854775808", "18446744073709551615"], "{c}", same),
    "y": ("YEAR", ["0", "2155"], "{c}", same),
    "d": ("DECIMAL(10,2)", ["-1.28", "99999999.99"], "{c}", unscaled(2)),
    "d65": ("DECIMAL(65,30)", ["-12345678901234567890123456789012345.123456789012345678901234567890", "0.000000000000000000000000000001"], "{c}",
            unscaled(30)),
    "db": ("DOUBLE", ["0.1", "-1.7976931348623157E+308"], "{c}", float),
    "f": ("FLOAT", ["0.5", "-16777216"], "{c}+0e0", float),
    "b1": ("BIT(1)", ["0", "1"], "{c}+0", int),
    "b33": ("BIT(33)", ["1", "0x1FFFFFFFF"], "{c}+0", little_endian),
    "da": ("DATE", ["'1000-01-01'", "'9999-12-31'"], "DATEDIFF({c}, '1970-01-01')", same),
    "ti": ("TIME(6)", ["'-838:59:58.999999'", "'00:00:00.000001'"],
           "CAST(TIME_TO_SEC(TIME_FORMAT({c}, '%H:%i:%s')) AS SIGNED)*1000000 + IF({c}<0,-1,1)*MICROSECOND({c})", same),
    "dt": ("DATETIME(3)", ["'1969-12-31 23:59:59.999'", "'2026-01-02 03:04:05.678'"], "TIMESTAMPDIFF(MICROSECOND,'1970-01-01',{c}) DIV 1000", same),
    "dt6": ("DATETIME(6)", ["'1000-01-01'", "'9999-12-31 23:59:59.999999'"], "TIMESTAMPDIFF(MICROSECOND,'1970-01-01',{c})", same),
    "ts": ("TIMESTAMP(2) NULL", ["'1970-01-01 00:00:01.5'", "'2038-01-19 03:14:07'"], "CONCAT(LEFT(DATE_FORMAT({c}, '%Y-%m-%dT%H:%i:%s.%f'), 22), 'Z')", same),
    "c": ("CHAR(10)", ["'a\"b\\\\'", "''"], "{c}", same),
    "l1": ("VARCHAR(20) CHARACTER SET latin1", ["'café'", "'ÿ'"], "CONVERT({c} USING utf8mb4)", same),
    "tx": ("TEXT CHARACTER SET utf8mb4", ["'😀\\n\\0\\t'", "REPEAT('ü', 5000)"], "{c}", same),
    "bi": ("BINARY(4)", ["'ab'", "x'00000000'"], "HEX({c})", base64_hex),
    "bl": ("BLOB", ["x'FBFF3F'", "''"], "HEX({c})", base64_hex),
    "e": ("ENUM('x','y, z')", ["'x'", "'y, z'"], "{c}", same),
    "st": ("SET('p','q','r')", ["'p,r'", "''"], "{c}", same),
    "p": ("POINT", ["ST_GeomFromText('POINT(1.5 -2)')", "ST_GeomFromText('POINT(0 1e300)')"], "HEX(ST_AsWKB({c}))", lambda value: base64_hex(value["wkb"])),
}
MYSQL_TYPES = {
    "j": ("JSON", ["'{\"b\": [1, 2.5, \"a\\\\\"\"], \"a\": {}}'", "'null'"], "{c}", json.loads),
    "v": ("VECTOR(2)", ["TO_VECTOR('[1,-2.5]')", "TO_VECTOR('[0,4096.5]')"], "VECTOR_TO_STRING({c})", same),
}
MARIADB_TYPES = {
    "u": ("UUID", ["'123e4567-e89b-12d3-a456-426655440000'", "'ffffffff-ffff-1fff-9fff-ffffffffffff'"], "{c}", same),
    "n6": ("INET6", ["'::1'", "'2001:db8::ff00:42:8329'"], "{c}", same),
}
THEIRS = {"j": json.loads, "v": json.loads, "b1": int, "db": float, "f": float}


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
def test_every_types_values_are_what_the_server_computes(kind, request):
    server = request.getfixturevalue("shared_mysql") if kind == "mysql" else request.getfixturevalue("shared_mariadb")()
    types = {**TYPES, **(MYSQL_TYPES if kind == "mysql" else MARIADB_TYPES)}
    database = f"debezium_{kind}"
    file, pos = server.position()[:2]
    columns = ", ".join(f"`{name}` {what[0]}" for name, what in types.items())
    server.sql(f"CREATE DATABASE {database}; CREATE TABLE {database}.everything (id INT PRIMARY KEY, {columns}) CHARACTER SET utf8mb4")
    try:
        connection = server.connect(database=database, init_command="SET time_zone = '+00:00'")
        with connection.cursor() as cursor:
            for row in range(2):
                cursor.execute(f"INSERT INTO everything VALUES ({row}, {', '.join(what[1][row] for what in types.values())})")
            cursor.execute(f"INSERT INTO everything VALUES (2, {', '.join('NULL' for _ in types)})")
            cursor.execute(f"SELECT {', '.join(what[2].format(c=f'`{name}`') for name, what in types.items())} FROM everything ORDER BY id")
            expected = cursor.fetchall()
            cursor.execute("DELETE FROM everything")
        connection.close()
        done = run("tail", server.url(), "--password-file", server.password_file(), "--table", f"{database}.*", "--from", f"{file}:{pos}",
                   "--until", "now", "--format", "debezium", timeout_s=HUNG_S)
    finally:
        server.sql(f"DROP DATABASE {database}")
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    changes = [message for message in messages if "op" in message]
    assert [message["op"] for message in changes] == ["c"] * 3 + ["d"] * 3  # and no line for a tombstone
    for number, image in enumerate([message["after"] for message in changes[:3]] + [message["before"] for message in changes[3:]]):
        assert list(image) == ["id", *types] and image["id"] == number % 3
        for (name, what), there in zip(types.items(), expected[number % 3]):
            here = image[name]
            if number % 3 == 2:
                assert here is None and there is None, name
            else:
                assert what[3](here) == THEIRS.get(name, same)(there), name
    sources = [message["source"] for message in changes]
    assert {(source["connector"], source["db"], source["table"]) for source in sources} == {(kind, database, "everything")}
    assert "TABLE" in [message["ddl"].split()[1] for message in messages if "ddl" in message]


def test_settings_of_a_file_sink_are_the_formats(make_leat, shared_mysql, database, tmp_path):
    """And what isn't one is refused with what was meant."""
    shared_mysql.sql(f"CREATE TABLE `{database}`.t (id INT PRIMARY KEY, d DECIMAL(5,2))")
    wanted = {"format": "debezium", "tables": [f"{database}.*"], "debezium": {"decimal.handling.mode": "string", "topic.prefix": "shop"}}
    file, pos = shared_mysql.position()[:2]
    leat = make_leat(shared_mysql, sinks={"out": wanted}, source={"start": f"{file}:{pos}"})
    config = tmp_path / "wrong.yaml"
    config.write_text("source: {url: 'mysql://cdc@db:3306'}\nsinks:\n  a: {type: file, path: /x, format: debezium, "
                      "debezium: {decimal.handling.mod: string}}\n")
    done = run("config", "check", "-c", config)
    assert done.returncode == 2 and "decimal.handling.mode" in done.stderr
    leat.start()
    shared_mysql.sql(f"INSERT INTO `{database}`.t VALUES (1, 1.5); DELETE FROM `{database}`.t")
    leat.wait_until_delivered(shared_mysql, "out")
    assert [(line["op"], line["source"]["name"], (line["after"] or line["before"])["d"]) for line in leat.lines("out") if "op" in line] == \
        [("c", "shop", "1.50"), ("d", "shop", "1.50")]
