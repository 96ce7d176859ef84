/* Retention: what goes by age, what goes when full, whose hold is dropped, when the writer waits. */
#include "world.h"

static struct leat_hold *hold_at(struct world *world, const char *name, uint64_t seq, bool detachable)
{
    struct leat_hold *hold;
    OK(world, leat_hold_new(&hold, world->journal, name, seq, detachable, &world->err));
    return hold;
}

static uint64_t first_seq_of(struct world *world, size_t segment)
{
    char path[64];
    ck_assert(world_segment(world, segment, path));
    return strtoull(path + 3, NULL, 16);
}

START_TEST(delivered_segments_go_when_they_are_old)
{
    struct world world;
    world_init(&world);
    world.options.keep_us = 3600000000;
    world_open(&world);
    struct leat_hold *hold = hold_at(&world, "sink", 0, false);
    world_fill(&world, 1000, 10);
    size_t segments = world_segments(&world);
    world.now_us += 7200000000;
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_segments(&world), segments); /* not delivered */
    leat_hold_move(hold, first_seq_of(&world, 3) - 1);   /* all but the index of the third one */
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_segments(&world), segments - 3);
    ck_assert_uint_eq(world_status(&world).first_seq, first_seq_of(&world, 0));
    world_fill(&world, 300, 10);
    leat_hold_move(hold, world_status(&world).visible_end);
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_ge(world_segments(&world), 2); /* the young ones stay */
    world.now_us += 7200000000;
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_segments(&world), 1); /* the last one always */
    world_verify(&world);
    struct leat_reader *reader;
    FAILS(&world, leat_reader_open(&reader, world.journal, 5, &world.err), LEAT_E_RESYNC);
    struct leat_hold *late;
    FAILS(&world, leat_hold_new(&late, world.journal, "late", 5, false, &world.err), LEAT_E_RESYNC);
    leat_hold_release(&hold);
    world_free(&world);
}
END_TEST

START_TEST(full_waits_for_a_hold_that_blocks)
{
    struct world world;
    world_init(&world);
    world.options.max_bytes = 10 * WORLD_SEGMENT;
    world_open(&world);
    struct leat_hold *hold = hold_at(&world, "slow", 0, false);
    put_start(&world);
    int rc = 0;
    while (rc == 0) {
        put_transaction(&world);
        rc = world_append(&world);
        if (rc == 0)
            OK(&world, world_sync(&world));
    }
    ck_assert_int_eq(rc, LEAT_AGAIN);
    ck_assert(world_status(&world).full);
    ck_assert_uint_le(world_status(&world).bytes, world.options.max_bytes);
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_int_eq(world_append(&world), LEAT_AGAIN);
    OK(&world, leat_journal_sync(world.journal, &world.err)); /* what was taken of it */
    leat_hold_move(hold, world_status(&world).visible_end);
    OK(&world, world_append(&world));
    OK(&world, world_sync(&world));
    ck_assert(!world_status(&world).full);
    leat_hold_release(&hold);
    world_free(&world);
}
END_TEST

START_TEST(full_drops_the_detachable_hold_that_lags_most)
{
    struct world world;
    world_init(&world);
    world.options.max_bytes = 10 * WORLD_SEGMENT;
    world_open(&world);
    struct leat_hold *oldest = hold_at(&world, "oldest", 0, true);
    world_fill(&world, 300, 10);
    struct leat_hold *newer = hold_at(&world, "newer", world_status(&world).visible_end, true);
    while (!leat_hold_lost(oldest))
        world_fill(&world, 1, 1);
    ck_assert(!leat_hold_lost(newer));
    struct leat_hold *block = hold_at(&world, "block", world_status(&world).first_seq, false);
    put_transaction(&world);
    int rc;
    while ((rc = world_append(&world)) == 0) {
        OK(&world, world_sync(&world));
        put_transaction(&world);
    }
    ck_assert_int_eq(rc, LEAT_AGAIN);
    ck_assert(!leat_hold_lost(newer)); /* it would be lost for nothing: the other one blocks */
    leat_hold_release(&block);
    leat_hold_release(&newer);
    leat_hold_release(&oldest);
    world_free(&world);
}
END_TEST

START_TEST(min_free_limits_too)
{
    struct world world;
    world_init(&world);
    world.fs->space_bytes = 20 * WORLD_SEGMENT;
    world.options.min_free_percent = 50;
    world.options.min_free_bytes = 1;
    world_open(&world);
    struct leat_hold *hold = hold_at(&world, "slow", 0, false);
    put_start(&world);
    int rc = 0;
    while (rc == 0) {
        put_transaction(&world);
        rc = world_append(&world);
        if (rc == 0)
            OK(&world, world_sync(&world));
    }
    ck_assert_int_eq(rc, LEAT_AGAIN);
    ck_assert_uint_le(memory_used(world.fs), 10 * WORLD_SEGMENT);
    ck_assert_uint_gt(world_status(&world).max_bytes, 0);
    leat_hold_release(&hold);
    world_free(&world);
}
END_TEST

