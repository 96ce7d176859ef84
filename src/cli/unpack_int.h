/* The bytes of a binlog file as its server wrote them: as they are, or out of zstd or gzip, which are known by their magic
 * numbers. One thread uses it; the count of bytes taken may be read by any. */
#ifndef LEAT_CLI_UNPACK_INT_H
#define LEAT_CLI_UNPACK_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct unpack;

/* Reads from fd, which stays the caller's; `name` is what errors call it (borrowed). Every byte read from fd is added to *taken.
 * Fails if the first bytes can't be read. */
int unpack_new(struct unpack **unpack, int fd, const char *name, _Atomic uint64_t *taken, struct leat_error *err) LEAT_CHECKED;
void unpack_free(struct unpack **unpack);

/* At most `size` bytes, fewer where fewer are there at the moment; *got 0: the end. */
int unpack_read(struct unpack *unpack, void *to, size_t size, size_t *got, struct leat_error *err) LEAT_CHECKED;

/* Whether the bytes come out of a compressed file. */
bool unpack_is_packed(const struct unpack *unpack);

#endif
