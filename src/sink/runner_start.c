/* Where a runner goes on from: its sink's checkpoint on this journal, or on another one, the `start` of a new
 * sink, the target of a rewind. Everything else ends in an error with a state: never a silent gap.
 *
 * Runs in the runner's thread, in state RECOVERING. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "runner_int.h"

/* ---- Places ---- */

/* The number behind the last dot of "binlog.000042". */
static uint64_t file_number(const char *file)
{
    const char *dot = strrchr(file, '.');
    uint64_t number = 0;
    for (const char *at = dot ? dot + 1 : ""; *at >= '0' && *at <= '9' && number < UINT64_MAX / 16; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return number;
}

int leat_runner_compare_places(const char *file_a, uint64_t pos_a, const char *file_b, uint64_t pos_b)
{
    uint64_t a = file_number(file_a), b = file_number(file_b);
    if (a == b) {
        int order = strcmp(file_a, file_b);
        if (order)
            return order;
        a = pos_a;
        b = pos_b;
    }
    return a < b ? -1 : a > b;
}

/* ---- What stands at a place of the journal ---- */

struct spot {
    uint64_t seq;
    struct leat_gtid_set *completed; /* owned: what lies before */
    bool is_start;                   /* the journal's own beginning */
    bool has_transaction;            /* the first thing behind it is one */
    bool has_place;
    uint8_t uuid[LEAT_UUID_SIZE];
    char file[512];
    uint64_t pos;
};

static void set_spot_place(struct spot *spot, const uint8_t *uuid, const struct leat_place *place)
{
    memcpy(spot->uuid, uuid, LEAT_UUID_SIZE);
    snprintf(spot->file, sizeof spot->file, "%s", place->file ? place->file : "");
    spot->pos = place->pos;
    spot->has_place = true;
}

static void look_at_item(struct spot *spot, const struct leat_item *item)
{
    if (item->type == LEAT_ITEM_START) {
        spot->is_start = true;
        set_spot_place(spot, item->start.source_uuid, &item->start.place);
        if (item->start.executed && leat_gtid_set_empty(spot->completed)) {
            leat_gtid_set_free(&spot->completed);
            spot->completed = leat_gtid_set_copy(item->start.executed);
        }
    } else if (item->type == LEAT_ITEM_BEGIN) {
        spot->has_transaction = true;
        set_spot_place(spot, item->begin.source_uuid, &item->begin.place);
    } else if (item->type == LEAT_ITEM_OPAQUE) {
        spot->has_transaction = true;
        set_spot_place(spot, item->opaque.begin.source_uuid, &item->opaque.begin.place);
    }
}

/* Reads forward from seq until a place is known or the visible end is met. */
static int look_at(struct leat_runner *runner, uint64_t seq, struct spot *spot, struct leat_error *err)
{
    *spot = (struct spot){0};
    struct leat_reader *reader = NULL;
    if (leat_reader_open(&reader, runner->journal, seq, err))
        return LEAT_FAIL;
    spot->completed = leat_reader_completed(reader);
    if (!spot->completed)
        spot->completed = leat_gtid_set_new();
    spot->seq = leat_reader_seq(reader);
    int rc = LEAT_OK;
    while (rc == LEAT_OK && !spot->has_place) {
        struct leat_item item;
        rc = leat_reader_next(reader, &item, err);
        if (rc == LEAT_OK)
            look_at_item(spot, &item);
    }
    leat_reader_close(&reader);
    if (rc == LEAT_AGAIN) {
        struct leat_journal_status status;
        leat_journal_status(runner->journal, &status);
        memcpy(spot->file, status.file, sizeof spot->file);
        spot->pos = status.pos;
        rc = LEAT_OK;
    }
    if (rc)
        leat_gtid_set_free(&spot->completed);
    return rc;
}

int leat_runner_journal_is_new(struct leat_runner *runner, bool *is_new, struct leat_error *err)
{
    struct leat_reader *reader = NULL;
    if (leat_reader_open(&reader, runner->journal, 0, err))
        return LEAT_FAIL;
    /* Whole transactions only are visible, so a definition without one behind it means that the front was
     * deleted. */
    int rc = LEAT_OK;
    bool old = false, begins = false;
    while (rc == LEAT_OK && !old) {
        struct leat_item item;
        rc = leat_reader_next(reader, &item, err);
        begins = begins || (rc == LEAT_OK && item.type == LEAT_ITEM_START);
        old = rc == LEAT_OK && !(begins && (item.type == LEAT_ITEM_START || item.type == LEAT_ITEM_DEFINITION));
    }
    leat_reader_close(&reader);
    *is_new = !old;
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

/* ---- Taking up the place ---- */

/* The journal keeps what lies behind the checkpoint from now on. */
static int take_hold(struct leat_runner *runner, uint64_t seq, struct leat_error *err)
{
    if (runner->hold && !leat_hold_lost(runner->hold) && seq >= runner->hold_seq) {
        leat_hold_move(runner->hold, seq);
        runner->hold_seq = seq;
        return LEAT_OK;
    }
    if (runner->hold)
        leat_hold_release(&runner->hold);
    char name[LEAT_HOLD_NAME_MAX];
    snprintf(name, sizeof name, "sink %s", runner->config->name);
    bool detachable = runner->config->when_journal_full == LEAT_WHEN_FULL_DETACH;
    if (leat_hold_new(&runner->hold, runner->journal, name, seq, detachable, err)) {
        runner->hold = NULL;
        return LEAT_FAIL;
    }
    runner->hold_seq = seq;
    return LEAT_OK;
}

/* Until the checkpoint is known (the sink may be unreachable for days) all that the journal has is kept. */
int leat_runner_hold_everything(struct leat_runner *runner, struct leat_error *err)
{
    if (runner->hold && (runner->positioned || !leat_hold_lost(runner->hold)))
        return LEAT_OK;
    struct leat_journal_status status;
    leat_journal_status(runner->journal, &status);
    if (take_hold(runner, status.first_seq, err) == LEAT_OK)
        return LEAT_OK;
    if (err->code != LEAT_E_RESYNC)
        return LEAT_FAIL;
    return (void)leat_fail(err, LEAT_E_IO, LEAT_KIND_RETRY,
                           "the oldest segment of the journal was deleted just now"),
           LEAT_FAIL;
}

static int resync(struct leat_runner *runner, struct leat_error *err)
{
    if (err->code != LEAT_E_RESYNC)
        return LEAT_FAIL;
    (void)leat_error_prefix(err, "what this sink needs next is no longer in the journal");
    return leat_cure(
        err,
        "changes are missing in this sink: load it anew, then `leat rewind %s --to P` to where that load "
        "stands (or `--to earliest`, to go on behind the gap)",
        runner->config->name);
}

/* The sink's durable checkpoint is on this journal: read on from it. Takes the checkpoint's memory. */
static int take_position(struct leat_runner *runner, struct leat_checkpoint *from, struct leat_error *err)
{
    int rc = take_hold(runner, from->seq, err);
    if (rc == LEAT_OK)
        rc = leat_reader_open(&runner->reader, runner->journal, from->seq, err);
    if (rc) {
        runner->reader = NULL;
        leat_checkpoint_free(from);
        return resync(runner, err);
    }
    if (!from->completed)
        from->completed = leat_gtid_set_new();
    if (from->overlap)
        runner->overlap_read = leat_reader_completed(runner->reader);
    leat_checkpoint_free(&runner->at);
    leat_checkpoint_copy(&runner->at, from);
    leat_runner_delivered_to(runner, from);
    runner->positioned = true;
    runner->last_commit_us = 0;
    leat_log(LEAT_LOG_INFO, "sink", runner->config->name, "goes on at record %llu, generation %llu",
             (unsigned long long)runner->at.seq, (unsigned long long)runner->at.generation);
    return LEAT_OK;
}

static const uint8_t *our_id(const struct leat_runner *runner)
{
    return leat_journal_identity(runner->journal)->journal_id;
}

/* A new generation begins at `from`; first the sink makes that durable. Takes from's memory. */
static int begin_generation(struct leat_runner *runner, struct leat_checkpoint *from,
                            uint64_t generation_before, struct leat_error *err)
{
    memcpy(from->journal_id, our_id(runner), LEAT_JOURNAL_ID_SIZE);
    from->generation = generation_before + 1;
    /* Held first: once the sink has said where it goes on, that must not be deleted before it is read. */
    int rc = take_hold(runner, from->seq, err);
    if (rc == LEAT_OK)
        rc = runner->ops->restart(runner->sink, from, err);
    if (rc) {
        leat_checkpoint_free(from);
        return rc == LEAT_FAIL ? resync(runner, err) : rc;
    }
    return take_position(runner, from, err);
}

/* ---- start and rewind: from a point ---- */

static int seq_of_point(struct leat_runner *runner, const struct leat_point *point, uint64_t *seq,
                        struct leat_error *err)
{
    *seq = 0;
    if (point->type == LEAT_POINT_EARLIEST)
        return LEAT_OK;
    if (point->type != LEAT_POINT_NOW)
        return leat_journal_find(runner->journal, point, seq, err);
    *seq = leat_journal_visible_end(runner->journal);
    return LEAT_OK;
}

/* before: the checkpoint so far, whose counters go on; its memory stays the caller's. */
static int begin_at_point(struct leat_runner *runner, const struct leat_point *point,
                          const struct leat_checkpoint *before, struct leat_error *err)
{
    struct spot spot;
    uint64_t seq;
    if (seq_of_point(runner, point, &seq, err) || look_at(runner, seq, &spot, err))
        return LEAT_FAIL;
    struct leat_checkpoint from = {.seq = spot.seq,
                                   .pos = spot.pos,
                                   .completed = spot.completed,
                                   .transactions = before->transactions,
                                   .changes = before->changes,
                                   .commit_us = before->commit_us};
    memcpy(from.source_uuid, spot.uuid, LEAT_UUID_SIZE);
    memcpy(from.file, spot.file, sizeof from.file);
    if (point->type == LEAT_POINT_GTIDS) {
        /* "the set is done": behind the first transaction that isn't in it there may be others that are. */
        from.overlap = true;
        if (leat_gtid_set_union(from.completed, point->gtids, err)) {
            leat_checkpoint_free(&from);
            return LEAT_FAIL;
        }
    }
    return begin_generation(runner, &from, before->generation, err);
}

static int begin_new_sink(struct leat_runner *runner, const struct leat_checkpoint *before,
                          struct leat_error *err)
{
    const struct leat_point earliest = {.type = LEAT_POINT_EARLIEST};
    if (runner->config->start.type != LEAT_POINT_UNSET)
        return begin_at_point(runner, &runner->config->start, before, err);
    bool is_new = false;
    if (leat_runner_journal_is_new(runner, &is_new, err))
        return LEAT_FAIL;
    if (is_new || runner->journal_was_new)
        return begin_at_point(runner, &earliest, before, err);
    if (runner->hold)
        leat_hold_release(&runner->hold); /* it has no claim on the journal yet */
    const char *name = runner->config->name;
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR,
                    "sink %s is new, and the journal already holds transactions", name);
    return leat_cure(err,
                     "set sinks.%s.start to say where it begins: earliest, now, or a point (FILE:POS, a GTID "
                     "set, a time); "
                     "or `leat rewind %s --to P`",
                     name, name);
}

static int rewind_sink(struct leat_runner *runner, const struct leat_checkpoint *before,
                       struct leat_error *err)
{
    /* A first recover() that failed tells no generation, an earlier one may have. */
    struct leat_checkpoint last = *before;
    if (last.generation < runner->shared.delivered.generation)
        last.generation = runner->shared.delivered.generation;
    int rc = begin_at_point(runner, &runner->rewind_to, &last, err);
    if (rc == LEAT_OK) {
        struct leat_buf to = {0};
        leat_point_put(&to, &runner->rewind_to);
        leat_log(LEAT_LOG_WARN, "sink", runner->config->name, "rewound to %s: generation %llu",
                 leat_buf_cstr(&to), (unsigned long long)runner->at.generation);
        leat_buf_free(&to);
        leat_point_free(&runner->rewind_to);
        runner->rewinding = false;
        runner->isolate_seq = 0;
    }
    return rc;
}

/* ---- A checkpoint on another journal ---- */

/* Whether all before the journal's beginning is delivered. Equal sets don't tell where GTIDs were switched off:
 * then transactions without one came since, and on the same server the place does. */
static bool reaches(const struct leat_checkpoint *checkpoint, const struct spot *beginning)
{
    if (checkpoint->completed && !checkpoint->file[0]) /* by GTIDs alone: a target that says what it has */
        return leat_gtid_set_contains_set(checkpoint->completed, beginning->completed);
    bool by_gtids = checkpoint->completed && !leat_gtid_set_empty(beginning->completed);
    bool comparable = checkpoint->file[0] && beginning->has_place && beginning->file[0] &&
                      !memcmp(checkpoint->source_uuid, beginning->uuid, LEAT_UUID_SIZE);
    if (by_gtids && (!comparable || !leat_gtid_set_equal(checkpoint->completed, beginning->completed)))
        return leat_gtid_set_contains_set(checkpoint->completed, beginning->completed);
    return comparable && leat_runner_compare_places(beginning->file, beginning->pos, checkpoint->file,
                                                    checkpoint->pos) <= 0;
}

/* The journal was lost and rebuilt (it begins at the oldest checkpoint of all sinks): from its start on,
 * passing over what this sink has. A new generation, since sequence numbers begin anew and are in names. */
static int join_other_journal(struct leat_runner *runner, const struct leat_checkpoint *checkpoint,
                              struct leat_error *err)
{
    struct spot beginning;
    if (look_at(runner, 0, &beginning, err))
        return LEAT_FAIL;
    if (!beginning.has_place && !beginning.has_transaction) {
        leat_gtid_set_free(&beginning.completed);
        return LEAT_AGAIN; /* the source hasn't begun it yet */
    }
    bool fine = reaches(checkpoint, &beginning);
    leat_gtid_set_free(&beginning.completed);
    if (!fine) {
        (void)leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR,
                        "the checkpoint of sink %s (%s:%llu) is of another journal, and this journal begins "
                        "behind it, at %s:%llu",
                        runner->config->name, checkpoint->file[0] ? checkpoint->file : "no file",
                        (unsigned long long)checkpoint->pos, beginning.file,
                        (unsigned long long)beginning.pos);
        return leat_cure(err,
                         "put the old journal back; or load the sink anew, then `leat rewind %s --to P` to "
                         "where that load "
                         "stands",
                         runner->config->name);
    }
    leat_log(LEAT_LOG_WARN, "sink", runner->config->name,
             "the checkpoint is of another journal: reading this one from its start, passing over what was "
             "delivered");
    struct leat_checkpoint from;
    leat_checkpoint_copy(&from, checkpoint);
    from.seq = beginning.seq;
    from.overlap = true;
    return begin_generation(runner, &from, checkpoint->generation, err);
}

