/* One vector a line on standard input, what leat makes of it as a line of JSON on standard output; tests/tools/vectors judges.
 *
 *     KIND \t PARAMS \t HEX
 *
 * PARAMS is KEY=VALUE, commas between. A cell (a column type's name) goes through a definition of one column, its plan and the walk of a
 * row, as in a rows event. `{"unknown":…}` for what this program can't run, `{"error":…}` for what leat refuses. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "binlog/json.h"
#include "binlog/payload.h"
#include "binlog/prelude.h"
#include "binlog/rows.h"
#include "binlog/value.h"
#include "model/point.h"

enum { COLUMNS_MAX = 64, EVENT_BYTES_MAX = 64 << 20 };

struct vector {
    char *kind, *params;
    uint8_t *input;
    size_t size;
    struct leat_buf out;
    struct leat_error err;
};

/* Events of 9.7, or of MariaDB; checksums as a vector says. */
static struct leat_binlog_format format_of(bool mariadb, bool checksum)
{
    struct leat_binlog_format format = {.version = 4, .header_size = LEAT_EVENT_HEADER_SIZE, .server = "9.7.4", .server_version = 90704};
    format.mariadb = mariadb;
    if (mariadb)
        format.server_version = 101119;
    format.checksum = checksum ? LEAT_CHECKSUM_CRC32 : LEAT_CHECKSUM_OFF;
    return format;
}

/* The value of a parameter, copied; NULL without. */
static char *param(const struct vector *vector, const char *name)
{
    static char value[8192];
    size_t size = strlen(name);
    for (const char *at = vector->params; at; at = strpbrk(at, ",;")) {
        at += at != vector->params;
        if (strncmp(at, name, size) == 0 && at[size] == '=') {
            /* lists have commas of their own, between numbers */
            const char *from = at + size + 1, *end = from;
            while (*end && *end != ';' && !(*end == ',' && (end[1] < '0' || end[1] > '9')))
                end++;
            snprintf(value, sizeof value, "%.*s", (int)(end - from), from);
            return value;
        }
    }
    return NULL;
}

static unsigned number(const struct vector *vector, const char *name, unsigned usual)
{
    const char *value = param(vector, name);
    return value ? (unsigned)strtoul(value, NULL, 0) : usual;
}

/* ---- Values ---- */

static const struct {
    const char *name;
    enum leat_type type;
    const char *param; /* what its metadata comes from; NULL: `metadata` */
    unsigned metadata;
} kinds[] = {
    {"TINY", LEAT_TYPE_TINY, NULL, 0},
    {"SHORT", LEAT_TYPE_SHORT, NULL, 0},
    {"INT24", LEAT_TYPE_INT24, NULL, 0},
    {"LONG", LEAT_TYPE_LONG, NULL, 0},
    {"LONGLONG", LEAT_TYPE_LONGLONG, NULL, 0},
    {"FLOAT", LEAT_TYPE_FLOAT, NULL, 4},
    {"DOUBLE", LEAT_TYPE_DOUBLE, NULL, 8},
    {"YEAR", LEAT_TYPE_YEAR, NULL, 0},
    {"DATE", LEAT_TYPE_DATE, NULL, 0},
    {"NEWDATE", LEAT_TYPE_NEWDATE, NULL, 0},
    {"TIME", LEAT_TYPE_TIME, NULL, 0},
    {"DATETIME", LEAT_TYPE_DATETIME, NULL, 0},
    {"TIMESTAMP", LEAT_TYPE_TIMESTAMP, NULL, 0},
    {"TIME2", LEAT_TYPE_TIME2, "fsp", 0},
    {"DATETIME2", LEAT_TYPE_DATETIME2, "fsp", 0},
    {"TIMESTAMP2", LEAT_TYPE_TIMESTAMP2, "fsp", 0},
    {"VARCHAR", LEAT_TYPE_VARCHAR, "maxlen", 255},
    {"VAR_STRING", LEAT_TYPE_VAR_STRING, "maxlen", 255},
    {"STRING", LEAT_TYPE_STRING, "meta", 0xFEFF},
    {"BIT", LEAT_TYPE_BIT, "meta", 1},
    {"ENUM", LEAT_TYPE_ENUM, "pack", 1},
    {"SET", LEAT_TYPE_SET, "pack", 1},
    {"JSON", LEAT_TYPE_JSON, "lenbytes", 4},
    {"BLOB", LEAT_TYPE_BLOB, "lenbytes", 2},
    {"GEOMETRY", LEAT_TYPE_GEOMETRY, "lenbytes", 4},
    {"VECTOR", LEAT_TYPE_VECTOR, "lenbytes", 4},
    {"NEWDECIMAL", LEAT_TYPE_NEWDECIMAL, NULL, 0},
};

