/* A table's definition read anew because an operator says so (`leat schema reload`). */
#include "source/source.h"

int leat_source_reload(struct leat_source *source, const char *database, const char *table, const char *sql,
                       struct leat_error *err)
{
    (void)source, (void)sql;
    return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "this leat can't read the definition of %.64s.%.64s anew yet",
                     database, table);
}
