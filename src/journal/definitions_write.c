/* Appending to the file `definitions`: in memory while a batch is filled, on the disk before the batch's segments are. So a
 * DEFINITION that can be seen in a segment is in the file, and what a crash leaves in the file beyond that is cut off at the next open.
 * A failed write is written again at the same offset; a failed sync is fatal, as for segments. The writer's thread. */
#include "definitions_int.h"
#include "journal_int.h"

#include <assert.h>

int leat_definitions_put(struct leat_journal *journal, const struct leat_item *item, const struct record *record,
                         struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct log_state *state = &journal->state;
    struct leat_begin begin = {.place = {state->file, state->pos}};
    if (state->open && leat_state_begin(state, &begin, err))
        return LEAT_FAIL;
    if (!definitions->file && !definitions->pending.size) { /* its header tells where it begins, and is part of all checksums */
        definitions->head.since = journal->mark.at.seq; /* what is taken back comes again with numbers from there on */
        memcpy(definitions->head.journal_id, journal->identity.journal_id, LEAT_JOURNAL_ID_SIZE);
        definitions->head.made_us = leat_wall_us(journal->clock);
        uint8_t unused[DEFINITIONS_HEADER];
        leat_definitions_head_encode(unused, &definitions->head);
    }
    struct leat_buf payload = {0};
    leat_buf_u64(&payload, begin.place.pos);
    leat_buf_u64(&payload, item->definition.at_us ? item->definition.at_us : leat_begin_time_us(&begin));
    leat_put_text(&payload, begin.place.file, strlen(begin.place.file));
    leat_gtid_encode(&payload, &begin.gtid);
    leat_buf_string(&payload, record->payload, record->size);
    size_t before = definitions->pending.size;
    leat_definitions_record_put(&definitions->pending, &definitions->head, item->seq, definitions->last_seq, payload.data,
                                payload.size);
    leat_buf_free(&payload);
    definitions->end += definitions->pending.size - before;
    definitions->last_seq = item->seq;
    return LEAT_OK;
}

/* The file with its header: it gets its name when that is on the disk. */
static int make(struct leat_journal *journal, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    char path[JOURNAL_PATH_MAX], temporary[JOURNAL_PATH_MAX];
    uint8_t header[DEFINITIONS_HEADER];
    struct leat_file *file = NULL;
    struct iovec part = {header, sizeof header};
    leat_definitions_head_encode(header, &definitions->head);
    if (leat_definitions_path(path, journal, "", err) || leat_definitions_path(temporary, journal, ".tmp", err))
        return LEAT_FAIL;
    int rc = fs->open(fs->context, &file, temporary, LEAT_OPEN_WRITE | LEAT_OPEN_CREATE, err);
    if (rc == LEAT_OK)
        rc = fs->truncate(fs->context, file, 0, err); /* what an earlier attempt left */
    if (rc == LEAT_OK)
        rc = fs->write(fs->context, file, &part, 1, 0, err);
    if (rc == LEAT_OK)
        rc = fs->sync(fs->context, file, err);
    if (rc == LEAT_OK)
        rc = fs->rename(fs->context, temporary, path, err);
    if (rc == LEAT_OK)
        rc = fs->sync_folder(fs->context, journal->folder, err);
    if (rc == LEAT_OK)
        definitions->file = file;
    else if (file)
        fs->close(fs->context, &file);
    return rc;
}

int leat_definitions_sync(struct leat_journal *journal, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    if (!definitions->pending.size)
        return LEAT_OK;
    assert(!definitions->cut && definitions->written + definitions->pending.size == definitions->end);
    if (!definitions->file && make(journal, err))
        return LEAT_FAIL;
    if (definitions->dirty_end < definitions->end)
        definitions->dirty_end = definitions->end;
    struct iovec part = {definitions->pending.data, definitions->pending.size};
    if (fs->write(fs->context, definitions->file, &part, 1, definitions->written, err) ||
        fs->sync(fs->context, definitions->file, err))
        return LEAT_FAIL;
    definitions->written = definitions->end;
    atomic_store_explicit(&definitions->bytes, definitions->dirty_end, memory_order_relaxed);
    leat_buf_clear(&definitions->pending);
    return LEAT_OK;
}

void leat_definitions_rewind(struct leat_journal *journal)
{
    struct definitions *definitions = &journal->definition_file;
    const struct mark *mark = &journal->mark;
    if (!mark->definitions_end)
        return; /* it isn't open yet */
    if (mark->definitions_end >= definitions->written) {
        definitions->pending.size = (size_t)(mark->definitions_end - definitions->written);
    } else {
        leat_buf_clear(&definitions->pending);
        definitions->written = mark->definitions_end;
    }
    definitions->end = mark->definitions_end;
    definitions->last_seq = mark->definitions_seq;
    definitions->cut = definitions->file && definitions->dirty_end > definitions->written;
}

int leat_definitions_cut(struct leat_journal *journal, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    if (!definitions->cut)
        return LEAT_OK;
    if (fs->truncate(fs->context, definitions->file, definitions->written, err) ||
        fs->sync(fs->context, definitions->file, err))
        return LEAT_FAIL;
    definitions->dirty_end = definitions->written;
    atomic_store_explicit(&definitions->bytes, definitions->dirty_end, memory_order_relaxed);
    definitions->cut = false;
    return LEAT_OK;
}

void leat_definitions_close(struct leat_journal *journal)
{
    struct definitions *definitions = &journal->definition_file;
    if (definitions->file)
        journal->fs->close(journal->fs->context, &definitions->file);
    leat_buf_free(&definitions->pending);
}
