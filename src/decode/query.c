/* Query events: transaction control, DDL, and row changes that were logged as statements. */
#include "decode_int.h"

#include <string.h>

#include "base/checksum.h"
#include "binlog/charset.h"

/* Whether the rows that the statement changes are wanted. What can't be told from its text is. */
static bool rows_wanted(const struct leat_decoder *decoder)
{
    const struct leat_ddl *ddl = &decoder->ddl;
    if (!decoder->options.journalled || ddl->multiple || !ddl->table[0])
        return true;
    return decoder->options.journalled(decoder->options.journalled_context, ddl->database, ddl->table);
}

/* The statement in UTF-8, for the tokenizer: names of tables are, everywhere else, and in sets such as sjis and gbk
 * the second byte of a character may be a quote or a backslash of ASCII. What is not of the client's set is taken as it
 * is. Valid until the next call. */
static struct leat_text in_utf8(struct leat_decoder *decoder, const struct leat_query *query)
{
    struct leat_text sql = {query->sql, (uint32_t)query->sql_size};
    enum leat_charset charset = LEAT_CHARSET_UTF8MB4;
    if (query->session.present & LEAT_SESSION_CHARSET)
        charset = leat_charset_of(query->session.client_collation);
    bool is_utf8 = charset == LEAT_CHARSET_UTF8MB4 || charset == LEAT_CHARSET_UTF8MB3 || charset == LEAT_CHARSET_ASCII ||
                   charset == LEAT_CHARSET_BINARY || charset == LEAT_CHARSET_UNKNOWN;
    struct leat_error not_of_the_set = {0};
    leat_buf_clear(&decoder->sql);
    if (is_utf8 || leat_charset_to_utf8(&decoder->sql, charset, query->sql, query->sql_size, &not_of_the_set) != LEAT_OK ||
        decoder->sql.size > UINT32_MAX)
        return sql;
    return (struct leat_text){leat_buf_cstr(&decoder->sql), (uint32_t)decoder->sql.size};
}

static void classify(struct leat_decoder *decoder, const struct leat_query *query)
{
    uint64_t sql_mode = query->session.present & LEAT_SESSION_SQL_MODE ? query->session.sql_mode : 0;
    struct leat_text sql = in_utf8(decoder, query);
    leat_ddl_classify(&decoder->ddl, sql.bytes, sql.size, sql_mode, query->database.bytes, query->database.size);
}

static struct leat_text text_of(const char *name)
{
    return (struct leat_text){name, (uint32_t)strlen(name)};
}

/* Temporary tables exist for their session only: their statements say nothing about tables that have rows
 * here. */
static void describe_tables(const struct leat_ddl *ddl, struct leat_statement *statement)
{
    statement->kind = ddl->temporary ? LEAT_STATEMENT_OTHER : ddl->kind;
    statement->table_database = text_of(ddl->temporary ? "" : ddl->database);
    statement->table = text_of(ddl->temporary ? "" : ddl->table);
}

static void describe_statement(struct leat_decoder *decoder, const struct leat_query *query)
{
    decoder->item.statement = (struct leat_statement){
        .database = query->database,
        .sql = query->sql,
        .sql_size = query->sql_size,
        .session = query->session,
        .thread_id = query->thread_id,
        .time = decoder->event.time,
        .execution_seconds = query->execution_seconds,
        .error_code = query->error_code,
        .pos = decoder->event_pos,
        .end_pos = decoder->event_end,
        .prelude = decoder->said.data,
        .prelude_size = decoder->said.size,
        .loads = decoder->loads,
        .file_id = decoder->file_id,
    };
    describe_tables(&decoder->ddl, &decoder->item.statement);
}

static int give_statement(struct leat_decoder *decoder, const struct leat_query *query,
                          struct leat_error *err)
{
    struct transaction *transaction = &decoder->transaction;
    uint64_t database = leat_hash64(query->database.bytes, query->database.size, 0);
    uint64_t digest = decoder_mix(transaction->digest, database);
    transaction->digest = decoder_mix(digest, leat_hash64(query->sql, query->sql_size, 0));
    if (decoder->said.size)
        transaction->digest = decoder_mix(transaction->digest, leat_hash64(decoder->said.data, decoder->said.size, 0));
    int result = decoder_give_begin(decoder, err);
    if (result || decoder_within_passes(decoder) == DECODER_ALL_ROWS)
        return result;
    transaction->statements++;
    decoder->item.statement.number = transaction->changes + transaction->statements;
    decoder->counters.statements++;
    return decoder_give(decoder, LEAT_ITEM_STATEMENT, err);
}

