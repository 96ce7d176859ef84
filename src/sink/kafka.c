/* The kafka sink: a format's messages as records of topics, and its checkpoint beside them (docs/sinks/kafka-delivery.md).
 *
 * Comes in: items of whole transactions. Goes out: records, and checkpoints in a topic of their own: in the same Kafka transaction as what
 * they stand for (kafka_transaction.c), or once all of that is acknowledged (kafka_acknowledge.c).
 *
 * Two that write under one name: with transactions the brokers let only the newer one (its init_transactions fences the older). One that
 * is fenced, or was paused for longer than the brokers wait, makes a new producer and reads who wrote the last checkpoint. If it was
 * itself, or whom it took over from, it goes on; anybody else has taken over, and the process ends (LEAT_E_FENCED). So that this can be
 * told, a sink that takes over writes the checkpoint again in its own name before anything else.
 *
 * What fails: see kafka_error.c. Whatever it is, the producer is thrown away with all that it holds; recovery makes a new one. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "kafka_memo_int.h"
#include "kafka_sink_int.h"
#include "registry_int.h"

/* ---- Records ---- */

int leat_kafka_make_record(struct leat_sink *sink, const struct leat_checkpoint *at, bool open, struct leat_error *err)
{
    struct kafka_checkpoint checkpoint = {.at = *at, .takeover = sink->takeover};
    memcpy(checkpoint.instance, sink->instance, KAFKA_INSTANCE_SIZE);
    if (open) {
        checkpoint.open_records = sink->open.records;
        memcpy(checkpoint.open_name, sink->open.name, sizeof checkpoint.open_name);
    }
    leat_buf_clear(&sink->record);
    return leat_kafka_checkpoint_encode(&sink->record, &checkpoint, sink->env.relay_name, sink->env.config->name,
                                        leat_wall_us(sink->env.clock), err);
}

int leat_kafka_put_record(struct leat_sink *sink, struct leat_error *err)
{
    int rc = leat_kafka_producer_go_on(&sink->producer, err);
    if (rc)
        return rc;
    struct kafka_record record = {.topic = sink->checkpoint_handle,
                                  .partition = 0,
                                  .key = (const uint8_t *)sink->key,
                                  .key_size = strlen(sink->key),
                                  .value = sink->record.data,
                                  .value_size = sink->record.size};
    return leat_kafka_producer_put(&sink->producer, &record, KAFKA_CHECKPOINT_SLOT, err);
}

/* One record of a message. */
static int take_record(void *context, struct kafka_record *record, struct leat_error *err)
{
    struct leat_sink *sink = context;
    struct kafka_open *open = &sink->open;
    open->records++;
    if (open->records <= open->dropped) {
        if (record->headers)
            rd_kafka_headers_destroy(record->headers);
        return LEAT_OK;
    }
    unsigned slot = sink->transaction.slot;
    if (leat_kafka_is_exact(sink)) {
        if (sink->transaction.state != KAFKA_COMMITTING && leat_kafka_transaction_begin(sink, err)) {
            if (record->headers)
                rd_kafka_headers_destroy(record->headers);
            return LEAT_FAIL;
        }
        sink->transaction.bytes += record->key_size + record->value_size;
    } else {
        slot = leat_kafka_acknowledge_slot(sink);
    }
    return leat_kafka_producer_put(&sink->producer, record, slot, err);
}

/* What its header says of a message of a transaction that doesn't come in one piece. */
static enum kafka_mark mark_of(struct leat_sink *sink, const struct leat_message *message)
{
    struct kafka_open *open = &sink->open;
    if (!open->inside || (!open->large && !open->parts && !open->dropped))
        return KAFKA_MARK_NONE;
    if (message->last)
        return KAFKA_MARK_LAST;
    if (open->large && !open->records)
        return KAFKA_MARK_FIRST;
    bool continues = open->continues && open->records >= open->dropped;
    open->continues = open->continues && !continues;
    return continues ? KAFKA_MARK_NEXT : KAFKA_MARK_NONE;
}

static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct leat_sink *sink = context;
    const struct kafka_record_out out = {sink, take_record};
    int rc = leat_kafka_route(sink->routes, message, mark_of(sink, message), &out, err);
    leat_buf_clear(&sink->buf);
    return rc;
}

/* ---- Opening ---- */

