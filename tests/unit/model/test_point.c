/* P, where in the stream: every form, and the way back. */
#include "check_main.h"

#include <locale.h>
#include <string.h>

#include "model/point.h"

#define A "aaaaaaaa-0000-0000-0000-000000000001"

static void check_point(const char *text, enum leat_point_type type, const char *expected)
{
    struct leat_point point, copy;
    struct leat_error err = {0};
    ck_assert_msg(leat_point_parse(&point, text, &err) == LEAT_OK, "%s: %s", text, err.message);
    ck_assert_int_eq(point.type, type);
    leat_point_copy(&copy, &point);
    leat_point_free(&point);
    ck_assert_int_eq(point.type, LEAT_POINT_UNSET);
    struct leat_buf buf = {0}, again = {0};
    leat_buf_puts(&buf, "before ");
    leat_point_put(&buf, &copy);
    ck_assert_str_eq(leat_buf_cstr(&buf) + 7, expected);
    ck_assert_int_eq(leat_point_parse(&point, leat_buf_cstr(&buf) + 7, NULL), LEAT_OK);
    ck_assert_int_eq(point.type, type);
    leat_point_put(&again, &point);
    ck_assert_str_eq(leat_buf_cstr(&again), expected);
    leat_buf_free(&buf);
    leat_buf_free(&again);
    leat_point_free(&point);
    leat_point_free(&copy);
}

START_TEST(words_files_and_gtids)
{
    check_point("now", LEAT_POINT_NOW, "now");
    check_point("earliest", LEAT_POINT_EARLIEST, "earliest");
    check_point("binlog.000007:4", LEAT_POINT_FILE, "binlog.000007:4");
    check_point("a:b.1:18446744073709551615", LEAT_POINT_FILE, "a:b.1:18446744073709551615");
    check_point("now:4", LEAT_POINT_FILE, "now:4");
    check_point(A ":1-7:9", LEAT_POINT_GTIDS, A ":1-7:9");
    check_point(" " A ":t:1", LEAT_POINT_GTIDS, A ":t:1");
    check_point("0-1-7", LEAT_POINT_GTIDS, "0-1-7");
    check_point("0-1-7,1-1-1", LEAT_POINT_GTIDS, "0-1-7,1-1-1");
    check_point("202-10-31", LEAT_POINT_GTIDS, "202-10-31");
    check_point(",", LEAT_POINT_GTIDS, ",");
}
END_TEST

START_TEST(a_gtid_that_looks_like_a_date_keeps_its_comma)
{
    check_point("2026-10-31", LEAT_POINT_TIME, "2026-10-31T00:00:00.000000Z");
    check_point("2026-10-31,", LEAT_POINT_GTIDS, "2026-10-31,");
    check_point("2026-99-99,", LEAT_POINT_GTIDS, "2026-99-99,");
    check_point("2026-10-31,1-1-1", LEAT_POINT_GTIDS, "1-1-1,2026-10-31");
}
END_TEST

