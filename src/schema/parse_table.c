/* CREATE TABLE behind its name: columns and keys, options, partitions. */
#include "parse_int.h"

#include <stdio.h>

#include "collations_int.h"

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

bool leat_parse_element(struct leat_parse *parse, struct leat_draft *draft)
{
    bool found;
    char name[LEAT_NAME_BYTES_MAX + 1];
    if (!leat_parse_key(parse, draft, &found) || found)
        return !parse->why[0];
    if (!leat_parse_name(parse, name))
        return false;
    if (leat_draft_find(draft, text_of(name)) != UINT32_MAX)
        return leat_parse_fail(parse, "a column that is there already");
    struct leat_draft_column *column = leat_draft_column_new(draft);
    column->column.name = leat_draft_text(draft, name, strlen(name));
    return leat_parse_column(parse, draft, column) &&
           (leat_draft_insert(draft, column, draft->column_count) ||
            leat_parse_fail(parse, "so many columns"));
}

/* ---- Options ---- */

/* Options whose = may be left out, with one value. */
static const char *const valued[] = {"ENGINE",
                                     "TYPE",
                                     "AUTO_INCREMENT",
                                     "AVG_ROW_LENGTH",
                                     "CHECKSUM",
                                     "TABLE_CHECKSUM",
                                     "PAGE_CHECKSUM",
                                     "COMMENT",
                                     "COMPRESSION",
                                     "CONNECTION",
                                     "DELAY_KEY_WRITE",
                                     "ENCRYPTION",
                                     "ENGINE_ATTRIBUTE",
                                     "INSERT_METHOD",
                                     "KEY_BLOCK_SIZE",
                                     "MAX_ROWS",
                                     "MIN_ROWS",
                                     "PACK_KEYS",
                                     "PASSWORD",
                                     "ROW_FORMAT",
                                     "SECONDARY_ENGINE",
                                     "SECONDARY_ENGINE_ATTRIBUTE",
                                     "STATS_AUTO_RECALC",
                                     "STATS_PERSISTENT",
                                     "STATS_SAMPLE_PAGES",
                                     "STORAGE",
                                     "TABLESPACE",
                                     "TRANSACTIONAL",
                                     "UNION",
                                     "AUTOEXTEND_SIZE",
                                     "SEQUENCE",
                                     "DATA",
                                     "INDEX",
                                     NULL};

static bool is_assignment(const struct leat_parse *parse)
{
    struct leat_lexer next = parse->lexer;
    bool word = next.token == LEAT_TOKEN_WORD || next.token == LEAT_TOKEN_NAME;
    leat_lexer_next(&next);
    return word && leat_lexer_is(&next, "=");
}

static bool is_valued(const struct leat_parse *parse)
{
    for (const char *const *word = valued; *word; word++)
        if (leat_parse_is(parse, *word))
            return true;
    return false;
}

bool leat_parse_table_charset(struct leat_parse *parse, struct leat_table_options *options, bool *found)
{
    struct leat_table_options said = {0};
    if (!leat_parse_charset_or_usual(parse, &said.charset, &said.charset_usual, said.collation, found) || !*found)
        return !parse->why[0];
    bool usual = strcmp(said.collation, "DEFAULT") == 0, set = said.charset || said.charset_usual;
    bool in_order = parse->server->kind == LEAT_TABLE_OF_MARIADB && !leat_resolves_late(parse->server);
    if (in_order && (set || usual)) { /* the last one counts, and any DEFAULT is the database's */
        options->collation[0] = 0;
        said.charset_usual |= usual;
    } else if (said.collation[0]) {
        memcpy(options->collation, said.collation, sizeof options->collation);
    }
    if (set || (in_order && usual)) {
        options->charset = said.charset;
        options->charset_usual = said.charset_usual;
    }
    return true;
}

bool leat_parse_table_option(struct leat_parse *parse, struct leat_table_options *options, bool *found)
{
    struct leat_lexer mark = parse->lexer;
    if (leat_parse_take(parse, "DEFAULT") && !leat_parse_is(parse, "CHARACTER") &&
        !leat_parse_is(parse, "CHARSET") && !leat_parse_is(parse, "CHAR") &&
        !leat_parse_is(parse, "COLLATE") && !leat_parse_is(parse, "ENCRYPTION"))
        parse->lexer = mark;
    if (!leat_parse_table_charset(parse, options, found) || *found)
        return !parse->why[0];
    *found = true;
    if (leat_parse_take_two(parse, "WITH", "SYSTEM")) {
        options->versioned = true;
        return leat_parse_want(parse, "VERSIONING");
    }
    if (leat_parse_take_two(parse, "START", "TRANSACTION"))
        return true;
    if (leat_parse_take_two(parse, "DATA", "DIRECTORY") || leat_parse_take_two(parse, "INDEX", "DIRECTORY"))
        return leat_parse_skip_value(parse);
    if (is_valued(parse) || is_assignment(parse)) {
        leat_lexer_next(&parse->lexer);
        return leat_parse_skip_value(parse);
    }
    *found = false;
    return true;
}

