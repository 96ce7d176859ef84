"""The committed list of causes for which leat may stop (tests/tools/against-mysqlbinlog.stops). Each has a check that looks for the cause
in the file's own bytes, so that a message alone excuses nothing."""

import re
from dataclasses import dataclass

from . import rawlog


@dataclass
class Cause:
    name: str
    pattern: re.Pattern
    check: callable


def _encrypted(log, _at):
    return log.magic == rawlog.ENCRYPTED_MAGIC or any(frame.type == rawlog.MARIADB_START_ENCRYPTION for frame in log.frames)


def _truncated(log, at):
    return log.problem == "truncated" and (at is None or not log.frames or at >= log.frames[-1].offset + log.frames[-1].size)


def _damaged(log, at):
    """The event at the stop's place has a wrong checksum; of wrong sizes the frames themselves can't go on."""
    return log.problem == "size" or any(frame.sum_right is False and at in (None, frame.offset) for frame in log.frames)


def _no_format(log, _at):
    return not log.frames or log.frames[0].type not in (rawlog.FORMAT_DESCRIPTION, rawlog.START_V3)


def _cut_out(log, at):
    """A hole at the event that the stop names, or before it in the transaction."""
    return any(at is None or at in (frame.offset, frame.end - frame.size) or frame.offset < at for frame in rawlog.holes(log))


def _pre_ga_rows(log, _at):
    return any(frame.type in (20, 21, 22) for frame in log.frames)


def _old_fractions(log, _at):
    """MariaDB's own forms of TIMESTAMP(n), DATETIME(n), TIME(n), under the types of those without a fraction."""
    return log.mariadb and bool(log.types & {7, 11, 12})


def _development_tree(log, _at):
    return "-a_drop5" in log.server or "-a_drop6" in log.server


CHECKS = {"old_fractions": _old_fractions, "development_tree": _development_tree,
          "encrypted": _encrypted, "truncated": _truncated, "damaged": _damaged, "no_format": _no_format, "cut_out": _cut_out,
          "pre_ga_rows": _pre_ga_rows}


def read(path):
    causes = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, pattern, check = line.rstrip("\n").split("\t")
                causes.append(Cause(name, re.compile(pattern), CHECKS[check]))
    return causes


def agreed(causes, message, log):
    """The name of the cause, or None."""
    place = re.search(r":(\d+):", message)
    at = int(place[1]) if place else None
    for cause in causes:
        if cause.pattern.search(message) and cause.check(log, at):
            return cause.name
    return None
