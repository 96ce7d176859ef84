/* --from and --until over files: which transactions are within. */
#ifndef LEAT_CLI_SPAN_INT_H
#define LEAT_CLI_SPAN_INT_H

#include "cli_int.h"
#include "model/item.h"
#include "model/point.h"

struct span {
    struct leat_point from, until;
    struct leat_gtid_set *left; /* of `until`, if that is a set: what has not been seen */
    bool started;               /* `from`, if that is a time, was reached */
};

enum span_answer { SPAN_WITHIN, SPAN_OUTSIDE, SPAN_OVER };

int span_parse(struct span *span, const struct cli_args *args, struct leat_error *err) LEAT_CHECKED;
void span_free(struct span *span);
/* Transactions come in order; each is asked about once. OVER: no more can be within. */
enum span_answer span_ask(struct span *span, const struct leat_begin *begin);
/* Whether all of a file lies before `from`, by its name. */
bool span_is_before(const struct span *span, const char *name);
/* These were done before the first file. */
void span_done(struct span *span, const struct leat_gtid_set *set);

#endif
