/* JSON documents as SQL. Most are what the server makes of their text again. Some hold what text doesn't tell: dates,
 * decimals and bytes inside of documents, and whole numbers of the other sign's type. Those become JSON_OBJECT and
 * JSON_ARRAY of exactly these values.
 *
 * The document was printed before, which checks all of it; offsets are held against their container all the same.
 * Facts: sql-common/json_binary.h in MySQL's sources; which type a number's text becomes: MySQL 9.7.4. */
#include <string.h>

#include "base/json.h"
#include "binlog/json.h"
#include "binlog/value.h"
#include "sql_int.h"

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

enum { DEPTH_MAX = 100 };

struct node {
    const uint8_t *bytes;
    size_t size; /* what is left of the container; the value may be shorter */
    uint8_t type;
    unsigned depth;
};

struct container {
    struct node node;
    uint32_t count;
    unsigned width;
    bool object;
};

static int bad(struct leat_error *err)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a JSON document is malformed");
}

static int open_container(struct container *container, const struct node *node, struct leat_error *err)
{
    unsigned width = node->type == LARGE_OBJECT || node->type == LARGE_ARRAY ? 4 : 2;
    bool object = node->type == SMALL_OBJECT || node->type == LARGE_OBJECT;
    if (node->size < 2 * width || node->depth > DEPTH_MAX)
        return bad(err);
    uint32_t count = (uint32_t)leat_le(node->bytes, width);
    uint64_t entries = (uint64_t)count * ((object ? width + 2 : 0) + 1 + width);
    if (entries > node->size - 2 * width)
        return bad(err);
    *container = (struct container){*node, count, width, object};
    return LEAT_OK;
}

static int key_at(const struct container *container, uint32_t index, const uint8_t **bytes, size_t *size, struct leat_error *err)
{
    unsigned width = container->width;
    const uint8_t *entry = container->node.bytes + 2 * width + (size_t)index * (width + 2);
    size_t offset = (size_t)leat_le(entry, width);
    *size = (size_t)leat_le(entry + width, 2);
    if (offset > container->node.size || *size > container->node.size - offset)
        return bad(err);
    *bytes = container->node.bytes + offset;
    return LEAT_OK;
}

static bool is_inline(uint8_t type, unsigned width)
{
    return type == LITERAL || type == INT16 || type == UINT16 || (width == 4 && (type == INT32 || type == UINT32));
}

static int value_at(const struct container *container, uint32_t index, struct node *value, struct leat_error *err)
{
    unsigned width = container->width;
    size_t keys = container->object ? (size_t)container->count * (width + 2) : 0;
    const uint8_t *entry = container->node.bytes + 2 * width + keys + (size_t)index * (1 + width);
    *value = (struct node){entry + 1, width, entry[0], container->node.depth + 1};
    if (is_inline(entry[0], width))
        return LEAT_OK;
    size_t offset = (size_t)leat_le(entry + 1, width);
    if (offset < 2 * width || offset >= container->node.size)
        return bad(err);
    value->bytes = container->node.bytes + offset;
    value->size = container->node.size - offset;
    return LEAT_OK;
}

/* ---- Whether its text is enough ---- */

/* A text's whole number below 2^32 becomes a signed one, and one from there on an unsigned one. */
static bool number_is_plain(const struct node *node)
{
    if (node->type == INT64)
        return node->size < 8 || (int64_t)leat_le(node->bytes, 8) < (int64_t)1 << 32;
    return node->size < 8 || leat_le(node->bytes, 8) >= (uint64_t)1 << 32;
}

