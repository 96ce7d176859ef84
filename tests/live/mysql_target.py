"""What tests of the mysql sink share: relays that apply to a lab server, and source and target compared row by row."""

import time

from leatlab.leat import Leat
from operating import QUICK_SINK, QUICK_SOURCE

SYSTEM = ("mysql", "sys", "information_schema", "performance_schema", "leat", "test")


def apply_to(make_leat, source, target, start=None, **settings):
    """A relay, not started, with one sink `target`, that begins where the source's binlog ends now."""
    file, pos, _ = source.position()
    more = {key: settings.pop(key) for key in ("journal", "name") if key in settings}
    return make_leat(source, source={"start": start or f"{file}:{pos}", **QUICK_SOURCE},
                     sinks={"target": {"type": "mysql", "url": target.socket_url(), "start": "earliest", **QUICK_SINK, **settings}}, **more)


def tables_of(server):
    """All base tables that aren't the server's own: [(database, name)]."""
    names = ", ".join(f"'{name}'" for name in SYSTEM)
    return [tuple(row) for row in server.sql("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' "
                                             f"AND TABLE_SCHEMA NOT IN ({names}) ORDER BY 1, 2")]


def rows_of(server, database, table):
    """Every row as the server prints it, in an order that doesn't depend on anything else."""
    connection = server.connect(use_unicode=False, conv={})
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET NAMES binary")
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(f"SELECT * FROM `{database}`.`{table}`")
            return sorted(cursor.fetchall(), key=repr)
    finally:
        connection.close()


def columns_of(server, database, table):
    return [tuple(row) for row in server.sql("SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME FROM information_schema.COLUMNS "
                                             f"WHERE TABLE_SCHEMA = '{database}' AND TABLE_NAME = '{table}' ORDER BY ORDINAL_POSITION")]


def assert_same(source, target, definitions=True, renamed=None):
    """Source and target have the same tables, definitions and rows. renamed: {(database, table): (database, table)} there."""
    there = renamed or {}
    tables = tables_of(source)
    if not renamed:
        assert tables == tables_of(target)
    for database, table in tables:
        to_database, to_table = there.get((database, table), (database, table))
        if definitions:
            assert columns_of(source, database, table) == columns_of(target, to_database, to_table), (database, table)
        ours, theirs = rows_of(source, database, table), rows_of(target, to_database, to_table)
        missing, extra = [row for row in ours if row not in set(theirs)][:3], [row for row in theirs if row not in set(ours)][:3]
        assert ours == theirs, f"{database}.{table}: {len(ours)} rows and {len(theirs)}; only on the source {missing}, only on the target {extra}"


def executed(server):
    return server.value("SELECT @@global.gtid_executed").replace("\n", "")


def wait_until_same_gtids(source, target, timeout_s=180):
    deadline = time.monotonic() + timeout_s
    while executed(source) != executed(target):
        assert time.monotonic() < deadline, f"source {executed(source)}\ntarget {executed(target)}"
        time.sleep(0.1)


def wait_until_applied(relay, source, timeout_s=180):
    relay.wait_until_delivered(source, "target", timeout_s)


__all__ = ["Leat", "apply_to", "assert_same", "executed", "rows_of", "tables_of", "wait_until_applied", "wait_until_same_gtids"]
