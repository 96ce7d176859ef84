/* Bytes of files that may be packed. */
#include "cli/unpack_int.h"

#include <libdeflate.h>
#include <zstd.h>

#include "base/alloc.h"
#include "cli/files.h"

static struct leat_error err;

static void pack_zstd(struct leat_buf *to, const struct leat_buf *plain)
{
    size_t room = ZSTD_compressBound(plain->size);
    size_t size = ZSTD_compress(leat_buf_reserve(to, room), room, plain->data, plain->size, 1);
    ck_assert(!ZSTD_isError(size));
    leat_buf_commit(to, size);
}

static void pack_gzip(struct leat_buf *to, const struct leat_buf *plain)
{
    struct libdeflate_compressor *gzip = libdeflate_alloc_compressor(1);
    size_t room = libdeflate_gzip_compress_bound(gzip, plain->size);
    leat_buf_commit(to, libdeflate_gzip_compress(gzip, plain->data, plain->size, leat_buf_reserve(to, room), room));
    libdeflate_free_compressor(gzip);
}

/* The file, read in pieces of at most `piece` bytes. */
static int read_all(struct leat_buf *to, size_t piece, bool *packed, uint64_t *counted)
{
    _Atomic uint64_t taken = 0;
    struct unpack *unpack = NULL;
    int fd = open(files_path, O_RDONLY | O_CLOEXEC);
    size_t got = 1;
    err = (struct leat_error){0};
    int rc = unpack_new(&unpack, fd, "the file", &taken, &err);
    if (rc == LEAT_OK && packed)
        *packed = unpack_is_packed(unpack);
    while (rc == LEAT_OK && got) {
        rc = unpack_read(unpack, leat_buf_reserve(to, piece), piece, &got, &err);
        ck_assert_uint_le(got, piece);
        if (rc == LEAT_OK)
            leat_buf_commit(to, got);
    }
    unpack_free(&unpack);
    unpack_free(&unpack); /* of NULL is nothing */
    close(fd);
    if (counted)
        *counted = taken;
    return rc;
}

static void make_plain(struct leat_buf *plain, size_t size)
{
    for (uint32_t i = 0; plain->size < size; i++)
        leat_buf_u32(plain, i * 2654435761u >> (i % 29));
    plain->size = size;
}

static const size_t sizes[] = {0, 1, 3, 4, 5, 100, 70000, 300000}, pieces[] = {1, 7, 65536, 1 << 20};

static void check_packed(void (*pack)(struct leat_buf *to, const struct leat_buf *plain), bool is_packed)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = sizes[i] > 1000 ? 1 : 0; k < sizeof pieces / sizeof *pieces; k++) {
            struct leat_buf plain = {0}, file = {0}, read = {0};
            bool packed = !is_packed;
            uint64_t taken = 0;
            make_plain(&plain, sizes[i]);
            pack(&file, &plain);
            files_write(file.data, file.size);
            ck_assert_msg(read_all(&read, pieces[k], &packed, &taken) == LEAT_OK, "%s", err.message);
            ck_assert(packed == is_packed);
            ck_assert_uint_eq(taken, file.size);
            ck_assert_uint_eq(read.size, plain.size);
            ck_assert(!plain.size || !memcmp(read.data, plain.data, plain.size));
            struct leat_buf *all[] = {&plain, &file, &read};
            for (size_t n = 0; n < sizeof all / sizeof *all; n++)
                leat_buf_free(all[n]);
        }
    }
}

static void leave(struct leat_buf *to, const struct leat_buf *plain)
{
    leat_buf_put(to, plain->data, plain->size);
}

START_TEST(what_is_not_packed_comes_as_it_is)
{
    check_packed(leave, false);
}
END_TEST

START_TEST(zstd_comes_unpacked_in_pieces_of_any_size)
{
    check_packed(pack_zstd, true);
}
END_TEST

START_TEST(gzip_comes_unpacked_in_pieces_of_any_size)
{
    check_packed(pack_gzip, true);
}
END_TEST

/* As `cat a.zst b.zst` makes them. */
START_TEST(packed_files_one_behind_the_other_are_one)
{
    void (*const packers[])(struct leat_buf *to, const struct leat_buf *plain) = {pack_zstd, pack_gzip};
    for (size_t i = 0; i < 2; i++) {
        struct leat_buf plain = {0}, file = {0}, read = {0};
        make_plain(&plain, 1000);
        packers[i](&file, &plain);
        packers[i](&file, &plain);
        files_write(file.data, file.size);
        ck_assert_msg(read_all(&read, 300, NULL, NULL) == LEAT_OK, "%s", err.message);
        ck_assert_uint_eq(read.size, 2000);
        ck_assert(!memcmp(read.data, plain.data, 1000) && !memcmp(read.data + 1000, plain.data, 1000));
        leat_buf_free(&plain);
        leat_buf_free(&file);
        leat_buf_free(&read);
    }
}
END_TEST

START_TEST(damage_and_early_ends_are_said_with_what_tells_more)
{
    void (*const packers[])(struct leat_buf *to, const struct leat_buf *plain) = {pack_zstd, pack_gzip};
    static const char *const cures[] = {"zstd -t", "gzip -t"};
    for (size_t i = 0; i < 2; i++) {
        struct leat_buf plain = {0}, file = {0}, read = {0};
        make_plain(&plain, 50000);
        packers[i](&file, &plain);
        files_write(file.data, file.size / 2);
        ck_assert_int_eq(read_all(&read, 1 << 16, NULL, NULL), LEAT_FAIL);
        ck_assert_msg(strstr(err.message, "the file: the ") && strstr(err.message, "data is damaged: it ends too early"), "%s", err.message);
        ck_assert_msg(strstr(err.cure, cures[i]) != NULL, "%s", err.cure);
        file.data[i ? 10 : 5] ^= 0xFF; /* in a header's middle, and in the first block's */
        files_write(file.data, file.size);
        leat_buf_clear(&read);
        ck_assert_int_eq(read_all(&read, 1 << 16, NULL, NULL), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
        leat_buf_free(&plain);
        leat_buf_free(&file);
        leat_buf_free(&read);
    }
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
    struct unpack *unpack = NULL;
    _Atomic uint64_t taken = 0;
    int fd = open(files_folder, O_RDONLY | O_CLOEXEC); /* a folder */
    ck_assert_int_eq(unpack_new(&unpack, fd, "that folder", &taken, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "that folder") != NULL, "%s", err.message);
    close(fd);
}
END_TEST

static Suite *unpack_suite(void)
{
    Suite *suite = suite_create("unpack");
    FILES_ADD(suite, what_is_not_packed_comes_as_it_is);
    FILES_ADD(suite, zstd_comes_unpacked_in_pieces_of_any_size);
    FILES_ADD(suite, gzip_comes_unpacked_in_pieces_of_any_size);
    FILES_ADD(suite, packed_files_one_behind_the_other_are_one);
    FILES_ADD(suite, damage_and_early_ends_are_said_with_what_tells_more);
    FILES_ADD(suite, a_file_that_cannot_be_read_is_named);
    return suite;
}

LEAT_TEST_MAIN(unpack_suite)
