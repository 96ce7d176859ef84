/* Recovery: from whatever a crash left to the last complete transaction.
 *
 * What can be there (each has its test): segments are complete before the next one is made, and are made
 * under another name until header and state are synced (rotate.c). So only the last segment can have a torn
 * end, a damaged header or state is damage and never a crash, and *.seg.tmp is a crash and never anything of
 * worth.
 *
 * In the last segment the scan stops at the first bad record. If a later record verifies and says that the
 * bad one was durable, or a sink's checkpoint lies behind it, that is corruption: fatal. Else it is the batch
 * that was being written when the process or the machine stopped: nothing was seen of it, the source has it
 * still, it is cut off. So is what came whole but without its transaction's end, if need be through several
 * segments (takeback.c).
 *
 * What is kept is synced before it counts: it may have been in the page cache only. If the last process ended
 * because a sync failed, syncing isn't enough: the kernel may call pages clean that never reached the disk.
 * So what no later record says was durable is written once more before. */
#include "journal_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"

enum { REREADS_MAX = 3 };

struct tail {
    struct log_state state;
    struct segment_index index;
    struct segment_sums sums;
    struct boundary boundary;
    size_t index_size; /* at the boundary */
    uint32_t index_count;
    uint64_t index_last_offset;
    uint64_t file_end;
    uint64_t vouched_seq, vouched_offset; /* all below was synced: a record says so */
    bool torn;
};

static void tail_free(struct tail *tail)
{
    leat_state_free(&tail->state);
    leat_buf_free(&tail->index.entries);
}

static void tail_boundary(struct tail *tail, const struct scan *scan, const struct state_change *change)
{
    leat_sums_add(&tail->sums, change);
    tail->boundary = (struct boundary){scan->next_seq, scan->head.first_seq, scan->offset};
    tail->index_size = tail->index.entries.size;
    tail->index_count = tail->index.count;
    tail->index_last_offset = tail->index.last_offset;
}

/* The record at the scan is bad: torn or damaged? A journal that another process is writing (read_only) may
 * have been read while the record was coming: then it is fine now (*again). */
static int judge(const struct leat_journal *journal, struct scan *scan, uint64_t protected_seq, bool *again,
                 struct leat_error *err)
{
    struct leat_error bad = *err;
    struct record voucher;
    *again = false;
    if (protected_seq > scan->next_seq)
        return LEAT_FAIL;
    int rc = leat_scan_voucher(scan, scan->next_seq, &voucher, err);
    if (rc == LEAT_END)
        return LEAT_OK;
    if (rc == LEAT_OK && journal->read_only) {
        *again = true;
        scan->filled = 0; /* from the disk, not from what was read before */
    }
    if (rc == LEAT_OK) {
        *err = bad;
        leat_error_prefix(err, "record %llu says that all below %llu was synced",
                          (unsigned long long)voucher.seq, (unsigned long long)voucher.durable_end);
    }
    return LEAT_FAIL;
}

/* The first record of a batch says that all before it was synced. */
static void tail_vouched(struct tail *tail, const struct record *record)
{
    if (record->durable_end <= tail->vouched_seq)
        return;
    tail->vouched_seq = record->durable_end;
    if (record->seq == record->durable_end)
        tail->vouched_offset = record->offset;
}

/* Reads the records of one segment up to its end, the limit or the first bad one. */
static int tail_scan(struct leat_journal *journal, struct tail *tail, struct scan *scan,
                     uint64_t protected_seq, struct leat_error *err)
{
    struct follow follow = {0};
    int rc, rereads = 0;
    tail->vouched_offset =
        scan->offset; /* the header and the state were synced before the file got its name */
    for (;;) {
        struct record record;
        rc = leat_scan_next(scan, &record, err);
        if (rc < 0 && err->code == LEAT_E_JOURNAL_CORRUPT) {
            bool again;
            rc = judge(journal, scan, protected_seq, &again, err);
            if (rc && again && rereads++ < REREADS_MAX)
                continue;
            tail->torn = rc == LEAT_OK && !leat_scan_blank(scan);
            break;
        }
        if (rc == LEAT_OK)
            rc = leat_follow(&follow, &tail->state, scan, &record, err);
        if (rc == LEAT_OK)
            tail_vouched(tail, &record);
        if (rc || record.type == RECORD_INDEX)
            break;
        if (follow.is_item)
            leat_index_consider(&tail->index, &follow.item, record.offset, record.seq);
        if (follow.change.boundary)
            tail_boundary(tail, scan, &follow.change);
    }
    leat_follow_free(&follow);
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int tail_read(struct leat_journal *journal, struct tail *tail, uint64_t first_seq, uint64_t limit,
                     uint64_t protected_seq, struct leat_error *err)
{
    struct scan scan;
    memset(tail, 0, sizeof *tail);
    leat_state_init(&tail->state);
    int rc = leat_follow_open(&scan, &tail->state, &tail->boundary, journal, first_seq, err);
    if (rc == LEAT_END)
        return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "segment %016llx.seg is missing",
                         (unsigned long long)first_seq);
    if (rc)
        return rc;
    tail->file_end = scan.limit;
    if (limit && limit < scan.limit)
        scan.limit = limit;
    rc = tail_scan(journal, tail, &scan, protected_seq, err);
    leat_scan_close(&scan);
    return rc;
}

