"""Prepared data for the benchmarks: made once, kept in the lab's cache, started from a copy."""

import json
import os
import shutil
import threading
import time
from pathlib import Path

from . import paths
from .load import Sysbench
from .mysql import Mysql, copy_data

TRANSACTIONS = 500_000  # with four row changes each: 2,000,000, about 0.9 GB


def prefer(priority, pids):
    """These sessions before all others of the machine, -20 most. Where the kernel schedules sessions in groups (autogroup), niceness counts only within
    one: then it is the group's that has to be set. Needs root."""
    for pid in pids:
        os.setpriority(os.PRIO_PROCESS, pid, priority)
        group = Path(f"/proc/{pid}/autogroup")
        if group.exists():
            group.write_text(str(priority))


def sysbench_instance(transactions=TRANSACTIONS, tables=8, size=100_000, name="bench", metadata="FULL", **options):
    """A started Mysql with the binlog of that many transactions of oltp_write_only. Its `.workload` says which:

    file, position, gtids: where the load begins (tables and their first rows lie before it, in earlier files);
    end_file, end_position, end_gtids: where it ends; transactions, rows. `binlogs` are the files' names, to be read
    from `datadir`. The server runs with MySQL's safe settings, unlike the one that made the data.
    """
    data = sysbench_data(transactions, tables, size, metadata)
    server = Mysql(name, data_from=str(data / "data"), **{"binlog_expire_logs_seconds": 0, "binlog_row_metadata": metadata, **options})
    try:
        server.start()
    except BaseException:
        server.destroy()
        raise
    server.workload = json.loads((data / "workload.json").read_text())
    return server


def sysbench_data(transactions=TRANSACTIONS, tables=8, size=100_000, metadata="FULL"):
    """The cached folder: data/ (of a stopped server) and workload.json. metadata: binlog_row_metadata."""
    suffix = "" if metadata == "FULL" else f"-{metadata.lower()}"
    return paths.made_once(paths.cache_dir() / f"sysbench-{transactions}-{tables}x{size}{suffix}",
                           lambda folder: _make(folder, transactions, tables, size, metadata))


def _make(folder, transactions, tables, size, metadata):
    # Not synced while loading: the data is what counts, and a crash would only mean to make it again.
    with Mysql("sysbench-binlog", sync_binlog=0, innodb_flush_log_at_trx_commit=2, innodb_doublewrite="OFF",
               innodb_buffer_pool_size="1G", innodb_redo_log_capacity="512M", max_binlog_size="1G", binlog_row_metadata=metadata,
               binlog_expire_logs_seconds=0) as server:
        load = Sysbench(server, tables, size)
        load.prepare()
        server.sql("FLUSH BINARY LOGS")
        file, position, gtids = server.position()
        # Eight writers, so that commits come in groups, as they do from applications.
        load.run(threads=8, events=transactions)
        end_file, end_position, end_gtids = server.position()
        done = server.value(f"SELECT GTID_SUBTRACT('{end_gtids}', '{gtids}')")
        binlogs = [path.name for path in server.binlogs() if file <= path.name <= end_file]
        server.sql("SET GLOBAL innodb_redo_log_capacity=32*1024*1024")  # else half a gigabyte of nothing is kept and copied
        server.stop()
        copy_data(server.datadir, folder / "data")
        shutil.rmtree(folder / "data" / "#innodb_temp", ignore_errors=True)
        count = sum(int(last or first) - int(first) + 1 for first, _, last in
                    (part.partition("-") for part in done.split(":")[1:]))
        if count != transactions:
            raise RuntimeError(f"sysbench made {count} transactions instead of {transactions}")
        (folder / "workload.json").write_text(json.dumps({
            "transactions": transactions, "rows": 4 * transactions, "tables": tables, "size": size,
            "file": file, "position": position, "gtids": gtids,
            "end_file": end_file, "end_position": end_position, "end_gtids": end_gtids,
            "binlogs": binlogs, "bytes": sum((folder / "data" / name).stat().st_size for name in binlogs)}, indent=1))


def sysbench_target(transactions=TRANSACTIONS, tables=8, size=100_000, name="bench-target", **options):
    """A started Mysql that has what sysbench_instance's load began with, under the source's GTIDs, and a user `apply` who may do all."""
    source = sysbench_data(transactions, tables, size)
    data = paths.made_once(paths.cache_dir() / f"sysbench-{transactions}-{tables}x{size}-before",
                           lambda folder: _make_target(folder, transactions, tables, size))
    server = Mysql(name, data_from=str(data / "data"), binlog_expire_logs_seconds=0, **options)
    try:
        server.start()
    except BaseException:
        server.destroy()
        raise
    server.workload = json.loads((source / "workload.json").read_text())
    return server


def _make_target(folder, transactions, tables, size):
    unsynced = {"sync_binlog": 0, "innodb_flush_log_at_trx_commit": 2, "innodb_doublewrite": "OFF", "innodb_buffer_pool_size": "1G"}
    with sysbench_instance(transactions, tables, size, name="sysbench-source") as source, Mysql("sysbench-target", **unsynced) as target:
        target.sql("SET sql_log_bin = 0; CREATE USER apply@'%' IDENTIFIED BY 'apply-password'; GRANT ALL ON *.* TO apply@'%'")
        target.replicate_from(source)
        target.sql("STOP REPLICA SQL_THREAD")
        target.sql(f"START REPLICA SQL_THREAD UNTIL SQL_AFTER_GTIDS = '{source.workload['gtids']}'")
        target.wait_for(source.workload["gtids"], 600)
        target.sql("STOP REPLICA; RESET REPLICA ALL")
        if target.position()[2] != source.workload["gtids"]:
            raise RuntimeError(f"the target has {target.position()[2]} instead of {source.workload['gtids']}")
        target.sql("PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY")
        target.stop()
        copy_data(target.datadir, folder / "data")
        shutil.rmtree(folder / "data" / "#innodb_temp", ignore_errors=True)


class PeakMemory(threading.Thread):
    """Reads the highest resident size of a process while it runs. (What wait4 tells includes this program's, from before the exec.)"""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.mib = 0.0
        self.start()

    def run(self):
        try:
            while True:
                status = Path(f"/proc/{self.pid}/status").read_text()
                self.mib = int(status.split("VmHWM:")[1].split()[0]) / 1024
                time.sleep(0.05)
        except (OSError, IndexError):
            pass
