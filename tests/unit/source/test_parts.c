/* The pure parts of room source. */
#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>

#include "source/source_int.h"

START_TEST(grants_are_read_whole_words_only)
{
    static const struct {
        const char *line;
        unsigned grants;
    } cases[] = {
        {"GRANT USAGE ON *.* TO `cdc`@`%`", 0},
        {"GRANT REPLICATION SLAVE ON *.* TO `cdc`@`%`", GRANT_REPLICATION_SLAVE},
        {"GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `cdc`@`%` WITH GRANT OPTION",
         GRANT_SELECT | GRANT_REPLICATION_SLAVE | GRANT_REPLICATION_CLIENT},
        {"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`",
         GRANT_SELECT | GRANT_REPLICATION_SLAVE | GRANT_REPLICATION_CLIENT | GRANT_SLAVE_MONITOR},
        {"GRANT SUPER ON *.* TO `a`@`%`", GRANT_REPLICATION_CLIENT | GRANT_SLAVE_MONITOR},
        {"GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR ON *.* TO `cdc`@`%` IDENTIFIED BY PASSWORD '*8B2AB696'",
         GRANT_REPLICATION_SLAVE | GRANT_REPLICATION_CLIENT | GRANT_SLAVE_MONITOR},
        {"GRANT SELECT ON `shop`.* TO `cdc`@`%`", 0},
        {"GRANT REPLICATION_SLAVE_ADMIN ON *.* TO `cdc`@`%`", 0},
        {"GRANT REPLICATION SLAVE ADMIN ON *.* TO `cdc`@`%`", 0},
        {"GRANT `reader`@`%` TO `cdc`@`%`", GRANT_ROLE},
        {"GRANT 'REPLICATION SLAVE ON *.* '@`%` TO `cdc`@`%`", GRANT_ROLE},
        {"REVOKE REPLICATION SLAVE ON *.* FROM `cdc`@`%`", 0},
        {"GRANT", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(source_grants(cases[i].line) == cases[i].grants, "%s: %u", cases[i].line,
                      source_grants(cases[i].line));
}
END_TEST

START_TEST(refusals_are_told_apart_by_their_words)
{
    static const struct {
        const char *message;
        enum source_refusal means;
    } cases[] = {
        {"Could not find first log file name in binary log index file", REFUSAL_PURGED},
        {"Cannot replicate because the source purged required binary logs. Replicate the missing "
         "transactions from elsewhere",
         REFUSAL_PURGED},
        {"The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged "
         "binary logs "
         "containing GTIDs that the slave requires.",
         REFUSAL_PURGED},
        {"Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required "
         "binlog files have been purged.",
         REFUSAL_PURGED},
        {"Error: connecting slave requested to start from GTID 0-1-7, which is not in the master's binlog", REFUSAL_AHEAD},
        {"The binlog on the master is missing the GTID 0-1-7 requested by the slave (even though a subsequent sequence "
         "number does exist), and GTID strict mode is enabled",
         REFUSAL_AHEAD},
        {"Slave has more GTIDs than the master has, using the master's SERVER_UUID.", REFUSAL_AHEAD},
        {"Replica has more GTIDs than the source has, using the source's SERVER_UUID.", REFUSAL_AHEAD},
        {"Client requested source to start replication from position > file size", REFUSAL_POSITION},
        {"bogus data in log event; the first event 'b.000001' at 5", REFUSAL_POSITION},
        {"log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source",
         REFUSAL_POSITION},
        {"A slave with the same server_uuid/server_id as this slave has connected to the master",
         REFUSAL_CLASH},
        {"A replica with the same server_uuid/server_id as this replica has connected to the source",
         REFUSAL_CLASH},
        {"A slave with the same server_uuid/server_id is already connected", REFUSAL_CLASH},
        {"Cannot replicate anonymous transaction when AUTO_POSITION = 1", REFUSAL_ANONYMOUS},
        {"Cannot replicate GTID-transaction when @@GLOBAL.GTID_MODE = OFF, at file ./binlog.000003, position 157.",
         REFUSAL_GTIDS_OFF},
        {"event read from binlog did not pass crc check", REFUSAL_DAMAGED},
        {"binlog truncated in the middle of event; consider out of disk space on source", REFUSAL_DAMAGED},
        {"something new", REFUSAL_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(source_refusal(cases[i].message) == cases[i].means, "%s", cases[i].message);
}
END_TEST

START_TEST(waits_double_up_to_the_limit_and_never_agree)
{
    for (unsigned failures = 1; failures < 40; failures++) {
        uint64_t whole = failures > 9 ? 30000 : 100ull << (failures - 1);
        if (whole > 30000)
            whole = 30000;
        for (uint32_t random = 0; random < 5000; random += 7) {
            unsigned wait_ms = source_backoff_ms(failures, 100, 30000, random * 2654435761u);
            ck_assert_uint_le(wait_ms, whole);
            ck_assert_uint_ge(wait_ms, whole / 2);
        }
    }
    ck_assert_uint_ge(source_backoff_ms(1, 0, 0, 0), 1);
    ck_assert_uint_le(source_backoff_ms(4000000000u, 1, 4000000000u, 5), 4000000000u);
    ck_assert_uint_ge(source_backoff_ms(3, 500, 100, 5), 250);
}
END_TEST

START_TEST(what_may_be_cured_on_the_server_or_was_damaged_on_the_way_is_tried_again)
{
    static const enum leat_code again[] = {LEAT_E_AUTH,    LEAT_E_PRIVILEGE, LEAT_E_SERVER_SETTINGS,
                                           LEAT_E_PURGED,  LEAT_E_TLS,       LEAT_E_MALFORMED,
                                           LEAT_E_CHECKSUM};
    static const enum leat_code never[] = {LEAT_E_UNSUPPORTED, LEAT_E_TOO_LARGE};
    for (size_t i = 0; i < sizeof again / sizeof *again; i++)
        ck_assert(source_tries_again(&(struct leat_error){.code = again[i]}));
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert(!source_tries_again(&(struct leat_error){.code = never[i]}));
}
END_TEST

START_TEST(binlog_files_are_ordered_by_number)
{
    ck_assert_int_lt(source_compare_files("b.000009", "b.000010"), 0);
    ck_assert_int_lt(source_compare_files("b.999999", "b.1000000"), 0);
    ck_assert_int_gt(source_compare_files("b.000002", "b.000001"), 0);
    ck_assert_int_eq(source_compare_files("a.b.000002", "a.b.000002"), 0);
    ck_assert_int_lt(source_compare_files("", "b.000002"), 0);
    ck_assert_int_ne(source_compare_files("a.000001", "b.000001"), 0);
}
END_TEST

START_TEST(a_long_set_is_cut_in_messages_with_its_count)
{
    struct leat_error err = {0};
    struct leat_gtid_set *set = leat_gtid_set_new();
    struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MYSQL};
    char text[500];
    ck_assert_str_eq(source_set_text(text, sizeof text, set), "(empty)");
    for (uint64_t i = 1; i < 2000; i += 2) {
        gtid.number = i;
        ck_assert_int_eq(leat_gtid_set_add(set, &gtid, &err), LEAT_OK);
    }
    source_set_text(text, sizeof text, set);
    ck_assert_uint_lt(strlen(text), 400);
    ck_assert_ptr_nonnull(strstr(text, "… (1000 transactions)"));
    leat_gtid_set_free(&set);
}
END_TEST

static void assert_lacks(const char *state, const char *applied, const char *completed, const char *missing)
{
    struct leat_error err = {0};
    struct source_facts facts = {.mariadb = true};
    struct leat_gtid_set *ours = NULL;
    ck_assert_int_eq(source_parse_state_mariadb(state, &facts.state, &facts.state_count, &err), LEAT_OK);
    ck_assert_int_eq(leat_gtid_set_parse(&facts.applied, applied, strlen(applied), &err), LEAT_OK);
    ck_assert_int_eq(leat_gtid_set_parse(&ours, completed, strlen(completed), &err), LEAT_OK);
    struct leat_gtid_set *lacks = source_lacks_mariadb(&facts, ours);
    struct leat_buf text = {0};
    leat_gtid_set_put(&text, lacks);
    ck_assert_msg(!strcmp(leat_buf_cstr(&text), missing), "%s in %s lacks %s", completed, state, leat_buf_cstr(&text));
    leat_buf_free(&text);
    leat_gtid_set_free(&lacks);
    leat_gtid_set_free(&ours);
    source_facts_free(&facts);
}

START_TEST(what_mariadb_lacks_is_told_by_domain_and_server)
{
    assert_lacks("0-1-8,0-2-12", "", "0-1-8", "");
    assert_lacks("0-1-8,0-2-12", "", "0-2-12", "");
    assert_lacks("0-1-8,0-2-12", "", "0-1-10", "0-1-10"); /* though 12 is more than 10 */
    assert_lacks("0-1-8,5-1-3", "", "0-1-8,5-1-4,6-1-1", "5-1-4,6-1-1");
    assert_lacks("", "0-1-8", "0-1-8", "");
    assert_lacks("", "0-1-8", "0-1-7", "0-1-7"); /* what lies between isn't in its binlog */
    assert_lacks("", "", "", "");
}
END_TEST

START_TEST(a_state_that_is_none_is_refused)
{
    static const char *const texts[] = {"x", "0-1", "0-1-2,", ",0-1-2", "11111111-2222-3333-4444-555555555555:1",
                                        "0-1-18446744073709551616"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct leat_error err = {0};
        struct leat_gtid *state;
        size_t count;
        if (source_parse_state_mariadb(texts[i], &state, &count, &err) == LEAT_OK) {
            ck_assert_str_eq(texts[i], "0-1-2,"); /* a comma behind it is what a list may have */
            ck_assert_uint_eq(count, 1);
        }
        free(state);
    }
}
END_TEST

START_TEST(states_have_names)
{
    for (int state = LEAT_SOURCE_CONNECTING; state <= LEAT_SOURCE_STOPPED; state++)
        ck_assert_str_ne(leat_source_state_name((enum leat_source_state)state), "unknown");
    ck_assert_str_eq(leat_source_state_name((enum leat_source_state)99), "unknown");
}
END_TEST

/* ---- By what a place is resumed ---- */

static int choose(const char *gtids, const char *file, bool same_server, enum source_gtid_mode mode,
                  bool *by_gtids, struct leat_error *err)
{
    struct source_place place = {.known = true, .pos = 4};
    struct source_facts facts = {.gtid_mode = mode};
    facts.uuid[0] = same_server ? 0 : 1;
    snprintf(place.file, sizeof place.file, "%s", file);
    ck_assert_int_eq(leat_gtid_set_parse(&place.completed, gtids, strlen(gtids), err), LEAT_OK);
    int rc = source_by_gtids(&place, &facts, by_gtids, err);
    leat_gtid_set_free(&place.completed);
    return rc;
}

START_TEST(a_place_is_resumed_by_what_the_server_can_tell)
{
    static const char set[] = "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5";
    struct leat_error err = {0};
    bool by_gtids;
    ck_assert_int_eq(choose(set, "b.000001", true, SOURCE_GTID_ON, &by_gtids, &err), LEAT_OK);
    ck_assert(by_gtids);
    ck_assert_int_eq(choose("", "b.000001", true, SOURCE_GTID_ON, &by_gtids, &err), LEAT_OK);
    ck_assert_msg(!by_gtids, "switched on, and no GTID has come yet");
    for (int mode = SOURCE_GTID_OFF; mode < SOURCE_GTID_ON; mode++) {
        ck_assert_int_eq(choose(set, "b.000001", true, (enum source_gtid_mode)mode, &by_gtids, &err),
                         LEAT_OK);
        ck_assert_msg(!by_gtids, "with and without GTIDs may be mixed");
    }
    ck_assert_int_eq(choose(set, "b.000001", false, SOURCE_GTID_ON_PERMISSIVE, &by_gtids, &err), LEAT_OK);
    ck_assert(by_gtids);
    ck_assert_int_eq(choose(set, "b.000001", false, SOURCE_GTID_OFF, &by_gtids, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_HISTORY);
    ck_assert_int_eq(choose("", "b.000001", false, SOURCE_GTID_ON, &by_gtids, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_HISTORY);
    ck_assert_int_eq(choose(set, "", true, SOURCE_GTID_OFF, &by_gtids, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_SERVER_SETTINGS);
    ck_assert_int_eq(choose("", "", true, SOURCE_GTID_ON, &by_gtids, &err), LEAT_OK);
    ck_assert_msg(by_gtids, "an empty set was asked for");
}
END_TEST

static Suite *suite(void)
{
    Suite *parts = suite_create("source parts");
    LEAT_TEST_ADD(parts, grants_are_read_whole_words_only);
    LEAT_TEST_ADD(parts, refusals_are_told_apart_by_their_words);
    LEAT_TEST_ADD(parts, waits_double_up_to_the_limit_and_never_agree);
    LEAT_TEST_ADD(parts, what_may_be_cured_on_the_server_or_was_damaged_on_the_way_is_tried_again);
    LEAT_TEST_ADD(parts, binlog_files_are_ordered_by_number);
    LEAT_TEST_ADD(parts, a_long_set_is_cut_in_messages_with_its_count);
    LEAT_TEST_ADD(parts, what_mariadb_lacks_is_told_by_domain_and_server);
    LEAT_TEST_ADD(parts, a_state_that_is_none_is_refused);
    LEAT_TEST_ADD(parts, states_have_names);
    LEAT_TEST_ADD(parts, a_place_is_resumed_by_what_the_server_can_tell);
    return parts;
}

LEAT_TEST_MAIN(suite)
