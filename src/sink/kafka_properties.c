/* Which properties of librdkafka there are, and which are refused (kafka_properties_int.h). Any thread.
 *
 * The names come from librdkafka itself, so that a newer one brings its own; what is refused is known by name here. */
#include "kafka_properties_int.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"

enum { PROPERTIES_MAX = 2000, NAME_MAX_BYTES = 200 };

/* ---- What there is ---- */

static void add(struct kafka_properties *properties, const char *name, size_t size, char scope)
{
    if (properties->count >= PROPERTIES_MAX || size > NAME_MAX_BYTES)
        return;
    if (!(properties->count & (properties->count + 1)))
        properties->list = leat_realloc(properties->list, (2 * properties->count + 2) * sizeof *properties->list);
    properties->list[properties->count++] = (struct kafka_property){
        leat_strndup(name, size), scope == 'C' ? KAFKA_OF_CONSUMERS : scope == 'P' ? KAFKA_OF_PRODUCERS : KAFKA_OF_BOTH};
}

/* A line of librdkafka's table: "name   |  P  | range | …". */
static void read_line(struct kafka_properties *properties, const char *line)
{
    size_t size = strcspn(line, " |\n");
    const char *bar = strchr(line, '|');
    if (!size || !bar || line[0] == '-')
        return;
    const char *scope = bar + 1 + strspn(bar + 1, " ");
    if (strchr("*CP", *scope) && scope[1] == ' ')
        add(properties, line, size, *scope);
}

int leat_kafka_properties_load(struct kafka_properties *properties, struct leat_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return leat_fail_errno(err, 0, LEAT_KIND_RETRY, "listing librdkafka's properties");
    rd_kafka_conf_properties_show(stream);
    fclose(stream);
    for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        read_line(properties, line);
    free(text);
    return properties->count ? LEAT_OK : leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "librdkafka names no properties");
}

void leat_kafka_properties_free(struct kafka_properties *properties)
{
    for (size_t i = 0; i < properties->count; i++)
        free(properties->list[i].name);
    free(properties->list);
    *properties = (struct kafka_properties){0};
}

const struct kafka_property *leat_kafka_property_find(const struct kafka_properties *properties, const char *name)
{
    for (size_t i = 0; i < properties->count; i++)
        if (!strcmp(properties->list[i].name, name))
            return &properties->list[i];
    return NULL;
}

bool leat_kafka_property_in_file(const char *name, size_t *size)
{
    static const char end[] = "_file";
    size_t whole = strlen(name);
    *size = whole;
    if (whole < sizeof end || strcmp(name + whole - (sizeof end - 1), end) != 0)
        return false;
    *size = whole - (sizeof end - 1);
    return true;
}

/* ---- What is given ---- */

static bool is_one_of(const char *names, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = names; size && (at = strstr(at, name)) != NULL; at++)
        if ((at == names || at[-1] == ' ') && (at[size] == ' ' || !at[size]))
            return true;
    return false;
}

const char *leat_kafka_given(const struct leat_sink_config *config, const char *names)
{
    for (size_t i = 0; i < config->kafka.count; i++)
        if (is_one_of(names, config->kafka.list[i].name))
            return config->kafka.list[i].value;
    return NULL;
}

double leat_kafka_given_number(const struct leat_sink_config *config, const char *names, double otherwise)
{
    const char *text = leat_kafka_given(config, names);
    return text ? strtod(text, NULL) : otherwise;
}

/* ---- What is refused ---- */

struct refusal {
    const char *names;
    const char *reason, *cure;
};

#define CURE_DROP "leave it out"

static const struct refusal refusals[] = {
    {"plugin.library.paths interceptors", "it loads code into this process", CURE_DROP},
    {"ssl.engine.location ssl.engine.id ssl.providers", "it loads code into this process",
     "leave it out; a key in a file, or in ssl.key.pem_file, needs no engine"},
    {"sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin", "it runs a command",
     "leave it out, and keep a ticket in the cache by kinit or k5start beside leat"},
    {"internal.termination.signal", "signals are this process's own", CURE_DROP},
    {"enabled_events log.queue enable_sasl_queue delivery.report.only.error enable.random.seed message.copy.max.bytes",
     "leat needs it as it sets it", CURE_DROP},
    {"group.id group.instance.id partition.assignment.strategy group.protocol.type enable.auto.commit auto.commit.enable "
     "auto.commit.interval.ms enable.auto.offset.store auto.offset.reset offset.store.method offset.store.path "
     "offset.store.sync.interval.ms isolation.level enable.partition.eof",
     "leat reads nothing but its checkpoint, without a group, and needs this as it sets it", CURE_DROP},
    {"partitioner", "leat chooses partitions itself", "set `partitioner` of the sink, not below `kafka`"},
    {"allow.auto.create.topics", "leat makes topics itself, as `missing_topics` says", CURE_DROP},
};

