/* Which tables there are on the source for this sink, and how source and target define them, from information_schema: what of them is
 * compared, and how. Tables that aren't there on the target, or whose columns aren't, are differences by themselves. */
#include "verify_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- Which ---- */

static bool is_wanted(const struct verify *verify, const char *database, const char *name)
{
    return leat_filter_table(verify->journalled, database, name) && leat_filter_table(verify->passed, database, name) &&
           leat_filter_table(verify->asked, database, name);
}

int verify_tables(struct verify *verify, struct verify_names *names, struct leat_error *err)
{
    struct leat_result *result = NULL;
    *names = (struct verify_names){0};
    if (leat_mysql_query(verify->side[SOURCE], &result, err,
                         "SELECT TABLE_SCHEMA AS d, TABLE_NAME AS n FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND "
                         "TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') ORDER BY 1, 2"))
        return LEAT_FAIL;
    names->database = leat_alloc_zero(result->row_count + 1, sizeof *names->database);
    names->name = leat_alloc_zero(result->row_count + 1, sizeof *names->name);
    for (size_t i = 0; i < result->row_count; i++) {
        const char *database = leat_result_cell(result, i, "d"), *name = leat_result_cell(result, i, "n");
        if (!database || !name || !is_wanted(verify, database, name))
            continue;
        names->database[names->count] = leat_strdup(database);
        names->name[names->count++] = leat_strdup(name);
    }
    leat_result_free(&result);
    return LEAT_OK;
}

void verify_names_free(struct verify_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->database[i]);
        free(names->name[i]);
    }
    free(names->database);
    free(names->name);
}

/* As the sink names them there: the first rule that fits. */
static void find_target(const struct verify *verify, struct verify_table *table)
{
    const struct leat_pairs *rename = verify->options->rename;
    const char *database = table->database[SOURCE], *name = table->name[SOURCE];
    char path[1024];
    snprintf(path, sizeof path, "%s.%s", database, name);
    for (size_t i = 0; rename && i < rename->count; i++) {
        const char *to = rename->list[i].value, *dot = strchr(to, '.');
        if (!strcmp(rename->list[i].name, path) && dot) {
            table->database[TARGET] = leat_strndup(to, (size_t)(dot - to));
            table->name[TARGET] = leat_strdup(dot + 1);
            return;
        }
    }
    for (size_t i = 0; rename && i < rename->count; i++)
        if (!strcmp(rename->list[i].name, database))
            database = rename->list[i].value;
    table->database[TARGET] = leat_strdup(database);
    table->name[TARGET] = leat_strdup(name);
}

void verify_table_free(struct verify_table *table)
{
    for (int side = 0; side < SIDES; side++) {
        free(table->database[side]);
        free(table->name[side]);
        for (size_t i = 0; i < table->count; i++) {
            free(table->columns[i].name[side]);
            free(table->columns[i].type[side]);
            free(table->columns[i].kind[side]);
            free(table->columns[i].charset[side]);
            free(table->columns[i].collation[side]);
            free(table->columns[i].expression[side]);
        }
    }
    for (size_t i = 0; i < table->parent_count; i++)
        free(table->parents[i]);
    free(table->parents);
    free(table->columns);
    *table = (struct verify_table){0};
}

/* ---- Columns ---- */

static void put_where(struct leat_buf *sql, const char *schema_column, const char *database, const char *name)
{
    leat_buf_printf(sql, " WHERE %s=", schema_column);
    leat_mysql_quote(sql, database, strlen(database));
    leat_buf_puts(sql, " AND TABLE_NAME=");
    leat_mysql_quote(sql, name, strlen(name));
}

static int ask(struct verify *verify, int side, struct leat_result **result, const char *head, const char *schema_column, const char *database,
               const char *name, const char *tail, struct leat_error *err)
{
    struct leat_buf sql = {0};
    leat_buf_puts(&sql, head);
    put_where(&sql, schema_column, database, name);
    leat_buf_puts(&sql, tail);
    int rc = leat_mysql_query(verify->side[side], result, err, "%s", leat_buf_cstr(&sql));
    leat_buf_free(&sql);
    return rc;
}

static int ask_columns(struct verify *verify, const struct verify_table *table, int side, struct leat_result **result, struct leat_error *err)
{
    return ask(verify, side, result,
               "SELECT COLUMN_NAME AS n, COLUMN_TYPE AS f, DATA_TYPE AS t, IFNULL(CHARACTER_SET_NAME, '') AS c, IFNULL(COLLATION_NAME, '') AS o "
               "FROM information_schema.COLUMNS",
               "TABLE_SCHEMA", table->database[side], table->name[side], " ORDER BY ORDINAL_POSITION", err);
}

