/* Positions: past 4 GiB, across files, over holes, and what can't be. */
#include "check_main.h"
#include "decode/build.h"

static void place(struct stream *s, const char *file, uint64_t pos)
{
    s->pos = pos;
    leat_decoder_place(s->decoder, build_source_uuid, file, pos);
}

static void put_empty_transaction(struct stream *s, uint64_t number)
{
    put_gtid(s, number);
    put_query(s, "", "BEGIN");
    put_query(s, "", "COMMIT");
}

/* What a server sends first: a rotate it made up, then the file's format description. */
START_TEST(dump_from_the_start_of_a_file)
{
    struct stream s;
    stream_open(&s, NULL);
    place(&s, "", 0);
    put_rotate(&s, "binlog.000007", 4, true);
    put_format(&s);
    put_empty_transaction(&s, 1);
    check_trace(&s, "begin(" BUILD_UUID ":1) end(empty,0,0)");
    ck_assert_str_eq(stream_state(&s).completed.file, "binlog.000007");
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(dump_from_the_middle_of_a_file)
{
    struct stream s;
    stream_open(&s, NULL);
    place(&s, "binlog.000007", 1000);
    put_rotate(&s, "binlog.000007", 1000, true);
    put_format_placed(&s, false);
    ck_assert_uint_eq(stream_state(&s).completed.pos, 1000);
    put_empty_transaction(&s, 1);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_uint_eq(s.begin.place.pos, 1000);
    stream_close(&s);
}
END_TEST

/* A reader of files feeds the head's format description as it is. */
START_TEST(file_from_the_middle)
{
    struct stream s;
    stream_open(&s, NULL);
    leat_decoder_place(s.decoder, build_source_uuid, "binlog.000007", 1000);
    put_format(&s);
    ck_assert_uint_eq(stream_state(&s).read.pos, 1000);
    s.pos = 1000;
    put_empty_transaction(&s, 1);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_uint_eq(s.begin.place.pos, 1000);
    stream_close(&s);
}
END_TEST

START_TEST(positions_go_past_4_gib)
{
    struct stream s;
    stream_open(&s, NULL);
    uint64_t start = UINT64_C(0xFFFFFFF0);
    place(&s, "binlog.000007", start);
    put_rotate(&s, "binlog.000007", start, true);
    put_format_placed(&s, false);
    put_empty_transaction(&s, 1);
    put_empty_transaction(&s, 2);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_uint_gt(s.end.place.pos, UINT32_MAX);
    ck_assert_uint_eq(stream_state(&s).read.pos, s.pos);
    put_heartbeat(&s, "binlog.000007", s.pos); /* tells the low half */
    put_heartbeat_v2(&s, "binlog.000007", s.pos);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_uint_eq(stream_state(&s).read.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(rotate_leads_to_the_next_file)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    put_empty_transaction(&s, 1);
    put_rotate(&s, "mysql-bin.000002", 4, false);
    ck_assert_str_eq(stream_state(&s).completed.file, "mysql-bin.000002");
    ck_assert_uint_eq(stream_state(&s).completed.pos, 4);
    put_rotate(&s, "mysql-bin.000002", 4, true);
    put_format(&s);
    stream_forget(&s);
    put_empty_transaction(&s, 2);
    check_trace(&s, "begin(" BUILD_UUID ":2) end(empty,0,0)");
    ck_assert_str_eq(s.begin.place.file, "mysql-bin.000002");
    stream_close(&s);
}
END_TEST

/* A checksum algorithm is a file's own. */
START_TEST(checksums_change_with_the_file)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    put_rotate(&s, "mysql-bin.000002", 4, false);
    s.checksums = false;
    put_format(&s);
    put_empty_transaction(&s, 2);
    check_trace(&s, "begin(" BUILD_UUID ":2) end(empty,0,0)");
    stream_close(&s);
}
END_TEST

START_TEST(heartbeats_move_over_what_the_server_left_out)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    put_heartbeat(&s, "mysql-bin.000001", s.pos);
    put_heartbeat(&s, "mysql-bin.000001", 5000);
    put_empty_transaction(&s, 1);
    put_heartbeat_v2(&s, "mysql-bin.000001", UINT64_C(0x100001000));
    put_empty_transaction(&s, 2);
    check_trace(&s, "heartbeat(mysql-bin.000001:127) heartbeat(mysql-bin.000001:5000) begin(" BUILD_UUID
                    ":1) end(empty,0,0) heartbeat(mysql-bin.000001:4294971392) begin(" BUILD_UUID
                    ":2) end(empty,0,0)");
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(heartbeats_that_contradict_stop)
{
    for (int i = 0; i < 3; i++) {
        struct stream s;
        stream_open(&s, NULL);
        put_format(&s);
        put_gtid(&s, 1);
        put_query(&s, "", "BEGIN");
        put_heartbeat(&s, "mysql-bin.000001", s.pos);
        ck_assert_int_eq(s.result, LEAT_OK);
        if (i == 0) {
            put_heartbeat(&s, "mysql-bin.000001", s.pos + 100); /* within a transaction */
        } else {
            put_query(&s, "", "COMMIT");
            put_heartbeat(&s, i == 1 ? "mysql-bin.000002" : "mysql-bin.000001", i == 1 ? s.pos : 4);
        }
        ck_assert_int_eq(s.result, LEAT_FAIL);
        ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
        check_error(&s, "HEARTBEAT");
        stream_close(&s);
    }
}
END_TEST

START_TEST(hole_without_a_heartbeat_stops_on_mysql)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    put_empty_transaction(&s, 1);
    uint64_t pos = s.pos;
    s.pos += 100;
    put_gtid(&s, 3);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    char text[64];
    snprintf(text, sizeof text, "GTID at mysql-bin.000001:%" PRIu64 ": ", pos);
    check_error(&s, text);
    stream_close(&s);
}
END_TEST

