/* Metrics (metrics.h): histograms, the page of one scrape, the reference. */
#include "base/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"

#define MS 1000ull
#define SECOND 1000000ull

const struct leat_bounds leat_bounds_age = {
    22, {50,          200,         500,         1 * MS,      2 * MS,       5 * MS,       10 * MS,       25 * MS,
         50 * MS,     100 * MS,    250 * MS,    500 * MS,    1 * SECOND,   2500 * MS,    5 * SECOND,    15 * SECOND,
         60 * SECOND, 300 * SECOND, 1800 * SECOND, 7200 * SECOND, 21600 * SECOND, 86400 * SECOND}};

const struct leat_bounds leat_bounds_call = {
    16, {10, 50, 100, 200, 500, 1 * MS, 2 * MS, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, 2 * SECOND, 10 * SECOND}};

void leat_histogram_add(struct leat_histogram *histogram, uint64_t value, uint64_t times)
{
    const struct leat_bounds *bounds = histogram->bounds;
    unsigned at = 0;
    while (at < bounds->count && value > bounds->upper[at])
        at++;
    leat_cell_add(&histogram->cells[at], times);
    leat_cell_add(&histogram->sum, value * times);
}

/* No room: neighbours become one, and from now on twice as much counts as close. */
static void thin(struct leat_ages *ages)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ages->used; i += 2) {
        bool pair = i + 1 < ages->used;
        bool second = pair && ages->runs[i + 1].moment_us < ages->runs[i].moment_us;
        ages->runs[kept].moment_us = ages->runs[second ? i + 1 : i].moment_us;
        ages->runs[kept].times = ages->runs[i].times + (pair ? ages->runs[i + 1].times : 0);
        kept++;
    }
    ages->used = kept;
    ages->apart_us *= 2;
}

void leat_ages_add_run(struct leat_ages *ages, uint64_t moment_us)
{
    if (!ages->used)
        ages->apart_us = LEAT_AGES_APART_US;
    if (ages->used == LEAT_AGES_MAX)
        thin(ages);
    ages->runs[ages->used].moment_us = moment_us;
    ages->runs[ages->used++].times = 1;
}

void leat_ages_observe(struct leat_ages *ages, struct leat_histogram *histogram, uint64_t now_us)
{
    for (unsigned i = 0; i < ages->used; i++) {
        uint64_t then_us = ages->runs[i].moment_us;
        leat_histogram_add(histogram, now_us > then_us ? now_us - then_us : 0, ages->runs[i].times);
    }
    ages->used = 0;
}

/* ---- The table ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && !strcmp(text + size - end_size, end);
}

static const char *family_problem(const struct leat_metric_family *family)
{
    if (strncmp(family->name, "leat_", 5) != 0)
        return "a name that doesn't begin with leat_";
    if (strspn(family->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(family->name))
        return "a name with other characters than small letters, digits and _";
    if ((family->type == LEAT_COUNTER) != ends_with(family->name, "_total"))
        return "_total belongs at the end of counters, and of nothing else";
    if (!family->help || strchr(family->help, '\n') || strchr(family->help, '\\') || strchr(family->help, '|'))
        return "a help text that isn't there, or needs escapes";
    return NULL;
}

const char *leat_metric_problem(const struct leat_metric_family *families, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *problem = family_problem(&families[i]);
        if (problem)
            return problem;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(families[i].name, families[k].name))
                return "a name that is there twice";
    }
    return NULL;
}

/* ---- The page ---- */

struct leat_metrics_page {
    const struct leat_metric_family *families;
    size_t count;
    struct leat_buf *samples; /* by family */
};

struct leat_metrics_page *leat_metrics_page_new(const struct leat_metric_family *families, size_t count)
{
    struct leat_metrics_page *page = leat_alloc_zero(1, sizeof *page);
    *page = (struct leat_metrics_page){families, count, leat_alloc_zero(count + 1, sizeof *page->samples)};
    return page;
}

void leat_metrics_page_free(struct leat_metrics_page **page)
{
    struct leat_metrics_page *old = *page;
    if (!old)
        return;
    for (size_t i = 0; i < old->count; i++)
        leat_buf_free(&old->samples[i]);
    free(old->samples);
    free(old);
    *page = NULL;
}

