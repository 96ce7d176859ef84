/* What framing and walking cost, against what no reader of the same bytes can do without: a checksum of them in one piece,
 * and a copy.
 *
 *     walk_bench ROUNDS MEGABYTES FILE
 *
 * The file's first MEGABYTES lie in memory, as whole events. Each round measures each of these once, one after another, so
 * that a noisy moment hits neighbours alike; prints, as JSON, the nanoseconds of every round:
 *   frame   every event through leat_event_parse, which verifies its checksum
 *   crc     libdeflate's CRC-32 of the same bytes at once
 *   walk    every row image of every rows event through leat_row_walk, which bounds each value
 *   digest  the same, with each image's part of its transaction's digest, as leat's decoder does it
 *   split   every row image into its values
 *   copy    memcpy of as many bytes */
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/checksum.h"
#include "binlog/plan.h"

enum { MAGIC_SIZE = 4, TABLES_MAX = 4096 };

/* A rows event with the plan of its table. */
struct job {
    struct leat_rows_event rows;
    const struct leat_row_plan *plan;
};

struct table {
    uint64_t id;
    struct leat_table *table;
    struct leat_row_plan *plan;
};

struct bench {
    struct leat_buf bytes; /* whole events, behind the magic number */
    struct leat_buf copy;
    struct leat_binlog_format format;
    struct table tables[TABLES_MAX];
    size_t table_count;
    struct leat_buf jobs; /* of struct job */
    uint64_t events, rows, image_bytes;
    uint64_t kept; /* what was worked out, so that it is */
};

static void must(int result, const struct leat_error *err)
{
    if (result == LEAT_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void read_file(struct bench *bench, const char *path, size_t most)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, MAGIC_SIZE, SEEK_SET)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    uint8_t *to = leat_buf_reserve(&bench->bytes, most);
    leat_buf_commit(&bench->bytes, fread(to, 1, most, file));
    fclose(file);
    size_t at = 0;
    while (bench->bytes.size - at >= LEAT_EVENT_HEADER_SIZE) {
        size_t size = (size_t)leat_le(bench->bytes.data + at + 9, 4);
        if (size < LEAT_EVENT_HEADER_SIZE || size > bench->bytes.size - at)
            break;
        at += size;
    }
    bench->bytes.size = at;
}

/* ---- Framing ---- */

static void frame(struct bench *bench)
{
    struct leat_error err = {0};
    struct leat_event event;
    bench->events = 0;
    for (size_t at = 0; at < bench->bytes.size; at += event.size, bench->events++) {
        const uint8_t *bytes = bench->bytes.data + at;
        must(leat_event_parse(&event, &bench->format, bytes, (size_t)leat_le(bytes + 9, 4), &err), &err);
        bench->kept += event.body_size;
    }
}

static void crc(struct bench *bench)
{
    bench->kept += libdeflate_crc32(0, bench->bytes.data, bench->bytes.size);
}

/* ---- Rows ---- */

static struct table *find_table(struct bench *bench, uint64_t id)
{
    for (size_t i = 0; i < bench->table_count; i++)
        if (bench->tables[i].id == id)
            return &bench->tables[i];
    return NULL;
}

static void see_table(struct bench *bench, const struct leat_event *event)
{
    struct leat_error err = {0};
    const uint8_t *contents;
    size_t size;
    uint64_t id;
    must(leat_table_map_id(&id, &contents, &size, &bench->format, event, &err), &err);
    if (find_table(bench, id) || bench->table_count == TABLES_MAX)
        return;
    struct table *table = &bench->tables[bench->table_count++];
    table->id = id;
    must(leat_table_map(&table->table, &bench->format, event, &err), &err);
    must(leat_row_plan_new(&table->plan, table->table, &err), &err);
}

static void see_rows(struct bench *bench, const struct leat_event *event)
{
    struct leat_error err = {0};
    struct job job;
    must(leat_event_rows(&job.rows, &bench->format, event, &err), &err);
    const struct table *table = find_table(bench, job.rows.table_id);
    if (!table || job.rows.partial || job.rows.compressed || job.rows.column_count != table->plan->column_count)
        return;
    job.plan = table->plan;
    bench->image_bytes += job.rows.images_size;
    leat_buf_put(&bench->jobs, &job, sizeof job);
}

static void find_jobs(struct bench *bench)
{
    struct leat_error err = {0};
    struct leat_event event;
    for (size_t at = 0; at < bench->bytes.size; at += event.size) {
        const uint8_t *bytes = bench->bytes.data + at;
        must(leat_event_parse(&event, &bench->format, bytes, (size_t)leat_le(bytes + 9, 4), &err), &err);
        if (event.type == LEAT_EVENT_FORMAT_DESCRIPTION)
            must(leat_event_format(&bench->format, &event, &err), &err);
        else if (event.type == LEAT_EVENT_TABLE_MAP)
            see_table(bench, &event);
        else if (event.type == LEAT_EVENT_WRITE_ROWS || event.type == LEAT_EVENT_UPDATE_ROWS ||
                 event.type == LEAT_EVENT_DELETE_ROWS)
            see_rows(bench, &event);
    }
}

