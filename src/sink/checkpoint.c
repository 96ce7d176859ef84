/* Checkpoints as values and as bytes. Pure; any thread.
 *
 * The bytes: u32 magic "LCKP", u16 version, u16 flags, u32 length of the body, the body, u32 CRC-32C over all
 * before it. They come from a disk or a broker, so decoding trusts nothing. */
#include "sink/sink.h"

#include <assert.h>

#include "base/checksum.h"

enum {
    CHECKPOINT_MAGIC = 0x504B434C, /* "LCKP" */
    CHECKPOINT_VERSION = 1,
    CHECKPOINT_FLAG_OVERLAP = 1,
    HEADER_SIZE = 12,
    TRAILER_SIZE = 4,
};

void leat_checkpoint_free(struct leat_checkpoint *checkpoint)
{
    leat_gtid_set_free(&checkpoint->completed);
    *checkpoint = (struct leat_checkpoint){0};
}

void leat_checkpoint_copy(struct leat_checkpoint *to, const struct leat_checkpoint *from)
{
    struct leat_gtid_set *completed = from->completed ? leat_gtid_set_copy(from->completed) : NULL;
    *to = *from;
    to->completed = completed;
}

void leat_checkpoint_encode(struct leat_buf *buf, const struct leat_checkpoint *checkpoint)
{
    size_t file_size = strnlen(checkpoint->file, sizeof checkpoint->file);
    assert(file_size < sizeof checkpoint->file);
    size_t start = buf->size;
    leat_buf_u32(buf, CHECKPOINT_MAGIC);
    leat_buf_u16(buf, CHECKPOINT_VERSION);
    leat_buf_u16(buf, checkpoint->overlap ? CHECKPOINT_FLAG_OVERLAP : 0);
    leat_buf_u32(buf, 0); /* the length, below */
    leat_buf_put(buf, checkpoint->journal_id, LEAT_JOURNAL_ID_SIZE);
    leat_buf_u64(buf, checkpoint->generation);
    leat_buf_u64(buf, checkpoint->seq);
    leat_buf_put(buf, checkpoint->source_uuid, LEAT_UUID_SIZE);
    leat_buf_string(buf, checkpoint->file, file_size);
    leat_buf_u64(buf, checkpoint->pos);
    leat_buf_u64(buf, checkpoint->transactions);
    leat_buf_u64(buf, checkpoint->changes);
    leat_buf_u64(buf, checkpoint->commit_us);
    if (checkpoint->completed) {
        leat_gtid_set_encode(buf, checkpoint->completed);
    } else {
        struct leat_gtid_set *empty = leat_gtid_set_new();
        leat_gtid_set_encode(buf, empty);
        leat_gtid_set_free(&empty);
    }
    size_t body = buf->size - start - HEADER_SIZE;
    for (size_t i = 0; i < 4; i++)
        buf->data[start + 8 + i] = (uint8_t)(body >> (8 * i));
    leat_buf_u32(buf, leat_crc32c(0, buf->data + start, buf->size - start));
}

static int malformed(struct leat_error *err, const char *what)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR, "a checkpoint is damaged: %s", what);
}

static int check_frame(const void *bytes, size_t size, uint16_t *flags, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(bytes, size);
    uint32_t magic = leat_cursor_u32(&cursor);
    uint16_t version = leat_cursor_u16(&cursor);
    *flags = leat_cursor_u16(&cursor);
    uint32_t body = leat_cursor_u32(&cursor);
    if (cursor.failed || magic != CHECKPOINT_MAGIC)
        return malformed(err, "it does not begin like one");
    if (leat_cursor_left(&cursor) != (size_t)body + TRAILER_SIZE)
        return malformed(err, "its length is wrong");
    leat_cursor_skip(&cursor, body);
    if (leat_cursor_u32(&cursor) != leat_crc32c(0, bytes, size - TRAILER_SIZE))
        return malformed(err, "its checksum is wrong");
    if (version != CHECKPOINT_VERSION || *flags > CHECKPOINT_FLAG_OVERLAP) {
        (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
                        "a checkpoint has version %u, flags %u: it was written by a newer leat", version,
                        *flags);
        return leat_cure(err, "run the newer leat again");
    }
    return LEAT_OK;
}

static void get_bytes(uint8_t *to, size_t size, struct leat_cursor *cursor)
{
    const uint8_t *bytes = leat_cursor_bytes(cursor, size);
    if (bytes)
        memcpy(to, bytes, size);
}

int leat_checkpoint_decode(struct leat_checkpoint *checkpoint, const void *bytes, size_t size,
                           struct leat_error *err)
{
    *checkpoint = (struct leat_checkpoint){0};
    uint16_t flags = 0;
    if (check_frame(bytes, size, &flags, err))
        return LEAT_FAIL;
    struct leat_checkpoint read = {.overlap = flags & CHECKPOINT_FLAG_OVERLAP};
    struct leat_cursor cursor =
        leat_cursor((const uint8_t *)bytes + HEADER_SIZE, size - HEADER_SIZE - TRAILER_SIZE);
    get_bytes(read.journal_id, LEAT_JOURNAL_ID_SIZE, &cursor);
    read.generation = leat_cursor_u64(&cursor);
    read.seq = leat_cursor_u64(&cursor);
    get_bytes(read.source_uuid, LEAT_UUID_SIZE, &cursor);
    size_t file_size = 0;
    const uint8_t *file = leat_cursor_string(&cursor, &file_size);
    read.pos = leat_cursor_u64(&cursor);
    read.transactions = leat_cursor_u64(&cursor);
    read.changes = leat_cursor_u64(&cursor);
    read.commit_us = leat_cursor_u64(&cursor);
    if (cursor.failed || file_size >= sizeof read.file || (file_size && memchr(file, 0, file_size)))
        return malformed(err, "its fields do not fit");
    if (file_size)
        memcpy(read.file, file, file_size);
    if (leat_gtid_set_decode(&read.completed, &cursor, err))
        return leat_error_prefix(err, "a checkpoint is damaged");
    if (cursor.failed || leat_cursor_left(&cursor)) {
        leat_checkpoint_free(&read);
        return malformed(err, "something follows its GTID set");
    }
    *checkpoint = read;
    return LEAT_OK;
}