static int put_value(struct leat_buf *out, const struct leat_column *column, const struct leat_value *value, struct leat_error *err)
{
    struct leat_temporal temporal;
    struct leat_buf text = {0};
    int rc = LEAT_OK;
    if (!value->bytes) {
        leat_buf_puts(out, "{\"null\":true}");
        return LEAT_OK;
    }
    if (value->partial) {
        leat_buf_puts(out, "{\"bytes\":\"");
        leat_put_hex(out, value->bytes, value->size);
        leat_buf_puts(out, "\",\"text\":");
        if (leat_json_diffs_put(&text, value->bytes, value->size, err))
            rc = LEAT_FAIL;
        leat_json_string(out, text.data, text.size);
        leat_buf_u8(out, '}');
        leat_buf_free(&text);
        return rc;
    }
    leat_buf_puts(out, "{\"bytes\":\"");
    leat_put_hex(out, value->bytes, value->size);
    leat_buf_puts(out, "\",\"text\":");
    switch (column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        if (!(column->flags & LEAT_COLUMN_UNSIGNED)) {
            leat_put_i64(&text, leat_value_int(column, value->bytes, value->size));
            break;
        }
        /* fall through */
    case LEAT_TYPE_YEAR:
    case LEAT_TYPE_BIT:
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        leat_put_u64(&text, leat_value_uint(column, value->bytes, value->size));
        break;
    case LEAT_TYPE_FLOAT:
        leat_put_float(&text, leat_value_float(value->bytes));
        break;
    case LEAT_TYPE_DOUBLE:
        leat_put_double(&text, leat_value_double(value->bytes));
        break;
    case LEAT_TYPE_NEWDECIMAL:
        rc = leat_value_decimal(&text, column, value->bytes, value->size, err);
        break;
    case LEAT_TYPE_JSON:
        rc = leat_value_json(&text, value->bytes, value->size, err);
        break;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        rc = leat_value_temporal(&temporal, column, value->bytes, value->size, err);
        if (rc == LEAT_OK)
            leat_temporal_put(&text, column, &temporal, ' ');
        break;
    default:
        leat_buf_put(&text, value->bytes, value->size);
        break;
    }
    leat_json_string(out, text.data, text.size);
    leat_buf_u8(out, '}');
    leat_buf_free(&text);
    return rc;
}

/* One image as a list of its present columns, each with its number from 0. */
static int put_image(struct leat_buf *out, const struct leat_row_plan *plan, const struct leat_table_view *view, const uint8_t *present,
                     bool partial, struct leat_cursor *cursor, struct leat_error *err)
{
    static struct leat_value values[LEAT_COLUMNS_MAX];
    struct leat_cursor walked = *cursor;
    int rc = partial ? leat_row_walk_partial(plan, present, &walked, err) : leat_row_walk(plan, present, &walked, err);
    if (rc == LEAT_OK)
        rc = partial ? leat_row_split_partial(plan, present, cursor, values, err) : leat_row_split(plan, present, cursor, values, err);
    if (rc)
        return rc;
    if (walked.at != cursor->at)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "walk and split differ");
    const char *between = "";
    leat_buf_u8(out, '[');
    for (uint32_t i = 0; i < view->column_count; i++) {
        if (!values[i].present)
            continue;
        leat_buf_printf(out, "%s[%u,", between, (unsigned)i);
        between = ",";
        if (put_value(out, &view->columns[i], &values[i], err))
            return LEAT_FAIL;
        leat_buf_u8(out, ']');
    }
    leat_buf_u8(out, ']');
    return LEAT_OK;
}

