/* Conditions on rows (--where). Input: which column; the condition's value, up to a NUL; the column's bytes as an image has them. */
#include "filter/where.h"

#include <math.h>

#include "base/json.h"
#include "binlog/charset.h"
#include "binlog/plan.h"
#include "binlog/value.h"
#include "filter/where_int.h"
#include "fuzz.h"

enum { LATIN1 = 8, UTF8MB4 = 255, DECIMAL_10_3 = 10 << 8 | 3, BIT_10 = 1 << 8 | 2 };

static const struct leat_text members[] = {{"a", 1}, {"\xFC", 1}, {"c,d", 3}, {"", 0}};

static const struct leat_column columns[] = {
    {.name = {"c0", 2}, .type = LEAT_TYPE_TINY},
    {.name = {"c1", 2}, .type = LEAT_TYPE_INT24, .flags = LEAT_COLUMN_UNSIGNED},
    {.name = {"c2", 2}, .type = LEAT_TYPE_LONGLONG, .flags = LEAT_COLUMN_NULLABLE},
    {.name = {"c3", 2}, .type = LEAT_TYPE_LONGLONG, .flags = LEAT_COLUMN_UNSIGNED},
    {.name = {"c4", 2}, .type = LEAT_TYPE_YEAR},
    {.name = {"c5", 2}, .type = LEAT_TYPE_BIT, .metadata = BIT_10},
    {.name = {"c6", 2}, .type = LEAT_TYPE_FLOAT, .metadata = 4},
    {.name = {"c7", 2}, .type = LEAT_TYPE_DOUBLE, .metadata = 8},
    {.name = {"c8", 2}, .type = LEAT_TYPE_NEWDECIMAL, .metadata = DECIMAL_10_3},
    {.name = {"c9", 2}, .type = LEAT_TYPE_DATE},
    {.name = {"c10", 3}, .type = LEAT_TYPE_TIME2, .metadata = 3},
    {.name = {"c11", 3}, .type = LEAT_TYPE_DATETIME2, .metadata = 6},
    {.name = {"c12", 3}, .type = LEAT_TYPE_TIMESTAMP2, .metadata = 2},
    {.name = {"c13", 3}, .type = LEAT_TYPE_ENUM, .metadata = 1, .collation = LATIN1, .member_count = 4, .members = members},
    {.name = {"c14", 3}, .type = LEAT_TYPE_SET, .metadata = 1, .collation = LATIN1, .member_count = 4, .members = members},
    {.name = {"c15", 3}, .type = LEAT_TYPE_VARCHAR, .metadata = 1000, .collation = UTF8MB4, .length_max = 1000},
    {.name = {"c16", 3}, .type = LEAT_TYPE_VARCHAR, .metadata = 200, .collation = LATIN1, .length_max = 200},
    {.name = {"c17", 3}, .type = LEAT_TYPE_BLOB, .metadata = 2, .collation = LEAT_COLLATION_BINARY},
    {.name = {"c18", 3}, .type = LEAT_TYPE_STRING, .metadata = 20, .collation = LEAT_COLLATION_BINARY, .length_max = 20},
    {.name = {"c19", 3}, .type = LEAT_TYPE_GEOMETRY, .metadata = 4},
    {.name = {"c20", 3}, .type = LEAT_TYPE_JSON, .metadata = 4},
    {.name = {"c21", 3}, .type = LEAT_TYPE_ENUM, .metadata = 2},
    {.name = {"c22", 3}, .type = LEAT_TYPE_SET, .metadata = 8},
    {.name = {"c23", 3}, .type = LEAT_TYPE_TIMESTAMP},
    {.name = {"c24", 3}, .type = LEAT_TYPE_DATETIME},
    {.name = {"c25", 3}, .type = LEAT_TYPE_TIME},
    {.name = {"c26", 3}, .type = LEAT_TYPE_STRING, .metadata = 16, .collation = LEAT_COLLATION_BINARY, .length_max = 16, .shape = LEAT_SHAPE_UUID},
    {.name = {"c27", 3}, .type = LEAT_TYPE_STRING, .metadata = 16, .collation = LEAT_COLLATION_BINARY, .length_max = 16, .shape = LEAT_SHAPE_INET6},
    {.name = {"c28", 3}, .type = LEAT_TYPE_STRING, .metadata = 4, .collation = LEAT_COLLATION_BINARY, .length_max = 4, .shape = LEAT_SHAPE_INET4},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static struct leat_table *table;
static struct leat_row_plan *plan;

static void make_table(void)
{
    struct leat_error err = {0};
    const struct leat_table_view view = {.flags = LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS | LEAT_TABLE_MEMBERS,
                                         .server = LEAT_TABLE_OF_MYSQL, .database = {"d", 1}, .name = {"t", 1},
                                         .column_count = COLUMNS, .columns = columns};
    table = leat_table_new(&view);
    FUZZ_CHECK(leat_row_plan_new(&plan, table, &err) == LEAT_OK);
}

static bool holds(const struct leat_column *column, const char *text, const struct leat_value *value)
{
    struct leat_test test = {0};
    struct leat_buf scratch = {0};
    leat_test_make(&test, column, text, false);
    bool result = leat_test_value(&test, value, &scratch);
    FUZZ_CHECK(!result || test.kind != LEAT_TEST_NEVER);
    leat_buf_free(&scratch);
    leat_buf_free(&test.text);
    return result;
}

/* The value as text that means it; false: there is none, or it is broken. */
static bool put_own_text(struct leat_buf *buf, const struct leat_column *column, const struct leat_value *value)
{
    struct leat_error ignored = {0};
    struct leat_temporal temporal;
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONGLONG:
        if (column->flags & LEAT_COLUMN_UNSIGNED)
            leat_put_u64(buf, leat_value_uint(column, value->bytes, value->size));
        else
            leat_put_i64(buf, leat_value_int(column, value->bytes, value->size));
        return true;
    case LEAT_TYPE_BIT:
        leat_put_u64(buf, leat_value_uint(column, value->bytes, value->size));
        return true;
    case LEAT_TYPE_FLOAT:
        if (!isfinite(leat_value_float(value->bytes)))
            return false;
        leat_put_float(buf, leat_value_float(value->bytes));
        return true;
    case LEAT_TYPE_DOUBLE:
        if (!isfinite(leat_value_double(value->bytes)))
            return false;
        leat_put_double(buf, leat_value_double(value->bytes));
        return true;
    case LEAT_TYPE_NEWDECIMAL:
        return leat_value_decimal(buf, column, value->bytes, value->size, &ignored) == LEAT_OK;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_DATETIME:
        if (leat_value_temporal(&temporal, column, value->bytes, value->size, &ignored))
            return false;
        leat_temporal_put(buf, column, &temporal, ' ');
        return true;
    case LEAT_TYPE_JSON:
        return leat_value_json(buf, value->bytes, value->size, &ignored) == LEAT_OK;
    case LEAT_TYPE_VARCHAR:
        return leat_charset_to_utf8(buf, leat_charset_of(column->collation), value->bytes, value->size, &ignored) == LEAT_OK;
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_GEOMETRY:
        leat_buf_puts(buf, "x'");
        for (uint32_t i = 0; i < value->size; i++)
            leat_buf_printf(buf, "%02x", value->bytes[i]);
        leat_buf_puts(buf, "'");
        return true;
    default:
        return false;
    }
}

