/* Row images into JSON objects, straight from the packed bytes. The decoder walked the images and the journal has
 * checksums, but every length is checked again: a comparison a value costs nothing beside a crash.
 *
 * An image is a bitmap of NULLs over the columns that are present, then the values of those that aren't NULL. */
#include "image_int.h"

#include "image_values_int.h"

void leat_writer_grow(struct leat_writer *writer, size_t more)
{
    leat_writer_commit(writer);
    writer->to = leat_buf_reserve(writer->buf, more + writer->rest_max);
    writer->limit = writer->buf->data + writer->buf->capacity - writer->rest_max;
}

int leat_image_too_long(struct leat_error *err)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a value is longer than its column or than what is left of the image");
}

static uint32_t partly_bitmap_size(const struct leat_plan *plan, const uint8_t *present)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->count; i++)
        count += leat_image_bit(present, i);
    return (count + 7) / 8;
}

static inline const uint8_t *take_nulls(const struct leat_plan *plan, const uint8_t *present, struct leat_cursor *cursor, bool *any)
{
    uint32_t size = __builtin_expect(present != NULL, 0) ? partly_bitmap_size(plan, present) : plan->bitmap_size;
    const uint8_t *nulls = leat_cursor_bytes(cursor, size);
    *any = true;
    if (!nulls || present || size == 0)
        return nulls;
    /* The bits of no column may be anything. */
    unsigned found = nulls[size - 1] & plan->last_mask;
    for (uint32_t i = 0; i + 1 < size; i++)
        found |= nulls[i];
    *any = found;
    return nulls;
}

const uint8_t *leat_image_nulls(const struct leat_plan *plan, const uint8_t *present, struct leat_cursor *cursor, bool *any)
{
    return take_nulls(plan, present, cursor, any);
}

bool leat_image_take(const struct leat_step *step, const uint8_t **at, const uint8_t *end, struct leat_located *value)
{
    value->found = true;
    return leat_image_locate_one(step, at, end, &value->bytes, &value->size);
}

uint8_t *leat_image_put_foreign(struct leat_writer *writer, uint8_t *to, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                                struct leat_error *err)
{
    writer->to = to;
    return step->write(writer, step, bytes, size, err) == LEAT_OK ? writer->to : NULL;
}

leat_value_writer *const leat_value_writers[] = {
    [LEAT_STEP_FLOAT] = leat_write_float,       [LEAT_STEP_DOUBLE] = leat_write_double,
    [LEAT_STEP_DECIMAL] = leat_write_decimal,   [LEAT_STEP_TEMPORAL] = leat_write_temporal,
    [LEAT_STEP_ENUM] = leat_write_enum,         [LEAT_STEP_SET] = leat_write_set,
    [LEAT_STEP_TEXT] = leat_write_text,         [LEAT_STEP_BYTES] = leat_write_bytes,
    [LEAT_STEP_BINARY] = leat_write_binary,     [LEAT_STEP_SHAPE] = leat_write_shape,
    [LEAT_STEP_GEOMETRY] = leat_write_geometry,
    [LEAT_STEP_VECTOR] = leat_write_vector,     [LEAT_STEP_JSON] = leat_write_json,
    [LEAT_STEP_UTF8] = leat_write_foreign,      [LEAT_STEP_OWN] = NULL};

int leat_image_value(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                     const uint8_t *readable_end, struct leat_error *err)
{
    writer->step = step;
    uint8_t *to = leat_image_put_value(writer, writer->to, step, bytes, size, readable_end, err);
    if (!to)
        return LEAT_FAIL;
    writer->to = to;
    return LEAT_OK;
}

/* All columns are there and none is NULL: what nearly all images are, without a question a value. */
const uint8_t *leat_image_write_plain(struct leat_writer *writer, const struct leat_plan *plan, uint32_t first, const uint8_t *at,
                                      const uint8_t *end, struct leat_error *err)
{
    return leat_image_write_plain_values(writer, plan, first, at, end, err);
}

