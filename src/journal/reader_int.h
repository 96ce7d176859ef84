/* A reader's insides. Not for other rooms. */
#ifndef LEAT_JOURNAL_READER_INT_H
#define LEAT_JOURNAL_READER_INT_H

#include "journal_int.h"

struct known_table {
    struct leat_table *table; /* owned */
    bool given;
};

/* Where an XA branch's transaction begins. */
struct reader_mark {
    uint64_t seq, segment, offset;
};
enum { READER_MARKS_MAX = 65536 };

struct leat_reader {
    unsigned magic;
    struct leat_journal *journal;
    struct scan scan;
    bool final; /* the limit is the file's end: the segment is complete */
    struct idmap tables;
    struct leat_reader *of; /* whose tables are used instead: leat_reader_again made this one; borrowed */
    uint64_t last_table_id;
    struct known_table *last_table;
    struct item_memory memory;
    struct leat_gtid_set *completed; /* as of open; owned */
    bool rows_waiting;               /* their definition was given first */
    uint64_t changes;                /* of the transaction that is being read, so far */
    struct leat_item rows;
    struct reader_mark *marks; /* branches that are not resolved yet, by rising seq; owned */
    size_t mark_count, mark_capacity;
    uint64_t marked_seq, done_seq; /* of the transaction being read; of that whose mark nobody needs behind this one; 0 */
};

static inline struct idmap *leat_reader_tables(struct leat_reader *reader)
{
    return reader->of ? &reader->of->tables : &reader->tables;
}

/* Fills err. */
int leat_reader_gone(struct leat_error *err, uint64_t seq);
/* Keeps the places of branches. */
void leat_reader_remember(struct leat_reader *reader, const struct leat_item *item, const struct record *record);

#endif
