/* ALTER TABLE behind the table's name: one change after another, as the draft's. Old columns and keys are
 * named as they were before the statement, new ones as they will be, in whatever order the statement has
 * them.
 *
 * Facts: "ALTER TABLE Statement" in MySQL's manual, "ALTER TABLE" in MariaDB's. */
#include "parse_int.h"

#include <stdio.h>

#include "collations_int.h"

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

static struct leat_text keep(struct leat_draft *draft, const char *text)
{
    return leat_draft_text(draft, text, strlen(text));
}

/* A column that was there before, by the name it had. */
static uint32_t find_old(const struct leat_draft *draft, const char *name)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        if (draft->columns[i]->old_name.size && leat_name_equal(draft->columns[i]->old_name, text_of(name)))
            return i;
    return UINT32_MAX;
}

static uint32_t find_old_key(const struct leat_draft *draft, const char *name)
{
    for (uint32_t i = 0; i < draft->key_count; i++)
        if (draft->keys[i]->old &&
            (draft->keys[i]->primary ? leat_name_equal(text_of("PRIMARY"), text_of(name))
                                     : leat_name_equal(draft->keys[i]->old_name, text_of(name))))
            return i;
    return UINT32_MAX;
}

/* [FIRST | AFTER column]: where it goes, once all columns have the names that the statement gives them. */
static bool parse_place(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column)
{
    char name[LEAT_NAME_BYTES_MAX + 1] = "";
    bool first = leat_parse_take(parse, "FIRST");
    if (!first && !leat_parse_take(parse, "AFTER"))
        return true;
    if (!first && !leat_parse_name(parse, name))
        return false;
    if (draft->placed == 2 * LEAT_COLUMNS_MAX)
        return leat_parse_fail(parse, "so many columns");
    column->after = keep(draft, name);
    column->placed = ++draft->placed;
    return true;
}

static uint32_t find_placed(const struct leat_draft *draft, uint32_t number)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        if (draft->columns[i]->placed == number)
            return i;
    return UINT32_MAX;
}

/* One after the other, among all the others: those that move later are still where they were. */
static bool place_columns(struct leat_parse *parse, struct leat_draft *draft)
{
    for (uint32_t number = 1; number <= draft->placed; number++) {
        uint32_t at = find_placed(draft, number);
        if (at == UINT32_MAX)
            continue;
        struct leat_draft_column *column = draft->columns[at];
        leat_draft_take_out(draft, at);
        uint32_t after = column->after.size ? leat_draft_find(draft, column->after) : UINT32_MAX;
        if (column->after.size && after == UINT32_MAX)
            return leat_parse_fail(parse, "AFTER a column that isn't there");
        if (!leat_draft_insert(draft, column, after + 1)) /* the first: one behind UINT32_MAX */
            return leat_parse_fail(parse, "so many columns");
    }
    return true;
}

static void pass_restrict(struct leat_parse *parse)
{
    if (!leat_parse_take(parse, "RESTRICT"))
        leat_parse_take(parse, "CASCADE");
}

/* What changes no definition and lasts to the statement's end: partitions. */
static bool pass_all(struct leat_parse *parse)
{
    while (parse->lexer.token != LEAT_TOKEN_END)
        leat_lexer_next(&parse->lexer);
    return true;
}

/* ---- ADD ---- */

/* … and is dropped by the same statement, which IF NOT EXISTS doesn't see. */
static bool was_there(const struct leat_draft *draft, const char *name)
{
    for (uint32_t i = 0; i < draft->gone_count; i++)
        if (leat_name_equal(draft->gone[i]->old_name, text_of(name)))
            return true;
    return find_old(draft, name) != UINT32_MAX;
}

static bool add_column(struct leat_parse *parse, struct leat_draft *draft, bool exists)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    if (!leat_parse_name(parse, name))
        return false;
    struct leat_draft_column *column = leat_draft_column_new(draft);
    uint32_t keys = draft->key_count, foreigns = draft->foreign_count;
    column->column.name = keep(draft, name);
    bool there = leat_draft_find(draft, column->column.name) != UINT32_MAX || (exists && was_there(draft, name));
    if (!leat_parse_column(parse, draft, column))
        return false;
    if (!parse_place(parse, draft, column))
        return false;
    draft->twice |= there && !exists; /* the other one may get another name, or go */
    if (there && exists) { /* but the keys that it asks for are added */
        for (uint32_t k = keys; k < draft->key_count; k++)
            draft->keys[k]->parts[0] = (struct leat_draft_part){.name = column->column.name};
        while (draft->foreign_count > foreigns)
            leat_draft_foreign_remove(draft, draft->foreign_count - 1);
        return true;
    }
    return leat_draft_insert(draft, column, draft->column_count) || leat_parse_fail(parse, "so many columns");
}