static int make_format(struct leat_sink *sink, struct leat_error *err)
{
    const struct leat_sink_config *config = sink->env.config;
    const char *name = config->format ? config->format : "leat";
    const struct leat_format_options options = {.settings = leat_config_format_settings(config), .keyed = true,
                                                .name = sink->env.relay_name, .clock = sink->env.clock};
    const struct leat_format_out out = {sink, &sink->buf, take_message};
    return leat_format_new(&sink->format, name, &options, sink->env.filter, &out, err);
}

static void kafka_close(struct leat_sink **out);

static int kafka_open(struct leat_sink **out, const struct leat_sink_env *env, struct leat_error *err)
{
    struct leat_sink *sink = leat_alloc_zero(1, sizeof *sink);
    sink->env = *env;
    sink->transaction_max_us = leat_kafka_transaction_max_us(env->config);
    atomic_init(&sink->interrupted, false);
    sink->producer.client.env = &sink->env;
    sink->producer.client.interrupted = &sink->interrupted;
    sink->producer.client.meters = &sink->meters;
    env->clock->random(env->clock->context, sink->instance, sizeof sink->instance);
    struct leat_buf key = {0};
    leat_buf_printf(&key, "%s.%s", env->relay_name, env->config->name);
    (void)leat_buf_cstr(&key);
    sink->key = (char *)key.data;
    sink->checkpoint_topic = leat_kafka_topic_name(&sink->env, env->config->checkpoint_topic, err);
    /* A configuration that librdkafka refuses is told at once, not at the first connection. */
    int rc = sink->checkpoint_topic ? leat_kafka_settings_check(&sink->env, err) : LEAT_FAIL;
    if (rc || leat_kafka_routes_new(&sink->routes, &sink->env, err) || make_format(sink, err)) {
        kafka_close(&sink);
        return LEAT_FAIL;
    }
    *out = sink;
    return LEAT_OK;
}

/* Everything that belongs to a producer, and the producer. */
static void let_go(struct leat_sink *sink)
{
    leat_kafka_transaction_abort(sink);
    sink->prepared = sink->untouched = false;
    if (sink->routes)
        leat_kafka_routes_use(sink->routes, NULL);
    if (sink->checkpoint_handle)
        rd_kafka_topic_destroy(sink->checkpoint_handle);
    sink->checkpoint_handle = NULL;
    leat_kafka_producer_close(&sink->producer);
    leat_kafka_acknowledge_reset(sink);
    sink->transaction = (struct kafka_transaction){0};
    sink->open = (struct kafka_open){0};
    if (sink->format)
        leat_format_reset(sink->format);
    leat_buf_clear(&sink->buf);
}

static void kafka_close(struct leat_sink **out)
{
    struct leat_sink *sink = *out;
    if (!sink)
        return;
    leat_kafka_transaction_abort(sink);
    struct leat_error ignored = {0};
    if (sink->claimed && leat_kafka_memo_write(sink, &sink->last.at, &ignored))
        leat_log_error_object(LEAT_LOG_WARN, "sink", sink->env.config->name, &ignored);
    let_go(sink);
    leat_kafka_offsets_clear(&sink->producer.offsets);
    leat_kafka_routes_free(&sink->routes);
    if (sink->format)
        leat_format_free(&sink->format);
    leat_kafka_acknowledge_free(sink);
    leat_kafka_checkpoint_free(&sink->last);
    leat_buf_free(&sink->buf);
    leat_buf_free(&sink->record);
    free(sink->checkpoint_topic);
    free(sink->key);
    free(sink);
    *out = NULL;
}

/* ---- Recovering ---- */

/* A producer that may write. */
static int prepare(struct leat_sink *sink, struct leat_error *err)
{
    let_go(sink);
    if (leat_kafka_memo_read(sink, err))
        return LEAT_FAIL;
    if (leat_kafka_producer_open(&sink->producer, err))
        return LEAT_FAIL;
    int rc = leat_kafka_is_exact(sink) ? leat_kafka_transaction_init(sink, err) : LEAT_OK;
    if (rc == LEAT_OK)
        rc = leat_kafka_checkpoint_topic(&sink->producer.client, sink->checkpoint_topic, err);
    if (rc)
        return rc;
    sink->checkpoint_handle = rd_kafka_topic_new(sink->producer.client.handle, sink->checkpoint_topic, NULL);
    if (!sink->checkpoint_handle)
        return leat_kafka_fail(err, rd_kafka_last_error(), NULL, "topic %s", sink->checkpoint_topic);
    leat_kafka_routes_use(sink->routes, &sink->producer.client);
    sink->prepared = true;
    return LEAT_OK;
}

