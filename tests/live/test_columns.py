"""Columns by rules: what is left out or masked is in nothing that a sink writes, logs or shows."""

import hashlib
import hmac
import json

from operating import no_relay_broke, quick, refused, sink_error, streaming  # noqa: F401

SECRET = "4111-7777-1234"
KEY = "a key of a test"


def key_file(folder):
    path = folder / "mask.key"
    path.write_text(KEY + "\n")
    return str(path)


def hashed(text):
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def run_all(server, *statements):
    connection = server.connect()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def test_what_is_hidden_is_nowhere(make_leat, shared_mysql, database, tmp_path):
    table = f"`{database}`.customer"
    shared_mysql.sql(f"CREATE TABLE {table} (id INT PRIMARY KEY, email VARCHAR(60), card CHAR(30) CHARACTER SET latin1, pin SMALLINT, doc JSON, "
                     "UNIQUE KEY (email))")
    relay = quick(make_leat, shared_mysql, sinks={
        "seen": {"mask_key_file": key_file(tmp_path), "columns": {
            f"{database}.customer.email": "hash, rename mail", f"{database}.customer.card": "last 4", f"{database}.*.pin": "exclude",
            "*.customer.doc": "redact"}},
        "few": {"columns": {f"{database}.customer.id": "include", f"{database}.customer.mail*": "include"}},
        "all": {}})
    relay.start()
    streaming(relay)
    run_all(shared_mysql, "SET binlog_rows_query_log_events=1", f"INSERT INTO {table} VALUES (1, '{SECRET}@x', '{SECRET}', 31999, '{{\"n\": \"{SECRET}\"}}')",
            f"UPDATE {table} SET card = 'x', pin = 31998 WHERE id = 1",
            f"INSERT INTO {table} VALUES (2, NULL, NULL, NULL, NULL)", f"DELETE FROM {table}",
            f"ALTER TABLE {table} ADD note TEXT FIRST", f"INSERT INTO {table} VALUES ('n', 3, 'e', 'abcdefé', 1, '[]')")
    for sink in ("seen", "few", "all"):
        relay.wait_until_delivered(shared_mysql, sink)
    rows = [(line["op"], line.get("before"), line.get("after")) for line in relay.lines("seen") if line["op"] in ("insert", "update", "delete")]
    first = {"id": 1, "mail": hashed(f"{SECRET}@x"), "card": "*" * 10 + "1234", "doc": "***"}
    empty = {"id": 2, "mail": None, "card": None, "doc": None}
    assert rows == [("insert", None, first), ("update", first, {**first, "card": "x"}), ("insert", None, empty),
                    ("delete", {**first, "card": "x"}, None), ("delete", empty, None),
                    ("insert", None, {"note": "n", "id": 3, "mail": hashed("e"), "card": "***" + "defé", "doc": "***"})]
    assert [line["after"] for line in relay.lines("few") if line["op"] == "insert"] == [{"id": 1}, {"id": 2}, {"id": 3}]
    status = json.dumps(relay.status())
    assert relay.stop() == 0
    for secret in (SECRET, "31999", "31998"):
        for sink in ("seen", "few"):
            for path in relay.files(sink):
                assert secret.encode() not in path.read_bytes(), f"{secret} is in {path}"
        assert secret not in status and secret not in relay.log.read_text()
        assert any(secret.encode() in path.read_bytes() for path in relay.files("all"))


def test_a_rule_that_misses_its_column_stops_before_anything_is_shown(make_leat, shared_mysql, database, tmp_path):
    table = f"`{database}`.customer"
    shared_mysql.sql(f"CREATE TABLE {table} (id INT PRIMARY KEY, email VARCHAR(60))")
    relay = quick(make_leat, shared_mysql, sinks={"seen": {"columns": {f"{database}.customer.emial": "exclude"}}})
    relay.start()
    streaming(relay)
    shared_mysql.sql(f"INSERT INTO {table} VALUES (1, '{SECRET}')")
    error = sink_error(relay, "seen", "halted", "config")
    assert "there is no column as" in error["message"] and "put the rule right" in error["cure"]
    assert list(relay.lines("seen")) == []
    relay.kill()
    relay.config["sinks"]["seen"]["columns"] = {f"{database}.customer.email": "exclude"}
    relay.configure()
    relay.start()
    relay.wait_until_delivered(shared_mysql, "seen")
    assert [line["after"] for line in relay.lines("seen") if line["op"] == "insert"] == [{"id": 1}]
    assert relay.stop() == 0


def test_rules_and_keys_are_checked_at_the_start(make_leat, shared_mysql, tmp_path):
    for settings, words in (({"columns": {"a.b": "exclude"}}, "it doesn't have two dots"), ({"columns": {"a.b.c": "hide"}}, "nothing that can be done"),
                            ({"columns": {"a.b.c": "hash"}}, "needs a key"),
                            ({"columns": {"a.b.c": "hash"}, "mask_key_file": str(tmp_path / "nothing")}, "doesn't exist")):
        relay = quick(make_leat, shared_mysql, sinks={"seen": settings})
        relay.start()
        assert relay.wait() == 2
        assert words in relay.log.read_text()
