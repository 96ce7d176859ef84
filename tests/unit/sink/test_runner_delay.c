/* A sink with `delay`. Number n of items.h is committed n seconds after 1970, and tests begin at second BASE. */
#include "runner_house.h"

enum { BASE = 1000000, MINUTE = 60, SECOND_US = 1000000 };

static struct house *delayed_house(unsigned delay_s)
{
    struct house *house = new_house();
    ck_assert_uint_eq(now_us, (uint64_t)BASE * SECOND_US);
    house->config.delay_us = (uint64_t)delay_s * SECOND_US;
    make_runner(house);
    put_start(house, 0, 4);
    return house;
}

static struct leat_runner_status status_of(const struct house *house)
{
    struct leat_runner_status status;
    leat_runner_status(house->runner, &status);
    return status;
}

/* Exactly `seconds` after BASE; what was due a moment before has been seen. */
static void at(struct house *house, unsigned seconds)
{
    now_us = ((uint64_t)BASE + seconds) * SECOND_US;
    settle(house);
}

START_TEST(a_transaction_comes_when_its_commit_is_as_long_ago_as_delay_says)
{
    struct house *house = delayed_house(MINUTE);
    put_transactions(house, BASE - 30, BASE - 28);
    put_transaction(house, BASE - 10, house->table);
    ck_assert_int_eq(settle(house), LEAT_AGAIN);
    ck_assert_uint_gt(house->wait_ms, 100); /* nothing to be awake for */
    ck_assert_uint_eq(house->fake.handed_count, 0);
    ck_assert_uint_eq(house->fake.rows, 0);
    struct leat_runner_status status = status_of(house);
    ck_assert_int_eq(status.state, LEAT_RUNNER_RUNNING);
    ck_assert_uint_eq(status.delay_us, MINUTE * SECOND_US);
    ck_assert_uint_eq(status.held_until_us, ((uint64_t)BASE + 30) * SECOND_US);
    ck_assert_uint_eq(status.lag_us, 0);
    ck_assert_uint_gt(status.lag_records, 0);

    now_us = ((uint64_t)BASE + 30) * SECOND_US - 1;
    (void)step(house);
    ck_assert_uint_eq(house->fake.handed_count, 0);
    ck_assert_uint_le(house->wait_ms, 1);
    at(house, 30);
    check_delivered(house, BASE - 30, BASE - 30);
    at(house, 32);
    check_delivered(house, BASE - 30, BASE - 28);
    ck_assert_uint_eq(status_of(house).held_until_us, ((uint64_t)BASE + 50) * SECOND_US);
    at(house, 51);
    ck_assert_uint_eq(house->fake.delivered_count, 4);
    ck_assert_uint_eq(status_of(house).held_until_us, 0);
    end_house(house);
}
END_TEST

START_TEST(what_is_older_comes_at_once)
{
    struct house *house = delayed_house(MINUTE);
    put_transactions(house, BASE - 100, BASE - 60);
    settle(house);
    check_delivered(house, BASE - 100, BASE - 60);
    end_house(house);
}
END_TEST

START_TEST(the_primarys_clock_counts)
{
    struct house *house = delayed_house(MINUTE);
    leat_cell_set(&house->clock_offset, 5 * SECOND_US); /* it is ahead */
    put_transaction(house, BASE, house->table);
    settle(house);
    ck_assert_uint_eq(status_of(house).held_until_us, ((uint64_t)BASE + 55) * SECOND_US);
    at(house, 54);
    ck_assert_uint_eq(house->fake.delivered_count, 0);
    at(house, 55);
    check_delivered(house, BASE, BASE);
    end_house(house);
}
END_TEST

/* SET TIMESTAMP, or a clock that was set: all of them wait once, from when they were met. */
START_TEST(commits_that_lie_ahead_wait_from_when_they_came)
{
    struct house *house = delayed_house(MINUTE);
    put_transactions(house, BASE + 3600, BASE + 3699);
    settle(house);
    at(house, 59);
    ck_assert_uint_eq(house->fake.delivered_count, 0);
    put_transaction(house, BASE + 3700, house->table);
    at(house, 61);
    check_delivered(house, BASE + 3600, BASE + 3699);
    at(house, 118);
    ck_assert_uint_eq(house->fake.delivered_count, 100);
    at(house, 122);
    check_delivered(house, BASE + 3600, BASE + 3700);
    end_house(house);
}
END_TEST

