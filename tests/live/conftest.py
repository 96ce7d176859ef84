"""Fixtures of the live tests: real servers of the lab, and leat as built ($LEAT)."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))

os.environ.setdefault("LEAT_LAB_SYNC", "0")  # of the servers; leat's own is what it is

from leatlab import install  # noqa: E402
from leatlab.leat import Leat  # noqa: E402
from leatlab.mariadb import Mariadb  # noqa: E402
from leatlab.mysql import Mysql  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the long forms of tests that have one")


def pytest_configure(config):
    config.addinivalue_line("markers", "threads: shows what threads do to each other; also run under ThreadSanitizer")
    config.addinivalue_line("markers", "alerts: fires these alert rules; all but those marked quick take --full")
    config.addinivalue_line("markers", "quick: also without --full")
    config.addinivalue_line("markers", "transport: stands on the client library; also run with Oracle's")


@pytest.fixture(scope="session")
def shared_mysql():
    """One MySQL 9.7 with default settings for all tests that don't change or kill it: each uses a database of its own."""
    with Mysql("shared") as server:
        yield server


@pytest.fixture
def make_mysql(request):
    """Starts a server of its own for a test: make_mysql(gtid_mode="OFF")."""
    servers = []

    def make(**options):
        server = Mysql(f"t{len(servers)}", **options)
        server.start()
        servers.append(server)
        return server
    yield make
    for server in servers:
        server.destroy()


def _mariadb(name, **options):
    """A MariaDB server, or a skip that says why it can't be had here."""
    try:
        return Mariadb(name, **options)
    except install.Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def shared_mariadb():
    """The shared MariaDB of a version for all tests that don't change or kill it: shared_mariadb("10.11")."""
    servers = {}

    def shared(version="10.11"):
        if version not in servers:
            servers[version] = _mariadb(f"shared-m{version}", version=version).start()
        return servers[version]
    yield shared
    for server in servers.values():
        server.destroy()


@pytest.fixture(scope="module")
def own_mariadb():
    """Starts a MariaDB for all tests of a file, which may change and kill it: own_mariadb("name", version="10.5")."""
    servers = []

    def make(name, **options):
        servers.append(_mariadb(name, **options))
        return servers[-1].start()
    yield make
    for server in servers:
        server.destroy()


@pytest.fixture
def make_mariadb():
    """Starts a MariaDB of its own for a test: make_mariadb("10.5", gtid_domain_id=3)."""
    servers = []

    def make(version="10.11", **options):
        server = _mariadb(f"m{len(servers)}", version=version, **options)
        servers.append(server)
        return server.start()
    yield make
    for server in servers:
        server.destroy()


@pytest.fixture
def make_leat(tmp_path):
    """Makes a relay of a server, not started: make_leat(server, sinks={...})."""
    relays = []

    def make(server, **settings):
        settings.setdefault("url", server.url())
        settings.setdefault("password_file", server.password_file())
        relay = Leat(tmp_path / f"leat{len(relays)}", **settings)
        relays.append(relay)
        return relay
    yield make
    for relay in relays:
        if relay.process:
            relay.kill()


@pytest.fixture
def database(shared_mysql, request):
    """A fresh database on the shared server."""
    name = request.node.name.split("[")[0][:60]
    shared_mysql.sql(f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}`")
    yield name
    shared_mysql.sql(f"DROP DATABASE IF EXISTS `{name}`")
