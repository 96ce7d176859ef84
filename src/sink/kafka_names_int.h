/* Topics' names: templates, rules of single tables, and what a topic's name may hold. Touches nothing; one thread. */
#ifndef LEAT_SINK_KAFKA_NAMES_INT_H
#define LEAT_SINK_KAFKA_NAMES_INT_H

#include "sink/sink.h"

enum { KAFKA_TOPIC_BYTES_MAX = 249 };

struct kafka_names;

/* `topic`, `topics` and `schema_topic` of the settings. */
int leat_kafka_names_new(struct kafka_names **names, const struct leat_sink_env *env, struct leat_error *err) LEAT_CHECKED;
void leat_kafka_names_free(struct kafka_names **names);

/* The topic of a table's rows, into `topic`. `purpose` says what it was made of: two tables share a topic on purpose exactly when this is
 * the same for both (a template that leaves the database out), or when a rule of `topics` gave it to both (*by_rule). */
int leat_kafka_names_table(const struct kafka_names *names, const struct leat_text *database, const struct leat_text *table,
                           struct leat_buf *topic, struct leat_buf *purpose, bool *by_rule, struct leat_error *err) LEAT_CHECKED;

/* Whether it is a topic's name as it is. */
bool leat_kafka_name_is_legal(const char *name, size_t size);

/* Whether schema_topic depends on the statement's table; and the topic then. NULL: the statement is about no table, or no database: its
 * place is empty. */
bool leat_kafka_names_statements_vary(const struct kafka_names *names);
int leat_kafka_names_statement(const struct kafka_names *names, const struct leat_text *database, const struct leat_text *table,
                               struct leat_buf *topic, struct leat_error *err) LEAT_CHECKED;

#endif