START_TEST(hole_is_taken_on_mariadb_between_transactions_only)
{
    struct stream s;
    stream_open(&s, NULL);
    s.server = "10.11.19-MariaDB";
    put_format(&s);
    put_mariadb_gtid(&s, 1, 0);
    put_xid(&s, 1);
    s.pos += 100;
    put_mariadb_gtid(&s, 9, 0);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_uint_eq(s.begin.place.pos, s.pos - 42);
    s.pos += 100;
    put_xid(&s, 1);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    stream_close(&s);
}
END_TEST

START_TEST(events_that_tell_no_position_are_added_up)
{
    struct stream s;
    stream_open(&s, NULL);
    put_format(&s);
    s.next_pos_missing = true;
    put_empty_transaction(&s, 1);
    s.next_pos_missing = false;
    put_empty_transaction(&s, 2);
    ck_assert_int_eq(s.result, LEAT_OK);
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(positions_backwards_and_beyond_stop)
{
    struct stream s;
    stream_open(&s, NULL);
    s.server = "10.11.19-MariaDB";
    put_format(&s);
    s.pos -= 20;
    put_mariadb_gtid(&s, 1, 0);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    stream_close(&s);

    stream_open(&s, NULL);
    put_format(&s);
    put_rotate(&s, "mysql-bin.000002", UINT64_MAX - 3, false);
    ck_assert_int_eq(s.err.code, LEAT_E_MALFORMED);
    stream_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: places");
    LEAT_TEST_ADD(suite, dump_from_the_start_of_a_file);
    LEAT_TEST_ADD(suite, dump_from_the_middle_of_a_file);
    LEAT_TEST_ADD(suite, file_from_the_middle);
    LEAT_TEST_ADD(suite, positions_go_past_4_gib);
    LEAT_TEST_ADD(suite, rotate_leads_to_the_next_file);
    LEAT_TEST_ADD(suite, checksums_change_with_the_file);
    LEAT_TEST_ADD(suite, heartbeats_move_over_what_the_server_left_out);
    LEAT_TEST_ADD(suite, heartbeats_that_contradict_stop);
    LEAT_TEST_ADD(suite, hole_without_a_heartbeat_stops_on_mysql);
    LEAT_TEST_ADD(suite, hole_is_taken_on_mariadb_between_transactions_only);
    LEAT_TEST_ADD(suite, events_that_tell_no_position_are_added_up);
    LEAT_TEST_ADD(suite, positions_backwards_and_beyond_stop);
    return suite;
}

LEAT_TEST_MAIN(suite)
