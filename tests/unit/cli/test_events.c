/* Binlog files cut into events, by a thread that reads ahead; and on a single processor by whoever takes them. */
#include "cli/events_int.h"

#include <sched.h>

#include "base/alloc.h"
#include "cli/files.h"
#include "decode/events.h"

static struct leat_error err;

enum { EVENT_BYTES_MAX = 4 << 20 };

static bool is_single_processor(void)
{
    cpu_set_t processors;
    return !sched_getaffinity(0, sizeof processors, &processors) && CPU_COUNT(&processors) == 1;
}

/* From here on this test runs on one processor, whatever the machine has. */
static void use_one_processor(void)
{
    cpu_set_t processors, one;
    size_t number = 0;
    ck_assert_int_eq(sched_getaffinity(0, sizeof processors, &processors), 0);
    while (!CPU_ISSET(number, &processors))
        number++;
    CPU_ZERO(&one);
    CPU_SET(number, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert(is_single_processor());
}

/* How many events the file has before events_next says something else; what that was. */
static int count_events(unsigned *count, bool *cut)
{
    _Atomic uint64_t taken = 0;
    struct events *events = NULL;
    const uint8_t *bytes;
    size_t size;
    bool verified;
    err = (struct leat_error){0};
    *count = 0;
    int rc = events_open(&events, files_path, EVENT_BYTES_MAX, &taken, &err);
    while (rc == LEAT_OK && (rc = events_next(events, &bytes, &size, &verified, &err)) == LEAT_OK) {
        ck_assert_uint_eq(leat_le(bytes + 9, 4), size);
        ck_assert(verified == !is_single_processor());
        ++*count;
    }
    *cut = events && events_cut(events);
    events_close(&events);
    return rc;
}

/* A format description and `count` statements of so many bytes. */
static void make_file(struct leat_buf *file, unsigned count, size_t text_size)
{
    struct stream s;
    char *text = leat_alloc(text_size + 1);
    memset(text, 'x', text_size);
    text[text_size] = 0;
    stream_init(&s);
    put_format(&s);
    for (unsigned i = 0; i < count; i++)
        put_query(&s, "shop", text);
    leat_buf_put(file, "\xFE" "bin", 4);
    leat_buf_put(file, s.bytes.data, s.bytes.size);
    stream_free(&s);
    free(text);
}

static void check_all_events_come_however_large_they_are(void)
{
    static const struct {
        unsigned count;
        size_t size;
    } files[] = {{0, 0}, {1, 0}, {100, 10}, {20, 65400}, {3, 3 << 20}, {400, 9999}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct leat_buf file = {0};
        unsigned count;
        bool cut;
        make_file(&file, files[i].count, files[i].size);
        files_write(file.data, file.size);
        ck_assert_msg(count_events(&count, &cut) == LEAT_END, "%s", err.message);
        ck_assert_uint_eq(count, files[i].count + 1);
        leat_buf_free(&file);
    }
}

START_TEST(all_events_come_however_large_they_are)
{
    check_all_events_come_however_large_they_are();
}
END_TEST

START_TEST(all_events_come_however_large_they_are_on_one_processor)
{
    use_one_processor();
    check_all_events_come_however_large_they_are();
}
END_TEST

static void check_a_file_cut_anywhere_is_said_to_be(void)
{
    struct leat_buf file = {0};
    make_file(&file, 3, 20);
    for (size_t size = 5; size < file.size; size++) {
        unsigned count;
        bool cut;
        files_write(file.data, size);
        int rc = count_events(&count, &cut);
        ck_assert_msg((rc == LEAT_FAIL) == cut, "%zu: %d, %s", size, rc, err.message);
        ck_assert_int_eq(rc == LEAT_END || cut, 1);
    }
    leat_buf_free(&file);
}

START_TEST(a_file_cut_anywhere_is_said_to_be)
{
    check_a_file_cut_anywhere_is_said_to_be();
}
END_TEST

START_TEST(a_file_cut_anywhere_is_said_to_be_on_one_processor)
{
    use_one_processor();
    check_a_file_cut_anywhere_is_said_to_be();
}
END_TEST

/* The thread that reads stops at what it can't understand; with no byte more than a header there, nobody was told. */
static void check_a_size_that_lies_at_the_very_end_is_an_error_and_no_hang(void)
{
    static const uint32_t sizes[] = {0, 5, 18, EVENT_BYTES_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t more = 0; more < 3; more++) {
            struct leat_buf file = {0};
            unsigned count;
            bool cut;
            make_file(&file, 2, 20);
            leat_buf_put(&file, "time\2srvr", 9);
            leat_buf_u32(&file, sizes[i]);
            leat_buf_put(&file, "\0\0\0\0\0\0xyz", 6 + more);
            files_write(file.data, file.size);
            ck_assert_int_eq(count_events(&count, &cut), LEAT_FAIL);
            ck_assert_msg(strstr(err.message, sizes[i] < LEAT_EVENT_HEADER_SIZE ? "less than a header" : "bytes") != NULL, "%s", err.message);
            ck_assert_uint_eq(count, 3);
            leat_buf_free(&file);
        }
    }
}

