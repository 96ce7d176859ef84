/* The format "sql": statements as their sessions had them. The settings that change what a statement means go before it,
 * and those of rows come back behind it. */
#include <string.h>

#include "base/json.h"
#include "binlog/charset.h"
#include "sql_int.h"

#define ROWS_MODE "'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'"

const char leat_sql_settings[] = "SET NAMES utf8mb4; SET SESSION time_zone = '+00:00', sql_mode = " ROWS_MODE
                                 ", foreign_key_checks = 1, unique_checks = 1, sql_auto_is_null = 0;";

enum {
    FLAG_AUTO_IS_NULL = 1 << 14,
    FLAG_NO_FOREIGN_KEYS = 1 << 26,
    FLAG_NO_UNIQUE = 1 << 27
};

/* Bits of modes that MySQL has no more, and refuses. */
static const uint64_t modes_gone = UINT64_C(0x1003FF00);

/* ---- The text ---- */

/* The server logs CREATE TABLE … SELECT as a definition and rows, and keeps the table from anything else until the end of
 * the transaction, which only its own rows may end. */
size_t leat_sql_without_start_transaction(const char *sql, size_t size)
{
    static const char words[] = "START TRANSACTION";
    size_t length = sizeof words - 1;
    while (size && (sql[size - 1] == ' ' || sql[size - 1] == ';' || sql[size - 1] == '\n'))
        size--;
    return size > length && !memcmp(sql + size - length, words, length) ? size - length : size;
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)text[i] >= 0x80)
            return false;
    return true;
}

/* Into sql->scratch, in UTF-8; *raw: it could not be, and is in its own set. */
static void take_text(struct leat_sql *sql, const struct leat_statement *statement, bool *raw)
{
    size_t size = leat_sql_without_start_transaction(statement->sql, statement->sql_size);
    enum leat_charset charset = LEAT_CHARSET_UTF8MB4;
    struct leat_error ignored = {0};
    if (statement->session.present & LEAT_SESSION_CHARSET)
        charset = leat_charset_of(statement->session.client_collation);
    if (charset == LEAT_CHARSET_UTF8MB3 || charset == LEAT_CHARSET_BINARY)
        charset = LEAT_CHARSET_UTF8MB4;
    leat_buf_clear(&sql->scratch);
    *raw = false;
    if (!is_ascii(statement->sql, size) && leat_charset_to_utf8(&sql->scratch, charset, statement->sql, size, &ignored) == LEAT_OK)
        return;
    leat_buf_clear(&sql->scratch);
    leat_buf_put(&sql->scratch, statement->sql, size);
    *raw = !is_ascii(statement->sql, size) && !leat_utf8_valid(statement->sql, size);
}

/* Nothing that is in the text; NULL: all of them are. */
static const char *choose_delimiter(struct leat_buf *text)
{
    static const char *const delimiters[] = {";", "//", "$$", "/*!*/;", "\\\\END", "@@@"};
    const char *sql = leat_buf_cstr(text);
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++)
        if (!strstr(sql, delimiters[i]) && !memchr(sql, 0, text->size))
            return delimiters[i];
    return NULL;
}

/* ---- The session ---- */

/* Of the status variables, those that the item doesn't have taken apart. Each is a code and a value, in any order; what
 * isn't known ends the search. Source: Query_event in libs/mysql/binlog/event/statement_events.h. */
static void put_rest(struct leat_buf *buf, const struct leat_session *session)
{
    struct leat_cursor cursor = leat_cursor(session->status, session->status_size);
    enum { CATALOG = 2, TIME_ZONE = 5, CATALOG_NZ = 6, INVOKER = 11, CODES = 21 };
    static const uint8_t sizes[CODES] = {4, 8, 0, 4, 6, 0, 0, 2, 2, 8, 4, 0, 0, 3, 8, 8, 1, 8, 2, 1, 1}; /* 0: it is told */
    static const char *const names[CODES] = {[16] = "explicit_defaults_for_timestamp",
                                             [18] = "default_collation_for_utf8mb4",
                                             [19] = "sql_require_primary_key",
                                             [20] = "default_table_encryption"};
    while (leat_cursor_left(&cursor)) {
        uint8_t code = leat_cursor_u8(&cursor);
        if (code >= CODES)
            return;
        size_t size = sizes[code];
        if (code == INVOKER)
            leat_cursor_skip(&cursor, leat_cursor_u8(&cursor)); /* the user; the host is next */
        if (code == CATALOG || code == TIME_ZONE || code == CATALOG_NZ || code == INVOKER)
            size = leat_cursor_u8(&cursor) + (size_t)(code == CATALOG);
        else if (!size)
            return;
        const uint8_t *bytes = leat_cursor_bytes(&cursor, size);
        if (bytes && names[code])
            leat_buf_printf(buf, ", %s = %llu", names[code], (unsigned long long)leat_le(bytes, size));
    }
}

