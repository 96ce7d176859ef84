"""The status variables of a Query event, read by nothing of leat's: items carry their bytes, and this says what is in them.

Facts: Query_event in libs/mysql/binlog/event/statement_events.h (MySQL), Query_log_event in sql/log_event.h (MariaDB, from 128)."""

import struct


def _counted(data, at):
    size = data[at]
    return data[at + 1:at + 1 + size], at + 1 + size


def read(data, old=False):
    """By name; "rest" holds what can't be read. The first code that isn't known ends it, as in every server."""
    found, at = {}, 0
    while at < len(data):
        code, at = data[at], at + 1
        if code == 0:
            found["flags2"], at = struct.unpack_from("<I", data, at)[0], at + 4
        elif code == 1:
            found["sql_mode"], at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif code == 2:
            found["catalog"], at = _counted(data, at)
            at += 1
        elif code == 3:
            found["auto_increment"], at = struct.unpack_from("<HH", data, at), at + 4
        elif code == 4:
            found["charset"], at = struct.unpack_from("<HHH", data, at), at + 6
        elif code == 5:
            zone, at = _counted(data, at)
            found["time_zone"] = zone.decode("latin-1")
        elif code == 6:
            found["catalog"], at = _counted(data, at)
        elif code == 7:
            found["lc_time_names"], at = struct.unpack_from("<H", data, at)[0], at + 2
        elif code == 8:
            found["collation_database"], at = struct.unpack_from("<H", data, at)[0], at + 2
        elif code == 9:
            at += 8
        elif code == 10:
            at += 4
        elif code == 11:
            user, at = _counted(data, at)
            host, at = _counted(data, at)
            found["invoker"] = (user, host)
        elif code == 12:
            count, at = data[at], at + 1
            if count <= 16:
                for _ in range(count):
                    at = data.index(b"\0", at) + 1
        elif code in (13, 128):
            found["micros"], at = int.from_bytes(data[at:at + 3], "little"), at + 3
        elif code == 16:
            found["explicit_defaults_for_timestamp"], at = data[at], at + 1
        elif code == 17:
            found["ddl_xid"], at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif code == 18:
            found["default_collation_for_utf8mb4"], at = struct.unpack_from("<H", data, at)[0], at + 2
        elif code == 19:
            found["sql_require_primary_key"], at = data[at], at + 1
        elif code == 20:
            found["default_table_encryption"], at = data[at], at + 1
        elif code == 21:
            at += 1
        elif code == 129:
            found["mariadb_xid"], at = struct.unpack_from("<Q", data, at)[0], at + 8
        else:
            found["rest"] = data[at - 1:]
            break
    return found
