/* Every decoder on one event, as a relay would: for hostile events and for whole files. */
#ifndef LEAT_TEST_BINLOG_DECODE_ALL_H
#define LEAT_TEST_BINLOG_DECODE_ALL_H

#include <check.h>
#include <stdlib.h>

#include "base/buf.h"
#include "binlog/charset.h"
#include "binlog/event.h"
#include "binlog/inflate.h"
#include "binlog/json.h"
#include "binlog/rows.h"
#include "binlog/value.h"
#include "model/point.h"

/* What a reader remembers between events. */
struct reader {
    struct leat_binlog_format format;
    struct leat_table *table; /* of the last table maps, by id; few suffice here */
    struct leat_row_plan *plan;
    uint64_t table_id;
    struct {
        struct leat_table *table;
        struct leat_row_plan *plan;
        uint64_t id;
    } maps[16];
    unsigned map_next;
    struct leat_buf text;
    struct leat_inflater *inflater;
    struct leat_buf inflated, inflated_images;
    uint64_t rows, values, events, unsupported, changed;
};

static inline void reader_free(struct reader *reader)
{
    for (unsigned i = 0; i < 16; i++) {
        leat_row_plan_free(&reader->maps[i].plan);
        if (reader->maps[i].table)
            leat_table_release(&reader->maps[i].table);
    }
    leat_buf_free(&reader->text);
    leat_inflater_free(&reader->inflater);
    leat_buf_free(&reader->inflated);
    leat_buf_free(&reader->inflated_images);
}

/* A value into text, by its type. */
static inline int reader_value(struct reader *reader, const struct leat_column *column,
                               const struct leat_value *value, struct leat_error *err)
{
    struct leat_temporal temporal;
    struct leat_geometry geometry;
    enum leat_charset charset;
    struct leat_buf *text = &reader->text;
    text->size = 0;
    reader->values++;
    switch (column->type) {
    case LEAT_TYPE_NEWDECIMAL:
        return leat_value_decimal(text, column, value->bytes, value->size, err);
    case LEAT_TYPE_JSON:
        return leat_value_json(text, value->bytes, value->size, err);
    case LEAT_TYPE_GEOMETRY:
        return leat_value_geometry(&geometry, value->bytes, value->size, err);
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        if (leat_value_temporal(&temporal, column, value->bytes, value->size, err))
            return LEAT_FAIL;
        leat_temporal_put(text, column, &temporal, 'T');
        return 0;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_BLOB:
        charset = leat_charset_of(column->collation);
        if (charset == LEAT_CHARSET_BINARY)
            return 0;
        return leat_charset_to_utf8(text, charset, value->bytes, value->size, err);
    case LEAT_TYPE_FLOAT:
        return (leat_value_float(value->bytes) > 0) & 0;
    case LEAT_TYPE_DOUBLE:
        return (leat_value_double(value->bytes) > 0) & 0;
    default:
        return (leat_value_int(column, value->bytes, value->size) > 0) & 0;
    }
}

/* Into values[0 … column_count-1], by both ways. */
static inline int reader_image(struct reader *reader, const struct leat_row_plan *plan,
                               const struct leat_table_view *view, const uint8_t *present, bool partial,
                               struct leat_value *values, struct leat_cursor *cursor, struct leat_error *err)
{
    struct leat_cursor walked = *cursor;
    int result = partial ? leat_row_walk_partial(plan, present, &walked, err)
                         : leat_row_walk(plan, present, &walked, err);
    int again = partial ? leat_row_split_partial(plan, present, cursor, values, err)
                        : leat_row_split(plan, present, cursor, values, err);
    ck_assert_int_eq(again, result);
    if (result == 0)
        ck_assert_ptr_eq(walked.at, cursor->at);
    for (uint32_t i = 0; result == 0 && i < view->column_count; i++)
        if (values[i].bytes && !values[i].partial)
            result = reader_value(reader, &view->columns[i], &values[i], err);
    return result;
}

/* Changes made to the documents of the image before, where it has them. */
static inline int reader_changes(struct reader *reader, const struct leat_value *before,
                                 const struct leat_value *after, uint32_t count, struct leat_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!after[i].partial || !before[i].bytes)
            continue;
        reader->text.size = 0;
        if (leat_json_apply(&reader->text, before[i].bytes, before[i].size, after[i].bytes, after[i].size, err))
            return LEAT_FAIL;
        reader->changed++;
    }
    return 0;
}

static inline int reader_row(struct reader *reader, const struct leat_rows_event *rows,
                             const struct leat_row_plan *plan, const struct leat_table_view *view,
                             struct leat_cursor *cursor, struct leat_error *err)
{
    struct leat_value *before = calloc(view->column_count + 1, 2 * sizeof(*before));
    ck_assert_ptr_nonnull(before);
    struct leat_value *after = before + view->column_count;
    int result = 0;
    if (rows->before_present)
        result = reader_image(reader, plan, view, rows->before_present, false, before, cursor, err);
    if (result == 0 && rows->after_present)
        result = reader_image(reader, plan, view, rows->after_present, rows->partial, after, cursor, err);
    if (result == 0 && rows->partial)
        result = reader_changes(reader, before, after, view->column_count, err);
    free(before);
    return result;
}

