/* Transactions put aside: whole, and the same when they are decoded from there. */
#include "check_main.h"
#include "decode/build.h"
#include "decode/payload.h"

#include <dirent.h>

/* What ends were heard: of transactions as they come, or decoded again from aside. */
struct heard {
    struct leat_buf ends; /* digest, changes, statements of each */
    uint64_t count, aside;
    bool xa;
};

static int hear(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    if (item->type == LEAT_ITEM_BEGIN && item->begin.flags & LEAT_BEGIN_XA)
        heard->xa = true;
    if (item->type == LEAT_ITEM_END) {
        heard->count++;
        leat_buf_u64(&heard->ends, item->end.digest);
        leat_buf_u64(&heard->ends, item->end.changes);
        leat_buf_u64(&heard->ends, item->end.statements);
    }
    if (item->type == LEAT_ITEM_OPAQUE) {
        ck_assert_str_eq(item->opaque.reason.bytes, "for a test");
        ck_assert_uint_gt(item->opaque.end.pos, item->opaque.begin.place.pos);
        heard->aside++;
        struct leat_error why = {0};
        ck_assert_msg(leat_opaque_decode(&item->opaque, NULL, &(struct leat_item_out){heard, hear}, &why) == LEAT_OK, "%s", why.message);
    }
    return LEAT_OK;
}

static int hear_unreadable(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct heard *heard = context;
    struct leat_error why = {0};
    (void)err;
    if (item->type == LEAT_ITEM_OPAQUE)
        heard->aside += leat_opaque_decode(&item->opaque, NULL, &(struct leat_item_out){heard, hear}, &why) == LEAT_FAIL;
    return LEAT_OK;
}

static void read_file(struct leat_buf *bytes, const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t got;
    while ((got = fread(leat_buf_reserve(bytes, 65536), 1, 65536, file)) > 0)
        leat_buf_commit(bytes, got);
    fclose(file);
}

static struct leat_decoder *decoder_for(struct heard *heard, uint64_t event_bytes_max)
{
    struct leat_decoder *decoder = leat_decoder_new(
        &(struct leat_decoder_options){.names_required = true, .event_bytes_max = event_bytes_max}, &(struct leat_item_out){heard, hear});
    leat_decoder_place(decoder, build_source_uuid, "binlog.000001", 4);
    return decoder;
}

/* All events, putting aside each transaction if asked. */
static int feed(struct leat_decoder *decoder, const struct leat_buf *bytes, size_t at, bool aside, struct leat_error *err)
{
    while (bytes->size - at >= LEAT_EVENT_HEADER_SIZE) {
        size_t size = (size_t)leat_le(bytes->data + at + 9, 4);
        struct leat_decoder_state state;
        leat_decoder_state(decoder, &state);
        if (aside && !state.in_transaction)
            leat_decoder_put_aside(decoder, "for a test");
        int result = leat_decoder_event(decoder, bytes->data + at, size, err);
        if (result)
            return result;
        at += size;
    }
    return LEAT_OK;
}

static void check_recording(const char *path, unsigned *checked)
{
    struct leat_buf bytes = {0};
    read_file(&bytes, path);
    struct heard direct = {0}, aside = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&direct, 0);
    int result = feed(decoder, &bytes, 4, false, &err);
    leat_decoder_free(&decoder);
    if (result == LEAT_OK && !direct.xa) {
        decoder = decoder_for(&aside, 0);
        ck_assert_msg(feed(decoder, &bytes, 4, true, &err) == LEAT_OK, "%s: %s", path, err.message);
        leat_decoder_free(&decoder);
        ck_assert_msg(aside.aside == direct.count && aside.count == direct.count, "%s: %llu of %llu", path,
                      (unsigned long long)aside.aside, (unsigned long long)direct.count);
        ck_assert_mem_eq(aside.ends.data, direct.ends.data, direct.ends.size);
        ++*checked;
    }
    struct leat_buf *all[] = {&bytes, &direct.ends, &aside.ends};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        leat_buf_free(all[i]);
}

START_TEST(each_transaction_of_real_binlogs_is_the_same_from_aside)
{
    static const char *const folders[] = {"mysql97", "mariadb10.11", "mariadb11.8"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[1024];
        unsigned checked = 0;
        snprintf(path, sizeof path, "%s/%s", LEAT_TEST_DATA, folders[i]);
        DIR *folder = opendir(path);
        ck_assert_msg(folder != NULL, "%s", path);
        for (struct dirent *entry; (entry = readdir(folder));) {
            if (!strstr(entry->d_name, ".binlog"))
                continue;
            snprintf(path, sizeof path, "%s/%s/%s", LEAT_TEST_DATA, folders[i], entry->d_name);
            check_recording(path, &checked);
        }
        closedir(folder);
        ck_assert_uint_gt(checked, 0);
    }
}
END_TEST

