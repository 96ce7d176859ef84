/* What a sink sees of the tables that it gets: which columns, under which names, and what of their values. One thread, that of the
 * sink's runner.
 *
 * A rule is a pair: the pattern "database.table.column" (as of tables, in three parts; columns don't mind their case) and what is done
 * to the columns that match, one or more of these with commas between:
 *
 *     include      of a table that such rules match, columns that none of them matches are left out
 *     exclude      left out
 *     rename NAME  under this name
 *     hash         HMAC-SHA-256 of the value with the key, as 64 hexadecimal digits: equal values stay equal
 *     redact       three stars
 *     last N       text: all but the last N characters are stars
 *     truncate N   text: the first N characters
 *
 * All rules that match a column count; of several masks, or names, the first.
 *
 * Rows are made anew before a sink sees them: nothing of what is left out or masked is in them. So all sinks and formats have columns
 * for nothing, and tables that no rule matches cost nothing. NULL stays NULL. */
#ifndef LEAT_FILTER_COLUMNS_H
#define LEAT_FILTER_COLUMNS_H

#include "base/pairs.h"
#include "model/item.h"

struct leat_columns;

/* key: of `hash`; may be empty when no rule has it. Fails with LEAT_E_CONFIG naming the rule. */
int leat_columns_new(struct leat_columns **columns, const struct leat_pairs *rules, const void *key, size_t key_size,
                     struct leat_error *err) LEAT_CHECKED;
void leat_columns_free(struct leat_columns **columns);

/* The item as the sink may see it: itself, or one that lies in `columns` until the next call; NULL: not at all (the text of a statement
 * that may quote what is hidden). Fails with LEAT_E_CONFIG where a rule doesn't fit its table: a column that isn't there, a part of
 * the primary key left out or mutilated, two columns of one name, text masks on what is no text. */
int leat_columns_item(struct leat_columns *columns, const struct leat_item *item, const struct leat_item **seen,
                      struct leat_error *err) LEAT_CHECKED;

/* What becomes of columns by name alone, for who compares tables: whether they are left out, or masked, and their name for the sink
 * (NULL: their own; borrowed). */
struct leat_column_fate {
    bool excluded, masked;
    const char *name;
};
void leat_columns_fates(const struct leat_columns *columns, const char *database, const char *table, const char *const *names, size_t count,
                        struct leat_column_fate *fates);

#endif
