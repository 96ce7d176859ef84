/* Sets of GTIDs as text: the servers' rules, and what a mistake is told as. */
#include "check_main.h"

#include "base/alloc.h"
#include "gtid_helpers.h"

#define TAG_32 "abcdefghijklmnopqrstuvwxyz_01234"

START_TEST(text_that_is_read)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {" \n", ""},
        {",, ,", ""},
        {A ":1", A ":1"},
        {A ":1-1", A ":1"},
        {A ":1-7:9-10", A ":1-7:9-10"},
        {A ":1-7:8-10", A ":1-10"},
        {A ":9-10:1-7:8", A ":1-10"},
        {A ":5:1:3:5:1-2", A ":1-3:5"},
        {B ":1," A ":1", A ":1," B ":1"},
        {A ":1,\n" A ":2,\n" A ":4", A ":1-2:4"},
        {"AAAAAAAA-0000-0000-0000-000000000001:1", A ":1"},
        {" " A " : 1 - 7 : 9 , " B ":2 ", A ":1-7:9," B ":2"},
        {A ":tag:1-5:tag2:7", A ":tag:1-5:tag2:7"},
        {A ":1-2:TAG:1-5:7:_x9:3," B ":z:1", A ":1-2:_x9:3:tag:1-5:7," B ":z:1"},
        {A ":tag:1," A ":2," A ":tag:2-3", A ":2:tag:1-3"},
        {A ":" TAG_32 ":1", A ":" TAG_32 ":1"},
        {A ":1-9223372036854775806", A ":1-9223372036854775806"},
        {"0-1-7", "0-1-7"},
        {"1-2-3, 0-1-7,", "0-1-7,1-2-3"},
        {"12345678-1-1", "12345678-1-1"}, /* eight digits and a dash, as a UUID begins */
        {"12345678-1234-1234-1234-123456789012:1", "12345678-1234-1234-1234-123456789012:1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_and_free(set_of(cases[i].in), cases[i].out);
}
END_TEST

START_TEST(text_that_is_refused_says_where)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"x", "not a GTID set: expected a UUID or a domain number at character 1, found \"x\""},
        {A, "not a GTID set: expected a colon and a number at the end, behind character 36 of \"" A "\""},
        {A ",", "not a GTID set: expected a colon and a number at character 37, found \",\""},
        {A ":", "not a GTID set: expected a number from 1 to 9223372036854775806, or a tag of up to 32 "
                "letters at the end"},
        {A ":0", "not a GTID set: expected a number from 1"},
        {A ":-1",
         "not a GTID set: expected a number from 1 to 9223372036854775806, or a tag of up to 32 letters at "
         "character 38, found \"-1\""},
        {A ":5-3", "not a GTID set: expected a number that is not below the interval's first at character "
                   "40, found \"3\""},
        {A ":5-", "not a GTID set: expected a number that is not below the interval's first at the end"},
        {A ":1-9223372036854775807", "not a GTID set: expected a number that is not below"},
        {A ":99999999999999999999999", "not a GTID set: expected a number from 1"},
        {A ":tag", "not a GTID set: expected a colon and a number at the end"},
        {A ":tag:u:1", "not a GTID set: expected a number of the tag before at character 42, found \"u:1\""},
        {A ":" TAG_32 "x:1", "not a GTID set: expected a number from 1"},
        {A ":1x", "not a GTID set: expected a colon or comma at character 39, found \"x\""},
        {A ":1 " B ":1", "not a GTID set: expected a colon or comma at character 40"},
        {A ":1,0-1-1", "not a GTID set: expected a UUID at character 40, found \"0-1-1\""},
        {A ":1," B, "not a GTID set: expected a colon and a number"},
        {"0-1", "not a GTID set: expected -SEQUENCE at the end, behind character 3 of \"0-1\""},
        {"0-1-1 2-1-1", "not a GTID set: expected a comma at character 7"},
        {"0-1-1,0-2-2", "not a GTID set: domain 0 is there twice"},
        {"0-1-1," A ":1", "not a GTID set: expected "},
        {"abc", "not a GTID set: expected a UUID at character 1, found \"abc\""},
        {"\xFF\x01", "not a GTID set: expected a UUID or a domain number at character 1, found \"??\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_gtid_set *set = (struct leat_gtid_set *)(void *)&set;
        struct leat_error err = {0};
        ck_assert_int_eq(leat_gtid_set_parse(&set, cases[i].text, strlen(cases[i].text), &err), LEAT_FAIL);
        ck_assert_msg(strncmp(err.message, cases[i].message, strlen(cases[i].message)) == 0, "%s: %s",
                      cases[i].text, err.message);
        ck_assert_int_eq(err.code, LEAT_E_USAGE);
        ck_assert_ptr_null(set);
    }
}
END_TEST

START_TEST(text_need_not_end_in_a_nul)
{
    static const char text[] = A ":1-7:9";
    for (size_t size = 0; size < sizeof text; size++) {
        char *exact = leat_memdup(text, size);
        struct leat_gtid_set *set;
        if (leat_gtid_set_parse(&set, exact, size, NULL) == LEAT_OK)
            leat_gtid_set_free(&set);
        free(exact);
    }
}
END_TEST

START_TEST(text_that_is_too_long_is_not_read)
{
    enum { MAX = 16 * 1024 * 1024 };
    char *text = leat_alloc(MAX + 1);
    memset(text, ',', MAX + 1);
    struct leat_gtid_set *set;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_gtid_set_parse(&set, text, MAX, &err), LEAT_OK);
    check_and_free(set, "");
    ck_assert_int_eq(leat_gtid_set_parse(&set, text, MAX + 1, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    free(text);
}
END_TEST

START_TEST(hostile_order_does_not_take_hostile_time)
{
    enum { COUNT = 200000 };
    struct leat_buf text = {0};
    for (unsigned i = COUNT; i-- > 0;)
        leat_buf_printf(&text, "%08x-0000-0000-0000-000000000000:1,", i * 2654435761U);
    leat_buf_puts(&text, A);
    for (unsigned i = COUNT; i-- > 0;)
        leat_buf_printf(&text, ":%u", 2 * i + 1);
    struct leat_gtid_set *set = set_of(leat_buf_cstr(&text));
    ck_assert_uint_eq(leat_gtid_set_count(set), 2 * COUNT);
    leat_gtid_set_free(&set);
    leat_buf_free(&text);
}
END_TEST

static Suite *gtid_text_suite(void)
{
    Suite *suite = suite_create("gtid_text");
    LEAT_TEST_ADD(suite, text_that_is_read);
    LEAT_TEST_ADD(suite, text_that_is_refused_says_where);
    LEAT_TEST_ADD(suite, text_need_not_end_in_a_nul);
    LEAT_TEST_ADD(suite, text_that_is_too_long_is_not_read);
    LEAT_TEST_ADD(suite, hostile_order_does_not_take_hostile_time);
    return suite;
}

LEAT_TEST_MAIN(gtid_text_suite)
