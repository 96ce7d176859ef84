/* Payloads into items: the bytes may come from a disk that lies, so every length, count and enumeration is
 * checked. Checked once more than the checksum does, because a checksum says only that the bytes are those
 * that were written. Pure; any thread. */
#include "model/xa.h"
#include "record_int.h"
#include "model/point.h"

void leat_item_memory_free(struct item_memory *memory)
{
    leat_gtid_set_free(&memory->set);
    leat_table_release(&memory->table);
}

const char *leat_get_text(struct leat_cursor *cursor, uint32_t *size)
{
    size_t length = leat_cursor_u32(cursor);
    const uint8_t *bytes = length < RECORD_PAYLOAD_MAX ? leat_cursor_bytes(cursor, length + 1) : NULL;
    if (!bytes || bytes[length] != 0) {
        cursor->failed = true;
        *size = 0;
        return NULL;
    }
    *size = (uint32_t)length;
    return (const char *)bytes;
}

const char *leat_get_file(struct leat_cursor *cursor)
{
    uint32_t size;
    const char *file = leat_get_text(cursor, &size);
    if (file && (size > LEAT_BINLOG_NAME_MAX || memchr(file, 0, size))) {
        cursor->failed = true;
        return NULL;
    }
    return file;
}

static void get_text(struct leat_cursor *cursor, struct leat_text *text)
{
    text->bytes = leat_get_text(cursor, &text->size);
}

static void get_uuid(struct leat_cursor *cursor, uint8_t uuid[LEAT_UUID_SIZE])
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, LEAT_UUID_SIZE);
    if (bytes)
        memcpy(uuid, bytes, LEAT_UUID_SIZE);
}

void leat_get_within(struct leat_within *within, struct leat_cursor *cursor)
{
    uint8_t flags = leat_cursor_u8(cursor);
    *within = (struct leat_within){.set = flags & 1, .annotated = flags & 2};
    if (flags > 3 || (flags && !within->set))
        cursor->failed = true;
    if (!within->set)
        return;
    within->pos = leat_cursor_u64(cursor);
    within->events = leat_cursor_u64(cursor);
    within->rows = leat_cursor_u64(cursor);
}

static int get_start(struct leat_start *start, struct leat_cursor *cursor, struct item_memory *memory,
                     struct leat_error *err)
{
    uint32_t size;
    get_uuid(cursor, start->source_uuid);
    start->place.pos = leat_cursor_u64(cursor);
    start->at_us = leat_cursor_u64(cursor);
    start->place.file = leat_get_file(cursor);
    start->asked = leat_get_text(cursor, &size);
    if (cursor->failed)
        return LEAT_OK; /* the caller looks */
    leat_gtid_set_free(&memory->set);
    if (leat_gtid_set_decode(&memory->set, cursor, err))
        return LEAT_FAIL;
    start->executed = memory->set;
    leat_get_within(&start->within, cursor);
    return LEAT_OK;
}

static int get_begin(struct leat_begin *begin, struct leat_cursor *cursor, struct leat_error *err)
{
    begin->flags = leat_cursor_u32(cursor);
    begin->server_id = leat_cursor_u32(cursor);
    get_uuid(cursor, begin->source_uuid);
    begin->place.pos = leat_cursor_u64(cursor);
    begin->original_commit_us = leat_cursor_u64(cursor);
    begin->immediate_commit_us = leat_cursor_u64(cursor);
    begin->last_committed = (int64_t)leat_cursor_u64(cursor);
    begin->sequence_number = (int64_t)leat_cursor_u64(cursor);
    begin->length = leat_cursor_u64(cursor);
    begin->commit_id = leat_cursor_u64(cursor);
    begin->header_time = leat_cursor_u32(cursor);
    begin->original_server_version = leat_cursor_u32(cursor);
    begin->immediate_server_version = leat_cursor_u32(cursor);
    if (cursor->failed)
        return LEAT_OK;
    if (leat_gtid_decode(&begin->gtid, cursor, err))
        return LEAT_FAIL;
    begin->place.file = leat_get_file(cursor);
    return LEAT_OK;
}

