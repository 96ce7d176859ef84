/* Rows by what is in them: conditions, the values of each type that they hold for, and which rows come out. */
#include "filter/where.h"

#include <float.h>

#include "binlog/plan.h"
#include "filter/where_int.h"
#include "format/lines.h"

/* ---- Values against conditions ---- */

/* A value as images have it. */
struct packed {
    uint8_t bytes[64];
    uint32_t size;
};

static struct packed le(uint64_t number, uint32_t size)
{
    struct packed packed = {.size = size};
    for (uint32_t i = 0; i < size; i++)
        packed.bytes[i] = (uint8_t)(number >> 8 * i);
    return packed;
}

static struct packed be(uint64_t number, uint32_t size)
{
    struct packed packed = {.size = size};
    for (uint32_t i = 0; i < size; i++)
        packed.bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
    return packed;
}

static struct packed bytes_of(const void *bytes, uint32_t size)
{
    struct packed packed = {.size = size};
    memcpy(packed.bytes, bytes, size);
    return packed;
}

static bool holds_as(const struct leat_column *column, const char *text, bool null, const struct packed *packed,
                     enum leat_test_kind *kind)
{
    struct leat_test test = {0};
    struct leat_buf scratch = {0};
    struct leat_value value = {.present = true, .bytes = packed ? packed->bytes : NULL, .size = packed ? packed->size : 0};
    leat_test_make(&test, column, text, null);
    bool holds = leat_test_value(&test, &value, &scratch);
    *kind = test.kind;
    leat_buf_free(&scratch);
    leat_buf_free(&test.text);
    return holds;
}

/* `same` are texts, with `|` between them, that mean the value; `other` mean another; `none` can be no value of the column's. */
static void check(const struct leat_column *column, struct packed packed, const char *same, const char *other, const char *none)
{
    const char *lists[] = {same, other, none};
    for (int i = 0; i < 3; i++) {
        for (const char *at = lists[i]; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
            char text[128];
            enum leat_test_kind kind;
            snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "|"), at);
            bool holds = holds_as(column, text, false, &packed, &kind);
            ck_assert_msg(holds == (i == 0), "type %d: \"%s\"", (int)column->type, text);
            ck_assert_msg((kind == LEAT_TEST_NEVER) == (i == 2), "type %d: \"%s\" is of kind %d", (int)column->type, text, (int)kind);
            ck_assert(!holds_as(column, text, false, NULL, &kind)); /* NULL is no value */
        }
    }
}

START_TEST(whole_numbers_are_compared_as_numbers)
{
    const struct leat_column tiny = {.type = LEAT_TYPE_TINY}, medium = {.type = LEAT_TYPE_INT24},
                             big = {.type = LEAT_TYPE_LONGLONG, .flags = LEAT_COLUMN_UNSIGNED}, year = {.type = LEAT_TYPE_YEAR},
                             bit = {.type = LEAT_TYPE_BIT, .metadata = 0x0102};
    check(&tiny, le(0xFB, 1), "-5|-05", "5|251|0|9999", "|five|5.0|-|+5| 5|5 |0x5|99999999999999999999");
    check(&medium, le(0xFFFFFF, 3), "-1", "16777215", "");
    check(&big, le(UINT64_MAX, 8), "18446744073709551615", "0|9223372036854775807", "-1|18446744073709551616|1e3");
    check(&year, le(124, 1), "2024", "124|24|1900", "MMXXIV");
    check(&year, le(0, 1), "0|0000", "1900", "-0");
    check(&bit, be(0x2FF, 2), "767", "65282|0", "b'1'|-1");
}
END_TEST

START_TEST(reals_are_what_is_nearest_to_the_digits)
{
    const struct leat_column single = {.type = LEAT_TYPE_FLOAT, .metadata = 4}, twice = {.type = LEAT_TYPE_DOUBLE, .metadata = 8};
    float a = 1.1F, large = FLT_MAX;
    double b = 1.1, zero = -0.0;
    check(&single, bytes_of(&a, 4), "1.1|1.10|11e-1|+1.1|1.1000000238", "1.2|-1.1", "|x|1.1x|nan|inf| 1.1");
    check(&single, bytes_of(&large, 4), "3.40282347e38", "3.4e38", "");
    check(&twice, bytes_of(&b, 8), "1.1|1.1000000000000000888", "1.1000000238|1", "|1,1|NaN");
    check(&twice, bytes_of(&zero, 8), "0|-0|0e9", "1e-300", ".x");
}
END_TEST

