/* Doubles in JSON text, as the server prints them: the fewest digits that read back as the same number, in
 * plain notation while the point lies within or near them, else with an exponent that has neither a plus sign
 * nor zeros in front; ".0" behind whole numbers in plain notation.
 *
 * Facts: my_gcvt in strings/dtoa.cc; tried on MySQL 9.7.4. */
#include "value_int.h"

#include <math.h>

#include "base/json.h"

/* The longest has 17 digits, a sign, a point, an exponent "e-308", or a point and zeros before or behind them. */
enum { PLAIN_POINT_MAX = 15, TEXT_MAX = 48 };

/* 0.DIGITS times ten to the power of `point`. */
struct decimal {
    uint8_t digits[LEAT_DOUBLE_DIGITS_MAX];
    int count;
    int point;
};

static uint8_t *put(uint8_t *to, const uint8_t *digits, int count)
{
    memcpy(to, digits, (size_t)count);
    return to + count;
}

static uint8_t *put_zeros(uint8_t *to, int count)
{
    memset(to, '0', (size_t)count);
    return to + count;
}

static uint8_t *put_plain(uint8_t *to, const struct decimal *d)
{
    if (d->point <= 0) {
        *to++ = '0';
        *to++ = '.';
        return put(put_zeros(to, -d->point), d->digits, d->count);
    }
    if (d->point < d->count) {
        to = put(to, d->digits, d->point);
        *to++ = '.';
        return put(to, d->digits + d->point, d->count - d->point);
    }
    to = put_zeros(put(to, d->digits, d->count), d->point - d->count);
    *to++ = '.';
    *to++ = '0';
    return to;
}

static uint8_t *put_exponent(uint8_t *to, const struct decimal *d)
{
    *to++ = d->digits[0];
    if (d->count > 1) {
        *to++ = '.';
        to = put(to, d->digits + 1, d->count - 1);
    }
    *to++ = 'e';
    int exponent = d->point - 1;
    if (exponent < 0)
        *to++ = '-';
    exponent = exponent < 0 ? -exponent : exponent;
    if (exponent >= 100)
        *to++ = (uint8_t)('0' + exponent / 100);
    if (exponent >= 10)
        *to++ = (uint8_t)('0' + exponent / 10 % 10);
    *to++ = (uint8_t)('0' + exponent % 10);
    return to;
}

void leat_json_double_put(struct leat_buf *buf, double value)
{
    struct decimal d;
    d.count = (int)leat_double_digits(d.digits, &d.point, value);
    uint8_t *from = leat_buf_reserve(buf, TEXT_MAX), *to = from;
    if (signbit(value))
        *to++ = '-';
    bool near = d.point > -PLAIN_POINT_MAX && d.point <= PLAIN_POINT_MAX;
    bool within = d.point > 0 && d.point < d.count;
    to = near || within ? put_plain(to, &d) : put_exponent(to, &d);
    leat_buf_commit(buf, (size_t)(to - from));
}
