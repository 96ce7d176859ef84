/* A reader of the journal that believes nothing: it reads along and holds what is visible against the
 * server's history. Transactions are whole, in the order of the history, and none is missing. */
#ifndef LEAT_SIM_WITNESS_H
#define LEAT_SIM_WITNESS_H

#include "history.h"
#include "journal/journal.h"

struct sim_witness {
    struct leat_reader *reader;
    size_t next;     /* index of the transaction that comes next */
    bool knows_next; /* not at the beginning, when older ones may have been deleted */
};

/* Reads all that is visible. The reader is opened when it isn't. */
int sim_witness_read(struct sim_witness *witness, struct leat_journal *journal,
                     const struct sim_history *history, struct leat_error *err) LEAT_CHECKED;
void sim_witness_end(struct sim_witness *witness);
/* The first transaction that the journal still has, by a reader of its own; the history's end when it has
 * none. */
int sim_witness_oldest(struct leat_journal *journal, const struct sim_history *history, size_t *oldest,
                       struct leat_error *err) LEAT_CHECKED;

#endif
