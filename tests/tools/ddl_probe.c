/* What the catalog makes of the statements in a binlog file, one JSON line a change of a definition: tests/live/test_ddl.py holds it
 * against what the server itself says. Each table map with FULL metadata is held against what the same map without any would become by
 * the definition that is known of it then: a line "map" says where they don't agree. A row of mark.m is a line "mark".
 *
 *     ddl_probe KIND VERSION LOWER_CASE COLLATION UTF8MB4_COLLATION EXPLICIT_TIMESTAMPS FILE
 *
 * KIND is mysql or mariadb; the others are numbers, as in struct leat_catalog_server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "decode/decode.h"
#include "schema/catalog.h"

enum { MAGIC_SIZE = 4 };

struct probe {
    struct leat_buf line;
    struct leat_catalog *catalog;
    struct leat_decoder *decoder;
};

/* ---- Definitions as JSON ---- */

static void key(struct leat_buf *buf, const char *name)
{
    uint8_t last = buf->size ? buf->data[buf->size - 1] : '{';
    if (last != '{' && last != '[')
        leat_buf_u8(buf, ',');
    if (name) {
        leat_json_cstr(buf, name);
        leat_buf_u8(buf, ':');
    }
}

static void put_number(struct leat_buf *buf, const char *name, uint64_t value)
{
    key(buf, name);
    leat_put_u64(buf, value);
}

static void put_text(struct leat_buf *buf, const char *name, struct leat_text text)
{
    key(buf, name);
    leat_json_string(buf, text.bytes, text.size);
}

static void put_column(struct leat_buf *buf, const struct leat_column *column)
{
    key(buf, NULL);
    leat_buf_puts(buf, "{");
    put_text(buf, "name", column->name);
    put_text(buf, "type", column->type_text);
    put_text(buf, "default", column->default_value);
    put_number(buf, "wire", column->type);
    put_number(buf, "metadata", column->metadata);
    put_number(buf, "flags", column->flags);
    put_number(buf, "collation", column->collation);
    leat_buf_puts(buf, "}");
}

static void put_parts(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_key_part *parts, uint32_t count)
{
    key(buf, "parts");
    leat_buf_puts(buf, "[");
    for (uint32_t i = 0; i < count; i++) {
        key(buf, NULL);
        leat_buf_puts(buf, "[");
        put_text(buf, NULL, parts[i].column < view->column_count ? view->columns[parts[i].column].name : (struct leat_text){"", 0});
        put_number(buf, NULL, parts[i].prefix);
        leat_buf_puts(buf, "]");
    }
    leat_buf_puts(buf, "]");
}

static void put_index(struct leat_buf *buf, const struct leat_table_view *view, struct leat_text name, uint32_t flags,
                      const struct leat_key_part *parts, uint32_t count)
{
    key(buf, NULL);
    leat_buf_puts(buf, "{");
    put_text(buf, "name", name);
    put_number(buf, "flags", flags);
    put_parts(buf, view, parts, count);
    leat_buf_puts(buf, "}");
}

static void put_foreign(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_foreign_key *foreign)
{
    key(buf, NULL);
    leat_buf_puts(buf, "{");
    put_text(buf, "name", foreign->name);
    put_text(buf, "database", foreign->database);
    put_text(buf, "table", foreign->table);
    key(buf, "columns");
    leat_buf_puts(buf, "[");
    for (uint32_t i = 0; i < foreign->column_count; i++) {
        key(buf, NULL);
        leat_buf_puts(buf, "[");
        put_text(buf, NULL, view->columns[foreign->columns[i]].name);
        put_text(buf, NULL, foreign->referenced[i]);
        leat_buf_puts(buf, "]");
    }
    leat_buf_puts(buf, "]}");
}

static void put_table(struct leat_buf *buf, const struct leat_table_view *view)
{
    put_number(buf, "collation", view->collation);
    key(buf, "columns");
    leat_buf_puts(buf, "[");
    for (uint32_t i = 0; i < view->column_count; i++)
        put_column(buf, &view->columns[i]);
    leat_buf_puts(buf, "]");
    key(buf, "indexes");
    leat_buf_puts(buf, "[");
    if (view->key_count)
        put_index(buf, view, (struct leat_text){"PRIMARY", 7}, LEAT_INDEX_UNIQUE, view->key, view->key_count);
    for (uint32_t i = 0; i < view->index_count; i++)
        put_index(buf, view, view->indexes[i].name, view->indexes[i].flags, view->indexes[i].parts, view->indexes[i].part_count);
    leat_buf_puts(buf, "]");
    key(buf, "foreign");
    leat_buf_puts(buf, "[");
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        put_foreign(buf, view, &view->foreign_keys[i]);
    leat_buf_puts(buf, "]");
}

