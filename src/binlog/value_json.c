/* Binary JSON into the text that the server prints, straight from the bytes: no tree, no memory but the text's. The
 * work is linear in the document's size (see struct leat_json_printer), the depth of calls is the server's limit.
 *
 * Facts: sql-common/json_binary.h; the text as MySQL 9.7.4 prints it. */
#include "value_int.h"

#include <math.h>

#include "base/json.h"
#include "json_int.h"

/* The longest of what has a limit: a number, with quotes or a comma around it. */
enum { SHORT_MAX = 64 };

static int bad(struct leat_json_printer *printer, const char *what)
{
    return leat_json_bad(printer->err, what);
}

static int spend(struct leat_json_printer *printer, size_t cost)
{
    if (__builtin_expect(cost > printer->budget, 0))
        return bad(printer, "its parts are more than the whole");
    printer->budget -= cost;
    return LEAT_OK;
}

/* `size` bytes of text and what stood before it. */
static int put_text(struct leat_json_printer *printer, const uint8_t *bytes, size_t size)
{
    if (spend(printer, size))
        return LEAT_FAIL;
    return leat_json_text(printer->buf, bytes, size) ? LEAT_OK : bad(printer, "a text is not UTF-8");
}

static int put_literal(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    static const char names[][8] = {"null", "true", "false"};
    if (!value->size || value->bytes[0] > 2)
        return bad(printer, "an unknown literal");
    memcpy(leat_buf_reserve(printer->buf, 8), names[value->bytes[0]], 8);
    leat_buf_commit(printer->buf, value->bytes[0] == 2 ? 5 : 4);
    return LEAT_OK;
}

static int put_number(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    static const uint8_t sizes[] = {[LEAT_JSON_INT16] = 2, [LEAT_JSON_UINT16] = 2, [LEAT_JSON_INT32] = 4,
                                    [LEAT_JSON_UINT32] = 4, [LEAT_JSON_INT64] = 8, [LEAT_JSON_UINT64] = 8};
    size_t width = sizes[value->type];
    if (value->size < width)
        return bad(printer, "a number ends behind it");
    if (width == 8 && spend(printer, 8)) /* smaller ones may lie in their entry, which is paid */
        return LEAT_FAIL;
    uint64_t number = leat_le(value->bytes, width);
    if (value->type == LEAT_JSON_UINT16 || value->type == LEAT_JSON_UINT32 || value->type == LEAT_JSON_UINT64) {
        leat_put_u64(printer->buf, number);
        return LEAT_OK;
    }
    uint64_t sign = UINT64_C(1) << (width * 8 - 1);
    leat_put_i64(printer->buf, (int64_t)((number ^ sign) - sign));
    return LEAT_OK;
}

static int put_double(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    if (value->size < 8)
        return bad(printer, "a number ends behind it");
    double number = leat_value_double(value->bytes);
    if (!isfinite(number))
        return bad(printer, "a number is infinite or none");
    leat_json_double_put(printer->buf, number);
    return spend(printer, 8);
}

static int put_string(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    struct leat_cursor cursor = leat_cursor(value->bytes, value->size);
    size_t length = leat_json_length(&cursor);
    const uint8_t *text = leat_cursor_bytes(&cursor, length);
    if (cursor.failed)
        return bad(printer, "a text ends behind it");
    if (spend(printer, (size_t)(text - value->bytes)))
        return LEAT_FAIL;
    return put_text(printer, text, length);
}

static int put_temporal(struct leat_json_printer *printer, enum leat_type type, const uint8_t *bytes, size_t size)
{
    if (size != 8)
        return bad(printer, "a date or time doesn't have eight bytes");
    struct leat_temporal temporal;
    struct leat_column column = {.type = type};
    if (leat_temporal_of_packed(&temporal, type, (int64_t)leat_le(bytes, 8), printer->err))
        return LEAT_FAIL;
    leat_buf_u8(printer->buf, '"');
    leat_temporal_put(printer->buf, &column, &temporal, ' ');
    leat_buf_u8(printer->buf, '"');
    return LEAT_OK;
}

/* The base64 of at most a line, without the quotes that leat_json_base64 puts around it. */
static void put_base64_line(struct leat_buf *buf, const uint8_t *bytes, size_t size)
{
    size_t start = buf->size;
    leat_json_base64(buf, bytes, size);
    memmove(buf->data + start, buf->data + start + 1, buf->size - start - 2);
    buf->size -= 2;
}

