/* The format "sql": statements that make the same changes again, or take them back. docs/formats/sql.md is its
 * specification. One thread. */
#ifndef LEAT_FORMAT_SQL_INT_H
#define LEAT_FORMAT_SQL_INT_H

#include "binlog/rows.h"
#include "format_int.h"
#include "sql_values.h"

/* "db.table.column" as it was given: * and ? match in the first two. */
struct leat_sql_generated {
    struct leat_filter *tables;
    char *column;
};

/* How rows of one definition are written. */
struct leat_sql_table {
    uint64_t id;
    struct leat_table *table; /* held */
    const struct leat_table_view *view;
    bool passes; /* the filter's answer; false: there is nothing more */
    bool named;
    struct leat_row_plan *plan;
    struct leat_sql_column *columns;
    struct leat_text name; /* `db`.`table` */
    struct leat_buf text;  /* what names point into */
    struct leat_value *before, *after; /* scratch, a value a column */
};

struct leat_sql {
    struct leat_format base;
    struct leat_format_out out;
    const struct leat_filter *filter; /* borrowed, may be NULL */
    bool undo, check;
    struct leat_sql_generated *generated;
    size_t generated_count;

    struct leat_sql_table **tables;
    size_t table_count;
    struct leat_sql_table *last_table;

    bool introduced;     /* the session's settings were given */
    bool in_transaction;
    bool begun;          /* BEGIN was given, and no end yet */
    bool about_given;
    uint32_t checks;     /* of enum leat_rows_flags: what is switched off for the rows at hand */
    bool mariadb;        /* whose transaction it is */
    struct leat_buf about; /* the comment line before it */
    struct leat_buf file;  /* NUL-terminated */
    struct leat_buf scratch;
    struct leat_gtid gtid;
};

/* sql_table.c */
int leat_sql_table_get(struct leat_sql *sql, struct leat_sql_table **table, struct leat_table *definition,
                       struct leat_error *err) LEAT_CHECKED;
void leat_sql_tables_free(struct leat_sql *sql);
/* Lets all go when there are too many; only where none is in use. */
void leat_sql_tables_trim(struct leat_sql *sql);

/* sql_rows.c */
int leat_sql_rows(struct leat_sql *sql, const struct leat_rows *rows, bool *passed, struct leat_error *err) LEAT_CHECKED;

/* sql_statement.c */
int leat_sql_statement(struct leat_sql *sql, const struct leat_statement *statement, bool *passed,
                       struct leat_error *err) LEAT_CHECKED;
/* What every session begins with; one line. */
extern const char leat_sql_settings[];

/* sql.c. Hands on what was appended to the buffer since `from`. */
int leat_sql_give(struct leat_sql *sql, size_t from, const struct leat_table_view *view, bool last,
                  struct leat_error *err) LEAT_CHECKED;
int leat_sql_give_line(struct leat_sql *sql, const char *line, bool last, struct leat_error *err) LEAT_CHECKED;
/* The settings and the comment, if they weren't given yet. */
int leat_sql_introduce(struct leat_sql *sql, struct leat_error *err) LEAT_CHECKED;
/* And BEGIN. */
int leat_sql_begin(struct leat_sql *sql, struct leat_error *err) LEAT_CHECKED;
/* Switches foreign key and unique checks off and on. */
int leat_sql_checks(struct leat_sql *sql, uint32_t flags, struct leat_error *err) LEAT_CHECKED;

#endif
