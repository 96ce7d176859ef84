"""What is served to monitoring: metrics as Prometheus reads them, health, status; and that nobody who asks wrongly disturbs it."""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from leatlab.leat import Leat, run
from alerting import tool
from operating import Numbers, no_relay_broke, quick, streaming, wait_state, wait_until


TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def numbers(shared_mysql, database):
    return Numbers(shared_mysql, database)


@pytest.fixture(scope="module")
def watched(shared_mysql, tmp_path_factory):
    """(relay, numbers): one that only looking tests share; each writes what it needs."""
    shared_mysql.sql("DROP DATABASE IF EXISTS watched; CREATE DATABASE watched")
    numbers = Numbers(shared_mysql, "watched")
    relays = []

    def make(server, **settings):
        relays.append(Leat(tmp_path_factory.mktemp("watched"), server.url(), server.password_file(), **settings))
        return relays[-1]
    relay = listening(make, shared_mysql, sinks={"files": {}, "idle": {"tables": ["nothing.*"], "required": False}},
                      http={"hosts": ["leat.internal"]})
    yield relay, numbers
    assert relay.stop() == 0
    assert "Sanitizer" not in relay.log_text() and "runtime error" not in relay.log_text()
    shared_mysql.sql("DROP DATABASE watched")


def listening(make_leat, server, *, http=None, env=None, **more):
    """A relay that was started and listens: relay.port."""
    relay = quick(make_leat, server, **more)
    relay.config["http"] = {"listen": "127.0.0.1:0", **(http or {})}
    relay.config["source"]["probe_interval"] = "1s"
    relay.configure()
    relay.start(env=env)
    relay.port = int(streaming(relay)["http"].rpartition(":")[2])
    return relay


