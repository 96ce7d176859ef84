/* The file sink: every crash point, rotation, compressed files, generations, what it refuses. */
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/clock.h"
#include "check_main.h"
#include "items.h"
#include "memory_fs.h"
#include "sink/file_int.h"
#include "sink/sink.h"
#include "sink/slots_int.h"

enum { ROWS = 3 };

static uint64_t wall_us = 1000000000;

static uint64_t test_time(void *context)
{
    (void)context;
    return wall_us;
}

static void test_random(void *context, void *bytes, size_t size)
{
    (void)context;
    memset(bytes, 7, size);
}

static const struct leat_clock test_clock = {NULL, test_time, test_time, test_random};

/* ---- A sink, fed as a runner would ---- */

struct feed {
    struct leat_sink_config config;
    const struct leat_fs *fs;
    const struct leat_sink_ops *ops;
    struct leat_sink *sink;
    struct leat_table *table;
    struct leat_checkpoint at;
    uint64_t reported; /* transactions that were reported as delivered */
};

static void feed_open(struct feed *feed, const struct leat_fs *fs)
{
    struct leat_error err = {0};
    feed->fs = fs;
    feed->ops = leat_sink_ops_find("file");
    const struct leat_sink_env env = {&feed->config, "shop", NULL, fs, &test_clock, NULL, NULL};
    ck_assert_msg(feed->ops->open(&feed->sink, &env, &err) == LEAT_OK, "%s", err.message);
}

static void feed_close(struct feed *feed)
{
    if (feed->sink)
        feed->ops->close(&feed->sink);
    leat_checkpoint_free(&feed->at);
}

static struct feed new_feed(enum leat_compress compress, uint64_t rotate_bytes)
{
    return (struct feed){.config = {.name = (char *)(uintptr_t) "out",
                                    .type = (char *)(uintptr_t) "file",
                                    .format = (char *)(uintptr_t) "leat",
                                    .path = (char *)(uintptr_t) "/data",
                                    .compress = compress,
                                    .rotate_bytes = rotate_bytes},
                         .table = test_table("shop", "t")};
}

static int feed_start(struct feed *feed, struct leat_error *err)
{
    leat_checkpoint_free(&feed->at);
    int rc = feed->ops->recover(feed->sink, &feed->at, err);
    if (rc != LEAT_END)
        return rc;
    feed->at = (struct leat_checkpoint){.generation = 1, .seq = 10, .completed = leat_gtid_set_new()};
    return feed->ops->restart(feed->sink, &feed->at, err);
}

/* Transaction n is records n*10 to n*10+9. */
static int feed_transaction(struct feed *feed, uint64_t n, struct leat_error *err)
{
    uint8_t images[5 * ROWS];
    struct leat_item items[] = {test_begin(n, false), test_rows(feed->table, n, ROWS, images),
                                test_end(n, ROWS)};
    for (size_t i = 0; i < 3; i++) {
        bool passed;
        items[i].seq = n * 10 + i;
        int rc = feed->ops->item(feed->sink, &items[i], &passed, err);
        if (rc)
            return rc;
    }
    struct leat_gtid gtid = test_gtid(n);
    ck_assert_int_eq(leat_gtid_set_add(feed->at.completed, &gtid, err), LEAT_OK);
    feed->at.seq = (n + 1) * 10;
    feed->at.transactions++;
    return LEAT_OK;
}

static int feed_commit(struct feed *feed, struct leat_error *err)
{
    uint64_t delivered = 0;
    int rc = feed->ops->commit(feed->sink, &feed->at, err);
    if (rc == LEAT_OK)
        rc = feed->ops->poll(feed->sink, 0, &delivered, err);
    if (rc == LEAT_OK)
        ck_assert_uint_eq(delivered, feed->at.seq);
    return rc;
}

/* From the checkpoint to transaction `last`, a commit after every second; ends at the first failure. */
static int feed_run(struct feed *feed, uint64_t last, struct leat_error *err)
{
    int rc = feed_start(feed, err);
    for (uint64_t n = feed->at.seq / 10; rc == LEAT_OK && n <= last; n++) {
        rc = feed_transaction(feed, n, err);
        if (rc == LEAT_OK && (n % 2 == 0 || n == last)) {
            rc = feed_commit(feed, err);
            if (rc == LEAT_OK && feed->reported < n)
                feed->reported = n;
        }
    }
    return rc;
}

