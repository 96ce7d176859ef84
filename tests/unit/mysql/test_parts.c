/* The pure parts of room mysql: versions, what error numbers mean, how much protection, commands, quoting. */
#include "check_main.h"

#include "mysql/mysql_int.h"

static struct leat_mysql_server version_of(const char *text)
{
    struct leat_mysql_server server = {0};
    mysql_server_version(&server, text);
    return server;
}

START_TEST(versions_of_all_servers_are_understood)
{
    static const struct {
        const char *text, *shown;
        uint32_t number;
        bool mariadb;
    } cases[] = {
        {"9.7.4", "9.7.4", 90704, false},
        {"8.0.36-28", "8.0.36", 80036, false}, /* Percona's */
        {"8.0.22-0ubuntu0.20.04.3", "8.0.22", 80022, false},
        {"26.1.0-commercial", "26.1.0", 260100, false},
        {"5.5.5-10.11.19-MariaDB-1:10.11.19+maria~deb12-log", "10.11.19", 101119, true},
        {"11.4.2-MariaDB", "11.4.2", 110402, true},
        {"", "", 0, false},
        {"nonsense", "nonsense", 0, false},
        {"99999999999.1.1", "99999999999.1.1", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_mysql_server server = version_of(cases[i].text);
        ck_assert_str_eq(server.text, cases[i].shown);
        if (strncmp(cases[i].text, "999", 3) != 0)
            ck_assert_uint_eq(server.version, cases[i].number);
        ck_assert_int_eq(server.mariadb, cases[i].mariadb);
    }
}
END_TEST

START_TEST(a_long_version_is_cut_not_overrun)
{
    char text[500];
    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct leat_mysql_server server = version_of(text);
    ck_assert_uint_eq(strlen(server.text), sizeof server.text - 1);
}
END_TEST

START_TEST(error_numbers_mean_what_happens_next)
{
    static const struct {
        unsigned number;
        enum leat_code code;
        enum leat_kind kind;
    } cases[] = {
        {1045, LEAT_E_AUTH, LEAT_KIND_OPERATOR}, {1227, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR},
        {1040, LEAT_E_SERVER, LEAT_KIND_RETRY},  {1053, LEAT_E_CONNECT, LEAT_KIND_RETRY},
        {1236, LEAT_E_SERVER, LEAT_KIND_RETRY},  {2003, LEAT_E_CONNECT, LEAT_KIND_RETRY},
        {2013, LEAT_E_CONNECT, LEAT_KIND_RETRY}, {2026, LEAT_E_TLS, LEAT_KIND_OPERATOR},
        {2059, LEAT_E_AUTH, LEAT_KIND_OPERATOR}, {5010, LEAT_E_AUTH, LEAT_KIND_OPERATOR},
        {5014, LEAT_E_CONNECT, LEAT_KIND_RETRY}, {3159, LEAT_E_TLS, LEAT_KIND_OPERATOR},
        {60000, LEAT_E_SERVER, LEAT_KIND_RETRY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum leat_kind kind;
        ck_assert_int_eq(mysql_error_code(cases[i].number, &kind), cases[i].code);
        ck_assert_int_eq(kind, cases[i].kind);
    }
}
END_TEST

static struct leat_mysql_policy policy_of(const char *host, const char *socket, enum leat_ssl_mode mode,
                                          const char *ca)
{
    struct leat_server_config server = {
        .host = (char *)host, .socket = (char *)socket, .ssl_mode = mode, .ssl_ca = (char *)ca};
    struct leat_mysql_policy policy;
    struct leat_error err = {0};
    ck_assert_int_eq(mysql_policy(&policy, &server, &err), LEAT_OK);
    return policy;
}

START_TEST(off_the_machine_tls_is_required_unless_said_otherwise)
{
    struct leat_mysql_policy policy = policy_of("db1", NULL, LEAT_SSL_UNSET, NULL);
    ck_assert(policy.tls_required && policy.tls_offered && !policy.verify && !policy.rsa_allowed);
    policy = policy_of("db1", NULL, LEAT_SSL_UNSET, "/ca.pem");
    ck_assert(policy.tls_required && policy.verify && policy.verify_host);
    policy = policy_of("db1", NULL, LEAT_SSL_VERIFY_CA, "/ca.pem");
    ck_assert(policy.tls_required && policy.verify && !policy.verify_host);
    policy = policy_of("db1", NULL, LEAT_SSL_PREFERRED, NULL);
    ck_assert(!policy.tls_required && policy.tls_offered && !policy.rsa_allowed);
    policy = policy_of("db1", NULL, LEAT_SSL_DISABLED, NULL);
    ck_assert(!policy.tls_required && !policy.tls_offered && policy.rsa_allowed);
}
END_TEST

START_TEST(on_the_machine_tls_is_preferred)
{
    static const char *const hosts[] = {"127.0.0.1", "::1", "localhost", "127.1.2.3"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct leat_mysql_policy policy = policy_of(hosts[i], NULL, LEAT_SSL_UNSET, NULL);
        ck_assert(!policy.tls_required && policy.tls_offered && policy.rsa_allowed);
    }
    struct leat_mysql_policy policy = policy_of("127.example.org", NULL, LEAT_SSL_UNSET, NULL);
    ck_assert_msg(policy.tls_required, "a name that looks like loopback is a name");
    policy = policy_of(NULL, "/run/mysqld.sock", LEAT_SSL_UNSET, NULL);
    ck_assert(policy.socket && !policy.tls_offered);
    policy = policy_of(NULL, "/run/mysqld.sock", LEAT_SSL_REQUIRED, NULL);
    ck_assert(policy.tls_required && policy.tls_offered);
}
END_TEST

START_TEST(verification_without_a_certificate_is_refused)
{
    struct leat_server_config server = {.host = (char *)"db1", .ssl_mode = LEAT_SSL_VERIFY_IDENTITY};
    struct leat_mysql_policy policy;
    struct leat_error err = {0};
    ck_assert_int_eq(mysql_policy(&policy, &server, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONFIG);
}
END_TEST

static void assert_bytes(struct leat_buf *buf, const void *bytes, size_t size)
{
    ck_assert_uint_eq(buf->size, size);
    ck_assert_mem_eq(buf->data, bytes, size);
    leat_buf_free(buf);
}

START_TEST(commands_are_as_the_protocol_has_them)
{
    struct leat_buf buf = {0};
    mysql_put_register(&buf, 0x04030201);
    assert_bytes(&buf, "\1\2\3\4\4leat\0\0\0\0\0\0\0\0\0\0\0\0", 21);
    struct leat_dump dump = {.server_id = 7, .file = "b.000001", .pos = 0x04030201, .non_blocking = true};
    mysql_put_dump(&buf, &dump, false);
    assert_bytes(&buf, "\1\2\3\4\1\0\7\0\0\0b.000001", 18);
    mysql_put_dump(&buf, &dump, true);
    assert_bytes(&buf, "\1\2\3\4\3\0\7\0\0\0b.000001", 18);
    struct leat_gtid_set *set = leat_gtid_set_new();
    dump.gtids = set;
    mysql_put_dump(&buf, &dump, true);
    assert_bytes(&buf, "\4\0\0\0\3\0\7\0\0\0", 10);
    mysql_put_dump_gtid(&buf, &dump);
    assert_bytes(&buf, "\5\0\7\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0", 30);
    leat_gtid_set_free(&set);
}
END_TEST

START_TEST(quoting_holds_under_any_sql_mode)
{
    static const struct {
        const char *text;
        size_t size;
        const char *quoted;
    } cases[] = {
        {"plain", 5, "'plain'"},
        {"", 0, "''"},
        {"it's", 4, "'it''s'"},
        {"a\\b", 3, "_utf8mb4 X'615C62'"}, /* a backslash escapes or doesn't, by sql_mode */
        {"\\' OR 1", 7, "_utf8mb4 X'5C27204F522031'"},
        {"a\0b", 3, "_utf8mb4 X'610062'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_buf buf = {0};
        leat_mysql_quote(&buf, cases[i].text, cases[i].size);
        ck_assert_str_eq(leat_buf_cstr(&buf), cases[i].quoted);
        leat_buf_free(&buf);
    }
}
END_TEST

START_TEST(a_library_that_a_server_can_damage_is_refused)
{
    struct leat_error err = {0};
    ck_assert_int_eq(mysql_library_check(30107, &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "3.1.7"));
    ck_assert_int_eq(mysql_library_check(0, &err), LEAT_FAIL);
    ck_assert_int_eq(mysql_library_check(30108, &err), LEAT_OK);
    ck_assert_int_eq(mysql_library_check(mysql_get_client_version(), &err), LEAT_OK);
}
END_TEST

static Suite *suite(void)
{
    Suite *parts = suite_create("mysql parts");
    LEAT_TEST_ADD(parts, versions_of_all_servers_are_understood);
    LEAT_TEST_ADD(parts, a_long_version_is_cut_not_overrun);
    LEAT_TEST_ADD(parts, error_numbers_mean_what_happens_next);
    LEAT_TEST_ADD(parts, off_the_machine_tls_is_required_unless_said_otherwise);
    LEAT_TEST_ADD(parts, on_the_machine_tls_is_preferred);
    LEAT_TEST_ADD(parts, verification_without_a_certificate_is_refused);
    LEAT_TEST_ADD(parts, commands_are_as_the_protocol_has_them);
    LEAT_TEST_ADD(parts, quoting_holds_under_any_sql_mode);
    LEAT_TEST_ADD(parts, a_library_that_a_server_can_damage_is_refused);
    return parts;
}

LEAT_TEST_MAIN(suite)
