/* Rules about columns: from text, and which of them count for a column. */
#include "columns_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

enum { COUNT_MAX = 65535 };

static int bad_rule(const struct leat_pair *pair, const char *why, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "column rule \"%.300s: %.200s\": %s", pair->name, pair->value, why);
    return leat_cure(err, "write `database.table.column: WHAT`, where WHAT is include, exclude, rename NAME, hash, redact, last N or truncate N, "
                          "or several with commas between");
}

static void to_lower(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
}

/* The text behind a word and what parts it from that; NULL: the word isn't there. */
static const char *behind(const char *text, const char *word)
{
    size_t size = strlen(word);
    if (strncasecmp(text, word, size) != 0)
        return NULL;
    size_t gap = strspn(text + size, ": ");
    return text[size] == 0 || gap ? text + size + gap : NULL;
}

static bool read_count(unsigned *count, const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *count = (unsigned)value;
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0 && value <= COUNT_MAX;
}

static const char *set_mask(struct column_rule *rule, enum column_mask mask, const char *rest)
{
    if (rule->mask)
        return "two masks";
    rule->mask = mask;
    if (mask == MASK_HASH || mask == MASK_REDACT)
        return *rest ? "something follows the mask's name" : NULL;
    return read_count(&rule->count, rest) ? NULL : "a number of characters must follow, from 0 to 65535";
}

static const char *set_name(struct column_rule *rule, const char *rest)
{
    if (rule->name)
        return "two names";
    if (!*rest || strlen(rest) > LEAT_NAME_BYTES_MAX)
        return "rename needs a name of at most 64 characters";
    rule->name = leat_strdup(rest);
    return NULL;
}

/* NULL, or what is wrong with it. */
static const char *read_one(struct column_rule *rule, const char *text)
{
    static const struct {
        const char *word;
        enum column_mask mask;
    } masks[] = {{"hash", MASK_HASH}, {"redact", MASK_REDACT}, {"last", MASK_LAST}, {"truncate", MASK_TRUNCATE}};
    const char *rest;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
        if ((rest = behind(text, masks[i].word)))
            return set_mask(rule, masks[i].mask, rest);
    if ((rest = behind(text, "rename")))
        return set_name(rule, rest);
    if ((rest = behind(text, "include")) && !*rest) {
        rule->include = true;
        return NULL;
    }
    if ((rest = behind(text, "exclude")) && !*rest) {
        rule->exclude = true;
        return NULL;
    }
    return "that is nothing that can be done to a column";
}

static const char *read_actions(struct column_rule *rule, const char *text)
{
    char *copy = leat_strdup(text), *rest = copy, *one;
    const char *wrong = NULL;
    while (!wrong && (one = strsep(&rest, ","))) {
        one += strspn(one, " ");
        size_t size = strlen(one);
        while (size && one[size - 1] == ' ')
            one[--size] = 0;
        wrong = read_one(rule, one);
    }
    free(copy);
    if (!wrong && rule->exclude && (rule->include || rule->mask || rule->name))
        wrong = "what is left out can't be shown otherwise";
    return wrong;
}

int column_rules_read(struct column_rules *rules, const struct leat_pairs *pairs, struct leat_error *err)
{
    size_t count = pairs ? pairs->count : 0;
    rules->all = leat_alloc_zero(count ? count : 1, sizeof *rules->all);
    rules->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct leat_pair *pair = &pairs->list[i];
        struct column_rule *rule = &rules->all[i];
        struct pattern_part parts[3] = {0};
        const char *wrong = pattern_parse(parts, 3, pair->name);
        rule->text = leat_strdup(pair->name);
        rule->database = parts[0];
        rule->table = parts[1];
        rule->column = parts[2];
        if (!wrong)
            wrong = read_actions(rule, pair->value);
        if (wrong)
            return bad_rule(pair, wrong, err);
        to_lower(rule->column.text, rule->column.size);
        rules->hide = rules->hide || rule->include || rule->exclude || rule->mask;
        rules->hash = rules->hash || rule->mask == MASK_HASH;
    }
    return LEAT_OK;
}

void column_rules_free(struct column_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        pattern_free(&rules->all[i].database);
        pattern_free(&rules->all[i].table);
        pattern_free(&rules->all[i].column);
        free(rules->all[i].text);
        free(rules->all[i].name);
    }
    free(rules->all);
}

static bool matches_table(const struct column_rule *rule, const struct leat_table_view *view)
{
    return pattern_matches(&rule->database, view->database.bytes, view->database.size) &&
           pattern_matches(&rule->table, view->name.bytes, view->name.size);
}

static bool matches_column(const struct column_rule *rule, const struct leat_column *column)
{
    char name[LEAT_NAME_BYTES_MAX];
    size_t size = column->name.size < sizeof name ? column->name.size : sizeof name;
    memcpy(name, column->name.bytes, size);
    to_lower(name, size);
    return pattern_matches(&rule->column, name, size);
}

const struct column_rule *column_rules_of(const struct column_rules *rules, const struct leat_table_view *view)
{
    for (size_t i = 0; i < rules->count; i++)
        if (matches_table(&rules->all[i], view))
            return &rules->all[i];
    return NULL;
}

/* `included`: which columns an include rule matched. */
static void apply_rule(const struct column_rule *rule, const struct leat_table_view *view, struct column_fate *fates, bool *included)
{
    for (uint32_t i = 0; i < view->column_count; i++) {
        if (!matches_column(rule, &view->columns[i]))
            continue;
        included[i] = included[i] || rule->include;
        fates[i].excluded = fates[i].excluded || rule->exclude;
        if (rule->mask && !fates[i].mask)
            fates[i].mask = rule;
        if (rule->name && !fates[i].name)
            fates[i].name = rule->name;
    }
}

bool column_rules_apply(const struct column_rules *rules, const struct leat_table_view *view, struct column_fate *fates)
{
    bool any = false, only_included = false;
    bool *included = leat_alloc_zero(view->column_count ? view->column_count : 1, sizeof *included);
    for (size_t i = 0; i < rules->count; i++) {
        if (!matches_table(&rules->all[i], view))
            continue;
        any = true;
        only_included = only_included || rules->all[i].include;
        apply_rule(&rules->all[i], view, fates, included);
    }
    for (uint32_t i = 0; only_included && i < view->column_count; i++)
        fates[i].excluded = fates[i].excluded || !included[i];
    free(included);
    return any;
}

/* A slip of the pen in such a rule would show what was to be hidden. With a wildcard in any part, it may well match nothing. */
const struct column_rule *column_rules_astray(const struct column_rules *rules, const struct leat_table_view *view)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct column_rule *rule = &rules->all[i];
        if (rule->database.kind != PATTERN_LITERAL || rule->table.kind != PATTERN_LITERAL || rule->column.kind != PATTERN_LITERAL ||
            !matches_table(rule, view))
            continue;
        bool found = false;
        for (uint32_t k = 0; k < view->column_count && !found; k++)
            found = matches_column(rule, &view->columns[k]);
        if (!found)
            return rule;
    }
    return NULL;
}
