/* The format "sql": changes as statements that make them again, or take them back. */
#include "format/lines.h"

struct sql {
    struct leat_format *format;
    struct leat_buf buf, text;
    uint64_t number;
    struct leat_error err;
};

static int take(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct sql *sql = context;
    (void)err;
    leat_buf_put(&sql->text, message->value, message->value_size);
    leat_buf_u8(&sql->text, '\n');
    leat_buf_clear(&sql->buf);
    return LEAT_OK;
}

static void open_sql(struct sql *sql, const struct leat_format_options *options)
{
    *sql = (struct sql){0};
    const struct leat_format_out out = {sql, &sql->buf, take};
    const struct leat_format_options none = {.name = "test"};
    ck_assert_msg(leat_format_new(&sql->format, "sql", options ? options : &none, NULL, &out, &sql->err) == LEAT_OK, "%s",
                  sql->err.message);
}

static void close_sql(struct sql *sql)
{
    leat_format_free(&sql->format);
    leat_buf_free(&sql->buf);
    leat_buf_free(&sql->text);
}

static int give(struct sql *sql, const struct leat_item *item)
{
    struct leat_item numbered = *item;
    if (item->type == LEAT_ITEM_ROWS)
        numbered.rows.number = sql->number + 1;
    sql->number = item->type == LEAT_ITEM_BEGIN ? 0 : item->type == LEAT_ITEM_ROWS ? sql->number + item->rows.row_count : sql->number;
    sql->err = (struct leat_error){0};
    return leat_format_item(sql->format, &numbered, NULL, &sql->err);
}

static void must(struct sql *sql, const struct leat_item *item)
{
    ck_assert_msg(give(sql, item) == LEAT_OK, "%s", sql->err.message);
}

/* BEGIN, the rows, END. */
static void give_rows(struct sql *sql, struct leat_table *table, enum leat_op op, uint32_t count, const struct leat_buf *images)
{
    struct leat_item begin = test_begin(), rows = test_rows(table, op, count, images), end = test_end(LEAT_END_XID);
    must(sql, &begin);
    must(sql, &rows);
    must(sql, &end);
}

static void check_has(struct sql *sql, const char *expected)
{
    ck_assert_msg(strstr(leat_buf_cstr(&sql->text), expected) != NULL, "\"%s\" is not in:\n%s", expected, leat_buf_cstr(&sql->text));
}

/* Of shop.cart, one change; each of the lines must be there. */
static void check_cart(const struct leat_format_options *options, enum leat_op op, const char *before, const char *after, const char *expected)
{
    struct leat_table *table = test_cart("cart");
    struct leat_buf images = {0};
    struct sql sql;
    open_sql(&sql, options);
    if (op != LEAT_OP_INSERT)
        test_cart_image(&images, 1, before);
    if (op != LEAT_OP_DELETE)
        test_cart_image(&images, 1, after);
    give_rows(&sql, table, op, 1, &images);
    check_has(&sql, expected);
    close_sql(&sql);
    leat_table_release(&table);
    leat_buf_free(&images);
}

START_TEST(changes_are_statements_by_the_primary_key)
{
    check_cart(NULL, LEAT_OP_INSERT, NULL, "it's", "INSERT INTO `shop`.`cart` (`id`, `name`) VALUES (1, 'it\\'s');\n");
    check_cart(NULL, LEAT_OP_INSERT, NULL, NULL, "INSERT INTO `shop`.`cart` (`id`, `name`) VALUES (1, NULL);\n");
    check_cart(NULL, LEAT_OP_UPDATE, "a", "b", "UPDATE `shop`.`cart` SET `name` = 'b' WHERE `id` = 1;\n");
    check_cart(NULL, LEAT_OP_DELETE, "a", NULL, "DELETE FROM `shop`.`cart` WHERE `id` = 1;\n");
}
END_TEST

