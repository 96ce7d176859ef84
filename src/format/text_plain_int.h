/* The plain part of text, sixteen bytes at a time: most of what is in most rows, so it is inlined where rows are
 * written. */
#ifndef LEAT_FORMAT_TEXT_PLAIN_INT_H
#define LEAT_FORMAT_TEXT_PLAIN_INT_H

#include <stdbool.h>
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "text_int.h"

static inline bool leat_text_is_special(uint8_t byte)
{
    return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

#if defined(__SSE2__)
/* Bytes that can't be copied as they are: control characters, '"', '\\', what is beyond ASCII. Theirs have the highest bit
 * set. With one bit turned, '"' comes right above the control characters, and, as signed numbers, what is beyond ASCII lies
 * below them: less than nothing is left of all these when the lowest plain one is taken off. */
static inline __m128i leat_text_special(__m128i bytes)
{
    enum { TURN = 2, LOWEST_PLAIN = ('"' ^ TURN) + 1 };
    __m128i low = _mm_subs_epi8(_mm_xor_si128(bytes, _mm_set1_epi8(TURN)), _mm_set1_epi8(LOWEST_PLAIN));
    return _mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

static inline unsigned leat_text_bits(__m128i bytes)
{
    return (unsigned)_mm_movemask_epi8(bytes);
}

static inline __m128i leat_text_load16(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline void leat_text_store16(uint8_t *to, __m128i bytes)
{
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
}

/* Copies plain bytes and returns how many: all of them, or those before the first special one. */
__attribute__((always_inline)) static inline size_t leat_text_plain16(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *readable_end)
{
    size_t at = 0;
    for (; size - at >= 32; at += 32) {
        __m128i first = leat_text_load16(from + at), second = leat_text_load16(from + at + 16);
        leat_text_store16(to + at, first);
        leat_text_store16(to + at + 16, second);
        __m128i special_first = leat_text_special(first), special_second = leat_text_special(second);
        if (leat_text_bits(_mm_or_si128(special_first, special_second)))
            return at + (unsigned)__builtin_ctz(leat_text_bits(special_first) | leat_text_bits(special_second) << 16);
    }
    if (size - at >= 16) {
        __m128i bytes = leat_text_load16(from + at);
        leat_text_store16(to + at, bytes);
        unsigned mask = leat_text_bits(leat_text_special(bytes));
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
        at += 16;
    }
    unsigned left = (unsigned)(size - at);
    if (left == 0)
        return size;
    if (at) {
        /* all before it is plain and copied as it is: once more, for the rest */
        __m128i bytes = leat_text_load16(from + size - 16);
        leat_text_store16(to + size - 16, bytes);
        unsigned mask = leat_text_bits(leat_text_special(bytes));
        return mask ? size - 16 + (unsigned)__builtin_ctz(mask) : size;
    }
    if (readable_end - from >= 16) {
        __m128i bytes = leat_text_load16(from);
        leat_text_store16(to, bytes);
        unsigned mask = leat_text_bits(leat_text_special(bytes)) & ((1U << left) - 1);
        return mask ? (unsigned)__builtin_ctz(mask) : size;
    }
    for (; at < size && !leat_text_is_special(from[at]); at++)
        to[at] = from[at];
    return at;
}
#endif

#if defined(__AVX2__)
/* Thirty-two bytes, of which those whose bit is set in the result are special: see leat_text_special. */
static inline uint32_t leat_text_copy32(uint8_t *to, const uint8_t *from)
{
    enum { TURN = 2, LOWEST_PLAIN = ('"' ^ TURN) + 1 };
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)from);
    _mm256_storeu_si256((__m256i *)(void *)to, bytes);
    __m256i low = _mm256_subs_epi8(_mm256_xor_si256(bytes, _mm256_set1_epi8(TURN)), _mm256_set1_epi8(LOWEST_PLAIN));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(low, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))));
}

__attribute__((always_inline)) static inline size_t leat_text_plain(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *readable_end)
{
    enum { WIDE = 32 };
    if (size < WIDE) {
        if (size == 0 || readable_end - from < WIDE)
            return leat_text_plain16(to, from, size, readable_end);
        uint32_t mask = leat_text_copy32(to, from) & ((1U << size) - 1);
        return mask ? (unsigned)__builtin_ctz(mask) : size;
    }
    size_t last = size - WIDE;
    for (size_t at = 0; at < last; at += WIDE) {
        uint32_t mask = leat_text_copy32(to + at, from + at);
        if (__builtin_expect(mask != 0, 0))
            return at + (unsigned)__builtin_ctz(mask);
    }
    /* what of it was copied already is plain */
    uint32_t mask = leat_text_copy32(to + last, from + last);
    return mask ? last + (unsigned)__builtin_ctz(mask) : size;
}
#elif defined(__SSE2__)
__attribute__((always_inline)) static inline size_t leat_text_plain(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *readable_end)
{
    return leat_text_plain16(to, from, size, readable_end);
}
#else
__attribute__((always_inline)) static inline size_t leat_text_plain(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *readable_end)
{
    (void)readable_end;
    size_t at = 0;
    for (; at < size && !leat_text_is_special(from[at]); at++)
        to[at] = from[at];
    return at;
}
#endif

/* What leat_text_utf8 does from a byte on that isn't plain. */
uint8_t *leat_text_utf8_rest(uint8_t *to, const uint8_t *at, size_t size, const uint8_t *readable_end,
                             unsigned character_max);

/* Escapes `size` bytes of UTF-8 for a JSON string, without the quotes, and checks them on the way. Characters may have
 * up to `character_max` bytes: 4 for utf8mb4, 3 for utf8mb3, 1 for ASCII alone. `readable_end` is where the memory
 * around the bytes ends: bytes up to there are read and thrown away. `to` has room for leat_text_utf8_max bytes.
 * Returns what is behind the text, or NULL at bytes that are not of the set. */
__attribute__((always_inline)) static inline uint8_t *leat_text_utf8(uint8_t *to, const uint8_t *at, size_t size, const uint8_t *readable_end,
                                      unsigned character_max)
{
    size_t taken = leat_text_plain(to, at, size, readable_end);
    if (__builtin_expect(taken == size, 1))
        return to + size;
    return leat_text_utf8_rest(to + taken, at + taken, size - taken, readable_end, character_max);
}

#endif
