/* How much of a transaction somebody else has delivered already: what a start in the middle of one passes over. Pure.
 *
 * Events are counted as Debezium does: BEGIN is the first (MariaDB: the GTID event), table maps and texts of statements count, too, and those within
 * a compressed transaction one by one. */
#ifndef LEAT_MODEL_WITHIN_H
#define LEAT_MODEL_WITHIN_H

#include "base/buf.h"
#include "base/error.h"

struct leat_within {
    bool set;
    bool annotated;  /* MariaDB's ANNOTATE_ROWS events are among those counted: they were asked for */
    uint64_t pos;    /* events that lie before it are done; 0: none are told of so */
    uint64_t events; /* so are so many of the others: of those from `pos` on, or (0) from BEGIN on */
    uint64_t rows;   /* and so many rows of the event behind them */
};

/* "events 7, rows 3", "events 7, annotated"; without pos, which comes with the place. */
int leat_within_parse(struct leat_within *within, const char *text, struct leat_error *err) LEAT_CHECKED;
void leat_within_put(struct leat_buf *buf, const struct leat_within *within);

#endif
