/* JSON text: escapes, base64, hex, integers, UTF-8; the fast sixteen bytes at a time against the plain way.
 */
#include "check_main.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

static const char *escaped(struct leat_buf *buf, const char *bytes, size_t size)
{
    leat_buf_clear(buf);
    leat_json_string(buf, bytes, size);
    return leat_buf_cstr(buf);
}

START_TEST(what_json_wants_escaped_is_escaped)
{
    struct leat_buf buf = {0};
    ck_assert_str_eq(escaped(&buf, "", 0), "\"\"");
    ck_assert_str_eq(escaped(&buf, "plain", 5), "\"plain\"");
    ck_assert_str_eq(escaped(&buf, "a\"b\\c/d", 7), "\"a\\\"b\\\\c/d\"");
    ck_assert_str_eq(escaped(&buf, "\b\f\n\r\t", 5), "\"\\b\\f\\n\\r\\t\"");
    ck_assert_str_eq(escaped(&buf, "\0\x01\x1F\x7F", 4), "\"\\u0000\\u0001\\u001f\x7F\"");
    ck_assert_str_eq(escaped(&buf, "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", 10),
                     "\"z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    leat_buf_clear(&buf);
    leat_json_cstr(&buf, "a\nb");
    leat_json_escape(&buf, "\"", 1);
    ck_assert_str_eq(leat_buf_cstr(&buf), "\"a\\nb\"\\\"");
    leat_buf_free(&buf);
}
END_TEST

/* One byte at a time, straight from RFC 8259. */
static void escape_plainly(struct leat_buf *buf, const uint8_t *bytes, size_t size)
{
    static const char shorts[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            leat_buf_printf(buf, "\\%c", bytes[i]);
        else if (bytes[i] < 0x20 && shorts[bytes[i]])
            leat_buf_printf(buf, "\\%c", shorts[bytes[i]]);
        else if (bytes[i] < 0x20)
            leat_buf_printf(buf, "\\u%04x", bytes[i]);
        else
            leat_buf_u8(buf, bytes[i]);
    }
}

START_TEST(any_bytes_of_any_length_are_escaped_as_one_by_one)
{
    uint64_t state = leat_test_seed();
    struct leat_buf fast = {0}, plain = {0};
    for (int round = 0; round < 3000; round++) {
        size_t size = leat_test_random(&state) % (round % 50 == 0 ? 20000 : 100);
        unsigned rare = (unsigned)(leat_test_random(&state) % 40) + 1;
        uint8_t *bytes = leat_alloc(size);
        for (size_t i = 0; i < size; i++) {
            uint64_t random = leat_test_random(&state);
            bytes[i] = (uint8_t)(random % rare ? 'a' + random % 26 : random >> 32);
        }
        leat_buf_clear(&fast);
        leat_buf_clear(&plain);
        leat_json_escape(&fast, bytes, size);
        escape_plainly(&plain, bytes, size);
        ck_assert_uint_eq(fast.size, plain.size);
        if (fast.size)
            ck_assert_mem_eq(fast.data, plain.data, plain.size);
        free(bytes);
    }
    leat_buf_free(&fast);
    leat_buf_free(&plain);
}
END_TEST

START_TEST(large_texts_do_not_reserve_six_times_their_size)
{
    size_t size = 10 * 1024 * 1024;
    char *text = leat_alloc(size);
    memset(text, 'x', size);
    struct leat_buf buf = {0};
    leat_json_string(&buf, text, size);
    ck_assert_uint_eq(buf.size, size + 2);
    ck_assert_uint_le(buf.capacity, 2 * size);
    leat_buf_free(&buf);
    free(text);
}
END_TEST

START_TEST(base64_of_the_rfc)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFF\xEF\xBE", "/+++"},
    };
    struct leat_buf buf = {0}, expected = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        leat_buf_clear(&buf);
        leat_buf_clear(&expected);
        leat_json_base64(&buf, cases[i][0], strlen(cases[i][0]));
        leat_buf_printf(&expected, "\"%s\"", cases[i][1]);
        ck_assert_str_eq(leat_buf_cstr(&buf), leat_buf_cstr(&expected));
    }
    leat_buf_free(&buf);
    leat_buf_free(&expected);
}
END_TEST

START_TEST(hex_is_lower_case)
{
    struct leat_buf buf = {0};
    leat_put_hex(&buf, "\x00\x9A\xFF", 3);
    leat_put_hex(&buf, NULL, 0);
    ck_assert_str_eq(leat_buf_cstr(&buf), "009aff");
    leat_buf_free(&buf);
}
END_TEST

static void check_u64(struct leat_buf *buf, uint64_t value)
{
    char expected[32];
    snprintf(expected, sizeof expected, "%" PRIu64, value);
    leat_buf_clear(buf);
    leat_put_u64(buf, value);
    if (strcmp(leat_buf_cstr(buf), expected) != 0)
        ck_abort_msg("%s is written %s", expected, leat_buf_cstr(buf));
    snprintf(expected, sizeof expected, "%" PRId64, (int64_t)value);
    leat_buf_clear(buf);
    leat_put_i64(buf, (int64_t)value);
    if (strcmp(leat_buf_cstr(buf), expected) != 0)
        ck_abort_msg("%s is written %s", expected, leat_buf_cstr(buf));
}

