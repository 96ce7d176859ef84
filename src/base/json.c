/* JSON text without a tree: strings, base64, hex, integers, UTF-8. Floating point is in number.c. Every value
 * of every row passes here, hence the sixteen bytes at a time. Any thread. */
#include "base/json.h"

#include <assert.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "number_int.h"

const char leat_digit_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

enum {
    CHUNK = 4096,   /* bytes taken before room for their worst case is reserved again */
    ESCAPED_MAX = 6 /* \u00XX */
};

static const char hex_digits[] = "0123456789abcdef";

/* What follows the backslash; 0: nothing to escape; 'u': as \u00XX. */
static inline char escape_of(uint8_t byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return byte < 0x20 ? 'u' : 0;
    }
}

static inline uint8_t *put_escape(uint8_t *to, uint8_t byte, char escape)
{
    *to++ = '\\';
    *to++ = (uint8_t)escape;
    if (escape == 'u') {
        *to++ = '0';
        *to++ = '0';
        *to++ = (uint8_t)hex_digits[byte >> 4];
        *to++ = (uint8_t)hex_digits[byte & 15];
    }
    return to;
}

/* Whether none of eight bytes needs escaping; may say no where all is well (a borrow from the byte before).
 */
static inline bool eight_are_plain(uint64_t bytes)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t quote = bytes ^ ones * '"', backslash = bytes ^ ones * '\\';
    uint64_t special =
        ((bytes - ones * 0x20) & ~bytes) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
    return !(special & tops);
}

/* Escapes [at, end) to `to`, which has room for ESCAPED_MAX times as much and 16 bytes more. */
static inline uint8_t *escape_chunk(uint8_t *to, const uint8_t *at, const uint8_t *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control_max = _mm_set1_epi8(0x1F);
    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i special =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                         _mm_cmpeq_epi8(_mm_min_epu8(bytes, control_max), bytes));
        unsigned mask = (unsigned)_mm_movemask_epi8(special);
        _mm_storeu_si128((__m128i *)(void *)to, bytes);
        if (!mask) {
            at += 16;
            to += 16;
            continue;
        }
        unsigned plain = (unsigned)__builtin_ctz(mask);
        to += plain;
        at += plain;
        to = put_escape(to, *at, escape_of(*at));
        at++;
    }
#endif
    while (at < end) {
        uint64_t eight;
        if (end - at >= 8) {
            memcpy(&eight, at, 8);
            if (eight_are_plain(eight)) {
                memcpy(to, at, 8);
                at += 8;
                to += 8;
                continue;
            }
        }
        char escape = escape_of(*at);
        if (escape)
            to = put_escape(to, *at, escape);
        else
            *to++ = *at;
        at++;
    }
    return to;
}

void leat_json_escape(struct leat_buf *buf, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size) {
        size_t taken = size < CHUNK ? size : CHUNK;
        uint8_t *from = leat_buf_reserve(buf, taken * ESCAPED_MAX + 16);
        leat_buf_commit(buf, (size_t)(escape_chunk(from, at, at + taken) - from));
        at += taken;
        size -= taken;
    }
}

void leat_json_string(struct leat_buf *buf, const void *bytes, size_t size)
{
    leat_buf_u8(buf, '"');
    leat_json_escape(buf, bytes, size);
    leat_buf_u8(buf, '"');
}

void leat_json_cstr(struct leat_buf *buf, const char *text)
{
    leat_json_string(buf, text, strlen(text));
}

void leat_json_base64(struct leat_buf *buf, const void *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = bytes;
    uint8_t *to = leat_buf_reserve(buf, size / 3 * 4 + 6);
    uint8_t *from = to;
    *to++ = '"';
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
    *to++ = '"';
    leat_buf_commit(buf, (size_t)(to - from));
}

void leat_put_hex(struct leat_buf *buf, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint8_t *to = leat_buf_reserve(buf, 2 * size);
    for (size_t i = 0; i < size; i++) {
        *to++ = (uint8_t)hex_digits[at[i] >> 4];
        *to++ = (uint8_t)hex_digits[at[i] & 15];
    }
    leat_buf_commit(buf, 2 * size);
}

static inline unsigned digits_of(uint64_t value)
{
    static const uint64_t powers[] = {0,
                                      10ULL,
                                      100ULL,
                                      1000ULL,
                                      10000ULL,
                                      100000ULL,
                                      1000000ULL,
                                      10000000ULL,
                                      100000000ULL,
                                      1000000000ULL,
                                      10000000000ULL,
                                      100000000000ULL,
                                      1000000000000ULL,
                                      10000000000000ULL,
                                      100000000000000ULL,
                                      1000000000000000ULL,
                                      10000000000000000ULL,
                                      100000000000000000ULL,
                                      1000000000000000000ULL,
                                      10000000000000000000ULL};
    /* bits * 1233 / 4096 is floor(log10) or one more too few; the table settles which */
    unsigned bits = 64U - (unsigned)__builtin_clzll(value | 1);
    unsigned guess = bits * 1233 >> 12;
    return guess + (value >= powers[guess]);
}

