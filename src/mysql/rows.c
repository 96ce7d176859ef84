/* Results that may be large: each row is handed on as it arrives. */
#include "mysql_int.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* The server sorts and gathers before the first row comes. */
enum { ROWS_TIMEOUT_MS = 600000, DOING_MAX = 60 };

static int hand_on(struct leat_mysql *mysql, MYSQL_RES *rows, leat_mysql_row *each, void *context, const char *doing,
                   struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    MYSQL_ROW cells;
    int rc = LEAT_OK;
    while (rc == LEAT_OK && (cells = mysql_fetch_row(rows)) != NULL)
        rc = each(context, (const char *const *)cells, mysql_fetch_lengths(rows), err);
    if (rc == LEAT_OK && mysql_errno(&mysql->handle))
        rc = mysql_fail(mysql, doing, began_us, ROWS_TIMEOUT_MS, err);
    return rc;
}

int leat_mysql_rows(struct leat_mysql *mysql, leat_mysql_row *each, void *context, const char *sql, struct leat_error *err)
{
    assert(mysql->connected && !mysql->dumping);
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    char doing[DOING_MAX + sizeof "…"];
    snprintf(doing, sizeof doing, "%.*s…", DOING_MAX, sql);
    mysql->last_errno = 0;
    mysql_use_timeout(mysql, ROWS_TIMEOUT_MS);
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    int rc = LEAT_OK;
    MYSQL_RES *rows = NULL;
    if (mysql_real_query(&mysql->handle, sql, (unsigned long)strlen(sql)) || !(rows = mysql_use_result(&mysql->handle)))
        rc = mysql_fail(mysql, doing, began_us, ROWS_TIMEOUT_MS, err);
    if (rc == LEAT_OK)
        rc = hand_on(mysql, rows, each, context, doing, err);
    mysql_free_result(rows); /* reads what is left */
    mysql_use_timeout(mysql, 0);
    return rc;
}
