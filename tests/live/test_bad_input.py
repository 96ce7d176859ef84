"""Whatever is wrong with configuration, account, server, binlog or network: leat stops there, says what, where and what cures
it, and once it is cured everything arrives, exactly once. Disks, journals and files are in test_bad_storage.py."""

import pymysql
import pytest

from leatlab.leat import run
from leatlab.mysql import Mysql
from leatlab.proxy import Proxy
from operating import QUICK_SOURCE, Flipping, Numbers, no_relay_broke, quick, refused, source_error, streaming, tail


@pytest.fixture(scope="module")
def primary():
    """A server that tests may reset, purge and misconfigure, as long as they put its settings back."""
    with Mysql("mended", bind_address="127.0.0.1,127.0.0.2") as server:
        yield server


@pytest.fixture
def numbers(primary, request):
    """A table in a database of the test's own."""
    name = request.node.name.split("[")[0][:50]
    primary.sql(f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}`")
    yield Numbers(primary, name)
    primary.sql(f"DROP DATABASE IF EXISTS `{name}`")


# ---- Configuration and command line ----

@pytest.mark.parametrize("yaml,words", [
    ("source:\n  urll: \"mysql://u@h\"\n", ["leat.yaml:2:3", 'unknown setting "urll" in source', 'did you mean "url"?']),
    ("source:\n  url: \"mysql://u@h\"\njournl: {}\n", ["leat.yaml:3:1", 'unknown setting "journl"', 'did you mean "journal"?']),
    ("source:\n  url: \"mysql://u@h\"\nsinks:\n  a: {type: file, path: /x, rotate_sise: 1MiB}\n",
     ["leat.yaml:4:29", "rotate_sise", 'did you mean "rotate_size"?']),
    ("source:\n  url: \"mysql://u@h\"\nsinks:\n  a: {type: fiel, path: /x}\n", ["leat.yaml:4:7", '"fiel"', 'did you mean "file"?']),
    ("source:\n  url: \"mysql://u@h\"\nsinks:\n  a: {type: replicas}\n", ["leat.yaml:4:7", "no sinks of type replicas", "it has: file"]),
    ("source:\n  url: \"mysql://u@h\"\n  start: yesterday\n", ["leat.yaml:3:3", "start", "yesterday", "FILE:POS"]),
    ("source:\n  url: \"mysql://u@h\"\n  heartbeat: 5 parsecs\n", ["leat.yaml:3:3", "heartbeat", "1h30m"]),
    ("source:\n  url: \"http://u@h\"\n", ["leat.yaml:2:3", "url", "mysql://"]),
    ("source:\n  url: \"mysql://u@h\"\n  url: \"mysql://u@i\"\n", ["leat.yaml:3:3", '"url" is set twice']),
    ("source:\n  url: \"mysql://u@h\n", ["leat.yaml:", "quoted"]),
    ("name: x\n", ["source.url is missing", "mysql://user@host:port"]),
    ("source:\n  url: \"mysql://u@h\"\nsinks:\n  a: {type: file, path: /x, tables: [a.b.c]}\n", ["sink a", "a.b.c", "database.table"]),
])
def test_configuration_errors_say_where_and_what_is_meant(tmp_path, yaml, words):
    path = tmp_path / "leat.yaml"
    path.write_text(yaml)
    refused(run("config", "check", "-c", path), 2, *words)
    done = run("run", "-c", path, "-o", f"journal.dir={tmp_path}/journal")
    assert done.returncode == 2 and words[0] in done.stderr
    assert not (tmp_path / "journal").exists()


@pytest.mark.parametrize("arguments,words", [
    (["tial"], ['did you mean "leat tail"?']),
    (["tail", "mysql://u@h", "--formt", "leat"], ["--formt", "did you mean --format?"]),
    (["tail", "mysql://u@h", "--from", "7 o'clock"], ["--from", "not a position", "FILE:POS"]),
    (["run", "-c", "/nowhere/leat.yaml"], ["/nowhere/leat.yaml", "there is no such file"]),
    (["status", "-o", "journal.dirr=/x", "-c", "{good}"], ["-o journal.dirr", 'did you mean "dir"?']),
    (["rewind", "files", "-c", "{good}"], ["--to"]),
    (["rewind", "files", "--to", "earliest", "-c", "{good}"], ["--yes"]),
    (["skip", "files", "x:1", "-c", "{good}"], ["--reason"]),
])
def test_usage_errors_exit_2_with_the_nearest_word(tmp_path, arguments, words):
    good = tmp_path / "leat.yaml"
    good.write_text(f"source:\n  url: \"mysql://u@h\"\njournal: {{dir: {tmp_path}/journal}}\n")
    refused(run(*[argument.replace("{good}", str(good)) for argument in arguments]), 2, *words)


def test_settings_from_the_environment_are_checked_as_well(tmp_path):
    path = tmp_path / "leat.yaml"
    path.write_text("source:\n  url: \"mysql://u@h\"\n")
    refused(run("config", "check", "-c", path, env={"LEAT_SOURCE__PASWORD": "x"}), 2, "LEAT_SOURCE__PASWORD", '"password"')


def test_a_command_without_a_relay_says_so(tmp_path):
    path = tmp_path / "leat.yaml"
    path.write_text(f"source:\n  url: \"mysql://u@h\"\njournal: {{dir: {tmp_path}/journal}}\n")
    refused(run("status", "-c", path), 1, "no leat is running", str(tmp_path), "leat run")


# ---- The account and TLS ----

def test_a_wrong_password_halts_and_a_corrected_file_goes_on(make_leat, numbers, tmp_path):
    primary = numbers.server
    numbers.insert(2)
    secret = tmp_path / "secret"
    secret.write_text("wrong-secret\n")
    done = tail(primary, password_file=secret)
    refused(done, 10, "cdc", f"127.0.0.1:{primary.port}", "password_file")
    assert "wrong-secret" not in done.stderr
    refused(run("doctor", primary.url(), "--password-file", secret), 10)
    relay = quick(make_leat, primary, password_file=secret)
    relay.start()
    error = source_error(relay, "authentication")
    assert "cdc" in error["message"] and "password_file" in error["cure"]
    numbers.insert(2)
    secret.write_text("cdc-secret\n")
    numbers.written = numbers.written[2:]
    numbers.assert_exactly_once(relay)
    assert relay.log_text().count("code=authentication") == 1, "told once, not at each try"
    secret.unlink()
    assert relay.stop() == 0


def test_a_password_file_that_is_missing_is_named(make_leat, numbers, tmp_path):
    missing = tmp_path / "nowhere"
    done = tail(numbers.server, password_file=missing)
    assert done.returncode != 0 and str(missing) in done.stderr
    relay = quick(make_leat, numbers.server, password_file=missing)
    relay.start()
    status = relay.wait_for(lambda s: s["source"]["state"] == "halted" and s["source"].get("error"), "a halted source")
    assert str(missing) in status["source"]["error"]["message"] and status["source"]["error"]["cure"]
    numbers.insert(1)
    missing.write_text("cdc-secret\n")
    numbers.assert_exactly_once(relay)


def test_missing_privileges_halt_until_they_are_granted(make_leat, numbers):
    primary = numbers.server
    primary.sql("DROP USER IF EXISTS poor@'%'")
    primary.user("poor", "secret", "REPLICATION CLIENT ON *.*")
    secret = primary.password_file("secret")
    refused(tail(primary, url=primary.url("poor"), password_file=secret), 1, "GRANT REPLICATION SLAVE ON *.* TO 'poor'@'%'")
    doctor = run("doctor", primary.url("poor"), "--password-file", secret)
    assert doctor.returncode == 1 and "GRANT REPLICATION SLAVE ON *.* TO 'poor'@'%'" in doctor.stdout
    relay = quick(make_leat, primary, url=primary.url("poor"), password_file=secret)
    relay.start()
    assert source_error(relay, "privilege")["cure"] == "GRANT REPLICATION SLAVE ON *.* TO 'poor'@'%'"
    numbers.insert(1)
    primary.sql("SET sql_log_bin=0; " + source_error(relay, "privilege")["cure"])
    numbers.assert_exactly_once(relay)


def test_tls_that_is_required_and_missing_or_wrong(make_leat, numbers):
    primary = numbers.server
    ca = {"ssl_mode": "VERIFY_IDENTITY", "ssl_ca": str(primary.ca)}
    done = tail(primary, "--ssl-mode", "VERIFY_IDENTITY", "--ssl-ca", primary.wrong_ca)
    refused(done, 1, "TLS", f"127.0.0.1:{primary.port}", "ssl_ca")
    wrong = quick(make_leat, primary, source={**ca, "ssl_ca": str(primary.wrong_ca)})
    wrong.start()
    error = source_error(wrong, "tls")
    assert "ssl_ca" in error["cure"], error
    numbers.insert(1)
    wrong.stop()
    wrong.config["source"].update(ca)
    wrong.configure()
    wrong.start()
    numbers.assert_exactly_once(wrong)


def test_a_certificate_that_does_not_name_the_host(primary):
    other = primary.url(host="127.0.0.2")
    done = tail(primary, "--until", "now", "--ssl-mode", "VERIFY_IDENTITY", "--ssl-ca", primary.ca, url=other)
    refused(done, 1, "TLS", f"127.0.0.2:{primary.port}", "VERIFY_IDENTITY")
    assert tail(primary, "--until", "now", "--ssl-mode", "VERIFY_CA", "--ssl-ca", primary.ca, url=other).returncode == 0


def test_a_server_without_tls_and_without_a_binlog(make_mysql, make_leat):
    server = make_mysql(tls_version="", log_bin=None, skip_log_bin=True, gtid_mode="OFF", enforce_gtid_consistency="OFF")
    refused(tail(server, "--ssl-mode", "REQUIRED"), 1, "TLS is required", "ssl_mode")
    relay = make_leat(server, source={**QUICK_SOURCE, "ssl_mode": "REQUIRED"})
    relay.start()
    assert "ssl_mode" in source_error(relay, "tls")["cure"]
    assert relay.stop() == 0
    # And, without TLS, it is no source either.
    refused(tail(server), 1, "log_bin", "skip-log-bin")
    doctor = run("doctor", server.url(), "--password-file", server.password_file())
    assert doctor.returncode == 1 and "STOP" in doctor.stdout and "skip-log-bin" in doctor.stdout
    relay.config["source"]["ssl_mode"] = "PREFERRED"
    relay.configure()
    relay.start()
    assert "skip-log-bin" in source_error(relay, "server_settings")["cure"]
    assert relay.stop() == 0


# ---- What the server logs ----

def test_metadata_switched_to_minimal_under_way_halts_until_the_definition_may_be_read(make_leat, numbers):
    primary = numbers.server
    relay = quick(make_leat, primary)
    relay.start()
    numbers.insert(1)
    numbers.assert_exactly_once(relay)
    file, pos, _ = primary.position()
    primary.sql("SET GLOBAL binlog_row_metadata=MINIMAL")
    try:
        numbers.insert(1)
        error = source_error(relay, "definition")
    finally:
        primary.sql("SET GLOBAL binlog_row_metadata=FULL")
    assert f"{file}:" in error["message"] and numbers.database in error["message"], error
    assert f"GRANT SELECT ON {numbers.database}." in error["cure"], error
    assert numbers.of(relay.lines()) == [1]
    primary.sql(f"GRANT SELECT ON {numbers.database}.* TO cdc@'%'")
    numbers.assert_exactly_once(relay)


def statement(connection, numbers):
    connection.execute("SET SESSION binlog_format=STATEMENT")
    connection.execute(f"UPDATE {numbers.path} SET body='by statement' WHERE id=1")


@pytest.mark.parametrize("do,code,words,cure", [
    (statement, "server_settings", ["logged as a statement"], "SET PERSIST binlog_format=ROW"),
])
def test_what_is_not_decoded_stops_by_name_and_goes_on_behind(make_leat, numbers, do, code, words, cure):
    primary = numbers.server
    relay = quick(make_leat, primary)
    relay.start()
    numbers.insert(1)
    numbers.assert_exactly_once(relay)
    file, pos, _ = primary.position()
    with primary.connect(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as connection, connection.cursor() as cursor:
        do(cursor, numbers)
    behind = primary.position()
    numbers.insert(2)
    error = source_error(relay, code)
    for word in [f"{file}:", *words]:
        assert word in error["message"], error
    assert cure in error["cure"]
    assert numbers.of(relay.lines()) == [1], "nothing is passed over"
    done = tail(primary, "--from", f"{file}:{pos}")
    refused(done, 1 if code == "server_settings" else 17, *words, cure)
    assert relay.stop() == 0
    # Halted it stays after a restart, too; and the cure is to begin anew behind it.
    relay.start()
    source_error(relay, code)
    assert relay.stop() == 0
    relay.config["source"]["start"] = f"{behind[0]}:{behind[1]}"
    relay.config["journal"]["dir"] += "-2"
    relay.config["sinks"]["files"]["path"] += "-2"
    relay.configure()
    relay.start()
    relay.wait_until_delivered(primary)
    assert numbers.of(relay.lines()) == [2, 3]


def test_statements_on_tables_that_are_not_journalled_pass(make_leat, numbers):
    primary = numbers.server
    primary.sql(f"CREATE TABLE {numbers.named('other')} (id INT PRIMARY KEY)")
    relay = quick(make_leat, primary, source={"tables": [f"{numbers.database}.t"]})
    relay.start()
    primary.sql(f"SET SESSION binlog_format=STATEMENT; INSERT INTO {numbers.named('other')} VALUES (1)")
    numbers.insert(2)
    numbers.assert_exactly_once(relay)


# ---- History ----

def test_purged_binlogs_halt_and_the_journal_says_what_is_gone(make_leat, numbers):
    primary = numbers.server
    relay = quick(make_leat, primary)
    relay.start()
    numbers.insert(2)
    numbers.assert_exactly_once(relay)
    start = relay.config["source"]["start"]
    assert relay.stop() == 0
    numbers.insert(2)
    primary.sql("FLUSH BINARY LOGS")
    last = primary.position()
    primary.sql(f"PURGE BINARY LOGS TO '{last[0]}'")
    relay.start()
    error = source_error(relay, "source_purged")
    assert primary.variable("server_uuid") in error["message"] and "journal folder" in error["cure"]
    assert relay.stop() == 0
    assert numbers.of(relay.lines()) == [1, 2]
    refused(tail(primary, "--from", start), 11, "binlog", "earliest")
    # The cure.
    numbers.insert(1)
    relay.config["journal"]["dir"] += "-2"
    relay.config["sinks"]["files"]["path"] += "-2"
    relay.config["source"]["start"] = "earliest"
    relay.configure()
    relay.start()
    relay.wait_until_delivered(primary)
    assert numbers.of(relay.lines()) == [5]


def test_a_gtid_set_of_others_is_another_history(make_leat, numbers):
    primary = numbers.server
    foreign = "11111111-2222-3333-4444-555555555555:1-7"
    refused(tail(primary, "--from", foreign), 12, foreign, primary.variable("server_uuid"), "source.url")
    relay = quick(make_leat, primary, source={"start": foreign})
    relay.start()
    error = source_error(relay, "other_history")
    assert foreign in error["message"] and primary.variable("server_uuid") in error["message"]
    relay.stop()
    relay.config["source"]["start"] = primary.position()[2]
    relay.configure()
    numbers.insert(1)
    relay.start()
    numbers.assert_exactly_once(relay)


def test_other_transactions_under_the_same_gtids_are_noticed(make_leat, numbers):
    primary = numbers.server
    primary.sql("RESET BINARY LOGS AND GTIDS")
    uuid = primary.variable("server_uuid")
    relay = quick(make_leat, primary)
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    relay.kill()
    primary.sql("RESET BINARY LOGS AND GTIDS")
    for number in (1, 2, 3):
        primary.sql(f"SET gtid_next='{uuid}:{number}'; DELETE FROM {numbers.path} WHERE id={number}; SET gtid_next=AUTOMATIC")
    numbers.insert(1)
    relay.start()
    error = source_error(relay, "other_history")
    assert f"{uuid}:3" in error["message"] and "other contents" in error["message"] and "journal folder" in error["cure"], error
    assert numbers.of(relay.lines()) == [1, 2, 3]


def test_a_reset_binlog_is_another_history(make_leat, numbers):
    """Under way. The server says nothing of it to those who are reading; it is noticed when the new binlog has grown to where
    the old one was read, or at the next connection, whichever comes first, and before anything of it is taken."""
    primary = numbers.server
    primary.sql("RESET BINARY LOGS AND GTIDS")
    relay = quick(make_leat, primary)
    relay.start()
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    primary.sql("RESET BINARY LOGS AND GTIDS")
    numbers.insert(10, size=500)
    error = source_error(relay, "other_history")
    assert "reset" in error["cure"].lower() and "journal folder" in error["cure"], error
    assert relay.stop() == 0
    relay.config["journal"]["dir"] += "-2"
    relay.config["sinks"]["files"]["path"] += "-2"
    relay.config["source"]["start"] = "earliest"
    relay.configure()
    relay.start()
    relay.wait_until_delivered(primary)
    assert numbers.of(relay.lines()) == numbers.written[3:]


# ---- On the way ----

def test_a_server_that_is_not_there(make_leat, numbers):
    with Proxy(numbers.server.port) as proxy:
        proxy.refuse()
        url = f"mysql://cdc@127.0.0.1:{proxy.port}"
        refused(tail(numbers.server, url=url), 1, f"127.0.0.1:{proxy.port}", "source.url")
        relay = quick(make_leat, numbers.server, url=url)
        relay.start()
        status = relay.wait_for(lambda s: s["source"]["state"] == "backing_off", "a source that backs off")
        error = status["source"]["error"]
        assert (error["code"], error["kind"]) == ("connect", "retry") and f"127.0.0.1:{proxy.port}" in error["message"], error
        assert "source.url" in error["cure"] and "retry_in_ms" in status["source"]
        numbers.insert(2)
        proxy.restore()
        numbers.assert_exactly_once(relay)
    refused(tail(numbers.server, url="mysql://cdc@nowhere.invalid:3306"), 1, "nowhere.invalid", "source.url")


@pytest.mark.threads
def test_a_connection_that_is_cut_in_a_packet(make_leat, numbers):
    with Proxy(numbers.server.port) as proxy:
        relay = quick(make_leat, numbers.server, url=f"mysql://cdc@127.0.0.1:{proxy.port}")
        relay.start()
        streaming(relay)
        for n in range(3):
            proxy.cut_after(30000 + 7919 * n)
            numbers.insert(6, size=10000)
            numbers.assert_exactly_once(relay)
        status = relay.status()
        assert status["source"]["connects"] >= 3 and "error" not in status["source"]
        assert relay.stop() == 0


def test_bytes_that_are_damaged_on_the_way_are_asked_for_again(make_leat, numbers):
    with Flipping(numbers.server.port) as proxy:
        relay = quick(make_leat, numbers.server, url=f"mysql://cdc@127.0.0.1:{proxy.port}",
                      source={"ssl_mode": "DISABLED", "backoff_max": "2s"})
        relay.start()
        streaming(relay)
        numbers.insert(1)
        numbers.assert_exactly_once(relay)
        proxy.flips = 1
        numbers.insert(1, size=5000)
        error = source_error(relay, "checksum")
        assert "binlog.0" in error["message"] and "use TLS" in error["cure"], error
        numbers.insert(1)
        numbers.assert_exactly_once(relay)


def test_a_row_above_the_limit_stops_with_its_place_and_a_raised_limit_goes_on(make_leat, numbers):
    relay = quick(make_leat, numbers.server, source={"event_bytes_max": "1MiB"})
    relay.start()
    numbers.insert(1)
    numbers.assert_exactly_once(relay)
    file, pos, _ = numbers.server.position()
    numbers.insert(1, size=2 << 20).insert(1)
    error = source_error(relay, "too_large")
    assert f"{file}:" in error["message"] and "event_bytes_max" in error["cure"], error
    at = int(error["message"].split(f"{file}:")[1].split(":")[0].split(" ")[0])
    assert pos < at < numbers.server.position()[1]
    refused(tail(numbers.server, "--from", f"{file}:{pos}", "--event-bytes-max", 1 << 20), 17, f"{file}:{at}", "event_bytes_max")
    assert numbers.of(relay.lines()) == [1]
    assert relay.stop() == 0
    relay.config["source"]["event_bytes_max"] = "8MiB"
    relay.configure()
    relay.start()
    numbers.assert_exactly_once(relay)
