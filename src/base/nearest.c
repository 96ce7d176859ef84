/* "Did you mean": the nearest of the right names by edit distance. */
#include "base/nearest.h"

#include <string.h>

enum { WORD_MAX = 63 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements; both words at most WORD_MAX long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t a_size = strlen(a), b_size = strlen(b);
    for (unsigned i = 0; i <= b_size; i++)
        row[i] = i;
    for (unsigned i = 1; i <= a_size; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned k = 1; k <= b_size; k++) {
            unsigned above = row[k];
            unsigned replaced = corner + (a[i - 1] != b[k - 1]);
            row[k] = smaller(replaced, smaller(above, row[k - 1]) + 1);
            corner = above;
        }
    }
    return row[b_size];
}

const char *leat_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    unsigned best = (unsigned)(length / 3 + 2);
    if (length > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned apart = strlen(names[i]) <= WORD_MAX ? distance(word, names[i]) : best;
        if (apart < best) {
            best = apart;
            nearest = names[i];
        }
    }
    return nearest;
}
