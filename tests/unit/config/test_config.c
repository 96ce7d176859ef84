/* The configuration: what is accepted, what is refused and with which words, where values come from. */
#include "check_main.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

#define BASE "source: {url: \"mysql://cdc@db1:3307\"}\n"

static struct leat_config *good(const char *text)
{
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    int rc = leat_config_parse(&config, text, strlen(text), "leat.yaml", &err);
    ck_assert_msg(rc == LEAT_OK, "%s", err.message);
    return config;
}

static void bad(const char *text, const char *message, const char *cure)
{
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_config_parse(&config, text, strlen(text), "leat.yaml", &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, message), "\"%s\" is not in \"%s\"", message, err.message);
    if (cure)
        ck_assert_msg(strstr(err.cure, cure), "\"%s\" is not in \"%s\"", cure, err.cure);
    ck_assert_int_eq(leat_error_exit_status(&err), 2);
    ck_assert_ptr_null(config);
}

START_TEST(defaults_are_as_documented)
{
    struct leat_config *config = good(BASE);
    ck_assert_str_eq(config->name, "leat");
    ck_assert_str_eq(config->source.server.host, "db1");
    ck_assert_uint_eq(config->source.server.port, 3307);
    ck_assert_str_eq(config->source.server.user, "cdc");
    ck_assert_int_eq(config->source.start.type, LEAT_POINT_NOW);
    ck_assert_uint_eq(config->source.heartbeat_ms, 5000);
    ck_assert_str_eq(config->journal.dir, "/var/lib/leat");
    ck_assert_uint_eq(config->journal.keep_us, UINT64_C(7) * 86400 * 1000000);
    ck_assert_uint_eq(config->journal.min_free_percent, 10);
    ck_assert_uint_eq(config->journal.segment_bytes, 64u << 20);
    ck_assert_uint_eq(config->sink_count, 0);
    leat_config_free(&config);
}
END_TEST

START_TEST(sinks_keep_their_order_and_settings)
{
    struct leat_config *config = good(BASE "sinks:\n  b: {type: file, path: /x, tables: [\"shop.*\", a.b], compress: zstd}\n"
                                           "  a: {type: file, path: /y, rotate_size: 10MiB, when_journal_full: detach}\n");
    ck_assert_uint_eq(config->sink_count, 2);
    ck_assert_str_eq(config->sinks[0].name, "b");
    ck_assert_uint_eq(config->sinks[0].tables.count, 2);
    ck_assert_str_eq(config->sinks[0].tables.list[1], "a.b");
    ck_assert_int_eq(config->sinks[0].compress, LEAT_COMPRESS_ZSTD);
    ck_assert_uint_eq(config->sinks[1].rotate_bytes, 10u << 20);
    ck_assert_int_eq(config->sinks[1].when_journal_full, LEAT_WHEN_FULL_DETACH);
    leat_config_free(&config);
}
END_TEST

START_TEST(errors_say_file_line_column_and_the_nearest_name)
{
    bad(BASE "journal:\n  dri: /x\n", "leat.yaml:3:3: unknown setting \"dri\"", "did you mean \"dir\"?");
    bad(BASE "sinks:\n  s:\n    type: file\n    path: /x\n    rotate_sise: 1\n", "leat.yaml:6:5: unknown setting \"rotate_sise\"",
        "rotate_size");
    bad("sorce: {}\n" BASE, "leat.yaml:1:1: unknown setting \"sorce\"", "did you mean \"source\"?");
    bad(BASE "journal: {keep: 7}\n", "\"7\" is not a length of time", "7d");
    bad(BASE "journal: {max_size: 3 potatoes}\n", "is not a size", "GiB");
    bad(BASE "sinks: {s: {type: flie, path: /x}}\n", "\"flie\" is not a type of sink", "did you mean \"file\"?");
    bad(BASE "sinks: {s: {type: mysql}}\n", "url is missing", NULL);
    bad(BASE "sinks: {s: {type: file}}\n", "path is missing", NULL);
    bad("name: x\n", "source.url is missing", "mysql://user@host:port");
    bad("source:\n  urll: \"mysql://u@h\"\n", "leat.yaml:2:3: unknown setting \"urll\"", "did you mean \"url\"?");
    bad(BASE "name: [a]\n", "a single value is expected", NULL);
    bad(BASE BASE, "\"source\" is set twice", NULL);
    bad(BASE "a: &x 1\nb: *x\n", "anchors", NULL);
    bad("source: [\n", "leat.yaml:", NULL);
    bad("source: {url: \"mysql://u@h\", password: a, password_file: b}\n", "exclude each other", NULL);
    bad("source: {url: \"mysql://u@h\", start: yesterday}\n", "start", NULL);
}
END_TEST

