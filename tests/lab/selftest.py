"""The lab's own test: what every other live test leans on. Run by /usr/bin/python3 -m pytest tests/lab/selftest.py"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pymysql
import pytest

LAB = Path(__file__).resolve().parent
DATA = LAB.parent / "data" / "mysql97"
sys.path.insert(0, str(LAB))

from leatlab import bench, install, server, truth  # noqa: E402
from leatlab.load import MixedLoad, Sysbench, wait_until  # noqa: E402
from leatlab.mariadb import VERSIONS, Mariadb  # noqa: E402
from leatlab.mysql import CDC_PASSWORD, Mysql  # noqa: E402
from leatlab.proxy import Proxy  # noqa: E402


@pytest.fixture(scope="module")
def one():
    with Mysql("one") as instance:
        yield instance


@pytest.fixture(scope="module")
def two():
    with Mysql("two", gtid_mode="OFF", binlog_row_metadata="MINIMAL") as instance:
        yield instance


def through(proxy, **kw):
    return pymysql.connect(host="127.0.0.1", port=proxy.port, user="cdc", password=CDC_PASSWORD, read_timeout=2,
                           connect_timeout=2, **kw)


def test_two_servers_differ(one, two):
    assert one.variable("server_uuid") != two.variable("server_uuid")
    assert one.variable("server_id") != two.variable("server_id")
    assert (one.variable("gtid_mode"), two.variable("gtid_mode")) == ("ON", "OFF")
    assert one.variable("binlog_row_metadata") == "FULL" and two.variable("binlog_row_metadata") == "MINIMAL"


def test_cdc_may_stream_and_no_more(one):
    grants = one.sql("SHOW GRANTS", host="127.0.0.1", user="cdc", password=CDC_PASSWORD)
    assert grants == [("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `cdc`@`%`",)]
    with pytest.raises(pymysql.err.OperationalError):
        one.sql("SELECT * FROM mysql.user", host="127.0.0.1", user="cdc", password=CDC_PASSWORD)


def test_right_authority_verifies_the_host_and_the_wrong_one_refuses(one):
    for host in ("127.0.0.1", "localhost"):
        assert one.sql("SELECT 1", host=host, ssl={"ca": str(one.ca), "check_hostname": True}) == [(1,)]
    with pytest.raises(pymysql.err.OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        one.sql("SELECT 1", host="127.0.0.1", ssl={"ca": str(one.wrong_ca)})


def test_data_outlives_kill_and_restart():
    with Mysql("killed") as killed:
        killed.sql("CREATE TABLE test.t (a INT); INSERT INTO test.t VALUES (1), (2)")
        port = killed.port
        killed.kill()
        assert not killed.running
        killed.start()
        assert killed.port == port and killed.value("SELECT COUNT(*) FROM test.t") == 2
        killed.restart(gtid_mode="ON_PERMISSIVE")
        assert killed.variable("gtid_mode") == "ON_PERMISSIVE"
        folder = killed.folder
    assert not folder.exists()


def test_replica_follows_through_a_proxy(one):
    with Mysql("replica") as replica, Proxy(one.port) as proxy:
        replica.replicate_from(one, port=proxy.port)
        one.sql("CREATE TABLE test.followed (a INT PRIMARY KEY); INSERT INTO test.followed VALUES (7)")
        replica.wait_for(one.position()[2])
        proxy.cut()
        one.sql("INSERT INTO test.followed VALUES (8)")
        replica.wait_for(one.position()[2])
        assert replica.sql("SELECT a FROM test.followed ORDER BY a") == [(7,), (8,)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_servers_end_with_their_owner(how):
    # A shell's background job ignores SIGINT, and its children inherit that.
    program = (f"import signal, sys, time; sys.path.insert(0, {str(LAB)!r})\n"
               "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
               "from leatlab.mysql import Mysql\n"
               "m = Mysql('orphan').start(); print(m.pid, m.folder, flush=True); time.sleep(60)")
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    pid, folder = owner.stdout.readline().split()
    owner.send_signal(how)
    owner.wait()
    wait_until(lambda: server.process.started_at(pid) is None, what="the server's end")
    server.sweep()
    assert not Path(folder).exists()


def test_truth_knows_what_was_written(one):
    file, position, _ = one.position()
    one.sql("USE test; CREATE TABLE `odd``name` (a INT PRIMARY KEY, b TEXT);"
            "BEGIN; INSERT INTO `odd``name` VALUES (1, 'x\n### y'), (2, NULL); SAVEPOINT s;"
            "UPDATE `odd``name` SET b='z' WHERE a=2; ROLLBACK TO s; DELETE FROM `odd``name` WHERE a=1; COMMIT;"
            "ALTER TABLE `odd``name`\n# at 1\nADD c INT;"
            "CREATE TABLE myisam (a INT) ENGINE=MyISAM; INSERT INTO myisam VALUES (1);"
            "CREATE TABLE copied AS SELECT a FROM `odd``name`;"
            "SET binlog_transaction_compression=ON; UPDATE `odd``name` SET c=-1;"
            "XA START 'x'; DELETE FROM copied; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'; DROP TABLE myisam")
    found = list(truth.transactions(one, start=(file, position)))
    assert [(t.ending, [(c.op, c.table) for c in t.changes], len(t.statements)) for t in found] == [
        ("ddl", [], 1),
        ("xid", [("insert", "odd`name"), ("insert", "odd`name"), ("delete", "odd`name")], 0),
        ("ddl", [], 1),
        ("ddl", [], 1),
        ("commit", [("insert", "myisam")], 0),
        ("xid", [("insert", "copied")], 1),
        ("xid", [("update", "odd`name")], 0),
        ("prepare", [("delete", "copied")], 0),
        ("commit", [], 0),
        ("ddl", [], 1)]
    rows = found[1].changes
    assert rows[0].after == {1: "1", 2: r"'x\n### y'"} and rows[1].after[2] == "NULL" and rows[0].types[1].startswith("INT ")
    assert rows[2].before[1] == "1" and not rows[2].after and [r.number for r in rows] == [0, 1, 0]
    assert "ADD c INT" in found[2].statements[0].text and found[2].statements[0].database == "test"
    assert found[6].changes[0].before[3] == "NULL" and found[6].changes[0].after[3].startswith("-1")
    assert all(a.end <= b.pos for a, b in zip(found, found[1:]))
    assert [t.gtid for t in found] == [f"{one.variable('server_uuid')}:{int(found[0].gtid.split(':')[1]) + n}"
                                       for n in range(len(found))]


def test_truth_names_no_gtid_where_there_is_none(two):
    two.sql("CREATE TABLE test.t (a INT); INSERT INTO test.t VALUES (1)")
    assert [t.gtid for t in truth.transactions(two)] == [None] * 2

@pytest.mark.parametrize("version", VERSIONS)
def test_mariadb_of_each_version_starts_and_its_binlog_is_understood(version):
    try:
        server = Mariadb("maria", version=version, gtid_domain_id=3)
    except install.Unavailable as why:
        pytest.skip(str(why))
    with server:
        assert server.value("SELECT VERSION()").startswith(version + ".")
        assert server.sql("SELECT CURRENT_USER()", host="127.0.0.1", user="cdc", password=CDC_PASSWORD,
                          ssl={"ca": str(server.ca), "check_hostname": True}) == [("cdc@%",)]
        server.sql("CREATE TABLE test.t (a INT PRIMARY KEY, b TEXT); CREATE TABLE test.m (a INT) ENGINE=MyISAM")
        server.sql("BEGIN; INSERT INTO test.t VALUES (1, 'x'), (2, NULL); SAVEPOINT s; UPDATE test.t SET b='y' WHERE a=1; COMMIT;"
                   "INSERT INTO test.m VALUES (7)")
        server.kill()
        server.start()
        made = list(truth.transactions(server))
        assert [t.gtid for t in made] == [f"3-{server.port}-{n}" for n in range(1, 5)]
        assert [t.ending for t in made] == ["ddl", "ddl", "xid", "commit"]
        assert [(c.op, c.before, c.after) for c in made[2].changes] == [
            ("insert", {}, {1: "1", 2: "'x'"}), ("insert", {}, {1: "2", 2: "NULL"}),
            ("update", {1: "1", 2: "'x'"}, {1: "1", 2: "'y'"})]
        assert server.position()[2] == made[-1].gtid


@pytest.mark.parametrize("binlog", sorted(DATA.glob("*.binlog")), ids=lambda path: path.stem)
def test_truth_of_recorded_binlogs_is_what_their_print_says(binlog):
    found = truth.recorded(binlog)
    assert found and found == list(truth.transactions(binlog))
    # Empty are only the second halves of XA, and what was committed empty under a given GTID.
    assert all(t.ending for t in found)
    assert all(t.changes or t.statements or t.ending in ("commit", "rollback") for t in found)


def test_truth_keeps_a_value_that_looks_like_a_comment_and_differences_of_several_lines(one):
    file, position, _ = one.position()
    one.sql("USE test; CREATE TABLE tricky (a VARCHAR(50), j JSON); SET binlog_row_value_options=PARTIAL_JSON;"
            "INSERT INTO tricky VALUES ('x /* INT meta=0 */', JSON_OBJECT('a', 1, 'b', 2, 'c', REPEAT('z', 100)));"
            "UPDATE tricky SET j = JSON_REPLACE(j, '$.a', 5, '$.b', 6)")
    insert, update = [c for c in truth.changes(one, start=(file, position)) if isinstance(c, truth.Change)]
    assert insert.after[1] == "'x /* INT meta=0 */'" and insert.types[1].startswith("VARSTRING")
    assert update.after[2] == "JSON_REPLACE(@2, '$.a', 5,\n'$.b', 6)" and update.types[2].startswith("JSON")


def test_proxy_passes_cuts_and_counts(one):
    with Proxy(one.port) as proxy:
        connection = through(proxy)
        connection.ping()
        assert (proxy.connections, proxy.open) == (1, 1) and proxy.bytes_to_client > 50
        proxy.cut()
        with pytest.raises(pymysql.err.Error):
            connection.ping(reconnect=False)
        connection = through(proxy)
        before = proxy.bytes_to_client
        proxy.cut_after(100)
        with pytest.raises(pymysql.err.Error), connection.cursor() as cursor:
            cursor.execute("SELECT REPEAT('x', 1000)")
        assert proxy.bytes_to_client - before == 100
        through(proxy).close()


def test_proxy_delays_swallows_and_refuses(one):
    with Proxy(one.port) as proxy:
        connection = through(proxy)
        proxy.delay(0.2)
        begin = time.monotonic()
        connection.ping()
        assert time.monotonic() - begin >= 0.4
        proxy.restore()
        proxy.swallow()
        with pytest.raises(pymysql.err.OperationalError):  # its read timeout: nothing answers, nothing is closed
            connection.ping(reconnect=False)
        proxy.restore()
        through(proxy).close()
        proxy.refuse()
        with pytest.raises(pymysql.err.OperationalError, match="111"):
            through(proxy)
        proxy.restore()
        through(proxy).close()


def test_proxy_leads_to_another_server(one, two):
    with Proxy(one.port) as proxy:
        first = through(proxy)
        proxy.retarget(two.port)
        proxy.cut()
        with pytest.raises(pymysql.err.Error):
            first.ping(reconnect=False)
        with through(proxy).cursor() as cursor:
            cursor.execute("SELECT @@server_uuid")
            assert cursor.fetchone()[0] == two.variable("server_uuid")


def test_sysbench_writes_four_rows_a_transaction(one):
    load = Sysbench(one, tables=2, size=100)
    load.prepare()
    start = one.position()
    load.run(threads=2, events=200)
    found = list(truth.transactions(one, start=start[:2]))
    assert len(found) == 200 and {len(t.changes) for t in found} == {4}


def test_mixed_load_survives_the_servers_death():
    with Mysql("mixed") as busy, MixedLoad(busy.connect, seed=1, rows_max=500) as load:
        wait_until(lambda: load.transactions > 100)
        busy.kill()
        busy.start()
        confirmed = load.transactions
        wait_until(lambda: load.transactions > confirmed + 100 and load.ddl > 5)
        load.stop()
        assert load.errors > 0
        ops = {c.op for c in truth.changes(busy) if isinstance(c, truth.Change)}
        assert ops == {"insert", "update", "delete"}


def test_mixed_load_is_the_same_for_a_seed():
    texts = []
    for _ in range(2):
        with Mysql("seeded") as fresh:
            MixedLoad(fresh.connect, seed=42, rows_max=50).run(60)
            texts.append([(c.op, c.table, c.before, c.after) if isinstance(c, truth.Change) else c.text
                          for c in truth.changes(fresh)])
    assert texts[0] == texts[1] and len(texts[0]) > 100


def test_bench_instance_holds_exactly_the_load():
    with bench.sysbench_instance(transactions=1000, tables=2, size=1000) as loaded:
        work = loaded.workload
        found = list(truth.transactions([loaded.datadir / name for name in work["binlogs"]],
                                        start=(work["file"], work["position"])))
        assert len(found) == 1000 and sum(len(t.changes) for t in found) == work["rows"] == 4000
        assert found[-1].end == work["end_position"]
        assert loaded.position()[2] == work["end_gtids"]


def test_command_line():
    name, lab = f"selftest{os.getpid()}", str(LAB / "lab")

    def run(*words):
        return subprocess.run([lab, *words], check=True, capture_output=True, text=True).stdout

    try:
        assert "mysql://cdc@127.0.0.1:" in run("up", name, "--option", "gtid_mode=OFF_PERMISSIVE")
        assert run("sql", name, "SELECT @@gtid_mode, NULL") == "OFF_PERMISSIVE\tNULL\n"
        run("kill", name)
        assert "stopped" in run("list")
        run("start", name)
        assert run("url", name, "--user", "root").startswith("mysql://root@127.0.0.1:")
    finally:
        run("down", name)
    assert name not in run("list")


@pytest.fixture(scope="module")
def kafka():
    try:
        from leatlab.kafka import Kafka
        cluster = Kafka("k", secure=True)
    except install.Unavailable as why:
        pytest.skip(str(why))
    with cluster:
        yield cluster


def produce(kafka, topic, values, **settings):
    from confluent_kafka import Producer
    producer = Producer(kafka.client(**settings))
    for value in values:
        producer.produce(topic, str(value).encode())
    assert producer.flush(60) == 0


def test_a_broker_keeps_what_it_acknowledged_over_kill_9(kafka):
    kafka.create_topic("kept", partitions=3)
    assert kafka.topics()["kept"] == 3
    produce(kafka, "kept", range(100))
    kafka.broker(1).kill()
    kafka.start()
    assert sorted(int(message.value()) for message in kafka.read("kept")) == list(range(100))


def test_what_an_open_transaction_holds_is_not_read(kafka):
    from confluent_kafka import Producer
    kafka.create_topic("held")
    producer = Producer(kafka.client(**{"transactional.id": "t"}))
    producer.init_transactions(60)
    for number in range(2):
        producer.begin_transaction()
        producer.produce("held", str(number).encode())
        producer.flush(60)
        if number == 0:
            producer.commit_transaction(60)
    assert [message.value() for message in kafka.read("held")] == [b"0"]
    assert [message.value() for message in kafka.read("held", committed=False)] == [b"0", b"1"]


def test_a_wrong_password_is_refused(kafka):
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient
    with pytest.raises(KafkaException):
        AdminClient(kafka.client(**{"sasl.password": "wrong", "log_level": 2})).list_topics(timeout=3)


@pytest.mark.skipif(not os.environ.get("LEAT_FULL"), reason="half a minute: with --full")
def test_three_brokers_go_on_without_one():
    from leatlab.kafka import Kafka
    with Kafka("k3", brokers=3) as cluster:
        cluster.create_topic("t")
        cluster.broker(2).kill()
        produce(cluster, "t", range(10), acks="all")
        cluster.broker(2).start(wait=False)
        cluster.wait_ready()
        assert len(cluster.read("t")) == 10
