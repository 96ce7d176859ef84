/* XA branches, for sinks that know nothing of them: changes are handed over where they take effect, once each, in the order of
 * commits.
 *
 * A transaction that may end in XA PREPARE is passed over up to its END, which says what it was. After a PREPARE there is nothing to
 * hand over. At the XA COMMIT the branch's transaction is read again from where it was prepared, with a second reader, and its changes
 * are handed over within the COMMIT's own BEGIN and END, whose identity (GTID, place, time) they so get. A branch that was committed in
 * one phase is read again, too, since only its END tells. Memory is that of one item, whatever the size of the branch.
 *
 * The journal keeps segments from a PREPARE on until the branch is resolved and every hold is behind that. Runs in the runner's
 * thread; one item a call, so that what a step may do stays bounded. */
#include <assert.h>

#include "base/log.h"
#include "runner_int.h"

/* Why the changes can't be had: they were deleted before this sink said that it needs them. */
static int gone(struct leat_runner *runner, uint64_t seq, struct leat_error *err)
{
    if (err->code != LEAT_E_RESYNC)
        return LEAT_FAIL;
    runner->item_failed = true;
    (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
                    "transaction %s is the XA COMMIT of a branch that was prepared before what the journal still has (record "
                    "%llu): its changes are gone",
                    runner->transaction_name, (unsigned long long)seq);
    return leat_cure(err,
                     "copy the rows of that transaction to the target by hand, then `leat skip %s %s --reason TEXT`; or load "
                     "the sink anew and rewind it to where that load stands",
                     runner->config->name, runner->transaction_name);
}

static int open_branch(struct leat_runner *runner, uint64_t seq, struct leat_error *err)
{
    struct runner_branch *branch = &runner->branch;
    struct leat_item *item = &branch->item;
    if (leat_reader_again(&branch->reader, runner->reader, seq, err))
        return gone(runner, seq, err);
    int rc = leat_reader_next(branch->reader, item, err);
    while (rc == LEAT_OK && item->type == LEAT_ITEM_SCHEMA)
        rc = leat_reader_next(branch->reader, item, err);
    if (rc == LEAT_FAIL)
        return rc;
    if (rc != LEAT_OK || item->type != LEAT_ITEM_BEGIN || item->seq != seq)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL,
                         "record %llu isn't where the XA branch of transaction %s begins", (unsigned long long)seq,
                         runner->transaction_name);
    branch->open = branch->has_item = true;
    return LEAT_OK;
}

static int next_of_branch(struct leat_runner *runner, struct leat_error *err)
{
    struct runner_branch *branch = &runner->branch;
    if (branch->has_item)
        return LEAT_OK;
    int rc = leat_reader_next(branch->reader, &branch->item, err);
    branch->has_item = rc == LEAT_OK;
    return rc == LEAT_OK || rc == LEAT_FAIL
               ? rc
               : leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "the XA branch of transaction %s has no end in the journal",
                           runner->transaction_name);
}

/* The branch's BEGIN: of its own transaction if it was committed in one phase, else it says what the COMMIT commits. */
static int give_begin(struct leat_runner *runner, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    struct leat_item first = runner->branch.item;
    if (!resolve) {
        first.begin.flags &= ~(uint32_t)LEAT_BEGIN_XA;
        return leat_runner_give(runner, &first, err);
    }
    first = (struct leat_item){.type = LEAT_ITEM_XA_RESOLVE, .seq = runner->item.seq, .xa_resolve = *resolve};
    first.xa_resolve.prepared = &runner->branch.item.begin;
    return leat_runner_give(runner, &first, err);
}

int leat_runner_release(struct leat_runner *runner, uint64_t seq, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    struct runner_branch *branch = &runner->branch;
    int rc = branch->open ? LEAT_OK : open_branch(runner, seq, err);
    if (rc == LEAT_OK)
        rc = next_of_branch(runner, err);
    if (rc)
        return rc;
    switch (branch->item.type) {
    case LEAT_ITEM_BEGIN:
        rc = give_begin(runner, resolve, err);
        break;
    case LEAT_ITEM_END:
        branch->open = false;
        break;
    default:
        rc = leat_runner_give_change(runner, &branch->item, err);
    }
    if (rc == LEAT_OK)
        branch->has_item = false;
    return rc;
}

void leat_runner_forget_branch(struct leat_runner *runner)
{
    if (runner->branch.reader)
        leat_reader_close(&runner->branch.reader);
    runner->branch.open = runner->branch.has_item = false;
    runner->withheld = false;
}
