/* Every type's values in the format "leat". */
#include "lines.h"

#include "base/json.h"
#include "format/text_int.h"

struct one {
    struct test_table table;
    struct leat_column *column;
};

static struct one one_of(enum leat_type type, unsigned metadata)
{
    struct one one;
    test_table_begin(&one.table, "d", "t");
    test_column(&one.table, "v", type, metadata);
    return one;
}

static struct one string_of(enum leat_type type, unsigned metadata, uint32_t collation)
{
    struct one one;
    test_table_begin(&one.table, "d", "t");
    test_string(&one.table, "v", type, metadata, collation);
    return one;
}

/* The value's text, or the error's in parentheses. `bytes` as in the image. */
static const char *written(struct one *one, const void *bytes, size_t size, bool null)
{
    static char text[400000];
    struct test_sink sink;
    struct leat_buf image = {0};
    struct leat_table *table = test_table_end(&one->table);
    test_sink_open(&sink, false, NULL);
    leat_buf_u8(&image, null ? 0xFF : 0xFE);
    leat_buf_put(&image, bytes, size);
    /* as much as it has, so that a read behind it is one out of bounds */
    void *exact = malloc(image.size);
    memcpy(exact, image.data, image.size);
    struct leat_buf borrowed = {exact, image.size, image.size};
    if (test_insert(&sink, table, &borrowed) == LEAT_OK) {
        const char *line = test_lines(&sink), *from = strstr(line, "\"after\":{\"v\":");
        ck_assert_ptr_nonnull(from);
        from += 13;
        const char *to = strstr(from, "},\"last\":true}");
        const char *note = strstr(from, "},\"json_null\":");
        ck_assert_ptr_nonnull(to);
        snprintf(text, sizeof text, "%.*s", (int)((note ? note : to) - from), from);
    } else {
        ck_assert(sink.err.code == LEAT_E_MALFORMED || sink.err.code == LEAT_E_UNSUPPORTED);
        ck_assert_ptr_nonnull(strstr(sink.err.message, "d.t.v"));
        snprintf(text, sizeof text, "(%s)", leat_code_name(sink.err.code));
    }
    free(exact);
    leat_buf_free(&image);
    leat_table_release(&table);
    test_sink_close(&sink);
    return text;
}

#define CHECK(one, literal, expected)                                                                                  \
    ck_assert_str_eq(written(&(one), (literal), sizeof(literal) - 1, false), (expected))

START_TEST(integers_are_exact)
{
    struct one tiny = one_of(LEAT_TYPE_TINY, 0);
    CHECK(tiny, "\x80", "-128");
    CHECK(tiny, "\x7F", "127");
    CHECK(tiny, "\x00", "0");
    tiny.table.columns[0].flags |= LEAT_COLUMN_UNSIGNED;
    CHECK(tiny, "\xFF", "255");
    struct one small = one_of(LEAT_TYPE_SHORT, 0);
    CHECK(small, "\x00\x80", "-32768");
    small.table.columns[0].flags |= LEAT_COLUMN_UNSIGNED;
    CHECK(small, "\xFF\xFF", "65535");
    struct one medium = one_of(LEAT_TYPE_INT24, 0);
    CHECK(medium, "\x00\x00\x80", "-8388608");
    CHECK(medium, "\xFF\xFF\x7F", "8388607");
    CHECK(medium, "\xFF\xFF\xFF", "-1");
    medium.table.columns[0].flags |= LEAT_COLUMN_UNSIGNED;
    CHECK(medium, "\xFF\xFF\xFF", "16777215");
    struct one plain = one_of(LEAT_TYPE_LONG, 0);
    CHECK(plain, "\x00\x00\x00\x80", "-2147483648");
    plain.table.columns[0].flags |= LEAT_COLUMN_UNSIGNED;
    CHECK(plain, "\xFF\xFF\xFF\xFF", "4294967295");
    struct one big = one_of(LEAT_TYPE_LONGLONG, 0);
    CHECK(big, "\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808");
    CHECK(big, "\x64\x00\x00\x00\x00\x00\x00\x00", "100");
    big.table.columns[0].flags |= LEAT_COLUMN_UNSIGNED;
    CHECK(big, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "18446744073709551615");
    struct one year = one_of(LEAT_TYPE_YEAR, 0);
    CHECK(year, "\x00", "0");
    CHECK(year, "\x01", "1901");
    CHECK(year, "\xFF", "2155");
    struct one bit = one_of(LEAT_TYPE_BIT, 8 << 8);
    CHECK(bit, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "18446744073709551615");
    struct one bit9 = one_of(LEAT_TYPE_BIT, 1 << 8 | 1);
    CHECK(bit9, "\x01\x02", "258");
}
END_TEST

