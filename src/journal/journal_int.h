/* The journal's insides, for the files of this folder.
 *
 * Two kinds of fields: the writer's own (its thread alone), and what others look at, under `mutex`. The
 * writer takes the mutex once a batch, not once a record. Lists that both use (segments, holds) change only
 * under the mutex; the writer may read the segment list without it. */
#ifndef LEAT_JOURNAL_JOURNAL_INT_H
#define LEAT_JOURNAL_JOURNAL_INT_H

#include <pthread.h>

#include "definitions_int.h"
#include "idmap_int.h"
#include "journal/journal.h"
#include "segment_int.h"
#include "state_int.h"

enum {
    SEGMENT_BYTES_DEFAULT = 64 << 20,
    SEGMENT_BYTES_MIN = 64 << 10,
    JOURNAL_MAGIC = 0x4C4A524E,
    SEGMENT_MAGIC = 0x4C534547,
    HOLD_MAGIC = 0x4C484C44,
    READER_MAGIC = 0x4C524452
};

struct segment {
    unsigned magic;
    struct segment_head head;
    /* writer */
    uint64_t end;           /* where the next record goes; sealed: the file's end */
    uint64_t dirty_end;     /* bytes below may have been written */
    bool created;           /* the file is there, durably */
    bool sealed;            /* its index record was appended */
    bool doomed;            /* to be unlinked: all of it was taken back */
    bool cut;               /* to be truncated at `end` and synced before anything else is written */
    struct leat_file *file; /* NULL: not open */
    uint8_t *state;         /* its STATE record, until it is created; owned */
    size_t state_size;
    struct segment_index index;
    struct segment_sums sums;
    bool sums_known;
    /* under the mutex */
    uint64_t bytes; /* of the file, preallocation included */
    struct segment_sums shown;
    uint64_t shown_end, shown_end_seq; /* 0: not known, sealed before this process */
};

/* What is to be written to one segment by the next sync: contiguous, from offset on. */
struct run {
    struct segment *segment;
    uint64_t offset, bytes;
    size_t first_part;
    bool seal;
};

/* A definition that ROWS refer to. */
struct definition {
    uint64_t written_in; /* first_seq of the segment that has it last; 0: none */
    uint64_t written_seq;
    size_t size; /* of the whole frame */
    uint8_t frame[];
};

/* What the batch looked like at the last boundary, for taking back what came after it. */
struct mark {
    struct boundary at;
    struct segment *segment;
    size_t run_count, part_count;
    size_t last_part_size;
    uint64_t last_run_bytes;
    size_t index_size;
    uint32_t index_count;
    uint64_t index_last_offset;
    uint64_t definitions_end, definitions_seq; /* of the file: where it ended, its last one */
};

struct leat_hold {
    unsigned magic;
    struct leat_journal *journal;
    struct leat_hold *next;
    char name[LEAT_HOLD_NAME_MAX];
    uint64_t seq;
    bool detachable, lost;
};

struct leat_journal {
    unsigned magic;
    char *folder; /* owned */
    const struct leat_fs *fs;
    const struct leat_clock *clock;
    uint64_t segment_bytes, keep_us, max_bytes, min_free_bytes;
    unsigned min_free_percent;
    bool read_only;
    struct leat_file *lock;
    struct leat_journal_identity identity;

    /* ---- the writer's ---- */
    struct log_state state; /* as of the last record appended */
    struct segment *active; /* the last of the list */
    uint64_t next_seq;
    uint64_t durable_end; /* all below was synced */
    struct mark mark;
    struct idmap definitions;
    uint64_t last_table_id;
    struct definition *last_definition;
    struct definitions definition_file;
    struct item_memory memory;
    struct iovec *parts;
    size_t part_count, part_capacity;
    struct run *runs;
    size_t run_count, run_capacity, runs_done;
    void **scratch; /* records made here that must live until they are synced; owned */
    size_t scratch_count, scratch_capacity;
    struct leat_gtid *gtids; /* completed since the last publish */
    size_t gtid_count, gtid_capacity;
    bool completed_replaced; /* by START */
    bool takeback;           /* something is doomed or cut: before all else */
    bool broken;             /* a sync failed: nothing goes on */
    bool limit_full, disk_full;
    struct leat_journal_meters meters;
    struct leat_ages ages; /* of what isn't published yet */
    const struct leat_cell *clock_offset; /* or NULL */
    uint64_t batch_transactions, batch_changes;

    /* ---- under the mutex ---- */
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    uint64_t wakes;
    struct segment **segments; /* oldest first; owned */
    size_t segment_count, segment_capacity;
    struct boundary visible;
    uint64_t visible_definition; /* sequence number of the last DEFINITION below it */
    struct leat_gtid_set *visible_set; /* owned */
    struct leat_hold *holds;           /* oldest (lowest seq) first */
    struct leat_journal_status status; /* but what is computed when asked */
};

/* The durable mark of the next record. A record is written only when its segment is there, header and state
 * synced, and the segment before it, too. */
static inline uint64_t leat_journal_durable_mark(const struct leat_journal *journal)
{
    uint64_t made = journal->active->head.first_seq + 1;
    return journal->durable_end > made ? journal->durable_end : made;
}

