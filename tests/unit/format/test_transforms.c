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
                     "change {\"id\":7} - __debezium.newkey={\"id\":8} __op=d\n"
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

/* ---- Outboxes ---- */

/* id INT, aggregatetype VARCHAR(20), aggregateid VARCHAR(20), payload VARCHAR(20) or VARBINARY(80), part INT */
static struct leat_table *outbox(bool bytes)
{
    struct test_table table;
    test_table_begin(&table, "shop", "outbox");
    test_column(&table, "id", LEAT_TYPE_LONG, 0);
    test_string(&table, "aggregatetype", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    test_string(&table, "aggregateid", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    test_string(&table, "payload", LEAT_TYPE_VARCHAR, 80, bytes ? LEAT_COLLATION_BINARY : UTF8MB4);
    test_column(&table, "part", LEAT_TYPE_LONG, 0);
    test_key(&table, 0);
    return test_table_end(&table);
}

static void put_event(struct leat_buf *images, uint32_t id, const char *type, const char *key, const char *payload, int part)
{
    const char *texts[] = {type, key, payload};
    unsigned nulls = part < 0 ? 16 : 0;
    for (unsigned i = 0; i < 3; i++)
        nulls |= texts[i] ? 0 : 2u << i;
    leat_buf_u8(images, (uint8_t)nulls);
    leat_buf_u32(images, id);
    for (unsigned i = 0; i < 3; i++)
        if (texts[i]) {
            leat_buf_u8(images, (uint8_t)strlen(texts[i]));
            leat_buf_puts(images, texts[i]);
        }
    if (part >= 0)
        leat_buf_u32(images, (uint32_t)part);
}

#define ENVELOPE "outbox.table.fields.additional.placement="
#define STRING "org.apache.kafka.connect.storage.StringConverter"
#define BYTES "org.apache.kafka.connect.converters.ByteArrayConverter"

static void gives(const char *const *settings, bool bytes, const char *const event[3], int part, const char *expected)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = outbox(bytes);
    put_event(&images, 7, event[0], event[1], event[2], part);
    debezium_open(&sink, settings);
    ck_assert_str_eq(debezium_rows(&sink, table, LEAT_OP_INSERT, 1, &images), expected);
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}

static void stops(const char *const *settings, bool bytes, const char *const event[3], enum leat_op op, const char *said)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = outbox(bytes);
    for (unsigned i = 0; i < (op == LEAT_OP_UPDATE ? 2 : 1); i++)
        put_event(&images, 7, event[0], event[1], event[2], 3);
    struct leat_item begin = test_begin(), rows = test_rows(table, op, 1, &images);
    debezium_open(&sink, settings);
    debezium_must(&sink, &begin);
    ck_assert_int_eq(debezium_give(&sink, &rows), LEAT_FAIL);
    debezium_has(sink.err.message, said);
    debezium_close(&sink);
    leat_buf_free(&images);
    leat_table_release(&table);
}

START_TEST(an_insert_is_an_event)
{
    const char *const event[] = {"order", "k", "{}"}, *const nothing[] = {"order", NULL, NULL}, *const empty[] = {"order", "", ""};
    gives((const char *const[]){"transforms=outbox", NULL}, false, event, 3, "change \"k\" \"{}\" id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", ENVELOPE "part:partition,part:header:where", NULL}, false, event, 3,
          "change \"k\" \"{}\" id=7 where=3 @outbox.event.order/3 LAST\n");
    gives((const char *const[]){"transforms=outbox", ENVELOPE "part:partition", NULL}, false, event, -1,
          "change \"k\" \"{}\" id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", NULL}, false, nothing, 3, "change null null id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", "key.converter=" STRING, "value.converter=" STRING, NULL}, false, nothing, 3,
          "change - - id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", "key.converter=" STRING, "value.converter=" STRING, NULL}, false, empty, 3,
          "change   id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", "outbox.route.tombstone.on.empty.payload=true", NULL}, false, empty, 3,
          "change \"\" - id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", "value.converter=" BYTES, NULL}, true, event, 3, "change \"k\" {} id=7 @outbox.event.order LAST\n");
    gives((const char *const[]){"transforms=outbox", "outbox.table.field.event.key=", NULL}, false, event, 3,
          "change - \"{}\" id=7 @outbox.event.order LAST\n");
}
END_TEST

