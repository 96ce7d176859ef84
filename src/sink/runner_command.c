/* What other threads ask of a runner, and what they see of it. Commands are checked here, at once, against
 * the last published state, and carried out by the runner's thread at its next step. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "runner_int.h"

static int refuse(struct leat_runner *runner, struct leat_error *err, const char *command, const char *why)
{
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "sink %s can't %s: %s", runner->config->name,
                     command, why);
}

/* ---- Asking: any thread ---- */

static void wake(struct leat_runner *runner)
{
    if (runner->journal)
        leat_journal_wake(runner->journal);
}

int leat_runner_pause(struct leat_runner *runner, struct leat_error *err)
{
    int rc = LEAT_OK;
    pthread_mutex_lock(&runner->mutex);
    if (runner->shared.state == LEAT_RUNNER_STOPPED) {
        rc = refuse(runner, err, "pause", "it is stopped");
    } else {
        runner->shared.asked.pause = true;
        runner->shared.asked.resume = false;
        runner->shared.has_asked = true;
    }
    pthread_mutex_unlock(&runner->mutex);
    wake(runner);
    return rc;
}

int leat_runner_rest(struct leat_runner *runner, unsigned ms, struct leat_error *err)
{
    int rc = LEAT_OK;
    pthread_mutex_lock(&runner->mutex);
    if (runner->shared.state == LEAT_RUNNER_STOPPED) {
        rc = refuse(runner, err, "rest", "it is stopped");
    } else {
        runner->shared.asked.rest = true;
        runner->shared.asked.rest_ms = ms;
        runner->shared.has_asked = true;
    }
    pthread_mutex_unlock(&runner->mutex);
    wake(runner);
    return rc;
}

int leat_runner_resume(struct leat_runner *runner, const struct leat_point *until, struct leat_error *err)
{
    if (until && (until->type == LEAT_POINT_EARLIEST || until->type == LEAT_POINT_UNSET))
        return refuse(runner, err, "resume until then", "`earliest` lies before everything");
    int rc = LEAT_OK;
    pthread_mutex_lock(&runner->mutex);
    struct runner_asked *asked = &runner->shared.asked;
    if (runner->shared.state == LEAT_RUNNER_STOPPED) {
        rc = refuse(runner, err, "resume", "it is stopped");
    } else if (runner->shared.state == LEAT_RUNNER_NEEDS_RESYNC && !asked->rewind) {
        rc = refuse(runner, err, "resume", "what it needs is no longer in the journal");
        (void)leat_cure(err, "%s", runner->shared.error.cure);
    } else {
        asked->resume = true;
        asked->pause = false;
        leat_point_free(&asked->until);
        asked->until = (struct leat_point){0};
        if (until)
            leat_point_copy(&asked->until, until);
        runner->shared.has_asked = true;
    }
    pthread_mutex_unlock(&runner->mutex);
    wake(runner);
    return rc;
}

int leat_runner_rewind(struct leat_runner *runner, const struct leat_point *to, struct leat_error *err)
{
    if (!runner->journal)
        return refuse(runner, err, "rewind", "the journal isn't open yet");
    uint64_t seq;
    if (to->type != LEAT_POINT_NOW && to->type != LEAT_POINT_EARLIEST &&
        leat_journal_find(runner->journal, to, &seq, err))
        return LEAT_FAIL;
    int rc = LEAT_OK;
    pthread_mutex_lock(&runner->mutex);
    if (runner->shared.state == LEAT_RUNNER_STOPPED) {
        rc = refuse(runner, err, "rewind", "it is stopped");
    } else {
        leat_point_free(&runner->shared.asked.to);
        leat_point_copy(&runner->shared.asked.to, to);
        runner->shared.asked.rewind = true;
        runner->shared.asked.skip = false;
        runner->shared.has_asked = true;
    }
    pthread_mutex_unlock(&runner->mutex);
    wake(runner);
    return rc;
}

static bool same_transaction(const char *halted_at, const char *name)
{
    struct leat_gtid a, b;
    struct leat_error ignored = {0};
    if (!*halted_at || !strcmp(halted_at, name))
        return true; /* which one it is, is not always known before it is read again */
    return leat_gtid_parse(&a, halted_at, &ignored) == LEAT_OK &&
           leat_gtid_parse(&b, name, &ignored) == LEAT_OK && leat_gtid_equal(&a, &b);
}

