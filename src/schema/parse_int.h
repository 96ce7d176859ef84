/* Reading statements that define tables. What isn't understood is said once, in `why`, and everything after it returns false. Not for
 * other rooms. */
#ifndef LEAT_SCHEMA_PARSE_INT_H
#define LEAT_SCHEMA_PARSE_INT_H

#include "catalog_int.h"
#include "lexer_int.h"

enum { LEAT_PARSE_WHY_SIZE = 256 };

struct leat_parse {
    struct leat_lexer lexer;
    const struct leat_catalog_server *server;
    uint64_t sql_mode;
    const char *database; /* the session's default */
    char why[LEAT_PARSE_WHY_SIZE]; /* empty while all was understood */
};

/* Says what isn't understood, with where; returns false. */
bool leat_parse_fail(struct leat_parse *parse, const char *what);

static inline bool leat_parse_is(const struct leat_parse *parse, const char *word)
{
    return leat_lexer_is(&parse->lexer, word);
}

static inline bool leat_parse_take(struct leat_parse *parse, const char *word)
{
    return leat_lexer_take(&parse->lexer, word);
}

/* The first and then the second word, or neither. */
bool leat_parse_take_two(struct leat_parse *parse, const char *first, const char *second);
/* The word must be there. */
bool leat_parse_want(struct leat_parse *parse, const char *word);
/* A name, unquoted, into `name`. */
bool leat_parse_name(struct leat_parse *parse, char name[LEAT_NAME_BYTES_MAX + 1]);
/* table or database.table, the database being the session's where none is said. */
bool leat_parse_table(struct leat_parse *parse, char database[LEAT_NAME_BYTES_MAX + 1], char name[LEAT_NAME_BYTES_MAX + 1]);
/* Passes over IF EXISTS and IF NOT EXISTS; true if it was there. */
bool leat_parse_if_exists(struct leat_parse *parse);
/* Over what stands in parentheses, from the opening one; false if they don't close. */
bool leat_parse_skip_parentheses(struct leat_parse *parse);

#endif
