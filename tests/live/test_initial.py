"""A mysql sink's first load, by the steps of docs/sinks/mysql-initial.md, while the source is written to; each then compared by `leat verify`."""

import json
import re
import subprocess
import threading

import pytest

from leatlab.mysql import client_argv
from mysql_target import wait_until_applied
from operating import QUICK_SINK, no_relay_broke, quick, streaming  # noqa: F401


def writing(server, stop):
    connection = server.connect()
    with connection.cursor() as cursor:
        number = 1000
        while not stop.is_set():
            number += 1
            cursor.execute(f"INSERT INTO shop.t VALUES ({number}, 'while it was dumped')")
            cursor.execute(f"UPDATE shop.t SET body = CONCAT('{number} ', LEFT(body, 10)) WHERE id = {number % 500 + 1}")
            stop.wait(0.01)
    connection.close()


def load(target, text):
    done = subprocess.run(["mariadb", "--no-defaults", "-uroot", f"--socket={target.socket}"], input=text, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr


def dump(program, source, *options):
    done = subprocess.run([*program, "-uroot", f"--socket={source.socket}", "--single-transaction",
                           *options, "--databases", "shop"], text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("how", ["mysqldump", "mysqldump_position", "mariadb"])
def test_a_dump_says_where_the_sink_begins(make_mysql, make_mariadb, make_leat, how):
    source, target = (make_mariadb(), make_mariadb()) if how == "mariadb" else (make_mysql(gtid_mode="ON", enforce_gtid_consistency="ON") if how == "mysqldump" else make_mysql(), make_mysql())
    source.sql("SET sql_log_bin = 0; GRANT SELECT ON *.* TO cdc@'%'")
    source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, body VARCHAR(100))")
    source.sql("INSERT INTO shop.t VALUES " + ", ".join(f"({id}, 'before')" for id in range(1, 501)))
    # 1. leat without the sink; it has all from before the dump on.
    relay = quick(make_leat, source, sinks={"files": {}}).start()
    streaming(relay)
    stop = threading.Event()
    writer = threading.Thread(target=writing, args=(source, stop))
    writer.start()
    try:
        # 2. The dump, and its place.
        if how == "mariadb":
            text = dump(["mariadb-dump", "--no-defaults"], source, "--master-data=2", "--gtid")
            start = re.search(r"SET GLOBAL gtid_slave_pos='([^']+)'", text)[1]
        else:
            text = dump(client_argv("mysqldump"), source, "--source-data=2", f"--set-gtid-purged={'COMMENTED' if how == 'mysqldump' else 'OFF'}")
            if how == "mysqldump":
                start = re.search(r"GTID_PURGED=(?:/\*!80000 '\+'\*/ )?'\+?([^']+)'", text)[1].replace("\n", "")
            else:
                found = re.search(r"SOURCE_LOG_FILE='([^']+)', SOURCE_LOG_POS=(\d+)", text)
                start = f"{found[1]}:{found[2]}"
        load(target, text)
        # 3. The sink, from there on.
        relay.config["sinks"]["target"] = {"type": "mysql", "url": target.socket_url(), "start": start, "transactions": "group", **QUICK_SINK}
        relay.configure()
        done = relay.ask("config", "reload")
        assert done.returncode == 0, done.stderr
        relay.wait_for(lambda s: any(sink["name"] == "target" and sink["state"] == "running" and sink["changes"] for sink in s["sinks"]), "the sink")
    finally:
        stop.set()
        writer.join()
    wait_until_applied(relay, source, timeout_s=120)
    done = relay.ask("verify", "target", "shop.*", "--json", "--load", "1")
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert done.returncode == 0 and summary["same"] and summary["rows"] > 500, done.stdout + done.stderr
