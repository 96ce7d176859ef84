/* The format "debezium": a rows event at work, and what its messages are made of. The sink's thread. */
#ifndef LEAT_FORMAT_DEBEZIUM_ROWS_INT_H
#define LEAT_FORMAT_DEBEZIUM_ROWS_INT_H

#include "debezium_int.h"
#include "rows_run_int.h"

struct leat_debezium_run {
    struct leat_debezium *debezium;
    struct leat_rows_run walk;
    const struct leat_debezium_table *table;
    enum leat_debezium_op tail_op; /* of the message that is open */
};

/* debezium_message.c */
/* Before a message of a row: the one before it goes, and the transaction's begin is told. */
int leat_debezium_open(struct leat_debezium_run *run, enum leat_debezium_op op, struct leat_error *err) LEAT_CHECKED;
/* The key's values as a message's key, into `buf`. */
int leat_debezium_key(struct leat_debezium_run *run, struct leat_buf *buf, const struct leat_located *located, bool schema,
                      struct leat_error *err) LEAT_CHECKED;
/* A value with one image of either kind, or none (NULL), as the table's form has it; it is the message that waits. */
int leat_debezium_image(struct leat_debezium_run *run, struct leat_cursor *before, struct leat_cursor *after, struct leat_error *err) LEAT_CHECKED;
/* What was appended to out.buf since `from` is the message of this row. */
void leat_debezium_row(struct leat_debezium_run *run, size_t from);
/* Moves the cursor behind an image that isn't written. */
int leat_debezium_skip(struct leat_debezium_run *run, const uint8_t *present, struct leat_error *err) LEAT_CHECKED;

/* The envelope, piece by piece. */
void leat_debezium_begin(struct leat_debezium_run *run, struct leat_writer *writer);
int leat_debezium_before(struct leat_debezium_run *run, struct leat_writer *writer, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;
int leat_debezium_after(struct leat_debezium_run *run, struct leat_writer *writer, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;
void leat_debezium_end(struct leat_debezium_run *run, struct leat_writer *writer);
/* Fails with the column at work; what was written since `from` is taken back. */
int leat_debezium_take_back(struct leat_debezium_run *run, const struct leat_writer *writer, size_t from, struct leat_error *err);

/* All values of the image at the cursor, which is moved behind it, into debezium->located. */
int leat_debezium_locate(struct leat_debezium_run *run, const uint8_t *present, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;
/* The located value of a column as JSON, appended. */
int leat_debezium_value(struct leat_debezium_run *run, struct leat_buf *buf, const struct leat_step *step, struct leat_error *err) LEAT_CHECKED;

/* debezium_metadata.c: what of the envelope can be asked for by name. */
int leat_debezium_adds_new(struct leat_debezium_adds *adds, const struct leat_setting_list *names, const char *prefix, const char *setting,
                           struct leat_error *err) LEAT_CHECKED;
void leat_debezium_adds_free(struct leat_debezium_adds *adds);
void leat_debezium_metadata(const struct leat_debezium_run *run, struct leat_buf *buf, const struct leat_debezium_metadata *what);
/* `{"type":…` without the closing brace. */
void leat_debezium_metadata_schema(struct leat_buf *buf, const struct leat_debezium_metadata *what);

/* debezium_unwrap.c */
int leat_debezium_unwrap_plan(struct leat_debezium *debezium, struct leat_plan *plan, struct leat_error *err) LEAT_CHECKED;
int leat_debezium_unwrap(struct leat_debezium_run *run, struct leat_cursor *before, struct leat_cursor *after, struct leat_error *err) LEAT_CHECKED;

#endif
