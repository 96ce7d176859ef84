/* XA branches without a journal: they come where they are committed, whole, once, from memory and from the file. */
#include "check_main.h"
#include "journal/world.h"
#include "journal/spool.h"
#include "model/xa.h"

/* What comes out, as text. */
struct seen {
    struct leat_buf text;
    struct leat_table *table;
    uint64_t number; /* of the last change */
    struct leat_spool *spool;
    struct leat_error err;
};

static int see(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct seen *seen = context;
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        leat_buf_printf(&seen->text, "begin %d%s\n", (int)item->begin.gtid.number, item->begin.flags & LEAT_BEGIN_XA ? " xa" : "");
        break;
    case LEAT_ITEM_XA_RESOLVE:
        leat_buf_printf(&seen->text, item->xa_resolve.commit ? "commit" : "rollback");
        if (item->xa_resolve.prepared)
            leat_buf_printf(&seen->text, " of %d at %s", (int)item->xa_resolve.prepared->gtid.number,
                            item->xa_resolve.prepared->place.file);
        leat_buf_puts(&seen->text, "\n");
        break;
    case LEAT_ITEM_ROWS:
        ck_assert_ptr_eq(item->rows.table, seen->table);
        ck_assert_uint_eq(item->rows.number, item->rows.first_row + 1);
        ck_assert_uint_eq(item->rows.images_size, 300);
        for (size_t i = 0; i < 300; i++)
            ck_assert_uint_eq(item->rows.images[i], (uint8_t)(item->rows.pos + i));
        leat_buf_printf(&seen->text, "%d ", (int)item->rows.pos);
        break;
    case LEAT_ITEM_END:
        leat_buf_puts(&seen->text, "end\n");
        break;
    default:
        break;
    }
    return LEAT_OK;
}

static void start(struct seen *seen, uint64_t memory_max)
{
    *seen = (struct seen){.table = world_table(0)};
    const struct leat_spool_options options = {.folder = "/tmp", .cure = "begin earlier", .memory_max = memory_max};
    seen->spool = leat_spool_new(&options, &(struct leat_item_out){seen, see});
}

static void finish(struct seen *seen)
{
    leat_spool_free(&seen->spool);
    leat_table_release(&seen->table);
    leat_buf_free(&seen->text);
}

static int give(struct seen *seen, const struct leat_item *item, bool shown)
{
    seen->err = (struct leat_error){0};
    return leat_spool_item(seen->spool, item, shown, &seen->err);
}

static size_t id_of(uint8_t id[LEAT_XA_ID_MAX], const char *name)
{
    struct leat_xa xa = {.format_id = 1, .gtrid_size = strlen(name)};
    memcpy(xa.gtrid, name, xa.gtrid_size);
    return leat_xa_encode(id, &xa);
}

static void begin(struct seen *seen, uint64_t number, bool xa, bool shown)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    char file[] = "binlog.000001"; /* gone when the call is over */
    item.begin.gtid = gtid_of(number);
    item.begin.place = (struct leat_place){file, number * 1000};
    item.begin.flags = xa ? LEAT_BEGIN_XA : 0;
    ck_assert_int_eq(give(seen, &item, shown), LEAT_OK);
    memset(file, 'x', sizeof file - 1);
}

static void end(struct seen *seen, enum leat_end_how how, const char *name, uint64_t changes, bool shown)
{
    uint8_t id[LEAT_XA_ID_MAX];
    struct leat_item item = {.type = LEAT_ITEM_END};
    item.end = (struct leat_end){.how = how, .place = {"binlog.000001", 1}, .changes = changes};
    if (name) {
        item.end.xa_id = id;
        item.end.xa_id_size = id_of(id, name);
    }
    ck_assert_int_eq(give(seen, &item, shown), LEAT_OK);
}

