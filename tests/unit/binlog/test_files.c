/* Binlog files of many servers: each event is parsed, each row walked, each value turned into text. */
#include "check_main.h"
#include "vectors.h"

#include <dirent.h>
#include <sys/stat.h>

#include "decode_all.h"

struct tally {
    uint64_t files, events, rows, values, refused;
};
static struct tally tally;

static uint8_t *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    struct leat_buf buf = {0};
    size_t got;
    do {
        got = fread(leat_buf_reserve(&buf, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(&buf, got);
    } while (got);
    fclose(file);
    *size = buf.size;
    return buf.data;
}

/* Where reading ended, with the reason in err; size if there was none. */
static size_t read_events(struct reader *reader, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    size_t at = 4;
    while (at + LEAT_EVENT_HEADER_SIZE <= size) {
        size_t length = (size_t)leat_le(bytes + at + 9, 4);
        if (length < LEAT_EVENT_HEADER_SIZE || length > size - at)
            break; /* a file that is cut */
        uint8_t *exact = leat_memdup(bytes + at, length);
        int result = reader_event(reader, exact, length, err);
        free(exact);
        if (result && err->code != LEAT_E_UNSUPPORTED)
            return at;
        reader->unsupported += result != 0;
        if (result && reader->format.version == 0)
            break; /* without a format description that can be read, nothing can */
        at += length;
    }
    return size;
}

static bool begins_like_a_binlog(const uint8_t *bytes, size_t size)
{
    return size > 4 && memcmp(bytes,
                              "\xfe"
                              "bin",
                              4) == 0;
}

/* `sound`: a server's own tool reads the file without complaint. */
static void one_file(const char *path, bool sound)
{
    size_t size;
    uint8_t *bytes = read_whole(path, &size);
    if (begins_like_a_binlog(bytes, size)) {
        struct reader reader = {0};
        struct leat_error err = {0};
        size_t end = read_events(&reader, bytes, size, &err);
        if (end != size)
            printf("%s%s:%zu: %s\n", sound ? "" : "(as expected) ", path, end, err.message);
        ck_assert_msg(end == size || !sound, "%s:%zu: %s", path, end, err.message);
        tally.files++;
        tally.events += reader.events;
        tally.rows += reader.rows;
        tally.values += reader.values;
        tally.refused += reader.unsupported;
        reader_free(&reader);
    }
    free(bytes);
}

static void each_file(const char *folder, bool (*sound)(const char *path))
{
    DIR *dir = opendir(folder);
    if (!dir) {
        printf("skipped: %s is not there\n", folder);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        struct stat stat_of;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &stat_of))
            continue;
        if (S_ISDIR(stat_of.st_mode))
            each_file(path, sound);
        else
            one_file(path, sound(path));
    }
    closedir(dir);
}

static const char *const fixtures = LEAT_SHARED_FIXTURES "/binlogs";

/* INDEX.tsv tells what mysqlbinlog (column 12) and mariadb-binlog (13) say of a file. */
static bool sound_by_index(const char *path)
{
    static char *lines;
    if (!lines) {
        size_t size;
        char index[4096];
        snprintf(index, sizeof(index), "%s/INDEX.tsv", fixtures);
        lines = (char *)read_whole(index, &size);
        lines = leat_realloc(lines, size + 1);
        lines[size] = 0;
    }
    const char *relative = path + strlen(fixtures) + 1;
    for (const char *line = lines; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, relative, strlen(relative)) != 0 || line[strlen(relative)] != '\t')
            continue;
        const char *field = line;
        for (int i = 0; i < 11; i++)
            field = strchr(field, '\t') + 1;
        if (strncmp(field, "ok", 2) == 0)
            return true;
        /* MySQL's tool refuses what is old or MariaDB's; MariaDB's does not look at checksums. */
        const char *next = strchr(field, '\t');
        bool sum_wrong = memmem(field, (size_t)(next - field), "crc", 3) != NULL;
        return !sum_wrong && strncmp(next + 1, "ok", 2) == 0;
    }
    return false;
}

static void report(const char *what)
{
    printf("%s: %llu files, %llu events, %llu rows, %llu values; %llu events refused as unsupported\n", what,
           (unsigned long long)tally.files, (unsigned long long)tally.events, (unsigned long long)tally.rows,
           (unsigned long long)tally.values, (unsigned long long)tally.refused);
    tally = (struct tally){0};
}

START_TEST(files_of_others)
{
    each_file(fixtures, sound_by_index);
    report("files of others");
}
END_TEST

static bool is_binlog(const char *path)
{
    return strstr(path, ".binlog") != NULL;
}

START_TEST(files_of_our_own_lab)
{
    each_file(LEAT_TEST_DATA, is_binlog);
    report("our own files");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog files");
    LEAT_TEST_ADD(s, files_of_others);
    LEAT_TEST_ADD(s, files_of_our_own_lab);
    return s;
}

LEAT_TEST_MAIN(suite)
