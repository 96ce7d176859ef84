/* A version of a table's definition: what is needed to read its row images and to name what is in them.
 *
 * A definition is immutable once built and shared by count of references (any thread may hold and release it).
 * Its id is a hash of its encoded contents, so that the same definition has the same id in every run, journal and
 * machine; nobody assigns numbers. */
#ifndef LEAT_MODEL_TABLE_H
#define LEAT_MODEL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

/* Column types as they are on the wire (enum_field_types in MySQL's include/field_types.h). TABLE_MAP events carry
 * ENUM, SET as STRING with the real type in the metadata; a leat_column has the real one. */
enum leat_type {
    LEAT_TYPE_DECIMAL_OLD = 0, /* pre-5.0 text decimal */
    LEAT_TYPE_TINY = 1,
    LEAT_TYPE_SHORT = 2,
    LEAT_TYPE_LONG = 3,
    LEAT_TYPE_FLOAT = 4,
    LEAT_TYPE_DOUBLE = 5,
    LEAT_TYPE_NULL = 6,
    LEAT_TYPE_TIMESTAMP = 7, /* pre-5.6 */
    LEAT_TYPE_LONGLONG = 8,
    LEAT_TYPE_INT24 = 9,
    LEAT_TYPE_DATE = 10,
    LEAT_TYPE_TIME = 11,     /* pre-5.6 */
    LEAT_TYPE_DATETIME = 12, /* pre-5.6 */
    LEAT_TYPE_YEAR = 13,
    LEAT_TYPE_NEWDATE = 14,
    LEAT_TYPE_VARCHAR = 15,
    LEAT_TYPE_BIT = 16,
    LEAT_TYPE_TIMESTAMP2 = 17,
    LEAT_TYPE_DATETIME2 = 18,
    LEAT_TYPE_TIME2 = 19,
    LEAT_TYPE_TYPED_ARRAY = 20,
    LEAT_TYPE_BLOB_COMPRESSED = 140,    /* MariaDB */
    LEAT_TYPE_VARCHAR_COMPRESSED = 141, /* MariaDB */
    LEAT_TYPE_VECTOR = 242,
    LEAT_TYPE_JSON = 245,
    LEAT_TYPE_NEWDECIMAL = 246,
    LEAT_TYPE_ENUM = 247,
    LEAT_TYPE_SET = 248,
    LEAT_TYPE_TINY_BLOB = 249,
    LEAT_TYPE_MEDIUM_BLOB = 250,
    LEAT_TYPE_LONG_BLOB = 251,
    LEAT_TYPE_BLOB = 252,
    LEAT_TYPE_VAR_STRING = 253,
    LEAT_TYPE_STRING = 254,
    LEAT_TYPE_GEOMETRY = 255
};

enum {
    LEAT_COLUMNS_MAX = 4096,
    LEAT_INDEXES_MAX = 4096, /* and foreign keys */
    LEAT_NAME_BYTES_MAX = 64 * 4, /* database, table and column names: 64 characters of up to 4 bytes */
    LEAT_COLLATION_BINARY = 63,
    LEAT_COLLATION_UNKNOWN = 0
};

struct leat_text {
    const char *bytes; /* NUL-terminated as well, which is not counted */
    uint32_t size;
};

enum leat_column_flags {
    LEAT_COLUMN_UNSIGNED = 1,
    LEAT_COLUMN_NULLABLE = 2,
    LEAT_COLUMN_INVISIBLE = 4,
    LEAT_COLUMN_PRIMARY = 8,   /* part of the primary key */
    LEAT_COLUMN_COMPRESSED = 32, /* MariaDB: in the server's tables and binlog its values are compressed. Not in row images here */
    /* Known only from a definition (LEAT_TABLE_DEFINED), never from a table map: */
    LEAT_COLUMN_GENERATED = 16,
    LEAT_COLUMN_STORED = 64, /* generated, and stored; else virtual */
    LEAT_COLUMN_AUTO_INCREMENT = 128,
    LEAT_COLUMN_HAS_DEFAULT = 256,       /* default_value is there (it may be empty text) */
    LEAT_COLUMN_DEFAULT_EXPRESSION = 512 /* … and is an expression, not a literal */
};

/* What a column is where its type on the wire is that of plain bytes: only a definition tells. */
enum leat_column_shape {
    LEAT_SHAPE_PLAIN = 0,
    LEAT_SHAPE_UUID = 1,  /* MariaDB's UUID, INET4, INET6: BINARY(16), (4), (16) in table maps */
    LEAT_SHAPE_INET4 = 2,
    LEAT_SHAPE_INET6 = 3
};

