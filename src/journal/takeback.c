/* Taking an unfinished transaction back: in memory first, so that the batch is right whatever the disk does;
 * then on disk, which may be tried again. Recovery does the same with what a crash left unfinished.
 *
 * On disk: segments that lie wholly behind the boundary are unlinked, newest first, each made durable before
 * the next, so that a crash leaves a journal without holes; then the boundary's segment is truncated and
 * synced, before anything new is written there: otherwise an old record could stand behind a new one and
 * verify. The writer's thread. */
#include "journal_int.h"

#include <assert.h>

static void forget_definitions(struct leat_journal *journal)
{
    for (size_t i = 0; i < journal->definitions.capacity; i++) {
        struct definition *definition = journal->definitions.slots[i].value;
        if (definition && definition->written_seq >= journal->mark.at.seq)
            definition->written_in =
                0; /* perhaps it lies there from before, too: then it is repeated, no harm */
    }
}

void leat_takeback_mark(struct leat_journal *journal)
{
    const struct mark *mark = &journal->mark;
    struct segment *segment = mark->segment;
    while (journal->segment_count && !journal->segments[journal->segment_count - 1]->created &&
           journal->segments[journal->segment_count - 1] != segment) {
        /* Never reached the disk. Its runs lie behind the mark's, so the rewind below drops them. */
        struct segment *gone = journal->segments[journal->segment_count - 1];
        for (size_t i = 0; i < journal->run_count; i++)
            if (journal->runs[i].segment == gone)
                journal->runs[i].segment = segment;
        leat_journal_segment_drop_last(journal);
    }
    leat_batch_rewind(journal);
    leat_definitions_rewind(journal);
    for (size_t i = journal->segment_count; i-- && journal->segments[i] != segment;)
        journal->segments[i]->doomed = true;
    segment->end = mark->at.offset;
    segment->sealed = false;
    segment->index.entries.size = mark->index_size;
    segment->index.count = mark->index_count;
    segment->index.last_offset = mark->index_last_offset;
    segment->cut = segment->dirty_end > segment->end;
    journal->active = segment;
    journal->next_seq = mark->at.seq;
    if (journal->durable_end > journal->next_seq)
        journal->durable_end = journal->next_seq;
    leat_state_drop_open(&journal->state);
    forget_definitions(journal);
    journal->takeback =
        segment->cut || journal->segments[journal->segment_count - 1]->doomed || journal->definition_file.cut;
}

static int unlink_last(struct leat_journal *journal, struct leat_error *err)
{
    char name[SEGMENT_NAME_MAX], path[JOURNAL_PATH_MAX];
    leat_segment_name(name, journal->segments[journal->segment_count - 1]->head.first_seq);
    if (leat_segment_path(path, journal->folder, name, err) ||
        journal->fs->unlink(journal->fs->context, path, err) ||
        journal->fs->sync_folder(journal->fs->context, journal->folder, err))
        return LEAT_FAIL;
    leat_journal_segment_drop_last(journal);
    return LEAT_OK;
}

static int cut(struct leat_journal *journal, struct segment *segment, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    if (leat_journal_segment_file(journal, segment, err) ||
        fs->truncate(fs->context, segment->file, segment->end, err) ||
        fs->sync(fs->context, segment->file, err))
        return LEAT_FAIL;
    segment->dirty_end = segment->end;
    segment->cut = false;
    uint64_t bytes = segment->end;
    struct leat_error unused = {0};
    /* Only to spare the file system work later: without it, a full disk shows at the next write. */
    if (journal->segment_bytes > bytes &&
        fs->allocate(fs->context, segment->file, journal->segment_bytes, &unused) == LEAT_OK)
        bytes = journal->segment_bytes;
    pthread_mutex_lock(&journal->mutex);
    segment->bytes = bytes;
    pthread_mutex_unlock(&journal->mutex);
    return LEAT_OK;
}

static int take_back(struct leat_journal *journal, struct leat_error *err)
{
    while (journal->segments[journal->segment_count - 1]->doomed)
        if (unlink_last(journal, err))
            return LEAT_FAIL;
    if (journal->active->cut && cut(journal, journal->active, err))
        return LEAT_FAIL;
    return leat_definitions_cut(journal, err);
}

int leat_takeback_do(struct leat_journal *journal, struct leat_error *err)
{
    int rc = take_back(journal, err);
    if (rc == LEAT_OK)
        journal->takeback = false;
    else if (err->code != LEAT_E_SYNC)
        err->kind = LEAT_KIND_RETRY;
    return rc;
}