START_TEST(a_transaction_larger_than_the_limit_is_not_put_aside)
{
    char path[1024];
    struct leat_buf bytes = {0};
    snprintf(path, sizeof path, "%s/mysql97/sysbench-1.binlog", LEAT_TEST_DATA);
    read_file(&bytes, path);
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&heard, 600);
    ck_assert_int_eq(feed(decoder, &bytes, 4, true, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    leat_decoder_free(&decoder);
    leat_buf_free(&heard.ends);
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(a_branch_of_an_xa_transaction_is_not_put_aside)
{
    char path[1024];
    struct leat_buf bytes = {0};
    snprintf(path, sizeof path, "%s/mysql97/xa.binlog", LEAT_TEST_DATA);
    read_file(&bytes, path);
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&heard, 0);
    ck_assert_int_eq(feed(decoder, &bytes, 4, true, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "can't be put aside either") != NULL, "%s", err.message);
    leat_decoder_free(&decoder);
    leat_buf_free(&heard.ends);
    leat_buf_free(&bytes);
}
END_TEST

/* ---- Events made by hand ---- */

/* A stream that feeds nobody, up to where a transaction begins. */
static void begin_stream(struct stream *s, const char *server)
{
    stream_init(s);
    s->server = server;
    s->checksums = server[0] == '9'; /* the older ones had none */
    put_format(s);
}

/* What becomes of the stream when each transaction is put aside. */
static int feed_aside(struct stream *s, struct heard *heard, struct leat_error *err)
{
    struct leat_decoder *decoder = decoder_for(heard, 0);
    int result = feed(decoder, &s->bytes, 0, true, err);
    leat_decoder_free(&decoder);
    return result;
}

static void end_stream(struct stream *s, struct heard *heard)
{
    leat_buf_free(&heard->ends);
    stream_free(s);
}

static void put_lone_row(struct stream *s, uint32_t id)
{
    put_table_map(s, 100, "shop", "orders");
    put_row(s, LEAT_EVENT_WRITE_ROWS_V1, 100, id, "x");
}

START_TEST(a_transaction_whose_length_nobody_tells_ends_where_its_last_event_does)
{
    struct stream s;
    struct heard heard = {0};
    struct leat_error err = {0};
    begin_stream(&s, "5.5.62-log");
    for (uint32_t i = 0; i < 2; i++) { /* without GTIDs */
        put_query(&s, "shop", "BEGIN");
        put_lone_row(&s, i);
        put_xid(&s, i);
        put_query(&s, "shop", "begin");
        put_lone_row(&s, i);
        put_query(&s, "shop", "ROLLBACK");
        put_query(&s, "shop", "DROP TABLE orders");
    }
    ck_assert_msg(feed_aside(&s, &heard, &err) == LEAT_OK, "%s", err.message);
    ck_assert_uint_eq(heard.aside, 6);
    ck_assert_uint_eq(heard.count, 6);
    end_stream(&s, &heard);
}
END_TEST

static void check_branch_refused(struct stream *s)
{
    struct heard heard = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(feed_aside(s, &heard, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "a branch of an XA transaction") != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.cure, "behind the XA COMMIT") != NULL, "%s", err.cure);
    ck_assert_uint_eq(heard.aside, 0);
    end_stream(s, &heard);
}

START_TEST(a_compressed_branch_is_not_put_aside)
{
    struct stream s, inner;
    begin_stream(&s, "9.7.4");
    inner_init(&inner);
    put_query(&inner, "shop", "XA START X'61',X'',1");
    put_table_map(&inner, 100, "shop", "orders");
    put_row(&inner, LEAT_EVENT_WRITE_ROWS, 100, 1, "x");
    put_query(&inner, "shop", "XA END X'61',X'',1");
    put_xa_prepare(&inner, "a", false);
    put_gtid(&s, 7);
    put_payload(&s, &inner);
    stream_free(&inner);
    check_branch_refused(&s);
}
END_TEST

