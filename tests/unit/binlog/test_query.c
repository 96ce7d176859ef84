/* Statements and their session's settings. */
#include "check_main.h"
#include "vectors.h"

static struct leat_buf body_of(const void *status, size_t status_size, const char *database, const char *sql)
{
    struct leat_buf buf = {0};
    leat_buf_u32(&buf, 42);
    leat_buf_u32(&buf, 3);
    leat_buf_u8(&buf, (uint8_t)strlen(database));
    leat_buf_u16(&buf, 1062);
    leat_buf_u16(&buf, (uint16_t)status_size);
    leat_buf_put(&buf, status, status_size);
    leat_buf_put(&buf, database, strlen(database) + 1);
    leat_buf_puts(&buf, sql);
    return buf;
}

static int read_query(struct leat_query *query, uint8_t **bytes, const void *status, size_t status_size,
                      struct leat_error *err)
{
    struct leat_buf body = body_of(status, status_size, "shop", "DROP TABLE t");
    struct leat_event event = vectors_event(bytes, LEAT_EVENT_QUERY, body.data, body.size);
    leat_buf_free(&body);
    return leat_event_query(query, vectors_format(false), &event, err);
}

START_TEST(every_status_variable)
{
    static const char status[] = "\0\1\2\3\4"            /* flags2 */
                                 "\1\x20\0\0\0\0\0\0\0"  /* sql_mode */
                                 "\6\3std"               /* catalog */
                                 "\3\2\0\1\0"            /* auto_increment */
                                 "\4\xff\0\xff\0\x2d\0"  /* charset */
                                 "\5\6SYSTEM"            /* time zone */
                                 "\7\1\0"                /* lc_time_names */
                                 "\10\x2d\0"             /* charset of the database */
                                 "\11\1\2\3\4\5\6\7\10"  /* table map for update */
                                 "\12\1\2\3\4"           /* master data written */
                                 "\13\4root\11localhost" /* invoker */
                                 "\14\2a\0bc\0"          /* databases */
                                 "\15\1\2\3"             /* microseconds */
                                 "\20\1"                 /* explicit_defaults_for_timestamp */
                                 "\21\1\2\3\4\5\6\7\10"  /* xid of DDL */
                                 "\22\xff\0"             /* default collation of utf8mb4 */
                                 "\23\0"                 /* sql_require_primary_key */
                                 "\24\0"                 /* default_table_encryption */
                                 "\25\1"                 /* cascading triggers */
                                 "\200\1\2\3"            /* MariaDB's microseconds */
                                 "\201\1\2\3\4\5\6\7\10" /* MariaDB's xid */
                                 "\372whatever";         /* not known */
    struct leat_query query;
    struct leat_error err = {0};
    uint8_t *bytes;
    ck_assert_msg(read_query(&query, &bytes, status, sizeof(status) - 1, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(query.thread_id, 42);
    ck_assert_uint_eq(query.execution_seconds, 3);
    ck_assert_uint_eq(query.error_code, 1062);
    ck_assert_str_eq(query.database.bytes, "shop");
    ck_assert_uint_eq(query.sql_size, 12);
    ck_assert_mem_eq(query.sql, "DROP TABLE t", 12);
    const struct leat_session *session = &query.session;
    ck_assert_uint_eq(session->present, 0x7FF);
    ck_assert_uint_eq(session->flags2, 0x04030201);
    ck_assert_uint_eq(session->sql_mode, 0x20);
    ck_assert_uint_eq(session->auto_increment_increment, 2);
    ck_assert_uint_eq(session->auto_increment_offset, 1);
    ck_assert_uint_eq(session->client_collation, 255);
    ck_assert_uint_eq(session->server_collation, 45);
    ck_assert_uint_eq(session->time_zone.size, 6);
    ck_assert_mem_eq(session->time_zone.bytes, "SYSTEM", 6);
    ck_assert_uint_eq(session->status_size, sizeof(status) - 1);
    ck_assert_mem_eq(session->status, status, sizeof(status) - 1);
    free(bytes);
}
END_TEST

START_TEST(an_unknown_variable_ends_the_reading_not_the_event)
{
    struct leat_query query;
    struct leat_error err = {0};
    uint8_t *bytes;
    ck_assert_int_eq(read_query(&query, &bytes, "\376\0\1\2\3\4", 6, &err), 0);
    ck_assert_uint_eq(query.session.present, 0);
    ck_assert_uint_eq(query.session.status_size, 6);
    free(bytes);
}
END_TEST

START_TEST(a_variable_that_is_cut_is_refused)
{
    static const char *const cut[] = {"\1", "\5\7UTC", "\3\1", "\13\4root", "\21\1"};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        struct leat_query query;
        struct leat_error err = {0};
        uint8_t *bytes;
        ck_assert_int_eq(read_query(&query, &bytes, cut[i], strlen(cut[i]), &err), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
        free(bytes);
    }
}
END_TEST

START_TEST(a_status_length_behind_the_event_is_refused)
{
    struct leat_query query;
    struct leat_error err = {0};
    uint8_t *bytes;
    struct leat_buf body = body_of("", 0, "shop", "SELECT 1");
    body.data[11] = 0xFF;
    body.data[12] = 0xFF;
    struct leat_event event = vectors_event(&bytes, LEAT_EVENT_QUERY, body.data, body.size);
    ck_assert_int_eq(leat_event_query(&query, vectors_format(false), &event, &err), LEAT_FAIL);
    free(bytes);
    body.data[11] = body.data[12] = 0;
    body.data[8] = 3; /* then the name isn't followed by a NUL */
    event = vectors_event(&bytes, LEAT_EVENT_QUERY, body.data, body.size);
    ck_assert_int_eq(leat_event_query(&query, vectors_format(false), &event, &err), LEAT_FAIL);
    free(bytes);
    leat_buf_free(&body);
}
END_TEST

START_TEST(compressed_statements)
{
    static const char body[] = "\5\0\0\0\1\0\0\0\2\0\0\0\0db\0compressed";
    struct leat_query query;
    struct leat_error err = {0};
    uint8_t *bytes;
    struct leat_event event =
        vectors_event(&bytes, LEAT_EVENT_MARIADB_QUERY_COMPRESSED, (const uint8_t *)body, sizeof body - 1);
    ck_assert_int_eq(leat_event_query(&query, vectors_format(true), &event, &err), 0);
    ck_assert(query.compressed);
    ck_assert_uint_eq(query.sql_size, 10);
    ck_assert_mem_eq(query.sql, "compressed", 10);
    free(bytes);
    event = vectors_event(&bytes, LEAT_EVENT_QUERY, (const uint8_t *)body, sizeof body - 1);
    ck_assert_int_eq(leat_event_query(&query, vectors_format(true), &event, &err), 0);
    ck_assert(!query.compressed);
    free(bytes);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog queries");
    LEAT_TEST_ADD(s, every_status_variable);
    LEAT_TEST_ADD(s, an_unknown_variable_ends_the_reading_not_the_event);
    LEAT_TEST_ADD(s, a_variable_that_is_cut_is_refused);
    LEAT_TEST_ADD(s, a_status_length_behind_the_event_is_refused);
    LEAT_TEST_ADD(s, compressed_statements);
    return s;
}

LEAT_TEST_MAIN(suite)
