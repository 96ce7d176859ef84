"""What a MariaDB server must be set to, who may follow it, and what the doctor says."""

import re

import pytest

from probe import run

STREAM = "REPLICATION SLAVE, BINLOG MONITOR ON *.*"


@pytest.fixture(scope="module")
def latest(own_mariadb):
    return own_mariadb("latest", version="11.8", certificates="auto")


def logged(server, *statements):
    """Runs these; the position before them."""
    file, position, _ = server.position()
    server.sql("; ".join(statements))
    return f"{file}:{position}"


def follow(server, start):
    return run(server, "-1", "-f", start, "-u", "now")


# ---- Accounts ----

@pytest.mark.parametrize("plugin", ["mysql_native_password", "ed25519"])
def test_methods_of_authentication_with_and_without_tls(shared_mariadb, plugin):
    server = shared_mariadb()
    if plugin == "ed25519":
        server.sql("INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'")
    server.sql("DROP USER IF EXISTS other@'%'")
    server.user("other", "secret", STREAM, plugin=plugin)
    for mode in ("DISABLED", "REQUIRED"):
        probe = run(server, "-1", "-m", mode, "-u", "now", url=server.url("other"), password="secret")
        assert probe.status == 0 and ("without TLS" in probe.log[0]) == (mode == "DISABLED"), str(probe)
        probe = run(server, "-1", "-m", mode, url=server.url("other"), password="wrong")
        assert probe.status == 10, str(probe)


def test_who_is_let_in_by_the_socket_needs_no_password(make_mariadb):
    server = make_mariadb()
    server.sql("ALTER USER root@localhost IDENTIFIED VIA unix_socket")
    for password in ("cdc-secret", None):
        probe = run(server, "-1", "-u", "now", url=server.socket_url("root"), password=password)
        assert probe.status == 0, str(probe)


def test_parsec_is_refused_with_what_to_do(latest):
    latest.sql("INSTALL SONAME 'auth_parsec'")
    latest.user("modern", "secret", STREAM, plugin="parsec")
    probe = run(latest, "-1", url=latest.url("modern"), password="secret")
    assert probe.status == 10 and "method of authentication" in probe.error, str(probe)
    assert any("IDENTIFIED VIA ed25519" in line for line in probe.lines)


def test_a_certificate_that_the_server_made_for_itself_encrypts_and_is_not_verified(latest):
    probe = run(latest, "-1", "-m", "REQUIRED", "-u", "now")
    assert probe.status == 0 and "TLSv1" in probe.log[0], str(probe)
    assert run(latest, "-1", "-m", "VERIFY_IDENTITY", "-a", latest.wrong_ca).error.startswith("error tls operator")


@pytest.mark.parametrize("grants,missing", [("", "REPLICATION SLAVE, BINLOG MONITOR"),
                                            ("REPLICATION SLAVE ON *.*", "BINLOG MONITOR"),
                                            ("REPLICATION CLIENT ON *.*; SELECT ON test.*", "REPLICATION SLAVE")])
def test_missing_privileges_are_named_with_their_cure(shared_mariadb, grants, missing):
    server = shared_mariadb()
    server.sql("DROP USER IF EXISTS poor@'%'")
    server.user("poor", "secret", grants)
    probe = run(server, "-1", url=server.url("poor"), password="secret")
    assert probe.error.startswith("error privilege operator"), str(probe)
    assert f"GRANT {missing} ON *.* TO 'poor'@'%'" in " ".join(probe.lines)


def test_privileges_by_a_role_count_when_it_is_active(shared_mariadb):
    server = shared_mariadb()
    server.sql("DROP USER IF EXISTS roled@'%'; DROP ROLE IF EXISTS reader; CREATE ROLE reader;"
               f"GRANT {STREAM} TO reader")
    server.user("roled", "secret", "")
    server.sql("GRANT reader TO roled@'%'")
    options = dict(url=server.url("roled"), password="secret")
    assert "SET DEFAULT ROLE" in " ".join(run(server, "-1", **options).lines)
    server.sql("SET DEFAULT ROLE reader FOR roled@'%'")
    assert run(server, "-1", "-u", "now", **options).status == 0


# ---- Settings ----

