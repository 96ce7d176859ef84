/* Sets of GTIDs as bytes: MySQL's two formats and ours, and bytes that were made to hurt. Inputs lie in
 * exactly sized memory, for the address sanitizer. */
#include "check_main.h"

#include "base/alloc.h"
#include "base/json.h"
#include "gtid_helpers.h"

#define TAG_32 "abcdefghijklmnopqrstuvwxyz_01234"

static const char *const mysql_sets[] = {
    "",
    A ":1",
    A ":1-7:9-10," B ":5-9223372036854775806",
    A ":1-4:aaaa:1",
    A ":_:1-3:" TAG_32 ":9," B ":1," C ":x:1:3:5",
};

static size_t from_hex(uint8_t *bytes, const char *hex)
{
    size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return size;
}

START_TEST(the_untagged_format_byte_for_byte)
{
    struct leat_gtid_set *set = set_of(A ":1-7:9," B ":3");
    struct leat_buf buf = {0}, hex = {0};
    leat_gtid_set_encode_mysql(&buf, set);
    leat_put_hex(&hex, buf.data, buf.size);
    ck_assert_str_eq(leat_buf_cstr(&hex), "0200000000000000"
                                          "aaaaaaaa000000000000000000000001"
                                          "0200000000000000"
                                          "0100000000000000"
                                          "0800000000000000"
                                          "0900000000000000"
                                          "0a00000000000000"
                                          "bbbbbbbb000000000000000000000002"
                                          "0100000000000000"
                                          "0300000000000000"
                                          "0400000000000000");
    leat_buf_free(&buf);
    leat_buf_free(&hex);
    leat_gtid_set_free(&set);
}
END_TEST

START_TEST(the_tagged_format_byte_for_byte)
{
    struct leat_gtid_set *set = set_of(A ":1-4:tagged:1");
    struct leat_buf buf = {0}, hex = {0};
    leat_gtid_set_encode_mysql(&buf, set);
    leat_put_hex(&hex, buf.data, buf.size);
    ck_assert_str_eq(leat_buf_cstr(&hex), "0102000000000001"
                                          "aaaaaaaa000000000000000000000001"
                                          "00"
                                          "0100000000000000"
                                          "0100000000000000"
                                          "0500000000000000"
                                          "aaaaaaaa000000000000000000000001"
                                          "0c"
                                          "746167676564"
                                          "0100000000000000"
                                          "0100000000000000"
                                          "0200000000000000");
    leat_buf_free(&buf);
    leat_buf_free(&hex);
    leat_gtid_set_free(&set);
}
END_TEST

START_TEST(mysql_bytes_there_and_back_and_every_cut_fails)
{
    for (size_t i = 0; i < sizeof mysql_sets / sizeof *mysql_sets; i++) {
        struct leat_gtid_set *set = set_of(mysql_sets[i]), *back;
        struct leat_buf buf = {0};
        leat_gtid_set_encode_mysql(&buf, set);
        for (size_t size = 0; size < buf.size; size++) {
            uint8_t *bytes = leat_memdup(buf.data, size);
            struct leat_error err = {0};
            ck_assert_int_eq(leat_gtid_set_decode_mysql(&back, bytes, size, &err), LEAT_FAIL);
            ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
            ck_assert_ptr_null(back);
            free(bytes);
        }
        ck_assert_int_eq(leat_gtid_set_decode_mysql(&back, buf.data, buf.size, NULL), LEAT_OK);
        ck_assert(leat_gtid_set_equal(set, back));
        leat_gtid_set_free(&back);
        leat_buf_u8(&buf, 0);
        ck_assert_int_eq(leat_gtid_set_decode_mysql(&back, buf.data, buf.size, NULL), LEAT_FAIL);
        leat_buf_free(&buf);
        leat_gtid_set_free(&set);
    }
}
END_TEST

