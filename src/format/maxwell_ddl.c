/* The format "maxwell": changes of definitions. A statement's text comes first, what follows from it for each table or database
 * in DEFINITION items behind it: a message each. */
#include "maxwell_int.h"

#include "base/json.h"
#include "binlog/charset.h"
#include "charset_text_int.h"
#include "type_int.h"

/* The base of a type: "int" of "int unsigned", "varchar" of "varchar(20)". */
static void put_type(struct leat_buf *buf, const struct leat_column *column)
{
    size_t from = buf->size;
    if (column->type_text.size)
        leat_buf_put(buf, column->type_text.bytes, column->type_text.size);
    else
        leat_type_put(buf, column);
    for (size_t at = from; at < buf->size; at++)
        if (buf->data[at] == '(' || buf->data[at] == ' ')
            buf->size = at;
}

static void put_members(struct leat_buf *buf, const struct leat_column *column)
{
    struct leat_buf scratch = {0};
    enum leat_charset charset = column->collation ? leat_charset_of(column->collation) : LEAT_CHARSET_UTF8MB4;
    leat_buf_puts(buf, ",\"enum-values\":[");
    for (uint32_t i = 0; i < column->member_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        leat_charset_text(buf, &scratch, charset, column->members[i].bytes, column->members[i].size);
    }
    leat_buf_u8(buf, ']');
    leat_buf_free(&scratch);
}

static void put_charset(struct leat_buf *buf, uint32_t collation)
{
    leat_buf_puts(buf, "\"charset\":");
    if (collation)
        leat_json_cstr(buf, leat_charset_name(collation));
    else
        leat_buf_puts(buf, "null");
}

static void put_column(struct leat_buf *buf, const struct leat_table_view *view, uint32_t index)
{
    const struct leat_column *column = &view->columns[index];
    struct leat_buf name = {0};
    leat_plan_column_name(&name, view, index);
    leat_buf_puts(buf, "{\"type\":\"");
    put_type(buf, column);
    leat_buf_puts(buf, "\",\"name\":");
    leat_json_string(buf, name.data, name.size);
    leat_buf_free(&name);
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        leat_buf_puts(buf, column->flags & LEAT_COLUMN_UNSIGNED ? ",\"signed\":false" : ",\"signed\":true");
        break;
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        put_members(buf, column);
        break;
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP2:
        leat_buf_printf(buf, ",\"column-length\":%u", column->metadata & 0xFFU);
        break;
    default:
        if (leat_type_is_string(column) && !column->shape) {
            leat_buf_u8(buf, ',');
            put_charset(buf, column->collation);
        }
    }
    leat_buf_u8(buf, '}');
}

static void put_definition(struct leat_buf *buf, const struct leat_table_view *view)
{
    leat_buf_puts(buf, "{\"database\":");
    leat_json_string(buf, view->database.bytes, view->database.size);
    leat_buf_u8(buf, ',');
    put_charset(buf, view->flags & LEAT_TABLE_DEFINED ? view->collation : 0);
    leat_buf_puts(buf, ",\"table\":");
    leat_json_string(buf, view->name.bytes, view->name.size);
    leat_buf_puts(buf, ",\"columns\":[");
    for (uint32_t i = 0; i < view->column_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        put_column(buf, view, i);
    }
    leat_buf_puts(buf, "],\"primary-key\":[");
    for (uint32_t i = 0; i < view->key_count; i++) {
        struct leat_buf name = {0};
        leat_plan_column_name(&name, view, view->key[i].column);
        leat_buf_puts(buf, i ? "," : "");
        leat_json_string(buf, name.data, name.size);
        leat_buf_free(&name);
    }
    leat_buf_puts(buf, "]}");
}

static void put_names(struct leat_buf *buf, struct leat_text database, struct leat_text name)
{
    leat_buf_puts(buf, "\"database\":");
    leat_json_string(buf, database.bytes, database.size);
    if (!name.size)
        return;
    leat_buf_puts(buf, ",\"table\":");
    leat_json_string(buf, name.bytes, name.size);
}

static void put_old(struct maxwell *maxwell, struct leat_buf *buf, struct leat_text database, struct leat_text name)
{
    struct leat_table *was = leat_known_find(&maxwell->known, database, name);
    if (!was)
        return;
    leat_buf_puts(buf, ",\"old\":");
    put_definition(buf, leat_table_view(was));
}

