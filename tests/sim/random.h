/* The simulator's only source of chance: a run is decided by its seed and nothing else. One thread. */
#ifndef LEAT_SIM_RANDOM_H
#define LEAT_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

/* SplitMix64: any state is a good one, and streams of different numbers have nothing to do with each other.
 */
static inline uint64_t sim_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static inline uint64_t sim_random_next(struct sim_random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    return sim_mix(random->state);
}

/* 0 to n - 1; n must not be 0. */
static inline uint64_t sim_random_below(struct sim_random *random, uint64_t n)
{
    return sim_random_next(random) % n;
}

static inline bool sim_random_chance(struct sim_random *random, unsigned per_mille)
{
    return sim_random_below(random, 1000) < per_mille;
}

/* Each part of the world has a stream of its own, so that one more draw in one of them doesn't change the
 * others. */
static inline struct sim_random sim_random_stream(uint64_t seed, uint64_t stream)
{
    return (struct sim_random){sim_mix(seed * 0x2545f4914f6cdd1du + stream * 0x9e3779b97f4a7c15u + 1)};
}

#endif