static int ahead_of_journal(struct leat_runner *runner, const struct leat_checkpoint *checkpoint,
                            uint64_t visible_end, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR,
                    "sink %s has delivered up to record %llu, and the journal ends at %llu: it lost records "
                    "that were synced, and "
                    "their numbers may come again with other contents",
                    runner->config->name, (unsigned long long)checkpoint->seq,
                    (unsigned long long)visible_end);
    return leat_cure(err, "put the journal back as it was; or move it away and start again: an empty journal "
                          "begins at the sinks' "
                          "checkpoints");
}

/* Whether the journal still has its beginning. */
static int journal_is_whole(struct leat_runner *runner, bool *whole, struct leat_error *err)
{
    struct leat_reader *reader = NULL;
    struct leat_item item;
    if (leat_reader_open(&reader, runner->journal, 0, err))
        return LEAT_FAIL;
    int rc = leat_reader_next(reader, &item, err);
    *whole = rc == LEAT_OK && item.type == LEAT_ITEM_START;
    leat_reader_close(&reader);
    return rc == LEAT_FAIL ? LEAT_FAIL : LEAT_OK;
}

/* Begun on another journal, by a copy of this relay or before the journal was lost, and nothing was delivered there: so it isn't new, and what is
 * wanted is all that there is. */
