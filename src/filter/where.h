/* Rows by what is in them: conditions `column=value`, all of which a row's before or after image must meet. One thread.
 *
 * The value is compared as the column's type has it: numbers as numbers, times in the form that the server prints (TIMESTAMP
 * in UTC), ENUM and SET by their members, text and bytes exactly (0x… or x'…' for bytes in hex), JSON as the server prints
 * the document. NULL is SQL's; 'NULL' is the text, as quotes around a value are left away. Column names don't mind their
 * case; "@3" is the third column where the binlog has no names. */
#ifndef LEAT_FILTER_WHERE_H
#define LEAT_FILTER_WHERE_H

#include "filter/filter.h"

struct leat_where;

/* Fails with LEAT_E_USAGE naming the condition. filter is borrowed: rows of tables that it drops match nothing. */
int leat_where_new(struct leat_where **where, const char *const *conditions, size_t count, const struct leat_filter *filter,
                   struct leat_error *err) LEAT_CHECKED;
void leat_where_free(struct leat_where **where);

/* Gives the rows that match, in runs of neighbours. What `give` returns, if not 0, ends it. */
int leat_where_rows(struct leat_where *where, const struct leat_rows *rows,
                    int (*give)(void *context, const struct leat_rows *rows, struct leat_error *err), void *context,
                    struct leat_error *err) LEAT_CHECKED;

/* Fails if rows were seen and none of their tables has a condition's column, or a value of its type can't be what was given:
 * a slip of the pen would otherwise look like an empty answer. */
int leat_where_check(const struct leat_where *where, struct leat_error *err) LEAT_CHECKED;

#endif
