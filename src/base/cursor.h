/* The one way to read bytes from outside: a bounds-checked cursor with a sticky error.
 *
 * Every read checks the bounds; a read past the end returns zeros (or NULL), sets `failed`, and so does all
 * that follows, so that a decoder may read a whole structure and check once. Nothing is allocated; pointers
 * returned point into the caller's bytes. Numbers are little-endian unless a name says `be`. */
#ifndef LEAT_BASE_CURSOR_H
#define LEAT_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct leat_cursor {
    const uint8_t *at;
    const uint8_t *end; /* exclusive */
    bool failed;
};

static inline struct leat_cursor leat_cursor(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    return (struct leat_cursor){at, at ? at + size : at, false};
}

static inline size_t leat_cursor_left(const struct leat_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* The next `size` bytes, or NULL when there are fewer (then the cursor has failed and is at its end). */
static inline const uint8_t *leat_cursor_bytes(struct leat_cursor *cursor, size_t size)
{
    if (__builtin_expect(leat_cursor_left(cursor) < size, 0)) {
        cursor->failed = true;
        cursor->at = cursor->end;
        return NULL;
    }
    const uint8_t *bytes = cursor->at;
    cursor->at += size;
    return bytes;
}

static inline void leat_cursor_skip(struct leat_cursor *cursor, size_t size)
{
    (void)leat_cursor_bytes(cursor, size);
}

/* With a constant size this is one load; compilers don't see that through the loop. */
static inline uint64_t leat_le(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (__builtin_constant_p(size)) {
        memcpy(&value, bytes, size);
        return value;
    }
#endif
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline uint64_t leat_be(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* An unsigned number of `size` (1 to 8) bytes; 0 past the end. */
static inline uint64_t leat_cursor_le(struct leat_cursor *cursor, size_t size)
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, size);
    return bytes ? leat_le(bytes, size) : 0;
}

static inline uint64_t leat_cursor_be(struct leat_cursor *cursor, size_t size)
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, size);
    return bytes ? leat_be(bytes, size) : 0;
}

static inline uint8_t leat_cursor_u8(struct leat_cursor *cursor)
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, 1);
    return bytes ? *bytes : 0;
}

static inline uint16_t leat_cursor_u16(struct leat_cursor *cursor)
{
    return (uint16_t)leat_cursor_le(cursor, 2);
}

static inline uint32_t leat_cursor_u32(struct leat_cursor *cursor)
{
    return (uint32_t)leat_cursor_le(cursor, 4);
}

static inline uint64_t leat_cursor_u64(struct leat_cursor *cursor)
{
    return leat_cursor_le(cursor, 8);
}

/* A cursor over the next `size` bytes; failed (and empty) when there are fewer. */
static inline struct leat_cursor leat_cursor_sub(struct leat_cursor *cursor, size_t size)
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, size);
    struct leat_cursor sub = leat_cursor(bytes, bytes ? size : 0);
    sub.failed = !bytes;
    return sub;
}

/* MySQL's length-encoded integer (1, 3, 4 or 9 bytes). 0xFB (NULL) and 0xFF fail.
 * Source: "Protocol::LengthEncodedInteger" in MySQL's internals documentation. */
static inline uint64_t leat_cursor_lenenc(struct leat_cursor *cursor)
{
    uint8_t first = leat_cursor_u8(cursor);
    if (first < 0xFB)
        return first;
    if (first == 0xFC)
        return leat_cursor_le(cursor, 2);
    if (first == 0xFD)
        return leat_cursor_le(cursor, 3);
    if (first == 0xFE)
        return leat_cursor_le(cursor, 8);
    cursor->failed = true;
    cursor->at = cursor->end;
    return 0;
}

/* u32 length, then the bytes, as leat_buf_string wrote them. */
static inline const uint8_t *leat_cursor_string(struct leat_cursor *cursor, size_t *size)
{
    *size = leat_cursor_u32(cursor);
    const uint8_t *bytes = leat_cursor_bytes(cursor, *size);
    if (!bytes)
        *size = 0;
    return bytes;
}

#endif
