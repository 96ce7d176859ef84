/* The format "debezium": texts, bytes, members and shapes. */
#include "debezium_int.h"

#include <math.h>

#include "base/json.h"
#include "binlog/charset.h"
#include "binlog/value.h"
#include "text_plain_int.h"
#include "value_int.h"

int leat_debezium_write_set(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    uint64_t bits = leat_le(bytes, size);
    if (step->member_count < 64 && bits >> step->member_count)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a SET with bits beyond its members");
    uint8_t *to = writer->to;
    *to++ = '"';
    for (bool first = true; bits; bits &= bits - 1, first = false) {
        const struct leat_text *member = &step->members[__builtin_ctzll(bits)];
        if (member->bytes[0] != '"')
            return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "a member of the SET is not text of its character set");
        if (!first)
            *to++ = ',';
        to = leat_text_copy(to, member->bytes + 1, member->size - 2);
    }
    *to++ = '"';
    writer->to = to;
    return LEAT_OK;
}

static int fail_text(const struct leat_step *step, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "its bytes are no text of its character set %s",
              leat_charset_label((enum leat_charset)step->charset));
    return leat_cure(err, "correct the value on the source; or let invalid.text.handling.mode: object write "
                          "{\"charset\":…,\"base64\":…} in place of such texts");
}

/* What is left of utf8mb4 and utf8mb3 columns: bytes that aren't. */
int leat_debezium_write_bad_text(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    (void)writer, (void)bytes, (void)size;
    return fail_text(step, err);
}

/* Of other sets, where bytes that aren't of it fail. */
int leat_debezium_write_text(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    enum leat_charset charset = (enum leat_charset)step->charset;
    struct leat_error not_text = {0};
    if (leat_charset_has_ascii(charset)) {
        leat_writer_room(writer, leat_text_utf8_max(bytes, size) + 2);
        *writer->to = '"';
        uint8_t *to = leat_text_utf8(writer->to + 1, bytes, size, bytes + size, 1);
        if (to) {
            *to++ = '"';
            writer->to = to;
            return LEAT_OK;
        }
    }
    leat_buf_clear(writer->scratch);
    if (leat_charset_to_utf8(writer->scratch, charset, bytes, size, &not_text))
        return fail_text(step, err);
    leat_writer_commit(writer);
    leat_json_string(writer->buf, writer->scratch->data, writer->scratch->size);
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    return LEAT_OK;
}

/* BINARY(n) has the zero bytes at its end that the binlog leaves out. */
static const uint8_t *whole(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t *size)
{
    bool padded = step->column->type == LEAT_TYPE_STRING && step->column->collation == LEAT_COLLATION_BINARY;
    if (!padded || *size >= step->size)
        return bytes;
    leat_buf_clear(writer->scratch);
    uint8_t *to = leat_buf_reserve(writer->scratch, step->size);
    memcpy(to, bytes, *size);
    memset(to + *size, 0, step->size - *size);
    *size = step->size;
    return to;
}

int leat_debezium_write_url_safe(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    (void)err;
    bytes = whole(writer, step, bytes, &size);
    leat_writer_room(writer, ((size_t)size + 2) / 3 * 4 + 2);
    *writer->to++ = '"';
    uint8_t *end = leat_text_base64(writer->to, bytes, size);
    for (uint8_t *at = writer->to; at < end; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    *end++ = '"';
    writer->to = end;
    return LEAT_OK;
}

int leat_debezium_write_hex(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    static const char digits[] = "0123456789abcdef";
    (void)err;
    bytes = whole(writer, step, bytes, &size);
    leat_writer_room(writer, 2 * (size_t)size + 2);
    *writer->to++ = '"';
    for (uint32_t i = 0; i < size; i++) {
        *writer->to++ = (uint8_t)digits[bytes[i] >> 4];
        *writer->to++ = (uint8_t)digits[bytes[i] & 15];
    }
    *writer->to++ = '"';
    return LEAT_OK;
}

/* x and y of a POINT's WKB: byte order, type, two doubles. */
static bool is_point(const struct leat_geometry *geometry, double *x, double *y)
{
    enum { POINT_SIZE = 21, POINT = 1 };
    const uint8_t *wkb = geometry->wkb;
    if (geometry->wkb_size != POINT_SIZE || wkb[0] != 1 || leat_le(wkb + 1, 4) != POINT)
        return false;
    *x = leat_value_double(wkb + 5);
    *y = leat_value_double(wkb + 13);
    return isfinite(*x) && isfinite(*y);
}

int leat_debezium_write_geometry(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    struct leat_geometry geometry;
    double x, y;
    if (leat_value_geometry(&geometry, bytes, size, err))
        return LEAT_FAIL;
    leat_writer_commit(writer);
    leat_buf_u8(writer->buf, '{');
    if (step->detail) {
        if (!is_point(&geometry, &x, &y))
            return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a POINT that is none");
        leat_buf_puts(writer->buf, "\"x\":");
        leat_debezium_put_double(writer->buf, x);
        leat_buf_puts(writer->buf, ",\"y\":");
        leat_debezium_put_double(writer->buf, y);
        leat_buf_u8(writer->buf, ',');
    }
    leat_buf_puts(writer->buf, "\"wkb\":");
    leat_json_base64(writer->buf, geometry.wkb, geometry.wkb_size);
    leat_buf_puts(writer->buf, ",\"srid\":");
    if (geometry.srid)
        leat_put_u64(writer->buf, geometry.srid);
    else
        leat_buf_puts(writer->buf, "null");
    leat_buf_u8(writer->buf, '}');
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    return LEAT_OK;
}
