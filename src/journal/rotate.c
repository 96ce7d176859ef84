/* From one segment to the next. Closing and beginning happen in memory, as part of the batch; files are
 * touched by sync only, so that a full disk leaves the batch as it is.
 *
 * The order on disk is what recovery relies on: a segment is complete, truncated and synced before the next
 * one exists; the next is made under a temporary name, header and state synced, and only then renamed. So a
 * file called *.seg always has a whole header and state, and its being there vouches for all of the segment
 * before it. The writer's thread. */
#include "journal_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

struct segment *leat_journal_segment_next(struct leat_journal *journal)
{
    struct segment_head head = {.first_seq = journal->next_seq, .created_us = leat_wall_us(journal->clock)};
    memcpy(head.journal_id, journal->identity.journal_id, LEAT_JOURNAL_ID_SIZE);
    journal->clock->random(journal->clock->context, &head.nonce, sizeof head.nonce);
    head.previous_seed = journal->active ? journal->active->head.seed : 0;
    uint8_t bytes[SEGMENT_HEADER];
    leat_segment_head_encode(bytes, &head); /* for the seed */
    struct segment *segment = leat_journal_segment_new(journal, &head);
    segment->sums_known = true;
    segment->bytes = journal->segment_bytes; /* counts from now on, though the file is made later */
    return segment;
}

void leat_segment_state(struct leat_journal *journal, struct segment *segment)
{
    struct leat_buf buf = {0};
    leat_state_frame(&buf, &journal->state, &journal->mark.at);
    /* The segment before is synced before this record is written: all below it is durable. */
    uint32_t size = (uint32_t)leat_le(buf.data + 4, 4);
    leat_record_stamp(buf.data, size, segment->head.seed, journal->next_seq, journal->next_seq);
    segment->state = buf.data;
    segment->state_size = buf.size;
    segment->end = SEGMENT_HEADER + buf.size;
    journal->next_seq++;
}

void leat_journal_rotate(struct leat_journal *journal)
{
    struct segment *old = journal->active;
    struct leat_buf buf = {0};
    old->sums.sealed_us = leat_wall_us(journal->clock);
    leat_index_frame(&buf, &old->index, &old->sums, old->end);
    uint8_t *index = leat_batch_scratch(journal, buf.data, buf.size);
    leat_record_stamp(index, (uint32_t)leat_le(index + 4, 4), old->head.seed, journal->next_seq,
                      leat_journal_durable_mark(journal));
    leat_batch_part(journal, index, buf.size);
    leat_buf_free(&buf);
    journal->next_seq++;
    journal->runs[journal->run_count - 1].seal = true;
    old->sealed = true;
    /* Counts at its length before the batch is written: several may be begun and filled by one. */
    pthread_mutex_lock(&journal->mutex);
    if (old->bytes < old->end)
        old->bytes = old->end;
    pthread_mutex_unlock(&journal->mutex);

    struct segment *next = leat_journal_segment_next(journal);
    leat_segment_state(journal, next);
    leat_journal_segment_add(journal, next);
    journal->active = next;
    leat_batch_run(journal);
    if (!journal->state.open)
        leat_batch_mark(journal);
}

static int fill_new(struct leat_journal *journal, struct segment *segment, struct leat_file *file,
                    struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    uint8_t header[SEGMENT_HEADER];
    struct segment_head head = segment->head;
    leat_segment_head_encode(header, &head);
    assert(head.seed == segment->head.seed);
    struct iovec parts[2] = {{header, sizeof header}, {segment->state, segment->state_size}};
    uint64_t size = SEGMENT_HEADER + segment->state_size;
    if (journal->segment_bytes > size)
        size = journal->segment_bytes;
    int rc = fs->truncate(fs->context, file, 0, err); /* what an earlier attempt left */
    if (rc == LEAT_OK)
        rc = fs->allocate(fs->context, file, size, err);
    if (rc == LEAT_OK)
        rc = fs->write(fs->context, file, parts, 2, 0, err);
    if (rc == LEAT_OK)
        rc = fs->sync(fs->context, file, err);
    pthread_mutex_lock(&journal->mutex);
    segment->bytes = size;
    pthread_mutex_unlock(&journal->mutex);
    return rc;
}

int leat_segment_create(struct leat_journal *journal, struct segment *segment, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    char name[SEGMENT_NAME_MAX], path[JOURNAL_PATH_MAX], temporary[JOURNAL_PATH_MAX];
    leat_segment_name(name, segment->head.first_seq);
    if (leat_segment_path(path, journal->folder, name, err))
        return LEAT_FAIL;
    memcpy(name + strlen(name), ".tmp", sizeof ".tmp");
    if (leat_segment_path(temporary, journal->folder, name, err))
        return LEAT_FAIL;
    int rc = fs->open(fs->context, &segment->file, temporary, LEAT_OPEN_WRITE | LEAT_OPEN_CREATE, err);
    if (rc == LEAT_OK)
        rc = fill_new(journal, segment, segment->file, err);
    if (rc == LEAT_OK)
        rc = fs->rename(fs->context, temporary, path, err);
    if (rc != LEAT_OK) {
        if (segment->file)
            fs->close(fs->context, &segment->file);
        struct leat_error unused = {0};
        if (fs->unlink(fs->context, temporary, &unused)) {
            /* It only takes space; the next attempt or the next start removes it. */
        }
        return rc;
    }
    rc = fs->sync_folder(fs->context, journal->folder, err);
    if (rc != LEAT_OK)
        return rc;
    segment->created = true;
    segment->dirty_end = SEGMENT_HEADER + segment->state_size;
    free(segment->state);
    segment->state = NULL;
    return LEAT_OK;
}