/* ---- Reading what it wrote ---- */

static void unpack_zstd(struct leat_buf *out, const struct leat_buf *in)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer from = {in->data, in->size, 0};
    size_t left = 0;
    while (from.pos < from.size) {
        ZSTD_outBuffer to = {leat_buf_reserve(out, 65536), 65536, 0};
        left = ZSTD_decompressStream(context, &to, &from);
        ck_assert_msg(!ZSTD_isError(left), "zstd: %s", ZSTD_getErrorName(left));
        leat_buf_commit(out, to.pos);
    }
    ck_assert_uint_eq(left, 0); /* no open frame */
    ZSTD_freeDCtx(context);
}

static void unpack_gzip(struct leat_buf *out, const struct leat_buf *in)
{
    z_stream stream = {.next_in = in->data, .avail_in = (uInt)in->size};
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    int rc = Z_STREAM_END;
    while (stream.avail_in) {
        stream.next_out = leat_buf_reserve(out, 65536);
        stream.avail_out = 65536;
        rc = inflate(&stream, Z_NO_FLUSH);
        ck_assert_msg(rc == Z_OK || rc == Z_STREAM_END, "gzip: %d", rc);
        leat_buf_commit(out, 65536 - stream.avail_out);
        if (rc == Z_STREAM_END && stream.avail_in)
            ck_assert_int_eq(inflateReset(&stream), Z_OK);
    }
    ck_assert_int_eq(rc, Z_STREAM_END);
    inflateEnd(&stream);
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct memory_name *)a)->path, ((const struct memory_name *)b)->path);
}

/* The lines of all renamed files (and the open one, if `open`), in the order of their names. */
static void read_files(struct leat_buf *lines, struct memory_fs *memory, bool open, const char *having)
{
    struct memory_name files[256];
    size_t count = 0;
    for (size_t i = 0; i < memory->cache.count; i++)
        if (strstr(memory->cache.list[i].path, ".jsonl") && strstr(memory->cache.list[i].path, having) &&
            (open || !ends_with(memory->cache.list[i].path, ".part")) && count < 256)
            files[count++] = memory->cache.list[i];
    qsort(files, count, sizeof *files, by_path);
    for (size_t i = 0; i < count; i++) {
        if (strstr(files[i].path, ".zst"))
            unpack_zstd(lines, &files[i].node->cache);
        else if (strstr(files[i].path, ".gz"))
            unpack_gzip(lines, &files[i].node->cache);
        else
            leat_buf_put(lines, files[i].node->cache.data, files[i].node->cache.size);
        ck_assert(!lines->size || lines->data[lines->size - 1] == '\n');
    }
    (void)leat_buf_cstr(lines);
}

/* The rows are those of transactions 1 … n, each once, whole and in order; returns n. */
static uint64_t check_lines(struct leat_buf *lines)
{
    uint64_t rows = 0;
    const char *at = (const char *)lines->data;
    while (at && (at = strstr(at, "\"after\":{\"id\":"))) {
        at += strlen("\"after\":{\"id\":");
        uint64_t expected = (rows / ROWS + 1) * 100 + rows % ROWS;
        ck_assert_uint_eq(strtoull(at, NULL, 10), expected);
        rows++;
    }
    ck_assert_uint_eq(rows % ROWS, 0);
    return rows / ROWS;
}

static uint64_t count_delivered(struct memory_fs *memory, bool open, const char *having)
{
    struct leat_buf lines = {0};
    read_files(&lines, memory, open, having);
    uint64_t count = check_lines(&lines);
    leat_buf_free(&lines);
    return count;
}

static size_t count_files(const struct memory_fs *memory, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < memory->cache.count; i++)
        count += strstr(memory->cache.list[i].path, part) != NULL;
    return count;
}

/* ---- Crashes ---- */

enum { LAST = 12 };

/* Killed after every number of operations, by kill -9 or a power cut, up to three times in a row; then it
 * gets through. */
