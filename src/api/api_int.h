/* What the public interface's own files share. Not for other rooms.
 *
 *   decode.c   a decoder's life; bytes of files cut into events
 *   items.c    items into calls of the listener
 *   tables.c   definitions in their public form
 *   values.c   values of a row image, as views and as text */
#ifndef LEAT_API_INT_H
#define LEAT_API_INT_H

#include "leat/decode.h"

#include "base/buf.h"
#include "binlog/plan.h"
#include "decode/decode.h"

/* A definition as callers see it, and what reads its images. */
struct api_table {
    struct leat_decode_table shown;
    struct leat_table *table; /* held */
    struct leat_row_plan *plan;
};

/* Definitions are found again by their id; two that share a slot take turns. */
enum { API_TABLE_SLOTS = 1024 };

struct leat_decode_row {
    struct leat_decode *decode;
    const struct api_table *table;
    struct leat_value *values; /* owned; one a column */
    uint32_t room;             /* of values */
    bool partial;              /* an after image whose JSON values may be differences */
};

struct leat_decode {
    struct leat_decode_listener listener;
    struct leat_decoder *decoder;
    struct api_table *tables[API_TABLE_SLOTS];
    struct leat_decode_row before, after;
    struct leat_buf text; /* of leat_decode_get_text */

    /* The open transaction, as shown. */
    struct leat_decode_transaction transaction;
    char gtid[LEAT_GTID_TEXT_MAX];
    char file[LEAT_BINLOG_NAME_MAX + 1];

    /* leat_decode_bytes: what is left of the last ones. */
    uint64_t event_bytes_max;
    struct leat_buf rest;
    size_t magic_seen;
    bool failed; /* until leat_decode_start */
};

/* items.c */
int api_item(void *context, const struct leat_item *item, struct leat_error *err) LEAT_CHECKED;

/* tables.c */
int api_table(struct leat_decode *decode, const struct api_table **table, struct leat_table *definition,
              struct leat_error *err) LEAT_CHECKED;
void api_tables_free(struct leat_decode *decode);

/* values.c: the image at the cursor, which is moved behind it. */
int api_row(struct leat_decode_row *row, const struct api_table *table, const uint8_t *present,
            struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;

#endif
