/* What happens in a world and when (world.h).
 *
 * A step may fail because the machine is dead or a sync failed: then the process ends and the next one
 * starts; nothing else may fail but what a disk that is full or broken explains. */
#include "world.h"

#include <stdio.h>

#include "base/log.h"
#include "definitions.h"

enum { UNTIL_REST_MOST = 20000, STARTS_MOST = 2000, START_WITHOUT_LUCK_MOST = 50 };

static void say(const struct sim_world *world, const char *format, ...) LEAT_PRINTF(2, 3);
static void say(const struct sim_world *world, const char *format, ...)
{
    if (!world->trace)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%8llu world: ", (unsigned long long)sim_disk_operations(world->disk));
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int sim_world_init(struct sim_world *world, const struct sim_scenario *scenario, struct leat_error *err)
{
    *world = (struct sim_world){.scenario = *scenario, .random = sim_random_stream(scenario->seed, 4)};
    for (size_t i = 0; i < SIM_SINKS; i++) /* they point into the scenario */
        if (world->scenario.tables[i][0]) {
            struct leat_sink_config *sink = &world->scenario.sinks[i];
            *(sink->tables.count ? &sink->tables.list : &sink->exclude_tables.list) =
                world->scenario.tables[i];
        }
    world->disk = sim_disk_new(scenario->seed);
    sim_clock_init(&world->clock, scenario->seed);
    if (sim_history_new(&world->history, &scenario->history, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < SIM_SINKS; i++) {
        if (sim_expected_new(&world->expected[i], world->history, &world->scenario.sinks[i], err))
            return LEAT_FAIL;
        world->deliveries[i] =
            (struct sim_delivery){.config = &world->scenario.sinks[i], .expected = &world->expected[i]};
        world->pending[i] = (struct sim_generation){.known = true, .exactly = true, .first = 0};
    }
    return LEAT_OK;
}

void sim_world_free(struct sim_world *world)
{
    sim_world_down(world);
    sim_history_free(&world->history);
    for (size_t i = 0; i < SIM_SINKS; i++)
        sim_expected_free(&world->expected[i]);
    leat_gtid_set_free(&world->promise.visible_set);
    sim_arrivals_free(&world->arrivals);
    sim_disk_free(&world->disk);
}

/* ---- Processes come and go ---- */

static void note_generation(struct sim_world *world, size_t sink, uint64_t generation)
{
    struct sim_delivery *delivery = &world->deliveries[sink];
    if (generation <= delivery->last_generation || generation >= SIM_GENERATIONS_MAX)
        return;
    say(world, "sink %s: generation %llu", world->scenario.sinks[sink].name, (unsigned long long)generation);
    delivery->generations[generation] = world->pending[sink];
    struct leat_error ignored = {0};
    struct sim_generation *known = &delivery->generations[generation];
    if (generation > 1 && sim_witness_oldest(world->process.journal, world->history, &known->oldest, &ignored))
        known->oldest = world->history->transaction_count; /* the disk fails: anything may be gone */
    delivery->last_generation = generation;
    world->rewinding[sink] = false;
}

static void note_promises(struct sim_world *world)
{
    const struct sim_process *process = &world->process;
    if (!process->journal)
        return;
    world->promise.visible_end = leat_journal_visible_end(process->journal);
    leat_gtid_set_free(&world->promise.visible_set);
    world->promise.visible_set = leat_journal_visible_set(process->journal);
    for (size_t i = 0; i < SIM_SINKS; i++) {
        struct leat_runner_status status;
        leat_runner_status(process->runners[i], &status);
        note_generation(world, i, status.generation);
        if (!status.seq)
            continue;
        world->promise.sinks[i].generation = status.generation;
        world->promise.sinks[i].seq = status.seq;
    }
}

void sim_world_down(struct sim_world *world)
{
    if (!world->up)
        return;
    sim_witness_end(&world->witness);
    if (world->process.decoder) /* it had started, so what it said counts */
        note_promises(world);
    sim_process_end(&world->process);
    world->up = false;
}

static int check_promises(struct sim_world *world, struct leat_error *err)
{
    const struct sim_promise *promise = &world->promise;
    const struct sim_process *process = &world->process;
    uint64_t visible_end = leat_journal_visible_end(process->journal);
    if (visible_end < promise->visible_end)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "the journal was visible up to %llu, and now ends at %llu",
                         (unsigned long long)promise->visible_end, (unsigned long long)visible_end);
    struct leat_gtid_set *set = leat_journal_visible_set(process->journal);
    bool contains = !promise->visible_set || leat_gtid_set_contains_set(set, promise->visible_set);
    leat_gtid_set_free(&set);
    if (!contains)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "the journal forgot transactions that were visible");
    for (size_t i = 0; i < SIM_SINKS; i++) {
        const struct leat_checkpoint *found = &process->checkpoints[i];
        if (found->generation == promise->sinks[i].generation && found->seq < promise->sinks[i].seq)
            return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                             "sink %s had delivered up to %llu, and now says %llu",
                             world->scenario.sinks[i].name, (unsigned long long)promise->sinks[i].seq,
                             (unsigned long long)found->seq);
        note_generation(world, i, found->generation);
        /* A new sink on a new journal begins its first one while it is attached. */
        struct leat_runner_status status;
        leat_runner_status(process->runners[i], &status);
        note_generation(world, i, status.generation);
    }
    return LEAT_OK;
}