static void crash_everywhere(enum leat_compress compress, uint64_t rotate_bytes)
{
    bool through = false;
    for (unsigned countdown = 0; !through; countdown++) {
        for (uint64_t seed = 0; seed < 6; seed++) {
            struct memory_fs *memory = memory_fs_new(countdown * 101 + seed);
            struct feed feed = new_feed(compress, rotate_bytes);
            bool power = seed % 3 != 0;
            for (unsigned crashes = 0; crashes < 3; crashes++) {
                struct leat_error err = {0};
                memory->counting = true;
                memory->countdown = crashes ? countdown % (7 + 5 * crashes) + (unsigned)seed : countdown;
                feed_open(&feed, &memory->fs);
                int rc = feed_run(&feed, LAST, &err);
                if (rc == LEAT_OK && !crashes)
                    through = true;
                else if (rc)
                    ck_assert_msg(err.kind == LEAT_KIND_RETRY, "%u/%u: %s", countdown, (unsigned)seed,
                                  err.message);
                feed_close(&feed);
                memory_fs_crash(memory, power);
                ck_assert_uint_le(count_delivered(memory, false, ".jsonl"), LAST);
            }
            struct leat_error err = {0};
            feed_open(&feed, &memory->fs);
            ck_assert_msg(feed_start(&feed, &err) == LEAT_OK, "%u/%u: %s", countdown, (unsigned)seed,
                          err.message);
            ck_assert_uint_ge(feed.at.seq / 10, feed.reported + 1); /* nothing reported is taken back */
            ck_assert_uint_eq(count_delivered(memory, true, ".jsonl"), feed.at.seq / 10 - 1);
            ck_assert_msg(feed_run(&feed, LAST, &err) == LEAT_OK, "%s", err.message);
            ck_assert_uint_eq(count_delivered(memory, true, ".jsonl"), LAST);
            feed_close(&feed);
            leat_table_release(&feed.table);
            memory_fs_free(&memory);
        }
    }
}

START_TEST(each_change_is_once_in_the_files_whenever_it_crashes)
{
    crash_everywhere(LEAT_COMPRESS_NONE, 1);
    crash_everywhere(LEAT_COMPRESS_NONE, 3000);
    crash_everywhere(LEAT_COMPRESS_NONE, 0);
}
END_TEST

START_TEST(compressed_files_are_whole_whenever_it_crashes)
{
    crash_everywhere(LEAT_COMPRESS_ZSTD, 1000);
    crash_everywhere(LEAT_COMPRESS_GZIP, 1000);
}
END_TEST

/* What a reader of renamed files has read stays what it was. */
START_TEST(a_renamed_file_never_changes)
{
    for (unsigned countdown = 0; countdown < 120; countdown++) {
        struct memory_fs *memory = memory_fs_new(countdown);
        struct feed feed = new_feed(LEAT_COMPRESS_NONE, 1);
        struct leat_error err = {0};
        memory->counting = true;
        memory->countdown = countdown;
        feed_open(&feed, &memory->fs);
        int ignored = feed_run(&feed, LAST, &err);
        (void)ignored;
        feed_close(&feed);
        struct leat_buf before = {0}, after = {0};
        read_files(&before, memory, false, ".jsonl");
        memory_fs_crash(memory, true);
        feed_open(&feed, &memory->fs);
        ck_assert_int_eq(feed_run(&feed, LAST, &err), LEAT_OK);
        read_files(&after, memory, false, ".jsonl");
        ck_assert_uint_ge(after.size, before.size);
        ck_assert(!before.size || !memcmp(before.data, after.data, before.size));
        leat_buf_free(&before);
        leat_buf_free(&after);
        feed_close(&feed);
        leat_table_release(&feed.table);
        memory_fs_free(&memory);
    }
}
END_TEST

