/* Text in a column's character set into UTF-8. Bytes that are not of the set fail: nothing is replaced,
 * because a replacement is a lost value. */
#include "binlog/charset.h"

#include "binlog_int.h"

#include "base/json.h"

/* Code points of cp1252's 0x80 to 0x9F. The five holes are C1 controls, as in the servers' latin1. */
static const uint16_t cp1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static size_t ascii_prefix(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < size && bytes[i] < 0x80)
        i++;
    return i;
}

/* Each byte becomes at most three. */
static void latin1_to_utf8(struct leat_buf *buf, const uint8_t *bytes, size_t size)
{
    size_t plain = ascii_prefix(bytes, size);
    leat_buf_put(buf, bytes, plain);
    if (plain == size)
        return;
    uint8_t *start = leat_buf_reserve(buf, (size - plain) * 3);
    uint8_t *to = start;
    for (size_t i = plain; i < size; i++) {
        unsigned c = bytes[i];
        if (c < 0x80) {
            *to++ = (uint8_t)c;
            continue;
        }
        if (c < 0xA0)
            c = cp1252[c - 0x80];
        if (c < 0x800) {
            *to++ = (uint8_t)(0xC0 | c >> 6);
        } else {
            *to++ = (uint8_t)(0xE0 | c >> 12);
            *to++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        }
        *to++ = (uint8_t)(0x80 | (c & 0x3F));
    }
    leat_buf_commit(buf, (size_t)(to - start));
}

static bool has_four_byte_characters(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0xF0)
            return true;
    return false;
}

static bool valid(enum leat_charset charset, const uint8_t *bytes, size_t size)
{
    size_t plain = ascii_prefix(bytes, size);
    if (plain == size)
        return true;
    if (charset == LEAT_CHARSET_ASCII)
        return false;
    if (charset == LEAT_CHARSET_UTF8MB3 && has_four_byte_characters(bytes + plain, size - plain))
        return false;
    return leat_utf8_valid(bytes + plain, size - plain);
}

static const char *charset_text(enum leat_charset charset)
{
    switch (charset) {
    case LEAT_CHARSET_BINARY:
        return "binary";
    case LEAT_CHARSET_ASCII:
        return "ascii";
    case LEAT_CHARSET_LATIN1:
        return "latin1";
    case LEAT_CHARSET_UTF8MB3:
        return "utf8mb3";
    case LEAT_CHARSET_UTF8MB4:
        return "utf8mb4";
    case LEAT_CHARSET_UNSUPPORTED:
        break;
    }
    return "unsupported";
}

int leat_charset_to_utf8(struct leat_buf *buf, enum leat_charset charset, const void *bytes, size_t size,
                         struct leat_error *err)
{
    if (charset == LEAT_CHARSET_UNSUPPORTED)
        return leat_unsupported(err, "the text's character set can't be converted");
    if (size == 0)
        return LEAT_OK;
    if (charset == LEAT_CHARSET_LATIN1) {
        latin1_to_utf8(buf, bytes, size);
        return LEAT_OK;
    }
    /* What is binary has no characters: it passes only where it happens to be UTF-8. */
    if (!valid(charset, bytes, size))
        return leat_malformed(err, "a text of %zu bytes is not valid %s", size,
                              charset == LEAT_CHARSET_BINARY ? "UTF-8" : charset_text(charset));
    leat_buf_put(buf, bytes, size);
    return LEAT_OK;
}