/* ---- segments (list.c); the mutex must be held, or the caller be the writer ---- */
struct segment *leat_journal_segment_new(struct leat_journal *journal, const struct segment_head *head);
void leat_journal_segment_free(struct leat_journal *journal, struct segment **segment);
void leat_journal_segment_add(struct leat_journal *journal, struct segment *segment); /* takes the mutex */
void leat_journal_segment_drop_first(struct leat_journal *journal);                   /* takes the mutex */
void leat_journal_segment_drop_last(struct leat_journal *journal);                    /* takes the mutex */
struct segment *leat_journal_segment_find(const struct leat_journal *journal, uint64_t first_seq);
/* The index of the segment that holds seq (the last with first_seq <= seq); SIZE_MAX if there is none. */
size_t leat_journal_segment_at(const struct leat_journal *journal, uint64_t seq);
uint64_t leat_journal_bytes(const struct leat_journal *journal); /* of all files */
/* The segment's file for writing, opened when it isn't. */
int leat_journal_segment_file(struct leat_journal *journal, struct segment *segment,
                              struct leat_error *err) LEAT_CHECKED;
/* Sums of a sealed segment, read from its index once. */
int leat_journal_segment_sums(struct leat_journal *journal, struct segment *segment,
                              struct leat_error *err) LEAT_CHECKED;

/* ---- making and rotating (rotate.c), batches (batch.c) ---- */
void leat_batch_run(struct leat_journal *journal); /* a new run at the active segment's end */
void leat_batch_part(struct leat_journal *journal, uint8_t *bytes, size_t size);
uint8_t *leat_batch_scratch(struct leat_journal *journal, const void *bytes,
                            size_t size);             /* a copy that lives until synced */
void leat_batch_mark(struct leat_journal *journal);   /* here is a boundary */
void leat_batch_rewind(struct leat_journal *journal); /* back to it */
void leat_batch_clear(struct leat_journal *journal);
/* Closes the active segment in the batch and begins another, in memory: sync makes the file. */
void leat_journal_rotate(struct leat_journal *journal);
/* The next segment's object, with a fresh nonce. */
struct segment *leat_journal_segment_next(struct leat_journal *journal);
/* The STATE record of a segment that isn't there yet, stamped; the segment takes records behind it. */
void leat_segment_state(struct leat_journal *journal, struct segment *segment);
/* Makes the file, header and state in it, all durable on return. */
int leat_segment_create(struct leat_journal *journal, struct segment *segment,
                        struct leat_error *err) LEAT_CHECKED;

/* ---- taking back (takeback.c) ---- */
void leat_takeback_mark(struct leat_journal *journal); /* what lies behind the mark is doomed */
int leat_takeback_do(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED; /* on the disk */

/* ---- full or not (retain.c) ---- */
/* Whether another segment may be made; deletes and detaches for it. *room tells. */
int leat_journal_make_room(struct leat_journal *journal, bool *room, struct leat_error *err) LEAT_CHECKED;
void leat_journal_set_full(struct leat_journal *journal, bool limit, bool disk);
/* The disk has no space: deletes what was delivered, however young. */
int leat_journal_make_space(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;

/* ---- opening (identity.c, recover.c) ---- */
/* Says what to do about a corrupt journal, where nobody has yet. */
void leat_journal_cure(struct leat_error *err);
int leat_journal_lock_take(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
/* Reads the identity, or chooses one when there is none and there are no segments: *created. */
int leat_journal_identity_load(struct leat_journal *journal, bool create, bool has_segments, bool *created,
                               struct leat_error *err) LEAT_CHECKED;
/* `named`: the first_seq of each segment file, sorted. */
int leat_journal_recover(struct leat_journal *journal, const uint64_t *named, size_t count,
                         uint64_t protected_seq, struct leat_error *err) LEAT_CHECKED;

/* Adds what a completed transaction means to a segment's sums. */
void leat_sums_add(struct segment_sums *sums, const struct state_change *change);

/* Publishes the boundary that was reached, after a sync. Takes the mutex. */
void leat_journal_publish(struct leat_journal *journal);

/* A record as an item, or as a definition; and the state after it. Shared by recovery, readers and verify.
 * Errors are LEAT_E_JOURNAL_CORRUPT with segment and offset. */
struct follow {
    struct leat_item item;
    struct item_memory memory;
    struct schema_bytes schema;
    struct state_change change;
    bool is_item, is_schema;
};
int leat_follow(struct follow *follow, struct log_state *state, const struct scan *scan,
                const struct record *record, struct leat_error *err) LEAT_CHECKED;
/* Fills err: a record of a type from the future. */
int leat_follow_unknown(const struct scan *scan, const struct record *record, struct leat_error *err);
/* Opens a segment and reads its STATE into a fresh state; *boundary is the last one before what follows.
 * LEAT_END: no such file. Closes the scan when it fails; the state is the caller's to free in any case. */
int leat_follow_open(struct scan *scan, struct log_state *state, struct boundary *boundary,
                     struct leat_journal *journal, uint64_t first_seq, struct leat_error *err) LEAT_CHECKED;
void leat_follow_free(struct follow *follow);

#endif
