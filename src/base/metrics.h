/* Metrics: numbers that one thread writes and a scraper reads, and the text that Prometheus reads (format 0.0.4).
 *
 * Three parts. Cells and histograms hold what has to be counted where it happens: one thread writes each, any may read, and
 * nothing is locked (relaxed atomics; a scrape may see one cell of a histogram newer than another). A table of families says once what
 * there is: name, kind, help, labels; the scrape and the reference page are both made from it. A page gathers the samples of one
 * scrape, in any order, and prints them family by family; whoever owns the numbers puts them there when asked. */
#ifndef LEAT_BASE_METRICS_H
#define LEAT_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

/* ---- What is written on the hot path ---- */

/* A whole number: a count, or a gauge in the smallest unit. One writer. */
struct leat_cell {
    _Atomic uint64_t value;
};

static inline uint64_t leat_cell_get(const struct leat_cell *cell)
{
    return atomic_load_explicit(&cell->value, memory_order_relaxed);
}

static inline void leat_cell_set(struct leat_cell *cell, uint64_t value)
{
    atomic_store_explicit(&cell->value, value, memory_order_relaxed);
}

/* Not an atomic addition: there is one writer, and it costs what adding to a plain number costs. */
static inline void leat_cell_add(struct leat_cell *cell, uint64_t more)
{
    leat_cell_set(cell, leat_cell_get(cell) + more);
}

enum { LEAT_HISTOGRAM_BOUNDS_MAX = 24 };

/* How many observations were at most each bound; the bounds are fixed for good. */
struct leat_bounds {
    unsigned count;
    uint64_t upper[LEAT_HISTOGRAM_BOUNDS_MAX]; /* rising; microseconds where times are observed */
};

/* 50 µs to a day, in microseconds: how old a change is. And 10 µs to 10 s: how long a call takes. */
extern const struct leat_bounds leat_bounds_age, leat_bounds_call;

/* One writer. Zeroed, it is empty; `bounds` is set before it is used. */
struct leat_histogram {
    const struct leat_bounds *bounds;
    struct leat_cell cells[LEAT_HISTOGRAM_BOUNDS_MAX + 1]; /* the last: above all bounds */
    struct leat_cell sum;
};

/* `times` observations of the same value. */
void leat_histogram_add(struct leat_histogram *histogram, uint64_t value, uint64_t times);

/* Moments that are to be observed as ages later, when what they belong to is done: neighbours that lie close together count as one
 * (the older), so that any number of them takes little room. One thread. */
enum { LEAT_AGES_MAX = 64, LEAT_AGES_APART_US = 500 };
struct leat_ages {
    unsigned used;
    uint64_t apart_us; /* what counts as close; grows when room runs out */
    struct {
        uint64_t moment_us;
        uint64_t times;
    } runs[LEAT_AGES_MAX];
};
void leat_ages_add_run(struct leat_ages *ages, uint64_t moment_us);
/* Their ages by now; forgets them. Moments of the future count as age 0. */
void leat_ages_observe(struct leat_ages *ages, struct leat_histogram *histogram, uint64_t now_us);

static inline void leat_ages_add(struct leat_ages *ages, uint64_t moment_us)
{
    unsigned last = ages->used - 1;
    if (ages->used && moment_us - ages->runs[last].moment_us < ages->apart_us)
        ages->runs[last].times++;
    else
        leat_ages_add_run(ages, moment_us);
}

/* ---- What there is ---- */

enum leat_metric_type { LEAT_COUNTER, LEAT_GAUGE, LEAT_HISTOGRAM };

enum { LEAT_METRIC_LABELS_MAX = 3 };

struct leat_metric_family {
    const char *name; /* leat_…, its unit last; counters end in _total */
    enum leat_metric_type type;
    const char *labels[LEAT_METRIC_LABELS_MAX]; /* names; NULL behind the last. Their values come from small, fixed sets */
    const char *help;                           /* one sentence or more */
    const char *elsewhere;                      /* what others call it, for the reference page; NULL: nothing */
};

/* What is wrong with the table by the rules above, or NULL. For tests. */
const char *leat_metric_problem(const struct leat_metric_family *families, size_t count);

/* ---- A scrape ---- */

struct leat_metrics_page;

/* The table is borrowed. One thread uses a page. */
struct leat_metrics_page *leat_metrics_page_new(const struct leat_metric_family *families, size_t count);
void leat_metrics_page_free(struct leat_metrics_page **page);

/* One sample of the family with that index. labels: their values, as many as the family has names, NULL where it has none. */
void leat_metrics_put(struct leat_metrics_page *page, size_t family, const char *const *labels, double value);
void leat_metrics_put_count(struct leat_metrics_page *page, size_t family, const char *const *labels, uint64_t value);
/* scale: what an observation of 1 is in the family's unit; 1e-6 for microseconds shown as seconds. */
void leat_metrics_put_histogram(struct leat_metrics_page *page, size_t family, const char *const *labels,
                                const struct leat_histogram *histogram, double scale);

/* All that was put, as Prometheus reads it. Families without samples are left out. */
void leat_metrics_print(struct leat_buf *buf, const struct leat_metrics_page *page);

/* The table as a page of Markdown: a row a family. */
void leat_metrics_reference(struct leat_buf *buf, const struct leat_metric_family *families, size_t count);

#endif
