/* `delay`: a transaction is handed over only when its commit is that long ago. Runs in the runner's thread.
 *
 * The commit is by the primary's clock, and so is what is held against it: ours, corrected by what the source measured. Commit
 * times are what the server wrote, and may be wrong: a session's SET TIMESTAMP is in MariaDB's events, clocks are set. So two
 * things are believed more. The order: nothing was committed before what lies before it. And that what is in the journal was
 * committed before now: a time that lies ahead of a moment when the transaction was there is taken to be that moment. Such moments are
 * noted one for all that the journal has, so that a hundred such transactions wait once and not a hundred times. A transaction is never early by this,
 * where its own time is right or ahead. */
#include "base/log.h"
#include "runner_int.h"

static uint64_t primary_now(const struct leat_runner *runner)
{
    uint64_t ahead_us = runner->clock_offset ? leat_cell_get(runner->clock_offset) : 0; /* an int64_t: modulo 2^64 */
    return leat_wall_us(runner->clock) + ahead_us;
}

/* The latest moment that the transaction's own time allows: without microseconds, the end of the second. */
static uint64_t latest_commit(const struct leat_begin *begin)
{
    if (begin->immediate_commit_us)
        return begin->immediate_commit_us;
    return begin->original_commit_us ? begin->original_commit_us : (uint64_t)begin->header_time * 1000000 + 999999;
}

static uint64_t commit_of(struct leat_runner *runner, uint64_t now_us)
{
    struct runner_delay *delay = &runner->delay;
    const struct leat_item *item = &runner->item;
    uint64_t commit_us = latest_commit(item->type == LEAT_ITEM_BEGIN ? &item->begin : &item->opaque.begin);
    if (item->seq >= delay->bound_seq) {
        delay->bound_seq = leat_journal_visible_end(runner->journal);
        delay->bound_us = now_us;
    }
    if (commit_us < delay->latest_us)
        commit_us = delay->latest_us;
    return commit_us < delay->bound_us ? commit_us : delay->bound_us;
}

bool leat_runner_holds_back(struct leat_runner *runner)
{
    struct runner_delay *delay = &runner->delay;
    if (!runner->config->delay_us)
        return false;
    uint64_t now_us = primary_now(runner);
    if (!delay->known || delay->seq != runner->transaction_seq) {
        delay->latest_us = commit_of(runner, now_us);
        delay->due_us = delay->latest_us + runner->config->delay_us;
        delay->seq = runner->transaction_seq;
        delay->known = true;
    }
    delay->holds = now_us < delay->due_us;
    return delay->holds;
}

uint64_t leat_runner_held_until(const struct leat_runner *runner)
{
    if (!runner->delay.holds)
        return 0;
    uint64_t now_us = primary_now(runner), left_us = runner->delay.due_us > now_us ? runner->delay.due_us - now_us : 0;
    return leat_wall_us(runner->clock) + left_us;
}

void leat_runner_forget_delay(struct leat_runner *runner)
{
    runner->delay.holds = runner->delay.known = false;
    runner->delay.latest_us = 0;
}
