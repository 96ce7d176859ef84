/* Floating point as the shortest decimal that reads back as the same value.
 *
 * The way: a value v = c * 2^q lies between two bounds, half way to its neighbours; all decimals between them
 * read back as v. Scaled by a power of ten so that the interval holds at least one but not more than ten
 * whole numbers, the right one is picked by comparing v and the bounds, in fixed point with 128 bits of the
 * power and the lost bits folded into the lowest one. Source: R. Giulietti, "The Schubfach way to render
 * doubles" (2020). No locale, no allocation; any thread. */
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "number_int.h"

__extension__ typedef unsigned __int128 wide;

struct decimal {
    uint64_t digits;
    int exponent; /* of ten */
};

/* floor(log10(2^e)), floor(log10(3/4 * 2^e)) and floor(log2(10^e)), right for all e that occur. */
static inline int floor_log10_of_pow2(int e)
{
    return (e * 1262611) >> 22;
}

static inline int floor_log10_of_three_quarters_pow2(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

static inline int floor_log2_of_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* power * scaled / 2^128 rounded down, its lowest bit set if anything was cut off. */
static inline uint64_t multiply_to_odd(struct leat_power power, uint64_t scaled)
{
    uint64_t low = (uint64_t)(((wide)power.lo * scaled) >> 64);
    wide product = (wide)power.hi * scaled + low;
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* The same for 64 bits of a power and a result of 32 bits and a few. */
static inline uint64_t multiply_to_odd_short(uint64_t power, uint64_t scaled)
{
    wide product = (wide)power * scaled;
    uint64_t fraction = (uint64_t)product >> 32;
    return (uint64_t)(product >> 64) | (fraction > 1);
}

/* v and its bounds, four times their scaled values. */
struct interval {
    uint64_t lower, value, upper; /* lower and upper belong to it */
};

static struct decimal pick(struct interval in, int exponent)
{
    uint64_t whole = in.value / 4;
    if (whole >= 10) {
        uint64_t tens = whole / 10;
        bool down_inside = in.lower <= 40 * tens;
        bool up_inside = 40 * tens + 40 <= in.upper;
        if (down_inside != up_inside)
            return (struct decimal){tens + up_inside, exponent + 1};
    }
    bool down_inside = in.lower <= 4 * whole;
    bool up_inside = 4 * whole + 4 <= in.upper;
    if (down_inside != up_inside)
        return (struct decimal){whole + up_inside, exponent};
    uint64_t middle = 4 * whole + 2;
    bool up = in.value > middle || (in.value == middle && (whole & 1));
    return (struct decimal){whole + up, exponent};
}

static struct decimal shortest(uint64_t c, int q, bool lower_is_closer, bool is_double)
{
    int exponent = lower_is_closer ? floor_log10_of_three_quarters_pow2(q) : floor_log10_of_pow2(q);
    unsigned shift = (unsigned)(q + floor_log2_of_pow10(-exponent) + 1);
    struct leat_power power = leat_powers[-exponent - LEAT_POWER_MIN];
    uint64_t bounds[3] = {4 * c - 2 + lower_is_closer, 4 * c, 4 * c + 2};
    for (int i = 0; i < 3; i++)
        bounds[i] = is_double ? multiply_to_odd(power, bounds[i] << shift)
                              : multiply_to_odd_short(power.hi + (power.lo != 0), bounds[i] << shift);
    uint64_t odd =
        c & 1; /* a reader rounds half way to the even one, so an odd value's bounds aren't its own */
    return pick((struct interval){bounds[0] + odd, bounds[1], bounds[2] - odd}, exponent);
}

static inline uint8_t *put_zeros(uint8_t *to, int count)
{
    memset(to, '0', (size_t)count);
    return to + count;
}

static inline struct decimal without_zeros(struct decimal decimal)
{
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

/* Plain between 0.000001 and 10^21, with an exponent outside of it. */
static void put_decimal(struct leat_buf *buf, bool negative, struct decimal decimal)
{
    decimal = without_zeros(decimal);
    int count = (int)leat_digits_count(decimal.digits);
    int point = count + decimal.exponent; /* digits before the decimal point */
    uint8_t text[20];
    leat_digits_write(text, decimal.digits, (unsigned)count);
    uint8_t *from = leat_buf_reserve(buf, 40);
    uint8_t *to = from;
    if (negative)
        *to++ = '-';
    int before = point > 21 || point < -5 ? 1 : point; /* digits before the point that we write */
    if (before <= 0) {
        *to++ = '0';
        *to++ = '.';
        to = put_zeros(to, -before);
        before = 0;
    }
    int taken = before < count ? before : count;
    memcpy(to, text, (size_t)taken);
    to = put_zeros(to + taken, before - taken);
    if (taken < count) {
        if (before)
            *to++ = '.';
        memcpy(to, text + taken, (size_t)(count - taken));
        to += count - taken;
    }
    leat_buf_commit(buf, (size_t)(to - from));
    if (point > 21 || point < -5) {
        leat_buf_u8(buf, 'e');
        leat_put_i64(buf, point - 1);
    }
}

/* Whole numbers that every digit of is exact are the usual case. */
static bool put_whole(struct leat_buf *buf, double value)
{
    if (!(value > -9007199254740992.0 && value < 9007199254740992.0))
        return false;
    int64_t whole = (int64_t)value;
    if ((double)whole != value)
        return false;
    if (whole == 0 && signbit(value))
        leat_buf_u8(buf, '-');
    leat_put_i64(buf, whole);
    return true;
}

/* Of anything but zero. */
static struct decimal shortest_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFF;
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t c = exponent ? fraction | 1ULL << 52 : fraction;
    int q = (exponent ? exponent : 1) - 1075;
    return shortest(c, q, fraction == 0 && exponent > 1, true);
}

void leat_put_double(struct leat_buf *buf, double value)
{
    assert(isfinite(value));
    if (!put_whole(buf, value))
        put_decimal(buf, signbit(value), shortest_double(value));
}

static unsigned put_digits(uint8_t *digits, int *point, struct decimal decimal)
{
    decimal = without_zeros(decimal);
    unsigned count = leat_digits_count(decimal.digits);
    leat_digits_write(digits, decimal.digits, count);
    *point = (int)count + decimal.exponent;
    return count;
}

static unsigned put_zero(uint8_t *digits, int *point)
{
    digits[0] = '0';
    *point = 1;
    return 1;
}

unsigned leat_double_digits(uint8_t digits[LEAT_DOUBLE_DIGITS_MAX], int *point, double value)
{
    assert(isfinite(value));
    return value == 0 ? put_zero(digits, point) : put_digits(digits, point, shortest_double(value));
}

static struct decimal shortest_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t fraction = bits & 0x7FFFFF;
    int exponent = (int)(bits >> 23 & 0xFF);
    uint64_t c = exponent ? fraction | 1U << 23 : fraction;
    int q = (exponent ? exponent : 1) - 150;
    return shortest(c, q, fraction == 0 && exponent > 1, false);
}

unsigned leat_float_digits(uint8_t digits[LEAT_DOUBLE_DIGITS_MAX], int *point, float value)
{
    assert(isfinite(value));
    return value == 0 ? put_zero(digits, point) : put_digits(digits, point, shortest_float(value));
}

void leat_put_float(struct leat_buf *buf, float value)
{
    assert(isfinite(value));
    /* above 2^24 a float's shortest decimal isn't its exact whole number */
    if (value > -16777216.0F && value < 16777216.0F && put_whole(buf, (double)value))
        return;
    put_decimal(buf, signbit(value), shortest_float(value));
}