START_TEST(a_full_disk_is_retried_from_the_checkpoint)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 3000);
    struct leat_error err = {0};
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 5, &err), LEAT_OK);
    memory->full = true;
    ck_assert_int_eq(feed_transaction(&feed, 6, &err), LEAT_OK);
    ck_assert_int_eq(feed_commit(&feed, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_DISK_FULL);
    ck_assert_int_eq(err.kind, LEAT_KIND_RETRY);
    memory->full = false;
    ck_assert_int_eq(feed_run(&feed, LAST, &err), LEAT_OK);
    ck_assert_uint_eq(count_delivered(memory, true, ".jsonl"), LAST);
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(a_failed_sync_is_fatal_and_recovers_in_the_next_process)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 3000);
    struct leat_error err = {0};
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 4, &err), LEAT_OK);
    ck_assert_int_eq(feed_transaction(&feed, 5, &err), LEAT_OK);
    memory->sync_fails = true;
    ck_assert_int_eq(feed_commit(&feed, &err), LEAT_FAIL);
    ck_assert_int_eq(err.kind, LEAT_KIND_FATAL);
    feed_close(&feed);
    memory_fs_crash(memory, false);
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, LAST, &err), LEAT_OK);
    ck_assert_uint_eq(count_delivered(memory, true, ".jsonl"), LAST);
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

/* ---- Rotation ---- */

START_TEST(rotation_by_time_happens_without_new_changes)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 0);
    feed.config.rotate_interval_us = 60000000;
    struct leat_error err = {0};
    uint64_t delivered;
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 2, &err), LEAT_OK);
    wall_us += 59000000;
    ck_assert_int_eq(feed.ops->poll(feed.sink, 0, &delivered, &err), LEAT_OK);
    ck_assert_uint_eq(count_files(memory, ".part"), 1);
    wall_us += 1000000;
    ck_assert_int_eq(feed.ops->poll(feed.sink, 0, &delivered, &err), LEAT_OK);
    ck_assert_uint_eq(count_files(memory, ".part"), 0);
    ck_assert_uint_eq(count_files(memory, "/out-000001-00000000000000000010.jsonl"), 1);
    ck_assert_int_eq(feed_transaction(&feed, 3, &err), LEAT_OK);
    ck_assert_int_eq(feed_commit(&feed, &err), LEAT_OK);
    ck_assert_uint_eq(count_files(memory, "/out-000001-00000000000000000030.jsonl.part"), 1);
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(each_file_begins_with_its_definitions)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 1);
    struct leat_error err = {0};
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 6, &err), LEAT_OK);
    ck_assert_uint_eq(count_files(memory, ".jsonl"), 3);
    for (size_t i = 0; i < memory->cache.count; i++) {
        struct leat_buf lines = {0};
        if (!strstr(memory->cache.list[i].path, ".jsonl"))
            continue;
        leat_buf_put(&lines, memory->cache.list[i].node->cache.data, memory->cache.list[i].node->cache.size);
        const char *first = leat_buf_cstr(&lines);
        const char *schema = strstr(first, "\"schema\"");
        ck_assert(schema && schema < strchr(first, '\n'));
        leat_buf_free(&lines);
    }
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(changing_the_compression_begins_a_new_file)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 0);
    struct leat_error err = {0};
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 4, &err), LEAT_OK);
    feed_close(&feed);
    feed.config.compress = LEAT_COMPRESS_ZSTD;
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, LAST, &err), LEAT_OK);
    ck_assert_uint_eq(count_files(memory, ".jsonl.zst.part"), 1);
    ck_assert_uint_eq(count_files(memory, ".jsonl"), 2);
    ck_assert_uint_eq(count_delivered(memory, true, ".jsonl"), LAST);
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

/* ---- Generations ---- */

static int rewind_to_start(struct feed *feed, uint64_t generation, struct leat_error *err)
{
    leat_checkpoint_free(&feed->at);
    feed->at =
        (struct leat_checkpoint){.generation = generation, .seq = 10, .completed = leat_gtid_set_new()};
    return feed->ops->restart(feed->sink, &feed->at, err);
}

