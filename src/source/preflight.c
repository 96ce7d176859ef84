/* Preflight's frame: the order of the findings, and the first that stops. The findings themselves are in
 * preflight_account.c, preflight_binlog.c, preflight_mariadb.c, preflight_identity.c, preflight_safety.c, preflight_tables.c. */
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
    static const char persist[] = "SET PERSIST ";
    bool own_words = leat_mysql_server(preflight->mysql)->mariadb && !strncmp(cure, persist, sizeof persist - 1);
    if (own_words) /* MariaDB keeps nothing that is set */
        snprintf(finding.cure, sizeof finding.cure, "SET GLOBAL %s; and the same in the server's option file",
                 cure + sizeof persist - 1);
    else
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
        "'innodb_native_foreign_keys', 'binlog_expire_logs_auto_purge', 'gtid_strict_mode', 'gtid_slave_pos', "
        "'mysql56_temporal_format', 'encrypt_binlog', 'log_bin_compress')");
}

/* true: nothing else can be asked of such a server. */
static bool refuse_server(const struct preflight *preflight)
{
    const struct leat_mysql_server *server = leat_mysql_server(preflight->mysql);
    const char *name = server->mariadb ? "MariaDB" : "MySQL", *oldest = server->mariadb ? "10.5" : "8.0";
    char cure[64];
    if (server->version < (server->mariadb ? 100500U : 80000U)) {
        snprintf(cure, sizeof cure, "upgrade the server to %s %s or later", name, oldest);
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_UNSUPPORTED, "version", cure,
                       "the server is %s %s: %s is the oldest that is supported", name, server->text, oldest);
        return true;
    }
    preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "version", "", "%s %s", name, server->text);
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
        rc = preflight_mariadb(preflight, err);
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
