/* Literals that give the same value again, whatever the character set of the client: text is UTF-8 where the bytes are,
 * else bytes in hex under their own set's name; numbers have all their digits. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "format/shape.h"
#include "binlog/value.h"
#include "sql_int.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

void leat_sql_put_name(struct leat_buf *buf, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    leat_buf_u8(buf, '`');
    for (size_t i = 0; i < size; i++) {
        if (at[i] == '`')
            leat_buf_u8(buf, '`');
        leat_buf_u8(buf, at[i]);
    }
    leat_buf_u8(buf, '`');
}

/* Line breaks would end a line, zero bytes and \Z some clients' input. 0: the byte stands for itself. */
static inline uint8_t escape(uint8_t byte)
{
    switch (byte) {
    case 0:
        return '0';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case 0x1A:
        return 'Z';
    case '\\':
    case '\'':
        return byte;
    default:
        return 0;
    }
}

static inline uint8_t *put_byte(uint8_t *to, uint8_t byte)
{
    uint8_t escaped = escape(byte);
    if (escaped)
        *to++ = '\\';
    *to++ = escaped ? escaped : byte;
    return to;
}

enum { BLOCK = 16 };

#if defined(__SSE2__)
/* Copies sixteen bytes; how many of them stand before the first that may have to be escaped. */
static inline unsigned copy_block(uint8_t *to, const uint8_t *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\'')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, marks));
    return found ? (unsigned)__builtin_ctz(found) : BLOCK;
}
#endif

void leat_sql_put_text(struct leat_buf *buf, const void *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = size ? at + size : at;
    uint8_t *to = leat_buf_reserve(buf, 2 * size + 2 + BLOCK), *start = to;
    *to++ = '\'';
#if defined(__SSE2__)
    while (end - at >= BLOCK) {
        unsigned plain = copy_block(to, at);
        at += plain;
        to += plain;
        if (plain < BLOCK)
            to = put_byte(to, *at++);
    }
#endif
    while (at < end)
        to = put_byte(to, *at++);
    *to++ = '\'';
    leat_buf_commit(buf, (size_t)(to - start));
}

void leat_sql_put_hex(struct leat_buf *buf, const void *bytes, size_t size)
{
    leat_buf_puts(buf, "x'");
    leat_put_hex(buf, bytes, size);
    leat_buf_u8(buf, '\'');
}

