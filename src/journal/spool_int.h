/* The spool's insides. Not for other rooms. */
#ifndef LEAT_JOURNAL_SPOOL_INT_H
#define LEAT_JOURNAL_SPOOL_INT_H

#include "base/buf.h"
#include "idmap_int.h"
#include "journal/journal.h"
#include "journal/spool.h"
#include "model/point.h"
#include "model/xa.h"
#include "record_int.h"

enum {
    SPOOL_MEMORY_MAX = 16 << 20,
    SPOOL_SMALL_MAX = 16 << 10, /* of one branch in memory */
    SPOOL_FLUSH_BYTES = 1 << 20,
    SPOOL_BRANCHES_MAX = 65536,
    SPOOL_ALIGN = 4096 /* what the file system gives back */
};

/* Bytes of one branch: first what is in the file, then what is in memory. */
struct spool_bytes {
    uint64_t at, size; /* in the file */
    uint8_t *memory;   /* owned */
    size_t memory_size;
};

struct spool_store {
    char *folder; /* owned */
    int fd;       /* -1: not made yet */
    uint64_t end; /* of what is in use */
    uint64_t memory, memory_max;
    size_t count; /* of those kept */
};

/* The branch being written. */
struct spool_writer {
    struct leat_buf buf;
    uint64_t at, size; /* written to the file so far */
};

void leat_spool_store_init(struct spool_store *store, const char *folder, uint64_t memory_max);
void leat_spool_store_free(struct spool_store *store);
void leat_spool_write_begin(struct spool_store *store, struct spool_writer *writer);
/* Moves what gathered in writer->buf to the file, if it is much. */
int leat_spool_write_on(struct spool_store *store, struct spool_writer *writer, struct leat_error *err) LEAT_CHECKED;
/* What was written is kept: in memory if it is small and there is room. */
int leat_spool_write_end(struct spool_store *store, struct spool_writer *writer, struct spool_bytes *bytes,
                         struct leat_error *err) LEAT_CHECKED;
void leat_spool_drop(struct spool_store *store, struct spool_bytes *bytes);

/* Reads records one after another. */
struct spool_reader {
    const struct spool_store *store;
    const struct spool_bytes *bytes;
    struct leat_buf buf;
    size_t offset; /* in buf */
    uint64_t next; /* in the file, relative: what isn't in buf yet */
};
/* LEAT_END: there are no more. The payload is valid until the next call. */
int leat_spool_read(struct spool_reader *reader, struct record *record, struct leat_error *err) LEAT_CHECKED;

#endif
