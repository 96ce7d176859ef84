/* The cursor: what it reads, and that nothing is read past the end. Inputs lie in exactly sized memory, so
 * that the address sanitizer sees one byte too many. */
#include "check_main.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"

START_TEST(reads_what_a_buffer_wrote)
{
    struct leat_buf buf = {0};
    leat_buf_u8(&buf, 200);
    leat_buf_u16(&buf, 60000);
    leat_buf_u32(&buf, 4000000000U);
    leat_buf_u64(&buf, UINT64_MAX - 1);
    leat_buf_string(&buf, "text", 4);
    leat_buf_put(&buf, "\x01\x02\x03", 3);
    struct leat_cursor cursor = leat_cursor(buf.data, buf.size);
    ck_assert_uint_eq(leat_cursor_u8(&cursor), 200);
    ck_assert_uint_eq(leat_cursor_u16(&cursor), 60000);
    ck_assert_uint_eq(leat_cursor_u32(&cursor), 4000000000U);
    ck_assert_uint_eq(leat_cursor_u64(&cursor), UINT64_MAX - 1);
    size_t size;
    const uint8_t *text = leat_cursor_string(&cursor, &size);
    ck_assert_uint_eq(size, 4);
    ck_assert_mem_eq(text, "text", 4);
    ck_assert_uint_eq(leat_cursor_be(&cursor, 3), 0x010203);
    ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
    ck_assert(!cursor.failed);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(a_read_past_the_end_fails_for_good)
{
    uint8_t *bytes = leat_memdup("\1\2\3", 3);
    struct leat_cursor cursor = leat_cursor(bytes, 3);
    ck_assert_uint_eq(leat_cursor_u32(&cursor), 0);
    ck_assert(cursor.failed);
    ck_assert_uint_eq(leat_cursor_u8(&cursor), 0);
    ck_assert_ptr_null(leat_cursor_bytes(&cursor, 1));
    ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
    free(bytes);
}
END_TEST

START_TEST(a_length_beyond_the_end_is_no_string)
{
    uint8_t *bytes = leat_memdup("\xFF\xFF\xFF\xFF"
                                 "abc",
                                 7);
    struct leat_cursor cursor = leat_cursor(bytes, 7);
    size_t size;
    ck_assert_ptr_null(leat_cursor_string(&cursor, &size));
    ck_assert_uint_eq(size, 0);
    ck_assert(cursor.failed);
    cursor = leat_cursor(bytes, 7);
    ck_assert_ptr_null(leat_cursor_bytes(&cursor, SIZE_MAX));
    ck_assert(cursor.failed);
    free(bytes);
}
END_TEST

START_TEST(sub_cursors_keep_to_their_part)
{
    uint8_t *bytes = leat_memdup("\1\2\3\4", 4);
    struct leat_cursor cursor = leat_cursor(bytes, 4);
    struct leat_cursor sub = leat_cursor_sub(&cursor, 3);
    ck_assert_uint_eq(leat_cursor_be(&sub, 3), 0x010203);
    ck_assert_uint_eq(leat_cursor_u8(&sub), 0);
    ck_assert(sub.failed);
    ck_assert(!cursor.failed);
    ck_assert_uint_eq(leat_cursor_u8(&cursor), 4);
    sub = leat_cursor_sub(&cursor, 1);
    ck_assert(sub.failed && cursor.failed);
    ck_assert_uint_eq(leat_cursor_left(&sub), 0);
    free(bytes);
}
END_TEST

START_TEST(length_encoded_integers)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint64_t value;
        bool failed;
    } cases[] = {
        {"\x00", 1, 0, false},
        {"\xFA", 1, 250, false},
        {"\xFB", 1, 0, true},
        {"\xFF", 1, 0, true},
        {"\xFC\xFB\x00", 3, 251, false},
        {"\xFD\x01\x02\x03", 4, 0x030201, false},
        {"\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9, UINT64_MAX, false},
        {"\xFC\x01", 2, 0, true},
        {"\xFD\x01\x02", 3, 0, true},
        {"\xFE\x01\x02\x03\x04\x05\x06\x07", 8, 0, true},
        {"", 0, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *bytes = leat_memdup(cases[i].bytes, cases[i].size);
        struct leat_cursor cursor = leat_cursor(bytes, cases[i].size);
        ck_assert_uint_eq(leat_cursor_lenenc(&cursor), cases[i].value);
        ck_assert_int_eq(cursor.failed, cases[i].failed);
        ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
        free(bytes);
    }
}
END_TEST

START_TEST(no_bytes_at_all)
{
    struct leat_cursor cursor = leat_cursor(NULL, 0);
    ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
    leat_cursor_skip(&cursor, 0);
    ck_assert(!cursor.failed);
    leat_cursor_skip(&cursor, 1);
    ck_assert(cursor.failed);
}
END_TEST

static Suite *cursor_suite(void)
{
    Suite *suite = suite_create("cursor");
    LEAT_TEST_ADD(suite, reads_what_a_buffer_wrote);
    LEAT_TEST_ADD(suite, a_read_past_the_end_fails_for_good);
    LEAT_TEST_ADD(suite, a_length_beyond_the_end_is_no_string);
    LEAT_TEST_ADD(suite, sub_cursors_keep_to_their_part);
    LEAT_TEST_ADD(suite, length_encoded_integers);
    LEAT_TEST_ADD(suite, no_bytes_at_all);
    return suite;
}

LEAT_TEST_MAIN(cursor_suite)
