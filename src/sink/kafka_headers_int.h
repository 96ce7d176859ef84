/* The headers that a user chose: what is in each record beside the format's own. The runner's thread. */
#ifndef LEAT_SINK_KAFKA_HEADERS_INT_H
#define LEAT_SINK_KAFKA_HEADERS_INT_H

#include "kafka_int.h"

struct kafka_headers;

int leat_kafka_headers_new(struct kafka_headers **headers, const struct leat_sink_config *config, struct leat_error *err) LEAT_CHECKED;
void leat_kafka_headers_free(struct kafka_headers **headers);
void leat_kafka_headers_begin(struct kafka_headers *headers, const struct leat_begin *begin);
/* A message comes: what tells it from others about the same change is counted. */
void leat_kafka_headers_count(struct kafka_headers *headers, const struct leat_message *message);
/* The record's headers, or NULL when it has none; the caller's. */
rd_kafka_headers_t *leat_kafka_headers_make(struct kafka_headers *headers, const struct leat_message *message, enum kafka_mark mark);
/* Of the message counted last: the same whenever it is delivered, and of no other. NUL-terminated; borrowed until the next call. */
const char *leat_kafka_headers_id(struct kafka_headers *headers, const struct leat_message *message);

#endif