START_TEST(one_that_says_it_is_old_comes_no_sooner_than_what_lies_before_it)
{
    struct house *house = delayed_house(MINUTE);
    put_transaction(house, BASE, house->table);
    put_transaction(house, 7, house->table);
    put_transaction(house, BASE + 1, house->table);
    at(house, 59);
    ck_assert_uint_eq(house->fake.delivered_count, 0);
    at(house, 60);
    ck_assert_uint_eq(house->fake.delivered_count, 2);
    at(house, 61);
    ck_assert_uint_eq(house->fake.delivered_count, 3);
    end_house(house);
}
END_TEST

START_TEST(a_late_sink_lags_behind_its_delay_only)
{
    struct house *house = delayed_house(MINUTE);
    house->fake.holds_back = true;
    put_transaction(house, BASE, house->table);
    at(house, 60);
    ck_assert_uint_eq(house->fake.handed_count, 1);
    now_us = ((uint64_t)BASE + 63) * SECOND_US;
    struct leat_runner_status status = status_of(house);
    ck_assert_uint_eq(status.age_us, 63 * SECOND_US);
    ck_assert_uint_eq(status.lag_us, 3 * SECOND_US);
    end_house(house);
}
END_TEST

START_TEST(a_sink_that_is_paused_while_it_holds_lags_from_when_that_was_due)
{
    struct house *house = delayed_house(MINUTE);
    put_transaction(house, BASE - 30, house->table);
    settle(house);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    at(house, 29);
    check_state(house, LEAT_RUNNER_PAUSED);
    ck_assert_uint_eq(status_of(house).lag_us, 0);
    at(house, 40);
    ck_assert_uint_eq(status_of(house).lag_us, 10 * SECOND_US);
    ck_assert_uint_eq(status_of(house).held_until_us, 0);
    ck_assert_uint_eq(house->fake.handed_count, 0);
    ck_assert_int_eq(leat_runner_resume(house->runner, NULL, &house->err), LEAT_OK);
    settle(house);
    check_delivered(house, BASE - 30, BASE - 30);
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
}

/* The mistake is BASE + 2; what lies before it comes in its time, the mistake never, what lies behind it does. */
START_TEST(stopped_short_of_a_mistake_which_is_then_skipped)
{
    struct house *house = delayed_house(MINUTE);
    char mistake[80], place[80];
    snprintf(mistake, sizeof mistake, "11111111-1111-1111-1111-111111111101:%d", BASE + 2);
    snprintf(place, sizeof place, "binlog.000001:%llu", (unsigned long long)test_pos(BASE + 2));
    put_transactions(house, BASE, BASE + 4);
    settle(house);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    settle(house);
    check_state(house, LEAT_RUNNER_PAUSED);
    resume_until(house, place);
    check_state(house, LEAT_RUNNER_RUNNING); /* until the two before it are due */
    at(house, 61);
    check_state(house, LEAT_RUNNER_PAUSED);
    check_delivered(house, BASE, BASE + 1);
    at(house, 100);
    check_delivered(house, BASE, BASE + 1);

    ck_assert_msg(leat_runner_skip(house->runner, mistake, "DROP TABLE by mistake", &house->err) == LEAT_OK, "%s", house->err.message);
    settle(house);
    check_state(house, LEAT_RUNNER_PAUSED); /* it stays so, behind it */
    check_delivered(house, BASE, BASE + 1);
    ck_assert_uint_eq(status_of(house).skipped, 1);
    leat_runner_free(&house->runner); /* for good */
    make_runner(house);
    settle(house);
    ck_assert_uint_eq(house->fake.delivered_count, 4);
    ck_assert_uint_eq(house->fake.handed[2], BASE + 3);
    ck_assert_uint_eq(house->fake.handed[3], BASE + 4);
    end_house(house);
}
END_TEST

