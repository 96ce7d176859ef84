/* The format "canal": what its messages are made of, by setting and by kind of statement. How values look is compared with Canal's own
 * output in tests/live/test_format_maxwell_canal.py. */
#include "binlog/documents.h"
#include "format/peers.h"

#define HEAD  "\"database\":\"shop\",\"es\":1700000000000,\"gtid\":\"0-1-7\",\"id\":100,\"isDdl\":false,\"mysqlType\":{\"id\":\"int\",\"name\":\"varchar(20)\"},\"old\":"
#define TAIL  ",\"pkNames\":[\"id\"],\"sql\":\"\",\"sqlType\":{\"id\":4,\"name\":12},\"table\":\"cart\",\"ts\":1700000000123,\"type\":"

static const char *changes(struct peer *peer, const char *const *settings, enum leat_op op, uint32_t count, const struct leat_buf *images)
{
    struct leat_table *table = test_cart("cart");
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID), rows = test_rows(table, op, count, images);
    ck_assert_msg(peer_open(peer, "canal", settings) == LEAT_OK, "%s", peer->err.message);
    peer_must(peer, &begin);
    peer_must(peer, &rows);
    peer_must(peer, &end);
    leat_table_release(&table);
    return peer_text(peer);
}

START_TEST(rows_of_an_event_come_in_one_message)
{
    struct peer peer;
    struct leat_buf images = {0};
    test_cart_image(&images, 1, "a");
    test_cart_image(&images, 2, NULL);
    ck_assert_str_eq(changes(&peer, NULL, LEAT_OP_INSERT, 2, &images),
                     "- {\"data\":[{\"id\":\"1\",\"name\":\"a\"},{\"id\":\"2\",\"name\":null}]," HEAD "null" TAIL "\"INSERT\"} LAST\n");
    peer_close(&peer);
    ck_assert_str_eq(changes(&peer, (const char *const[]){"rows_per_message=1", NULL}, LEAT_OP_DELETE, 2, &images),
                     "- {\"data\":[{\"id\":\"1\",\"name\":\"a\"}]," HEAD "null" TAIL "\"DELETE\"}\n"
                     "- {\"data\":[{\"id\":\"2\",\"name\":null}]," HEAD "null" TAIL "\"DELETE\"} LAST\n");
    peer_close(&peer);
    leat_buf_free(&images);
}
END_TEST

START_TEST(updates_tell_what_changed_row_by_row)
{
    struct peer peer;
    struct leat_buf images = {0};
    test_cart_image(&images, 1, "a");
    test_cart_image(&images, 1, NULL);
    test_cart_image(&images, 2, "b");
    test_cart_image(&images, 3, "b");
    ck_assert_str_eq(changes(&peer, NULL, LEAT_OP_UPDATE, 2, &images),
                     "- {\"data\":[{\"id\":\"1\",\"name\":null},{\"id\":\"3\",\"name\":\"b\"}]," HEAD "[{\"name\":\"a\"},{\"id\":\"2\"}]" TAIL
                     "\"UPDATE\"} LAST\n");
    peer_close(&peer);
    leat_buf_free(&images);
}
END_TEST

/* One row of one column. */
static const char *one(struct peer *peer, const char *const *settings, struct test_table *described, const void *bytes, size_t size)
{
    struct leat_table *table = test_table_end(described);
    struct leat_buf image = {0};
    leat_buf_u8(&image, 0);
    leat_buf_put(&image, bytes, size);
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID), rows = test_rows(table, LEAT_OP_INSERT, 1, &image);
    ck_assert_int_eq(peer_open(peer, "canal", settings), LEAT_OK);
    peer_must(peer, &begin);
    peer_must(peer, &rows);
    peer_must(peer, &end);
    leat_buf_free(&image);
    leat_table_release(&table);
    return peer_text(peer);
}

