/* Dates and times, of before MySQL 5.6 and since.
 *
 * The later forms are big-endian and offset so that they sort as bytes; TIME, which can be negative, as if it
 * were one number with its fraction. "Packed" is what both are turned into first: days or hours, minutes and
 * seconds in the upper 40 bits, microseconds in the lower 24.
 *
 * Facts: my_*_packed_from_binary and TIME_from_longlong_*_packed in mysys/my_time.cc (MySQL), the types'
 * manual pages. */
#include "value_int.h"

#include "binlog_int.h"

enum { DIGITS_MAX = 6, TIME_HOURS_MAX = 838 };

/* Microseconds in one unit of the fraction's bytes, by their number. */
static const int32_t unit_of_bytes[4] = {0, 10000, 100, 1};

static int check(const struct leat_temporal *t, struct leat_error *err)
{
    if (t->year > 9999 || t->month > 12 || t->day > 31 || t->minute > 59 || t->second > 59 ||
        t->micros > 999999)
        return leat_malformed(err, "no such date or time: %04u-%02u-%02u %02u:%02u:%02u.%06u", t->year,
                              t->month, t->day, t->hour, t->minute, t->second, t->micros);
    return LEAT_OK;
}

static int check_hours(const struct leat_temporal *t, unsigned hours_max, struct leat_error *err)
{
    if (t->hour > hours_max)
        return leat_malformed(err, "no such time: %u hours", t->hour);
    return check(t, err);
}

static void set_clock(struct leat_temporal *t, uint64_t seconds_minutes_hours)
{
    t->second = seconds_minutes_hours & 63;
    t->minute = seconds_minutes_hours >> 6 & 63;
    t->hour = (uint16_t)(seconds_minutes_hours >> 12 & 1023);
}

static int from_packed_datetime(struct leat_temporal *t, int64_t packed, struct leat_error *err)
{
    if (packed < 0)
        return leat_malformed(err, "a date and time is negative");
    uint64_t whole = (uint64_t)packed >> 24;
    uint64_t year_month = whole >> 22;
    t->micros = (uint32_t)(packed & 0xFFFFFF);
    t->day = whole >> 17 & 31;
    t->month = (uint8_t)(year_month % 13);
    t->year = year_month / 13 > 9999 ? 10000 : (uint16_t)(year_month / 13);
    set_clock(t, whole & 0x1FFFF);
    return check_hours(t, 23, err);
}

static int from_packed_time(struct leat_temporal *t, int64_t packed, struct leat_error *err)
{
    t->negative = packed < 0;
    uint64_t size = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed;
    t->micros = (uint32_t)(size & 0xFFFFFF);
    set_clock(t, size >> 24);
    if (size >> 46)
        return leat_malformed(err, "a TIME is out of range");
    return check_hours(t, TIME_HOURS_MAX, err);
}

/* TIME2: below zero, the fraction counts upwards from the next lower second. */
static int64_t packed_time(const uint8_t *bytes, size_t fraction_size)
{
    int64_t whole = (int64_t)leat_be(bytes, 3) - 0x800000;
    int64_t fraction = (int64_t)leat_be(bytes + 3, fraction_size);
    if (fraction_size == 3)
        return (int64_t)leat_be(bytes, 6) - INT64_C(0x800000000000);
    if (whole < 0 && fraction) {
        whole++;
        fraction -= INT64_C(1) << 8 * fraction_size;
    }
    return whole * (1 << 24) + fraction * unit_of_bytes[fraction_size];
}

/* Days since 1970 into a date: Howard Hinnant's civil_from_days, for days from 1970 on. */
static void set_date(struct leat_temporal *t, uint32_t days)
{
    uint32_t z = days + 719468;
    uint32_t era = z / 146097;
    uint32_t day_of_era = z - era * 146097;
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t m = (5 * day_of_year + 2) / 153;
    t->day = (uint8_t)(day_of_year - (153 * m + 2) / 5 + 1);
    t->month = (uint8_t)(m < 10 ? m + 3 : m - 9);
    t->year = (uint16_t)(year_of_era + era * 400 + (t->month <= 2));
}

/* 0 without a fraction is the zero timestamp, which isn't 1970. */
static int from_timestamp(struct leat_temporal *t, uint32_t seconds, uint32_t micros, struct leat_error *err)
{
    t->zone_utc = true;
    t->seconds = seconds;
    t->micros = micros;
    if (seconds == 0 && micros == 0)
        return LEAT_OK;
    set_date(t, seconds / 86400);
    t->hour = (uint16_t)(seconds % 86400 / 3600);
    t->minute = (uint8_t)(seconds % 3600 / 60);
    t->second = (uint8_t)(seconds % 60);
    return check(t, err);
}

/* Decimal digits of before 5.6: YYYYMMDDhhmmss. */
static int from_old_datetime(struct leat_temporal *t, uint64_t number, struct leat_error *err)
{
    uint64_t date = number / 1000000, clock = number % 1000000;
    if (date > 99999999)
        return leat_malformed(err, "a DATETIME is out of range");
    t->year = (uint16_t)(date / 10000);
    t->month = (uint8_t)(date / 100 % 100);
    t->day = (uint8_t)(date % 100);
    t->hour = (uint16_t)(clock / 10000);
    t->minute = (uint8_t)(clock / 100 % 100);
    t->second = (uint8_t)(clock % 100);
    return check_hours(t, 23, err);
}

