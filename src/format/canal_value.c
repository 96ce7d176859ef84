/* Values as Canal prints them: all are strings. */
#include "canal_int.h"

#include <math.h>

#include "base/json.h"
#include "binlog/json.h"
#include "charset_text_int.h"
#include "java_int.h"
#include "text_plain_int.h"

static int malformed(const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", what);
}

/* The text as a string. */
static void quote(struct leat_writer *writer, const struct leat_buf *text)
{
    leat_writer_room(writer, leat_text_utf8_max(text->data, text->size) + 2);
    leat_writer_commit(writer);
    leat_json_string(writer->buf, text->data, text->size);
    leat_writer_begin(writer, writer->buf, writer->rest_max);
}

void leat_canal_foreign(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size)
{
    struct leat_buf *text = writer->scratch;
    leat_buf_clear(text);
    leat_charset_object(text, (enum leat_charset)step->charset, bytes, size);
    quote(writer, text);
}

static int write_float(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    (void)step, (void)size;
    float value = leat_value_float(bytes);
    if (!isfinite(value))
        return malformed("a FLOAT that is not a number", err);
    *writer->to++ = '"';
    writer->to = leat_java_float(writer->to, value);
    *writer->to++ = '"';
    return LEAT_OK;
}

static int write_double(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    (void)step, (void)size;
    double value = leat_value_double(bytes);
    if (!isfinite(value))
        return malformed("a DOUBLE that is not a number", err);
    *writer->to++ = '"';
    writer->to = leat_java_double(writer->to, value);
    *writer->to++ = '"';
    return LEAT_OK;
}

/* The civil date of days since 1970-01-01: eras of 400 years that begin in March. */
static void set_date(struct leat_temporal *temporal, int64_t days)
{
    enum { TO_ERAS = 719468, ERA = 146097 };
    days += TO_ERAS;
    int64_t era = days / ERA;
    uint32_t day = (uint32_t)(days - era * ERA);
    uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint32_t of_year = day - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153;
    temporal->day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1);
    temporal->month = (uint8_t)(month < 10 ? month + 3 : month - 9);
    temporal->year = (uint16_t)(era * 400 + year + (temporal->month <= 2));
}

/* TIMESTAMPs are never negative, and offsets less than a day; the first hours of 1970 may lie in 1969. */
static void move(struct leat_temporal *temporal, int32_t offset)
{
    enum { DAY = 86400 };
    int64_t local = temporal->seconds + offset;
    int64_t days = (local + DAY) / DAY - 1;
    uint32_t second = (uint32_t)(local - days * DAY);
    set_date(temporal, days);
    temporal->hour = (uint16_t)(second / 3600);
    temporal->minute = (uint8_t)(second / 60 % 60);
    temporal->second = (uint8_t)(second % 60);
}

static int write_temporal(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                          struct leat_error *err)
{
    const struct canal *canal = writer->format;
    struct leat_temporal temporal;
    if (leat_temporal_read(&temporal, step, bytes, size, err))
        return LEAT_FAIL;
    bool zero = temporal.seconds == 0 && temporal.micros == 0;
    if (temporal.zone_utc && canal->zone && !zero)
        move(&temporal, leat_zone_offset(canal->zone, temporal.seconds));
    *writer->to++ = '"';
    writer->to = leat_temporal_text(writer->to, step, &temporal, ' ');
    *writer->to++ = '"';
    return LEAT_OK;
}

static int write_number(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    uint64_t number = leat_le(bytes, size);
    if (step->op == LEAT_STEP_ENUM ? number >= step->member_count
                                   : step->op == LEAT_STEP_SET && step->member_count < 64 && number >> step->member_count)
        return malformed(step->op == LEAT_STEP_ENUM ? "an ENUM index beyond its members" : "a SET with bits beyond its members", err);
    *writer->to++ = '"';
    writer->to = leat_text_u64(writer->to, number);
    *writer->to++ = '"';
    return LEAT_OK;
}

/* Members are strings of JSON, so what is between the first quote of the first and the last one of the last is the set's text. One
 * whose bytes aren't text is an object there: then the whole is quoted. */
static int write_set_text(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                          struct leat_error *err)
{
    uint64_t bits = leat_le(bytes, size);
    if (step->member_count < 64 && bits >> step->member_count)
        return malformed("a SET with bits beyond its members", err);
    uint8_t *to = writer->to;
    *to++ = '"';
    for (bool first = true; bits; bits &= bits - 1, first = false) {
        const struct leat_text *member = &step->members[__builtin_ctzll(bits)];
        if (!first)
            *to++ = ',';
        if (member->bytes[0] != '"')
            return malformed("a SET member that is not text", err);
        to = leat_text_copy(to, member->bytes + 1, member->size - 2);
    }
    *to++ = '"';
    writer->to = to;
    return LEAT_OK;
}

