/* Recovery as a matrix: one test for each state that a crash, a disk or a hand can leave on disk. */
#include "world.h"

#include "base/checksum.h"
#include "journal/record_int.h"
#include "journal/segment_int.h"

/* A journal of 20 transactions in 4 batches, and the offset at which the last batch begins. */
static uint64_t small_journal(struct world *world, char path[64])
{
    world_init(world);
    world_open(world);
    world_fill(world, 15, 5);
    uint64_t end = 0;
    ck_assert(world_segment(world, 0, path));
    for (const struct memory_bytes *file = memory_file(world->fs, path); end == 0;) {
        uint64_t at = SEGMENT_HEADER;
        while (file->data[at + 16])
            at += leat_record_bytes((uint32_t)leat_le(file->data + at + 4, 4));
        end = at;
    }
    world_fill(world, 5, 5);
    world_close(world);
    return end;
}

static uint64_t end_of(const struct memory_bytes *file)
{
    uint64_t at = SEGMENT_HEADER;
    while (at < file->size && file->data[at + 16])
        at += leat_record_bytes((uint32_t)leat_le(file->data + at + 4, 4));
    return at;
}

static void reopen_and_expect(struct world *world, uint64_t last)
{
    world_open(world);
    ck_assert_uint_eq(world_check(world), last);
    world_verify(world);
    world->next = last + 1;
    world_fill(world, 10, 3); /* and it goes on */
    ck_assert_uint_eq(world_check(world), last + 10);
    world_verify(world);
}

/* Nothing but a folder: a new journal. */
START_TEST(nothing_there)
{
    struct world world;
    world_init(&world);
    reopen_and_expect(&world, 0);
    world_free(&world);
}
END_TEST

/* The identity was chosen, the first segment was not made yet. */
START_TEST(identity_alone)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_close(&world);
    char path[64];
    ck_assert(world_segment(&world, 0, path));
    memory_change(world.fs, NULL, path, NULL);
    reopen_and_expect(&world, 0);
    world_free(&world);
}
END_TEST

/* A segment was being made: its temporary file is removed. */
START_TEST(temporary_segment_left_over)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    struct leat_file *file = NULL;
    OK(&world, memory_open(world.fs, &file, "/j/0000000000000400.seg.tmp", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE,
                           &world.err));
    OK(&world, memory_write(world.fs, file, &(struct iovec){(char[]){"LEATSEG"}, 7}, 1, 0, &world.err));
    memory_close(world.fs, &file);
    reopen_and_expect(&world, 20);
    ck_assert_ptr_null(memory_file(world.fs, "/j/0000000000000400.seg.tmp"));
    world_free(&world);
}
END_TEST

/* Stopped cleanly: zeros of preallocation behind the end. */
START_TEST(clean_stop)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    reopen_and_expect(&world, 20);
    world_free(&world);
}
END_TEST

/* The file ends exactly behind the last record (preallocation was lost). */
START_TEST(file_ends_behind_the_last_record)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    struct memory_bytes *file = memory_file(world.fs, path);
    memory_resize(file, end_of(file));
    reopen_and_expect(&world, 20);
    world_free(&world);
}
END_TEST

/* The last batch is torn, nothing vouches for it: it is cut off. */
START_TEST(bad_record_in_the_last_batch)
{
    struct world world;
    char path[64];
    uint64_t at = small_journal(&world, path);
    memory_file(world.fs, path)->data[at + RECORD_HEADER] ^= 1;
    reopen_and_expect(&world, 15);
    world_free(&world);
}
END_TEST

/* A record before the last batch is bad: the last batch says that it was durable. */
START_TEST(bad_record_before_a_durable_mark)
{
    struct world world;
    char path[64];
    uint64_t at = small_journal(&world, path);
    memory_file(world.fs, path)->data[at - 1 - 16] ^= 1;
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(world.err.message, path + 3));
    ck_assert_ptr_nonnull(strstr(world.err.message, "offset"));
    ck_assert_int_eq(world.err.kind, LEAT_KIND_FATAL);
    world_free(&world);
}
END_TEST

/* The length of a durable record is bad, so that the ones behind it are found only by looking at each 8
 * bytes. */
START_TEST(bad_length_before_a_durable_mark)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    leat_record_put_le(
        memory_file(world.fs, path)->data + SEGMENT_HEADER +
            leat_record_bytes((uint32_t)leat_le(memory_file(world.fs, path)->data + SEGMENT_HEADER + 4, 4)) +
            4,
        0x7F000000, 4);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
}
END_TEST

