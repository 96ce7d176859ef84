/* A journal, a sink and a runner for tests of the runner: real but for the sink, on a disk in memory, with a clock of its own. */
#ifndef LEAT_TEST_RUNNER_HOUSE_H
#define LEAT_TEST_RUNNER_HOUSE_H

#include "check_main.h"
#include "fake_sink.h"
#include "items.h"
#include "memory_fs.h"
#include "sink/runner.h"

static uint64_t now_us;

static inline uint64_t test_time(void *context)
{
    (void)context;
    return now_us;
}

static inline void test_random(void *context, void *bytes, size_t size)
{
    (void)context;
    static unsigned char next = 1;
    memset(bytes, next++, size);
}

static const struct leat_clock test_clock = {NULL, test_time, test_time, test_random};

/* ---- A house of one journal, one sink, one runner ---- */

struct house {
    struct memory_fs *memory;
    struct leat_journal *journal;
    struct leat_table *table, *other_table;
    struct leat_sink_config config;
    struct fake_sink fake;
    struct leat_runner *runner;
    struct leat_error err;
    unsigned wait_ms;
    bool anonymous; /* transactions have no GTID */
    uint64_t journal_bytes_max;
    struct leat_cell clock_offset;
};

static inline void open_journal(struct house *house, const char *folder)
{
    const struct leat_journal_options options = {.folder = folder,
                                                 .fs = &house->memory->fs,
                                                 .clock = &test_clock,
                                                 .segment_bytes = 64 << 10,
                                                 .max_bytes = house->journal_bytes_max,
                                                 .create = true};
    ck_assert_msg(leat_journal_open(&house->journal, &options, &house->err) == LEAT_OK, "%s",
                  house->err.message);
}

static inline struct house *new_house(void)
{
    now_us = UINT64_C(1000000000000);
    struct house *house = leat_alloc_zero(1, sizeof *house);
    house->memory = memory_fs_new(1);
    open_journal(house, "/journal");
    house->table = test_table("shop", "t");
    house->other_table = test_table("shop", "other");
    house->config = (struct leat_sink_config){.name = (char *)(uintptr_t) "out",
                                              .type = (char *)(uintptr_t) "fake",
                                              .backoff_min_ms = 100,
                                              .backoff_max_ms = 1000,
                                              .checkpoint_interval_ms = 1000};
    return house;
}

static inline void make_runner(struct house *house)
{
    const struct leat_runner_env env = {.config = &house->config, .relay_name = "shop", .fs = &house->memory->fs, .clock = &test_clock,
                                        .ops = &fake_ops, .clock_offset = &house->clock_offset};
    fake_current = &house->fake;
    ck_assert_msg(leat_runner_new(&house->runner, &env, &house->err) == LEAT_OK, "%s", house->err.message);
    ck_assert_msg(leat_runner_attach(house->runner, house->journal, &house->err) == LEAT_OK, "%s", house->err.message);
}

static inline void end_house(struct house *house)
{
    leat_runner_free(&house->runner);
    leat_journal_close(&house->journal);
    leat_table_release(&house->table);
    leat_table_release(&house->other_table);
    leat_checkpoint_free(&house->fake.checkpoint);
    memory_fs_free(&house->memory);
    free(house);
}

static inline void append(struct house *house, struct leat_buf *frames)
{
    size_t taken = 0;
    ck_assert_msg(leat_journal_append(house->journal, frames->data, frames->size, &taken, &house->err) ==
                      LEAT_OK,
                  "%s", house->err.message);
    ck_assert_uint_eq(taken, frames->size);
    ck_assert_msg(leat_journal_sync(house->journal, &house->err) == LEAT_OK, "%s", house->err.message);
    leat_buf_free(frames);
}

static inline void put_start(struct house *house, uint64_t executed, uint64_t pos)
{
    struct leat_buf frames = {0};
    struct leat_gtid_set *set = leat_gtid_set_new();
    for (uint64_t n = 1; n <= executed; n++) {
        struct leat_gtid gtid = test_gtid(n);
        ck_assert_int_eq(leat_gtid_set_add(set, &gtid, &house->err), LEAT_OK);
    }
    struct leat_item item = {
        .type = LEAT_ITEM_START,
        .start = {.place = {"binlog.000001", pos}, .executed = set, .at_us = now_us, .asked = "now"}};
    test_uuid(item.start.source_uuid, 1);
    leat_frame_put(&frames, &item);
    append(house, &frames);
    leat_gtid_set_free(&set);
}

static inline void put_transaction(struct house *house, uint64_t n, struct leat_table *table)
{
    struct leat_buf frames = {0};
    uint8_t images[10];
    struct leat_item items[] = {{.type = LEAT_ITEM_SCHEMA, .schema = table},
                                test_begin(n, house->anonymous),
                                {.type = LEAT_ITEM_ROWS_QUERY, .rows_query = {"insert", 6}},
                                test_rows(table, n, 2, images),
                                test_end(n, 2)};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        leat_frame_put(&frames, &items[i]);
    append(house, &frames);
}

static inline void put_transactions(struct house *house, uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++)
        put_transaction(house, n, house->table);
}

static inline int step(struct house *house)
{
    house->err = (struct leat_error){0};
    return leat_runner_step(house->runner, &house->wait_ms, &house->err);
}

/* Until there is nothing more to do for a while; time passes as short waits ask for. */
static inline int settle(struct house *house)
{
    int rc = LEAT_OK;
    for (unsigned i = 0; i < 1000; i++) {
        rc = step(house);
        if (rc != LEAT_OK && !(rc == LEAT_AGAIN && house->wait_ms <= 5 && i < 200))
            return rc;
        if (rc == LEAT_AGAIN)
            now_us += house->wait_ms * 1000;
    }
    return rc;
}

/* What was delivered is first … last, each once and in order. */
static inline void check_delivered(const struct house *house, uint64_t first, uint64_t last)
{
    ck_assert_uint_eq(house->fake.delivered_count, last - first + 1);
    for (size_t i = 0; i < house->fake.delivered_count; i++)
        ck_assert_uint_eq(house->fake.handed[i], first + i);
}

static inline void check_state(struct house *house, enum leat_runner_state state)
{
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_msg(status.state == state, "%s, not %s: %s", leat_runner_state_name(status.state),
                  leat_runner_state_name(state), status.error.message);
}

/* A journal with transactions 1 … last, and a runner whose sink has them. */
static inline struct house *running_house(uint64_t last)
{
    struct house *house = new_house();
    make_runner(house);
    put_start(house, 0, 4);
    put_transactions(house, 1, last);
    settle(house);
    check_delivered(house, 1, last);
    return house;
}

static inline void told_to_fail(struct house *house, enum fake_when when, uint64_t at, unsigned times,
                         enum leat_kind kind)
{
    house->fake.fail_when = when;
    house->fake.fail_at = at;
    house->fake.fail_times = times;
    house->fake.fail_kind = kind;
}

static inline void past_backoff(struct house *house)
{
    check_state(house, LEAT_RUNNER_BACKING_OFF);
    now_us += 1000000;
    settle(house);
}

static inline void rewind_to(struct house *house, const char *text)
{
    struct leat_point to = {0};
    ck_assert_int_eq(leat_point_parse(&to, text, &house->err), LEAT_OK);
    ck_assert_msg(leat_runner_rewind(house->runner, &to, &house->err) == LEAT_OK, "%s", house->err.message);
    leat_point_free(&to);
    house->fake.delivered_count = house->fake.handed_count = 0; /* what comes now */
}

#endif
