"""What stands between a program and the kernel to make real troubles: a clock that is wrong, a disk whose syncs take long."""

import hashlib
import os
import struct
import subprocess
from pathlib import Path

from . import paths

# The wall clock, as much ahead as the file $SHIFTED_CLOCK says now (8 bytes, seconds); a moment of it that a thread waits for is one of
# the kernel's clock again, unless it is so small that it is one of the monotonic clock.
_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *ahead_s;
static int (*timed_wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void open_clock(void)
{
    const char *path = getenv("SHIFTED_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead_s, PROT_READ, MAP_SHARED, fd, 0);
    ahead_s = page == MAP_FAILED ? NULL : page;
    timed_wait = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, now);
    if (!rc && ahead_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *ahead_s;
    return rc;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now)
{
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    return now ? *now = precise.tv_sec : precise.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    struct timespec real = *until;
    if (ahead_s && real.tv_sec > 1000000000)
        real.tv_sec -= *ahead_s;
    return timed_wait(condition, mutex, &real);
}
"""

# A sync of a file below $SLOW_FOLDER lasts $SLOW_MS longer than it would.
_SLOW = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int fd)
{
    char link[64], path[4096];
    const char *folder = getenv("SLOW_FOLDER");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (folder && length > 0 && !strncmp(path, folder, strlen(folder))) {
        long ms = atol(getenv("SLOW_MS"));
        struct timespec delay = {ms / 1000, ms % 1000 * 1000000};
        nanosleep(&delay, NULL);
    }
    return (int)syscall(SYS_fdatasync, fd);
}
"""


def _library(name, source):
    def make(folder):
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-x", "c", "-", "-o", folder / f"{name}.so"], input=source, text=True, check=True)
    made = paths.cache_dir() / f"{name}-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    return str(paths.made_once(made, make) / f"{name}.so")


class Clock:
    """A clock for processes that are started with its environment; set() while they run, as NTP would."""

    def __init__(self, file):
        self.file = Path(file)
        self.file.write_bytes(struct.pack("=q", 0))

    def set(self, ahead_s):
        """So many seconds ahead of the machine's (negative: behind)."""
        with open(self.file, "r+b") as file:
            file.write(struct.pack("=q", ahead_s))

    @staticmethod
    def environment(file):
        return {"LD_PRELOAD": _library("clock", _CLOCK), "SHIFTED_CLOCK": str(file)}


def slow_disk(folder, ms):
    """The environment of a program for which syncs below `folder` last so much longer."""
    return {"LD_PRELOAD": _library("slow", _SLOW), "SLOW_FOLDER": str(folder), "SLOW_MS": str(ms),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
