/* XA: what comes out of branches that are prepared, committed, rolled back, and of what contradicts itself. */
#include "check_main.h"
#include "decode/build.h"

static void open_stream(struct stream *s)
{
    stream_open(s, NULL);
    put_format(s);
}

/* All of a branch's transaction but its end. */
static void put_branch(struct stream *s, uint64_t number, const char *xid)
{
    char sql[200];
    put_gtid(s, number);
    snprintf(sql, sizeof sql, "XA START %s", xid);
    put_query(s, "", sql);
    put_table_map(s, 8, "shop", "orders");
    put_row(s, LEAT_EVENT_WRITE_ROWS, 8, 1, "tea");
    snprintf(sql, sizeof sql, "XA END %s", xid);
    put_query(s, "", sql);
}

START_TEST(a_branch_is_prepared_and_ends_elsewhere)
{
    struct stream s;
    open_stream(&s);
    put_branch(&s, 1, "X'61',X'',1");
    put_xa_prepare(&s, "a", false);
    check_trace(&s, "begin(" BUILD_UUID ":1,xa) schema(shop.orders) insert(shop.orders,1,end) "
                    "end(xa_prepare,1,0,X'61',X'',1)");
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_forget(&s);
    put_branch(&s, 2, "X'62',X'',1");
    put_xa_prepare(&s, "b", false);
    stream_forget(&s);
    uint64_t begins = s.pos;
    put_gtid(&s, 3);
    put_query(&s, "", "XA COMMIT X'61',X'',1");
    check_trace(&s, "begin(" BUILD_UUID ":3) xa_commit(X'61',X'',1) end(xa_resolve,0,0)");
    ck_assert_uint_eq(s.begin.place.pos, begins);
    ck_assert_uint_eq(s.end.place.pos, s.pos);
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_forget(&s);
    put_gtid(&s, 4);
    put_query(&s, "", "XA ROLLBACK X'62',X'',1");
    check_trace(&s, "begin(" BUILD_UUID ":4) xa_rollback(X'62',X'',1) end(xa_resolve,0,0)");
    stream_close(&s);
}
END_TEST

START_TEST(one_phase_commits_at_once)
{
    struct stream s;
    open_stream(&s);
    put_branch(&s, 1, "X'61',X'',1");
    put_xa_prepare(&s, "a", true);
    check_trace(&s, "begin(" BUILD_UUID ":1,xa) schema(shop.orders) insert(shop.orders,1,end) "
                    "end(xa_one_phase,1,0,X'61',X'',1)");
    stream_close(&s);
}
END_TEST

START_TEST(a_branch_whose_changes_are_not_wanted_is_still_prepared)
{
    struct stream s;
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "XA START X'61',X'',1");
    put_query(&s, "", "XA END X'61',X'',1");
    put_xa_prepare(&s, "a", false);
    check_trace(&s, "begin(" BUILD_UUID ":1,xa) end(xa_prepare,0,0,X'61',X'',1)");
    stream_close(&s);
}
END_TEST

START_TEST(anonymous_branches)
{
    struct stream s;
    open_stream(&s);
    put_branch(&s, 0, "X'61',X'',1");
    put_xa_prepare(&s, "a", false);
    put_gtid(&s, 0);
    put_query(&s, "", "XA COMMIT X'61',X'',1");
    check_trace(&s, "begin(,xa) schema(shop.orders) insert(shop.orders,1,end) end(xa_prepare,1,0,X'61',X'',1) "
                    "begin() xa_commit(X'61',X'',1) end(xa_resolve,0,0)");
    stream_close(&s);
}
END_TEST

/* The GTID event says that it is a branch; there is no XA START. */
START_TEST(mariadb_tells_of_branches_in_its_gtids)
{
    enum { STANDALONE = 1, PREPARED_XA = 64, COMPLETED_XA = 128 };
    struct stream s;
    stream_open(&s, NULL);
    s.server = "10.11.19-MariaDB";
    put_format(&s);
    put_mariadb_gtid(&s, 1, PREPARED_XA);
    put_table_map(&s, 8, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS_V1, 8, 1, "tea");
    put_query(&s, "", "XA END X'61',X'',1");
    put_xa_prepare(&s, "a", false);
    check_trace(&s, "begin(0-1-1,xa) schema(shop.orders) insert(shop.orders,1,end) end(xa_prepare,1,0,X'61',X'',1)");
    stream_forget(&s);
    put_mariadb_gtid(&s, 2, STANDALONE | COMPLETED_XA);
    put_query(&s, "", "XA COMMIT X'61',X'',1");
    check_trace(&s, "begin(0-1-2) xa_commit(X'61',X'',1) end(xa_resolve,0,0)");
    stream_forget(&s);
    put_mariadb_gtid(&s, 3, COMPLETED_XA);
    put_query(&s, "", "XA ROLLBACK X'61',X'',1");
    check_trace(&s, "begin(0-1-3) xa_rollback(X'61',X'',1) end(xa_resolve,0,0)");
    stream_close(&s);
}
END_TEST

