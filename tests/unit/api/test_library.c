/* The public interface: bytes in, calls of a listener out. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "leat/decode.h"

#include "check_main.h"

/* Of MySQL 9.7, unless the name has a folder. */
static struct leat_buf read_recording(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s%s.binlog", LEAT_TEST_DATA, strchr(name, '/') ? "" : "mysql97/", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    struct leat_buf bytes = {0};
    size_t got;
    while ((got = fread(leat_buf_reserve(&bytes, 1 << 16), 1, 1 << 16, file)) > 0)
        leat_buf_commit(&bytes, got);
    fclose(file);
    return bytes;
}

/* ---- A listener that writes down what it hears ---- */

struct heard {
    struct leat_buf trace;
    const char *table; /* values of this one only */
    int stop_at;       /* the change to stop at, from 1 */
    int stop_with;
    int changes, rollbacks, ends;
};

static void hear_value(struct heard *heard, const struct leat_decode_row *row, uint32_t column)
{
    struct leat_error err = {0};
    struct leat_decode_value value;
    struct leat_decode_text text;
    ck_assert_msg(leat_decode_get(&value, row, column, &err) == LEAT_OK, "%s", err.message);
    if (value.state == LEAT_DECODE_ABSENT)
        leat_buf_puts(&heard->trace, "absent");
    else if (value.state == LEAT_DECODE_IS_NULL)
        leat_buf_puts(&heard->trace, "NULL");
    else if (leat_decode_get_text(&text, row, column, &err) == LEAT_OK)
        leat_buf_put(&heard->trace, text.bytes, text.size);
    else
        leat_buf_printf(&heard->trace, "%zu bytes", value.size);
    leat_buf_u8(&heard->trace, ' ');
}

static int hear_begin(void *context, const struct leat_decode_transaction *transaction, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    if (!heard->table)
        leat_buf_printf(&heard->trace, "begin %s at %s:%" PRIu64 "\n", transaction->gtid, transaction->file, transaction->pos);
    return 0;
}

static int hear_change(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    if (++heard->changes == heard->stop_at)
        return heard->stop_with;
    if (heard->table && strcmp(heard->table, change->table->name.bytes) != 0)
        return 0;
    leat_buf_printf(&heard->trace, "%d %" PRIu64 " %s: ", (int)change->op, change->number, change->table->name.bytes);
    for (uint32_t i = 0; change->before && i < change->table->column_count; i++)
        hear_value(heard, change->before, i);
    leat_buf_puts(&heard->trace, "| ");
    for (uint32_t i = 0; change->after && i < change->table->column_count; i++)
        hear_value(heard, change->after, i);
    leat_buf_u8(&heard->trace, '\n');
    return 0;
}

static int hear_statement(void *context, const struct leat_decode_statement *statement, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    if (!heard->table)
        leat_buf_printf(&heard->trace, "%s %" PRIu64 " %.*s\n", statement->kind, statement->number, (int)statement->sql.size,
                        statement->sql.bytes);
    return 0;
}

static int hear_query(void *context, struct leat_decode_text sql, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    if (!heard->table)
        leat_buf_printf(&heard->trace, "query %.*s\n", (int)sql.size, sql.bytes);
    return 0;
}

static int hear_rollback(void *context, uint64_t keeps, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    heard->rollbacks++;
    leat_buf_printf(&heard->trace, "rollback to %" PRIu64 "\n", keeps);
    return 0;
}

static int hear_end(void *context, const struct leat_decode_transaction *transaction, enum leat_decode_end how,
                    struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    heard->ends++;
    if (!heard->table)
        leat_buf_printf(&heard->trace, "end %s %d\n", transaction->gtid, (int)how);
    return 0;
}

static int hear_resolve(void *context, const struct leat_decode_resolve *resolve, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    leat_buf_printf(&heard->trace, "resolve %s %d\n", resolve->gtid, resolve->commit);
    return 0;
}

static struct leat_decode_listener listener_of(struct heard *heard)
{
    return (struct leat_decode_listener){
        .context = heard,
        .begin = hear_begin,
        .query = hear_query,
        .change = hear_change,
        .statement = hear_statement,
        .rollback = hear_rollback,
        .end = hear_end,
        .resolve = hear_resolve,
    };
}

static struct leat_decode *new_decode(struct heard *heard)
{
    struct leat_decode *decode;
    struct leat_error err = {0};
    struct leat_decode_listener listener = listener_of(heard);
    ck_assert_int_eq(leat_decode_new(&decode, &listener, NULL, &err), LEAT_OK);
    return decode;
}

