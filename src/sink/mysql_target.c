/* Sessions on the target, what it is, and what its errors mean for who applies. */
#include "mysql_target_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/log.h"
#include "binlog/encode.h"

#define CAN_T_WRITE "give the account what docs/sinks/mysql.md lists for its mode, or make the target writable"

/* ---- Sessions ---- */

int leat_mysql_target_connect(struct leat_mysql **out, pthread_mutex_t *mutex, const bool *stopping, const struct leat_sink_env *env,
                              struct leat_error *err)
{
    struct leat_mysql *mysql = NULL;
    if (leat_mysql_new(&mysql, err))
        return LEAT_FAIL;
    leat_mysql_batches(mysql);
    pthread_mutex_lock(mutex);
    *out = mysql;
    bool stop = *stopping;
    pthread_mutex_unlock(mutex);
    int rc = stop ? LEAT_STOPPED : leat_mysql_open(mysql, &env->config->target, MYSQL_QUERY_MS, err);
    if (rc == LEAT_FAIL && !strncmp(err->cure, "check the address (source.url)", 30))
        (void)leat_cure(err, "check the address (sinks.%s.url), and that the server is up and lets this machine in", env->config->name);
    return rc;
}

#define SETTINGS(isolation)                                                                                                               \
    "SET NAMES utf8mb4, SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "           \
    "foreign_key_checks = 1, unique_checks = 1, sql_auto_is_null = 0, innodb_lock_wait_timeout = 10, lock_wait_timeout = 60, "              \
    "wait_timeout = 2147483, " isolation " = 'READ-COMMITTED'"

const char *leat_mysql_target_session(bool mariadb)
{
    return mariadb ? SETTINGS("tx_isolation") : SETTINGS("transaction_isolation");
}

int leat_mysql_target_settings(struct leat_mysql *mysql, struct leat_error *err)
{
    return leat_mysql_query(mysql, NULL, err, "%s", leat_mysql_target_session(leat_mysql_server(mysql)->mariadb));
}

void leat_mysql_put_base64(struct leat_buf *sql, const void *bytes, size_t size)
{
    leat_json_base64(sql, bytes, size); /* in double quotes: sql_mode has no ANSI_QUOTES */
}

void leat_mysql_target_format(struct leat_buf *sql, const struct mysql_target *target)
{
    struct leat_buf event = {0};
    const struct leat_encode to = {.flavour = target->mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
                                   .version = target->version_text, .server_id = 1, .time = 1};
    leat_encode_format(&event, &to);
    leat_buf_puts(sql, "BINLOG ");
    leat_mysql_put_base64(sql, event.data, event.size);
    leat_buf_free(&event);
}

/* ---- What it is ---- */

static bool is_on(const struct leat_result *result, const char *column)
{
    const char *cell = leat_result_cell(result, 0, column);
    return cell && (!strcasecmp(cell, "ON") || !strcmp(cell, "1"));
}

/* Whether the account may do what the statement asks; other errors are errors. */
static int may(bool *allowed, struct leat_mysql *mysql, const char *sql, struct leat_error *err)
{
    struct leat_error denied = {0};
    int rc = leat_mysql_query(mysql, NULL, &denied, "%s", sql);
    *allowed = rc == LEAT_OK;
    if (rc == LEAT_FAIL && denied.code == LEAT_E_PRIVILEGE)
        return LEAT_OK;
    if (rc == LEAT_FAIL)
        *err = denied;
    return rc;
}

static int look_at_variables(struct mysql_target *target, struct leat_mysql *mysql, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err,
                              "SELECT @@global.max_allowed_packet AS packet, @@global.lower_case_table_names AS cases, @@global.read_only AS "
                              "read_only, %s", target->mariadb ? "'' AS uuid, '' AS gtid_mode" : "@@server_uuid AS uuid, @@global.gtid_mode AS gtid_mode");
    if (rc)
        return rc;
    const char *packet = leat_result_cell(result, 0, "packet"), *cases = leat_result_cell(result, 0, "cases");
    const char *uuid = leat_result_cell(result, 0, "uuid");
    target->packet_max = packet ? strtoull(packet, NULL, 10) : 0;
    target->server.lower_case_table_names = cases ? (unsigned)strtoul(cases, NULL, 10) : 0;
    target->gtid_mode = is_on(result, "gtid_mode");
    target->read_only = is_on(result, "read_only");
    snprintf(target->uuid, sizeof target->uuid, "%s", uuid ? uuid : "");
    leat_result_free(&result);
    if (target->packet_max < 65536)
        return leat_fail(err, LEAT_E_SERVER, LEAT_KIND_OPERATOR, "%s: max_allowed_packet is below 64 KiB", target->name);
    return LEAT_OK;
}

