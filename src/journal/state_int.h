/* What the records up to some point mean: the same code follows them when they are appended, recovered, read
 * from the middle and verified. Belongs to one thread.
 *
 * Started and completed are two: the completed set and the place to resume from change only where a
 * transaction is complete (a boundary); what is open is kept apart, so that dropping it is forgetting `open`.
 */
#ifndef LEAT_JOURNAL_STATE_INT_H
#define LEAT_JOURNAL_STATE_INT_H

#include "record_int.h"
#include "model/point.h"
#include "model/xa.h"

struct branch {
    uint8_t id[LEAT_XA_ID_MAX];
    size_t id_size;
    uint64_t prepared_seq; /* of the PREPARE's BEGIN */
    uint64_t time_us;      /* its commit time */
    struct leat_gtid gtid;
};
enum { BRANCHES_MAX = 65536 };

/* Where the last boundary lies: what is behind it is taken back when the transaction isn't completed. */
struct boundary {
    uint64_t seq;     /* of the next record */
    uint64_t segment; /* its first_seq */
    uint64_t offset;
};

struct log_state {
    /* as of the last boundary */
    bool started, has_last;
    uint8_t source_uuid[LEAT_UUID_SIZE];
    char file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    struct leat_gtid_set *completed; /* owned, never NULL */
    struct leat_within within;       /* START's, until a transaction is complete */
    struct leat_gtid last_gtid;
    char last_file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t last_pos, last_digest, last_commit_us;
    uint64_t transactions, changes; /* since the journal began */
    uint64_t definition_seq;        /* of the last DEFINITION; 0: none yet */
    struct branch *branches;        /* prepared and not resolved, in no order; owned */
    size_t branch_count, branch_capacity;
    /* the open transaction */
    bool open;
    uint64_t begin_seq;
    struct leat_buf begin;   /* BEGIN's payload */
    struct leat_buf resolve; /* xa_id of an XA_RESOLVE within it: takes effect at its END */
    uint64_t resolve_ref;
    bool changed; /* there was something other than XA_RESOLVE in it */
    uint64_t open_definition_seq; /* as definition_seq, with those in it */
};

void leat_state_init(struct log_state *state);
void leat_state_free(struct log_state *state);

/* What a record changed. */
struct state_change {
    bool boundary;    /* the next record begins something new */
    bool transaction; /* and one was completed */
    uint64_t time_us; /* its commit */
    uint64_t changes;
    uint64_t ref, ref_seq;        /* the record that an XA_RESOLVE refers to, 0: none; and the END behind it */
    const struct leat_gtid *gtid; /* that was completed, NULL: none; valid until the item is gone */
    struct leat_gtid open_gtid;   /* memory for it */
};

/* NULL, or what is wrong with this item coming next. */
const char *leat_state_wrong(const struct log_state *state, const struct leat_item *item);
/* Takes an item that leat_state_wrong had nothing against; BEGIN needs its payload. item->seq is set. */
int leat_state_apply(struct log_state *state, const struct leat_item *item, const struct record *record,
                     struct state_change *change, struct leat_error *err) LEAT_CHECKED;
void leat_state_drop_open(struct log_state *state);
/* The prepared branch's BEGIN; 0: there is none. */
uint64_t leat_state_branch(const struct log_state *state, const uint8_t *id, size_t size);
/* That which was prepared first; NULL: there is none. */
const struct branch *leat_state_branch_oldest(const struct log_state *state);
/* The open transaction's BEGIN; pointers into the state. */
int leat_state_begin(const struct log_state *state, struct leat_begin *begin,
                     struct leat_error *err) LEAT_CHECKED;

/* The STATE record (blank stamps); boundary counts when a transaction is open. */
void leat_state_frame(struct leat_buf *buf, const struct log_state *state, const struct boundary *boundary);
/* Into a state that was initialised. *boundary is filled when a transaction is open. */
int leat_state_decode(struct log_state *state, struct boundary *boundary, const struct record *record,
                      struct leat_error *err) LEAT_CHECKED;

#endif