/* Texts with a NUL behind them, which filters look for. */
static void keep_names(struct maxwell *maxwell, struct leat_text database, struct leat_text table)
{
    struct leat_buf *names = &maxwell->names;
    leat_buf_clear(names);
    leat_buf_put(names, database.bytes, database.size);
    leat_buf_u8(names, 0);
    leat_buf_put(names, table.bytes, table.size);
    leat_buf_u8(names, 0);
    maxwell->database_size = database.size;
    maxwell->table_size = table.size;
}

int leat_maxwell_statement(struct maxwell *maxwell, const struct leat_statement *statement, bool *passed, struct leat_error *err)
{
    int result = leat_maxwell_statement_end(maxwell, passed, err);
    if (result != LEAT_OK || !maxwell->settings.ddl)
        return result;
    if (leat_transaction_may_give(&maxwell->transaction, statement->pos, err))
        return LEAT_FAIL;
    enum leat_charset charset = LEAT_CHARSET_UTF8MB4;
    if (statement->session.present & LEAT_SESSION_CHARSET)
        charset = leat_charset_of(statement->session.client_collation);
    if (charset == LEAT_CHARSET_UTF8MB3)
        charset = LEAT_CHARSET_UTF8MB4;
    struct leat_buf *text = &maxwell->statement;
    leat_buf_clear(text);
    leat_buf_printf(text, ",\"ts\":%llu,\"sql\":", (unsigned long long)statement->time * 1000);
    leat_charset_text(text, &maxwell->scratch, charset, statement->sql, statement->sql_size);
    if (maxwell->settings.binlog_position)
        leat_buf_printf(text, ",\"position\":\"%s:%llu\"", (const char *)maxwell->transaction.file.data,
                        (unsigned long long)statement->pos);
    if (maxwell->settings.gtid_position && maxwell->transaction.gtid_text.size)
        leat_buf_printf(text, ",\"gtid\":\"%.*s\"", (int)maxwell->transaction.gtid_text.size,
                        (const char *)maxwell->transaction.gtid_text.data);
    keep_names(maxwell, statement->table_database.size ? statement->table_database : statement->database, statement->table);
    maxwell->telling = true;
    maxwell->told = maxwell->renaming = false;
    maxwell->kind = statement->kind;
    maxwell->number = statement->number;
    return LEAT_OK;
}

/* What a message is, as far as the definition tells; NULL: there is none. */
static const char *type_of(const struct maxwell *maxwell, const struct leat_definition *definition)
{
    bool gone = definition->how == LEAT_DEFINITION_DROPPED;
    switch (maxwell->kind) {
    case LEAT_STATEMENT_CREATE_DATABASE:
        return definition->name.size ? NULL : "database-create";
    case LEAT_STATEMENT_ALTER_DATABASE:
        return definition->name.size ? NULL : "database-alter";
    case LEAT_STATEMENT_DROP_DATABASE:
        return definition->name.size ? NULL : "database-drop";
    case LEAT_STATEMENT_DROP_TABLE:
        return gone ? "table-drop" : NULL;
    case LEAT_STATEMENT_CREATE_TABLE:
        return gone ? NULL : "table-create";
    case LEAT_STATEMENT_ALTER_TABLE:
    case LEAT_STATEMENT_RENAME_TABLE:
        return gone ? NULL : "table-alter";
    default:
        return NULL; /* indexes aren't told of; a database's tables go with it */
    }
}

static void put_message(struct maxwell *maxwell, struct leat_buf *buf, const struct leat_definition *definition, const char *type)
{
    leat_buf_printf(buf, "{\"type\":\"%s\",", type);
    bool alters = strcmp(type, "table-alter") == 0;
    if (alters && maxwell->renaming) {
        leat_buf_put(buf, maxwell->renamed.data, maxwell->renamed.size);
    } else {
        put_names(buf, definition->database, definition->name);
        if (alters)
            put_old(maxwell, buf, definition->database, definition->name);
    }
    maxwell->renaming = false;
    if (definition->table) {
        leat_buf_puts(buf, ",\"def\":");
        put_definition(buf, leat_table_view(definition->table));
    } else if (!definition->name.size && definition->collation) {
        leat_buf_u8(buf, ',');
        put_charset(buf, definition->collation);
    }
    leat_buf_put(buf, maxwell->statement.data, maxwell->statement.size);
    if (maxwell->settings.schema_id && definition->table)
        leat_buf_printf(buf, ",\"schema_id\":%llu",
                        (unsigned long long)(leat_table_view(definition->table)->id & ((UINT64_C(1) << 53) - 1)));
    leat_buf_u8(buf, '}');
}

