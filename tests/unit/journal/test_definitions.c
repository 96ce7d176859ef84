/* The file `definitions`: it has what the journal has and nothing else, whatever happened; damage in it is seen; what nobody can ask for
 * goes when it is opened. */
#include "world.h"

#include "journal/definitions.h"
#include "journal/definitions_int.h"

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

static void put_definition(struct world *world, enum leat_definition_how how, const char *name, const char *why)
{
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION};
    item.definition = (struct leat_definition){.how = how, .database = text("shop"), .name = text(name), .why = text(why)};
    if (*name && how < LEAT_DEFINITION_DROPPED)
        item.definition.table = world->tables[0];
    if (!*name)
        item.definition.collation = 255;
    leat_frame_put(&world->batch, &item);
}

/* A transaction of definitions alone. */
static void put_ddl(struct world *world, enum leat_definition_how how, const char *name, const char *why)
{
    uint64_t number = world->next++;
    put_begin(&world->batch, number);
    put_definition(world, how, name, why);
    put_end(&world->batch, number, 0);
}

/* What was given, as text: "name=why;". */
struct told {
    struct leat_buf buf;
    uint64_t last_seq, last_us;
    char place[600];
    uint64_t gtid;
};

static int tell(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    (void)err;
    struct told *told = context;
    const struct leat_definition *definition = &entry->definition;
    leat_buf_printf(&told->buf, "%s=%s%s;", definition->name.bytes, definition->why.bytes,
                    definition->how == LEAT_DEFINITION_DROPPED  ? "!"
                    : definition->how == LEAT_DEFINITION_UNSURE ? "?"
                                                                : "");
    ck_assert((definition->table != NULL) == (definition->how < LEAT_DEFINITION_DROPPED && definition->name.size));
    told->last_seq = entry->seq;
    told->last_us = entry->at_us;
    told->gtid = entry->gtid.number;
    snprintf(told->place, sizeof told->place, "%s:%llu", entry->place.file, (unsigned long long)entry->place.pos);
    return LEAT_OK;
}

static void in_force(struct world *world, const char *expected)
{
    struct told told = {0};
    OK(world, leat_journal_definitions(world->journal, tell, &told, &world->err));
    ck_assert_str_eq(leat_buf_cstr(&told.buf), expected);
    leat_buf_free(&told.buf);
}

static void history_is(struct world *world, struct leat_journal *journal, const char *name, const char *expected)
{
    struct told told = {0};
    OK(world, leat_journal_definition_history(journal, "shop", name, tell, &told, &world->err));
    ck_assert_str_eq(leat_buf_cstr(&told.buf), expected);
    leat_buf_free(&told.buf);
}

static void reopen(struct world *world)
{
    world_close(world);
    world_open(world);
}