START_TEST(a_transaction_is_one_and_says_where_it_is_from)
{
    check_cart(NULL, LEAT_OP_DELETE, "a", NULL, "-- 0-1-7, 2023-11-14T22:13:20.123456Z, server 1, b.000001:100\n");
    check_cart(NULL, LEAT_OP_DELETE, "a", NULL, "BEGIN;\n");
    check_cart(NULL, LEAT_OP_DELETE, "a", NULL, "COMMIT;\n");
}
END_TEST

START_TEST(undo_is_the_opposite)
{
    static const struct leat_format_options undo = {.name = "test", .undo = true};
    check_cart(&undo, LEAT_OP_INSERT, NULL, "b", "DELETE FROM `shop`.`cart` WHERE `id` = 1;\n");
    check_cart(&undo, LEAT_OP_DELETE, "a", NULL, "INSERT INTO `shop`.`cart` (`id`, `name`) VALUES (1, 'a');\n");
    check_cart(&undo, LEAT_OP_UPDATE, "a", "b", "UPDATE `shop`.`cart` SET `name` = 'a' WHERE `id` = 1;\n");
}
END_TEST

static int give_statement(struct sql *sql, enum leat_statement_kind kind, const char *text)
{
    struct leat_item begin = test_begin(), item = {.type = LEAT_ITEM_STATEMENT};
    item.statement = (struct leat_statement){.kind = kind, .sql = text, .sql_size = strlen(text), .database = test_text("shop"),
                                             .time = 1700000000, .pos = 150, .end_pos = 250, .number = 1};
    must(sql, &begin);
    return give(sql, &item);
}

START_TEST(statements_are_made_again_and_those_about_tables_cannot_be_undone)
{
    static const struct leat_format_options undo = {.name = "test", .undo = true};
    struct sql sql;
    open_sql(&sql, NULL);
    ck_assert_msg(give_statement(&sql, LEAT_STATEMENT_DROP_TABLE, "DROP TABLE cart") == LEAT_OK, "%s", sql.err.message);
    check_has(&sql, "USE `shop`;\n");
    check_has(&sql, "DROP TABLE cart\n;");
    close_sql(&sql);
    open_sql(&sql, &undo);
    ck_assert_int_eq(give_statement(&sql, LEAT_STATEMENT_DROP_TABLE, "DROP TABLE cart"), LEAT_FAIL);
    ck_assert_msg(strstr(sql.err.message, "it can't be taken back: \"DROP TABLE cart\"") != NULL, "%s", sql.err.message);
    ck_assert_msg(strstr(sql.err.cure, "250") != NULL && strstr(sql.err.cure, "150") != NULL, "%s", sql.err.cure);
    close_sql(&sql);
    open_sql(&sql, &undo);
    ck_assert_int_eq(give_statement(&sql, LEAT_STATEMENT_ACCOUNT, "CREATE USER u"), LEAT_OK); /* of no table */
    ck_assert_uint_eq(sql.text.size, 0);
    close_sql(&sql);
}
END_TEST

START_TEST(what_is_missing_or_not_decoded_stops)
{
    struct sql sql;
    struct leat_item opaque = {.type = LEAT_ITEM_OPAQUE}, gap = {.type = LEAT_ITEM_GAP};
    open_sql(&sql, NULL);
    opaque.opaque = (struct leat_opaque){.begin = {.place = {"b.000001", 77}}, .reason = test_text("a new type")};
    ck_assert_int_eq(give(&sql, &opaque), LEAT_FAIL);
    ck_assert_msg(strstr(sql.err.message, "undecoded transaction at b.000001:77: a new type") != NULL, "%s", sql.err.message);
    gap.gap.place = (struct leat_place){"b.000002", 4};
    ck_assert_int_eq(give(&sql, &gap), LEAT_FAIL);
    ck_assert_msg(strstr(sql.err.message, "changes are missing at b.000002:4: no reason told") != NULL, "%s", sql.err.message);
    close_sql(&sql);
}
END_TEST

