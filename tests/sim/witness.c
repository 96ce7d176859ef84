/* Reads the journal along with the sinks (witness.h). */
#include "witness.h"

/* Which transaction of the history begins here; the history's end: none. */
static size_t find(const struct sim_history *history, size_t from, const struct leat_begin *begin)
{
    for (size_t i = from; i < history->transaction_count; i++) {
        const struct sim_transaction *transaction = &history->transactions[i];
        const struct sim_binlog *file = &history->files[transaction->file];
        if (file->events[transaction->first_event].offset == begin->place.pos &&
            !strcmp(file->name, begin->place.file) && leat_gtid_equal(&transaction->gtid, &begin->gtid))
            return i;
    }
    return history->transaction_count;
}

static int wrong(const struct leat_begin *begin, const char *what, struct leat_error *err)
{
    char gtid[LEAT_GTID_TEXT_MAX];
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "the journal's transaction %s at %s:%llu %s",
                     leat_gtid_text(gtid, &begin->gtid), begin->place.file,
                     (unsigned long long)begin->place.pos, what);
}

static int see_begin(struct sim_witness *witness, const struct sim_history *history,
                     const struct leat_begin *begin, struct leat_error *err)
{
    size_t at = find(history, witness->knows_next ? witness->next : 0, begin);
    if (at == history->transaction_count)
        return wrong(begin, witness->knows_next ? "was there before" : "is none of the server's", err);
    if (witness->knows_next && at != witness->next)
        return wrong(begin, "comes too early: one before it is missing", err);
    witness->next = at + 1;
    witness->knows_next = true;
    return LEAT_OK;
}

int sim_witness_read(struct sim_witness *witness, struct leat_journal *journal,
                     const struct sim_history *history, struct leat_error *err)
{
    if (!witness->reader) {
        witness->knows_next = false;
        if (leat_reader_open(&witness->reader, journal, 0, err))
            return LEAT_FAIL;
    }
    bool inside = false;
    uint64_t visible_end = leat_journal_visible_end(journal);
    for (;;) {
        struct leat_item item;
        int rc = leat_reader_next(witness->reader, &item, err);
        if (rc == LEAT_FAIL && err->code == LEAT_E_RESYNC) { /* retention was faster */
            leat_reader_close(&witness->reader);
            return LEAT_OK;
        }
        if (rc == LEAT_AGAIN)
            return inside
                       ? leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "a part of a transaction is visible")
                       : LEAT_OK;
        if (rc)
            return rc;
        if (item.seq >= visible_end)
            return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                             "record %llu is given, and %llu is the visible end",
                             (unsigned long long)item.seq, (unsigned long long)visible_end);
        if (item.type == LEAT_ITEM_BEGIN) {
            inside = true;
            rc = see_begin(witness, history, &item.begin, err);
        } else if (item.type == LEAT_ITEM_END) {
            inside = false;
        }
        if (rc)
            return rc;
    }
}

void sim_witness_end(struct sim_witness *witness)
{
    if (witness->reader)
        leat_reader_close(&witness->reader);
}

int sim_witness_oldest(struct leat_journal *journal, const struct sim_history *history, size_t *oldest,
                       struct leat_error *err)
{
    struct leat_reader *reader = NULL;
    struct leat_item item;
    if (leat_reader_open(&reader, journal, 0, err))
        return LEAT_FAIL;
    int rc;
    do
        rc = leat_reader_next(reader, &item, err);
    while (rc == LEAT_OK && item.type != LEAT_ITEM_BEGIN);
    if (rc != LEAT_FAIL)
        *oldest = rc == LEAT_OK ? find(history, 0, &item.begin) : history->transaction_count;
    leat_reader_close(&reader);
    return rc == LEAT_FAIL ? rc : LEAT_OK;
}
