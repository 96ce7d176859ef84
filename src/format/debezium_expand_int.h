/* The format "debezium": texts that are JSON documents, as documents with a schema (outbox.table.expand.json.payload). One thread. */
#ifndef LEAT_FORMAT_DEBEZIUM_EXPAND_INT_H
#define LEAT_FORMAT_DEBEZIUM_EXPAND_INT_H

#include "base/buf.h"

struct leat_debezium_expand;
struct leat_debezium_expand *leat_debezium_expand_new(bool nulls);
void leat_debezium_expand_free(struct leat_debezium_expand **expand);

/* Appends the document, and its schema without the closing brace. `nulls`: members that are null stay, as optional bytes; else they, and what
 * has no type (empty arrays), are left out. False, and nothing appended: the text is no object or array, or has no schema of Connect's (arrays of
 * several types, numbers beyond 64 bits), or is too large for this. `name` is the schema's. */
bool leat_debezium_expand(struct leat_debezium_expand *expand, const struct leat_buf *text, const char *name, struct leat_buf *json,
                          struct leat_buf *schema);

#endif
