"""JSON documents for tests: random ones, random paths into them, and what a partial update makes of one.

Documents here are Python's, but numbers keep their text, so that 1.0 and 1.00 differ, and so do -0 and 0.
"""

import json
import re
import struct


class Number(str):
    """A number as it was written."""


def parse(text):
    """The document of the server's text."""
    return json.loads(text, parse_int=Number, parse_float=Number)


# What leat tells of a partial update whose document it doesn't know.

def changed(document, changes):
    """The document with the changes made, of a line's "json_diff", parsed by `parse`."""
    for change in changes:
        legs = path_legs(change["path"])
        inside, last = document, legs[-1]
        for leg in legs[:-1]:
            inside = inside[_cell(inside, leg)]
        last = _cell(inside, last)
        if change["op"] == "insert":
            if isinstance(inside, list):
                inside.insert(last, change["value"])
            else:
                assert last not in inside, change
                inside[last] = change["value"]
        elif change["op"] == "replace":
            inside[last]  # it must be there
            inside[last] = change["value"]
        else:
            assert change["op"] == "remove", change
            del inside[last]
    return document


def path_legs(path):
    """Names (str) and cells (int; from the end negative, -1 is the last)."""
    assert path[0] == "$", path
    legs, at = [], 1
    while at < len(path):
        found = re.compile(r"\[(?:(\d+)|last(?:-(\d+))?)\]|\.([^\".\[*\s]+)|\.(\"(?:[^\"\\]|\\.)*\")").match(path, at)
        assert found, path
        cell, from_end, name, quoted = found.groups()
        if name is not None or quoted is not None:
            legs.append(name if name is not None else json.loads(quoted))
        else:
            legs.append(int(cell) if cell is not None else -1 - int(from_end or 0))
        at = found.end()
    return legs


def _cell(inside, leg):
    if isinstance(inside, list) and isinstance(leg, int) and leg < 0:
        return max(len(inside) + leg, 0)
    assert isinstance(inside, list) == isinstance(leg, int), leg
    return leg


# Random ones.

ALPHABET = "aé€😀\U0010ffff\u2029\0\"\\\n漢/ $.[]*_1"
NUMBERS = [0, -1, 127, 255, 32767, 32768, -32769, 65535, 65536, 2**31, -2**31, 2**32, 2**63, 2**64 - 1, -2**63, 0.5, -0.0, 1e15, 1e16, 1e-7,
           1e308, 5e-324, 123456.789]


def document(rng, depth):
    """Of up to `depth` levels below this one."""
    kind = rng.randrange(9 if depth else 5)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice(NUMBERS)
    if kind == 2:
        return struct.unpack("<d", ((rng.getrandbits(64) & ~(1 << 62)) | 1).to_bytes(8, "little"))[0]
    if kind in (3, 4):
        return word(rng, rng.choice([0, 1, 3, 20, 130, 300]))
    size = rng.choice([0, 1, 2, 3, 10, 30 if depth < 3 else 4])
    if kind in (5, 6):
        return {name(rng): document(rng, depth - 1) for _ in range(size)}
    return [document(rng, depth - 1) for _ in range(size)]


def word(rng, length):
    return "".join(rng.choice(ALPHABET) for _ in range(length))


def name(rng):
    """Many of few, so that paths meet again."""
    return rng.choice(["a", "b", "aa", "B", "", "k1", "é", "$", "a b", "š", "last", word(rng, rng.randint(1, 6))])


def path(rng, text):
    """A path that mostly leads somewhere in the document of the server's text."""
    inside, legs = json.loads(text), "$"
    while True:
        if isinstance(inside, dict):
            known = inside and rng.random() < 0.85
            leg = rng.choice(sorted(inside)) if known else name(rng)
            legs += "." + (leg if re.fullmatch("[A-Za-z_$][A-Za-z0-9_$]*", leg) else json.dumps(leg, ensure_ascii=rng.random() < 0.5))
            inside = inside.get(leg)
        elif isinstance(inside, list):
            at = rng.randrange(len(inside) + (2 if rng.random() < 0.3 else 0)) if inside else rng.randrange(2)
            back = len(inside) - 1 - at
            legs += "[last]" if back == 0 and rng.random() < 0.3 else f"[last-{back}]" if back > 0 and rng.random() < 0.3 else f"[{at}]"
            inside = inside[at] if at < len(inside) else None
        else:
            return legs + (f"[{rng.randrange(3)}]" if rng.random() < 0.1 or legs == "$" else "")
        if rng.random() < 0.35:
            return legs
