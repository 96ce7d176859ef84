/* Patterns of tables and what passes them.
 *
 * A pattern is split once, when the filter is made, into a database and a table part. Nothing is remembered about tables: callers
 * ask once per definition and keep the answer. */
#include "filter/filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "pattern_int.h"

struct pattern {
    struct pattern_part database, table;
};

struct patterns {
    struct pattern *all; /* owned */
    size_t count;
};

struct leat_filter {
    struct patterns tables, excluded;
};

static int bad_pattern(const char *pattern, const char *why, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "table pattern \"%.300s\": %s", pattern, why);
    return leat_cure(err, "write database.table, with * and ? where wanted, and backquotes around a part that is to be "
                          "taken literally");
}

static int parse_pattern(struct pattern *pattern, const char *text, struct leat_error *err)
{
    struct pattern_part parts[2] = {0};
    const char *wrong = pattern_parse(parts, 2, text);
    pattern->database = parts[0];
    pattern->table = parts[1];
    return wrong ? bad_pattern(text, wrong, err) : LEAT_OK;
}

static int parse_patterns(struct patterns *patterns, const char *const *texts, size_t count, struct leat_error *err)
{
    patterns->all = leat_alloc_zero(count ? count : 1, sizeof *patterns->all);
    patterns->count = count;
    for (size_t i = 0; i < count; i++)
        if (parse_pattern(&patterns->all[i], texts[i], err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static void free_patterns(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) {
        pattern_free(&patterns->all[i].database);
        pattern_free(&patterns->all[i].table);
    }
    free(patterns->all);
}

int leat_filter_new(struct leat_filter **filter, const char *const *tables, size_t table_count,
                    const char *const *exclude_tables, size_t exclude_count, struct leat_error *err)
{
    struct leat_filter *made = leat_alloc_zero(1, sizeof *made);
    if (parse_patterns(&made->tables, tables, table_count, err) ||
        parse_patterns(&made->excluded, exclude_tables, exclude_count, err)) {
        leat_filter_free(&made);
        return LEAT_FAIL;
    }
    *filter = made;
    return LEAT_OK;
}

void leat_filter_free(struct leat_filter **filter)
{
    if (!*filter)
        return;
    free_patterns(&(*filter)->tables);
    free_patterns(&(*filter)->excluded);
    free(*filter);
    *filter = NULL;
}

static bool any_matches(const struct patterns *patterns, const char *database, size_t database_size, const char *table,
                        size_t table_size)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (pattern_matches(&patterns->all[i].database, database, database_size) &&
            pattern_matches(&patterns->all[i].table, table, table_size))
            return true;
    return false;
}

static bool table_passes(const struct leat_filter *filter, const char *database, size_t database_size,
                         const char *table, size_t table_size)
{
    if (filter->tables.count && !any_matches(&filter->tables, database, database_size, table, table_size))
        return false;
    return !any_matches(&filter->excluded, database, database_size, table, table_size);
}

bool leat_filter_table(const struct leat_filter *filter, const char *database, const char *table)
{
    assert(filter && database && table);
    return table_passes(filter, database, strlen(database), table, strlen(table));
}

/* A database passes if some of its tables might: it is excluded only by a pattern that excludes all of its tables. */
static bool database_passes(const struct leat_filter *filter, const char *database, size_t size)
{
    bool wanted = filter->tables.count == 0;
    for (size_t i = 0; i < filter->tables.count && !wanted; i++)
        wanted = pattern_matches(&filter->tables.all[i].database, database, size);
    for (size_t i = 0; i < filter->excluded.count && wanted; i++)
        wanted = filter->excluded.all[i].table.kind != PATTERN_ANY ||
                 !pattern_matches(&filter->excluded.all[i].database, database, size);
    return wanted;
}

bool leat_filter_statement(const struct leat_filter *filter, const struct leat_statement *statement)
{
    const struct leat_text *database = &statement->table_database;
    if (statement->table.size) {
        if (!database->size)
            database = &statement->database;
        return table_passes(filter, database->size ? database->bytes : "", database->size, statement->table.bytes,
                            statement->table.size);
    }
    if (database->size)
        return database_passes(filter, database->bytes, database->size);
    return true;
}

bool leat_filter_all(const struct leat_filter *filter)
{
    return filter->tables.count == 0 && filter->excluded.count == 0;
}

/* ---- As SQL ---- */

/* In hex, so that no SQL mode reads it otherwise. A glob's ? is one character, its * any. */
static void put_part(struct leat_buf *sql, const struct pattern_part *part, const char *column)
{
    if (part->kind == PATTERN_ANY) {
        leat_buf_puts(sql, "TRUE");
        return;
    }
    leat_buf_printf(sql, "%s %s _utf8mb4 x'", column, part->kind == PATTERN_GLOB ? "LIKE" : "=");
    for (size_t i = 0; i < part->size; i++) {
        char c = part->text[i];
        bool glob = part->kind == PATTERN_GLOB;
        if (glob && (c == '%' || c == '_' || c == '|'))
            leat_buf_printf(sql, "%02X", '|');
        if (glob && (c == '*' || c == '?'))
            c = c == '*' ? '%' : '_';
        leat_buf_printf(sql, "%02X", (unsigned)(unsigned char)c);
    }
    leat_buf_puts(sql, part->kind == PATTERN_GLOB ? "' ESCAPE '|'" : "'");
}

void leat_filter_sql(const struct leat_filter *filter, struct leat_buf *sql, const char *database_column, const char *table_column)
{
    for (size_t i = 0; i < filter->tables.count; i++) {
        leat_buf_puts(sql, i ? " OR " : " AND (");
        leat_buf_puts(sql, "(");
        put_part(sql, &filter->tables.all[i].database, database_column);
        leat_buf_puts(sql, " AND ");
        put_part(sql, &filter->tables.all[i].table, table_column);
        leat_buf_puts(sql, ")");
    }
    if (filter->tables.count)
        leat_buf_puts(sql, ")");
}
