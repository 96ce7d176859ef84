/* The pool: units of work in the order of the source, and the workers that run them, each with a connection of its own.
 *
 * The runner's thread submits and asks; it never waits here but in leat_mysql_pool_free. A unit starts when what it depends on is done:
 *
 *   with the source's logical clock (preserve): all units of earlier binlogs, and of this one those up to its last_committed;
 *   without it (group): all before it have run their statements, so that their locks keep what follows behind them.
 *
 * One that is alone starts when all before it are done, and nothing starts behind it until it is. One that is in order is committed when
 * all before it are done; when it holds what the first one waits for, it is rolled back and runs again (leat_mysql_pool_turn).
 *
 * The first error of the oldest unit ends all: workers go on with nothing new, and leat_mysql_pool_failed tells it. An error of any other
 * may come from its haste: it runs again once all before it are done. */
#ifndef LEAT_SINK_MYSQL_POOL_INT_H
#define LEAT_SINK_MYSQL_POOL_INT_H

#include <pthread.h>

#include "mysql_target_int.h"
#include "mysql_work_int.h"

enum {
    MYSQL_QUEUE_BYTES = 32 * 1024 * 1024,
    MYSQL_QUEUE_UNITS = 2048,
    MYSQL_LOOK_AHEAD = 256,     /* units behind the oldest that isn't done, among which the next to run is looked for */
    MYSQL_STREAM_BYTES = 8 * 1024 * 1024, /* a unit larger than this is run while it is filled */
    MYSQL_GIVE_WAY_US = 200000, /* the oldest unit runs for so long: those that wait for it let their locks go */
    MYSQL_ATTEMPTS_MAX = 50,    /* of a unit that deadlocks, or waits for locks of somebody else in vain */
};

struct mysql_pool;

struct mysql_pool_counts {
    uint64_t units, redone, conflicts; /* since the pool was made */
};

struct mysql_pool *leat_mysql_pool_new(const struct leat_sink_env *env, const struct mysql_target *target, unsigned workers);
/* Interrupts what runs; what isn't committed is rolled back by the target. */
void leat_mysql_pool_free(struct mysql_pool **pool);
void leat_mysql_pool_interrupt(struct mysql_pool *pool); /* any thread */

bool leat_mysql_pool_has_room(struct mysql_pool *pool);
bool leat_mysql_pool_idle(struct mysql_pool *pool); /* all that was submitted is done */
/* Takes the unit; if it isn't complete, pieces follow. */
void leat_mysql_pool_submit(struct mysql_pool *pool, struct mysql_unit *unit);
void leat_mysql_pool_piece(struct mysql_pool *pool, struct mysql_unit *unit, struct mysql_piece *piece);
void leat_mysql_pool_complete(struct mysql_pool *pool, struct mysql_unit *unit);
/* The at_seq of the oldest unit that isn't done; `otherwise` if all are. */
uint64_t leat_mysql_pool_done_seq(struct mysql_pool *pool, uint64_t otherwise);
/* LEAT_FAIL with the error that ended it; name: of the transaction (MYSQL_NAME_MAX bytes), transactions: of its unit. */
int leat_mysql_pool_failed(struct mysql_pool *pool, char *name, uint64_t *transactions, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_pool_counts(struct mysql_pool *pool, struct mysql_pool_counts *counts);

/* ---- For the workers ---- */

/* The i-th piece of the unit that this worker runs, once it is there. LEAT_END: there are no more. LEAT_STOPPED. *last: it is known to be
 * the last. The one before it is let go if the unit is streamed. */
int leat_mysql_pool_next_piece(struct mysql_pool *pool, struct mysql_unit *unit, size_t i, struct mysql_piece **piece, bool *last);
/* All statements are run: waits until the unit may be committed. LEAT_AGAIN: it has to give way, roll back. LEAT_STOPPED. */
int leat_mysql_pool_turn(struct mysql_pool *pool, struct mysql_unit *unit);
void leat_mysql_pool_conflict(struct mysql_pool *pool);

/* ---- mysql_worker.c ---- */

struct mysql_worker {
    struct mysql_pool *pool;
    const struct leat_sink_env *env;
    const struct mysql_target *target;
    pthread_mutex_t *mutex;   /* the pool's */
    const bool *stopping;     /* under the mutex */
    struct leat_mysql *mysql; /* NULL: not connected. Set under the mutex, used by this thread and to interrupt */
    struct leat_buf batch;
    const struct mysql_statement **entries; /* of the batch; NULL: a frame around statements */
    uint64_t *matched;
    size_t count, capacity;
};

/* Runs the unit to its COMMIT. LEAT_AGAIN: it was rolled back, and has to be run again. LEAT_STOPPED. */
int leat_mysql_worker_run(struct mysql_worker *worker, struct mysql_unit *unit, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_worker_free(struct mysql_worker *worker);

#endif
