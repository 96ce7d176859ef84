/* The runner, over a real journal (on a disk in memory) and a sink that does as it is told: each state and
 * move, what each kind of error leads to, where it goes on from. */
#include "check_main.h"
#include "fake_sink.h"
#include "items.h"
#include "memory_fs.h"
#include "sink/runner.h"

static uint64_t now_us;

static uint64_t test_time(void *context)
{
    (void)context;
    return now_us;
}

static void test_random(void *context, void *bytes, size_t size)
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
};

static void open_journal(struct house *house, const char *folder)
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

static struct house *new_house(void)
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

static void make_runner(struct house *house)
{
    const struct leat_runner_env env = {&house->config, "shop", &house->memory->fs, &test_clock, &fake_ops};
    fake_current = &house->fake;
    ck_assert_msg(leat_runner_new(&house->runner, &env, &house->err) == LEAT_OK, "%s", house->err.message);
    leat_runner_attach(house->runner, house->journal);
}

static void end_house(struct house *house)
{
    leat_runner_free(&house->runner);
    leat_journal_close(&house->journal);
    leat_table_release(&house->table);
    leat_table_release(&house->other_table);
    leat_checkpoint_free(&house->fake.checkpoint);
    memory_fs_free(&house->memory);
    free(house);
}

static void append(struct house *house, struct leat_buf *frames)
{
    size_t taken = 0;
    ck_assert_msg(leat_journal_append(house->journal, frames->data, frames->size, &taken, &house->err) ==
                      LEAT_OK,
                  "%s", house->err.message);
    ck_assert_uint_eq(taken, frames->size);
    ck_assert_msg(leat_journal_sync(house->journal, &house->err) == LEAT_OK, "%s", house->err.message);
    leat_buf_free(frames);
}

static void put_start(struct house *house, uint64_t executed, uint64_t pos)
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

static void put_transaction(struct house *house, uint64_t n, struct leat_table *table)
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

static void put_transactions(struct house *house, uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++)
        put_transaction(house, n, house->table);
}

static int step(struct house *house)
{
    house->err = (struct leat_error){0};
    return leat_runner_step(house->runner, &house->wait_ms, &house->err);
}

/* Until there is nothing more to do for a while; time passes as short waits ask for. */
static int settle(struct house *house)
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
static void check_delivered(const struct house *house, uint64_t first, uint64_t last)
{
    ck_assert_uint_eq(house->fake.delivered_count, last - first + 1);
    for (size_t i = 0; i < house->fake.delivered_count; i++)
        ck_assert_uint_eq(house->fake.handed[i], first + i);
}

static void check_state(struct house *house, enum leat_runner_state state)
{
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_msg(status.state == state, "%s, not %s: %s", leat_runner_state_name(status.state),
                  leat_runner_state_name(state), status.error.message);
}

/* A journal with transactions 1 … last, and a runner whose sink has them. */
static struct house *running_house(uint64_t last)
{
    struct house *house = new_house();
    make_runner(house);
    put_start(house, 0, 4);
    put_transactions(house, 1, last);
    settle(house);
    check_delivered(house, 1, last);
    return house;
}

static void told_to_fail(struct house *house, enum fake_when when, uint64_t at, unsigned times,
                         enum leat_kind kind)
{
    house->fake.fail_when = when;
    house->fake.fail_at = at;
    house->fake.fail_times = times;
    house->fake.fail_kind = kind;
}

static void past_backoff(struct house *house)
{
    check_state(house, LEAT_RUNNER_BACKING_OFF);
    now_us += 1000000;
    settle(house);
}

/* ---- Running ---- */

START_TEST(a_new_sink_on_a_new_journal_gets_everything)
{
    struct house *house = running_house(50);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_int_eq(status.state, LEAT_RUNNER_RUNNING);
    ck_assert_uint_eq(status.transactions, 50);
    ck_assert_uint_eq(status.changes, 100);
    ck_assert_uint_eq(status.generation, 1);
    ck_assert_uint_eq(status.seq, leat_journal_visible_end(house->journal));
    ck_assert_uint_eq(status.lag_us, 0);
    ck_assert_str_eq(status.file, "binlog.000001");
    ck_assert_uint_eq(status.pos, test_pos(51));
    struct leat_gtid_set *delivered = leat_runner_delivered(house->runner);
    ck_assert_uint_eq(leat_gtid_set_count(delivered), 50);
    leat_gtid_set_free(&delivered);
    end_house(house);
}
END_TEST

