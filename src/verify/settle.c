/* What becomes of candidates: looked at in two snapshots at known places, again and again until the row stood still in between. */
#include "verify_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum { AT_ONCE = 500, AGAIN_US_FIRST = 50000, AGAIN_US_MOST = 2000000 };

void verify_candidates_add(struct verify_candidates *candidates, const struct verify_key *key)
{
    if (candidates->count == candidates->room) {
        candidates->room = candidates->room ? candidates->room * 2 : 64;
        candidates->list = leat_realloc(candidates->list, candidates->room * sizeof *candidates->list);
    }
    candidates->list[candidates->count++] = (struct verify_candidate){.key = {leat_memdup(key->bytes, key->size), key->size}};
}

static void forget(struct verify_candidate *candidate)
{
    free(candidate->key.bytes);
    leat_buf_free(&candidate->row[SOURCE]);
    leat_buf_free(&candidate->row[TARGET]);
}

void verify_candidates_free(struct verify_candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        forget(&candidates->list[i]);
    free(candidates->list);
    *candidates = (struct verify_candidates){0};
}

static int compare_candidates(const void *a, const void *b)
{
    return verify_key_compare(&((const struct verify_candidate *)a)->key, &((const struct verify_candidate *)b)->key);
}

/* One look at some of them. */
static int look(struct verify *verify, const struct verify_table *table, struct verify_candidates *candidates, struct leat_error *err)
{
    struct verify_window window;
    bool any;
    int rc = verify_snapshots(verify, &window, err);
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = verify_rows(verify, table, side, candidates, err);
    if (rc == LEAT_OK)
        rc = verify_snapshots_end(verify, err);
    if (rc == LEAT_OK)
        rc = verify_wait_for_journal(verify, &window, err);
    if (rc == LEAT_OK)
        rc = verify_touched(verify, table, &window, candidates, &any, err);
    for (size_t i = 0; i < candidates->count && rc == LEAT_OK; i++) {
        struct verify_candidate *candidate = &candidates->list[i];
        if (candidate->state == VERIFY_PENDING && !candidate->touched)
            candidate->state = verify_rows_same(table, candidate) ? VERIFY_SAME : VERIFY_DIFFERS;
    }
    return rc;
}

/* What is decided leaves the list. */
static void report(struct verify *verify, const struct verify_table *table, struct verify_candidates *candidates, bool all)
{
    size_t kept = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        struct verify_candidate *candidate = &candidates->list[i];
        if (candidate->state == VERIFY_PENDING && !all) {
            candidates->list[kept++] = *candidate;
            continue;
        }
        if (candidate->state != VERIFY_SAME)
            verify_report(verify, table, candidate);
        forget(candidate);
    }
    candidates->count = kept;
}

static int settle_some(struct verify *verify, const struct verify_table *table, struct verify_candidates *some, struct leat_error *err)
{
    uint64_t end_us = leat_monotonic_us(verify->clock) + (uint64_t)verify->options->settle_ms * 1000, again_us = AGAIN_US_FIRST;
    while (some->count) {
        uint64_t began_us = leat_monotonic_us(verify->clock);
        if (look(verify, table, some, err))
            return LEAT_FAIL;
        bool over = leat_monotonic_us(verify->clock) >= end_us;
        report(verify, table, some, over);
        if (!some->count)
            break;
        verify_breathe(verify, leat_monotonic_us(verify->clock) - began_us);
        usleep((useconds_t)again_us);
        again_us = again_us * 2 < AGAIN_US_MOST ? again_us * 2 : AGAIN_US_MOST;
    }
    return LEAT_OK;
}

int verify_settle(struct verify *verify, const struct verify_table *table, struct verify_candidates *candidates, struct leat_error *err)
{
    int rc = LEAT_OK;
    verify->summary->candidates += candidates->count;
    qsort(candidates->list, candidates->count, sizeof *candidates->list, compare_candidates);
    for (size_t i = 0; i < candidates->count && rc == LEAT_OK && !verify_enough(verify); i += AT_ONCE) {
        size_t count = candidates->count - i < AT_ONCE ? candidates->count - i : AT_ONCE;
        struct verify_candidates some = {.count = count, .room = count, .list = leat_memdup(candidates->list + i, count * sizeof *some.list)};
        memset(candidates->list + i, 0, count * sizeof *some.list); /* moved */
        rc = settle_some(verify, table, &some, err);
        verify_candidates_free(&some);
    }
    verify_candidates_free(candidates);
    return rc;
}