START_TEST(integers_of_every_length)
{
    struct leat_buf buf = {0};
    check_u64(&buf, 0);
    check_u64(&buf, UINT64_MAX);
    check_u64(&buf, (uint64_t)INT64_MAX);
    check_u64(&buf, (uint64_t)INT64_MAX + 1);
    for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10) {
        check_u64(&buf, power - 1);
        check_u64(&buf, power);
        check_u64(&buf, power + 1);
        check_u64(&buf, 0 - power);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        check_u64(&buf, 1ULL << bit);
        check_u64(&buf, (1ULL << bit) - 1);
    }
    uint64_t state = leat_test_seed();
    for (int i = 0; i < 100000; i++) {
        uint64_t value = leat_test_random(&state);
        check_u64(&buf, value >> (value & 63));
    }
    leat_buf_free(&buf);
}
END_TEST

START_TEST(fixed_digits_have_zeros_first)
{
    struct leat_buf buf = {0};
    leat_put_digits(&buf, 7, 2);
    leat_put_digits(&buf, 0, 3);
    leat_put_digits(&buf, 123456, 6);
    leat_put_digits(&buf, 9, 1);
    leat_put_digits(&buf, 5, 0);
    leat_put_digits(&buf, UINT64_MAX, 20);
    ck_assert_str_eq(leat_buf_cstr(&buf), "07"
                                          "000"
                                          "123456"
                                          "9"
                                          "18446744073709551615");
    leat_buf_free(&buf);
}
END_TEST

static void put_utf8(struct leat_buf *buf, uint32_t code)
{
    if (code < 0x80) {
        leat_buf_u8(buf, (uint8_t)code);
    } else if (code < 0x800) {
        leat_buf_u8(buf, (uint8_t)(0xC0 | code >> 6));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code & 63)));
    } else if (code < 0x10000) {
        leat_buf_u8(buf, (uint8_t)(0xE0 | code >> 12));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 6 & 63)));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code & 63)));
    } else {
        leat_buf_u8(buf, (uint8_t)(0xF0 | code >> 18));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 12 & 63)));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 6 & 63)));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code & 63)));
    }
}

START_TEST(every_code_point_but_surrogates_is_valid)
{
    struct leat_buf buf = {0};
    for (uint32_t code = 0; code < 0x110800; code++) {
        leat_buf_clear(&buf);
        put_utf8(&buf, code);
        bool expected = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
        bool right = leat_utf8_valid(buf.data, buf.size) == expected &&
                     leat_utf8_character(buf.data, buf.size) == (expected ? buf.size : 0);
        for (size_t cut = 1; cut < buf.size; cut++)
            right = right && !leat_utf8_valid(buf.data, cut);
        if (!right) /* not an assert each: Check writes to its parent for every one */
            ck_abort_msg("U+%04X", code);
    }
    leat_buf_free(&buf);
}
END_TEST

START_TEST(what_is_not_utf8)
{
    static const char *const bad[] = {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x80\x80",
                                      "\xE0\x9F\xBF",
                                      "\xF0\x80\x80\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xC3\x28",
                                      "\xE2\x28\xA1",
                                      "\xE2\x82\x28",
                                      "\xF0\x28\x8C\xBC",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF"};
    ck_assert(leat_utf8_valid(NULL, 0));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t before = 0; before < 40; before++) {
            size_t size = before + strlen(bad[i]);
            char *bytes = leat_alloc(size + 20);
            memset(bytes, 'a', size + 20);
            ck_assert(leat_utf8_valid(bytes, size + 20));
            memcpy(bytes + before, bad[i], strlen(bad[i]));
            ck_assert(!leat_utf8_valid(bytes, size + 20));
            ck_assert(!leat_utf8_valid(bytes, size));
            free(bytes);
        }
}
END_TEST

static Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    LEAT_TEST_ADD(suite, what_json_wants_escaped_is_escaped);
    LEAT_TEST_ADD(suite, any_bytes_of_any_length_are_escaped_as_one_by_one);
    LEAT_TEST_ADD(suite, large_texts_do_not_reserve_six_times_their_size);
    LEAT_TEST_ADD(suite, base64_of_the_rfc);
    LEAT_TEST_ADD(suite, hex_is_lower_case);
    LEAT_TEST_ADD(suite, integers_of_every_length);
    LEAT_TEST_ADD(suite, fixed_digits_have_zeros_first);
    LEAT_TEST_ADD(suite, every_code_point_but_surrogates_is_valid);
    LEAT_TEST_ADD(suite, what_is_not_utf8);
    return suite;
}

LEAT_TEST_MAIN(json_suite)
