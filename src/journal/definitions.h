/* Definitions of tables in the journal. A DEFINITION record lies in the segments, for who reads the stream; and, because
 * segments go and definitions stay, each is also appended to the file `definitions` of the journal's folder
 * (docs/journal-format.md), synced before the segments are: what is visible in the journal is there. What lies behind the journal's end
 * after a crash is cut off at the next open; what no one can ask for any more is dropped when the file is rewritten, at an open. */
#ifndef LEAT_JOURNAL_DEFINITIONS_H
#define LEAT_JOURNAL_DEFINITIONS_H

#include "journal/journal.h"

/* One step of a table's history. Borrowed while it is given. */
struct leat_definition_entry {
    uint64_t seq; /* of the DEFINITION record */
    struct leat_place place; /* of the transaction that it lies in; of where the stream stood, between transactions */
    struct leat_gtid gtid;
    uint64_t at_us; /* commit time, or when it was read or told */
    struct leat_definition definition;
};

/* Calls each with what is in force at the journal's end: the newest entry of every table and database that wasn't dropped, databases
 * first. While nobody appends. A result other than 0 is handed up. */
int leat_journal_definitions(struct leat_journal *journal,
                             int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err),
                             void *context, struct leat_error *err) LEAT_CHECKED;

/* Every entry from the record `from` on and before the record `until` that is still known and visible, oldest first. Any thread, of a
 * running leat's journal too. */
int leat_journal_definitions_between(struct leat_journal *journal, uint64_t from, uint64_t until,
                                     int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err),
                                     void *context, struct leat_error *err) LEAT_CHECKED;

/* Every entry of one table that is still known, oldest first; of a running leat's journal too (read_only). */
int leat_journal_definition_history(struct leat_journal *journal, const char *database, const char *name,
                                    int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err),
                                    void *context, struct leat_error *err) LEAT_CHECKED;

#endif
