/* Sets of GTIDs: adding, set algebra, and against a model that is an array of flags. */
#include "check_main.h"

#include "base/alloc.h"
#include "gtid_helpers.h"

static void add(struct leat_gtid_set *set, const char *text)
{
    struct leat_gtid gtid = gtid_of(text);
    ck_assert_int_eq(leat_gtid_set_add(set, &gtid, NULL), LEAT_OK);
}

START_TEST(a_new_set_is_empty)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    ck_assert(leat_gtid_set_empty(set));
    ck_assert_int_eq(leat_gtid_set_flavour(set), LEAT_FLAVOUR_NONE);
    ck_assert_uint_eq(leat_gtid_set_count(set), 0);
    struct leat_gtid gtid = gtid_of(A ":1");
    ck_assert(!leat_gtid_set_contains(set, &gtid));
    ck_assert(leat_gtid_set_contains_set(set, set));
    ck_assert(leat_gtid_set_equal(set, set));
    check_and_free(set, "");
    struct leat_gtid_set *none = NULL;
    leat_gtid_set_free(&none);
}
END_TEST

START_TEST(holes_stay_holes_until_they_are_filled)
{
    struct leat_gtid_set *set = set_of(A ":1-7:9-10");
    check_set(set, A ":1-7:9-10");
    add(set, A ":12");
    check_set(set, A ":1-7:9-10:12");
    add(set, A ":8");
    check_set(set, A ":1-10:12");
    add(set, A ":11");
    check_set(set, A ":1-12");
    add(set, A ":5");
    check_and_free(set, A ":1-12");
}
END_TEST

START_TEST(adding_in_any_order_sorts)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    add(set, C ":3");
    add(set, A ":9");
    add(set, A ":tag:2");
    add(set, B ":1");
    add(set, A ":1");
    add(set, A ":5");
    add(set, A ":_z:1");
    add(set, A ":tag:1");
    check_set(set, A ":1:5:9:_z:1:tag:1-2," B ":1," C ":3");
    ck_assert_uint_eq(leat_gtid_set_count(set), 8);
    ck_assert_int_eq(leat_gtid_set_flavour(set), LEAT_FLAVOUR_MYSQL);
    leat_gtid_set_clear(set);
    ck_assert(leat_gtid_set_empty(set));
    add(set, "0-1-7");
    ck_assert_int_eq(leat_gtid_set_flavour(set), LEAT_FLAVOUR_MARIADB);
    check_and_free(set, "0-1-7");
}
END_TEST

START_TEST(a_domain_has_its_last_gtid)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    add(set, "1-1-5");
    add(set, "0-1-7");
    add(set, "0-2-8");
    check_set(set, "0-2-8,1-1-5");
    add(set, "0-1-3"); /* a primary that went back: the last one counts */
    check_set(set, "0-1-3,1-1-5");
    struct leat_gtid below = gtid_of("1-9-5"), above = gtid_of("1-1-6"), other = gtid_of("2-1-1");
    ck_assert(leat_gtid_set_contains(set, &below));
    ck_assert(!leat_gtid_set_contains(set, &above));
    ck_assert(!leat_gtid_set_contains(set, &other));
    ck_assert_uint_eq(leat_gtid_set_count(set), 2);
    leat_gtid_set_free(&set);
}
END_TEST

START_TEST(flavours_do_not_mix)
{
    struct leat_gtid_set *mysql = set_of(A ":1"), *mariadb = set_of("0-1-1");
    struct leat_gtid one = gtid_of(A ":2"), other = gtid_of("0-1-2"), none = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(leat_gtid_set_add(mysql, &other, &err), LEAT_FAIL);
    ck_assert_str_eq(err.message, "GTIDs of MariaDB's kind don't mix with the set's, which are of MySQL's");
    ck_assert_int_eq(leat_gtid_set_add(mariadb, &one, &err), LEAT_FAIL);
    ck_assert_int_eq(leat_gtid_set_union(mysql, mariadb, &err), LEAT_FAIL);
    ck_assert_int_eq(leat_gtid_set_union(mariadb, mysql, &err), LEAT_FAIL);
    ck_assert_int_eq(leat_gtid_set_add(mysql, &none, &err), LEAT_OK);
    ck_assert_int_eq(leat_gtid_set_add(mariadb, &none, &err), LEAT_OK);
    ck_assert(!leat_gtid_set_contains(mysql, &none));
    ck_assert(!leat_gtid_set_contains_set(mysql, mariadb));
    ck_assert(!leat_gtid_set_equal(mysql, mariadb));
    leat_gtid_set_subtract(mysql, mariadb);
    check_and_free(mysql, A ":1");
    check_and_free(mariadb, "0-1-1");
}
END_TEST

