/* Keys that a user chose: rules of regular expressions, compiled once and asked once a definition. */
#include "key_rules_int.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "java_regex_int.h"

struct rule {
    regex_t table, column;
};

struct leat_key_rules {
    struct rule *list;
    size_t count;
};

static int compile(regex_t *to, const char *at, size_t size, struct leat_error *err)
{
    while (size && isspace((unsigned char)*at))
        at++, size--;
    while (size && isspace((unsigned char)at[size - 1]))
        size--;
    struct leat_buf text = {0};
    bool fine = size && leat_java_regex(&text, at, size, NULL) &&
                regcomp(to, leat_buf_cstr(&text), REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
    leat_buf_free(&text);
    if (fine)
        return LEAT_OK;
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "\"%.*s\" is not a regular expression that can be taken here",
              (int)(size < 200 ? size : 200), at);
    return leat_cure(err, "POSIX extended expressions are, with \\d, \\w and \\s outside of brackets; without (?…) and lazy or "
                          "possessive quantifiers");
}

static int add(struct leat_key_rules *rules, const char *table, size_t table_size, const char *column, size_t column_size,
               struct leat_error *err)
{
    struct rule rule;
    if (compile(&rule.table, table, table_size, err))
        return LEAT_FAIL;
    if (compile(&rule.column, column, column_size, err)) {
        regfree(&rule.table);
        return LEAT_FAIL;
    }
    rules->list = leat_realloc(rules->list, sizeof *rules->list * (rules->count + 1));
    rules->list[rules->count++] = rule;
    return LEAT_OK;
}

/* TABLE:COLUMN,COLUMN */
static int add_table(struct leat_key_rules *rules, const char *at, size_t size, struct leat_error *err)
{
    const char *colon = memchr(at, ':', size);
    if (!colon) {
        leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "\"%.*s\" is no rule for a key", (int)(size < 200 ? size : 200), at);
        return leat_cure(err, "DATABASE.TABLE:COLUMN,COLUMN; one after another with ; between");
    }
    const char *end = at + size;
    for (const char *column = colon + 1; column <= end;) {
        const char *comma = memchr(column, ',', (size_t)(end - column));
        const char *stop = comma ? comma : end;
        if (add(rules, at, (size_t)(colon - at), column, (size_t)(stop - column), err))
            return LEAT_FAIL;
        column = stop + 1;
    }
    return LEAT_OK;
}

int leat_key_rules_new(struct leat_key_rules **rules, const char *text, struct leat_error *err)
{
    struct leat_key_rules *made = leat_alloc_zero(1, sizeof *made);
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, ";");
        size_t blank = strspn(at, " \t\n");
        if (blank < size && add_table(made, at, size, err)) {
            leat_key_rules_free(&made);
            return LEAT_FAIL;
        }
        at += size + (at[size] == ';');
    }
    *rules = made;
    return LEAT_OK;
}

void leat_key_rules_free(struct leat_key_rules **rules)
{
    if (!*rules)
        return;
    for (size_t i = 0; i < (*rules)->count; i++) {
        regfree(&(*rules)->list[i].table);
        regfree(&(*rules)->list[i].column);
    }
    free((*rules)->list);
    free(*rules);
    *rules = NULL;
}

uint32_t leat_key_rules_find(uint32_t *columns, const struct leat_table_view *view, const struct leat_key_rules *rules)
{
    struct leat_buf table = {0};
    uint32_t count = 0;
    leat_buf_put(&table, view->database.bytes, view->database.size);
    leat_buf_u8(&table, '.');
    leat_buf_put(&table, view->name.bytes, view->name.size);
    const char *name = leat_buf_cstr(&table);
    for (uint32_t i = 0; i < view->column_count; i++) {
        for (size_t k = 0; k < rules->count; k++) {
            if (regexec(&rules->list[k].table, name, 0, NULL, 0) == 0 &&
                regexec(&rules->list[k].column, view->columns[i].name.bytes, 0, NULL, 0) == 0) {
                columns[count++] = i;
                break;
            }
        }
    }
    leat_buf_free(&table);
    return count;
}
