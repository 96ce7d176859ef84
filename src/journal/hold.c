/* Holds: named sequence numbers from which on segments stay. A list ordered by number, under the journal's
 * mutex; any thread. */
#include "journal_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

static void insert(struct leat_journal *journal, struct leat_hold *hold)
{
    struct leat_hold **at = &journal->holds;
    while (*at && (*at)->seq <= hold->seq)
        at = &(*at)->next;
    hold->next = *at;
    *at = hold;
}

static void take_out(struct leat_journal *journal, struct leat_hold *hold)
{
    struct leat_hold **at = &journal->holds;
    while (*at != hold) {
        assert(*at);
        at = &(*at)->next;
    }
    *at = hold->next;
}

/* The record before a segment's first is an index, so one number less is as good. */
static bool still_there(const struct leat_journal *journal, uint64_t seq)
{
    return seq + 1 >= journal->status.first_seq;
}

int leat_hold_new(struct leat_hold **out, struct leat_journal *journal, const char *name, uint64_t seq,
                  bool detachable, struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC);
    *out = NULL;
    struct leat_hold *hold = leat_alloc_zero(1, sizeof *hold);
    hold->magic = HOLD_MAGIC;
    hold->journal = journal;
    snprintf(hold->name, sizeof hold->name, "%s", name);
    hold->detachable = detachable;
    pthread_mutex_lock(&journal->mutex);
    uint64_t first = journal->status.first_seq;
    hold->seq = seq ? seq : first;
    bool there = still_there(journal, hold->seq);
    if (there)
        insert(journal, hold);
    pthread_mutex_unlock(&journal->mutex);
    if (!there) {
        free(hold);
        leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR,
                  "%s needs the journal from sequence number %llu, but it begins at %llu", name,
                  (unsigned long long)seq, (unsigned long long)first);
        return leat_cure(
            err, "rewind it to a point that is still there, after bringing its target up to that point");
    }
    *out = hold;
    return LEAT_OK;
}

void leat_hold_move(struct leat_hold *hold, uint64_t seq)
{
    assert(hold->magic == HOLD_MAGIC);
    struct leat_journal *journal = hold->journal;
    pthread_mutex_lock(&journal->mutex);
    if (still_there(journal, seq) && seq != hold->seq) {
        take_out(journal, hold);
        hold->seq = seq;
        insert(journal, hold);
    }
    pthread_mutex_unlock(&journal->mutex);
}

bool leat_hold_lost(const struct leat_hold *hold)
{
    assert(hold->magic == HOLD_MAGIC);
    pthread_mutex_lock(&hold->journal->mutex);
    bool lost = hold->lost;
    pthread_mutex_unlock(&hold->journal->mutex);
    return lost;
}

void leat_hold_release(struct leat_hold **out)
{
    struct leat_hold *hold = *out;
    if (!hold)
        return;
    assert(hold->magic == HOLD_MAGIC);
    pthread_mutex_lock(&hold->journal->mutex);
    take_out(hold->journal, hold);
    pthread_mutex_unlock(&hold->journal->mutex);
    hold->magic = 0;
    free(hold);
    *out = NULL;
}

void leat_journal_holds(const struct leat_journal *journal,
                        void (*each)(void *context, const char *name, uint64_t seq, bool lost), void *context)
{
    struct leat_journal *locked = (struct leat_journal *)journal;
    assert(journal->magic == JOURNAL_MAGIC);
    pthread_mutex_lock(&locked->mutex);
    for (const struct leat_hold *hold = journal->holds; hold; hold = hold->next)
        each(context, hold->name, hold->seq, hold->lost);
    pthread_mutex_unlock(&locked->mutex);
}
