/* Writing, syncing and publishing a batch. What failed to be written is written again, each record at its own
 * offset; what failed to be synced never is: the kernel forgets such a failure once it was told, so nothing
 * on disk can be trusted any more, and the journal is broken until it is opened again. The writer's thread.
 */
#include "journal_int.h"

#include <assert.h>

static int write_run(struct leat_journal *journal, size_t at, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    const struct run *run = &journal->runs[at];
    struct segment *segment = run->segment;
    size_t parts_end = at + 1 < journal->run_count ? journal->runs[at + 1].first_part : journal->part_count;
    if (!segment->created && leat_segment_create(journal, segment, err))
        return LEAT_FAIL;
    if (leat_journal_segment_file(journal, segment, err))
        return LEAT_FAIL;
    if (run->bytes == 0)
        return LEAT_OK; /* a segment that has only its state, which was synced with it */
    uint64_t end = run->offset + run->bytes;
    if (segment->dirty_end < end)
        segment->dirty_end = end;
    if (fs->write(fs->context, segment->file, journal->parts + run->first_part, parts_end - run->first_part,
                  run->offset, err))
        return LEAT_FAIL;
    if (run->seal && fs->truncate(fs->context, segment->file, end, err))
        return LEAT_FAIL;
    if (fs->sync(fs->context, segment->file, err))
        return LEAT_FAIL;
    if (run->seal)
        fs->close(fs->context, &segment->file);
    return LEAT_OK;
}

static void show_segments(struct leat_journal *journal)
{
    for (size_t i = 0; i < journal->run_count; i++) {
        struct segment *segment = journal->runs[i].segment;
        if (segment->sealed)
            segment->bytes = segment->end;
        else if (segment->bytes < segment->end)
            segment->bytes = segment->end;
        segment->shown = segment->sums;
        segment->shown_end = segment->end;
        segment->shown_end_seq =
            i + 1 < journal->run_count ? journal->runs[i + 1].segment->head.first_seq : journal->next_seq;
    }
}

static void show_set(struct leat_journal *journal)
{
    if (journal->completed_replaced) {
        leat_gtid_set_free(&journal->visible_set);
        journal->visible_set = leat_gtid_set_copy(journal->state.completed);
    }
    for (size_t i = 0; i < journal->gtid_count; i++)
        if (leat_gtid_set_add(journal->visible_set, &journal->gtids[i], NULL))
            assert(!"the completed set took it, so this one does");
    journal->gtid_count = 0;
    journal->completed_replaced = false;
}

/* The branch that was prepared first, and so is what is kept longest. */
static void show_branches(struct leat_journal *journal)
{
    struct leat_journal_status *status = &journal->status;
    const struct branch *oldest = leat_state_branch_oldest(&journal->state);
    status->open_branches = journal->state.branch_count;
    status->branch_seq = oldest ? oldest->prepared_seq : 0;
    if (!oldest)
        return;
    status->branch_id_size = oldest->id_size;
    memcpy(status->branch_id, oldest->id, oldest->id_size);
    status->branch_gtid = oldest->gtid;
    status->branch_us = oldest->time_us;
}

void leat_journal_publish(struct leat_journal *journal)
{
    struct leat_journal_status *status = &journal->status;
    pthread_mutex_lock(&journal->mutex);
    show_segments(journal);
    show_set(journal);
    show_branches(journal);
    journal->visible = journal->mark.at;
    journal->visible_definition = journal->state.definition_seq;
    status->visible_end = journal->mark.at.seq;
    status->written_end = journal->next_seq;
    status->first_seq = journal->segments[0]->head.first_seq;
    status->transactions += journal->batch_transactions;
    status->changes += journal->batch_changes;
    memcpy(status->file, journal->state.file, strlen(journal->state.file) + 1);
    status->pos = journal->state.pos;
    status->last_commit_us = journal->state.last_commit_us;
    pthread_cond_broadcast(&journal->moved);
    pthread_mutex_unlock(&journal->mutex);
    journal->batch_transactions = journal->batch_changes = 0;
}

static int write_failed(struct leat_journal *journal, struct leat_error *err)
{
    if (err->code == LEAT_E_SYNC) {
        journal->broken = true;
        return LEAT_FAIL;
    }
    err->kind = LEAT_KIND_RETRY;
    if (err->code == LEAT_E_DISK_FULL) {
        struct leat_error unused = {0};
        leat_journal_set_full(journal, journal->limit_full, true);
        /* What no sink needs goes first; the next attempt then finds space. */
        if (leat_journal_make_space(journal, &unused) && unused.code == LEAT_E_SYNC) {
            journal->broken = true;
            *err = unused;
        }
    }
    return LEAT_FAIL;
}

static void count_sync(struct leat_journal *journal, uint64_t began_us)
{
    uint64_t took = leat_monotonic_us(journal->clock) - began_us;
    uint64_t ahead_us = journal->clock_offset ? leat_cell_get(journal->clock_offset) : 0; /* an int64_t: modulo 2^64 */
    leat_histogram_add(&journal->meters.sync, took, 1);
    leat_ages_observe(&journal->ages, &journal->meters.age, leat_wall_us(journal->clock) + ahead_us);
    pthread_mutex_lock(&journal->mutex);
    journal->status.syncs++;
    journal->status.sync_us_total += took;
    if (took > journal->status.sync_us_max)
        journal->status.sync_us_max = took;
    pthread_mutex_unlock(&journal->mutex);
}

int leat_journal_sync(struct leat_journal *journal, struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC && !journal->read_only);
    if (journal->broken)
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "an earlier sync of the journal failed");
    if (journal->takeback && leat_takeback_do(journal, err))
        return write_failed(journal, err);
    if (journal->run_count == 0)
        return LEAT_OK;
    uint64_t began_us = leat_monotonic_us(journal->clock);
    if (leat_definitions_sync(journal, err))
        return write_failed(journal, err);
    for (; journal->runs_done < journal->run_count; journal->runs_done++)
        if (write_run(journal, journal->runs_done, err))
            return write_failed(journal, err);
    journal->durable_end = journal->next_seq;
    leat_journal_publish(journal);
    leat_batch_clear(journal);
    if (journal->disk_full)
        leat_journal_set_full(journal, journal->limit_full, false);
    count_sync(journal, began_us);
    return LEAT_OK;
}
