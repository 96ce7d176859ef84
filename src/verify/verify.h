/* Whether a mysql sink's tables are as the source's: compared chunk by chunk by primary key, at one place on both sides, while both are
 * written to.
 *
 * Checksums find what may differ; they are made on both sides at about the same time, and the target lags. So a row that differs is only
 * a candidate, and is settled so: the sink rests between two transactions, the target's rows are read in a snapshot that was begun while
 * it did, whose place C in the journal is therefore known exactly; the source's rows in a snapshot that has all that C has, and that lies before
 * a place G of its binlog. If the journal has no change of the row, its table or the tables it cascades from between C and G, both rows are
 * those of C, and what differs is reported. Else it is looked at again.
 *
 * Needs a running relay, for the resting and for G to come into the journal, whose folder is read too. One thread, which sleeps and
 * blocks; memory is bounded by a chunk of keys. */
#ifndef LEAT_VERIFY_VERIFY_H
#define LEAT_VERIFY_VERIFY_H

#include <jansson.h>

#include "config/config.h"

struct leat_verify_options {
    const struct leat_config *config;
    const struct leat_sink_config *sink;
    const struct leat_server_config *target;
    const struct leat_pairs *rename;  /* of the sink */
    const char *const *tables;        /* patterns of the source's tables; none: all that the sink gets */
    size_t table_count;
    unsigned chunk_ms;                /* how long a chunk's checksum may take */
    double load;                      /* the share of the time in which servers work for us: above 0, 1 at most */
    uint64_t differences_max;         /* after so many it stops */
    unsigned settle_ms;               /* how long a row that keeps changing is looked at again */
    void *context;
    void (*difference)(void *context, const json_t *difference); /* borrowed */
    void (*note)(void *context, const char *text);               /* what the reader should know: columns left out, tables passed over */
};

struct leat_verify_summary {
    uint64_t tables, rows, chunks; /* compared; rows: of the source */
    uint64_t candidates;           /* rows that differed while the target lagged, or for good */
    uint64_t missing, extra, differs; /* rows, confirmed */
    uint64_t definitions;          /* tables that aren't there or are defined otherwise */
    uint64_t unsettled;            /* rows that never stood still */
    bool stopped;                  /* at differences_max */
};

int leat_verify(const struct leat_verify_options *options, struct leat_verify_summary *summary, struct leat_error *err) LEAT_CHECKED;

#endif
