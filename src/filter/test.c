/* Conditions made for a column's type, and values held against them. Pure. */
#include "where_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "binlog/charset.h"
#include "binlog/value.h"

/* ---- Texts in one form ---- */

/* "-01.50" is -1.5, and "-0" is 0; false: it is no decimal. */
static bool put_decimal(struct leat_buf *buf, const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    const char *whole = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    const char *whole_end = at, *fraction = at, *fraction_end = at;
    if (at < end && *at == '.') {
        fraction = ++at;
        while (at < end && *at >= '0' && *at <= '9')
            at++;
        fraction_end = at;
    }
    if (at != end || whole_end - whole + (fraction_end - fraction) == 0)
        return false;
    while (whole < whole_end && *whole == '0')
        whole++;
    while (fraction_end > fraction && fraction_end[-1] == '0')
        fraction_end--;
    if (negative && (whole < whole_end || fraction < fraction_end))
        leat_buf_u8(buf, '-');
    leat_buf_put(buf, whole, (size_t)(whole_end - whole));
    leat_buf_u8(buf, '.');
    leat_buf_put(buf, fraction, (size_t)(fraction_end - fraction));
    return true;
}

/* As the server prints it, without zeros at the fraction's end; "2026-01-31T10:20:30Z" and, for times with a date, a date alone
 * are taken too. */
static bool put_time(struct leat_buf *buf, enum leat_type type, const char *text, size_t size)
{
    enum { DATE_LENGTH = 10 };
    bool dated = type == LEAT_TYPE_DATETIME || type == LEAT_TYPE_DATETIME2 || type == LEAT_TYPE_TIMESTAMP || type == LEAT_TYPE_TIMESTAMP2;
    size -= dated && size && text[size - 1] == 'Z';
    if (memchr(text, '.', size))
        while (size && text[size - 1] == '0')
            size--;
    size -= size && text[size - 1] == '.';
    for (size_t i = 0; i < size; i++) {
        char c = dated && i == DATE_LENGTH && text[i] == 'T' ? ' ' : text[i];
        if (!strchr("0123456789-:. ", c) || !c)
            return false;
        leat_buf_u8(buf, (uint8_t)c);
    }
    if (dated && size == DATE_LENGTH)
        leat_buf_puts(buf, " 00:00:00");
    return size > 0;
}

static bool is_time(enum leat_type type)
{
    switch ((int)type) {
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return true;
    default:
        return false;
    }
}

/* ---- Making ---- */

static bool parse_integer(uint64_t *number, const char *text, bool is_signed)
{
    char *end;
    if (!*text || strchr(" \t\n+", *text))
        return false;
    errno = 0;
    *number = is_signed || *text == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
    return !errno && !*end && (is_signed || *text != '-');
}

static bool parse_real(double *real, const char *text, bool single)
{
    char *end;
    if (!*text || !strchr("+-.0123456789", *text))
        return false;
    *real = single ? (double)strtof(text, &end) : strtod(text, &end);
    return !*end;
}

/* 0x… or x'…'; false: it is neither. */
static bool put_unhexed(struct leat_buf *buf, const char *text)
{
    size_t size = strlen(text);
    bool quoted = size >= 3 && (text[0] == 'x' || text[0] == 'X') && text[1] == '\'' && text[size - 1] == '\'';
    if (!quoted && (size < 2 || text[0] != '0' || text[1] != 'x'))
        return false;
    const char *at = text + 2, *end = text + size - quoted;
    if ((end - at) % 2 || strspn(at, "0123456789abcdefABCDEF") != (size_t)(end - at))
        return false;
    for (; at < end; at += 2) {
        char pair[] = {at[0], at[1], 0};
        leat_buf_u8(buf, (uint8_t)strtoul(pair, NULL, 16));
    }
    return true;
}

static bool member_is(const struct leat_column *column, uint32_t index, const char *text, size_t size)
{
    struct leat_buf member = {0};
    struct leat_error ignored = {0};
    const struct leat_text *told = &column->members[index];
    enum leat_charset charset = leat_charset_of(column->collation);
    bool same = told->size == size && !memcmp(told->bytes, text, size);
    if (!same && leat_charset_to_utf8(&member, charset, told->bytes, told->size, &ignored) == LEAT_OK)
        same = member.size == size && !memcmp(member.data, text, size);
    leat_buf_free(&member);
    return same;
}

