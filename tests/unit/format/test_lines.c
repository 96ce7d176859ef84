/* Lines of the format "leat": what they hold, their order, and which one is a transaction's last. */
#include "lines.h"

static struct leat_buf image(uint32_t id, const char *name)
{
    struct leat_buf buf = {0};
    test_cart_image(&buf, id, name);
    return buf;
}

/* Gives rows of test_cart tables with the ids, one row each. */
static void give_row(struct test_sink *sink, struct leat_table *table, uint32_t id)
{
    struct leat_buf one = image(id, "x");
    struct leat_item rows = test_rows(table, LEAT_OP_INSERT, 1, &one);
    test_must(sink, &rows);
    leat_buf_free(&one);
}

static void give_begin(struct test_sink *sink)
{
    struct leat_item item = test_begin();
    test_must(sink, &item);
}

static void give_end(struct test_sink *sink, enum leat_end_how how)
{
    struct leat_item item = test_end(how);
    test_must(sink, &item);
}

static struct leat_item statement(enum leat_statement_kind kind, const char *database, const char *table,
                                  const char *sql)
{
    struct leat_item item = {.type = LEAT_ITEM_STATEMENT};
    item.statement.kind = kind;
    item.statement.database = test_text("shop");
    item.statement.table_database = test_text(database);
    item.statement.table = test_text(table);
    item.statement.sql = sql;
    item.statement.sql_size = strlen(sql);
    item.statement.pos = 250;
    return item;
}

static struct leat_filter *filter_of(const char *wanted)
{
    struct leat_filter *filter = NULL;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_filter_new(&filter, &wanted, 1, NULL, 0, &err), LEAT_OK);
    return filter;
}

#define HEAD(op, table)                                                                                                \
    "{\"op\":\"" op "\",\"db\":\"shop\",\"table\":\"" table "\",\"gtid\":\"0-1-7\",\"server_id\":1,"                    \
    "\"ts_us\":1700000000123456,\"file\":\"b.000001\",\"pos\":200,"

START_TEST(insert_update_delete)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf images = {0};
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    test_cart_image(&images, 7, "a\"b");
    test_cart_image(&images, 8, NULL);
    struct leat_item rows = test_rows(cart, LEAT_OP_INSERT, 2, &images);
    rows.rows.first_row = 3;
    test_must(&sink, &rows);
    rows = test_rows(cart, LEAT_OP_UPDATE, 1, &images);
    test_must(&sink, &rows);
    leat_buf_clear(&images);
    test_cart_image(&images, 8, NULL);
    rows = test_rows(cart, LEAT_OP_DELETE, 1, &images);
    test_must(&sink, &rows);
    ck_assert_uint_eq(sink.messages, 3);
    ck_assert_uint_gt(leat_format_open_bytes(sink.format), 0);
    give_end(&sink, LEAT_END_XID);
    ck_assert_uint_eq(leat_format_open_bytes(sink.format), 0);
    ck_assert_str_eq(
        test_lines(&sink),
        HEAD("insert", "cart") "\"row\":3,\"n\":1,\"key\":{\"id\":7},\"after\":{\"id\":7,\"name\":\"a\\\"b\"}}\n"
        HEAD("insert", "cart") "\"row\":4,\"n\":2,\"key\":{\"id\":8},\"after\":{\"id\":8,\"name\":null}}\n"
        HEAD("update", "cart") "\"row\":0,\"n\":3,\"key\":{\"id\":8},\"before\":{\"id\":7,\"name\":\"a\\\"b\"},"
                               "\"after\":{\"id\":8,\"name\":null}}\n"
        HEAD("delete", "cart") "\"row\":0,\"n\":4,\"key\":{\"id\":8},\"before\":{\"id\":8,\"name\":null},\"last\":true}\n");
    ck_assert_uint_eq(sink.lasts, 1);
    leat_buf_free(&images);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

/* 'a' a row that passes, 'x' a row filtered out, 'd' DDL that passes, 'y' DDL filtered out, 'b' a row of another table
 * that passes: all orders up to five long, with the bytes taken away and left. */
