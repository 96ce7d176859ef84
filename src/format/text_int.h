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
/* At least what leat_text_utf8 writes and touches. Short strings are not looked at. */
size_t leat_text_utf8_max(const uint8_t *at, size_t size);

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

/* 20 bytes at most. */
uint8_t *leat_text_u64_long(uint8_t *to, uint64_t value);

static inline uint8_t *leat_text_u64(uint8_t *to, uint64_t value)
{
    if (value < 10) {
        *to = (uint8_t)('0' + value);
        return to + 1;
    }
    return leat_text_u64_long(to, value);
}

static inline uint8_t *leat_text_i64(uint8_t *to, int64_t value)
{
    if (value >= 0)
        return leat_text_u64(to, (uint64_t)value);
    *to = '-';
    return leat_text_u64(to + 1, 0 - (uint64_t)value);
}

#endif
