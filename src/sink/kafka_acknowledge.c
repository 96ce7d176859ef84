/* At least once: the checkpoint follows the delivery reports.
 *
 * Records count in the slot of the checkpoint that comes behind them. Brokers acknowledge partitions in any order; the oldest checkpoint
 * whose slot and all before it are empty is delivered, and written to its topic, one record on its way at a time.
 *
 * Nothing at the brokers keeps a second instance from writing. But whatever it writes takes an offset of the checkpoint topic: where ours
 * don't follow one another, the records in between are read, and of two instances the one that took over last stays. */

#include "kafka_sink_int.h"

/* The last slot is for checkpoints. */
enum { RING = KAFKA_SLOTS - 1 };

static unsigned behind(const struct kafka_acknowledge *acknowledge, unsigned count)
{
    return (acknowledge->first + count) % RING;
}

unsigned leat_kafka_acknowledge_slot(const struct leat_sink *sink)
{
    return behind(&sink->acknowledge, sink->acknowledge.count);
}

int leat_kafka_acknowledge_commit(struct leat_sink *sink, uint64_t seq, struct leat_error *err)
{
    struct kafka_acknowledge *acknowledge = &sink->acknowledge;
    if (acknowledge->count == RING - 1)
        return LEAT_AGAIN;
    struct kafka_flight *flight = &acknowledge->flights[leat_kafka_acknowledge_slot(sink)];
    flight->seq = seq;
    leat_buf_clear(&flight->record);
    leat_buf_put(&flight->record, sink->record.data, sink->record.size);
    acknowledge->count++;
    return leat_kafka_acknowledge_go_on(sink, err);
}

/* The newest checkpoint all of whose records are acknowledged; NULL: none. */
static struct kafka_flight *take_acknowledged(struct leat_sink *sink)
{
    struct kafka_acknowledge *acknowledge = &sink->acknowledge;
    struct kafka_flight *newest = NULL;
    while (acknowledge->count && !sink->producer.outstanding[acknowledge->first]) {
        newest = &acknowledge->flights[acknowledge->first];
        acknowledge->first = behind(acknowledge, 1);
        acknowledge->count--;
    }
    return newest;
}

struct looking {
    const struct leat_sink *sink;
    bool superseded;
};

static void see_other(void *context, const void *bytes, size_t size)
{
    struct looking *looking = context;
    const struct leat_sink *sink = looking->sink;
    struct kafka_checkpoint other;
    struct leat_error ignored = {0};
    if (leat_kafka_checkpoint_decode(&other, bytes, size, sink->env.relay_name, sink->env.config->name, &ignored))
        return;
    looking->superseded = looking->superseded || leat_kafka_is_superseded(sink, &other);
    leat_kafka_checkpoint_free(&other);
}

/* Our checkpoint is written at that offset. */
static int look_for_others(struct leat_sink *sink, int64_t offset, struct leat_error *err)
{
    struct kafka_acknowledge *acknowledge = &sink->acknowledge;
    bool alone = acknowledge->offset >= 0 && offset == acknowledge->offset + 1 && acknowledge->looked_to == acknowledge->offset + 1;
    if (acknowledge->offset < 0 || alone)
        acknowledge->looked_to = offset + 1;
    acknowledge->offset = offset;
    uint64_t now = leat_monotonic_us(sink->env.clock);
    if (acknowledge->looked_to > offset || now - acknowledge->looked_us < (uint64_t)KAFKA_LOOK_MS * 1000)
        return LEAT_OK; /* other sinks may share the topic: not at each of theirs */
    acknowledge->looked_us = now;
    struct looking looking = {.sink = sink};
    const struct kafka_checkpoint_out out = {&looking, see_other};
    int rc = leat_kafka_checkpoint_read(&sink->env, &sink->interrupted, sink->checkpoint_topic, sink->key, acknowledge->looked_to, &out, err);
    acknowledge->looked_to = offset + 1;
    if (rc == LEAT_STOPPED)
        return LEAT_OK; /* what is on its way may still arrive */
    return rc == LEAT_OK && looking.superseded ? leat_kafka_fenced(sink, err) : rc;
}

int leat_kafka_acknowledge_go_on(struct leat_sink *sink, struct leat_error *err)
{
    struct kafka_acknowledge *acknowledge = &sink->acknowledge;
    if (acknowledge->writing) {
        if (sink->producer.outstanding[KAFKA_CHECKPOINT_SLOT])
            return LEAT_OK;
        acknowledge->writing = false;
        sink->delivered_seq = acknowledge->writing_seq;
        sink->claimed = true;
        int rc = look_for_others(sink, sink->producer.checkpoint_offset, err);
        if (rc)
            return rc;
    }
    const struct kafka_flight *newest = take_acknowledged(sink);
    if (!newest)
        return LEAT_OK;
    leat_buf_clear(&sink->record);
    leat_buf_put(&sink->record, newest->record.data, newest->record.size);
    struct kafka_record record = {.topic = sink->checkpoint_handle, .key = (const uint8_t *)sink->key, .key_size = strlen(sink->key),
                                  .value = sink->record.data, .value_size = sink->record.size};
    acknowledge->writing = true;
    acknowledge->writing_seq = newest->seq;
    int rc = leat_kafka_producer_put(&sink->producer, &record, KAFKA_CHECKPOINT_SLOT, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_producer_go_on(&sink->producer, err);
    /* Even if it has to wait for room: nothing is delivered before its report. */
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

void leat_kafka_acknowledge_reset(struct leat_sink *sink)
{
    sink->acknowledge.first = sink->acknowledge.count = 0;
    sink->acknowledge.writing = false;
    sink->acknowledge.offset = -1;
}

void leat_kafka_acknowledge_free(struct leat_sink *sink)
{
    for (size_t i = 0; i < KAFKA_SLOTS; i++)
        leat_buf_free(&sink->acknowledge.flights[i].record);
}
