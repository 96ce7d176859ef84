/* Values of a row image, as views into the event and as text. */
#include "api_int.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "binlog/charset.h"
#include "binlog/json.h"
#include "binlog/value.h"

int api_row(struct leat_decode_row *row, const struct api_table *table, const uint8_t *present,
            struct leat_cursor *cursor, struct leat_error *err)
{
    uint32_t count = table->shown.column_count;
    if (row->room < count) {
        free(row->values);
        row->values = leat_alloc_zero(count, sizeof *row->values);
        row->room = count;
    }
    row->table = table;
    return row->partial ? leat_row_split_partial(table->plan, present, cursor, row->values, err)
                        : leat_row_split(table->plan, present, cursor, row->values, err);
}

static const struct leat_column *column_of(const struct leat_decode_row *row, uint32_t column)
{
    return &leat_table_view(row->table->table)->columns[column];
}

static int must_be_column(const struct leat_decode_row *row, uint32_t column, struct leat_error *err)
{
    uint32_t count = row->table->shown.column_count;
    if (column < count)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "column %u of %s.%s, which has %u (the first is 0)", column,
                     row->table->shown.database.bytes, row->table->shown.name.bytes, count);
}

/* Says which value it was. */
static int wrong(const struct leat_decode_row *row, uint32_t column, struct leat_error *err)
{
    const struct leat_decode_table *table = &row->table->shown;
    const struct leat_decode_text *name = &table->columns[column].name;
    return leat_error_prefix(err, "%s.%s, column %u%s%s", table->database.bytes, table->name.bytes, column, name->size ? " " : "",
                             name->bytes);
}

/* ---- Views ---- */

static int view_time(struct leat_decode_value *value, const struct leat_column *column, struct leat_error *err)
{
    struct leat_temporal temporal;
    if (leat_value_temporal(&temporal, column, value->bytes, (uint32_t)value->size, err))
        return LEAT_FAIL;
    value->as.time = (struct leat_decode_time){
        .negative = temporal.negative,
        .year = temporal.year,
        .month = temporal.month,
        .day = temporal.day,
        .hour = temporal.hour,
        .minute = temporal.minute,
        .second = temporal.second,
        .micros = temporal.micros,
        .seconds = temporal.seconds,
    };
    return LEAT_OK;
}

static int view_enum(struct leat_decode_value *value, const struct leat_decode_column *shown, struct leat_error *err)
{
    uint64_t number = value->as.natural;
    if (shown->member_count == 0 || number == 0) {
        value->text = (struct leat_decode_text){"", 0};
        return LEAT_OK;
    }
    if (number > shown->member_count)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "ENUM member %llu of %u", (unsigned long long)number,
                         shown->member_count);
    value->text = shown->members[number - 1];
    return LEAT_OK;
}

static int view(struct leat_decode_value *value, const struct leat_column *column, const struct leat_decode_column *shown,
                struct leat_error *err)
{
    uint32_t size = (uint32_t)value->size;
    switch (value->type) {
    case LEAT_DECODE_INT:
        value->as.integer = leat_value_int(column, value->bytes, size);
        return LEAT_OK;
    case LEAT_DECODE_UINT:
    case LEAT_DECODE_YEAR:
    case LEAT_DECODE_BIT:
    case LEAT_DECODE_SET:
        value->as.natural = leat_value_uint(column, value->bytes, size);
        return LEAT_OK;
    case LEAT_DECODE_ENUM:
        value->as.natural = leat_value_uint(column, value->bytes, size);
        return view_enum(value, shown, err);
    case LEAT_DECODE_FLOAT:
        value->as.real = (double)leat_value_float(value->bytes);
        return LEAT_OK;
    case LEAT_DECODE_DOUBLE:
        value->as.real = leat_value_double(value->bytes);
        return LEAT_OK;
    case LEAT_DECODE_DATE:
    case LEAT_DECODE_TIME:
    case LEAT_DECODE_DATETIME:
    case LEAT_DECODE_TIMESTAMP:
        return view_time(value, column, err);
    case LEAT_DECODE_TEXT:
        value->text = (struct leat_decode_text){(const char *)value->bytes, value->size};
        return LEAT_OK;
    default:
        return LEAT_OK;
    }
}

int leat_decode_get(struct leat_decode_value *value, const struct leat_decode_row *row, uint32_t column,
                      struct leat_error *err)
{
    *value = (struct leat_decode_value){.state = LEAT_DECODE_ABSENT};
    if (must_be_column(row, column, err))
        return LEAT_FAIL;
    const struct leat_value *packed = &row->values[column];
    if (!packed->present)
        return LEAT_OK;
    value->state = packed->bytes ? LEAT_DECODE_VALUE : LEAT_DECODE_IS_NULL;
    if (!packed->bytes)
        return LEAT_OK;
    const struct leat_decode_column *shown = &row->table->shown.columns[column];
    value->type = shown->type;
    value->bytes = packed->bytes;
    value->size = packed->size;
    if (packed->partial) {
        value->state = LEAT_DECODE_DIFF;
        return LEAT_OK;
    }
    return view(value, column_of(row, column), shown, err) ? wrong(row, column, err) : LEAT_OK;
}

/* ---- Text ---- */

