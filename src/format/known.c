/* Definitions by name (known_int.h). Memory: as many as the source has tables; a definition is shared with its plan. */
#include "known_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"

enum { SLOTS = 4096 };

struct leat_known_table {
    struct leat_known_table *next;
    struct leat_table *table; /* held */
    size_t size;
    char text[]; /* database, NUL, name */
};

static size_t key_of(char *key, struct leat_text database, struct leat_text name)
{
    memcpy(key, database.bytes, database.size);
    key[database.size] = '\0';
    memcpy(key + database.size + 1, name.bytes, name.size);
    return (size_t)database.size + 1 + name.size;
}

/* Where the pointer to it is, or where it would be. */
static struct leat_known_table **find(const struct leat_known *known, const char *key, size_t size)
{
    struct leat_known_table **at = &known->slots[leat_hash64(key, size, 0) % SLOTS];
    while (*at && ((*at)->size != size || memcmp((*at)->text, key, size) != 0))
        at = &(*at)->next;
    return at;
}

static void forget(struct leat_known_table **at)
{
    struct leat_known_table *gone = *at;
    *at = gone->next;
    leat_table_release(&gone->table);
    free(gone);
}

void leat_known_free(struct leat_known *known)
{
    for (size_t i = 0; known->slots && i < SLOTS; i++)
        while (known->slots[i])
            forget(&known->slots[i]);
    free(known->slots);
    known->slots = NULL;
}

static bool fits(struct leat_text database, struct leat_text name)
{
    return database.size <= LEAT_NAME_BYTES_MAX && name.size <= LEAT_NAME_BYTES_MAX;
}

struct leat_table *leat_known_find(const struct leat_known *known, struct leat_text database, struct leat_text name)
{
    char key[2 * LEAT_NAME_BYTES_MAX + 1];
    if (!known->slots || !fits(database, name))
        return NULL;
    struct leat_known_table *found = *find(known, key, key_of(key, database, name));
    return found ? found->table : NULL;
}

void leat_known_put(struct leat_known *known, struct leat_text database, struct leat_text name, struct leat_table *table)
{
    char key[2 * LEAT_NAME_BYTES_MAX + 1];
    if (!fits(database, name))
        return;
    if (!known->slots)
        known->slots = leat_alloc_zero(SLOTS, sizeof(struct leat_known_table *));
    size_t size = key_of(key, database, name);
    struct leat_known_table **at = find(known, key, size);
    if (*at && (*at)->table == table)
        return;
    if (*at)
        forget(at);
    if (!table)
        return;
    struct leat_known_table *made = leat_alloc_zero(1, sizeof *made + size);
    made->table = leat_table_hold(table);
    made->size = size;
    memcpy(made->text, key, size);
    made->next = *at;
    *at = made;
}