START_TEST(a_restart_goes_on_at_the_checkpoint)
{
    struct house *house = running_house(5);
    leat_runner_free(&house->runner);
    put_transactions(house, 6, 9);
    make_runner(house);
    settle(house);
    check_delivered(house, 1, 9);
    ck_assert_uint_eq(house->fake.restarts, 1);
    end_house(house);
}
END_TEST

START_TEST(caught_up_commits_at_once_but_not_every_time)
{
    struct house *house = running_house(1);
    now_us += 10000;
    unsigned before = house->fake.commits;
    put_transactions(house, 2, 2);
    step(house);
    ck_assert_uint_eq(house->fake.commits, before + 1);
    now_us += 1000;
    put_transactions(house, 3, 3);
    ck_assert_int_eq(step(house), LEAT_AGAIN);
    ck_assert_uint_eq(house->fake.commits, before + 1);
    ck_assert_uint_le(house->wait_ms, 5);
    now_us += 4000;
    step(house);
    ck_assert_uint_eq(house->fake.commits, before + 2);
    check_delivered(house, 1, 3);
    end_house(house);
}
END_TEST

START_TEST(filtered_out_transactions_move_the_checkpoint_each_second)
{
    struct house *house = new_house();
    char *tables[] = {(char *)(uintptr_t) "shop.t"};
    house->config.tables = (struct leat_strings){tables, 1};
    make_runner(house);
    put_start(house, 0, 4);
    put_transactions(house, 1, 1);
    settle(house);
    struct leat_runner_status before, after;
    leat_runner_status(house->runner, &before);
    put_transaction(house, 2, house->other_table);
    settle(house);
    leat_runner_status(house->runner, &after);
    ck_assert_uint_eq(after.seq, before.seq);
    ck_assert_uint_eq(after.lag_us, 0); /* nothing for this sink is missing */
    now_us += 1000000;
    settle(house);
    leat_runner_status(house->runner, &after);
    ck_assert_uint_eq(after.seq, leat_journal_visible_end(house->journal));
    ck_assert_uint_eq(house->fake.rows, 2);
    ck_assert_uint_eq(house->fake.texts, 1); /* no statement without its rows */
    check_delivered(house, 1, 2);
    end_house(house);
}
END_TEST

START_TEST(a_sink_without_room_gets_the_same_item_again)
{
    struct house *house = running_house(3);
    house->fake.again_times = 7;
    put_transactions(house, 4, 6);
    settle(house);
    check_delivered(house, 1, 6);
    ck_assert_uint_eq(house->fake.rows, 12);
    end_house(house);
}
END_TEST

START_TEST(only_the_acknowledged_prefix_is_delivered)
{
    struct house *house = running_house(1);
    struct leat_runner_status status;
    house->fake.holds_back = true;
    for (uint64_t n = 2; n <= 6; n++) {
        now_us += 10000;
        put_transactions(house, n, n);
        step(house);
    }
    leat_runner_status(house->runner, &status);
    ck_assert_uint_eq(status.transactions, 1);
    ck_assert_uint_gt(status.lag_us, 0);
    house->fake.acknowledge = 3;
    step(house);
    leat_runner_status(house->runner, &status);
    ck_assert_uint_eq(status.transactions, 4);
    check_delivered(house, 1, 4);
    end_house(house);
}
END_TEST

START_TEST(more_than_the_ring_holds_waits)
{
    struct house *house = running_house(1);
    house->fake.holds_back = true;
    for (uint64_t n = 2; n <= 100; n++) {
        now_us += 10000;
        put_transactions(house, n, n);
        step(house);
    }
    ck_assert_uint_le(house->fake.queued_count, 64);
    house->fake.holds_back = false;
    settle(house);
    check_delivered(house, 1, 100);
    end_house(house);
}
END_TEST

/* ---- Errors ---- */

