/* Entries of a table's history as text, SQL or JSON (docs/schema.md). Main thread. */
#include "schema_int.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "binlog/charset.h"
#include "format/create.h"
#include "schema/collation.h"

static const char *how_name(enum leat_definition_how how)
{
    static const char *const names[] = {"", "read", "told", "statement", "dropped", "unsure"};
    return names[how];
}

/* Bytes that are no UTF-8 (a statement is in its session's character set) are shown as '?'. */
static void put_json_text(struct leat_buf *out, struct leat_text text)
{
    if (leat_json_text(out, text.bytes, text.size))
        return;
    struct leat_buf shown = {0};
    for (uint32_t i = 0; i < text.size;) {
        size_t size = leat_utf8_character(text.bytes + i, text.size - i);
        if (size)
            leat_buf_put(&shown, text.bytes + i, size);
        else
            leat_buf_u8(&shown, '?');
        i += size ? (uint32_t)size : 1;
    }
    leat_json_string(out, shown.data, shown.size);
    leat_buf_free(&shown);
}

/* On one line, and harmless to a terminal. */
static void put_line_text(struct leat_buf *out, struct leat_text text)
{
    for (uint32_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.bytes[i];
        leat_buf_u8(out, byte == '\n' || byte == '\r' || byte == '\t' ? ' ' : byte < 0x20 || byte == 0x7F ? '?' : byte);
    }
}

static void put_cstr_line(struct leat_buf *out, const char *text)
{
    put_line_text(out, (struct leat_text){text, (uint32_t)strlen(text)});
}

/* ---- Text ---- */

