/* What a statement does to definitions: which tables it names, and what becomes of each. A reader for each
 * kind of statement; what it finds takes effect at once and is told to the listener.
 *
 * A table of which nothing is known stays so, whatever is altered about it; one that is UNSURE stays that
 * until it is created anew, read from the server, or dropped. */
#include "parse_int.h"

#include <stdio.h>

#include "schema/ddl.h"

enum {
    UTF8MB4_GENERAL = 45, /* what default_collation_for_utf8mb4 may be */
    UTF8MB4_0900 = 255,
    MARIADB_FLAGS_TIMESTAMPS = 100802, /* since when a session may set it, and flags2 has it */
    FLAG_EXPLICIT_TIMESTAMPS = 1 << 24
};

/* One statement at work. */
struct work {
    struct leat_parse parse;
    struct leat_catalog_server server; /* as the session has it */
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
    const struct leat_statement *statement = work->statement;
    struct leat_buf why = {0}; /* a text ends with a NUL, which the statement hasn't */
    leat_catalog_put(work->catalog, definition);
    if (!definition->why.size) {
        leat_buf_put(&why, statement->sql, statement->sql_size < LEAT_DEFINITION_WHY_MAX ? statement->sql_size : LEAT_DEFINITION_WHY_MAX);
        item.definition.why = (struct leat_text){leat_buf_cstr(&why), (uint32_t)why.size};
    }
    if (work->result == LEAT_OK)
        work->result = leat_item_give(work->out, &item, work->err);
    leat_buf_free(&why);
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
        .why = {(const char *)why.data,
                (uint32_t)(why.size < LEAT_DEFINITION_WHY_MAX ? why.size : LEAT_DEFINITION_WHY_MAX)}};
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

/* ---- One table's definition, changed ---- */

struct change {
    struct leat_draft draft;
    struct leat_table *was;
};

/* false: nothing is known of the table, or nothing sure, and so nothing is to be done. */
static bool begin_change(struct work *work, struct change *change, const struct table_name *table)
{
    *change = (struct change){0};
    if (leat_catalog_find(work->catalog, table->database, table->name, &change->was, NULL) !=
        LEAT_CATALOG_DEFINED)
        return false;
    leat_draft_begin(&change->draft, work->parse.server, work->parse.sql_mode);
    leat_draft_load(&change->draft, leat_table_view(change->was));
    return true;
}

static bool define(struct work *work, const struct table_name *table, struct leat_table *definition)
{
    struct leat_definition told = {.how = LEAT_DEFINITION_STATEMENT,
                                   .database = text_of(table->database),
                                   .name = text_of(table->name),
                                   .table = definition};
    return tell(work, &told);
}

static const char *reason_of(const struct work *work, const struct leat_draft *draft, char *text, size_t size)
{
    if (work->parse.why[0])
        return work->parse.why;
    snprintf(text, size, "%s isn't understood", draft->wrong ? draft->wrong : "it");
    return text;
}

static bool moves(struct work *work, const struct leat_draft *draft, const struct table_name *from,
                  struct table_name *to)
{
    *to = *from;
    if (!draft->new_name.size)
        return false;
    snprintf(to->database, sizeof to->database, "%s", draft->new_database.bytes);
    snprintf(to->name, sizeof to->name, "%s", draft->new_name.bytes);
    leat_catalog_fold(work->catalog, to->database);
    leat_catalog_fold(work->catalog, to->name);
    return strcmp(to->database, from->database) != 0 || strcmp(to->name, from->name) != 0;
}

/* Whether columns have other names now. */
static bool renames_columns(const struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++) {
        struct leat_text was = draft->columns[i]->old_name, is = draft->columns[i]->column.name;
        if (was.size && (was.size != is.size || memcmp(was.bytes, is.bytes, is.size) != 0))
            return true;
    }
    return false;
}