static void branch(struct seen *seen, uint64_t number, const char *name, unsigned rows, enum leat_end_how how, bool shown)
{
    begin(seen, number, true, shown);
    for (unsigned i = 0; i < rows; i++) {
        uint8_t image[300], present = 3;
        struct leat_item item = {.type = LEAT_ITEM_ROWS};
        item.rows = (struct leat_rows){.table_id = leat_table_view(seen->table)->id,
                                       .table = seen->table,
                                       .op = LEAT_OP_INSERT,
                                       .first_row = i,
                                       .row_count = 1,
                                       .pos = number * 100000 + i,
                                       .column_count = 2,
                                       .after_present = &present,
                                       .images = image,
                                       .images_size = sizeof image};
        for (size_t k = 0; k < sizeof image; k++)
            image[k] = (uint8_t)(item.rows.pos + k);
        ck_assert_int_eq(give(seen, &item, shown), LEAT_OK);
    }
    end(seen, how, name, rows, shown);
}

static int resolve(struct seen *seen, uint64_t number, const char *name, bool commit, bool shown)
{
    uint8_t id[LEAT_XA_ID_MAX];
    struct leat_item item = {.type = LEAT_ITEM_XA_RESOLVE};
    begin(seen, number, false, shown);
    item.xa_resolve = (struct leat_xa_resolve){.commit = commit, .xa_id = id, .xa_id_size = id_of(id, name)};
    int rc = give(seen, &item, shown);
    if (rc == LEAT_OK)
        end(seen, LEAT_END_XA_RESOLVE, NULL, 0, shown);
    return rc;
}

#define CHECK(seen, expected)                                             \
    do {                                                                  \
        ck_assert_str_eq(leat_buf_cstr(&(seen)->text), (expected));       \
        leat_buf_clear(&(seen)->text);                                    \
    } while (0)

static void count_branch(void *context, const struct leat_spool_branch *branch)
{
    ck_assert_ptr_nonnull(strstr(branch->xid, "X'"));
    ck_assert_str_eq(branch->file, "binlog.000001");
    *(unsigned *)context += 1;
}

static unsigned open_branches(const struct seen *seen)
{
    unsigned count = 0;
    leat_spool_branches(seen->spool, count_branch, &count);
    return count;
}

/* All in memory, and each in the file. */
START_TEST(branches_come_where_they_are_committed)
{
    for (uint64_t memory = 0; memory < 2; memory++) {
        struct seen seen;
        start(&seen, memory);
        branch(&seen, 1, "a", 2, LEAT_END_XA_PREPARE, true);
        branch(&seen, 2, "b", 1, LEAT_END_XA_PREPARE, true);
        branch(&seen, 3, "c", 1, LEAT_END_XA_PREPARE, true);
        CHECK(&seen, "");
        ck_assert_uint_eq(open_branches(&seen), 3);
        ck_assert_int_eq(resolve(&seen, 4, "b", true, true), LEAT_OK);
        CHECK(&seen, "begin 4\ncommit of 2 at binlog.000001\n200000 end\n");
        ck_assert_int_eq(resolve(&seen, 5, "c", false, true), LEAT_OK);
        CHECK(&seen, "begin 5\nrollback\nend\n");
        branch(&seen, 6, "b", 1, LEAT_END_XA_PREPARE, true);
        ck_assert_int_eq(resolve(&seen, 7, "a", true, true), LEAT_OK);
        CHECK(&seen, "begin 7\ncommit of 1 at binlog.000001\n100000 100001 end\n");
        ck_assert_int_eq(resolve(&seen, 8, "b", true, true), LEAT_OK);
        CHECK(&seen, "begin 8\ncommit of 6 at binlog.000001\n600000 end\n");
        ck_assert_uint_eq(open_branches(&seen), 0);
        finish(&seen);
    }
}
END_TEST

START_TEST(one_phase_is_a_transaction_like_others)
{
    struct seen seen;
    start(&seen, 0);
    branch(&seen, 1, "a", 2, LEAT_END_XA_ONE_PHASE, true);
    CHECK(&seen, "begin 1\n100000 100001 end\n");
    branch(&seen, 2, "a", 2, LEAT_END_XA_ONE_PHASE, false);
    CHECK(&seen, "");
    ck_assert_uint_eq(open_branches(&seen), 0);
    finish(&seen);
}
END_TEST

