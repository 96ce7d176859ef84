/* Whole files over any file system: read at once, replaced at once. Any thread. */
#include "base/fs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int leat_fs_read_all(const struct leat_fs *fs, const char *path, size_t limit, char **bytes, size_t *size,
                     struct leat_error *err)
{
    *bytes = NULL;
    *size = 0;
    struct leat_file *file = NULL;
    int result = fs->open(fs->context, &file, path, LEAT_OPEN_READ, err);
    if (result != LEAT_OK)
        return result;
    uint64_t length = 0;
    result = fs->size(fs->context, file, &length, err);
    if (result != LEAT_OK)
        goto out;
    if (length > limit) {
        result =
            leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "%s has %llu bytes, at most %zu are read",
                      path, (unsigned long long)length, limit);
        goto out;
    }
    *bytes = leat_alloc((size_t)length + 1);
    result = fs->read(fs->context, file, *bytes, (size_t)length, 0, size, err);
    (*bytes)[*size] = '\0';
out:
    fs->close(fs->context, &file);
    if (result != LEAT_OK) {
        free(*bytes);
        *bytes = NULL;
        *size = 0;
    }
    return result;
}

/* The folder that path lies in; fresh memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return leat_strdup(".");
    return slash == path ? leat_strdup("/") : leat_strndup(path, (size_t)(slash - path));
}

static int write_synced(const struct leat_fs *fs, const char *path, const void *bytes, size_t size,
                        struct leat_error *err)
{
    struct leat_file *file = NULL;
    int result = fs->open(fs->context, &file, path, LEAT_OPEN_WRITE | LEAT_OPEN_CREATE, err);
    if (result != LEAT_OK)
        return result;
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    /* One may be left over from a process that was killed here. */
    result = fs->truncate(fs->context, file, 0, err);
    if (result == LEAT_OK)
        result = fs->write(fs->context, file, &part, 1, 0, err);
    if (result == LEAT_OK)
        result = fs->sync(fs->context, file, err);
    fs->close(fs->context, &file);
    return result;
}

int leat_fs_replace(const struct leat_fs *fs, const char *path, const void *bytes, size_t size,
                    struct leat_error *err)
{
    size_t length = strlen(path);
    char *temporary = leat_alloc(length + sizeof ".tmp");
    memcpy(temporary, path, length);
    memcpy(temporary + length, ".tmp", sizeof ".tmp");
    char *folder = folder_of(path);
    int result = write_synced(fs, temporary, bytes, size, err);
    if (result == LEAT_OK)
        result = fs->rename(fs->context, temporary, path, err);
    if (result == LEAT_OK)
        result = fs->sync_folder(fs->context, folder, err);
    free(temporary);
    free(folder);
    return result;
}
