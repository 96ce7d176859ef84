"""The configuration anew while the relay runs: by command and by SIGHUP, in one step or not at all."""

import copy
import signal
import threading

import pytest

from operating import Numbers, no_relay_broke, quick, streaming, wait_until  # noqa: F401


def reload(relay):
    relay.configure()
    return relay.ask("config", "reload")


def since(relay):
    return {sink["name"]: sink["since"] for sink in relay.status()["sinks"]}


@pytest.mark.threads
def test_sinks_come_change_and_go_under_load_and_the_others_notice_nothing(shared_mysql, database, make_leat):
    numbers = Numbers(shared_mysql, database)
    relay = quick(make_leat, shared_mysql, sinks={"stays": {}, "changes": {}, "goes": {}})
    relay.start()
    streaming(relay)
    stop = threading.Event()

    def load():
        while not stop.is_set():
            numbers.insert(20)
    writer = threading.Thread(target=load)
    writer.start()
    try:
        before = since(relay)
        for turn in range(6):
            relay.config["sinks"]["changes"]["compress"] = ["zstd", "gzip", "none"][turn % 3]
            relay.config["sinks"].pop("goes", None)
            if turn % 2:
                relay.config["sinks"]["goes"] = {**relay._sink_defaults("goes", {}), "start": "earliest"}
            done = reload(relay)
            assert done.returncode == 0, done.stderr
            after = since(relay)
            assert after["stays"] == before["stays"] and after["changes"] != before["changes"]
            assert ("goes" in after) == bool(turn % 2)
            before = after
    finally:
        stop.set()
        writer.join()
    for sink in ("stays", "changes", "goes"):
        numbers.assert_exactly_once(relay, sink)
    assert relay.stop() == 0


def test_a_filter_and_the_log_change_by_sighup(shared_mysql, database, make_leat):
    numbers, other = Numbers(shared_mysql, database), Numbers(shared_mysql, database, "other")
    relay = quick(make_leat, shared_mysql, sinks={"files": {"tables": [f"{database}.t"]}})
    relay.start()
    streaming(relay)
    numbers.insert(2), other.insert(2)
    relay.wait_until_delivered(shared_mysql)
    relay.config["sinks"]["files"]["tables"] = [f"{database}.other"]
    relay.config["log"] = {"format": "json", "level": "debug"}
    relay.configure()
    relay.process.send_signal(signal.SIGHUP)
    wait_until(lambda: '"msg":"reloaded: ' in relay.log_text(), "the reload")
    numbers.insert(2), other.insert(2)
    relay.wait_until_delivered(shared_mysql)
    lines = list(relay.lines())
    assert numbers.of(lines) == [1, 2] and other.of(lines) == [3, 4]


@pytest.mark.parametrize("change, words", [
    (lambda config: config["sinks"]["files"].update(compress="lz5"), ["lz5", "zstd"]),
    (lambda config: config["sinks"]["files"].update(columns={"a.b.c": "blur"}), ["blur"]),
    (lambda config: config["sinks"].update(more={"type": "file", "path": "/nowhere", "format": "leet"}), ["leet"]),
    (lambda config: config["journal"].update(keep="1d"), ["journal.keep", "restart"]),
    (lambda config: config["source"].update(tables=["a.b"]), ["source.tables", "restart"]),
    (lambda config: config.update(name="other"), ["name", "restart"]),
], ids=["word", "mask", "format", "journal", "source", "name"])
def test_what_is_wrong_or_takes_a_restart_changes_nothing(shared_mysql, database, make_leat, change, words):
    numbers = Numbers(shared_mysql, database)
    relay = quick(make_leat, shared_mysql)
    relay.start()
    streaming(relay)
    before, good = since(relay), copy.deepcopy(relay.config)
    change(relay.config)
    relay.config["log"] = {"format": "json"}
    relay.configure()
    done = relay.ask("config", "reload")
    assert done.returncode != 0
    relay.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "level=error" in relay.log_text(), "the log's error")
    relay.config = good
    relay.configure()
    for word in words:
        assert word in done.stderr and word in relay.log_text(), (done.stderr, relay.log_text())
    assert since(relay) == before and '"msg"' not in relay.log_text()
    numbers.insert(3).assert_exactly_once(relay)


def test_nobody_to_reload_is_said(shared_mysql, make_leat):
    relay = quick(make_leat, shared_mysql)
    done = relay.ask("config", "reload")
    assert done.returncode != 0 and "no leat" in done.stderr.lower(), done.stderr
