/* What the comparer's files share.
 *
 * flat.c: a JSON text as a sorted list of paths and values. compare.c: which message belongs to which. kinds.c: what differs, counted. */
#ifndef LEAT_COMPARE_INT_H
#define LEAT_COMPARE_INT_H

#include "compare/compare.h"

/* ---- flat.c ---- */

struct flat_field {
    const char *path; /* "after.id", "schema.fields[1].type"; NUL-terminated */
    const char *value; /* texts without their quotes and escapes; else as written */
    size_t size;
    char type; /* s text, n number, w true, false, null; { or [ empty ones; b no JSON at all */
};

struct flat {
    struct leat_buf text; /* paths and values */
    struct flat_field *fields; /* sorted by path; path and value are offsets while it is made */
    size_t count, room;
};

/* NULL: nothing. What is no JSON is one field, "" with its bytes. A message of {"schema":…,"payload":…} has its payload's fields without
 * that prefix. */
void flat_make(struct flat *flat, const char *json, size_t size);
/* One more, behind flat_make and before flat_sort. */
void flat_add_text(struct flat *flat, const char *prefix, const char *name, const void *value, size_t size);
void flat_sort(struct flat *flat);
void flat_free(struct flat *flat);
const struct flat_field *flat_find(const struct flat *flat, const char *path);

/* ---- kinds.c ---- */

enum { KINDS_MAX = 512, EXAMPLES_MAX = 3 };
enum how { ONLY_A, ONLY_B, OTHER_TYPE, OTHER_VALUE };

struct kind {
    char *path; /* owned; indexes left out */
    enum how how;
    uint64_t count;
    struct leat_buf examples;
    unsigned example_count;
};

struct kinds {
    struct kind list[KINDS_MAX];
    size_t count;
    uint64_t others; /* differences of kinds beyond those */
    struct ignored {
        char *path;
        uint64_t count;
    } ignored[KINDS_MAX];
    size_t ignored_count;
    const struct leat_compare_options *options;
};

/* Where a message lies, for examples. */
struct place {
    int32_t partition;
    int64_t offset;
};

/* Whether anything counted. prefix: "" or "key.". */
bool kinds_compare(struct kinds *kinds, const struct flat *a, const struct flat *b, const char *prefix, const struct place places[2]);
void kinds_put(struct leat_buf *buf, const struct kinds *kinds, const char *const names[2]);
void kinds_free(struct kinds *kinds);

#endif
