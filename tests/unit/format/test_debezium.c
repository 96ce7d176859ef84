/* The format "debezium": messages, their order, keys and headers. What each type looks like is held against Debezium itself
 * (tests/data/debezium). */
#include "debezium.h"

#define SOURCE(row)                                                                                                              \
    "\"source\":{\"version\":\"" LEAT_VERSION "\",\"connector\":\"mysql\",\"name\":\"p\",\"ts_ms\":1700000000123,\"snapshot\":"     \
    "\"false\",\"db\":\"shop\",\"sequence\":null,\"ts_us\":1700000000123456,\"ts_ns\":1700000000123456000,\"table\":\"cart\","   \
    "\"server_id\":1,\"gtid\":\"0-1-7\",\"file\":\"b.000001\",\"pos\":200,\"row\":" #row ",\"thread\":5,\"query\":null}"
#define END(op) ",\"op\":\"" op "\",\"ts_ms\":1700000000123,\"ts_us\":1700000000123456,\"ts_ns\":1700000000123456000}"

START_TEST(an_insert_is_an_envelope)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    debezium_open(&sink, NULL);
    test_cart_image(&images, 7, "ann \"x\"");
    test_cart_image(&images, 8, NULL);
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_INSERT, 2, &images),
                     "change {\"id\":7} {\"before\":null,\"after\":{\"id\":7,\"name\":\"ann \\\"x\\\"\"}," SOURCE(0)
                     ",\"transaction\":null" END("c") "\n"
                     "change {\"id\":8} {\"before\":null,\"after\":{\"id\":8,\"name\":null}," SOURCE(1)
                     ",\"transaction\":null" END("c") " LAST\n");
    leat_buf_free(&images);
    leat_table_release(&table);
    debezium_close(&sink);
}
END_TEST

START_TEST(a_delete_is_followed_by_a_tombstone_unless_it_is_not_wanted)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    test_cart_image(&images, 7, "a");
    debezium_open(&sink, NULL);
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_DELETE, 1, &images),
                     "change {\"id\":7} {\"before\":{\"id\":7,\"name\":\"a\"},\"after\":null," SOURCE(0) ",\"transaction\":null" END("d")
                     "\ntombstone {\"id\":7} - LAST\n");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"tombstones.on.delete=false", NULL});
    ck_assert_ptr_null(strstr(debezium_rows(&sink, table, LEAT_OP_DELETE, 1, &images), "tombstone"));
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(an_update_has_both_images_and_its_key)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    test_cart_image(&images, 7, "a");
    test_cart_image(&images, 7, "b");
    debezium_open(&sink, NULL);
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_UPDATE, 1, &images),
                     "change {\"id\":7} {\"before\":{\"id\":7,\"name\":\"a\"},\"after\":{\"id\":7,\"name\":\"b\"}," SOURCE(0)
                     ",\"transaction\":null" END("u") " LAST\n");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(a_changed_key_is_a_delete_a_tombstone_and_a_create)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    test_cart_image(&images, 7, "a");
    test_cart_image(&images, 9, "b");
    test_cart_image(&images, 1, "c");
    test_cart_image(&images, 1, "d");
    debezium_open(&sink, NULL);
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_UPDATE, 2, &images),
                     "change {\"id\":7} {\"before\":{\"id\":7,\"name\":\"a\"},\"after\":null," SOURCE(0) ",\"transaction\":null" END("d")
                     " __debezium.newkey={\"id\":9}\n"
                     "tombstone {\"id\":7} - __debezium.newkey={\"id\":9}\n"
                     "change {\"id\":9} {\"before\":null,\"after\":{\"id\":9,\"name\":\"b\"}," SOURCE(0) ",\"transaction\":null" END("c")
                     " __debezium.oldkey={\"id\":7}\n"
                     "change {\"id\":1} {\"before\":{\"id\":1,\"name\":\"c\"},\"after\":{\"id\":1,\"name\":\"d\"}," SOURCE(1)
                     ",\"transaction\":null" END("u") " LAST\n");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"skipped.operations=u", NULL});
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_UPDATE, 2, &images), "");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(transactions_are_told_and_counted)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart"), *other = test_cart("other");
    test_cart_image(&images, 7, "a");
    debezium_open(&sink, (const char *const[]){"provide.transaction.metadata=true", NULL});
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images),
                     more = test_rows(other, LEAT_OP_DELETE, 1, &images), end = test_end(LEAT_END_XID);
    for (int again = 0; again < 2; again++) {
        leat_buf_clear(&sink.lines);
        debezium_must(&sink, &begin);
        debezium_must(&sink, &rows);
        if (again == 0) {
            leat_format_reset(sink.format);
            leat_buf_clear(&sink.lines);
            debezium_must(&sink, &begin);
            debezium_must(&sink, &rows);
        }
        debezium_must(&sink, &more);
        debezium_must(&sink, &rows);
        debezium_must(&sink, &end);
        const char *text = leat_buf_cstr(&sink.lines);
        ck_assert(strncmp(text,
                          "transaction {\"id\":\"0-1-7\"} {\"status\":\"BEGIN\",\"id\":\"0-1-7\",\"event_count\":"
                          "null,\"data_collections\":null,\"ts_ms\":1700000000123}\nchange ",
                          120) == 0);
        debezium_has(text, "\"transaction\":{\"id\":\"0-1-7\",\"total_order\":1,\"data_collection_order\":1}" END("c"));
        debezium_has(text, "\"transaction\":{\"id\":\"0-1-7\",\"total_order\":2,\"data_collection_order\":1}" END("d"));
        debezium_has(text, "\"transaction\":{\"id\":\"0-1-7\",\"total_order\":3,\"data_collection_order\":2}" END("c"));
        debezium_has(text, "transaction {\"id\":\"0-1-7\"} {\"status\":\"END\",\"id\":\"0-1-7\",\"event_count\":3,"
                           "\"data_collections\":[{\"data_collection\":\"shop.cart\",\"event_count\":2},{\"data_collection\":"
                           "\"shop.other\",\"event_count\":1}],\"ts_ms\":1700000000123} LAST\n");
    }
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
    leat_table_release(&other);
}
END_TEST