START_TEST(an_error_that_may_pass_backs_off_and_rewinds_to_the_checkpoint)
{
    static const enum fake_when places[] = {FAKE_AT_ROWS, FAKE_AT_END, FAKE_AT_COMMIT, FAKE_AT_POLL,
                                            FAKE_AT_RECOVER};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct house *house = running_house(3);
        told_to_fail(house, places[i], 6, 1, LEAT_KIND_RETRY);
        if (places[i] == FAKE_AT_RECOVER) {
            leat_runner_free(&house->runner);
            make_runner(house);
        }
        put_transactions(house, 4, 8);
        settle(house);
        past_backoff(house);
        check_state(house, LEAT_RUNNER_RUNNING);
        check_delivered(house, 1, 8);
        end_house(house);
    }
}
END_TEST

START_TEST(backoff_doubles_up_to_its_limit_and_ends_with_a_delivery)
{
    struct house *house = running_house(3);
    struct leat_runner_status status;
    told_to_fail(house, FAKE_AT_COMMIT, 0, 8, LEAT_KIND_RETRY);
    put_transactions(house, 4, 4);
    uint64_t least[] = {50, 100, 200, 400, 500, 500, 500, 500},
             most[] = {100, 200, 400, 800, 1000, 1000, 1000, 1000};
    for (size_t i = 0; i < 8; i++) {
        settle(house);
        check_state(house, LEAT_RUNNER_BACKING_OFF);
        leat_runner_status(house->runner, &status);
        ck_assert_uint_ge(status.retry_in_ms, least[i]);
        ck_assert_uint_le(status.retry_in_ms, most[i]);
        ck_assert_int_eq(status.error.code, LEAT_E_SERVER);
        now_us += status.retry_in_ms * 1000;
    }
    settle(house);
    check_delivered(house, 1, 4);
    leat_runner_status(house->runner, &status);
    ck_assert_uint_eq(status.retries, 8);
    told_to_fail(house, FAKE_AT_COMMIT, 0, 1, LEAT_KIND_RETRY);
    now_us += 10000;
    put_transactions(house, 5, 5);
    settle(house);
    leat_runner_status(house->runner, &status);
    ck_assert_uint_le(status.retry_in_ms, 100);
    end_house(house);
}
END_TEST

START_TEST(data_that_fails_halts_with_all_before_it_delivered_and_resume_tries_again)
{
    struct house *house = running_house(3);
    told_to_fail(house, FAKE_AT_ROWS, 7, 2, LEAT_KIND_DATA);
    put_transactions(house, 4, 9);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    check_delivered(house, 1, 6);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_str_eq(status.halted_at, "11111111-1111-1111-1111-111111111101:7");
    ck_assert_ptr_nonnull(strstr(status.error.message, status.halted_at));
    ck_assert_int_eq(leat_runner_resume(house->runner, NULL, &house->err), LEAT_OK);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 9);
    end_house(house);
}
END_TEST

START_TEST(skip_passes_over_the_one_transaction_that_halts)
{
    struct house *house = running_house(3);
    told_to_fail(house, FAKE_AT_END, 7, FAKE_MAX, LEAT_KIND_OPERATOR);
    ck_assert_int_eq(
        leat_runner_skip(house->runner, "11111111-1111-1111-1111-111111111101:4", "why not", &house->err),
        LEAT_FAIL);
    put_transactions(house, 4, 9);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    ck_assert_int_eq(
        leat_runner_skip(house->runner, "11111111-1111-1111-1111-111111111101:8", "bad row", &house->err),
        LEAT_FAIL);
    ck_assert_int_eq(
        leat_runner_skip(house->runner, "11111111-1111-1111-1111-111111111101:7", "", &house->err),
        LEAT_FAIL);
    ck_assert_int_eq(
        leat_runner_skip(house->runner, "11111111-1111-1111-1111-111111111101:7", "bad row", &house->err),
        LEAT_OK);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    ck_assert_uint_eq(house->fake.delivered_count, 8);
    ck_assert_uint_eq(house->fake.handed[6], 8);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_uint_eq(status.skipped, 1);
    ck_assert_uint_eq(status.transactions, 8);
    ck_assert_str_eq(status.last_skip_reason, "bad row");
    leat_runner_free(&house->runner); /* not met again */
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    end_house(house);
}
END_TEST

