/* What the statements' reader needs of the catalog. Not for other rooms. */
#ifndef LEAT_SCHEMA_CATALOG_INT_H
#define LEAT_SCHEMA_CATALOG_INT_H

#include "schema/catalog.h"

const struct leat_catalog_server *leat_catalog_server_of(const struct leat_catalog *catalog);

/* 0: not known. */
uint32_t leat_catalog_database_collation(const struct leat_catalog *catalog, const char *database);

/* The tables of one database, by names that stay while the catalog changes. Released by leat_buf_free of *names: each is NUL-terminated,
 * one behind the other. */
void leat_catalog_tables_of(const struct leat_catalog *catalog, const char *database, struct leat_buf *names);

/* The tables with a foreign key to this one: database and name of each, each NUL-terminated, likewise. */
void leat_catalog_referring(const struct leat_catalog *catalog, const char *database, const char *name, struct leat_buf *names);

/* As the server stores it under lower_case_table_names: in place. */
void leat_catalog_fold(const struct leat_catalog *catalog, char *name);
/* Lower case by the servers' rules for identifiers (utf8mb3_general_ci), of those letters whose two cases are equally long:
 * A to Z, Latin 1, Latin Extended A, Greek, Cyrillic. In place; `size` bytes. */
void leat_name_fold(char *name, size_t size);
/* Names of columns, keys and constraints: without regard to case. */
bool leat_name_equal(struct leat_text a, struct leat_text b);

#endif
