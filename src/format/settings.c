/* The settings of formats, out of their tables. All that can fail is what a user wrote. */
#include "settings_int.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/nearest.h"

enum { SETTINGS_MAX = 96 };

static void *place(void *base, const struct leat_setting *setting)
{
    return (uint8_t *)base + setting->offset;
}

static int fail_unknown(const struct leat_settings *settings, const char *name, struct leat_error *err)
{
    const char *names[SETTINGS_MAX];
    assert(settings->count <= SETTINGS_MAX);
    for (size_t i = 0; i < settings->count; i++)
        names[i] = settings->list[i].name;
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format %s has no setting \"%.100s\"", settings->format, name);
    const char *nearest = leat_nearest(name, names, settings->count);
    if (nearest)
        return leat_cure(err, "did you mean \"%s\"? `leat config reference %s` lists all of them", nearest, settings->format);
    if (!settings->count)
        return leat_cure(err, "it has none at all");
    return leat_cure(err, "`leat config reference %s` lists all of them", settings->format);
}

static void put_words(struct leat_buf *buf, const char *const *words, const char *quote)
{
    for (size_t i = 0; words[i]; i++)
        leat_buf_printf(buf, "%s%s%s%s", i ? ", " : "", quote, words[i], quote);
}

static int fail_value(const struct leat_settings *settings, const struct leat_setting *setting, const char *value,
                      struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format %s: %s can't be \"%.100s\"", settings->format, setting->name,
              value);
    if (setting->kind == LEAT_SETTING_BOOL)
        return leat_cure(err, "true or false");
    if (setting->kind == LEAT_SETTING_NUMBER && setting->most)
        return leat_cure(err, "a number from %llu to %llu", (unsigned long long)setting->least,
                         (unsigned long long)setting->most);
    if (setting->kind == LEAT_SETTING_NUMBER)
        return leat_cure(err, "a number from %llu on", (unsigned long long)setting->least);
    struct leat_buf words = {0};
    put_words(&words, setting->words, "");
    leat_cure(err, "%s %s", setting->kind == LEAT_SETTING_LIST ? "with commas between, some of" : "one of", leat_buf_cstr(&words));
    leat_buf_free(&words);
    return LEAT_FAIL;
}

static bool find_word(const char *const *words, const char *value, unsigned *at)
{
    for (*at = 0; words[*at]; ++*at)
        if (strcasecmp(words[*at], value) == 0)
            return true;
    return false;
}

static bool read_number(uint64_t *number, const struct leat_setting *setting, const char *value)
{
    *number = 0;
    for (const char *at = value; *at; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit > 9 || *number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return *value && *number >= setting->least && (!setting->most || *number <= setting->most);
}

/* "a, b": the spaces around an element aren't of it, and an empty one isn't one. */
static bool read_list(struct leat_setting_list *list, const struct leat_setting *setting, const char *value)
{
    for (const char *at = value; *at;) {
        size_t size = strcspn(at, ",");
        const char *next = at + size + (at[size] == ',');
        while (size && isspace((unsigned char)*at))
            at++, size--;
        while (size && isspace((unsigned char)at[size - 1]))
            size--;
        if (size) {
            list->list = leat_realloc(list->list, sizeof *list->list * (list->count + 1));
            char *text = list->list[list->count++] = leat_strndup(at, size);
            unsigned word;
            if (setting->words && !find_word(setting->words, text, &word))
                return false;
        }
        at = next;
    }
    return true;
}

static bool read_value(void *to, const struct leat_setting *setting, const char *value)
{
    unsigned word;
    switch (setting->kind) {
    case LEAT_SETTING_BOOL:
        *(bool *)to = strcasecmp(value, "true") == 0;
        return *(bool *)to || strcasecmp(value, "false") == 0;
    case LEAT_SETTING_WORD:
        if (!find_word(setting->words, value, &word))
            return false;
        *(unsigned *)to = word;
        return true;
    case LEAT_SETTING_NUMBER:
        return read_number(to, setting, value);
    case LEAT_SETTING_TEXT:
        *(char **)to = leat_strdup(value);
        return true;
    case LEAT_SETTING_LIST:
        return read_list(to, setting, value);
    }
    return false;
}

static const struct leat_setting *find(const struct leat_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->list[i].name, name) == 0)
            return &settings->list[i];
    return NULL;
}

