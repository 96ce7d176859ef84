/* Deadlines for a library that knows none that can change: a thread that shuts the socket down when a call takes too long.
 * The call then fails as on a lost connection, and the clock tells that it was the deadline's doing (error.c). */
#include "../mysql_int.h"

#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

/* How late a call that begins while the thread sleeps may be noticed. */
enum { LOOK_MS = 200 };

static void sleep_until(struct leat_watchdog *watchdog, uint64_t until_us)
{
    struct timespec until = {.tv_sec = (time_t)(until_us / 1000000), .tv_nsec = (long)(until_us % 1000000 * 1000)};
    pthread_cond_timedwait(&watchdog->changed, &watchdog->mutex, &until);
}

/* The number is looked up now, because some methods of authentication block within the very call that connects. */
static void cut(const struct leat_watchdog *watchdog)
{
    int fd = *(const volatile int *)&watchdog->handle->net.fd;
    if (fd > 0)
        shutdown(fd, SHUT_RDWR);
}

static void *watch(void *context)
{
    struct leat_watchdog *watchdog = context;
    pthread_mutex_lock(&watchdog->mutex);
    while (!watchdog->ending) {
        uint64_t now_us = leat_monotonic_us(leat_clock_real()), due_us = atomic_load(&watchdog->due_us);
        if (due_us && due_us <= now_us)
            cut(watchdog);
        uint64_t look_us = now_us + LOOK_MS * UINT64_C(1000);
        sleep_until(watchdog, due_us > now_us && due_us < look_us ? due_us : look_us);
    }
    pthread_mutex_unlock(&watchdog->mutex);
    return NULL;
}

int mysql_watchdog_start(struct leat_watchdog *watchdog, const MYSQL *handle, struct leat_error *err)
{
    pthread_condattr_t monotonic;
    watchdog->handle = handle;
    pthread_mutex_init(&watchdog->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int number = pthread_create(&watchdog->thread, NULL, watch, watchdog);
    if (number) {
        pthread_cond_destroy(&watchdog->changed);
        pthread_mutex_destroy(&watchdog->mutex);
        return leat_fail_errno(err, number, LEAT_KIND_RETRY, "starting a thread");
    }
    watchdog->started = true;
    return LEAT_OK;
}

void mysql_watchdog_end(struct leat_watchdog *watchdog)
{
    if (!watchdog->started)
        return;
    watchdog->started = false;
    pthread_mutex_lock(&watchdog->mutex);
    watchdog->ending = true;
    pthread_cond_signal(&watchdog->changed);
    pthread_mutex_unlock(&watchdog->mutex);
    pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->changed);
    pthread_mutex_destroy(&watchdog->mutex);
}

void mysql_watchdog_guard(struct leat_watchdog *watchdog, unsigned timeout_ms)
{
    uint64_t due_us = timeout_ms ? leat_monotonic_us(leat_clock_real()) + timeout_ms * UINT64_C(1000) : 0;
    atomic_store_explicit(&watchdog->due_us, due_us, memory_order_relaxed);
}

void mysql_watchdog_release(struct leat_watchdog *watchdog)
{
    atomic_store_explicit(&watchdog->due_us, 0, memory_order_relaxed);
}
