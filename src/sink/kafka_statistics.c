/* librdkafka's statistics, as the sink's meters (kafka_int.h). It writes them as JSON each statistics.interval.ms, and hands them over out of
 * rd_kafka_poll: the runner's thread. Facts: STATISTICS.md of librdkafka. */
#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "kafka_int.h"

static uint64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) && json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
}

/* In the list are also a seed's name, which has no number, and the coordinators, who are brokers once more: neither is counted. */
static void add_broker(struct leat_sink_meters *sums, const json_t *broker)
{
    const char *state = json_string_value(json_object_get(broker, "state"));
    const char *origin = json_string_value(json_object_get(broker, "source"));
    const json_t *answer = json_object_get(broker, "rtt");
    const json_t *id = json_object_get(broker, "nodeid");
    if (json_is_integer(id) && json_integer_value(id) >= 0 && origin && strcmp(origin, "logical") != 0) {
        leat_cell_add(&sums->brokers, 1);
        leat_cell_add(&sums->brokers_up, state && !strcmp(state, "UP"));
    }
    leat_cell_add(&sums->request_errors, number_of(broker, "txerrs"));
    leat_cell_add(&sums->retries, number_of(broker, "txretries"));
    leat_cell_add(&sums->timeouts, number_of(broker, "req_timeouts"));
    if (number_of(answer, "avg") > leat_cell_get(&sums->answer_us_average))
        leat_cell_set(&sums->answer_us_average, number_of(answer, "avg"));
    if (number_of(answer, "p99") > leat_cell_get(&sums->answer_us_p99))
        leat_cell_set(&sums->answer_us_p99, number_of(answer, "p99"));
}

void leat_kafka_measure(struct leat_sink_meters *meters, const char *text, size_t size, uint64_t now_us)
{
    json_t *all = json_loadb(text, size, 0, NULL);
    if (!all)
        return;
    struct leat_sink_meters sums = {0};
    const char *name;
    json_t *broker;
    json_object_foreach(json_object_get(all, "brokers"), name, broker)
        add_broker(&sums, broker);
    const struct {
        struct leat_cell *to;
        uint64_t value;
    } moves[] = {{&meters->queue_messages, number_of(all, "msg_cnt")},
                 {&meters->queue_bytes, number_of(all, "msg_size")},
                 {&meters->requests, number_of(all, "tx")},
                 {&meters->request_bytes, number_of(all, "tx_bytes")},
                 {&meters->request_errors, leat_cell_get(&sums.request_errors)},
                 {&meters->retries, leat_cell_get(&sums.retries)},
                 {&meters->timeouts, leat_cell_get(&sums.timeouts)},
                 {&meters->answer_us_average, leat_cell_get(&sums.answer_us_average)},
                 {&meters->answer_us_p99, leat_cell_get(&sums.answer_us_p99)},
                 {&meters->brokers, leat_cell_get(&sums.brokers)},
                 {&meters->brokers_up, leat_cell_get(&sums.brokers_up)},
                 {&meters->measured_us, now_us}};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        leat_cell_set(moves[i].to, moves[i].value);
    json_decref(all);
}

int leat_kafka_on_statistics(rd_kafka_t *handle, char *json, size_t size, void *opaque)
{
    const struct kafka_client *client = opaque;
    if (leat_log_level() >= LEAT_LOG_DEBUG)
        leat_log(LEAT_LOG_DEBUG, "kafka", client ? client->env->config->name : NULL, "statistics of %s: %.*s", rd_kafka_name(handle), (int)size, json);
    if (client && client->meters)
        leat_kafka_measure(client->meters, json, size, leat_wall_us(client->env->clock));
    return 0; /* librdkafka frees it */
}