/* When the process to be started will die. */
static void plan_death(struct sim_world *world)
{
    static const unsigned within[] = {5, 30, 200, 1000};
    struct sim_random *random = &world->random;
    if (world->first_death && !world->counts.starts)
        sim_disk_die_at(world->disk, world->first_death, world->first_how);
    if (!world->trouble || world->counts.deaths >= world->scenario.crashes || sim_random_chance(random, 200))
        return;
    uint64_t in = 1 + sim_random_below(random, within[sim_random_below(random, 4)]);
    sim_disk_die_at(world->disk, sim_disk_operations(world->disk) + in,
                    sim_random_chance(random, 700) ? SIM_POWER : SIM_KILL);
    if (world->scenario.faults && sim_random_chance(random, 50))
        sim_disk_fail_sync(world->disk, (unsigned)sim_random_below(random, 30));
}

/* Whether that error is what the world did to it; then the process is taken down, and the next may start. */
static bool survives(struct sim_world *world, const struct leat_error *err)
{
    bool dead = sim_disk_dead(world->disk);
    if (!dead && !sim_disk_sync_failed(world->disk))
        return false;
    if (!dead && (err->kind != LEAT_KIND_FATAL || err->code != LEAT_E_SYNC))
        return false;
    say(world, "%s: %s", dead ? "dead" : "sync failed", err->message);
    world->counts.deaths += dead;
    world->counts.failed_syncs += !dead;
    if (!dead && sim_random_chance(&world->random, 300))
        sim_disk_die(world->disk, SIM_POWER);
    sim_world_down(world);
    return true;
}

int sim_world_up(struct sim_world *world, struct leat_error *err)
{
    for (unsigned tries = 0; !world->up; tries++) {
        sim_disk_restart(world->disk);
        sim_clock_boot(&world->clock);
        world->full = world->troubled = false;
        plan_death(world);
        world->process = (struct sim_process){.scenario = &world->scenario,
                                              .history = world->history,
                                              .disk = world->disk,
                                              .clock = &world->clock};
        world->up = true;
        world->counts.starts++;
        say(world, "start %llu", (unsigned long long)world->counts.starts);
        *err = (struct leat_error){0};
        int rc = sim_process_start(&world->process, err);
        if (rc == LEAT_OK)
            rc = check_promises(world, err);
        if (rc == LEAT_OK) {
            sim_arrivals_note(&world->arrivals, world->clock.wall_us, world->process.journal);
            return LEAT_OK;
        }
        if (!survives(world, err))
            return leat_error_prefix(err, "starting");
        if (tries > START_WITHOUT_LUCK_MOST || world->counts.starts > STARTS_MOST)
            return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "it never comes up");
    }
    return LEAT_OK;
}

/* ---- Steps ---- */

/* A disk that is full or fails is a reason to wait. */
static int bear(const struct sim_world *world, int rc, const struct leat_error *err)
{
    return rc == LEAT_FAIL && world->troubled && err->kind == LEAT_KIND_RETRY ? LEAT_AGAIN : rc;
}

