"""The MySQL servers that there are: where each one's programs lie and how they are run. MySQL 9.7 comes with Debian's sid,
8.0 is published as an archive of its own for builds in Java. An 8.4 server is in neither."""

import os
from dataclasses import dataclass
from pathlib import Path

from . import install


class NotToBeHad(Exception):
    """No package registry has this server; the message is the reason for a skip."""


@dataclass(frozen=True)
class Installation:
    version: str
    loader: tuple     # argv in front of each program
    clients: Path     # folder of mysql, mysqlbinlog …
    mysqld: Path
    basedir: Path
    share: Path       # of messages and character sets
    plugins: Path

    def client_argv(self, name):
        """argv of a client program (mysql, mysqlbinlog, mysqldump, mysqladmin), to be followed by its arguments."""
        return [*self.loader, f"{self.clients}/{name}", "--no-defaults", f"--character-sets-dir={self.share}/charsets"]

    def server_argv(self):
        argv = [*self.loader, str(self.mysqld), "--no-defaults", f"--basedir={self.basedir}", f"--lc-messages-dir={self.share}",
                f"--character-sets-dir={self.share}/charsets", f"--plugin-dir={self.plugins}"]
        # mysqld refuses to run as root unless told that this is meant.
        return argv + (["--user=root"] if os.geteuid() == 0 else [])


def _mysql97():
    """In a Debian root of its own: run by the root's dynamic loader and libraries. Other than in a chroot, files are then
    where they are, and nothing has to be mounted."""
    root = install.mysql_root()
    usr = root / "usr"
    loader = (f"{usr}/lib64/ld-linux-x86-64.so.2", "--library-path", f"{usr}/lib/x86_64-linux-gnu")
    return Installation("9.7", loader, usr / "bin", usr / "sbin/mysqld", usr, usr / "share/mysql", usr / "lib/mysql/plugin")


def _mysql80():
    root = install.mysql80_root()
    return Installation("8.0", (), root / "bin", root / "bin/mysqld", root, root / "share", root / "lib/plugin")


def _mysql84():
    raise NotToBeHad("no package registry has a MySQL 8.4 server for Linux")


VERSIONS = {"9.7": _mysql97, "8.4": _mysql84, "8.0": _mysql80}


def installation(version="9.7"):
    """Installs it on first use."""
    return VERSIONS[version]()
