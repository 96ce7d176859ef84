/* UUID, INET4 and INET6 as MariaDB 10.11 prints them; zero bytes at the end may be missing. */
#include "check_main.h"
#include "format/shape.h"

#include <string.h>

static const char *text_of(uint8_t shape, const char *hex)
{
    static char text[LEAT_SHAPE_TEXT_MAX + 1];
    uint8_t bytes[16];
    uint32_t size = 0;
    for (unsigned value; hex[2 * size] && sscanf(hex + 2 * size, "%2x", &value) == 1; size++)
        bytes[size] = (uint8_t)value;
    text[leat_shape_text(text, shape, bytes, size)] = 0;
    return text;
}

START_TEST(uuids_are_written_in_the_order_of_their_bytes)
{
    ck_assert_str_eq(text_of(LEAT_SHAPE_UUID, "123e4567e89b12d3a456426655440000"), "123e4567-e89b-12d3-a456-426655440000");
    ck_assert_str_eq(text_of(LEAT_SHAPE_UUID, "123e4567e89b12d3a45642665544"), "123e4567-e89b-12d3-a456-426655440000");
    ck_assert_str_eq(text_of(LEAT_SHAPE_UUID, ""), "00000000-0000-0000-0000-000000000000");
}
END_TEST

START_TEST(inet4_has_four_numbers)
{
    ck_assert_str_eq(text_of(LEAT_SHAPE_INET4, "c0a80001"), "192.168.0.1");
    ck_assert_str_eq(text_of(LEAT_SHAPE_INET4, "7f"), "127.0.0.0");
}
END_TEST

START_TEST(every_number_and_every_group)
{
    char text[LEAT_SHAPE_TEXT_MAX + 1], expected[LEAT_SHAPE_TEXT_MAX];
    for (unsigned value = 0; value < 256; value++) {
        const uint8_t bytes[] = {1, (uint8_t)value, 2, (uint8_t)value};
        text[leat_shape_text(text, LEAT_SHAPE_INET4, bytes, sizeof bytes)] = 0;
        snprintf(expected, sizeof expected, "1.%u.2.%u", value, value);
        ck_assert_str_eq(text, expected);
    }
    for (unsigned value = 1; value < 65536; value++) {
        uint8_t bytes[16];
        for (int i = 0; i < 16; i++)
            bytes[i] = (uint8_t)(i % 2 ? value : value >> 8);
        text[leat_shape_text(text, LEAT_SHAPE_INET6, bytes, sizeof bytes)] = 0;
        snprintf(expected, sizeof expected, "%x:%x:%x:%x:%x:%x:%x:%x", value, value, value, value, value, value, value, value);
        ck_assert_str_eq(text, expected);
    }
}
END_TEST

START_TEST(inet6_leaves_out_the_longest_run_of_zeros)
{
    static const struct {
        const char *hex, *text;
    } cases[] = {
        {"00000000000000000000000000000000", "::"},
        {"00000000000000000000000000000001", "::1"},
        {"0001", "1::"},
        {"00010000000000020000000000000003", "1:0:0:2::3"},
        {"00010002000300040005000600070008", "1:2:3:4:5:6:7:8"},
        {"ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"00000000000000000000ffff01020304", "::ffff:1.2.3.4"},
        {"00000000000000000000000001020304", "::1.2.3.4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(text_of(LEAT_SHAPE_INET6, cases[i].hex), cases[i].text);
}
END_TEST

static Suite *suite(void)
{
    Suite *shapes = suite_create("format: shapes");
    LEAT_TEST_ADD(shapes, uuids_are_written_in_the_order_of_their_bytes);
    LEAT_TEST_ADD(shapes, inet4_has_four_numbers);
    LEAT_TEST_ADD(shapes, every_number_and_every_group);
    LEAT_TEST_ADD(shapes, inet6_leaves_out_the_longest_run_of_zeros);
    return shapes;
}

LEAT_TEST_MAIN(suite)
