/* A file system in memory that knows what was synced: it can crash, after which of all that was not synced
 * any part may be there, torn by sectors and in any mixture; and it can fail, by countdown. One thread. */
#ifndef LEAT_TEST_JOURNAL_MEMORY_FS_H
#define LEAT_TEST_JOURNAL_MEMORY_FS_H

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"

enum { MEMORY_SECTOR = 512, MEMORY_OPS_MAX = 4096, MEMORY_ENTRIES_MAX = 512 };

enum memory_call { /* bits: what may fail */
                   CALL_OPEN = 1,
                   CALL_READ = 2,
                   CALL_WRITE = 4,
                   CALL_ALLOCATE = 8,
                   CALL_TRUNCATE = 16,
                   CALL_SYNC = 32,
                   CALL_RENAME = 64,
                   CALL_UNLINK = 128,
                   CALL_SYNC_FOLDER = 256,
                   CALL_LIST = 512,
                   CALL_SPACE = 1024,
                   CALL_SIZE = 2048
};

struct memory_bytes {
    uint8_t *data;
    uint64_t size;
};

struct memory_op { /* on a file, not synced yet */
    enum { OP_WRITE, OP_SIZE } type;
    uint64_t offset, size;
    uint8_t *data;
};

struct memory_node {
    struct memory_bytes now, durable;
    struct memory_op *ops;
    size_t op_count, op_capacity;
    struct memory_node *next;
};

struct memory_entry {
    char name[300];
    struct memory_node *node; /* NULL: no such name */
};

struct memory_folder {
    struct memory_entry entries[MEMORY_ENTRIES_MAX];
    size_t count;
};

struct memory_change { /* on the folder, not synced yet; a rename is two at once */
    char name[300], gone[300];
    struct memory_node *node;
};

struct memory_fs {
    struct leat_fs ops;
    struct memory_node *nodes;
    struct memory_folder now, durable;
    struct memory_change changes[MEMORY_OPS_MAX];
    size_t change_count;
    /* faults */
    unsigned fail_calls; /* enum memory_call */
    int fail_after;      /* that many calls of those succeed first; -1: none fails */
    bool fail_once;
    uint64_t space_bytes; /* 0: no end */
    uint64_t calls;       /* of all kinds but reading, counted */
};

struct leat_file {
    struct memory_node *node;
    bool locked;
    char path[300];
};

static inline uint32_t memory_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static inline void memory_name(char to[300], const char *name)
{
    size_t size = strlen(name) + 1;
    assert(size <= 300);
    memmove(to, name, size);
}

static inline bool memory_fails(struct memory_fs *fs, enum memory_call call)
{
    if (call & ~(unsigned)(CALL_READ | CALL_SIZE | CALL_LIST | CALL_SPACE))
        fs->calls++;
    if (!(fs->fail_calls & (unsigned)call) || fs->fail_after < 0)
        return false;
    if (fs->fail_after-- > 0)
        return false;
    fs->fail_after = fs->fail_once ? -1 : 0;
    return true;
}

static inline struct memory_entry *memory_entry(struct memory_folder *folder, const char *name, bool make)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->entries[i].name, name) == 0)
            return &folder->entries[i];
    if (!make)
        return NULL;
    for (size_t i = 0; i < folder->count; i++)
        if (!folder->entries[i].node) {
            memory_name(folder->entries[i].name, name);
            return &folder->entries[i];
        }
    assert(folder->count < MEMORY_ENTRIES_MAX);
    struct memory_entry *entry = &folder->entries[folder->count++];
    memory_name(entry->name, name);
    entry->node = NULL;
    return entry;
}

static inline void memory_folder_apply(struct memory_folder *folder, const struct memory_change *change)
{
    if (change->gone[0]) {
        struct memory_entry *gone = memory_entry(folder, change->gone, false);
        if (gone && (!change->node || gone->node == change->node))
            gone->node = NULL;
    }
    if (change->name[0])
        memory_entry(folder, change->name, true)->node = change->node;
}

