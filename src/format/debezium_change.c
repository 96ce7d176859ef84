/* The format "debezium": a table's definition as the `tableChanges` of DDL messages tell it, and the schemas of these messages.
 *
 * Numbers of types are those of java.sql.Types. */
#include "debezium_int.h"

#include <ctype.h>

#include "base/json.h"
#include "binlog/charset.h"
#include "type_int.h"

enum jdbc {
    JDBC_BIT = -7,
    JDBC_BIGINT = -5,
    JDBC_VARBINARY = -3,
    JDBC_BINARY = -2,
    JDBC_CHAR = 1,
    JDBC_DECIMAL = 3,
    JDBC_INTEGER = 4,
    JDBC_SMALLINT = 5,
    JDBC_FLOAT = 6,
    JDBC_DOUBLE = 8,
    JDBC_VARCHAR = 12,
    JDBC_DATE = 91,
    JDBC_TIME = 92,
    JDBC_TIMESTAMP = 93,
    JDBC_OTHER = 1111,
    JDBC_BLOB = 2004,
    JDBC_TIMESTAMP_WITH_TIMEZONE = 2014
};

static int string_type(const struct leat_column *column)
{
    bool binary = column->collation == LEAT_COLLATION_BINARY && column->shape == LEAT_SHAPE_PLAIN;
    if (column->type == LEAT_TYPE_STRING)
        return binary ? JDBC_BINARY : JDBC_CHAR;
    if (column->type == LEAT_TYPE_VARCHAR || column->type == LEAT_TYPE_VAR_STRING)
        return binary ? JDBC_VARBINARY : JDBC_VARCHAR;
    return binary ? JDBC_BLOB : JDBC_VARCHAR;
}

static int jdbc_type(const struct leat_column *column)
{
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
        return JDBC_SMALLINT;
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_YEAR:
        return JDBC_INTEGER;
    case LEAT_TYPE_LONGLONG:
        return JDBC_BIGINT;
    case LEAT_TYPE_FLOAT:
        return JDBC_FLOAT;
    case LEAT_TYPE_DOUBLE:
        return JDBC_DOUBLE;
    case LEAT_TYPE_NEWDECIMAL:
        return JDBC_DECIMAL;
    case LEAT_TYPE_BIT:
        return JDBC_BIT;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        return JDBC_DATE;
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        return JDBC_TIME;
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
        return JDBC_TIMESTAMP;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return JDBC_TIMESTAMP_WITH_TIMEZONE;
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        return JDBC_CHAR;
    default:
        return leat_type_is_string(column) ? string_type(column) : JDBC_OTHER;
    }
}

/* The words of "int(11) unsigned" without what is in parentheses, in capitals. */
static void put_type_name(struct leat_buf *buf, const struct leat_text *type)
{
    bool inside = false, quoted = false;
    leat_buf_u8(buf, '"');
    for (uint32_t i = 0; i < type->size; i++) {
        char c = type->bytes[i];
        if (c == '\'')
            quoted = !quoted;
        if (c == '(' && !quoted)
            inside = true;
        if (!inside && !quoted) {
            uint8_t upper = (uint8_t)toupper((unsigned char)c);
            leat_json_escape(buf, &upper, 1);
        }
        if (c == ')' && !quoted)
            inside = false;
    }
    leat_buf_u8(buf, '"');
}

/* "decimal(10,2)": 10 and 2; -1 where there is none. */
static void lengths(const struct leat_column *column, int64_t *length, int64_t *scale)
{
    const char *at = memchr(column->type_text.bytes ? column->type_text.bytes : "", '(', column->type_text.size);
    *length = *scale = -1;
    if (column->type == LEAT_TYPE_ENUM) {
        *length = 1;
    } else if (column->type == LEAT_TYPE_SET) {
        *length = column->member_count ? 2 * (int64_t)column->member_count - 1 : 0;
    } else if (at) {
        *length = 0;
        for (at++; isdigit((unsigned char)*at) && *length < INT32_MAX / 10; at++)
            *length = *length * 10 + (*at - '0');
        if (*at == ',') {
            *scale = 0;
            for (at++; isdigit((unsigned char)*at) && *scale < INT32_MAX / 10; at++)
                *scale = *scale * 10 + (*at - '0');
        }
    }
}

static void put_number_or_null(struct leat_buf *buf, const char *name, int64_t value)
{
    leat_buf_printf(buf, ",\"%s\":", name);
    if (value < 0)
        leat_buf_puts(buf, "null");
    else
        leat_put_i64(buf, value);
}

/* As SQL has it: quotes doubled. */
static void put_member(struct leat_buf *buf, const char *bytes, size_t size)
{
    leat_buf_puts(buf, "\"'");
    for (size_t i = 0; i < size;) {
        const char *quote = memchr(bytes + i, '\'', size - i);
        size_t piece = quote ? (size_t)(quote - bytes) + 1 - i : size - i;
        leat_json_escape(buf, bytes + i, piece);
        leat_buf_puts(buf, quote ? "'" : "");
        i += piece;
    }
    leat_buf_puts(buf, "'\"");
}

