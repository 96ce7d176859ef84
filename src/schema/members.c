/* Members of ENUM and SET in the column's character set, which is how table maps have them, out of UTF-8.
 *
 * Sets are known one way only (binlog/charset.h), and members that aren't ASCII are rare: for a column that has such, its set is turned
 * round, by asking what each sequence of bytes becomes. */
#include "draft_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"

enum { BYTES_MAX = 4, CODES = 0x10000 };

struct encoder {
    enum leat_charset charset;
    struct leat_buf room;
    uint32_t *bytes; /* of each character below CODES, the first byte uppermost; 0: the set doesn't have it */
};

/* A character of UTF-8 that is whole: its length and code. */
static size_t character_at(const char *text, size_t size, uint32_t *code)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length > size || (first >= 0x80 && first < 0xC2))
        return 0;
    *code = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        *code = *code << 6 | ((unsigned char)text[i] & 0x3F);
    return length;
}

/* Of the sets of Unicode: two or four bytes, or a pair of surrogates. */
static size_t encode_unicode(enum leat_charset charset, uint32_t code, uint8_t bytes[BYTES_MAX])
{
    if (charset == LEAT_CHARSET_UTF32) {
        for (int i = 0; i < 4; i++)
            bytes[i] = (uint8_t)(code >> (24 - 8 * i));
        return 4;
    }
    uint32_t units[2] = {code, 0};
    size_t count = 1;
    if (code > 0xFFFF) {
        units[0] = 0xD800 + ((code - 0x10000) >> 10);
        units[1] = 0xDC00 + ((code - 0x10000) & 0x3FF);
        count = 2;
    }
    for (size_t i = 0; i < count; i++) {
        bool little = charset == LEAT_CHARSET_UTF16LE;
        bytes[2 * i + little] = (uint8_t)(units[i] >> 8);
        bytes[2 * i + !little] = (uint8_t)units[i];
    }
    return 2 * count;
}

/* ---- The set turned round ---- */

/* The first sequence that becomes a character is its own. */
static void note(struct encoder *encoder, uint32_t sequence, size_t size)
{
    const uint8_t bytes[BYTES_MAX] = {(uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16), (uint8_t)(sequence >> 8), (uint8_t)sequence};
    struct leat_buf *room = &encoder->room;
    uint32_t code = 0;
    leat_buf_clear(room);
    if (leat_charset_to_utf8(room, encoder->charset, bytes + BYTES_MAX - size, size, NULL) || !room->size ||
        character_at((const char *)room->data, room->size, &code) != room->size || code >= CODES)
        return;
    if (!encoder->bytes[code])
        encoder->bytes[code] = sequence;
}

static void turn_round(struct encoder *encoder)
{
    enum leat_charset charset = encoder->charset;
    encoder->bytes = leat_alloc_zero(CODES, sizeof *encoder->bytes);
    for (uint32_t a = 0; a <= 0xFF; a++)
        note(encoder, a, 1);
    if (leat_charset_character_max(charset) < 2)
        return;
    for (uint32_t a = 0x81; a <= 0xFF; a++)
        for (uint32_t b = 0x30; b <= 0xFF; b++)
            note(encoder, a << 8 | b, 2);
    if (charset == LEAT_CHARSET_UJIS || charset == LEAT_CHARSET_EUCJPMS) /* three behind a shift */
        for (uint32_t a = 0xA1; a <= 0xFF; a++)
            for (uint32_t b = 0xA1; b <= 0xFF; b++)
                note(encoder, UINT32_C(0x8F0000) | a << 8 | b, 3);
    if (charset == LEAT_CHARSET_GB18030)
        for (uint32_t i = 0; i < 4 * 10 * 126 * 10; i++)
            note(encoder, ((0x81 + i / 12600) << 24) | ((0x30 + i / 1260 % 10) << 16) | ((0x81 + i / 10 % 126) << 8) | (0x30 + i % 10), 4);
}

/* 0: the set doesn't have it. */
static size_t encode_turned(struct encoder *encoder, uint32_t code, uint8_t bytes[BYTES_MAX])
{
    if (code >= CODES) { /* gb18030 counts through them */
        uint32_t i = code - CODES;
        const uint8_t four[] = {(uint8_t)(0x90 + i / 12600), (uint8_t)(0x30 + i / 1260 % 10), (uint8_t)(0x81 + i / 10 % 126), (uint8_t)(0x30 + i % 10)};
        memcpy(bytes, four, sizeof four);
        return encoder->charset == LEAT_CHARSET_GB18030 && code <= 0x10FFFF ? sizeof four : 0;
    }
    if (!encoder->bytes)
        turn_round(encoder);
    uint32_t sequence = encoder->bytes[code];
    size_t size = sequence > 0xFFFFFF ? 4 : sequence > 0xFFFF ? 3 : sequence > 0xFF ? 2 : 1;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(sequence >> (8 * (size - 1 - i)));
    return sequence || !code ? size : 0;
}

static size_t encode_unknown(enum leat_charset charset, uint8_t bytes[BYTES_MAX])
{
    if (!leat_charset_has_ascii(charset))
        return encode_unicode(charset, '?', bytes);
    bytes[0] = '?';
    return 1;
}

static bool encode(struct encoder *encoder, struct leat_buf *to, struct leat_text text)
{
    bool ascii = leat_charset_has_ascii(encoder->charset);
    bool unicode = encoder->charset == LEAT_CHARSET_UCS2 || encoder->charset == LEAT_CHARSET_UTF16 ||
                   encoder->charset == LEAT_CHARSET_UTF16LE || encoder->charset == LEAT_CHARSET_UTF32;
    for (uint32_t i = 0; i < text.size;) {
        uint8_t bytes[BYTES_MAX];
        uint32_t code = 0;
        size_t size = character_at(text.bytes + i, text.size - i, &code), length;
        if (!size)
            return false;
        if (encoder->charset == LEAT_CHARSET_UCS2 && code > 0xFFFF)
            code = '?';
        if (code < 0x80 && ascii) {
            bytes[0] = (uint8_t)code;
            length = 1;
        } else if (unicode) {
            length = encode_unicode(encoder->charset, code, bytes);
        } else {
            length = encode_turned(encoder, code, bytes);
        }
        if (!length) /* as the servers do where they aren't strict */
            length = encode_unknown(encoder->charset, bytes);
        leat_buf_put(to, bytes, length);
        i += (uint32_t)size;
    }
    return true;
}

bool leat_members_encode(struct leat_draft *draft, struct leat_text *members, uint32_t count, enum leat_charset charset)
{
    struct encoder encoder = {.charset = charset};
    struct leat_buf bytes = {0};
    bool encoded = true;
    if (charset == LEAT_CHARSET_UTF8MB3 || charset == LEAT_CHARSET_UTF8MB4 || charset == LEAT_CHARSET_BINARY)
        return true;
    for (uint32_t i = 0; i < count && encoded; i++) {
        leat_buf_clear(&bytes);
        encoded = encode(&encoder, &bytes, members[i]);
        if (encoded)
            members[i] = leat_draft_text(draft, (const char *)bytes.data, bytes.size);
    }
    leat_buf_free(&bytes);
    leat_buf_free(&encoder.room);
    free(encoder.bytes);
    return encoded;
}
