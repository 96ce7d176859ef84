/* Lists of parts (parts.h), read and written. */
#include "parts.h"

bool part_next(struct leat_cursor *input, struct part *part)
{
    if (!leat_cursor_left(input))
        return false;
    part->tag = leat_cursor_u8(input);
    part->tag2 = leat_cursor_u8(input);
    size_t size = leat_cursor_u16(input), left = leat_cursor_left(input);
    part->size = size < left ? size : left;
    part->bytes = leat_cursor_bytes(input, part->size);
    return true;
}

void part_put(struct leat_buf *buf, const struct part *part)
{
    leat_buf_u8(buf, part->tag);
    leat_buf_u8(buf, part->tag2);
    leat_buf_u16(buf, (uint16_t)part->size);
    leat_buf_put(buf, part->bytes, part->size);
}
