/* A dump thread of the simulated server: sends its history from where a replica says it stands. One thread.
 */
#ifndef LEAT_SIM_DUMP_H
#define LEAT_SIM_DUMP_H

#include "history.h"

struct sim_dump {
    const struct sim_history *history;
    struct leat_gtid_set *done; /* owned; NULL: goes by position */
    size_t file, event;         /* next */
    enum { DUMP_ROTATE, DUMP_FORMAT, DUMP_EVENTS } stage;
    uint64_t start_pos;      /* of the first file: only for its first rotate */
    bool hole;               /* something was passed over: a heartbeat comes before what follows */
    bool checksums;          /* of the file at hand */
    struct leat_buf made_up; /* the last event, if it isn't in a file */
};

/* By set (copied), or, if it is NULL, by file and position. Fails when there is no such place. */
int sim_dump_begin(struct sim_dump *dump, const struct sim_history *history, const struct leat_gtid_set *done,
                   const char *file, uint64_t pos, struct leat_error *err) LEAT_CHECKED;
void sim_dump_end(struct sim_dump *dump);
/* The next event, valid until the next call; LEAT_END: the server has nothing newer. */
int sim_dump_next(struct sim_dump *dump, const uint8_t **bytes, size_t *size) LEAT_CHECKED;
/* A heartbeat, as a server sends that has nothing new. */
void sim_dump_heartbeat(struct sim_dump *dump, const uint8_t **bytes, size_t *size);

#endif
