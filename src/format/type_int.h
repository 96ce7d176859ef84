/* What a column's type says: sizes, SQL text, the kind of its JSON. */
#ifndef LEAT_FORMAT_TYPE_INT_H
#define LEAT_FORMAT_TYPE_INT_H

#include "model/table.h"

/* How packed values of a column are found. */
struct leat_type_shape {
    uint32_t fixed;      /* bytes; 0: a length prefix of length_bytes */
    uint8_t length_bytes;
};
/* False: metadata that no server sends. */
bool leat_type_shape(struct leat_type_shape *shape, const struct leat_column *column);

unsigned leat_type_decimal_precision(const struct leat_column *column);
unsigned leat_type_decimal_scale(const struct leat_column *column);
unsigned leat_type_bits(const struct leat_column *column);
/* Fraction digits of temporal types. */
unsigned leat_type_digits(const struct leat_column *column);
/* Bytes that a CHAR, VARCHAR, BINARY, VARBINARY column holds. */
uint32_t leat_type_bytes_max(const struct leat_column *column);
/* Whether the type is one of characters or bytes: those with a collation. */
bool leat_type_is_string(const struct leat_column *column);

/* "int unsigned", "varchar(20)", "datetime(6)" …, escaped for a JSON string. */
void leat_type_put(struct leat_buf *buf, const struct leat_column *column);

#endif