START_TEST(urls_are_read_and_masked)
{
    struct leat_server_config server = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(leat_server_config_url(&server, "mysql://a%40b:p%3Aq@[::1]:3310/", &err), LEAT_OK);
    ck_assert_str_eq(server.user, "a@b");
    ck_assert_str_eq(server.password, "p:q");
    ck_assert_str_eq(server.host, "::1");
    ck_assert_uint_eq(server.port, 3310);
    ck_assert_ptr_null(strstr(server.url, "p:q"));
    leat_server_config_free(&server);
    ck_assert_int_eq(leat_server_config_url(&server, "mysql://root@/?socket=/run/a%20b.sock", &err), LEAT_OK);
    ck_assert_str_eq(server.socket, "/run/a b.sock");
    ck_assert_ptr_null(server.host);
    leat_server_config_free(&server);
    const char *wrong[] = {"mysql://", "http://u@h", "mysql://h", "mysql://u@", "mysql://u@h:0", "mysql://u@h:70000", "mysql://u@h:12x",
                           "mysql://u@[::1", "mysql://u%zz@h", "mysql://u@h/?x=1", "mysql://u@h/?socket=/x", "mysql://u@h/db", "mysql://u%00@h"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(leat_server_config_url(&server, wrong[i], &err) == LEAT_FAIL, "%s was taken", wrong[i]);
        leat_server_config_free(&server);
    }
}
END_TEST

static char *write_file(const char *text)
{
    static char path[] = "/tmp/leat-test-config-XXXXXX";
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

START_TEST(later_files_environment_and_overrides_win)
{
    char *path = write_file(BASE "journal: {dir: /a, keep: 1h}\nsinks: {s: {type: file, path: /x}}\n");
    const char *files[] = {path};
    const char *overrides[] = {"journal.keep=3h", "sinks.s.tables=[a.b, c.d]"};
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    setenv("LEAT_JOURNAL__DIR", "/b", 1);
    setenv("LEAT_JOURNAL__KEEP", "2h", 1);
    setenv("LEAT_LAB_CACHE", "not ours", 1);
    int rc = leat_config_load(&config, files, 1, overrides, 2, &err);
    ck_assert_msg(rc == LEAT_OK, "%s", err.message);
    ck_assert_str_eq(config->journal.dir, "/b");
    ck_assert_uint_eq(config->journal.keep_us, UINT64_C(3) * 3600 * 1000000);
    ck_assert_uint_eq(config->sinks[0].tables.count, 2);
    leat_config_free(&config);
    setenv("LEAT_JOURNAL__KEPP", "2h", 1);
    ck_assert_int_eq(leat_config_load(&config, files, 1, NULL, 0, &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "LEAT_JOURNAL__KEPP"));
    unsetenv("LEAT_JOURNAL__KEPP");
    unlink(path);
}
END_TEST

START_TEST(what_is_printed_is_read_again_and_holds_no_secret)
{
    struct leat_config *config =
        good("source: {url: \"mysql://u:hush@h\", tables: [\"a.*\"]}\nsinks: {s: {type: file, path: \"/a \\\"b\"}}\n");
    struct leat_buf buf = {0}, again = {0};
    leat_config_print(&buf, config);
    ck_assert_ptr_null(strstr(leat_buf_cstr(&buf), "hush"));
    leat_config_free(&config);
    struct leat_error err = {0};
    int rc = leat_config_parse(&config, (const char *)buf.data, buf.size, "printed", &err);
    ck_assert_msg(rc == LEAT_OK, "%s\n%s", err.message, leat_buf_cstr(&buf));
    ck_assert_str_eq(config->sinks[0].path, "/a \"b");
    leat_config_print(&again, config);
    ck_assert_str_eq(strchr(leat_buf_cstr(&again), '\n'), strchr(leat_buf_cstr(&buf), '\n'));
    leat_config_free(&config);
    leat_buf_free(&buf);
    leat_buf_free(&again);
}
END_TEST

START_TEST(the_reference_names_every_setting)
{
    struct leat_buf buf = {0};
    leat_config_reference(&buf);
    const char *names[] = {"`url`", "`heartbeat`", "`max_size`", "`rotate_interval`", "`when_journal_full`", "`level`"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&buf), names[i]));
    leat_buf_free(&buf);
}
END_TEST