START_TEST(an_anonymous_transaction_is_skipped_by_its_place)
{
    struct house *house = new_house();
    house->anonymous = true;
    make_runner(house);
    put_start(house, 0, test_pos(1));
    told_to_fail(house, FAKE_AT_ROWS, 2, FAKE_MAX, LEAT_KIND_DATA);
    put_transactions(house, 1, 4);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    ck_assert_int_eq(leat_runner_skip(house->runner, "binlog.000001:3000", "bad row", &house->err), LEAT_OK);
    settle(house);
    ck_assert_uint_eq(house->fake.delivered_count, 3);
    ck_assert_uint_eq(house->fake.handed[1], 3);
    end_house(house);
}
END_TEST

START_TEST(a_fatal_error_ends_the_process)
{
    struct house *house = running_house(3);
    told_to_fail(house, FAKE_AT_COMMIT, 0, 1, LEAT_KIND_FATAL);
    put_transactions(house, 4, 4);
    now_us += 10000;
    ck_assert_int_eq(settle(house), LEAT_FAIL);
    ck_assert_int_eq(house->err.kind, LEAT_KIND_FATAL);
    check_state(house, LEAT_RUNNER_STOPPED);
    ck_assert_int_eq(step(house), LEAT_STOPPED);
    end_house(house);
}
END_TEST

START_TEST(what_could_not_be_decoded_halts_until_it_is_skipped)
{
    struct house *house = running_house(2);
    struct leat_item begin = test_begin(3, false);
    struct leat_item opaque = {.type = LEAT_ITEM_OPAQUE,
                               .opaque = {.begin = begin.begin,
                                          .end = {"binlog.000001", test_pos(4)},
                                          .reason = test_text("column type 250"),
                                          .events = (const uint8_t *)"raw",
                                          .events_size = 3}};
    struct leat_buf frames = {0};
    leat_frame_put(&frames, &opaque);
    append(house, &frames);
    put_transactions(house, 4, 5);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_ptr_nonnull(strstr(status.error.message, "column type 250"));
    ck_assert_int_eq(leat_runner_skip(house->runner, status.halted_at, "known", &house->err), LEAT_OK);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    ck_assert_uint_eq(house->fake.delivered_count, 4);
    end_house(house);
}
END_TEST

/* ---- Commands ---- */

START_TEST(pause_and_resume)
{
    struct house *house = running_house(3);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    put_transactions(house, 4, 6);
    settle(house);
    check_state(house, LEAT_RUNNER_PAUSED);
    check_delivered(house, 1, 3);
    now_us += 2000000;
    settle(house);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_uint_gt(status.lag_us, 0);
    ck_assert_int_eq(leat_runner_resume(house->runner, NULL, &house->err), LEAT_OK);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 6);
    end_house(house);
}
END_TEST

static void resume_until(struct house *house, const char *text)
{
    struct leat_point until = {0};
    ck_assert_msg(leat_point_parse(&until, text, &house->err) == LEAT_OK, "%s", house->err.message);
    ck_assert_int_eq(leat_runner_resume(house->runner, &until, &house->err), LEAT_OK);
    leat_point_free(&until);
    settle(house);
    check_state(house, LEAT_RUNNER_PAUSED);
}

START_TEST(resume_until_pauses_before_the_first_transaction_at_or_behind)
{
    struct house *house = running_house(2);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    settle(house);
    put_transactions(house, 3, 20);
    resume_until(house, "binlog.000001:6000"); /* where 5 begins */
    check_delivered(house, 1, 4);
    resume_until(house, "1970-01-01T00:00:08Z"); /* when 8 was committed */
    check_delivered(house, 1, 7);
    resume_until(house, "11111111-1111-1111-1111-111111111101:1-12");
    check_delivered(house, 1, 12);
    resume_until(house, "now");
    check_delivered(house, 1, 20);
    resume_until(house, "binlog.000001:2000"); /* already behind it */
    check_delivered(house, 1, 20);
    end_house(house);
}
END_TEST

