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

bool leat_parse_table(struct leat_parse *parse, char database[LEAT_NAME_BYTES_MAX + 1],
                      char name[LEAT_NAME_BYTES_MAX + 1])
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
        parse->end = parse->lexer.at;
        leat_lexer_next(&parse->lexer);
    } while (depth);
    return true;
}

static void put_escape(struct leat_buf *text, char escaped)
{
    switch (escaped) {
    case '0':
        leat_buf_u8(text, 0);
        return;
    case 'b':
        leat_buf_u8(text, '\b');
        return;
    case 'n':
        leat_buf_u8(text, '\n');
        return;
    case 'r':
        leat_buf_u8(text, '\r');
        return;
    case 't':
        leat_buf_u8(text, '\t');
        return;
    case 'Z':
        leat_buf_u8(text, 0x1A);
        return;
    case '%':
    case '_': /* for LIKE */
        leat_buf_u8(text, '\\');
        leat_buf_u8(text, (uint8_t)escaped);
        return;
    default:
        leat_buf_u8(text, (uint8_t)escaped);
    }
}

static void put_string(struct leat_buf *text, const struct leat_lexer *lexer)
{
    for (size_t i = 0; i < lexer->size; i++) {
        char byte = lexer->bytes[i];
        if (byte == '\\' && !lexer->no_backslash && i + 1 < lexer->size) {
            put_escape(text, lexer->bytes[++i]);
            continue;
        }
        leat_buf_u8(text, (uint8_t)byte);
        if (byte == lexer->quote)
            i++;
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* x'C3A9', as SHOW CREATE TABLE has members that it can't show. */
static bool put_hex(struct leat_buf *text, const char *digits, size_t size)
{
    for (size_t i = 0; i + 1 < size + size % 2; i += 2) {
        int high = hex_digit(digits[i]), low = i + 1 < size ? hex_digit(digits[i + 1]) : -1;
        if (high < 0 || low < 0)
            return false;
        leat_buf_u8(text, (uint8_t)(high << 4 | low));
    }
    return size % 2 == 0;
}

/* Over N, x or _utf8mb4 if a string follows at once. */
static bool take_introducer(struct leat_parse *parse, const char *word)
{
    const struct leat_lexer *lexer = &parse->lexer;
    bool fits = word ? leat_lexer_is(lexer, word) : lexer->token == LEAT_TOKEN_WORD && lexer->bytes[0] == '_';
    struct leat_lexer next = *lexer;
    if (!fits || leat_lexer_next(&next) != LEAT_TOKEN_STRING || (word && next.bytes - 1 != lexer->at))
        return false;
    parse->lexer = next;
    return true;
}

bool leat_parse_is_hex(const struct leat_parse *parse)
{
    struct leat_parse ahead = *parse;
    return take_introducer(&ahead, "X");
}

bool leat_parse_string(struct leat_parse *parse, struct leat_buf *text)
{
    bool hex = take_introducer(parse, "X");
    if (!hex && !take_introducer(parse, "N"))
        take_introducer(parse, NULL);
    if (parse->lexer.token != LEAT_TOKEN_STRING)
        return leat_parse_fail(parse, "what stands for a string");
    if (hex && !put_hex(text, parse->lexer.bytes, parse->lexer.size))
        return leat_parse_fail(parse, "a hexadecimal constant");
    while (!hex && parse->lexer.token == LEAT_TOKEN_STRING) {
        put_string(text, &parse->lexer);
        parse->end = parse->lexer.at;
        leat_lexer_next(&parse->lexer);
    }
    if (hex)
        leat_lexer_next(&parse->lexer);
    return true;
}

bool leat_parse_number(struct leat_parse *parse, uint32_t *number)
{
    const struct leat_lexer *lexer = &parse->lexer;
    uint64_t value = 0;
    bool digits = lexer->token == LEAT_TOKEN_WORD && lexer->size > 0 && lexer->size <= 10;
    for (size_t i = 0; digits && i < lexer->size; i++) {
        digits = lexer->bytes[i] >= '0' && lexer->bytes[i] <= '9';
        value = value * 10 + (uint64_t)(lexer->bytes[i] - '0');
    }
    if (!digits || value > UINT32_MAX)
        return leat_parse_fail(parse, "what stands for a number");
    *number = (uint32_t)value;
    leat_lexer_next(&parse->lexer);
    return true;
}

bool leat_parse_skip_value(struct leat_parse *parse)
{
    leat_parse_take(parse, "=");
    if (leat_parse_is(parse, "("))
        return leat_parse_skip_parentheses(parse);
    if (parse->lexer.token == LEAT_TOKEN_END || leat_parse_is(parse, ",") || leat_parse_is(parse, ")"))
        return leat_parse_fail(parse, "an option without its value");
    leat_parse_take(parse, "-");
    leat_lexer_next(&parse->lexer);
    if (leat_parse_take(parse, ".") || leat_parse_take(parse, "@")) /* 1.5; user@host */
        leat_lexer_next(&parse->lexer);
    return true;
}
