/* A start in the middle of a transaction: what somebody else delivered of it isn't given, and is in its digest all the same. */
#include "check_main.h"
#include "decode/build.h"
#include "decode/payload.h"

struct start {
    struct stream s;
    struct leat_within within;
};

static int listen_within(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct start *start = context;
    if (item->type == LEAT_ITEM_BEGIN)
        leat_decoder_within(start->s.decoder, &start->within);
    return build_listen(&start->s, item, err);
}

static struct stream *open_start(struct start *start, struct leat_within within)
{
    *start = (struct start){.within = within};
    start->within.set = true;
    stream_init(&start->s);
    start->s.feed = stream_feed;
    const struct leat_decoder_options options = {.names_required = true};
    const struct leat_item_out out = {.context = start, .item = listen_within};
    start->s.decoder = leat_decoder_new(&options, &out);
    leat_decoder_place(start->s.decoder, build_source_uuid, "mysql-bin.000001", start->s.pos);
    return &start->s;
}

static void put_three_rows(struct stream *s, uint64_t table_id, uint32_t first)
{
    begin_rows(s, LEAT_EVENT_WRITE_ROWS, table_id, true);
    for (uint32_t i = 0; i < 3; i++)
        put_image(&s->body, first + i, "row");
    put_event(s, LEAT_EVENT_WRITE_ROWS);
}

/* GTID; BEGIN (1), text (2), map (3), three rows (4), map (5), three rows (6), XID (7). *second_map: where event 5 lies. */
static void put_transaction(struct stream *s, uint64_t number, uint64_t *second_map)
{
    put_gtid(s, number);
    put_query(s, "shop", "BEGIN");
    put_rows_query(s, "INSERT INTO a");
    put_table_map(s, 90, "shop", "a");
    put_three_rows(s, 90, 1);
    if (second_map)
        *second_map = s->pos;
    put_table_map(s, 91, "shop", "b");
    put_three_rows(s, 91, 4);
    put_xid(s, 5);
}

static uint64_t whole_digest(void)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    put_transaction(&s, 1, NULL);
    uint64_t digest = s.digest;
    stream_close(&s);
    return digest;
}

static void check_start(struct leat_within within, const char *rows)
{
    struct start start;
    struct stream *s = open_start(&start, within);
    put_format(s);
    put_transaction(s, 1, NULL);
    const char *trace = strchr(leat_buf_cstr(&s->trace), ')');
    ck_assert_msg(trace && !strcmp(trace + 2, rows), "%s", leat_buf_cstr(&s->trace));
    if (s->result == LEAT_OK)
        ck_assert_uint_eq(s->digest, whole_digest());
    stream_close(s);
}

START_TEST(events_and_rows_that_are_done_are_passed_over)
{
    check_start((struct leat_within){.events = 0}, "query(INSERT INTO a) schema(shop.a) insert(shop.a,3,end) schema(shop.b) insert(shop.b,3,end) end(xid,6,0)");
    check_start((struct leat_within){.events = 3}, "query(INSERT INTO a) schema(shop.a) insert(shop.a,3,end) schema(shop.b) insert(shop.b,3,end) end(xid,6,0)");
    check_start((struct leat_within){.events = 3, .rows = 1},
                "query(INSERT INTO a) schema(shop.a) insert(shop.a,2,from 1,end) schema(shop.b) insert(shop.b,3,end) end(xid,5,0)");
    check_start((struct leat_within){.events = 4}, "schema(shop.b) insert(shop.b,3,end) end(xid,3,0)");
    check_start((struct leat_within){.events = 5, .rows = 2}, "schema(shop.b) insert(shop.b,1,from 2,end) end(xid,1,0)");
}
END_TEST

START_TEST(all_of_it_may_be_done)
{
    check_start((struct leat_within){.events = 5, .rows = 3}, "schema(shop.b) end(xid,0,0)");
    check_start((struct leat_within){.events = 6}, "end(xid,0,0)");
    check_start((struct leat_within){.events = 7}, "end(xid,0,0)");
}
END_TEST

START_TEST(more_than_it_has_is_another_servers_offset)
{
    check_start((struct leat_within){.events = 8}, "!other_history");
    check_start((struct leat_within){.events = 5, .rows = 4}, "schema(shop.b) !other_history");
    check_start((struct leat_within){.events = 6, .rows = 1}, "!other_history");
}
END_TEST

