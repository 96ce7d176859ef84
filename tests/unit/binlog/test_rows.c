/* Rows events: heads, walking, splitting. */
#include "check_main.h"
#include "vectors.h"

#include <math.h>
#include <time.h>

#include "binlog/plan.h"
#include "binlog/value.h"

static unsigned passed;

static struct leat_table *table_of(const struct leat_column *columns, uint32_t count)
{
    struct leat_table_view view = {
        .server = LEAT_TABLE_OF_MYSQL,
        .database = {"shop", 4},
        .name = {"t", 1},
        .column_count = count,
        .columns = columns,
    };
    return leat_table_new(&view);
}

static struct leat_row_plan *plan_of(const struct leat_column *columns, uint32_t count)
{
    struct leat_error err = {0};
    struct leat_row_plan *plan = NULL;
    struct leat_table *table = table_of(columns, count);
    ck_assert_msg(leat_row_plan_new(&plan, table, &err) == 0, "%s", err.message);
    leat_table_release(&table);
    return plan;
}

/* Walks and splits one image, which both take to the same place. */
static int take(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                struct leat_value *values)
{
    struct leat_error err = {0};
    struct leat_cursor other = *cursor;
    int walked = leat_row_walk(plan, present, cursor, &err);
    int split = leat_row_split(plan, present, &other, values, &err);
    ck_assert_int_eq(walked, split);
    ck_assert_ptr_eq(cursor->at, other.at);
    return walked;
}

static void put_text(struct leat_buf *text, const struct leat_column *column, const struct leat_value *value)
{
    struct leat_error err = {0};
    struct leat_temporal temporal;
    if (!value->bytes) {
        leat_buf_puts(text, "null");
        return;
    }
    switch (column->type) {
    case LEAT_TYPE_NEWDECIMAL:
        ck_assert_int_eq(leat_value_decimal(text, column, value->bytes, value->size, &err), 0);
        break;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME2:
        ck_assert_int_eq(leat_value_temporal(&temporal, column, value->bytes, value->size, &err), 0);
        leat_temporal_put(text, column, &temporal, ' ');
        break;
    case LEAT_TYPE_JSON:
        ck_assert_int_eq(leat_value_json(text, value->bytes, value->size, &err), 0);
        break;
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_GEOMETRY:
        leat_buf_put(text, value->bytes, value->size);
        break;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BIT:
        leat_buf_puts(text, "bytes ");
        for (uint32_t i = 0; i < value->size; i++)
            leat_buf_printf(text, "%02x", value->bytes[i]);
        break;
    default:
        if (column->flags & LEAT_COLUMN_UNSIGNED)
            leat_buf_printf(text, "%llu",
                            (unsigned long long)leat_value_uint(column, value->bytes, value->size));
        else
            leat_buf_printf(text, "%lld", (long long)leat_value_int(column, value->bytes, value->size));
        break;
    }
}

