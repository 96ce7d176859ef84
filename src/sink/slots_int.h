/* The file sink's checkpoint on disk: one preallocated file with two slots, written in turn.
 *
 * A slot is written in place and synced; while it is being written the other one, with the state before, is
 * whole: a torn write loses nothing that was reported. That is one fdatasync which changes no metadata: 40 to
 * 140 µs where replacing a file (write, sync, rename, sync the folder) took 1.3 ms (ext4, 500 in a row).
 * Replacing is kept for what is rare: the first state, one that outgrew its slot, a new generation, and each
 * recovery. docs/sinks/file.md has the layout. One thread. */
#ifndef LEAT_SINK_SLOTS_INT_H
#define LEAT_SINK_SLOTS_INT_H

#include "sink/sink.h"

/* A checkpoint, and which file holds what it vouches for. */
struct leat_file_state {
    struct leat_checkpoint checkpoint; /* owned */
    bool has_part;
    bool closing; /* part has its final length and gets its final name, if it hasn't yet */
    uint64_t part_generation, part_first_seq;
    enum leat_compress part_compress;
    uint64_t part_length;    /* bytes that are delivered */
    uint64_t part_opened_us; /* wall clock */
};

struct leat_slots {
    const struct leat_fs *fs;
    char *path; /* owned */
    struct leat_file *file;
    uint64_t slot_size; /* 0: not read yet, or none there */
    uint64_t counter;   /* of the newest state */
    unsigned next;      /* the slot that isn't the newest */
};

void leat_slots_init(struct leat_slots *slots, const struct leat_fs *fs, char *path /* taken */);
void leat_slots_free(struct leat_slots *slots);
/* The newest whole state; LEAT_END when there is no file. The caller frees state->checkpoint. */
int leat_slots_read(struct leat_slots *slots, struct leat_file_state *state,
                    struct leat_error *err) LEAT_CHECKED;
/* Durable on return. After a failed one the state on disk is the old or the new one. */
int leat_slots_write(struct leat_slots *slots, const struct leat_file_state *state,
                     struct leat_error *err) LEAT_CHECKED;
int leat_slots_replace(struct leat_slots *slots, const struct leat_file_state *state,
                       struct leat_error *err) LEAT_CHECKED;

#endif