static void put_when(struct leat_buf *out, const struct leat_definition_entry *entry)
{
    static const char *const verbs[] = {"", "read from the server", "told by an operator", "", "dropped", "not understood"};
    char time[LEAT_TIME_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    const struct leat_definition *definition = &entry->definition;
    leat_buf_printf(out, "%s  %s:%llu", leat_time_text(time, entry->at_us), entry->place.file, (unsigned long long)entry->place.pos);
    if (entry->gtid.flavour != LEAT_FLAVOUR_NONE)
        leat_buf_printf(out, "  %s", leat_gtid_text(gtid, &entry->gtid));
    if (*verbs[definition->how])
        leat_buf_printf(out, "  %s", verbs[definition->how]);
    if (definition->why.size) {
        leat_buf_puts(out, *verbs[definition->how] ? ": " : "  ");
        put_line_text(out, definition->why);
    }
    leat_buf_u8(out, '\n');
}

static void put_text_change(void *context, const struct schema_change *change)
{
    struct leat_buf *out = context;
    bool column = strncmp(change->what, "column_", 7) == 0;
    const char *ending = strrchr(change->what, '_') + 1;
    char sign = !strcmp(ending, "added") ? '+' : !strcmp(ending, "dropped") ? '-' : '~';
    leat_buf_printf(out, "    %c ", sign);
    if (!strcmp(change->what, "columns_reordered")) {
        leat_buf_puts(out, "columns in another order\n");
        return;
    }
    if (change->old_name) {
        put_cstr_line(out, change->old_name);
        leat_buf_puts(out, " is now ");
    }
    if (!strncmp(change->what, "primary_key", 11))
        leat_buf_puts(out, "PRIMARY KEY ");
    if (column && change->name) {
        put_cstr_line(out, change->name);
        leat_buf_u8(out, ' ');
    }
    put_cstr_line(out, sign == '+' || change->old_name ? change->to : change->from);
    if (sign == '~' && !change->old_name) {
        leat_buf_puts(out, " -> ");
        put_cstr_line(out, change->to);
    }
    leat_buf_u8(out, '\n');
}

static const struct leat_table_view *view_or_null(struct leat_table *table)
{
    return table ? leat_table_view(table) : NULL;
}

static void print_text(struct schema_printer *printer, const struct leat_definition_entry *entry, bool compared)
{
    put_when(&printer->out, entry);
    if (entry->definition.table)
        schema_compare(compared ? view_or_null(printer->before) : NULL, leat_table_view(entry->definition.table), put_text_change,
                       &printer->out);
}

/* ---- SQL ---- */

static int print_sql(struct schema_printer *printer, const struct leat_definition_entry *entry, struct leat_error *err)
{
    leat_buf_puts(&printer->out, "-- ");
    put_when(&printer->out, entry);
    if (!entry->definition.table)
        return LEAT_OK;
    if (leat_create_table(&printer->out, leat_table_view(entry->definition.table), err))
        return LEAT_FAIL;
    leat_buf_puts(&printer->out, ";\n");
    return LEAT_OK;
}

/* ---- JSON ---- */

static void put_key(struct leat_buf *out, const char *key)
{
    leat_buf_printf(out, "%s\"%s\":", out->size && (out->data[out->size - 1] == '{') ? "" : ",", key);
}

static void put_member(struct leat_buf *out, const char *key, struct leat_text text)
{
    put_key(out, key);
    put_json_text(out, text);
}

static void put_cmember(struct leat_buf *out, const char *key, const char *text)
{
    put_member(out, key, (struct leat_text){text, (uint32_t)strlen(text)});
}

static void separate(struct leat_buf *out)
{
    if (out->data[out->size - 1] != '[')
        leat_buf_u8(out, ',');
}

static void put_json_change(void *context, const struct schema_change *change)
{
    struct leat_buf *out = context;
    separate(out);
    leat_buf_u8(out, '{');
    put_cmember(out, "what", change->what);
    if (change->name)
        put_cmember(out, "name", change->name);
    if (change->old_name)
        put_cmember(out, "old_name", change->old_name);
    if (*change->from)
        put_cmember(out, "from", change->from);
    if (*change->to)
        put_cmember(out, "to", change->to);
    leat_buf_u8(out, '}');
}

static void put_bool(struct leat_buf *out, const char *key, bool value)
{
    put_key(out, key);
    leat_buf_puts(out, value ? "true" : "false");
}

static void put_column(struct leat_buf *out, const struct leat_column *column, enum leat_table_server server)
{
    char collation[LEAT_COLLATION_NAME_MAX];
    separate(out);
    leat_buf_u8(out, '{');
    put_member(out, "name", column->name);
    put_member(out, "type", column->type_text);
    put_bool(out, "nullable", column->flags & LEAT_COLUMN_NULLABLE);
    if (column->collation && leat_charset_of(column->collation) != LEAT_CHARSET_UNKNOWN) {
        put_cmember(out, "charset", leat_charset_name(column->collation));
        if (leat_collation_name(collation, server, column->collation))
            put_cmember(out, "collation", collation);
    }
    if (column->flags & LEAT_COLUMN_GENERATED)
        put_cmember(out, "generated", column->flags & LEAT_COLUMN_STORED ? "stored" : "virtual");
    if (column->flags & (LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_GENERATED))
        put_member(out, column->flags & LEAT_COLUMN_GENERATED ? "expression" : "default", column->default_value);
    if (column->flags & LEAT_COLUMN_DEFAULT_EXPRESSION)
        put_bool(out, "default_is_expression", true);
    if (column->flags & LEAT_COLUMN_AUTO_INCREMENT)
        put_bool(out, "auto_increment", true);
    if (column->flags & LEAT_COLUMN_INVISIBLE)
        put_bool(out, "invisible", true);
    leat_buf_u8(out, '}');
}

static void put_parts(struct leat_buf *out, const struct leat_table_view *view, const struct leat_key_part *parts, uint32_t count)
{
    leat_buf_u8(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        separate(out);
        leat_buf_u8(out, '{');
        if (parts[i].column < view->column_count)
            put_member(out, "column", view->columns[parts[i].column].name);
        else
            put_bool(out, "expression", true);
        if (parts[i].prefix) {
            put_key(out, "prefix");
            leat_put_u64(out, parts[i].prefix);
        }
        leat_buf_u8(out, '}');
    }
    leat_buf_u8(out, ']');
}

static void put_indexes(struct leat_buf *out, const struct leat_table_view *view)
{
    put_key(out, "keys");
    leat_buf_u8(out, '[');
    for (uint32_t i = 0; i < view->index_count; i++) {
        const struct leat_index *index = &view->indexes[i];
        separate(out);
        leat_buf_u8(out, '{');
        put_member(out, "name", index->name);
        put_cmember(out, "kind",
                    index->flags & LEAT_INDEX_UNIQUE     ? "unique"
                    : index->flags & LEAT_INDEX_FULLTEXT ? "fulltext"
                    : index->flags & LEAT_INDEX_SPATIAL  ? "spatial"
                                                         : "plain");
        put_key(out, "parts");
        put_parts(out, view, index->parts, index->part_count);
        leat_buf_u8(out, '}');
    }
    leat_buf_u8(out, ']');
}

static void put_foreign_keys(struct leat_buf *out, const struct leat_table_view *view)
{
    put_key(out, "foreign_keys");
    leat_buf_u8(out, '[');
    for (uint32_t i = 0; i < view->foreign_key_count; i++) {
        const struct leat_foreign_key *key = &view->foreign_keys[i];
        separate(out);
        leat_buf_u8(out, '{');
        put_member(out, "name", key->name);
        put_member(out, "database", key->database);
        put_member(out, "table", key->table);
        put_key(out, "columns");
        leat_buf_u8(out, '[');
        for (uint32_t k = 0; k < key->column_count; k++) {
            separate(out);
            leat_buf_u8(out, '{');
            put_member(out, "column", view->columns[key->columns[k]].name);
            put_member(out, "refers_to", key->referenced[k]);
            leat_buf_u8(out, '}');
        }
        leat_buf_u8(out, ']');
        if (key->on_delete.size)
            put_member(out, "on_delete", key->on_delete);
        if (key->on_update.size)
            put_member(out, "on_update", key->on_update);
        leat_buf_u8(out, '}');
    }
    leat_buf_u8(out, ']');
}

static void put_definition(struct leat_buf *out, const struct leat_table_view *view)
{
    put_key(out, "columns");
    leat_buf_u8(out, '[');
    for (uint32_t i = 0; i < view->column_count; i++)
        put_column(out, &view->columns[i], view->server);
    leat_buf_u8(out, ']');
    put_key(out, "primary_key");
    put_parts(out, view, view->key, view->key_count);
    put_indexes(out, view);
    put_foreign_keys(out, view);
}

static void print_json(struct schema_printer *printer, const struct leat_definition_entry *entry, bool compared)
{
    struct leat_buf *out = &printer->out;
    char time[LEAT_TIME_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    const struct leat_definition *definition = &entry->definition;
    separate(out);
    leat_buf_u8(out, '{');
    put_cmember(out, "at", leat_time_text(time, entry->at_us));
    put_cmember(out, "file", entry->place.file);
    put_key(out, "pos");
    leat_put_u64(out, entry->place.pos);
    if (entry->gtid.flavour != LEAT_FLAVOUR_NONE)
        put_cmember(out, "gtid", leat_gtid_text(gtid, &entry->gtid));
    put_key(out, "seq");
    leat_put_u64(out, entry->seq);
    put_cmember(out, "how", how_name(definition->how));
    if (definition->why.size)
        put_member(out, "why", definition->why);
    if (definition->table) {
        put_key(out, "changes");
        leat_buf_u8(out, '[');
        schema_compare(compared ? view_or_null(printer->before) : NULL, leat_table_view(definition->table), put_json_change, out);
        leat_buf_u8(out, ']');
        put_definition(out, leat_table_view(definition->table));
    }
    leat_buf_u8(out, '}');
}

/* ---- All ---- */

void schema_print_begin(struct schema_printer *printer, const char *database, const char *name)
{
    struct leat_buf *out = &printer->out;
    if (printer->format != SCHEMA_JSON)
        return;
    leat_buf_u8(out, '{');
    put_cmember(out, "database", database);
    put_cmember(out, "table", name);
    put_key(out, "definitions");
    leat_buf_u8(out, '[');
}

void schema_print_pass(struct schema_printer *printer, const struct leat_definition_entry *entry)
{
    leat_table_release(&printer->before);
    if (entry->definition.table)
        printer->before = leat_table_hold(entry->definition.table);
}

int schema_print_entry(struct schema_printer *printer, const struct leat_definition_entry *entry, bool compared,
                       struct leat_error *err)
{
    int rc = LEAT_OK;
    if (printer->format == SCHEMA_SQL)
        rc = print_sql(printer, entry, err);
    else if (printer->format == SCHEMA_JSON)
        print_json(printer, entry, compared);
    else
        print_text(printer, entry, compared);
    /* What isn't known any more is no reason to show all of the next one as new. */
    if (entry->definition.how != LEAT_DEFINITION_UNSURE)
        schema_print_pass(printer, entry);
    printer->shown++;
    return rc;
}

void schema_print_end(struct schema_printer *printer)
{
    if (printer->format == SCHEMA_JSON)
        leat_buf_puts(&printer->out, "]}\n");
}

void schema_print_free(struct schema_printer *printer)
{
    leat_table_release(&printer->before);
    leat_buf_free(&printer->out);
}
