/* What MariaDB compressed, into what it was, before anything is made of it: statements and row images of
 * events (log_bin_compress), then values of COMPRESSED columns. The buffers are used again for the next
 * event, unless they became large. */
#include "decode_int.h"

#include <inttypes.h>

enum { KEPT_BYTES_MAX = 4 << 20 };

static struct leat_inflater *inflater(struct leat_decoder *decoder)
{
    if (!decoder->inflater)
        decoder->inflater = leat_inflater_new();
    return decoder->inflater;
}

static int inflate(struct leat_decoder *decoder, const void *bytes, size_t size, struct leat_error *err)
{
    leat_buf_clear(&decoder->inflated);
    return leat_inflate_event(inflater(decoder), &decoder->inflated, bytes, size,
                              decoder->options.event_bytes_max, err);
}

int decoder_inflate_query(struct leat_decoder *decoder, struct leat_query *query, struct leat_error *err)
{
    if (!query->compressed)
        return LEAT_OK;
    if (inflate(decoder, query->sql, query->sql_size, err))
        return LEAT_FAIL;
    query->sql = (const char *)decoder->inflated.data;
    query->sql_size = decoder->inflated.size;
    return LEAT_OK;
}

/* Image by image: those without compressed columns can be of no length at all, and are not walked here. */
static int inflate_columns(struct leat_decoder *decoder, const struct leat_row_plan *plan,
                           struct leat_rows_event *rows, struct leat_error *err)
{
    struct leat_buf *images = &decoder->inflated_images;
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    leat_buf_clear(images);
    for (uint32_t row = 0; leat_cursor_left(&cursor); row++) {
        const uint8_t *before = cursor.at;
        const uint8_t *bitmaps[] = {rows->before_present, rows->after_present};
        for (unsigned i = 0; i < 2; i++)
            if (bitmaps[i] && leat_row_inflate(inflater(decoder), images, plan, bitmaps[i], &cursor,
                                               decoder->options.event_bytes_max, err))
                return leat_error_prefix(err, "row %" PRIu32, row);
        if (cursor.at == before)
            return leat_malformed(err, "%zu bytes are left behind rows without columns",
                                  leat_cursor_left(&cursor));
    }
    rows->images = images->data;
    rows->images_size = images->size;
    return LEAT_OK;
}

int decoder_inflate_rows(struct leat_decoder *decoder, const struct leat_row_plan *plan,
                         struct leat_rows_event *rows, struct leat_error *err)
{
    if (rows->compressed) {
        if (inflate(decoder, rows->images, rows->images_size, err))
            return LEAT_FAIL;
        rows->images = decoder->inflated.data;
        rows->images_size = decoder->inflated.size;
    }
    return plan->compressed && rows->images_size ? inflate_columns(decoder, plan, rows, err) : LEAT_OK;
}

static void trim(struct leat_buf *buf)
{
    if (buf->capacity > KEPT_BYTES_MAX)
        leat_buf_free(buf);
}

void decoder_inflate_end(struct leat_decoder *decoder)
{
    trim(&decoder->inflated);
    trim(&decoder->inflated_images);
}

void decoder_inflate_free(struct leat_decoder *decoder)
{
    leat_inflater_free(&decoder->inflater);
    leat_buf_free(&decoder->inflated);
    leat_buf_free(&decoder->inflated_images);
}