static int do_append(struct sim_world *world, struct leat_error *err)
{
    int rc = sim_process_append(&world->process, err);
    world->counts.full += rc == LEAT_AGAIN;
    return bear(world, rc, err);
}

static int do_sync(struct sim_world *world, struct leat_error *err)
{
    int rc = sim_process_sync(&world->process, err);
    if (rc == LEAT_OK && sim_disk_unsynced(world->disk, SIM_JOURNAL_FOLDER, ".seg"))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "the journal says that all is synced, and it isn't");
    if (rc == LEAT_OK)
        sim_arrivals_note(&world->arrivals, world->clock.wall_us, world->process.journal);
    return bear(world, rc, err);
}

static int do_retain(struct sim_world *world, struct leat_error *err)
{
    int rc = leat_journal_retain(world->process.journal, err);
    return rc == LEAT_FAIL && world->troubled && err->kind != LEAT_KIND_FATAL ? LEAT_AGAIN : rc;
}

static size_t transaction_named(const struct sim_history *history, const char *name)
{
    for (size_t i = 0; i < history->transaction_count; i++) {
        const struct sim_transaction *transaction = &history->transactions[i];
        const struct sim_binlog *file = &history->files[transaction->file];
        char text[LEAT_GTID_TEXT_MAX + 64];
        if (transaction->gtid.flavour != LEAT_FLAVOUR_NONE)
            leat_gtid_text(text, &transaction->gtid);
        else
            snprintf(text, sizeof text, "%s:%zu", file->name, file->events[transaction->first_event].offset);
        if (!strcmp(text, name))
            return i;
    }
    return history->transaction_count;
}

/* A sink that began between PREPARE and COMMIT, where the journal didn't have the PREPARE any more, halts at the COMMIT: then
 * that one is passed over. Any other halt is a fault. */
static bool pass_over(struct sim_world *world, size_t sink, const struct leat_runner_status *status)
{
    struct sim_delivery *delivery = &world->deliveries[sink];
    struct sim_generation *generation = &delivery->generations[delivery->last_generation];
    const struct sim_history *history = world->history;
    if (status->state != LEAT_RUNNER_HALTED ||
        !strstr(status->error.message, "prepared before what the journal still has"))
        return false;
    size_t index = transaction_named(history, status->halted_at);
    if (index == history->transaction_count || !history->transactions[index].prepared ||
        history->transactions[index].prepared - 1 >= generation->oldest)
        return false;
    bool known = false;
    for (size_t i = 0; i < generation->skipped_count; i++)
        known = known || generation->skipped[i] == index;
    if (!known) {
        if (generation->skipped_count == SIM_SKIPPED_MAX)
            return false;
        generation->skipped[generation->skipped_count++] = index;
    }
    struct leat_error ignored = {0};
    say(world, "sink %s: skips %s, prepared before its beginning", status->name, status->halted_at);
    world->counts.skips++;
    return leat_runner_skip(world->process.runners[sink], status->halted_at, "prepared before", &ignored) == LEAT_OK;
}

static int do_runner(struct sim_world *world, size_t sink, struct leat_error *err)
{
    unsigned wait_ms;
    struct leat_runner_status status;
    int rc = leat_runner_step(world->process.runners[sink], &wait_ms, err);
    if (rc == LEAT_FAIL)
        return rc;
    leat_runner_status(world->process.runners[sink], &status);
    note_generation(world, sink, status.generation);
    if (sim_arrivals_check(&world->arrivals, world->clock.wall_us, world->scenario.sinks[sink].delay_us, &status, err))
        return LEAT_FAIL;
    if (!pass_over(world, sink, &status) && status.state == LEAT_RUNNER_HALTED && !world->troubled) {
        *err = status.error;
        return leat_error_prefix(err, "sink %s halted", status.name);
    }
    /* Retention may be faster than a rewind. */
    if (status.state == LEAT_RUNNER_NEEDS_RESYNC && !world->rewinding[sink] &&
        world->scenario.sinks[sink].when_journal_full != LEAT_WHEN_FULL_DETACH) {
        *err = status.error;
        return leat_error_prefix(err, "sink %s needs resync", status.name);
    }
    return rc;
}