static void rewind_to(struct house *house, const char *text)
{
    struct leat_point to = {0};
    ck_assert_int_eq(leat_point_parse(&to, text, &house->err), LEAT_OK);
    ck_assert_msg(leat_runner_rewind(house->runner, &to, &house->err) == LEAT_OK, "%s", house->err.message);
    leat_point_free(&to);
    house->fake.delivered_count = house->fake.handed_count = 0; /* what comes now */
}

START_TEST(rewind_begins_a_new_generation_at_any_point)
{
    static const struct {
        const char *to;
        uint64_t first;
    } cases[] = {{"earliest", 1},
                 {"binlog.000001:5000", 4},
                 {"11111111-1111-1111-1111-111111111101:1-5", 6},
                 {"1970-01-01T00:00:03Z", 3}};
    struct house *house = running_house(9);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rewind_to(house, cases[i].to);
        settle(house);
        now_us += 1000000;
        settle(house);
        check_state(house, LEAT_RUNNER_RUNNING);
        check_delivered(house, cases[i].first, 9);
        struct leat_runner_status status;
        leat_runner_status(house->runner, &status);
        ck_assert_uint_eq(status.generation, i + 2);
        struct leat_gtid_set *delivered = leat_runner_delivered(house->runner);
        ck_assert_uint_eq(leat_gtid_set_count(delivered), 9);
        leat_gtid_set_free(&delivered);
    }
    rewind_to(house, "now");
    put_transactions(house, 10, 11);
    settle(house);
    ck_assert_uint_le(house->fake.delivered_count, 2);
    end_house(house);
}
END_TEST

START_TEST(rewind_of_a_paused_sink_leaves_it_paused)
{
    struct house *house = running_house(5);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    settle(house);
    rewind_to(house, "earliest");
    settle(house);
    check_state(house, LEAT_RUNNER_PAUSED);
    ck_assert_uint_eq(house->fake.delivered_count, 0);
    ck_assert_int_eq(leat_runner_resume(house->runner, NULL, &house->err), LEAT_OK);
    settle(house);
    check_delivered(house, 1, 5);
    end_house(house);
}
END_TEST

START_TEST(rewind_cures_a_sink_whose_recovery_fails)
{
    struct house *house = running_house(5);
    leat_runner_free(&house->runner);
    told_to_fail(house, FAKE_AT_RECOVER, 0, FAKE_MAX, LEAT_KIND_OPERATOR);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    house->fake.fail_times = 1;
    rewind_to(house, "earliest");
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 5);
    end_house(house);
}
END_TEST

START_TEST(stop_commits_what_is_complete)
{
    struct house *house = running_house(1);
    put_transactions(house, 2, 2);
    ck_assert_int_eq(step(house), LEAT_AGAIN); /* handed over, too early to commit */
    leat_runner_stop(house->runner);
    ck_assert_int_eq(settle(house), LEAT_STOPPED);
    check_state(house, LEAT_RUNNER_STOPPED);
    check_delivered(house, 1, 2);
    ck_assert_uint_eq(house->fake.interrupts, 1);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_FAIL);
    end_house(house);
}
END_TEST

/* ---- New sinks ---- */

START_TEST(a_new_sink_on_an_old_journal_needs_start)
{
    struct house *house = new_house();
    put_start(house, 0, 4);
    put_transactions(house, 1, 5);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_int_eq(status.error.code, LEAT_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(status.error.cure, "sinks.out.start"));
    rewind_to(house, "earliest"); /* says it as well */
    settle(house);
    check_delivered(house, 1, 5);
    end_house(house);
}
END_TEST