def get(relay, path, method="GET", **headers):
    """(status, body, headers) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers
    finally:
        connection.close()


def samples(relay):
    """{name{labels}: value} of a scrape."""
    status, body, _ = get(relay, "/metrics")
    assert status == 200
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in body.splitlines() if not line.startswith("#")}


def test_metrics_tell_what_happened(watched):
    relay, numbers = watched
    before = samples(relay)
    numbers.insert(20, 1000)
    numbers.assert_exactly_once(relay)
    relay.wait_for(lambda status: status["source"]["probe"] and status["source"]["probe"]["binlogs"], "a probe")
    time.sleep(1.5)  # so that nothing is under way any more
    after = samples(relay)

    def grown(name):
        return after[name] - before.get(name, 0)
    assert after["leat_source_connected"] == 1 and after['leat_source_state{state="streaming"}'] == 1
    assert grown("leat_source_changes_total") == grown("leat_journal_changes_total") == grown('leat_sink_changes_total{sink="files"}') == 20
    assert grown("leat_source_transactions_total") == grown('leat_sink_latency_seconds_count{sink="files"}') == 20
    assert after['leat_sink_latency_seconds_count{sink="idle"}'] == 0
    assert grown('leat_source_events_total{type="WRITE_ROWS"}') == 20
    assert grown("leat_journal_latency_seconds_count") >= 20 and grown("leat_journal_sync_seconds_count") >= 1
    assert after['leat_sink_lag_bytes{sink="files"}'] == after['leat_sink_lag_seconds{sink="files"}'] == 0
    assert 0 <= after['leat_sink_latency_seconds_sum{sink="files"}'] - before['leat_sink_latency_seconds_sum{sink="files"}'] < 20 * 60
    assert abs(after["leat_source_clock_offset_seconds"]) < 1  # it is the same machine's
    assert 2592000 - 86400 < after["leat_source_purge_horizon_seconds"] <= 2592000  # MySQL's default is 30 days
    assert after["leat_process_open_fds"] > 5 and after["leat_process_resident_memory_bytes"] > 1 << 20
    assert after['leat_build_info{version="%s"}' % relay.status()["version"]] == 1


def test_metrics_are_as_prometheus_wants_them(watched):
    promtool = tool("promtool")
    relay, numbers = watched
    numbers.insert(3)
    numbers.assert_exactly_once(relay)
    body = get(relay, "/metrics")[1]
    done = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done.stdout + done.stderr
    documented = set(re.findall(r"^\| `(leat_\w+)`", run("config", "metrics").stdout, re.M))
    assert set(re.findall(r"^# TYPE (\w+)", body, re.M)) <= documented


def test_alert_rules_are_rules_of_metrics_that_there_are_with_a_cure_each():
    promtool = tool("promtool")
    path = TOP / "contrib" / "grafana" / "alerts.yml"
    done = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr
    rules, runbook = path.read_text(), (TOP / "docs" / "operations.md").read_text()
    documented = set(re.findall(r"^\| `(leat_\w+)`", run("config", "metrics").stdout, re.M))
    used = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"leat_\w+", " ".join(re.findall(r"expr: (.*)", rules)))}
    assert used and used <= documented, used - documented
    for alert in re.findall(r"alert: (\w+)", rules):
        assert f"### Alert {alert}\n" in runbook and f"#alert-{alert.lower()}" in rules, alert


def test_prometheus_scrapes_it(watched, tmp_path):
    prometheus = tool("prometheus")
    relay, numbers = watched
    (tmp_path / "prometheus.yml").write_text(json.dumps({"scrape_configs": [
        {"job_name": "leat", "scrape_interval": "200ms", "scrape_timeout": "200ms",
         "static_configs": [{"targets": [f"127.0.0.1:{relay.port}"]}]}]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([prometheus, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb",
                               f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(query):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/api/v1/query?query=" + quote(query))
            return [float(one["value"][1]) for one in json.loads(connection.getresponse().read())["data"]["result"]]
        except (OSError, ValueError):  # it isn't up yet
            return None
        finally:
            connection.close()
    try:
        wait_until(lambda: ask("up") == [1], "Prometheus' first scrape")
        changes = ask("leat_source_changes_total")[0]
        numbers.insert(5)
        wait_until(lambda: ask("leat_source_changes_total") == [changes + 5], "the changes in Prometheus")
        # Every query of the dashboard finds something.
        dashboard = json.loads((TOP / "contrib" / "grafana" / "dashboard.json").read_text())
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        assert len(queries) > 20
        for query in queries:
            wait_until(lambda query=query: ask(query.replace("$instance", ".*")), f"an answer to {query}")
    finally:
        server.kill()
        server.wait()


def test_health_tells_a_dead_sink_from_a_dead_relay(make_leat, numbers):
    relay = listening(make_leat, numbers.server, sinks={"files": {}, "spare": {"required": False}}, http={"ready_lag": "1s"})
    assert get(relay, "/livez")[:2] == (200, "ok\n")
    wait_until(lambda: get(relay, "/readyz")[0] == 200, "readiness")
    relay.ask("pause", "spare")
    wait_state(relay, "spare", "paused")
    assert get(relay, "/readyz")[0] == 200
    relay.ask("pause", "files")
    wait_state(relay, "files", "paused")
    status, body, _ = get(relay, "/readyz")
    assert status == 503 and body == "sink files is paused\n"
    assert get(relay, "/livez")[0] == 200  # a restart wouldn't help
    relay.ask("resume", "files")
    wait_until(lambda: get(relay, "/readyz")[0] == 200, "readiness")


def test_status_is_what_the_command_prints(watched):
    relay, numbers = watched
    numbers.insert(2)
    numbers.assert_exactly_once(relay)

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(one) for key, one in value.items()}
        return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__ if value is not None else None
    status, body, headers = get(relay, "/status")
    assert status == 200 and headers["Content-Type"] == "application/json"
    assert shape(json.loads(body)) == shape(relay.status())


def test_only_names_that_were_given_are_answered(watched):
    relay, _ = watched
    for host in (f"127.0.0.1:{relay.port}", "localhost", "[::1]:80", "10.1.2.3", "leat.internal:99", "LEAT.internal"):
        assert get(relay, "/livez", Host=host)[0] == 200, host
    for host in ("evil.example", f"evil.example:{relay.port}", "127.0.0.1.evil.example", "localhost.evil", "leat.internal.evil", "", "[::1",
                 "127.0.0.1:80:80", "127.0.0.1@evil"):
        assert get(relay, "/livez", Host=host)[0] in (400, 421), host
    assert get(relay, "/livez", method="POST")[0] == 405
    assert get(relay, "/livez", method="HEAD")[:2] == (200, "")
    assert get(relay, "/elsewhere")[0] == 404


def _hostile(port, random):
    """One request that nobody well-behaved sends; what came back, or None for a connection that was just closed."""
    paths = ["/", "/metrics", "/livez/..", "/%00", "/status?" + "a=b&" * random.randrange(600), "/" + "x" * random.randrange(20000),
             "/wait", "/wait?sink=files", "/wait?sink=none&gtid=now", "/wait?sink=files&gtid=%ff%fe", "/wait?sink=files&gtid=now&timeout=-1",
             "/wait?sink=files&gtid=now&timeout=1e9", "*", "http://evil/metrics", "/\r\nX: y", "//", "/metrics%00/../status"]
    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "G" * random.randrange(1, 9000), "\x00", ""]
    hosts = ["localhost", "evil.example", "", "127.0.0.1", "[", "a" * 5000, "\xff\xfe"]
    lines = [f"{random.choice(methods)} {random.choice(paths)} {random.choice(['HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', 'X', ''])}"]
    for _ in range(random.randrange(3)):
        lines.append(f"Host: {random.choice(hosts)}")
    for _ in range(random.choice([0, 1, 5, 300])):
        lines.append(f"X-{random.randrange(99)}: " + "v" * random.choice([0, 1, 50, 3000]))
    if random.random() < 0.3:
        lines.append(random.choice(["Content-Length: 99999999999", "Content-Length: -1", "Transfer-Encoding: chunked", "Content-Length: 5",
                                    "Expect: 100-continue", "Connection: upgrade", "Transfer-Encoding: nonsense"]))
    bytes_ = ("\r\n".join(lines) + "\r\n\r\n" + random.choice(["", "hello", "5\r\nhello\r\n0\r\n\r\n", "x" * 30000])).encode("latin-1")
    if random.random() < 0.2:
        bytes_ = bytes(random.randrange(256) for _ in range(random.randrange(2000)))
    bytes_ = bytes_[:random.choice([len(bytes_), len(bytes_), random.randrange(len(bytes_) + 1)])]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(bytes_)
            if random.random() < 0.7:
                connection.shutdown(socket.SHUT_WR)
            elif random.random() < 0.8:
                return None  # gone without reading
            return connection.recv(65536) or None
        except OSError:
            return None


def test_hostile_requests_get_clean_errors_and_disturb_nothing(make_leat, numbers, pytestconfig):
    count = 10000 if pytestconfig.getoption("--full") else 600
    seed = int(os.environ.get("LEAT_SEED", random.randrange(1 << 32)))
    print(f"LEAT_SEED={seed}")
    relay = listening(make_leat, numbers.server, http={"connections": 64, "request_timeout": "500ms"},
                      env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=2"})  # memory is looked at
    stop = threading.Event()

    def slowly():
        """Holds connections open and sends a byte now and then."""
        while not stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as connection:
                    for byte in b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 1000:
                        if stop.wait(0.05):
                            return
                        connection.send(bytes([byte]))
            except OSError:
                pass
    slow = [threading.Thread(target=slowly) for _ in range(20)]
    for thread in slow:
        thread.start()
    statuses, highest = {}, []

    def attack(part):
        chance = random.Random(f"{seed} {part}")
        for i in range(count // 4):
            answer = _hostile(relay.port, chance)
            found = re.match(rb"HTTP/1\.[01] (\d\d\d) ", answer or b"")
            if answer is not None:
                status = int(found[1]) if found else answer[:100]
                statuses[status] = statuses.get(status, 0) + 1
            if part == 0 and i % 100 == 50:
                highest.append(relay.rss_mib()[0])
    writer = threading.Thread(target=numbers.insert, args=(200, 500))
    attackers = [threading.Thread(target=attack, args=(part,)) for part in range(4)]
    for thread in [writer, *attackers]:
        thread.start()
    for thread in [writer, *attackers]:
        thread.join()
    stop.set()
    for thread in slow:
        thread.join()
    print(f"{count} hostile requests: {statuses}, RSS {highest[:1]} to {highest[-1:]} MiB")
    assert set(statuses) <= {200, 400, 404, 405, 408, 411, 413, 414, 417, 421, 431, 501, 505} and len(statuses) > 4, statuses
    assert max(highest[len(highest) // 2:]) - highest[0] < 32
    numbers.assert_exactly_once(relay)
    assert get(relay, "/readyz")[0] == 200
    assert relay.stop() == 0


def test_a_port_that_is_taken_is_said(make_leat, numbers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        relay = quick(make_leat, numbers.server)
        relay.config["http"] = {"listen": str(taken.getsockname()[1])}
        relay.configure()
        relay.start()
        assert relay.wait() == 2
        assert "Address already in use" in relay.log_text()
