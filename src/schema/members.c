/* Members of ENUM and SET in the column's character set, which is how table maps have them, out of UTF-8.
 *
 * Members that aren't ASCII are rare: for the first column that has such, its set is turned round, and kept for those behind it. */
#include "draft_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"

enum { BYTES_MAX = 4, CODES = LEAT_CHARSET_TURNED };

struct encoder {
    struct leat_draft *draft;
    enum leat_charset charset;
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

static const uint32_t *turned(struct encoder *encoder)
{
    struct leat_draft *draft = encoder->draft;
    if (!draft->turned)
        draft->turned = leat_alloc(CODES * sizeof *draft->turned);
    else if (draft->turned_charset == encoder->charset)
        return draft->turned;
    draft->turned_charset = encoder->charset;
    leat_charset_turn_round(encoder->charset, draft->turned);
    return draft->turned;
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
    uint32_t sequence = turned(encoder)[code];
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

/* In sjis both servers make a wide one of each backslash, unless it comes in sjis already. */
static const uint8_t SJIS_BACKSLASH[] = {0x81, 0x5F};

static bool backslash_is_wide(const struct encoder *encoder)
{
    return encoder->charset == LEAT_CHARSET_SJIS && encoder->draft->spoken != LEAT_CHARSET_SJIS;
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
        if (code == '\\' && backslash_is_wide(encoder)) {
            memcpy(bytes, SJIS_BACKSLASH, sizeof SJIS_BACKSLASH);
            length = sizeof SJIS_BACKSLASH;
        } else if (code < 0x80 && ascii) {
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

bool leat_members_encode(struct leat_draft *draft, struct leat_text *members, const bool *are_bytes, uint32_t count, enum leat_charset charset)
{
    struct encoder encoder = {draft, charset};
    struct leat_buf bytes = {0};
    bool encoded = true;
    if (charset == LEAT_CHARSET_UTF8MB3 || charset == LEAT_CHARSET_UTF8MB4 || charset == LEAT_CHARSET_BINARY)
        return true;
    for (uint32_t i = 0; i < count && encoded; i++) {
        if (are_bytes && are_bytes[i])
            continue;
        leat_buf_clear(&bytes);
        encoded = encode(&encoder, &bytes, members[i]);
        if (encoded)
            members[i] = leat_draft_text(draft, (const char *)bytes.data, bytes.size);
    }
    leat_buf_free(&bytes);
    return encoded;
}

uint32_t leat_member_length(const struct leat_column *column, uint32_t number)
{
    struct leat_text member = column->members[number];
    enum leat_charset charset = leat_charset_of(column->collation);
    struct leat_buf utf8 = {0};
    uint32_t length = member.size;
    if (charset != LEAT_CHARSET_BINARY && leat_charset_to_utf8(&utf8, charset, member.bytes, member.size, NULL) == LEAT_OK) {
        length = 0;
        for (size_t i = 0; i < utf8.size; i++)
            length += (utf8.data[i] & 0xC0) != 0x80;
    }
    leat_buf_free(&utf8);
    return length;
}
