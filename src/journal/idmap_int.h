/* A small map from a definition's id to what somebody keeps of it. Ids are hashes already, so the slot is
 * taken from the id itself. Entries are never removed one by one. One thread. */
#ifndef LEAT_JOURNAL_IDMAP_INT_H
#define LEAT_JOURNAL_IDMAP_INT_H

#include <stddef.h>
#include <stdint.h>

struct idmap {
    struct idmap_slot {
        uint64_t id; /* 0: free */
        void *value;
    } * slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

void *leat_idmap_get(const struct idmap *map, uint64_t id);       /* NULL: not there */
void leat_idmap_put(struct idmap *map, uint64_t id, void *value); /* must not be there yet */
void leat_idmap_free(struct idmap *map, void (*release)(void *value));

#endif
