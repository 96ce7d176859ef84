/* Transactions: what begins and ends them. A GTID is started at its event and completed at the end, never
 * before.
 *
 * MySQL: GTID, BEGIN, …, XID or COMMIT; or GTID and one statement. MariaDB: GTID, …, XID or COMMIT (the GTID
 * stands for BEGIN), or, when it says so, GTID and one statement. Before both had GTIDs: the same without. */
#include "decode_int.h"

#include <inttypes.h>

/* With decoder->begin, but for what every one has. */
static void begin(struct leat_decoder *decoder)
{
    struct leat_begin *begin = &decoder->begin.begin;
    uint64_t pos = decoder->prelude ? decoder->prelude_pos : decoder->event_pos;
    memcpy(begin->source_uuid, decoder->source_uuid, LEAT_UUID_SIZE);
    begin->place = (struct leat_place){decoder->file, pos};
    decoder->transaction = (struct transaction){
        .pos = pos,
        .length = begin->length,
        .standalone = begin->flags & LEAT_BEGIN_STANDALONE,
        .alter_is_open = begin->flags & (LEAT_BEGIN_ALTER_STARTS | LEAT_BEGIN_ALTER_ROLLS_BACK),
        .thread_id = begin->thread_id,
        .xa = begin->flags & LEAT_BEGIN_XA,
    };
    decoder->prelude = false;
    decoder->begin_kept = true;
}

int decoder_gtid(struct leat_decoder *decoder, struct leat_error *err)
{
    if (decoder_must_be_between(decoder, "another transaction begins", err))
        return LEAT_FAIL;
    bool mariadb = decoder->event.type == LEAT_EVENT_MARIADB_GTID;
    struct leat_begin *told = &decoder->begin.begin;
    if (leat_event_gtid(told, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    decoder_prelude_end(decoder);
    decoder->state = mariadb && !(told->flags & LEAT_BEGIN_STANDALONE) ? OPEN : STARTED;
    begin(decoder);
    return mariadb ? decoder_give_begin(decoder, err) : LEAT_OK;
}

void decoder_begin_anonymous(struct leat_decoder *decoder)
{
    decoder->begin.begin =
        (struct leat_begin){.server_id = decoder->event.server_id, .header_time = decoder->event.time};
    decoder->state = STARTED;
    begin(decoder);
}

/* The GTID event tells how many bytes the transaction has, itself included, with their checksums. */
static int check_length(const struct leat_decoder *decoder, struct leat_error *err)
{
    const struct transaction *transaction = &decoder->transaction;
    uint64_t length = decoder->event_end - transaction->pos;
    if (transaction->length == 0 || transaction->length == length)
        return LEAT_OK;
    return leat_malformed(
        err, "the transaction that began at %s:%" PRIu64 " has %" PRIu64 " bytes, and said %" PRIu64,
        decoder->file, transaction->pos, length, transaction->length);
}

int decoder_end(struct leat_decoder *decoder, enum leat_end_how how, uint64_t xid, struct leat_error *err)
{
    struct transaction *transaction = &decoder->transaction;
    if (check_length(decoder, err) || decoder_within_end(decoder, err))
        return LEAT_FAIL;
    decoder_statement_end(decoder);
    decoder_prelude_end(decoder);
    bool xa = how == LEAT_END_XA_PREPARE || how == LEAT_END_XA_ONE_PHASE;
    decoder->item.end = (struct leat_end){
        .how = transaction->something || xa || how == LEAT_END_XA_RESOLVE ? how : LEAT_END_EMPTY,
        .xid = xid,
        .place = {decoder->file, decoder->event_end},
        .time = decoder->event.time,
        .changes = transaction->changes,
        .statements = transaction->statements,
        .digest = transaction->digest,
        .xa_id = xa ? transaction->xa_id : NULL,
        .xa_id_size = xa ? transaction->xa_id_size : 0,
    };
    decoder->state = BETWEEN;
    decoder->counters.transactions++;
    int result = decoder_give(decoder, LEAT_ITEM_END, err);
    if (result == LEAT_OK)
        decoder_definitions_end(decoder, true);
    return result;
}

int decoder_xid(struct leat_decoder *decoder, struct leat_error *err)
{
    uint64_t xid;
    if (decoder_must_be_open(decoder, err) || leat_event_xid(&xid, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    return decoder_end(decoder, LEAT_END_XID, xid, err);
}
