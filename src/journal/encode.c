/* Items into frames: the payloads of docs/journal-format.md, "Payloads". Pure; any thread; nothing can fail,
 * for what is framed was made by our own decoder, so that a size above the limit is a bug. decode.c is the
 * way back. */
#include "journal/journal.h"
#include "record_int.h"

#include <assert.h>

size_t leat_frame_start(struct leat_buf *buf, uint8_t type)
{
    size_t start = buf->size;
    uint8_t *header = leat_buf_reserve(buf, RECORD_HEADER);
    memset(header, 0, RECORD_HEADER);
    header[16] = type;
    leat_buf_commit(buf, RECORD_HEADER);
    return start;
}

void leat_frame_finish(struct leat_buf *buf, size_t start)
{
    size_t size = buf->size - start - RECORD_HEADER;
    assert(size <= RECORD_PAYLOAD_MAX);
    leat_record_put_le(buf->data + start + 4, size, 4);
    size_t padding = (size_t)leat_record_bytes((uint32_t)size) - RECORD_HEADER - size;
    memset(leat_buf_reserve(buf, RECORD_ALIGN), 0, RECORD_ALIGN);
    leat_buf_commit(buf, padding);
}

void leat_put_text(struct leat_buf *buf, const char *bytes, size_t size)
{
    leat_buf_string(buf, bytes, size);
    leat_buf_u8(buf, 0);
}

static void put_text(struct leat_buf *buf, const struct leat_text *text)
{
    leat_put_text(buf, text->bytes, text->size);
}

static void put_file(struct leat_buf *buf, const char *file)
{
    leat_put_text(buf, file, file ? strlen(file) : 0);
}

void leat_put_within(struct leat_buf *buf, const struct leat_within *within)
{
    leat_buf_u8(buf, (uint8_t)((within->set ? 1u : 0u) | (within->annotated ? 2u : 0u)));
    if (!within->set)
        return;
    leat_buf_u64(buf, within->pos);
    leat_buf_u64(buf, within->events);
    leat_buf_u64(buf, within->rows);
}

static void put_start(struct leat_buf *buf, const struct leat_start *start)
{
    leat_buf_put(buf, start->source_uuid, LEAT_UUID_SIZE);
    leat_buf_u64(buf, start->place.pos);
    leat_buf_u64(buf, start->at_us);
    put_file(buf, start->place.file);
    put_file(buf, start->asked);
    struct leat_gtid_set *none = start->executed ? NULL : leat_gtid_set_new();
    leat_gtid_set_encode(buf, start->executed ? start->executed : none);
    leat_gtid_set_free(&none);
    leat_put_within(buf, &start->within);
}

static void put_begin(struct leat_buf *buf, const struct leat_begin *begin)
{
    leat_buf_u32(buf, begin->flags);
    leat_buf_u32(buf, begin->server_id);
    leat_buf_put(buf, begin->source_uuid, LEAT_UUID_SIZE);
    leat_buf_u64(buf, begin->place.pos);
    leat_buf_u64(buf, begin->original_commit_us);
    leat_buf_u64(buf, begin->immediate_commit_us);
    leat_buf_u64(buf, (uint64_t)begin->last_committed);
    leat_buf_u64(buf, (uint64_t)begin->sequence_number);
    leat_buf_u64(buf, begin->length);
    leat_buf_u64(buf, begin->commit_id);
    leat_buf_u32(buf, begin->header_time);
    leat_buf_u32(buf, begin->original_server_version);
    leat_buf_u32(buf, begin->immediate_server_version);
    leat_gtid_encode(buf, &begin->gtid);
    put_file(buf, begin->place.file);
}

static void put_schema(struct leat_buf *buf, const struct leat_table *table)
{
    leat_buf_u64(buf, leat_table_view(table)->id);
    leat_table_encode(buf, table);
}

/* The hot one: one reservation, plain stores. */
static void put_rows(struct leat_buf *buf, const struct leat_rows *rows)
{
    enum { FIXED = 56 };
    assert(rows->images_size <= RECORD_PAYLOAD_MAX - FIXED - 2 * (LEAT_COLUMNS_MAX / 8));
    assert(rows->column_count <= LEAT_COLUMNS_MAX);
    size_t bitmap = (rows->column_count + 7) / 8;
    uint8_t *to = leat_buf_reserve(buf, FIXED + 2 * bitmap + rows->images_size);
    leat_record_put_le(to, rows->table_id, 8);
    leat_record_put_le(to + 8, rows->pos, 8);
    leat_record_put_le(to + 16, rows->end_pos, 8);
    leat_record_put_le(to + 24, rows->flags, 4);
    leat_record_put_le(to + 28, rows->first_row, 4);
    leat_record_put_le(to + 32, rows->row_count, 4);
    leat_record_put_le(to + 36, rows->time, 4);
    leat_record_put_le(to + 40, rows->thread_id, 4);
    leat_record_put_le(to + 44, rows->column_count, 4);
    to[48] = (uint8_t)rows->op;
    to[49] = (uint8_t)((rows->before_present ? 1 : 0) | (rows->after_present ? 2 : 0));
    leat_record_put_le(to + 50, 0, 2);
    leat_record_put_le(to + 52, rows->images_size, 4);
    uint8_t *at = to + FIXED;
    if (rows->before_present) {
        memcpy(at, rows->before_present, bitmap);
        at += bitmap;
    }
    if (rows->after_present) {
        memcpy(at, rows->after_present, bitmap);
        at += bitmap;
    }
    if (rows->images_size)
        memcpy(at, rows->images, rows->images_size);
    leat_buf_commit(buf, (size_t)(at - to) + rows->images_size);
}

