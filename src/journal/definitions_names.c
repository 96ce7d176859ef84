/* Which records of the file `definitions` are the newest of their table, and which nobody can ask for any more: a superseded one,
 * if what supersedes it lies below the oldest segment, and a DROPPED below it. Some hundred bytes a table; pure. */
#include "definitions_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static uint64_t hash_of(struct leat_text database, struct leat_text name)
{
    return leat_hash64(name.bytes, name.size, leat_hash64(database.bytes, database.size, 0));
}

static bool is(const struct definitions_names *names, const struct definitions_seen *seen, struct leat_text database,
               struct leat_text name)
{
    const char *at = (const char *)names->names.data + seen->name_at;
    return strcmp(at, database.bytes) == 0 && strcmp(at + database.size + 1, name.bytes) == 0;
}

/* Where it is, or would be. */
static size_t slot_of(const struct definitions_names *names, uint64_t hash, struct leat_text database, struct leat_text name)
{
    size_t slot = (size_t)hash & (names->capacity - 1);
    while (names->seen[slot].hash && !(names->seen[slot].hash == hash && is(names, &names->seen[slot], database, name)))
        slot = (slot + 1) & (names->capacity - 1);
    return slot;
}

static void grow(struct definitions_names *names)
{
    struct definitions_seen *old = names->seen;
    size_t capacity = names->capacity;
    names->capacity = capacity ? 2 * capacity : 16;
    names->seen = leat_alloc_zero(names->capacity, sizeof *names->seen);
    for (size_t i = 0; i < capacity; i++) {
        if (!old[i].hash)
            continue;
        size_t slot = (size_t)old[i].hash & (names->capacity - 1);
        while (names->seen[slot].hash)
            slot = (slot + 1) & (names->capacity - 1);
        names->seen[slot] = old[i];
    }
    free(old);
}

static void supersede(struct definitions_names *names, struct definitions_seen *seen, uint64_t seq, uint64_t bytes, bool dropped)
{
    names->void_bytes += seen->floor_bytes + (dropped ? bytes : 0);
    seen->floor_seq = seq;
    seen->floor_bytes = dropped ? 0 : bytes;
}

void leat_definitions_names_add(struct definitions_names *names, const struct definitions_name *name, uint64_t seq, uint64_t bytes)
{
    uint64_t hash = hash_of(name->database, name->name);
    hash = hash ? hash : 1;
    if (2 * (names->count + 1) > names->capacity)
        grow(names);
    struct definitions_seen *seen = &names->seen[slot_of(names, hash, name->database, name->name)];
    if (!seen->hash) {
        *seen = (struct definitions_seen){.hash = hash, .name_at = names->names.size};
        leat_buf_put(&names->names, name->database.bytes, (size_t)name->database.size + 1);
        leat_buf_put(&names->names, name->name.bytes, (size_t)name->name.size + 1);
        names->count++;
    }
    seen->last_seq = seq;
    if (seq < names->oldest_seq)
        supersede(names, seen, seq, bytes, name->how == LEAT_DEFINITION_DROPPED);
}

const struct definitions_seen *leat_definitions_names_find(const struct definitions_names *names, struct leat_text database,
                                                           struct leat_text name)
{
    if (!names->capacity)
        return NULL;
    uint64_t hash = hash_of(database, name);
    const struct definitions_seen *seen = &names->seen[slot_of(names, hash ? hash : 1, database, name)];
    return seen->hash ? seen : NULL;
}

void leat_definitions_names_free(struct definitions_names *names)
{
    free(names->seen);
    leat_buf_free(&names->names);
    *names = (struct definitions_names){0};
}
