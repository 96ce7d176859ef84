/* The journal as its users see it: writing, reading, resuming, finding, over many segments and restarts. */
#include "world.h"

#include "model/point.h"

START_TEST(a_new_journal_is_empty_and_knows_who_it_is)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    struct leat_journal_identity identity = *leat_journal_identity(world.journal);
    ck_assert_uint_ge(identity.server_id, 0x80000000u);
    struct leat_journal_resume resume;
    leat_journal_resume(world.journal, &resume);
    ck_assert(resume.empty && !resume.started && !resume.has_last);
    leat_journal_resume_free(&resume);
    ck_assert_uint_eq(world_check(&world), 0);
    world_close(&world);
    world_open(&world);
    ck_assert(memcmp(&identity, leat_journal_identity(world.journal), sizeof identity) == 0);
    world_free(&world);
}
END_TEST

START_TEST(what_was_synced_is_read_again_after_a_restart)
{
    struct world world;
    world_init(&world);
    world.large = true;
    world_open(&world);
    for (int round = 0; round < 4; round++) {
        world_fill(&world, 100, 7);
        ck_assert_uint_eq(world_check(&world), world.next - 1);
        world_verify(&world);
        world_close(&world);
        world_open(&world);
        ck_assert_uint_eq(world_check(&world), world.next - 1);
    }
    ck_assert_uint_gt(world_segments(&world), 10);
    world_free(&world);
}
END_TEST

START_TEST(nothing_is_visible_before_sync_and_before_the_transaction_ends)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 1, 1);
    put_transaction(&world);
    OK(&world, world_append(&world));
    ck_assert_uint_eq(world_check(&world), 1);
    ck_assert_int_eq(leat_journal_wait(world.journal, world_status(&world).visible_end, 0), LEAT_AGAIN);
    uint64_t before = world_status(&world).visible_end;
    OK(&world, world_sync(&world));
    ck_assert_int_eq(leat_journal_wait(world.journal, before, 0), LEAT_OK);
    ck_assert_uint_eq(world_check(&world), 2);
    put_part(&world, 3, 3, false);
    world_write(&world);
    ck_assert_uint_eq(world_check(&world), 2);
    ck_assert_uint_gt(world_status(&world).written_end, world_status(&world).visible_end);
    put_end(&world.batch, 3, 3);
    world_write(&world);
    ck_assert_uint_eq(world_check(&world), 3);
    world_free(&world);
}
END_TEST

START_TEST(resume_tells_the_completed_set_the_place_and_the_last_transaction)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 30, 4);
    put_part(&world, 31, 2, false); /* started is not completed */
    world_write(&world);
    for (int restarted = 0; restarted < 2; restarted++) {
        struct leat_journal_resume resume;
        leat_journal_resume(world.journal, &resume);
        ck_assert(resume.started && resume.has_last);
        ck_assert_str_eq(resume.file, "binlog.000001");
        ck_assert_uint_eq(resume.pos, 30999);
        ck_assert_uint_eq(resume.last_pos, 30000);
        ck_assert_uint_eq(resume.last_digest, 30 * 77);
        ck_assert_uint_eq(resume.last_gtid.number, 30);
        ck_assert_uint_eq(leat_gtid_set_count(resume.completed), 30);
        struct leat_gtid_set *visible = leat_journal_visible_set(world.journal);
        ck_assert(leat_gtid_set_equal(visible, resume.completed));
        leat_gtid_set_free(&visible);
        leat_journal_resume_free(&resume);
        world_close(&world);
        world_open(&world);
    }
    world_free(&world);
}
END_TEST

