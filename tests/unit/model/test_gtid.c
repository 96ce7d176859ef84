/* One GTID and one UUID: text both ways, comparing, our binary form. */
#include "check_main.h"

#include <string.h>

#include "base/alloc.h"
#include "model/gtid.h"

#define UUID   "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define TAG_32 "abcdefghijklmnopqrstuvwxyz_01234"

static const char *const round_trips[] = {
    "",
    UUID ":1",
    UUID ":9223372036854775806",
    UUID ":tag:7",
    UUID ":_:7",
    UUID ":" TAG_32 ":9223372036854775806",
    "0-1-7",
    "0-0-0",
    "4294967295-4294967295-18446744073709551615",
};

START_TEST(text_there_and_back)
{
    for (size_t i = 0; i < sizeof round_trips / sizeof *round_trips; i++) {
        struct leat_gtid gtid;
        struct leat_error err = {0};
        char text[LEAT_GTID_TEXT_MAX];
        struct leat_buf buf = {0};
        ck_assert_msg(leat_gtid_parse(&gtid, round_trips[i], &err) == LEAT_OK, "%s", err.message);
        ck_assert_str_eq(leat_gtid_text(text, &gtid), round_trips[i]);
        ck_assert_uint_eq(leat_gtid_put(&buf, &gtid), strlen(text));
        ck_assert_str_eq(leat_buf_cstr(&buf), text);
        leat_buf_free(&buf);
    }
}
END_TEST

START_TEST(upper_case_and_spaces_are_accepted)
{
    struct leat_gtid gtid;
    char text[LEAT_GTID_TEXT_MAX];
    ck_assert_int_eq(leat_gtid_parse(&gtid, " 3E11FA47-71CA-11E1-9E33-C80AA9429562: Tag_1 : 007\n", NULL),
                     LEAT_OK);
    ck_assert_str_eq(leat_gtid_text(text, &gtid), UUID ":tag_1:7");
    ck_assert_int_eq(leat_gtid_parse(&gtid, " 00-01-007 ", NULL), LEAT_OK);
    ck_assert_str_eq(leat_gtid_text(text, &gtid), "0-1-7");
    ck_assert_int_eq(leat_gtid_parse(&gtid, " \n", NULL), LEAT_OK);
    ck_assert_int_eq(gtid.flavour, LEAT_FLAVOUR_NONE);
}
END_TEST

START_TEST(what_is_no_gtid_says_where)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"x", "not a GTID: expected a UUID or a domain number at character 1, found \"x\""},
        {UUID, "not a GTID: expected a colon after the UUID at the end, behind character 36 of \"" UUID "\""},
        {UUID ":",
         "not a GTID: expected a tag or a number from 1 to 9223372036854775806 at the end, behind character "
         "37 of \"" UUID ":\""},
        {UUID ":0", "not a GTID: expected a tag or a number from 1 to 9223372036854775806"},
        {UUID ":9223372036854775807",
         "not a GTID: expected a tag or a number from 1 to 9223372036854775806 at "
         "character 38, found \"9223372036854775807\""},
        {UUID ":tag:0", "not a GTID: expected a number from 1"},
        {UUID ":tag", "not a GTID: expected a colon after the tag at the end"},
        {UUID ":" TAG_32 "x:1", "not a GTID: expected a tag or a number"},
        {UUID ":1-2", "not a GTID: expected the end of the GTID at character 39, found \"-2\""},
        {UUID ":1tag", "not a GTID: expected the end of the GTID"},
        {"0-1", "not a GTID: expected -SEQUENCE at the end"},
        {"0", "not a GTID: expected -SERVER_ID at the end"},
        {"0-1-", "not a GTID: expected -SEQUENCE"},
        {"0-1-2-3", "not a GTID: expected the end of the GTID at character 6, found \"-3\""},
        {"4294967296-1-1", "not a GTID: expected a UUID or a domain number"},
        {"0-4294967296-1", "not a GTID: expected -SERVER_ID"},
        {"0-1-18446744073709551616", "not a GTID: expected -SEQUENCE"},
        {"-1-1-1", "not a GTID: expected a UUID or a domain number"},
        {"3e11fa47-71ca-11e1-9e33-c80aa942956:1", "not a GTID: expected -SERVER_ID at character 2"},
        {"3e11fa47-71ca-11e1-9e33-c80aa942956g:1", "not a GTID: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MYSQL, .number = 5};
        struct leat_error err = {0};
        ck_assert_int_eq(leat_gtid_parse(&gtid, cases[i].text, &err), LEAT_FAIL);
        ck_assert_msg(strncmp(err.message, cases[i].message, strlen(cases[i].message)) == 0, "%s: %s",
                      cases[i].text, err.message);
        ck_assert_int_eq(err.code, LEAT_E_USAGE);
        ck_assert_int_eq(gtid.flavour, LEAT_FLAVOUR_NONE);
        ck_assert_int_eq(leat_gtid_parse(&gtid, cases[i].text, NULL), LEAT_FAIL);
    }
}
END_TEST

