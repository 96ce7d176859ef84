/* Patterns of names, "database.table" and "database.table.column", part by part: literal text or a glob. Pure. */
#ifndef LEAT_FILTER_PATTERN_INT_H
#define LEAT_FILTER_PATTERN_INT_H

#include <stdbool.h>
#include <stddef.h>

enum pattern_kind { PATTERN_LITERAL, PATTERN_GLOB, PATTERN_ANY };

struct pattern_part {
    enum pattern_kind kind;
    char *text; /* owned; without the backquotes */
    size_t size;
};

/* Splits a text into so many (2 or 3) parts, which are zero before. NULL, or what is wrong with it; the parts are freed either way. */
const char *pattern_parse(struct pattern_part *parts, unsigned count, const char *text);
void pattern_free(struct pattern_part *part);
bool pattern_matches(const struct pattern_part *part, const char *text, size_t size);

#endif