START_TEST(the_last_line_says_so_in_every_order)
{
    static const char letters[] = "abxdy";
    struct leat_table *a = test_cart("a"), *b = test_cart("b"), *x = test_cart("x");
    struct leat_filter *filter = NULL;
    const char *wanted[] = {"shop.a", "shop.b"};
    struct leat_error err = {0};
    ck_assert_int_eq(leat_filter_new(&filter, wanted, 2, NULL, 0, &err), LEAT_OK);
    for (unsigned order = 0; order < 2 * 3125; order++) {
        struct test_sink sink;
        test_sink_open(&sink, order % 2, filter);
        sink.take = order / 2 % 2;
        give_begin(&sink);
        unsigned passed = 0, length = order / 2 % 6;
        for (unsigned i = 0, rest = order / 2; i < length; i++, rest /= 5) {
            char letter = letters[rest % 5];
            passed += letter != 'x' && letter != 'y';
            struct leat_item ddl = statement(LEAT_STATEMENT_ALTER_TABLE, "shop", letter == 'd' ? "a" : "x", "ALTER");
            if (letter == 'd' || letter == 'y')
                test_must(&sink, &ddl);
            else
                give_row(&sink, letter == 'a' ? a : letter == 'b' ? b : x, i);
        }
        struct leat_item end = test_end(LEAT_END_XID);
        bool gave;
        ck_assert_int_eq(leat_format_item(sink.format, &end, &gave, &err), LEAT_OK);
        ck_assert_int_eq(gave, passed > 0);
        ck_assert_uint_eq(sink.lasts, passed > 0);
        const char *last = strstr(test_lines(&sink), ",\"last\":true}\n");
        ck_assert(!passed || (last && last[14] == 0));
        test_sink_close(&sink);
    }
    leat_filter_free(&filter);
    leat_table_release(&a);
    leat_table_release(&b);
    leat_table_release(&x);
}
END_TEST

START_TEST(numbers_count_what_is_filtered_out)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart"), *other = test_cart("other");
    struct leat_filter *filter = filter_of("shop.cart");
    test_sink_open(&sink, false, filter);
    give_begin(&sink);
    give_row(&sink, other, 1);
    give_row(&sink, cart, 2);
    give_end(&sink, LEAT_END_XID);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "\"n\":2,"));
    ck_assert_uint_eq(sink.messages, 1);
    leat_filter_free(&filter);
    leat_table_release(&cart);
    leat_table_release(&other);
    test_sink_close(&sink);
}
END_TEST

START_TEST(empty_transactions_give_nothing)
{
    struct test_sink sink;
    test_sink_open(&sink, true, NULL);
    give_begin(&sink);
    give_end(&sink, LEAT_END_EMPTY);
    ck_assert_uint_eq(sink.messages, 0);
    ck_assert_uint_eq(sink.buf.size, 0);
    test_sink_close(&sink);
}
END_TEST

START_TEST(absent_columns_are_absent)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf images = {0};
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    /* binlog_row_image=MINIMAL: before has the key, after what changed */
    leat_buf_put(&images, "\x00\x07\x00\x00\x00", 5);
    leat_buf_put(&images, "\x00\x01z", 3);
    struct leat_item rows = test_rows(cart, LEAT_OP_UPDATE, 1, &images);
    static const uint8_t key_only[] = {0x01}, name_only[] = {0x02};
    rows.rows.before_present = key_only;
    rows.rows.after_present = name_only;
    test_must(&sink, &rows);
    leat_buf_clear(&images);
    leat_buf_put(&images, "\x00\x01z", 3);
    rows = test_rows(cart, LEAT_OP_INSERT, 1, &images);
    rows.rows.after_present = name_only;
    test_must(&sink, &rows);
    give_end(&sink, LEAT_END_XID);
    ck_assert_str_eq(test_lines(&sink),
                     HEAD("update", "cart") "\"row\":0,\"n\":1,\"key\":{\"id\":7},\"before\":{\"id\":7},\"after\":{\"name\":\"z\"}}\n"
                     HEAD("insert", "cart") "\"row\":0,\"n\":2,\"after\":{\"name\":\"z\"},\"last\":true}\n");
    leat_buf_free(&images);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(keys_are_in_key_order)
{
    struct test_table table;
    struct test_sink sink;
    test_table_begin(&table, "shop", "t");
    test_column(&table, "a", LEAT_TYPE_TINY, 0);
    test_string(&table, "b", LEAT_TYPE_VARCHAR, 40, UTF8MB4);
    test_column(&table, "c", LEAT_TYPE_TINY, 0);
    test_key(&table, 2);
    test_key(&table, 1);
    struct leat_table *made = test_table_end(&table);
    struct leat_buf images = {0};
    leat_buf_put(&images, "\x00\x01\x01k\x03", 5);
    test_sink_open(&sink, false, NULL);
    ck_assert_int_eq(test_insert(&sink, made, &images), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "\"key\":{\"c\":3,\"b\":\"k\"},\"after\":{\"a\":1,"));
    leat_buf_free(&images);
    leat_table_release(&made);
    test_sink_close(&sink);
}
END_TEST

