/* A journal's folder made of records that may be anything: what is around them is right, unless a record asks for a flaw. */
#ifndef LEAT_FUZZ_FOLDER_H
#define LEAT_FUZZ_FOLDER_H

#include "journal/journal_int.h"

#include "disk.h"
#include "parts.h"

enum { FOLDER_SEGMENTS_MAX = 16, FOLDER_NEW_SEGMENT = 128, FOLDER_ROTATE = 100, FOLDER_DEFINITION = 101 };

enum flaws {
    FLAW_IGNORABLE = 1,
    FLAW_SINK = 2,
    FLAW_CHECKSUM = 4,
    FLAW_SKIP = 8,
    FLAW_DURABLE = 16, /* no flaw: all before it was durable */
    FLAW_LAG = 32,     /* nor this: all but the one before it */
    FLAW_GAP = 64,
    FLAW_INDEX = 128 /* an index's own place stays as it was */
};

struct folder {
    struct disk *disk;
    struct segment_head head;
    struct leat_buf *file; /* of the segment at hand; NULL: none yet */
    uint64_t seq;          /* of the next record */
    unsigned segments;
    /* what the records come to, for the state and index that FOLDER_ROTATE makes */
    struct log_state state;
    struct boundary boundary;
    struct segment_index index;
    struct segment_sums sums;
    struct leat_buf schemas; /* parts: definitions so far, which each segment repeats */
    struct leat_buf *definitions; /* the file of that name; NULL: none */
    struct definitions_head definitions_head;
    uint64_t definitions_seq;
};

void folder_init(struct folder *folder, struct disk *disk, uint64_t first_seq);
void folder_free(struct folder *folder);
void folder_begin_segment(struct folder *folder);
/* From now on DEFINITION records go into the file `definitions`, too. */
void folder_begin_definitions(struct folder *folder);
/* A part: the record's type, +128 if a new segment begins with it; flaws; its payload. Type 100 is no record: the segment
 * gets its index, and another begins with its state, both as the journal would make them. Type 101 is a record's
 * payload in the file `definitions` alone; before the first segment, of one that was deleted. */
void folder_put(struct folder *folder, const struct part *part);

#endif
