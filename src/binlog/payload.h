/* TRANSACTION_PAYLOAD (MySQL 8.0.20, binlog_transaction_compression): a transaction's events in one event,
 * read one at a time, so that a payload of any size takes the memory of its largest event and of zstd's
 * window. One thread owns a reader.
 *
 * Facts: Transaction_payload_event in libs/mysql/binlog/event/control_events.h and codecs/binary.cpp (MySQL);
 * RFC 8878. */
#ifndef LEAT_BINLOG_PAYLOAD_H
#define LEAT_BINLOG_PAYLOAD_H

#include "binlog/event.h"

/* A frame may ask its reader for a window of up to 128 MiB: what zstd's level 22 takes, MySQL's highest. */
enum { LEAT_PAYLOAD_WINDOW_LOG_MAX = 27 };

enum leat_payload_compression { LEAT_PAYLOAD_ZSTD = 0, LEAT_PAYLOAD_NONE = 255 };

struct leat_payload {
    enum leat_payload_compression compression;
    const uint8_t *bytes; /* in the event */
    size_t size;
    uint64_t uncompressed_size; /* as the event tells; not told: of type NONE its own size, else
                                   LEAT_PAYLOAD_SIZE_UNTOLD */
};
#define LEAT_PAYLOAD_SIZE_UNTOLD UINT64_MAX

/* LEAT_E_UNSUPPORTED for a compression that isn't known. */
int leat_event_payload(struct leat_payload *payload, const struct leat_event *event,
                       struct leat_error *err) LEAT_CHECKED;

struct leat_payload_reader; /* opaque */

struct leat_payload_reader *leat_payload_reader_new(void);
void leat_payload_reader_free(struct leat_payload_reader **reader);

/* Reads from the payload's head. Its bytes must stay until the last leat_payload_next. An event in it that
 * has more than event_bytes_max bytes will stop with LEAT_E_TOO_LARGE. Memory of the payload before is used
 * again, unless it was large. */
int leat_payload_begin(struct leat_payload_reader *reader, const struct leat_payload *payload,
                       uint64_t event_bytes_max, struct leat_error *err) LEAT_CHECKED;
/* The next event, whole, valid until the next call; it has no checksum. LEAT_END behind the last one, once
 * all that the event told of itself proved true. */
int leat_payload_next(struct leat_payload_reader *reader, const uint8_t **bytes, size_t *size,
                      struct leat_error *err) LEAT_CHECKED;
/* Lets go of memory that is too large to be kept for the next payload. */
void leat_payload_end(struct leat_payload_reader *reader);
/* What it holds, for tests. */
size_t leat_payload_memory(const struct leat_payload_reader *reader);

#endif