static void begin(struct world *world)
{
    world_init(world);
    world_open(world);
    put_start(world);
    put_definition(world, LEAT_DEFINITION_READ, "", "");
    put_definition(world, LEAT_DEFINITION_READ, "orders", "read");
    put_ddl(world, LEAT_DEFINITION_STATEMENT, "items", "CREATE");
    put_ddl(world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 1");
    put_ddl(world, LEAT_DEFINITION_UNSURE, "people", "WHAT");
    put_ddl(world, LEAT_DEFINITION_DROPPED, "items", "DROP");
    world_write(world);
}

START_TEST(what_is_in_force_and_a_tables_history)
{
    struct world world;
    begin(&world);
    for (int i = 0; i < 3; i++) {
        in_force(&world, "=;orders=ALTER 1;people=WHAT?;"); /* databases first */
        history_is(&world, world.journal, "orders", "orders=read;orders=ALTER 1;");
        history_is(&world, world.journal, "items", "items=CREATE;items=DROP!;");
        history_is(&world, world.journal, "nothing", "");
        reopen(&world);
    }
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(an_entry_says_when_and_where)
{
    struct world world;
    struct told told = {0};
    begin(&world);
    OK(&world, leat_journal_definition_history(world.journal, "shop", "people", tell, &told, &world.err));
    ck_assert_str_eq(told.place, "binlog.000001:3000");
    ck_assert_uint_eq(told.gtid, 3);
    ck_assert_uint_eq(told.last_us, 1700000000000000 + 3 * 1000000); /* its transaction's commit */
    put_definition(&world, LEAT_DEFINITION_TOLD, "people", "file");
    world_write(&world);
    OK(&world, leat_journal_definition_history(world.journal, "shop", "people", tell, &told, &world.err));
    ck_assert_str_eq(told.place, "binlog.000001:4999"); /* where the stream stood */
    ck_assert_uint_eq(told.gtid, 0);
    ck_assert(told.last_us <= world.now_us && told.last_us > world.now_us - 1000); /* the clock's */
    ck_assert_uint_eq(told.last_seq + 1, world_status(&world).visible_end);
    leat_buf_free(&told.buf);
    world_free(&world);
}
END_TEST

START_TEST(a_journal_without_any_has_no_file)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 3, 1);
    in_force(&world, "");
    reopen(&world);
    in_force(&world, "");
    ck_assert(!memory_file(world.fs, "/j/definitions"));
    world_free(&world);
}
END_TEST

START_TEST(beside_a_writer_it_is_read_up_to_what_is_visible)
{
    struct world world;
    struct leat_journal *beside;
    begin(&world);
    struct leat_journal_options options = world.options;
    options.read_only = true;
    options.create = false;
    OK(&world, leat_journal_open(&beside, &options, &world.err));
    put_begin(&world.batch, world.next);
    put_definition(&world, LEAT_DEFINITION_STATEMENT, "orders", "unfinished");
    world_write(&world);
    history_is(&world, beside, "orders", "orders=read;orders=ALTER 1;");
    history_is(&world, world.journal, "orders", "orders=read;orders=ALTER 1;");
    leat_journal_close(&beside);
    OK(&world, leat_journal_open(&beside, &options, &world.err));
    history_is(&world, beside, "orders", "orders=read;orders=ALTER 1;");
    leat_journal_close(&beside);
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(an_unfinished_transactions_definitions_are_cut_off)
{
    struct world world;
    begin(&world);
    size_t size = memory_file(world.fs, "/j/definitions")->size;
    put_begin(&world.batch, world.next);
    put_definition(&world, LEAT_DEFINITION_STATEMENT, "orders", "unfinished");
    world_write(&world);
    ck_assert_uint_gt(memory_file(world.fs, "/j/definitions")->size, size);
    reopen(&world);
    ck_assert_uint_eq(memory_file(world.fs, "/j/definitions")->size, size);
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 2");
    world_write(&world);
    reopen(&world);
    history_is(&world, world.journal, "orders", "orders=read;orders=ALTER 1;orders=ALTER 2;");
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(an_abandoned_transactions_definitions_are_taken_back)
{
    for (int written = 0; written < 2; written++) {
        struct world world;
        begin(&world);
        put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 2");
        put_begin(&world.batch, world.next);
        put_definition(&world, LEAT_DEFINITION_STATEMENT, "orders", "abandoned, and longer than what comes in its place");
        if (written)
            world_write(&world);
        leat_frame_put_abandon(&world.batch);
        put_ddl(&world, LEAT_DEFINITION_DROPPED, "people", "DROP");
        world_write(&world);
        for (int i = 0; i < 2; i++) {
            history_is(&world, world.journal, "orders", "orders=read;orders=ALTER 1;orders=ALTER 2;");
            history_is(&world, world.journal, "people", "people=WHAT?;people=DROP!;");
            world_verify(&world);
            reopen(&world);
        }
        world_free(&world);
    }
}
END_TEST

/* The first one of all is taken back, and with it the file's beginning comes with lower numbers. */
START_TEST(the_first_one_may_be_abandoned)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    put_start(&world);
    put_schema(&world.batch, world.tables[0]);
    put_begin(&world.batch, 1);
    for (unsigned i = 0; i < 3; i++)
        put_rows(&world.batch, world.tables[0], 1, i);
    put_definition(&world, LEAT_DEFINITION_STATEMENT, "orders", "abandoned");
    world_write(&world);
    leat_frame_put_abandon(&world.batch);
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "CREATE");
    world_write(&world);
    reopen(&world);
    history_is(&world, world.journal, "orders", "orders=CREATE;");
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(a_full_disk_is_waited_out)
{
    struct world world;
    begin(&world);
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 2");
    OK(&world, world_append(&world));
    world.fs->fail_calls = CALL_WRITE;
    world.fs->fail_after = 0;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(world_sync(&world), LEAT_FAIL);
        ck_assert_int_eq(world.err.kind, LEAT_KIND_RETRY);
    }
    world.fs->fail_after = -1;
    OK(&world, world_sync(&world));
    reopen(&world);
    history_is(&world, world.journal, "orders", "orders=read;orders=ALTER 1;orders=ALTER 2;");
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(a_failed_sync_of_it_is_fatal)
{
    struct world world;
    begin(&world);
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 2");
    OK(&world, world_append(&world));
    world.fs->fail_calls = CALL_SYNC;
    world.fs->fail_after = 0;
    world.fs->fail_once = true;
    FAILS(&world, leat_journal_sync(world.journal, &world.err), LEAT_E_SYNC);
    world.fs->fail_after = -1;
    FAILS(&world, leat_journal_sync(world.journal, &world.err), LEAT_E_SYNC);
    world_free(&world);
}
END_TEST

/* Where an item of this kind may not come. */
static void refuses(struct world *world, const char *what)
{
    FAILS(world, world_append(world), LEAT_E_MALFORMED);
    ck_assert_msg(strstr(world->err.message, what), "%s", world->err.message);
}

START_TEST(where_none_may_come)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    put_definition(&world, LEAT_DEFINITION_READ, "orders", "");
    refuses(&world, "before the journal's start");
    world_close(&world);
    world_open(&world);
    put_start(&world);
    put_begin(&world.batch, 1);
    struct leat_item resolve = {.type = LEAT_ITEM_XA_RESOLVE};
    resolve.xa_resolve.xa_id = (const uint8_t *)"\1\0\0\0\2\0\0\0\1\0\0\0xab";
    resolve.xa_resolve.xa_id_size = 15;
    leat_frame_put(&world.batch, &resolve);
    put_definition(&world, LEAT_DEFINITION_READ, "orders", "");
    refuses(&world, "beside the end of an XA branch");
    world_free(&world);
}
END_TEST

