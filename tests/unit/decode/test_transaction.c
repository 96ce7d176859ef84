/* The grammar: what begins, makes up and ends a transaction, on servers of all kinds. */
#include "check_main.h"
#include "decode/build.h"

static void put_insert(struct stream *s)
{
    put_table_map(s, 90, "shop", "orders");
    put_row(s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
}

static void open_with_format(struct stream *s, const struct leat_decoder_options *options)
{
    stream_open(s, options);
    put_format(s);
    put_previous_gtids(s);
}

START_TEST(transaction_of_rows_ends_with_xid)
{
    struct stream s;
    open_with_format(&s, NULL);
    uint64_t first = s.pos;
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    ck_assert(stream_state(&s).in_transaction);
    ck_assert_uint_eq(stream_state(&s).completed.pos, first);
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_UPDATE_ROWS, 90, 1, "two");
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_DELETE_ROWS, 90, 1, NULL);
    put_xid(&s, 55);
    check_trace(&s, "begin(" BUILD_UUID ":7) schema(shop.orders) insert(shop.orders,1,end) "
                    "update(shop.orders,1,end) delete(shop.orders,1,end) end(xid,3,0)");
    struct leat_decoder_state state = stream_state(&s);
    ck_assert(!state.in_transaction);
    ck_assert_uint_eq(state.completed.pos, s.pos);
    ck_assert_uint_eq(state.read.pos, s.pos);
    ck_assert_str_eq(state.completed.file, "mysql-bin.000001");
    ck_assert_uint_eq(state.transactions, 1);
    ck_assert_uint_eq(state.changes, 3);
    ck_assert_uint_eq(state.last_time, s.time);
    ck_assert_uint_eq(s.begin.place.pos, first);
    ck_assert_int_eq(memcmp(s.begin.source_uuid, build_source_uuid, LEAT_UUID_SIZE), 0);
    ck_assert_uint_eq(s.end.place.pos, s.pos);
    ck_assert_uint_eq(s.end.xid, 55);
    stream_close(&s);
}
END_TEST

START_TEST(definition_is_given_once_until_the_listener_starts_anew)
{
    struct stream s;
    open_with_format(&s, NULL);
    for (uint64_t number = 1; number <= 3; number++) {
        put_gtid(&s, number);
        put_query(&s, "", "BEGIN");
        put_insert(&s);
        put_xid(&s, number);
        if (number == 1)
            stream_forget(&s);
        if (number == 2)
            leat_decoder_restart_listener(s.decoder);
    }
    check_trace(&s, "begin(" BUILD_UUID ":2) insert(shop.orders,1,end) end(xid,1,0) "
                    "begin(" BUILD_UUID ":3) schema(shop.orders) insert(shop.orders,1,end) end(xid,1,0)");
    stream_close(&s);
}
END_TEST

/* database_end: what is there in place of the NUL behind the database's name. */
static void put_begin_of(struct stream *s, uint32_t thread_id, const char *database, uint8_t database_end)
{
    leat_buf_u32(&s->body, thread_id);
    leat_buf_u32(&s->body, thread_id); /* seconds */
    leat_buf_u8(&s->body, (uint8_t)strlen(database));
    leat_buf_u16(&s->body, 0);
    leat_buf_u16(&s->body, 0);
    leat_buf_puts(&s->body, database);
    leat_buf_u8(&s->body, database_end);
    leat_buf_puts(&s->body, "BEGIN");
    put_event(s, LEAT_EVENT_QUERY);
}

START_TEST(begins_that_differ_in_their_thread_alone_are_told_apart)
{
    struct stream s;
    open_with_format(&s, NULL);
    for (uint32_t number = 1; number <= 4; number++) {
        put_gtid(&s, number);
        put_begin_of(&s, 70 + number, number == 3 ? "store" : "shop", 0);
        put_insert(&s);
        put_xid(&s, number);
        ck_assert_uint_eq(s.rows_thread_id, 70 + number);
    }
    check_trace(&s, "begin(" BUILD_UUID ":1) schema(shop.orders) insert(shop.orders,1,end) end(xid,1,0) "
                    "begin(" BUILD_UUID ":2) insert(shop.orders,1,end) end(xid,1,0) "
                    "begin(" BUILD_UUID ":3) insert(shop.orders,1,end) end(xid,1,0) "
                    "begin(" BUILD_UUID ":4) insert(shop.orders,1,end) end(xid,1,0)");
    stream_close(&s);
}
END_TEST

