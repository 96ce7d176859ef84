/* RUNNING: reads the journal, decides what passes, hands it over, and moves the checkpoint. Runs in the
 * runner's thread.
 *
 * Comes in: items of the journal. Goes out: BEGIN and END of every transaction but XA PREPAREs, and of what lies between
 * them what the filter passes. A transaction larger than memory streams through, since items are handed over as
 * they come; nothing of it is in a checkpoint before its END was.
 *
 * An item that the sink has no room for stays in hand (`has_item`), and the reader isn't moved; what was
 * decided about it before (`admitted`) isn't decided again. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "runner_int.h"

enum { TABLES_MAX = 65536 };

/* ---- The filter's decisions, by definition ---- */

static struct runner_table *table_slot(struct runner_tables *tables, uint64_t id)
{
    size_t at = id & (tables->capacity - 1);
    while (tables->slots[at].id && tables->slots[at].id != id)
        at = (at + 1) & (tables->capacity - 1);
    return &tables->slots[at];
}

static void make_room(struct runner_tables *tables)
{
    if (tables->count * 2 < tables->capacity)
        return;
    struct runner_tables old = *tables;
    if (old.count >= TABLES_MAX)
        old.capacity = 0; /* begin anew rather than grow without bound: it is a cache */
    tables->capacity = old.capacity ? old.capacity * 2 : 64;
    tables->slots = leat_alloc_zero(tables->capacity, sizeof *tables->slots);
    tables->count = 0;
    for (size_t i = 0; i < old.capacity; i++) {
        if (!old.slots[i].id)
            continue;
        *table_slot(tables, old.slots[i].id) = old.slots[i];
        tables->count++;
    }
    free(old.slots);
}

static bool table_passes(struct leat_runner *runner, const struct leat_table *table)
{
    const struct leat_table_view *view = leat_table_view(table);
    make_room(&runner->tables);
    struct runner_table *slot = table_slot(&runner->tables, view->id);
    if (!slot->id) {
        *slot = (struct runner_table){
            view->id, leat_filter_table(runner->filter, view->database.bytes, view->name.bytes)};
        runner->tables.count++;
    }
    return slot->passes;
}

/* ---- Committing ---- */

int leat_runner_poll(struct leat_runner *runner, struct leat_error *err)
{
    uint64_t delivered = 0;
    int rc = runner->ops->poll(runner->sink, 0, &delivered, err);
    if (rc)
        return rc;
    while (runner->flight_count && runner->flights[runner->flight_first].checkpoint.seq <= delivered) {
        leat_runner_measure(runner, &runner->flights[runner->flight_first]);
        leat_runner_delivered_to(runner, &runner->flights[runner->flight_first].checkpoint);
        runner->flight_first = (runner->flight_first + 1) % RUNNER_IN_FLIGHT_MAX;
        runner->flight_count--;
        runner->attempts = 0;
    }
    return LEAT_OK;
}

int leat_runner_commit(struct leat_runner *runner, struct leat_error *err)
{
    assert(runner->dirty && !runner->inside);
    if (runner->flight_count == RUNNER_IN_FLIGHT_MAX)
        return LEAT_AGAIN;
    int rc = runner->ops->commit(runner->sink, &runner->at, err);
    if (rc)
        return rc;
    struct runner_flight *flight =
        &runner->flights[(runner->flight_first + runner->flight_count) % RUNNER_IN_FLIGHT_MAX];
    leat_checkpoint_copy(&flight->checkpoint, &runner->at);
    flight->first_commit_us = runner->dirty_first_commit_us;
    flight->ages = runner->dirty_ages;
    runner->dirty_ages.used = 0;
    runner->flight_count++;
    runner->dirty = runner->dirty_messages = runner->commit_now = false;
    runner->dirty_bytes = runner->dirty_first_commit_us = 0;
    runner->last_commit_us = leat_monotonic_us(runner->clock);
    return leat_runner_poll(runner, err);
}

static uint64_t interval_us(const struct leat_sink_config *config)
{
    return (uint64_t)(config->commit_interval_ms ? config->commit_interval_ms : config->checkpoint_interval_ms) * 1000;
}

/* Each commit is a Kafka transaction. */
static bool may_batch(const struct leat_sink_config *config)
{
    return config->commit_interval_ms && config->delivery == LEAT_DELIVERY_EXACTLY_ONCE;
}

