/* What was put aside, read with the decoder of this build and the definitions that held where it lies: the journal has them through
 * time. Where it has none from before, one that was read or told later counts if no statement in between speaks of the table; whether
 * it fits, the table map says. Otherwise the transaction can't be decoded; nothing is guessed.
 *
 * One thread owns a reader. Definitions stay in memory once one was needed. */
#ifndef LEAT_RELAY_ASIDE_H
#define LEAT_RELAY_ASIDE_H

#include "decode/decode.h"
#include "journal/journal.h"

struct leat_aside;

/* `journal` is looked at when something is read. Of the options (borrowed) journalled and whole_seconds count. */
struct leat_aside *leat_aside_new(struct leat_journal *const *journal, const struct leat_decoder_options *options);
void leat_aside_free(struct leat_aside **aside);

/* leat_opaque_decode of the journal's record `seq`. */
int leat_aside_read(struct leat_aside *aside, uint64_t seq, const struct leat_opaque *opaque, const struct leat_item_out *out,
                    struct leat_error *err) LEAT_CHECKED;

#endif
