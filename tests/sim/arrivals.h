/* Since when the journal shows what: a sink with `delay` must have nothing that it has not shown for so long. The recorded commits lie
 * ahead of the simulated clock, so what counts for the delay is when they came. */
#ifndef LEAT_SIM_ARRIVALS_H
#define LEAT_SIM_ARRIVALS_H

#include "sink/runner.h"

enum { SIM_ARRIVALS_MAX = 32768 };

struct sim_arrivals {
    struct sim_arrival {
        uint64_t wall_us;
        char file[64];
        uint64_t pos; /* all before it was there */
    } * list;         /* owned */
    size_t count;
};

void sim_arrivals_note(struct sim_arrivals *arrivals, uint64_t wall_us, const struct leat_journal *journal);
/* The clock was set by so much: back, and what came has come before that. Forth, and all of it is older than it was. */
void sim_arrivals_set_clock(struct sim_arrivals *arrivals, int64_t by_us);
/* Whether what the sink has was all there `delay_us` ago. */
int sim_arrivals_check(const struct sim_arrivals *arrivals, uint64_t wall_us, uint64_t delay_us, const struct leat_runner_status *sink,
                       struct leat_error *err) LEAT_CHECKED;
void sim_arrivals_free(struct sim_arrivals *arrivals);

#endif