START_TEST(columns_left_out_have_the_placeholder_or_are_left_out)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct test_table made;
    test_table_begin(&made, "shop", "cart");
    test_column(&made, "id", LEAT_TYPE_LONG, 0);
    test_string(&made, "t", LEAT_TYPE_BLOB, 2, UTF8MB4);
    test_string(&made, "b", LEAT_TYPE_BLOB, 2, LEAT_COLLATION_BINARY);
    test_column(&made, "n", LEAT_TYPE_LONG, 0);
    test_key(&made, 0);
    struct leat_table *table = test_table_end(&made);
    leat_buf_u8(&images, 0);
    leat_buf_u32(&images, 7);
    static const uint8_t only_id[] = {1};
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_DELETE, 1, &images);
    rows.rows.before_present = only_id;
    debezium_open(&sink, NULL);
    debezium_must(&sink, &begin);
    debezium_must(&sink, &rows);
    struct leat_item end = test_end(LEAT_END_XID);
    debezium_must(&sink, &end);
    debezium_has(leat_buf_cstr(&sink.lines), "{\"before\":{\"id\":7,\"t\":\"__debezium_unavailable_value\",\"b\":"
                                             "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"},\"after\":null");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"value.converter.schemas.enable=true", NULL});
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, "shop.cart.n at b.000001:200 row 0: the image leaves it out");
    debezium_close(&sink);
    static const uint8_t no_id[] = {8};
    rows.rows.before_present = no_id;
    debezium_open(&sink, NULL);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, "shop.cart.id at b.000001:200 row 0: the image leaves out this column of the key");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(a_number_that_the_schema_does_not_hold_stops)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct test_table made;
    test_table_begin(&made, "shop", "cart");
    test_column(&made, "n", LEAT_TYPE_LONGLONG, 0)->flags |= LEAT_COLUMN_UNSIGNED;
    struct leat_table *table = test_table_end(&made);
    leat_buf_u8(&images, 0);
    leat_buf_u64(&images, UINT64_MAX);
    debezium_open(&sink, NULL);
    debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), "change - {\"before\":null,\"after\":{\"n\":18446744073709551615}");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"bigint.unsigned.handling.mode=long", NULL});
    debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), "\"after\":{\"n\":-1}");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"bigint.unsigned.handling.mode=precise", "schemas.enable=true", NULL});
    debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), "\"after\":{\"n\":\"AP//////////\"}");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"schemas.enable=true", NULL});
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, "shop.cart.n at b.000001:200 row 0: 18446744073709551615 doesn't fit");
    debezium_has(sink.err.cure, "precise");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(bytes_that_are_no_text_stop_or_become_an_object)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    test_cart_image(&images, 7, "a\xff");
    debezium_open(&sink, NULL);
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, "shop.cart.name at b.000001:200 row 0: its bytes are no text of its character set utf8mb4");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"invalid.text.handling.mode=object", NULL});
    debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), "\"name\":{\"charset\":\"utf8mb4\",\"base64\":\"Yf8=\"}");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