static inline void memory_change(struct memory_fs *fs, const char *name, const char *gone,
                                 struct memory_node *node)
{
    assert(fs->change_count < MEMORY_OPS_MAX);
    struct memory_change *change = &fs->changes[fs->change_count++];
    memory_name(change->name, name ? name : "");
    memory_name(change->gone, gone ? gone : "");
    change->node = node;
    memory_folder_apply(&fs->now, change);
}

static inline void memory_resize(struct memory_bytes *bytes, uint64_t size)
{
    bytes->data = leat_realloc(bytes->data, size ? (size_t)size : 1);
    if (size > bytes->size)
        memset(bytes->data + bytes->size, 0, (size_t)(size - bytes->size));
    bytes->size = size;
}

static inline void memory_op(struct memory_node *node, int type, uint64_t offset, const void *data,
                             uint64_t size)
{
    if (node->op_count == node->op_capacity) {
        node->op_capacity = node->op_capacity ? 2 * node->op_capacity : 16;
        node->ops = leat_realloc(node->ops, node->op_capacity * sizeof *node->ops);
    }
    struct memory_op *op = &node->ops[node->op_count++];
    op->type = type == OP_WRITE ? OP_WRITE : OP_SIZE;
    op->offset = offset;
    op->size = size;
    op->data = data ? leat_memdup(data, (size_t)size) : NULL;
}

static inline void memory_forget_ops(struct memory_node *node)
{
    for (size_t i = 0; i < node->op_count; i++)
        free(node->ops[i].data);
    node->op_count = 0;
}

static inline int memory_open(void *context, struct leat_file **file, const char *path, unsigned flags,
                              struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_OPEN))
        return leat_fail_errno(err, flags & LEAT_OPEN_CREATE ? ENOSPC : EIO, LEAT_KIND_OPERATOR,
                               "cannot open %s", path);
    struct memory_entry *entry = memory_entry(&fs->now, path, false);
    struct memory_node *node = entry ? entry->node : NULL;
    if (!node && !(flags & LEAT_OPEN_CREATE))
        return LEAT_END;
    if (!node) {
        node = leat_alloc_zero(1, sizeof *node);
        node->next = fs->nodes;
        fs->nodes = node;
        memory_resize(&node->now, 0);
        memory_resize(&node->durable, 0);
        memory_change(fs, path, NULL, node);
    }
    *file = leat_alloc_zero(1, sizeof **file);
    (*file)->node = node;
    memory_name((*file)->path, path);
    return LEAT_OK;
}

static inline void memory_close(void *context, struct leat_file **file)
{
    (void)context;
    free(*file);
    *file = NULL;
}

static inline int memory_read(void *context, struct leat_file *file, void *bytes, size_t size,
                              uint64_t offset, size_t *got, struct leat_error *err)
{
    if (memory_fails(context, CALL_READ))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot read %s", file->path);
    const struct memory_bytes *now = &file->node->now;
    *got = offset >= now->size ? 0 : now->size - offset < size ? (size_t)(now->size - offset) : size;
    if (*got)
        memcpy(bytes, now->data + offset, *got);
    return LEAT_OK;
}

static inline uint64_t memory_used(const struct memory_fs *fs)
{
    uint64_t used = 0;
    for (size_t i = 0; i < fs->now.count; i++)
        if (fs->now.entries[i].node)
            used += fs->now.entries[i].node->now.size;
    return used;
}

static inline bool memory_no_space(const struct memory_fs *fs, const struct leat_file *file, uint64_t end)
{
    return fs->space_bytes && end > file->node->now.size &&
           memory_used(fs) + (end - file->node->now.size) > fs->space_bytes;
}

static inline void memory_put(struct memory_bytes *bytes, uint64_t offset, const uint8_t *data, uint64_t size)
{
    if (bytes->size < offset + size)
        memory_resize(bytes, offset + size);
    if (size)
        memcpy(bytes->data + offset, data, (size_t)size);
}

