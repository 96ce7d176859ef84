/* The format "debezium": DDL. A statement's message has what its tables have become, which the items behind it tell: it is
 * written once another item comes. */
#include "debezium_int.h"

#include "base/json.h"
#include "binlog/charset.h"
#include "charset_text_int.h"

/* TRUNCATE changes no definition. */
static bool is_of_tables(enum leat_statement_kind kind)
{
    return kind != LEAT_STATEMENT_TRUNCATE_TABLE && kind >= LEAT_STATEMENT_CREATE_TABLE && kind <= LEAT_STATEMENT_DROP_INDEX;
}

static bool is_of_databases(enum leat_statement_kind kind)
{
    return kind >= LEAT_STATEMENT_CREATE_DATABASE && kind <= LEAT_STATEMENT_DROP_DATABASE;
}

static void keep_names(struct leat_debezium *debezium, const struct leat_statement *statement)
{
    struct leat_buf *names = &debezium->statement.names;
    const struct leat_text *of = statement->table_database.size ? &statement->table_database : &statement->database;
    uint32_t database = of->size, table = statement->table.size;
    leat_buf_clear(names);
    leat_buf_put(names, of->bytes, database);
    leat_buf_u8(names, 0);
    leat_buf_put(names, statement->table.bytes, table);
    leat_buf_u8(names, 0);
    debezium->statement.database = (struct leat_text){(const char *)names->data, database};
    debezium->statement.table = (struct leat_text){(const char *)names->data + database + 1, table};
}

/* A statement whose set isn't told is read as utf8mb4, and so is utf8mb3, which servers don't hold statements to. */
static void put_ddl(struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_statement *statement)
{
    enum leat_charset charset = LEAT_CHARSET_UTF8MB4;
    if (statement->session.present & LEAT_SESSION_CHARSET)
        charset = leat_charset_of(statement->session.client_collation);
    if (charset == LEAT_CHARSET_UTF8MB3)
        charset = LEAT_CHARSET_UTF8MB4;
    leat_charset_text(buf, &debezium->scratch, charset, statement->sql, statement->sql_size);
}

static int fail_rows(const struct leat_debezium *debezium, const struct leat_statement *statement, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "%.256s:%llu: changes logged as a statement, of which the format debezium has no rows",
              (const char *)debezium->file.data, (unsigned long long)statement->pos);
    return leat_cure(err, "set binlog_format=ROW on the source; the format leat shows such statements");
}

/* TRUNCATE TABLE as a change of the table: no key, no images. */
static int write_truncate(struct leat_debezium *debezium, const struct leat_statement *statement, uint64_t time_us, struct leat_error *err)
{
    struct leat_buf *buf = debezium->out.buf;
    size_t from = buf->size;
    leat_buf_puts(buf, "{\"before\":null,\"after\":null");
    leat_debezium_put_source(debezium, buf, &debezium->statement.database, &debezium->statement.table, debezium->mariadb, time_us,
                        statement->pos);
    leat_buf_puts(buf, ",\"transaction\":null,\"op\":\"t\"");
    leat_debezium_put_seen(debezium, buf, time_us);
    leat_buf_u8(buf, '}');
    leat_debezium_header_context(debezium, debezium->mariadb);
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_CHANGE, &debezium->statement.database, &debezium->statement.table, false,
                  statement->number);
    debezium->waiting.message.time_us = time_us;
    return leat_debezium_flush(debezium, false, err);
}

static void open_statement(struct leat_debezium *debezium, const struct leat_statement *statement, uint64_t time_us)
{
    struct leat_buf *head = &debezium->statement.head;
    debezium->statement.open = true;
    debezium->statement.kind = statement->kind;
    debezium->statement.number = statement->number;
    debezium->statement.time_us = time_us;
    leat_buf_clear(&debezium->statement.changes);
    leat_buf_clear(head);
    leat_debezium_put_source(debezium, head, &debezium->statement.database,
                        statement->table.size ? &debezium->statement.table : NULL, debezium->mariadb, time_us, statement->pos);
    leat_buf_puts(head, ",\"ts_ms\":");
    leat_put_u64(head, (debezium->clock ? leat_wall_us(debezium->clock) : time_us) / 1000);
    leat_buf_puts(head, ",\"databaseName\":");
    leat_json_string(head, debezium->statement.database.bytes, debezium->statement.database.size);
    leat_buf_puts(head, ",\"schemaName\":null,\"ddl\":");
    put_ddl(debezium, head, statement);
    leat_buf_puts(head, ",\"tableChanges\":[");
}

