/* What a statement does to definitions: which tables it names, and what becomes of each. A reader for each kind of statement; what it
 * finds takes effect at once and is told to the listener.
 *
 * A table of which nothing is known stays so, whatever is altered about it; one that is UNSURE stays that until it is created anew, read
 * from the server, or dropped. */
#include "parse_int.h"

#include <stdio.h>

#include "schema/ddl.h"

/* One statement at work. */
struct work {
    struct leat_parse parse;
    struct leat_catalog *catalog;
    const struct leat_statement *statement;
    const struct leat_item_out *out;
    struct leat_error *err;
    int result; /* the listener's, once it isn't LEAT_OK */
};

struct table_name {
    char database[LEAT_NAME_BYTES_MAX + 1], name[LEAT_NAME_BYTES_MAX + 1];
};

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

static bool tell(struct work *work, struct leat_definition *definition)
{
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION, .definition = *definition};
    leat_catalog_put(work->catalog, definition);
    if (work->result == LEAT_OK)
        work->result = leat_item_give(work->out, &item, work->err);
    return work->result == LEAT_OK;
}

static enum leat_catalog_known known(const struct work *work, const struct table_name *table)
{
    return leat_catalog_find(work->catalog, table->database, table->name, NULL, NULL);
}

static bool drop(struct work *work, const struct table_name *table)
{
    if (known(work, table) == LEAT_CATALOG_UNKNOWN)
        return true;
    struct leat_definition definition = {
        .how = LEAT_DEFINITION_DROPPED, .database = text_of(table->database), .name = text_of(table->name)};
    return tell(work, &definition);
}

/* The reason, and then the statement, as far as there is room. */
static bool unsure(struct work *work, const struct table_name *table, const char *reason)
{
    struct leat_buf why = {0};
    leat_buf_puts(&why, reason);
    leat_buf_puts(&why, ": ");
    leat_buf_put(&why, work->statement->sql, work->statement->sql_size);
    struct leat_definition definition = {
        .how = LEAT_DEFINITION_UNSURE,
        .database = text_of(table->database),
        .name = text_of(table->name),
        .why = {(const char *)why.data, (uint32_t)(why.size < LEAT_DEFINITION_WHY_MAX ? why.size : LEAT_DEFINITION_WHY_MAX)}};
    bool told = tell(work, &definition);
    leat_buf_free(&why);
    return told;
}

static bool read_table(struct work *work, struct table_name *table)
{
    if (!leat_parse_table(&work->parse, table->database, table->name))
        return false;
    leat_catalog_fold(work->catalog, table->database);
    leat_catalog_fold(work->catalog, table->name);
    return true;
}

static bool change_unread(struct work *work, const struct table_name *table)
{
    if (known(work, table) != LEAT_CATALOG_DEFINED)
        return true;
    return unsure(work, table, "a change that isn't understood");
}

static void read_create_table(struct work *work, bool temporary)
{
    bool exists = leat_parse_if_exists(&work->parse);
    struct table_name table;
    if (!read_table(work, &table) || temporary || (exists && known(work, &table) != LEAT_CATALOG_UNKNOWN))
        return;
    unsure(work, &table, "a definition that isn't understood");
}

static void read_alter_table(struct work *work)
{
    leat_parse_if_exists(&work->parse);
    struct table_name table;
    if (read_table(work, &table))
        change_unread(work, &table);
}

static void read_drop_table(struct work *work)
{
    leat_parse_if_exists(&work->parse);
    struct table_name table;
    do {
        if (!read_table(work, &table) || !drop(work, &table))
            return;
    } while (leat_parse_take(&work->parse, ","));
}

/* WAIT n, NOWAIT: MariaDB's. */
static void pass_wait(struct leat_parse *parse)
{
    if (leat_parse_take(parse, "WAIT"))
        leat_lexer_next(&parse->lexer);
    else
        leat_parse_take(parse, "NOWAIT");
}

static bool rename_table(struct work *work, const struct table_name *from, const struct table_name *to)
{
    struct leat_table *table = NULL;
    struct leat_text why;
    enum leat_catalog_known was = leat_catalog_find(work->catalog, from->database, from->name, &table, &why);
    if (was == LEAT_CATALOG_UNKNOWN)
        return drop(work, to);
    struct leat_buf reason = {0}; /* `why` goes with the entry */
    leat_buf_put(&reason, why.bytes, why.size);
    struct leat_definition definition = {.how = was == LEAT_CATALOG_DEFINED ? LEAT_DEFINITION_STATEMENT : LEAT_DEFINITION_UNSURE,
                                         .database = text_of(to->database),
                                         .name = text_of(to->name),
                                         .why = {(const char *)reason.data, (uint32_t)reason.size}};
    if (table) {
        struct leat_table_view view = *leat_table_view(table);
        view.database = definition.database;
        view.name = definition.name;
        definition.table = leat_table_new(&view);
    }
    bool told = drop(work, from) && tell(work, &definition);
    leat_table_release(&definition.table);
    leat_table_release(&table);
    leat_buf_free(&reason);
    return told;
}

