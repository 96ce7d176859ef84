/* What the decoders of values share. Not for other rooms. */
#ifndef LEAT_BINLOG_VALUE_INT_H
#define LEAT_BINLOG_VALUE_INT_H

#include "binlog/value.h"

/* Bytes of a packed NEWDECIMAL; 0 if there is no such type. */
uint32_t leat_decimal_size(unsigned precision, unsigned scale);

/* A DECIMAL inside of binary JSON: a byte for precision and scale each, then the packed form. May have more
 * digits than any column. */
int leat_decimal_of_json(struct leat_buf *buf, const uint8_t *bytes, size_t size,
                         struct leat_error *err) LEAT_CHECKED;

/* The JSON text of a finite double as the server prints it. */
void leat_json_double_put(struct leat_buf *buf, double value);

/* Temporal values inside of binary JSON: 8 bytes, little-endian, of the servers' packed form. `type` is DATE,
 * TIME, DATETIME or TIMESTAMP. */
int leat_temporal_of_packed(struct leat_temporal *temporal, enum leat_type type, int64_t packed,
                            struct leat_error *err) LEAT_CHECKED;

#endif
