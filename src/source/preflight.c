/* Preflight's frame: the order of the findings, and the first that stops. The findings themselves are in
 * preflight_account.c, preflight_binlog.c, preflight_identity.c, preflight_safety.c, preflight_tables.c. */
#include "source_int.h"

#include <stdarg.h>
#include <stdio.h>

const char *preflight_variable(const struct preflight *preflight, const char *name)
{
    for (size_t i = 0; i < preflight->variables->row_count; i++) {
        const char *found = leat_result_cell(preflight->variables, i, "Variable_name");
        if (found && !strcmp(found, name))
            return leat_result_cell(preflight->variables, i, "Value");
    }
    return NULL;
}

void preflight_find(const struct preflight *preflight, enum leat_finding_level level, enum leat_code code,
                    const char *subject, const char *cure, const char *format, ...)
{
    struct leat_finding finding = {.level = level, .code = code, .subject = subject};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding.text, sizeof finding.text, format, arguments);
    va_end(arguments);
    snprintf(finding.cure, sizeof finding.cure, "%s", cure);
    preflight->each(preflight->context, &finding);
}

static int read_variables(struct preflight *preflight, struct leat_error *err)
{
    /* By name, because a variable that a version doesn't have would fail a SELECT. */
    return leat_mysql_query(
        preflight->mysql, &preflight->variables, err,
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', "
        "'binlog_row_metadata', 'binlog_row_value_options', 'binlog_transaction_compression', "
        "'binlog_checksum', 'gtid_mode', 'server_id', 'server_uuid', 'sync_binlog', "
        "'innodb_flush_log_at_trx_commit', 'binlog_expire_logs_seconds', 'expire_logs_days', "
        "'log_replica_updates', 'log_slave_updates', 'read_only', 'max_binlog_size', "
        "'innodb_native_foreign_keys', 'binlog_expire_logs_auto_purge')");
}

/* true: nothing else can be asked of such a server. */
static bool refuse_server(const struct preflight *preflight)
{
    const struct leat_mysql_server *server = leat_mysql_server(preflight->mysql);
    if (server->mariadb) {
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_UNSUPPORTED, "version",
                       "use a MySQL server of 8.0 or later as the source",
                       "the server is MariaDB %s: this build follows MySQL servers only", server->text);
        return true;
    }
    if (server->version < 80000) {
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_UNSUPPORTED, "version",
                       "upgrade the server to MySQL 8.0 or later",
                       "the server is MySQL %s: 8.0 is the oldest that is supported", server->text);
        return true;
    }
    preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "version", "", "MySQL %s", server->text);
    return false;
}

static int run(struct preflight *preflight, struct leat_error *err)
{
    if (refuse_server(preflight))
        return LEAT_OK;
    int rc = preflight_account(preflight, err);
    if (rc == LEAT_OK)
        rc = read_variables(preflight, err);
    if (rc == LEAT_OK)
        rc = preflight_binlog(preflight, err);
    if (rc == LEAT_OK)
        rc = preflight_identity(preflight, err);
    if (rc == LEAT_OK && !preflight->quick)
        rc = preflight_safety(preflight, err);
    if (rc == LEAT_OK && !preflight->quick)
        rc = preflight_tables(preflight, err);
    leat_result_free(&preflight->variables);
    return rc;
}

int leat_preflight(struct leat_mysql *mysql, const struct leat_source_config *config, uint32_t server_id,
                   void (*each)(void *context, const struct leat_finding *finding), void *context,
                   struct leat_error *err)
{
    struct preflight preflight = {
        .mysql = mysql, .config = config, .server_id = server_id, .each = each, .context = context};
    return run(&preflight, err);
}

struct first_stop {
    bool found;
    struct leat_finding finding;
};

static void note_stop(void *context, const struct leat_finding *finding)
{
    struct first_stop *stop = context;
    if (finding->level != LEAT_FINDING_STOP || stop->found)
        return;
    stop->found = true;
    stop->finding = *finding;
}

int leat_preflight_stop(struct leat_mysql *mysql, const struct leat_source_config *config, uint32_t server_id,
                        struct leat_error *err)
{
    struct first_stop stop = {0};
    struct preflight preflight = {.mysql = mysql,
                                  .config = config,
                                  .server_id = server_id,
                                  .quick = true,
                                  .each = note_stop,
                                  .context = &stop};
    int rc = run(&preflight, err);
    if (rc || !stop.found)
        return rc;
    leat_fail(err, stop.finding.code, LEAT_KIND_OPERATOR, "%s: %s: %s", leat_mysql_server(mysql)->name,
              stop.finding.subject, stop.finding.text);
    return stop.finding.cure[0] ? leat_cure(err, "%s", stop.finding.cure) : LEAT_FAIL;
}
