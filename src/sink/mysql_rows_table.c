/* A table of the source against the one of the target that its rows go to: which column is which, how values are written, by what
 * rows are found, and whether changes may be merged. */
#include "mysql_rows_parts_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "binlog/charset.h"
#include "binlog/plan.h"
#include "schema/collation.h"

enum { NONE = -1 };

void leat_mysql_table_free(struct mysql_table **out)
{
    struct mysql_table *table = *out;
    if (!table)
        return;
    leat_table_release(&table->source);
    leat_table_release(&table->target);
    leat_row_plan_free(&table->plan);
    leat_mysql_merge_free(&table->merge);
    struct leat_buf *const bufs[] = {&table->text, &table->room, &table->insert, &table->upsert, &table->tail, &table->remove};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        leat_buf_free(bufs[i]);
    free(table->columns);
    free(table->key);
    free(table->told);
    free(table->all);
    free(table->scratch);
    free(table->before);
    free(table->after);
    free(table);
    *out = NULL;
}

bool leat_mysql_table_is_mergeable(const struct mysql_table *table)
{
    return table->mergeable;
}

bool leat_mysql_table_is_same(const struct mysql_table *table)
{
    return table->same;
}

bool leat_mysql_table_is_keyless(const struct mysql_table *table)
{
    return table->key_count == 0;
}

const char *leat_mysql_table_name(const struct mysql_table *table)
{
    return table->told;
}

/* ---- Columns ---- */

/* Names of columns are the same whatever their case; beyond ASCII they are compared as they are. */
static bool same_name(const struct leat_text *a, const struct leat_text *b)
{
    if (a->size != b->size)
        return false;
    for (uint32_t i = 0; i < a->size; i++) {
        char x = a->bytes[i], y = b->bytes[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y + 32) : y;
        if (x != y)
            return false;
    }
    return true;
}

static int find_column(const struct leat_table_view *view, const struct leat_text *name, uint32_t hint)
{
    if (hint < view->column_count && same_name(&view->columns[hint].name, name))
        return (int)hint;
    for (uint32_t i = 0; i < view->column_count; i++)
        if (same_name(&view->columns[i].name, name))
            return (int)i;
    return NONE;
}

static int fail_column(const struct mysql_table *table, const struct leat_column *column, const struct leat_column *target, const char *lacks,
                       struct leat_error *err)
{
    const char *type = column->type_text.size ? column->type_text.bytes : "the type that it has on the source";
    const char *null = column->flags & LEAT_COLUMN_NULLABLE ? "NULL" : "NOT NULL";
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "%.520s: the source's column `%.256s` (%.256s) %s%s%.256s%s", table->told,
              column->name.bytes, column->type_text.size ? column->type_text.bytes : "of a type that isn't told",
              target ? lacks : "is missing on the target", target && target->type_text.size ? " (" : "",
              target && target->type_text.size ? target->type_text.bytes : "", target && target->type_text.size ? ")" : "");
    return leat_cure(err, "on the target: ALTER TABLE %.*s %s COLUMN `%.64s` %.200s %s", (int)table->name.size, table->name.bytes,
                     target ? "MODIFY" : "ADD", column->name.bytes, type, null);
}

static bool is_binary(const struct leat_column *column)
{
    return column->collation == LEAT_COLLATION_BINARY || column->collation == LEAT_COLLATION_UNKNOWN;
}

static bool is_text_type(const struct leat_column *column)
{
    return column->type == LEAT_TYPE_VARCHAR || column->type == LEAT_TYPE_STRING || column->type == LEAT_TYPE_VAR_STRING ||
           (column->type >= LEAT_TYPE_TINY_BLOB && column->type <= LEAT_TYPE_BLOB);
}

static void choose_put(struct mysql_column *column, const struct leat_column *told, const struct leat_column *target, bool to_mariadb)
{
    enum leat_charset charset = leat_charset_of(told->collation), there = leat_charset_of(target->collation);
    switch (column->sql.kind) {
    case LEAT_SQL_ENUM:
    case LEAT_SQL_SET:
        column->put = leat_mysql_members_prefix(told, target) ? MYSQL_PUT_NUMBER : MYSQL_PUT_MEMBERS;
        break;
    case LEAT_SQL_BIT:
        column->put = MYSQL_PUT_NUMBER;
        break;
    case LEAT_SQL_JSON:
        column->put = target->type == LEAT_TYPE_JSON ? MYSQL_PUT_SQL : MYSQL_PUT_JSON_TEXT;
        break;
    case LEAT_SQL_BINARY:
        column->put = told->shape != LEAT_SHAPE_PLAIN && target->shape == LEAT_SHAPE_PLAIN && is_binary(target) ? MYSQL_PUT_SHAPE_BYTES
                                                                                                                 : MYSQL_PUT_SQL;
        break;
    case LEAT_SQL_TEXT:
        if (charset == LEAT_CHARSET_GB18030 && to_mariadb)
            column->put = MYSQL_PUT_UTF8;
        if (is_text_type(target) && !is_binary(target) && charset != there)
            column->convert = leat_charset_label(there);
        break;
    default:
        break;
    }
}