static bool parse_add(struct leat_parse *parse, struct leat_draft *draft)
{
    bool found;
    if (leat_parse_take_two(parse, "SYSTEM", "VERSIONING")) {
        draft->versioning_added = true; /* its columns come behind all that the statement adds */
        return true;
    }
    if (leat_parse_is(parse, "PARTITION"))
        return pass_all(parse);
    if (!leat_parse_take(parse, "COLUMN") && (!leat_parse_key(parse, draft, &found) || found))
        return !parse->why[0];
    bool exists = leat_parse_if_exists(parse);
    if (!leat_parse_take(parse, "("))
        return add_column(parse, draft, exists);
    do {
        if (!leat_parse_key(parse, draft, &found) ||
            (!found && !add_column(parse, draft, leat_parse_if_exists(parse) || exists)))
            return false;
    } while (leat_parse_take(parse, ","));
    return leat_parse_want(parse, ")");
}

/* ---- DROP ---- */

static void drop_key(struct leat_draft *draft, const char *name)
{
    uint32_t at = find_old_key(draft, name);
    if (at != UINT32_MAX)
        leat_draft_key_remove(draft, at);
}

/* What is called so and constrains rows: other keys of that name, IF EXISTS or a CHECK's, stay. */
static void drop_unique(struct leat_draft *draft, const char *name)
{
    uint32_t at = find_old_key(draft, name);
    if (at != UINT32_MAX && (draft->keys[at]->primary || draft->keys[at]->flags & LEAT_INDEX_UNIQUE))
        leat_draft_key_remove(draft, at);
}

static bool drop_foreign(struct leat_draft *draft, const char *name)
{
    for (uint32_t i = 0; i < draft->foreign_count; i++)
        if (leat_name_equal(draft->foreigns[i]->name, text_of(name))) {
            leat_draft_foreign_remove(draft, i);
            return true;
        }
    return false;
}

static void drop_versioning(struct leat_draft *draft)
{
    for (uint32_t i = draft->column_count; i > 0; i--) {
        const struct leat_column *column = &draft->columns[i - 1]->column;
        bool row = leat_name_equal(column->default_value, text_of("ROW START")) ||
                   leat_name_equal(column->default_value, text_of("ROW END"));
        if (column->flags & LEAT_COLUMN_GENERATED && row)
            leat_draft_remove(draft, i - 1);
    }
}

static bool drop_column(struct leat_parse *parse, struct leat_draft *draft)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    bool exists = leat_parse_if_exists(parse);
    if (!leat_parse_name(parse, name))
        return false;
    uint32_t at = find_old(draft, name);
    if (at != UINT32_MAX)
        leat_draft_drop(draft, at);
    else if (!exists)
        return leat_parse_fail(parse, "dropping a column that isn't there");
    pass_restrict(parse);
    return true;
}

/* PERIOD [IF EXISTS] FOR; a column may be called PERIOD. */
static bool take_period(struct leat_parse *parse)
{
    struct leat_lexer mark = parse->lexer;
    if (leat_parse_take(parse, "PERIOD")) {
        leat_parse_if_exists(parse);
        if (leat_parse_take(parse, "FOR"))
            return true;
    }
    parse->lexer = mark;
    return false;
}

static bool parse_drop(struct leat_parse *parse, struct leat_draft *draft)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    if (leat_parse_take_two(parse, "PRIMARY", "KEY")) {
        drop_key(draft, "PRIMARY");
        return true;
    }
    if (leat_parse_take_two(parse, "SYSTEM", "VERSIONING")) {
        drop_versioning(draft);
        return true;
    }
    if (leat_parse_is(parse, "PARTITION"))
        return pass_all(parse);
    bool foreign = leat_parse_take_two(parse, "FOREIGN", "KEY"),
         key = !foreign && (leat_parse_take(parse, "INDEX") || leat_parse_take(parse, "KEY"));
    bool constraint = !foreign && !key && leat_parse_take(parse, "CONSTRAINT");
    bool other = !foreign && !key && !constraint &&
                 (leat_parse_take(parse, "CHECK") || take_period(parse));
    if (!foreign && !key && !constraint && !other) {
        leat_parse_take(parse, "COLUMN");
        return drop_column(parse, draft);
    }
    leat_parse_if_exists(parse);
    if (!leat_parse_name(parse, name))
        return false;
    if ((foreign || constraint) && drop_foreign(draft, name))
        return true;
    if (key)
        drop_key(draft, name);
    else if (constraint)
        drop_unique(draft, name);
    return true;
}

