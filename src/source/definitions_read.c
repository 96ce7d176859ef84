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

/* Base tables and their default collations; in memory, since joining two of these views is what servers are bad at. */
struct base {
    uint64_t hash; /* of database and name; 0: the slot is free */
    uint32_t collation;
    bool versioned; /* MariaDB's WITH SYSTEM VERSIONING */
};
struct bases {
    struct base *slots;
    size_t size, count;
};

static uint64_t name_hash(const char *database, const char *name)
{
    uint64_t hash = leat_hash64(name, strlen(name), leat_hash64(database, strlen(database), 1));
    return hash ? hash : 1;
}

static struct base *base_slot(const struct bases *bases, uint64_t hash)
{
    size_t at = hash % bases->size;
    while (bases->slots[at].hash && bases->slots[at].hash != hash)
        at = (at + 1) % bases->size;
    return &bases->slots[at];
}

static void bases_add(struct bases *bases, uint64_t hash, uint32_t collation, bool versioned)
{
    if (2 * (bases->count + 1) > bases->size) {
        struct bases larger = {.size = bases->size ? 2 * bases->size : 1024, .count = bases->count};
        larger.slots = leat_alloc_zero(larger.size, sizeof *larger.slots);
        for (size_t i = 0; i < bases->size; i++)
            if (bases->slots[i].hash)
                *base_slot(&larger, bases->slots[i].hash) = bases->slots[i];
        free(bases->slots);
        *bases = larger;
    }
    struct base *slot = base_slot(bases, hash);
    bases->count += !slot->hash;
    *slot = (struct base){hash, collation, versioned};
}

/* ---- One reading ---- */

struct reading {
    struct leat_mysql *mysql;
    struct leat_catalog *catalog;
    const struct leat_catalog_server *server;
    const char *database, *name; /* of the one table that is read; NULL: all */
    struct source_collations *collations;
    struct bases bases;
    struct source_draft draft;
    bool drafting; /* draft has columns */
    bool hides_rows_life; /* and two that COLUMNS doesn't tell of */
    uint64_t tables;
    /* The table whose keys are coming. */
    struct leat_table *keyed;
    struct leat_buf keyed_database, keyed_name;
    struct leat_buf rows; /* their cells, each a leat_string or a length of UINT32_MAX for NULL */
};

static int ask(struct reading *reading, leat_mysql_row *each, const char *columns, const char *from, const char *schema_column,
               const char *table_column, const char *and, const char *order, struct leat_error *err)
{
    struct leat_buf sql = {0};
    leat_buf_printf(&sql, "SELECT %s FROM information_schema.%s WHERE %s%s", columns, from, and, *and ? " AND " : "");
    if (reading->database) {
        leat_buf_printf(&sql, "%s = ", schema_column);
        leat_mysql_quote(&sql, reading->database, strlen(reading->database));
        leat_buf_printf(&sql, " AND %s = ", table_column);
        leat_mysql_quote(&sql, reading->name, strlen(reading->name));
    } else {
        leat_buf_printf(&sql, "%s NOT IN ('information_schema', 'performance_schema')", schema_column);
    }
    if (*order) /* names may be equal by their collation and yet be two tables */
        leat_buf_printf(&sql, " ORDER BY CAST(%s AS BINARY), CAST(%s AS BINARY), %s", schema_column, table_column, order);
    int rc = leat_mysql_rows(reading->mysql, each, reading, leat_buf_cstr(&sql), err);
    leat_buf_free(&sql);
    return rc;
}

static void put(struct reading *reading, enum leat_definition_how how, const char *database, const char *name,
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
}

static int take_table(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct reading *reading = context;
    const char *type = cells[2];
    if (cells[0] && cells[1] && type && !strcasestr(type, "VIEW"))
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
        put(reading, LEAT_DEFINITION_UNSURE, database, name, NULL, 0, why.message);
    else
        put(reading, LEAT_DEFINITION_READ, database, name, table, 0, "");
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
        const struct base *base = reading->bases.size ? base_slot(&reading->bases, name_hash(database, name)) : NULL;
        if (!base || !base->hash)
            return LEAT_OK; /* a view */
        source_draft_begin(draft, database, name, base->collation);
        reading->drafting = true;
        reading->hides_rows_life = base->versioned;
    }
    if (cells[COLUMN_GENERATION] && !strcasecmp(cells[COLUMN_GENERATION], "ROW START"))
        reading->hides_rows_life = false;
    source_draft_column(draft, cells, reading->collations);
    return LEAT_OK;
}

