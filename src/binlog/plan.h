/* How to walk the images of a table, open to readers that walk them themselves (a formatter with one writer a
 * column). Made by leat_row_plan_new; never changed. Any thread.
 *
 * A value is either fixed (prefix 0: `size` bytes) or begins with a little-endian length of `prefix` bytes,
 * which may not be more than `size`. */
#ifndef LEAT_BINLOG_PLAN_H
#define LEAT_BINLOG_PLAN_H

#include "binlog/rows.h"

struct leat_row_step {
    uint32_t size;
    uint8_t prefix; /* 0 to 4 */
};

struct leat_row_plan {
    uint32_t column_count;
    const struct leat_row_step *columns; /* one a column */

    /* Neighbouring fixed columns made one step, for images without NULLs, within each eight columns: those
     * that share a byte of the bitmap of NULLs. Group g is runs[groups[g] … groups[g + 1] - 1]. */
    uint32_t group_count;
    const struct leat_row_step *runs;
    const uint32_t *groups;

    bool compressed; /* it has compressed columns: leat_row_inflate comes first */
    uint32_t json_count;
    const uint32_t *json; /* the JSON columns, in order */

    struct leat_table *table; /* held, for messages */
};

/* The value at *at, which is moved behind it. false: it ends behind `end` or is longer than its column. */
static inline bool leat_row_step_take(const struct leat_row_step *step, const uint8_t **at,
                                      const uint8_t *end, const uint8_t **bytes, uint32_t *size)
{
    size_t left = (size_t)(end - *at);
    const uint8_t *from = *at;
    size_t length = step->size;
    if (step->prefix) {
        if (left < step->prefix)
            return false;
        length = from[0];
        if (step->prefix > 1)
            length |= (size_t)from[1] << 8;
        if (step->prefix > 2)
            length |= (size_t)from[2] << 16;
        if (step->prefix > 3)
            length |= (size_t)from[3] << 24;
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

static inline bool leat_row_bit(const uint8_t *bitmap, uint32_t index)
{
    return bitmap[index / 8] >> (index % 8) & 1;
}

#endif