START_TEST(our_bytes_there_and_back_and_every_cut_fails)
{
    static const char *const texts[] = {"", A ":1-7:9," B ":3", A ":1-4:" TAG_32 ":1",
                                        "0-1-7,4294967295-2-18446744073709551615"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct leat_gtid_set *set = set_of(texts[i]), *back;
        struct leat_buf buf = {0};
        leat_gtid_set_encode(&buf, set);
        for (size_t size = 0; size < buf.size; size++) {
            uint8_t *bytes = leat_memdup(buf.data, size);
            struct leat_cursor cursor = leat_cursor(bytes, size);
            ck_assert_int_eq(leat_gtid_set_decode(&back, &cursor, NULL), LEAT_FAIL);
            ck_assert_ptr_null(back);
            free(bytes);
        }
        leat_buf_u8(&buf, 0xEE); /* of the caller */
        struct leat_cursor cursor = leat_cursor(buf.data, buf.size);
        ck_assert_int_eq(leat_gtid_set_decode(&back, &cursor, NULL), LEAT_OK);
        ck_assert_uint_eq(leat_cursor_u8(&cursor), 0xEE);
        ck_assert(leat_gtid_set_equal(set, back));
        leat_gtid_set_free(&back);
        leat_buf_free(&buf);
        leat_gtid_set_free(&set);
    }
}
END_TEST

START_TEST(an_empty_set_in_either_format)
{
    struct leat_gtid_set *set;
    ck_assert_int_eq(leat_gtid_set_decode_mysql(&set, "\0\0\0\0\0\0\0\0", 8, NULL), LEAT_OK);
    check_and_free(set, "");
    ck_assert_int_eq(leat_gtid_set_decode_mysql(&set, "\1\0\0\0\0\0\0\1", 8, NULL), LEAT_OK);
    check_and_free(set, "");
}
END_TEST

