/* What the files of the runner share.
 *
 * runner.c: states and the step. runner_start.c: where to go on from. runner_run.c: reading, handing over,
 * committing. runner_until.c: where `resume --until` pauses. runner_delay.c: when a transaction may begin, with `delay`. runner_xa.c: branches that were prepared before they are
 * committed. runner_opaque.c: what could not be decoded when it was journalled. runner_command.c: what other threads ask for and see.
 *
 * Everything but `shared` belongs to the runner's thread. */
#ifndef LEAT_SINK_RUNNER_INT_H
#define LEAT_SINK_RUNNER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "filter/columns.h"
#include "runner.h"

enum {
    RUNNER_IN_FLIGHT_MAX = 64,
    RUNNER_IDLE_WAIT_MS =
        1000, /* a step at least that often: interval rotation, checkpoints over what was filtered out */
    RUNNER_BUSY_WAIT_MS = 1, /* while the sink has no room, or something is in flight */
    RUNNER_EMPTY_COMMIT_US = 1000000,
    RUNNER_COMMIT_GAP_US = 5000, /* under a trickle, no more syncs than this allows */
    RUNNER_COMMIT_BYTES = 8 * 1024 * 1024,
    RUNNER_COMMIT_BEHIND_BYTES = 64 * 1024 * 1024, /* with a commit_interval */
    RUNNER_COMMIT_BEHIND_US = 1000000,
    RUNNER_STEP_BYTES = 1024 * 1024,
    RUNNER_STEP_ITEMS = 4096,
    RUNNER_STOP_US = 5000000, /* how long a stop waits for what is in flight */
    RUNNER_REASON_MAX = 256,
    RUNNER_TRANSACTION_NAME_MAX = 640, /* a GTID, or file:pos */
};

/* Whether a table passes the filter, by definition: open addressing, ids are hashes and never 0. */
struct runner_tables {
    struct runner_table {
        uint64_t id;
        bool passes;
    } * slots;              /* owned */
    size_t count, capacity; /* capacity: a power of two, or 0 */
};

/* A checkpoint that was handed to commit(), and what waits for it. */
struct runner_flight {
    struct leat_checkpoint checkpoint;
    uint64_t first_commit_us; /* of the first transaction since the checkpoint before it; 0: none */
    struct leat_ages ages;    /* of all of them */
};

/* The changes of an XA branch, read again where they take effect. */
struct runner_branch {
    struct leat_reader *reader; /* kept from one to the next */
    bool open;                  /* it is being handed over */
    struct leat_item item;      /* read, not handed over yet, if has_item */
    bool has_item;
};

/* With `delay`: when the transaction in hand may be handed over. Times are of the primary's clock. */
struct runner_delay {
    bool holds;         /* it may not yet */
    bool known;         /* `due_us` is of the transaction that begins at `seq` */
    uint64_t seq, due_us;
    uint64_t latest_us; /* no transaction from here on was committed before */
    uint64_t bound_seq, bound_us; /* none before this record was committed later */
};

/* A transaction of raw events that is being handed over. */
struct runner_opaque {
    struct leat_opaque_reader reader;
    bool tried;           /* it can be decoded */
    bool open;            /* the sink hasn't got all of it */
    uint64_t given, seen; /* items: that the sink has; of this pass */
    uint64_t bytes_end;   /* where this step ends */
};

/* What other threads ask for; taken at the next step. */
struct runner_asked {
    bool pause, resume, rewind, skip, rest;
    unsigned rest_ms;
    struct leat_point until; /* of resume */
    struct leat_point to;    /* of rewind */
    char skip_name[RUNNER_TRANSACTION_NAME_MAX];
    char skip_reason[RUNNER_REASON_MAX];
};

struct leat_runner {
    const struct leat_sink_config *config;
    const struct leat_fs *fs;
    const struct leat_clock *clock;
    struct leat_journal *journal;
    const struct leat_sink_ops *ops;
    struct leat_sink *sink;
    struct leat_filter *filter;
    struct leat_columns *columns; /* NULL: no rules */
    struct runner_tables tables;

    enum leat_runner_state state;
    struct leat_hold *hold;
    uint64_t hold_seq;
    struct leat_reader *reader;
    bool positioned;      /* the hold stands at the checkpoint: losing it means something */
    bool journal_was_new; /* when it was attached: no transaction in it */

