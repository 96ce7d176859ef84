/* Transactions that could not be decoded when they were journalled, and lie there as raw events.
 *
 * Each is tried again, because the build may be newer than the one that read it: first all of it with nobody listening, since
 * a sink must not get a part; then for the sink, like any transaction. What still can't be decoded halts the sink or, if it
 * was told so, is passed over, counted and logged.
 *
 * A sink that has no room in between is given the rest later: by decoding anew, and leaving out what it has. Such transactions
 * are rare, and memory stays that of the raw events. Runs in the runner's thread. */
#include "base/log.h"
#include "runner_int.h"

/* What one step gives at most, of rows' images. */
enum { OPAQUE_STEP_BYTES = 64 << 20 };

static int ignore_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)context, (void)item, (void)err;
    return LEAT_OK;
}

static int try(const struct leat_runner *runner, const struct leat_opaque *opaque, struct leat_error *why)
{
    const struct leat_opaque_reader *reader = &runner->opaque.reader;
    if (!reader->read)
        return leat_fail(why, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%s", opaque->reason.bytes ? opaque->reason.bytes : "");
    return reader->read(reader->context, runner->item.seq, opaque, &(struct leat_item_out){NULL, ignore_item}, why);
}

static int halt(struct leat_runner *runner, const struct leat_error *why, struct leat_error *err)
{
    runner->item_failed = true;
    (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
                    "transaction %s was quarantined when it was journalled, and can't be decoded now: %s",
                    runner->transaction_name, why->message);
    return leat_cure(err,
                     "%s; or `leat skip %s %s --reason TEXT` leaves it out of this sink, and "
                     "sinks.%s.on_undecodable: pass all of these",
                     why->cure[0] ? why->cure : "run a leat that can decode it", runner->config->name, runner->transaction_name, runner->config->name);
}

static void pass(struct leat_runner *runner, const struct leat_error *why)
{
    runner->passing = PASSING_UNDECODABLE;
    runner->passed_over++;
    leat_log(LEAT_LOG_WARN, "sink", runner->config->name,
             "transaction %s at record %llu is PASSED OVER, as on_undecodable says, because it can't be decoded: %s",
             runner->transaction_name, (unsigned long long)runner->transaction_seq, why->message);
}

/* One item of it, unless the sink has it already. LEAT_STOPPED: enough for this step. */
static int give_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct leat_runner *runner = context;
    struct runner_opaque *opaque = &runner->opaque;
    if (opaque->seen++ < opaque->given)
        return LEAT_OK;
    if (runner->bytes >= opaque->bytes_end)
        return LEAT_STOPPED;
    struct leat_item with_seq = *item;
    with_seq.seq = runner->item.seq;
    int rc = leat_runner_give_change(runner, &with_seq, err);
    if (rc == LEAT_OK)
        opaque->given++;
    return rc;
}

int leat_runner_give_opaque(struct leat_runner *runner, const struct leat_opaque *item, struct leat_error *err)
{
    struct runner_opaque *opaque = &runner->opaque;
    struct leat_error why = {0};
    if (runner->passing)
        return LEAT_OK;
    if (!opaque->tried && try(runner, item, &why)) {
        if (runner->config->on_undecodable != LEAT_SINK_UNDECODABLE_PASS)
            return halt(runner, &why, err);
        pass(runner, &why);
        return LEAT_OK;
    }
    if (!opaque->tried)
        runner->has_rows_query = false;
    opaque->tried = opaque->open = runner->inside = true;
    opaque->seen = 0;
    opaque->bytes_end = runner->bytes + OPAQUE_STEP_BYTES;
    int rc = opaque->reader.read(opaque->reader.context, runner->item.seq, item, &(struct leat_item_out){runner, give_item}, err);
    if (rc == LEAT_STOPPED)
        return LEAT_OK;
    if (rc == LEAT_OK)
        leat_runner_forget_opaque(runner);
    return rc;
}

void leat_runner_forget_opaque(struct leat_runner *runner)
{
    runner->opaque.tried = runner->opaque.open = false;
    runner->opaque.given = 0;
}
