/* Time that passes only when the world says so. One thread. */
#ifndef LEAT_SIM_CLOCK_H
#define LEAT_SIM_CLOCK_H

#include "base/clock.h"
#include "random.h"

struct sim_clock {
    struct leat_clock vtable;
    struct sim_random random;
    uint64_t wall_us, monotonic_us;
};

/* In place: the vtable points back into it, so it must not be moved. */
void sim_clock_init(struct sim_clock *clock, uint64_t seed);
void sim_clock_advance(struct sim_clock *clock, uint64_t us);
/* Somebody set the wall clock; the other one goes on. */
void sim_clock_set_wall(struct sim_clock *clock, int64_t by_us);
/* A boot: the monotonic clock starts anew. */
void sim_clock_boot(struct sim_clock *clock);

#endif
