/* The format "debezium": numbers. Sizes were checked against the image by whoever calls. */
#include "debezium_int.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "binlog/value.h"
#include "java_int.h"
#include "text_int.h"

static int malformed(const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", what);
}

static uint8_t *put_base64(uint8_t *to, const uint8_t *bytes, size_t size)
{
    *to++ = '"';
    to = leat_text_base64(to, bytes, size);
    *to++ = '"';
    return to;
}

int leat_debezium_write_bit(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err)
{
    (void)step, (void)err;
    bool set = size && bytes[size - 1] & 1;
    writer->to = set ? leat_text_copy(writer->to, "true", 4) : leat_text_copy(writer->to, "false", 5);
    return LEAT_OK;
}

/* Little-endian, where the binlog has them big-endian. */
int leat_debezium_write_bits(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    uint8_t turned[8];
    (void)step;
    if (size > sizeof turned)
        return malformed("a BIT of more than 64 bits", err);
    for (uint32_t i = 0; i < size; i++)
        turned[i] = bytes[size - 1 - i];
    writer->to = put_base64(writer->to, turned, size);
    return LEAT_OK;
}

void leat_debezium_put_double(struct leat_buf *buf, double value)
{
    uint8_t *to = leat_buf_reserve(buf, LEAT_JAVA_NUMBER_MAX);
    leat_buf_commit(buf, (size_t)(leat_java_double(to, value) - to));
}

int leat_debezium_write_vector(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                          struct leat_error *err)
{
    (void)step;
    if (size % 4)
        return malformed("a VECTOR whose size is not one of whole floats", err);
    leat_writer_room(writer, (size_t)size / 4 * (LEAT_JAVA_NUMBER_MAX + 1) + 2);
    *writer->to++ = '[';
    for (uint32_t at = 0; at < size; at += 4) {
        float value = leat_value_float(bytes + at);
        if (!isfinite(value))
            return malformed("a VECTOR holds what is not a number", err);
        if (at)
            *writer->to++ = ',';
        writer->to = leat_java_float(writer->to, value);
    }
    *writer->to++ = ']';
    return LEAT_OK;
}

/* The big-endian two's complement of a number of 32-bit limbs, the lowest first, in as few bytes as Java's BigInteger. */
enum { LIMBS_MAX = 8, WHOLE_MAX = LIMBS_MAX * 4 + 1 };
static uint8_t *put_whole(uint8_t *to, const uint32_t *limbs, bool negative)
{
    uint8_t bytes[WHOLE_MAX] = {0};
    unsigned carry = negative;
    for (unsigned i = 0; i < WHOLE_MAX; i++) {
        unsigned byte = i < WHOLE_MAX - 1 ? (limbs[i / 4] >> 8 * (i % 4)) & 0xFF : 0;
        unsigned turned = (negative ? (~byte & 0xFF) : byte) + carry;
        carry = negative ? turned >> 8 : 0;
        bytes[WHOLE_MAX - 1 - i] = (uint8_t)turned;
    }
    unsigned from = 0;
    while (from < WHOLE_MAX - 1 && (bytes[from] == 0 || bytes[from] == 0xFF) && (bytes[from] ^ bytes[from + 1]) < 0x80)
        from++;
    return put_base64(to, bytes + from, WHOLE_MAX - from);
}

/* In as few bytes, of a number that fits 64. */
static uint8_t *put_small(uint8_t *to, int64_t value)
{
    uint8_t bytes[8];
    unsigned from = 0;
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
    while (from < 7 && (bytes[from] == 0 || bytes[from] == 0xFF) && (bytes[from] ^ bytes[from + 1]) < 0x80)
        from++;
    return put_base64(to, bytes + from, 8 - from);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static uint8_t *put_unscaled(uint8_t *to, const uint8_t *text, size_t size)
{
    enum { SMALL_DIGITS = 18 };
    uint32_t limbs[LIMBS_MAX] = {0};
    uint64_t small = 0;
    bool negative = size && *text == '-';
    if (size <= SMALL_DIGITS) {
        for (size_t i = 0; i < size; i++)
            if (is_digit(text[i]))
                small = small * 10 + (text[i] - '0');
        return put_small(to, negative ? -(int64_t)small : (int64_t)small);
    }
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]))
            continue;
        uint64_t carry = text[i] - (unsigned)'0';
        for (unsigned k = 0; k < LIMBS_MAX; k++) {
            carry += (uint64_t)limbs[k] * 10;
            limbs[k] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    return put_whole(to, limbs, negative);
}