/* d DATE, n DATE NOT NULL: an image of both. */
static struct leat_table *dates(struct leat_buf *images, uint32_t year, uint32_t month, uint32_t day)
{
    struct test_table made;
    test_table_begin(&made, "shop", "cart");
    test_column(&made, "d", LEAT_TYPE_DATE, 0);
    test_column(&made, "n", LEAT_TYPE_DATE, 0)->flags = 0;
    leat_buf_clear(images);
    leat_buf_u8(images, 0);
    leat_buf_le(images, year << 9 | month << 5 | day, 3);
    leat_buf_le(images, year << 9 | month << 5 | day, 3);
    return test_table_end(&made);
}

START_TEST(dates_that_are_none_follow_the_mode)
{
    static const struct {
        uint32_t year, month, day;
        const char *mode, *expected; /* NULL: stops */
    } cases[] = {
        {2026, 1, 2, "null_or_epoch", "{\"d\":20455,\"n\":20455}"},
        {1, 1, 1, "null_or_epoch", "{\"d\":-719162,\"n\":-719162}"},
        {0, 3, 1, "null_or_epoch", "{\"d\":-719468,\"n\":-719468}"},
        {9999, 12, 31, "null_or_epoch", "{\"d\":2932896,\"n\":2932896}"},
        {0, 0, 0, "null_or_epoch", "{\"d\":null,\"n\":0}"},
        {0, 0, 0, "text", "{\"d\":\"0000-00-00\",\"n\":\"0000-00-00\"}"},
        {2026, 2, 0, "null_or_epoch", NULL},
        {2026, 2, 29, "null_or_epoch", NULL},
        {2026, 2, 31, "lenient", "{\"d\":null,\"n\":0}"},
        {2026, 2, 31, "text", "{\"d\":\"2026-02-31\",\"n\":\"2026-02-31\"}"},
        {2024, 2, 29, "null_or_epoch", "{\"d\":19782,\"n\":19782}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct debezium_sink sink;
        struct leat_buf images = {0};
        char setting[64];
        snprintf(setting, sizeof setting, "zero.date.handling.mode=%s", cases[i].mode);
        struct leat_table *table = dates(&images, cases[i].year, cases[i].month, cases[i].day);
        debezium_open(&sink, (const char *const[]){setting, NULL});
        if (cases[i].expected) {
            debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), cases[i].expected);
        } else {
            struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
            debezium_must(&sink, &begin);
            ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
            debezium_has(sink.err.message, "it is no day of the calendar");
        }
        debezium_close(&sink);
        leat_buf_free(&images);
        leat_table_release(&table);
    }
}
END_TEST

