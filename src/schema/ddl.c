/* What a statement is. A table of first words leads to one small reader each; a reader goes only as far as
 * the first table's name. Pure. */
#include "schema/ddl.h"

#include "lexer_int.h"

struct reader {
    struct leat_lexer lexer;
    struct leat_ddl *ddl;
    const char *database;
    size_t database_size;
};

static bool take(struct reader *reader, const char *word)
{
    return leat_lexer_take(&reader->lexer, word);
}

static bool is(const struct reader *reader, const char *word)
{
    return leat_lexer_is(&reader->lexer, word);
}

static void take_any(struct reader *reader, const char *const *words)
{
    bool taken = true;
    while (taken) {
        taken = false;
        for (const char *const *word = words; *word; word++)
            taken |= take(reader, *word);
    }
}

static void take_exists(struct reader *reader)
{
    if (take(reader, "IF")) {
        take(reader, "NOT");
        take(reader, "EXISTS");
    }
}

/* A token as a name, its doubled quotes made single. Longer than names can be: none. */
static void copy_name(char *to, const struct leat_lexer *lexer)
{
    size_t used = 0;
    for (size_t i = 0; i < lexer->size; i++) {
        if (used == LEAT_NAME_BYTES_MAX) {
            used = 0;
            break;
        }
        to[used++] = lexer->bytes[i];
        if (lexer->quote && lexer->bytes[i] == lexer->quote)
            i++;
    }
    to[used] = 0;
}

static bool is_name(const struct reader *reader)
{
    return reader->lexer.token == LEAT_TOKEN_WORD || reader->lexer.token == LEAT_TOKEN_NAME;
}

static void default_database(struct reader *reader)
{
    struct leat_lexer name = {.bytes = reader->database, .size = reader->database_size};
    copy_name(reader->ddl->database, &name);
}

/* table or database.table */
static void read_table(struct reader *reader)
{
    struct leat_ddl *ddl = reader->ddl;
    if (!is_name(reader))
        return;
    copy_name(ddl->table, &reader->lexer);
    leat_lexer_next(&reader->lexer);
    struct leat_lexer mark = reader->lexer;
    if (!take(reader, ".")) {
        default_database(reader);
        return;
    }
    if (is(reader, "*")) { /* DELETE t.* FROM …: a table, not a database */
        reader->lexer = mark;
        default_database(reader);
        return;
    }
    memcpy(ddl->database, ddl->table, sizeof ddl->database);
    ddl->table[0] = 0;
    if (is_name(reader)) {
        copy_name(ddl->table, &reader->lexer);
        leat_lexer_next(&reader->lexer);
    }
}

static void read_database(struct reader *reader, enum leat_statement_kind kind)
{
    reader->ddl->kind = kind;
    take_exists(reader);
    if (is_name(reader))
        copy_name(reader->ddl->database, &reader->lexer);
    else
        default_database(reader);
}

/* A table's name and, behind a comma, more of them. */
static void read_tables(struct reader *reader, enum leat_statement_kind kind)
{
    reader->ddl->kind = kind;
    take_exists(reader);
    read_table(reader);
    reader->ddl->multiple = is(reader, ",");
}

static void forget_table(struct leat_ddl *ddl)
{
    ddl->database[0] = ddl->table[0] = 0;
}

/* Row changes whose tables can't be told from the text. */
static void read_unknown_rows(struct reader *reader)
{
    reader->ddl->kind = LEAT_STATEMENT_DML;
    reader->ddl->rows = true;
    reader->ddl->multiple = true;
    forget_table(reader->ddl);
}

/* Forward to a word outside of parentheses; false at the end. */
static bool find_outside(struct reader *reader, const char *const *words)
{
    int depth = 0;
    for (; reader->lexer.token != LEAT_TOKEN_END; leat_lexer_next(&reader->lexer)) {
        depth += is(reader, "(") ? 1 : is(reader, ")") ? -1 : 0;
        for (const char *const *word = words; depth == 0 && *word; word++)
            if (is(reader, *word))
                return true;
    }
    return false;
}

/* A CREATE TABLE that selects changes rows; a server that logs rows logs it without its SELECT. No other part
 * of a definition may hold that word unquoted. */
static void read_create_table(struct reader *reader)
{
    reader->ddl->kind = LEAT_STATEMENT_CREATE_TABLE;
    take_exists(reader);
    read_table(reader);
    for (; reader->lexer.token != LEAT_TOKEN_END; leat_lexer_next(&reader->lexer))
        if (is(reader, "SELECT"))
            reader->ddl->rows = true;
}

/* CREATE INDEX name … ON table, DROP INDEX name ON table */
static void read_index(struct reader *reader, enum leat_statement_kind kind)
{
    reader->ddl->kind = kind;
    take_exists(reader);
    leat_lexer_next(&reader->lexer); /* its name, which may be ON for all we know, quoted */
    if (find_outside(reader, (const char *const[]){"ON", NULL})) {
        leat_lexer_next(&reader->lexer);
        read_table(reader);
    }
}

