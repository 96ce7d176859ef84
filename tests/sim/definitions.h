/* Definitions of tables among the transactions: which transactions have some follows from where they begin, so that what the
 * journal has to know of tables can be told from the history alone. */
#ifndef LEAT_SIM_DEFINITIONS_H
#define LEAT_SIM_DEFINITIONS_H

#include "history.h"
#include "journal/journal.h"

/* Frames the definitions of a transaction that began there, if it has any; to be put before its END. */
void sim_definitions_put(struct leat_buf *frames, const struct leat_place *begins);
/* The same of one that lies behind it, between transactions: nobody gives it again if it was lost. */
void sim_definitions_put_between(struct leat_buf *frames, const struct leat_place *begins);
/* What the journal knows of each table: of transactions that it still has each definition, of those before at least the last one;
 * nothing that isn't the history's, in its order, nothing of what isn't visible. */
int sim_definitions_check(struct leat_journal *journal, const struct sim_history *history, struct leat_error *err) LEAT_CHECKED;

#endif
