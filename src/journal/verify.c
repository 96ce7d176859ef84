/* Verify: every record of every segment against every rule of docs/journal-format.md, in a journal that
 * nobody writes or somebody does (it only reads). The error names the first segment and offset that are
 * wrong. */
#include "journal_int.h"

#include <assert.h>

struct checker {
    struct leat_journal *journal;
    struct log_state state; /* as followed from the oldest segment on */
    bool begun;
    struct boundary boundary;
    uint64_t durable_end; /* the highest mark so far: marks never fall */
    struct segment_index index;
    struct segment_sums sums;
    struct follow follow;
    struct idmap tables; /* definitions of this segment */
    uint64_t quarantined;
    struct definitions_check definitions;
};

static void release_nothing(void *value)
{
    (void)value;
}

/* The STATE must say what the records before it come to. */
static int check_state(struct checker *checker, struct scan *scan, const struct record *record,
                       struct leat_error *err)
{
    if (!checker->begun) {
        checker->begun = true;
        if (leat_state_decode(&checker->state, &checker->boundary, record, err))
            return leat_scan_corrupt_at(scan, record, err->message, err);
    } else {
        struct leat_buf buf = {0};
        leat_state_frame(&buf, &checker->state, &checker->boundary);
        bool same = leat_le(buf.data + 4, 4) == record->size &&
                    memcmp(buf.data + RECORD_HEADER, record->payload, record->size) == 0;
        leat_buf_free(&buf);
        if (!same)
            return leat_scan_corrupt_at(scan, record,
                                        "the state does not say what the segments before come to", err);
    }
    if (!checker->state.open)
        checker->boundary = (struct boundary){scan->next_seq, scan->head.first_seq, scan->offset};
    return LEAT_OK;
}

static int check_index(struct checker *checker, struct scan *scan, const struct record *record,
                       struct leat_error *err)
{
    struct segment_sums sums;
    if (leat_index_decode(&sums, record, scan->limit, err))
        return leat_scan_corrupt_at(scan, record, err->message, err);
    if (scan->offset != scan->limit)
        return leat_scan_corrupt_at(scan, record, "there is something behind the index", err);
    checker->sums.sealed_us = sums.sealed_us;
    struct leat_buf buf = {0};
    leat_index_frame(&buf, &checker->index, &checker->sums, record->offset);
    bool same = leat_le(buf.data + 4, 4) == record->size &&
                memcmp(buf.data + RECORD_HEADER, record->payload, record->size) == 0;
    leat_buf_free(&buf);
    return same ? LEAT_OK
                : leat_scan_corrupt_at(scan, record, "the index does not say what the segment holds", err);
}

static int check_schema(struct checker *checker, struct scan *scan, const struct record *record,
                        struct leat_error *err)
{
    const struct schema_bytes *schema = &checker->follow.schema;
    struct leat_table *table;
    if (leat_table_decode(&table, schema->bytes, schema->size, err))
        return leat_scan_corrupt_at(scan, record, err->message, err);
    bool own = leat_table_view(table)->id == schema->id;
    leat_table_release(&table);
    if (!own)
        return leat_scan_corrupt_at(scan, record, "a definition under an id that isn't its own", err);
    if (!leat_idmap_get(&checker->tables, schema->id))
        leat_idmap_put(&checker->tables, schema->id, checker);
    return LEAT_OK;
}

