"""Messages of two programs that should be the same, compared: the JSON of key and value token by token (names and their order, numbers as
they are written, strings, null), and headers. Differences are counted by kind; those that were agreed on are told apart, each by its
name, with the reason.

A message is a dict of topic, key and value (JSON text or None) and headers (pairs of name and text).
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Callable

EXAMPLES = 3
ABSENT = "(absent)"
UNORDERED = ("data_collections",)  # arrays whose order says nothing


class Number(str):
    """A number by its text."""

    def __repr__(self):
        return str(self)


class Members(list):
    """An object: pairs in their order."""

    def get(self, name, default=None):
        return next((value for key, value in self if key == name), default)

    def names(self):
        return [name for name, _ in self]


def parse(text):
    """JSON with all that its text says, but how strings are escaped and blanks between tokens."""
    return None if text is None else json.loads(text, object_pairs_hook=Members, parse_float=Number, parse_int=Number,
                                                parse_constant=Number)


def parse_header(text):
    """A header's value may be a text that is no JSON."""
    try:
        return parse(text)
    except ValueError:
        return text


@dataclass
class Difference:
    topic: str
    path: tuple  # names and, in arrays, numbers
    ours: object
    theirs: object
    message: object  # theirs, parsed: key, value

    def kind(self):
        return self.topic, ".".join("*" if isinstance(part, int) else part for part in self.path)

    def __str__(self):
        return f"{self.topic} {'.'.join(map(str, self.path))}: {_short(self.ours)} is {_short(self.theirs)} there"


def _short(value):
    text = value if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else text[:200] + "…"


def differing(ours, theirs, path=()):
    """(path, ours, theirs) of each token that differs."""
    if isinstance(ours, Members) and isinstance(theirs, Members):
        for name in ours.names() + [name for name in theirs.names() if name not in ours.names()]:
            yield from differing(ours.get(name, ABSENT), theirs.get(name, ABSENT), (*path, name))
        mine, others = ([name for name in one.names() if name in two.names()] for one, two in ((ours, theirs), (theirs, ours)))
        if mine != others:
            yield (*path, "(order)"), mine, others
        for one in (ours, theirs):
            if len(set(one.names())) != len(one):
                yield (*path, "(names twice)"), ours.names(), theirs.names()
    elif type(ours) is list and type(theirs) is list and len(ours) == len(theirs):
        if path[-1:] and path[-1] in UNORDERED:
            ours, theirs = (sorted(one, key=json.dumps) for one in (ours, theirs))
        for number, (mine, other) in enumerate(zip(ours, theirs)):
            yield from differing(mine, other, (*path, _name_of(mine, other, number)))
    elif type(ours) is not type(theirs) or ours != theirs:
        yield path, ours, theirs


def _name_of(ours, theirs, number):
    """Where elements of an array name themselves (fields of a schema, columns), that is clearer than their number."""
    names = {one.get("field") or one.get("name") for one in (ours, theirs) if isinstance(one, Members)}
    return f"[{names.pop()}]" if len(names) == 1 and None not in names else number


def _identity(message):
    """What makes two messages the same one, though they may differ."""
    value = parse(message["value"])
    payload = value.get("payload", value) if isinstance(value, Members) else value
    if not isinstance(payload, Members) or all(payload.get(name) is None for name in ("source", "status")):
        return message["topic"], message["key"], payload is None
    source = payload.get("source")
    names = ("file", "pos") if payload.get("ddl") is not None else ("file", "pos", "row")
    place = tuple(source.get(name) for name in names) if isinstance(source, Members) else None
    return message["topic"], place, payload.get("op"), payload.get("status"), payload.get("id")


@dataclass(frozen=True)
class Agreed:
    """Differences that are meant. holds(difference) decides by path and values."""
    name: str
    why: str
    holds: Callable


class Comparison:
    """add() pairs of message lists; then `differences` are those that weren't agreed on."""

    def __init__(self, agreed=()):
        self.agreed = agreed
        self.messages = self.same = 0
        self.differences, self.by_agreement = [], defaultdict(list)

    def add(self, ours, theirs, context=None):
        """context is handed to each Agreed.holds beside the difference."""
        pairs = SequenceMatcher(None, [_identity(m) for m in ours], [_identity(m) for m in theirs], autojunk=False)
        for what, i, i_end, j, j_end in pairs.get_opcodes():
            if what == "equal":
                for mine, other in zip(ours[i:i_end], theirs[j:j_end]):
                    self._pair(mine, other, context)
                continue
            for message in ours[i:i_end]:
                self._note(Difference(message["topic"], ("(message)",), _shown(message), ABSENT, None), context)
            for message in theirs[j:j_end]:
                self._note(Difference(message["topic"], ("(message)",), ABSENT, _shown(message), None), context)

    def _pair(self, ours, theirs, context):
        before = len(self.differences)
        parsed = {part: parse(theirs[part]) for part in ("key", "value")}
        for part in ("key", "value"):
            for path, mine, other in differing(parse(ours[part]), parsed[part], (part,)):
                self._note(Difference(theirs["topic"], path, mine, other, parsed), context)
        headers = [Members((name, parse_header(text)) for name, text in one["headers"]) for one in (ours, theirs)]
        for path, mine, other in differing(*headers, ("headers",)):
            self._note(Difference(theirs["topic"], path, mine, other, parsed), context)
        for part in ("partition", "timestamp"):
            if ours.get(part) != theirs.get(part):
                self._note(Difference(theirs["topic"], (part,), ours.get(part), theirs.get(part), parsed), context)
        self.messages += 1
        self.same += len(self.differences) == before

    def _note(self, difference, context):
        for agreed in self.agreed:
            if agreed.holds(difference, context):
                self.by_agreement[agreed.name].append(difference)
                return
        self.differences.append(difference)

    def __str__(self):
        lines = [f"{self.messages} messages compared, {self.same} the same, {len(self.differences)} differences"]
        lines += [f"  agreed: {name}: {len(found)}, such as {found[0]}" for name, found in sorted(self.by_agreement.items())]
        kinds = Counter(difference.kind() for difference in self.differences)
        for kind, count in kinds.most_common():
            lines.append(f"  {count} times {kind[0]} {kind[1]}")
            lines += [f"      {found}" for found in [d for d in self.differences if d.kind() == kind][:EXAMPLES]]
        return "\n".join(lines)


def _shown(message):
    return {part: message[part] for part in ("key", "value")}
