/* What MariaDB compresses with zlib: events and values of columns. Input: a byte of options; then the bytes, as they are or
 * compressed here. */
#include "binlog/inflate.h"

#include <libdeflate.h>

#include "binlog/plan.h"

#include "fuzz.h"

enum { COMPRESS = 1, SMALL = 2, LIE_MORE = 4, LIE_LESS = 8, COLUMNS = 16 };

static void put_compressed(struct leat_buf *to, const uint8_t *bytes, size_t size, unsigned options)
{
    enum { ZLIB_2_BYTES_LENGTH = 0x82 };
    static struct libdeflate_compressor *compressor;
    if (!compressor)
        compressor = libdeflate_alloc_compressor(1);
    size_t told = size + (options & LIE_MORE ? 1 : 0) - (options & LIE_LESS && size ? 1 : 0);
    leat_buf_put(to, (const uint8_t[]){ZLIB_2_BYTES_LENGTH, (uint8_t)(told >> 8), (uint8_t)told}, 3);
    size_t most = libdeflate_zlib_compress_bound(compressor, size);
    leat_buf_commit(to, libdeflate_zlib_compress(compressor, bytes, size, leat_buf_reserve(to, most), most));
}

/* A row of a plain number, a compressed VARCHAR and a compressed BLOB. */
static struct leat_row_plan *plan_of_columns(void)
{
    static struct leat_row_plan *plan;
    struct leat_column columns[3] = {{.type = LEAT_TYPE_TINY},
                                     {.type = LEAT_TYPE_VARCHAR, .metadata = 255, .length_max = 255, .flags = LEAT_COLUMN_COMPRESSED},
                                     {.type = LEAT_TYPE_BLOB, .metadata = 2, .flags = LEAT_COLUMN_COMPRESSED}};
    const struct leat_table_view view = {.server = LEAT_TABLE_OF_MARIADB,
                                         .database = {"d", 1},
                                         .name = {"t", 1},
                                         .column_count = 3,
                                         .columns = columns};
    struct leat_error err = {0};
    if (!plan) {
        struct leat_table *table = leat_table_new(&view);
        FUZZ_CHECK(leat_row_plan_new(&plan, table, &err) == LEAT_OK);
        leat_table_release(&table);
    }
    return plan;
}

/* Nulls, the number, then both values: compressed here, or as they are. */
static void put_image(struct leat_buf *to, const uint8_t *bytes, size_t size, unsigned options)
{
    enum { RAW = 0x88, ZLIB = 0x80, PLAIN = 0x00, LENGTH_BYTES = 2 };
    static struct libdeflate_compressor *compressor;
    if (!compressor)
        compressor = libdeflate_alloc_compressor(1);
    leat_buf_u8(to, 0);
    leat_buf_u8(to, 7);
    leat_buf_u16(to, 3); /* a VARCHAR of 255 and one byte more has a length of two */
    leat_buf_put(to, (const uint8_t[]){PLAIN, 'a', 'b'}, 3);
    struct leat_buf value = {0};
    size_t told = size + (options & LIE_MORE ? 1 : 0) - (options & LIE_LESS && size ? 1 : 0);
    leat_buf_put(&value, (const uint8_t[]){RAW | LENGTH_BYTES, (uint8_t)(told >> 8), (uint8_t)told}, 3);
    size_t most = libdeflate_deflate_compress_bound(compressor, size);
    leat_buf_commit(&value, libdeflate_deflate_compress(compressor, bytes, size, leat_buf_reserve(&value, most), most));
    leat_buf_u16(to, (uint16_t)value.size);
    leat_buf_put(to, value.data, value.size);
    leat_buf_free(&value);
}

static void run_columns(const uint8_t *bytes, size_t size, unsigned options)
{
    static const uint8_t present = 7;
    struct leat_buf image = {0}, out = {0};
    struct leat_error err = {0};
    if (options & COMPRESS)
        put_image(&image, bytes, size, options);
    else
        leat_buf_put(&image, bytes, size);
    uint8_t *exact = leat_memdup(image.data, image.size);
    struct leat_inflater *inflater = leat_inflater_new();
    struct leat_cursor cursor = leat_cursor(exact, image.size);
    uint64_t bytes_max = options & SMALL ? 256 : 1 << 20;
    int result = leat_row_inflate(inflater, &out, plan_of_columns(), &present, &cursor, bytes_max, &err);
    fuzz_check_result(result, &err);
    FUZZ_CHECK(out.size <= bytes_max + 8);
    struct leat_cursor walked = leat_cursor(out.data, out.size);
    if (result == LEAT_OK) /* what came out is an image of the table without compression */
        FUZZ_CHECK(leat_row_walk(plan_of_columns(), &present, &walked, &err) == LEAT_OK && !leat_cursor_left(&walked));
    if (options & COMPRESS && result == LEAT_OK)
        FUZZ_CHECK(out.size >= size && (!size || !memcmp(out.data + out.size - size, bytes, size)));
    leat_inflater_free(&inflater);
    free(exact);
    leat_buf_free(&image);
    leat_buf_free(&out);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    unsigned options = bytes[0];
    if (options & COLUMNS) {
        run_columns(bytes + 1, size - 1, options);
        return;
    }
    struct leat_buf packed = {0}, out = {0};
    struct leat_error err = {0};
    if (options & COMPRESS)
        put_compressed(&packed, bytes + 1, size - 1, options);
    else
        leat_buf_put(&packed, bytes + 1, size - 1);
    uint8_t *exact = leat_memdup(packed.data, packed.size);
    uint64_t bytes_max = options & SMALL ? 256 : 1 << 20;
    struct leat_inflater *inflater = leat_inflater_new();
    leat_buf_puts(&out, "before");
    int result = leat_inflate_event(inflater, &out, exact, packed.size, bytes_max, &err);
    fuzz_check_result(result, &err);
    FUZZ_CHECK(out.size >= 6 && out.size <= bytes_max + 6 && !memcmp(out.data, "before", 6));
    if (options & COMPRESS && result == LEAT_OK)
        FUZZ_CHECK(out.size == 6 + size - 1 && !memcmp(out.data + 6, bytes + 1, size - 1));
    if (options & COMPRESS && (options & (LIE_MORE | LIE_LESS)) == LIE_MORE)
        FUZZ_CHECK(result == LEAT_FAIL);
    leat_inflater_free(&inflater);
    free(exact);
    leat_buf_free(&packed);
    leat_buf_free(&out);
}

const struct fuzz_target fuzz_target_inflate = {
    .name = "inflate",
    .sources = "binlog/inflate.c",
    .run = run,
    .size_max = 1024,
    .memory_fixed = 512 << 10,
    .memory_factor = 4096,
};
