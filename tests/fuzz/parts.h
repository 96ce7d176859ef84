/* Inputs that are lists: each part has two tags, a length of two bytes, and its bytes. What a part is (an event, a record)
 * is the target's business; headers, lengths and checksums around it are made by the target, so that a mutation of a part
 * gets past them. */
#ifndef LEAT_FUZZ_PARTS_H
#define LEAT_FUZZ_PARTS_H

#include "fuzz.h"

struct part {
    uint8_t tag, tag2;
    const uint8_t *bytes;
    size_t size;
};

/* false: there is none left. A part whose length goes past the end is as long as there are bytes. */
bool part_next(struct leat_cursor *input, struct part *part);
void part_put(struct leat_buf *buf, const struct part *part);

/* A mutation of a list of parts, for libFuzzer. Returns the new size. */
size_t parts_mutate(uint8_t *bytes, size_t size, size_t size_max, size_t head, unsigned seed);

#endif