START_TEST(json_null_is_told_from_sql_null)
{
    struct test_table table;
    struct test_sink sink;
    test_table_begin(&table, "shop", "t");
    test_column(&table, "j", LEAT_TYPE_JSON, 4);
    test_column(&table, "k", LEAT_TYPE_JSON, 4);
    struct leat_table *made = test_table_end(&table);
    struct leat_buf images = {0};
    leat_buf_put(&images, "\x02\x02\x00\x00\x00\x04\x00", 7);
    leat_buf_put(&images, "\x00\x02\x00\x00\x00\x04\x00\x02\x00\x00\x00\x04\x00", 13);
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    struct leat_item rows = test_rows(made, LEAT_OP_UPDATE, 1, &images);
    test_must(&sink, &rows);
    give_end(&sink, LEAT_END_XID);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink),
                                 "\"before\":{\"j\":null,\"k\":null},\"after\":{\"j\":null,\"k\":null},"
                                 "\"json_null\":{\"before\":[\"j\"],\"after\":[\"j\",\"k\"]},\"last\":true}"));
    leat_buf_free(&images);
    leat_table_release(&made);
    test_sink_close(&sink);
}
END_TEST

START_TEST(names_are_escaped_and_long_ones_fit)
{
    struct test_table table;
    struct test_sink sink;
    char name[64 * 3 + 1];
    for (unsigned i = 0; i < 64; i++)
        memcpy(name + 3 * i, "\xE2\x82\xAC", 3);
    name[64 * 3] = 0;
    test_table_begin(&table, "d\"b\n", "t\xF0\x9F\x98\x80");
    test_column(&table, name, LEAT_TYPE_TINY, 0);
    test_column(&table, "q\"\\", LEAT_TYPE_TINY, 0);
    struct leat_table *made = test_table_end(&table);
    struct leat_buf images = {0};
    leat_buf_put(&images, "\x00\x01\x02", 3);
    test_sink_open(&sink, true, NULL);
    ck_assert_int_eq(test_insert(&sink, made, &images), LEAT_OK);
    char expected[400];
    snprintf(expected, sizeof expected, "\"after\":{\"%s\":1,\"q\\\"\\\\\":2},\"last\":true}\n", name);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), expected));
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "{\"op\":\"insert\",\"db\":\"d\\\"b\\n\",\"table\":\"t\xF0\x9F\x98\x80\","));
    leat_buf_free(&images);
    leat_table_release(&made);
    test_sink_close(&sink);
}
END_TEST

START_TEST(schema_lines_come_first_and_at_changes)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart"), *other = test_cart("other");
    struct test_table changed_table;
    test_table_begin(&changed_table, "shop", "cart");
    test_column(&changed_table, "id", LEAT_TYPE_LONG, 0);
    test_string(&changed_table, "name", LEAT_TYPE_VARCHAR, 84, UTF8MB4);
    struct leat_table *changed = test_table_end(&changed_table);
    struct leat_table *order[] = {cart, cart, other, cart, changed, changed, cart};
    test_sink_open(&sink, true, NULL);
    give_begin(&sink);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        give_row(&sink, order[i], 1);
    give_end(&sink, LEAT_END_XID);
    /* s = schema, r = row */
    char shape[64] = "";
    for (const char *line = test_lines(&sink); *line; line = strchr(line, '\n') + 1)
        strcat(shape, strncmp(line, "{\"op\":\"schema\"", 14) == 0 ? "s" : "r");
    ck_assert_str_eq(shape, "srrsrrsrrsr");
    leat_buf_clear(&sink.lines);
    leat_format_new_file(sink.format);
    give_begin(&sink);
    give_row(&sink, cart, 1);
    give_end(&sink, LEAT_END_XID);
    ck_assert(strncmp(test_lines(&sink), "{\"op\":\"schema\"", 14) == 0);
    leat_table_release(&cart);
    leat_table_release(&other);
    leat_table_release(&changed);
    test_sink_close(&sink);
}
END_TEST

