/* librdkafka's properties as a user may give them: which there are, and which would break what we promise. */
#ifndef LEAT_SINK_KAFKA_PROPERTIES_INT_H
#define LEAT_SINK_KAFKA_PROPERTIES_INT_H

#include "base/buf.h"
#include "config/config.h"

enum kafka_scope { KAFKA_OF_BOTH = 0, KAFKA_OF_CONSUMERS, KAFKA_OF_PRODUCERS };

struct kafka_property {
    char *name; /* owned */
    enum kafka_scope scope;
};

/* All that the librdkafka at hand knows. */
struct kafka_properties {
    struct kafka_property *list; /* owned */
    size_t count;
};

int leat_kafka_properties_load(struct kafka_properties *properties, struct leat_error *err) LEAT_CHECKED;
void leat_kafka_properties_free(struct kafka_properties *properties);
const struct kafka_property *leat_kafka_property_find(const struct kafka_properties *properties, const char *name);

/* The name without the `_file` that says where its value is, as *size bytes of it; false: it has none. */
bool leat_kafka_property_in_file(const char *name, size_t *size);

/* Refuses names that there aren't (with the nearest), properties that are ours, run commands or load code, and values that would
 * lose, repeat or reorder changes, each with its reason. Touches nothing outside. */
int leat_kafka_properties_check(const struct kafka_properties *properties, const struct leat_sink_config *config,
                                struct leat_error *err) LEAT_CHECKED;

/* What the user gave, by any of its names (librdkafka has two for some, separated by a space); NULL: nothing. */
const char *leat_kafka_given(const struct leat_sink_config *config, const char *names);
/* The same as a number; `otherwise` if it isn't given. */
double leat_kafka_given_number(const struct leat_sink_config *config, const char *names, double otherwise);

enum { KAFKA_TRANSACTION_TIMEOUT_MS = 15000 };
/* How long one Kafka transaction may take: transaction_max_time, or half of transaction.timeout.ms, after which brokers end it. */
uint64_t leat_kafka_transaction_max_us(const struct leat_sink_config *config);

#endif