static int match_column(struct mysql_table *table, uint32_t i, const struct mysql_rows_options *options, struct leat_error *err)
{
    const struct leat_table_view *target = leat_table_view(table->target);
    const struct leat_column *told = &table->view->columns[i];
    struct mysql_column *column = &table->columns[i];
    leat_sql_column_init(&column->sql, told, table->plan->columns[i].size);
    int found = find_column(target, &told->name, i);
    if (found == NONE) {
        column->skip = told->flags & LEAT_COLUMN_GENERATED;
        return column->skip ? LEAT_OK : fail_column(table, told, NULL, NULL, err);
    }
    const struct leat_column *there = &target->columns[found];
    column->target = there;
    column->skip = there->flags & LEAT_COLUMN_GENERATED;
    if (column->skip)
        return LEAT_OK;
    const char *lacks = leat_mysql_column_misfit(told, there);
    if (lacks)
        return fail_column(table, told, there, lacks, err);
    choose_put(column, told, there, options->target_mariadb);
    return LEAT_OK;
}

/* Texts go into one buffer, which moves while it grows: sizes first, places when it is complete. */
static void put_names(struct mysql_table *table)
{
    const struct leat_table_view *target = leat_table_view(table->target);
    size_t told = target->database.size + target->name.size + 2;
    table->told = leat_alloc(told);
    snprintf(table->told, told, "%s.%s", target->database.bytes, target->name.bytes);
    leat_sql_put_name(&table->text, target->database.bytes, target->database.size);
    leat_buf_u8(&table->text, '.');
    leat_sql_put_name(&table->text, target->name.bytes, target->name.size);
    table->name.size = (uint32_t)table->text.size;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        size_t before = table->text.size;
        const struct leat_text *name = &table->view->columns[i].name;
        int found = find_column(target, name, i);
        name = found == NONE ? name : &target->columns[found].name;
        leat_sql_put_name(&table->text, name->bytes, name->size);
        table->columns[i].sql.name.size = (uint32_t)(table->text.size - before);
    }
    const char *at = leat_buf_cstr(&table->text);
    table->name.bytes = at;
    at += table->name.size;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        table->columns[i].sql.name.bytes = at;
        at += table->columns[i].sql.name.size;
    }
}

/* ---- Keys ---- */

static int source_column(const struct mysql_table *table, const struct leat_column *target)
{
    for (uint32_t i = 0; i < table->view->column_count; i++)
        if (table->columns[i].target == target)
            return (int)i;
    return NONE;
}

/* All of it, of columns that the source has and that can't be NULL. */
static bool take_key(struct mysql_table *table, const struct leat_key_part *parts, uint32_t count)
{
    const struct leat_table_view *target = leat_table_view(table->target);
    table->key = leat_realloc(table->key, (count ? count : 1) * sizeof *table->key);
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].column >= target->column_count || parts[i].prefix)
            return false;
        const struct leat_column *there = &target->columns[parts[i].column];
        int found = source_column(table, there);
        if (found == NONE || table->columns[found].skip || (there->flags & LEAT_COLUMN_NULLABLE))
            return false;
        table->key[i] = (uint32_t)found;
    }
    table->key_count = count;
    return count > 0;
}

static void choose_key(struct mysql_table *table)
{
    const struct leat_table_view *target = leat_table_view(table->target);
    bool found = take_key(table, target->key, target->key_count);
    for (uint32_t i = 0; i < target->index_count && !found; i++)
        if (target->indexes[i].flags & LEAT_INDEX_UNIQUE)
            found = take_key(table, target->indexes[i].parts, target->indexes[i].part_count);
    if (!found)
        table->key_count = 0;
    for (uint32_t i = 0; i < table->key_count; i++)
        table->columns[table->key[i]].sql.key = true;
}

/* ---- What may be merged ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* Texts that are equal only if their bytes are, but for spaces at the end where the collation pads with them. */
static bool text_is_bytes(struct mysql_column *column)
{
    char name[LEAT_COLLATION_NAME_MAX];
    const struct leat_column *there = column->target;
    enum leat_charset charset = leat_charset_of(there->collation);
    /* Which kind of server the number is of: those that both have mean the same. */
    const char *found = leat_collation_name(name, LEAT_TABLE_OF_MYSQL, there->collation);
    if (!found)
        found = leat_collation_name(name, LEAT_TABLE_OF_MARIADB, there->collation);
    if (!found || !ends_with(found, "_bin") || column->convert || column->put != MYSQL_PUT_SQL)
        return false;
    column->strip = !ends_with(found, "_0900_bin") && !ends_with(found, "_nopad_bin");
    return charset == LEAT_CHARSET_UTF8MB4 || charset == LEAT_CHARSET_UTF8MB3 || charset == LEAT_CHARSET_LATIN1 ||
           charset == LEAT_CHARSET_ASCII;
}

