/* Checkpoints of sinks, and the file sink's two slots of them. Input: a byte of options, then the bytes. */
#include "base/checksum.h"
#include "sink/slots_int.h"

#include "disk.h"

enum { SLOTS = 1, RIGHT_CHECKSUM = 2, SLOT_SIZE = 4096 };

/* The checksum behind the body, whose length is at `length_at`, made right. */
static void put_checksum(uint8_t *bytes, size_t size, size_t length_at)
{
    if (size < length_at + 8)
        return;
    size_t end = length_at + 4 + (size_t)leat_le(bytes + length_at, 4);
    if (end > size - 4)
        return;
    uint32_t sum = leat_crc32c(0, bytes, end);
    for (size_t i = 0; i < 4; i++)
        bytes[end + i] = (uint8_t)(sum >> (8 * i));
}

static void run_checkpoint(uint8_t *bytes, size_t size, bool right)
{
    struct leat_checkpoint checkpoint, again;
    struct leat_error err = {0};
    if (right && size >= 16) {
        for (size_t i = 0; i < 4; i++)
            bytes[8 + i] = (uint8_t)((size - 16) >> (8 * i));
        put_checksum(bytes, size, 8);
    }
    int result = leat_checkpoint_decode(&checkpoint, bytes, size, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        struct leat_buf own = {0}, own_again = {0};
        leat_checkpoint_encode(&own, &checkpoint);
        FUZZ_CHECK(leat_checkpoint_decode(&again, own.data, own.size, &err) == LEAT_OK);
        leat_checkpoint_encode(&own_again, &again);
        FUZZ_CHECK(own.size == own_again.size && !memcmp(own.data, own_again.data, own.size));
        FUZZ_CHECK(leat_gtid_set_equal(checkpoint.completed, again.completed));
        leat_buf_free(&own);
        leat_buf_free(&own_again);
        leat_checkpoint_free(&again);
    }
    leat_checkpoint_free(&checkpoint);
}

static void put_slots(struct leat_buf *file, const uint8_t *bytes, size_t size, bool right)
{
    size_t half = size / 2;
    uint8_t *to = leat_buf_reserve(file, 2 * SLOT_SIZE);
    memset(to, 0, 2 * SLOT_SIZE);
    leat_buf_commit(file, 2 * SLOT_SIZE);
    memcpy(to, bytes, half < SLOT_SIZE ? half : SLOT_SIZE);
    memcpy(to + SLOT_SIZE, bytes + half, size - half < SLOT_SIZE ? size - half : SLOT_SIZE);
    for (size_t i = 0; right && i < 2; i++)
        put_checksum(to + i * SLOT_SIZE, SLOT_SIZE, 16);
}

static void run_slots(const uint8_t *bytes, size_t size, bool right)
{
    struct disk *disk = disk_new();
    struct leat_slots slots;
    struct leat_file_state state = {0}, again = {0};
    struct leat_error err = {0};
    put_slots(disk_at(disk, "/s"), bytes, size, right);
    leat_slots_init(&slots, &disk->fs, leat_strdup("/s"));
    int result = leat_slots_read(&slots, &state, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        struct leat_checkpoint copy;
        leat_checkpoint_copy(&copy, &state.checkpoint);
        FUZZ_CHECK((state.part_length % 2 ? leat_slots_write(&slots, &state, &err)
                                          : leat_slots_replace(&slots, &state, &err)) == LEAT_OK);
        FUZZ_CHECK(leat_gtid_set_equal(copy.completed, state.checkpoint.completed));
        leat_checkpoint_free(&copy);
        FUZZ_CHECK(leat_slots_read(&slots, &again, &err) == LEAT_OK);
        FUZZ_CHECK(again.checkpoint.seq == state.checkpoint.seq && again.part_length == state.part_length &&
                   leat_gtid_set_equal(again.checkpoint.completed, state.checkpoint.completed));
    }
    leat_checkpoint_free(&state.checkpoint);
    leat_checkpoint_free(&again.checkpoint);
    leat_slots_free(&slots);
    disk_free(&disk);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    uint8_t *copy = leat_memdup(bytes + 1, size - 1);
    if (bytes[0] & SLOTS)
        run_slots(copy, size - 1, bytes[0] & RIGHT_CHECKSUM);
    else
        run_checkpoint(copy, size - 1, bytes[0] & RIGHT_CHECKSUM);
    free(copy);
}

const struct fuzz_target fuzz_target_checkpoint = {
    .name = "checkpoint",
    .sources = "sink/checkpoint.c sink/slots.c",
    .run = run,
    .size_max = 1024,
    .memory_fixed = 256 << 10,
    .memory_factor = 256,
};
