"""tests/tools/against-mysqlbinlog on our own recordings and, where it lies beside the tree, on the shared collection; and that it can
fail: each kind of thing that it compares, once falsified in the print, is found."""

import lzma
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tests/tools/against-mysqlbinlog"
RECORDED = ROOT / "tests/data/mysql97"
SHARED = ROOT.parent / "shared/fixtures"


def run(folder, *patterns, **environment):
    done = subprocess.run([TOOL, folder, *patterns], env=os.environ | environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def recorded_print(name):
    plain = RECORDED / f"{name}.txt"
    return plain.read_bytes() if plain.exists() else lzma.open(RECORDED / f"{name}.txt.xz").read()


def lay_out(folder, names):
    """Recordings as the tool wants them."""
    prints = folder / "expected/mysqlbinlog-9.7.4"
    (folder / "binlogs").mkdir(parents=True)
    prints.mkdir(parents=True)
    for name in names:
        shutil.copy(RECORDED / f"{name}.binlog", folder / "binlogs")
        (prints / f"{name}.binlog.txt").write_bytes(recorded_print(name))
    return folder


def unexcused(lines):
    return [line for line in lines if "NOT AGREED" in line or ": different" in line or ": no print" in line]


def test_recordings_are_what_mysqlbinlog_prints(tmp_path):
    names = sorted(path.stem for path in RECORDED.glob("*.binlog"))
    code, lines, errors = run(lay_out(tmp_path, names))
    assert len(names) > 20 and len(lines) == len(names) + 2, errors
    assert not unexcused(lines)
    assert code == 0 and sum(": same" in line for line in lines) == len(names)
    values = int(re.search(r"(\d+) values as the tools print them", lines[-1])[1])
    formatted = int(re.search(r"(\d+) values of leat decode", lines[-1])[1])
    assert values > 6000 and formatted > 6000


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared collection is not here: the recordings are what this shows")
def test_shared_binlogs_of_all_versions_are_what_their_tools_print():
    code, lines, errors = run(SHARED)
    assert len(lines) > 90, errors
    assert code == 0 and not unexcused(lines)
    assert int(re.search(r"(\d+) values as the tools print them", lines[-1])[1]) > 300000


FALSIFIED = {
    "value": ("types", rb"@2=-128 \(128\)", b"@2=-127 (129)"),
    "removed row": ("rows_query", rb"### INSERT INTO `test`\.`t`\n### SET\n(###   @.*\n)+", b""),
    "added row": ("rows_query", rb"(### INSERT INTO `test`\.`t`\n### SET\n(###   @.*\n)+)", rb"\1\1"),
    "column left out": ("rows_query", rb"###   @2=.*\n", b""),
    "table": ("rows_query", rb"### INSERT INTO `test`\.`t`", b"### INSERT INTO `test`.`u`"),
    "kind": ("rows_query", rb"\tDelete_rows", b"\tUpdate_rows"),
    "GTID": ("gtid_tagged", rb"(GTID_NEXT= '[0-9a-f-]+:(?:\w+:)?)(\d+)'", rb"\g<1>9\2'"),
    "commit time": ("gtid_tagged", rb"immediate_commit_timestamp=(\d+)(\d)\t", rb"immediate_commit_timestamp=\g<1>\g<1>\t"),
    "sequence": ("gtid_tagged", rb"sequence_number=1\t", b"sequence_number=77\t"),
    "place": ("rows_query", rb"end_log_pos (\d+) (.*\tXid)", rb"end_log_pos 7\1 \2"),
    "Xid": ("rows_query", rb"\tXid = (\d+)", rb"\tXid = 9\1"),
    "statement": ("ddl", rb"\nCREATE TABLE", b"\nCREATE  TABLE"),
    "default database": ("ddl", rb"\nuse `test`", b"\nuse `tset`"),
    "sql_mode": ("ddl", rb"sql_mode=(\d+)", rb"sql_mode=1\1"),
    "character set": ("ddl", rb"character_set_client=(\d+)", rb"character_set_client=8"),
    "time": ("ddl", rb"SET TIMESTAMP=(\d+)", rb"SET TIMESTAMP=9\1"),
    "thread": ("ddl", rb"\tQuery\tthread_id=(\d+)", rb"\tQuery\tthread_id=4\1"),
    "removed transaction": ("nontransactional", rb"# at \d+\n#[^\n]*\tGTID(?s:.*?)(?=# at \d+\n#[^\n]*\tGTID)", b""),
    "insert id": ("statement_format", rb"SET INSERT_ID=(\d+)", rb"SET INSERT_ID=9\1"),
    "XA branch": ("xa", rb"(XA (?:COMMIT|ROLLBACK) X')..", rb"\g<1>7a"),
    "JSON difference": ("partial_json", rb"JSON_REPLACE\(@2, '\$\.a', 2\)", b"JSON_REPLACE(@2, '$.a', 3)"),
    "metadata": ("types", rb"meta=(\d+)", rb"meta=9\1"),
}


def test_each_falsified_print_is_found(tmp_path):
    """One file for each, in one run."""
    binlogs, prints = tmp_path / "binlogs", tmp_path / "expected/mysqlbinlog-9.7.4"
    binlogs.mkdir()
    prints.mkdir(parents=True)
    for what, (name, pattern, replacement) in FALSIFIED.items():
        text, count = re.subn(pattern, replacement, recorded_print(name), count=1)
        assert count == 1, f"{what}: the recording has nothing to falsify"
        shutil.copy(RECORDED / f"{name}.binlog", binlogs / what)
        (prints / f"{what}.txt").write_bytes(text)
    code, lines, errors = run(tmp_path)
    assert code == 1, errors
    found = {line.split(": ")[0] for line in lines if ": different at " in line}
    assert found == set(FALSIFIED)


def test_a_stop_needs_its_cause_in_the_file(tmp_path):
    folder = lay_out(tmp_path, ["rows_query"])
    liar = tmp_path / "leat"
    liar.write_text("#!/bin/sh\necho 'leat: f:4: the file is encrypted' >&2\nexit 17\n")
    liar.chmod(0o755)
    code, lines, _ = run(folder, LEAT=str(liar))
    assert code == 1 and "NOT AGREED" in lines[0]


def test_truncated_and_damaged_files_are_agreed_stops_and_others_of_them_are_not(tmp_path):
    folder = lay_out(tmp_path, ["rows_query", "keys", "ddl"])
    binlogs = folder / "binlogs"
    whole = (binlogs / "rows_query.binlog").read_bytes()
    (binlogs / "rows_query.binlog").write_bytes(whole[:-5])
    damaged = bytearray((binlogs / "keys.binlog").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (binlogs / "keys.binlog").write_bytes(damaged)
    (binlogs / "ddl.binlog").write_bytes(b"\xfdbin" + bytes(100))
    code, lines, _ = run(folder)
    assert code == 0, lines
    assert [re.search(r"agreed: (\w+)", line)[1] for line in lines[:3]] == ["encrypted", "damaged", "truncated"]


def test_lines_that_lie_are_found(tmp_path):
    """`leat decode` is compared too: here one that gives a line less, and one that gives another value."""
    folder = lay_out(tmp_path, ["rows_query"])
    real = os.environ.get("LEAT") or next(str(path) for preset in ("release", "asan", "debug") if (path := ROOT / "build" / preset / "leat").exists())
    for filter_ in ("sed '3d'", "sed '3s/\"after\":{\\(\"[a-z]*\"\\):1/\"after\":{\\1:7/'"):
        liar = tmp_path / "leat"
        liar.write_text(f"#!/bin/sh\n{real} \"$@\" | {filter_}\n")
        liar.chmod(0o755)
        code, lines, _ = run(folder, LEAT=str(liar))
        assert code == 1 and "leat decode" in lines[0], lines


def test_nothing_to_compare_is_a_failure(tmp_path):
    (tmp_path / "binlogs").mkdir()
    assert run(tmp_path)[0] == 1


def test_a_binlog_without_a_print_is_said(tmp_path):
    folder = lay_out(tmp_path, ["rows_query"])
    shutil.rmtree(folder / "expected")
    code, lines, _ = run(folder)
    assert code == 0 and "no print to compare with" in lines[0]


VECTORS = ROOT / "tests/tools/vectors"
HEAD = "kind\tparams\tinput_hex\texpected\tnote\torigin\n"
# One or more of each kind, made by hand or from our own recordings.
OWN = {
    "numbers.tsv": ["TINY\tunsigned\tff\t255\t\tby hand", "LONG\tsigned\tfcfdfeff\t-66052\t\tby hand", "YEAR\t\t82\t2030\t\tby hand",
                    "NEWDECIMAL\tprecision=14,scale=4\t810dfb38d204d2\t1234567890.1234\t\tby hand",
                    "DOUBLE\t\t44174154fb210940\t3.1415926535E+00\t\tby hand"],
    "times.tsv": ["DATETIME2\tfsp=0\t999838f7aa\t2016-00-28 15:30:42\t\tby hand", "TIME2\tfsp=0\t4b9105\t-838:59:59\t\tby hand"],
    "json.tsv": ['JSONB\t\t000200160012000100130001000501000c140061620178\t{"a":1,"b":"x"}\t\tby hand', "JSONB\t\t0000000a00\tERROR\t\tby hand"],
    "events.tsv": ['INTVAR\t\t010d00000000000000\t{"type": 1, "value": 13}\t\tby hand',
                   "ROWS\tversion=2,op=write,table_map_hex=d3010000000001000474657374000a66756e6e797461626c650001010001\t"
                   "d301000000000100020001fffe01fffe02\t[[1], [null], [2]]\t\tby hand"],
}


def run_vectors(folder):
    done = subprocess.run([VECTORS, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def own_vectors(folder, change=None):
    folder.mkdir(exist_ok=True)
    for name, lines in OWN.items():
        (folder / name).write_text(HEAD + "".join(change(line) + "\n" if change else line + "\n" for line in lines))
    return folder


def test_vectors_come_out(tmp_path):
    code, lines, errors = run_vectors(own_vectors(tmp_path / "vectors"))
    assert code == 0, lines + [errors]
    assert lines[-1] == f"{sum(len(one) for one in OWN.values())} vectors, 0 failed"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared collection is not here: our own vectors are what this shows")
def test_shared_vectors_come_out():
    code, lines, errors = run_vectors(SHARED)
    assert code == 0, lines + [errors]
    assert int(lines[-1].split()[0]) > 300


def test_every_mutated_vector_fails(tmp_path):
    """Another expectation for each: another digit, or an error where there is none and the other way round."""
    def mutate(line):
        fields = line.split("\t")
        expected = fields[3]
        fields[3] = "7" if expected == "ERROR" else re.sub(r"\d", lambda digit: str(9 - int(digit[0])), expected, count=1)
        assert fields[3] != expected
        return "\t".join(fields)

    code, lines, _ = run_vectors(own_vectors(tmp_path / "vectors", mutate))
    count = sum(len(one) for one in OWN.values())
    assert code == 1 and lines[-1] == f"{count} vectors, {count} failed"


def test_what_can_not_be_run_fails(tmp_path):
    """Kinds, columns, files and hex that aren't known are failures of their own."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / "a.tsv").write_text(HEAD + "NOVEL\t\t00\t1\t\t\n" + "TINY\tunsigned\tzz\t1\t\t\n" + "ROWS\tversion=2,op=write\t00\t[]\t\t\n")
    (folder / "b.tsv").write_text("other\tcolumns\n1\t2\n")
    (folder / "c.bin").write_bytes(b"x")
    (folder / "d.tsv").write_text(HEAD)
    code, lines, _ = run_vectors(folder)
    text = "\n".join(lines)
    assert code == 1
    assert "a.tsv: 3 vectors, 3 failed" in text and "b.tsv: its columns are" in text and "c.bin: not a file of vectors" in text