static struct leat_table *table_of(struct leat_column *columns, uint32_t count)
{
    const struct leat_table_view view = {.flags = LEAT_TABLE_SIGNS,
                                         .server = LEAT_TABLE_OF_MYSQL,
                                         .database = {"v", 1},
                                         .name = {"v", 1},
                                         .column_count = count,
                                         .columns = columns};
    for (uint32_t i = 0; i < count; i++)
        columns[i].name = (struct leat_text){"", 0};
    return leat_table_new(&view);
}

static bool column_of(struct leat_column *column, const struct vector *vector)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, vector->kind) != 0)
            continue;
        unsigned metadata = kinds[i].param ? number(vector, kinds[i].param, kinds[i].metadata) : kinds[i].metadata;
        if (kinds[i].type == LEAT_TYPE_NEWDECIMAL)
            metadata = number(vector, "precision", 0) << 8 | number(vector, "scale", 0);
        if (kinds[i].type == LEAT_TYPE_ENUM || kinds[i].type == LEAT_TYPE_SET)
            metadata |= (unsigned)kinds[i].type << 8;
        *column = (struct leat_column){.type = kinds[i].type, .metadata = (uint16_t)metadata, .flags = LEAT_COLUMN_NULLABLE};
        if (strstr(vector->params, "unsigned"))
            column->flags |= LEAT_COLUMN_UNSIGNED;
        if (kinds[i].type == LEAT_TYPE_STRING)
            column->length_max = metadata & 0xFF;
        return true;
    }
    return false;
}

static int run_cell(struct vector *vector, struct leat_column *column)
{
    static const uint8_t present[1] = {1};
    struct leat_table *table = table_of(column, 1);
    struct leat_row_plan *plan = NULL;
    struct leat_buf image = {0};
    leat_buf_u8(&image, 0);
    leat_buf_put(&image, vector->input, vector->size);
    uint8_t *exact = leat_memdup(image.data, image.size);
    struct leat_cursor cursor = leat_cursor(exact, image.size);
    int rc = leat_row_plan_new(&plan, table, &vector->err);
    leat_buf_puts(&vector->out, "{\"row\":");
    if (rc == LEAT_OK)
        rc = put_image(&vector->out, plan, leat_table_view(table), present, false, &cursor, &vector->err);
    leat_buf_printf(&vector->out, ",\"left\":%zu}", leat_cursor_left(&cursor));
    leat_row_plan_free(&plan);
    leat_table_release(&table);
    leat_buf_free(&image);
    free(exact);
    return rc;
}

static int run_json(struct vector *vector)
{
    struct leat_buf text = {0};
    int rc = leat_value_json(&text, vector->input, (uint32_t)vector->size, &vector->err);
    leat_buf_puts(&vector->out, "{\"text\":");
    leat_json_string(&vector->out, text.data, text.size);
    leat_buf_u8(&vector->out, '}');
    leat_buf_free(&text);
    return rc;
}

/* ---- Events ---- */

struct framed {
    struct leat_binlog_format format;
    uint8_t *bytes;
    struct leat_event event;
};

/* The body as an event of this type. */
static int frame(struct framed *framed, uint8_t type, const void *body, size_t size, bool mariadb, struct leat_error *err)
{
    struct leat_buf buf = {0};
    leat_buf_u32(&buf, 1700000000);
    leat_buf_u8(&buf, type);
    leat_buf_u32(&buf, 101);
    leat_buf_u32(&buf, (uint32_t)(LEAT_EVENT_HEADER_SIZE + size));
    leat_buf_u32(&buf, 4711);
    leat_buf_u16(&buf, 0);
    leat_buf_put(&buf, body, size);
    *framed = (struct framed){.format = format_of(mariadb, false), .bytes = leat_memdup(buf.data, buf.size)};
    int rc = leat_event_parse(&framed->event, &framed->format, framed->bytes, buf.size, err);
    leat_buf_free(&buf);
    return rc;
}