/* Where commits are what makes changes visible, one costs about as much as thousands of them. So what is late anyway may be a tenth later, up to
 * a second: commit_interval is for who keeps up. */
static uint64_t interval_behind_us(const struct leat_runner *runner)
{
    uint64_t interval = interval_us(runner->config), wall = leat_wall_us(runner->clock);
    uint64_t expected = runner->dirty_first_commit_us + runner->config->delay_us;
    if (!may_batch(runner->config) || !runner->dirty_first_commit_us || wall < expected)
        return interval;
    uint64_t tenth = (wall - expected) / 10;
    if (tenth > RUNNER_COMMIT_BEHIND_US)
        tenth = RUNNER_COMMIT_BEHIND_US;
    return tenth > interval ? tenth : interval;
}

/* There is nothing more to hand over now. */
static bool is_level(const struct leat_runner *runner)
{
    return runner->caught_up || runner->delay.holds;
}

/* Microseconds until what was handed over has to be committed; 0: now. */
static uint64_t commit_due_in(const struct leat_runner *runner)
{
    uint64_t now = leat_monotonic_us(runner->clock);
    uint64_t due;
    uint64_t most = may_batch(runner->config) ? RUNNER_COMMIT_BEHIND_BYTES : RUNNER_COMMIT_BYTES;
    if (runner->config->rotate_bytes && runner->config->rotate_bytes < most) /* a file is only rotated by a commit */
        most = runner->config->rotate_bytes;
    if (runner->commit_now || runner->dirty_bytes >= most)
        return 0;
    if (!runner->dirty_messages)
        due = runner->dirty_since_us + RUNNER_EMPTY_COMMIT_US;
    else if (is_level(runner))
        due = runner->last_commit_us ? runner->last_commit_us + RUNNER_COMMIT_GAP_US : 0;
    else
        due = runner->dirty_since_us + interval_us(runner->config);
    if (due <= now && runner->dirty_messages && !is_level(runner))
        due = runner->dirty_since_us + interval_behind_us(runner);
    return due > now ? due - now : 0;
}

static int commit_if_due(struct leat_runner *runner, struct leat_error *err)
{
    if (runner->inside || !runner->dirty || commit_due_in(runner))
        return LEAT_OK;
    int rc = leat_runner_commit(runner, err);
    return rc == LEAT_AGAIN ? LEAT_OK : rc; /* too much in flight: later */
}

/* ---- Between transactions ---- */

static uint64_t commit_time(const struct leat_begin *begin)
{
    if (begin->immediate_commit_us)
        return begin->immediate_commit_us;
    return begin->original_commit_us ? begin->original_commit_us : (uint64_t)begin->header_time * 1000000;
}

static void name_transaction(struct leat_runner *runner, const struct leat_gtid *gtid, const char *file,
                             uint64_t pos)
{
    runner->gtid = *gtid;
    if (gtid->flavour == LEAT_FLAVOUR_NONE)
        snprintf(runner->transaction_name, sizeof runner->transaction_name, "%s:%llu", file ? file : "",
                 (unsigned long long)pos);
    else
        (void)leat_gtid_text(runner->transaction_name, gtid);
}

static void know_transaction(struct leat_runner *runner, const struct leat_item *item)
{
    runner->transaction_seq = item->seq;
    runner->transaction_changes = 0;
    runner->passed = false;
    const struct leat_begin *begin = item->type == LEAT_ITEM_BEGIN ? &item->begin : &item->opaque.begin;
    name_transaction(runner, &begin->gtid, begin->place.file, begin->place.pos);
    memcpy(runner->transaction_uuid, begin->source_uuid, LEAT_UUID_SIZE);
    runner->transaction_commit_us = commit_time(begin);
}

/* Whether the sink has the transaction already, on a journal that was joined by position. */
static bool is_contained(const struct leat_runner *runner, const struct leat_item *item)
{
    if (!runner->at.overlap)
        return false;
    if (runner->gtid.flavour != LEAT_FLAVOUR_NONE)
        return leat_gtid_set_contains(runner->at.completed, &runner->gtid);
    const struct leat_begin *begin = item->type == LEAT_ITEM_BEGIN ? &item->begin : &item->opaque.begin;
    return !memcmp(begin->source_uuid, runner->at.source_uuid, LEAT_UUID_SIZE) &&
           leat_runner_compare_places(begin->place.file, begin->place.pos, runner->at.file, runner->at.pos) <
               0;
}

