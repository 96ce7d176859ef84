/* The driver without libFuzzer: runs inputs again, under whatever the build was made with. An input is a file; a folder is
 * all files in it; a file *.tar.zst is all files in it.
 *
 *     replay                       every target's corpus, a line for each: "events: 512 passed, 0 failed"
 *     replay TARGET [INPUT…]       that target's corpus, or these inputs
 *     replay --list                targets, and the sources they are about
 *
 * A target that fails ends the process, so each runs in a child; what it was running is told first. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zstd.h>

#include "base/fs.h"
#include "fuzz.h"

enum { FILE_MAX = 64 << 20, PATH_BYTES = 4096, TAR_BLOCK = 512 };

static unsigned long inputs_run;
static char running[PATH_BYTES]; /* for who looks with a debugger, and for what is said at the end */

static void one(const struct fuzz_target *target, const char *name, const uint8_t *bytes, size_t size)
{
    snprintf(running, sizeof running, "%s", name);
    uint8_t *copy = leat_memdup(bytes, size); /* of the exact size */
    fuzz_run(target, copy, size);
    free(copy);
    inputs_run++;
}

/* Of the sanitizers' interface. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void say_what_ran(void)
{
    static const char text[] = "while running ";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    (void)!write(STDERR_FILENO, running, strlen(running));
    (void)!write(STDERR_FILENO, "\n", 1);
}

static void on_abort(int number)
{
    say_what_ran();
    signal(number, SIG_DFL);
    raise(number);
}

/* ---- Archives ---- */

static size_t octal(const uint8_t *at, size_t size)
{
    size_t value = 0;
    for (size_t i = 0; i < size && at[i] >= '0' && at[i] <= '7'; i++)
        value = value * 8 + (size_t)(at[i] - '0');
    return value;
}

static void run_tar(const struct fuzz_target *target, const uint8_t *bytes, size_t size)
{
    enum { NAME = 100, SIZE_AT = 124, SIZE_DIGITS = 12, TYPE_AT = 156 };
    for (size_t at = 0; at + TAR_BLOCK <= size && bytes[at];) {
        size_t content = octal(bytes + at + SIZE_AT, SIZE_DIGITS);
        char name[NAME + 1];
        snprintf(name, sizeof name, "%.*s", NAME, (const char *)bytes + at);
        if (content > size - at - TAR_BLOCK)
            break;
        if (bytes[at + TYPE_AT] == '0' || !bytes[at + TYPE_AT])
            one(target, name, bytes + at + TAR_BLOCK, content);
        at += TAR_BLOCK + (content + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
}

static bool run_archive(const struct fuzz_target *target, const char *bytes, size_t size)
{
    struct leat_buf tar = {0};
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t result = 1;
    while (in.pos < in.size || result) {
        ZSTD_outBuffer out = {leat_buf_reserve(&tar, 1 << 16), 1 << 16, 0};
        result = ZSTD_decompressStream(stream, &out, &in);
        if (ZSTD_isError(result) || (!out.pos && in.pos == in.size))
            break;
        leat_buf_commit(&tar, out.pos);
    }
    ZSTD_freeDStream(stream);
    if (result == 0)
        run_tar(target, tar.data, tar.size);
    leat_buf_free(&tar);
    return result == 0;
}

/* ---- Inputs ---- */

static bool run_input(const struct fuzz_target *target, const char *path);

static bool run_folder(const struct fuzz_target *target, const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    bool good = true;
    struct dirent *entry;
    while (good && (entry = readdir(folder))) {
        char inner[PATH_BYTES];
        int length = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            good = length < (int)sizeof inner && run_input(target, inner);
    }
    closedir(folder);
    return good;
}

static bool run_input(const struct fuzz_target *target, const char *path)
{
    struct stat about;
    if (!stat(path, &about) && S_ISDIR(about.st_mode))
        return run_folder(target, path);
    char *bytes;
    size_t size, length = strlen(path);
    struct leat_error err = {0};
    if (leat_fs_read_all(leat_fs_real(), path, FILE_MAX, &bytes, &size, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.message[0] ? err.message : "there is no such file");
        return false;
    }
    bool good = true;
    if (length > 8 && !strcmp(path + length - 8, ".tar.zst"))
        good = run_archive(target, bytes, size);
    else
        one(target, path, (const uint8_t *)bytes, size);
    free(bytes);
    return good;
}

static bool run_corpus(const struct fuzz_target *target)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s.tar.zst", LEAT_FUZZ_CORPUS, target->name);
    return run_input(target, path);
}

/* ---- Targets ---- */

/* In a child: its exit status, and how many inputs it ran. */
static bool run_in_child(const struct fuzz_target *target, unsigned long *count)
{
    int ends[2], status = 0;
    FUZZ_CHECK(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool good = run_corpus(target);
        (void)!write(ends[1], &inputs_run, sizeof inputs_run);
        exit(good ? EXIT_SUCCESS : EXIT_FAILURE); /* and so look for leaks */
    }
    close(ends[1]);
    if (read(ends[0], count, sizeof *count) != sizeof *count)
        *count = 0;
    close(ends[0]);
    FUZZ_CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static int run_all(void)
{
    int failed = 0;
    for (size_t i = 0; fuzz_targets[i]; i++) {
        unsigned long count = 0;
        bool good = run_in_child(fuzz_targets[i], &count);
        failed += !good;
        printf("%s: %lu passed, %d failed\n", fuzz_targets[i]->name, count, !good);
        fflush(stdout);
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int list(void)
{
    for (size_t i = 0; fuzz_targets[i]; i++)
        printf("%s %u %s\n", fuzz_targets[i]->name, fuzz_targets[i]->size_max, fuzz_targets[i]->sources);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(say_what_ran);
    if (argc == 1)
        return run_all();
    if (!strcmp(argv[1], "--list"))
        return list();
    const struct fuzz_target *target = fuzz_target_find(argv[1]);
    if (!target) {
        fprintf(stderr, "no target %s; --list shows them\n", argv[1]);
        return 2;
    }
    bool good = argc > 2 || run_corpus(target);
    for (int i = 2; i < argc && good; i++)
        good = run_input(target, argv[i]);
    printf("%s: %lu passed, %d failed\n", target->name, inputs_run, !good);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
