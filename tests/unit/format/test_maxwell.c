/* The format "maxwell": what its messages are made of, by setting and by what happens to a transaction. How values look is compared with
 * Maxwell's own output in tests/live/test_format_maxwell_canal.py. */
#include "format/peers.h"

/* Two inserts, an update of the first and a delete of it, in one transaction. */
static const char *life_of_a_row(struct peer *peer, const char *const *settings)
{
    struct leat_table *table = test_cart("cart");
    struct leat_buf inserts = {0}, update = {0}, delete = {0};
    test_cart_image(&inserts, 1, "a");
    test_cart_image(&inserts, 2, NULL);
    test_cart_image(&update, 1, "a");
    test_cart_image(&update, 1, "b\"");
    test_cart_image(&delete, 1, "b\"");
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID);
    struct leat_item items[] = {test_rows(table, LEAT_OP_INSERT, 2, &inserts), test_rows(table, LEAT_OP_UPDATE, 1, &update),
                                test_rows(table, LEAT_OP_DELETE, 1, &delete)};
    ck_assert_int_eq(peer_open(peer, "maxwell", settings), LEAT_OK);
    peer_must(peer, &begin);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        peer_must(peer, &items[i]);
    peer_must(peer, &end);
    leat_buf_free(&inserts);
    leat_buf_free(&update);
    leat_buf_free(&delete);
    leat_table_release(&table);
    return peer_text(peer);
}

START_TEST(every_message_has_the_xid_and_the_last_says_commit)
{
    struct peer peer;
    ck_assert_str_eq(life_of_a_row(&peer, NULL),
                     "{\"database\":\"shop\",\"table\":\"cart\",\"pk.id\":1} {\"database\":\"shop\",\"table\":\"cart\",\"type\":\"insert\","
                     "\"ts\":1700000000,\"xid\":23396,\"data\":{\"id\":1,\"name\":\"a\"}}\n"
                     "{\"database\":\"shop\",\"table\":\"cart\",\"pk.id\":2} {\"database\":\"shop\",\"table\":\"cart\",\"type\":\"insert\","
                     "\"ts\":1700000000,\"xid\":23396,\"data\":{\"id\":2,\"name\":null}}\n"
                     "{\"database\":\"shop\",\"table\":\"cart\",\"pk.id\":1} {\"database\":\"shop\",\"table\":\"cart\",\"type\":\"update\","
                     "\"ts\":1700000000,\"xid\":23396,\"data\":{\"id\":1,\"name\":\"b\\\"\"},\"old\":{\"name\":\"a\"}}\n"
                     "{\"database\":\"shop\",\"table\":\"cart\",\"pk.id\":1} {\"database\":\"shop\",\"table\":\"cart\",\"type\":\"delete\","
                     "\"ts\":1700000000,\"xid\":23396,\"commit\":true,\"data\":{\"id\":1,\"name\":\"b\\\"\"}} LAST\n");
    peer_close(&peer);
}
END_TEST

START_TEST(settings_add_their_members_in_maxwells_order)
{
    struct peer peer;
    const char *text = life_of_a_row(&peer, (const char *const[]){"output_binlog_position=true", "output_gtid_position=true",
                                                                  "output_server_id=true", "output_xoffset=true", "output_nulls=false",
                                                                  "output_primary_keys=true", "output_primary_key_columns=true", NULL});
    ck_assert_ptr_nonnull(strstr(text, "\"ts\":1700000000,\"xid\":23396,\"xoffset\":1,\"position\":\"b.000001:200\",\"gtid\":\"0-1-7\","
                                       "\"server_id\":1,\"primary_key\":[2],\"primary_key_columns\":[\"id\"],\"data\":{\"id\":2}}\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"xid\":23396,\"commit\":true,\"position\""));
    peer_close(&peer);
    text = life_of_a_row(&peer, (const char *const[]){"output_commit_info=false", "kafka_key_format=array", NULL});
    ck_assert_ptr_nonnull(strstr(text, "[\"shop\",\"cart\",[{\"id\":2}]] {\"database\":\"shop\",\"table\":\"cart\",\"type\":\"insert\","
                                       "\"ts\":1700000000,\"data\":{\"id\":2,\"name\":null}}\n"));
    peer_close(&peer);
}
END_TEST

