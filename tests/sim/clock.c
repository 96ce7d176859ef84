/* Time that passes only when the world says so (clock.h), but for a few microseconds at each look at it: so
 * nothing can rely on two looks giving the same. */
#include "clock.h"

enum { LOOK_US_MAX = 20 };
static const uint64_t START_WALL_US = 1767225600u * 1000000ull; /* 2026-01-01 */

static void look(struct sim_clock *clock)
{
    sim_clock_advance(clock, sim_random_below(&clock->random, LOOK_US_MAX));
}

static uint64_t wall_us(void *context)
{
    struct sim_clock *clock = context;
    look(clock);
    return clock->wall_us;
}

static uint64_t monotonic_us(void *context)
{
    struct sim_clock *clock = context;
    look(clock);
    return clock->monotonic_us;
}

static void random_bytes(void *context, void *bytes, size_t size)
{
    struct sim_clock *clock = context;
    uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)sim_random_next(&clock->random);
}

void sim_clock_init(struct sim_clock *clock, uint64_t seed)
{
    *clock = (struct sim_clock){.vtable = {clock, wall_us, monotonic_us, random_bytes},
                                .random = sim_random_stream(seed, 1),
                                .wall_us = START_WALL_US};
    sim_clock_boot(clock);
}

void sim_clock_advance(struct sim_clock *clock, uint64_t us)
{
    clock->wall_us += us;
    clock->monotonic_us += us;
}

void sim_clock_set_wall(struct sim_clock *clock, int64_t by_us)
{
    clock->wall_us += (uint64_t)by_us;
}

void sim_clock_boot(struct sim_clock *clock)
{
    clock->monotonic_us = sim_random_below(&clock->random, 10000000);
}
