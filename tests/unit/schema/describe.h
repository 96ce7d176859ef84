/* A definition as one line of text, for tests: columns, then keys. */
#ifndef LEAT_TEST_DESCRIBE_H
#define LEAT_TEST_DESCRIBE_H

#include "catalog_helpers.h"

static inline void describe_column(struct leat_buf *buf, const struct leat_column *column)
{
    leat_buf_printf(buf, "%s %s", column->name.bytes, column->type_text.bytes);
    if (column->collation && column->collation != LEAT_COLLATION_BINARY)
        leat_buf_printf(buf, " #%u", column->collation);
    leat_buf_puts(buf, column->flags & LEAT_COLUMN_NULLABLE ? "" : " NOT NULL");
    if (column->flags & LEAT_COLUMN_GENERATED)
        leat_buf_printf(buf, " AS (%s)%s", column->default_value.bytes, column->flags & LEAT_COLUMN_STORED ? " STORED" : "");
    else if (column->flags & LEAT_COLUMN_HAS_DEFAULT)
        leat_buf_printf(buf, " = %s", column->default_value.bytes);
    leat_buf_puts(buf, column->flags & LEAT_COLUMN_AUTO_INCREMENT ? " AUTO_INCREMENT" : "");
    leat_buf_puts(buf, column->flags & LEAT_COLUMN_INVISIBLE ? " INVISIBLE" : "");
}

static inline void describe_parts(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_key_part *parts,
                                  uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool expression = parts[i].column == LEAT_KEY_PART_EXPRESSION;
        leat_buf_printf(buf, "%s%s", i ? "," : "(", expression ? "?" : view->columns[parts[i].column].name.bytes);
        if (parts[i].prefix)
            leat_buf_printf(buf, "(%u)", parts[i].prefix);
    }
    leat_buf_puts(buf, ")");
}

/* Valid until the next. */
static inline const char *describe(const struct leat_table *table)
{
    static struct leat_buf buf;
    const struct leat_table_view *view = leat_table_view(table);
    leat_buf_clear(&buf);
    for (uint32_t i = 0; i < view->column_count; i++) {
        leat_buf_puts(&buf, i ? ", " : "");
        describe_column(&buf, &view->columns[i]);
    }
    if (view->key_count) {
        leat_buf_puts(&buf, "; PRIMARY");
        describe_parts(&buf, view, view->key, view->key_count);
    }
    for (uint32_t i = 0; i < view->index_count; i++) {
        uint32_t flags = view->indexes[i].flags;
        leat_buf_printf(&buf, "; %s%s", flags & LEAT_INDEX_UNIQUE ? "UNIQUE " : flags & LEAT_INDEX_FULLTEXT ? "FULLTEXT " : flags & LEAT_INDEX_SPATIAL ? "SPATIAL " : "",
                        view->indexes[i].name.bytes);
        describe_parts(&buf, view, view->indexes[i].parts, view->indexes[i].part_count);
    }
    for (uint32_t i = 0; i < view->foreign_key_count; i++) {
        const struct leat_foreign_key *foreign = &view->foreign_keys[i];
        leat_buf_printf(&buf, "; FOREIGN %s(", foreign->name.bytes);
        for (uint32_t k = 0; k < foreign->column_count; k++)
            leat_buf_printf(&buf, "%s%s", k ? "," : "", view->columns[foreign->columns[k]].name.bytes);
        leat_buf_printf(&buf, ") %s.%s(%s)", foreign->database.bytes, foreign->table.bytes, foreign->referenced[0].bytes);
        leat_buf_printf(&buf, "%s%s%s%s", foreign->on_delete.size ? " DELETE " : "", foreign->on_delete.bytes,
                        foreign->on_update.size ? " UPDATE " : "", foreign->on_update.bytes);
    }
    return leat_buf_cstr(&buf);
}

/* "unknown", "unsure: why", or the definition. */
static inline const char *describe_of(const struct leat_catalog *catalog, const char *database, const char *name)
{
    static char unsure[300];
    struct leat_table *table = NULL;
    struct leat_text why;
    enum leat_catalog_known known = leat_catalog_find(catalog, database, name, &table, &why);
    if (known != LEAT_CATALOG_DEFINED) {
        snprintf(unsure, sizeof unsure, known == LEAT_CATALOG_UNKNOWN ? "unknown" : "unsure: %.200s", why.bytes);
        return unsure;
    }
    const char *text = describe(table);
    leat_table_release(&table);
    return text;
}

#endif
