/* The machine's file system behind its vtable, in a folder of its own. */
#include "check_main.h"

#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"

static char folder[256];
static const struct leat_fs *fs;
static struct leat_error err;

static void make_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/leat-fs-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    fs = leat_fs_real();
    err = (struct leat_error){0};
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* folder/name; valid until the fourth call after. */
static const char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static struct leat_file *open_ok(const char *name, unsigned flags)
{
    struct leat_file *file = NULL;
    ck_assert_msg(fs->open(NULL, &file, path_of(name), flags, &err) == LEAT_OK, "%s", err.message);
    return file;
}

static void write_ok(struct leat_file *file, const char *text, uint64_t offset)
{
    char *copy = leat_strdup(text);
    struct iovec part = {copy, strlen(text)};
    ck_assert_msg(fs->write(NULL, file, &part, 1, offset, &err) == LEAT_OK, "%s", err.message);
    free(copy);
}

START_TEST(what_is_written_is_read)
{
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    write_ok(file, "hello", 0);
    write_ok(file, "world", 8);
    char bytes[32];
    size_t got;
    uint64_t size;
    ck_assert_int_eq(fs->read(NULL, file, bytes, sizeof bytes, 0, &got, &err), LEAT_OK);
    ck_assert_uint_eq(got, 13);
    ck_assert_mem_eq(bytes, "hello\0\0\0world", 13);
    ck_assert_int_eq(fs->read(NULL, file, bytes, 3, 9, &got, &err), LEAT_OK);
    ck_assert_uint_eq(got, 3);
    ck_assert_mem_eq(bytes, "orl", 3);
    ck_assert_int_eq(fs->read(NULL, file, bytes, 3, 100, &got, &err), LEAT_OK);
    ck_assert_uint_eq(got, 0);
    ck_assert_int_eq(fs->size(NULL, file, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 13);
    ck_assert_int_eq(fs->sync(NULL, file, &err), LEAT_OK);
    ck_assert_int_eq(fs->truncate(NULL, file, 4, &err), LEAT_OK);
    ck_assert_int_eq(fs->size(NULL, file, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 4);
    fs->close(NULL, &file);
    ck_assert_ptr_null(file);
    fs->close(NULL, &file);
}
END_TEST

START_TEST(more_vectors_than_the_kernel_takes_at_once)
{
    enum { COUNT = 5000 };
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    static struct iovec parts[COUNT];
    static uint8_t bytes[COUNT][3];
    struct leat_buf expected = {0};
    for (unsigned i = 0; i < COUNT; i++) {
        memset(bytes[i], (int)(i % 251), 3);
        parts[i] = (struct iovec){bytes[i], i % 4}; /* empty ones too */
        leat_buf_put(&expected, bytes[i], i % 4);
    }
    ck_assert_int_eq(fs->write(NULL, file, parts, COUNT, 7, &err), LEAT_OK);
    uint8_t *back = leat_alloc(expected.size);
    size_t got;
    ck_assert_int_eq(fs->read(NULL, file, back, expected.size, 7, &got, &err), LEAT_OK);
    ck_assert_uint_eq(got, expected.size);
    ck_assert_mem_eq(back, expected.data, expected.size);
    ck_assert_int_eq(fs->write(NULL, file, NULL, 0, 7, &err), LEAT_OK);
    ck_assert_int_eq(fs->write(NULL, file, parts, 1, 7, &err), LEAT_OK);
    fs->close(NULL, &file);
    leat_buf_free(&expected);
    free(back);
}
END_TEST

START_TEST(a_missing_file_is_the_end_not_an_error)
{
    struct leat_file *file = NULL;
    ck_assert_int_eq(fs->open(NULL, &file, path_of("none"), LEAT_OPEN_READ, &err), LEAT_END);
    ck_assert_ptr_null(file);
    ck_assert_int_eq(err.code, LEAT_E_NONE);
    ck_assert_int_eq(fs->open(NULL, &file, path_of("no/folder"), LEAT_OPEN_WRITE | LEAT_OPEN_CREATE, &err),
                     LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "no/folder: No such file or directory"));
}
END_TEST

START_TEST(exclusive_creation_happens_once)
{
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE | LEAT_OPEN_EXCLUSIVE);
    fs->close(NULL, &file);
    ck_assert_int_eq(
        fs->open(NULL, &file, path_of("f"), LEAT_OPEN_WRITE | LEAT_OPEN_CREATE | LEAT_OPEN_EXCLUSIVE, &err),
        LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "File exists"));
}
END_TEST