START_TEST(settings_are_checked)
{
    struct peer peer;
    ck_assert_int_ne(peer_open(&peer, "maxwell", (const char *const[]){"output_xofset=true", NULL}), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(peer.err.message, "output_xofset"));
    ck_assert_int_ne(peer_open(&peer, "maxwell", (const char *const[]){"kafka_key_format=list", NULL}), LEAT_OK);
}
END_TEST

/* A transaction of `count` inserts of 1000 bytes and more. */
static void large_transaction(struct peer *peer, unsigned count)
{
    struct test_table described;
    test_table_begin(&described, "shop", "large");
    test_column(&described, "id", LEAT_TYPE_LONG, 0);
    test_string(&described, "body", LEAT_TYPE_VARCHAR, 4000, UTF8MB4);
    test_key(&described, 0);
    struct leat_table *table = test_table_end(&described);
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_XID);
    peer_must(peer, &begin);
    for (unsigned i = 0; i < count; i++) {
        struct leat_buf image = {0};
        leat_buf_u8(&image, 0);
        leat_buf_u32(&image, i);
        leat_buf_u16(&image, 1000);
        memset(leat_buf_reserve(&image, 1000), 'x', 1000);
        leat_buf_commit(&image, 1000);
        struct leat_item rows = test_rows(table, LEAT_OP_INSERT, 1, &image);
        peer_must(peer, &rows);
        leat_buf_free(&image);
    }
    peer_must(peer, &end);
    leat_table_release(&table);
}

START_TEST(a_transaction_larger_than_its_memory_goes_without_xid)
{
    struct peer peer;
    ck_assert_int_eq(peer_open(&peer, "maxwell", (const char *const[]){"transaction_memory=65536", "output_xoffset=true", NULL}), LEAT_OK);
    large_transaction(&peer, 10);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"xid\":23396,\"xoffset\":8,"));
    leat_buf_clear(&peer.text);
    large_transaction(&peer, 200);
    ck_assert_ptr_null(strstr(peer_text(&peer), "\"xid\""));
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"xoffset\":198,"));
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"commit\":true"));
    ck_assert_uint_eq(peer.messages, 210);
    peer_close(&peer);
}
END_TEST

START_TEST(what_is_rolled_back_while_it_waits_never_comes)
{
    struct peer peer;
    struct leat_table *table = test_cart("cart");
    struct leat_buf one = {0};
    test_cart_image(&one, 1, "a");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &one), end = test_end(LEAT_END_XID);
    struct leat_item back = {.type = LEAT_ITEM_SAVEPOINT, .savepoint = {.rollback = true, .keeps = 1}};
    ck_assert_int_eq(peer_open(&peer, "maxwell", NULL), LEAT_OK);
    peer_must(&peer, &begin);
    for (unsigned i = 0; i < 3; i++)
        peer_must(&peer, &rows);
    peer_must(&peer, &back);
    peer_must(&peer, &end);
    ck_assert_uint_eq(peer.messages, 1);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"commit\":true"));
    leat_buf_free(&one);
    leat_table_release(&table);
    peer_close(&peer);
}
END_TEST

START_TEST(a_rollback_of_what_was_given_stops)
{
    struct peer peer;
    struct leat_table *table = test_cart("cart");
    struct leat_buf one = {0};
    test_cart_image(&one, 1, "a");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &one), end = test_end(LEAT_END_ROLLBACK);
    ck_assert_int_eq(peer_open(&peer, "maxwell", (const char *const[]){"output_commit_info=false", NULL}), LEAT_OK);
    peer_must(&peer, &begin);
    peer_must(&peer, &rows);
    peer_must(&peer, &rows);
    ck_assert_int_ne(peer_give(&peer, &end), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(peer.err.message, "rolled back"));
    leat_format_reset(peer.format);
    leat_buf_free(&one);
    leat_table_release(&table);
    peer_close(&peer);
}
END_TEST

