/* --columns: names for columns where the binlog has none (MySQL's default, binlog_row_metadata=MINIMAL, and all before 8.0). */
#ifndef LEAT_CLI_NAMES_INT_H
#define LEAT_CLI_NAMES_INT_H

#include "cli_int.h"
#include "model/item.h"

struct names;

/* NULL if none are given. */
int names_new(struct names **names, struct cli_args *args, struct leat_error *err) LEAT_CHECKED;
void names_free(struct names **names);
/* *table: the rows' definition, or one with the names in its place; it belongs to `names`. Fails if their number is wrong. */
int names_apply(struct names *names, const struct leat_rows *rows, struct leat_table **table, struct leat_error *err) LEAT_CHECKED;

#endif
