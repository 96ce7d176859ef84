/* Transactions for tests: number n inserts rows of table shop.t (one INT column, `id`) with ids n*100,
 * n*100+1 … */
#ifndef LEAT_TEST_ITEMS_H
#define LEAT_TEST_ITEMS_H

#include <string.h>

#include "base/buf.h"
#include "model/item.h"

static inline struct leat_text test_text(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

static inline struct leat_table *test_table(const char *database, const char *name)
{
    struct leat_column column = {
        .name = test_text("id"), .type = LEAT_TYPE_LONG, .flags = LEAT_COLUMN_PRIMARY};
    struct leat_key_part key = {0, 0};
    struct leat_table_view view = {.flags = LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS |
                                            LEAT_TABLE_MEMBERS | LEAT_TABLE_KEY_KNOWN,
                                   .server = LEAT_TABLE_OF_MYSQL,
                                   .database = test_text(database),
                                   .name = test_text(name),
                                   .column_count = 1,
                                   .key_count = 1,
                                   .columns = &column,
                                   .key = &key};
    return leat_table_new(&view);
}

static inline void test_uuid(uint8_t uuid[LEAT_UUID_SIZE], uint8_t last)
{
    memset(uuid, 0x11, LEAT_UUID_SIZE);
    uuid[LEAT_UUID_SIZE - 1] = last;
}

static inline struct leat_gtid test_gtid(uint64_t number)
{
    struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MYSQL, .number = number};
    test_uuid(gtid.uuid, 1);
    return gtid;
}

enum { TEST_COMMIT_US = 1000000, TEST_POS_STEP = 1000, TEST_POS_FIRST = 1000 };

/* Transaction n lies at n*1000 to n*1000+500 of binlog.000001, the next right behind the 500 gap's end. */
static inline uint64_t test_pos(uint64_t n)
{
    return TEST_POS_FIRST + n * TEST_POS_STEP;
}

static inline struct leat_item test_begin(uint64_t n, bool anonymous)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    if (!anonymous)
        item.begin.gtid = test_gtid(n);
    test_uuid(item.begin.source_uuid, 1);
    item.begin.place = (struct leat_place){"binlog.000001", test_pos(n)};
    item.begin.original_commit_us = item.begin.immediate_commit_us = n * TEST_COMMIT_US;
    item.begin.server_id = 1;
    return item;
}

static inline struct leat_item test_rows(struct leat_table *table, uint64_t n, uint32_t count,
                                         uint8_t *images /* 5*count */)
{
    static const uint8_t present[] = {1};
    for (uint32_t i = 0; i < count; i++) {
        uint64_t id = n * 100 + i;
        images[i * 5] = 0;
        for (unsigned b = 0; b < 4; b++)
            images[i * 5 + 1 + b] = (uint8_t)(id >> (8 * b));
    }
    return (struct leat_item){.type = LEAT_ITEM_ROWS,
                              .rows = {.table_id = leat_table_view(table)->id,
                                       .table = table,
                                       .op = LEAT_OP_INSERT,
                                       .flags = LEAT_ROWS_STATEMENT_END | LEAT_ROWS_EVENT_END,
                                       .row_count = count,
                                       .pos = test_pos(n) + 100,
                                       .end_pos = test_pos(n) + 200,
                                       .column_count = 1,
                                       .after_present = present,
                                       .images = images,
                                       .images_size = 5 * (size_t)count}};
}

static inline struct leat_item test_end(uint64_t n, uint32_t changes)
{
    return (struct leat_item){
        .type = LEAT_ITEM_END,
        .end = {
            .how = LEAT_END_XID, .xid = n, .place = {"binlog.000001", test_pos(n + 1)}, .changes = changes}};
}

#endif