/* ---- CHANGE, MODIFY, ALTER, RENAME ---- */

/* The old column goes, and the one that takes its place also does in keys. */
static bool replace_column(struct leat_parse *parse, struct leat_draft *draft, uint32_t at,
                           struct leat_text name)
{
    struct leat_draft_column *column = draft->columns[at], *was = leat_draft_alloc(draft, sizeof *was);
    *was = *column;
    *column = (struct leat_draft_column){.old_name = was->old_name};
    column->column = (struct leat_column){
        .name = name, .flags = LEAT_COLUMN_NULLABLE, .type_text = {"", 0}, .default_value = {"", 0}};
    if (!leat_parse_column(parse, draft, column))
        return false;
    column->was = was;
    return parse_place(parse, draft, column);
}

static bool parse_change(struct leat_parse *parse, struct leat_draft *draft, bool renames)
{
    char name[LEAT_NAME_BYTES_MAX + 1], renamed[LEAT_NAME_BYTES_MAX + 1];
    leat_parse_take(parse, "COLUMN");
    bool exists = leat_parse_if_exists(parse);
    if (!leat_parse_name(parse, name) || (renames && !leat_parse_name(parse, renamed)))
        return false;
    uint32_t at = find_old(draft, name);
    if (at != UINT32_MAX)
        return replace_column(parse, draft, at, renames ? keep(draft, renamed) : keep(draft, name));
    if (!exists)
        return leat_parse_fail(parse, "changing a column that isn't there");
    struct leat_draft_column *nothing = leat_draft_column_new(draft);
    uint32_t keys = draft->key_count;
    bool read = leat_parse_column(parse, draft, nothing) && parse_place(parse, draft, nothing);
    while (draft->key_count > keys)
        leat_draft_key_remove(draft, draft->key_count - 1);
    return read;
}

static void take_default(struct leat_draft_column *column, const struct leat_draft_column *said)
{
    enum { DEFAULT = LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_DEFAULT_EXPRESSION };
    column->column.flags = (uint16_t)((column->column.flags & ~DEFAULT) | (said->column.flags & DEFAULT));
    column->column.default_value = said->column.default_value;
    column->default_is_string = said->default_is_string;
    column->default_said = said->default_said;
    column->default_dropped = said->default_dropped;
}

static bool follows_clock(const struct leat_draft_column *column)
{
    static const char now[] = "current_timestamp(";
    return column->column.flags & LEAT_COLUMN_DEFAULT_EXPRESSION && column->column.default_value.size >= sizeof now - 1 &&
           memcmp(column->column.default_value.bytes, now, sizeof now - 1) == 0;
}

/* SET DEFAULT and DROP DEFAULT reach what MariaDB puts together last: columns that are added, and such that are redefined and put somewhere. */
static bool alter_late(struct leat_parse *parse, struct leat_draft *draft)
{
    for (const struct leat_draft_late *late = draft->late; late; late = late->next) {
        uint32_t at = leat_draft_find(draft, late->name);
        struct leat_draft_column *column = at == UINT32_MAX ? NULL : draft->columns[at];
        if (column && (!column->old_name.size || (column->was && column->placed))) {
            if (late->said->default_dropped && follows_clock(column))
                continue; /* which isn't a default to the server here */
            take_default(column, late->said);
            column->bare = column->default_dropped;
        } else if (!late->done)
            return leat_parse_fail(parse, "altering a column that isn't there");
    }
    return true;
}

static void remember_late(struct leat_draft *draft, const char *name, const struct leat_draft_column *said, bool done)
{
    struct leat_draft_late *late = leat_draft_alloc(draft, sizeof *late), **end = &draft->late;
    *late = (struct leat_draft_late){.name = keep(draft, name), .said = said, .done = done};
    while (*end)
        end = &(*end)->next;
    *end = late;
}

