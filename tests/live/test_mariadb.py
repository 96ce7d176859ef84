"""Following MariaDB: what is checked before, where it starts, what is never resumed, how it goes on."""

import shutil
import time

import pytest

from leatlab.mariadb import VERSIONS
from probe import Probe, run


@pytest.fixture(scope="module")
def servers(own_mariadb):
    """servers("10.5"): one of each version for this file, as new: each test takes them over with their binlog reset."""
    made = {}

    def new(version="10.11"):
        if version not in made:
            made[version] = own_mariadb(f"following-{version}", version=version)
        server = made[version]
        if not server.running:
            server.start()
        server.sql("SET sql_log_bin=0; DROP TABLE IF EXISTS test.t; SET sql_log_bin=1; RESET MASTER")
        return server
    return new


@pytest.fixture(params=VERSIONS)
def each(request, servers):
    """A server of each version with a table."""
    return table(servers(request.param))


@pytest.fixture
def server(servers):
    return table(servers())


def table(server):
    server.sql("CREATE TABLE test.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)")
    return server


def insert(server, *values, before=""):
    for value in values:
        server.sql(f"{before} INSERT INTO test.t (b) VALUES ('{value}')")


def purge(server, to):
    """Purges the files before this one; the server refuses for as long as its engine may need one after a crash."""
    deadline = time.monotonic() + 60
    while server.binlogs()[0].name != to:
        assert time.monotonic() < deadline, "the server does not purge"
        server.sql(f"PURGE BINARY LOGS TO '{to}'")


def gtids(probe):
    return [gtid for gtid, _ in probe.transactions]


# ---- Where it starts and ends ----

def test_from_earliest_to_now_all_transactions_come_in_order(each):
    insert(each, "a", "b")
    each.sql("FLUSH BINARY LOGS")
    insert(each, "c")
    probe = run(each, "-1", "-f", "earliest", "-u", "now")
    assert gtids(probe) == [f"0-{each.port}-{n}" for n in range(1, 5)], str(probe)
    assert probe.lines[0].startswith("start earliest binlog.000001:4 []") and probe.lines[1] == "publish"
    assert probe.status == 0


def test_every_kind_of_start_and_end(each):
    insert(each, "a")
    file, position, before = each.position()
    time.sleep(1.1)
    middle = each.value("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')")
    time.sleep(1.1)
    insert(each, "b")
    insert(each, "c", before="SET gtid_domain_id=7;")
    each.sql("FLUSH BINARY LOGS")
    insert(each, "d")
    rest = [f"0-{each.port}-3", f"7-{each.port}-1", f"0-{each.port}-4"]
    for start in (f"{file}:{position}", before, middle):
        probe = run(each, "-1", "-f", start, "-u", "now")
        assert gtids(probe) == rest, str(probe)
        if start != before:
            assert probe.lines[0] == f"start {start} {file}:{position} [{before}]", str(probe)
    for until in (f"{file}:{position}", before, middle):
        assert len(run(each, "-1", "-f", "earliest", "-u", until).transactions) == 2
    for wrong in (position + 1, position - 1, 10 ** 9):
        probe = run(each, "-1", "-f", f"{file}:{wrong}")
        assert probe.error.startswith("error usage"), str(probe)
    assert run(each, "-1", "-f", f"0-{each.port}-99").status == 12
    assert run(each, "-1", "-f", "11111111-2222-3333-4444-555555555555:1-7").error.startswith("error usage")
    purge(each, "binlog.000002")
    assert run(each, "-1", "-f", before).status == 11
    assert run(each, "-1", "-f", "2001-01-01").status == 11
    probe = run(each, "-1", "-f", "earliest", "-u", "now")
    assert probe.lines[0] == f"start earliest binlog.000002:4 [0-{each.port}-3,7-{each.port}-1]" and gtids(probe) == rest[2:]


def test_now_holds_all_domains_and_nothing_before_comes(server):
    insert(server, "a", before="SET gtid_domain_id=7;")
    insert(server, "b", before="SET gtid_domain_id=3; SET server_id=99;")
    with Probe(server) as probe:
        probe.wait_for("^publish")
        file, position, _ = server.position()
        assert probe.lines[0] == f"start now {file}:{position} [0-{server.port}-1,3-99-1,7-{server.port}-1]", str(probe)
        probe.wait_for("streaming from", log=True)
        insert(server, "c", before="SET gtid_domain_id=3;")
        probe.wait_for("^end")
        assert gtids(probe) == [f"3-{server.port}-2"], str(probe)
        assert probe.stop().done["result"] == "stopped"


