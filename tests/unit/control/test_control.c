/* The control socket: questions and answers, bad requests, slow senders, a stop while somebody waits. */
#include "check_main.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"

static char folder[64];
static struct leat_control *control;

static int on_command(void *context, const char *command, const json_t *request, json_t **reply, struct leat_error *err)
{
    (void)context;
    if (!strcmp(command, "cut"))
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "a name cut inside of a character: \xE2\x98");
    if (!strcmp(command, "fail")) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "no \"such\" thing");
        return leat_cure(err, "do this");
    }
    *reply = json_pack("{s:O}", "asked", json_object_get(request, "with"));
    return LEAT_OK;
}

static void start(void)
{
    struct leat_error err = {0};
    strcpy(folder, "/tmp/leat-test-control-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const struct leat_control_handler handler = {NULL, on_command, NULL};
    ck_assert_int_eq(leat_control_start(&control, folder, &handler, &err), LEAT_OK);
}

static void stop(void)
{
    leat_control_stop(&control);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(a_question_gets_its_answer)
{
    struct leat_error err = {0};
    json_t *request = json_pack("{s:s, s:s}", "command", "echo", "with", "naïve\nline"), *reply;
    ck_assert_int_eq(leat_control_ask(folder, request, &reply, 5000, &err), LEAT_OK);
    ck_assert_str_eq(json_string_value(json_object_get(reply, "asked")), "naïve\nline");
    json_decref(reply);
    json_decref(request);
}
END_TEST

START_TEST(an_error_comes_through_with_its_cure)
{
    struct leat_error err = {0};
    json_t *request = json_pack("{s:s}", "command", "fail"), *reply;
    ck_assert_int_eq(leat_control_ask(folder, request, &reply, 5000, &err), LEAT_FAIL);
    ck_assert_str_eq(err.message, "no \"such\" thing");
    ck_assert_str_eq(err.cure, "do this");
    json_decref(request);
}
END_TEST

START_TEST(an_error_that_is_no_text_comes_through)
{
    struct leat_error err = {0};
    json_t *request = json_pack("{s:s}", "command", "cut"), *reply;
    ck_assert_int_eq(leat_control_ask(folder, request, &reply, 5000, &err), LEAT_FAIL);
    ck_assert_str_eq(err.message, "a name cut inside of a character: ??");
    json_decref(request);
}
END_TEST

START_TEST(nobody_there_says_so)
{
    struct leat_error err = {0};
    json_t *request = json_pack("{s:s}", "command", "echo"), *reply;
    ck_assert_int_eq(leat_control_ask("/tmp", request, &reply, 5000, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONNECT);
    json_decref(request);
}
END_TEST

static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

START_TEST(the_socket_is_for_its_owner_alone)
{
    struct stat info;
    char path[100];
    snprintf(path, sizeof path, "%s/control.sock", folder);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
}
END_TEST

START_TEST(bad_requests_are_answered_and_do_no_harm)
{
    static const char *const requests[] = {"\n", "{}\n", "[1]\n", "{\"command\":1}\n", "nonsense\n", "{\"command\":\"echo\"\n"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        char answer[600] = "";
        int fd = connect_raw();
        ck_assert_int_eq(write(fd, requests[i], strlen(requests[i])), (ssize_t)strlen(requests[i]));
        ck_assert_int_gt(read(fd, answer, sizeof answer - 1), 0);
        ck_assert_msg(strstr(answer, "\"ok\":false"), "%s", answer);
        close(fd);
    }
    close(connect_raw()); /* says nothing at all */
}
END_TEST

START_TEST(an_endless_request_is_cut)
{
    char junk[8192], answer[600] = "";
    memset(junk, 'x', sizeof junk);
    int fd = connect_raw();
    for (int i = 0; i < 9; i++)
        if (send(fd, junk, sizeof junk, MSG_NOSIGNAL) < 0)
            break;
    ck_assert_int_gt(read(fd, answer, sizeof answer - 1), 0);
    ck_assert_ptr_nonnull(strstr(answer, "above 65536 bytes"));
    close(fd);
}
END_TEST

START_TEST(a_stop_does_not_wait_for_a_slow_sender)
{
    int fd = connect_raw();
    ck_assert_int_eq(write(fd, "{", 1), 1);
    usleep(20000);
    leat_control_stop(&control); /* the fixture's own stop finds nothing to do */
    close(fd);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("control");
    TCase *test_case = tcase_create("control");
    tcase_add_checked_fixture(test_case, start, stop);
    tcase_set_timeout(test_case, 60);
    tcase_add_test(test_case, a_question_gets_its_answer);
    tcase_add_test(test_case, an_error_comes_through_with_its_cure);
    tcase_add_test(test_case, an_error_that_is_no_text_comes_through);
    tcase_add_test(test_case, nobody_there_says_so);
    tcase_add_test(test_case, the_socket_is_for_its_owner_alone);
    tcase_add_test(test_case, bad_requests_are_answered_and_do_no_harm);
    tcase_add_test(test_case, an_endless_request_is_cut);
    tcase_add_test(test_case, a_stop_does_not_wait_for_a_slow_sender);
    suite_add_tcase(all, test_case);
    return all;
}

LEAT_TEST_MAIN(suite)
