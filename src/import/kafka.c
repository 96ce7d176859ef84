/* Properties of Kafka's Java producer as librdkafka's. */
#include <string.h>

#include "import_int.h"

/* librdkafka has these by the same name and meaning. */
static const char *const same[] = {"bootstrap.servers", "security.protocol", "sasl.mechanism", "linger.ms", "compression.type", "client.id",
                                   "request.timeout.ms", "metadata.max.age.ms", "connections.max.idle.ms", "reconnect.backoff.ms",
                                   "reconnect.backoff.max.ms", "retry.backoff.ms", "client.rack", "transaction.timeout.ms", "client.dns.lookup"};

static const struct {
    const char *java, *ours;
} renamed[] = {{"max.request.size", "message.max.bytes"}};

static const struct import_reason reasons[] = {
    {"acks", "leat always waits for all in-sync replicas"},
    {"retries", "leat retries until it is delivered"},
    {"enable.idempotence", "always on"},
    {"max.in.flight.requests.per.connection", "up to five, in order"},
    {"delivery.timeout.ms", "leat doesn't give up"},
    {"batch.size", "leat has measured defaults"},
    {"buffer.memory", "leat has measured defaults"},
    {"key.serializer", "leat writes bytes"},
    {"value.serializer", "leat writes bytes"},
    {"partitioner.class", "see partitioner and partition_by"},
    {"sasl.jaas.config", "set sasl.username, and sasl.password_file to a file that holds the password"},
    {"ssl.truststore.*", "librdkafka reads PEM: set ssl.ca.location"},
    {"ssl.keystore.*", "librdkafka reads PEM: set ssl.certificate.location, ssl.key.location"},
    {"ssl.key.password", "set ssl.key.password_file"},
    {"interceptor.classes", "there are no interceptors"},
};

static const char *our_name(const char *name)
{
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!strcmp(name, same[i]))
            return name;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (!strcmp(name, renamed[i].java))
            return renamed[i].ours;
    return NULL;
}

void import_java_kafka(struct import *import, const char *prefix)
{
    const char *name;
    struct import_setting *setting;
    for (size_t at = 0; (setting = import_next(import, prefix, &at, &name));) {
        const char *why = import_reason_of(name, reasons, sizeof reasons / sizeof *reasons);
        setting->used = true;
        if (our_name(name))
            import_put(&import->kafka, 6, our_name(name), setting->value);
        else
            import_note(import, setting, "%s", why ? why : "not known here: see whether librdkafka has it");
    }
}
