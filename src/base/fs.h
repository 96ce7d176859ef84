/* The file system behind a vtable: the journal, checkpoints and the file sink touch disks only through it,
 * so that the simulator can stand in with a disk that forgets, reorders and tears what wasn't synced.
 *
 * Functions are named after the guarantee they give: write is in the page cache, sync is on the disk. All
 * return 0 or LEAT_FAIL with the error filled (path included); a failed sync has code LEAT_E_SYNC and kind
 * FATAL and must never be retried. Files are opened with O_CLOEXEC and O_NOFOLLOW, created 0600, folders
 * 0700. Any thread may use the real one; a struct leat_file belongs to one thread at a time. */
#ifndef LEAT_BASE_FS_H
#define LEAT_BASE_FS_H

#include <sys/uio.h>

#include "base/error.h"
#include <stdint.h>

struct leat_file; /* opaque; belongs to the leat_fs that opened it */

enum leat_open_flags {
    LEAT_OPEN_READ = 0,
    LEAT_OPEN_WRITE = 1,     /* read and write */
    LEAT_OPEN_CREATE = 2,    /* create when missing */
    LEAT_OPEN_EXCLUSIVE = 4, /* fail when it exists */
    LEAT_OPEN_LOCK = 8       /* take an exclusive lock, or fail with LEAT_E_LOCKED */
};

struct leat_fs {
    void *context;
    /* LEAT_END (no error filled) when the file does not exist and CREATE was not given. */
    int (*open)(void *context, struct leat_file **file, const char *path, unsigned flags,
                struct leat_error *err);
    void (*close)(void *context, struct leat_file **file);
    /* Reads up to size bytes at offset; *got < size only at the end of the file. */
    int (*read)(void *context, struct leat_file *file, void *bytes, size_t size, uint64_t offset, size_t *got,
                struct leat_error *err);
    /* Writes all of it at offset (any count of vectors), or fails; after a failure an unknown part is written. */
    int (*write)(void *context, struct leat_file *file, const struct iovec *parts, size_t count,
                 uint64_t offset, struct leat_error *err);
    int (*allocate)(void *context, struct leat_file *file, uint64_t size, struct leat_error *err);
    int (*truncate)(void *context, struct leat_file *file, uint64_t size, struct leat_error *err);
    int (*sync)(void *context, struct leat_file *file, struct leat_error *err); /* fdatasync */
    int (*size)(void *context, struct leat_file *file, uint64_t *size, struct leat_error *err);
    int (*rename)(void *context, const char *from, const char *to, struct leat_error *err);
    /* Missing is fine. */
    int (*unlink)(void *context, const char *path, struct leat_error *err);
    /* Makes entries of the folder durable (fsync of the folder). */
    int (*sync_folder)(void *context, const char *path, struct leat_error *err);
    /* Creates the folder and its parents, 0700, durably: each one's entry is synced before anything is made in it.
     * Existing is fine; its own entry is synced all the same, since who made it may have been killed before that. */
    int (*make_folder)(void *context, const char *path, struct leat_error *err);
    /* Calls each for every entry but "." and ".."; a non-zero result ends it and is returned. */
    int (*list)(void *context, const char *path, int (*each)(void *argument, const char *name),
                void *argument, struct leat_error *err);
    int (*space)(void *context, const char *path, uint64_t *free_bytes, uint64_t *total_bytes,
                 struct leat_error *err);
};

/* The machine's. */
const struct leat_fs *leat_fs_real(void);

/* Helpers over any leat_fs. */

/* Reads a whole file of at most `limit` bytes into fresh memory with a NUL behind it (not counted);
 * LEAT_END when it doesn't exist. The caller frees *bytes. */
int leat_fs_read_all(const struct leat_fs *fs, const char *path, size_t limit, char **bytes, size_t *size,
                     struct leat_error *err) LEAT_CHECKED;

/* Replaces a file durably: PATH.tmp written and synced, renamed, folder synced. */
int leat_fs_replace(const struct leat_fs *fs, const char *path, const void *bytes, size_t size,
                    struct leat_error *err) LEAT_CHECKED;

#endif