/* A transaction over several segments: the next segment's state knows of what is open. */
START_TEST(definitions_of_a_large_transaction)
{
    for (int complete = 0; complete < 2; complete++) {
        struct world world;
        begin(&world);
        put_schema(&world.batch, world.tables[0]);
        put_begin(&world.batch, world.next);
        put_definition(&world, LEAT_DEFINITION_STATEMENT, "orders", "in front");
        for (unsigned i = 0; i < 1000; i++)
            put_rows(&world.batch, world.tables[0], world.next, i);
        world_write(&world);
        ck_assert_uint_gt(world_segments(&world), 2);
        if (complete)
            put_end(&world.batch, world.next, 1000);
        world_write(&world);
        world_verify(&world);
        reopen(&world);
        history_is(&world, world.journal, "orders",
                   complete ? "orders=read;orders=ALTER 1;orders=in front;" : "orders=read;orders=ALTER 1;");
        world_verify(&world);
        world_free(&world);
    }
}
END_TEST

/* ---- Its size ---- */

START_TEST(its_size_counts)
{
    struct world world;
    begin(&world);
    size_t file = memory_file(world.fs, "/j/definitions")->size;
    ck_assert_uint_gt(file, 0);
    uint64_t with = world_status(&world).bytes;
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 2");
    world_write(&world);
    size_t more = memory_file(world.fs, "/j/definitions")->size;
    ck_assert_uint_gt(more, file);
    ck_assert_uint_ge(world_status(&world).bytes, with + (more - file));
    uint64_t writing = world_status(&world).bytes;
    reopen(&world);
    ck_assert_uint_ge(world_status(&world).bytes, more);
    world.options.read_only = true;
    struct leat_journal *reading = NULL;
    OK(&world, leat_journal_open(&reading, &world.options, &world.err));
    struct leat_journal_status status;
    leat_journal_status(reading, &status);
    ck_assert_uint_ge(status.bytes, more);
    ck_assert_uint_le(status.bytes, writing);
    leat_journal_close(&reading);
    world.options.read_only = false;
    world_free(&world);
}
END_TEST