/* The server's base64 has lines of 76 characters; their ends are escaped like any in a text. */
static void put_base64(struct leat_json_printer *printer, uint8_t type, const uint8_t *bytes, size_t size)
{
    enum { LINE = 57 };
    leat_buf_puts(printer->buf, "\"base64:type");
    leat_put_u64(printer->buf, type);
    leat_buf_u8(printer->buf, ':');
    for (size_t at = 0; at < size; at += LINE) {
        if (at)
            leat_buf_puts(printer->buf, "\\n");
        put_base64_line(printer->buf, bytes + at, size - at < LINE ? size - at : LINE);
    }
    leat_buf_u8(printer->buf, '"');
}

/* A value of any column type: its type, length and bytes. */
static int put_opaque(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    struct leat_cursor cursor = leat_cursor(value->bytes, value->size);
    uint8_t type = leat_cursor_u8(&cursor);
    size_t length = leat_json_length(&cursor);
    const uint8_t *data = leat_cursor_bytes(&cursor, length);
    if (cursor.failed)
        return bad(printer, "an opaque value ends behind it");
    if (spend(printer, (size_t)(cursor.at - value->bytes)))
        return LEAT_FAIL;
    switch (type) {
    case LEAT_TYPE_NEWDECIMAL:
        return leat_decimal_of_json(printer->buf, data, length, printer->err); /* printed as a number */
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_TIMESTAMP:
        return put_temporal(printer, (enum leat_type)type, data, length);
    default:
        put_base64(printer, type, data, length);
        return LEAT_OK;
    }
}

int leat_json_print_open(struct leat_json_printer *printer, const struct leat_json_container *c)
{
    if (++printer->depth > LEAT_JSON_DEPTH_MAX)
        return bad(printer, "it is nested more than 100 deep");
    leat_buf_u8(printer->buf, c->object ? '{' : '[');
    return spend(printer, c->values);
}

void leat_json_print_close(struct leat_json_printer *printer, const struct leat_json_container *c)
{
    leat_buf_u8(printer->buf, c->object ? '}' : ']');
    printer->depth--;
}

int leat_json_print_key(struct leat_json_printer *printer, const uint8_t *key, size_t size)
{
    if (put_text(printer, key, size))
        return LEAT_FAIL;
    memcpy(leat_buf_reserve(printer->buf, 2), ": ", 2);
    leat_buf_commit(printer->buf, 2);
    return LEAT_OK;
}

static int put_container(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    struct leat_json_container c;
    if (leat_json_open(&c, value, printer->err) || leat_json_print_open(printer, &c))
        return LEAT_FAIL;
    for (uint32_t i = 0; i < c.count; i++) {
        struct leat_json_value element;
        const uint8_t *key = NULL;
        size_t key_size = 0;
        if (i) {
            memcpy(leat_buf_reserve(printer->buf, SHORT_MAX), ", ", 2);
            leat_buf_commit(printer->buf, 2);
        }
        if (c.object && (leat_json_key(&c, i, &key, &key_size, printer->err) ||
                         leat_json_print_key(printer, key, key_size)))
            return LEAT_FAIL;
        if (leat_json_element(&c, i, &element, printer->err) || leat_json_print(printer, &element))
            return LEAT_FAIL;
    }
    leat_json_print_close(printer, &c);
    return LEAT_OK;
}

int leat_json_print(struct leat_json_printer *printer, const struct leat_json_value *value)
{
    switch (value->type) {
    case LEAT_JSON_SMALL_OBJECT:
    case LEAT_JSON_LARGE_OBJECT:
    case LEAT_JSON_SMALL_ARRAY:
    case LEAT_JSON_LARGE_ARRAY:
        return put_container(printer, value);
    case LEAT_JSON_LITERAL:
        return put_literal(printer, value);
    case LEAT_JSON_INT16:
    case LEAT_JSON_UINT16:
    case LEAT_JSON_INT32:
    case LEAT_JSON_UINT32:
    case LEAT_JSON_INT64:
    case LEAT_JSON_UINT64:
        return put_number(printer, value);
    case LEAT_JSON_DOUBLE:
        return put_double(printer, value);
    case LEAT_JSON_STRING:
        return put_string(printer, value);
    case LEAT_JSON_OPAQUE:
        return put_opaque(printer, value);
    default:
        return bad(printer, "an unknown type");
    }
}

int leat_value_json(struct leat_buf *buf, const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    size_t start = buf->size;
    struct leat_json_value value = leat_json_document(bytes, size);
    struct leat_json_printer printer = {.buf = buf, .err = err, .budget = size};
    int result = leat_json_print(&printer, &value);
    if (result)
        buf->size = start;
    return result;
}
