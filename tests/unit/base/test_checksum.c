/* Checksums against their published check values, and against themselves in pieces. */
#include "check_main.h"

#include <string.h>

#include "base/checksum.h"
#include "base/checksum_int.h"

START_TEST(published_check_values)
{
    ck_assert_uint_eq(leat_crc32(0, "123456789", 9), 0xCBF43926);
    ck_assert_uint_eq(leat_crc32c(0, "123456789", 9), 0xE3069283);
    uint8_t zeros[32] = {0};
    ck_assert_uint_eq(leat_crc32c(0, zeros, 32), 0x8A9136AA); /* RFC 3720, B.4 */
    ck_assert_uint_eq(leat_crc32(0, NULL, 0), 0);
    ck_assert_uint_eq(leat_crc32c(0, NULL, 0), 0);
    ck_assert_uint_eq(leat_hash64(NULL, 0, 0), 0x2D06800538D394C2); /* XXH3 of nothing */
}
END_TEST

START_TEST(pieces_make_the_whole)
{
    uint64_t state = leat_test_seed();
    uint8_t bytes[600];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)leat_test_random(&state);
    uint32_t whole = leat_crc32(0, bytes, sizeof bytes);
    uint32_t whole_c = leat_crc32c(0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        ck_assert_uint_eq(leat_crc32(leat_crc32(0, bytes, cut), bytes + cut, sizeof bytes - cut), whole);
        ck_assert_uint_eq(leat_crc32c(leat_crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut), whole_c);
    }
}
END_TEST

START_TEST(software_and_instruction_agree_at_any_alignment)
{
    uint64_t state = leat_test_seed();
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)leat_test_random(&state);
    for (size_t from = 0; from < 16; from++)
        for (size_t size = 0; size + from <= sizeof bytes; size += 1 + from)
            ck_assert_uint_eq(leat_crc32c(7, bytes + from, size),
                              ~leat_crc32c_software(~7U, bytes + from, size));
}
END_TEST

/* One bit at a time, as the polynomial is defined. */
static uint32_t crc32_by_bits(uint32_t crc, const uint8_t *at, size_t size)
{
    for (; size; size--, at++) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return crc;
}

START_TEST(crc32_of_any_size_and_alignment_is_what_its_polynomial_says)
{
    uint64_t state = leat_test_seed();
    uint8_t bytes[1300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)leat_test_random(&state);
    for (size_t from = 0; from < 17; from++) {
        uint32_t seed = (uint32_t)leat_test_random(&state);
        for (size_t size = 0; size + from <= sizeof bytes; size += 1 + from)
            ck_assert_uint_eq(leat_crc32(seed, bytes + from, size), ~crc32_by_bits(~seed, bytes + from, size));
    }
}
END_TEST

START_TEST(a_changed_bit_changes_the_sum)
{
    uint8_t bytes[64] = {0};
    uint32_t crc = leat_crc32(0, bytes, 64), crc_c = leat_crc32c(0, bytes, 64);
    uint64_t hash = leat_hash64(bytes, 64, 0);
    ck_assert_uint_ne(leat_hash64(bytes, 64, 1), hash);
    for (unsigned bit = 0; bit < 512; bit++) {
        bytes[bit / 8] = (uint8_t)(1U << bit % 8);
        ck_assert_uint_ne(leat_crc32(0, bytes, 64), crc);
        ck_assert_uint_ne(leat_crc32c(0, bytes, 64), crc_c);
        ck_assert_uint_ne(leat_hash64(bytes, 64, 0), hash);
        bytes[bit / 8] = 0;
    }
}
END_TEST

static Suite *checksum_suite(void)
{
    Suite *suite = suite_create("checksum");
    LEAT_TEST_ADD(suite, published_check_values);
    LEAT_TEST_ADD(suite, pieces_make_the_whole);
    LEAT_TEST_ADD(suite, software_and_instruction_agree_at_any_alignment);
    LEAT_TEST_ADD(suite, crc32_of_any_size_and_alignment_is_what_its_polynomial_says);
    LEAT_TEST_ADD(suite, a_changed_bit_changes_the_sum);
    return suite;
}

LEAT_TEST_MAIN(checksum_suite)
