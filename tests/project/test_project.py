"""What holds for the project itself: generated pages are what the program prints, files stay readable, names stay out."""

import os
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LEAT = os.environ.get("LEAT", str(TOP / "build" / "asan" / "leat"))


def leat(*arguments):
    return subprocess.run([LEAT, *arguments], capture_output=True, text=True)


def tracked(*patterns):
    names = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
                           capture_output=True, check=True).stdout
    return [TOP / name.decode() for name in names.split(b"\0") if name and (TOP / name.decode()).is_file()]


def test_configuration_page_is_what_the_program_prints():
    assert (TOP / "docs" / "configuration.md").read_text() == leat("config", "reference").stdout


def test_metrics_page_is_what_the_program_prints():
    assert (TOP / "docs" / "metrics.md").read_text() == leat("config", "metrics").stdout


@pytest.mark.parametrize("page", sorted((TOP / "docs" / "formats").glob("*.md")), ids=lambda page: page.stem)
def test_pages_of_formats_list_the_settings_that_there_are(page):
    done = leat("config", "reference", page.stem)
    assert done.returncode == 0 and done.stdout in page.read_text()


def test_example_configurations_are_accepted():
    examples = sorted((TOP / "config").glob("*.yaml"))
    assert examples
    for example in examples:
        done = leat("config", "check", "-c", str(example))
        assert done.returncode == 0, f"{example.name}: {done.stderr}"


def test_manual_page_is_read_without_complaints():
    page = leat("--man").stdout
    if not Path("/usr/bin/man").exists():
        pytest.skip("no man here")
    done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", "-"], input=page, capture_output=True, text=True,
                          env={**os.environ, "MANWIDTH": "100"})
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "leat tail" in re.sub(".\b", "", done.stdout)  # bold is struck twice


@pytest.mark.parametrize("command", ["run", "tail", "decode", "doctor", "status", "pause", "resume", "rewind", "skip", "wait", "journal",
                                     "config"])
def test_every_command_has_help(command):
    done = leat(command, "--help")
    assert done.returncode == 0 and done.stdout.startswith(f"usage: leat {command}")
    assert f"  {command} " in leat("--help").stdout


def test_wrong_usage_says_what_was_meant():
    done = leat("tial")
    assert done.returncode == 2 and 'did you mean "leat tail"' in done.stderr
    done = leat("tail", "mysql://u@h", "--tabel", "a.b")
    assert done.returncode == 2 and "did you mean --table" in done.stderr
    assert leat("wait", "x", "y").returncode == 2  # a command to come does not pass for done


def test_files_have_one_subject():
    long = [f"{path.relative_to(TOP)}: {lines}" for path in tracked("src", "include", "tests/*.c", "tests/*.py")
            if path.suffix in (".c", ".h", ".py") and (lines := len(path.read_text().splitlines())) > 800]
    assert not long


def test_input_is_never_a_reason_to_print_or_scan_carelessly():
    """Functions without bounds stay out of the sources."""
    careless = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|scanf|sscanf|alloca)\(")
    found = [f"{path.relative_to(TOP)}:{number}: {line.strip()}" for path in tracked("src") if path.suffix in (".c", ".h")
             for number, line in enumerate(path.read_text().splitlines(), 1) if careless.search(line)]
    assert not found


def test_no_machine_paths_and_no_promises_of_later_work():
    words = re.compile(rb"/wor" rb"k/|\bTODO\b|\bFIXME\b|\bXXX\b")
    found = [f"{path.relative_to(TOP)}: {match[0].decode()}" for path in tracked() if path != Path(__file__)
             if not path.is_relative_to(TOP / "tests" / "data") and (match := words.search(path.read_bytes()))]
    assert not found


def test_links_in_documents_lead_somewhere():
    broken = []
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(TOP)}: {target}")
        for target in re.findall(r"`((?:docs|config|contrib|tests|src)/[\w./-]*\w)`", page.read_text()):
            if not (TOP / target).exists():
                broken.append(f"{page.relative_to(TOP)}: {target}")
    assert not broken
