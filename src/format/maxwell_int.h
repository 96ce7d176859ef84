/* The format "maxwell": what Maxwell's daemon writes to Kafka. docs/formats/maxwell.md says how, and what differs. One thread. */
#ifndef LEAT_FORMAT_MAXWELL_INT_H
#define LEAT_FORMAT_MAXWELL_INT_H

#include "format_int.h"
#include "known_int.h"
#include "plan_int.h"
#include "rows_run_int.h"
#include "transaction_int.h"
#include "value_int.h"

struct maxwell_settings {
    bool binlog_position, gtid_position, commit_info, xoffset, nulls, server_id, thread_id, schema_id, row_query, primary_keys,
        primary_key_columns, ddl, null_zerodates, srid;
    unsigned key_format; /* enum maxwell_key */
    uint64_t query_length_max, transaction_memory;
};
enum maxwell_key { MAXWELL_KEY_HASH, MAXWELL_KEY_ARRAY };

struct maxwell {
    struct leat_format base;
    const struct leat_filter *filter; /* borrowed, may be NULL */
    struct maxwell_settings settings;
    struct leat_plans *plans;
    struct leat_plan_style style;
    struct leat_transaction transaction;
    struct leat_known known;
    leat_value_writer *writers[LEAT_STEP_JSON + 1];

    struct leat_buf query;  /* `,"query":"…"`, or nothing */
    struct leat_buf origin; /* `,"gtid":"…","server_id":1`, as the settings say, of the transaction */

    /* The statement whose DEFINITION items come next; none: `telling` is false. */
    bool telling, told, renaming;
    enum leat_statement_kind kind;
    uint64_t number;
    struct leat_buf statement; /* `,"ts":…,"sql":"…"` and what else stands at a message's end, but for the brace */
    struct leat_buf names;     /* database and table that it names first */
    uint32_t database_size, table_size;
    struct leat_buf renamed;   /* renaming: `"database":…,"table":…,"old":{…}` of the table that is gone by it */

    struct leat_buf scratch;
};

/* What is written for one definition; kept with its plan. Texts have LEAT_TEXT_CHUNK readable bytes behind them. */
struct maxwell_plan {
    struct leat_text name;    /* `{"database":"shop","table":"cart"` */
    struct leat_text types[4]; /* `,"type":"insert","ts":`, by enum leat_op */
    struct leat_text key;     /* what a key begins with */
    struct leat_text *parts;  /* `,"pk.id":` */
    struct leat_text key_columns; /* `,"primary_key_columns":["id"]`, or nothing */
    struct leat_text schema;  /* `,"schema_id":1`, or nothing */
    struct leat_located *located; /* scratch: twice the columns */
    struct leat_buf text;
};

extern const struct leat_settings leat_maxwell_settings;

/* maxwell_plan.c */
struct maxwell_plan *leat_maxwell_plan(const struct maxwell *maxwell, struct leat_plan *plan);
void leat_maxwell_plan_free(void *own);
/* maxwell_value.c */
void leat_maxwell_writers(struct maxwell *maxwell);
/* The document with the changes of a partial update made. */
int leat_maxwell_changed_json(struct leat_writer *writer, const struct leat_located *document, const struct leat_located *changes,
                              struct leat_error *err) LEAT_CHECKED;
/* maxwell_rows.c */
int leat_maxwell_rows(struct maxwell *maxwell, const struct leat_rows *rows, bool *passed, struct leat_error *err) LEAT_CHECKED;
/* maxwell_ddl.c */
int leat_maxwell_statement(struct maxwell *maxwell, const struct leat_statement *statement, bool *passed, struct leat_error *err)
    LEAT_CHECKED;
/* Behind a statement and its DEFINITION items: it is told of if none was, for want of knowledge. */
int leat_maxwell_statement_end(struct maxwell *maxwell, bool *passed, struct leat_error *err) LEAT_CHECKED;
int leat_maxwell_definition(struct maxwell *maxwell, const struct leat_definition *definition, bool *passed, struct leat_error *err)
    LEAT_CHECKED;

#endif
