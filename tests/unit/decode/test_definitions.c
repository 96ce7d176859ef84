/* Definitions in the stream: statements change them, table maps without names are read by them, and a transaction that comes again
 * finds them as they were. */
#include "check_main.h"
#include "decode/build.h"
#include "schema/catalog.h"

#define ORDERS "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(25)) DEFAULT CHARSET utf8mb4"

static const struct leat_catalog_server server = {
    .kind = LEAT_TABLE_OF_MYSQL, .version = 90704, .collation = 255, .utf8mb4_collation = 255, .explicit_defaults_for_timestamp = true};

static struct leat_catalog *open_with(struct stream *s, struct leat_decoder_options options)
{
    options.names_required = true;
    options.catalog = leat_catalog_new();
    leat_catalog_set_server(options.catalog, &server);
    stream_open(s, &options);
    put_format(s);
    return options.catalog;
}

static void close_with(struct stream *s, struct leat_catalog *catalog)
{
    stream_close(s);
    leat_catalog_free(&catalog);
}

static void put_ddl(struct stream *s, uint64_t number, const char *sql)
{
    put_gtid(s, number);
    put_query(s, "shop", sql);
}

static void put_bare_insert(struct stream *s, uint64_t number)
{
    put_gtid(s, number);
    put_query(s, "shop", "BEGIN");
    put_table_map_with(s, 90, "shop", "orders", MAP_SIGNS);
    put_row(s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    put_xid(s, 5);
}

static bool ends_with(struct stream *s, const char *tail)
{
    const char *trace = leat_buf_cstr(&s->trace);
    return strlen(trace) >= strlen(tail) && !strcmp(trace + strlen(trace) - strlen(tail), tail);
}

START_TEST(a_statement_is_followed_by_its_definitions_and_rows_are_read_by_them)
{
    struct stream s;
    struct leat_catalog *catalog = open_with(&s, (struct leat_decoder_options){0});
    put_ddl(&s, 1, ORDERS);
    ck_assert_msg(ends_with(&s, ") definition(shop.orders,3,2) end(statement,0,1)"), "%s", leat_buf_cstr(&s.trace));
    stream_forget(&s);
    put_bare_insert(&s, 2);
    ck_assert_msg(ends_with(&s, "schema(shop.orders) insert(shop.orders,1,end) end(xid,1,0)"), "%s", leat_buf_cstr(&s.trace));
    close_with(&s, catalog);
}
END_TEST

START_TEST(rows_without_names_stop_when_nothing_is_known_and_when_it_does_not_fit)
{
    struct stream s;
    struct leat_catalog *catalog = open_with(&s, (struct leat_decoder_options){0});
    put_bare_insert(&s, 1);
    ck_assert_int_eq(s.err.code, LEAT_E_DEFINITION);
    check_error(&s, "no definition of the table is known");
    check_cure(&s, "leat schema reload shop.orders --from server");
    close_with(&s, catalog);
    catalog = open_with(&s, (struct leat_decoder_options){0});
    put_ddl(&s, 1, "CREATE TABLE shop.orders (id INT PRIMARY KEY)");
    put_bare_insert(&s, 2);
    ck_assert_int_eq(s.err.code, LEAT_E_DEFINITION);
    check_error(&s, "the rows have 2 columns, the definition 1");
    close_with(&s, catalog);
}
END_TEST

START_TEST(names_in_the_stream_are_right_whatever_the_definition_says)
{
    struct stream s;
    struct leat_catalog *catalog = open_with(&s, (struct leat_decoder_options){0});
    put_ddl(&s, 1, "CREATE TABLE shop.orders (other BIGINT PRIMARY KEY)");
    put_gtid(&s, 2);
    put_query(&s, "shop", "BEGIN");
    put_table_map(&s, 90, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 90, 1, "one");
    put_xid(&s, 5);
    ck_assert_msg(ends_with(&s, "end(xid,1,0)"), "%s", leat_buf_cstr(&s.trace));
    close_with(&s, catalog);
}
END_TEST

START_TEST(an_open_transactions_changes_are_void_when_it_comes_again)
{
    struct stream s;
    struct leat_catalog *catalog = open_with(&s, (struct leat_decoder_options){0});
    put_gtid(&s, 1);
    put_query(&s, "shop", "BEGIN");
    put_query(&s, "shop", ORDERS); /* CREATE TABLE … SELECT lies so among its rows */
    ck_assert_int_eq(leat_catalog_find(catalog, "shop", "orders", NULL, NULL), LEAT_CATALOG_DEFINED);
    leat_decoder_place(s.decoder, build_source_uuid, "mysql-bin.000001", 4);
    ck_assert_int_eq(leat_catalog_find(catalog, "shop", "orders", NULL, NULL), LEAT_CATALOG_UNKNOWN);
    close_with(&s, catalog);
}
END_TEST

static bool not_orders(void *context, const char *database, const char *table)
{
    (void)context, (void)database;
    return strcmp(table, "orders") != 0;
}

START_TEST(tables_that_are_not_journalled_are_followed_and_not_given)
{
    struct stream s;
    struct leat_catalog *catalog = open_with(&s, (struct leat_decoder_options){.journalled = not_orders});
    put_ddl(&s, 1, ORDERS);
    ck_assert_ptr_null(strstr(leat_buf_cstr(&s.trace), "definition"));
    put_ddl(&s, 2, "RENAME TABLE shop.orders TO shop.items");
    ck_assert_ptr_null(strstr(leat_buf_cstr(&s.trace), "definition(shop.orders"));
    ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&s.trace), "definition(shop.items,3,2)"));
    close_with(&s, catalog);
}
END_TEST

