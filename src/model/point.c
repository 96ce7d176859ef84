/* P, where in the stream, as text. Two forms overlap: 2026-10-31 is a date, and could be a MariaDB GTID. What
 * has that shape is a date, and an error if there is no such day (a mistyped date must not become a GTID);
 * such a GTID is written with a comma behind it. Pure, no locale, no time zone but the text's. */
#include "model/point.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "gtid_int.h"

#define DAY_S     86400
#define SECOND_US 1000000ULL

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `count` digits. */
static bool scan_digits(struct scan *scan, unsigned count, unsigned *number)
{
    if (scan->size - scan->at < count)
        return false;
    *number = 0;
    for (unsigned i = 0; i < count; i++) {
        char c = scan->text[scan->at + i];
        if (!is_digit(c))
            return false;
        *number = *number * 10 + (unsigned)(c - '0');
    }
    scan->at += count;
    return true;
}

static unsigned days_of(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* Days since 1970-01-01; years are counted from March, so that the leap day is a year's last. */
static int64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t shifted = (int64_t)year - (month <= 2);
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (153 * from_march + 2) / 5 + day -
           1 - 719468;
}

static bool scan_date(struct scan *scan, int64_t *seconds)
{
    unsigned year, month, day;
    if (!scan_digits(scan, 4, &year) || !leat_scan_char(scan, '-') || !scan_digits(scan, 2, &month) ||
        !leat_scan_char(scan, '-') || !scan_digits(scan, 2, &day))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of(year, month))
        return false;
    *seconds = days_since_1970(year, month, day) * DAY_S;
    return true;
}

/* hh:mm:ss[.ffffff]; a leap second is taken as the next second. */
static bool scan_clock(struct scan *scan, int64_t *seconds, unsigned *us)
{
    unsigned hour, minute, second;
    if (!scan_digits(scan, 2, &hour) || !leat_scan_char(scan, ':') || !scan_digits(scan, 2, &minute) ||
        !leat_scan_char(scan, ':') || !scan_digits(scan, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *seconds += hour * 3600 + minute * 60 + second;
    *us = 0;
    if (!leat_scan_char(scan, '.'))
        return true;
    unsigned digits = 0;
    for (; scan->at < scan->size && is_digit(scan->text[scan->at]) && digits < 6; digits++)
        *us = *us * 10 + (unsigned)(scan->text[scan->at++] - '0');
    for (unsigned i = digits; i < 6; i++)
        *us *= 10;
    return digits > 0;
}

/* Nothing, Z, or ±hh:mm (±hhmm and ±hh too). */
static bool scan_zone(struct scan *scan, int64_t *seconds)
{
    if (leat_scan_char(scan, 'Z') || leat_scan_char(scan, 'z'))
        return true;
    bool plus = leat_scan_char(scan, '+');
    if (!plus && !leat_scan_char(scan, '-'))
        return true;
    unsigned hours, minutes = 0;
    if (!scan_digits(scan, 2, &hours))
        return false;
    if (leat_scan_char(scan, ':') || scan->at < scan->size)
        if (!scan_digits(scan, 2, &minutes))
            return false;
    if (hours > 14 || minutes > 59)
        return false;
    int64_t offset = hours * 3600 + minutes * 60;
    *seconds -= plus ? offset : -offset;
    return true;
}

static bool parse_time(struct leat_point *point, const char *text)
{
    struct scan scan = {text, strlen(text), 0};
    int64_t seconds;
    unsigned us = 0;
    if (!scan_date(&scan, &seconds))
        return false;
    if (scan.at < scan.size) {
        if (!leat_scan_char(&scan, 'T') && !leat_scan_char(&scan, 't') && !leat_scan_char(&scan, ' '))
            return false;
        if (!scan_clock(&scan, &seconds, &us) || !scan_zone(&scan, &seconds))
            return false;
    }
    /* A zone or a leap second may lead out of the years that have four digits. */
    if (scan.at < scan.size || seconds < 0 || seconds >= days_since_1970(10000, 1, 1) * DAY_S)
        return false;
    point->type = LEAT_POINT_TIME;
    point->time_us = (uint64_t)seconds * SECOND_US + us;
    return true;
}

static bool parse_file(struct leat_point *point, const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) > LEAT_BINLOG_NAME_MAX)
        return false;
    struct scan scan = {text, strlen(text), (size_t)(colon - text) + 1};
    if (!leat_scan_number(&scan, UINT64_MAX, &point->pos) || scan.at < scan.size)
        return false;
    for (const char *at = text; at < colon; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7F)
            return false;
    point->type = LEAT_POINT_FILE;
    memcpy(point->file, text, (size_t)(colon - text));
    point->file[colon - text] = '\0';
    return true;
}