START_TEST(null_is_null_whatever_the_type)
{
    struct one big = one_of(LEAT_TYPE_LONGLONG, 0);
    ck_assert_str_eq(written(&big, "", 0, true), "null");
    struct one text = string_of(LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    ck_assert_str_eq(written(&text, "", 0, true), "null");
    CHECK(text, "\x00", "\"\"");
}
END_TEST

START_TEST(floats_are_the_shortest_that_read_back)
{
    struct one single = one_of(LEAT_TYPE_FLOAT, 4);
    CHECK(single, "\xCD\xCC\xCC\x3D", "0.1");
    CHECK(single, "\x00\x00\x80\x7F", "(malformed)");
    struct one twice = one_of(LEAT_TYPE_DOUBLE, 8);
    CHECK(twice, "\x9A\x99\x99\x99\x99\x99\xB9\x3F", "0.1");
    CHECK(twice, "\x00\x00\x00\x00\x00\x00\xF8\x7F", "(malformed)");
}
END_TEST

START_TEST(decimals_are_text_with_all_their_digits)
{
    struct one price = one_of(LEAT_TYPE_NEWDECIMAL, 10 << 8 | 2);
    CHECK(price, "\x80\x00\x00\x00\x32", "\"0.50\"");
    CHECK(price, "\x7F\xFF\xFF\xFF\xCD", "\"-0.50\"");
    struct one widest = one_of(LEAT_TYPE_NEWDECIMAL, 65 << 8 | 30);
    /* 99999999999999999999999999999999999.999999999999999999999999999999 */
    CHECK(widest,
          "\x85\xF5\xE0\xFF\x3B\x9A\xC9\xFF\x3B\x9A\xC9\xFF\x3B\x9A\xC9\xFF"
          "\x3B\x9A\xC9\xFF\x3B\x9A\xC9\xFF\x3B\x9A\xC9\xFF\x03\xE7",
          "\"99999999999999999999999999999999999.999999999999999999999999999999\"");
}
END_TEST

START_TEST(times_are_as_stored)
{
    struct one date = one_of(LEAT_TYPE_DATE, 0);
    CHECK(date, "\x00\x00\x00", "\"0000-00-00\"");
    CHECK(date, "\x3F\xD4\x0F", "\"2026-01-31\"");
    CHECK(date, "\x9F\x1F\x4E", "\"9999-12-31\"");
    struct one time0 = one_of(LEAT_TYPE_TIME2, 0);
    CHECK(time0, "\x80\x00\x00", "\"00:00:00\"");
    CHECK(time0, "\xB4\x6E\xFB", "\"838:59:59\"");
    CHECK(time0, "\x4B\x91\x05", "\"-838:59:59\"");
    struct one time6 = one_of(LEAT_TYPE_TIME2, 6);
    CHECK(time6, "\x4B\x91\x05\x00\x00\x00", "\"-838:59:59.000000\"");
    CHECK(time6, "\x7F\xFF\xFF\xFF\xFF\xFF", "\"-00:00:00.000001\"");
    struct one when0 = one_of(LEAT_TYPE_DATETIME2, 0);
    CHECK(when0, "\x80\x00\x00\x00\x00", "\"0000-00-00T00:00:00\"");
    CHECK(when0, "\x99\xB8\xFE\xA5\x1E", "\"2026-01-31T10:20:30\"");
    CHECK(when0, "\xFE\xF3\xFF\x7E\xFB", "\"9999-12-31T23:59:59\"");
    static const char *const fractions[] = {"",      ".1",     ".12",     ".123",
                                            ".1234", ".12345", ".123456"};
    static const char packed[7][4] = {"", "\x0A", "\x0C", "\x04\xCE", "\x04\xD2", "\x01\xE2\x3A", "\x01\xE2\x40"};
    for (unsigned digits = 0; digits <= 6; digits++) {
        struct one when = one_of(LEAT_TYPE_DATETIME2, digits);
        char bytes[9] = "\x99\xB8\xFE\xA5\x1E", expected[40];
        memcpy(bytes + 5, packed[digits], 3);
        snprintf(expected, sizeof expected, "\"2026-01-31T10:20:30%s\"", fractions[digits]);
        ck_assert_str_eq(written(&when, bytes, 5 + (digits + 1) / 2, false), expected);
    }
}
END_TEST

START_TEST(timestamps_are_utc_with_a_z)
{
    struct one stamp = one_of(LEAT_TYPE_TIMESTAMP2, 0);
    CHECK(stamp, "\x00\x00\x00\x00", "\"0000-00-00T00:00:00Z\"");
    CHECK(stamp, "\x00\x00\x00\x01", "\"1970-01-01T00:00:01Z\"");
    CHECK(stamp, "\x7F\xFF\xFF\xFF", "\"2038-01-19T03:14:07Z\"");
    struct one milli = one_of(LEAT_TYPE_TIMESTAMP2, 3);
    CHECK(milli, "\x00\x00\x00\x00\x00\x00", "\"0000-00-00T00:00:00.000Z\"");
    CHECK(milli, "\x65\x53\xF1\x00\x04\xCE", "\"2023-11-14T22:13:20.123Z\"");
    struct one old = one_of(LEAT_TYPE_TIMESTAMP, 0);
    CHECK(old, "\x01\x00\x00\x00", "\"1970-01-01T00:00:01Z\"");
    struct one bad = one_of(LEAT_TYPE_DATETIME2, 0);
    CHECK(bad, "\xFF\xFF\xFF\xFF\xFF", "(malformed)");
}
END_TEST

static struct leat_text members[64];
static char member_texts[64][16];

static void give_members(struct leat_column *column, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        snprintf(member_texts[i], sizeof member_texts[i], "m%u", i + 1);
        members[i] = test_text(member_texts[i]);
    }
    column->member_count = count;
    column->members = members;
    column->collation = UTF8MB4;
}

