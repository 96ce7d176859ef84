/* "Did you mean". Any thread. */
#ifndef LEAT_BASE_NEAREST_H
#define LEAT_BASE_NEAREST_H

#include <stddef.h>

/* The nearest of names to word by edit distance, or NULL if none is near. */
const char *leat_nearest(const char *word, const char *const *names, size_t count);

#endif
