/* What is done for most values of most rows, inlined where formats write rows. One thread. */
#ifndef LEAT_FORMAT_IMAGE_PLAIN_INT_H
#define LEAT_FORMAT_IMAGE_PLAIN_INT_H

#include "image_int.h"
#include "text_plain_int.h"

/* Where the value at *at lies, of those in [*at, end). */
__attribute__((always_inline)) static inline bool leat_image_locate_one(const struct leat_step *step, const uint8_t **at,
                                                                        const uint8_t *end, const uint8_t **bytes, uint32_t *size)
{
    const uint8_t *from = *at;
    size_t left = (size_t)(end - from), length = step->size;
    if (step->prefix) {
        if (__builtin_expect(left >= sizeof(uint32_t), 1))
            length = leat_text_load(from, sizeof(uint32_t)) & step->prefix_mask;
        else if (left < step->prefix)
            return false;
        else
            length = leat_le(from, step->prefix);
        if (length > step->size)
            return false;
        from += step->prefix;
        left -= step->prefix;
    }
    if (left < length)
        return false;
    *bytes = from;
    *size = (uint32_t)length;
    *at = from + length;
    return true;
}

/* A number of `size` bytes in the upper part of 64 bits. */
static inline uint64_t leat_image_upper(const struct leat_step *step, const uint8_t *bytes, const uint8_t *readable_end)
{
    if (__builtin_expect(readable_end - bytes >= 8, 1))
        return leat_text_load(bytes, 8) << step->shift;
    return leat_le(bytes, step->size) << step->shift;
}

/* UTF-8 in quotes. NULL, with nothing written at *to: it isn't of the set. */
__attribute__((always_inline)) static inline uint8_t *leat_image_put_utf8(struct leat_writer *writer, uint8_t **to,
                                                                          const struct leat_step *step, const uint8_t *bytes,
                                                                          uint32_t size, const uint8_t *readable_end)
{
    size_t most = leat_text_utf8_max(bytes, size) + 2;
    if (__builtin_expect(writer->limit - *to < (ptrdiff_t)most, 0)) {
        writer->to = *to;
        leat_writer_grow(writer, most);
        *to = writer->to;
    }
    **to = '"';
    uint8_t *behind = leat_text_utf8(*to + 1, bytes, size, readable_end, step->character_max);
    if (__builtin_expect(behind != NULL, 1))
        *behind++ = '"';
    return behind;
}

#endif