START_TEST(decimals_are_compared_by_their_digits)
{
    const struct leat_column column = {.type = LEAT_TYPE_NEWDECIMAL, .metadata = 5 << 8 | 2};
    check(&column, bytes_of("\x7F\xFE\xCD", 3), "-1.50|-1.5|-01.5|-001.5000", "1.5|-1.51|-15", "|-|.|1.5.0|1e2|1,5|- 1");
    check(&column, bytes_of("\x80\x00\x00", 3), "0|-0|+0.00|0.|.0", "0.01", "x");
    check(&column, bytes_of("\x80\x07\x00", 3), "7|+7|07.00", "70|0.7", "7 ");
}
END_TEST

START_TEST(times_are_compared_as_the_server_prints_them)
{
    const struct leat_column date = {.type = LEAT_TYPE_DATE}, time = {.type = LEAT_TYPE_TIME2, .metadata = 0},
                             datetime = {.type = LEAT_TYPE_DATETIME2, .metadata = 6},
                             timestamp = {.type = LEAT_TYPE_TIMESTAMP2, .metadata = 0};
    uint64_t day = (UINT64_C(2024) * 13 + 2) << 22 | 29 << 17;
    check(&date, le(2024 << 9 | 2 << 5 | 29, 3), "2024-02-29", "2024-02-28|2024-2-29", "|yesterday|2024/02/29");
    check(&time, be(0x800000 + (10 << 12 | 20 << 6 | 30), 3), "10:20:30|10:20:30.000|10:20:30.", "-10:20:30|10:20:31", "10h|");
    check(&time, be(0x800000 - (1 << 12), 3), "-01:00:00", "01:00:00", "one");
    struct packed precise = be(UINT64_C(0x8000000000) + (day | 3 << 12 | 4 << 6 | 5), 5);
    memcpy(precise.bytes + 5, "\x07\xA1\x20", 3); /* half a second */
    precise.size = 8;
    check(&datetime, precise, "2024-02-29 03:04:05.5|2024-02-29T03:04:05.500000|2024-02-29 03:04:05.50Z", "2024-02-29 03:04:05|2024-02-29",
          "2024-02-29_03:04:05|now");
    struct packed midnight = be(UINT64_C(0x8000000000) + day, 5);
    memset(midnight.bytes + 5, 0, 3);
    midnight.size = 8;
    check(&datetime, midnight, "2024-02-29|2024-02-29 00:00:00|2024-02-29T00:00:00Z", "2024-02-28", "");
    check(&timestamp, be(1, 4), "1970-01-01 00:00:01|1970-01-01T00:00:01Z", "1970-01-01|1", "noon");
    check(&timestamp, be(0, 4), "0000-00-00 00:00:00|0000-00-00", "1970-01-01 00:00:00", "");
}
END_TEST

START_TEST(members_are_named_or_where_they_are_not_told_numbered)
{
    const struct leat_text members[] = {test_text("a"), test_text("\xFC"), test_text("c d")}; /* latin1 */
    const struct leat_column one = {.type = LEAT_TYPE_ENUM, .metadata = 1, .collation = LATIN1, .member_count = 3, .members = members},
                             some = {.type = LEAT_TYPE_SET, .metadata = 1, .collation = LATIN1, .member_count = 3, .members = members},
                             untold = {.type = LEAT_TYPE_ENUM, .metadata = 1}, untold_set = {.type = LEAT_TYPE_SET, .metadata = 1};
    check(&one, le(2, 1), "\xC3\xBC|\xFC", "a|c d|", "A|2|ue");
    check(&one, le(0, 1), "", "a", "0");
    check(&some, le(5, 1), "a,c d|c d,a", "a|a,\xC3\xBC,c d|", "a,x|5");
    check(&some, le(0, 1), "", "a", "none");
    check(&untold, le(2, 1), "2", "1|0", "b|");
    check(&untold_set, le(5, 1), "5", "4", "a,c|-5");
}
END_TEST

