/* Binlog files as `leat decode` reads them: plain, in zstd, in gzip; several that follow each other or don't; relay logs, cut and
 * damaged ones. Input: a byte of options, then parts, as of the target events, or a file's bytes as they are. A part of type 0 ends a
 * file: the next one's number is so much higher as its flags say, and its first byte the server that wrote it. With READ_AHEAD another
 * thread reads; without, the process has one processor, where there is none. */
#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include <zstd.h>

#include "base/checksum.h"
#include "binlog/event.h"
#include "cli/walk_int.h"
#include "parts.h"

enum { RAW = 1, CUT = 2, RIGHT_SUMS = 4, ZSTD_ALONE = 8, DAMAGED = 16, OWN_NAMES = 32, SMALL_EVENTS = 64, READ_AHEAD = 128 };
enum { NEXT_FILE = 0, FILES_MAX = 6, EVENT_BYTES_MAX = 1 << 20, SMALL_BYTES_MAX = 300 };

struct counted {
    uint64_t items, transactions, changes;
    int result;
    enum leat_code code;
};

static int count_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct counted *counted = context;
    (void)item, (void)err;
    counted->items++;
    return LEAT_OK;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

/* Files that are read one after the other. */
struct files {
    struct leat_buf bytes[FILES_MAX];
    uint32_t numbers[FILES_MAX];
    size_t count;
    unsigned options;
};

static void take_previous(void *context, const struct leat_gtid_set *set)
{
    (void)context;
    FUZZ_CHECK(set != NULL);
}

static int walk_one(struct walk *walk, const struct files *files, size_t at, const char *path, struct counted *counted,
                    struct leat_error *err)
{
    struct walked walked = {0};
    char name[32];
    snprintf(name, sizeof name, files->options & OWN_NAMES && at % 2 ? "copy" : "binlog.%06" PRIu32, files->numbers[at]);
    write_file(path, files->bytes[at].data, files->bytes[at].size);
    char file[64];
    snprintf(file, sizeof file, "%s", path);
    const struct input input = {.path = file, .name = name, .size = files->bytes[at].size};
    walk->last = at + 1 == files->count;
    int rc = walk_file(walk, &input, &walked, err);
    fuzz_check_result(rc, err);
    FUZZ_CHECK(memchr(walked.words, 0, sizeof walked.words));
    counted->transactions += walked.transactions;
    counted->changes += walked.changes;
    return rc;
}

static void set_processors(bool several)
{
    static cpu_set_t all, one;
    static bool known, now_several;
    if (!known) {
        FUZZ_CHECK(!sched_getaffinity(0, sizeof all, &all));
        size_t first = 0;
        while (!CPU_ISSET(first, &all))
            first++;
        CPU_SET(getpid() % 2 && CPU_ISSET(first + 1, &all) ? first + 1 : first, &one); /* several campaigns, several processors */
    }
    if (!known || several != now_several)
        FUZZ_CHECK(!sched_setaffinity(0, sizeof all, several ? &all : &one));
    known = true;
    now_several = several;
}

