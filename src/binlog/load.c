/* LOAD, NEW_LOAD, CREATE_FILE: a head of 18 bytes (and the file's number), how the file is delimited, the lengths of the fields' names,
 * then the names of fields, table, database and file, each with a NUL, then the file's first part. */
#include "binlog/load.h"

#include "binlog_int.h"

enum { DELIMITERS = 5, OPTIONALLY = 2, REPLACE = 4, IGNORE = 8, FIELDS_MAX = 4096 };
enum { TERMINATED, ENCLOSED, LINES, STARTING, ESCAPED };

struct parts {
    uint32_t skip_lines, field_count;
    uint8_t table_size, database_size, flags;
    struct leat_text delimiters[DELIMITERS];
    const uint8_t *field_sizes;
    struct leat_text table, database, file;
    const uint8_t *fields;
};

/* A name and the NUL behind it. */
static struct leat_text name_of(struct leat_cursor *cursor, size_t size)
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, size + 1);
    if (bytes && bytes[size] != 0)
        cursor->failed = true;
    return (struct leat_text){(const char *)bytes, (uint32_t)size};
}

/* LOAD has one character for each, and a bit where there is none. */
static void read_delimiters(struct parts *parts, bool old, struct leat_cursor *cursor)
{
    const uint8_t *singles = old ? leat_cursor_bytes(cursor, DELIMITERS) : NULL;
    for (unsigned i = 0; i < DELIMITERS && !old; i++) {
        uint8_t size = leat_cursor_u8(cursor);
        parts->delimiters[i] = (struct leat_text){(const char *)leat_cursor_bytes(cursor, size), size};
    }
    parts->flags = leat_cursor_u8(cursor);
    uint8_t empty = old ? leat_cursor_u8(cursor) : 0;
    for (unsigned i = 0; i < DELIMITERS && singles; i++)
        parts->delimiters[i] = (struct leat_text){(const char *)singles + i, !(empty >> i & 1)};
}

static void read_names(struct parts *parts, struct leat_cursor *cursor)
{
    size_t size = 0;
    parts->field_sizes = leat_cursor_bytes(cursor, parts->field_count);
    for (uint32_t i = 0; i < parts->field_count && !cursor->failed; i++)
        size += parts->field_sizes[i] + 1u;
    parts->fields = leat_cursor_bytes(cursor, size);
    parts->table = name_of(cursor, parts->table_size);
    parts->database = name_of(cursor, parts->database_size);
    const uint8_t *end = leat_cursor_left(cursor) ? memchr(cursor->at, 0, leat_cursor_left(cursor)) : NULL;
    size_t left = end ? (size_t)(end - cursor->at) : leat_cursor_left(cursor);
    parts->file = (struct leat_text){(const char *)cursor->at, (uint32_t)left};
    leat_cursor_skip(cursor, left + (end != NULL));
}

static void put_quoted(struct leat_buf *sql, const struct leat_text *text)
{
    leat_buf_u8(sql, '\'');
    for (uint32_t i = 0; i < text->size; i++) {
        char c = text->bytes[i];
        const char *named = !c ? "\0000" : (unsigned char)c < 0x20 ? strchr("\nn\tt\rr\bb", c) : NULL;
        if (c == '\'' || c == '\\')
            leat_buf_printf(sql, "\\%c", c);
        else if (named)
            leat_buf_printf(sql, "\\%c", named[1]);
        else
            leat_buf_u8(sql, (uint8_t)c);
    }
    leat_buf_u8(sql, '\'');
}

static void put_name(struct leat_buf *sql, const char *bytes, size_t size)
{
    leat_buf_u8(sql, '`');
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '`')
            leat_buf_u8(sql, '`');
        leat_buf_u8(sql, (uint8_t)bytes[i]);
    }
    leat_buf_u8(sql, '`');
}

static void put_fields(struct leat_buf *sql, const struct parts *parts)
{
    const uint8_t *at = parts->fields;
    for (uint32_t i = 0; i < parts->field_count; i++) {
        leat_buf_puts(sql, i ? "," : " (");
        put_name(sql, (const char *)at, parts->field_sizes[i]);
        at += parts->field_sizes[i] + 1u;
    }
    if (parts->field_count)
        leat_buf_u8(sql, ')');
}

static void put_sql(struct leat_buf *sql, const struct parts *parts)
{
    leat_buf_puts(sql, "LOAD DATA INFILE ");
    put_quoted(sql, &parts->file);
    leat_buf_puts(sql, parts->flags & REPLACE ? " REPLACE" : parts->flags & IGNORE ? " IGNORE" : "");
    leat_buf_puts(sql, " INTO TABLE ");
    put_name(sql, parts->table.bytes, parts->table.size);
    leat_buf_puts(sql, " FIELDS TERMINATED BY ");
    put_quoted(sql, &parts->delimiters[TERMINATED]);
    leat_buf_puts(sql, parts->flags & OPTIONALLY ? " OPTIONALLY ENCLOSED BY " : " ENCLOSED BY ");
    put_quoted(sql, &parts->delimiters[ENCLOSED]);
    leat_buf_puts(sql, " ESCAPED BY ");
    put_quoted(sql, &parts->delimiters[ESCAPED]);
    leat_buf_puts(sql, " LINES TERMINATED BY ");
    put_quoted(sql, &parts->delimiters[LINES]);
    leat_buf_puts(sql, " STARTING BY ");
    put_quoted(sql, &parts->delimiters[STARTING]);
    if (parts->skip_lines)
        leat_buf_printf(sql, " IGNORE %u LINES", (unsigned)parts->skip_lines);
    put_fields(sql, parts);
}

int leat_event_load(struct leat_load *load, struct leat_buf *sql, const struct leat_event *event, struct leat_error *err)
{
    struct parts parts = {0};
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    *load = (struct leat_load){.thread_id = leat_cursor_u32(&cursor),
                               .execution_seconds = leat_cursor_u32(&cursor),
                               .has_file = event->type == LEAT_EVENT_CREATE_FILE};
    parts.skip_lines = leat_cursor_u32(&cursor);
    parts.table_size = leat_cursor_u8(&cursor);
    parts.database_size = leat_cursor_u8(&cursor);
    parts.field_count = leat_cursor_u32(&cursor);
    load->file_id = load->has_file ? leat_cursor_u32(&cursor) : 0;
    if (parts.field_count > FIELDS_MAX)
        return leat_malformed(err, "%s event has %u fields", leat_event_type_name(event->type), (unsigned)parts.field_count);
    read_delimiters(&parts, event->type == LEAT_EVENT_LOAD, &cursor);
    read_names(&parts, &cursor);
    if (cursor.failed)
        return leat_malformed(err, "%s event of %u bytes is too short for what it says", leat_event_type_name(event->type), event->size);
    load->database = parts.database;
    load->bytes = cursor.at;
    load->size = load->has_file ? leat_cursor_left(&cursor) : 0;
    put_sql(sql, &parts);
    return LEAT_OK;
}
