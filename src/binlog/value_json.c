/* Binary JSON into the text that the server prints.
 *
 * A document is a type and a value. Objects and arrays begin with their count and size; then come entries (of
 * keys: offset and length; of values: type and offset, or the value itself where it is small), then what the
 * offsets, which count from the container's start, point to. Small containers have offsets of two bytes,
 * large ones of four.
 *
 * Hostile documents: offsets must point behind the entries and into the container, so that a value can't hold
 * itself; but many entries may point to one value. Each document may therefore cost no more than its own
 * size, in entries and bytes of text, which no document of a server's does.
 *
 * Facts: sql-common/json_binary.h; the text as MySQL 9.7.4 prints it. */
#include "value_int.h"

#include <math.h>

#include "base/json.h"
#include "binlog_int.h"

enum json_type {
    SMALL_OBJECT = 0x00,
    LARGE_OBJECT = 0x01,
    SMALL_ARRAY = 0x02,
    LARGE_ARRAY = 0x03,
    LITERAL = 0x04,
    INT16 = 0x05,
    UINT16 = 0x06,
    INT32 = 0x07,
    UINT32 = 0x08,
    INT64 = 0x09,
    UINT64 = 0x0a,
    DOUBLE = 0x0b,
    STRING = 0x0c,
    OPAQUE = 0x0f
};

enum { DEPTH_MAX = 100 }; /* the server's own */

struct json {
    struct leat_buf *buf;
    struct leat_error *err;
    size_t budget; /* entries and bytes of text that may still be read */
    unsigned depth;
};

static int put_value(struct json *json, uint8_t type, const uint8_t *bytes, size_t size);

static int bad(struct json *json, const char *what)
{
    return leat_malformed(json->err, "a JSON document is malformed: %s", what);
}

static int spend(struct json *json, size_t cost)
{
    if (cost > json->budget)
        return bad(json, "its parts are more than the whole");
    json->budget -= cost;
    return LEAT_OK;
}

static int put_text(struct json *json, const uint8_t *bytes, size_t size)
{
    if (spend(json, size))
        return LEAT_FAIL;
    if (!leat_utf8_valid(bytes, size))
        return bad(json, "a text is not UTF-8");
    leat_json_string(json->buf, bytes, size);
    return LEAT_OK;
}

/* Seven bits a byte, the lowest first, the highest bit set in all but the last; below 2^32. */
static size_t read_length(struct leat_cursor *cursor)
{
    uint64_t length = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = leat_cursor_u8(cursor);
        length |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            if (length <= UINT32_MAX)
                return (size_t)length;
            break;
        }
    }
    cursor->failed = true;
    return 0;
}

static int put_literal(struct json *json, uint8_t literal)
{
    static const char *const names[] = {"null", "true", "false"};
    if (literal > 2)
        return bad(json, "an unknown literal");
    leat_buf_puts(json->buf, names[literal]);
    return LEAT_OK;
}

static int put_number(struct json *json, uint8_t type, const uint8_t *bytes, size_t size)
{
    static const uint8_t sizes[] = {
        [INT16] = 2, [UINT16] = 2, [INT32] = 4, [UINT32] = 4, [INT64] = 8, [UINT64] = 8};
    size_t width = sizes[type];
    if (size < width)
        return bad(json, "a number ends behind it");
    uint64_t value = leat_le(bytes, width);
    if (type == UINT16 || type == UINT32 || type == UINT64) {
        leat_put_u64(json->buf, value);
        return LEAT_OK;
    }
    uint64_t sign = UINT64_C(1) << (width * 8 - 1);
    leat_put_i64(json->buf, (int64_t)((value ^ sign) - sign));
    return LEAT_OK;
}

static int put_double(struct json *json, const uint8_t *bytes, size_t size)
{
    if (size < 8)
        return bad(json, "a number ends behind it");
    double value = leat_value_double(bytes);
    if (!isfinite(value))
        return bad(json, "a number is infinite or none");
    leat_json_double_put(json->buf, value);
    return LEAT_OK;
}

static int put_string(struct json *json, const uint8_t *bytes, size_t size)
{
    struct leat_cursor cursor = leat_cursor(bytes, size);
    size_t length = read_length(&cursor);
    const uint8_t *text = leat_cursor_bytes(&cursor, length);
    if (cursor.failed)
        return bad(json, "a text ends behind it");
    return put_text(json, text, length);
}

