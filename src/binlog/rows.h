/* The codec's inner layer: table maps and rows events. Pure; any thread on its own bytes. */
#ifndef LEAT_BINLOG_ROWS_H
#define LEAT_BINLOG_ROWS_H

#include "base/buf.h"
#include "binlog/event.h"
#include "model/table.h"

/* The table id that means "end of the rows, close all tables" in a dummy rows event. */
#define LEAT_TABLE_ID_DUMMY UINT64_C(0xFFFFFF)

/* A TABLE_MAP's number alone (its meaning lasts until the statement's end), and the bytes behind the number and flags,
 * which are the same for the same definition: what caches compare. */
int leat_table_map_id(uint64_t *table_id, const uint8_t **contents, size_t *size, const struct leat_binlog_format *format,
                      const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
/* The whole of it, as a definition: types, metadata, null flags, and the optional metadata: signs, default and column
 * character sets, names, ENUM and SET strings (with their character sets), geometry types, primary key (simple and with
 * prefixes), visibility, vector dimensions. Unknown optional fields are passed over (their type numbers may be skipped
 * by design). The caller releases *table.
 *
 * A column's `metadata` is the two bytes of the event as one number: NEWDECIMAL precision << 8 | scale; BIT bytes << 8 |
 * bits beyond them; VARCHAR its length in bytes; ENUM and SET type << 8 | bytes of a value; STRING what encodes its
 * length (length_max has it decoded); of types with one byte (blobs: width of the length; FLOAT, DOUBLE; temporal:
 * digits) that byte; else 0. MINIMAL row metadata leaves names, members, key and visibility unknown, see the flags;
 * LEAT_TABLE_SIGNS, _COLLATIONS and _MEMBERS are also set where no column needs them. */
int leat_table_map(struct leat_table **table, const struct leat_binlog_format *format, const struct leat_event *event,
                   struct leat_error *err) LEAT_CHECKED;

/* A rows event's head; `images` is what follows the bitmaps. */
struct leat_rows_event {
    uint64_t table_id;
    uint16_t flags; /* as on the wire: 1 STMT_END, 2 NO_FOREIGN_KEY_CHECKS, 4 RELAXED_UNIQUE_CHECKS */
    enum leat_op op;
    bool partial;   /* PARTIAL_UPDATE_ROWS */
    bool compressed; /* MariaDB's log_bin_compress: `images` is what leat_inflate_event takes */
    uint32_t column_count;
    const uint8_t *before_present; /* NULL for inserts */
    const uint8_t *after_present;  /* NULL for deletes */
    const uint8_t *images;
    size_t images_size;
};
/* WRITE, UPDATE, DELETE_ROWS v1 and v2, MariaDB's compressed ones, PARTIAL_UPDATE_ROWS. */
int leat_event_rows(struct leat_rows_event *rows, const struct leat_binlog_format *format, const struct leat_event *event,
                    struct leat_error *err) LEAT_CHECKED;

/* How to walk the images of a table: one step a column, made once per definition. */
struct leat_row_plan;
/* Fails with LEAT_E_UNSUPPORTED (naming column and type) when a type can't be walked. */
int leat_row_plan_new(struct leat_row_plan **plan, const struct leat_table *table, struct leat_error *err) LEAT_CHECKED;
void leat_row_plan_free(struct leat_row_plan **plan);

/* Moves the cursor behind the image at it. `present` has a bit for each of the plan's columns: the caller has compared
 * the event's column_count with the table's. Checks each length against the rest of the event and
 * against what the column can hold. This is the hot path of ingest: a row of ten columns takes some tens of ns. */
int leat_row_walk(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;

/* One value of an image. */
struct leat_value {
    const uint8_t *bytes; /* packed, behind the length prefix of variable types; NULL for NULL */
    uint32_t size;        /* of bytes */
    bool present;         /* false: the image leaves the column out */
    bool partial;         /* bytes are what changes in the JSON document (binlog/json.h), not the document */
};
/* Splits one image into its values: values[0 … column_count-1]. The image was walked before; it is checked again all
 * the same. */
int leat_row_split(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                   struct leat_value *values, struct leat_error *err) LEAT_CHECKED;

/* After images of PARTIAL_UPDATE_ROWS events. What precedes each: moves the cursor behind it, to an image like any other, in
 * which values may be differences. *partial has a bit for each of the table's json_count JSON columns, in their order, whether the
 * image has the column or not; NULL: there are none. LEAT_E_UNSUPPORTED when values are stored in ways not known. */
int leat_row_partial(uint32_t json_count, const uint8_t **partial, struct leat_cursor *cursor,
                     struct leat_error *err) LEAT_CHECKED;
/* leat_row_walk and leat_row_split of what precedes the image and the image; the differences' form is checked. */
int leat_row_walk_partial(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                          struct leat_error *err) LEAT_CHECKED;
int leat_row_split_partial(const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor,
                           struct leat_value *values, struct leat_error *err) LEAT_CHECKED;
/* Makes documents of those differences whose document the before image has: binary ones, in `room`, which whoever calls
 * owns. What is left partial is not known. */
int leat_row_rebuild(const struct leat_row_plan *plan, const struct leat_value *before, struct leat_value *after,
                     struct leat_buf *room, struct leat_error *err) LEAT_CHECKED;

#endif
