/* Records: the unit of the journal on disk (docs/journal-format.md, "Records"). A frame is a record whose
 * stamps (checksum, sequence number, durable mark) are still blank. Pure; any thread. */
#ifndef LEAT_JOURNAL_RECORD_INT_H
#define LEAT_JOURNAL_RECORD_INT_H

#include "base/checksum.h"
#include "base/cursor.h"
#include "model/item.h"

enum {
    RECORD_HEADER = 24,
    RECORD_ALIGN = 8,
    RECORD_PAYLOAD_MAX = 0x7FFFFF00 /* 2 GiB less a little: sums of sizes can't wrap 32 bits */
};
static const uint32_t RECORD_LAG_NONE = UINT32_MAX; /* vouches for nothing */

/* Beyond the item types. */
enum record_type {
    RECORD_STATE = 64,
    RECORD_INDEX = 65,
    RECORD_ABANDON = 255 /* a frame only, never on disk */
};

/* A type that this build doesn't know may be passed over only with this flag. */
enum record_flags { RECORD_IGNORABLE = 1 };

struct record {
    uint64_t seq;
    uint64_t durable_end; /* all records below it were synced when this one was stamped; 0: says nothing */
    uint64_t offset;      /* in the segment, of the header */
    const uint8_t *payload;
    uint32_t size;
    uint8_t type;
    uint8_t flags;
    uint16_t sink; /* 0: for all; else for one sink only (snapshot chunks) */
};

/* Bytes that a record of this payload takes, padding included. */
static inline uint64_t leat_record_bytes(uint32_t size)
{
    return ((uint64_t)RECORD_HEADER + size + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
}

static inline void leat_record_put_le(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

/* Reads the fields of the 24 bytes at `bytes`; checks nothing; payload is left alone. Returns the stored
 * checksum. */
static inline uint32_t leat_record_header(struct record *record, const uint8_t *bytes)
{
    record->size = (uint32_t)leat_le(bytes + 4, 4);
    record->seq = leat_le(bytes + 8, 8);
    record->type = bytes[16];
    record->flags = bytes[17];
    record->sink = (uint16_t)leat_le(bytes + 18, 2);
    uint32_t lag = (uint32_t)leat_le(bytes + 20, 4);
    record->durable_end = lag == RECORD_LAG_NONE || lag > record->seq ? 0 : record->seq - lag;
    return (uint32_t)leat_le(bytes, 4);
}

static inline uint32_t leat_record_checksum(uint32_t seed, const uint8_t *bytes, uint32_t size)
{
    return leat_crc32c(seed, bytes + 4, (size_t)RECORD_HEADER - 4 + size);
}

/* Stamps the frame at `bytes` in place: it becomes a record. */
static inline void leat_record_stamp(uint8_t *bytes, uint32_t size, uint32_t seed, uint64_t seq,
                                     uint64_t durable_end)
{
    uint64_t lag = seq - durable_end;
    leat_record_put_le(bytes + 8, seq, 8);
    leat_record_put_le(bytes + 20, lag < RECORD_LAG_NONE ? lag : RECORD_LAG_NONE, 4);
    leat_record_put_le(bytes, leat_record_checksum(seed, bytes, size), 4);
}

/* A blank header at the end of buf; returns where it begins, for leat_frame_finish. */
size_t leat_frame_start(struct leat_buf *buf, uint8_t type);
/* Fills in the length and pads. */
void leat_frame_finish(struct leat_buf *buf, size_t start);

/* What a decoded item may own: freed with leat_item_memory_free, or by the next decode with the same memory.
 */
struct item_memory {
    struct leat_gtid_set *set;
    struct leat_table *table;
};
void leat_item_memory_free(struct item_memory *memory);

/* A SCHEMA record's contents, not yet a table. */
struct schema_bytes {
    uint64_t id;
    const uint8_t *bytes;
    size_t size;
};

/* Decodes a record of one of the item types but SCHEMA: everything is checked, pointers go into the payload.
 * ROWS get no table. LEAT_E_MALFORMED names the type. */
int leat_record_item(struct leat_item *item, const struct record *record, struct item_memory *memory,
                     struct leat_error *err) LEAT_CHECKED;
int leat_record_schema(struct schema_bytes *schema, const struct record *record,
                       struct leat_error *err) LEAT_CHECKED;
/* BEGIN's payload alone. */
int leat_record_begin(struct leat_begin *begin, const uint8_t *payload, size_t size,
                      struct leat_error *err) LEAT_CHECKED;

/* Microseconds since 1970: what is known of when the transaction committed. */
static inline uint64_t leat_begin_time_us(const struct leat_begin *begin)
{
    return begin->immediate_commit_us ? begin->immediate_commit_us : (uint64_t)begin->header_time * 1000000;
}

/* Text with its NUL on disk: u32 size, bytes, NUL. */
void leat_put_text(struct leat_buf *buf, const char *bytes, size_t size);
/* NULL (and a failed cursor) when the NUL is missing. */
const char *leat_get_text(struct leat_cursor *cursor, uint32_t *size);
/* A binlog file's name: no NUL inside, at most 511 bytes. NULL as above. */
const char *leat_get_file(struct leat_cursor *cursor);

void leat_put_within(struct leat_buf *buf, const struct leat_within *within);
void leat_get_within(struct leat_within *within, struct leat_cursor *cursor);

/* Where XA_RESOLVE's payload holds prepared_seq, which the writer fills in. */
enum { XA_RESOLVE_PREPARED_AT = 0 };
/* Where DEFINITION's holds at_us, which the writer fills in between transactions. */
enum { DEFINITION_TIME_AT = 0 };

/* Whether it is the type of a record that holds an item. */
static inline bool leat_record_holds_item(uint8_t type)
{
    return (type >= LEAT_ITEM_START && type <= LEAT_ITEM_GAP) || type == LEAT_ITEM_DEFINITION;
}

#endif
