/* Every type of item goes into a frame, through the disk, and comes back the same; bytes that are no item
 * never do harm. */
#include "world.h"

#include "journal/record_int.h"

#define BRANCH "\1\0\0\0\2\0\0\0\1\0\0\0xab"

static const uint8_t uuid[LEAT_UUID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static struct leat_begin full_begin(enum leat_flavour flavour)
{
    struct leat_begin begin = {.server_id = 0xFFFFFFFE,
                               .place = {"mysql-bin.000123", 5000000000},
                               .original_commit_us = 1,
                               .immediate_commit_us = 1700000000123456,
                               .header_time = 1700000000,
                               .last_committed = -1,
                               .sequence_number = 1LL << 62,
                               .length = 6000000000,
                               .original_server_version = 80400,
                               .immediate_server_version = 90704,
                               .commit_id = 77,
                               .flags = LEAT_BEGIN_MAY_HAVE_STATEMENTS | LEAT_BEGIN_XA};
    memcpy(begin.source_uuid, uuid, sizeof uuid);
    begin.gtid = (struct leat_gtid){.flavour = flavour};
    if (flavour == LEAT_FLAVOUR_MYSQL) {
        memcpy(begin.gtid.uuid, uuid, sizeof uuid);
        snprintf(begin.gtid.tag, sizeof begin.gtid.tag, "tagged_%d", 1);
        begin.gtid.number = 9;
    } else if (flavour == LEAT_FLAVOUR_MARIADB) {
        begin.gtid.domain = 3;
        begin.gtid.server_id = 4;
        begin.gtid.number = 1ULL << 60;
    }
    return begin;
}

static void same_begin(const struct leat_begin *a, const struct leat_begin *b)
{
    ck_assert(leat_gtid_equal(&a->gtid, &b->gtid));
    ck_assert(memcmp(a->source_uuid, b->source_uuid, LEAT_UUID_SIZE) == 0);
    ck_assert_uint_eq(a->server_id, b->server_id);
    ck_assert_str_eq(a->place.file, b->place.file);
    ck_assert_uint_eq(a->place.pos, b->place.pos);
    ck_assert_uint_eq(a->original_commit_us, b->original_commit_us);
    ck_assert_uint_eq(a->immediate_commit_us, b->immediate_commit_us);
    ck_assert_uint_eq(a->header_time, b->header_time);
    ck_assert_int_eq(a->last_committed, b->last_committed);
    ck_assert_int_eq(a->sequence_number, b->sequence_number);
    ck_assert_uint_eq(a->length, b->length);
    ck_assert_uint_eq(a->original_server_version, b->original_server_version);
    ck_assert_uint_eq(a->immediate_server_version, b->immediate_server_version);
    ck_assert_uint_eq(a->commit_id, b->commit_id);
    ck_assert_uint_eq(a->flags, b->flags);
}

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

static void next(struct world *world, struct leat_reader *reader, struct leat_item *item,
                 enum leat_item_type type)
{
    OK(world, leat_reader_next(reader, item, &world->err));
    ck_assert_str_eq(leat_item_type_name(item->type), leat_item_type_name(type));
}

/* One of each way in which a definition comes to be, but for those that need no table. */
static void put_definition(struct leat_buf *buf, enum leat_definition_how how, const char *name, struct leat_table *table,
                           uint32_t collation, const char *why)
{
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION};
    item.definition = (struct leat_definition){.how = how,
                                               .database = text("shop"),
                                               .name = text(name),
                                               .table = table,
                                               .collation = collation,
                                               .why = text(why)};
    leat_frame_put(buf, &item);
}

static void check_definition(const struct leat_item *item, enum leat_definition_how how, const char *name,
                             const struct leat_table *table, const char *why)
{
    const struct leat_definition *definition = &item->definition;
    ck_assert_int_eq(definition->how, how);
    ck_assert_str_eq(definition->database.bytes, "shop");
    ck_assert_str_eq(definition->name.bytes, name);
    ck_assert_str_eq(definition->why.bytes, why);
    ck_assert((definition->table != NULL) == (table != NULL));
    if (table)
        ck_assert_uint_eq(leat_table_view(definition->table)->id, leat_table_view(table)->id);
}

