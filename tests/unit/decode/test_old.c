/* What servers of former times, and users of theirs, wrote: MySQL 4, statements with what is said before them, LOAD DATA in its parts,
 * longer headers, relay logs, rows without BEGIN. */
#include "check_main.h"
#include "decode/build.h"

#include "binlog/prelude.h"

static const struct leat_decoder_options of_files = {.statements_allowed = true, .lone_rows = true};

static void open_old(struct stream *s, const char *server)
{
    stream_open(s, &of_files);
    s->server = server;
    s->checksums = false;
    put_format(s);
}

/* MySQL 4: the start event in place of a format description, and positions are where events begin. */
static void open_v3(struct stream *s)
{
    char server[50] = "4.1.24-log";
    stream_open(s, &of_files);
    s->checksums = false;
    leat_buf_u16(&s->body, 3);
    leat_buf_put(&s->body, server, sizeof server);
    leat_buf_u32(&s->body, 1700000000);
    put_framed(s, LEAT_EVENT_START_V3, true, 4, s->time);
}

static void put_v3(struct stream *s, unsigned type)
{
    put_framed(s, type, true, (uint32_t)s->pos, s->time);
}

static void put_query_v3(struct stream *s, const char *database, const char *sql)
{
    leat_buf_u32(&s->body, 77);
    leat_buf_u32(&s->body, 1);
    leat_buf_u8(&s->body, (uint8_t)strlen(database));
    leat_buf_u16(&s->body, 0);
    leat_buf_put(&s->body, database, strlen(database) + 1);
    leat_buf_puts(&s->body, sql);
    put_v3(s, LEAT_EVENT_QUERY);
}

START_TEST(statements_of_mysql_4)
{
    struct stream s;
    open_v3(&s);
    put_query_v3(&s, "shop", "CREATE TABLE t (a INT)");
    put_query_v3(&s, "shop", "INSERT INTO t VALUES (1)");
    check_trace(&s, "begin() statement(1,shop.t,CREATE TABLE t (a INT)) end(statement,0,1) "
                    "begin() statement(13,shop.t,INSERT INTO t VALUES (1)) end(statement,0,1)");
    ck_assert_uint_eq(s.end.place.pos, s.pos);
    stream_close(&s);
}
END_TEST

static void put_load_parts(struct stream *s, uint32_t file_id, const char *bytes)
{
    leat_buf_u32(&s->body, 77);
    leat_buf_u32(&s->body, 1);
    leat_buf_u32(&s->body, 2); /* lines to skip */
    leat_buf_u8(&s->body, 1);
    leat_buf_u8(&s->body, 4);
    leat_buf_u32(&s->body, 2); /* fields */
    leat_buf_u32(&s->body, file_id);
    leat_buf_put(&s->body, "\1,\1\"\1\n\0\1\\", 9); /* terminated, enclosed, lines, starting, escaped */
    leat_buf_u8(&s->body, 2 | 4);                  /* optionally, replace */
    leat_buf_put(&s->body, "\1\2a\0b`\0t\0shop\0/tmp/it's\0", 24);
    leat_buf_puts(&s->body, bytes);
    put_v3(s, LEAT_EVENT_CREATE_FILE);
}

/* Two sessions at once: the number tells the files apart. */
START_TEST(files_that_mysql_4_loads)
{
    struct stream s;
    open_v3(&s);
    put_load_parts(&s, 7, "one");
    put_load_parts(&s, 8, "ten");
    leat_buf_put(&s.body, "\7\0\0\0two", 7);
    put_v3(&s, LEAT_EVENT_APPEND_BLOCK);
    leat_buf_put(&s.body, "\10\0\0\0", 4);
    put_v3(&s, LEAT_EVENT_DELETE_FILE);
    leat_buf_put(&s.body, "\7\0\0\0", 4);
    put_v3(&s, LEAT_EVENT_EXEC_LOAD);
    check_trace(&s, "part(7,first,one) part(8,first,ten) part(7,two) part(8,dropped,) begin() "
                    "statement(13,shop.t,LOAD DATA INFILE '/tmp/it\\'s' REPLACE INTO TABLE `t` FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED "
                    "BY '\"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' STARTING BY '' IGNORE 2 LINES (`a`,`b```)) end(statement,0,1)");
    leat_buf_put(&s.body, "\10\0\0\0", 4);
    put_v3(&s, LEAT_EVENT_EXEC_LOAD);
    check_error(&s, "number 8, was not begun in this binlog");
    stream_close(&s);
}
END_TEST

