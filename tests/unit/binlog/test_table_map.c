/* Definitions out of TABLE_MAP events. */
#include "check_main.h"
#include "vectors.h"

static unsigned passed;

/* The definition of a body; NULL and *err after an error. */
static struct leat_table *read_map(const void *body, size_t size, bool mariadb, struct leat_error *err)
{
    uint8_t *bytes;
    struct leat_table *table;
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_TABLE_MAP, body, size);
    int result = leat_table_map(&table, vectors_format(mariadb), &event, err);
    ck_assert((result == 0) == (table != NULL));
    free(bytes);
    return table;
}

/* Goes through what is expected, `"key": [a, b …]` or `"key": {"12": a, "13": b …}` with texts, numbers,
 * booleans and lists of texts, and calls `check` with the column's index and what stands there. */
static void each_expected(const char *json, const char *key, const struct leat_table_view *view,
                          void (*check)(const struct leat_column *column, const char *expected))
{
    char pattern[64];
    snprintf(pattern, sizeof(pattern), "\"%s\": ", key);
    const char *at = strstr(json, pattern);
    if (!at || strncmp(at + strlen(pattern), "null", 4) == 0)
        return;
    at += strlen(pattern);
    bool by_name = *at++ == '{';
    for (unsigned long index = 0;; index++) {
        char *end;
        if (by_name) {
            index = strtoul(at + 1, &end, 10);
            at = end + 3;
        }
        ck_assert_uint_lt(index, view->column_count);
        check(&view->columns[index], at);
        bool list = *at == '[';
        while (*at && !(list && *at == ']') && !(!list && strchr(",]}", *at)))
            at++;
        at += list;
        if (*at != ',')
            return;
        at += 2;
    }
}

static bool begins_with_text(const char *expected, const struct leat_text *text)
{
    return expected[0] == '"' && strncmp(expected + 1, text->bytes, text->size) == 0 &&
           expected[1 + text->size] == '"';
}

static void check_name(const struct leat_column *column, const char *expected)
{
    ck_assert_msg(begins_with_text(expected, &column->name), "%s", column->name.bytes);
}

static void check_nullable(const struct leat_column *column, const char *expected)
{
    ck_assert_int_eq((column->flags & LEAT_COLUMN_NULLABLE) != 0, *expected == 't');
}

static void check_visible(const struct leat_column *column, const char *expected)
{
    ck_assert_int_eq((column->flags & LEAT_COLUMN_INVISIBLE) == 0, *expected == '1');
}

static void check_unsigned(const struct leat_column *column, const char *expected)
{
    ck_assert_int_eq((column->flags & LEAT_COLUMN_UNSIGNED) != 0, *expected == 't');
}

static void check_collation(const struct leat_column *column, const char *expected)
{
    ck_assert_uint_eq(column->collation, strtoul(expected, NULL, 10));
}

static void check_geometry(const struct leat_column *column, const char *expected)
{
    ck_assert_uint_eq(column->geometry_type, strtoul(expected, NULL, 10));
}

static void check_members(const struct leat_column *column, const char *expected)
{
    ck_assert_uint_gt(column->member_count, 0);
    for (uint32_t i = 0; i < column->member_count; i++) {
        expected += *expected == '[' ? 1 : 2;
        ck_assert(begins_with_text(expected, &column->members[i]));
        expected += 2 + column->members[i].size;
    }
    ck_assert_int_eq(*expected, ']');
}

static void one(struct vector *vector)
{
    struct leat_error err = {0};
    bool mariadb = strncmp(vector->note, "mariadb", 7) == 0;
    struct leat_table *table = read_map(vector->input, vector->input_size, mariadb, &err);
    ck_assert_msg(table != NULL, "line %u: %s", vector->line, err.message);
    const struct leat_table_view *view = leat_table_view(table);
    each_expected(vector->expected, "names", view, check_name);
    each_expected(vector->expected, "nullable", view, check_nullable);
    each_expected(vector->expected, "visible", view, check_visible);
    each_expected(vector->expected, "unsigned", view, check_unsigned);
    each_expected(vector->expected, "collation", view, check_collation);
    each_expected(vector->expected, "enum_set_collation", view, check_collation);
    each_expected(vector->expected, "geometry_type", view, check_geometry);
    if (strstr(vector->expected, "\"enum\": {")) {
        each_expected(vector->expected, "enum", view, check_members);
        each_expected(vector->expected, "set", view, check_members);
    }
    ck_assert_int_eq((view->flags & LEAT_TABLE_NAMED) != 0, view->columns[0].name.size > 0);
    leat_table_release(&table);
    passed++;
}

