/* The smallest pieces of a statement: names, words that must be there, parentheses. */
#include "parse_int.h"

#include <stdio.h>

bool leat_parse_fail(struct leat_parse *parse, const char *what)
{
    enum { SHOWN_MAX = 60 };
    if (parse->why[0])
        return false;
    if (parse->lexer.token == LEAT_TOKEN_END)
        snprintf(parse->why, sizeof parse->why, "%s isn't understood at its end", what);
    else
        snprintf(parse->why, sizeof parse->why, "%s isn't understood at '%.*s'", what,
                 (int)(parse->lexer.size < SHOWN_MAX ? parse->lexer.size : SHOWN_MAX), parse->lexer.bytes);
    return false;
}

bool leat_parse_take_two(struct leat_parse *parse, const char *first, const char *second)
{
    struct leat_lexer mark = parse->lexer;
    if (leat_parse_take(parse, first) && leat_parse_take(parse, second))
        return true;
    parse->lexer = mark;
    return false;
}

bool leat_parse_want(struct leat_parse *parse, const char *word)
{
    if (leat_parse_take(parse, word))
        return true;
    char what[40];
    snprintf(what, sizeof what, "what stands for %.20s", word);
    return leat_parse_fail(parse, what);
}

bool leat_parse_name(struct leat_parse *parse, char name[LEAT_NAME_BYTES_MAX + 1])
{
    const struct leat_lexer *lexer = &parse->lexer;
    size_t used = 0;
    name[0] = 0;
    if (lexer->token != LEAT_TOKEN_WORD && lexer->token != LEAT_TOKEN_NAME)
        return leat_parse_fail(parse, "a name");
    for (size_t i = 0; i < lexer->size; i++) {
        if (used == LEAT_NAME_BYTES_MAX)
            return leat_parse_fail(parse, "a name that long");
        name[used++] = lexer->bytes[i];
        if (lexer->quote && lexer->bytes[i] == lexer->quote)
            i++;
    }
    name[used] = 0;
    if (!used)
        return leat_parse_fail(parse, "an empty name");
    leat_lexer_next(&parse->lexer);
    return true;
}

bool leat_parse_table(struct leat_parse *parse, char database[LEAT_NAME_BYTES_MAX + 1], char name[LEAT_NAME_BYTES_MAX + 1])
{
    snprintf(database, LEAT_NAME_BYTES_MAX + 1, "%s", parse->database);
    bool dotted = leat_parse_take(parse, "."); /* .table is a table of the default database */
    if (!leat_parse_name(parse, name))
        return false;
    if (dotted || !leat_parse_take(parse, "."))
        return true;
    memcpy(database, name, LEAT_NAME_BYTES_MAX + 1);
    return leat_parse_name(parse, name);
}

bool leat_parse_if_exists(struct leat_parse *parse)
{
    if (leat_parse_take_two(parse, "IF", "EXISTS"))
        return true;
    struct leat_lexer mark = parse->lexer;
    if (leat_parse_take(parse, "IF") && leat_parse_take(parse, "NOT") && leat_parse_take(parse, "EXISTS"))
        return true;
    parse->lexer = mark;
    return false;
}

bool leat_parse_skip_parentheses(struct leat_parse *parse)
{
    size_t depth = 0;
    do {
        if (parse->lexer.token == LEAT_TOKEN_END)
            return leat_parse_fail(parse, "a parenthesis that doesn't close");
        depth += leat_parse_is(parse, "(") ? 1 : leat_parse_is(parse, ")") ? (size_t)-1 : 0;
        leat_lexer_next(&parse->lexer);
    } while (depth);
    return true;
}