/* All of it in pieces of `piece` bytes. */
static int feed(struct leat_decode *decode, const struct leat_buf *bytes, size_t piece, struct leat_error *err)
{
    for (size_t at = 0; at < bytes->size; at += piece) {
        size_t size = bytes->size - at < piece ? bytes->size - at : piece;
        /* A copy of just that size, so that a look beyond it is seen. */
        uint8_t *copy = leat_alloc(size);
        memcpy(copy, bytes->data + at, size);
        int result = leat_decode_bytes(decode, copy, size, err);
        free(copy);
        if (result)
            return result;
    }
    return leat_decode_finish(decode, err);
}

/* The lines heard about one table of a recording. */
static char *heard_of(const char *recording, const char *table)
{
    struct heard heard = {.table = table};
    struct leat_buf bytes = read_recording(recording);
    struct leat_decode *decode = new_decode(&heard);
    struct leat_error err = {0};
    ck_assert_msg(feed(decode, &bytes, bytes.size, &err) == LEAT_OK, "%s", err.message);
    leat_decode_free(&decode);
    leat_buf_free(&bytes);
    char *trace = strdup(leat_buf_cstr(&heard.trace));
    leat_buf_free(&heard.trace);
    return trace;
}

/* ---- Bytes ---- */

START_TEST(bytes_cut_anywhere_give_the_same)
{
    static const size_t pieces[] = {1, 2, 3, 18, 19, 20, 1000, 4096, 1 << 20};
    struct leat_buf bytes = read_recording("types");
    struct heard whole = {0};
    struct leat_decode *decode = new_decode(&whole);
    struct leat_error err = {0};
    ck_assert_msg(feed(decode, &bytes, bytes.size, &err) == LEAT_OK, "%s", err.message);
    leat_decode_free(&decode);
    ck_assert_int_gt(whole.changes, 60);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct heard cut = {0};
        decode = new_decode(&cut);
        ck_assert_msg(feed(decode, &bytes, pieces[i], &err) == LEAT_OK, "%s", err.message);
        ck_assert_uint_eq(cut.trace.size, whole.trace.size);
        ck_assert_mem_eq(cut.trace.data, whole.trace.data, whole.trace.size);
        leat_decode_free(&decode);
        leat_buf_free(&cut.trace);
    }
    leat_buf_free(&whole.trace);
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(events_give_the_same_as_bytes)
{
    struct leat_buf bytes = read_recording("rows_query");
    struct heard by_bytes = {0}, by_events = {0};
    struct leat_error err = {0};
    struct leat_decode *decode = new_decode(&by_bytes);
    ck_assert_int_eq(feed(decode, &bytes, 100, &err), LEAT_OK);
    leat_decode_free(&decode);
    decode = new_decode(&by_events);
    for (size_t at = 4; at < bytes.size;) {
        size_t size = (size_t)leat_le(bytes.data + at + 9, 4);
        ck_assert_msg(leat_decode_event(decode, bytes.data + at, size, &err) == LEAT_OK, "%s", err.message);
        at += size;
    }
    struct leat_decode_position position;
    leat_decode_tell(decode, &position);
    ck_assert_uint_eq(position.pos, 4); /* the file ends with the name of the next */
    ck_assert_int_eq((int)position.transactions, by_events.ends);
    ck_assert_uint_eq(by_bytes.trace.size, by_events.trace.size);
    ck_assert_mem_eq(by_bytes.trace.data, by_events.trace.data, by_bytes.trace.size);
    leat_decode_free(&decode);
    leat_buf_free(&by_bytes.trace);
    leat_buf_free(&by_events.trace);
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(what_ends_within_an_event_or_transaction_is_said)
{
    struct leat_buf bytes = read_recording("sysbench-1");
    size_t whole = bytes.size;
    static const struct {
        size_t lacks;
        const char *says;
    } cuts[] = {{1, "within an event"}, {0, NULL}};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct heard heard = {0};
        struct leat_error err = {0};
        struct leat_decode *decode = new_decode(&heard);
        bytes.size = whole - cuts[i].lacks;
        int result = feed(decode, &bytes, 777, &err);
        ck_assert_int_eq(result, cuts[i].says ? LEAT_FAIL : LEAT_OK);
        if (cuts[i].says)
            ck_assert_msg(strstr(err.message, cuts[i].says) != NULL, "%s", err.message);
        leat_decode_free(&decode);
        leat_buf_free(&heard.trace);
    }
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(hostile_bytes_are_errors)
{
    struct leat_buf bytes = read_recording("types");
    static const struct {
        size_t at;
        uint8_t bytes[4];
        enum leat_code code;
    } lies[] = {
        {0, {0, 0, 0, 0}, LEAT_E_MALFORMED},               /* no binlog */
        {13, {0xFF, 0xFF, 0xFF, 0xFF}, LEAT_E_TOO_LARGE},  /* the first event's size */
        {13, {5, 0, 0, 0}, LEAT_E_MALFORMED},
        {300, {0x55, 0xAA, 0x55, 0xAA}, LEAT_E_CHECKSUM},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint8_t was[4];
        memcpy(was, bytes.data + lies[i].at, 4);
        memcpy(bytes.data + lies[i].at, lies[i].bytes, 4);
        for (size_t piece = 1; piece <= bytes.size; piece += bytes.size - 1) {
            struct heard heard = {0};
            struct leat_error err = {0};
            struct leat_decode *decode = new_decode(&heard);
            ck_assert_int_eq(feed(decode, &bytes, piece, &err), LEAT_FAIL);
            ck_assert_int_eq(err.code, lies[i].code);
            ck_assert_msg(leat_decode_bytes(decode, "x", 1, &err) == LEAT_FAIL, "goes on after an error");
            leat_decode_free(&decode);
            leat_buf_free(&heard.trace);
        }
        memcpy(bytes.data + lies[i].at, was, 4);
    }
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(after_an_error_a_new_start_works)
{
    struct leat_buf bytes = read_recording("no_checksum");
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decode *decode = new_decode(&heard);
    ck_assert_int_eq(leat_decode_bytes(decode, "no binlog", 9, &err), LEAT_FAIL);
    leat_decode_start(decode, "again", 4);
    ck_assert_msg(feed(decode, &bytes, 50, &err) == LEAT_OK, "%s", err.message);
    ck_assert_msg(strstr(leat_buf_cstr(&heard.trace), "at again:") != NULL, "%s", heard.trace.data);
    leat_decode_free(&decode);
    leat_buf_free(&heard.trace);
    leat_buf_free(&bytes);
}
END_TEST

/* ---- The listener ---- */

START_TEST(a_listeners_result_comes_back)
{
    struct leat_buf bytes = read_recording("types");
    static const int results[] = {LEAT_STOPPED, 77, LEAT_FAIL};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct heard heard = {.stop_at = 5, .stop_with = results[i]};
        struct leat_error err = {0};
        struct leat_decode *decode = new_decode(&heard);
        ck_assert_int_eq(feed(decode, &bytes, 4096, &err), results[i]);
        ck_assert_int_eq(heard.changes, 5);
        leat_decode_free(&decode);
        leat_buf_free(&heard.trace);
    }
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(a_rollback_that_nobody_hears_is_an_error)
{
    struct leat_buf bytes = read_recording("mixed_engines");
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decode *decode = new_decode(&heard);
    ck_assert_msg(feed(decode, &bytes, bytes.size, &err) == LEAT_OK, "%s", err.message);
    int rollbacks = heard.rollbacks;
    leat_decode_free(&decode);
    if (rollbacks) {
        struct leat_decode_listener deaf = listener_of(&heard);
        deaf.rollback = NULL;
        ck_assert_int_eq(leat_decode_new(&decode, &deaf, NULL, &err), LEAT_OK);
        ck_assert_int_eq(feed(decode, &bytes, bytes.size, &err), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
        leat_decode_free(&decode);
    }
    ck_assert_int_gt(rollbacks, 0);
    leat_buf_free(&heard.trace);
    leat_buf_free(&bytes);
}
END_TEST

static bool is_choices(void *context, const char *database, const char *table)
{
    (void)database;
    ++*(int *)context;
    return strcmp(table, "choices") == 0;
}

START_TEST(only_wanted_tables_come)
{
    struct leat_buf bytes = read_recording("types");
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decode *decode;
    struct leat_decode_listener listener = listener_of(&heard);
    int asked = 0;
    struct leat_decode_options options = {.size = sizeof options, .wanted = is_choices, .wanted_context = &asked};
    ck_assert_int_eq(leat_decode_new(&decode, &listener, &options, &err), LEAT_OK);
    ck_assert_int_eq(feed(decode, &bytes, bytes.size, &err), LEAT_OK);
    ck_assert_int_gt(asked, 5);
    ck_assert_int_eq(heard.changes, 8);
    leat_decode_free(&decode);
    options.size = 1;
    ck_assert_int_eq(leat_decode_new(&decode, &listener, &options, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_USAGE);
    leat_buf_free(&heard.trace);
    leat_buf_free(&bytes);
}
END_TEST

/* ---- Values ---- */

START_TEST(values_as_text)
{
    static const struct {
        const char *table, *line;
    } lines[] = {
        {"integers", "1 1 integers: | 1 -128 0 -32768 0 -8388608 0 -2147483648 0 -9223372036854775808 0 0 0 \n"},
        {"integers", "2 2 integers: 3 -1 128 -1 32768 -1 8388608 -1 2147483648 -1 9223372036854775808 2 99999 | "},
        {"choices", "1 2 choices: | 2 it's a,it's 9 y 01,64 \n"},
        {"choices", "1 3 choices: | 3 ünï ünï,x y 1,9 x 01,"},
        {"times", "1 1 times: | 1 1901 1000-01-01 -838:59:59 -838:59:58.9 -838:59:58.99 "},
        {"times", "NULL NULL NULL NULL NULL NULL NULL \n"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *heard = heard_of("types", lines[i].table);
        ck_assert_msg(strstr(heard, lines[i].line) != NULL, "%s", heard);
        free(heard);
    }
}
END_TEST

START_TEST(absent_is_not_null)
{
    char *heard = heard_of("minimal_image", "t");
    ck_assert_msg(strstr(heard, "2 1 t: 1 absent absent absent absent | absent absent 7 absent absent \n") != NULL, "%s",
                  heard);
    ck_assert_msg(strstr(heard, "1 2 t: | 2 absent NULL absent absent \n") != NULL, "%s", heard);
    free(heard);
}
END_TEST

/* Views of one row of each kind, looked at by type. */
struct looked {
    int integers, naturals, times, enums, sets, reals;
};

static int look(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    struct looked *looked = context;
    if (change->op != LEAT_DECODE_INSERT)
        return 0;
    for (uint32_t i = 0; i < change->table->column_count; i++) {
        const struct leat_decode_column *column = &change->table->columns[i];
        struct leat_decode_value value;
        ck_assert_int_eq(leat_decode_get(&value, change->after, i, err), LEAT_OK);
        if (value.state != LEAT_DECODE_VALUE)
            continue;
        ck_assert_ptr_nonnull(value.bytes);
        ck_assert_int_eq(value.type, column->type);
        if (strcmp(column->name.bytes, "i64") == 0 && change->number == 1) {
            ck_assert(column->sign_known && value.type == LEAT_DECODE_INT && value.as.integer == INT64_MIN);
            looked->integers++;
        } else if (strcmp(column->name.bytes, "u64") == 0 && change->number == 2) {
            ck_assert(value.type == LEAT_DECODE_UINT && value.as.natural == UINT64_MAX);
            looked->naturals++;
        } else if (strcmp(column->name.bytes, "t6") == 0 && change->number == 1) {
            const struct leat_decode_time *time = &value.as.time;
            ck_assert(value.type == LEAT_DECODE_TIME && column->fraction_digits == 6 && time->negative);
            ck_assert(time->hour == 838 && time->minute == 59 && time->second == 58 && time->micros == 999999);
            looked->times++;
        } else if (strcmp(column->name.bytes, "ts0") == 0 && change->number == 1) {
            ck_assert(value.type == LEAT_DECODE_TIMESTAMP && value.as.time.seconds == 1 && value.as.time.year == 1970);
            looked->times++;
        } else if (strcmp(column->name.bytes, "el") == 0 && change->number == 2) {
            ck_assert(value.type == LEAT_DECODE_ENUM && value.as.natural == 2 && value.text.size == 1);
            ck_assert(value.text.bytes[0] == 'y' && strcmp(column->charset, "latin1") == 0 && column->member_count == 2);
            looked->enums++;
        } else if (strcmp(column->name.bytes, "s64") == 0 && change->number == 3) {
            ck_assert(value.type == LEAT_DECODE_SET && value.as.natural == UINT64_MAX);
            looked->sets++;
        } else if (value.type == LEAT_DECODE_DOUBLE || value.type == LEAT_DECODE_FLOAT) {
            ck_assert(value.as.real == value.as.real);
            looked->reals++;
        }
    }
    struct leat_decode_value value;
    struct leat_decode_text text;
    struct leat_error beyond = {0};
    ck_assert_int_eq(leat_decode_get(&value, change->after, change->table->column_count, &beyond), LEAT_FAIL);
    ck_assert_int_eq(leat_decode_get_text(&text, change->after, UINT32_MAX, &beyond), LEAT_FAIL);
    ck_assert_int_eq(beyond.code, LEAT_E_USAGE);
    return 0;
}

START_TEST(values_as_views)
{
    struct leat_buf bytes = read_recording("types");
    struct looked looked = {0};
    struct leat_decode_listener listener = {.context = &looked, .change = look};
    struct leat_decode *decode;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_decode_new(&decode, &listener, NULL, &err), LEAT_OK);
    ck_assert_msg(feed(decode, &bytes, 999, &err) == LEAT_OK, "%s", err.message);
    ck_assert(looked.integers == 1 && looked.naturals == 1 && looked.times >= 2 && looked.enums == 1 && looked.sets == 1);
    ck_assert_int_gt(looked.reals, 5);
    leat_decode_free(&decode);
    leat_decode_free(&decode); /* of NULL is nothing */
    leat_buf_free(&bytes);
}
END_TEST

/* Documents of partial updates are put together; where the row before doesn't tell the document, the changes are told. */
START_TEST(partial_json_as_text)
{
    char *trace = heard_of("partial_json", "t");
    ck_assert_ptr_nonnull(strstr(trace, "| 1 {\"b\": \"short\", \"c\": [1, \"two\", 3], \"d\": {\"e\": null}, \"new\": [{\"x\": 1}]} "
                                        "[9.5, 2, 3] no document \n"));
    ck_assert_ptr_nonnull(strstr(trace, "| 2 {\"list\": [], \"odd \\\"key\": 1, \"replaced\": false} {} NULL \n"));
    ck_assert_ptr_nonnull(strstr(trace, "2 absent absent absent | absent [{\"op\":\"replace\",\"path\":\"$.replaced\","
                                        "\"value\":\"2024-02-29\"}] absent absent \n"));
    free(trace);
}
END_TEST

struct diffs {
    int with_document, without, documents;
};

static int look_at_documents(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    struct diffs *diffs = context;
    for (uint32_t i = 0; change->after && i < change->table->column_count; i++) {
        struct leat_decode_value value, before = {.state = LEAT_DECODE_ABSENT};
        struct leat_decode_text text;
        ck_assert_int_eq(leat_decode_get(&value, change->after, i, err), LEAT_OK);
        if (change->before)
            ck_assert_int_eq(leat_decode_get(&before, change->before, i, err), LEAT_OK);
        ck_assert(before.state != LEAT_DECODE_DIFF);
        diffs->documents += value.state == LEAT_DECODE_VALUE && value.type == LEAT_DECODE_JSON;
        if (value.state != LEAT_DECODE_DIFF)
            continue;
        ck_assert(change->op == LEAT_DECODE_UPDATE && value.type == LEAT_DECODE_JSON && value.bytes);
        ck_assert_int_eq(leat_decode_get_text(&text, change->after, i, err), LEAT_OK);
        bool document = before.state == LEAT_DECODE_VALUE;
        ck_assert_msg(document || text.bytes[0] == '[', "%s", text.bytes); /* what changes, as a list */
        diffs->with_document += document;
        diffs->without += !document;
    }
    return 0;
}

START_TEST(a_difference_says_that_it_is_one)
{
    struct leat_buf bytes = read_recording("partial_json");
    struct diffs diffs = {0};
    struct leat_decode_listener listener = {.context = &diffs, .change = look_at_documents};
    struct leat_decode *decode;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_decode_new(&decode, &listener, NULL, &err), LEAT_OK);
    ck_assert_msg(feed(decode, &bytes, bytes.size, &err) == LEAT_OK, "%s", err.message);
    ck_assert_int_gt(diffs.with_document, 3);
    ck_assert_int_gt(diffs.without, 0);
    ck_assert_int_gt(diffs.documents, 3);
    leat_decode_free(&decode);
    leat_buf_free(&bytes);
}
END_TEST

/* ---- MariaDB's compressed columns ---- */

struct compressed {
    int rows, long_ones;
};

static const struct leat_decode_column *column_named(const struct leat_decode_table *table, const char *name, uint32_t *at)
{
    for (*at = 0; *at < table->column_count; ++*at)
        if (!strcmp(table->columns[*at].name.bytes, name))
            return &table->columns[*at];
    ck_abort_msg("%s has no column %s", table->name.bytes, name);
    return NULL;
}

/* c: v VARCHAR(100), b BLOB, both COMPRESSED, in utf8mb4. */
static int look_at_compressed(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    struct compressed *compressed = context;
    uint32_t v, b;
    struct leat_decode_value value;
    struct leat_decode_text text;
    if (strcmp(change->table->name.bytes, "c") != 0 || change->op != LEAT_DECODE_INSERT)
        return 0;
    const struct leat_decode_column *text_column = column_named(change->table, "v", &v);
    const struct leat_decode_column *binary_column = column_named(change->table, "b", &b);
    ck_assert(text_column->type == LEAT_DECODE_TEXT && !strcmp(text_column->charset, "utf8mb4") && text_column->size_max == 400);
    ck_assert(binary_column->type == LEAT_DECODE_BINARY && binary_column->size_max == 0);
    ck_assert_int_eq(leat_decode_get(&value, change->after, v, err), LEAT_OK);
    ck_assert_int_eq(leat_decode_get_text(&text, change->after, v, err), LEAT_OK);
    switch (change->number) {
    case 1:
        ck_assert(value.state == LEAT_DECODE_VALUE && value.size == 0 && value.bytes && text.size == 0 && text.bytes);
        break;
    case 2:
        ck_assert(value.state == LEAT_DECODE_IS_NULL && !text.bytes);
        break;
    case 3: /* too short to be worth it */
        ck_assert_str_eq(text.bytes, "tiny");
        ck_assert_int_eq(leat_decode_get(&value, change->after, b, err), LEAT_OK);
        ck_assert(value.size == 1 && value.bytes[0] == 'b');
        ck_assert_int_eq(leat_decode_get_text(&text, change->after, b, err), LEAT_FAIL); /* is no text */
        *err = (struct leat_error){0};
        break;
    default:
        ck_assert(value.size == text.size && text.size > 50);
        for (size_t i = 0; i < text.size; i++)
            ck_assert_int_eq(text.bytes[i], "ab"[i % 2]);
        compressed->long_ones++;
    }
    compressed->rows++;
    return 0;
}

START_TEST(compressed_columns_come_as_what_they_were)
{
    static const char *const recordings[] = {"mariadb10.11/compressed", "mariadb11.8/compressed"};
    for (size_t i = 0; i < sizeof recordings / sizeof *recordings; i++) {
        struct leat_buf bytes = read_recording(recordings[i]);
        struct compressed compressed = {0};
        struct leat_decode_listener listener = {.context = &compressed, .change = look_at_compressed};
        struct leat_decode *decode;
        struct leat_error err = {0};
        ck_assert_int_eq(leat_decode_new(&decode, &listener, NULL, &err), LEAT_OK);
        ck_assert_msg(feed(decode, &bytes, 100, &err) == LEAT_OK, "%s: %s", recordings[i], err.message);
        ck_assert_int_ge(compressed.rows, 4);
        ck_assert_int_ge(compressed.long_ones, 1);
        leat_decode_free(&decode);
        leat_buf_free(&bytes);
    }
}
END_TEST

static Suite *library_suite(void)
{
    Suite *suite = suite_create("library");
    TCase *tests = tcase_create("library");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, bytes_cut_anywhere_give_the_same);
    tcase_add_test(tests, events_give_the_same_as_bytes);
    tcase_add_test(tests, what_ends_within_an_event_or_transaction_is_said);
    tcase_add_test(tests, hostile_bytes_are_errors);
    tcase_add_test(tests, after_an_error_a_new_start_works);
    tcase_add_test(tests, a_listeners_result_comes_back);
    tcase_add_test(tests, a_rollback_that_nobody_hears_is_an_error);
    tcase_add_test(tests, only_wanted_tables_come);
    tcase_add_test(tests, values_as_text);
    tcase_add_test(tests, absent_is_not_null);
    tcase_add_test(tests, values_as_views);
    tcase_add_test(tests, partial_json_as_text);
    tcase_add_test(tests, a_difference_says_that_it_is_one);
    tcase_add_test(tests, compressed_columns_come_as_what_they_were);
    suite_add_tcase(suite, tests);
    return suite;
}

LEAT_TEST_MAIN(library_suite)
