/* The main() of a unit test: one program, one Check suite.
 *
 *     static Suite *suite(void) { ... }
 *     LEAT_TEST_MAIN(suite)
 *
 * Check's environment variables hold (CK_FORK=no to debug, CK_RUN_CASE to pick). Prints Check's summary line
 * and each failure; the exit status is 0 only if every test passed. */
#ifndef LEAT_TEST_CHECK_MAIN_H
#define LEAT_TEST_CHECK_MAIN_H

#include <check.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A test case of one test function, for suites that need no fixtures: leat_test_add(suite, "name", test). */
static inline void leat_test_add(Suite *suite, const char *name, const TTest *test)
{
    TCase *test_case = tcase_create(name);
    tcase_set_timeout(test_case, 600); /* what hangs; never what is slow on a busy machine */
    tcase_add_test(test_case, test);
    suite_add_tcase(suite, test_case);
}

#define LEAT_TEST_ADD(suite, test) leat_test_add((suite), #test, (test))

/* Random tests: a seed that is printed, and given again by LEAT_TEST_SEED. */
static inline uint64_t leat_test_seed(void)
{
    const char *given = getenv("LEAT_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("LEAT_TEST_SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
    return seed;
}

/* splitmix64: any state is a good one. */
static inline uint64_t leat_test_random(uint64_t *state)
{
    uint64_t value = *state += 0x9E3779B97F4A7C15;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
}

static inline int leat_test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define LEAT_TEST_MAIN(suite_function)          \
    int main(void)                              \
    {                                           \
        return leat_test_run(suite_function()); \
    }

#endif