START_TEST(nobody_else_may_read_and_links_are_not_followed)
{
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    fs->close(NULL, &file);
    struct stat status;
    ck_assert_int_eq(stat(path_of("f"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(symlink("f", path_of("link")), 0);
    ck_assert_int_eq(fs->open(NULL, &file, path_of("link"), LEAT_OPEN_READ, &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "symbolic link"));
}
END_TEST

START_TEST(a_lock_is_held_until_closed)
{
    unsigned flags = LEAT_OPEN_WRITE | LEAT_OPEN_CREATE | LEAT_OPEN_LOCK;
    struct leat_file *first = open_ok("lock", flags), *second = NULL;
    ck_assert_int_eq(fs->open(NULL, &second, path_of("lock"), flags, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_LOCKED);
    ck_assert_ptr_nonnull(strstr(err.message, "lock is locked by another process"));
    ck_assert(err.cure[0]);
    ck_assert_ptr_null(second);
    fs->close(NULL, &first);
    second = open_ok("lock", flags);
    fs->close(NULL, &second);
}
END_TEST

START_TEST(allocation_makes_room_and_never_shrinks)
{
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    write_ok(file, "abc", 0);
    uint64_t size;
    ck_assert_int_eq(fs->allocate(NULL, file, 65536, &err), LEAT_OK);
    ck_assert_int_eq(fs->size(NULL, file, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 65536);
    ck_assert_int_eq(fs->allocate(NULL, file, 10, &err), LEAT_OK);
    ck_assert_int_eq(fs->allocate(NULL, file, 0, &err), LEAT_OK);
    ck_assert_int_eq(fs->size(NULL, file, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 65536);
    char bytes[4];
    size_t got;
    ck_assert_int_eq(fs->read(NULL, file, bytes, 4, 0, &got, &err), LEAT_OK);
    ck_assert_mem_eq(bytes, "abc\0", 4);
    fs->close(NULL, &file);
}
END_TEST

START_TEST(offsets_that_no_file_has_are_errors)
{
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    char byte = 0;
    size_t got;
    struct iovec part = {&byte, 1};
    ck_assert_int_eq(fs->read(NULL, file, &byte, 1, UINT64_MAX, &got, &err), LEAT_FAIL);
    ck_assert_int_eq(fs->write(NULL, file, &part, 1, INT64_MAX, &err), LEAT_FAIL);
    ck_assert_int_eq(fs->truncate(NULL, file, UINT64_MAX, &err), LEAT_FAIL);
    ck_assert_int_eq(fs->allocate(NULL, file, UINT64_MAX, &err), LEAT_FAIL);
    fs->close(NULL, &file);
}
END_TEST

START_TEST(a_full_disk_is_retried)
{
    struct leat_file *file = NULL;
    char bytes[10] = {0};
    struct iovec part = {bytes, sizeof bytes};
    ck_assert_int_eq(fs->open(NULL, &file, "/dev/full", LEAT_OPEN_WRITE, &err), LEAT_OK);
    ck_assert_int_eq(fs->write(NULL, file, &part, 1, 0, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_DISK_FULL);
    ck_assert_int_eq(err.kind, LEAT_KIND_RETRY);
    fs->close(NULL, &file);
}
END_TEST

START_TEST(a_failed_sync_is_fatal_and_names_the_file)
{
    struct leat_file *file = NULL;
    ck_assert_int_eq(fs->open(NULL, &file, "/dev/null", LEAT_OPEN_WRITE, &err), LEAT_OK);
    ck_assert_int_eq(fs->sync(NULL, file, &err), LEAT_FAIL); /* there is nothing to sync to */
    ck_assert_int_eq(err.code, LEAT_E_SYNC);
    ck_assert_int_eq(err.kind, LEAT_KIND_FATAL);
    ck_assert_ptr_nonnull(strstr(err.message, "/dev/null"));
    ck_assert_int_eq(leat_error_exit_status(&err), 14);
    fs->close(NULL, &file);
}
END_TEST

START_TEST(a_file_opened_for_reading_cannot_be_written)
{
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    fs->close(NULL, &file);
    file = open_ok("f", LEAT_OPEN_READ);
    char byte = 0;
    struct iovec part = {&byte, 1};
    ck_assert_int_eq(fs->write(NULL, file, &part, 1, 0, &err), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "/f at byte 0"));
    fs->close(NULL, &file);
}
END_TEST

START_TEST(rename_and_unlink)
{
    struct leat_file *file = open_ok("a", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    fs->close(NULL, &file);
    ck_assert_int_eq(fs->rename(NULL, path_of("a"), path_of("b"), &err), LEAT_OK);
    ck_assert_int_eq(fs->sync_folder(NULL, folder, &err), LEAT_OK);
    ck_assert_int_eq(fs->rename(NULL, path_of("a"), path_of("b"), &err), LEAT_FAIL);
    ck_assert_int_eq(fs->unlink(NULL, path_of("b"), &err), LEAT_OK);
    ck_assert_int_eq(fs->unlink(NULL, path_of("b"), &err), LEAT_OK);
    ck_assert_int_eq(fs->unlink(NULL, folder, &err), LEAT_FAIL);
    ck_assert_int_eq(fs->sync_folder(NULL, path_of("none"), &err), LEAT_FAIL);
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
    struct stat status;
    ck_assert_int_eq(fs->make_folder(NULL, path_of("x/y//z"), &err), LEAT_OK);
    ck_assert_int_eq(stat(path_of("x/y/z"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
    ck_assert_int_eq(fs->make_folder(NULL, path_of("x/y/z"), &err), LEAT_OK);
    ck_assert_int_eq(fs->make_folder(NULL, path_of("x/y/z/"), &err), LEAT_OK);
    struct leat_file *file = open_ok("file", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    fs->close(NULL, &file);
    ck_assert_int_eq(fs->make_folder(NULL, path_of("file"), &err), LEAT_FAIL);
    ck_assert_int_eq(fs->make_folder(NULL, path_of("file/below"), &err), LEAT_FAIL);
}
END_TEST

static int count_name(void *argument, const char *name)
{
    unsigned *count = argument;
    ck_assert(strcmp(name, "a") == 0 || strcmp(name, "b") == 0);
    ++*count;
    return 0;
}

static int stop_at_once(void *argument, const char *name)
{
    (void)name;
    ++*(unsigned *)argument;
    return LEAT_STOPPED;
}

START_TEST(listing_calls_for_each_until_told_to_stop)
{
    struct leat_file *file = open_ok("a", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    fs->close(NULL, &file);
    ck_assert_int_eq(fs->make_folder(NULL, path_of("b"), &err), LEAT_OK);
    unsigned count = 0;
    ck_assert_int_eq(fs->list(NULL, folder, count_name, &count, &err), LEAT_OK);
    ck_assert_uint_eq(count, 2);
    count = 0;
    ck_assert_int_eq(fs->list(NULL, folder, stop_at_once, &count, &err), LEAT_STOPPED);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(fs->list(NULL, path_of("none"), count_name, &count, &err), LEAT_FAIL);
}
END_TEST

START_TEST(space_is_plausible)
{
    uint64_t free_bytes, total_bytes;
    ck_assert_int_eq(fs->space(NULL, folder, &free_bytes, &total_bytes, &err), LEAT_OK);
    ck_assert_uint_gt(total_bytes, 0);
    ck_assert_uint_le(free_bytes, total_bytes);
    ck_assert_int_eq(fs->space(NULL, path_of("none"), &free_bytes, &total_bytes, &err), LEAT_FAIL);
}
END_TEST

START_TEST(whole_files_are_read_within_their_limit)
{
    char *bytes;
    size_t size;
    ck_assert_int_eq(leat_fs_read_all(fs, path_of("f"), 100, &bytes, &size, &err), LEAT_END);
    ck_assert_ptr_null(bytes);
    struct leat_file *file = open_ok("f", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    ck_assert_int_eq(leat_fs_read_all(fs, path_of("f"), 0, &bytes, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 0);
    ck_assert_str_eq(bytes, "");
    free(bytes);
    write_ok(file, "0123456789", 0);
    fs->close(NULL, &file);
    ck_assert_int_eq(leat_fs_read_all(fs, path_of("f"), 10, &bytes, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 10);
    ck_assert_str_eq(bytes, "0123456789");
    free(bytes);
    ck_assert_int_eq(leat_fs_read_all(fs, path_of("f"), 9, &bytes, &size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    ck_assert_ptr_null(bytes);
}
END_TEST

START_TEST(replacing_leaves_the_new_contents_and_nothing_else)
{
    char *bytes;
    size_t size;
    struct leat_file *file = open_ok("f.tmp", LEAT_OPEN_WRITE | LEAT_OPEN_CREATE);
    write_ok(file, "left over from a process that was killed", 0);
    fs->close(NULL, &file);
    ck_assert_int_eq(leat_fs_replace(fs, path_of("f"), "first", 5, &err), LEAT_OK);
    ck_assert_int_eq(leat_fs_replace(fs, path_of("f"), "2nd", 3, &err), LEAT_OK);
    ck_assert_int_eq(leat_fs_read_all(fs, path_of("f"), 100, &bytes, &size, &err), LEAT_OK);
    ck_assert_str_eq(bytes, "2nd");
    free(bytes);
    ck_assert_int_eq(access(path_of("f.tmp"), F_OK), -1);
    ck_assert_int_eq(leat_fs_replace(fs, path_of("none/f"), "x", 1, &err), LEAT_FAIL);
}
END_TEST

START_TEST(replacing_a_name_without_a_folder)
{
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(leat_fs_replace(fs, "plain", "", 0, &err), LEAT_OK);
    ck_assert_int_eq(access("plain", F_OK), 0);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static Suite *fs_suite(void)
{
    static const TTest *const *const tests[] = {
        &what_is_written_is_read,
        &more_vectors_than_the_kernel_takes_at_once,
        &a_missing_file_is_the_end_not_an_error,
        &exclusive_creation_happens_once,
        &nobody_else_may_read_and_links_are_not_followed,
        &a_lock_is_held_until_closed,
        &allocation_makes_room_and_never_shrinks,
        &offsets_that_no_file_has_are_errors,
        &a_full_disk_is_retried,
        &a_failed_sync_is_fatal_and_names_the_file,
        &a_file_opened_for_reading_cannot_be_written,
        &rename_and_unlink,
        &folders_are_made_with_their_parents,
        &listing_calls_for_each_until_told_to_stop,
        &space_is_plausible,
        &whole_files_are_read_within_their_limit,
        &replacing_leaves_the_new_contents_and_nothing_else,
        &replacing_a_name_without_a_folder,
    };
    Suite *suite = suite_create("fs");
    TCase *test_case = tcase_create("folder");
    tcase_add_checked_fixture(test_case, make_folder, remove_folder);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(test_case, *tests[i]);
    suite_add_tcase(suite, test_case);
    return suite;
}

LEAT_TEST_MAIN(fs_suite)
