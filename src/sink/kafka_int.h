/* What the files of the kafka sink share.
 *
 * kafka.c: the vtable. kafka_client.c: handles of librdkafka, each with its callbacks, and what is known of the brokers.
 * kafka_error.c: librdkafka's errors into ours. kafka_producer.c: records into the producer, and its delivery reports;
 * kafka_chunks.c: their bytes meanwhile.
 * kafka_transaction.c: exactly once. kafka_acknowledge.c: at least once. kafka_checkpoint.c: the checkpoint as a record;
 * kafka_checkpoint_topic.c: the topic it is in. kafka_settings.c: librdkafka's properties. kafka_route.c, kafka_topics.c: where a
 * message goes, and as what.
 *
 * One thread, the runner's, calls all of it; callbacks come in it too (librdkafka calls them out of rd_kafka_poll), but for log
 * lines, which any thread of librdkafka may write. */
#ifndef LEAT_SINK_KAFKA_INT_H
#define LEAT_SINK_KAFKA_INT_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "format/format.h"
#include "sink/sink.h"

enum kafka_role {
    KAFKA_PRODUCER,
    KAFKA_READER, /* of the checkpoint topic: committed messages only, no group */
    KAFKA_ADMIN   /* topics: any handle would do, this one produces nothing */
};

/* ---- kafka_settings.c ---- */

/* A librdkafka configuration, checked: its properties as the user gave them, our defaults, what the role and `delivery` need
 * (transactional.id included), secrets read from their files, and the callbacks for log lines and statistics. *conf belongs to the caller until
 * rd_kafka_new took it. Called for each new handle; touches nothing outside but secrets' files. The handle's opaque is the
 * struct kafka_client it is for (its `env` is set before), also in the callbacks made here. */
int leat_kafka_settings(rd_kafka_conf_t **conf, const struct leat_sink_env *env, enum kafka_role role, struct leat_error *err)
    LEAT_CHECKED;

/* queue.buffering.max.kbytes, as given or ours. */
size_t leat_kafka_queue_bytes(const struct leat_sink_env *env);

/* Whether that could be made, but for secrets in files: a configuration is checked where they aren't, too. */
int leat_kafka_settings_check(const struct leat_sink_env *env, struct leat_error *err) LEAT_CHECKED;

/* ---- kafka_client.c ---- */

/* A handle of librdkafka and what it tells about its brokers. */
struct kafka_client {
    const struct leat_sink_env *env;
    const atomic_bool *interrupted; /* whatever waits looks at it */
    rd_kafka_t *handle;             /* NULL: none */
    /* Since when no broker is connected, wall clock; 0: one is, as far as is known. And what was said last. */
    uint64_t down_since_us;
    rd_kafka_resp_err_t trouble_code;
    char trouble[256];
    atomic_int certificate; /* why the brokers' was refused: OpenSSL's number; 0: it wasn't. Any thread of librdkafka sets it */
    struct leat_sink_meters *meters; /* where its statistics go; NULL: nowhere */
    /* Delivery reports of a producer; NULL: none. */
    void (*delivered)(rd_kafka_t *handle, const rd_kafka_message_t *message, void *client);
};

int leat_kafka_client_open(struct kafka_client *client, enum kafka_role role, struct leat_error *err) LEAT_CHECKED;
/* Drops what is queued and waits for the handle's threads. */
void leat_kafka_client_close(struct kafka_client *client);
/* Serves callbacks for at most timeout_ms; LEAT_STOPPED when the sink was interrupted. */
int leat_kafka_client_serve(struct kafka_client *client, int timeout_ms) LEAT_CHECKED;
/* The brokers answered. */
void leat_kafka_client_works(struct kafka_client *client);
/* A wait for the brokers ended without an answer: fills err with what is known of them. Returns LEAT_FAIL. */
int leat_kafka_client_waited(const struct kafka_client *client, const char *what, struct leat_error *err);
/* What is known of them won't pass by waiting (a password, a certificate). */
bool leat_kafka_client_is_hopeless(const struct kafka_client *client);

/* ---- kafka_statistics.c ---- */

/* librdkafka's callback, with a client as its opaque. */
int leat_kafka_on_statistics(rd_kafka_t *handle, char *json, size_t size, void *client);
/* What they say, if they can be read. */
void leat_kafka_measure(struct leat_sink_meters *meters, const char *text, size_t size, uint64_t now_us);

/* ---- kafka_error.c ---- */

