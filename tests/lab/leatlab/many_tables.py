"""Servers with tens of thousands of tables: made once, kept in the lab's cache, started from there."""

import shutil
import threading

from . import paths
from .mariadb import Mariadb
from .mysql import Mysql, copy_data

DATABASES = 50
# Eleven columns of the usual kinds, a primary key, a secondary one; every tenth table refers to another.
COLUMNS = ("id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT UNSIGNED NOT NULL, ref BIGINT UNSIGNED, name VARCHAR(120) NOT NULL DEFAULT '', "
           "state ENUM('new','paid','sent','returned') NOT NULL DEFAULT 'new', total DECIMAL(12,2) NOT NULL DEFAULT 0, rate DOUBLE, "
           "note TEXT, flags SET('a','b','c'), created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, changed DATETIME(6), "
           "KEY by_customer (customer, state)")


def instance(kind, count, **options):
    """A started server of `kind` ("mysql", or "mariadb" and its version) with so many tables; its options are the server's."""
    data = paths.made_once(paths.cache_dir() / f"tables-{kind}-{count}", lambda folder: _make(kind, count, folder))
    server = _server(kind, "tables", data_from=str(data), **options)
    try:
        return server.start()
    except BaseException:
        server.destroy()
        raise


def _server(kind, name, **options):
    version = kind.removeprefix("mariadb")
    return Mysql(name, **options) if kind == "mysql" else Mariadb(name, version=version, **options)


def _make(kind, count, folder):
    # Not synced, and in one file: what is measured are definitions, which lie elsewhere (MySQL) or in files of their own (MariaDB).
    options = {"sync_binlog": 0, "innodb_flush_log_at_trx_commit": 0, "innodb_file_per_table": "OFF", "innodb_buffer_pool_size": "1G",
               "innodb_doublewrite": "OFF", "skip_log_bin": True}
    server = _server(kind, "tables-made", **options)
    server.start_timeout_s = 300
    with server:
        threads = [threading.Thread(target=_create, args=(server, range(at, count, 2))) for at in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = server.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE 'many%'")
        if made != count:
            raise RuntimeError(f"{made} tables were made instead of {count}")
        server.stop()
        copied = folder / "copy"
        copy_data(server.datadir, copied)
        shutil.rmtree(copied / "#innodb_temp", ignore_errors=True)
        for entry in copied.iterdir():
            entry.rename(folder / entry.name)
        copied.rmdir()


def _create(server, numbers):
    connection = server.connect()
    with connection.cursor() as cursor:
        for number in numbers:
            database = f"many{number % DATABASES}"
            # Every tenth refers to the first of its database, which the same thread has made.
            foreign = f", FOREIGN KEY (ref) REFERENCES {database}.t{number % DATABASES} (id)" if number >= DATABASES and number % 10 == 3 else ""
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {database}")
            cursor.execute(f"CREATE TABLE {database}.t{number} ({COLUMNS}{foreign})")
    connection.close()