START_TEST(equality_looks_at_what_its_flavour_has)
{
    for (size_t i = 0; i < sizeof round_trips / sizeof *round_trips; i++)
        for (size_t k = 0; k < sizeof round_trips / sizeof *round_trips; k++) {
            struct leat_gtid a, b;
            ck_assert_int_eq(leat_gtid_parse(&a, round_trips[i], NULL), LEAT_OK);
            ck_assert_int_eq(leat_gtid_parse(&b, round_trips[k], NULL), LEAT_OK);
            ck_assert_int_eq(leat_gtid_equal(&a, &b), i == k);
        }
    struct leat_gtid a = {.flavour = LEAT_FLAVOUR_MARIADB, .number = 1, .tag = "left over"};
    struct leat_gtid b = {.flavour = LEAT_FLAVOUR_MARIADB, .number = 1};
    ck_assert(leat_gtid_equal(&a, &b));
}
END_TEST

START_TEST(uuids)
{
    uint8_t uuid[LEAT_UUID_SIZE];
    char text[LEAT_UUID_TEXT_MAX];
    struct leat_error err = {0};
    ck_assert_int_eq(leat_uuid_parse(uuid, "00112233-4455-6677-8899-AAbbCCddEEff", NULL), LEAT_OK);
    ck_assert_mem_eq(uuid, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF", 16);
    ck_assert_str_eq(leat_uuid_text(text, uuid), "00112233-4455-6677-8899-aabbccddeeff");
    ck_assert_int_eq(leat_uuid_parse(uuid, "00112233-4455-6677-8899-aabbccddeef", &err), LEAT_FAIL);
    ck_assert_mem_eq(uuid, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    ck_assert_str_eq(err.message, "not a UUID: expected 32 hex digits as 8-4-4-4-12 at character 1, found "
                                  "\"00112233-4455-6677-8899-aabbccddeef\"");
    ck_assert_int_eq(leat_uuid_parse(uuid, "", &err), LEAT_FAIL);
    ck_assert_int_eq(leat_uuid_parse(uuid, "00112233-4455-6677-8899-aabbccddeeff0", &err), LEAT_FAIL);
    ck_assert_int_eq(leat_uuid_parse(uuid, "001122334455-6677-8899-aabbccddeeff-0", &err), LEAT_FAIL);
}
END_TEST

START_TEST(bytes_there_and_back_and_every_cut_fails)
{
    for (size_t i = 0; i < sizeof round_trips / sizeof *round_trips; i++) {
        struct leat_gtid gtid, back;
        struct leat_buf buf = {0};
        ck_assert_int_eq(leat_gtid_parse(&gtid, round_trips[i], NULL), LEAT_OK);
        leat_gtid_encode(&buf, &gtid);
        for (size_t size = 0; size <= buf.size; size++) {
            uint8_t *bytes = leat_memdup(buf.data, size);
            struct leat_cursor cursor = leat_cursor(bytes, size);
            struct leat_error err = {0};
            int result = leat_gtid_decode(&back, &cursor, &err);
            ck_assert_int_eq(result, size == buf.size ? LEAT_OK : LEAT_FAIL);
            ck_assert_int_eq(err.code, size == buf.size ? LEAT_E_NONE : LEAT_E_MALFORMED);
            free(bytes);
        }
        ck_assert(leat_gtid_equal(&gtid, &back));
        leat_buf_free(&buf);
    }
}
END_TEST

START_TEST(bytes_that_are_no_gtid)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"\x03", 1},
        {"\x01"
         "0123456789abcdef"
         "\x00"
         "\0\0\0\0\0\0\0\0",
         26}, /* number 0 */
        {"\x01"
         "0123456789abcdef"
         "\x00"
         "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
         26}, /* 2^63 - 1 */
        {"\x01"
         "0123456789abcdef"
         "\x01"
         "A"
         "\1\0\0\0\0\0\0\0",
         27}, /* tags are lower case */
        {"\x01"
         "0123456789abcdef"
         "\x01"
         "\0"
         "\1\0\0\0\0\0\0\0",
         27},
        {"\x01"
         "0123456789abcdef"
         "\x21" TAG_32 "a"
         "\1\0\0\0\0\0\0\0",
         59},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *bytes = leat_memdup(cases[i].bytes, cases[i].size);
        struct leat_cursor cursor = leat_cursor(bytes, cases[i].size);
        struct leat_gtid gtid;
        ck_assert_int_eq(leat_gtid_decode(&gtid, &cursor, NULL), LEAT_FAIL);
        ck_assert_int_eq(gtid.flavour, LEAT_FLAVOUR_NONE);
        free(bytes);
    }
}
END_TEST

static Suite *gtid_suite(void)
{
    Suite *suite = suite_create("gtid");
    LEAT_TEST_ADD(suite, text_there_and_back);
    LEAT_TEST_ADD(suite, upper_case_and_spaces_are_accepted);
    LEAT_TEST_ADD(suite, what_is_no_gtid_says_where);
    LEAT_TEST_ADD(suite, equality_looks_at_what_its_flavour_has);
    LEAT_TEST_ADD(suite, uuids);
    LEAT_TEST_ADD(suite, bytes_there_and_back_and_every_cut_fails);
    LEAT_TEST_ADD(suite, bytes_that_are_no_gtid);
    return suite;
}

LEAT_TEST_MAIN(gtid_suite)
