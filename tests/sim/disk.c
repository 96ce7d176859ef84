/* The disk (disk.h): struct leat_fs over inodes and names, with an operation counter and faults. */
#include "disk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "names.h"

struct leat_file {
    struct sim_disk *disk;
    struct inode *inode;
    char *path; /* owned, for messages */
    bool writable, locks;
};

struct sim_disk {
    struct leat_fs vtable;
    struct sim_random random;
    struct names names;
    struct inode **inodes; /* owned */
    size_t inode_count, inode_capacity;
    uint64_t operations, die_at;
    enum sim_death death;
    bool dead, full, sync_failed, trace;
    unsigned failing_writes;
    unsigned syncs_to_failure; /* 0: none fails */
};

static const uint64_t SPACE_TOTAL = 1ull << 40;

static void trace(const struct sim_disk *disk, const char *format, ...) LEAT_PRINTF(2, 3);
static void trace(const struct sim_disk *disk, const char *format, ...)
{
    if (!disk->trace)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%8llu disk: ", (unsigned long long)disk->operations);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static int off(struct leat_error *err)
{
    return leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "the machine is off");
}

/* What becomes of an operation. Whoever gets DIE makes a part of its change and then calls die(). */
enum course { GO, DIE, OFF };

static enum course begin(struct sim_disk *disk)
{
    if (disk->dead)
        return OFF;
    disk->operations++;
    return disk->die_at && disk->operations == disk->die_at ? DIE : GO;
}

static int die(struct sim_disk *disk, struct leat_error *err)
{
    trace(disk, "%s", disk->death == SIM_POWER ? "power cut" : "killed");
    disk->dead = true;
    return off(err);
}

/* ---- Inodes ---- */

static struct inode *new_inode(struct sim_disk *disk)
{
    if (disk->inode_count == disk->inode_capacity) {
        disk->inode_capacity = disk->inode_capacity ? disk->inode_capacity * 2 : 16;
        disk->inodes = leat_realloc(disk->inodes, disk->inode_capacity * sizeof(struct inode *));
    }
    return disk->inodes[disk->inode_count++] = inode_new();
}

static void keep_view(const struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->entries[i].inode)
            view->entries[i].inode->kept = true;
}

/* Frees what no entry, in any view or between them, and no handle leads to. */
static void collect(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->inode_count; i++)
        disk->inodes[i]->kept = disk->inodes[i]->handles > 0;
    keep_view(&disk->names.seen);
    keep_view(&disk->names.durable);
    for (size_t i = 0; i < disk->names.change_count; i++)
        if (disk->names.changes[i].inode)
            disk->names.changes[i].inode->kept = true;
    size_t left = 0;
    for (size_t i = 0; i < disk->inode_count; i++) {
        if (disk->inodes[i]->kept)
            disk->inodes[left++] = disk->inodes[i];
        else
            inode_free(disk->inodes[i]);
    }
    disk->inode_count = left;
}

/* ---- struct leat_fs ---- */

static int disk_open(void *context, struct leat_file **file, const char *path, unsigned flags,
                     struct leat_error *err)
{
    struct sim_disk *disk = context;
    if (disk->dead)
        return off(err);
    struct entry *entry = names_find(&disk->names.seen, path);
    if (entry && !entry->inode)
        return leat_fail_errno(err, EISDIR, LEAT_KIND_OPERATOR, "cannot open %s", path);
    if (entry && flags & LEAT_OPEN_EXCLUSIVE && flags & LEAT_OPEN_CREATE)
        return leat_fail_errno(err, EEXIST, LEAT_KIND_OPERATOR, "cannot open %s", path);
    if (!entry && !(flags & LEAT_OPEN_CREATE))
        return LEAT_END;
    if (entry && flags & LEAT_OPEN_LOCK && entry->inode->locked)
        return leat_fail(err, LEAT_E_LOCKED, LEAT_KIND_OPERATOR, "%s is locked by another process", path);
    struct inode *inode = entry ? entry->inode : NULL;
    if (!inode) {
        char *folder = names_folder(path);
        bool exists = names_find(&disk->names.seen, folder) != NULL;
        free(folder);
        if (!exists)
            return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "cannot open %s", path);
        enum course course = begin(disk);
        if (disk->full && course == GO)
            return leat_fail_errno(err, ENOSPC, LEAT_KIND_OPERATOR, "cannot open %s", path);
        inode = new_inode(disk);
        trace(disk, "create %s", path);
        names_put(&disk->names, path, inode);
        if (course == DIE)
            return die(disk, err);
    }
    inode->handles++;
    inode->locked = inode->locked || flags & LEAT_OPEN_LOCK;
    *file = leat_alloc(sizeof **file);
    **file =
        (struct leat_file){disk, inode, leat_strdup(path), flags & LEAT_OPEN_WRITE, flags & LEAT_OPEN_LOCK};
    return LEAT_OK;
}

