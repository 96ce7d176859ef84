/* The simulator's command line. A run is decided by its seed; one that fails prints how to have it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "flips.h"
#include "world.h"

struct options {
    uint64_t seed, count;
    bool every_operation, flips, verbose;
    uint64_t stride; /* of operations */
};

struct totals {
    uint64_t passed, failed, skipped;
    struct sim_counts counts;
};

static int usage(void)
{
    fputs("usage: sim [--seed N | --seeds A-B | --count N [--seed FIRST]] [--verbose]\n"
          "       sim --every-operation [--stride N] [--seed N]\n"
          "       sim --bit-flips N [--seed FIRST]\n"
          "       sim --quick\n",
          stderr);
    return 2;
}

/* ---- One run of each kind ---- */

static void add_counts(struct sim_counts *to, const struct sim_counts *from)
{
    to->starts += from->starts;
    to->deaths += from->deaths;
    to->failed_syncs += from->failed_syncs;
    to->stops += from->stops;
    to->steps += from->steps;
    to->operations += from->operations;
    to->transactions += from->transactions;
    to->disconnects += from->disconnects;
    to->full += from->full;
    to->resyncs += from->resyncs;
    to->rewinds += from->rewinds;
    to->faults += from->faults;
    to->skips += from->skips;
    to->branches += from->branches;
}

static void print_counts(const struct sim_counts *counts)
{
    const struct {
        const char *name;
        uint64_t count;
    } lines[] = {{"transactions", counts->transactions},
                 {"steps", counts->steps},
                 {"disk operations", counts->operations},
                 {"processes", counts->starts},
                 {"killed or cut off", counts->deaths},
                 {"ended by a failed sync", counts->failed_syncs},
                 {"stopped", counts->stops},
                 {"connections broken", counts->disconnects},
                 {"times the journal was full", counts->full},
                 {"rewinds", counts->rewinds},
                 {"sinks left behind", counts->resyncs},
                 {"disk faults set", counts->faults},
                 {"XA branches ended", counts->branches},
                 {"XA COMMITs passed over", counts->skips}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        printf("%12llu %s\n", (unsigned long long)lines[i].count, lines[i].name);
}

static int run_seed(uint64_t seed, bool verbose, struct totals *totals, struct leat_error *err)
{
    struct sim_scenario scenario;
    struct sim_world world;
    sim_scenario_init(&scenario, seed);
    if (verbose)
        sim_scenario_print(&scenario);
    int rc = sim_world_init(&world, &scenario, err);
    world.trace = verbose;
    sim_disk_trace(world.disk, verbose);
    if (rc == LEAT_OK)
        rc = sim_world_run(&world, err);
    add_counts(&totals->counts, &world.counts);
    sim_world_free(&world);
    return rc;
}

/* operation 0: no death; *operations then is how many there are. */
static int run_small(uint64_t seed, uint64_t operation, enum sim_death death, bool verbose,
                     uint64_t *operations, struct leat_error *err)
{
    struct sim_scenario scenario;
    struct sim_world world;
    sim_scenario_small(&scenario, seed);
    int rc = sim_world_init(&world, &scenario, err);
    world.trace = verbose;
    world.first_death = operation;
    world.first_how = death;
    sim_disk_trace(world.disk, verbose);
    if (rc == LEAT_OK)
        rc = sim_world_run(&world, err);
    if (operations)
        *operations = sim_disk_operations(world.disk);
    sim_world_free(&world);
    return rc;
}

/* ---- Many ---- */

static void count_run(struct totals *totals, int rc, const struct leat_error *err, const char *again)
{
    if (rc == LEAT_OK) {
        totals->passed++;
        return;
    }
    totals->failed++;
    printf("FAILED: %s: %s\n  again: %s --verbose\n", leat_code_name(err->code), err->message, again);
    fflush(stdout);
}

static void run_seeds(const struct options *options, struct totals *totals)
{
    for (uint64_t i = 0; i < options->count; i++) {
        struct leat_error err = {0};
        char again[96];
        snprintf(again, sizeof again, "sim --seed %llu", (unsigned long long)(options->seed + i));
        count_run(totals, run_seed(options->seed + i, options->verbose, totals, &err), &err, again);
    }
}

static void run_every_operation(const struct options *options, struct totals *totals)
{
    struct leat_error err = {0};
    uint64_t operations = 0;
    int rc = run_small(options->seed, 0, SIM_KILL, options->verbose, &operations, &err);
    char again[128];
    snprintf(again, sizeof again, "sim --every-operation --seed %llu --at 0",
             (unsigned long long)options->seed);
    count_run(totals, rc, &err, again);
    for (uint64_t k = 1; rc == LEAT_OK && k <= operations; k += options->stride) {
        for (unsigned how = 0; how < 2; how++) {
            err = (struct leat_error){0};
            snprintf(again, sizeof again, "sim --every-operation --seed %llu --at %llu --%s",
                     (unsigned long long)options->seed, (unsigned long long)k,
                     how == SIM_POWER ? "power" : "kill");
            count_run(totals, run_small(options->seed, k, (enum sim_death)how, false, NULL, &err), &err,
                      again);
        }
    }
    printf("every operation: a death in each %s of %llu operations, seed %llu\n",
           options->stride == 1 ? "one" : "few", (unsigned long long)operations,
           (unsigned long long)options->seed);
}

static void run_flips(const struct options *options, struct totals *totals)
{
    for (uint64_t i = 0; i < options->count; i++) {
        struct leat_error err = {0};
        char again[96];
        snprintf(again, sizeof again, "sim --bit-flips 1 --seed %llu",
                 (unsigned long long)(options->seed + i));
        count_run(totals, sim_flip(options->seed + i, options->verbose, &err), &err, again);
    }
}

/* ---- The command line ---- */

static bool take_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    return text && *text && !*end;
}

