"""The campaign of definitions: random DDL and rows on a server whose table maps tell little (MINIMAL, NO_LOG), with leat killed, stopped and
left behind among them. A replica of that server repeats all of it with FULL metadata, under the same GTIDs: what leat makes of
the one must be what it makes of the other, change by change, and what it knows in the end what the server says of its tables."""

import fcntl
import json
import os
import random
import re
import resource
import time
from concurrent.futures import ThreadPoolExecutor, wait

from .leat import Leat, run
from .mariadb import Mariadb
from .mysql import Mysql
from .random_ddl import Client, Gone
from .server_tables import differences, server_tables

QUICK = {"sync_binlog": 0, "innodb_flush_log_at_trx_commit": 0, "innodb_doublewrite": 0, "event_scheduler": "OFF", "performance_schema": "OFF"}
MARIADB_QUICK = {"log_slave_updates": True, "slave_ddl_exec_mode": "STRICT", "gtid_strict_mode": "ON", "sync_relay_log_info": 0, "sync_master_info": 0}
RELAY = {"heartbeat": "500ms", "backoff_max": "1s"}
ROUNDS_OF_A_RELAY = 8  # then it begins anew, with tables that it reads from the server
PATIENCE_S = 900  # with a machine that has much else to do
BETWEEN = 0.7  # seconds, at most mostly, from one start of leat to the next kill
# What leat says when a definition that it has isn't what rows are made of, or when it doesn't know one any more.
DOUBTS = re.compile(r"level=(?:warn|error)|was read from the server|does ?n.t fit|isn't understood|left away")

KINDS = {"mysql-minimal": ("mysql", "MINIMAL"), "mariadb-no_log": ("mariadb", "NO_LOG"), "mariadb-minimal": ("mariadb", "MINIMAL")}


def make_server(kind, name, metadata, lower_case):
    options = {"binlog_row_metadata": metadata, "lower_case_table_names": lower_case, **QUICK}
    return Mysql(name, **options) if kind == "mysql" else Mariadb(name, version="10.11", **options, **MARIADB_QUICK)


class Astray(Exception):
    """The replica doesn't do what its source does: then there is nothing to compare with."""


class Tally:
    def __init__(self):
        self.given_up = 0
        self.statements = self.refused = self.changes = self.kills = self.stops = self.rounds = self.tables = 0
        self.differences, self.errors = [], {}

    def __str__(self):
        return (f"{self.statements} DDL statements ({self.refused} more refused by the server), {self.changes} changes compared, {self.kills} kills, {self.stops} stops, "
                f"{self.tables} definitions held against information_schema, {self.rounds} rounds, {self.given_up} given up because a server crashed or its replica didn't follow, "
                f"{len(self.differences)} differences")

    def counts(self):
        return {name: value for name, value in vars(self).items() if isinstance(value, int)} | {"differences": len(self.differences)}


def add_to_totals(path, mode, before, tally):
    """What this round added, in a file that several campaigns share."""
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        totals = json.loads(text) if text else {}
        mine = totals.setdefault(mode, {})
        for name, value in tally.counts().items():
            mine[name] = mine.get(name, 0) + value - before.get(name, 0)
        mine["rounds_that_differ"] = mine.get("rounds_that_differ", 0) + (len(tally.differences) > before.get("differences", 0))
        file.truncate(0)
        file.write(json.dumps(totals, indent=1) + "\n")


