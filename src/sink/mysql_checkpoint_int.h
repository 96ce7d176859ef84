/* The checkpoint in the target: one row a sink, changed in the same transaction as what it stands for. */
#ifndef LEAT_SINK_MYSQL_CHECKPOINT_INT_H
#define LEAT_SINK_MYSQL_CHECKPOINT_INT_H

#include "mysql_target_int.h"

struct mysql_checkpoint {
    struct leat_buf table; /* `db`.`table` */
    struct leat_buf key;   /* the row's, quoted */
    uint64_t epoch;        /* ours, once claimed */
    bool claimed;
    uint64_t version;      /* of the row: raised by each change of ours */
    bool has_intent;       /* a statement was announced that may have run */
    uint64_t intent_seq;
    char intent[65];       /* what the table was before it */
};

int leat_mysql_checkpoint_open(struct mysql_checkpoint *checkpoint, const struct leat_sink_env *env, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_checkpoint_close(struct mysql_checkpoint *checkpoint);

/* Makes table and row ours: whoever had the row can't commit any more. LEAT_END: it never had a checkpoint. LEAT_E_FENCED: somebody took it
 * from us. */
int leat_mysql_checkpoint_claim(struct mysql_checkpoint *checkpoint, struct leat_mysql *mysql, const struct leat_sink_env *env,
                                struct leat_checkpoint *at, struct leat_error *err) LEAT_CHECKED;
/* The UPDATE that moves the row from this version to the next; it must match one row. */
void leat_mysql_checkpoint_put(struct leat_buf *sql, struct mysql_checkpoint *checkpoint, const struct leat_checkpoint *at);
/* … that announces a statement, and leaves the place as it is. */
void leat_mysql_checkpoint_put_intent(struct leat_buf *sql, struct mysql_checkpoint *checkpoint, uint64_t seq, const char *before);

#endif
