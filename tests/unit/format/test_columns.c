/* What a sink sees of columns: rules, definitions and rows, shown as lines of the format "leat". */
#include "filter/columns.h"

#include "lines.h"

static struct leat_error err;

enum { RULES_MAX = 8 };

/* "pattern: what" texts. */
static int read_rules(struct leat_columns **columns, const char *const *texts, const char *key)
{
    struct leat_pair list[RULES_MAX];
    char copies[RULES_MAX][160];
    struct leat_pairs pairs = {list, 0};
    for (; texts[pairs.count]; pairs.count++) {
        char *copy = copies[pairs.count];
        snprintf(copy, sizeof copies[0], "%s", texts[pairs.count]);
        char *colon = strstr(copy, ": ");
        *colon = 0;
        list[pairs.count] = (struct leat_pair){copy, colon + 2};
    }
    err = (struct leat_error){0};
    return leat_columns_new(columns, &pairs, key, strlen(key), &err);
}

static struct leat_columns *columns_of(const char *const *texts)
{
    struct leat_columns *columns = NULL;
    ck_assert_msg(read_rules(&columns, texts, "secret") == LEAT_OK, "%s", err.message);
    return columns;
}

/* id INT key, email VARCHAR(40) utf8mb4, card CHAR(20) latin1, age TINY, doc JSON, note TEXT utf8mb4 */
static struct leat_table *customer(void)
{
    struct test_table table;
    test_table_begin(&table, "shop", "customer");
    test_column(&table, "id", LEAT_TYPE_LONG, 0);
    test_string(&table, "Email", LEAT_TYPE_VARCHAR, 160, UTF8MB4);
    test_string(&table, "card", LEAT_TYPE_STRING, LEAT_TYPE_STRING << 8 | 20, LATIN1)->length_max = 20;
    test_column(&table, "age", LEAT_TYPE_TINY, 0);
    test_column(&table, "doc", LEAT_TYPE_JSON, 4);
    test_string(&table, "note", LEAT_TYPE_BLOB, 2, UTF8MB4);
    test_key(&table, 0);
    return test_table_end(&table);
}

static void put_short(struct leat_buf *images, const char *text)
{
    leat_buf_u8(images, (uint8_t)strlen(text));
    leat_buf_puts(images, text);
}

/* doc is {"a": 1}; a note of NULL is NULL. */
static void put_image(struct leat_buf *images, uint32_t id, const char *email, const char *card, const char *note)
{
    leat_buf_u8(images, note ? 0 : 32);
    leat_buf_u32(images, id);
    put_short(images, email);
    put_short(images, card);
    leat_buf_u8(images, 0xFB); /* -5 */
    leat_buf_u32(images, 13);
    leat_buf_put(images, "\0\1\0\14\0\13\0\1\0\5\1\0a", 13);
    if (note) {
        leat_buf_u16(images, (uint16_t)strlen(note));
        leat_buf_puts(images, note);
    }
}

/* The line of the item behind its `"key"`, or of what the columns make of it. */
static void check_line(struct leat_columns *columns, const struct leat_item *item, const char *expected)
{
    struct test_sink sink;
    const struct leat_item *seen = NULL;
    ck_assert_msg(leat_columns_item(columns, item, &seen, &err) == LEAT_OK, "%s", err.message);
    ck_assert_ptr_nonnull(seen);
    test_sink_open(&sink, false, NULL);
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID);
    test_must(&sink, &begin);
    test_must(&sink, seen);
    test_must(&sink, &end);
    const char *line = test_lines(&sink), *from = strstr(line, "\"n\":1,");
    ck_assert_ptr_nonnull(from);
    ck_assert_str_eq(from + 6, expected);
    test_sink_close(&sink);
}

static void check_insert(const char *const *rules, const char *expected)
{
    struct leat_columns *columns = columns_of(rules);
    struct leat_table *table = customer();
    struct leat_buf images = {0};
    put_image(&images, 7, "ann@x.org", "4111\xE9" "1234", "h\xC3\xA9llo");
    struct leat_item item = test_rows(table, LEAT_OP_INSERT, 1, &images);
    check_line(columns, &item, expected);
    check_line(columns, &item, expected); /* out of the cache */
    leat_buf_free(&images);
    leat_table_release(&table);
    leat_columns_free(&columns);
}