START_TEST(text_is_compared_exactly_in_its_own_set)
{
    const struct leat_column utf8 = {.type = LEAT_TYPE_VARCHAR, .metadata = 80, .collation = UTF8MB4},
                             latin = {.type = LEAT_TYPE_VARCHAR, .metadata = 80, .collation = LATIN1};
    check(&utf8, bytes_of("na\xC3\xAFve", 6), "na\xC3\xAFve", "naive|NA\xC3\x8FVE|na\xC3\xAFve |0x6E61|", NULL);
    check(&latin, bytes_of("na\xEFve", 5), "na\xC3\xAFve", "na\xEFve|naive", NULL);
    check(&latin, bytes_of("", 0), "", " ", NULL);
}
END_TEST

START_TEST(bytes_may_be_given_in_hex)
{
    const struct leat_column blob = {.type = LEAT_TYPE_BLOB, .metadata = 2, .collation = LEAT_COLLATION_BINARY},
                             fixed = {.type = LEAT_TYPE_STRING, .metadata = 4, .collation = LEAT_COLLATION_BINARY},
                             unknown = {.type = LEAT_TYPE_VARCHAR, .metadata = 80}, geometry = {.type = LEAT_TYPE_GEOMETRY, .metadata = 4},
                             vector = {.type = LEAT_TYPE_VECTOR, .metadata = 4};
    check(&blob, bytes_of("\0\xFFk", 3), "0x00FF6B|0x00ff6b|x'00FF6B'|X'00ff6b'", "0x00FF|0x00FF6B00|k|0xZZ|x'00FF6|0x0|", NULL);
    check(&blob, bytes_of("0xZ", 3), "0xZ", "0x5A", NULL); /* what is no hex is the text */
    check(&fixed, bytes_of("k", 1), "k|0x6B|0x6B000000", "0x6B01", NULL); /* BINARY(4): the binlog leaves zeros at the end out */
    check(&unknown, bytes_of("k\xFF", 2), "0x6BFF|k\xFF", "k", NULL);
    check(&geometry, bytes_of("\0\0\0\0\1", 5), "0x0000000001|x'0000000001'", "0x00", "POINT(1 1)|");
    check(&vector, bytes_of("\0\0\0\0", 4), "0x00000000", "0x00", "[0]");
}
END_TEST

START_TEST(mariadbs_own_are_compared_however_they_are_written)
{
    const struct leat_column uuid = {.type = LEAT_TYPE_STRING, .collation = LEAT_COLLATION_BINARY, .shape = LEAT_SHAPE_UUID},
                             inet4 = {.type = LEAT_TYPE_STRING, .collation = LEAT_COLLATION_BINARY, .shape = LEAT_SHAPE_INET4},
                             inet6 = {.type = LEAT_TYPE_STRING, .collation = LEAT_COLLATION_BINARY, .shape = LEAT_SHAPE_INET6};
    check(&uuid, bytes_of("\x12\x3E\x45\x67\xE8\x9B\x12\xD3\xA4\x56\x42\x66\x55\x44", 14),
          "123e4567-e89b-12d3-a456-426655440000|123E4567E89B12D3A456426655440000|0x123e4567e89b12d3a456426655440000",
          "123e4567-e89b-12d3-a456-426655440001", "|123e4567|g23e4567-e89b-12d3-a456-426655440000|123e4567-e89b-12d3-a456-4266554400000");
    check(&inet4, bytes_of("\x0A\x00\x00\x01", 4), "10.0.0.1|0x0a000001", "10.0.0.10|1.0.0.10", "|10.1|256.0.0.1|::1|ten");
    check(&inet4, bytes_of("\x0A", 1), "10.0.0.0", "0.0.0.10", "10");
    check(&inet6, bytes_of("\0\0\0\0\0\0\0\0\0\0\xFF\xFF\1\2\3\4", 16), "::ffff:1.2.3.4|::FFFF:102:304|0:0:0:0:0:ffff:0102:0304",
          "::1.2.3.4|::1", "|1.2.3.4|::g|1:2:3");
    check(&inet6, bytes_of("\xFE\x80", 2), "fe80::|fe80:0::0", "fe80::1", "fe80");
}
END_TEST