START_TEST(a_reader_opens_at_any_number_and_gives_the_next_boundary)
{
    struct world world;
    world_init(&world);
    world.large = true;
    world_open(&world);
    world_fill(&world, 90, 5);
    uint64_t end = world_status(&world).visible_end;
    uint64_t last_first = 1;
    for (uint64_t seq = 1; seq < end; seq += 1 + seq % 97) {
        uint64_t first;
        uint64_t last = world_check_from(&world, seq, &first);
        ck_assert(last == 90 || (last == 0 && last_first == 90));
        ck_assert(first == 0 || first >= last_first);
        if (first)
            last_first = first;
    }
    struct leat_reader *reader;
    OK(&world, leat_reader_open(&reader, world.journal, end, &world.err));
    ck_assert_uint_eq(leat_reader_seq(reader), end);
    struct leat_item item;
    ck_assert_int_eq(leat_reader_next(reader, &item, &world.err), LEAT_AGAIN);
    world_fill(&world, 1, 1);
    int items = 0;
    while (leat_reader_next(reader, &item, &world.err) == 0)
        items++;
    ck_assert_int_eq(items, 2 + (int)rows_of(&world, 91) + 1); /* begin, schema, rows, end */
    struct leat_gtid_set *completed = leat_reader_completed(reader);
    ck_assert_uint_eq(leat_gtid_set_count(completed), 90);
    leat_gtid_set_free(&completed);
    leat_reader_close(&reader);
    FAILS(&world, leat_reader_open(&reader, world.journal, end + 1000, &world.err), LEAT_E_RESYNC);
    world_free(&world);
}
END_TEST

START_TEST(a_definition_is_repeated_in_each_segment_and_given_once)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 600, 20);
    ck_assert_uint_gt(world_segments(&world), 3);
    struct leat_reader *reader;
    OK(&world, leat_reader_open(&reader, world.journal, 0, &world.err));
    struct leat_item item;
    int schemas = 0;
    while (leat_reader_next(reader, &item, &world.err) == 0)
        schemas += item.type == LEAT_ITEM_SCHEMA;
    ck_assert_int_eq(schemas, TABLES);
    leat_reader_close(&reader);
    char path[64];
    for (size_t n = 0; world_segment(&world, n, path); n++) {
        const struct memory_bytes *file = memory_file(world.fs, path);
        int found = 0;
        for (uint64_t i = 0; i + 6 < file->size; i++)
            found += memcmp(file->data + i, "people", 6) == 0;
        ck_assert_int_eq(found, 1);
    }
    world_free(&world);
}
END_TEST

static uint64_t find(struct world *world, const char *text)
{
    struct leat_point point;
    uint64_t seq, first;
    OK(world, leat_point_parse(&point, text, &world->err));
    OK(world, leat_journal_find(world->journal, &point, &seq, &world->err));
    leat_point_free(&point);
    world_check_from(world, seq, &first);
    return first;
}

START_TEST(find_gives_the_first_transaction_that_is_not_before_the_point)
{
    struct world world;
    world_init(&world);
    world.large = true;
    world_open(&world);
    world_fill(&world, 200, 5);
    ck_assert_uint_gt(world_segments(&world), 4);
    char text[200], uuid[LEAT_UUID_TEXT_MAX];
    struct leat_gtid gtid = gtid_of(1);
    leat_uuid_text(uuid, gtid.uuid);
    for (unsigned number = 1; number < 200; number += 13) {
        snprintf(text, sizeof text, "%s:1-%u", uuid, number);
        ck_assert_uint_eq(find(&world, text), number + 1);
        snprintf(text, sizeof text, "binlog.000001:%u", number * 1000);
        ck_assert_uint_eq(find(&world, text), number);
        snprintf(text, sizeof text, "binlog.000001:%u",
                 number * 1000 + 999); /* its end: the next begins later */
        ck_assert_uint_eq(find(&world, text), number + 1);
        char time[LEAT_TIME_TEXT_MAX];
        ck_assert_uint_eq(find(&world, leat_time_text(time, 1700000000000000 + number * 1000000)), number);
        ck_assert_uint_eq(find(&world, leat_time_text(time, 1700000000000001 + number * 1000000)),
                          number + 1);
    }
    ck_assert_uint_eq(find(&world, "earliest"), 1);
    ck_assert_uint_eq(find(&world, "now"), 0);
    struct leat_point point;
    uint64_t seq;
    OK(&world, leat_point_parse(&point, "binlog.000001:2", &world.err)); /* before START */
    FAILS(&world, leat_journal_find(world.journal, &point, &seq, &world.err), LEAT_E_RESYNC);
    leat_point_free(&point);
    world_free(&world);
}
END_TEST

