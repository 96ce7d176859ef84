/* Numbers, decimals, dates and times out of their packed form. */
#include "check_main.h"
#include "vectors.h"

#include "binlog/value.h"

static unsigned passed;

static struct leat_buf decimal_of(const char *hex, unsigned precision, unsigned scale, int *result)
{
    struct leat_column column = {.type = LEAT_TYPE_NEWDECIMAL,
                                 .metadata = (uint16_t)(precision << 8 | scale)};
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    size_t size;
    uint8_t *bytes = vectors_unhex(hex, &size);
    *result = leat_value_decimal(&buf, &column, bytes, (uint32_t)size, &err);
    free(bytes);
    return buf;
}

static void one_decimal(struct vector *vector)
{
    int result;
    struct leat_buf buf = decimal_of(vector->hex, (unsigned)vectors_param(vector, "precision"),
                                     (unsigned)vectors_param(vector, "scale"), &result);
    ck_assert_msg(result == 0, "line %u", vector->line);
    ck_assert_msg(strcmp(leat_buf_cstr(&buf), vector->expected) == 0, "line %u: %s is not %s", vector->line,
                  leat_buf_cstr(&buf), vector->expected);
    leat_buf_free(&buf);
    passed++;
}

START_TEST(decimal_vectors)
{
    unsigned count = vectors_each("decimal.tsv", one_decimal);
    ck_assert_uint_eq(passed, count);
}
END_TEST

START_TEST(decimal_refuses_what_is_not_one)
{
    static const struct {
        const char *hex;
        unsigned precision, scale;
    } cases[] = {
        {"75c8", 5, 0},       /* another size */
        {"75c8", 66, 2},      /* precision out of range */
        {"75c8", 4, 5},       /* more scale than precision */
        {"", 0, 0},           /* no digits at all */
        {"ff00", 4, 2},       /* a group of two digits that holds 127 */
        {"80ffffffff", 11, 9} /* nine digits that hold 2^32 - 1 */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int result;
        struct leat_buf buf = decimal_of(cases[i].hex, cases[i].precision, cases[i].scale, &result);
        ck_assert_int_eq(result, LEAT_FAIL);
        ck_assert_uint_eq(buf.size, 0);
        leat_buf_free(&buf);
    }
}
END_TEST

/* Returns the text in a buffer for the caller to free; empty after an error. */
static struct leat_buf temporal_text(enum leat_type type, unsigned digits, const uint8_t *bytes, size_t size)
{
    struct leat_column column = {.type = type, .metadata = (uint16_t)digits};
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    struct leat_temporal temporal;
    if (leat_value_temporal(&temporal, &column, bytes, (uint32_t)size, &err) == 0)
        leat_temporal_put(&buf, &column, &temporal, ' ');
    return buf;
}

static void expect_temporal(enum leat_type type, unsigned digits, const char *hex, const char *expected)
{
    size_t size;
    uint8_t *bytes = vectors_unhex(hex, &size);
    struct leat_buf buf = temporal_text(type, digits, bytes, size);
    ck_assert_str_eq(leat_buf_cstr(&buf), expected);
    leat_buf_free(&buf);
    free(bytes);
}

static void one_temporal(struct vector *vector)
{
    enum leat_type type = strcmp(vector->kind, "TIME2") == 0 ? LEAT_TYPE_TIME2 : LEAT_TYPE_DATETIME2;
    expect_temporal(type, (unsigned)vectors_param(vector, "fsp"), vector->hex, vector->expected);
    passed++;
}

START_TEST(temporal_vectors)
{
    unsigned count = vectors_each("temporal.tsv", one_temporal);
    ck_assert_uint_eq(passed, count);
}
END_TEST

