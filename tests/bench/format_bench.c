/* How long a format takes for a row of sysbench's table (id, k, c CHAR(120), pad CHAR(60)), from its packed
 * image to its message: updates with before and after, one row an event, four events a transaction.
 *
 * Usage: format_bench [million rows [format]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "format/format.h"

enum { IMAGES = 256, ROWS_A_TRANSACTION = 4 };

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

static struct leat_table *sbtest(void)
{
    enum { CHAR_120 = (0xFE ^ 0x10) << 8 | (480 & 0xFF), CHAR_60 = 0xFE << 8 | 240, UTF8MB4 = 255 };
    struct leat_column columns[4] = {
        {.name = text("id"), .type = LEAT_TYPE_LONG, .flags = LEAT_COLUMN_PRIMARY},
        {.name = text("k"), .type = LEAT_TYPE_LONG},
        {.name = text("c"), .type = LEAT_TYPE_STRING, .metadata = CHAR_120, .collation = UTF8MB4, .length_max = 480},
        {.name = text("pad"), .type = LEAT_TYPE_STRING, .metadata = CHAR_60, .collation = UTF8MB4, .length_max = 240}};
    struct leat_key_part key = {0, 0};
    struct leat_table_view view = {.flags = LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS |
                                            LEAT_TABLE_MEMBERS | LEAT_TABLE_KEY_KNOWN,
                                   .server = LEAT_TABLE_OF_MYSQL,
                                   .database = text("sbtest"),
                                   .name = text("sbtest1"),
                                   .column_count = 4,
                                   .key_count = 1,
                                   .columns = columns,
                                   .key = &key};
    return leat_table_new(&view);
}

static void put_digits(struct leat_buf *buf, unsigned groups, unsigned *seed)
{
    for (unsigned i = 0; i < groups; i++)
        leat_buf_printf(buf, "%s%011u", i ? "-" : "", *seed = *seed * 1103515245 + 12345);
}

static void put_image(struct leat_buf *buf, unsigned id, unsigned *seed)
{
    leat_buf_u8(buf, 0);
    leat_buf_u32(buf, id);
    leat_buf_u32(buf, 500000 + *seed % 1000);
    leat_buf_u16(buf, 119);
    put_digits(buf, 10, seed);
    leat_buf_u8(buf, 59);
    put_digits(buf, 5, seed);
}

struct sink {
    struct leat_buf buf;
    uint64_t messages, bytes;
};

static int message(void *context, const struct leat_message *message, struct leat_error *err)
{
    (void)err;
    struct sink *sink = context;
    sink->messages++;
    sink->bytes += message->value_size;
    leat_buf_u8(&sink->buf, '\n');
    if (sink->buf.size > 64 * 1024)
        leat_buf_clear(&sink->buf);
    return LEAT_OK;
}

static void must(int result, const struct leat_error *err)
{
    if (result == LEAT_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static void transaction(struct leat_format *format, struct leat_table *table, uint64_t number,
                        const struct leat_buf *images, struct leat_error *err)
{
    static const uint8_t all[1] = {0x0F};
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.gtid = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .uuid = {1, 2, 3, 4}, .number = number};
    item.begin.server_id = 1;
    item.begin.place = (struct leat_place){"binlog.000001", number};
    item.begin.original_commit_us = 1700000000000000 + number;
    must(leat_format_item(format, &item, NULL, err), err);
    for (unsigned i = 0; i < ROWS_A_TRANSACTION; i++) {
        const struct leat_buf *one = &images[(number * ROWS_A_TRANSACTION + i) % IMAGES];
        item = (struct leat_item){.type = LEAT_ITEM_ROWS};
        item.rows = (struct leat_rows){.table = table,
                                       .op = LEAT_OP_UPDATE,
                                       .row_count = 1,
                                       .number = i + 1,
                                       .pos = number * 1000 + i,
                                       .column_count = 4,
                                       .before_present = all,
                                       .after_present = all,
                                       .images = one->data,
                                       .images_size = one->size};
        must(leat_format_item(format, &item, NULL, err), err);
    }
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_XID;
    must(leat_format_item(format, &item, NULL, err), err);
}

int main(int argc, char **argv)
{
    uint64_t transactions = (uint64_t)((argc > 1 ? atof(argv[1]) : 4) * 1e6) / ROWS_A_TRANSACTION;
    struct leat_error err = {0};
    struct sink sink = {0};
    struct leat_buf *images = leat_alloc_zero(IMAGES, sizeof *images);
    struct leat_table *table = sbtest();
    struct leat_format_out out = {&sink, &sink.buf, message};
    struct leat_format_options options = {.schema_lines = true, .name = "bench"};
    struct leat_format *format;
    unsigned seed = 1;
    for (unsigned i = 0; i < IMAGES; i++) {
        put_image(&images[i], i, &seed);
        put_image(&images[i], i, &seed);
    }
    must(leat_format_new(&format, argc > 2 ? argv[2] : "leat", &options, NULL, &out, &err), &err);
    double begin = now_ns();
    for (uint64_t i = 1; i <= transactions; i++)
        transaction(format, table, i, images, &err);
    double rows = (double)(transactions * ROWS_A_TRANSACTION), ns = now_ns() - begin;
    printf("%.0f rows, %.1f ns a row, %.0f bytes a line, %.2f GB/s\n", rows, ns / rows, (double)sink.bytes / rows,
           (double)sink.bytes / ns);
    leat_format_free(&format);
    leat_table_release(&table);
    for (unsigned i = 0; i < IMAGES; i++)
        leat_buf_free(&images[i]);
    free(images);
    leat_buf_free(&sink.buf);
    return 0;
}
