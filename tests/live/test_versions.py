"""Other versions of MySQL than the one that all other tests use: a server of each is followed and its values are exact."""

import pytest
from pymysql.err import ProgrammingError

from leatlab import leat as leat_program
from leatlab.load import MixedLoad
from leatlab.compare import compare
from leatlab.mysql import Mysql80
from leatlab.mysql_versions import NotToBeHad, installation
from leatlab.witness import Verdict, judge
from test_types import CASES, decode, lines_of, perform

KINDS = {"8.0": Mysql80, "8.4": None}
# What a case says that needs a type of MySQL 9.0.
NEWER_TYPES = "VECTOR"


@pytest.fixture(scope="module", params=sorted(KINDS))
def older(request):
    try:
        installation(request.param)
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    with KINDS[request.param](f"v{request.param}") as server:
        yield server


def test_doctor_has_nothing_to_cure(older):
    done = leat_program.run("doctor", older.url(), "--password-file", older.password_file())
    assert done.returncode == 0, done.stderr + done.stdout
    assert "0 to cure, 0 warnings" in done.stdout


def test_every_value_is_the_servers(older):
    """The cases of test_types.py that this version has the types for."""
    total, newer = Verdict(), []
    for case in CASES:
        try:
            changes, file = perform(older, case)
        except ProgrammingError as error:
            assert NEWER_TYPES in str(error), f"{case.name}: {error}"
            newer.append(case.name)
            continue
        verdict = judge(changes, lines_of(decode(file)))
        assert not verdict.differences, f"{case.name}: {verdict}"
        assert verdict.changes == len(changes) > 0
        total.add(verdict)
    assert len(newer) < 6, newer
    print(total)


def test_it_is_followed_and_resumed(older, make_leat):
    start = older.position()[:2]
    relay = make_leat(older, sinks={"all": {}}, source={"start": "%s:%d" % start})
    relay.start()
    with MixedLoad(older.connect, seed=8, rows_max=300):
        for _ in range(3):
            relay.kill()
            relay.start()
    relay.wait_until_delivered(older, "all")
    result = compare(older, relay.lines("all", schema=True), start)
    assert result.clean and result.expected > 0, str(result)


def test_a_newer_server_takes_over(older, make_leat, make_mysql):
    """How servers are upgraded with replication: the replica of the newer version becomes the primary."""
    replica = make_mysql(log_replica_updates="ON")
    replica.replicate_from(older)
    older.sql("CREATE DATABASE takeover; CREATE TABLE takeover.t (id INT PRIMARY KEY, s VARCHAR(20) CHARACTER SET latin1)")
    relay = make_leat(older, sinks={"all": {"tables": ["takeover.*"]}})
    relay.start()
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "streaming")
    older.sql("INSERT INTO takeover.t VALUES (1, 'before')")
    relay.wait_until_delivered(older, "all")
    replica.wait_for(older.position()[2])
    relay.stop()
    replica.sql("STOP REPLICA; INSERT INTO takeover.t VALUES (2, 'after')")
    relay.config["source"].update(url=replica.url(), password_file=str(replica.password_file()))
    relay.configure()
    relay.start()
    relay.wait_until_delivered(replica, "all")
    rows = relay.lines("all")
    assert [row["after"] for row in rows if row["op"] == "insert"] == [{"id": 1, "s": "before"}, {"id": 2, "s": "after"}]
