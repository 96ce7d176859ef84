/* Errors: what callers and exit statuses rely on. */
#include "check_main.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

START_TEST(fail_fills_all_and_clears_the_cure)
{
    struct leat_error err = {0};
    ck_assert_int_eq(leat_fail(&err, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "user %s", "cdc"), LEAT_FAIL);
    ck_assert_int_eq(leat_cure(&err, "GRANT %d", 1), LEAT_FAIL);
    ck_assert_str_eq(err.message, "user cdc");
    ck_assert_str_eq(err.cure, "GRANT 1");
    (void)leat_fail(&err, LEAT_E_IO, LEAT_KIND_RETRY, "other");
    ck_assert_int_eq(err.code, LEAT_E_IO);
    ck_assert_int_eq(err.kind, LEAT_KIND_RETRY);
    ck_assert_str_eq(err.cure, "");
}
END_TEST

START_TEST(nobody_needs_to_want_the_error)
{
    ck_assert_int_eq(leat_fail(NULL, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "x"), LEAT_FAIL);
    ck_assert_int_eq(leat_fail_errno(NULL, ENOENT, LEAT_KIND_OPERATOR, "x"), LEAT_FAIL);
    ck_assert_int_eq(leat_cure(NULL, "x"), LEAT_FAIL);
    ck_assert_int_eq(leat_error_prefix(NULL, "x"), LEAT_FAIL);
}
END_TEST

START_TEST(a_full_disk_is_retried_whatever_the_caller_says)
{
    struct leat_error err = {0};
    (void)leat_fail_errno(&err, ENOSPC, LEAT_KIND_FATAL, "cannot write %s", "f");
    ck_assert_int_eq(err.code, LEAT_E_DISK_FULL);
    ck_assert_int_eq(err.kind, LEAT_KIND_RETRY);
    ck_assert_str_eq(err.message, "cannot write f: No space left on device");
    (void)leat_fail_errno(&err, EDQUOT, LEAT_KIND_OPERATOR, "q");
    ck_assert_int_eq(err.code, LEAT_E_DISK_FULL);
    (void)leat_fail_errno(&err, EACCES, LEAT_KIND_OPERATOR, "cannot read f");
    ck_assert_int_eq(err.code, LEAT_E_IO);
    ck_assert_int_eq(err.kind, LEAT_KIND_OPERATOR);
    ck_assert_str_eq(err.message, "cannot read f: Permission denied");
    ck_assert_ptr_nonnull(strstr(err.cure, "access"));
    (void)leat_fail_errno(&err, EROFS, LEAT_KIND_OPERATOR, "f");
    ck_assert_ptr_nonnull(strstr(err.cure, "read-write"));
    (void)leat_fail_errno(&err, EIO, LEAT_KIND_OPERATOR, "f");
    ck_assert_str_eq(err.cure, "");
}
END_TEST

START_TEST(prefixes_pile_up_and_may_use_the_message)
{
    struct leat_error err = {0};
    (void)leat_fail(&err, LEAT_E_IO, LEAT_KIND_RETRY, "c");
    (void)leat_cure(&err, "cure");
    (void)leat_error_prefix(&err, "b %d", 2);
    (void)leat_error_prefix(&err, "a");
    ck_assert_str_eq(err.message, "a: b 2: c");
    ck_assert_str_eq(err.cure, "cure");
    (void)leat_fail(&err, LEAT_E_IO, LEAT_KIND_RETRY, "again: %s", err.message);
    ck_assert_str_eq(err.message, "again: a: b 2: c");
}
END_TEST

START_TEST(messages_are_one_line)
{
    struct leat_error err = {0};
    (void)leat_fail(&err, LEAT_E_SERVER, LEAT_KIND_RETRY, "a\nb\r\tc\x1B[31m\x7F");
    ck_assert_str_eq(err.message, "a b  c?[31m?");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_do_not_reach_a_message)
{
    struct leat_error err = {0};
    leat_fail(&err, LEAT_E_SERVER, LEAT_KIND_RETRY, "a server's words: \xFF\xC3 ok");
    ck_assert_str_eq(err.message, "a server's words: \x3F\x3F ok");
    leat_fail(&err, LEAT_E_SERVER, LEAT_KIND_RETRY, "a server's words: \xC3\xA4 ok");
    ck_assert_str_eq(err.message, "a server's words: \xC3\xA4 ok");
}
END_TEST

