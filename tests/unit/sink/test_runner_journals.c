/* The runner and journals: new sinks, journals that were lost, rebuilt or full, checkpoints, and the file sink at the end. */
#include "runner_house.h"

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

static void put_definition(struct house *house)
{
    struct leat_buf frames = {0};
    const struct leat_item item = {.type = LEAT_ITEM_DEFINITION,
                                   .definition = {.how = LEAT_DEFINITION_READ,
                                                  .database = test_text("shop"),
                                                  .name = test_text("t"),
                                                  .table = house->table,
                                                  .why = test_text("")}};
    leat_frame_put(&frames, &item);
    append(house, &frames);
}

START_TEST(definitions_alone_leave_a_journal_new)
{
    struct house *house = new_house();
    put_start(house, 0, 4);
    put_definition(house);
    make_runner(house);
    put_transactions(house, 1, 3);
    settle(house);
    check_delivered(house, 1, 3);
    end_house(house);
}
END_TEST

START_TEST(definitions_between_transactions_move_the_checkpoint)
{
    struct house *house = running_house(2);
    put_definition(house);
    now_us += 2000000;
    settle(house);
    now_us += 2000000;
    settle(house);
    check_delivered(house, 1, 2);
    ck_assert_uint_eq(house->fake.checkpoint.seq, leat_journal_visible_end(house->journal));
    ck_assert_uint_eq(house->fake.checkpoint.transactions, 2);
    put_transactions(house, 3, 4);
    settle(house);
    check_delivered(house, 1, 4);
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

START_TEST(a_sink_that_was_begun_elsewhere_and_has_nothing_takes_a_whole_journal)
{
    struct house *house = new_house();
    make_runner(house); /* says that it was begun, on a journal that has no place yet */
    replace_journal(house);
    put_start(house, 0, 4);
    put_transactions(house, 1, 5);
    make_runner(house);
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 5);
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
        const struct leat_runner_env env = {.config = &house->config, .relay_name = "shop", .fs = &disk->fs, .clock = &test_clock};
        put_start(house, 0, 4);
        for (unsigned life = 0; life < 5; life++) {
            ck_assert_int_eq(leat_runner_new(&house->runner, &env, &house->err), LEAT_OK);
            disk->counting = life < 4;
            disk->countdown = life % 2 ? countdown / 2 + life : countdown;
            (void)!leat_runner_attach(house->runner, house->journal, &house->err); /* the disk may fail here, too */
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
    Suite *all = suite_create("runner: journals");
    LEAT_TEST_ADD(all, a_new_sink_on_an_old_journal_needs_start);
    LEAT_TEST_ADD(all, start_of_a_new_sink);
    LEAT_TEST_ADD(all, a_new_sink_keeps_its_claim_when_transactions_come_before_its_first_step);
    LEAT_TEST_ADD(all, definitions_alone_leave_a_journal_new);
    LEAT_TEST_ADD(all, definitions_between_transactions_move_the_checkpoint);
    LEAT_TEST_ADD(all, a_rebuilt_journal_is_joined_by_gtid);
    LEAT_TEST_ADD(all, a_rebuilt_journal_is_joined_by_place_without_gtids);
    LEAT_TEST_ADD(all, a_sink_that_was_begun_elsewhere_and_has_nothing_takes_a_whole_journal);
    LEAT_TEST_ADD(all, a_journal_that_begins_behind_the_checkpoint_needs_resync);
    LEAT_TEST_ADD(all, a_set_that_stands_still_does_not_hide_a_gap);
    LEAT_TEST_ADD(all, a_journal_that_ends_before_the_checkpoint_needs_resync);
    LEAT_TEST_ADD(all, a_sink_that_lags_on_a_full_journal_is_detached_loudly);
    LEAT_TEST_ADD(all, a_checkpoint_survives_its_bytes_and_nothing_else_does);
    LEAT_TEST_ADD(all, runner_and_file_sink_deliver_each_change_once_whenever_they_die);
    return all;
}

LEAT_TEST_MAIN(suite)
