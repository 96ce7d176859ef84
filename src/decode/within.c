/* A start in the middle of a transaction: what somebody else has delivered of it is walked, since the transaction's digest is over all of it, and not
 * given. Definitions that follow from statements are: they hold for what comes. */
#include "decode_int.h"

#include <inttypes.h>

void leat_decoder_within(struct leat_decoder *decoder, const struct leat_within *within)
{
    decoder->within = *within;
    decoder->within_events = 0;
    decoder->within_rows = 0;
}

/* Whether the event at hand is one of those counted. */
static bool counts(const struct leat_decoder *decoder)
{
    const struct leat_within *within = &decoder->within;
    if (decoder->event.type == LEAT_EVENT_MARIADB_ANNOTATE && !within->annotated)
        return false;
    return within->pos ? decoder->event_pos >= within->pos : decoder->state == OPEN;
}

uint64_t decoder_within_passes(const struct leat_decoder *decoder)
{
    const struct leat_within *within = &decoder->within;
    if (!within->set)
        return 0;
    bool before = within->pos && decoder->event_pos < within->pos;
    if (before || decoder->within_events < within->events)
        return DECODER_ALL_ROWS;
    return decoder->within_events == within->events ? within->rows : 0;
}

void decoder_within_unwanted(struct leat_decoder *decoder)
{
    uint64_t passes = decoder_within_passes(decoder);
    if (passes && passes != DECODER_ALL_ROWS)
        decoder->within_rows = passes;
}

void decoder_within_event(struct leat_decoder *decoder)
{
    if (decoder_in_transaction(decoder) && decoder->placed && counts(decoder))
        decoder->within_events++;
}

int decoder_within_end(struct leat_decoder *decoder, struct leat_error *err)
{
    const struct leat_within within = decoder->within;
    if (!within.set)
        return LEAT_OK;
    uint64_t events = decoder->within_events + counts(decoder);
    decoder->within = (struct leat_within){0};
    if (events >= within.events && decoder->within_rows == within.rows)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                    "start_within says that %" PRIu64 " events%s%s are done of the transaction that began at %s:%" PRIu64 ", and it has %" PRIu64
                    " events%s",
                    within.events, within.rows ? ", and rows of the next," : "", within.pos ? " behind start" : "", decoder->file,
                    decoder->transaction.pos, events, within.rows && events >= within.events ? ", the next with fewer rows" : "");
    return leat_cure(err, "the offset is another server's, or start was changed: import it again (docs/moving.md), with an empty journal");
}
