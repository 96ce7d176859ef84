/* The machine's file system: one struct leat_file is one descriptor and the path that it was opened by, for
 * messages. Any thread; a file belongs to one thread at a time.
 *
 * What fails: disk full is retried by whoever asked (kind retry), a failed sync is fatal and never retried,
 * since the kernel forgets the failure once it has told it; all else is for the operator. */
#include "base/fs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"

struct leat_file {
    int fd;
    char *path; /* owned */
};

enum { PARTS_MAX = 1024 }; /* IOV_MAX of Linux */

/* Whether the other side is a process of ours or of others, an open file has one lock. */
static int lock_file(int fd, const char *path, struct leat_error *err)
{
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            leat_fail(err, LEAT_E_LOCKED, LEAT_KIND_OPERATOR, "%s is locked by another process", path);
            return leat_cure(err, "stop the other process, or give this one a folder of its own");
        }
        if (errno != EINTR)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot lock %s", path);
    }
    return LEAT_OK;
}

static int real_open(void *context, struct leat_file **file, const char *path, unsigned flags,
                     struct leat_error *err)
{
    (void)context;
    int how = O_CLOEXEC | O_NOFOLLOW | (flags & LEAT_OPEN_WRITE ? O_RDWR : O_RDONLY);
    if (flags & LEAT_OPEN_CREATE)
        how |= O_CREAT;
    if (flags & LEAT_OPEN_EXCLUSIVE)
        how |= O_EXCL;
    int fd;
    do
        fd = open(path, how, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == ENOENT && !(flags & LEAT_OPEN_CREATE))
        return LEAT_END;
    if (fd < 0 && errno == ELOOP)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "cannot open %s: it is a symbolic link", path);
    if (fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot open %s", path);
    if (flags & LEAT_OPEN_LOCK && lock_file(fd, path, err) != LEAT_OK) {
        close(fd);
        return LEAT_FAIL;
    }
    *file = leat_alloc(sizeof **file);
    **file = (struct leat_file){fd, leat_strdup(path)};
    return LEAT_OK;
}

static void real_close(void *context, struct leat_file **file)
{
    (void)context;
    if (!*file)
        return;
    close((*file)->fd); /* gives no guarantee, so its result means nothing: sync is what counts */
    free((*file)->path);
    free(*file);
    *file = NULL;
}

static int check_range(const struct leat_file *file, uint64_t offset, uint64_t size, struct leat_error *err)
{
    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s: no file reaches byte %llu", file->path,
                         (unsigned long long)offset);
    return LEAT_OK;
}

static int real_read(void *context, struct leat_file *file, void *bytes, size_t size, uint64_t offset,
                     size_t *got, struct leat_error *err)
{
    (void)context;
    *got = 0;
    if (check_range(file, offset, size, err) != LEAT_OK)
        return LEAT_FAIL;
    while (*got < size) {
        ssize_t part = pread(file->fd, (char *)bytes + *got, size - *got, (off_t)(offset + *got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot read %s at byte %llu", file->path,
                                   (unsigned long long)(offset + *got));
        if (part == 0)
            break;
        *got += (size_t)part;
    }
    return LEAT_OK;
}

/* The vectors that are left after the first `skip` bytes of them, at most `limit`; returns how many. */
static size_t rest_of(struct iovec *rest, size_t limit, const struct iovec *parts, size_t count, size_t skip)
{
    size_t used = 0;
    for (size_t i = 0; i < count && used < limit; i++) {
        if (skip >= parts[i].iov_len) {
            skip -= parts[i].iov_len;
            continue;
        }
        rest[used].iov_base = (char *)parts[i].iov_base + skip;
        rest[used].iov_len = parts[i].iov_len - skip;
        skip = 0;
        used++;
    }
    return used;
}

static int real_write(void *context, struct leat_file *file, const struct iovec *parts, size_t count,
                      uint64_t offset, struct leat_error *err)
{
    (void)context;
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    if (check_range(file, offset, total, err) != LEAT_OK)
        return LEAT_FAIL;
    size_t skip = 0; /* of parts[0], already written */
    while (true) {
        for (; count && skip >= parts->iov_len; parts++, count--)
            skip -= parts->iov_len;
        if (!count)
            return LEAT_OK;
        struct iovec rest[PARTS_MAX];
        size_t used = rest_of(rest, PARTS_MAX, parts, count, skip);
        ssize_t written = pwritev(file->fd, rest, (int)used, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot write %s at byte %llu", file->path,
                                   (unsigned long long)offset);
        skip += (size_t)written;
        offset += (uint64_t)written;
    }
}

static int real_truncate(void *context, struct leat_file *file, uint64_t size, struct leat_error *err)
{
    (void)context;
    if (check_range(file, size, 0, err) != LEAT_OK)
        return LEAT_FAIL;
    int result;
    do
        result = ftruncate(file->fd, (off_t)size);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot set the size of %s to %llu bytes",
                               file->path, (unsigned long long)size);
    return LEAT_OK;
}

static int real_size(void *context, struct leat_file *file, uint64_t *size, struct leat_error *err)
{
    (void)context;
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot get the size of %s", file->path);
    *size = (uint64_t)status.st_size;
    return LEAT_OK;
}

/* Where the file system can't reserve space, the file only gets its size: the disk may then be full at a
 * write, which every writer has to bear anyway. */