int leat_runner_skip(struct leat_runner *runner, const char *gtid, const char *reason, struct leat_error *err)
{
    struct runner_asked *asked = &runner->shared.asked;
    if (strlen(gtid) >= sizeof asked->skip_name || !*gtid)
        return refuse(runner, err, "skip", "that is neither a GTID nor FILE:POS");
    if (!*reason)
        return refuse(runner, err, "skip", "a reason is needed");
    int rc = LEAT_OK;
    pthread_mutex_lock(&runner->mutex);
    if (runner->shared.state != LEAT_RUNNER_HALTED && runner->shared.state != LEAT_RUNNER_PAUSED) {
        rc = refuse(runner, err, "skip",
                    "only a transaction that halts it, or that it is paused before, can be skipped, and it is neither halted nor paused");
    } else if (!same_transaction(runner->shared.halted_at, gtid)) {
        rc =
            leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "sink %s is halted by transaction %s, not by %s",
                      runner->config->name, runner->shared.halted_at, gtid);
    } else {
        snprintf(asked->skip_name, sizeof asked->skip_name, "%s", gtid);
        snprintf(asked->skip_reason, sizeof asked->skip_reason, "%s", reason);
        asked->skip = true;
        runner->shared.has_asked = true;
    }
    pthread_mutex_unlock(&runner->mutex);
    wake(runner);
    return rc;
}

void leat_runner_stop(struct leat_runner *runner)
{
    atomic_store(&runner->stop, true);
    runner->ops->interrupt(runner->sink);
    wake(runner);
}

/* ---- Obeying: the runner's thread ---- */

static void obey_rewind(struct leat_runner *runner, struct runner_asked *asked)
{
    leat_point_free(&runner->rewind_to);
    runner->rewind_to = asked->to;
    asked->to = (struct leat_point){0};
    runner->rewinding = true;
    runner->skipping = false;
    if (runner->state == LEAT_RUNNER_PAUSED)
        runner->pausing = true; /* it stays so, at the new place */
    leat_runner_forget(runner);
    runner->attempts = 0;
    if (runner->state != LEAT_RUNNER_RECOVERING)
        leat_runner_move(runner, LEAT_RUNNER_RECOVERING, NULL);
}

static void obey_resume(struct leat_runner *runner, struct runner_asked *asked)
{
    runner->pausing = runner->resting = false;
    leat_point_free(&runner->until);
    runner->until = asked->until;
    runner->until_passed_seq = 0;
    asked->until = (struct leat_point){0};
    if (runner->until.type == LEAT_POINT_NOW)
        runner->until_seq = leat_journal_visible_end(runner->journal);
    if (runner->state == LEAT_RUNNER_PAUSED)
        leat_runner_move(runner, LEAT_RUNNER_RUNNING, NULL);
    else if (runner->state == LEAT_RUNNER_HALTED || runner->state == LEAT_RUNNER_BACKING_OFF)
        leat_runner_move(runner, LEAT_RUNNER_RECOVERING, NULL);
}

/* A paused sink passes over the one transaction and is paused again behind it. */
static void obey_skip(struct leat_runner *runner, const struct runner_asked *asked)
{
    bool paused = runner->state == LEAT_RUNNER_PAUSED;
    if (!paused && runner->state != LEAT_RUNNER_HALTED)
        return;
    runner->skipping = true;
    runner->skipping_paused = paused;
    memcpy(runner->skip_name, asked->skip_name, sizeof runner->skip_name);
    memcpy(runner->skip_reason, asked->skip_reason, sizeof runner->skip_reason);
    leat_runner_move(runner, paused ? LEAT_RUNNER_RUNNING : LEAT_RUNNER_RECOVERING, NULL);
}

static void obey_rest(struct leat_runner *runner, unsigned ms)
{
    if (runner->state == LEAT_RUNNER_RUNNING && !runner->pausing && ms) {
        runner->pausing = runner->resting = true;
        runner->rest_us = (uint64_t)ms * 1000;
    } else if (runner->resting) {
        runner->rest_us = (uint64_t)ms * 1000;
        runner->rest_end_us = leat_monotonic_us(runner->clock) + runner->rest_us;
    }
}

