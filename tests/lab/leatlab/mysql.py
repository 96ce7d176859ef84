"""MySQL instances, 9.7 unless said otherwise, and the client programs that come with them."""

import os
import shutil
from pathlib import Path

from . import mysql_versions, paths, process, tls
from .sql_server import CDC_PASSWORD, SqlServer, option_argv

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
    return process.output([*client_argv("mysqlbinlog"), *arguments], text)


class Mysql(SqlServer):
    """A MySQL instance; options are mysqld's (`gtid_mode="OFF"`), laid over DEFAULTS. Its class says which version.

    Users: root without a password (socket and 127.0.0.1), and `cdc`, who may stream and no more.
    Three options are the lab's own: `certificates="auto"` leaves TLS to what mysqld generates (no host name in it) instead
    of the lab's certificates; `data_from=FOLDER` starts from a copy of that data folder instead of an empty server;
    `clock=FILE` has the server's time told by a shims.Clock.
    """

    kind = "mysql"
    version = "9.7"
    defaults = DEFAULTS

    def _prepare(self):
        self._check_socket()
        copy_data(self.options.get("data_from") or template(self.version, self.options.get("lower_case_table_names", 0)), self.datadir)
        (self.folder / "tmp").mkdir()
        if self.options.get("certificates") == "auto":
            for pem in self.datadir.glob("*.pem"):
                pem.unlink()

    def _argv(self):
        # The port is unique among the lab's servers, hence good as a server_id.
        options = {**DEFAULTS, "server_id": self.port, **self.options}
        for own in ("certificates", "data_from", "clock"):
            options.pop(own, None)
        return [*mysql_versions.installation(self.version).server_argv(), f"--datadir={self.datadir}",
                f"--socket={self.socket}", f"--port={self.port}", f"--pid-file={self.folder}/mysqld.pid", f"--log-error={self.log}",
                f"--tmpdir={self.folder}/tmp", *option_argv(options)]

    def _identified(self, plugin, password):
        return f"IDENTIFIED WITH {plugin or 'caching_sha2_password'} BY '{password}'"

    # Its binlog.

    def position(self):
        """(file, position, executed GTID set) where the binlog ends now."""
        file, position, _, _, gtids = self.sql("SHOW MASTER STATUS" if self.version == "8.0" else "SHOW BINARY LOG STATUS")[0]
        return file, position, gtids.replace("\n", "")

    def covers(self, outer, inner):
        """Whether all of one GTID set is in another."""
        return self.value(f"SELECT GTID_SUBSET('{inner}', '{outer}')") == 1

    def printer_argv(self):
        """argv of the program that says what is in a binlog of this server."""
        return client_argv("mysqlbinlog")

    def mysqlbinlog(self, *arguments, text=True):
        """What 9.7's mysqlbinlog prints: with these arguments, or -vv of all binlogs if no file is among them."""
        if not any(Path(str(a)).is_absolute() for a in arguments):
            arguments = [*(arguments or ("-vv", "--base64-output=decode-rows")), *self.binlogs()]
        return mysqlbinlog(*arguments, text=text)

    def client(self, name, *arguments, text=True):
        """Output of a client program connected to this server as root: client("mysqldump", "--all-databases")."""
        return process.output([*client_argv(name, self.version), f"--socket={self.socket}", "--user=root", *arguments], text)

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


def template(version="9.7", lower_case=0):
    """An initialised data folder with the lab's users and certificates, and no binlog yet; made once. lower_case: its
    lower_case_table_names, which a server can't change later."""
    return paths.made_once(paths.cache_dir() / f"mysql{version.replace('.', '')}-template{'-lower' if lower_case else ''}",
                           lambda folder: _initialise(folder, version, lower_case))


def _initialise(folder, version, lower_case):
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
            f"--lower-case-table-names={lower_case}", "--innodb-redo-log-capacity=64M", "--mysqlx=OFF", "--secure-file-priv=NULL", f"--log-error={log}"]
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
