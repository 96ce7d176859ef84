/* Text in a column's character set into UTF-8. Bytes that are not of the set fail: nothing is replaced,
 * because a replacement is a lost value. */
#include "charset_int.h"

#include <assert.h>

#include "binlog_int.h"

#include "base/json.h"

/* Bytes taken before room for what they may become is reserved again. */
enum { CHUNK = 4096, CHARACTER_MAX = 4 };

static const struct {
    const char *name;
    uint8_t character_max;
    bool has_ascii;
} sets[LEAT_CHARSET_COUNT] = {
    [LEAT_CHARSET_UNKNOWN] = {"unknown", 0, false}, [LEAT_CHARSET_ARMSCII8] = {"armscii8", 1, true},
    [LEAT_CHARSET_ASCII] = {"ascii", 1, true},      [LEAT_CHARSET_BIG5] = {"big5", 2, true},
    [LEAT_CHARSET_BINARY] = {"binary", 1, true},    [LEAT_CHARSET_CP1250] = {"cp1250", 1, true},
    [LEAT_CHARSET_CP1251] = {"cp1251", 1, true},    [LEAT_CHARSET_CP1256] = {"cp1256", 1, true},
    [LEAT_CHARSET_CP1257] = {"cp1257", 1, true},    [LEAT_CHARSET_CP850] = {"cp850", 1, true},
    [LEAT_CHARSET_CP852] = {"cp852", 1, true},      [LEAT_CHARSET_CP866] = {"cp866", 1, true},
    [LEAT_CHARSET_CP932] = {"cp932", 2, true},      [LEAT_CHARSET_DEC8] = {"dec8", 1, true},
    [LEAT_CHARSET_EUCJPMS] = {"eucjpms", 3, true},  [LEAT_CHARSET_EUCKR] = {"euckr", 2, true},
    [LEAT_CHARSET_GB18030] = {"gb18030", 4, true},  [LEAT_CHARSET_GB2312] = {"gb2312", 2, true},
    [LEAT_CHARSET_GBK] = {"gbk", 2, true},          [LEAT_CHARSET_GEOSTD8] = {"geostd8", 1, true},
    [LEAT_CHARSET_GREEK] = {"greek", 1, true},      [LEAT_CHARSET_HEBREW] = {"hebrew", 1, true},
    [LEAT_CHARSET_HP8] = {"hp8", 1, true},          [LEAT_CHARSET_KEYBCS2] = {"keybcs2", 1, true},
    [LEAT_CHARSET_KOI8R] = {"koi8r", 1, true},      [LEAT_CHARSET_KOI8U] = {"koi8u", 1, true},
    [LEAT_CHARSET_LATIN1] = {"latin1", 1, true},    [LEAT_CHARSET_LATIN2] = {"latin2", 1, true},
    [LEAT_CHARSET_LATIN5] = {"latin5", 1, true},    [LEAT_CHARSET_LATIN7] = {"latin7", 1, true},
    [LEAT_CHARSET_MACCE] = {"macce", 1, true},      [LEAT_CHARSET_MACROMAN] = {"macroman", 1, true},
    [LEAT_CHARSET_SJIS] = {"sjis", 2, true},        [LEAT_CHARSET_SWE7] = {"swe7", 1, false},
    [LEAT_CHARSET_TIS620] = {"tis620", 1, true},    [LEAT_CHARSET_UCS2] = {"ucs2", 2, false},
    [LEAT_CHARSET_UJIS] = {"ujis", 3, true},        [LEAT_CHARSET_UTF16] = {"utf16", 4, false},
    [LEAT_CHARSET_UTF16LE] = {"utf16le", 4, false}, [LEAT_CHARSET_UTF32] = {"utf32", 4, false},
    [LEAT_CHARSET_UTF8MB3] = {"utf8mb3", 3, true},  [LEAT_CHARSET_UTF8MB4] = {"utf8mb4", 4, true},
};

const char *leat_charset_label(enum leat_charset charset)
{
    assert(charset < LEAT_CHARSET_COUNT);
    return sets[charset].name;
}

const char *leat_charset_name(uint32_t collation)
{
    return leat_charset_label(leat_charset_of(collation));
}

unsigned leat_charset_character_max(enum leat_charset charset)
{
    assert(charset < LEAT_CHARSET_COUNT);
    return sets[charset].character_max;
}

bool leat_charset_has_ascii(enum leat_charset charset)
{
    assert(charset < LEAT_CHARSET_COUNT);
    return sets[charset].has_ascii;
}

static bool is_ascii(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            return false;
    }
    while (i < size && bytes[i] < 0x80)
        i++;
    return i == size;
}

static bool has_four_byte_characters(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0xF0)
            return true;
    return false;
}

/* Text that is UTF-8 if it is valid at all. */
static bool take_as_it_is(struct leat_buf *buf, enum leat_charset charset, const uint8_t *bytes, size_t size)
{
    if (charset == LEAT_CHARSET_ASCII ? !is_ascii(bytes, size) : !leat_utf8_valid(bytes, size))
        return false;
    if (charset == LEAT_CHARSET_UTF8MB3 && has_four_byte_characters(bytes, size))
        return false;
    leat_buf_put(buf, bytes, size);
    return true;
}

static bool take_converted(struct leat_buf *buf, enum leat_charset charset, const uint8_t *at, size_t size)
{
    size_t before = buf->size;
    const uint8_t *end = at + size;
    while (at < end) {
        size_t left = (size_t)(end - at), taken = left < CHUNK ? left : CHUNK;
        uint8_t *from = leat_buf_reserve(buf, (taken + CHARACTER_MAX) * LEAT_CHARSET_GROWTH), *to = from;
        at = leat_charset_convert(charset, &to, at, at + taken, end);
        if (!at) {
            buf->size = before;
            return false;
        }
        assert(at <= end && (size_t)(to - from) <= (taken + CHARACTER_MAX) * LEAT_CHARSET_GROWTH);
        leat_buf_commit(buf, (size_t)(to - from));
    }
    return true;
}

int leat_charset_to_utf8(struct leat_buf *buf, enum leat_charset charset, const void *bytes, size_t size,
                         struct leat_error *err)
{
    if (charset == LEAT_CHARSET_UNKNOWN)
        return leat_unsupported(err, "the text's character set is not known");
    if (size == 0)
        return LEAT_OK;
    bool is_utf8 = charset == LEAT_CHARSET_ASCII || charset == LEAT_CHARSET_BINARY || charset == LEAT_CHARSET_UTF8MB3 ||
                   charset == LEAT_CHARSET_UTF8MB4;
    if (is_utf8 ? take_as_it_is(buf, charset, bytes, size) : take_converted(buf, charset, bytes, size))
        return LEAT_OK;
    return leat_malformed(err, "a text of %zu bytes is not valid %s", size,
                          charset == LEAT_CHARSET_BINARY ? "UTF-8" : leat_charset_label(charset));
}
