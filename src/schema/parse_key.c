/* Keys, foreign keys, checks and periods, as CREATE TABLE, ALTER TABLE … ADD and CREATE INDEX write them. */
#include "parse_int.h"

enum { PARTS_MAX = 64 };

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

static struct leat_text keep(struct leat_draft *draft, const char *text)
{
    return leat_draft_text(draft, text, strlen(text));
}

static bool parse_part(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_part *part)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    *part = (struct leat_draft_part){0};
    if (leat_parse_is(parse, "(")) { /* a functional key part */
        if (!leat_parse_skip_parentheses(parse))
            return false;
    } else {
        if (!leat_parse_name(parse, name))
            return false;
        part->name = keep(draft, name);
        if (leat_parse_take(parse, "(") &&
            (!leat_parse_number(parse, &part->prefix) || !leat_parse_want(parse, ")")))
            return false;
    }
    if (!leat_parse_take(parse, "ASC"))
        leat_parse_take(parse, "DESC");
    return true;
}

bool leat_parse_parts(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_key *key)
{
    key->parts = leat_draft_alloc(draft, PARTS_MAX * sizeof *key->parts);
    key->part_count = 0;
    if (!leat_parse_want(parse, "("))
        return false;
    do {
        if (key->part_count == PARTS_MAX)
            return leat_parse_fail(parse, "a key of so many columns");
        if (!parse_part(parse, draft, &key->parts[key->part_count++]))
            return false;
    } while (leat_parse_take(parse, ","));
    return leat_parse_want(parse, ")");
}

bool leat_parse_key_options(struct leat_parse *parse)
{
    static const char *const valued[] = {
        "USING",      "TYPE", "KEY_BLOCK_SIZE", "COMMENT", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE",
        "CLUSTERING", "M",    "DISTANCE",       NULL};
    for (bool found = true; found;) {
        found = leat_parse_take(parse, "VISIBLE") || leat_parse_take(parse, "INVISIBLE") ||
                leat_parse_take(parse, "IGNORED") || leat_parse_take_two(parse, "NOT", "IGNORED");
        if (leat_parse_take_two(parse, "WITH", "PARSER")) {
            leat_lexer_next(&parse->lexer);
            found = true;
        }
        for (const char *const *word = valued; !found && *word; word++)
            if (leat_parse_take(parse, *word)) {
                found = true;
                if (!leat_parse_skip_value(parse))
                    return false;
            }
    }
    return true;
}

/* CASCADE, RESTRICT, SET NULL, NO ACTION, SET DEFAULT */
static bool parse_action(struct leat_parse *parse, struct leat_draft *draft, struct leat_text *action)
{
    static const struct {
        const char *first, *second, *text;
    } actions[] = {{"CASCADE", NULL, "CASCADE"},
                   {"RESTRICT", NULL, "RESTRICT"},
                   {"SET", "NULL", "SET NULL"},
                   {"SET", "DEFAULT", "SET DEFAULT"},
                   {"NO", "ACTION", "NO ACTION"}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (actions[i].second ? leat_parse_take_two(parse, actions[i].first, actions[i].second)
                              : leat_parse_take(parse, actions[i].first)) {
            *action = keep(draft, actions[i].text);
            return true;
        }
    return leat_parse_fail(parse, "a foreign key's action");
}

static bool parse_referenced(struct leat_parse *parse, struct leat_draft *draft,
                             struct leat_draft_foreign *foreign)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    foreign->referenced = leat_draft_alloc(draft, (foreign->count + (size_t)1) * sizeof *foreign->referenced);
    for (uint32_t i = 0; i < foreign->count; i++) /* without a list: the same names, or the primary key's */
        foreign->referenced[i] = foreign->names[i];
    if (!leat_parse_take(parse, "("))
        return true;
    for (uint32_t i = 0; i < foreign->count; i++) {
        if ((i && !leat_parse_want(parse, ",")) || !leat_parse_name(parse, name))
            return false;
        foreign->referenced[i] = keep(draft, name);
    }
    return leat_parse_want(parse, ")");
}