static const uint8_t *write_any(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                                const uint8_t *nulls, const uint8_t *at, const uint8_t *end, struct leat_error *err)
{
    return leat_image_write_values(writer, plan, present, nulls, at, end, err);
}

int leat_image_write(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                     struct leat_cursor *cursor, struct leat_error *err)
{
    writer->step = NULL;
    bool any;
    const uint8_t *nulls = take_nulls(plan, present, cursor, &any);
    if (!nulls)
        return leat_image_too_long(err);
    const uint8_t *behind = present || any ? write_any(writer, plan, present, nulls, cursor->at, cursor->end, err)
                                           : plan->write_plain(writer, plan, 0, cursor->at, cursor->end, err);
    if (!behind)
        return LEAT_FAIL;
    cursor->at = behind;
    return LEAT_OK;
}

int leat_image_plain_key(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *values, const uint8_t *readable_end,
                         struct leat_error *err)
{
    uint8_t *to = leat_text_chunks(writer->to, plan->key_head, plan->key_head_size);
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct leat_step *step = &plan->steps[plan->key[i]];
        if (i)
            to = leat_text_chunks(to, step->text, step->text_size);
        to = leat_image_put_value(writer, to, step, values + plan->key_offsets[i], step->size, readable_end, err);
        if (!to) {
            writer->step = step;
            return LEAT_FAIL;
        }
    }
    *to++ = '}';
    writer->to = to;
    return LEAT_OK;
}

int leat_image_locate(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                      struct leat_cursor cursor, struct leat_located *located, struct leat_error *err)
{
    writer->step = NULL;
    bool any;
    const uint8_t *nulls = take_nulls(plan, present, &cursor, &any);
    if (!nulls)
        return leat_image_too_long(err);
    const uint8_t *at = cursor.at, *end = cursor.end;
    if (plan->key_offsets && !present && !any) {
        if ((size_t)(end - at) < plan->key_bytes)
            return leat_image_too_long(err);
        for (uint32_t i = 0; i < plan->key_count; i++)
            located[i] = (struct leat_located){at + plan->key_offsets[i], plan->steps[plan->key[i]].size, true};
        return LEAT_OK;
    }
    uint32_t bit = 0;
    for (uint32_t i = 0; i < plan->key_span; i++) {
        if (present && !leat_image_bit(present, i))
            continue;
        const uint8_t *bytes = NULL;
        uint32_t size = 0;
        bool null = any && leat_image_bit(nulls, bit++);
        if (!null && !leat_image_locate_one(&plan->steps[i], &at, end, &bytes, &size)) {
            writer->step = &plan->steps[i];
            return leat_image_too_long(err);
        }
        if (plan->key_part_of[i] != UINT32_MAX)
            located[plan->key_part_of[i]] = (struct leat_located){bytes, size, true};
    }
    return LEAT_OK;
}

int leat_image_locate_all(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                          struct leat_cursor *cursor, struct leat_located *located, struct leat_error *err)
{
    writer->step = NULL;
    bool any;
    const uint8_t *nulls = take_nulls(plan, present, cursor, &any);
    if (!nulls)
        return leat_image_too_long(err);
    const uint8_t *at = cursor->at, *end = cursor->end;
    const struct leat_step *step = plan->steps, *steps_end = step + plan->count;
    uint32_t bit = 0;
    for (; step < steps_end; step++, located++) {
        *located = (struct leat_located){0};
        if (present && !leat_image_bit(present, step->index))
            continue;
        located->found = true;
        if (any && leat_image_bit(nulls, bit++))
            continue;
        if (__builtin_expect(!leat_image_locate_one(step, &at, end, &located->bytes, &located->size), 0)) {
            writer->step = step;
            return leat_image_too_long(err);
        }
    }
    cursor->at = at;
    return LEAT_OK;
}
