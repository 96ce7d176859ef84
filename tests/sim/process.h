/* One process of leat, wired as room relay wires it, but without threads: source and decoder, the queue, the
 * journal, the runners. It lives until the machine dies or something fatal happens; the next one begins with
 * what the disk has. */
#ifndef LEAT_SIM_PROCESS_H
#define LEAT_SIM_PROCESS_H

#include "clock.h"
#include "decode/decode.h"
#include "disk.h"
#include "dump.h"
#include "journal/journal.h"
#include "scenario.h"
#include "sink/runner.h"

#define SIM_JOURNAL_FOLDER "/var/leat/journal"

enum { SIM_BATCHES_MAX = 4 };

struct sim_batch {
    struct leat_buf frames;
    size_t taken;
};

struct sim_process {
    const struct sim_scenario *scenario; /* all of these borrowed */
    const struct sim_history *history;
    struct sim_disk *disk;
    struct sim_clock *clock;

    struct leat_runner *runners[SIM_SINKS];
    struct leat_checkpoint checkpoints[SIM_SINKS]; /* as they were found at the start; owned */
    struct leat_journal *journal;

    struct leat_decoder *decoder;
    struct sim_dump dump;
    bool connected;
    bool dump_ended;                 /* the server has nothing newer */
    struct leat_gtid_set *completed; /* the source's: what went into the queue; owned */
    char file[512];
    uint64_t pos;

    struct leat_buf filling; /* frames of the source */
    char begin_file[512];    /* where the transaction that is being read begins */
    uint64_t begin_pos;
    bool resolves;           /* it is the end of an XA branch */
    struct sim_batch
        batches[SIM_BATCHES_MAX]; /* being appended: the last of them not wholly taken, perhaps */
    size_t batch_count;
};

/* In place. When it fails, what there is of it must be ended all the same. */
int sim_process_start(struct sim_process *process, struct leat_error *err) LEAT_CHECKED;
void sim_process_end(struct sim_process *process);

/* Reads up to so many events, connecting first if need be. LEAT_END: the server has nothing newer. */
int sim_process_feed(struct sim_process *process, unsigned events, struct leat_error *err) LEAT_CHECKED;
/* The connection breaks. */
void sim_process_disconnect(struct sim_process *process);
/* Hands the queue to the journal. LEAT_AGAIN: full. */
int sim_process_append(struct sim_process *process, struct leat_error *err) LEAT_CHECKED;
int sim_process_sync(struct sim_process *process, struct leat_error *err) LEAT_CHECKED;
/* Whether nothing is left between server and journal. */
bool sim_process_idle(const struct sim_process *process);

#endif