START_TEST(a_begin_as_long_as_the_last_is_checked_all_the_same)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_begin_of(&s, 71, "shop", 0);
    put_insert(&s);
    put_xid(&s, 1);
    put_gtid(&s, 2);
    put_begin_of(&s, 71, "shop", 'x');
    ck_assert_int_eq(s.result, LEAT_FAIL);
    ck_assert_msg(strstr(s.err.message, "does not end in NUL") != NULL, "%s", s.err.message);
    stream_close(&s);
}
END_TEST

START_TEST(non_transactional_tables_end_with_commit)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "shop", "BEGIN");
    put_insert(&s);
    put_query(&s, "shop", "COMMIT");
    check_trace(&s, "begin(" BUILD_UUID ":1) schema(shop.orders) insert(shop.orders,1,end) end(commit,1,0)");
    stream_close(&s);
}
END_TEST

START_TEST(rollback_ends_and_savepoints_are_told)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "shop", "BEGIN");
    put_query(&s, "shop", "SAVEPOINT `a`");
    put_insert(&s);
    put_query(&s, "shop", "ROLLBACK TO `a`");
    put_query(&s, "shop", "ROLLBACK");
    check_trace(&s, "begin(" BUILD_UUID
                    ":1) savepoint(SAVEPOINT `a`) schema(shop.orders) insert(shop.orders,1,end) "
                    "savepoint(ROLLBACK TO `a`) end(rollback,1,0)");
    stream_close(&s);
}
END_TEST

START_TEST(empty_transactions_move_the_position)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "", "BEGIN");
    put_query(&s, "", "COMMIT");
    check_trace(&s, "begin(" BUILD_UUID ":1) end(empty,0,0)");
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(ddl_is_a_transaction_of_one_statement)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "shop", "ALTER TABLE orders ADD c INT");
    put_gtid(&s, 0);
    put_query(&s, "", "TRUNCATE `shop`.`orders`");
    check_trace(&s, "begin(" BUILD_UUID
                    ":1) statement(2,shop.orders,ALTER TABLE orders ADD c INT) end(statement,0,1) "
                    "begin() statement(5,shop.orders,TRUNCATE `shop`.`orders`) end(statement,0,1)");
    ck_assert_uint_eq(stream_state(&s).statements, 2);
    stream_close(&s);
}
END_TEST

/* Names are UTF-8 to filters and tables. Second bytes of characters may be a backslash, as in sjis' ソ, or a backquote, as in
 * gbk's 乣. What is not of the set is read as it is. */
START_TEST(statements_are_read_in_their_clients_set)
{
    enum { SJIS = 13, GBK = 28, LATIN1 = 8, BINARY = 63, NO_SERVERS = 17 };
    struct stream s;
    open_with_format(&s, NULL);
    put_query_of(&s, SJIS, "shop", "ALTER TABLE `\x83\x5c` COMMENT '\x83\x5c', RENAME `x`");
    put_query_of(&s, GBK, "shop", "TRUNCATE `\x81\x60\x81\x60`");
    put_query_of(&s, LATIN1, "shop", "TRUNCATE `\xe9`");
    put_query_of(&s, BINARY, "shop", "TRUNCATE `\xc3\xa9`");
    put_query_of(&s, GBK, "shop", "TRUNCATE `a` /* \xff */");
    put_query_of(&s, NO_SERVERS, "shop", "TRUNCATE `a`");
    check_trace(&s, "begin() statement(2,shop.ソ,ALTER TABLE `\x83\x5c` COMMENT '\x83\x5c', RENAME `x`) end(statement,0,1) "
                    "begin() statement(5,shop.乣乣,TRUNCATE `\x81\x60\x81\x60`) end(statement,0,1) "
                    "begin() statement(5,shop.é,TRUNCATE `\xe9`) end(statement,0,1) "
                    "begin() statement(5,shop.é,TRUNCATE `\xc3\xa9`) end(statement,0,1) "
                    "begin() statement(5,shop.a,TRUNCATE `a` /* \xff */) end(statement,0,1) "
                    "begin() statement(5,shop.a,TRUNCATE `a`) end(statement,0,1)");
    stream_close(&s);
}
END_TEST

START_TEST(create_table_select_is_ddl_among_rows)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "shop", "BEGIN");
    put_query(&s, "shop", "CREATE TABLE `orders` (`id` int NOT NULL) START TRANSACTION");
    put_insert(&s);
    put_xid(&s, 9);
    check_trace(&s, "begin(" BUILD_UUID
                    ":1) statement(1,shop.orders,CREATE TABLE `orders` (`id` int NOT NULL) START "
                    "TRANSACTION) schema(shop.orders) insert(shop.orders,1,end) end(xid,1,1)");
    stream_close(&s);
}
END_TEST

