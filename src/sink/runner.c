/* The runner's states and its step (runner.h). One thread runs a runner; commands and status come from others
 * through `shared`.
 *
 * What can fail, and what then happens: an error's kind decides, here and nowhere else (leat_runner_failed).
 * Whatever the error, nothing is sent again by itself: recovering rewinds to the checkpoint that the sink
 * has, and all after it is read and handed over again. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "runner_int.h"

static const char *const state_names[] = {
    [LEAT_RUNNER_RECOVERING] = "recovering",   [LEAT_RUNNER_RUNNING] = "running",
    [LEAT_RUNNER_BACKING_OFF] = "backing_off", [LEAT_RUNNER_PAUSED] = "paused",
    [LEAT_RUNNER_HALTED] = "halted",           [LEAT_RUNNER_NEEDS_RESYNC] = "needs_resync",
    [LEAT_RUNNER_STOPPED] = "stopped"};
enum { STATES = sizeof state_names / sizeof *state_names };

#define TO(state) (1U << (state))
static const unsigned moves[STATES] = {
    [LEAT_RUNNER_RECOVERING] = TO(LEAT_RUNNER_RUNNING) | TO(LEAT_RUNNER_BACKING_OFF) |
                               TO(LEAT_RUNNER_HALTED) | TO(LEAT_RUNNER_NEEDS_RESYNC) |
                               TO(LEAT_RUNNER_STOPPED),
    [LEAT_RUNNER_RUNNING] = TO(LEAT_RUNNER_RECOVERING) | TO(LEAT_RUNNER_BACKING_OFF) |
                            TO(LEAT_RUNNER_PAUSED) | TO(LEAT_RUNNER_HALTED) | TO(LEAT_RUNNER_NEEDS_RESYNC) |
                            TO(LEAT_RUNNER_STOPPED),
    [LEAT_RUNNER_BACKING_OFF] =
        TO(LEAT_RUNNER_RECOVERING) | TO(LEAT_RUNNER_NEEDS_RESYNC) | TO(LEAT_RUNNER_STOPPED),
    [LEAT_RUNNER_PAUSED] = TO(LEAT_RUNNER_RUNNING) | TO(LEAT_RUNNER_RECOVERING) |
                           TO(LEAT_RUNNER_BACKING_OFF) | TO(LEAT_RUNNER_HALTED) |
                           TO(LEAT_RUNNER_NEEDS_RESYNC) | TO(LEAT_RUNNER_STOPPED),
    [LEAT_RUNNER_HALTED] =
        TO(LEAT_RUNNER_RECOVERING) | TO(LEAT_RUNNER_NEEDS_RESYNC) | TO(LEAT_RUNNER_STOPPED),
    [LEAT_RUNNER_NEEDS_RESYNC] = TO(LEAT_RUNNER_RECOVERING) | TO(LEAT_RUNNER_STOPPED),
    [LEAT_RUNNER_STOPPED] = 0,
};

const char *leat_runner_state_name(enum leat_runner_state state)
{
    assert((size_t)state < STATES);
    return state_names[state];
}

void leat_runner_move(struct leat_runner *runner, enum leat_runner_state to, const struct leat_error *err)
{
    assert(moves[runner->state] & TO(to));
    leat_log(LEAT_LOG_INFO, "sink", runner->config->name, "%s -> %s", leat_runner_state_name(runner->state),
             leat_runner_state_name(to));
    runner->state = to;
    pthread_mutex_lock(&runner->mutex);
    runner->shared.state = to;
    runner->shared.since_us = leat_wall_us(runner->clock);
    runner->shared.error = err ? *err : (struct leat_error){0};
    runner->shared.retry_at_us = runner->retry_at_us;
    pthread_mutex_unlock(&runner->mutex);
}

/* ---- Making and freeing ---- */

