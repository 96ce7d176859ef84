/* A file's text into settings: JSON of a connector, or Java properties. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import_int.h"

static void add(struct import *import, const char *name, size_t name_size, const char *value, size_t value_size)
{
    for (size_t i = 0; i < import->count; i++) {
        struct import_setting *old = &import->settings[i];
        if (strlen(old->name) == name_size && !memcmp(old->name, name, name_size)) {
            free(old->value); /* the last one counts */
            old->value = leat_strndup(value, value_size);
            return;
        }
    }
    if (import->count == import->room) {
        import->room = import->room ? 2 * import->room : 64;
        import->settings = leat_realloc(import->settings, import->room * sizeof *import->settings);
    }
    import->settings[import->count++] = (struct import_setting){leat_strndup(name, name_size), leat_strndup(value, value_size), false};
}

void import_free(struct import *import)
{
    for (size_t i = 0; i < import->count; i++) {
        free(import->settings[i].name);
        free(import->settings[i].value);
    }
    free(import->settings);
    free(import->relay);
    leat_buf_free(&import->source);
    leat_buf_free(&import->sink);
    leat_buf_free(&import->section);
    leat_buf_free(&import->kafka);
    leat_buf_free(&import->columns);
    leat_buf_free(&import->notes);
}

/* ---- JSON ---- */

static void add_json(struct import *import, const char *name, const json_t *value)
{
    if (json_is_string(value)) {
        add(import, name, strlen(name), json_string_value(value), json_string_length(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    add(import, name, strlen(name), text, strlen(text));
    free(text);
}

static int read_json(struct import *import, const char *text, size_t size, const char *origin, struct leat_error *err)
{
    json_error_t why;
    json_t *root = json_loadb(text, size, 0, &why);
    if (!json_is_object(root)) {
        if (root)
            (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: the JSON is no object", origin);
        else
            (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s:%d:%d: %s", origin, why.line, why.column, why.text);
        json_decref(root);
        return LEAT_FAIL;
    }
    json_t *config = json_object_get(root, "config"), *from = json_is_object(config) ? config : root, *value;
    const char *name;
    json_object_foreach (from, name, value)
        add_json(import, name, value);
    if (from == config && json_is_string(json_object_get(root, "name")))
        add_json(import, "name", json_object_get(root, "name"));
    json_decref(root);
    return LEAT_OK;
}

/* ---- Properties ---- */

/* A character of properties, with its escapes, appended; moved behind it. */
static const char *take_character(struct leat_buf *buf, const char *at, const char *end)
{
    if (*at != '\\' || at + 1 == end) {
        leat_buf_u8(buf, (uint8_t)*at);
        return at + 1;
    }
    static const char from[] = "tnrf", to[] = "\t\n\r\f";
    const char *known = memchr(from, at[1], sizeof from - 1);
    leat_buf_u8(buf, (uint8_t)(known ? to[known - from] : at[1]));
    return at + 2;
}

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* Lines that end in a backslash go on in the next. */
static void take_line(struct leat_buf *line, const char **at, const char *end)
{
    leat_buf_clear(line);
    for (;;) {
        while (*at < end && is_gap(**at))
            ++*at;
        const char *stop = *at;
        while (stop < end && *stop != '\n')
            stop++;
        const char *last = stop;
        const char *content = last > *at && last[-1] == '\r' ? last - 1 : last;
        size_t backslashes = 0;
        while (content - backslashes > *at && content[-1 - (ptrdiff_t)backslashes] == '\\')
            backslashes++;
        leat_buf_put(line, *at, (size_t)(content - *at) - backslashes % 2);
        *at = stop < end ? stop + 1 : end;
        if (backslashes % 2 == 0 || *at == end)
            return;
    }
}

static void read_property(struct import *import, const struct leat_buf *line, struct leat_buf *name, struct leat_buf *value)
{
    const char *at = (const char *)line->data, *end = at + line->size;
    leat_buf_clear(name);
    leat_buf_clear(value);
    while (at < end && *at != '=' && *at != ':' && !is_gap(*at))
        at = take_character(name, at, end);
    while (at < end && is_gap(*at))
        at++;
    if (at < end && (*at == '=' || *at == ':'))
        at++;
    while (at < end && is_gap(*at))
        at++;
    while (at < end)
        at = take_character(value, at, end);
    while (value->size && is_gap((char)value->data[value->size - 1]))
        value->size--;
    const char *text = leat_buf_cstr(value);
    add(import, leat_buf_cstr(name), name->size, text, value->size);
}

static void read_properties(struct import *import, const char *text, size_t size)
{
    struct leat_buf line = {0}, name = {0}, value = {0};
    for (const char *at = text, *end = text + size; at < end;) {
        take_line(&line, &at, end);
        if (line.size && line.data[0] != '#' && line.data[0] != '!')
            read_property(import, &line, &name, &value);
    }
    leat_buf_free(&line);
    leat_buf_free(&name);
    leat_buf_free(&value);
}

int import_read(struct import *import, const char *text, size_t size, const char *origin, struct leat_error *err)
{
    if (memchr(text, 0, size))
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: it is no text", origin);
    size_t at = strspn(text, " \t\r\n");
    if (at < size && text[at] == '{')
        return read_json(import, text, size, origin, err);
    read_properties(import, text, size);
    return LEAT_OK;
}

/* ---- Looking at them ---- */

struct import_setting *import_find(struct import *import, const char *name)
{
    for (size_t i = 0; i < import->count; i++)
        if (!strcmp(import->settings[i].name, name))
            return *import->settings[i].value ? &import->settings[i] : NULL;
    return NULL;
}

const char *import_take(struct import *import, const char *name)
{
    struct import_setting *setting = import_find(import, name);
    if (setting)
        setting->used = true;
    return setting ? setting->value : NULL;
}

unsigned long import_number(const char *text)
{
    enum { MOST = 1000000000 };
    unsigned long number = *text >= '0' && *text <= '9' ? strtoul(text, NULL, 10) : 0;
    return number <= MOST ? number : 0;
}

bool import_has_prefix(const struct import *import, const char *prefix)
{
    for (size_t i = 0; i < import->count; i++)
        if (!strncmp(import->settings[i].name, prefix, strlen(prefix)))
            return true;
    return false;
}

struct import_setting *import_next(struct import *import, const char *prefix, size_t *at, const char **rest)
{
    size_t size = strlen(prefix);
    for (; *at < import->count; ++*at) {
        struct import_setting *setting = &import->settings[*at];
        if (setting->used || strncmp(setting->name, prefix, size) != 0)
            continue;
        *rest = setting->name + size;
        ++*at;
        return setting;
    }
    return NULL;
}
