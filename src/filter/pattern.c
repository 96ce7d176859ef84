/* Names with * and ?, and names in backquotes. */
#include "pattern_int.h"

#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { PATTERN_BYTES_MAX = 1024 };

static size_t character_size(const char *text, size_t size)
{
    size_t length = 1;
    while (length < size && ((unsigned char)text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* One star is remembered: a later one can take over whatever an earlier one might have tried, so the work is at most
 * the product of the two lengths. */
static bool glob_matches(const struct pattern_part *part, const char *text, size_t size)
{
    size_t at = 0, in = 0, star = SIZE_MAX, star_at = 0;
    while (at < size) {
        if (in < part->size && part->text[in] == '*') {
            star = ++in;
            star_at = at;
        } else if (in < part->size && part->text[in] == '?') {
            in++;
            at += character_size(text + at, size - at);
        } else if (in < part->size && part->text[in] == text[at]) {
            in++;
            at++;
        } else if (star != SIZE_MAX) {
            in = star;
            star_at += character_size(text + star_at, size - star_at);
            at = star_at;
        } else {
            return false;
        }
    }
    while (in < part->size && part->text[in] == '*')
        in++;
    return in == part->size;
}

bool pattern_matches(const struct pattern_part *part, const char *text, size_t size)
{
    switch (part->kind) {
    case PATTERN_ANY:
        return true;
    case PATTERN_LITERAL:
        return part->size == size && memcmp(part->text, text, size) == 0;
    case PATTERN_GLOB:
        break;
    }
    return glob_matches(part, text, size);
}

/* Doubled backquotes stand for one. *at is moved behind the closing one. */
static const char *parse_quoted(struct pattern_part *part, const char **at)
{
    const char *from = *at + 1;
    part->text = leat_alloc(strlen(from) + 1);
    part->kind = PATTERN_LITERAL;
    for (;; from++) {
        if (!*from)
            return "a backquote is not closed";
        if (*from == '`' && *++from != '`')
            break;
        part->text[part->size++] = *from;
    }
    part->text[part->size] = 0;
    *at = from;
    return NULL;
}

static const char *parse_part(struct pattern_part *part, const char **at)
{
    if (**at == '`') {
        const char *wrong = parse_quoted(part, at);
        if (wrong)
            return wrong;
    } else {
        part->size = strcspn(*at, ".`");
        part->text = leat_strndup(*at, part->size);
        *at += part->size;
        part->kind = !strpbrk(part->text, "*?") ? PATTERN_LITERAL : strcmp(part->text, "*") == 0 ? PATTERN_ANY : PATTERN_GLOB;
    }
    return part->size == 0 ? "a part is empty" : NULL;
}

const char *pattern_parse(struct pattern_part *parts, unsigned count, const char *text)
{
    static const char *const too_few[] = {"", "", "it has no dot", "it doesn't have two dots"};
    static const char *const too_many[] = {"", "", "it has more than one dot", "it has more than two dots"};
    const char *at = text;
    if (strlen(text) > PATTERN_BYTES_MAX)
        return "too long";
    for (unsigned i = 0; i < count; i++) {
        const char *wrong = parse_part(&parts[i], &at);
        if (wrong)
            return wrong;
        bool last = i + 1 == count;
        if (last && *at)
            return *at == '.' ? too_many[count] : "a part is quoted as a whole or not at all";
        if (!last && *at != '.')
            return *at ? "a part is quoted as a whole or not at all" : too_few[count];
        at += !last;
    }
    return NULL;
}

void pattern_free(struct pattern_part *part)
{
    free(part->text);
    part->text = NULL;
}
