/* Looks once a second whether our own listener (the journal's queue) has been blocking for half a minute (stall_s).
 * Then the server is let go: a dump that is left unread pins a thread and a binlog file there. The listener's
 * call goes on; when it returns, the source reconnects and resumes from what is completed. */
#include "source_int.h"

#include <time.h>

#include "base/log.h"

static unsigned stall_s(const struct leat_source *source)
{
    return source->options.stall_s ? source->options.stall_s : SOURCE_STALL_S;
}

static void let_go(struct leat_source *source)
{
    atomic_store(&source->watch.cut, true);
    for (size_t i = 0; i < SOURCE_CONNECTIONS; i++)
        if (source->connections[i])
            leat_mysql_interrupt(source->connections[i]);
    leat_log(LEAT_LOG_WARN, "source", NULL,
             "nothing was taken from us for %u s: leaving the server, to resume from here when there is room",
             stall_s(source));
}

static void *watch(void *context)
{
    struct leat_source *source = context;
    unsigned long long seen = 0;
    unsigned still_s = 0;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&source->mutex);
    while (!source->watch.stop) {
        next.tv_sec++;
        while (!source->watch.stop && !pthread_cond_timedwait(&source->woken, &source->mutex, &next))
            ;
        unsigned long long calls = atomic_load(&source->watch.calls);
        bool blocked = atomic_load(&source->watch.busy) && calls == seen;
        still_s = blocked ? still_s + 1 : 0;
        seen = calls;
        if (still_s == stall_s(source) && !source->watch.stop)
            let_go(source);
    }
    pthread_mutex_unlock(&source->mutex);
    return NULL;
}

void source_watch_start(struct leat_source *source)
{
    source->watch.stop = false;
    source->watch.started = pthread_create(&source->watch.thread, NULL, watch, source) == 0;
}

void source_watch_end(struct leat_source *source)
{
    if (!source->watch.started)
        return;
    pthread_mutex_lock(&source->mutex);
    source->watch.stop = true;
    pthread_cond_broadcast(&source->woken);
    pthread_mutex_unlock(&source->mutex);
    pthread_join(source->watch.thread, NULL);
    source->watch.started = false;
}
