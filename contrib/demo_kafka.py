"""The demo with Kafka: what a consumer that isn't ours (kcat) reads is the binlog, whatever was killed. Started by `contrib/demo kafka`."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "lab"))
os.environ.setdefault("LEAT", str(TOP / "build" / "release" / "leat"))

from leatlab.compare import compare  # noqa: E402
from leatlab.kafka import Kafka  # noqa: E402
from leatlab.kafka_campaign import with_definitions  # noqa: E402
from leatlab.leat import Leat, run  # noqa: E402
from leatlab.load import MixedLoad, Sysbench  # noqa: E402
from leatlab.mysql import Mysql  # noqa: E402

SECONDS_A_ROUND = 2


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def kcat(kafka, topic, form="%s"):
    """All that a consumer of committed messages gets, as lines."""
    done = subprocess.run(["kcat", "-b", kafka.bootstrap(), "-C", "-t", topic, "-X", "isolation.level=read_committed", "-o", "beginning", "-e",
                           "-q", "-f", form + "\\n"], capture_output=True, check=True)
    return done.stdout.splitlines()


def under_fire(server, kafka, relay):
    """Kills leat and the broker while applications write."""
    with MixedLoad(server.connect, seed=1) as mixed:
        sysbench = Sysbench(server, tables=2, size=2000)
        sysbench.prepare()
        load = sysbench.start(threads=2, time_s=3600)
        for number in (1, 2):
            time.sleep(SECONDS_A_ROUND)
            delivered = relay.sink("events")["changes"]
            relay.kill()
            say(f"kill -9 {number}: leat had delivered {delivered} changes; starting it again")
            relay.start()
        time.sleep(SECONDS_A_ROUND)
        say("kill -9 of the broker; leat waits and goes on by itself")
        kafka.broker(1).kill()
        time.sleep(SECONDS_A_ROUND)
        print(relay.ask("status").stdout)
        kafka.broker(1).start(wait=False)
        kafka.wait_ready()
        load.terminate()
        load.wait()
    say(f"the applications stop: {mixed.transactions} mixed transactions with {mixed.ddl} changes of definitions, and sysbench's")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="leat-demo-"))
    try:
        say("starting a throw-away MySQL 9.7 and a Kafka 4.1")
        with Mysql("demo") as server, Kafka("demo") as kafka:
            start = server.position()[:2]
            sink = {"type": "kafka", "topic": "{name}.changes", "schema_topic": "{name}.changes", "kafka": kafka.client()}
            relay = Leat(folder, server.url(), server.password_file(), source={"start": "%s:%d" % start}, sinks={"events": sink}, name="demo")
            say("starting leat: primary → journal → Kafka")
            relay.start()
            relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream")
            under_fire(server, kafka, relay)
            relay.wait_until_delivered(server, "events")
            print(relay.ask("status").stdout)
            relay.stop()
            lines = kcat(kafka, "demo.changes")
            say(f"kcat reads {len(lines)} messages, for example:")
            for line in [line for line in lines if b'"op":"insert"' in line][:2]:
                print("          " + line.decode()[:230] + " …")
            say("and the checkpoint beside them:")
            print("          " + kcat(kafka, "demo.leat-checkpoint", "%k %s")[-1].decode())
            say("holding the messages against the server's binlog as mysqlbinlog prints it (not leat) …")
            decoded = run("decode", "--from", "%s:%d" % start, *server.binlogs()).stdout.splitlines()
            truth = [(line.encode(), json.loads(line)) for line in decoded]
            result = compare(server, list(with_definitions(truth, lines)), start)
        say(str(result))
        print("\nNothing is missing." if result.clean else "\nSOMETHING IS WRONG.", flush=True)
        return 0 if result.clean else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
