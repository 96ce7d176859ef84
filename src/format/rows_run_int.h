/* A rows event at work in a format that looks at whole images: what is checked once an event, and where a row's values lie. One
 * thread. */
#ifndef LEAT_FORMAT_ROWS_RUN_INT_H
#define LEAT_FORMAT_ROWS_RUN_INT_H

#include "image_int.h"
#include "model/item.h"

struct leat_rows_run {
    const struct leat_rows *rows;
    struct leat_plan *plan;
    const char *file; /* for errors */
    const uint8_t *before_present, *after_present; /* NULL: full */
    bool has_before, has_after, partial;
    const uint8_t *changed; /* partial: which JSON columns of the after image are changes, NULL: none */
    struct leat_cursor cursor;
    uint64_t row;    /* within its event */
    uint64_t number; /* within its transaction */
    /* The row's values, one a column, which the caller has room for. With one image both are it. */
    struct leat_located *before, *after;
};

/* Checks what is the same for all rows of the event. */
int leat_rows_run_begin(struct leat_rows_run *run, struct leat_error *err) LEAT_CHECKED;
/* Finds the next row's values. writer->step is what an error is about. */
int leat_rows_run_next(struct leat_rows_run *run, struct leat_writer *writer, struct leat_error *err) LEAT_CHECKED;
/* Fails if bytes are left behind the last row. */
int leat_rows_run_end(struct leat_rows_run *run, struct leat_error *err) LEAT_CHECKED;
/* Says where: the column if it is about one, else the table, and the place of the row. */
int leat_rows_run_fail(const struct leat_rows_run *run, const struct leat_step *step, struct leat_error *err);

/* Whether the after image's value of this JSON column is changes to the before image's document. */
bool leat_rows_run_is_change(const struct leat_rows_run *run, const struct leat_step *step);

/* Whether two values differ in a byte. */
static inline bool leat_located_differ(const struct leat_located *a, const struct leat_located *b)
{
    if (a->size != b->size || !a->bytes != !b->bytes)
        return true;
    if (!a->bytes)
        return false;
    if (a->size == 4)
        return memcmp(a->bytes, b->bytes, 4) != 0;
    if (a->size == 8)
        return memcmp(a->bytes, b->bytes, 8) != 0;
    return memcmp(a->bytes, b->bytes, a->size) != 0;
}

#endif
