"""Fuzzes leat's decoders with libFuzzer, target after target, and says how far it has come.

What was found is kept: the working corpus and the totals in build/fuzz-work, a small corpus of inputs that between them reach
every edge in tests/fuzz/corpus (written with --save), which each test run replays. Needs clang, libclang-rt-14-dev and llvm.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
WORK = Path(os.environ.get("LEAT_FUZZ_WORK", TOP / "build" / "fuzz-work"))
CORPUS = HERE / "corpus"
FUZZER = TOP / "build" / "fuzz" / "tests" / "fuzz_libfuzzer"
COVERED = TOP / "build" / "fuzz-coverage" / "tests" / "fuzz_replay"
SEEDS = TOP / "build" / "fuzz-coverage" / "tests" / "fuzz_seeds"
GOAL = {"executions": 1_000_000, "seconds": 600, "coverage": 90.0}
STATUS = re.compile(r"^#(\d+)\s+(\w+)\s+cov: (\d+)")
DONE = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
ENVIRONMENT = {**os.environ,
               "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0:quarantine_size_mb=4:"
                               "thread_local_quarantine_size_kb=256:malloc_context_size=1:max_malloc_fill_size=256",
               "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
               "LSAN_OPTIONS": f"suppressions={TOP}/tests/tools/lsan.supp:print_suppressions=0"}


def parse():
    parser = argparse.ArgumentParser(prog="tests/fuzz/run", description=__doc__.splitlines()[0])
    parser.add_argument("seconds", nargs="?", type=int, default=0, metavar="SECONDS", help="for each target; 0: only report")
    parser.add_argument("--target", action="append", metavar="T", help="only this one; may be given several times")
    parser.add_argument("--seed", type=int, default=0, help="of libFuzzer's random numbers; 0: by the clock")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="targets at once")
    parser.add_argument("--nice", type=int, default=19, metavar="N", help="of the fuzzing processes (19)")
    parser.add_argument("--save", action="store_true", help="write the corpus, minimised, to tests/fuzz/corpus")
    parser.add_argument("--no-build", action="store_true", help="take the programs as they are")
    return parser.parse_args()


def quietly(*argv, **more):
    done = subprocess.run([str(part) for part in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, argv))} failed with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def build():
    for preset, programs in (("fuzz", ["fuzz_libfuzzer"]), ("fuzz-coverage", ["fuzz_replay", "fuzz_seeds"])):
        quietly("cmake", "--preset", preset, "-DLEAT_WERROR=OFF", cwd=TOP)
        quietly("cmake", "--build", "--preset", preset, "--target", *programs, cwd=TOP)


class Target:
    def __init__(self, name, size_max, sources):
        self.name, self.size_max, self.sources = name, int(size_max), sources
        self.folder = WORK / name
        self.corpus = self.folder / "corpus"
        self.findings = self.folder / "findings"
        self.state_file = self.folder / "totals.json"
        self.state = {"executions": 0, "seconds": 0.0, "edges": 0, "new_edge_at": 0.0}
        if self.state_file.exists():
            self.state.update(json.loads(self.state_file.read_text()))

    # Inputs

    def prepare(self, binlog_seeds):
        """The working corpus: what is committed, seeds out of binlogs, texts."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.findings.mkdir(exist_ok=True)
        archive = CORPUS / f"{self.name}.tar.zst"
        if archive.exists():
            quietly("tar", "-C", self.corpus, "--zstd", "-xf", archive)
        if binlog_seeds and (binlog_seeds / self.name).is_dir():
            for seed in (binlog_seeds / self.name).iterdir():
                shutil.copy(seed, self.corpus / seed.name)
        texts = HERE / "texts" / self.name
        for line in texts.read_text().splitlines() if texts.exists() else []:
            self.add(line.encode("latin-1").decode("unicode_escape").encode("latin-1"))
        if self.name == "config":
            for example in (TOP / "config").glob("*.yaml"):
                self.add(example.read_bytes())

    def retry_findings(self):
        """What no longer fails becomes an input like any other."""
        for path in self.findings.iterdir():
            done = subprocess.run([FUZZER, f"--target={self.name}", path], env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
            if not done.returncode:
                self.add(path.read_bytes())
                path.unlink()

    def add(self, content):
        (self.corpus / hashlib.sha1(content).hexdigest()).write_bytes(content)

    # Runs

    def fuzz(self, seconds, seed, nice):
        argv = [FUZZER, f"--target={self.name}", f"-max_total_time={seconds}", f"-max_len={self.size_max}",
                f"-artifact_prefix={self.findings}/", "-print_final_stats=1", "-timeout=20", "-rss_limit_mb=2048",
                "-malloc_limit_mb=256", "-entropic=0", "-reload=0", f"-seed={seed}", "-report_slow_units=5"]
        dictionary = HERE / "dict" / f"{self.name}.dict"
        if dictionary.exists():
            argv.append(f"-dict={dictionary}")
        argv.append(self.corpus)
        before, started = self.state["seconds"], time.monotonic()
        inited = False
        with open(self.folder / "last.log", "w", errors="replace") as log:
            process = subprocess.Popen(["nice", "-n", str(nice), *map(str, argv)], env=ENVIRONMENT, stderr=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, text=True, errors="replace")
            for line in process.stderr:
                log.write(line)
                found = STATUS.match(line)
                if found:
                    inited = inited or found[2] == "INITED"
                    edges = int(found[3])
                    if edges > self.state["edges"]:
                        self.state["edges"] = edges
                        self.state["new_edge_at"] = before + (time.monotonic() - started if inited else 0)
            status = process.wait()
        self.state["seconds"] = before + time.monotonic() - started
        executed = DONE.search((self.folder / "last.log").read_text(errors="replace"))
        self.state["executions"] += int(executed[1]) if executed else 0
        self.state_file.write_text(json.dumps(self.state))
        return status

    def minimise(self):
        smaller = self.folder / "minimised"
        shutil.rmtree(smaller, ignore_errors=True)
        smaller.mkdir()
        quietly("nice", "-n", "19", FUZZER, f"--target={self.name}", "-merge=1", f"-max_len={self.size_max}", smaller, self.corpus,
                env=ENVIRONMENT)
        return smaller

    def save(self):
        """The smallest inputs that reach every edge, as one archive whose bytes depend on nothing else."""
        smaller = self.minimise()
        CORPUS.mkdir(exist_ok=True)
        quietly("tar", "-C", smaller, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644",
                "--format=ustar", "-I", "zstd -19", "-cf", CORPUS / f"{self.name}.tar.zst", *sorted(p.name for p in smaller.iterdir()))

    def coverage(self):
        """Per cent of the lines of the decoder's files that the corpus runs through."""
        raw, data = self.folder / "coverage.profraw", self.folder / "coverage.profdata"
        done = subprocess.run([COVERED, self.name, self.corpus], env={**ENVIRONMENT, "LLVM_PROFILE_FILE": str(raw)},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            return None
        quietly("llvm-profdata", "merge", "-sparse", raw, "-o", data)
        sources = sorted({path for pattern in self.sources.split() for path in (TOP / "src").resolve().glob(pattern)})
        told = json.loads(subprocess.run(["llvm-cov", "export", "-summary-only", f"-instr-profile={data}", COVERED],
                                         capture_output=True, text=True, check=True).stdout)
        files = {one["filename"]: one["summary"]["lines"] for one in told["data"][0]["files"]
                 if Path(one["filename"]).resolve() in sources}
        shown = subprocess.run(["llvm-cov", "show", f"-instr-profile={data}", COVERED], capture_output=True, text=True).stdout
        (self.folder / "not-covered.txt").write_text("".join(not_covered(shown, sources)))
        raw.unlink()
        return 100.0 * sum(one["covered"] for one in files.values()) / max(sum(one["count"] for one in files.values()), 1)

    # The report

    def line(self):
        found = [path for path in self.findings.iterdir() if not path.name.startswith("slow-unit")]
        seconds, covered = self.state["seconds"], self.coverage()
        fresh = self.state["new_edge_at"] > 0.75 * seconds
        enough = (self.state["executions"] >= GOAL["executions"] and seconds >= GOAL["seconds"] and not fresh and not found and
                  covered is not None and covered >= GOAL["coverage"])
        size = sum(path.stat().st_size for path in self.corpus.iterdir())
        return (f"{self.name:12} {self.state['executions']:>11} {seconds:>8.0f} {self.state['edges']:>6} "
                f"{'yes' if fresh else 'no':>10} {len(list(self.corpus.iterdir())):>7} {size // 1024:>6} KiB "
                f"{'-' if covered is None else f'{covered:.1f} %':>8} {len(found):>8}  {'reached' if enough else ''}")


def not_covered(shown, sources):
    """The lines of llvm-cov's listing that never ran."""
    path = None
    for line in shown.splitlines():
        if re.match(r"\S.*:$", line):
            path = Path(line[:-1]).resolve()
        elif path in sources and (found := re.match(r" *(\d+)\| *0\|(.*)", line)):
            yield f"{path.relative_to(TOP)}:{found[1]}:{found[2]}\n"


def seeds_of(binlogs):
    """The folder of what is cut out of binlogs, a folder for each target; made anew by a new program."""
    folder = WORK / f"seeds-{hashlib.sha1(SEEDS.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        for old in set(WORK.glob("seeds-*")) - {folder}:
            shutil.rmtree(old, ignore_errors=True)
        WORK.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=WORK) as made:
            quietly(SEEDS, Path(made) / "all", *binlogs, env={**os.environ, "LLVM_PROFILE_FILE": "/dev/null"})
            with contextlib.suppress(OSError):  # another run was first
                (Path(made) / "all").rename(folder)
    return folder


def targets(wanted):
    listed = [Target(*line.split(" ", 2)) for line in quietly(COVERED, "--list", env={**os.environ, "LLVM_PROFILE_FILE": "/dev/null"}).splitlines()]
    missing = set(wanted or []) - {target.name for target in listed}
    if missing:
        sys.exit(f"no such target: {', '.join(missing)}; there are: {', '.join(target.name for target in listed)}")
    return [target for target in listed if not wanted or target.name in wanted]


def main():
    options = parse()
    if not options.no_build:
        build()
    chosen = targets(options.target)
    binlogs = sorted((TOP / "tests" / "data").rglob("*.binlog"))
    fixtures = TOP.parent / "shared" / "fixtures" / "binlogs"
    binlogs += sorted(path for path in fixtures.rglob("*") if path.is_file() and path.suffix not in (".txt", ".tsv"))
    for target in chosen:
        target.prepare(seeds_of(binlogs) if options.seconds else None)
        target.retry_findings()
    with ThreadPoolExecutor(options.jobs) as pool:
        if options.seconds:
            list(pool.map(lambda target: target.fuzz(options.seconds, options.seed, options.nice), chosen))
        if options.save:
            list(pool.map(Target.save, chosen))
    print(f"{'target':12} {'executions':>11} {'seconds':>8} {'edges':>6} {'new lately':>10} {'inputs':>7} {'size':>10} "
          f"{'lines':>8} {'findings':>8}  goal")
    bad = 0
    for target in chosen:
        print(target.line(), flush=True)
        bad += any(not path.name.startswith("slow-unit") for path in target.findings.iterdir())
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
