/* librdkafka's properties: our defaults, what is passed on, what is refused and why. */
#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/config.h"
#include "sink/kafka_int.h"
#include "sink/kafka_properties_int.h"

#define BASE "source: {url: \"mysql://cdc@db1\"}\n"

static struct leat_config *load(const char *sink)
{
    char yaml[4000];
    snprintf(yaml, sizeof yaml, BASE "name: shop\nsinks:\n  events: {type: kafka, %s}\n", sink);
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    int rc = leat_config_parse(&config, yaml, strlen(yaml), "leat.yaml", &err);
    ck_assert_msg(rc == LEAT_OK, "%s", err.message);
    return config;
}

static int settings(rd_kafka_conf_t **conf, const char *sink, enum kafka_role role, struct leat_error *err)
{
    struct leat_config *config = load(sink);
    struct leat_sink_env env = {.config = &config->sinks[0], .relay_name = "shop", .fs = leat_fs_real(), .clock = leat_clock_real()};
    int rc = leat_kafka_settings(conf, &env, role, err);
    leat_config_free(&config);
    return rc;
}

static const char *get(rd_kafka_conf_t *conf, const char *name)
{
    static char value[512];
    size_t size = sizeof value;
    return rd_kafka_conf_get(conf, name, value, &size) == RD_KAFKA_CONF_OK ? value : "(none)";
}

static rd_kafka_conf_t *good(const char *sink, enum kafka_role role)
{
    rd_kafka_conf_t *conf = NULL;
    struct leat_error err = {0};
    int rc = settings(&conf, sink, role, &err);
    ck_assert_msg(rc == LEAT_OK, "%s", err.message);
    return conf;
}

static void bad(const char *sink, const char *message, const char *cure)
{
    rd_kafka_conf_t *conf = NULL;
    struct leat_error err = {0};
    ck_assert_msg(settings(&conf, sink, KAFKA_PRODUCER, &err) == LEAT_FAIL, "%s is taken", sink);
    ck_assert_msg(strstr(err.message, message), "\"%s\" is not in \"%s\"", message, err.message);
    ck_assert_msg(strstr(err.cure, cure), "\"%s\" is not in \"%s\"", cure, err.cure);
    ck_assert_int_eq(leat_error_exit_status(&err), 2);
}

#define K "kafka: {bootstrap.servers: \"k1:9092\", "

