/* Frames, checksums, format descriptions, and the events about the stream itself. */
#include "check_main.h"
#include "vectors.h"

#include "model/point.h"

static const char fde_hex[] = "646172630f0b000000770000007b00000001000400352e372e32322d6c6f670000000000000000"
                              "00000000000000000000000000000000"
                              "000000000000000000000000000000006461726313380d0008001200040404041200005f00041a"
                              "08000000080808020000000a0a0a2a2a"
                              "0012340001b8789dfe";

static struct leat_binlog_format format_of(const uint8_t *bytes, size_t size)
{
    struct leat_binlog_format none = {0}, format;
    struct leat_event event;
    struct leat_error err = {0};
    ck_assert_msg(leat_event_parse(&event, &none, bytes, size, &err) == 0, "%s", err.message);
    ck_assert_msg(leat_event_format(&format, &event, &err) == 0, "%s", err.message);
    return format;
}

static unsigned passed;

static void one_event(struct vector *vector)
{
    struct leat_binlog_format format = *vectors_format(strstr(vector->expected, "MARIA") != NULL);
    format.checksum = strcmp(vector->params, "crc32=yes") == 0 ? LEAT_CHECKSUM_CRC32 : LEAT_CHECKSUM_OFF;
    struct leat_event event;
    struct leat_error err = {0};
    ck_assert_msg(leat_event_parse(&event, &format, vector->input, vector->input_size, &err) == 0,
                  "line %u: %s", vector->line, err.message);
    passed++;
    struct leat_begin begin = {0};
    char text[LEAT_GTID_TEXT_MAX];
    if (event.type == LEAT_EVENT_GTID || event.type == LEAT_EVENT_MARIADB_GTID) {
        ck_assert_int_eq(leat_event_gtid(&begin, &format, &event, &err), 0);
        ck_assert_ptr_nonnull(strstr(vector->expected, leat_gtid_text(text, &begin.gtid)));
    }
    if (event.type == LEAT_EVENT_MARIADB_GTID)
        ck_assert_uint_eq(begin.flags, LEAT_BEGIN_STANDALONE);
}

START_TEST(whole_events_of_others)
{
    unsigned count = vectors_each("raw_events.tsv", one_event);
    ck_assert_uint_eq(passed, count);
}
END_TEST

START_TEST(format_description_tells_version_and_checksum)
{
    size_t size;
    uint8_t *bytes = vectors_unhex(fde_hex, &size);
    struct leat_binlog_format format = format_of(bytes, size);
    ck_assert_uint_eq(format.version, 4);
    ck_assert_str_eq(format.server, "5.7.22-log");
    ck_assert_uint_eq(format.server_version, 50722);
    ck_assert(!format.mariadb);
    ck_assert_int_eq(format.checksum, LEAT_CHECKSUM_CRC32);
    ck_assert_uint_eq(format.post_header_count, 38);
    ck_assert_uint_eq(format.post_header[LEAT_EVENT_QUERY], 13);
    ck_assert_uint_eq(format.post_header[LEAT_EVENT_TABLE_MAP], 8);
    ck_assert_uint_eq(format.post_header[LEAT_EVENT_WRITE_ROWS], 10);
    ck_assert_uint_eq(format.post_header[LEAT_EVENT_PARTIAL_UPDATE_ROWS], 0);
    free(bytes);
}
END_TEST

START_TEST(format_description_is_summed_with_or_without_its_flag)
{
    size_t size;
    uint8_t *bytes = vectors_unhex(fde_hex, &size);
    bytes[17] = 0;
    uint32_t sum = leat_crc32(0, bytes, size - 4);
    bytes[17] = LEAT_EVENT_FLAG_BINLOG_IN_USE;
    for (int i = 0; i < 4; i++)
        bytes[size - 4 + (size_t)i] = (uint8_t)(sum >> (8 * i));
    ck_assert_uint_eq(format_of(bytes, size).version, 4);
    bytes[30] ^= 1;
    struct leat_binlog_format none = {0};
    struct leat_event event;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_event_parse(&event, &none, bytes, size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CHECKSUM);
    free(bytes);
}
END_TEST

