/* Text into memory whose room was reserved before: no bounds, no calls, no locale. */
#ifndef LEAT_FORMAT_TEXT_INT_H
#define LEAT_FORMAT_TEXT_INT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* "00" to "99", one after another. */
extern const char leat_text_pairs[201];

/* Room that leat_text_utf8 needs behind the escaped text. */
enum { LEAT_TEXT_SLACK = 32, LEAT_TEXT_ESCAPED_MAX = 6 };

/* Escapes `size` bytes of UTF-8 for a JSON string, without the quotes, and checks them on the way. Characters may have
 * up to `character_max` bytes: 4 for utf8mb4, 3 for utf8mb3, 1 for ASCII alone. `readable_end` is where the memory
 * around the bytes ends: bytes up to there are read and thrown away. `to` has room for leat_text_utf8_max bytes.
 * Returns what is behind the text, or NULL at bytes that are not of the set. */
uint8_t *leat_text_utf8(uint8_t *to, const uint8_t *at, size_t size, const uint8_t *readable_end,
                        unsigned character_max);

/* Six times a large value would be a large piece of memory for nothing: those are looked at first. */
enum { LEAT_TEXT_MEASURED_FROM = 4096 };
size_t leat_text_utf8_measure(const uint8_t *at, size_t size);

/* At least what leat_text_utf8 writes and touches. */
static inline size_t leat_text_utf8_max(const uint8_t *at, size_t size)
{
    if (size < LEAT_TEXT_MEASURED_FROM)
        return size * LEAT_TEXT_ESCAPED_MAX + LEAT_TEXT_SLACK;
    return leat_text_utf8_measure(at, size);
}

/* Base64, without quotes: (size + 2) / 3 * 4 bytes. */
uint8_t *leat_text_base64(uint8_t *to, const uint8_t *at, size_t size);

static inline uint8_t *leat_text_copy(uint8_t *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static inline uint8_t *leat_text_two(uint8_t *to, unsigned value)
{
    return leat_text_copy(to, leat_text_pairs + 2 * value, 2);
}

static inline uint8_t *leat_text_four(uint8_t *to, unsigned value)
{
    return leat_text_two(leat_text_two(to, value / 100), value % 100);
}

static inline uint8_t *leat_text_eight(uint8_t *to, uint32_t value)
{
    return leat_text_four(leat_text_four(to, value / 10000), value % 10000);
}

/* Packed numbers: little-endian ones of the machine's sizes, without a loop. */
static inline uint64_t leat_text_load(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, at, size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

/* Texts of plans and transactions have so many bytes readable behind their end, and lines as many to write. */
enum { LEAT_TEXT_CHUNK = 32 };

/* A copy in whole chunks: no call, and one turn for most names. */
static inline uint8_t *leat_text_chunks(uint8_t *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, LEAT_TEXT_CHUNK);
    for (size_t at = LEAT_TEXT_CHUNK; at < size; at += LEAT_TEXT_CHUNK)
        memcpy(to + at, from + at, LEAT_TEXT_CHUNK);
    return to + size;
}

/* 20 bytes at most. */
uint8_t *leat_text_u64_long(uint8_t *to, uint64_t value);

static inline unsigned leat_text_digits(uint32_t value)
{
    static const uint32_t from[] = {0,       10,       100,       1000,      10000, 100000,
                                    1000000, 10000000, 100000000, 1000000000};
    /* bits * 1233 / 4096 is the floor of log10, or one too many; the table settles which */
    unsigned guess = (32U - (unsigned)__builtin_clz(value | 1)) * 1233 >> 12;
    return guess + (value >= from[guess]);
}

static inline uint8_t *leat_text_u32(uint8_t *to, uint32_t value)
{
    uint8_t *end = to + leat_text_digits(value), *at = end;
    for (; value >= 100; value /= 100) {
        at -= 2;
        leat_text_two(at, value % 100);
    }
    if (value >= 10)
        leat_text_two(to, value);
    else
        *to = (uint8_t)('0' + value);
    return end;
}

static inline uint8_t *leat_text_u64(uint8_t *to, uint64_t value)
{
    return value <= UINT32_MAX ? leat_text_u32(to, (uint32_t)value) : leat_text_u64_long(to, value);
}

static inline uint8_t *leat_text_i64(uint8_t *to, int64_t value)
{
    if (value >= 0)
        return leat_text_u64(to, (uint64_t)value);
    *to = '-';
    return leat_text_u64(to + 1, 0 - (uint64_t)value);
}

#endif
