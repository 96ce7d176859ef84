/* The pool's queue and threads. All of its fields are under its mutex; units' own, as mysql_work_int.h says. */
#include "mysql_pool_int.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"

struct thread {
    pthread_t id;
    struct mysql_worker worker;
};

struct mysql_pool {
    const struct leat_sink_env *env;
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a unit may have become ready: idle workers wait */
    pthread_cond_t more; /* a piece may have come: the worker that runs a streamed unit waits */
    pthread_cond_t turn; /* the oldest unit is done */
    struct thread *threads;
    unsigned thread_count, idle;
    bool stopping;
    bool failed;
    struct leat_error error;
    char failed_name[MYSQL_NAME_MAX];
    uint64_t failed_transactions;
    struct mysql_unit *first, *last;
    size_t units;
    uint64_t bytes;
    struct mysql_pool_counts counts;
};

static uint64_t now_us(const struct mysql_pool *pool)
{
    return leat_monotonic_us(pool->env->clock);
}

/* ---- Which unit is next ---- */

/* What lies before a unit and isn't done. */
struct ahead {
    bool any, alone, running; /* running: one that isn't EXECUTED */
    bool clockless;
    int64_t lowest; /* sequence number */
    uint64_t epoch;
};

static bool may_start(const struct mysql_unit *unit, const struct ahead *ahead)
{
    if (!ahead->any)
        return true;
    if (ahead->alone || unit->alone || unit->first_only || unit->streamed)
        return false;
    if (!unit->sequence_number)
        return unit->in_order && !ahead->running;
    return !ahead->clockless && ahead->epoch == unit->epoch && unit->last_committed < ahead->lowest;
}

static void pass(struct ahead *ahead, const struct mysql_unit *unit)
{
    if (unit->state == MYSQL_UNIT_DONE)
        return;
    if (!ahead->any) {
        ahead->lowest = unit->sequence_number;
        ahead->epoch = unit->epoch;
    }
    ahead->any = true;
    ahead->alone = ahead->alone || unit->alone;
    ahead->running = ahead->running || unit->state != MYSQL_UNIT_EXECUTED;
    ahead->clockless = ahead->clockless || !unit->sequence_number || unit->epoch != ahead->epoch;
    if (unit->sequence_number < ahead->lowest)
        ahead->lowest = unit->sequence_number;
}

static struct mysql_unit *ready_unit(struct mysql_pool *pool)
{
    struct ahead ahead = {0};
    struct mysql_unit *unit = pool->first;
    for (unsigned i = 0; unit && i < MYSQL_LOOK_AHEAD && !ahead.alone; i++, unit = unit->next) {
        if (unit->state == MYSQL_UNIT_WAITING && may_start(unit, &ahead))
            return unit;
        pass(&ahead, unit);
    }
    return NULL;
}

/* ---- What the runner's thread does ---- */

bool leat_mysql_pool_has_room(struct mysql_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    bool room = !pool->failed && pool->bytes < MYSQL_QUEUE_BYTES && pool->units < MYSQL_QUEUE_UNITS;
    pthread_mutex_unlock(&pool->mutex);
    return room;
}

bool leat_mysql_pool_idle(struct mysql_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    bool idle = !pool->first;
    pthread_mutex_unlock(&pool->mutex);
    return idle;
}

void leat_mysql_pool_submit(struct mysql_pool *pool, struct mysql_unit *unit)
{
    pthread_mutex_lock(&pool->mutex);
    unit->state = MYSQL_UNIT_WAITING;
    if (pool->last)
        pool->last->next = unit;
    else
        pool->first = unit;
    pool->last = unit;
    pool->units++;
    pool->bytes += unit->bytes;
    if (pool->idle)
        pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

void leat_mysql_pool_piece(struct mysql_pool *pool, struct mysql_unit *unit, struct mysql_piece *piece)
{
    pthread_mutex_lock(&pool->mutex);
    pool->bytes += piece->sql.size;
    leat_mysql_unit_add(unit, piece);
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->mutex);
}

void leat_mysql_pool_complete(struct mysql_pool *pool, struct mysql_unit *unit)
{
    pthread_mutex_lock(&pool->mutex);
    unit->complete = true;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->mutex);
}

uint64_t leat_mysql_pool_done_seq(struct mysql_pool *pool, uint64_t otherwise)
{
    pthread_mutex_lock(&pool->mutex);
    uint64_t seq = pool->first ? pool->first->at_seq : otherwise;
    pthread_mutex_unlock(&pool->mutex);
    return seq;
}

