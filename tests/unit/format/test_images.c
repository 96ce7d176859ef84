/* Plain images: what the instructions of any machine write is what wider ones write, and what a simple rule says. */
#include <stdio.h>
#include <stdlib.h>

#include "format/image_int.h"
#include "format/lines.h"

enum { ROUNDS = 20000, TEXT_MAX = 200, BEHIND_MAX = 40, ROOM = 16384 };

static unsigned random_below(unsigned limit)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state % limit);
}

/* id BIGINT PRIMARY KEY, name VARCHAR(50), small SMALLINT, body VARCHAR(200) */
static struct leat_table *table_of_texts(void)
{
    struct test_table table;
    test_table_begin(&table, "shop", "texts");
    test_column(&table, "id", LEAT_TYPE_LONGLONG, 0);
    test_string(&table, "name", LEAT_TYPE_VARCHAR, 200, UTF8MB4);
    test_column(&table, "small", LEAT_TYPE_SHORT, 0);
    test_string(&table, "body", LEAT_TYPE_VARCHAR, 800, UTF8MB4);
    test_key(&table, 0);
    return test_table_end(&table);
}

/* Mostly plain; here and there what must be escaped, or has more than a byte. */
static size_t random_text(char *to, size_t size)
{
    static const char *const odd[] = {"\"", "\\", "\n", "\x01", "\x1f", "\x7f", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x92\xbe"};
    size_t at = 0;
    bool plain = random_below(3) == 0;
    while (at < size) {
        const char *next = odd[random_below(sizeof odd / sizeof *odd)];
        if (plain || random_below(24) || at + strlen(next) > size) {
            to[at++] = (char)('a' + random_below(26));
        } else {
            memcpy(to + at, next, strlen(next));
            at += strlen(next);
        }
    }
    return size;
}

static void put_escaped(struct leat_buf *buf, const char *text, size_t size)
{
    static const char *const short_ones = "\b\f\n\r\t", *const letters = "bfnrt";
    leat_buf_u8(buf, '"');
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        const char *letter = byte ? strchr(short_ones, byte) : NULL;
        if (byte == '"' || byte == '\\')
            leat_buf_printf(buf, "\\%c", byte);
        else if (letter)
            leat_buf_printf(buf, "\\%c", letters[letter - short_ones]);
        else if (byte < 0x20)
            leat_buf_printf(buf, "\\u%04x", byte);
        else
            leat_buf_u8(buf, byte);
    }
    leat_buf_u8(buf, '"');
}

static size_t written(leat_plain_writer *write, const struct leat_plan *plan, struct leat_buf *out, const uint8_t *at, const uint8_t *end,
                      const uint8_t *behind)
{
    struct leat_buf scratch = {0}, nulls = {0};
    struct leat_error err = {0};
    struct leat_writer writer = {.scratch = &scratch, .json_nulls = &nulls};
    leat_buf_clear(out);
    leat_writer_begin(&writer, out, 64 + plan->image_max);
    ck_assert_ptr_eq(write(&writer, plan, 0, at, end, &err), behind);
    leat_writer_commit(&writer);
    leat_buf_free(&scratch);
    leat_buf_free(&nulls);
    return out->size;
}

START_TEST(all_machines_write_the_same)
{
    struct leat_table *table = table_of_texts();
    struct leat_plan *plan;
    struct leat_error err = {0};
    struct leat_buf expected = {0}, any = {0}, wide = {0};
    ck_assert_int_eq(leat_plan_new(&plan, table, NULL, NULL, NULL, &err), LEAT_OK);
    leat_plain_writer *const write_wide = leat_image_write_plain_avx2();
    for (int round = 0; round < ROUNDS; round++) {
        char name[TEXT_MAX], body[4 * TEXT_MAX];
        size_t name_size = random_text(name, random_below(TEXT_MAX + 1)), body_size = random_text(body, random_below(4 * TEXT_MAX + 1));
        uint64_t id = (uint64_t)random_below(UINT32_MAX) << random_below(33) >> random_below(60);
        int16_t small = (int16_t)random_below(65536);
        struct leat_buf image = {0};
        leat_buf_u64(&image, id);
        leat_buf_u8(&image, (uint8_t)name_size);
        leat_buf_put(&image, name, name_size);
        leat_buf_u16(&image, (uint16_t)small);
        leat_buf_u16(&image, (uint16_t)body_size);
        leat_buf_put(&image, body, body_size);
        size_t size = image.size;
        for (unsigned more = random_below(BEHIND_MAX); more; more--)
            leat_buf_u8(&image, 'x');
        /* in memory of exactly its size, so that what reads beyond it is found */
        uint8_t *exact = malloc(image.size);
        memcpy(exact, image.data, image.size);

        leat_buf_clear(&expected);
        leat_buf_printf(&expected, "{\"id\":%lld,\"name\":", (long long)id);
        put_escaped(&expected, name, name_size);
        leat_buf_printf(&expected, ",\"small\":%d,\"body\":", small);
        put_escaped(&expected, body, body_size);
        leat_buf_u8(&expected, '}');
        ck_assert_uint_eq(written(leat_image_write_plain, plan, &any, exact, exact + image.size, exact + size), expected.size);
        ck_assert_mem_eq(any.data, expected.data, expected.size);
        if (write_wide) {
            ck_assert_uint_eq(written(write_wide, plan, &wide, exact, exact + image.size, exact + size), expected.size);
            ck_assert_mem_eq(wide.data, expected.data, expected.size);
        }
        free(exact);
        leat_buf_free(&image);
    }
    leat_buf_free(&expected);
    leat_buf_free(&any);
    leat_buf_free(&wide);
    leat_plan_free(&plan);
    leat_table_release(&table);
}
END_TEST

