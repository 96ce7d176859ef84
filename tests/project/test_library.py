"""The library for other programs: its examples, as the build makes them and as a user does with an installed library, and
what it exports. Truth is `leat decode` on the same files."""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LEAT = Path(os.environ.get("LEAT", TOP / "build" / "asan" / "leat"))
RELEASE = Path(os.environ.get("LEAT_RELEASE", TOP / "build" / "release" / "leat"))
RECORDINGS = [TOP / "tests" / "data" / "mysql97" / f"{name}.binlog" for name in ("types", "sysbench-1", "rows_query")]


def run(*argv, **options):
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def changes_of(recordings):
    """(op, table) of each change, counted."""
    counts = Counter()
    for line in run(LEAT, "decode", *recordings).splitlines():
        line = json.loads(line)
        if line["op"] in ("insert", "update", "delete"):
            counts[line["op"], f"{line['db']}.{line['table']}"] += 1
    assert sum(counts.values()) > 100
    return counts


def check_examples(changes, totals):
    truth = changes_of(RECORDINGS)
    said = Counter()
    for line in run(changes, *RECORDINGS).splitlines():
        op, table = (line.split("\t") + [""] * 4)[2:4]
        if op in ("insert", "update", "delete"):
            said[op, table] += 1
    assert said == truth
    summed = Counter()
    for line in run(totals, *RECORDINGS).splitlines():
        table, inserted, updated, deleted = re.match(r"(\S+): (\d+) inserted, (\d+) updated, (\d+) deleted", line).groups()
        for op, count in (("insert", inserted), ("update", updated), ("delete", deleted)):
            if int(count):
                summed[op, table] = int(count)
    assert summed == truth


def test_examples_agree_with_decode():
    folder = LEAT.parent / "examples"
    check_examples(folder / "example_changes", folder / "example_totals")


def test_examples_tell_what_is_wrong(tmp_path):
    broken = tmp_path / "broken.binlog"
    broken.write_bytes(RECORDINGS[0].read_bytes()[:-100] + bytes(100))
    for name in ("example_changes", "example_totals"):
        done = subprocess.run([LEAT.parent / "examples" / name, broken], capture_output=True, text=True)
        assert done.returncode == 1
        assert "broken.binlog:" in done.stderr


@pytest.mark.skipif(not RELEASE.with_name("libleat.so").exists(), reason="there is no release build")
def test_examples_build_against_the_installed_library(tmp_path):
    run("cmake", "--install", RELEASE.parent, "--prefix", tmp_path / "usr")
    libraries = next((tmp_path / "usr").glob("lib*/**/libleat.so")).parent
    pc = (libraries / "pkgconfig" / "leat.pc").read_text()
    moved = tmp_path / "pc"
    moved.mkdir()
    (moved / "leat.pc").write_text(re.sub(r"^(includedir|libdir)=.*$", lambda found: {
        "includedir": f"includedir={tmp_path}/usr/include", "libdir": f"libdir={libraries}"}[found[1]], pc, flags=re.M))
    flags = run("pkg-config", "--cflags", "--libs", "leat", env={**os.environ, "PKG_CONFIG_PATH": str(moved)}).split()
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-o", tmp_path / "changes", TOP / "examples" / "changes.c", *flags,
        f"-Wl,-rpath,{libraries}")
    run("c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", "-o", tmp_path / "totals", TOP / "examples" / "totals.cpp",
        *flags, f"-Wl,-rpath,{libraries}")
    check_examples(tmp_path / "changes", tmp_path / "totals")


def test_the_library_exports_what_its_headers_declare():
    declared = set()
    for header in (TOP / "include" / "leat").glob("*.h"):
        declared |= set(re.findall(r"^(?:int|void|const char \*)\s*\*?(leat_\w+)\(", header.read_text(), re.M))
    exported = {line.split()[2].split("@")[0] for line in run("nm", "-D", "--defined-only", LEAT.with_name("libleat.so")).splitlines()
                if line.split()[1] == "T"}
    assert exported == declared


def test_headers_stand_alone(tmp_path):
    for header in ("decode", "error"):
        for compiler, standard, suffix in (("cc", "c11", "c"), ("c++", "c++11", "cpp")):
            source = tmp_path / f"{header}.{suffix}"
            source.write_text(f"#include <leat/{header}.h>\n")
            run(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", TOP / "include", "-c", source,
                "-o", tmp_path / "out.o")
