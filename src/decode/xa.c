/* XA: branches that are prepared now and end later, in a transaction of their own, with others between.
 *
 * MySQL:   GTID, XA START, …, XA END, XA_PREPARE event. MariaDB: GTID that says so, …, XA END, XA_PREPARE event.
 * Later:   GTID, XA COMMIT or XA ROLLBACK.
 *
 * In one phase (XA COMMIT … ONE PHASE) it is the XA_PREPARE event that says so, and the transaction is committed. A
 * branch that is rolled back before it was prepared, or that changed nothing, isn't in the binlog. Which branch it is
 * stands in each of these; where they contradict each other, rows would come out at a wrong time: that stops. */
#include "decode_int.h"

#include <string.h>

#include "base/checksum.h"

static int name_of(const struct leat_query *query, bool *one_phase, uint8_t *id, size_t *size,
                   struct leat_error *err)
{
    struct leat_xa xa;
    uint64_t sql_mode = query->session.present & LEAT_SESSION_SQL_MODE ? query->session.sql_mode : 0;
    if (!leat_ddl_xa(&xa, one_phase, query->sql, query->sql_size, sql_mode))
        return leat_malformed(err, "an XA statement whose branch can't be read from its text");
    *size = leat_xa_encode(id, &xa);
    return LEAT_OK;
}

/* The branch of the open transaction is this one. MariaDB tells it at the end only. */
static int same_branch(struct leat_decoder *decoder, const uint8_t *id, size_t size, const char *what,
                       struct leat_error *err)
{
    struct transaction *transaction = &decoder->transaction;
    if (!transaction->xa)
        return leat_malformed(err, "%s in a transaction that isn't an XA branch", what);
    if (!transaction->xa_id_size) {
        memcpy(transaction->xa_id, id, size);
        transaction->xa_id_size = size;
    }
    if (transaction->xa_id_size == size && memcmp(transaction->xa_id, id, size) == 0)
        return LEAT_OK;
    char open[LEAT_XA_TEXT_MAX], other[LEAT_XA_TEXT_MAX];
    return leat_malformed(err, "%s of branch %s within branch %s", what, leat_xa_text(other, id, size),
                          leat_xa_text(open, transaction->xa_id, transaction->xa_id_size));
}

static void mix_branch(struct transaction *transaction, const uint8_t *id, size_t size, unsigned what)
{
    transaction->digest = decoder_mix(decoder_mix(transaction->digest, what), leat_hash64(id, size, 0));
}

int decoder_xa_start(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err)
{
    bool unused;
    struct transaction *transaction = &decoder->transaction;
    if (decoder->state == OPEN && (!transaction->xa || transaction->xa_id_size || transaction->something))
        return leat_malformed(err, "XA START within a transaction");
    if (!decoder_in_transaction(decoder))
        decoder_begin_anonymous(decoder);
    decoder->state = OPEN;
    transaction->xa = true;
    transaction->thread_id = query->thread_id;
    decoder->begin.begin.flags |= LEAT_BEGIN_XA;
    if (name_of(query, &unused, transaction->xa_id, &transaction->xa_id_size, err))
        return LEAT_FAIL;
    return decoder_give_begin(decoder, err);
}

int decoder_xa_end(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err)
{
    bool unused;
    uint8_t id[LEAT_XA_ID_MAX];
    size_t size;
    if (decoder_must_be_open(decoder, err) || name_of(query, &unused, id, &size, err))
        return LEAT_FAIL;
    return same_branch(decoder, id, size, "XA END", err);
}

int decoder_xa_prepare(struct leat_decoder *decoder, struct leat_error *err)
{
    bool one_phase;
    struct leat_xa xa;
    uint8_t id[LEAT_XA_ID_MAX];
    if (decoder_must_be_open(decoder, err) || leat_event_xa_prepare(&xa, &one_phase, &decoder->event, err))
        return LEAT_FAIL;
    size_t size = leat_xa_encode(id, &xa);
    if (same_branch(decoder, id, size, "XA PREPARE", err))
        return LEAT_FAIL;
    mix_branch(&decoder->transaction, id, size, one_phase ? LEAT_END_XA_ONE_PHASE : LEAT_END_XA_PREPARE);
    return decoder_end(decoder, one_phase ? LEAT_END_XA_ONE_PHASE : LEAT_END_XA_PREPARE, 0, err);
}

/* XA COMMIT and XA ROLLBACK of a branch that was prepared: a transaction by itself. */
int decoder_xa_resolve(struct leat_decoder *decoder, const struct leat_query *query, bool commit,
                       struct leat_error *err)
{
    bool one_phase;
    uint8_t id[LEAT_XA_ID_MAX];
    size_t size;
    /* MariaDB's GTID opens a transaction unless it says that it stands alone. */
    if (decoder->state == OPEN && (decoder->transaction.xa || decoder->transaction.something || !decoder->format.mariadb))
        return leat_malformed(err, "%s within a transaction", commit ? "XA COMMIT" : "XA ROLLBACK");
    if (name_of(query, &one_phase, id, &size, err))
        return LEAT_FAIL;
    if (one_phase)
        return leat_malformed(err, "XA COMMIT in one phase without the transaction that it commits");
    if (!decoder_in_transaction(decoder))
        decoder_begin_anonymous(decoder);
    decoder->item.xa_resolve = (struct leat_xa_resolve){.commit = commit, .xa_id = id, .xa_id_size = size};
    mix_branch(&decoder->transaction, id, size, commit ? 1 : 2);
    int result = decoder_give(decoder, LEAT_ITEM_XA_RESOLVE, err);
    return result ? result : decoder_end(decoder, LEAT_END_XA_RESOLVE, 0, err);
}
