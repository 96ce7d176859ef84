/* Reading a transaction once more, behind a reader's back: what an XA branch changed stands where it was prepared, and is wanted
 * where it is committed.
 *
 * A reader that opens at some number reads the segment from its beginning, which is too much for each commit of a load that is all
 * XA. So a reader keeps where the branches begin that it has passed, and knows the definitions of all that lay before: another
 * reader, which borrows these, need only go there. Only branches that were prepared before the first one was opened are looked for
 * the long way. The reader's thread. */
#include "reader_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static size_t mark_at(const struct leat_reader *reader, uint64_t seq)
{
    size_t low = 0, high = reader->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reader->marks[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->mark_count && reader->marks[low].seq == seq ? low : SIZE_MAX;
}

static void forget_done(struct leat_reader *reader)
{
    size_t at = reader->done_seq ? mark_at(reader, reader->done_seq) : SIZE_MAX;
    reader->done_seq = 0;
    if (at == SIZE_MAX)
        return;
    reader->mark_count--;
    memmove(&reader->marks[at], &reader->marks[at + 1], (reader->mark_count - at) * sizeof *reader->marks);
}

static void add_mark(struct leat_reader *reader, const struct record *record)
{
    if (reader->mark_count == READER_MARKS_MAX)
        return; /* it is found the long way */
    if (reader->mark_count == reader->mark_capacity) {
        reader->mark_capacity = reader->mark_capacity ? 2 * reader->mark_capacity : 16;
        reader->marks = leat_realloc(reader->marks, reader->mark_capacity * sizeof *reader->marks);
    }
    reader->marks[reader->mark_count++] =
        (struct reader_mark){record->seq, reader->scan.head.first_seq, record->offset};
}

void leat_reader_remember(struct leat_reader *reader, const struct leat_item *item, const struct record *record)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        if (reader->done_seq)
            forget_done(reader);
        reader->marked_seq = 0;
        if (item->begin.flags & LEAT_BEGIN_XA) {
            reader->marked_seq = record->seq;
            add_mark(reader, record);
        }
        return;
    case LEAT_ITEM_XA_RESOLVE:
        reader->done_seq = item->xa_resolve.prepared_seq;
        return;
    case LEAT_ITEM_END:
        if (reader->marked_seq && item->end.how != LEAT_END_XA_PREPARE)
            reader->done_seq = reader->marked_seq;
        return;
    default:
        return;
    }
}

/* A reader that stands nowhere yet. */
static struct leat_reader *borrower(struct leat_reader *of)
{
    struct leat_reader *reader = leat_alloc_zero(1, sizeof *reader);
    reader->magic = READER_MAGIC;
    reader->journal = of->journal;
    reader->of = of;
    return reader;
}

static int go_to(struct leat_reader *reader, const struct reader_mark *mark, struct leat_error *err)
{
    struct leat_journal *journal = reader->journal;
    struct scan *scan = &reader->scan;
    if (!scan->file || scan->head.first_seq != mark->segment) {
        leat_scan_close(scan);
        int rc = leat_scan_open(scan, journal->fs, journal->folder, mark->segment, journal->identity.journal_id, err);
        if (rc)
            return rc == LEAT_END ? leat_reader_gone(err, mark->seq) : rc;
        scan->limit = mark->offset; /* until the visible end is looked up */
        reader->final = false;
    }
    scan->offset = mark->offset;
    scan->next_seq = mark->seq;
    reader->rows_waiting = false;
    return LEAT_OK;
}

int leat_reader_again(struct leat_reader **again, struct leat_reader *reader, uint64_t begin_seq,
                      struct leat_error *err)
{
    assert(reader->magic == READER_MAGIC && !reader->of);
    size_t at = mark_at(reader, begin_seq);
    if (*again && (at == SIZE_MAX || (*again)->of != reader))
        leat_reader_close(again);
    if (at == SIZE_MAX)
        return leat_reader_open(again, reader->journal, begin_seq, err);
    if (!*again)
        *again = borrower(reader);
    int rc = go_to(*again, &reader->marks[at], err);
    if (rc)
        leat_reader_close(again);
    return rc;
}
