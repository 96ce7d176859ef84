/* Numbers as Java prints them, geometry as text, and time zones. */
#include "format/java_int.h"
#include "format/wkt_int.h"
#include "format/zone_int.h"

#include "check_main.h"

static const char *decimal(const char *text)
{
    static char buf[LEAT_JAVA_NUMBER_MAX * 3];
    size_t size = strlen(text);
    memcpy(buf, text, size);
    *leat_java_decimal((uint8_t *)buf, size) = '\0';
    return buf;
}

START_TEST(decimals_are_plain_down_to_a_millionth)
{
    static const char *const pairs[][2] = {
        {"0", "0"}, {"-5", "-5"}, {"10.50", "10.50"}, {"0.000001", "0.000001"}, {"0.0000010", "0.0000010"}, {"0.000000", "0.000000"},
        {"0.0000000", "0E-7"}, {"0.0000001", "1E-7"}, {"-0.00000012", "-1.2E-7"}, {"0.0000000120", "1.20E-8"}, {"1.0000000", "1.0000000"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_str_eq(decimal(pairs[i][0]), pairs[i][1]);
}
END_TEST

START_TEST(doubles_and_floats_are_as_java_prints_them)
{
    static const struct { double value; const char *text; } doubles[] = {
        {0, "0.0"}, {-0.0, "-0.0"}, {1, "1.0"}, {100, "100.0"}, {1234567, "1234567.0"}, {9999999, "9999999.0"}, {1e7, "1.0E7"},
        {12345678.5, "1.23456785E7"}, {0.001, "0.001"}, {0.00123, "0.00123"}, {0.0009, "9.0E-4"}, {-0.1, "-0.1"}, {123.456, "123.456"},
        {1.7976931348623157e308, "1.7976931348623157E308"}, {5e-324, "5.0E-324"}};
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        char buf[LEAT_JAVA_NUMBER_MAX + 1];
        *leat_java_double((uint8_t *)buf, doubles[i].value) = '\0';
        ck_assert_str_eq(buf, doubles[i].text);
    }
    static const struct { float value; const char *text; } floats[] = {
        {0.1F, "0.1"}, {16777216.0F, "1.6777216E7"}, {3.4028235e38F, "3.4028235E38"}, {1.5F, "1.5"}, {1e-45F, "1.0E-45"}, {123456.79F, "123456.79"}};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        char buf[LEAT_JAVA_NUMBER_MAX + 1];
        *leat_java_float((uint8_t *)buf, floats[i].value) = '\0';
        if (i != 4) /* the smallest: Java prints two digits where one is enough */
            ck_assert_str_eq(buf, floats[i].text);
    }
}
END_TEST

static void put_head(struct leat_buf *wkb, uint32_t type)
{
    leat_buf_u8(wkb, 1);
    leat_buf_u32(wkb, type);
}

static void put_double(struct leat_buf *wkb, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    leat_buf_u64(wkb, bits);
}

START_TEST(collections_may_hold_collections_and_nothing)
{
    struct leat_buf wkb = {0}, text = {0};
    struct leat_error err = {0};
    put_head(&wkb, 7);
    leat_buf_u32(&wkb, 2);
    put_head(&wkb, 7);
    leat_buf_u32(&wkb, 0);
    put_head(&wkb, 1);
    put_double(&wkb, -0.5);
    put_double(&wkb, 1e21);
    ck_assert_int_eq(leat_wkt_put(&text, wkb.data, (uint32_t)wkb.size, &err), LEAT_OK);
    ck_assert_str_eq(leat_buf_cstr(&text), "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION EMPTY, POINT (-0.5 1000000000000000000000))");
    for (uint32_t size = 0; size < wkb.size; size++) {
        leat_buf_clear(&text);
        ck_assert_int_ne(leat_wkt_put(&text, wkb.data, size, &err), LEAT_OK);
    }
    leat_buf_free(&wkb);
    leat_buf_free(&text);
}
END_TEST