static void put_session(struct leat_buf *buf, const struct leat_session *session)
{
    leat_buf_u32(buf, session->present);
    leat_buf_u32(buf, session->flags2);
    leat_buf_u64(buf, session->sql_mode);
    leat_buf_u16(buf, session->auto_increment_increment);
    leat_buf_u16(buf, session->auto_increment_offset);
    leat_buf_u16(buf, session->client_collation);
    leat_buf_u16(buf, session->connection_collation);
    leat_buf_u16(buf, session->server_collation);
    leat_buf_u16(buf, 0);
    put_text(buf, &session->time_zone);
    leat_buf_string(buf, session->status, session->status_size);
}

static void put_statement(struct leat_buf *buf, const struct leat_statement *statement)
{
    leat_buf_u64(buf, statement->pos);
    leat_buf_u64(buf, statement->end_pos);
    leat_buf_u32(buf, (uint32_t)statement->kind);
    leat_buf_u32(buf, statement->thread_id);
    leat_buf_u32(buf, statement->time);
    leat_buf_u32(buf, statement->execution_seconds);
    leat_buf_u16(buf, statement->error_code);
    leat_buf_u16(buf, 0);
    put_session(buf, &statement->session);
    put_text(buf, &statement->database);
    put_text(buf, &statement->table_database);
    put_text(buf, &statement->table);
    leat_put_text(buf, statement->sql, statement->sql_size);
    leat_buf_string(buf, statement->prelude, statement->prelude_size);
}

static void put_end(struct leat_buf *buf, const struct leat_end *end)
{
    leat_buf_u64(buf, end->xid);
    leat_buf_u64(buf, end->place.pos);
    leat_buf_u64(buf, end->changes);
    leat_buf_u64(buf, end->statements);
    leat_buf_u64(buf, end->digest);
    leat_buf_u32(buf, end->time);
    leat_buf_u32(buf, (uint32_t)end->how);
    put_file(buf, end->place.file);
    leat_buf_string(buf, end->xa_id, end->xa_id_size);
}

static void put_xa_resolve(struct leat_buf *buf, const struct leat_xa_resolve *resolve)
{
    leat_buf_u64(buf, resolve->prepared_seq);
    leat_buf_u32(buf, resolve->commit);
    leat_buf_string(buf, resolve->xa_id, resolve->xa_id_size);
}

static void put_opaque(struct leat_buf *buf, const struct leat_opaque *opaque)
{
    size_t size_at = buf->size;
    leat_buf_u32(buf, 0);
    put_begin(buf, &opaque->begin);
    leat_record_put_le(buf->data + size_at, buf->size - size_at - 4, 4);
    leat_buf_u64(buf, opaque->end.pos);
    put_file(buf, opaque->end.file);
    put_text(buf, &opaque->reason);
    assert(opaque->events_size <= RECORD_PAYLOAD_MAX);
    leat_buf_string(buf, opaque->events, opaque->events_size);
}

static void put_definition(struct leat_buf *buf, const struct leat_definition *definition)
{
    assert(definition->why.size <= LEAT_DEFINITION_WHY_MAX);
    leat_buf_u64(buf, definition->at_us);
    leat_buf_u32(buf, (uint32_t)definition->how);
    leat_buf_u32(buf, definition->collation);
    put_text(buf, &definition->database);
    put_text(buf, &definition->name);
    put_text(buf, &definition->why);
    size_t size_at = buf->size;
    leat_buf_u32(buf, 0);
    if (definition->table)
        leat_table_encode(buf, definition->table);
    leat_record_put_le(buf->data + size_at, buf->size - size_at - 4, 4);
}

static void put_payload(struct leat_buf *buf, const struct leat_item *item)
{
    switch (item->type) {
    case LEAT_ITEM_START:
        put_start(buf, &item->start);
        return;
    case LEAT_ITEM_SCHEMA:
        put_schema(buf, item->schema);
        return;
    case LEAT_ITEM_BEGIN:
        put_begin(buf, &item->begin);
        return;
    case LEAT_ITEM_ROWS_QUERY:
        leat_put_text(buf, item->rows_query.bytes, item->rows_query.size);
        return;
    case LEAT_ITEM_ROWS:
        put_rows(buf, &item->rows);
        return;
    case LEAT_ITEM_STATEMENT:
        put_statement(buf, &item->statement);
        return;
    case LEAT_ITEM_SAVEPOINT:
        leat_put_text(buf, item->savepoint.bytes, item->savepoint.size);
        leat_buf_u8(buf, item->savepoint.rollback);
        leat_buf_u64(buf, item->savepoint.keeps);
        return;
    case LEAT_ITEM_END:
        put_end(buf, &item->end);
        return;
    case LEAT_ITEM_XA_RESOLVE:
        put_xa_resolve(buf, &item->xa_resolve);
        return;
    case LEAT_ITEM_OPAQUE:
        put_opaque(buf, &item->opaque);
        return;
    case LEAT_ITEM_GAP:
        leat_buf_u64(buf, item->gap.place.pos);
        put_file(buf, item->gap.place.file);
        put_text(buf, &item->gap.reason);
        return;
    case LEAT_ITEM_DEFINITION:
        put_definition(buf, &item->definition);
        return;
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_HEARTBEAT:
    case LEAT_ITEM_FILE_PART:
        break;
    }
    assert(!"only items that the journal holds can be framed");
}

void leat_frame_put(struct leat_buf *buf, const struct leat_item *item)
{
    size_t start = leat_frame_start(buf, (uint8_t)item->type);
    put_payload(buf, item);
    leat_frame_finish(buf, start);
}

void leat_frame_put_abandon(struct leat_buf *buf)
{
    leat_frame_finish(buf, leat_frame_start(buf, RECORD_ABANDON));
}