static int not_text(const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s isn't text: take its bytes", what);
}

static int put_set(struct leat_buf *buf, const struct leat_decode_value *value, const struct leat_decode_column *shown,
                   const struct leat_column *column, struct leat_error *err)
{
    uint64_t bits = value->as.natural;
    if (shown->member_count < 64 && bits >> shown->member_count)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a SET with bits beyond its %u members", shown->member_count);
    for (bool first = true; bits; bits &= bits - 1, first = false) {
        const struct leat_decode_text *member = &shown->members[__builtin_ctzll(bits)];
        if (!first)
            leat_buf_u8(buf, ',');
        if (leat_charset_to_utf8(buf, leat_charset_of(column->collation), member->bytes, member->size, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

static int put_text(struct leat_buf *buf, const struct leat_decode_text *text, const struct leat_column *column,
                    struct leat_error *err)
{
    if (column->collation == LEAT_COLLATION_UNKNOWN)
        return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the binlog doesn't tell the character set");
    return leat_charset_to_utf8(buf, leat_charset_of(column->collation), text->bytes, text->size, err);
}

/* No server stores one that is infinite or no number. */
static int put_real(struct leat_buf *buf, const struct leat_decode_value *value, struct leat_error *err)
{
    if (!isfinite(value->as.real))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a value that is not a number");
    if (value->type == LEAT_DECODE_FLOAT)
        leat_put_float(buf, leat_value_float(value->bytes));
    else
        leat_put_double(buf, value->as.real);
    return LEAT_OK;
}

static int put_time(struct leat_buf *buf, const struct leat_column *column, const struct leat_decode_value *value,
                    struct leat_error *err)
{
    struct leat_temporal temporal;
    if (leat_value_temporal(&temporal, column, value->bytes, (uint32_t)value->size, err))
        return LEAT_FAIL;
    leat_temporal_put(buf, column, &temporal, ' ');
    return LEAT_OK;
}

static int put(struct leat_buf *buf, const struct leat_decode_value *value, const struct leat_column *column,
               const struct leat_decode_column *shown, struct leat_error *err)
{
    switch (value->type) {
    case LEAT_DECODE_INT:
        leat_put_i64(buf, value->as.integer);
        return LEAT_OK;
    case LEAT_DECODE_UINT:
        leat_put_u64(buf, value->as.natural);
        return LEAT_OK;
    case LEAT_DECODE_YEAR:
        leat_put_digits(buf, value->as.natural, 4);
        return LEAT_OK;
    case LEAT_DECODE_FLOAT:
    case LEAT_DECODE_DOUBLE:
        return put_real(buf, value, err);
    case LEAT_DECODE_DECIMAL:
        return leat_value_decimal(buf, column, value->bytes, (uint32_t)value->size, err);
    case LEAT_DECODE_DATE:
    case LEAT_DECODE_TIME:
    case LEAT_DECODE_DATETIME:
    case LEAT_DECODE_TIMESTAMP:
        return put_time(buf, column, value, err);
    case LEAT_DECODE_ENUM:
    case LEAT_DECODE_TEXT:
        return put_text(buf, &value->text, column, err);
    case LEAT_DECODE_SET:
        return put_set(buf, value, shown, column, err);
    case LEAT_DECODE_JSON:
        return leat_value_json(buf, value->bytes, (uint32_t)value->size, err);
    case LEAT_DECODE_NULL:
        break;
    case LEAT_DECODE_BIT:
        return not_text("BIT", err);
    case LEAT_DECODE_BINARY:
        return not_text("a binary string", err);
    case LEAT_DECODE_GEOMETRY:
        return not_text("GEOMETRY", err);
    case LEAT_DECODE_VECTOR:
        return not_text("VECTOR", err);
    }
    return not_text("this", err);
}

/* The document, if the row before tells what it was, else the changes. */
static int put_diff(struct leat_buf *buf, const struct leat_decode_value *value, const struct leat_value *before,
                    struct leat_error *err)
{
    uint32_t size = (uint32_t)value->size;
    if (!before->present)
        return leat_json_diffs_put(buf, value->bytes, size, err);
    if (!before->bytes)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "changes to a JSON document where there was NULL");
    return leat_json_apply(buf, before->bytes, before->size, value->bytes, size, err);
}

int leat_decode_get_text(struct leat_decode_text *text, const struct leat_decode_row *row, uint32_t column,
                           struct leat_error *err)
{
    struct leat_decode_value value;
    *text = (struct leat_decode_text){NULL, 0};
    if (leat_decode_get(&value, row, column, err))
        return LEAT_FAIL;
    if (value.state == LEAT_DECODE_ABSENT || value.state == LEAT_DECODE_IS_NULL)
        return LEAT_OK;
    struct leat_buf *buf = &row->decode->text;
    leat_buf_clear(buf);
    int result = value.state == LEAT_DECODE_DIFF
                     ? put_diff(buf, &value, &row->decode->before.values[column], err)
                     : put(buf, &value, column_of(row, column), &row->table->shown.columns[column], err);
    if (result)
        return wrong(row, column, err);
    *text = (struct leat_decode_text){leat_buf_cstr(buf), buf->size};
    return LEAT_OK;
}