/* Members as they stand in the type: in quotes. */
static void put_members(struct leat_buf *buf, const struct leat_column *column)
{
    leat_buf_puts(buf, ",\"enumValues\":");
    if (!column->member_count) {
        leat_buf_puts(buf, "null");
        return;
    }
    for (uint32_t i = 0; i < column->member_count; i++) {
        struct leat_buf text = {0};
        struct leat_error ignored = {0};
        enum leat_charset charset = leat_charset_of(column->collation);
        leat_buf_puts(buf, i ? "," : "[");
        if (leat_charset_to_utf8(&text, charset, column->members[i].bytes, column->members[i].size, &ignored) == LEAT_OK)
            put_member(buf, (const char *)text.data, text.size);
        else
            leat_json_base64(buf, column->members[i].bytes, column->members[i].size);
        leat_buf_free(&text);
    }
    leat_buf_u8(buf, ']');
}

/* 'it''s' without its quotes, as MariaDB tells texts. */
static void put_unquoted(struct leat_buf *text, const struct leat_text *quoted)
{
    for (uint32_t i = 1; i + 1 < quoted->size; i++) {
        leat_buf_u8(text, (uint8_t)quoted->bytes[i]);
        if ((quoted->bytes[i] == '\'' || quoted->bytes[i] == '\\') && quoted->bytes[i + 1] == quoted->bytes[i])
            i++;
    }
}

static unsigned hex_digit(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(toupper((unsigned char)c) - 'A') + 10;
}

/* 0x616200, as MySQL tells those of BINARY and VARBINARY, as the text that it is, if it is one. */
static bool put_hex_text(struct leat_buf *text, const struct leat_text *hex)
{
    for (uint32_t i = 2; i < hex->size; i++)
        if (!isxdigit((unsigned char)hex->bytes[i]))
            return false;
    for (uint32_t i = 2; i + 1 < hex->size; i += 2)
        leat_buf_u8(text, (uint8_t)(hex_digit(hex->bytes[i]) << 4 | hex_digit(hex->bytes[i + 1])));
    while (text->size && text->data[text->size - 1] == 0)
        text->size--;
    return leat_utf8_valid(text->data, text->size);
}

bool leat_debezium_default(struct leat_buf *text, const struct leat_column *column)
{
    const struct leat_text *value = &column->default_value;
    leat_buf_clear(text);
    if (!(column->flags & LEAT_COLUMN_HAS_DEFAULT) || (value->size == 4 && memcmp(value->bytes, "NULL", 4) == 0))
        return false;
    if (value->size >= 2 && value->bytes[0] == '\'' && value->bytes[value->size - 1] == '\'')
        put_unquoted(text, value);
    else if (value->size > 2 && memcmp(value->bytes, "0x", 2) == 0 && column->collation == LEAT_COLLATION_BINARY && put_hex_text(text, value))
        return true;
    else
        leat_buf_clear(text), leat_buf_put(text, value->bytes, value->size);
    return true;
}

static void put_column(struct leat_buf *buf, const struct leat_column *column, uint32_t position)
{
    struct leat_buf made = {0}, text_default = {0};
    struct leat_text type = column->type_text;
    int64_t length, scale;
    if (!type.size) {
        leat_type_put(&made, column);
        type = (struct leat_text){(const char *)made.data, (uint32_t)made.size};
    }
    leat_buf_puts(buf, position > 1 ? ",{\"name\":" : "{\"name\":");
    leat_json_string(buf, column->name.bytes, column->name.size);
    static const char collection[] = "geomcollection"; /* MySQL's newer word for it */
    if (type.size == sizeof collection - 1 && memcmp(type.bytes, collection, type.size) == 0)
        type = (struct leat_text){"geometrycollection", 18};
    leat_buf_printf(buf, ",\"jdbcType\":%d,\"nativeType\":null,\"typeName\":", jdbc_type(column));
    put_type_name(buf, &type);
    leat_buf_puts(buf, ",\"typeExpression\":");
    put_type_name(buf, &type);
    leat_buf_puts(buf, ",\"charsetName\":");
    bool text = (leat_type_is_string(column) || column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET) &&
                column->collation != LEAT_COLLATION_BINARY && column->collation != LEAT_COLLATION_UNKNOWN;
    if (text)
        leat_json_cstr(buf, leat_charset_name(column->collation));
    else
        leat_buf_puts(buf, "null");
    lengths(column, &length, &scale);
    put_number_or_null(buf, "length", length);
    put_number_or_null(buf, "scale", scale);
    leat_buf_printf(buf, ",\"position\":%u,\"optional\":%s,\"autoIncremented\":%s,\"generated\":%s,\"comment\":null", position,
                    column->flags & LEAT_COLUMN_NULLABLE ? "true" : "false",
                    column->flags & LEAT_COLUMN_AUTO_INCREMENT ? "true" : "false",
                    column->flags & (LEAT_COLUMN_GENERATED | LEAT_COLUMN_AUTO_INCREMENT) ? "true" : "false"); /* both, as theirs */
    leat_buf_puts(buf, ",\"defaultValueExpression\":");
    if (leat_debezium_default(&text_default, column))
        leat_json_string(buf, text_default.data, text_default.size);
    else
        leat_buf_puts(buf, "null");
    put_members(buf, column);
    leat_buf_u8(buf, '}');
    leat_buf_free(&made);
    leat_buf_free(&text_default);
}

