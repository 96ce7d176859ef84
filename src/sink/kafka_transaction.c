/* Exactly once: changes and checkpoint in one Kafka transaction.
 *
 * A Kafka transaction begins with its first record, gathers whole transactions of the source, and ends with the checkpoint's record and a
 * commit. Whoever reads committed messages sees all of it or nothing, and so does recovery.
 *
 * librdkafka's calls wait. A small transaction is flushed in slices of time, so that the runner's thread stays its own. While a large one is,
 * items are taken already: their records wait in their lanes until it is committed, and the next one begins with them. The commit itself takes
 * milliseconds once all is flushed, and isn't sliced: librdkafka 2.0.2 forgets what it is waiting for when a commit_transaction that is called
 * again runs out of time in its first phase, and asserts when the coordinator answers then. A commit that isn't answered in time is an error like
 * any other: whether it took place is told by the checkpoint that recovery reads.
 *
 * A transaction of the source that is too large for one Kafka transaction is committed in parts, each with a checkpoint that stands before
 * it and says how many of its records are delivered (`open`). After a crash the runner hands it over again from its BEGIN, and that many
 * records are dropped.
 *
 * What fails: anything in a Kafka transaction makes all of it void. The producer is thrown away, and recovery's init_transactions takes
 * back what it left open. Being fenced is an error like any other here: recovery finds out by whom. */
#include <assert.h>
#include <stdio.h>

#include "base/log.h"
#include "kafka_sink_int.h"

static int fail(struct leat_sink *sink, rd_kafka_error_t *error, const char *what, struct leat_error *err)
{
    if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        rd_kafka_error_destroy(error);
        return leat_kafka_client_waited(&sink->producer.client, what, err);
    }
    /* A report says more than "a message failed". */
    struct leat_error report = {0};
    if (rd_kafka_error_txn_requires_abort(error) && sink->producer.failed &&
        leat_kafka_producer_serve(&sink->producer, 0, &report) == LEAT_FAIL) {
        *err = report;
        rd_kafka_error_destroy(error);
        return leat_error_prefix(err, "%s", what);
    }
    return leat_kafka_fail_with(err, error, what);
}

/* Whether waiting for the brokers makes no sense any more. */
static bool give_up(const struct leat_sink *sink, uint64_t began_us)
{
    const struct kafka_client *client = &sink->producer.client;
    uint64_t waited_ms = (leat_monotonic_us(sink->env.clock) - began_us) / 1000;
    return waited_ms >= KAFKA_WAIT_MS || leat_kafka_client_is_hopeless(client) ||
           (client->down_since_us && waited_ms >= KAFKA_DOWN_WAIT_MS);
}

int leat_kafka_transaction_init(struct leat_sink *sink, struct leat_error *err)
{
    static const char what[] = "taking up the transactional id";
    uint64_t began_us = leat_monotonic_us(sink->env.clock);
    sink->transaction.state = KAFKA_NOTHING_OPEN;
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_init_transactions(sink->producer.client.handle, KAFKA_SLICE_MS);
        if (!error) {
            leat_kafka_client_works(&sink->producer.client);
            return LEAT_OK;
        }
        if (!rd_kafka_error_is_retriable(error) && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__TIMED_OUT)
            return fail(sink, error, what, err);
        rd_kafka_error_destroy(error);
        int rc = leat_kafka_client_serve(&sink->producer.client, 0);
        if (rc)
            return rc;
        if (give_up(sink, began_us))
            return leat_kafka_client_waited(&sink->producer.client, what, err);
    }
}

int leat_kafka_transaction_begin(struct leat_sink *sink, struct leat_error *err)
{
    if (sink->transaction.state == KAFKA_GATHERING)
        return LEAT_OK;
    assert(sink->transaction.state == KAFKA_NOTHING_OPEN);
    rd_kafka_error_t *error = rd_kafka_begin_transaction(sink->producer.client.handle);
    if (error)
        return fail(sink, error, "beginning a Kafka transaction", err);
    sink->transaction.state = KAFKA_GATHERING;
    sink->transaction.began_us = leat_monotonic_us(sink->env.clock);
    return LEAT_OK;
}