static int write_enum_text(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                           struct leat_error *err)
{
    uint64_t index = leat_le(bytes, size);
    if (index < step->member_count && step->members[index].bytes[0] != '"')
        return malformed("an ENUM member that is not text", err);
    return leat_write_enum(writer, step, bytes, size, err);
}

static int write_text(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                      struct leat_error *err)
{
    (void)err;
    struct leat_buf *text = writer->scratch;
    struct leat_error not_text = {0};
    leat_buf_clear(text);
    if (leat_charset_to_utf8(text, (enum leat_charset)step->charset, bytes, size, &not_text) == LEAT_OK)
        quote(writer, text);
    else
        leat_canal_foreign(writer, step, bytes, size);
    return LEAT_OK;
}

/* Bytes as characters of ISO 8859-1. */
static void put_latin1(struct leat_writer *writer, const uint8_t *bytes, size_t size, size_t zeros)
{
    static const char hex[] = "0123456789abcdef";
    leat_writer_room(writer, (size + zeros) * LEAT_TEXT_ESCAPED_MAX + 2);
    uint8_t *to = writer->to;
    *to++ = '"';
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if (byte >= 0x80) {
            *to++ = (uint8_t)(0xC0 | byte >> 6);
            *to++ = (uint8_t)(0x80 | (byte & 0x3F));
        } else if (byte == '"' || byte == '\\') {
            *to++ = '\\';
            *to++ = byte;
        } else if (byte < 0x20) {
            static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
            *to++ = '\\';
            if (letters[byte]) {
                *to++ = (uint8_t)letters[byte];
            } else {
                to = leat_text_copy(to, "u00", 3);
                *to++ = (uint8_t)hex[byte >> 4];
                *to++ = (uint8_t)hex[byte & 15];
            }
        } else {
            *to++ = byte;
        }
    }
    for (; zeros; zeros--)
        to = leat_text_copy(to, "\\u0000", 6);
    *to++ = '"';
    writer->to = to;
}

static int write_bytes(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    (void)step, (void)err;
    put_latin1(writer, bytes, size, 0);
    return LEAT_OK;
}

/* With the zero bytes that the binlog leaves out. */
static int write_binary(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    (void)err;
    put_latin1(writer, bytes, size, size < step->size ? step->size - size : 0);
    return LEAT_OK;
}

static int write_vector(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    *writer->to++ = '"';
    if (leat_write_vector(writer, step, bytes, size, err))
        return LEAT_FAIL;
    *writer->to++ = '"';
    return LEAT_OK;
}

static int write_json(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                      struct leat_error *err)
{
    (void)step;
    struct leat_buf *text = writer->scratch;
    leat_buf_clear(text);
    if (leat_value_json(text, bytes, size, err))
        return LEAT_FAIL;
    quote(writer, text);
    return LEAT_OK;
}

int leat_canal_changed_json(struct leat_writer *writer, const struct leat_located *document, const struct leat_located *changes,
                            struct leat_error *err)
{
    struct leat_buf *text = writer->scratch;
    leat_buf_clear(text);
    if (leat_json_apply(text, document->bytes, document->size, changes->bytes, changes->size, err))
        return LEAT_FAIL;
    quote(writer, text);
    return LEAT_OK;
}

void leat_canal_writers(struct canal *canal)
{
    leat_value_writer **writers = canal->writers;
    writers[LEAT_STEP_FLOAT] = write_float;
    writers[LEAT_STEP_DOUBLE] = write_double;
    writers[LEAT_STEP_DECIMAL] = leat_write_decimal;
    writers[LEAT_STEP_TEMPORAL] = write_temporal;
    writers[LEAT_STEP_ENUM] = canal->settings.member_text ? write_enum_text : write_number;
    writers[LEAT_STEP_SET] = canal->settings.member_text ? write_set_text : write_number;
    writers[LEAT_STEP_TEXT] = write_text;
    writers[LEAT_STEP_BYTES] = write_bytes;
    writers[LEAT_STEP_BINARY] = write_binary;
    writers[LEAT_STEP_SHAPE] = leat_write_shape;
    writers[LEAT_STEP_GEOMETRY] = write_bytes;
    writers[LEAT_STEP_VECTOR] = write_vector;
    writers[LEAT_STEP_JSON] = write_json;
}
