/* The journal: a durable, ordered log of items on this machine, written by one thread and read by any number.
 * docs/journal-format.md is its specification on disk.
 *
 * Written is not synced: what leat_journal_append takes is visible to nobody until leat_journal_sync has returned, and
 * then only up to the last complete transaction. Two numbers, both exclusive ends: `written_end` and `visible_end`.
 *
 * Errors: LEAT_E_SYNC and LEAT_E_JOURNAL_CORRUPT are FATAL; LEAT_E_DISK_FULL and LEAT_E_IO on writing are RETRY: the
 * pending batch stays pending, and leat_journal_sync may be called again (each record is rewritten at its own offset;
 * nothing that failed to *sync* is ever retried).
 *
 * The journal knows named holds, not sinks: a hold pins all segments from its sequence number on. */
#ifndef LEAT_JOURNAL_JOURNAL_H
#define LEAT_JOURNAL_JOURNAL_H

#include "base/clock.h"
#include "base/fs.h"
#include "base/metrics.h"
#include "model/item.h"
#include "model/xa.h"

enum { LEAT_JOURNAL_ID_SIZE = 16, LEAT_HOLD_NAME_MAX = 96 };

struct leat_journal;

struct leat_journal_options {
    const char *folder;
    const struct leat_fs *fs;       /* NULL: the machine's */
    const struct leat_clock *clock; /* NULL: the machine's */
    uint64_t segment_bytes;         /* 0: 64 MiB. A segment ends at the record that reaches it */
    uint64_t keep_us;               /* how long delivered segments stay for replay */
    uint64_t max_bytes;             /* of all segments and the file definitions; 0: no limit */
    uint64_t min_free_bytes;        /* of the file system; 0: none */
    unsigned min_free_percent;      /* the same as a share; the larger one counts */
    bool read_only;                 /* offline tools: no lock, no recovery: the torn tail is left alone and not read */
    bool create;                    /* an empty or missing folder becomes a new journal */
    uint64_t protected_seq;         /* some sink's checkpoint: a bad record before it is corruption, wherever it lies */
    const uint8_t *protected_id;    /* the journal that protected_seq speaks of: another one isn't bound; NULL: this */
    const struct leat_cell *clock_offset; /* for ages: how many microseconds the source's clock is ahead (an int64_t); NULL: 0 */
};

/* Creates or recovers, and locks (LEAT_E_LOCKED names the other process). Recovery leaves the journal at its last
 * complete transaction: an unfinished one is dropped and will be fetched again. A record that is bad although a later
 * durable mark or protected_seq vouches for it is LEAT_E_JOURNAL_CORRUPT with segment and offset. A newer format is
 * LEAT_E_JOURNAL_VERSION. The folder also holds `identity`, written once: journal id, our server_id and replica UUID. */
int leat_journal_open(struct leat_journal **out, const struct leat_journal_options *options, struct leat_error *err) LEAT_CHECKED;
void leat_journal_close(struct leat_journal **journal); /* all readers and holds must be gone */

struct leat_journal_identity {
    uint8_t journal_id[LEAT_JOURNAL_ID_SIZE];
    uint32_t server_id;                 /* what we say to the source, chosen at random once */
    uint8_t replica_uuid[LEAT_UUID_SIZE];
};
const struct leat_journal_identity *leat_journal_identity(const struct leat_journal *journal); /* any thread */

/* What a source needs to go on, as of the last complete transaction that was appended (not only synced). Copies are the
 * caller's: free with leat_journal_resume_free. The writer's thread, or any while there is no writer. */