void leat_debezium_put_decimal(struct leat_buf *buf, const char *text, size_t size)
{
    uint8_t *to = leat_buf_reserve(buf, LEAT_VALUE_TEXT_MAX);
    leat_buf_commit(buf, (size_t)(put_unscaled(to, (const uint8_t *)text, size) - to));
}

int leat_debezium_write_decimal(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                           struct leat_error *err)
{
    leat_buf_clear(writer->scratch);
    if (leat_value_decimal(writer->scratch, step->column, bytes, size, err))
        return LEAT_FAIL;
    writer->to = put_unscaled(writer->to, writer->scratch->data, writer->scratch->size);
    return LEAT_OK;
}

/* In Java's scientific notation, which BigDecimal has where more than five zeros come behind the point. */
static uint8_t *put_scientific(uint8_t *to, const uint8_t *digits, size_t count, bool negative, int exponent)
{
    if (negative)
        *to++ = '-';
    *to++ = digits[0];
    if (count > 1) {
        *to++ = '.';
        to = leat_text_copy(to, digits + 1, count - 1);
    }
    to = leat_text_copy(to, "E-", 2);
    return leat_text_u64(to, (uint64_t)-exponent);
}

/* As a JSON number. */
int leat_debezium_write_digits(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                               struct leat_error *err)
{
    enum { DIGITS_MAX = 96, PLAIN_FROM = -6 };
    uint8_t digits[DIGITS_MAX];
    size_t count = 0;
    const struct leat_buf *text = writer->scratch;
    leat_buf_clear(writer->scratch);
    if (leat_value_decimal(writer->scratch, step->column, bytes, size, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < text->size && count < DIGITS_MAX; i++)
        if (is_digit(text->data[i]) && (count || text->data[i] != '0'))
            digits[count++] = text->data[i];
    if (!count)
        digits[count++] = '0';
    int exponent = (int)count - 1 - (step->column->metadata & 0xFF);
    if (exponent < PLAIN_FROM)
        writer->to = put_scientific(writer->to, digits, count, text->data[0] == '-', exponent);
    else
        writer->to = leat_text_copy(writer->to, text->data, text->size);
    return LEAT_OK;
}

/* Rounded by whoever asked for it. The C library's strtod would ask the locale for the point. */
int leat_debezium_write_decimal_double(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                                  struct leat_error *err)
{
    leat_buf_clear(writer->scratch);
    if (leat_value_decimal(writer->scratch, step->column, bytes, size, err))
        return LEAT_FAIL;
    uint8_t *text = writer->scratch->data;
    size_t digits = 0;
    for (size_t i = 0; i < writer->scratch->size; i++)
        if (text[i] != '.')
            text[digits++] = text[i];
    writer->scratch->size = digits;
    leat_buf_printf(writer->scratch, "e-%u", step->column->metadata & 0xFF);
    double value = strtod(leat_buf_cstr(writer->scratch), NULL);
    writer->to = leat_java_double(writer->to, value == 0 ? 0.0 : value);
    return LEAT_OK;
}

/* BIGINT UNSIGNED where a schema says int64. */
int leat_debezium_write_unsigned(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    uint64_t value = leat_value_uint(step->column, bytes, size);
    if (value > INT64_MAX) {
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%llu doesn't fit the int64 that the message's schema says",
                  (unsigned long long)value);
        return leat_cure(err, "bigint.unsigned.handling.mode: precise writes such columns as decimals; long would write "
                              "this value as a negative one");
    }
    writer->to = leat_text_u64(writer->to, value);
    return LEAT_OK;
}

int leat_debezium_write_long(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    (void)err;
    uint64_t value = leat_value_uint(step->column, bytes, size);
    if (value > INT64_MAX) {
        *writer->to++ = '-';
        value = 0 - value;
    }
    writer->to = leat_text_u64(writer->to, value);
    return LEAT_OK;
}

int leat_debezium_write_unsigned_precise(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                                    struct leat_error *err)
{
    (void)err;
    uint64_t value = leat_value_uint(step->column, bytes, size);
    uint32_t limbs[LIMBS_MAX] = {(uint32_t)value, (uint32_t)(value >> 32)};
    writer->to = put_whole(writer->to, limbs, false);
    return LEAT_OK;
}