static int count(void *context, const struct leat_rows *rows, struct leat_error *err)
{
    (void)err;
    *(uint32_t *)context += rows->row_count;
    return LEAT_OK;
}

/* As a row that was inserted, whose image has that column alone. */
static void as_row(unsigned index, const char *text, const struct leat_buf *image, const uint8_t *present, bool parsed, bool expected)
{
    struct leat_buf condition = {0};
    struct leat_where *where;
    struct leat_error err = {0};
    uint32_t given = 0;
    leat_buf_printf(&condition, "C%u=%s", index, text);
    const char *conditions[] = {leat_buf_cstr(&condition)};
    FUZZ_CHECK(leat_where_new(&where, conditions, 1, NULL, &err) == LEAT_OK);
    const struct leat_rows rows = {.table = table, .table_id = leat_table_view(table)->id, .op = LEAT_OP_INSERT, .row_count = 1,
                                   .column_count = COLUMNS, .after_present = present, .images = image->data, .images_size = image->size};
    int result = leat_where_rows(where, &rows, count, &given, &err);
    fuzz_check_result(result, &err);
    /* Where no value can be it, the row isn't even looked at. */
    FUZZ_CHECK(parsed || result != LEAT_OK || !given);
    bool quoted = text[0] == '\'' || !strcmp(text, "NULL"); /* means something else there */
    FUZZ_CHECK(!parsed || quoted || (result == LEAT_OK && given == expected));
    fuzz_check_result(leat_where_check(where, &err), &err);
    leat_where_free(&where);
    leat_buf_free(&condition);
}

