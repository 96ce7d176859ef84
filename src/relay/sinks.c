/* The sinks of a relay: a runner and a thread each, made, started, stopped. Main thread, but for the sinks'
 * own. */
#include "relay_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static bool is_journalled(void *filter, const char *database, const char *table)
{
    return leat_filter_table(filter, database, table);
}

static int read_opaque(void *aside, uint64_t seq, const struct leat_opaque *opaque, const struct leat_item_out *out,
                       struct leat_error *err)
{
    return leat_aside_read(aside, seq, opaque, out, err);
}

/* As the source reads. */
static int prepare_opaque(struct relay *relay, struct leat_error *err)
{
    const struct leat_source_config *source = &relay->config->source;
    relay->opaque.whole_seconds = source->old_times == LEAT_OLD_TIMES_WHOLE_SECONDS;
    if (leat_filter_new(&relay->journalled, (const char *const *)source->tables.list, source->tables.count,
                        (const char *const *)source->exclude_tables.list, source->exclude_tables.count, err))
        return leat_error_prefix(err, "source");
    relay->opaque.journalled = is_journalled;
    relay->opaque.journalled_context = relay->journalled;
    return LEAT_OK;
}

/* The sink's thread. */
static void on_delivered(void *context, const struct leat_checkpoint *checkpoint)
{
    waits_delivered(context, checkpoint);
}

int relay_make_sink(struct relay *relay, struct relay_sink *sink, const struct leat_sink_config *config,
                    struct leat_error *err)
{
    struct leat_aside *aside = leat_aside_new(&relay->journal, &relay->opaque);
    const struct leat_runner_env env = {.config = config,
                                        .relay_name = relay->config->name,
                                        .fs = leat_fs_real(),
                                        .clock = relay->clock,
                                        .state_folder = relay->config->journal.dir,
                                        .clock_offset = &relay->clock_offset,
                                        .delivered = on_delivered,
                                        .delivered_context = waits_sink(relay->waits, config->name),
                                        .opaque = {aside, read_opaque}};
    *sink = (struct relay_sink){.config = config, .aside = aside, .waits = env.delivered_context};
    if (leat_runner_new(&sink->runner, &env, err)) {
        leat_aside_free(&sink->aside);
        return leat_error_prefix(err, "sink %s", config->name);
    }
    return LEAT_OK;
}

int relay_make_sinks(struct relay *relay, struct leat_error *err)
{
    if (prepare_opaque(relay, err) || waits_start(&relay->waits, leat_runner_look, err))
        return LEAT_FAIL;
    relay->sinks = leat_alloc_zero(relay->config->sink_count + 1, sizeof *relay->sinks);
    for (size_t i = 0; i < relay->config->sink_count; i++) {
        if (relay_make_sink(relay, &relay->sinks[i], &relay->config->sinks[i], err))
            return LEAT_FAIL;
        relay->sink_count++;
    }
    return LEAT_OK;
}

/* ---- Threads ---- */

/* A command or stop may come just before the wait begins: it is seen that late at most. */
enum { SINK_WAIT_MS_MAX = 100 };

/* What a sink's thread works with; its own. */
struct sink_work {
    struct relay *relay;
    struct leat_runner *runner;
};

static void *sink_thread(void *context)
{
    struct sink_work work = *(struct sink_work *)context;
    free(context);
    struct leat_journal *journal = work.relay->journal;
    struct leat_error err = {0};
    for (;;) {
        uint64_t seen = leat_journal_visible_end(journal);
        unsigned wait_ms = 0;
        int rc = leat_runner_step(work.runner, &wait_ms, &err);
        if (rc == LEAT_STOPPED)
            break;
        if (rc == LEAT_FAIL) {
            relay_fatal(work.relay, &err);
            break;
        }
        if (rc == LEAT_AGAIN)
            (void)leat_journal_wait(journal, seen, wait_ms < SINK_WAIT_MS_MAX ? wait_ms : SINK_WAIT_MS_MAX);
    }
    return NULL;
}

int relay_start_sink(struct relay *relay, struct relay_sink *sink, struct leat_error *err)
{
    struct sink_work *work = leat_alloc_zero(1, sizeof *work);
    *work = (struct sink_work){relay, sink->runner};
    int number = pthread_create(&sink->thread, NULL, sink_thread, work);
    if (number) {
        free(work);
        return leat_fail_errno(err, number, LEAT_KIND_FATAL, "starting a thread");
    }
    sink->started = true;
    return LEAT_OK;
}

bool relay_has_runner(const struct relay_sink *sinks, size_t count, const struct leat_runner *runner)
{
    for (size_t i = 0; i < count; i++)
        if (sinks[i].runner == runner)
            return true;
    return false;
}

void relay_stop_sinks(struct relay *relay, const struct relay_sink *but, size_t but_count)
{
    for (size_t i = 0; i < relay->sink_count; i++)
        if (!relay_has_runner(but, but_count, relay->sinks[i].runner))
            leat_runner_stop(relay->sinks[i].runner);
    if (relay->journal)
        leat_journal_wake(relay->journal);
    for (size_t i = 0; i < relay->sink_count; i++) {
        struct relay_sink *sink = &relay->sinks[i];
        if (!sink->started || relay_has_runner(but, but_count, sink->runner))
            continue;
        pthread_join(sink->thread, NULL);
        sink->started = false;
    }
}

void relay_free_sink(struct relay_sink *sink)
{
    assert(!sink->started);
    leat_runner_free(&sink->runner);
    leat_aside_free(&sink->aside);
    leat_checkpoint_free(&sink->checkpoint);
    if (sink->loaded && !--sink->loaded->users) {
        leat_config_free(&sink->loaded->config);
        free(sink->loaded);
    }
    *sink = (struct relay_sink){0};
}