START_TEST(vectors_of_others)
{
    unsigned count = vectors_each("table_map.tsv", one);
    ck_assert_uint_eq(passed, count);
}
END_TEST

/* `types`, `metadata` and `optional` in hex; the table is shop.t, all columns nullable. */
static struct leat_buf map_body(const char *types, const char *metadata, const char *optional)
{
    struct leat_buf buf = {0};
    size_t count, size;
    uint8_t *bytes = vectors_unhex(types, &count);
    leat_buf_le(&buf, 7, 6);
    leat_buf_u16(&buf, 1);
    leat_buf_put(&buf, "\4shop\0\1t", 9);
    leat_buf_u8(&buf, (uint8_t)count);
    leat_buf_put(&buf, bytes, count);
    free(bytes);
    bytes = vectors_unhex(metadata, &size);
    leat_buf_u8(&buf, (uint8_t)size);
    leat_buf_put(&buf, bytes, size);
    free(bytes);
    for (size_t i = 0; i < (count + 7) / 8; i++)
        leat_buf_u8(&buf, 0xFF);
    bytes = vectors_unhex(optional, &size);
    leat_buf_put(&buf, bytes, size);
    free(bytes);
    return buf;
}

static struct leat_table *map_of(const char *types, const char *metadata, const char *optional, bool mariadb)
{
    struct leat_error err = {0};
    struct leat_buf body = map_body(types, metadata, optional);
    struct leat_table *table = read_map(body.data, body.size, mariadb, &err);
    leat_buf_free(&body);
    return table;
}

START_TEST(id_and_what_is_compared_by_caches)
{
    uint8_t *bytes;
    uint64_t id;
    const uint8_t *contents;
    size_t size;
    struct leat_error err = {0};
    struct leat_buf body = map_body("03", "", "");
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_TABLE_MAP, body.data, body.size);
    ck_assert_int_eq(leat_table_map_id(&id, &contents, &size, vectors_format(false), &event, &err), 0);
    ck_assert_uint_eq(id, 7);
    ck_assert_uint_eq(size, body.size - 8);
    ck_assert_mem_eq(contents, body.data + 8, size);
    struct leat_binlog_format old = *vectors_format(false);
    old.post_header[LEAT_EVENT_TABLE_MAP] = 6;
    ck_assert_int_eq(leat_table_map_id(&id, &contents, &size, &old, &event, &err), 0);
    ck_assert_uint_eq(size, body.size - 6);
    old.post_header[LEAT_EVENT_TABLE_MAP] = 200;
    ck_assert_int_eq(leat_table_map_id(&id, &contents, &size, &old, &event, &err), LEAT_FAIL);
    free(bytes);
    leat_buf_free(&body);
}
END_TEST

START_TEST(year_counts_among_the_signs_and_bit_does_not)
{
    /* YEAR, INT UNSIGNED, BIT, INT, DECIMAL UNSIGNED */
    struct leat_table *table = map_of("0d031003f6", "01000a02", "0101d0", false);
    ck_assert_ptr_nonnull(table);
    const struct leat_table_view *view = leat_table_view(table);
    ck_assert(view->columns[0].flags & LEAT_COLUMN_UNSIGNED);
    ck_assert(view->columns[1].flags & LEAT_COLUMN_UNSIGNED);
    ck_assert(!(view->columns[2].flags & LEAT_COLUMN_UNSIGNED));
    ck_assert(!(view->columns[3].flags & LEAT_COLUMN_UNSIGNED));
    ck_assert(view->columns[4].flags & LEAT_COLUMN_UNSIGNED);
    ck_assert_uint_eq(view->columns[4].metadata, 0x0a02);
    ck_assert(view->flags & LEAT_TABLE_SIGNS);
    leat_table_release(&table);
}
END_TEST