START_TEST(documents_are_compared_as_the_server_prints_them)
{
    const struct leat_column json = {.type = LEAT_TYPE_JSON, .metadata = 4};
    /* {"a": 1}: object of one, 12 bytes; the key behind its entries; an int16 in its entry */
    check(&json, bytes_of("\0\1\0\14\0\13\0\1\0\5\1\0a", 13), "{\"a\": 1}", "{\"a\":1}|{}|", NULL);
    check(&json, bytes_of("\14\1a", 3), "\"a\"", "a", NULL);
    check(&json, bytes_of("\x77", 1), NULL, "x|", NULL); /* what is broken is nothing */
}
END_TEST

START_TEST(null_is_no_text_and_the_text_is_not_null)
{
    const struct leat_column column = {.type = LEAT_TYPE_VARCHAR, .metadata = 80, .collation = UTF8MB4};
    struct packed word = bytes_of("NULL", 4);
    enum leat_test_kind kind;
    ck_assert(holds_as(&column, "NULL", true, NULL, &kind));
    ck_assert(!holds_as(&column, "NULL", true, &word, &kind));
    ck_assert(holds_as(&column, "NULL", false, &word, &kind));
    ck_assert(!holds_as(&column, "NULL", false, NULL, &kind));
}
END_TEST

START_TEST(a_column_that_the_image_leaves_out_is_nothing_not_even_null)
{
    const struct leat_column column = {.type = LEAT_TYPE_LONG};
    const struct leat_value absent = {.present = false};
    for (int null = 0; null < 2; null++) {
        struct leat_test test = {0};
        struct leat_buf scratch = {0};
        leat_test_make(&test, &column, "0", null);
        ck_assert(!leat_test_value(&test, &absent, &scratch));
    }
}
END_TEST

/* ---- Rows ---- */

static struct leat_error err;

static struct leat_where *where_of(const struct leat_filter *filter, const char *first, const char *second)
{
    const char *const conditions[] = {first, second};
    size_t count = first ? second ? 2 : 1 : 0;
    struct leat_where *where = NULL;
    ck_assert_msg(leat_where_new(&where, conditions, count, filter, &err) == LEAT_OK, "%s", err.message);
    return where;
}

struct given {
    struct leat_buf text; /* "2-3 " a run, by first_row and count; numbers are that and 10 */
    int answer;
};

static int give(void *context, const struct leat_rows *rows, struct leat_error *error)
{
    struct given *given = context;
    (void)error;
    ck_assert_uint_eq(rows->number, rows->first_row + 10);
    leat_buf_printf(&given->text, "%u+%u:%zu ", rows->first_row, rows->row_count, rows->images_size);
    return given->answer;
}

/* Inserts of shop.cart with ids 0, 1, … and these names; "-" is NULL. */
static struct leat_item cart_rows(struct leat_table *table, struct leat_buf *images, enum leat_op op, const char *const *names, uint32_t count)
{
    uint32_t per_row = op == LEAT_OP_UPDATE ? 2 : 1;
    for (uint32_t i = 0; i < count; i++)
        test_cart_image(images, i / per_row, strcmp(names[i], "-") ? names[i] : NULL);
    struct leat_item item = test_rows(table, op, count / per_row, images);
    item.rows.number = 10;
    return item;
}

static void check_rows(const char *first, const char *second, enum leat_op op, const char *const *names, uint32_t count, const char *expected)
{
    struct leat_table *table = test_cart("cart");
    struct leat_buf images = {0};
    struct given given = {0};
    struct leat_item item = cart_rows(table, &images, op, names, count);
    struct leat_where *where = where_of(NULL, first, second);
    ck_assert_msg(leat_where_rows(where, &item.rows, give, &given, &err) == LEAT_OK, "%s", err.message);
    ck_assert_str_eq(leat_buf_cstr(&given.text), expected);
    ck_assert_msg(leat_where_check(where, &err) == LEAT_OK, "%s", err.message);
    leat_where_free(&where);
    leat_where_free(&where); /* of NULL is nothing */
    leat_table_release(&table);
    leat_buf_free(&images);
    leat_buf_free(&given.text);
}

