/* What is done with each item that a decoder gives, by the targets that make items: it goes through the journal's form
 * and through a format. */
#ifndef LEAT_FUZZ_ITEMS_H
#define LEAT_FUZZ_ITEMS_H

#include "format/format.h"
#include "fuzz.h"
#include "journal/state_int.h"

/* Takes items, and holds against each other: the grammar that the journal demands; an item, and what its frame is decoded
 * to; the lines of formats, and strict JSON or SQL that is whole. All that came out is in `frames` and `lines`. */
enum { ITEMS_FORMATS = 3 };

struct items {
    bool from_frames; /* the format gets what frames were decoded to, in place of the items themselves */
    struct leat_buf frames, lines;
    size_t count;
    /* the rest is items.c's */
    struct log_state state;
    uint64_t seq;
    struct items_format {
        struct items *items;
        struct leat_format *format;
        struct leat_buf buf;
        bool failed; /* in the open transaction */
        bool is_sql, is_rows;
    } formats[ITEMS_FORMATS];
};

void items_open(struct items *items, bool from_frames);
void items_close(struct items *items);
/* Of struct leat_item_out; the context is the struct items. */
int items_take(void *context, const struct leat_item *item, struct leat_error *err);
void items_equal(const struct items *a, const struct items *b);

#endif