/* What is set or dropped by itself, before it is some column's. */
static bool alter_default(struct leat_parse *parse, struct leat_draft *draft, const char *name, struct leat_draft_column *column, bool exists, bool drops)
{
    struct leat_draft_column *said = leat_draft_column_new(draft);
    said->default_dropped = drops;
    if (!drops && !leat_parse_default(parse, draft, said))
        return false;
    if (column) {
        take_default(column, said);
        if (column->resolved && said->default_said) /* else it is redefined by the same statement, and resolved with its type */
            leat_default_resolve(draft, column);
    }
    if (column || !exists)
        remember_late(draft, name, said, column != NULL);
    return true;
}

static bool alter_column(struct leat_parse *parse, struct leat_draft *draft)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    bool exists = leat_parse_if_exists(parse);
    if (!leat_parse_name(parse, name))
        return false;
    uint32_t at = find_old(draft, name);
    bool sets = leat_parse_take_two(parse, "SET", "DEFAULT"), drops = !sets && leat_parse_take_two(parse, "DROP", "DEFAULT");
    if (sets || drops)
        return alter_default(parse, draft, name, at == UINT32_MAX ? NULL : draft->columns[at], exists, drops);
    if (at == UINT32_MAX && !exists)
        return leat_parse_fail(parse, "altering a column that isn't there");
    struct leat_draft_column *column = at == UINT32_MAX ? leat_draft_column_new(draft) : draft->columns[at];
    uint16_t *flags = &column->column.flags;
    if (leat_parse_take_two(parse, "SET", "INVISIBLE"))
        *flags |= LEAT_COLUMN_INVISIBLE;
    else if (leat_parse_take_two(parse, "SET", "VISIBLE"))
        *flags &= (uint16_t)~LEAT_COLUMN_INVISIBLE;
    else
        return leat_parse_fail(parse, "ALTER COLUMN");
    return true;
}

static bool parse_alter_part(struct leat_parse *parse, struct leat_draft *draft)
{
    if (leat_parse_take(parse, "INDEX") || leat_parse_take(parse, "KEY")) {
        leat_parse_if_exists(parse);
        leat_lexer_next(&parse->lexer); /* its name */
        if (leat_parse_take(parse, "VISIBLE") || leat_parse_take(parse, "INVISIBLE") ||
            leat_parse_take(parse, "IGNORED") || leat_parse_take_two(parse, "NOT", "IGNORED"))
            return true;
        return leat_parse_fail(parse, "ALTER INDEX");
    }
    if (leat_parse_take(parse, "CHECK") || leat_parse_take(parse, "CONSTRAINT")) {
        leat_lexer_next(&parse->lexer);
        return leat_parse_take_two(parse, "NOT", "ENFORCED") || leat_parse_want(parse, "ENFORCED");
    }
    leat_parse_take(parse, "COLUMN");
    return alter_column(parse, draft);
}

static bool rename_part(struct leat_parse *parse, struct leat_draft *draft, bool key)
{
    char from[LEAT_NAME_BYTES_MAX + 1], to[LEAT_NAME_BYTES_MAX + 1];
    bool exists = leat_parse_if_exists(parse);
    if (!leat_parse_name(parse, from) || !leat_parse_want(parse, "TO") || !leat_parse_name(parse, to))
        return false;
    uint32_t at = key ? find_old_key(draft, from) : find_old(draft, from);
    if (at == UINT32_MAX)
        return exists || leat_parse_fail(parse, "renaming what isn't there");
    if (key)
        draft->keys[at]->name = keep(draft, to);
    else
        draft->columns[at]->column.name = keep(draft, to);
    return true;
}

static bool parse_rename(struct leat_parse *parse, struct leat_draft *draft)
{
    char database[LEAT_NAME_BYTES_MAX + 1], name[LEAT_NAME_BYTES_MAX + 1];
    if (leat_parse_take(parse, "COLUMN"))
        return rename_part(parse, draft, false);
    if (leat_parse_take(parse, "INDEX") || leat_parse_take(parse, "KEY"))
        return rename_part(parse, draft, true);
    if (!leat_parse_take(parse, "TO") && !leat_parse_take(parse, "AS"))
        leat_parse_take(parse, "=");
    if (!leat_parse_table(parse, database, name))
        return false;
    draft->new_database = keep(draft, database);
    draft->new_name = keep(draft, name);
    return true;
}