/* ---- Keys ---- */

static void keep_cells(struct leat_buf *rows, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        leat_buf_put(rows, cell, strlen(cell) + 1);
    }
}

/* The rows that were kept, as cells. */
static size_t open_rows(const struct leat_buf *rows, size_t cells_per_row, const char ***cells)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->size; i++)
        count += rows->data[i] == 0;
    *cells = leat_alloc_zero(count + 1, sizeof **cells);
    const char *at = (const char *)rows->data;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        (*cells)[i] = at;
    return count / cells_per_row;
}

typedef void add_keys(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory);

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

/* All rows of a table are there: its definition is replaced by one with what they say. */
static void end_keys(struct reading *reading, add_keys *add, size_t cells_per_row)
{
    struct leat_table *table = NULL;
    struct leat_text why;
    const char *database = leat_buf_cstr(&reading->keyed_database), *name = leat_buf_cstr(&reading->keyed_name);
    if (reading->rows.size && leat_catalog_find(reading->catalog, database, name, &table, &why) == LEAT_CATALOG_DEFINED) {
        struct leat_table_view view = *leat_table_view(table);
        const char **cells;
        size_t rows = open_rows(&reading->rows, cells_per_row, &cells);
        struct leat_buf memory = {0};
        struct leat_column *columns = leat_alloc_zero(view.column_count + 1, sizeof *columns);
        memcpy(columns, view.columns, view.column_count * sizeof *columns);
        view.columns = columns;
        add(&view, cells, rows, &memory);
        struct leat_table *keyed = leat_table_new(&view);
        put(reading, LEAT_DEFINITION_READ, database, name, keyed, 0, "");
        leat_table_release(&keyed);
        leat_buf_free(&memory);
        free(columns);
        free(cells);
    }
    leat_table_release(&table);
    leat_buf_clear(&reading->rows);
}

static int take_key_row(struct reading *reading, const char *const *cells, add_keys *add, size_t cells_per_row)
{
    if (!cells[0] || !cells[1])
        return LEAT_OK;
    if (!is_text(&reading->keyed_name, cells[1]) || !is_text(&reading->keyed_database, cells[0])) {
        end_keys(reading, add, cells_per_row);
        leat_buf_clear(&reading->keyed_database);
        leat_buf_puts(&reading->keyed_database, cells[0]);
        leat_buf_clear(&reading->keyed_name);
        leat_buf_puts(&reading->keyed_name, cells[1]);
    }
    keep_cells(&reading->rows, cells + 2, cells_per_row);
    return LEAT_OK;
}

enum { INDEX_NAME, INDEX_NON_UNIQUE, INDEX_COLUMN, INDEX_PREFIX, INDEX_TYPE, INDEX_CELLS };

static struct leat_key_part part_of(const struct leat_table_view *view, const char *const *row)
{
    bool spatial = !strcmp(row[INDEX_TYPE], "SPATIAL") || !strcmp(row[INDEX_TYPE], "RTREE");
    return (struct leat_key_part){source_column_index(view, row[INDEX_COLUMN]),
                                  spatial ? 0 : (uint32_t)strtoul(row[INDEX_PREFIX], NULL, 10)};
}

static uint32_t index_flags(const char *const *row)
{
    const char *type = row[INDEX_TYPE];
    return (!strcmp(row[INDEX_NON_UNIQUE], "0") ? LEAT_INDEX_UNIQUE : 0u) |
           (!strcmp(type, "FULLTEXT") ? LEAT_INDEX_FULLTEXT : 0u) |
           (!strcmp(type, "SPATIAL") || !strcmp(type, "RTREE") ? LEAT_INDEX_SPATIAL : 0u);
}

