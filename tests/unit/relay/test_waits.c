/* Waiting: whatever is delivered in whatever order, who waits for it is told, once, and nobody else is. */
#include "check_main.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "relay/waits_int.h"

enum { MANY = 400, STEPS = 3000, NUMBERS = 300, SERVERS = 3 };

/* A wait, and whether it was told. */
struct told {
    struct leat_wait wait; /* first */
    struct leat_gtid_set *wanted;
    _Atomic int times, result;
    bool at_once;
};

static void on_done(struct leat_wait *wait, int result, const struct leat_error *err)
{
    struct told *told = (struct told *)wait;
    (void)err;
    atomic_store(&told->result, result);
    atomic_fetch_add(&told->times, 1);
}

/* Stands for a runner: its checkpoint. */
static struct leat_checkpoint checkpoint;

static void look(const struct leat_runner *runner, void (*see)(void *context, const struct leat_checkpoint *checkpoint), void *context)
{
    (void)runner;
    see(context, &checkpoint);
}

static struct waits *begin(void)
{
    struct waits *waits;
    struct leat_error err = {0};
    ck_assert_int_eq(waits_start(&waits, look, &err), LEAT_OK);
    checkpoint = (struct leat_checkpoint){.completed = leat_gtid_set_new()};
    return waits;
}

static void end(struct waits **waits)
{
    waits_free(waits);
    leat_gtid_set_free(&checkpoint.completed);
}

static int wait_for(struct waits *waits, struct told *told, const char *point, uint64_t timeout_ms, struct leat_error *err)
{
    *told = (struct told){.wait = {on_done, -1}};
    const struct leat_wait_request request = {"s", point, timeout_ms};
    return waits_begin(waits_sink(waits, "s"), &told->wait, NULL, 7, &request, err);
}

static void until_told(struct told *told, int result)
{
    while (!atomic_load(&told->times))
        usleep(1000);
    ck_assert_int_eq(atomic_load(&told->result), result);
    ck_assert_int_eq(atomic_load(&told->times), 1);
}

static struct leat_gtid gtid_of(uint64_t *random)
{
    struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MYSQL, .number = 1 + leat_test_random(random) % NUMBERS};
    gtid.uuid[0] = (uint8_t)(1 + leat_test_random(random) % SERVERS);
    return gtid;
}

static void deliver(struct waits *waits, const struct leat_gtid *gtid)
{
    ck_assert_int_eq(leat_gtid_set_add(checkpoint.completed, gtid, NULL), LEAT_OK);
    waits_delivered(waits_sink(waits, "s"), &checkpoint);
}

/* GTIDs come in any order; sets of up to five are waited for. After each step exactly those are told whose set is delivered. */
START_TEST(who_waits_is_told_when_the_set_is_delivered_and_not_before)
{
    uint64_t random = leat_test_seed();
    static struct told told[MANY];
    struct waits *waits = begin();
    size_t used = 0;
    for (int step = 0; step < STEPS; step++) {
        struct leat_gtid gtid = gtid_of(&random);
        deliver(waits, &gtid);
        if (used < MANY && leat_test_random(&random) % 4 == 0) {
            struct leat_gtid_set *wanted = leat_gtid_set_new();
            for (uint64_t n = 1 + leat_test_random(&random) % 5; n; n--) {
                gtid = gtid_of(&random);
                ck_assert_int_eq(leat_gtid_set_add(wanted, &gtid, NULL), LEAT_OK);
            }
            struct leat_buf text = {0};
            struct leat_error err = {0};
            leat_gtid_set_put(&text, wanted);
            int rc = wait_for(waits, &told[used], leat_buf_cstr(&text), 3600000, &err);
            leat_buf_free(&text);
            ck_assert_int_eq(rc, leat_gtid_set_contains_set(checkpoint.completed, wanted) ? LEAT_OK : LEAT_AGAIN);
            told[used].at_once = rc == LEAT_OK;
            told[used++].wanted = wanted;
        }
        size_t open = 0;
        for (size_t i = 0; i < used; i++)
            open += !leat_gtid_set_contains_set(checkpoint.completed, told[i].wanted);
        ck_assert_uint_eq(waits_count(waits_sink(waits, "s")), open);
    }
    for (uint8_t server = 1; server <= SERVERS; server++) {
        struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MYSQL, .uuid = {server}};
        for (gtid.number = NUMBERS; gtid.number; gtid.number--)
            deliver(waits, &gtid);
    }
    for (size_t i = 0; i < used; i++) {
        if (!told[i].at_once)
            until_told(&told[i], LEAT_OK);
        leat_gtid_set_free(&told[i].wanted);
    }
    ck_assert_uint_eq(waits_ended(waits_sink(waits, "s"), WAITS_DELIVERED), used);
    end(&waits);
}
END_TEST

