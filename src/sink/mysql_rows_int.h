/* Row changes as SQL for a target whose definition is known: the second way to write rows, beside BINLOG statements.
 *
 * Tables whose sole unique key is the primary key, that no foreign key leads to or from, and whose key compares byte for byte
 * (whole numbers, decimals, dates and times, binary strings, collations named _bin) are *mergeable*: within a unit of work the
 * changes of one key come to one, its last image or its absence. They are written as statements of many rows, in no order that
 * matters. All other tables are written row by row in the order of the changes, at once.
 *
 * The literals are those of the format sql (format/sql_values.h). They, and what the statements mean, rest on the session being
 * as LEAT_MYSQL_ROWS_SESSION sets it. One thread. */
#ifndef LEAT_SINK_MYSQL_ROWS_INT_H
#define LEAT_SINK_MYSQL_ROWS_INT_H

#include "model/item.h"
#include "mysql_work_int.h"

/* What the apply session must have. ENUM's number 0 and the like are written between two MYSQL_STATEMENT_SETTINGs, which a unit
 * that is cut off by an error may leave: set it again after ROLLBACK. */
#define LEAT_MYSQL_ROWS_SQL_MODE "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
#define LEAT_MYSQL_ROWS_SESSION                                                                                                        \
    "SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION sql_mode = '" LEAT_MYSQL_ROWS_SQL_MODE                                   \
    "', SESSION foreign_key_checks = 1, SESSION unique_checks = 1, SESSION sql_auto_is_null = 0"

struct mysql_rows; /* the writer: what is merged and not yet written */

struct mysql_rows_options {
    uint32_t rows_max;            /* a statement's; 0: the best that was measured */
    uint64_t statement_bytes_max; /* below the target's max_allowed_packet; a longer row is LEAT_E_TOO_LARGE */
    uint64_t merged_bytes_max;    /* then leat_mysql_rows_put says LEAT_AGAIN: flush; 0: 64 MiB */
    bool target_mariadb;          /* types, functions and literals as it has them */
    uint32_t target_version;      /* 80018, 101119; 0: a recent one */
    bool check_before;            /* row by row, all of the before image matched (check: before_image) */
    bool row_by_row;              /* nothing is merged (check: keys) */
    bool overwrite;               /* of mergeable tables: what an INSERT finds there is overwritten, and rows that are missing are no error
                                     (at least once; source_wins) */
};

struct mysql_rows *leat_mysql_rows_new(const struct mysql_rows_options *options);
void leat_mysql_rows_free(struct mysql_rows **rows);

/* How a table of the source is written on the target: names there (renamed), and what the target's own definition says of keys,
 * generated columns, foreign keys. Made once per pair of definitions, both of which it holds. Columns go by name. The target's must
 * be LEAT_TABLE_DEFINED. LEAT_E_DEFINITION where the target can't hold what the source has (a column that is missing there, a
 * narrower type), with the statement that cures it. Freed only where nothing of it is merged (after a flush or reset). */
struct mysql_table;
int leat_mysql_table_new(struct mysql_table **table, struct leat_table *source, struct leat_table *target,
                         bool referenced, /* some foreign key of the target leads to it */
                         const struct mysql_rows_options *options, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_table_free(struct mysql_table **table);
bool leat_mysql_table_is_mergeable(const struct mysql_table *table);
/* Column for column the same, so that row events fit: BINLOG may be used. */
bool leat_mysql_table_is_same(const struct mysql_table *table);
/* Rows are found by all their columns: each change reads the whole table. */
bool leat_mysql_table_is_keyless(const struct mysql_table *table);
/* "db.table" of the target; as statements have it. */
const char *leat_mysql_table_name(const struct mysql_table *table);

/* Takes the rows, which are of the table's source definition: statements that must stand in order go to `piece` at once.
 * LEAT_AGAIN: too much is merged; nothing was taken, flush and give it again. After a failure the unit is void: reset. */
int leat_mysql_rows_put(struct mysql_rows *rows, struct mysql_table *table, const struct leat_rows *item, struct mysql_piece *piece,
                        struct leat_error *err) LEAT_CHECKED;
/* Writes what is merged, and sets the session back to what it was. At a unit's end, and before anything whose order against it
 * matters (DDL, statements). */
int leat_mysql_rows_flush(struct mysql_rows *rows, struct mysql_piece *piece, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_rows_reset(struct mysql_rows *rows); /* forgets what is merged: after an error */

/* What was done since the writer was made. */
struct mysql_rows_state {
    uint64_t changes; /* taken */
    uint64_t merged;  /* of them into mergeable tables … */
    uint64_t written; /* … which came to so many rows */
    uint64_t bytes;   /* merged and not yet written */
};
void leat_mysql_rows_state(const struct mysql_rows *rows, struct mysql_rows_state *state);

#endif
