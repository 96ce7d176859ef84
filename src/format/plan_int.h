/* How rows of one definition are written: made once, then followed for each row.
 *
 * A step is one column: how its packed value is found (a size, or a length prefix), what is written before it (the
 * comma, its name, the colon, escaped in advance), and which writer takes the value. A plan belongs to the thread of
 * its format; it holds a reference to its definition. */
#ifndef LEAT_FORMAT_PLAN_INT_H
#define LEAT_FORMAT_PLAN_INT_H

#include "filter/filter.h"
#include "key_int.h"
#include "model/table.h"

enum leat_step_op {
    LEAT_STEP_INT,  /* of 1 to 8 bytes, little-endian */
    LEAT_STEP_UINT, /* likewise; ENUM and SET whose members aren't told, too: index, bits */
    LEAT_STEP_YEAR,
    LEAT_STEP_BIT,
    LEAT_STEP_FLOAT,
    LEAT_STEP_DOUBLE,
    LEAT_STEP_DECIMAL,
    LEAT_STEP_TEMPORAL,
    LEAT_STEP_ENUM,
    LEAT_STEP_SET,
    LEAT_STEP_UTF8,   /* utf8mb4 and utf8mb3, checked as it is copied */
    LEAT_STEP_TEXT,   /* other sets: converted */
    LEAT_STEP_BYTES,  /* base64 */
    LEAT_STEP_BINARY, /* base64 of BINARY(n), with the zero bytes that the server strips */
    LEAT_STEP_SHAPE,  /* UUID, INET4, INET6 */
    LEAT_STEP_GEOMETRY,
    LEAT_STEP_VECTOR,
    LEAT_STEP_JSON,
    LEAT_STEP_OWN /* the format's own: `write` alone knows */
};

struct leat_step;
struct leat_writer;

/* Writes a value at writer->to, whose rest_max leaves room for values of fixed size; fails with what is wrong with it. */
typedef int leat_value_writer(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes,
                              uint32_t size, struct leat_error *err);

struct leat_step {
    uint8_t op;
    uint8_t prefix;        /* bytes of the length before the value; 0: it always has `size` */
    uint8_t character_max; /* UTF8: 3 or 4 bytes */
    uint8_t charset;       /* enum leat_charset of UTF8 and TEXT */
    uint8_t shift;         /* INT, UINT: bits of a 64-bit number that the value doesn't have */
    uint32_t text_size;
    uint32_t size;        /* of the packed value; with a prefix: at most */
    uint32_t prefix_mask; /* the length among the four bytes at the value; 0 without a prefix */
    const uint8_t *text; /* `,"name":` */
    leat_value_writer *write; /* of all but INT, UINT, YEAR and BIT; of UTF8: for bytes that aren't */
    uint8_t detail;           /* what a format's own writer wants to know */
    const uint8_t *absent;    /* the value of a column that an image leaves out; NULL: it is left out, too. Borrowed */
    uint32_t absent_size;
    bool json_text;           /* JSON: the document is a JSON string, without blanks between its tokens */
    const struct leat_column *column;
    const struct leat_text *members; /* ENUM, SET: as JSON; ENUM: [0] is "" for index 0 */
    uint32_t member_count;           /* of members */
    uint32_t index;                  /* the column's number */
};

/* What was said last about the definition of a table of this name. */
struct leat_plan_name;

/* A key column's value in an image. */
struct leat_located {
    const uint8_t *bytes; /* NULL: SQL NULL */
    uint32_t size;
    bool found;
};

struct leat_plan;

/* How a format's plans differ from those of "leat". All zero: not at all. */
struct leat_plan_style {
    void *context;
    /* Appends the column's name, UTF-8, not escaped. NULL: as it is, or "@1" … */
    void (*name)(void *context, struct leat_buf *buf, const struct leat_table_view *view, uint32_t column);
    /* After the step's op, writer and size were chosen: may choose others, whose values take no more than
     * LEAT_VALUE_TEXT_MAX bytes unless they make room. */
    int (*step)(void *context, const struct leat_plan *plan, struct leat_step *step, struct leat_error *err);
    /* The plan is complete, and passes: what the format keeps with it, in plan->own. */
    int (*complete)(void *context, struct leat_plan *plan, struct leat_error *err);
    void (*free_own)(void *own);
};

