/* Where another tool stands, in each form in which that can be had. */
#include <stdlib.h>

#include "base/alloc.h"
#include "check_main.h"
#include "import/offsets_int.h"

#define DEBEZIUM "{\"connector.class\":\"io.debezium.connector.mysql.MySqlConnector\",\"topic.prefix\":\"shop\"}"
#define MARIADB  "{\"connector.class\":\"io.debezium.connector.mariadb.MariaDbConnector\",\"topic.prefix\":\"shop\",\"include.query\":\"true\"}"
#define MAXWELL  "host=db\nuser=maxwell\nproducer=kafka\n"
#define CANAL    "canal.instance.master.address=db:3306\ncanal.instance.master.journal.name=old.000001\n"
#define SET      "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-7:9"

static struct leat_error err;

static int import_bytes(struct leat_buf *buf, const char *config, const void *offsets, size_t size)
{
    /* A copy of its own size, so that the address sanitizer sees a step too far. */
    char *copy = leat_memdup(offsets, size);
    const struct leat_import_offsets at = {copy, size, "offsets"};
    err = (struct leat_error){0};
    int rc = leat_import(buf, config, strlen(config), "file", &at, &err);
    free(copy);
    return rc;
}

static void check(const char *config, const char *offsets, const char *lines)
{
    struct leat_buf buf = {0};
    ck_assert_msg(import_bytes(&buf, config, offsets, strlen(offsets)) == LEAT_OK, "%s: %s", offsets, err.message);
    ck_assert_msg(strstr(leat_buf_cstr(&buf), lines) != NULL, "%s: no \"%s\" in:\n%s", offsets, lines, leat_buf_cstr(&buf));
    leat_buf_free(&buf);
}

static void check_refused(const char *config, const char *offsets, const char *message)
{
    struct leat_buf buf = {0};
    ck_assert_int_eq(import_bytes(&buf, config, offsets, strlen(offsets)), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONFIG);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s: %s", offsets, err.message);
    ck_assert_uint_eq(buf.size, 0);
    leat_buf_free(&buf);
}

START_TEST(debeziums_offset)
{
    check(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157}", "  start: \"b.000003:157\"\n  start_within: \"events 0\"\n");
    check(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157,\"event\":4,\"row\":2}", "  start_within: \"events 4, rows 2\"\n");
    check(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157,\"event\":4,\"gtids\":\"" SET "\"}", "  start: \"" SET "\"\n  start_within: \"events 4\"\n");
    check(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157,\"gtids\":\"" SET "\"}", "  start: \"" SET "\"\njournal:");
    check(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157,\"snapshot\":\"INITIAL\",\"snapshot_completed\":true}", "  start: \"b.000003:157\"\n");
    check(MARIADB, "{\"file\":\"b.000003\",\"pos\":157,\"event\":4,\"gtids\":\"2026-10-31\"}", "  start: \"2026-10-31,\"\n  start_within: \"events 4, annotated\"\n");
}
END_TEST

START_TEST(debeziums_offsets_in_a_topic)
{
#define OTHER "[\"c\",{\"server\":\"other\"}]\t{\"file\":\"o.000001\",\"pos\":4}\n"
    check(DEBEZIUM, OTHER "[\"c\",{\"server\":\"shop\"}]\t{\"file\":\"b.000001\",\"pos\":4}\n[\"c\",{\"server\":\"shop\"}] {\"file\":\"b.000002\",\"pos\":5}\n" OTHER,
          "start: \"b.000002:5\"");
    check(DEBEZIUM, "{\"topic\":\"t\",\"key\":\"[\\\"c\\\",{\\\"server\\\":\\\"shop\\\"}]\",\"payload\":\"{\\\"file\\\":\\\"b.000002\\\",\\\"pos\\\":5}\"}\n" OTHER,
          "start: \"b.000002:5\"");
    check(DEBEZIUM, "{\"offsets\":[{\"partition\":{\"server\":\"other\"},\"offset\":{\"file\":\"x.1\",\"pos\":1}},{\"partition\":{\"server\":\"shop\"},\"offset\":"
                    "{\"file\":\"b.000002\",\"pos\":5}}]}",
          "start: \"b.000002:5\"");
    check_refused(DEBEZIUM, OTHER OTHER, "it has no offset of shop, but of other");
    check_refused(DEBEZIUM, "[\"c\",{\"server\":\"shop\"}]\t{\"file\":\"b.000001\",\"pos\":4}\n[\"c\",{\"server\":\"shop\"}]\tnull\n", "no offset of Debezium's");
}
END_TEST