static inline int memory_write(void *context, struct leat_file *file, const struct iovec *parts, size_t count,
                               uint64_t offset, struct leat_error *err)
{
    struct memory_fs *fs = context;
    bool fails = memory_fails(fs, CALL_WRITE);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = parts[i].iov_len;
        if (fails && offset % 3 == 0)
            size /= 2; /* a part of it may have been written */
        if (memory_no_space(fs, file, offset + size))
            return leat_fail_errno(err, ENOSPC, LEAT_KIND_OPERATOR, "cannot write %s", file->path);
        memory_op(file->node, OP_WRITE, offset, parts[i].iov_base, size);
        memory_put(&file->node->now, offset, parts[i].iov_base, size);
        if (fails)
            return leat_fail_errno(err, ENOSPC, LEAT_KIND_OPERATOR, "cannot write %s", file->path);
        offset += parts[i].iov_len;
    }
    return LEAT_OK;
}

static inline int memory_allocate(void *context, struct leat_file *file, uint64_t size,
                                  struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_ALLOCATE) || memory_no_space(fs, file, size))
        return leat_fail_errno(err, ENOSPC, LEAT_KIND_OPERATOR, "cannot reserve space for %s", file->path);
    if (file->node->now.size < size) {
        memory_op(file->node, OP_SIZE, 0, NULL, size);
        memory_resize(&file->node->now, size);
    }
    return LEAT_OK;
}

static inline int memory_truncate(void *context, struct leat_file *file, uint64_t size,
                                  struct leat_error *err)
{
    if (memory_fails(context, CALL_TRUNCATE))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot truncate %s", file->path);
    memory_op(file->node, OP_SIZE, 0, NULL, size);
    memory_resize(&file->node->now, size);
    return LEAT_OK;
}

static inline void memory_make_durable(struct memory_node *node)
{
    memory_forget_ops(node);
    memory_resize(&node->durable, 0);
    memory_resize(&node->durable, node->now.size);
    memcpy(node->durable.data, node->now.data, (size_t)node->now.size);
}

static inline int memory_sync(void *context, struct leat_file *file, struct leat_error *err)
{
    if (memory_fails(context, CALL_SYNC))
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "sync of %s failed", file->path);
    memory_make_durable(file->node);
    return LEAT_OK;
}

static inline int memory_size(void *context, struct leat_file *file, uint64_t *size, struct leat_error *err)
{
    if (memory_fails(context, CALL_SIZE))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot get the size of %s", file->path);
    *size = file->node->now.size;
    return LEAT_OK;
}

static inline int memory_rename(void *context, const char *from, const char *to, struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_RENAME))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot rename %s", from);
    struct memory_entry *entry = memory_entry(&fs->now, from, false);
    if (!entry || !entry->node)
        return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "cannot rename %s", from);
    memory_change(fs, to, from, entry->node);
    return LEAT_OK;
}

static inline int memory_unlink(void *context, const char *path, struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_UNLINK))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot remove %s", path);
    struct memory_entry *entry = memory_entry(&fs->now, path, false);
    if (entry && entry->node)
        memory_change(fs, NULL, path, NULL);
    return LEAT_OK;
}

static inline int memory_sync_folder(void *context, const char *path, struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_SYNC_FOLDER))
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "sync of %s failed", path);
    fs->durable = fs->now;
    fs->change_count = 0;
    return LEAT_OK;
}

static inline int memory_make_folder(void *context, const char *path, struct leat_error *err)
{
    (void)context;
    (void)path;
    (void)err;
    return LEAT_OK;
}

static inline int memory_list(void *context, const char *path, int (*each)(void *argument, const char *name),
                              void *argument, struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_LIST))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot list %s", path);
    for (size_t i = 0; i < fs->now.count; i++)
        if (fs->now.entries[i].node) {
            int rc = each(argument, strrchr(fs->now.entries[i].name, '/') + 1);
            if (rc)
                return rc;
        }
    return LEAT_OK;
}

