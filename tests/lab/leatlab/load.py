"""Writers that keep a server busy: sysbench for speed, and a mixed load for variety."""

import random
import subprocess
import threading
import time

import pymysql


class Sysbench:
    """sysbench's oltp_write_only (a transaction: two updates, a delete and an insert) on a server of the lab."""

    def __init__(self, server, tables=4, size=10000, database="sbtest", seed=0):
        self._server = server
        self._database = database
        self._common = ["sysbench", "oltp_write_only", "--db-driver=mysql", f"--mysql-socket={server.socket}",
                        "--mysql-user=root", f"--mysql-db={database}", f"--tables={tables}", f"--table-size={size}",
                        f"--rand-seed={seed}"]

    def prepare(self):
        """Creates the database and the tables and fills them."""
        self._server.sql(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        self._run("prepare", "--threads=1")

    def run(self, threads=4, time_s=0, events=0, rate=0):
        """Runs until `time_s` or `events` transactions are over, whichever is first; 0 is no limit. Returns its report.

        Transactions that meet a deadlock are repeated by sysbench and counted once.
        """
        return self._run("run", *self._run_options(threads, time_s, events, rate))

    def start(self, threads=4, time_s=0, events=0, rate=0):
        """The same in the background: a Popen, to be ended by its terminate() or by the server's death."""
        return subprocess.Popen([*self._common, *self._run_options(threads, time_s, events, rate), "run"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def _run_options(threads, time_s, events, rate):
        return [f"--threads={threads}", f"--time={time_s}", f"--events={events}", f"--rate={rate}"]

    def _run(self, verb, *options):
        done = subprocess.run([*self._common, *options, verb], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"sysbench {verb} failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout


class MixedLoad:
    """A thread that writes what applications write: transactions of one row to some thousands over several tables, with
    savepoints and rollbacks, XA branches (of tables of their own) and DDL in between. The same seed gives the same statements as long as the server does not
    fail; when it is killed, the load reconnects and goes on.

    `transactions` counts the commits that the server confirmed, `ddl` the definitions it changed, `errors` the failures.
    """

    def __init__(self, connect, seed=None, database="mixed", tables=4, rows_max=3000, ddl=True, pause_s=0.0, xa=False):
        """`connect()` gives a PyMySQL connection, like a lab server's `connect`, or by a proxy or a promoted server."""
        self.seed = random.SystemRandom().randrange(2 ** 32) if seed is None else seed
        self.transactions = self.ddl = self.errors = 0
        self.failure = None
        self._connect = connect
        self._random = random.Random(self.seed)
        self._database = database
        self._names = [f"t{number}" for number in range(tables)]
        self._rows_max = rows_max
        self._with_ddl = ddl
        self._pause_s = pause_s
        self._with_xa = xa
        self._branches = []  # prepared
        self._branch = 0
        self._own = f"{self.seed:x}"
        self._key = 0
        self._connection = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="mixed load", daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        """Ends after the transaction under way. Raises what broke the load, if something other than the server did."""
        self._stopping.set()
        self._thread.join()
        if self.failure:
            raise RuntimeError(f"the mixed load with seed {self.seed} failed") from self.failure

    def run(self, steps):
        """So many steps in the caller's thread, without reconnecting: for data that must be the same each time."""
        self._open()
        for _ in range(steps):
            self._step()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    # The thread.

    def _loop(self):
        try:
            while not self._stopping.is_set():
                try:
                    if self._connection is None:
                        self._open()
                    self._step()
                    self._stopping.wait(self._pause_s)
                except (pymysql.err.OperationalError, pymysql.err.InterfaceError, pymysql.err.InternalError, OSError):
                    # The server is gone, goes, or is not there yet. What was under way may have been committed or not.
                    self.errors += 1
                    self._close()
                    self._stopping.wait(0.1)
        except Exception as failure:  # handed to stop()
            self.failure = failure
        finally:
            self._close()

    def _open(self):
        self._connection = self._connect()
        self._sql(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        self._sql(f"USE {self._database}")
        for name in self._names:
            self._create(name)
        if self._with_xa:
            self._create("branched")
            # What was prepared before the server or the connection went is still there, and of others what is not ours.
            there = {row[3] for row in self._sql("XA RECOVER") if row[3].startswith(self._own)}
            self._branches = sorted(there)
        self._key = max([self._key, *(self._sql(f"SELECT COALESCE(MAX(id), 0) FROM {name}")[0][0]
                                      for name in self._names)])

    def _close(self):
        try:
            if self._connection:
                self._connection.close()
        except pymysql.err.Error:
            pass
        self._connection = None

    def _sql(self, text, arguments=None):
        with self._connection.cursor() as cursor:
            cursor.execute(text, arguments)
            return cursor.fetchall()

    def _create(self, name):
        self._sql(f"CREATE TABLE IF NOT EXISTS {name} (id BIGINT PRIMARY KEY, name VARCHAR(200), amount DECIMAL(20,4), "
                  "at DATETIME(6), payload VARBINARY(4000), state ENUM('new','paid','sent'), KEY(name))")

    def _step(self):
        if self._with_xa and self._random.random() < 0.25:
            self._xa()
            return
        if self._with_ddl and self._random.random() < 0.06:
            self._definition()
            self.ddl += 1
        else:
            self._transaction()

    def _transaction(self):
        self._sql("BEGIN")
        for part in range(self._random.randint(1, 4)):
            if self._random.random() < 0.15:
                self._sql(f"SAVEPOINT s{part}")
                self._change()
                if self._random.random() < 0.5:
                    self._sql(f"ROLLBACK TO s{part}")
            else:
                self._change()
        if self._random.random() < 0.1:
            self._sql("ROLLBACK")
        else:
            self._sql("COMMIT")
            self.transactions += 1

    def _xa(self):
        """Prepares a branch, or ends one that was prepared some steps ago. Their rows are in a table that nothing else writes to,
        since they stay locked."""
        if self._branches and self._random.random() < 0.15 * len(self._branches):
            branch = self._branches[self._random.randrange(len(self._branches))]
            self._sql(f"XA {'COMMIT' if self._random.random() < 0.7 else 'ROLLBACK'} '{branch}'")
            self._branches.remove(branch)
        else:
            self._branch += 1
            branch = f"{self._own}-{self._branch}"
            self._sql(f"XA START '{branch}'")
            values = [self._row() for _ in range(self._size())]
            with self._connection.cursor() as cursor:
                cursor.executemany("INSERT INTO branched (id, name, amount, at, payload, state) "
                                   "VALUES (%s, %s, %s, %s, %s, %s)", values)
            self._sql(f"XA END '{branch}'")
            if self._random.random() < 0.2:
                self._sql(f"XA COMMIT '{branch}' ONE PHASE")
            else:
                self._sql(f"XA PREPARE '{branch}'")
                self._branches.append(branch)
        self.transactions += 1

    def _change(self):
        name = self._random.choice(self._names)
        kind = self._random.random()
        rows = self._size()
        low = self._random.randint(0, self._key)
        if kind < 0.55:
            values = [self._row() for _ in range(rows)]
            with self._connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {name} (id, name, amount, at, payload, state) "
                                   "VALUES (%s, %s, %s, %s, %s, %s)", values)
        elif kind < 0.85:
            self._sql(f"UPDATE {name} SET amount = amount + 1, name = %s WHERE id >= {low} ORDER BY id LIMIT {rows}",
                      (f"changed {self._random.random()}",))
        else:
            self._sql(f"DELETE FROM {name} WHERE id >= {low} ORDER BY id LIMIT {rows}")

    def _size(self):
        """Mostly single rows, sometimes dozens, rarely thousands."""
        luck = self._random.random()
        most = 1 if luck < 0.6 else 50 if luck < 0.97 else self._rows_max
        return self._random.randint(1, min(most, self._rows_max))

    def _row(self):
        self._key += 1
        chance = self._random
        return (self._key, chance.choice([None, "", "naïve ☃ 𝄞", "x" * chance.randint(1, 200), f"name {self._key}"]),
                f"{chance.randint(-10 ** 12, 10 ** 12) / 10000:.4f}", "2024-02-29 23:59:59.000001",
                chance.randbytes(chance.choice([0, 1, 30, 1000])), chance.choice([None, "new", "paid", "sent"]))

    def _definition(self):
        name = self._random.choice(self._names)
        kind = self._random.randrange(6)
        if kind < 2:
            extra = f"c{self._random.randrange(5)}"
            columns = [row[0] for row in self._sql(f"SHOW COLUMNS FROM {name}")]
            if extra in columns:
                self._sql(f"ALTER TABLE {name} DROP COLUMN {extra}")
            else:
                where = self._random.choice(["FIRST", "AFTER id", ""])
                self._sql(f"ALTER TABLE {name} ADD COLUMN {extra} {self._random.choice(_TYPES)} {where}")
        elif kind == 2:
            self._sql("DROP TABLE IF EXISTS extra")
            self._sql(f"CREATE TABLE extra AS SELECT id, name FROM {name} ORDER BY id LIMIT 5")
        elif kind == 3:
            self._sql(f"TRUNCATE TABLE {name}")
        elif kind == 4:
            self._sql(f"DROP TABLE {name}")
            self._create(name)
        else:
            other = self._random.choice([n for n in self._names if n != name] or [name])
            if other != name:
                self._sql(f"RENAME TABLE {name} TO swapped, {other} TO {name}, swapped TO {other}")


_TYPES = ["INT", "VARCHAR(20) DEFAULT 'd'", "TIMESTAMP(3) NULL", "JSON", "BIT(9) DEFAULT b'101'", "DOUBLE", "SET('a','b')"]


def wait_until(condition, timeout_s=30, what="the condition"):
    """Returns once `condition()` is true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout_s} s")
        time.sleep(0.02)
