/* The kafka sink's checkpoint as a record: what is written comes back, and nothing that isn't one does. */
#include <string.h>

#include "base/json.h"
#include "check_main.h"
#include "sink/kafka_checkpoint_int.h"

static struct kafka_checkpoint a_checkpoint(void)
{
    static const char gtids[] = "00000000-0000-0000-0000-00000000002a:1-7:9-10";
    struct kafka_checkpoint checkpoint = {.takeover = 3, .open_records = 12345};
    struct leat_error err = {0};
    struct leat_checkpoint *at = &checkpoint.at;
    memset(at->journal_id, 0xAB, sizeof at->journal_id);
    memset(at->source_uuid, 0xCD, sizeof at->source_uuid);
    memset(checkpoint.instance, 0xEF, sizeof checkpoint.instance);
    at->generation = 2;
    at->seq = UINT64_C(1) << 52;
    strcpy(at->file, "binlog \"of\" ü.000042");
    at->pos = UINT64_C(5) << 32;
    at->transactions = 17;
    at->changes = 18;
    at->commit_us = 1795281344868708;
    at->overlap = true;
    strcpy(checkpoint.open_name, "00000000-0000-0000-0000-00000000002a:11");
    ck_assert_int_eq(leat_gtid_set_parse(&at->completed, gtids, strlen(gtids), &err), LEAT_OK);
    return checkpoint;
}

static void encode(struct leat_buf *buf, const struct kafka_checkpoint *checkpoint)
{
    struct leat_error err = {0};
    ck_assert_int_eq(leat_kafka_checkpoint_encode(buf, checkpoint, "shop", "events", 1795281344868708, &err), LEAT_OK);
}

static int decode(struct kafka_checkpoint *checkpoint, const char *text, struct leat_error *err)
{
    *err = (struct leat_error){0};
    return leat_kafka_checkpoint_decode(checkpoint, text, strlen(text), "shop", "events", err);
}

