/* Time zones (zone_int.h). Facts: RFC 9636, the Time Zone Information Format, and the TZ string at its end, which says what holds
 * behind the last change that the file lists.
 *
 * A file is at most FILE_MAX bytes; all its counts are checked against its size. */
#include "zone_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"

enum { FILE_MAX = 1 << 20, NAME_MAX_BYTES = 64, HEAD = 44, DAY = 86400, HOUR = 3600 };

/* A day of the year on which clocks change: "M3.2.0/2". */
struct rule_day {
    unsigned month, week, weekday;
    int32_t time;
};

struct leat_zone {
    int32_t offset;  /* before the first change */
    size_t count;
    int64_t *times;  /* rising */
    int32_t *offsets;
    bool rules;      /* clocks change each year behind the last time */
    int32_t standard, summer;
    struct rule_day begins, ends; /* of summer, by the clocks before */
};

static int fail(const char *name, const char *why, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "time_zone \"%.64s\": %s", name, why);
    return leat_cure(err, "give UTC, an offset such as +08:00, or the name of a zone in /usr/share/zoneinfo");
}

/* ---- What holds behind the last change ---- */

static int64_t days_from_civil(int64_t year, unsigned month)
{
    year -= month <= 2;
    int64_t era = year / 400;
    unsigned of_era = (unsigned)(year - era * 400), of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Of the year's day, by the clocks before it. */
static int64_t rule_time(const struct rule_day *rule, int64_t year)
{
    int64_t first = days_from_civil(year, rule->month);
    int64_t next = rule->month == 12 ? days_from_civil(year + 1, 1) : days_from_civil(year, rule->month + 1);
    unsigned weekday = (unsigned)(((first + 4) % 7 + 7) % 7);
    int64_t day = first + (rule->weekday + 7 - weekday) % 7 + 7 * ((int64_t)rule->week - 1);
    while (day >= next)
        day -= 7;
    return day * DAY + rule->time;
}

static int64_t year_of(int64_t seconds)
{
    int64_t year = 1970 + seconds / (365 * (int64_t)DAY + DAY / 4);
    while (days_from_civil(year, 1) * DAY > seconds)
        year--;
    while (days_from_civil(year + 1, 1) * DAY <= seconds)
        year++;
    return year;
}

static int32_t rule_offset(const struct leat_zone *zone, int64_t seconds)
{
    int64_t year = year_of(seconds + zone->standard);
    int64_t begins = rule_time(&zone->begins, year) - zone->standard, ends = rule_time(&zone->ends, year) - zone->summer;
    bool summer = begins < ends ? seconds >= begins && seconds < ends : seconds >= begins || seconds < ends;
    return summer ? zone->summer : zone->standard;
}

int32_t leat_zone_offset(const struct leat_zone *zone, int64_t seconds)
{
    if (!zone)
        return 0;
    if (zone->count == 0 || seconds < zone->times[0])
        return zone->count == 0 && zone->rules ? rule_offset(zone, seconds) : zone->offset;
    if (zone->rules && seconds >= zone->times[zone->count - 1])
        return rule_offset(zone, seconds);
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (zone->times[middle] <= seconds)
            low = middle;
        else
            high = middle;
    }
    return zone->offsets[low];
}

/* ---- The TZ string ---- */

static bool skip_name(const char **at)
{
    const char *from = *at;
    if (**at == '<') {
        while (**at && **at != '>')
            (*at)++;
        return *(*at)++ == '>';
    }
    while ((**at >= 'a' && **at <= 'z') || (**at >= 'A' && **at <= 'Z'))
        (*at)++;
    return *at > from;
}

static bool take_number(const char **at, unsigned *number)
{
    const char *from = *at;
    for (*number = 0; **at >= '0' && **at <= '9' && *at - from < 4; (*at)++)
        *number = *number * 10 + (unsigned)(**at - '0');
    return *at > from;
}

/* "-3:30", as seconds. */
static bool take_time(const char **at, int32_t *seconds)
{
    bool negative = **at == '-';
    unsigned part, all = 0, unit = HOUR;
    if (**at == '-' || **at == '+')
        (*at)++;
    for (;; unit /= 60) {
        if (!take_number(at, &part) || unit == 0)
            return false;
        all += part * unit;
        if (**at != ':')
            break;
        (*at)++;
    }
    *seconds = negative ? -(int32_t)all : (int32_t)all;
    return true;
}

static bool take_rule(const char **at, struct rule_day *rule)
{
    rule->time = 2 * HOUR;
    if (*(*at)++ != ',' || *(*at)++ != 'M' || !take_number(at, &rule->month) || *(*at)++ != '.' || !take_number(at, &rule->week) ||
        *(*at)++ != '.' || !take_number(at, &rule->weekday))
        return false;
    if (rule->month < 1 || rule->month > 12 || rule->week < 1 || rule->week > 5 || rule->weekday > 6)
        return false;
    if (**at != '/')
        return true;
    (*at)++;
    return take_time(at, &rule->time);
}

/* "EST5EDT,M3.2.0,M11.1.0"; true if it says that clocks change. Other forms hold what the file's last change said. */
static bool take_rules(struct leat_zone *zone, const char *text)
{
    const char *at = text;
    int32_t west;
    if (!skip_name(&at) || !take_time(&at, &west))
        return false;
    zone->standard = -west;
    zone->summer = zone->standard + HOUR;
    if (!*at || !skip_name(&at))
        return false;
    if (*at != ',') {
        if (!take_time(&at, &west))
            return false;
        zone->summer = -west;
    }
    return take_rule(&at, &zone->begins) && take_rule(&at, &zone->ends) && !*at;
}

