/* Where to open for a point in the stream: the first transaction that isn't before it. The segment is found
 * by what its state or its index says, the transaction by reading from there. Any thread, with readers of its
 * own.
 *
 * A point that lies before what the journal still has is LEAT_E_RESYNC, never a silent gap. */
#include "journal_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct search {
    struct leat_journal *journal;
    const struct leat_point *point;
    uint64_t *named; /* first_seq of all visible segments; owned */
    size_t count;
};

static int too_old(struct leat_error *err)
{
    leat_fail(err, LEAT_E_RESYNC, LEAT_KIND_OPERATOR, "the point lies before what the journal still has");
    return leat_cure(
        err,
        "choose a later point (\"leat journal ls\" shows what there is), after bringing the target up to it");
}

static void snapshot(struct search *search)
{
    struct leat_journal *journal = search->journal;
    pthread_mutex_lock(&journal->mutex);
    search->named = leat_alloc(journal->segment_count * sizeof *search->named);
    for (size_t i = 0; i < journal->segment_count; i++)
        if (journal->segments[i]->head.first_seq <= journal->visible.segment)
            search->named[search->count++] = journal->segments[i]->head.first_seq;
    pthread_mutex_unlock(&journal->mutex);
}

/* The state at a segment's beginning; the caller frees it in any case. */
static int probe(const struct search *search, size_t at, struct log_state *state, struct boundary *boundary,
                 struct leat_error *err)
{
    struct scan scan;
    leat_state_init(state);
    int rc = leat_follow_open(&scan, state, boundary, search->journal, search->named[at], err);
    if (rc == LEAT_OK)
        leat_scan_close(&scan);
    return rc == LEAT_END ? too_old(err) : rc;
}

/* mysql-bin.000009 before mysql-bin.000010 before mysql-bin.1000000. Other names can't be compared:
 * *comparable. */
static int compare_files(const char *a, const char *b, bool *comparable)
{
    const char *dot_a = strrchr(a, '.'), *dot_b = strrchr(b, '.');
    *comparable = dot_a && dot_b && dot_a - a == dot_b - b && memcmp(a, b, (size_t)(dot_a - a)) == 0;
    if (!*comparable)
        return 0;
    unsigned long long left = strtoull(dot_a + 1, NULL, 10), right = strtoull(dot_b + 1, NULL, 10);
    return left < right ? -1 : left > right;
}

static bool place_before(const struct leat_point *point, const char *file, uint64_t pos)
{
    bool comparable;
    int order = compare_files(file, point->file, &comparable);
    return comparable && (order < 0 || (order == 0 && pos < point->pos));
}

static bool place_behind(const struct leat_point *point, const char *file, uint64_t pos)
{
    bool comparable;
    int order = compare_files(file, point->file, &comparable);
    return comparable && (order > 0 || (order == 0 && pos > point->pos));
}

/* Whether all before this state is before the point. */
static bool state_before(const struct leat_point *point, const struct log_state *state)
{
    if (!state->started)
        return true;
    switch (point->type) {
    case LEAT_POINT_GTIDS:
        return leat_gtid_set_contains_set(point->gtids, state->completed);
    case LEAT_POINT_FILE:
        return place_before(point, state->file, state->pos) ||
               (strcmp(state->file, point->file) == 0 && state->pos == point->pos);
    default:
        return state->last_commit_us < point->time_us;
    }
}

/* A transaction begins here that isn't before the point. */
static bool reached(const struct leat_point *point, const struct leat_gtid *gtid,
                    const struct leat_begin *begin)
{
    switch (point->type) {
    case LEAT_POINT_GTIDS:
        return !leat_gtid_set_contains(point->gtids, gtid);
    case LEAT_POINT_FILE:
        return !place_before(point, begin->place.file, begin->place.pos);
    default:
        return leat_begin_time_us(begin) >= point->time_us;
    }
}

/* Where to read from in a segment that was chosen. A transaction that is open at its beginning began in the
 * segment before; where that is deleted, it can't be given any more, which matters only if the point asks for
 * it. */
static int begin_of(const struct search *search, size_t at, const struct log_state *state,
                    const struct boundary *boundary, uint64_t *seq, struct leat_error *err)
{
    *seq = search->named[at];
    if (!state->open)
        return LEAT_OK;
    if (boundary->seq >= search->named[0]) {
        *seq = boundary->seq;
        return LEAT_OK;
    }
    struct leat_begin begin;
    if (leat_state_begin(state, &begin, err))
        return LEAT_FAIL;
    return reached(search->point, &begin.gtid, &begin) ? too_old(err) : LEAT_OK;
}

/* The newest segment before whose beginning all is before the point. States are monotonic but for file names,
 * which begin anew at another server: then the newest is what is meant. */
static int choose_segment(const struct search *search, uint64_t *seq, struct leat_error *err)
{
    bool found = false;
    int rc = LEAT_OK;
    for (size_t i = search->count; i-- && !found && rc == LEAT_OK;) {
        struct log_state state;
        struct boundary boundary;
        rc = probe(search, i, &state, &boundary, err);
        if (rc == LEAT_OK && state_before(search->point, &state)) {
            found = true;
            rc = begin_of(search, i, &state, &boundary, seq, err);
        }
        leat_state_free(&state);
    }
    return rc == LEAT_OK && !found ? too_old(err) : rc;
}

static bool start_too_late(const struct leat_point *point, const struct leat_start *start)
{
    if (point->type == LEAT_POINT_GTIDS)
        return !leat_gtid_set_contains_set(point->gtids, start->executed);
    return point->type == LEAT_POINT_FILE && place_behind(point, start->place.file, start->place.pos);
}

static int read_to(const struct search *search, uint64_t from, uint64_t *seq, struct leat_error *err)
{
    struct leat_reader *reader;
    if (leat_reader_open(&reader, search->journal, from, err))
        return LEAT_FAIL;
    int rc;
    for (;;) {
        struct leat_item item;
        *seq = leat_reader_seq(reader);
        rc = leat_reader_next(reader, &item, err);
        if (rc)
            break;
        bool done = false;
        if (item.type == LEAT_ITEM_START && start_too_late(search->point, &item.start)) {
            rc = too_old(err);
            break;
        } else if (item.type == LEAT_ITEM_BEGIN) {
            done = reached(search->point, &item.begin.gtid, &item.begin);
        } else if (item.type == LEAT_ITEM_OPAQUE) {
            done = reached(search->point, &item.opaque.begin.gtid, &item.opaque.begin);
        }
        if (done) {
            *seq = item.seq;
            break;
        }
    }
    leat_reader_close(&reader);
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

int leat_journal_find(struct leat_journal *journal, const struct leat_point *point, uint64_t *seq,
                      struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC);
    struct leat_journal_status status;
    leat_journal_status(journal, &status);
    if (point->type == LEAT_POINT_NOW || point->type == LEAT_POINT_EARLIEST) {
        *seq = point->type == LEAT_POINT_NOW ? status.visible_end : status.first_seq;
        return LEAT_OK;
    }
    if (point->type == LEAT_POINT_UNSET)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "no point was given");
    struct search search = {.journal = journal, .point = point};
    snapshot(&search);
    uint64_t from = 0;
    int rc = choose_segment(&search, &from, err);
    if (rc == LEAT_OK)
        rc = read_to(&search, from, seq, err);
    free(search.named);
    return rc;
}