static int look(const struct node *node, bool *plain, struct leat_error *err)
{
    struct container container;
    if (node->type == INT64 || node->type == UINT64)
        *plain = *plain && number_is_plain(node);
    if (node->type == UINT16 || node->type == UINT32 || node->type == OPAQUE)
        *plain = false;
    if (node->type > LARGE_ARRAY)
        return LEAT_OK;
    if (open_container(&container, node, err))
        return LEAT_FAIL;
    for (uint32_t i = 0; i < container.count && *plain; i++) {
        struct node value;
        if (value_at(&container, i, &value, err) || look(&value, plain, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* ---- Expressions ---- */

/* The value's text, as the server prints it by itself. */
static int print(struct leat_buf *text, const struct node *node, struct leat_error *err)
{
    struct leat_buf document = {0};
    leat_buf_u8(&document, node->type);
    leat_buf_put(&document, node->bytes, node->size);
    int rc = leat_value_json(text, document.data, (uint32_t)document.size, err);
    leat_buf_free(&document);
    return rc;
}

/* The length before a string or opaque value: seven bits a byte. */
static int take_text(const struct node *node, size_t at, const uint8_t **bytes, size_t *size, struct leat_error *err)
{
    uint64_t length = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (at >= node->size)
            return bad(err);
        uint8_t byte = node->bytes[at++];
        length |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            break;
    }
    if (length > node->size - at)
        return bad(err);
    *bytes = node->bytes + at;
    *size = (size_t)length;
    return LEAT_OK;
}

static void put_cast(struct leat_buf *buf, const struct leat_buf *text, const char *type)
{
    leat_buf_puts(buf, "CAST(");
    leat_sql_put_text(buf, text->data, text->size);
    leat_buf_puts(buf, " AS ");
    leat_buf_puts(buf, type);
    leat_buf_u8(buf, ')');
}

/* Text of a string in JSON: without the quotes; opaque values have nothing to unescape. */
static int put_opaque(struct leat_buf *buf, const struct node *node, const struct leat_buf *text, struct leat_error *err)
{
    const uint8_t *bytes;
    size_t size;
    if (node->size < 2 || take_text(node, 1, &bytes, &size, err))
        return bad(err);
    struct leat_buf bare = {.data = text->data + 1, .size = text->size > 2 ? text->size - 2 : 0};
    switch (node->bytes[0]) {
    case LEAT_TYPE_NEWDECIMAL:
        leat_buf_put(buf, text->data, text->size);
        return LEAT_OK;
    case LEAT_TYPE_DATE:
        put_cast(buf, &bare, "DATE");
        return LEAT_OK;
    case LEAT_TYPE_TIME:
        put_cast(buf, &bare, "TIME(6)");
        return LEAT_OK;
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_TIMESTAMP:
        put_cast(buf, &bare, "DATETIME(6)");
        return LEAT_OK;
    case LEAT_TYPE_VARCHAR:
        leat_sql_put_hex(buf, bytes, size);
        return LEAT_OK;
    default: /* its text is all that can be given */
        leat_sql_put_text(buf, bare.data, bare.size);
        return LEAT_OK;
    }
}

static int put_scalar(struct leat_buf *buf, const struct node *node, struct leat_error *err)
{
    struct leat_buf text = {0};
    const uint8_t *bytes;
    size_t size;
    int rc = print(&text, node, err);
    if (rc == LEAT_OK)
        switch (node->type) {
        case LITERAL:
            put_cast(buf, &text, "JSON");
            break;
        case UINT16:
        case UINT32:
        case UINT64:
            leat_buf_printf(buf, "CAST(%s AS UNSIGNED)", leat_buf_cstr(&text));
            break;
        case DOUBLE:
            leat_buf_put(buf, text.data, text.size);
            if (!memchr(text.data, 'e', text.size))
                leat_buf_puts(buf, "e0");
            break;
        case STRING:
            rc = take_text(node, 0, &bytes, &size, err);
            if (rc == LEAT_OK)
                leat_sql_put_text(buf, bytes, size);
            break;
        case OPAQUE:
            rc = put_opaque(buf, node, &text, err);
            break;
        default:
            leat_buf_put(buf, text.data, text.size);
            break;
        }
    leat_buf_free(&text);
    return rc;
}

static int put_expression(struct leat_buf *buf, const struct node *node, struct leat_error *err)
{
    struct container container;
    if (node->type > LARGE_ARRAY)
        return put_scalar(buf, node, err);
    if (open_container(&container, node, err))
        return LEAT_FAIL;
    leat_buf_puts(buf, container.object ? "JSON_OBJECT(" : "JSON_ARRAY(");
    for (uint32_t i = 0; i < container.count; i++) {
        const uint8_t *key = NULL;
        size_t key_size = 0;
        struct node value;
        leat_buf_puts(buf, i ? ", " : "");
        if (container.object) {
            if (key_at(&container, i, &key, &key_size, err))
                return LEAT_FAIL;
            leat_sql_put_text(buf, key, key_size);
            leat_buf_puts(buf, ", ");
        }
        if (value_at(&container, i, &value, err) || put_expression(buf, &value, err))
            return LEAT_FAIL;
    }
    leat_buf_u8(buf, ')');
    return LEAT_OK;
}

int leat_sql_put_json(struct leat_buf *buf, const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    struct leat_buf text = {0};
    int rc = leat_value_json(&text, bytes, size, err);
    struct node document = {bytes + 1, size ? size - 1 : 0, size ? bytes[0] : LITERAL, 0};
    bool plain = true;
    if (rc == LEAT_OK && size)
        rc = look(&document, &plain, err);
    if (rc == LEAT_OK && plain) {
        leat_sql_put_text(buf, text.data, text.size);
    } else if (rc == LEAT_OK) {
        leat_buf_puts(buf, "CAST(");
        rc = put_expression(buf, &document, err);
        leat_buf_puts(buf, " AS JSON)");
    }
    leat_buf_free(&text);
    return rc;
}

/* ---- Partial updates ---- */

static const char *function_of(const struct leat_json_diff *diff)
{
    if (diff->op == LEAT_JSON_REMOVE)
        return "JSON_REMOVE(";
    if (diff->op == LEAT_JSON_REPLACE)
        return "JSON_REPLACE(";
    /* A cell moves those behind it; a member's name would end in a quote or a letter. */
    return diff->path_size && diff->path[diff->path_size - 1] == ']' ? "JSON_ARRAY_INSERT(" : "JSON_INSERT(";
}

/* A document as an argument: the text alone would be a string. */
static int put_argument(struct leat_buf *buf, const struct leat_json_diff *diff, struct leat_error *err)
{
    struct leat_buf document = {0};
    int rc = leat_sql_put_json(&document, diff->value, diff->value_size, err);
    bool text = rc == LEAT_OK && document.data[0] == '\'';
    leat_buf_puts(buf, text ? ", CAST(" : ", ");
    leat_buf_put(buf, document.data, document.size);
    leat_buf_puts(buf, text ? " AS JSON)" : "");
    leat_buf_free(&document);
    return rc;
}

/* Calls stand before the column, the last change outermost; changes of one kind that follow each other are one call. */
int leat_sql_put_json_changes(struct leat_buf *buf, const struct leat_sql_column *column, const struct leat_value *value,
                              struct leat_error *err)
{
    struct leat_cursor diffs = leat_cursor(value->bytes, value->size);
    struct leat_buf calls = {0}, arguments = {0};
    struct leat_json_diff diff;
    const char *last = NULL;
    int rc;
    while ((rc = leat_json_diff_next(&diff, &diffs, err)) == LEAT_OK) {
        const char *function = function_of(&diff);
        if (function != last) {
            leat_buf_puts(&arguments, last ? ")" : "");
            leat_buf_put(&calls, &function, sizeof function);
        }
        last = function;
        leat_buf_puts(&arguments, ", ");
        leat_sql_put_text(&arguments, diff.path, diff.path_size);
        if (diff.op != LEAT_JSON_REMOVE && put_argument(&arguments, &diff, err))
            break;
    }
    for (size_t at = calls.size; at > 0; at -= sizeof last) {
        memcpy(&last, calls.data + at - sizeof last, sizeof last);
        leat_buf_puts(buf, last);
    }
    leat_buf_put(buf, column->name.bytes, column->name.size);
    leat_buf_put(buf, arguments.data, arguments.size);
    leat_buf_puts(buf, calls.size ? ")" : "");
    leat_buf_free(&calls);
    leat_buf_free(&arguments);
    return rc == LEAT_END ? LEAT_OK : LEAT_FAIL;
}
