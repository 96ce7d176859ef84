/* Whether files are one history: each the successor of the one before, of one server, with no GTID missing in between. What
 * isn't so is said, and nothing is refused for it: somebody may want just these files. */
#ifndef LEAT_CLI_CHAIN_INT_H
#define LEAT_CLI_CHAIN_INT_H

#include "binlog/event.h"
#include "decode/decode.h"

struct chain {
    char name[LEAT_BINLOG_NAME_MAX + 1];     /* the file at hand */
    char expected[LEAT_BINLOG_NAME_MAX + 1]; /* the one that it names as the next; "": it doesn't */
    bool any;                                /* a file was begun before */
    bool head;                               /* the file's own format description was seen */
    bool relay;
    uint32_t server_id;
    bool server_known;
    struct leat_gtid_set *executed; /* what lies before the place at hand, but for the run; NULL: not known */
    struct leat_gtid run;           /* the first of some that follow one another … */
    uint64_t run_last;              /* … up to this number */
    unsigned breaks;                /* how many were said */
};

void chain_free(struct chain *chain);
void chain_file(struct chain *chain, const char *name, bool relay);
/* Before the decoder gets it; format is that of the events before it. */
void chain_event(struct chain *chain, const struct leat_binlog_format *format, const uint8_t *bytes, size_t size);
/* A transaction is complete. */
void chain_gtid(struct chain *chain, const struct leat_gtid *gtid);
/* Nothing is known any more: a file could not be read to its end. */
void chain_break(struct chain *chain);

#endif
