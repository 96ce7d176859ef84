/* Preflight: what about a server, its settings or our account would lose changes, and the statement that cures it.
 * Used at every connect (findings that would lose data stop) and by `leat doctor` (all are printed). */
#ifndef LEAT_SOURCE_PREFLIGHT_H
#define LEAT_SOURCE_PREFLIGHT_H

#include "config/config.h"
#include "mysql/mysql.h"

enum leat_finding_level { LEAT_FINDING_OK = 0, LEAT_FINDING_NOTE, LEAT_FINDING_WARNING, LEAT_FINDING_STOP };

struct leat_finding {
    enum leat_finding_level level;
    enum leat_code code;  /* of the error when level is STOP */
    const char *subject;  /* "binlog_row_metadata" */
    char text[512];       /* what was found and what it means */
    char cure[512];       /* the exact statement, or empty */
};

/* Calls each with every finding in a fixed order. Fails only if the server can't be asked. */
int leat_preflight(struct leat_mysql *mysql, const struct leat_source_config *config, uint32_t server_id,
                   void (*each)(void *context, const struct leat_finding *finding), void *context,
                   struct leat_error *err) LEAT_CHECKED;
/* The first STOP as an error. */
int leat_preflight_stop(struct leat_mysql *mysql, const struct leat_source_config *config, uint32_t server_id,
                        struct leat_error *err) LEAT_CHECKED;

#endif
