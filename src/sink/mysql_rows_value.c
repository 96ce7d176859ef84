/* Values and conditions for the target's columns: the format sql's literals, but where the target's column is of another kind. */
#include "mysql_rows_parts_int.h"

#include "base/json.h"
#include "binlog/charset.h"
#include "binlog/value.h"

/* A SET's members in the order of its bits, or an ENUM's; 0 is the empty text. */
static int put_members(struct leat_buf *buf, const struct mysql_column *column, uint64_t number, struct leat_error *err)
{
    const struct leat_column *told = column->sql.column;
    struct leat_buf text = {0};
    int rc = LEAT_OK;
    uint64_t bits = told->type == LEAT_TYPE_SET ? number : number && number <= 64 ? UINT64_C(1) << (number - 1) : 0;
    if (told->type == LEAT_TYPE_ENUM && number > told->member_count)
        rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "an ENUM's number %llu beyond its %u members", (unsigned long long)number,
                       told->member_count);
    if (told->type == LEAT_TYPE_SET && told->member_count < 64 && bits >> told->member_count)
        rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a SET with bits beyond its %u members", told->member_count);
    if (rc == LEAT_OK && told->type == LEAT_TYPE_ENUM && number) {
        rc = leat_mysql_member(&text, told, (uint32_t)(number - 1), err);
        bits = 0;
    }
    for (; bits && rc == LEAT_OK; bits &= bits - 1) {
        if (text.size)
            leat_buf_u8(&text, ',');
        rc = leat_mysql_member(&text, told, (uint32_t)__builtin_ctzll(bits), err);
    }
    if (rc == LEAT_OK)
        leat_sql_put_text(buf, text.data ? text.data : (const uint8_t *)"", text.size);
    leat_buf_free(&text);
    return rc;
}

static int put_document(struct leat_buf *buf, const struct leat_value *value, struct leat_error *err)
{
    struct leat_buf text = {0};
    int rc = leat_value_json(&text, value->bytes, value->size, err);
    if (rc == LEAT_OK)
        leat_sql_put_text(buf, text.data, text.size);
    leat_buf_free(&text);
    return rc;
}

static int put_utf8(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value, struct leat_error *err)
{
    struct leat_buf text = {0};
    int rc = leat_charset_to_utf8(&text, leat_charset_of(column->sql.column->collation), value->bytes, value->size, err);
    if (rc == LEAT_OK)
        leat_sql_put_text(buf, text.data ? text.data : (const uint8_t *)"", text.size);
    leat_buf_free(&text);
    return rc;
}

/* The zero bytes at its end may be missing in the image. */
static void put_shape_bytes(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value)
{
    leat_buf_puts(buf, "x'");
    leat_put_hex(buf, value->bytes, value->size);
    for (uint32_t i = value->size; i < column->sql.size; i++)
        leat_buf_puts(buf, "00");
    leat_buf_u8(buf, '\'');
}

int leat_mysql_put_value(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value, struct leat_error *err)
{
    if (column->put == MYSQL_PUT_SQL || !value->bytes)
        return leat_sql_put_value(buf, &column->sql, value, err);
    switch (column->put) {
    case MYSQL_PUT_NUMBER:
        leat_put_u64(buf, leat_value_uint(column->sql.column, value->bytes, value->size));
        return LEAT_OK;
    case MYSQL_PUT_MEMBERS:
        return put_members(buf, column, leat_value_uint(column->sql.column, value->bytes, value->size), err);
    case MYSQL_PUT_JSON_TEXT:
        return put_document(buf, value, err);
    case MYSQL_PUT_SHAPE_BYTES:
        put_shape_bytes(buf, column, value);
        return LEAT_OK;
    case MYSQL_PUT_UTF8:
        return put_utf8(buf, column, value, err);
    default:
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a column that is written in an unknown way");
    }
}

static void put_name(struct leat_buf *buf, const struct mysql_column *column)
{
    leat_buf_put(buf, column->sql.name.bytes, column->sql.name.size);
}

/* Text as bytes of the target's own set: what it was given is held against what it holds. */
static int put_bytes_condition(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value,
                               const char *charset, struct leat_error *err)
{
    leat_buf_puts(buf, "CAST(");
    put_name(buf, column);
    leat_buf_puts(buf, " AS BINARY) = CAST(CONVERT(");
    if (leat_mysql_put_value(buf, column, value, err))
        return LEAT_FAIL;
    leat_buf_printf(buf, " USING %s) AS BINARY)", charset);
    return LEAT_OK;
}

int leat_mysql_put_condition(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value, bool key,
                             struct leat_error *err)
{
    struct leat_sql_column told = column->sql;
    told.key = key;
    if (!value->bytes)
        return leat_sql_put_condition(buf, &told, value, err);
    bool text = column->put == MYSQL_PUT_MEMBERS || column->put == MYSQL_PUT_UTF8 || column->put == MYSQL_PUT_JSON_TEXT || column->convert;
    if (text && !key)
        return put_bytes_condition(buf, column, value, leat_charset_label(leat_charset_of(column->target->collation)), err);
    /* BIT, ENUM and SET by number are told as the format sql tells them. */
    if (column->put == MYSQL_PUT_SQL || column->put == MYSQL_PUT_NUMBER)
        return leat_sql_put_condition(buf, &told, value, err);
    put_name(buf, column);
    leat_buf_puts(buf, " = ");
    return leat_mysql_put_value(buf, column, value, err);
}
