/* Appending: frames become records where they lie; nothing is written here but what taking back needs.
 *
 * Comes in: frames as leat_frame_put made them, from our own threads, yet checked like any bytes: a journal
 * that holds something which can't be read again would stop every sink forever. A frame that is refused
 * leaves everything as it was before it. The writer's thread; no allocation a record. */
#include "journal_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static int refuse(struct leat_error *err, const char *what)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_FATAL, "the journal refuses a frame: %s", what);
}

/* Reads the frame's header. */
static int frame_parse(struct record *record, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    if (size < RECORD_HEADER)
        return refuse(err, "it ends inside its header");
    (void)leat_record_header(record, bytes);
    if (record->size > RECORD_PAYLOAD_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA,
                         "a record of %lu bytes is above the journal's limit of 2 GiB",
                         (unsigned long)record->size);
    if (leat_record_bytes(record->size) > size)
        return refuse(err, "it ends inside its payload");
    if (record->flags || record->sink)
        return refuse(err, "it has flags that frames don't have");
    record->payload = bytes + RECORD_HEADER;
    return LEAT_OK;
}

/* A definition is kept, and written when rows refer to it. */
static int keep_definition(struct leat_journal *journal, const struct record *record, const uint8_t *frame,
                           struct leat_error *err)
{
    struct schema_bytes schema;
    if (leat_record_schema(&schema, record, err))
        return LEAT_FAIL;
    if (leat_idmap_get(&journal->definitions, schema.id))
        return LEAT_OK;
    struct leat_table *table;
    if (leat_table_decode(&table, schema.bytes, schema.size, err))
        return LEAT_FAIL;
    uint64_t id = leat_table_view(table)->id;
    leat_table_release(&table);
    if (id != schema.id)
        return refuse(err, "a definition under an id that isn't its own");
    size_t size = (size_t)leat_record_bytes(record->size);
    struct definition *definition = leat_alloc_zero(1, sizeof *definition + size);
    definition->size = size;
    memcpy(definition->frame, frame, size);
    leat_idmap_put(&journal->definitions, id, definition);
    return LEAT_OK;
}

static struct definition *definition_of(struct leat_journal *journal, uint64_t id)
{
    if (journal->last_table_id != id) {
        struct definition *definition = leat_idmap_get(&journal->definitions, id);
        if (!definition)
            return NULL;
        journal->last_table_id = id;
        journal->last_definition = definition;
    }
    return journal->last_definition;
}

static void write_definition(struct leat_journal *journal, struct definition *definition)
{
    uint8_t *record = leat_batch_scratch(journal, definition->frame, definition->size);
    leat_record_stamp(record, (uint32_t)leat_le(record + 4, 4), journal->active->head.seed, journal->next_seq,
                      leat_journal_durable_mark(journal));
    definition->written_in = journal->active->head.first_seq;
    definition->written_seq = journal->next_seq++;
    leat_batch_part(journal, record, definition->size);
}

/* A transaction of which nothing can be seen before it is complete must fit: waiting would never end. */
static int too_large(struct leat_journal *journal, struct leat_error *err)
{
    struct leat_begin begin;
    if (leat_state_begin(&journal->state, &begin, err))
        return LEAT_FAIL;
    leat_fail(err, LEAT_E_JOURNAL_FULL, LEAT_KIND_OPERATOR,
              "the transaction at %s:%llu does not fit into the journal's max_size of %llu bytes",
              begin.place.file, (unsigned long long)begin.place.pos, (unsigned long long)journal->max_bytes);
    return leat_cure(err, "raise journal.max_size");
}