/* The last transaction began in an earlier segment and has no end: that segment is the last again, as it was
 * then. */
static int tail_reread(struct leat_journal *journal, struct tail *tail, struct leat_error *err)
{
    struct boundary at = tail->boundary;
    if (!leat_journal_segment_find(journal, at.segment))
        return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
                         "segment %016llx.seg, in which the last transaction began, is missing",
                         (unsigned long long)at.segment);
    tail_free(tail);
    if (tail_read(journal, tail, at.segment, at.offset, at.seq, err))
        return LEAT_FAIL;
    if (tail->boundary.segment != at.segment || tail->boundary.offset != at.offset ||
        tail->boundary.seq != at.seq)
        return leat_fail(
            err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
            "segment %016llx.seg: the last transaction does not begin at offset %llu, where it should",
            (unsigned long long)at.segment, (unsigned long long)at.offset);
    return LEAT_OK;
}

/* One file of the list: its header must follow the one before. */
static int add_segment(struct leat_journal *journal, uint64_t first_seq, struct leat_error *err)
{
    struct scan scan;
    int rc =
        leat_scan_open(&scan, journal->fs, journal->folder, first_seq, journal->identity.journal_id, err);
    if (rc)
        return rc;
    struct segment *before = journal->segment_count ? journal->segments[journal->segment_count - 1] : NULL;
    if (before && before->head.seed != scan.head.previous_seed) {
        rc = leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
                       "segment %s does not follow %016llx.seg: a segment between them is missing", scan.name,
                       (unsigned long long)before->head.first_seq);
    } else {
        struct segment *segment = leat_journal_segment_new(journal, &scan.head);
        segment->created = segment->sealed = true;
        segment->bytes = segment->end = segment->dirty_end = scan.limit;
        leat_journal_segment_add(journal, segment);
    }
    leat_scan_close(&scan);
    return rc;
}

static int add_segments(struct leat_journal *journal, const uint64_t *named, size_t count,
                        struct leat_error *err)
{
    for (size_t i = 0; i < count; i++) {
        int rc = add_segment(journal, named[i], err);
        if (rc == LEAT_END && journal->read_only && journal->segment_count == 0)
            continue; /* the process that writes it has just deleted it */
        if (rc == LEAT_END)
            return leat_fail(err, LEAT_E_IO, LEAT_KIND_RETRY,
                             "segment %016llx.seg vanished while being opened", (unsigned long long)named[i]);
        if (rc)
            return rc;
    }
    return LEAT_OK;
}

/* An empty journal: its first segment. */
static int begin_journal(struct leat_journal *journal, struct leat_error *err)
{
    journal->next_seq = 1;
    struct segment *segment = leat_journal_segment_next(journal);
    leat_segment_state(journal, segment);
    leat_journal_segment_add(journal, segment);
    journal->active = segment;
    journal->durable_end = journal->next_seq;
    leat_batch_mark(journal);
    return leat_segment_create(journal, segment, err);
}

/* Makes the segment that the boundary lies in the active one, as it was at the boundary. */
static void take_tail(struct leat_journal *journal, struct tail *tail)
{
    struct segment *segment = leat_journal_segment_find(journal, tail->boundary.segment);
    assert(segment);
    segment->index = tail->index;
    tail->index.entries = (struct leat_buf){0};
    segment->sums = tail->sums;
    segment->sums_known = true;
    journal->active = segment;
    leat_state_free(&journal->state);
    journal->state = tail->state;
    memset(&tail->state, 0, sizeof tail->state);
    struct mark *mark = &journal->mark;
    mark->segment = segment;
    mark->at = tail->boundary;
    mark->index_size = tail->index_size;
    mark->index_count = tail->index_count;
    mark->index_last_offset = tail->index_last_offset;
    journal->durable_end = tail->boundary.seq;
}

