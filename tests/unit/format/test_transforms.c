/* The format "debezium": its transforms. What messages look like is held against Debezium itself (tests/data/debezium); here is what it
 * has no recording of: settings that are refused, rows that stop, and choices by table. */
#include "debezium.h"

static void refused(const char *const *settings, const char *said, const char *cure)
{
    struct debezium_sink sink;
    ck_assert_int_eq(debezium_try(&sink, settings), LEAT_FAIL);
    debezium_has(sink.err.message, said);
    debezium_has(sink.err.cure, cure);
    leat_buf_free(&sink.buf);
}

START_TEST(unwrap_settings_that_mean_nothing_are_refused)
{
    refused((const char *const[]){"transforms=unwrp", NULL}, "transforms can't be \"unwrp\"", "unwrap");
    refused((const char *const[]){"transforms=unwrap", "unwrap.add.fields=op,tabel", NULL}, "\"tabel\"", "did you mean table?");
    refused((const char *const[]){"transforms=unwrap", "unwrap.add.headers=source.op", NULL}, "\"source.op\"", ":NAME behind one renames it");
    refused((const char *const[]){"transforms=unwrap", "unwrap.add.fields=op:a,db:a", NULL}, "gives two the name __a", "FIELD:NAME");
    refused((const char *const[]){"transforms=unwrap", "unwrap.add.fields=op:a:b", NULL}, "gives no name", "FIELD:NAME");
    refused((const char *const[]){"transforms=unwrap", "unwrap.replace.null.with.default=true", NULL}, "never was there", "false");
    refused((const char *const[]){"transforms=unwrap", "unwrap.tables=cart", NULL}, "unwrap.tables", "");
    refused((const char *const[]){"transforms=unwrap", "unwrap.delete.tombstone.handling.mode=none", NULL}, "can't be \"none\"", "delete-to-tombstone");
}
END_TEST

START_TEST(a_changed_key_whose_delete_is_dropped_is_a_create)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    test_cart_image(&images, 7, "a");
    test_cart_image(&images, 8, "a");
    debezium_open(&sink, (const char *const[]){"transforms=unwrap", "unwrap.delete.tombstone.handling.mode=drop", "unwrap.add.headers=op", NULL});
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_UPDATE, 1, &images),
                     "change {\"id\":8} {\"id\":8,\"name\":\"a\"} __debezium.oldkey={\"id\":7} __op=c LAST\n");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"transforms=unwrap", "unwrap.add.headers=op", NULL});
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_UPDATE, 1, &images),
                     "tombstone {\"id\":7} - __debezium.newkey={\"id\":8} __op=d\n"
                     "change {\"id\":8} {\"id\":8,\"name\":\"a\"} __debezium.oldkey={\"id\":7} __op=c LAST\n");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(only_tables_that_are_named_are_unwrapped)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *cart = test_cart("cart"), *other = test_cart("other");
    test_cart_image(&images, 7, "a");
    debezium_open(&sink, (const char *const[]){"transforms=unwrap", "unwrap.tables=shop.c*", NULL});
    ck_assert_str_eq(debezium_rows(&sink, cart, LEAT_OP_INSERT, 1, &images), "change {\"id\":7} {\"id\":7,\"name\":\"a\"} LAST\n");
    debezium_has(debezium_rows(&sink, other, LEAT_OP_INSERT, 1, &images), "{\"before\":null,\"after\":{\"id\":7,\"name\":\"a\"}");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&cart);
    leat_table_release(&other);
}
END_TEST

static void stops_at(const char *const *settings, const struct leat_buf *images, const char *said)
{
    struct debezium_sink sink;
    struct leat_table *table = test_cart("cart");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, images);
    debezium_open(&sink, settings);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, said);
    leat_table_release(&table);
    debezium_close(&sink);
}

START_TEST(rows_that_can_not_be_unwrapped_as_asked_stop)
{
    struct leat_buf images = {0};
    test_cart_image(&images, 7, "a");
    stops_at((const char *const[]){"transforms=unwrap", "unwrap.route.by.field=id", NULL}, &images, "shop.cart.id at b.000001:200 row 0");
    stops_at((const char *const[]){"transforms=unwrap", "unwrap.route.by.field=topic", NULL}, &images, "has no column \"topic\"");
    stops_at((const char *const[]){"transforms=unwrap", "unwrap.add.fields=op:name", "unwrap.add.fields.prefix=", NULL}, &images, "has a column name");
    leat_buf_free(&images);
}
END_TEST

static Suite *transforms_suite(void)
{
    Suite *suite = suite_create("format: transforms");
    LEAT_TEST_ADD(suite, unwrap_settings_that_mean_nothing_are_refused);
    LEAT_TEST_ADD(suite, a_changed_key_whose_delete_is_dropped_is_a_create);
    LEAT_TEST_ADD(suite, only_tables_that_are_named_are_unwrapped);
    LEAT_TEST_ADD(suite, rows_that_can_not_be_unwrapped_as_asked_stop);
    return suite;
}

LEAT_TEST_MAIN(transforms_suite)