START_TEST(columns_that_the_server_computes_are_left_to_it)
{
    static const char *const names[] = {"sh*.cart.NAME"}, *const wrong[] = {"cart.name"};
    const struct leat_format_options options = {.name = "test", .generated = names, .generated_count = 1};
    check_cart(&options, LEAT_OP_INSERT, NULL, "x", "INSERT INTO `shop`.`cart` (`id`) VALUES (1);\n");
    const struct leat_format_options bad = {.name = "test", .generated = wrong, .generated_count = 1};
    struct leat_format *format = NULL;
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    const struct leat_format_out out = {NULL, &buf, take};
    ck_assert_int_eq(leat_format_new(&format, "sql", &bad, NULL, &out, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "it has no dot") != NULL, "%s", err.message);
}
END_TEST

/* ---- Partial updates of documents ---- */

/* id INT PRIMARY KEY, doc JSON; `before` has the document, or leaves it out. */
static void check_partial(const struct leat_format_options *options, bool told, const char *expected)
{
    static const uint8_t id_alone[] = {1}, doc_alone[] = {2}, both[] = {3};
    struct test_table described;
    struct leat_buf images = {0};
    struct sql sql;
    test_table_begin(&described, "shop", "docs");
    test_column(&described, "id", LEAT_TYPE_LONG, 0);
    test_column(&described, "doc", LEAT_TYPE_JSON, 4);
    test_key(&described, 0);
    struct leat_table *table = test_table_end(&described);
    leat_buf_put(&images, "\0\7\0\0\0", 5); /* 7 */
    if (told)
        leat_buf_put(&images, "\15\0\0\0\0\1\0\14\0\13\0\1\0\5\1\0a", 17); /* {"a": 1} */
    leat_buf_put(&images, "\1\1\0", 3); /* options, which are differences, which are NULL */
    if (told)
        leat_buf_put(&images, "\7\0\0\0", 4);
    leat_buf_put(&images, "\23\0\0\0\0\3$.a\3\5\2\0\1\3$.b\4\14\2'x", 23); /* replace $.a by 2, insert $.b: "'x" */
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_UPDATE, 1, &images);
    rows.rows.flags = LEAT_ROWS_PARTIAL_JSON;
    rows.rows.before_present = told ? both : id_alone;
    rows.rows.after_present = told ? both : doc_alone;
    open_sql(&sql, options);
    must(&sql, &begin);
    must(&sql, &rows);
    check_has(&sql, expected);
    close_sql(&sql);
    leat_table_release(&table);
    leat_buf_free(&images);
}

/* Taken back, it is the document before. */
START_TEST(changes_to_documents_are_calls_of_the_servers_functions)
{
    static const struct leat_format_options check = {.name = "test", .check = true}, undo = {.name = "test", .undo = true, .check = true};
    static const char call[] = "SET `doc` = JSON_INSERT(JSON_REPLACE(`doc`, '$.a', CAST('2' AS JSON)), '$.b', CAST('\"\\'x\"' AS JSON)) WHERE `id` = 7";
    check_partial(NULL, true, call);
    check_partial(NULL, false, call);

    check_partial(&check, true, "; DO IF(ROW_COUNT() = 1, 1, (SELECT 1 UNION SELECT 2));\n");
    check_partial(&undo, true, "UPDATE `shop`.`docs` SET `doc` = '{\"a\": 1}' WHERE `id` = 7; DO IF(");
}
END_TEST

static Suite *sql_suite(void)
{
    Suite *suite = suite_create("sql");
    LEAT_TEST_ADD(suite, changes_are_statements_by_the_primary_key);
    LEAT_TEST_ADD(suite, a_transaction_is_one_and_says_where_it_is_from);
    LEAT_TEST_ADD(suite, undo_is_the_opposite);
    LEAT_TEST_ADD(suite, statements_are_made_again_and_those_about_tables_cannot_be_undone);
    LEAT_TEST_ADD(suite, what_is_missing_or_not_decoded_stops);
    LEAT_TEST_ADD(suite, columns_that_the_server_computes_are_left_to_it);
    LEAT_TEST_ADD(suite, changes_to_documents_are_calls_of_the_servers_functions);
    return suite;
}

LEAT_TEST_MAIN(sql_suite)
