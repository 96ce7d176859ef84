/* What a sink is told of each message of the format "leat": its kind, key, number, time, table. */
#include "lines.h"

struct got {
    struct leat_buf buf, text;
    struct leat_format *format;
    bool take;
    struct leat_error err;
};

/* "KIND database.table key number [last]\n" */
static int take(void *context, const struct leat_message *message, struct leat_error *err)
{
    static const char *const kinds[] = {"change", "tombstone", "statement", "transaction", "heartbeat"};
    struct got *got = context;
    (void)err;
    leat_buf_printf(&got->text, "%s %s.%s ", kinds[message->kind], message->topic_database ? message->topic_database->bytes : "-",
                    message->topic_table ? message->topic_table->bytes : "-");
    leat_buf_put(&got->text, message->key ? message->key : (const uint8_t *)"-", message->key ? message->key_size : 1);
    leat_buf_printf(&got->text, " %llu%s%s\n", (unsigned long long)message->number, message->table ? "" : " undefined", message->last ? " last" : "");
    ck_assert_uint_eq(message->time_us, 1700000000123456);
    ck_assert_uint_eq(message->header_count, 0);
    if (got->take)
        leat_buf_clear(&got->buf);
    else
        leat_buf_puts(&got->buf, "\n");
    return LEAT_OK;
}

static void open_with(struct got *got, const struct leat_pairs *settings, bool keyed, bool taking)
{
    *got = (struct got){.take = taking};
    const struct leat_format_options options = {.settings = settings, .keyed = keyed, .name = "test"};
    const struct leat_format_out out = {got, &got->buf, take};
    int rc = leat_format_new(&got->format, "leat", &options, NULL, &out, &got->err);
    ck_assert_msg(rc == LEAT_OK, "%s", got->err.message);
}

static void close_it(struct got *got)
{
    leat_format_free(&got->format);
    leat_buf_free(&got->buf);
    leat_buf_free(&got->text);
}

static void give(struct got *got, struct leat_item item, uint64_t number)
{
    if (item.type == LEAT_ITEM_ROWS)
        item.rows.number = number;
    if (item.type == LEAT_ITEM_STATEMENT)
        item.statement.number = number;
    int rc = leat_format_item(got->format, &item, NULL, &got->err);
    ck_assert_msg(rc == LEAT_OK, "%s", got->err.message);
}

/* With the bytes taken away at each message or left where they are, and a key that changes in an update. */
START_TEST(rows_have_the_key_as_it_is_after_the_change)
{
    for (int taking = 0; taking < 2; taking++) {
        struct got got;
        struct leat_table *cart = test_cart("cart");
        struct leat_buf images = {0};
        open_with(&got, NULL, true, taking);
        test_cart_image(&images, 7, "x");
        test_cart_image(&images, 8, "a name that makes the line long \xC3\xA4");
        give(&got, test_begin(), 0);
        give(&got, test_rows(cart, LEAT_OP_INSERT, 2, &images), 1);
        give(&got, test_rows(cart, LEAT_OP_UPDATE, 1, &images), 3);
        images.size = 0;
        test_cart_image(&images, 8, NULL);
        give(&got, test_rows(cart, LEAT_OP_DELETE, 1, &images), 4);
        give(&got, test_end(LEAT_END_XID), 0);
        ck_assert_str_eq(leat_buf_cstr(&got.text), "change shop.cart {\"id\":7} 1\nchange shop.cart {\"id\":8} 2\n"
                                                   "change shop.cart {\"id\":8} 3\nchange shop.cart {\"id\":8} 4 last\n");
        leat_buf_free(&images);
        leat_table_release(&cart);
        close_it(&got);
    }
}
END_TEST

START_TEST(statements_and_rollbacks_are_no_changes)
{
    struct got got;
    struct leat_table *cart = test_cart("cart");
    struct leat_buf images = {0};
    struct leat_item ddl = {.type = LEAT_ITEM_STATEMENT};
    ddl.statement.kind = LEAT_STATEMENT_CREATE_TABLE;
    ddl.statement.table_database = test_text("shop");
    ddl.statement.table = test_text("cart");
    ddl.statement.sql = "CREATE";
    ddl.statement.sql_size = 6;
    open_with(&got, NULL, true, true);
    test_cart_image(&images, 7, "x");
    give(&got, test_begin(), 0);
    give(&got, ddl, 1);
    give(&got, test_rows(cart, LEAT_OP_INSERT, 1, &images), 2);
    give(&got, test_end(LEAT_END_ROLLBACK), 0);
    ck_assert_str_eq(leat_buf_cstr(&got.text), "statement shop.cart - 1 undefined\nchange shop.cart {\"id\":7} 2\n"
                                               "statement -.- - 2 undefined last\n");
    leat_buf_free(&images);
    leat_table_release(&cart);
    close_it(&got);
}
END_TEST

/* id INT NOT NULL, UNIQUE KEY (id), name VARCHAR(20) */
static struct leat_table *unique(void)
{
    static const struct leat_key_part part = {.column = 0};
    static const struct leat_index index = {.name = {"u", 1}, .flags = LEAT_INDEX_UNIQUE, .part_count = 1, .parts = &part};
    struct test_table table;
    test_table_begin(&table, "shop", "pair");
    test_column(&table, "id", LEAT_TYPE_LONG, 0)->flags = 0;
    test_string(&table, "name", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    table.view.flags |= LEAT_TABLE_DEFINED;
    table.view.indexes = &index;
    table.view.index_count = 1;
    return test_table_end(&table);
}

static void insert_pair(struct got *got, struct leat_table *table, const char *expected)
{
    struct leat_buf images = {0};
    test_cart_image(&images, 7, "x");
    give(got, test_begin(), 0);
    give(got, test_rows(table, LEAT_OP_INSERT, 1, &images), 1);
    give(got, test_end(LEAT_END_XID), 0);
    ck_assert_str_eq(leat_buf_cstr(&got->text), expected);
    leat_buf_free(&images);
}

START_TEST(without_a_primary_key_a_unique_one_counts_where_keys_matter)
{
    struct leat_table *pair = unique();
    struct leat_pair primary = {(char[]){"key"}, (char[]){"primary"}}, chosen = {(char[]){"message.key.columns"}, (char[]){"shop.pair:name"}};
    const struct leat_pairs only_primary = {&primary, 1}, by_name = {&chosen, 1};
    struct got got;
    open_with(&got, NULL, true, true);
    insert_pair(&got, pair, "change shop.pair {\"id\":7} 1 last\n");
    close_it(&got);
    open_with(&got, NULL, false, true); /* a file's lines stay as they were */
    insert_pair(&got, pair, "change shop.pair - 1 last\n");
    close_it(&got);
    open_with(&got, &only_primary, true, true);
    insert_pair(&got, pair, "change shop.pair - 1 last\n");
    close_it(&got);
    open_with(&got, &by_name, false, true);
    insert_pair(&got, pair, "change shop.pair {\"name\":\"x\"} 1 last\n");
    close_it(&got);
    leat_table_release(&pair);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("messages");
    LEAT_TEST_ADD(all, rows_have_the_key_as_it_is_after_the_change);
    LEAT_TEST_ADD(all, statements_and_rollbacks_are_no_changes);
    LEAT_TEST_ADD(all, without_a_primary_key_a_unique_one_counts_where_keys_matter);
    return all;
}

LEAT_TEST_MAIN(suite)
