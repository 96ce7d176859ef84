/* Two slots in one file (slots_int.h). */
#include "slots_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"

enum {
    SLOT_MAGIC = 0x544C534C, /* "LSLT" */
    SLOT_VERSION = 1,
    SLOT_FLAG_PART = 1,
    SLOT_FLAG_CLOSING = 2,
    SLOT_SIZE_MIN = 4096, /* no page or sector belongs to both */
    SLOT_FILE_MAX = 128 * 1024 * 1024,
    SLOT_HEADER = 20, /* magic, version, flags, counter, length */
};

void leat_slots_init(struct leat_slots *slots, const struct leat_fs *fs, char *path)
{
    *slots = (struct leat_slots){.fs = fs, .path = path};
}

static void close_file(struct leat_slots *slots)
{
    if (slots->file)
        slots->fs->close(slots->fs->context, &slots->file);
}

void leat_slots_free(struct leat_slots *slots)
{
    close_file(slots);
    free(slots->path);
    slots->path = NULL;
}

/* u32 magic, u16 version, u16 flags, u64 counter, u32 length; the body; u32 CRC-32C over all before it. */
static void encode(struct leat_buf *buf, const struct leat_file_state *state, uint64_t counter)
{
    struct leat_buf body = {0};
    leat_buf_u64(&body, state->part_generation);
    leat_buf_u64(&body, state->part_first_seq);
    leat_buf_u8(&body, (uint8_t)state->part_compress);
    leat_buf_u64(&body, state->part_length);
    leat_buf_u64(&body, state->part_opened_us);
    leat_checkpoint_encode(&body, &state->checkpoint);

    size_t start = buf->size;
    leat_buf_u32(buf, SLOT_MAGIC);
    leat_buf_u16(buf, SLOT_VERSION);
    leat_buf_u16(
        buf, (uint16_t)((state->has_part ? SLOT_FLAG_PART : 0) | (state->closing ? SLOT_FLAG_CLOSING : 0)));
    leat_buf_u64(buf, counter);
    leat_buf_string(buf, body.data, body.size);
    leat_buf_u32(buf, leat_crc32c(0, buf->data + start, buf->size - start));
    leat_buf_free(&body);
}

/* Whether the slot is whole, and then its counter. */
static bool slot_is_whole(const uint8_t *slot, size_t size, uint64_t *counter, struct leat_cursor *body,
                          uint16_t *flags)
{
    struct leat_cursor cursor = leat_cursor(slot, size);
    uint32_t magic = leat_cursor_u32(&cursor);
    uint16_t version = leat_cursor_u16(&cursor);
    *flags = leat_cursor_u16(&cursor);
    *counter = leat_cursor_u64(&cursor);
    size_t body_size = 0;
    const uint8_t *bytes = leat_cursor_string(&cursor, &body_size);
    uint32_t checksum = leat_cursor_u32(&cursor);
    if (cursor.failed || magic != SLOT_MAGIC || version != SLOT_VERSION)
        return false;
    *body = leat_cursor(bytes, body_size);
    return checksum == leat_crc32c(0, slot, SLOT_HEADER + body_size);
}

static int decode(struct leat_file_state *state, struct leat_cursor body, uint16_t flags,
                  struct leat_error *err)
{
    *state =
        (struct leat_file_state){.has_part = flags & SLOT_FLAG_PART, .closing = flags & SLOT_FLAG_CLOSING};
    state->part_generation = leat_cursor_u64(&body);
    state->part_first_seq = leat_cursor_u64(&body);
    uint8_t compress = leat_cursor_u8(&body);
    state->part_length = leat_cursor_u64(&body);
    state->part_opened_us = leat_cursor_u64(&body);
    if (body.failed || compress > LEAT_COMPRESS_GZIP)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR, "its fields do not fit");
    state->part_compress = (enum leat_compress)compress;
    return leat_checkpoint_decode(&state->checkpoint, body.at, leat_cursor_left(&body), err);
}

