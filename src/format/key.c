/* Which columns are a row's key. Pure. */
#include "key_int.h"

#include "key_rules_int.h"

/* False if a part is an expression, no column of the table, one that is there twice, or (with `whole`) a prefix or one that may
 * be NULL. */
static bool take(uint32_t *columns, const struct leat_table_view *view, const struct leat_key_part *parts, uint32_t count,
                 bool whole)
{
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].column >= view->column_count)
            return false;
        if (whole && (parts[i].prefix || view->columns[parts[i].column].flags & LEAT_COLUMN_NULLABLE))
            return false;
        for (uint32_t k = 0; k < i; k++)
            if (columns[k] == parts[i].column)
                return false;
        columns[i] = parts[i].column;
    }
    return count > 0;
}

uint32_t leat_key_find(uint32_t *columns, const struct leat_table_view *view, const struct leat_key_choice *choice)
{
    if (choice && choice->rules && view->flags & LEAT_TABLE_NAMED) {
        uint32_t count = leat_key_rules_find(columns, view, choice->rules);
        if (count)
            return count;
    }
    if (view->flags & LEAT_TABLE_KEY_KNOWN && view->key_count <= view->column_count &&
        take(columns, view, view->key, view->key_count, false))
        return view->key_count;
    if (!choice || !choice->unique || !(view->flags & LEAT_TABLE_DEFINED))
        return 0;
    for (uint32_t i = 0; i < view->index_count; i++) {
        const struct leat_index *index = &view->indexes[i];
        if (index->flags & LEAT_INDEX_UNIQUE && index->part_count <= view->column_count &&
            take(columns, view, index->parts, index->part_count, true))
            return index->part_count;
    }
    return 0;
}