static void get_rows(struct leat_rows *rows, struct leat_cursor *cursor)
{
    const uint8_t *at = leat_cursor_bytes(cursor, 56);
    if (!at)
        return;
    rows->table_id = leat_le(at, 8);
    rows->table = NULL;
    rows->pos = leat_le(at + 8, 8);
    rows->end_pos = leat_le(at + 16, 8);
    rows->flags = (uint32_t)leat_le(at + 24, 4);
    rows->first_row = (uint32_t)leat_le(at + 28, 4);
    rows->row_count = (uint32_t)leat_le(at + 32, 4);
    rows->time = (uint32_t)leat_le(at + 36, 4);
    rows->thread_id = (uint32_t)leat_le(at + 40, 4);
    rows->column_count = (uint32_t)leat_le(at + 44, 4);
    rows->op = (enum leat_op)at[48];
    rows->images_size = (size_t)leat_le(at + 52, 4);
    uint8_t present = at[49];
    size_t bitmap = ((size_t)rows->column_count + 7) / 8;
    rows->before_present = present & 1 ? leat_cursor_bytes(cursor, bitmap) : NULL;
    rows->after_present = present & 2 ? leat_cursor_bytes(cursor, bitmap) : NULL;
    rows->images = leat_cursor_bytes(cursor, rows->images_size);
    /* Which images there are follows from the operation: INSERT after, DELETE before, UPDATE both. */
    if (at[48] < LEAT_OP_INSERT || at[48] > LEAT_OP_DELETE || rows->column_count > LEAT_COLUMNS_MAX ||
        rows->table_id == 0 ||
        present != (at[48] == LEAT_OP_INSERT   ? 2
                    : at[48] == LEAT_OP_UPDATE ? 3
                                               : 1))
        cursor->failed = true;
}

static void get_session(struct leat_session *session, struct leat_cursor *cursor)
{
    session->present = leat_cursor_u32(cursor);
    session->flags2 = leat_cursor_u32(cursor);
    session->sql_mode = leat_cursor_u64(cursor);
    session->auto_increment_increment = leat_cursor_u16(cursor);
    session->auto_increment_offset = leat_cursor_u16(cursor);
    session->client_collation = leat_cursor_u16(cursor);
    session->connection_collation = leat_cursor_u16(cursor);
    session->server_collation = leat_cursor_u16(cursor);
    leat_cursor_skip(cursor, 2);
    get_text(cursor, &session->time_zone);
    session->status = leat_cursor_string(cursor, &session->status_size);
}

static void get_statement(struct leat_statement *statement, struct leat_cursor *cursor)
{
    uint32_t sql_size;
    statement->pos = leat_cursor_u64(cursor);
    statement->end_pos = leat_cursor_u64(cursor);
    uint32_t kind = leat_cursor_u32(cursor);
    statement->kind = (enum leat_statement_kind)kind;
    statement->thread_id = leat_cursor_u32(cursor);
    statement->time = leat_cursor_u32(cursor);
    statement->execution_seconds = leat_cursor_u32(cursor);
    statement->error_code = leat_cursor_u16(cursor);
    leat_cursor_skip(cursor, 2);
    get_session(&statement->session, cursor);
    get_text(cursor, &statement->database);
    get_text(cursor, &statement->table_database);
    get_text(cursor, &statement->table);
    statement->sql = leat_get_text(cursor, &sql_size);
    statement->sql_size = sql_size;
    statement->prelude = NULL; /* what an earlier build wrote has none */
    statement->prelude_size = 0;
    if (leat_cursor_left(cursor))
        statement->prelude = leat_cursor_string(cursor, &statement->prelude_size);
    statement->loads = false; /* LOAD DATA as a statement isn't journalled */
    statement->file_id = 0;
    if (kind > LEAT_STATEMENT_DML)
        cursor->failed = true;
}