static int check_record(struct checker *checker, struct scan *scan, const struct record *record,
                        struct leat_error *err)
{
    for (uint64_t i = record->size; i < leat_record_bytes(record->size) - RECORD_HEADER; i++)
        if (record->payload[i])
            return leat_scan_corrupt_at(scan, record, "padding that isn't zero", err);
    if (record->durable_end > record->seq ||
        (record->durable_end && record->durable_end < checker->durable_end))
        return leat_scan_corrupt_at(scan, record, "a durable mark below an earlier one", err);
    if (record->durable_end)
        checker->durable_end = record->durable_end;
    if ((record->type == RECORD_STATE) != (record->seq == scan->head.first_seq))
        return leat_scan_corrupt_at(scan, record, "a state that isn't first, or none where it should be",
                                    err);
    if (record->type == RECORD_STATE)
        return check_state(checker, scan, record, err);
    if (record->type == RECORD_INDEX)
        return check_index(checker, scan, record, err);
    if (leat_follow(&checker->follow, &checker->state, scan, record, err))
        return LEAT_FAIL;
    if (checker->follow.is_schema)
        return check_schema(checker, scan, record, err);
    if (!checker->follow.is_item)
        return LEAT_OK;
    const struct leat_item *item = &checker->follow.item;
    if (item->type == LEAT_ITEM_ROWS && !leat_idmap_get(&checker->tables, item->rows.table_id))
        return leat_scan_corrupt_at(scan, record, "rows of a table without a schema record in this segment",
                                    err);
    if (item->type == LEAT_ITEM_DEFINITION && leat_definitions_check(&checker->definitions, record, err))
        return LEAT_FAIL;
    checker->quarantined += item->type == LEAT_ITEM_OPAQUE;
    leat_index_consider(&checker->index, item, record->offset, record->seq);
    if (checker->follow.change.boundary) {
        leat_sums_add(&checker->sums, &checker->follow.change);
        checker->boundary = (struct boundary){scan->next_seq, scan->head.first_seq, scan->offset};
    }
    return LEAT_OK;
}

static int check_segment(struct checker *checker, uint64_t first_seq, struct leat_error *err)
{
    struct leat_journal *journal = checker->journal;
    struct scan scan;
    struct record record = {0};
    int rc =
        leat_scan_open(&scan, journal->fs, journal->folder, first_seq, journal->identity.journal_id, err);
    if (rc)
        return rc;
    bool last = first_seq == journal->visible.segment;
    if (last)
        scan.limit = journal->visible.offset; /* what comes behind is no part of the journal yet */
    checker->index.entries.size = checker->index.count = 0;
    checker->index.last_offset = 0;
    checker->sums = (struct segment_sums){0};
    while ((rc = leat_scan_next(&scan, &record, err)) == LEAT_OK)
        if (check_record(checker, &scan, &record, err)) {
            rc = LEAT_FAIL;
            break;
        }
    if (rc == LEAT_END)
        rc = last || record.type == RECORD_INDEX
                 ? LEAT_OK
                 : leat_scan_corrupt(&scan, "the segment ends without an index", err);
    leat_idmap_free(&checker->tables, release_nothing);
    leat_scan_close(&scan);
    return rc;
}

int leat_journal_verify(const char *folder, const struct leat_fs *fs, struct leat_journal_status *status,
                        struct leat_error *err)
{
    struct leat_journal *journal;
    struct leat_journal_options options = {.folder = folder, .fs = fs, .read_only = true};
    if (leat_journal_open(&journal, &options, err))
        return LEAT_FAIL;
    struct checker checker = {.journal = journal};
    leat_state_init(&checker.state);
    int rc = leat_definitions_check_begin(&checker.definitions, journal, err);
    for (size_t i = 0; i < journal->segment_count && rc == LEAT_OK; i++)
        if (journal->segments[i]->head.first_seq <= journal->visible.segment) {
            rc = check_segment(&checker, journal->segments[i]->head.first_seq, err);
            if (rc == LEAT_END) /* deleted by who writes it, as it may the oldest */
                rc = i ? leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
                                   "segment %016llx.seg is missing",
                                   (unsigned long long)journal->segments[i]->head.first_seq)
                       : LEAT_OK;
        }
    leat_journal_status(journal, status);
    status->transactions = checker.state.transactions;
    status->changes = checker.state.changes;
    status->quarantined = checker.quarantined;
    leat_definitions_check_end(&checker.definitions);
    leat_follow_free(&checker.follow);
    leat_state_free(&checker.state);
    leat_buf_free(&checker.index.entries);
    leat_journal_close(&journal);
    if (rc == LEAT_FAIL)
        leat_journal_cure(err);
    return rc;
}
