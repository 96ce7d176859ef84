/* The connection is lost in mid-transaction: what was taken of it is taken back, wherever it is by then. */
#include "world.h"

enum { WHOLE = 600 }; /* rows, over several segments */

/* Transaction 31 begins behind 30 whole ones; `synced` of its rows are on disk, `pending` more are not,
 * `complete` whole transactions lie pending before it. Then it is abandoned, and comes again. */
static void abandon(unsigned complete, unsigned synced, unsigned pending, bool disk_fails, bool restart)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 30, 4);
    for (unsigned i = 0; i < complete; i++)
        put_transaction(&world);
    uint64_t number = world.next;
    struct leat_table *table = world.tables[number % TABLES];
    put_schema(&world.batch, table);
    put_begin(&world.batch, number);
    for (unsigned i = 0; i < synced; i++)
        put_rows(&world.batch, table, number, i);
    OK(&world, world_append(&world));
    if (disk_fails) {
        world.fs->fail_calls = CALL_WRITE | CALL_ALLOCATE;
        world.fs->fail_after = (int)(synced % 7);
        world.fs->fail_once = true;
    }
    if (synced)
        ck_assert(world_sync(&world) == 0 || disk_fails);
    world.fs->fail_after = -1;
    for (unsigned i = 0; i < pending; i++)
        put_rows(&world.batch, table, number, synced + i);
    leat_frame_put_abandon(&world.batch);
    leat_frame_put_abandon(&world.batch); /* nothing is open: nothing happens */
    OK(&world, world_append(&world));
    ck_assert_uint_eq(world_status(&world).transactions,
                      synced && !disk_fails ? 30 + complete : world_status(&world).transactions);
    if (restart) {
        OK(&world, world_sync(&world));
        world_close(&world);
        memory_fs_crash(world.fs, 0, &world.random);
        world_open(&world);
        ck_assert_uint_eq(world_check(&world), number - 1);
    }
    world_fill(&world, 40, 7);
    ck_assert_uint_eq(world_check(&world), number + 39);
    world_verify(&world);
    world_close(&world);
    world_open(&world);
    ck_assert_uint_eq(world_check(&world), number + 39);
    world_free(&world);
}

START_TEST(abandoned_in_each_state)
{
    const unsigned rows[] = {0, 1, 5, WHOLE}, completes[] = {0, 1, 300};
    for (unsigned c = 0; c < 3; c++)
        for (unsigned synced = 0; synced < 4; synced++)
            for (unsigned pending = 0; pending < 4; pending++)
                for (unsigned how = 0; how < 4; how++)
                    abandon(completes[c], rows[synced], rows[pending], how & 1, how & 2);
}
END_TEST

START_TEST(a_rotation_behind_the_boundary_is_undone)
{
    /* The segment in which the transaction began was closed, even synced: it is the active one again. */
    abandon(0, WHOLE, WHOLE, false, false);
    abandon(3, WHOLE * 4, 1, true, true);
}
END_TEST

START_TEST(taking_back_is_tried_again_when_the_disk_failed)
{
    for (int nth = 0; nth < 8; nth++) {
        struct world world;
        world_init(&world);
        world_open(&world);
        world_fill(&world, 30, 4);
        put_part(&world, 31, WHOLE * 2, false);
        world_write(&world);
        leat_frame_put_abandon(&world.batch);
        world.fs->fail_calls = CALL_UNLINK | CALL_TRUNCATE;
        world.fs->fail_after = nth;
        world.fs->fail_once = true;
        int rc = world_append(&world);
        if (rc) {
            ck_assert_int_eq(world.err.kind, LEAT_KIND_RETRY);
            if (nth % 2)
                OK(&world, world_sync(&world)); /* either call takes it up again */
            OK(&world, world_append(&world));
        }
        world.fs->fail_after = -1;
        world.next = 31;
        world_fill(&world, 10, 3);
        ck_assert_uint_eq(world_check(&world), 40);
        world_verify(&world);
        world_free(&world);
    }
}
END_TEST

START_TEST(the_transaction_comes_again_in_another_length)
{
    /* New records must never line up with old ones behind them. */
    for (unsigned first = 1; first < 12; first++)
        for (unsigned again = 0; again < 4; again++) {
            struct world world;
            world_init(&world);
            world_open(&world);
            world_fill(&world, 3, 1);
            struct leat_table *table = world.tables[1];
            put_schema(&world.batch, table);
            put_begin(&world.batch, 4);
            for (unsigned i = 0; i < first; i++)
                put_rows(&world.batch, table, 4, i);
            OK(&world, world_append(&world));
            world.fs->fail_calls = CALL_SYNC; /* all is written, but not known to be durable */
            world.fs->fail_after = 0;
            FAILS(&world, world_sync(&world), LEAT_E_SYNC);
            world.fs->fail_after = -1;
            world_close(&world);
            memory_fs_crash(world.fs, 1, &world.random);
            world_open(&world);
            world.next = 4;
            for (unsigned i = 0; i <= again; i++)
                put_transaction(&world);
            world_write(&world);
            world_close(&world);
            world_open(&world);
            ck_assert_uint_eq(world_check(&world), 4 + again);
            world_free(&world);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("abandon");
    LEAT_TEST_ADD(s, abandoned_in_each_state);
    LEAT_TEST_ADD(s, a_rotation_behind_the_boundary_is_undone);
    LEAT_TEST_ADD(s, taking_back_is_tried_again_when_the_disk_failed);
    LEAT_TEST_ADD(s, the_transaction_comes_again_in_another_length);
    return s;
}

LEAT_TEST_MAIN(suite)