static int refuse(const struct leat_sink_config *config, const char *name, const char *reason, const char *cure, struct leat_error *err)
{
    const char *value = leat_kafka_given(config, name);
    if (value && !leat_config_secret(name) && strlen(value) < 100)
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.%s: %s is refused: %s", name, value, reason);
    else
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.%s is refused: %s", name, reason);
    return leat_cure(err, "%s", cure);
}

static bool is_pointer(const char *name)
{
    size_t size = strlen(name);
    return is_one_of("opaque default_topic_conf ssl_key ssl_certificate ssl_ca ssl_engine_callback_data msg_order_cmp builtin.features", name) ||
           (size > 3 && !strcmp(name + size - 3, "_cb"));
}

static int check_name(const struct kafka_properties *properties, const struct leat_sink_config *config, const char *given,
                      struct leat_error *err)
{
    size_t size;
    (void)leat_kafka_property_in_file(given, &size);
    char name[NAME_MAX_BYTES + 1];
    snprintf(name, sizeof name, "%.*s", (int)(size < NAME_MAX_BYTES ? size : NAME_MAX_BYTES), given);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (is_one_of(refusals[i].names, name))
            return refuse(config, given, refusals[i].reason, refusals[i].cure, err);
    if (leat_kafka_property_find(properties, name) && !is_pointer(name))
        return LEAT_OK;
    const char *names[PROPERTIES_MAX];
    for (size_t i = 0; i < properties->count; i++)
        names[i] = properties->list[i].name;
    const char *nearest = leat_nearest(name, names, properties->count);
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.%.200s: librdkafka %s has no such property", given, rd_kafka_version_str());
    if (nearest)
        return leat_cure(err, "did you mean \"%s\"?", nearest);
    return leat_cure(err, "its properties are listed in its CONFIGURATION.md; settings of leat itself stand beside `kafka`, not in it");
}

/* Twice the same by two names, or once in clear and once in a file. */
static int check_twice(const struct leat_sink_config *config, struct leat_error *err)
{
    static const char *const same[] = {"acks request.required.acks", "bootstrap.servers metadata.broker.list",
                                       "max.in.flight max.in.flight.requests.per.connection", "linger.ms queue.buffering.max.ms",
                                       "retries message.send.max.retries", "compression.type compression.codec",
                                       "message.timeout.ms delivery.timeout.ms", "sasl.mechanism sasl.mechanisms"};
    for (size_t i = 0; i < config->kafka.count; i++) {
        for (size_t k = 0; k < i; k++) {
            const char *a = config->kafka.list[i].name, *b = config->kafka.list[k].name;
            size_t a_size, b_size;
            bool twice = leat_kafka_property_in_file(a, &a_size) != leat_kafka_property_in_file(b, &b_size) && a_size == b_size &&
                         !memcmp(a, b, a_size);
            for (size_t n = 0; n < sizeof same / sizeof *same; n++)
                twice = twice || (is_one_of(same[n], a) && is_one_of(same[n], b));
            if (twice)
                return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.%.200s and kafka.%.200s say the same: only one may be set", b, a);
        }
    }
    return LEAT_OK;
}

