/* What only MariaDB has: its own settings of the binlog, and tables with times in a form of its own. */
#include "source_int.h"

#include <stdio.h>
#include <strings.h>

static bool is_on(const struct preflight *preflight, const char *name)
{
    const char *value = preflight_variable(preflight, name);
    return value && !strcasecmp(value, "ON");
}

static void check_numbers(const struct preflight *preflight)
{
    if (is_on(preflight, "gtid_strict_mode"))
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "gtid_strict_mode", "", "ON");
    else
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "gtid_strict_mode",
                       "SET PERSIST gtid_strict_mode=ON",
                       "is OFF: GTIDs may come twice or out of order, and from such a place another server can't be followed "
                       "exactly");
}

/* Without it, TIME, DATETIME and TIMESTAMP with fractions are logged in a form whose length the binlog doesn't tell. */
static void check_times(const struct preflight *preflight)
{
    const char *value = preflight_variable(preflight, "mysql56_temporal_format");
    if (!value || !strcasecmp(value, "ON"))
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "mysql56_temporal_format", "", "%s",
                       value ? value : "not known to this version");
    else
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_SERVER_SETTINGS, "mysql56_temporal_format",
                       "SET PERSIST mysql56_temporal_format=ON, and ALTER TABLE … FORCE for tables that were made meanwhile",
                       "is %s: the binlog doesn't tell how long times with fractions are in tables made so", value);
}

static int check_old_times(const struct preflight *preflight, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(preflight->mysql, &result, err,
                              "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME) AS name FROM "
                              "information_schema.COLUMNS WHERE COLUMN_TYPE LIKE '%%mariadb-5.3%%' AND DATETIME_PRECISION > 0 "
                              "ORDER BY name LIMIT 1");
    if (rc)
        return rc == LEAT_FAIL && (err->code == LEAT_E_PRIVILEGE || err->code == LEAT_E_SERVER) ? LEAT_OK : rc;
    const char *name = result->row_count ? leat_result_cell(result, 0, "name") : NULL;
    if (name)
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "columns", "ALTER TABLE … FORCE",
                       "%s is a time with a fraction in the form before 10.1: its changes can't be decoded", name);
    leat_result_free(&result);
    return LEAT_OK;
}

static void check_files(const struct preflight *preflight)
{
    if (is_on(preflight, "encrypt_binlog"))
        preflight_find(preflight, LEAT_FINDING_NOTE, LEAT_E_NONE, "encrypt_binlog", "",
                       "is ON: the server decrypts what it sends us; its files can't be read by `leat decode`");
    if (is_on(preflight, "log_bin_compress"))
        preflight_find(preflight, LEAT_FINDING_NOTE, LEAT_E_NONE, "log_bin_compress", "",
                       "is ON: large events are compressed, which costs CPU here too");
}

int preflight_mariadb(const struct preflight *preflight, struct leat_error *err)
{
    if (!leat_mysql_server(preflight->mysql)->mariadb)
        return LEAT_OK;
    check_numbers(preflight);
    check_times(preflight);
    if (preflight->quick)
        return LEAT_OK;
    check_files(preflight);
    return check_old_times(preflight, err);
}
