/* Log lines as they reach standard error. */
#include "check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/log_int.h"

static char text[16384];
static int old_stderr, pipe_read;

static void catch_stderr(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    old_stderr = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    close(ends[1]);
    pipe_read = ends[0];
    ck_assert_int_eq(fcntl(pipe_read, F_SETFL, O_NONBLOCK), 0);
    leat_log_setup(LEAT_LOG_INFO, LEAT_LOG_LOGFMT);
}

static void release_stderr(void)
{
    dup2(old_stderr, STDERR_FILENO);
    close(old_stderr);
    close(pipe_read);
}

/* What was written since, without the time's value, which the caller checks the place of. */
static const char *logged(void)
{
    ssize_t size = read(pipe_read, text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    char *digits = strstr(text, "20");
    if (digits && strlen(digits) > 27)
        memmove(digits, digits + 27, strlen(digits + 27) + 1);
    return text;
}

START_TEST(a_line_as_logfmt)
{
    leat_log(LEAT_LOG_INFO, "source", NULL, "connected to %s:%d", "db1", 3306);
    ck_assert_str_eq(logged(), "time= level=info room=source msg=\"connected to db1:3306\"\n");
    leat_log(LEAT_LOG_WARN, "sink", "events", "done");
    ck_assert_str_eq(logged(), "time= level=warn room=sink sink=events msg=done\n");
    leat_log(LEAT_LOG_ERROR, "sink", "my sink", "%s", "");
    ck_assert_str_eq(logged(), "time= level=error room=sink sink=\"my sink\" msg=\"\"\n");
}
END_TEST

START_TEST(a_line_as_json)
{
    leat_log_setup(LEAT_LOG_DEBUG, LEAT_LOG_JSON);
    leat_log(LEAT_LOG_DEBUG, "journal", "a\"b", "x=%d", 1);
    ck_assert_str_eq(
        logged(),
        "{\"time\":\"\",\"level\":\"debug\",\"room\":\"journal\",\"sink\":\"a\\\"b\",\"msg\":\"x=1\"}\n");
}
END_TEST

START_TEST(below_the_level_nothing_is_written)
{
    leat_log(LEAT_LOG_DEBUG, "source", NULL, "x");
    ck_assert_str_eq(logged(), "");
    leat_log_setup(LEAT_LOG_ERROR, LEAT_LOG_LOGFMT);
    ck_assert_int_eq(leat_log_level(), LEAT_LOG_ERROR);
    struct leat_error err = {.code = LEAT_E_IO, .kind = LEAT_KIND_RETRY, .message = "m"};
    leat_log(LEAT_LOG_INFO, "source", NULL, "x");
    leat_log_error_object(LEAT_LOG_WARN, "source", NULL, &err);
    ck_assert_str_eq(logged(), "");
    leat_log_error_object(LEAT_LOG_ERROR, "source", NULL, &err);
    ck_assert_str_eq(logged(), "time= level=error room=source msg=m code=io kind=retry\n");
}
END_TEST

START_TEST(an_error_gives_code_kind_and_cure)
{
    struct leat_error err = {0};
    (void)leat_fail(&err, LEAT_E_PURGED, LEAT_KIND_OPERATOR, "gone");
    (void)leat_cure(&err, "start: earliest");
    leat_log_error_object(LEAT_LOG_ERROR, "source", "s", &err);
    ck_assert_str_eq(logged(),
                     "time= level=error room=source sink=s msg=gone code=source_purged kind=operator "
                     "cure=\"start: earliest\"\n");
}
END_TEST

START_TEST(a_server_can_neither_forge_lines_nor_break_the_terminal)
{
    leat_log(LEAT_LOG_INFO, "source", NULL, "%s", "a\ntime=x level=error\x1B[31m\"\\\x7F\xC3(\xFF");
    const char *line = logged();
    ck_assert_str_eq(line, "time= level=info room=source msg=\"a\\ntime=x level=error\\u001b[31m\\\"\\\\"
                           "\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\"\n");
    ck_assert(leat_utf8_valid(line, strlen(line)));
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
}
END_TEST

START_TEST(long_messages_are_whole_and_errno_is_kept)
{
    char long_text[5001];
    memset(long_text, 'y', 5000);
    long_text[5000] = '\0';
    errno = EBADMSG;
    leat_log(LEAT_LOG_INFO, "source", NULL, "%s", long_text);
    ck_assert_int_eq(errno, EBADMSG);
    ck_assert_ptr_nonnull(strstr(logged(), long_text));
}
END_TEST

START_TEST(of_lines_that_repeat_ten_are_written_and_the_rest_is_counted)
{
    unsigned held, written = 0;
    const uint64_t hash = 4711;
    for (uint64_t second = 0; second < 30; second++)
        written += log_repeat_allows(hash, 1000000 * second, &held);
    ck_assert_uint_eq(written, LOG_REPEAT_BURST);
    ck_assert(log_repeat_allows(hash, 30000000, &held));
    ck_assert_uint_eq(held, 20);
    ck_assert(log_repeat_allows(hash, 60000001, &held));
    ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(other_lines_pass_beside_one_that_repeats)
{
    unsigned held;
    for (unsigned round = 0; round < 50; round++) {
        (void)log_repeat_allows(1, 100, &held);
        ck_assert(log_repeat_allows(1000 + round, 100 + round, &held));
        ck_assert_uint_eq(held, 0);
    }
    for (unsigned i = 0; i < 12; i++)
        leat_log(LEAT_LOG_INFO, "sink", "a", "again");
    unsigned lines = 0;
    for (const char *at = logged(); (at = strstr(at, "msg=again")); at++)
        lines++;
    ck_assert_uint_eq(lines, LOG_REPEAT_BURST);
    leat_log(LEAT_LOG_INFO, "sink", "b", "again");
    ck_assert_str_eq(logged(), "time= level=info room=sink sink=b msg=again\n");
}
END_TEST

static Suite *log_suite(void)
{
    static const TTest *const *const tests[] = {
        &a_line_as_logfmt,
        &a_line_as_json,
        &below_the_level_nothing_is_written,
        &an_error_gives_code_kind_and_cure,
        &a_server_can_neither_forge_lines_nor_break_the_terminal,
        &long_messages_are_whole_and_errno_is_kept,
        &of_lines_that_repeat_ten_are_written_and_the_rest_is_counted,
        &other_lines_pass_beside_one_that_repeats,
    };
    Suite *suite = suite_create("log");
    TCase *test_case = tcase_create("stderr");
    tcase_add_checked_fixture(test_case, catch_stderr, release_stderr);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(test_case, *tests[i]);
    suite_add_tcase(suite, test_case);
    return suite;
}

LEAT_TEST_MAIN(log_suite)