/* Whether it is meant as a GTID set, so that errors in it are told as such: it begins with a UUID, or with
 * three numbers with dashes between, or is a comma. */
static bool looks_like_gtids(const char *text)
{
    struct scan scan = {text, strlen(text), 0};
    uint8_t uuid[LEAT_UUID_SIZE];
    uint64_t number;
    leat_scan_space(&scan);
    if (leat_scan_char(&scan, ',') || leat_scan_uuid(&scan, uuid))
        return true;
    return leat_scan_number(&scan, UINT64_MAX, &number) && leat_scan_char(&scan, '-') &&
           leat_scan_number(&scan, UINT64_MAX, &number) && leat_scan_char(&scan, '-');
}

/* dddd-dd-dd and no more. */
static bool shaped_like_date(const char *text)
{
    struct scan scan = {text, strlen(text), 0};
    unsigned number;
    return scan_digits(&scan, 4, &number) && leat_scan_char(&scan, '-') && scan_digits(&scan, 2, &number) &&
           leat_scan_char(&scan, '-') && scan_digits(&scan, 2, &number) && scan.at == scan.size;
}

static int not_a_position(struct leat_error *err, const char *text)
{
    leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "not a position: \"%.80s%s\"%s", text,
              strlen(text) > 80 ? "..." : "",
              shaped_like_date(text) ? " (no such day; if it is a MariaDB GTID, put a comma behind it)" : "");
    return leat_cure(
        err, "a position is one of: now; earliest; FILE:POS (binlog.000007:4); a GTID set (MySQL's "
             "UUID:1-7, MariaDB's 0-1-7); a time (2026-01-31, 2026-01-31T10:20:30Z, UTC without a zone)");
}

int leat_point_parse(struct leat_point *point, const char *text, struct leat_error *err)
{
    *point = (struct leat_point){0};
    if (strcmp(text, "now") == 0) {
        point->type = LEAT_POINT_NOW;
        return LEAT_OK;
    }
    if (strcmp(text, "earliest") == 0) {
        point->type = LEAT_POINT_EARLIEST;
        return LEAT_OK;
    }
    if (parse_time(point, text))
        return LEAT_OK;
    if (shaped_like_date(text))
        return not_a_position(err, text);
    if (looks_like_gtids(text)) {
        int result = leat_gtid_set_parse(&point->gtids, text, strlen(text), err);
        point->type = result == LEAT_OK ? LEAT_POINT_GTIDS : LEAT_POINT_UNSET;
        return result;
    }
    if (parse_file(point, text))
        return LEAT_OK;
    *point = (struct leat_point){0};
    return not_a_position(err, text);
}

void leat_point_free(struct leat_point *point)
{
    leat_gtid_set_free(&point->gtids);
    *point = (struct leat_point){0};
}

void leat_point_copy(struct leat_point *to, const struct leat_point *from)
{
    *to = *from;
    to->gtids = from->gtids ? leat_gtid_set_copy(from->gtids) : NULL;
}

/* An empty set is a comma; one that would be read as a date has one behind it. */
static void put_gtids(struct leat_buf *buf, const struct leat_gtid_set *gtids)
{
    size_t from = buf->size;
    leat_gtid_set_put(buf, gtids);
    if (buf->size == from || shaped_like_date(leat_buf_cstr(buf) + from))
        leat_buf_u8(buf, ',');
}

void leat_point_put(struct leat_buf *buf, const struct leat_point *point)
{
    char time[LEAT_TIME_TEXT_MAX];
    switch (point->type) {
    case LEAT_POINT_UNSET:
        break;
    case LEAT_POINT_NOW:
        leat_buf_puts(buf, "now");
        break;
    case LEAT_POINT_EARLIEST:
        leat_buf_puts(buf, "earliest");
        break;
    case LEAT_POINT_FILE:
        leat_buf_puts(buf, point->file);
        leat_buf_u8(buf, ':');
        leat_put_u64(buf, point->pos);
        break;
    case LEAT_POINT_GTIDS:
        put_gtids(buf, point->gtids);
        break;
    case LEAT_POINT_TIME:
        leat_buf_puts(buf, leat_time_text(time, point->time_us));
        break;
    }
}