static void get_end(struct leat_end *end, struct leat_cursor *cursor)
{
    end->xid = leat_cursor_u64(cursor);
    end->place.pos = leat_cursor_u64(cursor);
    end->changes = leat_cursor_u64(cursor);
    end->statements = leat_cursor_u64(cursor);
    end->digest = leat_cursor_u64(cursor);
    end->time = leat_cursor_u32(cursor);
    uint32_t how = leat_cursor_u32(cursor);
    end->how = (enum leat_end_how)how;
    end->place.file = leat_get_file(cursor);
    end->xa_id = leat_cursor_string(cursor, &end->xa_id_size);
    bool xa = how == LEAT_END_XA_PREPARE || how == LEAT_END_XA_ONE_PHASE;
    struct leat_xa unused;
    if (how < LEAT_END_XID || how > LEAT_END_XA_RESOLVE ||
        (xa ? !leat_xa_decode(&unused, end->xa_id, end->xa_id_size) : end->xa_id_size > 0))
        cursor->failed = true;
}

static void get_xa_resolve(struct leat_xa_resolve *resolve, struct leat_cursor *cursor)
{
    struct leat_xa unused;
    resolve->prepared_seq = leat_cursor_u64(cursor);
    uint32_t commit = leat_cursor_u32(cursor);
    resolve->commit = commit == 1;
    resolve->xa_id = leat_cursor_string(cursor, &resolve->xa_id_size);
    resolve->prepared = NULL;
    if (commit > 1 || !leat_xa_decode(&unused, resolve->xa_id, resolve->xa_id_size))
        cursor->failed = true;
}

static int get_opaque(struct leat_opaque *opaque, struct leat_cursor *cursor, struct leat_error *err)
{
    size_t size = leat_cursor_u32(cursor);
    struct leat_cursor begin = leat_cursor_sub(cursor, size);
    if (begin.failed)
        return LEAT_OK;
    if (get_begin(&opaque->begin, &begin, err))
        return LEAT_FAIL;
    opaque->end.pos = leat_cursor_u64(cursor);
    opaque->end.file = leat_get_file(cursor);
    get_text(cursor, &opaque->reason);
    opaque->events = leat_cursor_string(cursor, &opaque->events_size);
    if (begin.failed || leat_cursor_left(&begin))
        cursor->failed = true;
    return LEAT_OK;
}

static void get_bytes(const char **bytes, size_t *size, struct leat_cursor *cursor)
{
    uint32_t length;
    *bytes = leat_get_text(cursor, &length);
    *size = length;
}

/* A name of at least `size_min` bytes that is one as a C string, too. */
static void get_name(struct leat_cursor *cursor, struct leat_text *name, uint32_t size_min)
{
    get_text(cursor, name);
    if (name->size < size_min || name->size > LEAT_NAME_BYTES_MAX || (name->bytes && memchr(name->bytes, 0, name->size)))
        cursor->failed = true;
}

/* What must be there follows from how it came to be: a table, or with an empty name a database. */
static bool definition_fits(const struct leat_definition *definition, size_t table_size)
{
    enum leat_definition_how how = definition->how;
    bool defines = how == LEAT_DEFINITION_READ || how == LEAT_DEFINITION_TOLD || how == LEAT_DEFINITION_STATEMENT;
    bool is_table = definition->name.size > 0;
    return how >= LEAT_DEFINITION_READ && how <= LEAT_DEFINITION_UNSURE && (table_size > 0) == (defines && is_table) &&
           (definition->collation == 0 || !is_table) && definition->why.size <= LEAT_DEFINITION_WHY_MAX;
}

