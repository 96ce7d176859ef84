/* Reading: from some sequence number on, over segments, up to the visible end and never beyond it, not even
 * into memory: what lies there may be taken back and written anew.
 *
 * A reader that opens in the middle of a segment reads it from its beginning: for the definitions that rows
 * refer to, for the completed set, and to know whether it is within a transaction. 64 MiB take some 30 ms,
 * and readers open seldom. A reader belongs to one thread; the journal's mutex is taken only at the visible
 * end and between segments. */
#include "journal_int.h"
#include "reader_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

int leat_reader_gone(struct leat_error *err, uint64_t seq)
{
    leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR,
              "the journal's records from sequence number %llu on were deleted", (unsigned long long)seq);
    return leat_cure(err,
                     "rewind to a point that is still there, after bringing the target up to that point");
}

/* How far may be read now. LEAT_AGAIN: no further than before. */
static int move_limit(struct leat_reader *reader, struct leat_error *err)
{
    struct leat_journal *journal = reader->journal;
    if (reader->final)
        return leat_scan_corrupt(&reader->scan, "the segment ends without an index", err);
    pthread_mutex_lock(&journal->mutex);
    struct boundary visible = journal->visible;
    pthread_mutex_unlock(&journal->mutex);
    if (visible.segment == reader->scan.head.first_seq) {
        reader->scan.limit = visible.offset;
    } else {
        if (journal->fs->size(journal->fs->context, reader->scan.file, &reader->scan.limit, err))
            return LEAT_FAIL;
        reader->final = true;
    }
    if (reader->scan.offset < reader->scan.limit)
        return LEAT_OK;
    return reader->final ? move_limit(reader, err) : LEAT_AGAIN;
}

/* The index was read: on to the next segment, which must be the one that follows. */
static int next_segment(struct leat_reader *reader, struct leat_error *err)
{
    struct leat_journal *journal = reader->journal;
    uint64_t next_seq = reader->scan.next_seq;
    pthread_mutex_lock(&journal->mutex);
    bool there = leat_journal_segment_find(journal, next_seq);
    bool deleted = next_seq < journal->status.first_seq;
    pthread_mutex_unlock(&journal->mutex);
    if (!there)
        return deleted ? leat_reader_gone(err, next_seq)
                       : leat_scan_corrupt(&reader->scan, "the segment that follows is missing", err);
    struct scan next;
    struct record record;
    int rc = leat_scan_open(&next, journal->fs, journal->folder, next_seq, journal->identity.journal_id, err);
    if (rc)
        return rc == LEAT_END ? leat_reader_gone(err, next_seq) : rc;
    if (next.head.previous_seed != reader->scan.head.seed)
        rc = leat_scan_corrupt(&next, "the segment does not follow the one before it", err);
    if (rc == LEAT_OK)
        rc = leat_scan_next(&next, &record, err);
    if (rc == LEAT_END || (rc == LEAT_OK && record.type != RECORD_STATE))
        rc = leat_scan_corrupt(&next, "the segment does not begin with its state", err);
    if (rc) {
        leat_scan_close(&next);
        return rc;
    }
    leat_scan_close(&reader->scan);
    reader->scan = next;
    reader->scan.limit = next.offset; /* until the visible end is looked up */
    reader->scan.filled = 0;          /* what was read ahead may lie beyond it */
    reader->final = false;
    return LEAT_OK;
}

/* The next record, over segments. LEAT_AGAIN: the visible end. */
static int next_record(struct leat_reader *reader, struct record *record, struct leat_error *err)
{
    for (;;) {
        int rc = leat_scan_next(&reader->scan, record, err);
        if (__builtin_expect(rc == LEAT_OK, 1)) {
            if (record->type != RECORD_INDEX)
                return LEAT_OK;
            rc = next_segment(reader, err);
        } else if (rc == LEAT_END) {
            rc = move_limit(reader, err);
        }
        if (rc)
            return rc;
    }
}

