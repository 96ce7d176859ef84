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

static inline void leat_text_store(uint8_t *to, uint64_t bytes)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    memcpy(to, &bytes, sizeof bytes);
}

/* The eight digits of a number below 10^8, the first in the lowest byte, not yet as characters: halves, quarters and
 * eighths are split off side by side in one register. */
static inline uint64_t leat_text_eight_digits(uint32_t value)
{
    uint64_t halves = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (halves * 10486 >> 20) & UINT64_C(0x0000007F0000007F);
    uint64_t quarters = hundreds | (halves - hundreds * 100) << 16;
    uint64_t tens = (quarters * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return tens | (quarters - tens * 10) << 8;
}

enum { LEAT_TEXT_HUNDRED_MILLION = 100000000 };
static const uint64_t leat_text_zeros = UINT64_C(0x3030303030303030);

static inline uint8_t *leat_text_eight(uint8_t *to, uint32_t value)
{
    leat_text_store(to, leat_text_eight_digits(value) | leat_text_zeros);
    return to + 8;
}

/* Below 10^8; touches eight bytes. */
static inline uint8_t *leat_text_small(uint8_t *to, uint32_t value)
{
    uint64_t digits = leat_text_eight_digits(value);
    unsigned skipped = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    leat_text_store(to, (digits | leat_text_zeros) >> 8 * skipped);
    return to + 8 - skipped;
}

/* 20 digits at most; touches 24 bytes. */
uint8_t *leat_text_u64_long(uint8_t *to, uint64_t value);

/* The first one or two digits, of a number below 100. A branch, since numbers of a column mostly have the same length: so what is
 * written next needn't wait until this one's is known. */
static inline uint8_t *leat_text_lead(uint8_t *to, unsigned value)
{
    if (value >= 10)
        return leat_text_two(to, value);
    *to = (uint8_t)('0' + value);
    return to + 1;
}

/* Below a million, which most numbers in rows are. The number is made a fraction of 2^32, from which each multiplication
 * by 100 brings two digits out at the top. The factors, 2^32 / 100 and / 10000, are rounded up: that is too much by less than
 * the last digit is worth. */
__attribute__((always_inline)) static inline uint8_t *leat_text_little(uint8_t *to, uint32_t value)
{
    enum { HUNDREDTH = 42949673, TEN_THOUSANDTH = 429497 };
    if (value < 100)
        return leat_text_lead(to, value);
    uint64_t fraction = (uint64_t)value * (value < 10000 ? HUNDREDTH : TEN_THOUSANDTH);
    to = leat_text_lead(to, (unsigned)(fraction >> 32));
    fraction = (fraction & UINT32_MAX) * 100;
    to = leat_text_two(to, (unsigned)(fraction >> 32));
    if (value < 10000)
        return to;
    fraction = (fraction & UINT32_MAX) * 100;
    return leat_text_two(to, (unsigned)(fraction >> 32));
}

__attribute__((always_inline)) static inline uint8_t *leat_text_u64(uint8_t *to, uint64_t value)
{
    enum { MILLION = 1000000 };
    if (value < MILLION)
        return leat_text_little(to, (uint32_t)value);
    return value < LEAT_TEXT_HUNDRED_MILLION ? leat_text_small(to, (uint32_t)value) : leat_text_u64_long(to, value);
}

#endif