static int do_witness(struct sim_world *world, struct leat_error *err)
{
    int rc = sim_witness_read(&world->witness, world->process.journal, world->history, err);
    if (rc == LEAT_OK)
        rc = sim_definitions_check(world->process.journal, world->history, err);
    return rc == LEAT_FAIL ? leat_error_prefix(err, "witness") : rc;
}

static void do_clock(struct sim_world *world)
{
    static const uint64_t most_us[] = {1000, 50000, 2000000, 100000000};
    sim_clock_advance(&world->clock,
                      sim_random_below(&world->random, most_us[sim_random_below(&world->random, 4)]));
    if (sim_random_chance(&world->random, 5)) {
        int64_t by_us = sim_random_chance(&world->random, 500) ? 7200000000 : -7200000000;
        sim_clock_set_wall(&world->clock, by_us);
        sim_arrivals_set_clock(&world->arrivals, by_us);
    }
}

/* A shutdown as SIGTERM brings it. */
static int do_stop(struct sim_world *world, struct leat_error *err)
{
    say(world, "stop");
    world->counts.stops++;
    for (size_t i = 0; i < SIM_SINKS; i++) {
        leat_runner_stop(world->process.runners[i]);
        int rc;
        unsigned wait_ms, turns = 0;
        while ((rc = leat_runner_step(world->process.runners[i], &wait_ms, err)) != LEAT_STOPPED) {
            if (rc == LEAT_FAIL)
                return rc;
            sim_clock_advance(&world->clock, 1000);
            if (++turns > 10000)
                return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "sink %s doesn't stop",
                                 world->scenario.sinks[i].name);
        }
    }
    sim_world_down(world);
    return LEAT_OK;
}

/* To the oldest transaction there is. */
static int rewind_to_oldest(struct sim_world *world, size_t sink, struct leat_error *err)
{
    struct leat_point to = {.type = LEAT_POINT_EARLIEST};
    size_t oldest = 0;
    if (sim_witness_oldest(world->process.journal, world->history, &oldest, err))
        return LEAT_FAIL;
    world->pending[sink] = (struct sim_generation){.known = true, .exactly = false, .first = oldest};
    say(world, "sink %s: rewind to earliest, transaction %zu", world->scenario.sinks[sink].name, oldest);
    world->rewinding[sink] = true;
    world->counts.resyncs++;
    return leat_runner_rewind(world->process.runners[sink], &to, err);
}