static int make_columns(struct leat_runner *runner, struct leat_error *err)
{
    enum { KEY_BYTES_MAX = 4096 };
    const struct leat_sink_config *config = runner->config;
    char *key = NULL;
    size_t size = 0;
    int rc = config->mask_key_file ? leat_fs_read_all(runner->fs, config->mask_key_file, KEY_BYTES_MAX, &key, &size, err) : LEAT_OK;
    if (rc == LEAT_END)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "sink %s: mask_key_file %s doesn't exist", config->name, config->mask_key_file);
    if (rc)
        return leat_error_prefix(err, "sink %s: mask_key_file", config->name);
    while (size && (key[size - 1] == '\n' || key[size - 1] == '\r'))
        size--;
    rc = leat_columns_new(&runner->columns, &config->columns, key, size, err);
    free(key);
    return rc ? leat_error_prefix(err, "sink %s", config->name) : LEAT_OK;
}

int leat_runner_new(struct leat_runner **out, const struct leat_runner_env *env, struct leat_error *err)
{
    const struct leat_sink_config *config = env->config;
    const struct leat_sink_ops *ops = env->ops ? env->ops : leat_sink_ops_find(config->type);
    if (!ops)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "there is no sink of type \"%.60s\"",
                         config->type);
    struct leat_runner *runner = leat_alloc_zero(1, sizeof *runner);
    runner->config = config;
    runner->fs = env->fs;
    runner->clock = env->clock;
    runner->opaque.reader = env->opaque;
    runner->ops = ops;
    runner->clock_offset = env->clock_offset;
    runner->delivered = env->delivered;
    runner->delivered_context = env->delivered_context;
    runner->meters.age.bounds = &leat_bounds_age;
    runner->at.completed = leat_gtid_set_new();
    runner->shared.delivered.completed = leat_gtid_set_new();
    runner->shared.since_us = leat_wall_us(env->clock);
    atomic_init(&runner->stop, false);
    pthread_mutex_init(&runner->mutex, NULL);
    int rc =
        leat_filter_new(&runner->filter, (const char *const *)config->tables.list, config->tables.count,
                        (const char *const *)config->exclude_tables.list, config->exclude_tables.count, err);
    if (rc == LEAT_OK && config->columns.count)
        rc = make_columns(runner, err);
    if (rc == LEAT_OK) {
        const struct leat_sink_env sink_env = {config,     env->relay_name,   runner->filter, env->fs,
                                               env->clock, env->state_folder, &runner->at};
        rc = ops->open(&runner->sink, &sink_env, err);
    }
    if (rc) {
        leat_runner_free(&runner);
        return LEAT_FAIL;
    }
    *out = runner;
    return LEAT_OK;
}

void leat_runner_free(struct leat_runner **out)
{
    struct leat_runner *runner = *out;
    if (!runner)
        return;
    leat_runner_forget(runner);
    if (runner->hold)
        leat_hold_release(&runner->hold);
    if (runner->sink)
        runner->ops->close(&runner->sink);
    if (runner->filter)
        leat_filter_free(&runner->filter);
    leat_columns_free(&runner->columns);
    leat_checkpoint_free(&runner->at);
    leat_checkpoint_free(&runner->shared.delivered);
    leat_point_free(&runner->until);
    leat_point_free(&runner->rewind_to);
    leat_point_free(&runner->shared.asked.until);
    leat_point_free(&runner->shared.asked.to);
    leat_buf_free(&runner->rows_query);
    free(runner->tables.slots);
    pthread_mutex_destroy(&runner->mutex);
    free(runner);
    *out = NULL;
}

/* Nothing delivered, nowhere begun: no source could start by it. */
static bool is_blank(const struct leat_checkpoint *checkpoint)
{
    return !checkpoint->file[0] && (!checkpoint->completed || leat_gtid_set_empty(checkpoint->completed));
}