static void disk_close(void *context, struct leat_file **file)
{
    (void)context;
    if (!*file)
        return;
    (*file)->inode->handles--;
    if ((*file)->locks)
        (*file)->inode->locked = false;
    free((*file)->path);
    free(*file);
    *file = NULL;
}

static int disk_read(void *context, struct leat_file *file, void *bytes, size_t size, uint64_t offset,
                     size_t *got, struct leat_error *err)
{
    *got = 0;
    if (((struct sim_disk *)context)->dead)
        return off(err);
    const struct leat_buf *seen = &file->inode->seen;
    if (offset < seen->size) {
        *got = size < seen->size - (size_t)offset ? size : seen->size - (size_t)offset;
        memcpy(bytes, seen->data + offset, *got);
    }
    return LEAT_OK;
}

/* Why this change of contents fails, as an errno; 0: it doesn't. */
static int fault(struct sim_disk *disk, const struct leat_file *file, uint64_t end)
{
    if (disk->full && end > file->inode->seen.size)
        return ENOSPC;
    if (!disk->failing_writes)
        return 0;
    disk->failing_writes--;
    return EIO;
}

static int disk_write(void *context, struct leat_file *file, const struct iovec *parts, size_t count,
                      uint64_t offset, struct leat_error *err)
{
    struct sim_disk *disk = context;
    assert(file->writable && file->disk == disk);
    enum course course = begin(disk);
    if (course == OFF)
        return off(err);
    struct leat_buf all = {0};
    for (size_t i = 0; i < count; i++)
        leat_buf_put(&all, parts[i].iov_base, parts[i].iov_len);
    int number = course == GO ? fault(disk, file, offset + all.size) : 0;
    size_t done = course == DIE || number ? (size_t)sim_random_below(&disk->random, all.size + 1) : all.size;
    if (number == ENOSPC && offset + done > file->inode->seen.size) /* up to the end of its room at most */
        done = offset < file->inode->seen.size ? file->inode->seen.size - (size_t)offset : 0;
    trace(disk, "write %s at %llu: %zu of %zu bytes", file->path, (unsigned long long)offset, done, all.size);
    inode_write(file->inode, offset, all.data, done);
    leat_buf_free(&all);
    if (course == DIE)
        return die(disk, err);
    if (number)
        return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "cannot write %s at byte %llu", file->path,
                               (unsigned long long)offset);
    return LEAT_OK;
}

static int resize(struct sim_disk *disk, struct leat_file *file, uint64_t size, const char *what,
                  struct leat_error *err)
{
    assert(file->writable);
    enum course course = begin(disk);
    if (course == OFF)
        return off(err);
    int number = course == GO ? fault(disk, file, size) : 0;
    if (!number && (course == GO || sim_random_chance(&disk->random, 500))) {
        trace(disk, "%s %s to %llu", what, file->path, (unsigned long long)size);
        inode_resize(file->inode, size);
    }
    if (course == DIE)
        return die(disk, err);
    if (number)
        return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "cannot %s %s to %llu bytes", what,
                               file->path, (unsigned long long)size);
    return LEAT_OK;
}

static int disk_allocate(void *context, struct leat_file *file, uint64_t size, struct leat_error *err)
{
    return size <= file->inode->seen.size ? LEAT_OK : resize(context, file, size, "allocate", err);
}

static int disk_truncate(void *context, struct leat_file *file, uint64_t size, struct leat_error *err)
{
    return resize(context, file, size, "truncate", err);
}

static int sync_failed(struct sim_disk *disk, const char *path, struct leat_error *err)
{
    trace(disk, "sync of %s fails", path);
    disk->sync_failed = true;
    return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "sync of %s failed: simulated", path);
}

static int disk_sync(void *context, struct leat_file *file, struct leat_error *err)
{
    struct sim_disk *disk = context;
    assert(!file->inode
                ->sync_failed); /* after a failure no success may be believed: the kernel tells only once */
    enum course course = begin(disk);
    if (course == OFF)
        return off(err);
    if (course == DIE)
        return die(disk, err);
    if (disk->syncs_to_failure && --disk->syncs_to_failure == 0) {
        inode_sync_badly(file->inode, &disk->random);
        file->inode->sync_failed = true;
        return sync_failed(disk, file->path, err);
    }
    trace(disk, "sync %s", file->path);
    inode_sync(file->inode);
    return LEAT_OK;
}

