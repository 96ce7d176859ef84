/* Bits that turn over (flips.h). */
#include "flips.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "world.h"

struct segments {
    char **paths; /* owned */
    size_t count;
};

static void see_segment(void *context, const char *path)
{
    struct segments *segments = context;
    size_t length = strlen(path);
    if (length < 4 || strcmp(path + length - 4, ".seg") != 0)
        return;
    segments->paths = leat_realloc(segments->paths, (segments->count + 1) * sizeof(char *));
    segments->paths[segments->count++] = leat_strdup(path);
}

static void free_segments(struct segments *segments)
{
    for (size_t i = 0; i < segments->count; i++)
        free(segments->paths[i]);
    free(segments->paths);
}

/* Where the records end: preallocated space behind them is zeros, and a record never ends in more than its
 * padding. */
static size_t used_size(const struct leat_buf *bytes)
{
    size_t size = bytes->size;
    while (size && !bytes->data[size - 1])
        size--;
    return size;
}

/* *where: "NAME", to be found in the error; *matters: in a record. */
static void flip_one(struct sim_world *world, char *where, size_t where_size, bool *matters)
{
    struct segments segments = {0};
    struct leat_buf bytes = {0};
    sim_disk_list(world->disk, SIM_JOURNAL_FOLDER, see_segment, &segments);
    const char *path = segments.paths[sim_random_below(&world->random, segments.count)];
    (void)sim_disk_read(world->disk, path, &bytes);
    size_t used = used_size(&bytes);
    size_t most = sim_random_chance(&world->random, 50) ? bytes.size : used;
    uint64_t offset = sim_random_below(&world->random, most);
    sim_disk_flip(world->disk, path, offset, (unsigned)sim_random_below(&world->random, 8));
    if (world->trace)
        fprintf(stderr, "flipped a bit of %s at %llu of %zu\n", path, (unsigned long long)offset, used);
    *matters = offset < used;
    snprintf(where, where_size, "%s", strrchr(path, '/') + 1);
    free_segments(&segments);
    leat_buf_free(&bytes);
}

static int hold_against(struct sim_world *world, int rc, const struct leat_error *met, const char *where,
                        bool matters, struct leat_error *err)
{
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (sim_check_files(world->disk, &world->deliveries[i], rc == LEAT_OK, err))
            return leat_error_prefix(err, "after a flipped bit");
    if (rc == LEAT_OK)
        return matters ? leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "a flipped bit in %s went unnoticed",
                                   where)
                       : LEAT_OK;
    if (met->code != LEAT_E_JOURNAL_CORRUPT && met->code != LEAT_E_JOURNAL_VERSION)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "a flipped bit in %s gave another error: %s: %s", where, leat_code_name(met->code),
                         met->message);
    if (!strstr(met->message, where))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "the error about %s doesn't name it: %s",
                         where, met->message);
    return LEAT_OK;
}

int sim_flip(uint64_t seed, bool trace, struct leat_error *err)
{
    struct sim_scenario scenario;
    struct sim_world world;
    sim_scenario_small(&scenario, seed);
    int rc = sim_world_init(&world, &scenario, err);
    world.trace = trace;
    if (rc == LEAT_OK)
        rc = sim_world_run(&world, err);
    if (rc == LEAT_OK) {
        char where[64];
        bool matters;
        struct leat_error met = {0};
        sim_world_down(&world);
        flip_one(&world, where, sizeof where, &matters);
        int found = sim_world_up(&world, &met);
        if (found == LEAT_OK)
            found = sim_world_rewind_all(&world, &met);
        if (found == LEAT_OK)
            found = sim_world_rest(&world, &met);
        if (trace)
            fprintf(stderr, "then: %s\n", found == LEAT_OK ? "nothing" : met.message);
        rc = hold_against(&world, found, &met, where, matters, err);
    }
    sim_world_free(&world);
    return rc;
}