START_TEST(what_no_start_can_be_made_of)
{
    check_refused(DEBEZIUM, "", "no offset of Debezium's");
    check_refused(DEBEZIUM, "{", "no offset of Debezium's");
    check_refused(DEBEZIUM, "null\n7\n\"x\"\n[]\n", "no offset of Debezium's");
    check_refused(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157,\"snapshot\":true}", "snapshot isn't finished");
    check_refused(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":157,\"row\":2}", "XA transaction");
    check_refused(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":-1}", "is no number");
    check_refused(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":4,\"event\":{}}", "is no number");
    check_refused(DEBEZIUM, "{\"file\":[],\"pos\":4}", "no binlog file");
    check_refused(DEBEZIUM, "{\"file\":\"a:b\",\"pos\":4}", "no binlog file");
    check_refused(DEBEZIUM, "{\"file\":\"b.000003\",\"pos\":4,\"gtids\":\"nonsense\"}", "gtids");
}
END_TEST

START_TEST(maxwells_row)
{
    check(MAXWELL, "server_id\tbinlog_file\tbinlog_position\tgtid_set\tclient_id\n1\tb.000009\t1234\tNULL\tmaxwell\n",
          "  start: \"b.000009:1234\"\n  start_within: \"events 0\"\n");
    check(MAXWELL, "[{\"server_id\":1,\"binlog_file\":\"b.000009\",\"binlog_position\":1234,\"gtid_set\":\"" SET "\"}]", "start: \"b.000009:1234\"");
    check(MAXWELL, "{\"binlog_file\":\"b.000009\",\"binlog_position\":1234,\"gtid_set\":\"" SET "\"}", "by now: start: \"" SET "\"");
    check(MAXWELL, "server_id\tbinlog_file\tbinlog_position\n1\tb.000009\t1234\n2\tb.000001\t4\n", "there are several rows");
    check_refused(MAXWELL, "server_id\tbinlog_file\tbinlog_position\n1\tb.000009\n", "binlog_position is no number");
    check_refused(MAXWELL, "server_id\tbinlog_file\tbinlog_position\n", "no offset of Debezium's");
}
END_TEST

START_TEST(canals_cursor)
{
#define POSITION(included) "\"postion\":{\"gtid\":\"\",\"included\":" included ",\"journalName\":\"b.000009\",\"position\":1234,\"serverId\":1}"
    check(CANAL, "{\"@type\":\"com.alibaba.otter.canal.protocol.position.LogPosition\"," POSITION("false") "}",
          "  start: \"b.000009:1234\"\n  start_within: \"events 1\"\n");
    check(CANAL, "{" POSITION("true") "}", "  start: \"b.000009:1234\"\n  start_within: \"events 0\"\n");
    check(CANAL, "{\"clientDatas\":[{\"clientIdentity\":{\"clientId\":1001},\"cursor\":{" POSITION("false") "}}],\"destination\":\"shop\"}",
          "start_within: \"events 1\"");
    check_refused(CANAL, "{\"clientDatas\":[{}]}", "no offset of Debezium's");
}
END_TEST

/* ---- Debezium's file ---- */

static void put_be(struct leat_buf *buf, uint64_t number, unsigned size)
{
    while (size--)
        leat_buf_u8(buf, (uint8_t)(number >> (8 * size)));
}

static void put_utf(struct leat_buf *buf, const char *text)
{
    put_be(buf, strlen(text), 2);
    leat_buf_puts(buf, text);
}