/* MariaDB's compressed images and values, into plain ones. */
static inline int reader_inflate(struct reader *reader, const struct leat_row_plan *plan, struct leat_rows_event *rows,
                                 struct leat_error *err)
{
    enum { BYTES_MAX = 16 << 20 };
    if (!reader->inflater)
        reader->inflater = leat_inflater_new();
    if (rows->compressed) {
        leat_buf_clear(&reader->inflated);
        if (leat_inflate_event(reader->inflater, &reader->inflated, rows->images, rows->images_size, BYTES_MAX, err))
            return LEAT_FAIL;
        rows->images = reader->inflated.data;
        rows->images_size = reader->inflated.size;
    }
    if (!plan->compressed)
        return LEAT_OK;
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    leat_buf_clear(&reader->inflated_images);
    for (const uint8_t *at = NULL; leat_cursor_left(&cursor) && cursor.at != at;) {
        at = cursor.at;
        if ((rows->before_present && leat_row_inflate(reader->inflater, &reader->inflated_images, plan, rows->before_present,
                                                      &cursor, BYTES_MAX, err)) ||
            (rows->after_present && leat_row_inflate(reader->inflater, &reader->inflated_images, plan, rows->after_present,
                                                     &cursor, BYTES_MAX, err)))
            return LEAT_FAIL;
    }
    rows->images = reader->inflated_images.data;
    rows->images_size = reader->inflated_images.size;
    return LEAT_OK;
}

static inline int reader_rows(struct reader *reader, const struct leat_event *event, struct leat_error *err)
{
    struct leat_rows_event rows;
    if (leat_event_rows(&rows, &reader->format, event, err))
        return LEAT_FAIL;
    for (unsigned i = 0; i < 16; i++) {
        if (!reader->maps[i].plan || reader->maps[i].id != rows.table_id)
            continue;
        const struct leat_table_view *view = leat_table_view(reader->maps[i].table);
        if (rows.column_count != view->column_count)
            return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "rows of another number of columns");
        if (reader_inflate(reader, reader->maps[i].plan, &rows, err))
            return LEAT_FAIL;
        struct leat_cursor cursor = leat_cursor(rows.images, rows.images_size);
        while (leat_cursor_left(&cursor)) {
            if (reader_row(reader, &rows, reader->maps[i].plan, view, &cursor, err))
                return LEAT_FAIL;
            reader->rows++;
        }
        return 0;
    }
    return 0;
}

static inline int reader_map(struct reader *reader, const struct leat_event *event, struct leat_error *err)
{
    uint64_t id;
    const uint8_t *contents;
    size_t size;
    struct leat_table *table;
    if (leat_table_map_id(&id, &contents, &size, &reader->format, event, err) ||
        leat_table_map(&table, &reader->format, event, err))
        return LEAT_FAIL;
    unsigned slot = reader->map_next++ % 16;
    for (unsigned i = 0; i < 16; i++)
        if (reader->maps[i].table && reader->maps[i].id == id)
            slot = i;
    if (reader->maps[slot].table)
        leat_table_release(&reader->maps[slot].table);
    leat_row_plan_free(&reader->maps[slot].plan);
    reader->maps[slot].table = table;
    reader->maps[slot].id = id;
    return leat_row_plan_new(&reader->maps[slot].plan, table, err);
}

static inline int reader_body(struct reader *reader, const struct leat_event *event, struct leat_error *err)
{
    char name[LEAT_BINLOG_NAME_MAX + 1], message[300];
    uint64_t number;
    const char *text;
    size_t size;
    struct leat_begin begin;
    struct leat_query query;
    struct leat_gtid_set *set;
    int result;
    switch (event->type) {
    case LEAT_EVENT_START_V3:
    case LEAT_EVENT_FORMAT_DESCRIPTION:
        return leat_event_format(&reader->format, event, err);
    case LEAT_EVENT_ROTATE:
        return leat_event_rotate(name, &number, event, err);
    case LEAT_EVENT_HEARTBEAT:
    case LEAT_EVENT_HEARTBEAT_V2:
        return leat_event_heartbeat(name, &number, event, err);
    case LEAT_EVENT_XID:
        return leat_event_xid(&number, &reader->format, event, err);
    case LEAT_EVENT_ROWS_QUERY:
    case LEAT_EVENT_MARIADB_ANNOTATE:
        return leat_event_rows_query(&text, &size, event, err);
    case LEAT_EVENT_INCIDENT:
        return leat_event_incident(message, sizeof(message), event, err);
    case LEAT_EVENT_GTID:
    case LEAT_EVENT_ANONYMOUS_GTID:
    case LEAT_EVENT_GTID_TAGGED:
    case LEAT_EVENT_MARIADB_GTID:
        return leat_event_gtid(&begin, &reader->format, event, err);
    case LEAT_EVENT_PREVIOUS_GTIDS:
    case LEAT_EVENT_MARIADB_GTID_LIST:
        result = leat_event_previous_gtids(&set, event, err);
        leat_gtid_set_free(&set);
        return result;
    case LEAT_EVENT_QUERY:
        return leat_event_query(&query, &reader->format, event, err);
    case LEAT_EVENT_TABLE_MAP:
        return reader_map(reader, event, err);
    case LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1:
    case LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1:
    case LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1:
    case LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED:
    case LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED:
    case LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED:
    case LEAT_EVENT_WRITE_ROWS_V1:
    case LEAT_EVENT_UPDATE_ROWS_V1:
    case LEAT_EVENT_DELETE_ROWS_V1:
    case LEAT_EVENT_WRITE_ROWS:
    case LEAT_EVENT_UPDATE_ROWS:
    case LEAT_EVENT_DELETE_ROWS:
    case LEAT_EVENT_PARTIAL_UPDATE_ROWS:
        return reader_rows(reader, event, err);
    default:
        return 0;
    }
}

static inline int reader_event(struct reader *reader, const uint8_t *bytes, size_t size,
                               struct leat_error *err)
{
    struct leat_event event;
    reader->events++;
    if (leat_event_parse(&event, &reader->format, bytes, size, err))
        return LEAT_FAIL;
    return reader_body(reader, &event, err);
}

#endif