static void every_type(struct test_table *table)
{
    static const struct leat_text members[] = {{"a", 1}, {"b,c", 3}};
    test_table_begin(table, "shop", "types");
    test_column(table, "i", LEAT_TYPE_LONG, 0)->flags = LEAT_COLUMN_UNSIGNED;
    test_column(table, "d", LEAT_TYPE_NEWDECIMAL, 10 << 8 | 2);
    test_column(table, "dt", LEAT_TYPE_DATETIME2, 6);
    test_column(table, "bits", LEAT_TYPE_BIT, 1 << 8 | 1);
    test_string(table, "vc", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    test_string(table, "c", LEAT_TYPE_STRING, LEAT_TYPE_STRING << 8 | 20, LATIN1);
    test_string(table, "bin", LEAT_TYPE_STRING, LEAT_TYPE_STRING << 8 | 16, LEAT_COLLATION_BINARY);
    test_string(table, "mt", LEAT_TYPE_BLOB, 3, UTF8MB3);
    test_string(table, "lb", LEAT_TYPE_BLOB, 4, LEAT_COLLATION_BINARY);
    struct leat_column *e = test_column(table, "e", LEAT_TYPE_ENUM, LEAT_TYPE_ENUM << 8 | 1);
    e->members = members;
    e->member_count = 2;
    e->collation = UTF8MB4;
    test_column(table, "g", LEAT_TYPE_GEOMETRY, 4)->geometry_type = 1;
    struct leat_column *v = test_column(table, "v", LEAT_TYPE_VECTOR, 4);
    v->dimension = 3;
    v->flags |= LEAT_COLUMN_INVISIBLE;
    test_key(table, 0);
}

START_TEST(schema_lines_hold_the_definition)
{
    struct test_sink sink;
    struct test_table table;
    every_type(&table);
    struct leat_table *made = test_table_end(&table);
    struct leat_buf images = {0};
    test_sink_open(&sink, true, NULL);
    leat_buf_put(&images, "\xFE\xFF\x01\x00\x00\x00", 6);
    ck_assert_int_eq(test_insert(&sink, made, &images), LEAT_OK);
    char expected[4000];
    snprintf(
        expected, sizeof expected,
        "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"types\",\"id\":\"%016llx\",\"server\":\"mysql\",\"columns\":["
        "{\"name\":\"i\",\"type\":\"int unsigned\",\"json\":\"integer\",\"nullable\":false},"
        "{\"name\":\"d\",\"type\":\"decimal(10,2)\",\"json\":\"decimal\",\"nullable\":true},"
        "{\"name\":\"dt\",\"type\":\"datetime(6)\",\"json\":\"time\",\"nullable\":true},"
        "{\"name\":\"bits\",\"type\":\"bit(9)\",\"json\":\"integer\",\"nullable\":true},"
        "{\"name\":\"vc\",\"type\":\"varchar(20)\",\"json\":\"text\",\"nullable\":true,\"charset\":\"utf8mb4\",\"collation\":255,\"bytes\":80},"
        "{\"name\":\"c\",\"type\":\"char(20)\",\"json\":\"text\",\"nullable\":true,\"charset\":\"latin1\",\"collation\":8,\"bytes\":20},"
        "{\"name\":\"bin\",\"type\":\"binary(16)\",\"json\":\"base64\",\"nullable\":true,\"bytes\":16},"
        "{\"name\":\"mt\",\"type\":\"mediumtext\",\"json\":\"text\",\"nullable\":true,\"charset\":\"utf8mb3\",\"collation\":33},"
        "{\"name\":\"lb\",\"type\":\"longblob\",\"json\":\"base64\",\"nullable\":true},"
        "{\"name\":\"e\",\"type\":\"enum\",\"json\":\"text\",\"nullable\":true,\"charset\":\"utf8mb4\",\"collation\":255,\"members\":[\"a\",\"b,c\"]},"
        "{\"name\":\"g\",\"type\":\"point\",\"json\":\"geometry\",\"nullable\":true},"
        "{\"name\":\"v\",\"type\":\"vector(3)\",\"json\":\"numbers\",\"nullable\":true,\"invisible\":true}],"
        "\"key\":[\"i\"]}\n",
        (unsigned long long)leat_table_view(made)->id);
    ck_assert(strncmp(test_lines(&sink), expected, strlen(expected)) == 0);
    leat_buf_free(&images);
    leat_table_release(&made);
    test_sink_close(&sink);
}
END_TEST

START_TEST(what_the_stream_does_not_tell_is_marked)
{
    struct test_sink sink;
    struct test_table table;
    test_table_begin(&table, "shop", "t");
    table.view.flags = 0;
    test_column(&table, "", LEAT_TYPE_LONG, 0);
    test_string(&table, "", LEAT_TYPE_VARCHAR, 80, LEAT_COLLATION_UNKNOWN);
    test_column(&table, "", LEAT_TYPE_ENUM, LEAT_TYPE_ENUM << 8 | 1);
    struct leat_table *made = test_table_end(&table);
    struct leat_buf images = {0};
    leat_buf_put(&images, "\x00\xFF\xFF\xFF\xFF\x02hi\x01", 9);
    test_sink_open(&sink, true, NULL);
    ck_assert_int_eq(test_insert(&sink, made, &images), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "\"after\":{\"@1\":-1,\"@2\":\"aGk=\",\"@3\":1},"));
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "{\"name\":\"@2\",\"type\":\"varchar\",\"json\":\"base64\",\"nullable\":true,"
                                                    "\"charset\":null,\"bytes\":80}"));
    ck_assert_ptr_nonnull(
        strstr(test_lines(&sink), "\"key\":null,\"unknown\":[\"names\",\"signs\",\"charsets\",\"members\",\"key\"]}\n"));
    ck_assert_ptr_null(strstr(test_lines(&sink), "\"key\":{"));
    leat_buf_free(&images);
    leat_table_release(&made);
    test_sink_close(&sink);
}
END_TEST

