/* Binlog files as `leat decode` reads them: plain, in zstd, in gzip; relay logs, cut and damaged ones. Input: a byte of options, then
 * parts, as of the target events, or the file's bytes as they are. */
#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <unistd.h>
#include <zstd.h>

#include "base/checksum.h"
#include "binlog/event.h"
#include "cli/walk_int.h"
#include "parts.h"

enum { RAW = 1, CUT = 2, RIGHT_SUMS = 4, ZSTD_ALONE = 8, EVENT_BYTES_MAX = 1 << 20 };

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

/* What is said on stderr about ends and gaps is for people. */
static struct counted walk_bytes(const void *bytes, size_t size)
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
    write_file(path, bytes, size);
    struct counted counted = {0};
    struct leat_error err = {0};
    struct walked walked = {0};
    struct walk walk = {.event_bytes_max = EVENT_BYTES_MAX, .out = {&counted, count_item}, .quiet = true, .last = true};
    char name[] = "binlog.000001";
    const struct input input = {.path = path, .name = name, .size = size};
    int kept = dup(STDERR_FILENO);
    FUZZ_CHECK(kept >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    walk_begin(&walk);
    counted.result = walk_file(&walk, &input, &walked, &err);
    walk_end(&walk);
    FUZZ_CHECK(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    fuzz_check_result(counted.result, &err);
    FUZZ_CHECK(memchr(walked.words, 0, sizeof walked.words));
    counted.transactions = walked.transactions;
    counted.changes = walked.changes;
    counted.code = err.code;
    unlink(path);
    return counted;
}

static void make_file(struct leat_buf *file, const uint8_t *bytes, size_t size, unsigned options)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    struct part part;
    if (options & RAW) {
        leat_buf_put(file, bytes, size);
        return;
    }
    leat_buf_put(file, "\xFE" "bin", 4);
    while (part_next(&input, &part)) {
        bool sum = part.tag == LEAT_EVENT_FORMAT_DESCRIPTION || options & RIGHT_SUMS;
        size_t start = file->size, whole = LEAT_EVENT_HEADER_SIZE + part.size + (sum ? LEAT_EVENT_CHECKSUM_SIZE : 0);
        leat_buf_u32(file, 1700000000);
        leat_buf_u8(file, part.tag);
        leat_buf_u32(file, 1);
        leat_buf_u32(file, (uint32_t)whole);
        leat_buf_u32(file, (uint32_t)(start + whole));
        leat_buf_u16(file, part.tag2);
        leat_buf_put(file, part.bytes, part.size);
        if (sum)
            leat_buf_u32(file, leat_crc32(0, file->data + start, file->size - start));
    }
    if (options & CUT)
        file->size -= file->size % 37;
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

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    struct leat_buf file = {0}, packed = {0};
    make_file(&file, bytes + 1, size - 1, bytes[0]);
    if (file.size == 0)
        leat_buf_u8(&file, 0);
    struct counted plain = walk_bytes(file.data, file.size);
    bool is_plain = file.size >= 4 && !memcmp(file.data, "\xFE" "bin", 4);
    if (is_plain) { /* packed, it is the same */
        if (bytes[0] & ZSTD_ALONE)
            pack_zstd(&packed, &file);
        else
            pack_gzip(&packed, &file);
        struct counted again = walk_bytes(packed.data, packed.size);
        FUZZ_CHECK(plain.items == again.items && plain.transactions == again.transactions && plain.changes == again.changes);
        FUZZ_CHECK(plain.result == again.result && plain.code == again.code);
    }
    leat_buf_free(&file);
    leat_buf_free(&packed);
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