/* ---- Character sets and the rest ---- */

/* CONVERT PARTITION p TO TABLE t, CONVERT TABLE t TO PARTITION p … */
static bool parse_convert_partition(struct leat_parse *parse, struct leat_draft *draft)
{
    char database[LEAT_NAME_BYTES_MAX + 1], name[LEAT_NAME_BYTES_MAX + 1];
    draft->partition_taken = leat_parse_take(parse, "TABLE");
    if (!draft->partition_taken) {
        leat_parse_take(parse, "PARTITION");
        if (!leat_parse_name(parse, name) || !leat_parse_want(parse, "TO") || !leat_parse_want(parse, "TABLE"))
            return false;
    }
    if (!leat_parse_table(parse, database, name))
        return false;
    draft->partition_database = keep(draft, database);
    draft->partition_table = keep(draft, name);
    return pass_all(parse);
}

/* CONVERT TO CHARACTER SET x [COLLATE y]. What options said before counts no more, but where MariaDB asks late. */
static bool parse_convert(struct leat_parse *parse, struct leat_draft *draft, struct leat_table_options *table)
{
    struct leat_table_options options = {0};
    bool found, late = leat_resolves_late(draft->server);
    if (leat_parse_is(parse, "PARTITION") || leat_parse_is(parse, "TABLE"))
        return parse_convert_partition(parse, draft);
    if (!leat_parse_want(parse, "TO") ||
        !leat_parse_charset_or_usual(parse, &options.charset, &options.charset_usual, options.collation, &found))
        return false;
    if (found && leat_parse_is(parse, "COLLATE") &&
        !leat_parse_charset(parse, &options.charset, options.collation, &found))
        return false;
    if (!options.charset && !options.charset_usual && !options.collation[0])
        return leat_parse_fail(parse, "CONVERT TO");
    if (!late && options.charset_usual && (!options.collation[0] || strcmp(options.collation, "DEFAULT") == 0))
        draft->converted_to = draft->session_collation; /* not that of the table's own database */
    else
        draft->converted_to = leat_parse_collation(draft, &options);
    if (!draft->converted_to)
        return leat_parse_fail(parse, "CONVERT TO");
    draft->converted = true;
    if (late)
        return true;
    draft->collation = draft->converted_to;
    *table = (struct leat_table_options){.versioned = table->versioned};
    return true;
}

/* The table's own character set: what options say, else what it is converted to. */
static bool settle_collation(struct leat_parse *parse, struct leat_draft *draft, const struct leat_table_options *options)
{
    bool said = options->charset || options->charset_usual || options->collation[0];
    if (!leat_parse_apply_options(parse, draft, options))
        return false;
    if (draft->converted && !said)
        draft->collation = draft->converted_to;
    return true;
}

/* ORDER BY a [ASC | DESC], b … */
static bool parse_order(struct leat_parse *parse)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    do {
        if (!leat_parse_name(parse, name))
            return false;
        while (leat_parse_take(parse, "."))
            if (!leat_parse_name(parse, name))
                return false;
        if (!leat_parse_take(parse, "ASC"))
            leat_parse_take(parse, "DESC");
    } while (leat_parse_take(parse, ","));
    return true;
}

/* What says how, or changes nothing that a definition has. *found: it was that. */
static bool parse_other(struct leat_parse *parse, bool *found)
{
    static const char *const partitions[] = {"COALESCE", "REORGANIZE", "ANALYZE",  "CHECK",     "OPTIMIZE",
                                             "REBUILD",  "REPAIR",     "TRUNCATE", "REMOVE",    "EXCHANGE",
                                             "DISCARD",  "IMPORT",     "UPGRADE",  "PARTITION", NULL};
    *found = true;
    for (const char *const *word = partitions; *word; word++)
        if (leat_parse_is(parse, *word))
            return pass_all(parse);
    if (leat_parse_take(parse, "ENABLE") || leat_parse_take(parse, "DISABLE"))
        return leat_parse_want(parse, "KEYS");
    if (leat_parse_take(parse, "ALGORITHM") || leat_parse_take(parse, "LOCK"))
        return leat_parse_skip_value(parse);
    if (leat_parse_take_two(parse, "WITH", "VALIDATION") ||
        leat_parse_take_two(parse, "WITHOUT", "VALIDATION") || leat_parse_take(parse, "FORCE") ||
        leat_parse_take(parse, "SECONDARY_LOAD") || leat_parse_take(parse, "SECONDARY_UNLOAD") ||
        leat_parse_take(parse, "NOWAIT"))
        return true;
    if (leat_parse_take_two(parse, "ORDER", "BY"))
        return parse_order(parse);
    *found = false;
    return true;
}

