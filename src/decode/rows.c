/* Table maps and rows: the hot path. Nothing here allocates but for a definition that wasn't seen before.
 *
 * Numbers of tables mean something until the end of their statement. Rows of tables that nobody wants are not
 * even walked: their definition may be of any kind, and their changes don't count. */
#include "decode_int.h"

#include <inttypes.h>

#include "base/checksum.h"
#include "binlog/plan.h"

/* About so many bytes of images go into one item, so that a listener's buffers needn't hold the largest
 * event. */
enum { RUN_BYTES = 1 << 20, ROWS_QUERY_KEPT_BYTES = 1 << 20 };

enum { WIRE_STATEMENT_END = 1, WIRE_NO_FOREIGN_KEYS = 2, WIRE_NO_UNIQUE = 4 };

void decoder_statement_end(struct leat_decoder *decoder)
{
    decoder->binding_count = 0;
    decoder->rows_query_pending = false;
    if (decoder->rows_query.capacity > ROWS_QUERY_KEPT_BYTES)
        leat_buf_free(&decoder->rows_query);
}

/* Rows come within BEGIN and its end, or after a GTID that says that it stands for a single statement. */
static int must_take_rows(const struct leat_decoder *decoder, struct leat_error *err)
{
    if (decoder->state == STARTED && decoder->transaction.standalone)
        return LEAT_OK;
    return decoder_must_be_open(decoder, err);
}

/* Rows may begin a transaction of their own. */
static int begin_rows(struct leat_decoder *decoder, struct leat_error *err)
{
    if (decoder->state != BETWEEN || !decoder->options.lone_rows)
        return must_take_rows(decoder, err);
    decoder_begin_anonymous(decoder);
    decoder->transaction.standalone = true;
    return LEAT_OK;
}

static struct binding *find_binding(struct leat_decoder *decoder, uint64_t table_id)
{
    for (size_t i = decoder->binding_count; i > 0; i--)
        if (decoder->bindings[i - 1].table_id == table_id)
            return &decoder->bindings[i - 1];
    return NULL;
}

static void classify(const struct leat_decoder *decoder, struct leat_schema_entry *entry)
{
    const struct leat_decoder_options *options = &decoder->options;
    const struct leat_table_view *view = leat_table_view(entry->table);
    entry->journalled = !options->journalled || options->journalled(options->journalled_context,
                                                                    view->database.bytes, view->name.bytes);
    entry->classified = true;
}

