/* Binary JSON as it lies in memory: what the printer and the changer of documents share. Not for other rooms.
 *
 * A value is a type and bytes. Objects and arrays begin with their count and size; then come entries (of keys: offset
 * and length; of values: type and offset, or the value itself where it is small), then what the offsets, which count
 * from the container's start, point to. Small containers have offsets of two bytes, large ones of four. An object's
 * keys are in order: by length, then by bytes.
 *
 * Facts: sql-common/json_binary.h in MySQL's sources. */
#ifndef LEAT_BINLOG_JSON_INT_H
#define LEAT_BINLOG_JSON_INT_H

#include "base/buf.h"
#include "binlog_int.h"

enum leat_json_type {
    LEAT_JSON_SMALL_OBJECT = 0x00,
    LEAT_JSON_LARGE_OBJECT = 0x01,
    LEAT_JSON_SMALL_ARRAY = 0x02,
    LEAT_JSON_LARGE_ARRAY = 0x03,
    LEAT_JSON_LITERAL = 0x04,
    LEAT_JSON_INT16 = 0x05,
    LEAT_JSON_UINT16 = 0x06,
    LEAT_JSON_INT32 = 0x07,
    LEAT_JSON_UINT32 = 0x08,
    LEAT_JSON_INT64 = 0x09,
    LEAT_JSON_UINT64 = 0x0a,
    LEAT_JSON_DOUBLE = 0x0b,
    LEAT_JSON_STRING = 0x0c,
    LEAT_JSON_OPAQUE = 0x0f
};

enum { LEAT_JSON_DEPTH_MAX = 100 }; /* the server's own */

/* `size`: what is left of the container around it; a value may be shorter. */
struct leat_json_value {
    const uint8_t *bytes;
    size_t size;
    uint8_t type;
};

/* An object or array, opened: its entries lie within it; what they point to is checked as it is taken. */
struct leat_json_container {
    const uint8_t *bytes;
    size_t size;
    uint32_t count;
    uint8_t width; /* of counts, sizes and offsets: 2 or 4 */
    bool object;
    size_t value_entries; /* where they begin */
    size_t values;        /* behind the last entry */
};

static inline int leat_json_bad(struct leat_error *err, const char *what)
{
    return leat_malformed(err, "a JSON document is malformed: %s", what);
}

static inline bool leat_json_is_container(uint8_t type)
{
    return type <= LEAT_JSON_LARGE_ARRAY;
}

static inline size_t leat_json_number(const uint8_t *bytes, unsigned width)
{
    return (size_t)(width == 2 ? leat_le(bytes, 2) : leat_le(bytes, 4));
}

static inline size_t leat_json_key_entry(const struct leat_json_container *c, uint32_t index)
{
    return 2 * (size_t)c->width + (size_t)index * (c->width + 2u);
}

/* `bytes` of a whole document: its type, then the value. Without any bytes it is the literal null, as on the server. */
static inline struct leat_json_value leat_json_document(const uint8_t *bytes, size_t size)
{
    static const uint8_t null[] = {0};
    if (size == 0)
        return (struct leat_json_value){null, 1, LEAT_JSON_LITERAL};
    return (struct leat_json_value){bytes + 1, size - 1, bytes[0]};
}

static inline int leat_json_open(struct leat_json_container *c, const struct leat_json_value *value,
                                 struct leat_error *err)
{
    bool large = value->type == LEAT_JSON_LARGE_OBJECT || value->type == LEAT_JSON_LARGE_ARRAY;
    c->object = value->type <= LEAT_JSON_LARGE_OBJECT;
    c->width = large ? 4 : 2;
    if (value->size < 2 * (size_t)c->width)
        return leat_json_bad(err, "a container ends within its head");
    c->bytes = value->bytes;
    c->count = (uint32_t)leat_json_number(c->bytes, c->width);
    c->size = leat_json_number(c->bytes + c->width, c->width);
    if (c->size > value->size)
        return leat_json_bad(err, "a container ends behind it");
    c->value_entries = 2 * (size_t)c->width + (c->object ? (size_t)c->count * (c->width + 2u) : 0);
    c->values = c->value_entries + (size_t)c->count * (c->width + 1u);
    return c->values > c->size ? leat_json_bad(err, "a container has no room for its entries") : LEAT_OK;
}

static inline int leat_json_key(const struct leat_json_container *c, uint32_t index, const uint8_t **key, size_t *size,
                                struct leat_error *err)
{
    const uint8_t *entry = c->bytes + leat_json_key_entry(c, index);
    size_t offset = leat_json_number(entry, c->width);
    *size = (size_t)leat_le(entry + c->width, 2);
    if (offset < c->values || offset > c->size || *size > c->size - offset)
        return leat_json_bad(err, "a key lies outside of its object");
    *key = c->bytes + offset;
    return LEAT_OK;
}

static inline bool leat_json_is_inlined(uint8_t type, unsigned width)
{
    return type == LEAT_JSON_LITERAL || type == LEAT_JSON_INT16 || type == LEAT_JSON_UINT16 ||
           (width == 4 && (type == LEAT_JSON_INT32 || type == LEAT_JSON_UINT32));
}

static inline int leat_json_element(const struct leat_json_container *c, uint32_t index, struct leat_json_value *value,
                                    struct leat_error *err)
{
    const uint8_t *entry = c->bytes + c->value_entries + (size_t)index * (c->width + 1u);
    value->type = entry[0];
    value->bytes = entry + 1;
    value->size = c->width;
    if (leat_json_is_inlined(value->type, c->width))
        return LEAT_OK;
    size_t offset = leat_json_number(entry + 1, c->width);
    if (offset < c->values || offset >= c->size)
        return leat_json_bad(err, "a value lies outside of its container");
    value->bytes = c->bytes + offset;
    value->size = c->size - offset;
    return LEAT_OK;
}

/* Of texts and opaque values: seven bits a byte, the lowest first, the highest bit set in all but the last; below 2^32. */
static inline size_t leat_json_length(struct leat_cursor *cursor)
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

/* Prints values into text, as the server does. Hostile documents: offsets point behind the entries and into the
 * container, so that a value can't hold itself; but many entries may point to one value. Therefore all that is printed
 * may not be more than the budget, in bytes of the documents, which begins as their size. */
struct leat_json_printer {
    struct leat_buf *buf;
    struct leat_error *err;
    size_t budget;
    unsigned depth; /* of containers that are open */
};

int leat_json_print(struct leat_json_printer *printer, const struct leat_json_value *value) LEAT_CHECKED;
/* Parts of containers that whoever calls walks himself: head and entries paid, one deeper; `"key": `. */
int leat_json_print_open(struct leat_json_printer *printer, const struct leat_json_container *c) LEAT_CHECKED;
int leat_json_print_key(struct leat_json_printer *printer, const uint8_t *key, size_t size) LEAT_CHECKED;
void leat_json_print_close(struct leat_json_printer *printer, const struct leat_json_container *c);

/* One step of a path. */
struct leat_json_leg {
    bool member;   /* else a cell of an array */
    bool from_end; /* `index` counts back from the last one, which is 0 */
    uint32_t index;
    size_t name, name_size; /* in the path's names */
};

/* A path without wildcards or ranges, as in partial updates. */
struct leat_json_path {
    struct leat_json_leg legs[LEAT_JSON_DEPTH_MAX];
    unsigned count;
    struct leat_buf names; /* owned: members' names, with escapes resolved */
};
int leat_json_path_parse(struct leat_json_path *path, const char *text, size_t size,
                         struct leat_error *err) LEAT_CHECKED;

#endif
