/* What the files of columns share.
 *
 * columns_rules.c: rules, and which count for a column. columns_table.c: the definition that a sink sees. columns_mask.c: values. columns.c:
 * items. */
#ifndef LEAT_FILTER_COLUMNS_INT_H
#define LEAT_FILTER_COLUMNS_INT_H

#include "base/buf.h"
#include "binlog/rows.h"
#include "filter/columns.h"
#include "pattern_int.h"

enum column_mask { MASK_NONE = 0, MASK_HASH, MASK_REDACT, MASK_LAST, MASK_TRUNCATE };
enum { HASH_TEXT_SIZE = 64, REDACTED_SIZE = 3 };

struct column_rule {
    struct pattern_part database, table, column; /* column in lower case */
    char *text;                                  /* owned; the pattern as written */
    bool include, exclude;
    enum column_mask mask;
    unsigned count; /* of LAST and TRUNCATE */
    char *name;     /* owned; NULL: the column's own */
};

struct column_rules {
    struct column_rule *all; /* owned */
    size_t count;
    bool hide, hash;
};
int column_rules_read(struct column_rules *rules, const struct leat_pairs *pairs, struct leat_error *err);
void column_rules_free(struct column_rules *rules);

/* What rules say of a column of a table. */
struct column_fate {
    bool excluded;
    const struct column_rule *mask; /* NULL: none */
    const char *name;               /* NULL: its own */
};
/* Whether any rule matches the table; fates has one for each column. */
bool column_rules_apply(const struct column_rules *rules, const struct leat_table_view *view, struct column_fate *fates);
/* The rule that names a column which the table doesn't have, in so many words; NULL: none. */
const struct column_rule *column_rules_astray(const struct column_rules *rules, const struct leat_table_view *view);
/* The first rule that matches the table; NULL: none. */
const struct column_rule *column_rules_of(const struct column_rules *rules, const struct leat_table_view *view);

/* A definition and what becomes of it. */
struct column_plan {
    uint64_t id;              /* of the definition that comes in */
    struct leat_table *table; /* owned; as the sink sees it; NULL: as it comes */
    struct leat_row_plan *in; /* how its rows are read */
    struct column_step {
        uint32_t from;               /* the column that comes in */
        uint8_t prefix;              /* bytes of the length before the value that goes out */
        const struct column_rule *mask;
    } * steps;                       /* owned: the columns that go out, in their order */
    uint32_t count;
};
int column_plan_make(struct column_plan *plan, const struct column_rules *rules, const struct leat_table *table,
                     struct leat_error *err);
void column_plan_free(struct column_plan *plan);

/* Masks values; what they need is made once. */
struct column_masker;
int column_masker_new(struct column_masker **masker, const void *key, size_t key_size, struct leat_error *err);
void column_masker_free(struct column_masker **masker);
/* Appends the value's masked text; whoever calls puts its length before it. */
int column_mask(struct column_masker *masker, struct leat_buf *buf, const struct column_rule *rule, const struct leat_column *column,
                const uint8_t *bytes, uint32_t size, struct leat_error *err);

#endif
