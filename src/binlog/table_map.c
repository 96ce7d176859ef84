/* TABLE_MAP: the definition that the rows after it are packed by. This file reads what every table map has;
 * the optional metadata behind it is read by table_meta.c.
 *
 * Facts: Table_map_event in libs/mysql/binlog/event/rows_event.{h,cpp}, Field::save_field_metadata in
 * sql/field.cc. */
#include "binlog/rows.h"
#include "table_int.h"

#include "base/alloc.h"

enum { HEAD_SIZE = 8, OLD_HEAD_SIZE = 6, TABLE_MAP_SIZE_MAX = 16 << 20 };

int leat_table_map_id(uint64_t *table_id, const uint8_t **contents, size_t *size,
                      const struct leat_binlog_format *format, const struct leat_event *event,
                      struct leat_error *err)
{
    unsigned head = leat_post_header(format, LEAT_EVENT_TABLE_MAP, HEAD_SIZE);
    if (head != HEAD_SIZE && head != OLD_HEAD_SIZE)
        return leat_malformed(err, "TABLE_MAP events of this file have a post-header of %u bytes", head);
    if (head == HEAD_SIZE && event->body_size >= HEAD_SIZE) { /* nearly always */
        *table_id = leat_le(event->body, 6);
        *contents = event->body + HEAD_SIZE;
        *size = event->body_size - HEAD_SIZE;
        return LEAT_OK;
    }
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    *table_id = head == OLD_HEAD_SIZE ? leat_cursor_u32(&cursor) : leat_cursor_le(&cursor, 6); /* sizes known to the compiler */
    leat_cursor_skip(&cursor, 2); /* flags: none of meaning to a reader */
    if (cursor.failed)
        return leat_malformed(err, "TABLE_MAP event of %u bytes is too short", event->size);
    *contents = cursor.at;
    *size = leat_cursor_left(&cursor);
    return LEAT_OK;
}

/* A name with its length before and a NUL behind. */
static int read_name(struct leat_text *name, struct leat_cursor *cursor, const char *what,
                     struct leat_error *err)
{
    uint64_t size = leat_cursor_lenenc(cursor);
    if (size > LEAT_NAME_BYTES_MAX)
        return leat_malformed(err, "TABLE_MAP event's %s name has %llu bytes", what,
                              (unsigned long long)size);
    const uint8_t *bytes = leat_cursor_bytes(cursor, (size_t)size + 1);
    if (!bytes || bytes[size] != 0)
        return leat_malformed(err, "TABLE_MAP event's %s name does not end", what);
    *name = (struct leat_text){(const char *)bytes, (uint32_t)size};
    return LEAT_OK;
}

unsigned leat_table_metadata_size(uint8_t type)
{
    switch (type) {
    case LEAT_TYPE_FLOAT:
    case LEAT_TYPE_DOUBLE:
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
    case LEAT_TYPE_BLOB_COMPRESSED:
    case LEAT_TYPE_GEOMETRY:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_VECTOR:
    case LEAT_TYPE_TIMESTAMP2:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIME2:
        return 1;
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_BIT:
    case LEAT_TYPE_NEWDECIMAL:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        return 2;
    default:
        return 0;
    }
}

bool leat_table_metadata_big_endian(uint8_t type)
{
    return type == LEAT_TYPE_NEWDECIMAL || type == LEAT_TYPE_STRING || type == LEAT_TYPE_ENUM ||
           type == LEAT_TYPE_SET;
}

/* STRING's first byte is the real type, ENUM, SET or STRING. CHARs of more than 255 bytes take two more bits
 * of their length from it, inverted, from bits that are set in all three types. */
static void resolve_string(struct leat_column *column)
{
    unsigned type = column->metadata >> 8;
    unsigned length = column->metadata & 0xFF;
    if (type == LEAT_TYPE_ENUM || type == LEAT_TYPE_SET) {
        column->type = (enum leat_type)type;
        return;
    }
    length |= ((type & 0x30) ^ 0x30) << 4;
    column->type = LEAT_TYPE_STRING;
    column->length_max = length;
}

static int read_type(struct leat_column *column, uint8_t type, struct leat_cursor *metadata)
{
    unsigned size = leat_table_metadata_size(type);
    column->type = (enum leat_type)type;
    if (size)
        column->metadata = (uint16_t)(leat_table_metadata_big_endian(type) ? leat_cursor_be(metadata, size)
                                                                : leat_cursor_le(metadata, size));
    if (type == LEAT_TYPE_STRING)
        resolve_string(column);
    else if (type == LEAT_TYPE_VARCHAR || type == LEAT_TYPE_VAR_STRING)
        column->length_max = column->metadata;
    return metadata->failed ? LEAT_FAIL : LEAT_OK;
}

