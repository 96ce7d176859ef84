/* See where.h. Conditions are made once a definition; a row is taken apart only where its table has all their columns. */
#include "filter/where.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "where_int.h"

enum { TABLES_MAX = 4096 };

struct condition {
    char *column, *value;
    bool null;
    bool known;    /* a table has such a column */
    bool possible; /* and one could have that value */
};

struct table {
    struct leat_table *definition; /* held */
    uint64_t id;
    bool dropped; /* by the filter, or for want of a column: no row can match */
    struct leat_row_plan *plan;
    struct leat_test *tests; /* one a condition */
    struct leat_value *before, *after; /* one a column each */
    struct leat_buf documents;         /* of partial updates, made whole */
};

struct leat_where {
    struct condition *conditions;
    size_t count;
    const struct leat_filter *filter;
    struct table **tables;
    size_t table_count;
    struct table *last;
    bool seen;
    struct leat_buf scratch;
};

/* ---- Conditions ---- */

static int parse(struct condition *condition, const char *text, struct leat_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "\"%.200s\" is not COLUMN=VALUE", text);
        return leat_cure(err, "as in --where id=7, --where \"name=O'Brien\", --where deleted_at=NULL");
    }
    const char *value = equals + 1;
    size_t size = strlen(value);
    bool quoted = size >= 2 && value[0] == '\'' && value[size - 1] == '\'';
    condition->column = leat_strndup(text, (size_t)(equals - text));
    condition->value = leat_strndup(value + quoted, size - 2 * (size_t)quoted);
    condition->null = !strcmp(value, "NULL");
    return LEAT_OK;
}

int leat_where_new(struct leat_where **out, const char *const *conditions, size_t count, const struct leat_filter *filter,
                   struct leat_error *err)
{
    struct leat_where *where = leat_alloc_zero(1, sizeof *where);
    where->conditions = leat_alloc_zero(count ? count : 1, sizeof *where->conditions);
    where->count = count;
    where->filter = filter;
    for (size_t i = 0; i < count; i++)
        if (parse(&where->conditions[i], conditions[i], err)) {
            leat_where_free(&where);
            return LEAT_FAIL;
        }
    *out = where;
    return LEAT_OK;
}

/* ---- Tables ---- */

static void free_tables(struct leat_where *where)
{
    for (size_t i = 0; i < where->table_count; i++) {
        struct table *table = where->tables[i];
        for (size_t k = 0; k < where->count; k++)
            leat_buf_free(&table->tests[k].text);
        leat_table_release(&table->definition);
        leat_row_plan_free(&table->plan);
        free(table->tests);
        free(table->before);
        free(table->after);
        leat_buf_free(&table->documents);
        free(table);
    }
    free(where->tables);
    where->tables = NULL;
    where->table_count = 0;
    where->last = NULL;
}

void leat_where_free(struct leat_where **where)
{
    if (!*where)
        return;
    free_tables(*where);
    for (size_t i = 0; i < (*where)->count; i++) {
        free((*where)->conditions[i].column);
        free((*where)->conditions[i].value);
    }
    free((*where)->conditions);
    leat_buf_free(&(*where)->scratch);
    free(*where);
    *where = NULL;
}

static const struct leat_column *find_column(const struct leat_table_view *view, const char *name, uint32_t *index)
{
    char *end;
    unsigned long number = name[0] == '@' ? strtoul(name + 1, &end, 10) : 0;
    if (number && !*end && number <= view->column_count) {
        *index = (uint32_t)number - 1;
        return &view->columns[*index];
    }
    for (*index = 0; *index < view->column_count && (view->flags & LEAT_TABLE_NAMED); ++*index)
        if (!strcasecmp(view->columns[*index].name.bytes, name))
            return &view->columns[*index];
    return NULL;
}

static int make_table(struct leat_where *where, struct table *table, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(table->definition);
    table->tests = leat_alloc_zero(where->count ? where->count : 1, sizeof *table->tests);
    table->dropped = where->filter && !leat_filter_table(where->filter, view->database.bytes, view->name.bytes);
    if (table->dropped)
        return LEAT_OK;
    where->seen = true;
    for (size_t i = 0; i < where->count; i++) {
        struct condition *condition = &where->conditions[i];
        struct leat_test *test = &table->tests[i];
        const struct leat_column *column = find_column(view, condition->column, &test->column_index);
        if (column)
            leat_test_make(test, column, condition->value, condition->null);
        condition->known = condition->known || column;
        condition->possible = condition->possible || (column && test->kind != LEAT_TEST_NEVER);
        table->dropped = table->dropped || !column || test->kind == LEAT_TEST_NEVER;
    }
    if (table->dropped)
        return LEAT_OK;
    size_t count = view->column_count ? view->column_count : 1;
    table->before = leat_alloc_zero(count, sizeof *table->before);
    table->after = leat_alloc_zero(count, sizeof *table->after);
    return leat_row_plan_new(&table->plan, table->definition, err);
}

