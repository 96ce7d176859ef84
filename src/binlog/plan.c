/* The plan of a table's images: what each column's value takes in them.
 *
 * Facts: calc_field_size in libs/mysql/binlog/event/binary_log_funcs.cpp, Field::pack in sql/field.cc. */
#include "binlog/plan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "binlog_int.h"
#include "value_int.h"

static bool fixed(struct leat_row_step *step, uint32_t size)
{
    *step = leat_row_step(size, 0);
    return true;
}

static bool counted(struct leat_row_step *step, uint8_t prefix, uint32_t size_max)
{
    if (prefix < 1 || prefix > LEAT_ROW_PREFIX_MAX)
        return false;
    *step = leat_row_step(size_max, prefix);
    return true;
}

/* Blobs and what is stored as one: the metadata is the width of the length. */
static bool blob(struct leat_row_step *step, unsigned width)
{
    if (width < 1 || width > 4)
        return false;
    return counted(step, (uint8_t)width, width == 4 ? UINT32_MAX : (UINT32_C(1) << 8 * width) - 1);
}

static bool text(struct leat_row_step *step, uint32_t length_max)
{
    return counted(step, length_max > 255 ? 2 : 1, length_max);
}

static bool bits(struct leat_row_step *step, unsigned metadata)
{
    unsigned count = (metadata >> 8) * 8 + (metadata & 0xFF);
    return fixed(step, (count + 7) / 8) && count >= 1 && count <= 64;
}

static bool fraction(struct leat_row_step *step, uint32_t whole, unsigned digits)
{
    return fixed(step, whole + (digits + 1) / 2) && digits <= 6;
}

/* STRING's length lies in two bytes of metadata in a way that leat_table_map resolved. */
static uint32_t string_length(const struct leat_column *column)
{
    unsigned type = column->metadata >> 8;
    return (column->metadata & 0xFFu) | ((type & 0x30) ^ 0x30) << 4;
}

static bool step_of(struct leat_row_step *step, const struct leat_column *column)
{
    unsigned metadata = column->metadata;
#ifdef LEAT_LACKS_TYPE /* a build that knows one type less, for tests of what is then put aside */
    if (column->type == LEAT_LACKS_TYPE)
        return false;
#endif
    switch (column->type) {
    case LEAT_TYPE_NULL:
        return fixed(step, 0);
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_YEAR:
        return fixed(step, 1);
    case LEAT_TYPE_SHORT:
        return fixed(step, 2);
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
        return fixed(step, 3);
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_TIMESTAMP:
        return fixed(step, 4);
    case LEAT_TYPE_LONGLONG:
    case LEAT_TYPE_DATETIME:
        return fixed(step, 8);
    case LEAT_TYPE_FLOAT:
        return fixed(step, 4) && metadata == 4;
    case LEAT_TYPE_DOUBLE:
        return fixed(step, 8) && metadata == 8;
    case LEAT_TYPE_TIMESTAMP2:
        return fraction(step, 4, metadata);
    case LEAT_TYPE_DATETIME2:
        return fraction(step, 5, metadata);
    case LEAT_TYPE_TIME2:
        return fraction(step, 3, metadata);
    case LEAT_TYPE_NEWDECIMAL:
        return fixed(step, leat_decimal_size(metadata >> 8, metadata & 0xFF)) && step->size > 0;
    case LEAT_TYPE_BIT:
        return bits(step, metadata);
    case LEAT_TYPE_ENUM:
        return fixed(step, metadata & 0xFF) && step->size >= 1 && step->size <= 2;
    case LEAT_TYPE_SET:
        return fixed(step, metadata & 0xFF) && step->size >= 1 && step->size <= 8;
    case LEAT_TYPE_STRING:
        return text(step, string_length(column));
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VAR_STRING:
        return text(step, metadata);
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_GEOMETRY:
    case LEAT_TYPE_VECTOR:
        return blob(step, metadata);
    case LEAT_TYPE_DECIMAL_OLD:
    case LEAT_TYPE_TYPED_ARRAY:
    case LEAT_TYPE_BLOB_COMPRESSED:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
        return false;
    }
    return false;
}

