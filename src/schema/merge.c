/* What a table map tells and what a definition adds to it, as one definition. The map decides whatever it tells, since the rows
 * are packed by it; the definition must be of the same columns, or nothing of it may be used. Pure. */
#include "schema/catalog.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "catalog_int.h"

/* MariaDB keeps a UNIQUE key of more than a key can hold by a hash, in a column that no definition tells of: behind all others. */
static bool is_hashed(const struct leat_table_view *defined, const struct leat_index *index)
{
    enum { KEY_BYTES_MIN = 767 }; /* what some engine's keys can't hold */
    uint64_t bytes = 0;
    for (uint32_t k = 0; k < index->part_count; k++) {
        const struct leat_column *column = index->parts[k].column < defined->column_count ? &defined->columns[index->parts[k].column] : NULL;
        if (column && (column->type == LEAT_TYPE_BLOB || column->type == LEAT_TYPE_GEOMETRY || index->parts[k].prefix))
            return true;
        bytes += column ? column->length_max : 0;
    }
    return bytes > KEY_BYTES_MIN;
}

static uint32_t count_hashes(const struct leat_table_view *defined)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < defined->index_count; i++)
        count += defined->indexes[i].flags & LEAT_INDEX_UNIQUE && is_hashed(defined, &defined->indexes[i]);
    return count;
}

/* The definition with the hashes that the map has; NULL: it has none. */
static struct leat_table *add_hashes(const struct leat_table_view *map, const struct leat_table_view *defined)
{
    uint32_t more = map->column_count > defined->column_count ? map->column_count - defined->column_count : 0;
    if (map->server != LEAT_TABLE_OF_MARIADB || !more || more > count_hashes(defined))
        return NULL;
    for (uint32_t i = defined->column_count; i < map->column_count; i++)
        if (map->columns[i].type != LEAT_TYPE_LONGLONG)
            return NULL;
    struct leat_table_view view = *defined;
    struct leat_column *columns = leat_alloc(map->column_count * sizeof *columns);
    char(*names)[24] = leat_alloc(more * sizeof *names);
    memcpy(columns, defined->columns, defined->column_count * sizeof *columns);
    for (uint32_t i = 0; i < more; i++) {
        int size = snprintf(names[i], sizeof names[i], "DB_ROW_HASH_%u", i + 1);
        columns[defined->column_count + i] = (struct leat_column){.type = LEAT_TYPE_LONGLONG,
                                                                  .flags = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_INVISIBLE | LEAT_COLUMN_NULLABLE,
                                                                  .name = {names[i], (uint32_t)size},
                                                                  .type_text = {"bigint(20) unsigned", 19},
                                                                  .default_value = {"", 0}};
    }
    view.columns = columns;
    view.column_count = map->column_count;
    struct leat_table *table = leat_table_new(&view);
    free(names);
    free(columns);
    return table;
}

static bool is_signed_type(enum leat_type type)
{
    switch (type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
    case LEAT_TYPE_NEWDECIMAL:
    case LEAT_TYPE_DECIMAL_OLD:
    case LEAT_TYPE_FLOAT:
    case LEAT_TYPE_DOUBLE:
    case LEAT_TYPE_YEAR:
        return true;
    default:
        return false;
    }
}

/* One number for types that are forms of one another on the wire. */
static unsigned family(enum leat_type type)
{
    switch (type) {
    case LEAT_TYPE_TIMESTAMP2:
        return LEAT_TYPE_TIMESTAMP;
    case LEAT_TYPE_TIME2:
        return LEAT_TYPE_TIME;
    case LEAT_TYPE_DATETIME2:
        return LEAT_TYPE_DATETIME;
    case LEAT_TYPE_NEWDATE:
        return LEAT_TYPE_DATE;
    case LEAT_TYPE_DECIMAL_OLD:
        return LEAT_TYPE_NEWDECIMAL;
    case LEAT_TYPE_VAR_STRING:
        return LEAT_TYPE_VARCHAR;
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
        return LEAT_TYPE_BLOB;
    default:
        return type;
    }
}

