/* Open addressing with linear probing, at most half full. */
#include "idmap_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = 64 };

static struct idmap_slot *slot_of(const struct idmap *map, uint64_t id)
{
    size_t at = (size_t)id & (map->capacity - 1);
    while (map->slots[at].id != 0 && map->slots[at].id != id)
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

void *leat_idmap_get(const struct idmap *map, uint64_t id)
{
    return map->count ? slot_of(map, id)->value : NULL;
}

static void grow(struct idmap *map)
{
    struct idmap old = *map;
    map->capacity = old.capacity ? 2 * old.capacity : FIRST_CAPACITY;
    map->slots = leat_alloc_zero(map->capacity, sizeof *map->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].id)
            *slot_of(map, old.slots[i].id) = old.slots[i];
    free(old.slots);
}

void leat_idmap_put(struct idmap *map, uint64_t id, void *value)
{
    assert(id != 0 && value);
    if (2 * map->count >= map->capacity)
        grow(map);
    struct idmap_slot *slot = slot_of(map, id);
    assert(slot->id == 0);
    *slot = (struct idmap_slot){id, value};
    map->count++;
}

void leat_idmap_free(struct idmap *map, void (*release)(void *value))
{
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].id)
            release(map->slots[i].value);
    free(map->slots);
    *map = (struct idmap){0};
}