int leat_runner_checkpoint(struct leat_runner *runner, struct leat_checkpoint *checkpoint,
                           struct leat_error *err)
{
    *checkpoint = (struct leat_checkpoint){0};
    int rc = runner->ops->recover(runner->sink, checkpoint, err);
    if (rc == LEAT_OK && !is_blank(checkpoint))
        return LEAT_OK;
    struct leat_checkpoint begun = {0};
    if (rc == LEAT_OK)
        begun = (struct leat_checkpoint){.generation = checkpoint->generation, .seq = checkpoint->seq};
    leat_checkpoint_free(checkpoint);
    *checkpoint = begun;
    return rc == LEAT_OK ? LEAT_END : rc;
}

int leat_runner_attach(struct leat_runner *runner, struct leat_journal *journal, struct leat_error *err)
{
    assert(!runner->journal && runner->state == LEAT_RUNNER_RECOVERING);
    runner->journal = journal;
    /* Seen now, before a source fills it: the first step may come later than the first transaction. What goes
     * wrong here is met again, and reported, by the step. */
    struct leat_error ignored = {0};
    if (leat_runner_journal_is_new(runner, &runner->journal_was_new, &ignored))
        runner->journal_was_new = false;
    /* A new sink on a new journal also says so durably before the first transaction: killed in between, it
     * would find an old journal at the next start. */
    if (runner->journal_was_new) {
        int rc = leat_runner_start(runner, err);
        if (rc == LEAT_OK)
            leat_runner_move(runner, LEAT_RUNNER_RUNNING, NULL);
        if (rc == LEAT_FAIL && err->kind == LEAT_KIND_FATAL)
            return leat_runner_failed(runner, err);
    }
    /* The first step may also come later than the first retention, which would delete what isn't held. */
    if (!runner->hold && leat_runner_hold_everything(runner, &ignored))
        runner->hold = NULL;
    return LEAT_OK;
}

/* ---- Errors ---- */

void leat_runner_forget(struct leat_runner *runner)
{
    leat_runner_forget_branch(runner);
    leat_runner_forget_opaque(runner);
    leat_runner_forget_delay(runner);
    if (runner->reader)
        leat_reader_close(&runner->reader);
    for (; runner->flight_count; runner->flight_count--) {
        leat_checkpoint_free(&runner->flights[runner->flight_first].checkpoint);
        runner->flight_first = (runner->flight_first + 1) % RUNNER_IN_FLIGHT_MAX;
    }
    leat_gtid_set_free(&runner->overlap_read);
    runner->has_item = runner->admitted = runner->has_rows_query = false;
    runner->inside = runner->item_failed = runner->caught_up = false;
    runner->pausing = runner->pausing && !runner->resting;
    runner->resting = false;
    runner->passing = PASSING_NOT;
    runner->dirty = runner->dirty_messages = runner->commit_now = false;
    runner->dirty_bytes = runner->dirty_first_commit_us = 0;
    runner->dirty_ages.used = 0;
}

void leat_runner_delivered_to(struct leat_runner *runner, struct leat_checkpoint *checkpoint)
{
    if (runner->hold && checkpoint->seq >= runner->hold_seq) {
        leat_hold_move(runner->hold, checkpoint->seq);
        runner->hold_seq = checkpoint->seq;
    }
    pthread_mutex_lock(&runner->mutex);
    struct leat_checkpoint before = runner->shared.delivered;
    runner->shared.delivered = *checkpoint;
    pthread_mutex_unlock(&runner->mutex);
    /* Only this thread changes it. */
    if (runner->delivered)
        runner->delivered(runner->delivered_context, &runner->shared.delivered);
    *checkpoint = (struct leat_checkpoint){0};
    leat_checkpoint_free(&before);
}