static int count_segment(void *context, const struct leat_segment_info *info)
{
    struct leat_segment_info *sum = context;
    ck_assert_uint_gt(info->end_seq, info->first_seq);
    ck_assert(sum->end_seq == 0 || sum->end_seq == info->first_seq);
    sum->end_seq = info->end_seq;
    sum->transactions += info->transactions;
    sum->sealed = info->sealed;
    sum->bytes += 1;
    return 0;
}

START_TEST(segments_are_listed_with_their_transactions)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 700, 20);
    for (int restarted = 0; restarted < 2; restarted++) {
        struct leat_segment_info sum = {.name = ""};
        OK(&world, leat_journal_segments(world.journal, count_segment, &sum, &world.err));
        ck_assert_uint_eq(sum.transactions, 700);
        ck_assert_uint_eq(sum.bytes, world_segments(&world));
        ck_assert(!sum.sealed);
        ck_assert_uint_eq(sum.end_seq, world_status(&world).visible_end);
        world_close(&world);
        world_open(&world);
    }
    world_free(&world);
}
END_TEST

START_TEST(frames_are_refused_when_they_break_the_order_or_are_damaged)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    put_begin(&world.batch, 1);
    FAILS(&world, world_append(&world), LEAT_E_MALFORMED); /* before START */
    world.batch.size = 0;
    world_fill(&world, 3, 1);
    put_end(&world.batch, 4, 0);
    FAILS(&world, world_append(&world), LEAT_E_MALFORMED);
    world.batch.size = 0;
    put_rows(&world.batch, world.tables[0], 4, 0);
    FAILS(&world, world_append(&world), LEAT_E_MALFORMED);
    world.batch.size = 0;
    for (unsigned at = 4; at < 24; at++) { /* any header byte but the checksum's */
        put_begin(&world.batch, 4);
        world.batch.data[at] ^= 0x80;
        if (at >= 8 && at < 16) { /* a stamp: written over */
            OK(&world, world_append(&world));
            leat_buf_clear(&world.batch);
            world.taken = 0;
            leat_frame_put_abandon(&world.batch);
            OK(&world, world_append(&world));
        } else if (at < 20) {
            ck_assert_int_eq(world_append(&world), LEAT_FAIL);
        } else {
            OK(&world, world_append(&world));
            leat_buf_clear(&world.batch);
            world.taken = 0;
            leat_frame_put_abandon(&world.batch);
            OK(&world, world_append(&world));
        }
        world.batch.size = world.taken = 0;
    }
    world_fill(&world, 3, 1); /* it goes on as if nothing had been */
    ck_assert_uint_eq(world_check(&world), 6);
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(read_only_leaves_everything_alone)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 300, 10);
    put_part(&world, 301, 3, false);
    world_write(&world);
    world_close(&world);
    world.options.read_only = true;
    world.fs->fail_calls =
        CALL_WRITE | CALL_ALLOCATE | CALL_TRUNCATE | CALL_SYNC | CALL_RENAME | CALL_UNLINK | CALL_SYNC_FOLDER;
    world.fs->fail_after = 0;
    world_open(&world);
    ck_assert_uint_eq(world_check(&world), 300);
    world_free(&world);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("journal");
    LEAT_TEST_ADD(s, a_new_journal_is_empty_and_knows_who_it_is);
    LEAT_TEST_ADD(s, what_was_synced_is_read_again_after_a_restart);
    LEAT_TEST_ADD(s, nothing_is_visible_before_sync_and_before_the_transaction_ends);
    LEAT_TEST_ADD(s, resume_tells_the_completed_set_the_place_and_the_last_transaction);
    LEAT_TEST_ADD(s, a_reader_opens_at_any_number_and_gives_the_next_boundary);
    LEAT_TEST_ADD(s, a_definition_is_repeated_in_each_segment_and_given_once);
    LEAT_TEST_ADD(s, find_gives_the_first_transaction_that_is_not_before_the_point);
    LEAT_TEST_ADD(s, segments_are_listed_with_their_transactions);
    LEAT_TEST_ADD(s, frames_are_refused_when_they_break_the_order_or_are_damaged);
    LEAT_TEST_ADD(s, read_only_leaves_everything_alone);
    return s;
}

LEAT_TEST_MAIN(suite)