static int give(struct maxwell *maxwell, const struct leat_definition *definition, const char *type, struct leat_error *err)
{
    struct leat_transaction *transaction = &maxwell->transaction;
    int result = leat_transaction_room(transaction, err);
    if (result != LEAT_OK)
        return result;
    struct leat_buf *buf = &transaction->bytes;
    size_t from = buf->size;
    leat_transaction_uuid(transaction, maxwell->number, leat_buf_reserve(buf, LEAT_UUID_TEXT));
    leat_buf_commit(buf, LEAT_UUID_TEXT);
    size_t database_at = buf->size, table_at = database_at + definition->database.size;
    leat_buf_put(buf, definition->database.bytes, definition->database.size);
    leat_buf_put(buf, definition->name.bytes, definition->name.size);
    size_t at = buf->size;
    put_message(maxwell, buf, definition, type);
    struct leat_waiting *waiting = leat_transaction_add(transaction);
    waiting->kind = LEAT_MESSAGE_STATEMENT;
    waiting->has_key = true;
    waiting->key_at = from;
    waiting->key_size = LEAT_UUID_TEXT;
    waiting->at = at;
    waiting->size = waiting->head = buf->size - at;
    waiting->number = waiting->last_number = maxwell->number;
    waiting->database_at = database_at;
    waiting->database_size = definition->database.size;
    waiting->table_at = table_at;
    waiting->table_size = definition->name.size;
    return LEAT_OK;
}

static bool passes(const struct maxwell *maxwell, const struct leat_definition *definition)
{
    if (!maxwell->filter)
        return true;
    if (definition->name.size)
        return leat_filter_table(maxwell->filter, definition->database.bytes, definition->name.bytes);
    struct leat_statement statement = {.kind = maxwell->kind, .table_database = definition->database};
    return leat_filter_statement(maxwell->filter, &statement);
}

static bool moves_tables(enum leat_statement_kind kind)
{
    return kind == LEAT_STATEMENT_ALTER_TABLE || kind == LEAT_STATEMENT_RENAME_TABLE;
}

int leat_maxwell_definition(struct maxwell *maxwell, const struct leat_definition *definition, bool *passed, struct leat_error *err)
{
    if (!maxwell->settings.ddl)
        return LEAT_OK;
    bool from_statement = definition->how != LEAT_DEFINITION_READ && definition->how != LEAT_DEFINITION_TOLD;
    const char *type = maxwell->telling && from_statement ? type_of(maxwell, definition) : NULL;
    bool gone = definition->how == LEAT_DEFINITION_DROPPED;
    int result = LEAT_OK;
    maxwell->told = maxwell->told || from_statement;
    if (maxwell->telling && gone && definition->name.size && moves_tables(maxwell->kind)) {
        leat_buf_clear(&maxwell->renamed);
        put_names(&maxwell->renamed, definition->database, definition->name);
        put_old(maxwell, &maxwell->renamed, definition->database, definition->name);
        maxwell->renaming = true;
    } else if (type && passes(maxwell, definition)) {
        *passed = true;
        result = give(maxwell, definition, type, err);
    }
    if (definition->name.size)
        leat_known_put(&maxwell->known, definition->database, definition->name, definition->table);
    return result;
}

/* A table whose definition is known has had no change: CREATE TABLE IF NOT EXISTS, ALTER TABLE … ENGINE. */
int leat_maxwell_statement_end(struct maxwell *maxwell, bool *passed, struct leat_error *err)
{
    const char *text = (const char *)maxwell->names.data;
    if (!maxwell->telling || maxwell->told) {
        maxwell->telling = false;
        return LEAT_OK;
    }
    struct leat_definition unknown = {.how = LEAT_DEFINITION_UNSURE,
                                      .database = {text, maxwell->database_size},
                                      .name = {text + maxwell->database_size + 1, maxwell->table_size}};
    if (maxwell->kind == LEAT_STATEMENT_DROP_TABLE || maxwell->kind == LEAT_STATEMENT_DROP_DATABASE)
        unknown.how = LEAT_DEFINITION_DROPPED;
    const char *type = unknown.database.size ? type_of(maxwell, &unknown) : NULL;
    bool known = unknown.name.size && leat_known_find(&maxwell->known, unknown.database, unknown.name);
    maxwell->telling = false;
    if (!type || known || !passes(maxwell, &unknown))
        return LEAT_OK;
    *passed = true;
    return give(maxwell, &unknown, type, err);
}