static int get_table(struct leat_where *where, struct table **out, struct leat_table *definition, struct leat_error *err)
{
    uint64_t id = leat_table_view(definition)->id;
    *out = where->last;
    if (*out && (*out)->id == id)
        return LEAT_OK;
    for (size_t i = 0; i < where->table_count; i++)
        if (where->tables[i]->id == id) {
            *out = where->last = where->tables[i];
            return LEAT_OK;
        }
    if (where->table_count >= TABLES_MAX)
        free_tables(where);
    struct table *table = leat_alloc_zero(1, sizeof *table);
    table->definition = leat_table_hold(definition);
    table->id = id;
    where->tables = leat_realloc(where->tables, (where->table_count + 1) * sizeof *where->tables);
    where->tables[where->table_count++] = table;
    *out = where->last = table;
    return make_table(where, table, err);
}

/* ---- Rows ---- */

/* A document of which only changes are known is none that matches. */
static bool image_matches(struct leat_where *where, const struct table *table, const struct leat_value *values)
{
    for (size_t i = 0; i < where->count; i++) {
        const struct leat_value *value = &values[table->tests[i].column_index];
        if (value->partial || !leat_test_value(&table->tests[i], value, &where->scratch))
            return false;
    }
    return true;
}

static int split(struct table *table, const struct leat_rows *rows, bool after, struct leat_cursor *cursor, struct leat_error *err)
{
    if (!after)
        return leat_row_split(table->plan, rows->before_present, cursor, table->before, err);
    if (!(rows->flags & LEAT_ROWS_PARTIAL_JSON) || rows->op != LEAT_OP_UPDATE)
        return leat_row_split(table->plan, rows->after_present, cursor, table->after, err);
    if (leat_row_split_partial(table->plan, rows->after_present, cursor, table->after, err))
        return LEAT_FAIL;
    return leat_row_rebuild(table->plan, table->before, table->after, &table->documents, err);
}

static int look_at_image(struct leat_where *where, struct table *table, const struct leat_rows *rows, bool after,
                         struct leat_cursor *cursor, bool *matches, struct leat_error *err)
{
    const uint8_t *present = after ? rows->after_present : rows->before_present;
    if (!present)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a row event without a bitmap of its columns");
    if (split(table, rows, after, cursor, err))
        return LEAT_FAIL;
    *matches = *matches || image_matches(where, table, after ? table->after : table->before);
    return LEAT_OK;
}

/* A run of rows that match, so far. */
struct run {
    const uint8_t *from;
    uint32_t first, count;
};

static int give_run(const struct run *run, const struct leat_rows *rows, const uint8_t *end,
                    int (*give)(void *context, const struct leat_rows *rows, struct leat_error *err), void *context,
                    struct leat_error *err)
{
    if (!run->count)
        return LEAT_OK;
    struct leat_rows some = *rows;
    some.images = run->from;
    some.images_size = (size_t)(end - run->from);
    some.first_row = rows->first_row + run->first;
    some.number = rows->number + run->first;
    some.row_count = run->count;
    return give(context, &some, err);
}

int leat_where_rows(struct leat_where *where, const struct leat_rows *rows,
                    int (*give)(void *context, const struct leat_rows *rows, struct leat_error *err), void *context,
                    struct leat_error *err)
{
    struct table *table;
    struct run run = {0};
    if (get_table(where, &table, rows->table, err))
        return LEAT_FAIL;
    if (table->dropped)
        return LEAT_OK;
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    for (uint32_t i = 0; i < rows->row_count; i++) {
        const uint8_t *from = cursor.at;
        bool matches = false;
        if ((rows->op != LEAT_OP_INSERT && look_at_image(where, table, rows, false, &cursor, &matches, err)) ||
            (rows->op != LEAT_OP_DELETE && look_at_image(where, table, rows, true, &cursor, &matches, err)))
            return LEAT_FAIL;
        if (!matches) {
            int rc = give_run(&run, rows, from, give, context, err);
            if (rc)
                return rc;
            run.count = 0;
        } else if (!run.count++) {
            run.from = from;
            run.first = i;
        }
    }
    return give_run(&run, rows, cursor.at, give, context, err);
}

int leat_where_check(const struct leat_where *where, struct leat_error *err)
{
    for (size_t i = 0; where->seen && i < where->count; i++) {
        const struct condition *condition = &where->conditions[i];
        if (!condition->known)
            return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "--where: no table that was read has a column \"%.200s\"",
                             condition->column);
        if (!condition->possible)
            return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                             "--where: no column \"%.200s\" that was read can hold \"%.200s\", by its type", condition->column,
                             condition->value);
    }
    return LEAT_OK;
}
