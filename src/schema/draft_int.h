/* A definition while statements change it. Keys hold columns by reference, so that columns may move and go; names and texts lie in the
 * draft's own memory until it becomes a struct leat_table. Not for other rooms. */
#ifndef LEAT_SCHEMA_DRAFT_INT_H
#define LEAT_SCHEMA_DRAFT_INT_H

#include "binlog/charset.h"
#include "catalog_int.h"

enum leat_type_kind {
    LEAT_SAID_FINAL = 0, /* nothing depends on the table's character set */
    LEAT_SAID_CHAR,
    LEAT_SAID_VARCHAR,
    LEAT_SAID_TEXT,
    LEAT_SAID_ENUM,
    LEAT_SAID_SET
};

/* What a statement says of a column's type, before the table's character set is known. */
struct leat_type_said {
    enum leat_type_kind kind;
    enum leat_type type;
    const char *name; /* as printed: "int", "point" */
    uint32_t length, decimals; /* as said; decimals are a TEXT's width too, a geometry's type, and a shape */
    bool length_said, decimals_said, bytes; /* bytes: BINARY, VARBINARY, BLOB */
    bool is_unsigned, zerofill, binary, compressed;
    const bool *members_are_bytes; /* for each member, whether it was said by digits: x'815F' */
    enum leat_charset charset;     /* UNKNOWN: none said */
    char collation[64];            /* a name; empty: none said */
};

struct leat_draft_column {
    struct leat_column column;
    struct leat_text old_name;     /* before the statement; empty: it is new */
    struct leat_draft_column *was; /* what it was before; NULL: it is new, or not redefined */
    struct leat_type_said said;
    bool resolved;      /* `column` says all; else `said` does */
    bool null_said, not_null_said, default_said, now_on_update;
    bool default_is_string, system_row; /* a quoted text; GENERATED ALWAYS AS ROW START or END */
    bool without_versioning, default_dropped;
    bool bare; /* MariaDB shows no NULL for its default */
    uint32_t placed;        /* the how-manieth column that is put somewhere; 0: it isn't */
    struct leat_text after; /* which one; empty: in front */
    uint32_t at; /* while a definition is made of the draft */
};

struct leat_draft_part {
    struct leat_draft_column *column; /* NULL: an expression, or to be found by its name when all columns are there */
    struct leat_text name;
    uint32_t prefix;
    struct leat_draft_column *gone; /* what the statement dropped, with a new one of that name in its place */
};

struct leat_draft_key {
    struct leat_text name; /* empty until it gets one */
    struct leat_text old_name;
    bool old;              /* it was there before the statement */
    bool primary, implied; /* implied: a foreign key's, dropped if another key does */
    uint32_t flags;        /* enum leat_index_flags */
    uint32_t part_count;
    struct leat_draft_part *parts;
};

/* ALTER COLUMN … DEFAULT, as MariaDB carries it out on what the statement adds or moves by that name. */
struct leat_draft_late {
    struct leat_draft_late *next;
    struct leat_text name;
    const struct leat_draft_column *said; /* whose default it gets */
    bool done;                            /* for a column that was there */
};

struct leat_draft_foreign {
    struct leat_text name, database, table, on_delete, on_update;
    uint32_t count;
    struct leat_draft_column **columns; /* NULL, or to be found by name */
    struct leat_text *names;
    struct leat_text *referenced;
};

struct leat_draft {
    const struct leat_catalog_server *server;
    uint64_t sql_mode;
    enum leat_charset spoken; /* the character set that texts of the statement have for the server; UNKNOWN: UTF-8 */
    struct leat_text database, name;
    uint32_t collation;          /* the table's default; 0: not known */
    uint32_t database_collation; /* that of its database */
    uint32_t session_collation;  /* that of the session's database, else of the server */
    bool versioned;              /* WITH SYSTEM VERSIONING */
    bool versioning_added;       /* ADD SYSTEM VERSIONING */
    bool converted;              /* CONVERT TO CHARACTER SET */
    uint32_t converted_to;       /* its collation */
    struct leat_text period[2];  /* names of columns that a period is made of, and that can't be NULL */
    struct leat_text new_database, new_name; /* RENAME TO; empty: not */
    struct leat_text partition_database, partition_table; /* that a partition becomes, or that becomes one (`partition_taken`) */
    bool partition_taken;
    uint32_t placed; /* columns that FIRST and AFTER put somewhere */
    struct leat_draft_late *late;
    struct leat_draft_column **gone; /* columns that were dropped; keys still hold them */
    uint32_t gone_count;
    bool twice; /* a column was added by a name that another one had */
    struct leat_draft_column **columns;
    uint32_t column_count;
    struct leat_draft_key **keys;
    uint32_t key_count;
    struct leat_draft_foreign **foreigns;
    uint32_t foreign_count;
    struct leat_arena_block *memory;
    uint32_t *turned; /* the set `turned_charset` the other way round (members.c); NULL: not yet */
    enum leat_charset turned_charset;
    const char *wrong; /* what can't be resolved; NULL: nothing */
};

