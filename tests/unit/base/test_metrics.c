/* Metrics: histograms, ages that share little room, and the text of a scrape. */
#include <math.h>

#include "check_main.h"
#include "base/metrics.h"

static uint64_t observations(const struct leat_histogram *histogram)
{
    uint64_t total = 0;
    for (unsigned i = 0; i <= histogram->bounds->count; i++)
        total += leat_cell_get(&histogram->cells[i]);
    return total;
}

START_TEST(an_observation_counts_in_the_first_bucket_that_holds_it)
{
    struct leat_histogram histogram = {.bounds = &leat_bounds_call};
    leat_histogram_add(&histogram, 0, 1);
    leat_histogram_add(&histogram, leat_bounds_call.upper[0], 2);
    leat_histogram_add(&histogram, leat_bounds_call.upper[0] + 1, 4);
    leat_histogram_add(&histogram, UINT32_MAX, 8);
    ck_assert_uint_eq(leat_cell_get(&histogram.cells[0]), 3);
    ck_assert_uint_eq(leat_cell_get(&histogram.cells[1]), 4);
    ck_assert_uint_eq(leat_cell_get(&histogram.cells[leat_bounds_call.count]), 8);
    ck_assert_uint_eq(leat_cell_get(&histogram.sum), 2 * leat_bounds_call.upper[0] + 4 * (leat_bounds_call.upper[0] + 1) + 8ull * UINT32_MAX);
}
END_TEST

START_TEST(bounds_rise)
{
    const struct leat_bounds *all[] = {&leat_bounds_age, &leat_bounds_call};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_le(all[i]->count, LEAT_HISTOGRAM_BOUNDS_MAX);
        for (unsigned k = 1; k < all[i]->count; k++)
            ck_assert_uint_gt(all[i]->upper[k], all[i]->upper[k - 1]);
    }
}
END_TEST

START_TEST(ages_of_any_number_are_all_counted_and_hardly_wrong)
{
    /* A backlog: a million commits over a day. And a steady stream: a hundred milliseconds of it. */
    const uint64_t steps_us[] = {86400, 100}, counts[] = {1000000, 1000};
    for (size_t i = 0; i < 2; i++) {
        struct leat_ages ages = {0};
        struct leat_histogram histogram = {.bounds = &leat_bounds_age};
        uint64_t end_us = UINT64_C(1700000000000000), exact = 0;
        uint64_t begin_us = end_us - counts[i] * steps_us[i];
        for (uint64_t k = 0; k < counts[i]; k++) {
            leat_ages_add(&ages, begin_us + k * steps_us[i]);
            exact += end_us - (begin_us + k * steps_us[i]);
        }
        leat_ages_observe(&ages, &histogram, end_us);
        ck_assert_uint_eq(observations(&histogram), counts[i]);
        uint64_t sum = leat_cell_get(&histogram.sum);
        ck_assert(sum >= exact && sum <= exact + exact / 20);
        leat_ages_observe(&ages, &histogram, end_us);
        ck_assert_uint_eq(observations(&histogram), counts[i]); /* forgotten */
    }
}
END_TEST

START_TEST(a_moment_of_the_future_has_age_zero)
{
    struct leat_ages ages = {0};
    struct leat_histogram histogram = {.bounds = &leat_bounds_age};
    leat_ages_add(&ages, 2000000);
    leat_ages_add(&ages, 1000000); /* backwards: another server's clock */
    leat_ages_observe(&ages, &histogram, 1500000);
    ck_assert_uint_eq(observations(&histogram), 2);
    ck_assert_uint_eq(leat_cell_get(&histogram.sum), 500000);
}
END_TEST

static const struct leat_metric_family families[] = {
    {"leat_things_total", LEAT_COUNTER, {"kind", "sink"}, "Things.", "Other `Things`"},
    {"leat_level", LEAT_GAUGE, {NULL}, "A level.", NULL},
    {"leat_wait_seconds", LEAT_HISTOGRAM, {"sink"}, "Waits.", NULL},
    {"leat_never", LEAT_GAUGE, {NULL}, "Nothing.", NULL}};

