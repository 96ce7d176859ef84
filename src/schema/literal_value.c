/* What constants are worth: numbers exactly, as decimal digits; bytes; dates and times. Nothing here depends on a locale. Pure. */
#include <stdio.h>

#include "literal_int.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int digit_of(char c)
{
    return is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
}

/* ---- Bits and hexadecimal digits ---- */

/* The digits within 0x…, x'…', 0b… and b'…', and which base they have; 0: it is none of them. */
static unsigned digits_within(const char *text, size_t size, const char **digits, size_t *count)
{
    bool plain = size > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'b');
    bool quoted = size > 2 && text[1] == '\'' && text[size - 1] == '\'';
    char kind = plain ? text[1] : quoted ? (char)(text[0] | 0x20) : 0;
    if (kind != 'x' && kind != 'b')
        return 0;
    unsigned base = kind == 'x' ? 16 : 2;
    *digits = text + 2;
    *count = size - 2 - quoted;
    for (size_t i = 0; i < *count; i++)
        if ((unsigned)digit_of((*digits)[i]) >= base)
            return 0;
    return base;
}

bool leat_literal_bytes(struct leat_buf *bytes, const char *text, size_t size)
{
    const char *digits;
    size_t count;
    unsigned base = digits_within(text, size, &digits, &count), each = base == 16 ? 2 : 8, value = 0;
    if (!base)
        return false;
    for (size_t i = 0; i < count; i++) {
        value = value * base + (unsigned)digit_of(digits[i]);
        if ((count - i - 1) % each == 0) { /* what is missing is missing in front */
            leat_buf_u8(bytes, (uint8_t)value);
            value = 0;
        }
    }
    return true;
}