/* As a change says where it is: by its own event, which lies behind its transaction's beginning. */
START_TEST(until_a_place_within_a_transaction_pauses_before_it)
{
    struct house *house = delayed_house(0);
    put_transactions(house, 1, 2);
    settle(house);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    settle(house);
    put_transactions(house, 3, 9);
    char place[80];
    snprintf(place, sizeof place, "binlog.000001:%llu", (unsigned long long)test_pos(5) + 100);
    resume_until(house, place);
    check_state(house, LEAT_RUNNER_PAUSED);
    check_delivered(house, 1, 4);
    snprintf(place, sizeof place, "binlog.000001:%llu", (unsigned long long)test_pos(7)); /* where 6 ends */
    resume_until(house, place);
    check_delivered(house, 1, 6);
    end_house(house);
}
END_TEST

START_TEST(a_paused_sink_skips_only_what_is_next)
{
    struct house *house = delayed_house(0);
    put_transactions(house, 1, 2);
    settle(house);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK);
    settle(house);
    put_transactions(house, 3, 5);
    ck_assert_int_eq(leat_runner_skip(house->runner, "11111111-1111-1111-1111-111111111101:4", "wrong", &house->err), LEAT_OK);
    settle(house);
    check_state(house, LEAT_RUNNER_HALTED);
    ck_assert_ptr_nonnull(strstr(status_of(house).error.message, "the next transaction is 11111111-1111-1111-1111-111111111101:3"));
    check_delivered(house, 1, 2);
    end_house(house);
}
END_TEST

START_TEST(a_sink_that_rests_goes_on_by_itself)
{
    struct house *house = delayed_house(0);
    put_transactions(house, 1, 2);
    settle(house);
    ck_assert_int_eq(leat_runner_rest(house->runner, 2000, &house->err), LEAT_OK);
    (void)step(house);
    put_transactions(house, 3, 4);
    (void)step(house);
    check_state(house, LEAT_RUNNER_PAUSED);
    ck_assert(status_of(house).resting && !status_of(house).in_flight);
    check_delivered(house, 1, 2);
    now_us += 2 * SECOND_US;
    settle(house);
    check_state(house, LEAT_RUNNER_RUNNING);
    check_delivered(house, 1, 4);

    ck_assert_int_eq(leat_runner_rest(house->runner, 60000, &house->err), LEAT_OK);
    (void)step(house);
    put_transaction(house, 5, house->table);
    ck_assert_int_eq(leat_runner_rest(house->runner, 0, &house->err), LEAT_OK); /* enough */
    settle(house);
    check_delivered(house, 1, 5);

    ck_assert_int_eq(leat_runner_rest(house->runner, 1000, &house->err), LEAT_OK);
    (void)step(house);
    ck_assert_int_eq(leat_runner_pause(house->runner, &house->err), LEAT_OK); /* somebody means it */
    now_us += 10 * SECOND_US;
    settle(house);
    check_state(house, LEAT_RUNNER_PAUSED);
    ck_assert(!status_of(house).resting);
    end_house(house);
}
END_TEST

START_TEST(a_rewind_delivers_again_what_is_old_enough)
{
    struct house *house = delayed_house(MINUTE);
    put_transactions(house, BASE - 61, BASE - 59);
    put_transaction(house, BASE, house->table);
    at(house, 1);
    check_delivered(house, BASE - 61, BASE - 59);
    rewind_to(house, "earliest");
    settle(house);
    check_delivered(house, BASE - 61, BASE - 59);
    at(house, 60);
    ck_assert_uint_eq(house->fake.delivered_count, 4);
    end_house(house);
}
END_TEST

