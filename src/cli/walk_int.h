/* Binlog files, one after the other, through a decoder: what decode, its --count and its --verify share. A file that is still
 * being written, or whose server died, may end anywhere: what is incomplete there is said, and voided for the listener. */
#ifndef LEAT_CLI_WALK_INT_H
#define LEAT_CLI_WALK_INT_H

#include "chain_int.h"
#include "inputs_int.h"

struct walk {
    uint64_t event_bytes_max;
    bool whole_seconds;
    struct leat_item_out out; /* the listener */
    /* Before the first transaction: what was done before the file, as it says itself; may be NULL. */
    void (*previous)(void *context, const struct leat_gtid_set *set);

    struct leat_decoder *decoder;
    struct chain chain;
    _Atomic uint64_t taken; /* bytes read from disk */
    struct leat_gtid gtid;  /* of the transaction at hand */
    bool shown;             /* its BEGIN was given, and it is no XA branch, of which nothing shows before its end */
    bool quiet;             /* says nothing of incomplete ends: the caller does */
    bool last;              /* no file comes behind the one at hand */

    bool relay; /* the file before was a relay log, whose dump goes on */
    bool relay_resumed;
    struct leat_buf relay_format; /* a relay log's first event */
};

struct walked {
    uint64_t transactions, changes, statements;
    bool in_use, checksums;
    bool incomplete;           /* it ends within an event or a transaction, as a file in use may */
    char words[512];           /* what is incomplete */
};

void walk_begin(struct walk *walk);
void walk_end(struct walk *walk);
/* LEAT_STOPPED if the listener said so. */
int walk_file(struct walk *walk, const struct input *input, struct walked *walked, struct leat_error *err) LEAT_CHECKED;

#endif