START_TEST(defaults_are_ours_and_what_is_given_wins)
{
    rd_kafka_conf_t *conf = good(K "linger.ms: 7, compression.type: zstd}", KAFKA_PRODUCER);
    ck_assert_str_eq(get(conf, "bootstrap.servers"), "k1:9092");
    ck_assert_str_eq(get(conf, "linger.ms"), "7");
    ck_assert_str_eq(get(conf, "compression.codec"), "zstd");
    ck_assert_str_eq(get(conf, "batch.num.messages"), "20000");
    ck_assert_str_eq(get(conf, "queue.buffering.max.kbytes"), "16384");
    ck_assert_str_eq(get(conf, "enable.idempotence"), "true");
    ck_assert_str_eq(get(conf, "transactional.id"), "leat.shop.events");
    ck_assert_str_eq(get(conf, "transaction.timeout.ms"), "15000");
    ck_assert_str_eq(get(conf, "client.id"), "leat.shop.events");
    rd_kafka_conf_destroy(conf);
    conf = good("delivery: at_least_once, kafka: {bootstrap.servers: k, message.max.bytes: 100000000}", KAFKA_PRODUCER);
    ck_assert_str_eq(get(conf, "message.timeout.ms"), "0");
    ck_assert_str_eq(get(conf, "queue.buffering.max.kbytes"), "390624"); /* a message that is larger than the queue would wait for ever */
    ck_assert_str_ne(get(conf, "transactional.id"), "leat.shop.events");
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(readers_get_what_concerns_them_only)
{
    rd_kafka_conf_t *conf = good(K "linger.ms: 7, sasl.username: me, fetch.min.bytes: 5}", KAFKA_READER);
    ck_assert_str_eq(get(conf, "isolation.level"), "read_committed");
    ck_assert_str_eq(get(conf, "linger.ms"), "5"); /* librdkafka's own */
    ck_assert_str_eq(get(conf, "sasl.username"), "me");
    ck_assert_str_eq(get(conf, "fetch.min.bytes"), "5");
    rd_kafka_conf_destroy(conf);
    conf = good(K "transactional.id: mine}", KAFKA_ADMIN);
    ck_assert_str_eq(get(conf, "bootstrap.servers"), "k1:9092");
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(what_would_break_a_promise_is_refused_with_the_reason)
{
    bad(K "acks: 1}", "kafka.acks: 1 is refused: a change that only some of the brokers have is lost with them", "leave it out");
    bad(K "request.required.acks: 0}", "request.required.acks: 0 is refused", "leave it out");
    bad(K "enable.idempotence: false}", "puts changes twice", "leave it out");
    bad(K "max.in.flight: 6}", "last five requests", "at most 5");
    bad(K "queuing.strategy: lifo}", "another order", "fifo");
    bad(K "message.timeout.ms: 1000}", "message.timeout.ms: 1000 is refused", "leave it out");
    bad("delivery: at_least_once, " K "delivery.timeout.ms: 30000}", "delivery.timeout.ms: 30000 is refused", "leave it out");
    bad(K "retries: 0}", "retries: 0 is refused", "time");
    bad(K "isolation.level: read_uncommitted}", "leat reads nothing but its checkpoint", "leave it out");
    bad("commit_interval: 2s, " K "transaction.timeout.ms: 3000}", "at most half of kafka.transaction.timeout.ms (3000 ms)", "100ms");
    bad(K "transaction.timeout.ms: 100}", "transaction.timeout.ms: 100 is refused", "at least 1000");
    bad(K "message.max.bytes: 60000000, queue.buffering.max.kbytes: 32768}", "would never find room", "raise it");
    rd_kafka_conf_t *conf = good(K "acks: all, enable.idempotence: true, max.in.flight: 5, queuing.strategy: fifo, message.timeout.ms: 10000}",
                                 KAFKA_PRODUCER);
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(what_loads_code_or_runs_commands_is_refused)
{
    bad(K "plugin.library.paths: /tmp/x.so}", "it loads code into this process", "leave it out");
    bad(K "ssl.engine.location: /tmp/x.so}", "it loads code into this process", "needs no engine");
    bad(K "sasl.kerberos.kinit.cmd: \"rm -rf /\"}", "it runs a command", "ticket in the cache");
    bad(K "sasl.kerberos.kinit.cmd_file: /tmp/x}", "it runs a command", "ticket in the cache");
    rd_kafka_conf_t *conf = good(K "sasl.mechanism: GSSAPI, security.protocol: SASL_SSL}", KAFKA_PRODUCER);
    ck_assert_str_eq(get(conf, "sasl.kerberos.min.time.before.relogin"), "0"); /* or librdkafka runs kinit through a shell */
    rd_kafka_conf_destroy(conf);
}
END_TEST

START_TEST(names_that_there_are_not_get_the_nearest_one)
{
    bad(K "bootstrap.server: x}", "librdkafka", "did you mean \"bootstrap.servers\"?");
    bad(K "sasl.pasword_file: x}", "kafka.sasl.pasword_file", "did you mean \"sasl.password\"?");
    bad(K "topic: x}", "no such property", "beside `kafka`");
    bad(K "log_cb: x}", "no such property", "");
    bad("kafka: {client.id: x}", "kafka.bootstrap.servers is missing", "sinks.events.kafka.bootstrap.servers");
    bad(K "linger.ms: often}", "kafka.linger.ms: ", "CONFIGURATION.md");
    bad(K "acks: all, request.required.acks: all}", "say the same", "");
    bad(K "sasl.password: a, sasl.password_file: b}", "say the same", "");
}
END_TEST

START_TEST(secrets_come_from_files_that_are_read_each_time)
{
    char path[] = "/tmp/leat-test-kafka-XXXXXX", sink[300];
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, "first\n", 6), 6);
    snprintf(sink, sizeof sink, K "sasl.password_file: \"%s\"}", path);
    rd_kafka_conf_t *conf = good(sink, KAFKA_PRODUCER);
    ck_assert_str_eq(get(conf, "sasl.password"), "first");
    rd_kafka_conf_destroy(conf);
    ck_assert_int_eq(pwrite(fd, "other\n", 6, 0), 6);
    conf = good(sink, KAFKA_PRODUCER);
    ck_assert_str_eq(get(conf, "sasl.password"), "other");
    rd_kafka_conf_destroy(conf);
    close(fd);
    unlink(path);
    rd_kafka_conf_t *none = NULL;
    struct leat_error err = {0};
    ck_assert_int_eq(settings(&none, sink, KAFKA_PRODUCER, &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "sasl.password_file"));
    ck_assert_ptr_nonnull(strstr(err.message, path));
    struct leat_config *config = load(sink); /* fine as a configuration: the file is for who runs it */
    struct leat_sink_env env = {.config = &config->sinks[0], .relay_name = "shop", .fs = leat_fs_real(), .clock = leat_clock_real()};
    ck_assert_int_eq(leat_kafka_settings_check(&env, &err), LEAT_OK);
    leat_config_free(&config);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("kafka settings");
    LEAT_TEST_ADD(all, defaults_are_ours_and_what_is_given_wins);
    LEAT_TEST_ADD(all, readers_get_what_concerns_them_only);
    LEAT_TEST_ADD(all, what_would_break_a_promise_is_refused_with_the_reason);
    LEAT_TEST_ADD(all, what_loads_code_or_runs_commands_is_refused);
    LEAT_TEST_ADD(all, names_that_there_are_not_get_the_nearest_one);
    LEAT_TEST_ADD(all, secrets_come_from_files_that_are_read_each_time);
    return all;
}

LEAT_TEST_MAIN(suite)