static const char *const some[] = {"a", "b", "b", "-", "b"};

START_TEST(neighbours_that_match_come_in_one_run)
{
    check_rows("name=b", NULL, LEAT_OP_INSERT, some, 5, "1+2:14 4+1:7 ");
    check_rows("name=b", NULL, LEAT_OP_DELETE, some, 5, "1+2:14 4+1:7 ");
    check_rows("name=x", NULL, LEAT_OP_INSERT, some, 5, "");
    check_rows(NULL, NULL, LEAT_OP_INSERT, some, 5, "0+5:33 ");
}
END_TEST

START_TEST(all_conditions_must_hold_of_one_image)
{
    static const char *const updates[] = {"a", "b", "b", "c", "c", "d"};
    check_rows("name=b", "id=2", LEAT_OP_INSERT, some, 5, "2+1:7 ");
    check_rows("name=b", NULL, LEAT_OP_UPDATE, updates, 6, "0+2:28 ");
    check_rows("name=b", "id=1", LEAT_OP_UPDATE, updates, 6, "1+1:14 ");
    check_rows("name=a", "name=b", LEAT_OP_UPDATE, updates, 6, "");
}
END_TEST

START_TEST(columns_go_by_name_in_any_case_or_by_number)
{
    check_rows("NAME=b", NULL, LEAT_OP_INSERT, some, 5, "1+2:14 4+1:7 ");
    check_rows("@2=b", NULL, LEAT_OP_INSERT, some, 5, "1+2:14 4+1:7 ");
    check_rows("@1=3", NULL, LEAT_OP_INSERT, some, 5, "3+1:5 ");
    check_rows("name=NULL", NULL, LEAT_OP_INSERT, some, 5, "3+1:5 ");
    check_rows("name='b'", NULL, LEAT_OP_INSERT, some, 5, "1+2:14 4+1:7 ");
}
END_TEST

static const char *check_refused(const char *condition, struct leat_table *table)
{
    struct leat_buf images = {0};
    struct given given = {0};
    struct leat_item item = cart_rows(table, &images, LEAT_OP_INSERT, some, 5);
    struct leat_where *where = where_of(NULL, condition, NULL);
    err = (struct leat_error){0};
    ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_OK);
    ck_assert_uint_eq(given.text.size, 0);
    ck_assert_int_eq(leat_where_check(where, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_USAGE);
    leat_where_free(&where);
    leat_buf_free(&images);
    return err.message;
}

START_TEST(what_no_row_can_meet_is_said_at_the_end)
{
    struct leat_table *table = test_cart("cart");
    ck_assert_str_eq(check_refused("nmae=b", table), "--where: no table that was read has a column \"nmae\"");
    ck_assert_str_eq(check_refused("@3=b", table), "--where: no table that was read has a column \"@3\"");
    ck_assert_str_eq(check_refused("@2x=b", table), "--where: no table that was read has a column \"@2x\"");
    ck_assert_str_eq(check_refused("id=seven", table), "--where: no column \"id\" that was read can hold \"seven\", by its type");
    leat_table_release(&table);
    struct leat_where *where = where_of(NULL, "nmae=b", NULL); /* nothing was read: nothing can be said */
    ck_assert_int_eq(leat_where_check(where, &err), LEAT_OK);
    leat_where_free(&where);
}
END_TEST