START_TEST(what_lies_before_a_place_is_done)
{
    for (uint64_t events = 0; events < 3; events++) {
        struct start start;
        struct stream *s = open_start(&start, (struct leat_within){.pos = 1});
        put_format(s);
        uint64_t second_map;
        struct stream measure;
        stream_open(&measure, NULL);
        put_format(&measure);
        put_transaction(&measure, 1, &second_map);
        start.within.pos = second_map;
        start.within.events = events;
        put_transaction(s, 1, NULL);
        const char *expected = events < 2 ? " schema(shop.b) insert(shop.b,3,end) end(xid,3,0)" : " end(xid,0,0)";
        ck_assert_str_eq(strchr(leat_buf_cstr(&s->trace), ')') + 1, expected);
        ck_assert_uint_eq(s->digest, measure.digest);
        stream_close(&measure);
        stream_close(s);
    }
}
END_TEST

START_TEST(the_next_transaction_is_whole)
{
    struct start start;
    struct stream *s = open_start(&start, (struct leat_within){.events = 6});
    put_format(s);
    put_transaction(s, 1, NULL);
    start.within = (struct leat_within){0};
    stream_forget(s);
    put_transaction(s, 2, NULL);
    ck_assert_str_eq(strchr(leat_buf_cstr(&s->trace), ')') + 1,
                     " query(INSERT INTO a) schema(shop.a) insert(shop.a,3,end) schema(shop.b) insert(shop.b,3,end) end(xid,6,0)");
    stream_close(s);
}
END_TEST

START_TEST(events_within_a_compressed_transaction_count_one_by_one)
{
    struct start start;
    struct stream *s = open_start(&start, (struct leat_within){.events = 4, .rows = 0});
    struct stream inner;
    put_format(s);
    put_gtid(s, 1);
    inner_init(&inner);
    put_query(&inner, "shop", "BEGIN");
    put_rows_query(&inner, "INSERT INTO a");
    put_table_map(&inner, 90, "shop", "a");
    put_three_rows(&inner, 90, 1);
    put_table_map(&inner, 91, "shop", "b");
    put_three_rows(&inner, 91, 4);
    put_xid(&inner, 5);
    put_payload(s, &inner);
    ck_assert_str_eq(strchr(leat_buf_cstr(&s->trace), ')') + 1, " schema(shop.b) insert(shop.b,3,end) end(xid,3,0)");
    stream_free(&inner);
    stream_close(s);
}
END_TEST

START_TEST(mariadbs_begin_is_its_gtid)
{
    struct start start;
    struct stream *s = open_start(&start, (struct leat_within){.events = 2, .rows = 1});
    put_format(s);
    put_mariadb_gtid(s, 1, 0);
    put_table_map(s, 90, "shop", "a");
    put_three_rows(s, 90, 1);
    put_xid(s, 5);
    ck_assert_str_eq(strchr(leat_buf_cstr(&s->trace), ')') + 1, " schema(shop.a) insert(shop.a,2,from 1,end) end(xid,2,0)");
    stream_close(s);
}
END_TEST

START_TEST(a_statement_that_is_done_is_not_given)
{
    struct start start;
    struct stream *s = open_start(&start, (struct leat_within){.pos = 1});
    put_format(s);
    put_gtid(s, 1);
    start.within.pos = s->pos;
    start.within.events = 1;
    put_query(s, "shop", "CREATE TABLE x (id INT)");
    ck_assert_str_eq(strchr(leat_buf_cstr(&s->trace), ')') + 1, " end(statement,0,0)");
    stream_close(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: within");
    LEAT_TEST_ADD(suite, events_and_rows_that_are_done_are_passed_over);
    LEAT_TEST_ADD(suite, all_of_it_may_be_done);
    LEAT_TEST_ADD(suite, more_than_it_has_is_another_servers_offset);
    LEAT_TEST_ADD(suite, what_lies_before_a_place_is_done);
    LEAT_TEST_ADD(suite, the_next_transaction_is_whole);
    LEAT_TEST_ADD(suite, events_within_a_compressed_transaction_count_one_by_one);
    LEAT_TEST_ADD(suite, mariadbs_begin_is_its_gtid);
    LEAT_TEST_ADD(suite, a_statement_that_is_done_is_not_given);
    return suite;
}

LEAT_TEST_MAIN(suite)