/* Writes the checkpoint, and waits until it is there. */
static int write_now(struct leat_sink *sink, const struct leat_checkpoint *at, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(sink->env.clock);
    bool exact = leat_kafka_is_exact(sink);
    int rc = exact ? leat_kafka_transaction_commit(sink, at->seq, err) : leat_kafka_acknowledge_commit(sink, at->seq, err);
    while (rc == LEAT_OK) {
        rc = leat_kafka_client_serve(&sink->producer.client, exact ? 0 : 1);
        if (rc == LEAT_OK)
            rc = exact ? leat_kafka_transaction_go_on(sink, KAFKA_SLICE_MS, err) : leat_kafka_acknowledge_go_on(sink, err);
        bool done = exact ? rc == LEAT_OK : !sink->acknowledge.count && !sink->acknowledge.writing;
        if (rc == LEAT_OK && done)
            return LEAT_OK;
        if (rc == LEAT_OK || rc == LEAT_AGAIN)
            rc = leat_kafka_producer_serve(&sink->producer, 0, err);
        if (rc == LEAT_OK)
            rc = leat_kafka_producer_go_on(&sink->producer, err);
        if (rc == LEAT_AGAIN)
            rc = LEAT_OK;
        if (rc == LEAT_OK && leat_monotonic_us(sink->env.clock) - began_us > (uint64_t)KAFKA_WAIT_MS * 1000)
            return leat_kafka_client_waited(&sink->producer.client, "writing the checkpoint", err);
    }
    return rc;
}

int leat_kafka_fenced(const struct leat_sink *sink, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_FENCED, LEAT_KIND_FATAL,
                    "another leat took over: it writes checkpoints of %s to topic %s", sink->key,
                    sink->checkpoint_topic);
    return leat_cure(err, "let only one of the two run; if both are meant to, give them different names (`name`, or the sink's)");
}

bool leat_kafka_is_superseded(const struct leat_sink *sink, const struct kafka_checkpoint *other)
{
    int order = memcmp(other->instance, sink->instance, KAFKA_INSTANCE_SIZE);
    return order && (other->takeover > sink->takeover || (other->takeover == sink->takeover && order > 0));
}

/* Whether what the topic has is ours, or whose place we take. With at_least_once, one whose place we took may write once more before it
 * notices: then we take it again. */
static int know_owner(struct leat_sink *sink, struct leat_error *err)
{
    const uint8_t *its = sink->last.instance;
    bool ours = !memcmp(its, sink->instance, KAFKA_INSTANCE_SIZE);
    if (!sink->met && !sink->claimed)
        memcpy(sink->predecessor, its, KAFKA_INSTANCE_SIZE);
    else if (!ours && sink->claimed && !leat_kafka_is_superseded(sink, &sink->last))
        sink->claimed = false;
    else if (!ours && (sink->claimed || memcmp(its, sink->predecessor, KAFKA_INSTANCE_SIZE) != 0))
        return leat_kafka_fenced(sink, err);
    sink->met = true;
    return LEAT_OK;
}

static void see_last(void *context, const void *bytes, size_t size)
{
    struct leat_buf *value = context;
    leat_buf_clear(value);
    leat_buf_put(value, bytes, size);
}

/* LEAT_END: the topic has none, and that is as it should be. */
static int read_last(struct leat_sink *sink, struct leat_error *err)
{
    leat_kafka_checkpoint_free(&sink->last);
    sink->has_last = false;
    struct leat_buf value = {0};
    const struct kafka_checkpoint_out out = {&value, see_last};
    int rc = leat_kafka_checkpoint_read(&sink->env, &sink->interrupted, sink->checkpoint_topic, sink->key, KAFKA_NEWEST, &out, err);
    if (rc == LEAT_OK && !value.size)
        rc = LEAT_END; /* there is none, or somebody took it back */
    if (rc == LEAT_OK && leat_kafka_checkpoint_decode(&sink->last, value.data, value.size, sink->env.relay_name, sink->env.config->name, err))
        rc = leat_error_prefix(err, "topic %s, key %s", sink->checkpoint_topic, sink->key);
    leat_buf_free(&value);
    sink->has_last = rc == LEAT_OK;
    if (rc == LEAT_OK)
        return know_owner(sink, err);
    if (rc == LEAT_END) {
        int lost = leat_kafka_memo_check(sink, err);
        rc = lost ? lost : rc;
        sink->met = true; /* nobody */
    }
    return rc;
}