# ---- Resuming ----

def test_it_resumes_behind_the_last_complete_transaction(each, tmp_path):
    state = tmp_path / "state"
    insert(each, "a", "b", "c")
    assert len(run(each, "-1", "-f", "earliest", "-s", state, "-n", 2).transactions) == 2
    insert(each, "d")
    each.sql("FLUSH BINARY LOGS")
    each.restart()
    insert(each, "e")
    probe = run(each, "-1", "-s", state, "-u", "now")
    assert len(probe.transactions) == 4 and not any(line.startswith("start") for line in probe.lines), str(probe)
    assert any("streaming from" in line and " at binlog.000001:" in line for line in probe.log), str(probe)
    assert run(each, "-1", "-s", state, "-u", "now").transactions == []


def test_numbers_that_come_twice_or_fall_are_resumed_by_position(server, tmp_path):
    state = tmp_path / "state"
    for number in (10, 5, 10, 7):
        insert(server, f"n{number}", before=f"SET gtid_seq_no={number};")
    whole = gtids(run(server, "-1", "-f", "earliest", "-u", "now"))
    assert [gtid.split("-")[2] for gtid in whole] == ["1", "10", "5", "10", "7"]
    got = []
    for _ in range(len(whole)):
        got += gtids(run(server, "-1", "-s", state, "-n", 1, *([] if got else ["-f", "earliest"])))
    assert got == whole
    assert run(server, "-1", "-s", state, "-u", "now").transactions == []


def test_purged_binlogs_are_never_skipped_silently(server, tmp_path):
    state = tmp_path / "state"
    insert(server, "a")
    run(server, "-1", "-f", "earliest", "-s", state, "-n", 1)
    server.sql("FLUSH BINARY LOGS")
    purge(server, "binlog.000002")
    probe = run(server, "-1", "-s", state)
    assert probe.status == 11 and probe.transactions == [] and f"0-{server.port}-2" in probe.error, str(probe)


def test_what_is_purged_and_was_read_is_no_gap(server, tmp_path):
    state = tmp_path / "state"
    insert(server, "a")
    run(server, "-1", "-f", "earliest", "-s", state, "-u", "now")
    server.sql("FLUSH BINARY LOGS")
    purge(server, "binlog.000002")
    insert(server, "b")
    probe = run(server, "-1", "-s", state, "-u", "now")
    assert gtids(probe) == [f"0-{server.port}-3"], str(probe)


def test_a_reset_server_is_another_history(server, tmp_path):
    state = tmp_path / "state"
    insert(server, "a")
    run(server, "-1", "-f", "earliest", "-s", state, "-u", "now")
    server.sql("RESET MASTER")
    probe = run(server, "-1", "-s", state)
    assert probe.status == 12 and "lacks 0-" in probe.error, str(probe)


def other_end(server, tmp_path, *writes):
    """The server as it was, with other transactions behind: what a crash with sync_binlog=0 leaves."""
    state, copy = tmp_path / "state", tmp_path / "copy"
    insert(server, "a")
    server.stop()
    shutil.copytree(server.datadir, copy)
    server.start()
    insert(server, "b", "c")
    run(server, "-1", "-f", "earliest", "-s", state, "-u", "now")
    server.kill()
    shutil.rmtree(server.datadir)
    shutil.copytree(copy, server.datadir)
    server.start()
    insert(server, *writes)
    return state


def test_a_server_that_lost_its_tail_stops(server, tmp_path):
    probe = run(server, "-1", "-s", other_end(server, tmp_path))
    assert probe.status == 12 and f"lacks 0-{server.port}-4" in probe.error, str(probe)


def test_other_transactions_under_the_same_gtids_stop(each, tmp_path):
    state = other_end(each, tmp_path, "x", "y", "z")
    probe = run(each, "-1", "-s", state)
    assert probe.status == 12 and "other contents" in probe.error and f"0-{each.port}-4" in probe.error, str(probe)


def test_another_last_transaction_at_the_same_place_stops(server, tmp_path):
    state = other_end(server, tmp_path, "b", "x")
    probe = run(server, "-1", "-s", state)
    assert probe.status == 12 and "other contents" in probe.error, str(probe)


# ---- Change of server ----

