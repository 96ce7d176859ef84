/* A column's type as SQL text. */
#ifndef LEAT_FORMAT_TYPE_INT_H
#define LEAT_FORMAT_TYPE_INT_H

#include "model/table.h"

/* Bytes that a CHAR, VARCHAR, BINARY, VARBINARY column holds. */
uint32_t leat_type_bytes_max(const struct leat_column *column);
/* Whether the type is one of characters or bytes: those with a collation. */
bool leat_type_is_string(const struct leat_column *column);

/* "int unsigned", "varchar(20)", "datetime(6)" …, escaped for a JSON string. */
void leat_type_put(struct leat_buf *buf, const struct leat_column *column);

#endif
