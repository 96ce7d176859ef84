/* How fast the journal takes, gives and opens, on one core: journal_bench FOLDER [MILLIONS OF RECORDS]. The
 * folder must not exist. Records are rows of about 400 bytes, four a transaction; a batch is 1 MiB of frames.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "journal/journal.h"

enum { IMAGE = 330, ROWS = 4, BATCH = 1 << 20 };

static double now(void)
{
    return (double)leat_monotonic_us(leat_clock_real()) / 1e6;
}

static double cpu(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void die(const struct leat_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static struct leat_table *make_table(void)
{
    struct leat_column columns[2] = {
        {.name = {"id", 2}, .type = LEAT_TYPE_LONGLONG, .flags = LEAT_COLUMN_PRIMARY},
        {.name = {"c", 1}, .type = LEAT_TYPE_BLOB, .metadata = 2}};
    struct leat_key_part key = {0, 0};
    struct leat_table_view view = {.flags = LEAT_TABLE_NAMED,
                                   .server = LEAT_TABLE_OF_MYSQL,
                                   .database = {"shop", 4},
                                   .name = {"orders", 6},
                                   .column_count = 2,
                                   .key_count = 1,
                                   .columns = columns,
                                   .key = &key};
    return leat_table_new(&view);
}

static void put_transaction(struct leat_buf *buf, struct leat_table *table, uint64_t number)
{
    static uint8_t image[IMAGE];
    const uint8_t present = 3;
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.gtid = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .uuid = {1}, .number = number};
    item.begin.place = (struct leat_place){"mysql-bin.000001", number * 2000};
    item.begin.immediate_commit_us = 1700000000000000 + number * 100;
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_ROWS};
    item.rows = (struct leat_rows){.table_id = leat_table_view(table)->id,
                                   .op = LEAT_OP_INSERT,
                                   .row_count = 1,
                                   .column_count = 2,
                                   .after_present = &present,
                                   .images = image,
                                   .images_size = IMAGE};
    for (int i = 0; i < ROWS; i++) {
        item.rows.pos = number * 2000 + (uint64_t)i;
        leat_frame_put(buf, &item);
    }
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_XID;
    item.end.place = (struct leat_place){"mysql-bin.000001", number * 2000 + 1999};
    item.end.changes = ROWS;
    leat_frame_put(buf, &item);
}

static void report(const char *what, double records, double wall, double used)
{
    printf("%-8s %6.2f s %6.2f s CPU %7.2f M records/s of CPU\n", what, wall, used, records / used / 1e6);
}

static void write_all(struct leat_journal *journal, uint64_t records)
{
    struct leat_error err = {0};
    struct leat_table *table = make_table();
    struct leat_buf buf = {0};
    struct leat_gtid_set *none = leat_gtid_set_new();
    struct leat_item item = {.type = LEAT_ITEM_START};
    item.start = (struct leat_start){.place = {"mysql-bin.000001", 4}, .executed = none};
    leat_frame_put(&buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_SCHEMA, .schema = table};
    leat_frame_put(&buf, &item);
    double wall[3] = {0}, used[3] = {0};
    for (uint64_t number = 1; number * (ROWS + 2) < records; number++) {
        double cpu0 = cpu(), wall0 = now();
        while (buf.size < BATCH && number * (ROWS + 2) < records)
            put_transaction(&buf, table, number++);
        number--;
        size_t taken;
        double cpu1 = cpu(), wall1 = now();
        if (leat_journal_append(journal, buf.data, buf.size, &taken, &err))
            die(&err);
        double cpu2 = cpu(), wall2 = now();
        if (leat_journal_sync(journal, &err))
            die(&err);
        used[0] += cpu1 - cpu0, used[1] += cpu2 - cpu1, used[2] += cpu() - cpu2;
        wall[0] += wall1 - wall0, wall[1] += wall2 - wall1, wall[2] += now() - wall2;
        leat_buf_clear(&buf);
    }
    report("frame", (double)records, wall[0], used[0]);
    report("append", (double)records, wall[1], used[1]);
    report("sync", (double)records, wall[2], used[2]);
    leat_gtid_set_free(&none);
    leat_table_release(&table);
    leat_buf_free(&buf);
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: journal_bench FOLDER [MILLIONS OF RECORDS]\n");
        return 2;
    }
    uint64_t records = (uint64_t)((count > 2 ? atof(arguments[2]) : 3) * 1e6);
    struct leat_error err = {0};
    struct leat_journal *journal;
    struct leat_journal_options options = {.folder = arguments[1], .create = true};
    if (leat_journal_open(&journal, &options, &err))
        die(&err);
    write_all(journal, records);
    leat_journal_close(&journal);
    double wall = now(), used = cpu();
    if (leat_journal_open(&journal, &options, &err))
        die(&err);
    printf("open     %6.1f ms, %6.1f ms CPU\n", (now() - wall) * 1e3, (cpu() - used) * 1e3);
    struct leat_reader *reader;
    struct leat_item item;
    if (leat_reader_open(&reader, journal, 0, &err))
        die(&err);
    uint64_t read = 0;
    wall = now(), used = cpu();
    while (leat_reader_next(reader, &item, &err) == 0)
        read++;
    report("read", (double)read, now() - wall, cpu() - used);
    leat_reader_close(&reader);
    struct leat_journal_status status;
    leat_journal_status(journal, &status);
    printf("%.2f GB in %lu segments\n", (double)status.bytes / 1e9, (unsigned long)status.segments);
    leat_journal_close(&journal);
    return 0;
}