static int learn_table(struct leat_reader *reader, const struct schema_bytes *schema, struct leat_error *err)
{
    struct idmap *tables = leat_reader_tables(reader);
    if (leat_idmap_get(tables, schema->id))
        return LEAT_OK;
    struct leat_table *table;
    if (leat_table_decode(&table, schema->bytes, schema->size, err))
        return leat_scan_corrupt(&reader->scan, "the schema record before this place is malformed", err);
    if (leat_table_view(table)->id != schema->id) {
        leat_table_release(&table);
        return leat_scan_corrupt(&reader->scan,
                                 "the schema record before this place has an id that isn't its own", err);
    }
    struct known_table *known = leat_alloc(sizeof *known);
    *known = (struct known_table){table, false};
    leat_idmap_put(tables, schema->id, known);
    return LEAT_OK;
}

static struct known_table *table_of(struct leat_reader *reader, uint64_t id)
{
    if (reader->last_table_id != id) {
        struct known_table *known = leat_idmap_get(leat_reader_tables(reader), id);
        if (!known)
            return NULL;
        reader->last_table_id = id;
        reader->last_table = known;
    }
    return reader->last_table;
}

/* Completes a ROWS item; its definition goes out first when this reader has not given it yet. */
static int give_rows(struct leat_reader *reader, struct leat_item *item, struct leat_error *err)
{
    struct known_table *known = table_of(reader, item->rows.table_id);
    if (!known)
        return leat_scan_corrupt(
            &reader->scan,
            "the rows before this place are of a table without a schema record in this segment", err);
    if (item->rows.column_count > leat_table_view(known->table)->column_count)
        return leat_scan_corrupt(&reader->scan,
                                 "the rows before this place have more columns than their table", err);
    item->rows.table = known->table;
    if (known->given)
        return LEAT_OK;
    known->given = true;
    reader->rows = *item;
    reader->rows_waiting = true;
    item->type = LEAT_ITEM_SCHEMA;
    item->schema = known->table;
    return LEAT_OK;
}

/* Changes are numbered within their transaction; readers begin at transactions only. */
static void number_changes(struct leat_reader *reader, struct leat_item *item)
{
    if (item->type == LEAT_ITEM_BEGIN) {
        reader->changes = 0;
    } else if (item->type == LEAT_ITEM_ROWS) {
        item->rows.number = reader->changes + 1;
        reader->changes += item->rows.row_count;
    } else if (item->type == LEAT_ITEM_STATEMENT) {
        item->statement.number = ++reader->changes;
    }
}

int leat_reader_next(struct leat_reader *reader, struct leat_item *item, struct leat_error *err)
{
    assert(reader->magic == READER_MAGIC);
    if (reader->rows_waiting) {
        *item = reader->rows;
        reader->rows_waiting = false;
        return LEAT_OK;
    }
    for (;;) {
        struct record record;
        int rc = next_record(reader, &record, err);
        if (rc)
            return rc;
        if (__builtin_expect(record.sink != 0, 0))
            continue;
        if (record.type == LEAT_ITEM_SCHEMA) {
            struct schema_bytes schema;
            if (leat_record_schema(&schema, &record, err))
                return leat_scan_corrupt_at(&reader->scan, &record, err->message, err);
            if (learn_table(reader, &schema, err))
                return LEAT_FAIL;
            continue;
        }
        if (__builtin_expect(!leat_record_holds_item(record.type), 0)) {
            if (record.flags & RECORD_IGNORABLE)
                continue;
            return leat_follow_unknown(&reader->scan, &record, err);
        }
        if (leat_record_item(item, &record, &reader->memory, err))
            return leat_scan_corrupt_at(&reader->scan, &record, err->message, err);
        number_changes(reader, item);
        if (!reader->of)
            leat_reader_remember(reader, item, &record);
        return item->type == LEAT_ITEM_ROWS ? give_rows(reader, item, err) : LEAT_OK;
    }
}