START_TEST(temporary_tables_are_told_as_nothing_of_note)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "shop", "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`");
    check_trace(&s, "begin(" BUILD_UUID ":1) statement(0,.,DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`) "
                    "end(statement,0,1)");
    stream_close(&s);
}
END_TEST

START_TEST(account_statements_are_kept_byte_for_byte)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "mysql", "GRANT SELECT ON *.* TO `a`@`b`");
    check_trace(&s,
                "begin(" BUILD_UUID ":1) statement(11,.,GRANT SELECT ON *.* TO `a`@`b`) end(statement,0,1)");
    stream_close(&s);
}
END_TEST

/* MySQL 5.6 and before: no GTID events at all, and INTVAR belongs to what follows it. */
START_TEST(streams_without_gtid_events)
{
    struct leat_decoder_options options = {.statements_allowed = true};
    struct stream s;
    stream_open(&s, &options);
    s.server = "5.5.62-log";
    s.checksums = false;
    put_format(&s);
    put_query(&s, "shop", "CREATE TABLE orders (id INT)");
    uint64_t first = s.pos;
    leat_buf_u8(&s.body, 2);
    leat_buf_u64(&s.body, 1);
    put_event(&s, LEAT_EVENT_INTVAR);
    ck_assert_uint_eq(stream_state(&s).completed.pos, first);
    put_query(&s, "shop", "BEGIN");
    ck_assert_uint_eq(s.begin.place.pos, first);
    put_query(&s, "shop", "INSERT INTO orders VALUES (NULL, 'x')");
    put_table_map(&s, 9, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS_V1, 9, 1, "one");
    put_query(&s, "shop", "COMMIT");
    check_trace(&s, "begin() statement(1,shop.orders,CREATE TABLE orders (id INT)) end(statement,0,1) "
                    "begin() statement(13,shop.orders,INSERT INTO orders VALUES (NULL, 'x')) "
                    "schema(shop.orders) insert(shop.orders,1,end) end(commit,1,1)");
    stream_close(&s);
}
END_TEST

START_TEST(mariadb_gtid_stands_for_begin)
{
    struct stream s;
    stream_open(&s, NULL);
    s.server = "10.11.19-MariaDB-log";
    put_format(&s);
    leat_buf_u32(&s.body, 0);
    put_event(&s, LEAT_EVENT_MARIADB_GTID_LIST);
    leat_buf_u32(&s.body, 16);
    leat_buf_puts(&s.body, "mysql-bin.000001");
    put_event(&s, LEAT_EVENT_MARIADB_CHECKPOINT);
    put_mariadb_gtid(&s, 5, 4);
    leat_buf_puts(&s.body, "INSERT INTO orders VALUES (1)");
    put_event(&s, LEAT_EVENT_MARIADB_ANNOTATE);
    put_table_map(&s, 9, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS_V1, 9, 1, "one");
    put_xid(&s, 3);
    put_mariadb_gtid(&s, 6, 1 | 32);
    put_query(&s, "shop", "DROP TABLE orders");
    put_mariadb_gtid(&s, 7, 1);
    put_table_map(&s, 9, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS_V1, 9, 1, "one");
    check_trace(
        &s, "begin(0-1-5) query(INSERT INTO orders VALUES (1)) schema(shop.orders) insert(shop.orders,1,end) "
            "end(xid,1,0) begin(0-1-6) statement(3,shop.orders,DROP TABLE orders) end(statement,0,1) "
            "begin(0-1-7) insert(shop.orders,1,end) end(statement,1,0)");
    stream_close(&s);
}
END_TEST

