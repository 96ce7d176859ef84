/* The runner: leads the journal to one sink. A pure step over vtables that never sleeps: its thread (room relay) or the
 * simulator calls leat_runner_step again and again.
 *
 * States and allowed moves are one table in runner.c:
 *   recovering → running ⇄ paused; running → backing_off → recovering (an error that may pass);
 *   any → halted (an error that an operator must cure; resume or skip leads to recovering);
 *   any → needs_resync (what it needs is gone; rewind leads to recovering); any → stopped (shutdown).
 * A rewind leads to recovering from any of them, and so does an error that an operator must cure once, when other
 * transactions are in flight before the one that failed: they are delivered first, so that a skip skips only that one. */
#ifndef LEAT_SINK_RUNNER_H
#define LEAT_SINK_RUNNER_H

#include "model/point.h"
#include "sink/sink.h"

enum leat_runner_state {
    LEAT_RUNNER_RECOVERING = 0,
    LEAT_RUNNER_RUNNING,
    LEAT_RUNNER_BACKING_OFF,
    LEAT_RUNNER_PAUSED,
    LEAT_RUNNER_HALTED,
    LEAT_RUNNER_NEEDS_RESYNC,
    LEAT_RUNNER_STOPPED
};
const char *leat_runner_state_name(enum leat_runner_state state);

struct leat_runner;

/* Reads a transaction of raw events, the journal's record `seq`, with the decoder of this build and the definitions that held there
 * (relay/aside.h). In the runner's thread. */
struct leat_opaque_reader {
    void *context; /* handed to read */
    int (*read)(void *context, uint64_t seq, const struct leat_opaque *opaque, const struct leat_item_out *out, struct leat_error *err);
};

struct leat_runner_env {
    const struct leat_sink_config *config;
    const char *relay_name;
    const struct leat_fs *fs;
    const struct leat_clock *clock;
    const char *state_folder;        /* handed to the sink (sink.h) */
    const struct leat_sink_ops *ops; /* NULL: by the config's type; the simulator and tests give their own */
    const struct leat_cell *clock_offset; /* as of journal.h */
    /* The checkpoint moved: called by the runner's thread, for who waits for it; NULL: nobody is told. */
    void (*delivered)(void *context, const struct leat_checkpoint *checkpoint);
    void *delivered_context;
    struct leat_opaque_reader opaque; /* read is NULL: what was quarantined can't be read */
};

/* Makes the filter and the sink, touches nothing outside. */
int leat_runner_new(struct leat_runner **runner, const struct leat_runner_env *env, struct leat_error *err) LEAT_CHECKED;
void leat_runner_free(struct leat_runner **runner);

/* Before the journal is opened: the sink's own checkpoint (its recover()), by which an empty journal finds its start and a
 * damaged one its protected part. LEAT_END: none, or with a generation one that says only that the sink was begun. The caller frees the checkpoint. */
int leat_runner_checkpoint(struct leat_runner *runner, struct leat_checkpoint *checkpoint, struct leat_error *err) LEAT_CHECKED;

/* <0, 0, >0: places in the order of one server's binlog. By number, not by text: after 999999 comes 1000000. Pure. */
int leat_runner_compare_places(const char *file_a, uint64_t pos_a, const char *file_b, uint64_t pos_b);

/* Gives the runner its journal, before the first step and before a source is connected: a new sink on a journal without
 * transactions makes durable here that it gets all of it. LEAT_FAIL only for errors that must end the process, before
 * anything is journalled; all others are met again, and become states, at the first step. Borrowed; the runner must be freed before it is closed. */