/* A body of a format description with `count` post-header lengths. */
static struct leat_buf fde_body(const char *server, size_t count, int algorithm)
{
    struct leat_buf buf = {0};
    char name[50] = {0};
    memcpy(name, server, strlen(server));
    leat_buf_u16(&buf, 4);
    leat_buf_put(&buf, name, sizeof(name));
    leat_buf_u32(&buf, 0);
    leat_buf_u8(&buf, LEAT_EVENT_HEADER_SIZE);
    for (size_t i = 0; i < count; i++)
        leat_buf_u8(&buf, (uint8_t)(i + 1));
    if (algorithm >= 0) {
        leat_buf_u8(&buf, (uint8_t)algorithm);
        leat_buf_u32(&buf, 0);
    }
    return buf;
}

static int read_fde(struct leat_binlog_format *format, const char *server, size_t count, int algorithm)
{
    struct leat_binlog_format none = {0};
    struct leat_event event;
    struct leat_error err = {0};
    struct leat_buf body = fde_body(server, count, algorithm);
    size_t size;
    uint8_t *bytes = vectors_frame(LEAT_EVENT_FORMAT_DESCRIPTION, body.data, body.size, &size);
    int result = leat_event_parse(&event, &none, bytes, size, &err);
    if (result == 0)
        result = leat_event_format(format, &event, &err);
    free(bytes);
    leat_buf_free(&body);
    return result;
}

START_TEST(short_and_long_post_header_arrays)
{
    struct leat_binlog_format format;
    ck_assert_int_eq(read_fde(&format, "9.7.0", 1, 0), 0);
    ck_assert_uint_eq(format.post_header[2], 0);
    ck_assert_int_eq(read_fde(&format, "9.7.0", 0, 0), LEAT_FAIL);
    ck_assert_int_eq(read_fde(&format, "9.7.0", 255, 0), 0);
    ck_assert_uint_eq(format.post_header[255], 255);
    ck_assert_int_eq(read_fde(&format, "9.7.0", 256, 0), LEAT_FAIL);
    ck_assert_int_eq(read_fde(&format, "9.7.0", 42, 2), LEAT_FAIL);
}
END_TEST

START_TEST(servers_of_before_checksums_have_no_room_for_them)
{
    struct leat_binlog_format format;
    ck_assert_int_eq(read_fde(&format, "5.5.27-log", 27, -1), 0);
    ck_assert_uint_eq(format.post_header_count, 27);
    ck_assert_uint_eq(format.server_version, 50527);
    ck_assert_int_eq(read_fde(&format, "5.5.5-10.4.12-MariaDB-log", 171, 0), 0);
    ck_assert_uint_eq(format.server_version, 100412);
    ck_assert(format.mariadb);
    ck_assert_int_eq(read_fde(&format, "10.11.19-MariaDB", 171, 0), 0);
    ck_assert_uint_eq(format.server_version, 101119);
}
END_TEST

