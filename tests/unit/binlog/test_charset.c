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
    ck_assert_int_eq(leat_charset_of(611), LEAT_CHARSET_UTF8MB4);
    ck_assert_int_eq(leat_charset_of(0), LEAT_CHARSET_UNKNOWN);
}
END_TEST

static void expect_sized(enum leat_charset charset, const char *bytes, size_t size, const char *expected)
{
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    uint8_t *exact = leat_alloc(size ? size : 1); /* without slack, so that sanitizers see reads past it */
    memcpy(exact, bytes, size);
    int result = leat_charset_to_utf8(&buf, charset, exact, size, &err);
    ck_assert_int_eq(result, expected ? 0 : LEAT_FAIL);
    if (expected) {
        ck_assert_str_eq(leat_buf_cstr(&buf), expected);
    } else {
        ck_assert_int_eq(err.code, charset ? LEAT_E_MALFORMED : LEAT_E_UNSUPPORTED);
        ck_assert_uint_eq(buf.size, 0);
    }
    free(exact);
    leat_buf_free(&buf);
}

static void expect(enum leat_charset charset, const char *bytes, const char *expected)
{
    expect_sized(charset, bytes, strlen(bytes), expected);
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
    expect(LEAT_CHARSET_UNKNOWN, "a", NULL);
    expect(LEAT_CHARSET_UTF8MB4, "", "");
}
END_TEST

/* Vectors are what MySQL 9.7 gives. */
START_TEST(sets_of_one_byte)
{
    expect(LEAT_CHARSET_CP1251, "\xef\xf0\xe8\xe2\xe5\xf2", "привет");
    expect(LEAT_CHARSET_KOI8R, "\xd0\xd2\xc9\xd7\xc5\xd4", "привет");
    expect(LEAT_CHARSET_LATIN2, "\xb3\xf3\x64\xbc", "łódź");
    expect(LEAT_CHARSET_GREEK, "\xe3\xe5\xe9\xdc", "γειά");
    expect(LEAT_CHARSET_HEBREW, "\xf9\xec\xe5\xed", "שלום");
    expect(LEAT_CHARSET_TIS620, "\xca\xc7\xd1\xca\xb4\xd5", "สวัสดี");
    expect(LEAT_CHARSET_CP850, "\x82\xa4\xe1", "éñß");
    expect(LEAT_CHARSET_SWE7, "@[\\]^`{|}~ a1", "ÉÄÖÅÜéäöåü a1");
}
END_TEST

START_TEST(codes_without_a_character_are_not_of_the_set)
{
    expect(LEAT_CHARSET_CP1251, "a\x98", NULL);
    expect(LEAT_CHARSET_CP1250, "\x81", NULL);
    expect(LEAT_CHARSET_TIS620, "\xdb", NULL); /* its table has U+FFFD there */
    expect(LEAT_CHARSET_BIG5, "\xa1\x5a", NULL);
    expect(LEAT_CHARSET_SWE7, "\x7f", NULL);
    expect(LEAT_CHARSET_SWE7, "\xe9", NULL);
    expect(LEAT_CHARSET_UJIS, "\x8e\xe0", NULL);
    expect(LEAT_CHARSET_GB18030, "\x84\x31\xa5\x30", NULL);
    expect(LEAT_CHARSET_GB18030, "\xe3\x32\x9a\x36", NULL);
}
END_TEST

