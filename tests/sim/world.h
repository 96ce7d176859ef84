/* The world: a disk, a clock, a server, and processes of leat that come and go. It decides at random, from
 * its seed alone, what happens next. One thread. */
#ifndef LEAT_SIM_WORLD_H
#define LEAT_SIM_WORLD_H

#include "arrivals.h"
#include "check.h"
#include "process.h"
#include "witness.h"

/* How often what happened: a campaign that never meets a full journal proves nothing about it. */
struct sim_counts {
    uint64_t starts, deaths, failed_syncs, stops, steps, operations, transactions, disconnects, full, resyncs,
        rewinds, faults, skips, branches;
};

/* What a process said was durable: no later one may know less. */
struct sim_promise {
    uint64_t visible_end;
    struct leat_gtid_set *visible_set; /* owned */
    struct {
        uint64_t generation, seq;
    } sinks[SIM_SINKS];
};

struct sim_world {
    struct sim_scenario scenario;
    struct sim_random random;
    struct sim_history *history;
    struct sim_expected expected[SIM_SINKS];
    struct sim_delivery deliveries[SIM_SINKS];
    struct sim_disk *disk;
    struct sim_clock clock;
    struct sim_process process;
    bool up; /* a process is there */
    struct sim_witness witness;
    struct sim_promise promise;
    struct sim_arrivals arrivals;
    struct sim_generation pending[SIM_SINKS]; /* what the last rewind asked for */
    bool trouble;                             /* before the rest: crashes and faults may come */
    bool troubled;                            /* a fault of the disk is or was at work in this process */
    bool full;
    bool rewinding[SIM_SINKS]; /* asked for, and not yet done */
    uint64_t first_death;      /* the operation in which the first process dies; 0: as the scenario says */
    enum sim_death first_how;
    struct sim_counts counts;
    bool trace;
};

/* Makes it all; the disk is empty. Fails if the recordings aren't right. */
int sim_world_init(struct sim_world *world, const struct sim_scenario *scenario,
                   struct leat_error *err) LEAT_CHECKED;
void sim_world_free(struct sim_world *world);

/* Runs the scenario: troubles, then rest, then the checks of all sinks' files. */
int sim_world_run(struct sim_world *world, struct leat_error *err) LEAT_CHECKED;
/* Parts of it: a number of random steps (starting processes as needed), and rest with checks. */
int sim_world_steps(struct sim_world *world, unsigned steps, struct leat_error *err) LEAT_CHECKED;
int sim_world_rest(struct sim_world *world, struct leat_error *err) LEAT_CHECKED;
/* Everything is closed as when the process ends; it may be dead already. */
void sim_world_down(struct sim_world *world);
/* For whatever begins a process other than the steps do. */
int sim_world_up(struct sim_world *world, struct leat_error *err) LEAT_CHECKED;
/* All sinks of the process that is up begin anew at the oldest transaction. */
int sim_world_rewind_all(struct sim_world *world, struct leat_error *err) LEAT_CHECKED;

#endif
