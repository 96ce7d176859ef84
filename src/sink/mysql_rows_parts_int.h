/* What the files of the row writer share.
 *
 *   mysql_rows_table.c   a table of the source against the target's: names, keys, what may be merged
 *   mysql_rows_fit.c     whether a column of the target holds all that one of the source can
 *   mysql_rows_value.c   values and conditions
 *   mysql_rows_row.c     one statement a row
 *   mysql_rows_merge.c   changes of a key into one
 *   mysql_rows_write.c   what was merged, as statements of many rows
 *   mysql_rows.c         the writer */
#ifndef LEAT_SINK_MYSQL_ROWS_PARTS_INT_H
#define LEAT_SINK_MYSQL_ROWS_PARTS_INT_H

#include "format/sql_values.h"
#include "mysql_rows_int.h"

/* How a value is written, where it isn't as leat_sql_put_value has it. */
enum mysql_put {
    MYSQL_PUT_SQL = 0,
    MYSQL_PUT_NUMBER,      /* ENUM and SET whose members are the same there; BIT */
    MYSQL_PUT_MEMBERS,     /* others: by text */
    MYSQL_PUT_JSON_TEXT,   /* a document where the target has text */
    MYSQL_PUT_SHAPE_BYTES, /* MariaDB's UUID, INET4, INET6 where the target has bytes */
    MYSQL_PUT_UTF8         /* text of a set that the target doesn't have */
};

struct mysql_column {
    struct leat_sql_column sql; /* name: of the target, quoted; key: of what rows are found by */
    enum mysql_put put;
    bool skip;              /* the target computes it */
    bool primary;           /* part of the target's primary key */
    bool strip;             /* of a key: spaces at its end don't count */
    const char *convert;    /* text: the target's character set, where it isn't the source's */
    const struct leat_column *target; /* NULL: skip */
};

/* A key's last state within the unit. */
enum mysql_merge_state {
    MYSQL_MERGE_ABSENT = 0,
    MYSQL_MERGE_ROW,  /* all columns */
    MYSQL_MERGE_PATCH /* some: the others are as they are */
};

struct mysql_merge_entry {
    uint64_t hash;
    const uint8_t *key;    /* comparable bytes; NULL: of at most eight bytes, `order` is all of it */
    uint64_t order;        /* the first eight of them, big-endian: what rows are sorted by */
    uint32_t key_size;
    uint8_t state;         /* enum mysql_merge_state */
    bool existed;          /* before the unit, as its first change says */
    uint8_t *image;        /* ROW, unless `values`: packed, of all columns */
    const struct leat_value *values; /* ROW, PATCH: a value a column. ABSENT: of the key's columns, unless that is one number */
    uint32_t image_size;
    uint64_t number;       /* of its last change */
};

/* The merged changes of one table. Empty: no memory but what is kept. */
struct mysql_merge {
    struct mysql_merge_entry *entries;
    size_t count, capacity;
    uint32_t *slots; /* open addressing: index of an entry + 1, or 0 */
    size_t slot_count;
    bool listed; /* in the writer's list of tables with entries */
};

struct mysql_table {
    struct leat_table *source, *target; /* held */
    const struct leat_table_view *view; /* of the source */
    struct leat_row_plan *plan;
    struct mysql_column *columns; /* one a column of the source */
    uint32_t *key;      /* columns of the source that rows are found by, in key order */
    uint32_t key_count; /* 0: all columns */
    struct leat_text name; /* `db`.`table` */
    struct leat_buf text;  /* what names point into */
    char *told;            /* db.table */
    bool mergeable, same;
    bool whole;            /* every column of the target that isn't computed comes from the source */
    bool number_key;       /* one whole number is the key */
    bool ored;             /* keys of several columns, on MariaDB */
    uint8_t *all;                      /* bitmap of all columns */
    struct leat_value *before, *after; /* the row at hand */
    struct leat_value *scratch;        /* two more */
    struct leat_buf room;              /* scratch: documents that were rebuilt */
    struct leat_buf insert, upsert, tail, remove; /* of statements of many rows: what stands before the rows, and behind those of upsert */
    struct mysql_merge merge;
};

/* Memory that is let go all at once. */
struct mysql_arena {
    uint8_t **blocks;
    size_t *sizes;
    size_t count, capacity, at; /* at: the block in use */
    size_t used;                /* of it */
    uint64_t bytes;             /* handed out */
};

/* An entry, by what it is sorted by. */
struct mysql_sorted {
    uint64_t order;
    uint32_t index;
};

struct mysql_rows {
    struct mysql_rows_options options;
    struct mysql_arena arena;
    struct mysql_table **dirty; /* with merged entries, in the order of their first change */
    size_t dirty_count, dirty_capacity;
    bool foreign_keys_off; /* in the session */
    struct mysql_rows_state state;
    struct leat_buf key; /* scratch */
    struct mysql_sorted *sorted; /* scratch: twice as many as the capacity */
    size_t sorted_capacity;
};

/* mysql_rows_fit.c. NULL: it fits; else what the target's column lacks. */
const char *leat_mysql_column_misfit(const struct leat_column *source, const struct leat_column *target);
/* The members' texts are the same, in the same order, as far as the shorter list goes. */
bool leat_mysql_members_prefix(const struct leat_column *source, const struct leat_column *target);
/* A member's text in UTF-8. */
int leat_mysql_member(struct leat_buf *buf, const struct leat_column *column, uint32_t index, struct leat_error *err) LEAT_CHECKED;

/* mysql_rows_value.c */
int leat_mysql_put_value(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value,
                         struct leat_error *err) LEAT_CHECKED;
/* key: as its index compares, else exact to the byte. */
int leat_mysql_put_condition(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value, bool key,
                             struct leat_error *err) LEAT_CHECKED;

/* mysql_rows_row.c. One row out of table->before and after. */
int leat_mysql_row_put(struct mysql_rows *rows, struct mysql_table *table, enum leat_op op, uint64_t number,
                       struct mysql_piece *piece, struct leat_error *err) LEAT_CHECKED;
/* "db.table row 7" before the message. */
int leat_mysql_row_fail(const struct mysql_table *table, uint64_t number, const struct mysql_column *column, struct leat_error *err);

/* mysql_rows_merge.c. Takes the row out of table->before and after; its images are at `before` and `after`. LEAT_AGAIN: this change
 * can't be merged with what there is: flush the table, and write it as it is. */
int leat_mysql_merge_put(struct mysql_rows *rows, struct mysql_table *table, const struct leat_rows *item, uint64_t number,
                         const struct leat_text *after_image, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_merge_clear(struct mysql_merge *merge);
void leat_mysql_merge_free(struct mysql_merge *merge);
void *leat_mysql_arena_take(struct mysql_arena *arena, size_t size);
void leat_mysql_arena_clear(struct mysql_arena *arena);
void leat_mysql_arena_free(struct mysql_arena *arena);

/* mysql_rows_write.c. Heads of statements, once a table; and all its merged rows. */
void leat_mysql_write_prepare(struct mysql_table *table, const struct mysql_rows_options *options);
int leat_mysql_write_table(struct mysql_rows *rows, struct mysql_table *table, struct mysql_piece *piece, struct leat_error *err) LEAT_CHECKED;

#endif
