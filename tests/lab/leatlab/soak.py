"""The soak: an hour of load, and every minute of it a kill, a rotation, a sink's outage and a reload, with DDL in the load; then
the files are held against the binlog, and what the process takes must not have grown."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

from .campaign import Campaign
from .compare import compare
from .leat import Leat
from .load import MixedLoad, Sysbench
from .proxy import Proxy

DISK_MIB = 1024  # above what the sink on it writes in all
BLOCK = bytes(65536)
SINKS = {
    "plain": {"rotate_size": "16MiB"},
    "outage": {"compress": "zstd", "rotate_size": "4MiB", "backoff_min": "50ms", "backoff_max": "1s"},
    "changing": {"compress": "gzip", "rotate_size": "4MiB"},
}


def slope(samples):
    """Of the line through (x, y), by least squares: y per x."""
    count = len(samples)
    x_mean, y_mean = sum(x for x, _ in samples) / count, sum(y for _, y in samples) / count
    spread = sum((x - x_mean) ** 2 for x, _ in samples)
    return sum((x - x_mean) * (y - y_mean) for x, y in samples) / spread if spread else 0.0


class Soak(Campaign):
    """`minutes` of `rate` transactions a second beside a mixed load; a minute may be shorter, `minute_s`."""

    def __init__(self, folder, minutes, seed, rate=200, minute_s=60, **more):
        super().__init__(Path(folder), 0, seed, **more)
        self.minutes, self.rate, self.minute_s = minutes, rate, minute_s
        self.memory, self.descriptors = [], []  # (minute, RSS in MiB), (minute, open files), of processes of the same age
        self.outages = 0

    def run(self):
        with self.kind("soak", max_binlog_size="64M") as server, Proxy(server.port) as proxy, self._disk() as disk:
            self.server, self.proxy, self.disk = server, proxy, disk
            start = server.position()[:2]
            sinks = {name: dict(settings) for name, settings in SINKS.items()}
            sinks["outage"]["path"] = str(disk / "out")
            self.relay = Leat(self.folder / "leat", f"mysql://cdc@127.0.0.1:{proxy.port}/", server.password_file(), sinks=sinks,
                              journal={"segment_size": "16MiB", "keep": "1m"},
                              source={"start": "%s:%d" % start, "heartbeat": "500ms", "backoff_max": "1s"})
            self.relay.start()
            try:
                self._soak()
                for sink in SINKS:
                    self.relay.wait_until_delivered(server, sink, timeout_s=1800)
                return {sink: compare(server, self.relay.lines(sink, schema=True), start) for sink in SINKS}
            finally:
                self.relay.kill()

    def _soak(self):
        sysbench = Sysbench(self.server, tables=4, size=10000)
        sysbench.prepare()
        load = sysbench.start(threads=2, time_s=int(self.minutes * self.minute_s * 2) + 600, rate=self.rate)
        with MixedLoad(self.server.connect, seed=self.seed, rows_max=2000, pause_s=0.01, xa=self.xa) as mixed:
            for minute in range(self.minutes):
                self._minute(minute)
                self.say(f"  minute {minute + 1} of {self.minutes}: {mixed.transactions} mixed transactions, {mixed.ddl} definitions changed, "
                         f"RSS {self.memory[-1][1]:.1f} MiB, {self.descriptors[-1][1]} descriptors")
        load.terminate()
        load.wait()

    def _minute(self, minute):
        """Everything once, in an order and at moments of the seed's choosing; the kill last, so that what is measured before it is
        of a process of the same age each time."""
        events = [self._rotate, self._outage, self._reload]
        self.random.shuffle(events)
        end = time.monotonic() + self.minute_s
        for left, event in zip((4, 3, 2), events):
            time.sleep(max(0.0, (end - time.monotonic()) / left * 2 * self.random.random()))
            event()
        time.sleep(max(0.0, end - time.monotonic()))
        self.memory.append((minute, self.relay.rss_mib()[0]))
        self.descriptors.append((minute, len(os.listdir(f"/proc/{self.relay.process.pid}/fd"))))
        self._kill()
        self.relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream", 300)

    def _rotate(self):
        self.server.sql("FLUSH BINARY LOGS")

    def _outage(self):
        """The disk of one sink is full for a while, whatever the sink makes free."""
        ballast, end = self.disk / "ballast", time.monotonic() + self.minute_s / 12
        with open(ballast, "ab", buffering=0) as file:
            while time.monotonic() < end:
                with contextlib.suppress(OSError):
                    while time.monotonic() < end:
                        file.write(BLOCK)
                time.sleep(0.01)
        ballast.unlink()
        self.outages += 1

    def _reload(self):
        settings = self.relay.config["sinks"]["changing"]
        settings["compress"] = self.random.choice(["gzip", "zstd", "none"])
        settings["checkpoint_interval"] = f"{self.random.randrange(20, 900)}ms"
        self.relay.configure()
        done = self.relay.ask("config", "reload")
        if done.returncode:
            raise AssertionError(f"reload: {done.stderr}")

    @contextlib.contextmanager
    def _disk(self):
        folder = self.folder / "disk"
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