static void put_field(struct leat_buf *out, const char *name, uint64_t value)
{
    leat_buf_printf(out, ",\"%s\":%" PRIu64, name, value);
}

static int put_gtid(struct leat_buf *out, const struct framed *framed, struct leat_error *err)
{
    struct leat_begin begin = {0};
    char gtid[LEAT_GTID_TEXT_MAX];
    if (leat_event_gtid(&begin, &framed->format, &framed->event, err))
        return LEAT_FAIL;
    leat_buf_printf(out, "{\"gtid\":\"%s\"", leat_gtid_text(gtid, &begin.gtid));
    put_field(out, "flags", begin.flags);
    put_field(out, "last_committed", (uint64_t)begin.last_committed);
    put_field(out, "sequence_number", (uint64_t)begin.sequence_number);
    put_field(out, "original_commit", begin.original_commit_us);
    put_field(out, "immediate_commit", begin.immediate_commit_us);
    put_field(out, "length", begin.length);
    put_field(out, "original_version", begin.original_server_version);
    put_field(out, "immediate_version", begin.immediate_server_version);
    put_field(out, "commit_id", begin.commit_id);
    put_field(out, "server_id", framed->event.server_id);
    leat_buf_u8(out, '}');
    return LEAT_OK;
}

static int put_set(struct leat_buf *out, const struct framed *framed, struct leat_error *err)
{
    struct leat_gtid_set *set = NULL;
    if (leat_event_previous_gtids(&set, &framed->event, err))
        return LEAT_FAIL;
    struct leat_buf text = {0};
    leat_gtid_set_put(&text, set);
    leat_buf_puts(out, "{\"text\":");
    leat_json_string(out, text.data, text.size);
    leat_buf_u8(out, '}');
    leat_buf_free(&text);
    leat_gtid_set_free(&set);
    return LEAT_OK;
}

static int put_heartbeat(struct leat_buf *out, const struct framed *framed, struct leat_error *err)
{
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    if (leat_event_heartbeat(name, &pos, &framed->event, err))
        return LEAT_FAIL;
    leat_buf_puts(out, "{\"file\":");
    leat_json_cstr(out, name);
    put_field(out, "pos", pos);
    leat_buf_u8(out, '}');
    return LEAT_OK;
}

static int put_intvar(struct leat_buf *out, const struct framed *framed, struct leat_error *err)
{
    struct leat_buf said = {0};
    struct leat_prelude prelude;
    int rc = leat_prelude_put(&said, &framed->event, err);
    struct leat_cursor cursor = leat_cursor(said.data, said.size);
    if (rc == LEAT_OK)
        rc = leat_prelude_next(&prelude, &cursor, err);
    if (rc == LEAT_OK)
        leat_buf_printf(out, "{\"type\":%d,\"value\":%" PRIu64 "}", (int)prelude.kind, prelude.number);
    leat_buf_free(&said);
    return rc;
}

static int put_rows_query(struct leat_buf *out, const struct framed *framed, struct leat_error *err)
{
    const char *text;
    size_t size;
    if (leat_event_rows_query(&text, &size, &framed->event, err))
        return LEAT_FAIL;
    leat_buf_puts(out, "{\"text\":");
    leat_json_string(out, text, size);
    leat_buf_u8(out, '}');
    return LEAT_OK;
}

static void put_text_field(struct leat_buf *out, const char *name, const struct leat_text *text)
{
    leat_buf_printf(out, "\"%s\":", name);
    leat_json_string(out, text->bytes, text->size);
}

