"""The kill campaign of the kafka sink: leat and a broker are killed and paused at random times under load, and then the topics are held
against the binlog: as `leat decode` reads it, byte by byte, and as mysqlbinlog prints it."""

import json
import signal
import subprocess
import time

from .campaign import Campaign
from .compare import Comparison, compare
from .kafka import QUICK_LEADERS, Kafka
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
    """`kills` of leat, and among them what befalls it and the brokers, each so many times:

    broker_kills; pauses of leat that outlast a Kafka transaction; broker_pauses; leaders: their kill, or all of them moved, coordinators
    included (three brokers); network: cuts, in the middle of an answer too, hosts that are gone, refusals; twins: a second leat of the same name, that
    comes later or at the same time, and of which one has to end with 15.
    """

    def __init__(self, folder, kills, seed, brokers=1, say=print, **others):
        super().__init__(folder, kills, seed, say=say)
        names = {"broker_kills": "broker", "pauses": "pause", "broker_pauses": "broker_pause", "leaders": "leader", "networks": "network", "twins": "twin"}
        self.events += [names[what] for what, count in others.items() for _ in range(count)]
        self.random.shuffle(self.events)
        self.brokers = brokers
        self.xa = "twin" not in self.events  # a twin's journal may begin within a branch

    def run(self):
        """{sink: Comparison}"""
        began = time.monotonic()

        def done(what):
            self.say(f"  {what} after {time.monotonic() - began:.0f} s")
        quick = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 300, **QUICK_LEADERS}
        with self.kind("campaign", max_binlog_size="8M") as server, \
                Kafka("campaign", brokers=self.brokers, proxied="network" in self.events, **quick) as self.kafka:
            self.server = server
            done("servers run")
            start = server.position()[:2]
            exact = {"transaction.timeout.ms": str(TIMEOUT_MS)}
            sinks = {sink: {**ONE, **given, "backoff_max": "1s",
                            "kafka": self.kafka.client(proxied=bool(self.kafka.proxies), **({} if "delivery" in given else exact))}
                     for sink, given in SINKS.items()}
            self.made = 0
            self.relay = self._make({"sinks": sinks, "source": {"start": "%s:%d" % start, "backoff_max": "1s"}})
            self.relay.start()
            try:
                self._fire()
                done("events fired")
                for sink in SINKS:
                    self.relay.wait_until_delivered(server, sink, timeout_s=1800)
                done("all delivered")
                results = self._results(start)
                done("compared")
                return results
            finally:
                self.relay.kill()

    def _make(self, settings):
        self.made += 1
        self.settings = settings
        return Leat(f"{self.folder}/{self.made}", self.server.url(), self.server.password_file(), name="campaign",
                    journal={"segment_size": "1MiB", "keep": "1s"}, **settings)

    def _broker(self):
        self._kill_broker(self.random.randrange(self.brokers) + 1)

    def _kill_broker(self, number):
        broker = self.kafka.broker(number)
        broker.kill()
        time.sleep(self.random.random())
        broker.start(wait=False)
        self.kafka.wait_ready()

    def _pause(self):
        self._signal(self.relay.process.pid, TIMEOUT_MS / 1000 + 0.5)

    def _broker_pause(self):
        self._signal(self.kafka.broker(self.random.randrange(self.brokers) + 1).pid, 1 + self.random.random())

    def _leader(self):
        topics = ["campaign.leat-checkpoint", "__transaction_state", *(f"campaign.{sink}" for sink in SINKS)]
        if self.random.random() < 0.5:
            order = list(range(1, self.brokers + 1))
            self.random.shuffle(order)
            self.kafka.wait_ready()
            self.kafka.move_leaders(order)
            return
        topic = self.random.choice([topic for topic in topics if topic.startswith("__") or topic in self.kafka.topics()])
        leader = self.kafka.leader(topic, self.random.randrange(5) if topic.startswith("__") else 0)
        if leader:
            self._kill_broker(leader)

    def _network(self):
        """One broker's, or all of them."""
        proxies = self.kafka.proxies if self.random.random() < 0.4 else [self.random.choice(self.kafka.proxies)]
        how, seconds = self.random.choice(["cut", "cut_after", "swallow", "refuse", "delay"]), 2 * TIMEOUT_MS / 1000 * self.random.random()
        for proxy in proxies:
            {"cut": proxy.cut, "cut_after": lambda: proxy.cut_after(self.random.randrange(1, 2000)), "swallow": proxy.swallow,
             "refuse": proxy.refuse, "delay": lambda: proxy.delay(0.3)}[how]()
        time.sleep(0 if how == "cut" else seconds)
        for proxy in proxies:
            proxy.restore()
            if how == "swallow" and self.random.random() < 0.5:
                proxy.cut()  # else what was held back arrives late

    def _twin(self):
        """Another leat under the name, with a journal of its own; whoever is left goes on. Not before each sink has a checkpoint with a
        place in the binlog: an empty journal that is begun at another sink's would leave this one without a start."""
        one, together = self.relay, self.random.random() < 0.5
        one.wait_for(lambda status: all(sink["file"] for sink in status["sinks"]), "a checkpoint of each sink", 300)
        if together:
            one.kill()
        other = self._make(self.settings)
        for relay in (one, other) if together else (other,):
            relay.start()
        deadline = time.monotonic() + 120
        while one.running and other.running:
            if time.monotonic() > deadline:
                raise AssertionError("two leats of one name run beside one another")
            time.sleep(0.02)
        ended, self.relay = (other, one) if one.running else (one, other)
        if ended.process.wait() != 15 or not self.relay.running:
            raise AssertionError(f"of two leats that came {'together' if together else 'after one another'}, one ended with {ended.process.wait()}, the "
                                 f"other {'runs' if self.relay.running else 'ended too'}:\n{ended.log_text()[-2000:]}\n{self.relay.log_text()[-2000:]}")

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