struct leat_journal_resume {
    bool empty;                      /* no START record yet */
    bool started;                    /* START is there, transactions may not be */
    uint8_t source_uuid[LEAT_UUID_SIZE];
    char file[512];
    uint64_t pos;
    struct leat_gtid_set *completed; /* all that is in the journal or lies before its start */
    struct leat_gtid last_gtid;      /* of the last transaction, NONE if anonymous or there is none */
    struct leat_within within;       /* START's, while there is no transaction behind it */
    bool has_last;
    char last_file[512];             /* where the last transaction begins, on source_uuid */
    uint64_t last_pos;
    uint64_t last_digest;
};
void leat_journal_resume(const struct leat_journal *journal, struct leat_journal_resume *resume);
void leat_journal_resume_free(struct leat_journal_resume *resume);

/* ---- Writing: one thread ---- */

/* Encodes an item as a frame behind the contents of buf. Pure, any thread: the source's thread frames, the journal's
 * stamps and writes. HEARTBEAT can't be framed (assert). */
void leat_frame_put(struct leat_buf *buf, const struct leat_item *item);
/* A frame that never reaches the disk: the transaction that is open is abandoned (the connection broke), and all of it
 * that was appended is taken back. */
void leat_frame_put_abandon(struct leat_buf *buf);

/* Takes whole frames, in order: stamps sequence numbers and checksums into them, repeats schema records where a segment
 * needs them, rotates segments. `frames` must stay valid and untouched until the next leat_journal_sync has returned 0.
 * *taken says how many bytes were taken: all of them unless LEAT_AGAIN is returned: the journal is full (max_bytes,
 * min_free) and waits for holds to move; call again with the rest later. Frames are checked like any bytes. */
