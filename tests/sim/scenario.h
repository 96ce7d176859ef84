/* What one seed stands for: which history, which sinks and settings, which troubles. */
#ifndef LEAT_SIM_SCENARIO_H
#define LEAT_SIM_SCENARIO_H

#include "config/config.h"
#include "history.h"

enum { SIM_SINKS = 3, SIM_TABLES_MAX = 2 };

struct sim_scenario {
    uint64_t seed;
    struct sim_history_options history;
    struct leat_sink_config sinks[SIM_SINKS];
    char *tables[SIM_SINKS][SIM_TABLES_MAX]; /* what the sinks' lists point to */
    unsigned weights[SIM_SINKS];             /* how often a sink gets its turn */
    uint64_t segment_bytes, keep_us, max_bytes;
    unsigned crashes; /* how many there are to be */
    unsigned steps;   /* at most, before the world comes to rest */
    bool commands;    /* pause, resume, rewind */
    bool faults;      /* full disk, failed writes and syncs */
};

/* In place: it points into itself, so it must not be moved. */
void sim_scenario_init(struct sim_scenario *scenario, uint64_t seed);
/* One small, fixed run, for crashes at each single operation of it. */
void sim_scenario_small(struct sim_scenario *scenario, uint64_t seed);
/* One line, for traces. */
void sim_scenario_print(const struct sim_scenario *scenario);

#endif
