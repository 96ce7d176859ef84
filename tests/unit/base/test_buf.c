/* Buffers and the memory behind them. */
#include "check_main.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/buf.h"

START_TEST(contents_survive_growth)
{
    struct leat_buf buf = {0};
    for (unsigned i = 0; i < 100000; i++)
        leat_buf_u8(&buf, (uint8_t)i);
    ck_assert_uint_eq(buf.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_uint_eq(buf.data[i], (uint8_t)i);
    leat_buf_free(&buf);
    ck_assert_ptr_null(buf.data);
    leat_buf_puts(&buf, "again");
    ck_assert_uint_eq(buf.size, 5);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(numbers_are_little_endian)
{
    static const uint8_t expected[] = {0x01, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 8,    7,
                                       6,    5,    4,    3,    2,    1,    0xCC, 0xBB, 0xAA};
    struct leat_buf buf = {0};
    leat_buf_u8(&buf, 1);
    leat_buf_u16(&buf, 0x1234);
    leat_buf_u32(&buf, 0x12345678);
    leat_buf_u64(&buf, 0x0102030405060708);
    leat_buf_le(&buf, 0xDDAABBCC, 3);
    ck_assert_uint_eq(buf.size, sizeof expected);
    ck_assert_mem_eq(buf.data, expected, sizeof expected);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(strings_have_their_length_before_them)
{
    struct leat_buf buf = {0};
    leat_buf_string(&buf, "abc", 3);
    leat_buf_string(&buf, NULL, 0);
    ck_assert_uint_eq(buf.size, 4 + 3 + 4);
    ck_assert_mem_eq(buf.data, "\3\0\0\0abc\0\0\0\0", 11);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(printf_longer_than_the_first_guess)
{
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    struct leat_buf buf = {0};
    leat_buf_printf(&buf, "%d-", 7);
    leat_buf_printf(&buf, "%s|%u", text, 5U);
    ck_assert_uint_eq(buf.size, 2 + 1000 + 2);
    ck_assert_mem_eq(buf.data, "7-xxx", 5);
    ck_assert_mem_eq(buf.data + 1000, "xx|5", 4);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(cstr_is_not_counted)
{
    struct leat_buf buf = {0};
    ck_assert_str_eq(leat_buf_cstr(&buf), "");
    leat_buf_puts(&buf, "ab");
    ck_assert_str_eq(leat_buf_cstr(&buf), "ab");
    ck_assert_uint_eq(buf.size, 2);
    leat_buf_puts(&buf, "c");
    ck_assert_str_eq(leat_buf_cstr(&buf), "abc");
    leat_buf_clear(&buf);
    ck_assert_str_eq(leat_buf_cstr(&buf), "");
    leat_buf_free(&buf);
}
END_TEST

START_TEST(memory_of_no_bytes_is_unique)
{
    void *a = leat_alloc(0), *b = leat_alloc(0), *c = leat_alloc_zero(0, 8);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_nonnull(c);
    a = leat_realloc(a, 0);
    ck_assert_ptr_nonnull(a);
    free(a);
    free(b);
    free(c);
}
END_TEST

START_TEST(copies_are_copies)
{
    char *text = leat_strdup("name");
    char *part = leat_strndup("name", 2);
    char *none = leat_strndup(NULL, 0);
    uint8_t *bytes = leat_memdup("\0\1", 2);
    uint8_t *zeros = leat_alloc_zero(3, 5);
    ck_assert_str_eq(text, "name");
    ck_assert_str_eq(part, "na");
    ck_assert_str_eq(none, "");
    ck_assert_mem_eq(bytes, "\0\1", 2);
    ck_assert_mem_eq(zeros, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    free(text);
    free(part);
    free(none);
    free(bytes);
    free(zeros);
}
END_TEST

START_TEST(product_that_overflows_aborts)
{
    void *memory = leat_alloc_zero(SIZE_MAX / 2, 3);
    ck_abort_msg("got %p", memory);
}
END_TEST

/* Batches for brokers, made and freed again and again, in a thread as librdkafka's are. */
static void *come_and_go(void *faults)
{
    struct rusage before, after;
    uint8_t *batches[6];
    getrusage(RUSAGE_THREAD, &before);
    for (unsigned round = 0; round < 100; round++) {
        for (unsigned i = 0; i < 6; i++) {
            batches[i] = leat_alloc(1 << 20);
            memset(batches[i], (int)i, 1 << 20);
        }
        for (unsigned i = 0; i < 6; i++)
            free(batches[i]);
    }
    getrusage(RUSAGE_THREAD, &after);
    *(long *)faults = after.ru_minflt - before.ru_minflt;
    return NULL;
}

START_TEST(what_comes_and_goes_stays_with_the_process)
{
    long faults = 0;
    pthread_t thread;
    leat_alloc_settle();
    ck_assert_int_eq(pthread_create(&thread, NULL, come_and_go, &faults), 0);
    pthread_join(thread, NULL);
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_int_lt(faults, 10000); /* 1536 pages a round, if each were given new ones */
#endif
}
END_TEST

static Suite *buf_suite(void)
{
    Suite *suite = suite_create("buf");
    LEAT_TEST_ADD(suite, contents_survive_growth);
    LEAT_TEST_ADD(suite, numbers_are_little_endian);
    LEAT_TEST_ADD(suite, strings_have_their_length_before_them);
    LEAT_TEST_ADD(suite, printf_longer_than_the_first_guess);
    LEAT_TEST_ADD(suite, cstr_is_not_counted);
    LEAT_TEST_ADD(suite, memory_of_no_bytes_is_unique);
    LEAT_TEST_ADD(suite, copies_are_copies);
    LEAT_TEST_ADD(suite, what_comes_and_goes_stays_with_the_process);
    const char *fork = getenv("CK_FORK");
    if (!fork || strcmp(fork, "no") != 0) {
        TCase *aborts = tcase_create("aborts");
        tcase_add_test_raise_signal(aborts, product_that_overflows_aborts, SIGABRT);
        suite_add_tcase(suite, aborts);
    }
    return suite;
}

LEAT_TEST_MAIN(buf_suite)
