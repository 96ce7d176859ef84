/* Words of SQL. Pure, allocates nothing, never fails: what isn't closed ends with the statement.
 *
 * Facts: "Comments" and "Schema Object Names" in MySQL's reference manual. A conditional comment in a binlog
 * is one that the server has executed: what it did not execute, it logs as a plain comment. So their contents
 * count. */
#include "lexer_int.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes from 0x80 are letters: names in UTF-8, or in the client's character set. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

static bool looking_at(const struct leat_lexer *lexer, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(lexer->end - lexer->at) >= size && memcmp(lexer->at, text, size) == 0;
}

static void skip_line(struct leat_lexer *lexer)
{
    while (lexer->at < lexer->end && *lexer->at != '\n')
        lexer->at++;
}

static void skip_block(struct leat_lexer *lexer)
{
    lexer->at += 2;
    while (lexer->at < lexer->end && !looking_at(lexer, "*/"))
        lexer->at++;
    lexer->at += lexer->at < lexer->end ? 2 : 0;
}

/* Into a conditional comment: past its mark and version. MariaDB has a mark of its own. */
static bool enter_conditional(struct leat_lexer *lexer)
{
    if (looking_at(lexer, "/*!"))
        lexer->at += 3;
    else if (!lexer->mysql && looking_at(lexer, "/*M!"))
        lexer->at += 4;
    else
        return false;
    for (int i = 0; i < 6 && lexer->at < lexer->end && is_digit(*lexer->at); i++)
        lexer->at++;
    lexer->conditional = true;
    return true;
}

/* Two dashes are a comment only before a space or the end. */
static bool is_dash_comment(const struct leat_lexer *lexer)
{
    return looking_at(lexer, "--") && (lexer->end - lexer->at == 2 || is_space(lexer->at[2]));
}

static void skip_blank(struct leat_lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (is_space(*lexer->at)) {
            lexer->at++;
        } else if (*lexer->at == '#' || is_dash_comment(lexer)) {
            skip_line(lexer);
        } else if (lexer->conditional && looking_at(lexer, "*/")) {
            lexer->at += 2;
            lexer->conditional = false;
        } else if (looking_at(lexer, "/*")) {
            if (!enter_conditional(lexer))
                skip_block(lexer);
        } else {
            return;
        }
    }
}

/* From behind the opening quote to behind the closing one; a doubled quote is part of the text. */
static void read_quoted(struct leat_lexer *lexer, bool backslash)
{
    char quote = *lexer->at++;
    lexer->quote = quote;
    lexer->bytes = lexer->at;
    for (; lexer->at < lexer->end; lexer->at++) {
        if (backslash && *lexer->at == '\\' && lexer->end - lexer->at > 1) {
            lexer->at++;
        } else if (*lexer->at == quote) {
            if (lexer->end - lexer->at < 2 || lexer->at[1] != quote)
                break;
            lexer->at++;
        }
    }
    lexer->size = (size_t)(lexer->at - lexer->bytes);
    lexer->at += lexer->at < lexer->end;
}

enum leat_token leat_lexer_next(struct leat_lexer *lexer)
{
    skip_blank(lexer);
    lexer->bytes = lexer->at;
    lexer->size = 0;
    lexer->quote = 0;
    if (lexer->at >= lexer->end)
        return lexer->token = LEAT_TOKEN_END;
    char first = *lexer->at;
    if (first == '`' || (first == '"' && lexer->ansi_quotes)) {
        read_quoted(lexer, false);
        return lexer->token = LEAT_TOKEN_NAME;
    }
    if (first == '\'' || first == '"') {
        read_quoted(lexer, !lexer->no_backslash);
        return lexer->token = LEAT_TOKEN_STRING;
    }
    if (!is_word(first)) {
        lexer->at++;
        lexer->size = 1;
        return lexer->token = LEAT_TOKEN_OTHER;
    }
    while (lexer->at < lexer->end && is_word(*lexer->at))
        lexer->at++;
    lexer->size = (size_t)(lexer->at - lexer->bytes);
    return lexer->token = LEAT_TOKEN_WORD;
}

static struct leat_lexer begin(const char *sql, size_t size, uint64_t sql_mode)
{
    return (struct leat_lexer){
        .at = sql,
        .end = sql ? sql + size : sql,
        .ansi_quotes = sql_mode & LEAT_SQL_MODE_ANSI_QUOTES,
        .no_backslash = sql_mode & LEAT_SQL_MODE_NO_BACKSLASH_ESCAPES,
    };
}

void leat_lexer_begin(struct leat_lexer *lexer, const char *sql, size_t size, uint64_t sql_mode)
{
    *lexer = begin(sql, size, sql_mode);
    leat_lexer_next(lexer);
}

void leat_lexer_begin_mysql(struct leat_lexer *lexer, const char *sql, size_t size, uint64_t sql_mode)
{
    *lexer = begin(sql, size, sql_mode);
    lexer->mysql = true;
    leat_lexer_next(lexer);
}

/* Not strncasecmp: what a key word is must not depend on a locale. */
bool leat_lexer_is(const struct leat_lexer *lexer, const char *word)
{
    if (lexer->token != LEAT_TOKEN_WORD && lexer->token != LEAT_TOKEN_OTHER)
        return false;
    for (size_t i = 0; i < lexer->size; i++) {
        char c = lexer->bytes[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c != word[i] || !c)
            return false;
    }
    return word[lexer->size] == 0;
}

bool leat_lexer_take(struct leat_lexer *lexer, const char *word)
{
    if (!leat_lexer_is(lexer, word))
        return false;
    leat_lexer_next(lexer);
    return true;
}