/* Writes the topic's checkpoint again in our name. */
static int claim(struct leat_sink *sink, struct leat_error *err)
{
    if (sink->claimed)
        return LEAT_OK;
    sink->takeover = sink->last.takeover + 1;
    sink->open.records = sink->last.open_records;
    memcpy(sink->open.name, sink->last.open_name, sizeof sink->open.name);
    int rc = leat_kafka_make_record(sink, &sink->last.at, sink->last.open_records != 0, err);
    if (rc == LEAT_OK)
        rc = write_now(sink, &sink->last.at, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_memo_write(sink, &sink->last.at, err);
    return rc;
}

/* Whoever took our transactional id needs some time to read the checkpoint and to write it in its own name. Who took it back at once would fence
 * him before he can: the two could do so for ever. */
static int let_other_claim(struct leat_sink *sink, struct leat_error *err)
{
    if (!sink->claimed || !leat_kafka_is_exact(sink) || !leat_kafka_transaction_was_taken(sink))
        return LEAT_OK;
    uint64_t deadline_us = leat_monotonic_us(sink->env.clock) + (uint64_t)KAFKA_PATIENCE_MS * 1000;
    int rc = LEAT_OK;
    while (rc == LEAT_OK && leat_monotonic_us(sink->env.clock) < deadline_us)
        rc = leat_kafka_client_serve(&sink->producer.client, KAFKA_SLICE_MS);
    return rc ? rc : read_last(sink, err);
}

static int kafka_recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    if (sink->untouched) { /* asked at the start already, and nothing happened since */
        sink->untouched = false;
        leat_checkpoint_copy(checkpoint, &sink->last.at);
        return LEAT_OK;
    }
    int rc = let_other_claim(sink, err);
    if (rc == LEAT_OK)
        rc = prepare(sink, err);
    if (rc == LEAT_OK)
        rc = read_last(sink, err);
    if (rc == LEAT_OK) {
        leat_checkpoint_copy(checkpoint, &sink->last.at);
        rc = claim(sink, err);
    }
    if (rc == LEAT_FAIL && sink->has_last)
        checkpoint->generation = sink->last.at.generation;
    sink->untouched = rc == LEAT_OK;
    sink->delivered_seq = rc == LEAT_OK ? checkpoint->seq : 0;
    return rc;
}

/* Whether it is the checkpoint that the topic has, on another journal: then what is open stays so. */
static bool is_same_place(const struct leat_sink *sink, const struct leat_checkpoint *from)
{
    const struct leat_checkpoint *last = &sink->last.at;
    return sink->has_last && from->pos == last->pos && !strcmp(from->file, last->file) &&
           !memcmp(from->source_uuid, last->source_uuid, LEAT_UUID_SIZE) && from->completed && last->completed &&
           leat_gtid_set_equal(from->completed, last->completed);
}

static int kafka_restart(struct leat_sink *sink, const struct leat_checkpoint *from, struct leat_error *err)
{
    sink->untouched = false;
    int rc = sink->prepared ? LEAT_OK : prepare(sink, err);
    if (rc)
        return rc;
    if (!sink->has_last)
        leat_kafka_offsets_clear(&sink->producer.offsets); /* begun anew, perhaps on another cluster */
    struct kafka_checkpoint next = {.takeover = (sink->has_last ? sink->last.takeover : sink->takeover) + 1};
    if (is_same_place(sink, from)) {
        next.open_records = sink->last.open_records;
        memcpy(next.open_name, sink->last.open_name, sizeof next.open_name);
    }
    sink->takeover = next.takeover;
    sink->open.records = next.open_records;
    memcpy(sink->open.name, next.open_name, sizeof sink->open.name);
    rc = leat_kafka_make_record(sink, from, next.open_records != 0, err);
    if (rc == LEAT_OK)
        rc = write_now(sink, from, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_memo_write(sink, from, err);
    if (rc == LEAT_OK) {
        leat_kafka_checkpoint_free(&sink->last);
        sink->last = next;
        leat_checkpoint_copy(&sink->last.at, from);
        sink->has_last = true;
        sink->delivered_seq = from->seq;
    }
    return rc;
}

/* ---- Delivering ---- */

static void name_open(struct kafka_open *open, const struct leat_begin *begin)
{
    if (begin->gtid.flavour == LEAT_FLAVOUR_NONE)
        snprintf(open->name, sizeof open->name, "%s:%llu", begin->place.file ? begin->place.file : "",
                 (unsigned long long)begin->place.pos);
    else
        (void)leat_gtid_text(open->name, &begin->gtid);
}

static void begin_open(struct leat_sink *sink, const struct leat_begin *begin)
{
    struct kafka_open *open = &sink->open;
    *open = (struct kafka_open){.inside = true, .large = leat_kafka_is_exact(sink) && begin->length > sink->env.config->transaction_max_bytes};
    name_open(open, begin);
    leat_kafka_routes_begin(sink->routes, begin);
    if (!sink->last.open_records)
        return;
    if (!strcmp(open->name, sink->last.open_name)) {
        open->dropped = sink->last.open_records;
        open->continues = true;
    } else {
        leat_log(LEAT_LOG_WARN, "sink", sink->env.config->name,
                 "transaction %s was delivered up to its record %llu, and its rest is passed over", sink->last.open_name,
                 (unsigned long long)sink->last.open_records);
    }
    sink->last.open_records = 0; /* once */
}

static int end_open(struct leat_sink *sink, struct leat_error *err)
{
    struct kafka_open *open = &sink->open;
    open->inside = false;
    if (open->records >= open->dropped)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                    "%llu records of transaction %s were delivered, and now it gives only %llu: format, tables or topics were changed in "
                    "between",
                    (unsigned long long)open->dropped, open->name, (unsigned long long)open->records);
    return leat_cure(err, "put these settings back until it is delivered; or `leat rewind %s --to P`, which delivers it again from its first "
                          "record",
                     sink->env.config->name);
}