static void put_columns(struct leat_buf *out, const struct leat_table_view *view)
{
    for (uint32_t i = 0; i < view->column_count; i++) {
        const struct leat_column *column = &view->columns[i];
        leat_buf_puts(out, i ? ",{" : "{");
        put_text_field(out, "name", &column->name);
        put_field(out, "type", column->type);
        put_field(out, "metadata", column->metadata);
        put_field(out, "flags", column->flags);
        put_field(out, "collation", column->collation);
        put_field(out, "geometry_type", column->geometry_type);
        leat_buf_puts(out, ",\"members\":[");
        for (uint32_t m = 0; m < column->member_count; m++) {
            leat_buf_puts(out, m ? "," : "");
            leat_json_string(out, column->members[m].bytes, column->members[m].size);
        }
        leat_buf_puts(out, "]}");
    }
}

static void put_table(struct leat_buf *out, const struct leat_table_view *view)
{
    leat_buf_u8(out, '{');
    put_text_field(out, "db", &view->database);
    leat_buf_u8(out, ',');
    put_text_field(out, "table", &view->name);
    put_field(out, "flags", view->flags);
    leat_buf_puts(out, ",\"columns\":[");
    put_columns(out, view);
    leat_buf_puts(out, "],\"key\":[");
    for (uint32_t i = 0; i < view->key_count; i++)
        leat_buf_printf(out, "%s[%u,%u]", i ? "," : "", (unsigned)view->key[i].column, (unsigned)view->key[i].prefix);
    leat_buf_puts(out, "]}");
}

static int put_table_map(struct leat_buf *out, const struct framed *framed, struct leat_error *err)
{
    struct leat_table *table = NULL;
    if (leat_table_map(&table, &framed->format, &framed->event, err))
        return LEAT_FAIL;
    put_table(out, leat_table_view(table));
    leat_table_release(&table);
    return LEAT_OK;
}

static int put_rows(struct leat_buf *out, const struct framed *framed, const struct leat_table *table, struct leat_error *err)
{
    struct leat_rows_event rows;
    struct leat_row_plan *plan = NULL;
    const struct leat_table_view *view = leat_table_view(table);
    if (leat_event_rows(&rows, &framed->format, &framed->event, err))
        return LEAT_FAIL;
    if (rows.column_count != view->column_count)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "rows have %u columns, the table %u", (unsigned)rows.column_count,
                         (unsigned)view->column_count);
    struct leat_cursor cursor = leat_cursor(rows.images, rows.images_size);
    int rc = leat_row_plan_new(&plan, table, err);
    const char *between = "";
    leat_buf_puts(out, "{\"rows\":[");
    while (rc == LEAT_OK && leat_cursor_left(&cursor)) {
        leat_buf_printf(out, "%s{", between);
        between = ",";
        if (rows.before_present) {
            leat_buf_puts(out, "\"before\":");
            rc = put_image(out, plan, view, rows.before_present, false, &cursor, err);
        }
        if (rows.after_present && rc == LEAT_OK) {
            leat_buf_puts(out, rows.before_present ? ",\"after\":" : "\"after\":");
            rc = put_image(out, plan, view, rows.after_present, false, &cursor, err);
        }
        leat_buf_u8(out, '}');
    }
    leat_buf_puts(out, "]}");
    leat_row_plan_free(&plan);
    return rc;
}

static bool is_rows(uint8_t type)
{
    return (type >= LEAT_EVENT_WRITE_ROWS_V1 && type <= LEAT_EVENT_DELETE_ROWS_V1) ||
           (type >= LEAT_EVENT_WRITE_ROWS && type <= LEAT_EVENT_DELETE_ROWS);
}

