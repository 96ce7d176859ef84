/* A few files in memory behind struct leat_fs, for targets that fuzz files. Everything works, nothing is lost. One thread. */
#ifndef LEAT_FUZZ_DISK_H
#define LEAT_FUZZ_DISK_H

#include "base/fs.h"
#include "fuzz.h"

enum { DISK_FILES = 64, DISK_NAME_MAX = 128 };

struct disk {
    struct leat_fs fs;
    struct disk_file {
        char path[DISK_NAME_MAX]; /* empty: free */
        struct leat_buf bytes;
    } files[DISK_FILES];
};

struct disk *disk_new(void);
void disk_free(struct disk **disk);
/* The file's contents, to be read or written; made if it isn't there. */
struct leat_buf *disk_at(struct disk *disk, const char *path);

#endif
