/* The format "leat": lines of statements, with what is needed to run them again as they were. */
#include "lines_int.h"

#include "base/json.h"
#include "binlog/charset.h"
#include "charset_text_int.h"

/* Names are UTF-8 as the servers hold them; bytes that are not must not make a line that nobody can read. */
static void put_text(struct leat_buf *buf, const struct leat_text *text)
{
    if (!text->size)
        leat_buf_puts(buf, "null");
    else if (leat_utf8_valid(text->bytes, text->size))
        leat_json_string(buf, text->bytes, text->size);
    else
        leat_json_base64(buf, text->bytes, text->size);
}

/* A statement whose set isn't told is read as utf8mb4, and so is utf8mb3, which servers don't hold statements to. */
static void put_sql(struct leat_lines *lines, const struct leat_statement *statement)
{
    enum leat_charset charset = LEAT_CHARSET_UTF8MB4;
    if (statement->session.present & LEAT_SESSION_CHARSET)
        charset = leat_charset_of(statement->session.client_collation);
    if (charset == LEAT_CHARSET_UTF8MB3)
        charset = LEAT_CHARSET_UTF8MB4;
    leat_buf_puts(lines->out.buf, ",\"sql\":");
    leat_charset_text(lines->out.buf, &lines->scratch, charset, statement->sql, statement->sql_size);
}

static void put_number(struct leat_buf *buf, const char *name, bool told, uint64_t value)
{
    leat_buf_puts(buf, name);
    if (told)
        leat_put_u64(buf, value);
    else
        leat_buf_puts(buf, "null");
}

static void put_session(struct leat_buf *buf, const struct leat_session *session)
{
    bool charset = session->present & LEAT_SESSION_CHARSET;
    put_number(buf, ",\"sql_mode\":", session->present & LEAT_SESSION_SQL_MODE, session->sql_mode);
    put_number(buf, ",\"flags2\":", session->present & LEAT_SESSION_FLAGS2, session->flags2);
    leat_buf_puts(buf, ",\"charset\":");
    if (charset)
        leat_json_cstr(buf, leat_charset_name(session->client_collation));
    else
        leat_buf_puts(buf, "null");
    put_number(buf, ",\"client_collation\":", charset, session->client_collation);
    put_number(buf, ",\"connection_collation\":", charset, session->connection_collation);
    put_number(buf, ",\"server_collation\":", charset, session->server_collation);
    leat_buf_puts(buf, ",\"time_zone\":");
    put_text(buf, session->present & LEAT_SESSION_TIME_ZONE ? &session->time_zone : &(struct leat_text){0});
}

static int put_line(struct leat_lines *lines, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_buf *buf = lines->out.buf;
    enum leat_statement_kind kind = statement->kind;
    bool ddl = kind != LEAT_STATEMENT_OTHER && kind != LEAT_STATEMENT_DML;
    leat_buf_puts(buf, ddl ? "{\"op\":\"ddl\",\"db\":" : "{\"op\":\"statement\",\"db\":");
    put_text(buf, &statement->table_database);
    leat_buf_puts(buf, ",\"table\":");
    put_text(buf, &statement->table);
    leat_buf_u8(buf, ',');
    leat_buf_put(buf, lines->about.data, lines->about.size);
    leat_put_u64(buf, statement->pos);
    leat_buf_puts(buf, ",\"n\":");
    leat_put_u64(buf, statement->number);
    leat_buf_puts(buf, ",\"kind\":");
    leat_json_cstr(buf, leat_statement_kind_name(kind));
    leat_buf_puts(buf, ",\"default_db\":");
    put_text(buf, &statement->database);
    put_sql(lines, statement);
    put_session(buf, &statement->session);
    leat_buf_puts(buf, ",\"error_code\":");
    leat_put_u64(buf, statement->error_code);
    return leat_lines_prelude(buf, statement, err);
}

/* The message is handed on when the item is gone. */
static void keep_names(struct leat_lines *lines, const struct leat_statement *statement)
{
    struct leat_buf *names = &lines->statement_names;
    uint32_t database = statement->table_database.size, table = statement->table.size;
    leat_buf_clear(names);
    leat_buf_put(names, statement->table_database.bytes, database);
    leat_buf_u8(names, 0);
    leat_buf_put(names, statement->table.bytes, table);
    leat_buf_u8(names, 0);
    lines->statement_database = (struct leat_text){(const char *)names->data, database};
    lines->statement_table = (struct leat_text){(const char *)names->data + database + 1, table};
}

int leat_lines_statement(struct leat_lines *lines, const struct leat_statement *statement, bool *passed,
                         struct leat_error *err)
{
    if (lines->filter && !leat_filter_statement(lines->filter, statement))
        return LEAT_OK;
    if (leat_lines_may_give(lines, statement->pos, err))
        return LEAT_FAIL;
    int result = leat_lines_close(lines, false, err);
    if (result != LEAT_OK)
        return result;
    *passed = true;
    lines->number = statement->number;
    lines->pos = statement->pos;
    keep_names(lines, statement);
    size_t from = lines->out.buf->size;
    if (put_line(lines, statement, err))
        return LEAT_FAIL;
    leat_lines_open(lines, from,
                    &(struct leat_message){.kind = LEAT_MESSAGE_STATEMENT,
                                           .topic_database = statement->table_database.size ? &lines->statement_database : NULL,
                                           .topic_table = statement->table.size ? &lines->statement_table : NULL,
                                           .number = statement->number});
    return LEAT_OK;
}