/* A foreign key of another table's to this one, under the names of now. */
static void follow_foreign(struct leat_draft *other, struct leat_draft_foreign *foreign, const struct leat_draft *draft)
{
    foreign->database = leat_draft_text(other, draft->database.bytes, draft->database.size);
    foreign->table = leat_draft_text(other, draft->name.bytes, draft->name.size);
    for (uint32_t k = 0; k < foreign->count; k++)
        for (uint32_t i = 0; i < draft->column_count; i++)
            if (draft->columns[i]->old_name.size && leat_name_equal(draft->columns[i]->old_name, foreign->referenced[k])) {
                struct leat_text is = draft->columns[i]->column.name;
                foreign->referenced[k] = leat_draft_text(other, is.bytes, is.size);
                break;
            }
}

/* The columns that a foreign key refers to are called as their own table calls them, whatever case the statement has. */
static void settle_referenced(struct leat_draft *draft, struct leat_draft_foreign *foreign, const struct leat_table_view *parent)
{
    for (uint32_t k = 0; k < foreign->count; k++)
        for (uint32_t i = 0; i < parent->column_count; i++)
            if (leat_name_equal(parent->columns[i].name, foreign->referenced[k]))
                foreign->referenced[k] = leat_draft_text(draft, parent->columns[i].name.bytes, parent->columns[i].name.size);
}

static void settle_references(const struct work *work, struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->foreign_count; i++) {
        struct table_name name;
        struct leat_table *parent = NULL;
        snprintf(name.database, sizeof name.database, "%s", draft->foreigns[i]->database.bytes);
        snprintf(name.name, sizeof name.name, "%s", draft->foreigns[i]->table.bytes);
        if (leat_catalog_find(work->catalog, name.database, name.name, &parent, NULL) == LEAT_CATALOG_DEFINED)
            settle_referenced(draft, draft->foreigns[i], leat_table_view(parent));
        leat_table_release(&parent);
    }
}

static void end_change(struct work *work, struct change *change, const struct table_name *table, bool read);

/* Foreign keys of other tables go with the table and the columns that they refer to. */
static void follow_references(struct work *work, const struct table_name *from, const struct leat_draft *draft)
{
    struct leat_buf names = {0};
    leat_catalog_referring(work->catalog, from->database, from->name, &names);
    for (size_t at = 0; at < names.size && work->result == LEAT_OK;) {
        struct table_name name;
        struct change other;
        snprintf(name.database, sizeof name.database, "%s", (const char *)names.data + at);
        at += strlen((const char *)names.data + at) + 1;
        snprintf(name.name, sizeof name.name, "%s", (const char *)names.data + at);
        at += strlen((const char *)names.data + at) + 1;
        if (!begin_change(work, &other, &name))
            continue;
        for (uint32_t i = 0; i < other.draft.foreign_count; i++)
            if (leat_name_equal(other.draft.foreigns[i]->database, text_of(from->database)) &&
                leat_name_equal(other.draft.foreigns[i]->table, text_of(from->name)))
                follow_foreign(&other.draft, other.draft.foreigns[i], draft);
        end_change(work, &other, &name, true);
    }
    leat_buf_free(&names);
}

/* What the draft has become takes the table's place; nothing is told when nothing changed. `read`: all was
 * understood. */
static void end_change(struct work *work, struct change *change, const struct table_name *table, bool read)
{
    char reason[LEAT_PARSE_WHY_SIZE];
    struct leat_draft *draft = &change->draft;
    struct table_name to;
    bool moved = moves(work, draft, table, &to);
    if (moved)
        leat_draft_rename(draft, text_of(to.database), text_of(to.name));
    if (read)
        settle_references(work, draft);
    struct leat_table *definition = read ? leat_draft_table(draft) : NULL;
    if (moved && !drop(work, table))
        read = false;
    else if (!definition)
        unsure(work, &to, reason_of(work, draft, reason, sizeof reason));
    else if (moved || leat_table_view(definition)->id != leat_table_view(change->was)->id)
        define(work, &to, definition);
    if (definition && work->result == LEAT_OK && (moved || renames_columns(draft)))
        follow_references(work, table, draft);
    leat_table_release(&definition);
    leat_table_release(&change->was);
    leat_draft_free(draft);
}