START_TEST(a_page_groups_samples_by_family_and_escapes_labels)
{
    static const struct leat_bounds bounds = {2, {1000, 2000000}};
    struct leat_histogram histogram = {.bounds = &bounds};
    struct leat_metrics_page *page = leat_metrics_page_new(families, 4);
    struct leat_buf buf = {0};
    leat_histogram_add(&histogram, 500, 2);
    leat_histogram_add(&histogram, 3000000, 1);
    leat_metrics_put_count(page, 0, (const char *const[]){"a\"b\\c\nd", "x"}, UINT64_MAX);
    leat_metrics_put(page, 1, NULL, INFINITY);
    leat_metrics_put_histogram(page, 2, (const char *const[]){"s"}, &histogram, 1e-6);
    leat_metrics_put_count(page, 0, (const char *const[]){"caf\xff", "y"}, 0);
    leat_metrics_print(&buf, page);
    ck_assert_str_eq(leat_buf_cstr(&buf), "# HELP leat_things_total Things.\n"
                                          "# TYPE leat_things_total counter\n"
                                          "leat_things_total{kind=\"a\\\"b\\\\c\\nd\",sink=\"x\"} 18446744073709551615\n"
                                          "leat_things_total{kind=\"caf?\",sink=\"y\"} 0\n"
                                          "# HELP leat_level A level.\n"
                                          "# TYPE leat_level gauge\n"
                                          "leat_level +Inf\n"
                                          "# HELP leat_wait_seconds Waits.\n"
                                          "# TYPE leat_wait_seconds histogram\n"
                                          "leat_wait_seconds_bucket{sink=\"s\",le=\"0.001\"} 2\n"
                                          "leat_wait_seconds_bucket{sink=\"s\",le=\"2\"} 2\n"
                                          "leat_wait_seconds_bucket{sink=\"s\",le=\"+Inf\"} 3\n"
                                          "leat_wait_seconds_sum{sink=\"s\"} 3.001\n"
                                          "leat_wait_seconds_count{sink=\"s\"} 3\n");
    leat_buf_free(&buf);
    leat_metrics_page_free(&page);
}
END_TEST

START_TEST(a_table_against_the_rules_is_told)
{
    const struct leat_metric_family wrong[] = {{"leat_things", LEAT_COUNTER, {NULL}, "x", NULL},
                                               {"leat_level_total", LEAT_GAUGE, {NULL}, "x", NULL},
                                               {"things_total", LEAT_COUNTER, {NULL}, "x", NULL},
                                               {"leat_Level", LEAT_GAUGE, {NULL}, "x", NULL},
                                               {"leat_level", LEAT_GAUGE, {NULL}, "a|b", NULL}};
    ck_assert_ptr_null(leat_metric_problem(families, 4));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_ptr_nonnull(leat_metric_problem(&wrong[i], 1));
    const struct leat_metric_family twice[] = {families[1], families[1]};
    ck_assert_ptr_nonnull(leat_metric_problem(twice, 2));
}
END_TEST

static Suite *metrics_suite(void)
{
    Suite *suite = suite_create("metrics");
    LEAT_TEST_ADD(suite, an_observation_counts_in_the_first_bucket_that_holds_it);
    LEAT_TEST_ADD(suite, bounds_rise);
    LEAT_TEST_ADD(suite, ages_of_any_number_are_all_counted_and_hardly_wrong);
    LEAT_TEST_ADD(suite, a_moment_of_the_future_has_age_zero);
    LEAT_TEST_ADD(suite, a_page_groups_samples_by_family_and_escapes_labels);
    LEAT_TEST_ADD(suite, a_table_against_the_rules_is_told);
    return suite;
}

LEAT_TEST_MAIN(metrics_suite)
