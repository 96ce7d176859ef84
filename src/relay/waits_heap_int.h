/* Binary heaps of waiters, each of which knows where it lies: a waiter lies in one by what it wants, and in one by its deadline. */
#ifndef LEAT_RELAY_WAITS_HEAP_INT_H
#define LEAT_RELAY_WAITS_HEAP_INT_H

#include "control/wait.h"
#include "model/point.h"

enum waiter_order { WAITER_BY_WANTED, WAITER_BY_DEADLINE, WAITER_ORDERS };

struct waiter;
struct waits_sink;

struct heap {
    struct waiter **list; /* owned; the lowest first */
    size_t count, capacity;
    bool (*less)(const struct waiter *a, const struct waiter *b); /* NULL: no order */
    enum waiter_order which;
};

struct waiter {
    struct leat_wait *wait;
    struct waits_sink *sink;
    struct leat_point point;
    struct leat_gtid missing;            /* GTIDS: one that it lacks */
    bool has_uuid;
    uint8_t source_uuid[LEAT_UUID_SIZE]; /* FILE: of this server, if that is known */
    uint64_t seq;                        /* NOW: up to that record */
    uint64_t deadline_us;                /* monotonic */
    size_t at[WAITER_ORDERS];            /* its index in the heaps that it lies in */
    struct heap *in;                     /* by what it wants, or NULL */
    int result;
    struct leat_error err;
    struct waiter *next; /* of those to be told */
};

void waits_heap_put(struct heap *heap, struct waiter *waiter);
void waits_heap_remove(struct heap *heap, struct waiter *waiter); /* it lies in that one */
void waits_heap_free(struct heap *heap);

#endif
