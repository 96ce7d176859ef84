/* Where `resume --until P` pauses: before the first transaction at or behind P. Runs in the runner's thread.
 *
 * What somebody wants to stop short of is named as a change says it: by the place of its own event, which lies behind its transaction's
 * beginning, or by a time that may be the original server's or the source's. So a transaction that a place lies within is behind it, and
 * one of which either time is late enough. */
#include "runner_int.h"

/* The end of the transaction in hand, which is wholly in the journal. */
static int find_end(struct leat_runner *runner, const struct leat_item *begin, uint64_t *end_pos, struct leat_error *err)
{
    struct leat_item item = {0};
    int rc = leat_reader_again(&runner->branch.reader, runner->reader, begin->seq, err);
    while (rc == LEAT_OK && item.type != LEAT_ITEM_END)
        rc = leat_reader_next(runner->branch.reader, &item, err);
    *end_pos = rc == LEAT_OK ? item.end.place.pos : 0;
    return rc == LEAT_OK || rc == LEAT_FAIL ? rc : leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction has no end in the journal");
}

static int is_behind_place(struct leat_runner *runner, const struct leat_item *item, bool *reached, struct leat_error *err)
{
    const struct leat_point *until = &runner->until;
    const struct leat_begin *begin = item->type == LEAT_ITEM_BEGIN ? &item->begin : &item->opaque.begin;
    uint64_t end_pos = begin->place.pos + begin->length;
    *reached = leat_runner_compare_places(begin->place.file, begin->place.pos, until->file, until->pos) >= 0;
    if (*reached || strcmp(begin->place.file, until->file) != 0 || runner->until_passed_seq == item->seq)
        return LEAT_OK;
    if (item->type == LEAT_ITEM_OPAQUE)
        end_pos = item->opaque.end.pos;
    else if (!begin->length && find_end(runner, item, &end_pos, err))
        return LEAT_FAIL;
    *reached = end_pos > until->pos;
    if (!*reached)
        runner->until_passed_seq = item->seq;
    return LEAT_OK;
}

static bool is_behind_time(const struct leat_runner *runner, const struct leat_item *item)
{
    const struct leat_begin *begin = item->type == LEAT_ITEM_BEGIN ? &item->begin : &item->opaque.begin;
    return runner->transaction_commit_us >= runner->until.time_us || begin->original_commit_us >= runner->until.time_us;
}

int leat_runner_reached_until(struct leat_runner *runner, const struct leat_item *item, bool *reached, struct leat_error *err)
{
    const struct leat_point *until = &runner->until;
    *reached = false;
    switch (until->type) {
    case LEAT_POINT_NOW:
        *reached = (item ? item->seq : runner->at.seq) >= runner->until_seq;
        break;
    case LEAT_POINT_GTIDS:
        *reached = leat_gtid_set_contains_set(runner->at.completed, until->gtids);
        break;
    case LEAT_POINT_TIME:
        *reached = item && is_behind_time(runner, item);
        break;
    case LEAT_POINT_FILE:
        if (item)
            return is_behind_place(runner, item, reached, err);
        *reached = runner->at.file[0] && leat_runner_compare_places(runner->at.file, runner->at.pos, until->file, until->pos) >= 0;
        break;
    case LEAT_POINT_UNSET:
    case LEAT_POINT_EARLIEST:
        break;
    }
    return LEAT_OK;
}
