"""Every command and every SQL statement of the documents' fenced blocks is run here, as it stands there but for names of hosts, paths,
positions and times; or it is excused below, with the reason or the test that runs it. A new one in the documents fails until then."""

import contextlib
import json
import re
import shutil
import threading
import time

import pymysql
import pytest

from doc_commands import PAGES, PASSWORD, TOP, Place, blocks, commands, sql, statements, utc
from leatlab import install
from leatlab.kafka import Kafka
from leatlab.leat import program
from leatlab.mysql import Mysql
from operating import wait_until

# command: why it isn't run here; "FILE::words" is what runs it, and the words there that show so.
EXCUSED = {
    "./contrib/demo": "builds and installs; a test's own steps, put together to be watched",
    "./contrib/demo kafka": "builds and installs; a test's own steps, put together to be watched",
    "./tests/run": "runs this",
    "cmake --preset release && cmake --build --preset release && cmake --install build/release": "tests/live/test_package.py::dpkg",
    "cmake --preset release -DLEAT_CLIENT=oracle": "tests/tools/build-oracle::LEAT_CLIENT=oracle",
    "./contrib/pgo && cmake --install build/pgo": 'tests/bench/decode::"contrib" / "pgo"',
    "./contrib/package": "tests/live/test_package.py::contrib",
    "apt install ./build/package/leat_*.deb": "tests/live/test_package.py::dpkg",
    "kcat -X isolation.level=read_committed -C -b localhost:9092 -t shop.shop.cart -e -q -f '%k %s\\n'":
        'tests/live/test_consuming.py::example("sh")',
    "leat pause report": "tests/live/test_delay.py::test_a_mistake",
    "leat journal cat /var/lib/leat --table shop.orders --from 2026-01-31T10:00:00Z | grep DROP": "tests/live/test_delay.py::DROP TABLE",
    "leat resume report --until binlog.000003:29113897": "tests/live/test_delay.py::--until",
    'leat skip report 1f579686-e584-11f1-8039-02fc00000001:8 --reason "orders was dropped by mistake"': "tests/live/test_delay.py::orders was dropped by mistake",
    "leat resume report": "tests/live/test_delay.py::resume",
    "leat verify report": "tests/live/test_verify.py::def verify",
    "leat verify report 'shop.*' crm.people": "tests/live/test_verify.py::def verify",
    "leat verify report --json --load 0.2": "tests/live/test_verify.py::--load",
    "mysqldump --single-transaction --source-data=2 --set-gtid-purged=ON --databases shop --triggers --routines --events > dump.sql":
        "tests/live/test_initial.py::--source-data=2",
    "grep -A20 GTID_PURGED dump.sql": "tests/live/test_initial.py::GTID_PURGED",
    "mariadb-dump --single-transaction --master-data=2 --gtid --databases shop --triggers --routines --events > dump.sql": "tests/live/test_initial.py::--gtid",
    "build/asan/tests/fuzz_replay": "tests/tools/run-suites::fuzz_replay",
}
EXCUSED_STARTS = {
    "apt-get install ": "test_packages_to_build_with_are_what_the_lab_installs",
    "kafka-acls.sh ": 'tests/live/test_kafka_routes.py::startswith("kafka-acls.sh ")',
    "CREATE TABLE cart ": "Flink isn't here; tests/live/test_consuming.py looks at its setting",
}
LONG = ("moving.md", "kafka-delivery.md", "operations.md")  # pages that need brokers, or another server and many steps: with --full
ACCOUNT = ("CREATE USER ", "GRANT ")


