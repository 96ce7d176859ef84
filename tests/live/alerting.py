"""The real Prometheus with the shipped rules, in a hurry: what fires for a relay, and what did."""

import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from leatlab import install
from operating import quick, streaming, wait_until

TOP = Path(__file__).resolve().parents[2]
RULES = TOP / "contrib" / "grafana" / "alerts.yml"

# Durations of the rules (`for`, ranges, offsets) become a sixtieth, but no longer than this: none becomes longer than one that was
# longer than it. Everything else in the expressions stays, the thresholds in seconds with it.
SHORTEN, LONGEST_MS = 60, 4000
UNITS_MS = {"s": 1000, "m": 60000, "h": 3600000}


def tool(name):
    """A program of Debian's package prometheus."""
    if not shutil.which(name):
        try:
            install.packages(install.MONITORING_PACKAGES)
        except (RuntimeError, OSError) as why:
            pytest.skip(f"{name} can't be had here: {why}")
    return name


def shortened(rules):
    """The text of rules with short durations."""
    def short(found):
        ms = min(int(found[2]) * UNITS_MS[found[3]] // SHORTEN, LONGEST_MS)
        return f"{found[1]}{ms}ms"
    return re.sub(r"((?:for: |offset |\[))(\d+)([smh])\b", short, rules)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Prometheus:
    """It scrapes whoever is watched each second, and goes over the rules four times a second."""

    def __init__(self, folder):
        self.folder, self.port, self.targets = folder, free_port(), []
        (folder / "alerts.yml").write_text(shortened(RULES.read_text()))
        self._tell_targets()
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "250ms"},
            "rule_files": [str(folder / "alerts.yml")],
            "scrape_configs": [{"job_name": "leat", "file_sd_configs": [{"files": [str(folder / "targets.json")], "refresh_interval": "1s"}]}]}))
        with open(folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", tool("prometheus"), f"--config.file={folder}/prometheus.yml",
                 f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def _tell_targets(self):
        new = self.folder / "targets.new"
        new.write_text(json.dumps([{"targets": self.targets}]))
        new.rename(self.folder / "targets.json")

    def api(self, path):
        """The data of an answer, or None while it isn't up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())["data"]
        except (OSError, ValueError):
            return None
        finally:
            connection.close()

    def ask(self, query):
        """[(labels, value)] of a query."""
        data = self.api("/api/v1/query?query=" + quote(query))
        return [(one["metric"], float(one["value"][1])) for one in data["result"]] if data else None

    def watch(self, relay, calm=True):
        """A relay that was started, from now on; `calm`: nothing fires yet."""
        instance = f"127.0.0.1:{relay.port}"
        self.targets.append(instance)
        self._tell_targets()
        watch = Watch(self, instance)
        wait_until(lambda: [value for _, value in self.ask(f'up{{instance="{instance}"}}') or []] == [1], "the first scrape")
        if calm:
            watch.assert_calm()
        return watch

    def forget(self):
        self.targets.clear()
        self._tell_targets()

    def end(self):
        self.process.kill()
        self.process.wait()


class Watch:
    """The alerts of one relay."""

    def __init__(self, prometheus, instance):
        self.prometheus, self.instance, self.since = prometheus, instance, time.monotonic()

    def _named(self, query):
        return {labels["alertname"] for labels, _ in self.prometheus.ask(query) or []}

    def firing(self):
        return self._named(f'ALERTS{{instance="{self.instance}", alertstate="firing"}}')

    def alerts(self):
        """All that fires or is about to."""
        return sorted((labels["alertname"], labels["alertstate"]) for labels, _ in self.prometheus.ask(f'ALERTS{{instance="{self.instance}"}}') or [])

    def fired(self):
        """What fired at any time since all was calm."""
        ms = int((time.monotonic() - self.since) * 1000)
        return self._named(f'count_over_time(ALERTS{{instance="{self.instance}", alertstate="firing"}}[{ms}ms])')

    def assert_calm(self):
        """Nothing fires, or is about to; what fires from now on counts."""
        wait_until(lambda: self.prometheus.ask(f'ALERTS{{instance="{self.instance}"}}') == [], lambda: f"calm, but for {self.alerts()}", 90)
        time.sleep(0.3)  # so that no sample of before is in what counts
        self.since = time.monotonic()

    def assert_fires(self, alert, *, also=(), perhaps=()):
        """That alert comes, those that must follow from the same trouble too, `perhaps` ones may, and no other does."""
        expected = {alert, *also}
        wait_until(lambda: expected <= self.firing(), lambda: f"{expected}, beside {self.alerts()}", 120)
        fired = self.fired()
        assert expected <= fired <= expected | set(perhaps), fired
        alerts = [one for one in self.prometheus.api("/api/v1/alerts")["alerts"] if one["labels"].get("instance") == self.instance]
        for one in alerts:
            assert "<" not in one["annotations"]["summary"], one  # what couldn't be filled in

    def assert_resolved(self):
        wait_until(lambda: self.firing() == set(), lambda: f"the end of {self.alerts()}", 120)
        self.assert_calm()


def watched(prometheus, make_leat, server, *, env=None, start=True, **more):
    """(relay, watch): a relay that streams, on a port that stays its own over restarts."""
    relay = quick(make_leat, server, **more)
    relay.port = free_port()
    relay.config["http"] = {"listen": f"127.0.0.1:{relay.port}"}
    relay.config["source"]["probe_interval"] = "1s"
    relay.configure()
    if not start:
        return relay
    relay.start(env=env)
    streaming(relay)
    return relay, prometheus.watch(relay)


def restart(relay, **changed):
    """Stops it in order, changes settings (sections of the configuration), starts it."""
    if relay.running:
        assert relay.stop() == 0
    for section, settings in changed.items():
        relay.config[section].update(settings)
    relay.configure()
    relay.start()
    return relay