static void back_off(struct leat_runner *runner, const struct leat_error *err)
{
    uint64_t most = runner->config->backoff_max_ms ? runner->config->backoff_max_ms : 1;
    uint64_t wait = runner->config->backoff_min_ms ? runner->config->backoff_min_ms : 1;
    for (unsigned i = 0; i < runner->attempts && wait < most; i++)
        wait *= 2;
    if (wait > most)
        wait = most;
    /* Between half and all of it, so that sinks that failed together don't come back together. */
    uint32_t random = 0;
    runner->clock->random(runner->clock->context, &random, sizeof random);
    uint64_t wait_us = wait * 500 + wait * 500 * (random % 1024) / 1024;
    runner->attempts++;
    runner->retries++;
    runner->retry_at_us = leat_monotonic_us(runner->clock) + wait_us;
    leat_runner_move(runner, LEAT_RUNNER_BACKING_OFF, err);
}

static void halt(struct leat_runner *runner, const struct leat_error *err)
{
    const char *at = runner->item_failed ? runner->transaction_name : runner->ops->failed_at ? runner->ops->failed_at(runner->sink) : NULL;
    pthread_mutex_lock(&runner->mutex);
    snprintf(runner->shared.halted_at, sizeof runner->shared.halted_at, "%s", at ? at : "");
    pthread_mutex_unlock(&runner->mutex);
    runner->skipping = false;
    leat_runner_move(runner, LEAT_RUNNER_HALTED, err);
}

int leat_runner_failed(struct leat_runner *runner, struct leat_error *err)
{
    if (err->kind == LEAT_KIND_FATAL) {
        leat_runner_forget(runner);
        leat_runner_move(runner, LEAT_RUNNER_STOPPED, err);
        (void)leat_error_prefix(err, "sink %s", runner->config->name);
        return LEAT_FAIL;
    }
    leat_cell_add(&runner->meters.errors[(unsigned)err->code < LEAT_CODES ? err->code : LEAT_E_INTERNAL], 1);
    uint64_t oldest_us = leat_runner_oldest_undelivered(runner);
    if (oldest_us || runner->item_failed)
        runner->noticed_us = oldest_us ? oldest_us : runner->transaction_commit_us;
    else if (runner->delay.holds)
        runner->noticed_us = runner->transaction_commit_us;
    bool others_in_flight = runner->dirty || runner->flight_count;
    leat_log_error_object(err->kind == LEAT_KIND_RETRY ? LEAT_LOG_WARN : LEAT_LOG_ERROR, "sink",
                          runner->config->name, err);
    if (err->code == LEAT_E_RESYNC) {
        if (runner->hold)
            leat_hold_release(&runner->hold); /* holding the rest of the journal would help nobody */
        leat_runner_move(runner, LEAT_RUNNER_NEEDS_RESYNC, err);
    } else if (err->kind == LEAT_KIND_RETRY) {
        back_off(runner, err);
    } else if (runner->item_failed && others_in_flight && runner->isolate_seq != runner->transaction_seq) {
        runner->isolate_seq = runner->transaction_seq;
        leat_runner_move(runner, LEAT_RUNNER_RECOVERING, err);
    } else {
        halt(runner, err);
    }
    leat_runner_forget(runner);
    return LEAT_OK;
}

static int check_hold(struct leat_runner *runner, struct leat_error *err)
{
    if (!runner->positioned || !runner->hold || !leat_hold_lost(runner->hold))
        return LEAT_OK;
    runner->positioned = false;
    (void)leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR,
                    "the journal was full and dropped what this sink had not delivered yet "
                    "(when_journal_full: detach), from "
                    "record %llu on",
                    (unsigned long long)runner->hold_seq);
    return leat_cure(
        err,
        "changes are missing in this sink: load it anew, then `leat rewind %s --to P` to where that load "
        "stands (or `--to earliest`, to go on behind the gap)",
        runner->config->name);
}

/* ---- The step ---- */

