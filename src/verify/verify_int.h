/* What the files of this room share.
 *
 * verify.c: connections, tables one after another. tables.c: which tables and columns there are, and what of them is compared. sql.c:
 * expressions, literals, conditions. chunks.c: checksums and candidates. rows.c: rows that were read. settle.c: what becomes of
 * candidates. snapshots.c: two snapshots at known places. touched.c: what the journal says of keys. whole.c: tables without a key. */
#ifndef LEAT_VERIFY_VERIFY_INT_H
#define LEAT_VERIFY_VERIFY_INT_H

#include "base/buf.h"
#include "base/clock.h"
#include "filter/columns.h"
#include "filter/filter.h"
#include "journal/journal.h"
#include "mysql/mysql.h"
#include "verify.h"

enum { SOURCE = 0, TARGET = 1, SIDES = 2 };

enum verify_class {
    VERIFY_NUMBER, /* whole ones */
    VERIFY_REAL,   /* FLOAT, DOUBLE */
    VERIFY_TEXT,   /* and all else that is printed: decimals, times */
    VERIFY_BYTES,
    VERIFY_JSON    /* a document on one side and its text on the other: by value */
};

struct verify_column {
    char *name[SIDES];
    char *type[SIDES];      /* as declared, "varchar(20)" */
    char *kind[SIDES];      /* the type's word, "varchar" */
    char *charset[SIDES];   /* empty: none */
    char *collation[SIDES];
    char *expression[SIDES]; /* gives the same bytes for the same value; owned */
    enum verify_class class;
    bool large;             /* may be long */
};

struct verify_table {
    char *database[SIDES], *name[SIDES];
    struct verify_column *columns;
    size_t count;
    size_t key[16];         /* positions in `columns` */
    size_t key_count;       /* 0: none that ranges can be made of */
    bool by_value;          /* a column is VERIFY_JSON: checksums can't be made */
    char **parents;         /* "database.table": changes there may cascade to here */
    size_t parent_count;
};
void verify_table_free(struct verify_table *table);

struct verify {
    const struct leat_verify_options *options;
    const struct leat_clock *clock;
    struct leat_mysql *side[SIDES];
    struct leat_columns *rules; /* NULL: none */
    struct leat_filter *journalled, *passed, *asked;
    struct leat_verify_summary *summary;
};
bool verify_enough(const struct verify *verify);
/* Sleeps so that servers work for us only a share of the time, after they did for `took_us`. */
void verify_breathe(const struct verify *verify, uint64_t took_us);
/* {"table":…,"kind":…}; counts nothing. */
json_t *verify_difference(const struct verify_table *table, const char *kind);

/* ---- tables.c ---- */

struct verify_names {
    char **database, **name;
    size_t count;
};
int verify_tables(struct verify *verify, struct verify_names *names, struct leat_error *err) LEAT_CHECKED;
void verify_names_free(struct verify_names *names);
/* LEAT_END: it can't be compared, which was reported. */
int verify_table_read(struct verify *verify, const char *database, const char *name, struct verify_table *table,
                      struct leat_error *err) LEAT_CHECKED;

/* ---- sql.c ---- */

void verify_name(struct leat_buf *sql, const char *name);
void verify_path(struct leat_buf *sql, const struct verify_table *table, int side);
char *verify_expression(const struct verify_column *column, int side);
/* A row's hash, as 64 hexadecimal digits. */
void verify_hash(struct leat_buf *sql, const struct verify_table *table, int side);
/* The key's columns as they are printed, with commas between. */
void verify_key_list(struct leat_buf *sql, const struct verify_table *table, int side);
void verify_key_order(struct leat_buf *sql, const struct verify_table *table, int side);

/* A row's key: each column's size as 4 bytes and its bytes, as its expression gives them. */
struct verify_key {
    uint8_t *bytes; /* owned; NULL: before all, or behind all */
    size_t size;
};
void verify_key_put(struct leat_buf *buf, const void *bytes, unsigned long size);
int verify_key_compare(const struct verify_key *a, const struct verify_key *b);
/* " WHERE …" for after < key <= upto. */
void verify_range(struct leat_buf *sql, const struct verify_table *table, int side, const struct verify_key *after, const struct verify_key *upto);
/* "(a=1 AND b=2)" */
void verify_equals(struct leat_buf *sql, const struct verify_table *table, int side, const struct verify_key *key);

/* ---- chunks.c ---- */

int verify_chunks(struct verify *verify, const struct verify_table *table, struct leat_error *err) LEAT_CHECKED;

/* ---- settle.c ---- */

enum verify_state { VERIFY_PENDING = 0, VERIFY_SAME, VERIFY_DIFFERS };
struct verify_candidate {
    struct verify_key key; /* owned */
    enum verify_state state;
    bool touched;
    bool there[SIDES];
    struct leat_buf row[SIDES]; /* cells, as keys are put; a NULL has the size UINT32_MAX */
};
/* Takes the keys of all of them, and empties the list. */
struct verify_candidates {
    struct verify_candidate *list;
    size_t count, room;
};
void verify_candidates_add(struct verify_candidates *candidates, const struct verify_key *key);
void verify_candidates_free(struct verify_candidates *candidates);
int verify_settle(struct verify *verify, const struct verify_table *table, struct verify_candidates *candidates,
                  struct leat_error *err) LEAT_CHECKED;

/* ---- rows.c ---- */

/* Reads the candidates' rows of one side. */
int verify_rows(struct verify *verify, const struct verify_table *table, int side, struct verify_candidates *candidates,
                struct leat_error *err) LEAT_CHECKED;
bool verify_rows_same(const struct verify_table *table, const struct verify_candidate *candidate);
void verify_report(struct verify *verify, const struct verify_table *table, const struct verify_candidate *candidate);

/* ---- snapshots.c ---- */

struct verify_window {
    uint64_t seq;        /* C: the target has what lies before it */
    char file[512];      /* G: the source's snapshot has nothing from there on */
    uint64_t pos;
};
/* Both sides are in a transaction behind it, until verify_snapshots_end. */
int verify_snapshots(struct verify *verify, struct verify_window *window, struct leat_error *err) LEAT_CHECKED;
int verify_snapshots_end(struct verify *verify, struct leat_error *err) LEAT_CHECKED;
/* Until the journal has all before G. */
int verify_wait_for_journal(struct verify *verify, const struct verify_window *window, struct leat_error *err) LEAT_CHECKED;

/* ---- touched.c ---- */

/* Marks candidates whose row may have changed within the window. candidates may be NULL; *any: something of the table did. */
int verify_touched(struct verify *verify, const struct verify_table *table, const struct verify_window *window,
                   struct verify_candidates *candidates, bool *any, struct leat_error *err) LEAT_CHECKED;

/* ---- whole.c ---- */

/* A table without a key that ranges can be made of: all of it at once, as a multiset, within two snapshots. */
int verify_whole(struct verify *verify, const struct verify_table *table, struct leat_error *err) LEAT_CHECKED;

#endif