START_TEST(events_that_change_nothing_are_passed_over)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_gtid(&s, 1);
    put_query(&s, "", "BEGIN");
    put_event(&s, LEAT_EVENT_VIEW_CHANGE);
    put_query(&s, "", "COMMIT");
    s.flags = LEAT_EVENT_FLAG_IGNORABLE;
    put_event(&s, 77);
    s.flags = 0;
    put_event(&s, LEAT_EVENT_TRANSACTION_CONTEXT);
    put_event(&s, LEAT_EVENT_STOP);
    check_trace(&s, "begin(" BUILD_UUID ":1) end(empty,0,0)");
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(length_told_by_the_gtid_is_held_to)
{
    struct stream s;
    open_with_format(&s, NULL);
    uint64_t begin = s.pos;
    put_gtid_length(&s, 1, 0x4000);
    put_query(&s, "", "BEGIN");
    put_query(&s, "", "COMMIT");
    check_trace(&s, "begin(" BUILD_UUID ":1) !malformed");
    check_error(&s, "has ");
    uint64_t length = s.pos - begin;
    stream_close(&s);

    open_with_format(&s, NULL);
    put_gtid_length(&s, 1, length);
    put_query(&s, "", "BEGIN");
    put_query(&s, "", "COMMIT");
    check_trace(&s, "begin(" BUILD_UUID ":1) end(empty,0,0)");
    ck_assert_uint_eq(s.begin.length, length);
    stream_close(&s);
}
END_TEST

/* The digest is the same wherever the transaction lies and however its rows are grouped, and no other's. */
static uint64_t digest_of(uint64_t number, uint64_t table_id, bool grouped, const char *note,
                          unsigned metadata)
{
    struct leat_decoder_options options = {.names_required = false};
    struct stream s;
    open_with_format(&s, &options);
    s.server_id = (uint32_t)number;
    s.time += (uint32_t)number;
    put_gtid(&s, number);
    put_query(&s, "", "BEGIN");
    put_table_map_with(&s, table_id, "shop", "orders", metadata);
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS, table_id, !grouped);
    put_image(&s.body, 1, "one");
    if (!grouped) {
        put_event(&s, LEAT_EVENT_WRITE_ROWS);
        put_table_map_with(&s, table_id, "shop", "orders", metadata);
        begin_rows(&s, LEAT_EVENT_WRITE_ROWS, table_id, true);
    }
    put_image(&s.body, 2, note);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    put_xid(&s, number);
    ck_assert_int_eq(s.result, LEAT_OK);
    uint64_t digest = s.digest;
    stream_close(&s);
    return digest;
}

START_TEST(digest_is_of_the_changes_alone)
{
    uint64_t digest = digest_of(1, 90, true, "two", MAP_FULL);
    ck_assert(digest != 0);
    ck_assert_uint_eq(digest, digest_of(2, 91, false, "two", MAP_FULL));
    ck_assert_uint_eq(digest, digest_of(3, 91, false, "two", MAP_SIGNS));
    ck_assert(digest != digest_of(1, 90, true, "three", MAP_FULL));
    ck_assert(digest != digest_of(1, 90, true, NULL, MAP_FULL));
}
END_TEST

/* What may not come where. Each is put behind a GTID and, if it says so, BEGIN. */
START_TEST(what_comes_at_the_wrong_place_stops)
{
    for (int i = 0; i < 9; i++) {
        struct stream s;
        open_with_format(&s, NULL);
        switch (i) {
        case 0: /* rows before any transaction */
            put_table_map(&s, 90, "shop", "orders");
            break;
        case 1: /* the end of nothing */
            put_xid(&s, 1);
            break;
        case 2:
            put_query(&s, "", "COMMIT");
            break;
        case 3: /* a GTID without BEGIN */
            put_gtid(&s, 1);
            put_insert(&s);
            break;
        case 4: /* a GTID within a transaction */
            put_gtid(&s, 1);
            put_query(&s, "", "BEGIN");
            put_gtid(&s, 2);
            break;
        case 5: /* the file's end within a transaction */
            put_gtid(&s, 1);
            put_query(&s, "", "BEGIN");
            put_rotate(&s, "mysql-bin.000002", 4, false);
            break;
        case 6: /* a new file within a transaction */
            put_gtid(&s, 1);
            put_format(&s);
            break;
        case 7:
            put_gtid(&s, 1);
            put_query(&s, "", "BEGIN");
            put_query(&s, "", "BEGIN");
            break;
        case 8:
            put_gtid(&s, 1);
            put_event(&s, LEAT_EVENT_STOP);
            break;
        }
        ck_assert_msg(s.result == LEAT_FAIL && s.err.code == LEAT_E_MALFORMED, "case %d: %d", i, s.result);
        check_error(&s, " at mysql-bin.000001:");
        stream_close(&s);
    }
}
END_TEST

