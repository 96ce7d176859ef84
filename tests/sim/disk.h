/* A disk that keeps only what it promised to keep, behind struct leat_fs.
 *
 * It holds two views of everything: what programs see (the page cache), and what is durable. Between the two
 * lie the writes, sizes and folder entries that weren't synced. A power cut decides for each of them anew:
 * file contents by sector of 512 bytes (so that a page, or a write, may be torn), sizes and truncations apart
 * from contents, folder entries (create, rename, unlink) each for itself. Any version that a sector had since
 * the last sync may be what survives: the kernel writes back when it likes. A kill keeps what programs saw.
 *
 * What it is harder on than most file systems: a new file may have its size and not its data, a later rename
 * may survive an earlier one that doesn't. What a synced file or folder has, it has.
 *
 * Every change (open that creates, write, allocate, truncate, sync, rename, unlink, folder sync, make folder)
 * counts as one operation; the machine can be told to die in the middle of the n-th. From then on everything
 * fails with a FATAL error and changes nothing, so that the program's own error paths take it down. One
 * thread. */
#ifndef LEAT_SIM_DISK_H
#define LEAT_SIM_DISK_H

#include "base/buf.h"
#include "base/fs.h"

enum sim_death {
    SIM_KILL, /* of the process: the page cache survives */
    SIM_POWER /* of the machine: what wasn't synced may be lost */
};

struct sim_disk;

struct sim_disk *sim_disk_new(uint64_t seed);
void sim_disk_free(struct sim_disk **disk);
const struct leat_fs *sim_disk_fs(struct sim_disk *disk);
/* Says what is done to the disk, on stderr. */
void sim_disk_trace(struct sim_disk *disk, bool on);

uint64_t sim_disk_operations(const struct sim_disk *disk);
/* Die in operation number `operation`, counted from the disk's beginning; 0: don't. */
void sim_disk_die_at(struct sim_disk *disk, uint64_t operation, enum sim_death death);
void sim_disk_die(struct sim_disk *disk, enum sim_death death);
bool sim_disk_dead(const struct sim_disk *disk);
/* After everything was closed: on again. With what is left, the next process begins. */
void sim_disk_restart(struct sim_disk *disk);

/* While full, whatever needs more room fails; writes into room that a file has already don't. */
void sim_disk_set_full(struct sim_disk *disk, bool full);
/* The next `count` changes of contents fail with an I/O error, part of each done. */
void sim_disk_fail_writes(struct sim_disk *disk, unsigned count);
/* The sync after `after` others fails. What it should have written may be written, still to be written, or,
 * as Linux does, forgotten: then it looks written, no later sync writes it, and a power cut takes it away. */
void sim_disk_fail_sync(struct sim_disk *disk, unsigned after);
/* Whether a sync has failed since the last restart: then the process has to end. */
bool sim_disk_sync_failed(const struct sim_disk *disk);

/* ---- For checks: no operations, never fail for a dead disk ---- */

/* What programs see of a file; false: there is none. Replaces buf. */
bool sim_disk_read(const struct sim_disk *disk, const char *path, struct leat_buf *buf);
void sim_disk_list(const struct sim_disk *disk, const char *folder,
                   void (*each)(void *context, const char *path), void *context);
/* Whether some file of the folder whose name ends in `suffix` has contents that were written and not synced.
 */
bool sim_disk_unsynced(const struct sim_disk *disk, const char *folder, const char *suffix);
/* Turns one bit over, in both views. */
void sim_disk_flip(struct sim_disk *disk, const char *path, uint64_t offset, unsigned bit);

#endif