int leat_runner_attach(struct leat_runner *runner, struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;

/* Does some work (bounded in bytes and time). Returns 0: there is more to do at once; LEAT_AGAIN: nothing until the journal
 * grows, a command comes or *wait_ms passed; LEAT_STOPPED; LEAT_FAIL only for errors that must end the process (FATAL).
 * All other errors become states. */
int leat_runner_step(struct leat_runner *runner, unsigned *wait_ms, struct leat_error *err) LEAT_CHECKED;

/* Commands; any thread. They take effect at the next step; *reply tells what is wrong at once. */
int leat_runner_pause(struct leat_runner *runner, struct leat_error *err) LEAT_CHECKED;
/* Pauses between two transactions, at most for that long, for who looks at the target meanwhile; 0: it may go on. It goes on by itself:
 * nothing stays paused because whoever asked died. No effect unless it runs; a pause or resume in between is as without it. */
int leat_runner_rest(struct leat_runner *runner, unsigned ms, struct leat_error *err) LEAT_CHECKED;
/* until: NULL, or stop (pause) before the first transaction at or behind that point. */
int leat_runner_resume(struct leat_runner *runner, const struct leat_point *until, struct leat_error *err) LEAT_CHECKED;
int leat_runner_rewind(struct leat_runner *runner, const struct leat_point *to, struct leat_error *err) LEAT_CHECKED;
/* Passes over one transaction that halts it: the next behind the checkpoint, by its GTID, or by file:pos when it has none.
 * Logged with its reason and counted. */
int leat_runner_skip(struct leat_runner *runner, const char *gtid, const char *reason, struct leat_error *err) LEAT_CHECKED;
void leat_runner_stop(struct leat_runner *runner);
/* What a waiting thread should be woken for is told by leat_journal_wake. */

struct leat_runner_status {
    char name[96];
    const char *type;
    enum leat_runner_state state;
    struct leat_error error;      /* of backing off, halted, needs resync */
    char note[256];               /* what the sink waits for, if it says */
    uint64_t since_us;            /* wall clock of the last change of state */
    uint64_t retry_in_ms;
    uint64_t seq, generation;     /* of the checkpoint */
    uint64_t lag_transactions;    /* at most; from sequence numbers when it isn't known */
    uint64_t lag_records;         /* visible end - checkpoint seq */
    uint64_t age_us;              /* since the commit of the oldest transaction that should have begun and isn't delivered; 0: none */
    uint64_t lag_us;              /* the same, behind `delay`; 0 when caught up */
    uint64_t delay_us;            /* as configured */
    uint64_t held_until_us;       /* wall clock: when the next transaction is due by `delay`; 0: nothing is held back */
    uint64_t transactions, changes, bytes, skipped, retries;
    uint64_t passed_over;         /* transactions that could not be decoded, with on_undecodable: pass */
    uint64_t delivered_commit_us;
    char file[512];
    uint64_t pos;
    bool resting;                 /* PAUSED, and goes on by itself (leat_runner_rest) */
    unsigned in_flight;           /* checkpoints that aren't delivered yet; PAUSED with 0: the target has what lies before `seq`, and no more */
    char halted_at[640];          /* the transaction that halts it (GTID, or file:pos), when one does: what skip may name */
    char last_skipped[640];       /* and why */
    char last_skip_reason[256];
};
void leat_runner_status(const struct leat_runner *runner, struct leat_runner_status *status); /* any thread */
/* What is measured on the way, written by the runner's thread; as long as the runner lives. */
enum { LEAT_CODES = LEAT_E_DEFINITION + 1 };
struct leat_runner_meters {
    struct leat_histogram age;           /* of transactions when they were delivered: microseconds since their commit, without `delay` */
    struct leat_cell errors[LEAT_CODES]; /* by enum leat_code */
    struct leat_cell transactions, changes; /* delivered by this process; again, too, after a rewind or an error */
    struct leat_cell checkpoints, checkpoint_us; /* how many, and when the last was (wall clock) */
};
const struct leat_runner_meters *leat_runner_meters(const struct leat_runner *runner);
/* What the sink itself counts (sink.h), or NULL. Any thread. */
const struct leat_sink_meters *leat_runner_sink_meters(const struct leat_runner *runner);
/* Calls with the checkpoint while it can't move; any thread. */
void leat_runner_look(const struct leat_runner *runner, void (*look)(void *context, const struct leat_checkpoint *checkpoint), void *context);
/* The delivered GTID set; the caller frees it. Any thread. */
struct leat_gtid_set *leat_runner_delivered(const struct leat_runner *runner);

#endif
