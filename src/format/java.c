/* Numbers as Java prints them (java_int.h). Facts: the documentation of Double.toString and BigDecimal.toString. */
#include "java_int.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "text_int.h"

enum { PLAIN_FROM = -3, PLAIN_TO = 7 }; /* exponents of ten */

static uint8_t *put_zeros(uint8_t *to, int count)
{
    for (; count > 0; count--)
        *to++ = '0';
    return to;
}

static uint8_t *put_exponent(uint8_t *to, int exponent)
{
    *to++ = 'E';
    if (exponent < 0)
        *to++ = '-';
    return leat_text_u64(to, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

/* 0.DIGITS times ten to the power of `point`. */
static uint8_t *put_digits(uint8_t *to, const uint8_t *digits, unsigned count, int point)
{
    int exponent = point - 1, all = (int)count;
    if (exponent < PLAIN_FROM || exponent >= PLAIN_TO) {
        *to++ = digits[0];
        *to++ = '.';
        if (all == 1)
            *to++ = '0';
        return put_exponent(leat_text_copy(to, digits + 1, count - 1), exponent);
    }
    if (point <= 0) {
        to = put_zeros(leat_text_copy(to, "0.", 2), -point);
        return leat_text_copy(to, digits, count);
    }
    int whole = all < point ? all : point;
    to = put_zeros(leat_text_copy(to, digits, (size_t)whole), point - whole);
    *to++ = '.';
    if (all <= point)
        *to++ = '0';
    return leat_text_copy(to, digits + whole, (size_t)(all - whole));
}

uint8_t *leat_java_double(uint8_t *to, double value)
{
    uint8_t digits[LEAT_DOUBLE_DIGITS_MAX];
    int point;
    unsigned count = leat_double_digits(digits, &point, value);
    if (signbit(value))
        *to++ = '-';
    return put_digits(to, digits, count, point);
}

uint8_t *leat_java_float(uint8_t *to, float value)
{
    uint8_t digits[LEAT_DOUBLE_DIGITS_MAX];
    int point;
    unsigned count = leat_float_digits(digits, &point, value);
    if (signbit(value))
        *to++ = '-';
    return put_digits(to, digits, count, point);
}

/* Below a millionth, and zeros of more than six digits, have an exponent. */
uint8_t *leat_java_decimal(uint8_t *text, size_t size)
{
    static const char small[] = "0.000000";
    enum { SMALL = sizeof small - 1, POINT = 2 };
    uint8_t *to = text, *end = text + size;
    if (size && *text == '-') {
        to++;
        size--;
    }
    if (size <= SMALL || memcmp(to, small, SMALL) != 0)
        return end;
    const uint8_t *fraction = to + POINT, *digit = fraction;
    while (digit < end && *digit == '0')
        digit++;
    if (digit == end) {
        *to++ = '0';
        return put_exponent(to, -(int)(end - fraction));
    }
    int exponent = -(int)(digit - fraction) - 1;
    *to++ = *digit++;
    if (digit < end)
        *to++ = '.';
    memmove(to, digit, (size_t)(end - digit));
    return put_exponent(to + (end - digit), exponent);
}