static bool is_ascii(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

/* The same bytes in UTF-8 and in the column's own set. */
static bool is_plain(const struct leat_sql_column *column, const uint8_t *bytes, size_t size)
{
    return column->utf8 ? leat_utf8_valid(bytes, size) : column->ascii && is_ascii(bytes, size);
}

static void put_characters(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value)
{
    if (is_plain(column, value->bytes, value->size)) {
        leat_sql_put_text(buf, value->bytes, value->size);
        return;
    }
    leat_buf_printf(buf, "_%s ", column->charset);
    leat_sql_put_hex(buf, value->bytes, value->size);
}

/* A decimal literal would go by DECIMAL, which has no exponent: with one it is a DOUBLE, and all digits count. A FLOAT's
 * digits are those of the DOUBLE that equals it, so that nothing is rounded twice. */
static int put_double(struct leat_buf *buf, double value, struct leat_error *err)
{
    if (!isfinite(value))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a value that is not a number");
    size_t before = buf->size;
    leat_put_double(buf, value);
    if (!memchr(buf->data + before, 'e', buf->size - before) && !memchr(buf->data + before, 'E', buf->size - before))
        leat_buf_puts(buf, "e0");
    return LEAT_OK;
}

static int put_temporal(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                        struct leat_error *err)
{
    struct leat_temporal temporal;
    if (leat_value_temporal(&temporal, column->column, value->bytes, value->size, err))
        return LEAT_FAIL;
    if (temporal.zone_utc && temporal.seconds == 0 && temporal.micros == 0)
        temporal = (struct leat_temporal){.zone_utc = true, .digits = temporal.digits};
    leat_buf_u8(buf, '\'');
    leat_temporal_put(buf, column->column, &temporal, ' ');
    leat_buf_u8(buf, '\'');
    return LEAT_OK;
}

/* By name where all of it can be written as it is, else by number, which says the same. */
static bool members_plain(const struct leat_sql_column *column)
{
    const struct leat_column *told = column->column;
    for (uint32_t i = 0; i < told->member_count; i++)
        if (!told->members[i].size || !is_ascii((const uint8_t *)told->members[i].bytes, told->members[i].size) ||
            memchr(told->members[i].bytes, 0, told->members[i].size))
            return false;
    return told->member_count > 0;
}

static void put_enum(struct leat_buf *buf, const struct leat_sql_column *column, uint64_t index)
{
    const struct leat_column *told = column->column;
    if (index && index <= told->member_count && members_plain(column))
        leat_sql_put_text(buf, told->members[index - 1].bytes, told->members[index - 1].size);
    else
        leat_put_u64(buf, index);
}

static void put_set(struct leat_buf *buf, const struct leat_sql_column *column, uint64_t bits)
{
    const struct leat_column *told = column->column;
    if (!bits || !members_plain(column) || (told->member_count < 64 && bits >> told->member_count)) {
        leat_put_u64(buf, bits);
        return;
    }
    struct leat_buf text = {0};
    for (uint64_t left = bits; left; left &= left - 1) {
        const struct leat_text *member = &told->members[__builtin_ctzll(left)];
        if (text.size)
            leat_buf_u8(&text, ',');
        leat_buf_put(&text, member->bytes, member->size);
    }
    leat_sql_put_text(buf, text.data, text.size);
    leat_buf_free(&text);
}

static void put_padded(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value)
{
    if (column->column->shape != LEAT_SHAPE_PLAIN) {
        char text[LEAT_SHAPE_TEXT_MAX];
        leat_sql_put_text(buf, text, leat_shape_text(text, column->column->shape, value->bytes, value->size));
        return;
    }
    leat_buf_puts(buf, "x'");
    leat_put_hex(buf, value->bytes, value->size);
    for (uint32_t i = value->size; i < column->size; i++)
        leat_buf_puts(buf, "00");
    leat_buf_u8(buf, '\'');
}

static int put_not_null(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                        struct leat_error *err)
{
    const struct leat_column *told = column->column;
    switch (column->kind) {
    case LEAT_SQL_INT:
        leat_put_i64(buf, leat_value_int(told, value->bytes, value->size));
        return LEAT_OK;
    case LEAT_SQL_UINT:
    case LEAT_SQL_BIT:
        leat_put_u64(buf, leat_value_uint(told, value->bytes, value->size));
        return LEAT_OK;
    case LEAT_SQL_YEAR:
        leat_put_u64(buf, value->bytes[0] ? 1900U + value->bytes[0] : 0);
        return LEAT_OK;
    case LEAT_SQL_FLOAT:
        return put_double(buf, (double)leat_value_float(value->bytes), err);
    case LEAT_SQL_DOUBLE:
        return put_double(buf, leat_value_double(value->bytes), err);
    case LEAT_SQL_DECIMAL:
        return leat_value_decimal(buf, told, value->bytes, value->size, err);
    case LEAT_SQL_TEMPORAL:
        return put_temporal(buf, column, value, err);
    case LEAT_SQL_ENUM:
        put_enum(buf, column, leat_value_uint(told, value->bytes, value->size));
        return LEAT_OK;
    case LEAT_SQL_SET:
        put_set(buf, column, leat_value_uint(told, value->bytes, value->size));
        return LEAT_OK;
    case LEAT_SQL_TEXT:
        put_characters(buf, column, value);
        return LEAT_OK;
    case LEAT_SQL_BYTES:
    case LEAT_SQL_OPAQUE:
        leat_sql_put_hex(buf, value->bytes, value->size);
        return LEAT_OK;
    case LEAT_SQL_BINARY:
        put_padded(buf, column, value);
        return LEAT_OK;
    case LEAT_SQL_JSON:
        return leat_sql_put_json(buf, value->bytes, value->size, err);
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a column of unknown kind %d", (int)column->kind);
}

int leat_sql_put_value(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                       struct leat_error *err)
{
    if (value->bytes)
        return put_not_null(buf, column, value, err);
    leat_buf_puts(buf, "NULL");
    return LEAT_OK;
}

/* Bytes to compare a column's bytes with. */
static int put_bytes(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                     struct leat_error *err)
{
    if (column->kind == LEAT_SQL_JSON) {
        struct leat_buf text = {0};
        int rc = leat_value_json(&text, value->bytes, value->size, err);
        if (rc == LEAT_OK)
            leat_sql_put_text(buf, text.data, text.size);
        leat_buf_free(&text);
        return rc;
    }
    if (column->kind == LEAT_SQL_TEXT && is_plain(column, value->bytes, value->size))
        leat_sql_put_text(buf, value->bytes, value->size);
    else if (column->kind == LEAT_SQL_BINARY)
        put_padded(buf, column, value);
    else
        leat_sql_put_hex(buf, value->bytes, value->size);
    return LEAT_OK;
}

/* The server compares a SET's bits as a signed number. */
static void put_number_condition(struct leat_buf *buf, const struct leat_sql_column *column, uint64_t number)
{
    bool cast = number > INT64_MAX;
    leat_buf_puts(buf, cast ? "CAST(" : "");
    leat_buf_put(buf, column->name.bytes, column->name.size);
    leat_buf_puts(buf, cast ? " AS UNSIGNED) = " : " = ");
    leat_put_u64(buf, number);
}

int leat_sql_put_condition(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                           struct leat_error *err)
{
    if (!value->bytes) {
        leat_buf_put(buf, column->name.bytes, column->name.size);
        leat_buf_puts(buf, " IS NULL");
        return LEAT_OK;
    }
    bool bytes = !column->key && (column->kind == LEAT_SQL_TEXT || column->kind == LEAT_SQL_BYTES || column->kind == LEAT_SQL_OPAQUE ||
                                  column->kind == LEAT_SQL_JSON);
    if (bytes) {
        leat_buf_puts(buf, "CAST(");
        leat_buf_put(buf, column->name.bytes, column->name.size);
        leat_buf_puts(buf, " AS BINARY) = ");
        return put_bytes(buf, column, value, err);
    }
    if (column->kind == LEAT_SQL_ENUM || column->kind == LEAT_SQL_SET) {
        put_number_condition(buf, column, leat_value_uint(column->column, value->bytes, value->size));
        return LEAT_OK;
    }
    leat_buf_put(buf, column->name.bytes, column->name.size);
    leat_buf_puts(buf, " = ");
    return put_not_null(buf, column, value, err);
}
