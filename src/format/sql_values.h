/* Values as SQL literals that give just the same value again: what the format "sql" and sinks that speak SQL share. Literals
 * suppose a session in utf8mb4 whose sql_mode has neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES. Pure; any thread. */
#ifndef LEAT_FORMAT_SQL_VALUES_H
#define LEAT_FORMAT_SQL_VALUES_H

#include "base/buf.h"
#include "binlog/rows.h"

/* How a column's values are written, and found again. */
enum leat_sql_kind {
    LEAT_SQL_INT,
    LEAT_SQL_UINT, /* BIT, ENUM and SET by number, too */
    LEAT_SQL_YEAR,
    LEAT_SQL_BIT,
    LEAT_SQL_FLOAT,
    LEAT_SQL_DOUBLE,
    LEAT_SQL_DECIMAL,
    LEAT_SQL_TEMPORAL,
    LEAT_SQL_ENUM,
    LEAT_SQL_SET,
    LEAT_SQL_TEXT,
    LEAT_SQL_BYTES,
    LEAT_SQL_BINARY, /* with the zero bytes that the binlog leaves out */
    LEAT_SQL_OPAQUE, /* GEOMETRY, VECTOR: bytes as they are stored */
    LEAT_SQL_JSON
};

struct leat_sql_column {
    enum leat_sql_kind kind;
    bool key;        /* part of the key */
    bool generated;  /* the server computes it: it can't be set */
    bool kept;       /* the server changes it by itself in an update that doesn't set it */
    bool utf8;       /* TEXT: the bytes are UTF-8 */
    bool ascii;      /* TEXT: bytes below 0x80 are ASCII */
    uint32_t size;   /* BINARY */
    const char *charset;
    const struct leat_column *column;
    struct leat_text name; /* quoted; empty if it isn't known */
};

/* Kind, kept, utf8, ascii, size and charset of a column, which is borrowed; size: of its plan's step. */
void leat_sql_column_init(struct leat_sql_column *column, const struct leat_column *told, uint32_t size);

/* Literals. All fail with what is wrong with the value. For VALUES and SET: */
int leat_sql_put_value(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                       struct leat_error *err) LEAT_CHECKED;
/* For WHERE: `name` = literal, exact to the byte; of a key's column as its index compares. */
int leat_sql_put_condition(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                           struct leat_error *err) LEAT_CHECKED;
/* A name in backquotes. */
void leat_sql_put_name(struct leat_buf *buf, const void *bytes, size_t size);
/* UTF-8 in quotes, with escapes, in one line. */
void leat_sql_put_text(struct leat_buf *buf, const void *bytes, size_t size);
void leat_sql_put_hex(struct leat_buf *buf, const void *bytes, size_t size);

/* An expression whose value is that document, types included. */
int leat_sql_put_json(struct leat_buf *buf, const uint8_t *bytes, uint32_t size, struct leat_error *err) LEAT_CHECKED;
/* The same changes to the column's document as in a partial update. */
int leat_sql_put_json_changes(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                              struct leat_error *err) LEAT_CHECKED;

#endif