/* Waiting for room would never end: they stay. */
START_TEST(definitions_that_leave_no_room_are_told)
{
    struct world world;
    world_init(&world);
    world.options.max_bytes = 4 * WORLD_SEGMENT;
    world_open(&world);
    put_start(&world);
    int rc = LEAT_OK;
    for (int i = 0; i < 100000 && rc == LEAT_OK; i++) {
        put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER");
        rc = world_append(&world);
        if (rc == LEAT_OK)
            OK(&world, world_sync(&world));
    }
    ck_assert_int_eq(rc, LEAT_FAIL);
    ck_assert_int_eq(world.err.code, LEAT_E_JOURNAL_FULL);
    ck_assert(strstr(world.err.message, "definitions take") && strstr(world.err.cure, "journal.max_size"));
    world_free(&world);
}
END_TEST

/* ---- Damage ---- */

static void is_corrupt(struct world *world, const char *what)
{
    struct leat_journal_status status;
    world->err = (struct leat_error){0};
    int rc = leat_journal_open(&world->journal, &world->options, &world->err);
    ck_assert_msg(rc == LEAT_FAIL && world->err.code == LEAT_E_JOURNAL_CORRUPT, "%s: %d, %s", what, rc, world->err.message);
    ck_assert_msg(strstr(world->err.message, "file definitions, offset "), "%s", world->err.message);
    ck_assert(strstr(world->err.cure, "definitions"));
    FAILS(world, leat_journal_verify("/j", &world->fs->ops, &status, &world->err), LEAT_E_JOURNAL_CORRUPT);
}

START_TEST(any_changed_byte_is_seen)
{
    struct world world;
    begin(&world);
    world_close(&world);
    struct memory_bytes *file = memory_file(world.fs, "/j/definitions");
    for (size_t at = 0; at < file->size; at++) {
        file->data[at] ^= 0x10;
        is_corrupt(&world, "a changed byte");
        file->data[at] ^= 0x10;
    }
    world_open(&world);
    world_free(&world);
}
END_TEST

START_TEST(a_missing_end_is_seen)
{
    struct world world;
    begin(&world);
    world_close(&world);
    struct memory_bytes *file = memory_file(world.fs, "/j/definitions");
    for (uint64_t size = file->size; size--;) {
        file->size = size;
        is_corrupt(&world, "a missing end");
    }
    world_free(&world);
}
END_TEST

START_TEST(another_journals_file_is_refused)
{
    struct world world, other;
    begin(&world);
    begin(&other);
    world_close(&world);
    struct memory_bytes *file = memory_file(world.fs, "/j/definitions");
    file->data[16] ^= 1;
    leat_record_put_le(file->data + DEFINITIONS_HEADER - 4, leat_crc32c(0, file->data, DEFINITIONS_HEADER - 4), 4);
    is_corrupt(&world, "another journal's");
    ck_assert(strstr(world.err.message, "another journal"));
    file->data[16] ^= 1;
    file->data[8]++;
    leat_record_put_le(file->data + DEFINITIONS_HEADER - 4, leat_crc32c(0, file->data, DEFINITIONS_HEADER - 4), 4);
    FAILS(&world, leat_journal_open(&world.journal, &world.options, &world.err), LEAT_E_JOURNAL_VERSION);
    world_free(&world);
    world_free(&other);
}
END_TEST