    /* Where we are. */
    struct leat_checkpoint
        at; /* behind the last transaction that was handed over; at.completed is never NULL */
    struct leat_gtid_set
        *overlap_read;     /* while at.overlap: all that lies before the reader in this journal */
    struct leat_item item; /* read, not handed over yet, if has_item */
    bool has_item;
    bool admitted;              /* what comes before a transaction was done for it */
    struct leat_buf rows_query; /* the last statement's text: handed over once rows of it pass */
    bool has_rows_query;
    bool inside; /* a transaction's BEGIN was taken and its END wasn't */
    bool withheld; /* it may be prepared only: nothing of it is handed over before its END */
    struct runner_branch branch;
    struct runner_opaque opaque;
    struct runner_delay delay;
    enum {
        PASSING_NOT,
        PASSING_SKIPPED,
        PASSING_CONTAINED,
        PASSING_UNDECODABLE
    } passing;             /* it is passed over; CONTAINED: the sink has it */
    bool passed;           /* something of it made a message */
    bool item_failed;      /* the error is about that transaction, not about the sink */
    struct leat_gtid gtid; /* of it */
    uint8_t transaction_uuid[LEAT_UUID_SIZE];
    uint64_t transaction_seq; /* of its BEGIN */
    char transaction_name[RUNNER_TRANSACTION_NAME_MAX];
    uint64_t transaction_commit_us;
    uint64_t transaction_changes;
    bool caught_up; /* the last read met the visible end */

    /* Since the last commit(). */
    bool dirty;          /* `at` moved */
    bool dirty_messages; /* something passed */
    bool commit_now;
    uint64_t dirty_bytes;
    uint64_t dirty_since_us;        /* monotonic */
    uint64_t dirty_first_commit_us; /* of the first transaction since */
    struct leat_ages dirty_ages;    /* of all of them */
    uint64_t last_commit_us;        /* monotonic: when commit() was called last */

    struct runner_flight flights[RUNNER_IN_FLIGHT_MAX]; /* a ring, oldest first */
    size_t flight_first, flight_count;

    /* Errors. */
    unsigned attempts;    /* since the last delivered checkpoint */
    uint64_t retry_at_us; /* monotonic; BACKING_OFF */
    uint64_t isolate_seq; /* 0, or commit all before this transaction: it failed */
    uint64_t noticed_us; /* wall clock: since when something lies unread while not running; 0: nothing does */
    uint64_t bytes, skipped, passed_over, retries;

    /* What was asked for and isn't done yet. */
    struct leat_point until;
    uint64_t until_seq; /* of `until: now` */
    uint64_t until_passed_seq; /* the transaction that begins here was found to end before `until` */
    bool pausing;
    bool resting;          /* the pause is leat_runner_rest's */
    uint64_t rest_us;      /* how long */
    uint64_t rest_end_us;  /* monotonic; once PAUSED */
    bool rewinding;
    struct leat_point rewind_to;
    bool skipping;
    bool skipping_paused; /* it pauses again behind it */
    char skip_name[RUNNER_TRANSACTION_NAME_MAX];
    char skip_reason[RUNNER_REASON_MAX];
    uint64_t stop_deadline_us; /* 0: not stopping */

    struct leat_runner_meters meters;
    const struct leat_cell *clock_offset; /* or NULL */
    void (*delivered)(void *context, const struct leat_checkpoint *checkpoint);
    void *delivered_context;

    atomic_bool stop;

    pthread_mutex_t mutex;
    struct {
        struct runner_asked asked;
        bool has_asked;
        enum leat_runner_state state;
        struct leat_error error;
        char note[256];
        uint64_t since_us, retry_at_us;
        struct leat_checkpoint delivered;
        uint64_t
            undelivered_commit_us; /* of the oldest transaction that was read and isn't delivered; 0: none */
        uint64_t noticed_us;
        bool resting;
        unsigned in_flight;
        uint64_t held_until_us; /* wall clock; 0: nothing is held back */
        uint64_t read_seq;
        uint64_t bytes, skipped, passed_over, retries; /* copies */
        char halted_at[RUNNER_TRANSACTION_NAME_MAX]; /* the transaction that halted it, if that is known */
        char last_skipped[RUNNER_TRANSACTION_NAME_MAX];
        char last_skip_reason[RUNNER_REASON_MAX];
    } shared; /* guarded by mutex */
};

/* ---- runner.c ---- */

