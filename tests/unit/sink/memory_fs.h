/* A disk in memory that forgets, reorders and tears: for tests of what a crash leaves.
 *
 * Every file has what is on the disk and what is in the page cache; every change of a name is queued until
 * the folder is synced. memory_fs_crash() makes of that what a power cut could: each 512-byte sector that
 * wasn't synced is old or new, the size is old or new, and of the queued changes of names the first few
 * happened. memory_fs.countdown makes every operation after the n-th fail, as for a process that is dead;
 * memory_fs.full makes writes find the disk full.
 *
 * One folder for all: paths are names. One thread. */
#ifndef LEAT_TEST_MEMORY_FS_H
#define LEAT_TEST_MEMORY_FS_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"

enum { MEMORY_SECTOR = 512, MEMORY_NAMES = 4096 };

struct memory_node {
    struct leat_buf disk, cache;
    unsigned links; /* names in either list, and open files */
    bool locked;
};

struct memory_name {
    char *path;
    struct memory_node *node;
};

struct memory_names {
    struct memory_name list[MEMORY_NAMES];
    size_t count;
};

struct memory_change {
    char *remove, *add;       /* either may be NULL */
    struct memory_node *node; /* of add */
};

struct memory_fs {
    struct leat_fs fs;
    struct memory_names disk, cache;
    struct memory_change changes[MEMORY_NAMES];
    size_t change_count;
    uint64_t random;
    bool counting;
    unsigned countdown;
    bool full;
    bool sync_fails;
    unsigned operations;
};

struct leat_file {
    struct memory_node *node;
    bool locks;
};

static inline uint64_t memory_random(struct memory_fs *memory, uint64_t below)
{
    memory->random = memory->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (memory->random >> 33) % below;
}

static inline int memory_alive(struct memory_fs *memory, struct leat_error *err)
{
    memory->operations++;
    if (memory->counting && memory->countdown == 0)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_RETRY, "dead");
    if (memory->counting)
        memory->countdown--;
    return LEAT_OK;
}

static inline struct memory_name *memory_find(struct memory_names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->list[i].path, path))
            return &names->list[i];
    return NULL;
}

static inline void memory_unlink_node(struct memory_node *node)
{
    if (--node->links)
        return;
    leat_buf_free(&node->disk);
    leat_buf_free(&node->cache);
    free(node);
}

static inline void memory_remove(struct memory_names *names, const char *path)
{
    struct memory_name *name = memory_find(names, path);
    if (!name)
        return;
    memory_unlink_node(name->node);
    free(name->path);
    *name = names->list[--names->count];
}

static inline void memory_add(struct memory_names *names, const char *path, struct memory_node *node)
{
    node->links++;
    memory_remove(names, path);
    assert(names->count < MEMORY_NAMES);
    names->list[names->count++] = (struct memory_name){leat_strdup(path), node};
}

static inline void memory_apply(struct memory_names *names, const struct memory_change *change)
{
    if (change->add)
        memory_add(names, change->add, change->node);
    if (change->remove)
        memory_remove(names, change->remove);
}

static inline void memory_change(struct memory_fs *memory, const char *remove, const char *add,
                                 struct memory_node *node)
{
    assert(memory->change_count < MEMORY_NAMES);
    struct memory_change change = {remove ? leat_strdup(remove) : NULL, add ? leat_strdup(add) : NULL, node};
    if (node)
        node->links++;
    memory->changes[memory->change_count++] = change;
    memory_apply(&memory->cache, &change);
}

/* The first `count` queued changes of names reach the disk, the others are forgotten or stay queued. */
static inline void memory_settle(struct memory_fs *memory, size_t count)
{
    for (size_t i = 0; i < memory->change_count; i++) {
        struct memory_change *change = &memory->changes[i];
        if (i < count)
            memory_apply(&memory->disk, change);
        if (change->node)
            memory_unlink_node(change->node);
        free(change->remove);
        free(change->add);
    }
    memory->change_count = 0;
}