def test_the_defaults_stop_with_their_cures_which_count_at_once(make_mariadb):
    server = make_mariadb(binlog_row_metadata="NO_LOG", binlog_format="MIXED")
    server.sql("CREATE TABLE test.t (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT)")
    opened = server.connect()
    probe = run(server, "-1")
    assert probe.error.startswith("error server_settings operator"), str(probe)
    cure = next(line for line in probe.lines if line.startswith("cure"))
    assert "SET GLOBAL binlog_format=ROW" in cure and "option file" in cure
    server.sql(re.search(r"SET GLOBAL \w+=\w+", cure)[0])
    unnamed = logged(server, "SET binlog_format=ROW; INSERT INTO test.t (b) VALUES ('unnamed')")
    probe = follow(server, unnamed)
    assert probe.error.startswith("error definition operator") and "binlog_row_metadata was not FULL" in probe.error, str(probe)
    assert any("GRANT SELECT ON test.t" in line for line in probe.lines), str(probe)
    server.sql("GRANT SELECT ON test.* TO cdc@'%'")
    assert follow(server, unnamed).status == 0
    server.sql("SET GLOBAL binlog_row_metadata=FULL")
    assert follow(server, logged(server, "INSERT INTO test.t (b) VALUES ('named')")).status == 0
    start = "%s:%d" % server.position()[:2]
    with opened.cursor() as cursor:  # metadata counts in open sessions too, the format doesn't
        cursor.execute("SET binlog_format=ROW")
        cursor.execute("INSERT INTO test.t (b) VALUES ('named')")
    assert follow(server, start).status == 0
    assert follow(server, unnamed).status == 0
    probe = follow(server, logged(server, "SET binlog_format=STATEMENT", "INSERT INTO test.t (b) VALUES ('x')"))
    assert "test.t are logged as a statement" in probe.error and "SET GLOBAL binlog_format=ROW" in " ".join(probe.lines), str(probe)


@pytest.mark.parametrize("options,subject,cure", [
    ({"mysql56_temporal_format": "OFF"}, "mysql56_temporal_format", "SET GLOBAL mysql56_temporal_format=ON"),
    ({"log_bin": None, "skip_log_bin": True}, "log_bin", "--log-bin"),
])
def test_settings_that_would_lose_changes_stop(make_mariadb, options, subject, cure):
    probe = run(make_mariadb(**options), "-1")
    assert probe.error.startswith("error server_settings operator") and subject in probe.error, str(probe)
    assert any(line.startswith("cure") and cure in line for line in probe.lines), str(probe)


def test_doctor_tells_what_is_dangerous(make_mariadb):
    server = make_mariadb(binlog_row_image="MINIMAL", sync_binlog=0, innodb_flush_log_at_trx_commit=2, log_bin_compress="ON",
                          binlog_expire_logs_seconds=3600, binlog_checksum="NONE", binlog_ignore_db="scratch")
    server.sql("CREATE TABLE test.p (a INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE test.c (a INT, FOREIGN KEY (a) REFERENCES test.p (a) "
               "ON DELETE CASCADE) ENGINE=InnoDB; CREATE TABLE test.m (a INT) ENGINE=MyISAM; GRANT SELECT, REFERENCES ON *.* TO cdc@'%'")
    probe = run(server, doctor=True)
    for subject in ("binlog_row_image", "sync_binlog", "innodb_flush_log_at_trx_commit", "gtid_strict_mode", "binlog_checksum",
                    "binlog_expire_logs_seconds", "binlog_ignore_db"):
        assert any(line.startswith(f"finding WARNING {subject}") for line in probe.lines), str(probe)
    for note in ("engines: test.m (MyISAM)", "foreign_keys: test.c", "log_bin_compress", "privileges: 'cdc'@'%' can't see"):
        assert any(line.startswith(f"finding note {note}") for line in probe.lines), str(probe)
    assert not any("STOP" in line or "SET PERSIST" in line for line in probe.lines), str(probe)


def test_a_replica_that_does_not_log_what_it_replicates_stops(shared_mariadb, make_mariadb):
    replica = make_mariadb()
    replica.replicate_from(shared_mariadb())
    replica.sql("GRANT SLAVE MONITOR ON *.* TO cdc@'%'")
    probe = run(replica, "-1")
    assert probe.error.startswith("error server_settings operator") and "log_slave_updates" in probe.error, str(probe)


# ---- Binlogs of another kind ----

@pytest.mark.parametrize("version", ["10.11", "11.8"])
def test_an_encrypted_binlog_is_decrypted_by_the_server(make_mariadb, tmp_path, version):
    key = tmp_path / "key"
    key.write_text("1;" + "ab" * 32 + "\n")
    server = make_mariadb(version, encrypt_binlog="ON", plugin_load_add="file_key_management", file_key_management_filename=str(key))
    server.sql("CREATE TABLE test.t (a INT); INSERT INTO test.t VALUES (1); FLUSH BINARY LOGS; INSERT INTO test.t VALUES (2)")
    assert len(follow(server, "earliest").transactions) == 3
    gtids = server.position()[2]
    start = logged(server, "INSERT INTO test.t VALUES (3)")
    for place in (start, gtids):
        probe = follow(server, place)
        assert probe.status == 0 and len(probe.transactions) == 1, str(probe)


def test_without_checksums_and_with_statements_that_tell_their_text(make_mariadb):
    server = make_mariadb(binlog_checksum="NONE")
    start = logged(server, "CREATE TABLE test.t (a INT)", "INSERT INTO test.t VALUES (1), (2)")
    probe = follow(server, start)
    assert probe.status == 0 and len(probe.transactions) == 2, str(probe)
    assert "text INSERT INTO test.t VALUES (1), (2)" in probe.lines, str(probe)
