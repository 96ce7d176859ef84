/* Waiters, and the thread that tells them (waits_int.h). All of it is guarded by one mutex, which is held for as long as the waiters that
 * are reached take; done() is called without it. */
#include "waits_int.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "model/point.h"
#include "waits_heap_int.h"

const char *const waits_result_names[WAITS_RESULTS] = {"delivered", "timeout", "gone", "failed"};

enum { LOOK_US = 5000000 };

/* Those that lack a GTID of the same UUID and tag, or domain. */
struct group {
    struct leat_gtid like; /* its number doesn't count */
    struct heap ahead;     /* by number: above all that is delivered */
    struct heap passed;    /* no order: their number was passed by, and may still come */
    struct group *next;
};

struct waits_sink {
    struct waits *waits;
    char *name; /* owned */
    struct waits_sink *next;
    struct group *groups;
    struct heap places, records;
    size_t count;
    uint64_t ended[WAITS_RESULTS];
};

struct waits {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    pthread_t thread;
    struct waits_sink *sinks;
    size_t count;
    waits_look *look;
    _Atomic size_t shown; /* count, for who has no time for the mutex */
    struct heap deadlines;
    struct waiter *ready; /* to be told */
    bool stopping;
};

/* ---- Where a waiter lies ---- */

static bool lower_number(const struct waiter *a, const struct waiter *b)
{
    return a->missing.number < b->missing.number;
}

static bool lower_place(const struct waiter *a, const struct waiter *b)
{
    return leat_runner_compare_places(a->point.file, a->point.pos, b->point.file, b->point.pos) < 0;
}

static bool lower_seq(const struct waiter *a, const struct waiter *b)
{
    return a->seq < b->seq;
}

static bool sooner(const struct waiter *a, const struct waiter *b)
{
    return a->deadline_us < b->deadline_us;
}

static bool same_group(const struct leat_gtid *a, const struct leat_gtid *b)
{
    return a->flavour == b->flavour && !memcmp(a->uuid, b->uuid, LEAT_UUID_SIZE) && !strcmp(a->tag, b->tag) && a->domain == b->domain;
}

static struct group *group_of(struct waits_sink *sink, const struct leat_gtid *gtid)
{
    for (struct group *at = sink->groups; at; at = at->next)
        if (same_group(&at->like, gtid))
            return at;
    struct group *group = leat_alloc_zero(1, sizeof *group);
    group->like = *gtid;
    group->ahead = (struct heap){.less = lower_number, .which = WAITER_BY_WANTED};
    group->passed = (struct heap){.which = WAITER_BY_WANTED};
    group->next = sink->groups;
    sink->groups = group;
    return group;
}

static void drop_empty_groups(struct waits_sink *sink)
{
    for (struct group **at = &sink->groups; *at;) {
        struct group *group = *at;
        if (group->ahead.count || group->passed.count) {
            at = &group->next;
            continue;
        }
        *at = group->next;
        waits_heap_free(&group->ahead);
        waits_heap_free(&group->passed);
        free(group);
    }
}

/* It is in no heap any more: to be told. */
static void finish(struct waits *waits, struct waiter *waiter, enum waits_result why, int result)
{
    struct waits_sink *sink = waiter->sink;
    if (waiter->in)
        waits_heap_remove(waiter->in, waiter);
    waits_heap_remove(&waits->deadlines, waiter);
    waiter->result = result;
    waiter->next = waits->ready;
    waits->ready = waiter;
    sink->ended[why]++;
    sink->count--;
    waits->count--;
    atomic_store(&waits->shown, waits->count);
}

/* It lies nowhere, and is put where a GTID that it lacks is met; or it is done. */
static bool settle(struct waiter *waiter, const struct leat_gtid_set *delivered)
{
    if (!leat_gtid_set_missing(waiter->point.gtids, delivered, &waiter->missing))
        return true;
    struct group *group = group_of(waiter->sink, &waiter->missing);
    bool ahead = waiter->missing.number > leat_gtid_set_last(delivered, &waiter->missing);
    waits_heap_put(ahead ? &group->ahead : &group->passed, waiter);
    return false;
}

/* ---- The checkpoint moved ---- */