START_TEST(a_transaction_that_can_never_fit_is_an_error)
{
    struct world world;
    world_init(&world);
    world.options.max_bytes = 10 * WORLD_SEGMENT;
    world_open(&world);
    world_fill(&world, 10, 5);
    put_part(&world, 11, 6000, false);
    FAILS(&world, world_append(&world), LEAT_E_JOURNAL_FULL);
    ck_assert_int_eq(world.err.kind, LEAT_KIND_OPERATOR);
    ck_assert_ptr_nonnull(strstr(world.err.message, "binlog.000001:11000"));
    world.batch.size = world.taken = 0;
    leat_frame_put_abandon(&world.batch);
    OK(&world, world_append(&world));
    world_fill(&world, 10, 5);
    ck_assert_uint_eq(world_check(&world), 20);
    world_free(&world);
}
END_TEST

/* A branch's transaction, or with `resolve` the one that ends it. */
static void put_xa(struct world *world, bool resolve, bool commit, const char *name)
{
    uint64_t number = world->next++;
    struct leat_xa xa = {.format_id = 1, .gtrid_size = strlen(name)};
    memcpy(xa.gtrid, name, xa.gtrid_size);
    uint8_t id[LEAT_XA_ID_MAX];
    size_t size = leat_xa_encode(id, &xa);
    put_begin(&world->batch, number);
    struct leat_item item = {.type = LEAT_ITEM_XA_RESOLVE};
    item.xa_resolve = (struct leat_xa_resolve){.commit = commit, .xa_id = id, .xa_id_size = size};
    if (resolve)
        leat_frame_put(&world->batch, &item);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end = (struct leat_end){.how = resolve ? LEAT_END_XA_RESOLVE : LEAT_END_XA_PREPARE,
                                 .place = {"binlog.000001", number * 1000 + 999},
                                 .xa_id = resolve ? NULL : id,
                                 .xa_id_size = resolve ? 0 : size};
    leat_frame_put(&world->batch, &item);
}

START_TEST(prepared_branches_pin_their_segments_and_are_found_at_commit)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 300, 10);
    struct leat_hold *hold = hold_at(&world, "sink", 0, false);
    size_t at = world_segments(&world) - 1;
    uint64_t prepared = world_status(&world).visible_end;
    put_xa(&world, false, false, "branch");
    world_fill(&world, 500, 10);
    leat_hold_release(&hold);
    world_close(&world);
    world_open(&world); /* the branch is in the state records */
    hold = hold_at(&world, "sink", world_status(&world).visible_end, false);
    uint64_t first_pinned = first_seq_of(&world, at);
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_status(&world).first_seq, first_pinned);
    uint64_t resolved = world_status(&world).visible_end;
    put_xa(&world, true, true, "branch");
    world_fill(&world, 500, 10);
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_status(&world).first_seq,
                      first_pinned); /* the sink has still to come to the commit */
    struct leat_reader *reader;
    struct leat_item item;
    OK(&world, leat_reader_open(&reader, world.journal, resolved, &world.err));
    OK(&world, leat_reader_next(reader, &item, &world.err));
    OK(&world, leat_reader_next(reader, &item, &world.err));
    ck_assert_int_eq(item.type, LEAT_ITEM_XA_RESOLVE);
    ck_assert_uint_eq(item.xa_resolve.prepared_seq, prepared);
    leat_reader_close(&reader);
    leat_hold_move(hold, resolved + 2); /* within the transaction that resolves */
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_eq(world_status(&world).first_seq, first_pinned);
    leat_hold_move(hold, resolved + 3); /* behind it, in the same segment */
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_gt(world_status(&world).first_seq, first_pinned);
    put_xa(&world, true, true, "unknown");
    FAILS(&world, world_append(&world), LEAT_E_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(world.err.message, "X'756e6b6e6f776e',X'',1"));
    world.batch.size = world.taken = 0;
    leat_hold_release(&hold);
    world_verify(&world);
    world_free(&world);
}
END_TEST

static void list_hold(void *context, const char *name, uint64_t seq, bool lost)
{
    char *names = context;
    ck_assert_uint_gt(seq, 0);
    ck_assert(!lost);
    strncat(names, name, 1);
}

START_TEST(holds_are_listed_oldest_first)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 10, 5);
    struct leat_hold *b = hold_at(&world, "b", 9, false), *a = hold_at(&world, "a", 3, true);
    leat_hold_move(a, 12);
    leat_hold_move(b, 5);
    char names[8] = "";
    leat_journal_holds(world.journal, list_hold, names);
    ck_assert_str_eq(names, "ba");
    leat_hold_release(&a);
    leat_hold_release(&b);
    world_free(&world);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("retain");
    LEAT_TEST_ADD(s, delivered_segments_go_when_they_are_old);
    LEAT_TEST_ADD(s, full_waits_for_a_hold_that_blocks);
    LEAT_TEST_ADD(s, full_drops_the_detachable_hold_that_lags_most);
    LEAT_TEST_ADD(s, min_free_limits_too);
    LEAT_TEST_ADD(s, a_transaction_that_can_never_fit_is_an_error);
    LEAT_TEST_ADD(s, prepared_branches_pin_their_segments_and_are_found_at_commit);
    LEAT_TEST_ADD(s, holds_are_listed_oldest_first);
    return s;
}

LEAT_TEST_MAIN(suite)