START_TEST(a_branch_of_mariadbs_is_known_by_its_gtid_or_its_end)
{
    struct stream s;
    begin_stream(&s, "10.11.6-MariaDB");
    leat_buf_u64(&s.body, 1);
    leat_buf_u32(&s.body, 0);
    leat_buf_u8(&s.body, 64); /* it is prepared */
    leat_buf_u32(&s.body, 1);
    leat_buf_put(&s.body, "\1\0a", 3);
    leat_buf_le(&s.body, 0, 6);
    put_event(&s, LEAT_EVENT_MARIADB_GTID);
    check_branch_refused(&s);
    begin_stream(&s, "9.7.4");
    put_query(&s, "shop", "BEGIN"); /* which no server writes */
    put_xa_prepare(&s, "a", false);
    check_branch_refused(&s);
}
END_TEST

START_TEST(a_payload_that_nothing_can_read_is_put_aside_whole)
{
    enum { LENGTH = 150 }; /* as the GTID event tells it */
    struct stream s;
    struct heard heard = {0};
    struct leat_error err = {0};
    begin_stream(&s, "9.7.4");
    struct leat_buf junk = {0};
    leat_buf_puts(&junk, "no zstd at all");
    put_gtid_length(&s, 7, LENGTH);
    put_payload_bytes(&s, &junk, 100);
    ck_assert_uint_eq(s.bytes.size - s.starts[1], LENGTH);
    struct leat_decoder *decoder = leat_decoder_new(&(struct leat_decoder_options){.names_required = true},
                                                    &(struct leat_item_out){&heard, hear_unreadable});
    leat_decoder_place(decoder, build_source_uuid, "binlog.000001", 4);
    ck_assert_msg(feed(decoder, &s.bytes, 0, true, &err) == LEAT_OK, "%s", err.message);
    ck_assert_uint_eq(heard.aside, 1);
    leat_decoder_free(&decoder);
    leat_buf_free(&junk);
    end_stream(&s, &heard);
}
END_TEST

/* Of the events of `s`, how the decoder stops, and whether putting aside would help. */
static bool may_be_put_aside(struct stream *s, enum leat_code code)
{
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&heard, 0);
    ck_assert_int_eq(feed(decoder, &s->bytes, 0, false, &err), LEAT_FAIL);
    ck_assert_msg(err.code == code, "%s", err.message);
    bool may = leat_decoder_may_put_aside(decoder, &err);
    leat_decoder_free(&decoder);
    end_stream(s, &heard);
    return may;
}

START_TEST(only_what_is_wrong_in_a_transaction_may_be_put_aside)
{
    struct stream s;
    begin_stream(&s, "9.7.4");
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 100, 1, "no table map");
    ck_assert(may_be_put_aside(&s, LEAT_E_MALFORMED));
    begin_stream(&s, "9.7.4");
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    put_event(&s, 200); /* of no server */
    ck_assert(may_be_put_aside(&s, LEAT_E_UNSUPPORTED));
    begin_stream(&s, "9.7.4"); /* between transactions */
    put_event(&s, 200);
    ck_assert(!may_be_put_aside(&s, LEAT_E_UNSUPPORTED));
    begin_stream(&s, "9.7.4"); /* damage is no reason: it may be whole when it is sent again */
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    s.bytes.data[s.bytes.size - 1] ^= 1;
    ck_assert(!may_be_put_aside(&s, LEAT_E_CHECKSUM));
}
END_TEST

/* ---- Reading again what is aside ---- */

struct again {
    struct leat_decoder_options options;
    struct leat_error err;
    int result;
    unsigned rows;
};

static int count_rows(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct again *again = context;
    (void)err;
    again->rows += item->type == LEAT_ITEM_ROWS ? item->rows.row_count : 0;
    return LEAT_OK;
}

static int read_again(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct again *again = context;
    (void)err;
    if (item->type == LEAT_ITEM_OPAQUE)
        again->result = leat_opaque_decode(&item->opaque, &again->options, &(struct leat_item_out){again, count_rows}, &again->err);
    return LEAT_OK;
}

/* The stream's one transaction, put aside and read with these options. */
static void read_with(struct stream *s, struct again *again)
{
    struct leat_error err = {0};
    struct leat_decoder *decoder =
        leat_decoder_new(&(struct leat_decoder_options){.names_required = true}, &(struct leat_item_out){again, read_again});
    leat_decoder_place(decoder, build_source_uuid, "binlog.000001", 4);
    again->result = LEAT_END;
    again->rows = 0;
    ck_assert_msg(feed(decoder, &s->bytes, 0, true, &err) == LEAT_OK, "%s", err.message);
    leat_decoder_free(&decoder);
    ck_assert_int_ne(again->result, LEAT_END);
}