static int put_temporal(struct json *json, enum leat_type type, const uint8_t *bytes, size_t size)
{
    if (size != 8)
        return bad(json, "a date or time doesn't have eight bytes");
    struct leat_temporal temporal;
    struct leat_column column = {.type = type};
    if (leat_temporal_of_packed(&temporal, type, (int64_t)leat_le(bytes, 8), json->err))
        return LEAT_FAIL;
    leat_buf_u8(json->buf, '"');
    leat_temporal_put(json->buf, &column, &temporal, ' ');
    leat_buf_u8(json->buf, '"');
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
static int put_base64(struct json *json, uint8_t type, const uint8_t *bytes, size_t size)
{
    enum { LINE = 57 };
    if (spend(json, size))
        return LEAT_FAIL;
    leat_buf_puts(json->buf, "\"base64:type");
    leat_put_u64(json->buf, type);
    leat_buf_u8(json->buf, ':');
    for (size_t at = 0; at < size; at += LINE) {
        if (at)
            leat_buf_puts(json->buf, "\\n");
        put_base64_line(json->buf, bytes + at, size - at < LINE ? size - at : LINE);
    }
    leat_buf_u8(json->buf, '"');
    return LEAT_OK;
}

/* A value of any column type: its type, length and bytes. */
static int put_opaque(struct json *json, const uint8_t *bytes, size_t size)
{
    struct leat_cursor cursor = leat_cursor(bytes, size);
    uint8_t type = leat_cursor_u8(&cursor);
    size_t length = read_length(&cursor);
    const uint8_t *data = leat_cursor_bytes(&cursor, length);
    if (cursor.failed)
        return bad(json, "an opaque value ends behind it");
    switch (type) {
    case LEAT_TYPE_NEWDECIMAL:
        return leat_decimal_of_json(json->buf, data, length, json->err); /* printed as a number */
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_TIMESTAMP:
        return put_temporal(json, (enum leat_type)type, data, length);
    default:
        return put_base64(json, type, data, length);
    }
}

/* An object or array, opened: all sizes checked but what its offsets point to. */
struct container {
    const uint8_t *bytes;
    size_t size;
    uint32_t count;
    unsigned width;     /* of counts, sizes and offsets: 2 or 4 */
    size_t key_entries; /* where they begin; arrays have none */
    size_t value_entries;
    size_t values; /* behind the last entry */
};

static int container_open(struct json *json, struct container *c, uint8_t type, const uint8_t *bytes,
                          size_t size)
{
    bool object = type == SMALL_OBJECT || type == LARGE_OBJECT;
    c->width = type == LARGE_OBJECT || type == LARGE_ARRAY ? 4 : 2;
    if (size < 2 * (size_t)c->width)
        return bad(json, "a container ends within its head");
    c->bytes = bytes;
    c->count = (uint32_t)leat_le(bytes, c->width);
    c->size = (size_t)leat_le(bytes + c->width, c->width);
    if (c->size > size)
        return bad(json, "a container ends behind it");
    c->key_entries = 2 * (size_t)c->width;
    c->value_entries = c->key_entries + (object ? (size_t)c->count * (c->width + 2) : 0);
    c->values = c->value_entries + (size_t)c->count * (c->width + 1);
    if (c->values > c->size)
        return bad(json, "a container has no room for its entries");
    return spend(json, c->count);
}

static int put_key(struct json *json, const struct container *c, uint32_t index)
{
    const uint8_t *entry = c->bytes + c->key_entries + (size_t)index * (c->width + 2);
    size_t offset = (size_t)leat_le(entry, c->width);
    size_t length = (size_t)leat_le(entry + c->width, 2);
    if (offset < c->values || offset > c->size || length > c->size - offset)
        return bad(json, "a key lies outside of its object");
    return put_text(json, c->bytes + offset, length);
}

static bool is_inlined(uint8_t type, unsigned width)
{
    return type == LITERAL || type == INT16 || type == UINT16 ||
           (width == 4 && (type == INT32 || type == UINT32));
}

static int put_element(struct json *json, const struct container *c, uint32_t index)
{
    const uint8_t *entry = c->bytes + c->value_entries + (size_t)index * (c->width + 1);
    uint8_t type = entry[0];
    if (is_inlined(type, c->width))
        return put_value(json, type, entry + 1, c->width);
    size_t offset = (size_t)leat_le(entry + 1, c->width);
    if (offset < c->values || offset >= c->size)
        return bad(json, "a value lies outside of its container");
    return put_value(json, type, c->bytes + offset, c->size - offset);
}

static int put_container(struct json *json, uint8_t type, const uint8_t *bytes, size_t size)
{
    bool object = type == SMALL_OBJECT || type == LARGE_OBJECT;
    struct container c = {0};
    if (++json->depth > DEPTH_MAX)
        return bad(json, "it is nested more than 100 deep");
    if (container_open(json, &c, type, bytes, size))
        return LEAT_FAIL;
    leat_buf_u8(json->buf, object ? '{' : '[');
    for (uint32_t i = 0; i < c.count; i++) {
        if (i)
            leat_buf_puts(json->buf, ", ");
        if (object) {
            if (put_key(json, &c, i))
                return LEAT_FAIL;
            leat_buf_puts(json->buf, ": ");
        }
        if (put_element(json, &c, i))
            return LEAT_FAIL;
    }
    leat_buf_u8(json->buf, object ? '}' : ']');
    json->depth--;
    return LEAT_OK;
}

static int put_value(struct json *json, uint8_t type, const uint8_t *bytes, size_t size)
{
    switch (type) {
    case SMALL_OBJECT:
    case LARGE_OBJECT:
    case SMALL_ARRAY:
    case LARGE_ARRAY:
        return put_container(json, type, bytes, size);
    case LITERAL:
        return size ? put_literal(json, bytes[0]) : bad(json, "a literal is missing");
    case INT16:
    case UINT16:
    case INT32:
    case UINT32:
    case INT64:
    case UINT64:
        return put_number(json, type, bytes, size);
    case DOUBLE:
        return put_double(json, bytes, size);
    case STRING:
        return put_string(json, bytes, size);
    case OPAQUE:
        return put_opaque(json, bytes, size);
    default:
        return bad(json, "an unknown type");
    }
}

int leat_value_json(struct leat_buf *buf, const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    if (size == 0) {
        leat_buf_puts(buf, "null");
        return LEAT_OK;
    }
    size_t start = buf->size;
    struct json json = {.buf = buf, .err = err, .budget = size};
    int result = put_value(&json, bytes[0], bytes + 1, size - 1);
    if (result)
        buf->size = start;
    return result;
}