static void put_all(struct leat_buf *buf, struct leat_table *table, const struct leat_gtid_set *executed)
{
    struct leat_item item = {.type = LEAT_ITEM_START};
    item.start = (struct leat_start){
        .place = {"mysql-bin.000122", 4}, .executed = executed, .at_us = 55, .asked = "earliest",
        .within = {.set = true, .annotated = true, .pos = 5000000000, .events = 7, .rows = 3}};
    memcpy(item.start.source_uuid, uuid, sizeof uuid);
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_SCHEMA, .schema = table};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_BEGIN, .begin = full_begin(LEAT_FLAVOUR_MYSQL)};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_ROWS_QUERY};
    item.rows_query.bytes = "UPDATE a SET b\0c";
    item.rows_query.size = 16;
    leat_frame_put(buf, &item);
    const uint8_t before = 1, after = 3;
    item = (struct leat_item){.type = LEAT_ITEM_ROWS};
    item.rows = (struct leat_rows){.table_id = leat_table_view(table)->id,
                                   .op = LEAT_OP_UPDATE,
                                   .flags = LEAT_ROWS_STATEMENT_END | LEAT_ROWS_EVENT_END,
                                   .first_row = 7,
                                   .row_count = 1,
                                   .pos = 5000000100,
                                   .end_pos = 5000000200,
                                   .time = 12,
                                   .thread_id = 13,
                                   .column_count = 2,
                                   .before_present = &before,
                                   .after_present = &after,
                                   .images = (const uint8_t *)"\0abcdefgh\0ABCDEFGH\1\0z",
                                   .images_size = 21};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_STATEMENT};
    item.statement = (struct leat_statement){.kind = LEAT_STATEMENT_DML,
                                             .database = text("db"),
                                             .sql = "INSERT \xFF\0 x",
                                             .sql_size = 11,
                                             .thread_id = 1,
                                             .time = 2,
                                             .execution_seconds = 3,
                                             .error_code = 1062,
                                             .pos = 4,
                                             .end_pos = 5,
                                             .table_database = text("d2"),
                                             .table = text("t"),
                                             .prelude = (const uint8_t *)"\5\1\0",
                                             .prelude_size = 3};
    item.statement.session = (struct leat_session){.present = LEAT_SESSION_SQL_MODE | LEAT_SESSION_CHARSET,
                                                   .sql_mode = 1ULL << 40,
                                                   .flags2 = 6,
                                                   .auto_increment_increment = 7,
                                                   .auto_increment_offset = 8,
                                                   .client_collation = 255,
                                                   .connection_collation = 45,
                                                   .server_collation = 46,
                                                   .time_zone = text("SYSTEM"),
                                                   .status = (const uint8_t *)"\0\1\2",
                                                   .status_size = 3};
    leat_frame_put(buf, &item);
    put_definition(buf, LEAT_DEFINITION_STATEMENT, "orders", table, 0, "ALTER TABLE orders");
    put_definition(buf, LEAT_DEFINITION_DROPPED, "old", NULL, 0, "DROP TABLE old");
    put_definition(buf, LEAT_DEFINITION_UNSURE, "lines", NULL, 0, "ALTER TABLE `lines` FROBNICATE");
    item = (struct leat_item){.type = LEAT_ITEM_SAVEPOINT};
    item.savepoint.bytes = "sp`1";
    item.savepoint.size = 4;
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end = (struct leat_end){.how = LEAT_END_XA_PREPARE,
                                 .xid = 9,
                                 .place = {"mysql-bin.000123", 5000000999},
                                 .time = 10,
                                 .changes = 11,
                                 .statements = 12,
                                 .digest = 13,
                                 .xa_id = (const uint8_t *)BRANCH,
                                 .xa_id_size = sizeof BRANCH - 1};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_BEGIN, .begin = full_begin(LEAT_FLAVOUR_MYSQL)};
    item.begin.gtid.number = 10;
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_XA_RESOLVE};
    item.xa_resolve = (struct leat_xa_resolve){
        .commit = true, .xa_id = (const uint8_t *)BRANCH, .xa_id_size = sizeof BRANCH - 1};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end = (struct leat_end){.how = LEAT_END_XA_RESOLVE, .place = {"mysql-bin.000123", 5000001999}};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_OPAQUE};
    item.opaque = (struct leat_opaque){.begin = full_begin(LEAT_FLAVOUR_NONE),
                                       .end = {"mysql-bin.000124", 4},
                                       .reason = text("new type"),
                                       .events = (const uint8_t *)"\0\0events",
                                       .events_size = 8};
    leat_frame_put(buf, &item);
    item = (struct leat_item){.type = LEAT_ITEM_GAP};
    item.gap = (struct leat_gap){.place = {"mysql-bin.000125", 99}, .reason = text("incident")};
    leat_frame_put(buf, &item);
    put_definition(buf, LEAT_DEFINITION_READ, "orders", table, 0, "");
    put_definition(buf, LEAT_DEFINITION_READ, "", NULL, 255, "");
}