@pytest.fixture(params=["10.11", "11.8"])
def pair(request, servers, make_mariadb):
    """A primary and its replica, which logs what it replicates, with a binlog of other files."""
    primary = servers(request.param)
    replica = make_mariadb(request.param, log_slave_updates=True, log_bin="relayed")
    replica.replicate_from(primary)
    return primary, replica


def test_a_promoted_replica_with_our_history_is_followed(pair, tmp_path):
    primary, replica = pair
    state = tmp_path / "state"
    table(primary)
    insert(primary, "a")
    insert(primary, "b", before="SET gtid_domain_id=4;")
    run(primary, "-1", "-f", "earliest", "-s", state, "-u", "now")
    insert(primary, "c")
    replica.wait_for(primary.position()[2])
    primary.stop()
    replica.sql("STOP SLAVE; RESET SLAVE ALL")
    insert(replica, "d")
    probe = run(replica, "-1", "-s", state, "-u", "now")
    assert gtids(probe) == [f"0-{primary.port}-3", f"0-{replica.port}-4"], str(probe)
    assert any("another server" in line and "with our history" in line for line in probe.log), str(probe)
    insert(replica, "e")
    probe = run(replica, "-1", "-s", state, "-u", "now")
    assert gtids(probe) == [f"0-{replica.port}-5"] and any(" at relayed.0" in line for line in probe.log), str(probe)


def test_a_replica_that_lacks_our_last_or_went_its_own_way_is_not_followed(pair, tmp_path):
    primary, replica = pair
    state = tmp_path / "state"
    table(primary)
    replica.wait_for(primary.position()[2])
    replica.sql("STOP SLAVE")
    insert(primary, "a")
    run(primary, "-1", "-f", "earliest", "-s", state, "-u", "now")
    probe = run(replica, "-1", "-s", state)
    assert probe.status == 12 and f"lacks 0-{primary.port}-2" in probe.error, str(probe)
    replica.sql(f"SET server_id={primary.port}; INSERT INTO test.t (b) VALUES ('x')")
    probe = run(replica, "-1", "-s", state)
    assert probe.status == 12 and "other contents" in probe.error, str(probe)
    replica.sql(f"SET server_id={replica.port}; INSERT INTO test.t (b) VALUES ('y')")
    assert run(replica, "-1", "-s", state).status == 12


def test_a_replica_whose_binlog_begins_behind_ours_is_not_followed(server, make_mariadb, tmp_path):
    primary, state = server, tmp_path / "state"
    insert(primary, "a")
    run(primary, "-1", "-f", "earliest", "-s", state, "-u", "now")
    replica = make_mariadb(log_slave_updates=True)
    replica.sql("CREATE TABLE test.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB); INSERT INTO test.t VALUES (1, 'a'); RESET MASTER")
    replica.replicate_from(primary, gtids=primary.position()[2])
    insert(primary, "b")
    replica.wait_for(primary.position()[2])
    probe = run(replica, "-1", "-s", state, "-u", "now")
    assert probe.status == 12, str(probe)  # it can't be shown to have been ours
    probe = run(primary, "-1", "-s", state, "-u", "now")
    assert gtids(probe) == [f"0-{primary.port}-3"]


def test_what_a_replica_logs_of_its_primary_comes_with_the_primarys_gtids(pair):
    primary, replica = pair
    table(primary)
    insert(primary, "a")
    replica.wait_for(primary.position()[2])
    insert(replica, "own", before="SET gtid_domain_id=9;")
    probe = run(replica, "-1", "-f", "earliest", "-u", "now")
    assert gtids(probe) == [f"0-{primary.port}-1", f"0-{primary.port}-2", f"9-{replica.port}-1"], str(probe)


# ---- Connections ----

def test_heartbeats_keep_an_idle_connection_and_a_restart_is_survived(each):
    with Probe(each, "-H", "200") as probe:
        probe.wait_for("streaming from", log=True)
        time.sleep(1.5)
        assert not any("again" in line or "backing" in line for line in probe.log), str(probe)
        each.restart()
        insert(each, "after")
        probe.wait_for("^end")
        assert len(probe.transactions) == 1
        probe.stop()


def test_two_with_one_server_id_are_told_of_it(server):
    with Probe(server, "-i", "4242") as one:
        one.wait_for("streaming from", log=True)
        with Probe(server, "-i", "4242") as two:
            two.wait_for("streaming from", log=True)
            one.wait_for("another client connected with our server_id", log=True)