static bool from_bits(struct leat_literal_number *number, const char *text, size_t size)
{
    enum { BITS_MAX = 64 };
    const char *digits;
    size_t count;
    unsigned base = digits_within(text, size, &digits, &count);
    uint64_t value = 0;
    char decimal[24];
    if (!base)
        return false;
    for (; count && *digits == '0'; count--)
        digits++;
    if (count * (base == 16 ? 4 : 1) > BITS_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        value = value * base + (unsigned)digit_of(digits[i]);
    int length = snprintf(decimal, sizeof decimal, "%llu", (unsigned long long)value);
    return leat_literal_number(number, decimal, (size_t)length);
}

/* ---- Numbers ---- */

static void trim(struct leat_literal_number *number)
{
    int zeros = 0;
    while (zeros < number->count && number->digits[zeros] == '0')
        zeros++;
    memmove(number->digits, number->digits + zeros, (size_t)(number->count - zeros));
    number->count -= zeros;
    number->point -= zeros;
    while (number->count && number->digits[number->count - 1] == '0')
        number->count--;
    if (!number->count)
        number->point = 0;
}

static size_t take_exponent(struct leat_literal_number *number, const char *text, size_t size)
{
    enum { EXPONENT_MAX = 400 };
    size_t at = 1;
    int exponent = 0;
    bool negative = size > 1 && text[1] == '-';
    at += size > 1 && (text[1] == '-' || text[1] == '+');
    for (; at < size && is_digit(text[at]) && exponent <= EXPONENT_MAX; at++)
        exponent = exponent * 10 + (text[at] - '0');
    number->point += negative ? -exponent : exponent;
    return at;
}

bool leat_literal_number(struct leat_literal_number *number, const char *text, size_t size)
{
    *number = (struct leat_literal_number){0};
    while (size && text[size - 1] == ' ')
        size--;
    while (size && *text == ' ')
        text++, size--;
    if (from_bits(number, text, size))
        return true;
    *number = (struct leat_literal_number){.negative = size && *text == '-'};
    size_t at = size && (*text == '-' || *text == '+');
    bool point = false, any = false;
    for (; at < size && (is_digit(text[at]) || (text[at] == '.' && !point)); at++) {
        if (text[at] == '.') {
            point = true;
            continue;
        }
        any = true;
        if (number->count == LEAT_LITERAL_DIGITS_MAX)
            return false;
        number->digits[number->count++] = text[at];
        number->point += !point;
    }
    if (any && at < size && (text[at] == 'e' || text[at] == 'E'))
        at += take_exponent(number, text + at, size - at);
    trim(number);
    return any && at == size;
}

/* The digit at a power of ten: 0 is that of ones, -1 of tenths. */
static char digit_at(const struct leat_literal_number *number, int power)
{
    int at = number->point - 1 - power;
    return at >= 0 && at < number->count ? number->digits[at] : '0';
}

size_t leat_literal_print(char *text, size_t room, const struct leat_literal_number *number, int scale)
{
    struct leat_literal_number rounded = *number;
    int keep = number->point + scale; /* digits that stay */
    if (keep < number->count) {
        bool up = keep >= 0 && number->digits[keep] >= '5';
        rounded.count = keep > 0 ? keep : 0;
        int at = rounded.count - 1;
        for (; up && at >= 0 && rounded.digits[at] == '9'; at--)
            rounded.digits[at] = '0';
        if (up && at >= 0)
            rounded.digits[at]++;
        else if (up) { /* 9.9 is 10 */
            memmove(rounded.digits + 1, rounded.digits, (size_t)rounded.count);
            rounded.digits[0] = '1';
            rounded.count++;
            rounded.point = keep > 0 ? number->point + 1 : 1 - scale;
        }
    }
    trim(&rounded);
    int whole = rounded.point > 0 ? rounded.point : 1;
    size_t size = 0;
    if (whole < 0 || scale < 0 || (size_t)whole + (size_t)scale + 4 > room)
        return 0;
    if (rounded.negative && rounded.count)
        text[size++] = '-';
    for (int power = whole - 1; power >= -scale; power--) {
        if (power == -1)
            text[size++] = '.';
        text[size++] = digit_at(&rounded, power);
    }
    text[size] = 0;
    return size;
}

bool leat_literal_whole(const struct leat_literal_number *number, uint64_t *value)
{
    enum { DIGITS_MAX = 20 };
    *value = 0;
    if (number->negative || number->point > DIGITS_MAX || number->count > number->point)
        return false;
    for (int power = number->point - 1; power >= 0; power--) {
        unsigned digit = (unsigned)(digit_at(number, power) - '0');
        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

/* ---- Dates and times ---- */

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };

struct moment {
    unsigned part[PARTS];
    unsigned micros, beyond; /* beyond: the digit behind the micros */
    bool negative;
};

static unsigned take_number(const char **text, int digits)
{
    unsigned value = 0;
    for (; digits > 0 && is_digit(**text); digits--)
        value = value * 10 + (unsigned)(*(*text)++ - '0');
    return value;
}

static size_t count_digits(const char *text)
{
    size_t count = 0;
    while (is_digit(text[count]))
        count++;
    return count;
}

static bool take_fraction(struct moment *moment, const char *text)
{
    if (!*text)
        return true;
    if (*text++ != '.')
        return false;
    for (unsigned place = 100000; place; place /= 10)
        moment->micros += is_digit(*text) ? place * (unsigned)(*text++ - '0') : 0;
    moment->beyond = is_digit(*text) ? (unsigned)(*text - '0') : 0;
    return text[count_digits(text)] == 0;
}

/* 20200102, 200102, 20200102030405; for a TIME 101112. */
static bool take_compact(struct moment *moment, const char *text, size_t count, bool time)
{
    if (time) {
        for (int part = SECOND; part >= HOUR; part--) {
            size_t from = part == HOUR ? 0 : count > 2 ? count - 2 : 0;
            const char *at = text + from;
            moment->part[part] = take_number(&at, (int)(count - from));
            count = from;
        }
        return moment->part[HOUR] < 1000;
    }
    if (count != 6 && count != 8 && count != 12 && count != 14)
        return count == 1 && *text == '0';
    bool century = count == 8 || count == 14;
    moment->part[YEAR] = take_number(&text, century ? 4 : 2);
    for (int part = MONTH; part < PARTS && is_digit(*text); part++)
        moment->part[part] = take_number(&text, 2);
    if (!century)
        moment->part[YEAR] += moment->part[YEAR] < 70 ? 2000 : 1900;
    return true;
}

/* 2020-01-02 03:04:05, 20-1-2, 10:11. */
static bool take_delimited(struct moment *moment, const char **text, bool time)
{
    size_t year = count_digits(*text);
    for (int part = time ? HOUR : YEAR; part < PARTS; part++) {
        size_t digits = count_digits(*text);
        if (!digits || digits > 4)
            return false;
        moment->part[part] = take_number(text, 4);
        if (!**text || **text == '.')
            break;
        if (part + 1 < PARTS)
            ++*text;
    }
    if (!time && year <= 2)
        moment->part[YEAR] += moment->part[YEAR] < 70 ? 2000 : 1900;
    return true;
}

/* To so many digits of a second; false: it would be another minute. */
static bool cut(struct moment *moment, unsigned digits, bool rounds)
{
    unsigned unit = 1000000;
    for (unsigned i = 0; i < digits; i++)
        unit /= 10;
    if (rounds && digits == 6 && moment->beyond >= 5)
        moment->micros++;
    if (rounds && digits < 6 && moment->micros % unit >= unit / 2)
        moment->micros += unit;
    moment->micros -= moment->micros % unit;
    if (moment->micros < 1000000)
        return true;
    moment->micros -= 1000000;
    return ++moment->part[SECOND] < 60;
}

bool leat_literal_time(char text[LEAT_LITERAL_TIME_SIZE], const char *given, enum leat_type type, unsigned digits, bool rounds)
{
    struct moment moment = {0};
    bool time = type == LEAT_TYPE_TIME2, date = type == LEAT_TYPE_DATE;
    if (time && *given == '-') {
        moment.negative = true;
        given++;
    }
    size_t count = count_digits(given);
    bool compact = count && (!given[count] || given[count] == '.') && (time || count > 4 || (count == 1 && *given == '0'));
    if (compact ? !take_compact(&moment, given, count, time) : !take_delimited(&moment, &given, time))
        return false;
    if (!take_fraction(&moment, compact ? given + count : given) || digits > 6 || (!date && !cut(&moment, digits, rounds)))
        return false;
    int size = 0;
    const unsigned *part = moment.part;
    if (!time)
        size = snprintf(text, LEAT_LITERAL_TIME_SIZE, "%04u-%02u-%02u%s", part[YEAR] % 10000, part[MONTH] % 100, part[DAY] % 100, date ? "" : " ");
    if (!date)
        size += snprintf(text + size, LEAT_LITERAL_TIME_SIZE - (size_t)size, "%s%02u:%02u:%02u", moment.negative ? "-" : "", part[HOUR] % 1000,
                         part[MINUTE] % 100, part[SECOND] % 100);
    if (!date && digits)
        snprintf(text + size, LEAT_LITERAL_TIME_SIZE - (size_t)size, ".%06u", moment.micros % 1000000), text[size + 1 + (int)digits] = 0;
    return true;
}