uint64_t leat_reader_seq(const struct leat_reader *reader)
{
    assert(reader->magic == READER_MAGIC);
    return reader->scan.next_seq - reader->rows_waiting;
}

struct leat_gtid_set *leat_reader_completed(const struct leat_reader *reader)
{
    assert(reader->magic == READER_MAGIC);
    return leat_gtid_set_copy(reader->completed);
}

/* Which segment to begin with. */
static int choose_segment(struct leat_journal *journal, uint64_t *seq, uint64_t *segment,
                          struct leat_error *err)
{
    int rc = LEAT_OK;
    pthread_mutex_lock(&journal->mutex);
    uint64_t first = journal->status.first_seq, end = journal->visible.seq;
    if (*seq == 0)
        *seq = first;
    if (*seq + 1 < first || *seq > end) {
        rc = LEAT_FAIL;
    } else {
        /* A segment's last record is its index: with that number begins, in effect, the next segment. */
        size_t at = leat_journal_segment_at(journal, *seq + 1);
        if (journal->segments[at]->head.first_seq > journal->visible.segment)
            at = leat_journal_segment_at(journal, journal->visible.segment);
        *segment = journal->segments[at]->head.first_seq;
    }
    pthread_mutex_unlock(&journal->mutex);
    if (rc == LEAT_OK)
        return rc;
    if (*seq + 1 < first)
        return leat_reader_gone(err, *seq);
    leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR,
              "sequence number %llu lies behind the journal's end, %llu", (unsigned long long)*seq,
              (unsigned long long)end);
    return leat_cure(err,
                     "the position is of another journal: rewind to a point by GTID set, or to FILE:POS");
}

/* Reads up to the first boundary at or behind seq. */
static int skip_to(struct leat_reader *reader, struct log_state *state, uint64_t seq, struct leat_error *err)
{
    struct follow follow = {0};
    int rc = LEAT_OK;
    while (rc == LEAT_OK && (reader->scan.next_seq < seq || state->open)) {
        struct record record;
        rc = next_record(reader, &record, err);
        if (rc == LEAT_OK)
            rc = leat_follow(&follow, state, &reader->scan, &record, err);
        if (rc == LEAT_OK && follow.is_schema)
            rc = learn_table(reader, &follow.schema, err);
    }
    leat_follow_free(&follow);
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

int leat_reader_open(struct leat_reader **out, struct leat_journal *journal, uint64_t seq,
                     struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC);
    *out = NULL;
    uint64_t segment = 0;
    if (choose_segment(journal, &seq, &segment, err))
        return LEAT_FAIL;
    struct leat_reader *reader = leat_alloc_zero(1, sizeof *reader);
    reader->magic = READER_MAGIC;
    reader->journal = journal;
    struct log_state state;
    struct boundary unused;
    leat_state_init(&state);
    int rc = leat_follow_open(&reader->scan, &state, &unused, journal, segment, err);
    if (rc == LEAT_END)
        rc = leat_reader_gone(err, seq);
    if (rc == LEAT_OK) {
        reader->scan.limit = reader->scan.offset;
        reader->scan.filled = 0;
        rc = skip_to(reader, &state, seq, err);
    }
    reader->completed = state.completed;
    state.completed = NULL;
    leat_state_free(&state);
    if (rc) {
        leat_reader_close(&reader);
        return rc;
    }
    *out = reader;
    return LEAT_OK;
}

static void release_table(void *value)
{
    struct known_table *known = value;
    leat_table_release(&known->table);
    free(known);
}

void leat_reader_close(struct leat_reader **out)
{
    struct leat_reader *reader = *out;
    if (!reader)
        return;
    assert(reader->magic == READER_MAGIC);
    leat_scan_close(&reader->scan);
    leat_idmap_free(&reader->tables, release_table);
    leat_item_memory_free(&reader->memory);
    leat_gtid_set_free(&reader->completed);
    free(reader->marks);
    reader->magic = 0;
    free(reader);
    *out = NULL;
}
