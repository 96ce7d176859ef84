/* What the files of routing share: kafka_route.c (topics), kafka_clash.c (two tables that would share one), kafka_choose.c (partitions), kafka_chosen.c
 * (what rows choose). */
#ifndef LEAT_SINK_KAFKA_ROUTE_INT_H
#define LEAT_SINK_KAFKA_ROUTE_INT_H

#include "kafka_headers_int.h"
#include "kafka_names_int.h"
#include "kafka_oversize_int.h"
#include "kafka_partition_int.h"

enum kafka_form { KAFKA_FORM_LEAT = 0, KAFKA_FORM_DEBEZIUM, KAFKA_FORM_MAXWELL, KAFKA_FORM_CANAL };

struct kafka_route_topic {
    char *name; /* owned */
    enum kafka_topic_use use;
    rd_kafka_topic_t *handle; /* NULL: not looked for since the producer is this one */
    int32_t partitions;
    char *owner; /* the first table that goes there */
    struct leat_buf purpose;
    bool by_rule;
};

struct kafka_route_table {
    char *names; /* owned: "database.table" */
    struct leat_text database, table; /* within it */
    struct kafka_route_topic *topic;
};

/* A definition. */
struct kafka_known {
    uint64_t id; /* 0: a free place */
    struct kafka_route_table *table;
    /* The columns that choose the partition, escaped as in JSON; none: as the fallback says. */
    struct leat_text *columns; /* owned, and their bytes */
    size_t column_count;
};

/* A topic that a definition's table would go to. */
struct kafka_clash {
    uint64_t topic;   /* its name's hash; 0: a free place */
    uint64_t purpose; /* a hash of what the name was made of */
    char *name;       /* owned: the first such table's; NULL: it was dropped */
    bool by_rule;
};

struct kafka_clashes {
    struct kafka_clash *list; /* owned; open addressing */
    size_t size, count;
};

struct kafka_routes {
    const struct leat_sink_env *env;
    enum kafka_form form;
    struct kafka_client *client; /* NULL: no producer */
    struct kafka_names *names;
    struct kafka_headers *headers;
    struct kafka_oversize oversize;
    struct kafka_route_topic *statements, *transactions, *heartbeats, *dead_letters; /* NULL: nowhere */
    char *checkpoint;
    struct kafka_route_topic **topics; /* owned */
    size_t topic_count;
    struct kafka_route_table **tables; /* owned */
    size_t table_count;
    struct kafka_known *known; /* owned; open addressing */
    size_t known_size, known_count;
    struct kafka_known *last;
    struct kafka_route_topic *chosen; /* the last topic that a row chose */
    size_t chosen_count;
    uint64_t now_us, looked_us; /* monotonic: of the transaction's begin; when partitions were counted */
    struct leat_gtid gtid;
    uint32_t thread_id;
    int32_t partition; /* of the last message with a value: a tombstone follows its delete */
    struct leat_buf text, purpose;
    struct kafka_clashes clashes;
};

struct kafka_route_topic *leat_kafka_route_topic(struct kafka_routes *routes, const char *name, enum kafka_topic_use use);

/* ---- kafka_clash.c ---- */

/* Tells it in the log if the table would go where another one goes, without being meant to. */
void leat_kafka_clash_see(struct kafka_routes *routes, const struct leat_definition *definition);
void leat_kafka_clash_free(struct kafka_clashes *clashes);

/* ---- kafka_choose.c ---- */

void leat_kafka_known_init(struct kafka_known *known, const struct kafka_routes *routes, struct kafka_route_table *table,
                           const struct leat_table_view *view);
void leat_kafka_known_free(struct kafka_known *known);
int leat_kafka_choose(struct kafka_routes *routes, const struct leat_message *message, const struct kafka_known *known, int32_t partitions,
                      int32_t *partition, struct leat_error *err) LEAT_CHECKED;

/* ---- kafka_chosen.c: what a row chose ---- */

int leat_kafka_chosen_topic(struct kafka_routes *routes, const struct leat_message *message, struct kafka_route_topic **out,
                            struct leat_error *err) LEAT_CHECKED;
int leat_kafka_chosen_partition(struct kafka_routes *routes, const struct leat_message *message, const struct kafka_route_topic *topic,
                                struct kafka_record *record, struct leat_error *err) LEAT_CHECKED;
int leat_kafka_chosen_time(const struct leat_message *message, struct kafka_record *record, struct leat_error *err) LEAT_CHECKED;

#endif
