/* Definitions, packed images and items by hand, and the lines that come out of the format "leat". */
#ifndef LEAT_TEST_FORMAT_LINES_H
#define LEAT_TEST_FORMAT_LINES_H

#include <stdio.h>

#include "format/format.h"

#include "check_main.h"

enum { TEST_COLUMNS_MAX = 80, UTF8MB4 = 255, UTF8MB3 = 33, LATIN1 = 8, ASCII = 11, SWE7 = 10, GBK = 28, UCS2 = 35, CP1251 = 51 };

static const uint8_t test_all_present[TEST_COLUMNS_MAX / 8 + 1] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

static inline struct leat_text test_text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

/* A table being described. */
struct test_table {
    struct leat_table_view view;
    struct leat_column columns[TEST_COLUMNS_MAX];
    struct leat_key_part key[16];
};

static inline void test_table_begin(struct test_table *table, const char *database, const char *name)
{
    *table = (struct test_table){0};
    table->view.flags = LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS | LEAT_TABLE_MEMBERS |
                        LEAT_TABLE_KEY_KNOWN;
    table->view.server = LEAT_TABLE_OF_MYSQL;
    table->view.database = test_text(database);
    table->view.name = test_text(name);
}

static inline struct leat_column *test_column(struct test_table *table, const char *name, enum leat_type type,
                                              unsigned metadata)
{
    struct leat_column *column = &table->columns[table->view.column_count++];
    column->name = test_text(name);
    column->type = type;
    column->metadata = (uint16_t)metadata;
    column->flags = LEAT_COLUMN_NULLABLE;
    return column;
}

static inline struct leat_column *test_string(struct test_table *table, const char *name, enum leat_type type,
                                              unsigned metadata, uint32_t collation)
{
    struct leat_column *column = test_column(table, name, type, metadata);
    column->collation = collation;
    column->length_max = metadata;
    return column;
}

static inline void test_key(struct test_table *table, uint32_t column)
{
    table->key[table->view.key_count++].column = column;
    table->columns[column].flags = (uint8_t)((table->columns[column].flags | LEAT_COLUMN_PRIMARY) & ~LEAT_COLUMN_NULLABLE);
}

static inline struct leat_table *test_table_end(struct test_table *table)
{
    table->view.columns = table->columns;
    table->view.key = table->key;
    return leat_table_new(&table->view);
}

/* id INT NOT NULL PRIMARY KEY, name VARCHAR(20) utf8mb4 */
static inline struct leat_table *test_cart(const char *name)
{
    struct test_table table;
    test_table_begin(&table, "shop", name);
    test_column(&table, "id", LEAT_TYPE_LONG, 0);
    test_string(&table, "name", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    test_key(&table, 0);
    return test_table_end(&table);
}

/* What comes out: "\n" behind each message, " LAST\n" behind last ones' when marks are wanted. */
struct test_sink {
    struct leat_buf buf;    /* the format's */
    struct leat_buf lines;  /* all messages */
    unsigned messages, lasts;
    bool take;              /* the bytes away at each message */
    int answer;             /* of message() */
    struct leat_format *format;
    uint64_t number;        /* of the change given last, as decode and the journal's reader count */
    struct leat_error err;
};

static inline int test_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct test_sink *sink = context;
    (void)err;
    ck_assert(message->value_size > 2);
    ck_assert(message->value + message->value_size == sink->buf.data + sink->buf.size);
    ck_assert_uint_eq(leat_format_open_bytes(sink->format), 0);
    leat_buf_put(&sink->lines, message->value, message->value_size);
    leat_buf_puts(&sink->lines, "\n");
    sink->messages++;
    sink->lasts += message->last;
    if (message->last)
        ck_assert(memcmp(message->value + message->value_size - 13, ",\"last\":true}", 13) == 0);
    if (sink->take)
        leat_buf_clear(&sink->buf);
    else
        leat_buf_puts(&sink->buf, "\n");
    return sink->answer;
}

static inline void test_sink_open(struct test_sink *sink, bool schema_lines, const struct leat_filter *filter)
{
    *sink = (struct test_sink){0};
    struct leat_format_options options = {.schema_lines = schema_lines, .name = "test"};
    struct leat_format_out out = {sink, &sink->buf, test_message};
    ck_assert_int_eq(leat_format_new(&sink->format, "leat", &options, filter, &out, &sink->err), LEAT_OK);
}

static inline void test_sink_close(struct test_sink *sink)
{
    leat_format_free(&sink->format);
    leat_buf_free(&sink->buf);
    leat_buf_free(&sink->lines);
}

static inline const char *test_lines(struct test_sink *sink)
{
    return leat_buf_cstr(&sink->lines);
}

static inline int test_give(struct test_sink *sink, const struct leat_item *item)
{
    sink->err = (struct leat_error){0};
    struct leat_item numbered = *item;
    if (item->type == LEAT_ITEM_BEGIN) {
        sink->number = 0;
    } else if (item->type == LEAT_ITEM_ROWS) {
        numbered.rows.number = sink->number + 1;
        sink->number += item->rows.row_count;
    } else if (item->type == LEAT_ITEM_STATEMENT) {
        numbered.statement.number = ++sink->number;
    }
    return leat_format_item(sink->format, &numbered, NULL, &sink->err);
}

static inline void test_must(struct test_sink *sink, const struct leat_item *item)
{
    int result = test_give(sink, item);
    ck_assert_msg(result == LEAT_OK, "%s", sink->err.message);
}

static inline struct leat_item test_begin(void)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.gtid.flavour = LEAT_FLAVOUR_MARIADB;
    item.begin.gtid.server_id = 1;
    item.begin.gtid.number = 7;
    item.begin.server_id = 1;
    item.begin.place = (struct leat_place){"b.000001", 100};
    item.begin.immediate_commit_us = 1700000000123456;
    return item;
}

static inline struct leat_item test_end(enum leat_end_how how)
{
    struct leat_item item = {.type = LEAT_ITEM_END};
    item.end.how = how;
    item.end.place = (struct leat_place){"b.000001", 999};
    return item;
}

static inline struct leat_item test_rows(struct leat_table *table, enum leat_op op, uint32_t count,
                                         const struct leat_buf *images)
{
    struct leat_item item = {.type = LEAT_ITEM_ROWS};
    item.rows = (struct leat_rows){.table = table,
                                   .table_id = leat_table_view(table)->id,
                                   .op = op,
                                   .row_count = count,
                                   .pos = 200,
                                   .end_pos = 300,
                                   .column_count = leat_table_view(table)->column_count,
                                   .before_present = op == LEAT_OP_INSERT ? NULL : test_all_present,
                                   .after_present = op == LEAT_OP_DELETE ? NULL : test_all_present,
                                   .images = images->data,
                                   .images_size = images->size};
    return item;
}

/* An image of test_cart. */
static inline void test_cart_image(struct leat_buf *images, uint32_t id, const char *name)
{
    leat_buf_u8(images, name ? 0 : 2);
    leat_buf_u32(images, id);
    if (name) {
        leat_buf_u8(images, (uint8_t)strlen(name));
        leat_buf_puts(images, name);
    }
}

/* BEGIN, one insert of one row, END. */
static inline int test_insert(struct test_sink *sink, struct leat_table *table, const struct leat_buf *images)
{
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_INSERT, 1, images), end = test_end(LEAT_END_XID);
    test_must(sink, &begin);
    int result = test_give(sink, &rows);
    if (result == LEAT_OK)
        test_must(sink, &end);
    else
        leat_format_reset(sink->format);
    return result;
}

#endif