static bool is_named(const struct leat_runner *runner, const char *name)
{
    struct leat_gtid gtid;
    struct leat_error ignored = {0};
    if (!strcmp(runner->transaction_name, name))
        return true;
    return leat_gtid_parse(&gtid, name, &ignored) == LEAT_OK && gtid.flavour != LEAT_FLAVOUR_NONE &&
           leat_gtid_equal(&gtid, &runner->gtid);
}

/* An operator's word: this one transaction, and no other, is passed over. */
static int skip(struct leat_runner *runner, struct leat_error *err)
{
    runner->skipping = false;
    runner->pausing = runner->skipping_paused;
    runner->skipping_paused = false;
    if (!is_named(runner, runner->skip_name)) {
        runner->item_failed = true;
        (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                        "not skipped: the next transaction is %s, not %s", runner->transaction_name,
                        runner->skip_name);
        return leat_cure(err,
                         "only the transaction that is next behind the checkpoint can be skipped: `leat skip "
                         "%s %s --reason "
                         "TEXT`, or resume",
                         runner->config->name, runner->transaction_name);
    }
    runner->passing = PASSING_SKIPPED;
    runner->commit_now = true; /* so that a restart doesn't halt at it again */
    runner->skipped++;
    leat_log(LEAT_LOG_WARN, "sink", runner->config->name,
             "transaction %s at record %llu is SKIPPED by command, reason: %s", runner->transaction_name,
             (unsigned long long)runner->transaction_seq, runner->skip_reason);
    pthread_mutex_lock(&runner->mutex);
    memcpy(runner->shared.last_skipped, runner->transaction_name, sizeof runner->shared.last_skipped);
    memcpy(runner->shared.last_skip_reason, runner->skip_reason, sizeof runner->shared.last_skip_reason);
    pthread_mutex_unlock(&runner->mutex);
    return LEAT_OK;
}

/* What has to be done before a transaction is handed over. LEAT_AGAIN: not yet (or no longer RUNNING). */
static int admit(struct leat_runner *runner, struct leat_error *err)
{
    const struct leat_item *item = &runner->item;
    know_transaction(runner, item);
    runner->passing = PASSING_NOT;
    runner->delay.holds = false;
    if (is_contained(runner, item)) {
        runner->passing = PASSING_CONTAINED;
        return LEAT_OK;
    }
    if (runner->skipping)
        return skip(runner, err);
    bool reached;
    if (leat_runner_reached_until(runner, item, &reached, err))
        return LEAT_FAIL;
    if (reached) {
        runner->pausing = true;
        return LEAT_AGAIN;
    }
    if (leat_runner_holds_back(runner))
        return LEAT_AGAIN;
    if (runner->isolate_seq != runner->transaction_seq || (!runner->dirty && !runner->flight_count))
        return LEAT_OK;
    /* It failed before: what lies before it gets its checkpoint first. */
    int rc = runner->dirty ? leat_runner_commit(runner, err) : leat_runner_poll(runner, err);
    if (rc)
        return rc;
    return runner->flight_count ? LEAT_AGAIN : LEAT_OK;
}

/* ---- A transaction's end ---- */

static void set_place(struct leat_runner *runner, const struct leat_place *place)
{
    if (!place || !place->file || !place->file[0])
        return;
    /* Files change rarely. */
    if (strcmp(runner->at.file, place->file) != 0)
        snprintf(runner->at.file, sizeof runner->at.file, "%s", place->file);
    runner->at.pos = place->pos;
    memcpy(runner->at.source_uuid, runner->transaction_uuid, LEAT_UUID_SIZE);
}

/* The overlap is over once all that the sink has lies behind the reader. */
static int check_overlap(struct leat_runner *runner, struct leat_error *err)
{
    if (!runner->at.overlap)
        return LEAT_OK;
    if (runner->overlap_read && leat_gtid_set_add(runner->overlap_read, &runner->gtid, err))
        return LEAT_FAIL;
    bool over =
        runner->gtid.flavour == LEAT_FLAVOUR_NONE
            ? runner->passing != PASSING_CONTAINED
            : runner->overlap_read && leat_gtid_set_contains_set(runner->overlap_read, runner->at.completed);
    if (over) {
        runner->at.overlap = false;
        leat_gtid_set_free(&runner->overlap_read);
        leat_log(LEAT_LOG_INFO, "sink", runner->config->name,
                 "all that was delivered from another journal is behind");
    }
    return LEAT_OK;
}