int leat_mysql_pool_failed(struct mysql_pool *pool, char *name, uint64_t *transactions, struct leat_error *err)
{
    pthread_mutex_lock(&pool->mutex);
    bool failed = pool->failed;
    if (failed) {
        *err = pool->error;
        memcpy(name, pool->failed_name, MYSQL_NAME_MAX);
        *transactions = pool->failed_transactions;
    }
    pthread_mutex_unlock(&pool->mutex);
    return failed ? LEAT_FAIL : LEAT_OK;
}

void leat_mysql_pool_counts(struct mysql_pool *pool, struct mysql_pool_counts *counts)
{
    pthread_mutex_lock(&pool->mutex);
    *counts = pool->counts;
    pthread_mutex_unlock(&pool->mutex);
}

/* ---- What workers ask for ---- */

int leat_mysql_pool_next_piece(struct mysql_pool *pool, struct mysql_unit *unit, size_t i, struct mysql_piece **piece, bool *last)
{
    pthread_mutex_lock(&pool->mutex);
    if (i && unit->streamed && unit->pieces[i - 1]) {
        struct mysql_piece *done = unit->pieces[i - 1];
        unit->pieces[i - 1] = NULL;
        pool->bytes -= done->sql.size;
        unit->bytes -= done->sql.size;
        leat_mysql_piece_free(done);
        free(done);
    }
    while (i >= unit->count && !unit->complete && !pool->stopping && !pool->failed)
        pthread_cond_wait(&pool->more, &pool->mutex);
    int rc = i < unit->count ? LEAT_OK : unit->complete ? LEAT_END : LEAT_STOPPED;
    if (pool->stopping || pool->failed)
        rc = LEAT_STOPPED;
    if (rc == LEAT_OK)
        *piece = unit->pieces[i];
    *last = unit->complete && i + 1 >= unit->count;
    pthread_mutex_unlock(&pool->mutex);
    return rc;
}

/* Whether those that wait for their turn may be what the oldest unit waits for. */
static bool oldest_is_stuck(const struct mysql_pool *pool)
{
    const struct mysql_unit *first = pool->first;
    return first->state == MYSQL_UNIT_WAITING || (first->state == MYSQL_UNIT_RUNNING && now_us(pool) - first->since_us > MYSQL_GIVE_WAY_US);
}

static void wait_for_turn(struct mysql_pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 50000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&pool->turn, &pool->mutex, &until);
}

int leat_mysql_pool_turn(struct mysql_pool *pool, struct mysql_unit *unit)
{
    int rc = LEAT_OK;
    pthread_mutex_lock(&pool->mutex);
    if (unit->in_order && pool->first != unit) {
        unit->state = MYSQL_UNIT_EXECUTED;
        if (pool->idle)
            pthread_cond_signal(&pool->work);
    }
    while (rc == LEAT_OK && unit->in_order && pool->first != unit) {
        if (pool->stopping || pool->failed)
            rc = LEAT_STOPPED;
        else if (oldest_is_stuck(pool) && !unit->streamed)
            rc = LEAT_AGAIN;
        else
            wait_for_turn(pool);
    }
    unit->state = MYSQL_UNIT_RUNNING;
    pthread_mutex_unlock(&pool->mutex);
    return rc;
}

void leat_mysql_pool_conflict(struct mysql_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->counts.conflicts++;
    pthread_mutex_unlock(&pool->mutex);
}

/* ---- Threads ---- */

static void done(struct mysql_pool *pool, struct mysql_unit *unit)
{
    unit->state = MYSQL_UNIT_DONE;
    pool->counts.units++;
    while (pool->first && pool->first->state == MYSQL_UNIT_DONE) {
        struct mysql_unit *old = pool->first;
        pool->first = old->next;
        if (!pool->first)
            pool->last = NULL;
        pool->units--;
        pool->bytes -= old->bytes;
        leat_mysql_unit_free(&old);
    }
    pthread_cond_broadcast(&pool->turn);
}

static void fail(struct mysql_pool *pool, const struct mysql_unit *unit, const struct leat_error *err)
{
    pool->failed = true;
    pool->error = *err;
    memcpy(pool->failed_name, unit->first_name, MYSQL_NAME_MAX);
    pool->failed_transactions = unit->transactions;
    pthread_cond_broadcast(&pool->work);
    pthread_cond_broadcast(&pool->more);
    pthread_cond_broadcast(&pool->turn);
}