static uint16_t metadata_of(const struct vector *vector, enum leat_type type)
{
    if (type == LEAT_TYPE_NEWDECIMAL)
        return (uint16_t)(vectors_param(vector, "precision") << 8 | vectors_param(vector, "scale"));
    if (type == LEAT_TYPE_ENUM)
        return (uint16_t)(LEAT_TYPE_ENUM << 8 | vectors_param(vector, "pack"));
    if (type == LEAT_TYPE_DOUBLE)
        return 8;
    static const char *const names[] = {"maxlen", "meta", "fsp", "lenbytes"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (vectors_param(vector, names[i]) >= 0)
            return (uint16_t)vectors_param(vector, names[i]);
    return 0;
}

static enum leat_type type_of(const char *kind)
{
    static const struct {
        const char *name;
        enum leat_type type;
    } types[] = {
        {"TINY", LEAT_TYPE_TINY},
        {"SHORT", LEAT_TYPE_SHORT},
        {"INT24", LEAT_TYPE_INT24},
        {"LONG", LEAT_TYPE_LONG},
        {"LONGLONG", LEAT_TYPE_LONGLONG},
        {"YEAR", LEAT_TYPE_YEAR},
        {"DOUBLE", LEAT_TYPE_DOUBLE},
        {"DATE", LEAT_TYPE_DATE},
        {"TIME", LEAT_TYPE_TIME},
        {"VARCHAR", LEAT_TYPE_VARCHAR},
        {"BIT", LEAT_TYPE_BIT},
        {"DATETIME2", LEAT_TYPE_DATETIME2},
        {"TIME2", LEAT_TYPE_TIME2},
        {"JSON", LEAT_TYPE_JSON},
        {"ENUM", LEAT_TYPE_ENUM},
        {"STRING", LEAT_TYPE_STRING},
        {"GEOMETRY", LEAT_TYPE_GEOMETRY},
        {"NEWDECIMAL", LEAT_TYPE_NEWDECIMAL},
        {"VAR_STRING", LEAT_TYPE_VAR_STRING},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(kind, types[i].name) == 0)
            return types[i].type;
    ck_abort_msg("no type %s", kind);
    return LEAT_TYPE_NULL;
}

/* A table of the one column, and a row of it. */
static void one_cell(struct vector *vector)
{
    struct leat_column column = {.type = type_of(vector->kind), .flags = LEAT_COLUMN_NULLABLE};
    column.metadata = metadata_of(vector, column.type);
    if (strcmp(vector->params, "unsigned") == 0)
        column.flags |= LEAT_COLUMN_UNSIGNED;
    struct leat_row_plan *plan = plan_of(&column, 1);
    uint8_t *image = leat_alloc(vector->input_size + 1);
    image[0] = 0;
    memcpy(image + 1, vector->input, vector->input_size);
    struct leat_cursor cursor = leat_cursor(image, vector->input_size + 1);
    struct leat_value value;
    uint8_t present = 0xFF;
    ck_assert_msg(take(plan, &present, &cursor, &value) == 0, "line %u", vector->line);
    ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
    struct leat_buf text = {0};
    if (column.type == LEAT_TYPE_DOUBLE)
        ck_assert(fabs(leat_value_double(value.bytes) - strtod(vector->expected, NULL)) < 1e-12);
    else
        put_text(&text, &column, &value);
    if (column.type != LEAT_TYPE_DOUBLE)
        ck_assert_msg(strcmp(leat_buf_cstr(&text), vector->expected) == 0, "line %u: %s is not %s",
                      vector->line, leat_buf_cstr(&text), vector->expected);
    leat_buf_free(&text);
    free(image);
    leat_row_plan_free(&plan);
    passed++;
}

START_TEST(cells_of_others)
{
    unsigned count = vectors_each("vitess_cells.tsv", one_cell) + vectors_each("numeric.tsv", one_cell);
    ck_assert_uint_eq(passed, count);
}
END_TEST

static struct leat_buf rows_text;

/* All rows of an event as text: "[1, null]" each, an update's two images one after another. */
static int put_rows(const struct leat_rows_event *rows, const struct leat_table *table,
                    struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(table);
    struct leat_row_plan *plan;
    if (rows->column_count != view->column_count || leat_row_plan_new(&plan, table, err))
        return LEAT_FAIL;
    struct leat_value values[64];
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    int result = 0;
    for (unsigned image = 0; result == 0 && leat_cursor_left(&cursor); image++) {
        bool before = rows->op == LEAT_OP_DELETE || (rows->op == LEAT_OP_UPDATE && image % 2 == 0);
        result = take(plan, before ? rows->before_present : rows->after_present, &cursor, values);
        leat_buf_puts(&rows_text, image ? ", [" : "[");
        for (uint32_t i = 0; result == 0 && i < view->column_count; i++) {
            if (i)
                leat_buf_puts(&rows_text, ", ");
            put_text(&rows_text, &view->columns[i], &values[i]);
        }
        leat_buf_puts(&rows_text, "]");
    }
    leat_row_plan_free(&plan);
    return result;
}

/* The vectors quote texts and JSON, go-mysql writes JSON without blanks; only what is left is compared. */
static void strip(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++)
        if (!strchr(" \"\\", *from))
            *to++ = *from;
    *to = 0;
}

static void compare_rows(struct vector *vector)
{
    char *text = leat_strdup(leat_buf_cstr(&rows_text));
    strip(text);
    strip(vector->expected);
    char *expected = vector->expected;
    bool in_order = !strstr(vector->note, "test asserts"); /* else it stems from a comment */
    if (in_order && expected[0] == '[' && expected[1] == '[') {
        expected++;
        expected[strlen(expected) - 1] = 0;
        ck_assert_msg(strcmp(text, expected) == 0, "line %u: %s is not %s", vector->line, text, expected);
    } else {
        ck_assert_msg(text[0] == '[', "line %u", vector->line);
    }
    free(text);
}