START_TEST(enums_are_their_text)
{
    struct one e = one_of(LEAT_TYPE_ENUM, LEAT_TYPE_ENUM << 8 | 1);
    give_members(&e.table.columns[0], 64);
    CHECK(e, "\x00", "\"\"");
    CHECK(e, "\x01", "\"m1\"");
    CHECK(e, "\x40", "\"m64\"");
    CHECK(e, "\x41", "(malformed)");
    members[0] = test_text("a\"\n\xC3\xA9");
    CHECK(e, "\x01", "\"a\\\"\\n\xC3\xA9\"");
    e.table.columns[0].collation = LATIN1;
    members[0] = test_text("\xE9");
    CHECK(e, "\x01", "\"\xC3\xA9\"");
    e.table.columns[0].collation = CP1251;
    CHECK(e, "\x01", "\"й\"");
    members[0] = test_text("a\x98");
    CHECK(e, "\x01", "{\"charset\":\"cp1251\",\"base64\":\"YZg=\"}");
    CHECK(e, "\x02", "\"m2\"");
    e.table.columns[0].collation = 17;
    CHECK(e, "\x02", "(unsupported)");
    e.table.columns[0].member_count = 0;
    CHECK(e, "\x02", "2");
}
END_TEST

START_TEST(sets_are_arrays_of_their_members)
{
    struct one s = one_of(LEAT_TYPE_SET, LEAT_TYPE_SET << 8 | 8);
    give_members(&s.table.columns[0], 64);
    CHECK(s, "\x00\x00\x00\x00\x00\x00\x00\x00", "[]");
    CHECK(s, "\x05\x00\x00\x00\x00\x00\x00\x80", "[\"m1\",\"m3\",\"m64\"]");
    s.table.columns[0].collation = UCS2;
    members[2] = (struct leat_text){"\x26\x03", 2};
    CHECK(s, "\x05\x00\x00\x00\x00\x00\x00\x00", "[\"洱\",\"☃\"]"); /* "m1" */
    members[0] = test_text("m");
    CHECK(s, "\x05\x00\x00\x00\x00\x00\x00\x00", "[{\"charset\":\"ucs2\",\"base64\":\"bQ==\"},\"☃\"]");
    struct one few = one_of(LEAT_TYPE_SET, LEAT_TYPE_SET << 8 | 1);
    give_members(&few.table.columns[0], 3);
    CHECK(few, "\x07", "[\"m1\",\"m2\",\"m3\"]");
    CHECK(few, "\x08", "(malformed)");
    few.table.columns[0].member_count = 0;
    CHECK(few, "\x08", "8");
    struct one all = one_of(LEAT_TYPE_SET, LEAT_TYPE_SET << 8 | 8);
    give_members(&all.table.columns[0], 64);
    ck_assert_uint_eq(strlen(written(&all, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, false)), 2 + 63 + 9 * 4 + 55 * 5);
}
END_TEST