/* A statement that isn't transaction control. Outside of BEGIN and its end it is a transaction by itself. */
int decoder_statement(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err)
{
    classify(decoder, query);
    bool rows = decoder->ddl.rows && !decoder->ddl.temporary;
    bool wanted = !rows || rows_wanted(decoder);
    if (rows && wanted && !decoder->options.statements_allowed)
        return decoder_refuse_statement(decoder, err);
    if (decoder->transaction.alter_is_open && decoder->state == STARTED)
        return decoder_end(decoder, LEAT_END_EMPTY, 0, err);
    if (!decoder_in_transaction(decoder))
        decoder_begin_anonymous(decoder);
    decoder->transaction.something = true;
    decoder->transaction.thread_id = query->thread_id;
    describe_statement(decoder, query);
    int result = wanted ? give_statement(decoder, query, err) : LEAT_OK;
    if (result == LEAT_OK && !decoder->ddl.temporary && decoder->ddl.kind != LEAT_STATEMENT_DML) {
        const struct leat_statement statement = decoder->item.statement; /* what follows from it is given as items too */
        result = decoder_follow(decoder, &statement, err);
    }
    decoder_prelude_end(decoder);
    if (result == LEAT_OK && decoder->state == STARTED)
        result = decoder_end(decoder, LEAT_END_STATEMENT, 0, err);
    return result;
}

static int take_begin(struct leat_decoder *decoder, uint32_t thread_id, struct leat_error *err)
{
    if (decoder->state == OPEN)
        return leat_malformed(err, "BEGIN within a transaction");
    if (decoder->state != STARTED)
        decoder_begin_anonymous(decoder);
    decoder->state = OPEN;
    decoder->transaction.thread_id = thread_id;
    return decoder_give_begin(decoder, err);
}

/* Remembers a savepoint, or finds the one that is rolled back to. One that the binlog does not have was set before the first
 * change. */
static int track_savepoint(struct leat_decoder *decoder, const struct leat_query *query, struct leat_savepoint *savepoint,
                           struct leat_error *err)
{
    struct transaction *transaction = &decoder->transaction;
    char name[LEAT_NAME_BYTES_MAX + 1];
    struct leat_text sql = in_utf8(decoder, query);
    if (!leat_ddl_savepoint(name, sql.bytes, sql.size, query->session.sql_mode))
        return leat_malformed(err, "a savepoint without a name");
    uint64_t id = leat_hash64(name, strlen(name), 0);
    uint32_t at = 0;
    while (at < transaction->savepoint_count && decoder->savepoints[at].name != id)
        at++;
    bool known = at < transaction->savepoint_count;
    if (savepoint->rollback) {
        savepoint->keeps = known ? decoder->savepoints[at].keeps : 0;
        transaction->savepoint_count = known ? at + 1 : 0; /* those set later are gone with it */
        return LEAT_OK;
    }
    if (known) { /* setting it again moves it behind the others */
        transaction->savepoint_count--;
        memmove(&decoder->savepoints[at], &decoder->savepoints[at + 1],
                (transaction->savepoint_count - at) * sizeof *decoder->savepoints);
    }
    if (transaction->savepoint_count == SAVEPOINTS_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "more than %d savepoints in one transaction", SAVEPOINTS_MAX);
    decoder->savepoints[transaction->savepoint_count++] = (struct savepoint){id, savepoint->keeps};
    return LEAT_OK;
}

static int take_savepoint(struct leat_decoder *decoder, const struct leat_query *query, bool rollback,
                          struct leat_error *err)
{
    if (decoder_must_be_open(decoder, err))
        return LEAT_FAIL;
    struct transaction *transaction = &decoder->transaction;
    struct leat_savepoint *savepoint = &decoder->item.savepoint;
    *savepoint = (struct leat_savepoint){.bytes = query->sql,
                                         .size = query->sql_size,
                                         .rollback = rollback,
                                         .keeps = transaction->changes + transaction->statements};
    if (track_savepoint(decoder, query, savepoint, err))
        return LEAT_FAIL;
    if (rollback)
        transaction->digest = decoder_mix(transaction->digest, ~savepoint->keeps);
    transaction->something = true;
    return decoder_give(decoder, LEAT_ITEM_SAVEPOINT, err);
}

static int take_end(struct leat_decoder *decoder, enum leat_end_how how, struct leat_error *err)
{
    return decoder_must_be_open(decoder, err) ? LEAT_FAIL : decoder_end(decoder, how, 0, err);
}

static int take_query(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err)
{
    switch (leat_ddl_control(query->sql, query->sql_size)) {
    case LEAT_CONTROL_BEGIN:
        return take_begin(decoder, query->thread_id, err);
    case LEAT_CONTROL_COMMIT:
        return take_end(decoder, LEAT_END_COMMIT, err);
    case LEAT_CONTROL_ROLLBACK:
        return take_end(decoder, LEAT_END_ROLLBACK, err);
    case LEAT_CONTROL_SAVEPOINT:
        return take_savepoint(decoder, query, false, err);
    case LEAT_CONTROL_ROLLBACK_TO:
        return take_savepoint(decoder, query, true, err);
    case LEAT_CONTROL_XA_START:
        return decoder_xa_start(decoder, query, err);
    case LEAT_CONTROL_XA_END:
        return decoder_xa_end(decoder, query, err);
    case LEAT_CONTROL_XA_PREPARE:
        return leat_malformed(err, "XA PREPARE as a statement: servers log it as an event of its own");
    case LEAT_CONTROL_XA_COMMIT:
        return decoder_xa_resolve(decoder, query, true, err);
    case LEAT_CONTROL_XA_ROLLBACK:
        return decoder_xa_resolve(decoder, query, false, err);
    case LEAT_CONTROL_NONE:
        break;
    }
    return decoder_statement(decoder, query, err);
}

