/* A sink: somewhere that changes are delivered to. One file a sink behind this vtable, one line in the registry
 * (registry.c), one test, one page.
 *
 * The runner (runner.h) does once what must be right for all: reading, filtering, the ring of what is in flight, the
 * checkpoint, retry, states. A sink takes items and says what is delivered. One thread calls it: its runner's, but
 * interrupt(), which any thread may call. */
#ifndef LEAT_SINK_SINK_H
#define LEAT_SINK_SINK_H

#include "base/clock.h"
#include "base/fs.h"
#include "base/metrics.h"
#include "config/config.h"
#include "filter/filter.h"
#include "journal/journal.h"

/* Up to where a sink has delivered: all that is needed to go on, on this journal or, by source position, on another. */
struct leat_checkpoint {
    uint8_t journal_id[LEAT_JOURNAL_ID_SIZE];
    uint64_t generation;  /* raised by each rewind */
    uint64_t seq;         /* exclusive end: the next record to deliver */
    uint8_t source_uuid[LEAT_UUID_SIZE];
    char file[512];       /* source place behind the last delivered transaction; empty before the first */
    uint64_t pos;
    struct leat_gtid_set *completed; /* owned */
    uint64_t transactions, changes;  /* delivered in all */
    uint64_t commit_us;              /* commit time of the last delivered transaction */
    /* This journal was joined by source position, not by sequence number (it was rebuilt, or the sink began at a GTID
     * set): what lies behind `seq` may hold transactions that `completed`, or file and pos, already contain. */
    bool overlap;
};
void leat_checkpoint_free(struct leat_checkpoint *checkpoint);
void leat_checkpoint_copy(struct leat_checkpoint *to, const struct leat_checkpoint *from);
/* Binary form with a checksum, for sinks that keep it themselves (docs/journal-format.md, "Checkpoint"). */
void leat_checkpoint_encode(struct leat_buf *buf, const struct leat_checkpoint *checkpoint);
int leat_checkpoint_decode(struct leat_checkpoint *checkpoint, const void *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;

/* What a sink gets to work with; all borrowed for its whole life. */
struct leat_sink_env {
    const struct leat_sink_config *config;
    const char *relay_name;
    const struct leat_filter *filter;
    const struct leat_fs *fs;
    const struct leat_clock *clock;
    const char *state_folder; /* of the relay's own files, where a sink may keep a small one; NULL: nowhere */
    /* The runner's: what a checkpoint says that stands behind the last transaction's END. Between BEGIN and END: before BEGIN. */
    const struct leat_checkpoint *at;
};

struct leat_sink; /* the sink's own */

/* What a sink counts beside what its runner does: of a client library, out of its own statistics. Written by the runner's thread. */
struct leat_sink_meters {
    struct leat_cell measured_us;                      /* wall clock; 0: not yet */
    struct leat_cell queue_messages, queue_bytes;      /* waiting in the library */
    struct leat_cell requests, request_bytes, request_errors, retries, timeouts; /* to all brokers, since the handle was made */
    struct leat_cell answer_us_average, answer_us_p99; /* the slowest broker's, over the last interval */
    struct leat_cell brokers_up, brokers;
};

struct leat_sink_ops {
    const char *type; /* "file" */
    /* Reads the settings; touches nothing outside. */
    int (*open)(struct leat_sink **sink, const struct leat_sink_env *env, struct leat_error *err);
    void (*close)(struct leat_sink **sink);
    /* Becomes ready, puts right what a crash left, and gives its checkpoint: 0, or LEAT_END when it never had one. Called at
     * the start and after each error (that is the only retry: everything after the checkpoint is handed over again). The
     * checkpoint is zeroed before; one that fails may still fill it with what it knows, so that a rewind finds the
     * generation. */
    int (*recover)(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err);
    /* Where to go on from, when there is no checkpoint or after a rewind: a new generation begins. Called after a recover()
     * that may have failed (a rewind cures that, too). Durable on return. */
    int (*restart)(struct leat_sink *sink, const struct leat_checkpoint *from, struct leat_error *err);
    /* One item that passed the filter, in order, with *passed set if it made a message. LEAT_AGAIN: no room now, poll first;
     * the same item comes again. BEGIN and END of every transaction come, also when nothing of it passed, but for those that
     * end in XA PREPARE: their changes come behind XA_RESOLVE, in the transaction that commits them. START, SCHEMA and OPAQUE never do: rows carry their definition, and what can't be decoded stops the runner. DEFINITIONs
     * come as they are in the journal, unfiltered, also between transactions. */
    int (*item)(struct leat_sink *sink, const struct leat_item *item, bool *passed, struct leat_error *err);
    /* Asks that everything handed over so far be delivered together with this checkpoint; may return before it is. Only
     * at a transaction's end. */
    int (*commit)(struct leat_sink *sink, const struct leat_checkpoint *checkpoint, struct leat_error *err);
    /* Lets work go on, for at most timeout_ms; *delivered_seq is the seq of the newest checkpoint that is delivered. */
    int (*poll)(struct leat_sink *sink, unsigned timeout_ms, uint64_t *delivered_seq, struct leat_error *err);
    /* What it is waiting for, in one line, or NULL: shown beside the state. May be NULL itself. */
    const char *(*note)(struct leat_sink *sink);
    /* The transaction (GTID, or file:pos) that poll() failed for, or NULL: what is applied in the background fails later than it was handed
     * over. May be NULL itself. */
    const char *(*failed_at)(struct leat_sink *sink);
    /* May be NULL itself. Any thread. */
    const struct leat_sink_meters *(*meters)(const struct leat_sink *sink);
    void (*interrupt)(struct leat_sink *sink); /* any thread: whatever blocks returns soon with LEAT_STOPPED */
    /* For doctor: what would go wrong. */
    int (*check)(struct leat_sink *sink, struct leat_error *err);
};

/* By type; NULL if there is none. */
const struct leat_sink_ops *leat_sink_ops_find(const char *type);

#endif
