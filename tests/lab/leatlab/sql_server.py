"""What the lab's MySQL and MariaDB instances share: a data folder and a socket, TLS, and how tests talk to them."""

import os
from pathlib import Path

import pymysql

from . import nosync, shims, tls
from .server import Server

CDC_PASSWORD = "cdc-secret"


class SqlServer(Server):
    """An instance that speaks MySQL's protocol. A subclass says how its data is made and what its program is called."""

    defaults = {}

    def _attach(self, folder, state):
        super()._attach(folder, state)
        self.socket = folder / "mysql.sock"
        self.datadir = folder / "data"

    @property
    def ca(self):
        """The certificate of the authority that signed this server's."""
        return self.datadir / "ca.pem"

    @property
    def wrong_ca(self):
        """An authority with the same name that did not."""
        return tls.wrong_authority() / "ca.pem"

    def _clear(self):
        # A killed server may stay as a zombie where nobody reaps it, and the next one takes its lock file for alive.
        for left in (self.socket, Path(f"{self.socket}.lock")):
            left.unlink(missing_ok=True)

    def _check_socket(self):
        if len(str(self.socket)) > 107:
            raise ValueError(f"{self.socket} is too long for a socket: set LEAT_LAB_RUN to a shorter folder")

    def _ready(self):
        try:
            self.connect(connect_timeout=5).close()
            return True
        except pymysql.err.OperationalError:
            return False

    def _environment(self):
        found = [nosync.environment()]
        if self.options.get("clock"):
            found.append(shims.Clock.environment(self.options["clock"]))
        preload = ":".join(one["LD_PRELOAD"] for one in found if one)
        return {name: value for one in found for name, value in one.items()} | ({"LD_PRELOAD": preload} if preload else {})

    # Talking to it.

    def url(self, user="cdc", host="127.0.0.1"):
        """mysql://user@host:port; `password_file()` is where cdc's password lies."""
        return f"mysql://{user}@{host}:{self.port}"

    def socket_url(self, user="root"):
        return f"mysql://{user}@/?socket={self.socket}"

    def password_file(self, password=CDC_PASSWORD):
        """A file (0600) that holds this password, by default cdc's."""
        path = self.folder / f"password-{password or 'empty'}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(password + "\n")
        return path

    def connect(self, **kw):
        """A PyMySQL connection: root by the socket unless told otherwise, utf8mb4, autocommit. host= goes by TCP."""
        given = {"user": "root", "charset": "utf8mb4", "autocommit": True, **kw}
        if "host" in given:
            given.setdefault("port", self.port)
        else:
            given.setdefault("unix_socket", str(self.socket))
        return pymysql.connect(**given)

    def sql(self, text, **connect):
        """Runs one or more statements (`;` between them) on a connection of their own; the last one's rows as tuples."""
        flags = pymysql.constants.CLIENT.MULTI_STATEMENTS
        connection = self.connect(client_flag=flags, **connect)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text)
                rows = cursor.fetchall()
                while cursor.nextset():
                    rows = cursor.fetchall()
                return list(rows)
        finally:
            connection.close()

    def value(self, text, **connect):
        """The first column of the first row."""
        return self.sql(text, **connect)[0][0]

    def variable(self, name):
        return self.value(f"SELECT @@GLOBAL.{name}")

    def user(self, name, password="", grants="", require="", plugin=None):
        """Creates a user that is in no binlog. grants: 'SELECT ON test.*; INSERT ON test.t'."""
        statements = ["SET sql_log_bin=0", f"CREATE USER {name}@'%' {self._identified(plugin, password)} {require}"]
        on, to = (grants.split(";") if grants else []), f" TO {name}@'%'"
        self.sql("; ".join(statements + ["GRANT " + grant.strip() + to for grant in on]))

    def _identified(self, plugin, password):
        raise NotImplementedError

    # Its binlog.

    def binlogs(self):
        """The binlog files, oldest first; the server need not run."""
        index = self.datadir / f"{self.options.get('log_bin', self.defaults['log_bin'])}.index"
        return [self.datadir / Path(line).name for line in index.read_text().splitlines() if line]


def option_argv(options):
    """Server settings as command line options: True is a bare switch, names may be written with _ or -."""
    return [f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}") for name, value in options.items()]