def excuse(command):
    starts = [why for start, why in EXCUSED_STARTS.items() if command.startswith(start)]
    return EXCUSED.get(command) or (starts[0] if starts else None)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server with the documents' shop, and a relay of it."""
    with Mysql("docs") as server:
        server.sql("CREATE DATABASE shop; CREATE DATABASE `shop.eu`")
        server.sql("CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20), total DECIMAL(9,2), card VARCHAR(20)); "
                   "CREATE TABLE `shop.eu`.orders LIKE shop.orders; CREATE TABLE shop.cart (id INT PRIMARY KEY, item VARCHAR(20)); "
                   "CREATE TABLE shop.people (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET cp1251); "
                   "CREATE TABLE shop.vectors (id INT PRIMARY KEY, v VECTOR(2))")
        server.sql("INSERT INTO shop.orders VALUES (7, 'tea', 1, '1'), (4711, 'tea', 19.90, '4242424242424242')")
        server.sql("INSERT INTO `shop.eu`.orders VALUES (1, 'tea', 1, '1'); INSERT INTO shop.cart VALUES (1, 'tea')")
        time.sleep(1.1)  # the time that stands for the documents' lies between transactions
        now = utc()
        server.sql("FLUSH BINARY LOGS; UPDATE shop.orders SET total = 18 WHERE id = 4711; INSERT INTO shop.orders VALUES (8, 'milk', 2, '2')")
        server.sql("DELETE FROM shop.orders WHERE id = 4711; ALTER TABLE shop.orders ADD COLUMN note TEXT")
        place = Place(tmp_path_factory.mktemp("docs"), server)
        place.here_and_now(now)
        place.password("cdc-secret")
        place.copy_binlogs()
        yield place
        place.stop()


# ---- SQL ----

def account_blocks():
    for page in PAGES:
        for language, text in blocks(page):
            if language == "sql" and any(word in text for word in ACCOUNT):
                yield sql(text)


def test_accounts(place, shared_mariadb, tmp_path):
    """Each page's statements make an account that the doctor is content with; the last one on MySQL is the relay's from here on."""
    mariadb = shared_mariadb("10.11")
    for block in account_blocks():
        there = "MONITOR" in str(block)
        server, user = (mariadb, "documented") if there else (place.server, "cdc")
        for statement in block:
            if statement.startswith("CREATE USER"):
                server.sql(f"SET sql_log_bin=0; DROP USER IF EXISTS {user}@'%'")
            server.sql("SET sql_log_bin=0; " + statement.replace("cdc@", f"{user}@").replace("…", PASSWORD))
        place.password(PASSWORD)
        shown = place.run(f"leat doctor mysql://{user}@127.0.0.1:{server.port}/ --password-file /run/secrets/cdc")
        assert "GRANT REPLICATION" not in shown and "MONITOR" not in shown, shown
    assert len(place.server.sql("SHOW GRANTS FOR cdc@'%'")) == 2
    mariadb.sql("SET sql_log_bin=0; DROP USER documented@'%'")


def test_other_statements(place):
    for page in PAGES:
        for statement in statements(page):
            if statement.startswith(ACCOUNT) or excuse(statement):
                continue
            if not statement.startswith("XA ROLLBACK "):
                place.server.sql(statement)
                continue
            branch = statement.removeprefix("XA ROLLBACK ")
            connection = place.server.connect()
            with connection.cursor() as cursor:
                for verb in ("START", "END", "PREPARE"):
                    cursor.execute(f"XA {verb} {branch}")
            connection.close()
            wait_until(lambda statement=statement: rolled_back(place.server, statement), "the rollback")
            assert not place.server.sql("XA RECOVER")


def rolled_back(server, statement):
    try:
        server.sql(statement)
    except pymysql.err.MySQLError as error:
        assert "XAER_NOTA" in str(error)  # who prepared it isn't wholly gone
        return False
    return True


# ---- The shell's ----

@contextlib.contextmanager
def changing(place):
    """Changes, ten a second."""
    stop = threading.Event()

    def change():
        number = 1000
        while not stop.wait(0.1):
            place.server.sql(f"REPLACE INTO shop.cart VALUES ({number}, 'tea')")
            number += 1
    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def tail(place, command):
    with changing(place):
        assert '"table":"cart"' in place.run_on_a_terminal(command, PASSWORD, until='"op":"insert"')


def make_a_mistake(place):
    place.server.sql("FLUSH BINARY LOGS; DELETE FROM shop.orders WHERE id = 8")
    place.copy_binlogs()


def mistake_is_taken_back(place, shown):
    assert place.server.value("SELECT item FROM shop.orders WHERE id = 8") == "milk"


def restore_a_backup(place):
    place.server.sql("CREATE TABLE shop.stock (id INT PRIMARY KEY, left_ INT); INSERT INTO shop.stock VALUES (1, 10)")
    place.substitutes |= {"binlog.000040:157": "%s:%d" % place.server.position()[:2], "2026-11-21T11:46": utc(-86400)}
    place.server.sql("UPDATE shop.stock SET left_ = 9; INSERT INTO shop.stock VALUES (2, 20); DELETE FROM shop.stock WHERE id = 1")
    place.copy_binlogs()
    place.server.sql("DELETE FROM shop.stock; INSERT INTO shop.stock VALUES (1, 10)")


