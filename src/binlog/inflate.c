/* zlib streams of MariaDB: of whole events, and of values within row images.
 *
 * What a stream will become is told before it, and may be a lie near 4 GiB: it is believed only as far as
 * deflate could have made it of so many bytes, and up to the limit for events. A stream must give just that,
 * and end where its bytes end. */
#include "binlog/inflate.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "binlog_int.h"

/* A stored length of 258 takes two bits at least. */
enum { DEFLATE_RATIO_MAX = 1032, LENGTH_BYTES_MAX = 4 };

struct leat_inflater {
    struct libdeflate_decompressor *deflate;
};

struct leat_inflater *leat_inflater_new(void)
{
    struct leat_inflater *inflater = leat_alloc_zero(1, sizeof *inflater);
    inflater->deflate = libdeflate_alloc_decompressor();
    if (!inflater->deflate)
        abort(); /* as leat_alloc */
    return inflater;
}

void leat_inflater_free(struct leat_inflater **inflater)
{
    if (!*inflater)
        return;
    libdeflate_free_decompressor((*inflater)->deflate);
    free(*inflater);
    *inflater = NULL;
}

static int too_large(uint64_t size, uint64_t bytes_max, struct leat_error *err)
{
    leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
              "its event has %" PRIu64
              " bytes or more uncompressed, more than source.event_bytes_max allows (%" PRIu64 ")",
              size, bytes_max);
    return leat_cure(err, "set source.event_bytes_max to %" PRIu64 " or more, with as much memory to spare",
                     size);
}

/* A stream of `size` bytes that says it becomes `told`. */
static int inflate(struct leat_inflater *inflater, struct leat_buf *to, bool raw, const uint8_t *bytes,
                   size_t size, uint32_t told, uint64_t bytes_max, struct leat_error *err)
{
    if (told / DEFLATE_RATIO_MAX > size)
        return leat_malformed(err, "%zu compressed bytes can't become the %" PRIu32 " that they are said to",
                              size, told);
    if (told > bytes_max || to->size > bytes_max - told)
        return too_large((uint64_t)to->size + told, bytes_max, err);
    uint8_t *room = leat_buf_reserve(to, told ? told : 1);
    size_t used = 0, made = 0;
    enum libdeflate_result result =
        raw ? libdeflate_deflate_decompress_ex(inflater->deflate, bytes, size, room, told, &used, &made)
            : libdeflate_zlib_decompress_ex(inflater->deflate, bytes, size, room, told, &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE || (result == LIBDEFLATE_SUCCESS && made != told))
        return leat_malformed(err,
                              "%zu compressed bytes become %s than the %" PRIu32 " that they are said to",
                              size, result == LIBDEFLATE_SUCCESS ? "fewer" : "more", told);
    if (result != LIBDEFLATE_SUCCESS)
        return leat_malformed(err, "%zu compressed bytes are not a whole zlib stream", size);
    if (used != size)
        return leat_malformed(err, "%zu bytes are left behind a zlib stream", size - used);
    leat_buf_commit(to, told);
    return LEAT_OK;
}

int leat_inflate_event(struct leat_inflater *inflater, struct leat_buf *to, const uint8_t *bytes, size_t size,
                       uint64_t bytes_max, struct leat_error *err)
{
    enum { MARK = 0x80, ALGORITHM = 0x70, LENGTH_BYTES = 0x07 };
    struct leat_cursor cursor = leat_cursor(bytes, size);
    uint8_t head = leat_cursor_u8(&cursor);
    unsigned length_bytes = head & LENGTH_BYTES;
    if (cursor.failed || !(head & MARK) || length_bytes < 1 || length_bytes > LENGTH_BYTES_MAX)
        return leat_malformed(err, "what is compressed of the event has no head that tells its length");
    if (head & ALGORITHM)
        return leat_unsupported(err, "compression %u of MariaDB's events is not known, only zlib (0)",
                                (head & ALGORITHM) >> 4);
    uint32_t told = (uint32_t)leat_cursor_be(&cursor, length_bytes);
    if (cursor.failed)
        return leat_malformed(err, "what is compressed of the event ends within its head");
    return inflate(inflater, to, false, cursor.at, leat_cursor_left(&cursor), told, bytes_max, err);
}

/* ---- Values ---- */

/* A value is empty, or begins with a byte: how in its upper half; of zlib then whether the stream is without
 * zlib's own head, and the bytes of the length. */
