/* Words of SQL: what remains of a statement without spaces and comments. Not for other rooms. */
#ifndef LEAT_SCHEMA_LEXER_INT_H
#define LEAT_SCHEMA_LEXER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum leat_token {
    LEAT_TOKEN_END = 0,
    LEAT_TOKEN_WORD,   /* a key word or an unquoted name */
    LEAT_TOKEN_NAME,   /* a quoted name; bytes are between the quotes, doubled ones still doubled */
    LEAT_TOKEN_STRING, /* bytes are between the quotes */
    LEAT_TOKEN_OTHER   /* one byte of anything else */
};

/* Plain value: a copy of it is a bookmark. Borrows the statement. */
struct leat_lexer {
    const char *at, *end;
    bool ansi_quotes, no_backslash;
    bool mysql;       /* for which MariaDB's conditional comments are comments */
    bool conditional; /* within a conditional comment, whose end is passed over */
    /* The token found last. */
    enum leat_token token;
    const char *bytes;
    size_t size;
    char quote;
};

enum { LEAT_SQL_MODE_ANSI_QUOTES = 4, LEAT_SQL_MODE_NO_BACKSLASH_ESCAPES = 1 << 20 };

/* Finds the first token. */
void leat_lexer_begin(struct leat_lexer *lexer, const char *sql, size_t size, uint64_t sql_mode);
/* The same, as MySQL reads it. */
void leat_lexer_begin_mysql(struct leat_lexer *lexer, const char *sql, size_t size, uint64_t sql_mode);
enum leat_token leat_lexer_next(struct leat_lexer *lexer);

/* Whether the token is this key word (in capitals), or this single byte. */
bool leat_lexer_is(const struct leat_lexer *lexer, const char *word);
/* The same, and on to the next token if it is. */
bool leat_lexer_take(struct leat_lexer *lexer, const char *word);

#endif