static void check_rows(const struct leat_rows *rows, const struct leat_table *table)
{
    ck_assert_int_eq(rows->op, LEAT_OP_UPDATE);
    ck_assert_uint_eq(rows->flags, LEAT_ROWS_STATEMENT_END | LEAT_ROWS_EVENT_END);
    ck_assert(rows->first_row == 7 && rows->row_count == 1 && rows->time == 12 && rows->thread_id == 13 &&
              rows->column_count == 2);
    ck_assert(rows->pos == 5000000100 && rows->end_pos == 5000000200);
    ck_assert(*rows->before_present == 1 && *rows->after_present == 3 && rows->images_size == 21);
    ck_assert(memcmp(rows->images, "\0abcdefgh\0ABCDEFGH\1\0z", 21) == 0);
    ck_assert_uint_eq(leat_table_view(rows->table)->id, leat_table_view(table)->id);
}

static void check_statement(const struct leat_statement *statement)
{
    ck_assert(statement->kind == LEAT_STATEMENT_DML && statement->sql_size == 11 &&
              memcmp(statement->sql, "INSERT \xFF\0 x", 11) == 0);
    ck_assert(statement->thread_id == 1 && statement->time == 2 && statement->execution_seconds == 3 &&
              statement->error_code == 1062);
    ck_assert(statement->pos == 4 && statement->end_pos == 5);
    ck_assert_str_eq(statement->database.bytes, "db");
    ck_assert_str_eq(statement->table_database.bytes, "d2");
    ck_assert_str_eq(statement->table.bytes, "t");
    ck_assert(statement->prelude_size == 3 && memcmp(statement->prelude, "\5\1\0", 3) == 0);
    const struct leat_session *session = &statement->session;
    ck_assert(session->present == (LEAT_SESSION_SQL_MODE | LEAT_SESSION_CHARSET) &&
              session->sql_mode == 1ULL << 40 && session->flags2 == 6);
    ck_assert(session->auto_increment_increment == 7 && session->auto_increment_offset == 8 &&
              session->client_collation == 255);
    ck_assert(session->connection_collation == 45 && session->server_collation == 46 &&
              session->status_size == 3);
    ck_assert(memcmp(session->status, "\0\1\2", 3) == 0);
    ck_assert_str_eq(session->time_zone.bytes, "SYSTEM");
}

static void check_end(const struct leat_end *end)
{
    ck_assert(end->how == LEAT_END_XA_PREPARE && end->xid == 9 && end->time == 10 && end->changes == 11 &&
              end->statements == 12 && end->digest == 13);
    ck_assert(end->place.pos == 5000000999 && end->xa_id_size == sizeof BRANCH - 1 &&
              memcmp(end->xa_id, BRANCH, sizeof BRANCH - 1) == 0);
    ck_assert_str_eq(end->place.file, "mysql-bin.000123");
}