/* More than any value of fixed size takes as text, with quotes, but for members, bits of sets and padded bytes. */
enum { LEAT_VALUE_TEXT_MAX = 96 };

/* Writes an image without NULLs from its column number `first` on, whose value is at `at`; what comes before that column is written, the
 * opening brace too. Returns what is behind the values, or NULL. */
typedef const uint8_t *leat_plain_writer(struct leat_writer *writer, const struct leat_plan *plan, uint32_t first, const uint8_t *at,
                                         const uint8_t *end, struct leat_error *err);

struct leat_plan {
    uint64_t id;
    leat_plain_writer *write_plain; /* the one for this machine */
    struct leat_table *table; /* held */
    const struct leat_table_view *view;
    bool passes; /* the filter's answer; false: there are no steps */
    struct leat_plan_name *name;
    const struct leat_plan_style *style; /* may be NULL */
    void *own;                           /* the format's */
    struct leat_step *steps; /* view->column_count */
    uint32_t count;
    uint32_t bitmap_size;   /* of a bitmap over all columns */
    uint8_t last_mask;      /* the columns' bits in its last byte */
    uint32_t key_count;     /* 0: no key is known */
    uint32_t key_span;      /* key columns lie in the first so many columns */
    uint32_t *key;          /* columns, in key order */
    uint32_t *key_part_of;  /* column: its part in the key, or UINT32_MAX */
    struct leat_located *located; /* scratch: key_count, and as many again */
    uint32_t *key_offsets;        /* where the key's values lie behind an image's bitmap, when no value before them is of variable size and
                                     none is NULL; else NULL */
    uint32_t key_bytes;           /* of the columns up to the key's last */
    uint32_t key_leads;           /* where there are key_offsets, and the first columns are the key, in its order: how many; an image's text
                                     then begins as its key's */
    const uint8_t *key_head;      /* `,"key":{"id":` */
    uint32_t key_head_size;
    uint32_t json_count;          /* JSON columns, documents of the server's binary form */
    struct leat_located *documents; /* scratch: json_count, those of a before image; and as many again, changes without */
    const uint8_t *about;   /* `"db":"shop","table":"cart",` */
    uint32_t about_size;
    size_t image_max; /* bytes of one image's text but for values with a length prefix */
    struct leat_text *members;
    struct leat_buf text; /* what about, steps and members point into; LEAT_TEXT_CHUNK bytes more are readable */
};

int leat_plan_new(struct leat_plan **plan, struct leat_table *table, const struct leat_filter *filter,
                  const struct leat_key_choice *choice, const struct leat_plan_style *style,
                  struct leat_error *err) LEAT_CHECKED;
void leat_plan_free(struct leat_plan **plan);

/* Plans by definition, and what was said by name. Bounded: leat_plans_trim lets all go when there are too many; call
 * it only where no plan is in use. */
struct leat_plans;
/* choice: which columns are keys, may be NULL; like the filter borrowed. */
struct leat_plans *leat_plans_new(const struct leat_filter *filter, const struct leat_key_choice *choice);
/* Before the first plan; borrowed. */
void leat_plans_style(struct leat_plans *plans, const struct leat_plan_style *style);
void leat_plans_free(struct leat_plans **plans);
int leat_plans_get(struct leat_plans *plans, struct leat_plan **plan, struct leat_table *table,
                   struct leat_error *err) LEAT_CHECKED;
void leat_plans_trim(struct leat_plans *plans);
/* Whether this definition is the one that was said last for its name; says it. */
bool leat_plans_say(struct leat_plan *plan);
/* Nothing was said. */
void leat_plans_unsay(struct leat_plans *plans);

/* One column's name: its own, or "@1" … where the stream doesn't tell. */
void leat_plan_column_name(struct leat_buf *buf, const struct leat_table_view *view, uint32_t column);

#endif
