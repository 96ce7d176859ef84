/* The catalog: how each table is defined at one moment of the stream, through the statements that change it. What no table map
 * carries is known from here: names and signs under MINIMAL and NO_LOG metadata, keys, defaults, what is generated.
 *
 * It begins with what was read from the server or the journal (leat_catalog_put), and follows the DDL of the binlog
 * (leat_catalog_statement). Definitions are kept in their encoded form, since 50,000 of them must fit into little memory.
 * Tables and databases are found as the server finds them: by lower_case_table_names.
 *
 * Changes take effect at once, and last from leat_catalog_commit on; leat_catalog_rollback takes back those since: for a
 * transaction that will come again. One thread owns a catalog (that of decode). */
#ifndef LEAT_SCHEMA_CATALOG_H
#define LEAT_SCHEMA_CATALOG_H

#include "model/item.h"

struct leat_catalog;

/* What of the server decides what a statement means. */
struct leat_catalog_server {
    enum leat_table_server kind;
    uint32_t version;                /* 90704 for 9.7.4, 101119 for 10.11.19 */
    unsigned lower_case_table_names; /* 0, 1 or 2 */
    uint32_t collation;              /* collation_server: of databases that say nothing else */
    uint32_t utf8mb4_collation;      /* default_collation_for_utf8mb4; 0: 255 (utf8mb4_0900_ai_ci), MariaDB 45 */
    bool explicit_defaults_for_timestamp;
};

struct leat_catalog *leat_catalog_new(void);
void leat_catalog_free(struct leat_catalog **catalog);

/* At each connect, before any statement. */
void leat_catalog_set_server(struct leat_catalog *catalog, const struct leat_catalog_server *server);

/* What a DEFINITION item says: of a table, or of a database (empty name). Takes its place in the catalog. */
void leat_catalog_put(struct leat_catalog *catalog, const struct leat_definition *definition);

enum leat_catalog_known {
    LEAT_CATALOG_UNKNOWN = 0, /* never heard of (or dropped) */
    LEAT_CATALOG_DEFINED,
    LEAT_CATALOG_UNSURE /* a statement changed it in a way that wasn't understood */
};
/* DEFINED: *table is a reference, the caller's to release. UNSURE: why is told, valid until the catalog changes. */
enum leat_catalog_known leat_catalog_find(const struct leat_catalog *catalog, const char *database, const char *name,
                                          struct leat_table **table, struct leat_text *why);

/* What a statement does to definitions: each change is given as a DEFINITION (how: STATEMENT, DROPPED, UNSURE), after it has taken
 * effect, in an order in which they can be put one by one. A statement that can't be read leaves its tables UNSURE, and never fails;
 * what the listener returns is handed up. */
int leat_catalog_statement(struct leat_catalog *catalog, const struct leat_statement *statement,
                           const struct leat_item_out *out, struct leat_error *err) LEAT_CHECKED;

void leat_catalog_commit(struct leat_catalog *catalog);
/* Calls each, which may be NULL, with every table that is as it was again. */
void leat_catalog_rollback(struct leat_catalog *catalog, void (*each)(void *context, const char *database, const char *name),
                           void *context);

/* Every table, in no order; and what it takes. */
void leat_catalog_each(const struct leat_catalog *catalog,
                       void (*each)(void *context, const struct leat_definition *definition), void *context);
struct leat_catalog_state {
    uint64_t tables, unsure, databases, bytes;
};
void leat_catalog_state(const struct leat_catalog *catalog, struct leat_catalog_state *state);

/* A definition out of CREATE TABLE's text alone (`leat schema reload --from FILE`; also what SHOW CREATE TABLE prints).
 * `database`: where the statement names none. LEAT_E_UNSUPPORTED says what of it isn't understood. */
int leat_catalog_parse(struct leat_table **table, const struct leat_catalog_server *server, const char *sql, size_t size,
                       uint64_t sql_mode, const char *database, uint32_t database_collation, struct leat_error *err) LEAT_CHECKED;

/* A table map's definition with what the catalog's adds: names, signs, character sets, members, keys, defaults. Where the map tells
 * (FULL metadata), the map is right, and the definition only adds. LEAT_E_DEFINITION when they don't fit: another number of
 * columns, a type or its metadata that differs, or a name that the map tells and that differs; nothing is guessed.
 * A map of other bytes for the same type fits (times of MariaDB's older form, BINARY for UUID). */
int leat_table_merge(struct leat_table **merged, const struct leat_table *map, const struct leat_table *definition,
                     struct leat_error *err) LEAT_CHECKED;

#endif