static void moved(struct leat_runner *runner)
{
    runner->at.seq = leat_reader_seq(runner->reader);
    if (!runner->dirty) {
        runner->dirty = true;
        runner->dirty_since_us = leat_monotonic_us(runner->clock);
    }
}

/* Behind it is where everything would go on. */
static int finish_transaction(struct leat_runner *runner, const struct leat_place *end,
                              struct leat_error *err)
{
    if (runner->passing != PASSING_CONTAINED) {
        if (leat_gtid_set_add(runner->at.completed, &runner->gtid, err)) {
            runner->item_failed = true;
            return LEAT_FAIL;
        }
        set_place(runner, end);
        runner->at.commit_us = runner->transaction_commit_us;
    }
    if (check_overlap(runner, err))
        return LEAT_FAIL;
    if (runner->passing == PASSING_NOT) {
        runner->at.transactions++;
        runner->at.changes += runner->transaction_changes;
    }
    if (runner->passed) {
        runner->dirty_messages = true;
        if (!runner->dirty_first_commit_us)
            runner->dirty_first_commit_us = runner->transaction_commit_us;
        leat_ages_add(&runner->dirty_ages, runner->transaction_commit_us);
    }
    runner->inside = false;
    runner->passing = PASSING_NOT;
    if (runner->transaction_seq == runner->isolate_seq)
        runner->isolate_seq = 0;
    moved(runner);
    return LEAT_OK;
}

/* ---- Handing over ---- */

/* Whatever else would cure it: a transaction that can't be shown may also be passed over. */
static void offer_skip(const struct leat_runner *runner, struct leat_error *err)
{
    char cure[LEAT_ERROR_CURE_MAX];
    snprintf(cure, sizeof cure, "%s", err->cure);
    (void)leat_cure(err, "%s%sor pass over this one transaction: `leat skip %s %s --reason TEXT`", cure,
                    *cure ? "; " : "", runner->config->name, runner->transaction_name);
}

int leat_runner_give(struct leat_runner *runner, const struct leat_item *item, struct leat_error *err)
{
    bool passed = false;
    int rc = LEAT_OK;
    if (runner->columns)
        rc = leat_columns_item(runner->columns, item, &item, err);
    if (rc == LEAT_OK && item)
        rc = runner->ops->item(runner->sink, item, &passed, err);
    if (rc == LEAT_FAIL) {
        runner->item_failed = true;
        if (err->kind == LEAT_KIND_DATA || err->code == LEAT_E_UNSUPPORTED)
            offer_skip(runner, err);
        return leat_error_prefix(err, "transaction %s", runner->transaction_name);
    }
    if (rc == LEAT_OK && passed)
        runner->passed = true;
    return rc;
}

/* The statement's text may quote what the filter keeps back, so it goes only where rows of it do. */
static int give_rows_query(struct leat_runner *runner, uint64_t seq, struct leat_error *err)
{
    if (!runner->has_rows_query)
        return LEAT_OK;
    const struct leat_item text = {
        .type = LEAT_ITEM_ROWS_QUERY,
        .seq = seq,
        .rows_query = {(const char *)runner->rows_query.data, runner->rows_query.size}};
    int rc = leat_runner_give(runner, &text, err);
    if (rc == LEAT_OK)
        runner->has_rows_query = false;
    return rc;
}

static int give_rows(struct leat_runner *runner, const struct leat_item *item, struct leat_error *err)
{
    assert(item->rows.table);
    if (!table_passes(runner, item->rows.table))
        return LEAT_OK;
    int rc = give_rows_query(runner, item->seq, err);
    if (rc == LEAT_OK)
        rc = leat_runner_give(runner, item, err);
    if (rc == LEAT_OK) {
        runner->transaction_changes += item->rows.row_count;
        runner->dirty_bytes += item->rows.images_size;
        runner->bytes += item->rows.images_size;
    }
    return rc;
}

static int take_opaque(struct leat_runner *runner, const struct leat_opaque *opaque, struct leat_error *err)
{
    int rc = leat_runner_give_opaque(runner, opaque, err);
    return rc || runner->opaque.open ? rc : finish_transaction(runner, &opaque->end, err);
}