/* MariaDB's COMPRESSED columns are what they are without it, once their values are uncompressed. A VARCHAR's
 * length counts a byte before the value that says how it is compressed. */
static void resolve_compressed(struct leat_column *column)
{
    if (column->type == LEAT_TYPE_BLOB_COMPRESSED)
        column->type = LEAT_TYPE_BLOB;
    else if (column->type == LEAT_TYPE_VARCHAR_COMPRESSED && column->metadata)
        column->type = LEAT_TYPE_VARCHAR, column->length_max = --column->metadata;
    else
        return;
    column->flags |= LEAT_COLUMN_COMPRESSED;
}

static bool bit(const uint8_t *bits, uint32_t index)
{
    return bits[index / 8] >> (index % 8) & 1;
}

/* Types, their metadata, and which may be null. Before MySQL 5.1.15 only the types were told. */
static int read_columns(struct leat_table_draft *draft, const uint8_t *types, struct leat_cursor *cursor,
                        struct leat_error *err)
{
    uint32_t count = draft->column_count;
    bool told = leat_cursor_left(cursor) > 0;
    size_t size = told ? (size_t)leat_cursor_lenenc(cursor) : 0;
    struct leat_cursor metadata = leat_cursor_sub(cursor, size);
    const uint8_t *nulls = told ? leat_cursor_bytes(cursor, ((size_t)count + 7) / 8) : NULL;
    if (cursor->failed)
        return leat_malformed(err, "TABLE_MAP event of %s.%s ends within its %u columns' metadata",
                              draft->database.bytes, draft->name.bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!told && leat_table_metadata_size(types[i]))
            return leat_unsupported(
                err, "TABLE_MAP event of %s.%s is one of MySQL before 5.1.15, without metadata",
                draft->database.bytes, draft->name.bytes);
        if (read_type(&draft->columns[i], types[i], &metadata))
            return leat_malformed(err,
                                  "TABLE_MAP event of %s.%s has %zu bytes of metadata, too few for column %u",
                                  draft->database.bytes, draft->name.bytes, size, i + 1);
        if (draft->mariadb)
            resolve_compressed(&draft->columns[i]);
        if (!nulls || bit(nulls, i))
            draft->columns[i].flags |= LEAT_COLUMN_NULLABLE;
    }
    return LEAT_OK;
}

static int read_draft(struct leat_table_draft *draft, struct leat_cursor *cursor, struct leat_error *err)
{
    if (read_name(&draft->database, cursor, "database", err) || read_name(&draft->name, cursor, "table", err))
        return LEAT_FAIL;
    uint64_t count = leat_cursor_lenenc(cursor);
    if (count == 0 || count > LEAT_COLUMNS_MAX)
        return leat_malformed(err, "TABLE_MAP event of %s.%s has %llu columns", draft->database.bytes,
                              draft->name.bytes, (unsigned long long)count);
    const uint8_t *types = leat_cursor_bytes(cursor, (size_t)count);
    if (!types)
        return leat_malformed(err, "TABLE_MAP event of %s.%s ends within its %llu columns' types",
                              draft->database.bytes, draft->name.bytes, (unsigned long long)count);
    draft->column_count = (uint32_t)count;
    draft->columns = leat_alloc_zero((size_t)count, sizeof(*draft->columns));
    if (read_columns(draft, types, cursor, err))
        return LEAT_FAIL;
    return leat_table_meta_read(draft, *cursor, err);
}

static void draft_free(struct leat_table_draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        free((void *)(uintptr_t)draft->columns[i].members);
    free(draft->columns);
    free(draft->key);
}

int leat_table_map(struct leat_table **table, const struct leat_binlog_format *format,
                   const struct leat_event *event, struct leat_error *err)
{
    *table = NULL;
    uint64_t table_id;
    const uint8_t *contents;
    size_t size;
    if (leat_table_map_id(&table_id, &contents, &size, format, event, err))
        return LEAT_FAIL;
    if (size > TABLE_MAP_SIZE_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA,
                         "TABLE_MAP event of %zu bytes is longer than %d", size, TABLE_MAP_SIZE_MAX);
    struct leat_table_draft draft = {.mariadb = format->mariadb};
    struct leat_cursor cursor = leat_cursor(contents, size);
    int result = read_draft(&draft, &cursor, err);
    if (result == LEAT_OK) {
        struct leat_table_view view = {
            .flags = draft.flags,
            .server = format->mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
            .database = draft.database,
            .name = draft.name,
            .column_count = draft.column_count,
            .key_count = draft.key_count,
            .columns = draft.columns,
            .key = draft.key,
        };
        *table = leat_table_new(&view);
    }
    draft_free(&draft);
    return result;
}
