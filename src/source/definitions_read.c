/* Definitions from information_schema: a handful of queries over all tables, whose rows are taken as they come. A table's columns
 * make its definition; keys and foreign keys are added to it by the queries after that one. Between one query and the next
 * tables may change: who asks finds out in the binlog. */
#include "definitions_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/checksum.h"

/* ---- The server ---- */

static int take_collation(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    if (cells[0] && cells[1])
        source_collations_add(context, cells[0], (uint32_t)strtoul(cells[1], NULL, 10));
    return LEAT_OK;
}

static int read_collations(struct leat_mysql *mysql, struct source_collations *collations, struct leat_error *err)
{
    const struct leat_mysql_server *server = leat_mysql_server(mysql);
    bool full = server->mariadb && server->version >= 101000; /* since then a collation may be of several sets */
    return leat_mysql_rows(mysql, take_collation, collations,
                           full ? "SELECT FULL_COLLATION_NAME, ID FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
                                : "SELECT COLLATION_NAME, ID FROM information_schema.COLLATIONS",
                           err);
}

static const char *variable(const struct leat_result *variables, const char *name)
{
    for (size_t i = 0; i < variables->row_count; i++) {
        const char *found = leat_result_cell(variables, i, "Variable_name");
        if (found && !strcmp(found, name))
            return leat_result_cell(variables, i, "Value");
    }
    return NULL;
}

/* MariaDB's character_set_collations: "utf8mb4=utf8mb4_uca1400_ai_ci,ucs2=…" */
static uint32_t utf8mb4_of(const struct source_collations *collations, const char *list)
{
    static const char set[] = "utf8mb4=";
    const char *at = list ? strstr(list, set) : NULL;
    if (!at)
        return 0;
    char name[128];
    at += sizeof set - 1;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
    return source_collation(collations, name);
}

int source_read_server(struct leat_mysql *mysql, struct leat_catalog_server *server, struct leat_error *err)
{
    const struct leat_mysql_server *told = leat_mysql_server(mysql);
    struct source_collations *collations = source_collations_new();
    struct leat_result *variables = NULL;
    *server = (struct leat_catalog_server){.kind = told->mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
                                           .version = told->version};
    int rc = read_collations(mysql, collations, err);
    if (rc == LEAT_OK)
        rc = leat_mysql_query(mysql, &variables, err,
                              "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('lower_case_table_names', 'collation_server', "
                              "'default_collation_for_utf8mb4', 'character_set_collations', 'explicit_defaults_for_timestamp')");
    if (rc == LEAT_OK) {
        const char *cases = variable(variables, "lower_case_table_names"), *utf8mb4 = variable(variables, "default_collation_for_utf8mb4"),
                   *timestamps = variable(variables, "explicit_defaults_for_timestamp");
        server->lower_case_table_names = cases ? (unsigned)strtoul(cases, NULL, 10) : 0;
        server->collation = source_collation(collations, variable(variables, "collation_server"));
        server->utf8mb4_collation =
            utf8mb4 ? source_collation(collations, utf8mb4) : utf8mb4_of(collations, variable(variables, "character_set_collations"));
        server->explicit_defaults_for_timestamp = timestamps && !strcasecmp(timestamps, "ON");
    }
    leat_result_free(&variables);
    source_collations_free(&collations);
    return rc;
}

/* ---- Which tables there are ---- */

static uint64_t name_hash(const char *database, const char *name)
{
    uint64_t hash = leat_hash64(name, strlen(name), leat_hash64(database, strlen(database), 1));
    return hash ? hash : 1;
}

static struct source_base *base_slot(const struct source_bases *bases, uint64_t hash)
{
    size_t at = hash % bases->size;
    while (bases->slots[at].hash && bases->slots[at].hash != hash)
        at = (at + 1) % bases->size;
    return &bases->slots[at];
}