START_TEST(option_files_fill_what_is_not_set)
{
    char *path = write_file("[mysqld]\nuser=wrong\n[client]\nuser = app # x\npassword=\"a b\"\nssl-mode=REQUIRED\nport=3399\n");
    struct leat_server_config server = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(leat_server_config_url(&server, "mysql://me@h", &err), LEAT_OK);
    ck_assert_int_eq(leat_server_config_defaults_file(&server, path, &err), LEAT_OK);
    ck_assert_str_eq(server.user, "me");
    ck_assert_str_eq(server.password, "a b");
    ck_assert_int_eq(server.ssl_mode, LEAT_SSL_REQUIRED);
    ck_assert_uint_eq(server.port, 3399);
    leat_server_config_free(&server);
    unlink(path);
    ck_assert_int_eq(leat_server_config_defaults_file(&server, "/nonexistent/x", &err), LEAT_FAIL);
}
END_TEST

START_TEST(damaged_files_are_errors_and_nothing_else)
{
    uint64_t state = leat_test_seed();
    static const char text[] = BASE "journal: {dir: /a, keep: 1h30m}\nsinks:\n  s:\n    type: file\n    path: /x\n    tables: [a.b]\n";
    for (int round = 0; round < 3000; round++) {
        char copy[sizeof text];
        memcpy(copy, text, sizeof text);
        for (int i = 0; i < 3; i++)
            copy[leat_test_random(&state) % (sizeof text - 1)] = (char)leat_test_random(&state);
        struct leat_config *config = NULL;
        struct leat_error err = {0};
        if (leat_config_parse(&config, copy, sizeof text - 1, "damaged", &err) == LEAT_OK)
            leat_config_free(&config);
        else
            ck_assert_int_ne(err.code, LEAT_E_NONE);
    }
}
END_TEST

/* A sink's name is part of file names. */
START_TEST(a_name_that_would_leave_its_folder_is_refused)
{
    bad(BASE "sinks: {\"../x\": {type: file, path: /x}}\n", "can't be a sink's name", NULL);
    bad(BASE "sinks: {\"..\": {type: file, path: /x}}\n", "can't be a sink's name", NULL);
    bad(BASE "sinks: {\"a/b\": {type: file, path: /x}}\n", "can't be a sink's name", NULL);
    bad(BASE "sinks: {\"a\\nb\": {type: file, path: /x}}\n", "can't be a sink's name", NULL);
    bad(BASE "name: ../x\n", "up to 64 letters, digits", NULL);
}
END_TEST

/* What is printed is YAML that means the same, whatever is in a text. */
START_TEST(odd_characters_are_printed_so_that_they_are_read_back)
{
    struct leat_config *config = good("source: {url: \"mysql://u%1C%40%25\\xE4@[::1]:33/\", ssl_ca: \"a\\u2028\\x07\\uFFFE\\\"\"}\n"
                                      "sinks: {a: {type: file, path: /x}}\n");
    ck_assert_str_eq(config->source.server.user, "u\x1c@%\xc3\xa4");
    struct leat_buf text = {0}, again = {0};
    leat_config_print(&text, config);
    ck_assert_ptr_nonnull(strstr(leat_buf_cstr(&text), "\"mysql://u%1C%40%25\xc3\xa4@[::1]:33/\""));
    struct leat_config *read = good(leat_buf_cstr(&text));
    ck_assert_str_eq(read->source.server.user, config->source.server.user);
    ck_assert_str_eq(read->source.server.ssl_ca, config->source.server.ssl_ca);
    leat_config_print(&again, read);
    ck_assert_str_eq(leat_buf_cstr(&text), leat_buf_cstr(&again));
    leat_config_free(&read);
    leat_config_free(&config);
    leat_buf_free(&text);
    leat_buf_free(&again);
}
END_TEST