START_TEST(moved_away_it_begins_anew)
{
    struct world world;
    begin(&world);
    world_close(&world);
    OK(&world, world.fs->ops.unlink(world.fs->ops.context, "/j/definitions", &world.err));
    leat_log_setup(LEAT_LOG_ERROR, LEAT_LOG_LOGFMT);
    world_open(&world);
    in_force(&world, "");
    reopen(&world);
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "ALTER 2");
    world_write(&world);
    for (int i = 0; i < 2; i++) {
        in_force(&world, "orders=ALTER 2;");
        world_verify(&world);
        reopen(&world);
    }
    world_free(&world);
}
END_TEST

/* ---- Rewriting ---- */

START_TEST(what_nobody_can_ask_for_goes)
{
    struct world world;
    begin(&world);
    for (int i = 0; i < 100; i++) {
        char why[32];
        snprintf(why, sizeof why, "ALTER %d", i);
        put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", why);
        put_ddl(&world, i % 2 ? LEAT_DEFINITION_DROPPED : LEAT_DEFINITION_STATEMENT, "passing", why);
    }
    world_write(&world);
    size_t size = memory_file(world.fs, "/j/definitions")->size;
    reopen(&world);
    ck_assert_uint_eq(memory_file(world.fs, "/j/definitions")->size, size); /* its segment is there */
    world_fill(&world, 2000, 10);
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "the last");
    world_write(&world);
    world.now_us += 3600000000u;
    world_close(&world);
    world.options.keep_us = 1;
    world_open(&world);
    OK(&world, leat_journal_retain(world.journal, &world.err));
    ck_assert_uint_gt(world_status(&world).first_seq, 500);
    for (int i = 0; i < 3; i++) {
        reopen(&world);
        ck_assert_uint_lt(memory_file(world.fs, "/j/definitions")->size, size / 10);
        /* What held at the oldest segment's beginning is still told. */
        history_is(&world, world.journal, "orders", "orders=ALTER 99;orders=the last;");
        history_is(&world, world.journal, "passing", "");
        in_force(&world, "=;people=WHAT?;orders=the last;");
        world_verify(&world);
    }
    put_ddl(&world, LEAT_DEFINITION_STATEMENT, "orders", "one more");
    world_write(&world);
    reopen(&world);
    history_is(&world, world.journal, "orders", "orders=ALTER 99;orders=the last;orders=one more;");
    world_verify(&world);
    world_free(&world);
}
END_TEST

/* ---- Crashes ---- */

/* The history that transactions 1 to `last` come to. */
static void check_history(struct world *world, uint64_t last, uint64_t seed)
{
    struct told told = {0};
    struct leat_buf expected = {0};
    for (uint64_t number = 1; number <= last; number++)
        if (number % 3 == 0)
            leat_buf_printf(&expected, "orders=%llu;", (unsigned long long)number);
    OK(world, leat_journal_definition_history(world->journal, "shop", "orders", tell, &told, &world->err));
    ck_assert_msg(!strcmp(leat_buf_cstr(&told.buf), leat_buf_cstr(&expected)), "seed %llu: %s instead of %s",
                  (unsigned long long)seed, leat_buf_cstr(&told.buf), leat_buf_cstr(&expected));
    leat_buf_free(&told.buf);
    leat_buf_free(&expected);
}

static void put_numbered(struct world *world, uint64_t number, bool end)
{
    char why[32];
    snprintf(why, sizeof why, "%llu", (unsigned long long)number);
    put_begin(&world->batch, number);
    if (number % 3 == 0)
        put_definition(world, LEAT_DEFINITION_STATEMENT, "orders", why);
    if (end)
        put_end(&world->batch, number, 0);
}