START_TEST(what_is_passed_over_changes_nothing)
{
    struct stream s;
    struct leat_catalog *catalog = open_with(&s, (struct leat_decoder_options){0});
    leat_decoder_pass(s.decoder, true);
    put_ddl(&s, 1, ORDERS);
    put_bare_insert(&s, 2);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_int_eq(leat_catalog_find(catalog, "shop", "orders", NULL, NULL), LEAT_CATALOG_UNKNOWN);
    close_with(&s, catalog);
}
END_TEST

struct asked {
    struct leat_catalog *catalog;
    unsigned count;
};

static int define(void *context, const char *database, const char *name, struct leat_error *err)
{
    struct asked *asked = context;
    struct leat_table *table = NULL;
    asked->count++;
    ck_assert_str_eq(name, "orders");
    ck_assert_int_eq(err->code, LEAT_E_DEFINITION);
    ck_assert_int_eq(leat_catalog_parse(&table, &server, ORDERS, strlen(ORDERS), 0, database, 255, err), LEAT_OK);
    const struct leat_definition definition = {
        .how = LEAT_DEFINITION_READ, .database = {"shop", 4}, .name = {"orders", 6}, .table = table};
    leat_catalog_put(asked->catalog, &definition);
    leat_table_release(&table);
    return LEAT_OK;
}

START_TEST(a_missing_definition_is_asked_for_once)
{
    struct stream s;
    struct asked asked = {0};
    asked.catalog = open_with(&s, (struct leat_decoder_options){.define = define, .define_context = &asked});
    put_bare_insert(&s, 1);
    put_bare_insert(&s, 2);
    ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
    ck_assert_uint_eq(asked.count, 1);
    close_with(&s, asked.catalog);
}
END_TEST

static Suite *suite(void)
{
    Suite *definitions = suite_create("decode: definitions");
    LEAT_TEST_ADD(definitions, a_statement_is_followed_by_its_definitions_and_rows_are_read_by_them);
    LEAT_TEST_ADD(definitions, rows_without_names_stop_when_nothing_is_known_and_when_it_does_not_fit);
    LEAT_TEST_ADD(definitions, names_in_the_stream_are_right_whatever_the_definition_says);
    LEAT_TEST_ADD(definitions, an_open_transactions_changes_are_void_when_it_comes_again);
    LEAT_TEST_ADD(definitions, tables_that_are_not_journalled_are_followed_and_not_given);
    LEAT_TEST_ADD(definitions, what_is_passed_over_changes_nothing);
    LEAT_TEST_ADD(definitions, a_missing_definition_is_asked_for_once);
    return definitions;
}

LEAT_TEST_MAIN(suite)
