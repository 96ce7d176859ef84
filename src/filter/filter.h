/* What a sink may see: tables by patterns. (Columns, rows and masks will be here too.) Immutable once made; any
 * thread.
 *
 * A pattern is "database.table" with * and ? in either part; a part in backquotes is taken literally. A table passes
 * if `tables` is empty or one of it matches, and none of `exclude_tables` does. Case counts. */
#ifndef LEAT_FILTER_FILTER_H
#define LEAT_FILTER_FILTER_H

#include "model/item.h"

struct leat_filter;

/* Fails with LEAT_E_CONFIG naming the pattern. */
int leat_filter_new(struct leat_filter **filter, const char *const *tables, size_t table_count,
                    const char *const *exclude_tables, size_t exclude_count, struct leat_error *err) LEAT_CHECKED;
void leat_filter_free(struct leat_filter **filter);
bool leat_filter_table(const struct leat_filter *filter, const char *database, const char *table);
/* Statements pass by the first table they name, those on databases by the database, others always. */
bool leat_filter_statement(const struct leat_filter *filter, const struct leat_statement *statement);
/* " AND (…)", which holds for each table of `tables` (and may hold for others), by columns with a database's and a table's name; nothing
 * where `tables` is empty. */
void leat_filter_sql(const struct leat_filter *filter, struct leat_buf *sql, const char *database_column, const char *table_column);
/* Whether the filter passes everything. */
bool leat_filter_all(const struct leat_filter *filter);

#endif
