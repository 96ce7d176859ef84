/* How much of a transaction is done, as text. */
#include "check_main.h"
#include "model/within.h"

START_TEST(what_is_printed_is_read_again)
{
    static const char *const texts[] = {"events 0", "events 7", "events 7, rows 3", "events 7, annotated", "events 7, rows 3, annotated"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct leat_within within;
        struct leat_error err = {0};
        struct leat_buf buf = {0};
        ck_assert_int_eq(leat_within_parse(&within, texts[i], &err), LEAT_OK);
        ck_assert(within.set && !within.pos);
        leat_within_put(&buf, &within);
        ck_assert_str_eq(leat_buf_cstr(&buf), texts[i]);
        leat_buf_free(&buf);
    }
}
END_TEST

START_TEST(anything_else_is_refused)
{
    static const char *const texts[] = {"", "7", "events", "events ", "events x", "events 7 rows 3", "events 7,", "events 7, events 8", "rows -1",
                                        "events 1234567890123456", "event 7"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct leat_within within;
        struct leat_error err = {0};
        ck_assert_msg(leat_within_parse(&within, texts[i], &err) == LEAT_FAIL, "%s", texts[i]);
        ck_assert(err.cure[0]);
    }
}
END_TEST

static Suite *within_suite(void)
{
    Suite *suite = suite_create("within");
    LEAT_TEST_ADD(suite, what_is_printed_is_read_again);
    LEAT_TEST_ADD(suite, anything_else_is_refused);
    return suite;
}

LEAT_TEST_MAIN(within_suite)
