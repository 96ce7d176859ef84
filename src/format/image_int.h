/* Row images into JSON objects: the hot path. One thread. */
#ifndef LEAT_FORMAT_IMAGE_INT_H
#define LEAT_FORMAT_IMAGE_INT_H

#include "base/buf.h"
#include "base/cursor.h"
#include "plan_int.h"

/* Writes behind the contents of a buffer through a bare pointer. `rest_max` is what all that is still to come in the
 * line takes at most, values with a length prefix apart: it is always there behind `to`, so that only those values
 * check for room. */
struct leat_writer {
    uint8_t *to;
    uint8_t *limit; /* the buffer's end less rest_max */
    struct leat_buf *buf;
    size_t rest_max;
    struct leat_buf *scratch;
    struct leat_buf *json_nulls;   /* u32 columns whose JSON document is the literal null */
    const struct leat_step *step;  /* the one at work: what an error is about */
    const void *format;            /* whose writers are at work, for them */
};

static inline void leat_writer_begin(struct leat_writer *writer, struct leat_buf *buf, size_t rest_max)
{
    writer->buf = buf;
    writer->rest_max = rest_max;
    writer->to = leat_buf_reserve(buf, rest_max);
    writer->limit = buf->data + buf->capacity - rest_max;
}
/* Contents of the buffer up to `to`. */
static inline void leat_writer_commit(struct leat_writer *writer)
{
    writer->buf->size = (size_t)(writer->to - writer->buf->data);
}
void leat_writer_grow(struct leat_writer *writer, size_t more);

/* Room for `more` bytes besides rest_max. */
static inline void leat_writer_room(struct leat_writer *writer, size_t more)
{
    if (__builtin_expect(writer->limit - writer->to < (ptrdiff_t)more, 0))
        leat_writer_grow(writer, more);
}

/* Whether the bitmap has all columns. */
static inline bool leat_image_is_full(const struct leat_plan *plan, const uint8_t *present)
{
    if (plan->bitmap_size == 0)
        return true;
    uint32_t last = plan->bitmap_size - 1;
    unsigned missing = ~(unsigned)present[last] & plan->last_mask;
    for (uint32_t i = 0; i < last; i++)
        missing |= present[i] ^ 0xFFU;
    return !missing;
}

/* An image as `{"id":7,…}`; the cursor is moved behind it. present NULL: all columns. Errors say what is wrong with
 * the value; writer->step is its column (NULL: the image as a whole). */
int leat_image_write(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                     struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;

/* The one for any machine; and that of wider instructions, NULL where this machine or this build lacks them. */
leat_plain_writer leat_image_write_plain;
leat_plain_writer *leat_image_write_plain_avx2(void);

/* Whether the image at the cursor, which has all columns, has no NULLs, and reaches over the key's columns; *values is what is behind its
 * bitmap. */
static inline bool leat_image_is_plain(const struct leat_plan *plan, const struct leat_cursor *cursor, const uint8_t **values)
{
    const uint8_t *nulls = cursor->at;
    if (leat_cursor_left(cursor) < (size_t)plan->bitmap_size + plan->key_bytes || plan->bitmap_size == 0)
        return false;
    *values = nulls + plan->bitmap_size;
    unsigned found = nulls[plan->bitmap_size - 1] & plan->last_mask;
    for (uint32_t i = 0; i + 1 < plan->bitmap_size; i++)
        found |= nulls[i];
    return !found;
}

/* `,"key":{…}` of such an image, where the plan has key_offsets. */
int leat_image_plain_key(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *values, const uint8_t *readable_end,
                         struct leat_error *err) LEAT_CHECKED;

/* Finds those of the key's values that the image has; others of `located` stay as they are. */
int leat_image_locate(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                      struct leat_cursor cursor, struct leat_located *located, struct leat_error *err) LEAT_CHECKED;

/* Finds all values of the image at the cursor, which is moved behind it: `located` has one for each column. */
int leat_image_locate_all(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                          struct leat_cursor *cursor, struct leat_located *located, struct leat_error *err) LEAT_CHECKED;

/* Images value by value, off the hot path. The bitmap of NULLs at the cursor, NULL if it isn't whole; *any: whether it
 * has a NULL. The value at *at, which is moved behind it; false if it isn't whole, which is what leat_image_too_long says. */
const uint8_t *leat_image_nulls(const struct leat_plan *plan, const uint8_t *present, struct leat_cursor *cursor, bool *any);
bool leat_image_take(const struct leat_step *step, const uint8_t **at, const uint8_t *end, struct leat_located *value);
int leat_image_too_long(struct leat_error *err);

static inline bool leat_image_bit(const uint8_t *bitmap, uint32_t bit)
{
    return bitmap[bit >> 3] >> (bit & 7) & 1;
}

/* Partial updates. The documents of a before image, into plan->documents. */
int leat_image_documents(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                         struct leat_cursor cursor, struct leat_error *err) LEAT_CHECKED;
/* leat_image_write of an after image, of whose JSON values those with a bit in `partial` are changes to these documents.
 * Where the document isn't known, the column is left out. */
int leat_image_write_partial(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                             const uint8_t *partial, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;
/* The changes to those, `,"json_diff":{…}`, behind the buffer's contents. */
int leat_image_changes(struct leat_buf *buf, const struct leat_plan *plan, struct leat_error *err) LEAT_CHECKED;

/* One located value, written by its step. Bytes up to readable_end may be read, too. */
int leat_image_value(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                     const uint8_t *readable_end, struct leat_error *err) LEAT_CHECKED;

#endif
