/* Growable byte buffer. Owned by one thread. Growth never fails (see alloc.h); contents are plain bytes,
 * little-endian where numbers are put. */
#ifndef LEAT_BASE_BUF_H
#define LEAT_BASE_BUF_H

#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct leat_buf {
    uint8_t *data; /* owned */
    size_t size;
    size_t capacity;
};

void leat_buf_free(struct leat_buf *buf);                  /* releases; buf is empty and usable afterwards */
LEAT_RARE void leat_buf_grow(struct leat_buf *buf, size_t more);     /* slow path of leat_buf_reserve */
void leat_buf_printf(struct leat_buf *buf, const char *format, ...) LEAT_PRINTF(2, 3);
const char *leat_buf_cstr(struct leat_buf *buf);           /* adds a NUL behind the contents (not counted) */

static inline void leat_buf_clear(struct leat_buf *buf)
{
    buf->size = 0;
}

/* Room for `more` bytes behind the contents; returns where they go. Follow with leat_buf_commit. */
static inline uint8_t *leat_buf_reserve(struct leat_buf *buf, size_t more)
{
    if (buf->capacity - buf->size < more)
        leat_buf_grow(buf, more);
    return buf->data + buf->size;
}

static inline void leat_buf_commit(struct leat_buf *buf, size_t used)
{
    buf->size += used;
}

static inline void leat_buf_put(struct leat_buf *buf, const void *bytes, size_t size)
{
    if (size) {
        memcpy(leat_buf_reserve(buf, size), bytes, size);
        buf->size += size;
    }
}

static inline void leat_buf_puts(struct leat_buf *buf, const char *text)
{
    leat_buf_put(buf, text, strlen(text));
}

static inline void leat_buf_u8(struct leat_buf *buf, uint8_t value)
{
    *leat_buf_reserve(buf, 1) = value;
    buf->size += 1;
}

/* The low `size` bytes of value, little-endian. */
static inline void leat_buf_le(struct leat_buf *buf, uint64_t value, size_t size)
{
    uint8_t *to = leat_buf_reserve(buf, 8);
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
    buf->size += size;
}

static inline void leat_buf_u16(struct leat_buf *buf, uint16_t value)
{
    leat_buf_le(buf, value, 2);
}

static inline void leat_buf_u32(struct leat_buf *buf, uint32_t value)
{
    leat_buf_le(buf, value, 4);
}

static inline void leat_buf_u64(struct leat_buf *buf, uint64_t value)
{
    leat_buf_le(buf, value, 8);
}

/* u32 length, then the bytes. */
static inline void leat_buf_string(struct leat_buf *buf, const void *bytes, size_t size)
{
    leat_buf_u32(buf, (uint32_t)size);
    leat_buf_put(buf, bytes, size);
}

#endif
