/* Topics, partitions and timestamps that rows choose (debezium's transforms), over what the settings would. What Kafka doesn't have stops: a name
 * made legal could be another row's. The runner's thread. */
#include <string.h>

#include "kafka_route_int.h"

enum { CHOSEN_MAX = 2000 };

static int fail_chosen(const struct leat_message *message, const char *what, const char *cure, struct leat_error *err)
{
    const struct leat_text *topic = message->topic;
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_DATA, "a row of %.256s.%.256s (change %llu of its transaction) goes to topic \"%.*s\": %s",
                    message->topic_database ? message->topic_database->bytes : "", message->topic_table ? message->topic_table->bytes : "",
                    (unsigned long long)message->number, (int)(topic->size < 300 ? topic->size : 300), topic->bytes, what);
    return leat_cure(err, "%s", cure);
}

static bool is_checkpoint(const struct kafka_routes *routes, const struct leat_text *topic)
{
    return strlen(routes->checkpoint) == topic->size && !memcmp(routes->checkpoint, topic->bytes, topic->size);
}

/* A name that comes out of a row: it must be one as it is, since two that were made alike would mix. */
int leat_kafka_chosen_topic(struct kafka_routes *routes, const struct leat_message *message, struct kafka_route_topic **out, struct leat_error *err)
{
    static const char again[] = "choose by a column with names of topics, or turn its values into such (outbox.route.topic.regex); `leat skip` "
                                "passes over the transaction";
    const struct leat_text *topic = message->topic;
    struct kafka_route_topic *last = routes->chosen;
    if (last && strlen(last->name) == topic->size && !memcmp(last->name, topic->bytes, topic->size)) {
        *out = last;
        return LEAT_OK;
    }
    if (!leat_kafka_name_is_legal(topic->bytes, topic->size))
        return fail_chosen(message, "Kafka has no such names: 1 to 249 of A-Z, a-z, 0-9, ., _ and -", again, err);
    if (is_checkpoint(routes, topic))
        return fail_chosen(message, "checkpoints are there", again, err);
    size_t before = routes->topic_count;
    *out = routes->chosen = leat_kafka_route_topic(routes, topic->bytes, KAFKA_TOPIC_CHANGES);
    if (routes->topic_count > before && ++routes->chosen_count > CHOSEN_MAX)
        return fail_chosen(message, "it would be one of more than 2000 that rows chose", again, err);
    return LEAT_OK;
}

static int fail_row(const struct leat_message *message, const char *what, long long value, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_DATA, "a row of %.256s.%.256s (change %llu of its transaction) chose %lld as its %s, which Kafka hasn't",
                    message->topic_database ? message->topic_database->bytes : "", message->topic_table ? message->topic_table->bytes : "",
                    (unsigned long long)message->number, value, what);
    return leat_cure(err, "see outbox.table.fields.additional.placement and outbox.table.field.event.timestamp; `leat skip` passes over the transaction");
}

int leat_kafka_chosen_partition(struct kafka_routes *routes, const struct leat_message *message, const struct kafka_route_topic *topic,
                                struct kafka_record *record, struct leat_error *err)
{
    if (message->partition < 0 || message->partition >= topic->partitions)
        return fail_row(message, "partition", (long long)message->partition, err);
    record->partition = routes->partition = (int32_t)message->partition;
    return LEAT_OK;
}

int leat_kafka_chosen_time(const struct leat_message *message, struct kafka_record *record, struct leat_error *err)
{
    if (message->record_time_ms <= 0)
        return fail_row(message, "timestamp", (long long)message->record_time_ms, err);
    record->time_ms = message->record_time_ms;
    return LEAT_OK;
}