static bool is_one_of(const char *word, const char *words)
{
    char padded[80];
    snprintf(padded, sizeof padded, " %.70s ", word);
    return strstr(words, padded);
}

static bool is_text(const char *kind)
{
    return is_one_of(kind, " char varchar tinytext text mediumtext longtext ");
}

static enum verify_class class_of(const struct verify_column *column)
{
    const char *kind = column->kind[SOURCE], *other = column->kind[TARGET];
    if ((!strcmp(kind, "json")) != (!strcmp(other, "json")))
        return VERIFY_JSON;
    if (is_one_of(kind, " tinyint smallint mediumint int bigint bit year ") && is_one_of(other, " tinyint smallint mediumint int bigint bit year "))
        return VERIFY_NUMBER;
    if (is_one_of(kind, " float double "))
        return VERIFY_REAL;
    if (is_one_of(kind, " binary varbinary tinyblob blob mediumblob longblob vector geometry point linestring polygon multipoint multilinestring "
                        "multipolygon geometrycollection geomcollection "))
        return VERIFY_BYTES;
    return VERIFY_TEXT;
}

static bool is_large(const char *kind)
{
    return is_one_of(kind, " tinytext text mediumtext longtext tinyblob blob mediumblob longblob json vector geometry point linestring polygon multipoint "
                           "multilinestring multipolygon geometrycollection geomcollection ");
}

static void take_column(struct verify_column *column, int side, const struct leat_result *result, size_t row)
{
    column->name[side] = leat_strdup(leat_result_cell(result, row, "n"));
    column->type[side] = leat_strdup(leat_result_cell(result, row, "f"));
    column->kind[side] = leat_strdup(leat_result_cell(result, row, "t"));
    column->charset[side] = leat_strdup(leat_result_cell(result, row, "c"));
    column->collation[side] = leat_strdup(leat_result_cell(result, row, "o"));
}

static bool find_column(const struct leat_result *result, const char *name, size_t *row)
{
    for (*row = 0; *row < result->row_count; ++*row)
        if (!strcasecmp(leat_result_cell(result, *row, "n"), name))
            return true;
    return false;
}

static void report(struct verify *verify, const struct verify_table *table, const char *what)
{
    json_t *difference = verify_difference(table, "definition");
    json_object_set_new(difference, "message", json_string(what));
    verify->options->difference(verify->options->context, difference);
    verify->summary->definitions++;
    json_decref(difference);
}

/* Columns that both sides have, as the sink's rules say. LEAT_END: the target lacks one. */
static int match_columns(struct verify *verify, struct verify_table *table, const struct leat_result *source, const struct leat_result *target)
{
    size_t count = source->row_count;
    struct leat_column_fate *fates = leat_alloc_zero(count + 1, sizeof *fates);
    const char **names = leat_alloc_zero(count + 1, sizeof *names);
    table->columns = leat_alloc_zero(count + 1, sizeof *table->columns);
    for (size_t i = 0; i < count; i++)
        names[i] = leat_result_cell(source, i, "n");
    if (verify->rules)
        leat_columns_fates(verify->rules, table->database[SOURCE], table->name[SOURCE], names, count, fates);
    int rc = LEAT_OK;
    for (size_t i = 0; i < count && rc == LEAT_OK; i++) {
        size_t row;
        char text[600];
        if (fates[i].masked) {
            snprintf(text, sizeof text, "%s.%s.%s is masked in this sink, and isn't compared", table->database[SOURCE], table->name[SOURCE], names[i]);
            verify->options->note(verify->options->context, text);
        }
        if (fates[i].excluded || fates[i].masked)
            continue;
        const char *there = fates[i].name ? fates[i].name : names[i];
        if (!find_column(target, there, &row)) {
            snprintf(text, sizeof text, "the target has no column %s", there);
            report(verify, table, text);
            rc = LEAT_END;
            break;
        }
        struct verify_column *column = &table->columns[table->count++];
        take_column(column, SOURCE, source, i);
        take_column(column, TARGET, target, row);
        column->class = class_of(column);
        column->large = is_large(column->kind[SOURCE]) || is_large(column->kind[TARGET]);
        table->by_value = table->by_value || column->class == VERIFY_JSON;
        for (int side = 0; side < SIDES; side++)
            column->expression[side] = verify_expression(column, side);
    }
    free(fates);
    free(names);
    return rc;
}

/* ---- Keys ---- */