/* ---- CREATE, ALTER ---- */

static uint32_t server_collation(const struct work *work)
{
    const struct leat_session *session = &work->statement->session;
    return session->present & LEAT_SESSION_CHARSET && session->server_collation
               ? session->server_collation
               : work->parse.server->collation;
}

/* Like another table, but for its foreign keys. */
static bool define_like(struct work *work, const struct table_name *table, const struct leat_table *like)
{
    struct leat_table_view view = *leat_table_view(like);
    view.database = text_of(table->database);
    view.name = text_of(table->name);
    view.foreign_key_count = 0;
    struct leat_table *definition = leat_table_new(&view);
    bool told = define(work, table, definition);
    leat_table_release(&definition);
    return told;
}

/* CREATE TABLE … LIKE: all but foreign keys. */
static void create_like(struct work *work, const struct table_name *table)
{
    struct table_name of;
    struct leat_table *like = NULL;
    bool parentheses = leat_parse_take(&work->parse, "(");
    if (!leat_parse_want(&work->parse, "LIKE") || !read_table(work, &of) ||
        (parentheses && !leat_parse_want(&work->parse, ")"))) {
        unsure(work, table, work->parse.why);
        return;
    }
    if (leat_catalog_find(work->catalog, of.database, of.name, &like, NULL) != LEAT_CATALOG_DEFINED) {
        unsure(work, table, "it is like a table that isn't known");
        return;
    }
    define_like(work, table, like);
    leat_table_release(&like);
}

static bool is_like(const struct leat_parse *parse)
{
    struct leat_lexer next = parse->lexer;
    leat_lexer_take(&next, "(");
    return leat_lexer_is(&next, "LIKE");
}

/* What the session has of the server's settings. */
static void take_session(struct work *work)
{
    const struct leat_session *session = &work->statement->session;
    work->server = *leat_catalog_server_of(work->catalog);
    if (session->present & LEAT_SESSION_TIMESTAMPS)
        work->server.explicit_defaults_for_timestamp = session->present & LEAT_SESSION_TIMESTAMPS_EXPLICIT;
    bool flagged = work->server.kind == LEAT_TABLE_OF_MARIADB && work->server.version >= MARIADB_FLAGS_TIMESTAMPS;
    if (flagged && session->present & LEAT_SESSION_FLAGS2)
        work->server.explicit_defaults_for_timestamp = session->flags2 & FLAG_EXPLICIT_TIMESTAMPS;
    if (session->present & LEAT_SESSION_UTF8MB4)
        work->server.utf8mb4_collation = session->present & LEAT_SESSION_UTF8MB4_GENERAL ? UTF8MB4_GENERAL : UTF8MB4_0900;
    work->parse.server = &work->server;
}

/* Behind the name: columns, keys, options. */
static void create_by_elements(struct work *work, const struct table_name *table)
{
    char reason[LEAT_PARSE_WHY_SIZE];
    struct leat_draft draft;
    leat_draft_begin(&draft, work->parse.server, work->parse.sql_mode);
    leat_draft_rename(&draft, text_of(table->database), text_of(table->name));
    draft.collation = draft.database_collation = leat_catalog_database_collation(work->catalog, table->database);
    bool read = leat_parse_create(&work->parse, &draft);
    if (read)
        settle_references(work, &draft);
    struct leat_table *definition = read ? leat_draft_table(&draft) : NULL;
    if (definition)
        define(work, table, definition);
    else
        unsure(work, table, reason_of(work, &draft, reason, sizeof reason));
    leat_table_release(&definition);
    leat_draft_free(&draft);
}

static void read_create_table(struct work *work, bool temporary)
{
    bool exists = leat_parse_if_exists(&work->parse);
    struct table_name table;
    if (!read_table(work, &table) || temporary || (exists && known(work, &table) != LEAT_CATALOG_UNKNOWN))
        return;
    if (is_like(&work->parse))
        create_like(work, &table);
    else
        create_by_elements(work, &table);
}

