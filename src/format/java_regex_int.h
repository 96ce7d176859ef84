/* Regular expressions as Java writes them, as POSIX's extended ones that match the whole of a text. Any thread. */
#ifndef LEAT_FORMAT_JAVA_REGEX_INT_H
#define LEAT_FORMAT_JAVA_REGEX_INT_H

#include "base/buf.h"

enum { JAVA_REGEX_GROUPS_MAX = 15, JAVA_REGEX_NAME_MAX = 32 };

/* Groups in the order of their opening parentheses. */
struct leat_java_groups {
    unsigned count;
    struct {
        char name[JAVA_REGEX_NAME_MAX]; /* "": it has none */
        unsigned at;                    /* in what regexec gives */
    } list[JAVA_REGEX_GROUPS_MAX];
    unsigned matches; /* how many regexec gives, the whole included */
};

/* Appends the expression. `groups` NULL: groups with `(?` aren't wanted; else `(?<name>…)` and `(?:…)` are taken. False: it has no form here that
 * means the same (lazy and possessive quantifiers, escapes within brackets, other `(?…)`). */
bool leat_java_regex(struct leat_buf *buf, const char *at, size_t size, struct leat_java_groups *groups);

#endif
