/* When the primary purges what isn't read yet. */
#include "check_main.h"

#include <math.h>

#include "source/source_int.h"

static double horizon(struct source_horizon_facts facts, double bytes_per_second)
{
    struct leat_source_probe probe = {.bytes_per_second = bytes_per_second};
    facts.server_us = UINT64_C(1000000) * 10000;
    source_horizon(&probe, &facts);
    ck_assert(probe.has_horizon);
    return probe.horizon_seconds;
}

START_TEST(what_expires_counts_from_the_last_event_that_was_read)
{
    ck_assert(horizon((struct source_horizon_facts){.listed = true, .expire_s = 3600, .read_time = 9400}, 0) == 3000);
    ck_assert(horizon((struct source_horizon_facts){.listed = true, .expire_s = 3600, .read_time = 1000}, 0) == 0);
    ck_assert(horizon((struct source_horizon_facts){.listed = true, .newest = true, .expire_s = 3600, .read_time = 1000}, 0) == 3600);
    ck_assert(isinf(horizon((struct source_horizon_facts){.listed = true, .read_time = 1000}, 1e9)));
    ck_assert(horizon((struct source_horizon_facts){.expire_s = 3600, .read_time = 9400}, 0) == 0); /* gone */
}
END_TEST

START_TEST(a_limit_of_size_counts_by_the_rate_of_writing)
{
    struct source_horizon_facts facts = {.listed = true, .bytes_max = 1000000, .from_file_bytes = 400000};
    ck_assert(horizon(facts, 1000) == 600);
    ck_assert(isinf(horizon(facts, 0)));
    facts.expire_s = 300;
    facts.newest = true;
    ck_assert(horizon(facts, 1000) == 300);
    facts.from_file_bytes = 1000001;
    ck_assert(horizon(facts, 1000) == 0);
}
END_TEST

static Suite *horizon_suite(void)
{
    Suite *suite = suite_create("horizon");
    LEAT_TEST_ADD(suite, what_expires_counts_from_the_last_event_that_was_read);
    LEAT_TEST_ADD(suite, a_limit_of_size_counts_by_the_rate_of_writing);
    return suite;
}

LEAT_TEST_MAIN(horizon_suite)
