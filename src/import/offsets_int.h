/* Where the other tool stands, read out of what it keeps.
 *
 * offsets.c: which form a file has, and what it means. offsets_java.c: Debezium's file of offsets. Everything in such a file is taken for hostile. */
#ifndef LEAT_IMPORT_OFFSETS_INT_H
#define LEAT_IMPORT_OFFSETS_INT_H

#include "import_int.h"

/* Calls `each` for each key and value of a HashMap<byte[], byte[]> as Java's serialisation writes it; value NULL: it is null. */
struct offsets_pair {
    const char *key, *value;
    size_t key_size, value_size;
};
bool offsets_is_java(const char *bytes, size_t size);
int offsets_java(const char *bytes, size_t size, const char *origin, int (*each)(void *context, const struct offsets_pair *pair, struct leat_error *err),
                 void *context, struct leat_error *err) LEAT_CHECKED;

/* Puts start and start_within into the source's part, and says what is to be known of them. */
int import_offsets(struct import *import, const struct leat_import_offsets *offsets, struct leat_error *err) LEAT_CHECKED;

#endif