static bool take_range(const char *text, uint64_t *first, uint64_t *count)
{
    unsigned long long from, to;
    int used = 0;
    if (sscanf(text, "%llu-%llu%n", &from, &to, &used) != 2 || text[used] || to < from)
        return false;
    *first = from;
    *count = to - from + 1;
    return true;
}

struct command {
    struct options options;
    bool quick, has_at;
    uint64_t at;
    enum sim_death death;
};

static bool parse(struct command *command, int argc, char **argv)
{
    struct options *options = &command->options;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        bool fine = true, takes = true;
        if (!strcmp(name, "--seed"))
            fine = take_number(value, &options->seed);
        else if (!strcmp(name, "--seeds"))
            fine = take_range(value, &options->seed, &options->count);
        else if (!strcmp(name, "--count"))
            fine = take_number(value, &options->count);
        else if (!strcmp(name, "--bit-flips"))
            fine = take_number(value, &options->count) && (options->flips = true);
        else if (!strcmp(name, "--stride"))
            fine = take_number(value, &options->stride) && options->stride;
        else if (!strcmp(name, "--at"))
            fine = take_number(value, &command->at) && (command->has_at = true);
        else
            takes = false;
        if (takes) {
            i++;
        } else if (!strcmp(name, "--every-operation")) {
            options->every_operation = true;
        } else if (!strcmp(name, "--power") || !strcmp(name, "--kill")) {
            command->death = !strcmp(name, "--power") ? SIM_POWER : SIM_KILL;
        } else if (!strcmp(name, "--quick")) {
            command->quick = true;
        } else if (!strcmp(name, "--verbose")) {
            options->verbose = true;
        } else {
            return false;
        }
        if (!fine)
            return false;
    }
    return true;
}

/* What each change of the code has to pass: about a minute with sanitizers. */
static void run_quick(struct totals *totals)
{
    struct options options = {.seed = 1, .count = 200, .stride = 1};
    run_seeds(&options, totals);
    options.stride = 7;
    run_every_operation(&options, totals);
    options.count = 20;
    run_flips(&options, totals);
}

int main(int argc, char **argv)
{
    struct command command = {.options = {.seed = 1, .count = 1, .stride = 1}};
    struct totals totals = {0};
    if (!parse(&command, argc, argv))
        return usage();
    const struct options *options = &command.options;
    /* Troubles that are provoked are told of by those who meet them: only who looks at one run wants to read
     * that. */
    leat_log_setup(options->verbose ? LEAT_LOG_DEBUG : LEAT_LOG_ERROR, LEAT_LOG_LOGFMT);
    time_t began = time(NULL);
    if (command.quick) {
        run_quick(&totals);
    } else if (command.has_at) {
        struct leat_error err = {0};
        count_run(&totals, run_small(options->seed, command.at, command.death, options->verbose, NULL, &err),
                  &err, "the same");
    } else if (options->every_operation) {
        run_every_operation(options, &totals);
    } else if (options->flips) {
        run_flips(options, &totals);
    } else {
        run_seeds(options, &totals);
    }
    if (totals.counts.starts)
        print_counts(&totals.counts);
    printf("%12lld s\n", (long long)(time(NULL) - began));
    printf("%llu passed, %llu failed, %llu skipped\n", (unsigned long long)totals.passed,
           (unsigned long long)totals.failed, (unsigned long long)totals.skipped);
    return totals.failed ? 1 : 0;
}