/* Whatever form a time is written in: in the default mode a day that is none stops, it isn't left out. */
START_TEST(moments_that_are_none_stop_in_every_precision)
{
    static const char *const precisions[] = {"adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"};
    for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
        struct debezium_sink sink;
        struct leat_buf images = {0};
        struct test_table made;
        char setting[64];
        snprintf(setting, sizeof setting, "time.precision.mode=%s", precisions[i]);
        test_table_begin(&made, "shop", "cart");
        test_column(&made, "t", LEAT_TYPE_DATETIME2, 0);
        struct leat_table *table = test_table_end(&made);
        leat_buf_u8(&images, 0);
        uint64_t packed = 0x8000000000ULL | (uint64_t)(2020 * 13) << 22; /* 2020-00-00 00:00:00 */
        for (int shift = 32; shift >= 0; shift -= 8)
            leat_buf_u8(&images, (uint8_t)(packed >> shift));
        debezium_open(&sink, (const char *const[]){setting, NULL});
        struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
        debezium_must(&sink, &begin);
        ck_assert_msg(debezium_give(&sink, &rows) == LEAT_FAIL, "%s", precisions[i]);
        debezium_has(sink.err.message, "it is no day of the calendar");
        debezium_has(sink.err.cure, "zero.date.handling.mode");
        debezium_close(&sink);
        leat_buf_free(&images);
        leat_table_release(&table);
    }
}
END_TEST

START_TEST(names_are_adjusted_and_clashes_refused)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct test_table made;
    test_table_begin(&made, "shop", "cart");
    test_column(&made, "1 a-b", LEAT_TYPE_LONG, 0);
    test_column(&made, "c_d", LEAT_TYPE_LONG, 0);
    struct leat_table *table = test_table_end(&made);
    leat_buf_u8(&images, 3);
    debezium_open(&sink, (const char *const[]){"field.name.adjustment.mode=avro", NULL});
    debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), "{\"_1_a_b\":null,\"c_d\":null}");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"field.name.adjustment.mode=avro_unicode", NULL});
    debezium_has(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), "{\"_1_u0020a_u002db\":null,\"c_u005fd\":null}");
    debezium_close(&sink);
    leat_table_release(&table);
    test_table_begin(&made, "shop", "cart");
    test_column(&made, "a-b", LEAT_TYPE_LONG, 0);
    test_column(&made, "a_b", LEAT_TYPE_LONG, 0);
    table = test_table_end(&made);
    debezium_open(&sink, (const char *const[]){"sanitize.field.names=true", NULL});
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, "the name of column 2, adjusted, is another column's");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(what_is_not_known_of_a_table_stops)
{
    static const uint32_t missing[] = {LEAT_TABLE_NAMED, LEAT_TABLE_SIGNS};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct debezium_sink sink;
        struct leat_buf images = {0};
        struct test_table made;
        test_table_begin(&made, "shop", "cart");
        test_column(&made, "id", LEAT_TYPE_LONG, 0);
        made.view.flags &= ~missing[i];
        struct leat_table *table = test_table_end(&made);
        leat_buf_u8(&images, 1);
        debezium_open(&sink, NULL);
        struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
        debezium_must(&sink, &begin);
        ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
        ck_assert_int_eq(sink.err.code, LEAT_E_DEFINITION);
        debezium_has(sink.err.cure, "binlog_row_metadata=FULL");
        debezium_close(&sink);
        leat_buf_free(&images);
        leat_table_release(&table);
    }
}
END_TEST

