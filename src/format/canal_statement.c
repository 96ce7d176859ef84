/* The format "canal": statements. One that moves a table is held until the DEFINITION items behind it tell where to, since a
 * message names the new table. */
#include "canal_int.h"

#include "base/json.h"
#include "charset_text_int.h"

/* NULL: Canal gives none. */
static const char *type_of(enum leat_statement_kind kind)
{
    switch (kind) {
    case LEAT_STATEMENT_CREATE_TABLE:
        return "CREATE";
    case LEAT_STATEMENT_ALTER_TABLE:
        return "ALTER";
    case LEAT_STATEMENT_DROP_TABLE:
        return "ERASE";
    case LEAT_STATEMENT_RENAME_TABLE:
        return "RENAME";
    case LEAT_STATEMENT_TRUNCATE_TABLE:
        return "TRUNCATE";
    case LEAT_STATEMENT_CREATE_INDEX:
        return "CINDEX";
    case LEAT_STATEMENT_DROP_INDEX:
        return "DINDEX";
    case LEAT_STATEMENT_CREATE_DATABASE:
    case LEAT_STATEMENT_DROP_DATABASE:
    case LEAT_STATEMENT_ALTER_DATABASE:
    case LEAT_STATEMENT_DML:
    case LEAT_STATEMENT_OTHER:
        return "QUERY";
    case LEAT_STATEMENT_ACCOUNT:
    case LEAT_STATEMENT_ROUTINE:
        return NULL;
    }
    return NULL;
}

static int give(struct canal *canal, const char *type, struct leat_error *err)
{
    struct leat_transaction *transaction = &canal->transaction;
    int result = leat_transaction_room(transaction, err);
    if (result != LEAT_OK)
        return result;
    struct leat_buf *buf = &transaction->bytes;
    size_t names = buf->size;
    leat_buf_put(buf, canal->names.data, canal->names.size);
    size_t at = buf->size;
    leat_buf_puts(buf, "{\"data\":null,\"database\":");
    leat_json_string(buf, canal->names.data, canal->database_size);
    leat_buf_printf(buf, ",\"es\":%llu", (unsigned long long)canal->es);
    leat_buf_put(buf, canal->origin.data, canal->origin.size);
    leat_buf_puts(buf, canal->kind == LEAT_STATEMENT_DML ? "false" : "true");
    leat_buf_puts(buf, ",\"mysqlType\":null,\"old\":null,\"pkNames\":null,\"sql\":");
    leat_buf_put(buf, canal->sql.data, canal->sql.size);
    leat_buf_puts(buf, ",\"sqlType\":null,\"table\":");
    leat_json_string(buf, canal->names.data + canal->database_size, canal->table_size);
    leat_buf_printf(buf, ",\"ts\":%llu,\"type\":\"%s\"}", (unsigned long long)(transaction->commit_us / 1000), type);
    struct leat_waiting *waiting = leat_transaction_add(transaction);
    waiting->kind = LEAT_MESSAGE_STATEMENT;
    waiting->at = at;
    waiting->key_at = names;
    waiting->size = waiting->head = buf->size - at;
    waiting->number = waiting->last_number = canal->number;
    waiting->database_at = names;
    waiting->database_size = canal->database_size;
    waiting->table_at = names + canal->database_size;
    waiting->table_size = canal->table_size;
    return LEAT_OK;
}

int leat_canal_release(struct canal *canal, struct leat_error *err)
{
    if (!canal->holds)
        return LEAT_OK;
    canal->holds = false;
    return give(canal, type_of(canal->kind), err);
}

/* "" where there is none. Room behind the texts, so that none is NULL. */
static void keep_names(struct canal *canal, struct leat_text database, struct leat_text table)
{
    leat_buf_clear(&canal->names);
    (void)leat_buf_reserve(&canal->names, 1);
    leat_buf_put(&canal->names, database.bytes, database.size);
    leat_buf_put(&canal->names, table.bytes, table.size);
    canal->database_size = database.size;
    canal->table_size = table.size;
}

static void keep(struct canal *canal, const struct leat_statement *statement)
{
    enum leat_charset charset = LEAT_CHARSET_UTF8MB4;
    if (statement->session.present & LEAT_SESSION_CHARSET)
        charset = leat_charset_of(statement->session.client_collation);
    if (charset == LEAT_CHARSET_UTF8MB3)
        charset = LEAT_CHARSET_UTF8MB4;
    leat_buf_clear(&canal->sql);
    leat_charset_text(&canal->sql, &canal->scratch, charset, statement->sql, statement->sql_size);
    canal->kind = statement->kind;
    canal->number = statement->number;
    canal->es = (uint64_t)statement->time * 1000;
    keep_names(canal, statement->table_database.size ? statement->table_database : statement->database, statement->table);
}

/* What kind of change in statement form it is. */
static const char *change_of(const struct leat_statement *statement)
{
    static const struct { const char *word, *type; } words[] = {{"INSERT", "INSERT"}, {"REPLACE", "INSERT"}, {"LOAD", "INSERT"}, {"UPDATE", "UPDATE"}, {"DELETE", "DELETE"}};
    const char *at = statement->sql, *end = at + statement->sql_size;
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word), k = 0;
        while (k < size && at + k < end && (at[k] & ~0x20) == words[i].word[k])
            k++;
        if (k == size)
            return words[i].type;
    }
    return "QUERY";
}

int leat_canal_statement(struct canal *canal, const struct leat_statement *statement, bool *passed, struct leat_error *err)
{
    int result = leat_canal_release(canal, err);
    if (result != LEAT_OK)
        return result;
    const char *type = type_of(statement->kind);
    if (!type || (canal->filter && !leat_filter_statement(canal->filter, statement)))
        return LEAT_OK;
    if (leat_transaction_may_give(&canal->transaction, statement->pos, err))
        return LEAT_FAIL;
    *passed = true;
    keep(canal, statement);
    if (statement->kind == LEAT_STATEMENT_RENAME_TABLE || statement->kind == LEAT_STATEMENT_ALTER_TABLE) {
        canal->holds = true;
        return LEAT_OK;
    }
    return give(canal, statement->kind == LEAT_STATEMENT_DML ? change_of(statement) : type, err);
}

static bool same(const struct canal *canal, const struct leat_definition *definition)
{
    return definition->database.size == canal->database_size && definition->name.size == canal->table_size &&
           memcmp(definition->database.bytes, canal->names.data, canal->database_size) == 0 &&
           memcmp(definition->name.bytes, canal->names.data + canal->database_size, canal->table_size) == 0;
}

int leat_canal_definition(struct canal *canal, const struct leat_definition *definition, bool *passed, struct leat_error *err)
{
    (void)passed; /* its statement did */
    if (!canal->holds || !definition->table || same(canal, definition))
        return LEAT_OK;
    canal->holds = false;
    keep_names(canal, definition->database, definition->name);
    return give(canal, "RENAME", err);
}
