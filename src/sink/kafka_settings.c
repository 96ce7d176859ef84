/* What librdkafka is told (kafka_int.h): our defaults, then what the user gave, then what can't be otherwise; and its log lines,
 * which become ours. The runner's thread; log lines come in any.
 *
 * A librdkafka configuration is made anew for each handle: secrets in files are read then, so that one that was changed counts at the
 * next attempt to connect. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kafka_int.h"
#include "kafka_properties_int.h"

enum { SECRET_BYTES_MAX = 1 << 20, QUEUE_KBYTES = 16384 };

struct setting {
    const char *name, *value;
};

/* Of producers. Measured: docs/sinks/kafka.md says what each is worth. */
static const struct setting producer_defaults[] = {
    {"compression.codec", "lz4"},
    {"batch.size", "1000000"},
    {"batch.num.messages", "20000"},
    {"queue.buffering.max.messages", "1000000"},
    {"linger.ms", "1"},
    {"enable.idempotence", "true"},
    {"acks", "all"},
};

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct leat_error *err)
{
    char text[512];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return LEAT_OK;
    if (leat_config_secret(name)) /* librdkafka may quote it */
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.%s: librdkafka doesn't take the value", name);
    else
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.%s: %s", name, text);
    return leat_cure(err, "correct it; CONFIGURATION.md of librdkafka %s says what it takes", rd_kafka_version_str());
}

static int set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value, struct leat_error *err)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return set(conf, name, text, err);
}

/* ---- Callbacks ---- */

/* syslog's levels: 3 and less are errors to librdkafka, which goes on trying; whether it is one to us is decided where it matters. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    const struct kafka_client *client = rd_kafka_opaque(handle);
    enum leat_log_level ours = level <= 4 ? LEAT_LOG_WARN : level <= 6 ? LEAT_LOG_INFO : LEAT_LOG_DEBUG;
    leat_log(ours, "kafka", client ? client->env->config->name : NULL, "%s: %s", facility, text);
}

/* What OpenSSL found stands; it is only kept, for librdkafka says nothing more than that it was something. */
static int on_certificate(rd_kafka_t *handle, const char *broker, int32_t broker_id, int *number, int depth, const char *bytes, size_t size, char *text,
                          size_t text_size, void *opaque)
{
    (void)handle, (void)broker, (void)broker_id, (void)depth, (void)bytes, (void)size;
    struct kafka_client *client = opaque;
    if (!*number)
        return 1;
    if (client)
        atomic_store(&client->certificate, *number);
    snprintf(text, text_size, "%s", X509_verify_cert_error_string(*number));
    return 0;
}

/* ---- What the user gave ---- */

/* Secrets are often mounted as symbolic links, which leat_fs doesn't follow. */
static int read_secret(struct leat_buf *buf, const char *path, struct leat_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "%s", path);
        err->code = LEAT_E_CONFIG;
        return LEAT_FAIL;
    }
    ssize_t got = 1;
    while (got > 0 && buf->size <= SECRET_BYTES_MAX) {
        got = read(fd, leat_buf_reserve(buf, 4096), 4096);
        if (got > 0)
            leat_buf_commit(buf, (size_t)got);
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    int number = errno;
    close(fd);
    if (got < 0)
        return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "%s", path);
    while (buf->size && strchr("\r\n", buf->data[buf->size - 1]))
        buf->size--;
    if (buf->size > SECRET_BYTES_MAX || (buf->size && memchr(buf->data, 0, buf->size)))
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: that is no secret in text (%zu bytes)", path, buf->size);
    return LEAT_OK;
}

static int set_from_file(rd_kafka_conf_t *conf, const char *name, const char *path, struct leat_error *err)
{
    struct leat_buf text = {0};
    int rc = read_secret(&text, path, err);
    if (rc)
        (void)leat_error_prefix(err, "kafka.%s_file", name);
    else
        rc = set(conf, name, leat_buf_cstr(&text), err);
    if (text.data)
        explicit_bzero(text.data, text.capacity);
    leat_buf_free(&text);
    return rc;
}

