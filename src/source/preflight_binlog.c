/* What the binlog holds: settings that would leave out or maim what we need. */
#include "source_int.h"

#include <stdlib.h>
#include <strings.h>

static bool is(const char *value, const char *word)
{
    return value && !strcasecmp(value, word);
}

static void ok(const struct preflight *preflight, const char *subject, const char *value)
{
    preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, subject, "", "%s",
                   value ? value : "not known to this version");
}

static void stop(const struct preflight *preflight, const char *subject, const char *cure, const char *value,
                 const char *why)
{
    preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_SERVER_SETTINGS, subject, cure, "is %s: %s",
                   value ? value : "not set", why);
}

static void warn(const struct preflight *preflight, const char *subject, const char *cure, const char *value,
                 const char *why)
{
    preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, subject, cure, "is %s: %s",
                   value ? value : "not set", why);
}

static void check_rows(const struct preflight *preflight)
{
    const char *value = preflight_variable(preflight, "binlog_format");
    if (!value || is(value, "ROW")) /* a version that no longer has it knows rows only */
        ok(preflight, "binlog_format", value);
    else
        stop(preflight, "binlog_format", "SET PERSIST binlog_format=ROW (and let sessions reconnect)", value,
             "changes would be logged as statements, which can't be replayed into rows");
    value = preflight_variable(preflight, "binlog_row_image");
    if (is(value, "FULL"))
        ok(preflight, "binlog_row_image", value);
    else
        warn(preflight, "binlog_row_image", "SET PERSIST binlog_row_image=FULL", value,
             "columns that a change doesn't touch are absent from it, in before and after images");
    value = preflight_variable(preflight, "binlog_row_metadata");
    if (is(value, "FULL"))
        ok(preflight, "binlog_row_metadata", value);
    else
        preflight_find(preflight, LEAT_FINDING_NOTE, LEAT_E_NONE, "binlog_row_metadata", "SET PERSIST binlog_row_metadata=FULL",
                       "is %s: the binlog doesn't tell the names of columns, so they are read from the server (which needs SELECT) and "
                       "followed through DDL; what changes tables without being in the binlog (sql_log_bin=0) isn't seen",
                       value ? value : "not known to this version");
    if (leat_mysql_server(preflight->mysql)->mariadb)
        return;
    value = preflight_variable(preflight, "binlog_row_value_options");
    if (!is(value, "PARTIAL_JSON") || is(preflight_variable(preflight, "binlog_row_image"), "FULL"))
        ok(preflight, "binlog_row_value_options", value && !*value ? "empty" : value);
    else
        warn(preflight, "binlog_row_value_options", "SET PERSIST binlog_row_image=FULL", value,
             "changes to JSON documents come without the document as it was, so it can't be put together");
    ok(preflight, "binlog_transaction_compression", preflight_variable(preflight, "binlog_transaction_compression"));
}

static void check_retention(const struct preflight *preflight)
{
    enum { DAY_S = 86400 };
    const char *value = preflight_variable(preflight, "binlog_expire_logs_seconds");
    const char *days = preflight_variable(preflight, "expire_logs_days"); /* all that MariaDB 10.5 has */
    unsigned long long seconds = value  ? strtoull(value, NULL, 10)
                                 : days ? strtoull(days, NULL, 10) * DAY_S
                                        : 0;
    bool never = !seconds || is(preflight_variable(preflight, "binlog_expire_logs_auto_purge"), "OFF");
    if (never)
        ok(preflight, "binlog_expire_logs_seconds", value || days ? "binlogs are never purged by age" : NULL);
    else if (seconds < DAY_S)
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "binlog_expire_logs_seconds",
                       "SET PERSIST binlog_expire_logs_seconds=604800",
                       "binlogs are purged after %llu s: a relay that is down for longer loses changes",
                       seconds);
    else
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "binlog_expire_logs_seconds", "",
                       "binlogs are kept for %.1f days", (double)seconds / DAY_S);
}

static int check_filters(const struct preflight *preflight, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = source_log_status(preflight->mysql, &result, err);
    if (rc) /* the privilege for it is a finding already */
        return rc == LEAT_FAIL && err->code == LEAT_E_PRIVILEGE ? LEAT_OK : rc;
    const char *only = leat_result_cell(result, 0, "Binlog_Do_DB"),
               *not = leat_result_cell(result, 0, "Binlog_Ignore_DB");
    if (only && *only)
        warn(preflight, "binlog_do_db", "take binlog-do-db out of the server's option file, and restart it",
             only, "changes to other databases aren't in the binlog");
    if (not &&*not )
        warn(preflight, "binlog_ignore_db",
             "take binlog-ignore-db out of the server's option file, and restart it", not,
             "changes to these databases aren't in the binlog");
    leat_result_free(&result);
    return LEAT_OK;
}

int preflight_binlog(const struct preflight *preflight, struct leat_error *err)
{
    const char *value = preflight_variable(preflight, "log_bin");
    if (!is(value, "ON")) {
        stop(preflight, "log_bin", "start the server with --log-bin (the default), without --skip-log-bin",
             value, "the server has no binlog");
        return LEAT_OK;
    }
    ok(preflight, "log_bin", value);
    check_rows(preflight);
    value = preflight_variable(preflight, "binlog_checksum");
    if (is(value, "CRC32"))
        ok(preflight, "binlog_checksum", value);
    else
        warn(preflight, "binlog_checksum", "SET PERSIST binlog_checksum=CRC32", value,
             "damage on the way or on the server's disk isn't noticed");
    value = preflight_variable(preflight, "gtid_mode");
    if (leat_mysql_server(preflight->mysql)->mariadb)
        ; /* always has GTIDs */
    else if (is(value, "ON"))
        ok(preflight, "gtid_mode", value);
    else
        warn(preflight, "gtid_mode",
             "SET PERSIST enforce_gtid_consistency=ON, then gtid_mode=OFF_PERMISSIVE, ON_PERMISSIVE, ON, one "
             "after the other",
             value,
             "positions are files and offsets of this server; after a failover nothing can be resumed");
    if (preflight->quick)
        return LEAT_OK;
    check_retention(preflight);
    return check_filters(preflight, err);
}
