/* Lengths and counts that lie: what is allocated follows from what was received, never from what it claims. Each lie is
 * refused (or harmless), in memory that no lie of gigabytes, nor of some megabytes, would fit in. */
#include "check_main.h"
#include "decode/build.h"
#include "memory.h"

#include "binlog/payload.h"
#include "binlog/rows.h"
#include "binlog/value.h"

enum { ENOUGH = 512 << 10, CAP = 16 << 20 };

static void cap(void)
{
    memory_cap(CAP);
    memory_begin();
}

static void check_memory(void)
{
    size_t peak = memory_peak();
    ck_assert_msg(peak <= ENOUGH, "%zu bytes were allocated at once", peak);
}

/* A stream in a transaction, before its rows. */
static void open_transaction(struct stream *s)
{
    static const struct leat_decoder_options options = {.statements_allowed = true};
    cap();
    stream_open(s, &options);
    s->checksums = false;
    put_format(s);
    put_gtid(s, 1);
    put_query(s, "shop", "BEGIN");
    ck_assert_msg(s->result == LEAT_OK, "%s", s->err.message);
}

static void check_refused(struct stream *s, const char *message)
{
    ck_assert_int_eq(s->result, LEAT_FAIL);
    ck_assert_int_eq(s->err.code, LEAT_E_MALFORMED);
    ck_assert_msg(strstr(s->err.message, message) != NULL, "%s", s->err.message);
    stream_close(s);
    check_memory();
}

/* ---- Events ---- */