static bool find_member(uint32_t *index, const struct leat_column *column, const char *text, size_t size)
{
    for (*index = 0; *index < column->member_count; ++*index)
        if (member_is(column, *index, text, size))
            return true;
    return false;
}

static bool parse_enum(uint64_t *number, const struct leat_column *column, const char *text)
{
    uint32_t index;
    if (!column->member_count)
        return parse_integer(number, text, false);
    *number = 0; /* the text that stands for what wasn't a member */
    if (!find_member(&index, column, text, strlen(text)))
        return !*text;
    *number = index + 1;
    return true;
}

static bool parse_set(uint64_t *number, const struct leat_column *column, const char *text)
{
    uint32_t index;
    if (!column->member_count)
        return parse_integer(number, text, false);
    *number = 0;
    for (const char *at = text; *at; at += *at == ',') {
        size_t size = strcspn(at, ",");
        if (!find_member(&index, column, at, size) || index >= 64)
            return false;
        *number |= (uint64_t)1 << index;
        at += size;
    }
    return true;
}

static bool is_bytes(const struct leat_column *column)
{
    return column->collation == LEAT_COLLATION_BINARY || column->collation == LEAT_COLLATION_UNKNOWN;
}

/* Any way of writing a UUID (32 digits, with dashes or without), INET4 or INET6, as its bytes. */
static bool put_shape(struct leat_buf *buf, uint8_t shape, const char *text)
{
    uint8_t bytes[16];
    if (shape != LEAT_SHAPE_UUID) {
        bool inet6 = shape == LEAT_SHAPE_INET6;
        if (inet_pton(inet6 ? AF_INET6 : AF_INET, text, bytes) != 1)
            return false;
        leat_buf_put(buf, bytes, inet6 ? 16 : 4);
        return true;
    }
    size_t count = 0;
    char digits[35] = "0x";
    for (; *text; text++)
        if (*text != '-') {
            if (count == 32)
                return false;
            digits[2 + count++] = *text;
        }
    return count == 32 && put_unhexed(buf, digits);
}

/* The binlog leaves zeros at the end out. */
static void cut_zeros(struct leat_buf *buf)
{
    while (buf->size && !buf->data[buf->size - 1])
        buf->size--;
}

static enum leat_test_kind make_shape(struct leat_test *test, const char *text)
{
    if (!put_shape(&test->text, test->column->shape, text) && !put_unhexed(&test->text, text))
        return LEAT_TEST_NEVER;
    cut_zeros(&test->text);
    return LEAT_TEST_BYTES;
}

/* What a text or bytes column is held against. */
static enum leat_test_kind make_text(struct leat_test *test, const char *text)
{
    const char *charset = leat_charset_name(test->column->collation);
    if (is_bytes(test->column)) {
        if (!put_unhexed(&test->text, text))
            leat_buf_puts(&test->text, text);
        if (test->column->type == LEAT_TYPE_STRING)
            cut_zeros(&test->text);
        return LEAT_TEST_BYTES;
    }
    leat_buf_puts(&test->text, text);
    return strncmp(charset, "utf8", 4) ? LEAT_TEST_TEXT : LEAT_TEST_BYTES;
}

static enum leat_test_kind choose(struct leat_test *test, const char *text)
{
    const struct leat_column *column = test->column;
    bool ok = false;
    if (column->shape)
        return make_shape(test, text);
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        ok = parse_integer(&test->number, text, !(column->flags & LEAT_COLUMN_UNSIGNED));
        return ok ? LEAT_TEST_NUMBER : LEAT_TEST_NEVER;
    case LEAT_TYPE_YEAR:
    case LEAT_TYPE_BIT:
        ok = parse_integer(&test->number, text, false);
        return ok ? LEAT_TEST_NUMBER : LEAT_TEST_NEVER;
    case LEAT_TYPE_ENUM:
        return parse_enum(&test->number, column, text) ? LEAT_TEST_NUMBER : LEAT_TEST_NEVER;
    case LEAT_TYPE_SET:
        return parse_set(&test->number, column, text) ? LEAT_TEST_NUMBER : LEAT_TEST_NEVER;
    case LEAT_TYPE_FLOAT:
        return parse_real(&test->real, text, true) ? LEAT_TEST_FLOAT : LEAT_TEST_NEVER;
    case LEAT_TYPE_DOUBLE:
        return parse_real(&test->real, text, false) ? LEAT_TEST_DOUBLE : LEAT_TEST_NEVER;
    case LEAT_TYPE_NEWDECIMAL:
        return put_decimal(&test->text, text, strlen(text)) ? LEAT_TEST_TEXT : LEAT_TEST_NEVER;
    case LEAT_TYPE_GEOMETRY:
    case LEAT_TYPE_VECTOR:
        return put_unhexed(&test->text, text) ? LEAT_TEST_BYTES : LEAT_TEST_NEVER;
    case LEAT_TYPE_JSON:
        leat_buf_puts(&test->text, text);
        return LEAT_TEST_TEXT;
    default:
        break;
    }
    if (is_time(column->type))
        return put_time(&test->text, column->type, text, strlen(text)) ? LEAT_TEST_TEXT : LEAT_TEST_NEVER;
    return make_text(test, text);
}

