/* Time and randomness behind one vtable, so that the simulator can own both. Any thread. */
#ifndef LEAT_BASE_CLOCK_H
#define LEAT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct leat_clock {
    void *context;
    uint64_t (*wall_us)(void *context);      /* microseconds since 1970-01-01 UTC */
    uint64_t (*monotonic_us)(void *context); /* microseconds since some fixed moment; never goes back */
    void (*random)(void *context, void *bytes, size_t size);
};

/* The machine's. */
const struct leat_clock *leat_clock_real(void);

static inline uint64_t leat_wall_us(const struct leat_clock *clock)
{
    return clock->wall_us(clock->context);
}

static inline uint64_t leat_monotonic_us(const struct leat_clock *clock)
{
    return clock->monotonic_us(clock->context);
}

/* UTC, "2026-01-31T23:59:59.123456Z"; text has LEAT_TIME_TEXT_MAX bytes. */
enum { LEAT_TIME_TEXT_MAX = 32 };
char *leat_time_text(char *text, uint64_t wall_us);

#endif