START_TEST(text_is_utf8_and_checked)
{
    struct one text = string_of(LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    CHECK(text, "\x05hello", "\"hello\"");
    CHECK(text, "\x07\"\\\n\x01\x00\x7F/", "\"\\\"\\\\\\n\\u0001\\u0000\x7F/\"");
    CHECK(text, "\x04\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\"");
    CHECK(text, "\x12sixteen and more\xC3\xA9", "\"sixteen and more\xC3\xA9\"");
    CHECK(text, "\x01\xFF", "{\"charset\":\"utf8mb4\",\"base64\":\"/w==\"}");
    CHECK(text, "\x02\xC0\x80", "{\"charset\":\"utf8mb4\",\"base64\":\"wIA=\"}");
    CHECK(text, "\x03\xED\xA0\x80", "{\"charset\":\"utf8mb4\",\"base64\":\"7aCA\"}");
    CHECK(text, "\x01\xC3", "{\"charset\":\"utf8mb4\",\"base64\":\"ww==\"}");
    CHECK(text, "\x05good\xC3", "{\"charset\":\"utf8mb4\",\"base64\":\"Z29vZMM=\"}");
    struct one three = string_of(LEAT_TYPE_VARCHAR, 80, UTF8MB3);
    CHECK(three, "\x03\xE2\x82\xAC", "\"\xE2\x82\xAC\"");
    CHECK(three, "\x04\xF0\x9F\x98\x80", "{\"charset\":\"utf8mb3\",\"base64\":\"8J+YgA==\"}");
    struct one latin = string_of(LEAT_TYPE_VARCHAR, 20, LATIN1);
    CHECK(latin, "\x03\x80\"\xE9", "\"\xE2\x82\xAC\\\"\xC3\xA9\"");
    struct one ascii = string_of(LEAT_TYPE_STRING, LEAT_TYPE_STRING << 8 | 20, ASCII);
    CHECK(ascii, "\x02hi", "\"hi\"");
    CHECK(ascii, "\x01\x80", "{\"charset\":\"ascii\",\"base64\":\"gA==\"}");
    struct one gbk = string_of(LEAT_TYPE_VARCHAR, 20, GBK);
    CHECK(gbk, "\x02hi", "\"hi\"");
    CHECK(gbk, "\x05\xBA\xBA\x81\x5C\"", "\"汉乗\\\"\"");
    CHECK(gbk, "\x02\"\xBA", "{\"charset\":\"gbk\",\"base64\":\"Iro=\"}");
    struct one swe7 = string_of(LEAT_TYPE_VARCHAR, 20, SWE7);
    CHECK(swe7, "\x03\x7B\"\\", "\"ä\\\"Ö\"");
    struct one ucs2 = string_of(LEAT_TYPE_VARCHAR, 20, UCS2);
    CHECK(ucs2, "\x04\0\"\x26\x03", "\"\\\"☃\"");
    CHECK(ucs2, "\x01\"", "{\"charset\":\"ucs2\",\"base64\":\"Ig==\"}");
    struct one nowhere = string_of(LEAT_TYPE_VARCHAR, 20, 17);
    CHECK(nowhere, "\x02hi", "(unsupported)");
    struct one blob = string_of(LEAT_TYPE_BLOB, 4, UTF8MB4);
    CHECK(blob, "\x02\x00\x00\x00hi", "\"hi\"");
    CHECK(blob, "\xFF\xFF\xFF\xFFhi", "(malformed)");
}
END_TEST

/* Every length and place of a special byte around the sixteen that are taken at once. */
START_TEST(special_bytes_anywhere)
{
    struct one text = string_of(LEAT_TYPE_VARCHAR, 200, UTF8MB4);
    for (unsigned length = 1; length < 70; length++) {
        for (unsigned at = 0; at < length; at++) {
            char bytes[80], expected[100];
            memset(bytes, 'x', sizeof bytes);
            bytes[0] = (char)length;
            bytes[1 + at] = '"';
            memset(expected, 'x', sizeof expected);
            expected[0] = '"';
            memcpy(expected + 1 + at, "\\\"", 2);
            memcpy(expected + 2 + length, "\"", 2);
            ck_assert_str_eq(written(&text, bytes, 1 + length, false), expected);
            bytes[1 + at] = '\xFF';
            struct leat_buf object = {0};
            leat_buf_puts(&object, "{\"charset\":\"utf8mb4\",\"base64\":");
            leat_json_base64(&object, bytes + 1, length);
            leat_buf_puts(&object, "}");
            ck_assert_str_eq(written(&text, bytes, 1 + length, false), leat_buf_cstr(&object));
            leat_buf_free(&object);
        }
    }
}
END_TEST

START_TEST(large_text_of_control_characters)
{
    enum { SIZE = 60000 };
    struct one text = string_of(LEAT_TYPE_BLOB, 2, UTF8MB4);
    char *bytes = malloc(SIZE + 2);
    bytes[0] = (char)(SIZE & 255);
    bytes[1] = (char)(SIZE >> 8);
    memset(bytes + 2, 1, SIZE);
    ck_assert_uint_eq(strlen(written(&text, bytes, SIZE + 2, false)), 6 * SIZE + 2);
    free(bytes);
}
END_TEST

START_TEST(bytes_are_base64)
{
    struct one bytes = string_of(LEAT_TYPE_VARCHAR, 80, LEAT_COLLATION_BINARY);
    CHECK(bytes, "\x00", "\"\"");
    CHECK(bytes, "\x01\xFF", "\"/w==\"");
    CHECK(bytes, "\x02\xFF\x00", "\"/wA=\"");
    CHECK(bytes, "\x03\xFF\x00\x01", "\"/wAB\"");
    struct one unknown = string_of(LEAT_TYPE_VARCHAR, 80, LEAT_COLLATION_UNKNOWN);
    CHECK(unknown, "\x02hi", "\"aGk=\"");
}
END_TEST

START_TEST(binary_gets_back_the_zeros_that_the_binlog_leaves_out)
{
    struct one four = string_of(LEAT_TYPE_STRING, LEAT_TYPE_STRING << 8 | 4, LEAT_COLLATION_BINARY);
    CHECK(four, "\x04\xFF\x00\x01\x02", "\"/wABAg==\"");
    CHECK(four, "\x01\xFF", "\"/wAAAA==\"");
    CHECK(four, "\x00", "\"AAAAAA==\"");
    CHECK(four, "\x05xxxxx", "(malformed)");
}
END_TEST

START_TEST(geometry_vector_and_json)
{
    struct one place = one_of(LEAT_TYPE_GEOMETRY, 4);
    CHECK(place, "\x07\x00\x00\x00\xE6\x10\x00\x00\x01\x02\x03", "{\"srid\":4326,\"wkb\":\"AQID\"}");
    CHECK(place, "\x03\x00\x00\x00\xE6\x10\x00", "(malformed)");
    struct one vector = one_of(LEAT_TYPE_VECTOR, 4);
    CHECK(vector, "\x08\x00\x00\x00\x00\x00\x80\x3F\xCD\xCC\xCC\x3D", "[1,0.1]");
    CHECK(vector, "\x00\x00\x00\x00", "[]");
    CHECK(vector, "\x05\x00\x00\x00\x00\x00\x80\x3Fx", "(malformed)");
    CHECK(vector, "\x04\x00\x00\x00\x00\x00\xC0\x7F", "(malformed)");
    struct one json = one_of(LEAT_TYPE_JSON, 4);
    CHECK(json, "\x02\x00\x00\x00\x04\x01", "true");
    CHECK(json, "\x02\x00\x00\x00\x04\x00", "null");
    CHECK(json, "\x04\x00\x00\x00\x0C\x02hi", "\"hi\"");
    CHECK(json, "\x04\x00\x00\x00\x0C\x02\xFF\xFF", "(malformed)");
    CHECK(json, "\x01\x00\x00\x00\x63", "(malformed)");
}
END_TEST

static void check_digits(uint64_t number)
{
    char expected[24];
    uint8_t text[48];
    int size = snprintf(expected, sizeof expected, "%llu", (unsigned long long)number);
    ck_assert_int_eq(leat_text_u64(text, number) - text, size);
    ck_assert_mem_eq(text, expected, (size_t)size);
}

START_TEST(digits_of_every_number_below_a_million_and_around_powers_of_ten)
{
    for (uint64_t number = 0; number < 1000000; number++)
        check_digits(number);
    for (uint64_t power = 1000000;; power *= 10) {
        check_digits(power - 1);
        check_digits(power);
        check_digits(power + 1);
        if (power > UINT64_MAX / 10)
            break;
    }
    check_digits(UINT64_MAX);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: values");
    LEAT_TEST_ADD(all, integers_are_exact);
    LEAT_TEST_ADD(all, digits_of_every_number_below_a_million_and_around_powers_of_ten);
    LEAT_TEST_ADD(all, null_is_null_whatever_the_type);
    LEAT_TEST_ADD(all, floats_are_the_shortest_that_read_back);
    LEAT_TEST_ADD(all, decimals_are_text_with_all_their_digits);
    LEAT_TEST_ADD(all, times_are_as_stored);
    LEAT_TEST_ADD(all, timestamps_are_utc_with_a_z);
    LEAT_TEST_ADD(all, enums_are_their_text);
    LEAT_TEST_ADD(all, sets_are_arrays_of_their_members);
    LEAT_TEST_ADD(all, text_is_utf8_and_checked);
    LEAT_TEST_ADD(all, special_bytes_anywhere);
    LEAT_TEST_ADD(all, large_text_of_control_characters);
    LEAT_TEST_ADD(all, bytes_are_base64);
    LEAT_TEST_ADD(all, binary_gets_back_the_zeros_that_the_binlog_leaves_out);
    LEAT_TEST_ADD(all, geometry_vector_and_json);
    return all;
}

LEAT_TEST_MAIN(suite)