/* Where MariaDB hides the end of a row's life, it also hides that every unique key ends with it. */
static uint32_t hidden_end(const struct leat_table_view *view)
{
    uint32_t last = view->column_count - 1;
    bool hidden = view->column_count && view->columns[last].flags & LEAT_COLUMN_INVISIBLE &&
                  view->columns[last].flags & LEAT_COLUMN_GENERATED && !strcmp(view->columns[last].default_value.bytes, "ROW END");
    return hidden ? last : LEAT_KEY_PART_EXPRESSION;
}

/* Rows of STATISTICS, by index and place in it. */
static void add_indexes(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    struct leat_column *columns = (struct leat_column *)(uintptr_t)view->columns; /* a copy of ours */
    leat_buf_reserve(memory, rows * (2 * sizeof(struct leat_key_part) + sizeof(struct leat_index))); /* so that nothing moves */
    struct leat_key_part *parts = (struct leat_key_part *)(void *)memory->data;
    struct leat_index *indexes = (struct leat_index *)(void *)(parts + 2 * rows);
    uint32_t count = 0, end = hidden_end(view), of;
    for (size_t i = 0, next; i < rows; i = next, parts += of) {
        const char *const *first = cells + i * INDEX_CELLS;
        for (next = i; next < rows && !strcmp(cells[next * INDEX_CELLS + INDEX_NAME], first[INDEX_NAME]); next++)
            parts[next - i] = part_of(view, cells + next * INDEX_CELLS);
        of = (uint32_t)(next - i);
        if (end != LEAT_KEY_PART_EXPRESSION && index_flags(first) & LEAT_INDEX_UNIQUE && parts[of - 1].column != end)
            parts[of++] = (struct leat_key_part){end, 0};
        if (!strcmp(first[INDEX_NAME], "PRIMARY")) {
            view->key = parts;
            view->key_count = of;
            for (uint32_t k = 0; k < of; k++)
                if (parts[k].column < view->column_count)
                    columns[parts[k].column].flags |= LEAT_COLUMN_PRIMARY;
        } else {
            indexes[count++] = (struct leat_index){text_of(first[INDEX_NAME]), index_flags(first), of, parts};
        }
    }
    view->indexes = indexes;
    view->index_count = count;
}

static int take_index(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_indexes, INDEX_CELLS);
}

enum { FOREIGN_NAME, FOREIGN_COLUMN, FOREIGN_DATABASE, FOREIGN_TABLE, FOREIGN_REFERENCED, FOREIGN_CELLS };

/* Rows of KEY_COLUMN_USAGE, by constraint and place in it. */
static void add_foreign_keys(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    leat_buf_reserve(memory, rows * (sizeof(struct leat_foreign_key) + sizeof(struct leat_text) + sizeof(uint32_t)));
    struct leat_foreign_key *keys = (struct leat_foreign_key *)(void *)memory->data;
    struct leat_text *referenced = (struct leat_text *)(void *)(keys + rows);
    uint32_t *columns = (uint32_t *)(void *)(referenced + rows);
    uint32_t count = 0;
    for (size_t i = 0, next; i < rows; i = next) {
        const char *const *first = cells + i * FOREIGN_CELLS;
        bool known = true;
        for (next = i; next < rows && !strcmp(cells[next * FOREIGN_CELLS + FOREIGN_NAME], first[FOREIGN_NAME]); next++) {
            const char *const *row = cells + next * FOREIGN_CELLS;
            columns[next] = source_column_index(view, row[FOREIGN_COLUMN]);
            known = known && columns[next] < view->column_count;
            referenced[next] = text_of(row[FOREIGN_REFERENCED]);
        }
        if (known)
            keys[count++] = (struct leat_foreign_key){.name = text_of(first[FOREIGN_NAME]),
                                                      .column_count = (uint32_t)(next - i),
                                                      .columns = columns + i,
                                                      .database = text_of(first[FOREIGN_DATABASE]),
                                                      .table = text_of(first[FOREIGN_TABLE]),
                                                      .referenced = referenced + i};
    }
    view->foreign_keys = keys;
    view->foreign_key_count = count;
}

static int take_foreign_key(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_foreign_keys, FOREIGN_CELLS);
}