START_TEST(malformed_mysql_bytes)
{
#define U   "aaaaaaaa000000000000000000000001"
#define ONE "0100000000000000"
#define TWO "0200000000000000"
    static const struct {
        const char *hex, *message;
    } cases[] = {
        {"", "malformed GTID set: 0 bytes, at least 8 expected"},
        {"01000000000000", "malformed GTID set: 7 bytes, at least 8 expected"},
        {ONE, "malformed GTID set: it ends early, at UUID 1"},
        {"ffffffffffffff00", "malformed GTID set: it ends early, at UUID 1"},
        {"01ffffffffffff01", "malformed GTID set: it ends early, at UUID 1"},
        {"0000000000000002", "GTID set in format 2, which this build doesn't know"},
        {"00000000000000ff", "GTID set in format 255, which this build doesn't know"},
        {ONE U "ffffffffffffffff", "malformed GTID set: more intervals than bytes, at UUID 1"},
        {ONE U "0000000000000010", "malformed GTID set: more intervals than bytes, at UUID 1"},
        {ONE U ONE "0000000000000000" TWO, "malformed GTID set: an interval that is none, at UUID 1"},
        {ONE U ONE TWO TWO, "malformed GTID set: an interval that is none, at UUID 1"},
        {ONE U ONE TWO ONE, "malformed GTID set: an interval that is none, at UUID 1"},
        {ONE U ONE ONE "0000000000000080", "malformed GTID set: an interval that is none, at UUID 1"},
        {ONE U TWO "0500000000000000"
                   "0600000000000000" ONE TWO,
         "malformed GTID set: intervals out of order"},
        {ONE U TWO ONE "0600000000000000" TWO "0300000000000000",
         "malformed GTID set: intervals out of order"},
        {"0101000000000001" U "01", "malformed GTID set: a tag that is too long, at UUID 1"},
        {"0101000000000001" U "42", "malformed GTID set: a tag that is too long, at UUID 1"},
        {"0101000000000001" U "fe", "malformed GTID set: a tag that is too long, at UUID 1"},
        {"0101000000000001" U "0241" ONE ONE TWO,
         "malformed GTID set: a tag with characters that tags don't have"},
        {"0101000000000001" U "0230" ONE ONE TWO,
         "malformed GTID set: a tag with characters that tags don't have"},
        {"0101000000000001" U "046100" ONE ONE TWO,
         "malformed GTID set: a tag with characters that tags don't have"},
        {ONE U ONE ONE TWO "00", "malformed GTID set: bytes behind its end, at UUID 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t scratch[256];
        size_t size = from_hex(scratch, cases[i].hex);
        uint8_t *bytes = leat_memdup(scratch, size);
        struct leat_gtid_set *set;
        struct leat_error err = {0};
        ck_assert_int_eq(leat_gtid_set_decode_mysql(&set, bytes, size, &err), LEAT_FAIL);
        ck_assert_msg(strncmp(err.message, cases[i].message, strlen(cases[i].message)) == 0, "%s: %s",
                      cases[i].hex, err.message);
        ck_assert_int_eq(err.kind, LEAT_KIND_DATA);
        ck_assert_ptr_null(set);
        free(bytes);
    }
}
END_TEST

START_TEST(a_uuid_twice_or_without_intervals_is_merged_or_dropped)
{
    uint8_t scratch[256];
    size_t size = from_hex(scratch, "0300000000000000" U ONE ONE TWO "bbbbbbbb000000000000000000000002"
                                    "0000000000000000" U ONE TWO "0300000000000000");
    struct leat_gtid_set *set;
    ck_assert_int_eq(leat_gtid_set_decode_mysql(&set, scratch, size, NULL), LEAT_OK);
    check_and_free(set, A ":1-2");
}
END_TEST

START_TEST(malformed_bytes_of_ours)
{
    static const char *const cases[] = {
        "",
        "03",
        "01"
        "ffffffff",
        "02"
        "ffffffff",
        "02"
        "02000000"
        "00000000"
        "01000000" ONE "00000000"
        "02000000" ONE, /* a domain twice */
        "01"
        "01000000" U "00"
        "ffffffff",
        "01"
        "01000000" U "2161616161616161616161616161616161616161616161616161616161616161616161"
        "01000000" ONE TWO,
        "01"
        "01000000" U "00"
        "01000000" TWO ONE,
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t scratch[256];
        size_t size = from_hex(scratch, cases[i]);
        uint8_t *bytes = leat_memdup(scratch, size);
        struct leat_cursor cursor = leat_cursor(bytes, size);
        struct leat_gtid_set *set;
        struct leat_error err = {0};
        ck_assert_int_eq(leat_gtid_set_decode(&set, &cursor, &err), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
        ck_assert_ptr_null(set);
        free(bytes);
    }
}
END_TEST

START_TEST(random_damage_never_gives_a_broken_set)
{
    uint64_t state = leat_test_seed();
    struct leat_gtid_set *set = set_of(mysql_sets[4]);
    struct leat_buf mysql = {0}, ours = {0};
    leat_gtid_set_encode_mysql(&mysql, set);
    leat_gtid_set_encode(&ours, set);
    for (int round = 0; round < 20000; round++) {
        const struct leat_buf *from = round & 1 ? &mysql : &ours;
        uint8_t *bytes = leat_memdup(from->data, from->size);
        for (uint64_t i = leat_test_random(&state) % 4 + 1; i > 0; i--)
            bytes[leat_test_random(&state) % from->size] = (uint8_t)leat_test_random(&state);
        struct leat_gtid_set *damaged = NULL;
        struct leat_cursor cursor = leat_cursor(bytes, from->size);
        int result = round & 1 ? leat_gtid_set_decode_mysql(&damaged, bytes, from->size, NULL)
                               : leat_gtid_set_decode(&damaged, &cursor, NULL);
        if (result == LEAT_OK) {
            struct leat_buf text = {0};
            struct leat_gtid_set *again = NULL;
            leat_gtid_set_put(&text, damaged);
            if (leat_gtid_set_parse(&again, leat_buf_cstr(&text), text.size, NULL) != LEAT_OK ||
                !leat_gtid_set_equal(again, damaged))
                ck_abort_msg("%s", leat_buf_cstr(&text));
            leat_gtid_set_free(&again);
            leat_buf_free(&text);
        }
        leat_gtid_set_free(&damaged);
        free(bytes);
    }
    leat_buf_free(&mysql);
    leat_buf_free(&ours);
    leat_gtid_set_free(&set);
}
END_TEST

static Suite *gtid_codec_suite(void)
{
    Suite *suite = suite_create("gtid_codec");
    LEAT_TEST_ADD(suite, the_untagged_format_byte_for_byte);
    LEAT_TEST_ADD(suite, the_tagged_format_byte_for_byte);
    LEAT_TEST_ADD(suite, mysql_bytes_there_and_back_and_every_cut_fails);
    LEAT_TEST_ADD(suite, our_bytes_there_and_back_and_every_cut_fails);
    LEAT_TEST_ADD(suite, an_empty_set_in_either_format);
    LEAT_TEST_ADD(suite, malformed_mysql_bytes);
    LEAT_TEST_ADD(suite, a_uuid_twice_or_without_intervals_is_merged_or_dropped);
    LEAT_TEST_ADD(suite, malformed_bytes_of_ours);
    LEAT_TEST_ADD(suite, random_damage_never_gives_a_broken_set);
    return suite;
}

LEAT_TEST_MAIN(gtid_codec_suite)