START_TEST(a_cut_message_says_so_and_stays_utf8)
{
    for (size_t shift = 0; shift < 5; shift++) {
        char text[3 * LEAT_ERROR_MESSAGE_MAX] = "";
        memset(text, 'x', shift);
        for (size_t at = shift; at + 8 < sizeof text; at += 7)
            memcpy(text + at, "\xC3\xA4\xF0\x9F\x98\x80y", 8);
        struct leat_error err = {0};
        (void)leat_fail(&err, LEAT_E_SERVER, LEAT_KIND_RETRY, "%s", text);
        size_t length = strlen(err.message);
        ck_assert_uint_ge(length, LEAT_ERROR_MESSAGE_MAX - 5);
        ck_assert_str_eq(err.message + length - 3, "...");
        ck_assert(leat_utf8_valid(err.message, length));
        (void)leat_error_prefix(&err, "%s", "sch\xC3\xB6n");
        length = strlen(err.message);
        ck_assert_str_eq(err.message + length - 3, "...");
        ck_assert(leat_utf8_valid(err.message, length));
        (void)leat_cure(&err, "%s", text);
        ck_assert(leat_utf8_valid(err.cure, strlen(err.cure)));
    }
}
END_TEST

START_TEST(exit_statuses_are_the_documented_ones)
{
    static const struct {
        enum leat_code code;
        int status;
    } cases[] = {
        {LEAT_E_NONE, 0},
        {LEAT_E_INTERNAL, 1},
        {LEAT_E_USAGE, 2},
        {LEAT_E_CONFIG, 2},
        {LEAT_E_IO, 1},
        {LEAT_E_DISK_FULL, 1},
        {LEAT_E_SYNC, 14},
        {LEAT_E_LOCKED, 1},
        {LEAT_E_CONNECT, 1},
        {LEAT_E_AUTH, 10},
        {LEAT_E_PRIVILEGE, 1},
        {LEAT_E_TLS, 1},
        {LEAT_E_TIMEOUT, 16},
        {LEAT_E_SERVER, 1},
        {LEAT_E_SERVER_SETTINGS, 1},
        {LEAT_E_PURGED, 11},
        {LEAT_E_HISTORY, 12},
        {LEAT_E_MALFORMED, 17},
        {LEAT_E_CHECKSUM, 17},
        {LEAT_E_UNSUPPORTED, 17},
        {LEAT_E_TOO_LARGE, 17},
        {LEAT_E_JOURNAL_CORRUPT, 13},
        {LEAT_E_JOURNAL_VERSION, 13},
        {LEAT_E_JOURNAL_FULL, 1},
        {LEAT_E_RESYNC, 1},
        {LEAT_E_FENCED, 15},
        {LEAT_E_DEFINITION, 17},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_error err = {.code = cases[i].code};
        ck_assert_int_eq(leat_error_exit_status(&err), cases[i].status);
    }
}
END_TEST

START_TEST(every_code_and_kind_has_a_name_of_its_own)
{
    for (int i = LEAT_E_NONE; i <= LEAT_E_DEFINITION; i++) {
        ck_assert_ptr_nonnull(leat_code_name((enum leat_code)i));
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(leat_code_name((enum leat_code)i), leat_code_name((enum leat_code)k));
    }
    for (int i = LEAT_KIND_NONE; i <= LEAT_KIND_FATAL; i++)
        ck_assert_ptr_nonnull(leat_kind_name((enum leat_kind)i));
    ck_assert_str_eq(leat_code_name(LEAT_E_PURGED), "source_purged");
    ck_assert_str_eq(leat_kind_name(LEAT_KIND_FATAL), "fatal");
}
END_TEST

static Suite *error_suite(void)
{
    Suite *suite = suite_create("error");
    LEAT_TEST_ADD(suite, fail_fills_all_and_clears_the_cure);
    LEAT_TEST_ADD(suite, nobody_needs_to_want_the_error);
    LEAT_TEST_ADD(suite, a_full_disk_is_retried_whatever_the_caller_says);
    LEAT_TEST_ADD(suite, prefixes_pile_up_and_may_use_the_message);
    LEAT_TEST_ADD(suite, messages_are_one_line);
    LEAT_TEST_ADD(suite, bytes_that_are_no_utf8_do_not_reach_a_message);
    LEAT_TEST_ADD(suite, a_cut_message_says_so_and_stays_utf8);
    LEAT_TEST_ADD(suite, exit_statuses_are_the_documented_ones);
    LEAT_TEST_ADD(suite, every_code_and_kind_has_a_name_of_its_own);
    return suite;
}

LEAT_TEST_MAIN(error_suite)
