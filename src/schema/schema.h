/* Definitions and their versions: which struct leat_table a table map means. One thread owns it (that of decode).
 *
 * Definitions come from table maps alone for now, which needs binlog_row_metadata=FULL on the source: a map without
 * names or signs stops with that reason and its cure, as soon as its rows are wanted. */
#ifndef LEAT_SCHEMA_SCHEMA_H
#define LEAT_SCHEMA_SCHEMA_H

#include "binlog/rows.h"

struct leat_schema;

/* So many bindings keep their entries alive at least: as many tables as one statement may have open. */
enum { LEAT_SCHEMA_BOUND_MAX = 4096 };

struct leat_schema_options {
    /* false: definitions without names are taken as they are (decode of old files shows columns as @1, @2 …). */
    bool names_required;
    bool whole_seconds; /* times of MariaDB's older form have no fractions: their tables are read, instead of a stop */
    uint64_t bytes_max; /* of cached definitions; the least recently used are let go. 0: 64 MiB */
};

/* A definition with what reading it needs; borrowed from the schema, valid until LEAT_SCHEMA_BOUND_MAX others were
 * bound. */
struct leat_schema_entry {
    struct leat_table *table;
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

/* Makes an entry fit to read rows with: checks that it has the names and signs that are required, and makes the plan.
 *
 * MariaDB 5.3 to 10.0, and later with mysql56_temporal_format=OFF or in tables that were never rebuilt, logs TIMESTAMP, TIME and
 * DATETIME under the types of before. With a fraction of a second they are longer, and laid out in another way, and no table map
 * says how many digits there are: what such a row holds can't be told, so it stops, unless options.whole_seconds says that
 * there are no fractions.
 *
 * Apart from bind, so that a table that nobody wants never stops. LEAT_E_SERVER_SETTINGS (with its cure) or
 * LEAT_E_UNSUPPORTED; cheap when it has been done. */
int leat_schema_ready(struct leat_schema *schema, struct leat_schema_entry *entry, struct leat_error *err) LEAT_CHECKED;

/* Every entry's `given` back to false: whoever listens starts anew. */
void leat_schema_reset_given(struct leat_schema *schema);

/* What the cache holds, for metrics and tests. */
struct leat_schema_state {
    uint64_t entries, bytes, misses;
};
void leat_schema_state(const struct leat_schema *schema, struct leat_schema_state *state);

#endif
