/* A column's definition behind its name: type, then attributes in any order.
 *
 * Facts: "CREATE TABLE Statement" in MySQL's manual, "CREATE TABLE" in MariaDB's. */
#include "parse_int.h"

#include <stdio.h>

enum { MYSQL_INLINE_REFERENCES = 90000, MARIADB_INLINE_REFERENCES = 100500 };

static bool add_key(struct leat_draft *draft, struct leat_draft_column *column, bool primary, uint32_t flags)
{
    struct leat_draft_key *key = leat_draft_key_new(draft);
    if (!key)
        return false;
    key->primary = primary;
    key->flags = flags;
    key->part_count = 1;
    key->parts = leat_draft_alloc(draft, sizeof *key->parts);
    key->parts[0].column = column;
    return true;
}

bool leat_parse_serial_attributes(struct leat_draft *draft, struct leat_draft_column *column)
{
    column->column.flags |= LEAT_COLUMN_AUTO_INCREMENT;
    column->column.flags &= (uint16_t)~LEAT_COLUMN_NULLABLE;
    return add_key(draft, column, false, LEAT_INDEX_UNIQUE);
}

static void set_default(struct leat_draft *draft, struct leat_draft_column *column, const char *bytes,
                        size_t size, bool expression)
{
    column->column.default_value = leat_draft_text(draft, bytes, size);
    column->column.flags |=
        (uint16_t)(LEAT_COLUMN_HAS_DEFAULT | (expression ? LEAT_COLUMN_DEFAULT_EXPRESSION : 0));
}

/* CURRENT_TIMESTAMP[(n)], NOW([n]) …; how the server prints it into `text`. */
static bool take_now(struct leat_parse *parse, char text[40])
{
    static const char *const names[] = {"CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP", NULL};
    uint32_t digits = 0;
    for (const char *const *name = names; *name; name++) {
        if (!leat_parse_take(parse, *name))
            continue;
        if (leat_parse_take(parse, "(") && !leat_parse_take(parse, ")") &&
            (!leat_parse_number(parse, &digits) || !leat_parse_want(parse, ")")))
            return false;
        bool mariadb = parse->server->kind == LEAT_TABLE_OF_MARIADB;
        snprintf(text, 40,
                 digits    ? "%s(%u)"
                 : mariadb ? "%s()"
                           : "%s",
                 mariadb ? "current_timestamp" : "CURRENT_TIMESTAMP", digits);
        return true;
    }
    return false;
}