/* A number that will never come doesn't hold up those above it. */
START_TEST(a_gap_holds_up_nobody_else)
{
    struct waits *waits = begin();
    struct leat_error err = {0};
    struct told gap, above;
    ck_assert_int_eq(wait_for(waits, &gap, "01000000-0000-0000-0000-000000000000:5", 3600000, &err), LEAT_AGAIN);
    ck_assert_int_eq(wait_for(waits, &above, "01000000-0000-0000-0000-000000000000:6", 3600000, &err), LEAT_AGAIN);
    deliver(waits, &(struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .uuid = {1}, .number = 6});
    until_told(&above, LEAT_OK);
    ck_assert_int_eq(atomic_load(&gap.times), 0);
    deliver(waits, &(struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .uuid = {1}, .number = 5});
    until_told(&gap, LEAT_OK);
    end(&waits);
}
END_TEST

START_TEST(domains_and_places_and_records_are_waited_for)
{
    struct waits *waits = begin();
    struct leat_error err = {0};
    struct told domain, place, later, now;
    ck_assert_int_eq(wait_for(waits, &domain, "3-1-100", 3600000, &err), LEAT_AGAIN);
    ck_assert_int_eq(wait_for(waits, &place, "b.000009:400", 3600000, &err), LEAT_AGAIN);
    ck_assert_int_eq(wait_for(waits, &later, "b.000010:4", 3600000, &err), LEAT_AGAIN);
    ck_assert_int_eq(wait_for(waits, &now, "now", 3600000, &err), LEAT_AGAIN);
    strcpy(checkpoint.file, "b.000009");
    checkpoint.pos = 400;
    checkpoint.seq = 7;
    deliver(waits, &(struct leat_gtid){.flavour = LEAT_FLAVOUR_MARIADB, .domain = 3, .server_id = 2, .number = 105});
    until_told(&domain, LEAT_OK);
    until_told(&place, LEAT_OK);
    until_told(&now, LEAT_OK);
    ck_assert_int_eq(atomic_load(&later.times), 0);
    strcpy(checkpoint.file, "b.000010");
    waits_delivered(waits_sink(waits, "s"), &checkpoint);
    until_told(&later, LEAT_OK);
    ck_assert_int_eq(wait_for(waits, &now, "now", 0, &err), LEAT_OK);
    ck_assert_int_eq(wait_for(waits, &now, "earliest", 0, &err), LEAT_FAIL);
    ck_assert_int_eq(wait_for(waits, &now, "2026-01-31", 0, &err), LEAT_FAIL);
    end(&waits);
}
END_TEST

START_TEST(a_place_on_another_server_means_nothing)
{
    struct waits *waits = begin();
    struct leat_error err = {0};
    struct told place;
    strcpy(checkpoint.file, "b.000009");
    checkpoint.source_uuid[0] = 1;
    ck_assert_int_eq(wait_for(waits, &place, "b.000009:400", 3600000, &err), LEAT_AGAIN);
    checkpoint.source_uuid[0] = 2;
    checkpoint.pos = 4000;
    waits_delivered(waits_sink(waits, "s"), &checkpoint);
    until_told(&place, LEAT_FAIL);
    end(&waits);
}
END_TEST

START_TEST(the_time_ends_a_wait_and_so_does_the_end)
{
    struct waits *waits = begin();
    struct leat_error err = {0};
    struct told late, kept;
    ck_assert_int_eq(wait_for(waits, &kept, "0-1-2", 3600000, &err), LEAT_AGAIN);
    ck_assert_int_eq(wait_for(waits, &late, "0-1-1", 20, &err), LEAT_AGAIN);
    until_told(&late, LEAT_AGAIN);
    ck_assert_int_eq(atomic_load(&kept.times), 0);
    waits_end(waits);
    until_told(&kept, LEAT_STOPPED);
    struct told after;
    ck_assert_int_eq(wait_for(waits, &after, "0-1-2", 1, &err), LEAT_STOPPED);
    end(&waits);
}
END_TEST

START_TEST(a_sink_that_is_gone_ends_its_waits_alone)
{
    struct waits *waits = begin();
    struct leat_error err = {0};
    static struct told told[20];
    for (size_t i = 0; i < 20; i++)
        ck_assert_int_eq(wait_for(waits, &told[i], "0-1-2", 3600000 - i % 7, &err), LEAT_AGAIN);
    waits_drop(waits_sink(waits, "other"));
    ck_assert_uint_eq(waits_count(waits_sink(waits, "s")), 20);
    waits_drop(waits_sink(waits, "s"));
    for (size_t i = 0; i < 20; i++)
        until_told(&told[i], LEAT_FAIL);
    end(&waits);
}
END_TEST

static Suite *waits_suite(void)
{
    Suite *suite = suite_create("waits");
    LEAT_TEST_ADD(suite, who_waits_is_told_when_the_set_is_delivered_and_not_before);
    LEAT_TEST_ADD(suite, a_gap_holds_up_nobody_else);
    LEAT_TEST_ADD(suite, domains_and_places_and_records_are_waited_for);
    LEAT_TEST_ADD(suite, a_place_on_another_server_means_nothing);
    LEAT_TEST_ADD(suite, a_sink_that_is_gone_ends_its_waits_alone);
    LEAT_TEST_ADD(suite, the_time_ends_a_wait_and_so_does_the_end);
    return suite;
}

LEAT_TEST_MAIN(waits_suite)
