/* The machine's clocks and randomness, and time as text. Any thread; nothing here can fail on a kernel that
 * leat runs on (3.17 and later), so a failure is an assert. */
#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { SECOND_US = 1000000, DAY_S = 86400 };

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    int result = clock_gettime(id, &now);
    assert(result == 0);
    (void)result;
    return (uint64_t)now.tv_sec * SECOND_US + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t wall_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static uint64_t monotonic_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

static void random_bytes(void *context, void *bytes, size_t size)
{
    (void)context;
    uint8_t *at = bytes;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        assert(got >= 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}

const struct leat_clock *leat_clock_real(void)
{
    static const struct leat_clock real = {NULL, wall_us, monotonic_us, random_bytes};
    return &real;
}

static char *put_number(char *to, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + digits;
}

/* Days since 1970-01-01 into year, month and day of the Gregorian calendar. Years are counted from March, so
 * that the leap day is a year's last; 146,097 days are 400 such years. */
static void civil(uint64_t days, uint64_t *year, unsigned *month, unsigned *day)
{
    uint64_t shifted = days + 719468; /* since 0000-03-01 */
    uint64_t era = shifted / 146097;
    unsigned day_of_era = (unsigned)(shifted % 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = era * 400 + year_of_era + (*month <= 2);
}

char *leat_time_text(char *text, uint64_t time_us)
{
    uint64_t seconds = time_us / SECOND_US;
    uint64_t year;
    unsigned month, day;
    civil(seconds / DAY_S, &year, &month, &day);
    unsigned second_of_day = (unsigned)(seconds % DAY_S);
    char *at = put_number(text, year, year > 99999 ? 6 : year > 9999 ? 5 : 4);
    *at++ = '-';
    at = put_number(at, month, 2);
    *at++ = '-';
    at = put_number(at, day, 2);
    *at++ = 'T';
    at = put_number(at, second_of_day / 3600, 2);
    *at++ = ':';
    at = put_number(at, second_of_day / 60 % 60, 2);
    *at++ = ':';
    at = put_number(at, second_of_day % 60, 2);
    *at++ = '.';
    at = put_number(at, time_us % SECOND_US, 6);
    *at++ = 'Z';
    *at = '\0';
    return text;
}
