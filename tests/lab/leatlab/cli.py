"""The commands of `tests/lab/lab`."""

import sys
import time

from . import install, process, server


def main(parser):
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function, name, *arguments):
        sub = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        for argument in arguments:
            sub.add_argument(argument)
        sub.set_defaults(function=function)
        return sub

    command(_install, "install").add_argument("--fuzz", action="store_true", help="what tests/fuzz/run needs, too (clang)")
    up = command(_up, "up", "name")
    up.add_argument("--kind", choices=sorted(KINDS), default="mysql")
    up.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="a setting of the server's")
    command(_act("start"), "start", "name")
    command(_act("stop"), "stop", "name")
    command(_act("kill"), "kill", "name")
    command(_act("pause"), "pause", "name")
    command(_act("resume"), "resume", "name")
    command(_act("destroy"), "down", "name")
    command(_list, "list")
    command(_sql, "sql", "name", "sql")
    command(_url, "url", "name").add_argument("--user", default="cdc")
    command(_clean, "clean")
    given = parser.parse_args()
    try:
        return given.function(given)
    except (server.ServerError, LookupError, PermissionError, RuntimeError, OSError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _mysql():
    from .mysql import Mysql  # only here, because `lab install` runs before PyMySQL is there
    return Mysql


def _mysql80():
    from .mysql import Mysql80
    return Mysql80


def _mariadb():
    from .mariadb import Mariadb
    return Mariadb


def _broker():
    from .kafka import Broker
    return Broker


KINDS = {"mysql": _mysql, "mysql80": _mysql80, "mariadb": _mariadb, "kafka": _broker}  # `up NAME --kind mariadb --option version=11.8`


def find(name):
    """The instance of this name, or the only one whose name begins with it."""
    found = list(server.instances())
    matches = [f for f in found if f[0].name == name] or [f for f in found if f[0].name.startswith(name)]
    if len(matches) != 1:
        raise LookupError(f"{len(matches)} instances are named {name}; `lab list` shows them")
    folder, state = matches[0]
    return KINDS[state["kind"]]().attach(folder)


def _install(given):
    """Install the packages and servers that the tests need (root; does nothing when all is there)."""
    begin = time.monotonic()
    added = install.packages() + (install.packages(install.FUZZ_PACKAGES) if given.fuzz else [])
    root = install.mysql_root()
    from . import mysql, mysql_versions
    mysql.template()
    version = process.output([*mysql_versions.installation().server_argv(), "--version"])
    print(f"packages: {' '.join(added) or 'all there'}\n"
          f"mysql: {version.split('Ver ')[1].split()[0]} in {root}")
    from . import mariadb
    for name in mariadb.VERSIONS:
        try:
            release = mariadb.Release(name)
            release.template()
            print(f"mariadb: {name} in {release.root}")
        except install.Unavailable as why:
            print(f"mariadb: {why}")
    print(f"{time.monotonic() - begin:.1f} s")


def _up(given):
    """Make and start an instance that stays until `lab down`."""
    options = dict(option.split("=", 1) if "=" in option else (option, True) for option in given.option)
    if given.kind == "kafka":
        from .kafka import Kafka
        cluster = Kafka(given.name, int(options.pop("brokers", 1)), keep=True, **options)
        print(f"{cluster.start().bootstrap()}; brokers {', '.join(broker.name for broker in cluster.brokers)}")
        return
    instance = KINDS[given.kind]()(given.name, keep=True, **options)
    try:
        instance.start()
    except BaseException:
        instance.destroy()
        raise
    print(f"{instance.url()} socket {instance.socket} folder {instance.folder}")


def _act(verb):
    def act(given):
        getattr(find(given.name), verb)()
    act.__doc__ = {"start": "Start a stopped or killed instance with its data.",
                   "stop": "Shut an instance down in order; its data stays.",
                   "kill": "Kill an instance with SIGKILL; its data stays.",
                   "pause": "SIGSTOP: it answers no more, its connections stay.",
                   "resume": "SIGCONT after pause.",
                   "destroy": "Kill an instance and delete its data."}[verb]
    return act


def _list(given):
    """List the instances."""
    server.sweep()
    for folder, state in server.instances():
        runs = process.alive(state["pid"], state["pid_started"])
        print(f"{folder.name:24} {state['kind']:8} port {state['port']:5} "
              f"{'pid ' + str(state['pid']) if runs else 'stopped':12} "
              f"{'kept' if state['owner'] is None else 'of ' + str(state['owner'])}")


def _sql(given):
    """Run statements as root; rows are printed with tabs between the columns."""
    for row in find(given.name).sql(given.sql):
        print("\t".join("NULL" if value is None else str(value) for value in row))


def _url(given):
    """Print the instance's URL."""
    print(find(given.name).url(given.user))


def _clean(given):
    """Stop and delete all instances of `lab up` and of dead owners; those of running tests stay."""
    server.sweep()
    for folder, state in list(server.instances()):
        if state["owner"] is None:
            KINDS[state["kind"]]().attach(folder).destroy()
