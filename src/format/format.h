/* Transactions into messages. A format takes items in their order and writes messages; it remembers no more than the
 * open transaction's counters. One thread owns it (that of its sink).
 *
 * Per table version, format and filter a plan is made once: constant text escaped in advance and one writer function
 * a column; per row there is no lookup, no allocation and no locale. */
#ifndef LEAT_FORMAT_FORMAT_H
#define LEAT_FORMAT_FORMAT_H

#include "base/clock.h"
#include "base/pairs.h"
#include "filter/filter.h"
#include "model/item.h"

/* What a message is about, by which a sink chooses its topic. */
enum leat_message_kind {
    LEAT_MESSAGE_CHANGE = 0,  /* row changes; every line of a line format. Without value: the row's key alone, which is a tombstone, too */
    LEAT_MESSAGE_TOMBSTONE,   /* behind a delete, the same key without value */
    LEAT_MESSAGE_STATEMENT,   /* DDL and other statements */
    LEAT_MESSAGE_TRANSACTION, /* that one begins, or ends */
    LEAT_MESSAGE_HEARTBEAT
};

/* Name and value are borrowed until the message() that has it returns. */
struct leat_message_header {
    struct leat_text name;
    const uint8_t *value; /* NULL: null */
    size_t value_size;
};

/* A message; key and value point into buffers of the format. For line formats only value counts, without the line
 * break. */
struct leat_message {
    enum leat_message_kind kind;
    const struct leat_text *topic_database, *topic_table; /* NULL for messages about no table (or no database) */
    const struct leat_table_view *table;                  /* of rows: their definition */
    const uint8_t *key;                                   /* NULL: it has none */
    size_t key_size;
    const uint8_t *value; /* NULL: null, a tombstone */
    size_t value_size;
    const struct leat_message_header *headers; /* the format's own, in their order */
    size_t header_count;
    uint64_t number;  /* of the (first) row or statement within its transaction, from 1; 0: about none */
    uint64_t time_us; /* commit time, as well as the source tells it */
    bool last;        /* of its transaction */
    /* What the row itself chose (debezium's transforms), over what the sink would choose. */
    const struct leat_text *topic; /* NUL-terminated; NULL: nothing */
    bool has_partition, has_record_time;
    int64_t partition;
    int64_t record_time_ms; /* the record's timestamp, since 1970 */
};

/* Where messages go. The format appends each value to `buf` and then calls message(), which may take the bytes away
 * (leat_buf_clear) or leave them there; line-oriented users add "\n" to buf themselves. Between calls of
 * leat_format_item one message may be open in buf (the transaction's last row is known only at its end): use
 * leat_format_open_bytes before taking bytes away outside of message(). */
struct leat_format_out {
    void *context;
    struct leat_buf *buf;
    int (*message)(void *context, const struct leat_message *message, struct leat_error *err);
};

struct leat_format_options {
    const struct leat_pairs *settings; /* the format's own, by the names that it gives them; NULL: none. Borrowed by leat_format_new */
    bool keyed;        /* messages go where keys matter: leat then takes a unique key where there is no primary one */
    bool schema_lines; /* leat: a line for each definition when it is first used and when it changes */
    const char *name;  /* the relay's name */
    const struct leat_clock *clock; /* debezium: when changes were seen. NULL: when they were committed, so that the same
                                       changes give the same bytes. Borrowed */
    bool undo;         /* sql: what takes each row's change back, in the order of the changes, without the frame of
                          transactions; whoever asks for it turns the order round */
    bool check;        /* sql: an update or delete that doesn't hit its one row is an error */
    const char *const *generated; /* sql: "db.table.column", which the server computes by itself; borrowed by leat_format_new */
    size_t generated_count;
};

struct leat_format;

/* name: "leat", "debezium", "sql"; others fail with LEAT_E_CONFIG listing what there is. filter is borrowed, may be NULL. */
int leat_format_new(struct leat_format **format, const char *name, const struct leat_format_options *options,
                    const struct leat_filter *filter, const struct leat_format_out *out, struct leat_error *err) LEAT_CHECKED;
void leat_format_free(struct leat_format **format);
/* Whether there is such a format and the settings are right for it: before anything runs. */
int leat_format_check(const char *name, const struct leat_pairs *settings, struct leat_error *err) LEAT_CHECKED;
/* The format's settings as a Markdown table, for its page; nothing if it has none. Fails if there is no such format. */
int leat_format_reference(struct leat_buf *buf, const char *name, struct leat_error *err) LEAT_CHECKED;

/* Handles one item; *passed (may be NULL) says whether it gave anything. ROWS items must have `table` set. */
int leat_format_item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err) LEAT_CHECKED;
/* Bytes at the end of buf that belong to a message that is not closed yet. */
size_t leat_format_open_bytes(const struct leat_format *format);
/* A new file begins: definitions are given again before their next use. */
void leat_format_new_file(struct leat_format *format);
/* Forget an open transaction (the sink rewinds). */
void leat_format_reset(struct leat_format *format);

/* A sign of life while nothing else comes, at that wall clock time, as a message of its own; nothing within a transaction, and
 * nothing of formats that have none. */
int leat_format_heartbeat(struct leat_format *format, uint64_t time_us, struct leat_error *err) LEAT_CHECKED;

/* For who turns the order round: what a session begins with, and the comment that names a transaction, each a line. */
const char *leat_sql_session(void);
void leat_sql_about(struct leat_buf *buf, const struct leat_begin *begin);
/* For who runs statements himself. SET SESSION … as the statement's session had it, without a ; behind it; mariadb: its server's kind. raw:
 * the text is in the session's character set, and goes so. */
void leat_sql_put_context(struct leat_buf *buf, const struct leat_statement *statement, bool mariadb, bool raw);
/* … and back: what the settings of a session that applies don't set. */
void leat_sql_put_context_back(struct leat_buf *buf, const struct leat_session *session);
/* The size of its text without START TRANSACTION, which the server puts behind CREATE TABLE … SELECT. */
size_t leat_sql_without_start_transaction(const char *sql, size_t size);

#endif
