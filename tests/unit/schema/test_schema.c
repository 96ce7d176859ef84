/* The cache of definitions: same bytes, same entry; bounded; what rows need is checked when they come. */
#include "check_main.h"
#include "decode/events.h"
#include "schema/schema.h"

/* Parses what put_table_map_with made: the last event of the stream. */
static void parse_last(const struct stream *s, struct leat_event *event, struct leat_binlog_format *format)
{
    struct leat_error err = {0};
    struct leat_event first;
    ck_assert_int_eq(
        leat_event_parse(&first, &(struct leat_binlog_format){0}, s->bytes.data, s->starts[1], &err), 0);
    ck_assert_int_eq(leat_event_format(format, &first, &err), 0);
    size_t start = s->starts[s->count - 1];
    ck_assert_int_eq(leat_event_parse(event, format, s->bytes.data + start, s->bytes.size - start, &err), 0);
}

static struct leat_schema_entry *bind(struct leat_schema *schema, uint64_t table_id, const char *table,
                                      unsigned metadata, const char *server)
{
    struct stream s;
    struct leat_event event;
    struct leat_binlog_format format = {0};
    struct leat_error err = {0};
    struct leat_schema_entry *entry = NULL;
    uint64_t told;
    stream_init(&s);
    s.server = server;
    put_format(&s);
    put_table_map_with(&s, table_id, "shop", table, metadata);
    parse_last(&s, &event, &format);
    ck_assert_msg(leat_schema_bind(schema, &entry, &told, &format, &event, &err) == LEAT_OK, "%s",
                  err.message);
    ck_assert_uint_eq(told, table_id);
    stream_free(&s);
    return entry;
}

static struct leat_schema_state state_of(const struct leat_schema *schema)
{
    struct leat_schema_state state;
    leat_schema_state(schema, &state);
    return state;
}

START_TEST(same_bytes_are_the_same_entry_under_any_number)
{
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){0});
    struct leat_schema_entry *orders = bind(schema, 90, "orders", MAP_FULL, "9.7.4");
    struct leat_schema_entry *items = bind(schema, 90, "items", MAP_FULL, "9.7.4");
    ck_assert_ptr_ne(orders, items);
    ck_assert_ptr_eq(bind(schema, 91, "orders", MAP_FULL, "9.7.4"), orders);
    ck_assert_ptr_eq(bind(schema, 90 + 1024, "orders", MAP_FULL, "9.7.4"), orders);
    ck_assert_ptr_eq(bind(schema, 90, "items", MAP_FULL, "9.7.4"), items);
    ck_assert_uint_eq(state_of(schema).misses, 2);
    leat_schema_free(&schema);
    ck_assert_ptr_null(schema);
}
END_TEST

START_TEST(same_bytes_of_another_kind_of_server_are_another_entry)
{
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){0});
    struct leat_schema_entry *mysql = bind(schema, 90, "orders", MAP_FULL, "9.7.4");
    struct leat_schema_entry *mariadb = bind(schema, 90, "orders", MAP_FULL, "10.11.19-MariaDB");
    ck_assert_ptr_ne(mysql, mariadb);
    ck_assert_int_eq(leat_table_view(mariadb->table)->server, LEAT_TABLE_OF_MARIADB);
    leat_schema_free(&schema);
}
END_TEST

START_TEST(digest_does_not_depend_on_what_metadata_is_logged)
{
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){0});
    uint64_t digest = bind(schema, 90, "orders", MAP_FULL, "9.7.4")->digest;
    ck_assert_uint_eq(bind(schema, 91, "orders", 0, "9.7.4")->digest, digest);
    ck_assert_uint_ne(bind(schema, 92, "items", MAP_FULL, "9.7.4")->digest, digest);
    leat_schema_free(&schema);
}
END_TEST

START_TEST(names_are_required_when_rows_come)
{
    struct leat_error err = {0};
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){.names_required = true});
    struct leat_schema_entry *entry = bind(schema, 90, "orders", MAP_SIGNS, "10.11.19-MariaDB");
    ck_assert_int_eq(leat_schema_ready(schema, entry, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_SERVER_SETTINGS);
    ck_assert_ptr_nonnull(strstr(err.cure, "SET GLOBAL binlog_row_metadata=FULL"));
    entry = bind(schema, 90, "orders", MAP_FULL, "10.11.19-MariaDB");
    ck_assert_int_eq(leat_schema_ready(schema, entry, &err), LEAT_OK);
    ck_assert_ptr_nonnull(entry->plan);
    leat_schema_free(&schema);
}
END_TEST

START_TEST(given_is_reset)
{
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){0});
    struct leat_schema_entry *entry = bind(schema, 90, "orders", MAP_FULL, "9.7.4");
    entry->given = true;
    leat_schema_reset_given(schema);
    ck_assert(!entry->given);
    leat_schema_free(&schema);
}
END_TEST

/* The oldest go first, and never one of the last LEAT_SCHEMA_BOUND_MAX: a statement may still refer to it. */
START_TEST(least_recently_bound_are_let_go)
{
    enum { TABLES = LEAT_SCHEMA_BOUND_MAX + 500, BYTES = 3 << 20 };
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){.bytes_max = BYTES});
    char name[32];
    for (int i = 0; i < TABLES; i++) {
        snprintf(name, sizeof name, "table_%d", i);
        bind(schema, (uint64_t)i, name, MAP_FULL, "9.7.4");
        bind(schema, 5, "table_0", MAP_FULL, "9.7.4");
    }
    struct leat_schema_state state = state_of(schema);
    ck_assert_uint_eq(state.misses, TABLES);
    ck_assert_uint_le(state.bytes, BYTES);
    ck_assert_uint_lt(state.entries, TABLES);
    ck_assert_uint_ge(state.entries, LEAT_SCHEMA_BOUND_MAX / 2);
    leat_schema_free(&schema);
}
END_TEST

START_TEST(statements_with_more_definitions_than_memory_stop)
{
    enum { BYTES = 100000 };
    struct leat_schema *schema = leat_schema_new(&(struct leat_schema_options){.bytes_max = BYTES});
    struct leat_error err = {0};
    int result = LEAT_OK, bound = 0;
    for (; result == LEAT_OK && bound < LEAT_SCHEMA_BOUND_MAX; bound++) {
        struct stream s;
        struct leat_event event;
        struct leat_binlog_format format = {0};
        struct leat_schema_entry *entry;
        uint64_t table_id;
        char name[32];
        stream_init(&s);
        put_format(&s);
        snprintf(name, sizeof name, "table_%d", bound);
        put_table_map(&s, 90, "shop", name);
        parse_last(&s, &event, &format);
        result = leat_schema_bind(schema, &entry, &table_id, &format, &event, &err);
        stream_free(&s);
    }
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    ck_assert_uint_le(state_of(schema).bytes, 2 * BYTES);
    leat_schema_free(&schema);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("schema: definitions");
    LEAT_TEST_ADD(suite, same_bytes_are_the_same_entry_under_any_number);
    LEAT_TEST_ADD(suite, same_bytes_of_another_kind_of_server_are_another_entry);
    LEAT_TEST_ADD(suite, digest_does_not_depend_on_what_metadata_is_logged);
    LEAT_TEST_ADD(suite, names_are_required_when_rows_come);
    LEAT_TEST_ADD(suite, given_is_reset);
    LEAT_TEST_ADD(suite, least_recently_bound_are_let_go);
    LEAT_TEST_ADD(suite, statements_with_more_definitions_than_memory_stop);
    return suite;
}

LEAT_TEST_MAIN(suite)
