"""The kill campaign of the kafka sink: leat and a broker are killed and paused at random times under load, and then the topics are held
against the binlog: as `leat decode` reads it, byte by byte, and as mysqlbinlog prints it."""

import json
import signal
import subprocess
import time

from .campaign import Campaign
from .compare import Comparison, compare
from .kafka import Kafka
from .leat import Leat, program

# One topic of one partition each, so that the order of all changes shows.
ONE = {"type": "kafka", "topic": "{name}.{sink}", "schema_topic": "{name}.{sink}"}
SINKS = {
    "exact": {},
    "parts": {"transaction_max_size": "64KiB", "commit_interval": "20ms"},
    "least": {"delivery": "at_least_once"},
}
TIMEOUT_MS = 2000  # of Kafka transactions: a pause outlasts it


class KafkaCampaign(Campaign):
    """`kills` of leat, and among them `broker_kills`, `pauses` of leat that outlast a Kafka transaction, and `broker_pauses`."""

    def __init__(self, folder, kills, seed, broker_kills=0, pauses=0, broker_pauses=0, brokers=1, say=print):
        super().__init__(folder, kills, seed, say=say)
        self.events += ["broker"] * broker_kills + ["pause"] * pauses + ["broker_pause"] * broker_pauses
        self.random.shuffle(self.events)
        self.brokers = brokers

    def run(self):
        """{sink: Comparison}"""
        quick = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 300}
        with self.kind("campaign", max_binlog_size="8M") as server, Kafka("campaign", brokers=self.brokers, **quick) as self.kafka:
            self.server = server
            start = server.position()[:2]
            sinks = {sink: {**ONE, **given, "backoff_max": "1s",
                            "kafka": self.kafka.client(**({} if "delivery" in given else {"transaction.timeout.ms": str(TIMEOUT_MS)}))}
                     for sink, given in SINKS.items()}
            self.relay = Leat(self.folder, server.url(), server.password_file(), sinks=sinks, name="campaign",
                              journal={"segment_size": "1MiB", "keep": "1s"}, source={"start": "%s:%d" % start, "backoff_max": "1s"})
            self.relay.start()
            try:
                self._fire()
                for sink in SINKS:
                    self.relay.wait_until_delivered(server, sink, timeout_s=600)
                return self._results(start)
            finally:
                self.relay.kill()

    def _broker(self):
        broker = self.kafka.broker(self.random.randrange(self.brokers) + 1)
        broker.kill()
        time.sleep(self.random.random())
        broker.start(wait=False)
        self.kafka.wait_ready()

    def _pause(self):
        self._signal(self.relay.process.pid, TIMEOUT_MS / 1000 + 0.5)

    def _broker_pause(self):
        self._signal(self.kafka.broker(self.random.randrange(self.brokers) + 1).pid, 1 + self.random.random())

    @staticmethod
    def _signal(pid, seconds):
        subprocess.run(["kill", f"-{signal.SIGSTOP.value}", str(pid)], check=True)
        time.sleep(seconds)
        subprocess.run(["kill", f"-{signal.SIGCONT.value}", str(pid)], check=True)

    # What was delivered.

    def _results(self, start):
        truth = self._decoded(start)
        expected = [line for line, change in truth if change["op"] != "schema"]
        results = {}
        for sink in SINKS:
            delivered = [message.value() for message in self.kafka.read(f"campaign.{sink}")]
            if sink == "least":
                self.say(f"  {sink}: {len(delivered)} messages, {len(delivered) - len(set(delivered))} of them repeated")
                delivered = list(dict.fromkeys(delivered))
            results[sink] = same(expected, delivered)
        lines = [message.value() for message in self.kafka.read("campaign.exact")]
        results["exact, by mysqlbinlog"] = compare(self.server, list(with_definitions(truth, lines)), start)
        return results

    def _decoded(self, start):
        done = subprocess.run([program(), "decode", "--from", "%s:%d" % start, *self.server.binlogs()], capture_output=True, check=True)
        return [(line, json.loads(line)) for line in done.stdout.splitlines()]


def with_definitions(truth, lines):
    """The lines, parsed, with the definitions that stand before them in the truth."""
    before, definitions = {}, []
    for line, change in truth:
        if change["op"] == "schema":
            definitions.append(change)
        else:
            before[line], definitions = definitions, []
    for line in lines:
        yield from before.get(line, [])
        yield json.loads(line)


def same(expected, delivered):
    """Lines that have to be the same, in the same order."""
    result = Comparison(expected=len(expected), delivered=len(delivered))
    place = {line: number for number, line in enumerate(expected)}
    seen, last = set(), -1
    for line in delivered:
        if line in seen:
            result.note("duplicated", line)
        elif line not in place:
            result.note("unexpected", line)
        elif place[line] < last:
            result.note("reordered", line)
        seen.add(line)
        last = max(last, place.get(line, -1))
    for line in expected:
        if line not in seen:
            result.note("lost", line)
    return result
