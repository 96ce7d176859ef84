/* The format "leat": one line of JSON a change. docs/formats/leat.md is its specification. One thread. */
#ifndef LEAT_FORMAT_LINES_INT_H
#define LEAT_FORMAT_LINES_INT_H

#include "format_int.h"
#include "image_int.h"
#include "key_int.h"
#include "plan_int.h"
#include "text_int.h"

enum leat_lines_key { LEAT_LINES_KEY_DEFAULT = 0, LEAT_LINES_KEY_PRIMARY, LEAT_LINES_KEY_UNIQUE };

struct leat_lines {
    struct leat_format base;
    struct leat_format_out out;
    const struct leat_filter *filter; /* borrowed, may be NULL */
    bool schema_lines;
    struct leat_plans *plans;
    struct leat_lines_settings {
        unsigned key; /* enum leat_lines_key */
        char *key_columns;
    } settings;
    struct leat_key_rules *key_rules;
    struct leat_key_choice key_choice;

    /* The transaction. */
    bool in_transaction;
    bool gave;              /* a line of it was written */
    bool withheld;          /* an XA branch, not in effect yet: nothing of it may come */
    uint64_t number;        /* of the change given last; 0: none was, or all are void */
    uint64_t pos;           /* of that change */
    struct leat_buf about;  /* `"gtid":"…","server_id":1,"ts_us":…,"file":"…","pos":`, as long as it lasts; XA's names before the file */
    struct leat_buf file;   /* the name, NUL-terminated */
    struct leat_gtid gtid;
    uint64_t time_us;       /* when it was committed */

    /* Parts of `about` that transactions share. */
    struct leat_buf about_source; /* `"gtid":"uuid:`, for as long as UUID and tag are `gtid`'s */
    struct leat_buf about_server; /* `,"server_id":1,"ts_us":`, for as long as that is `server_id` */
    uint32_t server_id;
    struct leat_buf about_file;   /* `,"file":"…","pos":`, for as long as the name is `file` */

    /* The message that is open at the end of out.buf: all of a line but its end. */
    size_t open_size;
    struct leat_message open; /* what is known of it: all but value and key */
    size_t open_key, open_key_size; /* its key: from the line's begin on; size 0: it has none */
    struct leat_text statement_database, statement_table;
    struct leat_buf statement_names; /* what these point into: the item is gone when the message is closed */

    /* The last position's digits but four, as text. */
    uint64_t pos_high; /* 0: there are none */
    uint32_t pos_digits;
    uint8_t pos_text[LEAT_TEXT_CHUNK];

    struct leat_buf scratch, before_nulls, after_nulls;
};

/* Completes the open message, if there is one, and hands it on. */
int leat_lines_close(struct leat_lines *lines, bool last, struct leat_error *err) LEAT_CHECKED;
/* Hands on the line that begins at `from` and is complete; what is known of it is in `about`. */
int leat_lines_give(struct leat_lines *lines, size_t from, const struct leat_message *about, struct leat_error *err) LEAT_CHECKED;
/* What was appended since `from` is the open message; a key of it is in open_key and open_key_size. */
void leat_lines_open(struct leat_lines *lines, size_t from, const struct leat_message *about);

int leat_lines_rows(struct leat_lines *lines, const struct leat_rows *rows, bool *passed, struct leat_error *err) LEAT_CHECKED;
int leat_lines_statement(struct leat_lines *lines, const struct leat_statement *statement, bool *passed,
                         struct leat_error *err) LEAT_CHECKED;
/* The fields of a statement's line that tell what was said before it. */
int leat_lines_prelude(struct leat_buf *buf, const struct leat_statement *statement, struct leat_error *err) LEAT_CHECKED;
int leat_lines_file_part(struct leat_lines *lines, const struct leat_file_part *part, bool *passed, struct leat_error *err) LEAT_CHECKED;
int leat_lines_schema(struct leat_lines *lines, const struct leat_plan *plan, struct leat_error *err) LEAT_CHECKED;

/* Fails if changes may not be given now. */
int leat_lines_may_give(const struct leat_lines *lines, uint64_t pos, struct leat_error *err) LEAT_CHECKED;

/* lines_defined.c: what only a definition tells, of a column and of a table; nothing where there is none. */
void leat_lines_defined_column(struct leat_buf *buf, const struct leat_column *column);
void leat_lines_defined_keys(struct leat_buf *buf, const struct leat_table_view *view);

#endif