START_TEST(start_of_a_new_sink)
{
    static const struct {
        const char *start;
        uint64_t first;
    } cases[] = {{"earliest", 1},
                 {"now", 6},
                 {"binlog.000001:4000", 3},
                 {"11111111-1111-1111-1111-111111111101:1-3", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct house *house = new_house();
        put_start(house, 0, 4);
        put_transactions(house, 1, 5);
        ck_assert_int_eq(leat_point_parse(&house->config.start, cases[i].start, &house->err), LEAT_OK);
        make_runner(house);
        settle(house);
        put_transactions(house, 6, 8);
        now_us += 1000000;
        settle(house);
        check_delivered(house, cases[i].first, 8);
        leat_point_free(&house->config.start);
        end_house(house);
    }
}
END_TEST

START_TEST(a_new_sink_keeps_its_claim_when_transactions_come_before_its_first_step)
{
    struct house *house = new_house();
    make_runner(house);
    put_start(house, 0, 4);
    put_transactions(house, 1, 3);
    leat_runner_free(&house->runner); /* killed before a step */
    make_runner(house);
    settle(house);
    check_delivered(house, 1, 3);
    end_house(house);
}
END_TEST

/* ---- Another journal ---- */

static void replace_journal(struct house *house)
{
    leat_runner_free(&house->runner);
    leat_journal_close(&house->journal);
    open_journal(house, "/journal2");
}

START_TEST(a_rebuilt_journal_is_joined_by_gtid)
{
    struct house *house = running_house(5);
    replace_journal(house);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_RECOVERING); /* nothing is in it yet */
    put_start(house, 2, test_pos(3));
    put_transactions(house, 3, 4);
    settle(house);
    now_us += 1000000;
    settle(house);
    check_delivered(house, 1, 5);
    leat_runner_free(&house->runner); /* killed within the overlap */
    put_transactions(house, 5, 9);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 9);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_uint_eq(status.generation, 2);
    ck_assert_uint_eq(status.transactions, 9);
    end_house(house);
}
END_TEST

START_TEST(a_rebuilt_journal_is_joined_by_place_without_gtids)
{
    struct house *house = new_house();
    house->anonymous = true;
    make_runner(house);
    put_start(house, 0, test_pos(1));
    put_transactions(house, 1, 5);
    settle(house);
    check_delivered(house, 1, 5);
    replace_journal(house);
    put_start(house, 0, test_pos(3));
    put_transactions(house, 3, 8);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 8);
    end_house(house);
}
END_TEST

START_TEST(a_journal_that_begins_behind_the_checkpoint_needs_resync)
{
    for (int anonymous = 0; anonymous < 2; anonymous++) {
        struct house *house = new_house();
        house->anonymous = anonymous;
        make_runner(house);
        put_start(house, 0, test_pos(1));
        put_transactions(house, 1, 5);
        settle(house);
        replace_journal(house);
        put_start(house, anonymous ? 0 : 6, test_pos(7));
        put_transactions(house, 7, 8);
        make_runner(house);
        settle(house);
        check_state(house, LEAT_RUNNER_NEEDS_RESYNC);
        ck_assert_int_eq(leat_runner_resume(house->runner, NULL, &house->err), LEAT_FAIL);
        rewind_to(house, "earliest");
        settle(house);
        check_state(house, LEAT_RUNNER_RUNNING);
        check_delivered(house, 7, 8);
        end_house(house);
    }
}
END_TEST

START_TEST(a_set_that_stands_still_does_not_hide_a_gap)
{
    struct house *house = new_house();
    house->anonymous = true; /* GTIDs were switched off: the set stays as it was then */
    make_runner(house);
    put_start(house, 2, test_pos(3));
    put_transactions(house, 3, 5);
    settle(house);
    check_delivered(house, 3, 5);
    replace_journal(house);
    put_start(house, 2, test_pos(7));
    put_transactions(house, 7, 8);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_NEEDS_RESYNC);
    end_house(house);
}
END_TEST

START_TEST(a_journal_that_ends_before_the_checkpoint_needs_resync)
{
    struct house *house = running_house(5);
    leat_runner_free(&house->runner);
    house->fake.checkpoint.seq += 100;
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_NEEDS_RESYNC);
    end_house(house);
}
END_TEST