static void start(struct probe *probe, const char *what)
{
    leat_buf_clear(&probe->line);
    leat_buf_puts(&probe->line, "{");
    put_text(&probe->line, "is", (struct leat_text){what, (uint32_t)strlen(what)});
}

static void finish(struct probe *probe)
{
    leat_buf_puts(&probe->line, "}\n");
    fwrite(probe->line.data, 1, probe->line.size, stdout);
}

static int on_definition(void *context, const struct leat_item *item, struct leat_error *err)
{
    static const char *const hows[] = {"?", "read", "told", "statement", "dropped", "unsure"};
    struct probe *probe = context;
    const struct leat_definition *definition = &item->definition;
    (void)err;
    start(probe, hows[definition->how]);
    put_text(&probe->line, "database", definition->database);
    put_text(&probe->line, "name", definition->name);
    if (definition->table)
        put_table(&probe->line, leat_table_view(definition->table));
    else
        put_number(&probe->line, "collation", definition->collation);
    put_text(&probe->line, "why", definition->why);
    finish(probe);
    return LEAT_OK;
}

/* ---- Table maps against definitions ---- */

static void complain(struct probe *probe, const struct leat_table_view *map, const char *what, const char *column, uint64_t told,
                     uint64_t defined)
{
    start(probe, "map");
    put_text(&probe->line, "database", map->database);
    put_text(&probe->line, "name", map->name);
    put_text(&probe->line, "what", (struct leat_text){what, (uint32_t)strlen(what)});
    put_text(&probe->line, "column", (struct leat_text){column, (uint32_t)strlen(column)});
    put_number(&probe->line, "map", told);
    put_number(&probe->line, "definition", defined);
    finish(probe);
}

static void compare_column(struct probe *probe, const struct leat_table_view *map, const struct leat_column *told,
                           const struct leat_column *defined)
{
    enum { TOLD = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_NULLABLE | LEAT_COLUMN_PRIMARY | LEAT_COLUMN_COMPRESSED };
    unsigned flags = TOLD | (map->server == LEAT_TABLE_OF_MYSQL ? LEAT_COLUMN_INVISIBLE : 0);
    const char *name = told->name.bytes;
    if (strcmp(name, defined->name.bytes) != 0)
        complain(probe, map, "name", name, 0, 0);
    if (told->type != defined->type)
        complain(probe, map, "type", name, told->type, defined->type);
    if (told->metadata != defined->metadata)
        complain(probe, map, "metadata", name, told->metadata, defined->metadata);
    if ((told->flags ^ defined->flags) & flags)
        complain(probe, map, "flags", name, told->flags, defined->flags);
    if (told->collation != defined->collation)
        complain(probe, map, "collation", name, told->collation, defined->collation);
    if (told->length_max != defined->length_max)
        complain(probe, map, "length", name, told->length_max, defined->length_max);
    if (told->dimension != defined->dimension)
        complain(probe, map, "dimension", name, told->dimension, defined->dimension);
    if (told->geometry_type != defined->geometry_type)
        complain(probe, map, "geometry", name, told->geometry_type, defined->geometry_type);
    bool members = told->member_count == defined->member_count;
    for (uint32_t i = 0; members && i < told->member_count; i++)
        members = told->members[i].size == defined->members[i].size &&
                  memcmp(told->members[i].bytes, defined->members[i].bytes, told->members[i].size) == 0;
    if (!members)
        complain(probe, map, "members", name, told->member_count, defined->member_count);
}

/* The same map as a server writes it that tells the least: types and lengths. */
static struct leat_table *strip(const struct leat_table_view *told)
{
    enum { KEPT = LEAT_COLUMN_NULLABLE | LEAT_COLUMN_COMPRESSED };
    struct leat_table_view view = {
        .server = told->server, .database = told->database, .name = told->name, .column_count = told->column_count};
    struct leat_column *columns = leat_alloc_zero(told->column_count + (size_t)1, sizeof *columns);
    for (uint32_t i = 0; i < told->column_count; i++)
        columns[i] = (struct leat_column){.name = {"", 0},
                                          .type = told->columns[i].type,
                                          .metadata = told->columns[i].metadata,
                                          .flags = (uint16_t)(told->columns[i].flags & KEPT),
                                          .length_max = told->columns[i].length_max,
                                          .type_text = {"", 0},
                                          .default_value = {"", 0}};
    view.columns = columns;
    struct leat_table *table = leat_table_new(&view);
    free(columns);
    return table;
}