bool leat_parse_references(struct leat_parse *parse, struct leat_draft *draft,
                           struct leat_draft_foreign *foreign)
{
    char database[LEAT_NAME_BYTES_MAX + 1], name[LEAT_NAME_BYTES_MAX + 1];
    struct leat_lexer mark = parse->lexer;
    if (!leat_parse_table(parse, database, name))
        return false;
    leat_lexer_next(&mark);
    /* Without a database it is in that of the table, whatever the session's is. */
    foreign->database = leat_lexer_is(&mark, ".") ? keep(draft, database) : draft->database;
    foreign->table = keep(draft, name);
    if (parse->server->lower_case_table_names == 1) {
        leat_name_fold((char *)(uintptr_t)foreign->database.bytes, foreign->database.size);
        leat_name_fold((char *)(uintptr_t)foreign->table.bytes, foreign->table.size);
    }
    if (!parse_referenced(parse, draft, foreign))
        return false;
    if (leat_parse_take(parse, "MATCH"))
        leat_lexer_next(&parse->lexer);
    while (leat_parse_is(parse, "ON")) {
        struct leat_lexer on = parse->lexer;
        leat_lexer_next(&parse->lexer);
        struct leat_text *action = leat_parse_take(parse, "DELETE")   ? &foreign->on_delete
                                   : leat_parse_take(parse, "UPDATE") ? &foreign->on_update
                                                                      : NULL;
        if (!action) {
            parse->lexer = on;
            return true;
        }
        if (!parse_action(parse, draft, action))
            return false;
    }
    return true;
}

bool leat_parse_implied_key(struct leat_parse *parse, struct leat_draft *draft,
                            const struct leat_draft_foreign *foreign, struct leat_text name)
{
    struct leat_draft_key *key = leat_draft_key_new(draft);
    if (!key)
        return leat_parse_fail(parse, "so many keys");
    key->implied = true;
    key->name = name;
    key->part_count = foreign->count;
    key->parts = leat_draft_alloc(draft, (foreign->count + (size_t)1) * sizeof *key->parts);
    for (uint32_t i = 0; i < foreign->count; i++)
        key->parts[i] = (struct leat_draft_part){.column = foreign->columns[i], .name = foreign->names[i]};
    return true;
}

static bool parse_optional_name(struct leat_parse *parse, char name[LEAT_NAME_BYTES_MAX + 1])
{
    name[0] = 0;
    if (leat_parse_is(parse, "(") || leat_parse_is(parse, "USING") || leat_parse_is(parse, "TYPE"))
        return true;
    return leat_parse_name(parse, name);
}

/* Behind FOREIGN KEY: [index name] (columns) REFERENCES … */
static bool parse_foreign(struct leat_parse *parse, struct leat_draft *draft, const char *constraint)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    leat_parse_if_exists(parse);
    if (!parse_optional_name(parse, name))
        return false;
    struct leat_draft_key key = {0};
    struct leat_draft_foreign *foreign = leat_draft_foreign_new(draft);
    if (!foreign)
        return leat_parse_fail(parse, "so many foreign keys");
    if (!leat_parse_parts(parse, draft, &key))
        return false;
    foreign->count = key.part_count;
    foreign->columns = leat_draft_alloc(draft, key.part_count * sizeof(void *));
    foreign->names = leat_draft_alloc(draft, key.part_count * sizeof *foreign->names);
    for (uint32_t i = 0; i < key.part_count; i++) {
        if (!key.parts[i].name.size)
            return leat_parse_fail(parse, "a foreign key on an expression");
        foreign->names[i] = key.parts[i].name;
    }
    foreign->name = keep(draft, constraint[0] || !leat_draft_mariadb(draft) ? constraint : name);
    const char *index = constraint[0] ? constraint : name;
    return leat_parse_want(parse, "REFERENCES") && leat_parse_references(parse, draft, foreign) &&
           leat_parse_implied_key(parse, draft, foreign, keep(draft, index));
}