static void bases_add(struct source_bases *bases, uint64_t hash, uint32_t collation, bool versioned)
{
    if (2 * (bases->count + 1) > bases->size) {
        struct source_bases larger = {.size = bases->size ? 2 * bases->size : 1024, .count = bases->count};
        larger.slots = leat_alloc_zero(larger.size, sizeof *larger.slots);
        for (size_t i = 0; i < bases->size; i++)
            if (bases->slots[i].hash)
                *base_slot(&larger, bases->slots[i].hash) = bases->slots[i];
        free(bases->slots);
        *bases = larger;
    }
    struct source_base *slot = base_slot(bases, hash);
    bases->count += !slot->hash;
    *slot = (struct source_base){hash, collation, versioned};
}

/* ---- One reading ---- */

/* Which tables: the one, or those that are journalled, with what besides; `AND` between them. */
static void put_scope(struct leat_buf *sql, const struct reading *reading, const char *schema_column, const char *table_column)
{
    if (reading->database) {
        leat_buf_printf(sql, "%s = ", schema_column);
        leat_mysql_quote(sql, reading->database, strlen(reading->database));
        leat_buf_printf(sql, " AND %s = ", table_column);
        leat_mysql_quote(sql, reading->name, strlen(reading->name));
        return;
    }
    leat_buf_printf(sql, "%s NOT IN ('information_schema', 'performance_schema')", schema_column);
    if (reading->filter)
        leat_filter_sql(reading->filter, sql, schema_column, table_column);
}

int source_ask(struct reading *reading, leat_mysql_row *each, const struct source_question *question, struct leat_error *err)
{
    struct leat_buf sql = {0};
    leat_buf_printf(&sql, "SELECT %s FROM information_schema.%s WHERE ", question->columns, question->from);
    put_scope(&sql, reading, question->schema_column, question->table_column);
    if (question->and)
        leat_buf_printf(&sql, " AND %s", question->and);
    if (question->order) /* names may be equal by their collation and yet be two tables */
        leat_buf_printf(&sql, " ORDER BY CAST(%s AS BINARY), CAST(%s AS BINARY), %s", question->schema_column, question->table_column,
                        question->order);
    int rc = leat_mysql_rows(reading->mysql, each, reading, leat_buf_cstr(&sql), err);
    leat_buf_free(&sql);
    return rc;
}

void source_reading_put(struct reading *reading, enum leat_definition_how how, const char *database, const char *name,
                        struct leat_table *table, uint32_t collation, const char *why)
{
    const struct leat_definition definition = {
        .how = how,
        .database = {database, (uint32_t)strlen(database)},
        .name = {name, (uint32_t)strlen(name)},
        .table = table,
        .collation = collation,
        .why = {why, (uint32_t)strlen(why)},
    };
    leat_catalog_put(reading->catalog, &definition);
    leat_catalog_commit(reading->catalog); /* else what keys replace would be kept as well */
}

static int take_table(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct reading *reading = context;
    const char *type = cells[2];
    bool wanted = !reading->filter || (cells[0] && cells[1] && leat_filter_table(reading->filter, cells[0], cells[1]));
    if (wanted && cells[0] && cells[1] && type && !strcasestr(type, "VIEW"))
        bases_add(&reading->bases, name_hash(cells[0], cells[1]), source_collation(reading->collations, cells[3]),
                  strcasestr(type, "VERSIONED") != NULL);
    return LEAT_OK;
}

/* ---- Columns ---- */

/* The columns that WITH SYSTEM VERSIONING adds where none are told: behind all others. */
static void add_rows_life(struct reading *reading)
{
    const char *start[COLUMN_CELLS] = {NULL, NULL, "row_start", "timestamp(6)", NULL, NULL, "NO", NULL, "STORED GENERATED, INVISIBLE", "ROW START"};
    const char *end[COLUMN_CELLS] = {NULL, NULL, "row_end", "timestamp(6)", NULL, NULL, "NO", NULL, "STORED GENERATED, INVISIBLE", "ROW END"};
    source_draft_column(&reading->draft, start, reading->collations);
    source_draft_column(&reading->draft, end, reading->collations);
}

