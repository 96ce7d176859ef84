/* Which definition a table's name had last, as far as a format was told: for those whose messages on DDL say what was before. One
 * thread. */
#ifndef LEAT_FORMAT_KNOWN_INT_H
#define LEAT_FORMAT_KNOWN_INT_H

#include "model/table.h"

struct leat_known_table;
struct leat_known {
    struct leat_known_table **slots; /* by hash of database and name; NULL: none yet */
};

void leat_known_free(struct leat_known *known);
/* NULL: none was told. Borrowed until the next change. */
struct leat_table *leat_known_find(const struct leat_known *known, struct leat_text database, struct leat_text name);
/* table NULL: it is no more. */
void leat_known_put(struct leat_known *known, struct leat_text database, struct leat_text name, struct leat_table *table);

#endif
