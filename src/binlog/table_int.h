/* A definition while it is read from a TABLE_MAP event. Not for other rooms. */
#ifndef LEAT_BINLOG_TABLE_INT_H
#define LEAT_BINLOG_TABLE_INT_H

#include <stdlib.h>

#include "binlog_int.h"
#include "model/table.h"

/* Texts point into the event; the arrays are owned. */
struct leat_table_draft {
    struct leat_text database, name;
    uint32_t flags; /* enum leat_table_flags */
    bool mariadb;
    bool signs_told;
    uint32_t column_count;
    struct leat_column *columns; /* each with its own `members` */
    uint32_t key_count;
    struct leat_key_part *key;
};

/* The optional metadata, all that is left of the event, into the draft's columns, key and flags. */
int leat_table_meta_read(struct leat_table_draft *draft, struct leat_cursor cursor,
                         struct leat_error *err) LEAT_CHECKED;

/* Bytes of a column's metadata, by its type on the wire; and whether they are stored with the high byte first. */
unsigned leat_table_metadata_size(uint8_t type);
bool leat_table_metadata_big_endian(uint8_t type);

#endif