static void move_group(struct waits *waits, struct group *group, const struct leat_gtid_set *delivered)
{
    uint64_t last = leat_gtid_set_last(delivered, &group->like);
    while (group->ahead.count && group->ahead.list[0]->missing.number <= last) {
        struct waiter *waiter = group->ahead.list[0];
        waits_heap_remove(&group->ahead, waiter);
        if (settle(waiter, delivered))
            finish(waits, waiter, WAITS_DELIVERED, LEAT_OK);
    }
    for (size_t i = group->passed.count; i-- > 0;) {
        struct waiter *waiter = group->passed.list[i];
        if (!leat_gtid_set_contains(delivered, &waiter->missing))
            continue;
        waits_heap_remove(&group->passed, waiter);
        if (settle(waiter, delivered))
            finish(waits, waiter, WAITS_DELIVERED, LEAT_OK);
    }
}

static void move_places(struct waits *waits, struct waits_sink *sink, const struct leat_checkpoint *at)
{
    while (sink->places.count) {
        struct waiter *waiter = sink->places.list[0];
        if (waiter->has_uuid && memcmp(waiter->source_uuid, at->source_uuid, LEAT_UUID_SIZE) != 0) {
            (void)leat_fail(&waiter->err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR, "the source is another server now, where FILE:POS means something else");
            finish(waits, waiter, WAITS_FAILED, LEAT_FAIL);
        } else if (leat_runner_compare_places(waiter->point.file, waiter->point.pos, at->file, at->pos) <= 0) {
            finish(waits, waiter, WAITS_DELIVERED, LEAT_OK);
        } else {
            return;
        }
    }
}

void waits_delivered(struct waits_sink *sink, const struct leat_checkpoint *checkpoint)
{
    struct waits *waits = sink->waits;
    /* Who begins to wait raises it before it looks at the checkpoint, which was moved before this looks. */
    if (!atomic_load(&waits->shown))
        return;
    pthread_mutex_lock(&waits->mutex);
    for (struct group *group = sink->groups; group; group = group->next)
        move_group(waits, group, checkpoint->completed);
    drop_empty_groups(sink);
    move_places(waits, sink, checkpoint);
    while (sink->records.count && sink->records.list[0]->seq <= checkpoint->seq)
        finish(waits, sink->records.list[0], WAITS_DELIVERED, LEAT_OK);
    if (waits->ready)
        pthread_cond_signal(&waits->moved);
    pthread_mutex_unlock(&waits->mutex);
}

/* ---- Beginning ---- */

struct beginning {
    struct waiter *waiter;
    bool over;
};

/* With the checkpoint that can't move meanwhile. */
static void begin_at(void *context, const struct leat_checkpoint *checkpoint)
{
    struct beginning *beginning = context;
    struct waiter *waiter = beginning->waiter;
    struct waits_sink *sink = waiter->sink;
    waiter->has_uuid = checkpoint->file[0] != '\0';
    memcpy(waiter->source_uuid, checkpoint->source_uuid, LEAT_UUID_SIZE);
    if (waiter->point.type == LEAT_POINT_GTIDS) {
        beginning->over = settle(waiter, checkpoint->completed);
    } else if (waiter->point.type == LEAT_POINT_FILE) {
        beginning->over = checkpoint->file[0] &&
                          leat_runner_compare_places(waiter->point.file, waiter->point.pos, checkpoint->file, checkpoint->pos) <= 0;
        if (!beginning->over)
            waits_heap_put(&sink->places, waiter);
    } else {
        beginning->over = waiter->seq <= checkpoint->seq;
        if (!beginning->over)
            waits_heap_put(&sink->records, waiter);
    }
}

static int parse(struct waiter *waiter, const char *point, struct leat_error *err)
{
    if (leat_point_parse(&waiter->point, point, err))
        return LEAT_FAIL;
    if (waiter->point.type == LEAT_POINT_GTIDS || waiter->point.type == LEAT_POINT_FILE || waiter->point.type == LEAT_POINT_NOW)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "a wait is for a GTID set, FILE:POS, or now (all that the journal has), not for \"%.80s\"", point);
}