/* Behind CREATE, ALTER or DROP: what may come between that and VIEW, TRIGGER …: OR REPLACE, DEFINER = user,
 * ALGORITHM = word, SQL SECURITY word, AGGREGATE. A user's name is skipped, since it may be any word. */
static bool read_routine(struct reader *reader)
{
    static const char *const kinds[] = {"VIEW",  "TRIGGER", "PROCEDURE", "FUNCTION",
                                        "EVENT", "PACKAGE", "LIBRARY",   NULL};
    enum { WORDS_MAX = 24 };
    for (int i = 0; i < WORDS_MAX && reader->lexer.token != LEAT_TOKEN_END; i++) {
        for (const char *const *kind = kinds; *kind; kind++)
            if (is(reader, *kind)) {
                reader->ddl->kind = LEAT_STATEMENT_ROUTINE;
                return true;
            }
        bool skip = is(reader, "=") || is(reader, "@");
        leat_lexer_next(&reader->lexer);
        if (skip)
            leat_lexer_next(&reader->lexer);
    }
    return false;
}

static bool read_account(struct reader *reader)
{
    if (!is(reader, "USER") && !is(reader, "ROLE"))
        return false;
    reader->ddl->kind = LEAT_STATEMENT_ACCOUNT;
    return true;
}

static void read_create(struct reader *reader)
{
    struct leat_lexer start = reader->lexer;
    if (take(reader, "OR"))
        take(reader, "REPLACE");
    if (take(reader, "TEMPORARY"))
        reader->ddl->temporary = true;
    if (take(reader, "TABLE")) {
        read_create_table(reader);
        return;
    }
    reader->ddl->temporary = false;
    if (read_account(reader))
        return;
    if (take(reader, "DATABASE") || take(reader, "SCHEMA")) {
        read_database(reader, LEAT_STATEMENT_CREATE_DATABASE);
        return;
    }
    take_any(reader,
             (const char *const[]){"ONLINE", "OFFLINE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", NULL});
    if (take(reader, "INDEX")) {
        read_index(reader, LEAT_STATEMENT_CREATE_INDEX);
        return;
    }
    if (is(reader, "SERVER") || is(reader, "TABLESPACE") || is(reader, "UNDO") || is(reader, "LOGFILE") ||
        is(reader, "SEQUENCE") || is(reader, "RESOURCE") || is(reader, "REFERENCE"))
        return;
    reader->lexer = start;
    read_routine(reader);
}

static void read_alter(struct reader *reader)
{
    take_any(reader, (const char *const[]){"ONLINE", "OFFLINE", "IGNORE", NULL});
    if (take(reader, "TABLE")) {
        reader->ddl->kind = LEAT_STATEMENT_ALTER_TABLE;
        take_exists(reader);
        read_table(reader);
    } else if (take(reader, "DATABASE") || take(reader, "SCHEMA")) {
        read_database(reader, LEAT_STATEMENT_ALTER_DATABASE);
        /* ALTER DATABASE CHARACTER SET …: the default database's */
        static const char *const options[] = {"DEFAULT",    "CHARACTER", "CHARSET", "COLLATE",
                                              "ENCRYPTION", "READ",      "COMMENT", NULL};
        for (const char *const *option = options; *option; option++)
            if (is(reader, *option))
                default_database(reader);
    } else if (!read_account(reader) && !is(reader, "TABLESPACE") && !is(reader, "SERVER") &&
               !is(reader, "INSTANCE") && !is(reader, "LOGFILE") && !is(reader, "UNDO") &&
               !is(reader, "SEQUENCE") && !is(reader, "RESOURCE")) {
        read_routine(reader);
    }
}

static void read_drop(struct reader *reader)
{
    if (take(reader, "TEMPORARY"))
        reader->ddl->temporary = true;
    if (take(reader, "TABLE") || take(reader, "TABLES")) {
        read_tables(reader, LEAT_STATEMENT_DROP_TABLE);
        return;
    }
    reader->ddl->temporary = false;
    take_any(reader, (const char *const[]){"ONLINE", "OFFLINE", NULL});
    if (take(reader, "DATABASE") || take(reader, "SCHEMA"))
        read_database(reader, LEAT_STATEMENT_DROP_DATABASE);
    else if (take(reader, "INDEX"))
        read_index(reader, LEAT_STATEMENT_DROP_INDEX);
    else if (!read_account(reader) && !is(reader, "TABLESPACE") && !is(reader, "SERVER") &&
             !is(reader, "SPATIAL") && !is(reader, "UNDO") && !is(reader, "LOGFILE") &&
             !is(reader, "SEQUENCE") && !is(reader, "RESOURCE"))
        read_routine(reader);
}

