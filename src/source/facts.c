/* What a server says of itself and its binlog. */
#include "source_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

int source_missing(const struct leat_mysql *mysql, const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_SERVER, LEAT_KIND_RETRY, "%s: the server doesn't tell its %s",
                     leat_mysql_server(mysql)->name, what);
}

int source_parse_set(const struct leat_result *result, const char *column, struct leat_gtid_set **set,
                     const struct leat_mysql *mysql, struct leat_error *err)
{
    const char *text = leat_result_cell(result, 0, column);
    if (!text)
        return source_missing(mysql, column, err);
    if (leat_gtid_set_parse(set, text, strlen(text), err))
        return leat_error_prefix(err, "%s: %s", leat_mysql_server(mysql)->name, column);
    return LEAT_OK;
}

static int parse_mode(const char *text, enum source_gtid_mode *mode)
{
    static const char *const names[] = {"OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"};
    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i])) {
            *mode = (enum source_gtid_mode)i;
            return LEAT_OK;
        }
    return LEAT_FAIL;
}

int source_facts(struct leat_mysql *mysql, struct source_facts *facts, struct leat_error *err)
{
    *facts = (struct source_facts){0};
    if (leat_mysql_server(mysql)->mariadb)
        return source_facts_mariadb(mysql, facts, err);
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err,
                              "SELECT @@global.server_uuid AS server_uuid, @@global.gtid_mode AS gtid_mode, "
                              "@@global.gtid_executed AS gtid_executed, @@global.gtid_purged AS gtid_purged");
    if (rc)
        return rc;
    const char *uuid = leat_result_cell(result, 0, "server_uuid");
    if (!uuid)
        rc = source_missing(mysql, "server_uuid", err);
    else if (leat_uuid_parse(facts->uuid, uuid, err))
        rc = leat_error_prefix(err, "%s: server_uuid", leat_mysql_server(mysql)->name);
    if (rc == LEAT_OK && parse_mode(leat_result_cell(result, 0, "gtid_mode"), &facts->gtid_mode))
        rc = source_missing(mysql, "gtid_mode", err);
    if (rc == LEAT_OK)
        rc = source_parse_set(result, "gtid_executed", &facts->executed, mysql, err);
    if (rc == LEAT_OK)
        rc = source_parse_set(result, "gtid_purged", &facts->purged, mysql, err);
    leat_result_free(&result);
    if (rc)
        source_facts_free(facts);
    return rc;
}

bool source_flavour_fits(const struct leat_gtid_set *set, const struct source_facts *facts)
{
    enum leat_flavour flavour = leat_gtid_set_flavour(set);
    return flavour == LEAT_FLAVOUR_NONE || (flavour == LEAT_FLAVOUR_MARIADB) == facts->mariadb;
}

void source_facts_free(struct source_facts *facts)
{
    leat_gtid_set_free(&facts->executed);
    leat_gtid_set_free(&facts->purged);
    leat_gtid_set_free(&facts->applied);
    free(facts->state);
    facts->state = NULL;
}

static int copy_name(char to[LEAT_BINLOG_NAME_MAX + 1], const char *name)
{
    if (!name || strlen(name) > LEAT_BINLOG_NAME_MAX)
        return LEAT_FAIL;
    memcpy(to, name, strlen(name) + 1);
    return LEAT_OK;
}

int source_list_logs(struct leat_mysql *mysql, struct source_logs *logs, struct leat_error *err)
{
    *logs = (struct source_logs){0};
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err, "SHOW BINARY LOGS");
    if (rc)
        return rc;
    logs->list = leat_alloc_zero(result->row_count + 1, sizeof *logs->list);
    for (size_t i = 0; i < result->row_count; i++) {
        const char *size = leat_result_cell(result, i, "File_size");
        if (!size || copy_name(logs->list[i].file, leat_result_cell(result, i, "Log_name")))
            continue;
        logs->list[i].size = strtoull(size, NULL, 10);
        logs->count = i + 1;
    }
    leat_result_free(&result);
    if (logs->count)
        return LEAT_OK;
    source_logs_free(logs);
    return source_missing(mysql, "binary logs", err);
}

const struct source_log *source_find_log(const struct source_logs *logs, const char *file)
{
    for (size_t i = 0; i < logs->count; i++)
        if (!strcmp(logs->list[i].file, file))
            return &logs->list[i];
    return NULL;
}

void source_logs_free(struct source_logs *logs)
{
    free(logs->list);
    *logs = (struct source_logs){0};
}

int source_log_status(struct leat_mysql *mysql, struct leat_result **result, struct leat_error *err)
{
    const struct leat_mysql_server *server = leat_mysql_server(mysql);
    bool renamed = !server->mariadb && server->version >= 80200;
    return leat_mysql_query(mysql, result, err, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
}

static int read_now(struct leat_mysql *mysql, char file[LEAT_BINLOG_NAME_MAX + 1], uint64_t *pos,
                    struct leat_gtid_set **executed, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = source_log_status(mysql, &result, err);
    if (rc)
        return rc;
    const char *position = leat_result_cell(result, 0, "Position");
    if (!position || copy_name(file, leat_result_cell(result, 0, "File")))
        rc = source_missing(mysql, "binary log status (is log_bin on?)", err);
    else
        rc = source_parse_set(result, "Executed_Gtid_Set", executed, mysql, err);
    if (rc == LEAT_OK)
        *pos = strtoull(position, NULL, 10);
    leat_result_free(&result);
    return rc;
}

/* The server reads the set and then the position, so that a transaction may be before the one and not in the
 * other. Two answers that are the same have nothing in between; under load that doesn't come, and the older
 * set with the newer position is what there is: with GTIDs the set counts, and without them only the position
 * does. */
int source_now(struct leat_mysql *mysql, char file[LEAT_BINLOG_NAME_MAX + 1], uint64_t *pos,
               struct leat_gtid_set **executed, struct leat_error *err)
{
    enum { TRIES = 5 };
    if (leat_mysql_server(mysql)->mariadb)
        return source_now_mariadb(mysql, file, pos, executed, err);
    int rc = read_now(mysql, file, pos, executed, err);
    for (int i = 0; rc == LEAT_OK && i < TRIES; i++) {
        char again_file[LEAT_BINLOG_NAME_MAX + 1];
        uint64_t again_pos;
        struct leat_gtid_set *again = NULL;
        rc = read_now(mysql, again_file, &again_pos, &again, err);
        if (rc) {
            leat_gtid_set_free(executed);
            return rc;
        }
        bool same = *pos == again_pos && !strcmp(file, again_file) && leat_gtid_set_equal(*executed, again);
        memcpy(file, again_file, sizeof again_file);
        *pos = again_pos;
        leat_gtid_set_free(executed);
        *executed = again;
        if (same)
            break;
    }
    return rc;
}
