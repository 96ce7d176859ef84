/* JSON as a flat, sorted list of fields: numbers keep the digits they were written with, the order of members doesn't matter. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "compare_int.h"

enum { DEPTH_MAX = 64, PATH_MAX_BYTES = 4096 };

struct parsing {
    struct flat *flat;
    const char *at, *end;
    struct leat_buf path;
    unsigned depth;
};

static void add(struct flat *flat, const char *path, size_t path_size, const void *value, size_t size, char type)
{
    if (flat->count == flat->room) {
        flat->room = flat->room ? 2 * flat->room : 64;
        flat->fields = leat_realloc(flat->fields, flat->room * sizeof *flat->fields);
    }
    struct flat_field *field = &flat->fields[flat->count++];
    *field = (struct flat_field){.path = (const char *)(uintptr_t)flat->text.size, .size = size, .type = type};
    leat_buf_put(&flat->text, path, path_size);
    leat_buf_u8(&flat->text, 0);
    field->value = (const char *)(uintptr_t)flat->text.size;
    leat_buf_put(&flat->text, value, size);
    leat_buf_u8(&flat->text, 0);
}

static void put_character(struct leat_buf *buf, uint32_t code)
{
    if (code < 0x80) {
        leat_buf_u8(buf, (uint8_t)code);
    } else if (code < 0x800) {
        leat_buf_u8(buf, (uint8_t)(0xC0 | code >> 6));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        leat_buf_u8(buf, (uint8_t)(0xE0 | code >> 12));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 6 & 0x3F)));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code & 0x3F)));
    } else {
        leat_buf_u8(buf, (uint8_t)(0xF0 | code >> 18));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 12 & 0x3F)));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 6 & 0x3F)));
        leat_buf_u8(buf, (uint8_t)(0x80 | (code & 0x3F)));
    }
}

static bool take_hex(struct parsing *parsing, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, parsing->at++) {
        if (parsing->at == parsing->end)
            return false;
        char c = *parsing->at, low = (char)(c | 32);
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(low >= 'a' && low <= 'f'))
            return false;
        *code = *code << 4 | (uint32_t)(digit ? c - '0' : low - 'a' + 10);
    }
    return true;
}

static bool take_escape(struct parsing *parsing, struct leat_buf *text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (parsing->at == parsing->end)
        return false;
    char c = *parsing->at++;
    const char *plain = c ? strchr(from, c) : NULL;
    if (plain) {
        leat_buf_u8(text, (uint8_t)to[plain - from]);
        return true;
    }
    uint32_t code, low;
    if (c != 'u' || !take_hex(parsing, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00 && parsing->end - parsing->at >= 6 && parsing->at[0] == '\\' && parsing->at[1] == 'u') {
        parsing->at += 2;
        if (!take_hex(parsing, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    put_character(text, code);
    return true;
}

/* Behind the opening quote. */
static bool take_text(struct parsing *parsing, struct leat_buf *text)
{
    while (parsing->at < parsing->end) {
        char c = *parsing->at++;
        if (c == '"')
            return true;
        if (c != '\\')
            leat_buf_u8(text, (uint8_t)c);
        else if (!take_escape(parsing, text))
            return false;
    }
    return false;
}

static void skip_space(struct parsing *parsing)
{
    while (parsing->at < parsing->end && strchr(" \t\r\n", *parsing->at) && *parsing->at)
        parsing->at++;
}

static bool take_char(struct parsing *parsing, char c)
{
    skip_space(parsing);
    if (parsing->at == parsing->end || *parsing->at != c)
        return false;
    parsing->at++;
    return true;
}

static bool take_value(struct parsing *parsing);

static bool take_member(struct parsing *parsing, size_t index, bool object)
{
    size_t before = parsing->path.size;
    bool fine = true;
    if (!object) {
        leat_buf_printf(&parsing->path, "[%zu]", index);
    } else {
        fine = take_char(parsing, '"');
        if (before)
            leat_buf_u8(&parsing->path, '.');
        fine = fine && take_text(parsing, &parsing->path) && take_char(parsing, ':');
    }
    fine = fine && parsing->path.size <= PATH_MAX_BYTES && take_value(parsing);
    parsing->path.size = before;
    return fine;
}