/* Fills err by librdkafka's code: whether it passes, and the cure where there is one. `what` says what was being done; text is librdkafka's
 * own reason (NULL: the code's). Returns LEAT_FAIL. */
int leat_kafka_fail(struct leat_error *err, rd_kafka_resp_err_t code, const char *text, const char *what, ...) LEAT_PRINTF(4, 5);
/* The same of an error object, which it destroys. */
int leat_kafka_fail_with(struct leat_error *err, rd_kafka_error_t *error, const char *what);
bool leat_kafka_passes(rd_kafka_resp_err_t code);

/* ---- kafka_route.c: where messages go ---- */

/* What is produced: one message of a format is one record, or several where it had to be split. All borrowed but headers, which
 * the taker owns. */
struct kafka_record {
    rd_kafka_topic_t *topic;       /* of the routes; lives as long as they use this handle */
    int32_t partition;             /* RD_KAFKA_PARTITION_UA: as librdkafka's partitioner says */
    rd_kafka_headers_t *headers;   /* NULL: none */
    const uint8_t *key, *value;    /* NULL: null */
    size_t key_size, value_size;
    int64_t time_ms;               /* 0: when librdkafka got it */
};

struct kafka_record_out {
    void *context;
    /* Takes every record; never LEAT_AGAIN. */
    int (*record)(void *context, struct kafka_record *record, struct leat_error *err);
};

/* A transaction that was cut into several Kafka transactions: which records get the header that says so. */
enum kafka_mark { KAFKA_MARK_NONE = 0, KAFKA_MARK_FIRST, KAFKA_MARK_NEXT, KAFKA_MARK_LAST };

struct kafka_routes;
/* Reads the settings; touches nothing outside. */
int leat_kafka_routes_new(struct kafka_routes **routes, const struct leat_sink_env *env, struct leat_error *err) LEAT_CHECKED;
void leat_kafka_routes_free(struct kafka_routes **routes);
/* For doctor: the topics that are known beforehand, and one as tables get them. */
int leat_kafka_routes_check(struct kafka_routes *routes, struct kafka_client *client, struct leat_error *err) LEAT_CHECKED;
/* The producer that records will be for; NULL before it is closed: all topic handles are given up. */
void leat_kafka_routes_use(struct kafka_routes *routes, struct kafka_client *client);
/* A transaction begins: what its records' headers say. Keeps copies. */
void leat_kafka_routes_begin(struct kafka_routes *routes, const struct leat_begin *begin);
/* A table is defined so: looked at for the topic that it would go to. */
void leat_kafka_routes_definition(struct kafka_routes *routes, const struct leat_definition *definition);
/* Gives the record(s) of a message. Finds the topic (or makes it, waiting with a deadline; LEAT_STOPPED when interrupted). */
int leat_kafka_route(struct kafka_routes *routes, const struct leat_message *message, enum kafka_mark mark,
                     const struct kafka_record_out *out, struct leat_error *err) LEAT_CHECKED;

/* ---- kafka_topics.c ---- */

enum kafka_topic_use { KAFKA_TOPIC_CHANGES, KAFKA_TOPIC_CHECKPOINT, KAFKA_TOPIC_OTHER };
struct kafka_topic_found {
    int32_t partitions; /* 0: there is no such topic */
};
/* Whether there is a topic of this name; asks the brokers, with a deadline. Never makes one, whatever the brokers' auto.create.topics.enable. */
int leat_kafka_topic_look(struct kafka_client *client, const char *name, struct kafka_topic_found *found, struct leat_error *err)
    LEAT_CHECKED;
/* Gives every topic that the account may see. */
int leat_kafka_topics_each(struct kafka_client *client, void (*take)(void *context, const char *name, int32_t partitions), void *context,
                           struct leat_error *err) LEAT_CHECKED;
/* Makes it as the settings say: a checkpoint topic is compacted and has one partition. LEAT_OK too when it is there already. */
int leat_kafka_topic_make(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct leat_error *err) LEAT_CHECKED;
/* For doctor: whether it is there, or could be made, without making it. */
int leat_kafka_topic_check(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct leat_error *err) LEAT_CHECKED;
/* Whichever of the two is needed: a topic that is there, found or made as missing_topics says. */
int leat_kafka_topic_need(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct kafka_topic_found *found,
                          struct leat_error *err) LEAT_CHECKED;
/* A template's text for what belongs to no table: {name}, {sink}. Fresh memory, or NULL with an error. */
char *leat_kafka_topic_name(const struct leat_sink_env *env, const char *pattern, struct leat_error *err);

#endif
