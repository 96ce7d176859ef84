"""The kill campaign: leat, the server and the network between them are killed at random times under load, and then the files
are held against the binlog as mysqlbinlog prints it."""

import random
import time

from .compare import compare
from .leat import Leat
from .load import MixedLoad, Sysbench
from .mysql import Mysql
from .proxy import Proxy

HEARTBEAT_S = 0.5
SINKS = {
    "plain": {"rotate_size": "2MiB"},
    "packed": {"compress": "zstd", "rotate_size": "500KiB"},
    "some": {"compress": "gzip", "tables": ["mixed.t0", "mixed.branched"], "checkpoint_interval": "20ms"},
}


class Campaign:
    """`kills` of leat, and among them `server_kills` of mysqld, `cuts` in mid-event and `swallowings` of the network."""

    def __init__(self, folder, kills, seed, server_kills=0, cuts=0, swallowings=0, say=print, kind=Mysql):
        self.folder = folder
        self.random = random.Random(seed)
        self.seed = seed
        self.say = say
        self.kind = kind  # of server: a class of the lab
        self.xa = issubclass(kind, Mysql)
        self.rate, self.rows_max = 200, 2000  # of the load: sysbench's transactions a second, rows of the largest mixed transaction
        self.noticed = []  # seconds until a swallowed connection was given up
        events = ["kill"] * kills + ["server"] * server_kills + ["cut"] * cuts + ["swallow"] * swallowings
        self.random.shuffle(events)
        self.events = events

    def run(self):
        """{sink: Comparison}"""
        with self.kind("campaign", max_binlog_size="8M") as server, Proxy(server.port) as proxy:
            self.server, self.proxy = server, proxy
            start = server.position()[:2]
            url = f"mysql://cdc@127.0.0.1:{proxy.port}/"
            self.relay = Leat(self.folder, url, server.password_file(), sinks=SINKS, journal={"segment_size": "1MiB", "keep": "1s"},
                              source={"start": "%s:%d" % start, "heartbeat": f"{int(HEARTBEAT_S * 1000)}ms", "backoff_max": "1s"})
            self.relay.start()
            try:
                self._fire()
                for sink in SINKS:
                    self.relay.wait_until_delivered(server, sink, timeout_s=600)
                return {sink: self._compare(sink, start) for sink in SINKS}
            finally:
                self.relay.kill()

    def _compare(self, sink, start):
        return compare(self.server, self.relay.lines(sink, schema=True), start, SINKS[sink].get("tables"))

    def _fire(self):
        sysbench = Sysbench(self.server, tables=2, size=1000)
        sysbench.prepare()
        self.load = None
        with MixedLoad(self.server.connect, seed=self.seed, rows_max=self.rows_max, pause_s=0.002,
                       xa=self.xa) as mixed:
            for number, event in enumerate(self.events, 1):
                if self.load is None or self.load.poll() is not None:
                    self.load = sysbench.start(threads=1, time_s=3600, rate=self.rate)
                time.sleep(self.random.choice([0.0, 0.03, 0.1, 0.3, 0.6]) * self.random.random() * 2)
                getattr(self, f"_{event}")()
                if number % 20 == 0:
                    self.say(f"  {number} of {len(self.events)} events, {mixed.transactions} mixed transactions")
            self.load.terminate()
            self.load.wait()

    def _kill(self):
        self.relay.kill()
        self.relay.start()

    def _server(self):
        self.server.kill()
        time.sleep(self.random.random())
        self.server.start()

    def _cut(self):
        self.proxy.cut_after(self.random.randrange(1, 20000))
        time.sleep(0.3)
        self.proxy.restore()

    def _swallow(self):
        """The network swallows everything and closes nothing; leat must notice by the missing heartbeats."""
        self.relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
        started = time.monotonic()
        self.proxy.swallow()
        self.relay.wait_for(lambda status: status["source"]["state"] != "streaming", "a swallowed connection to be given up")
        self.noticed.append(time.monotonic() - started)
        self.proxy.restore()
        self.proxy.cut()
