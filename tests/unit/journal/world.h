/* What the journal's tests share: a journal in memory, and transactions whose contents follow from their
 * number, so that whatever is read can be checked without remembering what was written. */
#ifndef LEAT_TEST_JOURNAL_WORLD_H
#define LEAT_TEST_JOURNAL_WORLD_H

#include "../check_main.h"
#include "base/log.h"
#include "journal/journal.h"
#include "memory_fs.h"

enum { TABLES = 3, WORLD_SEGMENT = 64 << 10, LARGE_EVERY = 40, LARGE_ROWS = 700, WORLD_BATCH_MAX = 16 << 20 };

struct world {
    struct memory_fs *fs;
    struct leat_journal *journal;
    struct leat_journal_options options;
    struct leat_clock clock;
    uint64_t now_us;
    uint64_t random;
    struct leat_table *tables[TABLES];
    struct leat_buf batch;
    size_t taken;  /* of the batch */
    uint64_t next; /* number of the next transaction to be made */
    struct leat_error err;
    bool large; /* some transactions are of many segments */
};

static inline uint64_t world_now(void *context)
{
    struct world *world = context;
    return world->now_us += 7;
}

static inline void world_random(void *context, void *bytes, size_t size)
{
    struct world *world = context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)memory_random(&world->random);
}

#define OK(world, call)                                                          \
    do {                                                                         \
        int ok_ = (call);                                                        \
        ck_assert_msg(ok_ == 0, "%s: %d: %s", #call, ok_, (world)->err.message); \
    } while (0)

#define FAILS(world, call, expected)                                                                   \
    do {                                                                                               \
        (world)->err = (struct leat_error){0};                                                         \
        int fails_ = (call);                                                                           \
        ck_assert_msg(fails_ == LEAT_FAIL && (world)->err.code == (expected), "%s: %d: %s: %s", #call, \
                      fails_, leat_code_name((world)->err.code), (world)->err.message);                \
    } while (0)

static inline struct leat_table *world_table(unsigned number)
{
    static const char *const names[TABLES] = {"orders", "items", "people"};
    struct leat_column columns[2] = {
        {.name = {"id", 2}, .type = LEAT_TYPE_LONGLONG, .flags = LEAT_COLUMN_PRIMARY},
        {.name = {"text", 4}, .type = LEAT_TYPE_BLOB, .flags = LEAT_COLUMN_NULLABLE, .metadata = 2}};
    struct leat_key_part key = {0, 0};
    struct leat_table_view view = {.flags = LEAT_TABLE_NAMED | LEAT_TABLE_KEY_KNOWN,
                                   .server = LEAT_TABLE_OF_MYSQL,
                                   .database = {"shop", 4},
                                   .name = {names[number % TABLES], (uint32_t)strlen(names[number % TABLES])},
                                   .column_count = 2,
                                   .key_count = 1,
                                   .columns = columns,
                                   .key = &key};
    return leat_table_new(&view);
}

static inline void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->fs = memory_fs_new();
    world->now_us = 1700000000000000;
    world->random = 42;
    world->next = 1;
    world->clock = (struct leat_clock){world, world_now, world_now, world_random};
    world->options = (struct leat_journal_options){.folder = "/j",
                                                   .fs = &world->fs->ops,
                                                   .clock = &world->clock,
                                                   .segment_bytes = WORLD_SEGMENT,
                                                   .create = true};
    for (unsigned i = 0; i < TABLES; i++)
        world->tables[i] = world_table(i);
    leat_buf_reserve(&world->batch, WORLD_BATCH_MAX); /* what was appended must not move until it is synced */
    leat_log_setup(LEAT_LOG_ERROR, LEAT_LOG_LOGFMT);
}

static inline void world_open(struct world *world)
{
    OK(world, leat_journal_open(&world->journal, &world->options, &world->err));
}

static inline void world_close(struct world *world)
{
    leat_journal_close(&world->journal);
    world->batch.size = world->taken = 0;
}

static inline void world_free(struct world *world)
{
    world_close(world);
    leat_buf_free(&world->batch);
    for (unsigned i = 0; i < TABLES; i++)
        leat_table_release(&world->tables[i]);
    memory_fs_free(&world->fs);
}