/* The last batch is bad, but a sink has delivered it. */
START_TEST(bad_record_before_a_checkpoint)
{
    struct world world;
    char path[64];
    uint64_t at = small_journal(&world, path);
    world_open(&world);
    world.options.protected_seq = world_status(&world).visible_end;
    world_close(&world);
    memory_file(world.fs, path)->data[at + RECORD_HEADER] ^= 1;
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
}
END_TEST

/* The journal ends cleanly, but before what a sink has delivered: its end is missing. */
START_TEST(end_missing_before_a_checkpoint)
{
    struct world world;
    char path[64];
    uint64_t at = small_journal(&world, path);
    world_open(&world);
    world.options.protected_seq = world_status(&world).visible_end;
    world_close(&world);
    reopen_and_expect(&world, 20);
    world_close(&world);
    memory_resize(memory_file(world.fs, path), at);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
}
END_TEST

/* The last batch has no end of its transaction: dropped, though whole. */
START_TEST(unfinished_transaction)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    world_open(&world);
    put_part(&world, 21, 4, false);
    world_write(&world);
    world_close(&world);
    reopen_and_expect(&world, 20);
    world_free(&world);
}
END_TEST

/* An unfinished transaction lies across many segments: all of them are taken back. */
START_TEST(unfinished_transaction_over_segments)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    world_open(&world);
    put_part(&world, 21, 2000, false);
    world_write(&world);
    size_t segments = world_segments(&world);
    ck_assert_uint_gt(segments, 5);
    world_close(&world);
    reopen_and_expect(&world, 20);
    ck_assert_uint_lt(world_segments(&world), segments);
    world_free(&world);
}
END_TEST

/* Taking back was interrupted after each of its steps. */
START_TEST(taking_back_interrupted_at_each_step)
{
    for (int steps = 0;; steps++) {
        struct world world;
        char path[64];
        small_journal(&world, path);
        world_open(&world);
        put_part(&world, 21, 2000, false);
        world_write(&world);
        leat_frame_put_abandon(&world.batch);
        world.fs->fail_calls = CALL_UNLINK | CALL_TRUNCATE | CALL_SYNC | CALL_SYNC_FOLDER;
        world.fs->fail_after = steps;
        int rc = world_append(&world);
        world_close(&world);
        memory_fs_crash(world.fs, (unsigned)steps % 3, &world.random);
        reopen_and_expect(&world, 20);
        world_free(&world);
        if (rc == 0) {
            ck_assert_int_gt(steps, 5);
            break;
        }
    }
}
END_TEST

/* The last segment was closed, the next not made yet: the index is taken away and it goes on there. */
START_TEST(sealed_and_no_next_segment)
{
    struct world world;
    char path[64], last[64];
    world_init(&world);
    world_open(&world);
    world_fill(&world, 1, 1);
    while (world_segments(&world) < 3)
        world_fill(&world, 1, 1);
    uint64_t number = world.next - 2; /* the last one lies in the new segment */
    world_close(&world);
    ck_assert(world_segment(&world, 1, path) && world_segment(&world, 2, last));
    memory_change(world.fs, NULL, last, NULL);
    reopen_and_expect(&world, number);
    world_free(&world);
}
END_TEST

/* The newest segment has nothing but its state. */
START_TEST(new_segment_without_records)
{
    struct world world;
    char last[64];
    world_init(&world);
    world_open(&world);
    while (world_segments(&world) < 3)
        world_fill(&world, 1, 1);
    uint64_t number = world.next - 2;
    world_close(&world);
    ck_assert(world_segment(&world, 2, last));
    struct memory_bytes *file = memory_file(world.fs, last);
    uint64_t state = leat_record_bytes((uint32_t)leat_le(file->data + SEGMENT_HEADER + 4, 4));
    memset(file->data + SEGMENT_HEADER + state, 0, (size_t)(file->size - SEGMENT_HEADER - state));
    reopen_and_expect(&world, number);
    world_free(&world);
}
END_TEST

/* A segment's header or state is bad: it was synced under another name before, so that is damage, never a
 * crash. */
START_TEST(bad_header_or_state)
{
    for (unsigned at = 0; at < SEGMENT_HEADER + RECORD_HEADER + 40; at += 4) {
        struct world world;
        char path[64];
        small_journal(&world, path);
        memory_file(world.fs, path)->data[at] ^= 0x10;
        FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
        world_free(&world);
    }
}
END_TEST

