/* P, the one grammar for "where in the stream", everywhere on the command line and in the configuration:
 * now | earliest | FILE:POS | GTID set (MySQL's, tagged too, or MariaDB's) | ISO 8601 time. Pure. */
#ifndef LEAT_MODEL_POINT_H
#define LEAT_MODEL_POINT_H

#include "model/gtid.h"

enum leat_point_type {
    LEAT_POINT_UNSET = 0,
    LEAT_POINT_NOW,
    LEAT_POINT_EARLIEST,
    LEAT_POINT_FILE, /* file and position: from there on; as an end: up to there */
    LEAT_POINT_GTIDS, /* as a start: the set is done, what is not in it comes; as an end: until all of it is done */
    LEAT_POINT_TIME   /* as a start: the first transaction committed at or after it; as an end: before it */
};

enum { LEAT_BINLOG_NAME_MAX = 511 }; /* FN_REFLEN - 1 of the servers */

struct leat_point {
    enum leat_point_type type;
    char file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    struct leat_gtid_set *gtids; /* owned */
    uint64_t time_us;            /* since 1970 UTC */
};

/* 2026-10-31 is a time even where it could be a MariaDB GTID; such a GTID has a comma behind it ("2026-10-31,"), and so
 * does leat_point_put write it. An empty GTID set is ",".
 *
 * A time may be "2026-01-31", "2026-01-31T10:20:30[.ffffff][Z|±hh:mm]", with a space for the T too;
 * without a zone it is UTC. The error names what was read and lists the five forms. */
int leat_point_parse(struct leat_point *point, const char *text, struct leat_error *err) LEAT_CHECKED;
void leat_point_free(struct leat_point *point);
void leat_point_copy(struct leat_point *to, const struct leat_point *from);
void leat_point_put(struct leat_buf *buf, const struct leat_point *point);

#endif