static inline struct leat_gtid gtid_of(uint64_t number)
{
    struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MYSQL, .number = number};
    memset(gtid.uuid, 0xAB, sizeof gtid.uuid);
    return gtid;
}

static inline void put_start(struct world *world)
{
    struct leat_item item = {.type = LEAT_ITEM_START};
    item.start.place = (struct leat_place){"binlog.000001", 4};
    item.start.at_us = 1700000000000000;
    item.start.asked = "now";
    struct leat_gtid_set *none = leat_gtid_set_new();
    item.start.executed = none;
    memset(item.start.source_uuid, 0xAB, LEAT_UUID_SIZE);
    leat_frame_put(&world->batch, &item);
    leat_gtid_set_free(&none);
}

static inline void put_begin(struct leat_buf *buf, uint64_t number)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.gtid = gtid_of(number);
    memset(item.begin.source_uuid, 0xAB, LEAT_UUID_SIZE);
    item.begin.server_id = 7;
    item.begin.place = (struct leat_place){"binlog.000001", number * 1000};
    item.begin.immediate_commit_us = 1700000000000000 + number * 1000000;
    leat_frame_put(buf, &item);
}

static inline unsigned rows_of(const struct world *world, uint64_t number)
{
    return world->large && number % LARGE_EVERY == LARGE_EVERY - 1 ? LARGE_ROWS : (unsigned)(number % 4);
}

static inline size_t image_of(uint64_t number, unsigned row, uint8_t *bytes)
{
    size_t size = (size_t)(number * 37 + row * 11) % 400;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number * 3 + row + i);
    return size;
}

static inline void put_schema(struct leat_buf *buf, struct leat_table *table)
{
    struct leat_item item = {.type = LEAT_ITEM_SCHEMA, .schema = table};
    leat_frame_put(buf, &item);
}

static inline void put_rows(struct leat_buf *buf, struct leat_table *table, uint64_t number, unsigned row)
{
    uint8_t image[400], present = 3;
    struct leat_item item = {.type = LEAT_ITEM_ROWS};
    item.rows.table_id = leat_table_view(table)->id;
    item.rows.op = LEAT_OP_INSERT;
    item.rows.first_row = row;
    item.rows.row_count = 1;
    item.rows.pos = number * 1000 + row;
    item.rows.column_count = 2;
    item.rows.after_present = &present;
    item.rows.images = image;
    item.rows.images_size = image_of(number, row, image);
    leat_frame_put(buf, &item);
}