START_TEST(every_item_type_comes_back_the_same)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    struct leat_gtid_set *executed;
    const char *set = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-7:9-10";
    OK(&world, leat_gtid_set_parse(&executed, set, strlen(set), &world.err));
    put_all(&world.batch, world.tables[0], executed);
    world_write(&world);
    struct leat_reader *reader;
    struct leat_item item;
    OK(&world, leat_reader_open(&reader, world.journal, 0, &world.err));
    next(&world, reader, &item, LEAT_ITEM_START);
    ck_assert(leat_gtid_set_equal(item.start.executed, executed) && item.start.at_us == 55 &&
              item.start.place.pos == 4);
    ck_assert_str_eq(item.start.asked, "earliest");
    const struct leat_within *within = &item.start.within;
    ck_assert(within->set && within->annotated && within->pos == 5000000000 && within->events == 7 && within->rows == 3);
    next(&world, reader, &item, LEAT_ITEM_BEGIN);
    struct leat_begin begin = full_begin(LEAT_FLAVOUR_MYSQL);
    same_begin(&item.begin, &begin);
    next(&world, reader, &item, LEAT_ITEM_ROWS_QUERY);
    ck_assert(item.rows_query.size == 16 && memcmp(item.rows_query.bytes, "UPDATE a SET b\0c", 16) == 0);
    next(&world, reader, &item, LEAT_ITEM_SCHEMA);
    ck_assert_str_eq(leat_table_view(item.schema)->name.bytes, "orders");
    next(&world, reader, &item, LEAT_ITEM_ROWS);
    check_rows(&item.rows, world.tables[0]);
    next(&world, reader, &item, LEAT_ITEM_STATEMENT);
    check_statement(&item.statement);
    next(&world, reader, &item, LEAT_ITEM_DEFINITION);
    check_definition(&item, LEAT_DEFINITION_STATEMENT, "orders", world.tables[0], "ALTER TABLE orders");
    ck_assert_uint_eq(item.definition.at_us, 0);
    next(&world, reader, &item, LEAT_ITEM_DEFINITION);
    check_definition(&item, LEAT_DEFINITION_DROPPED, "old", NULL, "DROP TABLE old");
    next(&world, reader, &item, LEAT_ITEM_DEFINITION);
    check_definition(&item, LEAT_DEFINITION_UNSURE, "lines", NULL, "ALTER TABLE `lines` FROBNICATE");
    next(&world, reader, &item, LEAT_ITEM_SAVEPOINT);
    ck_assert(item.savepoint.size == 4 && memcmp(item.savepoint.bytes, "sp`1", 4) == 0);
    next(&world, reader, &item, LEAT_ITEM_END);
    check_end(&item.end);
    next(&world, reader, &item, LEAT_ITEM_BEGIN);
    ck_assert_uint_eq(item.begin.gtid.number, 10);
    next(&world, reader, &item, LEAT_ITEM_XA_RESOLVE);
    ck_assert(item.xa_resolve.commit && item.xa_resolve.prepared_seq == 3 &&
              item.xa_resolve.xa_id_size == sizeof BRANCH - 1 &&
              memcmp(item.xa_resolve.xa_id, BRANCH, sizeof BRANCH - 1) == 0);
    next(&world, reader, &item, LEAT_ITEM_END);
    ck_assert(item.end.how == LEAT_END_XA_RESOLVE && item.end.xa_id_size == 0);
    next(&world, reader, &item, LEAT_ITEM_OPAQUE);
    begin = full_begin(LEAT_FLAVOUR_NONE);
    same_begin(&item.opaque.begin, &begin);
    ck_assert(item.opaque.events_size == 8 && memcmp(item.opaque.events, "\0\0events", 8) == 0 &&
              item.opaque.end.pos == 4);
    ck_assert_str_eq(item.opaque.reason.bytes, "new type");
    next(&world, reader, &item, LEAT_ITEM_GAP);
    ck_assert(item.gap.place.pos == 99);
    ck_assert_str_eq(item.gap.reason.bytes, "incident");
    next(&world, reader, &item, LEAT_ITEM_DEFINITION);
    check_definition(&item, LEAT_DEFINITION_READ, "orders", world.tables[0], "");
    ck_assert(item.definition.at_us > 1700000000000000 && item.definition.at_us < world.now_us); /* the journal says when */
    next(&world, reader, &item, LEAT_ITEM_DEFINITION);
    check_definition(&item, LEAT_DEFINITION_READ, "", NULL, "");
    ck_assert_uint_eq(item.definition.collation, 255);
    ck_assert_int_eq(leat_reader_next(reader, &item, &world.err), LEAT_AGAIN);
    leat_reader_close(&reader);
    leat_gtid_set_free(&executed);
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(a_record_as_large_as_many_segments)
{
    struct world world;
    world_init(&world);
    world_open(&world);
    world_fill(&world, 3, 1);
    struct leat_buf huge = {0};
    size_t size = 20 << 20;
    uint8_t *image = leat_alloc(size);
    for (size_t i = 0; i < size; i++)
        image[i] = (uint8_t)(i * 7);
    put_schema(&huge, world.tables[1]);
    put_begin(&huge, 4);
    const uint8_t present = 3;
    struct leat_item item = {.type = LEAT_ITEM_ROWS};
    item.rows = (struct leat_rows){.table_id = leat_table_view(world.tables[1])->id,
                                   .op = LEAT_OP_INSERT,
                                   .column_count = 2,
                                   .row_count = 1,
                                   .after_present = &present,
                                   .images = image,
                                   .images_size = size};
    leat_frame_put(&huge, &item);
    put_end(&huge, 4, 1);
    size_t taken;
    OK(&world, leat_journal_append(world.journal, huge.data, huge.size, &taken, &world.err));
    OK(&world, leat_journal_sync(world.journal, &world.err));
    leat_buf_free(&huge);
    world_close(&world);
    world_open(&world);
    struct leat_reader *reader;
    OK(&world, leat_reader_open(&reader, world.journal, 0, &world.err));
    bool seen = false;
    while (leat_reader_next(reader, &item, &world.err) == 0)
        if (item.type == LEAT_ITEM_ROWS && item.rows.images_size == size) {
            ck_assert(memcmp(item.rows.images, image, size) == 0);
            seen = true;
        }
    ck_assert(seen);
    leat_reader_close(&reader);
    free(image);
    world_verify(&world);
    world_free(&world);
}
END_TEST