START_TEST(statements_with_their_session)
{
    struct test_sink sink;
    test_sink_open(&sink, false, NULL);
    struct leat_item item = statement(LEAT_STATEMENT_TRUNCATE_TABLE, "shop", "cart", "TRUNCATE cart -- \xE9\n");
    item.statement.session = (struct leat_session){.present = LEAT_SESSION_CHARSET | LEAT_SESSION_SQL_MODE |
                                                              LEAT_SESSION_TIME_ZONE,
                                                   .sql_mode = 1075838976,
                                                   .client_collation = LATIN1,
                                                   .connection_collation = UTF8MB4,
                                                   .server_collation = UTF8MB4,
                                                   .time_zone = test_text("SYSTEM")};
    give_begin(&sink);
    test_must(&sink, &item);
    give_end(&sink, LEAT_END_STATEMENT);
    ck_assert_str_eq(test_lines(&sink),
                     "{\"op\":\"ddl\",\"db\":\"shop\",\"table\":\"cart\",\"gtid\":\"0-1-7\",\"server_id\":1,"
                     "\"ts_us\":1700000000123456,\"file\":\"b.000001\",\"pos\":250,\"n\":1,\"kind\":\"truncate_table\","
                     "\"default_db\":\"shop\",\"sql\":\"TRUNCATE cart -- \xC3\xA9\\n\",\"sql_mode\":1075838976,\"flags2\":null,"
                     "\"charset\":\"latin1\",\"client_collation\":8,\"connection_collation\":255,\"server_collation\":255,"
                     "\"time_zone\":\"SYSTEM\",\"error_code\":0,\"last\":true}\n");
    leat_buf_clear(&sink.lines);
    item.statement.kind = LEAT_STATEMENT_DML;
    item.statement.session.client_collation = CP1251;
    item.statement.table = test_text("");
    item.statement.table_database = test_text("");
    give_begin(&sink);
    test_must(&sink, &item);
    give_end(&sink, LEAT_END_STATEMENT);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "{\"op\":\"statement\",\"db\":null,\"table\":null,"));
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "\"sql\":\"TRUNCATE cart -- й\\n\",\"sql_mode\""));
    leat_buf_clear(&sink.lines);
    item.statement.session.client_collation = GBK;
    give_begin(&sink);
    test_must(&sink, &item);
    give_end(&sink, LEAT_END_STATEMENT);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "\"sql\":{\"charset\":\"gbk\",\"base64\":\"VFJVTkNBVEUgY2FydCAtLSDpCg==\"},"
                                                    "\"sql_mode\""));
    test_sink_close(&sink);
}
END_TEST

START_TEST(anonymous_and_untimed_transactions)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf one = image(1, NULL);
    test_sink_open(&sink, false, NULL);
    struct leat_item begin = test_begin(), rows = test_rows(cart, LEAT_OP_INSERT, 1, &one), end = test_end(LEAT_END_XID);
    begin.begin.gtid = (struct leat_gtid){0};
    begin.begin.immediate_commit_us = 0;
    begin.begin.header_time = 1700000000;
    test_must(&sink, &begin);
    test_must(&sink, &rows);
    test_must(&sink, &end);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink), "\"gtid\":null,\"server_id\":1,\"ts_us\":1700000000000000,"));
    leat_buf_free(&one);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(what_cannot_be_given_fails)
{
    static const enum leat_item_type types[] = {LEAT_ITEM_OPAQUE, LEAT_ITEM_GAP};
    static const enum leat_item_type quiet[] = {LEAT_ITEM_START, LEAT_ITEM_HEARTBEAT, LEAT_ITEM_ROWS_QUERY,
                                                LEAT_ITEM_SAVEPOINT};
    struct test_sink sink;
    test_sink_open(&sink, true, NULL);
    for (size_t i = 0; i < 2; i++) {
        struct leat_item item = {.type = types[i]};
        ck_assert_int_eq(test_give(&sink, &item), LEAT_FAIL);
        ck_assert_int_eq(sink.err.code, LEAT_E_UNSUPPORTED);
        ck_assert(sink.err.cure[0]);
    }
    for (size_t i = 0; i < 4; i++) {
        struct leat_item item = {.type = quiet[i]};
        test_must(&sink, &item);
    }
    ck_assert_uint_eq(sink.messages, 0);
    test_sink_close(&sink);
}
END_TEST