int leat_journal_append(struct leat_journal *journal, uint8_t *frames, size_t size, size_t *taken, struct leat_error *err) LEAT_CHECKED;
/* Writes and syncs all that was appended, then publishes the new visible end and wakes readers. */
int leat_journal_sync(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
/* Deletes what retention allows, drops detachable holds when full. Called now and then by the writer's thread. */
int leat_journal_retain(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;

/* ---- Looking: any thread ---- */

struct leat_journal_status {
    uint64_t first_seq;    /* oldest record */
    uint64_t visible_end;  /* exclusive: readers see records below */
    uint64_t written_end;
    uint64_t bytes, segments; /* bytes: with the file definitions */
    uint64_t max_bytes;    /* what limits now: max_bytes, or what min_free leaves */
    bool full;
    uint64_t syncs, sync_us_total, sync_us_max;
    uint64_t transactions, changes; /* appended since open */
    uint64_t quarantined;           /* of leat_journal_verify: transactions of raw events */
    char file[512];        /* source place of the visible end */
    uint64_t pos;
    uint64_t last_commit_us; /* commit time of the newest visible transaction */
    uint64_t oldest_time_us; /* of the first segment */
    /* XA branches that are prepared and neither committed nor rolled back, and which of them was prepared first: segments from there on
     * stay. */
    uint64_t open_branches;
    uint8_t branch_id[LEAT_XA_ID_MAX];
    size_t branch_id_size;
    struct leat_gtid branch_gtid;
    uint64_t branch_seq, branch_us; /* of its BEGIN; commit time of the PREPARE */
    bool branch_pins;               /* it is what the oldest segment is kept for */
};
void leat_journal_status(const struct leat_journal *journal, struct leat_journal_status *status);
/* What is measured on the way, written by the writer's thread; as long as the journal lives. */
struct leat_journal_meters {
    struct leat_histogram sync; /* microseconds that a write and sync of a batch took */
    struct leat_histogram age;  /* of transactions when they became durable: microseconds since their commit */
};
const struct leat_journal_meters *leat_journal_meters(const struct leat_journal *journal);
/* About how many bytes and transactions lie between the record and the visible end, by the segments that they lie in. */
void leat_journal_behind(const struct leat_journal *journal, uint64_t seq, uint64_t *bytes, uint64_t *transactions);
/* status.visible_end alone; cheap. */
uint64_t leat_journal_visible_end(const struct leat_journal *journal);
/* The completed set at the visible end; the caller frees it. */
struct leat_gtid_set *leat_journal_visible_set(const struct leat_journal *journal);

/* Waits until the visible end is above `seq`, or timeout, or leat_journal_wake: 0 or LEAT_AGAIN. */
int leat_journal_wait(struct leat_journal *journal, uint64_t seq, unsigned timeout_ms);
void leat_journal_wake(struct leat_journal *journal); /* all waiters return */

/* ---- Holds: any thread ---- */

struct leat_hold;
/* Fails with LEAT_E_RESYNC when seq is no longer there. detachable: may be dropped when the journal is full. */
int leat_hold_new(struct leat_hold **hold, struct leat_journal *journal, const char *name, uint64_t seq, bool detachable,
                  struct leat_error *err) LEAT_CHECKED;
void leat_hold_move(struct leat_hold *hold, uint64_t seq); /* forward (or back, if it is still there) */
bool leat_hold_lost(const struct leat_hold *hold);         /* dropped: what it needs may be gone */
void leat_hold_release(struct leat_hold **hold);
/* Calls each with every hold, oldest first. */
void leat_journal_holds(const struct leat_journal *journal, void (*each)(void *context, const char *name, uint64_t seq, bool lost),
                        void *context);

/* ---- Reading: a reader belongs to one thread; any number of them ---- */

struct leat_reader;

/* From the first record with a sequence number of at least seq (0: the oldest). The first item of the next transaction
 * boundary is given when seq lies inside a transaction. LEAT_E_RESYNC when records from seq on were deleted. */
int leat_reader_open(struct leat_reader **reader, struct leat_journal *journal, uint64_t seq, struct leat_error *err) LEAT_CHECKED;
void leat_reader_close(struct leat_reader **reader);
/* The next item that is visible; ROWS items carry their table. LEAT_AGAIN: at the visible end. Items are valid until the
 * next call. Checksums are verified: a bad record is LEAT_E_JOURNAL_CORRUPT, and is never given. Repeated SCHEMA records
 * are given only when their definition wasn't given by this reader before. */
int leat_reader_next(struct leat_reader *reader, struct leat_item *item, struct leat_error *err) LEAT_CHECKED;
uint64_t leat_reader_seq(const struct leat_reader *reader); /* of the next record */
/* The completed set before the reader's next transaction, as of open; the caller frees it. */
struct leat_gtid_set *leat_reader_completed(const struct leat_reader *reader);
/* A transaction that the reader has passed, once more: the one whose BEGIN has this number (changes of an XA branch stand where it
 * was prepared, and take effect later). The other reader gives it from BEGIN to END, where the caller stops asking. *again is NULL,
 * or one that was made here before: it is moved, which is cheap where the reader itself has read that BEGIN. To be closed before the
 * reader. LEAT_E_RESYNC: it is no longer there. */
int leat_reader_again(struct leat_reader **again, struct leat_reader *reader, uint64_t begin_seq, struct leat_error *err) LEAT_CHECKED;
/* Finds where to open for a point: the sequence number of the first transaction that isn't before it. */
struct leat_point;
int leat_journal_find(struct leat_journal *journal, const struct leat_point *point, uint64_t *seq, struct leat_error *err) LEAT_CHECKED;

/* ---- Offline ---- */

struct leat_segment_info {
    char name[64];
    uint64_t first_seq, end_seq; /* exclusive */
    uint64_t bytes;
    uint64_t first_time_us, last_time_us; /* commit times */
    uint64_t transactions;
    bool sealed;
};
int leat_journal_segments(struct leat_journal *journal, int (*each)(void *context, const struct leat_segment_info *info),
                          void *context, struct leat_error *err) LEAT_CHECKED;
/* Reads every record of a folder and checks every rule of the specification; the error names segment and offset. */
int leat_journal_verify(const char *folder, const struct leat_fs *fs, struct leat_journal_status *status, struct leat_error *err) LEAT_CHECKED;

#endif