void leat_draft_begin(struct leat_draft *draft, const struct leat_catalog_server *server, uint64_t sql_mode);
void leat_draft_free(struct leat_draft *draft);
/* Cleared memory that lasts as long as the draft. */
void *leat_draft_alloc(struct leat_draft *draft, size_t size);
struct leat_text leat_draft_text(struct leat_draft *draft, const char *bytes, size_t size);

/* All that a definition says. */
void leat_draft_load(struct leat_draft *draft, const struct leat_table_view *view);
/* Types, names of keys, their order: all that was said becomes a definition. NULL: see `wrong`. */
struct leat_table *leat_draft_table(struct leat_draft *draft);

/* The table is called so; names that the server made out of the old one follow. */
void leat_draft_rename(struct leat_draft *draft, struct leat_text database, struct leat_text name);

/* UINT32_MAX where there is none of that name. */
uint32_t leat_draft_find(const struct leat_draft *draft, struct leat_text name);
struct leat_draft_column *leat_draft_column_new(struct leat_draft *draft);
/* At a place from 0; false: there are too many. */
bool leat_draft_insert(struct leat_draft *draft, struct leat_draft_column *column, uint32_t at);
void leat_draft_remove(struct leat_draft *draft, uint32_t at);
/* Out of the list alone: it is put in again elsewhere. */
void leat_draft_take_out(struct leat_draft *draft, uint32_t at);
/* To those that are gone, until all of the statement is read. */
void leat_draft_drop(struct leat_draft *draft, uint32_t at);
/* Keys lose what is gone, but for what came again by the same name. */
void leat_draft_settle_gone(struct leat_draft *draft);
struct leat_draft_key *leat_draft_key_new(struct leat_draft *draft);
void leat_draft_key_remove(struct leat_draft *draft, uint32_t at);
uint32_t leat_draft_key_find(const struct leat_draft *draft, struct leat_text name);
struct leat_draft_foreign *leat_draft_foreign_new(struct leat_draft *draft);
void leat_draft_foreign_remove(struct leat_draft *draft, uint32_t at);

/* type.c: what was said becomes type, metadata, length, collation, members and text. false: `wrong` says why. */
bool leat_type_resolve(struct leat_draft *draft, struct leat_draft_column *column);
/* members.c: from UTF-8 into the column's character set, but for those that are bytes (NULL: none is). false: what isn't UTF-8. */
bool leat_members_encode(struct leat_draft *draft, struct leat_text *members, const bool *are_bytes, uint32_t count, enum leat_charset charset);
/* In characters; of bytes that are no text, these. */
uint32_t leat_member_length(const struct leat_column *column, uint32_t number);
/* CONVERT TO CHARACTER SET of a column that is resolved. */
bool leat_type_convert(struct leat_draft *draft, struct leat_draft_column *column, uint32_t collation);
/* … and of one that the same statement adds or redefines: whatever it says of characters, they are the table's. */
void leat_type_converted(struct leat_draft_column *column);
/* literal.c: the default as the server prints it. */
/* … and what follows from a column's being NOT NULL or not, when all is known. */
void leat_defaults_settle(struct leat_draft *draft);
/* … of a CHAR or VARCHAR of that character set that became BINARY or VARBINARY. */
void leat_default_becomes_bytes(struct leat_draft *draft, struct leat_column *column, enum leat_charset was);
void leat_default_resolve(struct leat_draft *draft, struct leat_draft_column *column);
/* keys.c: names, implied keys, order, NOT NULL of the primary key. */
void leat_keys_settle(struct leat_draft *draft);
/* Parts that are known by name find their columns. */
bool leat_keys_bind(struct leat_draft *draft);

enum { LEAT_DRAFT_KEYS_MAX = 512 }; /* servers have 64, MariaDB at most 128 */

enum {
    LEAT_SQL_MODE_REAL_AS_FLOAT = 1,
    LEAT_SQL_MODE_STRICT_TRANS = 1 << 21,
    LEAT_SQL_MODE_STRICT_ALL = 1 << 22,
    LEAT_SQL_MODE_MARIADB_ORACLE = 1 << 9
};

/* TIME_TRUNCATE_FRACTIONAL, TIME_ROUND_FRACTIONAL: each server can do what the other one does by itself. */
static const uint64_t LEAT_SQL_MODE_MYSQL_TRUNCATE = UINT64_C(1) << 32, LEAT_SQL_MODE_MARIADB_ROUND = UINT64_C(1) << 34;

/* MariaDB since 10.9 asks what DEFAULT means once the statement's words about characters are all there, and of a character set;
 * MySQL and older ones go word by word, and have a collation. */
static inline bool leat_resolves_late(const struct leat_catalog_server *server)
{
    enum { MARIADB_RESOLVES_LATE = 100900 };
    return server->kind == LEAT_TABLE_OF_MARIADB && server->version >= MARIADB_RESOLVES_LATE;
}

static inline bool leat_draft_mariadb(const struct leat_draft *draft)
{
    return draft->server->kind == LEAT_TABLE_OF_MARIADB;
}

#endif