def backup_is_restored(place, shown):
    assert place.server.sql("SELECT * FROM shop.stock") == [(2, 20)]


def history_is_shown(place, shown):
    assert [json.loads(line)[0] for line in shown.splitlines()][:4] == ["schema", "insert", "update", "delete"]


def halt_a_sink(place):
    """By what the leat that runs can't decode."""
    older = place.folder / "older"
    older.mkdir()
    (older / "leat").symlink_to(program().parent / "leat_lacking")
    place.start(instead=older)
    place.server.sql("REPLACE INTO shop.vectors VALUES (1, STRING_TO_VECTOR('[1,-2.5]'))")
    place.wait_state("changes", "halted")
    [error] = [sink["error"] for sink in place.status()["sinks"] if sink["name"] == "changes"]
    place.substitutes["1f579686-e584-11f1-8039-02fc00000001:8"] = re.search(r"leat skip changes (\S+)", error["cure"])[1]


def sink_goes_on(place, shown):
    place.wait_state("changes", "running")
    place.wait_delivered()
    place.start()


def make_a_replica(place):
    place.replica = Mysql("docs2", read_only=True).start()
    place.replica.replicate_from(place.server)
    place.replica.sql(f"STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='{PASSWORD}'; START REPLICA")
    place.replica.wait_for(place.server.position()[2])
    place.replica.sql(f"SET sql_log_bin=0; ALTER USER cdc@'%' IDENTIFIED BY '{PASSWORD}'")
    place.substitutes["db2:3306"] = f"127.0.0.1:{place.replica.port}"


def it_went_there(place, shown):
    wait_until(lambda: "with our history: going on there" in place.log.read_text(), "the other server")
    place.start()
    place.replica.destroy()


def sink_pauses(place, shown):
    place.server.sql("REPLACE INTO shop.orders VALUES (9, 'rice', 3, '3', '')")
    place.wait_state("orders", "paused")
    place.run("leat resume orders")


def write_a_definition(place):
    (place.here / "orders.sql").write_text(place.server.sql("SHOW CREATE TABLE shop.orders")[0][1] + ";\n")


def give_it_a_kafka_sink(place):
    place.config["sinks"]["events"] = {"type": "kafka", "format": "debezium", "kafka": {"bootstrap.servers": place.as_here("k1:9092")}}
    place.configure()


def take_it_away(place, shown):
    del place.config["sinks"]["events"]
    place.configure()


DEBEZIUM = {"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "shop", "database.hostname": "db1", "database.port": 3306,
            "database.user": "cdc", "table.include.list": "shop.cart", "schema.history.internal.kafka.bootstrap.servers": "k1:9092"}


def have_debezium(place):
    """Its configuration, and what it keeps of its place."""
    file, pos, gtids = place.server.position()
    (place.here / "debezium.json").write_text(json.dumps(DEBEZIUM))
    offset = {"file": file, "pos": pos, "gtids": gtids}
    (place.here / "offsets").write_text(json.dumps(["shop", {"server": "shop"}]) + "\t" + json.dumps(offset) + "\n")


def imported(place, shown):
    """The password is put where the file says; names in it are made those of here."""
    path = place.here / "leat.yaml"
    path.write_text(place.as_here(path.read_text()))
    shutil.copy(place.path("/run/secrets/cdc"), place.path("/etc/leat/source.password"))


INSTEAD = {
    "leat doctor mysql://cdc@db1:3306/": lambda place, command: place.run_on_a_terminal(command, PASSWORD),
    "leat tail mysql://cdc@db1:3306/": tail,
    "leat run ": Place.start,
    "leat config check -o sinks.events.kafka.acks=1": lambda place, command: place.run(command + " 2>&1", status=2),
}
BEFORE = {
    "leat config import debezium.json ": have_debezium,
    "leat decode binlog.000042 --undo | mysql": make_a_mistake,
    "leat decode /backup/binlogs --from binlog.000040:157 ": restore_a_backup,
    "leat skip changes ": halt_a_sink,
    "mv /var/lib/leat ": Place.stop,
    "leat doctor mysql://cdc@db2:3306/ ": make_a_replica,
    "leat schema reload shop.orders --from orders.sql": write_a_definition,
    "leat config check -o sinks.events.kafka.acks=1": give_it_a_kafka_sink,
}
AFTER = {
    "leat config import debezium.json ": imported,
    "leat decode binlog.000042 --undo | mysql": mistake_is_taken_back,
    "leat decode /backup/binlogs --from binlog.000040:157 ": backup_is_restored,
    "leat decode /var/lib/mysql --table shop.orders --where id=4711 | jq": history_is_shown,
    "leat resume orders --until ": sink_pauses,
    "leat skip changes ": sink_goes_on,
    "leat run -c /etc/leat/leat.yaml -o source.url=mysql://cdc@db2:3306": it_went_there,
    "leat config check -o sinks.events.kafka.acks=1": take_it_away,
}


