"""A binlog file's frames, read by nothing of leat's: where each event lies and what its header says. It is what tells whether a print
covers the whole file, and whether the cause that a stop names is really in the file."""

import zlib
from dataclasses import dataclass, field

MAGIC = b"\xfebin"
ENCRYPTED_MAGIC = b"\xfdbin"
FORMAT_DESCRIPTION, START_V3, ROTATE, STOP, MARIADB_START_ENCRYPTION = 15, 1, 4, 3, 164
CRC_BYTES = 4
IN_USE, SUPPRESS_USE, ARTIFICIAL, RELAY_LOG = 0x1, 0x8, 0x20, 0x40


@dataclass
class Frame:
    """`end` is what the header says of where the event ends, 0 in the oldest files; `sum_right` is None where there is no checksum."""
    offset: int
    size: int
    time: int
    type: int
    server_id: int
    end: int
    flags: int
    sum_right: bool = None


@dataclass
class RawLog:
    """`problem` says why the frames don't go on to the file's end: truncated, size; None if they do."""
    magic: bytes
    size: int
    server: str = ""
    header_size: int = 19
    version: int = 0
    checksums: bool = False
    frames: list = field(default_factory=list)
    types: set = field(default_factory=set)  # of the columns in its table maps
    problem: str = None

    @property
    def mariadb(self):
        return "MariaDB" in self.server

    @property
    def server_version(self):
        """(5, 1, 15); MariaDB 10 calls itself 5.5.5-10.x."""
        text = self.server.removeprefix("5.5.5-") if self.mariadb else self.server
        parts = text.split("-")[0].split(".")
        return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in parts[:3])


def _number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


def _format(log, data, at, size):
    """What a format description says. It has a checksum's algorithm since MySQL 5.6.1 and MariaDB 5.3."""
    body = at + 19
    log.version = _number(data, body, 2)
    log.server = data[body + 2:body + 52].split(b"\0")[0].decode("latin-1")
    log.header_size = data[body + 56] or 19
    knows = log.server_version >= ((5, 3, 0) if log.mariadb else (5, 6, 1))
    log.checksums = knows and data[at + size - CRC_BYTES - 1] == 1


def _sum_right(log, data, frame):
    event = bytearray(data[frame.offset:frame.offset + frame.size])
    told = int.from_bytes(event[-CRC_BYTES:], "little")
    if zlib.crc32(event[:-CRC_BYTES]) == told:
        return True
    event[17] &= ~IN_USE  # the server sums a format description up without this flag
    return frame.type == FORMAT_DESCRIPTION and zlib.crc32(event[:-CRC_BYTES]) == told


def column_types(log, data):
    """The types of all table maps' columns, as far as they can be read."""
    found = set()
    for frame in log.frames:
        if frame.type == 19:
            at = frame.offset + log.header_size + 8
            at += data[at] + 2       # database, NUL
            at += data[at] + 2       # table, NUL
            if data[at] < 0xFB:      # more columns than that are not looked at
                found.update(data[at + 1:at + 1 + data[at]])
    return found


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    log = RawLog(data[:4], len(data))
    at = 4
    while log.magic == MAGIC and at < len(data):
        # A header has 13 bytes before MySQL 4.0: no end and no flags. The start event of such a file is too short for more.
        left = len(data) - at
        if left < 13:
            log.problem = "truncated"
            break
        size = _number(data, at + 9, 4)
        if size < 13 or (size < 19 and log.header_size >= 19 and log.version != 1):
            log.problem = "size"
            break
        if size > left:
            log.problem = "truncated"
            break
        long = log.version != 1 and size >= 19
        frame = Frame(at, size, _number(data, at, 4), data[at + 4], _number(data, at + 5, 4),
                      _number(data, at + 13, 4) if long else 0, _number(data, at + 17, 2) if long else 0)
        if frame.type == FORMAT_DESCRIPTION and size >= 19 + 57:
            _format(log, data, at, size)
        elif frame.type == START_V3 and not log.frames:
            header = 13 if size < 75 else 19
            log.version = _number(data, at + header, 2)
            log.server = data[at + header + 2:at + header + 52].split(b"\0")[0].decode("latin-1")
            log.header_size = header
        if log.checksums:
            frame.sum_right = _sum_right(log, data, frame)
        log.frames.append(frame)
        at += size
    log.types = column_types(log, data)
    return log


def holes(log):
    """Frames before which the positions say that bytes are missing, or were put in. Where a relay log goes over to another file of its
    source, and in what a tool or a thread made up, positions mean nothing."""
    found, expected = [], None
    for frame in log.frames:
        free = frame.type in (FORMAT_DESCRIPTION, ROTATE, STOP) or frame.flags & ARTIFICIAL or frame.end == 0
        if not free and expected is not None and frame.end != (expected + frame.size) & 0xFFFFFFFF:
            found.append(frame)
        if frame.type == ROTATE:
            expected = None
        elif frame.end:
            expected = frame.end
    return found