START_TEST(unsigned_numbers_beyond_the_signed_ones_have_the_next_type)
{
    static const struct { enum leat_type type; unsigned size; const char *narrow, *wide; } cases[] = {
        {LEAT_TYPE_TINY, 1, "-6", "5"}, {LEAT_TYPE_SHORT, 2, "5", "4"}, {LEAT_TYPE_INT24, 3, "4", "4"}, {LEAT_TYPE_LONG, 4, "4", "-5"},
        {LEAT_TYPE_LONGLONG, 8, "-5", "3"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned wide = 0; wide < 2; wide++) {
            struct test_table table;
            struct peer peer;
            char wanted[64];
            test_table_begin(&table, "shop", "n");
            test_column(&table, "u", cases[i].type, 0)->flags |= LEAT_COLUMN_UNSIGNED;
            const char *text = one(&peer, NULL, &table, wide ? "\xff\xff\xff\xff\xff\xff\xff\xff" : "\x7f\0\0\0\0\0\0\0", cases[i].size);
            snprintf(wanted, sizeof wanted, "\"sqlType\":{\"u\":%s}", wide ? cases[i].wide : cases[i].narrow);
            ck_assert_msg(strstr(text, wanted) != NULL, "%s: %s", wanted, text);
            peer_close(&peer);
        }
    }
}
END_TEST

START_TEST(members_are_numbers_or_texts)
{
    static const struct leat_text members[] = {{"a", 1}, {"b\"", 2}, {"c", 1}};
    struct test_table table;
    struct peer peer;
    for (unsigned text = 0; text < 2; text++) {
        const char *const settings[] = {text ? "enum_text=true" : "enum_text=false", NULL};
        test_table_begin(&table, "shop", "m");
        struct leat_column *column = test_column(&table, "e", LEAT_TYPE_ENUM, 0xF701);
        column->members = members;
        column->member_count = 3;
        ck_assert_ptr_nonnull(strstr(one(&peer, settings, &table, "\2", 1), text ? "{\"e\":\"b\\\"\"}" : "{\"e\":\"2\"}"));
        peer_close(&peer);
        test_table_begin(&table, "shop", "m");
        column = test_column(&table, "s", LEAT_TYPE_SET, 0xF801);
        column->members = members;
        column->member_count = 3;
        ck_assert_ptr_nonnull(strstr(one(&peer, settings, &table, "\7", 1), text ? "{\"s\":\"a,b\\\",c\"}" : "{\"s\":\"7\"}"));
        peer_close(&peer);
    }
}
END_TEST

START_TEST(bytes_that_are_not_text_are_told_within_a_string)
{
    struct test_table table;
    struct peer peer;
    test_table_begin(&table, "shop", "t");
    test_string(&table, "v", LEAT_TYPE_VARCHAR, 40, UTF8MB4);
    ck_assert_ptr_nonnull(strstr(one(&peer, NULL, &table, "\1\xff", 2), "{\"v\":\"{\\\"charset\\\":\\\"utf8mb4\\\",\\\"base64\\\":\\\"/w==\\\"}\"}"));
    peer_close(&peer);
    test_table_begin(&table, "shop", "t");
    test_string(&table, "v", LEAT_TYPE_VARCHAR, 40, 63);
    ck_assert_ptr_nonnull(strstr(one(&peer, NULL, &table, "\4\0\"\xe9\n", 5), "{\"v\":\"\\u0000\\\"é\\n\"}"));
    peer_close(&peer);
}
END_TEST

static const char *statement(struct peer *peer, enum leat_statement_kind kind, const char *sql)
{
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_STATEMENT), item = {.type = LEAT_ITEM_STATEMENT};
    item.statement = (struct leat_statement){.kind = kind, .sql = sql, .sql_size = strlen(sql), .time = 1700000000, .pos = 150,
                                             .database = test_text("shop"), .table = test_text("cart")};
    ck_assert_int_eq(peer_open(peer, "canal", NULL), LEAT_OK);
    peer_must(peer, &begin);
    peer_must(peer, &item);
    peer_must(peer, &end);
    return peer_text(peer);
}