#define RULES(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(a_table_without_rules_comes_as_it_is)
{
    struct leat_columns *columns = columns_of(RULES("shop.other.*: exclude"));
    struct leat_table *table = customer();
    struct leat_buf images = {0};
    put_image(&images, 7, "a", "b", NULL);
    struct leat_item item = test_rows(table, LEAT_OP_INSERT, 1, &images);
    const struct leat_item *seen;
    ck_assert_int_eq(leat_columns_item(columns, &item, &seen, &err), LEAT_OK);
    ck_assert_ptr_eq(seen, &item);
    leat_buf_free(&images);
    leat_table_release(&table);
    leat_columns_free(&columns);
}
END_TEST

START_TEST(columns_are_left_out_and_renamed)
{
    check_insert(RULES("shop.customer.email: exclude", "shop.customer.doc: exclude", "*.*.card: exclude", "shop.cust*.n?te: rename remark"),
                 "\"key\":{\"id\":7},\"after\":{\"id\":7,\"age\":-5,\"remark\":\"h\xC3\xA9llo\"},\"last\":true}\n");
    check_insert(RULES("shop.customer.id: include, rename number", "shop.*.AGE: include"),
                 "\"key\":{\"number\":7},\"after\":{\"number\":7,\"age\":-5},\"last\":true}\n");
}
END_TEST

START_TEST(values_are_masked)
{
    check_insert(RULES("shop.customer.email: hash", "shop.customer.id: hash", "shop.customer.card: last 4", "shop.customer.age: redact",
                       "shop.customer.doc: redact", "shop.customer.note: truncate: 2, rename start"),
                 "\"key\":{\"id\":\"074d7db5790cd48f87f3735d285a3f4c758ddf00d8992d920629ca532564f7f7\"},"
                 "\"after\":{\"id\":\"074d7db5790cd48f87f3735d285a3f4c758ddf00d8992d920629ca532564f7f7\","
                 "\"Email\":\"49af695248c05b5f1e66c45c73ea65c50e81dfcedb056a9d75b197ec0f1e00db\",\"card\":\"*****1234\","
                 "\"age\":\"***\",\"doc\":\"***\",\"start\":\"h\xC3\xA9\"},\"last\":true}\n");
    check_insert(RULES("shop.customer.*: include", "shop.customer.Email: last 0", "shop.customer.card: truncate 99", "shop.customer.note: last 99",
                       "shop.customer.doc: exclude"),
                 "\"key\":{\"id\":7},\"after\":{\"id\":7,\"Email\":\"*********\",\"card\":\"4111\xC3\xA9" "1234\",\"age\":-5,"
                 "\"note\":\"h\xC3\xA9llo\"},\"last\":true}\n");
}
END_TEST

START_TEST(updates_have_both_images_and_null_stays_null)
{
    struct leat_columns *columns = columns_of(RULES("shop.customer.note: hash", "shop.customer.doc: exclude", "shop.customer.email: exclude"));
    struct leat_table *table = customer();
    struct leat_buf images = {0};
    put_image(&images, 7, "a", "b", NULL);
    put_image(&images, 7, "c", "d", NULL);
    struct leat_item item = test_rows(table, LEAT_OP_UPDATE, 1, &images);
    check_line(columns, &item, "\"key\":{\"id\":7},\"before\":{\"id\":7,\"card\":\"b\",\"age\":-5,\"note\":null},"
                               "\"after\":{\"id\":7,\"card\":\"d\",\"age\":-5,\"note\":null},\"last\":true}\n");
    leat_buf_free(&images);
    leat_table_release(&table);
    leat_columns_free(&columns);
}
END_TEST

START_TEST(what_an_image_leaves_out_stays_out)
{
    struct leat_columns *columns = columns_of(RULES("shop.customer.email: exclude", "shop.customer.age: redact"));
    struct leat_table *table = customer();
    static const uint8_t id_and_email = 3, age = 8;
    struct leat_buf images = {0};
    leat_buf_u8(&images, 0);
    leat_buf_u32(&images, 7);
    put_short(&images, "a");
    leat_buf_u8(&images, 0);
    leat_buf_u8(&images, 9);
    struct leat_item item = test_rows(table, LEAT_OP_UPDATE, 1, &images);
    item.rows.before_present = &id_and_email;
    item.rows.after_present = &age;
    check_line(columns, &item, "\"key\":{\"id\":7},\"before\":{\"id\":7},\"after\":{\"age\":\"***\"},\"last\":true}\n");
    leat_buf_free(&images);
    leat_table_release(&table);
    leat_columns_free(&columns);
}
END_TEST