void leat_test_make(struct leat_test *test, const struct leat_column *column, const char *text, bool null)
{
    test->column = column;
    test->kind = null ? LEAT_TEST_NULL : choose(test, text);
}

/* ---- Testing ---- */

static int make_value(const struct leat_column *column, const struct leat_value *value, struct leat_buf *text, struct leat_error *err)
{
    struct leat_temporal temporal;
    if (column->type == LEAT_TYPE_JSON)
        return leat_value_json(text, value->bytes, value->size, err);
    if (column->type == LEAT_TYPE_NEWDECIMAL)
        return leat_value_decimal(text, column, value->bytes, value->size, err);
    if (!is_time(column->type))
        return leat_charset_to_utf8(text, leat_charset_of(column->collation), value->bytes, value->size, err);
    if (leat_value_temporal(&temporal, column, value->bytes, value->size, err))
        return LEAT_FAIL;
    if (temporal.zone_utc && !temporal.seconds && !temporal.micros)
        temporal = (struct leat_temporal){.zone_utc = true, .digits = temporal.digits};
    leat_temporal_put(text, column, &temporal, ' ');
    return LEAT_OK;
}

static bool test_text(const struct leat_test *test, const struct leat_value *value, struct leat_buf *scratch)
{
    struct leat_error ignored = {0};
    const struct leat_column *column = test->column;
    leat_buf_clear(scratch);
    if (make_value(column, value, scratch, &ignored))
        return false;
    size_t made = scratch->size;
    bool time = is_time(column->type), decimal = column->type == LEAT_TYPE_NEWDECIMAL;
    if (time || decimal) {
        leat_buf_reserve(scratch, made + 16);
        const char *from = (const char *)scratch->data;
        struct leat_buf form = {0};
        bool ok = time ? put_time(&form, column->type, from, made) : put_decimal(&form, from, made);
        bool same = ok && form.size == test->text.size && !memcmp(form.data, test->text.data, form.size);
        leat_buf_free(&form);
        return same;
    }
    return made == test->text.size && (!made || !memcmp(scratch->data, test->text.data, made));
}

static bool test_number(const struct leat_test *test, const struct leat_value *value)
{
    const struct leat_column *column = test->column;
    if (column->type == LEAT_TYPE_YEAR)
        return test->number == (value->bytes[0] ? 1900U + value->bytes[0] : 0);
    bool is_unsigned = column->flags & LEAT_COLUMN_UNSIGNED || column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET ||
                       column->type == LEAT_TYPE_BIT;
    return test->number == (is_unsigned ? leat_value_uint(column, value->bytes, value->size)
                                        : (uint64_t)leat_value_int(column, value->bytes, value->size));
}

bool leat_test_value(const struct leat_test *test, const struct leat_value *value, struct leat_buf *scratch)
{
    if (!value->present || test->kind == LEAT_TEST_NEVER)
        return false;
    if (!value->bytes || test->kind == LEAT_TEST_NULL)
        return !value->bytes && test->kind == LEAT_TEST_NULL;
    switch (test->kind) {
    case LEAT_TEST_NUMBER:
        return test_number(test, value);
    case LEAT_TEST_FLOAT: {
        double real = (double)leat_value_float(value->bytes);
        return real <= test->real && real >= test->real;
    }
    case LEAT_TEST_DOUBLE: {
        double real = leat_value_double(value->bytes);
        return real <= test->real && real >= test->real;
    }
    case LEAT_TEST_BYTES:
        return value->size == test->text.size && (!value->size || !memcmp(value->bytes, test->text.data, value->size));
    default:
        return test_text(test, value, scratch);
    }
}