START_TEST(a_stop_waits_for_nothing_that_is_held_back)
{
    struct house *house = delayed_house(MINUTE);
    put_transaction(house, BASE - 60, house->table);
    put_transaction(house, BASE, house->table);
    (void)step(house);
    leat_runner_stop(house->runner);
    uint64_t before_us = now_us;
    ck_assert_int_eq(settle(house), LEAT_STOPPED);
    ck_assert_uint_le(now_us - before_us, SECOND_US);
    check_delivered(house, BASE - 60, BASE - 60);
    leat_runner_free(&house->runner);
    make_runner(house);
    settle(house);
    check_delivered(house, BASE - 60, BASE - 60);
    at(house, 60);
    ck_assert_uint_eq(house->fake.delivered_count, 2);
    end_house(house);
}
END_TEST

START_TEST(segments_stay_until_what_is_in_them_was_due)
{
    struct house *house = delayed_house(MINUTE);
    struct leat_journal_status journal;
    put_transactions(house, BASE, BASE + 1999); /* several segments */
    settle(house);
    at(house, 59);
    ck_assert_int_eq(leat_journal_retain(house->journal, &house->err), LEAT_OK);
    leat_journal_status(house->journal, &journal);
    ck_assert_uint_gt(journal.segments, 3);
    ck_assert_uint_eq(house->fake.delivered_count, 0);
    uint64_t held = journal.segments;
    at(house, 62);
    check_delivered(house, BASE, BASE + 1999);
    ck_assert_int_eq(leat_journal_retain(house->journal, &house->err), LEAT_OK);
    leat_journal_status(house->journal, &journal);
    ck_assert_uint_lt(journal.segments, held);
    end_house(house);
}
END_TEST

START_TEST(a_full_journal_detaches_a_sink_that_holds)
{
    struct house *house = new_house();
    leat_journal_close(&house->journal);
    house->journal_bytes_max = 256 << 10;
    open_journal(house, "/full");
    house->config.delay_us = UINT64_C(3600) * SECOND_US;
    house->config.when_journal_full = LEAT_WHEN_FULL_DETACH;
    make_runner(house);
    put_start(house, 0, 4);
    put_transaction(house, BASE, house->table);
    settle(house);
    ck_assert_uint_ne(status_of(house).held_until_us, 0);
    for (uint64_t n = BASE + 1; status_of(house).state == LEAT_RUNNER_RUNNING && n < BASE + 4000; n++) {
        put_transaction(house, n, house->table);
        ck_assert_int_eq(leat_journal_retain(house->journal, &house->err), LEAT_OK);
        if (n % 50 == 0)
            (void)step(house);
    }
    check_state(house, LEAT_RUNNER_NEEDS_RESYNC);
    ck_assert_uint_eq(status_of(house).held_until_us, 0);
    end_house(house);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("runner: delay");
    LEAT_TEST_ADD(all, a_transaction_comes_when_its_commit_is_as_long_ago_as_delay_says);
    LEAT_TEST_ADD(all, what_is_older_comes_at_once);
    LEAT_TEST_ADD(all, the_primarys_clock_counts);
    LEAT_TEST_ADD(all, commits_that_lie_ahead_wait_from_when_they_came);
    LEAT_TEST_ADD(all, one_that_says_it_is_old_comes_no_sooner_than_what_lies_before_it);
    LEAT_TEST_ADD(all, a_late_sink_lags_behind_its_delay_only);
    LEAT_TEST_ADD(all, a_sink_that_is_paused_while_it_holds_lags_from_when_that_was_due);
    LEAT_TEST_ADD(all, stopped_short_of_a_mistake_which_is_then_skipped);
    LEAT_TEST_ADD(all, until_a_place_within_a_transaction_pauses_before_it);
    LEAT_TEST_ADD(all, a_paused_sink_skips_only_what_is_next);
    LEAT_TEST_ADD(all, a_sink_that_rests_goes_on_by_itself);
    LEAT_TEST_ADD(all, a_rewind_delivers_again_what_is_old_enough);
    LEAT_TEST_ADD(all, a_stop_waits_for_nothing_that_is_held_back);
    LEAT_TEST_ADD(all, segments_stay_until_what_is_in_them_was_due);
    LEAT_TEST_ADD(all, a_full_journal_detaches_a_sink_that_holds);
    return all;
}

LEAT_TEST_MAIN(suite)