START_TEST(old_times_are_read_as_whole_seconds_only_if_that_is_said)
{
    struct stream s;
    begin_stream(&s, "10.0.38-MariaDB");
    put_query(&s, "", "BEGIN");
    leat_buf_le(&s.body, 100, 6);
    leat_buf_put(&s.body, "\1\0\4shop\0\1t\0\1\7\0\0\4\2\1a", 19); /* one TIMESTAMP, named a */
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    leat_buf_le(&s.body, 100, 6);
    leat_buf_put(&s.body, "\1\0\1\1\0\1\0\0\0", 9);
    put_event(&s, LEAT_EVENT_WRITE_ROWS_V1);
    put_query(&s, "", "COMMIT");
    struct again again = {0};
    read_with(&s, &again);
    ck_assert_int_eq(again.result, LEAT_FAIL);
    ck_assert_msg(strstr(again.err.message, "form of before 10.1") != NULL, "%s", again.err.message);
    again.options.whole_seconds = true;
    read_with(&s, &again);
    ck_assert_int_eq(again.result, LEAT_OK);
    ck_assert_uint_eq(again.rows, 1);
    stream_free(&s);
}
END_TEST

static bool is_orders(void *context, const char *database, const char *table)
{
    (void)context;
    return !strcmp(database, "shop") && !strcmp(table, "orders");
}

START_TEST(rows_of_tables_that_are_not_journalled_do_not_come_from_aside_either)
{
    struct stream s;
    begin_stream(&s, "9.7.4");
    put_query(&s, "shop", "BEGIN");
    put_lone_row(&s, 1);
    put_table_map(&s, 101, "shop", "secret");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 101, 2, "hidden");
    put_query(&s, "shop", "COMMIT");
    struct again again = {0};
    read_with(&s, &again);
    ck_assert_uint_eq(again.rows, 2);
    again.options.journalled = is_orders;
    read_with(&s, &again);
    ck_assert_int_eq(again.result, LEAT_OK);
    ck_assert_uint_eq(again.rows, 1);
    stream_free(&s);
}
END_TEST

START_TEST(raw_events_that_are_no_whole_transaction_are_refused)
{
    struct stream s;
    begin_stream(&s, "9.7.4");
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_opaque opaque = {.begin = {.place = {"binlog.000001", 4}}, .events = s.bytes.data, .events_size = s.bytes.size};
    ck_assert_int_eq(leat_opaque_decode(&opaque, NULL, &(struct leat_item_out){&heard, hear}, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "hold 0 whole transactions, and should hold one") != NULL, "%s", err.message);
    opaque.events_size -= 3;
    ck_assert_int_eq(leat_opaque_decode(&opaque, NULL, &(struct leat_item_out){&heard, hear}, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "hold 0") == NULL, "%s", err.message);
    end_stream(&s, &heard);
}
END_TEST

static Suite *aside_suite(void)
{
    Suite *suite = suite_create("aside");
    LEAT_TEST_ADD(suite, each_transaction_of_real_binlogs_is_the_same_from_aside);
    LEAT_TEST_ADD(suite, a_transaction_larger_than_the_limit_is_not_put_aside);
    LEAT_TEST_ADD(suite, a_branch_of_an_xa_transaction_is_not_put_aside);
    LEAT_TEST_ADD(suite, a_transaction_whose_length_nobody_tells_ends_where_its_last_event_does);
    LEAT_TEST_ADD(suite, a_compressed_branch_is_not_put_aside);
    LEAT_TEST_ADD(suite, a_branch_of_mariadbs_is_known_by_its_gtid_or_its_end);
    LEAT_TEST_ADD(suite, a_payload_that_nothing_can_read_is_put_aside_whole);
    LEAT_TEST_ADD(suite, only_what_is_wrong_in_a_transaction_may_be_put_aside);
    LEAT_TEST_ADD(suite, old_times_are_read_as_whole_seconds_only_if_that_is_said);
    LEAT_TEST_ADD(suite, rows_of_tables_that_are_not_journalled_do_not_come_from_aside_either);
    LEAT_TEST_ADD(suite, raw_events_that_are_no_whole_transaction_are_refused);
    return suite;
}

LEAT_TEST_MAIN(aside_suite)