enum { RULE_NAME, RULE_DELETE, RULE_UPDATE, RULE_CELLS };

/* Where nothing was said, servers print what that means. */
static struct leat_text rule_of(const char *rule, enum leat_table_server server)
{
    return text_of(!strcmp(rule, server == LEAT_TABLE_OF_MARIADB ? "RESTRICT" : "NO ACTION") ? "" : rule);
}

static void add_rules(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    leat_buf_put(memory, view->foreign_keys, view->foreign_key_count * sizeof *view->foreign_keys);
    struct leat_foreign_key *keys = (struct leat_foreign_key *)(void *)memory->data;
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        for (size_t row = 0; row < rows; row++)
            if (!strcmp(cells[row * RULE_CELLS + RULE_NAME], keys[i].name.bytes)) {
                keys[i].on_delete = rule_of(cells[row * RULE_CELLS + RULE_DELETE], view->server);
                keys[i].on_update = rule_of(cells[row * RULE_CELLS + RULE_UPDATE], view->server);
            }
    view->foreign_keys = keys;
}

static int take_rule(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_rules, RULE_CELLS);
}

static int read_keys(struct reading *reading, struct leat_error *err)
{
    int rc = ask(reading, take_index, "TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE",
                 "STATISTICS", "TABLE_SCHEMA", "TABLE_NAME", "", "INDEX_NAME, SEQ_IN_INDEX", err);
    end_keys(reading, add_indexes, INDEX_CELLS);
    if (rc == LEAT_OK) {
        rc = ask(reading, take_foreign_key,
                 "TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, "
                 "REFERENCED_COLUMN_NAME",
                 "KEY_COLUMN_USAGE", "TABLE_SCHEMA", "TABLE_NAME", "REFERENCED_TABLE_NAME IS NOT NULL",
                 "CONSTRAINT_NAME, ORDINAL_POSITION", err);
        end_keys(reading, add_foreign_keys, FOREIGN_CELLS);
    }
    if (rc == LEAT_OK) {
        rc = ask(reading, take_rule, "CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE",
                 "REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "TABLE_NAME", "", "CONSTRAINT_NAME", err);
        end_keys(reading, add_rules, RULE_CELLS);
    }
    return rc;
}

/* ---- Databases ---- */

static int take_database(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct reading *reading = context;
    if (cells[0])
        put(reading, LEAT_DEFINITION_READ, cells[0], "", NULL, source_collation(reading->collations, cells[1]), "");
    return LEAT_OK;
}

static int read_all(struct reading *reading, struct leat_error *err)
{
    int rc = read_collations(reading->mysql, reading->collations, err);
    if (rc == LEAT_OK)
        rc = ask(reading, take_table, "TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_COLLATION", "TABLES", "TABLE_SCHEMA", "TABLE_NAME",
                 "", "", err);
    if (rc == LEAT_OK)
        rc = ask(reading, take_column,
                 "TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, "
                 "COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION",
                 "COLUMNS", "TABLE_SCHEMA", "TABLE_NAME", "", "ORDINAL_POSITION", err);
    if (rc == LEAT_OK)
        end_draft(reading);
    if (rc == LEAT_OK)
        rc = read_keys(reading, err);
    if (rc == LEAT_OK && !reading->database)
        rc = leat_mysql_rows(reading->mysql, take_database, reading,
                             "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA", err);
    return rc;
}

int source_read_definitions(struct leat_mysql *mysql, struct leat_catalog *catalog, const struct leat_catalog_server *server,
                            const char *database, const char *name, uint64_t *tables, struct leat_error *err)
{
    struct reading reading = {.mysql = mysql,
                              .catalog = catalog,
                              .server = server,
                              .database = database,
                              .name = name,
                              .collations = source_collations_new()};
    int rc = read_all(&reading, err);
    *tables = reading.tables;
    source_collations_free(&reading.collations);
    source_draft_free(&reading.draft);
    free(reading.bases.slots);
    leat_buf_free(&reading.keyed_database);
    leat_buf_free(&reading.keyed_name);
    leat_buf_free(&reading.rows);
    return rc;
}
