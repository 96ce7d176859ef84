/* Which columns are a row's key: one answer for all formats. Any thread. */
#ifndef LEAT_FORMAT_KEY_INT_H
#define LEAT_FORMAT_KEY_INT_H

#include "model/table.h"

/* Keys that a user chose by tables' names. Immutable once made. */
struct leat_key_rules;

/* Which keys a format takes. All zero (or NULL for the whole): the primary key only. */
struct leat_key_choice {
    const struct leat_key_rules *rules; /* NULL: none; borrowed */
    bool unique; /* a table without primary key: its first unique key whose columns are all there, whole and NOT NULL.
                    Only a definition tells */
};

/* The key's columns in key order, into `columns`, which has room for all of the table's; returns how many, 0: no key is known.
 * Chosen ones are in the table's order. */
uint32_t leat_key_find(uint32_t *columns, const struct leat_table_view *view, const struct leat_key_choice *choice);

/* "TABLE:COLUMN,COLUMN;TABLE:…" as Debezium's message.key.columns: TABLE and COLUMN are regular expressions that match the
 * whole of "database.table" and of a column's name, case doesn't count. Of a table, columns that any rule names are the key;
 * if there are none, it is as without rules. Expressions are POSIX's, with \d, \w, \s; what means something else to Java
 * is refused. Fails with LEAT_E_CONFIG. */
int leat_key_rules_new(struct leat_key_rules **rules, const char *text, struct leat_error *err) LEAT_CHECKED;
void leat_key_rules_free(struct leat_key_rules **rules);

#endif
