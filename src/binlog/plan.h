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
    uint32_t fixed; /* size, or 0 where there is a prefix */
    uint32_t mask;  /* of the prefix among the four bytes at the value: its length is fixed + (those bytes & mask) */
    uint8_t prefix; /* 0 to 4 */
};

enum { LEAT_ROW_PREFIX_MAX = 4 };

static inline struct leat_row_step leat_row_step(uint32_t size, uint8_t prefix)
{
    return (struct leat_row_step){.size = size,
                                  .fixed = prefix ? 0 : size,
                                  .mask = prefix ? UINT32_MAX >> (32 - 8 * prefix) : 0,
                                  .prefix = prefix};
}

struct leat_row_plan {
    uint32_t column_count;
    const struct leat_row_step *columns; /* one a column */

    /* Neighbouring fixed columns made one step, for images without NULLs, within each eight columns: those
     * that share a byte of the bitmap of NULLs. Group g is runs[groups[g] … groups[g + 1] - 1]. */
    uint32_t group_count;
    const struct leat_row_step *runs;
    const uint32_t *groups;

    /* The same over all columns, for images without any NULL. */
    uint32_t whole_count;
    const struct leat_row_step *whole;
    uint8_t last_mask; /* the columns' bits in the last byte of a bitmap over all; others may be anything */

    bool compressed; /* it has compressed columns: leat_row_inflate comes first */
    uint32_t json_count;
    const uint32_t *json; /* the JSON columns, in order */

    struct leat_table *table; /* held, for messages */
};

/* The value's length, prefix not counted; whether it may be so long is checked by whoever calls. `at` has as many bytes as
 * the longest prefix: then no branch depends on the step. */
static inline size_t leat_row_step_length(const struct leat_row_step *step, const uint8_t *at)
{
    return step->fixed + (size_t)((uint32_t)leat_le(at, LEAT_ROW_PREFIX_MAX) & step->mask);
}

/* The value at *at, which is moved behind it. false: it ends behind `end` or is longer than its column. */
static inline bool leat_row_step_take(const struct leat_row_step *step, const uint8_t **at,
                                      const uint8_t *end, const uint8_t **bytes, uint32_t *size)
{
    const uint8_t *from = *at;
    size_t left = (size_t)(end - from), length = step->fixed;
    if (__builtin_expect(left >= LEAT_ROW_PREFIX_MAX, 1)) {
        length = leat_row_step_length(step, from);
    } else if (step->prefix) {
        if (left < step->prefix)
            return false;
        length = leat_le(from, step->prefix);
    }
    if (length > step->size || left < length + step->prefix)
        return false;
    *bytes = from + step->prefix;
    *size = (uint32_t)length;
    *at = from + step->prefix + length;
    return true;
}

/* Behind the value of one step where fewer bytes are left than a length may have; NULL if it isn't whole. */
const uint8_t *leat_row_walk_near_end(const struct leat_row_step *step, const uint8_t *at, const uint8_t *end);

/* Steps up to end_step, none of them NULL. NULL: at a value that isn't whole. */
static inline const uint8_t *leat_row_walk_steps(const struct leat_row_step *step, const struct leat_row_step *end_step,
                                                 const uint8_t *at, const uint8_t *end)
{
    for (; step < end_step; step++) {
        size_t left = (size_t)(end - at);
        if (__builtin_expect(left < LEAT_ROW_PREFIX_MAX, 0)) {
            at = leat_row_walk_near_end(step, at, end);
            if (!at)
                return NULL;
            continue;
        }
        size_t length = leat_row_step_length(step, at);
        if (__builtin_expect(length > step->size || left < length + step->prefix, 0))
            return NULL;
        at += length + step->prefix;
    }
    return at;
}

/* Behind the image at `at`, if it has columns, all of them, and no NULL, as nearly all have. NULL: it hasn't, or isn't whole:
 * leat_row_walk knows. */
static inline const uint8_t *leat_row_walk_plain(const struct leat_row_plan *plan, const uint8_t *present, const uint8_t *at,
                                                 const uint8_t *end)
{
    uint32_t last = plan->group_count - 1;
    if (plan->group_count == 0 || (size_t)(end - at) < plan->group_count)
        return NULL;
    unsigned odd = (at[last] | ~(unsigned)present[last]) & plan->last_mask;
    for (uint32_t i = 0; i < last; i++)
        odd |= at[i] | (present[i] ^ 0xFFu);
    return odd ? NULL : leat_row_walk_steps(plan->whole, plan->whole + plan->whole_count, at + plan->group_count, end);
}

static inline bool leat_row_bit(const uint8_t *bitmap, uint32_t index)
{
    return bitmap[index / 8] >> (index % 8) & 1;
}

#endif