static void put_bytes(struct leat_buf *buf, const char *text, bool first)
{
    leat_buf_u8(buf, 0x75);
    if (first) {
        leat_buf_u8(buf, 0x72);
        put_utf(buf, "[B");
        put_be(buf, UINT64_C(0xACF317F8060854E0), 8);
        leat_buf_put(buf, "\2\0\0\x78\x70", 5);
    } else {
        leat_buf_u8(buf, 0x71);
        put_be(buf, 0x7E0002, 4);
    }
    put_be(buf, strlen(text), 4);
    leat_buf_puts(buf, text);
}

static struct leat_buf java_file(void)
{
    struct leat_buf buf = {0};
    put_be(&buf, UINT64_C(0xACED00057372), 6);
    put_utf(&buf, "java.util.HashMap");
    put_be(&buf, UINT64_C(0x0507DAC1C31660D1), 8);
    leat_buf_u8(&buf, 3);
    put_be(&buf, 2, 2);
    leat_buf_u8(&buf, 'F');
    put_utf(&buf, "loadFactor");
    leat_buf_u8(&buf, 'I');
    put_utf(&buf, "threshold");
    put_be(&buf, 0x7870, 2);
    put_be(&buf, UINT64_C(0x3F4000000000000C), 8);
    put_be(&buf, 0x7708, 2);
    put_be(&buf, 16, 4);
    put_be(&buf, 2, 4);
    put_bytes(&buf, "[\"c\",{\"server\":\"other\"}]", true);
    leat_buf_u8(&buf, 0x70);
    put_bytes(&buf, "{\"schema\":null,\"payload\":[\"c\",{\"server\":\"shop\"}]}", false);
    put_bytes(&buf, "{\"file\":\"b.000002\",\"pos\":5,\"event\":3}", false);
    leat_buf_u8(&buf, 0x78);
    return buf;
}

START_TEST(debeziums_file_is_read_without_java)
{
    struct leat_buf file = java_file(), yaml = {0};
    ck_assert_msg(import_bytes(&yaml, DEBEZIUM, file.data, file.size) == LEAT_OK, "%s", err.message);
    ck_assert(strstr(leat_buf_cstr(&yaml), "  start: \"b.000002:5\"\n  start_within: \"events 3\"\n") != NULL);
    leat_buf_free(&yaml);
    leat_buf_free(&file);
}
END_TEST

START_TEST(a_file_that_is_cut_or_damaged_is_refused_or_read)
{
    struct leat_buf file = java_file();
    for (size_t size = 0; size < file.size; size++) {
        struct leat_buf yaml = {0};
        ck_assert_int_eq(import_bytes(&yaml, DEBEZIUM, file.data, size), LEAT_FAIL);
        leat_buf_free(&yaml);
    }
    for (size_t at = 0; at < file.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct leat_buf yaml = {0};
            file.data[at] ^= (uint8_t)(1u << bit);
            if (import_bytes(&yaml, DEBEZIUM, file.data, file.size))
                ck_assert(err.code == LEAT_E_CONFIG && err.message[0]);
            file.data[at] ^= (uint8_t)(1u << bit);
            leat_buf_free(&yaml);
        }
    leat_buf_free(&file);
}
END_TEST

static Suite *offsets_suite(void)
{
    Suite *suite = suite_create("offsets");
    LEAT_TEST_ADD(suite, debeziums_offset);
    LEAT_TEST_ADD(suite, debeziums_offsets_in_a_topic);
    LEAT_TEST_ADD(suite, what_no_start_can_be_made_of);
    LEAT_TEST_ADD(suite, maxwells_row);
    LEAT_TEST_ADD(suite, canals_cursor);
    LEAT_TEST_ADD(suite, debeziums_file_is_read_without_java);
    LEAT_TEST_ADD(suite, a_file_that_is_cut_or_damaged_is_refused_or_read);
    return suite;
}

LEAT_TEST_MAIN(offsets_suite)