static int set_given(rd_kafka_conf_t *conf, const struct leat_sink_env *env, const struct kafka_properties *properties, bool consumer,
                     bool with_files, struct leat_error *err)
{
    for (size_t i = 0; i < env->config->kafka.count; i++) {
        const struct leat_pair *pair = &env->config->kafka.list[i];
        char name[256];
        size_t size;
        bool in_file = leat_kafka_property_in_file(pair->name, &size);
        snprintf(name, sizeof name, "%.*s", (int)size, pair->name);
        const struct kafka_property *property = leat_kafka_property_find(properties, name);
        /* librdkafka warns of a property that is for the other kind of client. */
        if (property && property->scope == (consumer ? KAFKA_OF_PRODUCERS : KAFKA_OF_CONSUMERS))
            continue;
        if (in_file && !with_files)
            continue;
        if (in_file ? set_from_file(conf, name, pair->value, err) : set(conf, name, pair->value, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* ---- What can't be otherwise ---- */

static int set_reader(rd_kafka_conf_t *conf, struct leat_error *err)
{
    static const struct setting needed[] = {{"isolation.level", "read_committed"}, {"enable.partition.eof", "true"},
                                            {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
                                            {"auto.offset.reset", "earliest"}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (set(conf, needed[i].name, needed[i].value, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static int set_transactional(rd_kafka_conf_t *conf, const struct leat_sink_env *env, struct leat_error *err)
{
    char id[256];
    snprintf(id, sizeof id, "leat.%s.%s", env->relay_name, env->config->name);
    if (!leat_kafka_given(env->config, "transactional.id") && set(conf, "transactional.id", id, err))
        return LEAT_FAIL;
    return leat_kafka_given(env->config, "transaction.timeout.ms")
               ? LEAT_OK
               : set_number(conf, "transaction.timeout.ms", KAFKA_TRANSACTION_TIMEOUT_MS, err);
}

static int set_producer(rd_kafka_conf_t *conf, const struct leat_sink_env *env, enum kafka_role role, struct leat_error *err)
{
    const struct leat_sink_config *config = env->config;
    if (config->delivery == LEAT_DELIVERY_EXACTLY_ONCE)
        return role == KAFKA_PRODUCER ? set_transactional(conf, env, err) : LEAT_OK;
    if (!leat_kafka_given(config, "message.timeout.ms delivery.timeout.ms"))
        return set(conf, "message.timeout.ms", "0", err); /* for ever: an order that has a hole would be none */
    return LEAT_OK;
}

static uint64_t queue_kbytes(const struct leat_sink_env *env)
{
    uint64_t message = (uint64_t)leat_kafka_given_number(env->config, "message.max.bytes", 0);
    uint64_t room = 4 * (message / 1024);
    return room > QUEUE_KBYTES ? room : QUEUE_KBYTES;
}

size_t leat_kafka_queue_bytes(const struct leat_sink_env *env)
{
    return (size_t)leat_kafka_given_number(env->config, "queue.buffering.max.kbytes", (double)queue_kbytes(env)) * 1024;
}

static int set_defaults(rd_kafka_conf_t *conf, const struct leat_sink_env *env, const struct kafka_properties *properties, bool consumer,
                        struct leat_error *err)
{
    char id[256];
    snprintf(id, sizeof id, "leat.%s.%s", env->relay_name, env->config->name);
    if (set(conf, "client.id", id, err) || set(conf, "log.connection.close", "false", err))
        return LEAT_FAIL;
    /* Kerberos by the tickets that are there: librdkafka's own way is to run kinit through a shell. */
    static const char kinit[] = "sasl.kerberos.min.time.before.relogin";
    if (leat_kafka_property_find(properties, kinit) && set(conf, kinit, "0", err))
        return LEAT_FAIL;
    if (consumer)
        return LEAT_OK;
    for (size_t i = 0; i < sizeof producer_defaults / sizeof *producer_defaults; i++)
        if (set(conf, producer_defaults[i].name, producer_defaults[i].value, err))
            return LEAT_FAIL;
    return set_number(conf, "queue.buffering.max.kbytes", queue_kbytes(env), err);
}

static int build(rd_kafka_conf_t *conf, const struct leat_sink_env *env, enum kafka_role role, bool with_files,
                 const struct kafka_properties *properties, struct leat_error *err)
{
    bool consumer = role == KAFKA_READER;
    rd_kafka_conf_set_log_cb(conf, on_log);
    (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate); /* refused only by a librdkafka that can't do TLS */
    if (role == KAFKA_PRODUCER || leat_kafka_given(env->config, "statistics.interval.ms"))
        rd_kafka_conf_set_stats_cb(conf, leat_kafka_on_statistics);
    if (role == KAFKA_PRODUCER && set(conf, "statistics.interval.ms", "10000", err))
        return LEAT_FAIL;
    if (set_defaults(conf, env, properties, consumer, err) || set_given(conf, env, properties, consumer, with_files, err))
        return LEAT_FAIL;
    return consumer ? set_reader(conf, err) : set_producer(conf, env, role, err);
}

static int make(rd_kafka_conf_t **conf, const struct leat_sink_env *env, enum kafka_role role, bool with_files, struct leat_error *err)
{
    struct kafka_properties properties = {0};
    rd_kafka_conf_t *made = rd_kafka_conf_new();
    int rc = leat_kafka_properties_load(&properties, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_properties_check(&properties, env->config, err);
    if (rc == LEAT_OK)
        rc = build(made, env, role, with_files, &properties, err);
    leat_kafka_properties_free(&properties);
    if (rc == LEAT_OK)
        *conf = made;
    else
        rd_kafka_conf_destroy(made);
    return rc;
}

int leat_kafka_settings(rd_kafka_conf_t **conf, const struct leat_sink_env *env, enum kafka_role role, struct leat_error *err)
{
    return make(conf, env, role, true, err);
}

int leat_kafka_settings_check(const struct leat_sink_env *env, struct leat_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    int rc = make(&conf, env, KAFKA_PRODUCER, false, err);
    if (conf)
        rd_kafka_conf_destroy(conf);
    return rc;
}
