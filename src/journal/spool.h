/* XA branches for who has no journal (tail, decode): what a branch changed is kept aside when it is prepared, and given where it is
 * committed. In goes what a decoder gives, out comes what a format takes (model/item.h).
 *
 * Memory is bounded: small branches are kept in it up to SPOOL_MEMORY_MAX together, all else goes to a file that has no name any more,
 * in $TMPDIR or /var/tmp, and of which resolved parts are given back. A branch that isn't prepared before its commit is an error, never
 * a silent gap. One thread. */
#ifndef LEAT_JOURNAL_SPOOL_H
#define LEAT_JOURNAL_SPOOL_H

#include "model/item.h"

struct leat_spool;

struct leat_spool_options {
    const char *folder;   /* NULL: $TMPDIR, or /var/tmp */
    const char *cure;     /* what to do about a COMMIT whose PREPARE wasn't given */
    uint64_t memory_max;  /* 0: SPOOL_MEMORY_MAX */
};

struct leat_spool *leat_spool_new(const struct leat_spool_options *options, const struct leat_item_out *out);
void leat_spool_free(struct leat_spool **spool);

/* Takes an item. shown: the transaction that it belongs to is wanted; give those that are not, too: what is prepared in one may be
 * committed in another. */
int leat_spool_item(struct leat_spool *spool, const struct leat_item *item, bool shown, struct leat_error *err) LEAT_CHECKED;

/* A branch that is prepared and not resolved. Texts are valid until the next call. */
struct leat_spool_branch {
    const char *xid, *gtid, *file; /* gtid: empty if it has none */
    uint64_t pos, changes;
};
/* Calls each with every one of them, in no order. */
void leat_spool_branches(const struct leat_spool *spool, void (*each)(void *context, const struct leat_spool_branch *branch),
                         void *context);

#endif