static bool is_word(const char *value, const char *words)
{
    char lower[40] = "";
    for (size_t i = 0; value[i] && i < sizeof lower - 1; i++)
        lower[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
    return *lower && is_one_of(words, lower);
}

static int check_values(const struct leat_sink_config *config, struct leat_error *err)
{
    const char *acks = leat_kafka_given(config, "acks request.required.acks");
    const char *idempotence = leat_kafka_given(config, "enable.idempotence");
    const char *strategy = leat_kafka_given(config, "queuing.strategy");
    if (acks && !is_word(acks, "all -1"))
        return refuse(config, leat_kafka_given(config, "acks") ? "acks" : "request.required.acks",
                      "a change that only some of the brokers have is lost with them", "leave it out: it is `all`", err);
    if (idempotence && !is_word(idempotence, "true 1 t"))
        return refuse(config, "enable.idempotence", "without it, a request sent again puts changes twice, or in another order",
                      "leave it out: it is `true`", err);
    if (leat_kafka_given_number(config, "max.in.flight max.in.flight.requests.per.connection", 5) > 5)
        return refuse(config, leat_kafka_given(config, "max.in.flight") ? "max.in.flight" : "max.in.flight.requests.per.connection",
                      "brokers keep order and tell repetitions only among the last five requests", "set at most 5, or leave it out", err);
    if (strategy && !is_word(strategy, "fifo"))
        return refuse(config, "queuing.strategy", "changes would arrive in another order", "leave it out: it is `fifo`", err);
    if (leat_kafka_given_number(config, "retries message.send.max.retries", 1000) < 10)
        return refuse(config, leat_kafka_given(config, "retries") ? "retries" : "message.send.max.retries",
                      "a broker that restarts would be an error", "leave it out: what bounds retries is time", err);
    return LEAT_OK;
}

static int check_times(const struct leat_sink_config *config, struct leat_error *err)
{
    bool exact = config->delivery == LEAT_DELIVERY_EXACTLY_ONCE;
    const char *which = leat_kafka_given(config, "message.timeout.ms") ? "message.timeout.ms" : "delivery.timeout.ms";
    double message = leat_kafka_given_number(config, which, 0), transaction = leat_kafka_given_number(config, "transaction.timeout.ms", KAFKA_TRANSACTION_TIMEOUT_MS);
    if (message > 0 && message < (exact ? 5000 : 60000))
        return refuse(config, which, "a message that waits for a broker's restart would be an error, and all behind the checkpoint be sent again",
                      exact ? "leave it out: it follows transaction.timeout.ms" : "leave it out: a message waits until it is delivered", err);
    if (exact && message > transaction)
        return refuse(config, which, "it is longer than transaction.timeout.ms, after which a message can't be delivered", "leave it out", err);
    if (exact && transaction < 1000)
        return refuse(config, "transaction.timeout.ms", "the brokers would end transactions that are still written", "set at least 1000, or leave it out", err);
    if (exact && config->commit_interval_ms * 2 > transaction) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "commit_interval (%u ms) must be at most half of kafka.transaction.timeout.ms (%.0f ms): the "
                        "brokers would end transactions that are still written", config->commit_interval_ms, transaction);
        return leat_cure(err, "100ms and 15000 are the defaults");
    }
    return LEAT_OK;
}

uint64_t leat_kafka_transaction_max_us(const struct leat_sink_config *config)
{
    uint64_t most = config->transaction_max_ms * 1000ull;
    uint64_t half = (uint64_t)(leat_kafka_given_number(config, "transaction.timeout.ms", KAFKA_TRANSACTION_TIMEOUT_MS) * 500);
    return half && half < most ? half : most;
}

static int check_sizes(const struct leat_sink_config *config, struct leat_error *err)
{
    double message = leat_kafka_given_number(config, "message.max.bytes", 1000000);
    double queue = leat_kafka_given_number(config, "queue.buffering.max.kbytes", message / 256 + 16384) * 1024;
    if (queue > message)
        return LEAT_OK;
    return refuse(config, "queue.buffering.max.kbytes", "a message of message.max.bytes would never find room", "raise it, or lower message.max.bytes",
                  err);
}

int leat_kafka_properties_check(const struct kafka_properties *properties, const struct leat_sink_config *config, struct leat_error *err)
{
    for (size_t i = 0; i < config->kafka.count; i++)
        if (check_name(properties, config, config->kafka.list[i].name, err))
            return LEAT_FAIL;
    if (!leat_kafka_given(config, "bootstrap.servers metadata.broker.list test.mock.num.brokers")) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "kafka.bootstrap.servers is missing");
        return leat_cure(err, "set sinks.%s.kafka.bootstrap.servers to some of the brokers: \"k1:9092,k2:9092\"", config->name);
    }
    if (check_twice(config, err) || check_values(config, err) || check_times(config, err))
        return LEAT_FAIL;
    return check_sizes(config, err);
}