START_TEST(statements_have_canals_types)
{
    static const struct { enum leat_statement_kind kind; const char *sql, *type; } cases[] = {
        {LEAT_STATEMENT_CREATE_TABLE, "CREATE TABLE cart (a INT)", "CREATE"}, {LEAT_STATEMENT_ALTER_TABLE, "ALTER TABLE cart ENGINE=InnoDB", "ALTER"},
        {LEAT_STATEMENT_DROP_TABLE, "DROP TABLE cart", "ERASE"}, {LEAT_STATEMENT_TRUNCATE_TABLE, "TRUNCATE cart", "TRUNCATE"},
        {LEAT_STATEMENT_RENAME_TABLE, "RENAME TABLE cart TO b", "RENAME"}, {LEAT_STATEMENT_CREATE_INDEX, "CREATE INDEX i ON cart (a)", "CINDEX"},
        {LEAT_STATEMENT_DROP_INDEX, "DROP INDEX i ON cart", "DINDEX"}, {LEAT_STATEMENT_CREATE_DATABASE, "CREATE DATABASE shop", "QUERY"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer peer;
        char wanted[512];
        snprintf(wanted, sizeof wanted,
                 "- {\"data\":null,\"database\":\"shop\",\"es\":1700000000000,\"gtid\":\"0-1-7\",\"id\":100,\"isDdl\":true,\"mysqlType\":null,\"old\":null,"
                 "\"pkNames\":null,\"sql\":\"%s\",\"sqlType\":null,\"table\":\"cart\",\"ts\":1700000000123,\"type\":\"%s\"} LAST\n",
                 cases[i].sql, cases[i].type);
        ck_assert_str_eq(statement(&peer, cases[i].kind, cases[i].sql), wanted);
        peer_close(&peer);
    }
    struct peer peer;
    ck_assert_ptr_nonnull(strstr(statement(&peer, LEAT_STATEMENT_DML, " update cart set a = 1"), "\"isDdl\":false"));
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"type\":\"UPDATE\""));
    peer_close(&peer);
    ck_assert_str_eq(statement(&peer, LEAT_STATEMENT_ACCOUNT, "GRANT ALL ON *.* TO a"), "");
    peer_close(&peer);
}
END_TEST

START_TEST(changes_behind_a_savepoint_wait)
{
    struct peer peer;
    struct leat_table *table = test_cart("cart");
    struct leat_buf image = {0};
    test_cart_image(&image, 1, "a");
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID), rows = test_rows(table, LEAT_OP_INSERT, 1, &image);
    struct leat_item savepoint = {.type = LEAT_ITEM_SAVEPOINT}, back = {.type = LEAT_ITEM_SAVEPOINT, .savepoint = {.rollback = true, .keeps = 2}};
    ck_assert_int_eq(peer_open(&peer, "canal", NULL), LEAT_OK);
    peer_must(&peer, &begin);
    peer_must(&peer, &rows);
    peer_must(&peer, &rows);
    peer_must(&peer, &savepoint);
    peer_must(&peer, &rows);
    peer_must(&peer, &rows);
    peer_must(&peer, &back);
    peer_must(&peer, &end);
    ck_assert_uint_eq(peer.messages, 2);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "LAST"));
    leat_buf_free(&image);
    leat_table_release(&table);
    peer_close(&peer);
}
END_TEST