START_TEST(nothing_is_taken_after_an_error_until_placed_anew)
{
    struct stream s;
    open_with_format(&s, NULL);
    put_xid(&s, 1);
    ck_assert_int_eq(s.result, LEAT_FAIL);
    s.result = LEAT_OK;
    put_gtid(&s, 1);
    ck_assert_int_eq(s.err.code, LEAT_E_INTERNAL);
    s.result = LEAT_OK;
    s.pos = 4;
    stream_forget(&s);
    leat_decoder_place(s.decoder, build_source_uuid, "mysql-bin.000001", 4);
    put_format(&s);
    put_gtid(&s, 1);
    put_query(&s, "", "BEGIN");
    put_xid(&s, 1);
    check_trace(&s, "begin(" BUILD_UUID ":1) end(empty,0,0)");
    stream_close(&s);
}
END_TEST

START_TEST(the_listeners_answer_is_handed_up)
{
    struct stream s;
    open_with_format(&s, NULL);
    s.stop_at = 2;
    s.stop_with = LEAT_STOPPED;
    put_gtid(&s, 1);
    ck_assert_int_eq(s.result, LEAT_OK);
    put_query(&s, "", "BEGIN");
    put_insert(&s);
    ck_assert_int_eq(s.result, LEAT_STOPPED);
    stream_close(&s);
}
END_TEST

/* A file read from a position: what is over before a transaction begins isn't told. */
START_TEST(stream_that_begins_in_mid_transaction)
{
    struct leat_decoder_options options = {.skip_to_begin = true};
    struct stream s;
    stream_open(&s, &options);
    s.pos = 5000;
    leat_decoder_place(s.decoder, build_source_uuid, "mysql-bin.000001", s.pos);
    put_format_placed(&s, false);
    put_query(&s, "", "BEGIN"); /* its GTID came before: not where the transaction began */
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    put_xid(&s, 1);
    put_gtid(&s, 2);
    put_query(&s, "", "BEGIN");
    put_insert(&s);
    put_xid(&s, 2);
    check_trace(&s, "begin(" BUILD_UUID ":2) schema(shop.orders) insert(shop.orders,1,end) end(xid,1,0)");
    stream_close(&s);

    stream_open(&s, &options);
    s.server = "5.5.62-log";
    s.checksums = false;
    s.pos = 5000;
    leat_decoder_place(s.decoder, build_source_uuid, "mysql-bin.000001", s.pos);
    put_format_placed(&s, false);
    put_query(&s, "shop", "INSERT INTO orders VALUES (1)");
    put_query(&s, "shop", "CREATE TABLE orders (id INT)");
    check_trace(&s, "begin() statement(1,shop.orders,CREATE TABLE orders (id INT)) end(statement,0,1)");
    stream_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: transactions");
    LEAT_TEST_ADD(suite, transaction_of_rows_ends_with_xid);
    LEAT_TEST_ADD(suite, definition_is_given_once_until_the_listener_starts_anew);
    LEAT_TEST_ADD(suite, non_transactional_tables_end_with_commit);
    LEAT_TEST_ADD(suite, rollback_ends_and_savepoints_are_told);
    LEAT_TEST_ADD(suite, empty_transactions_move_the_position);
    LEAT_TEST_ADD(suite, ddl_is_a_transaction_of_one_statement);
    LEAT_TEST_ADD(suite, statements_are_read_in_their_clients_set);
    LEAT_TEST_ADD(suite, create_table_select_is_ddl_among_rows);
    LEAT_TEST_ADD(suite, temporary_tables_are_told_as_nothing_of_note);
    LEAT_TEST_ADD(suite, account_statements_are_kept_byte_for_byte);
    LEAT_TEST_ADD(suite, streams_without_gtid_events);
    LEAT_TEST_ADD(suite, mariadb_gtid_stands_for_begin);
    LEAT_TEST_ADD(suite, events_that_change_nothing_are_passed_over);
    LEAT_TEST_ADD(suite, length_told_by_the_gtid_is_held_to);
    LEAT_TEST_ADD(suite, digest_is_of_the_changes_alone);
    LEAT_TEST_ADD(suite, what_comes_at_the_wrong_place_stops);
    LEAT_TEST_ADD(suite, nothing_is_taken_after_an_error_until_placed_anew);
    LEAT_TEST_ADD(suite, the_listeners_answer_is_handed_up);
    LEAT_TEST_ADD(suite, stream_that_begins_in_mid_transaction);
    LEAT_TEST_ADD(suite, begins_that_differ_in_their_thread_alone_are_told_apart);
    LEAT_TEST_ADD(suite, a_begin_as_long_as_the_last_is_checked_all_the_same);
    return suite;
}

LEAT_TEST_MAIN(suite)
