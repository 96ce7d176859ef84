/* Values that are not plain integers or UTF-8: what value.h of the codec gives, as JSON. All sizes were checked against
 * the image by whoever calls; what lies inside of the bytes is checked here. */
#include "value_int.h"

#include <math.h>

#include "base/json.h"
#include "binlog/json.h"
#include "binlog/value.h"
#include "charset_text_int.h"
#include "format/shape.h"
#include "text_plain_int.h"

static int malformed(const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", what);
}

/* Before and after a function that appends to the buffer itself. */
static inline void leave(struct leat_writer *writer)
{
    leat_writer_commit(writer);
}

static inline void enter(struct leat_writer *writer)
{
    leat_writer_begin(writer, writer->buf, writer->rest_max);
}

int leat_write_float(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                     struct leat_error *err)
{
    (void)step;
    (void)size;
    float value = leat_value_float(bytes);
    if (!isfinite(value))
        return malformed("a FLOAT that is not a number", err);
    leave(writer);
    leat_put_float(writer->buf, value);
    enter(writer);
    return LEAT_OK;
}

int leat_write_double(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                      struct leat_error *err)
{
    (void)step;
    (void)size;
    double value = leat_value_double(bytes);
    if (!isfinite(value))
        return malformed("a DOUBLE that is not a number", err);
    leave(writer);
    leat_put_double(writer->buf, value);
    enter(writer);
    return LEAT_OK;
}

int leat_write_decimal(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    *writer->to++ = '"';
    leave(writer);
    int result = leat_value_decimal(writer->buf, step->column, bytes, size, err);
    enter(writer);
    *writer->to++ = '"';
    return result;
}

static uint8_t *put_date(uint8_t *to, const struct leat_temporal *temporal)
{
    to = leat_text_four(to, temporal->year);
    *to++ = '-';
    to = leat_text_two(to, temporal->month);
    *to++ = '-';
    return leat_text_two(to, temporal->day);
}

static uint8_t *put_time(uint8_t *to, const struct leat_temporal *temporal)
{
    unsigned hour = temporal->hour;
    if (hour >= 100)
        *to++ = (uint8_t)('0' + hour / 100);
    to = leat_text_two(to, hour % 100);
    *to++ = ':';
    to = leat_text_two(to, temporal->minute);
    *to++ = ':';
    to = leat_text_two(to, temporal->second);
    if (temporal->digits) {
        uint8_t digits[8];
        leat_text_eight(digits, temporal->micros);
        *to++ = '.';
        to = leat_text_copy(to, digits + 2, temporal->digits);
    }
    return to;
}

static bool printable(const struct leat_temporal *temporal)
{
    return temporal->year <= 9999 && temporal->month <= 99 && temporal->day <= 99 && temporal->hour <= 999 &&
           temporal->minute <= 99 && temporal->second <= 99 && temporal->micros <= 999999 && temporal->digits <= 6;
}

int leat_temporal_read(struct leat_temporal *temporal, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    if (leat_value_temporal(temporal, step->column, bytes, size, err))
        return LEAT_FAIL;
    bool zero_timestamp = temporal->zone_utc && temporal->seconds == 0 && temporal->micros == 0;
    if (zero_timestamp)
        *temporal = (struct leat_temporal){.zone_utc = true, .digits = temporal->digits};
    return printable(temporal) ? LEAT_OK : malformed("a time out of range", err);
}

uint8_t *leat_temporal_text(uint8_t *to, const struct leat_step *step, const struct leat_temporal *temporal, char separator)
{
    enum leat_type type = step->column->type;
    bool time = type == LEAT_TYPE_TIME || type == LEAT_TYPE_TIME2;
    bool date = type == LEAT_TYPE_DATE || type == LEAT_TYPE_NEWDATE;
    if (temporal->negative)
        *to++ = '-';
    if (!time)
        to = put_date(to, temporal);
    if (!time && !date)
        *to++ = (uint8_t)separator;
    return date ? to : put_time(to, temporal);
}

