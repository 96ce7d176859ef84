/* The format "debezium": rows of outbox tables as events, as the transform EventRouter makes them. The sink's thread. */
#ifndef LEAT_FORMAT_DEBEZIUM_OUTBOX_INT_H
#define LEAT_FORMAT_DEBEZIUM_OUTBOX_INT_H

#include <regex.h>

#include "debezium_expand_int.h"
#include "debezium_rows_int.h"
#include "java_regex_int.h"

enum { OUTBOX_NO_COLUMN = UINT32_MAX };

enum outbox_place { OUTBOX_HEADER, OUTBOX_ENVELOPE, OUTBOX_PARTITION };
enum outbox_invalid { OUTBOX_INVALID_WARN, OUTBOX_INVALID_ERROR, OUTBOX_INVALID_FATAL };
enum outbox_nulls { OUTBOX_NULLS_IGNORE, OUTBOX_NULLS_OPTIONAL_BYTES };
enum outbox_missing { OUTBOX_MISSING_ERROR, OUTBOX_MISSING_IGNORE };

/* COLUMN:PLACE or COLUMN:PLACE:ALIAS */
struct outbox_field {
    char *column, *alias; /* owned */
    enum outbox_place place;
};

/* A piece of a topic's name: a text, or what a group of the expression matched. */
struct outbox_piece {
    char *text; /* owned; NULL: a group */
    unsigned group;
};

struct leat_debezium_outbox {
    bool compiled, envelope;
    regex_t regex;
    struct leat_java_groups groups;
    struct outbox_piece *pieces; /* owned */
    size_t piece_count;
    struct outbox_field *fields; /* owned */
    size_t field_count;
    struct leat_debezium_expand *expand; /* NULL: payloads aren't */
    struct leat_buf route; /* the value that chose the topic of the last event */
    struct leat_buf payload, schema, plain;
};

/* The columns of a table by their parts; OUTBOX_NO_COLUMN: there is none. */
struct leat_debezium_event {
    uint32_t id, key, payload, route, time, version;
    uint32_t *fields; /* as those of the settings */
};

/* debezium_outbox.c */
int leat_debezium_outbox_new(struct leat_debezium *debezium, struct leat_error *err) LEAT_CHECKED;
void leat_debezium_outbox_free(struct leat_debezium_outbox **outbox);
int leat_debezium_outbox_plan(struct leat_debezium *debezium, struct leat_plan *plan, struct leat_error *err) LEAT_CHECKED;
void leat_debezium_event_free(struct leat_debezium_event **event);
/* The topic of a value, into `topic`. */
void leat_debezium_outbox_topic(const struct leat_debezium_outbox *outbox, struct leat_buf *topic, const struct leat_buf *value);

/* debezium_event.c: the rows of an event on an outbox table. */
int leat_debezium_events(struct leat_debezium_run *run, bool *passed, struct leat_error *err) LEAT_CHECKED;

#endif