def hook(hooks, command):
    """The one whose beginning is longest."""
    found = [start for start in hooks if command == start or (command.startswith(start) and not start[-1].isalnum())]
    return hooks[max(found, key=len)] if found else None


def run(place, command):
    before, instead, after = (hook(hooks, command) for hooks in (BEFORE, INSTEAD, AFTER))
    if before:
        before(place)
    shown = instead(place, command) if instead else place.run(command)
    if command.startswith("curl "):
        assert shown, command
    if after:
        after(place, shown)
    return shown


RUN = [page for page in PAGES if any(not excuse(command) for command in commands(page))]
OFTEN, FULL = ([page for page in RUN if (page.name in LONG) == full] for full in (False, True))


@pytest.mark.parametrize("page", OFTEN, ids=lambda page: str(page.relative_to(TOP)))
def test_commands_of(place, page):
    if page.name == "schema.md":
        place.server.sql("DROP TABLE `shop.eu`.orders; CREATE TABLE `shop.eu`.orders (id INT PRIMARY KEY)")
        place.here_and_now()
    if page.name != "README.md" and not place.process:
        place.start()
    if place.process:
        place.wait_delivered()
    for command in commands(page):
        if not excuse(command):
            print(command)
            run(place, command)


@pytest.fixture(scope="module")
def delivered_twice(place, pytestconfig):
    """Topics of two sinks, as of a tool and of leat beside it."""
    if not pytestconfig.getoption("--full"):
        pytest.skip("takes long: --full")
    with Kafka("documented") as kafka:
        place.substitutes |= {"k1:9092": kafka.bootstrap(), "2026-11-21T20:00:00Z": utc(3600), "2026-11-21T21:00:00Z": utc(-3600)}
        place.stop()
        before = json.dumps(place.config)
        for sink, more in (("events", {}), ("shadow", {"topic": "shadow.{database}.{table}", "schema_topic": "shadow"})):
            place.config["sinks"][sink] = {"type": "kafka", "format": "debezium", "start": "earliest", "kafka": {"bootstrap.servers": kafka.bootstrap()}, **more}
        place.configure()
        place.start()
        place.server.sql("REPLACE INTO shop.cart VALUES (1, 'coffee'), (2, 'milk')")
        for sink in ("events", "shadow"):
            place.wait_delivered(sink)
        yield
        place.stop()
        place.config = json.loads(before)
        place.configure()


@pytest.mark.parametrize("page", FULL, ids=lambda page: str(page.relative_to(TOP)))
def test_commands_with_brokers_of(place, delivered_twice, page):
    shown = {command: run(place, command) for command in commands(page) if not excuse(command)}
    assert all(text for command, text in shown.items() if command.startswith(("kcat", "leat compare"))), shown
    place.configure()


def test_excuses_are_true():
    for page in PAGES:
        for command in [*commands(page), *statements(page)]:
            why = excuse(command)
            if why and "::" in why:
                file, words = why.split("::")
                assert words in (TOP / file).read_text(), why
    there = {command for page in PAGES for command in commands(page)}
    assert set(EXCUSED) <= there


def test_commands_are_marked_as_such():
    for page in PAGES:
        for language, text in blocks(page):
            if not language:
                assert not re.search(r"^(leat [a-z]|build/|kafka-|sudo |systemctl )", text, re.M), f"{page}: {text}"


def test_packages_to_build_with_are_what_the_lab_installs():
    [command] = [command for command in commands(TOP / "README.md") if command.startswith("apt-get install ")]
    assert set(command.split()[2:]) - set(install.PACKAGES) == set()
