/* What stops, why, and what it says to do. */
#include "check_main.h"
#include "decode/build.h"

static bool only_orders(void *context, const char *database, const char *table)
{
    (void)context;
    return strcmp(database, "shop") == 0 && strcmp(table, "orders") == 0;
}

static void open_in_transaction(struct stream *s, const struct leat_decoder_options *options)
{
    stream_open(s, options);
    put_format(s);
    put_gtid(s, 1);
    put_query(s, "shop", "BEGIN");
    stream_forget(s);
}

START_TEST(events_that_this_build_does_not_know)
{
    static const struct {
        unsigned type;
        const char *error, *cure;
    } cases[] = {
        {77, "unknown type 77 at mysql-bin.000001:", "upgrade"},
        {LEAT_EVENT_MARIADB_START_ENCRYPTION, "encrypted", "server"},
        {LEAT_EVENT_PRE_GA_WRITE_ROWS, "before MySQL 5.1", "start behind it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream s;
        open_in_transaction(&s, NULL);
        put_event(&s, cases[i].type);
        check_trace(&s, "!unsupported");
        ck_assert_int_eq(s.err.kind, LEAT_KIND_DATA);
        check_error(&s, cases[i].error);
        check_cure(&s, cases[i].cure);
        stream_close(&s);
    }
}
END_TEST

START_TEST(incidents)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    leat_buf_u16(&s.body, 1);
    leat_buf_u8(&s.body, 4);
    leat_buf_puts(&s.body, "gone");
    put_event(&s, LEAT_EVENT_INCIDENT);
    check_trace(&s, "!unsupported");
    check_error(&s, "INCIDENT at mysql-bin.000001:");
    check_error(&s, "gone");
    stream_close(&s);
}
END_TEST

START_TEST(rows_logged_as_statements)
{
    static const char *const statements[] = {
        "INSERT INTO orders VALUES (1)",
        "UPDATE orders SET id=1",
        "delete from shop.orders",
        "SELECT f()",
        "CREATE TABLE orders AS SELECT * FROM a",
        "LOAD DATA INFILE 'x' INTO TABLE orders",
        "UPDATE secret, orders SET orders.id=1",
        "WITH a AS (SELECT 1) DELETE FROM orders",
    };
    struct leat_decoder_options options = {.journalled = only_orders};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        struct stream s;
        open_in_transaction(&s, &options);
        put_query(&s, "shop", statements[i]);
        check_trace(&s, "!server_settings");
        check_cure(&s, "SET PERSIST binlog_format=ROW");
        ck_assert_ptr_null(strstr(s.err.message, "VALUES")); /* errors hold no values */
        stream_close(&s);
    }
}
END_TEST

START_TEST(rows_logged_as_statements_on_unwanted_tables_pass_by)
{
    struct leat_decoder_options options = {.journalled = only_orders};
    struct stream s;
    open_in_transaction(&s, &options);
    put_query(&s, "shop", "INSERT INTO secret VALUES (1)");
    put_query(&s, "", "CREATE TEMPORARY TABLE shop.orders SELECT 1");
    put_xid(&s, 1);
    check_trace(&s, "statement(0,.,CREATE TEMPORARY TABLE shop.orders SELECT 1) end(xid,0,1)");
    stream_close(&s);
}
END_TEST

static void put_load_query(struct stream *s, const char *sql)
{
    leat_buf_u32(&s->body, 77);
    leat_buf_u32(&s->body, 1);
    leat_buf_u8(&s->body, 4);
    leat_buf_u16(&s->body, 0);
    leat_buf_u16(&s->body, 0);
    leat_buf_put(&s->body, "0123456789abc", 13);
    leat_buf_put(&s->body, "shop", 5);
    leat_buf_puts(&s->body, sql);
    put_event(s, LEAT_EVENT_EXECUTE_LOAD_QUERY);
}

START_TEST(load_data_as_a_statement)
{
    static const char sql[] = "LOAD DATA INFILE '/tmp/f' INTO TABLE `orders` (a)";
    struct stream s;
    open_in_transaction(&s, NULL);
    leat_buf_put(&s.body, "\2\0\0\0one\n", 8);
    put_event(&s, LEAT_EVENT_BEGIN_LOAD_QUERY);
    put_load_query(&s, sql);
    check_trace(&s, "!server_settings");
    check_error(&s, "shop.orders");
    stream_close(&s);

    struct leat_decoder_options options = {.statements_allowed = true};
    open_in_transaction(&s, &options);
    leat_buf_put(&s.body, "\2\0\0\0one\n", 8);
    put_event(&s, LEAT_EVENT_BEGIN_LOAD_QUERY);
    put_load_query(&s, sql);
    check_trace(&s, "part(2,first,one\n) statement(13,shop.orders,LOAD DATA INFILE '/tmp/f' INTO TABLE `orders` (a))");
    leat_buf_put(&s.body, "short", 5);
    put_event(&s, LEAT_EVENT_EXECUTE_LOAD_QUERY);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    stream_close(&s);
}
END_TEST

START_TEST(events_above_the_limit)
{
    struct leat_decoder_options options = {.event_bytes_max = 200};
    struct stream s;
    stream_open(&s, &options);
    put_format(&s);
    uint64_t pos = s.pos;
    char sql[300];
    memset(sql, 'x', sizeof sql);
    sql[sizeof sql - 1] = 0;
    put_query(&s, "", sql);
    check_trace(&s, "!too_large");
    char text[64];
    snprintf(text, sizeof text, "at mysql-bin.000001:%" PRIu64 ": ", pos);
    check_error(&s, text);
    check_cure(&s, "source.event_bytes_max");
    stream_close(&s);
}
END_TEST

START_TEST(wrong_checksums)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    put_gtid(&s, 1);
    s.bytes.data[s.bytes.size - 9] ^= 1;
    stream_feed(&s, s.bytes.data + s.starts[1], s.bytes.size - s.starts[1]);
    check_trace(&s, "!checksum");
    check_error(&s, "GTID at mysql-bin.000001:");
    stream_close(&s);
}
END_TEST

START_TEST(events_before_any_format_description)
{
    struct stream s;
    stream_open(&s, NULL);
    put_gtid(&s, 1);
    check_trace(&s, "!malformed");
    stream_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: what stops");
    LEAT_TEST_ADD(suite, events_that_this_build_does_not_know);
    LEAT_TEST_ADD(suite, incidents);
    LEAT_TEST_ADD(suite, rows_logged_as_statements);
    LEAT_TEST_ADD(suite, rows_logged_as_statements_on_unwanted_tables_pass_by);
    LEAT_TEST_ADD(suite, load_data_as_a_statement);
    LEAT_TEST_ADD(suite, events_above_the_limit);
    LEAT_TEST_ADD(suite, wrong_checksums);
    LEAT_TEST_ADD(suite, events_before_any_format_description);
    return suite;
}

LEAT_TEST_MAIN(suite)
