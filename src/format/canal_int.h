/* The format "canal": the flat messages that Canal's server writes to Kafka. docs/formats/canal.md says how, and what differs. One
 * thread. */
#ifndef LEAT_FORMAT_CANAL_INT_H
#define LEAT_FORMAT_CANAL_INT_H

#include "format_int.h"
#include "plan_int.h"
#include "rows_run_int.h"
#include "transaction_int.h"
#include "value_int.h"
#include "zone_int.h"

struct canal_settings {
    bool gtid, member_text;
    uint64_t rows_max;
    char *time_zone;
};

struct canal {
    struct leat_format base;
    const struct leat_filter *filter; /* borrowed, may be NULL */
    struct canal_settings settings;
    struct leat_zone *zone; /* NULL: UTC */
    struct leat_plans *plans;
    struct leat_plan_style style;
    struct leat_transaction transaction;
    leat_value_writer *writers[LEAT_STEP_JSON + 1];

    uint64_t id;            /* of the transaction's messages */
    struct leat_buf origin; /* `,"gtid":"…","id":1,"isDdl":` */

    /* A statement that is held until what follows from it tells the table's new name; none: `holds` is false. */
    bool holds;
    enum leat_statement_kind kind;
    uint64_t number, es;
    struct leat_buf sql; /* as JSON */
    struct leat_buf names; /* database, table */
    uint32_t database_size, table_size;

    struct leat_buf old, scratch;
};

/* What is written for one definition; kept with its plan. Texts have LEAT_TEXT_CHUNK readable bytes behind them. */
struct canal_plan {
    struct leat_text database;  /* `],"database":"shop","es":` */
    struct leat_text types;     /* `,"mysqlType":{"id":"int"},"old":` */
    struct leat_text keys;      /* `,"pkNames":["id"],"sql":"","sqlType":` */
    struct leat_text codes;     /* `{"id":4}`, when no unsigned number is above what the signed ones of its size reach */
    struct leat_text table;     /* `,"table":"cart","ts":` */
    struct leat_text *column_types; /* `"int"` */
    int *code, *wide_code;      /* of java.sql.Types, by column */
    bool *wide;                 /* scratch: columns with such a number */
    bool any_wide;
    struct leat_located *located; /* scratch: twice the columns */
    struct leat_buf text;
};

extern const struct leat_settings leat_canal_settings;

/* canal_plan.c */
struct canal_plan *leat_canal_plan(struct leat_plan *plan);
void leat_canal_plan_free(void *own);
/* canal_value.c */
void leat_canal_writers(struct canal *canal);
/* Text whose bytes are not of its character set: the text of an object that has them. */
void leat_canal_foreign(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size);
/* The document with the changes of a partial update made, as a text. */
int leat_canal_changed_json(struct leat_writer *writer, const struct leat_located *document, const struct leat_located *changes,
                            struct leat_error *err) LEAT_CHECKED;
/* canal_rows.c */
int leat_canal_rows(struct canal *canal, const struct leat_rows *rows, bool *passed, struct leat_error *err) LEAT_CHECKED;
/* canal_statement.c */
int leat_canal_statement(struct canal *canal, const struct leat_statement *statement, bool *passed, struct leat_error *err) LEAT_CHECKED;
int leat_canal_definition(struct canal *canal, const struct leat_definition *definition, bool *passed, struct leat_error *err)
    LEAT_CHECKED;
/* Gives the statement that is held, if there is one. */
int leat_canal_release(struct canal *canal, struct leat_error *err) LEAT_CHECKED;

#endif
