/* The format "debezium": times. What is no day of the calendar (zero dates and parts, the 31st of February) has no number;
 * step->detail says what is written then. */
#include "debezium_int.h"

#include "binlog/value.h"
#include "text_int.h"

enum { DAY_SECONDS = 86400, MILLION = 1000000, THOUSAND = 1000 };

static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400, in_era = y - era * 400;
    int64_t in_year = (153 * (int64_t)(month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

static bool is_day(const struct leat_temporal *temporal)
{
    return temporal->month >= 1 && temporal->month <= 12 && temporal->day >= 1 && temporal->year <= 9999 &&
           temporal->day <= month_days(temporal->year, temporal->month) && temporal->hour < 24 && temporal->minute < 60 &&
           temporal->second < 60 && temporal->micros < MILLION;
}

static bool is_zero(const struct leat_temporal *temporal)
{
    return !temporal->year && !temporal->month && !temporal->day && !temporal->hour && !temporal->minute && !temporal->second &&
           !temporal->micros;
}

static int fail_partial(struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "it is no day of the calendar, and so has no number");
    return leat_cure(err, "zero.date.handling.mode: text writes such values as MySQL prints them, lenient as null or 1970");
}

static int put_text(struct leat_writer *writer, const struct leat_step *step, const struct leat_temporal *temporal)
{
    *writer->to++ = '"';
    leat_writer_commit(writer);
    leat_temporal_put(writer->buf, step->column, temporal, ' ');
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    *writer->to++ = '"';
    return LEAT_OK;
}

/* Reads a date or a date and time. *done: it was none, and what stands for it is written: `epoch` where it can't be null. */
static int take(struct leat_temporal *temporal, bool *done, struct leat_writer *writer, const struct leat_step *step,
                const uint8_t *bytes, uint32_t size, const char *epoch, struct leat_error *err)
{
    *done = false;
    if (leat_value_temporal(temporal, step->column, bytes, size, err))
        return LEAT_FAIL;
    bool zero = temporal->zone_utc ? !temporal->seconds && !temporal->micros : is_zero(temporal);
    if (zero && temporal->zone_utc)
        *temporal = (struct leat_temporal){.zone_utc = true, .digits = temporal->digits};
    if (!zero && is_day(temporal))
        return LEAT_OK;
    if (!zero && step->detail != DEBEZIUM_ZERO_LENIENT && step->detail != DEBEZIUM_ZERO_TEXT)
        return fail_partial(err);
    *done = true;
    if (step->detail == DEBEZIUM_ZERO_TEXT)
        return put_text(writer, step, temporal);
    const char *text = step->column->flags & LEAT_COLUMN_NULLABLE ? "null" : epoch;
    writer->to = leat_text_copy(writer->to, text, strlen(text));
    return LEAT_OK;
}

static int put_number(struct leat_writer *writer, int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0)
        *writer->to++ = '-';
    writer->to = leat_text_u64(writer->to, size);
    return LEAT_OK;
}

int leat_debezium_write_date(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    struct leat_temporal date;
    bool done;
    if (take(&date, &done, writer, step, bytes, size, "0", err))
        return LEAT_FAIL;
    return done ? LEAT_OK : put_number(writer, days_of(date.year, date.month, date.day));
}

static uint8_t *put_date(uint8_t *to, const struct leat_temporal *temporal)
{
    to = leat_text_four(to, temporal->year);
    *to++ = '-';
    to = leat_text_two(to, temporal->month);
    *to++ = '-';
    return leat_text_two(to, temporal->day);
}

static uint8_t *put_clock(uint8_t *to, const struct leat_temporal *temporal, unsigned digits)
{
    to = leat_text_two(to, temporal->hour);
    *to++ = ':';
    to = leat_text_two(to, temporal->minute);
    *to++ = ':';
    to = leat_text_two(to, temporal->second);
    if (!digits)
        return to;
    uint8_t text[8];
    leat_text_eight(text, temporal->micros);
    *to++ = '.';
    return leat_text_copy(to, text + 2, digits);
}

/* As many as it takes: Java leaves zeros at the end out. */
static unsigned digits_of(uint32_t micros)
{
    unsigned digits = micros ? 6 : 0;
    for (; digits && micros % 10 == 0; micros /= 10)
        digits--;
    return digits;
}

int leat_debezium_write_date_iso(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    struct leat_temporal date;
    bool done;
    if (take(&date, &done, writer, step, bytes, size, "\"1970-01-01Z\"", err) || done)
        return done ? LEAT_OK : LEAT_FAIL;
    *writer->to++ = '"';
    writer->to = put_date(writer->to, &date);
    writer->to = leat_text_copy(writer->to, "Z\"", 2);
    return LEAT_OK;
}

