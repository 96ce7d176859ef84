/* What differs between two definitions of a table. Columns and keys are the same if their names are; a column that went and another that
 * came in its place, alike but for the name, was renamed as far as can be told. Pure. */
#include "schema_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "format/create.h"

struct comparing {
    const struct leat_table_view *before, *after;
    void (*each)(void *context, const struct schema_change *change);
    void *context;
    struct leat_buf from, to;
};

static bool same(struct leat_text a, struct leat_text b)
{
    return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

static void give(struct comparing *comparing, const char *what, const char *name, const char *old_name)
{
    const struct schema_change change = {.what = what,
                                         .name = name,
                                         .old_name = old_name,
                                         .from = leat_buf_cstr(&comparing->from),
                                         .to = leat_buf_cstr(&comparing->to)};
    comparing->each(comparing->context, &change);
}

static bool differ(const struct comparing *comparing)
{
    return comparing->from.size != comparing->to.size ||
           (comparing->from.size && memcmp(comparing->from.data, comparing->to.data, comparing->from.size) != 0);
}

static void clear(struct comparing *comparing)
{
    leat_buf_clear(&comparing->from);
    leat_buf_clear(&comparing->to);
}

/* ---- Columns ---- */

static uint32_t find_column(const struct leat_table_view *view, struct leat_text name)
{
    for (uint32_t i = 0; i < view->column_count; i++)
        if (same(view->columns[i].name, name))
            return i;
    return UINT32_MAX;
}

/* The columns at i, as text. */
static void describe(struct comparing *comparing, uint32_t before, uint32_t after)
{
    clear(comparing);
    if (before != UINT32_MAX)
        leat_create_column(&comparing->from, comparing->before, before);
    if (after != UINT32_MAX)
        leat_create_column(&comparing->to, comparing->after, after);
}

/* What the column of before at i became: its index, or UINT32_MAX. */
static uint32_t successor(struct comparing *comparing, uint32_t i, bool *renamed)
{
    uint32_t at = find_column(comparing->after, comparing->before->columns[i].name);
    *renamed = false;
    if (at != UINT32_MAX || i >= comparing->after->column_count ||
        find_column(comparing->before, comparing->after->columns[i].name) != UINT32_MAX)
        return at;
    describe(comparing, i, i);
    *renamed = !differ(comparing);
    return *renamed ? i : UINT32_MAX;
}

static void compare_columns(struct comparing *comparing)
{
    const struct leat_table_view *before = comparing->before, *after = comparing->after;
    bool *taken = leat_alloc_zero(after->column_count + 1, sizeof *taken), reordered = false;
    uint32_t last = 0;
    for (uint32_t i = 0; before && i < before->column_count; i++) {
        bool renamed;
        uint32_t at = successor(comparing, i, &renamed);
        describe(comparing, i, at);
        if (at == UINT32_MAX) {
            give(comparing, "column_dropped", before->columns[i].name.bytes, NULL);
            continue;
        }
        taken[at] = true;
        reordered = reordered || at < last;
        last = at;
        if (renamed)
            give(comparing, "column_renamed", after->columns[at].name.bytes, before->columns[i].name.bytes);
        else if (differ(comparing))
            give(comparing, "column_changed", after->columns[at].name.bytes, NULL);
    }
    for (uint32_t i = 0; i < after->column_count; i++) {
        if (taken[i])
            continue;
        describe(comparing, UINT32_MAX, i);
        give(comparing, "column_added", after->columns[i].name.bytes, NULL);
    }
    free(taken);
    clear(comparing);
    if (reordered)
        give(comparing, "columns_reordered", NULL, NULL);
}

/* ---- Keys ---- */

/* Names of columns that were renamed don't make a key another, but its text does say the new ones: fine for who reads it. */
static void tell_key(struct comparing *comparing, const char *kind, const char *name)
{
    char what[40];
    if (!differ(comparing))
        return;
    snprintf(what, sizeof what, "%s_%s", kind, !comparing->from.size ? "added" : !comparing->to.size ? "dropped" : "changed");
    give(comparing, what, name, NULL);
}

static void compare_primary(struct comparing *comparing)
{
    clear(comparing);
    if (comparing->before && comparing->before->key_count)
        leat_create_parts(&comparing->from, comparing->before, comparing->before->key, comparing->before->key_count);
    if (comparing->after->key_count)
        leat_create_parts(&comparing->to, comparing->after, comparing->after->key, comparing->after->key_count);
    tell_key(comparing, "primary_key", NULL);
}

static const struct leat_index *find_index(const struct leat_table_view *view, struct leat_text name)
{
    for (uint32_t i = 0; view && i < view->index_count; i++)
        if (same(view->indexes[i].name, name))
            return &view->indexes[i];
    return NULL;
}

static void compare_indexes(struct comparing *comparing)
{
    const struct leat_table_view *before = comparing->before, *after = comparing->after;
    for (uint32_t i = 0; before && i < before->index_count; i++) {
        const struct leat_index *index = &before->indexes[i], *now = find_index(after, index->name);
        clear(comparing);
        leat_create_index(&comparing->from, before, index);
        if (now)
            leat_create_index(&comparing->to, after, now);
        tell_key(comparing, "key", index->name.bytes);
    }
    for (uint32_t i = 0; i < after->index_count; i++) {
        clear(comparing);
        if (find_index(before, after->indexes[i].name))
            continue;
        leat_create_index(&comparing->to, after, &after->indexes[i]);
        tell_key(comparing, "key", after->indexes[i].name.bytes);
    }
}

static const struct leat_foreign_key *find_foreign(const struct leat_table_view *view, struct leat_text name)
{
    for (uint32_t i = 0; view && i < view->foreign_key_count; i++)
        if (same(view->foreign_keys[i].name, name))
            return &view->foreign_keys[i];
    return NULL;
}

static void compare_foreign_keys(struct comparing *comparing)
{
    const struct leat_table_view *before = comparing->before, *after = comparing->after;
    for (uint32_t i = 0; before && i < before->foreign_key_count; i++) {
        const struct leat_foreign_key *key = &before->foreign_keys[i], *now = find_foreign(after, key->name);
        clear(comparing);
        leat_create_foreign_key(&comparing->from, before, key);
        if (now)
            leat_create_foreign_key(&comparing->to, after, now);
        tell_key(comparing, "foreign_key", key->name.bytes);
    }
    for (uint32_t i = 0; i < after->foreign_key_count; i++) {
        clear(comparing);
        if (find_foreign(before, after->foreign_keys[i].name))
            continue;
        leat_create_foreign_key(&comparing->to, after, &after->foreign_keys[i]);
        tell_key(comparing, "foreign_key", after->foreign_keys[i].name.bytes);
    }
}

void schema_compare(const struct leat_table_view *before, const struct leat_table_view *after,
                    void (*each)(void *context, const struct schema_change *change), void *context)
{
    struct comparing comparing = {.before = before, .after = after, .each = each, .context = context};
    compare_columns(&comparing);
    compare_primary(&comparing);
    compare_indexes(&comparing);
    compare_foreign_keys(&comparing);
    leat_buf_free(&comparing.from);
    leat_buf_free(&comparing.to);
}
