/* The events that name transactions, and those that list what lies before a file. */
#include "check_main.h"
#include "vectors.h"

static unsigned passed;

/* The number behind "key": in a flat JSON text, with or without quotes. */
static uint64_t number_of(const char *json, const char *key)
{
    char pattern[64];
    snprintf(pattern, sizeof(pattern), "\"%s\": ", key);
    const char *at = strstr(json, pattern);
    ck_assert_ptr_nonnull(at);
    at += strlen(pattern);
    return strtoull(*at == '"' ? at + 1 : at, NULL, 0);
}

static void check_set(struct vector *vector, uint8_t type)
{
    uint8_t *bytes;
    struct leat_error err = {0};
    struct leat_gtid_set *set, *expected;
    struct leat_event event = vectors_event(&bytes, type, vector->input, vector->input_size);
    int result = leat_event_previous_gtids(&set, &event, &err);
    free(bytes);
    if (strstr(vector->expected, "must not crash")) {
        if (vectors_error_expected(vector))
            ck_assert_int_eq(result, LEAT_FAIL);
        leat_gtid_set_free(&set);
        return;
    }
    ck_assert_msg(result == 0, "line %u: %s", vector->line, err.message);
    ck_assert_int_eq(leat_gtid_set_parse(&expected, vector->expected, strlen(vector->expected), &err), 0);
    ck_assert_msg(leat_gtid_set_equal(set, expected), "line %u", vector->line);
    leat_gtid_set_free(&set);
    leat_gtid_set_free(&expected);
}

static void check_gtid(struct vector *vector)
{
    uint8_t *bytes;
    struct leat_error err = {0};
    struct leat_begin begin = {0};
    char text[LEAT_GTID_TEXT_MAX];
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_GTID, vector->input, vector->input_size);
    ck_assert_msg(leat_event_gtid(&begin, vectors_format(false), &event, &err) == 0, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(vector->expected, leat_gtid_text(text, &begin.gtid)));
    ck_assert_uint_eq((uint64_t)begin.last_committed, number_of(vector->expected, "LastCommitted"));
    ck_assert_uint_eq((uint64_t)begin.sequence_number, number_of(vector->expected, "SequenceNumber"));
    if (strstr(vector->expected, "TransactionLength")) {
        ck_assert_uint_eq(begin.length, number_of(vector->expected, "TransactionLength"));
        ck_assert_uint_eq(begin.original_commit_us, number_of(vector->expected, "OriginalCommitTimestamp"));
        ck_assert_uint_eq(begin.immediate_commit_us, number_of(vector->expected, "ImmediateCommitTimestamp"));
        ck_assert_uint_eq(begin.original_server_version, 0);
    }
    free(bytes);
}

static void check_mariadb(struct vector *vector)
{
    uint8_t *bytes;
    struct leat_error err = {0};
    struct leat_begin begin = {0};
    struct leat_event event =
        vectors_event(&bytes, LEAT_EVENT_MARIADB_GTID, vector->input, vector->input_size);
    ck_assert_int_eq(leat_event_gtid(&begin, vectors_format(true), &event, &err), 0);
    ck_assert_uint_eq(begin.gtid.number, number_of(vector->expected, "seq"));
    ck_assert_uint_eq(begin.gtid.domain, number_of(vector->expected, "domain"));
    ck_assert_uint_eq(begin.gtid.server_id, 101);
    ck_assert_uint_eq(begin.commit_id, number_of(vector->expected, "commit_id"));
    ck_assert_uint_eq(begin.flags, LEAT_BEGIN_STANDALONE | LEAT_BEGIN_DDL | LEAT_BEGIN_XA);
    free(bytes);
}

static void one(struct vector *vector)
{
    passed++;
    if (strcmp(vector->kind, "PREVIOUS_GTIDS") == 0)
        check_set(vector, LEAT_EVENT_PREVIOUS_GTIDS);
    else if (strcmp(vector->kind, "MARIA_GTID_LIST") == 0)
        check_set(vector, LEAT_EVENT_MARIADB_GTID_LIST);
    else if (strcmp(vector->kind, "MARIA_GTID") == 0)
        check_mariadb(vector);
    else
        check_gtid(vector);
}

START_TEST(vectors_of_others)
{
    unsigned count = vectors_each("gtid_events.tsv", one);
    ck_assert_uint_eq(passed, count);
}
END_TEST