START_TEST(vector_counts_among_the_characters)
{
    /* as MySQL 9.7.4 sends it: INT, VECTOR, GEOMETRY, VARCHAR, BLOB */
    struct leat_table *table = map_of("03f2ff0ffc", "0404280002", "02053f01fcff00", false);
    ck_assert_ptr_nonnull(table);
    ck_assert_uint_eq(leat_table_view(table)->columns[1].collation, 63);
    ck_assert_uint_eq(leat_table_view(table)->columns[2].collation, LEAT_COLLATION_UNKNOWN);
    ck_assert_uint_eq(leat_table_view(table)->columns[3].collation, 255);
    ck_assert_uint_eq(leat_table_view(table)->columns[4].collation, 63);
    leat_table_release(&table);
}
END_TEST

START_TEST(geometry_counts_among_the_characters_of_mariadb_only)
{
    /* GEOMETRY, VARCHAR(20), BLOB; default 45, the second character column 63 */
    static const char optional[] = "02032d013f";
    struct leat_table *table = map_of("ff0ffc", "04140002", optional, false);
    ck_assert_uint_eq(leat_table_view(table)->columns[0].collation, LEAT_COLLATION_UNKNOWN);
    ck_assert_uint_eq(leat_table_view(table)->columns[1].collation, 45);
    ck_assert_uint_eq(leat_table_view(table)->columns[2].collation, 63);
    ck_assert(leat_table_view(table)->flags & LEAT_TABLE_COLLATIONS);
    leat_table_release(&table);
    table = map_of("ff0ffc", "04140002", optional, true);
    ck_assert_uint_eq(leat_table_view(table)->columns[0].collation, 45);
    ck_assert_uint_eq(leat_table_view(table)->columns[1].collation, 63);
    ck_assert_uint_eq(leat_table_view(table)->columns[2].collation, 45);
    leat_table_release(&table);
}
END_TEST

START_TEST(chars_of_more_than_255_bytes)
{
    /* CHAR(255) utf8mb4: 1020 bytes; CHAR(10): 30; ENUM of 2 bytes; SET of 8 */
    struct leat_table *table = map_of("fefefefe", "cefcfe1ef702f808", "", false);
    const struct leat_table_view *view = leat_table_view(table);
    ck_assert_uint_eq(view->columns[0].type, LEAT_TYPE_STRING);
    ck_assert_uint_eq(view->columns[0].length_max, 1020);
    ck_assert_uint_eq(view->columns[1].length_max, 30);
    ck_assert_uint_eq(view->columns[2].type, LEAT_TYPE_ENUM);
    ck_assert_uint_eq(view->columns[2].metadata, 0xf702);
    ck_assert_uint_eq(view->columns[3].type, LEAT_TYPE_SET);
    leat_table_release(&table);
}
END_TEST

START_TEST(keys_visibility_dimensions_and_unknown_fields)
{
    /* INT, VARCHAR(20), VECTOR: names, key (1 with prefix 5, 0), visibility, dimension, and an unknown field
     */
    struct leat_table *table = map_of("030ff2", "140004",
                                      "0406016901630176"
                                      "090401050000"
                                      "0c01a0"
                                      "0d0103"
                                      "6302abcd",
                                      false);
    ck_assert_ptr_nonnull(table);
    const struct leat_table_view *view = leat_table_view(table);
    ck_assert_str_eq(view->columns[2].name.bytes, "v");
    ck_assert_uint_eq(view->key_count, 2);
    ck_assert_uint_eq(view->key[0].column, 1);
    ck_assert_uint_eq(view->key[0].prefix, 5);
    ck_assert_uint_eq(view->key[1].column, 0);
    ck_assert(view->columns[0].flags & LEAT_COLUMN_PRIMARY);
    ck_assert(view->columns[1].flags & LEAT_COLUMN_INVISIBLE);
    ck_assert(!(view->columns[2].flags & LEAT_COLUMN_INVISIBLE));
    ck_assert_uint_eq(view->columns[2].dimension, 3);
    ck_assert(view->flags & LEAT_TABLE_KEY_KNOWN);
    ck_assert(!(view->flags & LEAT_TABLE_SIGNS));
    leat_table_release(&table);
}
END_TEST