static struct leat_item resolve(bool commit, const struct leat_begin *prepared)
{
    static const char id[] = "\7\0\0\0\2\0\0\0\1\0\0\0\x00\xff'";
    struct leat_item item = {.type = LEAT_ITEM_XA_RESOLVE};
    item.xa_resolve = (struct leat_xa_resolve){
        .commit = commit, .xa_id = (const uint8_t *)id, .xa_id_size = sizeof id - 1, .prepared = prepared};
    return item;
}

/* They have the identity of the COMMIT, tell the branch and its PREPARE, and where their events stand. */
START_TEST(changes_of_an_xa_branch_are_of_the_transaction_that_commits_it)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf one = image(1, NULL);
    struct leat_item rows = test_rows(cart, LEAT_OP_INSERT, 1, &one), prepared = test_begin();
    prepared.begin.gtid.number = 5;
    prepared.begin.place.file = "b.000000";
    struct leat_item commit = resolve(true, &prepared.begin), end = test_end(LEAT_END_XA_RESOLVE);
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    test_must(&sink, &commit);
    test_must(&sink, &rows);
    test_must(&sink, &end);
    ck_assert_str_eq(test_lines(&sink),
                     "{\"op\":\"insert\",\"db\":\"shop\",\"table\":\"cart\",\"gtid\":\"0-1-7\",\"server_id\":1,"
                     "\"ts_us\":1700000000123456,\"xid\":\"X'00ff',X'27',7\",\"prepared\":\"0-1-5\","
                     "\"file\":\"b.000000\",\"pos\":200,\"row\":0,\"n\":1,\"key\":{\"id\":1},"
                     "\"after\":{\"id\":1,\"name\":null},\"last\":true}\n");
    leat_buf_clear(&sink.lines);
    prepared.begin.gtid = (struct leat_gtid){0};
    give_begin(&sink);
    test_must(&sink, &commit);
    test_must(&sink, &rows);
    test_must(&sink, &end);
    ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&sink.lines), "\"prepared\":null,\"file\":\"b.000000\""));
    leat_buf_clear(&sink.lines);
    give_begin(&sink); /* the next one is of its own file again */
    test_must(&sink, &rows);
    end = test_end(LEAT_END_XID);
    test_must(&sink, &end);
    ck_assert_ptr_null(strstr(leat_buf_cstr(&sink.lines), "xid"));
    ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&sink.lines), "\"file\":\"b.000001\""));
    leat_buf_free(&one);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(a_rolled_back_branch_gives_nothing)
{
    struct test_sink sink;
    struct leat_item item = resolve(false, NULL), end = test_end(LEAT_END_XA_RESOLVE);
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    test_must(&sink, &item);
    test_must(&sink, &end);
    ck_assert_uint_eq(sink.messages, 0);
    test_sink_close(&sink);
}
END_TEST