int leat_mysql_target_look(struct mysql_target *target, struct leat_mysql *mysql, struct leat_error *err)
{
    const struct leat_mysql_server *server = leat_mysql_server(mysql);
    *target = (struct mysql_target){.mariadb = server->mariadb, .version = server->version};
    snprintf(target->name, sizeof target->name, "%s", server->name);
    snprintf(target->version_text, sizeof target->version_text, "%s%s", server->text, server->mariadb ? "-MariaDB" : "");
    target->server.kind = server->mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL;
    target->server.version = server->version;
    target->server.explicit_defaults_for_timestamp = true;
    int rc = look_at_variables(target, mysql, err);
    if (rc == LEAT_OK && !target->mariadb)
        rc = may(&target->may_gtid, mysql, "SET SESSION gtid_next = 'AUTOMATIC'", err);
    if (rc == LEAT_OK && !target->mariadb)
        rc = may(&target->may_time, mysql, "SET SESSION original_commit_timestamp = DEFAULT", err);
    /* Behind a BINLOG statement a session of MySQL's has no gtid_next, so who uses it must be able to set that. */
    struct leat_buf format = {0};
    leat_mysql_target_format(&format, target);
    if (rc == LEAT_OK && (target->mariadb || target->may_gtid))
        rc = may(&target->may_binlog, mysql, leat_buf_cstr(&format), err);
    leat_buf_free(&format);
    if (rc == LEAT_OK && target->may_gtid)
        rc = leat_mysql_query(mysql, NULL, err, "SET SESSION gtid_next = 'AUTOMATIC'");
    return rc;
}

/* ---- Errors ---- */

struct meaning {
    unsigned number;
    enum leat_code code;
    enum leat_kind kind;
    const char *cure; /* NULL: none but to skip */
};

static const struct meaning meanings[] = {
    {3, LEAT_E_DISK_FULL, LEAT_KIND_RETRY, "make room on the target's disk"},
    {28, LEAT_E_DISK_FULL, LEAT_KIND_RETRY, "make room on the target's disk"},
    {1021, LEAT_E_DISK_FULL, LEAT_KIND_RETRY, "make room on the target's disk"},
    {1026, LEAT_E_DISK_FULL, LEAT_KIND_RETRY, "make room on the target's disk"},
    {1030, LEAT_E_SERVER, LEAT_KIND_RETRY, "see the target's error log"},
    {1114, LEAT_E_DISK_FULL, LEAT_KIND_RETRY, "make room on the target's disk, or for the table"},
    {1032, LEAT_E_SERVER, LEAT_KIND_DATA, "find out how the target came to differ: `leat verify` compares it with the source"},
    {1062, LEAT_E_SERVER, LEAT_KIND_DATA, "find out how the target came to differ: `leat verify` compares it with the source"},
    {1451, LEAT_E_SERVER, LEAT_KIND_DATA, "find out how the target came to differ: `leat verify` compares it with the source"},
    {1452, LEAT_E_SERVER, LEAT_KIND_DATA, "find out how the target came to differ: `leat verify` compares it with the source"},
    {1044, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CAN_T_WRITE},
    {1142, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CAN_T_WRITE},
    {1143, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CAN_T_WRITE},
    {1227, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CAN_T_WRITE},
    {1370, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CAN_T_WRITE},
    {1419, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CAN_T_WRITE},
    {1290, LEAT_E_SERVER, LEAT_KIND_OPERATOR, "the target is read-only: SET GLOBAL read_only = OFF (and super_read_only), or point the sink's url "
                                              "at the server that is to be written to"},
    {1836, LEAT_E_SERVER, LEAT_KIND_OPERATOR, "the target is read-only: SET GLOBAL read_only = OFF (and super_read_only)"},
    {1153, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "raise max_allowed_packet on the target, up to 1 GiB"},
    {1146, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "create the table on the target as the source has it"},
    {1049, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "create the database on the target"},
};

int leat_mysql_target_error(unsigned number, const struct leat_sink_env *env, const char *name, struct leat_error *err)
{
    enum { LOCK_WAIT = 1205, DEADLOCK = 1213 };
    if (number == LOCK_WAIT || number == DEADLOCK)
        return LEAT_AGAIN;
    if (!number || err->code == LEAT_E_CONNECT || err->code == LEAT_E_TIMEOUT || err->code == LEAT_E_AUTH)
        return LEAT_FAIL;
    const struct meaning *found = NULL;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].number == number)
            found = &meanings[i];
    /* What isn't known won't go away by itself. */
    err->kind = found ? found->kind : LEAT_KIND_DATA;
    if (found)
        err->code = found->code;
    if (err->kind == LEAT_KIND_RETRY)
        return leat_cure(err, "%s", found->cure);
    const char *sink = env->config->name;
    if (!*name)
        return leat_cure(err, "%s, then `leat resume %s`", found ? found->cure : "see what the message says", sink);
    return leat_cure(err, "%s%sthen `leat resume %s`; or, once the target was put right by hand for this one transaction, `leat skip %s %s --reason TEXT`",
                     found ? found->cure : "see what the message says", ", ", sink, sink, name);
}