static inline void put_end(struct leat_buf *buf, uint64_t number, unsigned rows)
{
    struct leat_item item = {.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_XID;
    item.end.place = (struct leat_place){"binlog.000001", number * 1000 + 999};
    item.end.changes = rows;
    item.end.digest = number * 77;
    leat_frame_put(buf, &item);
}

/* `rows` of the whole; SCHEMA each time, as after a reconnect. */
static inline void put_part(struct world *world, uint64_t number, unsigned rows, bool end)
{
    struct leat_table *table = world->tables[number % TABLES];
    put_schema(&world->batch, table);
    put_begin(&world->batch, number);
    for (unsigned i = 0; i < rows; i++)
        put_rows(&world->batch, table, number, i);
    if (end)
        put_end(&world->batch, number, rows);
}

static inline void put_transaction(struct world *world)
{
    uint64_t number = world->next++;
    put_part(world, number, rows_of(world, number), true);
}

/* Appends what is in the batch and not yet taken. */
static inline int world_append(struct world *world)
{
    size_t taken = 0;
    ck_assert_uint_eq(world->batch.capacity, WORLD_BATCH_MAX);
    int rc = leat_journal_append(world->journal, world->batch.data + world->taken,
                                 world->batch.size - world->taken, &taken, &world->err);
    world->taken += taken;
    return rc;
}

static inline int world_sync(struct world *world)
{
    int rc = leat_journal_sync(world->journal, &world->err);
    if (rc == 0 && world->taken == world->batch.size)
        world->batch.size = world->taken = 0;
    return rc;
}

static inline void world_write(struct world *world)
{
    OK(world, world_append(world));
    OK(world, world_sync(world));
}

/* A journal with a START and transactions 1 to count, `together` a sync. */
static inline void world_fill(struct world *world, uint64_t count, unsigned together)
{
    struct leat_journal_resume resume;
    leat_journal_resume(world->journal, &resume);
    if (resume.empty)
        put_start(world);
    leat_journal_resume_free(&resume);
    for (uint64_t i = 0; i < count; i++) {
        put_transaction(world);
        if ((i + 1) % together == 0 || i + 1 == count)
            world_write(world);
    }
}

/* Reads everything from seq on, checks each transaction against its number, and returns the number of the
 * last one (0: none). The first one's is *first. */
static inline uint64_t world_check_from(struct world *world, uint64_t seq, uint64_t *first)
{
    struct leat_reader *reader;
    OK(world, leat_reader_open(&reader, world->journal, seq, &world->err));
    uint64_t number = 0, last_seq = 0;
    unsigned row = 0;
    bool open = false;
    struct leat_item item;
    int rc;
    *first = 0;
    while ((rc = leat_reader_next(reader, &item, &world->err)) == 0) {
        ck_assert_uint_ge(item.seq, last_seq);
        last_seq = item.seq;
        uint8_t image[400];
        switch (item.type) {
        case LEAT_ITEM_START:
            ck_assert(!open);
            break;
        case LEAT_ITEM_SCHEMA:
            ck_assert(open);
            break;
        case LEAT_ITEM_BEGIN:
            ck_assert(!open);
            ck_assert(number == 0 || item.begin.gtid.number == number + 1);
            number = item.begin.gtid.number;
            if (!*first)
                *first = number;
            ck_assert_uint_eq(item.begin.place.pos, number * 1000);
            open = true;
            row = 0;
            break;
        case LEAT_ITEM_ROWS: {
            size_t size = image_of(number, row, image);
            ck_assert(open);
            ck_assert_uint_eq(item.rows.first_row, row);
            ck_assert_uint_eq(item.rows.images_size, size);
            ck_assert(memcmp(item.rows.images, image, size) == 0);
            ck_assert_uint_eq(leat_table_view(item.rows.table)->id,
                              leat_table_view(world->tables[number % TABLES])->id);
            row++;
            break;
        }
        case LEAT_ITEM_END:
            ck_assert(open);
            ck_assert_uint_eq(row, rows_of(world, number));
            ck_assert_uint_eq(item.end.digest, number * 77);
            open = false;
            break;
        default:
            ck_abort_msg("an item that nobody wrote");
        }
    }
    ck_assert_msg(rc == LEAT_AGAIN, "%s", world->err.message);
    ck_assert(!open);
    ck_assert_uint_eq(leat_reader_seq(reader), leat_reader_seq(reader));
    leat_reader_close(&reader);
    return number;
}

static inline uint64_t world_check(struct world *world)
{
    uint64_t first;
    uint64_t last = world_check_from(world, 0, &first);
    ck_assert_msg(last == 0 || first == 1, "begins with %llu", (unsigned long long)first);
    return last;
}

static inline void world_verify(struct world *world)
{
    struct leat_journal_status status;
    OK(world, leat_journal_verify("/j", &world->fs->ops, &status, &world->err));
}

static inline struct leat_journal_status world_status(const struct world *world)
{
    struct leat_journal_status status;
    leat_journal_status(world->journal, &status);
    return status;
}

/* "/j/<first_seq>.seg" of the n-th segment (from 0); false: there are fewer. */
static inline bool world_segment(const struct world *world, size_t n, char path[64])
{
    char names[MEMORY_ENTRIES_MAX][64];
    size_t count = 0;
    for (size_t i = 0; i < world->fs->now.count; i++)
        if (world->fs->now.entries[i].node && strstr(world->fs->now.entries[i].name, ".seg") &&
            !strstr(world->fs->now.entries[i].name, ".tmp"))
            snprintf(names[count++], 64, "%.63s", world->fs->now.entries[i].name);
    if (n >= count)
        return false;
    qsort(names, count, 64, (int (*)(const void *, const void *))strcmp);
    memcpy(path, names[n], 64);
    return true;
}

static inline size_t world_segments(const struct world *world)
{
    char path[64];
    size_t n = 0;
    while (world_segment(world, n, path))
        n++;
    return n;
}

#endif
