/* A topic, read from its beginning to where it ended when reading began: committed messages alone. */
#ifndef LEAT_SINK_TOPIC_H
#define LEAT_SINK_TOPIC_H

#include "sink/sink.h"

struct leat_topic_header {
    const char *name;
    const void *value; /* NULL: null */
    size_t size;
};

struct leat_topic_message {
    const void *key, *value; /* NULL: null; borrowed until the next one is asked for */
    size_t key_size, value_size;
    const struct leat_topic_header *headers;
    size_t header_count;
    int32_t partition;
    int64_t offset;
};

struct leat_topic;
/* env: of a kafka sink, whose properties say how brokers are reached; borrowed while the topic is open. One thread. */
int leat_topic_open(struct leat_topic **topic, const struct leat_sink_env *env, const char *name, struct leat_error *err) LEAT_CHECKED;
/* LEAT_END: all is read. Waits for brokers for a minute. */
int leat_topic_next(struct leat_topic *topic, struct leat_topic_message *message, struct leat_error *err) LEAT_CHECKED;
void leat_topic_close(struct leat_topic **topic);

#endif