static int get_definition(struct leat_definition *definition, struct leat_cursor *cursor, struct item_memory *memory,
                          struct leat_error *err)
{
    definition->table = NULL;
    definition->at_us = leat_cursor_u64(cursor);
    definition->how = (enum leat_definition_how)leat_cursor_u32(cursor);
    definition->collation = leat_cursor_u32(cursor);
    get_name(cursor, &definition->database, 1);
    get_name(cursor, &definition->name, 0);
    get_text(cursor, &definition->why);
    size_t size;
    const uint8_t *table = leat_cursor_string(cursor, &size);
    if (cursor->failed || !definition_fits(definition, size)) {
        cursor->failed = true;
        return LEAT_OK;
    }
    leat_table_release(&memory->table);
    if (size && leat_table_decode(&memory->table, table, size, err))
        return LEAT_FAIL;
    definition->table = memory->table;
    return LEAT_OK;
}

static int get_payload(struct leat_item *item, struct leat_cursor *cursor, struct item_memory *memory,
                       struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_ROWS:
        get_rows(&item->rows, cursor);
        return LEAT_OK;
    case LEAT_ITEM_BEGIN:
        return get_begin(&item->begin, cursor, err);
    case LEAT_ITEM_END:
        get_end(&item->end, cursor);
        return LEAT_OK;
    case LEAT_ITEM_START:
        return get_start(&item->start, cursor, memory, err);
    case LEAT_ITEM_ROWS_QUERY:
        get_bytes(&item->rows_query.bytes, &item->rows_query.size, cursor);
        return LEAT_OK;
    case LEAT_ITEM_STATEMENT:
        get_statement(&item->statement, cursor);
        return LEAT_OK;
    case LEAT_ITEM_SAVEPOINT:
        get_bytes(&item->savepoint.bytes, &item->savepoint.size, cursor);
        item->savepoint.rollback = leat_cursor_u8(cursor) != 0;
        item->savepoint.keeps = leat_cursor_u64(cursor);
        return LEAT_OK;
    case LEAT_ITEM_XA_RESOLVE:
        get_xa_resolve(&item->xa_resolve, cursor);
        return LEAT_OK;
    case LEAT_ITEM_OPAQUE:
        return get_opaque(&item->opaque, cursor, err);
    case LEAT_ITEM_GAP:
        item->gap.place.pos = leat_cursor_u64(cursor);
        item->gap.place.file = leat_get_file(cursor);
        get_text(cursor, &item->gap.reason);
        return LEAT_OK;
    case LEAT_ITEM_DEFINITION:
        return get_definition(&item->definition, cursor, memory, err);
    case LEAT_ITEM_SCHEMA: /* leat_record_schema */
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_HEARTBEAT:
    case LEAT_ITEM_FILE_PART:
        break;
    }
    return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_FATAL,
                     "record of type %u is not known to this version", (unsigned)item->type);
}

int leat_record_item(struct leat_item *item, const struct record *record, struct item_memory *memory,
                     struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(record->payload, record->size);
    item->type = (enum leat_item_type)record->type;
    item->seq = record->seq;
    if (get_payload(item, &cursor, memory, err))
        return LEAT_FAIL;
    if (cursor.failed || leat_cursor_left(&cursor))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_FATAL, "malformed %s record of %lu bytes",
                         leat_item_type_name(item->type), (unsigned long)record->size);
    return LEAT_OK;
}

int leat_record_schema(struct schema_bytes *schema, const struct record *record, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(record->payload, record->size);
    schema->id = leat_cursor_u64(&cursor);
    schema->size = leat_cursor_left(&cursor);
    schema->bytes = cursor.at;
    if (cursor.failed || schema->id == 0 || schema->size == 0)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_FATAL, "malformed schema record of %lu bytes",
                         (unsigned long)record->size);
    return LEAT_OK;
}

int leat_record_begin(struct leat_begin *begin, const uint8_t *payload, size_t size, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(payload, size);
    if (get_begin(begin, &cursor, err))
        return LEAT_FAIL;
    if (cursor.failed || leat_cursor_left(&cursor))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_FATAL, "malformed begin record of %zu bytes", size);
    return LEAT_OK;
}
