/* The slow paths of the growable buffer: growing, printing, releasing. One thread a buffer. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { BUF_FIRST_CAPACITY = 64 };

void leat_buf_free(struct leat_buf *buf)
{
    free(buf->data);
    *buf = (struct leat_buf){0};
}

void leat_buf_grow(struct leat_buf *buf, size_t more)
{
    assert(buf->size <= buf->capacity);
    assert(more <= SIZE_MAX / 2 - buf->size);
    size_t needed = buf->size + more;
    size_t capacity = buf->capacity ? buf->capacity : BUF_FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    buf->data = leat_realloc(buf->data, capacity);
    buf->capacity = capacity;
}

void leat_buf_printf(struct leat_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    uint8_t *to = leat_buf_reserve(buf, 128);
    size_t room = buf->capacity - buf->size;
    int length = vsnprintf((char *)to, room, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length >= room) {
        to = leat_buf_reserve(buf, (size_t)length + 1);
        va_start(arguments, format);
        length = vsnprintf((char *)to, (size_t)length + 1, format, arguments);
        va_end(arguments);
        assert(length >= 0);
    }
    leat_buf_commit(buf, (size_t)length);
}

const char *leat_buf_cstr(struct leat_buf *buf)
{
    *leat_buf_reserve(buf, 1) = '\0';
    return (const char *)buf->data;
}