START_TEST(sets_of_several_bytes)
{
    expect(LEAT_CHARSET_BIG5, "a\xba\x7e\xa6\x72", "a漢字");
    expect(LEAT_CHARSET_GBK, "\xba\xba\xd7\xd6\x9d\x68", "汉字漢");
    expect(LEAT_CHARSET_GB2312, "\xba\xba\xd7\xd6", "汉字");
    expect(LEAT_CHARSET_GB18030, "\xba\xba\x94\x32\xbe\x34\x81\x37\xa3\x30\xa8\xa6", "汉𝄞☃é");
    expect(LEAT_CHARSET_GB18030, "\x84\x31\xa4\x37\xe3\x32\x9a\x35", "\xef\xbf\xbd\xf4\x8f\xbf\xbf");
    expect(LEAT_CHARSET_SJIS, "\x8a\xbf\x8e\x9a\xb6\xc5\\\x83\x5c", "漢字ｶﾅ\\ソ");
    expect(LEAT_CHARSET_CP932, "\x8a\xbf\x8e\x9a\x87\x40", "漢字①");
    expect(LEAT_CHARSET_UJIS, "\xb4\xc1\xbb\xfa\x8e\xb6\x8f\xb0\xa1", "漢字ｶ丂");
    expect(LEAT_CHARSET_EUCJPMS, "\xb4\xc1\xad\xa1", "漢①");
    expect(LEAT_CHARSET_EUCKR, "\xc7\xd1\xb1\xdb", "한글");
    /* Cut within a character. */
    expect(LEAT_CHARSET_BIG5, "a\xba", NULL);
    expect(LEAT_CHARSET_UJIS, "\x8f\xb0", NULL);
    expect(LEAT_CHARSET_GB18030, "\x94\x32\xbe", NULL);
}
END_TEST

START_TEST(utf16_and_its_kin)
{
    expect_sized(LEAT_CHARSET_UCS2, "\x6f\x22\x26\x03", 4, "漢☃");
    expect_sized(LEAT_CHARSET_UTF16, "\xd8\x34\xdd\x1e\0a", 6, "𝄞a");
    expect_sized(LEAT_CHARSET_UTF16LE, "\x34\xd8\x1e\xdd\x03\x26", 6, "𝄞☃");
    expect_sized(LEAT_CHARSET_UTF32, "\0\x01\xd1\x1e\0\0\0a", 8, "𝄞a");
    /* Odd lengths, surrogates by themselves, beyond Unicode. */
    expect_sized(LEAT_CHARSET_UCS2, "\0a\0", 3, NULL);
    expect_sized(LEAT_CHARSET_UCS2, "\xd8\x34\xdd\x1e", 4, NULL);
    expect_sized(LEAT_CHARSET_UTF16, "\xd8\x34", 2, NULL);
    expect_sized(LEAT_CHARSET_UTF16, "\xd8\x34\xdd", 3, NULL);
    expect_sized(LEAT_CHARSET_UTF16, "\xdd\x1e\xd8\x34", 4, NULL);
    expect_sized(LEAT_CHARSET_UTF16, "\xd8\x34\0a", 4, NULL);
    expect_sized(LEAT_CHARSET_UTF32, "\0\x11\0\0", 4, NULL);
    expect_sized(LEAT_CHARSET_UTF32, "\0\0\xd8\x34", 4, NULL);
    expect_sized(LEAT_CHARSET_UTF32, "\0\0\0a\0", 5, NULL);
    expect(LEAT_CHARSET_UTF8MB4, "\xed\xa0\x80", NULL);
    expect(LEAT_CHARSET_UTF8MB3, "\xed\xbf\xbf", NULL);
}
END_TEST

