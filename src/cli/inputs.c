/* See inputs_int.h. A folder is listed once; of each name that looks like a binlog's the first bytes are read, so that a
 * stray text file is not taken for one. */
#include "inputs_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "cli_int.h"

enum { INDEX_BYTES_MAX = 64 << 20 };

/* ---- Names ---- */

bool inputs_number(const char *name, size_t *series_length, uint64_t *number)
{
    enum { DIGITS_MIN = 6, DIGITS_MAX = 18 };
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name)
        return false;
    size_t digits = strspn(dot + 1, "0123456789");
    if (digits < DIGITS_MIN || digits > DIGITS_MAX || dot[1 + digits])
        return false;
    *series_length = (size_t)(dot - name);
    *number = strtoull(dot + 1, NULL, 10);
    return true;
}

int inputs_compare_names(const char *a, const char *b)
{
    size_t a_length, b_length;
    uint64_t a_number, b_number;
    if (inputs_number(a, &a_length, &a_number) && inputs_number(b, &b_length, &b_number) && a_length == b_length &&
        !strncmp(a, b, a_length))
        return a_number < b_number ? -1 : a_number > b_number;
    return strcmp(a, b);
}

static const char *const packed_suffixes[] = {".zst", ".zstd", ".gz"};
enum { PACKED_SUFFIXES = sizeof packed_suffixes / sizeof *packed_suffixes };

static bool ends_with(const char *text, const char *suffix)
{
    size_t size = strlen(text), suffix_size = strlen(suffix);
    return size > suffix_size && !strcmp(text + size - suffix_size, suffix);
}

/* The caller frees it. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!strcmp(path, "-"))
        return leat_strdup("stdin");
    char *name = leat_strdup(slash ? slash + 1 : path);
    for (size_t i = 0; i < PACKED_SUFFIXES; i++)
        if (ends_with(name, packed_suffixes[i])) {
            name[strlen(name) - strlen(packed_suffixes[i])] = 0;
            break;
        }
    return name;
}

static char *path_in(const char *folder, const char *name, const char *suffix)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s%s%s%s", folder, ends_with(folder, "/") || !strcmp(folder, "/") ? "" : "/", name, suffix);
    (void)leat_buf_cstr(&path);
    return (char *)path.data;
}

/* ---- The list ---- */

static void add(struct inputs *inputs, const char *path)
{
    struct stat stat_of;
    bool file = strcmp(path, "-") != 0 && !stat(path, &stat_of) && S_ISREG(stat_of.st_mode);
    inputs->items = leat_realloc(inputs->items, (inputs->count + 1) * sizeof *inputs->items);
    inputs->size_known = file && (inputs->size_known || !inputs->count);
    struct input *input = &inputs->items[inputs->count++];
    *input = (struct input){leat_strdup(path), name_of(path), file ? (uint64_t)stat_of.st_size : 0};
    inputs->size += input->size;
}

void inputs_free(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->items[i].path);
        free(inputs->items[i].name);
    }
    free(inputs->items);
    *inputs = (struct inputs){0};
}

/* ---- Index files ---- */

/* The file of that name in the folder, packed or not; NULL if it isn't there. The caller frees it. */
static char *find_in(const char *folder, const char *name)
{
    for (size_t i = 0; i <= PACKED_SUFFIXES; i++) {
        char *path = path_in(folder, name, i ? packed_suffixes[i - 1] : "");
        if (!access(path, F_OK))
            return path;
        free(path);
    }
    return NULL;
}

/* An index has a path a line, as its server sees them: only the names count here. What its first lines name may be purged
 * since it was copied, so what is missing is said, not refused: the gaps between the files that are there are found later. */
static int add_index(struct inputs *inputs, const char *path, struct leat_error *err)
{
    const struct leat_fs *fs = leat_fs_real();
    char *text = NULL, *rest, *folder = leat_strdup(path);
    size_t size, before = inputs->count;
    char *slash = strrchr(folder, '/');
    int rc = leat_fs_read_all(fs, path, INDEX_BYTES_MAX, &text, &size, err);
    if (slash)
        slash[slash == folder] = 0;
    for (char *line = rc == LEAT_OK ? strtok_r(text, "\r\n", &rest) : NULL; line; line = strtok_r(NULL, "\r\n", &rest)) {
        slash = strrchr(line, '/');
        const char *name = slash ? slash + 1 : line;
        char *file = *name ? find_in(strchr(path, '/') ? folder : ".", name) : NULL;
        if (file)
            add(inputs, file);
        else if (*name)
            cli_warn("%s lists %s, which is not beside it", path, name);
        free(file);
    }
    free(text);
    free(folder);
    if (rc == LEAT_END)
        return leat_fail_errno(err, ENOENT, LEAT_KIND_OPERATOR, "%s", path);
    if (rc == LEAT_OK && inputs->count == before)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s lists no file that is beside it", path);
    return rc;
}

/* ---- Folders ---- */

struct listing {
    char **names;
    size_t count;
};

