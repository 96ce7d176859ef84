/* Who the server is, and whether somebody else is who we are. */
#include "source_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static void check_server_id(const struct preflight *preflight)
{
    const char *value = preflight_variable(preflight, "server_id");
    unsigned long long id = value ? strtoull(value, NULL, 10) : 0;
    if (!id)
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_SERVER_SETTINGS, "server_id",
                       "SET PERSIST server_id=1", "is 0: the server refuses replicas");
    else if (id == preflight->server_id)
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_SERVER_SETTINGS, "server_id",
                       "set source.server_id to a free number",
                       "is %llu, as ours: what it writes would look like our own", id);
    else
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "server_id", "", "%llu", id);
}

/* A dump of ours that the server hasn't noticed the end of has our id too, so this alone doesn't stop: the
 * server ends that one when ours begins. */
static int check_replicas(const struct preflight *preflight, struct leat_error *err)
{
    struct leat_result *result = NULL;
    const struct leat_mysql_server *server = leat_mysql_server(preflight->mysql);
    bool renamed = !server->mariadb && server->version >= 80022;
    int rc = leat_mysql_query(preflight->mysql, &result, err, renamed ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");
    if (rc)
        return rc == LEAT_FAIL && err->code == LEAT_E_PRIVILEGE ? LEAT_OK : rc;
    for (size_t row = 0; row < result->row_count; row++) {
        const char *id = leat_result_cell(result, row, renamed ? "Server_Id" : "Server_id");
        const char *host = leat_result_cell(result, row, "Host");
        const char *uuid = leat_result_cell(result, row, renamed ? "Replica_UUID" : "Slave_UUID");
        if (id && preflight->server_id && strtoull(id, NULL, 10) == preflight->server_id)
            preflight_find(preflight, LEAT_FINDING_NOTE, LEAT_E_NONE, "replicas",
                           "if it isn't the relay itself: set source.server_id to a free number",
                           "a replica with our server_id %u is connected (%s, UUID %s)", preflight->server_id,
                           host && *host ? host : "unnamed", uuid && *uuid ? uuid : "unknown");
    }
    leat_result_free(&result);
    return LEAT_OK;
}

static int check_upstream(const struct preflight *preflight, struct leat_error *err)
{
    struct leat_result *result = NULL;
    const struct leat_mysql_server *server = leat_mysql_server(preflight->mysql);
    const char *applied = preflight_variable(preflight, "gtid_slave_pos");
    int rc = leat_mysql_query(preflight->mysql, &result, err, "%s",
                              server->mariadb             ? "SHOW ALL SLAVES STATUS"
                              : server->version >= 80022 ? "SHOW REPLICA STATUS"
                                                          : "SHOW SLAVE STATUS");
    bool denied = rc == LEAT_FAIL && err->code == LEAT_E_PRIVILEGE;
    if (rc && !denied)
        return rc;
    /* Who may not ask sees only whether anything was replicated once; that alone doesn't stop. */
    bool replica = denied ? applied && *applied : result->row_count != 0;
    leat_result_free(&result);
    const char *value = preflight_variable(preflight, "log_replica_updates");
    if (!value)
        value = preflight_variable(preflight, "log_slave_updates");
    const char *name = server->mariadb ? "log_slave_updates" : "log_replica_updates";
    if (replica && value && strcasecmp(value, "ON") != 0)
        preflight_find(
            preflight, denied ? LEAT_FINDING_WARNING : LEAT_FINDING_STOP, LEAT_E_SERVER_SETTINGS, name,
            server->mariadb ? "start the server with --log-slave-updates, or follow its primary"
                            : "start the server with --log-replica-updates (the default), or follow its primary",
            "the server is a replica and doesn't log what it replicates: its binlog lacks those changes");
    else if (replica)
        preflight_find(preflight, LEAT_FINDING_NOTE, LEAT_E_NONE, name, "",
                       "the server is a replica: changes arrive after its own delay");
    return LEAT_OK;
}

int preflight_identity(const struct preflight *preflight, struct leat_error *err)
{
    check_server_id(preflight);
    int rc = check_upstream(preflight, err);
    if (rc == LEAT_OK && !preflight->quick)
        rc = check_replicas(preflight, err);
    return rc;
}