/* A GTID event of MySQL 8.0 with everything that it may have. */
static struct leat_buf full_gtid(uint64_t number)
{
    struct leat_buf buf = {0};
    leat_buf_u8(&buf, 1);
    for (uint8_t i = 0; i < 16; i++)
        leat_buf_u8(&buf, i);
    leat_buf_u64(&buf, number);
    leat_buf_u8(&buf, 2);
    leat_buf_u64(&buf, 5);
    leat_buf_u64(&buf, 6);
    leat_buf_le(&buf, 1700000000000001 | UINT64_C(1) << 55, 7);
    leat_buf_le(&buf, 1600000000000002, 7);
    leat_buf_u8(&buf, 0xFC);
    leat_buf_u16(&buf, 1000);
    leat_buf_u32(&buf, 80400 | UINT32_C(1) << 31);
    leat_buf_u32(&buf, 80036);
    leat_buf_u64(&buf, 77);
    return buf;
}

START_TEST(gtid_with_two_times_and_versions)
{
    uint8_t *bytes;
    struct leat_error err = {0};
    struct leat_begin begin = {0};
    struct leat_buf body = full_gtid(9);
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_GTID, body.data, body.size);
    ck_assert_int_eq(leat_event_gtid(&begin, vectors_format(false), &event, &err), 0);
    ck_assert_uint_eq(begin.immediate_commit_us, 1700000000000001);
    ck_assert_uint_eq(begin.original_commit_us, 1600000000000002);
    ck_assert_uint_eq(begin.length, 1000);
    ck_assert_uint_eq(begin.immediate_server_version, 80400);
    ck_assert_uint_eq(begin.original_server_version, 80036);
    ck_assert_uint_eq(begin.flags, LEAT_BEGIN_MAY_HAVE_STATEMENTS);
    ck_assert_uint_eq(begin.server_id, 101);
    ck_assert_uint_eq(begin.header_time, 1700000000);
    event.type = LEAT_EVENT_ANONYMOUS_GTID;
    ck_assert_int_eq(leat_event_gtid(&begin, vectors_format(false), &event, &err), LEAT_FAIL); /* a number */
    free(bytes);
    leat_buf_free(&body);
}
END_TEST

START_TEST(anonymous_has_no_gtid)
{
    uint8_t *bytes;
    struct leat_error err = {0};
    struct leat_begin begin = {.gtid.flavour = LEAT_FLAVOUR_MYSQL};
    struct leat_buf body = full_gtid(0);
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_ANONYMOUS_GTID, body.data, body.size);
    ck_assert_int_eq(leat_event_gtid(&begin, vectors_format(false), &event, &err), 0);
    ck_assert_int_eq(begin.gtid.flavour, LEAT_FLAVOUR_NONE);
    ck_assert_int_eq(begin.sequence_number, 6);
    free(bytes);
    leat_buf_free(&body);
}
END_TEST

/* The numbers of MySQL's serialization library, as a server writes them. */
static void put_number(struct leat_buf *buf, uint64_t value)
{
    size_t more = 0;
    while (more < 8 && (more == 8 ? 0 : value >> (7 * (more + 1))))
        more++;
    if (more == 8) {
        leat_buf_u8(buf, 0xFF);
        leat_buf_u64(buf, value);
        return;
    }
    leat_buf_u8(buf, (uint8_t)(((1u << more) - 1) | value << (more + 1)));
    leat_buf_le(buf, value >> (7 - more), more);
}

static struct leat_buf tagged(const char *tag, uint64_t number, uint64_t last_needed, int unknown_field)
{
    struct leat_buf fields = {0}, message = {0};
    put_number(&fields, 0);
    put_number(&fields, 1);
    put_number(&fields, 1);
    for (uint8_t i = 0; i < 16; i++)
        put_number(&fields, (uint64_t)i * 17);
    put_number(&fields, 2);
    put_number(&fields, number << 1);
    put_number(&fields, 3);
    put_number(&fields, strlen(tag));
    leat_buf_puts(&fields, tag);
    put_number(&fields, 5);
    put_number(&fields, 13); /* -7 */
    put_number(&fields, 6);
    put_number(&fields, 1700000000000001);
    put_number(&fields, 8);
    put_number(&fields, UINT64_MAX);
    put_number(&fields, 9);
    put_number(&fields, 90704);
    if (unknown_field >= 0) {
        put_number(&fields, (uint64_t)unknown_field);
        leat_buf_puts(&fields, "anything");
    }
    put_number(&message, 1);
    size_t size = fields.size + 2; /* with the version and the number of the last needed field */
    put_number(&message, size + (size + 1 > 127 ? 2 : 1));
    put_number(&message, last_needed);
    leat_buf_put(&message, fields.data, fields.size);
    leat_buf_free(&fields);
    return message;
}

static int read_tagged(struct leat_begin *begin, const char *tag, uint64_t number, uint64_t last_needed,
                       int unknown_field, struct leat_error *err)
{
    uint8_t *bytes;
    struct leat_buf body = tagged(tag, number, last_needed, unknown_field);
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_GTID_TAGGED, body.data, body.size);
    int result = leat_event_gtid(begin, vectors_format(false), &event, err);
    free(bytes);
    leat_buf_free(&body);
    return result;
}