int leat_kafka_transaction_commit(struct leat_sink *sink, uint64_t seq, struct leat_error *err)
{
    struct kafka_transaction *transaction = &sink->transaction;
    if (transaction->state == KAFKA_COMMITTING)
        return LEAT_AGAIN;
    int rc = leat_kafka_transaction_begin(sink, err);
    if (rc == LEAT_OK)
        rc = leat_kafka_put_record(sink, err);
    if (rc)
        return rc;
    transaction->state = KAFKA_COMMITTING;
    transaction->seq = seq;
    transaction->within = sink->open.inside;
    transaction->asked = false;
    transaction->sent = false;
    transaction->large = transaction->bytes >= KAFKA_COMMIT_LARGE;
    transaction->bytes = 0;
    transaction->slot = !transaction->slot;
    rc = leat_kafka_transaction_go_on(sink, KAFKA_COMMIT_SLICE_MS, err);
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

/* Until all records of the commit have their reports. */
static int flush(struct leat_sink *sink, int timeout_ms, struct leat_error *err)
{
    struct kafka_transaction *transaction = &sink->transaction;
    struct kafka_producer *producer = &sink->producer;
    int rc = transaction->sent ? LEAT_OK : leat_kafka_producer_go_on(producer, err);
    if (rc == LEAT_OK && !transaction->sent)
        transaction->sent = producer->holding = true;
    if (rc == LEAT_FAIL)
        return rc;
    /* It also sends what lingers. */
    if (rc == LEAT_OK && timeout_ms && !transaction->large)
        (void)rd_kafka_flush(producer->client.handle, timeout_ms);
    if (leat_kafka_producer_serve(producer, 0, err))
        return LEAT_FAIL;
    bool done = rc == LEAT_OK && !producer->outstanding[!transaction->slot] && !producer->outstanding[KAFKA_CHECKPOINT_SLOT];
    return done ? LEAT_OK : LEAT_AGAIN;
}

int leat_kafka_transaction_go_on(struct leat_sink *sink, int timeout_ms, struct leat_error *err)
{
    struct kafka_transaction *transaction = &sink->transaction;
    if (transaction->state != KAFKA_COMMITTING)
        return LEAT_OK;
    int rc = flush(sink, timeout_ms, err);
    if (rc)
        return rc;
    transaction->asked = true;
    rd_kafka_error_t *error = rd_kafka_commit_transaction(sink->producer.client.handle, KAFKA_COMMIT_MS);
    if (error)
        return fail(sink, error, "committing a Kafka transaction", err);
    transaction->state = KAFKA_NOTHING_OPEN;
    sink->producer.holding = false;
    if (transaction->within)
        sink->open.continues = true;
    else
        sink->delivered_seq = transaction->seq;
    sink->claimed = true;
    leat_kafka_client_works(&sink->producer.client);
    /* What came meanwhile is the next one's. */
    return sink->producer.records ? leat_kafka_transaction_begin(sink, err) : LEAT_OK;
}

bool leat_kafka_transaction_is_ahead(const struct leat_sink *sink)
{
    const struct kafka_transaction *transaction = &sink->transaction;
    return transaction->state == KAFKA_COMMITTING && transaction->sent && !transaction->within &&
           leat_kafka_producer_has_room(&sink->producer);
}

void leat_kafka_transaction_abort(struct leat_sink *sink)
{
    /* One that is being committed is the brokers' business already, and librdkafka 2.0 ends the process if it is told to abort it. */
    if (!sink->prepared || sink->transaction.state == KAFKA_NOTHING_OPEN || (sink->transaction.state == KAFKA_COMMITTING && sink->transaction.asked))
        return;
    /* Else readers wait for its timeout; if it can't be told, they do. And librdkafka 2.0 ends the process when a producer is closed while a
     * transaction goes on that has just come to a further partition: it still asks the coordinator for that, and counts wrongly. */
    (void)rd_kafka_purge(sink->producer.client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_error_t *error = rd_kafka_abort_transaction(sink->producer.client.handle, KAFKA_DOWN_WAIT_MS);
    if (error)
        rd_kafka_error_destroy(error);
    sink->transaction.state = KAFKA_NOTHING_OPEN;
}

bool leat_kafka_transaction_was_taken(const struct leat_sink *sink)
{
    if (!sink->producer.client.handle)
        return false;
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(sink->producer.client.handle, NULL, 0);
    if (fatal != RD_KAFKA_RESP_ERR__FENCED && fatal != RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH && fatal != RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
        return false;
    uint64_t open_us = leat_monotonic_us(sink->env.clock) - sink->transaction.began_us;
    uint64_t timeout_ms = (uint64_t)leat_kafka_given_number(sink->env.config, "transaction.timeout.ms", KAFKA_TRANSACTION_TIMEOUT_MS);
    return sink->transaction.state == KAFKA_NOTHING_OPEN || open_us < timeout_ms * 1000;
}

bool leat_kafka_transaction_is_full(const struct leat_sink *sink)
{
    const struct kafka_transaction *transaction = &sink->transaction;
    const struct leat_sink_config *config = sink->env.config;
    return transaction->state == KAFKA_GATHERING &&
           (transaction->bytes >= config->transaction_max_bytes ||
            leat_monotonic_us(sink->env.clock) - transaction->began_us >= sink->transaction_max_us);
}