/* A sealed segment's end is bad: opening doesn't look there, reading and verifying do. */
START_TEST(bad_record_in_a_sealed_segment)
{
    struct world world;
    char path[64];
    world_init(&world);
    world_open(&world);
    world_fill(&world, 600, 10);
    world_close(&world);
    ck_assert(world_segment(&world, 1, path));
    struct memory_bytes *file = memory_file(world.fs, path);
    file->data[file->size / 2] ^= 4;
    world_open(&world);
    struct leat_reader *reader;
    struct leat_item item;
    int rc;
    OK(&world, leat_reader_open(&reader, world.journal, 0, &world.err));
    while ((rc = leat_reader_next(reader, &item, &world.err)) == 0)
        ;
    ck_assert_int_eq(rc, LEAT_FAIL);
    ck_assert_int_eq(world.err.code, LEAT_E_JOURNAL_CORRUPT);
    leat_reader_close(&reader);
    struct leat_journal_status status;
    FAILS(&world, leat_journal_verify("/j", &world.fs->ops, &status, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
}
END_TEST

/* A segment in the middle is missing. */
START_TEST(missing_segment)
{
    struct world world;
    char path[64];
    world_init(&world);
    world_open(&world);
    world_fill(&world, 600, 10);
    world_close(&world);
    ck_assert(world_segment(&world, 1, path));
    memory_change(world.fs, NULL, path, NULL);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
}
END_TEST

/* The oldest segments are missing: retention may have done that. */
START_TEST(missing_oldest_segment)
{
    struct world world;
    char path[64];
    uint64_t first;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 600, 10);
    world_close(&world);
    ck_assert(world_segment(&world, 0, path));
    memory_change(world.fs, NULL, path, NULL);
    world_open(&world);
    ck_assert_uint_eq(world_check_from(&world, 0, &first), 600);
    ck_assert_uint_gt(first, 1);
    world_verify(&world);
    world_free(&world);
}
END_TEST

/* A segment of another journal lies in the folder. */
START_TEST(segment_of_another_journal)
{
    struct world world, other;
    char path[64];
    small_journal(&world, path);
    other = world;
    world_init(&other);
    other.random = 99;
    world_open(&other);
    world_fill(&other, 20, 5);
    world_close(&other);
    struct memory_bytes *to = memory_file(world.fs, path), *from = memory_file(other.fs, path);
    memory_resize(to, from->size);
    memcpy(to->data, from->data, (size_t)from->size);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
    world_free(&other);
}
END_TEST

/* Stale bytes of the same file's earlier life lie behind the end: they do not verify under the new seed. */
START_TEST(stale_records_of_an_earlier_life)
{
    struct world world;
    char path[64];
    uint64_t at = small_journal(&world, path);
    struct memory_bytes *file = memory_file(world.fs, path);
    struct memory_bytes old = {leat_memdup(file->data, (size_t)file->size), file->size};
    memory_change(world.fs, NULL, path, NULL);
    memory_change(world.fs, NULL, "/j/identity", NULL);
    world.next = 1;
    uint64_t again;
    world_open(&world);
    world_fill(&world, 15, 5);
    file = memory_file(world.fs, path);
    again = end_of(file);
    ck_assert_uint_eq(again, at); /* the same transactions at the same places */
    memcpy(file->data + at, old.data + at, (size_t)(old.size - at));
    world_close(&world);
    reopen_and_expect(&world, 15);
    free(old.data);
    world_free(&world);
}
END_TEST

/* A newer leat wrote it. */
START_TEST(newer_version)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    struct memory_bytes *file = memory_file(world.fs, path);
    leat_record_put_le(file->data + 8, SEGMENT_VERSION + 1, 4);
    leat_record_put_le(file->data + SEGMENT_HEADER - 4, leat_crc32c(0, file->data, SEGMENT_HEADER - 4), 4);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_VERSION);
    world_free(&world);
}
END_TEST

/* The identity is damaged, or gone although there are segments. */
START_TEST(bad_identity)
{
    struct world world;
    char path[64];
    small_journal(&world, path);
    memory_file(world.fs, "/j/identity")->data[20] ^= 1;
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    memory_change(world.fs, NULL, "/j/identity", NULL);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_CORRUPT);
    world_free(&world);
}
END_TEST

/* No journal there, and none is to be made. */
START_TEST(no_journal_and_no_create)
{
    struct world world;
    world_init(&world);
    world.options.create = false;
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_IO);
    world_free(&world);
}
END_TEST

/* The file was truncated at each byte of the last batch: whole transactions stay, nothing else is seen. */
START_TEST(truncated_at_each_byte_of_the_last_batch)
{
    struct world world;
    char path[64];
    uint64_t from = small_journal(&world, path);
    struct memory_bytes *file = memory_file(world.fs, path);
    struct memory_bytes whole = {leat_memdup(file->data, (size_t)file->size), file->size};
    uint64_t end = end_of(file), before = 15;
    for (uint64_t at = from; at <= end; at++) {
        file = memory_file(world.fs, path);
        memory_resize(file, 0);
        memory_resize(file, at);
        memcpy(file->data, whole.data, (size_t)at);
        world_open(&world);
        uint64_t last = world_check(&world);
        ck_assert(last == before || last == before + 1);
        before = last;
        world_close(&world);
    }
    ck_assert_uint_eq(before, 20);
    free(whole.data);
    world_free(&world);
}
END_TEST

