"""What the documents say of the program holds: commands and options exist, exit statuses are those of the program, and the
messages that troubleshooting.md lists are in the sources."""

import os
import re
import shlex
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LEAT = os.environ.get("LEAT", str(TOP / "build" / "asan" / "leat"))
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]

# Words of the system's, the server's and the client library's own.
OTHERS = {"Can't connect to server on", "Access denied for user", "No space left on device", "Permission denied",
          "Read-only file system"}


@lru_cache
def help_of(*command):
    done = subprocess.run([LEAT, *command, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands():
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S):
            for line in block.splitlines():
                if line.startswith("leat "):
                    yield pytest.param(line, id=f"{page.relative_to(TOP)}: {line[:60]}")


@pytest.mark.parametrize("line", commands())
def test_commands_in_documents_exist(line):
    words = shlex.split(line, comments=True)[1:]
    if words[0].startswith("--"):
        return
    page = help_of(words[0])
    for word in words[1:]:
        if word.startswith("-") and len(word) > 1:
            option = word.split("=")[0]
            assert re.search(rf"(^|\s){re.escape(option)}[ ,\n]", page), f"leat {words[0]} has no {option}"
    if words[0] in ("journal", "config"):
        verbs = page.splitlines()[0].split()[3].split("|")
        assert words[1] in verbs


def test_exit_statuses_are_the_programs():
    told = re.search(r"Exit status: (.*)\.", subprocess.run([LEAT, "--help"], capture_output=True, text=True).stdout)[1]
    statuses = {int(number): words for number, words in re.findall(r"(\d+) (\D+?)(?:, (?=\d)|$)", told)}
    page = (TOP / "docs" / "operations.md").read_text()
    table = re.search(r"^## Exit status\n(.*?)^## ", page, re.M | re.S)[1]
    rows = {int(number): cell for number, cell in re.findall(r"^\| (\d+) \| [^|]* \| ([^|]*) \|", table, re.M)}
    assert rows.keys() == statuses.keys()
    for number, words in statuses.items():
        assert words.split()[-1].rstrip("),") in rows[number] or words.split(" (")[0] in rows[number], (number, words)


def test_every_error_message_is_listed():
    """docs/messages.md is what tests/tools/messages prints now."""
    printed = subprocess.run([TOP / "tests/tools/messages"], capture_output=True, text=True, check=True).stdout
    listed = (TOP / "docs/messages.md").read_text()
    changed = set(printed.splitlines()) ^ set(listed.splitlines())
    assert not changed, "run: tests/tools/messages > docs/messages.md\n" + "\n".join(sorted(changed)[:20])


@lru_cache
def literals():
    """The sources' texts, those in several pieces put together."""
    piece = r'"(?:[^"\\\n]|\\.)*"'
    texts = []
    for source in sorted((TOP / "src").rglob("*.[ch]")):
        for match in re.finditer(rf"{piece}(?:\s*{piece})*", source.read_text()):
            texts.append("".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', match[0])).replace('\\"', '"'))
    return "\n".join(texts)


def test_messages_in_troubleshooting_are_the_programs():
    missing = []
    for line in (TOP / "docs" / "troubleshooting.md").read_text().splitlines():
        if not line.startswith("| `"):
            continue
        for message in re.findall(r"`([^`]+)`", line.split(" | ")[0]):
            parts = [part.strip(" :,") for part in message.split("…")]
            missing += [part for part in parts if message not in OTHERS and part not in literals()]
    assert not missing
