/* What may go, and what must when there is no room. In this order: segments that are delivered and older than
 * `keep`; when full, delivered ones however young; then detachable holds are dropped, the one that lags most
 * first; then the writer waits. Nothing that is not visible yet, no prepared XA branch and never the last
 * segment goes.
 *
 * Each deletion is made durable before the next, so that a crash can't leave a hole. Age counts from when a
 * segment was sealed here, not from commit times: an old binlog read today would else be gone before it could
 * be replayed. The writer's thread, but for the fields under the mutex. */
#include "journal_int.h"

#include <assert.h>

enum { DELETED_AT_ONCE_MAX = 16 };

/* Whether the oldest segment holds something at or behind `seq`. Its last record is its index, which nobody
 * needs. */
static bool first_pinned_by(const struct leat_journal *journal, uint64_t seq)
{
    return journal->segment_count < 2 || !journal->segments[1]->created ||
           seq + 1 < journal->segments[1]->head.first_seq;
}

static uint64_t lowest_hold(struct leat_journal *journal, bool fixed_only)
{
    uint64_t lowest = UINT64_MAX;
    for (const struct leat_hold *hold = journal->holds; hold; hold = hold->next)
        if (!hold->lost && !(fixed_only && hold->detachable) && hold->seq < lowest)
            lowest = hold->seq;
    return lowest;
}

/* XA_RESOLVEs that a hold has still to come to refer to PREPAREs, which must still be there then. */
static int lowest_ref(struct leat_journal *journal, uint64_t from, uint64_t *lowest, struct leat_error *err)
{
    size_t at = leat_journal_segment_at(journal, from);
    for (size_t i = at == SIZE_MAX ? 0 : at; i < journal->segment_count; i++) {
        if (leat_journal_segment_sums(journal, journal->segments[i], err))
            return LEAT_FAIL;
        const struct segment_sums *sums = &journal->segments[i]->sums;
        if (sums->lowest_ref && sums->lowest_ref < *lowest && from <= sums->last_ref_seq)
            *lowest = sums->lowest_ref;
    }
    return LEAT_OK;
}

/* Everything below *floor may go, as far as this process knows. */
static int floor_seq(struct leat_journal *journal, bool fixed_only, uint64_t *floor, struct leat_error *err)
{
    pthread_mutex_lock(&journal->mutex);
    uint64_t hold = lowest_hold(journal, fixed_only);
    pthread_mutex_unlock(&journal->mutex);
    *floor = journal->visible.seq < hold ? journal->visible.seq : hold;
    const struct branch *branch = leat_state_branch_oldest(&journal->state);
    if (branch && branch->prepared_seq < *floor)
        *floor = branch->prepared_seq;
    return hold == UINT64_MAX ? LEAT_OK : lowest_ref(journal, hold, floor, err);
}

static int delete_first(struct leat_journal *journal, struct leat_error *err)
{
    struct segment *first = journal->segments[0];
    assert(first != journal->active && first != journal->mark.segment && first->created);
    char name[SEGMENT_NAME_MAX], path[JOURNAL_PATH_MAX];
    leat_segment_name(name, first->head.first_seq);
    if (leat_segment_path(path, journal->folder, name, err))
        return LEAT_FAIL;
    /* Out of the list first: nobody new opens it; who has it open may read on. */
    pthread_mutex_lock(&journal->mutex);
    journal->status.first_seq = journal->segments[1]->head.first_seq;
    journal->status.oldest_time_us = journal->segments[1]->head.created_us;
    pthread_mutex_unlock(&journal->mutex);
    if (journal->fs->unlink(journal->fs->context, path, err) ||
        journal->fs->sync_folder(journal->fs->context, journal->folder, err))
        return LEAT_FAIL;
    leat_journal_segment_drop_first(journal);
    return LEAT_OK;
}

/* min_free is of the file system; what other programs write counts, too. */
static int has_room(struct leat_journal *journal, bool *room, struct leat_error *err)
{
    uint64_t bytes = leat_journal_bytes(journal);
    uint64_t limit = journal->max_bytes ? journal->max_bytes : UINT64_MAX;
    if (journal->min_free_bytes || journal->min_free_percent) {
        uint64_t free_bytes, total;
        if (journal->fs->space(journal->fs->context, journal->folder, &free_bytes, &total, err))
            return LEAT_FAIL;
        uint64_t keep_free = total / 100 * journal->min_free_percent;
        if (keep_free < journal->min_free_bytes)
            keep_free = journal->min_free_bytes;
        uint64_t may_take = free_bytes > keep_free ? free_bytes - keep_free : 0;
        if (may_take < limit - (bytes < limit ? bytes : limit))
            limit = bytes + may_take;
    }
    pthread_mutex_lock(&journal->mutex);
    journal->status.max_bytes = limit == UINT64_MAX ? 0 : limit;
    pthread_mutex_unlock(&journal->mutex);
    *room = limit >= bytes && limit - bytes >= journal->segment_bytes;
    return LEAT_OK;
}