static int take_start(struct leat_runner *runner, const struct leat_item *item)
{
    const struct leat_start *start = &item->start;
    if (start->executed && leat_gtid_set_empty(runner->at.completed)) {
        leat_gtid_set_free(&runner->at.completed);
        runner->at.completed = leat_gtid_set_copy(start->executed);
    }
    if (!runner->at.file[0]) {
        memcpy(runner->transaction_uuid, start->source_uuid, LEAT_UUID_SIZE);
        set_place(runner, &start->place);
    }
    moved(runner);
    return LEAT_OK;
}

int leat_runner_give_change(struct leat_runner *runner, const struct leat_item *item, struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_ROWS_QUERY:
        leat_buf_clear(&runner->rows_query);
        leat_buf_put(&runner->rows_query, item->rows_query.bytes, item->rows_query.size);
        runner->has_rows_query = true;
        return LEAT_OK;
    case LEAT_ITEM_ROWS:
        return give_rows(runner, item, err);
    case LEAT_ITEM_SCHEMA: /* rows carry their definition */
        return LEAT_OK;
    case LEAT_ITEM_STATEMENT:
        runner->dirty_bytes += item->statement.sql_size;
        runner->bytes += item->statement.sql_size;
        return leat_filter_statement(runner->filter, &item->statement) ? leat_runner_give(runner, item, err) : LEAT_OK;
    default:
        return leat_runner_give(runner, item, err);
    }
}

/* LEAT_OK with branch.open: there is more to do for it. */
static int take_end(struct leat_runner *runner, const struct leat_end *end, struct leat_error *err)
{
    int rc = LEAT_OK;
    if (runner->withheld && !runner->passing && end->how != LEAT_END_XA_PREPARE) {
        rc = leat_runner_release(runner, runner->transaction_seq, NULL, err);
        if (rc || runner->branch.open)
            return rc;
        runner->withheld = false;
    }
    if (!runner->passing && !runner->withheld)
        rc = leat_runner_give(runner, &runner->item, err);
    if (rc)
        return rc;
    runner->withheld = false;
    return finish_transaction(runner, &end->place, err);
}

/* The item in hand, which is admitted. LEAT_OK with branch.open or opaque.open: it stays in hand. */
static int hand_over(struct leat_runner *runner, struct leat_error *err)
{
    const struct leat_item *item = &runner->item;
    int rc = LEAT_OK;
    switch (item->type) {
    case LEAT_ITEM_START:
        return take_start(runner, item);
    case LEAT_ITEM_OPAQUE:
        return take_opaque(runner, &item->opaque, err);
    case LEAT_ITEM_BEGIN:
        runner->has_rows_query = false;
        runner->withheld = item->begin.flags & LEAT_BEGIN_XA;
        rc = runner->passing || runner->withheld ? LEAT_OK : leat_runner_give(runner, item, err);
        if (rc == LEAT_OK)
            runner->inside = true;
        return rc;
    case LEAT_ITEM_END:
        return take_end(runner, &item->end, err);
    case LEAT_ITEM_XA_RESOLVE:
        return runner->passing || !item->xa_resolve.commit
                   ? LEAT_OK
                   : leat_runner_release(runner, item->xa_resolve.prepared_seq, &item->xa_resolve, err);
    case LEAT_ITEM_GAP:
        snprintf(runner->transaction_name, sizeof runner->transaction_name, "%s:%llu",
                 item->gap.place.file ? item->gap.place.file : "", (unsigned long long)item->gap.place.pos);
        rc = leat_runner_give(runner, item, err);
        if (rc == LEAT_OK) {
            runner->dirty_messages = runner->dirty_messages || runner->passed;
            moved(runner);
        }
        return rc;
    case LEAT_ITEM_DEFINITION: /* between transactions it is nothing to deliver, but the checkpoint moves on */
        if (runner->inside)
            return runner->passing || runner->withheld ? LEAT_OK : leat_runner_give(runner, item, err);
        rc = leat_runner_give(runner, item, err);
        if (rc == LEAT_OK)
            moved(runner);
        return rc;
    default:
        return runner->passing || runner->withheld ? LEAT_OK : leat_runner_give_change(runner, item, err);
    }
}

static bool begins_transaction(const struct leat_item *item)
{
    return item->type == LEAT_ITEM_BEGIN || item->type == LEAT_ITEM_OPAQUE;
}