/* Definitions stay: where they leave no room for two segments, deleting others doesn't help, and waiting would never end. */
static int check_definitions(const struct leat_journal *journal, struct leat_error *err)
{
    uint64_t bytes = atomic_load_explicit(&journal->definition_file.bytes, memory_order_relaxed);
    if (!journal->max_bytes || bytes + 2 * journal->segment_bytes <= journal->max_bytes)
        return LEAT_OK;
    leat_fail(err, LEAT_E_JOURNAL_FULL, LEAT_KIND_OPERATOR,
              "the tables' definitions take %llu bytes of the journal's max_size of %llu, and leave less than two segments",
              (unsigned long long)bytes, (unsigned long long)journal->max_bytes);
    return leat_cure(err, "raise journal.max_size; or leave out tables: source.tables, source.exclude_tables");
}

/* LEAT_AGAIN: the journal is full. */
static int rotate_if_due(struct leat_journal *journal, struct leat_error *err)
{
    if (journal->active->end < journal->segment_bytes)
        return LEAT_OK;
    bool room;
    if (leat_journal_make_room(journal, &room, err))
        return LEAT_FAIL;
    if (!room) {
        if (journal->segment_count == 1 && check_definitions(journal, err))
            return LEAT_FAIL;
        bool all_visible = journal->mark.at.seq == journal->visible.seq; /* only we write it */
        if (journal->state.open && all_visible && journal->max_bytes &&
            journal->segments[0] == journal->mark.segment)
            return too_large(journal, err);
        return LEAT_AGAIN;
    }
    leat_journal_rotate(journal);
    return LEAT_OK;
}

/* COMMIT and ROLLBACK of a branch refer to its PREPARE, whose number only the journal knows. */
static int resolve_branch(struct leat_journal *journal, struct leat_item *item, uint8_t *frame,
                          struct leat_error *err)
{
    struct leat_xa_resolve *resolve = &item->xa_resolve;
    uint64_t prepared = leat_state_branch(&journal->state, resolve->xa_id, resolve->xa_id_size);
    if (!prepared && resolve->commit) {
        char branch[LEAT_XA_TEXT_MAX];
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
                  "XA COMMIT of branch %s at %s:%llu: its XA PREPARE came before this journal's start, so that its "
                  "changes are not known",
                  leat_xa_text(branch, resolve->xa_id, resolve->xa_id_size), journal->state.file,
                  (unsigned long long)journal->state.pos);
        return leat_cure(err, "begin a new journal at a point before that XA PREPARE, or copy those rows to "
                              "the sinks by hand and "
                              "begin behind this COMMIT");
    }
    resolve->prepared_seq = prepared;
    leat_record_put_le(frame + RECORD_HEADER + XA_RESOLVE_PREPARED_AT, prepared, 8);
    return LEAT_OK;
}

/* Each is kept in memory, and in each segment's state. */
static int check_branches(const struct leat_journal *journal, const struct leat_item *item, struct leat_error *err)
{
    if (item->type != LEAT_ITEM_END || item->end.how != LEAT_END_XA_PREPARE ||
        journal->state.branch_count < BRANCHES_MAX ||
        leat_state_branch(&journal->state, item->end.xa_id, item->end.xa_id_size))
        return LEAT_OK;
    leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
              "%s:%llu: more than %d XA branches are prepared and neither committed nor rolled back",
              journal->state.file, (unsigned long long)journal->state.pos, BRANCHES_MAX);
    return leat_cure(err, "XA RECOVER at the source lists them; begin a new journal once they are fewer");
}

static void remember_gtid(struct leat_journal *journal, const struct leat_gtid *gtid)
{
    if (journal->gtid_count == journal->gtid_capacity) {
        journal->gtid_capacity = journal->gtid_capacity ? 2 * journal->gtid_capacity : 256;
        journal->gtids = leat_realloc(journal->gtids, journal->gtid_capacity * sizeof *journal->gtids);
    }
    journal->gtids[journal->gtid_count++] = *gtid;
}

static void boundary(struct leat_journal *journal, const struct leat_item *item,
                     const struct state_change *change)
{
    leat_sums_add(&journal->active->sums, change);
    if (item->type == LEAT_ITEM_START)
        journal->completed_replaced = true;
    if (change->gtid)
        remember_gtid(journal, change->gtid);
    journal->batch_transactions += change->transaction;
    if (change->transaction && change->time_us)
        leat_ages_add(&journal->ages, change->time_us);
    journal->batch_changes += change->changes;
    leat_batch_mark(journal);
}

