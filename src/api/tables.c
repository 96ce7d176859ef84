/* Definitions in their public form, made when rows first come and kept in a table of fixed size. */
#include <stdlib.h>

#include "api_int.h"
#include "base/alloc.h"
#include "binlog/charset.h"

static struct leat_decode_text text_of(struct leat_text text)
{
    return (struct leat_decode_text){text.bytes ? text.bytes : "", text.size};
}

static enum leat_decode_type type_of(const struct leat_column *column)
{
    switch (column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        return column->flags & LEAT_COLUMN_UNSIGNED ? LEAT_DECODE_UINT : LEAT_DECODE_INT;
    case LEAT_TYPE_YEAR:
        return LEAT_DECODE_YEAR;
    case LEAT_TYPE_BIT:
        return LEAT_DECODE_BIT;
    case LEAT_TYPE_FLOAT:
        return LEAT_DECODE_FLOAT;
    case LEAT_TYPE_DOUBLE:
        return LEAT_DECODE_DOUBLE;
    case LEAT_TYPE_DECIMAL_OLD:
    case LEAT_TYPE_NEWDECIMAL:
        return LEAT_DECODE_DECIMAL;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        return LEAT_DECODE_DATE;
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        return LEAT_DECODE_TIME;
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
        return LEAT_DECODE_DATETIME;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return LEAT_DECODE_TIMESTAMP;
    case LEAT_TYPE_ENUM:
        return LEAT_DECODE_ENUM;
    case LEAT_TYPE_SET:
        return LEAT_DECODE_SET;
    case LEAT_TYPE_JSON:
        return LEAT_DECODE_JSON;
    case LEAT_TYPE_GEOMETRY:
        return LEAT_DECODE_GEOMETRY;
    case LEAT_TYPE_VECTOR:
        return LEAT_DECODE_VECTOR;
    case LEAT_TYPE_NULL:
        return LEAT_DECODE_NULL;
    default:
        return column->collation == LEAT_COLLATION_BINARY ? LEAT_DECODE_BINARY : LEAT_DECODE_TEXT;
    }
}

static bool is_integer(enum leat_decode_type type)
{
    return type == LEAT_DECODE_INT || type == LEAT_DECODE_UINT;
}

static bool has_charset(enum leat_decode_type type)
{
    return type == LEAT_DECODE_TEXT || type == LEAT_DECODE_ENUM || type == LEAT_DECODE_SET;
}

static uint8_t fraction_of(const struct leat_column *column)
{
    bool told = column->type == LEAT_TYPE_TIME2 || column->type == LEAT_TYPE_DATETIME2 ||
                column->type == LEAT_TYPE_TIMESTAMP2;
    return told ? (uint8_t)column->metadata : 0;
}

static const struct leat_decode_text *members_of(const struct leat_column *column)
{
    if (!column->member_count)
        return NULL;
    struct leat_decode_text *members = leat_alloc_zero(column->member_count, sizeof *members);
    for (uint32_t i = 0; i < column->member_count; i++)
        members[i] = text_of(column->members[i]);
    return members;
}

static struct leat_decode_column show_column(const struct leat_column *column, uint32_t table_flags)
{
    enum leat_decode_type type = type_of(column);
    bool told = column->collation != LEAT_COLLATION_UNKNOWN && has_charset(type);
    bool sized = type == LEAT_DECODE_TEXT || type == LEAT_DECODE_BINARY;
    return (struct leat_decode_column){
        .name = text_of(column->name),
        .type = type,
        .sign_known = is_integer(type) && table_flags & LEAT_TABLE_SIGNS,
        .nullable = column->flags & LEAT_COLUMN_NULLABLE,
        .primary = column->flags & LEAT_COLUMN_PRIMARY,
        .charset = told ? leat_charset_name(column->collation) : "",
        .precision = column->type == LEAT_TYPE_NEWDECIMAL ? (uint8_t)(column->metadata >> 8) : 0,
        .scale = column->type == LEAT_TYPE_NEWDECIMAL ? (uint8_t)column->metadata : 0,
        .fraction_digits = fraction_of(column),
        .size_max = sized ? column->length_max : 0,
        .member_count = column->member_count,
        .members = members_of(column),
    };
}

static void show(struct api_table *table, const struct leat_table_view *view)
{
    struct leat_decode_column *columns = leat_alloc_zero(view->column_count + 1, sizeof *columns);
    for (uint32_t i = 0; i < view->column_count; i++)
        columns[i] = show_column(&view->columns[i], view->flags);
    uint32_t *key = leat_alloc_zero(view->key_count + 1, sizeof *key);
    for (uint32_t i = 0; i < view->key_count; i++)
        key[i] = view->key[i].column;
    table->shown = (struct leat_decode_table){
        .version = view->id,
        .database = text_of(view->database),
        .name = text_of(view->name),
        .column_count = view->column_count,
        .columns = columns,
        .key_known = view->flags & LEAT_TABLE_KEY_KNOWN,
        .key_count = view->key_count,
        .key = key,
    };
}

static void free_table(struct api_table **out)
{
    struct api_table *table = *out;
    *out = NULL;
    if (!table)
        return;
    for (uint32_t i = 0; i < table->shown.column_count; i++)
        free((void *)(uintptr_t)table->shown.columns[i].members);
    free((void *)(uintptr_t)table->shown.columns);
    free((void *)(uintptr_t)table->shown.key);
    leat_row_plan_free(&table->plan);
    leat_table_release(&table->table);
    free(table);
}

int api_table(struct leat_decode *decode, const struct api_table **out, struct leat_table *definition,
              struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(definition);
    struct api_table **slot = &decode->tables[view->id % API_TABLE_SLOTS];
    if (!*slot || (*slot)->shown.version != view->id) {
        free_table(slot);
        struct leat_row_plan *plan;
        if (leat_row_plan_new(&plan, definition, err))
            return LEAT_FAIL;
        *slot = leat_alloc_zero(1, sizeof **slot);
        (*slot)->table = leat_table_hold(definition);
        (*slot)->plan = plan;
        show(*slot, view);
    }
    *out = *slot;
    return LEAT_OK;
}

void api_tables_free(struct leat_decode *decode)
{
    for (size_t i = 0; i < API_TABLE_SLOTS; i++)
        free_table(&decode->tables[i]);
}