/* ---- The file ---- */

struct counts {
    uint32_t utc, standard, leaps, times, types, characters;
};

static bool take_head(struct leat_cursor *cursor, struct counts *counts, bool *second)
{
    const uint8_t *head = leat_cursor_bytes(cursor, HEAD);
    if (!head || memcmp(head, "TZif", 4) != 0)
        return false;
    *second = head[4] >= '2';
    uint32_t *to = &counts->utc;
    for (unsigned i = 0; i < 6; i++)
        to[i] = (uint32_t)leat_be(head + 20 + 4 * i, 4);
    return counts->times < FILE_MAX && counts->types < 256 && counts->types > 0 && counts->characters < FILE_MAX && counts->leaps < FILE_MAX;
}

static void skip_data(struct leat_cursor *cursor, const struct counts *counts, size_t width)
{
    leat_cursor_skip(cursor, (size_t)counts->times * (width + 1) + (size_t)counts->types * 6 + counts->characters +
                                 (size_t)counts->leaps * (width + 4) + counts->standard + counts->utc);
}

static bool read_data(struct leat_zone *zone, struct leat_cursor *cursor, const struct counts *counts, size_t width)
{
    const uint8_t *times = leat_cursor_bytes(cursor, (size_t)counts->times * width);
    const uint8_t *indexes = leat_cursor_bytes(cursor, counts->times);
    const uint8_t *types = leat_cursor_bytes(cursor, (size_t)counts->types * 6);
    if (cursor->failed)
        return false;
    zone->times = leat_alloc_zero((size_t)counts->times + 1, sizeof *zone->times);
    zone->offsets = leat_alloc_zero((size_t)counts->times + 1, sizeof *zone->offsets);
    zone->count = counts->times;
    zone->offset = (int32_t)leat_be(types, 4);
    for (uint32_t i = 0; i < counts->times; i++) {
        zone->times[i] = width == 8 ? (int64_t)leat_be(times + 8 * (size_t)i, 8) : (int32_t)leat_be(times + 4 * (size_t)i, 4);
        if (indexes[i] >= counts->types || (i && zone->times[i] <= zone->times[i - 1]))
            return false;
        zone->offsets[i] = (int32_t)leat_be(types + 6 * (size_t)indexes[i], 4);
    }
    leat_cursor_skip(cursor, (size_t)counts->characters + (size_t)counts->leaps * (width + 4) + counts->standard + counts->utc);
    return !cursor->failed;
}

static bool read_zone(struct leat_zone *zone, const uint8_t *bytes, size_t size)
{
    struct leat_cursor cursor = leat_cursor(bytes, size);
    struct counts counts;
    bool second;
    if (!take_head(&cursor, &counts, &second))
        return false;
    if (!second)
        return read_data(zone, &cursor, &counts, 4);
    skip_data(&cursor, &counts, 4);
    if (cursor.failed || !take_head(&cursor, &counts, &second) || !read_data(zone, &cursor, &counts, 8))
        return false;
    char text[128] = "";
    size_t left = leat_cursor_left(&cursor);
    const uint8_t *line = leat_cursor_bytes(&cursor, left);
    if (left < 2 || left > sizeof text || line[0] != '\n' || line[left - 1] != '\n')
        return true;
    memcpy(text, line + 1, left - 2);
    zone->rules = take_rules(zone, text);
    return true;
}

static bool read_file(struct leat_buf *buf, const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    uint8_t *to = leat_buf_reserve(buf, FILE_MAX);
    size_t size = fread(to, 1, FILE_MAX, file);
    bool good = !ferror(file) && feof(file);
    leat_buf_commit(buf, size);
    return fclose(file) == 0 && good;
}

static bool is_name(const char *name)
{
    size_t size = strlen(name);
    if (size == 0 || size > NAME_MAX_BYTES || name[0] == '/' || strstr(name, ".."))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/", name[i]))
            return false;
    return true;
}

static int read_named(struct leat_zone *zone, const char *name, struct leat_error *err)
{
    char path[128];
    struct leat_buf buf = {0};
    if (!is_name(name))
        return fail(name, "this is no zone's name", err);
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    bool found = read_file(&buf, path), good = found && read_zone(zone, buf.data, buf.size);
    leat_buf_free(&buf);
    if (good)
        return LEAT_OK;
    return fail(name, found ? "its file in /usr/share/zoneinfo isn't understood" : "there is no such file in /usr/share/zoneinfo", err);
}

int leat_zone_new(struct leat_zone **zone, const char *name, struct leat_error *err)
{
    *zone = NULL;
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0 || strcmp(name, "+00:00") == 0)
        return LEAT_OK;
    struct leat_zone *made = leat_alloc_zero(1, sizeof *made);
    int result = LEAT_OK;
    if (name[0] == '+' || name[0] == '-') {
        const char *at = name;
        if (strlen(name) != 6 || name[3] != ':' || !take_time(&at, &made->offset) || *at || made->offset < -14 * HOUR ||
            made->offset > 14 * HOUR)
            result = fail(name, "this is no offset", err);
    } else {
        result = read_named(made, name, err);
    }
    if (result == LEAT_OK)
        *zone = made;
    else
        leat_zone_free(&made);
    return result;
}

void leat_zone_free(struct leat_zone **zone)
{
    if (!*zone)
        return;
    free((*zone)->times);
    free((*zone)->offsets);
    free(*zone);
    *zone = NULL;
}
