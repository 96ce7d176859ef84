/* Bytes that no server wrote: whatever is fed, an error comes back or an item that is whole. The address
 * sanitizer and the decoder's own asserts are the judges. LEAT_SEED repeats a run. */
#include "check_main.h"
#include "decode/build.h"

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint64_t seed_of_run(void)
{
    const char *text = getenv("LEAT_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : UINT64_C(0x1ea71ea71ea71ea7);
    printf("LEAT_SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* Something of everything, without checksums, so that damage gets past them. */
static void put_everything(struct stream *s)
{
    put_rotate(s, "mysql-bin.000001", 4, true);
    put_format(s);
    put_previous_gtids(s);
    put_gtid_length(s, 1, 0);
    put_query(s, "shop", "BEGIN");
    put_rows_query(s, "INSERT INTO orders VALUES (1, 'one')");
    put_table_map(s, 90, "shop", "orders");
    put_table_map_with(s, 91, "shop", "items", 0);
    begin_rows(s, LEAT_EVENT_WRITE_ROWS, 90, false);
    for (uint32_t i = 0; i < 20; i++)
        put_image(&s->body, i, i % 3 ? "note" : NULL);
    put_event(s, LEAT_EVENT_WRITE_ROWS);
    put_row(s, LEAT_EVENT_UPDATE_ROWS, 91, 1, "one");
    put_query(s, "shop", "SAVEPOINT a");
    put_xid(s, 1);
    put_heartbeat(s, "mysql-bin.000001", s->pos);
    put_heartbeat_v2(s, "mysql-bin.000001", s->pos + 100);
    put_gtid(s, 2);
    put_query(s, "shop", "CREATE DEFINER=`a`@`b` PROCEDURE p() BEGIN END");
    put_gtid(s, 0);
    put_query(s, "shop", "WITH a AS (SELECT 1) UPDATE orders SET id=1");
    put_gtid(s, 3);
    static const char load[] = "01234567\0"
                               "89\0\0"
                               "0123456789abc\0LOAD DATA INFILE '' INTO TABLE a";
    leat_buf_put(&s->body, load, sizeof load - 1);
    put_event(s, LEAT_EVENT_EXECUTE_LOAD_QUERY);
    put_rotate(s, "mysql-bin.000002", 4, false);
    ck_assert_msg(s->result == LEAT_OK, "%s", s->err.message);
}

/* Feeds the events of `from`, one of them damaged, into a decoder of its own. */
static int feed_damaged(const struct stream *from, uint64_t *seed, bool relaxed)
{
    struct leat_decoder_options options = {.statements_allowed = relaxed,
                                           .skip_to_begin = next_random(seed) % 8 == 0,
                                           .event_bytes_max = 1 << 20};
    struct stream s;
    stream_open(&s, &options);
    size_t victim = next_random(seed) % from->count;
    for (size_t i = 0; i < from->count && s.result == LEAT_OK; i++) {
        size_t size = from->starts[i + 1] - from->starts[i];
        uint8_t *copy = leat_memdup(from->bytes.data + from->starts[i], size);
        if (i == victim) {
            unsigned changes = 1 + (unsigned)(next_random(seed) % 3);
            for (unsigned n = 0; n < changes; n++)
                copy[next_random(seed) % size] = (uint8_t)next_random(seed);
            if (next_random(seed) % 4 == 0 && size > LEAT_EVENT_HEADER_SIZE) {
                size = LEAT_EVENT_HEADER_SIZE + next_random(seed) % (size - LEAT_EVENT_HEADER_SIZE);
                for (unsigned n = 0; n < 4; n++)
                    copy[9 + n] = (uint8_t)(size >> (8 * n));
            }
        }
        stream_feed(&s, copy, size);
        if (next_random(seed) % 512 == 0)
            leat_decoder_restart_listener(s.decoder);
        free(copy);
    }
    int result = s.result;
    if (result == LEAT_FAIL)
        ck_assert(s.err.code != LEAT_E_NONE && s.err.kind != LEAT_KIND_NONE && s.err.message[0]);
    stream_close(&s);
    return result;
}

START_TEST(damaged_events)
{
    enum { ROUNDS = 20000 };
    uint64_t seed = seed_of_run();
    struct leat_decoder_options options = {.statements_allowed = true};
    struct stream s;
    stream_open(&s, &options);
    s.checksums = false;
    put_everything(&s);
    int failed = 0;
    for (int i = 0; i < ROUNDS; i++)
        failed += feed_damaged(&s, &seed, i % 2) == LEAT_FAIL;
    ck_assert_int_gt(failed, ROUNDS / 10);
    ck_assert_int_lt(failed, ROUNDS);
    stream_close(&s);
}
END_TEST

/* Right events in a wrong order. */
START_TEST(shuffled_events)
{
    enum { ROUNDS = 2000, EVENTS = 40 };
    uint64_t seed = seed_of_run();
    struct leat_decoder_options options = {.statements_allowed = true};
    struct stream from;
    stream_open(&from, &options);
    from.checksums = false;
    from.next_pos_missing = true;
    put_everything(&from);
    for (int i = 0; i < ROUNDS; i++) {
        struct stream s;
        stream_open(&s, &options);
        stream_feed(&s, from.bytes.data + from.starts[1], from.starts[2] - from.starts[1]);
        for (int n = 0; n < EVENTS && s.result == LEAT_OK; n++) {
            size_t at = next_random(&seed) % from.count;
            stream_feed(&s, from.bytes.data + from.starts[at], from.starts[at + 1] - from.starts[at]);
        }
        stream_close(&s);
    }
    stream_close(&from);
}
END_TEST

/* Every event cut at every length, with its length made right. */
START_TEST(shortened_events)
{
    struct leat_decoder_options options = {.statements_allowed = true};
    struct stream from;
    stream_open(&from, &options);
    from.checksums = false;
    put_everything(&from);
    for (size_t victim = 0; victim < from.count; victim++)
        for (size_t size = 0; size < from.starts[victim + 1] - from.starts[victim]; size++) {
            struct stream s;
            stream_open(&s, &options);
            for (size_t i = 0; i < victim; i++)
                stream_feed(&s, from.bytes.data + from.starts[i], from.starts[i + 1] - from.starts[i]);
            uint8_t *copy = leat_memdup(from.bytes.data + from.starts[victim],
                                        from.starts[victim + 1] - from.starts[victim]);
            for (unsigned n = 0; n < 4; n++) {
                copy[9 + n] = (uint8_t)(size >> (8 * n));
                copy[13 + n] = 0;
            }
            stream_feed(&s, copy, size);
            free(copy);
            stream_close(&s);
        }
    stream_close(&from);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: hostile bytes");
    LEAT_TEST_ADD(suite, damaged_events);
    LEAT_TEST_ADD(suite, shuffled_events);
    LEAT_TEST_ADD(suite, shortened_events);
    return suite;
}

LEAT_TEST_MAIN(suite)
