/* Patterns of tables and what passes them.
 *
 * A pattern is split once, when the filter is made, into a database and a table part; a part is literal text or a
 * glob. Nothing is remembered about tables: callers ask once per definition and keep the answer. */
#include "filter/filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { PATTERN_BYTES_MAX = 1024 };

enum part_kind { PART_LITERAL, PART_GLOB, PART_ANY };

struct part {
    enum part_kind kind;
    char *text; /* owned; without the backquotes */
    size_t size;
};

struct pattern {
    struct part database, table;
};

struct patterns {
    struct pattern *all; /* owned */
    size_t count;
};

struct leat_filter {
    struct patterns tables, excluded;
};

static size_t character_size(const char *text, size_t size)
{
    size_t length = 1;
    while (length < size && ((unsigned char)text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* One star is remembered: a later one can take over whatever an earlier one might have tried, so the work is at most
 * the product of the two lengths. */
static bool glob_matches(const struct part *part, const char *text, size_t size)
{
    size_t at = 0, in = 0, star = SIZE_MAX, star_at = 0;
    while (at < size) {
        if (in < part->size && part->text[in] == '*') {
            star = ++in;
            star_at = at;
        } else if (in < part->size && part->text[in] == '?') {
            in++;
            at += character_size(text + at, size - at);
        } else if (in < part->size && part->text[in] == text[at]) {
            in++;
            at++;
        } else if (star != SIZE_MAX) {
            in = star;
            star_at += character_size(text + star_at, size - star_at);
            at = star_at;
        } else {
            return false;
        }
    }
    while (in < part->size && part->text[in] == '*')
        in++;
    return in == part->size;
}

static bool part_matches(const struct part *part, const char *text, size_t size)
{
    switch (part->kind) {
    case PART_ANY:
        return true;
    case PART_LITERAL:
        return part->size == size && memcmp(part->text, text, size) == 0;
    case PART_GLOB:
        break;
    }
    return glob_matches(part, text, size);
}

static int bad_pattern(const char *pattern, const char *why, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "table pattern \"%.300s\": %s", pattern, why);
    return leat_cure(err, "write database.table, with * and ? where wanted, and backquotes around a part that is to be "
                          "taken literally");
}

/* Doubled backquotes stand for one. *at is moved behind the closing one. */
static int parse_quoted(struct part *part, const char *pattern, const char **at, struct leat_error *err)
{
    const char *from = *at + 1;
    part->text = leat_alloc(strlen(from) + 1);
    part->kind = PART_LITERAL;
    for (;; from++) {
        if (!*from)
            return bad_pattern(pattern, "a backquote is not closed", err);
        if (*from == '`' && *++from != '`')
            break;
        part->text[part->size++] = *from;
    }
    part->text[part->size] = 0;
    *at = from;
    return LEAT_OK;
}

static int parse_part(struct part *part, const char *pattern, const char **at, struct leat_error *err)
{
    if (**at == '`') {
        if (parse_quoted(part, pattern, at, err))
            return LEAT_FAIL;
    } else {
        part->size = strcspn(*at, ".`");
        part->text = leat_strndup(*at, part->size);
        *at += part->size;
        part->kind = !strpbrk(part->text, "*?") ? PART_LITERAL : strcmp(part->text, "*") == 0 ? PART_ANY : PART_GLOB;
    }
    if (part->size == 0)
        return bad_pattern(pattern, "a part is empty", err);
    return LEAT_OK;
}

static int parse_pattern(struct pattern *pattern, const char *text, struct leat_error *err)
{
    const char *at = text;
    if (strlen(text) > PATTERN_BYTES_MAX)
        return bad_pattern(text, "too long", err);
    if (parse_part(&pattern->database, text, &at, err))
        return LEAT_FAIL;
    if (*at != '.')
        return bad_pattern(text, *at ? "a part is quoted as a whole or not at all" : "it has no dot", err);
    at++;
    if (parse_part(&pattern->table, text, &at, err))
        return LEAT_FAIL;
    if (*at)
        return bad_pattern(text, *at == '.' ? "it has more than one dot" : "a part is quoted as a whole or not at all",
                           err);
    return LEAT_OK;
}

static int parse_patterns(struct patterns *patterns, const char *const *texts, size_t count, struct leat_error *err)
{
    patterns->all = leat_alloc_zero(count ? count : 1, sizeof *patterns->all);
    patterns->count = count;
    for (size_t i = 0; i < count; i++)
        if (parse_pattern(&patterns->all[i], texts[i], err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static void free_patterns(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) {
        free(patterns->all[i].database.text);
        free(patterns->all[i].table.text);
    }
    free(patterns->all);
}

int leat_filter_new(struct leat_filter **filter, const char *const *tables, size_t table_count,
                    const char *const *exclude_tables, size_t exclude_count, struct leat_error *err)
{
    struct leat_filter *made = leat_alloc_zero(1, sizeof *made);
    if (parse_patterns(&made->tables, tables, table_count, err) ||
        parse_patterns(&made->excluded, exclude_tables, exclude_count, err)) {
        leat_filter_free(&made);
        return LEAT_FAIL;
    }
    *filter = made;
    return LEAT_OK;
}

void leat_filter_free(struct leat_filter **filter)
{
    if (!*filter)
        return;
    free_patterns(&(*filter)->tables);
    free_patterns(&(*filter)->excluded);
    free(*filter);
    *filter = NULL;
}

static bool any_matches(const struct patterns *patterns, const char *database, size_t database_size, const char *table,
                        size_t table_size)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (part_matches(&patterns->all[i].database, database, database_size) &&
            part_matches(&patterns->all[i].table, table, table_size))
            return true;
    return false;
}

static bool table_passes(const struct leat_filter *filter, const char *database, size_t database_size,
                         const char *table, size_t table_size)
{
    if (filter->tables.count && !any_matches(&filter->tables, database, database_size, table, table_size))
        return false;
    return !any_matches(&filter->excluded, database, database_size, table, table_size);
}

bool leat_filter_table(const struct leat_filter *filter, const char *database, const char *table)
{
    assert(filter && database && table);
    return table_passes(filter, database, strlen(database), table, strlen(table));
}

/* A database passes if some of its tables might: it is excluded only by a pattern that excludes all of its tables. */
static bool database_passes(const struct leat_filter *filter, const char *database, size_t size)
{
    bool wanted = filter->tables.count == 0;
    for (size_t i = 0; i < filter->tables.count && !wanted; i++)
        wanted = part_matches(&filter->tables.all[i].database, database, size);
    for (size_t i = 0; i < filter->excluded.count && wanted; i++)
        wanted = filter->excluded.all[i].table.kind != PART_ANY ||
                 !part_matches(&filter->excluded.all[i].database, database, size);
    return wanted;
}

bool leat_filter_statement(const struct leat_filter *filter, const struct leat_statement *statement)
{
    const struct leat_text *database = &statement->table_database;
    if (statement->table.size) {
        if (!database->size)
            database = &statement->database;
        return table_passes(filter, database->size ? database->bytes : "", database->size, statement->table.bytes,
                            statement->table.size);
    }
    if (database->size)
        return database_passes(filter, database->bytes, database->size);
    return true;
}

bool leat_filter_all(const struct leat_filter *filter)
{
    return filter->tables.count == 0 && filter->excluded.count == 0;
}