/* A label's value: quotes, backslashes and line breaks are escaped; what is no text becomes '?'. */
static void put_value(struct leat_buf *buf, const char *value)
{
    bool text = leat_utf8_valid(value, strlen(value));
    for (; *value; value++) {
        if (*value == '\n') {
            leat_buf_puts(buf, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\')
            leat_buf_u8(buf, '\\');
        leat_buf_u8(buf, !text && (unsigned char)*value >= 0x80 ? '?' : (uint8_t)*value);
    }
}

/* name{label="value",…}; le: of a histogram's bucket, or NULL. */
static void begin(struct leat_buf *buf, const struct leat_metric_family *family, const char *suffix, const char *const *labels, const char *le)
{
    leat_buf_puts(buf, family->name);
    leat_buf_puts(buf, suffix);
    char open = '{';
    for (size_t i = 0; i < LEAT_METRIC_LABELS_MAX && family->labels[i]; i++) {
        assert(labels && labels[i]);
        leat_buf_u8(buf, (uint8_t)open);
        leat_buf_printf(buf, "%s=\"", family->labels[i]);
        put_value(buf, labels[i]);
        leat_buf_u8(buf, '"');
        open = ',';
    }
    if (le) {
        leat_buf_printf(buf, "%cle=\"%s\"", open, le);
        open = ',';
    }
    leat_buf_puts(buf, open == ',' ? "} " : " ");
}

static void put_number(struct leat_buf *buf, double value)
{
    if (isnan(value))
        leat_buf_puts(buf, "NaN");
    else if (isinf(value))
        leat_buf_puts(buf, value > 0 ? "+Inf" : "-Inf");
    else
        leat_put_double(buf, value);
}

void leat_metrics_put(struct leat_metrics_page *page, size_t at, const char *const *labels, double value)
{
    assert(at < page->count && page->families[at].type != LEAT_HISTOGRAM);
    struct leat_buf *buf = &page->samples[at];
    begin(buf, &page->families[at], "", labels, NULL);
    put_number(buf, value);
    leat_buf_u8(buf, '\n');
}

void leat_metrics_put_count(struct leat_metrics_page *page, size_t at, const char *const *labels, uint64_t value)
{
    assert(at < page->count && page->families[at].type != LEAT_HISTOGRAM);
    struct leat_buf *buf = &page->samples[at];
    begin(buf, &page->families[at], "", labels, NULL);
    leat_put_u64(buf, value);
    leat_buf_u8(buf, '\n');
}

void leat_metrics_put_histogram(struct leat_metrics_page *page, size_t at, const char *const *labels,
                                const struct leat_histogram *histogram, double scale)
{
    assert(at < page->count && page->families[at].type == LEAT_HISTOGRAM);
    const struct leat_metric_family *family = &page->families[at];
    const struct leat_bounds *bounds = histogram->bounds;
    struct leat_buf *buf = &page->samples[at];
    uint64_t total = 0;
    for (unsigned i = 0; i <= bounds->count; i++) {
        char le[32] = "+Inf";
        if (i < bounds->count)
            snprintf(le, sizeof le, "%g", (double)bounds->upper[i] * scale);
        total += leat_cell_get(&histogram->cells[i]);
        begin(buf, family, "_bucket", labels, le);
        leat_buf_printf(buf, "%llu\n", (unsigned long long)total);
    }
    begin(buf, family, "_sum", labels, NULL);
    put_number(buf, (double)leat_cell_get(&histogram->sum) * scale);
    leat_buf_u8(buf, '\n');
    begin(buf, family, "_count", labels, NULL);
    leat_buf_printf(buf, "%llu\n", (unsigned long long)total);
}

static const char *type_name(enum leat_metric_type type)
{
    return type == LEAT_COUNTER ? "counter" : type == LEAT_GAUGE ? "gauge" : "histogram";
}

void leat_metrics_print(struct leat_buf *buf, const struct leat_metrics_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct leat_metric_family *family = &page->families[i];
        if (!page->samples[i].size)
            continue;
        leat_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name, type_name(family->type));
        leat_buf_put(buf, page->samples[i].data, page->samples[i].size);
    }
}

void leat_metrics_reference(struct leat_buf *buf, const struct leat_metric_family *families, size_t count)
{
    leat_buf_puts(buf, "| metric | kind | labels | what it is |\n|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        leat_buf_printf(buf, "| `%s` | %s | ", families[i].name, type_name(families[i].type));
        for (size_t k = 0; k < LEAT_METRIC_LABELS_MAX && families[i].labels[k]; k++)
            leat_buf_printf(buf, "%s`%s`", k ? ", " : "", families[i].labels[k]);
        leat_buf_printf(buf, " | %s |\n", families[i].help);
    }
    leat_buf_puts(buf, "\n## By other names\n\n| elsewhere | here |\n|---|---|\n");
    for (size_t i = 0; i < count; i++)
        if (families[i].elsewhere)
            leat_buf_printf(buf, "| %s | `%s` |\n", families[i].elsewhere, families[i].name);
}