/* Each byte of the journal was flipped in turn: in the last batch it is cut off there, before it is
 * corruption (or the byte is one of padding), and never is anything given that wasn't written. */
START_TEST(each_byte_flipped)
{
    struct world world;
    char path[64];
    uint64_t from = small_journal(&world, path);
    struct memory_bytes *file = memory_file(world.fs, path);
    struct memory_bytes whole = {leat_memdup(file->data, (size_t)file->size), file->size};
    uint64_t end = end_of(file), cut = 0, corrupt = 0, padding = 0;
    for (uint64_t at = 0; at < end; at++) {
        file = memory_file(world.fs, path);
        memory_resize(file, whole.size);
        memcpy(file->data, whole.data, (size_t)whole.size);
        file->data[at] ^= (uint8_t)(1 << at % 8);
        world.err = (struct leat_error){0};
        int rc = leat_journal_open(&world.journal, &world.options, &world.err);
        if (rc) {
            ck_assert_int_eq(world.err.code, LEAT_E_JOURNAL_CORRUPT);
            ck_assert_uint_lt(at, from);
            corrupt++;
            continue;
        }
        uint64_t last = world_check(&world);
        if (last == 20) {
            padding++;
        } else {
            ck_assert_uint_ge(at, from);
            ck_assert_uint_ge(last, 15);
            cut++;
        }
        world_close(&world);
    }
    ck_assert_uint_gt(cut, 0);
    ck_assert_uint_gt(corrupt, from / 2);
    ck_assert_uint_lt(padding, end / 20);
    free(whole.data);
    world_free(&world);
}
END_TEST

/* Opening must not read the whole journal. */
START_TEST(open_reads_only_the_last_segment)
{
    struct world world;
    world_init(&world);
    world.large = true;
    world_open(&world);
    world_fill(&world, 400, 10);
    world_close(&world);
    size_t segments = world_segments(&world);
    ck_assert_uint_gt(segments, 20);
    char path[64];
    for (size_t n = 0; n + 1 < segments; n++) { /* what is not read may be rubbish */
        ck_assert(world_segment(&world, n, path));
        struct memory_bytes *file = memory_file(world.fs, path);
        memset(file->data + SEGMENT_HEADER, 0x5A, (size_t)file->size - SEGMENT_HEADER);
    }
    world_open(&world);
    world_free(&world);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("recovery");
    LEAT_TEST_ADD(s, nothing_there);
    LEAT_TEST_ADD(s, identity_alone);
    LEAT_TEST_ADD(s, temporary_segment_left_over);
    LEAT_TEST_ADD(s, clean_stop);
    LEAT_TEST_ADD(s, file_ends_behind_the_last_record);
    LEAT_TEST_ADD(s, bad_record_in_the_last_batch);
    LEAT_TEST_ADD(s, bad_record_before_a_durable_mark);
    LEAT_TEST_ADD(s, bad_length_before_a_durable_mark);
    LEAT_TEST_ADD(s, bad_record_before_a_checkpoint);
    LEAT_TEST_ADD(s, end_missing_before_a_checkpoint);
    LEAT_TEST_ADD(s, unfinished_transaction);
    LEAT_TEST_ADD(s, unfinished_transaction_over_segments);
    LEAT_TEST_ADD(s, taking_back_interrupted_at_each_step);
    LEAT_TEST_ADD(s, sealed_and_no_next_segment);
    LEAT_TEST_ADD(s, new_segment_without_records);
    LEAT_TEST_ADD(s, bad_header_or_state);
    LEAT_TEST_ADD(s, bad_record_in_a_sealed_segment);
    LEAT_TEST_ADD(s, missing_segment);
    LEAT_TEST_ADD(s, missing_oldest_segment);
    LEAT_TEST_ADD(s, segment_of_another_journal);
    LEAT_TEST_ADD(s, stale_records_of_an_earlier_life);
    LEAT_TEST_ADD(s, newer_version);
    LEAT_TEST_ADD(s, bad_identity);
    LEAT_TEST_ADD(s, no_journal_and_no_create);
    LEAT_TEST_ADD(s, truncated_at_each_byte_of_the_last_batch);
    LEAT_TEST_ADD(s, each_byte_flipped);
    LEAT_TEST_ADD(s, open_reads_only_the_last_segment);
    return s;
}

LEAT_TEST_MAIN(suite)
