/* Lengths and counts in the journal's files that lie, with checksums that are right: an attacker's. What is allocated
 * follows from what is there. */
#include "world.h"

#include "../memory.h"
#include "journal/segment_int.h"
#include "journal/state_int.h"

enum { ENOUGH = 2 << 20, CAP = 64 << 20 };

static void cap(void)
{
    memory_cap(CAP);
    memory_begin();
}

static void check_memory(void)
{
    size_t peak = memory_peak();
    ck_assert_msg(peak <= ENOUGH, "%zu bytes were allocated at once", peak);
}

/* ---- Payloads ---- */

static struct record record_of(uint8_t type, const struct leat_buf *payload)
{
    return (struct record){.seq = 100, .offset = 4096, .payload = payload->data, .size = (uint32_t)payload->size, .type = type};
}

/* The item's frame, in which each run of four bytes in turn says 2^32-1. */
static void try_each_length(const struct leat_item *item)
{
    struct leat_buf frame = {0};
    leat_frame_put(&frame, item);
    size_t size = (size_t)leat_le(frame.data + 4, 4);
    for (size_t at = 0; at + 4 <= size; at++) {
        struct leat_buf payload = {0};
        leat_buf_put(&payload, frame.data + RECORD_HEADER, size);
        memset(payload.data + at, 0xFF, 4);
        struct record record = record_of((uint8_t)item->type, &payload);
        struct leat_item decoded = {0};
        struct item_memory memory = {0};
        struct leat_error err = {0};
        cap();
        int result = leat_record_item(&decoded, &record, &memory, &err);
        leat_item_memory_free(&memory);
        check_memory();
        ck_assert(result == LEAT_OK || err.code == LEAT_E_MALFORMED);
        leat_buf_free(&payload);
    }
    leat_buf_free(&frame);
}

START_TEST(items_with_a_length_of_4_gib)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    struct leat_gtid gtid = gtid_of(5);
    struct leat_error err = {0};
    ck_assert_int_eq(leat_gtid_set_add(set, &gtid, &err), 0);
    struct leat_item item = {.type = LEAT_ITEM_START};
    item.start.place = (struct leat_place){"binlog.000001", 4};
    item.start.asked = "now";
    item.start.executed = set;
    try_each_length(&item);
    item = (struct leat_item){.type = LEAT_ITEM_BEGIN};
    item.begin.gtid = gtid;
    item.begin.place = (struct leat_place){"binlog.000001", 4};
    try_each_length(&item);
    uint8_t present = 3;
    item = (struct leat_item){.type = LEAT_ITEM_ROWS};
    item.rows = (struct leat_rows){.table_id = 9,
                                   .op = LEAT_OP_INSERT,
                                   .row_count = 1,
                                   .column_count = 2,
                                   .after_present = &present,
                                   .images = (const uint8_t *)"abc",
                                   .images_size = 3};
    try_each_length(&item);
    item = (struct leat_item){.type = LEAT_ITEM_STATEMENT};
    item.statement = (struct leat_statement){.database = {"d", 1}, .sql = "DROP TABLE t", .sql_size = 12};
    item.statement.session.time_zone = (struct leat_text){"UTC", 3};
    item.statement.table_database = item.statement.database;
    item.statement.table = (struct leat_text){"t", 1};
    try_each_length(&item);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end = (struct leat_end){.how = LEAT_END_XA_PREPARE,
                                 .place = {"binlog.000001", 99},
                                 .xa_id = (const uint8_t *)"xa",
                                 .xa_id_size = 2};
    try_each_length(&item);
    leat_gtid_set_free(&set);
}
END_TEST

START_TEST(a_definition_of_2_to_32_columns_members_or_key_parts)
{
    struct leat_table *table = world_table(0);
    struct leat_buf encoded = {0};
    leat_table_encode(&encoded, table);
    for (size_t at = 0; at + 4 <= encoded.size; at++) {
        uint8_t *copy = leat_memdup(encoded.data, encoded.size);
        memset(copy + at, 0xFF, 4);
        struct leat_table *decoded = NULL;
        struct leat_error err = {0};
        cap();
        if (leat_table_decode(&decoded, copy, encoded.size, &err) == LEAT_OK)
            leat_table_release(&decoded);
        check_memory();
        free(copy);
    }
    leat_buf_free(&encoded);
    leat_table_release(&table);
}
END_TEST

START_TEST(a_state_of_2_to_32_branches_and_an_index_of_2_to_32_entries)
{
    struct log_state state, read;
    struct boundary boundary = {1, 1, SEGMENT_HEADER};
    struct leat_error err = {0};
    struct leat_buf frame = {0}, payload = {0};
    leat_state_init(&state);
    leat_state_frame(&frame, &state, &boundary);
    leat_buf_put(&payload, frame.data + RECORD_HEADER, (size_t)leat_le(frame.data + 4, 4));
    memset(payload.data + 4, 0xFF, 4);
    struct record record = record_of(RECORD_STATE, &payload);
    leat_state_init(&read);
    cap();
    ck_assert_int_eq(leat_state_decode(&read, &boundary, &record, &err), LEAT_FAIL);
    check_memory();
    leat_state_free(&read);
    leat_state_free(&state);

    struct segment_index index = {0};
    struct segment_sums sums = {0};
    frame.size = payload.size = 0;
    leat_index_frame(&frame, &index, &sums, 4096);
    leat_buf_put(&payload, frame.data + RECORD_HEADER, (size_t)leat_le(frame.data + 4, 4));
    for (size_t at = 56; at <= 60; at += 4) { /* the count, then the size */
        memset(payload.data + at, 0xFF, 4);
        record = record_of(RECORD_INDEX, &payload);
        cap();
        ck_assert_int_eq(leat_index_decode(&sums, &record, UINT64_MAX, &err), LEAT_FAIL);
        check_memory();
    }
    leat_buf_free(&frame);
    leat_buf_free(&payload);
}
END_TEST

/* ---- Files ---- */

/* A record in the middle of a segment says that it has nearly 2 GiB; its checksum is of no use then. */
START_TEST(a_record_of_2_gib)
{
    static const uint32_t sizes[] = {0x7FFFFF00, 0xFFFFFFFF, 0x7FFFFFFF, 1 << 30};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct world world;
        char path[64];
        struct leat_journal_status status;
        world_init(&world);
        world_open(&world);
        world_fill(&world, 10, 5);
        world_close(&world);
        ck_assert(world_segment(&world, 0, path));
        struct memory_bytes *file = &memory_entry(&world.fs->now, path, false)->node->now;
        size_t first = (size_t)leat_record_bytes((uint32_t)leat_le(file->data + SEGMENT_HEADER + 4, 4));
        leat_record_put_le(file->data + SEGMENT_HEADER + first + 4, sizes[i], 4);
        cap();
        FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
        FAILS(&world, leat_journal_verify("/j", &world.fs->ops, &status, &world.err), LEAT_E_JOURNAL_CORRUPT);
        check_memory();
        world_free(&world);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("journal lies");
    LEAT_TEST_ADD(s, items_with_a_length_of_4_gib);
    LEAT_TEST_ADD(s, a_definition_of_2_to_32_columns_members_or_key_parts);
    LEAT_TEST_ADD(s, a_state_of_2_to_32_branches_and_an_index_of_2_to_32_entries);
    LEAT_TEST_ADD(s, a_record_of_2_gib);
    return s;
}

LEAT_TEST_MAIN(suite)