START_TEST(tagged_gtid)
{
    struct leat_error err = {0};
    struct leat_begin begin = {0};
    char text[LEAT_GTID_TEXT_MAX];
    ck_assert_msg(read_tagged(&begin, "blue", 4711, 0, -1, &err) == 0, "%s", err.message);
    ck_assert_str_eq(leat_gtid_text(text, &begin.gtid), "00112233-4455-6677-8899-aabbccddeeff:blue:4711");
    ck_assert_int_eq(begin.last_committed, 0);
    ck_assert_int_eq(begin.sequence_number, -7);
    ck_assert_uint_eq(begin.immediate_commit_us, 1700000000000001);
    ck_assert_uint_eq(begin.original_commit_us, 1700000000000001);
    ck_assert_uint_eq(begin.length, UINT64_MAX);
    ck_assert_uint_eq(begin.immediate_server_version, 90704);
    ck_assert_uint_eq(begin.original_server_version, 90704);
    ck_assert_uint_eq(begin.flags, LEAT_BEGIN_MAY_HAVE_STATEMENTS);
}
END_TEST

START_TEST(tagged_gtid_with_fields_of_a_later_version)
{
    struct leat_error err = {0};
    struct leat_begin begin = {0};
    ck_assert_int_eq(read_tagged(&begin, "blue", 4711, 0, 12, &err), 0);
    ck_assert_int_eq(read_tagged(&begin, "blue", 4711, 12, 12, &err), 0);
    ck_assert_int_eq(read_tagged(&begin, "blue", 4711, 13, 12, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
    ck_assert_int_eq(read_tagged(&begin, "blue", 4711, 0, 3, &err), LEAT_FAIL); /* ids must rise */
}
END_TEST

START_TEST(tagged_gtid_that_is_none)
{
    struct leat_error err = {0};
    struct leat_begin begin = {0};
    ck_assert_int_eq(read_tagged(&begin, "Blue", 1, 0, -1, &err), LEAT_FAIL);
    ck_assert_int_eq(read_tagged(&begin, "7blue", 1, 0, -1, &err), LEAT_FAIL);
    ck_assert_int_eq(read_tagged(&begin, "a:1,b", 1, 0, -1, &err), LEAT_FAIL);
    ck_assert_int_eq(read_tagged(&begin, "a23456789012345678901234567890123", 1, 0, -1, &err), LEAT_FAIL);
    ck_assert_int_eq(read_tagged(&begin, "blue", 0, 0, -1, &err), LEAT_FAIL);
    ck_assert_int_eq(read_tagged(&begin, "a2345678901234567890123456789012", INT64_MAX - 1, 0, -1, &err), 0);
}
END_TEST

START_TEST(gtid_list_keeps_the_last_of_a_domain)
{
    static const uint8_t body[] = {
        3, 0, 0, 0x10,                                      /* a flag in the upper bits */
        0, 0, 0, 0,    1, 0, 0, 0, 9,  0, 0, 0, 0, 0, 0, 0, /* 0-1-9 */
        0, 0, 0, 0,    2, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, /* 0-2-10 */
        1, 0, 0, 0,    1, 0, 0, 0, 3,  0, 0, 0, 0, 0, 0, 0, /* 1-1-3 */
    };
    uint8_t *bytes;
    struct leat_error err = {0};
    struct leat_gtid_set *set;
    struct leat_buf text = {0};
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_MARIADB_GTID_LIST, body, sizeof(body));
    ck_assert_int_eq(leat_event_previous_gtids(&set, &event, &err), 0);
    leat_gtid_set_put(&text, set);
    ck_assert_str_eq(leat_buf_cstr(&text), "0-2-10,1-1-3");
    leat_gtid_set_free(&set);
    event.body_size--;
    ck_assert_int_eq(leat_event_previous_gtids(&set, &event, &err), LEAT_FAIL);
    leat_buf_free(&text);
    free(bytes);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog gtid events");
    LEAT_TEST_ADD(s, vectors_of_others);
    LEAT_TEST_ADD(s, gtid_with_two_times_and_versions);
    LEAT_TEST_ADD(s, anonymous_has_no_gtid);
    LEAT_TEST_ADD(s, tagged_gtid);
    LEAT_TEST_ADD(s, tagged_gtid_with_fields_of_a_later_version);
    LEAT_TEST_ADD(s, tagged_gtid_that_is_none);
    LEAT_TEST_ADD(s, gtid_list_keeps_the_last_of_a_domain);
    return s;
}

LEAT_TEST_MAIN(suite)