static int disk_size(void *context, struct leat_file *file, uint64_t *size, struct leat_error *err)
{
    if (((struct sim_disk *)context)->dead)
        return off(err);
    *size = file->inode->seen.size;
    return LEAT_OK;
}

static int disk_rename(void *context, const char *from, const char *to, struct leat_error *err)
{
    struct sim_disk *disk = context;
    enum course course = begin(disk);
    if (course == OFF)
        return off(err);
    if (!names_find(&disk->names.seen, from))
        return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "cannot rename %s to %s", from, to);
    if (course == GO || sim_random_chance(&disk->random, 500)) {
        trace(disk, "rename %s to %s", from, to);
        names_rename(&disk->names, from, to);
    }
    return course == DIE ? die(disk, err) : LEAT_OK;
}

static int disk_unlink(void *context, const char *path, struct leat_error *err)
{
    struct sim_disk *disk = context;
    enum course course = begin(disk);
    if (course == OFF)
        return off(err);
    if (names_find(&disk->names.seen, path) && (course == GO || sim_random_chance(&disk->random, 500))) {
        trace(disk, "unlink %s", path);
        names_remove(&disk->names, path);
    }
    return course == DIE ? die(disk, err) : LEAT_OK;
}

static int disk_sync_folder(void *context, const char *path, struct leat_error *err)
{
    struct sim_disk *disk = context;
    enum course course = begin(disk);
    if (course == OFF)
        return off(err);
    if (course == DIE)
        return die(disk, err);
    if (disk->syncs_to_failure && --disk->syncs_to_failure == 0)
        return sync_failed(disk, path, err);
    if (!names_find(&disk->names.seen, path))
        return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "cannot open folder %s", path);
    trace(disk, "sync folder %s", path);
    names_sync(&disk->names, path);
    collect(disk);
    return LEAT_OK;
}

/* Durable, as the machine's: made, then the folder above it synced; also where it exists, since whoever made
 * it may have died in between. */
static int disk_make_folder(void *context, const char *path, struct leat_error *err)
{
    struct sim_disk *disk = context;
    if (disk->dead)
        return off(err);
    if (!strcmp(path, "/"))
        return LEAT_OK;
    char *parent = names_folder(path);
    bool exists = names_find(&disk->names.seen, path) != NULL;
    int rc = exists ? LEAT_OK : disk_make_folder(context, parent, err);
    if (rc == LEAT_OK && !exists) {
        enum course course = begin(disk);
        trace(disk, "make folder %s", path);
        names_put(&disk->names, path, NULL);
        if (course == DIE)
            rc = die(disk, err);
    }
    if (rc == LEAT_OK)
        rc = disk_sync_folder(context, parent, err);
    free(parent);
    return rc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Copies, since the listener may change the folder. */
static int disk_list(void *context, const char *path, int (*each)(void *argument, const char *name),
                     void *argument, struct leat_error *err)
{
    struct sim_disk *disk = context;
    if (disk->dead)
        return off(err);
    if (!names_find(&disk->names.seen, path))
        return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "cannot list folder %s", path);
    char **names = leat_alloc_zero(disk->names.seen.count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < disk->names.seen.count; i++)
        if (names_in(disk->names.seen.entries[i].path, path))
            names[count++] = leat_strdup(strrchr(disk->names.seen.entries[i].path, '/') + 1);
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = count; i > 1; i--) { /* a folder's order means nothing */
        size_t k = (size_t)sim_random_below(&disk->random, i);
        char *name = names[k];
        names[k] = names[i - 1];
        names[i - 1] = name;
    }
    int rc = LEAT_OK;
    for (size_t i = 0; i < count; i++) {
        if (rc == LEAT_OK)
            rc = each(argument, names[i]);
        free(names[i]);
    }
    free(names);
    return rc;
}

static int disk_space(void *context, const char *path, uint64_t *free_bytes, uint64_t *total_bytes,
                      struct leat_error *err)
{
    (void)path;
    struct sim_disk *disk = context;
    if (disk->dead)
        return off(err);
    uint64_t used = 0;
    for (size_t i = 0; i < disk->inode_count; i++)
        used += disk->inodes[i]->seen.size;
    *total_bytes = SPACE_TOTAL;
    *free_bytes = disk->full ? 0 : SPACE_TOTAL - used;
    return LEAT_OK;
}

/* ---- Made, ended, restarted ---- */