static const char *given(const struct leat_pairs *pairs, const char *name)
{
    for (size_t i = 0; pairs && i < pairs->count; i++)
        if (strcmp(pairs->list[i].name, name) == 0)
            return pairs->list[i].value;
    return NULL;
}

static int check_names(const struct leat_settings *settings, const struct leat_pairs *pairs, struct leat_error *err)
{
    for (size_t i = 0; pairs && i < pairs->count; i++) {
        if (!find(settings, pairs->list[i].name))
            return fail_unknown(settings, pairs->list[i].name, err);
        for (size_t k = 0; k < i; k++)
            if (strcmp(pairs->list[i].name, pairs->list[k].name) == 0)
                return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format %s: %s is set twice", settings->format,
                                 pairs->list[i].name);
    }
    return LEAT_OK;
}

int leat_settings_read(void *base, const struct leat_settings *settings, const struct leat_pairs *pairs, struct leat_error *err)
{
    if (check_names(settings, pairs, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < settings->count; i++) {
        const struct leat_setting *setting = &settings->list[i];
        const char *value = given(pairs, setting->name);
        if (value && !read_value(place(base, setting), setting, value))
            return fail_value(settings, setting, value, err);
        if (!value && setting->fallback && !read_value(place(base, setting), setting, setting->fallback))
            assert(!"a default that isn't a value");
    }
    return LEAT_OK;
}

void leat_settings_free(void *base, const struct leat_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct leat_setting *setting = &settings->list[i];
        if (setting->kind == LEAT_SETTING_TEXT) {
            char **text = place(base, setting);
            free(*text);
            *text = NULL;
        } else if (setting->kind == LEAT_SETTING_LIST) {
            struct leat_setting_list *list = place(base, setting);
            for (size_t k = 0; k < list->count; k++)
                free(list->list[k]);
            free(list->list);
            *list = (struct leat_setting_list){0};
        }
    }
}

static void print_kind(struct leat_buf *buf, const struct leat_setting *setting)
{
    static const char *const kinds[] = {[LEAT_SETTING_BOOL] = "`true`, `false`", [LEAT_SETTING_NUMBER] = "number",
                                        [LEAT_SETTING_TEXT] = "text", [LEAT_SETTING_LIST] = "list"};
    if (setting->kind == LEAT_SETTING_LIST && setting->words)
        leat_buf_puts(buf, "some of ");
    if (setting->words)
        put_words(buf, setting->words, "`");
    else
        leat_buf_puts(buf, kinds[setting->kind]);
}

static void print_default(struct leat_buf *buf, const struct leat_setting *setting)
{
    const char *fallback = setting->fallback;
    if (!fallback && setting->kind == LEAT_SETTING_BOOL)
        fallback = "false";
    if (!fallback && setting->kind == LEAT_SETTING_WORD)
        fallback = setting->words[0];
    if (!fallback && setting->kind == LEAT_SETTING_NUMBER)
        fallback = "0";
    if (fallback && *fallback)
        leat_buf_printf(buf, "`%s`", fallback);
}

void leat_settings_print(struct leat_buf *buf, const struct leat_settings *settings)
{
    leat_buf_puts(buf, "| setting | value | default | what it does |\n|---|---|---|---|\n");
    for (size_t i = 0; i < settings->count; i++) {
        const struct leat_setting *setting = &settings->list[i];
        leat_buf_printf(buf, "| `%s` | ", setting->name);
        print_kind(buf, setting);
        leat_buf_puts(buf, " | ");
        print_default(buf, setting);
        leat_buf_printf(buf, " | %s |\n", setting->help);
    }
}
