/* The format "leat": what only a definition tells of a table, in its line: types and defaults as the server prints them, what is
 * generated, keys and foreign keys. */
#include "lines_int.h"

#include "base/json.h"

static void put_text(struct leat_buf *buf, const char *name, struct leat_text text)
{
    leat_buf_printf(buf, ",\"%s\":", name);
    leat_json_string(buf, text.bytes, text.size);
}

void leat_lines_defined_column(struct leat_buf *buf, const struct leat_column *column)
{
    if (column->type_text.size)
        put_text(buf, "declared", column->type_text);
    if (column->flags & LEAT_COLUMN_GENERATED) {
        leat_buf_puts(buf, column->flags & LEAT_COLUMN_STORED ? ",\"stored\":true" : ",\"stored\":false");
        put_text(buf, "expression", column->default_value);
    } else if (column->flags & LEAT_COLUMN_HAS_DEFAULT) {
        put_text(buf, column->flags & LEAT_COLUMN_DEFAULT_EXPRESSION ? "default_expression" : "default", column->default_value);
    }
    if (column->flags & LEAT_COLUMN_AUTO_INCREMENT)
        leat_buf_puts(buf, ",\"auto_increment\":true");
}

static void put_column_name(struct leat_buf *buf, const struct leat_table_view *view, uint32_t column)
{
    if (column >= view->column_count)
        leat_buf_puts(buf, "null");
    else
        leat_json_string(buf, view->columns[column].name.bytes, view->columns[column].name.size);
}

static void put_index(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_index *index)
{
    leat_buf_puts(buf, "{\"name\":");
    leat_json_string(buf, index->name.bytes, index->name.size);
    leat_buf_puts(buf, index->flags & LEAT_INDEX_UNIQUE ? ",\"unique\":true" : ",\"unique\":false");
    if (index->flags & (LEAT_INDEX_FULLTEXT | LEAT_INDEX_SPATIAL))
        leat_buf_printf(buf, ",\"kind\":\"%s\"", index->flags & LEAT_INDEX_FULLTEXT ? "fulltext" : "spatial");
    leat_buf_puts(buf, ",\"columns\":[");
    bool prefixes = false;
    for (uint32_t i = 0; i < index->part_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        put_column_name(buf, view, index->parts[i].column);
        prefixes = prefixes || index->parts[i].prefix;
    }
    leat_buf_puts(buf, prefixes ? "],\"prefixes\":[" : "");
    for (uint32_t i = 0; prefixes && i < index->part_count; i++)
        leat_buf_printf(buf, "%s%u", i ? "," : "", index->parts[i].prefix);
    leat_buf_puts(buf, "]}");
}

static void put_foreign_key(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_foreign_key *key)
{
    leat_buf_puts(buf, "{\"name\":");
    leat_json_string(buf, key->name.bytes, key->name.size);
    leat_buf_puts(buf, ",\"columns\":[");
    for (uint32_t i = 0; i < key->column_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        put_column_name(buf, view, key->columns[i]);
    }
    leat_buf_u8(buf, ']');
    put_text(buf, "db", key->database);
    put_text(buf, "table", key->table);
    leat_buf_puts(buf, ",\"references\":[");
    for (uint32_t i = 0; i < key->column_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        leat_json_string(buf, key->referenced[i].bytes, key->referenced[i].size);
    }
    leat_buf_u8(buf, ']');
    if (key->on_delete.size)
        put_text(buf, "on_delete", key->on_delete);
    if (key->on_update.size)
        put_text(buf, "on_update", key->on_update);
    leat_buf_u8(buf, '}');
}

void leat_lines_defined_keys(struct leat_buf *buf, const struct leat_table_view *view)
{
    if (!(view->flags & LEAT_TABLE_DEFINED))
        return;
    leat_buf_puts(buf, ",\"indexes\":[");
    for (uint32_t i = 0; i < view->index_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        put_index(buf, view, &view->indexes[i]);
    }
    leat_buf_puts(buf, "],\"foreign_keys\":[");
    for (uint32_t i = 0; i < view->foreign_key_count; i++) {
        leat_buf_puts(buf, i ? "," : "");
        put_foreign_key(buf, view, &view->foreign_keys[i]);
    }
    leat_buf_u8(buf, ']');
}