void leat_runner_take_commands(struct leat_runner *runner)
{
    pthread_mutex_lock(&runner->mutex);
    if (!runner->shared.has_asked || runner->state == LEAT_RUNNER_STOPPED) {
        pthread_mutex_unlock(&runner->mutex);
        return;
    }
    struct runner_asked asked = runner->shared.asked;
    runner->shared.asked = (struct runner_asked){0};
    runner->shared.has_asked = false;
    pthread_mutex_unlock(&runner->mutex);

    if (asked.rewind)
        obey_rewind(runner, &asked);
    if (asked.skip)
        obey_skip(runner, &asked);
    if (asked.rest)
        obey_rest(runner, asked.rest_ms);
    if (asked.pause) {
        runner->resting = false;
        runner->pausing = runner->pausing || runner->state != LEAT_RUNNER_PAUSED;
    }
    if (asked.resume)
        obey_resume(runner, &asked);
    leat_point_free(&asked.until);
    leat_point_free(&asked.to);
}

/* ---- Showing ---- */

/* Since when something lies unread while nobody reads. What was committed before that moment isn't known
 * without reading; the newest commit is a bound. */
static void notice_backlog(struct leat_runner *runner, uint64_t read_seq)
{
    if (runner->state == LEAT_RUNNER_RUNNING || leat_journal_visible_end(runner->journal) <= read_seq) {
        runner->noticed_us = 0;
        return;
    }
    if (runner->noticed_us)
        return;
    if (runner->has_item && runner->delay.known) { /* it was held back */
        runner->noticed_us = runner->transaction_commit_us;
        return;
    }
    struct leat_journal_status journal;
    leat_journal_status(runner->journal, &journal);
    runner->noticed_us = journal.last_commit_us ? journal.last_commit_us : leat_wall_us(runner->clock);
}

uint64_t leat_runner_oldest_undelivered(const struct leat_runner *runner)
{
    for (size_t i = 0; i < runner->flight_count; i++) {
        const struct runner_flight *flight =
            &runner->flights[(runner->flight_first + i) % RUNNER_IN_FLIGHT_MAX];
        if (flight->first_commit_us)
            return flight->first_commit_us;
    }
    if (runner->dirty_first_commit_us)
        return runner->dirty_first_commit_us;
    return runner->inside && runner->passed ? runner->transaction_commit_us : 0;
}

void leat_runner_publish(struct leat_runner *runner)
{
    uint64_t read_seq = runner->reader ? leat_reader_seq(runner->reader) : runner->shared.delivered.seq;
    if (runner->has_item && runner->item.seq < read_seq)
        read_seq = runner->item.seq;
    notice_backlog(runner, read_seq);
    const char *note = runner->ops->note ? runner->ops->note(runner->sink) : NULL;
    pthread_mutex_lock(&runner->mutex);
    snprintf(runner->shared.note, sizeof runner->shared.note, "%s", note ? note : "");
    runner->shared.undelivered_commit_us = leat_runner_oldest_undelivered(runner);
    runner->shared.noticed_us = runner->noticed_us;
    runner->shared.resting = runner->resting && runner->state == LEAT_RUNNER_PAUSED;
    runner->shared.in_flight = (unsigned)runner->flight_count;
    runner->shared.held_until_us = runner->state == LEAT_RUNNER_RUNNING ? leat_runner_held_until(runner) : 0;
    runner->shared.read_seq = read_seq;
    runner->shared.bytes = runner->bytes;
    runner->shared.skipped = runner->skipped;
    runner->shared.passed_over = runner->passed_over;
    runner->shared.retries = runner->retries;
    if (runner->state != LEAT_RUNNER_HALTED)
        runner->shared.halted_at[0] = '\0';
    pthread_mutex_unlock(&runner->mutex);
}

void leat_runner_measure(struct leat_runner *runner, struct runner_flight *flight)
{
    struct leat_runner_meters *meters = &runner->meters;
    uint64_t now_us = leat_wall_us(runner->clock);
    uint64_t ahead_us = runner->clock_offset ? leat_cell_get(runner->clock_offset) : 0; /* an int64_t: modulo 2^64 */
    leat_ages_observe(&flight->ages, &meters->age, now_us + ahead_us - runner->config->delay_us);
    const struct leat_checkpoint *before = &runner->shared.delivered, *now = &flight->checkpoint;
    leat_cell_add(&meters->transactions, now->transactions > before->transactions ? now->transactions - before->transactions : 0);
    leat_cell_add(&meters->changes, now->changes > before->changes ? now->changes - before->changes : 0);
    leat_cell_add(&meters->checkpoints, 1);
    leat_cell_set(&meters->checkpoint_us, now_us);
}