/* What is said on stderr about ends and gaps is for people. As --verify does, it goes on behind a file that is broken. */
static struct counted walk_files(const struct files *files)
{
    enum { STACK_BYTES = 256 << 10 };
    static char path[64];
    static int nowhere = -1;
    if (nowhere < 0) { /* a thread is made for each file: the sanitizer would clean a shadow of a megabyte for the usual stack */
        pthread_attr_t small;
        FUZZ_CHECK(!pthread_attr_init(&small) && !pthread_attr_setstacksize(&small, STACK_BYTES) && !pthread_setattr_default_np(&small));
        pthread_attr_destroy(&small);
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        snprintf(path, sizeof path, "/dev/shm/leat-fuzz-files-%ld", (long)getpid());
    }
    struct counted counted = {0};
    struct walk walk = {.event_bytes_max = files->options & SMALL_EVENTS ? SMALL_BYTES_MAX : EVENT_BYTES_MAX,
                        .out = {&counted, count_item},
                        .previous = take_previous};
    int kept = dup(STDERR_FILENO);
    FUZZ_CHECK(kept >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    walk_begin(&walk);
    for (size_t i = 0; i < files->count; i++) {
        struct leat_error err = {0};
        int rc = walk_one(&walk, files, i, path, &counted, &err);
        if (rc == LEAT_OK)
            continue;
        chain_break(&walk.chain);
        counted.result = rc;
        counted.code = err.code;
    }
    walk_end(&walk);
    FUZZ_CHECK(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    unlink(path);
    return counted;
}

static void make_files(struct files *files, const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    struct part part;
    struct leat_buf *file = files->bytes;
    unsigned options = files->options;
    uint32_t server_id = 1;
    files->count = files->numbers[0] = 1;
    if (options & RAW) {
        leat_buf_put(file, bytes, size);
        if (!size)
            leat_buf_u8(file, 0);
        return;
    }
    leat_buf_put(file, "\xFE" "bin", 4);
    while (part_next(&input, &part)) {
        if (part.tag == NEXT_FILE && files->count < FILES_MAX) {
            files->numbers[files->count] = files->numbers[files->count - 1] + part.tag2;
            server_id = part.size ? part.bytes[0] : 1;
            file = &files->bytes[files->count++];
            leat_buf_put(file, "\xFE" "bin", 4);
            continue;
        }
        bool sum = part.tag == LEAT_EVENT_FORMAT_DESCRIPTION || options & RIGHT_SUMS;
        size_t start = file->size, whole = LEAT_EVENT_HEADER_SIZE + part.size + (sum ? LEAT_EVENT_CHECKSUM_SIZE : 0);
        leat_buf_u32(file, 1700000000);
        leat_buf_u8(file, part.tag);
        leat_buf_u32(file, server_id);
        leat_buf_u32(file, (uint32_t)whole);
        leat_buf_u32(file, (uint32_t)(start + whole));
        leat_buf_u16(file, part.tag2);
        leat_buf_put(file, part.bytes, part.size);
        if (sum)
            leat_buf_u32(file, leat_crc32(0, file->data + start, file->size - start));
    }
    if (options & CUT)
        file->size -= file->size % 37;
    if (options & DAMAGED && file->size) /* somewhere in the last event */
        file->data[file->size - 1 - file->size % 29 % file->size] ^= 0x55;
}

static void pack_zstd(struct leat_buf *to, const struct leat_buf *file)
{
    size_t most = ZSTD_compressBound(file->size);
    size_t size = ZSTD_compress(leat_buf_reserve(to, most), most, file->data, file->size, 1);
    FUZZ_CHECK(!ZSTD_isError(size));
    leat_buf_commit(to, size);
}

static void pack_gzip(struct leat_buf *to, const struct leat_buf *file)
{
    static struct libdeflate_compressor *compressor;
    if (!compressor)
        compressor = libdeflate_alloc_compressor(1);
    size_t most = libdeflate_gzip_compress_bound(compressor, file->size);
    leat_buf_commit(to, libdeflate_gzip_compress(compressor, file->data, file->size, leat_buf_reserve(to, most), most));
}

static void free_files(struct files *files)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        leat_buf_free(&files->bytes[i]);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    struct files files = {.options = bytes[0]}, packed = {.options = bytes[0]};
    set_processors(bytes[0] & READ_AHEAD);
    make_files(&files, bytes + 1, size - 1);
    struct counted plain = walk_files(&files);
    bool are_plain = true;
    packed.count = files.count;
    for (size_t i = 0; i < files.count; i++) {
        are_plain = are_plain && files.bytes[i].size >= 4 && !memcmp(files.bytes[i].data, "\xFE" "bin", 4);
        packed.numbers[i] = files.numbers[i];
        if (files.options & ZSTD_ALONE)
            pack_zstd(&packed.bytes[i], &files.bytes[i]);
        else
            pack_gzip(&packed.bytes[i], &files.bytes[i]);
    }
    if (are_plain) { /* packed, they are the same */
        struct counted again = walk_files(&packed);
        FUZZ_CHECK(plain.items == again.items && plain.transactions == again.transactions && plain.changes == again.changes);
        FUZZ_CHECK(plain.result == again.result && plain.code == again.code);
        struct leat_buf *last = &packed.bytes[packed.count - 1]; /* what is damaged, or cut, is so one way or another */
        if (files.options & DAMAGED)
            last->data[last->size / 2] ^= 0x10;
        else
            last->size -= last->size / 3;
        (void)walk_files(&packed);
    }
    free_files(&files);
    free_files(&packed);
}

const struct fuzz_target fuzz_target_files = {
    .name = "files",
    .sources = "cli/events.c cli/unpack.c cli/walk.c cli/chain.c",
    .run = run,
    .parts = true,
    .parts_head = 1,
    .size_max = 8192,
    .memory_fixed = 192 << 20, /* pieces that are read ahead, zstd's window */
    .memory_factor = 4096,
};