/* The value of a name of others, or "(none)". */
static const char *pair(const struct leat_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (!strcmp(pairs->list[i].name, name))
            return pairs->list[i].value;
    return "(none)";
}

START_TEST(settings_that_others_named_are_taken_as_they_are)
{
    struct leat_config *config = good(BASE "sinks:\n  e:\n    type: kafka\n    kafka:\n      bootstrap.servers: [\"k1:9092\", \"k2:9092\"]\n"
                                           "      linger.ms: 5\n    debezium: {decimal.handling.mode: string}\n    maxwell:\n");
    const struct leat_sink_config *sink = &config->sinks[0];
    ck_assert_uint_eq(sink->kafka.count, 2);
    ck_assert_str_eq(pair(&sink->kafka, "bootstrap.servers"), "k1:9092,k2:9092");
    ck_assert_str_eq(pair(&sink->kafka, "linger.ms"), "5");
    ck_assert_str_eq(pair(&sink->debezium, "decimal.handling.mode"), "string");
    ck_assert_uint_eq(sink->maxwell.count, 0);
    ck_assert_str_eq(sink->topic, "{name}.{database}.{table}");
    ck_assert_uint_eq(sink->commit_interval_ms, 100);
    leat_config_free(&config);
    bad(BASE "sinks:\n  e:\n    type: kafka\n    kafka:\n      ssl:\n        ca: x\n", "leat.yaml:7:9: kafka: a name and a text", NULL);
    bad(BASE "sinks: {e: {type: kafka, kafka: k1}}\n", "names and their values are expected", NULL);
    bad(BASE "sinks: {e: {type: kafka, kafka: [a]}}\n", "a single value is expected", NULL);
    bad(BASE "sinks: {e: {type: kafka, kafka: {a: 1, a: 2}}}\n", "\"a\" is set twice", NULL);
    bad(BASE "sinks: {e: {type: kafka, path: /x}}\n", "unknown setting \"path\" of a sink of type kafka", NULL);
    bad(BASE "sinks: {e: {type: kafka, delivery: once}}\n", "is not one of: exactly_once, at_least_once", NULL);
    bad(BASE "sinks: {e: {type: file, path: /x, topic: t}}\n", "unknown setting \"topic\" of a sink of type file", NULL);
}
END_TEST

