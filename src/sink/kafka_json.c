/* Single values out of JSON that a format wrote a moment ago (kafka_partition_int.h). It is well-formed; nothing here relies on that for
 * more than a right answer. */
#include <string.h>

#include "kafka_partition_int.h"

static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

/* Behind the value at `at`. */
static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    unsigned depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (depth && (*at == '}' || *at == ']')) {
            depth--;
            at++;
        } else if (depth) {
            at++;
            continue;
        } else {
            while (at < end && !strchr(",]} ", *at))
                at++;
        }
        if (!depth)
            return at;
    }
    return end;
}

static const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (*at == ' ' || *at == '\n'))
        at++;
    return at;
}

bool leat_kafka_json_member(struct kafka_json *value, struct kafka_json object, const char *name, size_t name_size)
{
    const uint8_t *at = skip_space(object.at, object.end), *end = object.end;
    if (at >= end || *at != '{')
        return false;
    for (at++; at < end && *(at = skip_space(at, end)) == '"';) {
        const uint8_t *key = at + 1;
        at = skip_string(at, end);
        size_t key_size = at > key ? (size_t)(at - key) - 1 : 0;
        at = skip_space(at, end);
        if (at >= end || *at != ':')
            return false;
        value->at = skip_space(at + 1, end);
        value->end = at = skip_value(value->at, end);
        if (key_size == name_size && !memcmp(key, name, name_size))
            return true;
        at = skip_space(at, end);
        if (at < end && *at == ',')
            at++;
    }
    return false;
}

bool leat_kafka_json_first(struct kafka_json *value, struct kafka_json array, bool *only)
{
    const uint8_t *at = skip_space(array.at, array.end);
    if (at >= array.end || *at != '[')
        return false;
    value->at = skip_space(at + 1, array.end);
    if (value->at >= array.end || *value->at == ']')
        return false;
    value->end = skip_value(value->at, array.end);
    at = skip_space(value->end, array.end);
    *only = at >= array.end || *at != ',';
    return true;
}

static unsigned digit(uint8_t byte)
{
    return byte <= '9' ? byte - (unsigned)'0' : (byte | 0x20u) - 'a' + 10;
}

static void put_point(struct leat_buf *buf, uint32_t point)
{
    if (point < 0x80) {
        leat_buf_u8(buf, (uint8_t)point);
        return;
    }
    if (point < 0x800) {
        leat_buf_u8(buf, (uint8_t)(0xC0 | point >> 6));
    } else {
        leat_buf_u8(buf, (uint8_t)(0xE0 | point >> 12));
        leat_buf_u8(buf, (uint8_t)(0x80 | (point >> 6 & 0x3F)));
    }
    leat_buf_u8(buf, (uint8_t)(0x80 | (point & 0x3F)));
}

static const uint8_t *put_escaped(struct leat_buf *buf, const uint8_t *at, const uint8_t *end)
{
    static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    const char *named = strchr(names, *at);
    if (*at == 'u' && end - at > 4) {
        put_point(buf, digit(at[1]) << 12 | digit(at[2]) << 8 | digit(at[3]) << 4 | digit(at[4]));
        return at + 5;
    }
    leat_buf_u8(buf, named && *at ? (uint8_t)bytes[named - names] : *at);
    return at + 1;
}

bool leat_kafka_json_text(struct leat_buf *buf, struct kafka_json value)
{
    size_t size = (size_t)(value.end - value.at);
    if (size == 4 && !memcmp(value.at, "null", 4))
        return false;
    if (size < 2 || *value.at != '"') {
        leat_buf_put(buf, value.at, size);
        return true;
    }
    for (const uint8_t *at = value.at + 1, *end = value.end - 1; at < end;) {
        if (*at != '\\' || at + 1 >= end)
            leat_buf_u8(buf, *at++);
        else
            at = put_escaped(buf, at + 1, end);
    }
    return true;
}
