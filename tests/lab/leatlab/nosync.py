"""Servers that sync nothing, whatever their settings say: LEAT_LAB_SYNC=0, as the live tests set it.

What a killed server wrote is in the kernel's cache, and there when it comes back; only a crash of the machine would lose it. So tests
that kill servers show the same, and a commit needn't wait for a disk. What is measured runs with syncs.
"""

import os
import shutil
import subprocess

from . import paths

# It needs no library, so that each server's own loader takes it.
_SOURCE = "int fsync(int fd) { (void)fd; return 0; } int fdatasync(int fd) { (void)fd; return 0; }"


def environment():
    """For a server's process; nothing where syncs are wanted, or there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if os.environ.get("LEAT_LAB_SYNC") != "0" or not compiler:
        return {}

    def make(folder):
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-o", folder / "nosync.so"],
                       input=_SOURCE, text=True, check=True)
    return {"LD_PRELOAD": str(paths.made_once(paths.cache_dir() / "nosync", make) / "nosync.so")}