/* id INT PRIMARY KEY, j JSON: an update whose after image is changes. */
static int partial(struct peer *peer, const char *format, uint8_t before, const struct leat_buf *images)
{
    static const uint8_t after = 3;
    struct test_table described;
    test_table_begin(&described, "shop", "docs");
    test_column(&described, "id", LEAT_TYPE_LONG, 0);
    test_column(&described, "j", LEAT_TYPE_JSON, 4);
    test_key(&described, 0);
    struct leat_table *table = test_table_end(&described);
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID), rows = test_rows(table, LEAT_OP_UPDATE, 1, images);
    rows.rows.flags = LEAT_ROWS_PARTIAL_JSON;
    rows.rows.before_present = &before;
    rows.rows.after_present = &after;
    ck_assert_int_eq(peer_open(peer, format, NULL), LEAT_OK);
    peer_must(peer, &begin);
    int result = peer_give(peer, &rows);
    if (result == LEAT_OK)
        peer_must(peer, &end);
    leat_table_release(&table);
    return result;
}

static void put_sized(struct leat_buf *images, struct leat_buf *value)
{
    leat_buf_u32(images, (uint32_t)value->size);
    leat_buf_put(images, value->data, value->size);
    leat_buf_free(value);
}

/* The before image with the document or without, then changes to it. */
static void put_partial(struct leat_buf *images, bool known)
{
    struct leat_buf document = document_of("{\"a\": 1, \"b\": [1, 2]}"), diffs = {0};
    leat_buf_u8(images, 0);
    leat_buf_u32(images, 7);
    if (known)
        put_sized(images, &document);
    else
        leat_buf_free(&document);
    leat_buf_u8(images, 1); /* changes are there */
    leat_buf_u8(images, 1); /* of the first JSON column */
    leat_buf_u8(images, 0);
    leat_buf_u32(images, 7);
    document_change(&diffs, 0, "$.a", "2");
    put_sized(images, &diffs);
}

START_TEST(partial_documents_are_put_together)
{
    struct peer peer;
    struct leat_buf images = {0};
    put_partial(&images, true);
    ck_assert_int_eq(partial(&peer, "canal", 3, &images), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"data\":[{\"id\":\"7\",\"j\":\"{\\\"a\\\": 2, \\\"b\\\": [1, 2]}\"}]"));
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"old\":[{\"j\":\"{\\\"a\\\": 1, \\\"b\\\": [1, 2]}\"}]"));
    peer_close(&peer);
    ck_assert_int_eq(partial(&peer, "maxwell", 3, &images), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"data\":{\"id\":7,\"j\":{\"a\":2,\"b\":[1,2]}},\"old\":{\"j\":{\"a\":1,\"b\":[1,2]}}}"));
    peer_close(&peer);
    leat_buf_free(&images);
}
END_TEST

START_TEST(changes_to_unknown_documents_are_told_or_stop)
{
    struct peer peer;
    struct leat_buf images = {0};
    put_partial(&images, false);
    ck_assert_int_ne(partial(&peer, "canal", 1, &images), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(peer.err.message, "before image leaves out"));
    leat_format_reset(peer.format);
    peer_close(&peer);
    ck_assert_int_eq(partial(&peer, "maxwell", 1, &images), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"data\":{\"id\":7},\"json_diff\":{\"j\":[{\"op\":\"replace\",\"path\":\"$.a\",\"value\":2}]}}"));
    peer_close(&peer);
    leat_buf_free(&images);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: canal");
    LEAT_TEST_ADD(all, rows_of_an_event_come_in_one_message);
    LEAT_TEST_ADD(all, updates_tell_what_changed_row_by_row);
    LEAT_TEST_ADD(all, unsigned_numbers_beyond_the_signed_ones_have_the_next_type);
    LEAT_TEST_ADD(all, members_are_numbers_or_texts);
    LEAT_TEST_ADD(all, bytes_that_are_not_text_are_told_within_a_string);
    LEAT_TEST_ADD(all, statements_have_canals_types);
    LEAT_TEST_ADD(all, changes_behind_a_savepoint_wait);
    LEAT_TEST_ADD(all, partial_documents_are_put_together);
    LEAT_TEST_ADD(all, changes_to_unknown_documents_are_told_or_stop);
    return all;
}

LEAT_TEST_MAIN(suite)