START_TEST(optional_metadata_that_lies_is_refused)
{
    static const struct {
        const char *types, *metadata, *optional;
    } cases[] = {
        {"03", "", "01"},             /* a field without its length */
        {"03", "", "0105ff"},         /* a length behind the event */
        {"03", "", "01fdffffff00"},   /* a packed length of 16 MiB */
        {"03", "", "0100"},           /* too few signs */
        {"03", "", "0403ff6162"},     /* a name longer than its field */
        {"0303", "", "04020161"},     /* too few names */
        {"0f", "1400", "0203ff013f"}, /* a collation that isn't a number */
        {"0f", "1400", "02032d013f"}, /* a collation for a second character column */
        {"0f", "1400", "03022d2d"},   /* two collations */
        {"fe", "f701", "0603fcffff"}, /* 65535 members in no bytes */
        {"fe", "f701",
         "060203"
         "0161"},                   /* three members, one of them there */
        {"fe", "f801", "05024141"}, /* a SET of 65 members */
        {"03", "", "080101"},       /* a key over a second column */
        {"03", "",
         "08020000"
         "08"},                   /* more key parts than columns */
        {"ff", "04", "07020101"}, /* two geometry types */
        {"0f", "14", ""},         /* metadata shorter than the types need */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(!map_of(cases[i].types, cases[i].metadata, cases[i].optional, false), "case %zu", i);
}
END_TEST

START_TEST(names_and_counts_are_bounded)
{
    struct leat_error err = {0};
    struct leat_buf body = {0};
    leat_buf_le(&body, 7, 8);
    leat_buf_put(&body, "\xFC\x01\x01", 3); /* 257 bytes */
    for (int i = 0; i < 600; i++)
        leat_buf_u8(&body, 'a');
    ck_assert_ptr_null(read_map(body.data, body.size, false, &err));
    leat_buf_free(&body);
    body = map_body("03", "", "");
    body.data[13] = 'x'; /* the NUL behind the database's name */
    ck_assert_ptr_null(read_map(body.data, body.size, false, &err));
    leat_buf_free(&body);
    leat_buf_le(&body, 7, 8);
    leat_buf_put(&body, "\1d\0\1t\0\xFE\0\0\0\0\1\0\0\0", 15); /* 2^32 columns */
    ck_assert_ptr_null(read_map(body.data, body.size, false, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "4294967296 columns"));
    leat_buf_free(&body);
}
END_TEST

START_TEST(old_maps_without_metadata)
{
    struct leat_error err = {0};
    static const uint8_t body[] = {7, 0, 0, 0, 0, 0, 1, 0, 1, 'd', 0, 1, 't', 0, 2, 3, 8};
    struct leat_table *table = read_map(body, sizeof(body), false, &err);
    ck_assert_ptr_nonnull(table);
    ck_assert_uint_eq(leat_table_view(table)->column_count, 2);
    leat_table_release(&table);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog table maps");
    LEAT_TEST_ADD(s, vectors_of_others);
    LEAT_TEST_ADD(s, id_and_what_is_compared_by_caches);
    LEAT_TEST_ADD(s, year_counts_among_the_signs_and_bit_does_not);
    LEAT_TEST_ADD(s, vector_counts_among_the_characters);
    LEAT_TEST_ADD(s, geometry_counts_among_the_characters_of_mariadb_only);
    LEAT_TEST_ADD(s, chars_of_more_than_255_bytes);
    LEAT_TEST_ADD(s, keys_visibility_dimensions_and_unknown_fields);
    LEAT_TEST_ADD(s, optional_metadata_that_lies_is_refused);
    LEAT_TEST_ADD(s, names_and_counts_are_bounded);
    LEAT_TEST_ADD(s, old_maps_without_metadata);
    return s;
}

LEAT_TEST_MAIN(suite)
