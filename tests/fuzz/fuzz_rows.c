/* A table map and rows of it, down to values as text. Input: a byte of options, then parts: the first is a TABLE_MAP's
 * body, the others are bodies of rows events, whose type is the part's tag. */
#include "binlog/inflate.h"
#include "binlog/plan.h"
#include "binlog/rows.h"
#include "format/format.h"
#include "parts.h"

enum { MARIADB = 1, VERSION_1 = 2, NO_SCHEMA_LINES = 4, SQL = 8, UNDO = 16, CHECK = 32, DEBEZIUM = 64, SCHEMAS = 128 };

static void make_format(struct leat_binlog_format *format, unsigned options)
{
    *format = (struct leat_binlog_format){.version = 4, .server = "9.7.4", .server_version = 90704};
    if (options & MARIADB) {
        format->mariadb = true;
        format->server_version = 101119;
    }
    format->post_header[LEAT_EVENT_TABLE_MAP] = 8;
    for (unsigned type = LEAT_EVENT_WRITE_ROWS_V1; type <= LEAT_EVENT_DELETE_ROWS_V1; type++)
        format->post_header[type] = 8;
    for (unsigned type = LEAT_EVENT_WRITE_ROWS; type <= LEAT_EVENT_DELETE_ROWS; type++)
        format->post_header[type] = 10;
    format->post_header[LEAT_EVENT_PARTIAL_UPDATE_ROWS] = 10;
    format->post_header_count = LEAT_EVENT_PARTIAL_UPDATE_ROWS;
}

static struct leat_event make_event(uint8_t type, const uint8_t *body, size_t size)
{
    return (struct leat_event){.type = type,
                               .time = 1700000000,
                               .server_id = 1,
                               .size = (uint32_t)(LEAT_EVENT_HEADER_SIZE + size),
                               .bytes = body,
                               .body = body,
                               .body_size = size};
}

/* ---- Tables ---- */

/* A definition says the same after its way through the journal. */
static void through_bytes(const struct leat_table *table)
{
    struct leat_buf encoded = {0}, again = {0};
    struct leat_table *decoded;
    struct leat_error err = {0};
    leat_table_encode(&encoded, table);
    int result = leat_table_decode(&decoded, encoded.data, encoded.size, &err);
    if (result)
        fprintf(stderr, "%s\n", err.message);
    FUZZ_CHECK(result == LEAT_OK);
    leat_table_encode(&again, decoded);
    FUZZ_CHECK(encoded.size == again.size && !memcmp(encoded.data, again.data, again.size));
    FUZZ_CHECK(leat_table_view(table)->id == leat_table_view(decoded)->id);
    leat_table_release(&decoded);
    leat_buf_free(&encoded);
    leat_buf_free(&again);
}

static int make_table(struct leat_table **table, struct leat_row_plan **plan, const struct leat_binlog_format *format,
                      const struct part *part)
{
    struct leat_error err = {0};
    const struct leat_event event = make_event(LEAT_EVENT_TABLE_MAP, part->bytes, part->size);
    uint64_t id;
    const uint8_t *contents;
    size_t size;
    int result = leat_table_map_id(&id, &contents, &size, format, &event, &err);
    fuzz_check_result(result, &err);
    if (result)
        return LEAT_FAIL;
    result = leat_table_map(table, format, &event, &err);
    fuzz_check_result(result, &err);
    if (result)
        return LEAT_FAIL;
    through_bytes(*table);
    result = leat_row_plan_new(plan, *table, &err);
    fuzz_check_result(result, &err);
    if (result)
        leat_table_release(table);
    return result;
}

/* ---- Rows ---- */