START_TEST(an_event_of_4_gib)
{
    struct stream s;
    open_transaction(&s);
    uint8_t event[LEAT_EVENT_HEADER_SIZE] = {0, 0, 0, 0, LEAT_EVENT_XID, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    stream_feed(&s, event, sizeof event);
    check_refused(&s, "says that it has 4294967295 bytes");
}
END_TEST

START_TEST(status_variables_longer_than_their_event)
{
    struct stream s;
    open_transaction(&s);
    leat_buf_put(&s.body, (const uint8_t[]){1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0xFF, 0xFF, 's', 'h', 'o', 'p', 0, 'X'}, 19);
    put_event(&s, LEAT_EVENT_QUERY);
    check_refused(&s, "QUERY");
}
END_TEST

START_TEST(a_format_that_says_less_than_the_events_behind_it)
{
    struct stream s;
    cap();
    stream_open(&s, NULL);
    leat_buf_u16(&s.body, 4);
    leat_buf_put(&s.body, "9.7.0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 50);
    leat_buf_u32(&s.body, 0);
    leat_buf_put(&s.body, (const uint8_t[]){LEAT_EVENT_HEADER_SIZE, 56, 13, 0, 0}, 5);
    put_event(&s, LEAT_EVENT_FORMAT_DESCRIPTION); /* which has room for a checksum, and says that the others have not */
    s.checksums = false;
    ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
    put_gtid(&s, 1);
    put_query(&s, "shop", "BEGIN");
    put_table_map(&s, 7, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS, 7, 1, "one");
    put_xid(&s, 1);
    ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
    stream_close(&s);
    check_memory();
}
END_TEST

/* ---- GTID sets ---- */

static void check_set(const uint8_t *bytes, size_t size)
{
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    cap();
    ck_assert_int_eq(leat_gtid_set_decode_mysql(&set, bytes, size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    ck_assert_ptr_null(set);
    check_memory();
}

START_TEST(a_gtid_set_of_2_to_48_servers)
{
    static const uint8_t bytes[40] = {0, 0, 0, 0, 0, 0, 1, 0, 'u', 'u', 'i', 'd'};
    static const uint8_t tagged[40] = {1, 0, 0, 0, 0, 0, 1, 1, 'u', 'u', 'i', 'd'};
    check_set(bytes, sizeof bytes);
    check_set(tagged, sizeof tagged);
}
END_TEST

START_TEST(a_gtid_set_of_2_to_60_intervals)
{
    static const uint8_t bytes[48] = {1, 0, 0, 0, 0, 0, 0, 0, 'u', 'u', 'i', 'd', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                      0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 9};
    check_set(bytes, sizeof bytes);
}
END_TEST

START_TEST(a_list_of_2_to_28_domains)
{
    struct leat_binlog_format format = {.version = 4, .mariadb = true, .server_version = 101119};
    uint8_t bytes[LEAT_EVENT_HEADER_SIZE + 20] = {0, 0, 0, 0, LEAT_EVENT_MARIADB_GTID_LIST, 1, 0, 0, 0, sizeof bytes};
    memcpy(bytes + LEAT_EVENT_HEADER_SIZE, "\xFF\xFF\xFF\x0F", 4);
    struct leat_event event;
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    cap();
    ck_assert_int_eq(leat_event_parse(&event, &format, bytes, sizeof bytes, &err), LEAT_OK);
    ck_assert_int_eq(leat_event_previous_gtids(&set, &event, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    check_memory();
}
END_TEST

/* ---- Tables ---- */

static void begin_map(struct stream *s)
{
    open_transaction(s);
    leat_buf_le(&s->body, 90, 6);
    leat_buf_u16(&s->body, 1);
    leat_buf_put(&s->body, "\4shop\0\6orders\0", 14);
}

START_TEST(a_table_of_2_to_32_columns)
{
    struct stream s;
    begin_map(&s);
    leat_buf_put(&s.body, "\xFE\0\0\0\0\1\0\0\0\3\3", 11);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    check_refused(&s, "4294967296 columns");
}
END_TEST

START_TEST(names_longer_than_names_can_be_or_without_their_end)
{
    struct stream s;
    open_transaction(&s);
    leat_buf_le(&s.body, 90, 6);
    leat_buf_u16(&s.body, 1);
    leat_buf_put(&s.body, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7Fshop", 13);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    check_refused(&s, "TABLE_MAP");
    open_transaction(&s);
    leat_buf_le(&s.body, 90, 6);
    leat_buf_u16(&s.body, 1);
    leat_buf_put(&s.body, "\4shopX\6orders\0\1\3\0\0", 18);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    check_refused(&s, "TABLE_MAP");
}
END_TEST

START_TEST(metadata_shorter_than_the_types_need)
{
    struct stream s;
    begin_map(&s);
    /* VARCHAR and NEWDECIMAL take two bytes each; there are two, then three. */
    leat_buf_put(&s.body, (const uint8_t[]){2, LEAT_TYPE_VARCHAR, LEAT_TYPE_NEWDECIMAL, 2, 100, 0, 0}, 7);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    check_refused(&s, "TABLE_MAP");
    begin_map(&s);
    leat_buf_put(&s.body, (const uint8_t[]){2, LEAT_TYPE_VARCHAR, LEAT_TYPE_NEWDECIMAL, 3, 100, 0, 10, 0}, 8);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    check_refused(&s, "TABLE_MAP");
}
END_TEST

START_TEST(optional_metadata_of_2_to_63_bytes)
{
    static const uint8_t types[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    for (size_t i = 0; i < sizeof types; i++) {
        struct stream s;
        begin_map(&s);
        leat_buf_put(&s.body, (const uint8_t[]){2, LEAT_TYPE_LONG, LEAT_TYPE_VARCHAR, 2, 100, 0, 0, types[i]}, 8);
        leat_buf_put(&s.body, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\1", 10);
        put_event(&s, LEAT_EVENT_TABLE_MAP);
        check_refused(&s, "TABLE_MAP");
    }
}
END_TEST

START_TEST(an_enum_of_2_to_32_members)
{
    struct stream s;
    begin_map(&s);
    /* an ENUM of one byte, and an ENUM_STR_VALUE field with more members than it has bytes */
    leat_buf_put(&s.body, (const uint8_t[]){1, LEAT_TYPE_STRING, 2, LEAT_TYPE_ENUM, 1, 1, 6, 11}, 8);
    leat_buf_put(&s.body, "\xFE\xFF\xFF\xFF\xFF\0\0\0\0\1a", 11);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    check_refused(&s, "TABLE_MAP");
}
END_TEST

/* ---- Rows ---- */

START_TEST(rows_of_2_to_32_columns)
{
    struct stream s;
    open_transaction(&s);
    put_table_map(&s, 90, "shop", "orders");
    leat_buf_le(&s.body, 90, 6);
    leat_buf_u16(&s.body, 1);
    leat_buf_u16(&s.body, 2);
    leat_buf_put(&s.body, "\xFE\0\0\0\0\1\0\0\0\xFF\xFF", 11);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    check_refused(&s, "WRITE_ROWS");
}
END_TEST

START_TEST(extra_data_of_rows_behind_their_event)
{
    static const uint16_t lengths[] = {0, 1, 100, 0xFFFF}; /* the two bytes themselves are counted */
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct stream s;
        open_transaction(&s);
        put_table_map(&s, 90, "shop", "orders");
        leat_buf_le(&s.body, 90, 6);
        leat_buf_u16(&s.body, 1);
        leat_buf_u16(&s.body, lengths[i]);
        leat_buf_put(&s.body, (const uint8_t[]){2, 0xFF}, 2);
        put_image(&s.body, 1, "one");
        put_event(&s, LEAT_EVENT_WRITE_ROWS);
        check_refused(&s, "WRITE_ROWS");
    }
}
END_TEST

START_TEST(a_value_longer_than_its_row)
{
    struct stream s;
    open_transaction(&s);
    put_table_map(&s, 90, "shop", "orders");
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS, 90, true);
    leat_buf_put(&s.body, (const uint8_t[]){0, 1, 0, 0, 0, 99, 'a'}, 7);
    put_event(&s, LEAT_EVENT_WRITE_ROWS);
    check_refused(&s, "row 0");
}
END_TEST

static void open_mariadb(struct stream *s)
{
    static const struct leat_decoder_options options = {.statements_allowed = true};
    cap();
    stream_open(s, &options);
    s->checksums = false;
    s->server = "12.3.1-MariaDB-log";
    put_format(s);
    put_mariadb_gtid(s, 1, 0);
    ck_assert_msg(s->result == LEAT_OK, "%s", s->err.message);
}

/* The whole's size is too small for its parts, near 2^64, or there are 2^32 parts to come. */
START_TEST(fragments_of_rows_whose_whole_lies)
{
    static const uint64_t sizes[] = {0, 18, 19, 30, UINT64_MAX, UINT32_MAX, UINT64_C(1) << 32};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct stream s;
        open_mariadb(&s);
        leat_buf_put(&s.body, "\1\0\0\0\xFF\xFF\xFF\xFF\1", 9);
        leat_buf_u64(&s.body, sizes[i]);
        leat_buf_put(&s.body, "an event's header and what comes behind it", 42);
        put_event(&s, LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA);
        ck_assert_int_eq(s.result, LEAT_FAIL);
        ck_assert(s.err.code == LEAT_E_MALFORMED || s.err.code == LEAT_E_TOO_LARGE);
        stream_close(&s);
        check_memory();
    }
}
END_TEST

START_TEST(a_compressed_statement_that_says_it_becomes_4_gib)
{
    static const char *const lengths[] = {"\xFF\xFF\xFF\xFF", "\xFF\xFF\xFF\0", "\x7F\xFF\xFF\xFF"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct stream s;
        open_mariadb(&s);
        leat_buf_put(&s.body, (const uint8_t[]){1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x84}, 15);
        leat_buf_put(&s.body, lengths[i], 4);
        leat_buf_put(&s.body, "x\1\3\0\0\0\0\1", 8);
        put_event(&s, LEAT_EVENT_MARIADB_QUERY_COMPRESSED);
        check_refused(&s, "compressed bytes can't become");
    }
}
END_TEST

/* ---- Values ---- */

static void check_json(const uint8_t *bytes, size_t size)
{
    struct leat_buf text = {0};
    struct leat_error err = {0};
    cap();
    ck_assert_int_eq(leat_value_json(&text, bytes, (uint32_t)size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    leat_buf_free(&text);
    check_memory();
}

START_TEST(a_document_of_2_to_32_elements)
{
    static const uint8_t array[] = {3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 5, 1, 0, 0, 0};
    static const uint8_t object[] = {1, 0xFF, 0xFF, 0xFF, 0xFF, 14, 0, 0, 0, 5, 1, 0, 0, 0};
    static const uint8_t text[] = {12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 'a'};
    static const uint8_t opaque[] = {15, 252, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 'a'};
    check_json(array, sizeof array);
    check_json(object, sizeof object);
    check_json(text, sizeof text);
    check_json(opaque, sizeof opaque);
}
END_TEST

/* An array whose only element is the array itself, and one of arrays 100,000 deep. */
START_TEST(documents_that_hold_themselves_or_are_nested_10_to_5_deep)
{
    static const uint8_t itself[] = {2, 1, 0, 7, 0, 2, 0, 0};
    enum { DEPTH = 100000, HEAD = 13 };
    check_json(itself, sizeof itself);
    struct leat_buf deep = {0};
    leat_buf_u8(&deep, 3);
    for (uint32_t i = DEPTH; i > 0; i--) {
        leat_buf_u32(&deep, 1);
        leat_buf_u32(&deep, i * HEAD);
        leat_buf_u8(&deep, 3);
        leat_buf_u32(&deep, HEAD);
    }
    check_json(deep.data, deep.size);
    leat_buf_free(&deep);
}
END_TEST

START_TEST(a_decimal_of_more_digits_than_there_are)
{
    static const uint8_t bytes[128] = {0x80};
    static const uint16_t wrong[] = {0xFFFF, 0x00FF, 0xFF00, 66 << 8 | 1, 10 << 8 | 31, 10 << 8 | 11, 0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct leat_column column = {.type = LEAT_TYPE_NEWDECIMAL, .metadata = wrong[i]};
        struct leat_buf text = {0};
        struct leat_error err = {0};
        cap();
        ck_assert_int_eq(leat_value_decimal(&text, &column, bytes, sizeof bytes, &err), LEAT_FAIL);
        leat_buf_free(&text);
        check_memory();
    }
}
END_TEST

/* ---- Compressed transactions ---- */

START_TEST(a_payload_that_says_it_is_2_to_64_bytes)
{
    static const uint64_t sizes[] = {UINT64_MAX, UINT64_C(1) << 32, UINT32_MAX, UINT64_C(1) << 40};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct stream s;
        cap();
        stream_open(&s, NULL);
        s.checksums = false;
        put_format(&s);
        put_gtid(&s, 1);
        leat_buf_put(&s.body, (const uint8_t[]){2, 1, 0, 3, 9, 0xFE}, 6);
        leat_buf_u64(&s.body, sizes[i]);
        leat_buf_put(&s.body, (const uint8_t[]){1, 4, 0, 0x28, 0xB5, 0x2F, 0xFD}, 7);
        put_event(&s, LEAT_EVENT_TRANSACTION_PAYLOAD);
        ck_assert_int_eq(s.result, LEAT_FAIL);
        stream_close(&s);
        check_memory();
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lies");
    LEAT_TEST_ADD(s, an_event_of_4_gib);
    LEAT_TEST_ADD(s, status_variables_longer_than_their_event);
    LEAT_TEST_ADD(s, a_format_that_says_less_than_the_events_behind_it);
    LEAT_TEST_ADD(s, a_gtid_set_of_2_to_48_servers);
    LEAT_TEST_ADD(s, a_gtid_set_of_2_to_60_intervals);
    LEAT_TEST_ADD(s, a_list_of_2_to_28_domains);
    LEAT_TEST_ADD(s, a_table_of_2_to_32_columns);
    LEAT_TEST_ADD(s, names_longer_than_names_can_be_or_without_their_end);
    LEAT_TEST_ADD(s, metadata_shorter_than_the_types_need);
    LEAT_TEST_ADD(s, optional_metadata_of_2_to_63_bytes);
    LEAT_TEST_ADD(s, an_enum_of_2_to_32_members);
    LEAT_TEST_ADD(s, rows_of_2_to_32_columns);
    LEAT_TEST_ADD(s, extra_data_of_rows_behind_their_event);
    LEAT_TEST_ADD(s, a_value_longer_than_its_row);
    LEAT_TEST_ADD(s, fragments_of_rows_whose_whole_lies);
    LEAT_TEST_ADD(s, a_compressed_statement_that_says_it_becomes_4_gib);
    LEAT_TEST_ADD(s, a_document_of_2_to_32_elements);
    LEAT_TEST_ADD(s, documents_that_hold_themselves_or_are_nested_10_to_5_deep);
    LEAT_TEST_ADD(s, a_decimal_of_more_digits_than_there_are);
    LEAT_TEST_ADD(s, a_payload_that_says_it_is_2_to_64_bytes);
    return s;
}

LEAT_TEST_MAIN(suite)