/* Both sides order it in the same way, and its bytes are what the binlog has. */
static bool makes_ranges(const struct verify_column *column)
{
    static const char fine[] = " tinyint smallint mediumint int bigint year decimal char varchar binary varbinary date time datetime timestamp ";
    if (!is_one_of(column->kind[SOURCE], fine) || !is_one_of(column->kind[TARGET], fine))
        return false;
    if (column->class == VERIFY_TEXT && !is_text(column->kind[SOURCE]) && strcmp(column->type[SOURCE], column->type[TARGET]) != 0)
        return false;
    const char *a = column->collation[SOURCE], *b = column->collation[TARGET];
    if (!strncmp(a, "utf8mb3_", 8) && !strncmp(b, "utf8_", 5))
        return !strcmp(a + 8, b + 5);
    if (!strncmp(a, "utf8_", 5) && !strncmp(b, "utf8mb3_", 8))
        return !strcmp(a + 5, b + 8);
    return !strcmp(a, b);
}

static int read_key(struct verify *verify, struct verify_table *table, struct leat_error *err)
{
    struct leat_result *result = NULL;
    if (ask(verify, SOURCE, &result, "SELECT COLUMN_NAME AS n, SUB_PART AS p FROM information_schema.STATISTICS", "TABLE_SCHEMA",
            table->database[SOURCE], table->name[SOURCE], " AND INDEX_NAME='PRIMARY' ORDER BY SEQ_IN_INDEX", err))
        return LEAT_FAIL;
    bool fine = result->row_count <= sizeof table->key / sizeof *table->key;
    for (size_t i = 0; fine && i < result->row_count; i++) {
        size_t at = 0;
        while (at < table->count && strcasecmp(table->columns[at].name[SOURCE], leat_result_cell(result, i, "n")) != 0)
            at++;
        fine = at < table->count && !leat_result_cell(result, i, "p") && makes_ranges(&table->columns[at]);
        table->key[table->key_count++] = at;
    }
    if (!fine)
        table->key_count = 0;
    leat_result_free(&result);
    return LEAT_OK;
}

/* ---- What cascades to here, which no binlog tells ---- */

enum { PARENTS_MAX = 256 };

static bool knows_parent(const struct verify_table *table, const char *path)
{
    for (size_t i = 0; i < table->parent_count; i++)
        if (!strcmp(table->parents[i], path))
            return true;
    return false;
}

static int read_parents_of(struct verify *verify, struct verify_table *table, const char *database, const char *name, struct leat_error *err)
{
    struct leat_result *result = NULL;
    if (ask(verify, SOURCE, &result,
            "SELECT UNIQUE_CONSTRAINT_SCHEMA AS d, REFERENCED_TABLE_NAME AS n FROM information_schema.REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA",
            database, name,
            " AND (DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))", err))
        return LEAT_FAIL;
    for (size_t i = 0; i < result->row_count && table->parent_count < PARENTS_MAX; i++) {
        const char *d = leat_result_cell(result, i, "d"), *n = leat_result_cell(result, i, "n");
        struct leat_buf path = {0};
        leat_buf_printf(&path, "%s.%s", d ? d : "", n ? n : "");
        if (!knows_parent(table, leat_buf_cstr(&path)))
            table->parents[table->parent_count++] = leat_strdup(leat_buf_cstr(&path));
        leat_buf_free(&path);
    }
    leat_result_free(&result);
    return LEAT_OK;
}

static int read_parents(struct verify *verify, struct verify_table *table, struct leat_error *err)
{
    table->parents = leat_alloc_zero(PARENTS_MAX, sizeof *table->parents);
    int rc = read_parents_of(verify, table, table->database[SOURCE], table->name[SOURCE], err);
    for (size_t i = 0; rc == LEAT_OK && i < table->parent_count; i++) {
        const char *path = table->parents[i], *dot = strchr(path, '.');
        char *database = leat_strndup(path, (size_t)(dot - path));
        rc = read_parents_of(verify, table, database, dot + 1, err);
        free(database);
    }
    return rc;
}

int verify_table_read(struct verify *verify, const char *database, const char *name, struct verify_table *table, struct leat_error *err)
{
    struct leat_result *columns[SIDES] = {NULL, NULL};
    *table = (struct verify_table){0};
    table->database[SOURCE] = leat_strdup(database);
    table->name[SOURCE] = leat_strdup(name);
    find_target(verify, table);
    int rc = LEAT_OK;
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = ask_columns(verify, table, side, &columns[side], err);
    if (rc == LEAT_OK && !columns[TARGET]->row_count) {
        report(verify, table, "the target has no such table, or its account may not read it");
        rc = LEAT_END;
    }
    if (rc == LEAT_OK)
        rc = match_columns(verify, table, columns[SOURCE], columns[TARGET]);
    if (rc == LEAT_OK)
        rc = read_key(verify, table, err);
    if (rc == LEAT_OK)
        rc = read_parents(verify, table, err);
    for (int side = 0; side < SIDES; side++)
        leat_result_free(&columns[side]);
    if (rc)
        verify_table_free(table);
    return rc;
}
