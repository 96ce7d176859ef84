/* When the process counts as stuck: only by the journal's thread. */
#include "check_main.h"

#include <string.h>

#include "relay/relay_int.h"

static uint64_t now_us;

static uint64_t monotonic_us(void *context)
{
    (void)context;
    return now_us;
}

static const struct leat_clock the_clock = {.monotonic_us = monotonic_us};

START_TEST(stuck_is_a_journal_thread_that_stands_still_for_two_minutes)
{
    char dir[] = "/var/lib/leat";
    struct leat_config config = {.journal.dir = dir};
    struct relay relay = {.config = &config, .clock = &the_clock};
    struct leat_error why = {0};
    now_us = 1000000000;
    ck_assert(relay_alive(&relay, &why)); /* it hasn't begun */
    atomic_store(&relay.journal_beat_us, now_us);
    now_us += 119 * 1000000ull;
    ck_assert(relay_alive(&relay, &why));
    now_us += 2 * 1000000ull;
    ck_assert(!relay_alive(&relay, &why));
    ck_assert_ptr_nonnull(strstr(why.message, "121 s"));
    ck_assert_ptr_nonnull(strstr(why.message, dir));
    atomic_store(&relay.journal_beat_us, now_us);
    ck_assert(relay_alive(&relay, &why));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("alive");
    LEAT_TEST_ADD(all, stuck_is_a_journal_thread_that_stands_still_for_two_minutes);
    return all;
}

LEAT_TEST_MAIN(suite)