/* Memory stays that of a few records, and what is resolved is given back. */
START_TEST(large_branches_go_through_the_file)
{
    struct seen seen;
    start(&seen, 0);
    branch(&seen, 1, "a", 9000, LEAT_END_XA_PREPARE, true);
    branch(&seen, 2, "b", 5000, LEAT_END_XA_PREPARE, true);
    for (unsigned round = 0; round < 3; round++) {
        branch(&seen, 3, "c", 7000, LEAT_END_XA_PREPARE, true);
        ck_assert_int_eq(resolve(&seen, 4, "c", true, true), LEAT_OK);
        ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&seen.text), "306999 end"));
        leat_buf_clear(&seen.text);
    }
    ck_assert_int_eq(resolve(&seen, 5, "a", true, true), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&seen.text), "108999 end"));
    leat_buf_clear(&seen.text);
    ck_assert_int_eq(resolve(&seen, 6, "b", true, true), LEAT_OK);
    ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&seen.text), "204999 end"));
    finish(&seen);
}
END_TEST

START_TEST(what_is_not_shown_is_still_followed)
{
    struct seen seen;
    start(&seen, 0);
    branch(&seen, 1, "a", 1, LEAT_END_XA_PREPARE, false);
    branch(&seen, 2, "b", 1, LEAT_END_XA_PREPARE, false);
    ck_assert_int_eq(resolve(&seen, 3, "b", true, false), LEAT_OK);
    ck_assert_int_eq(resolve(&seen, 4, "unknown", true, false), LEAT_OK);
    CHECK(&seen, "");
    ck_assert_int_eq(resolve(&seen, 5, "a", true, true), LEAT_OK);
    CHECK(&seen, "begin 5\ncommit of 1 at binlog.000001\n100000 end\n");
    finish(&seen);
}
END_TEST

START_TEST(a_commit_without_its_prepare_is_an_error)
{
    struct seen seen;
    start(&seen, 0);
    ck_assert_int_eq(resolve(&seen, 1, "x", false, true), LEAT_OK); /* nothing is lost */
    ck_assert_int_eq(resolve(&seen, 2, "x", true, true), LEAT_FAIL);
    ck_assert_int_eq(seen.err.code, LEAT_E_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(seen.err.message, "binlog.000001:2000: XA COMMIT of branch X'78',X'',1 in transaction "));
    ck_assert_str_eq(seen.err.cure, "begin earlier");
    finish(&seen);
}
END_TEST

/* Prepared again without an end between: the first one was lost in a crash of the server. */
START_TEST(the_newer_of_two_of_one_name_counts)
{
    for (uint64_t memory = 0; memory < 2; memory++) {
        struct seen seen;
        start(&seen, memory);
        branch(&seen, 1, "a", 1, LEAT_END_XA_PREPARE, true);
        branch(&seen, 2, "a", 2, LEAT_END_XA_PREPARE, true);
        ck_assert_uint_eq(open_branches(&seen), 1);
        ck_assert_int_eq(resolve(&seen, 3, "a", true, true), LEAT_OK);
        CHECK(&seen, "begin 3\ncommit of 2 at binlog.000001\n200000 200001 end\n");
        finish(&seen);
    }
}
END_TEST

/* The connection broke, or the file ended: the transaction never ended, and the next one begins. */
START_TEST(a_branch_that_is_cut_off_is_forgotten)
{
    struct seen seen;
    start(&seen, 0);
    begin(&seen, 1, true, true);
    branch(&seen, 2, "a", 1, LEAT_END_XA_PREPARE, true);
    begin(&seen, 3, true, true);
    ck_assert_int_eq(resolve(&seen, 4, "a", true, true), LEAT_OK);
    CHECK(&seen, "begin 4\ncommit of 2 at binlog.000001\n200000 end\n");
    finish(&seen);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("spool");
    LEAT_TEST_ADD(s, branches_come_where_they_are_committed);
    LEAT_TEST_ADD(s, one_phase_is_a_transaction_like_others);
    LEAT_TEST_ADD(s, large_branches_go_through_the_file);
    LEAT_TEST_ADD(s, what_is_not_shown_is_still_followed);
    LEAT_TEST_ADD(s, a_commit_without_its_prepare_is_an_error);
    LEAT_TEST_ADD(s, the_newer_of_two_of_one_name_counts);
    LEAT_TEST_ADD(s, a_branch_that_is_cut_off_is_forgotten);
    return s;
}

LEAT_TEST_MAIN(suite)
