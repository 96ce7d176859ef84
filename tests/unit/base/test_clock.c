/* Clocks, randomness and time as text. */
#include "check_main.h"

#include <string.h>

#include "base/clock.h"

START_TEST(monotonic_never_goes_back_and_wall_is_recent)
{
    const struct leat_clock *clock = leat_clock_real();
    uint64_t before = leat_monotonic_us(clock);
    for (int i = 0; i < 1000; i++) {
        uint64_t now = leat_monotonic_us(clock);
        ck_assert_uint_ge(now, before);
        before = now;
    }
    ck_assert_uint_gt(leat_wall_us(clock), 1700000000000000);
    ck_assert_int_le(llabs((long long)(leat_wall_us(clock) / 1000000) - (long long)time(NULL)), 1);
}
END_TEST

START_TEST(randomness_fills_all_bytes)
{
    const struct leat_clock *clock = leat_clock_real();
    uint8_t bytes[1000] = {0}, seen[256] = {0};
    clock->random(clock->context, bytes, sizeof bytes);
    unsigned distinct = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        if (!seen[bytes[i]]++)
            distinct++;
    ck_assert_uint_gt(distinct, 200);
    clock->random(clock->context, bytes, 0);
}
END_TEST

START_TEST(time_as_text)
{
    static const struct {
        uint64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {951782399999999, "2000-02-28T23:59:59.999999Z"},
        {951782400000000, "2000-02-29T00:00:00.000000Z"},
        {951868800000000, "2000-03-01T00:00:00.000000Z"},
        {1769903999123456, "2026-01-31T23:59:59.123456Z"},
        {4107542399000000, "2100-02-28T23:59:59.000000Z"},
        {4107542400000000, "2100-03-01T00:00:00.000000Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
        {253402300800000000, "10000-01-01T00:00:00.000000Z"},
    };
    char text[LEAT_TIME_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(leat_time_text(text, cases[i].us), cases[i].text);
    ck_assert_uint_lt(strlen(leat_time_text(text, UINT64_MAX)), LEAT_TIME_TEXT_MAX);
}
END_TEST

START_TEST(every_day_of_eight_centuries_agrees_with_the_library)
{
    for (int64_t day = 0; day < 800 * 366; day++) {
        time_t seconds = (time_t)day * 86400;
        struct tm parts;
        char expected[64], text[LEAT_TIME_TEXT_MAX];
        gmtime_r(&seconds, &parts);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000Z", &parts);
        if (strcmp(leat_time_text(text, (uint64_t)seconds * 1000000), expected) != 0)
            ck_abort_msg("%s is written %s", expected, text);
    }
}
END_TEST

static Suite *clock_suite(void)
{
    Suite *suite = suite_create("clock");
    LEAT_TEST_ADD(suite, monotonic_never_goes_back_and_wall_is_recent);
    LEAT_TEST_ADD(suite, randomness_fills_all_bytes);
    LEAT_TEST_ADD(suite, time_as_text);
    LEAT_TEST_ADD(suite, every_day_of_eight_centuries_agrees_with_the_library);
    return suite;
}

LEAT_TEST_MAIN(clock_suite)
