/* Regular expressions of names into our patterns, for those that have one: literal text, `.*`, and one choice (a|b) after another. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import_int.h"

enum { PATTERNS_MAX = 256, REGEX_MAX = 2000 };

/* Texts that were given up to here; all choices are written out before anything is handed on. */
struct expansion {
    struct leat_buf texts; /* NUL behind each */
    size_t count;
};

/* Writes one choice after another out; false: too many, or parentheses that don't match. */
static bool expand(struct expansion *expansion, const char *regex)
{
    const char *open = NULL, *close = NULL;
    for (const char *at = regex; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '(')
            open = at;
        else if (*at == ')') {
            close = at;
            break;
        }
    }
    if (!open && !close) {
        leat_buf_put(&expansion->texts, regex, strlen(regex) + 1);
        return ++expansion->count <= PATTERNS_MAX;
    }
    if (!open || !close)
        return false;
    bool whole = true;
    const char *choice = open + 1 + (strncmp(open + 1, "?:", 2) == 0 ? 2 : 0);
    for (const char *at = choice; whole && at <= close; at++) {
        if (*at == '\\') {
            at++;
            continue;
        }
        if (*at != '|' && at != close)
            continue;
        struct leat_buf one = {0};
        leat_buf_put(&one, regex, (size_t)(open - regex));
        leat_buf_put(&one, choice, (size_t)(at - choice));
        leat_buf_puts(&one, close + 1);
        whole = one.size <= REGEX_MAX && expand(expansion, leat_buf_cstr(&one));
        leat_buf_free(&one);
        choice = at + 1;
    }
    return whole;
}

/* One text without choices as a pattern of so many parts. */
static bool translate(struct leat_buf *pattern, const char *regex, unsigned parts)
{
    unsigned dots = 0;
    const char *at = regex + (*regex == '^');
    for (; *at; at++) {
        if (!strcmp(at, "$"))
            break;
        if (!strncmp(at, ".*", 2)) {
            leat_buf_u8(pattern, '*');
            at++;
        } else if (!strncmp(at, "\\.", 2) || (*at == '.' && !strchr("+?{", at[1]))) {
            leat_buf_u8(pattern, '.'); /* a bare dot is mostly meant so */
            dots++;
            at += *at == '\\';
        } else if (*at == '\\' && strchr("-_$", at[1]) && at[1]) {
            leat_buf_u8(pattern, (uint8_t)*++at);
        } else if (strchr("\\[]{}+?*|^`", *at)) {
            return false;
        } else {
            leat_buf_u8(pattern, (uint8_t)*at);
        }
    }
    /* ".*" at the end stands for the dots, too. */
    if (pattern->size && pattern->data[pattern->size - 1] == '*')
        for (; dots + 1 < parts; dots++)
            leat_buf_puts(pattern, ".*");
    return dots + 1 == parts && pattern->size > 0;
}

/* Whether the pattern is among those that lie before it, too: choices within choices give some twice. */
static bool is_before(const char *first, const char *pattern)
{
    for (; first < pattern; first += strlen(first) + 1)
        if (!strcmp(first, pattern))
            return true;
    return false;
}

bool import_pattern(const char *regex, unsigned parts, void (*give)(void *context, const char *pattern), void *context)
{
    struct expansion expansion = {0};
    struct leat_buf patterns = {0}, one = {0};
    size_t count = 0;
    bool whole = strlen(regex) <= REGEX_MAX && expand(&expansion, regex);
    const char *text = (const char *)expansion.texts.data;
    for (size_t i = 0; whole && i < expansion.count; i++, text += strlen(text) + 1) {
        leat_buf_clear(&one);
        whole = translate(&one, text, parts);
        leat_buf_put(&patterns, leat_buf_cstr(&one), one.size + 1);
        count++;
    }
    const char *first = (const char *)patterns.data, *pattern = first;
    for (size_t i = 0; whole && i < count; i++, pattern += strlen(pattern) + 1)
        if (!is_before(first, pattern))
            give(context, pattern);
    leat_buf_free(&expansion.texts);
    leat_buf_free(&patterns);
    leat_buf_free(&one);
    return whole;
}

void import_split(const char *text, void (*each)(void *context, const char *part), void *context)
{
    char *copy = leat_strdup(text), *rest = copy, *part;
    while ((part = strsep(&rest, ","))) {
        part += strspn(part, " \t\n");
        size_t size = strlen(part);
        while (size && strchr(" \t\n", part[size - 1]))
            part[--size] = 0;
        if (size)
            each(context, part);
    }
    free(copy);
}