def processor_s(pid):
    """Seconds of processor that a process has taken."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Campaign:
    """On one kind of server. A round begins with empty databases, and is the same for the same seed and number."""

    def __init__(self, folder, mode, seed, clients=3, steps=150, lower_case=0, say=print, go_on=False, totals=None):
        """go_on: past differences, each of which is told when it is found. totals: a file to which each round is added."""
        self.folder, self.mode, self.seed, self.clients, self.steps, self.lower_case, self.say = folder, mode, seed, clients, steps, lower_case, say
        self.go_on, self.totals = go_on, totals
        self.kind, self.metadata = KINDS[mode]
        self.tally = Tally()
        self.relays = []

    def __enter__(self):
        self.server = make_server(self.kind, f"def-{self.kind[:3]}", self.metadata, self.lower_case)
        self.replica = make_server(self.kind, f"def-{self.kind[:3]}-full", "FULL", self.lower_case)
        try:
            for server in (self.server, self.replica):
                server.start(wait=False)
            for server in (self.server, self.replica):
                server.wait_ready()
                server.sql("SET sql_log_bin=0; GRANT SELECT, REFERENCES ON *.* TO cdc@'%'")
            self.replica.replicate_from(self.server)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        for relay in self.relays:
            if relay.process:
                relay.kill()
        self.relays = []
        self.server.destroy()
        self.replica.destroy()

    def run(self, seconds=None, statements=None, only=None):
        end = time.monotonic() + (seconds or 0)
        number = only or 0
        while (self.go_on or not self.tally.differences) and (self.tally.statements < statements if statements else time.monotonic() < end):
            before = self.tally.counts()
            try:
                self.round(number, None if statements else end)
            except (Astray, Gone) as why:
                self.say(f"  {self.mode}: round {number} is given up: {why}")
                self.tally.given_up += 1
                if self.tally.given_up > 3 + self.tally.rounds:
                    break
                self.__exit__()
                self.__enter__()
            if self.totals:
                add_to_totals(self.totals, self.mode, before, self.tally)
            if self.go_on and len(self.tally.differences) > before["differences"]:
                for difference in self.tally.differences[before["differences"]:][:3]:
                    self.say(f"  {self.mode} seed {self.seed}: {difference}", flush=True)
                self.begin_relays(number + 1)
            number += 1
            if only is not None:
                break
        return self.tally

    def spent(self):
        """Seconds of processor so far: of the two servers, of leat and of this process."""
        leat = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        return (f"server {processor_s(self.server.pid):.0f} s, replica {processor_s(self.replica.pid):.0f} s, leat {leat.ru_utime + leat.ru_stime:.0f} s, "
                f"campaign {own.ru_utime + own.ru_stime:.0f} s")

    # A round.

    def round(self, number, end):
        if number % ROUNDS_OF_A_RELAY == 0 or not self.relays:
            self.begin_relays(number)
        clients = [Client(self.server, random.Random(f"{self.seed}/{number}/{i}"), i, bool(self.lower_case)) for i in range(self.clients)]
        with ThreadPoolExecutor(self.clients) as pool:
            lives = [pool.submit(self.live, client, end) for client in clients]
            # Here, not in a thread: leat ends with the thread that started it.
            self.chaos(random.Random(f"{self.seed}/{number}/chaos"), lives)
            for life in lives:
                life.result()
        for client in clients:
            client.close()
        self.add(clients)
        self.judge(clients, number)
        self.tally.rounds += 1

    def live(self, client, end):
        for database, in client.rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"):
            if database.lower() in {name.lower() for name in client.databases}:
                client.do(f"DROP DATABASE {client.plain(database)}")
        client.begin()
        for _ in range(self.steps):
            if end and time.monotonic() > end:
                break
            client.step()
        client.come_back()

    def add(self, clients):
        for client in clients:
            self.tally.statements += client.done
            self.tally.refused += sum(client.refused.values())
            for error, count in client.refused.items():
                self.tally.errors[error] = self.tally.errors.get(error, 0) + count

    # leat.

    def begin_relays(self, number):
        for relay in self.relays:
            relay.kill()
        self.relays, self.taken = [], [set(), set()]
        self.catch_up()
        for name, server in (("less", self.server), ("full", self.replica)):
            relay = Leat(self.folder / f"{name}{number}", server.url(), server.password_file(), journal={"segment_size": "4MiB", "keep": "1s"},
                         source={**RELAY, "start": "%s:%d" % server.position()[:2]})
            relay.config["sinks"]["files"]["rotate_size"] = "8MiB"
            relay.configure()
            relay.start()
            relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream", timeout_s=PATIENCE_S)
            self.relays.append(relay)

    def chaos(self, rng, lives):
        """Kills and stops the relay of the server with less metadata; sometimes it stays away for a while."""
        relay = self.relays[0]

        def over(seconds):
            return not wait(lives, seconds).not_done
        while not over(rng.random() * BETWEEN * rng.choice((0.3, 1, 3))):
            if rng.random() < 0.8:
                relay.kill()
                self.tally.kills += 1
            else:
                relay.stop()
                self.tally.stops += 1
            if rng.random() < 0.3:
                over(rng.random() * 3)
            begun = len(relay.log_text())
            relay.start()
            if rng.random() < 0.8:  # until it is at work; else it is killed while it starts
                while "streaming from" not in relay.log_text()[begun:] and not over(0.05):
                    pass

    def catch_up(self):
        """Until the replica has done all that the server has."""
        gtids = self.server.position()[2]
        deadline = time.monotonic() + PATIENCE_S
        while not self.replica.covers(self.replica.position()[2], gtids):
            error = self.replica_error()
            if error or time.monotonic() > deadline:
                raise Astray(str(error)[:300])
            time.sleep(0.05)

    def replica_error(self):
        connection = self.replica.connect()
        with connection.cursor() as cursor:
            cursor.execute("SHOW REPLICA STATUS")
            row = dict(zip([field[0] for field in cursor.description], cursor.fetchone()))
            if self.kind == "mysql" and row["Last_SQL_Error"]:
                cursor.execute("SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_applier_status_by_worker WHERE LAST_ERROR_NUMBER")
                row["Last_SQL_Error"] = "; ".join(message for message, in cursor.fetchall())
        connection.close()
        return row.get("Last_SQL_Error") or row.get("Last_IO_Error")

    # Judging.

    def judge(self, clients, number):
        self.catch_up()
        for relay, server in zip(self.relays, (self.server, self.replica)):
            try:
                self.wait_until_delivered(relay, server)
            except (AssertionError, RuntimeError) as error:
                errors = "; ".join(line for line in relay.log_text().splitlines() if "level=error" in line)
                self.differ(number, f"not delivered: {errors[-1500:] or str(error)[:1500]}")
                return
        less, full = (list(self.changes(relay, taken)) for relay, taken in zip(self.relays, self.taken))
        self.tally.changes += len(less)
        if len(less) != len(full):
            self.differ(number, f"{len(less)} changes, {len(full)} under FULL")
        for one, other in zip(less, full):
            if one != other:
                self.differ(number, told(one, other))
                if len(self.tally.differences) > 20 or one[0] != other[0]:
                    break
        for relay in self.relays:
            for line in relay.log_text().splitlines():
                if DOUBTS.search(line) and "kind=retry" not in line:
                    self.differ(number, f"{relay.folder.name}: {line[:600]}")
            relay.log.write_text("")
        self.hold_against_server(clients, number)

    def wait_until_delivered(self, relay, server):
        """… or until it is clear that it won't be."""
        gtids = server.position()[2]

        def over(status):
            if status["source"]["state"] == "halted":
                raise AssertionError("the source has halted")
            return server.covers(next(sink for sink in status["sinks"] if sink["name"] == "files")["gtids"], gtids)
        relay.wait_for(over, "delivery", timeout_s=PATIENCE_S)

    def differ(self, number, text):
        self.tally.differences.append(f"round {number}: {text}")

    def changes(self, relay, taken):
        """(gtid, the line without what is the server's own, its table's definition): what was delivered since the last time."""
        for path in relay.files():
            name = path.name.removesuffix(".part")
            if name in taken:
                continue
            yield from read_changes(path)
        # An open file is closed by a stop: what comes next is in others.
        relay.stop()
        taken.update(path.name.removesuffix(".part") for path in relay.files())
        relay.start()

    def hold_against_server(self, clients, number):
        databases = [database for client in clients for database in client.databases]
        tables = server_tables(self.server, databases)
        chosen = random.Random(number).sample(sorted(tables), min(len(tables), 12))
        for database, name in chosen:
            self.tally.tables += 1
            path = "`{}`.`{}`".format(database.replace("`", "``"), name.replace("`", "``"))
            done = run("schema", path, "-c", self.relays[0].yaml, "--format", "json")
            if done.returncode:
                self.differ(number, f"leat schema {path}: {done.stderr}")
                continue
            last = json.loads(done.stdout)["definitions"][-1]
            # MariaDB 10.11 keeps a table whose name isn't all letters when an ALTER TABLE that copies it renames it, too.
            if self.kind == "mariadb" and last["how"] == "dropped" and re.search(r"\balter\b.*\brename\b", last["why"], re.I | re.S):
                continue
            for text in differences(tables[database, name], last):
                self.differ(number, f"{path}: {text}; last {last['how']}: {last.get('why', '')[:300]}")