/* The same bytes again, from `offset` of the active segment to its end. */
static int write_again(struct leat_journal *journal, uint64_t offset, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    const struct segment *active = journal->active;
    if (offset >= active->end)
        return LEAT_OK;
    uint8_t *chunk = leat_alloc(active->end - offset < SCAN_CHUNK ? (size_t)(active->end - offset) : SCAN_CHUNK);
    int rc = LEAT_OK;
    while (rc == LEAT_OK && offset < active->end) {
        size_t size = active->end - offset < SCAN_CHUNK ? (size_t)(active->end - offset) : SCAN_CHUNK;
        size_t got = 0;
        rc = fs->read(fs->context, active->file, chunk, size, offset, &got, err);
        if (rc == LEAT_OK && got != size)
            rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_RETRY,
                           "segment %016llx.seg became shorter while it was opened",
                           (unsigned long long)active->head.first_seq);
        struct iovec part = {chunk, size};
        if (rc == LEAT_OK)
            rc = fs->write(fs->context, active->file, &part, 1, offset, err);
        offset += size;
    }
    free(chunk);
    return rc;
}

static int make_durable(struct leat_journal *journal, uint64_t vouched_offset, struct leat_error *err)
{
    if (leat_takeback_do(journal, err) || leat_journal_segment_file(journal, journal->active, err) ||
        write_again(journal, vouched_offset, err) ||
        journal->fs->sync(journal->fs->context, journal->active->file, err))
        return LEAT_FAIL;
    return journal->fs->sync_folder(journal->fs->context, journal->folder, err);
}

static int recover_tail(struct leat_journal *journal, uint64_t protected_seq, uint64_t *vouched_offset,
                        struct leat_error *err)
{
    struct tail tail;
    struct segment *last = journal->segments[journal->segment_count - 1];
    int rc = tail_read(journal, &tail, last->head.first_seq, 0, protected_seq, err);
    uint64_t dropped_from = tail.boundary.seq;
    bool torn = tail.torn;
    if (rc == LEAT_OK && tail.boundary.segment != last->head.first_seq)
        rc = tail_reread(journal, &tail, err);
    if (rc == LEAT_OK) {
        *vouched_offset = tail.vouched_offset;
        take_tail(journal, &tail);
        leat_takeback_mark(journal); /* all behind the boundary, torn or only unfinished */
        if (torn && !journal->read_only)
            leat_log(LEAT_LOG_INFO, "journal", NULL,
                     "the last batch was not completely written before the last stop: cut off at sequence "
                     "number %llu",
                     (unsigned long long)dropped_from);
    }
    tail_free(&tail);
    return rc;
}

int leat_journal_recover(struct leat_journal *journal, const uint64_t *named, size_t count,
                         uint64_t protected_seq, struct leat_error *err)
{
    uint64_t vouched_offset = UINT64_MAX; /* a segment made just now */
    int rc = add_segments(journal, named, count, err);
    if (rc)
        return rc;
    if (journal->segment_count == 0) {
        if (journal->read_only)
            return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "the journal in %s holds nothing yet",
                             journal->folder);
        rc = begin_journal(journal, err);
    } else {
        rc = recover_tail(journal, protected_seq, &vouched_offset, err);
    }
    if (rc == LEAT_OK && protected_seq > journal->next_seq) {
        leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
                  "the journal ends before sequence number %llu, but a sink has delivered up to %llu: its "
                  "end is missing",
                  (unsigned long long)journal->next_seq, (unsigned long long)protected_seq);
        return leat_cure(
            err, "restore the journal's folder, or begin a new journal from a point that every sink has");
    }
    if (rc == LEAT_OK)
        rc = journal->read_only ? leat_definitions_measure(journal, err) : leat_definitions_open(journal, err);
    if (rc == LEAT_OK && !journal->read_only)
        rc = make_durable(journal, vouched_offset, err);
    if (rc == LEAT_OK) {
        journal->status.oldest_time_us = journal->segments[0]->head.created_us;
        journal->completed_replaced = true;
        journal->active->shown = journal->active->sums;
        journal->active->shown_end = journal->active->end;
        journal->active->shown_end_seq = journal->next_seq;
        leat_journal_publish(journal);
    }
    return rc;
}