START_TEST(what_is_written_comes_back)
{
    struct kafka_checkpoint before = a_checkpoint(), after;
    struct leat_buf buf = {0};
    struct leat_error err;
    encode(&buf, &before);
    ck_assert_msg(decode(&after, leat_buf_cstr(&buf), &err) == LEAT_OK, "%s", err.message);
    ck_assert_mem_eq(after.at.journal_id, before.at.journal_id, sizeof before.at.journal_id);
    ck_assert_mem_eq(after.at.source_uuid, before.at.source_uuid, sizeof before.at.source_uuid);
    ck_assert_mem_eq(after.instance, before.instance, sizeof before.instance);
    ck_assert_uint_eq(after.takeover, 3);
    ck_assert_uint_eq(after.at.generation, 2);
    ck_assert_uint_eq(after.at.seq, before.at.seq);
    ck_assert_str_eq(after.at.file, before.at.file);
    ck_assert_uint_eq(after.at.pos, before.at.pos);
    ck_assert_uint_eq(after.at.transactions, 17);
    ck_assert_uint_eq(after.at.changes, 18);
    ck_assert_uint_eq(after.at.commit_us, before.at.commit_us);
    ck_assert(after.at.overlap);
    ck_assert(leat_gtid_set_equal(after.at.completed, before.at.completed));
    ck_assert_uint_eq(after.open_records, 12345);
    ck_assert_str_eq(after.open_name, before.open_name);
    leat_kafka_checkpoint_free(&before);
    leat_kafka_checkpoint_free(&after);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(a_record_is_one_line_that_says_when_and_where)
{
    struct kafka_checkpoint checkpoint = a_checkpoint();
    struct leat_buf buf = {0};
    encode(&buf, &checkpoint);
    const char *text = leat_buf_cstr(&buf);
    ck_assert_ptr_null(strchr(text, '\n'));
    const char *const parts[] = {"{\"leat_checkpoint\":1,\"relay\":\"shop\",\"sink\":\"events\",", "\"written\":\"2026-11-21T17:15:44.868708Z\"",
                                 "\"gtids\":\"00000000-0000-0000-0000-00000000002a:1-7:9-10\"", "\"pos\":21474836480",
                                 "\"open\":{\"records\":12345,\"transaction\":\"00000000-0000-0000-0000-00000000002a:11\"}}"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(text, parts[i]), "%s is not in %s", parts[i], text);
    leat_kafka_checkpoint_free(&checkpoint);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(a_name_that_is_not_utf8_is_an_error)
{
    struct kafka_checkpoint checkpoint = a_checkpoint();
    struct leat_buf buf = {0};
    struct leat_error err = {0};
    strcpy(checkpoint.at.file, "binlog\xff.000001");
    ck_assert_int_eq(leat_kafka_checkpoint_encode(&buf, &checkpoint, "shop", "events", 1, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
    leat_kafka_checkpoint_free(&checkpoint);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(what_is_none_is_refused_with_a_cure)
{
    static const struct {
        const char *text;
        enum leat_code code;
    } cases[] = {
        {"", LEAT_E_MALFORMED},
        {"hello", LEAT_E_MALFORMED},
        {"[]", LEAT_E_MALFORMED},
        {"{}", LEAT_E_MALFORMED},
        {"{\"leat_checkpoint\":1}", LEAT_E_MALFORMED},
        {"{\"leat_checkpoint\":\"1\"}", LEAT_E_MALFORMED},
        {"{\"leat_checkpoint\":1,\"leat_checkpoint\":1}", LEAT_E_MALFORMED},
        {"{\"leat_checkpoint\":-1}", LEAT_E_MALFORMED},
        {"{\"leat_checkpoint\":2,\"what\":[]}", LEAT_E_UNSUPPORTED},
        {"{\"leat_checkpoint\":1,\"relay\":\"shop\",\"sink\":\"other\"}", LEAT_E_HISTORY},
        {"{\"leat_checkpoint\":1,\"relay\":\"shop\",\"sink\":\"events\"}", LEAT_E_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kafka_checkpoint checkpoint;
        struct leat_error err;
        ck_assert_int_eq(decode(&checkpoint, cases[i].text, &err), LEAT_FAIL);
        ck_assert_msg(err.code == cases[i].code && err.kind == LEAT_KIND_OPERATOR && *err.cure, "%s: %s", cases[i].text, err.message);
    }
}
END_TEST

/* Each field in turn is something else. */
START_TEST(no_field_is_trusted)
{
    static const char *const fields[] = {"instance", "takeover", "generation", "journal", "seq", "source", "file", "pos",
                                         "gtids", "transactions", "changes", "commit_us", "open"};
    static const char *const lies[] = {"null", "-1", "1e300", "\"\"", "\"zz\"", "[]", "{}", "true", "\"a\\u0000b\"", "18446744073709551616"};
    struct kafka_checkpoint good = a_checkpoint(), checkpoint;
    struct leat_buf buf = {0}, bent = {0};
    encode(&buf, &good);
    const char *text = leat_buf_cstr(&buf);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char name[32];
        snprintf(name, sizeof name, "\"%s\":", fields[i]);
        const char *at = strstr(text, name) + strlen(name), *end = at + (strcmp(fields[i], "open") ? strcspn(at + 1, ",") + 1 : strlen(at) - 1);
        for (size_t k = 0; k < sizeof lies / sizeof *lies; k++) {
            struct leat_error err;
            leat_buf_clear(&bent);
            leat_buf_put(&bent, text, (size_t)(at - text));
            leat_buf_puts(&bent, lies[k]);
            leat_buf_puts(&bent, end);
            int rc = decode(&checkpoint, leat_buf_cstr(&bent), &err);
            /* A file and a set may well be empty. */
            bool fine = (!strcmp(fields[i], "file") && (k == 3 || k == 4)) || (!strcmp(fields[i], "gtids") && k == 3);
            ck_assert_msg(rc == (fine ? LEAT_OK : LEAT_FAIL), "%s: %s", fields[i], lies[k]);
            if (rc == LEAT_OK)
                leat_kafka_checkpoint_free(&checkpoint);
        }
    }
    leat_kafka_checkpoint_free(&good);
    leat_buf_free(&buf);
    leat_buf_free(&bent);
}
END_TEST

START_TEST(damaged_records_are_errors_or_checkpoints)
{
    struct kafka_checkpoint good = a_checkpoint(), checkpoint;
    struct leat_buf buf = {0}, bent = {0};
    uint64_t seed = leat_test_seed();
    encode(&buf, &good);
    for (int i = 0; i < 20000; i++) {
        struct leat_error err = {0};
        leat_buf_clear(&bent);
        leat_buf_put(&bent, buf.data, leat_test_random(&seed) % 8 ? buf.size : leat_test_random(&seed) % buf.size);
        for (uint64_t n = leat_test_random(&seed) % 4; bent.size && n; n--)
            bent.data[leat_test_random(&seed) % bent.size] = (uint8_t)leat_test_random(&seed);
        if (leat_kafka_checkpoint_decode(&checkpoint, bent.data, bent.size, "shop", "events", &err) == LEAT_OK) {
            ck_assert_ptr_nonnull(checkpoint.at.completed);
            leat_kafka_checkpoint_free(&checkpoint);
        }
    }
    leat_kafka_checkpoint_free(&good);
    leat_buf_free(&buf);
    leat_buf_free(&bent);
}
END_TEST

static Suite *suite(void)
{
    Suite *tests = suite_create("sink/kafka_checkpoint");
    LEAT_TEST_ADD(tests, what_is_written_comes_back);
    LEAT_TEST_ADD(tests, a_record_is_one_line_that_says_when_and_where);
    LEAT_TEST_ADD(tests, a_name_that_is_not_utf8_is_an_error);
    LEAT_TEST_ADD(tests, what_is_none_is_refused_with_a_cure);
    LEAT_TEST_ADD(tests, no_field_is_trusted);
    LEAT_TEST_ADD(tests, damaged_records_are_errors_or_checkpoints);
    return tests;
}

LEAT_TEST_MAIN(suite)