def read_changes(path):
    definitions = {}
    with open(path, "rb") as lines:
        for text in lines:
            if not text.endswith(b"\n"):
                continue
            line = json.loads(text)
            if line["op"] == "schema":
                line.pop("id")
                definitions[line["db"], line["table"]] = line
                continue
            if line["op"] in ("insert", "update", "delete"):
                if line["op"] == "update" and line["before"] == line["after"]:
                    continue  # a replica doesn't log what changes nothing there
                for own in ("file", "pos", "row", "ts_us", "n", "last"):
                    line.pop(own, None)
                yield line["gtid"], line, definitions.get((line["db"], line["table"]))


def told(one, other):
    """What of two changes differs."""
    if one[0] != other[0]:
        return f"change {one[0]} {one[1]['op']} {one[1]['db']}.{one[1]['table']}, under FULL {other[0]} {other[1]['op']} {other[1]['db']}.{other[1]['table']}"
    for what, mine, theirs in (("line", one[1], other[1]), ("definition", one[2], other[2])):
        if mine != theirs:
            texts = [f"{key}: {short(mine.get(key), theirs.get(key))}" for key in sorted({*(mine or {}), *(theirs or {})}) if (mine or {}).get(key) != (theirs or {}).get(key)] \
                if mine and theirs else [f"{mine} / {theirs}"]
            return f"{one[0]} {one[1]['db']}.{one[1]['table']} {what}: {'; '.join(texts)}"
    return "?"


def short(mine, theirs):
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        return "; ".join(f"{json.dumps(a, ensure_ascii=False)}, under FULL {json.dumps(b, ensure_ascii=False)}" for a, b in zip(mine, theirs) if a != b)[:700]
    return f"{json.dumps(mine, ensure_ascii=False)[:500]}, under FULL {json.dumps(theirs, ensure_ascii=False)[:500]}"