void leat_sql_put_context(struct leat_buf *buf, const struct leat_statement *statement, bool mariadb, bool raw)
{
    const struct leat_session *session = &statement->session;
    leat_buf_printf(buf, "SET SESSION timestamp = %u", statement->time);
    if (session->present & LEAT_SESSION_SQL_MODE)
        leat_buf_printf(buf, ", sql_mode = %llu", (unsigned long long)(session->sql_mode & ~(mariadb ? 0 : modes_gone)));
    if (session->present & LEAT_SESSION_CHARSET) {
        leat_buf_printf(buf, ", collation_connection = %u, collation_server = %u", session->connection_collation,
                        session->server_collation);
        if (raw)
            leat_buf_printf(buf, ", character_set_client = %u", session->client_collation);
    }
    if (session->present & LEAT_SESSION_FLAGS2)
        leat_buf_printf(buf, ", foreign_key_checks = %d, unique_checks = %d, sql_auto_is_null = %d",
                        !(session->flags2 & FLAG_NO_FOREIGN_KEYS), !(session->flags2 & FLAG_NO_UNIQUE),
                        !!(session->flags2 & FLAG_AUTO_IS_NULL));
    if (session->present & LEAT_SESSION_AUTO_INCREMENT)
        leat_buf_printf(buf, ", auto_increment_increment = %u, auto_increment_offset = %u", session->auto_increment_increment,
                        session->auto_increment_offset);
    if (session->present & LEAT_SESSION_TIME_ZONE) {
        leat_buf_puts(buf, ", time_zone = ");
        leat_sql_put_text(buf, session->time_zone.bytes, session->time_zone.size);
    }
    put_rest(buf, session);
}

/* A session keeps these until they are set back; the others are among the settings of rows. */
void leat_sql_put_context_back(struct leat_buf *buf, const struct leat_session *session)
{
    leat_buf_puts(buf, "SET SESSION timestamp = DEFAULT");
    if (session->present & LEAT_SESSION_CHARSET)
        leat_buf_puts(buf, ", collation_server = DEFAULT");
    if (session->present & LEAT_SESSION_AUTO_INCREMENT)
        leat_buf_puts(buf, ", auto_increment_increment = DEFAULT, auto_increment_offset = DEFAULT");
}

/* ---- Statements ---- */

static int fail_at(const struct leat_sql *sql, const struct leat_statement *statement, struct leat_error *err)
{
    return leat_error_prefix(err, "statement at %.256s:%llu", (const char *)sql->file.data, (unsigned long long)statement->pos);
}

static int fail_dml(const struct leat_sql *sql, const struct leat_statement *statement, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "rows were changed by a statement, and what it did isn't in the binlog: \"%.*s\"",
              (int)(statement->sql_size < 100 ? statement->sql_size : 100), statement->sql);
    fail_at(sql, statement, err);
    return leat_cure(err, "leave its table out; for what is logged from now on: SET PERSIST binlog_format = ROW on the source");
}

static bool is_about_a_database(const struct leat_statement *statement)
{
    return statement->kind == LEAT_STATEMENT_CREATE_DATABASE || statement->kind == LEAT_STATEMENT_ALTER_DATABASE ||
           statement->kind == LEAT_STATEMENT_DROP_DATABASE;
}

static bool is_about_rows(const struct leat_statement *statement)
{
    return statement->kind != LEAT_STATEMENT_OTHER && statement->kind != LEAT_STATEMENT_ACCOUNT &&
           statement->kind != LEAT_STATEMENT_ROUTINE;
}

/* What a definition's change did to rows isn't in the binlog. */
static int undo(const struct leat_sql *sql, const struct leat_statement *statement, struct leat_error *err)
{
    if (!is_about_rows(statement))
        return LEAT_OK;
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "it can't be taken back: \"%.*s\"",
              (int)(statement->sql_size < 200 ? statement->sql_size : 200), statement->sql);
    fail_at(sql, statement, err);
    err->code = LEAT_E_INTERNAL;
    return leat_cure(err,
                     "take back what came after it alone (--from %s:%llu), and what came before it (--until %s:%llu) once the "
                     "definition is again as it was then; or only other tables (--table)",
                     (const char *)sql->file.data, (unsigned long long)statement->end_pos, (const char *)sql->file.data,
                     (unsigned long long)statement->pos);
}

static int put_statement(struct leat_sql *sql, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_buf *buf = sql->out.buf;
    bool raw;
    take_text(sql, statement, &raw);
    const char *delimiter = choose_delimiter(&sql->scratch);
    if (!delimiter) {
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "its text has every delimiter that a client could be given");
        return fail_at(sql, statement, err);
    }
    bool semicolon = !strcmp(delimiter, ";");
    leat_sql_put_context(buf, statement, sql->mariadb, raw);
    leat_buf_puts(buf, ";\n");
    if (statement->database.size && !is_about_a_database(statement)) {
        leat_buf_puts(buf, "USE ");
        leat_sql_put_name(buf, statement->database.bytes, statement->database.size);
        leat_buf_puts(buf, ";\n");
    }
    if (!semicolon)
        leat_buf_printf(buf, "DELIMITER %s\n", delimiter);
    leat_buf_put(buf, sql->scratch.data, sql->scratch.size);
    leat_buf_printf(buf, "\n%s\n%s", delimiter, semicolon ? "" : "DELIMITER ;\n");
    leat_buf_puts(buf, leat_sql_settings);
    leat_buf_u8(buf, '\n');
    leat_sql_put_context_back(buf, &statement->session);
    leat_buf_u8(buf, ';');
    return LEAT_OK;
}

int leat_sql_statement(struct leat_sql *sql, const struct leat_statement *statement, bool *passed, struct leat_error *err)
{
    if (sql->filter && !leat_filter_statement(sql->filter, statement))
        return LEAT_OK;
    if (statement->kind == LEAT_STATEMENT_DML)
        return fail_dml(sql, statement, err);
    if (sql->undo)
        return undo(sql, statement, err);
    *passed = true;
    /* It commits what is open by itself. */
    sql->begun = false;
    int rc = leat_sql_introduce(sql, err);
    if (rc)
        return rc;
    size_t from = sql->out.buf->size;
    if (put_statement(sql, statement, err)) {
        sql->out.buf->size = from;
        return LEAT_FAIL;
    }
    sql->checks = 0;
    return leat_sql_give(sql, from, NULL, true, err);
}