struct leat_column {
    struct leat_text name;  /* UTF-8; empty when the stream does not tell */
    enum leat_type type;    /* the real type: ENUM and SET are resolved */
    uint8_t geometry_type;  /* GEOMETRY: 0 geometry, 1 point, … 7 geometry collection */
    uint8_t shape;          /* enum leat_column_shape */
    uint16_t flags;         /* enum leat_column_flags */
    uint16_t metadata;      /* as in the table map: lengths, precision and scale, fraction digits … by type */
    uint32_t collation;     /* id of character types, ENUM and SET; BINARY for binary strings; UNKNOWN if not told */
    uint32_t dimension;     /* VECTOR */
    uint32_t length_max;    /* bytes a character column may hold; CHAR(n), VARCHAR(n) */
    uint32_t member_count;  /* ENUM and SET; 0 if not told */
    const struct leat_text *members; /* UTF-8 or in the column's character set, as the server sent them */
    /* With LEAT_TABLE_DEFINED, as information_schema prints them, UTF-8: */
    struct leat_text type_text;     /* COLUMN_TYPE: "int unsigned" */
    struct leat_text default_value; /* COLUMN_DEFAULT; GENERATION_EXPRESSION of a generated column */
};

/* One column of a key, in key order. */
struct leat_key_part {
    uint32_t column; /* from 0 */
    uint32_t prefix; /* characters, or 0 for all of it */
};

/* A key other than the primary one, from a definition. */
enum leat_index_flags {
    LEAT_INDEX_UNIQUE = 1,
    LEAT_INDEX_FULLTEXT = 2,
    LEAT_INDEX_SPATIAL = 4,
    LEAT_INDEX_IMPLIED = 8 /* made for a foreign key, and gone when another key does; only known when the statement was seen */
};
#define LEAT_KEY_PART_EXPRESSION UINT32_MAX /* as a column: the part is an expression */
struct leat_index {
    struct leat_text name; /* UTF-8 */
    uint32_t flags;        /* enum leat_index_flags */
    uint32_t part_count;
    const struct leat_key_part *parts;
};

struct leat_foreign_key {
    struct leat_text name;
    uint32_t column_count;
    const uint32_t *columns; /* from 0 */
    struct leat_text database, table; /* that it refers to */
    const struct leat_text *referenced; /* as many columns' names there */
    struct leat_text on_delete, on_update; /* "CASCADE", "SET NULL" …; empty: nothing was said */
};

enum leat_table_flags {
    LEAT_TABLE_NAMED = 1,     /* column names are known */
    LEAT_TABLE_SIGNS = 2,     /* signs are known */
    LEAT_TABLE_COLLATIONS = 4, /* collations are known */
    LEAT_TABLE_MEMBERS = 8,   /* ENUM and SET members are known */
    LEAT_TABLE_KEY_KNOWN = 16, /* whether there is a primary key, and which, is known */
    LEAT_TABLE_DEFINED = 32    /* all that a definition tells: types as text, defaults, what is generated, all keys */
};

struct leat_table; /* opaque, counted; read through the struct below */

struct leat_table_view {
    uint64_t id; /* never 0 */
    uint32_t flags;
    enum leat_table_server { LEAT_TABLE_OF_MYSQL = 1, LEAT_TABLE_OF_MARIADB = 2 } server;
    struct leat_text database; /* UTF-8 */
    struct leat_text name;
    uint32_t column_count;
    uint32_t key_count;
    const struct leat_column *columns;
    const struct leat_key_part *key; /* primary key */
    /* With LEAT_TABLE_DEFINED: */
    uint32_t collation; /* the table's default */
    uint32_t index_count, foreign_key_count;
    const struct leat_index *indexes;
    const struct leat_foreign_key *foreign_keys;
};

/* Builds a definition out of a view whose id is ignored (it is computed) and whose memory stays the caller's. */
struct leat_table *leat_table_new(const struct leat_table_view *view);
struct leat_table *leat_table_hold(struct leat_table *table); /* one more reference */
void leat_table_release(struct leat_table **table);
const struct leat_table_view *leat_table_view(const struct leat_table *table);

/* The encoded contents (docs/journal-format.md, "schema record"); the id is leat_hash64 of it, seed 0, 1 for 0. */
void leat_table_encode(struct leat_buf *buf, const struct leat_table *table);
/* Checks every length and count (LEAT_COLUMNS_MAX, LEAT_NAME_BYTES_MAX), and that the key's columns exist. */
int leat_table_decode(struct leat_table **table, const void *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;

#endif
