/* Follows the records: which order is right, what is complete, what is open. Items were decoded and checked
 * each for itself; here it is about their order. Errors are MALFORMED: the caller says where. One thread. */
#include "state_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

void leat_state_init(struct log_state *state)
{
    memset(state, 0, sizeof *state);
    state->completed = leat_gtid_set_new();
}

void leat_state_free(struct log_state *state)
{
    leat_gtid_set_free(&state->completed);
    free(state->branches);
    leat_buf_free(&state->begin);
    leat_buf_free(&state->resolve);
    memset(state, 0, sizeof *state);
}

static struct branch *branch_find(const struct log_state *state, const uint8_t *id, size_t size)
{
    for (size_t i = 0; i < state->branch_count; i++)
        if (state->branches[i].id_size == size && memcmp(state->branches[i].id, id, size) == 0)
            return &state->branches[i];
    return NULL;
}

/* A server has a branch once; if it is here still, its end was not logged (it was lost in a crash before it was
 * prepared), and the new one is what counts. */
static void branch_add(struct log_state *state, const struct leat_end *end, const struct state_change *change)
{
    struct branch *branch = branch_find(state, end->xa_id, end->xa_id_size);
    if (!branch) {
        if (state->branch_count == state->branch_capacity) {
            state->branch_capacity = state->branch_capacity ? 2 * state->branch_capacity : 16;
            state->branches = leat_realloc(state->branches, state->branch_capacity * sizeof *state->branches);
        }
        branch = &state->branches[state->branch_count++];
    }
    *branch = (struct branch){.id_size = end->xa_id_size,
                              .prepared_seq = state->begin_seq,
                              .time_us = change->time_us,
                              .gtid = change->open_gtid};
    memcpy(branch->id, end->xa_id, end->xa_id_size);
}

static void branch_remove(struct log_state *state, const uint8_t *id, size_t size)
{
    struct branch *branch = branch_find(state, id, size);
    if (branch)
        *branch = state->branches[--state->branch_count];
}

uint64_t leat_state_branch(const struct log_state *state, const uint8_t *id, size_t size)
{
    struct branch *branch = branch_find(state, id, size);
    return branch ? branch->prepared_seq : 0;
}

const struct branch *leat_state_branch_oldest(const struct log_state *state)
{
    const struct branch *oldest = NULL;
    for (size_t i = 0; i < state->branch_count; i++)
        if (!oldest || state->branches[i].prepared_seq < oldest->prepared_seq)
            oldest = &state->branches[i];
    return oldest;
}

int leat_state_begin(const struct log_state *state, struct leat_begin *begin, struct leat_error *err)
{
    assert(state->open);
    return leat_record_begin(begin, state->begin.data, state->begin.size, err);
}

/* One flavour a journal: adding a GTID of the other one to the completed set would fail when it is too late.
 */
static const char *gtid_wrong(const struct log_state *state, const struct leat_gtid *gtid)
{
    enum leat_flavour have = leat_gtid_set_flavour(state->completed);
    return gtid->flavour == LEAT_FLAVOUR_NONE || have == LEAT_FLAVOUR_NONE || have == gtid->flavour
               ? NULL
               : "a GTID of the other kind of server than those before";
}

/* XA_RESOLVE stands alone, and its transaction says so at the end. */
static const char *end_wrong(const struct log_state *state, const struct leat_end *end)
{
    if (!state->open)
        return "a change outside of a transaction";
    if ((end->how == LEAT_END_XA_RESOLVE) != (state->resolve.size > 0))
        return "a transaction that resolves an XA branch and doesn't end so, or the other way round";
    return NULL;
}

const char *leat_state_wrong(const struct log_state *state, const struct leat_item *item)
{
    if (item->type == LEAT_ITEM_START)
        return state->started ? "a second start" : NULL;
    if (!state->started)
        return "a record before the journal's start record";
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return state->open ? "a transaction within a transaction" : gtid_wrong(state, &item->begin.gtid);
    case LEAT_ITEM_SCHEMA:
    case LEAT_ITEM_ROWS_QUERY:
    case LEAT_ITEM_ROWS:
    case LEAT_ITEM_STATEMENT:
    case LEAT_ITEM_SAVEPOINT:
        if (state->open && state->resolve.size)
            return "a change beside the end of an XA branch";
        return state->open ? NULL : "a change outside of a transaction";
    case LEAT_ITEM_END:
        return end_wrong(state, &item->end);
    case LEAT_ITEM_XA_RESOLVE:
        if (!state->open)
            return "the end of an XA branch outside of a transaction";
        return state->changed || state->resolve.size ? "the end of an XA branch beside something else" : NULL;
    case LEAT_ITEM_OPAQUE:
        return state->open ? "raw events within a transaction" : gtid_wrong(state, &item->opaque.begin.gtid);
    case LEAT_ITEM_GAP:
        return state->open ? "a gap within a transaction" : NULL;
    case LEAT_ITEM_DEFINITION:
        return state->open && state->resolve.size ? "a definition beside the end of an XA branch" : NULL;
    default:
        return "an item that the journal doesn't hold";
    }
}

