/* Tables whose changes the binlog tells only in part. An account that may only stream sees no tables in
 * information_schema: then there is nothing to find, which is said; and where the binlog doesn't tell the names of columns, rows
 * can't be read. */
#include "source_int.h"

#include <strings.h>

#define OUR_SCHEMAS "('mysql', 'information_schema', 'performance_schema', 'sys')"

enum { SHOWN_MAX = 5 };

/* The first names of a result's column `name`, and how many there are. */
static void put_names(struct leat_buf *buf, const struct leat_result *result)
{
    for (size_t row = 0; row < result->row_count && row < SHOWN_MAX; row++) {
        const char *name = leat_result_cell(result, row, "name");
        leat_buf_printf(buf, "%s%s", row ? ", " : "", name ? name : "?");
    }
    if (result->row_count > SHOWN_MAX)
        leat_buf_printf(buf, " and %zu more", result->row_count - SHOWN_MAX);
}

static int list(const struct preflight *preflight, enum leat_finding_level level, const char *subject,
                const char *cure, const char *why, const char *sql, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(preflight->mysql, &result, err, "%s", sql);
    if (rc)
        return rc == LEAT_FAIL && (err->code == LEAT_E_PRIVILEGE || err->code == LEAT_E_SERVER) ? LEAT_OK
                                                                                                : rc;
    if (result->row_count) {
        struct leat_buf names = {0};
        put_names(&names, result);
        preflight_find(preflight, level, LEAT_E_NONE, subject, cure, "%s: %s", leat_buf_cstr(&names), why);
        leat_buf_free(&names);
    }
    leat_result_free(&result);
    return LEAT_OK;
}

/* Since 9.6 the server itself, not the engine, follows foreign keys, and logs what it changes by them: tried
 * on 9.7.4. */
static int check_foreign_keys(const struct preflight *preflight, struct leat_error *err)
{
    const char *native = preflight_variable(preflight, "innodb_native_foreign_keys");
    if (native && !strcmp(native, "OFF"))
        return LEAT_OK;
    return list(preflight, LEAT_FINDING_NOTE, "foreign_keys", "",
                "rows that go or change by ON DELETE or ON UPDATE are changed inside the engine and aren't "
                "in the binlog",
                "SELECT CONCAT(CONSTRAINT_SCHEMA, '.', TABLE_NAME) AS name FROM "
                "information_schema.REFERENTIAL_CONSTRAINTS "
                "WHERE DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', "
                "'SET NULL', "
                "'SET DEFAULT') ORDER BY name",
                err);
}

static void find_nothing(const struct preflight *preflight)
{
    const char *metadata = preflight_variable(preflight, "binlog_row_metadata");
    bool full = metadata && !strcasecmp(metadata, "FULL");
    preflight_find(preflight, full ? LEAT_FINDING_NOTE : LEAT_FINDING_STOP, full ? LEAT_E_NONE : LEAT_E_PRIVILEGE, "tables",
                   "GRANT SELECT ON *.* TO the account (or on the databases that are followed)",
                   full ? "the account sees no tables: keys, defaults and types as text aren't known, and foreign keys and engines were "
                          "not looked at"
                        : "the account sees no tables, and the binlog doesn't tell the names of columns (binlog_row_metadata): rows of "
                          "tables that exist by now can't be read");
}

int preflight_tables(const struct preflight *preflight, struct leat_error *err)
{
    char count[32] = "0";
    int rc = leat_mysql_value(
        preflight->mysql, count, sizeof count,
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')", err);
    if (rc == LEAT_FAIL || rc == LEAT_STOPPED)
        return rc;
    if (!strcmp(count, "0")) {
        find_nothing(preflight);
        return LEAT_OK;
    }
    rc = check_foreign_keys(preflight, err);
    if (rc == LEAT_OK)
        rc = list(preflight, LEAT_FINDING_NOTE, "engines", "ALTER TABLE … ENGINE=InnoDB",
                  "tables that aren't transactional: their changes stay after a rollback, and MEMORY tables "
                  "are empty after a "
                  "restart without their rows being deleted in the binlog",
                  "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')') AS name FROM "
                  "information_schema.TABLES "
                  "WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE NOT IN ('InnoDB', 'ndbcluster', 'ROCKSDB') AND "
                  "TABLE_SCHEMA NOT IN " OUR_SCHEMAS " ORDER BY name",
                  err);
    return rc;
}