static int inflate_value(struct leat_inflater *inflater, struct leat_buf *to, const uint8_t *bytes,
                         uint32_t size, uint64_t bytes_max, struct leat_error *err)
{
    enum { PLAIN = 0, ZLIB = 8, RAW = 0x08, LENGTH_BYTES = 0x07 };
    if (size == 0)
        return LEAT_OK;
    unsigned method = bytes[0] >> 4, length_bytes = bytes[0] & LENGTH_BYTES;
    if (method == PLAIN) {
        if (to->size + (uint64_t)size > bytes_max)
            return too_large(to->size + (uint64_t)size, bytes_max, err);
        leat_buf_put(to, bytes + 1, size - 1);
        return LEAT_OK;
    }
    if (method != ZLIB)
        return leat_unsupported(err, "compression %u of MariaDB's columns is not known, only zlib (8)",
                                method);
    if (length_bytes < 1 || length_bytes > LENGTH_BYTES_MAX || size <= length_bytes)
        return leat_malformed(
            err, "a compressed value of %" PRIu32 " bytes has no head that tells its length", size);
    return inflate(inflater, to, bytes[0] & RAW, bytes + 1 + length_bytes, size - 1 - length_bytes,
                   (uint32_t)leat_be(bytes + 1, length_bytes), bytes_max, err);
}

/* A compressed VARCHAR has room for the byte that says how, which may make its length one byte wider. */
static struct leat_row_step wire_step(const struct leat_column *column, const struct leat_row_step *step)
{
    struct leat_row_step wire = *step;
    if (column->type == LEAT_TYPE_VARCHAR)
        wire = leat_row_step(step->size + 1, step->size + 1 > 255 ? 2 : 1);
    return wire;
}

/* The value, with its length before it. */
static int put_value(struct leat_inflater *inflater, struct leat_buf *to, const struct leat_row_step *step,
                     const uint8_t *bytes, uint32_t size, uint64_t bytes_max, struct leat_error *err)
{
    size_t at = to->size;
    leat_buf_le(to, 0, step->prefix);
    if (inflate_value(inflater, to, bytes, size, bytes_max, err))
        return LEAT_FAIL;
    size_t length = to->size - at - step->prefix;
    if (length > step->size)
        return leat_malformed(err, "a value has %zu bytes uncompressed, its column holds %" PRIu32, length,
                              step->size);
    for (unsigned i = 0; i < step->prefix; i++)
        to->data[at + i] = (uint8_t)(length >> 8 * i);
    return LEAT_OK;
}

static int fail_at(const struct leat_row_plan *plan, uint32_t index, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(plan->table);
    const struct leat_text *name = &view->columns[index].name;
    return leat_error_prefix(err, "%s.%s, column %" PRIu32 " %s", view->database.bytes, view->name.bytes,
                             index + 1, name->size ? name->bytes : "(unnamed)");
}

static int inflate_column(struct leat_inflater *inflater, struct leat_buf *to,
                          const struct leat_row_plan *plan, uint32_t index, struct leat_cursor *cursor,
                          uint64_t bytes_max, struct leat_error *err)
{
    const struct leat_column *column = &leat_table_view(plan->table)->columns[index];
    const struct leat_row_step *step = &plan->columns[index];
    bool compressed = column->flags & LEAT_COLUMN_COMPRESSED;
    struct leat_row_step wire = compressed ? wire_step(column, step) : *step;
    const uint8_t *from = cursor->at, *bytes;
    uint32_t size;
    if (!leat_row_step_take(&wire, &cursor->at, cursor->end, &bytes, &size)) {
        leat_malformed(err, "a value is not whole: %zu bytes are left of its event",
                       leat_cursor_left(cursor));
        return fail_at(plan, index, err);
    }
    if (compressed)
        return put_value(inflater, to, step, bytes, size, bytes_max, err) ? fail_at(plan, index, err)
                                                                          : LEAT_OK;
    leat_buf_put(to, from, (size_t)(cursor->at - from));
    return LEAT_OK;
}

int leat_row_inflate(struct leat_inflater *inflater, struct leat_buf *to, const struct leat_row_plan *plan,
                     const uint8_t *present, struct leat_cursor *cursor, uint64_t bytes_max,
                     struct leat_error *err)
{
    uint32_t count = 0, index = 0;
    for (uint32_t i = 0; i < plan->column_count; i++)
        count += leat_row_bit(present, i);
    const uint8_t *nulls = leat_cursor_bytes(cursor, ((size_t)count + 7) / 8);
    if (!nulls)
        return leat_malformed(err, "a row is not whole");
    leat_buf_put(to, nulls, ((size_t)count + 7) / 8);
    for (uint32_t i = 0; i < plan->column_count; i++)
        if (leat_row_bit(present, i) && !leat_row_bit(nulls, index++) &&
            inflate_column(inflater, to, plan, i, cursor, bytes_max, err))
            return LEAT_FAIL;
    return LEAT_OK;
}