START_TEST(names_that_the_binlog_does_not_tell_match_nothing)
{
    struct test_table described;
    test_table_begin(&described, "shop", "cart");
    described.view.flags = 0;
    test_column(&described, "", LEAT_TYPE_LONG, 0);
    test_string(&described, "", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    struct leat_table *table = test_table_end(&described);
    ck_assert_str_eq(check_refused("name=b", table), "--where: no table that was read has a column \"name\"");
    leat_table_release(&table);
}
END_TEST

START_TEST(conditions_that_are_none_are_refused)
{
    static const char *const wrong[] = {"", "id", "=7"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct leat_where *where = NULL;
        ck_assert_int_eq(leat_where_new(&where, &wrong[i], 1, NULL, &err), LEAT_FAIL);
        ck_assert_ptr_null(where);
        ck_assert_msg(strstr(err.message, "is not COLUMN=VALUE") != NULL, "%s", err.message);
    }
}
END_TEST

START_TEST(tables_that_are_filtered_out_match_nothing_and_are_not_missed)
{
    const char *wanted = "shop.other";
    struct leat_filter *filter = NULL;
    ck_assert_int_eq(leat_filter_new(&filter, &wanted, 1, NULL, 0, &err), LEAT_OK);
    struct leat_table *cart = test_cart("cart"), *other = test_cart("other");
    struct leat_buf images = {0}, more = {0};
    struct given given = {0};
    struct leat_item item = cart_rows(cart, &images, LEAT_OP_INSERT, some, 5);
    struct leat_where *where = where_of(filter, "name=b", NULL);
    ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_OK);
    ck_assert_uint_eq(given.text.size, 0);
    ck_assert_int_eq(leat_where_check(where, &err), LEAT_OK);
    item = cart_rows(other, &more, LEAT_OP_INSERT, some, 2);
    for (int turn = 0; turn < 2; turn++)
        ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_OK);
    ck_assert_str_eq(leat_buf_cstr(&given.text), "1+1:7 1+1:7 ");
    leat_where_free(&where);
    leat_filter_free(&filter);
    leat_table_release(&cart);
    leat_table_release(&other);
    struct leat_buf *all[] = {&images, &more, &given.text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        leat_buf_free(all[i]);
}
END_TEST

START_TEST(who_takes_the_rows_may_end_it)
{
    struct leat_table *table = test_cart("cart");
    struct leat_buf images = {0};
    struct given given = {.answer = LEAT_STOPPED};
    struct leat_item item = cart_rows(table, &images, LEAT_OP_INSERT, some, 5);
    struct leat_where *where = where_of(NULL, "name=b", NULL);
    ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_STOPPED);
    ck_assert_str_eq(leat_buf_cstr(&given.text), "1+2:14 ");
    leat_where_free(&where);
    leat_table_release(&table);
    leat_buf_free(&images);
    leat_buf_free(&given.text);
}
END_TEST

START_TEST(images_that_are_not_whole_are_errors)
{
    struct leat_table *table = test_cart("cart");
    struct leat_buf images = {0};
    struct given given = {0};
    struct leat_item item = cart_rows(table, &images, LEAT_OP_UPDATE, some, 4);
    struct leat_where *where = where_of(NULL, "name=x", NULL);
    item.rows.images_size--;
    ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    item.rows.before_present = NULL;
    ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "without a bitmap") != NULL, "%s", err.message);
    leat_where_free(&where);
    leat_table_release(&table);
    leat_buf_free(&images);
    leat_buf_free(&given.text);
}
END_TEST

START_TEST(any_number_of_tables_goes_through)
{
    enum { TABLES = 4200 }; /* more than are kept at once */
    struct leat_where *where = where_of(NULL, "name=b", NULL);
    struct given given = {0};
    for (unsigned i = 0; i < TABLES; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i);
        struct leat_table *table = test_cart(name);
        struct leat_buf images = {0};
        struct leat_item item = cart_rows(table, &images, LEAT_OP_INSERT, some, 3);
        leat_buf_clear(&given.text);
        ck_assert_int_eq(leat_where_rows(where, &item.rows, give, &given, &err), LEAT_OK);
        ck_assert_str_eq(leat_buf_cstr(&given.text), "1+2:14 ");
        leat_table_release(&table);
        leat_buf_free(&images);
    }
    leat_where_free(&where);
    leat_buf_free(&given.text);
}
END_TEST

/* ---- Partial updates of documents ---- */