/* Whoever gives items has to hold them back: shown now, they could be rolled back later. */
START_TEST(changes_of_a_branch_before_its_end_is_known_are_refused)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf one = image(1, NULL);
    struct leat_item rows = test_rows(cart, LEAT_OP_INSERT, 1, &one), begin = test_begin(),
                     item = resolve(true, NULL);
    test_sink_open(&sink, false, NULL);
    begin.begin.flags = LEAT_BEGIN_XA;
    test_must(&sink, &begin);
    ck_assert_int_eq(test_give(&sink, &rows), LEAT_FAIL);
    ck_assert_int_eq(sink.err.code, LEAT_E_INTERNAL);
    leat_format_reset(sink.format);
    give_begin(&sink);
    ck_assert_int_eq(test_give(&sink, &item), LEAT_FAIL);
    ck_assert_int_eq(sink.err.code, LEAT_E_INTERNAL);
    leat_buf_free(&one);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(a_reset_takes_back_the_open_line)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    test_sink_open(&sink, true, NULL);
    give_begin(&sink);
    give_row(&sink, cart, 1);
    ck_assert_uint_eq(sink.messages, 1); /* the schema */
    leat_format_reset(sink.format);
    ck_assert_uint_eq(leat_format_open_bytes(sink.format), 0);
    ck_assert_uint_eq(sink.buf.size, sink.lines.size);
    give_begin(&sink);
    give_row(&sink, cart, 1);
    give_end(&sink, LEAT_END_XID);
    ck_assert_uint_eq(sink.messages, 3);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(the_owner_may_move_the_open_line)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    for (uint32_t i = 0; i < 5; i++) {
        give_row(&sink, cart, i);
        size_t open = leat_format_open_bytes(sink.format);
        memmove(sink.buf.data, sink.buf.data + sink.buf.size - open, open);
        sink.buf.size = open;
    }
    give_end(&sink, LEAT_END_XID);
    ck_assert_uint_eq(sink.messages, 5);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(what_the_owner_answers_is_handed_up)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    test_sink_open(&sink, false, NULL);
    sink.answer = LEAT_STOPPED;
    give_begin(&sink);
    give_row(&sink, cart, 1);
    struct leat_item end = test_end(LEAT_END_XID);
    ck_assert_int_eq(test_give(&sink, &end), LEAT_STOPPED);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(errors_name_column_and_position_and_take_back_the_line)
{
    struct test_sink sink;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf images = {0};
    test_sink_open(&sink, false, NULL);
    give_begin(&sink);
    test_cart_image(&images, 1, "good");
    char long_one[82] = {0};
    memset(long_one, 'x', sizeof long_one - 1);
    test_cart_image(&images, 2, long_one); /* the column holds 80 bytes */
    struct leat_item rows = test_rows(cart, LEAT_OP_INSERT, 2, &images);
    ck_assert_int_eq(test_give(&sink, &rows), LEAT_FAIL);
    ck_assert_int_eq(sink.err.code, LEAT_E_MALFORMED);
    ck_assert_ptr_nonnull(strstr(sink.err.message, "shop.cart.name at b.000001:200 row 1: "));
    ck_assert_uint_eq(sink.messages, 1);
    ck_assert_uint_eq(sink.buf.size, sink.lines.size);
    ck_assert_uint_eq(leat_format_open_bytes(sink.format), 0);
    leat_buf_free(&images);
    leat_table_release(&cart);
    test_sink_close(&sink);
}
END_TEST

START_TEST(unknown_formats_are_refused)
{
    struct leat_format *format = NULL;
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    struct leat_format_out out = {NULL, &buf, test_message};
    ck_assert_int_eq(leat_format_new(&format, "xml", NULL, NULL, &out, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "leat"));
}
END_TEST

/* Random bytes changed in images of every type: an error or a line, never a read or write out of bounds. */
START_TEST(hostile_images)
{
    struct test_table table;
    every_type(&table);
    struct leat_table *made = test_table_end(&table);
    static const char good[] = "\x00\x00\x01\x00\x00\x00\x80\x00\x00\x00\x32\x99\xB8\xFE\xA5\x1E\x01\xE2\x40\x01\x02"
                               "\x02hi\x03\xE9oh\x02zz\x03\x00\x00\x61\x62\x63\x01\x00\x00\x00\xFF\x02"
                               "\x07\x00\x00\x00\xE6\x10\x00\x00\x01\x02\x03\x04\x00\x00\x00\x00\x00\x80\x3F";
    enum { GOOD = sizeof good - 1 };
    uint64_t seed = 42;
    unsigned failed = 0, passed = 0;
    struct test_sink sink;
    test_sink_open(&sink, true, NULL);
    for (unsigned round = 0; round < 60000; round++) {
        size_t size = 2 * GOOD;
        uint8_t *bytes = malloc(size);
        memcpy(bytes, good, GOOD);
        memcpy(bytes + GOOD, good, GOOD);
        for (unsigned i = 0; round && i < 1 + round % 4; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[(seed >> 33) % size] = (uint8_t)(seed >> 56);
        }
        if (round % 7 == 3)
            size -= (seed >> 20) % size;
        uint8_t *exact = malloc(size ? size : 1);
        memcpy(exact, bytes, size);
        free(bytes);
        struct leat_buf images = {exact, size, size};
        struct leat_item begin = test_begin(), rows = test_rows(made, (enum leat_op)(1 + round % 3), 1, &images),
                         end = test_end(LEAT_END_XID);
        if (rows.rows.op != LEAT_OP_UPDATE)
            rows.rows.row_count = 2;
        test_must(&sink, &begin);
        if (test_give(&sink, &rows) == LEAT_OK) {
            passed++;
            test_must(&sink, &end);
        } else {
            ck_assert(sink.err.message[0]);
            failed++;
            leat_format_reset(sink.format);
        }
        leat_buf_clear(&sink.buf);
        leat_buf_clear(&sink.lines);
        free(exact);
    }
    ck_assert_uint_gt(passed, 1000);
    ck_assert_uint_gt(failed, 1000);
    leat_table_release(&made);
    test_sink_close(&sink);
}
END_TEST