/* The text as the whole condition, on a row that becomes another: what is behind the row's own image may be changes of documents. */
static void as_change(const char *text, const struct leat_buf *image, const uint8_t *present)
{
    struct leat_where *where;
    struct leat_error err = {0};
    uint32_t given = 0;
    const char *conditions[] = {text};
    int result = leat_where_new(&where, conditions, 1, NULL, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    struct leat_rows rows = {.table = table, .table_id = leat_table_view(table)->id, .op = LEAT_OP_UPDATE, .row_count = 1,
                             .column_count = COLUMNS, .before_present = present, .after_present = present,
                             .images = image->data, .images_size = image->size};
    fuzz_check_result(leat_where_rows(where, &rows, count, &given, &err), &err);
    rows.flags = LEAT_ROWS_PARTIAL_JSON;
    fuzz_check_result(leat_where_rows(where, &rows, count, &given, &err), &err);
    rows.op = LEAT_OP_DELETE;
    fuzz_check_result(leat_where_rows(where, &rows, count, &given, &err), &err);
    fuzz_check_result(leat_where_check(where, &err), &err);
    leat_where_free(&where);
}

static void run(const uint8_t *bytes, size_t size)
{
    const uint8_t *zero = size > 1 ? memchr(bytes + 1, 0, size - 1) : NULL;
    if (!zero)
        return;
    if (!table)
        make_table();
    unsigned index = bytes[0] % COLUMNS;
    char *text = leat_strndup((const char *)bytes + 1, (size_t)(zero - bytes - 1));
    uint8_t present[COLUMNS / 8 + 1] = {0};
    struct leat_buf image = {0}, own = {0};
    struct leat_value values[COLUMNS];
    struct leat_error err = {0};
    present[index / 8] = (uint8_t)(1 << index % 8);
    leat_buf_u8(&image, 0); /* it isn't NULL */
    leat_buf_put(&image, zero + 1, size - (size_t)(zero + 1 - bytes));
    struct leat_cursor cursor = leat_cursor(image.data, image.size);
    bool parsed = leat_row_split(plan, present, &cursor, values, &err) == LEAT_OK;
    bool expected = parsed && holds(&columns[index], text, &values[index]);
    as_row(index, text, &image, present, parsed, expected);
    as_change(text, &image, present);
    /* What a value prints as is a condition that it meets. */
    if (parsed && put_own_text(&own, &columns[index], &values[index]) && !memchr(own.data ? own.data : (uint8_t *)"", 0, own.size))
        FUZZ_CHECK(holds(&columns[index], leat_buf_cstr(&own), &values[index]));
    leat_buf_free(&image);
    leat_buf_free(&own);
    free(text);
}

const struct fuzz_target fuzz_target_where = {
    .name = "where",
    .sources = "filter/where.c filter/test.c",
    .run = run,
    .size_max = 512,
    .memory_fixed = 1 << 20,
    .memory_factor = 1024,
};
