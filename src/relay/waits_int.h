/* Who waits until a sink has delivered something (control/wait.h).
 *
 * A waiter for GTIDs lies in the heap of the UUID and tag (the domain) of the last GTID that it lacks, by its number: when the sink's
 * checkpoint moves, only those whose number was reached are looked at. Numbers that were passed by, since GTIDs may come out of order, lie
 * in a list of their own. Waiters for a place or a record have heaps, too. So a checkpoint that moves costs what it wakes, however many wait.
 *
 * One thread of its own tells them, so that a sink's thread never does, and ends waits whose time is over or whose other end is gone. */
#ifndef LEAT_RELAY_WAITS_INT_H
#define LEAT_RELAY_WAITS_INT_H

#include "base/clock.h"
#include "base/metrics.h"
#include "control/wait.h"
#include "sink/runner.h"

struct waits;
struct waits_sink; /* who waits for one sink */

enum waits_result { WAITS_DELIVERED, WAITS_TIMEOUT, WAITS_GONE, WAITS_FAILED, WAITS_RESULTS };
extern const char *const waits_result_names[WAITS_RESULTS];

/* How a runner's checkpoint is looked at while it can't move: leat_runner_look, or what a test has instead. */
typedef void waits_look(const struct leat_runner *runner, void (*look)(void *context, const struct leat_checkpoint *checkpoint), void *context);

/* Starts its thread. */
int waits_start(struct waits **waits, waits_look *look, struct leat_error *err) LEAT_CHECKED;
/* Ends all that wait, with LEAT_STOPPED; none begins any more. */
void waits_end(struct waits *waits);
/* Sinks' threads and those that begin waits must be gone. */
void waits_free(struct waits **waits);

/* The sink of that name, made when it isn't there; lives as long as waits. Any thread. */
struct waits_sink *waits_sink(struct waits *waits, const char *name);
/* There is no such sink any more: ends those that wait for it. Any thread. */
void waits_drop(struct waits_sink *sink);

/* As leat_wait_begin; runner: the sink's, visible_end: the journal's, which is what `now` means. */
int waits_begin(struct waits_sink *sink, struct leat_wait *wait, const struct leat_runner *runner, uint64_t visible_end,
                const struct leat_wait_request *request, struct leat_error *err) LEAT_CHECKED;
/* The sink's checkpoint moved; its thread. */
void waits_delivered(struct waits_sink *sink, const struct leat_checkpoint *checkpoint);

size_t waits_count(struct waits_sink *sink);                             /* any thread */
uint64_t waits_ended(struct waits_sink *sink, enum waits_result result); /* any thread */

#endif