static void free_waiter(struct waiter *waiter)
{
    leat_point_free(&waiter->point);
    free(waiter);
}

int waits_begin(struct waits_sink *sink, struct leat_wait *wait, const struct leat_runner *runner, uint64_t visible_end,
                const struct leat_wait_request *request, struct leat_error *err)
{
    struct waits *waits = sink->waits;
    struct waiter *waiter = leat_alloc_zero(1, sizeof *waiter);
    struct beginning beginning = {waiter, false};
    if (parse(waiter, request->point, err)) {
        free_waiter(waiter);
        return LEAT_FAIL;
    }
    waiter->wait = wait;
    waiter->sink = sink;
    waiter->seq = visible_end;
    waiter->deadline_us = leat_monotonic_us(leat_clock_real()) + request->timeout_ms * 1000;
    int rc = LEAT_AGAIN;
    pthread_mutex_lock(&waits->mutex);
    if (waits->stopping) {
        rc = LEAT_STOPPED;
    } else if (waits->count >= LEAT_WAITS_MAX) {
        rc = leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_RETRY, "%d wait already", LEAT_WAITS_MAX);
    } else {
        atomic_store(&waits->shown, ++waits->count);
        waits->look(runner, begin_at, &beginning);
        if (beginning.over) {
            atomic_store(&waits->shown, --waits->count);
            sink->ended[WAITS_DELIVERED]++;
            rc = LEAT_OK;
        } else {
            sink->count++;
            waits_heap_put(&waits->deadlines, waiter);
            if (waits->deadlines.list[0] == waiter)
                pthread_cond_signal(&waits->moved);
        }
    }
    pthread_mutex_unlock(&waits->mutex);
    if (rc != LEAT_AGAIN)
        free_waiter(waiter);
    return rc;
}

/* ---- The thread ---- */

static void tell(struct waiter *waiter)
{
    while (waiter) {
        struct waiter *next = waiter->next;
        waiter->wait->done(waiter->wait, waiter->result, &waiter->err);
        free_waiter(waiter);
        waiter = next;
    }
}

static void end_late(struct waits *waits, uint64_t now_us)
{
    while (waits->deadlines.count && waits->deadlines.list[0]->deadline_us <= now_us)
        finish(waits, waits->deadlines.list[0], WAITS_TIMEOUT, LEAT_AGAIN);
}

/* Those whose other end closed the connection need no answer. */
static void end_gone(struct waits *waits)
{
    size_t count = waits->deadlines.count;
    struct pollfd *polled = leat_alloc_zero(count + 1, sizeof *polled);
    struct waiter **those = leat_alloc_zero(count + 1, sizeof(struct waiter *));
    for (size_t i = 0; i < count; i++) {
        those[i] = waits->deadlines.list[i];
        polled[i] = (struct pollfd){those[i]->wait->fd, POLLRDHUP, 0};
    }
    if (poll(polled, count, 0) > 0)
        for (size_t i = 0; i < count; i++)
            if (polled[i].revents)
                finish(waits, those[i], WAITS_GONE, LEAT_STOPPED);
    free(polled);
    free(those);
}

static void end_all(struct waits *waits)
{
    while (waits->deadlines.count)
        finish(waits, waits->deadlines.list[0], WAITS_GONE, LEAT_STOPPED);
}

static void *waits_thread(void *context)
{
    struct waits *waits = context;
    uint64_t look_us = 0;
    pthread_mutex_lock(&waits->mutex);
    for (;;) {
        uint64_t now_us = leat_monotonic_us(leat_clock_real());
        end_late(waits, now_us);
        if (waits->deadlines.count && now_us >= look_us) {
            if (look_us)
                end_gone(waits);
            look_us = now_us + LOOK_US;
        }
        if (waits->stopping)
            end_all(waits);
        struct waiter *ready = waits->ready;
        waits->ready = NULL;
        if (ready) {
            pthread_mutex_unlock(&waits->mutex);
            tell(ready);
            pthread_mutex_lock(&waits->mutex);
            continue;
        }
        if (waits->stopping)
            break;
        if (!waits->deadlines.count) {
            look_us = 0;
            pthread_cond_wait(&waits->moved, &waits->mutex);
            continue;
        }
        uint64_t until_us = waits->deadlines.list[0]->deadline_us < look_us ? waits->deadlines.list[0]->deadline_us : look_us;
        struct timespec until = {(time_t)(until_us / 1000000), (long)(until_us % 1000000) * 1000};
        pthread_cond_timedwait(&waits->moved, &waits->mutex, &until);
    }
    pthread_mutex_unlock(&waits->mutex);
    return NULL;
}

