/* Definitions for the format "sql": names quoted once, and for each column which literal its values are. */
#include "sql_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "binlog/charset.h"
#include "binlog/plan.h"

enum { TABLES_MAX = 1024 };

static void free_table(struct leat_sql_table *table)
{
    leat_table_release(&table->table);
    leat_row_plan_free(&table->plan);
    leat_buf_free(&table->text);
    free(table->columns);
    free(table->before);
    free(table->after);
    free(table);
}

void leat_sql_tables_free(struct leat_sql *sql)
{
    for (size_t i = 0; i < sql->table_count; i++)
        free_table(sql->tables[i]);
    free(sql->tables);
    sql->tables = NULL;
    sql->table_count = 0;
    sql->last_table = NULL;
}

void leat_sql_tables_trim(struct leat_sql *sql)
{
    if (sql->table_count > TABLES_MAX)
        leat_sql_tables_free(sql);
}

/* Sets whose bytes below 0x80 are other characters, or parts of some. */
static bool has_ascii(const char *charset)
{
    return strncmp(charset, "utf16", 5) != 0 && strcmp(charset, "utf32") != 0 && strcmp(charset, "ucs2") != 0 &&
           strcmp(charset, "swe7") != 0;
}

static void choose_text(struct leat_sql_column *column)
{
    const struct leat_column *told = column->column;
    if (told->shape != LEAT_SHAPE_PLAIN && told->type == LEAT_TYPE_STRING) {
        column->kind = LEAT_SQL_BINARY;
        return;
    }
    if (told->collation == LEAT_COLLATION_UNKNOWN) {
        column->kind = LEAT_SQL_BYTES;
        return;
    }
    if (told->collation == LEAT_COLLATION_BINARY) {
        column->kind = told->type == LEAT_TYPE_STRING ? LEAT_SQL_BINARY : LEAT_SQL_BYTES;
        return;
    }
    column->kind = LEAT_SQL_TEXT;
    column->charset = leat_charset_name(told->collation);
    column->utf8 = !strcmp(column->charset, "utf8mb4") || !strcmp(column->charset, "utf8mb3");
    column->ascii = has_ascii(column->charset);
}

void leat_sql_column_init(struct leat_sql_column *column, const struct leat_column *told, uint32_t size)
{
    column->column = told;
    column->size = size;
    switch (told->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        column->kind = told->flags & LEAT_COLUMN_UNSIGNED ? LEAT_SQL_UINT : LEAT_SQL_INT;
        break;
    case LEAT_TYPE_YEAR:
        column->kind = LEAT_SQL_YEAR;
        break;
    case LEAT_TYPE_BIT:
        column->kind = LEAT_SQL_BIT;
        break;
    case LEAT_TYPE_FLOAT:
        column->kind = LEAT_SQL_FLOAT;
        break;
    case LEAT_TYPE_DOUBLE:
        column->kind = LEAT_SQL_DOUBLE;
        break;
    case LEAT_TYPE_NEWDECIMAL:
        column->kind = LEAT_SQL_DECIMAL;
        break;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
        column->kept = true;
        column->kind = LEAT_SQL_TEMPORAL;
        break;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        column->kind = LEAT_SQL_TEMPORAL;
        break;
    case LEAT_TYPE_ENUM:
        column->kind = LEAT_SQL_ENUM;
        break;
    case LEAT_TYPE_SET:
        column->kind = LEAT_SQL_SET;
        break;
    case LEAT_TYPE_GEOMETRY:
    case LEAT_TYPE_VECTOR:
        column->kind = LEAT_SQL_OPAQUE;
        break;
    case LEAT_TYPE_JSON:
        column->kind = LEAT_SQL_JSON;
        break;
    default:
        choose_text(column);
        break;
    }
}

/* Texts go into one buffer, which moves while it grows: sizes first, places when it is complete. */
static void put_names(struct leat_sql_table *table)
{
    const struct leat_table_view *view = table->view;
    leat_sql_put_name(&table->text, view->database.bytes, view->database.size);
    leat_buf_u8(&table->text, '.');
    leat_sql_put_name(&table->text, view->name.bytes, view->name.size);
    table->name.size = (uint32_t)table->text.size;
    for (uint32_t i = 0; i < view->column_count && table->named; i++) {
        size_t before = table->text.size;
        leat_sql_put_name(&table->text, view->columns[i].name.bytes, view->columns[i].name.size);
        table->columns[i].name.size = (uint32_t)(table->text.size - before);
    }
    table->name.bytes = leat_buf_cstr(&table->text);
    const char *at = table->name.bytes + table->name.size;
    for (uint32_t i = 0; i < view->column_count && table->named; i++) {
        table->columns[i].name.bytes = at;
        at += table->columns[i].name.size;
    }
}

static void mark_generated(struct leat_sql_table *table, const char *name)
{
    for (uint32_t i = 0; i < table->view->column_count; i++)
        if (!strcasecmp(table->view->columns[i].name.bytes, name))
            table->columns[i].generated = true;
}

static int make_columns(const struct leat_sql *sql, struct leat_sql_table *table, struct leat_error *err)
{
    const struct leat_table_view *view = table->view;
    size_t count = view->column_count ? view->column_count : 1;
    table->named = view->flags & LEAT_TABLE_NAMED;
    table->columns = leat_alloc_zero(count, sizeof *table->columns);
    table->before = leat_alloc_zero(count, sizeof *table->before);
    table->after = leat_alloc_zero(count, sizeof *table->after);
    if (leat_row_plan_new(&table->plan, table->table, err))
        return LEAT_FAIL;
    for (uint32_t i = 0; i < view->column_count; i++)
        leat_sql_column_init(&table->columns[i], &view->columns[i], table->plan->columns[i].size);
    for (uint32_t i = 0; i < view->key_count && (view->flags & LEAT_TABLE_KEY_KNOWN); i++)
        if (view->key[i].column < view->column_count)
            table->columns[view->key[i].column].key = true;
    for (size_t i = 0; i < sql->generated_count; i++)
        if (leat_filter_table(sql->generated[i].tables, view->database.bytes, view->name.bytes))
            mark_generated(table, sql->generated[i].column);
    put_names(table);
    return LEAT_OK;
}

int leat_sql_table_get(struct leat_sql *sql, struct leat_sql_table **out, struct leat_table *definition,
                       struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(definition);
    *out = sql->last_table;
    if (*out && (*out)->id == view->id)
        return LEAT_OK;
    for (size_t i = 0; i < sql->table_count; i++)
        if (sql->tables[i]->id == view->id) {
            *out = sql->last_table = sql->tables[i];
            return LEAT_OK;
        }
    struct leat_sql_table *table = leat_alloc_zero(1, sizeof *table);
    table->table = leat_table_hold(definition);
    table->view = leat_table_view(table->table);
    table->id = view->id;
    table->passes = !sql->filter || leat_filter_table(sql->filter, view->database.bytes, view->name.bytes);
    if (table->passes && make_columns(sql, table, err)) {
        free_table(table);
        return LEAT_FAIL;
    }
    sql->tables = leat_realloc(sql->tables, (sql->table_count + 1) * sizeof *sql->tables);
    sql->tables[sql->table_count++] = table;
    *out = sql->last_table = table;
    return LEAT_OK;
}