/* A key's column whose values are equal in the target's index just when their bytes in the images are. */
static bool compares_by_bytes(struct mysql_column *column)
{
    const struct leat_column *there = column->target, *told = column->sql.column;
    if (there->type != told->type)
        return false;
    switch (column->sql.kind) {
    case LEAT_SQL_INT:
    case LEAT_SQL_UINT:
    case LEAT_SQL_YEAR:
        return true;
    case LEAT_SQL_DECIMAL:
    case LEAT_SQL_TEMPORAL:
        return there->metadata == told->metadata;
    case LEAT_SQL_BYTES:
        return is_binary(there) && there->shape == LEAT_SHAPE_PLAIN && there->type == LEAT_TYPE_VARCHAR;
    case LEAT_SQL_BINARY:
        return is_binary(there) && there->shape == told->shape && there->length_max == told->length_max;
    case LEAT_SQL_TEXT:
        return is_text_type(there) && text_is_bytes(column);
    default:
        return false;
    }
}

/* The primary key is all that is unique, and nothing outside of the table hangs on its rows. */
static bool is_mergeable(struct mysql_table *table, bool referenced, const struct mysql_rows_options *options)
{
    const struct leat_table_view *target = leat_table_view(table->target);
    if (referenced || target->foreign_key_count || options->check_before || options->row_by_row || !target->key_count ||
        table->key_count != target->key_count)
        return false;
    for (uint32_t i = 0; i < target->index_count; i++)
        if (target->indexes[i].flags & LEAT_INDEX_UNIQUE)
            return false;
    for (uint32_t i = 0; i < table->key_count; i++) {
        struct mysql_column *column = &table->columns[table->key[i]];
        if (column->target != &target->columns[target->key[i].column] || !compares_by_bytes(column))
            return false;
        column->primary = true;
    }
    const struct mysql_column *first = &table->columns[table->key[0]];
    table->number_key = table->key_count == 1 && (first->sql.kind == LEAT_SQL_INT || first->sql.kind == LEAT_SQL_UINT);
    return true;
}

/* ---- Whether row events fit ---- */

static bool same_column(const struct leat_column *a, const struct leat_column *b)
{
    enum { COUNTS = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_NULLABLE | LEAT_COLUMN_COMPRESSED };
    bool text = is_text_type(a) || a->type == LEAT_TYPE_ENUM || a->type == LEAT_TYPE_SET;
    return a->type == b->type && a->metadata == b->metadata && ((a->flags ^ b->flags) & COUNTS) == 0 && a->shape == b->shape &&
           a->geometry_type == b->geometry_type && a->dimension == b->dimension &&
           (!text || leat_charset_of(a->collation) == leat_charset_of(b->collation)) &&
           (!a->member_count || (a->member_count == b->member_count && leat_mysql_members_prefix(a, b)));
}

static bool is_same(const struct mysql_table *table)
{
    const struct leat_table_view *source = table->view, *target = leat_table_view(table->target);
    if (source->server != target->server || source->column_count != target->column_count)
        return false;
    for (uint32_t i = 0; i < source->column_count; i++)
        if (table->columns[i].target != &target->columns[i] || !same_column(&source->columns[i], &target->columns[i]))
            return false;
    return true;
}

/* ---- */

static bool is_whole(const struct mysql_table *table)
{
    const struct leat_table_view *target = leat_table_view(table->target);
    for (uint32_t i = 0; i < target->column_count; i++)
        if (!(target->columns[i].flags & LEAT_COLUMN_GENERATED) && source_column(table, &target->columns[i]) == NONE)
            return false;
    return true;
}

static int fill(struct mysql_table *table, const struct mysql_rows_options *options, struct leat_error *err)
{
    uint32_t count = table->view->column_count;
    table->columns = leat_alloc_zero(count ? count : 1, sizeof *table->columns);
    table->before = leat_alloc_zero(count ? count : 1, sizeof *table->before);
    table->after = leat_alloc_zero(count ? count : 1, sizeof *table->after);
    table->scratch = leat_alloc_zero(2 * (size_t)count + 1, sizeof *table->scratch);
    table->all = leat_alloc(count / 8 + 1);
    memset(table->all, 0xFF, count / 8 + 1);
    put_names(table);
    if (!(table->view->flags & LEAT_TABLE_NAMED))
        return leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "%.520s: the names of the source's columns aren't known", table->told);
    if (!(leat_table_view(table->target)->flags & LEAT_TABLE_DEFINED))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "%.520s: the target's definition isn't whole", table->told);
    for (uint32_t i = 0; i < count; i++)
        if (match_column(table, i, options, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

int leat_mysql_table_new(struct mysql_table **out, struct leat_table *source, struct leat_table *target, bool referenced,
                         const struct mysql_rows_options *options, struct leat_error *err)
{
    *out = NULL;
    struct mysql_table *table = leat_alloc_zero(1, sizeof *table);
    table->source = leat_table_hold(source);
    table->target = leat_table_hold(target);
    table->view = leat_table_view(table->source);
    if (leat_row_plan_new(&table->plan, table->source, err) || fill(table, options, err)) {
        leat_mysql_table_free(&table);
        return LEAT_FAIL;
    }
    choose_key(table);
    table->same = is_same(table);
    table->whole = is_whole(table);
    table->mergeable = is_mergeable(table, referenced, options);
    if (table->mergeable)
        leat_mysql_write_prepare(table, options);
    *out = table;
    return LEAT_OK;
}