/* The width of a length, of those types too that say it by themselves. */
static unsigned blob_width(const struct leat_column *column)
{
    switch (column->type) {
    case LEAT_TYPE_TINY_BLOB:
        return 1;
    case LEAT_TYPE_MEDIUM_BLOB:
        return 3;
    case LEAT_TYPE_LONG_BLOB:
        return 4;
    default:
        return column->metadata;
    }
}

static bool metadata_fits(const struct leat_column *map, const struct leat_column *defined)
{
    switch (family(map->type)) {
    case LEAT_TYPE_TIMESTAMP: /* the older forms say nothing of digits */
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_DATETIME:
        return map->type != defined->type || map->metadata == defined->metadata;
    case LEAT_TYPE_NEWDECIMAL:
        return map->type != defined->type || map->metadata == defined->metadata;
    case LEAT_TYPE_BLOB:
        return blob_width(map) == blob_width(defined);
    case LEAT_TYPE_VARCHAR:
        return map->metadata == defined->metadata;
    case LEAT_TYPE_STRING:
        return map->length_max == defined->length_max;
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        return (map->metadata & 0xFF) == (defined->metadata & 0xFF);
    default:
        return map->metadata == defined->metadata;
    }
}

static int refuse(struct leat_error *err, const struct leat_table_view *map, const char *what)
{
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "the definition of %s.%s isn't that of its rows: %s", map->database.bytes,
              map->name.bytes, what);
    return leat_cure(err, "tell leat how the table was defined when these rows were written, or set binlog_row_metadata=FULL on the source");
}

static int refuse_column(struct leat_error *err, const struct leat_table_view *map, uint32_t number,
                         const struct leat_column *defined, const char *what)
{
    char text[2 * LEAT_NAME_BYTES_MAX + 200];
    const struct leat_column *told = &map->columns[number];
    snprintf(text, sizeof text, "column %u, `%s` (%.64s), %s: the rows have type %d with metadata %u, the definition %d with %u",
             number + 1, defined->name.size ? defined->name.bytes : "?", defined->type_text.size ? defined->type_text.bytes : "?",
             what, (int)told->type, told->metadata, (int)defined->type, defined->metadata);
    return refuse(err, map, text);
}

static int check_column(const struct leat_table_view *map, uint32_t number, const struct leat_column *defined,
                        struct leat_error *err)
{
    const struct leat_column *told = &map->columns[number];
    if (family(told->type) != family(defined->type))
        return refuse_column(err, map, number, defined, "is of another type");
    if (!metadata_fits(told, defined))
        return refuse_column(err, map, number, defined, "is of another length");
    if (!((told->flags ^ defined->flags) & LEAT_COLUMN_COMPRESSED))
        return LEAT_OK;
    return refuse_column(err, map, number, defined, "is compressed or not");
}

/* Names apart from their case: ALTER TABLE may change it without a word that tells. */
static int check_name(const struct leat_table_view *map, uint32_t number, const struct leat_column *defined,
                      struct leat_error *err)
{
    if (!(map->flags & LEAT_TABLE_NAMED) || leat_name_equal(map->columns[number].name, defined->name))
        return LEAT_OK;
    char text[2 * LEAT_NAME_BYTES_MAX + 100];
    snprintf(text, sizeof text, "column %u is `%s` in the rows, and `%s` in the definition", number + 1,
             map->columns[number].name.bytes, defined->name.size ? defined->name.bytes : "?");
    return refuse(err, map, text);
}

static int check(const struct leat_table_view *map, const struct leat_table_view *defined, struct leat_error *err)
{
    if (map->column_count != defined->column_count) {
        char text[80];
        snprintf(text, sizeof text, "the rows have %u columns, the definition %u", map->column_count, defined->column_count);
        return refuse(err, map, text);
    }
    for (uint32_t i = 0; i < map->column_count; i++)
        if (check_column(map, i, &defined->columns[i], err) || check_name(map, i, &defined->columns[i], err))
            return LEAT_FAIL;
    return LEAT_OK;
}

enum { DEFINED_ONLY = LEAT_COLUMN_GENERATED | LEAT_COLUMN_STORED | LEAT_COLUMN_AUTO_INCREMENT | LEAT_COLUMN_HAS_DEFAULT |
                      LEAT_COLUMN_DEFAULT_EXPRESSION };

