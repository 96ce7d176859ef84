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

/* Nine digits, zeros first. */
static uint8_t *put_nine(uint8_t *to, uint32_t value)
{
    *to = (uint8_t)('0' + value / 100000000);
    return leat_text_eight(to + 1, value % 100000000);
}

uint8_t *leat_text_u64_long(uint8_t *to, uint64_t value)
{
    enum { BILLION = 1000000000 };
    uint64_t upper = value / BILLION;
    uint32_t low = (uint32_t)(value % BILLION);
    if (upper >= BILLION) {
        to = leat_text_u32(to, (uint32_t)(upper / BILLION));
        to = put_nine(to, (uint32_t)(upper % BILLION));
    } else if (upper) {
        to = leat_text_u32(to, (uint32_t)upper);
    } else {
        return leat_text_u32(to, low);
    }
    return put_nine(to, low);
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

static inline bool is_special(uint8_t byte)
{
    return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

#if defined(__SSE2__)
/* Bytes that can't be copied as they are: control characters, '"', '\\', what is beyond ASCII. With one bit turned, '"'
 * comes right above the control characters, and, as signed numbers, what is beyond ASCII lies below them. */
static inline __m128i special_bytes(__m128i bytes)
{
    enum { TURN = 2, LOWEST_PLAIN = ('"' ^ TURN) + 1 };
    __m128i low = _mm_cmplt_epi8(_mm_xor_si128(bytes, _mm_set1_epi8(TURN)), _mm_set1_epi8(LOWEST_PLAIN));
    return _mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

static inline unsigned bits_of(__m128i bytes)
{
    return (unsigned)_mm_movemask_epi8(bytes);
}

static inline __m128i load16(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline void store16(uint8_t *to, __m128i bytes)
{
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
}

/* Copies plain bytes and returns how many: all of them, or those before the first special one. */
static inline size_t copy_plain(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *readable_end)
{
    size_t at = 0;
    for (; size - at >= 32; at += 32) {
        __m128i first = load16(from + at), second = load16(from + at + 16);
        store16(to + at, first);
        store16(to + at + 16, second);
        __m128i special_first = special_bytes(first), special_second = special_bytes(second);
        if (bits_of(_mm_or_si128(special_first, special_second)))
            return at + (unsigned)__builtin_ctz(bits_of(special_first) | bits_of(special_second) << 16);
    }
    if (size - at >= 16) {
        __m128i bytes = load16(from + at);
        store16(to + at, bytes);
        unsigned mask = bits_of(special_bytes(bytes));
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
        at += 16;
    }
    unsigned left = (unsigned)(size - at);
    if (left && readable_end - (from + at) >= 16) {
        __m128i bytes = load16(from + at);
        store16(to + at, bytes);
        unsigned mask = bits_of(special_bytes(bytes)) & ((1U << left) - 1);
        return mask ? at + (unsigned)__builtin_ctz(mask) : size;
    }
    for (; at < size && !is_special(from[at]); at++)
        to[at] = from[at];
    return at;
}
#else
static inline size_t copy_plain(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *readable_end)
{
    (void)readable_end;
    size_t at = 0;
    for (; at < size && !is_special(from[at]); at++)
        to[at] = from[at];
    return at;
}
#endif

uint8_t *leat_text_utf8(uint8_t *to, const uint8_t *at, size_t size, const uint8_t *readable_end,
                        unsigned character_max)
{
    const uint8_t *end = at + size;
    for (;;) {
        size_t taken = copy_plain(to, at, (size_t)(end - at), readable_end);
        at += taken;
        to += taken;
        if (at == end)
            return to;
        if (*at < 0x80)
            to = put_escape(to, *at++);
        else if (!take_wide(&to, &at, end, character_max))
            return NULL;
    }
}

size_t leat_text_utf8_measure(const uint8_t *at, size_t size)
{
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
