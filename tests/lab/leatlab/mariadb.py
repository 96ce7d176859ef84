"""MariaDB instances of several versions, and the client programs that come with each.

10.11 is Debian 12's own; 10.5 and 11.8 come out of other releases of Debian, each into a root folder of its own in the cache,
made when it is first asked for. `install.Unavailable` says that one can't be had here.
"""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pymysql

from . import install, paths, process, tls
from .mysql import copy_data
from .sql_server import CDC_PASSWORD, SqlServer, option_argv

VERSIONS = ("10.5", "10.11", "11.8")

# What leat recommends for a primary, and what lets a dozen servers share a small machine.
DEFAULTS = {
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "binlog_row_metadata": "FULL",
    "sync_binlog": 1,
    "innodb_flush_log_at_trx_commit": 1,
    "innodb_buffer_pool_size": "64M",
    "innodb_log_file_size": "32M",
    "aria_pagecache_buffer_size": "8M",
    "key_buffer_size": "1M",
    "character_set_server": "utf8mb4",
    "bind_address": "127.0.0.1",
    "skip_name_resolve": True,
}


class Release:
    """The programs of one version: on this host, or in a root folder by that folder's own dynamic loader and libraries."""

    def __init__(self, version):
        if version not in VERSIONS:
            raise ValueError(f"the lab has no MariaDB {version}, only {', '.join(VERSIONS)}")
        self.version = version
        self.root = install.mariadb_root(version)
        self.plugins = install.mariadb_plugins(version)
        self._share = next(f for f in (self.root / "usr/share/mariadb", self.root / "usr/share/mysql")
                           if (f / "english/errmsg.sys").exists())

    def program(self, path):
        """argv that runs a program of this version (`bin/mariadb`)."""
        if self.root == Path("/"):
            return [f"/usr/{path}"]
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        return [f"{libraries}/ld-linux-x86-64.so.2", "--library-path", f"{libraries}", f"{self.root}/usr/{path}"]

    def client_argv(self, name):
        """argv of a client program (mariadb, mariadb-binlog, mariadb-dump), to be followed by its arguments."""
        return [*self.program(f"bin/{name}"), "--no-defaults", f"--character-sets-dir={self._share}/charsets"]

    def upgrade_argv(self, folder):
        """argv of mariadb-upgrade. It runs the programs that lie beside it, without the loader: in `folder` that is right."""
        if self.root == Path("/"):
            return ["/usr/bin/mariadb-upgrade", "--no-defaults"]
        for name in ("mariadb", "mariadb-check", "mysql", "mysqlcheck"):
            script = Path(folder) / name
            script.write_text("#!/bin/sh\nexec " + shlex.join(self.program(f"bin/{'mariadb-check' if 'check' in name else 'mariadb'}")) + ' "$@"\n')
            script.chmod(0o755)
        shutil.copyfile(self.root / "usr/bin/mariadb-upgrade", Path(folder) / "mariadb-upgrade")
        return [*self.program("")[:-1], f"{folder}/mariadb-upgrade", "--no-defaults"]

    def server_argv(self):
        argv = [*self.program("sbin/mariadbd"), "--no-defaults", f"--basedir={self.root}/usr",
                f"--lc-messages-dir={self._share}", f"--character-sets-dir={self._share}/charsets",
                f"--plugin-dir={self.plugins}"]
        return argv + (["--user=root"] if os.geteuid() == 0 else [])

    def template(self):
        """An initialised data folder with the lab's users and certificates, and no binlog yet; made once."""
        return paths.made_once(paths.cache_dir() / f"mariadb{self.version}-template", self._initialise)

    def _initialise(self, folder):
        # The statements that mariadb-install-db runs are read here: the script itself would run its root's programs without
        # their loader. Their order matters: tables, then what is in them, then the rest.
        scripts = [self._share / f"{name}.sql" for name in (
            "mysql_system_tables", "mariadb_system_tables", "mysql_performance_tables", "mariadb_performance_tables",
            "mysql_system_tables_data", "mariadb_system_tables_data", "maria_add_gis_sp_bootstrap", "mysql_sys_schema",
            "mariadb_sys_schema")]
        text = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;"]
        text += [script.read_text() for script in scripts if script.exists()]
        argv = [*self.server_argv(), f"--datadir={folder}", "--skip-log-bin", "--innodb-log-file-size=32M",
                "--innodb-buffer-pool-size=64M", "--character-set-server=utf8mb4"]
        made = subprocess.run([*argv, "--bootstrap", "--enforce-storage-engine=", "--net-buffer-length=16K"],
                              input="\n".join(text).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode or b"ERROR" in made.stdout:
            raise RuntimeError(f"mariadbd --bootstrap failed:\n{made.stdout.decode(errors='replace')[-3000:]}")
        self._add_users(folder, argv)
        for certificate in ("ca.pem", "server-cert.pem", "server-key.pem"):
            shutil.copyfile(tls.authority() / certificate, folder / certificate)

    def _add_users(self, folder, argv):
        socket, log = folder / "users.sock", folder / "users.log"
        started = process.spawn([*argv, "--skip-networking", f"--socket={socket}", f"--pid-file={folder}/users.pid"], log,
                                bound=True)
        try:
            deadline = time.monotonic() + 60
            while not socket.exists():
                if started.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"mariadbd did not start:\n{log.read_text(errors='replace')[-3000:]}")
                time.sleep(0.02)
            with pymysql.connect(unix_socket=str(socket), user="root", autocommit=True) as connection:
                for statement in _USERS.strip().splitlines():
                    connection.query(statement)
            started.terminate()
            started.wait(60)
        finally:
            started.kill()
        log.unlink()


