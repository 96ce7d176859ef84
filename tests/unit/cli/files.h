/* Files of a test's own, in a folder that goes with it. */
#ifndef LEAT_TEST_CLI_FILES_H
#define LEAT_TEST_CLI_FILES_H

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "check_main.h"

static char files_folder[] = "/tmp/leat-test-XXXXXX";
static char files_path[64]; /* of the one file */

static inline void files_setup(void)
{
    snprintf(files_folder, sizeof files_folder, "/tmp/leat-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(files_folder));
    snprintf(files_path, sizeof files_path, "%s/file", files_folder);
}

static inline void files_teardown(void)
{
    unlink(files_path);
    ck_assert_int_eq(rmdir(files_folder), 0);
}

static inline void files_write(const void *bytes, size_t size)
{
    int fd = open(files_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    ck_assert_int_eq(close(fd), 0);
}

#define FILES_ADD(suite, test)                                                    \
    do {                                                                          \
        TCase *one = tcase_create(#test);                                         \
        tcase_set_timeout(one, 600);                                              \
        tcase_add_checked_fixture(one, files_setup, files_teardown);              \
        tcase_add_test(one, test);                                                \
        suite_add_tcase(suite, one);                                              \
    } while (0)

#endif