static void read_rename_table(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    leat_parse_if_exists(parse);
    do {
        struct table_name from, to;
        if (!read_table(work, &from))
            return;
        pass_wait(parse);
        if (!leat_parse_want(parse, "TO") || !read_table(work, &to) || !rename_table(work, &from, &to))
            return;
    } while (leat_parse_take(parse, ","));
}

/* CREATE INDEX name … ON table, DROP INDEX name ON table. */
static void read_index(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    char name[LEAT_NAME_BYTES_MAX + 1];
    leat_parse_if_exists(parse);
    if (!leat_parse_name(parse, name))
        return;
    if (leat_parse_take(parse, "USING") || leat_parse_take(parse, "TYPE"))
        leat_lexer_next(&parse->lexer);
    struct table_name table;
    if (leat_parse_want(parse, "ON") && read_table(work, &table))
        change_unread(work, &table);
}

static void read_drop_database(struct work *work)
{
    char database[LEAT_NAME_BYTES_MAX + 1];
    leat_parse_if_exists(&work->parse);
    if (!leat_parse_name(&work->parse, database))
        return;
    leat_catalog_fold(work->catalog, database);
    struct leat_buf names = {0};
    leat_catalog_tables_of(work->catalog, database, &names);
    bool told = true;
    for (size_t at = 0; told && at < names.size;) {
        struct table_name table;
        const char *name = (const char *)names.data + at;
        snprintf(table.database, sizeof table.database, "%s", database);
        snprintf(table.name, sizeof table.name, "%s", name);
        at += strlen(name) + 1;
        told = drop(work, &table);
    }
    leat_buf_free(&names);
    if (told && leat_catalog_database_collation(work->catalog, database)) {
        struct leat_definition definition = {.how = LEAT_DEFINITION_DROPPED, .database = text_of(database), .name = text_of("")};
        tell(work, &definition);
    }
}

static void take_any(struct leat_parse *parse, const char *const *words)
{
    for (const char *const *word = words; *word; word++)
        leat_parse_take(parse, *word);
}

static void read_create(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    leat_parse_take_two(parse, "OR", "REPLACE");
    bool temporary = leat_parse_take(parse, "TEMPORARY");
    if (leat_parse_take(parse, "TABLE")) {
        read_create_table(work, temporary);
        return;
    }
    take_any(parse, (const char *const[]){"ONLINE", "OFFLINE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", NULL});
    if (leat_parse_take(parse, "INDEX"))
        read_index(work);
}

static void read_alter(struct work *work)
{
    take_any(&work->parse, (const char *const[]){"ONLINE", "OFFLINE", "IGNORE", NULL});
    if (leat_parse_take(&work->parse, "TABLE"))
        read_alter_table(work);
}

static void read_drop(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    bool temporary = leat_parse_take(parse, "TEMPORARY");
    if (leat_parse_take(parse, "TABLE") || leat_parse_take(parse, "TABLES")) {
        if (!temporary)
            read_drop_table(work);
        return;
    }
    take_any(parse, (const char *const[]){"ONLINE", "OFFLINE", NULL});
    if (leat_parse_take(parse, "DATABASE") || leat_parse_take(parse, "SCHEMA"))
        read_drop_database(work);
    else if (leat_parse_take(parse, "INDEX"))
        read_index(work);
}

/* MariaDB's SET STATEMENT variable = value, … FOR, before any other. */
static void pass_set_statement(struct leat_parse *parse)
{
    if (!leat_parse_take_two(parse, "SET", "STATEMENT"))
        return;
    while (parse->lexer.token != LEAT_TOKEN_END && !leat_parse_take(parse, "FOR"))
        leat_lexer_next(&parse->lexer);
}

static void read_statement(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    pass_set_statement(parse);
    if (leat_parse_take(parse, "CREATE"))
        read_create(work);
    else if (leat_parse_take(parse, "ALTER"))
        read_alter(work);
    else if (leat_parse_take(parse, "DROP"))
        read_drop(work);
    else if (leat_parse_take_two(parse, "RENAME", "TABLE") || leat_parse_take_two(parse, "RENAME", "TABLES"))
        read_rename_table(work);
}

int leat_catalog_statement(struct leat_catalog *catalog, const struct leat_statement *statement,
                           const struct leat_item_out *out, struct leat_error *err)
{
    struct work work = {.catalog = catalog, .statement = statement, .out = out, .err = err, .result = LEAT_OK};
    char database[LEAT_NAME_BYTES_MAX + 1];
    snprintf(database, sizeof database, "%.*s", (int)statement->database.size, statement->database.size ? statement->database.bytes : "");
    work.parse.server = leat_catalog_server_of(catalog);
    work.parse.database = database;
    work.parse.sql_mode = statement->session.present & LEAT_SESSION_SQL_MODE ? statement->session.sql_mode : 0;
    leat_lexer_begin(&work.parse.lexer, statement->sql, statement->sql_size, work.parse.sql_mode);
    read_statement(&work);
    return work.result;
}

int leat_catalog_parse(struct leat_table **table, const struct leat_catalog_server *server, const char *sql, size_t size,
                       uint64_t sql_mode, const char *database, uint32_t database_collation, struct leat_error *err)
{
    (void)server, (void)sql, (void)size, (void)sql_mode, (void)database, (void)database_collation;
    *table = NULL;
    return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "definitions out of CREATE TABLE can't be read yet");
}