# Addressed by number too, because the servers resolve no names. No anonymous user: it would hide cdc@'%' on this host.
_USERS = f"""
DELETE FROM mysql.global_priv WHERE User='';
FLUSH PRIVILEGES;
CREATE USER IF NOT EXISTS root@'127.0.0.1';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
CREATE USER cdc@'%' IDENTIFIED BY '{CDC_PASSWORD}';
GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO cdc@'%';
CREATE DATABASE IF NOT EXISTS test;
"""


class Mariadb(SqlServer):
    """A MariaDB instance; options are mariadbd's (`gtid_domain_id=3`), laid over DEFAULTS.

    Users: root without a password (socket and 127.0.0.1), and `cdc`, who may stream and no more.
    Three options are the lab's own: `version` ("10.5", "10.11", "11.8"); `certificates="auto"` leaves TLS to what the server
    generates (11.4 and later; earlier: none); `data_from=FOLDER` starts from a copy of that data folder.
    """

    kind = "mariadb"
    defaults = DEFAULTS

    def _attach(self, folder, state):
        super()._attach(folder, state)
        self.version = state["options"].get("version", "10.11")
        self.release = Release(self.version)

    def _prepare(self):
        self._check_socket()
        copy_data(self.options.get("data_from") or self.release.template(), self.datadir)
        (self.folder / "tmp").mkdir()

    def upgrade(self, version):
        """Goes on with the programs of a newer version on the same data, as an upgrade of its package does: an orderly stop, a start,
        and that version's mariadb-upgrade."""
        self.stop()
        self.options["version"], self.version, self.release = version, version, Release(version)
        self.start()
        with tempfile.TemporaryDirectory() as folder:
            return process.output([*self.release.upgrade_argv(folder), f"--socket={self.socket}", "--user=root"], True)

    def _argv(self):
        # The port is unique among the lab's servers, hence good as a server_id.
        options = {**DEFAULTS, "server_id": self.port, **self.options}
        tls_argv = [] if options.pop("certificates", None) == "auto" else [
            f"--ssl-ca={self.datadir}/ca.pem", f"--ssl-cert={self.datadir}/server-cert.pem",
            f"--ssl-key={self.datadir}/server-key.pem"]
        for own in ("version", "data_from"):
            options.pop(own, None)
        return [*self.release.server_argv(), f"--datadir={self.datadir}", f"--socket={self.socket}", f"--port={self.port}",
                f"--pid-file={self.folder}/mariadbd.pid", f"--log-error={self.log}", f"--tmpdir={self.folder}/tmp",
                *tls_argv, *option_argv(options)]

    def _identified(self, plugin, password):
        if plugin in (None, "mysql_native_password"):
            return f"IDENTIFIED BY '{password}'"
        return f"IDENTIFIED VIA {plugin}" + (f" USING PASSWORD('{password}')" if password else "")

    # Its binlog.

    def position(self):
        """(file, position, GTIDs of the binlog) where the binlog ends now."""
        file, position = self.sql("SHOW MASTER STATUS")[0][:2]
        return file, position, self.variable("gtid_binlog_pos")

    def covers(self, outer, inner):
        """Whether one list of GTIDs has each domain of another at the same number or a higher one."""
        def numbers(gtids):
            return {domain: int(number) for domain, _, number in (gtid.split("-") for gtid in gtids.split(",") if gtid)}
        have = numbers(outer)
        return all(have.get(domain, -1) >= number for domain, number in numbers(inner).items())

    def printer_argv(self):
        """argv of the program that says what is in a binlog of this server."""
        return self.release.client_argv("mariadb-binlog")

    def mysqlbinlog(self, *arguments, text=True):
        """What this version's mariadb-binlog prints: with these arguments, or -vv of all binlogs if no file is among them."""
        if not any(Path(str(a)).is_absolute() for a in arguments):
            arguments = [*(arguments or ("-vv", "--base64-output=decode-rows")), *self.binlogs()]
        return process.output([*self.printer_argv(), *arguments], text)

    def client(self, name, *arguments, text=True):
        """Output of a client program connected to this server as root: client("mariadb-dump", "--all-databases")."""
        return process.output([*self.release.client_argv(name), f"--socket={self.socket}", "--user=root", *arguments], text)

    def replicate_from(self, source, port=None, gtids=None):
        """Makes this server a replica of another MariaDB, by GTID; `port` to go through a proxy."""
        if gtids is not None:
            self.sql(f"SET GLOBAL gtid_slave_pos='{gtids}'")
        self.sql(f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port or source.port}, "
                 f"MASTER_USER='cdc', MASTER_PASSWORD='{CDC_PASSWORD}', MASTER_SSL=1, MASTER_SSL_VERIFY_SERVER_CERT=0, "
                 "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE")

    def wait_for(self, gtids, timeout_s=60):
        """Returns once this server, a replica, has applied these GTIDs."""
        if self.value(f"SELECT MASTER_GTID_WAIT('{gtids}', {timeout_s})"):
            raise TimeoutError(f"{self.name} has not applied {gtids} within {timeout_s} s")