START_TEST(topics_are_made_as_java_makes_them)
{
    static const struct {
        const char *regex, *replacement, *value, *topic;
    } cases[] = {{"(.*)", "t.$1", "order", "t.order"},
                 {"(?<a>[a-z]+)-(\\d+)", "${a}.$2.$0", "ab-12", "ab.12.ab-12"},
                 {"(?<a>[a-z]+)-(\\d+)", "${a}", "ab-x", "ab-x"},
                 {"(?:x|y)(.)", "$1", "yz", "z"},
                 {"(a)|(b)", "[$1$2]", "b", "[b]"},
                 {"(.*)", "\\$1$10", "v", "$1v0"},
                 {"order", "all", "order", "all"},
                 {"order", "all", "orders", "orders"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char regex[100], replacement[100], expected[100];
        const char *const event[] = {cases[i].value, "k", "p"};
        snprintf(regex, sizeof regex, "outbox.route.topic.regex=%s", cases[i].regex);
        snprintf(replacement, sizeof replacement, "outbox.route.topic.replacement=%s", cases[i].replacement);
        snprintf(expected, sizeof expected, "change \"k\" \"p\" id=7 @%s LAST\n", cases[i].topic);
        gives((const char *const[]){"transforms=outbox", regex, replacement, NULL}, false, event, 3, expected);
    }
}
END_TEST

START_TEST(deletes_are_no_events_and_updates_are_told)
{
    struct debezium_sink sink;
    struct leat_buf images = {0};
    struct leat_table *table = outbox(false);
    const char *const event[] = {"order", "k", "{}"};
    put_event(&images, 7, "order", "k", "{}", 3);
    debezium_open(&sink, (const char *const[]){"transforms=outbox", "provide.transaction.metadata=true", NULL});
    const char *lines = debezium_rows(&sink, table, LEAT_OP_DELETE, 1, &images);
    ck_assert_ptr_null(strstr(lines, "change")); /* it counts, as with Debezium */
    debezium_has(lines, "\"event_count\":1,");
    put_event(&images, 7, "order", "k", "[]", 3);
    ck_assert_ptr_null(strstr(debezium_rows(&sink, table, LEAT_OP_UPDATE, 1, &images), "change"));
    debezium_close(&sink);
    stops((const char *const[]){"transforms=outbox", "outbox.table.op.invalid.behavior=fatal", NULL}, false, event, LEAT_OP_UPDATE, "events can't be");
    leat_buf_free(&images);
    leat_table_release(&table);
}
END_TEST

START_TEST(events_that_can_not_be_made_stop)
{
    const char *const event[] = {"order", "k", "{}"}, *const nowhere[] = {NULL, "k", "{}"};
    stops((const char *const[]){"transforms=outbox", NULL}, false, nowhere, LEAT_OP_INSERT, "shop.outbox.aggregatetype at b.000001:200");
    stops((const char *const[]){"transforms=outbox", "outbox.route.by.field=id", NULL}, false, event, LEAT_OP_INSERT, "no text");
    stops((const char *const[]){"transforms=outbox", "outbox.table.field.event.payload=body", NULL}, false, event, LEAT_OP_INSERT, "no column \"body\"");
    stops((const char *const[]){"transforms=outbox", ENVELOPE "gone:header", NULL}, false, event, LEAT_OP_INSERT, "no column \"gone\"");
    stops((const char *const[]){"transforms=outbox", ENVELOPE "payload:partition", NULL}, false, event, LEAT_OP_INSERT, "a whole number");
    stops((const char *const[]){"transforms=outbox", "outbox.table.field.event.timestamp=part", NULL}, false, event, LEAT_OP_INSERT, "can't be a timestamp");
    stops((const char *const[]){"transforms=outbox", "value.converter=" BYTES, NULL}, false, event, LEAT_OP_INSERT, "bytes alone");
    stops((const char *const[]){"transforms=outbox", "value.converter=" STRING, NULL}, true, event, LEAT_OP_INSERT, "no form for bytes");
}
END_TEST

START_TEST(outbox_settings_that_mean_nothing_are_refused)
{
    refused((const char *const[]){"transforms=outbox", "outbox.route.topic.regex=(?<=x)y", NULL}, "not a regular expression", "POSIX");
    refused((const char *const[]){"transforms=outbox", "outbox.route.topic.regex=a.*?b", NULL}, "not a regular expression", "lazy");
    refused((const char *const[]){"transforms=outbox", "outbox.route.topic.replacement=${other}", NULL}, "names a group", "$1");
    refused((const char *const[]){"transforms=outbox", "outbox.route.topic.replacement=$2", NULL}, "names a group", "$1");
    refused((const char *const[]){"transforms=outbox", "outbox.route.topic.replacement=x\\", NULL}, "names a group", "$1");
    refused((const char *const[]){"transforms=outbox", ENVELOPE "type", NULL}, "can't be \"type\"", "COLUMN:header");
    refused((const char *const[]){"transforms=outbox", ENVELOPE "type:body", NULL}, "can't be \"type:body\"", "COLUMN:header");
    refused((const char *const[]){"transforms=outbox", ENVELOPE "type:header:a:b", NULL}, "can't be \"type:header:a:b\"", "COLUMN:header");
    refused((const char *const[]){"transforms=outbox", ENVELOPE "type:envelope", "value.converter=" STRING, NULL}, "are JSON", "headers");
    refused((const char *const[]){"transforms=outbox", "value.converter=" STRING, "outbox.table.expand.json.payload=true", NULL}, "expands is JSON", "JsonConverter");
    refused((const char *const[]){"transforms=outbox", "value.converter=" BYTES, "binary.handling.mode=hex", NULL}, "bytes", "binary.handling.mode: bytes");
    refused((const char *const[]){"value.converter=" STRING, NULL}, "is JSON", "transforms: outbox");
    refused((const char *const[]){"transforms=outbox,unwrap", NULL}, "no table left", "outbox.tables");
}
END_TEST

static Suite *transforms_suite(void)
{
    Suite *suite = suite_create("format: transforms");
    LEAT_TEST_ADD(suite, unwrap_settings_that_mean_nothing_are_refused);
    LEAT_TEST_ADD(suite, a_changed_key_whose_delete_is_dropped_is_a_create);
    LEAT_TEST_ADD(suite, only_tables_that_are_named_are_unwrapped);
    LEAT_TEST_ADD(suite, rows_that_can_not_be_unwrapped_as_asked_stop);
    LEAT_TEST_ADD(suite, an_insert_is_an_event);
    LEAT_TEST_ADD(suite, topics_are_made_as_java_makes_them);
    LEAT_TEST_ADD(suite, deletes_are_no_events_and_updates_are_told);
    LEAT_TEST_ADD(suite, events_that_can_not_be_made_stop);
    LEAT_TEST_ADD(suite, outbox_settings_that_mean_nothing_are_refused);
    return suite;
}

LEAT_TEST_MAIN(transforms_suite)