struct sim_disk *sim_disk_new(uint64_t seed)
{
    struct sim_disk *disk = leat_alloc_zero(1, sizeof *disk);
    disk->vtable = (struct leat_fs){disk,          disk_open,        disk_close,       disk_read, disk_write,
                                    disk_allocate, disk_truncate,    disk_sync,        disk_size, disk_rename,
                                    disk_unlink,   disk_sync_folder, disk_make_folder, disk_list, disk_space};
    disk->random = sim_random_stream(seed, 2);
    names_put(&disk->names, "/", NULL);
    names_sync(&disk->names, "/");
    return disk;
}

void sim_disk_free(struct sim_disk **disk)
{
    if (!*disk)
        return;
    for (size_t i = 0; i < (*disk)->inode_count; i++) {
        assert((*disk)->inodes[i]->handles == 0); /* somebody forgot to close a file */
        inode_free((*disk)->inodes[i]);
    }
    free((*disk)->inodes);
    names_free(&(*disk)->names);
    free(*disk);
    *disk = NULL;
}

const struct leat_fs *sim_disk_fs(struct sim_disk *disk)
{
    return &disk->vtable;
}

void sim_disk_trace(struct sim_disk *disk, bool on)
{
    disk->trace = on;
}

uint64_t sim_disk_operations(const struct sim_disk *disk)
{
    return disk->operations;
}

void sim_disk_die_at(struct sim_disk *disk, uint64_t operation, enum sim_death death)
{
    disk->die_at = operation;
    disk->death = death;
}

void sim_disk_die(struct sim_disk *disk, enum sim_death death)
{
    if (disk->dead)
        return;
    disk->death = death;
    (void)die(disk, NULL);
}

bool sim_disk_dead(const struct sim_disk *disk)
{
    return disk->dead;
}

bool sim_disk_sync_failed(const struct sim_disk *disk)
{
    return disk->sync_failed;
}

void sim_disk_restart(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->inode_count; i++)
        assert(disk->inodes[i]->handles == 0);
    if (disk->dead && disk->death == SIM_POWER) {
        enum survival survival = (enum survival)sim_random_below(&disk->random, SURVIVAL_COUNT);
        for (size_t i = 0; i < disk->inode_count; i++)
            inode_lose(disk->inodes[i], survival, &disk->random);
        names_lose(&disk->names, &disk->random);
    }
    for (size_t i = 0; i < disk->inode_count; i++)
        disk->inodes[i]->sync_failed = false;
    disk->dead = disk->full = disk->sync_failed = false;
    disk->die_at = 0;
    disk->failing_writes = disk->syncs_to_failure = 0;
    collect(disk);
    trace(disk, "on again");
}

void sim_disk_set_full(struct sim_disk *disk, bool full)
{
    disk->full = full;
}

void sim_disk_fail_writes(struct sim_disk *disk, unsigned count)
{
    disk->failing_writes = count;
}

void sim_disk_fail_sync(struct sim_disk *disk, unsigned after)
{
    disk->syncs_to_failure = after + 1;
}

/* ---- For checks ---- */

bool sim_disk_read(const struct sim_disk *disk, const char *path, struct leat_buf *buf)
{
    const struct entry *entry = names_find(&disk->names.seen, path);
    leat_buf_clear(buf);
    if (!entry || !entry->inode)
        return false;
    leat_buf_put(buf, entry->inode->seen.data, entry->inode->seen.size);
    return true;
}

void sim_disk_list(const struct sim_disk *disk, const char *folder,
                   void (*each)(void *context, const char *path), void *context)
{
    for (size_t i = 0; i < disk->names.seen.count; i++)
        if (disk->names.seen.entries[i].inode && names_in(disk->names.seen.entries[i].path, folder))
            each(context, disk->names.seen.entries[i].path);
}

static bool has_unsynced(const struct inode *inode)
{
    for (size_t i = 0; i < inode->change_count; i++)
        if (inode->changes[i].sectors)
            return true;
    return false;
}

bool sim_disk_unsynced(const struct sim_disk *disk, const char *folder, const char *suffix)
{
    for (size_t i = 0; i < disk->names.seen.count; i++) {
        const struct entry *entry = &disk->names.seen.entries[i];
        size_t length = strlen(entry->path), end = strlen(suffix);
        if (entry->inode && names_in(entry->path, folder) && length >= end &&
            !strcmp(entry->path + length - end, suffix) && has_unsynced(entry->inode))
            return true;
    }
    return false;
}

void sim_disk_flip(struct sim_disk *disk, const char *path, uint64_t offset, unsigned bit)
{
    struct inode *inode = names_find(&disk->names.seen, path)->inode;
    assert(offset < inode->seen.size && offset < inode->durable.size);
    inode->seen.data[offset] ^= (uint8_t)(1u << bit);
    inode->durable.data[offset] ^= (uint8_t)(1u << bit);
}
