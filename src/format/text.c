/* The bytes of every row pass here: sixteen at a time, escaping and checking in one go. Any thread. */
#include "text_int.h"

#include <stdbool.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/json.h"

const char leat_text_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

enum { MEASURED_FROM = 4096 };

uint8_t *leat_text_u64_long(uint8_t *to, uint64_t value)
{
    uint8_t digits[20];
    uint8_t *at = digits + sizeof digits;
    while (value >= 100) {
        at -= 2;
        leat_text_two(at, (unsigned)(value % 100));
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        leat_text_two(at, (unsigned)value);
    } else {
        *--at = (uint8_t)('0' + value);
    }
    return leat_text_copy(to, at, (size_t)(digits + sizeof digits - at));
}

static uint8_t *put_escape(uint8_t *to, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    *to++ = '\\';
    if (byte >= 0x20) {
        *to++ = byte;
    } else if (letters[byte]) {
        *to++ = (uint8_t)letters[byte];
    } else {
        to = leat_text_copy(to, "u00", 3);
        *to++ = (uint8_t)hex[byte >> 4];
        *to++ = (uint8_t)hex[byte & 15];
    }
    return to;
}

/* Moves both over the characters beyond ASCII that begin at *from; false if one is not of the set. */
static bool take_wide(uint8_t **to, const uint8_t **from, const uint8_t *end, unsigned character_max)
{
    const uint8_t *at = *from;
    uint8_t *out = *to;
    do {
        size_t size = leat_utf8_character(at, (size_t)(end - at));
        if (size == 0 || size > character_max)
            return false;
        for (size_t i = 0; i < size; i++)
            *out++ = *at++;
    } while (at < end && *at >= 0x80);
    *from = at;
    *to = out;
    return true;
}

#if defined(__SSE2__)
/* One bit a byte that can't be copied as it is: below a space (as signed numbers: beyond ASCII too), quote, backslash. */
static inline unsigned special_bytes(__m128i bytes)
{
    __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
                                   _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return (unsigned)_mm_movemask_epi8(special);
}

/* Copies plain bytes, up to sixteen, and returns how many; *stopped says whether a special one follows. */
static inline unsigned copy_plain(uint8_t *to, const uint8_t *at, size_t left, const uint8_t *readable_end,
                                  bool *stopped)
{
    __m128i bytes;
    if (readable_end - at >= 16) {
        bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    } else {
        uint8_t tail[16] = {0};
        memcpy(tail, at, left < 16 ? left : 16);
        bytes = _mm_loadu_si128((const __m128i *)(const void *)tail);
    }
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    unsigned taken = left < 16 ? (unsigned)left : 16;
    unsigned mask = special_bytes(bytes) & ((1U << taken) - 1);
    *stopped = mask != 0;
    return mask ? (unsigned)__builtin_ctz(mask) : taken;
}
#else
static inline unsigned copy_plain(uint8_t *to, const uint8_t *at, size_t left, const uint8_t *readable_end,
                                  bool *stopped)
{
    (void)readable_end;
    unsigned taken = 0;
    for (; taken < 16 && taken < left; taken++) {
        uint8_t byte = at[taken];
        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\')
            break;
        to[taken] = byte;
    }
    *stopped = taken < 16 && taken < left;
    return taken;
}
#endif

uint8_t *leat_text_utf8(uint8_t *to, const uint8_t *at, size_t size, const uint8_t *readable_end,
                        unsigned character_max)
{
    const uint8_t *end = at + size;
    while (at < end) {
        bool stopped;
        unsigned taken = copy_plain(to, at, (size_t)(end - at), readable_end, &stopped);
        at += taken;
        to += taken;
        if (!stopped)
            continue;
        if (*at < 0x80)
            to = put_escape(to, *at++);
        else if (!take_wide(&to, &at, end, character_max))
            return NULL;
    }
    return to;
}

size_t leat_text_utf8_max(const uint8_t *at, size_t size)
{
    if (size < MEASURED_FROM)
        return size * LEAT_TEXT_ESCAPED_MAX + LEAT_TEXT_SLACK;
    /* Six times a large value would be a large piece of memory for nothing. */
    size_t escaped = 0;
    for (size_t i = 0; i < size; i++)
        escaped += at[i] < 0x20 || at[i] == '"' || at[i] == '\\';
    return size + escaped * (LEAT_TEXT_ESCAPED_MAX - 1) + LEAT_TEXT_SLACK;
}

uint8_t *leat_text_base64(uint8_t *to, const uint8_t *at, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; size >= 3; size -= 3, at += 3) {
        uint32_t group = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        *to++ = (uint8_t)digits[group >> 18];
        *to++ = (uint8_t)digits[group >> 12 & 63];
        *to++ = (uint8_t)digits[group >> 6 & 63];
        *to++ = (uint8_t)digits[group & 63];
    }
    if (size) {
        uint32_t group = (uint32_t)at[0] << 16 | (size == 2 ? (uint32_t)at[1] << 8 : 0);
        *to++ = (uint8_t)digits[group >> 18];
        *to++ = (uint8_t)digits[group >> 12 & 63];
        *to++ = size == 2 ? (uint8_t)digits[group >> 6 & 63] : '=';
        *to++ = '=';
    }
    return to;
}