static void read_rename(struct reader *reader)
{
    if (read_account(reader) || (!take(reader, "TABLE") && !take(reader, "TABLES")))
        return;
    read_tables(reader, LEAT_STATEMENT_RENAME_TABLE);
    reader->ddl->multiple = find_outside(reader, (const char *const[]){",", NULL});
}

static void read_truncate(struct reader *reader)
{
    take(reader, "TABLE");
    read_tables(reader, LEAT_STATEMENT_TRUNCATE_TABLE);
}

static void read_grant(struct reader *reader)
{
    reader->ddl->kind = LEAT_STATEMENT_ACCOUNT;
}

static void read_insert(struct reader *reader)
{
    static const char *const words[] = {"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO", NULL};
    take_any(reader, words);
    reader->ddl->kind = LEAT_STATEMENT_DML;
    reader->ddl->rows = true;
    read_table(reader);
}

static void read_update(struct reader *reader)
{
    take_any(reader, (const char *const[]){"LOW_PRIORITY", "IGNORE", NULL});
    reader->ddl->kind = LEAT_STATEMENT_DML;
    reader->ddl->rows = true;
    read_table(reader);
    bool found = find_outside(reader, (const char *const[]){",", "JOIN", "STRAIGHT_JOIN", "SET", NULL});
    reader->ddl->multiple = !reader->ddl->table[0] || !found || !is(reader, "SET");
}

/* DELETE FROM table is of one table; all other forms name several, or aliases. */
static void read_delete(struct reader *reader)
{
    take_any(reader, (const char *const[]){"LOW_PRIORITY", "QUICK", "IGNORE", NULL});
    if (!take(reader, "FROM")) {
        read_unknown_rows(reader);
        return;
    }
    reader->ddl->kind = LEAT_STATEMENT_DML;
    reader->ddl->rows = true;
    read_table(reader);
    if (is(reader, ",") || is(reader, "USING") || is(reader, "."))
        read_unknown_rows(reader);
}

static void read_load(struct reader *reader)
{
    reader->ddl->kind = LEAT_STATEMENT_DML;
    reader->ddl->rows = true;
    if (find_outside(reader, (const char *const[]){"INTO", NULL})) {
        take(reader, "INTO");
        take(reader, "TABLE");
        read_table(reader);
    }
}

static void read_head(struct reader *reader);

/* WITH name AS (…), … and then the statement proper. */
static void read_with(struct reader *reader)
{
    if (find_outside(reader, (const char *const[]){"UPDATE", "DELETE", "INSERT", "REPLACE", "SELECT", NULL}))
        read_head(reader);
}

/* SET PASSWORD, SET DEFAULT ROLE; MariaDB's SET STATEMENT … FOR, before any other. */
static void read_set(struct reader *reader)
{
    if (is(reader, "PASSWORD") || is(reader, "DEFAULT"))
        reader->ddl->kind = LEAT_STATEMENT_ACCOUNT;
    else if (take(reader, "STATEMENT") && find_outside(reader, (const char *const[]){"FOR", NULL})) {
        leat_lexer_next(&reader->lexer);
        if (take(reader, "WITH"))
            read_with(reader);
        else
            read_head(reader);
    }
}

/* SET STATEMENT and WITH aren't among them: a hostile text of nothing else would nest as deep as it is long.
 */
static void read_head(struct reader *reader)
{
    static const struct {
        const char *word;
        void (*read)(struct reader *reader);
    } heads[] = {
        {"INSERT", read_insert},       {"REPLACE", read_insert},    {"UPDATE", read_update},
        {"DELETE", read_delete},       {"CREATE", read_create},     {"ALTER", read_alter},
        {"DROP", read_drop},           {"RENAME", read_rename},     {"TRUNCATE", read_truncate},
        {"GRANT", read_grant},         {"REVOKE", read_grant},      {"LOAD", read_load},
        {"SELECT", read_unknown_rows}, {"CALL", read_unknown_rows}, {"DO", read_unknown_rows},
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (take(reader, heads[i].word)) {
            heads[i].read(reader);
            return;
        }
}

void leat_ddl_classify(struct leat_ddl *ddl, const char *sql, size_t size, uint64_t sql_mode,
                       const char *database, size_t database_size)
{
    ddl->kind = LEAT_STATEMENT_OTHER;
    ddl->temporary = ddl->rows = ddl->multiple = false;
    forget_table(ddl);
    struct reader reader = {.ddl = ddl, .database = database, .database_size = database_size};
    leat_lexer_begin(&reader.lexer, sql, size, sql_mode);
    while (take(&reader, "("))
        ;
    if (take(&reader, "SET"))
        read_set(&reader);
    else if (take(&reader, "WITH"))
        read_with(&reader);
    else
        read_head(&reader);
}
