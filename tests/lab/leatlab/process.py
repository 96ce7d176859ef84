"""Processes that the lab starts: how they are known again by other runs, and how they end with their owner."""

import os
import signal
import subprocess
import threading
import time

# A process number is given out again after its process has ended: only together with the start time does it name one.


def started_at(pid):
    """Start time of a live process in clock ticks since boot; None if it is gone or only waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def alive(pid, start):
    return pid is not None and start is not None and started_at(pid) == start


def spawn(argv, output, bound, **popen):
    """Starts argv in a session of its own, so that Ctrl-C reaches the lab, which then stops its servers in order.

    A `bound` process is killed by the kernel when its parent dies, even by SIGKILL. The kernel counts the *thread* that
    forked as the parent, so only the main thread may bind; elsewhere the sweep at the next start has to do.
    """
    if bound and threading.current_thread() is threading.main_thread():
        argv = ["setpriv", "--pdeathsig", "KILL", "--", *argv]
    with open(output, "ab") as out:
        return subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                start_new_session=True, **popen)


def end(pid, start, sig=signal.SIGKILL, timeout_s=60, popen=None):
    """Sends a signal and waits until the process is gone. A stopped process only heeds SIGKILL, so it is continued."""
    deadline = time.monotonic() + timeout_s
    if alive(pid, start):
        os.kill(pid, sig)
        os.kill(pid, signal.SIGCONT)
    while alive(pid, start):
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} did not end within {timeout_s} s of signal {sig}")
        time.sleep(0.01)
    if popen:
        popen.wait()


def output(argv, text=True):
    """What a program prints; what it says on stderr only if it fails, in the exception."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(str(a) for a in argv)} failed with {done.returncode}: "
                           f"{done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="surrogateescape") if text else done.stdout