static int pick(struct leat_slots *slots, const uint8_t *bytes, size_t size, struct leat_file_state *state,
                struct leat_error *err)
{
    size_t slot_size = size / 2;
    int best = -1;
    uint64_t best_counter = 0;
    struct leat_cursor best_body = {0};
    uint16_t best_flags = 0;
    for (int i = 0; i < 2 && slot_size >= SLOT_SIZE_MIN; i++) {
        uint64_t counter = 0;
        struct leat_cursor body;
        uint16_t flags = 0;
        if (!slot_is_whole(bytes + (size_t)i * slot_size, slot_size, &counter, &body, &flags) ||
            (best >= 0 && counter < best_counter))
            continue;
        best = i;
        best_counter = counter;
        best_body = body;
        best_flags = flags;
    }
    if (best < 0) {
        (void)leat_fail(err, LEAT_E_CHECKSUM, LEAT_KIND_OPERATOR,
                        "the sink's checkpoint %s is damaged: neither slot is whole", slots->path);
        return leat_cure(
            err,
            "put the folder back from a backup; or move all files of this sink, %s too, to another folder, "
            "and say with `start` where it begins",
            slots->path);
    }
    if (decode(state, best_body, best_flags, err))
        return leat_error_prefix(err, "%s", slots->path);
    slots->slot_size = slot_size;
    slots->counter = best_counter;
    slots->next = best == 0;
    return LEAT_OK;
}

int leat_slots_read(struct leat_slots *slots, struct leat_file_state *state, struct leat_error *err)
{
    close_file(slots);
    slots->slot_size = 0;
    char *bytes = NULL;
    size_t size = 0;
    int rc = leat_fs_read_all(slots->fs, slots->path, SLOT_FILE_MAX, &bytes, &size, err);
    if (rc)
        return rc;
    rc = pick(slots, (const uint8_t *)bytes, size, state, err);
    free(bytes);
    return rc;
}

/* A new file with the state in its first slot and nothing in the second. */
static int replace(struct leat_slots *slots, struct leat_buf *slot, struct leat_error *err)
{
    uint64_t slot_size = SLOT_SIZE_MIN;
    while (slot_size < slot->size || slot_size < slots->slot_size)
        slot_size *= 2;
    size_t rest = (size_t)slot_size * 2 - slot->size;
    memset(leat_buf_reserve(slot, rest), 0, rest);
    leat_buf_commit(slot, rest);
    close_file(slots);
    int rc = leat_fs_replace(slots->fs, slots->path, slot->data, slot->size, err);
    if (rc)
        return rc;
    slots->slot_size = slot_size;
    slots->next = 1;
    return LEAT_OK;
}

static int write_in_place(struct leat_slots *slots, const struct leat_buf *slot, struct leat_error *err)
{
    const struct leat_fs *fs = slots->fs;
    if (!slots->file) {
        int rc = fs->open(fs->context, &slots->file, slots->path, LEAT_OPEN_WRITE, err);
        if (rc == LEAT_END)
            return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR,
                             "the sink's checkpoint %s was removed while it was in use", slots->path);
        if (rc)
            return rc;
    }
    struct iovec part = {slot->data, slot->size};
    if (fs->write(fs->context, slots->file, &part, 1, slots->next * slots->slot_size, err) ||
        fs->sync(fs->context, slots->file, err))
        return LEAT_FAIL;
    slots->next = !slots->next;
    return LEAT_OK;
}

static int put(struct leat_slots *slots, const struct leat_file_state *state, bool anew,
               struct leat_error *err)
{
    struct leat_buf slot = {0};
    encode(&slot, state, slots->counter + 1);
    int rc =
        anew || slot.size > slots->slot_size ? replace(slots, &slot, err) : write_in_place(slots, &slot, err);
    if (rc == LEAT_OK)
        slots->counter++;
    leat_buf_free(&slot);
    return rc;
}

int leat_slots_write(struct leat_slots *slots, const struct leat_file_state *state, struct leat_error *err)
{
    return put(slots, state, false, err);
}

int leat_slots_replace(struct leat_slots *slots, const struct leat_file_state *state, struct leat_error *err)
{
    return put(slots, state, true, err);
}