/* In µs, with its sign. */
static int take_time(struct leat_temporal *time, int64_t *micros, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                     struct leat_error *err)
{
    if (leat_value_temporal(time, step->column, bytes, size, err))
        return LEAT_FAIL;
    *micros = ((int64_t)time->hour * 3600 + time->minute * 60 + time->second) * MILLION + time->micros;
    if (time->negative)
        *micros = -*micros;
    return LEAT_OK;
}

static int fail_beyond_day(struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "it is no time of day, which is all that this time.precision.mode can write");
    return leat_cure(err, "time.precision.mode: adaptive_time_microseconds writes every TIME");
}

int leat_debezium_write_time_us(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                           struct leat_error *err)
{
    struct leat_temporal time;
    int64_t micros;
    if (take_time(&time, &micros, step, bytes, size, err))
        return LEAT_FAIL;
    return put_number(writer, micros);
}

int leat_debezium_write_time_ns(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                           struct leat_error *err)
{
    struct leat_temporal time;
    int64_t micros;
    if (take_time(&time, &micros, step, bytes, size, err))
        return LEAT_FAIL;
    return put_number(writer, micros * THOUSAND);
}

int leat_debezium_write_time_ms(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                           struct leat_error *err)
{
    struct leat_temporal time;
    int64_t micros;
    if (take_time(&time, &micros, step, bytes, size, err))
        return LEAT_FAIL;
    if (micros < 0 || micros > (int64_t)DAY_SECONDS * MILLION)
        return fail_beyond_day(err);
    return put_number(writer, micros / THOUSAND);
}

int leat_debezium_write_time_iso(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    struct leat_temporal time;
    int64_t micros;
    if (take_time(&time, &micros, step, bytes, size, err))
        return LEAT_FAIL;
    if (micros < 0 || micros >= (int64_t)DAY_SECONDS * MILLION)
        return fail_beyond_day(err);
    *writer->to++ = '"';
    writer->to = put_clock(writer->to, &time, digits_of(time.micros));
    writer->to = leat_text_copy(writer->to, "Z\"", 2);
    return LEAT_OK;
}

static int64_t micros_of(const struct leat_temporal *stamp)
{
    int64_t seconds = days_of(stamp->year, stamp->month, stamp->day) * DAY_SECONDS + stamp->hour * 3600 + stamp->minute * 60 +
                      stamp->second;
    return seconds * MILLION + stamp->micros;
}

int leat_debezium_write_stamp_ms(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    struct leat_temporal stamp;
    bool done;
    if (take(&stamp, &done, writer, step, bytes, size, "0", err) || done)
        return done ? LEAT_OK : LEAT_FAIL;
    int64_t seconds = (micros_of(&stamp) - stamp.micros) / MILLION;
    return put_number(writer, seconds * THOUSAND + stamp.micros / THOUSAND);
}

int leat_debezium_write_stamp_us(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    struct leat_temporal stamp;
    bool done;
    if (take(&stamp, &done, writer, step, bytes, size, "0", err) || done)
        return done ? LEAT_OK : LEAT_FAIL;
    return put_number(writer, micros_of(&stamp));
}

int leat_debezium_write_stamp_ns(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                            struct leat_error *err)
{
    struct leat_temporal stamp;
    bool done;
    if (take(&stamp, &done, writer, step, bytes, size, "0", err) || done)
        return done ? LEAT_OK : LEAT_FAIL;
    int64_t micros = micros_of(&stamp);
    if (micros > INT64_MAX / THOUSAND || micros < INT64_MIN / THOUSAND) {
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "its nanoseconds since 1970 don't fit 64 bits");
        return leat_cure(err, "time.precision.mode: microseconds");
    }
    return put_number(writer, micros * THOUSAND);
}

static int put_stamp(struct leat_writer *writer, const struct leat_temporal *stamp, unsigned digits)
{
    *writer->to++ = '"';
    writer->to = put_date(writer->to, stamp);
    *writer->to++ = 'T';
    writer->to = put_clock(writer->to, stamp, digits);
    writer->to = leat_text_copy(writer->to, "Z\"", 2);
    return LEAT_OK;
}

int leat_debezium_write_stamp_iso(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                             struct leat_error *err)
{
    struct leat_temporal stamp;
    bool done;
    if (take(&stamp, &done, writer, step, bytes, size, "\"1970-01-01T00:00:00Z\"", err) || done)
        return done ? LEAT_OK : LEAT_FAIL;
    return put_stamp(writer, &stamp, digits_of(stamp.micros));
}

/* TIMESTAMP: a moment, its fraction as long as the column's. */
int leat_debezium_write_zoned(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                         struct leat_error *err)
{
    struct leat_temporal stamp;
    bool done;
    if (take(&stamp, &done, writer, step, bytes, size, "\"1970-01-01T00:00:00Z\"", err) || done)
        return done ? LEAT_OK : LEAT_FAIL;
    return put_stamp(writer, &stamp, stamp.digits > 6 ? 6 : stamp.digits);
}
