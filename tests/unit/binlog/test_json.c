/* Binary JSON into the server's text. */
#include "check_main.h"
#include "vectors.h"

#include "binlog/value.h"

static unsigned passed;

static int render(struct leat_buf *buf, const uint8_t *bytes, size_t size)
{
    struct leat_error err = {0};
    return leat_value_json(buf, bytes, (uint32_t)size, &err);
}

/* Takes away the blanks outside of texts. */
static void compact(char *text)
{
    bool quoted = false;
    char *to = text;
    for (char *from = text; *from; from++) {
        if (*from == '"')
            quoted = !quoted;
        if (quoted && from[0] == '\\')
            *to++ = *from++;
        if (quoted || *from != ' ')
            *to++ = *from;
    }
    *to = 0;
}

static void one(struct vector *vector)
{
    struct leat_buf buf = {0};
    int result = render(&buf, vector->input, vector->input_size);
    passed++;
    if (vectors_error_expected(vector)) {
        ck_assert_msg(result == LEAT_FAIL, "line %u", vector->line);
        ck_assert_uint_eq(buf.size, 0);
        leat_buf_free(&buf);
        return;
    }
    ck_assert_msg(result == 0, "line %u (%s)", vector->line, vector->expected);
    char *text = leat_strdup(leat_buf_cstr(&buf));
    char *quote = strstr(vector->expected, "server text ");
    char *expected = quote ? quote + 12 : vector->expected;
    if (strncmp(vector->expected, "(contains key", 13) == 0) {
        ck_assert_ptr_nonnull(strstr(text, "\"1f3a2ea5bc1f60258df20521bee9ac636df69a3a\""));
        ck_assert_ptr_null(strstr(text, "17fc9889474028063990914001f6854f6b8b5784"));
    } else {
        compact(text);
        compact(expected);
        ck_assert_msg(strcmp(text, expected) == 0, "line %u: %s is not %s", vector->line, text, expected);
    }
    free(text);
    leat_buf_free(&buf);
}

START_TEST(vectors_of_others)
{
    unsigned count = vectors_each("jsonb.tsv", one) + vectors_each("jsonb_errors.tsv", one);
    ck_assert_uint_eq(passed, count);
}
END_TEST

START_TEST(doubles_as_the_server_prints_them)
{
    unsigned count = vectors_each("json_double.tsv", one);
    ck_assert_uint_eq(passed, count);
}
END_TEST

static void expect(const char *hex, const char *expected)
{
    size_t size;
    uint8_t *bytes = vectors_unhex(hex, &size);
    struct leat_buf buf = {0};
    int result = render(&buf, bytes, size);
    if (expected) {
        ck_assert_int_eq(result, 0);
        ck_assert_str_eq(leat_buf_cstr(&buf), expected);
    } else {
        ck_assert_int_eq(result, LEAT_FAIL);
    }
    leat_buf_free(&buf);
    free(bytes);
}

START_TEST(text_has_the_servers_blanks)
{
    expect("000200160012000100130001000501000c140061620178", "{\"a\": 1, \"b\": \"x\"}");
    expect("", "null");
}
END_TEST

/* As MySQL 9.7.4 prints x'00ff80' repeated: a line ends behind 57 bytes if more follow. */
/* What MySQL 9.7 makes of numbers in expressions: CAST(CAST('999….999…' AS DECIMAL(65,30)) AS JSON) is a
 * DECIMAL(66,30). */
START_TEST(decimals_of_more_digits_than_columns_have)
{
    expect("0ff620421e85f5e0ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff03e7",
           "99999999999999999999999999999999999.999999999999999999999999999999");
    expect("0ff6162a298000000000000000000000000000000000000001",
           "0.00000000000000000000000000000000000000001");
    expect("0ff6162a2a8000000000000000000000000000000000000001", NULL); /* other digits than bytes */
    expect("0ff6022a29", NULL);
    expect("0ff6025200", NULL);
    /* ten groups: 73 digits and 10 */
    expect("0ff62e530a800000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
           "0000000",
           NULL);
}
END_TEST

START_TEST(base64_in_lines)
{
#define LINE "AP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+AAP+A"
    struct leat_buf document = {0}, text = {0};
    for (int groups = 19; groups <= 40; groups += 21) {
        document.size = text.size = 0;
        leat_buf_put(&document, "\x0f\x0f", 2);
        if (groups * 3 > 127)
            leat_buf_u8(&document, (uint8_t)(0x80 | groups * 3 % 128));
        leat_buf_u8(&document, (uint8_t)(groups * 3 > 127 ? groups * 3 / 128 : groups * 3));
        for (int i = 0; i < groups; i++)
            leat_buf_put(&document, "\x00\xff\x80", 3);
        ck_assert_int_eq(render(&text, document.data, document.size), 0);
        ck_assert_str_eq(leat_buf_cstr(&text), groups == 19 ? "\"base64:type15:" LINE "\""
                                                            : "\"base64:type15:" LINE "\\n" LINE
                                                              "\\nAP+AAP+A\"");
    }
    leat_buf_free(&document);
    leat_buf_free(&text);
}
END_TEST