START_TEST(a_sink_that_lags_on_a_full_journal_is_detached_loudly)
{
    struct house *house = new_house();
    leat_journal_close(&house->journal);
    house->journal_bytes_max = 256 << 10;
    open_journal(house, "/small");
    house->config.when_journal_full = LEAT_WHEN_FULL_DETACH;
    make_runner(house);
    put_start(house, 0, 4);
    put_transactions(house, 1, 2);
    settle(house);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    settle(house);
    for (uint64_t n = 3; n < 3000; n++) {
        put_transaction(house, n, house->table);
        ck_assert_int_eq(leat_journal_retain(house->journal, &house->err), LEAT_OK);
    }
    settle(house);
    check_state(house, LEAT_RUNNER_NEEDS_RESYNC);
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    ck_assert_ptr_nonnull(strstr(status.error.cure, "leat rewind out"));
    ck_assert_int_eq(leat_runner_resume(house->runner, NULL, &house->err), LEAT_FAIL);
    leat_runner_free(&house->runner); /* the next process sees it as well */
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_NEEDS_RESYNC);
    rewind_to(house, "earliest");
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    ck_assert_uint_gt(house->fake.delivered_count, 0);
    ck_assert_uint_eq(house->fake.handed[house->fake.delivered_count - 1], 2999);
    end_house(house);
}
END_TEST

/* ---- Checkpoints as bytes ---- */

START_TEST(a_checkpoint_survives_its_bytes_and_nothing_else_does)
{
    struct house *house = running_house(5);
    struct leat_checkpoint read;
    struct leat_buf bytes = {0};
    leat_checkpoint_encode(&bytes, &house->fake.checkpoint);
    ck_assert_int_eq(leat_checkpoint_decode(&read, bytes.data, bytes.size, &house->err), LEAT_OK);
    ck_assert_uint_eq(read.seq, house->fake.checkpoint.seq);
    ck_assert_str_eq(read.file, house->fake.checkpoint.file);
    ck_assert(leat_gtid_set_equal(read.completed, house->fake.checkpoint.completed));
    leat_checkpoint_free(&read);
    for (size_t size = 0; size < bytes.size; size++)
        ck_assert_int_eq(leat_checkpoint_decode(&read, bytes.data, size, &house->err), LEAT_FAIL);
    for (size_t at = 0; at < bytes.size; at++) {
        bytes.data[at] ^= 0x40;
        ck_assert_int_eq(leat_checkpoint_decode(&read, bytes.data, bytes.size, &house->err), LEAT_FAIL);
        bytes.data[at] ^= 0x40;
    }
    leat_buf_free(&bytes);
    end_house(house);
}
END_TEST

/* ---- With the file sink ---- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct memory_name *)a)->path, ((const struct memory_name *)b)->path);
}

/* The ids in all files, in the order of their names, are those of transactions 1 … last: two a transaction.
 */
static void check_files(struct memory_fs *disk, uint64_t last)
{
    struct memory_name *names = disk->cache.list;
    qsort(names, disk->cache.count, sizeof *names, by_path);
    uint64_t rows = 0;
    for (size_t i = 0; i < disk->cache.count; i++) {
        struct leat_buf text = {0};
        if (!strstr(names[i].path, ".jsonl"))
            continue;
        leat_buf_put(&text, names[i].node->cache.data, names[i].node->cache.size);
        const char *at = leat_buf_cstr(&text);
        while ((at = strstr(at, "\"after\":{\"id\":"))) {
            at += strlen("\"after\":{\"id\":");
            ck_assert_uint_eq(strtoull(at, NULL, 10), (rows / 2 + 1) * 100 + rows % 2);
            rows++;
        }
        leat_buf_free(&text);
    }
    ck_assert_uint_eq(rows, last * 2);
}

