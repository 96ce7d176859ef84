/* The disk fails: each call in turn, once or for good, and the disk is full. What can pass is retried and
 * passes; a failed sync never is. */
#include "world.h"

static bool of_sync(unsigned calls)
{
    return calls == CALL_SYNC || calls == CALL_SYNC_FOLDER;
}

/* Writes 60 transactions, one of them over many segments, while the n-th call of a kind fails once. Whatever
 * is retried must pass. Returns whether the fault struck. */
static bool fail_nth(unsigned calls, int nth)
{
    struct world world;
    world_init(&world);
    world.large = true;
    world_open(&world);
    struct leat_hold *hold;
    OK(&world, leat_hold_new(&hold, world.journal, "all", 0, false, &world.err));
    world.fs->fail_calls = calls;
    world.fs->fail_after = nth;
    world.fs->fail_once = true;
    put_start(&world);
    bool dead = false;
    for (int i = 0; i < 60 && !dead; i++) {
        put_transaction(&world);
        int rc = world_append(&world);
        ck_assert_int_eq(rc, 0);
        if (i % 3)
            continue;
        while ((rc = world_sync(&world)) != 0 && !dead) {
            dead = world.err.code == LEAT_E_SYNC;
            ck_assert_msg(dead == of_sync(calls), "%s", world.err.message);
            ck_assert_int_eq(world.err.kind, dead ? LEAT_KIND_FATAL : LEAT_KIND_RETRY);
        }
    }
    bool struck = world.fs->fail_after < 0;
    world.fs->fail_after = -1;
    if (dead) {
        FAILS(&world, leat_journal_sync(world.journal, &world.err), LEAT_E_SYNC); /* never again */
        size_t taken;
        FAILS(&world,
              leat_journal_append(world.journal, world.batch.data, world.batch.size, &taken, &world.err),
              LEAT_E_SYNC);
    } else {
        OK(&world, world_sync(&world));
        ck_assert_uint_eq(world_check(&world), 60);
        world_verify(&world);
    }
    leat_hold_release(&hold);
    world_close(&world);
    memory_fs_crash(world.fs, 0, &world.random);
    world_open(&world);
    uint64_t last = world_check(&world);
    ck_assert(dead || last == 60);
    world_verify(&world);
    world_free(&world);
    return struck;
}

static void fail_each(unsigned calls)
{
    int nth = 0;
    while (fail_nth(calls, nth))
        nth += 1 + nth / 4;
    ck_assert_int_gt(nth, 2);
}

START_TEST(each_write_fails_once)
{
    fail_each(CALL_WRITE);
}
END_TEST

START_TEST(each_allocation_fails_once)
{
    fail_each(CALL_ALLOCATE);
}
END_TEST

START_TEST(each_truncation_fails_once)
{
    fail_each(CALL_TRUNCATE);
}
END_TEST

START_TEST(each_rename_fails_once)
{
    fail_each(CALL_RENAME);
}
END_TEST

START_TEST(each_open_fails_once)
{
    fail_each(CALL_OPEN);
}
END_TEST

START_TEST(a_failed_sync_is_never_retried)
{
    fail_each(CALL_SYNC);
}
END_TEST

START_TEST(a_failed_sync_of_the_folder_is_never_retried)
{
    fail_each(CALL_SYNC_FOLDER);
}
END_TEST

START_TEST(opening_reports_each_failure_and_can_be_repeated)
{
    const unsigned calls[] = {CALL_OPEN,     CALL_READ, CALL_SIZE,       CALL_LIST,
                              CALL_TRUNCATE, CALL_SYNC, CALL_SYNC_FOLDER};
    struct world world;
    world_init(&world);
    world.large = true;
    world_open(&world);
    world_fill(&world, 45, 4);
    put_part(&world, 46, 2000, false); /* to be taken back */
    world_write(&world);
    world_close(&world);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (int nth = 0; nth < 12; nth++) {
            world.fs->fail_calls = calls[i];
            world.fs->fail_after = nth;
            world.fs->fail_once = true;
            if (leat_journal_open(&world.journal, &world.options, &world.err) == 0) {
                world.fs->fail_after = -1;
                world_close(&world);
                break;
            }
            ck_assert_int_ne(world.err.code, LEAT_E_JOURNAL_CORRUPT);
            ck_assert_ptr_null(world.journal);
        }
    world.fs->fail_after = -1;
    world_open(&world);
    ck_assert_uint_eq(world_check(&world), 45);
    world_free(&world);
}
END_TEST

START_TEST(full_disk_keeps_the_batch_and_goes_on_when_there_is_space)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    struct leat_hold *hold;
    OK(&world, leat_hold_new(&hold, world.journal, "all", 0, false, &world.err));
    world_fill(&world, 50, 5);
    world.fs->space_bytes = memory_used(world.fs) + 100000;
    int rc = 0;
    while (rc == 0) {
        put_transaction(&world);
        OK(&world, world_append(&world));
        rc = world_sync(&world);
    }
    ck_assert_int_eq(world.err.code, LEAT_E_DISK_FULL);
    ck_assert_int_eq(world.err.kind, LEAT_KIND_RETRY);
    ck_assert(world_status(&world).full);
    FAILS(&world, world_sync(&world), LEAT_E_DISK_FULL);
    uint64_t visible = world_check(&world);
    ck_assert_uint_eq(visible, world.next - 2);
    for (int i = 0; i < 5; i++) { /* the batch may even grow */
        put_transaction(&world);
        OK(&world, world_append(&world));
    }
    world.fs->space_bytes = 0;
    OK(&world, world_sync(&world));
    ck_assert(!world_status(&world).full);
    ck_assert_uint_eq(world_check(&world), world.next - 1);
    leat_hold_release(&hold);
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(full_disk_deletes_what_was_delivered)
{
    struct world world;
    world_init(&world);
    world.options.keep_us = UINT64_MAX / 2;
    world_open(&world);
    world_fill(&world, 1000, 5);
    size_t segments = world_segments(&world);
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_segments(&world), segments); /* kept for replay */
    world.fs->space_bytes = memory_used(world.fs) + 1000;
    for (int i = 0; i < 600; i++) {
        put_transaction(&world);
        OK(&world, world_append(&world));
        int rc = world_sync(&world);
        if (rc)
            OK(&world, world_sync(&world)); /* the first attempt made room */
    }
    ck_assert(!world_status(&world).full);
    world_verify(&world);
    world_free(&world);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("faults");
    LEAT_TEST_ADD(s, each_write_fails_once);
    LEAT_TEST_ADD(s, each_allocation_fails_once);
    LEAT_TEST_ADD(s, each_truncation_fails_once);
    LEAT_TEST_ADD(s, each_rename_fails_once);
    LEAT_TEST_ADD(s, each_open_fails_once);
    LEAT_TEST_ADD(s, a_failed_sync_is_never_retried);
    LEAT_TEST_ADD(s, a_failed_sync_of_the_folder_is_never_retried);
    LEAT_TEST_ADD(s, opening_reports_each_failure_and_can_be_repeated);
    LEAT_TEST_ADD(s, full_disk_keeps_the_batch_and_goes_on_when_there_is_space);
    LEAT_TEST_ADD(s, full_disk_deletes_what_was_delivered);
    return s;
}

LEAT_TEST_MAIN(suite)
