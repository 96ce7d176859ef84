"""MySQL instances, 9.7 unless said otherwise, and the client programs that come with them."""

import os
import shutil
import subprocess
from pathlib import Path

import pymysql

from . import mysql_versions, paths, process, tls
from .server import Server

CDC_PASSWORD = "cdc-secret"

# What leat recommends for a primary, and what lets a dozen servers share a small machine.
DEFAULTS = {
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "binlog_row_metadata": "FULL",
    "sync_binlog": 1,
    "innodb_flush_log_at_trx_commit": 1,
    "innodb_buffer_pool_size": "128M",
    "mysqlx": "OFF",
    "bind_address": "127.0.0.1",
    "skip_name_resolve": "ON",
    "secure_file_priv": "NULL",
}


def client_argv(name, version="9.7"):
    """argv of a client program (mysql, mysqlbinlog, mysqldump, mysqladmin), to be followed by its arguments."""
    return mysql_versions.installation(version).client_argv(name)


def mysqlbinlog(*arguments, text=True):
    """Output of 9.7's mysqlbinlog with these arguments (options and files)."""
    return _checked([*client_argv("mysqlbinlog"), *arguments], text)


def option_argv(options):
    """Server settings as command line options: True is a bare switch, names may be written with _ or -."""
    return [f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}") for name, value in options.items()]


