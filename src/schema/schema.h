/* Definitions and their versions: which struct leat_table a table map means. One thread owns it (that of decode).
 *
 * With binlog_row_metadata=FULL a map tells names, types and signs itself, and is right; with anything less it doesn't, and
 * the catalog's definition tells them, if it fits (leat_table_merge). A map that neither tells names nor has a
 * definition that fits stops as soon as its rows are wanted, not before; nothing is guessed. */
#ifndef LEAT_SCHEMA_SCHEMA_H
#define LEAT_SCHEMA_SCHEMA_H

#include "binlog/rows.h"
#include "schema/catalog.h"

struct leat_schema;

/* So many bindings keep their entries alive at least: as many tables as one statement may have open. */
enum { LEAT_SCHEMA_BOUND_MAX = 4096 };

struct leat_schema_options {
    /* false: definitions without names are taken as they are (decode of old files shows columns as @1, @2 …). */
    bool names_required;
    const struct leat_catalog *catalog; /* what is known of tables besides their maps; borrowed; NULL: nothing */
    bool whole_seconds; /* times of MariaDB's older form have no fractions: their tables are read, instead of a stop */
    uint64_t bytes_max; /* of cached definitions; the least recently used are let go. 0: 64 MiB */
};

/* A definition with what reading it needs; borrowed from the schema, valid until LEAT_SCHEMA_BOUND_MAX others were
 * bound. */
struct leat_schema_entry {
    struct leat_table *table; /* what the map says, with what the catalog adds */
    struct leat_row_plan *plan; /* NULL until leat_schema_ready */
    uint64_t digest;  /* of the names of database and table and the columns' types: equal on any server that has this
                         table, whatever metadata it logs */
    bool untold_fractions; /* it has times of MariaDB's older form: see leat_schema_ready */
    bool given;      /* for decode's use: the SCHEMA item was given to who is listening */
    bool journalled; /* for decode's use: the outcome of the table filter */
    bool classified; /* for decode's use: journalled is set */
};

struct leat_schema *leat_schema_new(const struct leat_schema_options *options);
void leat_schema_free(struct leat_schema **schema);

/* The definition that a TABLE_MAP event means; the same bytes give the same entry (a hash and a comparison). A hit
 * allocates nothing. More than bytes_max are held only while the last LEAT_SCHEMA_BOUND_MAX bindings need them, and
 * never more than twice that: LEAT_E_TOO_LARGE. */
int leat_schema_bind(struct leat_schema *schema, struct leat_schema_entry **entry, uint64_t *table_id,
                     const struct leat_binlog_format *format, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;

/* The table's definition changed: its next map is bound anew. Entries that are bound must not be used any more. */
void leat_schema_forget(struct leat_schema *schema, const char *database, const char *name);

void leat_schema_forget_all(struct leat_schema *schema);
/* The catalog's definition of this table changed while an entry that had none that fits is in use: it is added now. */
void leat_schema_again(struct leat_schema *schema, struct leat_schema_entry *entry);

/* Makes an entry fit to read rows with: checks that it has the names and signs that are required, and makes the plan.
 * Where they are missing: LEAT_E_DEFINITION with what is known of the table and why that doesn't do, or, without a catalog,
 * LEAT_E_SERVER_SETTINGS.
 *
 * MariaDB 5.3 to 10.0, and later with mysql56_temporal_format=OFF or in tables that were never rebuilt, logs TIMESTAMP, TIME and
 * DATETIME under the types of before. With a fraction of a second they are longer, and laid out in another way, and no table map
 * says how many digits there are: what such a row holds can't be told, so it stops, unless options.whole_seconds says that
 * there are no fractions.
 *
 * Apart from bind, so that a table that nobody wants never stops. Cheap when it has been done. */
int leat_schema_ready(struct leat_schema *schema, struct leat_schema_entry *entry, struct leat_error *err) LEAT_CHECKED;

/* Every entry's `given` back to false: whoever listens starts anew. */
void leat_schema_reset_given(struct leat_schema *schema);

/* What the cache holds, for metrics and tests. */
struct leat_schema_state {
    uint64_t entries, bytes, misses;
};
void leat_schema_state(const struct leat_schema *schema, struct leat_schema_state *state);

#endif
