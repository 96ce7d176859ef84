"""The register of cases of test_types.py: each makes tables and changes through a witness (leatlab.witness).

A case is a function of a witness whose database is its own; `session` are statements for the connection that writes,
`partial` says that they let row images leave out columns.
"""

from dataclasses import dataclass
from typing import Callable

CASES = []


@dataclass(frozen=True)
class Case:
    name: str
    change: Callable
    session: str = ""
    sql_mode: str = ""
    partial: bool = False


def case(session="", sql_mode="", partial=False):
    def register(function):
        CASES.append(Case(function.__name__, function, session, sql_mode, partial))
        return function
    return register


def text(value):
    """A Python string as an SQL literal that no character set of a session, escape or client can change."""
    return f"_utf8mb4 x'{value.encode().hex()}'"


def data(value):
    """Bytes as an SQL literal."""
    return f"x'{value.hex()}'"


def strings(*values):
    """SQL string literals of plain ASCII, and NULL for None."""
    return ["NULL" if value is None else f"'{value}'" for value in values]
