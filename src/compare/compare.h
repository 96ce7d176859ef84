/* Two streams of messages that should say the same: which differ, in which fields, how often.
 *
 * Messages are matched by key, and among those of one key by identity (position, GTID, number) where their values tell one, else by order. What
 * waits for its other half is kept; leat_compare_side says whose turn it is, so that little is. No threads, no I/O. */
#ifndef LEAT_COMPARE_COMPARE_H
#define LEAT_COMPARE_COMPARE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/point.h"

struct leat_compare_header {
    const char *name;
    const void *value; /* NULL: null */
    size_t size;
};

struct leat_compare_message {
    const char *key, *value; /* NULL: null */
    size_t key_size, value_size;
    const struct leat_compare_header *headers;
    size_t header_count;
    int32_t partition;
    int64_t offset;
};

struct leat_compare_options {
    struct leat_point from, until; /* of the source, as values tell it; unset: no limit. Borrowed */
    const char *const *ignore;     /* fields, `*` matches; borrowed */
    size_t ignore_count;
    bool strict;                   /* what is different in every run (processing times, versions) counts, too */
    size_t bytes_max;              /* of what waits for its other half; 0: 256 MiB */
};

struct leat_compare;
struct leat_compare *leat_compare_new(const struct leat_compare_options *options);
void leat_compare_free(struct leat_compare **compare);
/* 0 or 1: whose message is wanted next, if both have more. */
int leat_compare_side(const struct leat_compare *compare);
/* A message of side 0 or 1, in its partition's order. LEAT_E_TOO_LARGE: too much waits. Copies what it keeps. */
int leat_compare_take(struct leat_compare *compare, int side, const struct leat_compare_message *message, struct leat_error *err) LEAT_CHECKED;
/* There are no more. *same: nothing differs. */
void leat_compare_finish(struct leat_compare *compare, bool *same);
/* What was found, for people; names: of the two sides. */
void leat_compare_report(struct leat_buf *buf, const struct leat_compare *compare, const char *const names[2]);

#endif
