/* Character sets. */
#include "check_main.h"
#include "vectors.h"

#include "binlog/charset.h"

START_TEST(names_of_collations)
{
    static const struct {
        uint32_t collation;
        const char *name;
    } cases[] = {
        {0, "unknown"},          {1, "big5"},      {8, "latin1"},
        {11, "ascii"},           {33, "utf8mb3"},  {45, "utf8mb4"},
        {63, "binary"},          {17, "unknown"},  {83, "utf8mb3"},
        {100, "unknown"},        {101, "utf16"},   {255, "utf8mb4"},
        {323, "utf8mb4"},        {324, "unknown"}, {248, "gb18030"},
        {249, "gb18030"},        {1032, "latin1"}, {2048, "utf8mb3"},
        {2304, "utf8mb4"},       {3271, "utf32"},  {3272, "unknown"},
        {UINT32_MAX, "unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_str_eq(leat_charset_name(cases[i].collation), cases[i].name);
    ck_assert_int_eq(leat_charset_of(255), LEAT_CHARSET_UTF8MB4);
    ck_assert_int_eq(leat_charset_of(8), LEAT_CHARSET_LATIN1);
    ck_assert_int_eq(leat_charset_of(1), LEAT_CHARSET_UNSUPPORTED);
    ck_assert_int_eq(leat_charset_of(0), LEAT_CHARSET_UNSUPPORTED);
}
END_TEST

static void expect(enum leat_charset charset, const char *bytes, const char *expected)
{
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    int result = leat_charset_to_utf8(&buf, charset, bytes, strlen(bytes), &err);
    ck_assert_int_eq(result, expected ? 0 : LEAT_FAIL);
    if (expected)
        ck_assert_str_eq(leat_buf_cstr(&buf), expected);
    else
        ck_assert_int_eq(err.code, charset ? LEAT_E_MALFORMED : LEAT_E_UNSUPPORTED);
    leat_buf_free(&buf);
}

START_TEST(latin1_is_cp1252)
{
    expect(LEAT_CHARSET_LATIN1, "plain text of more than eight", "plain text of more than eight");
    expect(LEAT_CHARSET_LATIN1, "\x80", "€");
    expect(LEAT_CHARSET_LATIN1, "\x81\x8d\x8f\x90\x9d", "\xc2\x81\xc2\x8d\xc2\x8f\xc2\x90\xc2\x9d");
    expect(LEAT_CHARSET_LATIN1, "gr\xfc\xdf \x84 \x9f\xa0\xff", "grüß „ Ÿ\xc2\xa0ÿ");
}
END_TEST

START_TEST(utf8_is_checked)
{
    expect(LEAT_CHARSET_UTF8MB4, "grüß 𐍈", "grüß 𐍈");
    expect(LEAT_CHARSET_UTF8MB3, "grüß €", "grüß €");
    expect(LEAT_CHARSET_UTF8MB3, "𐍈", NULL);
    expect(LEAT_CHARSET_UTF8MB4, "gr\xfc\xdf", NULL);
    expect(LEAT_CHARSET_UTF8MB4, "12345678\xe2\x82", NULL);
    expect(LEAT_CHARSET_ASCII, "grüß", NULL);
    expect(LEAT_CHARSET_ASCII, "gruss, and more", "gruss, and more");
    expect(LEAT_CHARSET_BINARY, "\xff", NULL);
    expect(LEAT_CHARSET_UNSUPPORTED, "a", NULL);
    expect(LEAT_CHARSET_UTF8MB4, "", "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog character sets");
    LEAT_TEST_ADD(s, names_of_collations);
    LEAT_TEST_ADD(s, latin1_is_cp1252);
    LEAT_TEST_ADD(s, utf8_is_checked);
    return s;
}

LEAT_TEST_MAIN(suite)
