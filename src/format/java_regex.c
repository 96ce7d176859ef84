/* Java's regular expressions as POSIX's (java_regex_int.h). */
#include "java_regex_int.h"

#include <ctype.h>
#include <string.h>

/* A group that opens at `at`; returns how many bytes its opening has, 0: it can't be taken. */
static size_t open_group(struct leat_java_groups *groups, const char *at, size_t size)
{
    groups->matches++;
    if (size > 2 && at[1] == '?' && at[2] == ':')
        return 3;
    if (groups->count == JAVA_REGEX_GROUPS_MAX)
        return 0;
    char *name = groups->list[groups->count].name;
    groups->list[groups->count++].at = groups->matches - 1;
    if (size < 2 || at[1] != '?')
        return 1;
    const char *end = memchr(at, '>', size);
    size_t length = end ? (size_t)(end - at) - 3 : 0;
    if (size < 4 || at[2] != '<' || !length || length >= JAVA_REGEX_NAME_MAX)
        return 0;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)at[3 + i]))
            return 0; /* looking behind, too */
    memcpy(name, at + 3, length);
    return length + 4;
}

/* \d is no POSIX expression; in brackets it would be a "d". */
bool leat_java_regex(struct leat_buf *buf, const char *at, size_t size, struct leat_java_groups *groups)
{
    bool bracket = false;
    leat_buf_puts(buf, "^(");
    if (groups)
        *groups = (struct leat_java_groups){.matches = 2}; /* the whole, and the parentheses around it */
    for (size_t i = 0; i < size; i++) {
        char next = i + 1 < size ? at[i + 1] : 0;
        bool quantifier = strchr("*+?}", at[i]) != NULL;
        if (!bracket && at[i] == '(' && groups) {
            size_t opening = open_group(groups, at + i, size - i);
            if (!opening)
                return false;
            leat_buf_u8(buf, '(');
            i += opening - 1;
            continue;
        }
        if ((at[i] == '(' && next == '?') || (!bracket && quantifier && (next == '?' || next == '+')))
            return false;
        if (at[i] == '\\' && (bracket || !next || (isalnum((unsigned char)next) && !strchr("dDwWsS", next))))
            return false;
        if (at[i] == '[' || at[i] == ']')
            bracket = at[i] == '[';
        if (at[i] == '\\' && (next == 'd' || next == 'D')) {
            leat_buf_puts(buf, next == 'd' ? "[0-9]" : "[^0-9]");
            i++;
        } else {
            leat_buf_u8(buf, (uint8_t)at[i]);
            if (at[i] == '\\')
                leat_buf_u8(buf, (uint8_t)at[++i]);
        }
    }
    leat_buf_puts(buf, ")$");
    return true;
}
