/* Bits that turn over (flips.h). */
#include "flips.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "world.h"

struct segments {
    char **paths; /* owned */
    size_t count;
};

static void see_segment(void *context, const char *path)
{
    struct segments *segments = context;
    size_t length = strlen(path);
    if ((length < 4 || strcmp(path + length - 4, ".seg") != 0) && !strstr(path, "/definitions"))
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

enum { SEGMENT_HEADER = 128, RECORD_HEADER = 24, RECORD_SIZE_AT = 4, RECORD_ALIGN = 8 };

/* Whether the byte is in the header or in a record (docs/journal-format.md): not in the zeros that fill up a
 * record to its alignment, nor in the space behind the last one. *used: where the records end. */
static bool matters_at(const struct leat_buf *bytes, uint64_t offset, uint64_t *used)
{
    bool matters = offset < SEGMENT_HEADER;
    uint64_t at = SEGMENT_HEADER;
    while (at + RECORD_HEADER <= bytes->size && leat_le(bytes->data + at, 8)) {
        uint64_t end = at + RECORD_HEADER + leat_le(bytes->data + at + RECORD_SIZE_AT, 4);
        matters = matters || (offset >= at && offset < end);
        at = (end + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
    }
    *used = at;
    return matters;
}

/* What was flipped. */
struct flip {
    char segment[64]; /* its name, to be found in the error */
    bool matters;     /* it is in the header or in a record */
    bool in_record;
};

static void flip_one(struct sim_world *world, struct flip *flip)
{
    struct segments segments = {0};
    struct leat_buf bytes = {0};
    sim_disk_list(world->disk, SIM_JOURNAL_FOLDER, see_segment, &segments);
    const char *path = segments.paths[sim_random_below(&world->random, segments.count)];
    (void)sim_disk_read(world->disk, path, &bytes);
    bool whole = strstr(path, "/definitions"); /* it has nothing but records */
    uint64_t used = bytes.size;
    if (!whole)
        (void)matters_at(&bytes, 0, &used);
    uint64_t offset =
        sim_random_below(&world->random, sim_random_chance(&world->random, 50) ? bytes.size : used);
    flip->matters = whole || matters_at(&bytes, offset, &used);
    flip->in_record = flip->matters && offset >= SEGMENT_HEADER;
    sim_disk_flip(world->disk, path, offset, (unsigned)sim_random_below(&world->random, 8));
    if (world->trace)
        fprintf(stderr, "flipped a bit of %s at %llu of %llu\n", path, (unsigned long long)offset,
                (unsigned long long)used);
    snprintf(flip->segment, sizeof flip->segment, "%s", strrchr(path, '/') + 1);
    free_segments(&segments);
    leat_buf_free(&bytes);
}

static int hold_against(struct sim_world *world, int rc, const struct leat_error *met,
                        const struct flip *flip, struct leat_error *err)
{
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (sim_check_files(world->disk, &world->deliveries[i], rc == LEAT_OK, err))
            return leat_error_prefix(err, "after a flipped bit");
    if (rc == LEAT_OK)
        return flip->matters ? leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                                         "a flipped bit in %s went unnoticed", flip->segment)
                             : LEAT_OK;
    if (met->code != LEAT_E_JOURNAL_CORRUPT && met->code != LEAT_E_JOURNAL_VERSION)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "a flipped bit in %s gave another error: %s: %s", flip->segment,
                         leat_code_name(met->code), met->message);
    if (!strstr(met->message, flip->segment) || (flip->in_record && !strstr(met->message, "offset ")))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "the error about %s doesn't name it and its offset: %s", flip->segment,
                         met->message);
    return LEAT_OK;
}

int sim_flip(uint64_t seed, bool trace, struct leat_error *err)
{
    struct sim_scenario scenario;
    struct sim_world world;
    sim_scenario_small(&scenario, seed);
    int rc = sim_world_init(&world, &scenario, err);
    world.trace = trace;
    sim_disk_trace(world.disk, trace);
    if (rc == LEAT_OK)
        rc = sim_world_run(&world, err);
    if (rc == LEAT_OK) {
        struct flip flip;
        struct leat_error met = {0};
        sim_world_down(&world);
        flip_one(&world, &flip);
        int found = sim_world_up(&world, &met);
        if (found == LEAT_OK)
            found = sim_world_rewind_all(&world, &met);
        if (found == LEAT_OK)
            found = sim_world_rest(&world, &met);
        if (trace)
            fprintf(stderr, "then: %s\n", found == LEAT_OK ? "nothing" : met.message);
        rc = hold_against(&world, found, &met, &flip, err);
    }
    sim_world_free(&world);
    return rc;
}