/* Text is converted in pieces; a character that lies across their border, at any distance, stays whole. */
START_TEST(long_texts_have_no_seams)
{
    static const struct {
        enum leat_charset charset;
        const char *bytes, *text;
        size_t size;
    } cases[] = {{LEAT_CHARSET_CP1251, "\xe9", "й", 1},
                 {LEAT_CHARSET_SJIS, "\x83\x5c", "ソ", 2},
                 {LEAT_CHARSET_UJIS, "\x8f\xb0\xa1", "丂", 3},
                 {LEAT_CHARSET_GB18030, "\x94\x32\xbe\x34", "𝄞", 4}};
    enum { PLAIN_MAX = 9, COUNT = 5000 };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        for (int plain = 0; plain <= PLAIN_MAX; plain++) {
            struct leat_buf bytes = {0}, expected = {0};
            leat_buf_put(&bytes, "123456789", (size_t)plain);
            leat_buf_put(&expected, "123456789", (size_t)plain);
            for (int i = 0; i < COUNT; i++) {
                leat_buf_put(&bytes, cases[k].bytes, cases[k].size);
                leat_buf_puts(&expected, cases[k].text);
            }
            expect_sized(cases[k].charset, (const char *)bytes.data, bytes.size, leat_buf_cstr(&expected));
            if (cases[k].size > 1)
                expect_sized(cases[k].charset, (const char *)bytes.data, bytes.size - 1, NULL);
            leat_buf_free(&bytes);
            leat_buf_free(&expected);
        }
    }
}
END_TEST

/* A line of tests/data/charsets.txt: the bytes that stand at each place of a sequence. */
struct space {
    char name[16];
    uint32_t checksum;
    unsigned places;
    uint8_t bytes[4][256];
    unsigned counts[4];
};

static bool read_space(struct space *space, char *line)
{
    *space = (struct space){0};
    char *rest, *word = strtok_r(line, " \n", &rest);
    if (!word)
        return false;
    snprintf(space->name, sizeof space->name, "%s", word);
    word = strtok_r(NULL, " \n", &rest);
    ck_assert_ptr_nonnull(word);
    space->checksum = (uint32_t)strtoul(word, NULL, 16);
    while ((word = strtok_r(NULL, " \n", &rest))) {
        unsigned place = space->places++;
        ck_assert_uint_lt(place, 4);
        for (char *range, *left; (range = strtok_r(word, ",", &left)); word = NULL)
            for (unsigned byte = (unsigned)strtoul(range, NULL, 16); byte <= strtoul(range + 3, NULL, 16); byte++)
                space->bytes[place][space->counts[place]++] = (uint8_t)byte;
    }
    return true;
}

static enum leat_charset charset_named(const char *name)
{
    for (int i = 1; i < LEAT_CHARSET_COUNT; i++)
        if (strcmp(leat_charset_label((enum leat_charset)i), name) == 0)
            return (enum leat_charset)i;
    ck_abort_msg("no character set is called %s", name);
}

/* The checksum of all answers, in the order of the sequences: UTF-8 or 0xFF, then 0xFE. */
static uint32_t checksum_of(const struct space *space)
{
    enum leat_charset charset = charset_named(space->name);
    struct leat_buf answers = {0};
    struct leat_error err = {0};
    uint32_t checksum = 0;
    size_t total = 1;
    for (unsigned i = 0; i < space->places; i++)
        total *= space->counts[i];
    for (size_t number = 0; number < total; number++) {
        uint8_t sequence[4];
        size_t left = number;
        for (unsigned i = space->places; i-- > 0; left /= space->counts[i])
            sequence[i] = space->bytes[i][left % space->counts[i]];
        if (leat_charset_to_utf8(&answers, charset, sequence, space->places, &err))
            leat_buf_u8(&answers, 0xFF);
        leat_buf_u8(&answers, 0xFE);
        if (answers.size > 60000 || number + 1 == total) {
            checksum = leat_crc32(checksum, answers.data, answers.size);
            leat_buf_clear(&answers);
        }
    }
    leat_buf_free(&answers);
    return checksum;
}

START_TEST(every_sequence_is_what_the_server_said)
{
    FILE *file = fopen(LEAT_TEST_DATA "/charsets.txt", "r");
    ck_assert_ptr_nonnull(file);
    char line[512];
    struct space space;
    unsigned spaces = 0;
    while (fgets(line, sizeof line, file) && read_space(&space, line)) {
        ck_assert_msg(checksum_of(&space) == space.checksum, "%s, space %u differs", space.name, spaces);
        spaces++;
    }
    ck_assert_uint_gt(spaces, LEAT_CHARSET_COUNT);
    fclose(file);
}
END_TEST

