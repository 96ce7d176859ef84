/* See progress_int.h. A thread of its own looks at the counter a few times a second, so that the work itself is not slowed
 * down; what is over in a moment shows nothing. */
#include "progress_int.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli_int.h"

enum { PERIOD_MS = 250, BAR_WIDTH = 24 };

struct progress {
    const _Atomic uint64_t *done;
    uint64_t total;
    uint64_t started_us;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ended; /* guarded */
};

static void put_bytes(char *text, size_t size, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1024;
    snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void put_line(const struct progress *progress)
{
    uint64_t done = atomic_load_explicit(progress->done, memory_order_relaxed);
    double seconds = (double)(leat_monotonic_us(leat_clock_real()) - progress->started_us) / 1e6;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    char had[32], of[32], speed[32], line[256], rest[32] = "";
    put_bytes(had, sizeof had, (double)done);
    put_bytes(speed, sizeof speed, rate);
    if (progress->total) {
        double share = done >= progress->total ? 1 : (double)done / (double)progress->total;
        int full = (int)(share * BAR_WIDTH);
        double left_s = rate > 0 ? (double)(progress->total - (done < progress->total ? done : progress->total)) / rate : 0;
        put_bytes(of, sizeof of, (double)progress->total);
        snprintf(rest, sizeof rest, "%d:%02d", (int)left_s / 60, (int)left_s % 60);
        snprintf(line, sizeof line, "\r[%.*s%*s] %3d %%  %s of %s  %s/s  %s left\033[K", full, "########################",
                 BAR_WIDTH - full, "", (int)(share * 100), had, of, speed, rest);
    } else {
        snprintf(line, sizeof line, "\r%s  %s/s\033[K", had, speed);
    }
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return; /* a terminal that is gone needs no progress */
}

static void *show(void *context)
{
    struct progress *progress = context;
    pthread_mutex_lock(&progress->mutex);
    for (unsigned turn = 0; !progress->ended; turn++) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PERIOD_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (!progress->ended && pthread_cond_timedwait(&progress->changed, &progress->mutex, &until) != ETIMEDOUT)
            ;
        if (!progress->ended && turn)
            put_line(progress);
    }
    pthread_mutex_unlock(&progress->mutex);
    return NULL;
}

struct progress *progress_start(const _Atomic uint64_t *done, uint64_t total, bool quiet)
{
    if (!isatty(STDERR_FILENO) || (isatty(STDOUT_FILENO) && !quiet))
        return NULL;
    struct progress *progress = leat_alloc_zero(1, sizeof *progress);
    progress->done = done;
    progress->total = total;
    progress->started_us = leat_monotonic_us(leat_clock_real());
    pthread_mutex_init(&progress->mutex, NULL);
    pthread_cond_init(&progress->changed, NULL);
    if (!pthread_create(&progress->thread, NULL, show, progress))
        return progress;
    free(progress);
    return NULL;
}

void progress_clear(void)
{
    static const char clear[] = "\r\033[K";
    if (isatty(STDERR_FILENO) && write(STDERR_FILENO, clear, sizeof clear - 1) < 0)
        return;
}

void progress_end(struct progress **out)
{
    struct progress *progress = *out;
    *out = NULL;
    if (!progress)
        return;
    pthread_mutex_lock(&progress->mutex);
    progress->ended = true;
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->mutex);
    pthread_join(progress->thread, NULL);
    progress_clear();
    pthread_cond_destroy(&progress->changed);
    pthread_mutex_destroy(&progress->mutex);
    free(progress);
}

void cli_warn(const char *format, ...)
{
    char text[1280];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    progress_clear();
    fprintf(stderr, "leat: warning: %s\n", text);
}
