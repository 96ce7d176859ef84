/* The head of rows events: which table, which columns, where the row images begin.
 *
 * Facts: Rows_event in libs/mysql/binlog/event/rows_event.{h,cpp}. */
#include "binlog/rows.h"

#include "binlog_int.h"

enum { HEAD_SIZE_OLD = 6, HEAD_SIZE_V1 = 8, HEAD_SIZE_V2 = 10 };

/* What a type of event says. `head` is the usual size of its post-header. */
struct kind {
    uint8_t op; /* 0: it isn't one of rows */
    uint8_t head;
    bool partial, compressed;
};

static const struct kind kinds[256] = {
    [LEAT_EVENT_WRITE_ROWS_V1] = {LEAT_OP_INSERT, HEAD_SIZE_V1, false, false},
    [LEAT_EVENT_UPDATE_ROWS_V1] = {LEAT_OP_UPDATE, HEAD_SIZE_V1, false, false},
    [LEAT_EVENT_DELETE_ROWS_V1] = {LEAT_OP_DELETE, HEAD_SIZE_V1, false, false},
    [LEAT_EVENT_WRITE_ROWS] = {LEAT_OP_INSERT, HEAD_SIZE_V2, false, false},
    [LEAT_EVENT_UPDATE_ROWS] = {LEAT_OP_UPDATE, HEAD_SIZE_V2, false, false},
    [LEAT_EVENT_DELETE_ROWS] = {LEAT_OP_DELETE, HEAD_SIZE_V2, false, false},
    [LEAT_EVENT_PARTIAL_UPDATE_ROWS] = {LEAT_OP_UPDATE, HEAD_SIZE_V2, true, false},
    /* MariaDB's compressed events are those of old with their images compressed. */
    [LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1] = {LEAT_OP_INSERT, HEAD_SIZE_V1, false, true},
    [LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1] = {LEAT_OP_UPDATE, HEAD_SIZE_V1, false, true},
    [LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1] = {LEAT_OP_DELETE, HEAD_SIZE_V1, false, true},
    [LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED] = {LEAT_OP_INSERT, HEAD_SIZE_V2, false, true},
    [LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED] = {LEAT_OP_UPDATE, HEAD_SIZE_V2, false, true},
    [LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED] = {LEAT_OP_DELETE, HEAD_SIZE_V2, false, true},
};

/* Number, flags and, in version 2, a block of extra data (partition, NDB) that counts its own two length
 * bytes. Whether it is there is told by the post-header's length. */
static int read_head(struct leat_rows_event *rows, unsigned head, struct leat_cursor *cursor,
                     struct leat_error *err)
{
    if (head != HEAD_SIZE_OLD && head != HEAD_SIZE_V1 && head != HEAD_SIZE_V2)
        return leat_malformed(err, "rows events of this file have a post-header of %u bytes", head);
    rows->table_id = head == HEAD_SIZE_OLD ? leat_cursor_u32(cursor) : leat_cursor_le(cursor, 6); /* sizes known to the compiler */
    rows->flags = leat_cursor_u16(cursor);
    if (head != HEAD_SIZE_V2)
        return LEAT_OK;
    uint16_t extra = leat_cursor_u16(cursor);
    if (extra < 2 && !cursor->failed)
        return leat_malformed(err, "rows event's extra data of %u bytes doesn't hold its own length", extra);
    leat_cursor_skip(cursor, extra - 2u);
    return LEAT_OK;
}

static inline bool any_column(const uint8_t *bitmap, uint32_t count)
{
    for (uint32_t i = 0; bitmap && i < count; i++)
        if (bitmap[i / 8] >> (i % 8) & 1)
            return true;
    return false;
}

/* Images without any column have no bytes: a reader that walks until the bytes are used up would never end. */
static inline int must_have_columns(const struct leat_rows_event *rows, const struct leat_event *event, struct leat_error *err)
{
    if (rows->images_size && !rows->compressed && !any_column(rows->before_present, rows->column_count) &&
        !any_column(rows->after_present, rows->column_count))
        return leat_malformed(err, "%s event has %zu bytes of rows and no columns",
                              leat_event_type_name(event->type), rows->images_size);
    return LEAT_OK;
}

/* Version 2 without extra data and with no more than 250 columns, which nearly all are: two comparisons instead of one for each part.
 * false: it is another, or not whole; then nothing that was read counts. */
static inline bool read_usual_head(struct leat_rows_event *rows, const struct leat_event *event)
{
    enum { EXTRA_AT = 8, COUNT_AT = HEAD_SIZE_V2, BITMAPS_AT, EXTRA_NONE = 2, COUNT_MAX = 250 };
    const uint8_t *at = event->body;
    if (event->body_size < BITMAPS_AT || leat_le(at + EXTRA_AT, 2) != EXTRA_NONE || at[COUNT_AT] - 1u >= COUNT_MAX)
        return false;
    rows->table_id = leat_le(at, 6);
    rows->flags = (uint16_t)leat_le(at + 6, 2);
    rows->column_count = at[COUNT_AT];
    size_t bitmap_size = (rows->column_count + 7) / 8;
    if (event->body_size < BITMAPS_AT + 2 * bitmap_size)
        return false;
    at += BITMAPS_AT;
    if (rows->op != LEAT_OP_INSERT) {
        rows->before_present = at;
        at += bitmap_size;
    }
    if (rows->op != LEAT_OP_DELETE) {
        rows->after_present = at;
        at += bitmap_size;
    }
    rows->images = at;
    rows->images_size = event->body_size - (size_t)(at - event->body);
    return true;
}

int leat_event_rows(struct leat_rows_event *rows, const struct leat_binlog_format *format,
                    const struct leat_event *event, struct leat_error *err)
{
    const struct kind *kind = &kinds[event->type];
    rows->op = (enum leat_op)kind->op;
    rows->partial = kind->partial;
    rows->compressed = kind->compressed;
    rows->before_present = rows->after_present = NULL;
    if (!kind->op)
        return leat_unsupported(err, "%s is not a kind of rows event that can be read", leat_event_type_name(event->type));
    unsigned head = leat_post_header(format, event->type, kind->head);
    if (head == HEAD_SIZE_V2 && read_usual_head(rows, event))
        return must_have_columns(rows, event, err);
    rows->before_present = rows->after_present = NULL;
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    if (read_head(rows, head, &cursor, err))
        return LEAT_FAIL;
    uint64_t count = leat_cursor_lenenc(&cursor);
    if (count > LEAT_COLUMNS_MAX || (count == 0 && rows->table_id != LEAT_TABLE_ID_DUMMY))
        return leat_malformed(err, "%s event has %llu columns", leat_event_type_name(event->type),
                              (unsigned long long)count);
    size_t bitmap_size = ((size_t)count + 7) / 8;
    if (rows->op != LEAT_OP_INSERT)
        rows->before_present = leat_cursor_bytes(&cursor, bitmap_size);
    if (rows->op != LEAT_OP_DELETE)
        rows->after_present = leat_cursor_bytes(&cursor, bitmap_size);
    if (cursor.failed)
        return leat_malformed(err, "%s event of %u bytes ends within its head",
                              leat_event_type_name(event->type), event->size);
    rows->column_count = (uint32_t)count;
    rows->images = cursor.at;
    rows->images_size = leat_cursor_left(&cursor);
    return must_have_columns(rows, event, err);
}