/* It was rolled back: again, and if that comes often, not before its turn. */
static void again(struct mysql_pool *pool, struct mysql_unit *unit, const struct leat_error *err)
{
    struct leat_error gave_up = *err;
    unit->attempts++;
    pool->counts.redone++;
    if (unit->attempts <= MYSQL_ATTEMPTS_MAX && !unit->streamed) {
        unit->first_only = unit->first_only || unit->in_order || unit->attempts > 2;
        unit->state = MYSQL_UNIT_WAITING;
        return;
    }
    if (!gave_up.message[0])
        (void)leat_fail(&gave_up, LEAT_E_SERVER, LEAT_KIND_RETRY, "a transaction had to be rolled back %u times", unit->attempts);
    fail(pool, unit, &gave_up);
}

static void settle(struct mysql_pool *pool, struct mysql_unit *unit, int rc, const struct leat_error *err)
{
    bool oldest = pool->first == unit;
    bool connection = err->code == LEAT_E_CONNECT || err->code == LEAT_E_TIMEOUT || err->code == LEAT_E_AUTH || err->code == LEAT_E_TLS;
    if (rc == LEAT_OK)
        done(pool, unit);
    else if (rc == LEAT_STOPPED || pool->failed)
        unit->state = MYSQL_UNIT_WAITING;
    else if (rc == LEAT_AGAIN)
        again(pool, unit, err);
    else if (oldest || connection || unit->first_only || unit->streamed)
        fail(pool, unit, err);
    else {
        unit->first_only = true;
        unit->state = MYSQL_UNIT_WAITING;
        pool->counts.redone++;
    }
}

static void *run_worker(void *context)
{
    struct thread *thread = context;
    struct mysql_pool *pool = thread->worker.pool;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->stopping) {
        struct mysql_unit *unit = pool->failed ? NULL : ready_unit(pool);
        if (!unit) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->mutex);
            pool->idle--;
            continue;
        }
        unit->state = MYSQL_UNIT_RUNNING;
        unit->since_us = now_us(pool);
        if (pool->idle && unit->next)
            pthread_cond_signal(&pool->work); /* there may be another for somebody else */
        pthread_mutex_unlock(&pool->mutex);
        struct leat_error error = {0};
        int rc = leat_mysql_worker_run(&thread->worker, unit, &error);
        pthread_mutex_lock(&pool->mutex);
        settle(pool, unit, rc, &error);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

struct mysql_pool *leat_mysql_pool_new(const struct leat_sink_env *env, const struct mysql_target *target, unsigned workers)
{
    struct mysql_pool *pool = leat_alloc_zero(1, sizeof *pool);
    pool->env = env;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->work, &attributes);
    pthread_cond_init(&pool->more, &attributes);
    pthread_cond_init(&pool->turn, &attributes);
    pthread_condattr_destroy(&attributes);
    pool->threads = leat_alloc_zero(workers, sizeof *pool->threads);
    for (unsigned i = 0; i < workers; i++) {
        struct thread *thread = &pool->threads[i];
        thread->worker = (struct mysql_worker){.pool = pool, .env = env, .target = target, .mutex = &pool->mutex, .stopping = &pool->stopping};
        if (pthread_create(&thread->id, NULL, run_worker, thread))
            break;
        pool->thread_count++;
    }
    assert(pool->thread_count);
    return pool;
}

void leat_mysql_pool_interrupt(struct mysql_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    for (unsigned i = 0; i < pool->thread_count; i++)
        if (pool->threads[i].worker.mysql)
            leat_mysql_interrupt(pool->threads[i].worker.mysql);
    pthread_cond_broadcast(&pool->work);
    pthread_cond_broadcast(&pool->more);
    pthread_cond_broadcast(&pool->turn);
    pthread_mutex_unlock(&pool->mutex);
}

void leat_mysql_pool_free(struct mysql_pool **out)
{
    struct mysql_pool *pool = *out;
    if (!pool)
        return;
    leat_mysql_pool_interrupt(pool);
    for (unsigned i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i].id, NULL);
        leat_mysql_worker_free(&pool->threads[i].worker);
    }
    while (pool->first) {
        struct mysql_unit *unit = pool->first;
        pool->first = unit->next;
        leat_mysql_unit_free(&unit);
    }
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->more);
    pthread_cond_destroy(&pool->turn);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->threads);
    free(pool);
    *out = NULL;
}
