/* The values that take more than a few instructions. They write at writer->to, whose rest_max leaves room for values
 * of fixed size, and fail with what is wrong with the value. One thread. */
#ifndef LEAT_FORMAT_VALUE_INT_H
#define LEAT_FORMAT_VALUE_INT_H

#include "binlog/value.h"
#include "image_int.h"

leat_value_writer leat_write_float, leat_write_double, leat_write_decimal, leat_write_temporal, leat_write_enum,
    leat_write_set, leat_write_text, leat_write_bytes, leat_write_binary, leat_write_shape, leat_write_geometry, leat_write_vector,
    leat_write_json,
    leat_write_foreign /* text whose bytes are not of its character set */;

/* By enum leat_step_op: those of the format "leat". */
extern leat_value_writer *const leat_value_writers[];


/* A temporal value whose fields can be printed; the zero TIMESTAMP is all zeros. */
int leat_temporal_read(struct leat_temporal *temporal, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err) LEAT_CHECKED;
/* Its text as the server prints it, without quotes or zone. */
uint8_t *leat_temporal_text(uint8_t *to, const struct leat_step *step, const struct leat_temporal *temporal, char separator);

/* The document with the changes of a partial update made. */
int leat_write_changed_json(struct leat_writer *writer, const struct leat_step *step, const struct leat_located *document,
                            const uint8_t *changes, uint32_t changes_size, struct leat_error *err) LEAT_CHECKED;

/* A document's text as a JSON string, without blanks between its tokens. */
void leat_write_json_string(struct leat_writer *writer, const uint8_t *text, size_t size);

#endif