void leat_runner_move(struct leat_runner *runner, enum leat_runner_state to, const struct leat_error *err);
/* Decides what an error means: a state (LEAT_OK), or LEAT_FAIL for the end of the process. */
int leat_runner_failed(struct leat_runner *runner, struct leat_error *err) LEAT_CHECKED;
/* Closes the reader and forgets everything after the checkpoint. */
void leat_runner_forget(struct leat_runner *runner);
/* The checkpoint is delivered (or was found delivered): status and hold move. Takes its memory. */
void leat_runner_delivered_to(struct leat_runner *runner, struct leat_checkpoint *checkpoint);

/* ---- runner_start.c ---- */

/* From RECOVERING: 0, LEAT_AGAIN (waiting for the journal's start), LEAT_FAIL with an error for
 * leat_runner_failed. */
int leat_runner_start(struct leat_runner *runner, struct leat_error *err) LEAT_CHECKED;
/* Nothing that the journal has now is deleted before the checkpoint is known. */
int leat_runner_hold_everything(struct leat_runner *runner, struct leat_error *err) LEAT_CHECKED;
/* No transaction is in the journal, nothing was deleted from it. */
int leat_runner_journal_is_new(struct leat_runner *runner, bool *is_new, struct leat_error *err) LEAT_CHECKED;

/* ---- runner_run.c ---- */

/* RUNNING: a bounded amount of work. 0: more at once; LEAT_AGAIN; LEAT_FAIL for leat_runner_failed. May move
 * to PAUSED. */
int leat_runner_run(struct leat_runner *runner, unsigned *wait_ms, struct leat_error *err) LEAT_CHECKED;
/* Takes what the sink has delivered meanwhile. */
int leat_runner_poll(struct leat_runner *runner, struct leat_error *err) LEAT_CHECKED;
/* Hands all that lies between the last commit and the last transaction's end to commit(). LEAT_AGAIN: too
 * much in flight. */
int leat_runner_commit(struct leat_runner *runner, struct leat_error *err) LEAT_CHECKED;

/* One item to the sink; *passed* is remembered, errors name the transaction. */
int leat_runner_give(struct leat_runner *runner, const struct leat_item *item, struct leat_error *err) LEAT_CHECKED;
/* What lies between BEGIN and END, if the filter passes it. */
int leat_runner_give_change(struct leat_runner *runner, const struct leat_item *item, struct leat_error *err) LEAT_CHECKED;

/* ---- runner_until.c ---- */

/* Whether `until` stands before the transaction in hand, or, with NULL, before whatever comes next. */
int leat_runner_reached_until(struct leat_runner *runner, const struct leat_item *item, bool *reached,
                              struct leat_error *err) LEAT_CHECKED;

/* ---- runner_delay.c ---- */

/* Whether the transaction in hand has to wait for its time (delay.holds says so, too). */
bool leat_runner_holds_back(struct leat_runner *runner);
/* Wall clock when it may be handed over; 0: it isn't held back. */
uint64_t leat_runner_held_until(const struct leat_runner *runner);
void leat_runner_forget_delay(struct leat_runner *runner);

/* ---- runner_xa.c ---- */

/* Hands over one more item of the branch that begins at seq; runner->branch.open: there are more. resolve: the XA COMMIT in hand;
 * NULL: it was committed in one phase. */
int leat_runner_release(struct leat_runner *runner, uint64_t seq, const struct leat_xa_resolve *resolve,
                        struct leat_error *err) LEAT_CHECKED;
void leat_runner_forget_branch(struct leat_runner *runner);

/* ---- runner_opaque.c ---- */

/* Hands over the transaction of raw events in hand, or decides to pass it over. LEAT_OK with runner->opaque.open: there is more. */
int leat_runner_give_opaque(struct leat_runner *runner, const struct leat_opaque *item, struct leat_error *err) LEAT_CHECKED;
void leat_runner_forget_opaque(struct leat_runner *runner);

/* ---- runner_command.c ---- */

void leat_runner_take_commands(struct leat_runner *runner);
/* The flight is delivered: what that says of ages and counts. Before leat_runner_delivered_to. */
void leat_runner_measure(struct leat_runner *runner, struct runner_flight *flight);
/* Copies what `shared` shows of the runner's own fields. */
void leat_runner_publish(struct leat_runner *runner);
/* Commit time of the oldest transaction that was read, made a message and isn't delivered; 0: there is none.
 */
uint64_t leat_runner_oldest_undelivered(const struct leat_runner *runner);

#endif