START_TEST(values_that_are_not_whole_fail)
{
    struct leat_table *table = table_of_texts();
    struct leat_plan *plan;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_plan_new(&plan, table, NULL, NULL, NULL, &err), LEAT_OK);
    leat_plain_writer *const writers[] = {leat_image_write_plain, leat_image_write_plain_avx2()};
    static const uint8_t image[] = {7, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c', 1, 0, 2, 0, 'd', 'e'};
    for (size_t i = 0; i < 2 && writers[i]; i++)
        for (size_t size = 0; size < sizeof image; size++) {
            uint8_t *exact = malloc(size + 1);
            struct leat_buf out = {0};
            memcpy(exact, image, size);
            (void)written(writers[i], plan, &out, exact, exact + size, NULL);
            leat_buf_free(&out);
            free(exact);
        }
    leat_plan_free(&plan);
    leat_table_release(&table);
}
END_TEST

/* The key's text is then the images' too, up to its brace. */
START_TEST(images_begin_as_their_key_where_its_columns_are_the_first)
{
    static const char *const wanted[] = {
        "\"key\":{\"a\":1234567890123,\"b\":7},\"before\":{\"a\":1234567890123,\"b\":7,\"c\":1},\"after\":{\"a\":1234567890123,\"b\":7,\"c\":2}",
        "\"key\":{\"b\":7,\"a\":1234567890123},\"before\":{\"a\":1234567890123,\"b\":7,\"c\":1},\"after\":{\"a\":1234567890123,\"b\":7,\"c\":2}",
        "\"key\":{\"b\":7},\"before\":{\"a\":1234567890123,\"b\":7,\"c\":1},\"after\":{\"a\":1234567890123,\"b\":7,\"c\":2}",
        "\"key\":{\"a\":1234567890123,\"b\":7,\"c\":2},\"before\":{\"a\":1234567890123,\"b\":7,\"c\":1},\"after\":{\"a\":1234567890123,\"b\":7,\"c\":2}"};
    static const int keys[][3] = {{0, 1, -1}, {1, 0, -1}, {1, -1, -1}, {0, 1, 2}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct test_table table;
        struct test_sink sink;
        test_table_begin(&table, "shop", "t");
        test_column(&table, "a", LEAT_TYPE_LONGLONG, 0);
        test_column(&table, "b", LEAT_TYPE_LONGLONG, 0);
        test_column(&table, "c", LEAT_TYPE_TINY, 0);
        for (int part = 0; part < 3 && keys[i][part] >= 0; part++)
            test_key(&table, (uint32_t)keys[i][part]);
        struct leat_table *made = test_table_end(&table);
        struct leat_buf images = {0};
        for (uint8_t c = 1; c <= 2; c++) {
            leat_buf_u8(&images, 0);
            leat_buf_u64(&images, 1234567890123);
            leat_buf_u64(&images, 7);
            leat_buf_u8(&images, c);
        }
        test_sink_open(&sink, false, NULL);
        struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID);
        test_must(&sink, &begin);
        struct leat_item rows = test_rows(made, LEAT_OP_UPDATE, 1, &images);
        test_must(&sink, &rows);
        test_must(&sink, &end);
        ck_assert_msg(strstr(test_lines(&sink), wanted[i]) != NULL, "%s", test_lines(&sink));
        leat_buf_free(&images);
        leat_table_release(&made);
        test_sink_close(&sink);
    }
}
END_TEST

START_TEST(positions_of_any_length_follow_each_other)
{
    static const uint64_t positions[] = {4, 9999, 10000, 10001, 19999, 20000, 99990000, 99990001, 100000000, 4294967296, 1, UINT64_C(1) << 61};
    struct leat_table *cart = test_cart("cart");
    struct leat_buf images = {0};
    struct test_sink sink;
    test_sink_open(&sink, false, NULL);
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID);
    test_must(&sink, &begin);
    test_cart_image(&images, 7, "a");
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        struct leat_item rows = test_rows(cart, LEAT_OP_INSERT, 1, &images);
        rows.rows.pos = positions[i];
        test_must(&sink, &rows);
    }
    test_must(&sink, &end);
    const char *at = test_lines(&sink);
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "\"pos\":%llu,\"row\":", (unsigned long long)positions[i]);
        at = strstr(at, wanted);
        ck_assert_msg(at != NULL, "%s", wanted);
    }
    leat_buf_free(&images);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

static Suite *suite(void)
{
    Suite *images = suite_create("format: images");
    LEAT_TEST_ADD(images, all_machines_write_the_same);
    LEAT_TEST_ADD(images, values_that_are_not_whole_fail);
    LEAT_TEST_ADD(images, images_begin_as_their_key_where_its_columns_are_the_first);
    LEAT_TEST_ADD(images, positions_of_any_length_follow_each_other);
    return images;
}

LEAT_TEST_MAIN(suite)
