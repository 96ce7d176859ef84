/* Rows: binding to table maps, long events in runs, the table filter, and what doesn't add up. */
#include "check_main.h"
#include "binlog/rows.h"
#include "decode/build.h"

static void open_in_transaction(struct stream *s, const struct leat_decoder_options *options)
{
    stream_open(s, options);
    put_format(s);
    put_gtid(s, 1);
    put_query(s, "shop", "BEGIN");
    stream_forget(s);
}

START_TEST(tables_of_one_statement_are_told_apart)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    put_table_map(&s, 91, "shop", "items");
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS, 91, false);
    put_image(&s.body, 1, "one");
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS, 90, true);
    put_image(&s.body, 1, "one");
    put_image(&s.body, 2, NULL);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    check_trace(&s, "schema(shop.items) insert(shop.items,1) schema(shop.orders) insert(shop.orders,2,end)");
    ck_assert_uint_eq(s.rows_end_pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(table_numbers_end_with_their_statement)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    uint64_t pos = s.pos;
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 2, "two");
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    char text[80];
    snprintf(text, sizeof text, "WRITE_ROWS at mysql-bin.000001:%" PRIu64 ": table number 90", pos);
    check_error(&s, text);
    stream_close(&s);
}
END_TEST

START_TEST(table_number_may_come_to_mean_another_table)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    put_table_map(&s, 90, "shop", "items");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    check_trace(&s,
                "schema(shop.orders) insert(shop.orders,1,end) schema(shop.items) insert(shop.items,1,end)");
    stream_close(&s);
}
END_TEST

START_TEST(dummy_rows_event_closes_the_statement)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    leat_buf_le(&s.body, LEAT_TABLE_ID_DUMMY, 6);
    leat_buf_u16(&s.body, 1);
    leat_buf_u16(&s.body, 2);
    leat_buf_put(&s.body, "\x01\xff", 2);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    ck_assert_int_eq(s.result, LEAT_OK);
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    check_trace(&s, "!malformed");
    stream_close(&s);
}
END_TEST

START_TEST(statement_text_comes_before_its_rows)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_rows_query(&s, "INSERT INTO orders …");
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 2, "two");
    check_trace(&s, "query(INSERT INTO orders …) schema(shop.orders) insert(shop.orders,1,end) "
                    "insert(shop.orders,1,end)");
    stream_close(&s);
}
END_TEST

/* Three megabytes of rows: several items, whose rows are numbered on. */
START_TEST(long_events_are_given_in_runs)
{
    enum { ROWS = 60000 };
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS, 90, true);
    for (uint32_t i = 0; i < ROWS; i++)
        put_image(&s.body, i, "0123456789012345678901234567890123456789");
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    check_trace(
        &s, "schema(shop.orders) insert(shop.orders,22796,more) insert(shop.orders,22796,from 22796,more) "
            "insert(shop.orders,14408,from 45592,end)");
    put_xid(&s, 1);
    ck_assert_uint_eq(s.end.changes, ROWS);
    stream_close(&s);
}
END_TEST

/* binlog_row_image=MINIMAL: an update may have the key before and one column after, an insert no column at
 * all. */
START_TEST(images_may_leave_columns_out)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    leat_buf_le(&s.body, 90, 6);
    leat_buf_u16(&s.body, 0);
    leat_buf_u16(&s.body, 2);
    leat_buf_put(&s.body, "\x02\xfd\xfe", 3);
    leat_buf_put(&s.body, "\xfe\x05\0\0\0\xfe\x01x", 8);
    put_event(&s, LEAT_EVENT_UPDATE_ROWS);
    leat_buf_le(&s.body, 90, 6);
    leat_buf_u16(&s.body, 1);
    leat_buf_u16(&s.body, 2);
    leat_buf_put(&s.body, "\x02\xfc", 2);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    check_trace(&s, "schema(shop.orders) update(shop.orders,1) insert(shop.orders,1,end)");
    stream_close(&s);
}
END_TEST

START_TEST(leftover_bytes_stop)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS, 90, true);
    put_image(&s.body, 1, "one");
    leat_buf_put(&s.body, "\0\1", 2);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    check_trace(&s, "schema(shop.orders) !malformed");
    check_error(&s, "row 1: ");
    stream_close(&s);
}
END_TEST