static void compare(struct probe *probe, const struct leat_table *map)
{
    const struct leat_table_view *told = leat_table_view(map);
    struct leat_table *definition = NULL, *merged = NULL, *bare = strip(told);
    struct leat_error err = {0};
    if (leat_catalog_find(probe->catalog, told->database.bytes, told->name.bytes, &definition, NULL) != LEAT_CATALOG_DEFINED) {
        leat_table_release(&bare);
        return;
    }
    if (leat_table_merge(&merged, bare, definition, &err)) {
        complain(probe, told, err.message, "", told->column_count, leat_table_view(definition)->column_count);
    } else {
        const struct leat_table_view *defined = leat_table_view(merged);
        for (uint32_t i = 0; i < told->column_count; i++)
            compare_column(probe, told, &told->columns[i], &defined->columns[i]);
        bool same = told->key_count == defined->key_count;
        for (uint32_t i = 0; same && i < told->key_count; i++)
            same = told->key[i].column == defined->key[i].column && told->key[i].prefix == defined->key[i].prefix;
        if (!same)
            complain(probe, told, "primary key", "", told->key_count, defined->key_count);
    }
    leat_table_release(&merged);
    leat_table_release(&bare);
    leat_table_release(&definition);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    const struct leat_item_out out = {probe, on_definition};
    switch (item->type) {
    case LEAT_ITEM_STATEMENT:
        if (leat_catalog_statement(probe->catalog, &item->statement, &out, err))
            return LEAT_FAIL;
        leat_catalog_commit(probe->catalog);
        return LEAT_OK;
    case LEAT_ITEM_SCHEMA:
        compare(probe, item->schema);
        return LEAT_OK;
    case LEAT_ITEM_ROWS:
        if (strcmp(leat_table_view(item->rows.table)->database.bytes, "mark") == 0) {
            start(probe, "mark");
            finish(probe);
        }
        return LEAT_OK;
    default:
        return LEAT_OK;
    }
}

/* ---- The file ---- */

static int decode(struct probe *probe, const struct leat_buf *bytes, struct leat_error *err)
{
    for (size_t at = MAGIC_SIZE; at < bytes->size;) {
        size_t left = bytes->size - at;
        size_t size = left < LEAT_EVENT_HEADER_SIZE ? left : (size_t)leat_le(bytes->data + at + 9, 4);
        if (size > left || size < LEAT_EVENT_HEADER_SIZE)
            return LEAT_OK; /* the server is still writing it */
        leat_decoder_restart_listener(probe->decoder);
        if (leat_decoder_event(probe->decoder, bytes->data + at, size, err))
            return LEAT_FAIL;
        at += size;
    }
    return LEAT_OK;
}

static int run(struct probe *probe, const char *path, struct leat_error *err)
{
    struct leat_buf bytes = {0};
    FILE *file = fopen(path, "rb");
    size_t got;
    if (!file)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s can't be opened", path);
    do {
        got = fread(leat_buf_reserve(&bytes, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(&bytes, got);
    } while (got);
    fclose(file);
    int result = bytes.size < MAGIC_SIZE ? LEAT_OK : decode(probe, &bytes, err);
    leat_buf_free(&bytes);
    return result;
}

int main(int argc, char **argv)
{
    static const uint8_t uuid[LEAT_UUID_SIZE];
    if (argc != 8) {
        fprintf(stderr, "usage: ddl_probe KIND VERSION LOWER_CASE COLLATION UTF8MB4_COLLATION EXPLICIT_TIMESTAMPS FILE\n");
        return 2;
    }
    const struct leat_catalog_server server = {
        .kind = strcmp(argv[1], "mariadb") == 0 ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
        .version = (uint32_t)strtoul(argv[2], NULL, 10),
        .lower_case_table_names = (unsigned)strtoul(argv[3], NULL, 10),
        .collation = (uint32_t)strtoul(argv[4], NULL, 10),
        .utf8mb4_collation = (uint32_t)strtoul(argv[5], NULL, 10),
        .explicit_defaults_for_timestamp = strtoul(argv[6], NULL, 10) != 0,
    };
    struct probe probe = {.catalog = leat_catalog_new()};
    struct leat_error err = {0};
    const struct leat_decoder_options options = {.statements_allowed = true, .lone_rows = true, .whole_seconds = true};
    const struct leat_item_out out = {&probe, on_item};
    leat_catalog_set_server(probe.catalog, &server);
    probe.decoder = leat_decoder_new(&options, &out);
    leat_decoder_place(probe.decoder, uuid, "binlog.000001", MAGIC_SIZE);
    int result = run(&probe, argv[7], &err);
    if (result)
        fprintf(stderr, "ddl_probe: %s\n", err.message);
    leat_decoder_free(&probe.decoder);
    leat_catalog_free(&probe.catalog);
    leat_buf_free(&probe.line);
    return result ? 1 : 0;
}