/* ---- Beginning and end ---- */

int waits_start(struct waits **out, waits_look *look, struct leat_error *err)
{
    struct waits *waits = leat_alloc_zero(1, sizeof *waits);
    waits->look = look;
    waits->deadlines = (struct heap){.less = sooner, .which = WAITER_BY_DEADLINE};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* what leat_clock_real tells */
    pthread_cond_init(&waits->moved, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&waits->mutex, NULL);
    int number = pthread_create(&waits->thread, NULL, waits_thread, waits);
    if (number) {
        waits->stopping = true;
        waits_free(&waits);
        return leat_fail_errno(err, number, LEAT_KIND_FATAL, "starting a thread");
    }
    *out = waits;
    return LEAT_OK;
}

void waits_end(struct waits *waits)
{
    if (!waits)
        return;
    pthread_mutex_lock(&waits->mutex);
    bool ended = waits->stopping;
    waits->stopping = true;
    pthread_cond_signal(&waits->moved);
    pthread_mutex_unlock(&waits->mutex);
    if (!ended)
        pthread_join(waits->thread, NULL);
}

void waits_free(struct waits **out)
{
    struct waits *waits = *out;
    *out = NULL;
    if (!waits)
        return;
    waits_end(waits);
    while (waits->sinks) {
        struct waits_sink *sink = waits->sinks;
        waits->sinks = sink->next;
        drop_empty_groups(sink);
        waits_heap_free(&sink->places);
        waits_heap_free(&sink->records);
        free(sink->name);
        free(sink);
    }
    waits_heap_free(&waits->deadlines);
    pthread_cond_destroy(&waits->moved);
    pthread_mutex_destroy(&waits->mutex);
    free(waits);
}

struct waits_sink *waits_sink(struct waits *waits, const char *name)
{
    pthread_mutex_lock(&waits->mutex);
    struct waits_sink *sink = waits->sinks;
    while (sink && strcmp(sink->name, name) != 0)
        sink = sink->next;
    if (!sink) {
        sink = leat_alloc_zero(1, sizeof *sink);
        *sink = (struct waits_sink){.waits = waits, .name = leat_strdup(name), .next = waits->sinks};
        sink->places = (struct heap){.less = lower_place, .which = WAITER_BY_WANTED};
        sink->records = (struct heap){.less = lower_seq, .which = WAITER_BY_WANTED};
        waits->sinks = sink;
    }
    pthread_mutex_unlock(&waits->mutex);
    return sink;
}

void waits_drop(struct waits_sink *sink)
{
    struct waits *waits = sink->waits;
    pthread_mutex_lock(&waits->mutex);
    for (size_t i = waits->deadlines.count; i-- > 0;) {
        struct waiter *waiter = waits->deadlines.list[i];
        if (waiter->sink != sink)
            continue;
        (void)leat_fail(&waiter->err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "there is no sink \"%.100s\" any more", sink->name);
        finish(waits, waiter, WAITS_FAILED, LEAT_FAIL);
        i = waits->deadlines.count; /* the heap has moved: once more from its end */
    }
    pthread_cond_signal(&waits->moved);
    pthread_mutex_unlock(&waits->mutex);
}

size_t waits_count(struct waits_sink *sink)
{
    pthread_mutex_lock(&sink->waits->mutex);
    size_t count = sink->count;
    pthread_mutex_unlock(&sink->waits->mutex);
    return count;
}

uint64_t waits_ended(struct waits_sink *sink, enum waits_result result)
{
    pthread_mutex_lock(&sink->waits->mutex);
    uint64_t count = sink->ended[result];
    pthread_mutex_unlock(&sink->waits->mutex);
    return count;
}