/* hhmmss, signed, in three bytes. */
static int from_old_time(struct leat_temporal *t, uint32_t number, struct leat_error *err)
{
    t->negative = number & 0x800000;
    uint32_t size = t->negative ? 0x1000000 - number : number;
    t->hour = (uint16_t)(size / 10000);
    t->minute = (uint8_t)(size / 100 % 100);
    t->second = (uint8_t)(size % 100);
    return check_hours(t, TIME_HOURS_MAX, err);
}

static void from_date(struct leat_temporal *t, uint32_t number)
{
    t->day = number & 31;
    t->month = number >> 5 & 15;
    t->year = (uint16_t)(number >> 9 & 0x7FFF);
}

/* What the type takes without its fraction; 0 if it isn't temporal. */
static uint32_t whole_size(enum leat_type type)
{
    switch (type) {
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        return 3;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return 4;
    case LEAT_TYPE_DATETIME2:
        return 5;
    case LEAT_TYPE_DATETIME:
        return 8;
    default:
        return 0;
    }
}

static unsigned fraction_digits(const struct leat_column *column)
{
    bool has = column->type == LEAT_TYPE_TIME2 || column->type == LEAT_TYPE_DATETIME2 ||
               column->type == LEAT_TYPE_TIMESTAMP2;
    return has ? column->metadata : 0;
}

int leat_value_temporal(struct leat_temporal *temporal, const struct leat_column *column,
                        const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    unsigned digits = fraction_digits(column);
    uint32_t whole = whole_size(column->type);
    if (whole == 0 || digits > DIGITS_MAX || size != whole + (digits + 1) / 2)
        return leat_malformed(err, "%u bytes are not a date or time of type %u with %u digits", size,
                              (unsigned)column->type, digits);
    size_t fraction_size = size - whole;
    *temporal = (struct leat_temporal){.digits = (uint8_t)digits};
    uint32_t micros =
        (uint32_t)leat_be(bytes + whole, fraction_size) * (uint32_t)unit_of_bytes[fraction_size];
    switch (column->type) {
    case LEAT_TYPE_TIME:
        return from_old_time(temporal, (uint32_t)leat_le(bytes, 3), err);
    case LEAT_TYPE_DATETIME:
        return from_old_datetime(temporal, leat_le(bytes, 8), err);
    case LEAT_TYPE_TIMESTAMP:
        return from_timestamp(temporal, (uint32_t)leat_le(bytes, 4), 0, err);
    case LEAT_TYPE_TIMESTAMP2:
        return from_timestamp(temporal, (uint32_t)leat_be(bytes, 4), micros, err);
    case LEAT_TYPE_TIME2:
        return from_packed_time(temporal, packed_time(bytes, fraction_size), err);
    case LEAT_TYPE_DATETIME2:
        if (micros > 999999)
            return leat_malformed(err, "a DATETIME has %u microseconds", micros);
        return from_packed_datetime(
            temporal, ((int64_t)leat_be(bytes, 5) - INT64_C(0x8000000000)) * (1 << 24) + micros, err);
    default:
        from_date(temporal, (uint32_t)leat_le(bytes, 3));
        return check(temporal, err);
    }
}

int leat_temporal_of_packed(struct leat_temporal *temporal, enum leat_type type, int64_t packed,
                            struct leat_error *err)
{
    *temporal = (struct leat_temporal){.digits = DIGITS_MAX};
    return type == LEAT_TYPE_TIME ? from_packed_time(temporal, packed, err)
                                  : from_packed_datetime(temporal, packed, err);
}

static uint8_t *put_number(uint8_t *to, uint32_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--, value /= 10)
        to[i - 1] = (uint8_t)('0' + value % 10);
    return to + digits;
}

static uint8_t *put_date(uint8_t *to, const struct leat_temporal *t)
{
    to = put_number(to, t->year, 4);
    *to++ = '-';
    to = put_number(to, t->month, 2);
    *to++ = '-';
    return put_number(to, t->day, 2);
}

static uint8_t *put_clock(uint8_t *to, const struct leat_temporal *t)
{
    static const uint32_t divisor[DIGITS_MAX + 1] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    to = put_number(to, t->hour, t->hour > 99 ? 3 : 2);
    *to++ = ':';
    to = put_number(to, t->minute, 2);
    *to++ = ':';
    to = put_number(to, t->second, 2);
    if (t->digits == 0 || t->digits > DIGITS_MAX)
        return to;
    *to++ = '.';
    return put_number(to, t->micros / divisor[t->digits], t->digits);
}

void leat_temporal_put(struct leat_buf *buf, const struct leat_column *column,
                       const struct leat_temporal *temporal, char separator)
{
    enum { TEXT_MAX = 40 };
    uint8_t *start = leat_buf_reserve(buf, TEXT_MAX);
    uint8_t *to = start;
    switch (column->type) {
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        to = put_date(to, temporal);
        break;
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        if (temporal->negative)
            *to++ = '-';
        to = put_clock(to, temporal);
        break;
    default:
        to = put_date(to, temporal);
        *to++ = (uint8_t)separator;
        to = put_clock(to, temporal);
        break;
    }
    leat_buf_commit(buf, (size_t)(to - start));
}