START_TEST(times)
{
    static const char *const cases[][2] = {
        {"1970-01-01", "1970-01-01T00:00:00.000000Z"},
        {"2026-01-31T10:20:30", "2026-01-31T10:20:30.000000Z"},
        {"2026-01-31 10:20:30Z", "2026-01-31T10:20:30.000000Z"},
        {"2026-01-31t10:20:30.5z", "2026-01-31T10:20:30.500000Z"},
        {"2026-01-31T10:20:30.123456+02:00", "2026-01-31T08:20:30.123456Z"},
        {"2026-01-31T10:20:30-05:30", "2026-01-31T15:50:30.000000Z"},
        {"2026-01-31T10:20:30+0200", "2026-01-31T08:20:30.000000Z"},
        {"2026-01-31T10:20:30+02", "2026-01-31T08:20:30.000000Z"},
        {"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000000Z"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"},
        {"2024-02-29", "2024-02-29T00:00:00.000000Z"},
        {"2000-02-29T23:59:59.999999", "2000-02-29T23:59:59.999999Z"},
        {"9999-12-31T23:59:59", "9999-12-31T23:59:59.000000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_point(cases[i][0], LEAT_POINT_TIME, cases[i][1]);
    struct leat_point point;
    ck_assert_int_eq(leat_point_parse(&point, "2026-01-31T23:59:59.123456Z", NULL), LEAT_OK);
    ck_assert_uint_eq(point.time_us, 1769903999123456);
}
END_TEST

START_TEST(no_time_zone_or_locale_of_the_host_matters)
{
    setenv("TZ", "Pacific/Kiritimati", 1);
    tzset();
    setlocale(LC_ALL, "");
    check_point("2026-01-31T10:20:30.5", LEAT_POINT_TIME, "2026-01-31T10:20:30.500000Z");
}
END_TEST

START_TEST(what_is_no_position)
{
    static const char *const cases[] = {
        "",
        " ",
        "Now",
        "binlog.000007",
        "binlog.000007:",
        ":4",
        "binlog.000007:4x",
        "binlog.000007:-1",
        "binlog 7:4",
        "binlog.000007:18446744073709551616",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-00-01",
        "1969-12-31",
        "2026-01-31T",
        "2026-01-31T24:00:00",
        "2026-01-31T10:60:00",
        "2026-01-31T10:20:30.",
        "2026-01-31T10:20:30.1234567",
        "2026-01-31T10:20:30+",
        "2026-01-31T10:20:30+15:00",
        "2026-01-31T10:20:30ZZ",
        "1970-01-01T00:00:00+01:00",
        "2026-1-31T10:20:30",
        "0-1",
        A,
        A ":",
        A ":0",
        A ":5-3",
        "tomorrow",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_point point;
        struct leat_error err = {0};
        ck_assert_msg(leat_point_parse(&point, cases[i], &err) == LEAT_FAIL, "%s", cases[i]);
        ck_assert_int_eq(point.type, LEAT_POINT_UNSET);
        ck_assert_ptr_null(point.gtids);
        ck_assert_int_eq(err.code, LEAT_E_USAGE);
        ck_assert_int_eq(leat_error_exit_status(&err), 2);
    }
}
END_TEST

/* Whatever its zone says: it is written with four digits. */
START_TEST(times_end_with_the_year_9999)
{
    struct leat_point point;
    check_point("9999-12-31T23:59:59.999999Z", LEAT_POINT_TIME, "9999-12-31T23:59:59.999999Z");
    ck_assert_int_eq(leat_point_parse(&point, "9999-12-31T23:59:60Z", NULL), LEAT_FAIL);
    ck_assert_int_eq(leat_point_parse(&point, "9999-12-31T20:00:00-04:00", NULL), LEAT_FAIL);
    check_point("9999-12-31T20:00:00-03:59", LEAT_POINT_TIME, "9999-12-31T23:59:00.000000Z");
}
END_TEST

START_TEST(errors_name_what_was_read_and_the_forms)
{
    struct leat_point point;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_point_parse(&point, "tomorrow", &err), LEAT_FAIL);
    ck_assert_str_eq(err.message, "not a position: \"tomorrow\"");
    static const char *const forms[] = {"now", "earliest", "FILE:POS", "GTID set", "time"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        ck_assert_ptr_nonnull(strstr(err.cure, forms[i]));
    ck_assert_int_eq(leat_point_parse(&point, "2026-02-30", &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "no such day"));
    ck_assert_int_eq(leat_point_parse(&point, A ":x", &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "not a GTID set: "));
}
END_TEST

START_TEST(a_name_as_long_as_the_servers_and_one_longer)
{
    char text[LEAT_BINLOG_NAME_MAX + 8];
    memset(text, 'f', sizeof text);
    memcpy(text + LEAT_BINLOG_NAME_MAX, ":4", 3);
    check_point(text, LEAT_POINT_FILE, text);
    memset(text, 'f', sizeof text);
    memcpy(text + LEAT_BINLOG_NAME_MAX + 1, ":4", 3);
    struct leat_point point;
    ck_assert_int_eq(leat_point_parse(&point, text, NULL), LEAT_FAIL);
}
END_TEST

START_TEST(an_unset_one_is_nothing)
{
    struct leat_point point = {0};
    struct leat_buf buf = {0};
    leat_point_put(&buf, &point);
    ck_assert_uint_eq(buf.size, 0);
    leat_point_free(&point);
    leat_buf_free(&buf);
}
END_TEST

static Suite *point_suite(void)
{
    Suite *suite = suite_create("point");
    LEAT_TEST_ADD(suite, words_files_and_gtids);
    LEAT_TEST_ADD(suite, a_gtid_that_looks_like_a_date_keeps_its_comma);
    LEAT_TEST_ADD(suite, times);
    LEAT_TEST_ADD(suite, no_time_zone_or_locale_of_the_host_matters);
    LEAT_TEST_ADD(suite, what_is_no_position);
    LEAT_TEST_ADD(suite, times_end_with_the_year_9999);
    LEAT_TEST_ADD(suite, errors_name_what_was_read_and_the_forms);
    LEAT_TEST_ADD(suite, a_name_as_long_as_the_servers_and_one_longer);
    LEAT_TEST_ADD(suite, an_unset_one_is_nothing);
    return suite;
}

LEAT_TEST_MAIN(point_suite)
