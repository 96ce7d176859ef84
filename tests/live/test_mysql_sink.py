"""The mysql sink: a target that follows its source, whoever is killed in between."""

import time

import pytest

from leatlab.load import MixedLoad
from leatlab.mariadb import Mariadb
from leatlab.mysql import Mysql
from mysql_target import apply_to, assert_same, executed, wait_until_applied, wait_until_same_gtids
from operating import no_relay_broke  # noqa: F401

KINDS = {"preserve": (Mysql, {"transactions": "preserve"}), "keep": (Mysql, {"transactions": "preserve", "commit_order": "keep"}),
         "group": (Mysql, {"transactions": "group"}), "mariadb": (Mariadb, {})}


class Pair:
    def __init__(self, kind):
        make, self.settings = KINDS[kind]
        self.kind = kind
        self.gtids = kind in ("preserve", "keep")
        more = {} if make is Mysql else {"version": "10.11"}
        self.source = make(f"source-{kind}", **more).start()
        self.target = make(f"target-{kind}", **more).start()

    def destroy(self):
        self.source.destroy()
        self.target.destroy()

    def assert_same(self):
        assert_same(self.source, self.target)
        if self.gtids:
            wait_until_same_gtids(self.source, self.target)


@pytest.fixture(params=list(KINDS))
def pair(request):
    made = Pair(request.param)
    yield made
    made.destroy()


def seed(source):
    """Definitions and rows of most kinds."""
    source.sql("""CREATE DATABASE shop; USE shop;
        CREATE TABLE types (id INT PRIMARY KEY AUTO_INCREMENT, tiny TINYINT, big BIGINT UNSIGNED, price DECIMAL(20,6), ratio FLOAT, exact DOUBLE,
            name VARCHAR(100) CHARACTER SET latin1, note TEXT CHARACTER SET utf8mb4, raw VARBINARY(50), fixed BINARY(10), body LONGBLOB,
            day DATE, at DATETIME(6), stamp TIMESTAMP(3) NULL, spent TIME(6), year YEAR, bits BIT(13),
            kind ENUM('a','b','ü'), kinds SET('x','y','z'), doc JSON, place GEOMETRY, doubled INT AS (tiny * 2) STORED, half INT AS (tiny / 2) VIRTUAL) CHARSET utf8mb4;
        INSERT INTO types (tiny, big, price, ratio, exact, name, note, raw, fixed, body, day, at, stamp, spent, year, bits, kind, kinds, doc, place) VALUES
            (1, 18446744073709551615, -1234567.123456, 0.1, 1e300, 'caf\u00e9', '\U0001F600 ''q''', X'00FF', X'0100', REPEAT('b', 70000),
             '2024-02-29', '2024-02-29 23:59:59.999999', '2024-03-01 00:00:00.5', '-838:59:59', 2155, b'1010101010101', 'ü', 'x,z',
             '{"a": [1, 2.5, null, "x"]}', ST_GeomFromText('POINT(1 2)')),
            (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE swaps (id INT PRIMARY KEY, place INT UNIQUE, word VARCHAR(20) COLLATE utf8mb4_general_ci UNIQUE);
        INSERT INTO swaps VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c');
        BEGIN; UPDATE swaps SET place = -1 WHERE id = 1; UPDATE swaps SET place = 1 WHERE id = 2; UPDATE swaps SET place = 2 WHERE id = 1; COMMIT;
        BEGIN; DELETE FROM swaps WHERE word = 'a'; INSERT INTO swaps VALUES (9, 9, 'A'); COMMIT;
        CREATE TABLE parents (id INT PRIMARY KEY); CREATE TABLE children (id INT PRIMARY KEY, parent INT,
            FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE);
        INSERT INTO parents VALUES (1), (2), (3); INSERT INTO children VALUES (1, 1), (2, 1), (3, 2), (4, 3);
        DELETE FROM parents WHERE id = 1; UPDATE parents SET id = 20 WHERE id = 2;
        CREATE TABLE keyless (a INT, b VARCHAR(10)); INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, NULL); DELETE FROM keyless WHERE a = 1 LIMIT 1;
        UPDATE keyless SET b = 'y' WHERE a = 2;
        CREATE TABLE copied SELECT id, place FROM swaps;
        ALTER TABLE types ADD COLUMN later INT DEFAULT 7 AFTER tiny; UPDATE types SET later = 8 WHERE id = 1;
        CREATE TABLE gone (id INT PRIMARY KEY); INSERT INTO gone VALUES (1); DROP TABLE gone;
        CREATE TABLE old_name (id INT PRIMARY KEY, v INT); INSERT INTO old_name VALUES (1, 1); RENAME TABLE old_name TO new_name; INSERT INTO new_name VALUES (2, 2);
        CREATE TABLE emptied (id INT PRIMARY KEY); INSERT INTO emptied VALUES (1), (2); TRUNCATE TABLE emptied; INSERT INTO emptied VALUES (3);
        CREATE INDEX by_place ON copied (place);
        UPDATE types SET doc = JSON_SET(doc, '$.b', 5) WHERE id = 1""")


def test_target_follows_types_keys_and_definitions(pair, make_leat):
    relay = apply_to(make_leat, pair.source, pair.target, **pair.settings)
    with relay:
        seed(pair.source)
        wait_until_applied(relay, pair.source)
        pair.assert_same()


def test_target_follows_over_kills_of_everything(pair, make_leat):
    relay = apply_to(make_leat, pair.source, pair.target, **pair.settings)
    relay.start()
    load = MixedLoad(pair.source.connect, seed=7, pause_s=0.005, rows_max=800, xa=pair.kind != "mariadb")
    with load:
        relay.wait_for(lambda status: status["sinks"][0]["transactions"] > 5, "transactions on the target")
        for round in range(4):
            time.sleep(1.2)
            if round % 2:
                pair.target.kill()
                time.sleep(0.2)
                pair.target.start()
            else:
                relay.kill()
                relay.start()
        time.sleep(0.5)
    wait_until_applied(relay, pair.source)
    assert load.transactions > 20 and load.ddl
    pair.assert_same()
    assert relay.stop() == 0
