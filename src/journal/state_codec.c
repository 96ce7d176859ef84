/* The STATE record, with which each segment begins, and which makes it readable without those before it.
 * Pure. */
#include "segment_int.h"
#include "state_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { STATE_STARTED = 1, STATE_HAS_LAST = 2, STATE_OPEN = 4, STATE_KNOWN = 7 };

static void put_open(struct leat_buf *buf, const struct log_state *state, const struct boundary *boundary)
{
    leat_buf_u64(buf, boundary->seq);
    leat_buf_u64(buf, boundary->segment);
    leat_buf_u64(buf, boundary->offset);
    leat_buf_u64(buf, state->begin_seq);
    leat_buf_string(buf, state->begin.data, state->begin.size);
    leat_buf_u64(buf, state->resolve_ref);
    leat_buf_string(buf, state->resolve.data, state->resolve.size);
    leat_buf_u64(buf, state->open_definition_seq);
}

void leat_state_frame(struct leat_buf *buf, const struct log_state *state, const struct boundary *boundary)
{
    size_t start = leat_frame_start(buf, RECORD_STATE);
    leat_buf_u32(buf, (state->started ? STATE_STARTED : 0u) | (state->has_last ? STATE_HAS_LAST : 0u) |
                          (state->open ? STATE_OPEN : 0u));
    leat_buf_u32(buf, (uint32_t)state->branch_count);
    leat_buf_put(buf, state->source_uuid, LEAT_UUID_SIZE);
    leat_buf_u64(buf, state->pos);
    leat_buf_u64(buf, state->last_pos);
    leat_buf_u64(buf, state->last_digest);
    leat_buf_u64(buf, state->last_commit_us);
    leat_buf_u64(buf, state->transactions);
    leat_buf_u64(buf, state->changes);
    leat_buf_u64(buf, state->definition_seq);
    leat_put_text(buf, state->file, strlen(state->file));
    leat_put_text(buf, state->last_file, strlen(state->last_file));
    leat_gtid_encode(buf, &state->last_gtid);
    leat_gtid_set_encode(buf, state->completed);
    leat_put_within(buf, &state->within);
    for (size_t i = 0; i < state->branch_count; i++) {
        const struct branch *branch = &state->branches[i];
        leat_buf_u64(buf, branch->prepared_seq);
        leat_buf_u64(buf, branch->time_us);
        leat_buf_string(buf, branch->id, branch->id_size);
        leat_gtid_encode(buf, &branch->gtid);
    }
    if (state->open)
        put_open(buf, state, boundary);
    leat_frame_finish(buf, start);
}

static void get_file(char *to, struct leat_cursor *cursor)
{
    const char *file = leat_get_file(cursor);
    if (file)
        memcpy(to, file, strlen(file) + 1);
}

static int get_branch(struct branch *branch, struct leat_cursor *cursor, struct leat_error *err)
{
    struct leat_xa unused;
    branch->prepared_seq = leat_cursor_u64(cursor);
    branch->time_us = leat_cursor_u64(cursor);
    const uint8_t *id = leat_cursor_string(cursor, &branch->id_size);
    if (cursor->failed || !leat_xa_decode(&unused, id, branch->id_size)) {
        cursor->failed = true;
        return LEAT_OK;
    }
    memcpy(branch->id, id, branch->id_size);
    return leat_gtid_decode(&branch->gtid, cursor, err);
}

static int get_branches(struct log_state *state, uint32_t count, struct leat_cursor *cursor, struct leat_error *err)
{
    if (count > BRANCHES_MAX || count > leat_cursor_left(cursor)) {
        cursor->failed = true;
        return LEAT_OK;
    }
    state->branches = leat_alloc_zero(count ? count : 1, sizeof *state->branches);
    state->branch_capacity = count;
    while (state->branch_count < count && !cursor->failed)
        if (get_branch(&state->branches[state->branch_count++], cursor, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static int get_open(struct log_state *state, struct boundary *boundary, const struct record *record,
                    struct leat_cursor *cursor, struct leat_error *err)
{
    boundary->seq = leat_cursor_u64(cursor);
    boundary->segment = leat_cursor_u64(cursor);
    boundary->offset = leat_cursor_u64(cursor);
    state->begin_seq = leat_cursor_u64(cursor);
    size_t size;
    const uint8_t *begin = leat_cursor_string(cursor, &size);
    leat_buf_put(&state->begin, begin, size);
    state->resolve_ref = leat_cursor_u64(cursor);
    const uint8_t *resolve = leat_cursor_string(cursor, &size);
    leat_buf_put(&state->resolve, resolve, size);
    state->open_definition_seq = leat_cursor_u64(cursor);
    if (cursor->failed)
        return LEAT_OK;
    if (boundary->segment == 0 || boundary->segment >= record->seq || boundary->seq <= boundary->segment ||
        boundary->seq > state->begin_seq || state->begin_seq >= record->seq ||
        boundary->offset < SEGMENT_HEADER || boundary->offset % RECORD_ALIGN ||
        state->open_definition_seq < state->definition_seq || state->open_definition_seq >= record->seq)
        cursor->failed = true;
    struct leat_begin unused;
    return leat_record_begin(&unused, state->begin.data, state->begin.size, err);
}

int leat_state_decode(struct log_state *state, struct boundary *boundary, const struct record *record,
                      struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(record->payload, record->size);
    uint32_t flags = leat_cursor_u32(&cursor);
    uint32_t branches = leat_cursor_u32(&cursor);
    state->started = flags & STATE_STARTED;
    state->has_last = flags & STATE_HAS_LAST;
    const uint8_t *uuid = leat_cursor_bytes(&cursor, LEAT_UUID_SIZE);
    if (uuid)
        memcpy(state->source_uuid, uuid, LEAT_UUID_SIZE);
    state->pos = leat_cursor_u64(&cursor);
    state->last_pos = leat_cursor_u64(&cursor);
    state->last_digest = leat_cursor_u64(&cursor);
    state->last_commit_us = leat_cursor_u64(&cursor);
    state->transactions = leat_cursor_u64(&cursor);
    state->changes = leat_cursor_u64(&cursor);
    state->definition_seq = state->open_definition_seq = leat_cursor_u64(&cursor);
    if (state->definition_seq >= record->seq)
        cursor.failed = true;
    get_file(state->file, &cursor);
    get_file(state->last_file, &cursor);
    if (!cursor.failed) {
        leat_gtid_set_free(&state->completed);
        if (leat_gtid_decode(&state->last_gtid, &cursor, err) ||
            leat_gtid_set_decode(&state->completed, &cursor, err)) {
            state->completed = state->completed ? state->completed : leat_gtid_set_new();
            return LEAT_FAIL;
        }
        leat_get_within(&state->within, &cursor);
        if (get_branches(state, branches, &cursor, err))
            return LEAT_FAIL;
    }
    state->open = !cursor.failed && flags & STATE_OPEN;
    if (state->open && get_open(state, boundary, record, &cursor, err))
        return LEAT_FAIL;
    if (cursor.failed || leat_cursor_left(&cursor) || flags & ~(uint32_t)STATE_KNOWN)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_FATAL, "malformed state record of %lu bytes",
                         (unsigned long)record->size);
    return LEAT_OK;
}