START_TEST(a_rewind_overwrites_nothing_whenever_it_crashes)
{
    for (unsigned countdown = 0; countdown < 60; countdown++) {
        struct memory_fs *memory = memory_fs_new(countdown);
        struct feed feed = new_feed(LEAT_COMPRESS_NONE, 3000);
        struct leat_error err = {0};
        feed_open(&feed, &memory->fs);
        ck_assert_int_eq(feed_run(&feed, 5, &err), LEAT_OK);
        memory->counting = true;
        memory->countdown = countdown;
        int rc = rewind_to_start(&feed, 2, &err);
        feed_close(&feed);
        memory_fs_crash(memory, countdown % 4 != 0);
        feed_open(&feed, &memory->fs);
        ck_assert_msg(feed_start(&feed, &err) == LEAT_OK, "%s", err.message);
        if (rc == LEAT_OK)
            ck_assert_uint_eq(feed.at.generation, 2);
        if (feed.at.generation == 1)
            ck_assert_int_eq(rewind_to_start(&feed, 2, &err), LEAT_OK);
        ck_assert_int_eq(feed_run(&feed, LAST, &err), LEAT_OK);
        ck_assert_uint_eq(count_delivered(memory, true, "out-000001-"), 5);
        ck_assert_uint_eq(count_delivered(memory, false, "out-000001-"), 5);
        ck_assert_uint_eq(count_delivered(memory, true, "out-000002-"), LAST);
        feed_close(&feed);
        leat_table_release(&feed.table);
        memory_fs_free(&memory);
    }
}
END_TEST

START_TEST(a_generation_that_is_there_already_is_refused)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 0);
    struct leat_error err = {0};
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 4, &err), LEAT_OK);
    ck_assert_int_eq(rewind_to_start(&feed, 1, &err), LEAT_FAIL);
    ck_assert_int_eq(err.kind, LEAT_KIND_OPERATOR);
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

/* ---- What was damaged ---- */

static const char *const open_path = "/data/out-000001-00000000000000000010.jsonl.part";

START_TEST(a_missing_or_short_open_file_stops_with_its_name_and_a_rewind_cures)
{
    for (int missing = 0; missing < 2; missing++) {
        struct memory_fs *memory = memory_fs_new(1);
        struct feed feed = new_feed(LEAT_COMPRESS_NONE, 0);
        struct leat_error err = {0};
        feed_open(&feed, &memory->fs);
        ck_assert_int_eq(feed_run(&feed, 4, &err), LEAT_OK);
        feed_close(&feed);
        if (missing)
            ck_assert_int_eq(memory->fs.unlink(memory, open_path, &err), LEAT_OK);
        else
            memory_find(&memory->cache, open_path)->node->cache.size /= 2;
        feed_open(&feed, &memory->fs);
        ck_assert_int_eq(feed_start(&feed, &err), LEAT_FAIL);
        ck_assert_int_eq(err.kind, LEAT_KIND_OPERATOR);
        ck_assert_ptr_nonnull(strstr(err.message, open_path));
        ck_assert_uint_eq(feed.at.generation, 1); /* what a rewind needs to know */
        ck_assert_int_eq(rewind_to_start(&feed, 2, &err), LEAT_OK);
        ck_assert_int_eq(feed_run(&feed, LAST, &err), LEAT_OK);
        ck_assert_uint_eq(count_delivered(memory, true, "out-000002-"), LAST);
        ck_assert_uint_eq(count_files(memory, "out-000001-"), missing ? 0 : 1);
        ck_assert_uint_eq(count_files(memory, ".part.damaged"), missing ? 0 : 1);
        feed_close(&feed);
        leat_table_release(&feed.table);
        memory_fs_free(&memory);
    }
}
END_TEST

