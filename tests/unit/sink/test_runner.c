/* The runner, over a real journal (on a disk in memory) and a sink that does as it is told: each state and
 * move, what each kind of error leads to, where it goes on from. */
#include "runner_house.h"

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

static Suite *suite(void)
{
    Suite *all = suite_create("runner");
    LEAT_TEST_ADD(all, a_new_sink_on_a_new_journal_gets_everything);
    LEAT_TEST_ADD(all, a_restart_goes_on_at_the_checkpoint);
    LEAT_TEST_ADD(all, caught_up_commits_at_once_but_not_every_time);
    LEAT_TEST_ADD(all, filtered_out_transactions_move_the_checkpoint_each_second);
    LEAT_TEST_ADD(all, a_sink_without_room_gets_the_same_item_again);
    LEAT_TEST_ADD(all, only_the_acknowledged_prefix_is_delivered);
    LEAT_TEST_ADD(all, more_than_the_ring_holds_waits);
    LEAT_TEST_ADD(all, an_error_that_may_pass_backs_off_and_rewinds_to_the_checkpoint);
    LEAT_TEST_ADD(all, backoff_doubles_up_to_its_limit_and_ends_with_a_delivery);
    LEAT_TEST_ADD(all, data_that_fails_halts_with_all_before_it_delivered_and_resume_tries_again);
    LEAT_TEST_ADD(all, skip_passes_over_the_one_transaction_that_halts);
    LEAT_TEST_ADD(all, an_anonymous_transaction_is_skipped_by_its_place);
    LEAT_TEST_ADD(all, a_fatal_error_ends_the_process);
    LEAT_TEST_ADD(all, what_could_not_be_decoded_halts_until_it_is_skipped);
    LEAT_TEST_ADD(all, pause_and_resume);
    LEAT_TEST_ADD(all, resume_until_pauses_before_the_first_transaction_at_or_behind);
    LEAT_TEST_ADD(all, rewind_begins_a_new_generation_at_any_point);
    LEAT_TEST_ADD(all, rewind_of_a_paused_sink_leaves_it_paused);
    LEAT_TEST_ADD(all, rewind_cures_a_sink_whose_recovery_fails);
    LEAT_TEST_ADD(all, stop_commits_what_is_complete);
    return all;
}

LEAT_TEST_MAIN(suite)