static void one_rows(struct vector *vector)
{
    passed++;
    const char *map_hex = strstr(vector->params, "table_map_hex=");
    if (!map_hex || !map_hex[14]) {
        printf("rows_events.tsv:%u is not a whole case, not run\n", vector->line);
        return;
    }
    struct leat_error err = {0};
    size_t size;
    uint8_t *map = vectors_unhex(map_hex + 14, &size), *bytes;
    struct leat_table *table;
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_TABLE_MAP, map, size);
    ck_assert_msg(leat_table_map(&table, vectors_format(false), &event, &err) == 0, "%s", err.message);
    free(bytes);
    free(map);
    uint8_t type = strstr(vector->params, "op=update") ? LEAT_EVENT_UPDATE_ROWS : LEAT_EVENT_WRITE_ROWS;
    event = vectors_event(&bytes, type, vector->input, vector->input_size);
    struct leat_rows_event rows;
    ck_assert_msg(leat_event_rows(&rows, vectors_format(false), &event, &err) == 0, "%s", err.message);
    rows_text.size = 0;
    ck_assert_msg(put_rows(&rows, table, &err) == 0, "line %u: %s", vector->line, err.message);
    compare_rows(vector);
    free(bytes);
    leat_table_release(&table);
}

START_TEST(events_of_others)
{
    unsigned count = vectors_each("rows_events.tsv", one_rows);
    ck_assert_uint_eq(passed, count);
    leat_buf_free(&rows_text);
}
END_TEST

/* Every type that can be walked, with a value that fits. */
static const struct sample {
    struct leat_column column;
    const char *hex;
} samples[] = {
    {{.type = LEAT_TYPE_TINY}, "01"},
    {{.type = LEAT_TYPE_SHORT}, "0102"},
    {{.type = LEAT_TYPE_INT24}, "010203"},
    {{.type = LEAT_TYPE_LONG}, "01020304"},
    {{.type = LEAT_TYPE_LONGLONG}, "0102030405060708"},
    {{.type = LEAT_TYPE_FLOAT, .metadata = 4}, "0000803f"},
    {{.type = LEAT_TYPE_DOUBLE, .metadata = 8}, "000000000000f03f"},
    {{.type = LEAT_TYPE_NEWDECIMAL, .metadata = 10 << 8 | 2}, "8000000100"},
    {{.type = LEAT_TYPE_BIT, .metadata = 1 << 8 | 7}, "0301"},
    {{.type = LEAT_TYPE_BIT, .metadata = 8 << 8}, "0102030405060708"},
    {{.type = LEAT_TYPE_YEAR}, "82"},
    {{.type = LEAT_TYPE_DATE}, "43b50f"},
    {{.type = LEAT_TYPE_NEWDATE}, "43b50f"},
    {{.type = LEAT_TYPE_TIME}, "a45b02"},
    {{.type = LEAT_TYPE_TIME2, .metadata = 6}, "800000000000"},
    {{.type = LEAT_TYPE_DATETIME}, "0000000000000000"},
    {{.type = LEAT_TYPE_DATETIME2, .metadata = 3}, "998caafb511de2"},
    {{.type = LEAT_TYPE_TIMESTAMP}, "00000000"},
    {{.type = LEAT_TYPE_TIMESTAMP2, .metadata = 0}, "00000000"},
    {{.type = LEAT_TYPE_STRING, .metadata = 0xfe05}, "03616263"},
    {{.type = LEAT_TYPE_STRING, .metadata = 0xcefc}, "0300616263"},
    {{.type = LEAT_TYPE_VARCHAR, .metadata = 255}, "03616263"},
    {{.type = LEAT_TYPE_VARCHAR, .metadata = 256}, "0300616263"},
    {{.type = LEAT_TYPE_ENUM, .metadata = 0xf701}, "01"},
    {{.type = LEAT_TYPE_SET, .metadata = 0xf803}, "010203"},
    {{.type = LEAT_TYPE_BLOB, .metadata = 1}, "0161"},
    {{.type = LEAT_TYPE_BLOB, .metadata = 2}, "010061"},
    {{.type = LEAT_TYPE_BLOB, .metadata = 3}, "01000061"},
    {{.type = LEAT_TYPE_BLOB, .metadata = 4}, "0100000061"},
    {{.type = LEAT_TYPE_JSON, .metadata = 4}, "020000000400"},
    {{.type = LEAT_TYPE_GEOMETRY, .metadata = 4}, "04000000e6100000"},
    {{.type = LEAT_TYPE_VECTOR, .metadata = 4}, "040000000000803f"},
};
enum { SAMPLE_COUNT = sizeof(samples) / sizeof(samples[0]), BITMAP = (SAMPLE_COUNT + 7) / 8 };

static struct leat_row_plan *samples_plan(void)
{
    struct leat_column columns[SAMPLE_COUNT];
    for (size_t i = 0; i < SAMPLE_COUNT; i++)
        columns[i] = samples[i].column;
    return plan_of(columns, SAMPLE_COUNT);
}