int leat_write_temporal(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    struct leat_temporal temporal;
    if (leat_temporal_read(&temporal, step, bytes, size, err))
        return LEAT_FAIL;
    *writer->to++ = '"';
    uint8_t *to = leat_temporal_text(writer->to, step, &temporal, 'T');
    if (temporal.zone_utc)
        *to++ = 'Z';
    *to++ = '"';
    writer->to = to;
    return LEAT_OK;
}

int leat_write_enum(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                    struct leat_error *err)
{
    uint64_t index = leat_le(bytes, size);
    if (index >= step->member_count)
        return malformed("an ENUM index beyond its members", err);
    const struct leat_text *member = &step->members[index];
    writer->to = leat_text_copy(writer->to, member->bytes, member->size);
    return LEAT_OK;
}

int leat_write_set(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                   struct leat_error *err)
{
    uint64_t bits = leat_le(bytes, size);
    if (step->member_count < 64 && bits >> step->member_count)
        return malformed("a SET with bits beyond its members", err);
    uint8_t *to = writer->to;
    *to++ = '[';
    for (bool first = true; bits; bits &= bits - 1, first = false) {
        const struct leat_text *member = &step->members[__builtin_ctzll(bits)];
        if (!first)
            *to++ = ',';
        to = leat_text_copy(to, member->bytes, member->size);
    }
    *to++ = ']';
    writer->to = to;
    return LEAT_OK;
}

int leat_write_text(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                    struct leat_error *err)
{
    (void)err;
    enum leat_charset charset = (enum leat_charset)step->charset;
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
    leave(writer);
    leat_charset_text(writer->buf, writer->scratch, charset, bytes, size);
    enter(writer);
    return LEAT_OK;
}

int leat_write_foreign(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    (void)err;
    leave(writer);
    leat_charset_object(writer->buf, (enum leat_charset)step->charset, bytes, size);
    enter(writer);
    return LEAT_OK;
}

static void put_base64(struct leat_writer *writer, const uint8_t *bytes, size_t size)
{
    leat_writer_room(writer, (size + 2) / 3 * 4 + 2);
    *writer->to = '"';
    writer->to = leat_text_base64(writer->to + 1, bytes, size);
    *writer->to++ = '"';
}

int leat_write_bytes(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                     struct leat_error *err)
{
    (void)step;
    (void)err;
    put_base64(writer, bytes, size);
    return LEAT_OK;
}

/* The binlog leaves out a BINARY value's zero bytes at the end (Field_string::pack); a SELECT on the server shows them. */
int leat_write_binary(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                      struct leat_error *err)
{
    if (size >= step->size)
        return leat_write_bytes(writer, step, bytes, size, err);
    leat_buf_clear(writer->scratch);
    uint8_t *whole = leat_buf_reserve(writer->scratch, step->size);
    memcpy(whole, bytes, size);
    memset(whole + size, 0, step->size - size);
    put_base64(writer, whole, step->size);
    return LEAT_OK;
}

int leat_write_shape(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                     struct leat_error *err)
{
    char text[LEAT_SHAPE_TEXT_MAX];
    (void)err;
    size_t written = leat_shape_text(text, step->column->shape, bytes, size);
    leat_writer_room(writer, written + 2);
    *writer->to++ = '"';
    writer->to = leat_text_copy(writer->to, text, written);
    *writer->to++ = '"';
    return LEAT_OK;
}

int leat_write_geometry(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    (void)step;
    struct leat_geometry geometry;
    if (leat_value_geometry(&geometry, bytes, size, err))
        return LEAT_FAIL;
    writer->to = leat_text_copy(writer->to, "{\"srid\":", 8);
    writer->to = leat_text_u64(writer->to, geometry.srid);
    writer->to = leat_text_copy(writer->to, ",\"wkb\":", 7);
    put_base64(writer, geometry.wkb, geometry.wkb_size);
    *writer->to++ = '}';
    return LEAT_OK;
}

