/* The list of segments, oldest first. The writer changes it, under the mutex; others look at it under the
 * mutex. */
#include "journal_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct segment *leat_journal_segment_new(struct leat_journal *journal, const struct segment_head *head)
{
    (void)journal;
    struct segment *segment = leat_alloc_zero(1, sizeof *segment);
    segment->magic = SEGMENT_MAGIC;
    segment->head = *head;
    return segment;
}

void leat_journal_segment_free(struct leat_journal *journal, struct segment **segment)
{
    struct segment *gone = *segment;
    assert(gone->magic == SEGMENT_MAGIC);
    if (gone->file)
        journal->fs->close(journal->fs->context, &gone->file);
    leat_buf_free(&gone->index.entries);
    free(gone->state);
    gone->magic = 0;
    free(gone);
    *segment = NULL;
}

void leat_journal_segment_add(struct leat_journal *journal, struct segment *segment)
{
    assert(journal->segment_count == 0 ||
           journal->segments[journal->segment_count - 1]->head.first_seq < segment->head.first_seq);
    pthread_mutex_lock(&journal->mutex);
    if (journal->segment_count == journal->segment_capacity) {
        journal->segment_capacity = journal->segment_capacity ? 2 * journal->segment_capacity : 64;
        journal->segments =
            leat_realloc(journal->segments, journal->segment_capacity * sizeof(struct segment *));
    }
    journal->segments[journal->segment_count++] = segment;
    pthread_mutex_unlock(&journal->mutex);
}

void leat_journal_segment_drop_first(struct leat_journal *journal)
{
    assert(journal->segment_count > 1);
    struct segment *gone = journal->segments[0];
    pthread_mutex_lock(&journal->mutex);
    journal->segment_count--;
    memmove(journal->segments, journal->segments + 1, journal->segment_count * sizeof(struct segment *));
    pthread_mutex_unlock(&journal->mutex);
    leat_journal_segment_free(journal, &gone);
}

void leat_journal_segment_drop_last(struct leat_journal *journal)
{
    assert(journal->segment_count > 1);
    struct segment *gone = journal->segments[journal->segment_count - 1];
    pthread_mutex_lock(&journal->mutex);
    journal->segment_count--;
    pthread_mutex_unlock(&journal->mutex);
    leat_journal_segment_free(journal, &gone);
}

size_t leat_journal_segment_at(const struct leat_journal *journal, uint64_t seq)
{
    size_t low = 0,
           high =
               journal->segment_count; /* all below low begin at or before seq, all from high on behind it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (journal->segments[middle]->head.first_seq <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : SIZE_MAX;
}

struct segment *leat_journal_segment_find(const struct leat_journal *journal, uint64_t first_seq)
{
    size_t at = leat_journal_segment_at(journal, first_seq);
    return at != SIZE_MAX && journal->segments[at]->head.first_seq == first_seq ? journal->segments[at]
                                                                                : NULL;
}

uint64_t leat_journal_bytes(const struct leat_journal *journal)
{
    uint64_t bytes = atomic_load_explicit(&journal->definition_file.bytes, memory_order_relaxed);
    for (size_t i = 0; i < journal->segment_count; i++)
        bytes += journal->segments[i]->bytes;
    return bytes;
}

int leat_journal_segment_file(struct leat_journal *journal, struct segment *segment, struct leat_error *err)
{
    assert(segment->magic == SEGMENT_MAGIC && segment->created);
    if (segment->file)
        return LEAT_OK;
    char name[SEGMENT_NAME_MAX], path[JOURNAL_PATH_MAX];
    leat_segment_name(name, segment->head.first_seq);
    if (leat_segment_path(path, journal->folder, name, err))
        return LEAT_FAIL;
    int rc = journal->fs->open(journal->fs->context, &segment->file, path, LEAT_OPEN_WRITE, err);
    if (rc == LEAT_END)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "segment %s was removed while in use", name);
    return rc;
}

int leat_journal_segment_sums(struct leat_journal *journal, struct segment *segment, struct leat_error *err)
{
    if (segment->sums_known)
        return LEAT_OK;
    uint64_t index_seq;
    int rc = leat_segment_sums(&segment->sums, &index_seq, journal->fs, journal->folder,
                               segment->head.first_seq, journal->identity.journal_id, err);
    if (rc == LEAT_END)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "segment %016llx.seg was removed while in use",
                         (unsigned long long)segment->head.first_seq);
    segment->sums_known = rc == LEAT_OK;
    return rc;
}

void leat_sums_add(struct segment_sums *sums, const struct state_change *change)
{
    if (change->transaction) {
        sums->transactions++;
        sums->changes += change->changes;
        if (change->time_us && (!sums->first_time_us || change->time_us < sums->first_time_us))
            sums->first_time_us = change->time_us;
        if (change->time_us > sums->last_time_us)
            sums->last_time_us = change->time_us;
    }
    if (change->ref && (!sums->lowest_ref || change->ref < sums->lowest_ref))
        sums->lowest_ref = change->ref;
    if (change->ref)
        sums->last_ref_seq = change->ref_seq;
}