START_TEST(a_length_that_is_not_the_size_is_refused)
{
    size_t size;
    uint8_t *bytes = vectors_frame(LEAT_EVENT_XID, "12345678", 8, &size);
    struct leat_event event;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_event_parse(&event, vectors_format(false), bytes, size - 1, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    ck_assert_int_eq(err.kind, LEAT_KIND_DATA);
    memset(bytes + 9, 0xFF, 4);
    ck_assert_int_eq(leat_event_parse(&event, vectors_format(false), bytes, size, &err), LEAT_FAIL);
    ck_assert_int_eq(leat_event_parse(&event, vectors_format(false), bytes, 18, &err), LEAT_FAIL);
    free(bytes);
}
END_TEST

START_TEST(checksums_are_checked_and_taken_off)
{
    size_t size;
    struct leat_binlog_format format = *vectors_format(false);
    struct leat_event event;
    struct leat_error err = {0};
    format.checksum = LEAT_CHECKSUM_CRC32;
    uint8_t *bytes = vectors_frame(LEAT_EVENT_XID, "12345678SUM!", 12, &size);
    uint32_t sum = leat_crc32(0, bytes, size - 4);
    for (int i = 0; i < 4; i++)
        bytes[size - 4 + (size_t)i] = (uint8_t)(sum >> (8 * i));
    ck_assert_int_eq(leat_event_parse(&event, &format, bytes, size, &err), 0);
    ck_assert_uint_eq(event.body_size, 8);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x10;
        ck_assert_int_eq(leat_event_parse(&event, &format, bytes, size, &err), LEAT_FAIL);
        bytes[i] ^= 0x10;
    }
    ck_assert_int_eq(err.code, LEAT_E_CHECKSUM);
    free(bytes);
    bytes = vectors_frame(LEAT_EVENT_STOP, "", 0, &size);
    ck_assert_int_eq(leat_event_parse(&event, &format, bytes, size, &err), LEAT_FAIL);
    free(bytes);
}
END_TEST

START_TEST(before_a_format_only_rotate_is_taken)
{
    struct leat_binlog_format none = {0};
    struct leat_event event;
    struct leat_error err = {0};
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    size_t size;
    uint8_t *bytes = vectors_frame(LEAT_EVENT_ROTATE, "\4\0\0\0\0\0\0\0binlog.000002SUM!", 25, &size);
    ck_assert_int_eq(leat_event_parse(&event, &none, bytes, size, &err), 0);
    ck_assert_int_eq(leat_event_rotate(name, &pos, &event, &err), 0);
    ck_assert_str_eq(name, "binlog.000002SUM!");
    uint32_t sum = leat_crc32(0, bytes, size - 4);
    for (int i = 0; i < 4; i++)
        bytes[size - 4 + (size_t)i] = (uint8_t)(sum >> (8 * i));
    ck_assert_int_eq(leat_event_parse(&event, &none, bytes, size, &err), 0);
    ck_assert_int_eq(leat_event_rotate(name, &pos, &event, &err), 0);
    ck_assert_str_eq(name, "binlog.000002");
    ck_assert_uint_eq(pos, 4);
    bytes[4] = LEAT_EVENT_QUERY;
    ck_assert_int_eq(leat_event_parse(&event, &none, bytes, size, &err), LEAT_FAIL);
    free(bytes);
}
END_TEST

static void expect_heartbeat(uint8_t type, const char *hex, const char *expected_name, uint64_t expected_pos)
{
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    uint8_t *bytes;
    size_t size;
    struct leat_error err = {0};
    uint8_t *body = vectors_unhex(hex, &size);
    struct leat_event event = vectors_event(&bytes, type, body, size);
    if (type == LEAT_EVENT_HEARTBEAT && size > 20)
        event.next_pos = 0;
    int result = leat_event_heartbeat(name, &pos, &event, &err);
    ck_assert_int_eq(result, expected_name ? 0 : LEAT_FAIL);
    if (expected_name) {
        ck_assert_str_eq(name, expected_name);
        ck_assert_uint_eq(pos, expected_pos);
    }
    free(body);
    free(bytes);
}

START_TEST(heartbeats)
{
    expect_heartbeat(LEAT_EVENT_HEARTBEAT, "62696e6c6f672e303030303031", "binlog.000001", 4711);
    /* MariaDB beyond 4 GiB */
    expect_heartbeat(LEAT_EVENT_HEARTBEAT, "000000000100000062696e6c6f672e303030303031", "binlog.000001",
                     4294967296);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT_V2, "010d62696e6c6f672e30303030303102019e00", "binlog.000001", 158);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT_V2, "010d62696e6c6f672e3030303030310703aabbcc02019e00",
                     "binlog.000001", 158);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT_V2, "010d62696e6c6f672e30303030303102029e00", NULL, 0);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT_V2, "01ff62696e6c6f672e303030303031", NULL, 0);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT_V2, "00", NULL, 0);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT, "", NULL, 0);
    expect_heartbeat(LEAT_EVENT_HEARTBEAT, "610062", NULL, 0);
}
END_TEST