/* Walk and split take the same image: or neither. */
static int split_image(const struct leat_row_plan *plan, const uint8_t *present, bool partial, struct leat_cursor *cursor,
                       struct leat_value *values)
{
    struct leat_error err = {0};
    struct leat_cursor walked = *cursor;
    int result = partial ? leat_row_walk_partial(plan, present, &walked, &err) : leat_row_walk(plan, present, &walked, &err);
    fuzz_check_result(result, &err);
    const uint8_t *from = cursor->at;
    struct leat_cursor split = *cursor;
    int again = partial ? leat_row_split_partial(plan, present, &split, values, &err)
                        : leat_row_split(plan, present, &split, values, &err);
    FUZZ_CHECK(again == result);
    if (result)
        return result;
    FUZZ_CHECK(split.at == walked.at);
    for (uint32_t i = 0; i < plan->column_count; i++) {
        FUZZ_CHECK(values[i].present == leat_row_bit(present, i));
        FUZZ_CHECK(!values[i].bytes || (values[i].present && values[i].bytes >= from && values[i].bytes <= split.at &&
                                        values[i].size <= (size_t)(split.at - values[i].bytes)));
    }
    *cursor = split;
    return LEAT_OK;
}

static int split_rows(const struct leat_row_plan *plan, const struct leat_rows_event *rows, uint32_t *count)
{
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    struct leat_value *values = leat_alloc_zero(plan->column_count + 1, sizeof *values);
    int result = LEAT_OK;
    for (*count = 0; result == LEAT_OK && leat_cursor_left(&cursor); ++*count) {
        const uint8_t *row = cursor.at;
        if (rows->before_present)
            result = split_image(plan, rows->before_present, false, &cursor, values);
        if (result == LEAT_OK && rows->after_present)
            result = split_image(plan, rows->after_present, rows->partial, &cursor, values);
        if (result == LEAT_OK && cursor.at == row)
            result = LEAT_FAIL; /* rows without columns */
    }
    free(values);
    return result;
}

/* Images whose compressed values are plain, as decode makes them before they are walked. */
static int inflate_rows(struct leat_buf *images, const struct leat_row_plan *plan, struct leat_rows_event *rows)
{
    enum { IMAGES_MAX = 1 << 20 };
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    struct leat_inflater *inflater = leat_inflater_new();
    struct leat_error err = {0};
    const uint8_t *const bitmaps[] = {rows->before_present, rows->after_present};
    int result = LEAT_OK;
    while (result == LEAT_OK && leat_cursor_left(&cursor)) {
        const uint8_t *row = cursor.at;
        for (unsigned i = 0; i < 2 && result == LEAT_OK; i++)
            if (bitmaps[i])
                result = leat_row_inflate(inflater, images, plan, bitmaps[i], &cursor, IMAGES_MAX, &err);
        fuzz_check_result(result, &err);
        if (cursor.at == row)
            result = LEAT_FAIL; /* rows without columns */
    }
    FUZZ_CHECK(images->size <= IMAGES_MAX + plan->column_count);
    leat_inflater_free(&inflater);
    rows->images = images->data;
    rows->images_size = images->size;
    return result;
}

struct lines {
    struct leat_buf buf;
    bool is_sql;
};

static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct lines *lines = context;
    (void)err;
    if (lines->is_sql)
        fuzz_check_sql(message->value, message->value_size);
    else if (message->value)
        fuzz_check_json(message->value, message->value_size);
    if (message->key)
        fuzz_check_json(message->key, message->key_size);
    leat_buf_clear(&lines->buf);
    return LEAT_OK;
}

static void give(struct leat_format *format, const struct leat_item *item)
{
    struct leat_error err = {0};
    int result = leat_format_item(format, item, NULL, &err);
    fuzz_check_result(result, &err);
    if (result)
        leat_format_reset(format);
}