int leat_debezium_statement(struct leat_debezium *debezium, const struct leat_statement *statement, bool *passed, struct leat_error *err)
{
    if (debezium->filter && !leat_filter_statement(debezium->filter, statement))
        return LEAT_OK;
    if (statement->kind == LEAT_STATEMENT_DML)
        return fail_rows(debezium, statement, err);
    bool truncates = statement->kind == LEAT_STATEMENT_TRUNCATE_TABLE && !debezium->skips[DEBEZIUM_TRUNCATE] &&
                     leat_debezium_form(debezium, &statement->table_database, &statement->table) == DEBEZIUM_ENVELOPE;
    bool tells = debezium->settings.schema_changes && (is_of_tables(statement->kind) || is_of_databases(statement->kind));
    if (!truncates && !tells)
        return LEAT_OK;
    if (leat_debezium_may_give(debezium, statement->pos, err))
        return LEAT_FAIL;
    if (!leat_utf8_valid(statement->table_database.bytes, statement->table_database.size) ||
        !leat_utf8_valid(statement->database.bytes, statement->database.size) ||
        !leat_utf8_valid(statement->table.bytes, statement->table.size))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%.256s:%llu: a statement on a name that is not UTF-8",
                         (const char *)debezium->file.data, (unsigned long long)statement->pos);
    enum { MILLISECOND = 1000 };
    uint64_t time_us = leat_debezium_time(debezium, statement->time);
    time_us -= time_us % MILLISECOND; /* as theirs, here alone */
    int result = leat_debezium_flush(debezium, false, err);
    if (result != LEAT_OK)
        return result;
    *passed = true;
    debezium->number = statement->number;
    keep_names(debezium, statement);
    if (truncates)
        result = write_truncate(debezium, statement, time_us, err);
    if (result == LEAT_OK && tells)
        open_statement(debezium, statement, time_us);
    return result;
}

static void begin_change(struct leat_buf *buf, const char *type, const struct leat_text *database, const struct leat_text *table)
{
    if (buf->size)
        leat_buf_u8(buf, ',');
    leat_buf_printf(buf, "{\"type\":\"%s\",\"id\":\"\\\"", type);
    leat_json_escape(buf, database->bytes, database->size);
    leat_buf_puts(buf, "\\\".\\\"");
    leat_json_escape(buf, table->bytes, table->size);
    leat_buf_puts(buf, "\\\"\",\"table\":");
}

int leat_debezium_definition(struct leat_debezium *debezium, const struct leat_definition *definition, struct leat_error *err)
{
    struct leat_buf *changes = &debezium->statement.changes;
    bool index = debezium->statement.kind == LEAT_STATEMENT_CREATE_INDEX || debezium->statement.kind == LEAT_STATEMENT_DROP_INDEX;
    if (!debezium->statement.open || !definition->name.size || index)
        return LEAT_OK;
    if (debezium->filter && !leat_filter_table(debezium->filter, definition->database.bytes, definition->name.bytes))
        return LEAT_OK;
    if (!leat_utf8_valid(definition->database.bytes, definition->database.size) ||
        !leat_utf8_valid(definition->name.bytes, definition->name.size))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the definition of a table whose name is not UTF-8");
    if (definition->how == LEAT_DEFINITION_STATEMENT && definition->table) {
        begin_change(changes, debezium->statement.kind == LEAT_STATEMENT_CREATE_TABLE ? "CREATE" : "ALTER", &definition->database,
                     &definition->name);
        leat_debezium_put_table(changes, leat_table_view(definition->table));
        leat_buf_u8(changes, '}');
    } else if (definition->how == LEAT_DEFINITION_DROPPED && debezium->statement.kind == LEAT_STATEMENT_DROP_TABLE) {
        begin_change(changes, "DROP", &definition->database, &definition->name);
        leat_buf_puts(changes, "null}");
    }
    return LEAT_OK;
}

int leat_debezium_statement_close(struct leat_debezium *debezium, struct leat_error *err)
{
    struct leat_buf *buf = debezium->out.buf, *key = &debezium->key;
    size_t from = buf->size;
    bool table = debezium->statement.table.size && !is_of_databases(debezium->statement.kind);
    debezium->statement.open = false;
    leat_buf_clear(key);
    if (debezium->key_schemas)
        leat_debezium_ddl_key_schema(key, debezium->mariadb);
    leat_buf_puts(key, "{\"databaseName\":");
    leat_json_string(key, debezium->statement.database.bytes, debezium->statement.database.size);
    leat_buf_puts(key, debezium->key_schemas ? "}}" : "}");
    if (debezium->value_schemas)
        leat_debezium_ddl_value_schema(buf, debezium->mariadb);
    leat_buf_u8(buf, '{');
    leat_buf_put(buf, debezium->statement.head.data + 1, debezium->statement.head.size - 1);
    leat_buf_put(buf, debezium->statement.changes.data, debezium->statement.changes.size);
    leat_buf_puts(buf, debezium->value_schemas ? "]}}" : "]}");
    leat_debezium_header_context(debezium, debezium->mariadb);
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_STATEMENT, debezium->statement.database.size ? &debezium->statement.database : NULL,
                  table ? &debezium->statement.table : NULL, true, debezium->statement.number);
    debezium->waiting.message.time_us = debezium->statement.time_us;
    (void)err;
    return LEAT_OK;
}
