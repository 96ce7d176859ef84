/* See names_int.h. A definition is made once for each that the binlog has, and kept. */
#include "names_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct given {
    char *text; /* what the others point into */
    const char *database, *table;
    struct leat_text *columns;
    bool *key;
    uint32_t count;
};

struct made {
    uint64_t id; /* of the binlog's own */
    struct leat_table *table;
};

struct names {
    struct given *given;
    size_t given_count;
    struct made *made;
    size_t made_count, last;
};

static int parse(struct given *given, const char *text, const struct cli_args *args, struct leat_error *err)
{
    given->text = leat_strdup(text);
    char *equals = strchr(given->text, '='), *dot = equals ? memchr(given->text, '.', (size_t)(equals - given->text)) : NULL, *rest;
    if (!dot || dot == given->text || dot + 1 == equals || !equals[1])
        return cli_usage_fail(args, err, "--columns: \"%.200s\" is not DATABASE.TABLE=COLUMN,…, as in shop.orders=id*,customer,total", text);
    *dot = *equals = 0;
    given->database = given->text;
    given->table = dot + 1;
    given->columns = leat_alloc_zero(LEAT_COLUMNS_MAX, sizeof *given->columns);
    given->key = leat_alloc_zero(LEAT_COLUMNS_MAX, sizeof *given->key);
    for (char *name = strtok_r(equals + 1, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        size_t size = strlen(name);
        if (given->count == LEAT_COLUMNS_MAX || size > LEAT_NAME_BYTES_MAX)
            return cli_usage_fail(args, err, "--columns: %.200s.%.200s has too many names, or too long ones", given->database, given->table);
        given->key[given->count] = size > 1 && name[size - 1] == '*';
        size -= given->key[given->count];
        name[size] = 0;
        given->columns[given->count++] = (struct leat_text){name, (uint32_t)size};
    }
    return LEAT_OK;
}

int names_new(struct names **out, struct cli_args *args, struct leat_error *err)
{
    size_t count;
    const char *const *values = cli_args_values(args, "columns", &count);
    *out = NULL;
    if (!count)
        return LEAT_OK;
    struct names *names = leat_alloc_zero(1, sizeof *names);
    names->given = leat_alloc_zero(count, sizeof *names->given);
    for (; names->given_count < count; names->given_count++)
        if (parse(&names->given[names->given_count], values[names->given_count], args, err)) {
            names->given_count++;
            names_free(&names);
            return LEAT_FAIL;
        }
    *out = names;
    return LEAT_OK;
}

void names_free(struct names **names)
{
    if (!*names)
        return;
    for (size_t i = 0; i < (*names)->given_count; i++) {
        free((*names)->given[i].text);
        free((*names)->given[i].columns);
        free((*names)->given[i].key);
    }
    for (size_t i = 0; i < (*names)->made_count; i++)
        leat_table_release(&(*names)->made[i].table);
    free((*names)->given);
    free((*names)->made);
    free(*names);
    *names = NULL;
}

static struct leat_table *with_names(const struct leat_table_view *view, const struct given *given)
{
    struct leat_table_view named = *view;
    struct leat_column *columns = leat_memdup(view->columns, view->column_count * sizeof *columns);
    struct leat_key_part *key = leat_alloc_zero(view->column_count, sizeof *key);
    uint32_t key_count = 0;
    for (uint32_t i = 0; i < view->column_count; i++) {
        columns[i].name = given->columns[i];
        if (!given->key[i])
            continue;
        columns[i].flags |= LEAT_COLUMN_PRIMARY;
        key[key_count++].column = i;
    }
    named.columns = columns;
    named.flags |= LEAT_TABLE_NAMED;
    if (key_count) {
        named.flags |= LEAT_TABLE_KEY_KNOWN;
        named.key = key;
        named.key_count = key_count;
    }
    struct leat_table *table = leat_table_new(&named);
    free(columns);
    free(key);
    return table;
}

static int make(struct names *names, const struct leat_rows *rows, struct made *made, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(rows->table);
    made->table = leat_table_hold(rows->table);
    for (size_t i = 0; i < names->given_count && !(view->flags & LEAT_TABLE_NAMED); i++) {
        const struct given *given = &names->given[i];
        if (strcmp(given->database, view->database.bytes) || strcmp(given->table, view->name.bytes))
            continue;
        if (given->count != view->column_count)
            return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                             "--columns names %u columns of %s.%s, and in the event at position %llu it has %u", given->count,
                             given->database, given->table, (unsigned long long)rows->pos, view->column_count);
        leat_table_release(&made->table);
        made->table = with_names(view, given);
        return LEAT_OK;
    }
    return LEAT_OK;
}

int names_apply(struct names *names, const struct leat_rows *rows, struct leat_table **table, struct leat_error *err)
{
    uint64_t id = leat_table_view(rows->table)->id;
    for (size_t i = 0; i < names->made_count; i++) {
        size_t at = (names->last + i) % names->made_count;
        if (names->made[at].id == id) {
            names->last = at;
            *table = names->made[at].table;
            return LEAT_OK;
        }
    }
    names->made = leat_realloc(names->made, (names->made_count + 1) * sizeof *names->made);
    struct made *made = &names->made[names->made_count];
    *made = (struct made){id, NULL};
    int rc = make(names, rows, made, err);
    names->last = names->made_count++;
    *table = made->table;
    return rc;
}