START_TEST(a_size_that_lies_at_the_very_end_is_an_error_and_no_hang)
{
    check_a_size_that_lies_at_the_very_end_is_an_error_and_no_hang();
}
END_TEST

START_TEST(a_size_that_lies_at_the_very_end_is_an_error_and_no_hang_on_one_processor)
{
    use_one_processor();
    check_a_size_that_lies_at_the_very_end_is_an_error_and_no_hang();
}
END_TEST

/* A relay log's own events are never decoded: one of these that is damaged is no reason to stop, and was one to wait for ever. */
START_TEST(what_cannot_be_verified_is_left_to_the_decoder_and_so_is_all_behind_it)
{
    struct leat_buf file = {0};
    _Atomic uint64_t taken = 0;
    struct events *events = NULL;
    const uint8_t *bytes;
    size_t size;
    bool verified;
    make_file(&file, 200, 10000);
    file.data[file.size / 2] ^= 1;
    files_write(file.data, file.size);
    ck_assert_int_eq(events_open(&events, files_path, EVENT_BYTES_MAX, &taken, &err), LEAT_OK);
    for (int i = 0; i < 201; i++) {
        ck_assert_msg(events_next(events, &bytes, &size, &verified, &err) == LEAT_OK, "%s", err.message);
        ck_assert_msg(verified == (i < 100 && !is_single_processor()), "%d", i);
    }
    ck_assert_int_eq(events_next(events, &bytes, &size, &verified, &err), LEAT_END);
    events_close(&events);
    events_close(&events); /* of NULL is nothing */
    leat_buf_free(&file);
}
END_TEST

START_TEST(what_is_no_binlog_is_refused_with_what_it_may_be)
{
    static const struct {
        const char *bytes, *says;
    } files[] = {{"", "not a binary log"}, {"\xFE" "bi", "not a binary log"}, {"\xFD" "bin....", "an encrypted binary log"}, {"text", "not a binary log"}};
    unsigned count;
    bool cut;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        files_write(files[i].bytes, strlen(files[i].bytes));
        ck_assert_int_eq(count_events(&count, &cut), LEAT_FAIL);
        ck_assert_msg(strstr(err.message, files[i].says) != NULL, "%s", err.message);
    }
    unlink(files_path);
    ck_assert_int_eq(count_events(&count, &cut), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, files_path) != NULL, "%s", err.message);
}
END_TEST

START_TEST(who_closes_early_does_not_wait)
{
    struct leat_buf file = {0};
    _Atomic uint64_t taken = 0;
    struct events *events = NULL;
    make_file(&file, 10, 3 << 20);
    files_write(file.data, file.size);
    ck_assert_int_eq(events_open(&events, files_path, EVENT_BYTES_MAX, &taken, &err), LEAT_OK);
    events_close(&events);
    leat_buf_free(&file);
}
END_TEST

static Suite *events_suite(void)
{
    Suite *suite = suite_create("events");
    FILES_ADD(suite, all_events_come_however_large_they_are);
    FILES_ADD(suite, all_events_come_however_large_they_are_on_one_processor);
    FILES_ADD(suite, a_file_cut_anywhere_is_said_to_be);
    FILES_ADD(suite, a_file_cut_anywhere_is_said_to_be_on_one_processor);
    FILES_ADD(suite, a_size_that_lies_at_the_very_end_is_an_error_and_no_hang);
    FILES_ADD(suite, a_size_that_lies_at_the_very_end_is_an_error_and_no_hang_on_one_processor);
    FILES_ADD(suite, what_cannot_be_verified_is_left_to_the_decoder_and_so_is_all_behind_it);
    FILES_ADD(suite, what_is_no_binlog_is_refused_with_what_it_may_be);
    FILES_ADD(suite, who_closes_early_does_not_wait);
    return suite;
}

LEAT_TEST_MAIN(events_suite)
