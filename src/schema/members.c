/* Members of ENUM and SET in the column's character set, which is how table maps have them, out of UTF-8.
 *
 * A character's bytes are found by trying which ones become it: sets are known one way only (binlog/charset.h), and members that aren't
 * ASCII are rare. */
#include "draft_int.h"

#include "base/cursor.h"

enum { TRAILS = 256, BYTES_MAX = 4, CHARACTERS_MAX = 4096 };

struct encoder {
    enum leat_charset charset;
    struct leat_buf room;
};

static bool is(struct encoder *encoder, const uint8_t *bytes, size_t size, const char *character, size_t character_size)
{
    leat_buf_clear(&encoder->room);
    return leat_charset_to_utf8(&encoder->room, encoder->charset, bytes, size, NULL) == LEAT_OK &&
           encoder->room.size == character_size && memcmp(encoder->room.data, character, character_size) == 0;
}

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

/* One byte, two, or three behind the shifts of ujis and eucjpms; longer ones of gb18030 aren't looked for. */
static size_t encode_searching(struct encoder *encoder, const char *character, size_t size, uint8_t bytes[BYTES_MAX])
{
    for (unsigned a = 0; a < TRAILS; a++) {
        bytes[0] = (uint8_t)a;
        if (is(encoder, bytes, 1, character, size))
            return 1;
    }
    if (leat_charset_character_max(encoder->charset) < 2)
        return 0;
    for (unsigned a = 0x81; a < TRAILS; a++)
        for (unsigned b = 0x30; b < TRAILS; b++) {
            bytes[0] = (uint8_t)a;
            bytes[1] = (uint8_t)b;
            if (is(encoder, bytes, 2, character, size))
                return 2;
        }
    if (encoder->charset != LEAT_CHARSET_UJIS && encoder->charset != LEAT_CHARSET_EUCJPMS)
        return 0;
    for (unsigned a = 0xA1; a < TRAILS; a++)
        for (unsigned b = 0xA1; b < TRAILS; b++) {
            bytes[0] = 0x8F;
            bytes[1] = (uint8_t)a;
            bytes[2] = (uint8_t)b;
            if (is(encoder, bytes, 3, character, size))
                return 3;
        }
    return 0;
}

static bool encode(struct encoder *encoder, struct leat_buf *to, struct leat_text text, unsigned *searched)
{
    bool ascii = leat_charset_has_ascii(encoder->charset);
    bool unicode = encoder->charset == LEAT_CHARSET_UCS2 || encoder->charset == LEAT_CHARSET_UTF16 ||
                   encoder->charset == LEAT_CHARSET_UTF16LE || encoder->charset == LEAT_CHARSET_UTF32;
    for (uint32_t i = 0; i < text.size;) {
        uint8_t bytes[BYTES_MAX];
        uint32_t code = 0;
        size_t size = character_at(text.bytes + i, text.size - i, &code), length;
        if (!size || (encoder->charset == LEAT_CHARSET_UCS2 && code > 0xFFFF))
            return false;
        if (code < 0x80 && ascii) {
            bytes[0] = (uint8_t)code;
            length = 1;
        } else if (unicode) {
            length = encode_unicode(encoder->charset, code, bytes);
        } else {
            length = ++*searched > CHARACTERS_MAX ? 0 : encode_searching(encoder, text.bytes + i, size, bytes);
        }
        if (!length)
            return false;
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
    unsigned searched = 0;
    if (charset == LEAT_CHARSET_UTF8MB3 || charset == LEAT_CHARSET_UTF8MB4 || charset == LEAT_CHARSET_BINARY)
        return true;
    for (uint32_t i = 0; i < count && encoded; i++) {
        leat_buf_clear(&bytes);
        encoded = encode(&encoder, &bytes, members[i], &searched);
        if (encoded)
            members[i] = leat_draft_text(draft, (const char *)bytes.data, bytes.size);
    }
    leat_buf_free(&bytes);
    leat_buf_free(&encoder.room);
    return encoded;
}
