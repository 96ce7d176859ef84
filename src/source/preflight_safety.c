/* Whether the server keeps what it has confirmed, and agrees with us on the time. */
#include "source_int.h"

#include <stdlib.h>

static void check_sync(const struct preflight *preflight)
{
    const char *value = preflight_variable(preflight, "sync_binlog");
    if (value && strcmp(value, "1") != 0)
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "sync_binlog",
                       "SET PERSIST sync_binlog=1",
                       "is %s: after a crash the server may come back without transactions that were "
                       "delivered, and give their "
                       "GTIDs to others",
                       value);
    else
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "sync_binlog", "", "%s",
                       value ? value : "unknown");
    value = preflight_variable(preflight, "innodb_flush_log_at_trx_commit");
    if (value && strcmp(value, "1") != 0)
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "innodb_flush_log_at_trx_commit",
                       "SET PERSIST innodb_flush_log_at_trx_commit=1",
                       "is %s: after a crash the server's tables may lack transactions that were delivered",
                       value);
    else
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "innodb_flush_log_at_trx_commit", "", "%s",
                       value ? value : "unknown");
}

static int check_clock(const struct preflight *preflight, struct leat_error *err)
{
    enum { TOLERATED_S = 2 };
    char text[64];
    uint64_t before_us = leat_wall_us(leat_clock_real());
    int rc = leat_mysql_value(preflight->mysql, text, sizeof text, "SELECT UNIX_TIMESTAMP(NOW(6))", err);
    if (rc)
        return rc == LEAT_END ? LEAT_OK : rc;
    uint64_t after_us = leat_wall_us(leat_clock_real());
    double server = strtod(text, NULL), ours = ((double)before_us + (double)after_us) / 2e6;
    double ahead = server - ours, off = ahead < 0 ? -ahead : ahead;
    if (off > TOLERATED_S)
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "clock",
                       "synchronise both machines' clocks (NTP)",
                       "the server's clock is %.1f s %s ours: lags are off by as much", off,
                       ahead > 0 ? "ahead of" : "behind");
    else
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "clock", "", "within %.3f s of ours", off);
    return LEAT_OK;
}

int preflight_safety(const struct preflight *preflight, struct leat_error *err)
{
    check_sync(preflight);
    return check_clock(preflight, err);
}
