/* Bytes of records on their way: each record's own, and memory that is used again. */
#include "check_main.h"

#include <string.h>

#include "sink/kafka_chunks_int.h"

enum { SMALL = 1000, MANY = 4096 };

START_TEST(records_keep_their_bytes_until_they_are_done)
{
    struct kafka_chunks chunks = {0};
    static struct { uint8_t *bytes; size_t chunk; } records[MANY];
    for (size_t i = 0; i < MANY; i++) {
        records[i].bytes = leat_kafka_chunks_take(&chunks, SMALL, &records[i].chunk);
        memset(records[i].bytes, (int)(i % 251), SMALL);
    }
    ck_assert_uint_ge(chunks.bytes, (size_t)MANY * SMALL);
    for (size_t i = 0; i < MANY; i++) {
        for (size_t k = 0; k < SMALL; k++)
            ck_assert_uint_eq(records[i].bytes[k], i % 251);
        leat_kafka_chunks_done(&chunks, records[i].chunk);
    }
    ck_assert_uint_le(chunks.bytes, KAFKA_CHUNK_SIZE);
    leat_kafka_chunks_free(&chunks);
}
END_TEST

START_TEST(what_is_done_is_used_again)
{
    struct kafka_chunks chunks = {0};
    for (unsigned round = 0; round < 50; round++) {
        static size_t of[MANY];
        for (size_t i = 0; i < MANY; i++)
            (void)leat_kafka_chunks_take(&chunks, SMALL, &of[i]);
        for (size_t i = MANY; i > 0; i--) /* in another order than they came */
            leat_kafka_chunks_done(&chunks, of[i - 1]);
    }
    ck_assert_uint_le(chunks.count, 2 * ((size_t)MANY * SMALL / KAFKA_CHUNK_SIZE + 1));
    leat_kafka_chunks_free(&chunks);
}
END_TEST

START_TEST(a_large_record_is_alone_and_its_memory_is_not_kept)
{
    struct kafka_chunks chunks = {0};
    size_t small, large, after;
    (void)leat_kafka_chunks_take(&chunks, SMALL, &small);
    memset(leat_kafka_chunks_take(&chunks, 4 * (size_t)KAFKA_CHUNK_SIZE, &large), 1, 4 * (size_t)KAFKA_CHUNK_SIZE);
    (void)leat_kafka_chunks_take(&chunks, SMALL, &after);
    ck_assert_uint_ne(small, large);
    ck_assert_uint_ne(large, after);
    ck_assert_uint_eq(chunks.bytes, 6 * (size_t)KAFKA_CHUNK_SIZE);
    leat_kafka_chunks_done(&chunks, large);
    ck_assert_uint_eq(chunks.bytes, 2 * (size_t)KAFKA_CHUNK_SIZE);
    ck_assert_ptr_null(chunks.list[large].bytes);
    leat_kafka_chunks_done(&chunks, small);
    leat_kafka_chunks_done(&chunks, after);
    leat_kafka_chunks_free(&chunks);
}
END_TEST

START_TEST(of_nothing_there_is_an_address_too)
{
    struct kafka_chunks chunks = {0};
    size_t chunk;
    ck_assert_ptr_nonnull(leat_kafka_chunks_take(&chunks, 0, &chunk));
    leat_kafka_chunks_done(&chunks, chunk);
    leat_kafka_chunks_free(&chunks);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("kafka chunks");
    LEAT_TEST_ADD(all, records_keep_their_bytes_until_they_are_done);
    LEAT_TEST_ADD(all, what_is_done_is_used_again);
    LEAT_TEST_ADD(all, a_large_record_is_alone_and_its_memory_is_not_kept);
    LEAT_TEST_ADD(all, of_nothing_there_is_an_address_too);
    return all;
}

LEAT_TEST_MAIN(suite)