int sim_world_rewind_all(struct sim_world *world, struct leat_error *err)
{
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (rewind_to_oldest(world, i, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static int rewind_to_set(struct sim_world *world, size_t sink, struct leat_error *err)
{
    size_t oldest;
    if (sim_witness_oldest(world->process.journal, world->history, &oldest, err))
        return LEAT_FAIL;
    struct leat_gtid_set *visible = leat_journal_visible_set(world->process.journal);
    size_t end = oldest;
    while (end < world->history->transaction_count &&
           leat_gtid_set_contains(visible, &world->history->transactions[end].gtid))
        end++;
    leat_gtid_set_free(&visible);
    if (end == oldest)
        return LEAT_OK;
    size_t first = oldest + sim_random_below(&world->random, end - oldest);
    struct leat_point to = {.type = LEAT_POINT_GTIDS, .gtids = sim_history_set(world->history, first)};
    world->pending[sink] = (struct sim_generation){.known = true, .exactly = true, .first = first};
    world->rewinding[sink] = true;
    world->counts.rewinds++;
    say(world, "sink %s: rewind to transaction %zu", world->scenario.sinks[sink].name, first);
    int rc = leat_runner_rewind(world->process.runners[sink], &to, err);
    leat_point_free(&to);
    return rc;
}

static int do_command(struct sim_world *world, struct leat_error *err)
{
    size_t sink = sim_random_below(&world->random, SIM_SINKS);
    struct leat_runner *runner = world->process.runners[sink];
    struct leat_runner_status status;
    leat_runner_status(runner, &status);
    if (status.state == LEAT_RUNNER_NEEDS_RESYNC)
        return rewind_to_oldest(world, sink, err);
    switch (sim_random_below(&world->random, 6)) {
    case 0:
        return leat_runner_pause(runner, err);
    case 1:
        /* Only while nothing else of this kind is under way, so that it is known which one comes true. */
        if (world->history->anonymous || world->deliveries[sink].last_generation + 8 >= SIM_GENERATIONS_MAX ||
            status.state != LEAT_RUNNER_RUNNING)
            return LEAT_OK;
        return rewind_to_set(world, sink, err);
    default:
        return leat_runner_resume(runner, NULL, err);
    }
}

static void do_fault(struct sim_world *world)
{
    struct sim_random *random = &world->random;
    world->troubled = true;
    world->counts.faults++;
    switch (sim_random_below(random, 6)) {
    case 0:
        say(world, "a sync is to fail");
        sim_disk_fail_sync(world->disk, (unsigned)sim_random_below(random, 20));
        break;
    case 1:
        say(world, "writes fail");
        sim_disk_fail_writes(world->disk, 1 + (unsigned)sim_random_below(random, 3));
        break;
    default:
        world->full = !world->full;
        say(world, "the disk is %s", world->full ? "full" : "no longer full");
        sim_disk_set_full(world->disk, world->full);
        break;
    }
}

static int step(struct sim_world *world, struct leat_error *err)
{
    enum {
        FEED = 300,
        APPEND = 150,
        SYNC = 150,
        RETAIN = 40,
        CLOCK = 100,
        DISCONNECT = 8,
        WITNESS = 15,
        STOP = 2,
        DIE = 3
    };
    const struct sim_scenario *scenario = &world->scenario;
    struct sim_random *random = &world->random;
    unsigned total = FEED + APPEND + SYNC + RETAIN + CLOCK + DISCONNECT + WITNESS + STOP + DIE + 20;
    for (size_t i = 0; i < SIM_SINKS; i++)
        total += scenario->weights[i];
    unsigned draw = (unsigned)sim_random_below(random, total);
#define IS(weight) (draw < (weight) ? true : (draw -= (weight), false))
    if (IS(FEED)) {
        int rc = sim_process_feed(&world->process, 1 + (unsigned)sim_random_below(random, 60), err);
        return rc == LEAT_END ? LEAT_OK : rc;
    }
    if (IS(APPEND))
        return do_append(world, err);
    if (IS(SYNC))
        return do_sync(world, err);
    if (IS(RETAIN))
        return do_retain(world, err);
    if (IS(CLOCK)) {
        do_clock(world);
        return LEAT_OK;
    }
    if (IS(DISCONNECT)) {
        world->counts.disconnects += world->process.connected;
        sim_process_disconnect(&world->process);
        return LEAT_OK;
    }
    if (IS(WITNESS))
        return do_witness(world, err);
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (IS(scenario->weights[i]))
            return do_runner(world, i, err);
    if (IS(STOP))
        return do_stop(world, err);
    if (IS(DIE)) {
        if (world->trouble && world->counts.deaths < scenario->crashes)
            sim_disk_die(world->disk, sim_random_chance(random, 500) ? SIM_POWER : SIM_KILL);
        return LEAT_OK;
    }
#undef IS
    if (draw % 2 ? scenario->commands : scenario->faults) {
        if (draw % 2)
            return do_command(world, err);
        do_fault(world);
    }
    return LEAT_OK;
}

int sim_world_steps(struct sim_world *world, unsigned steps, struct leat_error *err)
{
    world->trouble = true;
    for (unsigned i = 0; i < steps; i++) {
        if (!world->up && sim_world_up(world, err))
            return LEAT_FAIL;
        *err = (struct leat_error){0};
        world->counts.steps++;
        int rc = step(world, err);
        if (sim_disk_dead(world->disk) && rc != LEAT_FAIL)
            rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "died");
        if (rc == LEAT_FAIL && !survives(world, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* ---- Rest ---- */

static int help_sink(struct sim_world *world, size_t sink, const struct leat_runner_status *status,
                     struct leat_error *err)
{
    if (pass_over(world, sink, status))
        return LEAT_OK;
    if (status->state == LEAT_RUNNER_PAUSED || status->state == LEAT_RUNNER_HALTED)
        return leat_runner_resume(world->process.runners[sink], NULL, err);
    return status->state == LEAT_RUNNER_NEEDS_RESYNC ? rewind_to_oldest(world, sink, err) : LEAT_OK;
}

/* One round of everything. *rested: nothing was left to do. */
static int round_of_rest(struct sim_world *world, bool *rested, struct leat_error *err)
{
    struct sim_process *process = &world->process;
    *rested = false;
    int rc = sim_process_feed(process, 200, err);
    if (rc != LEAT_FAIL)
        rc = do_append(world, err);
    if (rc != LEAT_FAIL)
        rc = do_sync(world, err);
    if (rc != LEAT_FAIL)
        rc = do_retain(world, err);
    bool all = sim_process_idle(process);
    for (size_t i = 0; rc != LEAT_FAIL && i < SIM_SINKS; i++) {
        struct leat_runner_status status;
        rc = do_runner(world, i, err);
        leat_runner_status(process->runners[i], &status);
        if (rc != LEAT_FAIL)
            rc = help_sink(world, i, &status, err);
        all = all && status.state == LEAT_RUNNER_RUNNING &&
              status.seq == leat_journal_visible_end(process->journal);
    }
    sim_clock_advance(&world->clock, 20000 + sim_random_below(&world->random, 1000000));
    *rested = rc != LEAT_FAIL && all;
    return rc == LEAT_FAIL ? rc : LEAT_OK;
}

static int stuck(struct sim_world *world, struct leat_error *err)
{
    struct leat_buf text = {0};
    leat_buf_printf(&text, "no rest: journal visible up to %llu, server %s, %zu bytes and %zu batches wait",
                    (unsigned long long)leat_journal_visible_end(world->process.journal),
                    world->process.dump_ended ? "at its end" : "not at its end", world->process.filling.size,
                    world->process.batch_count);
    for (size_t i = 0; i < SIM_SINKS; i++) {
        struct leat_runner_status status;
        leat_runner_status(world->process.runners[i], &status);
        leat_buf_printf(&text, "; %s %s at %llu", status.name, leat_runner_state_name(status.state),
                        (unsigned long long)status.seq);
    }
    (void)leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "%s", leat_buf_cstr(&text));
    leat_buf_free(&text);
    return LEAT_FAIL;
}

static int check_journal_is_complete(const struct sim_world *world, struct leat_error *err)
{
    const struct sim_history *history = world->history;
    struct leat_gtid_set *all = sim_history_set(history, history->transaction_count);
    struct leat_gtid_set *visible = leat_journal_visible_set(world->process.journal);
    bool complete = leat_gtid_set_equal(all, visible);
    leat_gtid_set_free(&all);
    leat_gtid_set_free(&visible);
    /* Retention may have left nothing to read. */
    if (world->witness.knows_next && world->witness.next != history->transaction_count)
        complete = false;
    return complete ? LEAT_OK
                    : leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                                "the journal doesn't hold what the history does");
}

int sim_world_rest(struct sim_world *world, struct leat_error *err)
{
    say(world, "rest");
    world->trouble = false;
    sim_disk_die_at(world->disk, 0, SIM_KILL);
    sim_disk_set_full(world->disk, false);
    bool rested = false;
    for (unsigned i = 0; !rested && i < UNTIL_REST_MOST; i++) {
        if (!world->up && sim_world_up(world, err))
            return LEAT_FAIL;
        *err = (struct leat_error){0};
        if (round_of_rest(world, &rested, err) && !survives(world, err))
            return LEAT_FAIL;
    }
    if (!rested)
        return stuck(world, err);
    if (sim_disk_sync_failed(world->disk))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "a sync failed, and nobody said so");
    sim_witness_end(&world->witness);
    if (do_witness(world, err))
        return LEAT_FAIL;
    if (check_journal_is_complete(world, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (sim_check_files(world->disk, &world->deliveries[i], true, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

int sim_world_run(struct sim_world *world, struct leat_error *err)
{
    int rc = sim_world_steps(world, world->scenario.steps, err);
    if (rc == LEAT_OK)
        rc = sim_world_rest(world, err);
    world->counts.operations = sim_disk_operations(world->disk);
    world->counts.transactions = world->history->transaction_count;
    for (size_t i = 0; i < world->history->transaction_count; i++)
        world->counts.branches += world->history->transactions[i].prepared > 0;
    return rc;
}