/* An UPDATE of a table of one JSON column: the document before, unless that is left out, is "a"; the change replaces nothing. */
static void check_partial(bool told, const char *condition, const char *expected)
{
    static const uint8_t none[] = {0};
    struct test_table described;
    test_table_begin(&described, "shop", "cart");
    test_column(&described, "doc", LEAT_TYPE_JSON, 4);
    struct leat_table *table = test_table_end(&described);
    struct leat_buf images = {0};
    struct given given = {0};
    if (told) {
        leat_buf_put(&images, "\0\15\0\0\0", 5);
        leat_buf_put(&images, "\0\1\0\14\0\13\0\1\0\5\1\0a", 13); /* {"a": 1} */
    }
    leat_buf_put(&images, "\1\1\0\11\0\0\0", 7);       /* partial; 9 bytes: */
    leat_buf_put(&images, "\0\3$.a\3\5\2\0", 9);       /* replace $.a by 2 */
    struct leat_item item = test_rows(table, LEAT_OP_UPDATE, 1, &images);
    item.rows.number = 10;
    item.rows.flags = LEAT_ROWS_PARTIAL_JSON;
    item.rows.before_present = told ? test_all_present : none;
    struct leat_where *where = where_of(NULL, condition, NULL);
    ck_assert_msg(leat_where_rows(where, &item.rows, give, &given, &err) == LEAT_OK, "%s", err.message);
    ck_assert_str_eq(leat_buf_cstr(&given.text), expected);
    leat_where_free(&where);
    leat_table_release(&table);
    leat_buf_free(&images);
    leat_buf_free(&given.text);
}

START_TEST(a_document_that_was_changed_in_part_is_compared_whole)
{
    check_partial(true, "doc={\"a\": 1}", "0+1:34 ");
    check_partial(true, "doc={\"a\": 2}", "0+1:34 ");
    check_partial(true, "doc={\"a\": 3}", "");
    check_partial(false, "doc={\"a\": 2}", ""); /* it isn't known */
}
END_TEST

static Suite *where_suite(void)
{
    Suite *suite = suite_create("where");
    LEAT_TEST_ADD(suite, whole_numbers_are_compared_as_numbers);
    LEAT_TEST_ADD(suite, reals_are_what_is_nearest_to_the_digits);
    LEAT_TEST_ADD(suite, decimals_are_compared_by_their_digits);
    LEAT_TEST_ADD(suite, times_are_compared_as_the_server_prints_them);
    LEAT_TEST_ADD(suite, members_are_named_or_where_they_are_not_told_numbered);
    LEAT_TEST_ADD(suite, text_is_compared_exactly_in_its_own_set);
    LEAT_TEST_ADD(suite, bytes_may_be_given_in_hex);
    LEAT_TEST_ADD(suite, mariadbs_own_are_compared_however_they_are_written);
    LEAT_TEST_ADD(suite, documents_are_compared_as_the_server_prints_them);
    LEAT_TEST_ADD(suite, null_is_no_text_and_the_text_is_not_null);
    LEAT_TEST_ADD(suite, a_column_that_the_image_leaves_out_is_nothing_not_even_null);
    LEAT_TEST_ADD(suite, neighbours_that_match_come_in_one_run);
    LEAT_TEST_ADD(suite, all_conditions_must_hold_of_one_image);
    LEAT_TEST_ADD(suite, columns_go_by_name_in_any_case_or_by_number);
    LEAT_TEST_ADD(suite, what_no_row_can_meet_is_said_at_the_end);
    LEAT_TEST_ADD(suite, names_that_the_binlog_does_not_tell_match_nothing);
    LEAT_TEST_ADD(suite, conditions_that_are_none_are_refused);
    LEAT_TEST_ADD(suite, tables_that_are_filtered_out_match_nothing_and_are_not_missed);
    LEAT_TEST_ADD(suite, who_takes_the_rows_may_end_it);
    LEAT_TEST_ADD(suite, images_that_are_not_whole_are_errors);
    LEAT_TEST_ADD(suite, any_number_of_tables_goes_through);
    LEAT_TEST_ADD(suite, a_document_that_was_changed_in_part_is_compared_whole);
    return suite;
}

LEAT_TEST_MAIN(where_suite)