START_TEST(settings_that_contradict_are_refused)
{
    static const char *const wrong[][3] = {{"schemas.enable=true", "zero.date.handling.mode=text", NULL},
                                           {"schemas.enable=true", "invalid.text.handling.mode=object", NULL},
                                           {"skipped.operations=c,none", NULL},
                                           {"skipped.operations=x", NULL},
                                           {"message.key.columns=a", NULL},
                                           {"time.precision.mode=adaptive", NULL},
                                           {"value.converter.schemas.enable=true", "skipped.operations=none", NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct debezium_sink sink;
        ck_assert_msg(debezium_try(&sink, wrong[i]) == LEAT_FAIL, "%s", wrong[i][0]);
        ck_assert_int_eq(leat_error_exit_status(&sink.err), 2);
        ck_assert(*sink.err.cure);
        leat_buf_free(&sink.buf);
    }
}
END_TEST

START_TEST(a_heartbeat_is_a_message_between_transactions)
{
    struct debezium_sink sink;
    struct leat_error err = {0};
    debezium_open(&sink, NULL);
    ck_assert_int_eq(leat_format_heartbeat(sink.format, 1700000000123456, &err), LEAT_OK);
    ck_assert_str_eq(leat_buf_cstr(&sink.lines), "heartbeat {\"serverName\":\"p\"} {\"ts_ms\":1700000000123}\n");
    debezium_close(&sink);
}
END_TEST

START_TEST(changes_of_a_branch_before_its_commit_and_rollbacks_are_refused)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = test_cart("cart");
    test_cart_image(&images, 7, "a");
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, &images);
    debezium_open(&sink, NULL);
    begin.begin.flags = LEAT_BEGIN_XA;
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_close(&sink);
    debezium_open(&sink, NULL);
    begin.begin.flags = 0;
    debezium_must(&sink, &begin);
    debezium_must(&sink, &rows);
    struct leat_item back = {.type = LEAT_ITEM_SAVEPOINT, .savepoint = {.bytes = "ROLLBACK TO a", .size = 13, .rollback = true}};
    ck_assert_int_eq(debezium_give(&sink, &back), LEAT_FAIL);
    debezium_has(sink.err.message, "voids changes");
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

static struct leat_item statement(enum leat_statement_kind kind, const char *table, const char *sql)
{
    struct leat_item item = {.type = LEAT_ITEM_STATEMENT};
    item.statement.kind = kind;
    item.statement.database = test_text("shop");
    item.statement.table_database = test_text("shop");
    item.statement.table = test_text(table);
    item.statement.sql = sql;
    item.statement.sql_size = strlen(sql);
    item.statement.pos = 300;
    return item;
}

START_TEST(a_statement_tells_what_its_table_has_become)
{
    struct debezium_sink sink;
    struct leat_table *table = test_cart("cart");
    struct leat_item begin = test_begin(), create = statement(LEAT_STATEMENT_CREATE_TABLE, "cart", "CREATE TABLE cart (…)"),
                     end = test_end(LEAT_END_STATEMENT);
    struct leat_item definition = {.type = LEAT_ITEM_DEFINITION};
    definition.definition = (struct leat_definition){
        .how = LEAT_DEFINITION_STATEMENT, .database = test_text("shop"), .name = test_text("cart"), .table = table};
    debezium_open(&sink, NULL);
    debezium_must(&sink, &begin);
    debezium_must(&sink, &create);
    debezium_must(&sink, &definition);
    debezium_must(&sink, &end);
    const char *text = leat_buf_cstr(&sink.lines);
    debezium_has(text, "statement {\"databaseName\":\"shop\"} {\"source\":{\"version\":");
    debezium_has(text, ",\"table\":\"cart\",\"server_id\":1,\"gtid\":\"0-1-7\",\"file\":\"b.000001\",\"pos\":300,\"row\":0,\"thread\":null,"
                       "\"query\":null},\"ts_ms\":1700000000123,\"databaseName\":\"shop\",\"schemaName\":null,\"ddl\":"
                       "\"CREATE TABLE cart (…)\",\"tableChanges\":[{\"type\":\"CREATE\",\"id\":\"\\\"shop\\\".\\\"cart\\\"\",\"table\":{");
    debezium_has(text, "\"primaryKeyColumnNames\":[\"id\"],\"columns\":[{\"name\":\"id\",\"jdbcType\":4,\"nativeType\":null,\"typeName\":"
                       "\"INT\",\"typeExpression\":\"INT\",\"charsetName\":null,\"length\":null,\"scale\":null,\"position\":1,"
                       "\"optional\":false,");
    debezium_has(text, "]} LAST\n");
    struct leat_item drop = statement(LEAT_STATEMENT_DROP_TABLE, "cart", "DROP TABLE cart");
    definition.definition.how = LEAT_DEFINITION_DROPPED;
    definition.definition.table = NULL;
    leat_buf_clear(&sink.lines);
    debezium_must(&sink, &begin);
    debezium_must(&sink, &drop);
    debezium_must(&sink, &definition);
    debezium_must(&sink, &end);
    debezium_has(leat_buf_cstr(&sink.lines), "\"tableChanges\":[{\"type\":\"DROP\",\"id\":\"\\\"shop\\\".\\\"cart\\\"\",\"table\":null}]} LAST\n");
    debezium_close(&sink);
    debezium_open(&sink, (const char *const[]){"include.schema.changes=false", NULL});
    debezium_must(&sink, &begin);
    debezium_must(&sink, &create);
    debezium_must(&sink, &end);
    ck_assert_uint_eq(sink.messages, 0);
    debezium_close(&sink);
    leat_table_release(&table);
}
END_TEST