static void end_draft(struct reading *reading)
{
    struct leat_table *table = NULL;
    struct leat_error why = {0};
    if (!reading->drafting)
        return;
    reading->drafting = false;
    if (reading->hides_rows_life)
        add_rows_life(reading);
    const char *database = leat_buf_cstr(&reading->draft.database), *name = leat_buf_cstr(&reading->draft.name);
    if (source_draft_table(&table, &reading->draft, reading->server, &why))
        source_reading_put(reading, LEAT_DEFINITION_UNSURE, database, name, NULL, 0, why.message);
    else
        source_reading_put(reading, LEAT_DEFINITION_READ, database, name, table, 0, "");
    leat_table_release(&table);
    reading->tables++;
}

static bool is_text(struct leat_buf *buf, const char *text)
{
    return !strcmp(leat_buf_cstr(buf), text);
}

static int take_column(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct reading *reading = context;
    struct source_draft *draft = &reading->draft;
    const char *database = cells[COLUMN_SCHEMA], *name = cells[COLUMN_TABLE];
    if (!database || !name)
        return LEAT_OK;
    if (!reading->drafting || !is_text(&draft->name, name) || !is_text(&draft->database, database)) {
        end_draft(reading);
        const struct source_base *base = reading->bases.size ? base_slot(&reading->bases, name_hash(database, name)) : NULL;
        if (!base || !base->hash)
            return LEAT_OK; /* a view, or not wanted */
        source_draft_begin(draft, database, name, base->collation);
        reading->drafting = true;
        reading->hides_rows_life = base->versioned;
    }
    if (cells[COLUMN_GENERATION] && !strcasecmp(cells[COLUMN_GENERATION], "ROW START"))
        reading->hides_rows_life = false;
    source_draft_column(draft, cells, reading->collations);
    return LEAT_OK;
}

/* ---- Databases ---- */

static int take_database(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct reading *reading = context;
    if (cells[0])
        source_reading_put(reading, LEAT_DEFINITION_READ, cells[0], "", NULL, source_collation(reading->collations, cells[1]), "");
    return LEAT_OK;
}

static const struct source_question tables = {"TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_COLLATION", "TABLES", "TABLE_SCHEMA",
                                              "TABLE_NAME", NULL, NULL};
static const struct source_question columns = {"TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, "
                                               "IS_NULLABLE, COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION",
                                               "COLUMNS", "TABLE_SCHEMA", "TABLE_NAME", NULL, "ORDINAL_POSITION"};

static int read_all(struct reading *reading, struct leat_error *err)
{
    int rc = read_collations(reading->mysql, reading->collations, err);
    if (rc == LEAT_OK)
        rc = source_ask(reading, take_table, &tables, err);
    if (rc == LEAT_OK)
        rc = source_ask(reading, take_column, &columns, err);
    if (rc == LEAT_OK)
        end_draft(reading);
    if (rc == LEAT_OK)
        rc = source_read_keys(reading, err);
    if (rc == LEAT_OK && !reading->database)
        rc = leat_mysql_rows(reading->mysql, take_database, reading,
                             "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA", err);
    return rc;
}

int source_read_definitions(struct leat_mysql *mysql, struct leat_catalog *catalog, const struct leat_catalog_server *server,
                            const struct leat_filter *filter, const char *database, const char *name, uint64_t *count,
                            struct leat_error *err)
{
    struct reading reading = {.mysql = mysql,
                              .catalog = catalog,
                              .server = server,
                              .filter = filter && !leat_filter_all(filter) ? filter : NULL,
                              .database = database,
                              .name = name,
                              .collations = source_collations_new()};
    int rc = read_all(&reading, err);
    *count = reading.tables;
    source_collations_free(&reading.collations);
    source_draft_free(&reading.draft);
    free(reading.bases.slots);
    source_free_keys(&reading);
    return rc;
}