START_TEST(runner_and_file_sink_deliver_each_change_once_whenever_they_die)
{
    for (unsigned countdown = 0; countdown < 150; countdown++) {
        struct house *house = new_house();
        struct memory_fs *disk = memory_fs_new(countdown);
        house->config.type = (char *)(uintptr_t) "file";
        house->config.path = (char *)(uintptr_t) "/data";
        house->config.rotate_bytes = countdown % 3 ? 2000 : 1;
        house->config.start = (struct leat_point){.type = LEAT_POINT_EARLIEST};
        const struct leat_runner_env env = {&house->config, "shop", &disk->fs, &test_clock, NULL};
        put_start(house, 0, 4);
        for (unsigned life = 0; life < 5; life++) {
            ck_assert_int_eq(leat_runner_new(&house->runner, &env, &house->err), LEAT_OK);
            disk->counting = life < 4;
            disk->countdown = life % 2 ? countdown / 2 + life : countdown;
            leat_runner_attach(house->runner, house->journal);
            for (uint64_t n = life * 4 + 1; n <= life * 4 + 4; n++) {
                put_transactions(house, n, n);
                now_us += 10000;
                settle(house);
            }
            if (life < 4)
                leat_runner_free(&house->runner);
            if (life < 4)
                memory_fs_crash(disk, countdown % 4 != 0);
        }
        check_state(house, LEAT_RUNNER_RUNNING);
        struct leat_runner_status status;
        leat_runner_status(house->runner, &status);
        ck_assert_uint_eq(status.transactions, 20);
        ck_assert_uint_eq(status.generation, 1);
        check_files(disk, 20);
        end_house(house);
        memory_fs_free(&disk);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("sink runner");
    LEAT_TEST_ADD(suite, a_new_sink_on_a_new_journal_gets_everything);
    LEAT_TEST_ADD(suite, a_restart_goes_on_at_the_checkpoint);
    LEAT_TEST_ADD(suite, caught_up_commits_at_once_but_not_every_time);
    LEAT_TEST_ADD(suite, filtered_out_transactions_move_the_checkpoint_each_second);
    LEAT_TEST_ADD(suite, a_sink_without_room_gets_the_same_item_again);
    LEAT_TEST_ADD(suite, only_the_acknowledged_prefix_is_delivered);
    LEAT_TEST_ADD(suite, more_than_the_ring_holds_waits);
    LEAT_TEST_ADD(suite, an_error_that_may_pass_backs_off_and_rewinds_to_the_checkpoint);
    LEAT_TEST_ADD(suite, backoff_doubles_up_to_its_limit_and_ends_with_a_delivery);
    LEAT_TEST_ADD(suite, data_that_fails_halts_with_all_before_it_delivered_and_resume_tries_again);
    LEAT_TEST_ADD(suite, skip_passes_over_the_one_transaction_that_halts);
    LEAT_TEST_ADD(suite, an_anonymous_transaction_is_skipped_by_its_place);
    LEAT_TEST_ADD(suite, a_fatal_error_ends_the_process);
    LEAT_TEST_ADD(suite, what_could_not_be_decoded_halts_until_it_is_skipped);
    LEAT_TEST_ADD(suite, pause_and_resume);
    LEAT_TEST_ADD(suite, resume_until_pauses_before_the_first_transaction_at_or_behind);
    LEAT_TEST_ADD(suite, rewind_begins_a_new_generation_at_any_point);
    LEAT_TEST_ADD(suite, rewind_of_a_paused_sink_leaves_it_paused);
    LEAT_TEST_ADD(suite, rewind_cures_a_sink_whose_recovery_fails);
    LEAT_TEST_ADD(suite, stop_commits_what_is_complete);
    LEAT_TEST_ADD(suite, a_new_sink_on_an_old_journal_needs_start);
    LEAT_TEST_ADD(suite, start_of_a_new_sink);
    LEAT_TEST_ADD(suite, a_new_sink_keeps_its_claim_when_transactions_come_before_its_first_step);
    LEAT_TEST_ADD(suite, a_rebuilt_journal_is_joined_by_gtid);
    LEAT_TEST_ADD(suite, a_rebuilt_journal_is_joined_by_place_without_gtids);
    LEAT_TEST_ADD(suite, a_set_that_stands_still_does_not_hide_a_gap);
    LEAT_TEST_ADD(suite, a_journal_that_begins_behind_the_checkpoint_needs_resync);
    LEAT_TEST_ADD(suite, a_journal_that_ends_before_the_checkpoint_needs_resync);
    LEAT_TEST_ADD(suite, a_sink_that_lags_on_a_full_journal_is_detached_loudly);
    LEAT_TEST_ADD(suite, a_checkpoint_survives_its_bytes_and_nothing_else_does);
    LEAT_TEST_ADD(suite, runner_and_file_sink_deliver_each_change_once_whenever_they_die);
    return suite;
}

LEAT_TEST_MAIN(suite)