static void set_place(char *file_to, uint64_t *pos_to, const struct leat_place *place)
{
    size_t size = strlen(place->file); /* at most LEAT_BINLOG_NAME_MAX: the decoder checked */
    assert(size <= LEAT_BINLOG_NAME_MAX);
    memcpy(file_to, place->file, size + 1);
    *pos_to = place->pos;
}

static int complete(struct log_state *state, const struct leat_gtid *gtid, struct state_change *change,
                    struct leat_error *err)
{
    if (gtid->flavour != LEAT_FLAVOUR_NONE) {
        if (leat_gtid_set_add(state->completed, gtid, err))
            return LEAT_FAIL;
        change->gtid = gtid;
    }
    state->within = (struct leat_within){0};
    state->transactions++;
    state->changes += change->changes;
    change->boundary = change->transaction = true;
    return LEAT_OK;
}

static int apply_start(struct log_state *state, const struct leat_start *start, struct state_change *change)
{
    state->started = true;
    memcpy(state->source_uuid, start->source_uuid, LEAT_UUID_SIZE);
    set_place(state->file, &state->pos, &start->place);
    leat_gtid_set_free(&state->completed);
    state->completed = leat_gtid_set_copy(start->executed);
    state->within = start->within;
    change->boundary = true;
    return LEAT_OK;
}

static void apply_resolve(struct log_state *state, const struct leat_xa_resolve *resolve)
{
    leat_buf_clear(&state->resolve);
    leat_buf_put(&state->resolve, resolve->xa_id, resolve->xa_id_size);
    state->resolve_ref = resolve->prepared_seq;
}

static void finish_resolve(struct log_state *state, uint64_t seq, struct state_change *change)
{
    branch_remove(state, state->resolve.data, state->resolve.size);
    change->ref = state->resolve_ref;
    change->ref_seq = seq;
    state->resolve_ref = 0;
    leat_buf_clear(&state->resolve);
}

static int apply_end(struct log_state *state, const struct leat_end *end, uint64_t seq, struct state_change *change,
                     struct leat_error *err)
{
    struct leat_begin begin;
    if (leat_state_begin(state, &begin, err))
        return LEAT_FAIL;
    change->open_gtid = begin.gtid;
    change->time_us = leat_begin_time_us(&begin);
    change->changes = end->changes;
    if (complete(state, &change->open_gtid, change, err))
        return LEAT_FAIL;
    memcpy(state->source_uuid, begin.source_uuid, LEAT_UUID_SIZE);
    set_place(state->file, &state->pos, &end->place);
    state->has_last = true;
    state->last_gtid = begin.gtid;
    set_place(state->last_file, &state->last_pos, &begin.place);
    state->last_digest = end->digest;
    if (change->time_us)
        state->last_commit_us = change->time_us;
    if (end->how == LEAT_END_XA_PREPARE)
        branch_add(state, end, change);
    if (state->resolve.size)
        finish_resolve(state, seq, change);
    state->definition_seq = state->open_definition_seq;
    state->open = false;
    return LEAT_OK;
}

static int apply_opaque(struct log_state *state, const struct leat_opaque *opaque,
                        struct state_change *change, struct leat_error *err)
{
    change->time_us = leat_begin_time_us(&opaque->begin);
    if (complete(state, &opaque->begin.gtid, change, err))
        return LEAT_FAIL;
    memcpy(state->source_uuid, opaque->begin.source_uuid, LEAT_UUID_SIZE);
    set_place(state->file, &state->pos, &opaque->end);
    if (change->time_us)
        state->last_commit_us = change->time_us;
    return LEAT_OK;
}

int leat_state_apply(struct log_state *state, const struct leat_item *item, const struct record *record,
                     struct state_change *change, struct leat_error *err)
{
    change->boundary = change->transaction = false;
    change->time_us = change->changes = change->ref = 0;
    change->gtid = NULL;
    switch (item->type) {
    case LEAT_ITEM_START:
        return apply_start(state, &item->start, change);
    case LEAT_ITEM_BEGIN:
        state->open = true;
        state->changed = false;
        state->begin_seq = item->seq;
        leat_buf_clear(&state->begin);
        leat_buf_put(&state->begin, record->payload, record->size);
        return LEAT_OK;
    case LEAT_ITEM_END:
        return apply_end(state, &item->end, item->seq, change, err);
    case LEAT_ITEM_XA_RESOLVE:
        apply_resolve(state, &item->xa_resolve);
        return LEAT_OK;
    case LEAT_ITEM_OPAQUE:
        return apply_opaque(state, &item->opaque, change, err);
    case LEAT_ITEM_GAP:
        set_place(state->file, &state->pos, &item->gap.place);
        change->boundary = true;
        return LEAT_OK;
    case LEAT_ITEM_DEFINITION:
        state->open_definition_seq = item->seq;
        state->changed = true;
        if (!state->open) { /* it stands for itself */
            state->definition_seq = item->seq;
            change->boundary = true;
        }
        return LEAT_OK;
    default:
        state->changed = true;
        return LEAT_OK;
    }
}

void leat_state_drop_open(struct log_state *state)
{
    state->open = false;
    state->begin_seq = state->resolve_ref = 0;
    state->open_definition_seq = state->definition_seq;
    leat_buf_clear(&state->begin);
    leat_buf_clear(&state->resolve);
}