static uint64_t last_of(struct world *world)
{
    struct leat_gtid_set *set = leat_journal_visible_set(world->journal);
    uint64_t last = 0;
    struct leat_gtid gtid = gtid_of(1);
    for (; leat_gtid_set_contains(set, &gtid); gtid.number++)
        last = gtid.number;
    leat_gtid_set_free(&set);
    return last;
}

/* Until the machine stops; returns the last transaction that was visible. */
static uint64_t live(struct world *world)
{
    struct leat_journal_resume resume;
    leat_journal_resume(world->journal, &resume);
    if (resume.empty)
        put_start(world);
    world->next = resume.last_gtid.number + 1;
    leat_journal_resume_free(&resume);
    for (int i = 0; i < 40; i++) {
        uint32_t what = memory_random(&world->random) % 8;
        if (what == 0) {
            put_numbered(world, world->next, false);
            if (memory_random(&world->random) % 2 && (world_append(world) || world_sync(world)))
                break;
            leat_frame_put_abandon(&world->batch);
        } else if (what == 1) {
            put_definition(world, LEAT_DEFINITION_READ, "items", "between");
        } else {
            put_numbered(world, world->next++, true);
        }
        if (memory_random(&world->random) % 3 == 0 && (world_append(world) || world_sync(world)))
            break;
    }
    world->fs->fail_after = -1;
    return last_of(world);
}

START_TEST(it_has_what_the_journal_has_after_any_crash)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world world;
        uint64_t visible = 0;
        world_init(&world);
        world.random = seed * 7919;
        for (int round = 0; round < 20; round++) {
            OK(&world, leat_journal_open(&world.journal, &world.options, &world.err));
            ck_assert_uint_ge(last_of(&world), visible);
            check_history(&world, last_of(&world), seed);
            if (round % 8 == 0)
                world_verify(&world);
            world.fs->fail_calls = CALL_WRITE | CALL_ALLOCATE | CALL_TRUNCATE | CALL_SYNC | CALL_RENAME | CALL_UNLINK |
                                   CALL_SYNC_FOLDER | CALL_OPEN;
            world.fs->fail_after = (int)(memory_random(&world.random) % 40);
            visible = live(&world);
            world_close(&world);
            memory_fs_crash(world.fs, round % 5 == 0 ? 0 : round % 7 == 0 ? 1 : 2, &world.random);
        }
        ck_assert_uint_gt(visible, 20);
        world_free(&world);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("definitions");
    LEAT_TEST_ADD(s, what_is_in_force_and_a_tables_history);
    LEAT_TEST_ADD(s, an_entry_says_when_and_where);
    LEAT_TEST_ADD(s, a_journal_without_any_has_no_file);
    LEAT_TEST_ADD(s, beside_a_writer_it_is_read_up_to_what_is_visible);
    LEAT_TEST_ADD(s, an_unfinished_transactions_definitions_are_cut_off);
    LEAT_TEST_ADD(s, an_abandoned_transactions_definitions_are_taken_back);
    LEAT_TEST_ADD(s, the_first_one_may_be_abandoned);
    LEAT_TEST_ADD(s, a_full_disk_is_waited_out);
    LEAT_TEST_ADD(s, a_failed_sync_of_it_is_fatal);
    LEAT_TEST_ADD(s, where_none_may_come);
    LEAT_TEST_ADD(s, definitions_of_a_large_transaction);
    LEAT_TEST_ADD(s, its_size_counts);
    LEAT_TEST_ADD(s, definitions_that_leave_no_room_are_told);
    LEAT_TEST_ADD(s, any_changed_byte_is_seen);
    LEAT_TEST_ADD(s, a_missing_end_is_seen);
    LEAT_TEST_ADD(s, another_journals_file_is_refused);
    LEAT_TEST_ADD(s, moved_away_it_begins_anew);
    LEAT_TEST_ADD(s, what_nobody_can_ask_for_goes);
    LEAT_TEST_ADD(s, it_has_what_the_journal_has_after_any_crash);
    return s;
}

LEAT_TEST_MAIN(suite)