static void put_key(struct leat_buf *buf, const struct leat_table_view *view)
{
    struct leat_key_choice choice = {NULL, true};
    uint32_t columns[LEAT_COLUMNS_MAX];
    uint32_t count = leat_key_find(columns, view, &choice);
    leat_buf_u8(buf, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            leat_buf_u8(buf, ',');
        leat_json_string(buf, view->columns[columns[i]].name.bytes, view->columns[columns[i]].name.size);
    }
    leat_buf_u8(buf, ']');
}

void leat_debezium_put_table(struct leat_buf *buf, const struct leat_table_view *view)
{
    leat_buf_puts(buf, "{\"defaultCharsetName\":");
    if (view->collation)
        leat_json_cstr(buf, leat_charset_name(view->collation));
    else
        leat_buf_puts(buf, "null");
    leat_buf_puts(buf, ",\"primaryKeyColumnNames\":");
    put_key(buf, view);
    leat_buf_puts(buf, ",\"columns\":[");
    for (uint32_t i = 0; i < view->column_count; i++)
        put_column(buf, &view->columns[i], i + 1);
    leat_buf_puts(buf, "],\"comment\":null}");
}

#define FIELD(type, optional, name) "{\"type\":\"" type "\",\"optional\":" optional ",\"field\":\"" name "\"}"

void leat_debezium_ddl_key_schema(struct leat_buf *buf, bool mariadb)
{
    leat_buf_printf(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[" FIELD("string", "false", "databaseName") "],\"optional\":"
                    "false,\"name\":\"io.debezium.connector.%s.SchemaChangeKey\",\"version\":1},\"payload\":",
                    mariadb ? "mariadb" : "mysql");
}

static void put_column_schema(struct leat_buf *buf)
{
    leat_buf_puts(buf, "{\"type\":\"struct\",\"fields\":[" FIELD("string", "false", "name") "," FIELD("int32", "false", "jdbcType") ","
                  FIELD("int32", "true", "nativeType") "," FIELD("string", "false", "typeName") ","
                  FIELD("string", "true", "typeExpression") "," FIELD("string", "true", "charsetName") ","
                  FIELD("int32", "true", "length") "," FIELD("int32", "true", "scale") "," FIELD("int32", "false", "position") ","
                  FIELD("boolean", "true", "optional") "," FIELD("boolean", "true", "autoIncremented") ","
                  FIELD("boolean", "true", "generated") "," FIELD("string", "true", "comment") ","
                  FIELD("string", "true", "defaultValueExpression")
                  ",{\"type\":\"array\",\"items\":{\"type\":\"string\",\"optional\":false},\"optional\":true,\"field\":\"enumValues\"}"
                  "],\"optional\":false,\"name\":\"io.debezium.connector.schema.Column\",\"version\":1}");
}

void leat_debezium_ddl_value_schema(struct leat_buf *buf, bool mariadb)
{
    leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[");
    leat_debezium_source_schema(buf, mariadb);
    leat_buf_puts(buf, "," FIELD("int64", "false", "ts_ms") "," FIELD("string", "true", "databaseName") ","
                  FIELD("string", "true", "schemaName") "," FIELD("string", "true", "ddl")
                  ",{\"type\":\"array\",\"items\":{\"type\":\"struct\",\"fields\":[" FIELD("string", "false", "type") ","
                  FIELD("string", "false", "id") ",{\"type\":\"struct\",\"fields\":[" FIELD("string", "true", "defaultCharsetName")
                  ",{\"type\":\"array\",\"items\":{\"type\":\"string\",\"optional\":false},\"optional\":true,\"field\":"
                  "\"primaryKeyColumnNames\"},{\"type\":\"array\",\"items\":");
    put_column_schema(buf);
    leat_buf_printf(buf, ",\"optional\":false,\"field\":\"columns\"}," FIELD("string", "true", "comment")
                    "],\"optional\":true,\"name\":"
                    "\"io.debezium.connector.schema.Table\",\"version\":1,\"field\":\"table\"}],\"optional\":false,\"name\":"
                    "\"io.debezium.connector.schema.Change\",\"version\":1},\"optional\":false,\"field\":\"tableChanges\"}],"
                    "\"optional\":false,\"name\":\"io.debezium.connector.%s.SchemaChangeValue\",\"version\":1},\"payload\":",
                    mariadb ? "mariadb" : "mysql");
}