static bool take_inner(struct parsing *parsing, bool object)
{
    char close = object ? '}' : ']';
    if (++parsing->depth > DEPTH_MAX)
        return false;
    if (take_char(parsing, close)) {
        add(parsing->flat, (const char *)parsing->path.data, parsing->path.size, "", 0, object ? '{' : '[');
    } else {
        size_t index = 0;
        do {
            if (!take_member(parsing, index++, object))
                return false;
        } while (take_char(parsing, ','));
        if (!take_char(parsing, close))
            return false;
    }
    parsing->depth--;
    return true;
}

static bool take_value(struct parsing *parsing)
{
    skip_space(parsing);
    if (parsing->at == parsing->end)
        return false;
    const char *path = (const char *)parsing->path.data, *begin = parsing->at;
    char c = *begin;
    if (c == '{' || c == '[') {
        parsing->at++;
        return take_inner(parsing, c == '{');
    }
    if (c == '"') {
        struct leat_buf text = {0};
        parsing->at++;
        bool fine = take_text(parsing, &text);
        if (fine)
            add(parsing->flat, path, parsing->path.size, text.data ? (const void *)text.data : "", text.size, 's');
        leat_buf_free(&text);
        return fine;
    }
    while (parsing->at < parsing->end && *parsing->at && !strchr(",]} \t\r\n", *parsing->at))
        parsing->at++;
    add(parsing->flat, path, parsing->path.size, begin, (size_t)(parsing->at - begin), c == '-' || (c >= '0' && c <= '9') ? 'n' : 'w');
    return parsing->at > begin;
}

/* Offsets become pointers. */
static void settle(struct flat *flat)
{
    for (size_t i = 0; i < flat->count; i++) {
        flat->fields[i].path = (const char *)flat->text.data + (uintptr_t)flat->fields[i].path;
        flat->fields[i].value = (const char *)flat->text.data + (uintptr_t)flat->fields[i].value;
    }
}

static bool begins(const char *path, const char *word)
{
    size_t size = strlen(word);
    return !strncmp(path, word, size) && (!path[size] || path[size] == '.' || path[size] == '[');
}

static void unwrap(struct flat *flat)
{
    bool schema = false;
    for (size_t i = 0; i < flat->count; i++) {
        const char *path = flat->fields[i].path;
        bool is_schema = begins(path, "schema");
        schema = schema || is_schema;
        if (!is_schema && !begins(path, "payload") && !begins(path, "headers"))
            return;
    }
    if (!schema)
        return;
    for (size_t i = 0; i < flat->count; i++)
        if (begins(flat->fields[i].path, "payload"))
            flat->fields[i].path += strlen("payload") + (flat->fields[i].path[strlen("payload")] == '.');
}

void flat_make(struct flat *flat, const char *json, size_t size)
{
    flat->count = 0;
    leat_buf_clear(&flat->text);
    struct parsing parsing = {.flat = flat, .at = json, .end = json + size};
    if (!json)
        return;
    bool fine = take_value(&parsing);
    skip_space(&parsing);
    leat_buf_free(&parsing.path);
    if (!fine || parsing.at != parsing.end) {
        flat->count = 0;
        leat_buf_clear(&flat->text);
        add(flat, "", 0, json, size, 'b');
    }
}

void flat_add_text(struct flat *flat, const char *prefix, const char *name, const void *value, size_t size)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s%s", prefix, name);
    add(flat, (const char *)path.data, path.size, value ? value : "null", value ? size : 4, value ? 's' : 'w');
    leat_buf_free(&path);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct flat_field *)a)->path, ((const struct flat_field *)b)->path);
}

void flat_sort(struct flat *flat)
{
    settle(flat);
    unwrap(flat);
    if (flat->count)
        qsort(flat->fields, flat->count, sizeof *flat->fields, by_path);
}

const struct flat_field *flat_find(const struct flat *flat, const char *path)
{
    const struct flat_field wanted = {.path = path};
    return flat->count ? bsearch(&wanted, flat->fields, flat->count, sizeof *flat->fields, by_path) : NULL;
}

void flat_free(struct flat *flat)
{
    leat_buf_free(&flat->text);
    free(flat->fields);
    *flat = (struct flat){0};
}