static int real_allocate(void *context, struct leat_file *file, uint64_t size, struct leat_error *err)
{
    if (check_range(file, size, 0, err) != LEAT_OK)
        return LEAT_FAIL;
    if (size == 0)
        return LEAT_OK;
    int result;
    do
        result = fallocate(file->fd, 0, 0, (off_t)size);
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return LEAT_OK;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot reserve %llu bytes for %s",
                               (unsigned long long)size, file->path);
    uint64_t now = 0;
    if (real_size(context, file, &now, err) != LEAT_OK)
        return LEAT_FAIL;
    return now < size ? real_truncate(context, file, size, err) : LEAT_OK;
}

static int sync_failed(struct leat_error *err, int number, const char *path)
{
    char reason[128];
    leat_fail(err, LEAT_E_SYNC, LEAT_KIND_FATAL, "sync of %s failed: %s", path,
              strerror_r(number, reason, sizeof reason));
    return leat_cure(
        err, "check the disk and the kernel's log, then start leat again: it recovers what was synced "
             "and asks the source for the rest");
}

static int real_sync(void *context, struct leat_file *file, struct leat_error *err)
{
    (void)context;
    return fdatasync(file->fd) == 0 ? LEAT_OK : sync_failed(err, errno, file->path);
}

static int real_rename(void *context, const char *from, const char *to, struct leat_error *err)
{
    (void)context;
    if (rename(from, to) != 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot rename %s to %s", from, to);
    return LEAT_OK;
}

static int real_unlink(void *context, const char *path, struct leat_error *err)
{
    (void)context;
    if (unlink(path) != 0 && errno != ENOENT)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot remove %s", path);
    return LEAT_OK;
}

static int real_sync_folder(void *context, const char *path, struct leat_error *err)
{
    (void)context;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot open folder %s", path);
    int result = fsync(fd) == 0 ? LEAT_OK : sync_failed(err, errno, path);
    close(fd);
    return result;
}

static int make_one_folder(const char *path, struct leat_error *err)
{
    if (mkdir(path, 0700) == 0)
        return LEAT_OK;
    int number = errno;
    struct stat status;
    if (number == EEXIST && stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return LEAT_OK;
        number = ENOTDIR;
    }
    return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "cannot make folder %s", path);
}

/* The entry of `path` in the folder above it. One that we may not even open is not ours to make durable: whoever gave us
 * the folder has done that. */
static int sync_entry(const char *path, struct leat_error *err)
{
    char *parent = leat_strdup(path);
    char *end = parent + strlen(parent);
    while (end > parent + 1 && end[-1] == '/')
        end--;
    while (end > parent && end[-1] != '/')
        end--;
    while (end > parent + 1 && end[-1] == '/')
        end--;
    *end = '\0';
    int fd = open(*parent ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = LEAT_OK;
    if (fd >= 0 && fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        result = sync_failed(err, errno, *parent ? parent : ".");
    if (fd >= 0)
        close(fd);
    free(parent);
    return result;
}

static int real_make_folder(void *context, const char *path, struct leat_error *err)
{
    (void)context;
    char *parent = leat_strdup(path);
    char *above = NULL; /* the last parent that was there already */
    int result = LEAT_OK;
    for (char *at = parent; *at && result == LEAT_OK; at++) {
        if (*at != '/' || at == parent || at[-1] == '/')
            continue;
        *at = '\0';
        struct stat status; /* a parent may be one that we must not even try to make (read-only, automounted) */
        if (stat(parent, &status) == 0) {
            free(above);
            above = leat_strdup(parent);
        } else {
            /* It may have been made by a process that was killed before it synced it. */
            if (above)
                result = sync_entry(above, err);
            free(above);
            above = NULL;
            if (result == LEAT_OK)
                result = make_one_folder(parent, err);
            if (result == LEAT_OK)
                result = sync_entry(parent, err);
        }
        *at = '/';
    }
    struct stat status;
    if (result == LEAT_OK && above && stat(path, &status) != 0)
        result = sync_entry(above, err);
    if (result == LEAT_OK)
        result = make_one_folder(path, err);
    if (result == LEAT_OK)
        result = sync_entry(path, err);
    free(above);
    free(parent);
    return result;
}

static int real_list(void *context, const char *path, int (*each)(void *argument, const char *name),
                     void *argument, struct leat_error *err)
{
    (void)context;
    DIR *folder = opendir(path);
    if (!folder)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot list folder %s", path);
    int result = LEAT_OK;
    while (result == LEAT_OK) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (!entry && errno)
            result = leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot list folder %s", path);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = each(argument, entry->d_name);
    }
    closedir(folder);
    return result;
}

static int real_space(void *context, const char *path, uint64_t *free_bytes, uint64_t *total_bytes,
                      struct leat_error *err)
{
    (void)context;
    struct statvfs status;
    if (statvfs(path, &status) != 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot get the free space of %s", path);
    *free_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    *total_bytes = (uint64_t)status.f_blocks * status.f_frsize;
    return LEAT_OK;
}

const struct leat_fs *leat_fs_real(void)
{
    static const struct leat_fs real = {
        .open = real_open,
        .close = real_close,
        .read = real_read,
        .write = real_write,
        .allocate = real_allocate,
        .truncate = real_truncate,
        .sync = real_sync,
        .size = real_size,
        .rename = real_rename,
        .unlink = real_unlink,
        .sync_folder = real_sync_folder,
        .make_folder = real_make_folder,
        .list = real_list,
        .space = real_space,
    };
    return &real;
}
