/* Settings whose names someone else defined: texts by name, in the order in which they were written. */
#ifndef LEAT_BASE_PAIRS_H
#define LEAT_BASE_PAIRS_H

#include <stddef.h>

struct leat_pair {
    char *name, *value; /* owned by whoever made the list */
};

struct leat_pairs {
    struct leat_pair *list; /* owned, as above */
    size_t count;
};

#endif