static void format_rows(struct leat_format *format, struct leat_table *table, const struct leat_rows_event *rows, uint32_t count)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.place = (struct leat_place){"binlog.000001", 4};
    give(format, &item);
    item = (struct leat_item){.type = LEAT_ITEM_ROWS};
    item.rows = (struct leat_rows){.table_id = leat_table_view(table)->id,
                                   .table = table,
                                   .op = rows->op,
                                   .flags = LEAT_ROWS_EVENT_END | (rows->partial ? LEAT_ROWS_PARTIAL_JSON : 0),
                                   .row_count = count,
                                   .number = 1,
                                   .pos = 100,
                                   .end_pos = 200,
                                   .column_count = rows->column_count,
                                   .before_present = rows->before_present,
                                   .after_present = rows->after_present,
                                   .images = rows->images,
                                   .images_size = rows->images_size};
    give(format, &item);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_XID;
    item.end.place = (struct leat_place){"binlog.000001", 200};
    give(format, &item);
}

static void run_rows(const struct leat_binlog_format *format, struct leat_table *table, const struct leat_row_plan *plan,
                     struct leat_format *lines, const struct part *part)
{
    struct leat_error err = {0};
    struct leat_rows_event rows;
    const struct leat_event event = make_event(part->tag, part->bytes, part->size);
    bool known = (part->tag >= LEAT_EVENT_WRITE_ROWS_V1 && part->tag <= LEAT_EVENT_DELETE_ROWS_V1) ||
                 (part->tag >= LEAT_EVENT_WRITE_ROWS && part->tag <= LEAT_EVENT_DELETE_ROWS) ||
                 part->tag == LEAT_EVENT_PARTIAL_UPDATE_ROWS;
    if (!known)
        return;
    int result = leat_event_rows(&rows, format, &event, &err);
    fuzz_check_result(result, &err);
    uint32_t count;
    struct leat_buf images = {0};
    if (result == LEAT_OK && rows.column_count == plan->column_count && !rows.compressed &&
        (!plan->compressed || inflate_rows(&images, plan, &rows) == LEAT_OK) && split_rows(plan, &rows, &count) == LEAT_OK)
        format_rows(lines, table, &rows, count);
    leat_buf_free(&images);
}

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    unsigned options = leat_cursor_u8(&input);
    struct leat_binlog_format format;
    struct part part;
    struct leat_table *table;
    struct leat_row_plan *plan;
    make_format(&format, options);
    if (!part_next(&input, &part) || make_table(&table, &plan, &format, &part))
        return;
    struct leat_pair schemas = {(char *)(uintptr_t)"schemas.enable", (char *)(uintptr_t)"true"};
    const struct leat_pairs settings = {&schemas, 1};
    const char *name = options & SQL ? "sql" : options & DEBEZIUM ? "debezium" : "leat";
    bool schemas_wanted = strcmp(name, "debezium") == 0 && options & SCHEMAS;
    struct lines lines = {.is_sql = options & SQL};
    struct leat_format *writer;
    struct leat_error err = {0};
    const struct leat_format_options how = {.schema_lines = !(options & NO_SCHEMA_LINES),
                                            .name = "fuzz",
                                            .settings = schemas_wanted ? &settings : NULL,
                                            .undo = options & UNDO,
                                            .check = options & CHECK};
    const struct leat_format_out out = {&lines, &lines.buf, take_message};
    FUZZ_CHECK(leat_format_new(&writer, name, &how, NULL, &out, &err) == LEAT_OK);
    while (part_next(&input, &part))
        run_rows(&format, table, plan, writer, &part);
    leat_format_free(&writer);
    leat_buf_free(&lines.buf);
    leat_row_plan_free(&plan);
    leat_table_release(&table);
}

const struct fuzz_target fuzz_target_rows = {
    .name = "rows",
    .sources = "binlog/table_m*.c binlog/rows.c binlog/plan.c binlog/walk.c binlog/value.c binlog/value_decimal.c "
               "binlog/value_temporal.c model/table.c format/image.c format/value.c format/text.c format/type.c format/plan*.c format/sql_[jrtv]*.c "
               "format/debezium_[nrstv]*.c",
    .run = run,
    .parts = true,
    .parts_head = 1,
    .size_max = 4096,
    .memory_fixed = 4 << 20,
    .memory_factor = 4096,
};