class Mysql(Server):
    """A MySQL instance; options are mysqld's (`gtid_mode="OFF"`), laid over DEFAULTS. Its class says which version.

    Users: root without a password (socket and 127.0.0.1), and `cdc`, who may stream and no more.
    Two options are the lab's own: `certificates="auto"` leaves TLS to what mysqld generates (no host name in it) instead
    of the lab's certificates; `data_from=FOLDER` starts from a copy of that data folder instead of an empty server.
    """

    kind = "mysql"
    version = "9.7"

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

    def _prepare(self):
        if len(str(self.socket)) > 107:
            raise ValueError(f"{self.socket} is too long for a socket: set LEAT_LAB_RUN to a shorter folder")
        copy_data(self.options.get("data_from") or template(self.version), self.datadir)
        (self.folder / "tmp").mkdir()
        if self.options.get("certificates") == "auto":
            for pem in self.datadir.glob("*.pem"):
                pem.unlink()

    def _clear(self):
        # A killed mysqld may stay as a zombie where nobody reaps it, and the next one takes its lock file for alive.
        for left in (self.socket, Path(f"{self.socket}.lock")):
            left.unlink(missing_ok=True)

    def _argv(self):
        # The port is unique among the lab's servers, hence good as a server_id.
        options = {**DEFAULTS, "server_id": self.port, **self.options}
        options.pop("certificates", None)
        options.pop("data_from", None)
        return [*mysql_versions.installation(self.version).server_argv(), f"--datadir={self.datadir}", f"--socket={self.socket}", f"--port={self.port}",
                f"--pid-file={self.folder}/mysqld.pid", f"--log-error={self.log}", f"--tmpdir={self.folder}/tmp",
                *option_argv(options)]

    def _ready(self):
        try:
            self.connect(connect_timeout=5).close()
            return True
        except pymysql.err.OperationalError:
            return False

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

    def user(self, name, password="", grants="", require="", plugin="caching_sha2_password"):
        """Creates a user that is in no binlog. grants: 'SELECT ON test.*; INSERT ON test.t'."""
        statements = ["SET sql_log_bin=0", f"CREATE USER {name}@'%' IDENTIFIED WITH {plugin} BY '{password}' {require}"]
        on, to = (grants.split(";") if grants else []), f" TO {name}@'%'"
        self.sql("; ".join(statements + ["GRANT " + grant.strip() + to for grant in on]))

    # Its binlog.

    def position(self):
        """(file, position, executed GTID set) where the binlog ends now."""
        file, position, _, _, gtids = self.sql("SHOW MASTER STATUS" if self.version == "8.0" else "SHOW BINARY LOG STATUS")[0]
        return file, position, gtids.replace("\n", "")

    def binlogs(self):
        """The binlog files, oldest first; the server need not run."""
        index = self.datadir / f"{self.options.get('log_bin', DEFAULTS['log_bin'])}.index"
        return [self.datadir / Path(line).name for line in index.read_text().splitlines() if line]

    def mysqlbinlog(self, *arguments, text=True):
        """What 9.7's mysqlbinlog prints: with these arguments, or -vv of all binlogs if no file is among them."""
        if not any(Path(str(a)).is_absolute() for a in arguments):
            arguments = [*(arguments or ("-vv", "--base64-output=decode-rows")), *self.binlogs()]
        return mysqlbinlog(*arguments, text=text)

    def client(self, name, *arguments, text=True):
        """Output of a client program connected to this server as root: client("mysqldump", "--all-databases")."""
        return _checked([*client_argv(name, self.version), f"--socket={self.socket}", "--user=root", *arguments], text)

    def replicate_from(self, source, port=None):
        """Makes this server a replica of another, by GTID; `port` to go through a proxy."""
        self.sql(f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={port or source.port}, "
                 f"SOURCE_USER='cdc', SOURCE_PASSWORD='{CDC_PASSWORD}', SOURCE_SSL=1, SOURCE_AUTO_POSITION=1, "
                 "SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400; START REPLICA")

    def wait_for(self, gtids, timeout_s=60):
        """Returns once this server has executed a GTID set."""
        if self.value(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{gtids}', {timeout_s})"):
            raise TimeoutError(f"{self.name} has not executed {gtids} within {timeout_s} s")


def copy_data(source, target):
    """A data folder's copy that is a server of its own. Binlogs are only ever appended to by the server that began them,
    so those of a stopped server are linked, where the file system allows: a benchmark's are large."""
    def copy(old, new):
        if Path(old).name.startswith("binlog.0"):
            try:
                return os.link(old, new)
            except OSError:
                pass
        return shutil.copyfile(old, new)

    shutil.copytree(source, target, copy_function=copy)
    target.chmod(0o700)
    (target / "auto.cnf").unlink(missing_ok=True)  # the server's UUID: it makes another
    for key in target.glob("*key.pem"):
        key.chmod(0o600)


class Mysql80(Mysql):
    kind = "mysql80"
    version = "8.0"


def template(version="9.7"):
    """An initialised data folder with the lab's users and certificates, and no binlog yet; made once."""
    return paths.made_once(paths.cache_dir() / f"mysql{version.replace('.', '')}-template",
                           lambda folder: _initialise(folder, version))


def _initialise(folder, version):
    data, users, log = folder / "data", folder / "users.sql", folder / "log"
    users.write_text(
        # Addressed by number, because the servers resolve no names.
        "CREATE USER root@'127.0.0.1' IDENTIFIED BY '';\n"
        "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
        "GRANT PROXY ON ''@'' TO root@'127.0.0.1' WITH GRANT OPTION;\n"
        f"CREATE USER cdc@'%' IDENTIFIED WITH caching_sha2_password BY '{CDC_PASSWORD}';\n"
        "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO cdc@'%';\n"
        "CREATE DATABASE test;\n")
    argv = [*mysql_versions.installation(version).server_argv(), "--initialize-insecure", f"--datadir={data}", "--skip-log-bin", f"--init-file={users}",
            "--innodb-redo-log-capacity=64M", "--mysqlx=OFF", "--secure-file-priv=NULL", f"--log-error={log}"]
    started = process.spawn(argv, log, bound=True)
    if started.wait():
        raise RuntimeError(f"mysqld --initialize failed:\n{log.read_text(errors='replace')}")
    for certificate in ("ca.pem", "server-cert.pem", "server-key.pem"):
        shutil.copyfile(tls.authority() / certificate, data / certificate)
    for mine in ("ca-key.pem", "client-cert.pem", "client-key.pem"):
        (data / mine).unlink(missing_ok=True)
    users.unlink()
    log.unlink()
    for entry in data.iterdir():
        entry.rename(folder / entry.name)
    data.rmdir()


def _checked(argv, text):
    """A client program's output; what it says on stderr only if it fails, in the exception."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(str(a) for a in argv)} failed with {done.returncode}: "
                           f"{done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="surrogateescape") if text else done.stdout