/* When it was read or told, for who makes it without a clock. */
static void stamp_definition(struct leat_journal *journal, struct leat_item *item, uint8_t *frame)
{
    if (item->definition.at_us || journal->state.open)
        return;
    item->definition.at_us = leat_wall_us(journal->clock);
    leat_record_put_le(frame + RECORD_HEADER + DEFINITION_TIME_AT, item->definition.at_us, 8);
}

/* The frame's place among the records is known and right: stamps it into the batch. */
static int put_record(struct leat_journal *journal, uint8_t *frame, struct record *record,
                      struct leat_item *item, struct leat_error *err)
{
    struct state_change change;
    leat_index_consider(&journal->active->index, item, journal->active->end, journal->next_seq);
    item->seq = journal->next_seq;
    if (item->type == LEAT_ITEM_DEFINITION && leat_definitions_put(journal, item, record, err))
        return LEAT_FAIL; /* a bug, as below */
    if (leat_state_apply(&journal->state, item, record, &change, err))
        return LEAT_FAIL; /* a bug: leat_state_wrong would have said so */
    leat_record_stamp(frame, record->size, journal->active->head.seed, journal->next_seq,
                      leat_journal_durable_mark(journal));
    journal->next_seq++;
    leat_batch_part(journal, frame, (size_t)leat_record_bytes(record->size));
    if (change.boundary)
        boundary(journal, item, &change);
    return LEAT_OK;
}

static int abandon(struct leat_journal *journal, struct leat_error *err)
{
    if (!journal->state.open)
        return LEAT_OK;
    leat_takeback_mark(journal);
    return leat_takeback_do(journal, err);
}

static int append_frame(struct leat_journal *journal, uint8_t *frame, size_t size, size_t *used,
                        struct leat_error *err)
{
    struct record record;
    if (frame_parse(&record, frame, size, err))
        return LEAT_FAIL;
    *used = (size_t)leat_record_bytes(record.size);
    if (record.type == RECORD_ABANDON)
        return abandon(journal, err);
    if (record.type == LEAT_ITEM_SCHEMA)
        return keep_definition(journal, &record, frame, err);
    struct leat_item item;
    if (leat_record_item(&item, &record, &journal->memory, err))
        return LEAT_FAIL;
    const char *wrong = leat_state_wrong(&journal->state, &item);
    if (wrong)
        return refuse(err, wrong);
    struct definition *definition = NULL;
    if (item.type == LEAT_ITEM_ROWS && !(definition = definition_of(journal, item.rows.table_id)))
        return refuse(err, "rows of a table whose definition was never given");
    if (item.type == LEAT_ITEM_XA_RESOLVE && resolve_branch(journal, &item, frame, err))
        return LEAT_FAIL;
    if (check_branches(journal, &item, err))
        return LEAT_FAIL;
    int rc = rotate_if_due(journal, err);
    if (rc)
        return rc;
    if (item.type == LEAT_ITEM_DEFINITION)
        stamp_definition(journal, &item, frame);
    if (definition && definition->written_in != journal->active->head.first_seq)
        write_definition(journal, definition);
    return put_record(journal, frame, &record, &item, err);
}

int leat_journal_append(struct leat_journal *journal, uint8_t *frames, size_t size, size_t *taken,
                        struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC && !journal->read_only);
    *taken = 0;
    if (journal->broken)
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "an earlier sync of the journal failed");
    if (journal->takeback && leat_takeback_do(journal, err))
        return LEAT_FAIL;
    while (*taken < size) {
        size_t used = 0;
        int rc = append_frame(journal, frames + *taken, size - *taken, &used, err);
        if (rc < 0 && err->code == LEAT_E_SYNC)
            journal->broken = true;
        if (rc)
            return rc;
        *taken += used;
    }
    return LEAT_OK;
}
