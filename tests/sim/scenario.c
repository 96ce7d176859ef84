/* A seed into a scenario (scenario.h). Sizes are small, so that segments and files rotate often and whatever
 * has to be deleted is. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>

#include "journal/journal.h"

static const char *const sysbench[] = {"sysbench-1", "sysbench-2", "sysbench-3", "sysbench-4", "sysbench-5"};
static const char *const kinds[] = {"sysbench-5",       "ddl",        "types",       "large_rows",
                                    "nontransactional", "savepoints", "keys",        "json",
                                    "minimal_image",    "rows_query", "no_checksum", "charsets",
                                    "sysbench-5"};
static const char *const short_one[] = {"sysbench-5"};
static const char *const small_run[] = {"sysbench-5", "ddl", "large_rows"};

static char sink_names[SIM_SINKS][8] = {"all", "some", "slow"};
static char sink_paths[SIM_SINKS][16] = {"/out/all", "/out/shared", "/out/shared"};
static char type_name[] = "file", format_name[] = "leat";
static char first_table[] = "*.sbtest1", other_tables[] = "*.t*";

static uint64_t one_of(struct sim_random *random, const uint64_t *values, size_t count)
{
    return values[sim_random_below(random, count)];
}
#define ONE_OF(random, ...)                         \
    one_of(random, (const uint64_t[]){__VA_ARGS__}, \
           sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void choose_history(struct sim_history_options *history, struct sim_random *random)
{
    unsigned kind = (unsigned)sim_random_below(random, 10);
    if (kind < 3) {
        history->recordings = short_one;
        history->recording_count = 1;
        history->repeats = 1 + sim_random_below(random, 4);
    } else if (kind < 6) {
        history->recordings = kinds;
        history->recording_count = sizeof kinds / sizeof *kinds;
        history->repeats = 1 + sim_random_below(random, 2);
    } else {
        history->recordings = sysbench;
        history->recording_count = sizeof sysbench / sizeof *sysbench;
        history->repeats = kind == 9 ? 4 : 1;
    }
    history->anonymous = sim_random_chance(random, 150);
    history->merge = (unsigned)ONE_OF(random, 0, 0, 10, 50);
    history->merge_most = (unsigned)ONE_OF(random, 5, 50, 200);
    history->xa = (unsigned)ONE_OF(random, 0, 0, 50, 300, 700);
    history->xa_left_open = true;
}

static void choose_sink(struct sim_scenario *scenario, size_t at, struct sim_random *random)
{
    struct leat_sink_config *sink = &scenario->sinks[at];
    sink->name = sink_names[at];
    sink->type = type_name;
    sink->format = format_name;
    sink->path = sink_paths[at];
    sink->compress = (enum leat_compress)ONE_OF(random, LEAT_COMPRESS_NONE, LEAT_COMPRESS_NONE,
                                                LEAT_COMPRESS_ZSTD, LEAT_COMPRESS_GZIP);
    sink->rotate_bytes = ONE_OF(random, 0, 2000, 20000, 200000);
    sink->rotate_interval_us = ONE_OF(random, 0, 0, 100000, 10000000);
    sink->backoff_min_ms = 10;
    sink->backoff_max_ms = 1000;
    sink->checkpoint_interval_ms = (unsigned)ONE_OF(random, 0, 1, 20, 1000);
    scenario->weights[at] = (unsigned)ONE_OF(random, 20, 100, 200);
}

static void set_tables(struct sim_scenario *scenario, size_t at, bool exclude, char *first, char *second)
{
    struct leat_strings *strings =
        exclude ? &scenario->sinks[at].exclude_tables : &scenario->sinks[at].tables;
    scenario->tables[at][0] = first;
    scenario->tables[at][1] = second;
    *strings = (struct leat_strings){scenario->tables[at], second ? 2 : 1};
}

void sim_scenario_init(struct sim_scenario *scenario, uint64_t seed)
{
    struct sim_random random = sim_random_stream(seed, 0);
    *scenario = (struct sim_scenario){.seed = seed, .history.seed = seed};
    choose_history(&scenario->history, &random);
    for (size_t i = 0; i < SIM_SINKS; i++)
        choose_sink(scenario, i, &random);
    if (sim_random_chance(&random, 500))
        set_tables(scenario, 1, true, first_table, NULL);
    else
        set_tables(scenario, 1, false, first_table, other_tables);
    scenario->weights[2] = (unsigned)ONE_OF(&random, 1, 10, 50);
    scenario->segment_bytes = ONE_OF(&random, 65536, 65536, 131072);
    scenario->keep_us = ONE_OF(&random, 0, 0, 1000000, 3600000000);
    scenario->max_bytes = ONE_OF(&random, 0, 524288, 524288, 1048576);
    if (scenario->max_bytes)
        scenario->history.xa_left_open = false; /* nobody would ever end them, and the journal would be full for good */
    if (scenario->max_bytes && sim_random_chance(&random, 500))
        scenario->sinks[2].when_journal_full = LEAT_WHEN_FULL_DETACH;
    scenario->crashes = (unsigned)ONE_OF(&random, 0, 2, 5, 10, 20);
    scenario->steps = (unsigned)ONE_OF(&random, 500, 2000, 5000);
    scenario->commands = sim_random_chance(&random, 500);
    scenario->faults = sim_random_chance(&random, 500);
    if (sim_random_chance(&random, 300)) /* last, so that seeds mean what they meant */
        scenario->sinks[sim_random_below(&random, SIM_SINKS)].delay_us = ONE_OF(&random, 1, 1000000, 20000000);
}

