"""The Debian package in a bare Debian 12: built, clean, installed, started as its unit starts it, upgraded, removed (--full)."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from leatlab import install
from leatlab.leat import run

TOP = Path(__file__).resolve().parents[2]
UNIT = TOP / "contrib/systemd/leat.service"


def sh(*argv, **more):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done.stdout


def setting(name):
    """A setting of the unit's file."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)[-1]


def test_the_unit_is_hardened():
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze isn't on this machine")
    said = sh("systemd-analyze", "security", "--offline=true", UNIT)
    exposure = float(re.search(r"exposure level for leat.service: ([0-9.]+)", said)[1])
    assert exposure <= 1.5, said


def test_the_unit_gives_leat_the_time_it_needs():
    """The limits of unit and program agree: stuck is told before the watchdog, and stopping takes less than is given."""
    stuck_s = int(re.search(r"STUCK_S = (\d+)", (TOP / "src/relay/alive.c").read_text())[1])
    assert setting("WatchdogSec") == "3min" and stuck_s < 180
    assert setting("TimeoutStopSec") == "1min"
    assert set(setting("RestartPreventExitStatus").split()) == {"2", "13", "15"}


@pytest.mark.parametrize("name", ["statefulset", "sidecar"])
def test_kubernetes_takes_the_examples(request, name):
    """By Kubernetes' own schemas, strictly: no field that it doesn't know."""
    if not request.config.getoption("--full"):
        pytest.skip("fetches Kubernetes' schemas (--full)")
    try:
        folder = install.kubernetes_validator()
    except install.Unavailable as why:
        pytest.skip(str(why))
    said = sh("/usr/bin/python3", "-m", "kubernetes_validate", "--strict", TOP / f"contrib/kubernetes/{name}.yaml",
              env={**os.environ, "PYTHONPATH": str(folder)})
    assert "passed" in said.lower(), said


@pytest.mark.parametrize("name", ["statefulset", "sidecar"])
def test_the_relay_of_the_example_is_configured_right(tmp_path, name):
    """The configuration in the example is one that leat takes."""
    text = (TOP / f"contrib/kubernetes/{name}.yaml").read_text()
    block = re.search(r"  leat.yaml: \|\n((?:    .*\n)+)", text)[1]
    (tmp_path / "leat.yaml").write_text("".join(line[4:] for line in block.splitlines(keepends=True)))
    done = run("config", "check", "-c", tmp_path / "leat.yaml")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def root(request, tmp_path):
    """A bare Debian 12 of the test's own."""
    if not request.config.getoption("--full"):
        pytest.skip("builds and installs packages (--full)")
    if os.geteuid() != 0:
        pytest.skip("installing packages into a folder takes root")
    try:
        bare = install.bookworm_root()
    except install.Unavailable as why:
        pytest.skip(str(why))
    folder = tmp_path / "root"
    sh("cp", "-a", "--reflink=auto", bare, folder)
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    mounted = [folder / "proc", folder / "dev"]
    sh("mount", "-t", "proc", "proc", mounted[0])
    sh("mount", "--bind", "/dev", mounted[1])
    yield folder
    for place in mounted:
        subprocess.run(["umount", "-l", place])


def install_package(root, *packages):
    for package in packages:
        shutil.copy(package, root / "tmp")
    names = [f"/tmp/{Path(package).name}" for package in packages]
    return sh("chroot", root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "Dpkg::Options::=--force-confold",
              "--no-install-recommends", "install", *names)


def start(root):
    """As the unit does: its command as its user, in its folder."""
    command = setting("ExecStart").split()
    sh("chroot", root, "install", "-d", "-o", setting("User"), "-g", setting("Group"), "-m", setting("StateDirectoryMode"),
       f"/var/lib/{setting('StateDirectory')}")
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "chroot", f"--userspec={setting('User')}:{setting('Group')}", str(root),
                                *command], stderr=open(root / "tmp/log", "wb"))
    deadline = time.monotonic() + 60
    while "streaming from" not in (root / "tmp/log").read_text():  # it starts at what is then now
        assert time.monotonic() < deadline, (root / "tmp/log").read_text()[-2000:]
        time.sleep(0.05)
    return process


def changes(root):
    lines = []
    for path in sorted((root / "var/lib/leat/changes").glob("changes-*")):
        lines += [json.loads(line) for line in path.read_text().splitlines()]
    return [line["after"]["id"] for line in lines if line["op"] == "insert"]


def wait_for(root, wanted):
    deadline = time.monotonic() + 60
    while changes(root) != wanted:
        assert time.monotonic() < deadline, f"{changes(root)} {(root / 'tmp/log').read_text()[-2000:]}"
        time.sleep(0.1)


def configure(root, server):
    password = root / "etc/leat/source.password"
    shutil.copy(server.password_file(), password)
    sh("chroot", root, "chown", "root:leat", "/etc/leat/source.password")
    password.chmod(0o640)
    text = (root / "etc/leat/leat.yaml").read_text()
    (root / "etc/leat/leat.yaml").write_text(text.replace("mysql://cdc@127.0.0.1:3306/", server.url()) + "\nshutdown_timeout: 5s\n")


def newer(package, folder):
    """The same package, one version on."""
    sh("dpkg-deb", "-R", package, folder)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*-)1$", r"\g<1>2", control.read_text(), flags=re.MULTILINE))
    path = folder.parent / package.name.replace("-1_", "-2_")
    sh("dpkg-deb", "-b", folder, path)
    return path


def test_installed_started_upgraded_and_removed(root, make_mysql, tmp_path):
    server = make_mysql()
    server.sql("CREATE TABLE test.t (id INT PRIMARY KEY)")
    tree = tmp_path / "tree"
    sh("git", "clone", "-q", TOP, tree)
    sh(tree / "contrib/package")  # fails on any complaint of lintian's
    assert "-fprofile-use" in (tree / "build/package/build.log").read_text()
    package = next(tree.glob("build/package/leat_*.deb"))
    install_package(root, package)
    assert sh("chroot", root, "leat", "--version").startswith("leat ")
    assert "change data capture" in sh("chroot", root, "sh", "-c", "zcat /usr/share/man/man1/leat.1.gz")
    assert "complete" in (root / "usr/share/bash-completion/completions/leat").read_text()
    assert (root / "usr/lib/systemd/system/leat.service").read_text() == UNIT.read_text()
    assert sh("chroot", root, "stat", "-c", "%U:%G %a", "/etc/leat/leat.yaml") == "root:leat 640\n"

    configure(root, server)
    sh("chroot", root, "leat", "config", "check")
    process = start(root)
    server.sql("INSERT INTO test.t VALUES (1), (2)")
    wait_for(root, [1, 2])
    process.terminate()
    assert process.wait(60) == 0

    install_package(root, newer(package, tmp_path / "newer"))
    assert "0.1.0-2" in sh("chroot", root, "dpkg-query", "-W", "leat")
    server.sql("INSERT INTO test.t VALUES (3)")
    process = start(root)
    wait_for(root, [1, 2, 3])  # its configuration, journal and checkpoint are still there
    process.terminate()
    assert process.wait(60) == 0

    sh("chroot", root, "apt-get", "-y", "remove", "leat")
    assert not (root / "usr/bin/leat").exists() and (root / "etc/leat/leat.yaml").exists()
    sh("chroot", root, "apt-get", "-y", "purge", "leat")
    assert not (root / "etc/leat/leat.yaml").exists()
    assert (root / "var/lib/leat/changes").is_dir()  # what was captured is nobody's to delete