/* What is in one event of a payload; rows by the last table map before them. */
static int put_inner(struct leat_buf *out, const struct framed *framed, struct leat_table **table, struct leat_error *err)
{
    struct leat_query query;
    leat_buf_printf(out, "{\"type\":\"%s\"", leat_event_type_name(framed->event.type));
    if (framed->event.type == LEAT_EVENT_QUERY) {
        if (leat_event_query(&query, &framed->format, &framed->event, err))
            return LEAT_FAIL;
        leat_buf_puts(out, ",\"sql\":");
        leat_json_string(out, query.sql, query.sql_size);
    } else if (framed->event.type == LEAT_EVENT_TABLE_MAP) {
        if (*table)
            leat_table_release(table);
        if (leat_table_map(table, &framed->format, &framed->event, err))
            return LEAT_FAIL;
        leat_buf_puts(out, ",\"table_map\":");
        put_table(out, leat_table_view(*table));
    } else if (is_rows(framed->event.type) && *table) {
        leat_buf_puts(out, ",\"changes\":");
        if (put_rows(out, framed, *table, err))
            return LEAT_FAIL;
    }
    leat_buf_u8(out, '}');
    return LEAT_OK;
}

static int put_payload(struct leat_buf *out, const struct leat_payload *payload, struct leat_error *err)
{
    struct leat_payload_reader *reader = leat_payload_reader_new();
    struct leat_table *table = NULL;
    int rc = leat_payload_begin(reader, payload, EVENT_BYTES_MAX, err);
    leat_buf_puts(out, "{\"events\":[");
    for (const char *between = ""; rc == LEAT_OK; between = ",") {
        struct framed framed = {.format = format_of(false, false)};
        const uint8_t *bytes;
        size_t size;
        rc = leat_payload_next(reader, &bytes, &size, err);
        if (rc)
            break;
        leat_buf_puts(out, between);
        rc = leat_event_parse(&framed.event, &framed.format, bytes, size, err);
        if (rc == LEAT_OK)
            rc = put_inner(out, &framed, &table, err);
    }
    leat_buf_puts(out, "]}");
    if (table)
        leat_table_release(&table);
    leat_payload_reader_free(&reader);
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int run_event(struct vector *vector)
{
    const char *crc = param(vector, "crc32");
    bool mariadb = vector->size > 4 && vector->input[4] >= LEAT_EVENT_MARIADB_ANNOTATE;
    struct framed framed = {.format = format_of(mariadb, crc && strncmp(crc, "yes", 3) == 0)};
    struct leat_payload payload;
    if (leat_event_parse(&framed.event, &framed.format, vector->input, vector->size, &vector->err))
        return LEAT_FAIL;
    struct leat_buf *out = &vector->out;
    leat_buf_printf(out, "{\"type\":\"%s\",\"size\":%u", leat_event_type_name(framed.event.type), (unsigned)framed.event.size);
    int rc = LEAT_OK;
    if (framed.event.type == LEAT_EVENT_GTID || framed.event.type == LEAT_EVENT_MARIADB_GTID) {
        leat_buf_puts(out, ",\"of\":");
        rc = put_gtid(out, &framed, &vector->err);
    } else if (framed.event.type == LEAT_EVENT_FORMAT_DESCRIPTION) {
        rc = leat_event_format(&framed.format, &framed.event, &vector->err);
    } else if (framed.event.type == LEAT_EVENT_TRANSACTION_PAYLOAD) {
        leat_buf_puts(out, ",\"of\":");
        rc = leat_event_payload(&payload, &framed.event, &vector->err);
        if (rc == LEAT_OK)
            rc = put_payload(out, &payload, &vector->err);
    }
    leat_buf_u8(out, '}');
    return rc;
}

/* ---- Rows: with a table map, or with a list of columns ---- */

static uint8_t *unhex(const char *hex, size_t *size)
{
    *size = strlen(hex) / 2;
    uint8_t *bytes = leat_alloc(*size ? *size : 1);
    for (size_t i = 0; i < *size; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return bytes;
}

/* "tiny unsigned|short": the codec's own names, lower case. */
static struct leat_table *table_of_list(char *list)
{
    struct leat_column columns[COLUMNS_MAX] = {0};
    uint32_t count = 0;
    for (char *save = NULL, *at = strtok_r(list, "|", &save); at && count < COLUMNS_MAX; at = strtok_r(NULL, "|", &save)) {
        char name[32];
        size_t size = strcspn(at, " ");
        for (size_t i = 0; i < size && i < sizeof name - 1; i++)
            name[i] = at[i] >= 'a' && at[i] <= 'z' ? (char)(at[i] - 32) : at[i];
        name[size < sizeof name ? size : sizeof name - 1] = 0;
        struct vector column = {.kind = name, .params = at};
        if (!column_of(&columns[count++], &column))
            return NULL;
    }
    return table_of(columns, count);
}

static uint8_t type_of_rows(const struct vector *vector)
{
    const char *op = param(vector, "op");
    const char *event = op ? NULL : param(vector, "event");
    const char *name = op ? op : event ? event : "";
    char c = (char)(name[0] | 32); /* the next parameter takes its place */
    uint8_t first = number(vector, "version", 2) == 1 ? LEAT_EVENT_WRITE_ROWS_V1 : LEAT_EVENT_WRITE_ROWS;
    return c == 'w' ? first : c == 'u' ? (uint8_t)(first + 1) : c == 'd' ? (uint8_t)(first + 2) : 0;
}

/* 0 without rows of any kind; *unknown: this program doesn't know how. */
static int run_rows(struct vector *vector, bool *unknown)
{
    struct leat_table *table = NULL;
    uint8_t type = type_of_rows(vector);
    char *map_hex = param(vector, "table_map_hex");
    int rc = LEAT_OK;
    if (map_hex && *map_hex) {
        struct framed map;
        size_t size;
        uint8_t *body = unhex(map_hex, &size);
        rc = frame(&map, LEAT_EVENT_TABLE_MAP, body, size, false, &vector->err);
        if (rc == LEAT_OK)
            rc = leat_table_map(&table, &map.format, &map.event, &vector->err);
        free(map.bytes);
        free(body);
    } else {
        char *list = param(vector, "columns");
        table = list ? table_of_list(list) : NULL;
    }
    *unknown = rc == LEAT_OK && (!table || !type);
    if (rc == LEAT_OK && !*unknown) {
        struct framed framed;
        rc = frame(&framed, type, vector->input, vector->size, false, &vector->err);
        if (rc == LEAT_OK)
            rc = put_rows(&vector->out, &framed, table, &vector->err);
        free(framed.bytes);
    }
    if (table)
        leat_table_release(&table);
    return rc;
}

/* An after image by itself: types and metadata are listed. */
static int run_image(struct vector *vector)
{
    struct leat_column columns[COLUMNS_MAX] = {0};
    uint32_t count = 0;
    uint8_t present[COLUMNS_MAX / 8] = {0};
    for (char *save = NULL, *at = strtok_r(param(vector, "types"), ",", &save); at && count < COLUMNS_MAX; at = strtok_r(NULL, ",", &save))
        columns[count++].type = (enum leat_type)strtoul(at, NULL, 0);
    uint32_t index = 0;
    for (char *save = NULL, *at = strtok_r(param(vector, "meta"), ",", &save); at && index < count; at = strtok_r(NULL, ",", &save))
        columns[index++].metadata = (uint16_t)strtoul(at, NULL, 0);
    size_t size;
    uint8_t *bitmap = unhex(param(vector, "present"), &size);
    memcpy(present, bitmap, size < sizeof present ? size : sizeof present);
    free(bitmap);
    struct leat_table *table = table_of(columns, count);
    struct leat_row_plan *plan = NULL;
    struct leat_cursor cursor = leat_cursor(vector->input, vector->size);
    bool partial = param(vector, "partial") != NULL;
    int rc = leat_row_plan_new(&plan, table, &vector->err);
    leat_buf_puts(&vector->out, "{\"row\":");
    if (rc == LEAT_OK)
        rc = put_image(&vector->out, plan, leat_table_view(table), present, partial, &cursor, &vector->err);
    leat_buf_printf(&vector->out, ",\"left\":%zu}", leat_cursor_left(&cursor));
    leat_row_plan_free(&plan);
    leat_table_release(&table);
    return rc;
}

/* ---- Lines ---- */

static const struct {
    const char *name;
    uint8_t type;
    bool mariadb;
    int (*put)(struct leat_buf *out, const struct framed *framed, struct leat_error *err);
} bodies[] = {
    {"GTID", LEAT_EVENT_GTID, false, put_gtid},
    {"GTID_TAGGED", LEAT_EVENT_GTID_TAGGED, false, put_gtid},
    {"MARIA_GTID", LEAT_EVENT_MARIADB_GTID, true, put_gtid},
    {"PREVIOUS_GTIDS", LEAT_EVENT_PREVIOUS_GTIDS, false, put_set},
    {"MARIA_GTID_LIST", LEAT_EVENT_MARIADB_GTID_LIST, true, put_set},
    {"HEARTBEAT", LEAT_EVENT_HEARTBEAT, false, put_heartbeat},
    {"HEARTBEAT_V2", LEAT_EVENT_HEARTBEAT_V2, false, put_heartbeat},
    {"HEARTBEAT_V3", LEAT_EVENT_HEARTBEAT_V2, false, put_heartbeat}, /* there is none: a body of nothing, which fails */
    {"INTVAR", LEAT_EVENT_INTVAR, false, put_intvar},
    {"MARIA_ANNOTATE_ROWS", LEAT_EVENT_MARIADB_ANNOTATE, true, put_rows_query},
    {"ROWS_QUERY", LEAT_EVENT_ROWS_QUERY, false, put_rows_query},
    {"TABLE_MAP", LEAT_EVENT_TABLE_MAP, false, put_table_map},
};

static int run_body(struct vector *vector, size_t index)
{
    struct framed framed;
    const char *server = param(vector, "server");
    bool mariadb = bodies[index].mariadb || (server && strncmp(server, "mariadb", 7) == 0);
    int rc = frame(&framed, bodies[index].type, vector->input, vector->size, mariadb, &vector->err);
    if (rc == LEAT_OK)
        rc = bodies[index].put(&vector->out, &framed, &vector->err);
    free(framed.bytes);
    return rc;
}

static int run(struct vector *vector, bool *unknown)
{
    struct leat_column column;
    *unknown = false;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (strcmp(bodies[i].name, vector->kind) == 0)
            return run_body(vector, i);
    if (strcmp(vector->kind, "JSONB") == 0 || strcmp(vector->kind, "JSON_DOUBLE") == 0)
        return run_json(vector);
    if (strcmp(vector->kind, "EVENT") == 0)
        return run_event(vector);
    if (strcmp(vector->kind, "PAYLOAD_ZSTD") == 0) {
        struct leat_payload payload = {LEAT_PAYLOAD_ZSTD, vector->input, vector->size, LEAT_PAYLOAD_SIZE_UNTOLD};
        return put_payload(&vector->out, &payload, &vector->err);
    }
    if (strcmp(vector->kind, "ROWS") == 0)
        return run_rows(vector, unknown);
    if (strcmp(vector->kind, "IMAGE") == 0 && param(vector, "types") && param(vector, "meta") && param(vector, "present"))
        return run_image(vector);
    if (column_of(&column, vector))
        return run_cell(vector, &column);
    *unknown = true;
    return LEAT_OK;
}

static void answer(struct vector *vector)
{
    bool unknown;
    int rc = run(vector, &unknown);
    if (unknown || rc) {
        leat_buf_clear(&vector->out);
        leat_buf_puts(&vector->out, unknown ? "{\"unknown\":" : "{\"error\":");
        leat_json_cstr(&vector->out, unknown ? vector->kind : vector->err.message);
        leat_buf_u8(&vector->out, '}');
    }
    leat_buf_u8(&vector->out, '\n');
    fwrite(vector->out.data, 1, vector->out.size, stdout);
    fflush(stdout);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        char *rest = line;
        struct vector vector = {.kind = strsep(&rest, "\t")};
        vector.params = rest ? strsep(&rest, "\t") : line + strlen(line);
        vector.input = unhex(rest ? rest : "", &vector.size);
        answer(&vector);
        leat_buf_free(&vector.out);
        free(vector.input);
    }
    free(line);
    return 0;
}