static int read_query(struct leat_decoder *decoder, struct leat_query *query, struct leat_error *err)
{
    if (leat_event_query(query, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    return decoder_inflate_query(decoder, query, err);
}

/* Behind the thread and the duration, of which the statement's meaning doesn't depend. */
enum { QUERY_VARIES_SIZE = 8 };

/* Whether the event is a BEGIN like the last one that was read, byte for byte: most are, since settings of sessions are. Then nothing of
 * it has to be read again but who says it. */
static bool is_known_begin(const struct leat_decoder *decoder)
{
    const struct leat_event *event = &decoder->event;
    const struct leat_buf *known = &decoder->known_begin;
    return known->size && known->size + QUERY_VARIES_SIZE == event->body_size && event->type == LEAT_EVENT_QUERY &&
           memcmp(known->data, event->body + QUERY_VARIES_SIZE, known->size) == 0;
}

static void know_begin(struct leat_decoder *decoder)
{
    const struct leat_event *event = &decoder->event;
    leat_buf_clear(&decoder->known_begin);
    leat_buf_put(&decoder->known_begin, event->body + QUERY_VARIES_SIZE, event->body_size - QUERY_VARIES_SIZE);
}

static __attribute__((noinline)) int read_and_take(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_query query;
    if (read_query(decoder, &query, err))
        return LEAT_FAIL;
    if (!query.compressed && leat_ddl_control(query.sql, query.sql_size) == LEAT_CONTROL_BEGIN)
        know_begin(decoder);
    return take_query(decoder, &query, err);
}

int decoder_query(struct leat_decoder *decoder, struct leat_error *err)
{
    if (is_known_begin(decoder))
        return take_begin(decoder, (uint32_t)leat_le(decoder->event.body, 4), err);
    return read_and_take(decoder, err);
}

/* From these on each transaction has a GTID event, if only an anonymous one: a BEGIN isn't where one begins.
 */
static bool has_gtid_events(const struct leat_binlog_format *format)
{
    enum { MYSQL_FIRST = 50700, MARIADB_FIRST = 100002 };
    return format->server_version >= (format->mariadb ? (uint32_t)MARIADB_FIRST : (uint32_t)MYSQL_FIRST);
}

static int skip_query(struct leat_decoder *decoder, bool *begins, struct leat_error *err)
{
    struct leat_query query;
    if (read_query(decoder, &query, err))
        return LEAT_FAIL;
    enum leat_control control = leat_ddl_control(query.sql, query.sql_size);
    if (control == LEAT_CONTROL_COMMIT || control == LEAT_CONTROL_ROLLBACK)
        decoder->state = BETWEEN;
    if (has_gtid_events(&decoder->format))
        return LEAT_OK;
    if (control == LEAT_CONTROL_NONE) {
        /* DDL commits, so it never lies within a transaction whose beginning was missed. */
        classify(decoder, &query);
        *begins = decoder->ddl.kind >= LEAT_STATEMENT_CREATE_TABLE &&
                  decoder->ddl.kind <= LEAT_STATEMENT_DROP_DATABASE && !decoder->ddl.temporary;
    } else {
        *begins = control == LEAT_CONTROL_BEGIN;
    }
    return LEAT_OK;
}

int decoder_skip(struct leat_decoder *decoder, bool *begins, struct leat_error *err)
{
    *begins = false;
    switch (decoder->event.type) {
    case LEAT_EVENT_QUERY:
    case LEAT_EVENT_MARIADB_QUERY_COMPRESSED:
        if (skip_query(decoder, begins, err))
            return LEAT_FAIL;
        break;
    case LEAT_EVENT_XID:
    case LEAT_EVENT_XA_PREPARE:
    case LEAT_EVENT_TRANSACTION_PAYLOAD: /* it has the transaction's end in it */
        decoder->state = BETWEEN;
        break;
    case LEAT_EVENT_GTID:
    case LEAT_EVENT_ANONYMOUS_GTID:
    case LEAT_EVENT_GTID_TAGGED:
    case LEAT_EVENT_MARIADB_GTID:
    case LEAT_EVENT_FORMAT_DESCRIPTION:
    case LEAT_EVENT_ROTATE:
    case LEAT_EVENT_HEARTBEAT:
    case LEAT_EVENT_HEARTBEAT_V2:
        *begins = true; /* or is to be taken anyway */
        break;
    default:
        break;
    }
    return LEAT_OK;
}