START_TEST(a_truncate_is_a_change_where_it_is_wanted_and_rows_as_statements_stop)
{
    struct debezium_sink sink;
    struct leat_item begin = test_begin(), truncate = statement(LEAT_STATEMENT_TRUNCATE_TABLE, "cart", "TRUNCATE cart"),
                     end = test_end(LEAT_END_STATEMENT), dml = statement(LEAT_STATEMENT_DML, "cart", "DELETE FROM cart");
    debezium_open(&sink, (const char *const[]){"skipped.operations=none", NULL});
    debezium_must(&sink, &begin);
    debezium_must(&sink, &truncate);
    debezium_must(&sink, &end);
    debezium_has(leat_buf_cstr(&sink.lines), "change - {\"before\":null,\"after\":null,\"source\":{");
    debezium_has(leat_buf_cstr(&sink.lines), ",\"transaction\":null,\"op\":\"t\",");
    ck_assert_uint_eq(sink.messages, 1);
    debezium_close(&sink);
    debezium_open(&sink, NULL);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &dml), LEAT_FAIL);
    debezium_has(sink.err.message, "b.000001:300: changes logged as a statement");
    debezium_close(&sink);
}
END_TEST

static Suite *debezium_suite(void)
{
    Suite *suite = suite_create("format: debezium");
    LEAT_TEST_ADD(suite, an_insert_is_an_envelope);
    LEAT_TEST_ADD(suite, a_delete_is_followed_by_a_tombstone_unless_it_is_not_wanted);
    LEAT_TEST_ADD(suite, an_update_has_both_images_and_its_key);
    LEAT_TEST_ADD(suite, a_changed_key_is_a_delete_a_tombstone_and_a_create);
    LEAT_TEST_ADD(suite, transactions_are_told_and_counted);
    LEAT_TEST_ADD(suite, columns_left_out_have_the_placeholder_or_are_left_out);
    LEAT_TEST_ADD(suite, a_number_that_the_schema_does_not_hold_stops);
    LEAT_TEST_ADD(suite, bytes_that_are_no_text_stop_or_become_an_object);
    LEAT_TEST_ADD(suite, dates_that_are_none_follow_the_mode);
    LEAT_TEST_ADD(suite, moments_that_are_none_stop_in_every_precision);
    LEAT_TEST_ADD(suite, names_are_adjusted_and_clashes_refused);
    LEAT_TEST_ADD(suite, what_is_not_known_of_a_table_stops);
    LEAT_TEST_ADD(suite, settings_that_contradict_are_refused);
    LEAT_TEST_ADD(suite, a_heartbeat_is_a_message_between_transactions);
    LEAT_TEST_ADD(suite, changes_of_a_branch_before_its_commit_and_rollbacks_are_refused);
    LEAT_TEST_ADD(suite, a_statement_tells_what_its_table_has_become);
    LEAT_TEST_ADD(suite, a_truncate_is_a_change_where_it_is_wanted_and_rows_as_statements_stop);
    return suite;
}

LEAT_TEST_MAIN(debezium_suite)
