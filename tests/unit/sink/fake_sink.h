/* A sink that keeps everything in memory, and fails as it is told to. What it "delivered" survives recover(),
 * as that of a real one would: transactions go from `open` to `handed` (END came) to `delivered` (their
 * checkpoint was acknowledged). */
#ifndef LEAT_TEST_FAKE_SINK_H
#define LEAT_TEST_FAKE_SINK_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sink/sink.h"

enum { FAKE_MAX = 4096, FAKE_ANY = -1 };

enum fake_when {
    FAKE_NEVER,
    FAKE_AT_RECOVER,
    FAKE_AT_RESTART,
    FAKE_AT_ROWS,
    FAKE_AT_END,
    FAKE_AT_COMMIT,
    FAKE_AT_POLL
};

struct fake_sink {
    /* What to do. */
    enum fake_when fail_when;
    uint64_t fail_at; /* ROWS, END: the transaction's number */
    unsigned fail_times;
    enum leat_kind fail_kind;
    unsigned again_times; /* item(): no room */
    bool holds_back;      /* commits are acknowledged only by `acknowledge` */
    unsigned acknowledge; /* so many */
    /* What it did. */
    bool has_checkpoint;
    struct leat_checkpoint checkpoint;
    struct leat_checkpoint queued[128];
    size_t queued_count, queued_handed[128];
    uint64_t handed[FAKE_MAX];
    size_t handed_count; /* handed[0 … delivered_count) is delivered */
    size_t delivered_count;
    uint64_t open; /* number of the open transaction */
    unsigned commits, recovers, restarts, rows, texts, statements, interrupts;
};

/* leat_sink is whatever a sink makes of it: here a pointer to what the test holds. */
struct leat_sink {
    struct fake_sink *fake;
};

static struct fake_sink *fake_current; /* open() has no other way to the test's own */

static inline int fake_fails(struct fake_sink *fake, enum fake_when when, uint64_t number,
                             struct leat_error *err)
{
    bool at_item = when == FAKE_AT_ROWS || when == FAKE_AT_END;
    if (fake->fail_when != when || !fake->fail_times || (at_item && fake->fail_at != number))
        return LEAT_OK;
    fake->fail_times--;
    return leat_fail(err, LEAT_E_SERVER, fake->fail_kind, "told to fail");
}

static inline int fake_open(struct leat_sink **sink, const struct leat_sink_env *env, struct leat_error *err)
{
    (void)env;
    (void)err;
    *sink = leat_alloc_zero(1, sizeof **sink);
    (*sink)->fake = fake_current;
    return LEAT_OK;
}

static inline void fake_forget(struct fake_sink *fake)
{
    for (size_t i = 0; i < fake->queued_count; i++)
        leat_checkpoint_free(&fake->queued[i]);
    fake->queued_count = 0;
    fake->handed_count = fake->delivered_count;
    fake->open = 0;
}

static inline void fake_close(struct leat_sink **sink)
{
    fake_forget((*sink)->fake);
    free(*sink);
    *sink = NULL;
}

static inline int fake_recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint,
                               struct leat_error *err)
{
    struct fake_sink *fake = sink->fake;
    fake->recovers++;
    fake_forget(fake);
    if (fake_fails(fake, FAKE_AT_RECOVER, 0, err))
        return LEAT_FAIL;
    if (!fake->has_checkpoint)
        return LEAT_END;
    leat_checkpoint_copy(checkpoint, &fake->checkpoint);
    return LEAT_OK;
}

static inline void fake_keep(struct fake_sink *fake, const struct leat_checkpoint *checkpoint)
{
    leat_checkpoint_free(&fake->checkpoint);
    leat_checkpoint_copy(&fake->checkpoint, checkpoint);
    fake->has_checkpoint = true;
}

static inline int fake_restart(struct leat_sink *sink, const struct leat_checkpoint *from,
                               struct leat_error *err)
{
    struct fake_sink *fake = sink->fake;
    fake->restarts++;
    if (fake_fails(fake, FAKE_AT_RESTART, 0, err))
        return LEAT_FAIL;
    fake_forget(fake);
    fake_keep(fake, from);
    return LEAT_OK;
}

static inline int fake_item(struct leat_sink *sink, const struct leat_item *item, bool *passed,
                            struct leat_error *err)
{
    struct fake_sink *fake = sink->fake;
    *passed = false;
    if (fake->again_times) {
        fake->again_times--;
        return LEAT_AGAIN;
    }
    if (item->type == LEAT_ITEM_BEGIN) {
        assert(!fake->open);
        fake->open = item->begin.immediate_commit_us / 1000000; /* items.h: that is its number */
    } else if (item->type == LEAT_ITEM_ROWS) {
        if (fake_fails(fake, FAKE_AT_ROWS, fake->open, err))
            return LEAT_FAIL;
        fake->rows += item->rows.row_count;
        *passed = true;
    } else if (item->type == LEAT_ITEM_ROWS_QUERY) {
        fake->texts++;
    } else if (item->type == LEAT_ITEM_STATEMENT) {
        fake->statements++;
    } else if (item->type == LEAT_ITEM_END) {
        if (fake_fails(fake, FAKE_AT_END, fake->open, err))
            return LEAT_FAIL;
        assert(fake->open && fake->handed_count < FAKE_MAX);
        fake->handed[fake->handed_count++] = fake->open;
        fake->open = 0;
    }
    return LEAT_OK;
}

static inline int fake_commit(struct leat_sink *sink, const struct leat_checkpoint *checkpoint,
                              struct leat_error *err)
{
    struct fake_sink *fake = sink->fake;
    assert(!fake->open);
    if (fake_fails(fake, FAKE_AT_COMMIT, 0, err))
        return LEAT_FAIL;
    fake->commits++;
    leat_checkpoint_copy(&fake->queued[fake->queued_count], checkpoint);
    fake->queued_handed[fake->queued_count++] = fake->handed_count;
    return LEAT_OK;
}

static inline int fake_poll(struct leat_sink *sink, unsigned timeout_ms, uint64_t *delivered_seq,
                            struct leat_error *err)
{
    (void)timeout_ms;
    struct fake_sink *fake = sink->fake;
    if (fake_fails(fake, FAKE_AT_POLL, 0, err))
        return LEAT_FAIL;
    while (fake->queued_count && (!fake->holds_back || fake->acknowledge)) {
        if (fake->acknowledge)
            fake->acknowledge--;
        fake_keep(fake, &fake->queued[0]);
        fake->delivered_count = fake->queued_handed[0];
        leat_checkpoint_free(&fake->queued[0]);
        fake->queued_count--;
        memmove(fake->queued, fake->queued + 1, fake->queued_count * sizeof *fake->queued);
        memmove(fake->queued_handed, fake->queued_handed + 1,
                fake->queued_count * sizeof *fake->queued_handed);
    }
    *delivered_seq = fake->checkpoint.seq;
    return LEAT_OK;
}

static inline void fake_interrupt(struct leat_sink *sink)
{
    sink->fake->interrupts++;
}

static inline int fake_check(struct leat_sink *sink, struct leat_error *err)
{
    (void)sink;
    (void)err;
    return LEAT_OK;
}

static const struct leat_sink_ops fake_ops = {"fake",         fake_open, fake_close,  fake_recover,
                                              fake_restart,   fake_item, fake_commit, fake_poll,
                                              NULL,           NULL, NULL, fake_interrupt, fake_check};

#endif