static void keep(struct listing *listing, const char *name)
{
    listing->names = leat_realloc(listing->names, (listing->count + 1) * sizeof *listing->names);
    listing->names[listing->count++] = leat_strdup(name);
}

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->names[i]);
    free(listing->names);
}

/* A binlog, encrypted or packed ones too. */
static bool has_magic(const char *path)
{
    static const uint8_t magics[][4] = {
        {0xFE, 'b', 'i', 'n'}, {0xFD, 'b', 'i', 'n'}, {0x28, 0xB5, 0x2F, 0xFD}, {0x1F, 0x8B, 8, 0}};
    uint8_t bytes[4] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return true; /* let reading say why */
    ssize_t got = read(fd, bytes, sizeof bytes);
    close(fd);
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (got == sizeof bytes && !memcmp(bytes, magics[i], i < 3 ? 4 : 3))
            return true;
    return false;
}

static int compare_entries(const void *a, const void *b)
{
    char *first = name_of(*(char *const *)a), *second = name_of(*(char *const *)b);
    int order = inputs_compare_names(first, second);
    free(first);
    free(second);
    /* A file and its packed copy: the shorter name is the file. */
    return order ? order : strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(const char *folder, struct listing *binlogs, struct listing *indexes, struct leat_error *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "%s", folder);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        size_t series;
        uint64_t number;
        char *name = name_of(entry->d_name), *path = path_in(folder, entry->d_name, "");
        if (inputs_number(name, &series, &number) && has_magic(path))
            keep(binlogs, entry->d_name);
        else if (ends_with(entry->d_name, ".index"))
            keep(indexes, entry->d_name);
        free(name);
        free(path);
    }
    closedir(dir);
    if (binlogs->count)
        qsort(binlogs->names, binlogs->count, sizeof *binlogs->names, compare_entries);
    return LEAT_OK;
}

static bool same_series(const char *a, const char *b)
{
    size_t a_length = 0, b_length = 0;
    uint64_t number;
    return inputs_number(a, &a_length, &number) && inputs_number(b, &b_length, &number) && a_length == b_length &&
           !strncmp(a, b, a_length);
}

static int fail_series(const char *folder, const char *first, const char *other, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "%s holds binlogs of more than one series: %.*s and %.*s", folder,
                    (int)(strrchr(first, '.') - first), first, (int)(strrchr(other, '.') - other), other);
    return leat_cure(err, "name the one to read, as in %s/%.*s.0* or %s/%.*s.index", folder, (int)(strrchr(first, '.') - first),
                     first, folder, (int)(strrchr(first, '.') - first), first);
}

/* The index of a series, if there is one in the folder. */
static const char *index_of(const struct listing *indexes, const char *name)
{
    size_t length = (size_t)(strrchr(name, '.') - name);
    for (size_t i = 0; i < indexes->count; i++)
        if (strlen(indexes->names[i]) == length + strlen(".index") && !strncmp(indexes->names[i], name, length))
            return indexes->names[i];
    return NULL;
}

static int add_series(struct inputs *inputs, const char *folder, const struct listing *binlogs, const struct listing *indexes,
                      struct leat_error *err)
{
    char *first = name_of(binlogs->names[0]), *previous = leat_strdup("");
    const char *index = index_of(indexes, first);
    int rc = LEAT_OK;
    for (size_t i = 0; i < binlogs->count && rc == LEAT_OK; i++) {
        char *name = name_of(binlogs->names[i]), *path = path_in(folder, binlogs->names[i], "");
        if (!same_series(first, name))
            rc = fail_series(folder, first, name, err);
        else if (!index && strcmp(name, previous) != 0)
            add(inputs, path);
        free(path);
        free(previous);
        previous = name;
    }
    if (rc == LEAT_OK && index) {
        char *path = path_in(folder, index, "");
        rc = add_index(inputs, path, err);
        free(path);
    }
    free(first);
    free(previous);
    return rc;
}

static int add_folder(struct inputs *inputs, const char *folder, struct leat_error *err)
{
    struct listing binlogs = {0}, indexes = {0};
    int rc = list_folder(folder, &binlogs, &indexes, err);
    if (rc == LEAT_OK && binlogs.count)
        rc = add_series(inputs, folder, &binlogs, &indexes, err);
    else if (rc == LEAT_OK)
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR,
                       "%s holds no binlogs: no file has a name like binlog.000001 and a binlog's first bytes", folder);
    listing_free(&binlogs);
    listing_free(&indexes);
    return rc;
}

int inputs_add(struct inputs *inputs, const char *argument, struct leat_error *err)
{
    struct stat stat_of;
    bool there = strcmp(argument, "-") != 0 && !stat(argument, &stat_of);
    if (there && S_ISDIR(stat_of.st_mode))
        return add_folder(inputs, argument, err);
    if (there && ends_with(argument, ".index") && !has_magic(argument))
        return add_index(inputs, argument, err);
    add(inputs, argument);
    return LEAT_OK;
}
