/* Definitions out of information_schema, and what happened to tables in a stretch of the binlog: what the source's files about
 * them share.
 *
 *   definitions.c        when they are read, given, and read again
 *   definitions_read.c   the queries
 *   definitions_keys.c   those of them about keys
 *   definitions_table.c  rows of information_schema into a definition. Pure
 *   definitions_look.c   which tables had DDL in a stretch of the binlog */
#ifndef LEAT_SOURCE_DEFINITIONS_INT_H
#define LEAT_SOURCE_DEFINITIONS_INT_H

#include "schema/catalog.h"
#include "source_int.h"

/* ---- definitions_table.c ---- */

/* A server's collations by name; MariaDB has thousands. */
struct source_collations;
struct source_collations *source_collations_new(void);
void source_collations_add(struct source_collations *collations, const char *name, uint32_t id);
void source_collations_free(struct source_collations **collations);
/* 0: no such name (or NULL). */
uint32_t source_collation(const struct source_collations *collations, const char *name);

/* The cells of one row of COLUMNS, in the order of its query; NULL where the server has none. */
enum source_column_cell {
    COLUMN_SCHEMA,
    COLUMN_TABLE,
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_CHARSET,
    COLUMN_COLLATION,
    COLUMN_NULLABLE,
    COLUMN_DEFAULT,
    COLUMN_EXTRA,
    COLUMN_GENERATION,
    COLUMN_CELLS
};

/* One table's columns, gathered row by row. */
struct source_draft {
    struct leat_buf database, name;
    uint32_t collation; /* of the table */
    struct leat_buf sql;   /* the CREATE TABLE that its columns amount to */
    struct leat_buf texts; /* of each column: name, type, default and expression; each with a NUL */
    struct leat_buf columns; /* struct source_draft_column */
};
void source_draft_begin(struct source_draft *draft, const char *database, const char *name, uint32_t collation);
void source_draft_column(struct source_draft *draft, const char *const *cells, const struct source_collations *collations);
/* The definition, without keys. LEAT_E_UNSUPPORTED: a column's type isn't understood. */
int source_draft_table(struct leat_table **table, const struct source_draft *draft, const struct leat_catalog_server *server,
                       struct leat_error *err) LEAT_CHECKED;
void source_draft_free(struct source_draft *draft);

/* The column of this name, or LEAT_KEY_PART_EXPRESSION. */
uint32_t source_column_index(const struct leat_table_view *view, const char *name);

/* ---- definitions_read.c ---- */

/* Puts what the account sees into the catalog: all tables that pass the filter (NULL: all) and all databases, or one table (*tables:
 * how many). What can't be understood is put as UNSURE, with the reason. Commits what the catalog has. */
int source_read_definitions(struct leat_mysql *mysql, struct leat_catalog *catalog, const struct leat_catalog_server *server,
                            const struct leat_filter *filter, const char *database, const char *name, uint64_t *tables,
                            struct leat_error *err) LEAT_CHECKED;

/* Base tables and their default collations; in memory, since joining two of these views is what servers are bad at. */
struct source_base {
    uint64_t hash; /* of database and name; 0: the slot is free */
    uint32_t collation;
    bool versioned; /* MariaDB's WITH SYSTEM VERSIONING */
};
struct source_bases {
    struct source_base *slots;
    size_t size, count;
};

struct source_names {
    struct leat_buf buf; /* database, NUL, name, NUL */
    size_t count;
};

/* One reading. */
struct reading {
    struct leat_mysql *mysql;
    struct leat_catalog *catalog;
    const struct leat_catalog_server *server;
    const struct leat_filter *filter;
    const char *database, *name; /* of the one table that is read; NULL: all */
    struct source_collations *collations;
    struct source_bases bases;
    struct source_draft draft;
    bool drafting; /* draft has columns */
    bool hides_rows_life; /* and two that COLUMNS doesn't tell of */
    uint64_t tables;
    /* The table whose keys are coming. */
    struct leat_buf keyed_database, keyed_name;
    struct leat_buf rows; /* their cells, each with a NUL */
    bool unkinded;                  /* kinds of indexes are asked for apart */
    bool odd;                       /* a table with foreign keys has a name that isn't understood */
    struct source_names special;    /* tables whose indexes may be of other kinds */
    struct source_names asked;      /* those with foreign keys, as InnoDB says */
    struct source_names referring;  /* those with foreign keys */
    const char *shown_database, *shown_name; /* of SHOW CREATE TABLE */
};

struct source_question {
    const char *columns, *from; /* of information_schema */
    const char *schema_column, *table_column;
    const char *and;   /* or NULL */
    const char *order; /* within a table; or NULL */
};
int source_ask(struct reading *reading, leat_mysql_row *each, const struct source_question *question, struct leat_error *err) LEAT_CHECKED;
void source_reading_put(struct reading *reading, enum leat_definition_how how, const char *database, const char *name,
                        struct leat_table *table, uint32_t collation, const char *why);

/* ---- definitions_keys.c ---- */

int source_read_keys(struct reading *reading, struct leat_error *err) LEAT_CHECKED;
void source_free_keys(struct reading *reading);

/* ---- definitions_look.c ---- */

/* Tables that had DDL, each with where the last one ends. An empty name: the database's own defaults. */
struct source_changes;
#define SOURCE_CHANGED_DATABASE "*" /* as a name: the database was dropped, and so all its tables changed */
struct source_changes *source_changes_new(bool fold_case);
void source_changes_free(struct source_changes **changes);
void source_changes_add(struct source_changes *changes, const char *database, const char *name, const struct leat_place *end);
/* Whether a table had any, and where the last of it ends (valid until the next add). */
bool source_changed(const struct source_changes *changes, const char *database, const char *name, struct leat_place *end);
void source_changes_each(const struct source_changes *changes, void (*each)(void *context, const char *database, const char *name),
                         void *context);
/* SIZE_MAX: all. */
size_t source_changes_count(const struct source_changes *changes);
/* At most so many are kept; behind that every table counts as changed. */
enum { SOURCE_CHANGES_MAX = 200000 };

/* From a place of this server (or, without a file, behind a set) to the binlog's end at the time of the call. What can't be
 * decoded on the way counts as a change of every table. */
int source_look_for_changes(struct leat_source *source, const struct source_facts *facts, const char *file, uint64_t pos,
                            const struct leat_gtid_set *after, struct source_changes *changes, struct leat_error *err) LEAT_CHECKED;

#endif