/* A digest tells the branch, its changes and what became of it. */
START_TEST(digests_differ_by_branch_and_by_end)
{
    uint64_t digests[5];
    static const char *const ends[] = {"XA COMMIT X'61',X'',1", "XA ROLLBACK X'61',X'',1", "XA COMMIT X'62',X'',1"};
    for (size_t i = 0; i < 5; i++) {
        struct stream s;
        open_stream(&s);
        if (i < 3) {
            put_gtid(&s, 1);
            put_query(&s, "", ends[i]);
        } else {
            put_branch(&s, 1, "X'61',X'',1");
            put_xa_prepare(&s, "a", i == 4);
        }
        digests[i] = s.digest;
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(digests[i], digests[k]);
        stream_close(&s);
    }
}
END_TEST

static void fails(struct stream *s, const char *message)
{
    ck_assert_int_eq(s->result, LEAT_FAIL);
    ck_assert_int_eq(s->err.code, LEAT_E_MALFORMED);
    check_error(s, message);
    stream_close(s);
}

START_TEST(what_contradicts_itself_stops)
{
    struct stream s;
    open_stream(&s);
    put_branch(&s, 1, "X'61',X'',1");
    put_xa_prepare(&s, "b", false);
    fails(&s, "XA PREPARE of branch X'62',X'',1 within branch X'61',X'',1");
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "XA START X'61',X'',1");
    put_query(&s, "", "XA END X'61',X'',2");
    fails(&s, "XA END of branch X'61',X'',2 within");
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "BEGIN");
    put_xa_prepare(&s, "a", false);
    fails(&s, "that isn't an XA branch");
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "BEGIN");
    put_query(&s, "", "XA START X'61',X'',1");
    fails(&s, "within a transaction");
    open_stream(&s);
    put_branch(&s, 1, "X'61',X'',1");
    put_query(&s, "", "XA COMMIT X'61',X'',1");
    fails(&s, "XA COMMIT within a transaction");
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "XA COMMIT X'61',X'',1 ONE PHASE");
    fails(&s, "without the transaction");
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "XA COMMIT X'6',X'',1");
    fails(&s, "can't be read from its text");
    open_stream(&s);
    put_xa_prepare(&s, "a", false);
    fails(&s, "no transaction has begun");
}
END_TEST

START_TEST(hostile_lengths_in_the_event)
{
    static const uint32_t lengths[][2] = {{65, 0}, {0, 65}, {64, 64}, {UINT32_MAX, 1}, {1, UINT32_MAX}, {0, 1}, {0, 0}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct stream s;
        open_stream(&s);
        put_gtid(&s, 1);
        put_query(&s, "", "XA START X'61',X'',1");
        leat_buf_u8(&s.body, 0);
        leat_buf_u32(&s.body, 1);
        leat_buf_u32(&s.body, lengths[i][0]);
        leat_buf_u32(&s.body, lengths[i][1]);
        leat_buf_puts(&s.body, "ab");
        put_event(&s, LEAT_EVENT_XA_PREPARE);
        fails(&s, "holds no name of a branch");
    }
    struct stream s;
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "XA START X'',X'',1");
    leat_buf_u8(&s.body, 2);
    leat_buf_u64(&s.body, 1);
    leat_buf_u32(&s.body, 0);
    put_event(&s, LEAT_EVENT_XA_PREPARE);
    ck_assert_int_eq(s.result, LEAT_FAIL);
    stream_close(&s);
    open_stream(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "XA START X'',X'',1");
    put_event(&s, LEAT_EVENT_XA_PREPARE);
    fails(&s, "holds no name");
}
END_TEST

static Suite *suite_of(void)
{
    Suite *suite = suite_create("xa");
    LEAT_TEST_ADD(suite, a_branch_is_prepared_and_ends_elsewhere);
    LEAT_TEST_ADD(suite, one_phase_commits_at_once);
    LEAT_TEST_ADD(suite, a_branch_whose_changes_are_not_wanted_is_still_prepared);
    LEAT_TEST_ADD(suite, anonymous_branches);
    LEAT_TEST_ADD(suite, mariadb_tells_of_branches_in_its_gtids);
    LEAT_TEST_ADD(suite, digests_differ_by_branch_and_by_end);
    LEAT_TEST_ADD(suite, what_contradicts_itself_stops);
    LEAT_TEST_ADD(suite, hostile_lengths_in_the_event);
    return suite;
}

LEAT_TEST_MAIN(suite_of)