int leat_write_vector(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                      struct leat_error *err)
{
    (void)step;
    if (size % 4)
        return malformed("a VECTOR whose size is not one of whole floats", err);
    leave(writer);
    leat_buf_u8(writer->buf, '[');
    for (uint32_t at = 0; at < size; at += 4) {
        float value = leat_value_float(bytes + at);
        if (!isfinite(value))
            return malformed("a VECTOR holds what is not a number", err);
        if (at)
            leat_buf_u8(writer->buf, ',');
        leat_put_float(writer->buf, value);
    }
    leat_buf_u8(writer->buf, ']');
    enter(writer);
    return LEAT_OK;
}

/* Behind a document that was put from `start` on. */
static void note_null(struct leat_writer *writer, const struct leat_step *step, size_t start)
{
    const struct leat_buf *buf = writer->buf;
    if (buf->size - start == 4 && memcmp(buf->data + start, "null", 4) == 0)
        leat_buf_u32(writer->json_nulls, step->index);
}

/* Behind what is plain, byte by byte: `at` moves behind what was taken. */
static uint8_t *put_compact(uint8_t *to, const uint8_t *at, const uint8_t *end)
{
    static const char digits[] = "0123456789abcdef";
    bool inside = false;
    for (; at < end; at++) {
        if (*at == '"')
            inside = !inside;
        else if (*at == ' ' && !inside)
            continue;
        if (*at == '"' || *at == '\\')
            *to++ = '\\';
        if (*at == '\\') {
            *to++ = '\\';
            at++;
            if (at < end && (*at == '"' || *at == '\\'))
                *to++ = '\\';
            if (at == end)
                break;
        }
        if (*at < 0x20) {
            to = leat_text_copy(to, "\\u00", 4);
            *to++ = (uint8_t)digits[*at >> 4];
            *to++ = (uint8_t)digits[*at & 15];
        } else {
            *to++ = *at;
        }
    }
    return to;
}

void leat_write_json_string(struct leat_writer *writer, const uint8_t *text, size_t size)
{
    leat_writer_room(writer, 6 * size + 2);
    *writer->to++ = '"';
    writer->to = put_compact(writer->to, text, text + size);
    *writer->to++ = '"';
}

/* The document's text in scratch, as a string. */
static int write_json_text(struct leat_writer *writer, const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    leat_buf_clear(writer->scratch);
    if (leat_value_json(writer->scratch, bytes, size, err))
        return LEAT_FAIL;
    leat_write_json_string(writer, writer->scratch->data, writer->scratch->size);
    return LEAT_OK;
}

int leat_write_json(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                    struct leat_error *err)
{
    if (step->json_text)
        return write_json_text(writer, bytes, size, err);
    leave(writer);
    size_t start = writer->buf->size;
    if (leat_value_json(writer->buf, bytes, size, err))
        return LEAT_FAIL;
    note_null(writer, step, start);
    enter(writer);
    return LEAT_OK;
}

int leat_write_changed_json(struct leat_writer *writer, const struct leat_step *step, const struct leat_located *document,
                            const uint8_t *changes, uint32_t changes_size, struct leat_error *err)
{
    if (step->json_text) {
        leat_buf_clear(writer->scratch);
        if (leat_json_apply(writer->scratch, document->bytes, document->size, changes, changes_size, err))
            return LEAT_FAIL;
        leat_write_json_string(writer, writer->scratch->data, writer->scratch->size);
        return LEAT_OK;
    }
    leave(writer);
    size_t start = writer->buf->size;
    if (leat_json_apply(writer->buf, document->bytes, document->size, changes, changes_size, err))
        return LEAT_FAIL;
    note_null(writer, step, start);
    enter(writer);
    return LEAT_OK;
}