static uint16_t merge_flags(const struct leat_table_view *map, const struct leat_column *told, const struct leat_column *defined)
{
    unsigned added = DEFINED_ONLY;
    if (!(map->flags & LEAT_TABLE_SIGNS) && is_signed_type(told->type))
        added |= LEAT_COLUMN_UNSIGNED;
    /* MariaDB's maps never tell it. */
    if (!(map->flags & LEAT_TABLE_NAMED) || map->server == LEAT_TABLE_OF_MARIADB)
        added |= LEAT_COLUMN_INVISIBLE;
    if (!(map->flags & LEAT_TABLE_KEY_KNOWN))
        added |= LEAT_COLUMN_PRIMARY;
    return (uint16_t)((told->flags & ~added) | (defined->flags & added));
}

static void merge_column(struct leat_column *merged, const struct leat_table_view *map, const struct leat_column *defined)
{
    merged->flags = merge_flags(map, merged, defined);
    if (!(map->flags & LEAT_TABLE_NAMED))
        merged->name = defined->name;
    if (merged->collation == LEAT_COLLATION_UNKNOWN)
        merged->collation = defined->collation;
    if (!merged->member_count) {
        merged->member_count = defined->member_count;
        merged->members = defined->members;
    }
    if (!merged->dimension)
        merged->dimension = defined->dimension;
    if (!merged->geometry_type)
        merged->geometry_type = defined->geometry_type;
    if (!merged->length_max)
        merged->length_max = defined->length_max;
    merged->shape = defined->shape;
    merged->type_text = defined->type_text;
    merged->default_value = defined->default_value;
}

static bool is_stored(const struct leat_column *column)
{
    return !(column->flags & LEAT_COLUMN_GENERATED) || column->flags & LEAT_COLUMN_STORED;
}

/* Without a primary key the first unique one without NULLs and prefixes takes its place, as in table maps that tell one; none that is
 * kept by a hash, where there are such, and none with a column that isn't stored. */
static void take_unique_key(struct leat_table_view *view, struct leat_column *columns, bool hashes)
{
    for (uint32_t i = 0; i < view->index_count && !view->key_count; i++) {
        const struct leat_index *index = &view->indexes[i];
        bool fit = index->flags & LEAT_INDEX_UNIQUE && index->part_count && index->part_count <= view->column_count &&
                   !(hashes && is_hashed(view, index));
        for (uint32_t k = 0; fit && k < index->part_count; k++)
            fit = index->parts[k].column < view->column_count && !index->parts[k].prefix &&
                  !(columns[index->parts[k].column].flags & LEAT_COLUMN_NULLABLE) && is_stored(&columns[index->parts[k].column]);
        if (!fit)
            continue;
        view->key = index->parts;
        view->key_count = index->part_count;
        for (uint32_t k = 0; k < index->part_count; k++)
            columns[index->parts[k].column].flags |= LEAT_COLUMN_PRIMARY;
    }
}

static int merge(struct leat_table **merged, const struct leat_table_view *told, const struct leat_table_view *defined, bool hashes, struct leat_error *err)
{
    if (check(told, defined, err))
        return LEAT_FAIL;
    struct leat_column *columns = leat_alloc((size_t)told->column_count * sizeof *columns);
    for (uint32_t i = 0; i < told->column_count; i++) {
        columns[i] = told->columns[i];
        merge_column(&columns[i], told, &defined->columns[i]);
    }
    struct leat_table_view view = *defined;
    view.server = told->server;
    view.flags = told->flags | defined->flags;
    view.database = told->database;
    view.name = told->name;
    view.columns = columns;
    if (told->flags & LEAT_TABLE_KEY_KNOWN) {
        view.key = told->key;
        view.key_count = told->key_count;
    } else if (!view.key_count) {
        take_unique_key(&view, columns, hashes);
    }
    *merged = leat_table_new(&view);
    free(columns);
    return LEAT_OK;
}

int leat_table_merge(struct leat_table **merged, const struct leat_table *map, const struct leat_table *definition,
                     struct leat_error *err)
{
    struct leat_table *hashed = add_hashes(leat_table_view(map), leat_table_view(definition));
    *merged = NULL;
    int result = merge(merged, leat_table_view(map), leat_table_view(hashed ? hashed : definition), hashed, err);
    leat_table_release(&hashed);
    return result;
}