/* What is known moves, however little it is. */
static bool rename_table(struct work *work, const struct table_name *from, const struct table_name *to)
{
    struct leat_text why;
    struct change change;
    if (begin_change(work, &change, from)) {
        change.draft.new_database = leat_draft_text(&change.draft, to->database, strlen(to->database));
        change.draft.new_name = leat_draft_text(&change.draft, to->name, strlen(to->name));
        end_change(work, &change, from, true);
        return work->result == LEAT_OK;
    }
    if (leat_catalog_find(work->catalog, from->database, from->name, NULL, &why) == LEAT_CATALOG_UNKNOWN)
        return drop(work, to);
    struct leat_buf reason = {0}; /* `why` goes with the entry */
    leat_buf_put(&reason, why.bytes, why.size);
    struct leat_definition definition = {.how = LEAT_DEFINITION_UNSURE,
                                         .database = text_of(to->database),
                                         .name = text_of(to->name),
                                         .why = {(const char *)reason.data, (uint32_t)reason.size}};
    bool told = drop(work, from) && tell(work, &definition);
    leat_buf_free(&reason);
    return told;
}

/* ALTER TABLE … RENAME TO of a table that nothing sure is known of. */
static void alter_unknown(struct work *work, const struct table_name *table)
{
    struct leat_parse *parse = &work->parse;
    struct table_name to;
    int depth = 0;
    for (; parse->lexer.token != LEAT_TOKEN_END; leat_lexer_next(&parse->lexer)) {
        depth += leat_parse_is(parse, "(") ? 1 : leat_parse_is(parse, ")") ? -1 : 0;
        if (depth || !leat_parse_take(parse, "RENAME"))
            continue;
        if (leat_parse_is(parse, "COLUMN") || leat_parse_is(parse, "INDEX") || leat_parse_is(parse, "KEY"))
            continue;
        if (!leat_parse_take(parse, "TO") && !leat_parse_take(parse, "AS"))
            leat_parse_take(parse, "=");
        if (read_table(work, &to))
            rename_table(work, table, &to);
        return;
    }
}

/* CONVERT PARTITION … TO TABLE makes one of the same columns, CONVERT TABLE … TO PARTITION takes one in. */
static void exchange_partition(struct work *work, const struct table_name *table, const struct table_name *other, bool taken)
{
    struct leat_table *like = NULL;
    if (taken)
        drop(work, other);
    else if (leat_catalog_find(work->catalog, table->database, table->name, &like, NULL) == LEAT_CATALOG_DEFINED)
        define_like(work, other, like);
    else
        unsure(work, other, "a partition of a table that isn't known");
    leat_table_release(&like);
}

