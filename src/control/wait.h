/* Waiting until a sink has delivered something: `leat wait` over the socket, /wait over HTTP.
 *
 * A wait is made by its transport (room control) and fulfilled by room relay, which wakes it when the sink's checkpoint covers
 * what is wanted. Nothing polls: any number of them cost nothing until then. */
#ifndef LEAT_CONTROL_WAIT_H
#define LEAT_CONTROL_WAIT_H

#include <stdint.h>

#include "base/error.h"

struct leat_wait {
    /* Called once, by relay's waking thread, if beginning it returned LEAT_AGAIN; must not block, and may free the wait. result: LEAT_OK,
     * LEAT_AGAIN (the time is over), LEAT_STOPPED (leat ends, or the other end is gone), LEAT_FAIL with err. */
    void (*done)(struct leat_wait *wait, int result, const struct leat_error *err);
    int fd; /* of the connection: a wait whose other end has gone is given up. The transport closes it */
};

struct leat_wait_request {
    const char *sink;
    const char *point;   /* P: a GTID set, FILE:POS, or now */
    uint64_t timeout_ms;
};

enum { LEAT_WAIT_MS_DEFAULT = 60000, LEAT_WAIT_MS_MAX = 86400000, LEAT_WAITS_MAX = 16384 };

/* Begins to wait. LEAT_OK: it is delivered already, done isn't called; LEAT_AGAIN: done will be; LEAT_FAIL. Any thread. */
typedef int leat_wait_begin(void *context, struct leat_wait *wait, const struct leat_wait_request *request, struct leat_error *err);

#endif
