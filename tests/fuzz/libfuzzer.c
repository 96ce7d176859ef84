/* The targets under libFuzzer: one program, `--target=NAME` says which. */
#include "fuzz.h"
#include "parts.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max); /* libFuzzer's own */

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    for (int i = 1; i < *argc; i++)
        if (!strncmp((*argv)[i], "--target=", 9))
            target = fuzz_target_find((*argv)[i] + 9);
    if (!target) {
        fprintf(stderr, "which target? --target=NAME\n");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_run(target, bytes, size);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned seed)
{
    if (!target->parts || seed % 8 == 0)
        return LLVMFuzzerMutate(bytes, size, size_max);
    return parts_mutate(bytes, size, size_max, target->parts_head, seed);
}

/* ---- Lists of parts ---- */

enum { PARTS_MAX = 256, PART_MAX = 0xFFFF };

static struct part parts[PARTS_MAX + 1];
static size_t part_count;

static void drop(size_t at)
{
    memmove(&parts[at], &parts[at + 1], (part_count - at - 1) * sizeof *parts);
    part_count--;
}

static void insert(size_t at, struct part part)
{
    memmove(&parts[at + 1], &parts[at], (part_count - at) * sizeof *parts);
    parts[at] = part;
    part_count++;
}

/* One part's bytes are mutated as any bytes are. */
static void mutate_one(struct part *part, size_t room, struct leat_buf *scratch)
{
    size_t most = part->size + (room < 512 ? room : 512);
    most = most > PART_MAX ? PART_MAX : most;
    leat_buf_reserve(scratch, most + 1);
    memcpy(scratch->data, part->bytes, part->size);
    part->size = most ? LLVMFuzzerMutate(scratch->data, part->size, most) : 0;
    part->bytes = scratch->data;
}

static void mutate_list(unsigned choice, unsigned seed, size_t room, struct leat_buf *scratch)
{
    size_t at = seed % part_count, other = (seed >> 8) % part_count;
    struct part kept = parts[at];
    switch (choice) {
    case 0:
        drop(at);
        break;
    case 1:
        if (part_count < PARTS_MAX && kept.size + 4 <= room)
            insert(other, kept);
        break;
    case 2:
        parts[at] = parts[other];
        parts[other] = kept;
        break;
    case 3:
        parts[at].tag = parts[other].tag;
        break;
    case 4:
        parts[at].tag2 ^= (uint8_t)(1u << (seed >> 16) % 8);
        break;
    case 5:
        parts[at].tag = (uint8_t)(seed >> 16);
        break;
    default:
        mutate_one(&parts[at], room, scratch);
    }
}

size_t parts_mutate(uint8_t *bytes, size_t size, size_t size_max, size_t head, unsigned seed)
{
    if (size < head + 4 || (seed >> 3) % 64 == 0)
        return LLVMFuzzerMutate(bytes, size, size_max);
    if (head && (seed >> 3) % 16 == 1) { /* options, which are few bytes among many */
        unsigned choice = seed * 2654435761u;
        bytes[(choice >> 8) % head] ^= (uint8_t)(1u << (choice >> 16) % 8);
        return size;
    }
    struct leat_cursor input = leat_cursor(bytes + head, size - head);
    part_count = 0;
    while (part_count < PARTS_MAX && part_next(&input, &parts[part_count]))
        part_count++;
    struct leat_buf scratch = {0}, out = {0};
    size_t used = head;
    for (size_t i = 0; i < part_count; i++)
        used += 4 + parts[i].size;
    /* Bytes of parts are changed twice as often as their list. */
    mutate_list((seed >> 9) % 18, seed * 2654435761u, size_max > used ? size_max - used : 0, &scratch);
    leat_buf_put(&out, bytes, head);
    for (size_t i = 0; i < part_count; i++)
        part_put(&out, &parts[i]);
    size_t fits = out.size < size_max ? out.size : size_max;
    memcpy(bytes, out.data, fits);
    leat_buf_free(&scratch);
    leat_buf_free(&out);
    return fits;
}
