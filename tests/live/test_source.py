"""Following a real primary: what is checked before, where it starts, what is never resumed, how it goes on."""

import os
import threading
import time

import pytest

from leatlab.proxy import Proxy
from probe import ORACLE, Probe, run

HEARTBEAT_S = 1.0  # source_probe's default


@pytest.fixture
def filled(shared_mysql, database):
    """The shared server with four transactions in a database of its own."""
    shared_mysql.sql(f"CREATE TABLE {database}.t (a INT PRIMARY KEY, b VARCHAR(100)); INSERT INTO {database}.t VALUES (1,'x'),(2,'y');"
                     f"UPDATE {database}.t SET b='z'; DELETE FROM {database}.t WHERE a=1")
    return shared_mysql


def table(server):
    server.sql("CREATE TABLE test.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)")
    return server


def insert(server, *values):
    for value in values:
        server.sql(f"INSERT INTO test.t (b) VALUES ('{value}')")


# ---- Connecting ----

def test_wrong_password_is_an_authentication_error(shared_mysql):
    probe = run(shared_mysql, "-1", password="wrong")
    assert probe.status == 10 and "authentication" in probe.error and "cdc" in probe.error, str(probe)
    assert "wrong" not in " ".join(probe.lines + probe.log)


@pytest.mark.transport
@pytest.mark.parametrize("mode", ["DISABLED", "PREFERRED", "REQUIRED", "UNSET"])
def test_every_mode_connects_before_and_after_the_server_has_cached_the_password(shared_mysql, mode):
    shared_mysql.sql("FLUSH PRIVILEGES")  # forgets what caching_sha2_password cached
    for _ in range(2):
        probe = run(shared_mysql, "-1", "-m", mode, "-u", "now")
        assert probe.status == 0, str(probe)
    assert ("without TLS" in probe.log[0]) == (mode == "DISABLED")


@pytest.mark.transport
def test_socket(shared_mysql):
    shared_mysql.sql("FLUSH PRIVILEGES")
    for mode in ("UNSET", "REQUIRED"):
        probe = run(shared_mysql, "-1", "-m", mode, "-u", "now", url=shared_mysql.socket_url("cdc"))
        assert probe.status == 0 and ("without TLS" in probe.log[0]) == (mode == "UNSET"), str(probe)


def test_the_certificate_is_verified_as_asked(shared_mysql):
    for mode in ("VERIFY_CA", "VERIFY_IDENTITY", "UNSET"):
        assert run(shared_mysql, "-1", "-m", mode, "-a", shared_mysql.ca, "-u", "now").status == 0
        probe = run(shared_mysql, "-1", "-m", mode, "-a", shared_mysql.wrong_ca, "-u", "now")
        assert probe.error.startswith("error tls operator"), str(probe)
    probe = run(shared_mysql, "-1", "-m", "VERIFY_CA")
    assert probe.status == 2 and "ssl_ca" in probe.error


def test_a_certificate_without_the_host_fails_verify_identity_only(make_mysql):
    server = make_mysql(certificates="auto")
    ca = server.datadir / "ca.pem"
    assert run(server, "-1", "-m", "VERIFY_CA", "-a", ca, "-u", "now").status == 0
    probe = run(server, "-1", "-m", "VERIFY_IDENTITY", "-a", ca, "-u", "now")
    assert probe.error.startswith("error tls operator"), str(probe)


class Listening(Proxy):
    """A proxy that keeps what clients sent, and can take TLS out of the server's greeting."""

    def __init__(self, port, strip=False):
        self.sent = b""
        self.strip = strip
        super().__init__(port)

    async def _pump(self, reader, writer, to_client):
        first = True
        while data := await reader.read(65536):
            if not to_client:
                self.sent += data
            elif first and self.strip:
                data = without_tls(data)
            first = False
            writer.write(data)
            await writer.drain()
        writer.close()


def without_tls(greeting):
    """Clears CLIENT_SSL in the low half of the capabilities: behind version, thread id, 8 bytes of scramble and a filler."""
    at = greeting.index(b"\0", 5) + 1 + 4 + 8 + 1
    low = int.from_bytes(greeting[at:at + 2], "little") & ~0x0800
    return greeting[:at] + low.to_bytes(2, "little") + greeting[at + 2:]


