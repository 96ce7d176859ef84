/* The public interface, over events made by hand: what listeners hear, what they must hear, and values that are none. */
#include "check_main.h"
#include "decode/events.h"

#include "leat/decode.h"

/* ---- A listener that notes little ---- */

struct heard {
    unsigned begins, ends, prepared, one_phase, resolved, changes;
    struct leat_error get_error; /* of the values asked for */
    enum leat_code get_code[8];
};

static int on_begin(void *context, const struct leat_decode_transaction *transaction, struct leat_error *err)
{
    struct heard *heard = context;
    (void)transaction, (void)err;
    heard->begins++;
    return 0;
}

static int on_end(void *context, const struct leat_decode_transaction *transaction, enum leat_decode_end how, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    heard->ends++;
    if (how == LEAT_DECODE_PREPARED || (how == LEAT_DECODE_COMMIT && transaction->prepared)) {
        ck_assert_uint_eq(transaction->xid.size, 13); /* format, two lengths, "a" */
        ck_assert_int_eq(transaction->xid.bytes[12], 'a');
    }
    heard->prepared += how == LEAT_DECODE_PREPARED;
    heard->one_phase += how == LEAT_DECODE_COMMIT && transaction->prepared;
    return 0;
}

static int on_resolve(void *context, const struct leat_decode_resolve *resolve, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    ck_assert(resolve->commit && resolve->xid.size == 13 && resolve->xid.bytes[12] == 'a');
    heard->resolved++;
    return 0;
}

/* Asks for all values of the image after, as text. */
static int on_change(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    for (uint32_t i = 0; change->after && i < change->table->column_count; i++) {
        struct leat_decode_text text;
        heard->get_error = (struct leat_error){0};
        if (leat_decode_get_text(&text, change->after, i, &heard->get_error))
            heard->get_code[i] = heard->get_error.code;
    }
    heard->changes++;
    return 0;
}

static int feed(struct stream *s, const struct leat_decode_listener *listener, struct leat_error *err)
{
    struct leat_decode *decode;
    ck_assert_int_eq(leat_decode_new(&decode, listener, NULL, err), LEAT_OK);
    int result = LEAT_OK;
    for (size_t i = 0; i < s->count && result == LEAT_OK; i++)
        result = leat_decode_event(decode, s->bytes.data + s->starts[i], s->starts[i + 1] - s->starts[i], err);
    leat_decode_free(&decode);
    stream_free(s);
    return result;
}

static void begin_stream(struct stream *s)
{
    stream_init(s);
    put_format(s);
}

/* ---- What is heard ---- */

static void put_branch(struct stream *s, uint64_t number, bool one_phase)
{
    put_gtid(s, number);
    put_query(s, "shop", "XA START X'61',X'',1");
    put_table_map(s, 100, "shop", "orders");
    put_row(s, LEAT_EVENT_WRITE_ROWS, 100, (uint32_t)number, "x");
    put_query(s, "shop", "XA END X'61',X'',1");
    put_xa_prepare(s, "a", one_phase);
}

START_TEST(a_branch_is_prepared_and_resolved_by_its_name)
{
    struct stream s;
    struct heard heard = {0};
    struct leat_error err = {0};
    begin_stream(&s);
    put_branch(&s, 7, false);
    put_gtid(&s, 8);
    put_query(&s, "shop", "XA COMMIT X'61',X'',1");
    put_branch(&s, 9, true);
    const struct leat_decode_listener listener = {
        .context = &heard, .begin = on_begin, .end = on_end, .resolve = on_resolve, .change = on_change};
    ck_assert_msg(feed(&s, &listener, &err) == LEAT_OK, "%s", err.message);
    ck_assert(heard.begins == 3 && heard.ends == 3 && heard.prepared == 1 && heard.one_phase == 1 && heard.resolved == 1);
    ck_assert_uint_eq(heard.changes, 2);
}
END_TEST

static void put_everything(struct stream *s)
{
    begin_stream(s);
    put_gtid(s, 7);
    put_query(s, "shop", "BEGIN");
    put_rows_query(s, "INSERT …");
    put_table_map(s, 100, "shop", "orders");
    put_row(s, LEAT_EVENT_WRITE_ROWS, 100, 1, "x");
    put_xid(s, 7);
    put_gtid(s, 8);
    put_query(s, "shop", "DROP TABLE orders");
}