START_TEST(keyless_rows_have_keys_that_are_the_same_each_time)
{
    struct peer peer;
    struct test_table described;
    test_table_begin(&described, "shop", "keyless");
    test_column(&described, "x", LEAT_TYPE_TINY, 0);
    struct leat_table *table = test_table_end(&described);
    struct leat_buf images = {0};
    leat_buf_put(&images, "\0\1\0\1", 4);
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 2, &images), end = test_end(LEAT_END_XID);
    char keys[2][2][80];
    ck_assert_int_eq(peer_open(&peer, "maxwell", NULL), LEAT_OK);
    for (unsigned i = 0; i < 2; i++) {
        leat_buf_clear(&peer.text);
        peer_must(&peer, &begin);
        peer_must(&peer, &rows);
        peer_must(&peer, &end);
        const char *text = peer_text(&peer);
        memcpy(keys[i][0], text, 79);
        memcpy(keys[i][1], strchr(text, '\n') + 1, 79);
    }
    ck_assert_mem_eq(keys[0], keys[1], sizeof keys[0] - 80);
    ck_assert_mem_ne(keys[0][0], keys[0][1], 79);
    ck_assert_mem_eq(keys[0][0], "{\"database\":\"shop\",\"table\":\"keyless\",\"_uuid\":\"", 45);
    leat_buf_free(&images);
    leat_table_release(&table);
    peer_close(&peer);
}
END_TEST

/* An update of (id, name) with images of some columns only. */
static const char *partly(struct peer *peer, uint8_t before, uint8_t after, const struct leat_buf *images)
{
    struct leat_table *table = test_cart("cart");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_UPDATE, 1, images), end = test_end(LEAT_END_XID);
    rows.rows.before_present = &before;
    rows.rows.after_present = &after;
    ck_assert_int_eq(peer_open(peer, "maxwell", NULL), LEAT_OK);
    peer_must(peer, &begin);
    peer_must(peer, &rows);
    peer_must(peer, &end);
    leat_table_release(&table);
    return peer_text(peer);
}

START_TEST(columns_that_only_the_before_image_has_are_data)
{
    struct peer peer;
    struct leat_buf images = {0};
    leat_buf_put(&images, "\0\7\0\0\0", 5); /* id 7 */
    leat_buf_put(&images, "\0\1b", 3);      /* name b */
    const char *text = partly(&peer, 1, 2, &images);
    ck_assert_ptr_nonnull(strstr(text, "\"pk.id\":7}"));
    ck_assert_ptr_nonnull(strstr(text, "\"data\":{\"name\":\"b\",\"id\":7}} LAST"));
    leat_buf_free(&images);
    peer_close(&peer);
}
END_TEST

START_TEST(the_statement_comes_with_its_rows)
{
    struct peer peer;
    struct leat_table *table = test_cart("cart");
    struct leat_buf one = {0};
    test_cart_image(&one, 1, "a");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &one), end = test_end(LEAT_END_XID);
    struct leat_item query = {.type = LEAT_ITEM_ROWS_QUERY, .rows_query = {"INSERT é", 9}};
    ck_assert_int_eq(peer_open(&peer, "maxwell", (const char *const[]){"output_row_query=true", "row_query_max_length=8", NULL}), LEAT_OK);
    peer_must(&peer, &begin);
    peer_must(&peer, &query);
    peer_must(&peer, &rows);
    peer_must(&peer, &end);
    ck_assert_ptr_nonnull(strstr(peer_text(&peer), "\"table\":\"cart\",\"query\":\"INSERT é\",\"type\":\"insert\""));
    leat_buf_free(&one);
    leat_table_release(&table);
    peer_close(&peer);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: maxwell");
    LEAT_TEST_ADD(all, every_message_has_the_xid_and_the_last_says_commit);
    LEAT_TEST_ADD(all, settings_add_their_members_in_maxwells_order);
    LEAT_TEST_ADD(all, settings_are_checked);
    LEAT_TEST_ADD(all, a_transaction_larger_than_its_memory_goes_without_xid);
    LEAT_TEST_ADD(all, what_is_rolled_back_while_it_waits_never_comes);
    LEAT_TEST_ADD(all, a_rollback_of_what_was_given_stops);
    LEAT_TEST_ADD(all, keyless_rows_have_keys_that_are_the_same_each_time);
    LEAT_TEST_ADD(all, columns_that_only_the_before_image_has_are_data);
    LEAT_TEST_ADD(all, the_statement_comes_with_its_rows);
    return all;
}

LEAT_TEST_MAIN(suite)