START_TEST(many_tables_are_let_go)
{
    struct test_sink sink;
    test_sink_open(&sink, true, NULL);
    for (unsigned i = 0; i < 10000; i++) {
        char name[32];
        snprintf(name, sizeof name, "t%u", i);
        struct leat_table *table = test_cart(name);
        give_begin(&sink);
        give_row(&sink, table, i);
        give_end(&sink, LEAT_END_XID);
        leat_table_release(&table);
        leat_buf_clear(&sink.buf);
        leat_buf_clear(&sink.lines);
    }
    ck_assert_uint_eq(sink.messages, 20000);
    test_sink_close(&sink);
}
END_TEST

START_TEST(a_rollback_says_up_to_where_changes_stay)
{
    struct test_sink sink;
    test_sink_open(&sink, false, NULL);
    struct leat_table *table = test_cart("cart");
    struct leat_buf images = {0};
    test_cart_image(&images, 7, "a");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
    struct leat_item back = {.type = LEAT_ITEM_SAVEPOINT};
    back.savepoint.rollback = true;
    back.savepoint.keeps = 1;
    test_must(&sink, &begin);
    test_must(&sink, &rows);
    test_must(&sink, &back); /* nothing above 1 was given: nothing to say */
    test_must(&sink, &rows);
    test_must(&sink, &back);
    give_end(&sink, LEAT_END_ROLLBACK);
    const char *text = leat_buf_cstr(&sink.lines);
    const char *first = strstr(text, "\"op\":\"rollback\""), *second = first ? strstr(first + 1, "\"op\":\"rollback\"") : NULL;
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(strstr(first, "\"keeps\":1}"));
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "\"keeps\":0,\"last\":true}"));
    ck_assert_uint_eq(sink.messages, 4);
    leat_buf_free(&images);
    leat_table_release(&table);
    test_sink_close(&sink);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: lines");
    LEAT_TEST_ADD(all, insert_update_delete);
    LEAT_TEST_ADD(all, the_last_line_says_so_in_every_order);
    LEAT_TEST_ADD(all, numbers_count_what_is_filtered_out);
    LEAT_TEST_ADD(all, a_rollback_says_up_to_where_changes_stay);
    LEAT_TEST_ADD(all, empty_transactions_give_nothing);
    LEAT_TEST_ADD(all, absent_columns_are_absent);
    LEAT_TEST_ADD(all, keys_are_in_key_order);
    LEAT_TEST_ADD(all, json_null_is_told_from_sql_null);
    LEAT_TEST_ADD(all, names_are_escaped_and_long_ones_fit);
    LEAT_TEST_ADD(all, schema_lines_come_first_and_at_changes);
    LEAT_TEST_ADD(all, schema_lines_hold_the_definition);
    LEAT_TEST_ADD(all, what_the_stream_does_not_tell_is_marked);
    LEAT_TEST_ADD(all, statements_with_their_session);
    LEAT_TEST_ADD(all, anonymous_and_untimed_transactions);
    LEAT_TEST_ADD(all, what_cannot_be_given_fails);
    LEAT_TEST_ADD(all, changes_of_an_xa_branch_are_of_the_transaction_that_commits_it);
    LEAT_TEST_ADD(all, a_rolled_back_branch_gives_nothing);
    LEAT_TEST_ADD(all, changes_of_a_branch_before_its_end_is_known_are_refused);
    LEAT_TEST_ADD(all, a_reset_takes_back_the_open_line);
    LEAT_TEST_ADD(all, the_owner_may_move_the_open_line);
    LEAT_TEST_ADD(all, what_the_owner_answers_is_handed_up);
    LEAT_TEST_ADD(all, errors_name_column_and_position_and_take_back_the_line);
    LEAT_TEST_ADD(all, unknown_formats_are_refused);
    LEAT_TEST_ADD(all, hostile_images);
    LEAT_TEST_ADD(all, many_tables_are_let_go);
    return all;
}

LEAT_TEST_MAIN(suite)