uint8_t *leat_digits_write(uint8_t *to, uint64_t value, unsigned digits)
{
    uint8_t *at = to + digits;
    unsigned left = digits;
    for (; left >= 2; left -= 2, value /= 100) {
        at -= 2;
        memcpy(at, leat_digit_pairs + 2 * (value % 100), 2);
    }
    if (left)
        *--at = (uint8_t)('0' + value % 10);
    return to + digits;
}

unsigned leat_digits_count(uint64_t value)
{
    unsigned digits = digits_of(value);
    return digits ? digits : 1;
}

void leat_put_u64(struct leat_buf *buf, uint64_t value)
{
    unsigned digits = leat_digits_count(value);
    leat_digits_write(leat_buf_reserve(buf, 20), value, digits);
    leat_buf_commit(buf, digits);
}

void leat_put_i64(struct leat_buf *buf, int64_t value)
{
    if (value < 0)
        leat_buf_u8(buf, '-');
    leat_put_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void leat_put_digits(struct leat_buf *buf, uint64_t value, unsigned digits)
{
    assert(digits <= 20);
    leat_digits_write(leat_buf_reserve(buf, 20), value, digits);
    leat_buf_commit(buf, digits);
}

static inline bool continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the one character at `at` (Unicode 15, table 3-7), 0 if it is none. */
static inline size_t character_size(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return left >= 2 && continues(at[1]) ? 2 : 0;
    if (lead < 0xF0) {
        if (left < 3 || !continues(at[1]) || !continues(at[2]))
            return 0;
        return (lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] > 0x9F) ? 0 : 3;
    }
    if (lead > 0xF4 || left < 4 || !continues(at[1]) || !continues(at[2]) || !continues(at[3]))
        return 0;
    return (lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] > 0x8F) ? 0 : 4;
}

size_t leat_utf8_character(const void *bytes, size_t size)
{
    return size ? character_size(bytes, size) : 0;
}

bool leat_utf8_valid(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size) {
#if defined(__SSE2__)
        if (size >= 16) {
            unsigned high = (unsigned)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)at));
            unsigned plain = high ? (unsigned)__builtin_ctz(high) : 16;
            at += plain;
            size -= plain;
            if (!high)
                continue;
        }
#endif
        size_t taken = character_size(at, size);
        if (!taken)
            return false;
        at += taken;
        size -= taken;
    }
    return true;
}

#if defined(__SSE2__)
/* Copies sixteen bytes; which of them are not plain: control characters, '"', '\\', what is beyond ASCII. With one bit
 * turned, '"' comes right above the control characters, and, as signed numbers, what is beyond ASCII lies below. */
static inline unsigned copy_sixteen(uint8_t *to, const uint8_t *at)
{
    enum { TURN = 2, LOWEST_PLAIN = ('"' ^ TURN) + 1 };
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    __m128i low = _mm_cmplt_epi8(_mm_xor_si128(bytes, _mm_set1_epi8(TURN)), _mm_set1_epi8(LOWEST_PLAIN));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
}
#endif

/* Moves both over the characters beyond ASCII at *at that begin before `until`; the text ends at `end`. */
static inline bool copy_wide(uint8_t **to, const uint8_t **at, const uint8_t *until, const uint8_t *end)
{
    do {
        size_t size = character_size(*at, (size_t)(end - *at));
        if (size == 0)
            return false;
        for (size_t i = 0; i < size; i++)
            (*to)[i] = (*at)[i];
        *to += size;
        *at += size;
    } while (*at < until && **at >= 0x80);
    return true;
}

/* Escapes from *from on, checking, until `until` is reached, or passed within a character. NULL if it isn't UTF-8. `to`
 * has room for ESCAPED_MAX times as much and 32 bytes more. */
static uint8_t *escape_checked(uint8_t *to, const uint8_t **from, const uint8_t *until, const uint8_t *end)
{
    const uint8_t *at = *from;
    while (at < until) {
#if defined(__SSE2__)
        if (until - at >= 16) {
            unsigned special = copy_sixteen(to, at);
            unsigned plain = special ? (unsigned)__builtin_ctz(special) : 16;
            to += plain;
            at += plain;
            if (!special)
                continue;
        }
#endif
        char escape = escape_of(*at);
        if (escape)
            to = put_escape(to, *at++, escape);
        else if (*at < 0x80)
            *to++ = *at++;
        else if (!copy_wide(&to, &at, until, end))
            return NULL;
    }
    *from = at;
    return to;
}

bool leat_json_text(struct leat_buf *buf, const void *bytes, size_t size)
{
    size_t start = buf->size;
    const uint8_t *at = bytes, *end = at + size;
    leat_buf_u8(buf, '"');
    do {
        size_t taken = (size_t)(end - at) < CHUNK ? (size_t)(end - at) : CHUNK;
        uint8_t *from = leat_buf_reserve(buf, taken * ESCAPED_MAX + 32);
        uint8_t *to = escape_checked(from, &at, at + taken, end);
        if (!to) {
            buf->size = start;
            return false;
        }
        leat_buf_commit(buf, (size_t)(to - from));
    } while (at < end);
    leat_buf_u8(buf, '"');
    return true;
}
