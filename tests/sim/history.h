/* What a server has in its binlogs: files made out of recorded ones. Immutable once made; one thread.
 *
 * The recordings' events are taken over as they are, but for what makes a longer history of them: GTIDs are
 * numbered on (with holes, and at times under another server's UUID, as after a failover), or replaced by
 * anonymous ones; positions, lengths and checksums are made to fit; runs of transactions are merged into one
 * large transaction. */
#ifndef LEAT_SIM_HISTORY_H
#define LEAT_SIM_HISTORY_H

#include "base/buf.h"
#include "model/gtid.h"
#include "random.h"

struct sim_event {
    size_t offset; /* in the file: its position */
    size_t size;
    size_t transaction; /* SIM_NO_TRANSACTION: none */
};
#define SIM_NO_TRANSACTION SIZE_MAX

struct sim_binlog {
    char name[32];
    struct leat_buf bytes;
    struct sim_event *events; /* owned */
    size_t event_count, event_capacity;
};

struct sim_transaction {
    struct leat_gtid gtid; /* NONE: anonymous */
    size_t file;
    size_t first_event, end_event; /* exclusive */
    size_t prepared;               /* XA COMMIT and XA ROLLBACK: 1 + the index of the transaction that prepared; else 0 */
};

struct sim_history {
    uint8_t source_uuid[LEAT_UUID_SIZE];
    bool anonymous;
    struct sim_binlog *files; /* owned */
    size_t file_count, file_capacity;
    struct sim_transaction *transactions; /* owned */
    size_t transaction_count, transaction_capacity;
};

struct sim_history_options {
    uint64_t seed;
    const char *const *recordings; /* names in the folder of recordings; each becomes one file or more */
    size_t recording_count;
    size_t repeats; /* how many times all of them are gone through */
    bool anonymous;
    unsigned merge;           /* per mille of chances that a large transaction begins */
    unsigned merge_most;      /* how many transactions may become one */
    size_t transactions_most; /* 0: no limit */
    unsigned xa;              /* per mille of transactions that become XA branches, which end some transactions later */
    bool xa_left_open;        /* those that are open at the end stay so */
};

/* Fails when a recording isn't there or isn't a binlog. */
int sim_history_new(struct sim_history **history, const struct sim_history_options *options,
                    struct leat_error *err) LEAT_CHECKED;
void sim_history_free(struct sim_history **history);
/* The set of the first `count` transactions; the caller frees it. */
struct leat_gtid_set *sim_history_set(const struct sim_history *history, size_t count);

#endif