typedef void image_work(struct bench *bench, const struct leat_row_plan *plan, const uint8_t *present, struct leat_cursor *cursor);

static inline void walk_one(struct bench *bench, const struct leat_row_plan *plan, const uint8_t *present,
                            struct leat_cursor *cursor)
{
    struct leat_error err;
    (void)bench;
    if (leat_row_walk(plan, present, cursor, &err))
        must(LEAT_FAIL, &err);
}

static inline void digest_one(struct bench *bench, const struct leat_row_plan *plan, const uint8_t *present,
                              struct leat_cursor *cursor)
{
    const uint8_t *image = cursor->at;
    walk_one(bench, plan, present, cursor);
    bench->kept ^= leat_hash64(image, (size_t)(cursor->at - image), 0);
}

static inline void split_one(struct bench *bench, const struct leat_row_plan *plan, const uint8_t *present,
                             struct leat_cursor *cursor)
{
    static struct leat_value values[LEAT_COLUMNS_MAX];
    struct leat_error err;
    if (leat_row_split(plan, present, cursor, values, &err))
        must(LEAT_FAIL, &err);
    bench->kept += values[0].size;
}

__attribute__((always_inline)) static inline void each_image(struct bench *bench, image_work *work)
{
    const struct job *job = (const struct job *)(const void *)bench->jobs.data;
    const struct job *jobs_end = job + bench->jobs.size / sizeof *job;
    bench->rows = 0;
    for (; job < jobs_end; job++) {
        struct leat_cursor cursor = leat_cursor(job->rows.images, job->rows.images_size);
        while (cursor.at < cursor.end) {
            if (job->rows.before_present)
                work(bench, job->plan, job->rows.before_present, &cursor);
            if (job->rows.after_present)
                work(bench, job->plan, job->rows.after_present, &cursor);
            bench->rows++;
        }
    }
}

static void walk(struct bench *bench)
{
    each_image(bench, walk_one);
}

static void digest(struct bench *bench)
{
    each_image(bench, digest_one);
}

static void split(struct bench *bench)
{
    each_image(bench, split_one);
}

static void copy(struct bench *bench)
{
    memcpy(bench->copy.data, bench->bytes.data, bench->image_bytes);
    bench->kept += bench->copy.data[bench->image_bytes / 2];
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(struct bench *bench);
    } works[] = {{"frame", frame}, {"crc", crc}, {"walk", walk}, {"digest", digest}, {"split", split}, {"copy", copy}};
    enum { WORKS = sizeof works / sizeof works[0], ROUNDS_MAX = 1000 };
    static uint64_t spent[WORKS][ROUNDS_MAX];
    size_t rounds = argc == 4 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    if (rounds == 0 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: walk_bench ROUNDS MEGABYTES FILE\n");
        return EXIT_FAILURE;
    }
    struct bench *bench = leat_alloc_zero(1, sizeof *bench);
    read_file(bench, argv[3], (size_t)strtoul(argv[2], NULL, 10) << 20);
    find_jobs(bench);
    memset(leat_buf_reserve(&bench->copy, bench->image_bytes + 1), 1, bench->image_bytes + 1);
    for (size_t round = 0; round <= rounds; round++) /* the first warms up */
        for (size_t i = 0; i < WORKS; i++) {
            uint64_t begin = now_ns();
            works[i].run(bench);
            if (round)
                spent[i][round - 1] = now_ns() - begin;
        }
    printf("{\"bytes\":%zu,\"image_bytes\":%llu,\"events\":%llu,\"rows\":%llu,\"kept\":%llu,\"ns\":{", bench->bytes.size,
           (unsigned long long)bench->image_bytes, (unsigned long long)bench->events, (unsigned long long)bench->rows,
           (unsigned long long)bench->kept);
    for (size_t i = 0; i < WORKS; i++) {
        printf("%s\"%s\":[", i ? "," : "", works[i].name);
        for (size_t round = 0; round < rounds; round++)
            printf("%s%llu", round ? "," : "", (unsigned long long)spent[i][round]);
        printf("]");
    }
    printf("}}\n");
    for (size_t i = 0; i < bench->table_count; i++) {
        leat_row_plan_free(&bench->tables[i].plan);
        leat_table_release(&bench->tables[i].table);
    }
    leat_buf_free(&bench->bytes);
    leat_buf_free(&bench->copy);
    leat_buf_free(&bench->jobs);
    free(bench);
    return EXIT_SUCCESS;
}