START_TEST(damaged_payloads_are_refused_or_harmless)
{
    struct leat_buf buf = {0};
    struct leat_table *table = world_table(0);
    struct leat_gtid_set *executed = leat_gtid_set_new();
    put_all(&buf, table, executed);
    uint64_t random = 5;
    struct item_memory memory = {0};
    for (size_t at = 0; at < buf.size;) {
        struct record record = {0};
        (void)leat_record_header(&record, buf.data + at);
        for (int i = 0; i < 4000; i++) {
            /* An exact copy, so that reading one byte too many is seen. */
            uint8_t *copy = leat_memdup(buf.data + at + RECORD_HEADER, record.size);
            struct record damaged = record;
            struct leat_error err = {0};
            struct leat_item item;
            struct schema_bytes schema;
            damaged.payload = copy;
            if (i % 2)
                damaged.size = (uint32_t)i / 2 % (record.size + 1);
            for (int flips = i % 3; damaged.size && flips--;)
                copy[memory_random(&random) % damaged.size] = (uint8_t)memory_random(&random);
            int rc = record.type == LEAT_ITEM_SCHEMA ? leat_record_schema(&schema, &damaged, &err)
                                                     : leat_record_item(&item, &damaged, &memory, &err);
            ck_assert(rc == 0 || err.message[0]);
            free(copy);
        }
        at += leat_record_bytes(record.size);
    }
    leat_item_memory_free(&memory);
    leat_gtid_set_free(&executed);
    leat_table_release(&table);
    leat_buf_free(&buf);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("items");
    LEAT_TEST_ADD(s, every_item_type_comes_back_the_same);
    LEAT_TEST_ADD(s, a_record_as_large_as_many_segments);
    LEAT_TEST_ADD(s, damaged_payloads_are_refused_or_harmless);
    return s;
}

LEAT_TEST_MAIN(suite)