@pytest.mark.transport
@pytest.mark.parametrize("mode", ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"])
def test_nothing_is_sent_when_tls_is_stripped(shared_mysql, mode):
    with Listening(shared_mysql.port, strip=True) as proxy:
        probe = run(shared_mysql, "-1", "-m", mode, "-a", shared_mysql.ca, port=proxy.port)
        assert probe.error.startswith("error tls operator"), str(probe)
        assert "TLS is required" in probe.error or "SSL is required" in probe.error, str(probe)
        assert proxy.sent == b""


@pytest.mark.transport
def test_the_password_is_never_sent_in_clear_to_who_stripped_tls(shared_mysql):
    shared_mysql.sql("FLUSH PRIVILEGES")
    with Listening(shared_mysql.port, strip=True) as proxy:
        assert run(shared_mysql, "-1", "-m", "PREFERRED", "-u", "now", port=proxy.port).status == 0
        assert b"cdc" in proxy.sent and b"cdc-secret" not in proxy.sent


def test_a_server_without_tls(make_mysql):
    server = make_mysql(tls_version="")
    assert run(server, "-1", "-m", "REQUIRED").error.startswith("error tls operator")
    assert run(server, "-1", "-u", "now").status == 0  # loopback: PREFERRED


@pytest.mark.transport
@pytest.mark.parametrize("plugin,good", [("sha256_password", False), ("caching_sha2_password", True)])
def test_methods_of_authentication(make_mysql, plugin, good):
    server = make_mysql()
    server.user("other", "secret", "REPLICATION SLAVE, REPLICATION CLIENT ON *.*", plugin=plugin)
    probe = run(server, "-1", "-u", "now", url=server.url("other"), password="secret")
    good = good or ORACLE  # its list of methods is its own
    assert (probe.status == 0) == good and (good or probe.status == 10), str(probe)


def test_an_account_that_must_use_tls(make_mysql):
    server = make_mysql()
    server.user("tls", "secret", "REPLICATION SLAVE, REPLICATION CLIENT ON *.*", require="REQUIRE SSL")
    assert run(server, "-1", "-u", "now", url=server.url("tls"), password="secret").status == 0
    assert run(server, "-1", "-m", "DISABLED", url=server.url("tls"), password="secret").status == 10


# ---- Preflight ----

@pytest.mark.parametrize("grants,missing", [("", "REPLICATION SLAVE, REPLICATION CLIENT"),
                                            ("REPLICATION SLAVE ON *.*", "REPLICATION CLIENT"),
                                            ("REPLICATION CLIENT ON *.*; SELECT ON test.*", "REPLICATION SLAVE")])
def test_missing_privileges_are_named_with_their_cure(shared_mysql, grants, missing):
    shared_mysql.sql("DROP USER IF EXISTS poor@'%'")
    shared_mysql.user("poor", "secret", grants)
    probe = run(shared_mysql, "-1", url=shared_mysql.url("poor"), password="secret")
    assert probe.error.startswith("error privilege operator"), str(probe)
    assert f"GRANT {missing} ON *.* TO 'poor'@'%'" in " ".join(probe.lines)


def test_privileges_by_a_role_count_when_it_is_active(shared_mysql):
    shared_mysql.sql("DROP USER IF EXISTS roled@'%'; DROP ROLE IF EXISTS reader; CREATE ROLE reader;"
                     "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO reader")
    shared_mysql.user("roled", "secret", "")
    shared_mysql.sql("GRANT reader TO roled@'%'")
    options = dict(url=shared_mysql.url("roled"), password="secret")
    assert "SET DEFAULT ROLE" in " ".join(run(shared_mysql, "-1", **options).lines)
    shared_mysql.sql("SET DEFAULT ROLE reader TO roled@'%'")
    assert run(shared_mysql, "-1", "-u", "now", **options).status == 0


@pytest.mark.parametrize("options,subject,cure", [
    ({"binlog_format": "STATEMENT"}, "binlog_format", "SET PERSIST binlog_format=ROW"),
    ({"server_id": 0}, "server_id", "SET PERSIST server_id"),
])
def test_settings_that_would_lose_changes_stop(make_mysql, options, subject, cure):
    probe = run(make_mysql(**options), "-1")
    assert probe.error.startswith("error server_settings operator") and subject in probe.error, str(probe)
    assert any(line.startswith("cure") and cure in line for line in probe.lines)


def test_a_server_without_binlog_stops(make_mysql):
    probe = run(make_mysql(log_bin=None, skip_log_bin=True, gtid_mode="OFF", enforce_gtid_consistency="OFF"), "-1")
    assert probe.error.startswith("error server_settings operator") and "log_bin" in probe.error, str(probe)


def test_doctor_tells_what_is_dangerous(make_mysql):
    server = make_mysql(binlog_row_image="MINIMAL", binlog_row_value_options="PARTIAL_JSON", sync_binlog=0, innodb_flush_log_at_trx_commit=2, gtid_mode="OFF",
                        binlog_expire_logs_seconds=3600, binlog_checksum="NONE", binlog_ignore_db="scratch")
    server.sql("CREATE TABLE test.p (a INT PRIMARY KEY); CREATE TABLE test.c (a INT, FOREIGN KEY (a) REFERENCES test.p (a) "
               "ON DELETE CASCADE); CREATE TABLE test.m (a INT) ENGINE=MyISAM; GRANT SELECT ON *.* TO cdc@'%'")
    probe = run(server, doctor=True)
    for subject in ("binlog_row_image", "binlog_row_value_options", "sync_binlog", "innodb_flush_log_at_trx_commit", "gtid_mode", "binlog_checksum",
                    "binlog_expire_logs_seconds", "binlog_ignore_db"):
        assert any(line.startswith(f"finding WARNING {subject}") for line in probe.lines), str(probe)
    assert any(line.startswith("finding note engines: test.m (MyISAM)") for line in probe.lines), str(probe)
    assert not any("STOP" in line for line in probe.lines)


# ---- Where it starts and ends ----

def test_from_earliest_to_now_all_transactions_come_in_order(make_mysql):
    server = table(make_mysql())
    insert(server, "a", "b")
    server.sql("FLUSH BINARY LOGS")
    insert(server, "c")
    probe = run(server, "-1", "-f", "earliest", "-u", "now")
    uuid = server.variable("server_uuid")
    assert [gtid for gtid, _ in probe.transactions] == [f"{uuid}:{n}" for n in range(1, 5)], str(probe)
    assert probe.lines[0].startswith("start earliest binlog.000001:4 []") and probe.lines[1] == "publish"


def test_now_is_published_before_anything_is_read(filled):
    with Probe(filled) as probe:
        probe.wait_for("^publish")
        file, position, gtids = filled.position()
        assert probe.lines[0] == f"start now {file}:{position} [{gtids}]"
        probe.wait_for("streaming from", log=True)
        filled.sql("CREATE DATABASE starts_now")
        probe.wait_for("^end")
        assert probe.transactions[0][1] == ["statement CREATE DATABASE starts_now"]
        filled.sql("DROP DATABASE starts_now")
        assert probe.stop().done["result"] == "stopped"


@pytest.mark.transport
def test_from_a_position_on(make_mysql):
    server = table(make_mysql())
    insert(server, "a")
    file, position, gtids = server.position()
    insert(server, "b")
    server.sql("FLUSH BINARY LOGS")
    insert(server, "c")
    probe = run(server, "-1", "-f", f"{file}:{position}", "-u", "now")
    assert len(probe.transactions) == 2 and probe.lines[0] == f"start {file}:{position} {file}:{position} [{gtids}]", str(probe)
    for wrong in (position + 1, position - 1, 10 ** 9, 5):
        probe = run(server, "-1", "-f", f"{file}:{wrong}")
        assert probe.error.startswith("error usage"), str(probe)
    assert run(server, "-1", "-f", "binlog.000099:4").error.startswith("error usage")


@pytest.mark.transport
def test_from_a_gtid_set_on(make_mysql):
    server = table(make_mysql())
    insert(server, "a", "b", "c")
    uuid = server.variable("server_uuid")
    probe = run(server, "-1", "-f", f"{uuid}:1:3", "-u", "now")
    assert [gtid for gtid, _ in probe.transactions] == [f"{uuid}:2", f"{uuid}:4"], str(probe)
    probe = run(server, "-1", "-f", "11111111-2222-3333-4444-555555555555:1-7")
    assert probe.status == 12, str(probe)


def test_from_a_time_on_and_until_a_time(make_mysql):
    server = table(make_mysql())
    insert(server, "a")
    server.sql("FLUSH BINARY LOGS")
    time.sleep(1.1)
    insert(server, "b")
    time.sleep(1.1)
    middle = server.value("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')")
    time.sleep(0.1)
    insert(server, "c")
    server.sql("FLUSH BINARY LOGS")
    insert(server, "d")
    uuid = server.variable("server_uuid")
    probe = run(server, "-1", "-f", middle, "-u", "now")
    assert [gtid for gtid, _ in probe.transactions] == [f"{uuid}:4", f"{uuid}:5"], str(probe)
    assert probe.lines[0].endswith(f"[{uuid}:1-3]")
    probe = run(server, "-1", "-f", "earliest", "-u", middle)
    assert [gtid for gtid, _ in probe.transactions] == [f"{uuid}:{n}" for n in (1, 2, 3)], str(probe)
    probe = run(server, "-1", "-f", "2001-01-01", "-u", "now")
    assert len(probe.transactions) == 5, str(probe)
    server.sql("PURGE BINARY LOGS TO 'binlog.000003'")
    assert run(server, "-1", "-f", "2001-01-01").status == 11


def test_until_ends_at_a_position_a_set_or_a_time_to_come(make_mysql):
    server = table(make_mysql())
    insert(server, "a")
    file, position, _ = server.position()
    insert(server, "b")
    uuid = server.variable("server_uuid")
    assert len(run(server, "-1", "-f", "earliest", "-u", f"{file}:{position}").transactions) == 2
    assert len(run(server, "-1", "-f", "earliest", "-u", f"{uuid}:1-2").transactions) == 2
    soon = server.value("SELECT DATE_FORMAT(UTC_TIMESTAMP() + INTERVAL 3 SECOND, '%Y-%m-%dT%H:%i:%sZ')")
    probe = run(server, "-1", "-f", "earliest", "-u", soon)
    assert probe.status == 0 and len(probe.transactions) == 3, str(probe)


def test_tagged_gtids(make_mysql):
    server = table(make_mysql())
    connection = server.connect()
    with connection.cursor() as cursor:
        for tag in ("blue", "red", "blue"):
            cursor.execute(f"SET gtid_next='AUTOMATIC:{tag}'")
            cursor.execute("INSERT INTO test.t (b) VALUES ('x')")
    uuid = server.variable("server_uuid")
    probe = run(server, "-1", "-f", "earliest", "-u", "now")
    assert [g for g, _ in probe.transactions] == [f"{uuid}:1", f"{uuid}:blue:1", f"{uuid}:red:1", f"{uuid}:blue:2"], str(probe)
    probe = run(server, "-1", "-f", f"{uuid}:1:blue:1", "-u", "now")
    assert [g for g, _ in probe.transactions] == [f"{uuid}:red:1", f"{uuid}:blue:2"], str(probe)


# ---- Resuming ----

@pytest.fixture(params=["ON", "OFF"])
def server_of_each_mode(request, make_mysql):
    server = table(make_mysql(gtid_mode=request.param, **({} if request.param == "ON" else {"enforce_gtid_consistency": "OFF"})))
    server.gtids = request.param == "ON"
    return server


def test_it_resumes_behind_the_last_complete_transaction(server_of_each_mode, tmp_path):
    server, state = server_of_each_mode, tmp_path / "state"
    insert(server, "a", "b", "c")
    assert len(run(server, "-1", "-f", "earliest", "-s", state, "-n", 2).transactions) == 2
    insert(server, "d")
    server.sql("FLUSH BINARY LOGS")
    server.restart()
    insert(server, "e")
    probe = run(server, "-1", "-s", state, "-u", "now")
    assert len(probe.transactions) == 4 and not any(line.startswith("start") for line in probe.lines), str(probe)
    assert run(server, "-1", "-s", state, "-u", "now").transactions == []


def test_purged_binlogs_are_never_skipped_silently(server_of_each_mode, tmp_path):
    server, state = server_of_each_mode, tmp_path / "state"
    insert(server, "a")
    run(server, "-1", "-f", "earliest", "-s", state, "-n", 1)
    server.sql("FLUSH BINARY LOGS")
    insert(server, "b")
    server.sql("FLUSH BINARY LOGS; PURGE BINARY LOGS TO 'binlog.000003'")
    probe = run(server, "-1", "-s", state)
    assert probe.status == 11 and probe.transactions == [], str(probe)
    if server.gtids:
        assert f"{server.variable('server_uuid')}:2-3" in probe.error, str(probe)


def test_what_is_purged_and_was_read_is_no_gap(server_of_each_mode, tmp_path):
    server, state = server_of_each_mode, tmp_path / "state"
    insert(server, "a")
    run(server, "-1", "-f", "earliest", "-s", state, "-u", "now")
    server.sql("FLUSH BINARY LOGS")
    insert(server, "b")
    if server.gtids:
        server.sql("PURGE BINARY LOGS TO 'binlog.000002'")
    probe = run(server, "-1", "-s", state, "-u", "now")
    assert len(probe.transactions) == 1, str(probe)


def test_a_reset_binlog_is_another_history(server_of_each_mode, tmp_path):
    server, state = server_of_each_mode, tmp_path / "state"
    insert(server, "a", "b", "c")
    run(server, "-1", "-f", "earliest", "-s", state, "-u", "now")
    server.sql("RESET BINARY LOGS AND GTIDS")
    probe = run(server, "-1", "-s", state)
    assert probe.status == 12, str(probe)
    # And just as well when it has grown beyond where we were.
    insert(server, *"defghijklm")
    probe = run(server, "-1", "-s", state)
    assert probe.status == 12 and probe.transactions == [], str(probe)


def test_a_server_that_came_back_with_other_transactions(server_of_each_mode, tmp_path):
    server, state = server_of_each_mode, tmp_path / "state"
    insert(server, "a", "b")
    server.stop()
    import shutil
    shutil.copytree(server.datadir, tmp_path / "before")
    server.start()
    insert(server, "c")
    run(server, "-1", "-f", "earliest", "-s", state, "-u", "now")
    server.stop()
    shutil.rmtree(server.datadir)
    shutil.copytree(tmp_path / "before", server.datadir)
    server.start()
    insert(server, "d", "e", "f")  # the same GTIDs and positions, other contents
    probe = run(server, "-1", "-s", state)
    assert probe.status == 12 and "came back with other transactions" in probe.error, str(probe)
    assert probe.transactions == []


def test_another_server_with_our_history_is_followed_and_one_without_is_not(make_mysql, tmp_path):
    first, second, stranger = table(make_mysql()), make_mysql(), make_mysql()
    state = tmp_path / "state"
    insert(first, "a", "b")
    second.replicate_from(first)
    second.wait_for(first.position()[2])
    run(first, "-1", "-f", "earliest", "-s", state, "-u", "now")
    insert(first, "c")
    second.wait_for(first.position()[2])
    second.sql("STOP REPLICA")
    insert(second, "d")
    probe = run(second, "-1", "-s", state, "-u", "now")
    assert [g.split(":")[1] for g, _ in probe.transactions] == ["4", "1"], str(probe)
    assert any("another server" in line for line in probe.log)
    table(stranger)
    insert(stranger, "x")
    probe = run(stranger, "-1", "-s", state)
    assert probe.status == 12 and stranger.variable("server_uuid") in probe.error, str(probe)
    # The first one lacks "d" by now.
    assert run(first, "-1", "-s", state).status == 12


def test_a_position_is_good_on_its_own_server_only(make_mysql, tmp_path):
    anonymous = {"gtid_mode": "OFF", "enforce_gtid_consistency": "OFF"}
    first, second = table(make_mysql(**anonymous)), table(make_mysql(**anonymous))
    insert(first, "a")
    insert(second, "a")
    run(first, "-1", "-f", "earliest", "-s", tmp_path / "state", "-u", "now")
    probe = run(second, "-1", "-s", tmp_path / "state")
    assert probe.status == 12 and second.variable("server_uuid") in probe.error, str(probe)


def test_gtid_mode_is_switched_on_and_off_under_way(make_mysql):
    server = table(make_mysql(gtid_mode="OFF"))
    with Probe(server, "-f", "earliest") as probe:
        count = 1
        for mode in ("OFF_PERMISSIVE", "ON_PERMISSIVE", "ON", "ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF"):
            insert(server, mode)
            server.sql(f"SET GLOBAL gtid_mode={mode}")
            count += 1
            probe.wait_for("^end", count)
            # Each reconnect decides anew how to ask.
            server.sql("; ".join(f"KILL {row[0]}" for row in server.sql("SHOW PROCESSLIST") if row[4].startswith("Binlog Dump"))
                       or "DO 1")
            insert(server, f"{mode} reconnected")
            count += 1
            probe.wait_for("^end", count)
        assert len(probe.stop().transactions) == count, str(probe)
        assert int(probe.done["connects"]) == 7, str(probe)


# ---- Going on ----

@pytest.mark.transport
def test_a_silent_server_is_noticed_within_three_heartbeats(make_mysql):
    server = table(make_mysql())
    with Proxy(server.port) as proxy, Probe(server, "-f", "now", port=proxy.port) as probe:
        probe.wait_for("^heartbeat")
        insert(server, "a")
        probe.wait_for("^end", 1)
        began = time.monotonic()
        proxy.swallow()
        probe.wait_for("has sent nothing", log=True)
        assert time.monotonic() - began < 3 * HEARTBEAT_S + 1.5
        insert(server, "b")
        proxy.restore()
        probe.wait_for("^end", 2, timeout_s=60)
        assert len(probe.stop().transactions) == 2


@pytest.mark.transport
@pytest.mark.parametrize("mode", ["DISABLED", "REQUIRED"])
def test_a_connection_cut_in_mid_event_loses_and_repeats_nothing(make_mysql, mode):
    server = table(make_mysql())
    with Proxy(server.port) as proxy, Probe(server, "-f", "now", "-m", mode, port=proxy.port) as probe:
        probe.wait_for("streaming", log=True)
        for n in range(6):
            proxy.cut_after(20000 + 7919 * n)
            connection = server.connect()
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                for i in range(5):
                    cursor.execute(f"INSERT INTO test.t (b) VALUES (REPEAT('{n}', {10000 + i}))")
                cursor.execute("COMMIT")
            probe.wait_for("^end", n + 1)
        probe.stop()
        uuid = server.variable("server_uuid")
        assert [g for g, _ in probe.transactions] == [f"{uuid}:{n}" for n in range(2, 8)], str(probe)
        assert all(what == ["rows insert test.t 1"] * 5 for _, what in probe.transactions)
        assert int(probe.done["abandons"]) >= 3 and int(probe.done["connects"]) >= 4, str(probe)


def test_a_server_that_is_killed_and_comes_back(make_mysql):
    server = table(make_mysql())
    with Probe(server, "-f", "now") as probe:
        probe.wait_for("streaming", log=True)
        insert(server, "a")
        server.kill()
        server.start()
        insert(server, "b")
        probe.wait_for("^end", 2)
        server.stop()
        server.start()
        insert(server, "c")
        probe.wait_for("^end", 3)
        assert len(probe.stop().transactions) == 3


@pytest.mark.transport
def test_stop_ends_a_read_a_wait_and_a_connect_at_once(make_mysql):
    server = make_mysql()
    with Proxy(server.port) as proxy:
        for state in ("reading", "connecting", "waiting"):
            with Probe(server, "-H", 60000, port=proxy.port) as probe:
                if state == "reading":
                    probe.wait_for("streaming", log=True)
                else:
                    (proxy.swallow if state == "connecting" else proxy.refuse)()
                    time.sleep(1)
                began = time.monotonic()
                assert probe.stop().done["result"] == "stopped"
                assert time.monotonic() - began < 1, f"{state}: {probe}"
            if state == "reading":
                continue
            proxy.restore()


def test_a_halted_source_goes_on_when_the_cause_is_cured(make_mysql):
    server = table(make_mysql(binlog_format="STATEMENT"))
    with Probe(server) as probe:
        probe.wait_for("level=error.*binlog_format", log=True)
        server.sql("SET GLOBAL binlog_format=ROW")
        probe.wait_for("^start", timeout_s=10)
        server.sql("CREATE DATABASE later")
        probe.wait_for("^end")
        probe.stop()
        assert len([line for line in probe.log if "level=error" in line]) == 1, str(probe)


def test_a_slow_listener_lets_the_server_go_and_loses_nothing(make_mysql):
    server = table(make_mysql())
    with Probe(server, "-b", 8, "-w", 4) as probe:
        probe.wait_for("streaming", log=True)
        insert(server, "a", "b")
        probe.wait_for("nothing was taken from us", log=True)
        dumps = "SELECT COUNT(*) FROM performance_schema.processlist WHERE COMMAND LIKE 'Binlog Dump%'"
        deadline = time.monotonic() + 10
        while server.value(dumps) and time.monotonic() < deadline:
            insert(server, "c")  # the dump thread notices when it writes
            time.sleep(0.2)
        assert not server.value(dumps)
        insert(server, "d")
        expected = server.value("SELECT COUNT(*) FROM test.t")
        probe.wait_for("^end", expected)
        assert len(probe.stop().transactions) == expected
        assert probe.done["connects"] == "2"


def test_a_twin_with_our_identity_is_reported_as_a_clash(make_mysql):
    server = table(make_mysql())
    with Probe(server) as first, Probe(server) as second:
        first.wait_for("streaming", log=True)
        for probe in (first, second):
            probe.process.poll()
        line = None
        deadline = time.monotonic() + 30
        while not line and time.monotonic() < deadline:
            line = next((line for probe in (first, second) for line in probe.log if "again" in line and "level=error" in line), None)
            time.sleep(0.1)
        assert line and "server_id" in line, f"{first}\n{second}"


def test_tables_that_are_not_wanted_are_left_out(make_mysql):
    server = table(make_mysql())
    server.sql("CREATE TABLE test.u (a INT PRIMARY KEY); INSERT INTO test.u VALUES (1)")
    insert(server, "a")
    probe = run(server, "-1", "-f", "earliest", "-u", "now", "-t", "test.t")
    assert len(probe.transactions) == 4
    assert not any("test.u" in what for _, inside in probe.transactions for what in inside if what.startswith("rows")), str(probe)


def test_events_above_the_limit_stop_with_their_place(make_mysql):
    server = table(make_mysql(max_allowed_packet="64M"))
    server.sql("INSERT INTO test.t (b) VALUES (REPEAT('x', 2000000))")
    for mode in ("DISABLED", "REQUIRED"):
        probe = run(server, "-1", "-m", mode, "-f", "earliest", "-x", 1048576)
        assert probe.error.startswith("error too_large") and "binlog.000001:" in probe.error, str(probe)
        assert run(server, "-1", "-m", mode, "-f", "earliest", "-u", "now").status == 0


@pytest.mark.transport
def test_events_larger_than_a_packet(make_mysql):
    server = table(make_mysql(max_allowed_packet="128M"))
    for size in (16777215 - 100, 16777215, 40000000):
        server.sql(f"INSERT INTO test.t (b) VALUES (REPEAT('x', {size}))")
    # The event's length around the protocol's limit of a packet.
    for size in range(16777215 - 80, 16777215 - 60):
        server.sql(f"UPDATE test.t SET b=NULL WHERE a=1; UPDATE test.t SET b=REPEAT('y', {size}) WHERE a=1")
    for mode in ("DISABLED", "REQUIRED"):
        probe = run(server, "-1", "-m", mode, "-f", "earliest", "-u", "now")
        assert probe.status == 0 and len(probe.transactions) == 44, str(probe)
