"""The demo's scenario. Started by contrib/demo, which has built leat and installed the lab."""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "lab"))
os.environ["LEAT"] = str(TOP / "build" / "release" / "leat")

from leatlab.compare import compare  # noqa: E402
from leatlab.leat import Leat, read_lines  # noqa: E402
from leatlab.load import MixedLoad, Sysbench  # noqa: E402
from leatlab.mysql import Mysql  # noqa: E402

SECONDS_A_ROUND = 1.5


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def show_first_lines(relay):
    with_rows = (line for path in relay.files() for line in read_lines(path) if b'"op":"insert"' in line)
    for line, _ in zip(with_rows, range(2)):
        text = line.decode().rstrip()
        print("          " + (text if len(text) < 230 else text[:230] + " …"))


def relay_under_fire(server, relay):
    """Kills leat three times and the server once while applications write."""
    with MixedLoad(server.connect, seed=1) as mixed:
        sysbench = Sysbench(server, tables=2, size=2000)
        sysbench.prepare()
        load = sysbench.start(threads=2, time_s=3600)
        for number in (1, 2, 3):
            time.sleep(SECONDS_A_ROUND)
            delivered = relay.sink()["changes"]
            relay.kill()
            say(f"kill -9 {number}: leat had delivered {delivered} changes; starting it again")
            relay.start()
            if number == 2:
                time.sleep(SECONDS_A_ROUND)
                say("kill -9 of the server itself; leat waits and goes on by itself")
                server.kill()
                load.wait()
                time.sleep(0.5)
                server.start()
                load = sysbench.start(threads=2, time_s=3600)
        time.sleep(SECONDS_A_ROUND)
        load.terminate()
        load.wait()
    say(f"the applications stop: {mixed.transactions} mixed transactions with {mixed.ddl} changes of definitions, and sysbench's")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="leat-demo-"))
    try:
        say("starting a throw-away MySQL 9.7")
        with Mysql("demo") as server:
            start = server.position()[:2]
            relay = Leat(folder, server.url(), server.password_file(), source={"start": "%s:%d" % start})
            say("starting leat: primary → journal → files")
            relay.start()
            relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
            relay_under_fire(server, relay)
            relay.wait_until_delivered(server)
            print(relay.ask("status").stdout)
            relay.stop()
            say("what was delivered, for example:")
            show_first_lines(relay)
            say("holding the files against the server's binlog as mysqlbinlog prints it (not leat) …")
            result = compare(server, relay.lines(schema=True), start)
        say(str(result))
        print("\nNothing is missing." if result.clean else "\nSOMETHING IS WRONG.", flush=True)
        return 0 if result.clean else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
