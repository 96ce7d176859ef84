/* Edits into binary documents, in the form that the server gives them: containers are small where they fit, keys follow the
 * entries, values the keys. Values that came from documents are copied byte for byte; a container's offsets count from its
 * own start, so they hold anywhere. */
#include "json_edit_int.h"

enum { SMALL_MAX = UINT16_MAX };

static bool is_32_bits(uint8_t type)
{
    return type == LEAT_JSON_INT32 || type == LEAT_JSON_UINT32;
}

/* How many of the value's bytes are its own. */
static int own_size(const struct leat_json_value *value, size_t *size, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(value->bytes, value->size);
    struct leat_json_container container = {0};
    uint64_t length = 0;
    switch (value->type) {
    case LEAT_JSON_SMALL_OBJECT:
    case LEAT_JSON_LARGE_OBJECT:
    case LEAT_JSON_SMALL_ARRAY:
    case LEAT_JSON_LARGE_ARRAY:
        if (leat_json_open(&container, value, err))
            return LEAT_FAIL;
        length = container.size;
        break;
    case LEAT_JSON_LITERAL:
        length = 1;
        break;
    case LEAT_JSON_INT16:
    case LEAT_JSON_UINT16:
        length = 2;
        break;
    case LEAT_JSON_INT32:
    case LEAT_JSON_UINT32:
        length = 4;
        break;
    case LEAT_JSON_INT64:
    case LEAT_JSON_UINT64:
    case LEAT_JSON_DOUBLE:
        length = 8;
        break;
    case LEAT_JSON_OPAQUE:
        leat_cursor_skip(&cursor, 1); /* fall through */
    case LEAT_JSON_STRING:
        length = leat_json_length(&cursor);
        length += (uint64_t)(cursor.at - value->bytes);
        break;
    default:
        return leat_json_bad(err, "an unknown type");
    }
    if (cursor.failed || length > value->size)
        return leat_json_bad(err, "a value ends behind it");
    *size = (size_t)length;
    return LEAT_OK;
}

static size_t head_size(const struct leat_json_edit *edit, unsigned width)
{
    return 2 * (size_t)width + (size_t)edit->entries * (width + 1u + (edit->own.object ? width + 2u : 0));
}

/* The innermost first: how large each edit becomes, and with which width. */
static int measure(struct leat_json_edit *edit, size_t limit, struct leat_error *err)
{
    struct leat_json_entries entries = {.edit = edit};
    struct leat_json_entry entry;
    size_t rest = 0, of_32_bits = 0; /* of 32 bits: beside a small container's entries, within a large one's */
    int result;
    while ((result = leat_json_entries_next(&entries, &entry, err)) == LEAT_OK) {
        size_t size = 0;
        if (entry.edit ? measure(entry.edit, limit, err) : own_size(&entry.value, &size, err))
            return LEAT_FAIL;
        rest += entry.key_size;
        if (entry.edit)
            rest += entry.edit->binary_size;
        else if (is_32_bits(entry.value.type))
            of_32_bits += 4;
        else if (!leat_json_is_inlined(entry.value.type, 2))
            rest += size;
    }
    if (result != LEAT_END)
        return LEAT_FAIL;
    edit->binary_size = head_size(edit, 2) + rest + of_32_bits;
    edit->binary_large = edit->binary_size > SMALL_MAX;
    if (edit->binary_large)
        edit->binary_size = head_size(edit, 4) + rest;
    return edit->binary_size > limit ? leat_json_bad(err, "its parts are more than the whole") : LEAT_OK;
}

static uint8_t type_of(const struct leat_json_edit *edit)
{
    return (uint8_t)((edit->own.object ? LEAT_JSON_SMALL_OBJECT : LEAT_JSON_SMALL_ARRAY) + edit->binary_large);
}

/* What lies in the entry itself: numbers as the server widens them. */
static uint64_t inlined(const struct leat_json_value *value)
{
    if (value->type == LEAT_JSON_LITERAL)
        return value->bytes[0];
    if (is_32_bits(value->type))
        return leat_le(value->bytes, 4);
    uint64_t number = leat_le(value->bytes, 2);
    return value->type == LEAT_JSON_INT16 ? (uint64_t)(int16_t)number : number;
}

/* The entries of keys, or of values, whose first one lies at *offset from the container's start. */
static int put_entries(struct leat_buf *buf, const struct leat_json_edit *edit, bool keys, size_t *offset,
                       struct leat_error *err)
{
    unsigned width = edit->binary_large ? 4 : 2;
    struct leat_json_entries entries = {.edit = edit};
    struct leat_json_entry entry;
    int result;
    while ((result = leat_json_entries_next(&entries, &entry, err)) == LEAT_OK) {
        size_t size = entry.edit ? entry.edit->binary_size : 0;
        if (keys) {
            leat_buf_le(buf, *offset, width);
            leat_buf_u16(buf, (uint16_t)entry.key_size);
            *offset += entry.key_size;
            continue;
        }
        leat_buf_u8(buf, entry.edit ? type_of(entry.edit) : entry.value.type);
        if (!entry.edit && leat_json_is_inlined(entry.value.type, width)) {
            leat_buf_le(buf, inlined(&entry.value), width);
            continue;
        }
        if (!entry.edit && own_size(&entry.value, &size, err))
            return LEAT_FAIL;
        leat_buf_le(buf, *offset, width);
        *offset += size;
    }
    return result == LEAT_END ? LEAT_OK : LEAT_FAIL;
}

static int put_edit(struct leat_buf *buf, const struct leat_json_edit *edit, struct leat_error *err);

static int put_contents(struct leat_buf *buf, const struct leat_json_edit *edit, bool keys, struct leat_error *err)
{
    unsigned width = edit->binary_large ? 4 : 2;
    struct leat_json_entries entries = {.edit = edit};
    struct leat_json_entry entry;
    int result;
    while ((result = leat_json_entries_next(&entries, &entry, err)) == LEAT_OK) {
        size_t size;
        if (keys) {
            leat_buf_put(buf, entry.key, entry.key_size);
        } else if (entry.edit) {
            if (put_edit(buf, entry.edit, err))
                return LEAT_FAIL;
        } else if (!leat_json_is_inlined(entry.value.type, width)) {
            if (own_size(&entry.value, &size, err))
                return LEAT_FAIL;
            leat_buf_put(buf, entry.value.bytes, size);
        }
    }
    return result == LEAT_END ? LEAT_OK : LEAT_FAIL;
}

static int put_edit(struct leat_buf *buf, const struct leat_json_edit *edit, struct leat_error *err)
{
    unsigned width = edit->binary_large ? 4 : 2;
    size_t offset = head_size(edit, width);
    leat_buf_le(buf, edit->entries, width);
    leat_buf_le(buf, edit->binary_size, width);
    if (edit->own.object && put_entries(buf, edit, true, &offset, err))
        return LEAT_FAIL;
    if (put_entries(buf, edit, false, &offset, err))
        return LEAT_FAIL;
    if (edit->own.object && put_contents(buf, edit, true, err))
        return LEAT_FAIL;
    return put_contents(buf, edit, false, err);
}

int leat_json_edit_write(struct leat_buf *buf, struct leat_json_edit *edit, size_t limit, struct leat_error *err)
{
    if (measure(edit, limit < UINT32_MAX ? limit : UINT32_MAX, err))
        return LEAT_FAIL;
    leat_buf_reserve(buf, edit->binary_size + 1);
    leat_buf_u8(buf, type_of(edit));
    return put_edit(buf, edit, err);
}