const struct leat_runner_meters *leat_runner_meters(const struct leat_runner *runner)
{
    return &runner->meters;
}

const struct leat_sink_meters *leat_runner_sink_meters(const struct leat_runner *runner)
{
    return runner->ops->meters ? runner->ops->meters(runner->sink) : NULL;
}

void leat_runner_look(const struct leat_runner *const_runner, void (*look)(void *context, const struct leat_checkpoint *checkpoint), void *context)
{
    struct leat_runner *runner = (struct leat_runner *)(uintptr_t)const_runner;
    pthread_mutex_lock(&runner->mutex);
    look(context, &runner->shared.delivered);
    pthread_mutex_unlock(&runner->mutex);
}

static uint64_t less(uint64_t us, uint64_t by_us)
{
    return us > by_us ? us - by_us : 0;
}

static uint64_t since(uint64_t now_us, uint64_t then_us)
{
    return then_us ? less(now_us, then_us) : 0;
}

void leat_runner_status(const struct leat_runner *const_runner, struct leat_runner_status *status)
{
    struct leat_runner *runner = (struct leat_runner *)(uintptr_t)const_runner; /* only for its mutex */
    struct leat_journal_status journal = {0};
    if (runner->journal)
        leat_journal_status(runner->journal, &journal);
    *status = (struct leat_runner_status){.type = runner->ops->type};
    snprintf(status->name, sizeof status->name, "%s", runner->config->name);
    uint64_t wall_us = leat_wall_us(runner->clock), now_us = leat_monotonic_us(runner->clock);

    pthread_mutex_lock(&runner->mutex);
    const struct leat_checkpoint *delivered = &runner->shared.delivered;
    status->state = runner->shared.state;
    status->error = runner->shared.error;
    memcpy(status->note, runner->shared.note, sizeof status->note);
    status->since_us = runner->shared.since_us;
    if (status->state == LEAT_RUNNER_BACKING_OFF && runner->shared.retry_at_us > now_us)
        status->retry_in_ms = (runner->shared.retry_at_us - now_us + 999) / 1000;
    status->seq = delivered->seq;
    status->generation = delivered->generation;
    status->transactions = delivered->transactions;
    status->changes = delivered->changes;
    status->delivered_commit_us = delivered->commit_us;
    memcpy(status->file, delivered->file, sizeof status->file);
    status->pos = delivered->pos;
    status->bytes = runner->shared.bytes;
    status->skipped = runner->shared.skipped;
    status->passed_over = runner->shared.passed_over;
    status->retries = runner->shared.retries;
    if (journal.visible_end > delivered->seq)
        status->lag_records = status->lag_transactions = journal.visible_end - delivered->seq;
    status->delay_us = runner->config->delay_us;
    status->held_until_us = runner->shared.held_until_us;
    status->resting = runner->shared.resting && status->state == LEAT_RUNNER_PAUSED;
    status->in_flight = runner->shared.in_flight;
    if (runner->shared.undelivered_commit_us)
        status->age_us = since(wall_us, runner->shared.undelivered_commit_us);
    else if (journal.visible_end > runner->shared.read_seq && !status->held_until_us)
        status->age_us =
            since(wall_us, runner->shared.noticed_us ? runner->shared.noticed_us : journal.last_commit_us);
    status->lag_us = less(status->age_us, status->delay_us);
    memcpy(status->halted_at, runner->shared.halted_at, sizeof status->halted_at);
    memcpy(status->last_skipped, runner->shared.last_skipped, sizeof status->last_skipped);
    memcpy(status->last_skip_reason, runner->shared.last_skip_reason, sizeof status->last_skip_reason);
    pthread_mutex_unlock(&runner->mutex);
}

struct leat_gtid_set *leat_runner_delivered(const struct leat_runner *const_runner)
{
    struct leat_runner *runner = (struct leat_runner *)(uintptr_t)const_runner;
    pthread_mutex_lock(&runner->mutex);
    const struct leat_gtid_set *completed = runner->shared.delivered.completed;
    struct leat_gtid_set *copy = completed ? leat_gtid_set_copy(completed) : leat_gtid_set_new();
    pthread_mutex_unlock(&runner->mutex);
    return copy;
}