int decoder_table_map(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_schema_entry *entry;
    uint64_t table_id;
    int result = begin_rows(decoder, err);
    if (result)
        return result;
    if (leat_schema_bind(decoder->schema, &entry, &table_id, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    if (!entry->classified)
        classify(decoder, entry);
    struct binding *binding = find_binding(decoder, table_id);
    if (!binding) {
        if (decoder->binding_count == LEAT_SCHEMA_BOUND_MAX)
            return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA,
                             "one statement has more than %d table maps", LEAT_SCHEMA_BOUND_MAX);
        binding = &decoder->bindings[decoder->binding_count++];
    }
    *binding = (struct binding){table_id, entry};
    return LEAT_OK;
}

int decoder_rows_query(struct leat_decoder *decoder, struct leat_error *err)
{
    const char *text;
    size_t size;
    if (must_take_rows(decoder, err) || leat_event_rows_query(&text, &size, &decoder->event, err))
        return LEAT_FAIL;
    leat_buf_clear(&decoder->rows_query);
    leat_buf_put(&decoder->rows_query, text, size);
    decoder->rows_query_pending = true;
    return LEAT_OK;
}

/* What comes before the rows: the statement's text, and the definition to whoever doesn't have it. */
static int give_preliminaries(struct leat_decoder *decoder, struct leat_schema_entry *entry,
                              struct leat_error *err)
{
    int result = LEAT_OK;
    if (decoder->rows_query_pending) {
        decoder->item.rows_query.bytes = leat_buf_cstr(&decoder->rows_query);
        decoder->item.rows_query.size = decoder->rows_query.size;
        decoder->rows_query_pending = false;
        result = decoder_give(decoder, LEAT_ITEM_ROWS_QUERY, err);
    }
    if (result == LEAT_OK && !entry->given) {
        decoder->item.schema = entry->table;
        entry->given = true;
        result = decoder_give(decoder, LEAT_ITEM_SCHEMA, err);
    }
    return result;
}

/* A bitmap's last byte has bits of no column, which may be anything. */
static uint64_t digest_bitmap(const uint8_t *bitmap, uint32_t column_count, uint64_t digest)
{
    uint32_t at = 0;
    for (; bitmap && at + 8 < column_count; at += 8)
        digest = decoder_mix(digest, bitmap[at / 8]);
    return bitmap ? decoder_mix(digest, bitmap[at / 8] & 0xFFu >> (at + 8 - column_count)) : digest;
}

/* What all rows of an event share; mixed into each row's own, so that it doesn't matter how rows are grouped.
 */
static uint64_t digest_kind(const struct leat_schema_entry *entry, const struct leat_rows_event *rows)
{
    uint64_t digest = decoder_mix(entry->digest, (uint64_t)rows->op | (uint64_t)rows->partial << 8);
    digest = digest_bitmap(rows->before_present, rows->column_count, digest);
    return digest_bitmap(rows->after_present, rows->column_count, digest);
}

static inline int walk_image(const struct leat_row_plan *plan, const uint8_t *present, bool partial, struct leat_cursor *cursor,
                             uint64_t *digest, struct leat_error *err)
{
    const uint8_t *image = cursor->at, *behind = partial ? NULL : leat_row_walk_plain(plan, present, image, cursor->end);
    if (__builtin_expect(behind != NULL, 1))
        cursor->at = behind;
    else if (partial ? leat_row_walk_partial(plan, present, cursor, err) : leat_row_walk(plan, present, cursor, err))
        return LEAT_FAIL;
    if (digest)
        *digest = decoder_mix(*digest, leat_hash64(image, (size_t)(cursor->at - image), 0));
    return LEAT_OK;
}

/* Without a digest when that is NULL. */
static inline int walk_row(const struct leat_row_plan *plan, const struct leat_rows_event *rows,
                           struct leat_cursor *cursor, uint64_t *digest, struct leat_error *err)
{
    if (rows->before_present && walk_image(plan, rows->before_present, false, cursor, digest, err))
        return LEAT_FAIL;
    if (rows->after_present)
        return walk_image(plan, rows->after_present, rows->partial, cursor, digest, err);
    return LEAT_OK;
}

/* Rows at the event's head that were delivered already: into the digest alone. */
static int pass_rows(struct leat_decoder *decoder, struct leat_schema_entry *entry, const struct leat_rows_event *rows, uint64_t count,
                     struct leat_cursor *cursor, struct leat_error *err)
{
    bool digests = !decoder->options.no_digests;
    uint64_t kind = digests ? digest_kind(entry, rows) : 0, *digest = digests ? &decoder->transaction.digest : NULL;
    struct leat_rows *run = &decoder->item.rows;
    uint64_t passed = 0;
    while (passed < count && (cursor->at != cursor->end || !rows->images_size)) {
        const uint8_t *row = cursor->at;
        if (digests)
            *digest = decoder_mix(*digest, kind);
        if (walk_row(entry->plan, rows, cursor, digest, err))
            return leat_error_prefix(err, "row %" PRIu32, run->first_row);
        if (cursor->at == row && cursor->at != cursor->end)
            return leat_malformed(err, "%zu bytes are left behind rows without columns", leat_cursor_left(cursor));
        run->first_row++;
        passed++;
        if (!rows->images_size)
            break;
    }
    run->images = cursor->at;
    if (count != DECODER_ALL_ROWS)
        decoder->within_rows += passed;
    return LEAT_OK;
}

/* Cuts the images into runs and gives each. An event without any images is one row without any columns: an
 * insert of nothing but defaults with binlog_row_image=MINIMAL. */
static int give_runs(struct leat_decoder *decoder, struct leat_schema_entry *entry,
                     const struct leat_rows_event *rows, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    struct leat_rows *run = &decoder->item.rows;
    bool digests = !decoder->options.no_digests;
    uint64_t passes = decoder_within_passes(decoder);
    if (passes && pass_rows(decoder, entry, rows, passes, &cursor, err))
        return LEAT_FAIL;
    if (passes && cursor.at == cursor.end)
        return LEAT_OK;
    uint64_t kind = digests ? digest_kind(entry, rows) : 0, digest = decoder->transaction.digest;
    uint32_t wire_flags = run->flags;
    bool last;
    do {
        const uint8_t *row = cursor.at;
        if (digests)
            digest = decoder_mix(digest, kind);
        if (walk_row(entry->plan, rows, &cursor, digests ? &digest : NULL, err))
            return leat_error_prefix(err, "row %" PRIu32, run->first_row + run->row_count);
        last = cursor.at == cursor.end;
        if (cursor.at == row && !last)
            return leat_malformed(err, "%zu bytes are left behind rows without columns",
                                  leat_cursor_left(&cursor));
        run->row_count++;
        run->images_size = (size_t)(cursor.at - run->images);
        if (!last && run->images_size < RUN_BYTES)
            continue;
        run->flags =
            last ? wire_flags | LEAT_ROWS_EVENT_END : wire_flags & ~(uint32_t)LEAT_ROWS_STATEMENT_END;
        run->number = decoder->transaction.changes + decoder->transaction.statements + 1;
        decoder->transaction.changes += run->row_count;
        decoder->counters.changes += run->row_count;
        int result = decoder_give(decoder, LEAT_ITEM_ROWS, err);
        if (result)
            return result;
        run->first_row += run->row_count;
        run->row_count = 0;
        run->images = cursor.at;
    } while (!last);
    decoder->transaction.digest = digest;
    return LEAT_OK;
}

static int give_rows(struct leat_decoder *decoder, struct leat_schema_entry *entry,
                     struct leat_rows_event *rows, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(entry->table);
    if (rows->column_count != view->column_count)
        return leat_malformed(err, "rows of %s.%s have %" PRIu32 " columns, its table map has %" PRIu32,
                              view->database.bytes, view->name.bytes, rows->column_count, view->column_count);
    int result = decoder_ready(decoder, entry, err);
    if (result == LEAT_OK)
        result = decoder_inflate_rows(decoder, entry->plan, rows, err);
    if (result == LEAT_OK && decoder_within_passes(decoder) != DECODER_ALL_ROWS)
        result = give_preliminaries(decoder, entry, err);
    if (result)
        return result;
    view = leat_table_view(entry->table); /* with what a definition has added meanwhile */
    _Static_assert((int)WIRE_STATEMENT_END == LEAT_ROWS_STATEMENT_END &&
                       (int)WIRE_NO_UNIQUE == LEAT_ROWS_NO_UNIQUE &&
                       (int)WIRE_NO_FOREIGN_KEYS == LEAT_ROWS_NO_FOREIGN_KEYS,
                   "the wire's flags are ours");
    /* Field by field: as one literal it would be put together elsewhere first, and copied. */
    struct leat_rows *run = &decoder->item.rows;
    run->table_id = view->id;
    run->table = entry->table;
    run->op = rows->op;
    run->flags = rows->flags & (WIRE_STATEMENT_END | WIRE_NO_FOREIGN_KEYS | WIRE_NO_UNIQUE);
    if (rows->partial)
        run->flags |= LEAT_ROWS_PARTIAL_JSON;
    run->first_row = run->row_count = 0;
    run->pos = decoder->event_pos;
    run->end_pos = decoder->event_end;
    run->time = decoder->event.time;
    run->thread_id = decoder->transaction.thread_id;
    run->column_count = rows->column_count;
    run->before_present = rows->before_present;
    run->after_present = rows->after_present;
    run->images = rows->images;
    return give_runs(decoder, entry, rows, err);
}

int decoder_rows(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_rows_event rows;
    if (must_take_rows(decoder, err) || leat_event_rows(&rows, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    struct binding *binding = find_binding(decoder, rows.table_id);
    int result = LEAT_OK;
    if (binding) {
        decoder->transaction.something = true;
        if (binding->entry->journalled && !decoder->passing)
            result = give_rows(decoder, binding->entry, &rows, err);
        else if (decoder->within.set)
            decoder_within_unwanted(decoder);
    } else if (rows.table_id != LEAT_TABLE_ID_DUMMY || rows.images_size != 0) {
        return leat_malformed(err, "table number %" PRIu64 " had no table map in this statement",
                              rows.table_id);
    }
    if (result == LEAT_OK && (rows.flags & WIRE_STATEMENT_END)) {
        decoder_statement_end(decoder);
        if (decoder->state == STARTED)
            result = decoder_end(decoder, LEAT_END_STATEMENT, 0, err);
    }
    return result;
}
