/* What came when (arrivals.h). */
#include "arrivals.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

void sim_arrivals_note(struct sim_arrivals *arrivals, uint64_t wall_us, const struct leat_journal *journal)
{
    struct leat_journal_status status;
    leat_journal_status(journal, &status);
    struct sim_arrival *last = arrivals->count ? &arrivals->list[arrivals->count - 1] : NULL;
    if (!status.file[0] || (last && last->pos == status.pos && !strcmp(last->file, status.file)) || arrivals->count == SIM_ARRIVALS_MAX)
        return;
    if (!arrivals->list)
        arrivals->list = leat_alloc(SIM_ARRIVALS_MAX * sizeof *arrivals->list);
    struct sim_arrival *arrival = &arrivals->list[arrivals->count++];
    *arrival = (struct sim_arrival){.wall_us = wall_us, .pos = status.pos};
    snprintf(arrival->file, sizeof arrival->file, "%.63s", status.file);
}

void sim_arrivals_set_clock(struct sim_arrivals *arrivals, int64_t by_us)
{
    for (size_t i = 0; by_us < 0 && i < arrivals->count; i++)
        arrivals->list[i].wall_us += (uint64_t)by_us;
}

int sim_arrivals_check(const struct sim_arrivals *arrivals, uint64_t wall_us, uint64_t delay_us, const struct leat_runner_status *sink,
                       struct leat_error *err)
{
    if (!delay_us || !sink->delivered_commit_us || arrivals->count == SIM_ARRIVALS_MAX)
        return LEAT_OK;
    /* The first that shows it all. */
    for (size_t i = 0; i < arrivals->count; i++) {
        const struct sim_arrival *arrival = &arrivals->list[i];
        if (leat_runner_compare_places(sink->file, sink->pos, arrival->file, arrival->pos) > 0)
            continue;
        if (arrival->wall_us + delay_us <= wall_us)
            return LEAT_OK;
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "sink %s has %s:%llu, which came %lld us ago, with a delay of %llu us", sink->name,
                         sink->file, (unsigned long long)sink->pos, (long long)(wall_us - arrival->wall_us), (unsigned long long)delay_us);
    }
    return LEAT_OK;
}

void sim_arrivals_free(struct sim_arrivals *arrivals)
{
    free(arrivals->list);
    *arrivals = (struct sim_arrivals){0};
}