/* One item, read or still in hand. LEAT_AGAIN with has_item: no room, or it must not begin yet. */
static int take_item(struct leat_runner *runner, struct leat_error *err)
{
    if (!runner->has_item) {
        int rc = leat_reader_next(runner->reader, &runner->item, err);
        runner->caught_up = rc == LEAT_AGAIN;
        if (rc)
            return rc;
        runner->has_item = true;
        runner->admitted = false;
    }
    int rc = LEAT_OK;
    if (!runner->admitted && begins_transaction(&runner->item))
        rc = admit(runner, err);
    if (rc)
        return rc;
    runner->admitted = true;
    rc = hand_over(runner, err);
    if (rc == LEAT_OK && !runner->branch.open && !runner->opaque.open)
        runner->has_item = false;
    return rc;
}

/* ---- The step ---- */

/* Between transactions, when somebody wants it to. LEAT_AGAIN: paused, or what was handed over must be
 * committed first. */
static int pause_if_asked(struct leat_runner *runner, struct leat_error *err)
{
    if (runner->inside)
        return LEAT_OK;
    bool reached;
    int rc = leat_runner_reached_until(runner, NULL, &reached, err);
    if (rc)
        return rc;
    runner->pausing = runner->pausing || reached;
    if (!runner->pausing)
        return LEAT_OK;
    rc = runner->dirty ? leat_runner_commit(runner, err) : LEAT_OK;
    if (rc)
        return rc;
    runner->pausing = false;
    runner->resting = runner->resting && !reached;
    runner->rest_end_us = leat_monotonic_us(runner->clock) + runner->rest_us;
    if (!runner->resting) {
        leat_point_free(&runner->until);
        runner->until = (struct leat_point){0};
    }
    leat_runner_move(runner, LEAT_RUNNER_PAUSED, NULL);
    return LEAT_AGAIN;
}

static unsigned in_ms(uint64_t us)
{
    uint64_t ms = us / 1000 + (us % 1000 != 0);
    return ms < RUNNER_IDLE_WAIT_MS ? (unsigned)ms : RUNNER_IDLE_WAIT_MS;
}

static unsigned wait_for(const struct leat_runner *runner)
{
    unsigned wait_ms = RUNNER_IDLE_WAIT_MS;
    if (runner->flight_count || (runner->has_item && !runner->delay.holds))
        return RUNNER_BUSY_WAIT_MS;
    if (runner->delay.holds) {
        uint64_t until_us = leat_runner_held_until(runner), now_us = leat_wall_us(runner->clock);
        wait_ms = in_ms(until_us > now_us ? until_us - now_us : 0);
    }
    if (!runner->dirty || runner->inside)
        return wait_ms;
    unsigned commit_ms = in_ms(commit_due_in(runner));
    return commit_ms < wait_ms ? commit_ms : wait_ms;
}

static int read_some(struct leat_runner *runner, struct leat_error *err)
{
    uint64_t bytes_end = runner->bytes + RUNNER_STEP_BYTES;
    int rc = LEAT_OK;
    for (unsigned i = 0; rc == LEAT_OK && i < RUNNER_STEP_ITEMS && runner->bytes < bytes_end; i++) {
        rc = take_item(runner, err);
        if (rc == LEAT_OK)
            rc = commit_if_due(runner, err);
        if (rc == LEAT_OK && !runner->inside && (runner->pausing || runner->until.type != LEAT_POINT_UNSET))
            break; /* see whether this is where to pause */
    }
    return rc;
}

int leat_runner_run(struct leat_runner *runner, unsigned *wait_ms, struct leat_error *err)
{
    int rc = leat_runner_poll(runner, err);
    if (rc == LEAT_OK)
        rc = pause_if_asked(runner, err);
    if (rc == LEAT_OK) {
        rc = read_some(runner, err);
        if (rc == LEAT_AGAIN && runner->pausing)
            rc = LEAT_OK; /* at once: the next step pauses */
    }
    if (rc == LEAT_AGAIN && runner->state == LEAT_RUNNER_RUNNING) {
        int committed = commit_if_due(runner, err);
        if (committed)
            return committed;
        /* What can't be committed yet may be on its way already. */
        if (runner->dirty && leat_runner_poll(runner, err))
            return LEAT_FAIL;
    }
    if (rc == LEAT_AGAIN)
        *wait_ms = runner->state == LEAT_RUNNER_RUNNING || runner->flight_count ? wait_for(runner)
                                                                                : RUNNER_IDLE_WAIT_MS;
    return rc;
}