/* An image of the columns whose bit is set in `present`, NULL where it is in `nulls`. */
static struct leat_buf samples_image(const uint8_t *present, const uint8_t *nulls)
{
    struct leat_buf values = {0}, image = {0};
    uint8_t bitmap[BITMAP] = {0};
    uint32_t index = 0;
    for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
        if (!leat_row_bit(present, i))
            continue;
        if (leat_row_bit(nulls, i)) {
            bitmap[index / 8] |= (uint8_t)(1u << index % 8);
        } else {
            size_t size;
            uint8_t *bytes = vectors_unhex(samples[i].hex, &size);
            leat_buf_put(&values, bytes, size);
            free(bytes);
        }
        index++;
    }
    leat_buf_put(&image, bitmap, (index + 7) / 8);
    leat_buf_put(&image, values.data, values.size);
    leat_buf_free(&values);
    return image;
}

static void check_image(const struct leat_row_plan *plan, const uint8_t *present, const uint8_t *nulls)
{
    struct leat_value values[SAMPLE_COUNT];
    struct leat_buf image = samples_image(present, nulls);
    uint8_t *exact = leat_memdup(image.data, image.size);
    struct leat_cursor cursor = leat_cursor(exact, image.size);
    ck_assert_int_eq(take(plan, present, &cursor, values), 0);
    ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
    for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
        ck_assert_int_eq(values[i].present, leat_row_bit(present, i));
        ck_assert_int_eq(values[i].bytes != NULL, values[i].present && !leat_row_bit(nulls, i));
    }
    for (size_t cut = 0; cut < image.size; cut++) {
        uint8_t *part = leat_memdup(exact, cut);
        cursor = leat_cursor(part, cut);
        ck_assert_int_eq(take(plan, present, &cursor, values), LEAT_FAIL);
        free(part);
    }
    free(exact);
    leat_buf_free(&image);
}

START_TEST(every_type_in_every_mixture)
{
    struct leat_row_plan *plan = samples_plan();
    uint8_t all[BITMAP], none[BITMAP] = {0};
    memset(all, 0xFF, sizeof(all));
    check_image(plan, all, none);
    check_image(plan, all, all);
    srandom(42);
    for (int round = 0; round < 300; round++) {
        uint8_t present[BITMAP], nulls[BITMAP];
        for (size_t i = 0; i < BITMAP; i++) {
            present[i] = (uint8_t)random();
            nulls[i] = (uint8_t)random();
        }
        check_image(plan, round % 2 ? all : present, nulls);
    }
    leat_row_plan_free(&plan);
}
END_TEST

/* Servers before 9 set them, in the bitmap of NULLs as well. */
START_TEST(bits_of_no_column_may_be_anything)
{
    const struct leat_column columns[] = {{.type = LEAT_TYPE_LONG}, {.type = LEAT_TYPE_VARCHAR, .metadata = 3}, {.type = LEAT_TYPE_TINY}};
    static const uint8_t values[] = {1, 2, 3, 4, 2, 'a', 'b', 5};
    struct leat_row_plan *plan = plan_of(columns, 3);
    for (unsigned more = 0; more < 32; more++) {
        uint8_t present = (uint8_t)(7 | more << 3), image[1 + sizeof values] = {(uint8_t)(more << 3)};
        struct leat_value split[3];
        memcpy(image + 1, values, sizeof values);
        struct leat_cursor cursor = leat_cursor(image, sizeof image);
        ck_assert_int_eq(take(plan, &present, &cursor, split), 0);
        ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
        ck_assert_mem_eq(split[1].bytes, "ab", 2);
        ck_assert_uint_eq(split[2].bytes[0], 5);
    }
    leat_row_plan_free(&plan);
}
END_TEST

START_TEST(a_value_longer_than_its_column_is_refused)
{
    struct leat_column column = {.type = LEAT_TYPE_VARCHAR, .metadata = 3};
    struct leat_row_plan *plan = plan_of(&column, 1);
    struct leat_error err = {0};
    uint8_t present = 1;
    struct leat_cursor cursor = leat_cursor("\0\4abcd", 6);
    ck_assert_int_eq(leat_row_walk(plan, &present, &cursor, &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "shop.t is not whole at column 1"));
    leat_row_plan_free(&plan);
}
END_TEST