START_TEST(a_load_that_ends_within_its_names)
{
    struct stream whole;
    open_v3(&whole);
    put_load_parts(&whole, 7, "");
    size_t from = whole.starts[1] + LEAT_EVENT_HEADER_SIZE, size = whole.bytes.size - from;
    for (size_t cut = 0; cut < size; cut++) {
        struct stream s;
        open_v3(&s);
        leat_buf_put(&s.body, whole.bytes.data + from, cut);
        put_v3(&s, LEAT_EVENT_CREATE_FILE);
        /* The file's name is the last, and may end with the event. */
        bool fine = cut + 10 >= size;
        ck_assert_int_eq(s.result == LEAT_OK, fine);
        stream_close(&s);
    }
    stream_close(&whole);
}
END_TEST

START_TEST(binlogs_of_mysql_3)
{
    struct stream s;
    stream_open(&s, &of_files);
    s.checksums = false;
    leat_buf_put(&s.body, "\0\0\0\0\0\0", 6);
    put_framed(&s, LEAT_EVENT_START_V3, true, 0, s.time);
    check_error(&s, "3.23");
    stream_close(&s);
}
END_TEST

static const uint8_t *said;
static size_t said_size;
static struct leat_buf said_copy;

static int keep_said(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)context, (void)err;
    if (item->type == LEAT_ITEM_STATEMENT) {
        leat_buf_clear(&said_copy);
        leat_buf_put(&said_copy, item->statement.prelude, item->statement.prelude_size);
        said = said_copy.data;
        said_size = said_copy.size;
    }
    return LEAT_OK;
}

static void put_user_var(struct stream *s, const char *name, uint8_t type, const void *value, uint32_t size, int flags)
{
    leat_buf_string(&s->body, name, strlen(name));
    leat_buf_u8(&s->body, 0);
    leat_buf_u8(&s->body, type);
    leat_buf_u32(&s->body, 33);
    leat_buf_string(&s->body, value, size);
    if (flags >= 0)
        leat_buf_u8(&s->body, (uint8_t)flags);
    put_event(s, LEAT_EVENT_USER_VAR);
}

static struct leat_prelude next_said(struct leat_cursor *cursor)
{
    struct leat_prelude prelude;
    struct leat_error err = {0};
    ck_assert_msg(leat_prelude_next(&prelude, cursor, &err) == LEAT_OK, "%s", err.message);
    return prelude;
}

START_TEST(what_is_said_before_a_statement_comes_with_it)
{
    struct leat_item_out out = {.item = keep_said};
    struct stream s;
    open_old(&s, "5.5.62");
    leat_decoder_free(&s.decoder);
    s.decoder = leat_decoder_new(&of_files, &out);
    leat_decoder_place(s.decoder, build_source_uuid, "mysql-bin.000001", s.pos);
    put_format_placed(&s, false);
    leat_buf_u8(&s.body, LEAT_PRELUDE_INSERT_ID);
    leat_buf_u64(&s.body, UINT64_MAX);
    put_event(&s, LEAT_EVENT_INTVAR);
    leat_buf_u64(&s.body, 11);
    leat_buf_u64(&s.body, 12);
    put_event(&s, LEAT_EVENT_RAND);
    put_user_var(&s, "x", LEAT_USER_VAR_INT, "\376\377\377\377\377\377\377\377", 8, 1);
    put_user_var(&s, "d", LEAT_USER_VAR_DECIMAL, "\3\1\214\5", 4, -1);
    put_user_var(&s, "t", LEAT_USER_VAR_STRING, "it's", 4, 0);
    put_query(&s, "shop", "INSERT INTO t VALUES (@x, RAND(), NULL)");
    ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
    struct leat_cursor cursor = leat_cursor(said, said_size);
    struct leat_prelude id = next_said(&cursor), seeds = next_said(&cursor), x = next_said(&cursor), d = next_said(&cursor),
                        t = next_said(&cursor);
    ck_assert(id.kind == LEAT_PRELUDE_INSERT_ID && id.number == UINT64_MAX);
    ck_assert(seeds.kind == LEAT_PRELUDE_RAND && seeds.number == 11 && seeds.number2 == 12);
    ck_assert(x.type == LEAT_USER_VAR_INT && x.is_unsigned && x.number == UINT64_MAX - 1 && x.name.size == 1);
    ck_assert(t.type == LEAT_USER_VAR_STRING && t.size == 4 && t.collation == 33 && memcmp(t.bytes, "it's", 4) == 0);
    struct leat_buf text = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(leat_prelude_decimal(&text, &d, &err), LEAT_OK);
    ck_assert_str_eq(leat_buf_cstr(&text), "12.5");
    leat_buf_free(&text);
    ck_assert_int_eq(leat_prelude_next(&id, &cursor, &err), LEAT_END);
    put_query(&s, "shop", "INSERT INTO t VALUES (1, 2, 3)");
    ck_assert_uint_eq(said_size, 0);
    leat_buf_free(&said_copy);
    stream_close(&s);
}
END_TEST