static inline int memory_space(void *context, const char *path, uint64_t *free_bytes, uint64_t *total_bytes,
                               struct leat_error *err)
{
    struct memory_fs *fs = context;
    if (memory_fails(fs, CALL_SPACE))
        return leat_fail_errno(err, EIO, LEAT_KIND_OPERATOR, "cannot get the free space of %s", path);
    uint64_t total = fs->space_bytes ? fs->space_bytes : 1ULL << 40, used = memory_used(fs);
    *total_bytes = total;
    *free_bytes = total > used ? total - used : 0;
    return LEAT_OK;
}

static inline struct memory_fs *memory_fs_new(void)
{
    struct memory_fs *fs = leat_alloc_zero(1, sizeof *fs);
    fs->fail_after = -1;
    fs->ops = (struct leat_fs){.context = fs,
                               .open = memory_open,
                               .close = memory_close,
                               .read = memory_read,
                               .write = memory_write,
                               .allocate = memory_allocate,
                               .truncate = memory_truncate,
                               .sync = memory_sync,
                               .size = memory_size,
                               .rename = memory_rename,
                               .unlink = memory_unlink,
                               .sync_folder = memory_sync_folder,
                               .make_folder = memory_make_folder,
                               .list = memory_list,
                               .space = memory_space};
    return fs;
}

static inline void memory_fs_free(struct memory_fs **fs)
{
    while ((*fs)->nodes) {
        struct memory_node *node = (*fs)->nodes;
        (*fs)->nodes = node->next;
        memory_forget_ops(node);
        free(node->ops);
        free(node->now.data);
        free(node->durable.data);
        free(node);
    }
    free(*fs);
    *fs = NULL;
}

/* One unsynced operation, perhaps only some of its sectors. */
static inline void memory_survive(struct memory_bytes *bytes, const struct memory_op *op, uint64_t *random)
{
    if (op->type == OP_SIZE) {
        memory_resize(bytes, op->size);
        return;
    }
    bool torn = memory_random(random) % 3 == 0;
    for (uint64_t at = op->offset; at < op->offset + op->size;) {
        uint64_t end = (at / MEMORY_SECTOR + 1) * MEMORY_SECTOR;
        if (end > op->offset + op->size)
            end = op->offset + op->size;
        if (!torn || memory_random(random) % 2)
            memory_put(bytes, at, op->data + (at - op->offset), end - at);
        at = end;
    }
}

/* The power fails. All files must be closed. `mode` 0: nothing unsynced survives, 1: everything does, 2: any
 * part of it. */
static inline void memory_fs_crash(struct memory_fs *fs, unsigned mode, uint64_t *random)
{
    for (struct memory_node *node = fs->nodes; node; node = node->next) {
        for (size_t i = 0; i < node->op_count; i++)
            if (mode == 1 || (mode == 2 && memory_random(random) % 2))
                memory_survive(&node->durable, &node->ops[i], mode == 1 ? &(uint64_t){1} : random);
        if (mode != 1) {
            memory_forget_ops(node);
            memory_resize(&node->now, node->durable.size);
            memcpy(node->now.data, node->durable.data, (size_t)node->durable.size);
        } else {
            memory_make_durable(node);
        }
    }
    for (size_t i = 0; i < fs->change_count; i++)
        if (mode == 1 || (mode == 2 && memory_random(random) % 2))
            memory_folder_apply(&fs->durable, &fs->changes[i]);
    fs->now = fs->durable;
    fs->change_count = 0;
    fs->fail_after = -1;
}

/* The file's contents, to look at or to damage (damage is durable). */
static inline struct memory_bytes *memory_file(struct memory_fs *fs, const char *path)
{
    struct memory_entry *entry = memory_entry(&fs->now, path, false);
    return entry && entry->node ? &entry->node->now : NULL;
}

#endif
