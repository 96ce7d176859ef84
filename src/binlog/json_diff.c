/* Partial updates in rows: which values of an after image are differences, and the differences one by one. */
#include "binlog/json.h"

#include <assert.h>

#include "base/json.h"
#include "binlog/plan.h"
#include "binlog/value.h"
#include "binlog_int.h"

enum { OPTION_PARTIAL_JSON = 1 };

const char *leat_json_op_name(enum leat_json_op op)
{
    static const char *const names[] = {"replace", "insert", "remove"};
    return (unsigned)op <= LEAT_JSON_REMOVE ? names[op] : "unknown";
}

static int cut_short(struct leat_error *err)
{
    return leat_malformed(err, "a partial JSON value ends within one of its changes");
}

int leat_json_diff_next(struct leat_json_diff *diff, struct leat_cursor *diffs, struct leat_error *err)
{
    *diff = (struct leat_json_diff){0};
    if (leat_cursor_left(diffs) == 0)
        return LEAT_END;
    uint8_t op = leat_cursor_u8(diffs);
    if (op > LEAT_JSON_REMOVE)
        return leat_malformed(err, "a partial JSON value has a change of the unknown kind %u", op);
    diff->op = (enum leat_json_op)op;
    uint64_t size = leat_cursor_lenenc(diffs);
    if (size > leat_cursor_left(diffs))
        return cut_short(err);
    diff->path_size = (uint32_t)size;
    diff->path = (const char *)leat_cursor_bytes(diffs, diff->path_size);
    if (op != LEAT_JSON_REMOVE) {
        size = leat_cursor_lenenc(diffs);
        if (size > leat_cursor_left(diffs))
            return cut_short(err);
        diff->value_size = (uint32_t)size;
        diff->value = leat_cursor_bytes(diffs, diff->value_size);
    }
    if (diffs->failed)
        return cut_short(err);
    if (diff->path_size == 0 || (op != LEAT_JSON_REMOVE && diff->value_size == 0))
        return leat_malformed(err, "a partial JSON value has a change without a path or a value");
    return LEAT_OK;
}

static int put_diff(struct leat_buf *buf, const struct leat_json_diff *diff, struct leat_error *err)
{
    leat_buf_puts(buf, "{\"op\":\"");
    leat_buf_puts(buf, leat_json_op_name(diff->op));
    leat_buf_puts(buf, "\",\"path\":");
    if (!leat_json_text(buf, diff->path, diff->path_size))
        return leat_malformed(err, "a partial JSON value has a path that is not UTF-8");
    if (diff->op != LEAT_JSON_REMOVE) {
        leat_buf_puts(buf, ",\"value\":");
        if (leat_value_json(buf, diff->value, diff->value_size, err))
            return LEAT_FAIL;
    }
    leat_buf_u8(buf, '}');
    return LEAT_OK;
}

int leat_json_diffs_put(struct leat_buf *buf, const uint8_t *diffs, uint32_t size, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(diffs, size);
    struct leat_json_diff diff;
    size_t start = buf->size;
    int result;
    leat_buf_u8(buf, '[');
    while ((result = leat_json_diff_next(&diff, &cursor, err)) == LEAT_OK) {
        if (buf->size > start + 1)
            leat_buf_u8(buf, ',');
        if (put_diff(buf, &diff, err))
            break;
    }
    leat_buf_u8(buf, ']');
    if (result == LEAT_END)
        return LEAT_OK;
    buf->size = start;
    return LEAT_FAIL;
}

/* ---- Rows ---- */

int leat_row_partial(uint32_t json_count, const uint8_t **partial, struct leat_cursor *cursor, struct leat_error *err)
{
    *partial = NULL;
    uint64_t options = leat_cursor_lenenc(cursor);
    if (options & OPTION_PARTIAL_JSON)
        *partial = leat_cursor_bytes(cursor, (json_count + 7) / 8);
    if (cursor->failed)
        return leat_malformed(err, "a row of a PARTIAL_UPDATE_ROWS event ends before its after image");
    if (options & ~(uint64_t)OPTION_PARTIAL_JSON)
        return leat_unsupported(err, "a row's values are stored in a way that isn't known (options %llu)",
                                (unsigned long long)options);
    return LEAT_OK;
}

/* Whether each of a value's changes has its form. */
static int check(const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    struct leat_cursor diffs = leat_cursor(bytes, size);
    struct leat_json_diff diff;
    int result;
    do
        result = leat_json_diff_next(&diff, &diffs, err);
    while (result == LEAT_OK);
    return result == LEAT_END ? LEAT_OK : LEAT_FAIL;
}

int leat_row_split_partial(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                           struct leat_value *values, struct leat_error *err)
{
    const uint8_t *partial;
    if (leat_row_partial(plan->json_count, &partial, cursor, err) || leat_row_split(plan, present, cursor, values, err))
        return LEAT_FAIL;
    for (uint32_t i = 0; partial && i < plan->json_count; i++) {
        struct leat_value *value = &values[plan->json[i]];
        value->partial = leat_row_bit(partial, i) && value->bytes;
        if (value->partial && check(value->bytes, value->size, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* An image that was walked and has differences: once more, up to the last of them. */
static int check_image(const struct leat_row_plan *plan, const uint8_t *present, const uint8_t *partial,
                       struct leat_cursor cursor, struct leat_error *err)
{
    uint32_t count = 0, index = 0, json = 0;
    for (uint32_t i = 0; i < plan->column_count; i++)
        count += leat_row_bit(present, i);
    const uint8_t *nulls = leat_cursor_bytes(&cursor, (count + 7) / 8);
    for (uint32_t i = 0; json < plan->json_count; i++) {
        bool difference = plan->json[json] == i && leat_row_bit(partial, json++);
        const uint8_t *bytes;
        uint32_t size;
        if (!leat_row_bit(present, i) || leat_row_bit(nulls, index++))
            continue;
        bool whole = leat_row_step_take(&plan->columns[i], &cursor.at, cursor.end, &bytes, &size);
        assert(whole);
        if (difference && check(bytes, size, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

int leat_row_walk_partial(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                          struct leat_error *err)
{
    const uint8_t *partial;
    if (leat_row_partial(plan->json_count, &partial, cursor, err))
        return LEAT_FAIL;
    struct leat_cursor image = *cursor;
    if (leat_row_walk(plan, present, cursor, err))
        return LEAT_FAIL;
    return partial ? check_image(plan, present, partial, image, err) : LEAT_OK;
}

int leat_row_rebuild(const struct leat_row_plan *plan, const struct leat_value *before, struct leat_value *after,
                     struct leat_buf *room, struct leat_error *err)
{
    leat_buf_clear(room);
    for (uint32_t i = 0; i < plan->json_count; i++) {
        const struct leat_value *document = &before[plan->json[i]];
        struct leat_value *value = &after[plan->json[i]];
        if (!value->partial || !document->present)
            continue;
        if (!document->bytes)
            return leat_malformed(err, "changes to a JSON document where there was NULL");
        size_t start = room->size;
        if (leat_json_apply_binary(room, document->bytes, document->size, value->bytes, value->size, err))
            return LEAT_FAIL;
        value->size = (uint32_t)(room->size - start);
    }
    const uint8_t *at = room->data; /* which doesn't move any more */
    for (uint32_t i = 0; i < plan->json_count; i++) {
        struct leat_value *value = &after[plan->json[i]];
        if (!value->partial || !before[plan->json[i]].present)
            continue;
        value->partial = false;
        value->bytes = at ? at : value->bytes; /* an empty document of an empty row: not NULL all the same */
        at = at ? at + value->size : at;
    }
    return LEAT_OK;
}