/* DECIMAL(66,30) and DECIMAL(42,41) of expressions, which no column can be; what doesn't fit nine groups
 * fails. */
START_TEST(decimals_wider_than_a_columns)
{
    expect("0ff606"
           "2a29"
           "80000000",
           NULL);
    expect("0ff616"
           "2a29"
           "8100000001000000010000000100000001"
           "0001",
           NULL); /* too short for 41 digits */
    expect("0ff616"
           "2a29"
           "81"
           "00000001"
           "00000001"
           "00000001"
           "00000001"
           "000001",
           "1.00000000100000000100000000100000000100001");
}
END_TEST

START_TEST(containers_that_lie_are_refused)
{
    expect("02010008000210000000", NULL);     /* an element that points behind the container */
    expect("02010008000200000000", NULL);     /* an element that is the container itself */
    expect("02ffff080002", NULL);             /* more elements than bytes */
    expect("0001000b000a000100040001", NULL); /* a key that lies among the entries */
    expect("0c8080808010", NULL);             /* a text of 4 GiB */
    expect("0cffffffffffff", NULL);           /* a length without an end */
    expect("0c01ff", NULL);                   /* a text that isn't UTF-8 */
    expect("0b000000000000f07f", NULL);       /* infinity */
    expect("0b000000000000f87f", NULL);       /* not a number */
    expect("0403", NULL);                     /* a literal that isn't one */
    expect("0d00", NULL);                     /* a type that isn't one */
    expect("0f0a080000000000000080", NULL);   /* a negative date */
    expect("0f0c05000000000000", NULL);       /* a datetime of five bytes */
}
END_TEST

/* Arrays around arrays, the innermost empty. */
static struct leat_buf nested(unsigned depth)
{
    struct leat_buf buf = {0};
    size_t size = (size_t)(depth - 1) * 13 + 8;
    leat_buf_u8(&buf, 0x03);
    for (unsigned i = 1; i < depth; i++, size -= 13) {
        leat_buf_u32(&buf, 1);
        leat_buf_u32(&buf, (uint32_t)size);
        leat_buf_u8(&buf, 0x03);
        leat_buf_u32(&buf, 13);
    }
    leat_buf_u32(&buf, 0);
    leat_buf_u32(&buf, 8);
    return buf;
}

START_TEST(depth_is_bounded)
{
    struct leat_buf fits = nested(100), deep = nested(101), hostile = nested(100000), text = {0};
    ck_assert_int_eq(render(&text, fits.data, fits.size), 0);
    ck_assert_uint_eq(text.size, 200);
    ck_assert_int_eq(render(&text, deep.data, deep.size), LEAT_FAIL);
    ck_assert_int_eq(render(&text, hostile.data, hostile.size), LEAT_FAIL);
    leat_buf_free(&fits);
    leat_buf_free(&deep);
    leat_buf_free(&hostile);
    leat_buf_free(&text);
}
END_TEST

/* Each level's two elements are the same next level: 2^n values in 13 n bytes. */
START_TEST(shared_elements_do_not_explode)
{
    enum { DEPTH = 40, STEP = 10 };
    struct leat_buf buf = {0}, text = {0};
    size_t size = DEPTH * STEP + 4;
    leat_buf_u8(&buf, 0x02);
    for (unsigned i = 0; i < DEPTH; i++, size -= STEP) {
        leat_buf_u16(&buf, 2);
        leat_buf_u16(&buf, (uint16_t)size);
        for (int k = 0; k < 2; k++) {
            leat_buf_u8(&buf, 0x02);
            leat_buf_u16(&buf, STEP);
        }
    }
    leat_buf_u16(&buf, 0);
    leat_buf_u16(&buf, 4);
    ck_assert_int_eq(render(&text, buf.data, buf.size), LEAT_FAIL);
    leat_buf_free(&buf);
    leat_buf_free(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog json");
    LEAT_TEST_ADD(s, vectors_of_others);
    LEAT_TEST_ADD(s, doubles_as_the_server_prints_them);
    LEAT_TEST_ADD(s, text_has_the_servers_blanks);
    LEAT_TEST_ADD(s, decimals_of_more_digits_than_columns_have);
    LEAT_TEST_ADD(s, base64_in_lines);
    LEAT_TEST_ADD(s, decimals_wider_than_a_columns);
    LEAT_TEST_ADD(s, containers_that_lie_are_refused);
    LEAT_TEST_ADD(s, depth_is_bounded);
    LEAT_TEST_ADD(s, shared_elements_do_not_explode);
    return s;
}

LEAT_TEST_MAIN(suite)
