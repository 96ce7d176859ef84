/* The batch: what was appended and not yet synced, as one run of contiguous bytes a segment. The bytes
 * themselves stay where they are, in the caller's blocks; only what is made here (repeated definitions,
 * indexes) is kept as scratch.
 *
 * The mark remembers the last boundary, so that an unfinished transaction can be taken out of the batch
 * again. The writer's thread; nothing here can fail. */
#include "journal_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

void leat_batch_run(struct leat_journal *journal)
{
    if (journal->run_count == journal->run_capacity) {
        journal->run_capacity = journal->run_capacity ? 2 * journal->run_capacity : 8;
        journal->runs = leat_realloc(journal->runs, journal->run_capacity * sizeof *journal->runs);
    }
    journal->runs[journal->run_count++] =
        (struct run){journal->active, journal->active->end, 0, journal->part_count, false};
}

void leat_batch_part(struct leat_journal *journal, uint8_t *bytes, size_t size)
{
    if (journal->run_count == journal->runs_done ||
        journal->runs[journal->run_count - 1].segment != journal->active)
        leat_batch_run(journal);
    struct run *run = &journal->runs[journal->run_count - 1];
    assert(!run->seal && run->offset + run->bytes == journal->active->end);
    struct iovec *last =
        journal->part_count > run->first_part ? &journal->parts[journal->part_count - 1] : NULL;
    if (last && (uint8_t *)last->iov_base + last->iov_len == bytes) {
        last->iov_len += size;
    } else {
        if (journal->part_count == journal->part_capacity) {
            journal->part_capacity = journal->part_capacity ? 2 * journal->part_capacity : 64;
            journal->parts = leat_realloc(journal->parts, journal->part_capacity * sizeof *journal->parts);
        }
        journal->parts[journal->part_count++] = (struct iovec){bytes, size};
    }
    run->bytes += size;
    journal->active->end += size;
}

uint8_t *leat_batch_scratch(struct leat_journal *journal, const void *bytes, size_t size)
{
    if (journal->scratch_count == journal->scratch_capacity) {
        journal->scratch_capacity = journal->scratch_capacity ? 2 * journal->scratch_capacity : 64;
        journal->scratch =
            leat_realloc(journal->scratch, journal->scratch_capacity * sizeof *journal->scratch);
    }
    uint8_t *copy = leat_memdup(bytes, size);
    journal->scratch[journal->scratch_count++] = copy;
    return copy;
}

void leat_batch_mark(struct leat_journal *journal)
{
    struct mark *mark = &journal->mark;
    struct segment *active = journal->active;
    if (mark->segment != active && mark->segment && mark->segment->sealed)
        leat_buf_free(&mark->segment->index.entries); /* was kept only so that it could be taken up again */
    mark->segment = active;
    mark->at = (struct boundary){journal->next_seq, active->head.first_seq, active->end};
    mark->run_count = journal->run_count;
    mark->part_count = journal->part_count;
    mark->last_part_size = journal->part_count ? journal->parts[journal->part_count - 1].iov_len : 0;
    mark->last_run_bytes = journal->run_count ? journal->runs[journal->run_count - 1].bytes : 0;
    mark->index_size = active->index.entries.size;
    mark->index_count = active->index.count;
    mark->index_last_offset = active->index.last_offset;
    mark->definitions_end = journal->definition_file.end;
    mark->definitions_seq = journal->definition_file.last_seq;
}

void leat_batch_rewind(struct leat_journal *journal)
{
    const struct mark *mark = &journal->mark;
    if (mark->run_count <= journal->runs_done) {
        /* All up to the boundary is on the disk and synced. */
        leat_batch_clear(journal);
        return;
    }
    journal->run_count = mark->run_count;
    journal->part_count = mark->part_count;
    struct run *run = &journal->runs[journal->run_count - 1];
    if (journal->part_count > run->first_part)
        journal->parts[journal->part_count - 1].iov_len = mark->last_part_size;
    run->bytes = mark->last_run_bytes;
    run->seal = false;
    assert(run->segment == mark->segment && run->offset + run->bytes == mark->at.offset);
}

void leat_batch_clear(struct leat_journal *journal)
{
    for (size_t i = 0; i < journal->run_count; i++) {
        struct segment *segment = journal->runs[i].segment;
        if (segment->sealed && segment != journal->mark.segment)
            leat_buf_free(&segment->index.entries);
    }
    for (size_t i = 0; i < journal->scratch_count; i++)
        free(journal->scratch[i]);
    journal->scratch_count = journal->run_count = journal->part_count = journal->runs_done = 0;
    journal->mark.run_count = journal->mark.part_count = journal->mark.last_part_size = 0;
    journal->mark.last_run_bytes = 0;
}