START_TEST(types_that_cannot_be_walked_are_named)
{
    static const struct leat_column bad[] = {
        {.type = LEAT_TYPE_DECIMAL_OLD},
        {.type = LEAT_TYPE_TYPED_ARRAY},
        {.type = LEAT_TYPE_BLOB_COMPRESSED, .metadata = 2},
        {.type = LEAT_TYPE_NEWDECIMAL, .metadata = 66 << 8},
        {.type = LEAT_TYPE_NEWDECIMAL, .metadata = 5 << 8 | 6},
        {.type = LEAT_TYPE_BLOB, .metadata = 5},
        {.type = LEAT_TYPE_BIT, .metadata = 0},
        {.type = LEAT_TYPE_BIT, .metadata = 8 << 8 | 1},
        {.type = LEAT_TYPE_DATETIME2, .metadata = 7},
        {.type = LEAT_TYPE_SET, .metadata = 0xf809},
        {.type = (enum leat_type)99},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct leat_column columns[2] = {{.type = LEAT_TYPE_LONG}, bad[i]};
        struct leat_table *table = table_of(columns, 2);
        struct leat_row_plan *plan;
        struct leat_error err = {0};
        ck_assert_int_eq(leat_row_plan_new(&plan, table, &err), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
        ck_assert_ptr_nonnull(strstr(err.message, "shop.t, column 2"));
        leat_table_release(&table);
    }
}
END_TEST

static int read_rows(struct leat_rows_event *rows, uint8_t type, const char *hex, struct leat_error *err)
{
    uint8_t *bytes;
    size_t size;
    uint8_t *body = vectors_unhex(hex, &size);
    struct leat_event event = vectors_event(&bytes, type, body, size);
    int result = leat_event_rows(rows, vectors_format(false), &event, err);
    free(body);
    free(bytes); /* what rows points to is not looked at */
    return result;
}

START_TEST(heads_of_rows_events)
{
    struct leat_rows_event rows;
    struct leat_error err = {0};
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_WRITE_ROWS_V1, "070000000000010002ff00", &err), 0);
    ck_assert_uint_eq(rows.table_id, 7);
    ck_assert_uint_eq(rows.column_count, 2);
    ck_assert_ptr_null(rows.before_present);
    ck_assert_uint_eq(rows.images_size, 1);
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_DELETE_ROWS, "0700000000000100020002ff00", &err), 0);
    ck_assert_ptr_null(rows.after_present);
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_PARTIAL_UPDATE_ROWS, "0700000000000100020002ffff00", &err),
                     0);
    ck_assert(rows.partial);
    ck_assert_int_eq(rows.op, LEAT_OP_UPDATE);
    /* the dummy event that only ends a statement */
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_WRITE_ROWS, "ffffff0000000100020000", &err), 0);
    ck_assert_uint_eq(rows.table_id, LEAT_TABLE_ID_DUMMY);

    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_WRITE_ROWS, "0700000000000100020000", &err), LEAT_FAIL);
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_WRITE_ROWS, "0700000000000100ffff02ff", &err), LEAT_FAIL);
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_WRITE_ROWS, "0700000000000100010002ff", &err), LEAT_FAIL);
    ck_assert_int_eq(
        read_rows(&rows, LEAT_EVENT_WRITE_ROWS, "07000000000001000200fe0000000001000000ff", &err), LEAT_FAIL);
    /* no columns but bytes: a walk would not end */
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_WRITE_ROWS, "07000000000001000200020011", &err), LEAT_FAIL);
    ck_assert_int_eq(read_rows(&rows, LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1, "", &err), LEAT_FAIL);
    ck_assert_int_eq(
        read_rows(&rows, LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1, "070000000000010002ff8101789c", &err), 0);
    ck_assert(rows.compressed);
    ck_assert_int_eq(rows.op, LEAT_OP_DELETE);
    ck_assert_uint_eq(rows.images_size, 4);
    ck_assert_int_eq(
        read_rows(&rows, LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED, "0700000000000100020002ffff8101789c", &err), 0);
    ck_assert(rows.compressed);
    ck_assert_int_eq(rows.op, LEAT_OP_UPDATE);
    ck_assert_uint_eq(rows.images_size, 4);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog rows");
    LEAT_TEST_ADD(s, cells_of_others);
    LEAT_TEST_ADD(s, events_of_others);
    LEAT_TEST_ADD(s, every_type_in_every_mixture);
    LEAT_TEST_ADD(s, bits_of_no_column_may_be_anything);
    LEAT_TEST_ADD(s, a_value_longer_than_its_column_is_refused);
    LEAT_TEST_ADD(s, types_that_cannot_be_walked_are_named);
    LEAT_TEST_ADD(s, heads_of_rows_events);
    return s;
}

LEAT_TEST_MAIN(suite)
