/* What this machine remembers of a checkpoint that is kept elsewhere: that there was one. */
#ifndef LEAT_SINK_KAFKA_MEMO_INT_H
#define LEAT_SINK_KAFKA_MEMO_INT_H

#include "kafka_sink_int.h"

/* Once: takes up the offsets that were reported last. */
int leat_kafka_memo_read(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;
/* The topic has no checkpoint: fails if it had one. */
int leat_kafka_memo_check(const struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;
/* The topic has one, of that generation. */
int leat_kafka_memo_write(const struct leat_sink *sink, const struct leat_checkpoint *at, struct leat_error *err) LEAT_CHECKED;

#endif
