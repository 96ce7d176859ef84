/* The values of an image, one after another, by their steps: inlined where images are written, for each set of instructions anew. */
#ifndef LEAT_FORMAT_IMAGE_VALUES_INT_H
#define LEAT_FORMAT_IMAGE_VALUES_INT_H

#include "image_plain_int.h"
#include "value_int.h"

#define LEAT_INLINE __attribute__((always_inline)) static inline

/* A value that isn't text of its set. Behind it, or NULL. */
uint8_t *leat_image_put_foreign(struct leat_writer *writer, uint8_t *to, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                                struct leat_error *err);

/* What most columns are is written here, at `to`, which is kept out of the memory that the bytes written might be.
 * Returns what is behind the value, or NULL. */
LEAT_INLINE uint8_t *leat_image_put_value(struct leat_writer *writer, uint8_t *to, const struct leat_step *step, const uint8_t *bytes,
                                          uint32_t size, const uint8_t *readable_end, struct leat_error *err)
{
    uint64_t number;
    /* Asked before all else: comparisons are foreseen better than a jump through a table. */
    if (step->op == LEAT_STEP_UTF8) {
        uint8_t *behind = leat_image_put_utf8(writer, &to, step, bytes, size, readable_end);
        return __builtin_expect(behind != NULL, 1) ? behind : leat_image_put_foreign(writer, to, step, bytes, size, err);
    }
    switch ((enum leat_step_op)step->op) {
    case LEAT_STEP_INT:
        number = (uint64_t)((int64_t)leat_image_upper(step, bytes, readable_end) >> step->shift);
        if ((int64_t)number < 0) {
            *to++ = '-';
            number = 0 - number;
        }
        break;
    case LEAT_STEP_UINT:
        number = leat_image_upper(step, bytes, readable_end) >> step->shift;
        break;
    case LEAT_STEP_YEAR:
        number = bytes[0] ? 1900U + bytes[0] : 0;
        break;
    case LEAT_STEP_BIT:
        number = leat_be(bytes, size);
        break;
    default:
        writer->to = to;
        return step->write(writer, step, bytes, size, err) == LEAT_OK ? writer->to : NULL;
    }
    return leat_text_u64(to, number);
}

/* `{"id":7,…}` of an image that has columns, all of them, and no NULL: nothing is asked that only others need.
 * See leat_plain_writer. */
LEAT_INLINE const uint8_t *leat_image_write_plain_values(struct leat_writer *writer, const struct leat_plan *plan, uint32_t first,
                                                         const uint8_t *at, const uint8_t *end, struct leat_error *err)
{
    const struct leat_step *step = plan->steps + first, *steps_end = plan->steps + plan->count;
    uint8_t *to = writer->to, opening = first ? ',' : '{';
    for (; step < steps_end; step++) {
        const uint8_t *bytes;
        uint32_t size;
        uint8_t *name = to;
        to = leat_text_chunks(to, step->text, step->text_size);
        *name = opening; /* it begins with a comma */
        opening = ',';
        bool taken = leat_image_locate_one(step, &at, end, &bytes, &size);
        if (__builtin_expect(!taken, 0))
            (void)leat_image_too_long(err);
        else
            to = leat_image_put_value(writer, to, step, bytes, size, end, err);
        if (__builtin_expect(!taken || !to, 0)) {
            writer->step = step;
            return NULL;
        }
    }
    *to++ = '}';
    writer->to = to;
    return at;
}

/* `{"id":7,…}`. present NULL: all columns; `nulls` NULL: no value is. Behind the image, or NULL. */
LEAT_INLINE const uint8_t *leat_image_write_values(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                                                   const uint8_t *nulls, const uint8_t *at, const uint8_t *end, struct leat_error *err)
{
    const struct leat_step *step = plan->steps, *steps_end = step + plan->count;
    uint8_t *to = writer->to, opening = '{';
    uint32_t bit = 0;
    for (; step < steps_end; step++) {
        bool absent = present && !leat_image_bit(present, step->index);
        if (absent && !step->absent)
            continue;
        uint8_t *name = to;
        to = leat_text_chunks(to, step->text, step->text_size);
        *name = opening; /* it begins with a comma */
        opening = ',';
        if (absent) {
            to = leat_text_copy(to, step->absent, step->absent_size);
            continue;
        }
        if (nulls && leat_image_bit(nulls, bit++)) {
            to = leat_text_copy(to, "null", 4);
            continue;
        }
        const uint8_t *bytes;
        uint32_t size;
        bool taken = leat_image_locate_one(step, &at, end, &bytes, &size);
        if (__builtin_expect(!taken, 0))
            (void)leat_image_too_long(err);
        else
            to = leat_image_put_value(writer, to, step, bytes, size, end, err);
        if (__builtin_expect(!taken || !to, 0)) {
            writer->step = step;
            return NULL;
        }
    }
    if (opening == '{')
        *to++ = '{';
    *to++ = '}';
    writer->to = to;
    return at;
}

#endif