/* ---- Sets turned round ---- */

/* The one character that the sequence is; 0: it is none, or several. */
static uint32_t character_of(enum leat_charset charset, uint32_t sequence, size_t size)
{
    static struct leat_buf buf;
    const uint8_t bytes[] = {(uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16), (uint8_t)(sequence >> 8), (uint8_t)sequence};
    leat_buf_clear(&buf);
    if (leat_charset_to_utf8(&buf, charset, bytes + 4 - size, size, NULL))
        return 0;
    size_t length = buf.data[0] < 0x80 ? 1 : buf.data[0] < 0xE0 ? 2 : buf.data[0] < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? buf.data[0] : buf.data[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (buf.data[i] & 0x3F);
    return buf.size == length ? code : 0;
}

static size_t size_of(uint32_t sequence)
{
    return sequence > 0xFFFFFF ? 4 : sequence > 0xFFFF ? 3 : sequence > 0xFF ? 2 : 1;
}

static bool is_turned(enum leat_charset charset)
{
    return charset != LEAT_CHARSET_UNKNOWN && charset != LEAT_CHARSET_BINARY && charset != LEAT_CHARSET_UCS2 &&
           charset != LEAT_CHARSET_UTF16 && charset != LEAT_CHARSET_UTF16LE && charset != LEAT_CHARSET_UTF32 &&
           charset != LEAT_CHARSET_UTF8MB3 && charset != LEAT_CHARSET_UTF8MB4;
}

/* Each sequence of one byte or two that is a character is its own, or behind the one that is. */
static void check_short_ones(enum leat_charset charset, const uint32_t *sequences)
{
    uint32_t last = leat_charset_character_max(charset) > 1 ? 0xFFFF : 0xFF;
    for (uint32_t sequence = 1; sequence <= last; sequence++) {
        uint32_t code = character_of(charset, sequence, size_of(sequence));
        ck_assert_msg(!code || (sequences[code] && sequences[code] <= sequence), "set %d: %x is %x, which is %x", (int)charset, sequence,
                      code, sequences[code]);
    }
}

static void check_turned(enum leat_charset charset)
{
    uint32_t *sequences = leat_alloc(LEAT_CHARSET_TURNED * sizeof *sequences), known = 0;
    leat_charset_turn_round(charset, sequences);
    for (uint32_t code = 1; code < LEAT_CHARSET_TURNED; code++)
        if (sequences[code]) {
            known++;
            ck_assert_uint_eq(character_of(charset, sequences[code], size_of(sequences[code])), code);
        }
    ck_assert_uint_ge(known, charset == LEAT_CHARSET_GB18030 ? 63000 : 80);
    check_short_ones(charset, sequences);
    free(sequences);
}

START_TEST(a_set_turned_round_says_the_same)
{
    for (unsigned charset = 0; charset < LEAT_CHARSET_COUNT; charset++)
        if (is_turned((enum leat_charset)charset))
            check_turned((enum leat_charset)charset);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog character sets");
    LEAT_TEST_ADD(s, names_of_collations);
    LEAT_TEST_ADD(s, latin1_is_cp1252);
    LEAT_TEST_ADD(s, utf8_is_checked);
    LEAT_TEST_ADD(s, sets_of_one_byte);
    LEAT_TEST_ADD(s, codes_without_a_character_are_not_of_the_set);
    LEAT_TEST_ADD(s, sets_of_several_bytes);
    LEAT_TEST_ADD(s, utf16_and_its_kin);
    LEAT_TEST_ADD(s, long_texts_have_no_seams);
    LEAT_TEST_ADD(s, every_sequence_is_what_the_server_said);
    LEAT_TEST_ADD(s, a_set_turned_round_says_the_same);
    return s;
}

LEAT_TEST_MAIN(suite)