/* Behind its kind: [IF NOT EXISTS] [name] [USING …] (parts) options. */
static bool parse_index(struct leat_parse *parse, struct leat_draft *draft, bool primary, uint32_t flags,
                        const char *constraint)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    bool exists = leat_parse_if_exists(parse);
    if (!parse_optional_name(parse, name) || !leat_parse_key_options(parse))
        return false;
    struct leat_text named = text_of(name[0] ? name : constraint);
    bool there = exists && named.size && leat_draft_key_find(draft, named) != UINT32_MAX;
    struct leat_draft_key *key = leat_draft_key_new(draft);
    if (!key)
        return leat_parse_fail(parse, "so many keys");
    key->primary = primary;
    key->flags = flags;
    key->name = primary ? text_of("PRIMARY") : keep(draft, named.bytes);
    if (!leat_parse_parts(parse, draft, key) || !leat_parse_key_options(parse))
        return false;
    if (there)
        leat_draft_key_remove(draft, draft->key_count - 1);
    return true;
}

bool leat_parse_check(struct leat_parse *parse)
{
    if (!leat_parse_is(parse, "("))
        return leat_parse_fail(parse, "a CHECK");
    if (!leat_parse_skip_parentheses(parse))
        return false;
    if (!leat_parse_take_two(parse, "NOT", "ENFORCED"))
        leat_parse_take(parse, "ENFORCED");
    return true;
}

/* PERIOD [IF NOT EXISTS] FOR name (start, end), from FOR on: its columns can't be NULL. */
static bool parse_period(struct leat_parse *parse, struct leat_draft *draft)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    struct leat_draft_key key = {0};
    if (!leat_parse_want(parse, "FOR") || !leat_parse_name(parse, name) || !leat_parse_parts(parse, draft, &key))
        return false;
    for (uint32_t i = 0; i < key.part_count && i < 2; i++)
        draft->period[i] = key.parts[i].name;
    return true;
}

static bool parse_kind(struct leat_parse *parse, struct leat_draft *draft, const char *constraint,
                       bool *found)
{
    *found = true;
    if (leat_parse_take_two(parse, "PRIMARY", "KEY"))
        return parse_index(parse, draft, true, LEAT_INDEX_UNIQUE, "");
    if (leat_parse_take_two(parse, "FOREIGN", "KEY"))
        return parse_foreign(parse, draft, constraint);
    if (leat_parse_take(parse, "CHECK"))
        return leat_parse_check(parse);
    if (leat_parse_take(parse, "PERIOD")) {
        leat_parse_if_exists(parse);
        return parse_period(parse, draft);
    }
    uint32_t flags = leat_parse_take(parse, "UNIQUE")     ? LEAT_INDEX_UNIQUE
                     : leat_parse_take(parse, "FULLTEXT") ? LEAT_INDEX_FULLTEXT
                     : leat_parse_take(parse, "SPATIAL")  ? LEAT_INDEX_SPATIAL
                                                          : 0;
    bool vector = !flags && leat_parse_take(parse, "VECTOR");
    *found = leat_parse_take(parse, "INDEX") || leat_parse_take(parse, "KEY") || flags || vector;
    if (!*found)
        return true;
    return parse_index(parse, draft, false, flags, constraint);
}

/* A column may be called PERIOD, CHECK isn't a name, the others are reserved words. */
bool leat_parse_key(struct leat_parse *parse, struct leat_draft *draft, bool *found)
{
    char constraint[LEAT_NAME_BYTES_MAX + 1] = "";
    *found = false;
    if (parse->lexer.token != LEAT_TOKEN_WORD)
        return true;
    bool named = leat_parse_take(parse, "CONSTRAINT");
    if (named) {
        leat_parse_if_exists(parse);
        bool kind = leat_parse_is(parse, "PRIMARY") || leat_parse_is(parse, "UNIQUE") ||
                    leat_parse_is(parse, "FOREIGN") || leat_parse_is(parse, "CHECK");
        if ((!kind || parse->lexer.token != LEAT_TOKEN_WORD) && !leat_parse_name(parse, constraint))
            return false;
    } else if (leat_parse_is(parse, "PERIOD") || leat_parse_is(parse, "VECTOR")) {
        struct leat_lexer next = parse->lexer;
        leat_lexer_next(&next);
        if (!leat_lexer_is(&next, "FOR") && !leat_lexer_is(&next, "IF") && !leat_lexer_is(&next, "INDEX") && !leat_lexer_is(&next, "KEY"))
            return true;
    }
    if (!parse_kind(parse, draft, constraint, found))
        return false;
    return *found || !named || leat_parse_fail(parse, "a constraint");
}