START_TEST(the_rest_of_a_path_below_them_is_one_name)
{
    char *path = write_file(BASE "sinks: {my.e: {type: kafka, kafka: {linger.ms: 5}}, f: {type: kafka}}\n");
    const char *files[] = {path};
    const char *overrides[] = {"sinks.f.kafka.bootstrap.servers=k1:9092", "sinks.f.debezium.time.precision.mode=connect",
                               "sinks.f.topic_config.cleanup.policy=compact", "sinks.f.topic=t"};
    setenv("LEAT_SINKS__F__KAFKA__SASL_PASSWORD__FILE", "/run/secrets/kafka", 1);
    setenv("LEAT_SINKS__F__KAFKA__LOG__LEVEL", "7", 1);
    setenv("LEAT_SINKS__F__KAFKA__ssl.ca.location", "/ca", 1);
    setenv("LEAT_SINKS__F__MAXWELL__OUTPUT_DDL", "true", 1);
    setenv("LEAT_SINKS__F__CANAL__dynamicTopic", "a:b.*", 1);
    setenv("LEAT_SINKS__F__COMMIT_INTERVAL", "50ms", 1);
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    int rc = leat_config_load(&config, files, 1, overrides, 4, &err);
    ck_assert_msg(rc == LEAT_OK, "%s", err.message);
    const struct leat_sink_config *sink = &config->sinks[1];
    ck_assert_str_eq(pair(&sink->kafka, "bootstrap.servers"), "k1:9092");
    ck_assert_str_eq(pair(&sink->kafka, "sasl.password_file"), "/run/secrets/kafka");
    ck_assert_str_eq(pair(&sink->kafka, "log_level"), "7");
    ck_assert_str_eq(pair(&sink->kafka, "ssl.ca.location"), "/ca");
    ck_assert_str_eq(pair(&sink->debezium, "time.precision.mode"), "connect");
    ck_assert_str_eq(pair(&sink->topic_config, "cleanup.policy"), "compact");
    ck_assert_str_eq(pair(&sink->maxwell, "output_ddl"), "true");
    ck_assert_str_eq(pair(&sink->canal, "dynamicTopic"), "a:b.*");
    ck_assert_uint_eq(sink->commit_interval_ms, 50);
    ck_assert_str_eq(sink->topic, "t");
    leat_config_free(&config);
    const char *names[] = {"LEAT_SINKS__F__KAFKA__SASL_PASSWORD__FILE", "LEAT_SINKS__F__KAFKA__LOG__LEVEL", "LEAT_SINKS__F__KAFKA__ssl.ca.location",
                           "LEAT_SINKS__F__MAXWELL__OUTPUT_DDL", "LEAT_SINKS__F__CANAL__dynamicTopic", "LEAT_SINKS__F__COMMIT_INTERVAL"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    unlink(path);
}
END_TEST

START_TEST(secrets_among_them_are_masked)
{
    struct leat_config *config = good(BASE "sinks:\n  e:\n    type: kafka\n    kafka: {sasl.password: hush1, ssl.key.password: hush2, ssl.key.pem: hush3,\n"
                                           "      sasl.oauthbearer.client.secret: hush4, sasl.password_file: /run/shown, ssl.key.location: /shown.key,\n"
                                           "      ssl.keystore.password: hush5, sasl.oauthbearer.config: hush6, SASL.PASSWORD: hush7, sasl.username: me}\n");
    struct leat_buf text = {0};
    leat_config_print(&text, config);
    const char *printed = leat_buf_cstr(&text);
    ck_assert_msg(!strstr(printed, "hush"), "%s", printed);
    ck_assert_ptr_nonnull(strstr(printed, "\"sasl.password_file\": \"/run/shown\""));
    ck_assert_ptr_nonnull(strstr(printed, "\"ssl.key.location\": \"/shown.key\""));
    ck_assert_ptr_nonnull(strstr(printed, "\"sasl.username\": \"me\""));
    leat_config_free(&config);
    config = good(printed); /* and what is printed can be read */
    ck_assert_str_eq(pair(&config->sinks[0].kafka, "sasl.username"), "me");
    leat_config_free(&config);
    leat_buf_free(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("config");
    LEAT_TEST_ADD(all, defaults_are_as_documented);
    LEAT_TEST_ADD(all, a_name_that_would_leave_its_folder_is_refused);
    LEAT_TEST_ADD(all, odd_characters_are_printed_so_that_they_are_read_back);
    LEAT_TEST_ADD(all, sinks_keep_their_order_and_settings);
    LEAT_TEST_ADD(all, errors_say_file_line_column_and_the_nearest_name);
    LEAT_TEST_ADD(all, urls_are_read_and_masked);
    LEAT_TEST_ADD(all, later_files_environment_and_overrides_win);
    LEAT_TEST_ADD(all, what_is_printed_is_read_again_and_holds_no_secret);
    LEAT_TEST_ADD(all, the_reference_names_every_setting);
    LEAT_TEST_ADD(all, option_files_fill_what_is_not_set);
    LEAT_TEST_ADD(all, damaged_files_are_errors_and_nothing_else);
    LEAT_TEST_ADD(all, settings_that_others_named_are_taken_as_they_are);
    LEAT_TEST_ADD(all, the_rest_of_a_path_below_them_is_one_name);
    LEAT_TEST_ADD(all, secrets_among_them_are_masked);
    return all;
}

LEAT_TEST_MAIN(suite)