START_TEST(who_hears_nothing_of_what_can_be_done_without_is_content)
{
    struct stream s;
    struct leat_error err = {0};
    put_everything(&s);
    ck_assert_msg(feed(&s, &(struct leat_decode_listener){0}, &err) == LEAT_OK, "%s", err.message);
}
END_TEST

static void check_unheard(struct stream *s, const char *what)
{
    struct heard heard = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(feed(s, &(struct leat_decode_listener){.context = &heard, .begin = on_begin, .end = on_end}, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
    ck_assert_msg(strstr(err.message, what) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.cure, "would seem to count") != NULL, "%s", err.cure);
}

START_TEST(what_would_be_wrong_unheard_is_an_error)
{
    struct stream s;
    begin_stream(&s);
    put_branch(&s, 7, false);
    check_unheard(&s, "a prepared XA transaction, and the listener has no callback `resolve`");
    begin_stream(&s);
    put_gtid(&s, 8);
    put_query(&s, "shop", "XA COMMIT X'61',X'',1");
    check_unheard(&s, "the end of an XA transaction, and the listener has no callback `resolve`");
    begin_stream(&s);
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    put_table_map(&s, 100, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 100, 1, "x");
    put_query(&s, "shop", "ROLLBACK");
    check_unheard(&s, "a ROLLBACK, and the listener has no callback `rollback`");
}
END_TEST

START_TEST(rows_that_do_not_fit_their_table_are_an_error)
{
    struct stream s;
    struct heard heard = {0};
    struct leat_error err = {0};
    begin_stream(&s);
    put_gtid(&s, 7);
    put_query(&s, "shop", "BEGIN");
    put_table_map(&s, 100, "shop", "orders");
    begin_rows(&s, LEAT_EVENT_UPDATE_ROWS, 100, true);
    put_image(&s.body, 1, "x"); /* and no image after it */
    put_event(&s, LEAT_EVENT_UPDATE_ROWS);
    ck_assert_int_eq(feed(&s, &(struct leat_decode_listener){.context = &heard, .change = on_change}, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    ck_assert_uint_eq(heard.changes, 0);
}
END_TEST

/* ---- Values that are none ---- */

/* A table `t` of one column of this type, with its metadata and more of what a table map may tell. */
static void put_map(struct stream *s, uint8_t type, const char *metadata, uint8_t metadata_size, const void *more, size_t more_size)
{
    leat_buf_le(&s->body, 100, 6);
    leat_buf_put(&s->body, "\1\0\4shop\0\1t\0\1", 12);
    leat_buf_u8(&s->body, type);
    leat_buf_u8(&s->body, metadata_size);
    leat_buf_put(&s->body, metadata, metadata_size);
    leat_buf_u8(&s->body, 1); /* nullable */
    put_field(&s->body, 4, "\1c", 2);
    leat_buf_put(&s->body, more, more_size);
    put_event(s, LEAT_EVENT_TABLE_MAP);
}

/* What the value of one inserted row fails with; LEAT_E_NONE: it is one. */
static struct heard hear_value(struct stream *s, const char *value, size_t size)
{
    struct heard heard = {0};
    struct leat_error err = {0};
    leat_buf_le(&s->body, 100, 6);
    leat_buf_put(&s->body, "\1\0\2\0\1\1\0", 7);
    leat_buf_put(&s->body, value, size);
    put_event(s, LEAT_EVENT_WRITE_ROWS);
    ck_assert_msg(feed(s, &(struct leat_decode_listener){.context = &heard, .change = on_change}, &err) == LEAT_OK, "%s", err.message);
    ck_assert_uint_eq(heard.changes, 1);
    return heard;
}

static void begin_transaction(struct stream *s)
{
    begin_stream(s);
    put_gtid(s, 7);
    put_query(s, "shop", "BEGIN");
}

START_TEST(members_that_there_are_none_of_are_named)
{
    static const char enum_of_two[] = "\6\5\2\1a\1b\12\1\x2d", set_of_two[] = "\5\5\2\1a\1b\12\1\x2d";
    static const struct {
        const char *metadata, *more, *value, *message;
    } lies[] = {
        {"\xF7\1", enum_of_two, "\2", NULL},
        {"\xF7\1", enum_of_two, "\3", "shop.t, column 0 c: ENUM member 3 of 2"},
        {"\xF8\1", set_of_two, "\3", NULL},
        {"\xF8\1", set_of_two, "\4", "shop.t, column 0 c: a SET with bits beyond its 2 members"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct stream s;
        begin_transaction(&s);
        put_map(&s, LEAT_TYPE_STRING, lies[i].metadata, 2, lies[i].more, sizeof enum_of_two - 1);
        struct heard heard = hear_value(&s, lies[i].value, 1);
        if (!lies[i].message)
            ck_assert_msg(!heard.get_code[0], "%s", heard.get_error.message);
        else
            ck_assert_str_eq(heard.get_error.message, lies[i].message);
    }
}
END_TEST

START_TEST(a_time_of_no_day_and_what_is_no_text_are_errors)
{
    struct stream s;
    begin_transaction(&s);
    put_map(&s, LEAT_TYPE_TIMESTAMP2, "\6", 1, "", 0);
    struct heard heard = hear_value(&s, "\1\1\1\1\xFF\xFF\xFF", 7); /* more than a million microseconds */
    ck_assert_msg(heard.get_code[0] == LEAT_E_MALFORMED, "%s", heard.get_error.message);
    begin_transaction(&s);
    put_map(&s, LEAT_TYPE_BIT, "\0\1", 2, "", 0);
    heard = hear_value(&s, "\1", 1);
    ck_assert_ptr_nonnull(strstr(heard.get_error.message, "BIT isn't text: take its bytes"));
}
END_TEST

START_TEST(a_number_that_is_none_is_an_error)
{
    struct stream s;
    begin_transaction(&s);
    put_map(&s, LEAT_TYPE_DOUBLE, "\10", 1, "", 0);
    struct heard heard = hear_value(&s, "\0\0\0\0\0\0\xF0\x7F", 8); /* infinity */
    ck_assert_msg(heard.get_code[0] == LEAT_E_MALFORMED, "%s", heard.get_error.message);
    begin_transaction(&s);
    put_map(&s, LEAT_TYPE_FLOAT, "\4", 1, "", 0);
    heard = hear_value(&s, "\1\0\x80\x7F", 4); /* NaN */
    ck_assert_msg(heard.get_code[0] == LEAT_E_MALFORMED, "%s", heard.get_error.message);
}
END_TEST

START_TEST(changes_to_a_document_that_was_null_are_an_error)
{
    struct stream s;
    struct heard heard = {0};
    struct leat_error err = {0};
    begin_transaction(&s);
    put_map(&s, LEAT_TYPE_JSON, "\4", 1, "", 0);
    leat_buf_le(&s.body, 100, 6);
    leat_buf_put(&s.body, "\1\0\2\0\1\1\1", 7);
    leat_buf_put(&s.body, "\1", 1);                        /* before: NULL */
    leat_buf_put(&s.body, "\1\1\0\5\0\0\0\2\3$.a", 12); /* after: remove $.a */
    put_event(&s, LEAT_EVENT_PARTIAL_UPDATE_ROWS);
    ck_assert_msg(feed(&s, &(struct leat_decode_listener){.context = &heard, .change = on_change}, &err) == LEAT_OK, "%s", err.message);
    ck_assert_str_eq(heard.get_error.message, "shop.t, column 0 c: changes to a JSON document where there was NULL");
}
END_TEST

START_TEST(the_version_is_told)
{
    ck_assert_str_eq(leat_decode_version(), LEAT_VERSION);
}
END_TEST

static Suite *listener_suite(void)
{
    Suite *suite = suite_create("listener");
    LEAT_TEST_ADD(suite, a_branch_is_prepared_and_resolved_by_its_name);
    LEAT_TEST_ADD(suite, who_hears_nothing_of_what_can_be_done_without_is_content);
    LEAT_TEST_ADD(suite, what_would_be_wrong_unheard_is_an_error);
    LEAT_TEST_ADD(suite, rows_that_do_not_fit_their_table_are_an_error);
    LEAT_TEST_ADD(suite, members_that_there_are_none_of_are_named);
    LEAT_TEST_ADD(suite, a_time_of_no_day_and_what_is_no_text_are_errors);
    LEAT_TEST_ADD(suite, a_number_that_is_none_is_an_error);
    LEAT_TEST_ADD(suite, changes_to_a_document_that_was_null_are_an_error);
    LEAT_TEST_ADD(suite, the_version_is_told);
    return suite;
}

LEAT_TEST_MAIN(listener_suite)