/* (expression), without the parentheses and the blanks at its ends. */
static bool parse_expression(struct leat_parse *parse, struct leat_text *text)
{
    const char *begin = parse->lexer.at;
    if (!leat_parse_is(parse, "("))
        return leat_parse_fail(parse, "an expression");
    if (!leat_parse_skip_parentheses(parse))
        return false;
    const char *end = parse->end - 1;
    while (begin < end && (*begin == ' ' || *begin == '\n' || *begin == '\t' || *begin == '\r'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *text = (struct leat_text){begin, (uint32_t)(end - begin)};
    return true;
}

static bool parse_string_default(struct leat_parse *parse, struct leat_draft *draft,
                                 struct leat_draft_column *column)
{
    struct leat_buf text = {0};
    bool read = leat_parse_string(parse, &text);
    if (read)
        set_default(draft, column, (const char *)text.data, text.size, false);
    column->default_is_string = true;
    leat_buf_free(&text);
    return read;
}

/* A number, a bit string, or a function with its parentheses: as it stands there. */
static bool parse_plain_default(struct leat_parse *parse, struct leat_draft *draft,
                                struct leat_draft_column *column)
{
    const char *begin = leat_parse_start(parse), *end = begin;
    bool number = false, call = false;
    if (leat_parse_is(parse, "-") || leat_parse_is(parse, "+"))
        leat_lexer_next(&parse->lexer);
    number = parse->lexer.size &&
             ((parse->lexer.bytes[0] >= '0' && parse->lexer.bytes[0] <= '9') || leat_parse_is(parse, "."));
    if (number) { /* 1.5e-3 are five words */
        for (end = parse->lexer.at;
             parse->lexer.token != LEAT_TOKEN_END && leat_parse_start(parse) < end + 1;) {
            bool more = parse->lexer.token == LEAT_TOKEN_WORD || leat_parse_is(parse, ".") ||
                        ((leat_parse_is(parse, "-") || leat_parse_is(parse, "+")) && (end[-1] | 0x20) == 'e');
            if (!more || leat_parse_start(parse) > end)
                break;
            end = parse->lexer.at;
            leat_lexer_next(&parse->lexer);
        }
    } else if (parse->lexer.token == LEAT_TOKEN_WORD || parse->lexer.token == LEAT_TOKEN_NAME) {
        bool bits = parse->lexer.size == 1 && (leat_parse_is(parse, "B") || leat_parse_is(parse, "X"));
        end = parse->lexer.at;
        leat_lexer_next(&parse->lexer);
        if (bits && parse->lexer.token == LEAT_TOKEN_STRING) {
            end = parse->lexer.at;
            leat_lexer_next(&parse->lexer);
        } else if (leat_parse_is(parse, "(")) {
            call = true;
            if (!leat_parse_skip_parentheses(parse))
                return false;
            end = parse->end;
        } else {
            return leat_parse_fail(parse, "a default");
        }
    } else {
        return leat_parse_fail(parse, "a default");
    }
    set_default(draft, column, begin, (size_t)(end - begin), call);
    return true;
}

/* DATE'…', TIME'…', TIMESTAMP'…' are texts to their columns. */
static void pass_literal_type(struct leat_parse *parse)
{
    struct leat_lexer next = parse->lexer;
    bool typed = leat_parse_is(parse, "DATE") || leat_parse_is(parse, "TIME") || leat_parse_is(parse, "TIMESTAMP");
    if (typed && leat_lexer_next(&next) == LEAT_TOKEN_STRING)
        parse->lexer = next;
}

static bool is_string_ahead(const struct leat_parse *parse)
{
    struct leat_lexer next = parse->lexer;
    if (next.token == LEAT_TOKEN_STRING)
        return true;
    bool introduced = leat_lexer_is(&next, "N") || (next.token == LEAT_TOKEN_WORD && next.bytes[0] == '_');
    return introduced && leat_lexer_next(&next) == LEAT_TOKEN_STRING;
}

bool leat_parse_default(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column)
{
    char now[40];
    struct leat_text expression;
    column->default_said = true;
    column->default_is_string = false;
    column->column.flags &= (uint16_t) ~(LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_DEFAULT_EXPRESSION);
    column->column.default_value = (struct leat_text){"", 0};
    if (leat_parse_take(parse, "NULL"))
        return true;
    pass_literal_type(parse);
    if (is_string_ahead(parse))
        return parse_string_default(parse, draft, column);
    if (take_now(parse, now)) {
        set_default(draft, column, now, strlen(now), true);
        return true;
    }
    if (parse->why[0])
        return false;
    if (leat_parse_is(parse, "TRUE") || leat_parse_is(parse, "FALSE")) {
        set_default(draft, column, leat_parse_is(parse, "TRUE") ? "1" : "0", 1, false);
        leat_lexer_next(&parse->lexer);
        return true;
    }
    if (!leat_parse_is(parse, "("))
        return parse_plain_default(parse, draft, column);
    if (!parse_expression(parse, &expression))
        return false;
    set_default(draft, column, expression.bytes, expression.size, true);
    return true;
}

/* GENERATED ALWAYS AS (…), or AS ROW START and END; behind AS. */
static bool parse_generated(struct leat_parse *parse, struct leat_draft *draft,
                            struct leat_draft_column *column)
{
    struct leat_text text;
    column->column.flags |= LEAT_COLUMN_GENERATED;
    if (leat_parse_take(parse, "ROW")) {
        bool start = leat_parse_take(parse, "START");
        column->system_row = true;
        column->column.flags |= LEAT_COLUMN_STORED;
        column->column.flags &= (uint16_t)~LEAT_COLUMN_NULLABLE;
        column->column.default_value =
            start ? (struct leat_text){"ROW START", 9} : (struct leat_text){"ROW END", 7};
        return start || leat_parse_want(parse, "END");
    }
    if (!parse_expression(parse, &text))
        return false;
    column->column.default_value = leat_draft_text(draft, text.bytes, text.size);
    return true;
}

static bool parse_references(struct leat_parse *parse, struct leat_draft *draft,
                             struct leat_draft_column *column)
{
    const struct leat_catalog_server *server = draft->server;
    uint32_t since =
        server->kind == LEAT_TABLE_OF_MARIADB ? MARIADB_INLINE_REFERENCES : MYSQL_INLINE_REFERENCES;
    struct leat_draft_foreign *foreign = leat_draft_foreign_new(draft);
    if (!foreign)
        return leat_parse_fail(parse, "so many foreign keys");
    foreign->count = 1;
    foreign->columns = leat_draft_alloc(draft, sizeof(void *));
    foreign->columns[0] = column;
    foreign->names = leat_draft_alloc(draft, sizeof *foreign->names);
    foreign->names[0] = column->column.name;
    if (!leat_parse_references(parse, draft, foreign))
        return false;
    if (server->version && server->version < since) { /* read and forgotten, then */
        leat_draft_foreign_remove(draft, draft->foreign_count - 1);
        return true;
    }
    return leat_parse_implied_key(parse, draft, foreign, (struct leat_text){"", 0});
}

/* [CONSTRAINT [name]] CHECK (…) [[NOT] ENFORCED] */
static bool parse_check(struct leat_parse *parse, bool *found)
{
    struct leat_lexer mark = parse->lexer;
    if (leat_parse_take(parse, "CONSTRAINT") && !leat_parse_is(parse, "CHECK"))
        leat_lexer_next(&parse->lexer);
    *found = leat_parse_take(parse, "CHECK");
    if (!*found) {
        parse->lexer = mark;
        return true;
    }
    return leat_parse_check(parse);
}

static bool parse_on_update(struct leat_parse *parse, struct leat_draft_column *column)
{
    char now[40];
    column->now_on_update = true;
    return take_now(parse, now) || leat_parse_fail(parse, "ON UPDATE");
}

/* Attributes of one or two words without a value. *found: it was one. */
static bool parse_flag(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column,
                       bool *found)
{
    uint16_t *flags = &column->column.flags;
    *found = true;
    if (leat_parse_take_two(parse, "NOT", "NULL")) {
        *flags &= (uint16_t)~LEAT_COLUMN_NULLABLE;
        column->not_null_said = true;
    } else if (leat_parse_take(parse, "NULL"))
        column->null_said = true;
    else if (leat_parse_take(parse, "AUTO_INCREMENT")) {
        *flags |= LEAT_COLUMN_AUTO_INCREMENT;
        *flags &= (uint16_t)~LEAT_COLUMN_NULLABLE;
    } else if (leat_parse_take(parse, "INVISIBLE"))
        *flags |= LEAT_COLUMN_INVISIBLE;
    else if (leat_parse_take(parse, "VISIBLE"))
        *flags &= (uint16_t)~LEAT_COLUMN_INVISIBLE;
    else if (leat_parse_take(parse, "STORED") || leat_parse_take(parse, "PERSISTENT"))
        *flags |= LEAT_COLUMN_STORED;
    else if (leat_parse_take(parse, "UNIQUE")) {
        leat_parse_take(parse, "KEY");
        return add_key(draft, column, false, LEAT_INDEX_UNIQUE) || leat_parse_fail(parse, "so many keys");
    } else if (leat_parse_take_two(parse, "PRIMARY", "KEY") || leat_parse_take(parse, "KEY") ||
               leat_parse_take(parse, "PRIMARY"))
        return add_key(draft, column, true, LEAT_INDEX_UNIQUE) || leat_parse_fail(parse, "so many keys");
    else if (leat_parse_take(parse, "WITHOUT")) {
        column->without_versioning = true;
        return leat_parse_want(parse, "SYSTEM") && leat_parse_want(parse, "VERSIONING");
    } else if (leat_parse_take(parse, "COMPRESSED")) {
        column->said.compressed = true;
        return !leat_parse_is(parse, "=") || leat_parse_skip_value(parse);
    } else
        *found = leat_parse_take(parse, "VIRTUAL") || leat_parse_take_two(parse, "NOT", "SECONDARY");
    return true;
}

/* What changes no definition: its word and a value. */
static bool is_passed_over(const struct leat_parse *parse)
{
    static const char *const words[] = {
        "COMMENT", "COLUMN_FORMAT", "STORAGE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE",
        "SRID",    "REF_SYSTEM_ID", NULL};
    for (const char *const *word = words; *word; word++)
        if (leat_parse_is(parse, *word))
            return true;
    return false;
}

/* Where a definition ends. */
static bool is_over(const struct leat_parse *parse)
{
    return parse->lexer.token == LEAT_TOKEN_END || leat_parse_is(parse, ",") || leat_parse_is(parse, ")") ||
           leat_parse_is(parse, "FIRST") || leat_parse_is(parse, "AFTER") ||
           leat_parse_is(parse, "PARTITION") || leat_parse_is(parse, "REMOVE") || leat_parse_is(parse, ";");
}

/* An option that a storage engine of MariaDB's defines: name = value. */
static bool is_engine_option(const struct leat_parse *parse)
{
    struct leat_lexer next = parse->lexer;
    bool word = next.token == LEAT_TOKEN_WORD || next.token == LEAT_TOKEN_NAME;
    leat_lexer_next(&next);
    return word && leat_lexer_is(&next, "=");
}

static bool parse_attribute(struct leat_parse *parse, struct leat_draft *draft,
                            struct leat_draft_column *column)
{
    bool found;
    if (leat_parse_take(parse, "DEFAULT"))
        return leat_parse_default(parse, draft, column);
    if (leat_parse_take_two(parse, "ON", "UPDATE"))
        return parse_on_update(parse, column);
    if (leat_parse_take_two(parse, "GENERATED", "ALWAYS"))
        return leat_parse_want(parse, "AS") && parse_generated(parse, draft, column);
    if (leat_parse_take(parse, "AS"))
        return parse_generated(parse, draft, column);
    if (leat_parse_take(parse, "REFERENCES"))
        return parse_references(parse, draft, column);
    if (leat_parse_take(parse, "SERIAL"))
        return leat_parse_want(parse, "DEFAULT") && leat_parse_want(parse, "VALUE") &&
               leat_parse_serial_attributes(draft, column);
    if (leat_parse_take_two(parse, "WITH", "SYSTEM")) {
        draft->versioned = true;
        return leat_parse_want(parse, "VERSIONING");
    }
    if (!parse_flag(parse, draft, column, &found) || found)
        return !parse->why[0];
    if (!leat_parse_charset(parse, &column->said.charset, column->said.collation, &found) || found)
        return !parse->why[0];
    if (!parse_check(parse, &found) || found)
        return !parse->why[0];
    if (leat_parse_take(parse, "BINARY")) {
        column->said.binary = true;
        return true;
    }
    if (is_passed_over(parse) || is_engine_option(parse)) {
        leat_lexer_next(&parse->lexer);
        return leat_parse_skip_value(parse);
    }
    if (leat_parse_take(parse, "CONSTRAINT")) { /* [name], before PRIMARY KEY, UNIQUE, REFERENCES … */
        leat_lexer_next(&parse->lexer);
        return true;
    }
    return leat_parse_fail(parse, "a column's attribute");
}

bool leat_parse_column(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column)
{
    if (!leat_parse_type(parse, draft, column))
        return false;
    while (!is_over(parse))
        if (!parse_attribute(parse, draft, column))
            return false;
    return true;
}