static int begin_again(struct leat_runner *runner, const struct leat_checkpoint *before, struct leat_error *err)
{
    const struct leat_point earliest = {.type = LEAT_POINT_EARLIEST};
    bool whole = false;
    if (runner->config->start.type == LEAT_POINT_UNSET && journal_is_whole(runner, &whole, err))
        return LEAT_FAIL;
    return whole ? begin_at_point(runner, &earliest, before, err) : begin_new_sink(runner, before, err);
}

int leat_runner_start(struct leat_runner *runner, struct leat_error *err)
{
    leat_runner_forget(runner);
    runner->positioned = false;
    if (leat_runner_hold_everything(runner, err))
        return LEAT_FAIL;
    struct leat_checkpoint checkpoint = {0};
    int rc = runner->ops->recover(runner->sink, &checkpoint, err);
    bool ours = !memcmp(checkpoint.journal_id, our_id(runner), LEAT_JOURNAL_ID_SIZE);
    bool blank = !checkpoint.file[0] && (!checkpoint.completed || leat_gtid_set_empty(checkpoint.completed));
    uint64_t visible_end = leat_journal_visible_end(runner->journal);
    if (runner->rewinding && rc != LEAT_STOPPED &&
        (rc != LEAT_FAIL || err->kind == LEAT_KIND_OPERATOR || err->kind == LEAT_KIND_DATA))
        rc = rewind_sink(runner, &checkpoint, err);
    else if (rc == LEAT_END)
        rc = begin_new_sink(runner, &checkpoint, err);
    else if (rc == LEAT_OK && !ours && blank)
        rc = begin_again(runner, &checkpoint, err);
    else if (rc == LEAT_OK && !ours)
        rc = join_other_journal(runner, &checkpoint, err);
    else if (rc == LEAT_OK && checkpoint.seq > visible_end)
        rc = ahead_of_journal(runner, &checkpoint, visible_end, err);
    else if (rc == LEAT_OK)
        rc = take_position(runner, &checkpoint, err);
    leat_checkpoint_free(&checkpoint);
    return rc;
}