static inline int memory_open(void *context, struct leat_file **file, const char *path, unsigned flags,
                              struct leat_error *err)
{
    struct memory_fs *memory = context;
    if (memory_alive(memory, err))
        return LEAT_FAIL;
    struct memory_name *name = memory_find(&memory->cache, path);
    if (!name && !(flags & LEAT_OPEN_CREATE))
        return LEAT_END;
    if (name && flags & LEAT_OPEN_EXCLUSIVE)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "cannot open %s: it exists", path);
    if (!name) {
        memory_change(memory, NULL, path, leat_alloc_zero(1, sizeof(struct memory_node)));
        name = memory_find(&memory->cache, path);
    }
    if (flags & LEAT_OPEN_LOCK && name->node->locked)
        return leat_fail(err, LEAT_E_LOCKED, LEAT_KIND_OPERATOR, "%s is locked", path);
    name->node->links++;
    if (flags & LEAT_OPEN_LOCK)
        name->node->locked = true;
    *file = leat_alloc(sizeof **file);
    **file = (struct leat_file){name->node, flags & LEAT_OPEN_LOCK};
    return LEAT_OK;
}

static inline void memory_close(void *context, struct leat_file **file)
{
    (void)context;
    if (!*file)
        return;
    if ((*file)->locks)
        (*file)->node->locked = false;
    memory_unlink_node((*file)->node);
    free(*file);
    *file = NULL;
}

static inline int memory_read(void *context, struct leat_file *file, void *bytes, size_t size,
                              uint64_t offset, size_t *got, struct leat_error *err)
{
    *got = 0;
    if (memory_alive(context, err))
        return LEAT_FAIL;
    const struct leat_buf *cache = &file->node->cache;
    if (offset < cache->size) {
        *got = cache->size - offset < size ? cache->size - (size_t)offset : size;
        memcpy(bytes, cache->data + offset, *got);
    }
    return LEAT_OK;
}

static inline void memory_resize(struct leat_buf *buf, size_t size)
{
    if (size > buf->size) {
        size_t more = size - buf->size;
        memset(leat_buf_reserve(buf, more), 0, more);
        leat_buf_commit(buf, more);
    }
    buf->size = size;
}

static inline int memory_write(void *context, struct leat_file *file, const struct iovec *parts, size_t count,
                               uint64_t offset, struct leat_error *err)
{
    struct memory_fs *memory = context;
    if (memory_alive(memory, err))
        return LEAT_FAIL;
    struct leat_buf *cache = &file->node->cache;
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].iov_len)
            continue;
        if (memory->full && offset + parts[i].iov_len > cache->size)
            return leat_fail(err, LEAT_E_DISK_FULL, LEAT_KIND_RETRY, "no space left");
        if (cache->size < offset + parts[i].iov_len)
            memory_resize(cache, (size_t)offset + parts[i].iov_len);
        memcpy(cache->data + offset, parts[i].iov_base, parts[i].iov_len);
        offset += parts[i].iov_len;
    }
    return LEAT_OK;
}

static inline int memory_truncate(void *context, struct leat_file *file, uint64_t size,
                                  struct leat_error *err)
{
    if (memory_alive(context, err))
        return LEAT_FAIL;
    memory_resize(&file->node->cache, (size_t)size);
    return LEAT_OK;
}

static inline int memory_allocate(void *context, struct leat_file *file, uint64_t size,
                                  struct leat_error *err)
{
    if (memory_alive(context, err))
        return LEAT_FAIL;
    if (file->node->cache.size < size)
        memory_resize(&file->node->cache, (size_t)size);
    return LEAT_OK;
}

static inline int memory_sync(void *context, struct leat_file *file, struct leat_error *err)
{
    struct memory_fs *memory = context;
    if (memory_alive(memory, err))
        return LEAT_FAIL;
    if (memory->sync_fails)
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "sync failed");
    leat_buf_clear(&file->node->disk);
    leat_buf_put(&file->node->disk, file->node->cache.data, file->node->cache.size);
    return LEAT_OK;
}

static inline int memory_size(void *context, struct leat_file *file, uint64_t *size, struct leat_error *err)
{
    if (memory_alive(context, err))
        return LEAT_FAIL;
    *size = file->node->cache.size;
    return LEAT_OK;
}

static inline int memory_rename(void *context, const char *from, const char *to, struct leat_error *err)
{
    struct memory_fs *memory = context;
    if (memory_alive(memory, err))
        return LEAT_FAIL;
    struct memory_name *name = memory_find(&memory->cache, from);
    if (!name)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "cannot rename %s: there is none", from);
    memory_change(memory, from, to, name->node);
    return LEAT_OK;
}

