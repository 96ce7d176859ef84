/* Does all that came from outside stay within its quotes? Written anew, without the project's own helpers: it judges them. */
#include "fuzz.h"

/* Behind a text in ' or a name in `, which begins at `at`; NULL: it doesn't end. */
static const char *behind_quoted(const char *at, const char *end)
{
    char quote = *at++;
    for (; at < end; at++) {
        if (*at == '\\' && quote == '\'')
            at++;
        else if (*at == quote && at + 1 < end && at[1] == quote)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return NULL;
}

void fuzz_check_sql(const void *bytes, size_t size)
{
    const char *at = bytes, *end = at + size;
    char last = ';'; /* of what is outside */
    while (at && at < end) {
        if (*at == '\'' || *at == '`') {
            at = behind_quoted(at, end);
            last = 'x';
            continue;
        }
        if (last == ';' && (*at == '#' || (end - at >= 2 && at[0] == '-' && at[1] == '-'))) { /* a comment, to the line's end */
            const char *line = memchr(at, '\n', (size_t)(end - at));
            at = line ? line + 1 : end;
            continue;
        }
        bool plain = (unsigned char)*at >= ' ' && (unsigned char)*at < 0x7F;
        if (*at != ' ')
            last = *at;
        at = plain ? at + 1 : NULL;
    }
    if (!at || last != ';') {
        fprintf(stderr, "not whole statements: %.*s\n", (int)size, (const char *)bytes);
        abort();
    }
}