static bool parse_one(struct leat_parse *parse, struct leat_draft *draft, struct leat_table_options *options)
{
    bool found;
    if (leat_parse_take(parse, "ADD"))
        return parse_add(parse, draft);
    if (leat_parse_take(parse, "DROP"))
        return parse_drop(parse, draft);
    if (leat_parse_take(parse, "CHANGE"))
        return parse_change(parse, draft, true);
    if (leat_parse_take(parse, "MODIFY"))
        return parse_change(parse, draft, false);
    if (leat_parse_take(parse, "ALTER"))
        return parse_alter_part(parse, draft);
    if (leat_parse_take(parse, "RENAME"))
        return parse_rename(parse, draft);
    if (leat_parse_take(parse, "CONVERT"))
        return parse_convert(parse, draft, options);
    if (!parse_other(parse, &found) || found)
        return !parse->why[0];
    if (!leat_parse_table_option(parse, options, &found))
        return false;
    if (!found)
        return leat_parse_fail(parse, "a change of a table");
    while (found) /* options follow one another without commas */
        if (!leat_parse_table_option(parse, options, &found))
            return false;
    return true;
}

/* MySQL's own primary key, my_row_id, stays in front of whatever is put there. */
static void keep_own_key_first(struct leat_draft *draft)
{
    enum { OWN = LEAT_COLUMN_INVISIBLE | LEAT_COLUMN_AUTO_INCREMENT | LEAT_COLUMN_UNSIGNED };
    uint32_t at = find_old(draft, "my_row_id"), key = leat_draft_key_find(draft, text_of("PRIMARY"));
    if (leat_draft_mariadb(draft) || at == UINT32_MAX || !at || key == UINT32_MAX)
        return;
    struct leat_draft_column *column = draft->columns[at];
    bool own = (column->column.flags & OWN) == OWN && draft->keys[key]->part_count == 1 &&
               (draft->keys[key]->parts[0].column == column || leat_name_equal(draft->keys[key]->parts[0].name, column->column.name));
    if (!own)
        return;
    leat_draft_take_out(draft, at);
    leat_draft_insert(draft, column, 0);
}

static bool has_twice(const struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        if (leat_draft_find(draft, draft->columns[i]->column.name) != i)
            return true;
    return false;
}

static void remember_names(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        draft->columns[i]->old_name = draft->columns[i]->column.name;
    for (uint32_t i = 0; i < draft->key_count; i++) {
        draft->keys[i]->old = true;
        draft->keys[i]->old_name = draft->keys[i]->name;
    }
}

bool leat_parse_alter(struct leat_parse *parse, struct leat_draft *draft)
{
    struct leat_table_options options = {0};
    remember_names(draft);
    if (leat_parse_take(parse, "WAIT"))
        leat_lexer_next(&parse->lexer);
    else
        leat_parse_take(parse, "NOWAIT");
    leat_parse_take(parse, ";");
    while (parse->lexer.token != LEAT_TOKEN_END) {
        if (!parse_one(parse, draft, &options))
            return false;
        if (leat_parse_is(parse, "PARTITION") || leat_parse_is(parse, "REMOVE"))
            pass_all(parse);
        leat_parse_take(parse, ";");
        if (parse->lexer.token != LEAT_TOKEN_END && !leat_parse_want(parse, ","))
            return false;
    }
    leat_draft_settle_gone(draft);
    if (!alter_late(parse, draft) || !settle_collation(parse, draft, &options) || (draft->versioning_added && !leat_parse_add_versioning(parse, draft)))
        return false;
    if (draft->placed && !place_columns(parse, draft))
        return false;
    if (draft->twice && has_twice(draft))
        return leat_parse_fail(parse, "a column that is there already");
    keep_own_key_first(draft);
    for (uint32_t i = 0; i < draft->column_count && draft->converted; i++)
        if (!draft->columns[i]->resolved)
            leat_type_converted(draft->columns[i]);
        else if (!leat_type_convert(draft, draft->columns[i], draft->converted_to))
            return false;
    return true;
}
