/* Binary JSON documents out of JSON text, for tests: small forms where they fit, as the server makes them. Numbers are
 * whole ones; keys are put in order. Changes of partial updates out of text. */
#ifndef LEAT_TEST_BINLOG_DOCUMENTS_H
#define LEAT_TEST_BINLOG_DOCUMENTS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"

struct document_entry {
    const char *key;
    size_t key_size;
    uint8_t type;
    struct leat_buf value;
};

static inline void document_blank(const char **at)
{
    while (**at == ' ' || **at == ',' || **at == ':')
        (*at)++;
}

static inline const char *document_text(const char **at, size_t *size)
{
    const char *from = ++*at;
    while (**at != '"')
        (*at)++;
    *size = (size_t)(*at - from);
    (*at)++;
    return from;
}

static inline void document_length(struct leat_buf *buf, size_t length)
{
    for (; length > 127; length >>= 7)
        leat_buf_u8(buf, (uint8_t)(length & 127) | 128);
    leat_buf_u8(buf, (uint8_t)length);
}

static inline int document_order(const void *a, const void *b)
{
    const struct document_entry *one = a, *other = b;
    if (one->key_size != other->key_size)
        return one->key_size < other->key_size ? -1 : 1;
    return memcmp(one->key, other->key, one->key_size);
}

static inline bool document_inlined(const struct document_entry *entry, unsigned width)
{
    return entry->type == 4 || entry->type == 5 || (entry->type == 7 && width == 4);
}

static inline uint8_t document_value(struct leat_buf *buf, const char **at);

static inline uint8_t document_container(struct leat_buf *buf, const char **at)
{
    bool object = **at == '{';
    char end = object ? '}' : ']';
    struct document_entry *entries = NULL;
    size_t count = 0, room = 0, keys = 0, values = 0;
    for ((*at)++, document_blank(at); **at != end; document_blank(at)) {
        if (count == room)
            entries = leat_realloc(entries, (room = 2 * room + 4) * sizeof(*entries));
        struct document_entry *entry = &entries[count++];
        *entry = (struct document_entry){0};
        if (object)
            entry->key = document_text(at, &entry->key_size);
        document_blank(at);
        entry->type = document_value(&entry->value, at);
        keys += entry->key_size;
        values += entry->value.size;
    }
    (*at)++;
    if (object && count)
        qsort(entries, count, sizeof(*entries), document_order);
    unsigned width = 4 + count * (object ? 7 : 3) + keys + values > 65535 ? 4 : 2;
    size_t offset = 2 * width + count * (width + 1 + (object ? width + 2 : 0));
    values = 0;
    for (size_t i = 0; i < count; i++)
        values += document_inlined(&entries[i], width) ? 0 : entries[i].value.size;
    leat_buf_le(buf, count, width);
    leat_buf_le(buf, offset + keys + values, width);
    for (size_t i = 0; object && i < count; offset += entries[i++].key_size) {
        leat_buf_le(buf, offset, width);
        leat_buf_u16(buf, (uint16_t)entries[i].key_size);
    }
    for (size_t i = 0; i < count; i++) {
        struct leat_buf *value = &entries[i].value;
        bool inlined = document_inlined(&entries[i], width);
        leat_buf_u8(buf, entries[i].type);
        if (inlined && entries[i].type == 7)
            leat_buf_le(buf, leat_le(value->data, 4), width);
        else if (inlined)
            leat_buf_le(buf, (uint64_t)(int16_t)leat_le(value->data, 2), width);
        else
            leat_buf_le(buf, offset, width);
        offset += inlined ? 0 : value->size;
        if (inlined)
            leat_buf_clear(value);
    }
    for (size_t i = 0; object && i < count; i++)
        leat_buf_put(buf, entries[i].key, entries[i].key_size);
    for (size_t i = 0; i < count; i++) {
        leat_buf_put(buf, entries[i].value.data, entries[i].value.size);
        leat_buf_free(&entries[i].value);
    }
    free(entries);
    return (uint8_t)((object ? 0 : 2) + (width == 4));
}

/* Puts the value; returns its type. */
static inline uint8_t document_value(struct leat_buf *buf, const char **at)
{
    static const char *const words[] = {"null", "true", "false"};
    for (unsigned i = 0; i < 3; i++) {
        if (strncmp(*at, words[i], strlen(words[i])) == 0) {
            *at += strlen(words[i]);
            leat_buf_u8(buf, (uint8_t)i);
            leat_buf_u8(buf, 0);
            return 4;
        }
    }
    if (**at == '"') {
        size_t size;
        const char *text = document_text(at, &size);
        document_length(buf, size);
        leat_buf_put(buf, text, size);
        return 12;
    }
    if (**at == '{' || **at == '[')
        return document_container(buf, at);
    char *end;
    long long number = strtoll(*at, &end, 10);
    ck_assert_msg(end != *at, "no value: %s", *at);
    *at = end;
    size_t size = number == (int16_t)number ? 2 : number == (int32_t)number ? 4 : 8;
    leat_buf_le(buf, (uint64_t)number, size);
    return (uint8_t)(size == 2 ? 5 : size == 4 ? 7 : 9);
}

/* The document of the text. The caller frees it. */
static inline struct leat_buf document_of(const char *text)
{
    struct leat_buf value = {0}, document = {0};
    uint8_t type = document_value(&value, &text);
    leat_buf_u8(&document, type);
    leat_buf_put(&document, value.data, value.size);
    leat_buf_free(&value);
    return document;
}

static inline void document_lenenc(struct leat_buf *buf, size_t length)
{
    if (length < 251) {
        leat_buf_u8(buf, (uint8_t)length);
        return;
    }
    leat_buf_u8(buf, length < 65536 ? 0xFC : 0xFD);
    leat_buf_le(buf, length, length < 65536 ? 2 : 3);
}

/* A change behind those of `diffs`: op as in enum leat_json_op; `value` is text, NULL with REMOVE. */
static inline void document_change(struct leat_buf *diffs, int op, const char *path, const char *value)
{
    leat_buf_u8(diffs, (uint8_t)op);
    document_lenenc(diffs, strlen(path));
    leat_buf_puts(diffs, path);
    if (!value)
        return;
    struct leat_buf document = document_of(value);
    document_lenenc(diffs, document.size);
    leat_buf_put(diffs, document.data, document.size);
    leat_buf_free(&document);
}

#endif
