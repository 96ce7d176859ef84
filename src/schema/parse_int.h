/* Reading statements that define tables. What isn't understood is said once, in `why`, and everything after it returns false. Not for
 * other rooms. */
#ifndef LEAT_SCHEMA_PARSE_INT_H
#define LEAT_SCHEMA_PARSE_INT_H

#include "catalog_int.h"
#include "draft_int.h"
#include "lexer_int.h"

enum { LEAT_PARSE_WHY_SIZE = 256 };

struct leat_parse {
    struct leat_lexer lexer;
    const struct leat_catalog_server *server;
    uint64_t sql_mode;
    enum leat_charset spoken; /* as struct leat_draft has it */
    const char *database; /* the session's default */
    char why[LEAT_PARSE_WHY_SIZE]; /* empty while all was understood */
    const char *end; /* behind what leat_parse_skip_parentheses and leat_parse_string went over */
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
/* Behind CHECK: its condition, and whether it is enforced. */
bool leat_parse_check(struct leat_parse *parse);

/* A string constant, its escapes resolved, those that follow it joined; with N or a character set before it. */
bool leat_parse_string(struct leat_parse *parse, struct leat_buf *text);
/* … and whether it is one of hexadecimal digits: x'815F'. */
bool leat_parse_is_hex(const struct leat_parse *parse);
bool leat_parse_number(struct leat_parse *parse, uint32_t *number);
/* Over one value of an option: = and then a word, number, string or list in parentheses. */
bool leat_parse_skip_value(struct leat_parse *parse);
/* Where the token at hand begins, its quote included. */
static inline const char *leat_parse_start(const struct leat_parse *parse)
{
    return parse->lexer.quote ? parse->lexer.bytes - 1 : parse->lexer.bytes;
}

/* parse_type.c: a type with what belongs to it (UNSIGNED, CHARACTER SET …). */
bool leat_parse_type(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column);
/* parse_column.c: NOT NULL AUTO_INCREMENT UNIQUE. */
bool leat_parse_serial_attributes(struct leat_draft *draft, struct leat_draft_column *column);
/* CHARACTER SET x, CHARSET x, COLLATE x, of a column, table or database; COLLATE DEFAULT's collation is "DEFAULT". *found: it was one. */
bool leat_parse_charset(struct leat_parse *parse, enum leat_charset *charset, char collation[64], bool *found);
/* The same, for CHARACTER SET DEFAULT too. */
bool leat_parse_charset_or_usual(struct leat_parse *parse, enum leat_charset *charset, bool *usual, char collation[64], bool *found);

/* parse_column.c: behind a column's name. Keys that it asks for become the draft's. */
bool leat_parse_column(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column);
/* DEFAULT and what follows; behind the word. */
bool leat_parse_default(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column);

/* parse_key.c: a key, foreign key, CHECK or period of CREATE TABLE and ALTER TABLE … ADD. *found: it was one. */
bool leat_parse_key(struct leat_parse *parse, struct leat_draft *draft, bool *found);
/* (a, b(10) DESC, (expression)) */
bool leat_parse_parts(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_key *key);
/* Index options, as far as they go. */
bool leat_parse_key_options(struct leat_parse *parse);
/* REFERENCES table (…) …; of columns that are set. */
bool leat_parse_references(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_foreign *foreign);
/* The key that a foreign key needs; dropped when another one does. */
bool leat_parse_implied_key(struct leat_parse *parse, struct leat_draft *draft, const struct leat_draft_foreign *foreign,
                            struct leat_text name);

/* parse_table.c */
struct leat_table_options {
    enum leat_charset charset;
    bool charset_usual; /* CHARACTER SET DEFAULT: the database's */
    char collation[64];
    bool versioned;
};
/* CHARACTER SET and COLLATE among options, which servers weigh by their order. *found: it was one. */
bool leat_parse_table_charset(struct leat_parse *parse, struct leat_table_options *options, bool *found);
/* One table option; *found: it was one. */
bool leat_parse_table_option(struct leat_parse *parse, struct leat_table_options *options, bool *found);
/* Behind CREATE TABLE's name: elements, options, partitions. The draft has database, name and the database's collation. */
bool leat_parse_create(struct leat_parse *parse, struct leat_draft *draft);
/* One element of CREATE TABLE's list, or of ADD (…): a column at this place (UINT32_MAX: the end) or a key. */
bool leat_parse_element(struct leat_parse *parse, struct leat_draft *draft);
/* The collation that the words of options mean, the draft's where they say nothing. 0: it isn't known. */
uint32_t leat_parse_collation(const struct leat_draft *draft, const struct leat_table_options *options);
/* The same becomes the draft's. */
bool leat_parse_apply_options(struct leat_parse *parse, struct leat_draft *draft, const struct leat_table_options *options);
/* WITH SYSTEM VERSIONING adds two columns where none are said. */
bool leat_parse_add_versioning(struct leat_parse *parse, struct leat_draft *draft);

/* parse_alter.c: behind ALTER TABLE's name. *renamed: to what the draft says. */
bool leat_parse_alter(struct leat_parse *parse, struct leat_draft *draft);

#endif
