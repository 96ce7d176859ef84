"""Where the lab keeps things: a cache that outlives runs, and a run folder that does not; and locks between processes."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path


def cache_dir():
    """Installed servers and prepared data. Can be deleted at any time: it is made again."""
    given = os.environ.get("LEAT_LAB_CACHE")
    if given:
        path = Path(given)
    else:
        path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leat-lab"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def run_dir():
    """One folder for each instance. Short, because a Unix socket's path holds no more than 107 bytes."""
    path = Path(os.environ.get("LEAT_LAB_RUN") or f"/tmp/leat-lab-{os.getuid()}")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to another user: set LEAT_LAB_RUN")
    return path.resolve()


@contextlib.contextmanager
def locked(path):
    """Holds an exclusive lock on a file. The kernel gives it back when the holder dies, so it never goes stale."""
    with open(path, "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def made_once(target, make):
    """Returns `target`, after `make(temporary)` has filled it if it is not there yet.

    The folder gets its name only once it is complete, so that an interrupted run is never taken for a whole one,
    and under a lock, so that two runs do not make it twice.
    """
    target = Path(target)
    if target.exists():
        return target
    with locked(target.parent / f".{target.name}.lock"):
        if not target.exists():
            temporary = target.parent / f".{target.name}.making"
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            make(temporary)
            temporary.rename(target)
    return target
