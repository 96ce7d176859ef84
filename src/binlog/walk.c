/* Over row images: the hot path of ingest.
 *
 * An image is a bitmap of NULLs over the columns that are present, then the values of those that are present
 * and not NULL. Nearly all images have all columns, and many no NULL: those are walked by steps that take all neighbours of
 * fixed size at once. With NULLs, the eights of columns that have none are walked so; all else column by column. */
#include "binlog/plan.h"

#include "binlog_int.h"

/* Behind the value of one step where fewer bytes are left than a length may have. */
__attribute__((noinline)) const uint8_t *leat_row_walk_near_end(const struct leat_row_step *step, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *bytes;
    uint32_t size;
    return leat_row_step_take(step, &at, end, &bytes, &size) ? at : NULL;
}

static bool all_present(const struct leat_row_plan *plan, const uint8_t *present)
{
    uint32_t whole = plan->column_count / 8;
    for (uint32_t i = 0; i < whole; i++)
        if (present[i] != 0xFF)
            return false;
    uint8_t rest = (uint8_t)((1u << plan->column_count % 8) - 1);
    return (plan->column_count % 8 == 0) || (present[whole] & rest) == rest;
}

static uint32_t count_present(const struct leat_row_plan *plan, const uint8_t *present)
{
    uint32_t count = 0, whole = plan->column_count / 8;
    for (uint32_t i = 0; i < whole; i++)
        count += (uint32_t)__builtin_popcount(present[i]);
    if (plan->column_count % 8)
        count += (uint32_t)__builtin_popcount(present[whole] & ((1u << plan->column_count % 8) - 1));
    return count;
}

/* Leaves out those whose bit in `nulls` is set. */
static inline const uint8_t *walk_some(const struct leat_row_step *step, const struct leat_row_step *end_step,
                                       unsigned nulls, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *bytes;
    uint32_t size;
    for (; step < end_step; step++, nulls >>= 1)
        if (!(nulls & 1) && !leat_row_step_take(step, &at, end, &bytes, &size))
            return NULL;
    return at;
}

/* All columns are present. Returns where the image ends, NULL if it isn't whole. */
static const uint8_t *walk_full(const struct leat_row_plan *plan, const uint8_t *at, const uint8_t *end)
{
    if ((size_t)(end - at) < plan->group_count)
        return NULL;
    const uint8_t *nulls = at;
    at += plan->group_count;
    for (uint32_t g = 0; g < plan->group_count; g++) {
        if (nulls[g] == 0) {
            at = leat_row_walk_steps(plan->runs + plan->groups[g], plan->runs + plan->groups[g + 1], at, end);
        } else {
            uint32_t last = g * 8 + 8 < plan->column_count ? g * 8 + 8 : plan->column_count;
            at = walk_some(plan->columns + (size_t)g * 8, plan->columns + last, nulls[g], at, end);
        }
        if (!at)
            return NULL;
    }
    return at;
}

/* Any columns may be missing. *failed is the column whose value isn't whole. `values` may be NULL. */
static const uint8_t *walk_partly(const struct leat_row_plan *plan, const uint8_t *present, const uint8_t *at,
                                  const uint8_t *end, struct leat_value *values, uint32_t *failed)
{
    size_t bitmap_size = ((size_t)count_present(plan, present) + 7) / 8;
    *failed = 0;
    if ((size_t)(end - at) < bitmap_size)
        return NULL;
    const uint8_t *nulls = at;
    at += bitmap_size;
    uint32_t index = 0; /* among those that are present */
    for (uint32_t i = 0; i < plan->column_count; i++) {
        struct leat_value value = {.present = leat_row_bit(present, i)};
        if (!value.present && !values)
            continue;
        if (value.present && !leat_row_bit(nulls, index++) &&
            !leat_row_step_take(&plan->columns[i], &at, end, &value.bytes, &value.size)) {
            *failed = i;
            return NULL;
        }
        if (values)
            values[i] = value;
    }
    return at;
}

/* Walks once more, to find out where. */
static int refuse(const struct leat_row_plan *plan, const uint8_t *present, const struct leat_cursor *cursor,
                  struct leat_error *err)
{
    uint32_t index = 0;
    (void)walk_partly(plan, present, cursor->at, cursor->end, NULL, &index);
    const struct leat_table_view *view = leat_table_view(plan->table);
    const struct leat_column *column = &view->columns[index];
    return leat_malformed(
        err, "a row of %s.%s is not whole at column %u %s (type %u): %zu bytes are left of its event",
        view->database.bytes, view->name.bytes, index + 1,
        column->name.size ? column->name.bytes : "(unnamed)", (unsigned)column->type,
        leat_cursor_left(cursor));
}

static __attribute__((noinline)) int walk_any(const struct leat_row_plan *plan, const uint8_t *present,
                                              struct leat_cursor *cursor, struct leat_error *err)
{
    uint32_t failed;
    const uint8_t *end = all_present(plan, present) ? walk_full(plan, cursor->at, cursor->end)
                                                    : walk_partly(plan, present, cursor->at, cursor->end, NULL, &failed);
    if (__builtin_expect(!end, 0))
        return refuse(plan, present, cursor, err);
    cursor->at = end;
    return LEAT_OK;
}

int leat_row_walk(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                  struct leat_error *err)
{
    const uint8_t *behind = leat_row_walk_plain(plan, present, cursor->at, cursor->end);
    if (__builtin_expect(!behind, 0))
        return walk_any(plan, present, cursor, err);
    cursor->at = behind;
    return LEAT_OK;
}

static const uint8_t *split_full(const struct leat_row_plan *plan, const uint8_t *at, const uint8_t *end,
                                 struct leat_value *values)
{
    if ((size_t)(end - at) < plan->group_count)
        return NULL;
    const uint8_t *nulls = at;
    at += plan->group_count;
    for (uint32_t i = 0; i < plan->column_count; i++) {
        struct leat_value value = {.present = true};
        if (!leat_row_bit(nulls, i) &&
            !leat_row_step_take(&plan->columns[i], &at, end, &value.bytes, &value.size))
            return NULL;
        values[i] = value;
    }
    return at;
}

int leat_row_split(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                   struct leat_value *values, struct leat_error *err)
{
    uint32_t failed;
    const uint8_t *end = all_present(plan, present)
                             ? split_full(plan, cursor->at, cursor->end, values)
                             : walk_partly(plan, present, cursor->at, cursor->end, values, &failed);
    if (__builtin_expect(!end, 0))
        return refuse(plan, present, cursor, err);
    cursor->at = end;
    return LEAT_OK;
}
