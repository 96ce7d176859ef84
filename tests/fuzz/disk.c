/* Files in memory (disk.h). */
#include "disk.h"

#include <errno.h>

struct leat_file {
    struct leat_buf *bytes;
};

static struct disk_file *find(struct disk *disk, const char *path)
{
    for (size_t i = 0; i < DISK_FILES; i++)
        if (!strcmp(disk->files[i].path, path))
            return &disk->files[i];
    return NULL;
}

static struct disk_file *make(struct disk *disk, const char *path)
{
    struct disk_file *file = find(disk, path);
    if (file)
        return file;
    file = find(disk, "");
    FUZZ_CHECK(file && strlen(path) < DISK_NAME_MAX);
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

struct leat_buf *disk_at(struct disk *disk, const char *path)
{
    return &make(disk, path)->bytes;
}

static int disk_open(void *context, struct leat_file **file, const char *path, unsigned flags, struct leat_error *err)
{
    (void)err;
    struct disk_file *found = flags & LEAT_OPEN_CREATE ? make(context, path) : find(context, path);
    if (!found)
        return LEAT_END;
    *file = leat_alloc_zero(1, sizeof **file);
    (*file)->bytes = &found->bytes;
    return LEAT_OK;
}

static void disk_close(void *context, struct leat_file **file)
{
    (void)context;
    free(*file);
    *file = NULL;
}

static int disk_read(void *context, struct leat_file *file, void *bytes, size_t size, uint64_t offset, size_t *got,
                     struct leat_error *err)
{
    (void)context, (void)err;
    const struct leat_buf *buf = file->bytes;
    size_t left = offset < buf->size ? buf->size - (size_t)offset : 0;
    *got = size < left ? size : left;
    if (*got)
        memcpy(bytes, buf->data + offset, *got);
    return LEAT_OK;
}

static void resize(struct leat_buf *buf, uint64_t size)
{
    if (size > buf->size)
        memset(leat_buf_reserve(buf, (size_t)size - buf->size), 0, (size_t)size - buf->size);
    buf->size = (size_t)size;
}

static int disk_write(void *context, struct leat_file *file, const struct iovec *parts, size_t count, uint64_t offset,
                      struct leat_error *err)
{
    (void)context, (void)err;
    for (size_t i = 0; i < count; i++) {
        if (offset + parts[i].iov_len > file->bytes->size)
            resize(file->bytes, offset + parts[i].iov_len);
        if (parts[i].iov_len)
            memcpy(file->bytes->data + offset, parts[i].iov_base, parts[i].iov_len);
        offset += parts[i].iov_len;
    }
    return LEAT_OK;
}

static int disk_allocate(void *context, struct leat_file *file, uint64_t size, struct leat_error *err)
{
    (void)context, (void)err;
    if (size > file->bytes->size)
        resize(file->bytes, size);
    return LEAT_OK;
}

static int disk_truncate(void *context, struct leat_file *file, uint64_t size, struct leat_error *err)
{
    (void)context, (void)err;
    resize(file->bytes, size);
    return LEAT_OK;
}

static int disk_sync(void *context, struct leat_file *file, struct leat_error *err)
{
    (void)context, (void)file, (void)err;
    return LEAT_OK;
}

static int disk_size(void *context, struct leat_file *file, uint64_t *size, struct leat_error *err)
{
    (void)context, (void)err;
    *size = file->bytes->size;
    return LEAT_OK;
}

static int disk_unlink(void *context, const char *path, struct leat_error *err)
{
    (void)err;
    struct disk_file *file = find(context, path);
    if (file) {
        file->path[0] = 0;
        leat_buf_free(&file->bytes);
    }
    return LEAT_OK;
}

static int disk_rename(void *context, const char *from, const char *to, struct leat_error *err)
{
    struct disk_file *file = find(context, from);
    if (!file)
        return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "%s", from);
    FUZZ_CHECK(disk_unlink(context, to, err) == LEAT_OK && strlen(to) < DISK_NAME_MAX);
    snprintf(file->path, sizeof file->path, "%s", to);
    return LEAT_OK;
}

static int disk_folder(void *context, const char *path, struct leat_error *err)
{
    (void)context, (void)path, (void)err;
    return LEAT_OK;
}

static int disk_list(void *context, const char *path, int (*each)(void *argument, const char *name), void *argument,
                     struct leat_error *err)
{
    struct disk *disk = context;
    (void)path, (void)err;
    for (size_t i = 0; i < DISK_FILES; i++) {
        const char *name = strrchr(disk->files[i].path, '/');
        int result = name ? each(argument, name + 1) : LEAT_OK;
        if (result)
            return result;
    }
    return LEAT_OK;
}

static int disk_space(void *context, const char *path, uint64_t *free_bytes, uint64_t *total_bytes, struct leat_error *err)
{
    (void)context, (void)path, (void)err;
    *free_bytes = *total_bytes = UINT64_C(1) << 40;
    return LEAT_OK;
}

struct disk *disk_new(void)
{
    struct disk *disk = leat_alloc_zero(1, sizeof *disk);
    disk->fs = (struct leat_fs){.context = disk,
                                .open = disk_open,
                                .close = disk_close,
                                .read = disk_read,
                                .write = disk_write,
                                .allocate = disk_allocate,
                                .truncate = disk_truncate,
                                .sync = disk_sync,
                                .size = disk_size,
                                .rename = disk_rename,
                                .unlink = disk_unlink,
                                .sync_folder = disk_folder,
                                .make_folder = disk_folder,
                                .list = disk_list,
                                .space = disk_space};
    return disk;
}

void disk_free(struct disk **disk)
{
    for (size_t i = 0; i < DISK_FILES; i++)
        leat_buf_free(&(*disk)->files[i].bytes);
    free(*disk);
    *disk = NULL;
}