START_TEST(update_without_its_after_image_stops)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    begin_rows(&s, LEAT_EVENT_UPDATE_ROWS, 90, true);
    put_image(&s.body, 1, "one");
    put_event(&s, LEAT_EVENT_UPDATE_ROWS);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    stream_close(&s);
}
END_TEST

START_TEST(count_of_columns_must_be_that_of_the_table_map)
{
    struct stream s;
    open_in_transaction(&s, NULL);
    put_table_map(&s, 90, "shop", "orders");
    leat_buf_le(&s.body, 90, 6);
    leat_buf_u16(&s.body, 1);
    leat_buf_u16(&s.body, 2);
    leat_buf_put(&s.body, "\x03\xff\0\1\0\0\0\0\0", 9);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    check_error(&s, "3 columns");
    stream_close(&s);
}
END_TEST

START_TEST(definitions_without_names_or_signs_stop_with_the_cure)
{
    for (unsigned metadata = 0; metadata < MAP_FULL; metadata++) {
        struct stream s;
        open_in_transaction(&s, NULL);
        put_table_map_with(&s, 90, "shop", "orders", metadata);
        put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
        check_trace(&s, "!server_settings");
        ck_assert_int_eq(s.err.kind, LEAT_KIND_OPERATOR);
        check_error(&s, "shop.orders");
        check_cure(&s, "SET PERSIST binlog_row_metadata=FULL");
        stream_close(&s);

        struct leat_decoder_options options = {.names_required = false};
        open_in_transaction(&s, &options);
        put_table_map_with(&s, 90, "shop", "orders", metadata);
        put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
        check_trace(&s, "schema(shop.orders) insert(shop.orders,1,end)");
        stream_close(&s);
    }
}
END_TEST

static int asked;

static bool only_orders(void *context, const char *database, const char *table)
{
    (void)context;
    asked++;
    return strcmp(database, "shop") == 0 && strcmp(table, "orders") == 0;
}

/* Nothing of an unwanted table comes out, nothing of it is needed, and the position moves all the same. */
START_TEST(unwanted_tables_are_passed_by)
{
    struct leat_decoder_options options = {.names_required = true, .journalled = only_orders};
    struct stream s;
    asked = 0;
    stream_open(&s, &options);
    put_format(&s);
    for (uint64_t number = 1; number <= 2; number++) {
        put_gtid(&s, number);
        put_query(&s, "shop", "BEGIN");
        put_rows_query(&s, "INSERT INTO secret …");
        put_table_map_with(&s, 90, "shop", "secret", 0);
        put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
        put_table_map(&s, 91, "shop", "orders");
        if (number == 2)
            put_row(&s, LEAT_EVENT_WRITE_ROWS, 91, 1, "one");
        put_xid(&s, number);
    }
    check_trace(&s, "begin(" BUILD_UUID ":1) end(xid,0,0) "
                    "begin(" BUILD_UUID ":2) schema(shop.orders) insert(shop.orders,1,end) end(xid,1,0)");
    ck_assert_int_eq(asked, 2);
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: rows");
    LEAT_TEST_ADD(suite, tables_of_one_statement_are_told_apart);
    LEAT_TEST_ADD(suite, table_numbers_end_with_their_statement);
    LEAT_TEST_ADD(suite, table_number_may_come_to_mean_another_table);
    LEAT_TEST_ADD(suite, dummy_rows_event_closes_the_statement);
    LEAT_TEST_ADD(suite, statement_text_comes_before_its_rows);
    LEAT_TEST_ADD(suite, long_events_are_given_in_runs);
    LEAT_TEST_ADD(suite, images_may_leave_columns_out);
    LEAT_TEST_ADD(suite, leftover_bytes_stop);
    LEAT_TEST_ADD(suite, update_without_its_after_image_stops);
    LEAT_TEST_ADD(suite, count_of_columns_must_be_that_of_the_table_map);
    LEAT_TEST_ADD(suite, definitions_without_names_or_signs_stop_with_the_cure);
    LEAT_TEST_ADD(suite, unwanted_tables_are_passed_by);
    return suite;
}

LEAT_TEST_MAIN(suite)