/* A stop hands over nothing new, but what is complete is committed and what is in flight gets some time. */
static int stop_step(struct leat_runner *runner, unsigned *wait_ms, struct leat_error *err)
{
    int rc = LEAT_OK;
    uint64_t now = leat_monotonic_us(runner->clock);
    if (!runner->stop_deadline_us)
        runner->stop_deadline_us = now + RUNNER_STOP_US;
    if (runner->state == LEAT_RUNNER_RUNNING && !runner->inside && runner->dirty)
        rc = leat_runner_commit(runner, err);
    if (rc == LEAT_OK && runner->flight_count)
        rc = leat_runner_poll(runner, err);
    bool more = (rc == LEAT_OK || rc == LEAT_AGAIN) && (runner->flight_count || rc == LEAT_AGAIN);
    if (more && now < runner->stop_deadline_us) {
        *wait_ms = RUNNER_BUSY_WAIT_MS;
        leat_runner_publish(runner);
        return LEAT_AGAIN;
    }
    if (rc == LEAT_FAIL && err->kind == LEAT_KIND_FATAL)
        return leat_runner_failed(runner, err);
    if (rc == LEAT_FAIL)
        leat_log_error_object(LEAT_LOG_WARN, "sink", runner->config->name, err);
    leat_runner_publish(runner);
    leat_runner_forget(runner);
    if (runner->hold)
        leat_hold_release(&runner->hold);
    leat_runner_move(runner, LEAT_RUNNER_STOPPED, NULL);
    return LEAT_STOPPED;
}

static int work(struct leat_runner *runner, unsigned *wait_ms, struct leat_error *err)
{
    int rc = check_hold(runner, err);
    if (rc)
        return rc;
    uint64_t now;
    switch (runner->state) {
    case LEAT_RUNNER_RECOVERING:
        rc = leat_runner_start(runner, err);
        if (rc == LEAT_OK)
            leat_runner_move(runner, LEAT_RUNNER_RUNNING, NULL);
        return rc;
    case LEAT_RUNNER_RUNNING:
        return leat_runner_run(runner, wait_ms, err);
    case LEAT_RUNNER_PAUSED:
        rc = leat_runner_poll(runner, err);
        if (rc == LEAT_OK && runner->resting && leat_monotonic_us(runner->clock) >= runner->rest_end_us) {
            runner->resting = false;
            leat_runner_move(runner, LEAT_RUNNER_RUNNING, NULL);
            return LEAT_OK;
        }
        if (runner->flight_count || runner->resting)
            *wait_ms = RUNNER_BUSY_WAIT_MS;
        return rc ? rc : LEAT_AGAIN;
    case LEAT_RUNNER_BACKING_OFF:
        now = leat_monotonic_us(runner->clock);
        if (now < runner->retry_at_us) {
            uint64_t left_ms = (runner->retry_at_us - now + 999) / 1000;
            *wait_ms = left_ms < RUNNER_IDLE_WAIT_MS ? (unsigned)left_ms : RUNNER_IDLE_WAIT_MS;
            return LEAT_AGAIN;
        }
        leat_runner_move(runner, LEAT_RUNNER_RECOVERING, NULL);
        return LEAT_OK;
    case LEAT_RUNNER_HALTED:
    case LEAT_RUNNER_NEEDS_RESYNC:
        return LEAT_AGAIN;
    case LEAT_RUNNER_STOPPED:
        break;
    }
    return LEAT_STOPPED;
}

int leat_runner_step(struct leat_runner *runner, unsigned *wait_ms, struct leat_error *err)
{
    assert(runner->journal);
    *wait_ms = RUNNER_IDLE_WAIT_MS;
    if (runner->state == LEAT_RUNNER_STOPPED)
        return LEAT_STOPPED;
    if (atomic_load(&runner->stop))
        return stop_step(runner, wait_ms, err);
    leat_runner_take_commands(runner);
    int rc = work(runner, wait_ms, err);
    if (rc == LEAT_FAIL)
        rc = leat_runner_failed(runner, err);
    else if (rc == LEAT_STOPPED && runner->state != LEAT_RUNNER_STOPPED)
        rc = LEAT_AGAIN; /* the sink was interrupted: the stop flag is there at the next step */
    leat_runner_publish(runner);
    return rc;
}