/* $.a becomes 2: doc is a document before, and a change to it after. */
START_TEST(changes_to_documents_stay_changes)
{
    struct leat_table *table = customer();
    struct leat_buf images = {0};
    put_image(&images, 7, "a", "b", NULL);
    leat_buf_put(&images, "\1\1", 2); /* partial JSON; of the first JSON column */
    leat_buf_u8(&images, 32);
    leat_buf_u32(&images, 7);
    put_short(&images, "a");
    put_short(&images, "c");
    leat_buf_u8(&images, 0xFB);
    leat_buf_u32(&images, 9);
    leat_buf_put(&images, "\0\3$.a\3\5\2\0", 9); /* replace, path, value */
    struct leat_item item = test_rows(table, LEAT_OP_UPDATE, 1, &images);
    item.rows.flags = LEAT_ROWS_PARTIAL_JSON;
    struct leat_columns *columns = columns_of(RULES("shop.customer.email: exclude", "shop.customer.age: exclude"));
    check_line(columns, &item, "\"key\":{\"id\":7},\"before\":{\"id\":7,\"card\":\"b\",\"doc\":{\"a\": 1},\"note\":null},"
                               "\"after\":{\"id\":7,\"card\":\"c\",\"doc\":{\"a\": 2},\"note\":null},\"last\":true}\n");
    leat_columns_free(&columns);
    columns = columns_of(RULES("shop.customer.doc: redact"));
    check_line(columns, &item, "\"key\":{\"id\":7},\"before\":{\"id\":7,\"Email\":\"a\",\"card\":\"b\",\"age\":-5,\"doc\":\"***\",\"note\":null},"
                               "\"after\":{\"id\":7,\"Email\":\"a\",\"card\":\"c\",\"age\":-5,\"doc\":\"***\",\"note\":null},\"last\":true}\n");
    leat_columns_free(&columns);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

static void check_unfit(const char *const *rules, const char *message)
{
    struct leat_columns *columns = columns_of(rules);
    struct leat_table *table = customer();
    struct leat_buf images = {0};
    put_image(&images, 7, "a", "b", NULL);
    struct leat_item item = test_rows(table, LEAT_OP_INSERT, 1, &images);
    const struct leat_item *seen;
    ck_assert_int_eq(leat_columns_item(columns, &item, &seen, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONFIG);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    leat_buf_free(&images);
    leat_table_release(&table);
    leat_columns_free(&columns);
}

START_TEST(rules_that_do_not_fit_a_table_stop)
{
    check_unfit(RULES("shop.customer.emial: hash"), "there is no column as \"shop.customer.emial\" says");
    check_unfit(RULES("shop.customer.id: exclude"), "\"id\" is part of the primary key");
    check_unfit(RULES("shop.customer.id: redact"), "\"id\" is part of the primary key");
    check_unfit(RULES("shop.customer.note: include"), "\"id\" is part of the primary key");
    check_unfit(RULES("shop.customer.age: last 4"), "\"age\" isn't text");
    check_unfit(RULES("shop.customer.doc: hash"), "\"doc\" is JSON");
    check_unfit(RULES("shop.customer.card: rename EMAIL"), "would be the name of two columns");
}
END_TEST

static void check_bad(const char *rule, const char *message)
{
    struct leat_columns *columns = NULL;
    ck_assert_int_eq(read_rules(&columns, RULES(rule), ""), LEAT_FAIL);
    ck_assert_ptr_null(columns);
    ck_assert_int_eq(err.code, LEAT_E_CONFIG);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
}

START_TEST(rules_that_are_none_are_refused)
{
    check_bad("shop.customer: exclude", "it doesn't have two dots");
    check_bad("a.b.c.d: exclude", "it has more than two dots");
    check_bad("a.b.c: remove", "nothing that can be done");
    check_bad("a.b.c: exclude, hash", "can't be shown otherwise");
    check_bad("a.b.c: hash, redact", "two masks");
    check_bad("a.b.c: rename x, rename y", "two names");
    check_bad("a.b.c: rename", "needs a name");
    check_bad("a.b.c: last", "a number of characters must follow");
    check_bad("a.b.c: last -1", "a number of characters must follow");
    check_bad("a.b.c: truncate 70000", "a number of characters must follow");
    check_bad("a.b.c: redact 4", "something follows");
    check_bad("a.b.c: lastly 4", "nothing that can be done");
    check_bad("a.b.c: hash", "needs a key");
}
END_TEST

START_TEST(texts_of_statements_are_kept_back_where_something_is_hidden)
{
    static const char *const rules[] = {"*.*.x: rename y", "*.*.x: hash"};
    for (int i = 0; i < 2; i++) {
        struct leat_columns *columns = columns_of(RULES(rules[i]));
        struct leat_item query = {.type = LEAT_ITEM_ROWS_QUERY, .rows_query = {"insert", 6}};
        const struct leat_item *seen = NULL;
        ck_assert_int_eq(leat_columns_item(columns, &query, &seen, &err), LEAT_OK);
        ck_assert_ptr_eq(seen, i == 0 ? &query : NULL);
        leat_columns_free(&columns);
    }
}
END_TEST

START_TEST(definitions_and_their_keys_follow)
{
    static const struct leat_key_part by_card = {2, 4}, by_email = {1, 0}, by_note = {5, 0};
    static const struct leat_index indexes[] = {{{"by_card", 7}, LEAT_INDEX_UNIQUE, 1, &by_card},
                                                {{"by_email", 8}, 0, 1, &by_email},
                                                {{"by_note", 7}, 0, 1, &by_note}};
    struct leat_table *plain = customer(), *table;
    struct leat_table_view view = *leat_table_view(plain);
    view.flags |= LEAT_TABLE_DEFINED;
    view.index_count = 3;
    view.indexes = indexes;
    table = leat_table_new(&view);
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION};
    item.definition = (struct leat_definition){.how = LEAT_DEFINITION_READ, .database = view.database, .name = view.name, .table = table};
    struct leat_columns *columns = columns_of(RULES("shop.customer.age: exclude", "shop.customer.email: redact", "shop.customer.note: hash"));
    const struct leat_item *seen;
    ck_assert_msg(leat_columns_item(columns, &item, &seen, &err) == LEAT_OK, "%s", err.message);
    const struct leat_table_view *got = leat_table_view(seen->definition.table);
    ck_assert_uint_eq(got->column_count, 5);
    ck_assert_uint_eq(got->index_count, 2); /* equal values of Email don't tell rows apart any more */
    ck_assert_str_eq(got->indexes[0].name.bytes, "by_card");
    ck_assert_uint_eq(got->indexes[0].parts[0].column, 2);
    ck_assert_uint_eq(got->indexes[0].parts[0].prefix, 4);
    ck_assert_str_eq(got->indexes[1].name.bytes, "by_note");
    ck_assert_uint_eq(got->indexes[1].parts[0].column, 4);
    ck_assert_str_eq(got->columns[1].type_text.bytes, "varchar(3)");
    ck_assert_str_eq(got->columns[4].type_text.bytes, "varchar(64)");
    leat_columns_free(&columns);
    leat_table_release(&table);
    leat_table_release(&plain);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("columns");
    LEAT_TEST_ADD(made, a_table_without_rules_comes_as_it_is);
    LEAT_TEST_ADD(made, columns_are_left_out_and_renamed);
    LEAT_TEST_ADD(made, values_are_masked);
    LEAT_TEST_ADD(made, updates_have_both_images_and_null_stays_null);
    LEAT_TEST_ADD(made, what_an_image_leaves_out_stays_out);
    LEAT_TEST_ADD(made, changes_to_documents_stay_changes);
    LEAT_TEST_ADD(made, rules_that_do_not_fit_a_table_stop);
    LEAT_TEST_ADD(made, rules_that_are_none_are_refused);
    LEAT_TEST_ADD(made, texts_of_statements_are_kept_back_where_something_is_hidden);
    LEAT_TEST_ADD(made, definitions_and_their_keys_follow);
    return made;
}

LEAT_TEST_MAIN(suite)