START_TEST(the_largest_numbers)
{
    struct leat_gtid_set *set = set_of(A ":9223372036854775805");
    add(set, A ":9223372036854775806");
    check_set(set, A ":9223372036854775805-9223372036854775806");
    struct leat_gtid beyond = {.flavour = LEAT_FLAVOUR_MYSQL, .number = UINT64_MAX};
    memset(beyond.uuid, 0xAA, 4);
    beyond.uuid[15] = 1;
    ck_assert(!leat_gtid_set_contains(set, &beyond));
    beyond.number = INT64_MAX;
    ck_assert(!leat_gtid_set_contains(set, &beyond));
    leat_gtid_set_free(&set);
    set = set_of(A ":1-9223372036854775806," B ":1-9223372036854775806," C ":1-9223372036854775806");
    ck_assert_uint_eq(leat_gtid_set_count(set), UINT64_MAX);
    leat_gtid_set_free(&set);
}
END_TEST

START_TEST(unions)
{
    static const struct {
        const char *a, *b, *both;
    } cases[] = {
        {"", "", ""},
        {A ":1-3", "", A ":1-3"},
        {"", A ":1-3", A ":1-3"},
        {A ":1-3", A ":4-5", A ":1-5"},
        {A ":1-3:9", A ":5-6", A ":1-3:5-6:9"},
        {A ":1-10", A ":3", A ":1-10"},
        {A ":3", A ":1-10", A ":1-10"},
        {B ":1", A ":1," C ":1", A ":1," B ":1," C ":1"},
        {A ":t:1", A ":1:u:1", A ":1:t:1:u:1"},
        {"0-1-7,2-1-1", "0-2-9,1-1-1,2-1-0", "0-2-9,1-1-1,2-1-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_gtid_set *a = set_of(cases[i].a), *b = set_of(cases[i].b);
        ck_assert_int_eq(leat_gtid_set_union(a, b, NULL), LEAT_OK);
        check_set(a, cases[i].both);
        check_set(b, cases[i].b);
        ck_assert(leat_gtid_set_contains_set(a, b));
        ck_assert_int_eq(leat_gtid_set_union(a, a, NULL), LEAT_OK);
        check_and_free(a, cases[i].both);
        leat_gtid_set_free(&b);
    }
}
END_TEST

START_TEST(subtractions)
{
    static const struct {
        const char *a, *b, *rest;
    } cases[] = {
        {"", A ":1", ""},
        {A ":1-10", "", A ":1-10"},
        {A ":1-10", A ":1-10", ""},
        {A ":1-10", A ":5", A ":1-4:6-10"},
        {A ":1-10", A ":1:10", A ":2-9"},
        {A ":1-3:5-7:9-11", A ":3-9", A ":1-2:10-11"},
        {A ":1-3:5-7:9-11", A ":1-100", ""},
        {A ":5-6", A ":1-4:7-9", A ":5-6"},
        {A ":1-10," B ":1", A ":1-10", B ":1"},
        {A ":1:t:1-5", A ":1-5", A ":t:1-5"},
        {A ":1:t:1-5", A ":t:2-3", A ":1:t:1:4-5"},
        {"0-1-7,1-1-5,2-1-1", "0-1-7,1-2-4", "1-1-5,2-1-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_gtid_set *a = set_of(cases[i].a), *b = set_of(cases[i].b);
        leat_gtid_set_subtract(a, b);
        check_set(a, cases[i].rest);
        leat_gtid_set_subtract(a, a);
        check_and_free(a, "");
        leat_gtid_set_free(&b);
    }
}
END_TEST

START_TEST(containment)
{
    static const struct {
        const char *outer, *inner;
        bool contained;
    } cases[] = {
        {"", "", true},
        {A ":1", "", true},
        {"", A ":1", false},
        {A ":1-10", A ":3-5:7", true},
        {A ":1-4:6-10", A ":3-6", false},
        {A ":1-4:6-10", A ":1-4:6-10", true},
        {A ":1-4:6-10", A ":1-4:6-11", false},
        {A ":2-4", A ":1", false},
        {A ":1-9," B ":1", B ":1", true},
        {A ":1-9", A ":t:1", false},
        {A ":t:1", A ":1", false},
        {"0-1-7,1-1-1", "0-2-7", true},
        {"0-1-7", "0-1-8", false},
        {"0-1-7", "1-1-1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_gtid_set *outer = set_of(cases[i].outer), *inner = set_of(cases[i].inner);
        ck_assert_int_eq(leat_gtid_set_contains_set(outer, inner), cases[i].contained);
        ck_assert_int_eq(leat_gtid_set_equal(outer, inner), strcmp(cases[i].outer, cases[i].inner) == 0);
        leat_gtid_set_free(&outer);
        leat_gtid_set_free(&inner);
    }
}
END_TEST

/* Who waits for a set is looked at again when the one that is told here was delivered: the last, or he is at each of them. */
START_TEST(one_that_is_missing_is_the_last_of_its_kind)
{
    static const char *const cases[][3] = {
        {A ":1-9", "", A ":9"},           {A ":1-9", A ":1-4", A ":9"},          {A ":1-9", A ":1-9", NULL},
        {A ":1-9", A ":1-20", NULL},      {A ":1-9", A ":1-3:5-9", A ":4"},      {A ":1-9", A ":1-3:6-20", A ":5"},
        {A ":2:5:9", A ":4-9", A ":2"},   {A ":2:5:9", A ":1-4:6-8", A ":9"},    {A ":2:5:9", A ":1-4:6-9", A ":5"},
        {A ":1-9," B ":3", A ":1-9", B ":3"}, {A ":1-2," B ":3", B ":1-3", A ":2"}, {"0-1-7,1-1-3", "0-1-8", "1-1-3"},
        {"0-1-7", "0-2-6", "0-1-7"},      {"0-1-7", "0-2-7", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_gtid_set *wanted = set_of(cases[i][0]), *have = set_of(cases[i][1]);
        struct leat_gtid last;
        char text[LEAT_GTID_TEXT_MAX];
        ck_assert_int_eq(leat_gtid_set_missing(wanted, have, &last), cases[i][2] != NULL);
        if (cases[i][2])
            ck_assert_str_eq(leat_gtid_text(text, &last), cases[i][2]);
        leat_gtid_set_free(&wanted);
        leat_gtid_set_free(&have);
    }
}
END_TEST

START_TEST(copies_stand_alone)
{
    static const char *const texts[] = {"", A ":1-3:5:t:1," B ":7", "0-1-7,1-1-1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct leat_gtid_set *set = set_of(texts[i]), *copy = leat_gtid_set_copy(set);
        ck_assert(leat_gtid_set_equal(set, copy));
        leat_gtid_set_free(&set);
        add(copy, i == 2 ? "9-9-9" : A ":100");
        ck_assert(!leat_gtid_set_empty(copy));
        leat_gtid_set_free(&copy);
    }
}
END_TEST

START_TEST(a_domain_equal_in_number_alone_is_not_equal)
{
    struct leat_gtid_set *a = set_of("0-1-7"), *b = set_of("0-2-7"), *c = set_of("0-1-8");
    ck_assert(!leat_gtid_set_equal(a, b));
    ck_assert(!leat_gtid_set_equal(a, c));
    ck_assert(leat_gtid_set_contains_set(a, b));
    leat_gtid_set_free(&a);
    leat_gtid_set_free(&b);
    leat_gtid_set_free(&c);
}
END_TEST

/* The model: a flag a number, for three keys. */
enum { KEYS = 3, NUMBERS = 40 };
struct flags {
    bool in[KEYS][NUMBERS + 1];
};

static struct leat_gtid gtid_at(unsigned key, unsigned number)
{
    struct leat_gtid gtid = gtid_of(key == 0 ? A ":1" : key == 1 ? A ":t:1" : B ":1");
    gtid.number = number;
    return gtid;
}

static struct leat_gtid_set *random_set(uint64_t *state, struct flags *flags)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    *flags = (struct flags){0};
    unsigned count = (unsigned)(leat_test_random(state) % 80);
    for (unsigned i = 0; i < count; i++) {
        unsigned key = (unsigned)(leat_test_random(state) % KEYS);
        unsigned number = (unsigned)(leat_test_random(state) % NUMBERS) + 1;
        struct leat_gtid gtid = gtid_at(key, number);
        if (leat_gtid_set_add(set, &gtid, NULL) != LEAT_OK)
            ck_abort();
        flags->in[key][number] = true;
    }
    return set;
}

static void check_flags(const struct leat_gtid_set *set, const struct flags *flags)
{
    uint64_t count = 0;
    for (unsigned key = 0; key < KEYS; key++)
        for (unsigned number = 1; number <= NUMBERS; number++) {
            struct leat_gtid gtid = gtid_at(key, number);
            if (leat_gtid_set_contains(set, &gtid) != flags->in[key][number])
                ck_abort_msg("key %u number %u", key, number);
            count += flags->in[key][number];
        }
    ck_assert_uint_eq(leat_gtid_set_count(set), count);
}

START_TEST(sets_agree_with_flags)
{
    uint64_t state = leat_test_seed();
    for (int round = 0; round < 500; round++) {
        struct flags a_flags, b_flags, both, rest;
        struct leat_gtid_set *a = random_set(&state, &a_flags), *b = random_set(&state, &b_flags);
        bool contained = true;
        for (unsigned key = 0; key < KEYS; key++)
            for (unsigned number = 0; number <= NUMBERS; number++) {
                both.in[key][number] = a_flags.in[key][number] || b_flags.in[key][number];
                rest.in[key][number] = a_flags.in[key][number] && !b_flags.in[key][number];
                contained = contained && (a_flags.in[key][number] || !b_flags.in[key][number]);
            }
        check_flags(a, &a_flags);
        ck_assert_int_eq(leat_gtid_set_contains_set(a, b), contained);
        struct leat_gtid_set *sum = leat_gtid_set_copy(a), *difference = leat_gtid_set_copy(a);
        ck_assert_int_eq(leat_gtid_set_union(sum, b, NULL), LEAT_OK);
        check_flags(sum, &both);
        leat_gtid_set_subtract(difference, b);
        check_flags(difference, &rest);
        struct leat_buf text = {0};
        leat_gtid_set_put(&text, sum);
        struct leat_gtid_set *parsed = set_of(leat_buf_cstr(&text));
        ck_assert(leat_gtid_set_equal(parsed, sum));
        leat_buf_free(&text);
        leat_gtid_set_free(&parsed);
        leat_gtid_set_free(&a);
        leat_gtid_set_free(&b);
        leat_gtid_set_free(&sum);
        leat_gtid_set_free(&difference);
    }
}
END_TEST

START_TEST(a_million_numbers_in_order_and_thousands_of_servers_take_no_time)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    struct leat_gtid gtid = gtid_of(A ":1");
    uint64_t state = 1;
    for (unsigned i = 0; i < 4000; i++) {
        struct leat_gtid other = gtid;
        uint64_t random[2] = {leat_test_random(&state), leat_test_random(&state)};
        memcpy(other.uuid, random, sizeof other.uuid);
        if (leat_gtid_set_add(set, &other, NULL) != LEAT_OK)
            ck_abort();
    }
    for (gtid.number = 1; gtid.number <= 1000000; gtid.number++)
        if (leat_gtid_set_add(set, &gtid, NULL) != LEAT_OK)
            ck_abort();
    ck_assert_uint_eq(leat_gtid_set_count(set), 1004000);
    for (gtid.number = 2000000; gtid.number <= 2100000; gtid.number += 2) /* nothing merges */
        if (leat_gtid_set_add(set, &gtid, NULL) != LEAT_OK)
            ck_abort();
    ck_assert_uint_eq(leat_gtid_set_count(set), 1054001);
    struct leat_gtid_set *copy = leat_gtid_set_copy(set);
    ck_assert_int_eq(leat_gtid_set_union(copy, set, NULL), LEAT_OK);
    ck_assert(leat_gtid_set_equal(copy, set));
    leat_gtid_set_subtract(copy, set);
    ck_assert(leat_gtid_set_empty(copy));
    leat_gtid_set_free(&copy);
    leat_gtid_set_free(&set);
}
END_TEST

static Suite *gtid_set_suite(void)
{
    Suite *suite = suite_create("gtid_set");
    LEAT_TEST_ADD(suite, a_new_set_is_empty);
    LEAT_TEST_ADD(suite, holes_stay_holes_until_they_are_filled);
    LEAT_TEST_ADD(suite, adding_in_any_order_sorts);
    LEAT_TEST_ADD(suite, a_domain_has_its_last_gtid);
    LEAT_TEST_ADD(suite, flavours_do_not_mix);
    LEAT_TEST_ADD(suite, the_largest_numbers);
    LEAT_TEST_ADD(suite, unions);
    LEAT_TEST_ADD(suite, subtractions);
    LEAT_TEST_ADD(suite, containment);
    LEAT_TEST_ADD(suite, one_that_is_missing_is_the_last_of_its_kind);
    LEAT_TEST_ADD(suite, copies_stand_alone);
    LEAT_TEST_ADD(suite, a_domain_equal_in_number_alone_is_not_equal);
    LEAT_TEST_ADD(suite, sets_agree_with_flags);
    LEAT_TEST_ADD(suite, a_million_numbers_in_order_and_thousands_of_servers_take_no_time);
    return suite;
}

LEAT_TEST_MAIN(gtid_set_suite)