START_TEST(a_lost_checkpoint_beside_files_stops)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 0);
    struct leat_error err = {0};
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_run(&feed, 4, &err), LEAT_OK);
    feed_close(&feed);
    ck_assert_int_eq(memory->fs.unlink(memory, "/data/.out.checkpoint", &err), LEAT_OK);
    feed_open(&feed, &memory->fs);
    ck_assert_int_eq(feed_start(&feed, &err), LEAT_FAIL);
    ck_assert_int_eq(err.kind, LEAT_KIND_OPERATOR);
    ck_assert_ptr_nonnull(strstr(err.message, "/data/.out.checkpoint"));
    feed_close(&feed);
    leat_table_release(&feed.table);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(a_torn_slot_leaves_the_state_before)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct leat_slots slots;
    struct leat_error err = {0};
    leat_slots_init(&slots, &memory->fs, leat_strdup("/data/.out.checkpoint"));
    struct leat_file_state state = {.checkpoint = {.seq = 1, .completed = leat_gtid_set_new()}};
    ck_assert_int_eq(leat_slots_replace(&slots, &state, &err), LEAT_OK);
    for (state.checkpoint.seq = 2; state.checkpoint.seq < 9; state.checkpoint.seq++)
        ck_assert_int_eq(leat_slots_write(&slots, &state, &err), LEAT_OK);
    struct leat_buf *bytes = &memory_find(&memory->cache, "/data/.out.checkpoint")->node->cache;
    bytes->data[(slots.next ? 0 : slots.slot_size) + 30] ^= 1; /* the newest */
    struct leat_file_state read;
    ck_assert_int_eq(leat_slots_read(&slots, &read, &err), LEAT_OK);
    ck_assert_uint_eq(read.checkpoint.seq, 7);
    leat_checkpoint_free(&read.checkpoint);
    bytes->data[(slots.next ? 0 : slots.slot_size) + 30] ^= 1;
    ck_assert_int_eq(leat_slots_read(&slots, &read, &err), LEAT_FAIL);
    ck_assert_int_eq(err.kind, LEAT_KIND_OPERATOR);
    leat_checkpoint_free(&state.checkpoint);
    leat_slots_free(&slots);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(a_checkpoint_that_outgrows_its_slot_gets_a_larger_one)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct leat_slots slots;
    struct leat_error err = {0};
    leat_slots_init(&slots, &memory->fs, leat_strdup("/data/.out.checkpoint"));
    struct leat_file_state state = {.checkpoint = {.seq = 1, .completed = leat_gtid_set_new()}};
    ck_assert_int_eq(leat_slots_replace(&slots, &state, &err), LEAT_OK);
    for (uint64_t n = 1; n < 3000; n += 2) { /* all holes */
        struct leat_gtid gtid = test_gtid(n);
        ck_assert_int_eq(leat_gtid_set_add(state.checkpoint.completed, &gtid, &err), LEAT_OK);
        state.checkpoint.seq = n;
        ck_assert_int_eq(leat_slots_write(&slots, &state, &err), LEAT_OK);
    }
    struct leat_file_state read;
    ck_assert_int_eq(leat_slots_read(&slots, &read, &err), LEAT_OK);
    ck_assert_uint_eq(read.checkpoint.seq, 2999);
    ck_assert(leat_gtid_set_equal(read.checkpoint.completed, state.checkpoint.completed));
    leat_checkpoint_free(&read.checkpoint);
    leat_checkpoint_free(&state.checkpoint);
    leat_slots_free(&slots);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(two_sinks_of_one_name_do_not_share_a_folder)
{
    struct memory_fs *memory = memory_fs_new(1);
    struct feed one = new_feed(LEAT_COMPRESS_NONE, 0), two = new_feed(LEAT_COMPRESS_NONE, 0);
    struct leat_error err = {0};
    feed_open(&one, &memory->fs);
    feed_open(&two, &memory->fs);
    ck_assert_int_eq(feed_start(&one, &err), LEAT_OK);
    ck_assert_int_eq(feed_start(&two, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_LOCKED);
    feed_close(&one);
    feed_close(&two);
    leat_table_release(&one.table);
    leat_table_release(&two.table);
    memory_fs_free(&memory);
}
END_TEST

START_TEST(names_of_one_sink_are_not_taken_for_another)
{
    struct leat_file_name name = {7, 42, LEAT_COMPRESS_ZSTD, true}, parsed;
    char *path = leat_file_path("/data", "a-000001", &name);
    ck_assert_str_eq(path, "/data/a-000001-000007-00000000000000000042.jsonl.zst.part");
    ck_assert(leat_file_name_parse(&parsed, "a-000001", path + strlen("/data/")));
    ck_assert(parsed.generation == 7 && parsed.first_seq == 42 && parsed.compress == LEAT_COMPRESS_ZSTD &&
              parsed.part);
    ck_assert(!leat_file_name_parse(&parsed, "a", path + strlen("/data/")));
    ck_assert(!leat_file_name_parse(&parsed, "a-000001",
                                    "a-000001-000007-00000000000000000042.jsonl.part.damaged"));
    ck_assert(!leat_file_name_parse(&parsed, "a-000001", "a-000001-000007-99999999999999999999.jsonl"));
    free(path);
    struct leat_error err = {0};
    ck_assert_int_eq(leat_file_check_sink_name("../x", &err), LEAT_FAIL);
    ck_assert_int_eq(leat_file_check_sink_name("a/b", &err), LEAT_FAIL);
}
END_TEST

/* ---- Standard output ---- */

START_TEST(standard_output_gets_whole_transactions_and_a_stop_ends_the_wait)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    int before = dup(STDOUT_FILENO);
    ck_assert_int_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
    struct feed feed = new_feed(LEAT_COMPRESS_NONE, 0);
    feed.config.path = (char *)(uintptr_t) "-";
    struct leat_error err = {0};
    feed_open(&feed, leat_fs_real());
    int rc = feed_run(&feed, 4, &err); /* it never had a checkpoint: restart */
    static char text[65536];
    ssize_t size = read(fds[0], text, sizeof text - 1);
    struct leat_checkpoint again = {0};
    int recovered = feed.ops->recover(feed.sink, &again, &err); /* within the process it knows */
    uint64_t seq = again.seq;
    leat_checkpoint_free(&again);
    feed.ops->interrupt(feed.sink); /* before the pipe is full: what fits still goes out */
    int stopped = LEAT_OK;
    for (uint64_t n = 5; stopped == LEAT_OK && n < 2000; n++) {
        stopped = feed_transaction(&feed, n, &err);
        if (stopped == LEAT_OK)
            stopped = feed_commit(&feed, &err);
    }
    dup2(before, STDOUT_FILENO);
    ck_assert_int_eq(rc, LEAT_OK);
    ck_assert_int_gt(size, 0);
    struct leat_buf lines = {(uint8_t *)text, (size_t)size, sizeof text};
    ck_assert_uint_eq(check_lines(&lines), 4);
    ck_assert_int_eq(recovered, LEAT_OK);
    ck_assert_uint_eq(seq, 50);
    ck_assert_int_eq(stopped, LEAT_STOPPED);
    feed_close(&feed);
    leat_table_release(&feed.table);
    close(fds[0]);
    close(fds[1]);
    close(before);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("sink file");
    LEAT_TEST_ADD(suite, each_change_is_once_in_the_files_whenever_it_crashes);
    LEAT_TEST_ADD(suite, compressed_files_are_whole_whenever_it_crashes);
    LEAT_TEST_ADD(suite, a_renamed_file_never_changes);
    LEAT_TEST_ADD(suite, a_full_disk_is_retried_from_the_checkpoint);
    LEAT_TEST_ADD(suite, a_failed_sync_is_fatal_and_recovers_in_the_next_process);
    LEAT_TEST_ADD(suite, rotation_by_time_happens_without_new_changes);
    LEAT_TEST_ADD(suite, each_file_begins_with_its_definitions);
    LEAT_TEST_ADD(suite, changing_the_compression_begins_a_new_file);
    LEAT_TEST_ADD(suite, a_rewind_overwrites_nothing_whenever_it_crashes);
    LEAT_TEST_ADD(suite, a_generation_that_is_there_already_is_refused);
    LEAT_TEST_ADD(suite, a_missing_or_short_open_file_stops_with_its_name_and_a_rewind_cures);
    LEAT_TEST_ADD(suite, a_lost_checkpoint_beside_files_stops);
    LEAT_TEST_ADD(suite, a_torn_slot_leaves_the_state_before);
    LEAT_TEST_ADD(suite, a_checkpoint_that_outgrows_its_slot_gets_a_larger_one);
    LEAT_TEST_ADD(suite, two_sinks_of_one_name_do_not_share_a_folder);
    LEAT_TEST_ADD(suite, names_of_one_sink_are_not_taken_for_another);
    LEAT_TEST_ADD(suite, standard_output_gets_whole_transactions_and_a_stop_ends_the_wait);
    return suite;
}

LEAT_TEST_MAIN(suite)