uint32_t leat_parse_collation(const struct leat_draft *draft, const struct leat_table_options *options)
{
    bool late = leat_resolves_late(draft->server), usual = strcmp(options->collation, "DEFAULT") == 0;
    enum leat_charset of_database = late && options->charset_usual ? leat_charset_of(draft->database_collation) : LEAT_CHARSET_UNKNOWN;
    enum leat_charset charset = options->charset ? options->charset : of_database;
    if (late && options->charset_usual && !of_database)
        return 0;
    if (options->collation[0] && !usual)
        return leat_collation_by_name(draft->server, options->collation, charset ? charset : leat_charset_of(draft->collation));
    if (charset && draft->converted && !leat_draft_mariadb(draft)) /* of which CONVERT TO has said more */
        return draft->collation;
    if (of_database && !usual && !options->charset) { /* as it was made, whatever character_set_collations says */
        struct leat_catalog_server plain = *draft->server;
        plain.utf8mb4_collation = 0;
        return leat_collation_default(&plain, of_database);
    }
    if (charset || usual)
        return leat_collation_default(draft->server, charset ? charset : leat_charset_of(draft->collation));
    return options->charset_usual ? draft->database_collation : draft->collation;
}

bool leat_parse_apply_options(struct leat_parse *parse, struct leat_draft *draft,
                              const struct leat_table_options *options)
{
    if (options->versioned)
        draft->versioned = true;
    if (!options->charset && !options->charset_usual && !options->collation[0])
        return true;
    draft->collation = leat_parse_collation(draft, options);
    return draft->collation || leat_parse_fail(parse, "a table's collation");
}

bool leat_parse_add_versioning(struct leat_parse *parse, struct leat_draft *draft)
{
    static const char *const names[] = {"row_start", "row_end"};
    for (uint32_t i = 0; i < draft->column_count; i++)
        if (draft->columns[i]->system_row)
            return true;
    for (int i = 0; i < 2; i++) {
        struct leat_draft_column *column = leat_draft_column_new(draft);
        column->column.name = text_of(names[i]);
        column->column.flags = LEAT_COLUMN_INVISIBLE | LEAT_COLUMN_GENERATED | LEAT_COLUMN_STORED;
        column->column.default_value = i ? text_of("ROW END") : text_of("ROW START");
        column->said = (struct leat_type_said){
            .type = LEAT_TYPE_TIMESTAMP2, .name = "timestamp", .length = 6, .length_said = true};
        column->system_row = true;
        if (!leat_draft_insert(draft, column, draft->column_count))
            return leat_parse_fail(parse, "so many columns");
    }
    return true;
}

/* What is left must not select: then there would be columns that nobody tells. */
static bool pass_rest(struct leat_parse *parse)
{
    for (; parse->lexer.token != LEAT_TOKEN_END; leat_lexer_next(&parse->lexer))
        if (leat_parse_is(parse, "SELECT"))
            return leat_parse_fail(parse, "CREATE TABLE … SELECT");
    return true;
}

static bool parse_options(struct leat_parse *parse, struct leat_draft *draft)
{
    struct leat_table_options options = {0};
    for (bool found = true; found;) {
        if (!leat_parse_table_option(parse, &options, &found))
            return false;
        leat_parse_take(parse, ",");
    }
    if (leat_parse_is(parse, "PARTITION") && !pass_rest(parse))
        return false;
    leat_parse_take(parse, ";");
    if (parse->lexer.token != LEAT_TOKEN_END)
        return pass_rest(parse) && leat_parse_fail(parse, "a table's option");
    return leat_parse_apply_options(parse, draft, &options);
}

/* ROW START and ROW END of a table that isn't versioned are columns like others. */
static void forget_rows_life(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++) {
        struct leat_draft_column *column = draft->columns[i];
        if (!column->system_row)
            continue;
        column->system_row = false;
        column->column.flags &= (uint16_t) ~(LEAT_COLUMN_GENERATED | LEAT_COLUMN_STORED);
        column->column.default_value = (struct leat_text){"", 0};
    }
}

bool leat_parse_create(struct leat_parse *parse, struct leat_draft *draft)
{
    if (!leat_parse_want(parse, "("))
        return false;
    do {
        if (!leat_parse_element(parse, draft))
            return false;
    } while (leat_parse_take(parse, ","));
    if (!leat_parse_want(parse, ")") || !parse_options(parse, draft))
        return false;
    if (draft->versioned)
        return leat_parse_add_versioning(parse, draft);
    forget_rows_life(draft);
    return true;
}