START_TEST(temporal_of_every_type)
{
    expect_temporal(LEAT_TYPE_DATE, 0, "43b50f", "2010-10-03");
    expect_temporal(LEAT_TYPE_NEWDATE, 0, "000000", "0000-00-00");
    expect_temporal(LEAT_TYPE_TIMESTAMP, 0, "00000000", "0000-00-00 00:00:00");
    expect_temporal(LEAT_TYPE_TIMESTAMP, 0, "01000000", "1970-01-01 00:00:01");
    expect_temporal(LEAT_TYPE_TIMESTAMP2, 0, "00000000", "0000-00-00 00:00:00");
    expect_temporal(LEAT_TYPE_TIMESTAMP2, 6, "00000000000001", "1970-01-01 00:00:00.000001");
    expect_temporal(LEAT_TYPE_TIMESTAMP2, 3, "7fffffff270f", "2038-01-19 03:14:07.999");
    expect_temporal(LEAT_TYPE_TIMESTAMP2, 0, "ffffffff", "2106-02-07 06:28:15");
    expect_temporal(LEAT_TYPE_TIMESTAMP2, 0, "386d4380", "2000-01-01 00:00:00");
    expect_temporal(LEAT_TYPE_TIMESTAMP2, 0, "38bb0c00", "2000-02-29 00:00:00");
    expect_temporal(LEAT_TYPE_TIME, 0, "a45b02", "15:45:32");
    expect_temporal(LEAT_TYPE_TIME, 0, "01ffff", "-00:02:55"); /* -255 */
    expect_temporal(LEAT_TYPE_TIME, 0, "ffffff", "-00:00:01");
    expect_temporal(LEAT_TYPE_DATETIME, 0, "d5007ab24c120000", "2012-06-21 15:45:17");
    expect_temporal(LEAT_TYPE_DATETIME, 0, "01017ab24c120000", "");
}
END_TEST

START_TEST(year_enum_set_and_bit_are_unsigned)
{
    struct leat_column column = {.type = LEAT_TYPE_YEAR};
    uint8_t zero = 0, year = 130;
    ck_assert_int_eq(leat_value_int(&column, &zero, 1), 0);
    ck_assert_int_eq(leat_value_int(&column, &year, 1), 2030);
    column.type = LEAT_TYPE_BIT;
    uint8_t bits[8] = {0xff, 0, 0, 0, 0, 0, 0, 1};
    ck_assert_uint_eq(leat_value_uint(&column, bits, 8), UINT64_C(0xff00000000000001));
    column.type = LEAT_TYPE_SET;
    ck_assert_uint_eq(leat_value_uint(&column, bits, 8), UINT64_C(0x01000000000000ff));
    ck_assert_int_eq(leat_value_int(&column, bits, 1), 255);
}
END_TEST

START_TEST(signs_follow_the_column)
{
    struct leat_column column = {.type = LEAT_TYPE_INT24};
    uint8_t bytes[8] = {0xfd, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    ck_assert_int_eq(leat_value_int(&column, bytes, 3), -259);
    column.flags = LEAT_COLUMN_UNSIGNED;
    ck_assert_int_eq(leat_value_int(&column, bytes, 3), 0xfffefd);
    column.type = LEAT_TYPE_LONGLONG;
    ck_assert_uint_eq(leat_value_uint(&column, bytes, 8), UINT64_C(0xfffffffffffffefd));
    column.flags = 0;
    ck_assert_int_eq(leat_value_int(&column, bytes, 8), -259);
}
END_TEST

START_TEST(geometry_is_srid_and_wkb)
{
    struct leat_geometry geometry;
    struct leat_error err = {0};
    uint8_t bytes[6] = {0xe6, 0x10, 0, 0, 1, 2};
    ck_assert_int_eq(leat_value_geometry(&geometry, bytes, 6, &err), 0);
    ck_assert_uint_eq(geometry.srid, 4326);
    ck_assert_uint_eq(geometry.wkb_size, 2);
    ck_assert_int_eq(leat_value_geometry(&geometry, bytes, 3, &err), LEAT_FAIL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog values");
    LEAT_TEST_ADD(s, decimal_vectors);
    LEAT_TEST_ADD(s, decimal_refuses_what_is_not_one);
    LEAT_TEST_ADD(s, temporal_vectors);
    LEAT_TEST_ADD(s, temporal_of_every_type);
    LEAT_TEST_ADD(s, year_enum_set_and_bit_are_unsigned);
    LEAT_TEST_ADD(s, signs_follow_the_column);
    LEAT_TEST_ADD(s, geometry_is_srid_and_wkb);
    return s;
}

LEAT_TEST_MAIN(suite)