void sim_scenario_small(struct sim_scenario *scenario, uint64_t seed)
{
    struct sim_random random = sim_random_stream(seed, 0);
    *scenario = (struct sim_scenario){.seed = seed, .history.seed = seed};
    scenario->history.recordings = small_run;
    scenario->history.recording_count = sizeof small_run / sizeof *small_run;
    scenario->history.repeats = 2;
    scenario->history.merge = 50;
    scenario->history.merge_most = 10;
    scenario->history.xa = 300;
    for (size_t i = 0; i < SIM_SINKS; i++) {
        choose_sink(scenario, i, &random);
        scenario->sinks[i].compress = (enum leat_compress)i;
        scenario->sinks[i].rotate_bytes = 20000;
        scenario->sinks[i].checkpoint_interval_ms = 20;
        scenario->weights[i] = 100;
    }
    set_tables(scenario, 1, true, first_table, NULL);
    scenario->segment_bytes = 65536;
    scenario->steps = 300;
}

void sim_scenario_print(const struct sim_scenario *scenario)
{
    fprintf(stderr,
            "scenario: %zu recordings from %s, %zu times, %s, merge %u, xa %u; segments of %llu, keep %llu us, max "
            "%llu; %u crashes, %u steps%s%s\n",
            scenario->history.recording_count, scenario->history.recordings[0], scenario->history.repeats,
            scenario->history.anonymous ? "anonymous" : "GTIDs", scenario->history.merge,
            scenario->history.xa,
            (unsigned long long)scenario->segment_bytes, (unsigned long long)scenario->keep_us,
            (unsigned long long)scenario->max_bytes, scenario->crashes, scenario->steps,
            scenario->commands ? ", commands" : "", scenario->faults ? ", faults" : "");
    for (size_t i = 0; i < SIM_SINKS; i++) {
        const struct leat_sink_config *sink = &scenario->sinks[i];
        fprintf(stderr, "sink %s: compress %d, rotate at %llu bytes or %llu us, checkpoints each %u ms, delay %llu us%s\n",
                sink->name, (int)sink->compress, (unsigned long long)sink->rotate_bytes,
                (unsigned long long)sink->rotate_interval_us, sink->checkpoint_interval_ms, (unsigned long long)sink->delay_us,
                sink->when_journal_full == LEAT_WHEN_FULL_DETACH ? ", detach" : "");
    }
}
