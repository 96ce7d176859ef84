/* What other threads see of a journal: status, the visible end and waiting for it. All under the mutex; any
 * thread. */
#include "journal_int.h"

#include <assert.h>
#include <time.h>

/* Whether the oldest segment would not be needed but for a branch that is open. */
static bool branch_pins(const struct leat_journal *journal)
{
    const struct leat_journal_status *status = &journal->status;
    if (!status->open_branches || journal->segment_count < 2)
        return false;
    uint64_t second = journal->segments[1]->head.first_seq;
    bool held = false;
    for (const struct leat_hold *hold = journal->holds; hold && !held; hold = hold->next)
        held = !hold->lost && hold->seq + 1 < second;
    return status->branch_seq + 1 < second && !held;
}

const struct leat_journal_meters *leat_journal_meters(const struct leat_journal *journal)
{
    return &journal->meters;
}

void leat_journal_status(const struct leat_journal *journal, struct leat_journal_status *status)
{
    struct leat_journal *locked = (struct leat_journal *)journal; /* the mutex is no part of what is const */
    assert(journal->magic == JOURNAL_MAGIC);
    pthread_mutex_lock(&locked->mutex);
    *status = journal->status;
    status->bytes = leat_journal_bytes(journal);
    status->segments = journal->segment_count;
    status->branch_pins = branch_pins(journal);
    pthread_mutex_unlock(&locked->mutex);
}

uint64_t leat_journal_visible_end(const struct leat_journal *journal)
{
    struct leat_journal *locked = (struct leat_journal *)journal;
    assert(journal->magic == JOURNAL_MAGIC);
    pthread_mutex_lock(&locked->mutex);
    uint64_t seq = journal->visible.seq;
    pthread_mutex_unlock(&locked->mutex);
    return seq;
}

struct leat_gtid_set *leat_journal_visible_set(const struct leat_journal *journal)
{
    struct leat_journal *locked = (struct leat_journal *)journal;
    assert(journal->magic == JOURNAL_MAGIC);
    pthread_mutex_lock(&locked->mutex);
    struct leat_gtid_set *set = leat_gtid_set_copy(journal->visible_set);
    pthread_mutex_unlock(&locked->mutex);
    return set;
}

int leat_journal_wait(struct leat_journal *journal, uint64_t seq, unsigned timeout_ms)
{
    assert(journal->magic == JOURNAL_MAGIC);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&journal->mutex);
    uint64_t wakes = journal->wakes;
    bool timed_out = timeout_ms == 0;
    while (journal->visible.seq <= seq && wakes == journal->wakes && !timed_out)
        timed_out = pthread_cond_timedwait(&journal->moved, &journal->mutex, &until) != 0;
    int rc = journal->visible.seq > seq ? LEAT_OK : LEAT_AGAIN;
    pthread_mutex_unlock(&journal->mutex);
    return rc;
}

void leat_journal_wake(struct leat_journal *journal)
{
    assert(journal->magic == JOURNAL_MAGIC);
    pthread_mutex_lock(&journal->mutex);
    journal->wakes++;
    pthread_cond_broadcast(&journal->moved);
    pthread_mutex_unlock(&journal->mutex);
}

/* What is known of the segment at `at` without its file; false: it is gone or not visible. */
static bool segment_info(struct leat_journal *journal, uint64_t from, struct leat_segment_info *info,
                         struct segment_sums *sums)
{
    pthread_mutex_lock(&journal->mutex);
    size_t at = leat_journal_segment_at(journal, from);
    if (at == SIZE_MAX)
        at = 0;
    else if (journal->segments[at]->head.first_seq < from)
        at++;
    bool found =
        at < journal->segment_count && journal->segments[at]->head.first_seq <= journal->visible.segment;
    if (found) {
        const struct segment *segment = journal->segments[at];
        leat_segment_name(info->name, segment->head.first_seq);
        info->first_seq = segment->head.first_seq;
        info->sealed = info->first_seq != journal->visible.segment;
        info->bytes = segment->shown_end ? segment->shown_end : segment->bytes;
        info->end_seq = at + 1 < journal->segment_count && info->sealed
                            ? journal->segments[at + 1]->head.first_seq
                            : segment->shown_end_seq;
        *sums = segment->shown;
    }
    pthread_mutex_unlock(&journal->mutex);
    return found;
}

int leat_journal_segments(struct leat_journal *journal,
                          int (*each)(void *context, const struct leat_segment_info *info), void *context,
                          struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC);
    struct leat_segment_info info;
    memset(&info, 0, sizeof info);
    struct segment_sums sums;
    for (uint64_t from = 1; segment_info(journal, from, &info, &sums); from = info.first_seq + 1) {
        uint64_t index_seq;
        if (info.sealed) {
            int rc = leat_segment_sums(&sums, &index_seq, journal->fs, journal->folder, info.first_seq,
                                       journal->identity.journal_id, err);
            if (rc == LEAT_END)
                continue; /* deleted meanwhile */
            if (rc)
                return rc;
        }
        info.transactions = sums.transactions;
        info.first_time_us = sums.first_time_us;
        info.last_time_us = sums.last_time_us;
        int rc = each(context, &info);
        if (rc)
            return rc;
    }
    return LEAT_OK;
}

/* ---- How much lies behind a place ---- */

struct behind {
    double bytes, records, transactions;
    double known_records, known_transactions; /* of all segments that tell */
};

static void behind_segment(struct behind *behind, const struct segment *segment, uint64_t end_seq, uint64_t seq)
{
    uint64_t first = segment->head.first_seq;
    if (end_seq <= first)
        return;
    double records = (double)(end_seq - first);
    double share = seq <= first ? 1 : seq < end_seq ? (double)(end_seq - seq) / records : 0;
    double bytes = (double)(segment->shown_end ? segment->shown_end : segment->bytes);
    behind->bytes += share * bytes;
    if (segment->shown_end) {
        behind->transactions += share * (double)segment->shown.transactions;
        behind->known_records += records;
        behind->known_transactions += (double)segment->shown.transactions;
    } else {
        behind->records += share * records;
    }
}

void leat_journal_behind(const struct leat_journal *journal, uint64_t seq, uint64_t *bytes, uint64_t *transactions)
{
    struct leat_journal *locked = (struct leat_journal *)journal;
    struct behind behind = {0};
    pthread_mutex_lock(&locked->mutex);
    uint64_t visible_end = journal->status.visible_end;
    for (size_t i = 0; i < journal->segment_count; i++) {
        uint64_t end_seq = i + 1 < journal->segment_count ? journal->segments[i + 1]->head.first_seq : visible_end;
        behind_segment(&behind, journal->segments[i], end_seq < visible_end ? end_seq : visible_end, seq);
    }
    pthread_mutex_unlock(&locked->mutex);
    bool none = seq >= visible_end;
    /* Segments of before this process don't tell: as in those that do. */
    if (behind.known_records > 0)
        behind.transactions += behind.records * behind.known_transactions / behind.known_records;
    *bytes = none ? 0 : (uint64_t)behind.bytes;
    *transactions = none ? 0 : behind.transactions < 1 ? 1 : (uint64_t)behind.transactions;
}