static inline int memory_unlink(void *context, const char *path, struct leat_error *err)
{
    struct memory_fs *memory = context;
    if (memory_alive(memory, err))
        return LEAT_FAIL;
    if (memory_find(&memory->cache, path))
        memory_change(memory, path, NULL, NULL);
    return LEAT_OK;
}

static inline int memory_sync_folder(void *context, const char *path, struct leat_error *err)
{
    (void)path;
    if (memory_alive(context, err))
        return LEAT_FAIL;
    struct memory_fs *memory = context;
    if (memory->sync_fails)
        return leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "sync failed");
    memory_settle(memory, memory->change_count);
    return LEAT_OK;
}

static inline int memory_make_folder(void *context, const char *path, struct leat_error *err)
{
    (void)path;
    return memory_alive(context, err);
}

static inline int memory_list(void *context, const char *path, int (*each)(void *argument, const char *name),
                              void *argument, struct leat_error *err)
{
    struct memory_fs *memory = context;
    if (memory_alive(memory, err))
        return LEAT_FAIL;
    size_t length = strlen(path);
    for (size_t i = 0; i < memory->cache.count; i++) {
        const char *name = memory->cache.list[i].path;
        if (strncmp(name, path, length) || name[length] != '/')
            continue;
        int rc = each(argument, name + length + 1);
        if (rc)
            return rc;
    }
    return LEAT_OK;
}

static inline int memory_space(void *context, const char *path, uint64_t *free_bytes, uint64_t *total_bytes,
                               struct leat_error *err)
{
    (void)path;
    *free_bytes = *total_bytes = UINT64_C(1) << 40;
    return memory_alive(context, err);
}

static inline struct memory_fs *memory_fs_new(uint64_t seed)
{
    struct memory_fs *memory = leat_alloc_zero(1, sizeof *memory);
    memory->random = seed * 2 + 1;
    memory->fs =
        (struct leat_fs){memory,          memory_open,        memory_close,       memory_read, memory_write,
                         memory_allocate, memory_truncate,    memory_sync,        memory_size, memory_rename,
                         memory_unlink,   memory_sync_folder, memory_make_folder, memory_list, memory_space};
    return memory;
}

/* What a power cut leaves of one file. */
static inline void memory_tear(struct memory_fs *memory, struct memory_node *node)
{
    size_t most = node->disk.size > node->cache.size ? node->disk.size : node->cache.size;
    size_t size = memory_random(memory, 2) ? node->disk.size : node->cache.size;
    memory_resize(&node->disk, most);
    memory_resize(&node->cache, most);
    for (size_t at = 0; at < most; at += MEMORY_SECTOR) {
        size_t part = most - at < MEMORY_SECTOR ? most - at : MEMORY_SECTOR;
        if (memory_random(memory, 2))
            memcpy(node->disk.data + at, node->cache.data + at, part);
    }
    memory_resize(&node->disk, size);
    leat_buf_clear(&node->cache);
    leat_buf_put(&node->cache, node->disk.data, node->disk.size);
    node->locked = false;
}

/* All files must be closed. power: a power cut; else the process was killed, and the page cache is what it
 * was. */
static inline void memory_fs_crash(struct memory_fs *memory, bool power)
{
    memory->counting = memory->full = memory->sync_fails = false;
    if (!power)
        return;
    memory_settle(memory, memory->change_count ? memory_random(memory, memory->change_count + 1) : 0);
    while (memory->cache.count)
        memory_remove(&memory->cache, memory->cache.list[0].path);
    for (size_t i = 0; i < memory->disk.count; i++) {
        memory_tear(memory, memory->disk.list[i].node);
        memory_add(&memory->cache, memory->disk.list[i].path, memory->disk.list[i].node);
    }
}

static inline void memory_fs_free(struct memory_fs **memory)
{
    memory_settle(*memory, 0);
    while ((*memory)->cache.count)
        memory_remove(&(*memory)->cache, (*memory)->cache.list[0].path);
    while ((*memory)->disk.count)
        memory_remove(&(*memory)->disk, (*memory)->disk.list[0].path);
    free(*memory);
    *memory = NULL;
}

#endif