void leat_journal_set_full(struct leat_journal *journal, bool limit, bool disk)
{
    journal->limit_full = limit;
    journal->disk_full = disk;
    pthread_mutex_lock(&journal->mutex);
    journal->status.full = limit || disk;
    pthread_mutex_unlock(&journal->mutex);
}

/* Drops the detachable hold that lags most, if it is what keeps the oldest segment. */
static int detach_one(struct leat_journal *journal, bool *detached, struct leat_error *err)
{
    uint64_t fixed;
    *detached = false;
    if (floor_seq(journal, true, &fixed, err))
        return LEAT_FAIL;
    if (first_pinned_by(journal, fixed))
        return LEAT_OK; /* it would be lost for nothing */
    pthread_mutex_lock(&journal->mutex);
    for (struct leat_hold *hold = journal->holds; hold && !*detached; hold = hold->next)
        if (hold->detachable && !hold->lost)
            *detached = hold->lost = true;
    pthread_cond_broadcast(&journal->moved);
    pthread_mutex_unlock(&journal->mutex);
    return LEAT_OK;
}

int leat_journal_make_room(struct leat_journal *journal, bool *room, struct leat_error *err)
{
    for (;;) {
        if (has_room(journal, room, err))
            return LEAT_FAIL;
        if (*room)
            break;
        if (journal->segment_count < 2)
            break;
        uint64_t floor;
        if (floor_seq(journal, false, &floor, err))
            return LEAT_FAIL;
        bool detached = false;
        if (!first_pinned_by(journal, floor)) {
            if (delete_first(journal, err))
                return LEAT_FAIL;
        } else if (detach_one(journal, &detached, err)) {
            return LEAT_FAIL;
        } else if (!detached) {
            break;
        }
    }
    if (journal->limit_full == *room)
        leat_journal_set_full(journal, !*room, journal->disk_full);
    return LEAT_OK;
}

int leat_journal_make_space(struct leat_journal *journal, struct leat_error *err)
{
    for (int i = 0; i < DELETED_AT_ONCE_MAX && journal->segment_count > 1; i++) {
        uint64_t floor;
        if (floor_seq(journal, false, &floor, err))
            return LEAT_FAIL;
        if (first_pinned_by(journal, floor))
            return LEAT_OK;
        if (delete_first(journal, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

static int delete_aged(struct leat_journal *journal, struct leat_error *err)
{
    uint64_t now = leat_wall_us(journal->clock);
    uint64_t floor;
    if (journal->segment_count < 2)
        return LEAT_OK;
    if (floor_seq(journal, false, &floor, err))
        return LEAT_FAIL;
    for (int i = 0; i < DELETED_AT_ONCE_MAX && journal->segment_count > 1 && !first_pinned_by(journal, floor);
         i++) {
        struct segment *first = journal->segments[0];
        if (leat_journal_segment_sums(journal, first, err))
            return LEAT_FAIL;
        if (now < first->sums.sealed_us || now - first->sums.sealed_us < journal->keep_us)
            return LEAT_OK;
        if (delete_first(journal, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

int leat_journal_retain(struct leat_journal *journal, struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC && !journal->read_only);
    if (journal->broken)
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "an earlier sync of the journal failed");
    int rc = journal->takeback ? leat_takeback_do(journal, err) : LEAT_OK;
    if (rc == LEAT_OK)
        rc = delete_aged(journal, err);
    bool room;
    if (rc == LEAT_OK && journal->limit_full)
        rc = leat_journal_make_room(journal, &room, err);
    else if (rc == LEAT_OK && (journal->min_free_bytes || journal->min_free_percent))
        rc = has_room(journal, &room, err); /* for the status: other programs fill the disk, too */
    if (rc == LEAT_OK && journal->disk_full)
        rc = leat_journal_make_space(journal, err);
    if (rc < 0 && err->code == LEAT_E_SYNC)
        journal->broken = true;
    return rc;
}
