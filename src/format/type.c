/* A column's type as SQL text, out of the metadata as the servers pack it into table maps. Pure; any thread.
 *
 * Source: "Table_map_event" in MySQL's libs/mysql/binlog/event/rows_event.h. */
#include "type_int.h"

#include "base/json.h"
#include "binlog/charset.h"
#include "format/shape.h"

static unsigned decimal_precision(const struct leat_column *column)
{
    return column->metadata >> 8;
}

static unsigned decimal_scale(const struct leat_column *column)
{
    return column->metadata & 0xFF;
}

static unsigned bits(const struct leat_column *column)
{
    return (unsigned)(column->metadata >> 8) * 8 + (column->metadata & 0xFF);
}

static unsigned digits(const struct leat_column *column)
{
    return column->metadata & 0xFF;
}

uint32_t leat_type_bytes_max(const struct leat_column *column)
{
    if (column->type != LEAT_TYPE_STRING)
        return column->metadata;
    /* Two bits of the length are hidden, inverted, in the byte that holds the real type. */
    return (uint32_t)(((column->metadata >> 4) & 0x300) ^ 0x300) + (column->metadata & 0xFF);
}

bool leat_type_is_string(const struct leat_column *column)
{
    switch ((int)column->type) {
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
    case LEAT_TYPE_BLOB:
        return true;
    default:
        return false;
    }
}

/* In characters where the set is known, else nothing: the bytes are given apart. */
static void put_length(struct leat_buf *buf, const struct leat_column *column)
{
    unsigned wide = leat_charset_character_max(leat_charset_of(column->collation));
    if (wide)
        leat_buf_printf(buf, "(%u)", leat_type_bytes_max(column) / wide);
}

static void put_blob(struct leat_buf *buf, const struct leat_column *column, bool binary)
{
    static const char *const names[2][4] = {{"tinytext", "text", "mediumtext", "longtext"},
                                            {"tinyblob", "blob", "mediumblob", "longblob"}};
    leat_buf_puts(buf, names[binary][(column->metadata - 1) & 3]);
}

static void put_string(struct leat_buf *buf, const struct leat_column *column)
{
    bool binary = column->collation == LEAT_COLLATION_BINARY;
    if (column->type == LEAT_TYPE_STRING)
        leat_buf_puts(buf, binary ? "binary" : "char");
    else if (column->type == LEAT_TYPE_VARCHAR || column->type == LEAT_TYPE_VAR_STRING)
        leat_buf_puts(buf, binary ? "varbinary" : "varchar");
    else {
        put_blob(buf, column, binary);
        return;
    }
    put_length(buf, column);
}

static void put_with_digits(struct leat_buf *buf, const struct leat_column *column, const char *name)
{
    leat_buf_puts(buf, name);
    if (digits(column))
        leat_buf_printf(buf, "(%u)", digits(column));
}

static void put_vector(struct leat_buf *buf, const struct leat_column *column)
{
    leat_buf_puts(buf, "vector");
    if (column->dimension)
        leat_buf_printf(buf, "(%u)", column->dimension);
}

static const char *simple_name(const struct leat_column *column)
{
    static const char *const shapes[] = {"geometry",   "point",           "linestring",   "polygon",
                                         "multipoint", "multilinestring", "multipolygon", "geomcollection"};
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
        return "tinyint";
    case LEAT_TYPE_SHORT:
        return "smallint";
    case LEAT_TYPE_INT24:
        return "mediumint";
    case LEAT_TYPE_LONG:
        return "int";
    case LEAT_TYPE_LONGLONG:
        return "bigint";
    case LEAT_TYPE_FLOAT:
        return "float";
    case LEAT_TYPE_DOUBLE:
        return "double";
    case LEAT_TYPE_YEAR:
        return "year";
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        return "date";
    case LEAT_TYPE_TIME:
        return "time";
    case LEAT_TYPE_DATETIME:
        return "datetime";
    case LEAT_TYPE_TIMESTAMP:
        return "timestamp";
    case LEAT_TYPE_ENUM:
        return "enum";
    case LEAT_TYPE_SET:
        return "set";
    case LEAT_TYPE_JSON:
        return "json";
    case LEAT_TYPE_GEOMETRY:
        return shapes[column->geometry_type & 7];
    default:
        return NULL;
    }
}

void leat_type_put(struct leat_buf *buf, const struct leat_column *column)
{
    const char *name = column->shape && column->type == LEAT_TYPE_STRING ? leat_shape_name(column->shape) : simple_name(column);
    if (name)
        leat_buf_puts(buf, name);
    else if (column->type == LEAT_TYPE_NEWDECIMAL)
        leat_buf_printf(buf, "decimal(%u,%u)", decimal_precision(column), decimal_scale(column));
    else if (column->type == LEAT_TYPE_BIT)
        leat_buf_printf(buf, "bit(%u)", bits(column));
    else if (column->type == LEAT_TYPE_TIMESTAMP2)
        put_with_digits(buf, column, "timestamp");
    else if (column->type == LEAT_TYPE_DATETIME2)
        put_with_digits(buf, column, "datetime");
    else if (column->type == LEAT_TYPE_TIME2)
        put_with_digits(buf, column, "time");
    else if (column->type == LEAT_TYPE_VECTOR)
        put_vector(buf, column);
    else if (leat_type_is_string(column))
        put_string(buf, column);
    else
        leat_buf_printf(buf, "type %d", (int)column->type);
    /* A YEAR's sign is told, always as unsigned, but isn't part of its type. */
    if ((column->flags & LEAT_COLUMN_UNSIGNED) && column->type != LEAT_TYPE_YEAR)
        leat_buf_puts(buf, " unsigned");
}