static void read_alter_table(struct work *work)
{
    leat_parse_if_exists(&work->parse);
    struct table_name table;
    struct change change;
    if (!read_table(work, &table))
        return;
    if (begin_change(work, &change, &table)) {
        change.draft.database_collation = leat_catalog_database_collation(work->catalog, table.database);
        change.draft.session_collation = leat_catalog_database_collation(work->catalog, work->parse.database);
        if (!change.draft.session_collation)
            change.draft.session_collation = server_collation(work);
        bool read = leat_parse_alter(&work->parse, &change.draft);
        struct table_name other;
        bool given = change.draft.partition_table.size, taken = change.draft.partition_taken;
        snprintf(other.database, sizeof other.database, "%s", given ? change.draft.partition_database.bytes : "");
        snprintf(other.name, sizeof other.name, "%s", given ? change.draft.partition_table.bytes : "");
        leat_catalog_fold(work->catalog, other.database);
        leat_catalog_fold(work->catalog, other.name);
        end_change(work, &change, &table, read);
        if (given && work->result == LEAT_OK)
            exchange_partition(work, &table, &other, taken);
    }
    else
        alter_unknown(work, &table);
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

/* CREATE INDEX name … ON table (…), DROP INDEX name ON table. */
static bool read_created_index(struct leat_parse *parse, struct leat_draft *draft, const char *name,
                               uint32_t flags, bool replaces, bool exists)
{
    uint32_t old = leat_draft_key_find(draft, text_of(name));
    if (old != UINT32_MAX && exists)
        return true;
    if (old != UINT32_MAX && replaces)
        leat_draft_key_remove(draft, old);
    struct leat_draft_key *key = leat_draft_key_new(draft);
    if (!key)
        return leat_parse_fail(parse, "so many keys");
    key->name = leat_draft_text(draft, name, strlen(name));
    key->flags = flags;
    return leat_parse_parts(parse, draft, key);
}

static void read_index(struct work *work, bool create, bool replaces, uint32_t flags)
{
    struct leat_parse *parse = &work->parse;
    char name[LEAT_NAME_BYTES_MAX + 1];
    bool exists = leat_parse_if_exists(parse);
    struct table_name table;
    struct change change;
    if (!leat_parse_name(parse, name))
        return;
    if (leat_parse_take(parse, "USING") || leat_parse_take(parse, "TYPE"))
        leat_lexer_next(&parse->lexer);
    if (!leat_parse_want(parse, "ON") || !read_table(work, &table) || !begin_change(work, &change, &table))
        return;
    pass_wait(parse);
    uint32_t old = leat_draft_key_find(&change.draft, text_of(name));
    bool read = true;
    if (create)
        read = read_created_index(parse, &change.draft, name, flags, replaces, exists);
    else if (old != UINT32_MAX)
        leat_draft_key_remove(&change.draft, old);
    end_change(work, &change, &table, read);
}

/* ---- Databases ---- */

static void set_database(struct work *work, const char *database, uint32_t collation)
{
    struct leat_definition definition = {.how =
                                             collation ? LEAT_DEFINITION_STATEMENT : LEAT_DEFINITION_DROPPED,
                                         .database = text_of(database),
                                         .name = text_of(""),
                                         .collation = collation};
    if (leat_catalog_database_collation(work->catalog, database) != collation)
        tell(work, &definition);
}

static void drop_database(struct work *work, const char *database)
{
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
    if (told)
        set_database(work, database, 0);
}

/* What CHARACTER SET and COLLATE say; `usual` where they say nothing. */
static uint32_t read_database_options(struct leat_parse *parse, uint32_t usual, uint32_t server)
{
    struct leat_draft draft;
    struct leat_table_options options = {0};
    leat_draft_begin(&draft, parse->server, parse->sql_mode);
    draft.collation = usual;
    draft.database_collation = leat_resolves_late(parse->server) ? server : usual;
    for (bool found = true; found;)
        if (!leat_parse_table_option(parse, &options, &found))
            return usual;
    leat_parse_apply_options(parse, &draft, &options);
    return draft.collation;
}

static void read_create_database(struct work *work, bool replaces)
{
    char database[LEAT_NAME_BYTES_MAX + 1];
    bool exists = leat_parse_if_exists(&work->parse);
    if (!leat_parse_name(&work->parse, database))
        return;
    leat_catalog_fold(work->catalog, database);
    if (replaces)
        drop_database(work, database);
    if (!exists || !leat_catalog_database_collation(work->catalog, database))
        set_database(work, database, read_database_options(&work->parse, server_collation(work), server_collation(work)));
}

/* Its name may be left out: that of the session's default. */
static void read_alter_database(struct work *work)
{
    static const char *const options[] = {"DEFAULT",    "CHARACTER", "CHARSET", "COLLATE",
                                          "ENCRYPTION", "READ",      "COMMENT", NULL};
    char database[LEAT_NAME_BYTES_MAX + 1];
    bool named = true;
    for (const char *const *option = options; *option; option++)
        named = named && !leat_parse_is(&work->parse, *option);
    snprintf(database, sizeof database, "%s", work->parse.database);
    if (named && !leat_parse_name(&work->parse, database))
        return;
    leat_catalog_fold(work->catalog, database);
    uint32_t was = leat_catalog_database_collation(work->catalog, database);
    uint32_t is = read_database_options(&work->parse, was, server_collation(work));
    if (is)
        set_database(work, database, is);
}

static void read_drop_database(struct work *work)
{
    char database[LEAT_NAME_BYTES_MAX + 1];
    leat_parse_if_exists(&work->parse);
    if (!leat_parse_name(&work->parse, database))
        return;
    leat_catalog_fold(work->catalog, database);
    drop_database(work, database);
}

/* ---- What a statement is ---- */

static void take_any(struct leat_parse *parse, const char *const *words)
{
    for (const char *const *word = words; *word; word++)
        leat_parse_take(parse, *word);
}

/* MariaDB's sequences are tables of one row, which is logged where it changes. */
static void read_create_sequence(struct work *work, bool replaces)
{
    static const char sql[] = "(`next_not_cached_value` bigint(21) NOT NULL, `minimum_value` bigint(21) NOT NULL, "
                              "`maximum_value` bigint(21) NOT NULL, `start_value` bigint(21) NOT NULL, "
                              "`increment` bigint(21) NOT NULL, `cache_size` bigint(21) unsigned NOT NULL, "
                              "`cycle_option` tinyint(1) unsigned NOT NULL, `cycle_count` bigint(21) NOT NULL)";
    bool exists = leat_parse_if_exists(&work->parse);
    struct table_name table;
    if (!read_table(work, &table) || (exists && !replaces && known(work, &table) != LEAT_CATALOG_UNKNOWN))
        return;
    if (leat_parse_is(&work->parse, "AS")) {
        unsure(work, &table, "a sequence of a type of its own");
        return;
    }
    leat_lexer_begin(&work->parse.lexer, sql, sizeof sql - 1, 0);
    create_by_elements(work, &table);
}

static void read_create(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    bool replaces = leat_parse_take_two(parse, "OR", "REPLACE");
    bool temporary = leat_parse_take(parse, "TEMPORARY");
    if (leat_parse_take(parse, "TABLE")) {
        read_create_table(work, temporary);
        return;
    }
    if (leat_parse_take(parse, "DATABASE") || leat_parse_take(parse, "SCHEMA")) {
        read_create_database(work, replaces);
        return;
    }
    if (leat_parse_take(parse, "SEQUENCE")) {
        if (!temporary)
            read_create_sequence(work, replaces);
        return;
    }
    take_any(parse, (const char *const[]){"ONLINE", "OFFLINE", NULL});
    uint32_t flags = leat_parse_take(parse, "UNIQUE")     ? LEAT_INDEX_UNIQUE
                     : leat_parse_take(parse, "FULLTEXT") ? LEAT_INDEX_FULLTEXT
                     : leat_parse_take(parse, "SPATIAL")  ? LEAT_INDEX_SPATIAL
                                                          : 0;
    leat_parse_take(parse, "VECTOR");
    if (leat_parse_take(parse, "INDEX"))
        read_index(work, true, replaces, flags);
}

static void read_alter(struct work *work)
{
    take_any(&work->parse, (const char *const[]){"ONLINE", "OFFLINE", "IGNORE", NULL});
    if (leat_parse_take(&work->parse, "TABLE"))
        read_alter_table(work);
    else if (leat_parse_take(&work->parse, "DATABASE") || leat_parse_take(&work->parse, "SCHEMA"))
        read_alter_database(work);
}

static void read_drop(struct work *work)
{
    struct leat_parse *parse = &work->parse;
    bool temporary = leat_parse_take(parse, "TEMPORARY");
    if (leat_parse_take(parse, "TABLE") || leat_parse_take(parse, "TABLES") || leat_parse_take(parse, "SEQUENCE")) {
        if (!temporary)
            read_drop_table(work);
        return;
    }
    take_any(parse, (const char *const[]){"ONLINE", "OFFLINE", NULL});
    if (leat_parse_take(parse, "DATABASE") || leat_parse_take(parse, "SCHEMA"))
        read_drop_database(work);
    else if (leat_parse_take(parse, "INDEX"))
        read_index(work, false, false, 0);
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

/* Words, names and texts are read as UTF-8, whatever the client's character set was. What isn't text in it is
 * read as it is. */
static void begin_parse(struct work *work, struct leat_buf *text, const char *database)
{
    const struct leat_statement *statement = work->statement;
    const struct leat_session *session = &statement->session;
    enum leat_charset charset = session->present & LEAT_SESSION_CHARSET
                                    ? leat_charset_of(session->client_collation)
                                    : LEAT_CHARSET_UNKNOWN;
    bool foreign = charset != LEAT_CHARSET_UNKNOWN && charset != LEAT_CHARSET_UTF8MB3 &&
                   charset != LEAT_CHARSET_UTF8MB4 && charset != LEAT_CHARSET_BINARY;
    bool converted =
        foreign && leat_charset_to_utf8(text, charset, statement->sql, statement->sql_size, NULL) == LEAT_OK;
    take_session(work);
    work->parse.database = database;
    work->parse.spoken = session->present & LEAT_SESSION_CHARSET ? leat_charset_of(session->connection_collation) : LEAT_CHARSET_UNKNOWN;
    work->parse.sql_mode = session->present & LEAT_SESSION_SQL_MODE ? session->sql_mode : 0;
    const char *sql = converted ? (const char *)text->data : statement->sql;
    size_t size = converted ? text->size : statement->sql_size;
    if (work->parse.server->kind == LEAT_TABLE_OF_MARIADB)
        leat_lexer_begin(&work->parse.lexer, sql, size, work->parse.sql_mode);
    else
        leat_lexer_begin_mysql(&work->parse.lexer, sql, size, work->parse.sql_mode);
}

int leat_catalog_statement(struct leat_catalog *catalog, const struct leat_statement *statement,
                           const struct leat_item_out *out, struct leat_error *err)
{
    struct work work = {
        .catalog = catalog, .statement = statement, .out = out, .err = err, .result = LEAT_OK};
    struct leat_buf text = {0};
    char database[LEAT_NAME_BYTES_MAX + 1];
    snprintf(database, sizeof database, "%.*s", (int)statement->database.size,
             statement->database.size ? statement->database.bytes : "");
    begin_parse(&work, &text, database);
    read_statement(&work);
    leat_buf_free(&text);
    return work.result;
}

int leat_catalog_parse(struct leat_table **table, const struct leat_catalog_server *server, const char *sql,
                       size_t size, uint64_t sql_mode, const char *database, uint32_t database_collation,
                       struct leat_error *err)
{
    struct leat_parse parse = {.server = server, .sql_mode = sql_mode, .database = database};
    struct leat_draft draft;
    struct table_name name;
    *table = NULL;
    leat_lexer_begin(&parse.lexer, sql, size, sql_mode);
    leat_draft_begin(&draft, server, sql_mode);
    leat_parse_take_two(&parse, "CREATE", "OR");
    leat_parse_take(&parse, "CREATE");
    leat_parse_take(&parse, "REPLACE");
    leat_parse_take(&parse, "TEMPORARY");
    bool read = leat_parse_want(&parse, "TABLE");
    leat_parse_if_exists(&parse);
    if (read && leat_parse_table(&parse, name.database, name.name)) {
        leat_draft_rename(&draft, text_of(name.database), text_of(name.name));
        draft.collation = draft.database_collation = database_collation;
        if (leat_parse_create(&parse, &draft))
            *table = leat_draft_table(&draft);
    }
    int result = LEAT_OK;
    if (!*table)
        result = parse.why[0]
                     ? leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "CREATE TABLE: %s", parse.why)
                     : leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
                                 "CREATE TABLE: %s isn't understood", draft.wrong ? draft.wrong : "it");
    leat_draft_free(&draft);
    return result;
}