/* Commits what there is of a transaction that is too large for one. LEAT_AGAIN: it is on its way. */
static int commit_within(struct leat_sink *sink, struct leat_error *err)
{
    int rc = leat_kafka_make_record(sink, sink->env.at, true, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_transaction_commit(sink, sink->env.at->seq, err);
    if (rc)
        return rc;
    sink->open.parts++;
    return LEAT_AGAIN;
}

/* Commits what lies before a transaction that would not fit behind it, so that it need not be cut. LEAT_AGAIN: it is on its way. */
static int commit_before(struct leat_sink *sink, const struct leat_begin *begin, struct leat_error *err)
{
    uint64_t most = sink->env.config->transaction_max_bytes, bytes = sink->transaction.bytes;
    bool fits = bytes <= most / 2 && begin->length <= most - bytes;
    if (fits || sink->transaction.state != KAFKA_GATHERING || !bytes)
        return LEAT_OK;
    int rc = leat_kafka_make_record(sink, sink->env.at, false, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_transaction_commit(sink, sink->env.at->seq, err);
    return rc ? rc : LEAT_AGAIN;
}

/* Whether something can be taken now. */
static int make_room(struct leat_sink *sink, struct leat_error *err)
{
    int rc = sink->producer.full ? leat_kafka_producer_go_on(&sink->producer, err) : LEAT_OK;
    if (rc || !leat_kafka_is_exact(sink))
        return rc;
    rc = leat_kafka_transaction_go_on(sink, 0, err);
    return rc == LEAT_AGAIN && leat_kafka_transaction_is_ahead(sink) ? LEAT_OK : rc;
}

/* Whether this item may come into the Kafka transaction that is open. */
static int cut_if_due(struct leat_sink *sink, const struct leat_item *item, struct leat_error *err)
{
    if (!leat_kafka_is_exact(sink))
        return LEAT_OK;
    if (item->type == LEAT_ITEM_BEGIN)
        return commit_before(sink, &item->begin, err);
    bool cut = sink->open.inside && item->type != LEAT_ITEM_END && leat_kafka_transaction_is_full(sink);
    return cut ? commit_within(sink, err) : LEAT_OK;
}

static int kafka_item(struct leat_sink *sink, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    assert(sink->prepared);
    sink->untouched = false;
    int rc = make_room(sink, err);
    if (rc == LEAT_OK)
        rc = cut_if_due(sink, item, err);
    if (rc)
        return rc;
    if (item->type == LEAT_ITEM_BEGIN)
        begin_open(sink, &item->begin);
    else if (item->type == LEAT_ITEM_DEFINITION)
        leat_kafka_routes_definition(sink->routes, &item->definition);
    rc = leat_format_item(sink->format, item, passed, err);
    if (rc == LEAT_OK && item->type == LEAT_ITEM_END)
        rc = end_open(sink, err);
    return rc;
}

static int kafka_commit(struct leat_sink *sink, const struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    assert(sink->prepared && !sink->open.inside);
    sink->untouched = false;
    int rc = make_room(sink, err);
    if (rc == LEAT_OK && sink->transaction.state == KAFKA_COMMITTING)
        return LEAT_AGAIN;
    if (rc == LEAT_OK)
        rc = leat_kafka_make_record(sink, checkpoint, false, err);
    if (rc)
        return rc;
    return leat_kafka_is_exact(sink) ? leat_kafka_transaction_commit(sink, checkpoint->seq, err)
                                     : leat_kafka_acknowledge_commit(sink, checkpoint->seq, err);
}

/* A heartbeat, where one is due and nothing else is under way. With exactly_once it is a Kafka transaction of its own, with the checkpoint
 * that already stands, or stands behind what gave nothing. */
static int beat(struct leat_sink *sink, struct leat_error *err)
{
    uint64_t now_us = leat_monotonic_us(sink->env.clock), every_us = sink->env.config->heartbeat_interval_ms * 1000ull;
    bool alone = sink->transaction.state == KAFKA_NOTHING_OPEN;
    if (!every_us || sink->open.inside || now_us - sink->beat_us < every_us)
        return LEAT_OK;
    sink->beat_us = now_us;
    sink->untouched = false;
    int rc = leat_format_heartbeat(sink->format, leat_wall_us(sink->env.clock), err);
    if (rc || !alone || sink->transaction.state == KAFKA_NOTHING_OPEN)
        return rc;
    rc = leat_kafka_make_record(sink, sink->env.at, false, err);
    return rc ? rc : leat_kafka_transaction_commit(sink, sink->env.at->seq, err);
}

static int kafka_poll(struct leat_sink *sink, unsigned timeout_ms, uint64_t *delivered_seq, struct leat_error *err)
{
    *delivered_seq = sink->delivered_seq;
    if (!sink->prepared)
        return LEAT_OK;
    if (leat_kafka_producer_serve(&sink->producer, (int)timeout_ms, err))
        return LEAT_FAIL;
    int rc = leat_kafka_producer_go_on(&sink->producer, err);
    if (rc == LEAT_OK || rc == LEAT_AGAIN)
        rc = leat_kafka_is_exact(sink) ? leat_kafka_transaction_go_on(sink, KAFKA_COMMIT_SLICE_MS, err)
                                       : leat_kafka_acknowledge_go_on(sink, err);
    if (rc == LEAT_OK)
        rc = beat(sink, err);
    if (rc == LEAT_OK) /* what these gave */
        rc = leat_kafka_producer_go_on(&sink->producer, err);
    *delivered_seq = sink->delivered_seq;
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

static const char *kafka_note(struct leat_sink *sink)
{
    const struct kafka_client *client = &sink->producer.client;
    if (!client->down_since_us)
        return NULL;
    char since[LEAT_TIME_TEXT_MAX];
    snprintf(sink->note, sizeof sink->note, "no broker of Kafka can be reached since %s: %s", leat_time_text(since, client->down_since_us),
             client->trouble);
    return sink->note;
}

static const struct leat_sink_meters *kafka_meters(const struct leat_sink *sink)
{
    return &sink->meters;
}

static void kafka_interrupt(struct leat_sink *sink)
{
    atomic_store(&sink->interrupted, true);
}

static int kafka_check(struct leat_sink *sink, struct leat_error *err)
{
    struct kafka_client client = {.env = &sink->env, .interrupted = &sink->interrupted};
    struct kafka_topic_found found = {0};
    if (leat_kafka_client_open(&client, KAFKA_ADMIN, err))
        return LEAT_FAIL;
    int rc = leat_kafka_topic_look(&client, sink->checkpoint_topic, &found, err);
    if (rc == LEAT_OK && found.partitions)
        rc = leat_kafka_checkpoint_topic(&client, sink->checkpoint_topic, err);
    else if (rc == LEAT_OK)
        rc = leat_kafka_topic_check(&client, sink->checkpoint_topic, KAFKA_TOPIC_CHECKPOINT, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_routes_check(sink->routes, &client, err);
    leat_kafka_client_close(&client);
    return rc;
}

const struct leat_sink_ops leat_sink_kafka = {.type = "kafka",
                                              .open = kafka_open,
                                              .close = kafka_close,
                                              .recover = kafka_recover,
                                              .restart = kafka_restart,
                                              .item = kafka_item,
                                              .commit = kafka_commit,
                                              .poll = kafka_poll,
                                              .note = kafka_note,
                                              .meters = kafka_meters,
                                              .interrupt = kafka_interrupt,
                                              .check = kafka_check};