START_TEST(variables_that_are_not_whole)
{
    static const struct {
        unsigned type;
        const char *body;
        size_t size;
    } cases[] = {
        {LEAT_EVENT_INTVAR, "\1\2\3", 3},
        {LEAT_EVENT_INTVAR, "\3\0\0\0\0\0\0\0\0", 9},
        {LEAT_EVENT_RAND, "\1\0\0\0\0\0\0\0\0", 9},
        {LEAT_EVENT_USER_VAR, "\377\377\377\377x", 5},
        {LEAT_EVENT_USER_VAR, "\1\0\0\0x\0\0\41\0\0\0\377\377\377\377", 15},
        {LEAT_EVENT_USER_VAR, "\1\0\0\0x\0\2\41\0\0\0\4\0\0\0abcd", 19},                 /* an INT of four bytes */
        {LEAT_EVENT_USER_VAR, "\1\0\0\0x\0\7\41\0\0\0\0\0\0\0", 15},                     /* no such type */
        {LEAT_EVENT_USER_VAR, "\1\0\0\0x\0\1\41\0\0\0\10\0\0\0\0\0\0\0\0\0\360\177", 23}, /* infinite */
        {LEAT_EVENT_APPEND_BLOCK, "\1\2\3", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream s;
        open_old(&s, "5.5.62");
        leat_buf_put(&s.body, cases[i].body, cases[i].size);
        put_event(&s, cases[i].type);
        check_trace(&s, "!malformed");
        stream_close(&s);
    }
}
END_TEST

/* Google's servers put their own fields behind the header. */
START_TEST(longer_headers)
{
    struct stream s;
    stream_open(&s, &of_files);
    s.server = "5.1.63-google";
    s.checksums = false;
    enum { HEADER_SIZE_AT = 19 + 2 + 50 + 4, MORE = 8 };
    s.feed = NULL;
    put_format(&s);
    s.bytes.data[HEADER_SIZE_AT] = LEAT_EVENT_HEADER_SIZE + MORE;
    s.feed = stream_feed;
    stream_feed(&s, s.bytes.data, s.bytes.size);
    leat_buf_put(&s.body, "moremore", MORE);
    put_query(&s, "shop", "CREATE TABLE t (a INT)");
    check_trace(&s, "begin() statement(1,shop.t,CREATE TABLE t (a INT)) end(statement,0,1)");
    leat_buf_puts(&s.body, "short");
    put_event(&s, LEAT_EVENT_STOP);
    check_error(&s, "headers of 27 bytes");
    stream_close(&s);
}
END_TEST

/* A replica's relay log of before the flag for it: events have the source's places, the last one the relay log's own. */
START_TEST(a_relay_log_ends_at_its_own_place)
{
    struct stream s;
    open_old(&s, "5.0.58");
    uint64_t relay = s.pos;
    put_rotate(&s, "master-bin.000001", 98, true);
    relay += s.bytes.size - s.starts[s.count - 1];
    s.pos = 98;
    put_query(&s, "shop", "CREATE TABLE t (a INT)");
    relay += s.bytes.size - s.starts[s.count - 1];
    ck_assert_str_eq(s.end.place.file, "master-bin.000001");
    ck_assert_uint_eq(s.begin.place.pos, 98);
    put_framed(&s, LEAT_EVENT_STOP, false, (uint32_t)(relay + LEAT_EVENT_HEADER_SIZE), s.time);
    ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
    ck_assert_uint_eq(stream_state(&s).read.pos, s.pos);
    put_framed(&s, LEAT_EVENT_STOP, false, 12345, s.time);
    check_error(&s, "something is missing before it");
    stream_close(&s);
}
END_TEST

/* MySQL before 5.1.18 told places in its cache for events within a transaction. */
START_TEST(places_in_a_cache)
{
    struct stream s;
    open_old(&s, "5.1.15");
    put_query(&s, "shop", "BEGIN");
    uint64_t pos = s.pos;
    s.next_pos_missing = true;
    put_query(&s, "shop", "INSERT INTO t VALUES (1)");
    s.next_pos_missing = false;
    leat_buf_u64(&s.body, 9);
    put_framed(&s, LEAT_EVENT_XID, true, 108, s.time);
    check_trace(&s, "begin() statement(13,shop.t,INSERT INTO t VALUES (1)) end(xid,0,1)");
    ck_assert_uint_gt(s.end.place.pos, pos);
    ck_assert_uint_eq(s.end.place.pos, s.pos);
    stream_close(&s);

    open_old(&s, "5.1.73");
    put_query(&s, "shop", "BEGIN");
    leat_buf_u64(&s.body, 9);
    put_framed(&s, LEAT_EVENT_XID, true, 108, s.time);
    check_error(&s, "something is missing before it");
    stream_close(&s);
}
END_TEST

START_TEST(rows_without_begin_are_a_transaction_a_statement)
{
    struct stream s;
    open_old(&s, "5.1.73");
    uint64_t pos = s.pos;
    put_table_map(&s, 9, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS_V1, 9, 1, "one");
    ck_assert_uint_eq(s.begin.place.pos, pos);
    put_table_map(&s, 9, "shop", "orders");
    put_row(&s, LEAT_EVENT_DELETE_ROWS_V1, 9, 1, "one");
    check_trace(&s, "begin() schema(shop.orders) insert(shop.orders,1,end) end(statement,1,0) "
                    "begin() delete(shop.orders,1,end) end(statement,1,0)");
    stream_close(&s);

    struct leat_decoder_options of_a_server = {.statements_allowed = true};
    stream_open(&s, &of_a_server);
    put_format(&s);
    put_table_map(&s, 9, "shop", "orders");
    check_error(&s, "no transaction has begun before it");
    stream_close(&s);
}
END_TEST

START_TEST(a_development_tree_with_other_numbers)
{
    struct stream s;
    open_old(&s, "5.2.2-a_drop6p13-log");
    check_error(&s, "numbered its events in another way");
    stream_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: old binlogs");
    LEAT_TEST_ADD(suite, statements_of_mysql_4);
    LEAT_TEST_ADD(suite, files_that_mysql_4_loads);
    LEAT_TEST_ADD(suite, a_load_that_ends_within_its_names);
    LEAT_TEST_ADD(suite, binlogs_of_mysql_3);
    LEAT_TEST_ADD(suite, what_is_said_before_a_statement_comes_with_it);
    LEAT_TEST_ADD(suite, variables_that_are_not_whole);
    LEAT_TEST_ADD(suite, longer_headers);
    LEAT_TEST_ADD(suite, a_relay_log_ends_at_its_own_place);
    LEAT_TEST_ADD(suite, places_in_a_cache);
    LEAT_TEST_ADD(suite, rows_without_begin_are_a_transaction_a_statement);
    LEAT_TEST_ADD(suite, a_development_tree_with_other_numbers);
    return suite;
}

LEAT_TEST_MAIN(suite)
