/* The payloads of the journal's records. Input: a byte of the type, the payload. What is accepted is written again, and is
 * then the same bytes, or at least means the same. */
#include "journal/segment_int.h"
#include "journal/state_int.h"

#include "fuzz.h"

static void run_schema(const struct record *record)
{
    struct schema_bytes schema;
    struct leat_error err = {0};
    int result = leat_record_schema(&schema, record, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    struct leat_table *table, *again;
    result = leat_table_decode(&table, schema.bytes, schema.size, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    struct leat_buf bytes = {0};
    leat_table_encode(&bytes, table);
    FUZZ_CHECK(bytes.size == schema.size && !memcmp(bytes.data, schema.bytes, bytes.size));
    FUZZ_CHECK(leat_table_decode(&again, bytes.data, bytes.size, &err) == LEAT_OK);
    FUZZ_CHECK(leat_table_view(table)->id == leat_table_view(again)->id);
    leat_table_release(&table);
    leat_table_release(&again);
    leat_buf_free(&bytes);
}

static void run_state(const struct record *record)
{
    struct log_state state, again;
    struct boundary boundary = {0}, boundary_again = {0};
    struct leat_error err = {0};
    leat_state_init(&state);
    leat_state_init(&again);
    int result = leat_state_decode(&state, &boundary, record, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        struct leat_buf frame = {0};
        leat_state_frame(&frame, &state, &boundary);
        struct record own = *record;
        (void)leat_record_header(&own, frame.data);
        own.seq = record->seq;
        own.payload = frame.data + RECORD_HEADER;
        FUZZ_CHECK(leat_state_decode(&again, &boundary_again, &own, &err) == LEAT_OK);
        FUZZ_CHECK(leat_gtid_set_equal(state.completed, again.completed) && state.branch_count == again.branch_count);
        leat_buf_free(&frame);
    }
    leat_state_free(&state);
    leat_state_free(&again);
}

static void run_item(const struct record *record)
{
    struct leat_item item = {0};
    struct item_memory memory = {0}, memory_again = {0};
    struct leat_error err = {0};
    int result = leat_record_item(&item, record, &memory, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        struct leat_buf frame = {0}, again = {0};
        struct leat_item decoded = {0};
        struct record own = *record;
        leat_frame_put(&frame, &item);
        (void)leat_record_header(&own, frame.data);
        own.seq = record->seq;
        own.payload = frame.data + RECORD_HEADER;
        FUZZ_CHECK(leat_record_item(&decoded, &own, &memory_again, &err) == LEAT_OK);
        leat_frame_put(&again, &decoded);
        FUZZ_CHECK(frame.size == again.size && !memcmp(frame.data, again.data, frame.size));
        leat_buf_free(&frame);
        leat_buf_free(&again);
    }
    leat_item_memory_free(&memory);
    leat_item_memory_free(&memory_again);
}

static void run(const uint8_t *bytes, size_t size)
{
    enum { SEQ = 1000, OFFSET = 4096 };
    if (size < 1)
        return;
    struct record record = {.seq = SEQ, .offset = OFFSET, .payload = bytes + 1, .size = (uint32_t)size - 1, .type = bytes[0]};
    struct segment_sums sums;
    struct leat_error err = {0};
    if (record.type == LEAT_ITEM_SCHEMA)
        run_schema(&record);
    else if (record.type == RECORD_STATE)
        run_state(&record);
    else if (record.type == RECORD_INDEX)
        fuzz_check_result(leat_index_decode(&sums, &record, OFFSET + leat_record_bytes(record.size), &err), &err);
    else
        run_item(&record);
}

const struct fuzz_target fuzz_target_record = {
    .name = "record",
    .sources = "journal/decode.c journal/encode.c journal/state_codec.c model/table.c",
    .run = run,
    .size_max = 2048,
    .memory_fixed = 1 << 20,
    .memory_factor = 256,
};