START_TEST(xid_rows_query_annotate_and_incident)
{
    struct leat_error err = {0};
    uint8_t *bytes;
    uint64_t xid;
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_XID, "\x11\0\0\0\0\0\0\0", 8);
    ck_assert_int_eq(leat_event_xid(&xid, vectors_format(false), &event, &err), 0);
    ck_assert_uint_eq(xid, 17);
    free(bytes);

    const char *text;
    size_t size;
    event = vectors_event(&bytes, LEAT_EVENT_ROWS_QUERY, "\3DELETE", 7);
    ck_assert_int_eq(leat_event_rows_query(&text, &size, &event, &err), 0);
    ck_assert_uint_eq(size, 6);
    ck_assert_mem_eq(text, "DELETE", 6);
    event.body_size = 0;
    ck_assert_int_eq(leat_event_rows_query(&text, &size, &event, &err), LEAT_FAIL);
    free(bytes);

    event = vectors_event(&bytes, LEAT_EVENT_MARIADB_ANNOTATE, "DELETE", 6);
    ck_assert_int_eq(leat_event_rows_query(&text, &size, &event, &err), 0);
    ck_assert_uint_eq(size, 6);
    free(bytes);

    char message[100];
    event = vectors_event(&bytes, LEAT_EVENT_INCIDENT, "\1\0\4lo\nt", 7);
    ck_assert_int_eq(leat_event_incident(message, sizeof(message), &event, &err), 0);
    ck_assert_str_eq(message, "incident 1: lo t");
    event.body_size--;
    ck_assert_int_eq(leat_event_incident(message, sizeof(message), &event, &err), LEAT_FAIL);
    free(bytes);
}
END_TEST

START_TEST(types_have_names)
{
    ck_assert_str_eq(leat_event_type_name(LEAT_EVENT_WRITE_ROWS), "WRITE_ROWS");
    ck_assert_str_eq(leat_event_type_name(LEAT_EVENT_GTID_TAGGED), "GTID_TAGGED");
    ck_assert_str_eq(leat_event_type_name(77), "unknown type 77");
    ck_assert_str_eq(leat_event_type_name(0), "unknown type 0");
    ck_assert_str_eq(leat_event_type_name(255), "unknown type 255");
    struct leat_event event = {.type = LEAT_EVENT_WRITE_ROWS};
    char text[100];
    leat_event_describe(text, sizeof(text), &event, "mysql-bin.000003", 4711);
    ck_assert_str_eq(text, "WRITE_ROWS at mysql-bin.000003:4711");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog events");
    LEAT_TEST_ADD(s, whole_events_of_others);
    LEAT_TEST_ADD(s, format_description_tells_version_and_checksum);
    LEAT_TEST_ADD(s, format_description_is_summed_with_or_without_its_flag);
    LEAT_TEST_ADD(s, short_and_long_post_header_arrays);
    LEAT_TEST_ADD(s, servers_of_before_checksums_have_no_room_for_them);
    LEAT_TEST_ADD(s, a_length_that_is_not_the_size_is_refused);
    LEAT_TEST_ADD(s, checksums_are_checked_and_taken_off);
    LEAT_TEST_ADD(s, before_a_format_only_rotate_is_taken);
    LEAT_TEST_ADD(s, heartbeats);
    LEAT_TEST_ADD(s, xid_rows_query_annotate_and_incident);
    LEAT_TEST_ADD(s, types_have_names);
    return s;
}

LEAT_TEST_MAIN(suite)