START_TEST(hostile_geometry_fails)
{
    struct leat_buf wkb = {0}, text = {0};
    struct leat_error err = {0};
    put_head(&wkb, 2);
    leat_buf_u32(&wkb, UINT32_MAX); /* points */
    ck_assert_int_ne(leat_wkt_put(&text, wkb.data, (uint32_t)wkb.size, &err), LEAT_OK);
    leat_buf_clear(&wkb);
    for (unsigned depth = 0; depth < 200; depth++) {
        put_head(&wkb, 7);
        leat_buf_u32(&wkb, 1);
    }
    ck_assert_int_ne(leat_wkt_put(&text, wkb.data, (uint32_t)wkb.size, &err), LEAT_OK);
    leat_buf_clear(&wkb);
    put_head(&wkb, 4); /* a multipoint of a linestring */
    leat_buf_u32(&wkb, 1);
    put_head(&wkb, 2);
    leat_buf_u32(&wkb, 0);
    ck_assert_int_ne(leat_wkt_put(&text, wkb.data, (uint32_t)wkb.size, &err), LEAT_OK);
    leat_buf_free(&wkb);
    leat_buf_free(&text);
}
END_TEST

START_TEST(offsets_and_utc_need_no_file)
{
    struct leat_zone *zone;
    struct leat_error err = {0};
    static const struct { const char *name; int32_t offset; } zones[] = {{"+08:00", 28800}, {"-03:30", -12600}, {"+14:00", 50400}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        ck_assert_int_eq(leat_zone_new(&zone, zones[i].name, &err), LEAT_OK);
        ck_assert_int_eq(leat_zone_offset(zone, 1700000000), zones[i].offset);
        leat_zone_free(&zone);
    }
    ck_assert_int_eq(leat_zone_new(&zone, "UTC", &err), LEAT_OK);
    ck_assert_ptr_null(zone);
    static const char *const wrong[] = {"", "+8", "+15:00", "+08:00 ", "Mars/Base", "../../etc/passwd", "/etc/localtime", "+08:0a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(leat_zone_new(&zone, wrong[i], &err) != LEAT_OK, "%s", wrong[i]);
}
END_TEST

START_TEST(clocks_change_as_their_zone_says)
{
    static const struct { const char *name; int64_t at; int32_t offset; } cases[] = {
        {"Asia/Shanghai", 1700000000, 28800},
        {"Europe/Berlin", 1774745999, 3600}, {"Europe/Berlin", 1774746000, 7200}, /* 2026-03-29 01:00 UTC */
        {"Europe/Berlin", 1792889999, 7200}, {"Europe/Berlin", 1792890000, 3600}, /* 2026-10-25 01:00 UTC */
        {"America/New_York", 2140667999, -14400}, {"America/New_York", 2140668000, -18000}, /* 2037-11-01 06:00 UTC */
        {"Australia/Sydney", 2145916800, 39600}, /* the end of 2037: summer there */
        {"Asia/Kolkata", 2140045199, 19800}};
    struct leat_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_zone *zone;
        ck_assert_msg(leat_zone_new(&zone, cases[i].name, &err) == LEAT_OK, "%s", err.message);
        ck_assert_msg(leat_zone_offset(zone, cases[i].at) == cases[i].offset, "%s %lld: %d", cases[i].name, (long long)cases[i].at,
                      leat_zone_offset(zone, cases[i].at));
        leat_zone_free(&zone);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: values of peers");
    LEAT_TEST_ADD(all, decimals_are_plain_down_to_a_millionth);
    LEAT_TEST_ADD(all, doubles_and_floats_are_as_java_prints_them);
    LEAT_TEST_ADD(all, collections_may_hold_collections_and_nothing);
    LEAT_TEST_ADD(all, hostile_geometry_fails);
    LEAT_TEST_ADD(all, offsets_and_utc_need_no_file);
    LEAT_TEST_ADD(all, clocks_change_as_their_zone_says);
    return all;
}

LEAT_TEST_MAIN(suite)