static int refuse(const struct leat_table_view *view, uint32_t index, struct leat_error *err)
{
    const struct leat_column *column = &view->columns[index];
    return leat_unsupported(err, "%s.%s, column %u %s: type %u with metadata %u is not supported", view->database.bytes,
                            view->name.bytes, index + 1, column->name.size ? column->name.bytes : "(unnamed)",
                            (unsigned)column->type, column->metadata);
}

/* Puts the fixed columns of each eight together. `runs` has room for one step a column. */
static void merge(const struct leat_row_step *columns, uint32_t count, struct leat_row_step *runs,
                  uint32_t *groups)
{
    uint32_t used = 0, group = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i % 8 == 0)
            groups[group++] = used;
        bool joins = i % 8 && used > groups[group - 1] && !runs[used - 1].prefix && !columns[i].prefix;
        if (joins)
            runs[used - 1] = leat_row_step(runs[used - 1].size + columns[i].size, 0);
        else
            runs[used++] = columns[i];
    }
    groups[group] = used;
}

static uint32_t merge_whole(const struct leat_row_step *columns, uint32_t count, struct leat_row_step *whole)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (used && !whole[used - 1].prefix && !columns[i].prefix)
            whole[used - 1] = leat_row_step(whole[used - 1].size + columns[i].size, 0);
        else
            whole[used++] = columns[i];
    }
    return used;
}

static uint32_t *json_columns(const struct leat_table_view *view, uint32_t *count)
{
    uint32_t *json = NULL;
    *count = 0;
    for (uint32_t i = 0; i < view->column_count; i++) {
        if (view->columns[i].type != LEAT_TYPE_JSON)
            continue;
        if (!json)
            json = leat_alloc((view->column_count - i) * sizeof(*json));
        json[(*count)++] = i;
    }
    return json;
}

int leat_row_plan_new(struct leat_row_plan **out, const struct leat_table *table, struct leat_error *err)
{
    *out = NULL;
    const struct leat_table_view *view = leat_table_view(table);
    uint32_t count = view->column_count;
    struct leat_row_step *columns = leat_alloc_zero(count ? count : 1, sizeof(*columns));
    bool compressed = false;
    for (uint32_t i = 0; i < count; i++) {
        compressed |= view->columns[i].flags & LEAT_COLUMN_COMPRESSED;
        if (!step_of(&columns[i], &view->columns[i])) {
            free(columns);
            return refuse(view, i, err);
        }
    }
    uint32_t group_count = (count + 7) / 8;
    struct leat_row_step *runs = leat_alloc_zero(count ? count : 1, sizeof(*runs));
    uint32_t *groups = leat_alloc_zero((size_t)group_count + 1, sizeof(*groups));
    merge(columns, count, runs, groups);
    struct leat_row_step *whole = leat_alloc_zero(count ? count : 1, sizeof(*whole));
    uint32_t whole_count = merge_whole(columns, count, whole);
    uint32_t json_count;
    uint32_t *json = json_columns(view, &json_count);
    *out = leat_alloc(sizeof(**out));
    **out = (struct leat_row_plan){
        .column_count = count,
        .columns = columns,
        .group_count = group_count,
        .runs = runs,
        .groups = groups,
        .whole_count = whole_count,
        .whole = whole,
        .last_mask = (uint8_t)(count % 8 ? (1u << count % 8) - 1 : 0xFF),
        .compressed = compressed,
        .json_count = json_count,
        .json = json,
        /* Counting references doesn't change a definition. */
        .table = leat_table_hold((struct leat_table *)(uintptr_t)table),
    };
    return LEAT_OK;
}

void leat_row_plan_free(struct leat_row_plan **plan)
{
    if (!*plan)
        return;
    free((void *)(uintptr_t)(*plan)->columns);
    free((void *)(uintptr_t)(*plan)->runs);
    free((void *)(uintptr_t)(*plan)->groups);
    free((void *)(uintptr_t)(*plan)->whole);
    free((void *)(uintptr_t)(*plan)->json);
    leat_table_release(&(*plan)->table);
    free(*plan);
    *plan = NULL;
}
